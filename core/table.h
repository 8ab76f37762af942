/*
 * core/table.h - internal: a hash table whose nodes live in the items.
 *
 * Chained, doubling at load 1. The table stores hashes and links only; what an
 * item is and whether two are equal is the caller's, who walks the candidates:
 *
 *     for (covet__node *n = covet__table_find(&t, hash); n; n = covet__table_next(n))
 *         if (same(COVET_CONTAINER(n, plan, node), key)) ...
 */
#ifndef COVET_CORE_TABLE_H
#define COVET_CORE_TABLE_H

#include "core/macros.h"

typedef struct covet__node {
    struct covet__node *next;
    uint64_t hash;
} covet__node;

typedef struct covet__table {
    covet__node **buckets; /* NULL until the first insert */
    size_t mask;
    size_t count;
} covet__table;

void covet__table_free(covet__table *table); /* the buckets; items are their owner's */
covet_status covet__table_insert(covet__table *table, covet__node *node, uint64_t hash);
void covet__table_remove(covet__table *table, covet__node *node);

static inline covet__node *covet__table_skip(covet__node *node, uint64_t hash)
{
    while (node != NULL && node->hash != hash)
        node = node->next;
    return node;
}

/* The first node with this hash, or NULL. */
static inline covet__node *covet__table_find(const covet__table *table, uint64_t hash)
{
    return table->buckets != NULL ? covet__table_skip(table->buckets[hash & table->mask], hash)
                                  : NULL;
}

/* The next node with the same hash, or NULL. */
static inline covet__node *covet__table_next(const covet__node *node)
{
    return covet__table_skip(node->next, node->hash);
}

#endif
