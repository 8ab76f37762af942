#include "support/cmocka_all.h"

#include <limits.h>

#include <covet/core/alloc.h>

#include "core/macros.h"
#include "core/pin.h"
#include "core/types.h"
#include "shard/combine.h"

static covet_arena *arena;
static covet_error err;

static int new_arena(void **state)
{
    (void)state;
    return covet_arena_new(0, &arena, &err) == COVET_OK ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    covet_arena_free(arena);
    return 0;
}

/* Reads "hex,hex" or "N" up to the end or a '|'; the caller frees the bytes. */
static const char *read_parts(const char *at, covet__combine_part *parts, size_t *ret_count)
{
    size_t count = 0;
    do {
        at += *at == ',';
        const size_t length = strcspn(at, ",|") / 2;
        parts[count] = (covet__combine_part){0};
        if (*at != 'N') {
            unsigned char *bytes = malloc(length);
            for (size_t i = 0; i < length; i++) {
                const char pair[3] = {at[2 * i], at[2 * i + 1], '\0'};
                bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
            }
            parts[count] = (covet__combine_part){bytes, length};
        }
        count++;
        at += strcspn(at, ",|");
    } while (*at == ',' && count < COVET__COMBINE_PARTS_MAX);
    *ret_count = count;
    return at + (*at == '|');
}

static void free_parts(covet__combine_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)parts[i].bytes);
}

static size_t bars(const char *shards)
{
    size_t count = 0;
    while ((shards = strchr(shards, '|')) != NULL) {
        shards++;
        count++;
    }
    return count;
}

/* Parts are freed as soon as they are added: the state must have copied what it keeps. */
static covet_status run_in(covet_arena *in, covet__combine_kind kind, uint32_t type,
                           const char *shards, const void **ret_bytes, size_t *ret_length)
{
    covet__combine state;
    COVET_TRY(covet__combine_init(&state, kind, type, true, &err));
    const char *at = shards;
    for (size_t left = 1 + bars(shards); left > 0; left--) {
        covet__combine_part parts[COVET__COMBINE_PARTS_MAX];
        size_t count;
        at = read_parts(at, parts, &count);
        const covet_status status = covet__combine_add(&state, parts, count, in, &err);
        free_parts(parts, count);
        COVET_TRY(status);
    }
    return covet__combine_finish(&state, in, ret_bytes, ret_length, &err);
}

/* The bytes in hexadecimal digits, "N" for NULL, "!" and the SQLSTATE for an error. */
static const char *combined(covet__combine_kind kind, uint32_t type, const char *shards)
{
    const void *bytes;
    size_t length;
    const covet_status status = run_in(arena, kind, type, shards, &bytes, &length);
    char *text = covet_arena_alloc(arena, status == COVET_OK ? 2 * length + 8 : 8);
    if (status != COVET_OK)
        snprintf(text, 8, "!%s", err.sqlstate);
    else
        snprintf(text, 8, "%s", bytes == NULL ? "N" : "");
    for (size_t i = 0; status == COVET_OK && bytes != NULL && i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
    return text;
}

static const struct {
    covet__combine_kind kind;
    uint32_t type;
    const char *whole, *shards;
} vectors[] = {
#define COMBINE(kind, ...) {COVET__COMBINE_##kind, __VA_ARGS__},
#include "combine_vectors.inc.h"
#undef COMBINE
};

/* min and max of equal values may be any of them, and a NaN has bits to spare. */
static bool same_value(size_t i, const char *got)
{
    if (strcmp(got, vectors[i].whole) == 0)
        return true;
    covet__combine_types types;
    assert_true(covet__combine_types_of(vectors[i].kind, vectors[i].type, true, &types));
    const bool is_float = types.result == COVET__FLOAT4 || types.result == COVET__FLOAT8;
    if (got[0] == '!' || got[0] == 'N' ||
        (vectors[i].kind != COVET__COMBINE_MIN && vectors[i].kind != COVET__COMBINE_MAX &&
         !(is_float && (got[0] == '7' || got[0] == 'f'))))
        return false;
    covet__combine_part a, b;
    size_t count;
    read_parts(got, &a, &count);
    read_parts(vectors[i].whole, &b, &count);
    const int order = covet__order_of(types.result, true)(a.bytes, a.length, b.bytes, b.length);
    free_parts(&a, 1);
    free_parts(&b, 1);
    return order == 0;
}

static void the_parts_give_what_the_server_has_for_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(vectors); i++) {
        const char *got = combined(vectors[i].kind, vectors[i].type, vectors[i].shards);
        if (!same_value(i, got))
            fail_msg("kind %d of type %u over %s: %s, not %s", (int)vectors[i].kind,
                     vectors[i].type, vectors[i].shards, got, vectors[i].whole);
    }
}

