#include "fuzz/sql_same.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "shard/deep.h"
#include "shard/parse_impl.h"

typedef struct comparison {
    const covet__parse *was, *sent;
    const covet__plan *plan;
    const char *schema;            /* the shard's */
    char reference[80];            /* that of reference tables */
    bool views;                    /* their queries stand where their names were */
    bool gathered;                 /* rows of gathers do */
    const PgQuery__Node *was_root; /* what the plan may change more of than names */
    const char *where;             /* what differs first */
} comparison;

static bool same(comparison *c, const ProtobufCMessage *a, const ProtobufCMessage *b);

static bool differs(comparison *c, const char *where)
{
    if (c->where == NULL)
        c->where = where;
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static const char *or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/* ---- fields ------------------------------------------------------------------------------- */

static bool is_place(const ProtobufCFieldDescriptor *field)
{
    return strstr(field->name, "location") != NULL || strcmp(field->name, "stmt_len") == 0;
}

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE: return 8;
    default: return 4;
    }
}

static bool same_value(comparison *c, const ProtobufCFieldDescriptor *field, const void *a,
                       const void *b)
{
    const void *x, *y;
    if (field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_STRING)
        return memcmp(a, b, size_of(field)) == 0;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return same_text(x, y);
    return x == NULL || y == NULL ? x == y : same(c, x, y);
}

static bool same_list(comparison *c, const ProtobufCFieldDescriptor *field, const char *a,
                      const char *b)
{
    size_t n, m;
    const char *x, *y;
    memcpy(&n, a + field->quantifier_offset, sizeof n);
    memcpy(&m, b + field->quantifier_offset, sizeof m);
    memcpy(&x, a + field->offset, sizeof x);
    memcpy(&y, b + field->offset, sizeof y);
    const bool pointers =
        field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
    const size_t step = pointers ? sizeof(void *) : size_of(field);
    for (size_t i = 0; i < n && i < m; i++)
        if (!same_value(c, field, x + i * step, y + i * step))
            return false;
    return n == m;
}

static bool same_field(comparison *c, const ProtobufCFieldDescriptor *field,
                       const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    const char *x = (const char *)a, *y = (const char *)b;
    if (is_place(field))
        return true;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return same_list(c, field, x, y);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        int chosen, other;
        memcpy(&chosen, x + field->quantifier_offset, sizeof chosen);
        memcpy(&other, y + field->quantifier_offset, sizeof other);
        if (chosen != other)
            return false;
        if ((uint32_t)chosen != field->id)
            return true;
    }
    return same_value(c, field, x + field->offset, y + field->offset);
}

/* Fields of the same message, but for those named in `except` (which ends with NULL). */
static bool same_fields(comparison *c, const ProtobufCMessage *a, const ProtobufCMessage *b,
                        const char *const *except)
{
    const ProtobufCMessageDescriptor *type = a->descriptor;
    if (type != b->descriptor)
        return differs(c, type->short_name);
    for (unsigned i = 0; i < type->n_fields; i++) {
        bool left_out = false;
        for (const char *const *name = except; name != NULL && *name != NULL; name++)
            left_out |= strcmp(*name, type->fields[i].name) == 0;
        if (!left_out && !same_field(c, &type->fields[i], a, b))
            return differs(c, type->short_name);
    }
    return true;
}

/* ---- names -------------------------------------------------------------------------------- */

static bool is_sent_schema(const comparison *c, const char *schema)
{
    return same_text(schema, c->schema) || same_text(schema, c->reference);
}

