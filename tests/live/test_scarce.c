/*
 * tests/live/test_scarce.c - memory that cannot be had, at one point after another.
 *
 * The n-th allocation fails while a handle opens, plans and runs: the calls say so or
 * succeed, nothing is left over, and the next statement is answered.
 */
#include "support/cmocka_all.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <covet/covet.h>

#include "support/cluster.h"

/* Counts down from where it is set; the allocation that finds 0 fails. */
static _Atomic long left = -1;
static _Atomic long held;
static covet_error err;
static covet_db *db;
static bool gathers, streams; /* asked as well */

static _Atomic bool none; /* at all */

static bool is_last(void) { return none || (left >= 0 && left-- == 0); }

static void *scarce_alloc(size_t size)
{
    void *memory = is_last() ? NULL : malloc(size);
    held += memory != NULL;
    return memory;
}

static void *scarce_resize(void *memory, size_t size)
{
    void *grown = is_last() ? NULL : realloc(memory, size);
    held += memory == NULL && grown != NULL;
    return grown;
}

static void scarce_free(void *memory)
{
    held -= memory != NULL;
    free(memory);
}

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 7);
    cluster_both("CREATE TABLE users (id int PRIMARY KEY, x int, n numeric);"
                 "INSERT INTO users SELECT i, i, i / 7.0 FROM generate_series(1, 60) i");
    cluster_tool_ok("distribute", "users", "--key", "id");
    cluster_both("CREATE TABLE posts (id int PRIMARY KEY, author int, x int);"
                 "INSERT INTO posts SELECT i, i % 60 + 1, i FROM generate_series(1, 3000) i");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    cluster_do("CREATE VIEW seen AS SELECT id, x FROM users; CREATE VIEW v AS SELECT * FROM seen");
    return covet_set_allocator(&(covet_allocator){scarce_alloc, scarce_resize, scarce_free}) ==
                   COVET_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return covet_set_allocator(NULL) == COVET_OK ? 0 : -1;
}

/* No memory, or a connection that broke for want of it. */
static void assert_scarce(const char *what, covet_status status)
{
    if (status != COVET_OK && status != COVET_ENOMEM && status != COVET_ECONNECT &&
        status != COVET_ECONNLOST)
        fail_msg("%s: %s %s %s", what, covet_status_name(status), err.sqlstate, err.message);
}

static bool ask(const char *text, covet_tx *tx)
{
    covet_result *rows = NULL;
    const covet_value id = covet_int(7);
    const covet_sql sql = {.size = sizeof sql,
                           .text = text,
                           .params = &id,
                           .param_count = strchr(text, '$') != NULL};
    memset(&err, 0, sizeof err);
    const covet_status status =
        covet_query_wait(db, &sql, COVET_OPTS(covet_call, .tx = tx, .timeout = 10000), &rows, &err);
    assert_scarce(text, status);
    if (status == COVET_OK)
        covet_result_free(rows);
    return status == COVET_OK;
}

/* Taken apart: with aggregates begun, with keys, and again in what is gathered. */
static void ask_gathered(void)
{
    ask("SELECT u.x, count(*), avg(p.x) FROM users u JOIN posts p ON p.author = u.id GROUP BY 1",
        NULL);
    ask("SELECT u.n, p.x FROM users u LEFT JOIN posts p ON p.author = u.id WHERE u.x = $1", NULL);
    ask("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x), now() FROM posts", NULL);
    ask("SELECT max(c) FROM (SELECT u.x, count(*) c FROM users u JOIN posts p ON p.author = u.id"
        " GROUP BY 1) q JOIN posts r ON r.author = q.x",
        NULL);
}

/* Read to its end, or left after `pieces`, where it is paused. */
static void read_rows(const char *text, covet_msec timeout, int pieces)
{
    covet_rows *rows = NULL;
    const covet_result *piece = NULL;
    const covet_sql sql = {.size = sizeof sql, .text = text};
    covet_status status =
        covet_rows_open(db, &sql, COVET_OPTS(covet_call, .timeout = timeout), &rows, &err);
    assert_scarce(text, status);
    if (status != COVET_OK)
        return;
    do
        status = covet_rows_next(rows, &piece, &err);
    while (status == COVET_OK && piece != NULL && --pieces > 0);
    assert_scarce(text, status);
    covet_rows_close(rows);
}

