/*
 * tests/live/test_own_writes.c - a transaction sees its own writes in whatever it asks next,
 * though the answer is put together from several shards; and nobody else sees them.
 */
#include "support/cmocka_all.h"

#include "core/macros.h"
#include "support/cluster.h"

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 7);
    cluster_both("CREATE TABLE users (id int PRIMARY KEY, name text, grp int);"
                 "CREATE TABLE posts (id int, author int, x int, PRIMARY KEY (author, id));"
                 "CREATE TABLE kinds (id int PRIMARY KEY, name text);"
                 "CREATE TABLE notes (id int PRIMARY KEY, x int);"
                 "INSERT INTO users SELECT i, 'u' || i, i % 3 FROM generate_series(1, 20) i;"
                 "INSERT INTO posts SELECT i, 1 + i % 20, i % 5 FROM generate_series(1, 60) i;"
                 "INSERT INTO kinds SELECT i, 'k' || i FROM generate_series(0, 4) i;"
                 "INSERT INTO notes SELECT i, i % 5 FROM generate_series(1, 6) i;");
    cluster_tool_ok("reference", "kinds");
    cluster_tool_ok("distribute", "users", "--key", "id");
    cluster_tool_ok("distribute", "posts", "--key", "author");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* What is asked behind a write: of every tier, and of every way to take a statement apart. */
static const char *const reads[] = {
    "SELECT count(*), sum(x), max(id) FROM posts",
    "SELECT id, x FROM posts WHERE author = 7 ORDER BY id",
    "SELECT x, count(*) FROM posts GROUP BY x ORDER BY x",
    "SELECT id, author, x FROM posts ORDER BY x DESC, id LIMIT 5",
    "SELECT id, rank() OVER (PARTITION BY x ORDER BY id) FROM posts ORDER BY id",
    "SELECT u.name, count(p.id) FROM users u LEFT JOIN posts p ON p.author = u.id"
    " GROUP BY u.name ORDER BY u.name",
    "SELECT u.id, p.id FROM users u JOIN posts p ON p.x = u.grp ORDER BY 1, 2",
    "SELECT u.name, p.id FROM users u JOIN posts p ON p.id = u.id AND u.grp = 1 ORDER BY 1, 2",
    "SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM posts p WHERE p.x = u.grp AND p.id > 50)"
    " ORDER BY id",
    "SELECT name, (SELECT count(*) FROM posts p WHERE p.x = u.grp) FROM users u ORDER BY u.id",
    "SELECT x FROM posts UNION SELECT grp FROM users EXCEPT SELECT id FROM kinds ORDER BY 1",
    "WITH q AS (SELECT x, count(*) AS n FROM posts GROUP BY x)"
    " SELECT k.name, q.n FROM kinds k LEFT JOIN q ON q.x = k.id ORDER BY k.id",
    "WITH RECURSIVE t(n) AS (SELECT 7 UNION SELECT p.x FROM posts p JOIN t ON p.author = t.n)"
    " SELECT n FROM t ORDER BY n",
    "SELECT x, grouping(x), count(*) FROM posts GROUP BY ROLLUP (x) ORDER BY 1, 2",
    "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM posts",
    "SELECT DISTINCT ON (x) x, id FROM posts ORDER BY x, id DESC",
    "SELECT (SELECT max(id) FROM posts), (SELECT count(*) FROM users)",
};

/* In one transaction: every read is of what the writes have made of the rows. */
static void same_behind(const char *writes)
{
    char script[8000];
    size_t length = (size_t)snprintf(script, sizeof script, "BEGIN; %s;", writes);
    for (size_t i = 0; i < COVET_COUNT(reads); i++) {
        length += (size_t)snprintf(script + length, sizeof script - length, " %s;", reads[i]);
        assert_true(length < sizeof script);
    }
    snprintf(script + length, sizeof script - length, " ROLLBACK");
    cluster_same(script);
}

static void an_inserted_row_is_seen(void **state)
{
    (void)state;
    same_behind("INSERT INTO posts (id, author, x) VALUES (100, 7, 9)");
}

static void an_updated_row_is_seen_as_it_is_now(void **state)
{
    (void)state;
    same_behind("UPDATE posts SET x = 4 WHERE author = 7; UPDATE users SET grp = 9 WHERE id = 7");
}

static void a_deleted_row_is_gone(void **state)
{
    (void)state;
    same_behind("DELETE FROM posts WHERE author = 7; DELETE FROM users WHERE id = 7");
}

static void nothing_is_left_of_what_was_rolled_back(void **state)
{
    (void)state;
    same_behind("SELECT 1");
}

static void a_transaction_that_failed_answers_nothing(void **state)
{
    (void)state;
    cluster_fails("BEGIN; INSERT INTO posts (id, author, x) VALUES (100, 7, 9);"
                  "SELECT 1 / 0 FROM posts; SELECT count(*) FROM posts; COMMIT",
                  "22012");
    cluster_same("SELECT count(*) FROM posts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inserted_row_is_seen),
        cmocka_unit_test(an_updated_row_is_seen_as_it_is_now),
        cmocka_unit_test(a_deleted_row_is_gone),
        cmocka_unit_test(nothing_is_left_of_what_was_rolled_back),
        cmocka_unit_test(a_transaction_that_failed_answers_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
