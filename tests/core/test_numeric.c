#include "support/cmocka_all.h"

#include <limits.h>

#include <covet/core/alloc.h>

#include "core/macros.h"
#include "core/numeric.h"
#include "core/pin.h"

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

/* Exactly as long as the bytes are, so that a sanitizer sees a read beyond them. */
static unsigned char *bytes_of(const char *hex, size_t *ret_length)
{
    *ret_length = strlen(hex) / 2;
    unsigned char *bytes = malloc(*ret_length);
    for (size_t i = 0; i < *ret_length; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return bytes;
}

/* The wire form in hexadecimal digits, or "!" and the SQLSTATE. */
static const char *outcome(covet_status status, const covet__numeric *value)
{
    const void *bytes;
    size_t length;
    if (status != COVET_OK) {
        char *text = covet_arena_alloc(arena, 8);
        snprintf(text, 8, "!%s", err.sqlstate);
        return text;
    }
    assert_ok(covet__numeric_encode(value, arena, &bytes, &length, &err), &err);
    char *text = covet_arena_alloc(arena, 2 * length + 1);
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
    return text;
}

static covet__numeric number(const char *text)
{
    covet__numeric value = {0};
    assert_ok(covet__numeric_from_text(text, strlen(text), arena, &value, &err), &err);
    return value;
}

static const char *text_of(covet__numeric value)
{
    char *text = NULL;
    assert_ok(covet__numeric_to_text(&value, arena, &text, &err), &err);
    return text;
}

static const char *quotient(const char *a, const char *b)
{
    const covet__numeric x = number(a), y = number(b);
    covet__numeric value = {0};
    const covet_status status = covet__numeric_divide(&x, &y, arena, &value, &err);
    return status == COVET_OK ? text_of(value) : outcome(status, &value);
}

static const struct {
    const char *a, *b, *text, *sum, *difference, *quotient;
    int order;
} numbers[] = {
#define NUMBERS(...) {__VA_ARGS__},
#define TEXT(...)
#include "numeric_vectors.inc.h"
#undef NUMBERS
#undef TEXT
};

static const struct {
    const char *text, *value;
} texts[] = {
#define NUMBERS(...)
#define TEXT(...) {__VA_ARGS__},
#include "numeric_vectors.inc.h"
#undef NUMBERS
#undef TEXT
};

static void the_server_agrees_on_arithmetic(void **state)
{
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(numbers); i++) {
        size_t alen, blen;
        unsigned char *abytes = bytes_of(numbers[i].a, &alen);
        unsigned char *bbytes = bytes_of(numbers[i].b, &blen);
        covet__numeric a = {0}, b = {0}, value = {0};
        assert_ok(covet__numeric_decode(abytes, alen, &a, &err), &err);
        assert_ok(covet__numeric_decode(bbytes, blen, &b, &err), &err);
        assert_string_equal(outcome(COVET_OK, &a), numbers[i].a);
        assert_string_equal(text_of(a), numbers[i].text);
        value = number(numbers[i].text);
        assert_string_equal(outcome(COVET_OK, &value), numbers[i].a);
        covet_status status = covet__numeric_add(&a, &b, arena, &value, &err);
        assert_string_equal(outcome(status, &value), numbers[i].sum);
        status = covet__numeric_subtract(&a, &b, arena, &value, &err);
        assert_string_equal(outcome(status, &value), numbers[i].difference);
        status = covet__numeric_divide(&a, &b, arena, &value, &err);
        assert_string_equal(outcome(status, &value), numbers[i].quotient);
        assert_int_equal(covet__numeric_compare(&a, &b), numbers[i].order);
        assert_int_equal(covet__numeric_compare(&b, &a), -numbers[i].order);
        free(abytes);
        free(bbytes);
    }
}

static void the_server_agrees_on_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(texts); i++) {
        covet__numeric value = {0};
        const covet_status status =
            covet__numeric_from_text(texts[i].text, strlen(texts[i].text), arena, &value, &err);
        assert_string_equal(outcome(status, &value), texts[i].value);
    }
    assert_string_equal(text_of(number(" \t\n\v\f\r-1.50 \t\n\v\f\r")), "-1.50");
    assert_string_equal(text_of(number("15e \t-1")), "1.5");
}

