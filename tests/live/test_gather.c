/*
 * tests/live/test_gather.c - the life of a statement that is taken apart: given up at any
 * moment, in transactions, many at once, too deep, too large, and over tables that change.
 */
#include "support/cmocka_all.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include <covet/covet.h>

#include "support/cluster.h"

static live_cluster *cluster;
static covet_error err;

/* Users by the posts of theirs: the two meet in no shard. */
#define JOINED "SELECT count(*), sum(p.x) FROM users u JOIN posts p ON p.author = u.id"
/* Of few users, so their keys are given to what is gathered of posts. */
#define KEYED                                                                                      \
    "SELECT u.name, count(p.id) FROM users u LEFT JOIN posts p ON p.author = u.id"                 \
    " WHERE u.x = 3 GROUP BY u.id, u.name ORDER BY u.id"

static int set_up(void **state)
{
    (void)state;
    cluster = cluster_up(2, 8);
    cluster_both("CREATE TABLE users (id int8 PRIMARY KEY, x int4, name text);"
                 "INSERT INTO users SELECT i, i % 7, 'user ' || i FROM generate_series(1, 500) i;"
                 "CREATE TABLE posts (id int8 PRIMARY KEY, author int8, x int4, body text);"
                 "INSERT INTO posts SELECT i, i % 500 + 1, i % 11, repeat('b', 100)"
                 " FROM generate_series(1, 4000) i;"
                 "CREATE TABLE notes (id int8 PRIMARY KEY, x int4);"
                 "INSERT INTO notes SELECT i, i FROM generate_series(1, 50) i");
    for (int group = 0; group < 2; group++) /* some milliseconds a row */
        live_psql(cluster, group,
                  "CREATE FUNCTION slow(int8) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS"
                  " 'BEGIN PERFORM pg_sleep(0.0005); RETURN true; END'");
    cluster_tool_ok("distribute", "users", "--key", "id");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

static covet_db *open_db(uint32_t size_max)
{
    covet_db *db = NULL;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = cluster_catalog(), .map_dir = "",
                                         .pool = {.size_max = size_max}),
                              &db, &err),
              &err);
    return db;
}

/* The first cell as text; -1: an error, which is in `err`. */
static long long ask(covet_db *db, const char *sql, covet_tx *tx)
{
    covet_result *rows = NULL;
    const covet_call *call = COVET_OPTS(covet_call, .tx = tx, .text_result = true);
    memset(&err, 0, sizeof err);
    if (covet_query_wait(db, COVET_SQL(sql), call, &rows, &err) != COVET_OK)
        return -1;
    int64_t value = 0;
    if (covet_result_int(rows, 0, 0, &value, NULL) != COVET_OK) /* of a column of text */
        value = atoll(covet_result_text(rows, 0, 0));
    covet_result_free(rows);
    return value;
}

static void run(covet_db *db, const char *sql, covet_tx *tx)
{
    assert_ok(covet_exec_wait(db, COVET_SQL(sql), COVET_OPTS(covet_call, .tx = tx), NULL, &err),
              &err);
}

/* ---- given up ------------------------------------------------------------------------------ */

typedef struct life {
    uv_loop_t loop;
    covet_db *db;
    size_t started, ended, good;
} life;

static void on_end(covet_op *op, covet_status status, void *user)
{
    life *l = user;
    l->ended++;
    l->good += status == COVET_OK;
    if (status != COVET_OK && status != COVET_ETIMEOUT && status != COVET_ECANCELED &&
        status != COVET_ECLOSED)
        fail_msg("%s: %s", covet_status_name(status), covet_op_error(op)->message);
}

static covet_op_id start(life *l, const char *sql, covet_msec timeout, covet_tx *tx)
{
    covet_op_id id = 0;
    const size_t ended = l->ended;
    l->started++;
    assert_ok(covet_query(l->db, COVET_SQL(sql),
                          COVET_OPTS(covet_call, .timeout = timeout, .tx = tx), &id, &err, on_end,
                          l),
              &err);
    assert_int_equal(l->ended, ended);
    return id;
}