#define MOST_INT8  "7fffffffffffffff"
#define LEAST_INT8 "8000000000000000"
#define ONE_INT8   "0000000000000001"
#define MINUS_INT8 "ffffffffffffffff"

static void nothing_is_a_count_of_zero_and_else_null(void **state)
{
    (void)state;
    assert_string_equal(combined(COVET__COMBINE_COUNT, 0, "N"), "0000000000000000");
    assert_string_equal(combined(COVET__COMBINE_SUM, COVET__INT4, "N|N"), "N");
    assert_string_equal(combined(COVET__COMBINE_SUM, COVET__NUMERIC, "N"), "N");
    assert_string_equal(combined(COVET__COMBINE_SUM, COVET__FLOAT8, "N"), "N");
    assert_string_equal(combined(COVET__COMBINE_AVG, COVET__INT4, "N,0000000000000000"), "N");
    assert_string_equal(combined(COVET__COMBINE_AVG, COVET__FLOAT4, "N,0000000000000000,N"), "N");
    assert_string_equal(combined(COVET__COMBINE_MAX, COVET__TEXT, "N|N"), "N");
    assert_string_equal(combined(COVET__COMBINE_BOOL_OR, COVET__BOOL, "N"), "N");
    assert_string_equal(combined(COVET__COMBINE_BIT_AND, COVET__INT2, "N"), "N");
    covet__combine sum;
    const void *bytes = "";
    size_t length = 1;
    assert_ok(covet__combine_init(&sum, COVET__COMBINE_SUM, COVET__INT8, false, &err), &err);
    assert_ok(covet__combine_finish(&sum, arena, &bytes, &length, &err), &err);
    assert_null(bytes);
    assert_int_equal(length, 0);
}

static void a_bigint_overflows_only_in_the_end(void **state)
{
    (void)state;
    const covet__combine_kind sum = COVET__COMBINE_SUM;
    assert_string_equal(combined(sum, COVET__INT4, MOST_INT8 "|" ONE_INT8), "!22003");
    assert_string_equal(err.message, "bigint out of range");
    assert_int_equal(err.status, COVET_ESQL);
    assert_string_equal(combined(sum, COVET__INT2, LEAST_INT8 "|" MINUS_INT8), "!22003");
    assert_string_equal(combined(sum, COVET__INT4, MOST_INT8 "|" ONE_INT8 "|" MINUS_INT8),
                        MOST_INT8);
    assert_string_equal(combined(COVET__COMBINE_COUNT, 0, MOST_INT8 "|" ONE_INT8), "!22003");
    assert_string_equal(combined(COVET__COMBINE_AVG, COVET__INT4,
                                 MOST_INT8 "," MOST_INT8 "|" ONE_INT8 "," ONE_INT8),
                        "!22003");
}

static void averages_of_averages_are_never_taken(void **state)
{
    (void)state;
    /* 1, 2 and 2, on two shards: 1.6666666666666667 */
    assert_string_equal(combined(COVET__COMBINE_AVG, COVET__INT4,
                                 "0000000000000003,0000000000000002|"
                                 "0000000000000002,0000000000000001"),
                        "000500000000001000011a0a1a0a1a0a1a0b");
    /* an int8's sum is a numeric beyond int8; half is rounded away from zero */
    assert_string_equal(combined(COVET__COMBINE_AVG, COVET__INT8,
                                 "000500040000000007341a5802e103bb064d,0000000000000002"),
                        "0005000400000000039a0d2c0170156516af");
}

static void floats_overflow_as_the_server_says(void **state)
{
    (void)state;
    const covet__combine_kind sum = COVET__COMBINE_SUM, avg = COVET__COMBINE_AVG;
    assert_string_equal(combined(sum, COVET__FLOAT4, "7f7fffff|7f7fffff"), "!22003");
    assert_string_equal(err.message, "value out of range: overflow");
    assert_string_equal(combined(sum, COVET__FLOAT8, "7fefffffffffffff|7fefffffffffffff"),
                        "!22003");
    assert_string_equal(combined(sum, COVET__FLOAT8, "7ff0000000000000|7fefffffffffffff"),
                        "7ff0000000000000");
    assert_string_equal(combined(sum, COVET__FLOAT8, "8000000000000000|N"), "8000000000000000");
    assert_string_equal(combined(avg, COVET__FLOAT8,
                                 "7fefffffffffffff," ONE_INT8 ",0000000000000000|"
                                 "7fefffffffffffff," ONE_INT8 ",0000000000000000"),
                        "!22003");
    /* 1e200 and -1e200: their deviations are too large when squared */
    assert_string_equal(combined(avg, COVET__FLOAT8,
                                 "6974e718d7d7625a," ONE_INT8 ",0000000000000000|"
                                 "e974e718d7d7625a," ONE_INT8 ",0000000000000000"),
                        "!22003");
    assert_string_equal(combined(avg, COVET__FLOAT8,
                                 "6974e718d7d7625a," ONE_INT8 ",0000000000000000|"
                                 "6974e718d7d7625a," ONE_INT8 ",0000000000000000"),
                        "6974e718d7d7625a");
    /* each shard's own deviations fit, all of them do not */
    assert_string_equal(combined(avg, COVET__FLOAT8,
                                 "0000000000000000,0000000000000002,7fe0000000000000|"
                                 "0000000000000000,0000000000000002,7fd0000000000000"),
                        "!22003");
    assert_string_equal(combined(avg, COVET__FLOAT8,
                                 "8000000000000000," ONE_INT8 ",0000000000000000"),
                        "0000000000000000");
}