static void a_text_ends_where_its_length_says(void **state)
{
    (void)state;
    covet__numeric value = {0};
    assert_ok(covet__numeric_from_text("12345", 3, arena, &value, &err), &err);
    assert_string_equal(text_of(value), "123");
    assert_int_equal(covet__numeric_from_text("1\0", 2, arena, &value, &err), COVET_ETYPE);
    assert_string_equal(err.message, "invalid input syntax for type numeric: \"1\"");
}

static void bytes_that_are_no_numeric_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *why;
    } cases[] = {
        {"", "wrong length"},
        {"00000000000000", "wrong length"},
        {"0001000000000000", "wrong length"},
        {"00010000000000000001ff", "wrong length"},
        {"ffff0000000000000001", "wrong length"},
        {"00010000100000000001", "invalid sign"},
        {"0000000080000000", "invalid sign"},
        {"00010000000040000001", "invalid scale"},
        {"00010000000000002710", "invalid digit"},
        {"0001000000000000ffff", "invalid digit"},
        {"0002000000000000000103e8", "digits beyond the scale"},
        {"0001ffff000000020001", "digits beyond the scale"},
    };
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        size_t length;
        unsigned char *bytes = bytes_of(cases[i].hex, &length);
        covet__numeric value = {.dscale = 77};
        assert_int_equal(covet__numeric_decode(bytes, length, &value, &err), COVET_ETYPE);
        assert_string_equal(err.sqlstate, "22P03");
        assert_contains(err.message, cases[i].why);
        assert_int_equal(value.dscale, 77);
        covet__numeric_view(bytes, length); /* reads no further */
        free(bytes);
    }
}

/* numeric_recv strips what numeric_send never sends; so do we. */
static void zeros_at_the_ends_of_the_wire_do_not_count(void **state)
{
    (void)state;
    size_t length;
    unsigned char *bytes = bytes_of("0004000140000001000000070fa00000", &length);
    covet__numeric value = {0};
    assert_ok(covet__numeric_decode(bytes, length, &value, &err), &err);
    assert_string_equal(outcome(COVET_OK, &value), "000200004000000100070fa0");
    assert_string_equal(text_of(value), "-7.4");
    free(bytes);
    bytes = bytes_of("00020005400000030000"
                     "0000",
                     &length);
    assert_ok(covet__numeric_decode(bytes, length, &value, &err), &err);
    assert_string_equal(outcome(COVET_OK, &value), "0000000000000003");
    free(bytes);
}

static void integers_become_numerics(void **state)
{
    (void)state;
    static const int64_t cases[] = {0,     1,      -1,        9999,      10000,    -10001,
                                    50000, 100000, 100000000, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%lld", (long long)cases[i]);
        unsigned char room[COVET__NUMERIC_INT64_ROOM];
        const covet__numeric value = covet__numeric_from_int64(cases[i], room);
        assert_string_equal(text_of(value), expected);
        const covet__numeric same = number(expected);
        assert_string_equal(outcome(COVET_OK, &value), outcome(COVET_OK, &same));
    }
}

static void values_have_one_order_and_one_hash(void **state)
{
    (void)state;
    static const char *const ascending[] = {"-Infinity", "-1e131071", "-10000.1",  "-10000",
                                            "-1.0001",   "-1",        "-1e-16383", "0",
                                            "1e-16383",  "0.0001",    "0.9999",    "1",
                                            "1.001",     "9999.9999", "10000",     "1e131071",
                                            "Infinity",  "NaN"};
    for (size_t i = 0; i < COVET_COUNT(ascending); i++) {
        for (size_t j = 0; j < COVET_COUNT(ascending); j++) {
            const covet__numeric a = number(ascending[i]), b = number(ascending[j]);
            assert_int_equal(covet__numeric_compare(&a, &b), (i > j) - (i < j));
            assert_int_equal(covet__numeric_hash(&a, 1) == covet__numeric_hash(&b, 1), i == j);
        }
    }
    static const char *const equal[][2] = {
        {"1.0", "1.00000"}, {"0", "-0.000"}, {"1e4", "10000.0"}, {"nan", "NaN"}, {"-2.50", "-2.5"}};
    for (size_t i = 0; i < COVET_COUNT(equal); i++) {
        const covet__numeric a = number(equal[i][0]), b = number(equal[i][1]);
        assert_int_equal(covet__numeric_compare(&a, &b), 0);
        assert_true(covet__numeric_hash(&a, 1) == covet__numeric_hash(&b, 1));
        assert_false(covet__numeric_hash(&a, 1) == covet__numeric_hash(&a, 2));
    }
}

