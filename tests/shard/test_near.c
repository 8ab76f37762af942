#include "support/cmocka_all.h"

#include <string.h>

#include "core/fail.h"
#include "shard/near.h"

static const char *const path[] = {"public"};
static covet__map_table tables[] = {{.schema = "public", .name = "posts"},
                                    {.schema = "blog", .name = "tags"}};
static covet__map map = {.tables = tables,
                         .table_count = 2,
                         .search_path = path,
                         .search_path_count = 1};

static void assert_hint(const char *schema, const char *name, const char *expected)
{
    covet_error err;
    covet__fail_state(&err, COVET_ESQL, "42P01", "no");
    covet__near_hint(schema, name, &map, NULL, &err);
    assert_string_equal(err.message, expected);
    assert_string_equal(err.sqlstate, "42P01");
}

static void the_maps_tables_are_suggested_where_they_are_seen(void **state)
{
    (void)state;
    assert_hint(NULL, "pots", "no (Perhaps you meant to reference the table \"posts\".)");
    assert_hint("blog", "tag", "no (Perhaps you meant to reference the table \"blog.tags\".)");
    assert_hint(NULL, "tag", "no");
    assert_hint("public", "tags", "no");
    assert_hint(NULL, "elsewhere", "no");
}

/* It was moved meanwhile: there is nothing to be told by its name. */
static void a_name_is_not_suggested_for_itself(void **state)
{
    (void)state;
    assert_hint(NULL, "posts", "no");
    covet__near_hint(NULL, "pots", &map, NULL, NULL);
}

static void what_a_server_is_asked_is_quoted(void **state)
{
    (void)state;
    covet__str value = {0};
    const char *const schemas[] = {"", "a\"b"};
    covet__near_value(&value, "x\\y", schemas, 2);
    assert_string_equal(covet__str_text(&value), "{\"x\\\\y\",\"\",\"a\\\"b\"}");
    covet__str_free(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_maps_tables_are_suggested_where_they_are_seen),
        cmocka_unit_test(a_name_is_not_suggested_for_itself),
        cmocka_unit_test(what_a_server_is_asked_is_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
