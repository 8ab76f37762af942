/*
 * shard/parse_facts.c - walks the queries of a statement (shard/facts.h).
 *
 * A block is one SELECT, or the rest of an UPDATE or DELETE. Its relations are found
 * first, with the conditions of its joins; then WHERE; then every expression, for the
 * subqueries and functions in it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/types.h"
#include "shard/key_wire.h"
#include "shard/parse_facts_impl.h"

static uint32_t walk_select(covet__walk *walk, const PgQuery__SelectStmt *select, uint32_t parent,
                            bool in_expression);
static void walk_expression(covet__walk *walk, uint32_t block, const ProtobufCMessage *message);

/* ---- failing ----------------------------------------------------------------------------- */

void covet__walk_fail(covet__walk *walk, covet_status status)
{
    if (walk->status != COVET_OK)
        return;
    walk->status = status;
    if (status == COVET_ENOMEM)
        covet__fail(walk->err, status, "statement: out of memory");
}

void covet__walk_unsupported(covet__walk *walk, const char *what)
{
    if (walk->status == COVET_OK)
        walk->status = covet__fail_state(walk->err, COVET_EUNSUPPORTED, "0A000",
                                         "%s is not supported over shards", what);
}

void *covet__walk_alloc(covet__walk *walk, size_t size)
{
    void *memory = covet_arena_alloc(walk->parse->arena, size);
    if (memory == NULL)
        covet__walk_fail(walk, COVET_ENOMEM);
    else
        memset(memory, 0, size);
    return memory;
}

const char *covet__walk_keep(covet__walk *walk, const char *text)
{
    const char *copy = covet_arena_copy(walk->parse->arena, text, strlen(text));
    if (copy == NULL)
        covet__walk_fail(walk, COVET_ENOMEM);
    return copy;
}

/* ---- names -------------------------------------------------------------------------------- */

static const covet__name *name_at(const covet__walk *walk, int location, uint32_t *ret_index)
{
    const covet__outline *outline = &walk->parse->outline;
    for (uint32_t i = 0; i < outline->name_count; i++)
        if (outline->names[i].start == (uint32_t)location) {
            *ret_index = i;
            return &outline->names[i];
        }
    return NULL;
}

const covet__column *covet__walk_find_column(const covet__rel *rel, const char *name)
{
    if (rel->columns != NULL)
        for (uint32_t i = 0; i < rel->columns->column_count; i++)
            if (strcmp(rel->columns->columns[i].name, name) == 0)
                return &rel->columns->columns[i];
    return NULL;
}

/* The expression behind an output column of a query. */
static const PgQuery__Node *output_of(const covet__walk *walk, uint32_t query, const char *column)
{
    const PgQuery__SelectStmt *select = walk->blocks[query].select;
    for (size_t i = 0; select != NULL && i < select->n_target_list; i++) {
        const PgQuery__ResTarget *target = select->target_list[i]->res_target;
        const PgQuery__Node *value = target->val;
        if (target->name != NULL && target->name[0] != '\0') {
            if (strcmp(target->name, column) == 0)
                return value;
        } else if (value != NULL && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
            const PgQuery__ColumnRef *ref = value->column_ref;
            const char *last = covet__string_of(ref->fields[ref->n_fields - 1]);
            if (last != NULL && strcmp(last, column) == 0)
                return value;
        }
    }
    return NULL;
}

static bool has_column(covet__walk *walk, uint32_t rel, const char *column)
{
    const covet__rel *r = &walk->rels[rel];
    if (r->kind == COVET__REL_TABLE)
        return covet__walk_find_column(r, column) != NULL;
    return r->kind == COVET__REL_QUERY && output_of(walk, r->query, column) != NULL;
}

/* "schema.name.column" or "name.column" fits this relation. */
static bool is_called(const covet__rel *rel, const char *schema, const char *name)
{
    if (rel->name == NULL || strcmp(rel->name, name) != 0)
        return false;
    if (schema == NULL)
        return true;
    return !rel->aliased && rel->table != NULL && strcmp(rel->table->schema, schema) == 0;
}

bool covet__walk_column(covet__walk *walk, uint32_t block, const PgQuery__ColumnRef *ref,
                        uint32_t *ret_rel, const char **ret_column)
{
    const size_t n = ref->n_fields;
    const char *column = n > 0 ? covet__string_of(ref->fields[n - 1]) : NULL;
    const char *name = n > 1 ? covet__string_of(ref->fields[n - 2]) : NULL;
    const char *schema = n > 2 ? covet__string_of(ref->fields[n - 3]) : NULL;
    if (column == NULL || n > 3)
        return false;
    for (; block != COVET__NODE_NONE; block = walk->blocks[block].parent)
        for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
            if (walk->rels[rel].block != block)
                continue;
            if (name != NULL ? is_called(&walk->rels[rel], schema, name)
                             : has_column(walk, rel, column)) {
                *ret_rel = rel;
                *ret_column = column;
                return true;
            }
        }
    return false;
}

/* ---- operands ------------------------------------------------------------------------------- */

