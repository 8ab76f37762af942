/*
 * shard/parse_groups.c - subqueries that ask for a few rows each time become one gather of all
 * their answers (shard/residual.h).
 *
 *     SELECT u.name, (SELECT count(*) FROM posts p WHERE p.author = u.id AND p.views > 9)
 *       FROM users u
 *
 *     gather     SELECT p.author AS covet_k1, count(*) AS covet_v1 FROM posts p
 *                 WHERE (p.views > 9) GROUP BY p.author
 *     residual   SELECT u.name, (SELECT coalesce(covet_d1.covet_d1_v1, 0) AS "count")
 *                  FROM (users u LEFT JOIN (gathered rows) AS covet_d1(covet_d1_k1, covet_d1_v1)
 *                          ON covet_d1.covet_d1_k1 = u.id)
 *
 * Left as it is, it would be asked once for each row around it, and read all gathered rows
 * each time: arrays have no index. So shards answer for all keys at once, and PostgreSQL joins.
 *
 * So is the first row of each key, of a subquery with LIMIT 1, and the only one, of a subquery
 * of one table by all columns of its primary key, the shard key among them:
 *
 *     (SELECT c.body FROM comments c WHERE c.post = p.id ORDER BY c.made DESC LIMIT 1)
 *
 *     gather     SELECT DISTINCT ON (c.post) c.post AS covet_k1, c.body AS covet_v1
 *                  FROM comments c ORDER BY c.post, c.made DESC
 *
 * The row around the subquery stays one row: there is one group for each key, and none for
 * keys that no row has, where the aggregates are NULL, or 0 for count. Only a subquery is done
 * so of which all of that is certain:
 *
 *   - a value, directly in a query that has a table with the other column in its FROM, and
 *     shows no bare star; where that one groups, only in its WHERE
 *   - of tables, joined by ON, with aggregates that are known to be NULL over no rows, or count,
 *     or with none
 *   - restricted by AND-ed conditions of its own, and equalities of its own columns with those
 *     of one table around it, both of one plain type
 *   - without a function, a cast, a division or arithmetic of other numbers than numeric in its
 *     aggregates, value and ORDER BY, which could fail for a row that nobody asks for
 *   - without another collation than the database's
 *   - in a statement that has no name like those that are put in
 */
#include <string.h>
#include <strings.h>

#include "core/types.h"
#include "shard/parse_residual_impl.h"

#define TOKEN(name) COVET__TOKEN(name)

enum {
    KEYS_MAX = COVET__GROUP_KEYS_MAX,
    AGGS_MAX = 8,
    CONDITIONS_MAX = 64,
    GATHERS_MAX = COVET__GATHERS_MAX / 2, /* one of a table serves many subqueries */
};

typedef struct group_key {
    uint32_t inner_rel;
    const covet__column *inner_column;
    uint32_t outer_rel;
    const covet__column *outer_column;
} group_key;

/* An aggregate, or the one value of a row. */
typedef struct group_agg {
    uint32_t first, end; /* tokens */
    bool counts;
} group_agg;

/* What the answer for a key is made of. */
typedef enum group_kind {
    ALL_ROWS = 0, /* aggregates */
    FIRST_ROW,
    ONLY_ROW,
} group_kind;

typedef struct grouper {
    covet__cutter *cutter;
    uint32_t query;
    uint32_t around; /* the block that it stands in */
    const PgQuery__SelectStmt *select;
    covet__clauses c;
    group_kind kind;
    group_key keys[KEYS_MAX];
    uint32_t key_count;
    group_agg aggs[AGGS_MAX];
    uint32_t agg_count;
    uint32_t ends[CONDITIONS_MAX]; /* of the conditions */
    bool is_key[CONDITIONS_MAX];
    uint32_t condition_count;
    bool good;
} grouper;

/* ---- where it stands ------------------------------------------------------------------------- */

typedef struct finder {
    const PgQuery__SelectStmt *wanted;
    bool value; /* found, as a value */
} finder;

static bool find_value(const ProtobufCMessage *message, void *user)
{
    finder *f = user;
    if (COVET__IS(message, sub_link)) {
        const PgQuery__SubLink *link = (const PgQuery__SubLink *)message;
        f->value |= link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK &&
                    link->subselect != NULL &&
                    link->subselect->node_case == PG_QUERY__NODE__NODE_SELECT_STMT &&
                    link->subselect->select_stmt == f->wanted;
    }
    return true;
}

