/*
 * tests/shard/test_views.c - views' queries in the place of their names.
 *
 * Pure, in the world of tests/support/world.h.
 */
#include "support/cmocka_all.h"

#include <stdlib.h>

#include "core/result_parts.h"
#include "shard/views.h"
#include "support/world.h"

static covet_error err;

static covet_status expand(const char *sql, char **ret_text)
{
    covet__parse *parse = NULL;
    covet__edits edits;
    covet_result rows;
    covet__str text = {0};
    assert_ok(covet__parse_new(sql, strlen(sql), &parse, &err), &err);
    world_views(parse, &rows);
    const covet_status status = covet__views_expand(parse, world, &rows, &edits, &err);
    if (status == COVET_OK)
        covet__edits_apply(&edits, NULL, "", &text);
    *ret_text = status == COVET_OK ? covet__str_take(&text) : NULL;
    covet__result_clear(&rows);
    covet__parse_free(parse);
    return status;
}

static void assert_expands(const char *sql, const char *expected)
{
    char *text = NULL;
    assert_ok(expand(sql, &text), &err);
    if (strcmp(text, expected) != 0)
        fail_msg("%s\n  expected %s\n  got      %s", sql, expected, text);
    covet__free(text);
}

static void assert_not(const char *sql, const char *sqlstate, const char *part)
{
    char *text = NULL;
    if (expand(sql, &text) == COVET_OK)
        fail_msg("%s: became %s", sql, text);
    assert_string_equal(err.sqlstate, sqlstate);
    assert_contains(err.message, part);
}

#define RECENT "( SELECT posts.id,\n    posts.title\n   FROM \"public\".\"posts\")"

static void a_view_becomes_its_query_under_its_name(void **state)
{
    (void)state;
    assert_expands("SELECT id FROM recent WHERE id = 3; -- x",
                   "SELECT id FROM " RECENT " AS \"recent\" WHERE id = 3");
    assert_expands("SELECT r.id FROM public.recent AS r (id, t), recent x",
                   "SELECT r.id FROM " RECENT " AS r (id, t), " RECENT " x");
    assert_expands("SELECT public.recent.id FROM public . recent",
                   "SELECT recent.id FROM " RECENT " AS \"recent\"");
    assert_expands("TABLE recent ORDER BY id",
                   "SELECT * FROM " RECENT " AS \"recent\" ORDER BY id");
    assert_expands("SELECT * FROM \"Of it\" JOIN posts USING (id)",
                   "SELECT * FROM ( SELECT recent.id\n   FROM " RECENT " AS \"recent\")"
                   " AS \"Of it\" JOIN posts USING (id)");
    assert_expands("WITH r AS (SELECT * FROM recent) SELECT * FROM r WHERE EXISTS"
                   " (SELECT FROM recent)",
                   "WITH r AS (SELECT * FROM " RECENT " AS \"recent\") SELECT * FROM r"
                   " WHERE EXISTS (SELECT FROM " RECENT " AS \"recent\")");
}

static void names_in_it_are_those_of_the_application(void **state)
{
    (void)state;
    assert_expands("SELECT * FROM slugs",
                   "SELECT * FROM ( SELECT posts_3.slug\n   FROM \"blog\".\"posts\""
                   " AS \"posts_3\") AS \"slugs\"");
    assert_expands("SELECT * FROM names",
                   "SELECT * FROM ( SELECT u.name FROM \"public\".\"users\" u) AS \"names\"");
    assert_expands("SELECT * FROM mixed",
                   "SELECT * FROM ( WITH posts AS (SELECT 1 AS a) SELECT a.id, n.id AS b"
                   " FROM posts p, \"public\".\"posts\" a, public.near n, pg_catalog.pg_class c)"
                   " AS \"mixed\"");
}

static void what_is_no_view_of_the_maps_tables_stays(void **state)
{
    (void)state;
    assert_expands("SELECT * FROM near, posts", "SELECT * FROM near, posts");
    assert_expands("WITH recent AS (SELECT 1) SELECT * FROM recent",
                   "WITH recent AS (SELECT 1) SELECT * FROM recent");
    assert_expands("INSERT INTO near VALUES (1)", "INSERT INTO near VALUES (1)");
}

static void where_a_query_cannot_stand_it_is_refused(void **state)
{
    (void)state;
    assert_not("INSERT INTO recent VALUES (1)", "0A000", "\"recent\" is a view");
    assert_not("UPDATE recent SET id = 1", "0A000", "\"recent\" is a view");
    assert_not("DELETE FROM public.recent", "0A000", "\"recent\" is a view");
    assert_not("SELECT * FROM ONLY recent", "0A000", "ONLY");
    assert_not("SELECT * FROM ONLY (recent)", "0A000", "ONLY");
    assert_not("SELECT * FROM recent * WHERE true", "0A000", "ONLY");
    assert_not("SELECT * FROM recent TABLESAMPLE system (1)", "42809", "TABLESAMPLE");
    assert_not("CREATE TABLE t AS SELECT * FROM recent", "0A000", "\"recent\", a view");
    assert_not("EXPLAIN SELECT * FROM recent", "0A000", "\"recent\", a view");
    assert_not("SELECT * FROM self", "54001", "more than 32");
}

static void only_names_that_are_not_tables_of_the_map_are_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        bool may_be;
    } cases[] = {{"SELECT * FROM posts", false},
                 {"SELECT * FROM posts, local", true},
                 {"SELECT * FROM pg_catalog.pg_class", false},
                 {"WITH x AS (SELECT 1) SELECT * FROM x", false},
                 {"VACUUM local", false},
                 {"CREATE TABLE t AS SELECT * FROM local", true}};
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        covet__parse *parse = NULL;
        assert_ok(covet__parse_new(cases[i].sql, strlen(cases[i].sql), &parse, &err), &err);
        assert_int_equal(covet__views_may_be(parse, world), cases[i].may_be);
        covet__parse_free(parse);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_becomes_its_query_under_its_name),
        cmocka_unit_test(names_in_it_are_those_of_the_application),
        cmocka_unit_test(what_is_no_view_of_the_maps_tables_stays),
        cmocka_unit_test(where_a_query_cannot_stand_it_is_refused),
        cmocka_unit_test(only_names_that_are_not_tables_of_the_map_are_asked_for),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
