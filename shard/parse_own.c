/*
 * shard/parse_own.c - what a query says of one of its tables alone (shard/residual.h).
 *
 * A table's gather has the columns whose names the statement mentions, and of its rows those
 * for which the conditions hold that are of this table alone: AND-ed ones of the query's
 * WHERE, and of the ON of the joins around the table. Such a condition may be asked in front
 * of the join where a row that fails it would be in none of the join's rows:
 *
 *     inner join      an ON of either side
 *     outer join      an ON of the side whose rows may be missing
 *     WHERE           as an inner join's
 *
 * and where no outer join below that one may make the table's row NULL, for which the
 * condition might hold, and would be asked of another row than the table's. What stands above
 * does not matter: it sees the same rows of the join.
 *
 *     a LEFT JOIN b ON b.k = a.k AND b.x > 5 AND a.x > 5      b.x > 5 for b, nothing for a
 *     (a LEFT JOIN b ON b.k = a.k) JOIN c ON b.x IS NULL      nothing
 *     d LEFT JOIN (b JOIN c ON b.k = c.k AND b.x > 5) ON ...  b.x > 5 for b
 *
 * Of an OR that is not its alone, that is asked which every arm says of the table.
 *
 * In the residual query each that is the table's alone becomes TRUE: all of the gathered rows meet
 * it, which PostgreSQL could not know. It would take a condition for one in 200 of them, two for
 * next to none, and join large arrays in loops.
 */
#include <string.h>

#include "shard/parse_residual_impl.h"

#define TOKEN(name) COVET__TOKEN(name)

/* ---- what a statement mentions ------------------------------------------------------------- */

typedef struct mention {
    const covet__walk *walk;
    const covet__relation *columns;
    const char *qualifier;             /* of the relation that has them */
    const PgQuery__SelectStmt *own;    /* the query in whose FROM it stands */
    const PgQuery__SelectStmt *here;   /* the innermost one that is looked at */
    const PgQuery__SelectStmt *exists; /* one of which only matters whether there are rows */
    bool all;                          /* a star, or the relation by itself */
    bool *found;                       /* by column */
} mention;

static void note_mention(mention *m, const char *name)
{
    for (uint32_t i = 0; name != NULL && i < m->columns->column_count; i++)
        m->found[i] |= strcmp(m->columns->columns[i].name, name) == 0;
}

static bool is_relation(const mention *m, const char *name)
{
    return name != NULL && m->qualifier != NULL && strcmp(name, m->qualifier) == 0;
}

/* A bare star is of the query's own FROM. */
static void note_ref(mention *m, const PgQuery__ColumnRef *ref)
{
    for (size_t i = 0; i < ref->n_fields; i++) {
        const char *field = covet__string_of(ref->fields[i]);
        if (field == NULL)
            m->all |=
                i > 0 ? is_relation(m, covet__string_of(ref->fields[i - 1])) : m->here == m->own;
        note_mention(m, field);
        m->all |= i + 1 == ref->n_fields && is_relation(m, field);
    }
}

/* count(p) and count(p.*) count the rows that no outer join has made NULL, whatever is in them
 * and however many columns they have. */
static bool counts_rows(const mention *m, const PgQuery__FuncCall *call)
{
    if (call->n_args != 1 || call->agg_distinct || call->n_agg_order > 0 || call->func_variadic ||
        call->args[0]->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
        !covet__walk_is_builtin(m->walk, call, "count"))
        return false;
    const PgQuery__ColumnRef *ref = call->args[0]->column_ref;
    const bool star = covet__string_of(ref->fields[ref->n_fields - 1]) == NULL;
    return ref->n_fields == 1u + star && is_relation(m, covet__string_of(ref->fields[0]));
}

