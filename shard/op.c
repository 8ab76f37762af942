/*
 * shard/op.c - the life of one operation: started, waiting, ended, called back.
 *
 * Operations are used again, with their arenas, so that starting one in the steady state
 * allocates nothing. Those that another thread starts come from a list of their own,
 * under the handle's mutex, and reach the loop as a posted job.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shard/stream.h"

enum { ARENA_KEPT_BYTES = 64 * 1024 }; /* a larger one is not kept for the next use */

static void on_job(covet__job *job);
static void on_deadline(covet__timer *timer);

/* ---- making and giving back ------------------------------------------------------------------ */

static covet_op *make(covet_db *db, covet_error *err)
{
    covet_op *op = covet__zalloc(sizeof *op);
    if (op == NULL || covet_arena_new(0, &op->arena, err) != COVET_OK) {
        covet__free(op);
        covet__fail(err, COVET_ENOMEM, "operation: out of memory");
        return NULL;
    }
    op->db = db;
    covet__list_init(&op->link);
    covet__list_init(&op->wait);
    covet__list_init(&op->turn);
    covet__job_init(&op->job, on_job);
    op->deadline.fire = on_deadline;
    return op;
}

void covet__op_destroy(covet_op *op)
{
    covet_arena_free(op->arena);
    covet_arena_free(op->rows);
    covet__free(op);
}

static covet_op *take(covet_db *db, bool foreign, covet_error *err)
{
    if (atomic_fetch_add_explicit(&db->op_count, 1, memory_order_relaxed) >=
        db->opts.operations_max) {
        atomic_fetch_sub_explicit(&db->op_count, 1, memory_order_relaxed);
        covet__fail(err, COVET_EBUSY, "%zu operations are under way already",
                    db->opts.operations_max);
        if (err != NULL)
            err->outcome = COVET_OUTCOME_NOT_SENT;
        return NULL;
    }
    covet__link *list = foreign ? &db->foreign_free : &db->free_ops;
    covet_op *op = NULL;
    if (foreign)
        pthread_mutex_lock(&db->mutex);
    if (!covet__list_empty(list)) {
        op = COVET_CONTAINER(list->next, covet_op, link);
        covet__list_remove(&op->link);
    }
    if (foreign)
        pthread_mutex_unlock(&db->mutex);
    if (op == NULL && (op = make(db, err)) == NULL) {
        atomic_fetch_sub_explicit(&db->op_count, 1, memory_order_relaxed);
        return NULL;
    }
    op->foreign = foreign;
    op->id = atomic_fetch_add_explicit(&db->op_serial, 1, memory_order_relaxed) + 1;
    return op;
}

static void give_back(covet_op *op)
{
    covet_db *db = op->db;
    const bool foreign = op->foreign;
    covet__list_remove(&op->link);
    if (op->has_result)
        covet__result_clear(&op->result);
    if (op->stmt != NULL) {
        if (op->plan != NULL && op->plan == op->stmt->plan)
            covet__stmt_count(db, op->stmt);
        op->stmt->users--;
    }
    covet__gather_abandon(op);
    covet__stream_free(op->stream);
    covet__plan_unref(op->plan);
    covet_arena_free(op->rows);
    if (covet_arena_held(op->arena) > ARENA_KEPT_BYTES) {
        covet_arena *fresh = NULL;
        if (covet_arena_new(0, &fresh, NULL) == COVET_OK) {
            covet_arena_free(op->arena);
            op->arena = fresh;
        }
    }
    covet_arena_reset(op->arena);
    /* The error and the result are large and written before they are read. */
    memset((char *)op + offsetof(covet_op, text), 0,
           offsetof(covet_op, result) - offsetof(covet_op, text));
    op->rows = NULL;
    op->cancelled = false;
    op->has_result = false;
    op->err.status = COVET_OK;
    op->state = COVET__OP_FREE;
    atomic_fetch_sub_explicit(&db->op_count, 1, memory_order_relaxed);
    if (foreign)
        pthread_mutex_lock(&db->mutex);
    covet__list_prepend(foreign ? &db->foreign_free : &db->free_ops, &op->link);
    if (foreign)
        pthread_mutex_unlock(&db->mutex);
}

/* ---- input --------------------------------------------------------------------------------- */

/* Values are copied: what they point at is the caller's and may be gone when they are
 * sent. A NUL goes behind each text, which the text form of a parameter needs. */
