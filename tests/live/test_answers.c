/*
 * tests/live/test_answers.c - statements whose answer over shards is easily another one
 * than that of one PostgreSQL with all the rows: each is answered alike, or refused.
 */
#include "support/cmocka_all.h"

#include "core/macros.h"
#include "support/cluster.h"

/* `c` and `w` of mixed case, whose order under ICU is not that of their bytes; ids that meet
 * the other tables' numbers; keys of two types that are written alike. */
static const char tables[] =
    "CREATE TABLE users (id int PRIMARY KEY, x int, n numeric, f float8, c text COLLATE \"C\");"
    "CREATE TABLE posts (id int, user_id int, x int, PRIMARY KEY (user_id, id));"
    "CREATE TABLE likes (user_id int8, post_id int, x int, PRIMARY KEY (user_id, post_id));"
    "CREATE TABLE tags (k text, v int, PRIMARY KEY (k, v));"
    "CREATE TABLE words (id int PRIMARY KEY, w text COLLATE \"en-x-icu\");"
    "CREATE TABLE ref (rid int PRIMARY KEY, x int);"
    "INSERT INTO users SELECT i, nullif(i % 10, 3), i / 7.0, i / 3.0,"
    " chr(65 + i % 26 + i % 2 * 32) || i FROM generate_series(1, 60) i;"
    "INSERT INTO posts SELECT i, 1 + i * 7 % 60, nullif(i % 13, 5) FROM generate_series(1, 150) i;"
    "INSERT INTO likes SELECT 1 + i % 60, i, i % 9 FROM generate_series(1, 200) i;"
    "INSERT INTO tags SELECT i % 20, i FROM generate_series(1, 80) i;"
    "INSERT INTO words VALUES (1, 'a'), (2, 'B');"
    "INSERT INTO ref SELECT i, i % 10 FROM generate_series(1, 15) i;";

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 7);
    cluster_both(tables);
    cluster_tool_ok("reference", "ref");
    cluster_tool_ok("distribute", "users", "--key", "id");
    cluster_tool_ok("distribute", "posts", "--key", "user_id");
    cluster_tool_ok("distribute", "likes", "--key", "user_id");
    cluster_tool_ok("distribute", "tags", "--key", "k");
    cluster_tool_ok("distribute", "words", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

static void check(const char *const *statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cluster_said mine = cluster_sql("--csv", statements[i]);
        cluster_said its = cluster_psql("--csv", statements[i]);
        if (mine.code != 0 && strstr(mine.err, "0A000") == NULL)
            fail_msg("%s\n  %s", statements[i], mine.err);
        if (mine.code == 0 && (its.code != 0 || strcmp(mine.out, its.out) != 0))
            fail_msg("%s\n  answered\n%s\n  but it is\n%s%s", statements[i], mine.out, its.out,
                     its.err);
        cluster_forget(&mine);
        cluster_forget(&its);
    }
}

#define CHECK(statements) check(statements, COVET_COUNT(statements))

/* ---- whose column it is -------------------------------------------------------------------- */

static void a_name_means_the_innermost_column_that_may_have_it(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM likes b,"
        " generate_series(1, 3) AS id WHERE id = b.user_id)",
        "SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM likes b,"
        " (SELECT max(rid) FROM ref) q(id) WHERE id = b.user_id)",
        "SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM likes b,"
        " (VALUES (3)) q(id) WHERE id = b.user_id)",
        "SELECT count(*) FROM users a WHERE EXISTS (SELECT 1 FROM likes b,"
        " (SELECT * FROM (SELECT rid AS id, rid FROM ref) w) q WHERE id = b.user_id)",
        "SELECT count(*) FROM users u WHERE EXISTS (SELECT 1 FROM likes u,"
        " (SELECT p.id FROM posts p WHERE p.user_id = u.id) q WHERE q.id = 3)",
        "SELECT count(*) FROM users u WHERE EXISTS (SELECT 1 FROM likes l, LATERAL"
        " (SELECT p.id FROM posts p WHERE p.user_id = l.user_id) q WHERE q.id = 3"
        " AND l.user_id = u.id)"};
    CHECK(statements);
}

