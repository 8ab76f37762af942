/*
 * shard/run_answer.c - what the servers answer, or that they do not, becomes the operation's
 * outcome: a result, an error, or another attempt.
 *
 * What is sent again, and what is not:
 *   R1  what was never sent
 *   R2  a statement that is proven to read, outside a transaction
 *   R3  a statement that met a table which has moved, once, with a newer map (DESIGN 5.5)
 * Rows of a stream that the caller has seen are not sent again by any of these.
 * Anything else that gets no answer is a write whose outcome is unknown, or a
 * transaction that is rolled back.
 */
#include <string.h>

#include "core/pqerror.h"
#include "shard/run_impl.h"
#include "shard/sink.h"
#include "shard/stream.h"

enum { ATTEMPTS_MAX = 4 };

/* ---- starting again ------------------------------------------------------------------------ */

/* All of it comes again. */
static void take_back(covet_op *op)
{
    covet__run_abandon(op);
    if (op->sink != NULL)
        op->sink->forget(op->sink);
}

void covet__run_again(covet_op *op)
{
    take_back(op);
    op->attempts++;
    memset(&op->one, 0, sizeof op->one);
    covet__op_proceed(op);
}

static bool may_retry(const covet_op *op, bool sent)
{
    if (op->attempts >= ATTEMPTS_MAX || covet__stream_has_begun(op))
        return false;
    if (op->tx != NULL && op->tx->state != COVET__TX_IDLE)
        return false;
    return !sent || op->plan->read_only; /* R1, R2 */
}

bool covet__run_may_repeat(covet_op *op, bool sent)
{
    if (!may_retry(op, sent))
        return false;
    covet__run_again(op);
    return true;
}

/* Errors of a server that does not have the shard (any more). */
static bool is_missing(const char *sqlstate)
{
    return strcmp(sqlstate, "42P01") == 0 || strcmp(sqlstate, "3F000") == 0;
}

bool covet__run_is_stale(covet_op *op, const covet_error *err)
{
    covet_db *db = op->db;
    if (!is_missing(err->sqlstate) || op->refreshed || db->state != COVET__DB_OPEN ||
        covet__stream_has_begun(op))
        return false;
    if (db->plain ? db->plain_looked : db->catalog == NULL)
        return false;
    if (op->tx != NULL && op->tx->state != COVET__TX_IDLE)
        return false;
    op->refreshed = true;
    op->stale_epoch = db->plain ? 0 : db->topology.map->epoch;
    take_back(op);
    op->err = *err;
    covet__op_wait_in(op, &db->stale);
    covet__db_refresh(db);
    return true;
}

void covet__run_resume_stale(covet_db *db)
{
    covet__link stale;
    covet__list_init(&stale);
    covet__list_splice(&stale, &db->stale);
    while (!covet__list_empty(&stale)) {
        covet_op *op = COVET_CONTAINER(stale.next, covet_op, wait);
        covet__list_remove(&op->wait);
        const covet__map *map = db->topology.map;
        const covet_error err = op->err;
        memset(&op->one, 0, sizeof op->one);
        op->err.status = COVET_OK;
        if (map != NULL && map->epoch > op->stale_epoch)
            covet__op_proceed(op); /* R3 */
        else
            covet__op_fail(op, &err);
    }
}

/* ---- one part ------------------------------------------------------------------------------ */

static covet_outcome lost_outcome(const covet_op *op, bool sent)
{
    if (op->plan->read_only)
        return COVET_OUTCOME_NONE;
    if (op->tx != NULL)
        return COVET_OUTCOME_ABORTED;
    return sent ? COVET_OUTCOME_UNKNOWN : COVET_OUTCOME_NOT_SENT;
}

static covet__pool *pool_of_part(const covet_op *op, const covet__part *part)
{
    const covet__lease *lease = covet__run_lease_of(op, part);
    if (lease != NULL)
        return lease->of_tx ? op->tx->want.pool : lease->want.pool;
    return part->want.pool != NULL ? part->want.pool : op->tx != NULL ? op->tx->want.pool : NULL;
}

static void blame(const covet_op *op, const covet__part *part, covet_error *err)
{
    const covet__pool *pool = pool_of_part(op, part);
    if (pool != NULL && !op->db->plain)
        covet__pool_blame(pool, err);
}

