/*
 * tests/live/test_handle.c - the handle in plain mode, against one real server.
 *
 * A database without a catalog: what the connections, pools, statements and transactions
 * promise whatever the planner does.
 */
#include "support/cmocka_all.h"

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <covet/covet.h>

#include "core/macros.h"
#include "support/live.h"

static live_cluster *cluster;
static char dsn[1024];
static covet_error err;

static int set_up(void **state)
{
    (void)state;
    cluster = live_up(1, 1, NULL);
    live_psql(cluster, 0, "CREATE DATABASE plain");
    snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=covet dbname=plain passfile='%s'",
             live_port(cluster, 0, 0), live_passfile(cluster));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    live_down(cluster);
    return 0;
}

static covet_db *open_with(uint32_t connections)
{
    covet_db *db = NULL;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "",
                                         .pool = {.size_max = connections}),
                              &db, &err),
              &err);
    return db;
}

static void run(covet_db *db, const char *sql)
{
    assert_ok(covet_exec_wait(db, COVET_SQL(sql), NULL, NULL, &err), &err);
}

static int64_t number(covet_db *db, const char *sql)
{
    covet_result *rows = NULL;
    int64_t value = 0;
    assert_ok(covet_query_wait(db, COVET_SQL(sql), NULL, &rows, &err), &err);
    assert_ok(covet_result_int(rows, 0, 0, &value, &err), &err);
    covet_result_free(rows);
    return value;
}

static void fails(covet_db *db, const covet_sql *sql, covet_status status, const char *sqlstate)
{
    covet_result *rows = NULL;
    const covet_status got = covet_query_wait(db, sql, NULL, &rows, &err);
    if (got != status || strcmp(err.sqlstate, sqlstate) != 0)
        fail_msg("%.80s: %s %s: %s", sql->text, covet_status_name(got), err.sqlstate, err.message);
}

/* ---- pipelines and Syncs ------------------------------------------------------------------- */

typedef struct tally {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int done, good, bad;
    char sqlstate[6];
    covet_outcome outcome;
} tally;

static void tally_init(tally *t)
{
    memset(t, 0, sizeof *t);
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->cond, NULL);
}

static void count(covet_op *op, covet_status status, void *user)
{
    tally *t = user;
    pthread_mutex_lock(&t->mutex);
    t->done++;
    t->good += status == COVET_OK;
    if (status != COVET_OK) {
        t->bad++;
        strcpy(t->sqlstate, covet_op_error(op)->sqlstate);
        t->outcome = covet_op_error(op)->outcome;
    }
    pthread_cond_signal(&t->cond);
    pthread_mutex_unlock(&t->mutex);
}

static void wait_for(tally *t, int done)
{
    pthread_mutex_lock(&t->mutex);
    while (t->done < done)
        pthread_cond_wait(&t->cond, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
}

static void start(covet_db *db, const covet_sql *sql, tally *t)
{
    assert_ok(covet_query(db, sql, NULL, NULL, &err, count, t), &err);
}

/* Django's foreign keys are deferred: they fail at the Sync, behind the rows. */
static void a_write_that_fails_at_its_sync_fails_alone(void **state)
{
    (void)state;
    covet_db *db = open_with(1);
    run(db, "CREATE TABLE posts (id int8 PRIMARY KEY, title text)");
    run(db, "CREATE TABLE comments (id int8 PRIMARY KEY, post_id int8 NOT NULL REFERENCES posts "
            "DEFERRABLE INITIALLY DEFERRED)");
    run(db, "INSERT INTO posts SELECT i, 'p' FROM generate_series(1, 100) i");
    tally writes, reads, orphan;
    tally_init(&writes);
    tally_init(&reads);
    tally_init(&orphan);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 10; i++) {
            start(db,
                  COVET_SQL("INSERT INTO comments VALUES ($1, $2) RETURNING id",
                            covet_int(round * 100 + i), covet_int(i + 1)),
                  &writes);
            start(db, COVET_SQL("SELECT title FROM posts WHERE id = $1", covet_int(i + 1)), &reads);
            if (i == 5)
                start(db,
                      COVET_SQL("INSERT INTO comments VALUES ($1, $2) RETURNING id",
                                covet_int(round * 100 + 50), covet_int(4711)),
                      &orphan);
        }
    }
    wait_for(&writes, 200);
    wait_for(&reads, 200);
    wait_for(&orphan, 20);
    assert_int_equal(writes.good, 200);
    assert_int_equal(reads.good, 200);
    assert_int_equal(orphan.bad, 20);
    assert_string_equal(orphan.sqlstate, "23503");
    assert_int_equal(orphan.outcome, COVET_OUTCOME_REJECTED);
    assert_int_equal(number(db, "SELECT count(*) FROM comments"), 200);
    run(db, "DROP TABLE comments, posts");
    covet_close_wait(db);
}

