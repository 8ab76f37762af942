#include "support/cmocka_all.h"

#include <time.h>

#include <covet/core/alloc.h>
#include <covet/shard/key.h>
#include <covet/shard/ring.h>

#include "core/hash.h"
#include "core/macros.h"
#include "shard/ring_build.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

enum { GROUPS_MAX = 24, RANGES_MAX = 700 };

/* ---- chance, from a seed that a failure prints ---- */

static uint64_t seed, chance;

static void sow(uint64_t from)
{
    seed = from;
    chance = covet__mix64(from + 1);
}

static uint64_t draw(void)
{
    chance += 0x9e3779b97f4a7c15u;
    return covet__mix64(chance);
}

static uint32_t below(uint32_t limit) { return (uint32_t)(draw() % limit); }

#define check(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("seed %llu: ", (unsigned long long)seed);                                  \
            print_error(__VA_ARGS__);                                                              \
            fail_msg("%s", #condition);                                                            \
        }                                                                                          \
    } while (0)

/* ---- rings ---- */

static int by_lo(const void *a, const void *b)
{
    const uint64_t x = ((const covet_ring_range *)a)->lo, y = ((const covet_ring_range *)b)->lo;
    return (x > y) - (x < y);
}

/* Random lo's in the lowest `bits` bits, so that few bits crowd into one bucket. */
static uint32_t random_ranges(covet_ring_range *ranges, uint32_t count, unsigned bits)
{
    for (uint32_t i = 0; i < count; i++)
        ranges[i] = (covet_ring_range){.lo = i == 0 ? 0 : draw() >> (64 - bits)};
    qsort(ranges, count, sizeof *ranges, by_lo);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < count; i++)
        if (ranges[i].lo != ranges[kept - 1].lo)
            ranges[kept++] = ranges[i];
    for (uint32_t i = 0; i < kept; i++) {
        ranges[i].shard = kept - i;
        ranges[i].group = i % 5;
    }
    return kept;
}

static uint32_t linear_search(const covet_ring_range *ranges, uint32_t count, uint64_t hash)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        if (ranges[i].lo <= hash)
            found = i;
    return found;
}

static void check_hash(const covet_ring *ring, const covet_ring_range *ranges, uint32_t count,
                       uint64_t hash)
{
    const uint32_t found = covet_ring_locate(ring, hash);
    check(found == linear_search(ranges, count, hash), "hash %016llx ", (unsigned long long)hash);
    check(hash <= covet_ring_last(ring, found), "hash %016llx ", (unsigned long long)hash);
}

static void locating_agrees_with_a_linear_search(void **state)
{
    (void)state;
    static covet_ring_range ranges[RANGES_MAX];
    static const unsigned bits[] = {64, 64, 63, 50, 20, 10};
    for (uint64_t round = 0; round < 200; round++) {
        sow(round);
        const uint32_t count =
            random_ranges(ranges, 1 + below(round % 2 ? 8 : RANGES_MAX), bits[round % 6]);
        covet_ring *ring = NULL;
        covet_error err;
        assert_ok(covet__ring_build(ranges, count, &ring, &err), &err);
        assert_int_equal(covet_ring_count(ring), count);
        assert_memory_equal(covet_ring_ranges(ring), ranges, count * sizeof *ranges);
        for (uint32_t i = 0; i < count; i++) {
            check_hash(ring, ranges, count, ranges[i].lo);
            check_hash(ring, ranges, count, ranges[i].lo - 1); /* of range 0: the very last */
            check_hash(ring, ranges, count, draw());
            check_hash(ring, ranges, count, draw() >> (64 - bits[round % 6]));
        }
        covet__ring_free(ring);
    }
}

