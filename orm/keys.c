#include <string.h>

#include "core/hash.h"
#include "orm/keys.h"

/* The place of a key, or the free one where it would be. At most half of them are taken. */
static size_t *place_of(const covet__keys *keys, int64_t key)
{
    size_t at = (size_t)covet__mix64((uint64_t)key) & (keys->place_count - 1);
    while (keys->places[at] != 0 && keys->keys[keys->places[at] - 1] != key)
        at = (at + 1) & (keys->place_count - 1);
    return &keys->places[at];
}

static bool grow(covet__keys *keys)
{
    const size_t capacity = keys->capacity == 0 ? 16 : keys->capacity * 2;
    int64_t *grown = covet_arena_alloc(keys->arena, capacity * sizeof *grown);
    size_t *places = covet_arena_alloc(keys->arena, capacity * 2 * sizeof *places);
    if (grown == NULL || places == NULL)
        return false;
    if (keys->count > 0)
        memcpy(grown, keys->keys, keys->count * sizeof *grown);
    memset(places, 0, capacity * 2 * sizeof *places);
    keys->keys = grown;
    keys->capacity = capacity;
    keys->places = places;
    keys->place_count = capacity * 2;
    for (size_t i = 0; i < keys->count; i++)
        *place_of(keys, grown[i]) = i + 1;
    return true;
}

bool covet__keys_add(covet__keys *keys, int64_t key)
{
    if (keys->count == keys->capacity && !grow(keys))
        return false;
    size_t *place = place_of(keys, key);
    if (*place == 0) {
        keys->keys[keys->count] = key;
        *place = ++keys->count;
    }
    return true;
}

size_t covet__keys_find(const covet__keys *keys, int64_t key)
{
    return keys->count > 0 ? *place_of(keys, key) - 1 : SIZE_MAX;
}
