/* tools/bench/count.h - counts the library's own allocations by standing in for malloc. */
#ifndef COVET_BENCH_COUNT_H
#define COVET_BENCH_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Finds libcovet.so in the process; false if it is linked statically, and nothing is
 * counted. */
bool count_start(void);
/* Calls of malloc, calloc and realloc by the library's own code so far. */
uint64_t count_allocations(void);

#endif