static void a_read_that_fails_takes_no_other_with_it(void **state)
{
    (void)state;
    covet_db *db = open_with(1);
    tally good, bad;
    tally_init(&good);
    tally_init(&bad);
    for (int i = 0; i < 300; i++)
        start(db, COVET_SQL("SELECT 10 / $1::int4", covet_int(i % 7 == 0 ? 0 : i)),
              i % 7 == 0 ? &bad : &good);
    wait_for(&good, 257);
    wait_for(&bad, 43);
    assert_int_equal(good.good, 257);
    assert_int_equal(bad.bad, 43);
    assert_string_equal(bad.sqlstate, "22012");
    covet_close_wait(db);
}

static void reads_behind_a_slow_one_go_elsewhere(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    number(db, "SELECT 1");
    tally slow, fast;
    tally_init(&slow);
    tally_init(&fast);
    const covet_sql *quick = COVET_SQL("SELECT 2");
    number(db, quick->text);
    fails(db, COVET_SQL("SELECT pg_sleep('x')"), COVET_ESQL, "22P02"); /* plans the next one */
    start(db, COVET_SQL("SELECT pg_sleep(3)"), &slow);
    for (int i = 0; i < 50; i++)
        start(db, quick, &fast);
    wait_for(&fast, 50);
    assert_int_equal(slow.done, 0);
    wait_for(&slow, 1);
    covet_close_wait(db);
}

static void what_a_server_forgot_is_prepared_again(void **state)
{
    (void)state;
    covet_db *db = open_with(1);
    run(db, "CREATE TABLE things (id int8 PRIMARY KEY, name text)");
    run(db, "INSERT INTO things VALUES (1, 'a')");
    for (int i = 0; i < 5; i++)
        assert_int_equal(number(db, "SELECT id FROM things WHERE id = 1"), 1);
    assert_true(number(db, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE "
                           "'SELECT id FROM things%'") == 1);
    run(db, "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"); /* 26000 */
    assert_int_equal(number(db, "SELECT id FROM things WHERE id = 1"), 1);
    covet_result *rows = NULL;
    for (int i = 0; i < 4; i++) {
        assert_ok(covet_query_wait(db, COVET_SQL("SELECT * FROM things"), NULL, &rows, &err), &err);
        assert_int_equal(covet_result_columns(rows), 2);
        covet_result_free(rows);
    }
    run(db, "ALTER TABLE things ADD COLUMN more int4 DEFAULT 7"); /* cached plan must not change */
    assert_ok(covet_query_wait(db, COVET_SQL("SELECT * FROM things"), NULL, &rows, &err), &err);
    assert_int_equal(covet_result_columns(rows), 3);
    int64_t more;
    assert_ok(covet_result_int(rows, 0, 2, &more, &err), &err);
    assert_int_equal(more, 7);
    covet_result_free(rows);
    run(db, "DROP TABLE things");
    covet_close_wait(db);
}

static void prepared_statements_are_bounded(void **state)
{
    (void)state;
    covet_db *db = NULL;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "",
                                         .pool = {.size_max = 1, .statements_max = 20}),
                              &db, &err),
              &err);
    char sql[64];
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 100; i++) {
            snprintf(sql, sizeof sql, "SELECT %d", i);
            assert_int_equal(number(db, sql), i);
            assert_int_equal(number(db, sql), i);
        }
    assert_in_range(number(db, "SELECT count(*) FROM pg_prepared_statements"), 5, 21);
    covet_close_wait(db);
}

/* Connections that another handle of the process keeps are not what it waits for, nor those of
 * one whose loop nobody runs. */