/* Where the guess of long division stays one too high and is taken back, which happens
 * about twice in ten thousand steps. */
static void a_guess_that_was_too_high_is_taken_back(void **state)
{
    (void)state;
    assert_string_equal(quotient("149995000", "999900019998"), "0.00015000999799990005");
    assert_string_equal(quotient("500049999998", "500100009999"), "0.99989999999999980004");
    assert_string_equal(quotient("499999990000", "500100005000"), "0.99980000999999990002");
    assert_string_equal(quotient("199999999", "500100019999"), "0.00039991999800439904");
}

static void quotients_have_the_scale_of_the_server(void **state)
{
    (void)state;
    assert_string_equal(quotient("1", "3"), "0.33333333333333333333");
    assert_string_equal(quotient("2", "3"), "0.66666666666666666667");
    assert_string_equal(quotient("-2", "3"), "-0.66666666666666666667");
    assert_string_equal(quotient("10", "3"), "3.3333333333333333");
    assert_string_equal(quotient("0.00", "7"), "0.00000000000000000000");
    assert_string_equal(quotient("9998", "9999"), "0.99989998999899989999");
    assert_string_equal(quotient("1e16", "3"), "3333333333333333.3333");
    assert_string_equal(quotient("0.0001", "3"), "0.000033333333333333333333");
    assert_string_equal(quotient("1e-4", "1e8"), "0.00000000000100000000000000000000");
    assert_string_equal(quotient("1", "0"), "!22012");
    assert_string_equal(quotient("Infinity", "0"), "!22012");
    assert_string_equal(quotient("NaN", "0"), "NaN");
    assert_string_equal(quotient("0", "NaN"), "NaN");
    assert_string_equal(quotient("Infinity", "-Infinity"), "NaN");
    assert_string_equal(quotient("-Infinity", "-2"), "Infinity");
    assert_string_equal(quotient("1.23", "-Infinity"), "0");
    assert_string_equal(quotient("1e131071", "1e-10"), "!22003");
    assert_string_equal(quotient("1e131071", "1e-16383"), "!22003");
    const covet__numeric one = number("1"), zero = number("0");
    covet__numeric value;
    assert_int_equal(covet__numeric_divide(&one, &zero, arena, &value, &err), COVET_ESQL);
    assert_string_equal(err.message, "division by zero");
}

/* A half can be met exactly only at the limit of 1000 decimals. */
static void a_half_is_rounded_away_from_zero(void **state)
{
    (void)state;
    const covet__numeric one = number("1");
    static const struct {
        const char *dividend, *wire;
    } cases[] = {
        {"5e-1001", "0001ff06000003e80001"},
        {"-5e-1001", "0001ff06400003e80001"},
        {"4.999e-1001", "00000000000003e8"},
        {"1e-16383", "00000000000003e8"},
    };
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        const covet__numeric dividend = number(cases[i].dividend);
        covet__numeric value;
        assert_ok(covet__numeric_divide(&dividend, &one, arena, &value, &err), &err);
        assert_string_equal(outcome(COVET_OK, &value), cases[i].wire);
    }
}

static void a_sum_of_very_many_values_is_exact(void **state)
{
    (void)state;
    covet__numeric_sum sum = {0};
    const covet__numeric nines = number("99999999.9999"), minus = number("-99999999.9999");
    covet__numeric value = {0};
    for (int i = 0; i < 300000; i++)
        assert_ok(covet__numeric_sum_add(&sum, &nines, arena, &err), &err);
    assert_ok(covet__numeric_sum_value(&sum, arena, &value, &err), &err);
    assert_string_equal(text_of(value), "29999999999970.0000");
    for (int i = 0; i < 300001; i++)
        assert_ok(covet__numeric_sum_add(&sum, &minus, arena, &err), &err);
    assert_ok(covet__numeric_sum_value(&sum, arena, &value, &err), &err);
    assert_string_equal(text_of(value), "-99999999.9999");
    assert_ok(covet__numeric_sum_add(&sum, &nines, arena, &err), &err);
    assert_ok(covet__numeric_sum_value(&sum, arena, &value, &err), &err);
    assert_string_equal(text_of(value), "0.0000");
}

