/*
 * shard/merge.c - the shards' answers become one (shard/plan.h).
 *
 * Pure: rows in, rows out, in the operation's arena. The cells stay where they are; a
 * merged result is a list of places.
 */
#include <string.h>

#include "shard/merge.h"

typedef struct merger {
    const covet__merge_input *in;
    const covet__plan *plan;
    covet__row *rows;
    size_t count;
    size_t skip; /* rows of OFFSET that are still to come */
    size_t left; /* rows of LIMIT that are still wanted */
} merger;

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "result: out of memory");
}

static size_t total_rows(const covet__merge_input *in)
{
    size_t total = 0;
    for (uint32_t i = 0; i < in->count; i++)
        total += (size_t)PQntuples(in->parts[i]);
    return total;
}

/* False once nothing more is wanted. */
static bool emit(merger *m, const PGresult *part, int row)
{
    if (m->left == 0)
        return false;
    if (m->skip > 0) {
        m->skip--;
        return true;
    }
    m->rows[m->count++] = (covet__row){.part = part, .row = row};
    return --m->left > 0;
}

static void append(merger *m)
{
    for (uint32_t i = 0; i < m->in->count; i++)
        for (int row = 0; row < PQntuples(m->in->parts[i]); row++)
            if (!emit(m, m->in->parts[i], row))
                return;
}

/* ---- sorted ------------------------------------------------------------------------------- */

static int compare_rows(const covet__plan *plan, const PGresult *a, int a_row, const PGresult *b,
                        int b_row)
{
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const covet__merge_key *key = &plan->keys[i];
        const covet_cell x = covet__part_cell(a, a_row, (int)key->column);
        const covet_cell y = covet__part_cell(b, b_row, (int)key->column);
        const int order = covet__order_compare(&key->order, x.bytes, x.length, y.bytes, y.length);
        if (order != 0)
            return order;
    }
    return 0;
}

static int compare_cursors(const covet__plan *plan, const covet__cursor *a, const covet__cursor *b)
{
    const int order = compare_rows(plan, a->part, a->row, b->part, b->row);
    return order != 0 ? order : a->number < b->number ? -1 : 1;
}

void covet__merge_sift(const covet__plan *plan, covet__cursor *heap, size_t count, size_t at)
{
    const covet__cursor moving = heap[at];
    for (size_t child = at * 2 + 1; child < count; child = at * 2 + 1) {
        if (child + 1 < count && compare_cursors(plan, &heap[child + 1], &heap[child]) < 0)
            child++;
        if (compare_cursors(plan, &heap[child], &moving) >= 0)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

void covet__merge_heap(const covet__plan *plan, covet__cursor *heap, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        covet__merge_sift(plan, heap, count, i);
}

covet_status covet__merge_check(const covet__plan *plan, const covet__cursor *before,
                                const covet__cursor *at, covet_error *err)
{
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const covet_cell cell = covet__part_cell(at->part, at->row, (int)plan->keys[i].column);
        if (cell.bytes != NULL)
            COVET_TRY(covet__order_check(plan->keys[i].type, cell.bytes, cell.length, err));
    }
    if (before->part != NULL &&
        compare_rows(plan, before->part, before->row, at->part, at->row) > 0)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "a shard's rows are not in the order in which the library "
                                 "compares them: ORDER BY over several shards is refused");
    return COVET_OK;
}

static covet_status check_part(const covet__plan *plan, const PGresult *part, covet_error *err)
{
    covet__cursor before = {0}, at = {.part = part};
    for (; at.row < PQntuples(part); at.row++) {
        COVET_TRY(covet__merge_check(plan, &before, &at, err));
        before = at;
    }
    return COVET_OK;
}

static covet_status merge_sorted(merger *m, covet_error *err)
{
    covet__cursor *heap = covet_arena_alloc(m->in->arena, (m->in->count + 1) * sizeof *heap);
    if (heap == NULL)
        return no_memory(err);
    size_t count = 0;
    for (uint32_t i = 0; i < m->in->count; i++) {
        COVET_TRY(check_part(m->plan, m->in->parts[i], err));
        if (PQntuples(m->in->parts[i]) > 0)
            heap[count++] = (covet__cursor){.part = m->in->parts[i], .number = i};
    }
    covet__merge_heap(m->plan, heap, count);
    while (count > 0) {
        if (!emit(m, heap[0].part, heap[0].row))
            break;
        if (++heap[0].row == PQntuples(heap[0].part))
            heap[0] = heap[--count];
        if (count > 0)
            covet__merge_sift(m->plan, heap, count, 0);
    }
    return COVET_OK;
}

/* ---- aggregates ------------------------------------------------------------------------------ */

static covet_status combine(const merger *m, const covet__merge_agg *agg, covet_cell *ret_cell,
                            covet_error *err)
{
    covet__combine state;
    COVET_TRY(covet__combine_init(&state, agg->kind, agg->type, agg->c_collated, err));
    for (uint32_t i = 0; i < m->in->count; i++)
        for (int row = 0; row < PQntuples(m->in->parts[i]); row++) {
            covet__combine_part values[COVET__COMBINE_PARTS_MAX] = {0};
            for (uint32_t c = 0; c < agg->columns; c++) {
                const covet_cell cell =
                    covet__part_cell(m->in->parts[i], row, (int)(agg->column + c));
                values[c] = (covet__combine_part){cell.bytes, cell.length};
            }
            COVET_TRY(covet__combine_add(&state, values, agg->columns, m->in->arena, err));
        }
    const void *bytes = NULL;
    size_t length = 0;
    COVET_TRY(covet__combine_finish(&state, m->in->arena, &bytes, &length, err));
    /* A NUL behind every cell is promised. */
    const char *copy = bytes != NULL ? covet_arena_copy(m->in->arena, bytes, length) : NULL;
    if (bytes != NULL && copy == NULL)
        return no_memory(err);
    *ret_cell = (covet_cell){copy, length, true};
    return COVET_OK;
}

static covet_status merge_aggregates(merger *m, covet_error *err)
{
    covet_cell *cells = covet_arena_alloc(m->in->arena, m->plan->agg_count * sizeof *cells);
    if (cells == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < m->plan->agg_count; i++)
        COVET_TRY(combine(m, &m->plan->aggs[i], &cells[i], err));
    emit(m, m->in->parts[0], 0);
    if (m->count > 0) /* LIMIT 0 and OFFSET 1 leave nothing */
        m->rows[0].cells = cells;
    return COVET_OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */

covet_status covet__merge(const covet__merge_input *in, covet_result *ret_result, covet_error *err)
{
    const covet__plan *plan = in->plan;
    merger m = {.in = in,
                .plan = plan,
                .skip = (size_t)in->offset,
                .left = in->limit_given ? (size_t)in->limit : SIZE_MAX};
    const size_t rows = COVET_MAX(total_rows(in), (size_t)1);
    m.rows = covet_arena_alloc(in->arena, rows * sizeof *m.rows);
    if (m.rows == NULL)
        return no_memory(err);
    switch (plan->merge) {
    case COVET__MERGE_APPEND: append(&m); break;
    case COVET__MERGE_SORTED: COVET_TRY(merge_sorted(&m, err)); break;
    case COVET__MERGE_AGGREGATE: COVET_TRY(merge_aggregates(&m, err)); break;
    }
    *ret_result = (covet_result){.parts = in->parts,
                                 .part_count = in->count,
                                 .names = plan->shown.names,
                                 .types = plan->shown.types,
                                 .columns = plan->shown.column_count,
                                 .rows = m.rows,
                                 .row_count = m.count,
                                 .arena = in->arena};
    return COVET_OK;
}
