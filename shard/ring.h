/*
 * shard/ring.h - which range a hash falls into, and which group each range is for.
 *
 *     0             lo[1]         lo[2]           lo[3]             2^64
 *     |-- range 0 --|-- range 1 --|--- range 2 ---|--- range 3 -----|
 *        shard 12      shard 7       shard 40        shard 3
 *        group 0       group 1       group 0         group 2
 *
 * A ring holds a list of lo's, ascending, the first of them 0. A range is [lo, hi)
 * where hi is the next one's lo, and 2^64 for the last: so there are no gaps and no
 * overlaps to speak of, and every hash has exactly one range.
 *
 * Two levels keep data where it is. A key's range changes only when a range is split;
 * a range's group only when placement says so. Placement (covet_place) is no hash of
 * the groups but a function of the map as it stands: it moves the fewest ranges that
 * bring every group to its share. Nothing here moves data; it says what should move.
 */
#ifndef COVET_SHARD_RING_H
#define COVET_SHARD_RING_H

#include <covet/core/error.h>

COVET_C_BEGIN

#define COVET_RING_MAX  65536u     /* ranges of a ring, and groups of a placement */
#define COVET_RING_NONE UINT32_MAX /* no group */

typedef struct covet_ring_range {
    uint64_t lo;    /* its first hash */
    uint32_t shard; /* id, unique in the ring and never reused */
    uint32_t group; /* index in the map's list of groups */
} covet_ring_range;

/* ---- the ring ---- */

/* Immutable: any number of threads may read it. It belongs to the map it came with. */
typedef struct covet_ring covet_ring;

COVET_API uint32_t covet_ring_count(const covet_ring *ring);

/* All ranges, in order; borrowed, as long as the ring lives. */
COVET_API const covet_ring_range *covet_ring_ranges(const covet_ring *ring);

/* The last hash of a range, hi - 1: the last range's hi is more than 64 bits hold. */
COVET_API uint64_t covet_ring_last(const covet_ring *ring, uint32_t index);

/* The index of the range that holds the hash; `ring` is not NULL. Constant time while
 * ranges are of similar size, logarithmic at worst. */
COVET_API uint32_t covet_ring_locate(const covet_ring *ring, uint64_t hash);

/* ---- placement ---- */

typedef struct covet_place_group {
    const char *name; /* stable and unique: it decides which ranges move */
    uint32_t weight;  /* 0: draining; it gives all that it has */
} covet_place_group;

typedef struct covet_place_input {
    size_t size; /* of this structure (COVET_OPTS) */
    const covet_place_group *groups;
    uint32_t group_count;
    uint32_t range_count;
    /* In any order; `lo` is not looked at. `group` is the index in `groups` of the
     * group that has the range now, or COVET_RING_NONE. */
    const covet_ring_range *ranges;
} covet_place_input;

/*
 * Which group each range should be in: ret_group[i] is the index in `groups` for
 * ranges[i]. The caller provides range_count of them.
 *
 * A group's share is range_count * weight / (sum of weights), every range counting as
 * one. The result follows from names, weights, shard ids and the current groups alone,
 * whatever order they are listed in:
 *
 * P1 Every group has the floor or the ceiling of its share.
 * P2 No fewer moves would do. So a map in which P1 holds stays as it is.
 * P3 Ceilings go first to groups that would otherwise give, then to groups that
 *    receive anyway or are empty, then to the others; within each to the largest
 *    remainder, then to the name that comes first in bytes.
 * P4 Whoever is over its target gives, and ranges that have no group are given, to
 *    those under theirs. A range's score for a group is
 *        mix64(XXH3-64(name) ^ mix64(shard))        mix64: the finaliser of splitmix64
 *    (rendezvous hashing). Ranges are taken by the highest score that any receiver
 *    has for them, then by the lower shard id, while their giver is over its target;
 *    each goes to the receiver under its target that has the highest score for it.
 *
 * A group that joins a map where P1 holds takes the floor or ceiling of its share,
 * from each other group what that has beyond its own new share, and nothing else
 * moves; when it leaves (weight 0) only its ranges move. There are rare maps, of very
 * unequal weights and after several changes, in which that and P1 exclude each other
 * (no apportionment has both: Balinski and Young, "Fair Representation", 1982); there
 * P1 holds and a few ranges more move.
 *
 * COVET_EINVAL if a name or a shard id is there twice, an index is out of range, there
 * are more than COVET_RING_MAX of something, or ranges but no group with a weight.
 * ret_group is untouched on failure. Time grows with ranges that may move times groups
 * that receive.
 */
COVET_CHECKED covet_status covet_place(const covet_place_input *input, uint32_t *ret_group,
                                       covet_error *err);

COVET_C_END
#endif
