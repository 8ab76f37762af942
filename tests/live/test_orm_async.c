/*
 * tests/live/test_orm_async.c - the ORM's operations keep the one asynchronous contract: one
 * callback, never before the start has returned, one deadline over all statements, an arena
 * that stays as long as somebody works in it.
 */
#include "support/cmocka_all.h"

#include <covet/covet.h>
#include <poll.h>
#include <pthread.h>

#include <covet/orm/short.h>

#include "support/live.h"

#define ITEM(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, name)                                                                               \
    X(M, REV, parts, Part, item)
#define PART(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, FK, item, Item, .on_delete = COVET_CASCADE)
COVET_DECLARE(Item, ITEM);
COVET_DECLARE(Part, PART);
COVET_DEFINE(Item, ITEM, .db_table = "items");
COVET_DEFINE(Part, PART, .db_table = "parts");

static live_cluster *cluster;
static char dsn[1024];
static covet_db *db;
static covet_arena *a;
static covet_error err;

/* ---- waiting for callbacks ----------------------------------------------------------------- */

typedef struct told {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int calls;
    covet_status status;
    size_t rows, parts;
    int64_t count;
    covet_op_id id;
} told;

static void told_init(told *t)
{
    memset(t, 0, sizeof *t);
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->cond, NULL);
}

static void note(told *t, covet_op *op, covet_status status)
{
    pthread_mutex_lock(&t->mutex);
    t->calls++;
    t->status = status;
    t->id = covet_op_number(op);
    t->count = covet_op_count(op);
    pthread_cond_signal(&t->cond);
    pthread_mutex_unlock(&t->mutex);
}

static void on_done(covet_op *op, covet_status status, void *user) { note(user, op, status); }

static void on_items(covet_op *op, covet_status status, void *user)
{
    told *t = user;
    const Item_rows items = COVET_OP_ROWS(op, Item);
    t->rows = items.count;
    for (size_t i = 0; i < items.count; i++)
        t->parts += MANY(&items.items[i], parts)->count;
    note(t, op, status);
}

