#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/hash.h"

uint64_t covet__hash64(const void *bytes, size_t length) { return XXH3_64bits(bytes, length); }

uint64_t covet__hash64_seed(const void *bytes, size_t length, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, length, seed);
}
