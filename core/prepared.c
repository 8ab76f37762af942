#include <string.h>

#include "core/prepared.h"

#include "core/hash.h"
#include "core/mem.h"

enum { BYTES_BASE = 20 * 1024, BYTES_PER_CHARACTER = 24 };

void covet__prepared_init(covet__prepared_set *set, uint32_t count_max, size_t bytes_max)
{
    *set = (covet__prepared_set){.count_max = count_max, .bytes_max = bytes_max};
    covet__list_init(&set->lru);
}

static void discard(covet__prepared_set *set, covet__prepared *p)
{
    covet__list_remove(&p->lru);
    covet__table_remove(&set->table, &p->node);
    if (p->state == COVET__PREPARED_NAMED)
        set->bytes -= p->bytes;
    covet__free(p);
}

void covet__prepared_free(covet__prepared_set *set)
{
    while (!covet__list_empty(&set->lru))
        discard(set, COVET_CONTAINER(set->lru.next, covet__prepared, lru));
    covet__table_free(&set->table);
    covet__free(set->dropped);
    *set = (covet__prepared_set){0};
    covet__list_init(&set->lru);
}

static covet__prepared *find(const covet__prepared_set *set, uint64_t id)
{
    /* covet__mix64 is a bijection: equal hashes are equal ids. */
    covet__node *node = covet__table_find(&set->table, covet__mix64(id));
    return node != NULL ? COVET_CONTAINER(node, covet__prepared, node) : NULL;
}

void covet__prepared_drop_again(covet__prepared_set *set, uint32_t serial)
{
    /* Without memory the name stays in the server until the connection ends, which
     * the pool's limit on a connection's life bounds. */
    if (COVET_GROW(set->dropped, set->dropped_capacity, set->dropped_count + 1))
        set->dropped[set->dropped_count++] = serial;
}

bool covet__prepared_next_drop(covet__prepared_set *set, uint32_t *ret_serial)
{
    if (set->dropped_count == 0)
        return false;
    *ret_serial = set->dropped[--set->dropped_count];
    return true;
}

static void evict_oldest(covet__prepared_set *set)
{
    covet__prepared *p = COVET_CONTAINER(set->lru.next, covet__prepared, lru);
    if (p->state == COVET__PREPARED_NAMED)
        covet__prepared_drop_again(set, p->serial);
    discard(set, p);
}

static covet__prepared *add(covet__prepared_set *set, uint64_t id, size_t text_length)
{
    while (set->table.count >= set->count_max)
        evict_oldest(set);
    covet__prepared *p = covet__alloc(sizeof *p);
    if (p == NULL)
        return NULL;
    const size_t bytes = BYTES_BASE + text_length * BYTES_PER_CHARACTER;
    *p = (covet__prepared){.id = id, .bytes = (uint32_t)COVET_MIN(bytes, (size_t)UINT32_MAX)};
    if (covet__table_insert(&set->table, &p->node, covet__mix64(id)) != COVET_OK) {
        covet__free(p);
        return NULL;
    }
    covet__list_append(&set->lru, &p->lru);
    return p;
}

covet__prepared_use covet__prepared_touch(covet__prepared_set *set, uint64_t id, const char *text,
                                          uint32_t *ret_serial)
{
    if (id == 0 || set->count_max == 0)
        return COVET__USE_UNNAMED;
    covet__prepared *p = find(set, id);
    if (p == NULL) {
        add(set, id, strlen(text));
        return COVET__USE_UNNAMED;
    }
    covet__list_remove(&p->lru);
    covet__list_append(&set->lru, &p->lru);
    if (p->state == COVET__PREPARED_NAMED) {
        *ret_serial = p->serial;
        return COVET__USE_NAMED;
    }
    if (p->bytes > set->bytes_max)
        return COVET__USE_UNNAMED;
    while (set->bytes + p->bytes > set->bytes_max)
        evict_oldest(set); /* ends: p is the newest, and fits alone */
    p->state = COVET__PREPARED_NAMED;
    p->serial = ++set->serials;
    set->bytes += p->bytes;
    *ret_serial = p->serial;
    return COVET__USE_PREPARE;
}

void covet__prepared_forget(covet__prepared_set *set, uint64_t id, bool exists)
{
    covet__prepared *p = find(set, id);
    if (p == NULL || p->state != COVET__PREPARED_NAMED)
        return;
    if (exists)
        covet__prepared_drop_again(set, p->serial);
    p->state = COVET__PREPARED_SEEN;
    set->bytes -= p->bytes;
}