static void each_handle_has_a_connection(void **state)
{
    (void)state;
    covet_db *first = open_with(2), *second = NULL;
    tally t;
    tally_init(&t);
    start(first, COVET_SQL("SELECT pg_sleep(0.3)"), &t);
    start(first, COVET_SQL("SELECT pg_sleep(0.3), 2"), &t);
    wait_for(&t, 2);
    second = open_with(2);
    assert_int_equal(number(second, "SELECT 7"), 7);
    covet_tx *tx = NULL;
    assert_ok(covet_begin(second, NULL, &tx, &err), &err);
    assert_ok(covet_exec_wait(second, COVET_SQL("SELECT 1"), COVET_OPTS(covet_call, .tx = tx), NULL,
                              &err),
              &err);
    assert_ok(covet_commit_wait(tx, NULL, &err), &err);
    covet_close_wait(second);
    covet_close_wait(first);
}

/* ---- time, limits, cancelling -------------------------------------------------------------- */

static void a_deadline_ends_the_query_on_the_server_too(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    covet_tx *tx = NULL;
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    assert_int_equal(covet_exec_wait(db, COVET_SQL("SELECT pg_sleep(20), 'marked'"),
                                     COVET_OPTS(covet_call, .timeout = 300, .tx = tx), NULL, &err),
                     COVET_ETIMEOUT);
    assert_string_equal(err.sqlstate, "57014");
    assert_int_equal(covet_commit_wait(tx, NULL, &err), COVET_ETIMEOUT);
    assert_int_equal(err.outcome, COVET_OUTCOME_ABORTED);
    int64_t left = 1;
    for (int i = 0; i < 50 && left > 0; i++) {
        left = number(db, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%''marked''%' "
                          "AND state = 'active' AND pid <> pg_backend_pid()");
        usleep(20000);
    }
    assert_int_equal(left, 0);
    covet_close_wait(db);
}

static void a_cancelled_operation_calls_back_once(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    tally t;
    tally_init(&t);
    covet_op_id id = 0;
    assert_ok(covet_query(db, COVET_SQL("SELECT pg_sleep(10)"), NULL, &id, &err, count, &t), &err);
    usleep(100000);
    covet_cancel(db, id);
    wait_for(&t, 1);
    assert_int_equal(t.bad, 1);
    covet_cancel(db, id);
    covet_cancel(db, 12345678);
    usleep(50000);
    assert_int_equal(t.done, 1);
    covet_close_wait(db);
}

static void a_write_past_its_deadline_is_of_unknown_outcome(void **state)
{
    (void)state;
    covet_db *db = open_with(3);
    run(db, "CREATE TABLE locked (id int4 PRIMARY KEY, n int4)");
    run(db, "INSERT INTO locked VALUES (1, 0)");
    run(db, "UPDATE locked SET n = n + 1 WHERE id = 1"); /* planned from here on */
    covet_tx *tx = NULL;
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    assert_ok(covet_exec_wait(db, COVET_SQL("SELECT 1 FROM locked FOR UPDATE"),
                              COVET_OPTS(covet_call, .tx = tx), NULL, &err),
              &err);
    assert_int_equal(covet_exec_wait(db, COVET_SQL("UPDATE locked SET n = n + 1 WHERE id = 1"),
                                     COVET_OPTS(covet_call, .timeout = 200), NULL, &err),
                     COVET_ETIMEOUT);
    assert_int_equal(err.outcome, COVET_OUTCOME_UNKNOWN);
    assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
    run(db, "DROP TABLE locked");
    covet_close_wait(db);
}

static void a_result_is_limited(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    covet_result *rows = NULL;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            covet_query_wait(db,
                             COVET_SQL("SELECT repeat('x', 1000) FROM generate_series(1, 200000)"),
                             COVET_OPTS(covet_call, .bytes_max = 1 << 20), &rows, &err),
            COVET_ELIMIT);
        assert_string_equal(err.sqlstate, "54000");
        assert_contains(err.message, "1048576");
    }
    assert_int_equal(covet_query_wait(db, COVET_SQL("SELECT repeat('x', 5000)"),
                                      COVET_OPTS(covet_call, .bytes_max = 1000), &rows, &err),
                     COVET_ELIMIT);
    assert_int_equal(number(db, "SELECT 5"), 5);
    covet_close_wait(db);
}

