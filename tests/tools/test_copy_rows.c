/*
 * tests/tools/test_copy_rows.c - where rows of COPY's data end, and what a field says.
 */
#include "support/cmocka_all.h"

#include "core/macros.h"
#include "tools/copy_rows.h"

static const covet__copy_format text = {.delimiter = '\t',
                                        .null = "\\N",
                                        .quote = '"',
                                        .escape = '"'};
static const covet__copy_format csv = {
    .csv = true, .delimiter = ',', .null = "", .quote = '"', .escape = '"'};
static const covet__copy_format odd = {
    .csv = true, .delimiter = ';', .null = "nil", .quote = '\'', .escape = '\\'};
static covet_error err;

/* All rows, each in brackets, however the data is cut: "[1:a][2:b]END". */
static void assert_rows(const covet__copy_format *format, const char *data, const char *expected)
{
    const size_t all = strlen(data);
    for (size_t piece = 1; piece <= all + 1; piece++) {
        copy_cutter cutter = {.format = format};
        covet__str said = {0};
        size_t from = 0, to = 0;
        for (;;) {
            copy_row row = {0};
            size_t used = 0;
            const bool ended = to == all;
            const copy_step step =
                copy_cut(&cutter, data + from, to - from, ended, &row, &used, &err);
            if (step == COPY_MORE) {
                to = COVET_MIN(to + piece, all);
                continue;
            }
            if (step != COPY_ROW) {
                covet__str_add(&said, step == COPY_END ? "END" : err.sqlstate);
                break;
            }
            covet__str_printf(&said, "[%d:%.*s]", (int)row.line, (int)row.length, row.text);
            from += used;
        }
        if (strcmp(covet__str_text(&said), expected) != 0)
            fail_msg("in pieces of %zu: %s, not %s", piece, covet__str_text(&said), expected);
        covet__str_free(&said);
    }
}

static void rows_of_text_end_at_newlines_that_are_not_escaped(void **state)
{
    (void)state;
    assert_rows(&text, "", "END");
    assert_rows(&text, "a\tb\nc\n", "[1:a\tb][2:c]END");
    assert_rows(&text, "a\nb", "[1:a][2:b]END");
    assert_rows(&text, "a\\\nb\nc\n", "[1:a\\\nb][3:c]END");
    assert_rows(&text, "a\\\\\nb\n", "[1:a\\\\][2:b]END");
    assert_rows(&text, "\n\n", "[1:][2:]END");
    assert_rows(&text, "a\n\\.\nrest\n", "[1:a]END");
    assert_rows(&text, "a\r\nb\r\n\\.\r\nrest", "[1:a][2:b]END");
    assert_rows(&text, "a\\", "[1:a\\]END");
    assert_rows(&text, "a\rb\rc\n", "0A000");
    assert_rows(&text, "a\nb\\\r\nc\n", "[1:a][2:b\\\r][3:c]END");
    assert_rows(&text, "x\\.\ny\n", "[1:x\\.][2:y]END");
}

static void rows_of_csv_end_outside_of_quotes(void **state)
{
    (void)state;
    assert_rows(&csv, "a,b\n\"c\nd\",e\nf\n", "[1:a,b][2:\"c\nd\",e][4:f]END");
    assert_rows(&csv, "\"a\"\"\nb\"\nc", "[1:\"a\"\"\nb\"][3:c]END");
    assert_rows(&csv, "\"a\n\\.\n\"\n\\.\nrest", "[1:\"a\n\\.\n\"]END");
    assert_rows(&csv, "a\n\"b\n", "[1:a]22P04");
    assert_rows(&csv, "a\r\n\"b\r\nc\"\r\n", "[1:a][2:\"b\r\nc\"]END");
    assert_rows(&odd, "'a\\'\nb'\nc\n", "[1:'a\\'\nb'][3:c]END");
    assert_rows(&odd, "'a\\\\'\nc\n", "[1:'a\\\\'][2:c]END");
}

