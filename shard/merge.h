/*
 * shard/merge.h - internal to shard/merge.c and shard/stream.c: rows of several parts in
 * one order.
 *
 * A heap of cursors gives the row that comes next: heap[0]. A merge proves itself: every
 * part must come in the order that we believe it to be in, otherwise the server orders by
 * other rules than we do, and a merge would be wrong without a sign of it.
 */
#ifndef COVET_SHARD_MERGE_H
#define COVET_SHARD_MERGE_H

#include "shard/handle.h"

typedef struct covet__cursor {
    const PGresult *part;
    int row;
    uint32_t number; /* ties go to the lower part: the merge is stable */
} covet__cursor;

/* Makes a heap of them. */
void covet__merge_heap(const covet__plan *plan, covet__cursor *heap, size_t count);
/* heap[at] has become a later row. */
void covet__merge_sift(const covet__plan *plan, covet__cursor *heap, size_t count, size_t at);

/* `at` follows `before` in its part (whose `part` is NULL for the first row). COVET_EUNSUPPORTED
 * if it should not, COVET_ETYPE if a key is no value of its type. */
covet_status covet__merge_check(const covet__plan *plan, const covet__cursor *before,
                                const covet__cursor *at, covet_error *err);

#endif
