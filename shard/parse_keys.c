/*
 * shard/parse_keys.c - tables of which only those rows are gathered that another gather has
 * the keys of (shard/residual.h).
 *
 *     SELECT ... FROM users u JOIN posts p ON p.author = u.id WHERE u.name = $1
 *
 * Once the users are gathered, of the posts only those matter whose author is one of them:
 * the posts' gather gets "author" = ANY($n). That holds for t.a = s.b
 *
 *   in a WHERE, and in an inner join's ON, whatever the joins: a row of t without its s
 *       is in no result of them
 *   in an outer join's ON, where t is on the side whose rows may be missing
 *   in USING and NATURAL, which are such an ON; a column that a join below has made of two is
 *       the one of them that it has the value of, if both are of one type
 *   where s is of a query around that of t: the WHERE of a subquery
 *   for t.a IN (SELECT b ...) in a WHERE
 *
 * and only for columns of one plain built-in type and the database's collation, so that = ANY is
 * the same equality. A gather gives keys if it has conditions of its own, or has got keys.
 */
#include <string.h>

#include "core/types.h"
#include "shard/parse_residual_impl.h"

enum {
    LINKS_MAX = 256,
    WEIGHT = 1000,
    NAMED_MAX = 32, /* relations of a statement of which USING and NATURAL are looked at */
};

/* Of `target` only the rows matter whose column is one of the source's. */
typedef struct key_link {
    uint32_t target; /* gathers */
    uint32_t source;
    const char *column;
    const char *name; /* of the source's column */
    uint32_t type;
} key_link;

typedef struct key_finder {
    covet__cutter *cutter;
    key_link links[LINKS_MAX];
    uint32_t count;
    uint32_t weights[COVET__GATHERS_MAX];
} key_finder;

/* Relations that are on the side of an outer join whose rows may be missing, by their place
 * in the text; what a join's ON may narrow. */
typedef struct key_side {
    const PgQuery__Node *node; /* NULL: all */
} key_side;

/* ---- which gather -------------------------------------------------------------------------- */

static uint32_t gather_of_rel(const covet__cutter *cutter, uint32_t rel)
{
    const covet__rel *r = &cutter->walk->rels[rel];
    if (r->kind == COVET__REL_TABLE)
        return cutter->rel_gathers[rel] - 1;
    if (r->kind == COVET__REL_QUERY && (r->alias == NULL || r->alias->n_colnames == 0))
        return cutter->query_gathers[r->query] - 1;
    return UINT32_MAX;
}

/* One that stands in several places may be narrowed in none. */
static uint32_t gather_to_narrow(const covet__cutter *cutter, uint32_t rel)
{
    const uint32_t gather = cutter->rel_gathers[rel] - 1;
    return gather != UINT32_MAX && cutter->cuts[gather].uses == 1 ? gather : UINT32_MAX;
}

/* ---- conditions ---------------------------------------------------------------------------- */

static bool is_in(const PgQuery__Node *node, int location)
{
    if (node == NULL)
        return false;
    if (node->node_case == PG_QUERY__NODE__NODE_RANGE_VAR)
        return node->range_var->location == location;
    return node->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR &&
           (is_in(node->join_expr->larg, location) || is_in(node->join_expr->rarg, location));
}

/* Of a type that arrays are made of, which those of arrays and users' types may not be. */
const covet__column *covet__cut_plain_column(const covet__rel *rel, const char *name)
{
    const covet__column *c =
        rel->kind == COVET__REL_TABLE ? covet__walk_find_column(rel, name) : NULL;
    return c != NULL && covet__type_is_known(c->type) && c->collation == NULL ? c : NULL;
}

static bool are_alike(const covet__walk *walk, uint32_t t, const char *column, uint32_t s,
                      const char *name)
{
    const covet__column *a = covet__cut_plain_column(&walk->rels[t], column);
    const covet__column *b = covet__cut_plain_column(&walk->rels[s], name);
    return a != NULL && b != NULL && a->type == b->type;
}

static void add_link(key_finder *f, key_link link)
{
    if (f->count < LINKS_MAX && link.source != UINT32_MAX && link.source != link.target)
        f->links[f->count++] = link;
}

