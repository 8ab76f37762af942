/*
 * tools/bench/count.c - malloc, calloc and realloc with a look at who calls.
 *
 * libpq and libuv allocate as they like; only calls whose return address lies in
 * libcovet.so are counted.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/count.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static uintptr_t code_start, code_end;
static atomic_uint_fast64_t allocations;

static void look(const void *caller)
{
    const uintptr_t at = (uintptr_t)caller;
    if (at >= code_start && at < code_end)
        atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
    look(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    look(__builtin_return_address(0));
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    look(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

static int find_library(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    (void)user;
    if (strstr(info->dlpi_name, "libcovet.so") == NULL)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0)
            continue;
        code_start = info->dlpi_addr + segment->p_vaddr;
        code_end = code_start + segment->p_memsz;
    }
    return 1;
}

bool count_start(void) { return dl_iterate_phdr(find_library, NULL) == 1 && code_end > code_start; }

uint64_t count_allocations(void) { return atomic_load(&allocations); }