/* They share its connection, which ends with it. */
static void what_waits_behind_a_result_that_is_too_large_is_answered(void **state)
{
    (void)state;
    covet_db *db = open_with(1);
    tally large, small;
    tally_init(&large);
    tally_init(&small);
    assert_int_equal(number(db, "SELECT 7"), 7);
    assert_ok(covet_query(db, COVET_SQL("SELECT repeat('x', 1000) FROM generate_series(1, 200000)"),
                          COVET_OPTS(covet_call, .bytes_max = 1 << 20), NULL, &err, count, &large),
              &err);
    for (int i = 0; i < 20; i++)
        start(db, COVET_SQL("SELECT 7"), &small);
    wait_for(&large, 1);
    wait_for(&small, 20);
    assert_string_equal(large.sqlstate, "54000");
    assert_int_equal(small.good, 20);
    covet_close_wait(db);
}

static void the_queue_and_the_operations_are_bounded(void **state)
{
    (void)state;
    covet_db *db = NULL;
    assert_ok(
        covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "", .operations_max = 50,
                                   .pool = {.size_max = 1, .pipeline_max = 1, .queue_max = 10}),
                        &db, &err),
        &err);
    number(db, "SELECT 1");
    fails(db, COVET_SQL("SELECT pg_sleep('x')"), COVET_ESQL, "22P02");
    tally t;
    tally_init(&t);
    int refused = 0, started = 0;
    for (int i = 0; i < 100; i++) {
        const covet_status status =
            covet_query(db, COVET_SQL("SELECT pg_sleep(0.02)"), NULL, NULL, &err, count, &t);
        started += status == COVET_OK;
        refused += status == COVET_EBUSY;
    }
    assert_int_equal(started + refused, 100);
    assert_true(refused >= 40);
    wait_for(&t, started);
    assert_true(t.bad > 0 && t.good >= 11);
    assert_int_equal(number(db, "SELECT 5"), 5);
    covet_close_wait(db);
}

/* ---- broken connections -------------------------------------------------------------------- */

static void killed_backends_cost_reads_nothing(void **state)
{
    (void)state;
    covet_db *db = open_with(3);
    for (int i = 0; i < 20; i++) {
        number(db, "SELECT 1");
        live_psql(cluster, 0,
                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                  "datname = 'plain'");
        assert_int_equal(number(db, "SELECT 7"), 7);
    }
    covet_close_wait(db);
}

static void a_lost_transaction_is_rolled_back_and_says_so(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    run(db, "CREATE TABLE kept (id int4)");
    covet_tx *tx = NULL;
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    assert_ok(covet_exec_wait(db, COVET_SQL("INSERT INTO kept VALUES (1)"),
                              COVET_OPTS(covet_call, .tx = tx), NULL, &err),
              &err);
    live_psql(cluster, 0,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
              "datname = 'plain' AND state = 'idle in transaction'");
    usleep(50000);
    assert_int_not_equal(covet_exec_wait(db, COVET_SQL("INSERT INTO kept VALUES (2)"),
                                         COVET_OPTS(covet_call, .tx = tx), NULL, &err),
                         COVET_OK);
    assert_int_equal(err.outcome, COVET_OUTCOME_ABORTED);
    assert_int_not_equal(covet_commit_wait(tx, NULL, &err), COVET_OK);
    assert_int_equal(err.outcome, COVET_OUTCOME_ABORTED);
    assert_int_equal(number(db, "SELECT count(*) FROM kept"), 0);
    run(db, "DROP TABLE kept");
    covet_close_wait(db);
}

/* A standby knows no SERIALIZABLE. What follows the BEGIN must not run without it. */
static void a_transaction_that_cannot_begin_runs_nothing(void **state)
{
    (void)state;
    char standby[1024];
    covet_db *db = NULL;
    covet_tx *tx = NULL;
    covet_result *rows = NULL;
    snprintf(standby, sizeof standby,
             "host=127.0.0.1 port=%d user=covet dbname=plain passfile='%s'",
             live_port(cluster, 0, 1), live_passfile(cluster));
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = standby, .map_dir = ""), &db, &err),
              &err);
    for (int i = 0; i < 2; i++) { /* planned before, too */
        assert_ok(covet_begin(db, COVET_OPTS(covet_tx_opts, .isolation = COVET_SERIALIZABLE), &tx,
                              &err),
                  &err);
        const covet_call *in = COVET_OPTS(covet_call, .tx = tx);
        assert_int_not_equal(covet_query_wait(db, COVET_SQL("SELECT 1"), in, &rows, &err),
                             COVET_OK);
        assert_string_equal(err.sqlstate, "0A000");
        assert_contains(err.message, "hot standby");
        assert_int_equal(err.outcome, COVET_OUTCOME_ABORTED);
        assert_int_not_equal(covet_query_wait(db, COVET_SQL("SELECT 2"), in, &rows, &err),
                             COVET_OK);
        assert_string_equal(err.sqlstate, "25P02");
        assert_int_not_equal(covet_commit_wait(tx, NULL, &err), COVET_OK);
        assert_int_equal(err.outcome, COVET_OUTCOME_ABORTED);
        assert_int_equal(number(db, "SELECT 3"), 3);
    }
    covet_close_wait(db);
}

