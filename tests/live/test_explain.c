/*
 * tests/live/test_explain.c - covet-shardctl explain: the plans of a statement and of all that
 * is gathered for it, and what runs of them say.
 */
#include "support/cmocka_all.h"

#include <jansson.h>

#include "support/cluster.h"

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 8);
    cluster_do("CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL);"
               "CREATE TABLE posts (id serial PRIMARY KEY, author int NOT NULL, title text,"
               " views int NOT NULL DEFAULT 7, made timestamptz);"
               "CREATE TABLE comments (id serial PRIMARY KEY, post_id int NOT NULL, body text);"
               "CREATE TABLE many (id int PRIMARY KEY, x int);"
               "INSERT INTO many SELECT i, i FROM generate_series(1, 10100) i;"
               "CREATE TABLE loc (id int PRIMARY KEY);"
               "INSERT INTO loc VALUES (1), (2);"
               "INSERT INTO users (name) SELECT 'user ' || i FROM generate_series(1, 10) i;"
               "INSERT INTO posts (author, title, views, made) SELECT 1 + i % 10, 'Title ' || i,"
               " i, '2026-01-01 00:00+00'::timestamptz + i * interval '1 hour'"
               " FROM generate_series(1, 200) i;"
               "INSERT INTO comments (post_id, body) SELECT 1 + i % 200, 'body ' || i"
               " FROM generate_series(1, 1000) i;");
    cluster_tool_ok("reference", "users");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    cluster_tool_ok("distribute", "comments", "--key", "post_id");
    cluster_tool_ok("distribute", "many", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

#define assert_explains(part, ...)                                                                 \
    do {                                                                                           \
        const char *const argv_[] = {live_tool(), "explain", __VA_ARGS__, NULL};                   \
        cluster_said said_ = cluster_run(argv_, NULL, 0);                                          \
        if (said_.code != 0)                                                                       \
            fail_msg("%s", said_.err);                                                             \
        assert_contains(said_.out, part);                                                          \
        cluster_forget(&said_);                                                                    \
    } while (0)

/* It fails, and says so. */
static void assert_fails(const char *sql, const char *part)
{
    const char *const argv[] = {live_tool(), "explain", sql, "--analyze", NULL};
    cluster_said said = cluster_run(argv, NULL, 0);
    assert_int_equal(said.code, 1);
    assert_contains(said.err, part);
    assert_string_equal(said.out, "");
    cluster_forget(&said);
}

/* The report, to be released. */
static json_t *explain(const char *sql, const char *how)
{
    const char *const argv[] = {live_tool(), "explain", sql, "--json", how, NULL};
    cluster_said said = cluster_run(argv, NULL, 0);
    if (said.code != 0)
        fail_msg("%s", said.err);
    json_t *report = json_loads(said.out, 0, NULL);
    assert_non_null(report);
    cluster_forget(&said);
    return report;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL)
        fail_msg("there is no %s", key);
    return text;
}

static const json_t *gather_of(const json_t *object, size_t index)
{
    const json_t *gather = json_array_get(json_object_get(object, "gathers"), index);
    assert_non_null(gather);
    return gather;
}

static json_int_t ran(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(json_object_get(object, "ran"), key);
    if (!json_is_integer(number))
        fail_msg("a run does not say %s", key);
    return json_integer_value(number);
}