/* The type of a cast that leaves a key's value what it is: 0 for one that is not known. */
static uint32_t cast_type(const PgQuery__TypeName *type)
{
    static const struct {
        const char *name;
        uint32_t oid;
    } types[] = {{"int2", COVET__INT2},       {"int4", COVET__INT4},
                 {"int8", COVET__INT8},       {"text", COVET__TEXT},
                 {"varchar", COVET__VARCHAR}, {"uuid", COVET__UUID},
                 {"date", COVET__DATE},       {"timestamptz", COVET__TIMESTAMPTZ},
                 {"bytea", COVET__BYTEA},     {"smallint", COVET__INT2},
                 {"bigint", COVET__INT8}};
    if (type->n_typmods > 0 || type->n_array_bounds > 0 || type->setof || type->n_names == 0)
        return 0;
    const char *name = covet__string_of(type->names[type->n_names - 1]);
    const char *schema = type->n_names == 2 ? covet__string_of(type->names[0]) : "pg_catalog";
    if (name == NULL || schema == NULL || type->n_names > 2 || strcmp(schema, "pg_catalog") != 0)
        return 0;
    for (size_t i = 0; i < COVET_COUNT(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].oid;
    return 0;
}

/* 3000000000 is a Float to the grammar and a bigint to PostgreSQL. */
static bool whole_number(const char *text, int64_t *ret)
{
    char *end;
    if (text == NULL || text[strspn(text, "-0123456789")] != '\0')
        return false;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value == INT64_MAX || value == INT64_MIN)
        return false; /* at the edge of the range, or beyond it */
    *ret = value;
    return true;
}

static bool constant(covet__walk *walk, const PgQuery__AConst *c, covet__term *term)
{
    *term = (covet__term){.kind = COVET__TERM_NULL};
    if (c->isnull)
        return true;
    switch (c->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        term->kind = COVET__TERM_INT;
        term->i = c->ival->ival;
        return true;
    case PG_QUERY__A__CONST__VAL_FVAL:
        term->kind = COVET__TERM_INT;
        return whole_number(c->fval->fval, &term->i);
    case PG_QUERY__A__CONST__VAL_SVAL:
        term->kind = COVET__TERM_TEXT;
        term->text = covet__walk_keep(walk, c->sval->sval);
        return term->text != NULL;
    default: return false;
    }
}

bool covet__walk_term(covet__walk *walk, const PgQuery__Node *node, covet__term *ret_term)
{
    switch (node != NULL ? node->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
    case PG_QUERY__NODE__NODE_PARAM_REF:
        *ret_term =
            (covet__term){.kind = COVET__TERM_PARAM, .number = (uint32_t)node->param_ref->number};
        return true;
    case PG_QUERY__NODE__NODE_A_CONST: return constant(walk, node->a_const, ret_term);
    case PG_QUERY__NODE__NODE_SET_TO_DEFAULT:
        *ret_term = (covet__term){.kind = COVET__TERM_DEFAULT};
        return true;
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
        const uint32_t type = cast_type(node->type_cast->type_name);
        if (type == 0 || !covet__walk_term(walk, node->type_cast->arg, ret_term))
            return false;
        /* A parameter takes the cast's type; a second cast, or an integer made text, is
         * left to the server. */
        if (ret_term->type != 0)
            return false;
        if (ret_term->kind == COVET__TERM_INT)
            return covet__type_is_int(type);
        ret_term->type = type;
        return true;
    }
    default: return false;
    }
}