static void a_ring_that_does_not_cover_is_refused(void **state)
{
    (void)state;
    static const covet_ring_range late[] = {{1, 1, 0}, {5, 2, 0}};
    static const covet_ring_range unsorted[] = {{0, 1, 0}, {5, 2, 0}, {4, 3, 0}};
    static const covet_ring_range empty[] = {{0, 1, 0}, {5, 2, 0}, {5, 3, 0}};
    static const covet_ring_range twice[] = {{0, 7, 0}, {5, 2, 0}, {9, 7, 1}};
    covet_ring *ring = NULL;
    covet_error err;
    assert_int_equal(covet__ring_build(late, 0, &ring, &err), COVET_EINVAL);
    assert_int_equal(covet__ring_build(late, COVET_RING_MAX + 1, &ring, &err), COVET_EINVAL);
    assert_int_equal(covet__ring_build(late, 2, &ring, &err), COVET_EINVAL);
    assert_string_equal(err.message, "ring: the first range does not begin at 0");
    assert_int_equal(covet__ring_build(unsorted, 3, &ring, &err), COVET_EINVAL);
    assert_contains(err.message, "range 2 does not begin after range 1");
    assert_int_equal(covet__ring_build(empty, 3, &ring, &err), COVET_EINVAL);
    assert_int_equal(covet__ring_build(twice, 3, &ring, &err), COVET_EINVAL);
    assert_string_equal(err.message, "ring: shard 7 is there twice");
    assert_null(ring);
    covet__ring_free(NULL);
    assert_int_equal(covet_ring_count(NULL), 0);
    assert_null(covet_ring_ranges(NULL));
}

static void even_ranges_are_even_and_exact(void **state)
{
    (void)state;
    static uint64_t los[COVET_RING_MAX];
    covet_error err;
    assert_ok(covet__ring_even(3, los, &err), &err);
    assert_true(los[0] == 0);
    assert_true(los[1] == UINT64_C(0x5555555555555555));
    assert_true(los[2] == UINT64_C(0xaaaaaaaaaaaaaaaa));
    static const uint32_t counts[] = {1, 2, 5, 7, 128, 1000, 65535, 65536};
    for (size_t c = 0; c < COVET_COUNT(counts); c++) {
        const uint32_t count = counts[c];
        assert_ok(covet__ring_even(count, los, &err), &err);
        /* floor(i * 2^64 / count) by long division: each step adds 2^64 / count. */
        const uint64_t whole = count == 1 ? 0 : UINT64_MAX / count;
        const uint64_t step_rest = UINT64_MAX % count + 1; /* 2^64 = whole * count + step_rest */
        uint64_t lo = 0, rest = 0;
        for (uint32_t i = 0; i < count; i++) {
            assert_true(los[i] == lo);
            rest += step_rest;
            lo += whole + rest / count;
            rest %= count;
        }
    }
    assert_int_equal(covet__ring_even(0, los, &err), COVET_EINVAL);
    assert_int_equal(covet__ring_even(COVET_RING_MAX + 1, los, &err), COVET_EINVAL);
}

/* ---- placement ---- */

/* A map as the tests keep it: groups by number, ranges by shard id less one. */
typedef struct map {
    uint32_t groups;
    uint32_t ranges;
    char names[GROUPS_MAX][16];
    uint32_t weights[GROUPS_MAX];
    uint32_t group_of[RANGES_MAX];
} map;

/* Groups and ranges are listed in an order that `shuffle` decides. */
static void place(map *m, bool shuffle)
{
    covet_place_group groups[GROUPS_MAX];
    covet_ring_range ranges[RANGES_MAX];
    uint32_t result[RANGES_MAX], number[GROUPS_MAX], at[GROUPS_MAX];
    for (uint32_t i = 0; i < m->groups; i++)
        number[i] = i;
    for (uint32_t i = m->groups; shuffle && i > 1; i--) {
        const uint32_t other = below(i), kept = number[i - 1];
        number[i - 1] = number[other];
        number[other] = kept;
    }
    for (uint32_t i = 0; i < m->groups; i++) {
        groups[i] = (covet_place_group){m->names[number[i]], m->weights[number[i]]};
        at[number[i]] = i;
    }
    const uint32_t turn = shuffle && m->ranges > 0 ? below(m->ranges) : 0;
    for (uint32_t i = 0; i < m->ranges; i++) {
        const uint32_t group = m->group_of[(i + turn) % m->ranges];
        ranges[i] = (covet_ring_range){.shard = (i + turn) % m->ranges + 1,
                                       .group = group < m->groups ? at[group] : COVET_RING_NONE};
    }
    covet_error err;
    assert_ok(covet_place(COVET_OPTS(covet_place_input, .groups = groups, .group_count = m->groups,
                                     .ranges = ranges, .range_count = m->ranges),
                          result, &err),
              &err);
    for (uint32_t i = 0; i < m->ranges; i++)
        m->group_of[(i + turn) % m->ranges] = number[result[i]];
}

