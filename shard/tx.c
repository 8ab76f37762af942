/*
 * shard/tx.c - transactions inside one group (shard/handle.h).
 *
 *   IDLE -- first statement --> ACQUIRING --> ACTIVE -- commit, rollback --> gone
 *                                   \            \-- lost, given up --> BROKEN --> gone
 *
 * BEGIN leaves with the first statement and shares its Sync: were it to fail, the
 * statement behind it would be skipped, not run by itself.
 */
#include <stdio.h>
#include <string.h>

#include "core/pqerror.h"
#include "shard/handle.h"
#include "shard/run_bind.h"

/* ---- beginning ----------------------------------------------------------------------------- */

covet_status covet_begin(covet_db *db, const covet_tx_opts *opts, covet_tx **ret_tx,
                         covet_error *err)
{
    static const char *const levels[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
    COVET_TRY(covet__db_check(db, err));
    if (ret_tx == NULL)
        return covet__fail(err, COVET_EINVAL, "begin: ret_tx is NULL");
    if (opts != NULL &&
        (opts->size < sizeof *opts || (size_t)opts->isolation >= COVET_COUNT(levels)))
        return covet__fail(err, COVET_EINVAL, "begin: the options are not valid");
    covet_tx *tx = covet__zalloc(sizeof *tx);
    if (tx == NULL)
        return covet__fail(err, COVET_ENOMEM, "begin: out of memory");
    tx->db = db;
    if (opts != NULL)
        tx->opts = *opts;
    covet__list_init(&tx->turns);
    snprintf(tx->begin_text, sizeof tx->begin_text, "BEGIN ISOLATION LEVEL %s%s",
             levels[tx->opts.isolation], tx->opts.read_only ? " READ ONLY" : "");
    tx->begin_sql = (covet__sql){.text = tx->begin_text};
    pthread_mutex_lock(&db->mutex);
    covet__list_append(&db->transactions, &tx->link);
    pthread_mutex_unlock(&db->mutex);
    *ret_tx = tx;
    return COVET_OK;
}

/* ---- the line -------------------------------------------------------------------------------- */

static bool is_end(const covet_op *op)
{
    return op->kind == COVET__OP_COMMIT || op->kind == COVET__OP_ROLLBACK;
}

static covet_op *first_in_line(covet_tx *tx)
{
    return covet__list_empty(&tx->turns) ? NULL : COVET_CONTAINER(tx->turns.next, covet_op, turn);
}

void covet__tx_enter(covet_op *op)
{
    covet_tx *tx = op->tx;
    if (tx->ending) {
        covet_error err;
        covet__fail_state(&err, COVET_EINVAL, "25P01", "the transaction has ended");
        op->tx = NULL;
        covet__op_fail(op, &err);
        return;
    }
    tx->ending = is_end(op);
    covet__list_append(&tx->turns, &op->turn);
    if (first_in_line(tx) == op)
        covet__op_proceed(op);
}

void covet__tx_leave(covet_op *op)
{
    covet_tx *tx = op->tx;
    const bool was_first = first_in_line(tx) == op;
    covet__list_remove(&op->turn);
    tx->ended |= is_end(op);
    covet_op *next = first_in_line(tx);
    if (tx->ended) { /* given up in the line, the end leaves before those in front of it */
        op->tx = NULL;
        if (next == NULL)
            covet__tx_destroy(tx);
    }
    if (was_first && next != NULL && next->state == COVET__OP_WAITING)
        covet__op_soon(next);
}

/* ---- statements ---------------------------------------------------------------------------- */

/* The statement behind it has the same unit and the same fate; why, only this one knows. */
static void on_begun(covet__req *req, const covet__fault *fault)
{
    covet_tx *tx = COVET_CONTAINER(req, covet_tx, control);
    PGresult *result = COVET_TAKE(req->result);
    if (fault == NULL && PQresultStatus(result) != PGRES_COMMAND_OK)
        covet__pq_error(result, &tx->why);
    PQclear(result);
}

bool covet__tx_was_refused(covet_tx *tx, const PGresult *result)
{
    if (PQresultStatus(result) != PGRES_PIPELINE_ABORTED || tx->why.status == COVET_OK)
        return false;
    covet_error why = tx->why;
    why.outcome = COVET_OUTCOME_ABORTED;
    covet__tx_abort(tx, &why, COVET__RELEASE_KEEP);
    return true;
}

static void send_part(covet_tx *tx, covet__part *part)
{
    part->want.req.in_transaction = true;
    part->sent_once = covet__slot_send(tx->want.slot, &part->want.req);
    if (part->sent_once)
        return;
    part->want.req.done(&part->want.req, &(covet__fault){.status = COVET_ECONNLOST,
                                                         .text = "the connection broke while the "
                                                                 "transaction was idle"});
}

static void start(covet_tx *tx)
{
    covet__part *part = COVET_TAKE(tx->first);
    tx->state = COVET__TX_ACTIVE;
    tx->moments.known = false; /* now its connection tells */
    tx->control =
        (covet__req){.sql = &tx->begin_sql, .done = on_begun, .hold = true, .in_transaction = true};
    covet__slot_send(tx->want.slot, &tx->control);
    send_part(tx, part);
}

static void on_granted(covet__want *want, const covet_error *err)
{
    covet_tx *tx = COVET_CONTAINER(want, covet_tx, want);
    if (err == NULL) {
        start(tx);
        return;
    }
    covet_op *op = COVET_TAKE(tx->first)->op;
    covet_error copy = *err;
    tx->state = COVET__TX_IDLE;
    tx->want.pool = NULL;
    copy.outcome = COVET_OUTCOME_NOT_SENT;
    covet__op_fail(op, &copy);
}

static void refuse_group(covet_op *op, uint32_t group)
{
    const covet__map *map = op->db->topology.map;
    covet__op_failf(op, COVET_EUNSUPPORTED, "0A000",
                    "a transaction over several groups is not supported yet: it began in group %s, "
                    "and this statement is for group %s",
                    covet__pool_group(op->tx->server->pool),
                    map != NULL && group < map->group_count ? map->groups[group].name : "?");
}

void covet__tx_run_part(covet_op *op, covet__part *part, uint32_t group)
{
    covet_tx *tx = op->tx;
    covet__server *server = covet__db_group(op->db, group);
    covet_error err;
    if (tx->state == COVET__TX_ACTIVE) {
        if (tx->server != server)
            refuse_group(op, group);
        else
            send_part(tx, part);
        return;
    }
    tx->state = COVET__TX_ACQUIRING;
    tx->group = group;
    tx->server = server;
    tx->first = part;
    tx->want = (covet__want){.exclusive = true, .hint = part->want.hint, .answer = on_granted};
    if (covet__pool_want(server->pool, &tx->want, &err) != COVET_OK) {
        tx->state = COVET__TX_IDLE;
        tx->want.pool = NULL;
        tx->first = NULL;
        covet__op_fail(op, &err);
    } else if (tx->want.slot != NULL) {
        start(tx);
    }
}

/* ---- ending -------------------------------------------------------------------------------- */

static void release(covet_tx *tx, covet__release how)
{
    if (tx->state == COVET__TX_ACQUIRING)
        covet__pool_unwant(&tx->want);
    if (tx->state == COVET__TX_ACTIVE) {
        covet__slot_forget(tx->want.slot, &tx->control); /* no answer comes back to us */
        covet__slot_release(tx->want.slot, how);
    }
    tx->want.slot = NULL;
    tx->want.pool = NULL;
}

void covet__tx_abort(covet_tx *tx, const covet_error *why, covet__release how)
{
    if (tx->state == COVET__TX_BROKEN)
        return;
    tx->why = *why;
    release(tx, how);
    tx->first = NULL;
    tx->state = COVET__TX_BROKEN;
}

void covet__tx_fail(covet_op *op, const covet_error *why)
{
    covet_tx *tx = op->tx;
    if (first_in_line(tx) != op)
        return;
    if (tx->state != COVET__TX_BROKEN && !tx->failed)
        tx->why = *why;
    tx->failed = true;
}

void covet__tx_destroy(covet_tx *tx)
{
    release(tx, COVET__RELEASE_CANCEL);
    pthread_mutex_lock(&tx->db->mutex);
    covet__list_remove(&tx->link);
    pthread_mutex_unlock(&tx->db->mutex);
    covet__free(tx);
}

/* Its connection, for whoever needs one next. */
static bool is_as_new(const covet_tx *tx)
{
    return covet__slot_transaction(tx->want.slot) == 'I' && !tx->full;
}

static void end_well(covet_op *op)
{
    covet_tx *tx = op->tx;
    if (tx->state == COVET__TX_ACTIVE) {
        release(tx, is_as_new(tx) ? COVET__RELEASE_KEEP : COVET__RELEASE_CLOSE);
        tx->state = COVET__TX_BROKEN; /* nothing is left to give back */
    }
    covet__op_finish(op);
}

static void end_badly(covet_op *op, const covet_error *why)
{
    covet_tx *tx = op->tx;
    const covet_error copy = *why;
    if (tx->state == COVET__TX_ACTIVE) {
        release(tx, is_as_new(tx) ? COVET__RELEASE_KEEP : COVET__RELEASE_CLOSE);
        tx->state = COVET__TX_BROKEN;
    }
    covet__op_fail(op, &copy);
}

static bool is_rolled_back(const PGresult *result)
{
    return strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "ROLLBACK") == 0;
}