/* A subquery's column is the node of what stands behind it, where that is allowed. */
static uint32_t query_operand(covet__walk *walk, const covet__rel *rel, const char *column)
{
    const covet__block *inner = &walk->blocks[rel->query];
    if (!inner->transparent && !inner->sharded_groups)
        return COVET__NODE_NONE;
    const PgQuery__Node *behind = output_of(walk, rel->query, column);
    if (behind == NULL || behind->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
        return COVET__NODE_NONE;
    const bool by_key = !inner->transparent;
    const uint32_t node = covet__walk_operand(walk, rel->query, behind);
    if (node == COVET__NODE_NONE || !by_key)
        return node;
    const covet__graph_node *n = &walk->nodes[node];
    const covet__rel *source = n->is_column ? &walk->rels[n->rel] : NULL;
    const bool is_key = source != NULL && source->table != NULL &&
                        source->table->kind == COVET__TABLE_DISTRIBUTED &&
                        strcmp(source->table->key_column, n->column) == 0;
    return is_key ? node : COVET__NODE_NONE;
}

uint32_t covet__walk_operand(covet__walk *walk, uint32_t block, const PgQuery__Node *node)
{
    covet__term term;
    if (walk->status != COVET_OK || node == NULL)
        return COVET__NODE_NONE;
    if (node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
        return covet__walk_term(walk, node, &term) ? covet__graph_term(walk, &term)
                                                   : COVET__NODE_NONE;
    uint32_t rel;
    const char *column;
    if (!covet__walk_column(walk, block, node->column_ref, &rel, &column))
        return COVET__NODE_NONE;
    const covet__rel *r = &walk->rels[rel];
    if (r->kind == COVET__REL_QUERY)
        return query_operand(walk, r, column);
    const covet__column *c = covet__walk_find_column(r, column);
    return c != NULL ? covet__graph_column(walk, rel, c->name, c->type) : COVET__NODE_NONE;
}

/* ---- conditions -------------------------------------------------------------------------------
 */

static bool is_equals(const PgQuery__AExpr *e)
{
    const char *name = covet__string_of(e->n_name > 0 ? e->name[e->n_name - 1] : NULL);
    const char *schema = e->n_name == 2 ? covet__string_of(e->name[0]) : "pg_catalog";
    return name != NULL && schema != NULL && strcmp(name, "=") == 0 &&
           strcmp(schema, "pg_catalog") == 0;
}

/* The relation of the block that a node is a column of; a subquery's column counts for
 * the subquery's own place. */
static uint32_t place_of(covet__walk *walk, uint32_t block, const PgQuery__Node *node)
{
    uint32_t rel;
    const char *column;
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
        !covet__walk_column(walk, block, node->column_ref, &rel, &column))
        return COVET__NODE_NONE;
    return rel;
}

static void equal(covet__walk *walk, uint32_t block, const PgQuery__Node *left,
                  const PgQuery__Node *right, const covet__qual_mode *mode)
{
    const uint32_t a = covet__walk_operand(walk, block, left);
    const uint32_t b = covet__walk_operand(walk, block, right);
    if (a == COVET__NODE_NONE || b == COVET__NODE_NONE)
        return;
    const uint32_t a_rel = place_of(walk, block, left), b_rel = place_of(walk, block, right);
    if (mode->full) {
        covet__graph_follow(walk, a, b, true);
        covet__graph_follow(walk, b, a, true);
        return;
    }
    /* What belongs to a query around this one is not restricted here. */
    const bool a_out = a_rel != COVET__NODE_NONE && walk->rels[a_rel].block != block;
    const bool b_out = b_rel != COVET__NODE_NONE && walk->rels[b_rel].block != block;
    const bool a_in = !mode->outer || (a_rel >= mode->first && a_rel < mode->last);
    const bool b_in = !mode->outer || (b_rel >= mode->first && b_rel < mode->last);
    const bool a_moves = a_rel != COVET__NODE_NONE && !a_out && a_in;
    const bool b_moves = b_rel != COVET__NODE_NONE && !b_out && b_in;
    const bool a_still = a_rel == COVET__NODE_NONE && !mode->outer; /* a value */
    const bool b_still = b_rel == COVET__NODE_NONE && !mode->outer;
    if ((a_moves && b_moves) || (a_moves && b_still) || (a_still && b_moves))
        covet__graph_same(walk, a, b);
    else if (a_moves)
        covet__graph_follow(walk, a, b, false);
    else if (b_moves)
        covet__graph_follow(walk, b, a, false);
}

/* column IN (values): the class of the column is one of them. */
static void one_of(covet__walk *walk, uint32_t block, const PgQuery__Node *left,
                   const PgQuery__Node *right, const covet__qual_mode *mode)
{
    const uint32_t rel = place_of(walk, block, left);
    if (mode->outer || rel == COVET__NODE_NONE || walk->rels[rel].block != block || right == NULL ||
        right->node_case != PG_QUERY__NODE__NODE_LIST)
        return;
    const PgQuery__List *list = right->list;
    covet__term *terms = covet__walk_alloc(walk, (list->n_items + 1) * sizeof *terms);
    for (size_t i = 0; terms != NULL && i < list->n_items; i++)
        if (!covet__walk_term(walk, list->items[i], &terms[i]))
            return;
    if (terms != NULL && list->n_items == 1) {
        equal(walk, block, left, list->items[0], mode);
        return;
    }
    const uint32_t node = covet__walk_operand(walk, block, left);
    if (terms == NULL || node == COVET__NODE_NONE)
        return;
    covet__graph_node *root = &walk->nodes[covet__graph_find(walk, node)];
    root->list = terms;
    root->list_count = (uint32_t)list->n_items;
}

static void any_of(covet__walk *walk, uint32_t block, const PgQuery__Node *left,
                   const PgQuery__Node *right, const covet__qual_mode *mode)
{
    const uint32_t rel = place_of(walk, block, left);
    if (mode->outer || rel == COVET__NODE_NONE || walk->rels[rel].block != block || right == NULL)
        return;
    while (right->node_case == PG_QUERY__NODE__NODE_TYPE_CAST)
        right = right->type_cast->arg; /* $1::int8[]: the inferred type is checked later */
    const uint32_t node = covet__walk_operand(walk, block, left);
    if (right->node_case != PG_QUERY__NODE__NODE_PARAM_REF || node == COVET__NODE_NONE)
        return;
    covet__term *term = covet__walk_alloc(walk, sizeof *term);
    if (term == NULL)
        return;
    *term = (covet__term){.kind = COVET__TERM_ANY, .number = (uint32_t)right->param_ref->number};
    covet__graph_node *root = &walk->nodes[covet__graph_find(walk, node)];
    root->list = term;
    root->list_count = 1;
}

/* column IN (SELECT column ...): rows of the subquery with another key do not matter, if
 * its own rows are what they are outside. */
static void in_subquery(covet__walk *walk, uint32_t block, const PgQuery__SubLink *link,
                        uint32_t inner)
{
    const covet__block *query = &walk->blocks[inner];
    if (link->n_oper_name > 0 || !query->transparent || query->select == NULL ||
        query->select->n_target_list != 1)
        return;
    const uint32_t outside = covet__walk_operand(walk, block, link->testexpr);
    const uint32_t inside =
        covet__walk_operand(walk, inner, query->select->target_list[0]->res_target->val);
    covet__graph_follow(walk, inside, outside, false);
}

static void walk_qual(covet__walk *walk, uint32_t block, const PgQuery__Node *qual,
                      const covet__qual_mode *mode)
{
    if (qual == NULL || walk->status != COVET_OK)
        return;
    if (qual->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
        qual->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        for (size_t i = 0; i < qual->bool_expr->n_args; i++)
            walk_qual(walk, block, qual->bool_expr->args[i], mode);
        return;
    }
    if (qual->node_case != PG_QUERY__NODE__NODE_A_EXPR || !is_equals(qual->a_expr))
        return;
    const PgQuery__AExpr *e = qual->a_expr;
    if (e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP)
        equal(walk, block, e->lexpr, e->rexpr, mode);
    else if (e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN && !mode->full)
        one_of(walk, block, e->lexpr, e->rexpr, mode);
    else if (e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY && !mode->full)
        any_of(walk, block, e->lexpr, e->rexpr, mode);
}

/* ---- FROM ---------------------------------------------------------------------------------------
 */

static covet__rel *add_rel(covet__walk *walk, uint32_t block, covet__rel rel)
{
    if (!COVET_GROW(walk->rels, walk->rel_capacity, walk->rel_count + 1)) {
        covet__walk_fail(walk, COVET_ENOMEM);
        return NULL;
    }
    rel.block = block;
    walk->rels[walk->rel_count] = rel;
    return &walk->rels[walk->rel_count++];
}

static const char *alias_of(const PgQuery__Alias *alias, const char *otherwise)
{
    return alias != NULL ? alias->aliasname : otherwise;
}

static const covet__cte *find_cte(const covet__walk *walk, uint32_t block, const char *name)
{
    for (; block != COVET__NODE_NONE; block = walk->blocks[block].parent)
        for (size_t i = walk->cte_count; i-- > 0;)
            if (walk->ctes[i].block == block && strcmp(walk->ctes[i].name, name) == 0)
                return &walk->ctes[i];
    return NULL;
}

static void count_table(covet__walk *walk, const covet__map_table *table)
{
    covet__facts *facts = walk->facts;
    if (table == NULL) {
        facts->local++;
    } else if (table->kind == COVET__TABLE_REFERENCE) {
        facts->reference++;
    } else {
        facts->distributed++;
        if (facts->first == NULL)
            facts->first = table;
        facts->key_type = facts->first->key_type;
    }
}

static void walk_table(covet__walk *walk, uint32_t block, const PgQuery__RangeVar *rv)
{
    const bool bare = rv->schemaname == NULL || rv->schemaname[0] == '\0';
    const covet__cte *cte = bare ? find_cte(walk, block, rv->relname) : NULL;
    if (cte != NULL) {
        /* A recursive reference reads rows that are not in any table. */
        if (cte->query == COVET__NODE_NONE)
            add_rel(walk, block,
                    (covet__rel){.kind = COVET__REL_OTHER,
                                 .name = alias_of(rv->alias, rv->relname)});
        else
            add_rel(walk, block,
                    (covet__rel){.kind = COVET__REL_QUERY,
                                 .name = alias_of(rv->alias, rv->relname),
                                 .query = cte->query});
        return;
    }
    uint32_t index = 0;
    const covet__name *name = name_at(walk, rv->location, &index);
    const covet__map_table *table =
        covet__map_find_table(walk->map, bare ? NULL : rv->schemaname, rv->relname);
    count_table(walk, table);
    if (rv->alias != NULL && rv->alias->n_colnames > 0 && table != NULL)
        covet__walk_unsupported(walk, "a column alias list on a table");
    const bool known = name != NULL && index < walk->schema->relation_count;
    if (known && table == NULL && !walk->schema->relations[index].is_table)
        walk->facts->opaque = true;
    add_rel(walk, block,
            (covet__rel){.kind = COVET__REL_TABLE,
                         .name = alias_of(rv->alias, rv->relname),
                         .aliased = rv->alias != NULL,
                         .table = table,
                         .columns = known ? &walk->schema->relations[index] : NULL});
}

static void walk_from(covet__walk *walk, uint32_t block, const PgQuery__Node *item);

/* USING and NATURAL: the columns of both sides that have the name. */
static void equal_columns(covet__walk *walk, const char *column, uint32_t left, uint32_t right,
                          uint32_t end, const covet__qual_mode *mode)
{
    uint32_t nodes[2] = {COVET__NODE_NONE, COVET__NODE_NONE};
    for (uint32_t rel = left; rel < end; rel++) {
        const covet__rel *r = &walk->rels[rel];
        const covet__column *c =
            r->kind == COVET__REL_TABLE ? covet__walk_find_column(r, column) : NULL;
        if (c != NULL && nodes[rel >= right] == COVET__NODE_NONE)
            nodes[rel >= right] = covet__graph_column(walk, rel, c->name, c->type);
    }
    if (nodes[0] == COVET__NODE_NONE || nodes[1] == COVET__NODE_NONE)
        return;
    if (!mode->outer && !mode->full) {
        covet__graph_same(walk, nodes[0], nodes[1]);
        return;
    }
    const bool right_follows = mode->full || mode->first >= right;
    const bool left_follows = mode->full || mode->first < right;
    if (right_follows)
        covet__graph_follow(walk, nodes[1], nodes[0], mode->full);
    if (left_follows)
        covet__graph_follow(walk, nodes[0], nodes[1], mode->full);
}

static bool has_distributed(covet__walk *walk, uint32_t first, uint32_t last);

/* A block's tables, however deep. */
static bool query_has_distributed(covet__walk *walk, uint32_t query)
{
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        uint32_t block = walk->rels[rel].block;
        while (block != COVET__NODE_NONE && block != query)
            block = walk->blocks[block].parent;
        if (block == query && has_distributed(walk, rel, rel + 1))
            return true;
    }
    return false;
}

