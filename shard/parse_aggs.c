/*
 * shard/parse_aggs.c - GROUP BY and aggregates of one gather (shard/residual.h).
 *
 * Each shard groups its own rows, and the residual query groups the groups:
 *
 *     SELECT a + 1, count(*), avg(x) FROM t GROUP BY a + 1 HAVING sum(DISTINCT y) > 3
 *
 *     gather    SELECT a + 1, count(*), sum(x), count(x), y FROM t GROUP BY 1, 5
 *     residual  SELECT c1, sum(c2)::int8, sum(c3) / nullif(sum(c4), 0)
 *                 FROM (...) GROUP BY c1 HAVING sum(DISTINCT c5) > 3
 *
 * An aggregate that is not known to be a function of such sums leaves all rows to the
 * residual query, and so does an expression that cannot be told to be one of GROUP BY's.
 */
#include <string.h>

#include "shard/parse_whole_impl.h"

#define TOKEN(name) COVET__TOKEN(name)

/* ---- equal expressions --------------------------------------------------------------------- */

static bool equal_messages(covet__whole *w, const ProtobufCMessage *a, const ProtobufCMessage *b);

static bool equal_scalars(const ProtobufCFieldDescriptor *field, const void *a, const void *b)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *x, *y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return strcmp(x != NULL ? x : "", y != NULL ? y : "") == 0;
    }
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE: return memcmp(a, b, 8) == 0;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_BOOL: return memcmp(a, b, 4) == 0;
    default: return false; /* none other is in the tree */
    }
}

static bool equal_field(covet__whole *w, const ProtobufCFieldDescriptor *field,
                        const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    const char *x = (const char *)a, *y = (const char *)b;
    if (strcmp(field->name, "location") == 0)
        return true;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t n, m;
        ProtobufCMessage *const *xs, *const *ys;
        memcpy(&n, x + field->quantifier_offset, sizeof n);
        memcpy(&m, y + field->quantifier_offset, sizeof m);
        memcpy(&xs, x + field->offset, sizeof xs);
        memcpy(&ys, y + field->offset, sizeof ys);
        if (n != m || (n > 0 && field->type != PROTOBUF_C_TYPE_MESSAGE))
            return false;
        for (size_t i = 0; i < n; i++)
            if (!equal_messages(w, xs[i], ys[i]))
                return false;
        return true;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        int chosen[2];
        memcpy(&chosen[0], x + field->quantifier_offset, sizeof chosen[0]);
        memcpy(&chosen[1], y + field->quantifier_offset, sizeof chosen[1]);
        if (chosen[0] != chosen[1])
            return false;
        if ((uint32_t)chosen[0] != field->id)
            return true;
    }
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return equal_scalars(field, x + field->offset, y + field->offset);
    const ProtobufCMessage *p, *q;
    memcpy(&p, x + field->offset, sizeof p);
    memcpy(&q, y + field->offset, sizeof q);
    return p == NULL || q == NULL ? p == q : equal_messages(w, p, q);
}

/* p.x and x are equal where they mean the same column. */
static bool equal_messages(covet__whole *w, const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    if (a->descriptor != b->descriptor)
        return false;
    if (COVET__IS(a, column_ref)) {
        uint32_t rels[2];
        const char *names[2];
        return covet__whole_own(w, (const PgQuery__ColumnRef *)a, &rels[0], &names[0]) &&
               covet__whole_own(w, (const PgQuery__ColumnRef *)b, &rels[1], &names[1]) &&
               rels[0] == rels[1] && strcmp(names[0], names[1]) == 0;
    }
    for (unsigned i = 0; i < a->descriptor->n_fields; i++)
        if (!equal_field(w, &a->descriptor->fields[i], a, b))
            return false;
    return true;
}

/* ---- GROUP BY ------------------------------------------------------------------------------ */

static bool is_position(const PgQuery__Node *node)
{
    return node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
           node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL;
}

/* A relation of FROM has a column of that name, or may have it. */
static bool may_be_column(covet__whole *w, const char *name)
{
    for (uint32_t rel = 0; rel < w->walk->rel_count; rel++)
        if (w->walk->rels[rel].block == w->block &&
            covet__walk_has(w->walk, rel, name) != COVET__HAS_NOT)
            return true;
    return false;
}

/* The item of the list that GROUP BY 2 or GROUP BY label means; -1: none. A column comes
 * before a label. */