static void using_joins_by_the_columns_of_its_own_two_sides(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT count(*) FROM likes JOIN (SELECT x AS user_id FROM posts) q USING (user_id)",
        "SELECT count(*) FROM likes NATURAL JOIN (SELECT x AS user_id FROM posts) q",
        "SELECT count(*) FROM likes JOIN (SELECT user_id FROM posts) q USING (user_id)",
        "SELECT count(*) FROM likes JOIN posts USING (user_id) JOIN likes l USING (user_id)",
        "SELECT user_id, count(*) FROM posts RIGHT JOIN likes USING (user_id) GROUP BY user_id"
        " ORDER BY user_id",
        "SELECT user_id, count(*) FROM posts FULL JOIN likes USING (user_id) GROUP BY user_id"
        " ORDER BY user_id",
        "SELECT count(*) FROM posts JOIN likes USING (user_id) AS j JOIN users ON users.id = j.user_id"};
    CHECK(statements);
}

/* ---- WITH ---------------------------------------------------------------------------------- */

static void names_of_with_hold_where_they_are_in_scope(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT id FROM users WHERE id IN (WITH users AS (SELECT 3 AS id) SELECT id FROM users)",
        "WITH users AS (SELECT * FROM users) SELECT count(*) FROM users",
        "WITH users AS (SELECT * FROM ref) SELECT count(*) FROM users",
        "WITH ref AS (SELECT * FROM ref WHERE rid < 4) SELECT count(*) FROM ref",
        "SELECT * FROM (WITH ref AS (SELECT 1 AS a) SELECT * FROM ref) q, ref WHERE rid = 2",
        "WITH RECURSIVE a AS (SELECT * FROM users), users AS (SELECT 1 AS one) SELECT * FROM a",
        "WITH RECURSIVE ref AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM ref WHERE i < 5)"
        " SELECT * FROM ref ORDER BY i"};
    CHECK(statements);
}

/* What a statement changes is the table, which a WITH query of that name does not hide. */
static void a_write_is_no_wider_for_a_with_query_of_the_tables_name(void **state)
{
    (void)state;
    cluster_fails("WITH users AS (SELECT 1) DELETE FROM users", "0A000");
    cluster_fails("WITH users AS (SELECT 1) UPDATE users SET x = 0", "0A000");
    cluster_value("SELECT count(*) FROM users WHERE x > 0", "48");
    cluster_same("WITH users AS (SELECT 5 AS a) UPDATE users SET n = 7 FROM users u"
                 " WHERE id = a AND id = 5 RETURNING users.id");
}

/* ---- aggregates ------------------------------------------------------------------------------ */

static void an_aggregate_belongs_to_the_query_of_its_columns(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT (SELECT sum(a.x)) FROM users a",
        "SELECT (SELECT count(a.x)), 1 FROM users a",
        "SELECT (SELECT max(a.x) FROM ref WHERE rid = 1) FROM users a",
        "SELECT (SELECT max(x) FROM (SELECT 1 AS one) q) FROM users",
        "SELECT id, (SELECT max(p.x + u.x) FROM posts p WHERE p.user_id = u.id) FROM users u"
        " ORDER BY id",
        "SELECT id, (SELECT sum(g) FROM generate_series(1, 3) g) FROM users ORDER BY id"};
    CHECK(statements);
}

static void one_row_has_no_order(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT avg(x) AS m FROM users ORDER BY m",
        "SELECT count(*) AS c, avg(n) FROM users ORDER BY c, 2 LIMIT 1",
        "SELECT sum((SELECT count(*) FROM posts p WHERE p.user_id = users.id)) FROM users",
        "SELECT avg((SELECT count(*) FROM posts p WHERE p.user_id = users.id)) FROM users",
        "SELECT sum(public.users.x), avg(public.users.n) FROM public.users",
        "SELECT avg(x), avg(n), avg(f), sum(x), count(*) FILTER (WHERE x > 3) FROM users"
        " WHERE id < 0"};
    CHECK(statements);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void a_constant_is_another_key_in_a_column_of_another_type(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT u.id, t.k, t.v FROM users u, tags t WHERE u.id = '5' AND t.k = '5' ORDER BY t.v",
        "SELECT count(*) FROM users u, tags t WHERE u.id = '7' AND t.k = '7'",
        "SELECT count(*) FROM users u JOIN likes l ON l.user_id = u.id AND u.id = '7'"};
    CHECK(statements);
}

