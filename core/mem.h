/* core/mem.h - internal: allocation through the caller's allocator (core/alloc.h). */
#ifndef COVET_CORE_MEM_H
#define COVET_CORE_MEM_H

#include <covet/core/alloc.h>

#include "core/macros.h"

void *covet__alloc(size_t size);  /* not cleared; NULL if there is none */
void *covet__zalloc(size_t size); /* cleared */
void *covet__resize(void *memory, size_t size);
void covet__free(void *memory); /* accepts NULL */
char *covet__strdup(const char *text);
char *covet__strndup(const char *text, size_t length);

/* Grows an array so that it holds `need` items; doubles, so that appending is
 * amortised. False, and nothing changed, if there is no memory. */
bool covet__grow(void **array, size_t *capacity, size_t need, size_t item_size);

#define COVET_GROW(array, capacity, need)                                                          \
    covet__grow((void **)&(array), &(capacity), (need), sizeof *(array))

static inline void covet__free_slot(void *slot) { covet__free(*(void **)slot); }

/* Freed on every path: COVET_AUTO_FREE char *text = covet__strdup(...); */
#define COVET_AUTO_FREE __attribute__((cleanup(covet__free_slot)))

#endif