static void add_group(map *m, uint32_t weight)
{
    snprintf(m->names[m->groups], sizeof m->names[0], "pg-%05u-%u", below(100000), m->groups);
    m->weights[m->groups++] = weight;
}

static map random_map(uint64_t from, uint32_t weight_max)
{
    sow(from);
    map m = {.ranges = 1 + below(RANGES_MAX)};
    memset(m.group_of, 0xFF, sizeof m.group_of);
    for (uint32_t i = 1 + below(GROUPS_MAX - 6); i > 0; i--)
        add_group(&m, 1 + below(weight_max));
    return m;
}

typedef struct share {
    uint32_t floor;
    uint32_t ceiling;
} share;

static share share_of(const map *m, uint32_t group)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < m->groups; i++)
        total += m->weights[i];
    const uint64_t product = (uint64_t)m->ranges * m->weights[group];
    return (share){(uint32_t)(product / total), (uint32_t)((product + total - 1) / total)};
}

static uint32_t count_of(const map *m, uint32_t group)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->ranges; i++)
        count += m->group_of[i] == group;
    return count;
}

static uint32_t moves_between(const map *before, const map *after)
{
    uint32_t moves = 0;
    for (uint32_t i = 0; i < before->ranges; i++)
        moves += before->group_of[i] != after->group_of[i];
    return moves;
}

static void check_shares(const map *m)
{
    for (uint32_t i = 0; i < m->groups; i++) {
        const share s = share_of(m, i);
        const uint32_t count = count_of(m, i);
        check(count >= s.floor && count <= s.ceiling,
              "%s has %u, its share is %u to %u: ", m->names[i], count, s.floor, s.ceiling);
    }
}

/* The fewest moves to any map of floors and ceilings: all that is over a ceiling or
 * without a group moves, and one of those who have a ceiling keeps it for each of the
 * ceilings that there are. */
static uint32_t fewest_moves(const map *before, const map *after)
{
    uint32_t moves = 0, over_floor = 0, ceilings = after->ranges, placed = 0;
    for (uint32_t i = 0; i < after->groups; i++) {
        const share s = share_of(after, i);
        const uint32_t has = i < before->groups ? count_of(before, i) : 0;
        placed += has;
        ceilings -= s.floor;
        moves += has > s.floor ? has - s.floor : 0;
        over_floor += has > s.floor && s.ceiling > s.floor;
    }
    return moves + after->ranges - placed - COVET_MIN(ceilings, over_floor);
}

static void check_same(const map *a, const map *b)
{
    check(memcmp(a->group_of, b->group_of, sizeof a->group_of) == 0, "the maps differ: ");
}

/* Places twice, listed in different orders, and again what is then balanced. */
static map settle(const map *before)
{
    map after = *before, shuffled = *before;
    place(&after, false);
    place(&shuffled, true);
    check_same(&after, &shuffled);
    check_shares(&after);
    check(moves_between(before, &after) == fewest_moves(before, &after),
          "moves: %u, fewest %u: ", moves_between(before, &after), fewest_moves(before, &after));
    map again = after;
    place(&again, true);
    check_same(&after, &again);
    return after;
}

static map with_another_group(const map *m, uint32_t weight)
{
    map more = *m;
    add_group(&more, weight);
    return more;
}

/* A joining group takes its share, from each donor within two of the exact part (both
 * of its shares, the old and the new, are rounded), and nothing else moves. */