/* Narrows relation t by its column, if it may be. The types of a subquery's columns are known
 * when it is described. */
static void link_columns(key_finder *f, uint32_t t, const char *column, uint32_t s,
                         const char *name)
{
    covet__walk *walk = f->cutter->walk;
    if (walk->rels[t].kind != COVET__REL_TABLE || t == s)
        return;
    const uint32_t target = gather_to_narrow(f->cutter, t);
    const covet__column *c = covet__cut_plain_column(&walk->rels[t], column);
    if (target == UINT32_MAX || c == NULL ||
        (walk->rels[s].kind == COVET__REL_TABLE && !are_alike(walk, t, column, s, name)))
        return;
    add_link(f, (key_link){.target = target,
                           .source = gather_of_rel(f->cutter, s),
                           .column = c->name,
                           .name = covet__walk_keep(walk, name),
                           .type = c->type});
}

/* A column by itself, of the type that the table gives it. */
static bool column_at(covet__walk *walk, uint32_t block, const PgQuery__Node *node,
                      uint32_t *ret_rel, const char **ret_name)
{
    return node != NULL && node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
           covet__walk_column(walk, block, node->column_ref, ret_rel, ret_name) &&
           (node->column_ref->n_fields > 1 ||
            covet__own_is_merged_alike(walk, walk->rels[*ret_rel].block, *ret_rel, *ret_name));
}

/* Narrows the left one of both columns, if it may be. */
static void narrow(key_finder *f, uint32_t block, const key_side *side, const PgQuery__Node *left,
                   const PgQuery__Node *right)
{
    covet__walk *walk = f->cutter->walk;
    uint32_t t, s;
    const char *column, *name;
    if (!column_at(walk, block, left, &t, &column) || !column_at(walk, block, right, &s, &name) ||
        walk->rels[t].block != block)
        return;
    if (side->node == NULL || (walk->rels[t].kind == COVET__REL_TABLE &&
                               is_in(side->node, (int)walk->rels[t].table_name->start)))
        link_columns(f, t, column, s, name);
}

/* t.a IN (SELECT b ...) */
static void narrow_in(key_finder *f, uint32_t block, const PgQuery__SubLink *link)
{
    covet__walk *walk = f->cutter->walk;
    uint32_t t;
    const char *column;
    if (link->sub_link_type != PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK || link->n_oper_name > 0 ||
        link->subselect == NULL || link->subselect->node_case != PG_QUERY__NODE__NODE_SELECT_STMT ||
        !column_at(walk, block, link->testexpr, &t, &column) || walk->rels[t].block != block ||
        walk->rels[t].kind != COVET__REL_TABLE)
        return;
    const uint32_t target = gather_to_narrow(f->cutter, t);
    const uint32_t query = covet__cut_block_of(walk, link->subselect->select_stmt);
    const covet__column *c = covet__cut_plain_column(&walk->rels[t], column);
    if (target != UINT32_MAX && c != NULL)
        add_link(f, (key_link){.target = target,
                               .source = query == COVET__NODE_NONE
                                             ? UINT32_MAX
                                             : f->cutter->query_gathers[query] - 1,
                               .column = c->name,
                               .name = NULL, /* its only one */
                               .type = c->type});
}

static void look_at(key_finder *f, uint32_t block, const key_side *side, const PgQuery__Node *qual)
{
    if (qual == NULL)
        return;
    if (qual->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
        qual->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        for (size_t i = 0; i < qual->bool_expr->n_args; i++)
            look_at(f, block, side, qual->bool_expr->args[i]);
    } else if (qual->node_case == PG_QUERY__NODE__NODE_A_EXPR &&
               qual->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP &&
               covet__walk_is_equals(qual->a_expr)) {
        narrow(f, block, side, qual->a_expr->lexpr, qual->a_expr->rexpr);
        narrow(f, block, side, qual->a_expr->rexpr, qual->a_expr->lexpr);
    } else if (qual->node_case == PG_QUERY__NODE__NODE_SUB_LINK && side->node == NULL) {
        narrow_in(f, block, qual->sub_link);
    }
}

/* ---- USING and NATURAL --------------------------------------------------------------------- */