static covet_status copy_values(covet_op *op, const covet_sql *sql, covet_error *err)
{
    op->value_count = (uint32_t)sql->param_count;
    if (sql->param_count == 0)
        return COVET_OK;
    op->values = covet_arena_alloc(op->arena, sql->param_count * sizeof *op->values);
    if (op->values == NULL)
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    memcpy(op->values, sql->params, sql->param_count * sizeof *op->values);
    for (size_t i = 0; i < sql->param_count; i++) {
        covet_value *v = &op->values[i];
        if (v->kind >= COVET_VALUE_TEXT)
            COVET_TRY(covet__value_copy(v, op->arena, err));
    }
    return COVET_OK;
}

static covet_status check_input(const covet_sql *sql, covet_error *err)
{
    if (sql == NULL || sql->size < sizeof *sql || sql->text == NULL)
        return covet__fail(err, COVET_EINVAL, "query: there is no statement");
    if (sql->param_count > 0 && sql->params == NULL)
        return covet__fail(err, COVET_EINVAL, "query: params is NULL");
    if (sql->param_count > UINT16_MAX)
        return covet__fail_state(err, COVET_EINVAL, "54000",
                                 "query: %zu parameters, PostgreSQL takes 65535 at most",
                                 sql->param_count);
    return COVET_OK;
}

/* On the loop's thread. The operation stands on its statement until it is given back. */
static covet_status intern(covet_op *op, const char *text, size_t length, covet_error *err)
{
    op->stmt = covet__stmt_intern(op->db, text, length, op->partial, op->timed);
    if (op->stmt == NULL)
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    op->stmt->users++;
    return COVET_OK;
}

static covet_status take_input(covet_op *op, const covet_sql *sql, covet_error *err)
{
    const size_t length = strlen(sql->text);
    COVET_TRY(copy_values(op, sql, err));
    if (!op->foreign)
        return intern(op, sql->text, length, err);
    op->text = covet_arena_copy(op->arena, sql->text, length);
    op->text_length = length;
    return op->text != NULL ? COVET_OK : covet__fail(err, COVET_ENOMEM, "operation: out of memory");
}

/* A field of the caller's covet_call, which may be older and shorter than ours. */
#define CALL_HAS(call, field)                                                                      \
    ((call) != NULL && (call)->size >= offsetof(covet_call, field) + sizeof((call)->field))

static void take_call(covet_op *op, const covet_call *call)
{
    const covet_db *db = op->db;
    op->timeout = CALL_HAS(call, timeout) && call->timeout != 0 ? call->timeout : db->opts.timeout;
    op->bytes_max = CALL_HAS(call, bytes_max) && call->bytes_max != 0 ? call->bytes_max
                                                                      : db->opts.result_bytes_max;
    op->text_result = CALL_HAS(call, text_result) && call->text_result;
}

/* ---- starting ------------------------------------------------------------------------------ */

static void enter(covet_op *op)
{
    covet_db *db = op->db;
    op->state = COVET__OP_WAITING;
    if (op->timeout != COVET_NO_TIMEOUT &&
        covet__timer_start(db->loop, &op->deadline, covet__now() + op->timeout) != COVET_OK) {
        covet__op_failf(op, COVET_ENOMEM, "", "operation: out of memory");
        return;
    }
    if (op->tx != NULL && op->parent == NULL) /* else it is its parent's turn */
        covet__tx_enter(op);
    else
        covet__op_proceed(op);
}

static void on_job(covet__job *job)
{
    covet_op *op = COVET_CONTAINER(job, covet_op, job);
    covet_db *db = op->db;
    if (op->state == COVET__OP_DONE) {
        const covet_status status = op->err.status;
        covet_cb *cb = op->cb;
        if (cb != NULL)
            cb(op, status, op->user);
        give_back(op);
        return;
    }
    if (op->state == COVET__OP_WAITING) {
        covet__op_proceed(op);
        return;
    }
    assert(op->state == COVET__OP_POSTED);
    covet__list_append(&db->active, &op->link);
    covet_error err;
    if (covet__db_check(db, &err) != COVET_OK) {
        op->state = COVET__OP_WAITING;
        covet__op_fail(op, &err);
        return;
    }
    op->state = COVET__OP_WAITING;
    if (op->kind == COVET__OP_QUERY && intern(op, op->text, op->text_length, &err) != COVET_OK)
        covet__op_fail(op, &err);
    else
        enter(op);
}