static int32_t meant_item(covet__whole *w, const PgQuery__Node *node)
{
    uint32_t rel;
    const char *name;
    if (is_position(node))
        return node->a_const->ival->ival - 1;
    if (node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF || node->column_ref->n_fields != 1 ||
        covet__whole_own(w, node->column_ref, &rel, &name))
        return -1;
    name = covet__string_of(node->column_ref->fields[0]);
    for (size_t i = 0; name != NULL && i < w->select->n_target_list; i++) {
        const PgQuery__ResTarget *target = w->select->target_list[i]->res_target;
        if (target->name != NULL && strcmp(target->name, name) == 0) {
            w->failed |= may_be_column(w, name);
            return (int32_t)i;
        }
    }
    return -1;
}

/* The tokens of the list's item, without its label. */
static bool item_tokens(const covet__whole *w, uint32_t item, uint32_t *ret_first,
                        uint32_t *ret_end)
{
    const covet__parse *parse = w->cutter->parse;
    uint32_t ends[COVET__WHOLE_MAX];
    const uint32_t count =
        covet__split_list(parse, w->c.list, w->c.from, w->c.depth, ends, COVET__WHOLE_MAX);
    if (count != w->select->n_target_list || item >= count)
        return false;
    const PgQuery__ResTarget *target = w->select->target_list[item]->res_target;
    *ret_first = item > 0 ? ends[item - 1] + 1 : w->c.list;
    *ret_end = ends[item];
    if (target->name != NULL && target->name[0] != '\0') {
        --*ret_end;
        *ret_end -= *ret_end > *ret_first && parse->tokens[*ret_end - 1].kind == TOKEN(AS);
    }
    return *ret_end > *ret_first;
}

static void add_group(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    if (w->group_count == COVET__WHOLE_MAX || covet__whole_has_query(&node->base)) {
        w->failed = true;
        return;
    }
    const uint32_t column = covet__whole_expr(w, node, first, end);
    w->columns[column].group = true;
    w->groups[w->group_count++] =
        (covet__whole_group){.node = node, .column = column, .first = first, .end = end};
}

/* One expression of GROUP BY, at those tokens; equal where they are not seen. */
static void take_group(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    const int32_t item = meant_item(w, node);
    if (item >= 0) { /* the number or label means the same in the residual query */
        uint32_t from, to;
        if (!item_tokens(w, (uint32_t)item, &from, &to))
            w->failed = true;
        else
            add_group(w, w->select->target_list[item]->res_target->val, from, to);
        return;
    }
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        add_group(w, node, first, end);
        if (!w->failed)
            covet__cut_text(w->cutter, covet__whole_ref_span(w, node->column_ref),
                            covet__whole_name(w, w->groups[w->group_count - 1].column));
        return;
    }
    if (first == end) {
        w->failed = true;
        return;
    }
    add_group(w, node, first, end);
    if (!w->failed)
        covet__cut_text(w->cutter, covet__tokens_span(w->cutter->parse, first, end),
                        covet__whole_name(w, w->groups[w->group_count - 1].column));
}

/* Inside ROLLUP and its like only columns are seen by their place. */
static void take_grouping(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    if (node->node_case == PG_QUERY__NODE__NODE_GROUPING_SET) {
        for (size_t i = 0; i < node->grouping_set->n_content; i++)
            take_grouping(w, node->grouping_set->content[i], 0, 0);
    } else if (node->node_case == PG_QUERY__NODE__NODE_ROW_EXPR) {
        for (size_t i = 0; i < node->row_expr->n_args; i++)
            take_grouping(w, node->row_expr->args[i], 0, 0);
    } else {
        take_group(w, node, first, end);
    }
}

static void take_groups(covet__whole *w)
{
    const PgQuery__SelectStmt *s = w->select;
    uint32_t ends[COVET__WHOLE_MAX];
    if (s->n_group_clause == 0)
        return;
    const uint32_t first_item = w->c.group + 2;
    const uint32_t count = covet__split_list(w->cutter->parse, first_item, w->c.having, w->c.depth,
                                             ends, COVET__WHOLE_MAX);
    if (count != s->n_group_clause || s->group_distinct)
        w->failed = true;
    for (uint32_t i = 0, first = first_item; i < count && !w->failed; first = ends[i++] + 1)
        take_grouping(w, s->group_clause[i], first, ends[i]);
}

