/*
 * orm/delete.c - deletes a row and what goes with it, in one transaction (orm/delete.h).
 *
 *     questions until nothing is left to be found out, then statements, then COMMIT
 *
 * A row that nothing can refer to is one statement, without a transaction of its own.
 */
#include <string.h>

#include "orm/delete.h"
#include "orm/rows.h"

typedef struct deletion {
    covet__task task; /* first */
    void *row;
    covet__collector collector;
    covet__pending *next;
    bool own_tx; /* it has begun its transaction itself */
    covet_error why;
} deletion;

static void proceed(deletion *d, covet_op *op);

/* ---- the end ------------------------------------------------------------------------------- */

static void finish(deletion *d, covet_op *op)
{
    covet__forget_saved(d->row);
    covet__task_end(&d->task, op, COVET_OK);
}

static void on_committed(covet__task *task, covet_op *op, covet_status status)
{
    if (status != COVET_OK)
        covet__task_end(task, op, status);
    else
        finish((deletion *)(void *)task, op);
}

static void on_rolled_back(covet__task *task, covet_op *op, covet_status status)
{
    COVET_UNUSED(status); /* the connection is closed then, which rolls back too */
    covet__task_fail(task, op, &((deletion *)(void *)task)->why);
}

/* What has failed in a transaction of its own is rolled back before it is told. */
static void fail(deletion *d, covet_op *op, const covet_error *err)
{
    d->why = *err;
    if (!d->own_tx) {
        covet__task_fail(&d->task, op, &d->why);
        return;
    }
    if (d->why.outcome == COVET_OUTCOME_NONE || d->why.outcome == COVET_OUTCOME_NOT_SENT)
        d->why.outcome = COVET_OUTCOME_ABORTED;
    covet__task_rollback(&d->task, op, on_rolled_back);
}

/* ---- steps --------------------------------------------------------------------------------- */

static void on_deleted(covet__task *task, covet_op *op, covet_status status)
{
    deletion *d = (deletion *)(void *)task;
    if (status != COVET_OK) {
        fail(d, op, covet_op_error(op));
        return;
    }
    if (d->next->counts)
        task->count += (int64_t)covet_result_affected(covet_op_result(op));
    d->next = d->next->next;
    if (d->next != NULL)
        covet__task_next(task, op, &d->next->sql, on_deleted);
    else if (d->own_tx)
        covet__task_commit(task, op, on_committed);
    else
        finish(d, op);
}

static void on_answer(covet__task *task, covet_op *op, covet_status status)
{
    deletion *d = (deletion *)(void *)task;
    covet_error err;
    if (status != COVET_OK)
        fail(d, op, covet_op_error(op));
    else if (covet__collect_answer(&d->collector, covet_op_result(op), &err) != COVET_OK)
        fail(d, op, &err);
    else
        proceed(d, op);
}

static bool has_own_tx_to_begin(const deletion *d, bool ask)
{
    return d->task.call.tx == NULL && (ask || d->next->next != NULL);
}

/* The next question, or the first statement. */
static void proceed(deletion *d, covet_op *op)
{
    covet_sql sql;
    covet_error err;
    bool ask;
    covet_status status = covet__collect(&d->collector, &sql, &ask, &err);
    if (status == COVET_OK && !ask)
        status = covet__collect_finish(&d->collector, &d->next, &err);
    if (status == COVET_OK && has_own_tx_to_begin(d, ask)) {
        status = covet_begin(d->task.db, NULL, &d->task.call.tx, &err);
        d->own_tx = status == COVET_OK;
    }
    if (status != COVET_OK)
        fail(d, op, &err);
    else if (ask)
        covet__task_next(&d->task, op, &sql, on_answer);
    else
        covet__task_next(&d->task, op, &d->next->sql, on_deleted);
}

/* The handle is open now, so it is known which tables are distributed. */
static void on_open(covet__task *task, covet_op *op, covet_status status)
{
    deletion *d = (deletion *)(void *)task;
    covet_error err;
    if (status != COVET_OK)
        covet__task_end(task, op, status);
    else if (covet__collect_start(&d->collector, d->row, &err) != COVET_OK)
        covet__task_fail(task, op, &err);
    else
        proceed(d, op);
}

/* ---- starting ------------------------------------------------------------------------------ */

static covet_status prepare(covet_db *db, void *row, const covet_call *call, deletion **ret,
                            covet_error *err)
{
    COVET_TRY(covet__row_check(row, "delete", err));
    covet_row *r = covet__row_of(row);
    if (!covet__has_pk(row))
        return covet__fail(err, COVET_EINVAL,
                           "delete: this row of %s has no primary key: it is "
                           "not in the database",
                           r->model->name);
    deletion *d = covet_arena_alloc(r->arena, sizeof *d);
    if (d == NULL)
        return covet__fail(err, COVET_ENOMEM, "delete: out of memory");
    memset(d, 0, sizeof *d);
    covet__task_init(&d->task, db, r->arena, call);
    d->row = row;
    d->collector = (covet__collector){.arena = r->arena, .db = db};
    *ret = d;
    return COVET_OK;
}

covet_status covet_delete(covet_db *db, void *row, const covet_call *call, covet_op_id *ret_op,
                          covet_error *err, covet_cb *cb, void *user)
{
    deletion *d;
    COVET_TRY(prepare(db, row, call, &d, err));
    return covet__task_start(&d->task, NULL, on_open, ret_op, err, cb, user);
}

covet_status covet_delete_wait(covet_db *db, void *row, const covet_call *call,
                               int64_t *ret_deleted, covet_error *err)
{
    deletion *d;
    COVET_TRY(prepare(db, row, call, &d, err));
    COVET_TRY(covet__task_wait(&d->task, NULL, on_open, err));
    if (ret_deleted != NULL)
        *ret_deleted = d->task.count;
    return COVET_OK;
}
