/*
 * tests/live/test_sql_copy.c - COPY through covet-shardctl sql: all rows or none, each in its
 * shard, in bounded memory.
 */
#include "support/cmocka_all.h"

#include <libpq-fe.h>
#include <signal.h>
#include <unistd.h>

#include "support/cluster.h"

static live_cluster *live;

static int set_up(void **state)
{
    (void)state;
    live = cluster_up(2, 8);
    cluster_both("CREATE TABLE users (id int PRIMARY KEY, name text);"
                 "INSERT INTO users VALUES (1, 'one'), (2, 'two');"
                 "CREATE TABLE posts (id serial PRIMARY KEY, author int REFERENCES users"
                 " DEFERRABLE INITIALLY DEFERRED, title varchar(200), body text, score float8,"
                 " tags text[], views int DEFAULT 3);"
                 "CREATE TABLE keyed (name varchar(8) PRIMARY KEY, n int CHECK (n > 0),"
                 " twice int GENERATED ALWAYS AS (n * 2) STORED);"
                 "CREATE TABLE lines (id serial PRIMARY KEY, key int8 NOT NULL, text text);"
                 "CREATE TABLE here (a int, b text)");
    cluster_tool_ok("reference", "users");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    cluster_tool_ok("distribute", "keyed", "--key", "name");
    cluster_tool_ok("distribute", "lines", "--key", "key");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* The same COPY with the same data in both; then both hold the same rows. */
static void copy_both(const char *copy, const char *data, const char *check)
{
    const size_t room = strlen(copy) + strlen(data) + 16;
    char *script = malloc(room);
    assert_non_null(script);
    snprintf(script, room, "%s;\n%s\\.\n", copy, data);
    cluster_same("DELETE FROM here"); /* both are there */
    cluster_said theirs = cluster_psql(NULL, script), ours = cluster_sql(NULL, script);
    if (ours.code != 0 || theirs.code != 0)
        fail_msg("%s: %s, %s", copy, ours.err, theirs.err);
    assert_string_equal(ours.out, theirs.out);
    cluster_forget(&ours);
    cluster_forget(&theirs);
    free(script);
    cluster_same(check);
}

/* It is refused, and nothing has come of it. */
static void refused(const char *copy, const char *data, size_t length, const char *part)
{
    const char *const argv[] = {live_tool(), "sql", "-c", copy, NULL};
    char *before = NULL;
    cluster_said count =
        cluster_sql("--csv", "SELECT count(*) FROM posts; SELECT count(*) FROM keyed");
    before = count.out;
    cluster_said said = cluster_run(argv, data, length);
    if (said.code != 1 || strstr(said.err, part) == NULL)
        fail_msg("%s: exit code %d: %s (not %s)", copy, said.code, said.err, part);
    cluster_said after =
        cluster_sql("--csv", "SELECT count(*) FROM posts; SELECT count(*) FROM keyed");
    assert_string_equal(before, after.out);
    cluster_forget(&count);
    cluster_forget(&said);
    cluster_forget(&after);
}

#define REFUSED(copy, data, part) refused(copy, data, strlen(data), part)

/* ---- rows arrive as they are ------------------------------------------------------------ */

#define POSTS "SELECT id, author, title, body, score, tags::text, views FROM posts ORDER BY id"

static void text_and_csv_arrive_as_in_one_server(void **state)
{
    (void)state;
    copy_both("COPY posts (id, author, title, body, score, tags) FROM STDIN",
              "1001\t1\ta\\tb\\\\c\tline\\none\\\n"
              "two\tNaN\t{a,\"b c\"}\n"
              "1002\t\\N\t\\N\t\t-0\t\\N\n"
              "1003\t2\t\\x41\\101\\q\täöü 漢字 😀\t1e-300\t{}\n",
              POSTS);
    copy_both("COPY posts (author, id, body, title) FROM STDIN WITH (FORMAT csv, HEADER)",
              "author,id,body,title\n"
              "1,1004,\"a \"\"quoted\"\", text\nwith lines\n\",\n"
              ",1005,\"\",\"x\"y\n",
              POSTS);
    copy_both("COPY posts (id, title, body) FROM STDIN (FORMAT csv, DELIMITER ';', QUOTE '''',"
              " ESCAPE '\\', NULL 'nil')",
              "1006;'it\\'s';nil\n'1007';';';'nil'\n", POSTS);
}

static void a_key_of_text_is_unescaped_and_cut_as_the_server_does(void **state)
{
    (void)state;
    copy_both("COPY keyed (n, name) FROM STDIN",
              "1\ta\\tb\n2\tblanks            \n3\t\\\\.\n4\täöüäöüäö\n5\t\n",
              "SELECT * FROM keyed ORDER BY n");
    cluster_same(
        "SELECT n FROM keyed WHERE name = E'a\\tb'; SELECT n FROM keyed WHERE name = '\\.';"
        "SELECT n FROM keyed WHERE name = 'äöüäöüäö'; SELECT n FROM keyed WHERE name = ''");
    /* Lines may end as those of Windows do, and \. in quotes ends nothing. */
    static const char data[] = "x,6\r\n\"y\"\"\",7\r\n\"a\n\\.\n\",8\r\n\\.\r\nnot read";
    const char *const argv[] = {live_tool(), "sql", "-c", "COPY keyed FROM STDIN CSV", NULL};
    cluster_said said = cluster_run(argv, data, strlen(data));
    assert_string_equal(said.err, "");
    assert_string_equal(said.out, "COPY 3\n");
    cluster_forget(&said);
    cluster_value("SELECT n FROM keyed WHERE name = 'y\"'", "7");
    cluster_value("SELECT n FROM keyed WHERE name = E'a\n\\\\.\n'", "8");
}

static void what_copy_out_prints_copy_in_reads(void **state)
{
    (void)state;
    cluster_said all = cluster_sql(NULL, "COPY posts TO STDOUT (FORMAT csv, HEADER)");
    assert_int_equal(all.code, 0);
    cluster_same("SELECT count(*), sum(views), max(title COLLATE \"C\") FROM posts");
    cluster_do("TRUNCATE posts");
    const char *const argv[] = {live_tool(), "sql", "-c",
                                "COPY posts FROM STDIN (FORMAT csv, HEADER MATCH)", NULL};
    cluster_said back = cluster_run(argv, all.out, strlen(all.out));
    if (back.code != 0)
        fail_msg("%s", back.err);
    cluster_same(POSTS);
    cluster_forget(&all);
    cluster_forget(&back);
}

static void ids_come_from_the_catalog_where_the_column_is_left_out(void **state)
{
    (void)state;
    copy_both("COPY lines (key, text) FROM STDIN", "7\tx\n8\ty\n7\tz\n",
              "SELECT key, text FROM lines ORDER BY key, text COLLATE \"C\"");
    cluster_value("SELECT count(DISTINCT id) FROM lines WHERE key = 7", "2");
    REFUSED("COPY lines FROM STDIN", "1\t1\tx\n", "come from the catalog");
    /* The key itself may be such a column. */
    const char *const argv[] = {live_tool(), "sql", "-c", "COPY posts (title) FROM STDIN", NULL};
    cluster_said said = cluster_run(argv, "by id\nby id\n", 12);
    assert_string_equal(said.out, "COPY 2\n");
    cluster_forget(&said);
    cluster_value("SELECT count(*) FROM posts WHERE title = 'by id'", "2");
    cluster_do("DELETE FROM lines WHERE key = 7; DELETE FROM lines WHERE key = 8");
}

static void local_tables_are_copied_as_by_psql(void **state)
{
    (void)state;
    copy_both("COPY here FROM STDIN", "1\tx\n2\t\\N\n", "SELECT * FROM here ORDER BY a");
    cluster_same("INSERT INTO here VALUES (3, 'x,\"y'); COPY here TO STDOUT (FORMAT csv, HEADER);"
                 "COPY (SELECT a, b FROM here ORDER BY a DESC) TO STDOUT; COPY users TO STDOUT");
    cluster_fails("COPY here FROM STDIN;\n1\tx\nz\ty\n\\.\n", "22P02");
    cluster_value("SELECT count(*) FROM here", "4");
}

/* ---- what is refused -------------------------------------------------------------------- */

static void a_bad_row_is_named_by_its_line_and_nothing_is_kept(void **state)
{
    (void)state;
    static const char copy[] = "COPY posts (id, author, title) FROM STDIN";
    REFUSED(copy, "2001\t1\ta\n2002\t1\n", "22P04: COPY posts, line 2: missing data");
    REFUSED(copy, "2001\t1\ta\n2002\t1\tb\tc\n", "22P04: COPY posts, line 2: extra data");
    REFUSED(copy, "2001\t1\ta\n2002\tx\tb\n2003\t1\tc\n", "22P02: COPY posts, line 2:");
    REFUSED(copy, "2001\t1\ta\n\\N\t1\tb\n", "23502: COPY posts, line 2:");
    REFUSED(copy, "2001\t1\ta\nx\t1\tb\n", "22P02: COPY posts, line 2:");
    REFUSED(copy, "2001\t1\ta\n99999999999\t1\tb\n", "22003: COPY posts, line 2:");
    REFUSED(copy, "2001\t1\ta\n2002\t1\t\xff\n", "22021: COPY posts, line 2:");
    refused(copy, "2001\t1\ta\n2002\t1\tb\0c\n", 19, "22021: COPY posts, line 2:");
    REFUSED(copy, "2001\t1\ta\n2001\t1\tb\n", "23505: COPY posts, line 2:");
    REFUSED(copy, "2001\t1\ta\n2002\t77\tb\n", "23503"); /* deferred: before any COMMIT */
    REFUSED("COPY keyed (name, n) FROM STDIN CSV", "a,1\n\"b\nb\",-1\nc,3\n",
            "23514: COPY keyed, line 2:");
    REFUSED("COPY keyed (name, n) FROM STDIN CSV", "a,1\n\"b,2\n", "22P04: COPY keyed, line 2:");
    REFUSED("COPY keyed (name, n) FROM STDIN CSV", "a,1\nb,2\nc,3\r\nd,4\n",
            "22P04: COPY keyed, line 3: unquoted carriage return found in data");
    REFUSED("COPY keyed (name, n) FROM STDIN", "a\t1\ntoo long a name\t2\n",
            "22001: COPY keyed, line 2:");
    REFUSED("COPY keyed (n) FROM STDIN", "1\n", "23502");
    REFUSED("COPY keyed (name, nn) FROM STDIN", "1\n", "42703");
    REFUSED("COPY keyed (name, twice) FROM STDIN", "1\n", "generated column");
    REFUSED("COPY keyed (name, name) FROM STDIN", "1\n", "42701");
    REFUSED("COPY keyed (n, name) FROM STDIN (FORMAT csv, HEADER MATCH)", "name,n\n",
            "22P04: COPY keyed, line 1: column name mismatch");
    REFUSED("COPY users FROM STDIN", "3\tx\n", "0A000");
    REFUSED("COPY nowhere FROM STDIN", "3\tx\n", "42P01");
    REFUSED("COPY (SELECT id FROM posts) TO STDOUT", "", "0A000");
    REFUSED("BEGIN; COPY posts (id) FROM STDIN", "1\n", "0A000");
}

/* ---- servers that die, and much data ----------------------------------------------------- */

static void put_lines(int fd, long from, long count)
{
    char row[64];
    for (long i = from; i < from + count; i++) {
        const int length = snprintf(row, sizeof row, "%ld\tline %ld of many\n", i, i);
        if (write(fd, row, (size_t)length) != length)
            return; /* the tool has given up: the test looks at why */
    }
}

static void a_server_that_is_killed_meanwhile_leaves_nothing(void **state)
{
    (void)state;
    const char *const argv[] = {live_tool(), "sql", "-c", "COPY lines (key, text) FROM STDIN",
                                NULL};
    signal(SIGPIPE, SIG_IGN);
    cluster_child child = cluster_start(argv, true);
    put_lines(child.input, 0, 500000); /* 13 MB: some of it is in the servers */
    assert_int_equal(kill(live_pid(live, 1, 0), SIGKILL), 0);
    cluster_pause(200);
    put_lines(child.input, 500000, 500000);
    cluster_said said = cluster_end(&child);
    assert_int_equal(said.code, 1);
    assert_contains(said.err, "group g2");
    cluster_forget(&said);
    live_start(live, 1, 0);
    cluster_value("SELECT count(*) FROM lines", "0");
}

/* Two COPYs may wait for each other in two groups: neither server sees that. */
static void a_lock_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    char *lock =
        live_value(live, 1, 0,
                   "SELECT format('BEGIN; LOCK TABLE %I.keyed IN SHARE MODE', nspname) FROM"
                   " pg_namespace n JOIN pg_class c ON relnamespace = n.oid"
                   " WHERE relname = 'keyed' LIMIT 1");
    char rows[3000] = "";
    for (int i = 0; i < 200; i++)
        snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "lock%d\t1\n", i);
    live_psql(live, 1,
              "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET covet.copy_lock_timeout = 200',"
              " current_database()); END $$");
    PGconn *holder = PQconnectdb(live_dsn(live, 1, 0));
    PQclear(PQexec(holder, lock));
    REFUSED("COPY keyed (name, n) FROM STDIN", rows, "55P03");
    PQfinish(holder);
    live_psql(live, 1,
              "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET covet.copy_lock_timeout',"
              " current_database()); END $$");
    free(lock);
}

