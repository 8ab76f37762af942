#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <covet/core/arena.h>

#include "core/fail.h"
#include "core/mem.h"
#include "shard/ring_build.h"

COVET_DEFINE_AUTO(covet_arena)

/* ---- the ring ---- */

/*
 * The hash space is also cut into a power of two of equal buckets, at least four for
 * each range. first[b] is the range in which bucket b begins, so a hash of that bucket
 * lies in one of the ranges first[b] to first[b + 1]: mostly in the only one. With one
 * bucket a range there is mostly a branch that cannot be predicted, and a lookup takes
 * twice as long.
 */
struct covet_ring {
    uint32_t count;
    uint32_t shift;        /* a hash's bucket is hash >> shift */
    const uint32_t *first; /* of each bucket, and the last range once more; behind ranges */
    covet_ring_range ranges[];
};

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* `scratch` has room for `count` ids; `who` begins the message. */
static covet_status check_shards(const char *who, const covet_ring_range *ranges, uint32_t count,
                                 uint32_t *scratch, covet_error *err)
{
    for (uint32_t i = 0; i < count; i++)
        scratch[i] = ranges[i].shard;
    qsort(scratch, count, sizeof *scratch, by_number);
    for (uint32_t i = 1; i < count; i++)
        if (scratch[i] == scratch[i - 1])
            return covet__fail(err, COVET_EINVAL, "%s: shard %u is there twice", who, scratch[i]);
    return COVET_OK;
}

static covet_status check_ranges(const covet_ring_range *ranges, uint32_t count, covet_error *err)
{
    if (count == 0 || count > COVET_RING_MAX)
        return covet__fail(err, COVET_EINVAL, "ring: %u ranges, not 1 to %u", count,
                           COVET_RING_MAX);
    if (ranges[0].lo != 0)
        return covet__fail(err, COVET_EINVAL, "ring: the first range does not begin at 0");
    for (uint32_t i = 1; i < count; i++)
        if (ranges[i].lo <= ranges[i - 1].lo)
            return covet__fail(err, COVET_EINVAL, "ring: range %u does not begin after range %u", i,
                               i - 1);
    return COVET_OK;
}

static void fill_buckets(const covet_ring *ring, uint32_t *first, uint32_t buckets)
{
    uint32_t range = 0;
    for (uint32_t b = 0; b < buckets; b++) {
        const uint64_t begin = (uint64_t)b << ring->shift;
        while (range + 1 < ring->count && ring->ranges[range + 1].lo <= begin)
            range++;
        first[b] = range;
    }
    first[buckets] = ring->count - 1;
}

covet_status covet__ring_build(const covet_ring_range *ranges, uint32_t count,
                               covet_ring **ret_ring, covet_error *err)
{
    COVET_TRY(check_ranges(ranges, count, err));
    uint32_t bits = 2;
    while (1u << bits < 4 * count)
        bits++;
    const uint32_t buckets = 1u << bits;
    COVET_AUTO_FREE covet_ring *ring =
        covet__alloc(sizeof *ring + count * sizeof *ranges + (buckets + 1) * sizeof *ring->first);
    if (ring == NULL)
        return covet__fail(err, COVET_ENOMEM, "ring: out of memory");
    uint32_t *first = (uint32_t *)(void *)(ring->ranges + count);
    *ring = (covet_ring){.count = count, .shift = 64 - bits, .first = first};
    memcpy(ring->ranges, ranges, count * sizeof *ranges);
    COVET_TRY(check_shards("ring", ranges, count, first, err)); /* `first` is still unused */
    fill_buckets(ring, first, buckets);
    *ret_ring = COVET_TAKE(ring);
    return COVET_OK;
}

void covet__ring_free(covet_ring *ring) { covet__free(ring); }

covet_status covet__ring_even(uint32_t count, uint64_t *ret_los, covet_error *err)
{
    __extension__ typedef unsigned __int128 wide;
    if (count == 0 || count > COVET_RING_MAX)
        return covet__fail(err, COVET_EINVAL, "ring: %u ranges, not 1 to %u", count,
                           COVET_RING_MAX);
    for (uint32_t i = 0; i < count; i++)
        ret_los[i] = (uint64_t)(((wide)i << 64) / count);
    return COVET_OK;
}

uint32_t covet_ring_count(const covet_ring *ring) { return ring != NULL ? ring->count : 0; }

const covet_ring_range *covet_ring_ranges(const covet_ring *ring)
{
    return ring != NULL ? ring->ranges : NULL;
}

uint64_t covet_ring_last(const covet_ring *ring, uint32_t index)
{
    if (ring == NULL || index + 1 >= ring->count)
        return UINT64_MAX;
    return ring->ranges[index + 1].lo - 1;
}

