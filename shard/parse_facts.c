/*
 * shard/parse_facts.c - walks the queries of a statement (shard/facts.h).
 *
 * A block is one SELECT, or the rest of an UPDATE or DELETE. Its relations are found
 * first, with the conditions of its joins (shard/parse_from.c, shard/parse_terms.c); then
 * WHERE; then every expression, for the subqueries and functions in it (shard/parse_calls.c).
 */
#include <string.h>

#include "shard/deep.h"
#include "shard/parse_facts_impl.h"
#include "shard/residual.h"

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

/* ---- queries ------------------------------------------------------------------------------- */

static uint32_t add_block(covet__walk *walk, covet__block block)
{
    if (!COVET_GROW(walk->blocks, walk->block_capacity, walk->block_count + 1)) {
        covet__walk_fail(walk, COVET_ENOMEM);
        return COVET__NODE_NONE;
    }
    block.rel_first = block.rel_last = COVET__NODE_NONE;
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
        const uint32_t query =
            covet__walk_select(walk, cte->ctequery->select_stmt, block, COVET__PLACE_FROM);
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

/* A row lock on one of a reference table's copies keeps nobody away from the others. */
static void check_locks(covet__walk *walk, uint32_t block, const PgQuery__SelectStmt *select)
{
    for (size_t i = 0; i < select->n_locking_clause; i++) {
        const PgQuery__LockingClause *lock = select->locking_clause[i]->locking_clause;
        for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
            const covet__rel *r = &walk->rels[rel];
            bool locked = lock->n_locked_rels == 0 && r->block >= block;
            for (size_t name = 0; name < lock->n_locked_rels; name++)
                locked |= r->block > block || /* in a subquery, which may be the one named */
                          (r->block == block && r->name != NULL &&
                           strcmp(lock->locked_rels[name]->range_var->relname, r->name) == 0);
            if (locked && r->table != NULL && r->table->kind == COVET__TABLE_REFERENCE)
                walk->facts->locks_reference = true;
        }
    }
}

static void walk_clauses(covet__walk *walk, uint32_t block, const PgQuery__SelectStmt *select)
{
    covet__walk_list(walk, block, select->target_list, select->n_target_list);
    covet__walk_list(walk, block, select->distinct_clause, select->n_distinct_clause);
    covet__walk_list(walk, block, select->group_clause, select->n_group_clause);
    covet__walk_list(walk, block, select->window_clause, select->n_window_clause);
    covet__walk_list(walk, block, select->sort_clause, select->n_sort_clause);
    covet__walk_list(walk, block, select->values_lists, select->n_values_lists);
    const PgQuery__Node *const singles[] = {select->where_clause, select->having_clause,
                                            select->limit_count, select->limit_offset};
    for (size_t i = 0; i < COVET_COUNT(singles); i++)
        if (singles[i] != NULL)
            covet__walk_expression(walk, block, &singles[i]->base);
}

uint32_t covet__walk_select(covet__walk *walk, const PgQuery__SelectStmt *select, uint32_t parent,
                            covet__place place)
{
    const uint32_t block =
        add_block(walk, (covet__block){.parent = parent, .select = select, .place = place});
    if (block == COVET__NODE_NONE)
        return block;
    walk_with(walk, block, select->with_clause);
    if (select->larg != NULL) { /* UNION and its like */
        covet__walk_select(walk, select->larg, block, COVET__PLACE_EXPRESSION);
        covet__walk_select(walk, select->rarg, block, COVET__PLACE_EXPRESSION);
    }
    for (size_t i = 0; i < select->n_from_clause; i++)
        covet__walk_from(walk, block, select->from_clause[i]);
    check_locks(walk, block, select); /* before the subqueries of expressions */
    covet__walk_qual(walk, block, select->where_clause, &(covet__qual_mode){0});
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
    covet__walk_table(walk, block, target, true);
    if (walk->status == COVET_OK)
        walk->facts->target = walk->rels[walk->rel_count - 1].table;
    for (size_t i = 0; i < from_count; i++)
        covet__walk_from(walk, block, from[i]);
    covet__walk_qual(walk, block, where, &(covet__qual_mode){0});
    if (where != NULL)
        covet__walk_expression(walk, block, &where->base);
    covet__walk_list(walk, block, returning, returning_count);
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
        covet__walk_list(walk, 0, s->target_list, s->n_target_list);
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
    covet__walk_table(walk, block, s->relation, true);
    if (walk->status != COVET_OK)
        return;
    walk->facts->target = walk->rels[walk->rel_count - 1].table;
    if (s->select_stmt != NULL)
        covet__walk_select(walk, s->select_stmt->select_stmt, block, COVET__PLACE_EXPRESSION);
    covet__walk_list(walk, block, s->returning_list, s->n_returning_list);
    if (s->on_conflict_clause != NULL) {
        covet__walk_expression(walk, block, &s->on_conflict_clause->base);
        check_set(walk, s->on_conflict_clause->target_list, s->on_conflict_clause->n_target_list);
    }
    if (walk->status == COVET_OK && walk->facts->target != NULL)
        covet__walk_insert(walk, s);
}

static void walk_root(covet__walk *walk, const PgQuery__Node *root)
{
    switch (root->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT: {
        const uint32_t block =
            covet__walk_select(walk, root->select_stmt, COVET__NODE_NONE, COVET__PLACE_FROM);
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

static covet_status walk_all(void *args)
{
    covet__walk *walk = args;
    walk_root(walk, covet__parse_root(walk->parse));
    if (walk->status == COVET_OK)
        covet__walk_moments(walk);
    if (walk->status == COVET_OK)
        covet__graph_conclude(walk);
    if (walk->status == COVET_OK && walk->residual != NULL)
        covet__residual_cut(walk);
    return walk->status;
}

static covet_status walk_statement(covet__walk *walk)
{
    *walk->facts = (covet__facts){0};
    const covet_status status = covet__with_stack(walk->parse->depth, walk_all, walk, walk->err);
    covet__free(walk->rels);
    covet__free(walk->nodes);
    covet__free(walk->edges);
    covet__free(walk->blocks);
    covet__free(walk->ctes);
    return status;
}

covet_status covet__facts_build(const covet__parse *parse, const covet__map *map,
                                const covet__schema *schema, covet__facts *ret_facts,
                                covet_error *err)
{
    covet__walk walk = {
        .parse = parse, .map = map, .schema = schema, .facts = ret_facts, .err = err};
    return walk_statement(&walk);
}

covet_status covet__residual_build(const covet__parse *parse, const covet__map *map,
                                   const covet__schema *schema, const covet__residual_opts *opts,
                                   covet__facts *ret_facts, covet__residual *ret_residual,
                                   covet_error *err)
{
    covet__walk walk = {.parse = parse,
                        .map = map,
                        .schema = schema,
                        .facts = ret_facts,
                        .residual_opts = opts,
                        .residual = ret_residual,
                        .err = err};
    return walk_statement(&walk);
}
