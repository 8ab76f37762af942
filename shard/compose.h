/*
 * shard/compose.h - internal: operations of several statements, for the ORM.
 *
 * To its caller such an operation is one: one id, which cancels whichever step is under
 * way, one deadline, one callback with one covet_op (the last step's), from which rows or
 * the error are read. Steps after the first are started from the callback of the one
 * before, on the loop's thread.
 */
#ifndef COVET_SHARD_COMPOSE_H
#define COVET_SHARD_COMPOSE_H

#include <covet/shard/db.h>

/* As covet_query. `sql` NULL: a step without a statement, which only calls back. `id`: that
 * of the first step, 0 for it. `attached` is whatever the composer wants to find again. */
covet_status covet__step_start(covet_db *db, const covet_sql *sql, const covet_call *call,
                               covet_op_id id, void *attached, covet_op_id *ret_op,
                               covet_error *err, covet_cb *cb, void *user);

/* The step that commits a transaction which the composer has begun, or rolls it back; as
 * covet_commit and covet_rollback, `call`'s own transaction is not looked at. */
covet_status covet__step_end(covet_tx *tx, bool commit, const covet_call *call, covet_op_id id,
                             void *attached, covet_error *err, covet_cb *cb, void *user);

void *covet__step_attached(const covet_op *op);
covet_db *covet__step_db(const covet_op *op);

/* Makes the operation one that has failed: what covet_op_error then gives. */
covet_status covet__step_fail(covet_op *op, const covet_error *err);

/* Whether the calling thread is the loop's, where nothing may wait. */
bool covet__step_on_loop(const covet_db *db);

/* What is left of a call's time: the moment at which its first step must end, and the
 * timeout of a later one. */
covet_msec covet__step_deadline(const covet_db *db, const covet_call *call);
covet_msec covet__step_timeout(covet_msec deadline);

#endif
