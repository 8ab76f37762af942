#include "support/cmocka_all.h"

#include <limits.h>

#include "core/macros.h"
#include "core/pin.h"
#include "core/render.h"
#include "core/types.h"
#include "core/wire.h"

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

/* What it prints, or "!" and the SQLSTATE. */
static const char *rendered(uint32_t type, const void *bytes, size_t length)
{
    covet__str out = COVET__STR_IN(arena);
    if (covet__render(type, bytes, length, arena, &out, &err) != COVET_OK) {
        covet__str_clear(&out);
        covet__str_printf(&out, "!%s", err.sqlstate);
    }
    return covet__str_text(&out);
}

static const char *from_hex(uint32_t type, const char *hex)
{
    size_t length;
    unsigned char *bytes = bytes_of(hex, &length);
    const char *text = rendered(type, bytes, length);
    free(bytes);
    return text;
}

static const char *from_double(double value)
{
    unsigned char bytes[8];
    covet__put64(bytes, covet__bits_of_double(value));
    return rendered(COVET__FLOAT8, bytes, sizeof bytes);
}

static const char *from_float(float value)
{
    unsigned char bytes[4];
    covet__put32(bytes, covet__bits_of_float(value));
    return rendered(COVET__FLOAT4, bytes, sizeof bytes);
}

static const char *from_64(uint32_t type, int64_t value)
{
    unsigned char bytes[8];
    covet__put64(bytes, (uint64_t)value);
    return rendered(type, bytes, sizeof bytes);
}

static const char *from_days(int32_t days)
{
    unsigned char bytes[4];
    covet__put32(bytes, (uint32_t)days);
    return rendered(COVET__DATE, bytes, sizeof bytes);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void the_server_prints_the_same(void **state)
{
    static const struct {
        uint32_t type;
        const char *hex, *text;
    } vectors[] = {
#define RENDER(...) {__VA_ARGS__},
#include "render_vectors.inc.h"
#undef RENDER
    };
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(vectors); i++)
        assert_string_equal(from_hex(vectors[i].type, vectors[i].hex), vectors[i].text);
}

