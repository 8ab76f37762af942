#include "support/cmocka_all.h"

#include <string.h>

#include "core/nearest.h"

static const char *nearest_to(const char *wrong)
{
    static const char *const words[] = {"posts", "posts_tags", "comments", "auth_user", "id"};
    covet__nearest nearest = covet__nearest_to(wrong, strlen(wrong));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        covet__nearest_try(&nearest, words[i]);
    return nearest.word != NULL ? nearest.word : "";
}

static void every_third_letter_may_be_wrong(void **state)
{
    (void)state;
    assert_string_equal(nearest_to("pots"), "posts");
    assert_string_equal(nearest_to("POSTS"), "posts");
    assert_string_equal(nearest_to("coments"), "comments");
    assert_string_equal(nearest_to("posst"), "posts");
    assert_string_equal(nearest_to("post_tags"), "posts_tags");
    assert_string_equal(nearest_to("zzzzz"), "");
}

static void a_beginning_is_enough_and_a_letter_is_not(void **state)
{
    (void)state;
    assert_string_equal(nearest_to("auth"), "auth_user");
    assert_string_equal(nearest_to("post"), "posts");
    assert_string_equal(nearest_to("x"), "");
    assert_string_equal(nearest_to(""), "");
}

/* Longer than any name in PostgreSQL. */
static void what_is_too_long_is_near_nothing(void **state)
{
    (void)state;
    char wrong[200];
    memset(wrong, 'p', sizeof wrong - 1);
    wrong[sizeof wrong - 1] = '\0';
    assert_string_equal(nearest_to(wrong), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_third_letter_may_be_wrong),
        cmocka_unit_test(a_beginning_is_enough_and_a_letter_is_not),
        cmocka_unit_test(what_is_too_long_is_near_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
