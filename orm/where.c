/*
 * orm/where.c - filter() and exclude() as Django means them (orm/build.h).
 *
 *   W1  Conditions that need a row at the far end vote for their joins to be INNER. AND: one
 *       vote is enough; OR: all must vote, else a row that matches by another branch would
 *       be lost, and the join becomes LEFT. Under NOT, AND and OR change places.
 *   W2  NOT (x = v) must keep rows whose x is NULL: it is written NOT (x = v AND x IS NOT
 *       NULL) where x can be NULL.
 *   W3  A condition on a relation to many under NOT is asked in a subquery of its own: NOT
 *       (EXISTS (a row there that matches)). Each condition has its own, so two of them may
 *       be met by different rows; but if an earlier condition of the same filter(), not
 *       negated, is about that relation, the subquery is about the same row as it.
 */
#include <string.h>

#include "orm/build.h"

/* Where in a tree of conditions one stands. */
typedef struct branch {
    bool negated; /* under some NOT */
    bool current; /* under an odd number of them */
} branch;

/* ---- the tree ------------------------------------------------------------------------------ */

covet__cond *covet__cond_group(covet__builder *b, bool either, bool negated)
{
    covet__cond *group = covet__make(b, sizeof *group);
    if (group != NULL) {
        group->either = either;
        group->negated = negated;
    }
    return group;
}

void covet__cond_add(covet__cond *group, covet__cond *cond)
{
    if (group->last != NULL)
        group->last->next = cond;
    else
        group->first = cond;
    group->last = cond;
}

static covet__cond *make_cond(covet__builder *b, covet__cond_kind kind, covet__operand operand)
{
    covet__cond *cond = covet__make(b, sizeof *cond);
    if (cond != NULL) {
        cond->kind = kind;
        cond->operand = operand;
    }
    return cond;
}

static covet__cond *make_isnull(covet__builder *b, covet__operand operand, bool is_null)
{
    covet__cond *cond = make_cond(b, COVET__COND_TEST, operand);
    if (cond != NULL) {
        cond->lookup = COVET_LOOKUP_isnull;
        cond->value = covet_bool(is_null);
    }
    return cond;
}

static covet__cond *make_same(covet__builder *b, covet__operand one, covet__operand other)
{
    covet__cond *cond = make_cond(b, COVET__COND_SAME, one);
    if (cond != NULL)
        cond->other = other;
    return cond;
}

static covet__cond *make_test(covet__builder *b, const covet_q *leaf, covet__operand operand,
                              covet_lookup lookup, bool relation)
{
    covet__cond *test = make_cond(b, COVET__COND_TEST, operand);
    if (test == NULL)
        return NULL;
    test->lookup = lookup;
    test->value = leaf->value;
    test->value2 = leaf->value2;
    return covet__lookup_prepare(b, test, relation, leaf->path) == COVET_OK ? test : NULL;
}

/* ---- one condition ------------------------------------------------------------------------- */

/* A condition and its guard (W2), where there is one. */
static covet__cond *guard(covet__builder *b, covet__cond *test, branch at)
{
    const bool nullable = test->operand.target.null || test->operand.join->type == COVET__JOIN_LEFT;
    if (!at.current || test->lookup == COVET_LOOKUP_isnull || !nullable)
        return test;
    covet__cond *both = covet__cond_group(b, false, false);
    covet__cond *not_null = make_isnull(b, test->operand, false);
    if (both == NULL || not_null == NULL)
        return NULL;
    covet__cond_add(both, test);
    covet__cond_add(both, not_null);
    return both;
}

/* Whether the condition can hold where there is no row at the far end. */
static bool allows_none(const covet__cond *test, branch at)
{
    const bool is_null = test->lookup == COVET_LOOKUP_isnull && test->value.u.b;
    return at.current ? !is_null : is_null;
}

/* build_filter(), without relations to many under NOT. Fills joins[] as
 * covet__query_follow does. */
static covet__cond *build_test(covet__query *q, const covet_q *leaf, const covet__path *path,
                               covet_lookup lookup, branch at, covet__join **joins,
                               covet__joins *ret_needed)
{
    size_t count;
    if (covet__query_follow(q, q->joins[0], path, true, joins) != COVET_OK)
        return NULL;
    const covet__operand operand = covet__query_trim(path, joins, &count);
    for (size_t i = 0; i < count; i++)
        joins[i]->filter = q->filter;
    covet__cond *test =
        make_test(q->b, leaf, operand, lookup, covet__is_relation(path->field->kind));
    if (test == NULL)
        return NULL;
    if (!allows_none(test, at))
        for (size_t i = 0; i <= path->count; i++)
            covet__joins_add(ret_needed, joins[i]);
    return guard(q->b, test, at);
}

/* ---- NOT over a relation to many (W3) ------------------------------------------------------ */

static covet__operand column(const covet__join *join, const char *name)
{
    return (covet__operand){.join = join,
                            .target = {.column = name, .kind = COVET_FIELD_BigInteger}};
}