static bool has_bare_star(const PgQuery__SelectStmt *select)
{
    for (size_t i = 0; i < select->n_target_list; i++) {
        const PgQuery__Node *value = select->target_list[i]->res_target->val;
        if (value != NULL && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
            value->column_ref->n_fields == 1 &&
            covet__string_of(value->column_ref->fields[0]) == NULL)
            return true;
    }
    return false;
}

static bool is_place_good(const grouper *g)
{
    const covet__block *around = &g->cutter->walk->blocks[g->around];
    const PgQuery__SelectStmt *s = around->select;
    finder f = {.wanted = g->select};
    if (s == NULL || s->op != PG_QUERY__SET_OPERATION__SETOP_NONE || s->n_values_lists > 0 ||
        has_bare_star(s))
        return false;
    const bool groups = s->n_group_clause > 0 || s->having_clause != NULL || around->aggregates;
    if (!groups)
        covet__visit(&s->base, find_value, &f);
    else if (s->where_clause != NULL)
        covet__visit(&s->where_clause->base, find_value, &f);
    return f.value;
}

/* ---- what it is ------------------------------------------------------------------------------ */

static bool is_shape_good(const grouper *g)
{
    const covet__walk *walk = g->cutter->walk;
    const PgQuery__SelectStmt *s = g->select;
    if (s->op != PG_QUERY__SET_OPERATION__SETOP_NONE || s->n_values_lists > 0 ||
        s->with_clause != NULL || s->n_distinct_clause > 0 || s->n_group_clause > 0 ||
        s->having_clause != NULL || s->n_window_clause > 0 || s->limit_offset != NULL ||
        s->n_locking_clause > 0 || s->n_target_list != 1 || s->where_clause == NULL ||
        s->n_from_clause == 0 || walk->blocks[g->query].windows || covet__own_joins_by_names(s))
        return false;
    for (uint32_t block = 0; block < walk->block_count; block++)
        if (walk->blocks[block].parent == g->query)
            return false;
    for (uint32_t rel = walk->blocks[g->query].rel_first; rel != COVET__NODE_NONE;
         rel = walk->rels[rel].next) {
        const covet__rel *r = &walk->rels[rel];
        if (r->kind != COVET__REL_TABLE || r->table == NULL || r->columns == NULL ||
            r->name == NULL || r->only)
            return false;
    }
    return true;
}

/* Values that are gathered have the database's collation. */
static void check_collation(void *user, uint32_t block, const PgQuery__ColumnRef *ref)
{
    grouper *g = user;
    covet__walk *walk = g->cutter->walk;
    uint32_t rel;
    const char *name;
    const covet__column *column = NULL;
    if (covet__walk_column(walk, block, ref, &rel, &name))
        column = covet__walk_find_column(&walk->rels[rel], name);
    g->good &= column != NULL && column->collation == NULL;
}

/* All columns in it are of its own tables. */
static void check_own(void *user, uint32_t block, const PgQuery__ColumnRef *ref)
{
    grouper *g = user;
    covet__walk *walk = g->cutter->walk;
    uint32_t rel;
    const char *column;
    if (!covet__walk_column(walk, block, ref, &rel, &column) || walk->rels[rel].block != g->query ||
        covet__walk_find_column(&walk->rels[rel], column) == NULL)
        g->good = false;
}

static bool is_own(grouper *g, const ProtobufCMessage *message)
{
    covet__cut_columns(g->cutter->walk, g->query, message, check_own, g);
    return g->good;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool find_plain(const grouper *g, const PgQuery__Node *node, uint32_t *ret_rel,
                       const covet__column **ret_column)
{
    covet__walk *walk = g->cutter->walk;
    const char *name;
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
        !covet__walk_column(walk, g->query, node->column_ref, ret_rel, &name))
        return false;
    *ret_column = covet__cut_plain_column(&walk->rels[*ret_rel], name);
    return *ret_column != NULL;
}

