#include "support/cmocka_all.h"

#include "core/fail.h"

static void a_status_has_a_name_and_a_text(void **state)
{
    (void)state;
    assert_string_equal(covet_status_name(COVET_ETIMEOUT), "ETIMEOUT");
    assert_string_equal(covet_status_text(COVET_ETIMEOUT), "the deadline passed");
    assert_true(covet_status_is_transient(COVET_ECONNECT));
    assert_false(covet_status_is_transient(COVET_EINVAL));
    assert_string_equal(covet_status_name((covet_status)12345), "unknown status");
    assert_string_equal(covet_outcome_name(COVET_OUTCOME_NOT_SENT), "not sent");
}

static void context_goes_in_front(void **state)
{
    (void)state;
    covet_error err;
    assert_int_equal(covet__fail_state(&err, COVET_ESQL, "23503", "no post %d", 7), COVET_ESQL);
    covet__prefix(&err, "group %s", "g1");
    assert_string_equal(err.message, "group g1: no post 7");
    assert_string_equal(err.sqlstate, "23503");
    assert_int_equal(err.outcome, COVET_OUTCOME_NONE);
    covet__prefix(NULL, "nothing");
}

static void a_long_message_ends_at_a_whole_character(void **state)
{
    (void)state;
    covet_error err;
    char text[1001] = {0};
    for (size_t i = 0; i < 500; i++)
        memcpy(text + 2 * i, "é", 2);
    assert_int_equal(covet__fail(&err, COVET_EINVAL, "x%s", text), COVET_EINVAL);
    const size_t length = strlen(err.message);
    assert_int_equal(length, sizeof err.message - 1);
    assert_int_equal((unsigned char)err.message[length - 1], 0xA9);
    covet__copy(err.constraint, 4, "ééé");
    assert_string_equal(err.constraint, "é");
}

static void a_secret_is_masked_wherever_it_stands(void **state)
{
    (void)state;
    char text[] = "user=a password=s3cret s3cret";
    covet__mask(text, "s3cret");
    assert_string_equal(text, "user=a password=****** ******");
    covet__mask(text, "");
    covet__mask(text, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_has_a_name_and_a_text),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(a_long_message_ends_at_a_whole_character),
        cmocka_unit_test(a_secret_is_masked_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