static bool has_distributed(covet__walk *walk, uint32_t first, uint32_t last)
{
    for (uint32_t rel = first; rel < last; rel++) {
        const covet__rel *r = &walk->rels[rel];
        if (r->kind == COVET__REL_TABLE && r->table != NULL &&
            r->table->kind == COVET__TABLE_DISTRIBUTED)
            return true;
        if (r->kind == COVET__REL_QUERY && query_has_distributed(walk, r->query))
            return true;
    }
    return false;
}

/* An outer join keeps every row of one side. If that side is the same on all shards, each
 * shard would keep it: only one shard may run such a statement. */
static void check_kept(covet__walk *walk, uint32_t kept, uint32_t kept_end, uint32_t other,
                       uint32_t other_end)
{
    if (!has_distributed(walk, kept, kept_end) && has_distributed(walk, other, other_end) &&
        walk->facts->unsupported == NULL)
        walk->facts->unsupported =
            "an outer join that keeps rows which are not of a distributed table";
}

static void walk_join(covet__walk *walk, uint32_t block, const PgQuery__JoinExpr *join)
{
    const uint32_t left = (uint32_t)walk->rel_count;
    walk_from(walk, block, join->larg);
    const uint32_t right = (uint32_t)walk->rel_count;
    walk_from(walk, block, join->rarg);
    const uint32_t end = (uint32_t)walk->rel_count;
    if (walk->status != COVET_OK)
        return;
    covet__qual_mode mode = {0};
    switch (join->jointype) {
    case PG_QUERY__JOIN_TYPE__JOIN_LEFT:
        mode = (covet__qual_mode){.outer = true, .first = right, .last = end};
        check_kept(walk, left, right, right, end);
        break;
    case PG_QUERY__JOIN_TYPE__JOIN_RIGHT:
        mode = (covet__qual_mode){.outer = true, .first = left, .last = right};
        check_kept(walk, right, end, left, right);
        break;
    case PG_QUERY__JOIN_TYPE__JOIN_FULL:
        mode = (covet__qual_mode){.full = true};
        check_kept(walk, left, right, right, end);
        check_kept(walk, right, end, left, right);
        break;
    default: break;
    }
    for (size_t i = 0; i < join->n_using_clause; i++)
        equal_columns(walk, covet__string_of(join->using_clause[i]), left, right, end, &mode);
    if (join->is_natural)
        for (uint32_t rel = left; rel < right; rel++)
            for (uint32_t c = 0;
                 walk->rels[rel].columns != NULL && c < walk->rels[rel].columns->column_count; c++)
                equal_columns(walk, walk->rels[rel].columns->columns[c].name, left, right, end,
                              &mode);
    walk_qual(walk, block, join->quals, &mode);
    if (join->quals != NULL)
        walk_expression(walk, block, &join->quals->base);
    if (join->alias != NULL) /* its columns hide those of both sides */
        covet__walk_unsupported(walk, "an alias on a join");
}