/* Behind the table and its alias: a token. */
static uint32_t behind(const covet__parse *parse, const covet__name *name)
{
    uint32_t i = covet__token_at(parse, (int)name->alias_at);
    while (i < parse->token_count && parse->tokens[i].start < name->alias_at)
        i++;
    if (name->alias == NULL || i >= parse->token_count)
        return i;
    if (parse->tokens[i].kind == TOKEN(AS))
        i++;
    if (i + 1 < parse->token_count && parse->tokens[i + 1].kind == TOKEN(ASCII_40))
        i = covet__closing(parse, i + 1);
    return i + 1;
}

/* A table around it that something can be joined to where it stands. */
static bool is_joinable(const grouper *g, uint32_t rel, const PgQuery__ColumnRef *ref)
{
    const covet__walk *walk = g->cutter->walk;
    const covet__parse *parse = g->cutter->parse;
    const covet__rel *r = &walk->rels[rel];
    const uint32_t next = r->table_name != NULL ? behind(parse, r->table_name) : 0;
    if (next < parse->token_count && parse->tokens[next].kind == TOKEN(TABLESAMPLE))
        return false;
    return r->block == g->around && r->table_name != NULL && r->table_name->alias_at != 0 &&
           r->name != NULL && !r->only &&
           (ref->n_fields > 1 || !covet__own_joins_by_names(walk->blocks[g->around].select)) &&
           (g->key_count == 0 || g->keys[0].outer_rel == rel);
}

/* t.k = o.x, either way round. */
static bool take_key(grouper *g, const PgQuery__Node *left, const PgQuery__Node *right)
{
    group_key key = {0};
    if (!find_plain(g, left, &key.inner_rel, &key.inner_column) ||
        !find_plain(g, right, &key.outer_rel, &key.outer_column) ||
        g->cutter->walk->rels[key.inner_rel].block != g->query ||
        !is_joinable(g, key.outer_rel, right->column_ref) ||
        key.inner_column->type != key.outer_column->type || g->key_count == KEYS_MAX)
        return false;
    g->keys[g->key_count++] = key;
    return true;
}

static bool look_at_condition(grouper *g, uint32_t i, const PgQuery__Node *node)
{
    g->is_key[i] = node->node_case == PG_QUERY__NODE__NODE_A_EXPR &&
                   node->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP &&
                   covet__walk_is_equals(node->a_expr) &&
                   (take_key(g, node->a_expr->lexpr, node->a_expr->rexpr) ||
                    take_key(g, node->a_expr->rexpr, node->a_expr->lexpr));
    return g->is_key[i] || is_own(g, &node->base);
}

/* As many conditions in the text as in the tree, or brackets have been flattened. */
static bool look_at_conditions(grouper *g)
{
    const PgQuery__Node *where = g->select->where_clause;
    PgQuery__Node *only = g->select->where_clause;
    PgQuery__Node **nodes = &only;
    size_t count = 1;
    if (where->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
        where->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        nodes = where->bool_expr->args;
        count = where->bool_expr->n_args;
    }
    g->condition_count = covet__split_and(g->cutter->parse, g->c.where + 1, g->c.group, g->c.depth,
                                          g->ends, CONDITIONS_MAX);
    if (g->condition_count != count || count >= CONDITIONS_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!look_at_condition(g, i, nodes[i]))
            return false;
    return g->key_count > 0;
}

/* ---- aggregates ------------------------------------------------------------------------------ */

/* Over no rows they are NULL. */
static bool is_null_of_nothing(const covet__walk *walk, const PgQuery__FuncCall *call)
{
    static const char *const names[] = {"sum",      "avg",         "min",        "max",
                                        "bool_and", "bool_or",     "every",      "bit_and",
                                        "bit_or",   "array_agg",   "variance",   "stddev",
                                        "var_samp", "stddev_samp", "string_agg", "stddev_pop",
                                        "var_pop"};
    for (size_t i = 0; i < COVET_COUNT(names); i++)
        if (covet__walk_is_builtin(walk, call, names[i]))
            return true;
    return false;
}

/* Of integers, floats and dates, sums and products may be out of range; of a numeric and any
 * other number, they are numeric. */
