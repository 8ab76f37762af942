/*
 * shard/parse_terms.c - what columns, constants and parameters stand in conditions, and what
 * the conditions make equal (shard/parse_facts_impl.h).
 */
#include <stdlib.h>
#include <string.h>

#include "core/types.h"
#include "shard/key_wire.h"
#include "shard/parse_facts_impl.h"

/* ---- names -------------------------------------------------------------------------------- */

const covet__name *covet__walk_name_at(const covet__walk *walk, int location, uint32_t *ret_index)
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

const char *covet__walk_label(const PgQuery__Node *node)
{
    const PgQuery__TypeCast *cast = NULL; /* the outermost */
    while (node != NULL && (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST ||
                            node->node_case == PG_QUERY__NODE__NODE_COLLATE_CLAUSE)) {
        const bool casts = node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST;
        cast = cast == NULL && casts ? node->type_cast : cast;
        node = casts ? node->type_cast->arg : node->collate_clause->arg;
    }
    switch (node != NULL ? node->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return covet__string_of(node->column_ref->fields[node->column_ref->n_fields - 1]);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        return covet__string_of(node->func_call->funcname[node->func_call->n_funcname - 1]);
    case PG_QUERY__NODE__NODE_COALESCE_EXPR: return "coalesce";
    case PG_QUERY__NODE__NODE_A_EXPR:
        return node->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF ? "nullif" : "";
    case PG_QUERY__NODE__NODE_A_CONST:
    case PG_QUERY__NODE__NODE_PARAM_REF:
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
    case PG_QUERY__NODE__NODE_NULL_TEST: break;
    default: return NULL;
    }
    if (cast == NULL || cast->type_name->n_names == 0)
        return "";
    return covet__string_of(cast->type_name->names[cast->type_name->n_names - 1]);
}

/* The names are those of the leftmost branch of UNION. */
static covet__has query_has(const covet__walk *walk, uint32_t query, const char *column)
{
    const PgQuery__SelectStmt *select = walk->blocks[query].select;
    while (select != NULL && select->larg != NULL)
        select = select->larg;
    if (select == NULL || select->n_values_lists > 0)
        return COVET__HAS_PERHAPS;
    covet__has has = COVET__HAS_NOT;
    for (size_t i = 0; i < select->n_target_list; i++) {
        const PgQuery__ResTarget *target = select->target_list[i]->res_target;
        const bool named = target->name != NULL && target->name[0] != '\0';
        const char *label = named ? target->name : covet__walk_label(target->val);
        if (label == NULL)
            has = COVET__HAS_PERHAPS;
        else if (strcmp(label, column) == 0)
            return COVET__HAS;
    }
    return has;
}

/* FROM ... AS name (columns) */
static covet__has alias_has(const covet__rel *rel, const char *column)
{
    for (size_t i = 0; rel->alias != NULL && i < rel->alias->n_colnames; i++) {
        const char *name = covet__string_of(rel->alias->colnames[i]);
        if (name != NULL && strcmp(name, column) == 0)
            return COVET__HAS;
    }
    /* A function's one column has the alias's name. */
    if (rel->kind == COVET__REL_OTHER && rel->name != NULL && strcmp(rel->name, column) == 0)
        return COVET__HAS;
    return COVET__HAS_PERHAPS;
}