/* All columns of a relation's primary key are grouped by: its others depend on them. */
static bool depends_on_groups(covet__whole *w, uint32_t rel)
{
    const covet__rel *r = &w->walk->rels[rel];
    bool any = false;
    if (r->kind != COVET__REL_TABLE || r->columns == NULL)
        return false;
    for (uint32_t i = 0; i < r->columns->column_count; i++) {
        const covet__column *c = &r->columns->columns[i];
        if (!c->primary)
            continue;
        bool grouped = false;
        for (uint32_t k = 0; k < w->column_count; k++)
            grouped |= w->columns[k].group && w->columns[k].rel == rel &&
                       strcmp(w->columns[k].name, c->name) == 0;
        if (!grouped)
            return false;
        any = true;
    }
    return any;
}

static bool has_grouping_sets(const covet__whole *w)
{
    for (size_t i = 0; i < w->select->n_group_clause; i++)
        if (w->select->group_clause[i]->node_case == PG_QUERY__NODE__NODE_GROUPING_SET)
            return true;
    return false;
}

/* The residual query does not know of the key and has to group by what depends on it. */
static void add_dependent(covet__whole *w, uint32_t rel, const char *name)
{
    if (has_grouping_sets(w) || !depends_on_groups(w, rel)) {
        w->failed = true;
        return;
    }
    const uint32_t column = covet__whole_ref(w, rel, name);
    if (w->columns[column].group)
        return;
    covet__str out = COVET__STR_IN(w->cutter->arena);
    const uint32_t at = w->cutter->parse->tokens[w->c.having - 1].end;
    w->columns[column].group = true;
    covet__str_printf(&out, ", covet_f.covet_c%u", column + 1);
    covet__cut_text(w->cutter, (covet__span){at, at}, covet__str_take(&out));
}

/* ---- aggregates ---------------------------------------------------------------------------- */

/* Where a call stands: name ( arguments ) [FILTER ( ... )] */
typedef struct call_tokens {
    uint32_t name;
    uint32_t open;
    uint32_t close;
    uint32_t end;
} call_tokens;

static bool find_call(const covet__whole *w, const PgQuery__FuncCall *call, call_tokens *ret)
{
    const covet__parse *parse = w->cutter->parse;
    const uint32_t name = covet__token_at(parse, call->location);
    const uint32_t open = name + 2 * (uint32_t)call->n_funcname - 1;
    if (open >= parse->token_count || parse->tokens[open].kind != TOKEN(ASCII_40))
        return false;
    const uint32_t close = covet__closing(parse, open);
    uint32_t end = close + 1;
    if (call->agg_filter != NULL) {
        if (end + 1 >= parse->token_count || parse->tokens[end].kind != TOKEN(FILTER))
            return false;
        end = covet__closing(parse, end + 1) + 1;
    }
    *ret = (call_tokens){name, open, close, end};
    return end <= parse->token_count;
}

static void put_text(covet__whole *w, const call_tokens *at, covet__str *text)
{
    covet__cut_text(w->cutter, covet__tokens_span(w->cutter->parse, at->name, at->end),
                    covet__str_take(text));
}

static covet__whole_column part_of(const call_tokens *at, const char *name)
{
    return (covet__whole_column){.rel = COVET__NODE_NONE,
                                 .call = name,
                                 .first = at->open + 1,
                                 .end = at->close,
                                 .filter = at->close + 1,
                                 .filter_end = at->end};
}

static void put_count(covet__whole *w, const call_tokens *at)
{
    covet__str out = COVET__STR_IN(w->cutter->arena);
    const uint32_t column = covet__whole_call(w, part_of(at, "pg_catalog.count"));
    covet__str_printf(&out, "(coalesce(pg_catalog.sum(covet_f.covet_c%u), 0)::pg_catalog.int8)",
                      column + 1);
    put_text(w, at, &out);
}

/* sum(int4) is a bigint whose sum is numeric: the sum of sums has the type of the sums. */
static void put_sum(covet__whole *w, const call_tokens *at)
{
    covet__str out = COVET__STR_IN(w->cutter->arena);
    const uint32_t column = covet__whole_call(w, part_of(at, "pg_catalog.sum"));
    const covet__span span = covet__tokens_span(w->cutter->parse, at->name, at->end);
    covet__str_printf(&out, "(pg_catalog.sum(covet_f.covet_c%u)::", column + 1);
    put_text(w, at, &out);
    covet__cut_hole(w->cutter, (covet__hole){.start = span.end,
                                             .end = span.end,
                                             .kind = COVET__HOLE_TYPE,
                                             .gather = w->cutter->gather_count,
                                             .column = column});
    covet__cut_text(w->cutter, (covet__span){span.end, span.end}, ")");
}

/* numeric / numeric, float8 / float8 and interval / float8 divide as avg does; sums of
 * integers are numeric here. */
