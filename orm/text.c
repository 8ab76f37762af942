/*
 * orm/text.c - writes SQL, and gathers the values that travel beside it (orm/build.h).
 *
 *   T1  Values become parameters, in the order in which they stand in the text, so equal
 *       shapes of a queryset give equal texts: the text is the key under which plans are
 *       kept. What the library itself adds (LIMIT 21 of get) is part of the shape.
 *   T2  Tables are t0, t1 ... in the order in which they are written; every column is
 *       qualified, every name is quoted.
 */
#include <string.h>

#include "orm/build.h"

typedef struct writer {
    covet__builder *b;
    covet__str out;
    covet_value *params;
    size_t param_count, param_capacity;
    uint32_t next_table;
} writer;

/* ---- pieces ---------------------------------------------------------------------------------- */

static void put(writer *w, const char *text) { covet__str_add(&w->out, text); }

static void put_number(writer *w, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    covet__str_bytes(&w->out, digits + at, sizeof digits - at);
}

static void put_param(writer *w, covet_value value)
{
    if (w->param_count == w->param_capacity) {
        const size_t capacity = w->param_capacity * 2 + 8;
        covet_value *grown = covet__make(w->b, capacity * sizeof *grown);
        if (grown == NULL)
            return;
        if (w->param_count > 0)
            memcpy(grown, w->params, w->param_count * sizeof *grown);
        w->params = grown;
        w->param_capacity = capacity;
    }
    w->params[w->param_count++] = value;
    put(w, "$");
    put_number(w, w->param_count);
}

static void put_table(writer *w, const covet__join *join)
{
    const char *dot = strchr(join->table, '.');
    if (dot == NULL) {
        covet__str_ident(&w->out, join->table);
    } else {
        const char *schema =
            covet_arena_copy(w->b->arena, join->table, (size_t)(dot - join->table));
        if (schema == NULL)
            w->out.failed = true;
        else
            covet__str_qualified(&w->out, schema, dot + 1);
    }
    put(w, " t");
    put_number(w, join->number);
}

static void put_column(writer *w, const covet__join *join, const char *column)
{
    put(w, "t");
    put_number(w, join->number);
    put(w, ".");
    covet__str_ident(&w->out, column);
}

static void put_operand(writer *w, const covet__operand *operand)
{
    const covet__annotation *a = operand->annotation;
    if (a == NULL) {
        put_column(w, operand->join, operand->target.column);
        return;
    }
    put(w, a->distinct ? "COUNT(DISTINCT " : "COUNT(");
    put_column(w, a->counted.join, a->counted.target.column);
    put(w, ")");
}

/* ---- FROM ---------------------------------------------------------------------------------- */

static void number_joins(writer *w, covet__query *q)
{
    for (uint32_t i = 0; i < q->join_count; i++)
        if (q->joins[i]->uses > 0)
            q->joins[i]->number = w->next_table++;
}

static void put_from(writer *w, const covet__query *q)
{
    bool first = true;
    put(w, " FROM ");
    for (uint32_t i = 0; i < q->join_count; i++) {
        const covet__join *join = q->joins[i];
        if (join->uses == 0)
            continue;
        if (!first)
            put(w, join->type == COVET__JOIN_LEFT ? " LEFT OUTER JOIN " : " INNER JOIN ");
        put_table(w, join);
        if (!first) {
            put(w, " ON (");
            put_column(w, join->parent, join->near_column);
            put(w, " = ");
            put_column(w, join, join->far_column);
            put(w, ")");
        }
        first = false;
    }
}

/* ---- conditions ---------------------------------------------------------------------------- */

static covet__truth opposite(covet__truth truth)
{
    return truth == COVET__TRUTH_ALL ? COVET__TRUTH_NONE : COVET__TRUTH_ALL;
}

static covet__truth group_truth(const covet__cond *group)
{
    /* What decides a group by itself, and what it comes to if nothing does. */
    const covet__truth strong = group->either ? COVET__TRUTH_ALL : COVET__TRUTH_NONE;
    bool open = false;
    if (group->first == NULL)
        return COVET__TRUTH_ALL; /* no condition, negated or not */
    for (const covet__cond *c = group->first; c != NULL; c = c->next) {
        const covet__truth truth = covet__cond_truth(c);
        if (truth == strong)
            return group->negated ? opposite(strong) : strong;
        open |= truth == COVET__TRUTH_OPEN;
    }
    if (open)
        return COVET__TRUTH_OPEN;
    return group->negated ? strong : opposite(strong);
}