static bool same_table(comparison *c, const PgQuery__RangeVar *a, const PgQuery__RangeVar *b)
{
    static const char *const names[] = {"schemaname", "relname", "alias", NULL};
    const covet__map_table *table =
        c->plan->map != NULL
            ? covet__map_find_table(c->plan->map, or_null(a->schemaname), a->relname)
            : NULL;
    if (table == NULL || !is_sent_schema(c, b->schemaname))
        return same_fields(c, &a->base, &b->base, NULL);
    const bool reference = table->kind == COVET__TABLE_REFERENCE;
    if (!same_text(b->schemaname, reference ? c->reference : c->schema) ||
        !same_text(b->relname, table->physical))
        return differs(c, "a table's name");
    if (a->alias != NULL && (b->alias == NULL || !same(c, &a->alias->base, &b->alias->base)))
        return differs(c, "an alias");
    if (a->alias == NULL &&
        !same_text(b->alias != NULL ? b->alias->aliasname : b->relname, a->relname))
        return differs(c, "the name that columns are asked by");
    return same_fields(c, &a->base, &b->base, names);
}

static bool same_column(comparison *c, const PgQuery__ColumnRef *a, const PgQuery__ColumnRef *b)
{
    if (a->n_fields == b->n_fields)
        return same_fields(c, &a->base, &b->base, NULL);
    const char *schema = covet__string_of(a->fields[0]), *name = covet__string_of(a->fields[1]);
    const bool known = c->views || (c->plan->map != NULL && schema != NULL && name != NULL &&
                                    covet__map_find_table(c->plan->map, schema, name) != NULL);
    if (a->n_fields != 3 || b->n_fields != 2 || !known)
        return differs(c, "a column's name");
    return (same(c, &a->fields[1]->base, &b->fields[0]->base) &&
            same(c, &a->fields[2]->base, &b->fields[1]->base)) ||
           differs(c, "a column's name");
}

static bool same_view(comparison *c, const PgQuery__RangeVar *a, const PgQuery__RangeSubselect *b)
{
    if (b->lateral || b->alias == NULL)
        return differs(c, "a view");
    return a->alias != NULL ? same(c, &a->alias->base, &b->alias->base)
                            : same_text(a->relname, b->alias->aliasname) || differs(c, "a view");
}

/* ---- moments -------------------------------------------------------------------------------- */

/* Whether the plan may have written it anew (shard/moment.h). */
static bool is_moment(const PgQuery__Node *node)
{
    static const char *const names[] = {"now", "transaction_timestamp", "statement_timestamp",
                                        "age"};
    if (node->node_case == PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION)
        return true;
    if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST)
        return node->type_cast->arg->node_case == PG_QUERY__NODE__NODE_A_CONST;
    for (size_t i = 0; node->node_case == PG_QUERY__NODE__NODE_FUNC_CALL && i < COVET_COUNT(names);
         i++)
        if (same_text(names[i],
                      covet__string_of(node->func_call->funcname[node->func_call->n_funcname - 1])))
            return true;
    return false;
}

typedef struct moment_search {
    const covet__plan *plan;
    bool found;
} moment_search;

static bool look_for_moment(const ProtobufCMessage *message, void *user)
{
    moment_search *s = user;
    const int number =
        COVET__IS(message, param_ref) ? ((const PgQuery__ParamRef *)message)->number : 0;
    s->found |= number > 0 && ((uint32_t)number == s->plan->transaction_param ||
                               (uint32_t)number == s->plan->statement_param);
    s->found |=
        COVET__IS(message, func_call) &&
        is_moment(
            &(const PgQuery__Node){.base = PROTOBUF_C_MESSAGE_INIT(&pg_query__node__descriptor),
                                   .node_case = PG_QUERY__NODE__NODE_FUNC_CALL,
                                   .func_call = (PgQuery__FuncCall *)(uintptr_t)message});
    return !s->found;
}

static bool same_moment(const comparison *c, const PgQuery__Node *a, const PgQuery__Node *b)
{
    moment_search s = {.plan = c->plan};
    if (c->plan->facts->moment_count == 0 || !is_moment(a))
        return false;
    covet__visit(&b->base, look_for_moment, &s);
    return s.found;
}

