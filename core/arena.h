/*
 * core/arena.h - memory for one request, given back at once.
 *
 * What a request needs is carved from blocks and dies together when the arena is
 * reset or freed. Blocks are kept over a reset, so an arena that is used again
 * and again stops allocating. An operation that reads from an arena or puts rows
 * into one pins it until its callback has returned: a free that comes early waits for
 * that, a reset is refused.
 *
 * One thread at a time; freeing it may overlap with the end of a callback that told to.
 */
#ifndef COVET_CORE_ARENA_H
#define COVET_CORE_ARENA_H

#include <covet/core/error.h>

COVET_C_BEGIN

typedef struct covet_arena covet_arena;

/* The caller owns *ret_arena. `limit` bounds the bytes that it may hold, 0 for none. */
COVET_CHECKED covet_status covet_arena_new(size_t limit, covet_arena **ret_arena, covet_error *err);

/* Accepts NULL. Everything that was carved from it is gone, at the latest when the
 * last operation that pins it is done. */
COVET_API void covet_arena_free(covet_arena *arena);

/* Everything that was carved from it is gone; its blocks are used again. While an
 * operation pins it nothing happens and COVET_EBUSY is returned: in a loop over requests,
 * reset it from the thread whose callback it was, or use the next one. */
COVET_API covet_status covet_arena_reset(covet_arena *arena);

/* Not cleared, aligned for any type; NULL if there is no memory or the limit is
 * reached. Lives until reset or free. */
COVET_API void *covet_arena_alloc(covet_arena *arena, size_t size);

/* A copy with a NUL behind it; NULL as above. */
COVET_API char *covet_arena_copy(covet_arena *arena, const void *bytes, size_t length);

/* Bytes held from the allocator, used or not. */
COVET_API size_t covet_arena_held(const covet_arena *arena);

COVET_C_END
#endif
