/* shard/ring_build.h - internal: how rings come to be, and the score of placement. */
#ifndef COVET_SHARD_RING_BUILD_H
#define COVET_SHARD_RING_BUILD_H

#include <covet/shard/ring.h>

#include "core/hash.h"
#include "core/macros.h"

/* Copies `ranges`. COVET_EINVAL unless there are 1 to COVET_RING_MAX, the first lo is 0,
 * the lo's ascend, and no shard is there twice. Groups are the caller's to check. */
covet_status covet__ring_build(const covet_ring_range *ranges, uint32_t count,
                               covet_ring **ret_ring, covet_error *err);
void covet__ring_free(covet_ring *ring); /* accepts NULL */

/* The lo's of `count` ranges, 1 to COVET_RING_MAX, as even as integers allow:
 * ret_los[i] = floor(i * 2^64 / count). */
covet_status covet__ring_even(uint32_t count, uint64_t *ret_los, covet_error *err);

/* How much a group wants a shard (ring.h, P4); `name_hash` is covet__hash64 of its name. */
static inline uint64_t covet__place_score(uint64_t name_hash, uint32_t shard)
{
    return covet__mix64(name_hash ^ covet__mix64(shard));
}

#endif