static void on_ended(covet__req *req, const covet__fault *fault)
{
    covet_tx *tx = COVET_CONTAINER(req, covet_tx, control);
    covet_op *op = first_in_line(tx);
    PGresult *result = COVET_TAKE(req->result);
    const PGresult *error = fault != NULL ? fault->result : result;
    const bool commits = op->kind == COVET__OP_COMMIT;
    covet_error err;
    if (fault != NULL && fault->result == NULL) {
        covet__fail_state(&err, fault->status, "08006", "%s",
                          fault->text != NULL ? fault->text : "the connection broke");
        err.outcome = fault->sent && !tx->failed ? COVET_OUTCOME_UNKNOWN : COVET_OUTCOME_ABORTED;
    } else if (PQresultStatus(error) != PGRES_COMMAND_OK) {
        /* A server that goes away may have committed before it said so. */
        const covet_status status = covet__pq_error(error, &err);
        err.outcome = status == COVET_ECONNLOST ? COVET_OUTCOME_UNKNOWN : COVET_OUTCOME_REJECTED;
    } else if (commits && is_rolled_back(result)) {
        covet__fail_state(&err, COVET_ESQL, "25P02",
                          "the transaction was rolled back: a statement in it had failed");
        err.outcome = COVET_OUTCOME_ABORTED;
    } else {
        PQclear(result);
        end_well(op);
        return;
    }
    if (!op->db->plain)
        covet__pool_blame(tx->want.pool, &err);
    PQclear(result);
    if (!commits) /* the connection is gone and the server rolls back by itself */
        end_well(op);
    else
        end_badly(op, &err);
}

