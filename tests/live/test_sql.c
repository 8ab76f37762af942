/*
 * tests/live/test_sql.c - covet-shardctl sql: every result is what psql prints of one
 * PostgreSQL that holds all the rows.
 */
#include "support/cmocka_all.h"

#include <signal.h>
#include <unistd.h>

#include <covet/covet.h>

#include "support/cluster.h"

/* All types whose text has a trap in it: quotes, newlines, bytes, infinities, scales. */
static const char kinds[] =
    "CREATE TABLE kinds (id int8 PRIMARY KEY, b bool, i2 int2, i4 int4, n numeric, n2 numeric(10,3),"
    " f4 float4, f8 float8, t text, v varchar(20), c char(5), by bytea, d date, ts timestamp,"
    " tz timestamptz, tm time, iv interval, u uuid, j json, jb jsonb, ai int4[], at text[], ip inet,"
    " r int4range, p point);"
    "INSERT INTO kinds VALUES"
    " (1, true, -32768, 2147483647, 'NaN', 1.5, 'Infinity', '-Infinity', '', '', '', '', 'infinity',"
    "  '-infinity', 'infinity', '24:00', '-1 year -2 mons +3 days -04:05:06.789',"
    "  'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null', 'null', '{}', '{}', '::1/128', 'empty',"
    "  '(0,-0)'),"
    " (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    "  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
    " (3, false, 0, -1, 12345678901234567890.000000001, -0.001, 0.1, 1e-300, E'a\"b,c\\nd\\\\e\\t;''f',"
    "  E'\\r\\n', 'ab ', E'\\\\x00ff5c22', '0044-03-15 BC', '2026-02-28 23:59:59.999999',"
    "  '2026-06-30 12:00:00.1+02', '00:00:00.000001', '0', '00000000-0000-0000-0000-000000000000',"
    "  E'{ \"a\" : [1,\\n2] }', '{\"b\": 1e2, \"a\": \"\\u00e9\"}', '{1,NULL,-3}',"
    "  E'{\"a,b\",NULL,\"\",\"q\\\\\"x\",\"NULL\"}', '10.0.0.0/8', '[1,5)', '(1.5,2.25)'),"
    " (4, true, 1, 10, 1e20, 100, 3.4028235e38, 5e-324, 'äöü € 漢字 😀', 'é', 'é', '\\xdeadbeef',"
    "  '9999-12-31', '0001-01-01 00:00', '1970-01-01 00:00+00', '12:34:56', '1 day', "
    "  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[]', '[]', '[0:1]={5,6}', '{{a,b},{c,d}}',"
    "  '2001:db8::/32', '(,)', '(1e300,1e-300)'),"
    " (5, false, 2, 20, 0.00, 0, -0.0, 0.30000000000000004, '\\.', '\\.', '\\N', 'abc', '2000-02-29',"
    "  '1999-12-31 23:59:60', '2026-03-29 02:30+01', '23:59:59.5', '100 years', NULL, '\"x\"',"
    "  '{\"k\": {\"z\": null}}', '{{1},{2}}', '{\" \"}', '127.0.0.1', '[3,3]', NULL);";

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 8);
    cluster_both(
        "CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL);"
        "CREATE TABLE posts (id serial PRIMARY KEY, author int NOT NULL REFERENCES users,"
        " slug varchar(40) UNIQUE, title text, views int NOT NULL DEFAULT 7, score float8,"
        " made timestamptz);"
        "CREATE TABLE comments (id serial PRIMARY KEY, post_id int NOT NULL REFERENCES posts"
        " DEFERRABLE INITIALLY DEFERRED, body text);"
        "INSERT INTO users (name) SELECT 'user ' || i FROM generate_series(1, 10) i;"
        "INSERT INTO posts (author, slug, title, views, score, made) SELECT 1 + i % 10, 'post-' || i,"
        " CASE WHEN i % 7 = 0 THEN NULL ELSE 'Title ' || i END, i * 37 % 101, i / 3.0,"
        " '2026-01-01 00:00+00'::timestamptz + i * interval '1 hour 1 second'"
        " FROM generate_series(1, 200) i;"
        "INSERT INTO comments (post_id, body) SELECT 1 + i % 200, 'body ' || i"
        " FROM generate_series(1, 1000) i;");
    cluster_both(kinds);
    cluster_tool_ok("reference", "users");
    cluster_tool_ok("distribute", "posts", "--key", "id", "--unique-per-shard", "slug", "--with",
                    "comments:post_id");
    cluster_tool_ok("distribute", "kinds", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* ---- results --------------------------------------------------------------------------------- */

static void every_type_is_printed_as_psql_prints_it(void **state)
{
    (void)state;
    /* Merged, and so rendered by the library; arrays and the like only as text yet. */
    cluster_same(
        "SELECT id, b, i2, i4, n, n2, f4, f8, t, v, by, d, ts, tz, u, j, jb, ai::text, at::text,"
        " ip::text, r::text, p::text, c::text, tm::text, iv::text FROM kinds ORDER BY id");
    cluster_same("SELECT id, c, tm, iv FROM kinds ORDER BY id");
    for (int id = 1; id <= 6; id++) { /* of one shard, whose text is the server's */
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT * FROM kinds WHERE id = %d", id);
        cluster_same(sql);
    }
    cluster_same("SELECT t AS \"a \"\"quoted\"\", name\", v AS \"über\", by FROM kinds ORDER BY id;"
                 "SELECT 'a' \"?\", NULL, '' AS \"x\ny\"; SELECT; SELECT 1 WHERE false");
}

static void scattered_and_routed_statements_answer_as_one_server(void **state)
{
    (void)state;
    cluster_same("SELECT count(*) FROM posts; SELECT * FROM posts WHERE id = 17;"
                 "SELECT id, title, made FROM posts ORDER BY made DESC, id LIMIT 7 OFFSET 3;"
                 "SELECT count(*), sum(views), avg(views), min(made), max(score) FROM posts;"
                 "SELECT id, views FROM posts WHERE views > 90 ORDER BY views DESC, id;"
                 "SELECT p.id, u.name FROM posts p JOIN users u ON u.id = p.author"
                 " WHERE u.name = 'user 3' ORDER BY p.id;"
                 "SELECT p.id, count(c.id) FROM posts p LEFT JOIN comments c ON c.post_id = p.id"
                 " GROUP BY p.id ORDER BY p.id LIMIT 20;"
                 "SELECT * FROM users ORDER BY id; SELECT * FROM posts WHERE id IN (3, 5, 900)"
                 " ORDER BY id; SELECT count(*) FROM posts WHERE id = NULL;"
                 "SELECT id FROM posts WHERE id = NULL; VALUES (1, 'x'), (2, NULL);"
                 "SELECT avg(score), sum(score::numeric) FROM posts WHERE id = 4");
}

static void writes_and_transactions_say_what_psql_says(void **state)
{
    (void)state;
    cluster_same("INSERT INTO posts (id, author, slug) VALUES (1000, 1, 'new') RETURNING *;"
                 "UPDATE posts SET views = views + 1 WHERE id = 1000 RETURNING views;"
                 "UPDATE posts SET views = 0 WHERE id = 4711;"
                 "BEGIN; UPDATE posts SET title = 'x' WHERE id = 1000;"
                 "INSERT INTO comments (post_id, body) VALUES (1000, 'c'); COMMIT;"
                 "START TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
                 "DELETE FROM comments WHERE post_id = 1000; ROLLBACK;"
                 "SELECT body FROM comments WHERE post_id = 1000;"
                 "DELETE FROM comments WHERE post_id = 1000; DELETE FROM posts WHERE id = 1000;"
                 "CREATE TABLE beside (a int); INSERT INTO beside VALUES (1), (2);"
                 "SELECT * FROM beside; DROP TABLE beside");
}

/* What is not committed is an error, so that exit code 0 means that all was done. */
static void an_open_transaction_at_the_end_is_an_error(void **state)
{
    (void)state;
    cluster_fails("BEGIN; UPDATE posts SET views = -1 WHERE id = 3", "was not committed");
    cluster_value("SELECT count(*) FROM posts WHERE views = -1", "0");
    cluster_fails("BEGIN; UPDATE posts SET views = -1 WHERE id = 3; SELECT 1/0; COMMIT", "22012");
    cluster_value("SELECT count(*) FROM posts WHERE views = -1", "0");
}

static void json_has_numbers_truths_and_nulls(void **state)
{
    (void)state;
    cluster_said said = cluster_sql("--json", "SELECT 1 AS a, 'x\"' AS b, true AS c, NULL AS d");
    assert_int_equal(said.code, 0);
    assert_contains(said.out, "\"tag\": \"SELECT 1\"");
    assert_contains(said.out, "[1, \"x\\\"\", true, null]");
    cluster_forget(&said);
}

static void commands_and_files_run_in_their_order(void **state)
{
    (void)state;
    char path[] = "/tmp/covet-sql-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && dprintf(fd, "SELECT 2 AS b;\n-- nothing\nSELECT 3 AS c") > 0);
    const char *const argv[] = {live_tool(),     "sql",   "-c", "SELECT 1 AS a", "-f", path, "-c",
                                "SELECT 4 AS d", "--csv", NULL};
    cluster_said said = cluster_run(argv, NULL, 0);
    assert_string_equal(said.out, "a\n1\nb\n2\nc\n3\nd\n4\n");
    assert_int_equal(said.code, 0);
    cluster_forget(&said);
    const char *const json[] = {
        live_tool(), "sql",      "-c", "SELECT 1; SELECT 2",    "-f",     path,
        "-c",        "SELECT 4", "-c", "SELECT 5;\nSELECT 1/0", "--json", NULL};
    said = cluster_run(json, NULL, 0);
    assert_int_equal(said.code, 1);
    assert_contains(said.out, "\"statement\": 6");
    assert_contains(said.err, "sql: -c 3, line 2: ERROR:  22012");
    cluster_forget(&said);
    close(fd);
    remove(path);
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void what_is_wrong_is_named_with_line_and_state(void **state)
{
    (void)state;
    cluster_fails("SELECT 1;\nSELECT *\nFROM postz", "line 3: ERROR:  42P01");
    cluster_fails("SELECT 1;\nSELECT *\nFROM postz", "\nLINE 3: FROM postz\n             ^\n");
    cluster_fails("SELECT * FROM posts WHERE\n titel = 'x'",
                  "\nLINE 2:  titel = 'x'\n         ^\n");
    cluster_fails("SELECT * FROM postz", "meant to reference the table \"posts\"");
    cluster_fails("SELECT * FROM posts JOIN userz ON true", "the table \"users\"");
    cluster_fails("SELECT * FROM public.postz", "the table \"public.posts\"");
    cluster_fails("DROP TABLE postz", "the table \"posts\"");
    cluster_fails("COPY postz FROM STDIN", "the table \"posts\"");
    cluster_fails("SELECT titel FROM posts WHERE id = 1", "posts.title");
    cluster_fails("\n\nSELECT\n 1 +", "42601");
    cluster_fails("SELEC 1", "42601");
    cluster_fails("INSERT INTO posts (id, author) VALUES (NULL, 1)", "23502");
    cluster_fails("INSERT INTO users (name) VALUES ('x')", "0A000");
    cluster_fails("ALTER TABLE posts ADD COLUMN z int", "ALTER TABLE");
    cluster_fails("SET search_path = x", "0A000");
    cluster_fails("\\d posts", "psql's");
    cluster_fails("SELECT 1/0; SELECT 'not run'", "22012");
    cluster_fails("SELECT '\xff\xfe'", "22021");
    const char *const argv[] = {live_tool(), "sql", NULL};
    cluster_said said = cluster_run(argv, "SELECT 1\0;", 10);
    assert_int_equal(said.code, 1);
    assert_contains(said.err, "22021");
    cluster_forget(&said);
}

static void ctrl_c_cancels_the_statement(void **state)
{
    (void)state;
    const char *const argv[] = {live_tool(), "sql", "-c", "SELECT pg_sleep(60); SELECT 2", NULL};
    cluster_child child = cluster_start(argv, false);
    cluster_pause(1500);
    kill(child.pid, SIGINT);
    cluster_said said = cluster_end(&child);
    assert_int_equal(said.code, 1);
    assert_contains(said.err, "57014");
    assert_string_equal(said.out, "");
    cluster_forget(&said);
    cluster_value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%'"
                  " AND state = 'active'",
                  "0");
}

static void deep_nesting_is_refused_not_crashed_on(void **state)
{
    (void)state;
    enum { DEEP = 2000 };
    char *sql = malloc(2 * DEEP + 32);
    assert_non_null(sql);
    strcpy(sql, "SELECT ");
    memset(sql + 7, '(', DEEP);
    sql[7 + DEEP] = '1';
    memset(sql + 8 + DEEP, ')', DEEP);
    sql[8 + 2 * DEEP] = '\0';
    cluster_fails(sql, "54001");
    free(sql);
}

/* Through the library one text is one statement. */
static void several_statements_in_one_text_are_refused_by_the_library(void **state)
{
    (void)state;
    covet_db *db = NULL;
    covet_error err;
    covet_result *rows = NULL;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = cluster_catalog(), .map_dir = ""),
                              &db, &err),
              &err);
    assert_int_not_equal(covet_query_wait(db, COVET_SQL("SELECT 1; DELETE FROM posts WHERE id = 1"),
                                          NULL, &rows, &err),
                         COVET_OK);
    assert_string_equal(err.sqlstate, "42601");
    covet_close_wait(db);
    cluster_value("SELECT count(*) FROM posts WHERE id = 1", "1");
}