/* What EXISTS (SELECT * ...) shows is nowhere to be seen. */
static bool shows_nothing(const PgQuery__SubLink *link)
{
    if (link->sub_link_type != PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK || link->subselect == NULL ||
        link->subselect->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
        return false;
    const PgQuery__SelectStmt *s = link->subselect->select_stmt;
    return s->op == PG_QUERY__SET_OPERATION__SETOP_NONE && s->n_distinct_clause == 0 &&
           s->n_group_clause == 0 && s->n_sort_clause == 0;
}

static bool is_star_item(const PgQuery__ResTarget *target)
{
    if (target->val == NULL || target->val->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
        return false;
    const PgQuery__ColumnRef *ref = target->val->column_ref;
    return covet__string_of(ref->fields[ref->n_fields - 1]) == NULL;
}

static bool look_for_mention(const ProtobufCMessage *message, void *user);

static void look_into_query(mention *m, const PgQuery__SelectStmt *select)
{
    const PgQuery__SelectStmt *around = m->here;
    m->here = select;
    covet__visit(&select->base, look_for_mention, m);
    m->here = around;
}

static void look_into_count(mention *m, const PgQuery__FuncCall *call)
{
    const char *name = covet__string_of(call->args[0]->column_ref->fields[0]);
    if (call->args[0]->column_ref->n_fields == 1)
        note_mention(m, name); /* it may be a column */
    if (call->agg_filter != NULL)
        covet__visit(&call->agg_filter->base, look_for_mention, m);
    if (call->over != NULL)
        covet__visit(&call->over->base, look_for_mention, m);
}

static bool look_for_mention(const ProtobufCMessage *message, void *user)
{
    mention *m = user;
    if (COVET__IS(message, select_stmt) && (const void *)message != (const void *)m->here) {
        look_into_query(m, (const PgQuery__SelectStmt *)message);
        return false;
    }
    if (COVET__IS(message, join_expr)) {
        const PgQuery__JoinExpr *join = (const PgQuery__JoinExpr *)message;
        m->all |= join->is_natural && m->here == m->own;
        for (size_t i = 0; i < join->n_using_clause; i++)
            note_mention(m, covet__string_of(join->using_clause[i]));
    }
    if (COVET__IS(message, sub_link) && shows_nothing((const PgQuery__SubLink *)message))
        m->exists = ((const PgQuery__SubLink *)message)->subselect->select_stmt;
    if (COVET__IS(message, res_target) && m->here != NULL && m->here == m->exists)
        return !m->all && !is_star_item((const PgQuery__ResTarget *)message);
    if (COVET__IS(message, func_call) && counts_rows(m, (const PgQuery__FuncCall *)message)) {
        look_into_count(m, (const PgQuery__FuncCall *)message);
        return false;
    }
    if (COVET__IS(message, column_ref)) {
        note_ref(m, (const PgQuery__ColumnRef *)message);
        return false;
    }
    return !m->all;
}

/* In one walk over the statement for all of a table's columns: it may be long. */
const bool *covet__own_columns(covet__cutter *cutter, const covet__rel *rel)
{
    mention m = {.walk = cutter->walk,
                 .columns = rel->columns,
                 .qualifier = rel->name,
                 .own = cutter->walk->blocks[rel->block].select,
                 .all = rel->alias != NULL && rel->alias->n_colnames > 0};
    m.found = covet__walk_alloc(cutter->walk, rel->columns->column_count * sizeof *m.found);
    if (m.found != NULL && !m.all)
        covet__visit(&covet__parse_root(cutter->parse)->base, look_for_mention, &m);
    for (uint32_t i = 0; m.found != NULL && i < rel->columns->column_count; i++)
        m.found[i] |= m.all;
    return m.found;
}

/* ---- USING --------------------------------------------------------------------------------- */

static bool find_names(const ProtobufCMessage *message, void *user)
{
    if (COVET__IS(message, join_expr)) {
        const PgQuery__JoinExpr *join = (const PgQuery__JoinExpr *)message;
        *(bool *)user |= join->is_natural || join->n_using_clause > 0;
    }
    return !COVET__IS(message, select_stmt);
}

bool covet__own_joins_by_names(const PgQuery__SelectStmt *select)
{
    bool found = false;
    for (size_t i = 0; i < select->n_from_clause; i++)
        covet__visit(&select->from_clause[i]->base, find_names, &found);
    return found;
}

bool covet__own_is_merged_alike(covet__walk *walk, uint32_t block, uint32_t rel, const char *name)
{
    const covet__column *c = covet__walk_find_column(&walk->rels[rel], name);
    const PgQuery__SelectStmt *select = walk->blocks[block].select;
    bool perhaps = false;
    for (uint32_t other = walk->blocks[block].rel_first; other != COVET__NODE_NONE;
         other = walk->rels[other].next) {
        const covet__has has = other == rel ? COVET__HAS_NOT : covet__walk_has(walk, other, name);
        const covet__column *o = covet__walk_find_column(&walk->rels[other], name);
        if (has == COVET__HAS && (c == NULL || o == NULL || c->type != o->type))
            return false;
        perhaps |= has == COVET__HAS_PERHAPS;
    }
    return !perhaps || (select != NULL && !covet__own_joins_by_names(select));
}

/* ---- conditions of one table ----------------------------------------------------------------- */

typedef struct own_check {
    covet__walk *walk;
    uint32_t rel;
    bool own;
} own_check;

static void check_own(void *user, uint32_t block, const PgQuery__ColumnRef *ref)
{
    own_check *check = user;
    uint32_t rel;
    const char *column;
    if (!covet__walk_column(check->walk, block, ref, &rel, &column) || rel != check->rel ||
        covet__walk_find_column(&check->walk->rels[rel], column) == NULL ||
        (ref->n_fields == 1 && !covet__own_is_merged_alike(check->walk, block, rel, column)))
        check->own = false;
}

/* Subqueries, and functions that are more than their arguments, stay where they are. */
static bool check_calls(const ProtobufCMessage *message, void *user)
{
    own_check *check = user;
    if (COVET__IS(message, sub_link) || COVET__IS(message, sqlvalue_function))
        check->own = false;
    if (COVET__IS(message, func_call)) {
        const covet__function *f =
            covet__walk_function_of(check->walk, (const PgQuery__FuncCall *)message);
        check->own &= f != NULL && f->known && !f->aggregate && !f->window &&
                      (f->volatility == 'i' || (f->volatility == 's' && f->builtin));
    }
    return check->own;
}

/* ON true says nothing. */
static bool is_true(const PgQuery__Node *node)
{
    return node->node_case == PG_QUERY__NODE__NODE_A_CONST && !node->a_const->isnull &&
           node->a_const->val_case == PG_QUERY__A__CONST__VAL_BOOLVAL &&
           node->a_const->boolval->boolval;
}

static bool is_own(covet__walk *walk, uint32_t rel, const PgQuery__Node *node)
{
    own_check check = {walk, rel, !is_true(node)};
    if (check.own)
        covet__visit(&node->base, check_calls, &check);
    if (check.own)
        covet__cut_columns(walk, walk->rels[rel].block, &node->base, check_own, &check);
    return check.own;
}

enum {
    CONDITIONS_MAX = 256,
    LEVELS_MAX = 8, /* of AND in brackets in AND, of OR in OR */
    ARMS_MAX = 64,  /* of one OR */
};

/* Where a condition stands: the first and the last place in it. */
typedef struct condition {
    const PgQuery__Node *node;
    int low, high;
} condition;

/* Tokens [first, end) of the text: some of those conditions, with AND between them. */
typedef struct conjunction {
    const condition *items;
    size_t count;
    uint32_t first, end;
} conjunction;

typedef struct putter {
    covet__cutter *cutter;
    covet__child *child;
    uint32_t rel;
    const char *opening; /* of the first */
    uint32_t arms;       /* of OR in OR that it is in: there the conditions stay in the query */
    uint32_t count;
} putter;

static bool is_and(const PgQuery__Node *node)
{
    return node->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
           node->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR;
}

/* False: one of them has no place. */
static bool place_conditions(covet__walk *walk, PgQuery__Node *const *nodes, size_t count,
                             conjunction *all)
{
    condition *items = covet__walk_alloc(walk, (count + 1) * sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++) {
        items[i].node = nodes[i];
        if (!covet__extent_of(&nodes[i]->base, &items[i].low, &items[i].high))
            return false;
    }
    all->items = items;
    all->count = items != NULL ? count : 0;
    return items != NULL;
}

/* Leaves those that stand in its tokens: how many they are. They are in the text's order, and
 * so next to each other. 0: one stands there in part. */
static size_t keep_inside(const covet__parse *parse, conjunction *c)
{
    const covet__span span = covet__tokens_span(parse, c->first, c->end);
    size_t first = 0, count = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].high < (int)span.start || c->items[i].low >= (int)span.end)
            continue;
        if (c->items[i].low < (int)span.start || c->items[i].high >= (int)span.end ||
            (count > 0 && first + count != i))
            return 0;
        first = count == 0 ? i : first;
        count++;
    }
    c->items += first;
    c->count = count;
    return count;
}

