/*
 * tests/live/test_refused.c - what shard/README.md says is refused, is: with 0A000, by name,
 * and nothing has changed. One that is refused no more goes from both lists.
 */
#include "support/cmocka_all.h"

#include "core/macros.h"
#include "support/cluster.h"

typedef struct refusal {
    const char *sql;
    const char *says;
} refusal;

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 4);
    cluster_do("CREATE TABLE posts (id int PRIMARY KEY, x int, made timestamptz);"
               "CREATE TABLE likes (post_id int, n int, x int, PRIMARY KEY (post_id, n));"
               "CREATE TABLE things (id serial PRIMARY KEY, post_id int);"
               "CREATE TABLE ref (id int PRIMARY KEY, x int);"
               "CREATE TABLE loc (id int PRIMARY KEY, x int);"
               "CREATE SEQUENCE s;"
               "CREATE FUNCTION wild(int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1';"
               "INSERT INTO posts SELECT i, i % 5, now() FROM generate_series(1, 30) i;"
               "INSERT INTO likes SELECT i, 1, i % 7 FROM generate_series(1, 30) i;"
               "INSERT INTO ref SELECT i, i FROM generate_series(1, 5) i;");
    cluster_tool_ok("reference", "ref");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    cluster_tool_ok("distribute", "likes", "--key", "post_id");
    cluster_do("CREATE VIEW few AS SELECT id, x FROM posts WHERE x < 2");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

static void check(const refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cluster_said said = cluster_sql("--csv", refusals[i].sql);
        if (said.code != 1 || strstr(said.err, "0A000") == NULL ||
            strstr(said.err, refusals[i].says) == NULL)
            fail_msg("%s\n  exit code %d, says\n  %s\n  and not: %s", refusals[i].sql, said.code,
                     said.err, refusals[i].says);
        cluster_forget(&said);
    }
}

#define CHECK(refusals) check(refusals, COVET_COUNT(refusals))

static void reads(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"SELECT * FROM posts FOR UPDATE", "FOR UPDATE"},
        {"SELECT * FROM posts p, likes l WHERE p.x = l.x FOR SHARE", "FOR SHARE"},
        {"SELECT * FROM ref FOR UPDATE", "row locks on a reference table"},
        {"SELECT * FROM posts TABLESAMPLE SYSTEM (10)", "TABLESAMPLE"},
        {"SELECT p.id FROM ONLY posts p, likes l WHERE p.x = l.x", "ONLY"},
        {"SELECT ctid FROM posts", "system column"},
        {"SELECT xmin, count(*) FROM posts GROUP BY x, xmin", "system column"},
        {"SELECT p FROM posts p, likes l WHERE p.x = l.x", "a row as one column"},
        {"SELECT to_json(l) FROM posts p JOIN likes l(a, b) ON p.x = l.a", "column alias list"},
        {"SELECT j.n FROM (posts p JOIN likes l ON p.id = l.post_id) AS j", "alias on a join"},
        {"SELECT id FROM posts, XMLTABLE('/a' PASSING '<a/>' COLUMNS b int) t", "FROM item"},
        {"SELECT x INTO fresh FROM posts", "SELECT INTO"},
        {"WITH d AS (DELETE FROM posts RETURNING x) SELECT x FROM d", "WITH query that writes"},
        {"SELECT id, n FROM posts, now() n", "now() in FROM"},
        {"SELECT id FROM posts WHERE made > 'now'", "'now'"},
        {"SELECT x, count(*) FROM posts WHERE made < 'today' GROUP BY x", "'today'"},
        {"SELECT wild(x) FROM posts", "wild() is volatile"},
        {"SELECT x, wild(3) FROM posts GROUP BY x", "wild() is volatile"},
        {"SELECT nextval('s') FROM posts", "nextval() is volatile"},
        {"SELECT current_setting('x.y'), x FROM posts GROUP BY x", "depends on the server"},
        {"SELECT CURRENT_USER, x FROM posts GROUP BY x", "depends on the server"},
        {"SELECT id::regclass FROM posts", "depends on the server"}};
    CHECK(refusals);
}

static void writes(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"INSERT INTO ref VALUES (9, 9)", "reference table"},
        {"UPDATE posts SET x = 1", "without its shard key"},
        {"DELETE FROM posts WHERE x = 1", "without its shard key"},
        {"UPDATE posts SET id = 9 WHERE id = 1", "is not supported: delete the row"},
        {"INSERT INTO posts VALUES (101, 1), (102, 2), (103, 3), (104, 4)", "several shards"},
        {"INSERT INTO posts SELECT id + 100, x FROM loc", "INSERT ... SELECT"},
        {"INSERT INTO posts VALUES (101, (SELECT max(x) FROM likes))", "reads a distributed"},
        {"INSERT INTO loc SELECT id, x FROM posts", "reads the distributed table"},
        {"MERGE INTO posts p USING loc l ON p.id = l.id WHEN MATCHED THEN DELETE", "MERGE"},
        {"UPDATE few SET x = 1 WHERE id = 1", "view"},
        {"WITH w AS (UPDATE few SET x = 1 RETURNING id) SELECT id FROM w", "view"},
        {"WITH w AS (DELETE FROM few RETURNING id) SELECT id FROM w", "view"},
        {"SAVEPOINT a", "SAVEPOINT"}};
    CHECK(refusals);
    cluster_value("SELECT count(*) || '/' || sum(id) || '/' || sum(x) FROM posts", "30/465/60");
}

/* A limit on what may be gathered is an error, and not an answer of fewer rows. */
static void too_many_pieces(void **state)
{
    (void)state;
    char sql[8192];
    size_t at = (size_t)snprintf(sql, sizeof sql, "SELECT 1");
    for (int i = 0; i < 70; i++)
        at += (size_t)snprintf(sql + at, sizeof sql - at,
                               " UNION ALL SELECT x FROM posts WHERE x = %d", i);
    cluster_fails(sql, "0A000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(writes),
        cmocka_unit_test(too_many_pieces),
    };
    return cmocka_run_group_tests_name("live/refused", tests, set_up, tear_down);
}