covet__truth covet__cond_truth(const covet__cond *cond)
{
    switch (cond->kind) {
    case COVET__COND_GROUP: return group_truth(cond);
    case COVET__COND_TEST:
        return cond->lookup == COVET_LOOKUP_in && cond->value.length == 0 ? COVET__TRUTH_NONE
                                                                          : COVET__TRUTH_OPEN;
    case COVET__COND_EXISTS: return covet__cond_truth(cond->sub->where);
    case COVET__COND_SAME: break;
    }
    return COVET__TRUTH_OPEN;
}

static void put_cond(writer *w, const covet__cond *cond);

/* What is written for a group that comes to one condition: that condition. */
static const covet__cond *written_for(const covet__cond *cond)
{
    const covet__cond *only = NULL;
    if (cond->kind != COVET__COND_GROUP || cond->negated)
        return cond;
    for (const covet__cond *c = cond->first; c != NULL; c = c->next) {
        if (covet__cond_truth(c) != COVET__TRUTH_OPEN)
            continue;
        if (only != NULL)
            return cond;
        only = c;
    }
    return only != NULL ? written_for(only) : cond;
}

/* Brackets only where they change something. */
static bool needs_brackets(const covet__cond *group, const covet__cond *kid)
{
    return kid->kind == COVET__COND_GROUP && !kid->negated && kid->either != group->either;
}

static void put_group(writer *w, const covet__cond *group)
{
    bool first = true;
    if (group->negated)
        put(w, "NOT (");
    for (const covet__cond *c = group->first; c != NULL; c = c->next) {
        if (covet__cond_truth(c) != COVET__TRUTH_OPEN)
            continue;
        if (!first)
            put(w, group->either ? " OR " : " AND ");
        const covet__cond *kid = written_for(c);
        const bool brackets = needs_brackets(group, kid);
        put(w, brackets ? "(" : "");
        put_cond(w, kid);
        put(w, brackets ? ")" : "");
        first = false;
    }
    if (group->negated)
        put(w, ")");
}

/* The column, then what stands before and behind the value. */
static void put_compare(writer *w, const covet__cond *test, const char *before, const char *behind)
{
    put_operand(w, &test->operand);
    put(w, before);
    put_param(w, test->value);
    put(w, behind);
}

/* Django's casts: text lookups go by the text form, and iexact does not use the index of the
 * column either. */
static void put_like(writer *w, const covet__cond *test, const char *op, bool upper)
{
    put(w, upper ? "UPPER(" : "");
    put_operand(w, &test->operand);
    put(w, upper ? "::text) " : "::text ");
    put(w, op);
    put(w, upper ? " UPPER(" : " ");
    put_param(w, test->value);
    put(w, upper ? ")" : "");
}

static void put_test(writer *w, const covet__cond *test)
{
    switch (test->lookup) {
    case COVET_LOOKUP_exact: put_compare(w, test, " = ", ""); break;
    case COVET_LOOKUP_gt: put_compare(w, test, " > ", ""); break;
    case COVET_LOOKUP_gte: put_compare(w, test, " >= ", ""); break;
    case COVET_LOOKUP_lt: put_compare(w, test, " < ", ""); break;
    case COVET_LOOKUP_lte: put_compare(w, test, " <= ", ""); break;
    case COVET_LOOKUP_in: put_compare(w, test, " = ANY(", ")"); break;
    case COVET_LOOKUP_range:
        put_compare(w, test, " BETWEEN ", " AND ");
        put_param(w, test->value2);
        break;
    case COVET_LOOKUP_isnull:
        put_operand(w, &test->operand);
        put(w, test->value.u.b ? " IS NULL" : " IS NOT NULL");
        break;
    case COVET_LOOKUP_iexact: put_like(w, test, "=", true); break;
    case COVET_LOOKUP_contains:
    case COVET_LOOKUP_startswith:
    case COVET_LOOKUP_endswith: put_like(w, test, "LIKE", false); break;
    case COVET_LOOKUP_icontains:
    case COVET_LOOKUP_istartswith:
    case COVET_LOOKUP_iendswith: put_like(w, test, "LIKE", true); break;
    case COVET_LOOKUP_BY_NAME: break; /* made one of the others by covet__path_find */
    }
}

static void put_where(writer *w, const char *keyword, const covet__cond *cond)
{
    if (cond == NULL || covet__cond_truth(cond) != COVET__TRUTH_OPEN)
        return;
    put(w, keyword);
    put_cond(w, cond);
}

static void put_exists(writer *w, const covet__query *sub)
{
    covet__query *q = (covet__query *)(uintptr_t)sub;
    number_joins(w, q);
    put(w, "EXISTS (SELECT 1");
    put_from(w, q);
    put_where(w, " WHERE ", q->where);
    put(w, ")");
}

