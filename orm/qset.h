/*
 * orm/qset.h - internal: a queryset is a chain of clauses.
 *
 * Each clause stands on the queryset that it was applied to, so making one copies only
 * what is new, and nothing that exists is changed. What the clauses mean together is found
 * out when SQL is made of them (orm/build.h), in the order in which they were given.
 */
#ifndef COVET_ORM_QSET_H
#define COVET_ORM_QSET_H

#include <covet/orm/query.h>

#include "core/mem.h"

struct covet_qs {
    covet_arena *arena;
    const covet_row_type *type;
    const covet_qs *before; /* NULL: all rows */
    const covet_error *why; /* not NULL: it cannot run; those made of it neither */
    size_t length;          /* clauses up to this one */
    covet_clause_op op;
    const covet_q *q;         /* FILTER, EXCLUDE: copied */
    const char *name;         /* PREFETCH, ANNOTATE */
    const char *const *names; /* ORDER_BY, SELECT_RELATED; ends with NULL */
    int64_t number;           /* LIMIT, OFFSET */
    covet_expr expr;          /* ANNOTATE */
    const covet_qs *rows;     /* PREFETCH */
};

/* The clauses from the first to the last, qs->length of them, listed in the arena; NULL if
 * there is no memory. */
const covet_qs *const *covet__qs_clauses(const covet_qs *qs, covet_arena *arena);

/* A queryset of all rows of a model, of the plain row type. */
covet_qs *covet__qs_of_model(covet_arena *arena, const covet_model *model);

#endif
