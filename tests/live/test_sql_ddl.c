/*
 * tests/live/test_sql_ddl.c - DDL through covet-shardctl sql: in every shard and copy or in
 * none, also when the tool is killed in the middle and run again.
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
    cluster_do(
        "CREATE TABLE users (id int PRIMARY KEY, name text);"
        "CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users, title text);"
        "CREATE TABLE comments (id int, post_id int REFERENCES posts, body text,"
        " PRIMARY KEY (id, post_id));"
        "CREATE TABLE gone (id int PRIMARY KEY, t text);"
        "INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 5) i;"
        "INSERT INTO posts SELECT i, 1 + i % 5, 't' || i % 50 FROM generate_series(1, 100) i;"
        "INSERT INTO comments SELECT i, 1 + i % 100, 'b' FROM generate_series(1, 300) i;"
        "INSERT INTO gone SELECT i FROM generate_series(1, 20) i");
    cluster_tool_ok("reference", "users");
    cluster_tool_ok("distribute", "posts", "--key", "id", "--with", "comments:post_id");
    cluster_tool_ok("distribute", "gone", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* ---- asking ----------------------------------------------------------------------------- */

/* The sum over the groups of a count. */
static long sum(const char *sql)
{
    long all = 0;
    for (int group = 0; group < 2; group++) {
        char *value = live_value(live, group, 0, sql);
        all += atol(value);
        free(value);
    }
    return all;
}

static long indexes(const char *name)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
             " JOIN pg_namespace n ON n.oid = c.relnamespace"
             " WHERE c.relname = '%s' AND i.indisvalid AND n.nspname <> 'covet_old'",
             name);
    return sum(sql);
}

static char *a_schema(int group, const char *table)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT min(schemaname::text) FROM pg_tables WHERE tablename = '%s'"
             " AND schemaname ~ '_s[0-9]+$'",
             table);
    return live_value(live, group, 0, sql);
}

static void assert_status(const char *part, bool there)
{
    const char *const argv[] = {live_tool(), "status", NULL};
    cluster_said said = cluster_run(argv, NULL, 0);
    if ((strstr(said.out, part) != NULL) != there)
        fail_msg("status says%s %s: %s", there ? " not" : "", part, said.out);
    cluster_forget(&said);
}

/* A transaction that holds a lock on one shard's table. */
static PGconn *hold(int group, const char *table, const char *mode)
{
    char sql[256], *schema = a_schema(group, table);
    PGconn *conn = PQconnectdb(live_dsn(live, group, 0));
    snprintf(sql, sizeof sql, "BEGIN; LOCK TABLE \"%s\".\"%s\" IN %s MODE", schema, table, mode);
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
    free(schema);
    return conn;
}

static void wait_until(const char *sql, int group, const char *expected)
{
    for (int tries = 0; tries < 500; tries++) {
        char *value = live_value(live, group, 0, sql);
        const bool is = strcmp(value, expected) == 0;
        free(value);
        if (is)
            return;
        cluster_pause(20);
    }
    fail_msg("%s is not %s", sql, expected);
}

/* Runs it until it waits for a lock in that group, and kills it. */
static void kill_when_it_waits(const char *sql, int group)
{
    const char *const argv[] = {live_tool(), "sql", "-c", sql, NULL};
    cluster_child child = cluster_start(argv, false);
    wait_until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted", group, "t");
    kill(child.pid, SIGKILL);
    cluster_said said = cluster_end(&child);
    assert_int_equal(said.code, 128 + SIGKILL);
    cluster_forget(&said);
}

/* ---- everywhere or nowhere ---------------------------------------------------------------- */