static void one_random_value_for_many_rows_is_one(void **state)
{
    (void)state;
    cluster_value("SELECT count(DISTINCT r) FROM (SELECT id, (SELECT random()) r FROM users) q",
                  "1");
    cluster_value("SELECT count(DISTINCT r) FROM users, random() r", "1");
    cluster_value("SELECT count(DISTINCT r) FROM (SELECT random() AS r) q, users", "1");
    cluster_value("SELECT count(*) FROM users WHERE random() < 2", "60");
}

static void order_by_has_the_collation_of_what_it_means(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT c FROM users ORDER BY c",
        "SELECT c COLLATE \"en-x-icu\" FROM users ORDER BY c",
        "SELECT lower(c COLLATE \"en-x-icu\") AS c FROM users ORDER BY c",
        "SELECT (c COLLATE \"en-x-icu\")::varchar FROM users ORDER BY c",
        "SELECT * FROM users ORDER BY c DESC",
        "SELECT id AS c FROM users ORDER BY c",
        "SELECT *, w COLLATE \"C\" AS b FROM words ORDER BY 2",
        "SELECT words.*, w COLLATE \"C\" AS b FROM words ORDER BY 3",
        "SELECT w COLLATE \"C\" AS b, * FROM words ORDER BY 1",
        "SELECT id FROM users ORDER BY (SELECT count(*) FROM posts p WHERE p.user_id = id), id"};
    CHECK(statements);
}

/* ---- writes ---------------------------------------------------------------------------------- */

/* What an INSERT reads is on other shards than its row. */
static void an_insert_does_not_read_one_shard_for_all(void **state)
{
    (void)state;
    cluster_fails("INSERT INTO users (id, x) VALUES (700, (SELECT count(*) FROM posts))", "0A000");
    cluster_fails("INSERT INTO users (id) VALUES (701) RETURNING (SELECT count(*) FROM posts)",
                  "0A000");
    cluster_fails("INSERT INTO users (id) VALUES (5) ON CONFLICT (id) DO UPDATE"
                  " SET x = (SELECT count(*) FROM posts)",
                  "0A000");
    cluster_value("SELECT count(*) FROM users WHERE id >= 700", "0");
    cluster_same("INSERT INTO users (id, x) VALUES (702, (SELECT max(rid) FROM ref)) RETURNING x;"
                 "DELETE FROM users WHERE id = 702");
}

static void a_row_lock_is_one_for_all_groups(void **state)
{
    (void)state;
    cluster_fails("SELECT * FROM users u JOIN ref r ON r.rid = u.x WHERE u.id = 5 FOR UPDATE",
                  "0A000");
    cluster_fails("SELECT * FROM users u JOIN ref r ON r.rid = u.x WHERE u.id = 5 FOR SHARE OF r",
                  "0A000");
    cluster_same("SELECT * FROM users u JOIN ref r ON r.rid = u.x WHERE u.id = 5"
                 " FOR UPDATE OF u");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_means_the_innermost_column_that_may_have_it),
        cmocka_unit_test(using_joins_by_the_columns_of_its_own_two_sides),
        cmocka_unit_test(names_of_with_hold_where_they_are_in_scope),
        cmocka_unit_test(a_write_is_no_wider_for_a_with_query_of_the_tables_name),
        cmocka_unit_test(an_aggregate_belongs_to_the_query_of_its_columns),
        cmocka_unit_test(one_row_has_no_order),
        cmocka_unit_test(a_constant_is_another_key_in_a_column_of_another_type),
        cmocka_unit_test(one_random_value_for_many_rows_is_one),
        cmocka_unit_test(order_by_has_the_collation_of_what_it_means),
        cmocka_unit_test(an_insert_does_not_read_one_shard_for_all),
        cmocka_unit_test(a_row_lock_is_one_for_all_groups),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