static void floats_have_the_fewest_digits_that_read_back(void **state)
{
    (void)state;
    assert_string_equal(from_double(0.1), "0.1");
    assert_string_equal(from_double(0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(from_double(1e15), "1e+15");
    assert_string_equal(from_double(123456789012345.0), "123456789012345");
    assert_string_equal(from_double(1e-4), "0.0001");
    assert_string_equal(from_double(1e-5), "1e-05");
    assert_string_equal(from_double(5e-324), "5e-324");
    assert_string_equal(from_double(1.7976931348623157e308), "1.7976931348623157e+308");
    assert_string_equal(from_double(2.2250738585072014e-308), "2.2250738585072014e-308");
    assert_string_equal(from_double(9007199254740993e0), "9.007199254740992e+15");
    assert_string_equal(from_double(-100), "-100");
    /* The nearest decimal of sixteen digits, ...801e-14, reads back as its neighbour. */
    assert_string_equal(from_double(5.684341886080802e-14), "5.684341886080802e-14");
    assert_string_equal(from_float(0.1f), "0.1");
    assert_string_equal(from_float(1e6f), "1e+06");
    assert_string_equal(from_float(999999.0f), "999999");
    assert_string_equal(from_float(1e-45f), "1e-45");
    assert_string_equal(from_float(3.4028235e38f), "3.4028235e+38");
}

static void floats_beyond_numbers_have_names(void **state)
{
    (void)state;
    assert_string_equal(from_double(0.0), "0");
    assert_string_equal(from_double(-0.0), "-0");
    assert_string_equal(from_hex(COVET__FLOAT8, "7ff0000000000000"), "Infinity");
    assert_string_equal(from_hex(COVET__FLOAT8, "fff0000000000000"), "-Infinity");
    assert_string_equal(from_hex(COVET__FLOAT8, "fff8000000000001"), "NaN");
    assert_string_equal(from_hex(COVET__FLOAT4, "ff800000"), "-Infinity");
}

static void moments_reach_from_4713_bc_to_their_end(void **state)
{
    (void)state;
    assert_string_equal(from_days(0), "2000-01-01");
    assert_string_equal(from_days(-1), "1999-12-31");
    assert_string_equal(from_days(59), "2000-02-29");
    assert_string_equal(from_days(-730119), "0001-01-01");
    assert_string_equal(from_days(-730120), "0001-12-31 BC");
    assert_string_equal(from_days(-2451545), "4714-11-24 BC");
    assert_string_equal(from_days(2145031948), "5874897-12-31");
    assert_string_equal(from_days(INT32_MAX), "infinity");
    assert_string_equal(from_days(INT32_MIN), "-infinity");
    assert_string_equal(from_days(-2451546), "!22008");
    assert_string_equal(from_days(2145031949), "!22008");
    assert_string_equal(from_64(COVET__TIMESTAMPTZ, -1), "1999-12-31 23:59:59.999999+00");
    assert_string_equal(from_64(COVET__TIMESTAMP, -211813488000000000), "4714-11-24 00:00:00 BC");
    assert_string_equal(from_64(COVET__TIMESTAMP, 9223371331199999999),
                        "294276-12-31 23:59:59.999999");
    assert_string_equal(from_64(COVET__TIMESTAMP, 9223371331200000000), "!22008");
    assert_string_equal(from_64(COVET__TIMESTAMP, INT64_MAX), "infinity");
    assert_string_equal(from_64(COVET__TIME, 86400000000), "24:00:00");
    assert_string_equal(from_64(COVET__TIME, 86400000001), "!22008");
    assert_string_equal(from_64(COVET__TIME, -1), "!22008");
}

static void intervals_show_signs_where_the_server_does(void **state)
{
    (void)state;
    assert_string_equal(from_hex(COVET__INTERVAL, "00000000000000000000000000000000"), "00:00:00");
    assert_string_equal(from_hex(COVET__INTERVAL, "00000000000000000000000000000001"), "1 mon");
    assert_string_equal(from_hex(COVET__INTERVAL, "ffffffffffffffff0000000000000000"),
                        "-00:00:00.000001");
    assert_string_equal(from_hex(COVET__INTERVAL, "00000000000f424000000001ffffffff"),
                        "-1 mons +1 day 00:00:01");
    assert_string_equal(from_hex(COVET__INTERVAL, "00000000000f4240ffffffff00000000"),
                        "-1 days +00:00:01");
    assert_string_equal(from_hex(COVET__INTERVAL, "80000000000000008000000080000000"),
                        "-178956970 years -8 mons -2147483648 days -2562047788:00:54.775808");
}

static void bytes_that_are_no_value_are_refused(void **state)
{
    static const uint32_t types[] = {COVET__BOOL,   COVET__CHAR,      COVET__INT2,
                                     COVET__INT4,   COVET__INT8,      COVET__OID,
                                     COVET__FLOAT4, COVET__FLOAT8,    COVET__DATE,
                                     COVET__TIME,   COVET__TIMESTAMP, COVET__TIMESTAMPTZ,
                                     COVET__UUID,   COVET__INTERVAL,  COVET__NUMERIC,
                                     COVET__JSONB};
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(types); i++) {
        assert_string_equal(from_hex(types[i], ""), "!22P03");
        assert_string_equal(from_hex(types[i], "000000"), "!22P03");
    }
    assert_string_equal(from_hex(COVET__JSONB, "027b7d"), "!22P03");
    assert_string_equal(from_hex(1007, "00"), "!0A000");
}

static void text_may_be_empty(void **state)
{
    (void)state;
    assert_string_equal(from_hex(COVET__TEXT, ""), "");
    assert_string_equal(from_hex(COVET__BYTEA, ""), "\\x");
    assert_string_equal(from_hex(COVET__CHAR, "00"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_prints_the_same),
        cmocka_unit_test(floats_have_the_fewest_digits_that_read_back),
        cmocka_unit_test(floats_beyond_numbers_have_names),
        cmocka_unit_test(moments_reach_from_4713_bc_to_their_end),
        cmocka_unit_test(intervals_show_signs_where_the_server_does),
        cmocka_unit_test(bytes_that_are_no_value_are_refused),
        cmocka_unit_test(text_may_be_empty),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