static void indexes_are_made_and_dropped_in_every_shard_and_for_the_twin(void **state)
{
    (void)state;
    cluster_do("CREATE INDEX posts_title ON posts (title)");
    assert_int_equal(indexes("posts_title"), 9);
    cluster_do("CREATE INDEX IF NOT EXISTS posts_title ON posts (title)");
    cluster_fails("CREATE INDEX posts_title ON posts (title)", "42P07");
    cluster_do("CREATE INDEX CONCURRENTLY users_name ON users (name)");
    assert_int_equal(indexes("users_name"), 3);
    cluster_do("DROP INDEX posts_title; DROP INDEX CONCURRENTLY users_name");
    assert_int_equal(indexes("posts_title") + indexes("users_name"), 0);
    cluster_fails("DROP INDEX posts_title", "42704");
    cluster_do("DROP INDEX IF EXISTS posts_title");
    cluster_fails("CREATE UNIQUE INDEX u ON posts (title)", "0A000");
    cluster_fails("CREATE INDEX ON posts (title)", "0A000");
    cluster_fails("CREATE INDEX i ON posts (titel)", "42703");
    cluster_fails("BEGIN; CREATE INDEX i ON posts (title)", "0A000");
    assert_status("unfinished", false);
}

static void an_error_in_one_shard_undoes_all(void **state)
{
    (void)state;
    cluster_do("UPDATE posts SET title = 'x' WHERE id = 77");
    /* Division by zero for one row, which is in one shard. */
    cluster_fails("CREATE INDEX odd ON posts ((1 / (id - 77)))", "22012");
    assert_int_equal(sum("SELECT count(*) FROM pg_class WHERE relname = 'odd'"), 0);
    assert_status("unfinished", false);
    cluster_fails("TRUNCATE posts", "0A000");
    cluster_fails("DROP TABLE posts", "2BP01");
    cluster_fails("DROP TABLE users", "2BP01");
    cluster_value("SELECT count(*) FROM posts", "100");
    cluster_fails("ALTER TABLE posts ADD COLUMN x int", "0A000");
    cluster_fails("CREATE TRIGGER t AFTER INSERT ON posts EXECUTE FUNCTION f()", "0A000");
    cluster_fails("COMMENT ON TABLE posts IS 'x'", "0A000");
    cluster_fails("CREATE TABLE posts (a int)", "42P07");
}

static void maintenance_reaches_every_shard(void **state)
{
    (void)state;
    cluster_do("ANALYZE posts; VACUUM (ANALYZE) posts, users; VACUUM; ANALYZE; ANALYZE posts (id)");
    wait_until("SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'posts'"
               " AND schemaname ~ '_s[0-9]+$' AND vacuum_count = 0",
               1, "0");
    wait_until("SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'posts'"
               " AND schemaname ~ '_s[0-9]+$' AND analyze_count < 2",
               0, "0");
}

static void grants_open_every_way_to_the_rows(void **state)
{
    (void)state;
    for (int group = 0; group < 2; group++)
        live_psql(live, group, "CREATE ROLE reader LOGIN PASSWORD 'x'");
    cluster_do("GRANT SELECT, INSERT ON posts, users TO reader");
    assert_int_equal(sum("SELECT count(*) FROM pg_tables t WHERE tablename IN ('posts', 'users')"
                         " AND schemaname NOT IN ('covet_old', 'public') AND has_table_privilege("
                         "'reader', format('%I.%I', schemaname, tablename), 'SELECT')"
                         " AND has_schema_privilege('reader', schemaname::text, 'USAGE')"),
                     8 + 2 + 2);
    char dsn[2048];
    snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=reader dbname=covet password=x",
             live_port(live, 0, 0));
    setenv("COVET_CATALOG", dsn, 1);
    cluster_value("SELECT count(*) FROM posts p JOIN users u ON u.id = p.author", "100");
    cluster_do("INSERT INTO posts VALUES (501, 1, 'by the reader')");
    cluster_fails("DELETE FROM posts WHERE id = 501", "42501");
    setenv("COVET_CATALOG", cluster_catalog(), 1);
    cluster_do("REVOKE INSERT ON posts FROM reader; DELETE FROM posts WHERE id = 501");
    assert_int_equal(sum("SELECT count(*) FROM pg_tables t WHERE tablename = 'posts' AND"
                         " has_table_privilege('reader', format('%I.%I', schemaname, tablename),"
                         " 'INSERT')"),
                     0);
    cluster_fails("GRANT SELECT ON posts TO nobody_there", "42704");
}

/* ---- killed, and run again ---------------------------------------------------------------- */