/* One without columns is every table's: it has become TRUE already. */
static void put_true(covet__cutter *cutter, covet__span span)
{
    for (size_t i = 0; i < cutter->hole_count; i++)
        if (cutter->holes[i].start == span.start && cutter->holes[i].end == span.end)
            return;
    covet__cut_text(cutter, span, "TRUE");
}

static void open_next(putter *p)
{
    covet__str_add(&p->child->text, p->count++ > 0 ? " AND (" : p->opening);
}

/* Brackets around all of it. */
static void strip(const covet__parse *parse, conjunction *c)
{
    while (c->end - c->first > 2 && parse->tokens[c->first].kind == TOKEN(ASCII_40) &&
           covet__closing(parse, c->first) == c->end - 1) {
        c->first++;
        c->end--;
    }
}

static void put_conditions(putter *p, const PgQuery__Node *all, uint32_t first, uint32_t end);

/* What every arm of an OR says of the table:
 *
 *     (p.id = c.post AND c.x = 1) OR (p.id = c.post AND c.x > 5 AND p.y = 2)
 *
 * holds only for rows with (c.x = 1) OR (c.x > 5). */
static bool put_arms(putter *p, const PgQuery__BoolExpr *all, const conjunction *c)
{
    const covet__parse *parse = p->cutter->parse;
    uint32_t ends[ARMS_MAX];
    const uint32_t count =
        covet__split_or(parse, c->first, c->end, parse->tokens[c->first].depth, ends, ARMS_MAX);
    if (count != all->n_args || count == ARMS_MAX) /* brackets have been flattened */
        return false;
    for (uint32_t i = 0, first = c->first; i < count; first = ends[i++] + 1) {
        putter arm = {.cutter = p->cutter,
                      .child = p->child,
                      .rel = p->rel,
                      .opening = "(",
                      .arms = p->arms + 1};
        covet__str_add(&p->child->text, i > 0 ? " OR (" : "(");
        put_conditions(&arm, all->args[i], first, ends[i]);
        covet__str_char(&p->child->text, ')');
        if (arm.count == 0)
            return false;
    }
    return true;
}