static bool is_numeric(const grouper *g, const PgQuery__Node *node)
{
    uint32_t rel;
    const covet__column *column;
    if (node == NULL)
        return false;
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST)
        return node->a_const->val_case == PG_QUERY__A__CONST__VAL_FVAL &&
               strchr(node->a_const->fval->fval, '.') != NULL;
    if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR)
        return is_numeric(g, node->a_expr->lexpr) || is_numeric(g, node->a_expr->rexpr);
    return find_plain(g, node, &rel, &column) && column->type == COVET__NUMERIC;
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_harmless(const grouper *g, const PgQuery__AExpr *e)
{
    static const char *const always[] = {"||", "=", "<>", "<", ">", "<=", ">="};
    static const char *const of_numeric[] = {"+", "-", "*"};
    const char *name = e->n_name == 1 ? covet__string_of(e->name[0]) : NULL;
    return e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP &&
           (is_one_of(name, always, COVET_COUNT(always)) ||
            (is_one_of(name, of_numeric, COVET_COUNT(of_numeric)) &&
             (is_numeric(g, e->lexpr) || is_numeric(g, e->rexpr))));
}

typedef struct agg_check {
    const grouper *g;
    const PgQuery__FuncCall *top;
    bool good;
} agg_check;

/* What is evaluated for rows that nobody asks for must not fail. */
static bool check_harmless(const ProtobufCMessage *message, void *user)
{
    agg_check *check = user;
    if ((const void *)message == (const void *)check->top)
        return true;
    if (COVET__IS(message, func_call) || COVET__IS(message, type_cast) ||
        COVET__IS(message, sub_link) || COVET__IS(message, collate_clause) ||
        COVET__IS(message, a__array_expr) || COVET__IS(message, a__indirection) ||
        COVET__IS(message, sqlvalue_function) ||
        (COVET__IS(message, a__expr) && !is_harmless(check->g, (const PgQuery__AExpr *)message)))
        check->good = false;
    return check->good;
}

/* Arrays become one only where they are of one size. */
static bool may_not_fit(const grouper *g, const PgQuery__FuncCall *call)
{
    uint32_t rel;
    const covet__column *column;
    return covet__walk_is_builtin(g->cutter->walk, call, "array_agg") &&
           (call->n_args != 1 || !find_plain(g, call->args[0], &rel, &column));
}

/* name (...) [FILTER (...)] */
static bool tokens_of(const covet__parse *parse, const PgQuery__FuncCall *call, group_agg *ret_agg)
{
    ret_agg->first = covet__token_at(parse, call->location);
    uint32_t i = ret_agg->first;
    while (i < parse->token_count && parse->tokens[i].kind != TOKEN(ASCII_40))
        i++;
    if (i >= parse->token_count || i > ret_agg->first + 2)
        return false;
    i = covet__closing(parse, i);
    if (call->agg_filter != NULL && i + 2 < parse->token_count)
        i = covet__closing(parse, i + 2);
    ret_agg->end = i + 1;
    return i < parse->token_count;
}

static bool find_aggregates(const ProtobufCMessage *message, void *user)
{
    grouper *g = user;
    const covet__walk *walk = g->cutter->walk;
    if (COVET__IS(message, sub_link))
        g->good = false;
    if (!COVET__IS(message, func_call))
        return g->good;
    const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)message;
    const covet__function *f = covet__walk_function_of(walk, call);
    if (f == NULL || !f->known || f->window)
        g->good = false;
    if (!g->good || !f->aggregate)
        return g->good;
    agg_check check = {.g = g, .top = call, .good = true};
    covet__cut_columns(walk, g->query, message, check_collation, g);
    covet__visit(message, check_harmless, &check);
    const bool counts = covet__walk_is_builtin(walk, call, "count");
    if (!g->good || !check.good || call->over != NULL || call->agg_within_group ||
        call->func_variadic || may_not_fit(g, call) ||
        (!counts && !is_null_of_nothing(walk, call)) || g->agg_count == AGGS_MAX ||
        !is_own(g, message) || !tokens_of(g->cutter->parse, call, &g->aggs[g->agg_count])) {
        g->good = false;
        return false;
    }
    g->aggs[g->agg_count++].counts = counts;
    return false;
}

/* ---- one row --------------------------------------------------------------------------------- */

