/*
 * shard/parse_graph.c - equalities of keys, and what follows from them (shard/facts.h).
 */
#include <string.h>

#include "core/types.h"
#include "shard/key_wire.h"
#include "shard/parse_facts_impl.h"

static uint32_t add_node(covet__walk *walk, covet__graph_node node)
{
    if (walk->status != COVET_OK)
        return COVET__NODE_NONE;
    if (!COVET_GROW(walk->nodes, walk->node_capacity, walk->node_count + 1)) {
        covet__walk_fail(walk, COVET_ENOMEM);
        return COVET__NODE_NONE;
    }
    node.parent = (uint32_t)walk->node_count;
    walk->nodes[walk->node_count] = node;
    return (uint32_t)walk->node_count++;
}

uint32_t covet__graph_find(covet__walk *walk, uint32_t node)
{
    while (walk->nodes[node].parent != node)
        node = walk->nodes[node].parent = walk->nodes[walk->nodes[node].parent].parent;
    return node;
}

uint32_t covet__graph_column(covet__walk *walk, uint32_t rel, const char *column, uint32_t type)
{
    for (uint32_t i = 0; i < walk->node_count; i++) {
        const covet__graph_node *n = &walk->nodes[i];
        if (n->is_column && n->rel == rel && strcmp(n->column, column) == 0)
            return i;
    }
    return add_node(
        walk, (covet__graph_node){.rel = rel, .column = column, .type = type, .is_column = true});
}

static bool same_term(const covet__term *a, const covet__term *b)
{
    if (a->kind != b->kind || a->number != b->number || a->i != b->i || a->type != b->type)
        return false;
    return a->text == b->text ||
           (a->text != NULL && b->text != NULL && strcmp(a->text, b->text) == 0);
}

uint32_t covet__graph_term(covet__walk *walk, const covet__term *term)
{
    for (uint32_t i = 0; i < walk->node_count; i++)
        if (walk->nodes[i].has_term && same_term(&walk->nodes[i].term, term))
            return i;
    return add_node(walk, (covet__graph_node){.has_term = true, .term = *term});
}

/* Whether equality of these columns is equality of their keys' encodings. */
static bool same_family(const covet__graph_node *a, const covet__graph_node *b)
{
    if (!a->is_column || !b->is_column)
        return true; /* a value is judged when the key's type meets it */
    const covet_key_type type = covet__key_type_of(a->type);
    return type != COVET_KEY_NONE && type == covet__key_type_of(b->type);
}

void covet__graph_same(covet__walk *walk, uint32_t a, uint32_t b)
{
    if (a == COVET__NODE_NONE || b == COVET__NODE_NONE ||
        !same_family(&walk->nodes[a], &walk->nodes[b]))
        return;
    a = covet__graph_find(walk, a);
    b = covet__graph_find(walk, b);
    if (a == b)
        return;
    covet__graph_node *to = &walk->nodes[a], *from = &walk->nodes[b];
    from->parent = a;
    if (to->list == NULL) {
        to->list = from->list;
        to->list_count = from->list_count;
    }
}

void covet__graph_follow(covet__walk *walk, uint32_t from, uint32_t to, bool weak)
{
    if (from == COVET__NODE_NONE || to == COVET__NODE_NONE || walk->status != COVET_OK ||
        !same_family(&walk->nodes[from], &walk->nodes[to]))
        return;
    if (!COVET_GROW(walk->edges, walk->edge_capacity, walk->edge_count + 1)) {
        covet__walk_fail(walk, COVET_ENOMEM);
        return;
    }
    walk->edges[walk->edge_count++] = (covet__edge){from, to, weak};
}

uint32_t covet__graph_key(covet__walk *walk, uint32_t rel)
{
    const covet__rel *r = &walk->rels[rel];
    if (r->kind != COVET__REL_TABLE || r->table == NULL ||
        r->table->kind != COVET__TABLE_DISTRIBUTED)
        return COVET__NODE_NONE;
    return covet__graph_column(walk, rel, r->key, r->table->key_type);
}

/* Marks every root that `node` is in or follows. `mark` has a byte for each node. */
static void reach(covet__walk *walk, uint32_t node, bool weak_too, unsigned char *mark)
{
    memset(mark, 0, walk->node_count);
    mark[covet__graph_find(walk, node)] = 1;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < walk->edge_count; i++) {
            const covet__edge *edge = &walk->edges[i];
            const uint32_t from = covet__graph_find(walk, edge->from);
            const uint32_t to = covet__graph_find(walk, edge->to);
            if (mark[from] && !mark[to] && (weak_too || !edge->weak))
                mark[to] = more = true;
        }
    }
}

uint32_t covet__graph_merged(covet__walk *walk, uint32_t a, uint32_t b)
{
    unsigned char *mark = covet__walk_alloc(walk, walk->node_count);
    if (walk->status != COVET_OK)
        return COVET__NODE_NONE;
    reach(walk, b, false, mark);
    if (mark[covet__graph_find(walk, a)])
        return a;
    reach(walk, a, false, mark);
    return mark[covet__graph_find(walk, b)] ? b : COVET__NODE_NONE;
}