static void walk_from(covet__walk *walk, uint32_t block, const PgQuery__Node *item)
{
    if (item == NULL || walk->status != COVET_OK)
        return;
    switch (item->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR: walk_table(walk, block, item->range_var); break;
    case PG_QUERY__NODE__NODE_JOIN_EXPR: walk_join(walk, block, item->join_expr); break;
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT: {
        const PgQuery__RangeSubselect *sub = item->range_subselect;
        const uint32_t query = walk_select(walk, sub->subquery->select_stmt, block, false);
        if (walk->status == COVET_OK && sub->alias != NULL && sub->alias->n_colnames > 0)
            walk->blocks[query].transparent = walk->blocks[query].sharded_groups = false;
        add_rel(walk, block,
                (covet__rel){.kind = COVET__REL_QUERY,
                             .name = alias_of(sub->alias, NULL),
                             .query = query});
        break;
    }
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
        walk_expression(walk, block, &item->base);
        add_rel(walk, block,
                (covet__rel){.kind = COVET__REL_OTHER,
                             .name = alias_of(item->range_function->alias, NULL)});
        break;
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
        covet__walk_unsupported(walk, "TABLESAMPLE");
        break;
    default: covet__walk_unsupported(walk, "this kind of FROM item"); break;
    }
}

/* ---- expressions
 * ---------------------------------------------------------------------------------- */

static const covet__function *find_function(const covet__walk *walk, const PgQuery__FuncCall *call)
{
    const char *name = covet__string_of(call->funcname[call->n_funcname - 1]);
    const char *schema = call->n_funcname > 1 ? covet__string_of(call->funcname[0]) : NULL;
    for (uint32_t i = 0; name != NULL && i < walk->schema->function_count; i++) {
        const covet__function *f = &walk->schema->functions[i];
        const char *dot = strchr(f->name, '.');
        if (schema == NULL || strcmp(schema, "pg_catalog") == 0) {
            if (dot == NULL && strcmp(f->name, name) == 0)
                return f;
        } else if (dot != NULL && strlen(schema) == (size_t)(dot - f->name) &&
                   strncmp(f->name, schema, strlen(schema)) == 0 && strcmp(dot + 1, name) == 0) {
            return f;
        }
    }
    return NULL;
}