static void check_joined(const map *before, const map *after)
{
    const uint32_t joined = before->groups;
    double old_total = 0;
    for (uint32_t i = 0; i < before->groups; i++)
        old_total += before->weights[i];
    const double new_total = old_total + after->weights[joined];
    for (uint32_t i = 0; i < before->ranges; i++)
        check(after->group_of[i] == before->group_of[i] || after->group_of[i] == joined,
              "shard %u moves between old groups: ", i + 1);
    for (uint32_t i = 0; i < before->groups; i++) {
        const double gift = (double)count_of(before, i) - (double)count_of(after, i);
        const double part =
            before->ranges * (before->weights[i] / old_total - before->weights[i] / new_total);
        check(gift > part - 2 && gift < part + 2,
              "%s gives %.0f, its part is %.3f: ", before->names[i], gift, part);
    }
}

static void a_group_that_joins_takes_its_share_and_nothing_else_moves(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 1000; round++) {
        map m = random_map(round, round % 2 ? 100 : 4);
        m = settle(&m);
        const map more = with_another_group(&m, 1 + below(round % 2 ? 100 : 4));
        const map joined = settle(&more);
        check_joined(&m, &joined);
    }
}

static void a_group_that_leaves_gives_all_and_nothing_else_moves(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 1000; round++) {
        map m = random_map(round, round % 2 ? 100 : 4);
        add_group(&m, 1 + below(100));
        m = settle(&m);
        map fewer = m;
        const uint32_t leaver = below(m.groups);
        fewer.weights[leaver] = 0;
        fewer = settle(&fewer);
        check(count_of(&fewer, leaver) == 0, "%s keeps some: ", m.names[leaver]);
        for (uint32_t i = 0; i < m.ranges; i++)
            check(m.group_of[i] == leaver || m.group_of[i] == fewer.group_of[i],
                  "shard %u moves between groups that stay: ", i + 1);
    }
}

/* Whether shares alone force an old group to grow when the last group joins: what the
 * others have over their ceilings is more than the newcomer's ceiling. */
static bool must_mix(const map *before, const map *more)
{
    uint32_t over = 0;
    for (uint32_t i = 0; i < before->groups; i++) {
        const uint32_t has = count_of(before, i), ceiling = share_of(more, i).ceiling;
        over += has > ceiling ? has - ceiling : 0;
    }
    return over > share_of(more, before->groups).ceiling;
}

static bool has_empty(const map *m)
{
    for (uint32_t i = 0; i < m->groups; i++)
        if (count_of(m, i) == 0)
            return true;
    return false;
}

/* Very unequal weights and a long history: the only case in which a joining group
 * makes other ranges move is one that no placement could avoid. */
static void through_a_long_history_other_ranges_move_only_where_they_must(void **state)
{
    (void)state;
    uint32_t mixed = 0;
    for (uint64_t round = 0; round < 300; round++) {
        map m = random_map(round, 1);
        for (uint32_t i = 0; i < m.groups; i++)
            m.weights[i] = 1u << below(12);
        m = settle(&m);
        for (int step = 0; step < 5; step++) {
            const map more = with_another_group(&m, 1u << below(12));
            const map joined = settle(&more);
            if (must_mix(&m, &more))
                mixed++;
            else if (!has_empty(&m)) /* an empty group cannot be told from the one that joins */
                check_joined(&m, &joined);
            m = joined;
            m.weights[below(m.groups)] = 1u << below(12);
            m = settle(&m);
        }
    }
    assert_in_range(mixed, 0, 30);
}

static void weights_may_be_as_large_as_they_can(void **state)
{
    (void)state;
    sow(1);
    map m = {.ranges = RANGES_MAX};
    memset(m.group_of, 0xFF, sizeof m.group_of);
    add_group(&m, UINT32_MAX);
    add_group(&m, UINT32_MAX);
    add_group(&m, 1);
    add_group(&m, UINT32_MAX / 2);
    m = settle(&m);
    assert_int_equal(count_of(&m, 0), 280);
    assert_int_equal(count_of(&m, 1), 280);
    assert_int_equal(count_of(&m, 2), 0);
    assert_int_equal(count_of(&m, 3), 140);
}

