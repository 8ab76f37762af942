/*
 * core/result_parts.h - internal: how a result is put together.
 *
 * Either one part of the server's, whole; or rows that point into several parts, in
 * the order that a merge has decided, where a row may have cells of its own (merged
 * aggregates). Columns behind `columns` in the parts are hidden: the keys of a merge.
 */
#ifndef COVET_CORE_RESULT_PARTS_H
#define COVET_CORE_RESULT_PARTS_H

#include <libpq-fe.h>

#include <covet/core/arena.h>
#include <covet/core/result.h>

typedef struct covet__row {
    const PGresult *part;
    int row;
    const covet_cell *cells; /* instead of the part's; NULL: the part's */
} covet__row;

struct covet_result {
    PGresult **parts; /* owned; part_one for a single one */
    size_t part_count;
    PGresult *part_one;
    const PGresult *shape;    /* gives names and types: one of the parts */
    const char *const *names; /* instead of the shape's, with `types`; they live in the arena */
    size_t columns;           /* shown */
    covet__row *rows;         /* NULL: the rows of part_one */
    size_t row_count;
    covet_arena *arena; /* holds parts, rows and cells; NULL: there are none */
    const uint32_t *types;
    bool loose; /* the result is the caller's, made by covet__alloc */
};

/* One part as it came; takes it over. */
void covet__result_single(covet_result *result, PGresult *part);
/* Clears the parts; the structure and the arena are their owner's. */
void covet__result_clear(covet_result *result);
/* Copies what a merged result borrows from its plan into the arena. */
covet_status covet__result_own(covet_result *result, covet_arena *arena);
/* Bytes that the server's part takes. */
static inline size_t covet__part_bytes(const PGresult *part) { return PQresultMemorySize(part); }

static inline covet_cell covet__part_cell(const PGresult *part, int row, int column)
{
    if (PQgetisnull(part, row, column))
        return (covet_cell){0};
    return (covet_cell){PQgetvalue(part, row, column), (size_t)PQgetlength(part, row, column),
                        PQfformat(part, column) == 1};
}

#endif