/* ---- two scatters ---------------------------------------------------------------------------- */

typedef struct asked {
    const char *text;
    size_t rows, columns;
    int done, wrong;
} asked;

static void on_rows(covet_op *op, covet_status status, void *user)
{
    asked *a = user;
    const covet_result *rows = covet_op_result(op);
    if (status != COVET_OK || covet_result_rows(rows) != a->rows ||
        covet_result_columns(rows) != a->columns)
        a->wrong++;
    a->done++;
}

/* Statements of different shapes on one connection to each group: once, two plans that were
 * made at the same time had one number, and rows of one were read as the other's. */
static void different_scatters_on_the_same_connections_stay_apart(void **state)
{
    (void)state;
    enum { ROUNDS = 40, SHAPES = 6 };
    asked shapes[SHAPES] = {
        {.text = "SELECT id FROM posts ORDER BY id", .rows = 200, .columns = 1},
        {.text = "SELECT id, title, made FROM posts ORDER BY made, id LIMIT 11",
         .rows = 11,
         .columns = 3},
        {.text = "SELECT count(*), max(made) FROM posts", .rows = 1, .columns = 2},
        {.text = "SELECT post_id, id, body FROM comments WHERE id <= 500 ORDER BY id",
         .rows = 500,
         .columns = 3},
        {.text = "SELECT t, id FROM kinds ORDER BY id DESC", .rows = 5, .columns = 2},
        {.text = "SELECT views, slug FROM posts WHERE id IN (1, 2, 3)", .rows = 3, .columns = 2},
    };
    for (int run = 0; run < 3; run++) { /* a new handle plans all of them at once */
        covet_db *db = NULL;
        covet_error err;
        assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = cluster_catalog(), .map_dir = "",
                                             .pool = {.size_max = 1}),
                                  &db, &err),
                  &err);
        for (int i = 0; i < ROUNDS * SHAPES; i++)
            assert_ok(covet_query(db, COVET_SQL(shapes[(i * 5 + run) % SHAPES].text), NULL, NULL,
                                  &err, on_rows, &shapes[(i * 5 + run) % SHAPES]),
                      &err);
        for (int i = 0; i < SHAPES; i++)
            for (int tries = 0; tries < 3000; tries++) {
                const volatile asked *a = &shapes[i];
                if (a->done == ROUNDS * (run + 1))
                    break;
                cluster_pause(10);
            }
        covet_close_wait(db);
    }
    for (int i = 0; i < SHAPES; i++) {
        assert_int_equal(shapes[i].done, 3 * ROUNDS);
        assert_int_equal(shapes[i].wrong, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_printed_as_psql_prints_it),
        cmocka_unit_test(scattered_and_routed_statements_answer_as_one_server),
        cmocka_unit_test(writes_and_transactions_say_what_psql_says),
        cmocka_unit_test(an_open_transaction_at_the_end_is_an_error),
        cmocka_unit_test(json_has_numbers_truths_and_nulls),
        cmocka_unit_test(commands_and_files_run_in_their_order),
        cmocka_unit_test(what_is_wrong_is_named_with_line_and_state),
        cmocka_unit_test(ctrl_c_cancels_the_statement),
        cmocka_unit_test(deep_nesting_is_refused_not_crashed_on),
        cmocka_unit_test(several_statements_in_one_text_are_refused_by_the_library),
        cmocka_unit_test(different_scatters_on_the_same_connections_stay_apart),
    };
    return cmocka_run_group_tests_name("live/sql", tests, set_up, tear_down);
}