/* The server has refused the statement, or (`unit`) the commit of it. */
static void refused(covet_op *op, covet__part *part, const PGresult *result, bool unit)
{
    covet_error err;
    if (op->tx != NULL && covet__tx_was_refused(op->tx, result)) {
        err = op->tx->why;
        blame(op, part, &err);
        covet__op_fail(op, &err);
        return;
    }
    const covet_status status = covet__pq_error(result, &err);
    if (!unit && covet__run_is_stale(op, &err))
        return;
    if (!unit && status == COVET_ECONNLOST && may_retry(op, true)) {
        covet__run_again(op);
        return;
    }
    err.outcome = op->plan->read_only ? COVET_OUTCOME_NONE : COVET_OUTCOME_REJECTED;
    /* Between the rows and the Sync a commit may have happened before the server went. */
    if (unit && status == COVET_ECONNLOST)
        err.outcome = lost_outcome(op, true);
    if (status == COVET_ECONNLOST || op->part_count > 0)
        blame(op, part, &err);
    if ((op->tx != NULL || covet__stream_has_begun(op)) && is_missing(err.sqlstate) &&
        !op->db->plain) {
        err.status = COVET_ESTALE; /* the shard has moved: all of it can be repeated */
        covet__copy(err.sqlstate, sizeof err.sqlstate, "40001");
        covet__db_refresh(op->db);
    }
    covet__op_fail(op, &err);
}

void covet__run_lost(covet_op *op, covet__part *part, const covet__fault *fault)
{
    covet_error err;
    if (fault->status != COVET_ELIMIT && may_retry(op, fault->sent)) {
        covet__run_again(op);
        return;
    }
    covet__fail_state(&err, fault->status, fault->status == COVET_ELIMIT ? "54000" : "08006", "%s",
                      fault->text != NULL ? fault->text : "the connection broke");
    err.outcome = lost_outcome(op, fault->sent);
    blame(op, part, &err);
    covet__run_abandon(op); /* first: it may have asked more over its transaction's connection */
    if (part->want.req.in_transaction)
        covet__tx_abort(op->tx, &err, COVET__RELEASE_CLOSE);
    covet__op_fail(op, &err);
}

static bool is_too_large(const covet_op *op, size_t bytes) { return bytes > op->bytes_max; }

static void too_large(covet_op *op)
{
    covet_error err;
    covet__fail_state(
        &err, COVET_ELIMIT, "54000",
        "the result is larger than the limit of %zu bytes (raise covet_call.bytes_max, "
        "or ask for fewer rows)",
        op->bytes_max);
    /* The statement itself has succeeded. */
    err.outcome = op->plan->read_only ? COVET_OUTCOME_NONE
                  : op->tx != NULL    ? COVET_OUTCOME_NONE
                                      : COVET_OUTCOME_COMMITTED;
    covet__op_fail(op, &err);
}

/* The table has changed its columns since the statement was planned. */
void covet__run_replan(covet_op *op, covet__part *part)
{
    if (op->plan->read_only && !covet__stream_has_begun(op) && op->attempts < ATTEMPTS_MAX &&
        op->tx == NULL) {
        if (op->stmt->plan == op->plan)
            covet__stmt_set_plan(op->db, op->stmt, NULL);
        covet__run_again(op);
        return;
    }
    covet_error err;
    covet__fail_state(&err, COVET_ESTALE, "0A000",
                      "the columns of the result are not those that were announced: the table has "
                      "changed");
    err.outcome = op->plan->read_only ? COVET_OUTCOME_NONE
                  : op->tx != NULL    ? COVET_OUTCOME_NONE
                                      : COVET_OUTCOME_COMMITTED;
    blame(op, part, &err);
    if (op->stmt->plan == op->plan)
        covet__stmt_set_plan(op->db, op->stmt, NULL);
    covet__op_fail(op, &err);
}

/* Its connection goes back, whatever becomes of the rows. */
static void end_source(covet_op *op, const covet__part *part)
{
    covet__lease *lease = covet__run_lease_of(op, part);
    if (lease != NULL) {
        covet__run_release(lease, true);
        lease->want.pool = NULL;
        lease->want.slot = NULL;
    }
    covet__stream_ended(op, part);
}

/* One server's answer is the operation's. */
static void finish_one(covet_op *op, covet__part *part)
{
    if (is_too_large(op, covet__part_bytes(part->result))) {
        too_large(op);
        return;
    }
    covet__result_single(&op->result, COVET_TAKE(part->result));
    op->has_result = true;
    if (op->part_count > 0 && op->trace != NULL)
        covet__trace_group(op, op->leases[0].group);
    covet__run_abandon(op); /* its arrays have been read */
    covet__op_finish(op);
}

