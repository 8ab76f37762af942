/*
 * tests/live/test_threads.c - several threads and several loops, for ThreadSanitizer.
 *
 * Two loops in two threads share nothing but what is immutable or locked (the quota of
 * connections); one handle with a thread of its own serves many threads that wait.
 */
#include "support/cmocka_all.h"

#include <pthread.h>
#include <uv.h>

#include <covet/covet.h>

#include "support/live.h"

enum { OPERATIONS = 400, IN_FLIGHT = 16, WAITERS = 4 };

static live_cluster *cluster;
static char dsn[1024];

static int set_up(void **state)
{
    (void)state;
    cluster = live_up(1, 0, NULL);
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

typedef struct worker {
    pthread_t thread;
    covet_db *db;
    int number;
    int started, done, good;
} worker;

static void start_next(worker *w);

static void on_done(covet_op *op, covet_status status, void *user)
{
    worker *w = user;
    int64_t value = -1;
    w->done++;
    if (status == COVET_OK && covet_result_int(covet_op_result(op), 0, 0, &value, NULL) == COVET_OK)
        w->good += value >= 0;
    if (w->started < OPERATIONS)
        start_next(w);
}

static void start_next(worker *w)
{
    const covet_sql *sql =
        w->started % 5 == 0
            ? COVET_SQL("INSERT INTO shared (worker, n) VALUES ($1, $2) RETURNING n",
                        covet_int(w->number), covet_int(w->started))
            : COVET_SQL("SELECT $1::int8 + $2::int8", covet_int(w->number), covet_int(w->started));
    covet_error err;
    w->started++;
    if (covet_query(w->db, sql, NULL, NULL, &err, on_done, w) != COVET_OK)
        w->done++;
}

/* A loop of the caller's, in a thread of its own. */
static void *run_loop(void *user)
{
    worker *w = user;
    covet_error err;
    uv_loop_t loop;
    uv_loop_init(&loop);
    if (covet_open(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "", .loop = &loop,
                              .pool = {.size_max = 4}),
                   &w->db, &err, NULL, NULL) != COVET_OK)
        return NULL;
    for (int i = 0; i < IN_FLIGHT; i++)
        start_next(w);
    while (w->done < OPERATIONS)
        uv_run(&loop, UV_RUN_ONCE);
    covet_close(w->db, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return NULL;
}

static void two_loops_in_two_threads(void **state)
{
    (void)state;
    live_psql(cluster, 0, "SELECT 1");
    covet_db *db = NULL;
    covet_error err;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &db, &err),
              &err);
    assert_ok(covet_exec_wait(db, COVET_SQL("CREATE TABLE shared (worker int4, n int8)"), NULL,
                              NULL, &err),
              &err);
    worker workers[2] = {{.number = 1}, {.number = 2}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run_loop, &workers[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].done, OPERATIONS);
        assert_int_equal(workers[i].good, OPERATIONS);
    }
    covet_result *rows = NULL;
    int64_t count = 0;
    assert_ok(covet_query_wait(db, COVET_SQL("SELECT count(*) FROM shared"), NULL, &rows, &err),
              &err);
    assert_ok(covet_result_int(rows, 0, 0, &count, &err), &err);
    assert_int_equal(count, 2 * OPERATIONS / 5);
    covet_result_free(rows);
    covet_close_wait(db);
}

/* Many threads wait on one handle, each in transactions of its own. */
static void *run_waiter(void *user)
{
    worker *w = user;
    for (int i = 0; i < 50; i++) {
        covet_error err;
        covet_result *rows = NULL;
        covet_tx *tx = NULL;
        covet_db_info info = {.size = sizeof info};
        int64_t value = 0;
        covet_db_describe(w->db, &info);
        if (covet_query_wait(w->db, COVET_SQL("SELECT $1::int8", covet_int(i)), NULL, &rows,
                             &err) != COVET_OK)
            continue;
        const bool right = covet_result_int(rows, 0, 0, &value, NULL) == COVET_OK && value == i;
        covet_result_free(rows);
        if (covet_begin(w->db, NULL, &tx, &err) != COVET_OK)
            continue;
        const bool wrote =
            covet_exec_wait(w->db, COVET_SQL("INSERT INTO shared VALUES (9, $1)", covet_int(i)),
                            COVET_OPTS(covet_call, .tx = tx), NULL, &err) == COVET_OK;
        const bool ended = (i % 2 == 0 ? covet_commit_wait(tx, NULL, &err)
                                       : covet_rollback_wait(tx, NULL, &err)) == COVET_OK;
        w->good += right && wrote && ended && info.plain;
    }
    return NULL;
}

static void many_threads_wait_on_one_handle(void **state)
{
    (void)state;
    covet_db *db = NULL;
    covet_error err;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "",
                                         .pool = {.size_max = 3}),
                              &db, &err),
              &err);
    worker workers[WAITERS] = {{0}};
    for (int i = 0; i < WAITERS; i++) {
        workers[i].db = db;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run_waiter, &workers[i]), 0);
    }
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].good, 50);
    }
    covet_result *rows = NULL;
    int64_t count = 0;
    assert_ok(covet_query_wait(db, COVET_SQL("SELECT count(*) FROM shared WHERE worker = 9"), NULL,
                               &rows, &err),
              &err);
    assert_ok(covet_result_int(rows, 0, 0, &count, &err), &err);
    assert_int_equal(count, WAITERS * 25);
    covet_result_free(rows);
    covet_close_wait(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_loops_in_two_threads),
        cmocka_unit_test(many_threads_wait_on_one_handle),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