static void ctrl_c_leaves_nothing(void **state)
{
    (void)state;
    const char *const argv[] = {live_tool(), "sql", "-c", "COPY lines (key, text) FROM STDIN",
                                NULL};
    cluster_child child = cluster_start(argv, true);
    put_lines(child.input, 0, 100000);
    kill(child.pid, SIGINT);
    cluster_pause(100);
    cluster_said said = cluster_end(&child);
    assert_int_equal(said.code, 1);
    assert_contains(said.err, "57014");
    cluster_forget(&said);
    cluster_value("SELECT count(*) FROM lines", "0");
}

static long count_in(int group)
{
    char *schema =
        live_value(live, group, 0,
                   "SELECT min(schemaname::text) FROM pg_tables WHERE tablename = 'lines'");
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\".lines", schema);
    char *count = live_value(live, group, 0, sql);
    const long rows = atol(count);
    free(count);
    free(schema);
    return rows;
}

/* The second group's COMMIT waits for a standby that there is not, and its server dies: nobody
 * can know what became of it. */
static void groups_that_have_committed_are_named(void **state)
{
    (void)state;
    const char *const argv[] = {live_tool(), "sql", "-c", "COPY lines (key, text) FROM STDIN",
                                NULL};
    live_psql(live, 1, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    live_psql(live, 1, "ALTER SYSTEM SET synchronous_commit = 'on'");
    live_psql(live, 1, "SELECT pg_reload_conf()");
    cluster_child child = cluster_start(argv, true);
    put_lines(child.input, 0, 1000);
    close(child.input);
    child.input = -1;
    for (int tries = 0; tries < 500 && count_in(0) == 0; tries++)
        cluster_pause(20);
    cluster_pause(200);
    assert_int_equal(kill(live_pid(live, 1, 0), SIGKILL), 0);
    cluster_said said = cluster_end(&child);
    assert_int_equal(said.code, 1);
    assert_contains(said.err, "40003");
    assert_contains(said.err, "the rows of g1 are committed");
    assert_contains(said.err, "unknown what became of those of group g2");
    cluster_forget(&said);
    live_start(live, 1, 0);
    live_psql(live, 1, "ALTER SYSTEM RESET synchronous_standby_names");
    live_psql(live, 1, "ALTER SYSTEM RESET synchronous_commit");
    live_psql(live, 1, "SELECT pg_reload_conf()");
    cluster_do("TRUNCATE lines");
}

static void two_hundred_megabytes_pass_in_bounded_memory(void **state)
{
    (void)state;
    enum { ROWS = 200000, ROW = 1024, BOUND_KB = 160 * 1024 };
    const char *const argv[] = {live_tool(), "sql", "-c", "COPY lines (key, text) FROM STDIN",
                                NULL};
    char row[ROW + 32];
    setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 1); /* what is freed shall count as free */
    cluster_child child = cluster_start(argv, true);
    unsetenv("ASAN_OPTIONS");
    for (int i = 0; i < ROWS; i++) {
        const int head = snprintf(row, sizeof row, "%d\t", i);
        memset(row + head, 'a' + i % 26, ROW);
        row[head + ROW] = '\n';
        if (write(child.input, row, (size_t)head + ROW + 1) != head + ROW + 1)
            break;
    }
    cluster_said said = cluster_end(&child);
    if (said.code != 0)
        fail_msg("%s", said.err);
    assert_string_equal(said.out, "COPY 200000\n");
    print_message("%d MB copied with at most %ld MB of memory\n", ROWS / 1024 * ROW / 1024,
                  said.peak_kb / 1024);
    assert_in_range(said.peak_kb, 1, BOUND_KB);
    cluster_forget(&said);
    cluster_value("SELECT count(*) FROM lines", "200000");
    cluster_do("TRUNCATE lines");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_csv_arrive_as_in_one_server),
        cmocka_unit_test(a_key_of_text_is_unescaped_and_cut_as_the_server_does),
        cmocka_unit_test(what_copy_out_prints_copy_in_reads),
        cmocka_unit_test(ids_come_from_the_catalog_where_the_column_is_left_out),
        cmocka_unit_test(local_tables_are_copied_as_by_psql),
        cmocka_unit_test(a_bad_row_is_named_by_its_line_and_nothing_is_kept),
        cmocka_unit_test(a_server_that_is_killed_meanwhile_leaves_nothing),
        cmocka_unit_test(a_lock_is_not_waited_for_for_ever),
        cmocka_unit_test(ctrl_c_leaves_nothing),
        cmocka_unit_test(groups_that_have_committed_are_named),
        cmocka_unit_test(two_hundred_megabytes_pass_in_bounded_memory),
    };
    return cmocka_run_group_tests_name("live/sql_copy", tests, set_up, tear_down);
}