static covet_status wait_told(told *t)
{
    pthread_mutex_lock(&t->mutex);
    while (t->calls == 0)
        pthread_cond_wait(&t->cond, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
    return t->status;
}

static const covet_qs *items_with_parts(void)
{
    return (const covet_qs *)QUERY(a, Item, Prefetch(P(Item, parts), NULL), OrderBy(P(Item, id)));
}

/* ---- tests --------------------------------------------------------------------------------- */

static void a_callback_has_the_rows_and_the_operations_number(void **state)
{
    covet_op_id id = 0;
    told t;
    (void)state;
    told_init(&t);
    assert_ok(covet_qs_all(db, items_with_parts(), NULL, &id, &err, on_items, &t), &err);
    assert_int_equal(wait_told(&t), COVET_OK);
    assert_int_equal(t.rows, 3);
    assert_int_equal(t.parts, 6);
    assert_int_equal(t.id, id);
    told_init(&t);
    assert_ok(covet_qs_count(db, (const covet_qs *)COVET_ALL_OF(a, Part), NULL, NULL, &err, on_done,
                             &t),
              &err);
    assert_int_equal(wait_told(&t), COVET_OK);
    assert_int_equal(t.count, 6);
}

static void get_and_first_tell_of_none_differently(void **state)
{
    const covet_qs *none = (const covet_qs *)QUERY(a, Item, Filter(W(Item, name, exact, "none")));
    told t;
    (void)state;
    told_init(&t);
    assert_ok(covet_qs_get(db, none, NULL, NULL, &err, on_items, &t), &err);
    assert_int_equal(wait_told(&t), COVET_ENOTFOUND);
    assert_int_equal(t.rows, 0);
    told_init(&t);
    assert_ok(covet_qs_first(db, none, NULL, NULL, &err, on_items, &t), &err);
    assert_int_equal(wait_told(&t), COVET_OK);
    assert_int_equal(t.rows, 0);
}

static void rows_are_saved_and_deleted_by_callback(void **state)
{
    Item *item = NULL;
    Part *part = NULL;
    told t;
    (void)state;
    told_init(&t);
    assert_ok(COVET_NEW(a, Item, &item, &err, Give(Item, name, "new")), &err);
    assert_ok(covet_save(db, item, NULL, NULL, &err, on_done, &t), &err);
    assert_int_equal(wait_told(&t), COVET_OK);
    assert_ok(COVET_NEW(a, Part, &part, &err, Give(Part, item_id, item->id)), &err);
    assert_ok(covet_save_wait(db, part, NULL, &err), &err);
    told_init(&t);
    assert_ok(covet_delete(db, item, NULL, NULL, &err, on_done, &t), &err);
    assert_int_equal(wait_told(&t), COVET_OK);
    assert_int_equal(t.count, 2);
}

static void a_start_that_fails_never_calls_back(void **state)
{
    covet_arena *mine = NULL;
    told t;
    (void)state;
    told_init(&t);
    assert_ok(covet_arena_new(0, &mine, &err), &err);
    const covet_qs *wrong = (const covet_qs *)QUERY(mine, Item, Filter(Kw("nmae", "x")));
    const covet_qs *right = (const covet_qs *)COVET_ALL_OF(mine, Item);
    assert_int_equal(covet_qs_all(db, wrong, NULL, NULL, &err, on_items, &t), COVET_EFIELD);
    assert_contains(err.message, "did you mean \"name\"?");
    assert_int_equal(covet_qs_all(NULL, right, NULL, NULL, &err, on_items, &t), COVET_EINVAL);
    assert_int_equal(covet_arena_reset(mine), COVET_OK); /* nobody works in it */
    assert_int_equal(t.calls, 0);
    covet_arena_free(mine);
}

static void on_row_wait(covet_op *op, covet_status status, void *user)
{
    int64_t count;
    assert_int_equal(status, COVET_OK);
    note(user, op,
         covet_qs_count_wait(db, (const covet_qs *)COVET_ALL_OF(a, Part), NULL, &count, NULL));
}

static void waiting_on_the_librarys_thread_is_refused(void **state)
{
    told t;
    (void)state;
    told_init(&t);
    assert_ok(covet_qs_all(db, items_with_parts(), NULL, NULL, &err, on_row_wait, &t), &err);
    assert_int_equal(wait_told(&t), COVET_EDEADLK);
}

/* A transaction that keeps everybody off a table. */
static covet_tx *lock(const char *table)
{
    char sql[64];
    covet_tx *tx = NULL;
    snprintf(sql, sizeof sql, "LOCK TABLE %s", table);
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    const covet_call call = {.size = sizeof call, .tx = tx};
    assert_ok(covet_exec_wait(db, COVET_SQL(sql), &call, NULL, &err), &err);
    return tx;
}

static void cancel_and_deadline_end_it_wherever_it_is(void **state)
{
    const char *const tables[] = {"items", "parts"}; /* the statement, the prefetch */
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        covet_tx *tx = lock(tables[i]);
        covet_op_id id = 0;
        told t;
        told_init(&t);
        assert_ok(covet_qs_all(db, items_with_parts(), NULL, &id, &err, on_items, &t), &err);
        assert_int_equal(covet_arena_reset(a), COVET_EBUSY);
        poll(NULL, 0, 50);
        covet_cancel(db, id);
        assert_int_equal(wait_told(&t), COVET_ECANCELED);
        assert_int_equal(t.rows, 0);
        told_init(&t);
        const covet_call call = {.size = sizeof call, .timeout = 100};
        assert_ok(covet_qs_all(db, items_with_parts(), &call, NULL, &err, on_items, &t), &err);
        assert_int_equal(wait_told(&t), COVET_ETIMEOUT);
        assert_int_equal(t.calls, 1);
        assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
    }
}