static void put_alternatives(putter *p, const conjunction *whole)
{
    const PgQuery__Node *node = whole->items[0].node;
    const covet__child before = *p->child;
    const uint32_t count = p->count;
    conjunction c = *whole;
    if (p->arms == LEVELS_MAX || whole->count != 1 ||
        node->node_case != PG_QUERY__NODE__NODE_BOOL_EXPR ||
        node->bool_expr->boolop != PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR)
        return;
    strip(p->cutter->parse, &c);
    open_next(p);
    if (put_arms(p, node->bool_expr, &c)) {
        covet__str_char(&p->child->text, ')');
        return;
    }
    covet__str_cut(&p->child->text, before.text.length);
    p->child->param_count = before.param_count;
    p->count = count;
}

static void put_if_own(putter *p, const conjunction *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (!is_own(p->cutter->walk, p->rel, c->items[i].node)) {
            put_alternatives(p, c);
            return;
        }
    open_next(p);
    covet__child_tokens(p->child, c->first, c->end);
    covet__str_char(&p->child->text, ')');
    if (c->count == 1 && p->arms == 0)
        put_true(p->cutter, covet__tokens_span(p->cutter->parse, c->first, c->end));
}

static void put_conjunction(putter *p, conjunction c, uint32_t level)
{
    covet__walk *walk = p->cutter->walk;
    const covet__parse *parse = p->cutter->parse;
    if (c.first >= c.end || keep_inside(parse, &c) == 0)
        return;
    if (c.count == 1 && is_and(c.items[0].node)) {
        const PgQuery__BoolExpr *all = c.items[0].node->bool_expr;
        if (!place_conditions(walk, all->args, all->n_args, &c))
            return;
    }
    const conjunction whole = c;
    uint32_t *ends = c.count > 1 && level < LEVELS_MAX
                         ? covet__walk_alloc(walk, CONDITIONS_MAX * sizeof *ends)
                         : NULL;
    uint32_t count = 0;
    if (ends != NULL) {
        strip(parse, &c);
        count = covet__split_and(parse, c.first, c.end, parse->tokens[c.first].depth, ends,
                                 CONDITIONS_MAX);
    }
    if (count < 2)
        put_if_own(p, &whole);
    for (uint32_t i = 0, first = c.first; count > 1 && count < CONDITIONS_MAX && i < count;
         first = ends[i++] + 1) {
        conjunction part = c;
        part.first = first;
        part.end = ends[i];
        put_conjunction(p, part, level + 1);
    }
}