/* An item of FROM, and the first of its relations: they follow in the order of the text. */
typedef struct key_item {
    const PgQuery__Node *node;
    uint32_t first;
} key_item;

static uint32_t next_rel(const key_finder *f, uint32_t rel)
{
    return rel != COVET__NODE_NONE ? f->cutter->walk->rels[rel].next : rel;
}

/* The relation whose column is that of the item by a name, in each of its rows; *at goes behind
 * the item's last relation. PERHAPS: it cannot be told. */
static covet__has column_of(key_finder *f, const PgQuery__Node *item, const char *name,
                            uint32_t *at, uint32_t *ret_rel)
{
    covet__walk *walk = f->cutter->walk;
    uint32_t right = COVET__NODE_NONE;
    if (*at == COVET__NODE_NONE || item == NULL)
        return COVET__HAS_PERHAPS;
    if (item->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR) {
        *ret_rel = *at;
        *at = next_rel(f, *at);
        return covet__walk_has(walk, *ret_rel, name);
    }
    const PgQuery__JoinExpr *join = item->join_expr;
    const covet__has in_left = column_of(f, join->larg, name, at, ret_rel);
    const covet__has in_right = column_of(f, join->rarg, name, at, &right);
    if (join->join_using_alias != NULL)
        *at = next_rel(f, *at);
    if (in_left == COVET__HAS_PERHAPS || in_right == COVET__HAS_PERHAPS)
        return COVET__HAS_PERHAPS;
    if (in_left == COVET__HAS && in_right == COVET__HAS &&
        (join->jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL ||
         !are_alike(walk, *ret_rel, name, right, name)))
        return COVET__HAS_PERHAPS;
    if (in_left == COVET__HAS_NOT ||
        (in_right == COVET__HAS && join->jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT)) {
        *ret_rel = right;
        return in_right;
    }
    return in_left;
}

static void look_at_name(key_finder *f, PgQuery__JoinType type, key_item left, key_item right,
                         const char *name)
{
    uint32_t l, r;
    if (name == NULL || column_of(f, left.node, name, &left.first, &l) != COVET__HAS ||
        column_of(f, right.node, name, &right.first, &r) != COVET__HAS)
        return;
    if (type == PG_QUERY__JOIN_TYPE__JOIN_INNER || type == PG_QUERY__JOIN_TYPE__JOIN_LEFT)
        link_columns(f, r, name, l, name);
    if (type == PG_QUERY__JOIN_TYPE__JOIN_INNER || type == PG_QUERY__JOIN_TYPE__JOIN_RIGHT)
        link_columns(f, l, name, r, name);
}

/* NATURAL means each name that both sides have. */
static void look_at_names(key_finder *f, const PgQuery__JoinExpr *join, uint32_t left,
                          uint32_t right, uint32_t end)
{
    const covet__walk *walk = f->cutter->walk;
    const key_item items[2] = {{join->larg, left}, {join->rarg, right}};
    if (walk->rel_count > NAMED_MAX)
        return;
    for (size_t i = 0; i < join->n_using_clause; i++)
        look_at_name(f, join->jointype, items[0], items[1],
                     covet__string_of(join->using_clause[i]));
    for (uint32_t rel = left; join->is_natural && rel != end; rel = walk->rels[rel].next)
        for (uint32_t i = 0;
             walk->rels[rel].columns != NULL && i < walk->rels[rel].columns->column_count; i++)
            look_at_name(f, join->jointype, items[0], items[1],
                         walk->rels[rel].columns->columns[i].name);
}

/* ---- joins --------------------------------------------------------------------------------- */

/* *rel is the item's first relation, and then the one behind it. */
static void look_at_joins(key_finder *f, uint32_t block, const PgQuery__Node *item, uint32_t *rel)
{
    if (item == NULL || item->node_case != PG_QUERY__NODE__NODE_JOIN_EXPR) {
        *rel = next_rel(f, *rel);
        return;
    }
    const PgQuery__JoinExpr *join = item->join_expr;
    const uint32_t left = *rel;
    key_side side = {NULL};
    look_at_joins(f, block, join->larg, rel);
    const uint32_t right = *rel;
    look_at_joins(f, block, join->rarg, rel);
    look_at_names(f, join, left, right, *rel);
    if (join->join_using_alias != NULL)
        *rel = next_rel(f, *rel);
    switch (join->jointype) {
    case PG_QUERY__JOIN_TYPE__JOIN_INNER: break;
    case PG_QUERY__JOIN_TYPE__JOIN_LEFT: side.node = join->rarg; break;
    case PG_QUERY__JOIN_TYPE__JOIN_RIGHT: side.node = join->larg; break;
    default: return;
    }
    look_at(f, block, &side, join->quals);
}