static void open_life(life *l)
{
    *l = (life){0};
    uv_loop_init(&l->loop);
    assert_ok(covet_open(COVET_OPTS(covet_db_opts, .dsn = cluster_catalog(), .map_dir = "",
                                    .loop = &l->loop, .pool = {.size_max = 4}),
                         &l->db, &err, NULL, NULL),
              &err);
}

static void turn(life *l, unsigned long msec)
{
    const uint64_t until = uv_hrtime() + msec * 1000000;
    do {
        uv_run(&l->loop, UV_RUN_NOWAIT);
        usleep(200);
    } while (uv_hrtime() < until);
}

static void finish(life *l)
{
    while (l->ended < l->started)
        uv_run(&l->loop, UV_RUN_ONCE);
}

static void close_life(life *l)
{
    covet_close(l->db, NULL, NULL);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&l->loop), 0);
    assert_int_equal(l->ended, l->started);
}

static const char *const given_up[] = {
    JOINED,
    KEYED,
    "SELECT count(*) FROM users u JOIN posts p ON p.author = u.id WHERE slow(u.id)",
    "SELECT max(n) FROM (SELECT u.x, count(*) n FROM users u JOIN posts p ON p.author = u.id"
    " GROUP BY u.x) q",
    "SELECT count(*), now() FROM users u JOIN posts p ON p.author = u.id",
};

static void its_deadline_and_a_cancel_end_it_once_whatever_it_waits_for(void **state)
{
    (void)state;
    life l;
    open_life(&l);
    for (unsigned i = 0; i < 40; i++) {
        const char *sql = given_up[i % (sizeof given_up / sizeof *given_up)];
        start(&l, sql, 1 + i, NULL);
        const covet_op_id id = start(&l, sql, 20000, NULL);
        turn(&l, i % 7 * (i % 3));
        covet_cancel(l.db, id);
        if (i % 4 == 0)
            finish(&l);
    }
    finish(&l);
    l.good = 0;
    for (unsigned i = 0; i < 8; i++) /* nothing is held */
        start(&l, JOINED, 20000, NULL);
    finish(&l);
    assert_int_equal(l.good, 8);
    close_life(&l);
}

static void closing_the_handle_ends_it(void **state)
{
    (void)state;
    for (unsigned msec = 0; msec < 60; msec += 9) {
        life l;
        open_life(&l);
        for (unsigned i = 0; i < sizeof given_up / sizeof *given_up; i++)
            start(&l, given_up[i], 20000, NULL);
        turn(&l, msec);
        close_life(&l);
    }
}

static void its_transaction_may_be_ended_behind_it_or_given_up(void **state)
{
    (void)state;
    life l;
    open_life(&l);
    for (unsigned i = 0; i < 30; i++) {
        covet_tx *tx = NULL;
        assert_ok(covet_begin(l.db, NULL, &tx, &err), &err);
        if (i % 2 == 0)
            start(&l, "SELECT x FROM users WHERE id = 5", 20000, tx);
        const covet_op_id id = start(&l, given_up[i % 3], i % 5 == 0 ? 3 : 20000, tx);
        l.started++;
        assert_ok(covet_rollback(tx, NULL, NULL, &err, on_end, &l), &err);
        turn(&l, i % 10);
        if (i % 3 == 0)
            covet_cancel(l.db, id);
        if (i % 4 == 0)
            finish(&l);
    }
    finish(&l);
    close_life(&l);
}

