/* shard/parse_from.c - the relations of FROM and their joins (shard/parse_facts_impl.h). */
#include <string.h>

#include "shard/parse_facts_impl.h"

/* ---- FROM ---------------------------------------------------------------------------------- */

static covet__rel *add_rel(covet__walk *walk, uint32_t block, covet__rel rel)
{
    if (!COVET_GROW(walk->rels, walk->rel_capacity, walk->rel_count + 1)) {
        covet__walk_fail(walk, COVET_ENOMEM);
        return NULL;
    }
    covet__block *b = &walk->blocks[block];
    const uint32_t at = (uint32_t)walk->rel_count;
    if (b->rel_last != COVET__NODE_NONE)
        walk->rels[b->rel_last].next = at;
    else
        b->rel_first = at;
    b->rel_last = at;
    rel.block = block;
    rel.next = COVET__NODE_NONE;
    walk->rels[at] = rel;
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

/* FROM posts p (a, b): the first columns by other names. NULL: their own are not known. */
static const covet__relation *rename_columns(covet__walk *walk, const covet__relation *relation,
                                             const PgQuery__Alias *alias)
{
    covet__relation *renamed = covet__walk_alloc(walk, sizeof *renamed);
    covet__column *columns =
        covet__walk_alloc(walk, (relation->column_count + 1) * sizeof *columns);
    if (renamed == NULL || columns == NULL)
        return relation;
    *renamed = *relation;
    renamed->columns = columns;
    for (uint32_t i = 0; i < relation->column_count; i++) {
        columns[i] = relation->columns[i];
        if (i < alias->n_colnames)
            columns[i].name = covet__string_of(alias->colnames[i]);
    }
    return renamed;
}

/* What a table's key is called where its columns have other names. */
static const char *name_of_key(const covet__map_table *table, const covet__relation *own,
                               const covet__relation *named)
{
    if (table == NULL || table->key_column == NULL || own == named)
        return table != NULL ? table->key_column : NULL;
    for (uint32_t i = 0; i < own->column_count; i++)
        if (strcmp(own->columns[i].name, table->key_column) == 0)
            return named->columns[i].name;
    return table->key_column;
}

void covet__walk_table(covet__walk *walk, uint32_t block, const PgQuery__RangeVar *rv, bool target)
{
    uint32_t index = 0;
    const covet__name *name = covet__walk_name_at(walk, rv->location, &index);
    const bool bare = rv->schemaname == NULL || rv->schemaname[0] == '\0';
    const covet__cte *cte = bare && !target ? find_cte(walk, block, rv->relname) : NULL;
    if (name == NULL || name->is_cte != (cte != NULL)) {
        covet__walk_unsupported(walk, "WITH RECURSIVE that names a query before it stands there");
        return;
    }
    if (cte != NULL) {
        /* A recursive reference reads rows that are not in any table. */
        if (cte->query == COVET__NODE_NONE)
            add_rel(walk, block,
                    (covet__rel){.kind = COVET__REL_OTHER,
                                 .name = alias_of(rv->alias, rv->relname),
                                 .alias = rv->alias});
        else
            add_rel(walk, block,
                    (covet__rel){.kind = COVET__REL_QUERY,
                                 .name = alias_of(rv->alias, rv->relname),
                                 .alias = rv->alias,
                                 .query = cte->query});
        return;
    }
    const covet__map_table *table =
        covet__map_find_table(walk->map, bare ? NULL : rv->schemaname, rv->relname);
    count_table(walk, table);
    if (rv->catalogname != NULL && rv->catalogname[0] != '\0' && table != NULL)
        covet__walk_unsupported(walk, "a table's name with its database's before it");
    const bool known = index < walk->schema->relation_count;
    if (known && table == NULL && !walk->schema->relations[index].is_table)
        walk->facts->opaque = true;
    const covet__relation *own = known ? &walk->schema->relations[index] : NULL;
    const covet__relation *columns = own;
    if (rv->alias != NULL && rv->alias->n_colnames > 0 && table != NULL) {
        if (own != NULL && own->column_count > 0)
            columns = rename_columns(walk, own, rv->alias);
        else
            covet__walk_unsupported(walk, "a column alias list on a table that is not known");
    }
    add_rel(walk, block,
            (covet__rel){.kind = COVET__REL_TABLE,
                         .name = alias_of(rv->alias, rv->relname),
                         .aliased = rv->alias != NULL,
                         .table = table,
                         .columns = columns,
                         .key = name_of_key(table, own, columns),
                         .alias = rv->alias,
                         .table_name = name,
                         .only = !rv->inh});
}

/* The column of a join's side that USING means. Not known where a subquery, whose columns
 * are not all seen, may have it. */
static uint32_t column_of_side(covet__walk *walk, uint32_t block, const char *column,
                               uint32_t first, uint32_t end)
{
    uint32_t found = COVET__NODE_NONE;
    for (uint32_t rel = first; rel < end; rel++) {
        if (walk->rels[rel].block != block)
            continue; /* it stands in a subquery */
        const covet__has has = covet__walk_has(walk, rel, column);
        if (has == COVET__HAS_NOT)
            continue;
        const uint32_t node =
            has == COVET__HAS ? covet__walk_column_node(walk, rel, column) : COVET__NODE_NONE;
        if (node == COVET__NODE_NONE)
            return node;
        found = found == COVET__NODE_NONE ? node : covet__graph_merged(walk, found, node);
        if (found == COVET__NODE_NONE)
            return found;
    }
    return found;
}

/* USING and NATURAL: the columns of both sides that have the name. */
static void equal_columns(covet__walk *walk, uint32_t block, const char *column, uint32_t left,
                          uint32_t right, uint32_t end, const covet__qual_mode *mode)
{
    const uint32_t nodes[2] = {column_of_side(walk, block, column, left, right),
                               column_of_side(walk, block, column, right, end)};
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

/* A block's tables, however deep. It has been walked, and what is found once stays: a WITH
 * query may be named by others over and over. */
static bool query_has_distributed(covet__walk *walk, uint32_t query)
{
    if (walk->status != COVET_OK)
        return false;
    if (walk->blocks[query].looked)
        return walk->blocks[query].distributed;
    walk->blocks[query].looked = true;
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        uint32_t block = walk->rels[rel].block;
        while (block != COVET__NODE_NONE && block != query)
            block = walk->blocks[block].parent;
        if (block == query && has_distributed(walk, rel, rel + 1)) {
            walk->blocks[query].distributed = true;
            break;
        }
    }
    return walk->blocks[query].distributed;
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
    covet__walk_from(walk, block, join->larg);
    const uint32_t right = (uint32_t)walk->rel_count;
    covet__walk_from(walk, block, join->rarg);
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
        equal_columns(walk, block, covet__string_of(join->using_clause[i]), left, right, end,
                      &mode);
    if (join->is_natural)
        for (uint32_t rel = left; rel < right; rel++)
            for (uint32_t c = 0;
                 walk->rels[rel].block == block && walk->rels[rel].columns != NULL &&
                 c < walk->rels[rel].columns->column_count;
                 c++)
                equal_columns(walk, block, walk->rels[rel].columns->columns[c].name, left, right,
                              end, &mode);
    covet__walk_qual(walk, block, join->quals, &mode);
    if (join->quals != NULL)
        covet__walk_expression(walk, block, &join->quals->base);
    if (join->join_using_alias != NULL)
        add_rel(walk, block,
                (covet__rel){.kind = COVET__REL_OTHER, .name = join->join_using_alias->aliasname});
    if (join->alias != NULL) /* its columns hide those of both sides */
        covet__walk_unsupported(walk, "an alias on a join");
}

void covet__walk_from(covet__walk *walk, uint32_t block, const PgQuery__Node *item)
{
    if (item == NULL || walk->status != COVET_OK)
        return;
    switch (item->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR:
        covet__walk_table(walk, block, item->range_var, false);
        break;
    case PG_QUERY__NODE__NODE_JOIN_EXPR: walk_join(walk, block, item->join_expr); break;
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT: {
        const PgQuery__RangeSubselect *sub = item->range_subselect;
        const uint32_t query =
            covet__walk_select(walk, sub->subquery->select_stmt, block,
                               sub->lateral ? COVET__PLACE_LATERAL : COVET__PLACE_FROM);
        if (walk->status == COVET_OK && sub->alias != NULL && sub->alias->n_colnames > 0)
            walk->blocks[query].transparent = walk->blocks[query].sharded_groups = false;
        add_rel(walk, block,
                (covet__rel){.kind = COVET__REL_QUERY,
                             .name = alias_of(sub->alias, NULL),
                             .alias = sub->alias,
                             .query = query});
        break;
    }
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
        walk->in_from_function = true;
        covet__walk_expression(walk, block, &item->base);
        walk->in_from_function = false;
        add_rel(walk, block,
                (covet__rel){.kind = COVET__REL_OTHER,
                             .name = alias_of(item->range_function->alias, NULL),
                             .alias = item->range_function->alias});
        break;
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
        covet__walk_unsupported(walk, "TABLESAMPLE");
        break;
    default: covet__walk_unsupported(walk, "this kind of FROM item"); break;
    }
}

/* ---- what outer joins make NULL ------------------------------------------------------------- */

/* Below `node`: -1 not there, 1 on a side whose rows an outer join may make NULL, 0 not. */
static int nullable_in(const PgQuery__Node *node, int location, int nullable)
{
    if (node == NULL)
        return -1;
    if (node->node_case == PG_QUERY__NODE__NODE_RANGE_VAR)
        return node->range_var->location == location ? nullable : -1;
    if (node->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR)
        return -1;
    const PgQuery__JoinExpr *join = node->join_expr;
    const bool full = join->jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL;
    const int left =
        nullable_in(join->larg, location,
                    nullable || full || join->jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT);
    if (left >= 0)
        return left;
    return nullable_in(join->rarg, location,
                       nullable || full || join->jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT);
}

bool covet__walk_is_nullable(const PgQuery__SelectStmt *select, int location)
{
    for (size_t i = 0; i < select->n_from_clause; i++) {
        const int found = nullable_in(select->from_clause[i], location, 0);
        if (found >= 0)
            return found == 1;
    }
    return true; /* not seen: it is not certain */
}