uint32_t covet_ring_locate(const covet_ring *ring, uint64_t hash)
{
    const uint32_t *bucket = ring->first + (hash >> ring->shift);
    uint32_t low = bucket[0], high = bucket[1];
    while (low < high) { /* the range is one of low to high */
        const uint32_t middle = high - (high - low) / 2;
        if (ring->ranges[middle].lo <= hash)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- placement ---- */

/* A group that takes part. They are kept in the order of their names, so that the
 * order in which the caller lists them cannot matter. */
typedef struct party {
    const char *name;
    uint64_t name_hash;
    uint64_t remainder; /* of its share, in units of 1 / total weight */
    uint32_t weight;
    uint32_t group;  /* its index in the input */
    uint32_t has;    /* ranges; becomes `target` */
    uint32_t target; /* floor or ceiling of its share */
} party;

/* A range that must move, or may. */
typedef struct candidate {
    uint64_t score; /* the highest that a receiver has for it */
    uint32_t shard;
    uint32_t range; /* index in the input */
    party *giver;   /* NULL: nobody has it, so it must */
} candidate;

typedef struct placement {
    const covet_place_input *input;
    party *parties;        /* group_count, by name */
    party **party_of;      /* group_count, by index in the input */
    party **order;         /* group_count: scratch for claims, then the receivers */
    uint32_t receivers;    /* those in `order` that are under their target */
    candidate *candidates; /* range_count */
    uint32_t candidate_count;
    uint32_t *shards; /* range_count: scratch */
} placement;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const party *)a)->name, ((const party *)b)->name);
}

static covet_status check_input(const covet_place_input *input, const uint32_t *ret_group,
                                covet_error *err)
{
    if (input == NULL || input->size < sizeof *input || ret_group == NULL)
        return covet__fail(err, COVET_EINVAL, "place: no input or no room for the result");
    if (input->range_count > COVET_RING_MAX || input->group_count > COVET_RING_MAX)
        return covet__fail(err, COVET_EINVAL, "place: more than %u ranges or groups",
                           COVET_RING_MAX);
    if ((input->ranges == NULL && input->range_count > 0) ||
        (input->groups == NULL && input->group_count > 0))
        return covet__fail(err, COVET_EINVAL, "place: ranges or groups is NULL");
    for (uint32_t i = 0; i < input->group_count; i++)
        if (input->groups[i].name == NULL || input->groups[i].name[0] == '\0')
            return covet__fail(err, COVET_EINVAL, "place: group %u has no name", i);
    for (uint32_t i = 0; i < input->range_count; i++)
        if (input->ranges[i].group >= input->group_count &&
            input->ranges[i].group != COVET_RING_NONE)
            return covet__fail(err, COVET_EINVAL, "place: shard %u is in group %u of %u",
                               input->ranges[i].shard, input->ranges[i].group, input->group_count);
    return COVET_OK;
}

/* Everything that placement needs is taken here, so that nothing later can fail. */
static covet_status reserve(placement *p, covet_arena *arena, covet_error *err)
{
    const size_t groups = p->input->group_count, ranges = p->input->range_count;
    p->parties = covet_arena_alloc(arena, groups * sizeof *p->parties);
    p->party_of = covet_arena_alloc(arena, groups * sizeof *p->party_of);
    p->order = covet_arena_alloc(arena, groups * sizeof *p->order);
    p->candidates = covet_arena_alloc(arena, ranges * sizeof *p->candidates);
    p->shards = covet_arena_alloc(arena, ranges * sizeof *p->shards);
    if (p->parties == NULL || p->party_of == NULL || p->order == NULL || p->candidates == NULL ||
        p->shards == NULL)
        return covet__fail(err, COVET_ENOMEM, "place: out of memory");
    return COVET_OK;
}

static covet_status list_parties(placement *p, covet_error *err)
{
    const covet_place_input *input = p->input;
    for (uint32_t i = 0; i < input->group_count; i++) {
        const covet_place_group *group = &input->groups[i];
        p->parties[i] = (party){.name = group->name,
                                .name_hash = covet__hash64(group->name, strlen(group->name)),
                                .weight = group->weight,
                                .group = i};
    }
    qsort(p->parties, input->group_count, sizeof *p->parties, by_name);
    for (uint32_t i = 0; i < input->group_count; i++) {
        if (i > 0 && strcmp(p->parties[i].name, p->parties[i - 1].name) == 0)
            return covet__fail(err, COVET_EINVAL, "place: group \"%s\" is there twice",
                               p->parties[i].name);
        p->party_of[p->parties[i].group] = &p->parties[i];
    }
    for (uint32_t i = 0; i < input->range_count; i++)
        if (input->ranges[i].group != COVET_RING_NONE)
            p->party_of[input->ranges[i].group]->has++;
    return COVET_OK;
}