static bool is_named(const PgQuery__ResTarget *target)
{
    return target->name != NULL && target->name[0] != '\0';
}

/* Of the subquery's own columns, one at least, and safe to evaluate for any row. */
static bool is_plain(grouper *g, const PgQuery__Node *node)
{
    agg_check check = {.g = g, .good = true};
    int low, high;
    if (node == NULL || node->node_case == PG_QUERY__NODE__NODE_A_CONST ||
        node->node_case == PG_QUERY__NODE__NODE_PARAM_REF ||
        !covet__extent_of(&node->base, &low, &high))
        return false;
    covet__visit(&node->base, check_harmless, &check);
    return check.good && is_own(g, &node->base);
}

/* A bare name in ORDER BY is the list's before it is a column. */
static bool is_shadowed(const grouper *g, const PgQuery__Node *node)
{
    const PgQuery__ResTarget *target = g->select->target_list[0]->res_target;
    const char *label = is_named(target) ? target->name : covet__walk_label(target->val);
    const char *name =
        node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && node->column_ref->n_fields == 1
            ? covet__string_of(node->column_ref->fields[0])
            : NULL;
    const bool same =
        target->val->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && !is_named(target);
    return name != NULL && !same && (label == NULL || strcmp(label, name) == 0);
}

static bool is_limit_one(const PgQuery__SelectStmt *s)
{
    const PgQuery__Node *n = s->limit_count;
    return n != NULL && s->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_COUNT &&
           n->node_case == PG_QUERY__NODE__NODE_A_CONST && !n->a_const->isnull &&
           n->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL && n->a_const->ival->ival == 1;
}

static bool look_at_first(grouper *g)
{
    const PgQuery__SelectStmt *s = g->select;
    g->kind = FIRST_ROW;
    for (size_t i = 0; i < s->n_sort_clause; i++) {
        const PgQuery__SortBy *by = s->sort_clause[i]->sort_by;
        if (by->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING || !is_plain(g, by->node) ||
            is_shadowed(g, by->node))
            return false;
    }
    return is_limit_one(s);
}

static bool is_key_column(const grouper *g, const char *name)
{
    for (uint32_t i = 0; name != NULL && i < g->key_count; i++)
        if (strcmp(g->keys[i].inner_column->name, name) == 0)
            return true;
    return false;
}

static bool look_at_only(grouper *g)
{
    const covet__rel *rel = &g->cutter->walk->rels[g->keys[0].inner_rel];
    const PgQuery__SelectStmt *s = g->select;
    bool unique = false;
    g->kind = ONLY_ROW;
    if (s->n_sort_clause > 0 || s->n_from_clause != 1 ||
        s->from_clause[0]->node_case != PG_QUERY__NODE__NODE_RANGE_VAR ||
        rel->table->kind != COVET__TABLE_DISTRIBUTED || !is_key_column(g, rel->key))
        return false;
    for (uint32_t i = 0; i < rel->columns->column_count; i++) {
        const covet__column *c = &rel->columns->columns[i];
        if (c->primary && !is_key_column(g, c->name))
            return false;
        unique |= c->primary;
    }
    return unique;
}

/* The list without the name behind it. */
static bool look_at_row(grouper *g)
{
    const covet__parse *parse = g->cutter->parse;
    const PgQuery__ResTarget *target = g->select->target_list[0]->res_target;
    uint32_t end = g->c.from;
    if (is_named(target))
        end -= parse->tokens[end - 2].kind == TOKEN(AS) ? 2 : 1;
    if (!is_plain(g, target->val) || end <= g->c.list)
        return false;
    covet__cut_columns(g->cutter->walk, g->query, &target->base, check_collation, g);
    g->aggs[g->agg_count++] = (group_agg){.first = g->c.list, .end = end};
    return g->good && (g->select->limit_count != NULL ? look_at_first(g) : look_at_only(g));
}

static bool look_at_value(grouper *g)
{
    const PgQuery__SelectStmt *s = g->select;
    const PgQuery__ResTarget *target = s->target_list[0]->res_target;
    if (!is_named(target) && covet__walk_label(target->val) == NULL)
        return false;
    if (!g->cutter->walk->blocks[g->query].aggregates)
        return look_at_row(g);
    covet__visit(&target->base, find_aggregates, g);
    return g->good && g->agg_count > 0 && s->n_sort_clause == 0 && s->limit_count == NULL;
}