static void post(covet_op *op)
{
    op->state = COVET__OP_POSTED;
    covet__loop_post(op->db->loop, &op->job);
}

static covet_status begin(covet_db *db, const covet__start *start, const covet_sql *sql,
                          const covet_call *call, covet_op_id *ret_id, covet_op **ret_op,
                          covet_error *err, covet_cb *cb, void *user)
{
    const covet__op_kind kind = start->kind;
    COVET_TRY(covet__db_check(db, err));
    if (kind == COVET__OP_QUERY)
        COVET_TRY(check_input(sql, err));
    const bool foreign = !covet__loop_on_thread(db->loop);
    covet_error why;
    covet_op *op = take(db, foreign, err != NULL ? err : &why);
    if (op == NULL)
        return err != NULL ? err->status : why.status;
    op->kind = kind;
    op->cb = cb;
    op->user = user;
    op->attached = start->attached;
    op->explain_only = start->explain;
    op->parent = start->parent;
    op->partial = start->partial;
    op->unnamed = start->unnamed;
    op->sink = start->sink;
    op->trace = start->trace;
    op->timed = start->moments != NULL;
    op->id = start->id != 0 ? start->id : op->id;
    if (start->moments != NULL)
        op->moments = *start->moments;
    op->tx = CALL_HAS(call, tx) && start->tx == NULL ? call->tx : start->tx;
    take_call(op, call);
    if (kind == COVET__OP_QUERY) {
        const covet_status status = take_input(op, sql, err);
        if (status != COVET_OK) {
            give_back(op);
            return status;
        }
    }
    if (start->stream != NULL)
        covet__stream_attach(start->stream, op);
    if (ret_id != NULL)
        *ret_id = op->id;
    if (ret_op != NULL)
        *ret_op = op;
    if (foreign) {
        post(op);
        return COVET_OK;
    }
    covet__list_append(&db->active, &op->link);
    op->starting = true;
    enter(op);
    op->starting = false;
    return COVET_OK;
}

covet_status covet__op_start(covet_db *db, const covet__start *start, const covet_sql *sql,
                             const covet_call *call, covet_op_id *ret_op, covet_error *err,
                             covet_cb *cb, void *user)
{
    return begin(db, start, sql, call, ret_op, NULL, err, cb, user);
}

covet_status covet__op_begin(covet_db *db, const covet__start *start, const covet_sql *sql,
                             const covet_call *call, covet_op **ret_op, covet_error *err,
                             covet_cb *cb, void *user)
{
    return begin(db, start, sql, call, NULL, ret_op, err, cb, user);
}

void covet__op_drop(covet_op *op)
{
    covet_error err;
    covet__fail(&err, COVET_ECANCELED, "the operation was given up");
    op->cb = NULL;
    if (op->state != COVET__OP_DONE)
        covet__op_fail(op, &err);
}

void covet__op_soon(covet_op *op) { covet__loop_soon(op->db->loop, &op->job); }

void covet__op_wait_in(covet_op *op, covet__link *list)
{
    assert(covet__list_empty(&op->wait));
    op->state = COVET__OP_WAITING;
    covet__list_append(list, &op->wait);
}

void covet__op_proceed(covet_op *op)
{
    covet_db *db = op->db;
    op->state = COVET__OP_WAITING;
    if (db->state == COVET__DB_OPENING) {
        covet__op_wait_in(op, &db->pending);
        return;
    }
    if (db->state == COVET__DB_FAILED) {
        covet__op_fail(op, &db->open_error);
        return;
    }
    if (op->kind == COVET__OP_NOTHING) {
        covet__op_finish(op);
        return;
    }
    if (op->kind != COVET__OP_QUERY) {
        covet__tx_end(op);
        return;
    }
    if (!covet__stmt_is_planned(db, op->stmt)) {
        covet__op_wait_in(op, &op->stmt->waiting);
        covet__prepare_start(db, op->stmt);
        return;
    }
    covet__plan_unref(op->plan);
    op->plan = covet__plan_ref(op->stmt->plan);
    op->state = COVET__OP_RUNNING;
    if (op->explain_only)
        covet__op_finish(op);
    else
        covet__run(op);
}

/* ---- ending -------------------------------------------------------------------------------- */

