/*
 * tests/live/test_cost.c - what statements over many shards cost the shards and the program:
 * ORDER BY ... LIMIT 10 over 128 shards reads no more than 10 rows of each.
 *
 * The rows are counted by the servers. Memory is the library's own allocations and libpq's,
 * as malloc counts them; a sanitizer's malloc does not count, and there it is not looked at.
 */
#include "support/cmocka_all.h"

#include <covet/covet.h>
#include <malloc.h>
#include <unistd.h>

#include "support/cluster.h"

enum { GROUPS = 2, SHARDS = 128, ROWS_MAX = 10 * SHARDS, BYTES_MAX = 2 * 1024 * 1024 };

static live_cluster *cluster;
static covet_db *db;

static int set_up(void **state)
{
    (void)state;
    cluster = cluster_up(GROUPS, SHARDS);
    cluster_do("CREATE TABLE marks (id int8 PRIMARY KEY, made timestamptz, name text);"
               "CREATE INDEX ON marks (made); CREATE INDEX ON marks (name);"
               "INSERT INTO marks SELECT i, '2026-01-01 00:00+00'::timestamptz"
               " + i * 7919 % 10007 * interval '1 minute', 'Name ' || i * 7919 % 10007"
               " FROM generate_series(1, 20000) i;");
    cluster_do("CREATE TABLE others (id int8 PRIMARY KEY, mark int8);"
               "INSERT INTO others SELECT i, i % 300 FROM generate_series(1, 2000) i");
    cluster_tool_ok("distribute", "marks", "--key", "id");
    cluster_tool_ok("distribute", "others", "--key", "id");
    for (int group = 0; group < GROUPS; group++)
        live_psql(cluster, group, "VACUUM ANALYZE");
    return 0;
}

static void open_db_with(uint32_t connections)
{
    const covet_db_opts opts = {.size = sizeof opts,
                                .dsn = cluster_catalog(),
                                .pool = {.size_max = connections}};
    covet_error err;
    assert_ok(covet_open_wait(&opts, &db, &err), &err);
}

static void open_db(void) { open_db_with(0); }

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

static size_t ask(const char *sql)
{
    const covet_sql statement = {.size = sizeof statement, .text = sql};
    covet_result *rows = NULL;
    covet_error err;
    assert_ok(covet_query_wait(db, &statement, NULL, &rows, &err), &err);
    const size_t count = covet_result_rows(rows);
    covet_result_free(rows);
    return count;
}

/* Rows that the shards' tables were read for, on all servers. */
static long rows_read(void)
{
    long sum = 0;
    for (int group = 0; group < GROUPS; group++) {
        char *value = live_value(cluster, group, 0,
                                 "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)),"
                                 " 0) FROM pg_stat_user_tables WHERE relname = 'marks'");
        sum += strtol(value, NULL, 10);
        free(value);
    }
    return sum;
}

/* A session counts what it has read at its end at the latest. */
static long settled_rows_read(long before)
{
    long last = rows_read();
    for (int same = 0, round = 0; (same < 3 || last == before) && round < 50; round++) {
        cluster_pause(200);
        const long now = rows_read();
        same = now == last ? same + 1 : 0;
        last = now;
    }
    return last;
}

static void assert_reads(const char *sql, long at_most)
{
    const long before = rows_read();
    open_db();
    assert_int_equal(ask(sql), 10);
    covet_close_wait(db);
    const long read = settled_rows_read(before) - before;
    print_message("%ld rows read for %s\n", read, sql);
    assert_in_range(read, 10, at_most);
}

static void the_first_rows_are_all_that_is_read(void **state)
{
    (void)state;
    assert_reads("SELECT id, name FROM marks ORDER BY made DESC LIMIT 10", ROWS_MAX);
    /* In the order of the database's collation, by one server over what is gathered. */
    assert_reads("SELECT id, name FROM marks ORDER BY name LIMIT 10", ROWS_MAX);
}

/* PostgreSQL would think of a generic plan after five executions on a connection, and that
 * its arrays have 10 rows: then 20,000 by 20,000 in a loop, for minutes. */
static void a_query_over_gathered_rows_is_planned_for_them_each_time(void **state)
{
    (void)state;
    open_db();
    const covet_sql sql = {.size = sizeof sql,
                           .text = "SELECT a.id FROM marks a JOIN marks b ON a.name = b.name"
                                   " WHERE a.name > '' AND b.name > '' AND a.name <> 'x'"
                                   " AND b.name <> 'x' AND a.made > '1999-01-01'"
                                   " AND b.made > '1999-01-01' LIMIT 10 OFFSET 20000"};
    const covet_call call = {.size = sizeof call, .timeout = 10000};
    for (int i = 0; i < 8 * GROUPS; i++) {
        covet_result *rows = NULL;
        covet_error err;
        assert_ok(covet_query_wait(db, &sql, &call, &rows, &err), &err);
        assert_int_equal(covet_result_rows(rows), 10);
        covet_result_free(rows);
    }
    covet_close_wait(db);
}