static void only_the_total_of_a_sum_can_overflow(void **state)
{
    (void)state;
    covet__numeric_sum sum = {0};
    const covet__numeric most = number("9e131071"), minus = number("-9e131071");
    covet__numeric value = {.dscale = 77};
    assert_ok(covet__numeric_sum_add(&sum, &most, arena, &err), &err);
    assert_ok(covet__numeric_sum_add(&sum, &most, arena, &err), &err);
    assert_int_equal(covet__numeric_sum_value(&sum, arena, &value, &err), COVET_ESQL);
    assert_string_equal(err.sqlstate, "22003");
    assert_int_equal(value.dscale, 77);
    assert_ok(covet__numeric_sum_add(&sum, &minus, arena, &err), &err);
    assert_ok(covet__numeric_sum_value(&sum, arena, &value, &err), &err);
    assert_int_equal(covet__numeric_compare(&value, &most), 0);
}

static void infinities_and_nan_take_over_a_sum(void **state)
{
    (void)state;
    static const struct {
        const char *values[3], *sum;
    } cases[] = {
        {{"1", "Infinity", "-5"}, "Infinity"},   {{"-Infinity", "1", "-Infinity"}, "-Infinity"},
        {{"Infinity", "-Infinity", "1"}, "NaN"}, {{"NaN", "Infinity", "1"}, "NaN"},
        {{"0.0", "-0.00", "0"}, "0.00"},
    };
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        covet__numeric_sum sum = {0};
        covet__numeric value;
        for (size_t j = 0; j < 3; j++) {
            const covet__numeric item = number(cases[i].values[j]);
            assert_ok(covet__numeric_sum_add(&sum, &item, arena, &err), &err);
        }
        assert_ok(covet__numeric_sum_value(&sum, arena, &value, &err), &err);
        assert_string_equal(text_of(value), cases[i].sum);
    }
}

/* Weights that creep up and down by one must not copy the columns each time. */
static void a_sum_over_all_weights_stays_small(void **state)
{
    (void)state;
    covet__numeric_sum sum = {0};
    const size_t before = covet_arena_held(arena);
    unsigned char one[] = {0, 1, 0, 0, 0, 0, 0x3F, 0xFF, 0, 1};
    for (int weight = 0; weight <= 32767; weight++) {
        one[2] = (unsigned char)(weight >> 8);
        one[3] = (unsigned char)weight;
        covet__numeric value = covet__numeric_view(one, sizeof one);
        assert_ok(covet__numeric_sum_add(&sum, &value, arena, &err), &err);
        value.weight = -weight / 8;
        assert_ok(covet__numeric_sum_add(&sum, &value, arena, &err), &err);
    }
    assert_in_range(covet_arena_held(arena) - before, 1, 2 << 20);
    covet__numeric value = {0};
    assert_ok(covet__numeric_sum_value(&sum, arena, &value, &err), &err);
    assert_int_equal(value.weight, 32767);
    assert_int_equal(value.count, 32768 + 4095);
}

static long until_failure;

static void *failing_alloc(size_t size) { return until_failure-- > 0 ? malloc(size) : NULL; }

