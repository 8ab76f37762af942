/*
 * tests/oracle/test_sheet.c - the judge: what it lets pass and what it does not.
 */
#include "support/cmocka_all.h"

#include <stdlib.h>

#include "oracle/sheet.h"

enum { WHY_SIZE = 200 };

/* "1 a;2 b": rows of cells; "-" is NULL. Types are separated by blanks, too. */
static sheet make(const char *types, const char *rows)
{
    sheet s;
    size_t columns = 1, count = *rows != '\0', r = 0, c = 0;
    for (const char *p = types; *p != '\0'; p++)
        columns += *p == ' ';
    for (const char *p = rows; *p != '\0'; p++)
        count += *p == ';';
    sheet_make(&s, count, columns);
    for (size_t i = 0; i < columns; i++) {
        const size_t length = strcspn(types, " ");
        s.names[i] = strdup("c");
        s.types[i] = strndup(types, length);
        types += length + (types[length] == ' ');
    }
    while (*rows != '\0') {
        const size_t length = strcspn(rows, " ;");
        if (length != 1 || rows[0] != '-')
            sheet_set(&s, r, c, rows, length);
        r += rows[length] == ';';
        c = rows[length] == ';' ? 0 : c + 1;
        rows += length + (rows[length] != '\0');
    }
    return s;
}

static bool same(const sheet_how *how, const char *types, const char *mine, const char *its,
                 const char *full)
{
    char why[WHY_SIZE] = "";
    sheet sheets[] = {make(types, mine), make(types, its), make(types, full)};
    const bool alike = sheet_same(&sheets[0], &sheets[1], &sheets[2], how, why, sizeof why);
    assert_true(alike == (why[0] == '\0'));
    for (size_t i = 0; i < 3; i++)
        sheet_free(&sheets[i]);
    return alike;
}

static const size_t first_column[] = {0};

static void a_list_has_an_order_and_a_set_has_none(void **state)
{
    (void)state;
    const sheet_how list = {.mode = SHEET_LIST}, set = {.mode = SHEET_SET};
    assert_true(same(&list, "int4 text", "1 a;2 b", "1 a;2 b", ""));
    assert_false(same(&list, "int4 text", "2 b;1 a", "1 a;2 b", ""));
    assert_true(same(&set, "int4 text", "2 b;1 a", "1 a;2 b", ""));
    assert_false(same(&set, "int4 text", "1 a;1 a", "1 a;2 b", ""));
    assert_false(same(&set, "int4 text", "1 a", "1 a;1 a", ""));
    assert_false(same(&set, "int4 text", "1 -", "1 a", ""));
    assert_true(same(&set, "int4 text", "1 -", "1 -", ""));
}

static void keys_have_an_order_and_ties_have_none(void **state)
{
    (void)state;
    const sheet_how keys = {.mode = SHEET_KEYS, .keys = first_column, .key_count = 1};
    assert_true(same(&keys, "int4 text", "1 b;1 a;2 c", "1 a;1 b;2 c", ""));
    assert_false(same(&keys, "int4 text", "2 c;1 a;1 b", "1 a;1 b;2 c", ""));
    assert_false(same(&keys, "int4 text", "1 a;1 a;2 c", "1 a;1 b;2 c", ""));
}

/* Of the keys of the first and the last row any rows may be shown, if there are such rows. */
static void a_limit_leaves_only_the_rows_at_its_ends_free(void **state)
{
    (void)state;
    const sheet_how limit = {.mode = SHEET_LIMIT, .keys = first_column, .key_count = 1};
    static const char full[] = "1 a;1 b;2 c;2 d;3 e;3 f";
    assert_true(same(&limit, "int4 text", "1 b;2 d;2 c;3 f", "1 a;2 c;2 d;3 e", full));
    assert_false(same(&limit, "int4 text", "1 a;2 c;2 c;3 e", "1 a;2 c;2 d;3 e", full));
    assert_false(same(&limit, "int4 text", "1 a;2 c;2 d;3 x", "1 a;2 c;2 d;3 e", full));
    assert_false(same(&limit, "int4 text", "1 a;1 b;2 c;2 d", "1 a;2 c;2 d;3 e", full));
    assert_false(same(&limit, "int4 text", "1 a;2 c;3 e;3 e", "1 a;2 c;3 e;3 f", full));
}

