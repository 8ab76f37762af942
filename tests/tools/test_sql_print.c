/*
 * tests/tools/test_sql_print.c - results as psql prints them: the expected texts are psql's.
 */
#include "support/cmocka_all.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/result_parts.h"
#include "core/types.h"
#include "tools/sql_print.h"

static covet_error err;

/* ---- a result of texts ---------------------------------------------------------------------- */

typedef struct column {
    const char *name;
    uint32_t type;
} column;

/* Cells row by row; NULL is NULL. */
static void make_result(covet_result *result, const column *columns, int count, int rows,
                        const char *const *cells)
{
    PGresAttDesc descriptions[8] = {0};
    PGresult *pg = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    for (int c = 0; c < count; c++) {
        descriptions[c].name = (char *)(uintptr_t)columns[c].name;
        descriptions[c].typid = columns[c].type;
    }
    assert_int_equal(PQsetResultAttrs(pg, count, descriptions), 1);
    for (int row = 0; row < rows; row++)
        for (int c = 0; c < count; c++) {
            const char *cell = cells[row * count + c];
            assert_int_equal(PQsetvalue(pg, row, c, (char *)(uintptr_t)cell,
                                        cell != NULL ? (int)strlen(cell) : -1),
                             1);
        }
    *result = (covet_result){0};
    covet__result_single(result, pg);
}

/* What is printed on the standard output. */
static char *printed(sql_style style, const covet_result *result)
{
    sql_printer printer;
    fflush(stdout);
    const int kept = dup(STDOUT_FILENO), memory = memfd_create("stdout", MFD_CLOEXEC);
    assert_true(kept >= 0 && memory >= 0);
    dup2(memory, STDOUT_FILENO);
    const bool good = sql_printer_open(NULL, style, &printer, &err) == COVET_OK &&
                      sql_print_result(&printer, 1, result, &err) == COVET_OK;
    sql_printer_close(&printer);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    assert_true(good);
    static char text[4096];
    const ssize_t length = pread(memory, text, sizeof text - 1, 0);
    assert_true(length >= 0);
    text[length] = '\0';
    close(memory);
    return text;
}

static const column two[] = {{"id", COVET__INT4}, {"a \"name\", long", COVET__TEXT}};

static void csv_quotes_what_psql_quotes(void **state)
{
    (void)state;
    covet_result result;
    const char *const cells[] = {"1", "plain", "2",  "a,b", "3",   "a\"b", "4",   "a\nb", "5",
                                 "",  "6",     NULL, "7",   "\\.", "8",    " x ", "9",    "\r"};
    make_result(&result, two, 2, 9, cells);
    assert_string_equal(
        printed(SQL_CSV, &result),
        "id,\"a \"\"name\"\", long\"\n1,plain\n2,\"a,b\"\n3,\"a\"\"b\"\n4,\"a\nb\"\n"
        "5,\n6,\n7,\"\\.\"\n8, x \n9,\"\r\"\n");
    covet__result_clear(&result);
}

static void aligned_measures_characters_and_cuts_lines(void **state)
{
    (void)state;
    covet_result result;
    const char *const cells[] = {"1", "漢字", "-200", "two\nlines",
                                 "3", NULL,   "4",    "tab\there\x01"};
    make_result(&result, two, 2, 4, cells);
    assert_string_equal(printed(SQL_ALIGNED, &result), "  id  |  a \"name\", long  \n"
                                                       "------+------------------\n"
                                                       "    1 | 漢字\n"
                                                       " -200 | two             +\n"
                                                       "      | lines\n"
                                                       "    3 | \n"
                                                       "    4 | tab     here\\x01\n"
                                                       "(4 rows)\n\n");
    covet__result_clear(&result);
}

static void no_rows_and_one_row_are_counted(void **state)
{
    (void)state;
    covet_result result;
    const char *const cells[] = {"1", "x"};
    make_result(&result, two, 2, 0, cells);
    assert_string_equal(printed(SQL_ALIGNED, &result), " id | a \"name\", long \n"
                                                       "----+----------------\n"
                                                       "(0 rows)\n\n");
    assert_string_equal(printed(SQL_CSV, &result), "id,\"a \"\"name\"\", long\"\n");
    covet__result_clear(&result);
    make_result(&result, two, 2, 1, cells);
    assert_string_equal(printed(SQL_ALIGNED, &result), " id | a \"name\", long \n"
                                                       "----+----------------\n"
                                                       "  1 | x\n"
                                                       "(1 row)\n\n");
    covet__result_clear(&result);
}

static void json_is_one_document_with_numbers_as_numbers(void **state)
{
    (void)state;
    covet_result result;
    const column columns[] = {{"i", COVET__INT8}, {"b", COVET__BOOL}, {"n", COVET__NUMERIC}};
    const char *const cells[] = {"9223372036854775807", "t", "1.50", NULL, "f", NULL};
    make_result(&result, columns, 3, 2, cells);
    json_t *document = json_loads(printed(SQL_JSON, &result), 0, NULL);
    json_t *wanted = json_loads("[{\"statement\": 1, \"tag\": \"SELECT 2\", \"columns\": ["
                                "{\"name\": \"i\", \"type\": \"bigint\"},"
                                "{\"name\": \"b\", \"type\": \"boolean\"},"
                                "{\"name\": \"n\", \"type\": \"numeric\"}], \"rows\":"
                                "[[9223372036854775807, true, \"1.50\"], [null, false, null]]}]",
                                0, NULL);
    assert_non_null(wanted);
    assert_true(json_equal(document, wanted));
    json_decref(document);
    json_decref(wanted);
    covet__result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_quotes_what_psql_quotes),
        cmocka_unit_test(aligned_measures_characters_and_cuts_lines),
        cmocka_unit_test(no_rows_and_one_row_are_counted),
        cmocka_unit_test(json_is_one_document_with_numbers_as_numbers),
    };
    return cmocka_run_group_tests_name("tools/sql_print", tests, NULL, NULL);
}
