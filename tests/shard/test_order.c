#include "support/cmocka_all.h"

#include "core/macros.h"
#include "core/types.h"
#include "shard/order.h"

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

static const uint32_t all_types[] = {COVET__BOOL,      COVET__CHAR,       COVET__OID,
                                     COVET__UUID,      COVET__BYTEA,      COVET__INT2,
                                     COVET__INT4,      COVET__INT8,       COVET__DATE,
                                     COVET__TIME,      COVET__FLOAT4,     COVET__FLOAT8,
                                     COVET__TEXT,      COVET__VARCHAR,    COVET__NAME,
                                     COVET__BPCHAR,    COVET__NUMERIC,    COVET__INTERVAL,
                                     COVET__TIMESTAMP, COVET__TIMESTAMPTZ};

/* Orders the two, and holds grouping and checking to the same answer. */
static int order_of(uint32_t type, const char *a, const char *b)
{
    size_t alen, blen;
    unsigned char *x = bytes_of(a, &alen), *y = bytes_of(b, &blen);
    covet_error err = {0};
    assert_ok(covet__order_check(type, x, alen, &err), &err);
    assert_ok(covet__order_check(type, y, blen, &err), &err);
    const covet__order_key key = {.cmp = covet__order_of(type, true)};
    assert_non_null(key.cmp);
    const int order = covet__order_compare(&key, x, alen, y, blen);
    assert_int_equal(covet__order_compare(&key, y, blen, x, alen), -order);
    covet__group_key group;
    assert_true(covet__group_of(type, true, &group));
    assert_int_equal(covet__group_equal(&group, x, alen, y, blen), order == 0);
    const uint64_t xhash = covet__group_hash(&group, x, alen, 1);
    assert_int_equal(xhash == covet__group_hash(&group, y, blen, 1), order == 0);
    assert_false(xhash == covet__group_hash(&group, x, alen, 2));
    free(x);
    free(y);
    return order;
}

static const struct {
    uint32_t type;
    const char *a, *b;
    int order;
} pairs[] = {
#define ORDER(...) {__VA_ARGS__},
#include "order_vectors.inc.h"
#undef ORDER
};

static void the_server_agrees_on_the_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(pairs); i++)
        if (order_of(pairs[i].type, pairs[i].a, pairs[i].b) != pairs[i].order)
            fail_msg("type %u: %s and %s", pairs[i].type, pairs[i].a, pairs[i].b);
}

static void every_type_has_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(all_types); i++) {
        size_t count = 0;
        for (size_t j = 0; j < COVET_COUNT(pairs); j++)
            count += pairs[j].type == all_types[i];
        assert_in_range(count, 10, 100);
    }
}

static void signs_and_widths(void **state)
{
    (void)state;
    assert_int_equal(order_of(COVET__INT2, "8000", "7fff"), -1);
    assert_int_equal(order_of(COVET__INT2, "ffff", "0000"), -1);
    assert_int_equal(order_of(COVET__INT4, "80000000", "ffffffff"), -1);
    assert_int_equal(order_of(COVET__INT8, "7fffffffffffffff", "8000000000000000"), 1);
    assert_int_equal(order_of(COVET__OID, "ffffffff", "7fffffff"), 1);
    assert_int_equal(order_of(COVET__CHAR, "e9", "61"), 1);
    assert_int_equal(order_of(COVET__BOOL, "00", "01"), -1);
}

static void infinite_days_are_the_first_and_the_last(void **state)
{
    (void)state;
    assert_int_equal(order_of(COVET__DATE, "80000000", "fffff000"), -1);
    assert_int_equal(order_of(COVET__DATE, "7fffffff", "00001000"), 1);
    assert_int_equal(order_of(COVET__TIMESTAMPTZ, "8000000000000000", "ff00000000000000"), -1);
    assert_int_equal(order_of(COVET__TIMESTAMP, "7fffffffffffffff", "00ffffffffffffff"), 1);
}