/* ---- who narrows whom ---------------------------------------------------------------------- */

/* The link whose source promises the fewest rows, if that is fewer than the target does. */
static const key_link *best_link(const key_finder *f, uint32_t target)
{
    const key_link *best = NULL;
    for (uint32_t i = 0; i < f->count; i++) {
        const key_link *link = &f->links[i];
        if (link->target == target && f->weights[link->source] > f->weights[target] &&
            (best == NULL || f->weights[link->source] > f->weights[best->source]))
            best = link;
    }
    return best;
}

static void put_keys(key_finder *f, const key_link *link)
{
    covet__gather *gather = &f->cutter->gathers[link->target];
    const covet__cut *cut = &f->cutter->cuts[link->target];
    const char *tail = cut->tail != NULL ? cut->tail : "";
    covet__str text = COVET__STR_IN(f->cutter->arena);
    covet__str_bytes(&text, gather->text, strlen(gather->text) - strlen(tail));
    covet__str_add(&text, cut->conditions > 0 || cut->has_where ? " AND " : " WHERE ");
    if (cut->key != NULL)
        covet__str_add(&text, cut->key);
    else
        covet__str_ident(&text, link->column);
    covet__str_printf(&text, " = ANY ($%u)%s", gather->param_count + 1, tail);
    gather->keyed_text = covet__str_take(&text);
    gather->keys_from = link->source;
    gather->keys_name = link->name;
    gather->keys_type = link->type;
    if (gather->keyed_text == NULL)
        covet__walk_fail(f->cutter->walk, COVET_ENOMEM);
}

/* Keys go from the higher weight to the lower one, and what is given weighs less than its
 * source: no gather waits for itself. */
static void choose(key_finder *f)
{
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < f->cutter->gather_count; i++) {
            const key_link *link =
                f->cutter->gathers[i].keyed_text == NULL ? best_link(f, i) : NULL;
            if (link == NULL || f->weights[link->source] < 2)
                continue;
            put_keys(f, link);
            f->weights[i] = COVET_MAX(f->weights[i], f->weights[link->source] - 1);
            more = f->cutter->walk->status == COVET_OK;
        }
    }
}

/* Groups by a key that one table asks for (shard/parse_groups.c). */
static void link_groups(key_finder *f)
{
    for (uint32_t i = 0; i < f->cutter->gather_count; i++) {
        const covet__cut *cut = &f->cutter->cuts[i];
        if (cut->key != NULL && cut->grouped == cut->uses)
            add_link(f, (key_link){.target = i,
                                   .source = gather_of_rel(f->cutter, cut->key_rel),
                                   .column = cut->key,
                                   .name = covet__walk_keep(f->cutter->walk, cut->key_name),
                                   .type = cut->key_type});
    }
}

void covet__cut_keys(covet__cutter *cutter)
{
    covet__walk *walk = cutter->walk;
    key_finder *f = covet__walk_alloc(walk, sizeof *f);
    const key_side all = {NULL};
    if (f == NULL)
        return;
    f->cutter = cutter;
    for (uint32_t i = 0; i < cutter->gather_count; i++)
        f->weights[i] = cutter->cuts[i].is_query ? WEIGHT / 2 : WEIGHT * cutter->cuts[i].conditions;
    for (uint32_t block = 0; block < walk->block_count; block++) {
        const PgQuery__SelectStmt *s = walk->blocks[block].select;
        if (s == NULL)
            continue;
        look_at(f, block, &all, s->where_clause);
        uint32_t rel = walk->blocks[block].rel_first;
        for (size_t i = 0; i < s->n_from_clause; i++)
            look_at_joins(f, block, s->from_clause[i], &rel);
    }
    link_groups(f);
    choose(f);
}