/* ---- the gather ------------------------------------------------------------------------------ */

static void put_key(const grouper *g, uint32_t i, covet__str *out)
{
    covet__str_ident(out, g->cutter->walk->rels[g->keys[i].inner_rel].name);
    covet__str_char(out, '.');
    covet__str_ident(out, g->keys[i].inner_column->name);
}

static void put_from_and_where(const grouper *g, covet__child *child)
{
    bool any = false;
    covet__str_add(&child->text, " FROM ");
    covet__child_tokens(child, g->c.from + 1, g->c.where);
    for (uint32_t i = 0, first = g->c.where + 1; i < g->condition_count; first = g->ends[i++] + 1) {
        if (g->is_key[i])
            continue;
        covet__str_add(&child->text, any ? " AND (" : " WHERE (");
        covet__child_tokens(child, first, g->ends[i]);
        covet__str_char(&child->text, ')');
        any = true;
    }
}

/* What makes one answer of the rows with one key. */
static void put_tail(const grouper *g, covet__child *tail)
{
    for (uint32_t i = 0; i < g->key_count && g->kind != ONLY_ROW; i++) {
        const char *begin = g->kind == ALL_ROWS ? " GROUP BY " : " ORDER BY ";
        covet__str_add(&tail->text, i == 0 ? begin : ", ");
        put_key(g, i, &tail->text);
    }
    if (g->select->n_sort_clause == 0)
        return;
    covet__str_add(&tail->text, ", ");
    covet__child_tokens(tail, g->c.order + 2, g->c.limit);
}

static void put_list(const grouper *g, covet__child *child)
{
    covet__str_add(&child->text, "SELECT ");
    for (uint32_t i = 0; i < g->key_count && g->kind == FIRST_ROW; i++) {
        covet__str_add(&child->text, i == 0 ? "DISTINCT ON (" : ", ");
        put_key(g, i, &child->text);
    }
    covet__str_add(&child->text, g->kind == FIRST_ROW ? ") " : "");
    for (uint32_t i = 0; i < g->key_count; i++) {
        covet__str_add(&child->text, i == 0 ? "" : ", ");
        put_key(g, i, &child->text);
        covet__str_printf(&child->text, " AS covet_k%u", i + 1);
    }
    for (uint32_t i = 0; i < g->agg_count; i++) {
        covet__str_add(&child->text, ", ");
        covet__child_tokens(child, g->aggs[i].first, g->aggs[i].end);
        covet__str_printf(&child->text, " AS covet_v%u", i + 1);
    }
}

static uint32_t make_gather(grouper *g)
{
    covet__child child = covet__child_new(g->cutter);
    put_list(g, &child);
    put_from_and_where(g, &child);
    const size_t length = child.text.length;
    put_tail(g, &child);
    const char *whole = covet__str_ok(&child.text) ? covet__str_text(&child.text) : NULL;
    const char *tail = whole != NULL ? covet__walk_keep(g->cutter->walk, whole + length) : NULL;
    const uint32_t gather =
        covet__cut_gather(g->cutter, &child, false, "a subquery, for all the keys it is asked for");
    if (gather == UINT32_MAX)
        return gather;
    covet__str key = COVET__STR_IN(g->cutter->arena);
    put_key(g, 0, &key);
    covet__cut *cut = &g->cutter->cuts[gather];
    const bool same =
        cut->grouped == 0 || (cut->key != NULL && cut->key_rel == g->keys[0].outer_rel &&
                              strcmp(cut->key_name, g->keys[0].outer_column->name) == 0);
    cut->is_query = true;
    cut->grouped++;
    cut->tail = tail;
    cut->has_where = g->condition_count > g->key_count;
    cut->key = same ? covet__str_take(&key) : NULL;
    cut->key_rel = g->keys[0].outer_rel;
    cut->key_name = g->keys[0].outer_column->name;
    cut->key_type = g->keys[0].outer_column->type;
    return gather;
}

/* ---- the residual query ---------------------------------------------------------------------- */