static void put_avg(covet__whole *w, const call_tokens *at)
{
    covet__str out = COVET__STR_IN(w->cutter->arena);
    covet__whole_column part = part_of(at, "pg_catalog.sum");
    part.sum = true;
    const uint32_t sum = covet__whole_call(w, part);
    const uint32_t count = covet__whole_call(w, part_of(at, "pg_catalog.count"));
    covet__str_printf(&out,
                      "(pg_catalog.sum(covet_f.covet_c%u)"
                      " / nullif(pg_catalog.sum(covet_f.covet_c%u), 0))",
                      sum + 1, count + 1);
    put_text(w, at, &out);
}

static void put_same(covet__whole *w, const call_tokens *at, const char *name)
{
    covet__str call = COVET__STR_IN(w->cutter->arena), out = COVET__STR_IN(w->cutter->arena);
    if (w->cutter->collated && (strcmp(name, "min") == 0 || strcmp(name, "max") == 0))
        w->failed = true; /* of text, perhaps, by an order that is not known here */
    covet__str_printf(&call, "pg_catalog.%s", name);
    const uint32_t column = covet__whole_call(w, part_of(at, covet__str_take(&call)));
    covet__str_printf(&out, "pg_catalog.%s(covet_f.covet_c%u)", name, column + 1);
    put_text(w, at, &out);
}

/* f(DISTINCT x): the shards group by x too. */
static void put_distinct(covet__whole *w, const PgQuery__FuncCall *call, const call_tokens *at)
{
    if (call->n_args != 1 || call->agg_filter != NULL || call->n_agg_order > 0 ||
        covet__whole_has_query(&call->base) || at->open + 2 >= at->close) {
        w->failed = true;
        return;
    }
    const uint32_t first = at->open + 2; /* behind DISTINCT */
    const uint32_t column = covet__whole_expr(w, call->args[0], first, at->close);
    w->columns[column].group = true;
    covet__cut_text(w->cutter, covet__tokens_span(w->cutter->parse, first, at->close),
                    covet__whole_name(w, column));
}

static bool is_idempotent(const char *name)
{
    static const char *const names[] = {"min",   "max",     "bool_and", "bool_or",
                                        "every", "bit_and", "bit_or",   "bit_xor"};
    for (size_t i = 0; i < COVET_COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void take_aggregate(covet__whole *w, const PgQuery__FuncCall *call, const covet__function *f)
{
    call_tokens at;
    if (!find_call(w, call, &at) || !f->builtin || call->agg_within_group || call->func_variadic)
        w->failed = true;
    else if (call->agg_distinct)
        put_distinct(w, call, &at);
    else if (call->n_agg_order > 0)
        w->failed = true;
    else if (strcmp(f->name, "count") == 0)
        put_count(w, &at);
    else if (strcmp(f->name, "sum") == 0)
        put_sum(w, &at);
    else if (strcmp(f->name, "avg") == 0)
        put_avg(w, &at);
    else if (is_idempotent(f->name))
        put_same(w, &at, f->name);
    else
        w->failed = true;
}

/* ---- expressions over groups --------------------------------------------------------------- */

typedef struct rewrite {
    covet__whole *w;
    const PgQuery__Node *top; /* at these tokens */
    uint32_t first, end;
} rewrite;

/* One of GROUP BY's expressions, wherever its tokens can be seen. */
static bool replace_group(rewrite *r, const PgQuery__Node *node, const covet__whole_group *group)
{
    covet__whole *w = r->w;
    const covet__parse *parse = w->cutter->parse;
    covet__span span;
    int low, high;
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        span = covet__whole_ref_span(w, node->column_ref);
    } else if (node == r->top) {
        span = covet__tokens_span(parse, r->first, r->end);
    } else {
        const uint32_t count = group->end - group->first;
        if (!covet__extent_of(&node->base, &low, &high))
            return false;
        const uint32_t at = covet__token_at(parse, low);
        if (count == 0 || !covet__same_tokens(parse, at, group->first, count))
            return false;
        span = covet__tokens_span(parse, at, at + count);
        if (high >= (int)span.end)
            return false;
    }
    covet__cut_text(w->cutter, span, covet__whole_name(w, group->column));
    return true;
}

static bool rewrite_node(rewrite *r, const PgQuery__Node *node)
{
    covet__whole *w = r->w;
    for (uint32_t i = 0; i < w->group_count; i++)
        if (equal_messages(w, &node->base, &w->groups[i].node->base)) {
            if (!replace_group(r, node, &w->groups[i]))
                w->failed = true;
            return false;
        }
    return true;
}

static bool rewrite_enter(const ProtobufCMessage *message, void *user)
{
    rewrite *r = user;
    covet__whole *w = r->w;
    if (w->failed)
        return false;
    if (COVET__IS(message, node))
        return rewrite_node(r, (const PgQuery__Node *)message);
    if (COVET__IS(message, sub_link) || COVET__IS(message, select_stmt)) {
        w->failed = true;
        return false;
    }
    if (COVET__IS(message, func_call)) {
        const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)message;
        const covet__function *f = covet__walk_function_of(w->walk, call);
        if (call->over != NULL || f == NULL || !f->aggregate)
            return true;
        take_aggregate(w, call, f);
        return false;
    }
    if (COVET__IS(message, column_ref)) {
        const PgQuery__ColumnRef *ref = (const PgQuery__ColumnRef *)message;
        uint32_t rel;
        const char *name;
        if (!covet__whole_own(w, ref, &rel, &name)) {
            w->failed = true;
            return false;
        }
        add_dependent(w, rel, name);
        if (!w->failed)
            covet__cut_text(w->cutter, covet__whole_ref_span(w, ref),
                            covet__whole_name(w, covet__whole_ref(w, rel, name)));
        return false;
    }
    return true;
}

