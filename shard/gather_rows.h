/*
 * shard/gather_rows.h - internal: rows that are gathered become arrays while they come.
 *
 *     (1, 'a b')  (2, NULL)   --->   {1,2   {"a b",NULL   --close-->   {1,2}   {"a b",NULL}
 *
 * One array for each column, in PostgreSQL's text form, as a parameter of the residual query
 * takes it. The rows themselves are not kept: what is held are the arrays.
 */
#ifndef COVET_SHARD_GATHER_ROWS_H
#define COVET_SHARD_GATHER_ROWS_H

#include <covet/core/result.h>

#include "core/str.h"

typedef struct covet__arrays {
    covet__str *columns; /* the structures in an arena, their texts on the heap */
    uint32_t column_count;
    size_t rows;
    size_t bytes; /* of the texts */

    covet__str cell; /* what a value is written with on its way, used again for the next one */
    covet_arena *scratch;
} covet__arrays;

/* Arrays of nothing, for so many columns. */
covet_status covet__arrays_init(covet__arrays *arrays, uint32_t column_count, covet_arena *arena,
                                covet_error *err);
/* Frees what is held and leaves arrays of nothing; accepts what is all zero. */
void covet__arrays_clear(covet__arrays *arrays);

/* Appends a row, which has at least as many columns. */
covet_status covet__arrays_add(covet__arrays *arrays, const covet_result *rows, size_t row,
                               covet_error *err);
/* Nothing follows: they are arrays now, and hold no more than they have. */
covet_status covet__arrays_close(covet__arrays *arrays, covet_error *err);

#endif