/* A place that is written anew keeps the name that it gave to its column. */
static bool same_target(comparison *c, const PgQuery__ResTarget *a, const PgQuery__ResTarget *b)
{
    static const char *const name[] = {"name", NULL};
    const bool named = c->plan->facts->moment_count > 0 && or_null(a->name) == NULL;
    return same_fields(c, &a->base, &b->base, named ? name : NULL);
}

/* ---- what a scatter changes ---------------------------------------------------------------- */

static bool is_param(const PgQuery__Node *node, uint32_t number)
{
    return node != NULL && node->node_case == PG_QUERY__NODE__NODE_PARAM_REF &&
           node->param_ref->number == (int)number;
}

static bool is_call_of(const PgQuery__Node *target, const char *name)
{
    const PgQuery__Node *value = target->res_target->val;
    return value != NULL && value->node_case == PG_QUERY__NODE__NODE_FUNC_CALL &&
           same_text(covet__string_of(value->func_call->funcname[value->func_call->n_funcname - 1]),
                     name);
}

/* An avg is a sum and a count of the same, under the same conditions. */
static bool same_avg(comparison *c, const PgQuery__Node *a, PgQuery__Node *const *b, size_t left)
{
    static const char *const changed[] = {"funcname", NULL};
    static const char *const parts[] = {"sum", "count"};
    if (a->res_target->val->node_case != PG_QUERY__NODE__NODE_FUNC_CALL || left < 2)
        return differs(c, "avg");
    for (size_t i = 0; i < COVET_COUNT(parts); i++)
        if (!is_call_of(b[i], parts[i]) ||
            !same_fields(c, &a->res_target->val->func_call->base,
                         &b[i]->res_target->val->func_call->base, changed))
            return differs(c, "avg");
    return true;
}

static bool same_targets(comparison *c, const PgQuery__SelectStmt *a, const PgQuery__SelectStmt *b)
{
    const covet__plan *plan = c->plan;
    size_t at = 0;
    for (size_t i = 0; i < a->n_target_list; i++) {
        const bool avg =
            plan->merge == COVET__MERGE_AGGREGATE && plan->aggs[i].kind == COVET__COMBINE_AVG;
        if (avg && !same_avg(c, a->target_list[i], b->target_list + at, b->n_target_list - at))
            return false;
        if (!avg && (at >= b->n_target_list ||
                     !same(c, &a->target_list[i]->base, &b->target_list[at]->base)))
            return differs(c, "the list");
        at += avg ? 2 : 1;
    }
    for (; at < b->n_target_list; at++)
        if (strncmp(b->target_list[at]->res_target->name, "covet_sort_", 11) != 0)
            return differs(c, "a column behind the list");
    return true;
}

static bool same_select(comparison *c, const PgQuery__SelectStmt *a, const PgQuery__SelectStmt *b)
{
    static const char *const changed[] = {"target_list",  "sort_clause",  "limit_count",
                                          "limit_offset", "limit_option", NULL};
    const covet__plan *plan = c->plan;
    const bool one_row = plan->merge == COVET__MERGE_AGGREGATE;
    if (!same_targets(c, a, b) || !same_fields(c, &a->base, &b->base, changed))
        return false;
    if (b->n_sort_clause != (one_row ? 0 : a->n_sort_clause))
        return differs(c, "ORDER BY");
    for (size_t i = 0; i < b->n_sort_clause; i++)
        if (!same(c, &a->sort_clause[i]->base, &b->sort_clause[i]->base))
            return differs(c, "ORDER BY");
    if (plan->limit_param != 0 ? !is_param(b->limit_count, plan->limit_param)
                               : b->limit_count != NULL)
        return differs(c, "LIMIT");
    if ((a->limit_count != NULL && !one_row) != (plan->limit_param != 0) || b->limit_offset != NULL)
        return differs(c, "LIMIT and OFFSET");
    return true;
}

/* ---- what an INSERT gets -------------------------------------------------------------------- */

static bool is_id(const comparison *c, const PgQuery__Node *node)
{
    return node->node_case == PG_QUERY__NODE__NODE_PARAM_REF &&
           node->param_ref->number > (int)c->plan->param_count &&
           node->param_ref->number <= (int)c->plan->sent_count;
}