static double msec(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(json_object_get(object, "ran"), key);
    if (!json_is_real(number))
        fail_msg("a run does not say %s", key);
    return json_real_value(number);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void it_says_where_why_and_what_is_merged(void **state)
{
    (void)state;
    assert_explains("Route to one shard", "SELECT * FROM posts WHERE id = 4");
    assert_explains("Route to one of 8 shards", "SELECT * FROM posts WHERE id = $1");
    assert_explains("Scatter over 8 shards in 2 groups", "SELECT count(*) FROM posts");
    assert_explains("merge    in order: \"id\" ASC", "SELECT id FROM posts ORDER BY id");
    assert_explains("Any one of 2 groups", "SELECT * FROM users");
    assert_explains("sent     home", "SELECT * FROM loc");
    assert_explains("app_s00008", "SELECT id FROM posts", "--all");
    assert_fails("SELECT * FROM posts FOR UPDATE", "0A000");
}

static void the_report_is_the_plan_by_stable_names(void **state)
{
    (void)state;
    json_t *report = explain("SELECT avg(views) FROM posts", NULL);
    assert_string_equal(text_of(report, "tier"), "scatter");
    assert_contains(text_of(report, "text"), "Scatter over 8 shards");
    const json_t *merge = json_object_get(report, "merge");
    assert_string_equal(text_of(merge, "how"), "aggregate");
    assert_string_equal(text_of(json_array_get(json_object_get(merge, "by"), 0), "function"),
                        "avg");
    assert_int_equal(json_array_size(json_object_get(report, "shards")), 8);
    assert_true(json_is_true(json_object_get(report, "shards_known")));
    assert_null(json_object_get(report, "ran"));
    json_decref(report);
    report = explain("SELECT title FROM posts WHERE id = 4", NULL);
    assert_string_equal(text_of(report, "tier"), "route");
    const json_t *key = json_object_get(report, "key");
    assert_string_equal(text_of(key, "table"), "posts");
    assert_string_equal(text_of(key, "column"), "id");
    assert_string_equal(json_string_value(json_array_get(json_object_get(key, "values"), 0)), "4");
    assert_int_equal(json_array_size(json_object_get(report, "shards")), 1);
    const json_t *column = json_array_get(json_object_get(report, "columns"), 0);
    assert_string_equal(text_of(column, "type"), "text");
    json_decref(report);
}

/* The inner query cannot be pushed down either. */
static const char nested[] =
    "SELECT x.author, x.n FROM (SELECT author, count(*) AS n FROM posts WHERE made < now()"
    " GROUP BY author) x JOIN comments c ON c.id = x.n WHERE c.post_id = 21";

static void what_is_gathered_has_a_plan_of_its_own(void **state)
{
    (void)state;
    assert_explains("gather   2: comments\n    Scatter over 8 shards",
                    "SELECT * FROM posts p, comments c");
    assert_explains("gather   1: FROM and WHERE, by each shard for its own rows\n"
                    "        Scatter over 8 shards",
                    nested);
    assert_explains("\n          sent     to shard 8 (\"app_s00008\"", nested, "--all");
    assert_explains("\n  apart    as one statement for the shards: a query that combines rows of"
                    " several shards",
                    nested);
    json_t *report = explain(nested, NULL);
    assert_string_equal(text_of(report, "tier"), "gather");
    assert_contains(text_of(report, "why_apart"), "combines rows of several shards");
    const json_t *comments = gather_of(report, 0), *query = gather_of(report, 1);
    assert_string_equal(text_of(comments, "tier"), "route");
    assert_string_equal(text_of(comments, "of"), "comments");
    assert_string_equal(text_of(query, "tier"), "gather");
    assert_true(json_is_false(json_object_get(query, "partial")));
    assert_string_equal(text_of(gather_of(query, 0), "tier"), "scatter");
    assert_true(json_is_true(json_object_get(gather_of(query, 0), "partial")));
    assert_contains(text_of(gather_of(query, 0), "statement"), "FROM posts");
    json_decref(report);
}

static void a_run_says_what_each_part_took_and_brought(void **state)
{
    (void)state;
    assert_explains("200 rows in", "SELECT id FROM posts", "--analyze");
    json_t *report = explain("SELECT id FROM posts ORDER BY id LIMIT 5", "--analyze");
    assert_int_equal(ran(report, "rows"), 5);
    assert_int_equal(ran(report, "statements"), 8);
    assert_int_equal(ran(report, "groups"), 2);
    assert_int_equal(ran(report, "rows_sent"), 40);
    assert_true(msec(report, "msec") >= msec(report, "connect_msec"));
    assert_true(msec(report, "planned_msec") > 0);
    json_decref(report);
    report = explain("SELECT id FROM posts WHERE id = 4", "--analyze");
    const json_t *shard = json_array_get(json_object_get(report, "shards"), 0);
    assert_string_equal(text_of(json_object_get(report, "ran"), "group"), text_of(shard, "group"));
    json_decref(report);
}

static void a_run_over_gathers_says_so_of_each(void **state)
{
    (void)state;
    json_t *report = explain(nested, "--analyze");
    const json_t *comments = gather_of(report, 0), *query = gather_of(report, 1);
    const json_t *posts = gather_of(query, 0);
    assert_int_equal(ran(comments, "rows"), 5);
    assert_int_equal(ran(query, "rows"), 10);
    assert_true(ran(posts, "rows") > 10);
    assert_int_equal(ran(posts, "statements"), 8);
    assert_true(ran(posts, "bytes") > ran(posts, "rows"));
    assert_true(msec(query, "gather_msec") >= msec(posts, "msec"));
    assert_true(msec(report, "gather_msec") >= msec(query, "msec"));
    assert_true(msec(report, "residual_msec") > 0);
    assert_non_null(text_of(json_object_get(report, "ran"), "group"));
    json_decref(report);
}

/* 10,000 are not too many (shard/gather.c). */
static void what_another_gather_narrows_says_so(void **state)
{
    (void)state;
    static const char few[] = "SELECT c.body FROM posts p JOIN comments c ON c.id = p.views"
                              " WHERE p.views <= 50";
    static const char many[] = "SELECT count(*) FROM many m JOIN comments c ON c.id = m.x"
                               " WHERE m.x > 0";
    assert_explains("gather   2: comments, only rows that match \"views\" of gather 1 ($1),"
                    " unless",
                    few);
    assert_explains("those were too many, so all rows", many, "--analyze");
    json_t *report = explain(few, "--analyze");
    const json_t *comments = gather_of(report, 1), *keys = json_object_get(comments, "keys");
    assert_int_equal(json_integer_value(json_object_get(keys, "gather")), 1);
    assert_string_equal(text_of(keys, "column"), "views");
    assert_contains(text_of(comments, "statement"), "= ANY");
    assert_int_equal(ran(comments, "rows"), 50);
    json_decref(report);
    report = explain(many, "--analyze");
    comments = gather_of(report, 1);
    assert_null(json_object_get(comments, "keys"));
    assert_null(strstr(text_of(comments, "statement"), "= ANY"));
    assert_string_equal(text_of(comments, "tier"), "scatter");
    assert_int_equal(ran(comments, "rows"), 1000);
    json_decref(report);
}

static void a_run_that_fails_is_an_error(void **state)
{
    (void)state;
    assert_fails("SELECT p.id FROM posts p, comments c WHERE p.views / (p.id - p.id) = c.id",
                 "22012");
    assert_fails("SELECT * FROM posts WHERE id = $1", "08P01");
}

static void a_write_is_planned_and_run_only_if_asked(void **state)
{
    (void)state;
    assert_explains("an id from the catalog", "INSERT INTO posts (author) VALUES (77)");
    cluster_value("SELECT count(*) FROM posts WHERE author = 77", "0");
    assert_explains("1 row in", "INSERT INTO posts (author) VALUES (77)", "--analyze");
    cluster_value("SELECT count(*) FROM posts WHERE author = 77", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_where_why_and_what_is_merged),
        cmocka_unit_test(the_report_is_the_plan_by_stable_names),
        cmocka_unit_test(what_is_gathered_has_a_plan_of_its_own),
        cmocka_unit_test(a_run_says_what_each_part_took_and_brought),
        cmocka_unit_test(a_run_over_gathers_says_so_of_each),
        cmocka_unit_test(what_another_gather_narrows_says_so),
        cmocka_unit_test(a_run_that_fails_is_an_error),
        cmocka_unit_test(a_write_is_planned_and_run_only_if_asked),
    };
    return cmocka_run_group_tests_name("live/explain", tests, set_up, tear_down);
}
