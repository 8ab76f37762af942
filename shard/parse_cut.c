/*
 * shard/parse_cut.c - tables and subqueries become gathers (shard/residual.h).
 *
 * A subquery that reads nothing of the queries around it is gathered as it is, whatever it
 * holds. One that does stays where it is, and its tables are gathered instead: of each the
 * columns and rows that the statement may look at (shard/parse_own.c).
 */
#include <string.h>

#include "shard/parse_residual_impl.h"

#define TOKEN(name) COVET__TOKEN(name)

/* ---- a row by its own names ------------------------------------------------------------------ */

typedef struct row_mention {
    const char *name; /* of the relation */
    bool found;
} row_mention;

/* The relation as a value: its name, or its star anywhere but in a list by itself. */
static bool look_for_row(const ProtobufCMessage *message, void *user)
{
    row_mention *m = user;
    if (COVET__IS(message, res_target)) {
        const PgQuery__Node *value = ((const PgQuery__ResTarget *)message)->val;
        const bool ref = value != NULL && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
        const size_t n = ref ? value->column_ref->n_fields : 0;
        return n == 0 || covet__string_of(value->column_ref->fields[n - 1]) != NULL;
    }
    if (!COVET__IS(message, column_ref))
        return true;
    const PgQuery__ColumnRef *ref = (const PgQuery__ColumnRef *)message;
    const char *last = covet__string_of(ref->fields[ref->n_fields - 1]);
    if (last == NULL && ref->n_fields > 1)
        last = covet__string_of(ref->fields[ref->n_fields - 2]);
    m->found |= last != NULL && strcmp(last, m->name) == 0;
    return false;
}

/* The names in a table's row are its own, whatever its alias calls the columns; those in a
 * row of gathered rows would be the alias's. */
static bool is_row_of_other_names(const covet__cutter *cutter, const covet__rel *rel)
{
    row_mention m = {.name = rel->name};
    if (rel->alias == NULL || rel->alias->n_colnames == 0)
        return false;
    covet__visit(&covet__parse_root(cutter->parse)->base, look_for_row, &m);
    return m.found;
}

/* ---- a table ------------------------------------------------------------------------------- */

/* The columns, and how their text is collated. */
static uint32_t put_columns(covet__cutter *cutter, covet__child *child, const covet__rel *rel,
                            const char **collations)
{
    const bool *mentioned = covet__own_columns(cutter, rel);
    uint32_t count = 0;
    for (uint32_t i = 0; mentioned != NULL && i < rel->columns->column_count; i++) {
        const covet__column *c = &rel->columns->columns[i];
        if (!mentioned[i])
            continue;
        covet__str_add(&child->text, count > 0 ? ", " : "SELECT ");
        covet__str_ident(&child->text, c->name);
        collations[count++] = c->collation;
    }
    if (count == 0) { /* only how many rows there are matters */
        covet__str_add(&child->text, "SELECT ");
        covet__str_ident(&child->text, rel->columns->columns[0].name);
        collations[count++] = rel->columns->columns[0].collation;
    }
    return count;
}

/* posts, posts *, and TABLE posts, which is a query. */
static void put_table(covet__cutter *cutter, const covet__name *name, uint32_t gather)
{
    covet__hole hole = {.start = name->start,
                        .end = name->alias_at,
                        .kind = COVET__HOLE_ROWS,
                        .gather = gather};
    if (name->alias_at == 0) {
        const uint32_t at = covet__token_at(cutter->parse, (int)name->start);
        hole.start = at > 0 ? cutter->parse->tokens[at - 1].start : 0;
        hole.end = name->end;
        hole.kind = COVET__HOLE_QUERY;
    }
    covet__cut_hole(cutter, hole);
    if (name->alias == NULL && name->alias_at != 0) {
        covet__str as = COVET__STR_IN(cutter->arena);
        covet__str_add(&as, " AS ");
        covet__str_ident(&as, name->name);
        covet__cut_text(cutter, (covet__span){name->alias_at, name->alias_at},
                        covet__str_take(&as));
    }
}

