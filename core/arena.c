#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include <covet/core/arena.h>

#include "core/fail.h"
#include "core/mem.h"
#include "core/pin.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

/*
 * blocks: first -> ... -> current -> ... (kept by the last reset, empty)
 * A request that does not fit goes to the next kept block that is large enough,
 * or to a new block behind the current one. Sizes double up to BLOCK_MAX, so the
 * number of blocks is logarithmic in the bytes asked for until then.
 */
enum { BLOCK_MIN = 1024, BLOCK_MAX = 256 * 1024, ALIGN = alignof(max_align_t) };

typedef struct block {
    struct block *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) char data[];
} block;

typedef struct deferred {
    struct deferred *next;
    void (*release)(void *what);
    void *what;
} deferred;

struct covet_arena {
    deferred *deferred; /* in the arena's own blocks */
    block *first;
    block *current;
    size_t held;
    size_t limit;
    size_t next_size;
    /* The owner, and each operation that works in it; the last one takes it down. An operation
     * lets go on the loop's thread, when its callback has long told the owner's. */
    atomic_uint holders;
};

covet_status covet_arena_new(size_t limit, covet_arena **ret_arena, covet_error *err)
{
    if (ret_arena == NULL)
        return covet__fail(err, COVET_EINVAL, "arena: ret_arena is NULL");
    covet_arena *arena = covet__alloc(sizeof *arena);
    if (arena == NULL)
        return covet__fail(err, COVET_ENOMEM, "arena: out of memory");
    *arena = (covet_arena){.limit = limit, .next_size = BLOCK_MIN};
    atomic_init(&arena->holders, 1);
    *ret_arena = arena;
    return COVET_OK;
}

static void run_deferred(covet_arena *arena)
{
    for (deferred *d = COVET_TAKE(arena->deferred); d != NULL; d = d->next)
        d->release(d->what);
}

static void destroy(covet_arena *arena)
{
    run_deferred(arena);
    for (block *b = arena->first, *next; b != NULL; b = next) {
        next = b->next;
        ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
        covet__free(b);
    }
    covet__free(arena);
}

static void let_go(covet_arena *arena)
{
    const unsigned before = atomic_fetch_sub_explicit(&arena->holders, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        destroy(arena);
}

void covet_arena_free(covet_arena *arena)
{
    if (arena != NULL)
        let_go(arena);
}

covet_status covet_arena_reset(covet_arena *arena)
{
    if (arena == NULL)
        return COVET_EINVAL;
    if (atomic_load_explicit(&arena->holders, memory_order_acquire) > 1)
        return COVET_EBUSY;
    run_deferred(arena);
    for (block *b = arena->first; b != NULL; b = b->next) {
        b->used = 0;
        ASAN_POISON_MEMORY_REGION(b->data, b->size);
    }
    arena->current = arena->first;
    return COVET_OK;
}

bool covet__arena_defer(covet_arena *arena, void (*release)(void *what), void *what)
{
    deferred *d = covet_arena_alloc(arena, sizeof *d);
    if (d == NULL)
        return false;
    *d = (deferred){.next = arena->deferred, .release = release, .what = what};
    arena->deferred = d;
    return true;
}

void covet__arena_pin(covet_arena *arena)
{
    atomic_fetch_add_explicit(&arena->holders, 1, memory_order_relaxed);
}

void covet__arena_unpin(covet_arena *arena) { let_go(arena); }

static block *add_block(covet_arena *arena, size_t need)
{
    size_t size = COVET_MAX(arena->next_size, need);
    if (arena->limit != 0) {
        const size_t left = arena->limit > arena->held ? arena->limit - arena->held : 0;
        if (need > left)
            return NULL;
        size = COVET_MIN(size, left);
    }
    if (size > SIZE_MAX - sizeof(block))
        return NULL;
    block *b = covet__alloc(sizeof *b + size);
    if (b == NULL)
        return NULL;
    *b = (block){.size = size};
    ASAN_POISON_MEMORY_REGION(b->data, b->size);
    if (arena->current == NULL) {
        arena->first = b;
    } else {
        b->next = arena->current->next;
        arena->current->next = b;
    }
    arena->held += size;
    arena->next_size = COVET_MIN(arena->next_size * 2, (size_t)BLOCK_MAX);
    return b;
}

static bool fits(const block *b, size_t size) { return b->size - b->used >= size; }

static block *find_block(covet_arena *arena, size_t size)
{
    if (arena->current != NULL) {
        if (fits(arena->current, size))
            return arena->current;
        while (arena->current->next != NULL && arena->current->next->used == 0) {
            arena->current = arena->current->next;
            if (fits(arena->current, size))
                return arena->current;
        }
    }
    return add_block(arena, size);
}

void *covet_arena_alloc(covet_arena *arena, size_t size)
{
    if (arena == NULL || size > SIZE_MAX / 2)
        return NULL;
    size = size == 0 ? ALIGN : (size + ALIGN - 1) / ALIGN * ALIGN;
    block *b = find_block(arena, size);
    if (b == NULL)
        return NULL;
    arena->current = b;
    void *at = b->data + b->used;
    b->used += size;
    ASAN_UNPOISON_MEMORY_REGION(at, size);
    return at;
}

char *covet_arena_copy(covet_arena *arena, const void *bytes, size_t length)
{
    char *copy = length < SIZE_MAX ? covet_arena_alloc(arena, length + 1) : NULL;
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

size_t covet_arena_held(const covet_arena *arena) { return arena != NULL ? arena->held : 0; }