static void broken_connections_are_replaced_while_it_gathers(void **state)
{
    (void)state;
    life l;
    open_life(&l);
    start(&l, JOINED, 20000, NULL);
    finish(&l);
    for (unsigned i = 0; i < 4; i++) {
        l.good = 0;
        start(&l, given_up[2], 20000, NULL);
        turn(&l, 30 + i * 20);
        live_psql(cluster, (int)i % 2,
                  "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                  " WHERE application_name = 'covet' AND query LIKE '%slow%'");
        finish(&l);
        assert_int_equal(l.good, 1);
    }
    close_life(&l);
}

static void signal_all(const char *pids, int number)
{
    for (char *end; *pids != '\0'; pids = end) {
        const long pid = strtol(pids, &end, 10);
        assert_true(pid > 1);
        assert_int_equal(kill((pid_t)pid, number), 0);
    }
}

/* Its servers stop, are sent something, and are told to end before they go on: what they say
 * then is an answer to it. */
static void end_when_asked(life *l, const char *sql)
{
    char *pids[2];
    start(l, sql, 20000, NULL);
    finish(l);
    for (int group = 0; group < 2; group++) {
        pids[group] = live_value(cluster, group, 0,
                                 "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity"
                                 " WHERE application_name = 'covet' AND state = 'idle'");
        signal_all(pids[group], SIGSTOP);
    }
    l->good = 0;
    start(l, sql, 20000, NULL);
    turn(l, 50);
    for (int group = 0; group < 2; group++) {
        signal_all(pids[group], SIGTERM);
        signal_all(pids[group], SIGCONT);
        free(pids[group]);
    }
    finish(l);
    assert_int_equal(l->good, 1);
}

static void servers_that_end_when_they_are_asked_are_asked_again(void **state)
{
    (void)state;
    life l;
    open_life(&l);
    for (unsigned i = 0; i < sizeof given_up / sizeof *given_up; i++)
        end_when_asked(&l, given_up[i]);
    end_when_asked(&l, "SELECT count(*), now() FROM posts");
    close_life(&l);
}

/* Some megabytes, which are not kept until they are answered; and an answer that takes long. */
#define MUCH                                                                                       \
    "SELECT count(*), sum(length(q.body)) FROM users u JOIN (SELECT p.author, p.body, g FROM"      \
    " posts p, generate_series(1, 8) g) q ON q.author = u.id"
#define TOO_MUCH                                                                                   \
    "SELECT count(*), sum(length(q.body)) FROM users u JOIN (SELECT p.author, p.body, g FROM"      \
    " posts p, generate_series(1, 30) g) q ON q.author = u.id"
#define MUCH_AND_SLOW MUCH " AND (u.x <> 2 OR q.g > 4 OR slow(u.id + q.author))"

/* Ends them on all servers; how many there were. */
static int end_backends(const char *which)
{
    char sql[256];
    int count = 0;
    snprintf(sql, sizeof sql,
             "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
             " WHERE application_name = 'covet' AND %s",
             which);
    for (int group = 0; group < 2; group++) {
        char *ended = live_value(cluster, group, 0, sql);
        count += atoi(ended);
        free(ended);
    }
    return count;
}

static int end_residual_queries(void)
{
    return end_backends("state = 'active' AND query LIKE '%unnest%' AND query LIKE '%slow%'");
}

static void what_was_sent_and_freed_is_gathered_again_when_its_answer_is_lost(void **state)
{
    (void)state;
    life l;
    open_life(&l);
    start(&l, MUCH_AND_SLOW, 60000, NULL);
    while (l.ended == 0 && end_residual_queries() == 0)
        turn(&l, 10);
    finish(&l);
    assert_int_equal(l.good, 1);
    close_life(&l);
}

/* ---- transactions -------------------------------------------------------------------------- */

static void a_transaction_sees_its_own_writes_in_what_is_gathered(void **state)
{
    (void)state;
    covet_db *db = open_db(2);
    covet_tx *tx = NULL;
    const long long before = ask(db, JOINED, NULL);
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    assert_int_equal(ask(db, JOINED, tx), before); /* its first statement */
    run(db, "DELETE FROM posts WHERE id = 77", tx);
    assert_int_equal(ask(db, JOINED, tx), before - 1);
    assert_int_equal(ask(db, JOINED, NULL), before);
    assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
    assert_int_equal(ask(db, JOINED, NULL), before);
    assert_ok(covet_begin(db, COVET_OPTS(covet_tx_opts, .isolation = COVET_REPEATABLE_READ), &tx,
                          &err),
              &err);
    assert_int_equal(ask(db, JOINED, tx), -1);
    assert_string_equal(err.sqlstate, "0A000");
    assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
    covet_close_wait(db);
}

static void much_is_sent_over_the_connection_of_a_transaction(void **state)
{
    (void)state;
    covet_db *db = open_db(2);
    covet_tx *tx = NULL;
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    run(db, "DELETE FROM posts WHERE id = 77", tx);
    for (int i = 0; i < 4; i++) /* in its group, and in the other one */
        assert_int_equal(ask(db, MUCH, tx), 8 * 3999);
    assert_int_equal(ask(db, MUCH, NULL), 8 * 4000);
    assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
    covet_close_wait(db);
}

static covet_error lost;

static void on_lost(covet_op *op, covet_status status, void *user)
{
    life *l = user;
    (void)status;
    lost = *covet_op_error(op);
    l->ended++;
}

/* All that it had asked over that connection is lost at once. */
static void a_lost_connection_ends_the_transaction_whatever_was_asked_over_it(void **state)
{
    (void)state;
    static const char *const texts[] = {"SELECT count(*) FROM users WHERE slow(id)",
                                        "SELECT id FROM users WHERE slow(id) ORDER BY name",
                                        "SELECT count(*) FROM users u JOIN posts p"
                                        " ON p.author = u.id WHERE slow(u.id)"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        life l;
        covet_tx *tx = NULL;
        open_life(&l);
        assert_ok(covet_begin(l.db, NULL, &tx, &err), &err);
        start(&l, "UPDATE users SET name = 'never' WHERE id = 9", 20000, tx);
        finish(&l);
        l.started++;
        assert_ok(covet_query(l.db, COVET_SQL(texts[i]), COVET_OPTS(covet_call, .tx = tx), NULL,
                              &err, on_lost, &l),
                  &err);
        while (l.ended < l.started && end_backends("state = 'active' AND backend_xid IS NOT NULL"
                                                   " AND query LIKE '%slow%'") == 0)
            turn(&l, 5);
        finish(&l);
        assert_int_equal(lost.status, COVET_ECONNLOST);
        l.started++;
        assert_ok(covet_rollback(tx, NULL, NULL, &err, on_end, &l), &err);
        finish(&l);
        close_life(&l);
    }
    covet_db *db = open_db(2);
    assert_int_equal(ask(db, "SELECT count(*) FROM users WHERE name = 'never'", NULL), 0);
    covet_close_wait(db);
}

/* libpq keeps as much memory as it had to send at a time. */
static void a_connection_that_sent_much_ends_with_its_transaction(void **state)
{
    (void)state;
    covet_db *db = open_db(2);
    for (int i = 0; i < 2; i++) {
        covet_tx *tx = NULL;
        assert_ok(covet_begin(db, NULL, &tx, &err), &err);
        run(db, "DELETE FROM posts WHERE id = 77", tx);
        const long long pid = ask(db, "SELECT pg_backend_pid()", tx);
        assert_int_not_equal(ask(db, i == 0 ? JOINED : TOO_MUCH, tx), -1);
        assert_int_equal(ask(db, "SELECT pg_backend_pid()", tx), pid);
        assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
        usleep(100000);
        char which[64];
        snprintf(which, sizeof which, "pid = %lld", pid);
        assert_int_equal(end_backends(which), i == 0);
    }
    covet_close_wait(db);
}

/* Wherever it failed: by far the most groups do not know of the transaction. */
static void an_error_in_a_gather_ends_the_transaction(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "SELECT count(1 / (p.x - u.x)) FROM users u JOIN posts p ON p.author = u.id",
        "SELECT count(*) FROM users u JOIN posts p ON p.author = u.id WHERE 1 / (p.x - 3) > 2",
        "SELECT count(1 / (x - 3)) FROM posts"};
    covet_db *db = open_db(2);
    for (unsigned i = 0; i < 2 * sizeof wrong / sizeof *wrong; i++) {
        covet_tx *tx = NULL;
        assert_ok(covet_begin(db, NULL, &tx, &err), &err);
        if (i % 2 == 0)
            run(db, "UPDATE users SET name = 'never' WHERE id = 9", tx);
        assert_int_equal(ask(db, wrong[i / 2], tx), -1);
        assert_string_equal(err.sqlstate, "22012");
        assert_int_equal(err.position, 0);
        assert_int_equal(ask(db, "SELECT 1", tx), -1);
        assert_string_equal(err.sqlstate, "25P02");
        assert_int_equal(covet_commit_wait(tx, NULL, &err), COVET_ESQL);
        assert_string_equal(err.sqlstate, "25P02");
        assert_int_equal(err.outcome, COVET_OUTCOME_ABORTED);
    }
    assert_int_equal(ask(db, "SELECT count(*) FROM users WHERE name = 'never'", NULL), 0);
    covet_close_wait(db);
}