static void a_nan_is_greatest_and_zero_has_no_sign(void **state)
{
    (void)state;
    assert_int_equal(order_of(COVET__FLOAT8, "7ff8000000000000", "7ff0000000000000"), 1);
    assert_int_equal(order_of(COVET__FLOAT8, "fff8000000000001", "7ff8000000000000"), 0);
    assert_int_equal(order_of(COVET__FLOAT8, "fff8000000000000", "fff0000000000000"), 1);
    assert_int_equal(order_of(COVET__FLOAT8, "8000000000000000", "0000000000000000"), 0);
    assert_int_equal(order_of(COVET__FLOAT8, "8000000000000001", "0000000000000000"), -1);
    assert_int_equal(order_of(COVET__FLOAT4, "ffc00000", "7fc00001"), 0);
    assert_int_equal(order_of(COVET__FLOAT4, "7f800000", "7fc00000"), -1);
    assert_int_equal(order_of(COVET__FLOAT4, "80000000", "00000000"), 0);
    assert_int_equal(order_of(COVET__FLOAT4, "80000001", "00000001"), -1);
}

static void numbers_compare_whatever_their_scale(void **state)
{
    (void)state;
    assert_int_equal(order_of(COVET__NUMERIC, "00010000000000010001", "00010000000000020001"), 0);
    assert_int_equal(order_of(COVET__NUMERIC, "00000000c0000000", "00000000d0000020"), 1);
    assert_int_equal(order_of(COVET__NUMERIC, "00000000f0000020", "00010001400000000001"), -1);
}

static void an_interval_is_its_span(void **state)
{
    (void)state;
    const char *const month = "00000000000000000000000000000001";
    assert_int_equal(order_of(COVET__INTERVAL, month, "00000000000000000000001e00000000"), 0);
    assert_int_equal(order_of(COVET__INTERVAL, month, "0000025b7f3d40000000000000000000"), 0);
    assert_int_equal(order_of(COVET__INTERVAL, month, "0000025b7f3d40010000000000000000"), -1);
    /* the largest: the parts are summed in more than 64 bits */
    const char *const most = "7fffffffffffffff7fffffff7fffffff";
    const char *const least = "80000000000000008000000080000000";
    assert_int_equal(order_of(COVET__INTERVAL, most, "7ffffffffffffffe7fffffff7fffffff"), 1);
    assert_int_equal(order_of(COVET__INTERVAL, most, least), 1);
    assert_int_equal(order_of(COVET__INTERVAL, least, month), -1);
}

static void only_char_n_ignores_trailing_blanks(void **state)
{
    (void)state;
    assert_int_equal(order_of(COVET__BPCHAR, "61", "612020"), 0);
    assert_int_equal(order_of(COVET__BPCHAR, "", "2020"), 0);
    assert_int_equal(order_of(COVET__BPCHAR, "612062", "6162"), -1);
    assert_int_equal(order_of(COVET__BPCHAR, "6120", "6109"), -1);
    assert_int_equal(order_of(COVET__TEXT, "61", "6120"), -1);
    assert_int_equal(order_of(COVET__TEXT, "", "20"), -1);
    assert_int_equal(order_of(COVET__VARCHAR, "c3a9", "7a"), 1);
    assert_int_equal(order_of(COVET__BYTEA, "00", "0000"), -1);
}

static void what_cannot_be_proved_has_no_order(void **state)
{
    (void)state;
    static const uint32_t unknown[] = {
        COVET__JSON, COVET__JSONB, COVET__UNKNOWN, 869, 1007, COVET__FIRST_USER_OID, 0};
    covet__group_key key;
    for (size_t i = 0; i < COVET_COUNT(unknown); i++) {
        assert_null(covet__order_of(unknown[i], true));
        assert_false(covet__group_of(unknown[i], true, &key));
        assert_int_equal(covet__order_check(unknown[i], "?", 1, NULL), COVET_OK);
    }
    static const uint32_t text[] = {COVET__TEXT, COVET__VARCHAR, COVET__BPCHAR, COVET__NAME};
    for (size_t i = 0; i < COVET_COUNT(text); i++) {
        assert_null(covet__order_of(text[i], false));
        assert_true(covet__group_of(text[i], true, &key));
        assert_false(covet__group_of(text[i], false, &key));
    }
    assert_non_null(covet__order_of(COVET__INT4, false));
    assert_true(covet__group_of(COVET__INT4, false, &key));
}