/* PostgreSQL would take four conditions for one row of 20,000, and join in a loop. */
static void conditions_that_were_asked_of_the_shards_do_not_count_twice(void **state)
{
    (void)state;
    open_db();
    const covet_sql sql = {.size = sizeof sql,
                           .text = "SELECT a.id FROM marks a JOIN marks b ON a.name = b.name"
                                   " WHERE a.id % 1 = 0 AND a.id * 2 % 2 = 0 AND b.id % 1 = 0"
                                   " AND b.id * 2 % 2 = 0 LIMIT 10 OFFSET 20000"};
    const covet_call call = {.size = sizeof call, .timeout = 10000};
    covet_result *rows = NULL;
    covet_error err;
    assert_ok(covet_query_wait(db, &sql, &call, &rows, &err), &err);
    assert_int_equal(covet_result_rows(rows), 10);
    covet_result_free(rows);
    covet_close_wait(db);
}

/* Statements with keys that its connections have prepared, one connection a group. */
static long long prepared_with_keys(long keys)
{
    char sql[128];
    long long count = 0;
    snprintf(sql, sizeof sql,
             "SELECT count(b.id) FROM marks a JOIN others b ON b.mark = a.id"
             " WHERE a.id <= %ld",
             keys);
    for (int i = 0; i < 3; i++)
        ask(sql);
    for (int i = 0; i < GROUPS; i++) { /* in turn */
        const covet_sql prepared = {.size = sizeof prepared,
                                    .text = "SELECT count(*) FROM pg_prepared_statements"
                                            " WHERE statement LIKE '%others%ANY ($1)%'"
                                            " AND statement NOT LIKE '%pg_prepared%'"};
        covet_result *rows = NULL;
        covet_error err;
        int64_t here = 0;
        assert_ok(covet_query_wait(db, &prepared, NULL, &rows, &err), &err);
        assert_ok(covet_result_int(rows, 0, 0, &here, &err), &err);
        covet_result_free(rows);
        count += here;
    }
    return count;
}

/* By a generic plan each row would be compared with key after key, for seconds where 100,000
 * rows meet 10,000 keys. PostgreSQL looks for fewer than 9 that way in any case. */
static void many_keys_are_planned_for_each_time(void **state)
{
    (void)state;
    open_db_with(1);
    assert_int_equal(prepared_with_keys(9000), 0);
    assert_int_equal(prepared_with_keys(9), 0);
    assert_int_not_equal(prepared_with_keys(8), 0);
    covet_close_wait(db);
}

static void assert_loops_are_on(void)
{
    const covet_sql sql = {.size = sizeof sql, .text = "SELECT current_setting('enable_nestloop')"};
    covet_result *rows = NULL;
    covet_error err;
    assert_ok(covet_query_wait(db, &sql, NULL, &rows, &err), &err);
    assert_string_equal(covet_result_text(rows, 0, 0), "on");
    covet_result_free(rows);
}

/* Of conditions on arrays PostgreSQL thinks that one row is left by them: then 20,000 by 20,000
 * in a loop, for minutes. Whoever gets the connection next has loops. */
static void many_gathered_rows_are_not_joined_in_a_loop(void **state)
{
    (void)state;
    open_db();
    const covet_sql sql = {.size = sizeof sql,
                           .text = "SELECT a.id FROM marks a JOIN marks b ON a.name = b.name"
                                   " AND (a.id BETWEEN 1 AND 90000 AND b.id BETWEEN 1 AND 90000"
                                   " OR a.id = 0 AND b.id = 0)"
                                   " AND (a.made BETWEEN '2000-01-01' AND '2100-01-01'"
                                   " AND b.made BETWEEN '2000-01-01' AND '2100-01-01'"
                                   " OR a.made = '1999-01-01' AND b.made = '1999-01-01')"
                                   " AND (a.name BETWEEN 'A' AND 'Z' AND b.name BETWEEN 'A' AND 'Z'"
                                   " OR a.name = '1' AND b.name = '1')"
                                   " LIMIT 10 OFFSET 20000"};
    const covet_call call = {.size = sizeof call, .timeout = 10000};
    for (int i = 0; i < 2 * GROUPS; i++) {
        covet_result *rows = NULL;
        covet_error err;
        assert_ok(covet_query_wait(db, &sql, &call, &rows, &err), &err);
        assert_int_equal(covet_result_rows(rows), 10);
        covet_result_free(rows);
        assert_loops_are_on();
    }
    covet_close_wait(db);
}

static void ten_rows_take_little_memory(void **state)
{
    (void)state;
    const char *const sql = "SELECT id, name FROM marks ORDER BY made DESC LIMIT 10";
    open_db();
    for (int i = 0; i < 4; i++)
        ask(sql); /* prepared everywhere: what stays is there */
    const size_t before = mallinfo2().uordblks;
    const covet_sql statement = {.size = sizeof statement, .text = sql};
    covet_result *rows = NULL;
    covet_error err;
    assert_ok(covet_query_wait(db, &statement, NULL, &rows, &err), &err);
    const size_t after = mallinfo2().uordblks; /* all 128 parts are in the result */
    covet_result_free(rows);
    covet_close_wait(db);
    print_message("%zu bytes for a result of 128 parts\n", after > before ? after - before : 0);
    assert_true(after < before + BYTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rows_are_all_that_is_read),
        cmocka_unit_test(a_query_over_gathered_rows_is_planned_for_them_each_time),
        cmocka_unit_test(many_keys_are_planned_for_each_time),
        cmocka_unit_test(conditions_that_were_asked_of_the_shards_do_not_count_twice),
        cmocka_unit_test(many_gathered_rows_are_not_joined_in_a_loop),
        cmocka_unit_test(ten_rows_take_little_memory),
    };
    return cmocka_run_group_tests_name("live/cost", tests, set_up, tear_down);
}