static void put_cond(writer *w, const covet__cond *cond)
{
    switch (cond->kind) {
    case COVET__COND_GROUP: put_group(w, cond); break;
    case COVET__COND_TEST: put_test(w, cond); break;
    case COVET__COND_EXISTS: put_exists(w, cond->sub); break;
    case COVET__COND_SAME:
        put_operand(w, &cond->operand);
        put(w, " = ");
        put_operand(w, &cond->other);
        break;
    }
}

/* ---- SELECT -------------------------------------------------------------------------------- */

static void put_comma(writer *w, bool *first)
{
    if (!*first)
        put(w, ", ");
    *first = false;
}

static void put_annotations(writer *w, const covet__query *q, bool *first)
{
    for (size_t i = 0; i < q->annotation_count; i++) {
        const covet__operand operand = {.annotation = &q->annotations[i]};
        put_comma(w, first);
        put_operand(w, &operand);
        put(w, " AS ");
        covet__str_ident(&w->out, q->annotations[i].label);
    }
}

static void put_fields(writer *w, const covet__source *source, bool *first)
{
    COVET__EACH_FIELD(field, source->model)
    {
        if (!covet__is_column(field->kind))
            continue;
        const char *column = covet__column_of(field, w->b->arena);
        put_comma(w, first);
        if (column != NULL)
            put_column(w, source->join, column);
        else
            w->out.failed = true;
    }
}

static void put_related(writer *w, const covet__source *source, bool *first)
{
    for (const covet__source *kid = source->kids; kid != NULL; kid = kid->next) {
        put_fields(w, kid, first);
        put_related(w, kid, first);
    }
}

static void put_columns(writer *w, const covet__select *s)
{
    bool first = true;
    if (s->source != NULL) {
        put_fields(w, s->source, &first);
        put_annotations(w, s->query, &first);
        put_related(w, s->source, &first);
        if (s->parent != NULL) {
            put_comma(w, &first);
            put_column(w, s->parent, s->parent_column);
            put(w, " AS \"covet_parent\"");
        }
    } else {
        put_annotations(w, s->query, &first);
        if (first)
            put_operand(w, &s->groups[0]);
    }
}

static void put_orders(writer *w, const covet__select *s)
{
    for (size_t i = 0; i < s->order_count; i++) {
        const covet__order *order = &s->orders[i];
        put(w, i == 0 ? " ORDER BY " : ", ");
        if (order->operand.annotation != NULL)
            covet__str_ident(&w->out, order->operand.annotation->label);
        else
            put_operand(w, &order->operand);
        put(w, order->descending ? " DESC" : "");
    }
}

static void put_limits(writer *w, const covet__select *s)
{
    if (s->limit >= 0) {
        put(w, " LIMIT ");
        if (s->limit_fixed)
            put_number(w, (uint64_t)s->limit);
        else
            put_param(w, covet_int(s->limit));
    }
    if (s->offset > 0) {
        put(w, " OFFSET ");
        put_param(w, covet_int(s->offset));
    }
}

static bool is_grouped(const covet__select *s) { return s->query->annotation_count > 0; }

static void put_select(writer *w, const covet__select *s)
{
    put(w, "SELECT ");
    put_columns(w, s);
    put_from(w, s->query);
    put_where(w, " WHERE ", s->query->where);
    for (size_t i = 0; is_grouped(s) && i < s->group_count; i++) {
        put(w, i == 0 ? " GROUP BY " : ", ");
        put_operand(w, &s->groups[i]);
    }
    put_where(w, " HAVING ", s->having);
    put_orders(w, s);
    put_limits(w, s);
}

static void put_count(writer *w, const covet__select *s)
{
    put(w, "SELECT COUNT(*)");
    if (!is_grouped(s) && s->limit < 0 && s->offset == 0) {
        put_from(w, s->query);
        put_where(w, " WHERE ", s->query->where);
        return;
    }
    put(w, " FROM (");
    put_select(w, s);
    put(w, ") s");
}

covet_status covet__write_select(const covet__select *select, covet__compiled *ret)
{
    enum { TYPICAL = 1024 };
    covet__builder *b = select->query->b;
    writer w = {.b = b, .out = COVET__STR_IN(b->arena)};
    w.out.text = covet__make(b, TYPICAL);
    if (w.out.text == NULL)
        return b->status;
    w.out.capacity = TYPICAL;
    number_joins(&w, select->query);
    if (select->counting)
        put_count(&w, select);
    else
        put_select(&w, select);
    ret->text = covet__str_take(&w.out);
    ret->params = w.params;
    ret->param_count = w.param_count;
    if (ret->text == NULL && b->status == COVET_OK)
        b->status = covet__fail(b->err, COVET_ENOMEM, "queryset: out of memory");
    return b->status;
}