static void nulls_go_where_the_key_says(void **state)
{
    (void)state;
    covet__order_key key = {.cmp = covet__order_of(COVET__TEXT, true)};
    for (int i = 0; i < 4; i++) {
        key.descending = (i & 1) != 0;
        key.nulls_first = (i & 2) != 0;
        const int null_to_value = key.nulls_first ? -1 : 1;
        assert_int_equal(covet__order_compare(&key, NULL, 0, NULL, 0), 0);
        assert_int_equal(covet__order_compare(&key, NULL, 0, "", 0), null_to_value);
        assert_int_equal(covet__order_compare(&key, "a", 1, NULL, 0), -null_to_value);
        assert_int_equal(covet__order_compare(&key, "", 0, "a", 1), key.descending ? 1 : -1);
        assert_int_equal(covet__order_compare(&key, "b", 1, "b", 1), 0);
    }
}

static void nulls_are_one_group(void **state)
{
    (void)state;
    covet__group_key key;
    assert_true(covet__group_of(COVET__TEXT, true, &key));
    assert_true(covet__group_equal(&key, NULL, 0, NULL, 0));
    assert_false(covet__group_equal(&key, NULL, 0, "", 0));
    assert_false(covet__group_equal(&key, "", 0, NULL, 0));
    assert_true(covet__group_hash(&key, NULL, 0, 5) == covet__group_hash(&key, NULL, 0, 5));
    assert_false(covet__group_hash(&key, NULL, 0, 5) == covet__group_hash(&key, "", 0, 5));
}

static void bytes_that_are_no_value_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        const char *hex;
    } cases[] = {{COVET__BOOL, ""},         {COVET__BOOL, "02"},   {COVET__INT2, "000000"},
                 {COVET__INT4, "0000"},     {COVET__INT8, "00"},   {COVET__FLOAT4, ""},
                 {COVET__FLOAT8, "000000"}, {COVET__UUID, "00"},   {COVET__INTERVAL, "00"},
                 {COVET__NUMERIC, "0001"},  {COVET__CHAR, "6161"}, {COVET__DATE, "0000"}};
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        size_t length;
        unsigned char *bytes = bytes_of(cases[i].hex, &length);
        covet_error err = {0};
        assert_int_equal(covet__order_check(cases[i].type, bytes, length, &err), COVET_ETYPE);
        assert_string_equal(err.sqlstate, "22P03");
        free(bytes);
    }
    covet_error err = {0};
    assert_int_equal(covet__order_check(COVET__INT4, "ab", 2, &err), COVET_ETYPE);
    assert_string_equal(err.message, "incorrect binary data format: 2 bytes are no integer");
}

/* The sanitizers watch. */
static void no_bytes_are_read_beyond_the_lengths(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (size_t round = 0; round < 20000; round++) {
        const uint32_t type = all_types[round % COVET_COUNT(all_types)];
        unsigned char *values[2];
        size_t lengths[2];
        for (size_t i = 0; i < 2; i++) {
            random = random * 1664525 + 1013904223;
            lengths[i] = (random >> 16) % 20;
            values[i] = malloc(lengths[i]);
            for (size_t j = 0; j < lengths[i]; j++) {
                random = random * 1664525 + 1013904223;
                values[i][j] = (unsigned char)((random >> 24) & (random >> 16));
            }
        }
        const covet__order_key key = {.cmp = covet__order_of(type, true)};
        const int order = covet__order_compare(&key, values[0], lengths[0], values[1], lengths[1]);
        assert_int_equal(covet__order_compare(&key, values[1], lengths[1], values[0], lengths[0]),
                         -order);
        covet__group_key group;
        assert_true(covet__group_of(type, true, &group));
        if (order == 0)
            assert_true(covet__group_hash(&group, values[0], lengths[0], 9) ==
                        covet__group_hash(&group, values[1], lengths[1], 9));
        free(values[0]);
        free(values[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_agrees_on_the_order),
        cmocka_unit_test(every_type_has_vectors),
        cmocka_unit_test(signs_and_widths),
        cmocka_unit_test(infinite_days_are_the_first_and_the_last),
        cmocka_unit_test(a_nan_is_greatest_and_zero_has_no_sign),
        cmocka_unit_test(numbers_compare_whatever_their_scale),
        cmocka_unit_test(an_interval_is_its_span),
        cmocka_unit_test(only_char_n_ignores_trailing_blanks),
        cmocka_unit_test(what_cannot_be_proved_has_no_order),
        cmocka_unit_test(nulls_go_where_the_key_says),
        cmocka_unit_test(nulls_are_one_group),
        cmocka_unit_test(bytes_that_are_no_value_are_refused),
        cmocka_unit_test(no_bytes_are_read_beyond_the_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