static void the_winner_is_kept_when_its_part_is_gone(void **state)
{
    (void)state;
    const covet__combine_kind min = COVET__COMBINE_MIN, max = COVET__COMBINE_MAX;
    assert_string_equal(combined(max, COVET__TEXT, "61|6262|6161|626262636363636363|6261|"),
                        "626262636363636363");
    assert_string_equal(combined(min, COVET__TEXT, "61|6262|N|60616161|"), "");
    assert_string_equal(combined(min, COVET__FLOAT8, "7ff8000000000000|7ff0000000000000"),
                        "7ff0000000000000");
    assert_string_equal(combined(max, COVET__FLOAT8, "7ff8000000000000|7ff0000000000000"),
                        "7ff8000000000000");
    assert_string_equal(combined(max, COVET__NUMERIC, "00010000000000010001|00010000000000020001"),
                        "00010000000000010001");
}

static void bits_and_booleans(void **state)
{
    (void)state;
    assert_string_equal(combined(COVET__COMBINE_BIT_AND, COVET__INT4, "ff00ff00|N|0ff0f0f0"),
                        "0f00f000");
    assert_string_equal(combined(COVET__COMBINE_BIT_OR, COVET__INT2, "8001|0110"), "8111");
    assert_string_equal(combined(COVET__COMBINE_BOOL_AND, COVET__BOOL, "01|00|01"), "00");
    assert_string_equal(combined(COVET__COMBINE_BOOL_AND, COVET__BOOL, "N|01"), "01");
    assert_string_equal(combined(COVET__COMBINE_BOOL_OR, COVET__BOOL, "00|01|00"), "01");
}

static void parts_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        covet__combine_kind kind;
        uint32_t type;
        const char *shards;
    } cases[] = {
        {COVET__COMBINE_COUNT, 0, "00"},
        {COVET__COMBINE_SUM, COVET__INT4, "00000001"},
        {COVET__COMBINE_SUM, COVET__FLOAT4, "0000000000000000"},
        {COVET__COMBINE_SUM, COVET__NUMERIC, "0001"},
        {COVET__COMBINE_MIN, COVET__INT4, "0001"},
        {COVET__COMBINE_BOOL_AND, COVET__BOOL, "02"},
        {COVET__COMBINE_AVG, COVET__INT4, ONE_INT8 ",N"},
        {COVET__COMBINE_AVG, COVET__INT4, ONE_INT8 ",0000000000000000"},
        {COVET__COMBINE_AVG, COVET__NUMERIC, "00010000000000000001," MINUS_INT8},
        {COVET__COMBINE_AVG, COVET__NUMERIC, "00010000000000000001,01"},
        {COVET__COMBINE_AVG, COVET__FLOAT8, "0000000000000000," ONE_INT8 ",N"},
        {COVET__COMBINE_AVG, COVET__FLOAT8, "0000000000000000,N,N"},
    };
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        assert_string_equal(combined(cases[i].kind, cases[i].type, cases[i].shards), "!22P03");
        assert_int_equal(err.status, COVET_ETYPE);
    }
    assert_string_equal(combined(COVET__COMBINE_AVG, COVET__INT4, ONE_INT8), "!");
    assert_int_equal(err.status, COVET_EINVAL);
}