/* The COMMIT waits for its turn when it is given up: what is in front of it goes on, and
 * is rolled back. */
static void a_commit_that_is_given_up_in_the_line_rolls_back(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    covet_op_id last = 0;
    run(db, "CREATE TABLE kept (id int4)");
    for (int round = 0; round < 2; round++) {
        covet_tx *tx = NULL;
        tally slow, end;
        tally_init(&slow);
        tally_init(&end);
        assert_ok(covet_begin(db, NULL, &tx, &err), &err);
        const covet_call *in = COVET_OPTS(covet_call, .tx = tx);
        assert_ok(covet_query(db, COVET_SQL("INSERT INTO kept SELECT 1 FROM pg_sleep(0.2)"), in,
                              NULL, &err, count, &slow),
                  &err);
        assert_ok(covet_query(db, COVET_SQL("INSERT INTO kept VALUES (2)"), in, NULL, &err, count,
                              &slow),
                  &err);
        const covet_call *hurried = round == 0 ? COVET_OPTS(covet_call, .timeout = 20) : NULL;
        assert_ok(covet_commit(tx, hurried, &last, &err, count, &end), &err);
        if (round == 1)
            covet_cancel(db, last);
        wait_for(&end, 1);
        assert_string_equal(end.sqlstate, "57014");
        assert_int_equal(end.outcome, COVET_OUTCOME_ABORTED);
        wait_for(&slow, 2);
        assert_int_equal(slow.good, 2);
        assert_int_equal(number(db, "SELECT count(*) FROM kept"), 0);
    }
    run(db, "DROP TABLE kept");
    covet_close_wait(db);
}

static void closing_ends_a_commit_that_is_under_way(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    covet_tx *tx = NULL;
    tally end;
    tally_init(&end);
    run(db, "CREATE TABLE slow (id int4)");
    run(db, "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_sleep(5); RETURN NULL; END'");
    run(db, "CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION dawdle()");
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    assert_ok(covet_exec_wait(db, COVET_SQL("INSERT INTO slow VALUES (1)"),
                              COVET_OPTS(covet_call, .tx = tx), NULL, &err),
              &err);
    assert_ok(covet_commit(tx, NULL, NULL, &err, count, &end), &err);
    usleep(100000);
    covet_close_wait(db);
    assert_int_equal(end.done, 1);
    assert_int_equal(end.outcome, COVET_OUTCOME_UNKNOWN);
}

/* Each needs a connection to plan its next statement, and all are held. */
static void transactions_that_hold_every_connection_go_on(void **state)
{
    (void)state;
    covet_db *db = open_with(3);
    covet_tx *tx[3];
    char sql[64];
    for (int i = 0; i < 3; i++) {
        assert_ok(covet_begin(db, NULL, &tx[i], &err), &err);
        for (int j = 0; j < 3; j++) {
            snprintf(sql, sizeof sql, "SELECT %d + %d", i * 1000, j);
            assert_ok(covet_exec_wait(db, COVET_SQL(sql),
                                      COVET_OPTS(covet_call, .tx = tx[i], .timeout = 5000), NULL,
                                      &err),
                      &err);
        }
    }
    for (int i = 0; i < 3; i++) {
        snprintf(sql, sizeof sql, "SELECT %d", i + 5000);
        assert_ok(covet_exec_wait(db, COVET_SQL(sql),
                                  COVET_OPTS(covet_call, .tx = tx[i], .timeout = 5000), NULL, &err),
                  &err);
    }
    for (int i = 0; i < 3; i++)
        assert_ok(covet_commit_wait(tx[i], NULL, &err), &err);
    covet_close_wait(db);
}