static void put_alias(covet__child *child, const covet__rel *rel)
{
    if (rel->table_name->alias == NULL)
        return;
    covet__str_add(&child->text, " AS ");
    covet__str_ident(&child->text, rel->table_name->alias);
    if (rel->alias == NULL || rel->alias->n_colnames == 0)
        return;
    for (uint32_t i = 0; i < rel->columns->column_count; i++) {
        covet__str_add(&child->text, i > 0 ? ", " : " (");
        covet__str_ident(&child->text, rel->columns->columns[i].name);
    }
    covet__str_char(&child->text, ')');
}

static void cut_table(covet__cutter *cutter, uint32_t index)
{
    covet__walk *walk = cutter->walk;
    const covet__rel *rel = &walk->rels[index];
    const covet__name *name = rel->table_name;
    if (rel->columns == NULL || rel->columns->column_count == 0 || name == NULL || rel->only) {
        covet__walk_unsupported(walk, rel->only ? "ONLY" : "a table whose columns are not known");
        return;
    }
    if (is_row_of_other_names(cutter, rel)) {
        covet__walk_unsupported(walk, "a row of a table with a column alias list");
        return;
    }
    covet__child child = covet__child_new(cutter);
    const char **collations =
        covet__walk_alloc(walk, (rel->columns->column_count + 1) * sizeof *collations);
    if (collations == NULL)
        return;
    const uint32_t count = put_columns(cutter, &child, rel, collations);
    covet__str_add(&child.text, " FROM ");
    covet__child_span(&child, (covet__span){name->start, name->end});
    put_alias(&child, rel);
    const uint32_t conditions = covet__own_conditions(cutter, &child, index);
    const uint32_t gather = covet__cut_gather(cutter, &child, false, rel->table->name);
    if (gather == UINT32_MAX)
        return;
    cutter->gathers[gather].collations = collations;
    cutter->gathers[gather].collation_count = count;
    cutter->rel_gathers[index] = gather + 1;
    cutter->cuts[gather].conditions = conditions;
    put_table(cutter, name, gather);
}

/* ---- queries that stand alone -------------------------------------------------------------- */

typedef struct alone_check {
    covet__cutter *cutter;
    uint32_t query;
    bool alone;
} alone_check;

/* An outer relation that may have the column makes it uncertain whose it is. */
static bool may_be_outer(covet__walk *walk, uint32_t query, const PgQuery__ColumnRef *ref)
{
    const size_t n = ref->n_fields;
    const char *column = n > 0 ? covet__string_of(ref->fields[n - 1]) : NULL;
    const char *name = n > 1 ? covet__string_of(ref->fields[n - 2]) : NULL;
    if (n == 1 && column == NULL)
        return false; /* a star is of its own FROM */
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        const covet__rel *r = &walk->rels[rel];
        if (covet__cut_within(walk, r->block, query) || !covet__cut_within(walk, query, r->block))
            continue;
        if (name != NULL ? r->name != NULL && strcmp(r->name, name) == 0
                         : covet__walk_has(walk, rel, column) != COVET__HAS_NOT ||
                               (r->name != NULL && strcmp(r->name, column) == 0))
            return true;
    }
    return false;
}

static void check_alone(void *user, uint32_t block, const PgQuery__ColumnRef *ref)
{
    alone_check *check = user;
    covet__walk *walk = check->cutter->walk;
    uint32_t rel;
    const char *column;
    if (covet__walk_column(walk, block, ref, &rel, &column))
        check->alone &= covet__cut_within(walk, walk->rels[rel].block, check->query);
    else if (may_be_outer(walk, check->query, ref))
        check->alone = false;
}

/* The query is one of a WITH that stands outside `query`. */
static bool is_outer_with(const covet__walk *walk, uint32_t with, uint32_t query)
{
    for (size_t i = 0; i < walk->cte_count; i++)
        if (walk->ctes[i].query == with && !covet__cut_within(walk, walk->ctes[i].block, query))
            return true;
    return false;
}