static bool same_row(comparison *c, const PgQuery__List *a, const PgQuery__List *b)
{
    if (b->n_items < a->n_items)
        return differs(c, "the values");
    for (size_t i = 0; i < b->n_items; i++) {
        const bool added =
            i >= a->n_items || a->items[i]->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT;
        if ((!added || !is_id(c, b->items[i])) &&
            (i >= a->n_items || !same(c, &a->items[i]->base, &b->items[i]->base)))
            return differs(c, "the values");
    }
    return true;
}

static bool same_rows(comparison *c, const PgQuery__Node *was, const PgQuery__Node *sent)
{
    static const char *const changed[] = {"values_lists", NULL};
    if (was == NULL || sent == NULL) /* DEFAULT VALUES: the columns say the rest */
        return was == sent || (sent != NULL && sent->select_stmt->n_values_lists == 1);
    const PgQuery__SelectStmt *a = was->select_stmt, *b = sent->select_stmt;
    if (a->n_values_lists != b->n_values_lists || !same_fields(c, &a->base, &b->base, changed))
        return differs(c, "the rows");
    for (size_t i = 0; i < a->n_values_lists; i++)
        if (!same_row(c, a->values_lists[i]->list, b->values_lists[i]->list))
            return false;
    return true;
}

static bool same_insert(comparison *c, const PgQuery__InsertStmt *a, const PgQuery__InsertStmt *b)
{
    static const char *const changed[] = {"cols", "select_stmt", NULL};
    for (size_t i = 0; i < a->n_cols; i++)
        if (i >= b->n_cols || !same(c, &a->cols[i]->base, &b->cols[i]->base))
            return differs(c, "the columns");
    return same_fields(c, &a->base, &b->base, changed) &&
           same_rows(c, a->select_stmt, b->select_stmt);
}

/* ---- rows of gathers ----------------------------------------------------------------------- */

/* SELECT u.c1 AS "id" ... FROM ROWS FROM (unnest($3::bigint[]) ...) AS u(c1 ...): of which
 * gather, NULL for none. */
static const covet__gather *gather_of(const comparison *c, const PgQuery__SelectStmt *rows)
{
    const PgQuery__Node *from = rows->n_from_clause == 1 ? rows->from_clause[0] : NULL;
    if (from == NULL || from->node_case != PG_QUERY__NODE__NODE_RANGE_FUNCTION ||
        !from->range_function->is_rowsfrom)
        return NULL;
    const PgQuery__Node *call = from->range_function->functions[0]->list->items[0];
    const PgQuery__Node *cast =
        call->node_case == PG_QUERY__NODE__NODE_FUNC_CALL && call->func_call->n_args == 1
            ? call->func_call->args[0]
            : NULL;
    if (cast == NULL || cast->node_case != PG_QUERY__NODE__NODE_TYPE_CAST)
        return NULL;
    for (uint32_t i = 0; i < c->plan->residual->gather_count; i++)
        if (is_param(cast->type_cast->arg, c->plan->residual->gathers[i].first_param))
            return &c->plan->residual->gathers[i];
    return NULL;
}

static bool is_gathered(comparison *c, const PgQuery__RangeVar *a, const PgQuery__SelectStmt *rows)
{
    const covet__map_table *table =
        covet__map_find_table(c->plan->map, or_null(a->schemaname), a->relname);
    const covet__gather *gather = gather_of(c, rows);
    return (table != NULL && gather != NULL && strcmp(gather->why, table->name) == 0 &&
            gather->shown.column_count == rows->n_target_list) ||
           differs(c, "a gather's rows");
}

/* TABLE posts becomes a query of its rows. */
static bool same_rows_query(comparison *c, const PgQuery__SelectStmt *a,
                            const PgQuery__SelectStmt *b)
{
    return a->n_from_clause == 1 && a->n_target_list == 1 &&
           a->from_clause[0]->node_case == PG_QUERY__NODE__NODE_RANGE_VAR &&
           is_gathered(c, a->from_clause[0]->range_var, b);
}