static void a_server_that_returns_is_used_again(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    assert_int_equal(number(db, "SELECT 1"), 1);
    live_stop(cluster, 0, 0);
    covet_result *rows = NULL;
    const covet_status status =
        covet_query_wait(db, COVET_SQL("SELECT 1"), COVET_OPTS(covet_call, .timeout = 10000), &rows,
                         &err);
    assert_true(status == COVET_ECONNECT || status == COVET_ECONNLOST);
    assert_contains(err.message, "127.0.0.1");
    live_start(cluster, 0, 0);
    assert_int_equal(number(db, "SELECT 2"), 2);
    covet_close_wait(db);
}

/* ---- ways to embed ------------------------------------------------------------------------- */

static void set_true(void *user) { *(bool *)user = true; }

static void on_the_callers_loop(void **state)
{
    (void)state;
    uv_loop_t loop;
    covet_db *db = NULL;
    covet_result *rows = NULL;
    tally t;
    bool closed = false;
    tally_init(&t);
    uv_loop_init(&loop);
    assert_ok(covet_open(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "", .loop = &loop), &db,
                         &err, NULL, NULL),
              &err);
    for (int i = 0; i < 50; i++)
        start(db, COVET_SQL("SELECT $1::int8", covet_int(i)), &t);
    assert_int_equal(t.done, 0); /* never inside the start call */
    while (t.done < 50)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(t.good, 50);
    assert_int_equal(covet_query_wait(db, COVET_SQL("SELECT 1"), NULL, &rows, &err), COVET_EDEADLK);
    for (int i = 0; i < 5; i++)
        start(db, COVET_SQL("SELECT pg_sleep(5)"), &t);
    covet_close(db, set_true, &closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(closed);
    assert_int_equal(t.done, 55); /* each callback first */
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void driven_by_poll(void **state)
{
    (void)state;
    covet_db *db = NULL;
    tally t;
    bool closed = false;
    tally_init(&t);
    assert_ok(covet_open(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "", .driven = true), &db,
                         &err, NULL, NULL),
              &err);
    for (int i = 0; i < 50; i++)
        start(db, COVET_SQL("SELECT $1::int8", covet_int(i)), &t);
    while (t.done < 50) {
        struct pollfd fd = {.fd = covet_fd(db), .events = POLLIN};
        poll(&fd, 1, covet_timeout_ms(db));
        covet_process(db);
    }
    assert_int_equal(t.good, 50);
    covet_close(db, set_true, &closed);
    while (!closed)
        covet_process(db);
}

static void a_child_of_fork_is_refused(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    number(db, "SELECT 1");
    const pid_t child = fork();
    if (child == 0) {
        covet_result *rows = NULL;
        const bool refused =
            covet_query_wait(db, COVET_SQL("SELECT 1"), NULL, &rows, &err) == COVET_EFORKED;
        covet_close_wait(db);
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(number(db, "SELECT 3"), 3);
    covet_close_wait(db);
}

/* ---- bad input ----------------------------------------------------------------------------- */

static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    covet_db *db = open_with(2);
    run(db, "CREATE TABLE typed (i int4, s varchar(5), t timestamptz)");
    fails(db, COVET_SQL("INSERT INTO typed (i) VALUES ($1)", covet_int(INT64_C(1) << 40)),
          COVET_ETYPE, "22003");
    fails(db, COVET_SQL("INSERT INTO typed (i) VALUES ($1)", covet_text("12x")), COVET_ESQL,
          "22P02");
    fails(db, COVET_SQL("INSERT INTO typed (s) VALUES ($1)", covet_textn("a\0b", 3)), COVET_ETYPE,
          "22021");
    fails(db, COVET_SQL("INSERT INTO typed (s) VALUES ($1)", covet_text("\xff\xfe")), COVET_ETYPE,
          "22021");
    fails(db, COVET_SQL("INSERT INTO typed (s) VALUES ($1)", covet_text("too long")), COVET_ESQL,
          "22001");
    fails(db, COVET_SQL("INSERT INTO typed (t) VALUES ($1)", covet_bool(true)), COVET_ETYPE,
          "42804");
    fails(db, COVET_SQL("SELECT '\xc3\x28'"), COVET_ETYPE, "22021");
    fails(db, COVET_SQL("SELECT $1", covet_int(1), covet_int(2)), COVET_EINVAL, "08P01");
    fails(db, COVET_SQL("SELECT i FROM typed; DROP TABLE typed"), COVET_ESQL, "42601");
    fails(db, COVET_SQL("SELECT ii FROM typed"), COVET_ESQL, "42703");
    assert_int_equal(err.position, 8);
    fails(db, COVET_SQL("SELECT 'é', t.* FROM typd t"), COVET_ESQL, "42P01");
    assert_string_equal(err.message, "relation \"typd\" does not exist (Perhaps you meant to "
                                     "reference the table \"typed\".)");
    assert_int_equal(err.position, 22);
    fails(db, COVET_SQL("SELECT typd.i FROM typed"), COVET_ESQL, "42P01");
    assert_null(strstr(err.message, "Perhaps you meant to reference the table \"typed\".)"));
    fails(db, COVET_SQL("BEGIN"), COVET_EUNSUPPORTED, "0A000");
    fails(db, COVET_SQL("COPY typed FROM STDIN"), COVET_EUNSUPPORTED, "0A000");
    fails(db, COVET_SQL("SET search_path = x"), COVET_EUNSUPPORTED, "0A000");
    assert_int_equal(number(db, "SELECT count(*) FROM typed"), 0);
    run(db, "DROP TABLE typed");
    covet_close_wait(db);
}