static void what_cannot_be_combined_is_unsupported(void **state)
{
    (void)state;
    static const struct {
        covet__combine_kind kind;
        uint32_t type;
    } cases[] = {{COVET__COMBINE_SUM, COVET__INTERVAL},
                 {COVET__COMBINE_SUM, 790},
                 {COVET__COMBINE_AVG, COVET__INTERVAL},
                 {COVET__COMBINE_MIN, COVET__TEXT},
                 {COVET__COMBINE_MAX, COVET__JSONB},
                 {COVET__COMBINE_BOOL_AND, COVET__INT4},
                 {COVET__COMBINE_BIT_OR, 1560},
                 {COVET__COMBINE_SUM, 0},
                 {COVET__COMBINE_MIN, 0}};
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        covet__combine_types types;
        covet__combine combine;
        assert_false(covet__combine_types_of(cases[i].kind, cases[i].type, false, &types));
        assert_int_equal(covet__combine_init(&combine, cases[i].kind, cases[i].type, false, &err),
                         COVET_EUNSUPPORTED);
        assert_string_equal(err.sqlstate, "0A000");
    }
}

static void the_planner_learns_what_to_ask_for(void **state)
{
    (void)state;
    covet__combine_types types;
    assert_true(covet__combine_types_of(COVET__COMBINE_AVG, COVET__FLOAT4, false, &types));
    assert_int_equal(types.result, COVET__FLOAT8);
    assert_int_equal(types.count, 3);
    assert_int_equal(types.parts[0], COVET__FLOAT8);
    assert_int_equal(types.parts[1], COVET__INT8);
    assert_int_equal(types.parts[2], COVET__FLOAT8);
    assert_true(covet__combine_types_of(COVET__COMBINE_MAX, COVET__DATE, false, &types));
    assert_int_equal(types.result, COVET__DATE);
    assert_int_equal(types.count, 1);
    assert_int_equal(types.parts[0], COVET__DATE);
    assert_true(covet__combine_types_of(COVET__COMBINE_SUM, COVET__INT2, false, &types));
    assert_int_equal(types.result, COVET__INT8);
    assert_true(covet__combine_types_of(COVET__COMBINE_COUNT, 600, false, &types));
    assert_int_equal(types.parts[0], COVET__INT8);
}

static long until_failure;

static void *failing_alloc(size_t size) { return until_failure-- > 0 ? malloc(size) : NULL; }

static void no_memory_is_an_error_at_every_point(void **state)
{
    (void)state;
    static const struct {
        covet__combine_kind kind;
        uint32_t type;
        const char *shards;
    } cases[] = {
        {COVET__COMBINE_COUNT, 0, ONE_INT8 "|" ONE_INT8},
        {COVET__COMBINE_SUM, COVET__FLOAT4, "3f800000|3f800000"},
        {COVET__COMBINE_SUM, COVET__NUMERIC, "00017fff000000000001|0001f00000003fff000a"},
        {COVET__COMBINE_AVG, COVET__NUMERIC,
         "0001f00000003fff000a," ONE_INT8 "|00017fff000000000001,0000000000000003"},
        {COVET__COMBINE_AVG, COVET__INT4, ONE_INT8 "," ONE_INT8},
        {COVET__COMBINE_MAX, COVET__TEXT, "61|6262|626262"},
        {COVET__COMBINE_BIT_OR, COVET__INT4, "00000001"},
    };
    assert_int_equal(covet_set_allocator(&(covet_allocator){failing_alloc, realloc, free}),
                     COVET_OK);
    for (size_t i = 0; i < 2 * COVET_COUNT(cases); i++) {
        const size_t at = i / 2;
        const bool limited = i % 2 != 0; /* a full arena; else no block from the allocator */
        covet_status status = COVET_ENOMEM;
        for (size_t point = 1; status != COVET_OK; point++) {
            COVET_AUTO(covet_arena) mine = NULL;
            const void *bytes;
            size_t length;
            until_failure = limited ? LONG_MAX : (long)point;
            assert_ok(covet_arena_new(limited ? 16 * point * point : 0, &mine, &err), &err);
            status =
                run_in(mine, cases[at].kind, cases[at].type, cases[at].shards, &bytes, &length);
            assert_true(status == COVET_OK || status == COVET_ENOMEM);
            assert_in_range(point, 1, 1000);
        }
    }
    assert_int_equal(covet_set_allocator(NULL), COVET_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(the_parts_give_what_the_server_has_for_the_whole),
        TEST(nothing_is_a_count_of_zero_and_else_null),
        TEST(a_bigint_overflows_only_in_the_end),
        TEST(averages_of_averages_are_never_taken),
        TEST(floats_overflow_as_the_server_says),
        TEST(the_winner_is_kept_when_its_part_is_gone),
        TEST(bits_and_booleans),
        TEST(parts_that_do_not_fit_are_refused),
        TEST(what_cannot_be_combined_is_unsupported),
        TEST(the_planner_learns_what_to_ask_for),
        TEST(no_memory_is_an_error_at_every_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