/* P3's classes, when `target` is still the floor. */
static int claim(const party *who)
{
    if (who->has > who->target)
        return 0;
    return who->has < who->target || who->has == 0 ? 1 : 2;
}

static int by_claim(const void *a, const void *b)
{
    const party *x = *(party *const *)a, *y = *(party *const *)b;
    const int order = claim(x) - claim(y);
    if (order != 0)
        return order;
    if (x->remainder != y->remainder)
        return x->remainder > y->remainder ? -1 : 1;
    return (x > y) - (x < y); /* they lie in the order of their names */
}

/* P1 to P3. A ceiling for a group that would otherwise give saves a move, for any
 * other it costs one: so there are as few moves as floors and ceilings allow. */
static covet_status set_targets(placement *p, covet_error *err)
{
    const uint32_t ranges = p->input->range_count;
    uint64_t total = 0;
    for (uint32_t i = 0; i < p->input->group_count; i++)
        total += p->parties[i].weight;
    if (total == 0)
        return ranges == 0 ? COVET_OK
                           : covet__fail(err, COVET_EINVAL, "place: no group has a weight");
    uint32_t left = ranges, claims = 0;
    for (uint32_t i = 0; i < p->input->group_count; i++) {
        party *who = &p->parties[i];
        const uint64_t share = (uint64_t)ranges * who->weight; /* below 2^49 */
        who->target = (uint32_t)(share / total);
        who->remainder = share % total;
        left -= who->target;
        if (who->remainder > 0)
            p->order[claims++] = who;
    }
    assert(left <= claims);
    qsort(p->order, claims, sizeof *p->order, by_claim);
    for (uint32_t i = 0; i < left; i++)
        p->order[i]->target++;
    return COVET_OK;
}

static void find_receivers(placement *p)
{
    p->receivers = 0;
    for (uint32_t i = 0; i < p->input->group_count; i++)
        if (p->parties[i].has < p->parties[i].target)
            p->order[p->receivers++] = &p->parties[i];
}

/* The receiver in need with the highest score; of equal ones the first by name. There
 * is one: the targets sum up to the number of ranges. */
static uint32_t best_receiver(const placement *p, uint32_t shard, uint64_t *ret_score)
{
    uint32_t best = 0;
    uint64_t highest = 0;
    for (uint32_t i = 0; i < p->receivers; i++) {
        const uint64_t score = covet__place_score(p->order[i]->name_hash, shard);
        if (i == 0 || score > highest) {
            best = i;
            highest = score;
        }
    }
    *ret_score = highest;
    return best;
}

static int by_score(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->shard > y->shard) - (x->shard < y->shard);
}

static void find_candidates(placement *p)
{
    p->candidate_count = 0;
    for (uint32_t i = 0; i < p->input->range_count; i++) {
        const covet_ring_range *range = &p->input->ranges[i];
        party *giver = range->group != COVET_RING_NONE ? p->party_of[range->group] : NULL;
        if (giver != NULL && giver->has <= giver->target)
            continue;
        candidate *c = &p->candidates[p->candidate_count++];
        *c = (candidate){.shard = range->shard, .range = i, .giver = giver};
        (void)best_receiver(p, range->shard, &c->score);
    }
    qsort(p->candidates, p->candidate_count, sizeof *p->candidates, by_score);
}

/* P4. A receiver that has its target leaves the list, which stays in order. */
static void give(placement *p, uint32_t *ret_group)
{
    for (uint32_t i = 0; i < p->candidate_count; i++) {
        const candidate *c = &p->candidates[i];
        if (c->giver != NULL && c->giver->has == c->giver->target)
            continue;
        assert(p->receivers > 0);
        uint64_t score;
        const uint32_t at = best_receiver(p, c->shard, &score);
        party *receiver = p->order[at];
        ret_group[c->range] = receiver->group;
        if (c->giver != NULL)
            c->giver->has--;
        if (++receiver->has == receiver->target) {
            p->receivers--;
            memmove(&p->order[at], &p->order[at + 1], (p->receivers - at) * sizeof(p->order[0]));
        }
    }
    assert(p->receivers == 0);
}

covet_status covet_place(const covet_place_input *input, uint32_t *ret_group, covet_error *err)
{
    COVET_TRY(check_input(input, ret_group, err));
    placement p = {.input = input};
    COVET_AUTO(covet_arena) arena = NULL;
    COVET_TRY(covet_arena_new(0, &arena, err));
    COVET_TRY(reserve(&p, arena, err));
    COVET_TRY(check_shards("place", input->ranges, input->range_count, p.shards, err));
    COVET_TRY(list_parties(&p, err));
    COVET_TRY(set_targets(&p, err));
    find_receivers(&p);
    find_candidates(&p);
    for (uint32_t i = 0; i < input->range_count; i++)
        ret_group[i] = input->ranges[i].group;
    give(&p, ret_group);
    return COVET_OK;
}
