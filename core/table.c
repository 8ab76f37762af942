#include <assert.h>

#include "core/mem.h"
#include "core/table.h"

enum { BUCKETS_MIN = 16 };

void covet__table_free(covet__table *table)
{
    covet__free(table->buckets);
    *table = (covet__table){0};
}

static bool resize(covet__table *table, size_t buckets)
{
    covet__node **grown = covet__zalloc(buckets * sizeof(covet__node *));
    if (grown == NULL)
        return false;
    for (size_t i = 0; table->buckets != NULL && i <= table->mask; i++)
        for (covet__node *n = table->buckets[i], *next; n != NULL; n = next) {
            next = n->next;
            n->next = grown[n->hash & (buckets - 1)];
            grown[n->hash & (buckets - 1)] = n;
        }
    covet__free(table->buckets);
    table->buckets = grown;
    table->mask = buckets - 1;
    return true;
}

covet_status covet__table_insert(covet__table *table, covet__node *node, uint64_t hash)
{
    const size_t buckets = table->buckets != NULL ? table->mask + 1 : 0;
    if (table->count >= buckets && !resize(table, buckets != 0 ? buckets * 2 : BUCKETS_MIN) &&
        buckets == 0)
        return COVET_ENOMEM; /* a table that has buckets only gets slower */
    node->hash = hash;
    node->next = table->buckets[hash & table->mask];
    table->buckets[hash & table->mask] = node;
    table->count++;
    return COVET_OK;
}

void covet__table_remove(covet__table *table, covet__node *node)
{
    covet__node **at = &table->buckets[node->hash & table->mask];
    while (*at != NULL && *at != node)
        at = &(*at)->next;
    assert(*at == node);
    *at = node->next;
    node->next = NULL;
    table->count--;
}