static bool same_grouped(comparison *c, const PgQuery__SelectStmt *a, const PgQuery__SelectStmt *b)
{
    static const char *const changed[] = {"group_clause", NULL};
    if (a->n_group_clause > b->n_group_clause ||
        (a->n_group_clause == 0) != (b->n_group_clause == 0))
        return differs(c, "GROUP BY");
    for (size_t i = 0; i < b->n_group_clause; i++)
        if (i < a->n_group_clause
                ? !same(c, &a->group_clause[i]->base, &b->group_clause[i]->base)
                : b->group_clause[i]->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
            return differs(c, "GROUP BY");
    return same_fields(c, &a->base, &b->base, changed);
}

/* A condition that a gather asks is true of its rows. */
static bool is_asked_before(const comparison *c, const PgQuery__Node *node)
{
    bool asked = false;
    for (uint32_t i = 0; i < c->plan->residual->gather_count; i++)
        asked |= strstr(c->plan->residual->gathers[i].text, " WHERE (") != NULL;
    return asked && node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
           node->a_const->val_case == PG_QUERY__A__CONST__VAL_BOOLVAL && !node->a_const->isnull &&
           node->a_const->boolval->boolval;
}

static bool is_of_group(const PgQuery__Node *node)
{
    const char *of = node != NULL && node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
                             node->column_ref->n_fields == 2
                         ? covet__string_of(node->column_ref->fields[0])
                         : NULL;
    return of != NULL && strncmp(of, "covet_d", 7) == 0;
}

/* A value for one key: covet_d.covet_v, or coalesce(that, 0) for count. */
static bool is_group_value(const PgQuery__Node *was, const PgQuery__Node *sent)
{
    if (was->node_case != PG_QUERY__NODE__NODE_FUNC_CALL)
        return is_of_group(sent);
    const char *name = covet__string_of(was->func_call->funcname[was->func_call->n_funcname - 1]);
    const bool counts = strcmp(name, "count") == 0;
    return counts ? sent->node_case == PG_QUERY__NODE__NODE_COALESCE_EXPR &&
                        is_of_group(sent->coalesce_expr->args[0])
                  : is_of_group(sent);
}

/* (table LEFT JOIN a gather's groups ON ...) */
static const PgQuery__Node *grouped_table(const PgQuery__Node *sent)
{
    if (sent->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR ||
        sent->join_expr->jointype != PG_QUERY__JOIN_TYPE__JOIN_LEFT ||
        sent->join_expr->rarg->node_case != PG_QUERY__NODE__NODE_RANGE_SUBSELECT)
        return NULL;
    const PgQuery__Alias *alias = sent->join_expr->rarg->range_subselect->alias;
    return alias != NULL && strncmp(alias->aliasname, "covet_d", 7) == 0 ? sent->join_expr->larg
                                                                         : NULL;
}

/* A subquery of which only the list is left. */
static bool is_group_query(const PgQuery__SelectStmt *was, const PgQuery__SelectStmt *sent)
{
    return was->n_from_clause > 0 && sent->n_from_clause == 0 && was->n_target_list == 1 &&
           sent->n_target_list == 1;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static bool same(comparison *c, const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    const bool changes = a == &c->was_root->base && a->descriptor == b->descriptor &&
                         c->was_root->node_case == ((const PgQuery__Node *)b)->node_case;
    if (COVET__IS(a, range_var) && COVET__IS(b, range_var))
        return same_table(c, (const PgQuery__RangeVar *)a, (const PgQuery__RangeVar *)b);
    if (COVET__IS(a, column_ref) && COVET__IS(b, column_ref))
        return same_column(c, (const PgQuery__ColumnRef *)a, (const PgQuery__ColumnRef *)b);
    if (c->views && COVET__IS(a, node) && COVET__IS(b, node)) {
        const PgQuery__Node *x = (const PgQuery__Node *)a, *y = (const PgQuery__Node *)b;
        if (x->node_case == PG_QUERY__NODE__NODE_RANGE_VAR &&
            y->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT)
            return same_view(c, x->range_var, y->range_subselect) &&
                   (!c->gathered ||
                    is_gathered(c, x->range_var, y->range_subselect->subquery->select_stmt));
    }
    if (c->gathered && COVET__IS(a, select_stmt) && COVET__IS(b, select_stmt)) {
        const PgQuery__SelectStmt *x = (const PgQuery__SelectStmt *)a;
        const PgQuery__SelectStmt *y = (const PgQuery__SelectStmt *)b;
        if (is_group_query(x, y))
            return same(c, &x->target_list[0]->res_target->val->base,
                        &y->target_list[0]->res_target->val->base);
        return gather_of(c, y) != NULL ? same_rows_query(c, x, y) : same_grouped(c, x, y);
    }
    if (c->gathered && COVET__IS(a, node) && COVET__IS(b, node)) {
        const PgQuery__Node *x = (const PgQuery__Node *)a, *y = (const PgQuery__Node *)b;
        const PgQuery__Node *table = grouped_table(y);
        if (is_asked_before(c, y) || is_group_value(x, y))
            return true;
        if (table != NULL && grouped_table(x) == NULL)
            return same(c, a, &table->base);
    }
    if (COVET__IS(a, res_target) && COVET__IS(b, res_target))
        return same_target(c, (const PgQuery__ResTarget *)a, (const PgQuery__ResTarget *)b);
    if (COVET__IS(a, node) && COVET__IS(b, node) &&
        same_moment(c, (const PgQuery__Node *)a, (const PgQuery__Node *)b))
        return true;
    if (changes && c->plan->tier == COVET__TIER_SCATTER)
        return same_select(c, c->was_root->select_stmt, ((const PgQuery__Node *)b)->select_stmt);
    if (changes && c->plan->tier == COVET__TIER_ROUTE &&
        c->was_root->node_case == PG_QUERY__NODE__NODE_INSERT_STMT)
        return same_insert(c, c->was_root->insert_stmt, ((const PgQuery__Node *)b)->insert_stmt);
    return same_fields(c, a, b, NULL);
}

static covet_status compare(void *args)
{
    comparison *c = args;
    c->was_root = covet__parse_root(c->was);
    same(c, &c->was_root->base, &covet__parse_root(c->sent)->base);
    return COVET_OK;
}

static const char *run(comparison *c)
{
    covet_error err;
    const uint32_t depth = COVET_MAX(c->was->depth, c->sent->depth);
    return covet__with_stack(depth, compare, c, &err) == COVET_OK ? c->where
                                                                  : "the comparison itself";
}

const char *sql_same(const covet__parse *was, const covet__parse *sent, const covet__plan *plan,
                     uint32_t shard)
{
    comparison c = {.was = was, .sent = sent, .plan = plan, .schema = ""};
    if (plan->map != NULL) {
        c.schema = plan->map->shards[shard].schema;
        snprintf(c.reference, sizeof c.reference, "%s_reference", plan->map->prefix);
    }
    return run(&c);
}

const char *sql_same_expanded(const covet__parse *was, const covet__parse *expanded)
{
    static const covet__facts no_facts = {0};
    const covet__plan no_plan = {.tier = COVET__TIER_ONE, .facts = &no_facts};
    comparison c = {.was = was, .sent = expanded, .plan = &no_plan, .schema = "", .views = true};
    return run(&c);
}

const char *sql_same_residual(const covet__parse *was, const covet__parse *left,
                              const covet__plan *plan)
{
    comparison c = {.was = was,
                    .sent = left,
                    .plan = plan,
                    .schema = "no shard",
                    .views = true,
                    .gathered = true};
    snprintf(c.reference, sizeof c.reference, "%s_reference", plan->map->prefix);
    return run(&c);
}