/* ---- many at once -------------------------------------------------------------------------- */

static covet_db *shared;
static atomic_int good;

static void *run_both(void *user)
{
    const char *sql = user;
    for (int i = 0; i < 3; i++) {
        covet_result *rows = NULL;
        covet_error why;
        if (covet_query_wait(shared, COVET_SQL(sql), NULL, &rows, &why) == COVET_OK)
            atomic_fetch_add(&good, 1);
        covet_result_free(rows);
    }
    return NULL;
}

static void sixteen_and_sixteen_scatters_over_pools_of_four_all_end(void **state)
{
    (void)state;
    pthread_t threads[32];
    static const char *const texts[] = {JOINED, "SELECT count(*), max(x) FROM posts",
                                        "SELECT max(n) FROM (SELECT u.x, count(*) n FROM users u"
                                        " JOIN posts p ON p.author = u.id GROUP BY u.x) q",
                                        "SELECT id FROM posts ORDER BY body, id"};
    shared = open_db(4);
    atomic_store(&good, 0);
    for (int i = 0; i < 32; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_both,
                                        (void *)(uintptr_t)texts[i % 4]),
                         0);
    for (int i = 0; i < 32; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&good), 32 * 3);
    covet_close_wait(shared);
}

/* ---- bounds -------------------------------------------------------------------------------- */