static void the_scores_of_placement_are_frozen(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t shard;
        uint64_t score;
    } known[] = {
        {"alpha", 0, UINT64_C(0x546dd606e1f60760)},
        {"alpha", 1, UINT64_C(0x03cc0bc537a47147)},
        {"alpha", 42, UINT64_C(0x8035248d91116e7a)},
        {"alpha", UINT32_MAX, UINT64_C(0xfe7751c20f2fed7f)},
        {"beta", 0, UINT64_C(0xd714936a8d017387)},
        {"beta", 42, UINT64_C(0x543db2be34ee4f96)},
    };
    for (size_t i = 0; i < COVET_COUNT(known); i++)
        assert_true(covet__place_score(covet__hash64(known[i].name, strlen(known[i].name)),
                                       known[i].shard) == known[i].score);
}

/* Shards 1 to 24, each shown by the first letter of its group. */
static void check_picture(map *m, const char *expected)
{
    place(m, false);
    char picture[RANGES_MAX + 1] = "";
    for (uint32_t i = 0; i < m->ranges; i++)
        picture[i] = m->names[m->group_of[i]][0];
    assert_string_equal(picture, expected);
}

/* The pictures come from a second program that was written from ring.h alone. */
static void placements_are_frozen(void **state)
{
    (void)state;
    map m = {.groups = 3,
             .ranges = 24,
             .names = {"alpha", "beta", "gamma", "delta"},
             .weights = {1, 1, 2, 1}};
    memset(m.group_of, 0xFF, sizeof m.group_of);
    check_picture(&m, "gabgagagaggbabbgbagbgggg");
    m.groups = 4;
    check_picture(&m, "gaddagagaggbabbgbdgbgdgg");
    m.weights[0] = 0;
    check_picture(&m, "ggddbgdgdggbgbbgbdgbgdgg");
    memcpy(m.weights, (uint32_t[]){3, 1, 1, 1}, 4 * sizeof m.weights[0]);
    check_picture(&m, "gaddaaaadaababbabagaadgg");
}

static void input_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const covet_place_group groups[] = {{"a", 1}, {"b", 0}, {"a", 2}, {"", 1}, {NULL, 1}};
    static const covet_ring_range ranges[] = {{0, 1, 0}, {0, 2, 1}, {0, 1, COVET_RING_NONE}};
    static const covet_ring_range lost[] = {{0, 1, 2}};
    uint32_t result[3] = {9, 9, 9};
    covet_error err;
#define refused(part, room, ...)                                                                   \
    do {                                                                                           \
        assert_int_equal(covet_place(COVET_OPTS(covet_place_input, __VA_ARGS__), room, &err),      \
                         COVET_EINVAL);                                                            \
        assert_contains(err.message, part);                                                        \
    } while (0)
    assert_int_equal(covet_place(NULL, result, &err), COVET_EINVAL);
    assert_int_equal(covet_place(&(covet_place_input){0}, result, NULL), COVET_EINVAL);
    refused("no room", NULL, .groups = groups, .group_count = 1);
    refused("twice", result, .groups = groups, .group_count = 3, .ranges = ranges,
            .range_count = 1);
    refused("no name", result, .groups = groups + 3, .group_count = 1);
    refused("no name", result, .groups = groups + 4, .group_count = 1);
    refused("place: shard 1 is there twice", result, .groups = groups, .group_count = 2,
            .ranges = ranges, .range_count = 3);
    refused("group 2 of 2", result, .groups = groups, .group_count = 2, .ranges = lost,
            .range_count = 1);
    refused("weight", result, .groups = groups + 1, .group_count = 1, .ranges = ranges,
            .range_count = 1);
    refused("weight", result, .ranges = ranges + 2, .range_count = 1);
    refused("NULL", result, .groups = groups, .group_count = 1, .range_count = 1);
    refused("more than", result, .groups = groups, .group_count = COVET_RING_MAX + 1);
#undef refused
    assert_int_equal(result[0], 9);
    assert_ok(covet_place(COVET_OPTS(covet_place_input, .groups = groups, .group_count = 2), result,
                          &err),
              &err);
}

/* ---- memory ---- */

static size_t allocations_left;

static void *scarce_alloc(size_t size)
{
    return allocations_left > 0 ? (allocations_left--, malloc(size)) : NULL;
}

