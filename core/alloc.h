/*
 * core/alloc.h - where the library's memory comes from.
 *
 * Everything that libcovet itself allocates comes from here, so that a service
 * can count it or put it where it wants, and tests can make it fail. libpq and
 * libuv have allocators of their own.
 */
#ifndef COVET_CORE_ALLOC_H
#define COVET_CORE_ALLOC_H

#include <covet/core/error.h>

COVET_C_BEGIN

/* As malloc, realloc and free; called from every thread that uses the library. */
typedef struct covet_allocator {
    void *(*alloc)(size_t size);
    void *(*resize)(void *memory, size_t size);
    void (*release)(void *memory);
} covet_allocator;

/* Replaces the allocator; NULL brings malloc back. Call it before anything else
 * of the library is used and from one thread: memory is released by the allocator
 * that is set then. COVET_EINVAL if a function is missing. */
COVET_CHECKED covet_status covet_set_allocator(const covet_allocator *allocator);

COVET_C_END
#endif