/* Names of a WITH that stands outside. Recursive ones are told by their names alone. */
static bool reads_outer_with(covet__walk *walk, uint32_t query, covet__span span)
{
    const covet__outline *outline = &walk->parse->outline;
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        const covet__rel *r = &walk->rels[rel];
        if (r->kind == COVET__REL_QUERY && covet__cut_within(walk, r->block, query) &&
            is_outer_with(walk, r->query, query))
            return true;
    }
    for (uint32_t i = 0; i < outline->name_count; i++) {
        const covet__name *name = &outline->names[i];
        if (!name->is_cte || name->start < span.start || name->end > span.end)
            continue;
        bool inside = false;
        for (size_t c = 0; c < walk->cte_count; c++)
            inside |= strcmp(walk->ctes[c].name, name->name) == 0 &&
                      covet__cut_within(walk, walk->ctes[c].block, query);
        if (!inside)
            return true;
    }
    return false;
}

static bool stands_alone(covet__cutter *cutter, uint32_t query, covet__span span)
{
    alone_check check = {cutter, query, true};
    covet__cut_columns(cutter->walk, query, &cutter->walk->blocks[query].select->base, check_alone,
                       &check);
    return check.alone && !reads_outer_with(cutter->walk, query, span);
}

/* A literal or parameter without a type takes one from the other branches of UNION. */
static bool has_bare_values(const PgQuery__SelectStmt *select)
{
    for (size_t i = 0; i < select->n_target_list; i++) {
        const PgQuery__Node *value = select->target_list[i]->res_target->val;
        if (value == NULL || value->node_case == PG_QUERY__NODE__NODE_PARAM_REF)
            return true;
        if (value->node_case == PG_QUERY__NODE__NODE_A_CONST &&
            (value->a_const->isnull || value->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL))
            return true;
    }
    return false;
}

/* Gathers tokens [first, end), a query, as it is. */
static void cut_query(covet__cutter *cutter, uint32_t query, uint32_t first, uint32_t end,
                      bool only_whether, const char *why)
{
    covet__child child = covet__child_new(cutter);
    const covet__span span = covet__tokens_span(cutter->parse, first, end);
    if (cutter->parse->tokens[first].kind == TOKEN(TABLE)) { /* TABLE x */
        covet__str_add(&child.text, "SELECT * FROM ");
        covet__child_tokens(&child, first + 1, end);
    } else {
        covet__child_span(&child, span);
    }
    if (only_whether)
        covet__str_add(&child.text, " LIMIT 1");
    const uint32_t gather = covet__cut_gather(cutter, &child, false, why);
    if (gather == UINT32_MAX)
        return;
    cutter->cuts[gather].is_query = true;
    cutter->query_gathers[query] = gather + 1;
    covet__cut_hole(cutter, (covet__hole){.start = span.start,
                                          .end = span.end,
                                          .kind = COVET__HOLE_QUERY,
                                          .gather = gather});
}

/* EXISTS asks for one row at most. */
static bool is_exists(const covet__cutter *cutter, uint32_t query, uint32_t first)
{
    const covet__parse *parse = cutter->parse;
    const PgQuery__SelectStmt *select = cutter->walk->blocks[query].select;
    return first >= 2 && parse->tokens[first - 2].kind == TOKEN(EXISTS) &&
           select->op == PG_QUERY__SET_OPERATION__SETOP_NONE && select->limit_count == NULL &&
           select->limit_offset == NULL && select->n_values_lists == 0;
}

static bool may_cut_queries(const covet__cutter *cutter)
{
    return !cutter->collated && cutter->opts->level < COVET__RESIDUAL_TABLES;
}

/* Rows without columns cannot travel. */
static bool has_no_columns(const PgQuery__SelectStmt *select)
{
    while (select->larg != NULL) /* the branches of UNION have as many */
        select = select->larg;
    return select->n_values_lists == 0 && select->n_target_list == 0;
}

static bool try_query(covet__cutter *cutter, uint32_t query)
{
    const PgQuery__SelectStmt *select = cutter->walk->blocks[query].select;
    uint32_t first, end;
    if (!may_cut_queries(cutter) || select == NULL || has_no_columns(select) ||
        !covet__brackets_of(cutter->parse, select, &first, &end) ||
        !stands_alone(cutter, query, covet__tokens_span(cutter->parse, first, end)))
        return false;
    cut_query(cutter, query, first, end, is_exists(cutter, query, first), "a subquery");
    return true;
}