/* covet_d1, covet_k1, covet_v1 */
static bool is_put_in(const char *name, size_t length)
{
    return length > 6 && strncasecmp(name, "covet_", 6) == 0 && strchr("dkvDKV", name[6]) != NULL;
}

/* Nothing is called as what is put in: no word of the text, which ORDER BY might take for a
 * gather's column, and no column, which NATURAL compares unnamed. */
static bool look_at_names(const covet__cutter *cutter)
{
    const covet__schema *schema = cutter->walk->schema;
    const covet__parse *parse = cutter->parse;
    for (uint32_t i = 0; i < parse->token_count; i++) {
        if (parse->tokens[i].kind == TOKEN(UIDENT)) /* it may spell one */
            return false;
        for (uint32_t at = parse->tokens[i].start; at < parse->tokens[i].end; at++)
            if (is_put_in(parse->text + at, parse->tokens[i].end - at))
                return false;
    }
    for (uint32_t i = 0; i < schema->relation_count; i++)
        for (uint32_t c = 0; c < schema->relations[i].column_count; c++)
            if (is_put_in(schema->relations[i].columns[c].name,
                          strlen(schema->relations[i].columns[c].name)))
                return false;
    return true;
}

/* Looked at once: the statement may be long. */
static bool are_names_free(covet__cutter *cutter)
{
    if (!cutter->named)
        cutter->names_free = look_at_names(cutter);
    cutter->named = true;
    return cutter->names_free;
}

/* One join serves all subqueries that ask the same of the same columns of a table. */
static bool is_join(const grouper *g, const covet__group_join *join, uint32_t gather)
{
    bool same = join->gather == gather && join->rel == g->keys[0].outer_rel;
    for (uint32_t i = 0; same && i < g->key_count; i++)
        same = join->columns[i] == g->keys[i].outer_column;
    return same;
}

/* Its number; that of the one to be made, if there is none yet. */
static uint32_t join_of(const grouper *g, uint32_t gather)
{
    uint32_t i = 0;
    while (i < g->cutter->join_count && !is_join(g, &g->cutter->joins[i], gather))
        i++;
    return i;
}

static void note_join(grouper *g, uint32_t gather)
{
    covet__group_join *join = &g->cutter->joins[g->cutter->join_count++];
    join->gather = gather;
    join->rel = g->keys[0].outer_rel;
    for (uint32_t i = 0; i < g->key_count; i++)
        join->columns[i] = g->keys[i].outer_column;
}

/* Its columns have names of their own, which NATURAL does not take for those of another. */
static void put_columns(const grouper *g, uint32_t join, covet__str *out)
{
    covet__str_printf(out, " AS covet_d%u(", join + 1);
    for (uint32_t i = 0; i < g->key_count; i++)
        covet__str_printf(out, "%scovet_d%u_k%u", i > 0 ? ", " : "", join + 1, i + 1);
    for (uint32_t i = 0; i < g->agg_count; i++)
        covet__str_printf(out, ", covet_d%u_v%u", join + 1, i + 1);
    covet__str_char(out, ')');
}

/* The alias that a table in another schema needs goes in front of the join. */
static void put_own_name(const grouper *g, uint32_t join, uint32_t at)
{
    const covet__rel *o = &g->cutter->walk->rels[g->keys[0].outer_rel];
    bool first = true;
    for (uint32_t i = 0; i < join; i++)
        first &= g->cutter->joins[i].rel != g->keys[0].outer_rel;
    if (!first || o->table_name->alias != NULL || o->table == NULL ||
        o->table->kind != COVET__TABLE_REFERENCE)
        return;
    covet__str as = COVET__STR_IN(g->cutter->arena);
    covet__str_add(&as, " AS ");
    covet__str_ident(&as, o->name);
    covet__cut_text(g->cutter, (covet__span){at, at}, covet__str_take(&as));
}

