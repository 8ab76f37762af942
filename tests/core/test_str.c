#include "support/cmocka_all.h"

#include "core/mem.h"
#include "core/pin.h"
#include "core/str.h"

static void pieces_become_one_text(void **state)
{
    (void)state;
    covet__str str = {0};
    assert_string_equal(covet__str_text(&str), "");
    for (int i = 0; i < 200; i++)
        covet__str_printf(&str, "%d,", i % 10);
    covet__str_char(&str, '!');
    assert_int_equal(str.length, 401);
    assert_int_equal(strlen(covet__str_text(&str)), 401);
    COVET_AUTO_FREE char *text = covet__str_take(&str);
    assert_memory_equal(text, "0,1,2,", 6);
    assert_string_equal(covet__str_text(&str), "");
}

static void names_and_literals_are_quoted(void **state)
{
    (void)state;
    covet__str str = {0};
    covet__str_qualified(&str, "a\"b", "select");
    covet__str_char(&str, ' ');
    covet__str_literal(&str, "it's");
    covet__str_char(&str, ' ');
    covet__str_literal(&str, "back\\slash '");
    assert_string_equal(covet__str_text(&str), "\"a\"\"b\".\"select\" 'it''s' E'back\\\\slash '''");
    covet__str_free(&str);
}

static void running_out_sticks(void **state)
{
    (void)state;
    COVET_AUTO(covet_arena) arena = NULL;
    assert_int_equal(covet_arena_new(1024, &arena, NULL), COVET_OK);
    covet__str str = COVET__STR_IN(arena);
    for (int i = 0; i < 1000; i++)
        covet__str_add(&str, "0123456789");
    assert_false(covet__str_ok(&str));
    assert_null(covet__str_text(&str));
    assert_null(covet__str_take(&str));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_become_one_text),
        cmocka_unit_test(names_and_literals_are_quoted),
        cmocka_unit_test(running_out_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