static bool try_branch(covet__cutter *cutter, uint32_t query)
{
    const PgQuery__SelectStmt *select = cutter->walk->blocks[query].select;
    uint32_t first, end;
    if (!may_cut_queries(cutter) || has_bare_values(select) || has_no_columns(select) ||
        !covet__branch_of(cutter->parse, select, &first, &end) ||
        !stands_alone(cutter, query, covet__tokens_span(cutter->parse, first, end)))
        return false;
    cut_query(cutter, query, first, end, false, "a branch of UNION, INTERSECT or EXCEPT");
    return true;
}

/* ---- GROUP BY a key ------------------------------------------------------------------------ */

/* The columns that GROUP BY names of a relation. */
static bool groups_by(covet__cutter *cutter, uint32_t block, uint32_t rel, const char *column)
{
    const PgQuery__SelectStmt *s = cutter->walk->blocks[block].select;
    for (size_t i = 0; i < s->n_group_clause; i++) {
        const PgQuery__Node *node = s->group_clause[i];
        uint32_t found;
        const char *name;
        if (node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
            node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
            const int32_t n = node->a_const->ival->ival;
            if (n < 1 || (size_t)n > s->n_target_list)
                continue;
            node = s->target_list[n - 1]->res_target->val;
        }
        if (node != NULL && node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
            covet__walk_column(cutter->walk, block, node->column_ref, &found, &name) &&
            found == rel && strcmp(name, column) == 0)
            return true;
    }
    return false;
}

/* Grouped by its whole primary key, a table's other columns may stand alone. */
static bool groups_by_key(covet__cutter *cutter, uint32_t block, uint32_t rel)
{
    const covet__relation *columns = cutter->walk->rels[rel].columns;
    bool any = false;
    for (uint32_t i = 0; i < columns->column_count; i++) {
        if (!columns->columns[i].primary)
            continue;
        if (!groups_by(cutter, block, rel, columns->columns[i].name))
            return false;
        any = true;
    }
    return any;
}

typedef struct dependents {
    covet__cutter *cutter;
    uint32_t rel;
    const char *column;
    bool found;
    bool row; /* the relation by itself */
} dependents;

static void look_for_column(void *user, uint32_t block, const PgQuery__ColumnRef *ref)
{
    dependents *d = user;
    covet__walk *walk = d->cutter->walk;
    const char *of = walk->rels[d->rel].name;
    uint32_t rel;
    const char *name;
    if (covet__walk_column(walk, block, ref, &rel, &name)) {
        d->found |= rel == d->rel && strcmp(name, d->column) == 0;
        return;
    }
    const char *field = covet__string_of(ref->fields[ref->n_fields - 1]);
    if (field == NULL && ref->n_fields == 1) {
        d->found |= walk->rels[d->rel].block == block;
        return;
    }
    if (field == NULL)
        field = covet__string_of(ref->fields[ref->n_fields - 2]);
    const bool row = field != NULL && of != NULL && strcmp(field, of) == 0;
    d->found |= row;
    d->row |= row;
}

static bool is_used(covet__cutter *cutter, uint32_t block, uint32_t rel, const char *column,
                    bool *row)
{
    const PgQuery__SelectStmt *s = cutter->walk->blocks[block].select;
    dependents d = {.cutter = cutter, .rel = rel, .column = column};
    for (size_t i = 0; i < s->n_target_list; i++)
        covet__cut_columns(cutter->walk, block, &s->target_list[i]->base, look_for_column, &d);
    for (size_t i = 0; i < s->n_sort_clause; i++)
        covet__cut_columns(cutter->walk, block, &s->sort_clause[i]->base, look_for_column, &d);
    for (size_t i = 0; i < s->n_window_clause; i++)
        covet__cut_columns(cutter->walk, block, &s->window_clause[i]->base, look_for_column, &d);
    if (s->having_clause != NULL)
        covet__cut_columns(cutter->walk, block, &s->having_clause->base, look_for_column, &d);
    *row |= d.row;
    return d.found;
}