static void read_all(void)
{
    read_rows("SELECT id, x FROM posts ORDER BY x", 20000, 1000);
    read_rows("SELECT id, x FROM posts", 20000, 1000);
    read_rows("SELECT u.x, p.x FROM users u JOIN posts p ON p.author = u.id", 20000, 1000);
    read_rows("SELECT p.* FROM posts p, generate_series(1, 10)", COVET_NO_TIMEOUT, 1);
}

static void ask_all(void)
{
    covet_tx *tx = NULL;
    ask("SELECT count(*), avg(x), max(n) FROM users", NULL);
    ask("SELECT id, n FROM users ORDER BY n DESC LIMIT 20", NULL);
    ask("SELECT id, now() FROM v WHERE x < 50 ORDER BY id LIMIT 5", NULL);
    ask("SELECT * FROM users WHERE id = $1", NULL);
    ask("INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING", NULL);
    if (gathers)
        ask_gathered();
    if (streams)
        read_all();
    covet_status status = covet_begin(db, NULL, &tx, &err);
    assert_scarce("begin", status);
    if (status != COVET_OK)
        return;
    ask("UPDATE users SET x = x + 1 WHERE id = $1", tx);
    do { /* what fails to start can be started again */
        status = covet_rollback_wait(tx, NULL, &err);
        assert_scarce("rollback", status);
    } while (status == COVET_ENOMEM);
}

static bool open_db(void)
{
    const covet_status status =
        covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = cluster_catalog(), .map_dir = ""), &db,
                        &err);
    assert_scarce("open", status);
    return status == COVET_OK;
}

typedef enum phase { OPENING, PLANNING, RUNNING } phase;

/* False once all is done before the n-th allocation. */
static bool fail_at(phase when, long n)
{
    if (when == OPENING)
        left = n;
    if (open_db()) {
        if (when == RUNNING)
            ask_all();
        if (when != OPENING)
            left = n;
        ask_all();
    }
    const bool failed = left < 0;
    left = -1;
    if (when != OPENING)
        assert_true(ask("SELECT count(*) FROM users", NULL));
    covet_close_wait(db);
    db = NULL;
    if (held != 0)
        fail_msg("allocation %ld: %ld are left over", n, (long)held);
    return failed;
}

static void opening(void **state)
{
    (void)state;
    for (long n = 0; n < 300 && fail_at(OPENING, n); n += 3) {}
}

static void planning(void **state)
{
    (void)state;
    for (long n = 0; n < 1000 && fail_at(PLANNING, n); n += 3) {}
}

static void running(void **state)
{
    (void)state;
    for (long n = 0; n < 1000 && fail_at(RUNNING, n); n++) {}
}

static void planning_what_is_taken_apart(void **state)
{
    (void)state;
    gathers = true;
    for (long n = 200; n < 6000 && fail_at(PLANNING, n); n += 97) {}
    gathers = false;
}

static void running_what_is_taken_apart(void **state)
{
    (void)state;
    gathers = true;
    for (long n = 0; n < 800 && fail_at(RUNNING, n); n += 29) {}
    gathers = false;
}

static void streaming(void **state)
{
    (void)state;
    streams = true;
    for (long n = 0; n < 800 && fail_at(RUNNING, n); n += 29) {}
    streams = false;
}

/* Where it would wait for ever, were it not cancelled. */
static void a_paused_stream_is_closed_without_memory(void **state)
{
    (void)state;
    covet_rows *rows = NULL;
    const covet_result *piece = NULL;
    assert_true(open_db());
    assert_ok(covet_rows_open(db, COVET_SQL("SELECT p.* FROM posts p, generate_series(1, 100)"),
                              COVET_OPTS(covet_call, .timeout = COVET_NO_TIMEOUT), &rows, &err),
              &err);
    assert_ok(covet_rows_next(rows, &piece, &err), &err);
    none = true;
    covet_rows_close(rows);
    none = false;
    assert_true(ask("SELECT count(*) FROM posts", NULL));
    covet_close_wait(db);
    assert_int_equal(held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening),
        cmocka_unit_test(planning),
        cmocka_unit_test(running),
        cmocka_unit_test(planning_what_is_taken_apart),
        cmocka_unit_test(running_what_is_taken_apart),
        cmocka_unit_test(streaming),
        cmocka_unit_test(a_paused_stream_is_closed_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
