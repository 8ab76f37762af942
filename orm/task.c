#include <string.h>

#include "orm/task.h"

typedef struct covet__task_waiter {
    covet__gate gate;
    covet_status status;
    covet_error err;
} covet__task_waiter;

void covet__task_init(covet__task *task, covet_db *db, covet_arena *arena, const covet_call *call)
{
    *task = (covet__task){.db = db, .arena = arena};
    if (call != NULL)
        memcpy(&task->call, call, COVET_MIN(call->size, sizeof task->call));
    task->call.size = sizeof task->call;
    task->call.text_result = false; /* rows are read from either form, and faster from binary */
}

/* ---- ending -------------------------------------------------------------------------------- */

void covet__task_end(covet__task *task, covet_op *op, covet_status status)
{
    covet_arena *arena = task->arena;
    covet__task_waiter *waiter = task->waiter;
    if (status != COVET_OK) { /* nothing is to be had of a task that has failed */
        task->rows = NULL;
        task->row_count = 0;
        task->count = 0;
    }
    if (waiter != NULL) { /* whoever waits goes on, and may free the arena, from there */
        waiter->status = status;
        if (status != COVET_OK)
            waiter->err = *covet_op_error(op);
        covet__arena_unpin(arena);
        covet__gate_open(&waiter->gate);
        return;
    }
    if (task->cb != NULL)
        task->cb(op, status, task->user);
    covet__arena_unpin(arena);
}

void covet__task_fail(covet__task *task, covet_op *op, const covet_error *err)
{
    covet__task_end(task, op, covet__step_fail(op, err));
}

/* ---- statements ------------------------------------------------------------------------------ */

static void on_step(covet_op *op, covet_status status, void *user)
{
    covet__task *task = user;
    task->id = covet_op_number(op);
    task->step(task, op, status);
}

static covet_status start(covet__task *task, const covet_sql *sql, covet__task_step *step,
                          covet_op_id *ret_op, covet_error *err)
{
    if (task->db == NULL)
        return covet__fail(err, COVET_EINVAL, "the handle is NULL");
    task->deadline = covet__step_deadline(task->db, &task->call);
    task->step = step;
    covet__arena_pin(task->arena);
    const covet_status status =
        covet__step_start(task->db, sql, &task->call, 0, task, ret_op, err, on_step, task);
    if (status != COVET_OK)
        covet__arena_unpin(task->arena);
    return status;
}

covet_status covet__task_start(covet__task *task, const covet_sql *sql, covet__task_step *step,
                               covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user)
{
    task->cb = cb;
    task->user = user;
    return start(task, sql, step, ret_op, err);
}

covet_status covet__task_wait(covet__task *task, const covet_sql *sql, covet__task_step *step,
                              covet_error *err)
{
    covet__task_waiter waiter = {.status = COVET_OK};
    if (task->db != NULL && covet__step_on_loop(task->db))
        return covet__fail(err, COVET_EDEADLK,
                           "a blocking call on the thread that runs the loop would wait for ever");
    covet__gate_init(&waiter.gate);
    task->waiter = &waiter;
    const covet_status status = start(task, sql, step, NULL, err);
    if (status != COVET_OK)
        covet__gate_open(&waiter.gate);
    covet__gate_pass(&waiter.gate);
    COVET_TRY(status);
    if (waiter.status != COVET_OK && err != NULL)
        *err = waiter.err;
    return waiter.status;
}

void covet__task_next(covet__task *task, covet_op *op, const covet_sql *sql, covet__task_step *step)
{
    covet_error err;
    task->step = step;
    task->call.timeout = covet__step_timeout(task->deadline);
    if (covet__step_start(task->db, sql, &task->call, task->id, task, NULL, &err, on_step, task) !=
        COVET_OK)
        covet__task_fail(task, op, &err);
}

static void end_transaction(covet__task *task, covet_op *op, bool commit, covet__task_step *step)
{
    covet_error err;
    task->step = step;
    task->call.timeout = covet__step_timeout(task->deadline);
    if (covet__step_end(task->call.tx, commit, &task->call, task->id, task, &err, on_step, task) !=
        COVET_OK)
        covet__task_fail(task, op, &err);
}

void covet__task_commit(covet__task *task, covet_op *op, covet__task_step *step)
{
    end_transaction(task, op, true, step);
}

void covet__task_rollback(covet__task *task, covet_op *op, covet__task_step *step)
{
    end_transaction(task, op, false, step);
}

/* ---- results ------------------------------------------------------------------------------- */

static void free_result(void *result) { covet_result_free(result); }

covet_status covet__task_keep(covet__task *task, covet_op *op, const covet_result **ret_result,
                              covet_error *err)
{
    covet_result *result = covet_op_take_result(op);
    if (result == NULL)
        return covet__fail(err, COVET_ENOMEM, "rows: out of memory");
    if (!covet__arena_defer(task->arena, free_result, result)) {
        covet_result_free(result);
        return covet__fail(err, COVET_ENOMEM, "rows: out of memory");
    }
    *ret_result = result;
    return COVET_OK;
}