static void running_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    static const covet_allocator scarce = {scarce_alloc, realloc, free};
    static const covet_place_group groups[] = {{"a", 1}, {"b", 1}};
    static covet_ring_range ranges[RANGES_MAX];
    for (uint32_t i = 0; i < RANGES_MAX; i++)
        ranges[i] = (covet_ring_range){.lo = i, .shard = i, .group = COVET_RING_NONE};
    covet_ring *ring = NULL;
    covet_error err;
    uint32_t result[RANGES_MAX] = {9};
    covet_status built = COVET_ENOMEM, placed = COVET_ENOMEM;
    assert_int_equal(covet_set_allocator(&scarce), COVET_OK);
    for (size_t n = 0; built != COVET_OK; n++) {
        allocations_left = n;
        built = covet__ring_build(ranges, RANGES_MAX, &ring, &err);
        assert_true(built == COVET_OK || (built == COVET_ENOMEM && ring == NULL));
    }
    for (size_t n = 0; placed != COVET_OK; n++) {
        assert_int_equal(result[0], 9);
        allocations_left = n;
        placed = covet_place(COVET_OPTS(covet_place_input, .groups = groups, .group_count = 2,
                                        .ranges = ranges, .range_count = RANGES_MAX),
                             result, &err);
        assert_true(placed == COVET_OK || placed == COVET_ENOMEM);
    }
    covet__ring_free(ring);
    assert_int_equal(covet_set_allocator(NULL), COVET_OK);
}

/* ---- time ---- */

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds for the hash of a key, and for finding its range if there is a ring; the
 * best of several rounds, because only noise is ever added. */
static double time_routes(const covet_ring *ring)
{
    enum { KEYS = 200000, ROUNDS = 7 };
    double best = 1e18;
    volatile uint64_t sink = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t sum = 0;
        const double start = now_ns();
        for (int64_t key = 0; key < KEYS; key++) {
            const uint64_t hash = covet_key_hash_int(key);
            sum +=
                ring != NULL ? covet_ring_ranges(ring)[covet_ring_locate(ring, hash)].group : hash;
        }
        const double each = (now_ns() - start) / KEYS;
        best = COVET_MIN(best, each);
        sink += sum;
    }
    (void)sink;
    return best;
}

static void a_route_is_decided_in_nanoseconds(void **state)
{
    (void)state;
    static covet_ring_range ranges[COVET_RING_MAX];
    static uint64_t los[COVET_RING_MAX];
    static const uint32_t counts[] = {128, 10000, COVET_RING_MAX};
    covet_error err;
    print_message("  hash of an int: %.1f ns\n", time_routes(NULL));
    for (size_t c = 0; c < COVET_COUNT(counts); c++)
        for (int even = 1; even >= 0; even--) {
            sow(c);
            uint32_t count = counts[c];
            if (!even)
                count = random_ranges(ranges, count, 64);
            else
                assert_ok(covet__ring_even(count, los, &err), &err);
            for (uint32_t i = 0; even && i < count; i++)
                ranges[i] = (covet_ring_range){.lo = los[i], .shard = i, .group = i % 4};
            covet_ring *ring = NULL;
            assert_ok(covet__ring_build(ranges, count, &ring, &err), &err);
            const double each = time_routes(ring);
            print_message("  hash and locate, %u %s ranges: %.1f ns\n", count,
                          even ? "even" : "random", each);
            if (!SANITIZED)
                assert_true(each < 200);
            covet__ring_free(ring);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locating_agrees_with_a_linear_search),
        cmocka_unit_test(a_ring_that_does_not_cover_is_refused),
        cmocka_unit_test(even_ranges_are_even_and_exact),
        cmocka_unit_test(a_group_that_joins_takes_its_share_and_nothing_else_moves),
        cmocka_unit_test(a_group_that_leaves_gives_all_and_nothing_else_moves),
        cmocka_unit_test(through_a_long_history_other_ranges_move_only_where_they_must),
        cmocka_unit_test(weights_may_be_as_large_as_they_can),
        cmocka_unit_test(the_scores_of_placement_are_frozen),
        cmocka_unit_test(placements_are_frozen),
        cmocka_unit_test(input_that_makes_no_sense_is_refused),
        cmocka_unit_test(running_out_of_memory_changes_nothing),
        cmocka_unit_test(a_route_is_decided_in_nanoseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