/* What of the subquery stands for the relation: the column that leads back to the query
 * around it, and one that tells its row from others. */
typedef struct inner_start {
    covet__operand back;
    covet__operand row;
    bool left; /* a row on the way there may be missing */
} inner_start;

/* trim_start(): the subquery begins at the relation itself, if that join is not LEFT. */
static inner_start trim_start(const covet__path *path, size_t many, covet__join **joins,
                              const covet_field *pk, covet_arena *arena)
{
    inner_start start = {.left = false};
    for (size_t i = 0; i < many; i++) {
        start.left |= joins[i + 1]->type == COVET__JOIN_LEFT;
        joins[i]->uses--;
    }
    const covet__hop *hop = &path->hops[many];
    const covet__join *first = joins[many + 1];
    if (first->type == COVET__JOIN_LEFT) {
        start.back = start.row = column(joins[many], hop->near_column);
        return start;
    }
    joins[many]->uses--;
    start.back = column(first, hop->far_column);
    /* A row of an M2M's table is told by what it leads to, its other half being given. */
    start.row = column(first, hop->model == NULL ? path->hops[many + 1].near_column
                                                 : covet__column_of(pk, arena));
    return start;
}

/* The join of the current filter() that Django would call by the same alias. */
static const covet__join *find_shared(const covet__query *q, const covet__join *inner)
{
    for (uint32_t i = 0; i < q->join_count; i++)
        if (q->joins[i]->filter == q->filter && q->joins[i]->name == inner->name &&
            strcmp(q->joins[i]->table, inner->table) == 0)
            return q->joins[i];
    return NULL;
}

static covet__query *inner_query(covet__query *q, const covet_q *leaf, const covet__path *path,
                                 covet_lookup lookup, covet__join **joins)
{
    covet__joins needed = {{0}};
    covet__query *inner = covet__make(q->b, sizeof *inner);
    if (inner == NULL || !covet__query_init(inner, q->b, q->model, NULL))
        return NULL;
    inner->filter = 1;
    covet__cond *test =
        build_test(inner, leaf, path, lookup, (branch){.negated = false}, joins, &needed);
    if (test == NULL)
        return NULL;
    for (uint32_t i = 0; i < inner->join_count; i++)
        if (covet__joins_has(&needed, i))
            covet__query_demote(inner->joins[i]);
    covet__cond_add(inner->where, test);
    return inner;
}

/* The near end of the first relation to many, in the query around the subquery. */
static covet_status outer_column(covet__query *q, const covet__path *path, size_t many,
                                 covet__operand *ret)
{
    covet__join *joins[COVET__HOPS_MAX + 1];
    size_t count;
    covet__path outer = *path;
    outer.count = many;
    outer.target = (covet__target){.column = path->hops[many].near_column,
                                   .kind = COVET_FIELD_BigInteger,
                                   .primary = true};
    COVET_TRY(covet__query_follow(q, q->joins[0], &outer, false, joins));
    *ret = covet__query_trim(&outer, joins, &count);
    return COVET_OK;
}

static covet__cond *split_exclude(covet__query *q, const covet_q *leaf, const covet__path *path,
                                  size_t many, covet_lookup lookup)
{
    covet__join *joins[COVET__HOPS_MAX + 1];
    covet__operand outside;
    covet__query *inner = inner_query(q, leaf, path, lookup, joins);
    if (inner == NULL)
        return NULL;
    const covet_model *there = path->hops[many].model;
    const covet_field *pk = there != NULL ? covet__pk_of(there) : NULL;
    const inner_start start = trim_start(path, many, joins, pk, q->b->arena);
    const covet__join *shared = find_shared(q, start.back.join);
    if (outer_column(q, path, many, &outside) != COVET_OK)
        return NULL;
    covet__cond *same_row =
        shared != NULL ? make_same(q->b, start.row, column(shared, start.row.target.column)) : NULL;
    covet__cond *back = make_same(q->b, start.back, outside);
    covet__cond *exists = make_cond(q->b, COVET__COND_EXISTS, outside);
    if (back == NULL || exists == NULL || (shared != NULL && same_row == NULL))
        return NULL;
    if (same_row != NULL) {
        covet__cond_add(inner->where, same_row);
        exists->other = same_row->other;
    }
    covet__cond_add(inner->where, back);
    exists->sub = inner;
    if (!start.left)
        return exists;
    covet__cond *either = covet__cond_group(q->b, true, false);
    covet__cond *none = make_isnull(q->b, outside, true);
    if (either == NULL || none == NULL)
        return NULL;
    covet__cond_add(either, exists);
    covet__cond_add(either, none);
    return either;
}

/* ---- leaves -------------------------------------------------------------------------------- */

/* A condition on an annotation: its name, perhaps a lookup behind it. NULL with status OK: the
 * path names none. */
