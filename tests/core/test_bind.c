#include "support/cmocka_all.h"

#include <math.h>

#include "core/bind.h"
#include "core/macros.h"
#include "core/types.h"
#include "core/wire.h"

static covet_arena *arena_of_test;

static void refused(covet_value value, uint32_t oid, const char *sqlstate)
{
    covet__param param;
    covet_error err;
    assert_int_equal(covet__bind(&value, oid, 3, NULL, &param, &err), COVET_ETYPE);
    assert_string_equal(err.sqlstate, sqlstate);
    assert_contains(err.message, "parameter $3");
}

static covet__param *bound(covet_value value, uint32_t oid)
{
    static covet__param param;
    covet_error err;
    assert_ok(covet__bind(&value, oid, 1, arena_of_test, &param, &err), &err);
    return &param;
}

static void integers_take_the_width_of_the_parameter(void **state)
{
    (void)state;
    assert_int_equal(covet__get16(bound(covet_int(-2), COVET__INT2)->bytes), 0xFFFE);
    assert_int_equal(covet__get32(bound(covet_int(7), COVET__INT4)->bytes), 7);
    assert_true(covet__get64(bound(covet_int(INT64_MIN), COVET__INT8)->bytes) ==
                UINT64_C(0x8000000000000000));
    assert_string_equal(bound(covet_int(INT64_MIN), COVET__NUMERIC)->bytes, "-9223372036854775808");
    refused(covet_int(32768), COVET__INT2, "22003");
    refused(covet_int(INT64_C(1) << 31), COVET__INT4, "22003");
    refused(covet_int(-1), COVET__OID, "22003");
    refused(covet_int(1), COVET__BOOL, "42804");
}

static void text_is_checked_and_keeps_its_length(void **state)
{
    (void)state;
    const covet__param *param = bound(covet_text("é日本🙂"), COVET__TEXT);
    assert_int_equal(param->length, 12);
    assert_int_equal(param->format, 1);
    assert_int_equal(bound(covet_text("5"), COVET__INT4)->format, 0);
    refused(covet_textn("a\0b", 3), COVET__TEXT, "22021");
    static const char *const broken[] = {"\x80",         "\xc0\xaf",         "\xe2\x82",
                                         "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80"};
    for (size_t i = 0; i < COVET_COUNT(broken); i++)
        refused(covet_text(broken[i]), COVET__VARCHAR, "22021");
}

static void moments_count_from_2000(void **state)
{
    (void)state;
    const covet__param *param = bound(covet_timestamp((covet_time){0}), COVET__TIMESTAMPTZ);
    assert_true((int64_t)covet__get64(param->bytes) == -INT64_C(946684800000000));
    assert_int_equal((int32_t)covet__get32(bound(covet_date(10957), COVET__DATE)->bytes), 0);
    refused(covet_timestamp((covet_time){INT64_MIN}), COVET__TIMESTAMPTZ, "22008");
    refused(covet_timestamp((covet_time){0}), COVET__DATE, "42804");
}

static void floats_and_null(void **state)
{
    (void)state;
    assert_null(bound(covet_null(), COVET__INT4)->bytes);
    assert_null(bound(covet_text(NULL), COVET__TEXT)->bytes);
    assert_string_equal(bound(covet_float(-INFINITY), COVET__NUMERIC)->bytes, "-Infinity");
    assert_string_equal(bound(covet_float(NAN), COVET__NUMERIC)->bytes, "NaN");
    assert_true(covet__double_of(covet__get64(bound(covet_float(0.1), COVET__FLOAT8)->bytes)) ==
                0.1);
    refused(covet_float(1e300), COVET__FLOAT4, "22003");
    refused(covet_float(1), COVET__INT4, "42804");
}

static void arrays_are_binary_for_integers_and_text_for_the_rest(void **state)
{
    (void)state;
    assert_int_equal(covet_arena_new(0, &arena_of_test, NULL), COVET_OK);
    const int64_t ints[] = {7, -1};
    const covet__param *param = bound(covet_ints(ints, 2), 1016);
    assert_int_equal(param->length, 20 + 2 * 12);
    assert_int_equal(covet__get32(param->bytes + 8), COVET__INT8);
    assert_int_equal(covet__get32(param->bytes + 12), 2);
    assert_true((int64_t)covet__get64(param->bytes + 36) == -1);
    assert_int_equal(bound(covet_ints(NULL, 0), 1007)->length, 12);
    const char *const texts[] = {"a\"b", NULL, "c\\"};
    assert_string_equal(bound(covet_texts(texts, 3), 1009)->bytes, "{\"a\\\"b\",NULL,\"c\\\\\"}");
    assert_int_equal(covet__element_type(2951), COVET__UUID);
    covet_arena_free(arena_of_test);
    arena_of_test = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_take_the_width_of_the_parameter),
        cmocka_unit_test(text_is_checked_and_keeps_its_length),
        cmocka_unit_test(moments_count_from_2000),
        cmocka_unit_test(floats_and_null),
        cmocka_unit_test(arrays_are_binary_for_integers_and_text_for_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
