/*
 * tests/live/test_cluster.c - init, group and status: what they make, show and refuse.
 *
 * `local up` has made a cluster in the database covet; tests that make clusters of their own
 * do so in other databases of the same servers.
 */
#include "support/cmocka_all.h"

#include "support/live.h"

#include <fcntl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOOL(output, ...) live_shardctl((const char *const[]){__VA_ARGS__, NULL}, output)

/* What the tool says to these arguments must hold the part, and it ends with the code. */
#define assert_says(code, part, ...)                                                               \
    do {                                                                                           \
        char *output_ = NULL;                                                                      \
        const int code_ = TOOL(&output_, __VA_ARGS__);                                             \
        if (code_ != (code))                                                                       \
            fail_msg("ended with %d, not %d: %s", code_, code, output_);                           \
        assert_contains(output_, part);                                                            \
        free(output_);                                                                             \
    } while (0)

#define assert_value(dsn, sql, expected)                                                           \
    do {                                                                                           \
        char *value_ = value_of(dsn, sql);                                                         \
        assert_string_equal(value_, expected);                                                     \
        free(value_);                                                                              \
    } while (0)

static live_cluster *cluster;

/* ---- databases ------------------------------------------------------------------------- */

/* The first cell; free() it. */
static char *value_of(const char *dsn, const char *sql)
{
    PGconn *conn = PQconnectdb(dsn);
    PGresult *result = PQexec(conn, sql);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    char *value = strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
    return value;
}

static void run(const char *dsn, const char *sql) { free(value_of(dsn, sql)); }

static int port_of(int group, int member) { return live_port(cluster, group, member); }

/* Connection strings live in a ring: long enough for one test. */
static const char *dsn_on(int group, int member, const char *database)
{
    static char dsns[32][512];
    static unsigned next;
    char *dsn = dsns[next++ % 32];
    snprintf(dsn, sizeof dsns[0], "host=127.0.0.1 port=%d user=covet dbname=%s passfile='%s'",
             port_of(group, member), database, live_passfile(cluster));
    return dsn;
}

/* Until the group's standby, if it runs, has the database too; 5 s at most. */
static void await_standby(int group, const char *name)
{
    PGconn *conn = PQconnectdb(dsn_on(group, 1, "covet"));
    for (int i = 0; PQstatus(conn) == CONNECTION_OK && i < 250; i++) {
        PGresult *result = PQexecParams(conn, "SELECT FROM pg_database WHERE datname = $1", 1, NULL,
                                        &name, NULL, NULL, 0);
        const bool there = PQntuples(result) > 0;
        PQclear(result);
        if (there)
            break;
        usleep(20 * 1000);
    }
    PQfinish(conn);
}

/* A new database on a group's servers; `how` follows CREATE DATABASE name. */
static const char *make_database(int group, const char *name, const char *how)
{
    char sql[256];
    snprintf(sql, sizeof sql, "CREATE DATABASE %s %s", name, how);
    live_psql(cluster, group, sql);
    await_standby(group, name);
    return dsn_on(group, 0, name);
}

static int set_up(void **state)
{
    (void)state;
    cluster = live_up(2, 1, (const char *const[]){"--shards", "16", NULL});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    live_down(cluster);
    return 0;
}

/* ---- local up -------------------------------------------------------------------------- */

static json_t *status_of(const char *catalog)
{
    char *text = NULL;
    assert_int_equal(TOOL(&text, "status", "--json", "--catalog", catalog), 0);
    json_t *report = json_loads(text, 0, NULL);
    if (report == NULL)
        fail_msg("not JSON: %s", text);
    free(text);
    return report;
}