/* Everything that allocates, on values that are too large for an arena's first block. */
static covet_status all_of_it(covet_arena *mine, covet__numeric_sum *sum)
{
    static const char text[] = "123456789e9000", other[] = "-98765.4321e-7000";
    covet__numeric a, b, value;
    const void *bytes;
    size_t length;
    char *out;
    COVET_TRY(covet__numeric_from_text(text, sizeof text - 1, mine, &a, &err));
    COVET_TRY(covet__numeric_from_text(other, sizeof other - 1, mine, &b, &err));
    COVET_TRY(covet__numeric_sum_add(sum, &a, mine, &err));
    COVET_TRY(covet__numeric_sum_add(sum, &b, mine, &err));
    COVET_TRY(covet__numeric_sum_value(sum, mine, &value, &err));
    COVET_TRY(covet__numeric_divide(&value, &b, mine, &value, &err));
    COVET_TRY(covet__numeric_subtract(&value, &a, mine, &value, &err));
    COVET_TRY(covet__numeric_encode(&value, mine, &bytes, &length, &err));
    return covet__numeric_to_text(&value, mine, &out, &err);
}

/* Once for each block that the arena asks for, and once for each place where an arena of
 * a limited size is full. */
static void no_memory_is_an_error_at_every_point(void **state)
{
    (void)state;
    assert_int_equal(covet_set_allocator(&(covet_allocator){failing_alloc, realloc, free}),
                     COVET_OK);
    for (int limited = 0; limited < 2; limited++) {
        covet_status status = COVET_ENOMEM;
        size_t point = 1;
        for (; status != COVET_OK; point++) {
            COVET_AUTO(covet_arena) mine = NULL;
            covet__numeric_sum sum = {0};
            until_failure = limited ? LONG_MAX : (long)point;
            assert_ok(covet_arena_new(limited ? 512 * point : 0, &mine, &err), &err);
            status = all_of_it(mine, &sum);
            assert_true(status == COVET_OK || status == COVET_ENOMEM);
        }
        assert_in_range(point, 8, 1000);
    }
    assert_int_equal(covet_set_allocator(NULL), COVET_OK);
}

/* The carry that needs a new spare column is refused; the sum goes on when there is memory. */
static void a_sum_survives_a_lack_of_memory(void **state)
{
    (void)state;
    const covet__numeric nines = number("9999");
    assert_int_equal(covet_set_allocator(&(covet_allocator){failing_alloc, realloc, free}),
                     COVET_OK);
    until_failure = 2; /* the arena and one block, which is then filled */
    COVET_AUTO(covet_arena) mine = NULL;
    assert_ok(covet_arena_new(0, &mine, &err), &err);
    covet__numeric_sum sum = {0};
    int64_t added = 0, refused = 0;
    assert_ok(covet__numeric_sum_add(&sum, &nines, mine, &err), &err);
    while (covet_arena_alloc(mine, 1) != NULL)
        continue;
    for (added = 1; refused == 0; added++) {
        if (covet__numeric_sum_add(&sum, &nines, mine, &err) != COVET_OK)
            refused = added--;
    }
    covet__numeric value = {0};
    assert_int_equal(covet__numeric_sum_add(&sum, &nines, mine, &err), COVET_ENOMEM);
    assert_int_equal(covet__numeric_sum_value(&sum, mine, &value, &err), COVET_ENOMEM);
    until_failure = 100;
    assert_ok(covet__numeric_sum_value(&sum, mine, &value, &err), &err);
    unsigned char room[COVET__NUMERIC_INT64_ROOM];
    const covet__numeric expected = covet__numeric_from_int64(added * 9999, room);
    assert_int_equal(covet__numeric_compare(&value, &expected), 0);
    assert_int_equal(covet_set_allocator(NULL), COVET_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(the_server_agrees_on_arithmetic),
        TEST(the_server_agrees_on_text),
        TEST(a_text_ends_where_its_length_says),
        TEST(bytes_that_are_no_numeric_are_refused),
        TEST(zeros_at_the_ends_of_the_wire_do_not_count),
        TEST(integers_become_numerics),
        TEST(values_have_one_order_and_one_hash),
        TEST(a_guess_that_was_too_high_is_taken_back),
        TEST(quotients_have_the_scale_of_the_server),
        TEST(a_half_is_rounded_away_from_zero),
        TEST(a_sum_of_very_many_values_is_exact),
        TEST(only_the_total_of_a_sum_can_overflow),
        TEST(infinities_and_nan_take_over_a_sum),
        TEST(a_sum_over_all_weights_stays_small),
        TEST(no_memory_is_an_error_at_every_point),
        TEST(a_sum_survives_a_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