static bool is_among(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

/* A built-in function that is volatile and yet means the same on every shard: a new value
 * for every row. */
static bool differs_by_row(const char *name)
{
    static const char *const names[] = {"random", "clock_timestamp", "timeofday",
                                        "gen_random_uuid"};
    return is_among(name, names, COVET_COUNT(names));
}

static bool is_moment(const char *name)
{
    static const char *const names[] = {"now", "transaction_timestamp", "statement_timestamp"};
    return is_among(name, names, COVET_COUNT(names));
}

/* Built-in, stable, and dependent on nothing but settings that every connection has alike. */
static bool is_alike(const char *name)
{
    static const char *const names[] = {"to_char",
                                        "to_timestamp",
                                        "to_date",
                                        "to_number",
                                        "date_trunc",
                                        "date_part",
                                        "extract",
                                        "timezone",
                                        "make_timestamptz",
                                        "date_bin",
                                        "to_json",
                                        "to_jsonb",
                                        "row_to_json",
                                        "json_build_object",
                                        "json_build_array",
                                        "jsonb_build_object",
                                        "jsonb_build_array",
                                        "json_object",
                                        "json_agg",
                                        "jsonb_agg",
                                        "json_object_agg",
                                        "jsonb_object_agg",
                                        "concat",
                                        "concat_ws",
                                        "format",
                                        "array_to_string",
                                        "string_to_array",
                                        "array_to_json",
                                        "date",
                                        "timestamp",
                                        "timestamptz",
                                        "text",
                                        "overlaps",
                                        "to_tsvector",
                                        "to_tsquery",
                                        "plainto_tsquery",
                                        "websearch_to_tsquery",
                                        "generate_series",
                                        "string_agg",
                                        "array_agg",
                                        "age",
                                        "quote_literal",
                                        "quote_nullable"};
    return is_among(name, names, COVET_COUNT(names));
}

static void walk_function(covet__walk *walk, uint32_t block, const PgQuery__FuncCall *call)
{
    covet__facts *facts = walk->facts;
    const covet__function *f = find_function(walk, call);
    if (f == NULL || !f->known) {
        if (facts->volatile_function == NULL)
            facts->volatile_function = f != NULL ? f->name : "a function that is not known";
        return;
    }
    if (call->over != NULL) {
        walk->blocks[block].windows = true;
    } else if (f->aggregate) {
        walk->blocks[block].aggregates = true;
    }
    if (f->volatility == 'i')
        return;
    if (f->builtin && is_moment(f->name)) {
        if (facts->moment_function == NULL)
            facts->moment_function = f->name;
    } else if (f->volatility == 'v' && !(f->builtin && differs_by_row(f->name))) {
        if (facts->volatile_function == NULL)
            facts->volatile_function = f->name;
    } else if (f->volatility == 's' && !(f->builtin && is_alike(f->name)) && !f->aggregate) {
        if (facts->server_function == NULL)
            facts->server_function = f->name;
    }
    /* age(x) counts from today. */
    if (f->builtin && strcmp(f->name, "age") == 0 && call->n_args == 1 &&
        facts->moment_function == NULL)
        facts->moment_function = f->name;
}

static void walk_column_ref(covet__walk *walk, uint32_t block, const PgQuery__ColumnRef *ref)
{
    static const char *const system_columns[] = {"ctid", "xmin", "xmax",
                                                 "cmin", "cmax", "tableoid"};
    const char *last = ref->n_fields > 0 ? covet__string_of(ref->fields[ref->n_fields - 1]) : NULL;
    COVET_UNUSED(block);
    if (last != NULL && is_among(last, system_columns, COVET_COUNT(system_columns)) &&
        walk->facts->system_column == NULL)
        walk->facts->system_column = covet__walk_keep(walk, last);
}

static void walk_sublink(covet__walk *walk, uint32_t block, const PgQuery__SubLink *link)
{
    if (link->testexpr != NULL)
        walk_expression(walk, block, &link->testexpr->base);
    if (link->subselect == NULL || link->subselect->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) {
        covet__walk_unsupported(walk, "this kind of subquery");
        return;
    }
    const uint32_t inner = walk_select(walk, link->subselect->select_stmt, block, true);
    if (walk->status == COVET_OK && link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK)
        in_subquery(walk, block, link, inner);
}

/* A cast to regclass and its like looks names up on the server that happens to run it. */
static void walk_cast(covet__walk *walk, const PgQuery__TypeCast *cast)
{
    const PgQuery__TypeName *type = cast->type_name;
    const char *name = type->n_names > 0 ? covet__string_of(type->names[type->n_names - 1]) : NULL;
    if (name != NULL && strncmp(name, "reg", 3) == 0 && walk->facts->server_function == NULL)
        walk->facts->server_function = covet__walk_keep(walk, name);
}

typedef struct expression {
    covet__walk *walk;
    uint32_t block;
} expression;

static bool enter(const ProtobufCMessage *message, void *user)
{
    const expression *e = user;
    covet__walk *walk = e->walk;
    if (walk->status != COVET_OK)
        return false;
    if (COVET__IS(message, sub_link)) {
        walk_sublink(walk, e->block, (const PgQuery__SubLink *)message);
        return false;
    }
    if (COVET__IS(message, select_stmt)) { /* reached without a sublink */
        walk_select(walk, (const PgQuery__SelectStmt *)message, e->block, true);
        return false;
    }
    if (COVET__IS(message, func_call))
        walk_function(walk, e->block, (const PgQuery__FuncCall *)message);
    else if (COVET__IS(message, column_ref))
        walk_column_ref(walk, e->block, (const PgQuery__ColumnRef *)message);
    else if (COVET__IS(message, type_cast))
        walk_cast(walk, (const PgQuery__TypeCast *)message);
    else if (COVET__IS(message, sqlvalue_function) && walk->facts->moment_function == NULL) {
        const PgQuery__SQLValueFunction *f = (const PgQuery__SQLValueFunction *)message;
        if (f->op < PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE)
            walk->facts->moment_function = "CURRENT_TIMESTAMP";
        else if (walk->facts->server_function == NULL)
            walk->facts->server_function = "CURRENT_USER";
    }
    return true;
}

static void walk_expression(covet__walk *walk, uint32_t block, const ProtobufCMessage *message)
{
    expression e = {walk, block};
    covet__visit(message, enter, &e);
}

static void walk_list(covet__walk *walk, uint32_t block, PgQuery__Node *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        walk_expression(walk, block, &items[i]->base);
}

/* ---- queries
 * --------------------------------------------------------------------------------------- */

static uint32_t add_block(covet__walk *walk, covet__block block)
{
    if (!COVET_GROW(walk->blocks, walk->block_capacity, walk->block_count + 1)) {
        covet__walk_fail(walk, COVET_ENOMEM);
        return COVET__NODE_NONE;
    }
    walk->blocks[walk->block_count] = block;
    return (uint32_t)walk->block_count++;
}

static void walk_with(covet__walk *walk, uint32_t block, const PgQuery__WithClause *with)
{
    for (size_t i = 0; with != NULL && i < with->n_ctes && walk->status == COVET_OK; i++) {
        const PgQuery__CommonTableExpr *cte = with->ctes[i]->common_table_expr;
        if (cte->ctequery->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) {
            covet__walk_unsupported(walk, "a WITH query that writes");
            return;
        }
        if (!COVET_GROW(walk->ctes, walk->cte_capacity, walk->cte_count + 1)) {
            covet__walk_fail(walk, COVET_ENOMEM);
            return;
        }
        const size_t at = walk->cte_count++;
        walk->ctes[at] = (covet__cte){.name = with->recursive ? cte->ctename : "",
                                      .block = block,
                                      .query = COVET__NODE_NONE};
        const uint32_t query = walk_select(walk, cte->ctequery->select_stmt, block, false);
        walk->ctes[at].name = cte->ctename;
        walk->ctes[at].query = query;
        if (walk->status == COVET_OK) /* it may be read more than once: it stands alone */
            walk->blocks[query].transparent = walk->blocks[query].sharded_groups = false;
    }
}

/* One of the expressions is the key that all distributed tables of this block follow. */
bool covet__walk_includes_key(covet__walk *walk, uint32_t block, PgQuery__Node *const *items,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const PgQuery__Node *node = items[i];
        if (node->node_case == PG_QUERY__NODE__NODE_RES_TARGET)
            node = node->res_target->val;
        if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
            continue;
        const uint32_t operand = covet__walk_operand(walk, block, node);
        if (operand != COVET__NODE_NONE && covet__graph_is_anchor(walk, block, operand))
            return true;
    }
    return false;
}