/* As one server refuses them; ours would each see one of the lines only. */
static void lines_that_end_in_two_ways_are_refused(void **state)
{
    (void)state;
    assert_rows(&text, "a\nb\r\nc\n", "[1:a]22P04");
    assert_rows(&text, "a\r\nb\nc\n", "[1:a]22P04");
    assert_rows(&text, "a\r\nb\r\r\n", "[1:a]22P04");
    assert_rows(&text, "a\nb\r", "[1:a]22P04");
    assert_rows(&csv, "a\nb\r\n", "[1:a]22P04");
    assert_rows(&csv, "a\r\nb\n", "[1:a]22P04");
    assert_rows(&csv, "a\r", "22P04");
    assert_rows(&csv, "a\r\nb", "[1:a][2:b]END");
}

static void assert_field(const covet__copy_format *format, const char *row, size_t at,
                         const char *expected, size_t fields)
{
    covet__str value = {0};
    bool null;
    size_t count;
    const copy_row r = {.text = row, .length = strlen(row)};
    assert_ok(copy_split(format, &r, at, &value, &null, &count, &err), &err);
    assert_int_equal(count, fields);
    if (expected == NULL)
        assert_true(null);
    else
        assert_string_equal(covet__str_text(&value), expected);
    assert_int_equal(null, expected == NULL);
    covet__str_free(&value);
}

static void fields_of_text_are_unescaped(void **state)
{
    (void)state;
    assert_field(&text, "a\tb\tc", 1, "b", 3);
    assert_field(&text, "a\t\tc", 1, "", 3);
    assert_field(&text, "a\t\\N", 1, NULL, 2);
    assert_field(&text, "a\t\\\\N", 1, "\\N", 2);
    assert_field(&text, "a\\\tb\tc", 0, "a\tb", 2);
    assert_field(&text, "\\b\\f\\n\\r\\t\\v\\q\\\\", 0, "\b\f\n\r\t\vq\\", 1);
    assert_field(&text, "\\101\\x42\\x4\\7g\\xg", 0, "AB\x04\x07gxg", 1);
    assert_field(&text, "", 0, "", 1);
    assert_field(&text, "a\t", 1, "", 2);
    assert_field(&text, "a\\", 0, "a\\", 1);
    assert_field(&text, "a\tb", SIZE_MAX, "", 2);
}

static void fields_of_csv_are_unquoted(void **state)
{
    (void)state;
    assert_field(&csv, "a,\"b,\"\"c\"\"\",d", 1, "b,\"c\"", 3);
    assert_field(&csv, "a,,d", 1, NULL, 3);
    assert_field(&csv, "a,\"\",d", 1, "", 3);
    assert_field(&csv, "x\"y,z\"w", 0, "xy,zw", 1);
    assert_field(&odd, "nil;'nil';\\a", 0, NULL, 3);
    assert_field(&odd, "nil;'nil';\\a", 1, "nil", 3);
    assert_field(&odd, "nil;'nil';\\a", 2, "\\a", 3);
    assert_field(&odd, "'a\\'b\\\\c\\d'", 0, "a'b\\c\\d", 1);
    const copy_row open = {.text = "a,\"b", .length = 4};
    covet__str value = {0};
    bool null;
    size_t count;
    assert_int_equal(copy_split(&csv, &open, 0, &value, &null, &count, &err), COVET_ESQL);
    assert_string_equal(err.sqlstate, "22P04");
    covet__str_free(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_text_end_at_newlines_that_are_not_escaped),
        cmocka_unit_test(rows_of_csv_end_outside_of_quotes),
        cmocka_unit_test(lines_that_end_in_two_ways_are_refused),
        cmocka_unit_test(fields_of_text_are_unescaped),
        cmocka_unit_test(fields_of_csv_are_unquoted),
    };
    return cmocka_run_group_tests_name("tools/copy_rows", tests, NULL, NULL);
}
