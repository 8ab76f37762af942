/*
 * core/prepared.h - internal: which statements one connection has prepared.
 *
 * An LRU of statement ids. A statement is only SEEN at its first use and gets a name
 * at its second, so that what is used once costs the server nothing. Bounded twice:
 * by the number of ids and by the server's memory, about 28 kB for a statement of
 * 300 bytes (measured on PostgreSQL 15), hence 20 kB + 24 times its length.
 *
 * It is asked once for every statement sent, over as many ids as there are shards times
 * shapes: an open-addressed table whose slots are all there is of an id, so that a lookup
 * reads one cache line. A use moves its id to the front only if it has fallen behind by a
 * quarter of the ids, which keeps it from ever being the oldest.
 *
 * Pure: says what to do, sends nothing.
 */
#ifndef COVET_CORE_PREPARED_H
#define COVET_CORE_PREPARED_H

#include "core/hash.h"
#include "core/macros.h"

typedef enum covet__prepared_state {
    COVET__PREPARED_NONE = 0, /* an empty slot */
    COVET__PREPARED_SEEN,     /* used once, has no name */
    COVET__PREPARED_NAMED,    /* Parse has been sent, and nothing has contradicted it */
} covet__prepared_state;

typedef struct covet__prepared {
    uint64_t id;
    uint32_t newer, older; /* slots; UINT32_MAX at the ends */
    uint32_t serial;       /* the name is covet_<serial> */
    uint32_t bytes;
    uint32_t stamp; /* of its last move to the front */
    covet__prepared_state state;
} covet__prepared;

typedef struct covet__prepared_set {
    covet__prepared *slots; /* at most half of them are used; NULL until the first use */
    uint32_t mask;
    uint32_t count;
    uint32_t newest, oldest;
    uint32_t uses;
    uint32_t count_max;
    size_t bytes_max;
    size_t bytes;
    uint32_t serials;
    uint32_t *dropped; /* serials whose names the server still has to forget */
    size_t dropped_count;
    size_t dropped_capacity;
} covet__prepared_set;

void covet__prepared_init(covet__prepared_set *set, uint32_t count_max, size_t bytes_max);
void covet__prepared_free(covet__prepared_set *set);

typedef enum covet__prepared_use {
    COVET__USE_UNNAMED = 0, /* parse and execute without a name */
    COVET__USE_PREPARE,     /* prepare under `serial`, then execute it */
    COVET__USE_NAMED,       /* execute `serial` */
} covet__prepared_use;

/* How to execute the statement now; remembers the use and makes room. Id 0 has no name
 * ever. */
covet__prepared_use covet__prepared_touch(covet__prepared_set *set, uint64_t id, const char *text,
                                          uint32_t *ret_serial);

/* The statement will be touched soon: its cache line is fetched meanwhile. */
static inline void covet__prepared_expect(const covet__prepared_set *set, uint64_t id)
{
    if (set->slots != NULL)
        __builtin_prefetch(&set->slots[covet__mix64(id) & set->mask]);
}

/* The server does not have it, or has it wrong: the next use prepares it under a new
 * name. `exists`: the old name still stands there. */
void covet__prepared_forget(covet__prepared_set *set, uint64_t id, bool exists);

/* Takes one serial whose name is to be deallocated; false if there is none. */
bool covet__prepared_next_drop(covet__prepared_set *set, uint32_t *ret_serial);
/* The deallocation did not happen: it is due again. */
void covet__prepared_drop_again(covet__prepared_set *set, uint32_t serial);

#endif
