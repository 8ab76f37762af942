/*
 * core/hash.h - internal: the one door to xxHash.
 *
 * covet__hash64 is XXH3-64 with seed 0. Placement of rows depends on it
 * (shard/key.h), so it is an on-disk format: it never changes, and
 * tests/core/test_hash.c holds it to known values.
 */
#ifndef COVET_CORE_HASH_H
#define COVET_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t covet__hash64(const void *bytes, size_t length);

/* Seeded: for checksums and for tables whose keys come from outside. */
uint64_t covet__hash64_seed(const void *bytes, size_t length, uint64_t seed);

/* Spreads the bits of an integer; a bijection (the finaliser of splitmix64, Steele
 * et al. 2014, "Fast splittable pseudorandom number generators"). */
static inline uint64_t covet__mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

#endif
