/*
 * tests/live/test_empty_group.c - a home group that has no shards: statements are planned where
 * the tables are, or by home's empty twins of them.
 */
#include "support/cmocka_all.h"

#include "support/cluster.h"

static int set_up(void **state)
{
    (void)state;
    live_cluster *cluster = cluster_up(2, 4);
    live_psql(cluster, 0,
              "BEGIN; UPDATE covet.shards SET group_id = 2; DELETE FROM covet.owned;"
              " UPDATE covet.groups SET weight = 0 WHERE home;"
              " UPDATE covet.cluster SET epoch = epoch + 1; COMMIT");
    live_psql(cluster, 1,
              "DO $$ BEGIN FOR i IN 1..4 LOOP"
              " INSERT INTO covet.owned VALUES (i, 2) ON CONFLICT (shard_id) DO NOTHING;"
              " EXECUTE format('CREATE SCHEMA IF NOT EXISTS app_s%s', lpad(i::text, 5, '0'));"
              " END LOOP; END $$");
    for (int i = 1; i <= 4; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS app_s%05d", i);
        live_psql(cluster, 0, sql);
    }
    cluster_both("CREATE TABLE users (id int PRIMARY KEY, x int, name varchar(20));"
                 "INSERT INTO users SELECT i, i % 5, 'u' || i FROM generate_series(1, 60) i;"
                 "CREATE TABLE posts (id int PRIMARY KEY, author int, n numeric);"
                 "INSERT INTO posts SELECT i, i % 60 + 1, i / 8.0 FROM generate_series(1, 300) i;"
                 "CREATE TABLE colours (id int PRIMARY KEY, name text);"
                 "INSERT INTO colours SELECT i, 'c' || i FROM generate_series(0, 4) i;"
                 "CREATE TABLE loc (id int PRIMARY KEY, x int);"
                 "INSERT INTO loc SELECT i, i FROM generate_series(1, 3) i");
    cluster_tool_ok("distribute", "users", "--key", "id");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    cluster_tool_ok("reference", "colours");
    cluster_both("CREATE VIEW v AS SELECT id, x FROM users WHERE x < 3");
    cluster_value("SELECT count(*) FROM users", "60");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

static void statements_are_planned_where_the_tables_are(void **state)
{
    (void)state;
    cluster_same("SELECT * FROM users WHERE id = 7");
    cluster_same("SELECT x, avg(id), count(*) FROM users GROUP BY x ORDER BY x");
    cluster_same("SELECT u.*, c.name FROM users u JOIN colours c ON c.id = u.x ORDER BY u.id");
    cluster_same("SELECT * FROM colours ORDER BY id");
    cluster_same("SELECT u.id, sum(n) FROM users u JOIN posts p ON p.author = u.id"
                 " GROUP BY u.id ORDER BY 1");
    cluster_fails("SELECT nothing FROM users", "42703");
}

static void homes_own_tables_meet_them_all_the_same(void **state)
{
    (void)state;
    cluster_same("SELECT l.id, u.name FROM loc l JOIN users u ON u.id = l.x ORDER BY 1");
    cluster_same("SELECT * FROM loc WHERE x IN (SELECT x FROM users) ORDER BY 1");
    cluster_same("SELECT x, count(*) FROM v GROUP BY x ORDER BY x");
    cluster_same("SELECT v.id FROM v JOIN loc l ON l.id = v.x ORDER BY 1");
    cluster_same("SELECT u.id, u.name, count(l.id) FROM users u LEFT JOIN loc l ON l.x = u.x"
                 " GROUP BY u.id ORDER BY 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_planned_where_the_tables_are),
        cmocka_unit_test(homes_own_tables_meet_them_all_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