static void rewrite_item(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    rewrite r = {w, node, first, end};
    covet__visit(&node->base, rewrite_enter, &r);
}

static void rewrite_windows(covet__whole *w)
{
    for (size_t i = 0; i < w->select->n_window_clause; i++) {
        rewrite r = {.w = w};
        covet__visit(&w->select->window_clause[i]->base, rewrite_enter, &r);
    }
}

/* The columns that a star in the list stands for. */
static void group_stars(covet__whole *w)
{
    const uint32_t count = w->column_count;
    for (uint32_t i = 0; i < count && !w->failed; i++)
        if (w->columns[i].rel != COVET__NODE_NONE && !w->columns[i].group)
            add_dependent(w, w->columns[i].rel, w->columns[i].name);
}

void covet__whole_aggregates(covet__whole *w)
{
    take_groups(w);
    if (w->failed)
        return;
    covet__whole_list(w, rewrite_item);
    group_stars(w);
    covet__whole_sorts(w, rewrite_item);
    if (w->select->having_clause != NULL)
        rewrite_item(w, w->select->having_clause, w->c.having + 1, w->c.window);
    rewrite_windows(w);
}

/* ---- rows as they are ---------------------------------------------------------------------- */

static void raw_item(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    COVET_UNUSED(first);
    COVET_UNUSED(end);
    covet__whole_refs(w, &node->base);
}

static void raw_group(covet__whole *w, const PgQuery__Node *node)
{
    uint32_t rel;
    const char *name;
    if (node->node_case == PG_QUERY__NODE__NODE_GROUPING_SET) {
        for (size_t i = 0; i < node->grouping_set->n_content; i++)
            raw_group(w, node->grouping_set->content[i]);
        return;
    }
    if (meant_item(w, node) >= 0)
        return;
    covet__whole_refs(w, &node->base);
    if (!w->failed && node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
        covet__whole_own(w, node->column_ref, &rel, &name))
        w->columns[covet__whole_ref(w, rel, name)].group = true;
}

/* All columns of a relation whose key is grouped by may be grouped by too. */
static void raw_dependents(covet__whole *w)
{
    const uint32_t count = w->column_count;
    const bool plain = !has_grouping_sets(w) && w->select->n_group_clause > 0;
    for (uint32_t i = 0; plain && i < count && !w->failed; i++)
        if (w->columns[i].rel != COVET__NODE_NONE && !w->columns[i].group &&
            depends_on_groups(w, w->columns[i].rel))
            add_dependent(w, w->columns[i].rel, w->columns[i].name);
    for (uint32_t i = 0; i < w->column_count; i++)
        w->columns[i].group = false; /* the gather is not grouped */
}

void covet__whole_raw_groups(covet__whole *w)
{
    for (size_t i = 0; i < w->select->n_group_clause; i++)
        raw_group(w, w->select->group_clause[i]);
    covet__whole_list(w, raw_item);
    covet__whole_sorts(w, raw_item);
    if (w->select->having_clause != NULL)
        covet__whole_refs(w, &w->select->having_clause->base);
    for (size_t i = 0; i < w->select->n_window_clause; i++)
        covet__whole_refs(w, &w->select->window_clause[i]->base);
    raw_dependents(w);
}
