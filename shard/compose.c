#include "shard/compose.h"
#include "shard/handle.h"

covet_status covet__step_start(covet_db *db, const covet_sql *sql, const covet_call *call,
                               covet_op_id id, void *attached, covet_op_id *ret_op,
                               covet_error *err, covet_cb *cb, void *user)
{
    const covet__start start = {.kind = sql != NULL ? COVET__OP_QUERY : COVET__OP_NOTHING,
                                .id = id,
                                .attached = attached};
    return covet__op_start(db, &start, sql, call, ret_op, err, cb, user);
}

covet_status covet__step_end(covet_tx *tx, bool commit, const covet_call *call, covet_op_id id,
                             void *attached, covet_error *err, covet_cb *cb, void *user)
{
    const covet__start start = {.kind = commit ? COVET__OP_COMMIT : COVET__OP_ROLLBACK,
                                .tx = tx,
                                .id = id,
                                .attached = attached};
    return covet__op_start(tx->db, &start, NULL, call, NULL, err, cb, user);
}

void *covet__step_attached(const covet_op *op) { return op->attached; }

covet_db *covet__step_db(const covet_op *op) { return op->db; }

covet_status covet__step_fail(covet_op *op, const covet_error *err)
{
    if (op->has_result) {
        covet__result_clear(&op->result);
        op->has_result = false;
    }
    op->err = *err;
    return err->status;
}

bool covet__step_on_loop(const covet_db *db) { return covet__loop_on_thread(db->loop); }

covet_msec covet__step_deadline(const covet_db *db, const covet_call *call)
{
    const bool given = call != NULL &&
                       call->size >= offsetof(covet_call, timeout) + sizeof call->timeout &&
                       call->timeout != 0;
    const covet_msec timeout = given ? call->timeout : db->opts.timeout;
    return timeout == COVET_NO_TIMEOUT ? COVET_NO_TIMEOUT : covet__now() + timeout;
}

covet_msec covet__step_timeout(covet_msec deadline)
{
    if (deadline == COVET_NO_TIMEOUT)
        return COVET_NO_TIMEOUT;
    const covet_msec now = covet__now();
    return deadline > now ? deadline - now : 1;
}