/* SELECT ... FROM (SELECT ... FROM (...) JOIN posts ...) JOIN posts ..., so deep. */
static char *nested(int depth)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    for (int i = depth; i > 0; i--)
        fprintf(out, "SELECT q%d.id, max(p%d.x) AS x FROM (", i, i);
    fprintf(out, "SELECT id, x FROM users WHERE x = 2 ORDER BY id LIMIT 20");
    for (int i = 1; i <= depth; i++)
        fprintf(out,
                ") q%d JOIN posts p%d ON p%d.author = q%d.id GROUP BY q%d.id ORDER BY q%d.id"
                " LIMIT 20",
                i, i, i, i, i, i);
    fclose(out);
    return text;
}

static void it_may_be_nested_but_not_without_end(void **state)
{
    (void)state;
    covet_db *db = open_db(4);
    char *ten = nested(10), *many = nested(60);
    cluster_same(ten);
    assert_int_equal(ask(db, ten, NULL), 2);
    if (ask(db, many, NULL) == -1)
        assert_string_equal(err.sqlstate, "54001");
    free(ten);
    free(many);
    covet_close_wait(db);
}

static void what_it_gathers_is_bounded_and_the_limit_is_the_callers(void **state)
{
    (void)state;
    covet_db *db = open_db(4);
    static const char *const texts[] = {
        "SELECT count(DISTINCT p.body || u.name) FROM users u JOIN posts p ON p.author = u.id",
        "SELECT count(*) FROM (SELECT u.id, string_agg(p.body, '') b FROM users u JOIN posts p"
        " ON p.author = u.id GROUP BY u.id) q JOIN posts r ON q.id = r.author AND r.body = q.b"};
    for (unsigned i = 0; i < 2; i++) {
        covet_result *rows = NULL;
        assert_int_equal(covet_query_wait(db, COVET_SQL(texts[i]),
                                          COVET_OPTS(covet_call, .bytes_max = 100000), &rows, &err),
                         COVET_ELIMIT);
        assert_string_equal(err.sqlstate, "54000");
        assert_non_null(strstr(err.message, "limit of 100000 bytes"));
        assert_non_null(strstr(err.message, "bytes so far"));
        assert_non_null(strstr(err.message, " rows of gather "));
        assert_non_null(strstr(err.message, "raise covet_call.bytes_max"));
        assert_int_not_equal(ask(db, texts[i], NULL), -1);
    }
    covet_close_wait(db);
}

