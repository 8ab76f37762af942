/* tests/tools/test_sql_caret.c - the place of an error in its line. */
#include "support/cmocka_all.h"

#include <stdint.h>
#include <string.h>

#include "core/mem.h"
#include "tools/sql_caret.h"

static void assert_caret(const char *text, uint64_t line, int32_t position, const char *expected)
{
    covet__str out = {0};
    sql_caret(text, line, position, &out);
    assert_string_equal(out.length > 0 ? covet__str_text(&out) : "", expected);
    covet__str_free(&out);
}

static void the_place_is_below_its_line(void **state)
{
    (void)state;
    assert_caret("SELECT x", 1, 8,
                 "LINE 1: SELECT x\n"
                 "               ^");
    assert_caret("SELECT *\nFROM postz\nWHERE id = 1", 3, 15,
                 "LINE 4: FROM postz\n"
                 "             ^");
    assert_caret("SELECT 1 +", 1, 11,
                 "LINE 1: SELECT 1 +\n"
                 "                  ^");
    assert_caret("SELECT\n\tx\r\n", 1, 9,
                 "LINE 2:  x\n"
                 "         ^");
}

static void characters_have_their_widths(void **state)
{
    (void)state;
    assert_caret("SELECT 'é', x", 1, 13,
                 "LINE 1: SELECT 'é', x\n"
                 "                    ^");
    assert_caret("SELECT '漢字', x", 1, 14,
                 "LINE 1: SELECT '漢字', x\n"
                 "                       ^");
    assert_caret("SELECT '\xe6\xbc", 1, 10, "LINE 1: SELECT '\xe6\xbc\n                 ^");
}

static void of_a_long_line_the_part_around_it_is_shown(void **state)
{
    (void)state;
    char text[401];
    memset(text, 'a', 400);
    text[400] = '\0';
    text[200] = 'X';
    assert_caret(
        text, 1, 201,
        "LINE 1: ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaXaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "...\n"
        "                                                   ^");
    assert_caret(text, 1, 3,
                 "LINE 1: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 "...\n"
                 "          ^");
}

static void without_a_place_nothing_is_shown(void **state)
{
    (void)state;
    assert_caret("SELECT 1", 1, 0, "");
    assert_caret("", 1, 1, "");
    assert_caret("SELECT 1\n", 1, 1000, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_place_is_below_its_line),
        cmocka_unit_test(characters_have_their_widths),
        cmocka_unit_test(of_a_long_line_the_part_around_it_is_shown),
        cmocka_unit_test(without_a_place_nothing_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