static void put_conditions(putter *p, const PgQuery__Node *all, uint32_t first, uint32_t end)
{
    PgQuery__Node *const node = (PgQuery__Node *)all;
    conjunction c = {.first = first, .end = end};
    if (place_conditions(p->cutter->walk, &node, 1, &c))
        put_conjunction(p, c, 0);
}

/* ---- where conditions are asked ------------------------------------------------------------ */

/* Relative to a part of FROM. */
typedef enum standing {
    ELSEWHERE = 0,
    KEPT,     /* all rows of the part have one of the table's */
    NULLABLE, /* an outer join may have made it NULL */
} standing;

static standing look_at_join(putter *p, const PgQuery__JoinExpr *join);

static standing look_at_item(putter *p, const PgQuery__Node *item)
{
    const covet__name *name = p->cutter->walk->rels[p->rel].table_name;
    if (item == NULL)
        return ELSEWHERE;
    if (item->node_case == PG_QUERY__NODE__NODE_RANGE_VAR)
        return item->range_var->location == (int)name->start ? KEPT : ELSEWHERE;
    return item->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR ? look_at_join(p, item->join_expr)
                                                             : ELSEWHERE;
}

static standing look_at_join(putter *p, const PgQuery__JoinExpr *join)
{
    const standing left = look_at_item(p, join->larg);
    const standing below = left != ELSEWHERE ? left : look_at_item(p, join->rarg);
    const PgQuery__JoinType outer =
        left != ELSEWHERE ? PG_QUERY__JOIN_TYPE__JOIN_RIGHT : PG_QUERY__JOIN_TYPE__JOIN_LEFT;
    const bool inner = join->jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER;
    const bool missing = join->jointype == outer;
    uint32_t first, end;
    if (below != KEPT)
        return below;
    if ((inner || missing) && join->quals != NULL &&
        covet__on_of(p->cutter->parse, join->quals, &first, &end))
        put_conditions(p, join->quals, first, end);
    return missing || join->jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL ? NULLABLE : KEPT;
}

uint32_t covet__own_conditions(covet__cutter *cutter, covet__child *child, uint32_t rel)
{
    const covet__walk *walk = cutter->walk;
    const PgQuery__SelectStmt *select = walk->blocks[walk->rels[rel].block].select;
    putter p = {.cutter = cutter, .child = child, .rel = rel, .opening = " WHERE ("};
    standing stands = ELSEWHERE;
    covet__clauses c;
    for (size_t i = 0; select != NULL && i < select->n_from_clause && stands == ELSEWHERE; i++)
        stands = look_at_item(&p, select->from_clause[i]);
    if (stands == KEPT && select->where_clause != NULL &&
        covet__clauses_of(cutter->parse, select, &c) && c.where < c.group)
        put_conditions(&p, select->where_clause, c.where + 1, c.group);
    return p.count;
}