static covet__cond *build_annotated(covet__query *q, const covet_q *leaf)
{
    const char *at = leaf->path, *name, *rest;
    size_t length, rest_length;
    if (!covet__next_name(&at, &name, &length))
        return NULL;
    for (size_t i = 0; i < q->annotation_count; i++) {
        const covet__annotation *a = &q->annotations[i];
        if (strlen(a->name) != length || memcmp(a->name, name, length) != 0)
            continue;
        covet_lookup lookup =
            leaf->lookup != COVET_LOOKUP_BY_NAME ? leaf->lookup : COVET_LOOKUP_exact;
        if (covet__next_name(&at, &rest, &rest_length) &&
            (leaf->lookup != COVET_LOOKUP_BY_NAME || *at != '\0' ||
             !covet__lookup_find(rest, rest_length, &lookup))) {
            q->b->status = covet__no_lookup(a->field, rest, rest_length, q->b->err);
            return NULL;
        }
        const covet__operand operand = {.annotation = a,
                                        .target = {.column = a->name,
                                                   .kind = COVET_FIELD_BigInteger}};
        return make_test(q->b, leaf, operand, lookup, false);
    }
    return NULL;
}

static covet__cond *build_leaf(covet__query *q, const covet_q *leaf, branch at,
                               covet__joins *ret_needed)
{
    covet__join *joins[COVET__HOPS_MAX + 1];
    covet__path path;
    covet_lookup lookup = leaf->lookup;
    covet__cond *annotated = build_annotated(q, leaf);
    if (annotated != NULL || q->b->status != COVET_OK)
        return annotated;
    covet_lookup *by_name = lookup == COVET_LOOKUP_BY_NAME ? &lookup : NULL;
    if (covet__path_find(q->b, q->model, q->type, leaf->path, &path, by_name) != COVET_OK)
        return NULL;
    for (size_t i = 0; at.negated && i < path.count; i++)
        if (path.hops[i].many)
            return split_exclude(q, leaf, &path, i, lookup);
    return build_test(q, leaf, &path, lookup, at, joins, ret_needed);
}

/* ---- AND, OR, NOT (_add_q) ----------------------------------------------------------------- */

/* JoinPromoter.update_join_types(): W1. The joins that the whole group needs. */
static covet__joins count_votes(covet__query *q, const uint16_t *votes, size_t voters, bool either)
{
    covet__joins needed = {{0}};
    const uint32_t count = q->join_count;
    for (uint32_t i = 0; i < count; i++)
        if (votes[i] > 0 && either && votes[i] < voters)
            covet__query_promote(q, q->joins[i]);
    for (uint32_t i = 0; i < count; i++)
        if (votes[i] > 0 && (!either || votes[i] == voters)) {
            covet__query_demote(q->joins[i]);
            covet__joins_add(&needed, q->joins[i]);
        }
    return needed;
}

static covet__cond *build_q(covet__query *q, const covet_q *node, branch at,
                            covet__joins *ret_needed)
{
    uint16_t votes[COVET__JOINS_MAX] = {0};
    size_t voters = 0;
    if (node->op == COVET_Q_LEAF)
        return build_leaf(q, node, at, ret_needed);
    const bool negated = node->op == COVET_Q_NOT, either = node->op == COVET_Q_OR;
    at.current ^= negated;
    at.negated |= negated;
    covet__cond *group = covet__cond_group(q->b, either, negated);
    if (group == NULL)
        return NULL;
    for (const covet_q *kid = node->kids; kid->op != COVET_Q_END; kid++, voters++) {
        covet__joins needed = {{0}};
        covet__cond *cond = build_q(q, kid, at, &needed);
        if (cond == NULL)
            return NULL;
        covet__cond_add(group, cond);
        for (uint32_t i = 0; i < q->join_count; i++)
            votes[i] = (uint16_t)(votes[i] + covet__joins_has(&needed, i));
    }
    *ret_needed = count_votes(q, votes, voters, at.current ? !either : either);
    return group;
}

covet_status covet__query_filter(covet__query *q, const covet_q *condition, bool negated)
{
    const covet_q pair[] = {*condition, {.op = COVET_Q_END}};
    const covet_q wrapped = {.op = negated ? COVET_Q_NOT : COVET_Q_AND,
                             .kids = condition->op == COVET_Q_AND ? condition->kids : pair};
    covet__joins inner = {{0}}, needed = {{0}};
    q->filter++;
    for (uint32_t i = 0; i < q->join_count; i++)
        if (q->joins[i]->type == COVET__JOIN_INNER)
            covet__joins_add(&inner, q->joins[i]);
    covet__cond *cond = build_q(q, &wrapped, (branch){.negated = false}, &needed);
    if (cond == NULL)
        return q->b->status;
    covet__cond_add(q->where, cond);
    /* What was INNER before must stay so: this filter is in addition to those. */
    for (uint32_t i = 0; i < q->join_count; i++)
        if (covet__joins_has(&inner, i))
            covet__query_demote(q->joins[i]);
    return COVET_OK;
}