/* ---- tables that change -------------------------------------------------------------------- */

static void in_all_shards(const char *format)
{
    char sql[512], query[256];
    for (int group = 0; group < 2; group++) {
        snprintf(query, sizeof query, "%s", format);
        snprintf(sql, sizeof sql,
                 "DO $$ DECLARE s text; BEGIN FOR s IN SELECT nspname FROM pg_namespace n"
                 " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'posts'"
                 " WHERE nspname NOT IN ('covet_old') LOOP EXECUTE format('%s', s); END LOOP;"
                 " END $$",
                 query);
        live_psql(cluster, group, sql);
    }
}

static void columns_that_change_behind_its_back_are_seen(void **state)
{
    (void)state;
    covet_db *db = open_db(4);
    const char *sql = "SELECT max(w.x) FROM users u JOIN (SELECT * FROM posts ORDER BY id LIMIT 40)"
                      " w ON w.author = u.id";
    assert_int_equal(ask(db, sql, NULL), 10);
    in_all_shards("ALTER TABLE %I.posts ADD more int4 DEFAULT 5");
    assert_int_equal(ask(db, sql, NULL), 10);
    in_all_shards("ALTER TABLE %I.posts ALTER x TYPE text");
    assert_int_equal(ask(db, sql, NULL), 9); /* as text */
    in_all_shards("ALTER TABLE %I.posts ALTER x TYPE int4 USING x::int4");
    in_all_shards("ALTER TABLE %I.posts DROP more");
    assert_int_equal(ask(db, sql, NULL), 10);
    covet_close_wait(db);
}

static void names_are_quoted(void **state)
{
    (void)state;
    const char *script =
        "CREATE SCHEMA \"o'dd\"; CREATE TYPE \"o'dd\".\"a \"\"b\" AS ENUM ('z', 'y');"
        "CREATE TABLE \"T\"\"x\" (\"i\"\"d\" int PRIMARY KEY, \"c o'l\" \"o'dd\".\"a \"\"b\");"
        "INSERT INTO \"T\"\"x\" SELECT i, CASE WHEN i % 2 = 0 THEN 'z' ELSE 'y' END"
        "::\"o'dd\".\"a \"\"b\" FROM generate_series(1, 40) i";
    live_psql(cluster, 1,
              "CREATE SCHEMA \"o'dd\"; CREATE TYPE \"o'dd\".\"a \"\"b\" AS ENUM ('z', 'y')");
    cluster_both(script);
    cluster_tool_ok("distribute", "\"T\"\"x\"", "--key", "i\"d");
    cluster_same("SELECT a.\"c o'l\", count(*), max(b.\"c o'l\") AS \"m\"\"\" FROM \"T\"\"x\" a"
                 " JOIN \"T\"\"x\" b ON a.\"c o'l\" < b.\"c o'l\" GROUP BY 1 ORDER BY 1");
    cluster_same("SELECT * FROM (SELECT * FROM \"T\"\"x\" ORDER BY \"i\"\"d\" LIMIT 5) \"q\"\"q\""
                 " WHERE \"c o'l\" = 'z' ORDER BY 1");
}

