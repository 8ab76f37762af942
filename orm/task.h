/*
 * orm/task.h - internal: one operation of the ORM, which may take several statements.
 *
 *     start ---> statement ---> step ---> statement ---> step ---> callback
 *               (its thread)   (on the loop's thread from here on)
 *
 * To the caller it is one operation (shard/compose.h): one id, one deadline over all its
 * statements, one callback. It lives in an arena of the caller's, which it pins until the
 * callback has returned; it makes rows there and nothing elsewhere.
 *
 *   K1  Each path ends in covet__task_end, exactly once, or in a statement that is under way.
 *   K2  After covet__task_end nothing of the task is touched: the arena may be gone.
 */
#ifndef COVET_ORM_TASK_H
#define COVET_ORM_TASK_H

#include <covet/orm/orm.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/pin.h"
#include "shard/compose.h"

typedef struct covet__task covet__task;

/* What is done when a statement has ended, well or not; `op` is that statement's. */
typedef void covet__task_step(covet__task *task, covet_op *op, covet_status status);

struct covet__task {
    covet_db *db;
    covet_arena *arena;
    covet_call call;
    covet_msec deadline;
    covet_op_id id; /* known in steps */
    covet__task_step *step;
    covet_cb *cb;
    void *user;
    struct covet__task_waiter *waiter; /* instead of cb */
    void *part;                        /* that its steps are in, if it has several */

    /* What the caller reads. */
    void *rows;
    size_t row_count;
    int64_t count;
};

/* Fills in what all tasks have. */
void covet__task_init(covet__task *task, covet_db *db, covet_arena *arena, const covet_call *call);

/* Sends the first statement; `sql` NULL: none, the step follows all the same. A task that
 * fails to start is over. */
covet_status covet__task_start(covet__task *task, const covet_sql *sql, covet__task_step *step,
                               covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user);
/* The same, and waits for its end. */
covet_status covet__task_wait(covet__task *task, const covet_sql *sql, covet__task_step *step,
                              covet_error *err);

/* In a step: the next statement, or the end. */
void covet__task_next(covet__task *task, covet_op *op, const covet_sql *sql,
                      covet__task_step *step);
void covet__task_end(covet__task *task, covet_op *op, covet_status status);
void covet__task_fail(covet__task *task, covet_op *op, const covet_error *err);

/* In a step: the end of the transaction that the task has begun. */
void covet__task_commit(covet__task *task, covet_op *op, covet__task_step *step);
void covet__task_rollback(covet__task *task, covet_op *op, covet__task_step *step);

/* In a step: the statement's result, kept as long as the arena. */
covet_status covet__task_keep(covet__task *task, covet_op *op, const covet_result **ret_result,
                              covet_error *err);

#endif