static void finish_scatter(covet_op *op)
{
    covet_error err;
    size_t bytes = 0;
    for (uint32_t i = 0; i < op->part_count; i++)
        bytes += covet__part_bytes(op->parts[i].result);
    if (is_too_large(op, bytes)) {
        too_large(op);
        return;
    }
    if (op->trace != NULL)
        covet__trace_parts(op);
    covet_status status = covet_arena_new(0, &op->rows, &err);
    PGresult **parts =
        status == COVET_OK ? covet_arena_alloc(op->rows, op->part_count * sizeof *parts) : NULL;
    if (parts == NULL) {
        covet__op_failf(op, COVET_ENOMEM, "", "result: out of memory");
        return;
    }
    for (uint32_t i = 0; i < op->part_count; i++)
        parts[i] = op->parts[i].result;
    const covet__merge_input input = {.plan = op->plan,
                                      .parts = parts,
                                      .count = op->part_count,
                                      .limit_given = op->limit_given,
                                      .limit = op->limit,
                                      .offset = op->offset,
                                      .arena = op->rows};
    status = covet__merge(&input, &op->result, &err);
    if (status != COVET_OK) {
        covet__op_fail(op, &err);
        return;
    }
    for (uint32_t i = 0; i < op->part_count; i++)
        op->parts[i].result = NULL;
    op->has_result = true;
    covet__run_abandon(op); /* gives the connections back */
    covet__op_finish(op);
}

/* All of the part's rows are where they were to go. */
static void end_sunk(covet_op *op, covet__part *part)
{
    covet__sink_rest(op, part);
    if (op->part_count > 0 && --op->unfinished > 0)
        return;
    if (op->trace != NULL && op->plan->tier == COVET__TIER_SCATTER)
        covet__trace_parts(op);
    else if (op->trace != NULL && op->part_count > 0)
        covet__trace_group(op, op->leases[0].group);
    covet__run_abandon(op);
    covet__op_finish(op);
}

void covet__run_on_done(covet__req *req, const covet__fault *fault)
{
    covet__part *part = COVET_CONTAINER(req, covet__part, want.req);
    covet_op *op = part->op;
    part->done = true;
    part->result = COVET_TAKE(req->result);
    if (fault != NULL && fault->result == NULL) {
        covet__run_lost(op, part, fault);
    } else if (fault != NULL) {
        refused(op, part, fault->result, true);
    } else if (PQresultStatus(part->result) != PGRES_TUPLES_OK &&
               PQresultStatus(part->result) != PGRES_COMMAND_OK &&
               PQresultStatus(part->result) != PGRES_EMPTY_QUERY) {
        PGresult *result = COVET_TAKE(part->result);
        refused(op, part, result, false);
        PQclear(result);
    } else if (!req->proven && PQresultStatus(part->result) == PGRES_TUPLES_OK &&
               !covet__description_fits(&op->plan->parts, part->result)) {
        covet__run_replan(op, part);
    } else if (req->row == covet__sink_on_row) {
        end_sunk(op, part);
    } else if (req->row != NULL) {
        end_source(op, part);
    } else if (op->plan->tier != COVET__TIER_SCATTER) {
        finish_one(op, part);
    } else if (--op->unfinished == 0) {
        finish_scatter(op);
    }
}

/* Another group can answer as well. */
bool covet__run_is_elsewhere(const covet_op *op, const covet_error *err)
{
    const bool anywhere = op->plan->tier == COVET__TIER_ANYWHERE ||
                          (op->plan->tier == COVET__TIER_RESIDUAL && !op->plan->residual->at_home);
    return anywhere && err->status == COVET_ECONNECT &&
           op->attempts + 1 < op->db->topology.group_count;
}

void covet__run_on_failed(covet__want *want, const covet_error *err)
{
    covet_op *op = COVET_CONTAINER(want, covet__part, want)->op;
    covet_error copy = *err;
    op->one.done = true;
    copy.outcome = op->plan->read_only ? COVET_OUTCOME_NONE : COVET_OUTCOME_NOT_SENT;
    if (covet__run_is_elsewhere(op, &copy))
        covet__run_again(op);
    else
        covet__op_fail(op, &copy);
}