void covet__tx_end(covet_op *op)
{
    static const covet__sql commit = {.text = "COMMIT"}, rollback = {.text = "ROLLBACK"};
    covet_tx *tx = op->tx;
    const bool commits = op->kind == COVET__OP_COMMIT;
    op->state = COVET__OP_RUNNING;
    if ((tx->state == COVET__TX_BROKEN || (tx->failed && tx->state == COVET__TX_IDLE)) && commits) {
        covet_error err = tx->why;
        if (tx->state == COVET__TX_IDLE)
            covet__fail_state(&err, COVET_ESQL, "25P02", "a statement in it had failed: %s",
                              tx->why.message);
        covet__prefix(&err, "the transaction was rolled back");
        err.outcome = COVET_OUTCOME_ABORTED;
        covet__op_fail(op, &err);
        return;
    }
    if (tx->state != COVET__TX_ACTIVE) {
        covet__op_finish(op);
        return;
    }
    tx->control = (covet__req){.sql = commits && !tx->failed ? &commit : &rollback,
                               .done = on_ended,
                               .in_transaction = true};
    if (covet__slot_send(tx->want.slot, &tx->control))
        return;
    covet_error err;
    covet__fail_state(&err, COVET_ECONNLOST, "08006",
                      "the connection broke while the transaction was idle: it was rolled back");
    err.outcome = COVET_OUTCOME_ABORTED;
    if (commits)
        end_badly(op, &err);
    else
        end_well(op);
}

static covet_status end(covet_tx *tx, covet__op_kind kind, const covet_call *call,
                        covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user)
{
    if (tx == NULL)
        return covet__fail(err, COVET_EINVAL, "the transaction is NULL");
    const covet__start start = {.kind = kind, .tx = tx};
    return covet__op_start(tx->db, &start, NULL, call, ret_op, err, cb, user);
}

static covet_status end_wait(covet_tx *tx, covet__op_kind kind, const covet_call *call,
                             covet_error *err)
{
    if (tx == NULL)
        return covet__fail(err, COVET_EINVAL, "the transaction is NULL");
    const covet__start start = {.kind = kind, .tx = tx};
    return covet__op_wait(tx->db, &start, NULL, call, err, NULL, NULL);
}

covet_status covet_commit(covet_tx *tx, const covet_call *call, covet_op_id *ret_op,
                          covet_error *err, covet_cb *cb, void *user)
{
    return end(tx, COVET__OP_COMMIT, call, ret_op, err, cb, user);
}

covet_status covet_commit_wait(covet_tx *tx, const covet_call *call, covet_error *err)
{
    return end_wait(tx, COVET__OP_COMMIT, call, err);
}

covet_status covet_rollback(covet_tx *tx, const covet_call *call, covet_op_id *ret_op,
                            covet_error *err, covet_cb *cb, void *user)
{
    return end(tx, COVET__OP_ROLLBACK, call, ret_op, err, cb, user);
}

covet_status covet_rollback_wait(covet_tx *tx, const covet_call *call, covet_error *err)
{
    return end_wait(tx, COVET__OP_ROLLBACK, call, err);
}