/* What a query does with its rows decides whether a condition outside means the same
 * inside. */
static void judge(covet__walk *walk, uint32_t block)
{
    covet__block *b = &walk->blocks[block];
    const PgQuery__SelectStmt *s = b->select;
    const bool plain = s->n_distinct_clause == 0 && s->limit_count == NULL &&
                       s->limit_offset == NULL && s->n_values_lists == 0 &&
                       s->op == PG_QUERY__SET_OPERATION__SETOP_NONE && !b->windows &&
                       s->n_locking_clause == 0;
    b->transparent = plain && !b->aggregates && s->n_group_clause == 0 && s->having_clause == NULL;
    b->sharded_groups = plain && !b->transparent &&
                        covet__walk_includes_key(walk, block, s->group_clause, s->n_group_clause);
}

static void walk_clauses(covet__walk *walk, uint32_t block, const PgQuery__SelectStmt *select)
{
    walk_list(walk, block, select->target_list, select->n_target_list);
    walk_list(walk, block, select->distinct_clause, select->n_distinct_clause);
    walk_list(walk, block, select->group_clause, select->n_group_clause);
    walk_list(walk, block, select->window_clause, select->n_window_clause);
    walk_list(walk, block, select->sort_clause, select->n_sort_clause);
    walk_list(walk, block, select->values_lists, select->n_values_lists);
    const PgQuery__Node *const singles[] = {select->where_clause, select->having_clause,
                                            select->limit_count, select->limit_offset};
    for (size_t i = 0; i < COVET_COUNT(singles); i++)
        if (singles[i] != NULL)
            walk_expression(walk, block, &singles[i]->base);
}

static uint32_t walk_select(covet__walk *walk, const PgQuery__SelectStmt *select, uint32_t parent,
                            bool in_expression)
{
    const uint32_t block = add_block(walk, (covet__block){.parent = parent,
                                                          .select = select,
                                                          .in_expression = in_expression});
    if (block == COVET__NODE_NONE)
        return block;
    walk_with(walk, block, select->with_clause);
    if (select->larg != NULL) { /* UNION and its like */
        walk_select(walk, select->larg, block, true);
        walk_select(walk, select->rarg, block, true);
    }
    for (size_t i = 0; i < select->n_from_clause; i++)
        walk_from(walk, block, select->from_clause[i]);
    walk_qual(walk, block, select->where_clause, &(covet__qual_mode){0});
    walk_clauses(walk, block, select);
    if (walk->status == COVET_OK)
        judge(walk, block);
    return block;
}

