/*
 * orm/join.c - the joins of a query (orm/build.h): used again, promoted, demoted, given back.
 *
 *   J1  A join is INNER unless its hop may meet no row, or the join that it hangs on is LEFT:
 *       a LEFT join followed by an INNER one would lose the rows that LEFT has kept.
 *   J2  A relation to one is joined once. One to many is joined once by each filter(): its
 *       conditions are about one row there. Orders and annotations use what is there.
 *   J3  A join that nobody uses stays in the list, to be used again as it is, but not in the
 *       SQL.
 */
#include <string.h>

#include "orm/build.h"

static covet_status too_many(covet__builder *b)
{
    return b->status = covet__fail(b->err, COVET_EINVAL, "queryset: a query of more than %d tables",
                                   COVET__JOINS_MAX);
}

static covet__join *add_join(covet__query *q, covet__join join)
{
    if (q->join_count == COVET__JOINS_MAX) {
        too_many(q->b);
        return NULL;
    }
    if (q->join_count == q->join_capacity) {
        const uint32_t capacity = q->join_capacity * 2 + 8;
        covet__join **grown = covet__make(q->b, capacity * sizeof(covet__join *));
        if (grown == NULL)
            return NULL;
        if (q->join_count > 0)
            memcpy(grown, q->joins, q->join_count * sizeof(covet__join *));
        q->joins = grown;
        q->join_capacity = capacity;
    }
    covet__join *made = covet__make(q->b, sizeof *made);
    if (made == NULL)
        return NULL;
    *made = join;
    made->index = q->join_count;
    for (uint32_t i = 0; i < q->join_count; i++)
        if (strcmp(q->joins[i]->table, join.table) == 0)
            made->name = q->join_count + 1;
    q->joins[q->join_count++] = made;
    return made;
}

bool covet__query_init(covet__query *q, covet__builder *b, const covet_model *model,
                       const covet_row_type *type)
{
    *q = (covet__query){.b = b, .model = model, .type = type};
    q->where = covet__cond_group(b, false, false);
    return q->where != NULL &&
           add_join(q, (covet__join){.model = model, .table = model->db_table, .uses = 1}) != NULL;
}

static bool is_same(const covet__join *join, const covet__join *parent, const covet__hop *hop)
{
    return join->parent == parent && strcmp(join->table, hop->table) == 0 &&
           strcmp(join->near_column, hop->near_column) == 0 &&
           strcmp(join->far_column, hop->far_column) == 0;
}

/* Django's join(). The one that was made last is used again. */
static covet__join *join_hop(covet__query *q, covet__join *parent, const covet__hop *hop,
                             bool sharing)
{
    for (uint32_t i = q->join_count; i-- > 1;) {
        covet__join *join = q->joins[i];
        if (!is_same(join, parent, hop) || (sharing && hop->many && join->filter != q->filter))
            continue;
        join->uses++;
        return join;
    }
    const bool left = hop->nullable || parent->type == COVET__JOIN_LEFT; /* J1 */
    return add_join(q, (covet__join){.parent = parent,
                                     .model = hop->model,
                                     .table = hop->table,
                                     .near_column = hop->near_column,
                                     .far_column = hop->far_column,
                                     .type = left ? COVET__JOIN_LEFT : COVET__JOIN_INNER,
                                     .nullable = hop->nullable,
                                     .uses = 1});
}

covet_status covet__query_follow(covet__query *q, covet__join *start, const covet__path *path,
                                 bool sharing, covet__join **joins)
{
    joins[0] = start;
    for (size_t i = 0; i < path->count; i++) {
        joins[i + 1] = join_hop(q, joins[i], &path->hops[i], sharing);
        if (joins[i + 1] == NULL)
            return q->b->status;
    }
    return COVET_OK;
}

covet__operand covet__query_trim(const covet__path *path, covet__join *const *joins, size_t *count)
{
    covet__target target = path->target;
    size_t at = path->count;
    for (; at > 0; at--) {
        const covet__hop *hop = &path->hops[at - 1];
        if (!hop->direct || strcmp(hop->far_column, target.column) != 0)
            break;
        target = (covet__target){.column = hop->near_column,
                                 .kind = COVET_FIELD_FK,
                                 .null = hop->nullable};
        joins[at]->uses--;
    }
    *count = at + 1;
    return (covet__operand){.join = joins[at], .target = target};
}

covet_status covet__query_column(covet__query *q, const char *text, covet__operand *ret)
{
    covet__path path;
    covet__join *joins[COVET__HOPS_MAX + 1];
    size_t count;
    COVET_TRY(covet__path_find(q->b, q->model, q->type, text, &path, NULL));
    COVET_TRY(covet__query_follow(q, q->joins[0], &path, false, joins));
    *ret = covet__query_trim(&path, joins, &count);
    return COVET_OK;
}

/* promote_joins(): with a join, those that hang on it (J1). */
void covet__query_promote(covet__query *q, covet__join *join)
{
    if (join->type != COVET__JOIN_INNER ||
        !(join->nullable || join->parent->type == COVET__JOIN_LEFT))
        return;
    join->type = COVET__JOIN_LEFT;
    for (uint32_t i = 1; i < q->join_count; i++)
        if (q->joins[i]->parent == join)
            covet__query_promote(q, q->joins[i]);
}

void covet__query_demote(covet__join *join)
{
    if (join->type == COVET__JOIN_LEFT)
        join->type = COVET__JOIN_INNER;
}