static void put_dependents(covet__cutter *cutter, uint32_t block, uint32_t rel, covet__str *out)
{
    const covet__rel *r = &cutter->walk->rels[rel];
    const bool *gathered = covet__own_columns(cutter, r);
    bool row = false;
    for (uint32_t i = 0; gathered != NULL && i < r->columns->column_count; i++) {
        const char *name = r->columns->columns[i].name;
        if (!gathered[i] || groups_by(cutter, block, rel, name) ||
            !is_used(cutter, block, rel, name, &row))
            continue;
        covet__str_add(out, ", ");
        covet__str_ident(out, r->name);
        covet__str_char(out, '.');
        covet__str_ident(out, name);
    }
    if (row) {
        covet__str_add(out, ", ");
        covet__str_ident(out, r->name);
        covet__str_add(out, ".*");
    }
}

/* Gathered rows have no key, so the columns that depend on it are grouped by too. */
static void group_dependents(covet__cutter *cutter, uint32_t block)
{
    const covet__walk *walk = cutter->walk;
    const PgQuery__SelectStmt *s = walk->blocks[block].select;
    covet__clauses c;
    covet__str out = COVET__STR_IN(cutter->arena);
    if (s == NULL || s->n_group_clause == 0 || !covet__clauses_of(cutter->parse, s, &c))
        return;
    for (size_t i = 0; i < s->n_group_clause; i++)
        if (s->group_clause[i]->node_case == PG_QUERY__NODE__NODE_GROUPING_SET)
            return;
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        const covet__rel *r = &walk->rels[rel];
        if (r->block != block || r->table == NULL || r->columns == NULL ||
            r->table->kind != COVET__TABLE_DISTRIBUTED || !groups_by_key(cutter, block, rel))
            continue;
        put_dependents(cutter, block, rel, &out);
    }
    const uint32_t at = cutter->parse->tokens[c.having - 1].end;
    if (out.length > 0)
        covet__cut_text(cutter, (covet__span){at, at}, covet__str_take(&out));
}

/* ---- blocks -------------------------------------------------------------------------------- */

static bool is_branch_of(const covet__walk *walk, uint32_t block, uint32_t whole)
{
    const PgQuery__SelectStmt *s = walk->blocks[whole].select;
    const PgQuery__SelectStmt *b = walk->blocks[block].select;
    return s != NULL && b != NULL && (s->larg == b || s->rarg == b);
}

/* What WITH RECURSIVE repeats stays in the residual query; only its start may be cut whole,
 * as a branch. */
static bool is_recursive(const covet__walk *walk, uint32_t query)
{
    for (size_t i = 0; i < walk->cte_count; i++) {
        if (walk->ctes[i].query != query)
            continue;
        const PgQuery__SelectStmt *around = walk->blocks[walk->ctes[i].block].select;
        return around == NULL || around->with_clause == NULL || around->with_clause->recursive;
    }
    return false;
}

void covet__cut_block(covet__cutter *cutter, uint32_t block)
{
    covet__walk *walk = cutter->walk;
    for (uint32_t rel = 0; rel < walk->rel_count && walk->status == COVET_OK; rel++) {
        const covet__rel *r = &walk->rels[rel];
        if (r->block == block && r->kind == COVET__REL_TABLE && r->table != NULL &&
            r->table->kind == COVET__TABLE_DISTRIBUTED)
            cut_table(cutter, rel);
    }
    group_dependents(cutter, block);
    for (uint32_t query = 0; query < walk->block_count && walk->status == COVET_OK; query++) {
        if (walk->blocks[query].parent != block || !covet__cut_has_shards(walk, query))
            continue;
        const bool done = is_branch_of(walk, query, block)
                              ? try_branch(cutter, query)
                              : !is_recursive(walk, query) && try_query(cutter, query);
        if (!done && !covet__cut_groups(cutter, query))
            covet__cut_block(cutter, query);
    }
}