/* UPDATE and DELETE: the target is a relation like those of FROM. */
static void walk_change(covet__walk *walk, const PgQuery__RangeVar *target,
                        const PgQuery__WithClause *with, PgQuery__Node *const *from,
                        size_t from_count, const PgQuery__Node *where,
                        PgQuery__Node *const *returning, size_t returning_count)
{
    const uint32_t block = add_block(walk, (covet__block){.parent = COVET__NODE_NONE});
    if (block == COVET__NODE_NONE)
        return;
    walk_with(walk, block, with);
    walk_table(walk, block, target);
    if (walk->status == COVET_OK)
        walk->facts->target = walk->rels[walk->rel_count - 1].table;
    for (size_t i = 0; i < from_count; i++)
        walk_from(walk, block, from[i]);
    walk_qual(walk, block, where, &(covet__qual_mode){0});
    if (where != NULL)
        walk_expression(walk, block, &where->base);
    walk_list(walk, block, returning, returning_count);
}

/* Neither the key nor a column whose values come in blocks may be set. */
static void check_set(covet__walk *walk, PgQuery__Node *const *targets, size_t count)
{
    const covet__map_table *table = walk->facts->target;
    if (table == NULL || walk->status != COVET_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *name = targets[i]->res_target->name;
        if (table->key_column != NULL && strcmp(name, table->key_column) == 0) {
            walk->status = covet__fail_state(
                walk->err, COVET_EUNSUPPORTED, "0A000",
                "UPDATE of \"%s\", the shard key of \"%s\", is not supported: delete the row and "
                "insert it again",
                name, table->name);
            return;
        }
        for (uint32_t id = 0; id < table->id_count; id++)
            if (table->ids[id].alone_unique && strcmp(name, table->ids[id].column) == 0) {
                walk->status = covet__fail_state(
                    walk->err, COVET_EUNSUPPORTED, "0A000",
                    "UPDATE of \"%s\" of \"%s\" is not supported: its values are unique over all "
                    "shards because they come from the catalog",
                    name, table->name);
                return;
            }
    }
}

static void walk_update(covet__walk *walk, const PgQuery__UpdateStmt *s)
{
    walk_change(walk, s->relation, s->with_clause, s->from_clause, s->n_from_clause,
                s->where_clause, s->returning_list, s->n_returning_list);
    check_set(walk, s->target_list, s->n_target_list);
    if (walk->status == COVET_OK)
        walk_list(walk, 0, s->target_list, s->n_target_list);
}

static void walk_delete(covet__walk *walk, const PgQuery__DeleteStmt *s)
{
    walk_change(walk, s->relation, s->with_clause, s->using_clause, s->n_using_clause,
                s->where_clause, s->returning_list, s->n_returning_list);
}

static void walk_insert(covet__walk *walk, const PgQuery__InsertStmt *s)
{
    const uint32_t block = add_block(walk, (covet__block){.parent = COVET__NODE_NONE});
    if (block == COVET__NODE_NONE)
        return;
    walk_with(walk, block, s->with_clause);
    walk_table(walk, block, s->relation);
    if (walk->status != COVET_OK)
        return;
    walk->facts->target = walk->rels[walk->rel_count - 1].table;
    if (s->select_stmt != NULL)
        walk_select(walk, s->select_stmt->select_stmt, block, true);
    walk_list(walk, block, s->returning_list, s->n_returning_list);
    if (s->on_conflict_clause != NULL) {
        walk_expression(walk, block, &s->on_conflict_clause->base);
        check_set(walk, s->on_conflict_clause->target_list, s->on_conflict_clause->n_target_list);
    }
    if (walk->status == COVET_OK && walk->facts->target != NULL)
        covet__walk_insert(walk, s);
}

static void walk_root(covet__walk *walk, const PgQuery__Node *root)
{
    switch (root->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT: {
        const uint32_t block = walk_select(walk, root->select_stmt, COVET__NODE_NONE, false);
        if (walk->status == COVET_OK)
            covet__walk_shape(walk, block);
        break;
    }
    case PG_QUERY__NODE__NODE_INSERT_STMT: walk_insert(walk, root->insert_stmt); break;
    case PG_QUERY__NODE__NODE_UPDATE_STMT: walk_update(walk, root->update_stmt); break;
    case PG_QUERY__NODE__NODE_DELETE_STMT: walk_delete(walk, root->delete_stmt); break;
    default: covet__walk_unsupported(walk, "MERGE"); break; /* utilities do not come here */
    }
}

covet_status covet__facts_build(const covet__parse *parse, const covet__map *map,
                                const covet__schema *schema, covet__facts *ret_facts,
                                covet_error *err)
{
    *ret_facts = (covet__facts){0};
    covet__walk walk = {
        .parse = parse, .map = map, .schema = schema, .facts = ret_facts, .err = err};
    walk_root(&walk, covet__parse_root(parse));
    if (walk.status == COVET_OK)
        covet__graph_conclude(&walk);
    covet__free(walk.rels);
    covet__free(walk.nodes);
    covet__free(walk.edges);
    covet__free(walk.blocks);
    covet__free(walk.ctes);
    return walk.status;
}