/* Every type has its way to be written in an array. */
static void values_of_all_types_are_gathered_as_they_are(void **state)
{
    (void)state;
    cluster_both(
        "CREATE TABLE odd (id int8 PRIMARY KEY, b box, t text, y bytea, a text[], c char(5),"
        " j jsonb, m money, n numeric, f float8, r int4range, i interval, p point, o oid,"
        " z \"char\", v bit varying, e inet, x xml, q tsvector);"
        "INSERT INTO odd SELECT i, box(point(i, 1), point(2, i)),"
        " (ARRAY['', 'NULL', ' a ', E'q\"\\\\uote', '{x,y}', E'\\u00e9\\n\\t', '\U0001F600', ',', ';'])"
        "[i % 9 + 1], decode(lpad(to_hex(i), 4, '0'), 'hex'), ARRAY['a,b', NULL, '\"'], 'x' || i,"
        " '{\"a\": \"\\\\\"}', i, i / 7.0, i / 3.0::float8, int4range(i::int, i::int + 2), i * interval '1 h',"
        " point(i, 2), i, 'c', B'101', '10.0.0.1', '<a>\"</a>', 'a b'"
        " FROM generate_series(1, 30) i;"
        "INSERT INTO odd (id) VALUES (31)");
    cluster_tool_ok("distribute", "odd", "--key", "id");
    cluster_same("SELECT o.* FROM odd o JOIN users u ON u.x + 1 = o.id % 9 AND u.id < 40"
                 " ORDER BY o.id, u.id");
    cluster_same("SELECT o.b, w.t FROM odd o JOIN (SELECT * FROM odd ORDER BY id LIMIT 40) w"
                 " ON w.id = 31 - o.id ORDER BY o.id");
}

static void sixteen_hundred_columns_are_gathered(void **state)
{
    (void)state;
    char *script, *select;
    size_t length;
    FILE *out = open_memstream(&script, &length);
    fprintf(out, "CREATE TABLE wide (id int8 PRIMARY KEY");
    for (int i = 1; i < 1600; i++)
        fprintf(out, ", c%d int4", i);
    fprintf(out, "); INSERT INTO wide (id, c7, c1599) SELECT i, i, i FROM generate_series(1, 9) i");
    fclose(out);
    cluster_both(script);
    cluster_tool_ok("distribute", "wide", "--key", "id");
    select = "SELECT a.*, b.x FROM wide a JOIN users b ON b.x = a.c7 AND b.id < 9 ORDER BY a.id,"
             " b.id";
    cluster_same(select);
    free(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_deadline_and_a_cancel_end_it_once_whatever_it_waits_for),
        cmocka_unit_test(closing_the_handle_ends_it),
        cmocka_unit_test(its_transaction_may_be_ended_behind_it_or_given_up),
        cmocka_unit_test(broken_connections_are_replaced_while_it_gathers),
        cmocka_unit_test(servers_that_end_when_they_are_asked_are_asked_again),
        cmocka_unit_test(what_was_sent_and_freed_is_gathered_again_when_its_answer_is_lost),
        cmocka_unit_test(a_transaction_sees_its_own_writes_in_what_is_gathered),
        cmocka_unit_test(much_is_sent_over_the_connection_of_a_transaction),
        cmocka_unit_test(a_lost_connection_ends_the_transaction_whatever_was_asked_over_it),
        cmocka_unit_test(a_connection_that_sent_much_ends_with_its_transaction),
        cmocka_unit_test(an_error_in_a_gather_ends_the_transaction),
        cmocka_unit_test(sixteen_and_sixteen_scatters_over_pools_of_four_all_end),
        cmocka_unit_test(it_may_be_nested_but_not_without_end),
        cmocka_unit_test(what_it_gathers_is_bounded_and_the_limit_is_the_callers),
        cmocka_unit_test(columns_that_change_behind_its_back_are_seen),
        cmocka_unit_test(names_are_quoted),
        cmocka_unit_test(values_of_all_types_are_gathered_as_they_are),
        cmocka_unit_test(sixteen_hundred_columns_are_gathered),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