static void a_member_is_any_row_of_the_full_answer(void **state)
{
    (void)state;
    const sheet_how member = {.mode = SHEET_MEMBER};
    assert_true(same(&member, "int4", "3;1", "1;2", "1;2;3"));
    assert_false(same(&member, "int4", "3;3", "1;2", "1;2;3"));
    assert_false(same(&member, "int4", "3", "1;2", "1;2;3"));
}

static void equal_numbers_are_alike_only_where_that_is_free(void **state)
{
    (void)state;
    const sheet_how strict = {.mode = SHEET_SET}, loose = {.mode = SHEET_SET, .loose = true};
    assert_false(same(&strict, "numeric", "1.0", "1.00", ""));
    assert_true(same(&loose, "numeric", "1.0", "1.00", ""));
    assert_true(same(&loose, "numeric", "100", "100.0", ""));
    assert_false(same(&loose, "numeric", "100", "10", ""));
    assert_true(same(&loose, "float8", "-0", "0", ""));
    assert_true(same(&loose, "_numeric", "{1.0,NULL,NaN}", "{1,NULL,NaN}", ""));
    assert_false(same(&loose, "text", "1.0", "1.00", ""));
}

static void floats_may_differ_in_their_last_digits_only(void **state)
{
    (void)state;
    const sheet_how exact = {.mode = SHEET_SET}, near = {.mode = SHEET_SET, .inexact = true};
    assert_false(same(&exact, "float8", "93.1", "93.10000000000001", ""));
    assert_true(same(&near, "float8", "93.1", "93.10000000000001", ""));
    assert_false(same(&near, "float8", "93.1", "93.1001", ""));
    assert_true(same(&near, "float8", "NaN;Infinity", "Infinity;NaN", ""));
    assert_false(same(&near, "float8", "Infinity", "-Infinity", ""));
    assert_false(same(&near, "numeric", "93.1", "93.10000000000001", ""));
    assert_true(same(&near, "_float8", "{1,2.0000000000001}", "{1,2}", ""));
    assert_true(same(&near, "float8 int4", "1 1;1.0000000000001 2", "1.0000000000001 1;1 2", ""));
}

static void names_and_types_belong_to_the_answer(void **state)
{
    (void)state;
    char why[WHY_SIZE];
    const sheet_how how = {.mode = SHEET_LIST};
    sheet a = make("int4", "1"), b = make("int8", "1"), none = make("int4", "");
    assert_false(sheet_same(&a, &b, &none, &how, why, sizeof why));
    assert_string_equal(why, "column 1 is int4, not int8");
    sheet_free(&b);
    b = make("int4", "1");
    b.names[0][0] = 'd';
    assert_false(sheet_same(&a, &b, &none, &how, why, sizeof why));
    assert_string_equal(why, "column 1 is named \"c\", not \"d\"");
    sheet_free(&a);
    sheet_free(&b);
    sheet_free(&none);
}

static void a_long_cell_is_shown_in_whole_characters(void **state)
{
    (void)state;
    char text[100] = "", out[200] = "";
    text[0] = 'x'; /* so that byte 60 is in the middle of one */
    for (size_t i = 1; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe6\x97\xa5", 4);
    sheet s = make("text", text);
    sheet_print(&s, 1, out, sizeof out);
    assert_int_equal(strcspn(out + 6, "\n"), 58);
    sheet_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_an_order_and_a_set_has_none),
        cmocka_unit_test(keys_have_an_order_and_ties_have_none),
        cmocka_unit_test(a_limit_leaves_only_the_rows_at_its_ends_free),
        cmocka_unit_test(a_member_is_any_row_of_the_full_answer),
        cmocka_unit_test(equal_numbers_are_alike_only_where_that_is_free),
        cmocka_unit_test(floats_may_differ_in_their_last_digits_only),
        cmocka_unit_test(names_and_types_belong_to_the_answer),
        cmocka_unit_test(a_long_cell_is_shown_in_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