static void a_transaction_that_never_committed_is_begun_anew(void **state)
{
    (void)state;
    PGconn *holder = hold(1, "posts", "ROW EXCLUSIVE");
    kill_when_it_waits("CREATE INDEX killed ON posts (title)", 1);
    assert_status("CREATE INDEX killed ON posts (title)", true);
    PQfinish(holder);
    cluster_do("CREATE INDEX killed ON posts (title)");
    assert_int_equal(indexes("killed"), 9);
    assert_status("unfinished", false);
    cluster_do("DROP INDEX killed");
}

/* The second group's COMMIT waits for a standby that there is not, and the tool is killed. */
static void commits_that_are_missing_are_made_up_for(void **state)
{
    (void)state;
    const char *const argv[] = {live_tool(), "sql", "-c", "CREATE INDEX cut ON posts (title)",
                                NULL};
    live_psql(live, 1, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    live_psql(live, 1, "SELECT pg_reload_conf()");
    cluster_child child = cluster_start(argv, false);
    wait_until("SELECT count(*) FROM covet.jobs WHERE done <> '{}'", 0, "1"); /* g1 has it */
    wait_until("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", 1, "1");
    kill(child.pid, SIGKILL);
    cluster_said said = cluster_end(&child);
    cluster_forget(&said);
    live_psql(live, 1, "ALTER SYSTEM RESET synchronous_standby_names");
    live_psql(live, 1, "SELECT pg_reload_conf()");
    assert_status("CREATE INDEX cut", true);
    said = cluster_run(argv, NULL, 0);
    if (said.code != 0)
        fail_msg("%s", said.err);
    assert_contains(said.err, "finishes what was begun");
    cluster_forget(&said);
    assert_int_equal(indexes("cut"), 9);
    assert_status("unfinished", false);
    cluster_do("DROP INDEX cut");
}

static void what_is_done_shard_by_shard_goes_on_where_it_was(void **state)
{
    (void)state;
    PGconn *holder = hold(1, "posts", "ROW EXCLUSIVE");
    const char *const argv[] = {live_tool(), "sql", "-c",
                                "CREATE INDEX CONCURRENTLY slow ON posts (title)", NULL};
    cluster_child child = cluster_start(argv, false);
    wait_until("SELECT count(*) FROM covet.jobs WHERE done <> '{}'", 0, "1"); /* g1 has it */
    wait_until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted", 1, "t");
    kill(child.pid, SIGKILL);
    cluster_said said = cluster_end(&child);
    cluster_forget(&said);
    assert_in_range(indexes("slow"), 1, 8);
    assert_status("CONCURRENTLY slow", true);
    PQfinish(holder);
    cluster_said again = cluster_run(argv, NULL, 0);
    if (again.code != 0)
        fail_msg("%s", again.err);
    assert_contains(again.err, "finishes what was begun");
    cluster_forget(&again);
    assert_int_equal(indexes("slow"), 9);
    assert_int_equal(sum("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), 0);
    assert_status("unfinished", false);
    cluster_do("DROP INDEX slow");
}

/* One who gives up drops it: the work on what is gone is forgotten. */
static void unfinished_work_can_be_given_up(void **state)
{
    (void)state;
    cluster_fails("CREATE UNIQUE INDEX CONCURRENTLY twice ON comments (post_id)", "unfinished");
    assert_status("INDEX CONCURRENTLY twice", true);
    cluster_do("DROP INDEX twice");
    assert_status("unfinished", false);
    assert_int_equal(sum("SELECT count(*) FROM pg_class WHERE relname = 'twice'"), 0);
}

static void a_dropped_table_is_gone_wherever_the_tool_was_killed(void **state)
{
    (void)state;
    PGconn *holder = hold(1, "gone", "ACCESS SHARE");
    kill_when_it_waits("DROP TABLE gone", 1);
    cluster_value("SELECT count(*) FROM gone WHERE id = 3", "1"); /* home has not committed */
    PQfinish(holder);
    /* As if it had been killed behind home's COMMIT. */
    wait_until("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 1, "0");
    live_psql(live, 0,
              "DELETE FROM covet.tables WHERE table_name = 'gone';"
              "DROP TABLE covet_shell.gone, covet_old.gone;"
              "UPDATE covet.cluster SET epoch = epoch + 1; NOTIFY covet_map");
    cluster_fails("SELECT * FROM gone", "42P01");
    assert_status("DROP TABLE gone", true);
    cluster_do("DROP TABLE gone");
    assert_status("unfinished", false);
    assert_int_equal(sum("SELECT count(*) FROM pg_class WHERE relname = 'gone'"), 0);
    cluster_fails("DROP TABLE gone", "42P01");
    cluster_do("CREATE TABLE gone (a int); DROP TABLE gone");
}

/* ---- home again ---------------------------------------------------------------------------- */

static void what_was_made_in_the_shards_comes_home(void **state)
{
    (void)state;
    cluster_do("CREATE INDEX kept ON posts (title DESC) WHERE id > 3;"
               "CREATE INDEX kept_users ON users (name)");
    /* As if one had been cut off behind its first COMMIT, and rows had come since. */
    live_psql(live, 0,
              "INSERT INTO covet.jobs (kind, statement, done) SELECT 'TRUNCATE TABLE',"
              " 'TRUNCATE comments', array_agg(id) FROM covet.groups");
    cluster_do("TRUNCATE comments");
    cluster_value("SELECT count(*) FROM comments", "0");
    assert_status("unfinished", false);
    cluster_do("INSERT INTO comments VALUES (1, 1, 'x')");
    PGconn *holder = hold(1, "comments", "ACCESS SHARE");
    const char *const argv[] = {live_tool(), "undistribute", "posts", "comments", "users", NULL};
    cluster_child child = cluster_start(argv, false);
    wait_until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted", 1, "t");
    PQfinish(holder);
    cluster_said said = cluster_end(&child);
    if (said.code != 0)
        fail_msg("%s", said.err);
    assert_contains(said.err, "waits for a lock that is held by process ");
    cluster_forget(&said);
    char *definition = live_value(live, 0, 0,
                                  "SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM"
                                  " pg_indexes WHERE indexname LIKE 'kept%'");
    assert_string_equal(definition,
                        "CREATE INDEX kept ON public.posts USING btree (title DESC) WHERE (id > 3);"
                        "CREATE INDEX kept_users ON public.users USING btree (name)");
    free(definition);
    cluster_value("SELECT count(*) FROM comments", "1");
    cluster_value("SELECT has_table_privilege('reader', 'posts', 'SELECT')", "t");
    /* What was unfinished when its table came home is a statement for home now. */
    live_psql(live, 0,
              "INSERT INTO covet.jobs (kind, statement) VALUES ('CREATE INDEX',"
              " 'CREATE INDEX late ON posts (title)')");
    live_psql(live, 0,
              "INSERT INTO covet.jobs (kind, statement) VALUES ('DROP INDEX', 'DROP INDEX late')");
    cluster_do("CREATE INDEX late ON posts (title); DROP INDEX late");
    assert_status("unfinished", false);
    cluster_tool_ok("reference", "users");
    cluster_tool_ok("distribute", "posts", "--key", "id", "--with", "comments:post_id");
    assert_int_equal(indexes("kept"), 9);
    cluster_do("TRUNCATE posts, comments; DROP TABLE comments, posts; DROP TABLE users");
    assert_int_equal(sum("SELECT count(*) FROM pg_class WHERE relname IN"
                         " ('posts', 'comments', 'users')"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexes_are_made_and_dropped_in_every_shard_and_for_the_twin),
        cmocka_unit_test(an_error_in_one_shard_undoes_all),
        cmocka_unit_test(maintenance_reaches_every_shard),
        cmocka_unit_test(grants_open_every_way_to_the_rows),
        cmocka_unit_test(a_transaction_that_never_committed_is_begun_anew),
        cmocka_unit_test(commits_that_are_missing_are_made_up_for),
        cmocka_unit_test(what_is_done_shard_by_shard_goes_on_where_it_was),
        cmocka_unit_test(unfinished_work_can_be_given_up),
        cmocka_unit_test(a_dropped_table_is_gone_wherever_the_tool_was_killed),
        cmocka_unit_test(what_was_made_in_the_shards_comes_home),
    };
    return cmocka_run_group_tests_name("live/sql_ddl", tests, set_up, tear_down);
}