/* Whether `block` is `around`, or stands in the FROM of it, however deep. */
static bool is_within(const covet__walk *walk, uint32_t block, uint32_t around)
{
    while (block != around) {
        if (block == COVET__NODE_NONE || walk->blocks[block].place == COVET__PLACE_EXPRESSION)
            return false;
        block = walk->blocks[block].parent;
    }
    return true;
}

bool covet__graph_is_anchor(covet__walk *walk, uint32_t block, uint32_t node)
{
    for (uint32_t rel = 0; rel < walk->rel_count; rel++)
        covet__graph_key(walk, rel); /* no node is made below */
    unsigned char *mark = covet__walk_alloc(walk, walk->node_count + 1);
    if (walk->status != COVET_OK)
        return false;
    const uint32_t root = covet__graph_find(walk, node);
    bool is_key = false;
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        const uint32_t key = covet__graph_key(walk, rel);
        if (key == COVET__NODE_NONE || !is_within(walk, walk->rels[rel].block, block))
            continue;
        reach(walk, key, false, mark);
        if (!mark[root])
            return false;
        is_key |= covet__graph_find(walk, key) == root;
    }
    return is_key;
}

/* A query inside another means the same on each shard for its own rows if its relations
 * follow a key of a query around it (then it is asked row by row), or if every query from
 * it outwards hands its rows on as they are. */
static bool is_contained(covet__walk *walk, uint32_t rel, unsigned char *mark)
{
    reach(walk, covet__graph_key(walk, rel), false, mark);
    for (uint32_t block = walk->rels[rel].block; walk->blocks[block].parent != COVET__NODE_NONE;
         block = walk->blocks[block].parent) {
        const covet__block *b = &walk->blocks[block];
        for (uint32_t other = 0; other < walk->rel_count; other++) {
            const uint32_t key = covet__graph_key(walk, other);
            if (key != COVET__NODE_NONE && walk->rels[other].block == b->parent &&
                mark[covet__graph_find(walk, key)])
                return true;
        }
        if (b->place == COVET__PLACE_EXPRESSION || (!b->transparent && !b->sharded_groups))
            return false;
    }
    return true;
}

/* Roots that all keys reach: ANDs the marks of every distributed relation. Keys of several
 * types have nothing in common: '5' is one shard as a text and another one as a number. */
static bool common(covet__walk *walk, bool weak_too, unsigned char *all, unsigned char *mark,
                   const covet__map_table **ret_apart)
{
    memset(all, 1, walk->node_count);
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        const uint32_t key = covet__graph_key(walk, rel);
        if (key == COVET__NODE_NONE)
            continue;
        reach(walk, key, weak_too, mark);
        bool any = false;
        const bool alike =
            covet__key_type_of(walk->nodes[key].type) == covet__key_type_of(walk->facts->key_type);
        for (size_t i = 0; i < walk->node_count && alike; i++) {
            all[i] = all[i] && mark[i];
            any |= all[i];
        }
        if (!any) {
            *ret_apart = walk->rels[rel].table;
            return false;
        }
    }
    return true;
}

static void conclude_value(covet__walk *walk, const unsigned char *all)
{
    for (uint32_t i = 0; i < walk->node_count; i++)
        if (walk->nodes[i].has_term && all[covet__graph_find(walk, i)]) {
            walk->facts->restricted = true;
            walk->facts->key = walk->nodes[i].term;
            return;
        }
}

static void conclude_list(covet__walk *walk, const unsigned char *all)
{
    for (uint32_t i = 0; i < walk->node_count; i++)
        if (all[i] && walk->nodes[i].parent == i && walk->nodes[i].list != NULL) {
            walk->facts->pruned = walk->nodes[i].list;
            walk->facts->pruned_count = walk->nodes[i].list_count;
            return;
        }
}

void covet__graph_conclude(covet__walk *walk)
{
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) /* every key has its node first */
        covet__graph_key(walk, rel);
    if (walk->status != COVET_OK || walk->facts->distributed == 0)
        return;
    unsigned char *all = covet__walk_alloc(walk, walk->node_count);
    unsigned char *mark = covet__walk_alloc(walk, walk->node_count);
    if (walk->status != COVET_OK)
        return;
    const covet__map_table *apart = NULL;
    if (common(walk, false, all, mark, &apart)) {
        conclude_value(walk, all);
        conclude_list(walk, all);
    }
    walk->facts->colocated = common(walk, true, all, mark, &apart);
    for (uint32_t rel = 0; rel < walk->rel_count && walk->facts->colocated; rel++)
        if (covet__graph_key(walk, rel) != COVET__NODE_NONE && !is_contained(walk, rel, mark)) {
            walk->facts->colocated = false;
            apart = walk->rels[rel].table;
        }
    walk->facts->apart = apart != NULL ? apart->name : NULL;
}