static void bad_addresses_are_told_without_passwords(void **state)
{
    (void)state;
    covet_db *db = NULL;
    char bad[1200];
    assert_int_equal(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = "host=x prot=1"), &db, &err),
                     COVET_EINVAL);
    assert_contains(err.message, "connection string");
    snprintf(bad, sizeof bad, "host=127.0.0.1 port=%d user=covet dbname=plain password=s3cret",
             live_port(cluster, 0, 0));
    assert_int_equal(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = bad, .map_dir = ""), &db,
                                     &err),
                     COVET_ECONNECT);
    assert_string_equal(err.sqlstate, "28P01");
    assert_null(strstr(err.message, "s3cret"));
    snprintf(bad, sizeof bad, "%s dbname=nowhere", dsn);
    assert_int_equal(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = bad, .map_dir = ""), &db,
                                     &err),
                     COVET_ECONNECT);
    assert_string_equal(err.sqlstate, "3D000");
    assert_int_equal(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = "host=127.0.0.1 port=1",
                                                .map_dir = ""),
                                     &db, &err),
                     COVET_ECONNECT);
    assert_contains(err.message, "127.0.0.1");
    assert_int_equal(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = "host=no.such.host.invalid",
                                                .map_dir = ""),
                                     &db, &err),
                     COVET_ECONNECT);
    assert_contains(err.message, "no.such.host.invalid");
    assert_null(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_fails_at_its_sync_fails_alone),
        cmocka_unit_test(a_read_that_fails_takes_no_other_with_it),
        cmocka_unit_test(reads_behind_a_slow_one_go_elsewhere),
        cmocka_unit_test(what_a_server_forgot_is_prepared_again),
        cmocka_unit_test(prepared_statements_are_bounded),
        cmocka_unit_test(each_handle_has_a_connection),
        cmocka_unit_test(a_deadline_ends_the_query_on_the_server_too),
        cmocka_unit_test(a_cancelled_operation_calls_back_once),
        cmocka_unit_test(a_write_past_its_deadline_is_of_unknown_outcome),
        cmocka_unit_test(a_result_is_limited),
        cmocka_unit_test(what_waits_behind_a_result_that_is_too_large_is_answered),
        cmocka_unit_test(the_queue_and_the_operations_are_bounded),
        cmocka_unit_test(killed_backends_cost_reads_nothing),
        cmocka_unit_test(a_lost_transaction_is_rolled_back_and_says_so),
        cmocka_unit_test(a_transaction_that_cannot_begin_runs_nothing),
        cmocka_unit_test(a_commit_that_is_given_up_in_the_line_rolls_back),
        cmocka_unit_test(closing_ends_a_commit_that_is_under_way),
        cmocka_unit_test(transactions_that_hold_every_connection_go_on),
        cmocka_unit_test(a_server_that_returns_is_used_again),
        cmocka_unit_test(on_the_callers_loop),
        cmocka_unit_test(driven_by_poll),
        cmocka_unit_test(a_child_of_fork_is_refused),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(bad_addresses_are_told_without_passwords),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