static const json_t *member_of(const json_t *report, size_t group, size_t member)
{
    const json_t *groups = json_object_get(report, "groups");
    return json_array_get(json_object_get(json_array_get(groups, group), "members"), member);
}

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void local_up_makes_the_cluster(void **state)
{
    (void)state;
    json_t *report = status_of(live_catalog(cluster));
    const json_t *groups = json_object_get(report, "groups");
    assert_int_equal(json_array_size(groups), 2);
    for (size_t g = 0; g < 2; g++) {
        assert_int_equal(json_integer_value(json_object_get(json_array_get(groups, g), "shards")),
                         8);
        for (size_t m = 0; m < 2; m++) {
            const json_t *member = member_of(report, g, m);
            assert_string_equal(text_in(member, "name"), live_name(cluster, (int)g, (int)m));
            assert_string_equal(text_in(member, "state"), "up");
            assert_string_equal(text_in(member, "role"), m == 0 ? "primary" : "standby");
            assert_string_equal(text_in(member, "note"), "");
            assert_int_equal(json_integer_value(json_object_get(member, "timeline")), 1);
        }
    }
    json_decref(report);
    assert_value(dsn_on(1, 0, "covet"), "SELECT count(*) FROM covet.owned", "8");
    assert_value(dsn_on(1, 0, "covet"),
                 "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^app_s[0-9]+$'", "8");
    assert_value(dsn_on(0, 0, "covet"), "SELECT search_path::text FROM covet.cluster", "{public}");
    assert_value(dsn_on(0, 0, "covet"), "SELECT count(*) FROM covet.members WHERE dsn ~ 'pass'",
                 "0");
}

static void a_second_up_changes_nothing(void **state)
{
    (void)state;
    static const char sql[] =
        "SELECT md5(string_agg(t::text, ';')) FROM (SELECT c::text AS t FROM covet.cluster c UNION"
        " ALL SELECT g::text FROM covet.groups g UNION ALL SELECT m::text FROM covet.members m"
        " UNION ALL SELECT s::text FROM covet.shards s UNION ALL SELECT o::text FROM covet.owned o"
        " ORDER BY 1) x";
    char *before = value_of(dsn_on(0, 0, "covet"), sql);
    assert_says(0, "stopped", "local", "down", "--dir", live_directory(cluster));
    assert_says(0, "COVET_CATALOG", "local", "up", "--dir", live_directory(cluster));
    assert_value(dsn_on(0, 0, "covet"), sql, before);
    free(before);
}

/* ---- init ------------------------------------------------------------------------------ */