static void put_join(grouper *g, uint32_t gather, uint32_t join)
{
    const covet__walk *walk = g->cutter->walk;
    const covet__rel *o = &walk->rels[g->keys[0].outer_rel];
    const uint32_t start = o->table_name->start;
    const uint32_t at =
        o->table_name->alias == NULL
            ? o->table_name->alias_at
            : g->cutter->parse->tokens[behind(g->cutter->parse, o->table_name) - 1].end;
    covet__str on = COVET__STR_IN(g->cutter->arena);
    put_columns(g, join, &on);
    for (uint32_t i = 0; i < g->key_count; i++) {
        covet__str_printf(&on, "%scovet_d%u.covet_d%u_k%u = ", i == 0 ? " ON " : " AND ", join + 1,
                          join + 1, i + 1);
        covet__str_ident(&on, o->name);
        covet__str_char(&on, '.');
        covet__str_ident(&on, g->keys[i].outer_column->name);
    }
    covet__str_char(&on, ')');
    covet__cut_text(g->cutter, (covet__span){start, start}, "(");
    put_own_name(g, join, at);
    covet__cut_text(g->cutter, (covet__span){at, at}, " LEFT JOIN ");
    covet__cut_hole(g->cutter, (covet__hole){.start = at,
                                             .end = at,
                                             .kind = COVET__HOLE_ROWS,
                                             .gather = gather});
    covet__cut_text(g->cutter, (covet__span){at, at}, covet__str_take(&on));
}

static void put_value(grouper *g, uint32_t join)
{
    const covet__parse *parse = g->cutter->parse;
    const PgQuery__ResTarget *target = g->select->target_list[0]->res_target;
    for (uint32_t i = 0; i < g->agg_count; i++) {
        const bool counts = g->aggs[i].counts;
        covet__str value = COVET__STR_IN(g->cutter->arena);
        covet__str_printf(&value, "%scovet_d%u.covet_d%u_v%u%s", counts ? "coalesce(" : "",
                          join + 1, join + 1, i + 1, counts ? ", 0)" : "");
        covet__cut_text(g->cutter, covet__tokens_span(parse, g->aggs[i].first, g->aggs[i].end),
                        covet__str_take(&value));
    }
    covet__str name = COVET__STR_IN(g->cutter->arena);
    if (!is_named(target)) {
        const char *label = covet__walk_label(target->val);
        covet__str_add(&name, " AS ");
        covet__str_ident(&name, label[0] != '\0' ? label : "?column?");
    }
    const uint32_t end = parse->tokens[g->c.from - 1].end;
    if (name.length > 0)
        covet__cut_text(g->cutter, (covet__span){end, end}, covet__str_take(&name));
    covet__cut_text(g->cutter, covet__tokens_span(parse, g->c.from, g->c.end), "");
}

/* Not (SELECT ...) ORDER BY 1 LIMIT 1. */
static bool is_in_its_brackets(const grouper *g)
{
    return (g->select->n_sort_clause > 0) == (g->c.order < g->c.limit) &&
           (g->select->limit_count != NULL) == (g->c.limit < g->c.end);
}

bool covet__cut_groups(covet__cutter *cutter, uint32_t query)
{
    const covet__walk *walk = cutter->walk;
    const PgQuery__SelectStmt *select = walk->blocks[query].select;
    const uint32_t around = walk->blocks[query].parent;
    if (select == NULL || around == COVET__NODE_NONE ||
        cutter->opts->level == COVET__RESIDUAL_TABLES || cutter->join_count == COVET__GATHERS_MAX ||
        cutter->gather_count >= GATHERS_MAX || !are_names_free(cutter))
        return false;
    grouper *g = covet__walk_alloc(cutter->walk, sizeof *g);
    if (g == NULL)
        return false;
    *g = (grouper){
        .cutter = cutter, .query = query, .around = around, .select = select, .good = true};
    if (!is_place_good(g) || !is_shape_good(g) ||
        !covet__clauses_of(cutter->parse, select, &g->c) || g->c.where >= g->c.group ||
        g->c.group != g->c.order || !is_in_its_brackets(g) || !look_at_conditions(g) ||
        !look_at_value(g))
        return false;
    for (size_t i = 0; i < select->n_from_clause; i++)
        if (!is_own(g, &select->from_clause[i]->base))
            return false;
    const uint32_t gather = make_gather(g);
    if (gather == UINT32_MAX)
        return true; /* the walk has failed */
    const uint32_t join = join_of(g, gather);
    if (join == cutter->join_count) {
        put_join(g, gather, join);
        note_join(g, gather);
    }
    put_value(g, join);
    return true;
}