void covet__op_finish(covet_op *op)
{
    covet_db *db = op->db;
    assert(op->state != COVET__OP_DONE && op->state != COVET__OP_FREE);
    if (op->stream != NULL && op->has_result) {
        covet__stream_whole(op);
        return;
    }
    covet__timer_stop(db->loop, &op->deadline);
    covet__list_remove(&op->wait);
    covet__list_remove(&op->job.link);
    op->state = COVET__OP_DONE;
    if (op->tx != NULL && op->parent == NULL)
        covet__tx_leave(op);
    if (op->starting) { /* never inside the call that started it */
        covet__loop_soon(db->loop, &op->job);
        return;
    }
    on_job(&op->job);
}

void covet__op_fail(covet_op *op, const covet_error *err)
{
    covet__run_abandon(op);
    if (op->tx != NULL && op->parent == NULL && op->kind == COVET__OP_QUERY && !op->explain_only)
        covet__tx_fail(op, err);
    if (op->has_result) {
        covet__result_clear(&op->result);
        op->has_result = false;
    }
    op->err = *err;
    covet__op_finish(op);
}

void covet__op_failf(covet_op *op, covet_status status, const char *sqlstate, const char *format,
                     ...)
{
    covet_error err;
    char text[sizeof err.message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    covet__fail_state(&err, status, sqlstate, "%s", text);
    covet__op_fail(op, &err);
}

void covet__op_fail_list(covet__link *list, const covet_error *err)
{
    const covet_error copy = *err;
    while (!covet__list_empty(list)) {
        covet_op *op = COVET_CONTAINER(list->next, covet_op, wait);
        covet__list_remove(&op->wait);
        covet__op_fail(op, &copy);
    }
}

/* What has become of a write that is given up now. */
static covet_outcome outcome_now(const covet_op *op)
{
    if (op->kind == COVET__OP_COMMIT && op->state == COVET__OP_RUNNING)
        return COVET_OUTCOME_UNKNOWN;
    if (op->kind == COVET__OP_COMMIT)
        return COVET_OUTCOME_ABORTED; /* it was not its turn yet */
    if (op->kind != COVET__OP_QUERY || (op->plan != NULL && op->plan->read_only))
        return COVET_OUTCOME_NONE;
    if (covet__stream_is_whole(op))
        return op->tx != NULL ? COVET_OUTCOME_NONE : COVET_OUTCOME_COMMITTED;
    if (op->plan == NULL || op->state != COVET__OP_RUNNING)
        return COVET_OUTCOME_NOT_SENT; /* it may be a write, and has not got that far */
    if (op->tx != NULL)
        return COVET_OUTCOME_ABORTED;
    return op->one.want.req.sent ? COVET_OUTCOME_UNKNOWN : COVET_OUTCOME_NOT_SENT;
}

static void give_up(covet_op *op, covet_status status, const char *sqlstate, const char *text)
{
    covet_error err;
    covet__fail_state(&err, status, sqlstate, "%s", text);
    err.outcome = outcome_now(op);
    covet__run_explain_wait(op, &err);
    covet__run_abandon(op); /* first: the end of its connection must not come back to it */
    if (op->tx != NULL && op->state == COVET__OP_RUNNING)
        covet__tx_abort(op->tx, &err,
                        op->kind == COVET__OP_COMMIT ? COVET__RELEASE_CLOSE
                                                     : COVET__RELEASE_CANCEL);
    covet__op_fail(op, &err);
}

static void on_deadline(covet__timer *timer)
{
    covet_op *op = COVET_CONTAINER(timer, covet_op, deadline);
    char text[96];
    snprintf(text, sizeof text, "the deadline of %llu ms passed", (unsigned long long)op->timeout);
    give_up(op, COVET_ETIMEOUT, "57014", text);
}

void covet__op_cancel_all(covet_db *db, const covet_error *err)
{
    while (!covet__list_empty(&db->active)) {
        covet_op *op = COVET_CONTAINER(db->active.next, covet_op, link);
        if (op->state == COVET__OP_DONE) { /* its job is waiting */
            covet__list_remove(&op->job.link);
            on_job(&op->job);
            continue;
        }
        covet_error copy = *err;
        copy.outcome = outcome_now(op);
        covet__op_fail(op, &copy);
    }
}

/* ---- cancelling ---------------------------------------------------------------------------- */

void covet__op_cancel(covet_db *db, covet_op_id id)
{
    COVET_LIST_EACH (op, &db->active, covet_op, link) {
        if (op->id != id || op->state == COVET__OP_DONE)
            continue;
        if (op->kind == COVET__OP_COMMIT && op->state == COVET__OP_RUNNING)
            return; /* its outcome is the server's to tell */
        give_up(op, COVET_ECANCELED, "57014", "the operation was cancelled");
        return;
    }
}

typedef struct cancel_job {
    covet__job job;
    covet_db *db;
    covet_op_id id;
} cancel_job;

static void on_cancel(covet__job *job)
{
    cancel_job *c = COVET_CONTAINER(job, cancel_job, job);
    covet__op_cancel(c->db, c->id);
    covet__free(c);
}

void covet_cancel(covet_db *db, covet_op_id id)
{
    if (covet__db_check(db, NULL) != COVET_OK || id == 0)
        return;
    /* Posted in any case: the callback must not run inside this call, and the start of an
     * operation that another thread has posted before comes first. */
    cancel_job *c = covet__zalloc(sizeof *c);
    if (c == NULL)
        return;
    *c = (cancel_job){.db = db, .id = id};
    covet__job_init(&c->job, on_cancel);
    covet__loop_post(db->loop, &c->job);
}

/* ---- reading ------------------------------------------------------------------------------- */

const covet_result *covet_op_result(const covet_op *op)
{
    return op->has_result ? &op->result : NULL;
}

const covet_error *covet_op_error(const covet_op *op) { return &op->err; }

covet_op_id covet_op_number(const covet_op *op) { return op->id; }

covet_result *covet_op_take_result(covet_op *op)
{
    if (!op->has_result)
        return NULL;
    covet_result *taken = covet__alloc(sizeof *taken);
    if (taken == NULL)
        return NULL;
    if (op->rows != NULL && covet__result_own(&op->result, op->rows) != COVET_OK) {
        covet__free(taken);
        return NULL;
    }
    *taken = op->result;
    taken->loose = true;
    taken->arena = op->rows;
    op->rows = NULL;
    op->has_result = false;
    return taken;
}

/* ---- waiting ------------------------------------------------------------------------------- */

typedef struct waiter {
    covet__gate gate;
    covet_status status;
    covet_error err;
    bool want_result;
    covet_result *result;
    uint64_t affected;
} waiter;

static void on_waited(covet_op *op, covet_status status, void *user)
{
    waiter *w = user;
    w->status = status;
    if (status != COVET_OK) {
        w->err = op->err;
    } else if (op->has_result) {
        w->affected = covet_result_affected(&op->result);
        if (w->want_result && (w->result = covet_op_take_result(op)) == NULL)
            w->status = covet__fail(&w->err, COVET_ENOMEM, "result: out of memory");
    }
    covet__gate_open(&w->gate);
}

covet_status covet__op_wait(covet_db *db, const covet__start *start, const covet_sql *sql,
                            const covet_call *call, covet_error *err, covet_result **ret_result,
                            uint64_t *ret_affected)
{
    COVET_TRY(covet__db_check(db, err));
    if (covet__loop_on_thread(db->loop))
        return covet__fail(err, COVET_EDEADLK,
                           "a blocking call on the thread that runs the loop would wait for ever");
    waiter w = {.want_result = ret_result != NULL};
    covet__gate_init(&w.gate);
    const covet_status status = covet__op_start(db, start, sql, call, NULL, err, on_waited, &w);
    if (status != COVET_OK)
        covet__gate_open(&w.gate);
    covet__gate_pass(&w.gate);
    COVET_TRY(status);
    if (w.status != COVET_OK && err != NULL)
        *err = w.err;
    if (w.status == COVET_OK && ret_result != NULL)
        *ret_result = w.result;
    if (w.status == COVET_OK && ret_affected != NULL)
        *ret_affected = w.affected;
    return w.status;
}

covet_status covet_query(covet_db *db, const covet_sql *sql, const covet_call *call,
                         covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user)
{
    return covet__op_start(db, &(covet__start){0}, sql, call, ret_op, err, cb, user);
}

covet_status covet_query_wait(covet_db *db, const covet_sql *sql, const covet_call *call,
                              covet_result **ret_result, covet_error *err)
{
    if (ret_result == NULL)
        return covet__fail(err, COVET_EINVAL, "query: ret_result is NULL");
    return covet__op_wait(db, &(covet__start){0}, sql, call, err, ret_result, NULL);
}

covet_status covet_exec_wait(covet_db *db, const covet_sql *sql, const covet_call *call,
                             uint64_t *ret_affected, covet_error *err)
{
    return covet__op_wait(db, &(covet__start){0}, sql, call, err, NULL, ret_affected);
}