static void init_makes_a_cluster_of_one_group(void **state)
{
    (void)state;
    const char *dsn = make_database(0, "one", "");
    run(dsn, "CREATE SCHEMA blog");
    run(dsn, "ALTER DATABASE one SET search_path = blog, public");
    run(dsn, "ALTER ROLE covet IN DATABASE one SET search_path = blog, public");
    assert_says(0, "would make a cluster of 5 shards", "init", "--home", dsn, "--shards", "5",
                "--dry-run");
    assert_value(dsn, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(covet|app)'", "0");
    assert_says(0, "5 shards in group north", "init", "--home", dsn, "--shards", "5", "--prefix",
                "shop", "--group-name", "north", "--weight", "3", "--standby", dsn_on(0, 1, "one"));
    assert_value(dsn,
                 "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace"
                 " WHERE nspname ~ '^(covet|shop)'",
                 "covet covet_old covet_shell shop_reference shop_s00001 shop_s00002 shop_s00003 "
                 "shop_s00004 shop_s00005");
    assert_value(dsn, "SELECT string_agg(lo::text, ' ' ORDER BY lo) FROM covet.shards",
                 "0 3689348814741910323 7378697629483820646 11068046444225730969 "
                 "14757395258967641292");
    assert_value(dsn, "SELECT concat(search_path, ' ', epoch, ' ', incarnation) FROM covet.cluster",
                 "{blog,public} 1 1");
    assert_value(dsn,
                 "SELECT string_agg(concat_ws(' ', m.name, role, g.weight, system_id ="
                 " (pg_control_system()).system_identifier), ', ' ORDER BY m.id)"
                 " FROM covet.members m JOIN covet.groups g ON g.id = group_id WHERE g.home",
                 "northa primary 3 t, northb standby 3 t");
    assert_value(dsn, "SELECT count(*) FROM covet.owned JOIN covet.shards ON id = shard_id", "5");
    assert_value(dsn, "SELECT has_schema_privilege('public', 'covet_old', 'USAGE')", "f");
    char *id = value_of(dsn, "SELECT id FROM covet.cluster");
    assert_says(1, id, "init", "--home", dsn);
    free(id);
    assert_says(0, "north (home): weight 3, 5 shards", "group", "list", "--catalog", dsn);
}

static void init_refuses_what_cannot_be_home(void **state)
{
    (void)state;
    char dsn[512];
    const char *good = make_database(0, "bare", "");
    assert_says(2, "--home is missing", "init");
    assert_says(2, "--shards: not a number from 1 to 65536", "init", "--home", good, "--shards",
                "0");
    assert_says(2, "--prefix: not", "init", "--home", good, "--prefix", "9x");
    assert_says(2, "--prefix: not", "init", "--home", good, "--prefix", "pg_x");
    assert_says(2, "--prefix: not", "init", "--home", good, "--prefix", "A");
    assert_says(2, "--group-name: not", "init", "--home", good, "--group-name", "a b");
    assert_says(2, "a password in an argument", "init", "--home", "host=h password=sesame");
    assert_says(2, "a password in an argument", "init", "--home", good, "--standby",
                "postgresql://me:sesame@h/db");
    assert_says(2, "not a connection string", "init", "--home", "sesame sesame");
    snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=1 dbname=bare");
    assert_says(1, "Connection refused", "init", "--home", dsn);
    assert_says(1, "does not exist", "init", "--home", dsn_on(0, 0, "nowhere"));
    assert_says(1, "is a standby", "init", "--home", dsn_on(0, 1, "bare"));
    assert_says(1, "is a primary", "init", "--home", good, "--standby", dsn_on(1, 0, "postgres"));
    assert_says(1, "no copy of the group's primary", "init", "--home", good, "--standby",
                dsn_on(1, 1, "postgres"));
    assert_says(1, "encoding is LATIN1, it must be UTF8", "init", "--home",
                make_database(0, "latin",
                              "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE "
                              "template0"));
    run(good, "CREATE SCHEMA app_s00007");
    assert_says(1, "names are needed: app_s00007 (of a cluster", "init", "--home", good);
    run(good, "CREATE SCHEMA app_s00001; CREATE SCHEMA app_reference; CREATE SCHEMA covet_old");
    assert_says(1, "needed: covet_old, app_reference, app_s00001 to app_s00007 (", "init", "--home",
                good);
    assert_says(1, "needed: covet_old (", "init", "--home", good, "--prefix", "other");
    run(good, "DROP SCHEMA app_s00007; DROP SCHEMA app_s00001; DROP SCHEMA app_reference;"
              "DROP SCHEMA covet_old; CREATE SCHEMA covet");
    assert_says(1, "there is a schema covet already", "init", "--home", good);
    run(good, "DROP SCHEMA covet");
    assert_says(1, "is a group of the cluster", "init", "--home", dsn_on(1, 0, "covet"));
    assert_value(good, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(covet|app)'", "0");
}

static void init_refuses_who_may_not(void **state)
{
    (void)state;
    char dsn[512], *output = NULL;
    const char *good = make_database(0, "locked", "");
    run(good, "CREATE ROLE weak LOGIN PASSWORD 'weakling'");
    snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=weak dbname=locked", port_of(0, 0));
    setenv("PGPASSWORD", "sesame", 1);
    assert_int_equal(TOOL(&output, "init", "--home", dsn), 1);
    assert_contains(output, "password authentication failed");
    assert_null(strstr(output, "sesame"));
    free(output);
    setenv("PGPASSWORD", "weakling", 1);
    assert_says(1, "may not create schemas", "init", "--home", dsn);
    unsetenv("PGPASSWORD");
    run(good, "ALTER ROLE covet IN DATABASE locked SET search_path = \"$user\", public");
    assert_says(1, "ALTER ROLE covet SET search_path", "init", "--home", good);
    assert_value(good, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(covet|app)'", "0");
}

/* ---- group add ------------------------------------------------------------------------- */

static void a_group_takes_its_share_of_the_shards(void **state)
{
    (void)state;
    const char *home = make_database(0, "two", ""), *other = make_database(1, "two", "");
    assert_says(0, "10 shards", "init", "--home", home, "--shards", "10");
    assert_says(0, "would add group g2: 5 shards", "group", "add", "g2", "--dsn", other,
                "--catalog", home, "--dry-run");
    assert_value(other, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(covet|app)'", "0");
    assert_says(0, "group g2: 5 shards", "group", "add", "g2", "--dsn", other, "--standby",
                dsn_on(1, 1, "two"), "--catalog", home);
    for (int i = 0; i < 2; i++) {
        const char *dsn = i == 0 ? home : other;
        assert_value(dsn, "SELECT count(*) FROM covet.owned", "5");
        assert_value(dsn,
                     "SELECT count(*) FROM covet.owned JOIN pg_namespace"
                     " ON nspname = 'app_s' || lpad(shard_id::text, 5, '0')",
                     "5");
    }
    assert_value(home,
                 "SELECT string_agg(group_id || ':' || n, ' ' ORDER BY group_id) FROM (SELECT"
                 " group_id, count(*) n FROM covet.shards GROUP BY 1) x",
                 "1:5 2:5");
    assert_value(home, "SELECT epoch FROM covet.cluster", "2");
    assert_value(home,
                 "SELECT string_agg(name || ' ' || role, ', ' ORDER BY id)"
                 " FROM covet.members",
                 "g1a primary, g2a primary, g2b standby");
    assert_says(1, "there is a group g2 already", "group", "add", "g2", "--dsn", other, "--catalog",
                home);
    assert_says(1, "the server is g2a of this cluster", "group", "add", "g3", "--dsn",
                make_database(1, "three", ""), "--catalog", home);
}

static void a_group_that_is_not_like_home_is_refused(void **state)
{
    (void)state;
    const char *home = make_database(0, "strict", "");
    const char *good = make_database(1, "strict", "");
    assert_says(0, "4 shards", "init", "--home", home, "--shards", "4");
    assert_says(1, "the database's collation is ICU de-DE, home's is ICU en-US", "group", "add",
                "g2", "--dsn",
                make_database(1, "german",
                              "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' TEMPLATE "
                              "template0"),
                "--catalog", home);
    assert_says(1, "encoding is LATIN1", "group", "add", "g2", "--dsn",
                make_database(1, "latin",
                              "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' "
                              "TEMPLATE template0"),
                "--catalog", home);
    assert_says(1, "the server is a standby", "group", "add", "g2", "--dsn", dsn_on(1, 1, "strict"),
                "--catalog", home);
    assert_says(1, "the server is g1a of this cluster", "group", "add", "g2", "--dsn",
                make_database(0, "strict2", ""), "--catalog", home);
    assert_says(1, "is a group of the cluster", "group", "add", "g2", "--dsn",
                dsn_on(1, 0, "covet"), "--catalog", home);
    assert_says(1, "CASCADE for covet, app_reference, app_s00", "group", "add", "g2", "--dsn",
                dsn_on(1, 0, "covet"), "--catalog", home);
    assert_says(2, "a password in an argument", "group", "add", "g2", "--dsn",
                "host=h password=sesame", "--catalog", home);
    assert_says(2, "a group's name is", "group", "add", "G2!", "--dsn", good, "--catalog", home);
    assert_says(1, "there is no cluster", "group", "add", "g2", "--dsn", good, "--catalog",
                make_database(0, "empty", ""));
    assert_says(1, "does not hold the catalog", "group", "list", "--catalog",
                dsn_on(1, 0, "covet"));
    assert_value(home, "SELECT count(*) FROM covet.groups", "1");
    assert_value(good, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(covet|app)'", "0");
}

static void a_group_gets_the_reference_tables_and_must_have_what_they_use(void **state)
{
    (void)state;
    const char *home = make_database(0, "refs", ""), *other = make_database(1, "refs", "");
    assert_says(0, "4 shards", "init", "--home", home, "--shards", "4");
    run(home, "CREATE TYPE mood AS ENUM ('sad', 'glad');"
              "CREATE TABLE colours (id serial PRIMARY KEY, name text NOT NULL UNIQUE, m mood[],"
              " x xml DEFAULT '<a/> and <b/>');"
              "CREATE TABLE shades (id serial PRIMARY KEY, colour_id int REFERENCES colours);"
              "INSERT INTO colours (name, m) VALUES ('red', '{sad,glad}'), (E'b\\\\l\\tue', NULL);"
              "INSERT INTO shades (colour_id) VALUES (2), (NULL), (1)");
    assert_says(0, "colours: 2 rows", "reference", "colours", "shades", "--catalog", home);
    assert_says(1, "type public.mood is not there", "group", "add", "g2", "--dsn", other,
                "--catalog", home);
    run(other, "CREATE TYPE mood AS ENUM ('glad', 'sad')");
    assert_says(1, "type public.mood is not the same as at home", "group", "add", "g2", "--dsn",
                other, "--catalog", home);
    run(other, "DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad', 'glad');"
               "ALTER DATABASE refs SET xmloption = document");
    assert_says(0, "group g2: 2 shards, 2 reference tables", "group", "add", "g2", "--dsn", other,
                "--catalog", home);
    static const char rows[] =
        "SELECT string_agg(c::text, ';' ORDER BY id) FROM app_reference.colours c";
    char *there = value_of(home, rows);
    assert_value(other, rows, there);
    free(there);
    assert_value(other, "SELECT count(*) FROM app_reference.shades", "3");
    assert_value(other, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'",
                 "FOREIGN KEY (colour_id) REFERENCES app_reference.colours(id)");
}

static void a_group_that_comes_late_waits_for_shards(void **state)
{
    (void)state;
    const char *home = make_database(0, "late", ""), *other = make_database(1, "late", "");
    assert_says(0, "4 shards", "init", "--home", home, "--shards", "4");
    run(home, "CREATE TABLE t (id int PRIMARY KEY)");
    assert_says(0, "t: 0 rows in 4 shards", "distribute", "t", "--key", "id", "--catalog", home);
    assert_says(0, "rebalance will fill it", "group", "add", "g2", "--dsn", other, "--catalog",
                home);
    assert_value(other, "SELECT count(*) FROM covet.owned", "0");
    assert_value(home, "SELECT count(*) FROM covet.shards WHERE group_id = 1", "4");
}

/* While home's standby does not receive, the copies in the groups stay (locked). */
static void the_way_home_waits_for_homes_standby(void **state)
{
    (void)state;
    const char *home = make_database(0, "safe", ""), *other = make_database(1, "safe", "");
    assert_says(0, "4 shards", "init", "--home", home, "--shards", "4");
    assert_says(0, "2 shards", "group", "add", "g2", "--dsn", other, "--catalog", home);
    run(home, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100)");
    assert_says(0, "t: 100 rows", "distribute", "t", "--key", "id", "--catalog", home);
    char *receiver = value_of(dsn_on(0, 1, "safe"), "SELECT pid FROM pg_stat_wal_receiver");
    const pid_t pid = (pid_t)atoi(receiver);
    free(receiver);
    assert_true(pid > 0);
    kill(pid, SIGSTOP);
    const pid_t tool = fork();
    if (tool == 0) {
        execl(live_tool(), live_tool(), "undistribute", "t", "--catalog", home, NULL);
        _exit(127);
    }
    int status, waited = 0;
    for (; waited < 100; waited++) { /* home has decided */
        char *count = value_of(home, "SELECT count(*) FROM covet.tables");
        const bool gone = count[0] == '0';
        free(count);
        if (gone)
            break;
        usleep(50 * 1000);
    }
    assert_true(waited < 100);
    usleep(300 * 1000);
    assert_value(other, "SELECT count(*) FROM pg_prepared_xacts", "1");
    kill(pid, SIGCONT);
    assert_int_equal(waitpid(tool, &status, 0), tool);
    assert_int_equal(status, 0);
    assert_value(other, "SELECT count(*) FROM pg_prepared_xacts", "0");
    assert_value(home, "SELECT count(*) FROM t", "100");
}

/* The new server's transaction was committed, the catalog's was not. */
static void what_a_killed_group_add_left_is_taken_up(void **state)
{
    (void)state;
    const char *home = make_database(0, "again", ""), *other = make_database(1, "again", "");
    char sql[512];
    assert_says(0, "4 shards", "init", "--home", home, "--shards", "4");
    char *id = value_of(home, "SELECT id FROM covet.cluster");
    snprintf(sql, sizeof sql,
             "CREATE SCHEMA covet; CREATE TABLE covet.node AS SELECT true AS one, '%s'::uuid AS"
             " cluster_id, 1::int8 AS incarnation, 2 AS group_id; CREATE SCHEMA app_s00001;"
             "CREATE SCHEMA app_reference; CREATE TABLE app_reference.x (i int)",
             id);
    free(id);
    run(other, sql);
    assert_says(0, "group g2: 2 shards", "group", "add", "g2", "--dsn", other, "--catalog", home);
    assert_value(other, "SELECT count(*) FROM covet.owned", "2");
    assert_value(other, "SELECT to_regclass('app_reference.x') IS NULL", "t");
    assert_value(other, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^app_s'", "2");
    /* A copy of a group that the catalog knows is another matter. */
    run(home, "DELETE FROM covet.members WHERE group_id = 2 AND role = 'standby';"
              "UPDATE covet.members SET system_id = 7 WHERE group_id = 2");
    assert_says(1, "a copy of group g2", "group", "add", "g3", "--dsn", other, "--catalog", home);
}

/* ---- status ---------------------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void assert_member(int group, int member, const char *state, const char *note)
{
    const double started = seconds();
    json_t *report = status_of(live_catalog(cluster));
    const json_t *found = member_of(report, (size_t)group, (size_t)member);
    assert_string_equal(text_in(found, "state"), state);
    assert_contains(text_in(found, "note"), note);
    assert_string_equal(text_in(member_of(report, (size_t)group, 0), "state"), "up");
    json_decref(report);
    assert_true(seconds() - started < 2.5);
}

static void a_killed_and_a_frozen_standby_are_down(void **state)
{
    (void)state;
    const pid_t pid = live_pid(cluster, 1, 1);
    kill(pid, SIGSTOP);
    assert_member(1, 1, "down", "within 1500 ms");
    kill(pid, SIGKILL);
    kill(pid, SIGCONT);
    usleep(100 * 1000);
    assert_member(1, 1, "down", "onnection");
    live_start(cluster, 1, 1);
    for (int i = 0; i < 100; i++) { /* it looks for its primary again */
        json_t *report = status_of(live_catalog(cluster));
        const bool good = text_in(member_of(report, 1, 1), "note")[0] == '\0';
        json_decref(report);
        if (good)
            break;
        usleep(100 * 1000);
    }
    assert_member(1, 1, "up", "");
}

static void a_member_that_is_another_server_is_foreign(void **state)
{
    (void)state;
    const char *home = make_database(0, "foreign_one", "");
    assert_says(0, "4 shards", "init", "--home", home, "--shards", "4");
    run(home, "UPDATE covet.members SET system_id = 7");
    assert_says(0, "is another server", "status", "--catalog", home);
    assert_says(1, "another one than the catalog means", "reference", "x", "--catalog", home);
    run(home, "UPDATE covet.node SET cluster_id = gen_random_uuid()");
    assert_says(0, "foreign", "status", "--catalog", home);
}

static void status_fails_where_there_is_no_catalog_to_read(void **state)
{
    (void)state;
    unsetenv("COVET_CATALOG");
    assert_says(1, "where is the cluster?", "status");
    assert_says(1, "Connection refused", "status", "--catalog", "host=127.0.0.1 port=1");
    const char *home = make_database(0, "newer", "");
    assert_says(0, "4 shards", "init", "--home", home, "--shards", "4");
    run(home, "UPDATE covet.cluster SET format = 2");
    assert_says(1, "its format is 2, this program's is 1 (use a newer covet-shardctl)", "status",
                "--catalog", home);
    assert_says(2, "--watch draws", "status", "--watch", "--json", "--catalog", home);
}

/* A pipe that gets what `status --watch` prints, and the process. */
static pid_t start_watch(int *ret_fd)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(live_tool(), live_tool(), "status", "--watch", "--catalog", live_catalog(cluster),
              NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_true(pid > 0);
    *ret_fd = ends[0];
    return pid;
}

static void a_watch_goes_on_until_it_is_interrupted(void **state)
{
    (void)state;
    char text[65536];
    int fd, status, pages = 0;
    const pid_t pid = start_watch(&fd);
    usleep(2600 * 1000);
    kill(pid, SIGINT);
    size_t length = 0;
    for (ssize_t got; (got = read(fd, text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)got;
    text[length] = '\0';
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (const char *at = text; (at = strstr(at, "\ncluster ")) != NULL; at++)
        pages++;
    assert_true(pages >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_up_makes_the_cluster),
        cmocka_unit_test(a_second_up_changes_nothing),
        cmocka_unit_test(init_makes_a_cluster_of_one_group),
        cmocka_unit_test(init_refuses_what_cannot_be_home),
        cmocka_unit_test(init_refuses_who_may_not),
        cmocka_unit_test(a_group_takes_its_share_of_the_shards),
        cmocka_unit_test(a_group_that_is_not_like_home_is_refused),
        cmocka_unit_test(a_group_gets_the_reference_tables_and_must_have_what_they_use),
        cmocka_unit_test(a_group_that_comes_late_waits_for_shards),
        cmocka_unit_test(the_way_home_waits_for_homes_standby),
        cmocka_unit_test(what_a_killed_group_add_left_is_taken_up),
        cmocka_unit_test(a_killed_and_a_frozen_standby_are_down),
        cmocka_unit_test(a_member_that_is_another_server_is_foreign),
        cmocka_unit_test(status_fails_where_there_is_no_catalog_to_read),
        cmocka_unit_test(a_watch_goes_on_until_it_is_interrupted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