static void an_arena_freed_under_way_stays_until_the_end(void **state)
{
    covet_tx *tx = lock("items");
    covet_arena *mine = NULL;
    told t;
    (void)state;
    told_init(&t);
    assert_ok(covet_arena_new(0, &mine, &err), &err);
    const covet_qs *all = (const covet_qs *)QUERY(mine, Item, Prefetch(P(Item, parts), NULL));
    assert_ok(covet_qs_all(db, all, NULL, NULL, &err, on_items, &t), &err);
    covet_arena_free(mine);
    assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
    assert_int_equal(wait_told(&t), COVET_OK);
    assert_int_equal(t.rows, 3);
}

static void closing_ends_what_is_under_way(void **state)
{
    covet_tx *tx = lock("items");
    covet_db *other = NULL;
    told t;
    (void)state;
    told_init(&t);
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &other, &err),
              &err);
    assert_ok(covet_qs_all(other, items_with_parts(), NULL, NULL, &err, on_items, &t), &err);
    covet_close_wait(other);
    assert_int_equal(t.calls, 1);
    assert_int_equal(t.status, COVET_ECLOSED);
    assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
}

static void turn(covet_db *driven)
{
    struct pollfd fd = {.fd = covet_fd(driven), .events = POLLIN};
    poll(&fd, 1, covet_timeout_ms(driven));
    covet_process(driven);
}

static void on_closed(void *user) { *(bool *)user = true; }

static void it_runs_on_any_loop(void **state)
{
    bool closed = false;
    covet_db *driven = NULL;
    told t;
    (void)state;
    told_init(&t);
    const covet_db_opts opts = {.size = sizeof opts, .dsn = dsn, .map_dir = "", .driven = true};
    assert_ok(covet_open(&opts, &driven, &err, NULL, NULL), &err);
    /* Before it is open: it waits. */
    assert_ok(covet_qs_all(driven, items_with_parts(), NULL, NULL, &err, on_items, &t), &err);
    assert_int_equal(t.calls, 0);
    while (t.calls == 0)
        turn(driven);
    assert_int_equal(t.status, COVET_OK);
    assert_int_equal(t.parts, 6);
    covet_close(driven, on_closed, &closed);
    while (!closed)
        turn(driven);
}

/* ---- set-up -------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    cluster = live_up(1, 0, NULL);
    live_psql(cluster, 0, "CREATE DATABASE async");
    snprintf(dsn, sizeof dsn, "%s dbname=async", live_dsn(cluster, 0, 0));
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &db, &err),
              &err);
    const char *const made[] = {
        "CREATE TABLE items (id bigserial PRIMARY KEY, name varchar(50) NOT NULL)",
        "CREATE TABLE parts (id bigserial PRIMARY KEY, item_id bigint NOT NULL REFERENCES items)",
        "INSERT INTO items (name) VALUES ('a'), ('b'), ('c')",
        "INSERT INTO parts (item_id) VALUES (1), (1), (1), (2), (2), (3)"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        assert_ok(covet_exec_wait(db, COVET_SQL(made[i]), NULL, NULL, &err), &err);
    return covet_arena_new(0, &a, &err);
}

static int tear_down(void **state)
{
    (void)state;
    covet_arena_free(a);
    covet_close_wait(db);
    live_down(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_callback_has_the_rows_and_the_operations_number),
        cmocka_unit_test(get_and_first_tell_of_none_differently),
        cmocka_unit_test(rows_are_saved_and_deleted_by_callback),
        cmocka_unit_test(a_start_that_fails_never_calls_back),
        cmocka_unit_test(waiting_on_the_librarys_thread_is_refused),
        cmocka_unit_test(cancel_and_deadline_end_it_wherever_it_is),
        cmocka_unit_test(an_arena_freed_under_way_stays_until_the_end),
        cmocka_unit_test(closing_ends_what_is_under_way),
        cmocka_unit_test(it_runs_on_any_loop),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
