#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static covet_allocator current = {malloc, realloc, free};

covet_status covet_set_allocator(const covet_allocator *allocator)
{
    if (allocator == NULL) {
        current = (covet_allocator){malloc, realloc, free};
        return COVET_OK;
    }
    if (allocator->alloc == NULL || allocator->resize == NULL || allocator->release == NULL)
        return COVET_EINVAL;
    current = *allocator;
    return COVET_OK;
}

void *covet__alloc(size_t size) { return current.alloc(size != 0 ? size : 1); }

void *covet__zalloc(size_t size)
{
    void *memory = covet__alloc(size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

void *covet__resize(void *memory, size_t size)
{
    return current.resize(memory, size != 0 ? size : 1);
}

void covet__free(void *memory)
{
    if (memory != NULL)
        current.release(memory);
}

char *covet__strdup(const char *text) { return covet__strndup(text, strlen(text)); }

char *covet__strndup(const char *text, size_t length)
{
    char *copy = covet__alloc(length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

bool covet__grow(void **array, size_t *capacity, size_t need, size_t item_size)
{
    if (need <= *capacity)
        return true;
    size_t more = *capacity < 8 ? 8 : *capacity * 2;
    if (more < need)
        more = need;
    if (more > SIZE_MAX / item_size)
        return false;
    void *grown = covet__resize(*array, more * item_size);
    if (grown == NULL)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}