covet__has covet__walk_has(covet__walk *walk, uint32_t rel, const char *column)
{
    const covet__rel *r = &walk->rels[rel];
    if (r->kind == COVET__REL_TABLE && r->columns != NULL)
        return covet__walk_find_column(r, column) != NULL ? COVET__HAS : COVET__HAS_NOT;
    if (r->kind == COVET__REL_QUERY && (r->alias == NULL || r->alias->n_colnames == 0))
        return query_has(walk, r->query, column);
    return alias_has(r, column);
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

static covet__has find_called(const covet__walk *walk, uint32_t block, const char *schema,
                              const char *name, uint32_t *ret_rel)
{
    for (uint32_t rel = walk->blocks[block].rel_first; rel != COVET__NODE_NONE;
         rel = walk->rels[rel].next)
        if (is_called(&walk->rels[rel], schema, name)) {
            *ret_rel = rel;
            return COVET__HAS;
        }
    return COVET__HAS_NOT;
}

/* The relation that an unqualified column is of. Two of them have it only where USING made
 * one of both: then the node is found on the way. */
static covet__has find_having(covet__walk *walk, uint32_t block, uint32_t end, const char *column,
                              uint32_t *ret_rel, uint32_t *ret_node)
{
    covet__has found = COVET__HAS_NOT;
    uint32_t node = COVET__NODE_NONE;
    for (uint32_t rel = walk->blocks[block].rel_first; rel != COVET__NODE_NONE && rel < end;
         rel = walk->rels[rel].next) {
        const covet__has has = covet__walk_has(walk, rel, column);
        if (has == COVET__HAS && found == COVET__HAS) {
            const uint32_t other = covet__walk_column_node(walk, rel, column);
            if (node == COVET__NODE_NONE)
                node = covet__walk_column_node(walk, *ret_rel, column);
            if (node == COVET__NODE_NONE || other == COVET__NODE_NONE)
                return COVET__HAS_PERHAPS;
            const uint32_t merged = covet__graph_merged(walk, node, other);
            if (merged == COVET__NODE_NONE)
                return COVET__HAS_PERHAPS;
            *ret_rel = merged == node ? *ret_rel : rel;
            node = merged;
        } else if (has == COVET__HAS) {
            *ret_rel = rel;
            found = has;
        } else if (has == COVET__HAS_PERHAPS && found == COVET__HAS_NOT) {
            found = has;
        }
    }
    *ret_node = node;
    return found;
}

/* The query around that a query sees the columns of. */
static uint32_t block_around(const covet__walk *walk, uint32_t block)
{
    const covet__block *b = &walk->blocks[block];
    if (b->place == COVET__PLACE_FROM && b->parent != COVET__NODE_NONE)
        return block_around(walk, b->parent);
    return b->parent;
}

/* Of a query around, one in FROM sees what stands before it there, and not itself. */
static uint32_t seen_from(const covet__walk *walk, uint32_t inner, uint32_t around)
{
    while (inner != COVET__NODE_NONE && walk->blocks[inner].parent != around)
        inner = walk->blocks[inner].parent;
    for (uint32_t rel = walk->blocks[around].rel_first; rel != COVET__NODE_NONE;
         rel = walk->rels[rel].next)
        if (walk->rels[rel].kind == COVET__REL_QUERY && walk->rels[rel].query == inner)
            return rel;
    return (uint32_t)walk->rel_count;
}

/* *ret_node is COVET__NODE_NONE where the node was not needed to tell. Looked for twice, those
 * of USING in queries within queries would take time without end. */
static bool find_column(covet__walk *walk, uint32_t block, const PgQuery__ColumnRef *ref,
                        uint32_t *ret_rel, const char **ret_column, uint32_t *ret_node)
{
    const size_t n = ref->n_fields;
    const char *column = n > 0 ? covet__string_of(ref->fields[n - 1]) : NULL;
    const char *name = n > 1 ? covet__string_of(ref->fields[n - 2]) : NULL;
    const char *schema = n > 2 ? covet__string_of(ref->fields[n - 3]) : NULL;
    if (column == NULL || n > 3)
        return false;
    uint32_t end = (uint32_t)walk->rel_count;
    *ret_node = COVET__NODE_NONE;
    while (block != COVET__NODE_NONE) {
        const covet__has has = name != NULL
                                   ? find_called(walk, block, schema, name, ret_rel)
                                   : find_having(walk, block, end, column, ret_rel, ret_node);
        *ret_column = column;
        if (has != COVET__HAS_NOT)
            return has == COVET__HAS;
        const uint32_t around = block_around(walk, block);
        end = around != COVET__NODE_NONE ? seen_from(walk, block, around) : 0;
        block = around;
    }
    return false;
}

bool covet__walk_column(covet__walk *walk, uint32_t block, const PgQuery__ColumnRef *ref,
                        uint32_t *ret_rel, const char **ret_column)
{
    uint32_t ignored;
    return find_column(walk, block, ref, ret_rel, ret_column, &ignored);
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
                        strcmp(source->key, n->column) == 0;
    return is_key ? node : COVET__NODE_NONE;
}

uint32_t covet__walk_column_node(covet__walk *walk, uint32_t rel, const char *column)
{
    const covet__rel *r = &walk->rels[rel];
    if (r->kind == COVET__REL_QUERY)
        return query_operand(walk, r, column);
    const covet__column *c = covet__walk_find_column(r, column);
    return c != NULL ? covet__graph_column(walk, rel, c->name, c->type) : COVET__NODE_NONE;
}

uint32_t covet__walk_operand(covet__walk *walk, uint32_t block, const PgQuery__Node *node)
{
    covet__term term;
    if (walk->status != COVET_OK || node == NULL)
        return COVET__NODE_NONE;
    if (node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
        return covet__walk_term(walk, node, &term) ? covet__graph_term(walk, &term)
                                                   : COVET__NODE_NONE;
    uint32_t rel, found;
    const char *column;
    if (!find_column(walk, block, node->column_ref, &rel, &column, &found))
        return COVET__NODE_NONE;
    return found != COVET__NODE_NONE ? found : covet__walk_column_node(walk, rel, column);
}

/* ---- conditions ---------------------------------------------------------------------------- */

bool covet__walk_is_equals(const PgQuery__AExpr *e)
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

/* x::text of a varchar column x: its "=" is text's, and PostgreSQL writes the cast out where it
 * prints a view's query. */
static const PgQuery__Node *bare(covet__walk *walk, uint32_t block, const PgQuery__Node *node)
{
    uint32_t rel;
    const char *column;
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_TYPE_CAST ||
        node->type_cast->arg->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
        cast_type(node->type_cast->type_name) != COVET__TEXT ||
        !covet__walk_column(walk, block, node->type_cast->arg->column_ref, &rel, &column))
        return node;
    const uint32_t inner = covet__walk_column_node(walk, rel, column);
    return inner != COVET__NODE_NONE && walk->nodes[inner].type == COVET__VARCHAR
               ? node->type_cast->arg
               : node;
}

static void equal(covet__walk *walk, uint32_t block, const PgQuery__Node *left,
                  const PgQuery__Node *right, const covet__qual_mode *mode)
{
    left = bare(walk, block, left);
    right = bare(walk, block, right);
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
    /* $1::int8[]: the inferred type is checked later. A second cast, or varchar(1)[], may
     * make other values of the elements. */
    if (right->node_case == PG_QUERY__NODE__NODE_TYPE_CAST &&
        right->type_cast->type_name->n_typmods == 0)
        right = right->type_cast->arg;
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

static bool find_outer_join(const ProtobufCMessage *message, void *user)
{
    if (COVET__IS(message, join_expr))
        *(bool *)user |=
            ((const PgQuery__JoinExpr *)message)->jointype != PG_QUERY__JOIN_TYPE__JOIN_INNER;
    return !COVET__IS(message, select_stmt) && !COVET__IS(message, sub_link);
}

static bool has_outer_join(const PgQuery__SelectStmt *select)
{
    bool found = false;
    for (size_t i = 0; i < select->n_from_clause; i++)
        covet__visit(&select->from_clause[i]->base, find_outer_join, &found);
    return found;
}

/* A column of a table, however many queries it has come through, none of which has an outer
 * join that may make it NULL. Keys are never NULL of themselves. */
static bool is_never_null(covet__walk *walk, uint32_t block, const PgQuery__Node *node)
{
    uint32_t rel;
    const char *column;
    while (node != NULL && node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
           covet__walk_column(walk, block, node->column_ref, &rel, &column)) {
        const covet__rel *r = &walk->rels[rel];
        const PgQuery__SelectStmt *select = walk->blocks[r->block].select;
        if (r->kind == COVET__REL_TABLE)
            return select != NULL && r->table_name != NULL &&
                   !covet__walk_is_nullable(select, (int)r->table_name->start);
        if (r->kind != COVET__REL_QUERY || select == NULL || has_outer_join(select))
            return false;
        node = output_of(walk, r->query, column);
        block = r->query;
    }
    return false;
}

/* column IN (SELECT column ...): rows of the subquery with another key do not matter, if
 * its own rows are what they are outside, and neither side is ever NULL: NULL NOT IN (...)
 * depends on whether there is any row. */
void covet__walk_in_subquery(covet__walk *walk, uint32_t block, const PgQuery__SubLink *link,
                             uint32_t inner)
{
    const covet__block *query = &walk->blocks[inner];
    if (link->n_oper_name > 0 || !query->transparent || query->select == NULL ||
        query->select->n_target_list != 1 || !is_never_null(walk, block, link->testexpr) ||
        !is_never_null(walk, inner, query->select->target_list[0]->res_target->val))
        return;
    const uint32_t outside = covet__walk_operand(walk, block, link->testexpr);
    const uint32_t inside =
        covet__walk_operand(walk, inner, query->select->target_list[0]->res_target->val);
    covet__graph_follow(walk, inside, outside, false);
}

void covet__walk_qual(covet__walk *walk, uint32_t block, const PgQuery__Node *qual,
                      const covet__qual_mode *mode)
{
    if (qual == NULL || walk->status != COVET_OK)
        return;
    if (qual->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
        qual->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        for (size_t i = 0; i < qual->bool_expr->n_args; i++)
            covet__walk_qual(walk, block, qual->bool_expr->args[i], mode);
        return;
    }
    if (qual->node_case != PG_QUERY__NODE__NODE_A_EXPR || !covet__walk_is_equals(qual->a_expr))
        return;
    const PgQuery__AExpr *e = qual->a_expr;
    if (e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP)
        equal(walk, block, e->lexpr, e->rexpr, mode);
    else if (e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN && !mode->full)
        one_of(walk, block, e->lexpr, e->rexpr, mode);
    else if (e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY && !mode->full)
        any_of(walk, block, e->lexpr, e->rexpr, mode);
}
