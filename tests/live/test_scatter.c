/*
 * tests/live/test_scatter.c - statements over many shards: how they are sent does not show.
 */
#include "support/cmocka_all.h"

#include <covet/covet.h>

#include "support/cluster.h"

static live_cluster *cluster;

static int set_up(void **state)
{
    (void)state;
    cluster = cluster_up(2, 8);
    cluster_both("CREATE TABLE marks (id int8 PRIMARY KEY, pupil int4, points numeric, name text,"
                 " code varchar(12) COLLATE \"C\", made timestamptz);"
                 "INSERT INTO marks SELECT i, i % 97, CASE WHEN i % 11 = 0 THEN NULL"
                 " ELSE i % 1000 / 8.0 END, 'name ' || i % 50, 'c' || i % 333,"
                 " '2026-01-01 00:00+00'::timestamptz + i * 7919 % 10007 * interval '1 minute'"
                 " FROM generate_series(1, 6000) i;");
    cluster_tool_ok("distribute", "marks", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* One statement a group, with ORDER BY by positions over the shards' own. */
static void large_orders_are_those_of_one_server(void **state)
{
    (void)state;
    cluster_same("SELECT id, pupil, points FROM marks ORDER BY id;");
    cluster_same("SELECT * FROM marks ORDER BY points DESC, id;");
    cluster_same("SELECT * FROM marks ORDER BY points NULLS FIRST, made DESC, id LIMIT 5000;");
    cluster_same("SELECT points, id FROM marks ORDER BY 1 DESC NULLS LAST, 2 DESC OFFSET 10;");
    cluster_same("SELECT id FROM marks ORDER BY code, id LIMIT 1001;");
    cluster_same(
        "SELECT id FROM marks ORDER BY name COLLATE \"C\" DESC, id LIMIT 990 OFFSET 4000;");
    cluster_same("SELECT id FROM marks WHERE id <= 3000 ORDER BY pupil % 10, -id;");
    cluster_same("SELECT 'x', NULL, 'x' || id AS \"x\", id AS x FROM marks ORDER BY id DESC;");
    cluster_same("SELECT id, -- it\n id + 1 AS id FROM marks ORDER BY made, 1 -- the end\n;");
    cluster_same("SELECT id, count(*), max(points) FROM marks GROUP BY id ORDER BY 3 DESC, 1;");
    cluster_same("SELECT id FROM marks WHERE id IN (1, 2, 3, 5, 8, 13) ORDER BY points, id;");
    cluster_same("SELECT id FROM marks WHERE false ORDER BY made;");
}

static void small_orders_are_those_of_one_server(void **state)
{
    (void)state;
    cluster_same("SELECT id, name FROM marks ORDER BY made DESC, id LIMIT 10;");
    cluster_same("SELECT id, name FROM marks ORDER BY made DESC, id LIMIT 10 OFFSET 990;");
    cluster_same("SELECT id, name FROM marks ORDER BY made DESC, id LIMIT 10 OFFSET 991;");
    cluster_same("SELECT id FROM marks ORDER BY id LIMIT 0;");
}

static void errors_come_through(void **state)
{
    (void)state;
    cluster_fails("SELECT id, 1 / (id - 4711) FROM marks ORDER BY made", "division by zero");
}

/* Somebody has given a shard's column another collation, under which "a" < "B". */
static void a_shard_that_orders_otherwise_is_not_merged(void **state)
{
    (void)state;
    cluster_do("CREATE TABLE words (id int8 PRIMARY KEY, word text COLLATE \"C\");"
               "INSERT INTO words SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'B' END || i"
               " FROM generate_series(1, 3000) i;");
    cluster_tool_ok("distribute", "words", "--key", "id");
    cluster_value("SELECT word FROM words ORDER BY word LIMIT 1", "B1");
    live_psql(
        cluster, 1,
        "DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE %s ALTER word TYPE text"
        " COLLATE \"und-x-icu\"', min(oid::regclass::text)) FROM pg_class"
        " WHERE relname = 'words' AND relnamespace::regnamespace::text LIKE '%\\_s0%'); END $$");
    cluster_fails("SELECT word FROM words ORDER BY word LIMIT 900", "are not in the order");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_orders_are_those_of_one_server),
        cmocka_unit_test(small_orders_are_those_of_one_server),
        cmocka_unit_test(errors_come_through),
        cmocka_unit_test(a_shard_that_orders_otherwise_is_not_merged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
