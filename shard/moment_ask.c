/*
 * shard/moment_ask.c - asks a server what now() is (shard/moment.h).
 *
 * A server's clock, never the caller's. In a transaction that has a connection it is that
 * connection's, so that it is the same moment in whatever the transaction sends; one that
 * has none yet keeps what it was told first. One round trip before the parts are sent.
 */
#include <string.h>

#include "core/pqerror.h"
#include "shard/handle.h"

/* Microseconds since 1970, which no setting of the session changes. */
static const covet__sql question = {
    .text = "SELECT (EXTRACT(epoch FROM pg_catalog.now()) * 1000000)::pg_catalog.int8,\n"
            "       (EXTRACT(epoch FROM pg_catalog.statement_timestamp()) * 1000000)"
            "::pg_catalog.int8",
    .read_only = true};

static bool is_active(const covet_op *op)
{
    return op->tx != NULL && op->tx->state == COVET__TX_ACTIVE;
}

static void fail(covet_op *op, const covet_error *why)
{
    covet_error err = *why;
    covet__prefix(&err, "the moment of now()");
    if (op->plan->read_only)
        err.outcome = COVET_OUTCOME_NONE;
    else
        err.outcome = is_active(op) ? COVET_OUTCOME_ABORTED : COVET_OUTCOME_NOT_SENT;
    covet__op_fail(op, &err);
}

static void lost(covet_op *op, const covet__fault *fault)
{
    covet_error err;
    if (covet__run_may_repeat(op, fault->sent))
        return;
    covet__fail_state(&err, fault->status, "08006", "%s",
                      fault->text != NULL ? fault->text : "the connection broke");
    if (is_active(op))
        covet__tx_abort(op->tx, &err, COVET__RELEASE_CLOSE);
    fail(op, &err);
}

/* A transaction that has no connection of its own keeps its first moment. */
static void take(covet_op *op, PGresult *rows)
{
    covet_result result;
    covet_error err;
    int64_t transaction = 0, statement = 0;
    covet__result_single(&result, rows);
    const bool good = covet_result_int(&result, 0, 0, &transaction, &err) == COVET_OK &&
                      covet_result_int(&result, 0, 1, &statement, &err) == COVET_OK;
    covet__result_clear(&result);
    if (!good) {
        fail(op, &err);
        return;
    }
    op->moments =
        (covet__moments){.known = true, .transaction = {transaction}, .statement = {statement}};
    if (op->tx != NULL && !is_active(op)) {
        if (op->tx->moments.known)
            op->moments.transaction = op->tx->moments.transaction;
        else
            op->tx->moments = op->moments;
    }
    memset(&op->one, 0, sizeof op->one);
    covet__op_proceed(op); /* the map may have changed, and the plan with it */
}

static void on_told(covet__req *req, const covet__fault *fault)
{
    covet_op *op = COVET_CONTAINER(req, covet__part, want.req)->op;
    PGresult *result = COVET_TAKE(req->result);
    const PGresult *answer = fault != NULL ? fault->result : result;
    covet_error err;
    op->one.done = true;
    if (answer == NULL) {
        PQclear(result);
        lost(op, fault);
    } else if (fault != NULL || PQresultStatus(answer) != PGRES_TUPLES_OK) {
        covet__pq_error(answer, &err);
        PQclear(result);
        fail(op, &err);
    } else {
        take(op, result);
    }
}

static void on_failed(covet__want *want, const covet_error *err)
{
    covet_op *op = COVET_CONTAINER(want, covet__part, want)->op;
    const covet_error copy = *err;
    op->one.done = true;
    fail(op, &copy);
}

void covet__moment_ask(covet_op *op)
{
    covet_error err;
    uint32_t group = 0;
    covet__server *server = covet__db_any(op->db, 0, &group);
    op->one = (covet__part){.op = op};
    op->one.want = (covet__want){.req = {.sql = &question, .done = on_told}, .answer = on_failed};
    covet__list_init(&op->one.want.req.link);
    if (is_active(op)) {
        covet__tx_run_part(op, &op->one, op->tx->group);
        return;
    }
    if (server == NULL) {
        covet__op_failf(op, COVET_ECONNECT, "", "there is no server to ask for the moment");
        return;
    }
    op->one.sent_once = true;
    if (covet__pool_want(server->pool, &op->one.want, &err) != COVET_OK) {
        op->one.done = true;
        covet__op_fail(op, &err);
    }
}
