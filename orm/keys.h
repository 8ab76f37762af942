/*
 * orm/keys.h - internal: integers, each once, in the order in which they came.
 */
#ifndef COVET_ORM_KEYS_H
#define COVET_ORM_KEYS_H

#include <covet/core/arena.h>

typedef struct covet__keys {
    covet_arena *arena;
    int64_t *keys;
    size_t count, capacity;
    size_t *places; /* by hash: 1 + index; 0: free */
    size_t place_count;
} covet__keys;

/* Does nothing to one that is there. False: no memory. */
bool covet__keys_add(covet__keys *keys, int64_t key);
/* Its index; SIZE_MAX if it is not there. */
size_t covet__keys_find(const covet__keys *keys, int64_t key);

#endif
