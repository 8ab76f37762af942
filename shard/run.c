/*
 * shard/run.c - a plan and its values become statements on connections. What comes
 * back is shard/run_answer.c's.
 *
 * One part (every tier but SCATTER, and SCATTER pruned to one shard) goes through its
 * pool as it is. Several parts take one connection in each group they touch; the
 * connections are taken in the order of the groups, so that statements that hold some and
 * wait for others cannot wait in a circle; nothing is sent before all are there. What a
 * transaction reads in other groups than its own is urgent: it holds a connection out of
 * that order, and the pools keep one beyond their size for those.
 */
#include <stdlib.h>
#include <string.h>

#include "core/types.h"
#include "shard/handle.h"
#include "shard/group_sql.h"
#include "shard/plan_terms.h"
#include "shard/run_bind.h"
#include "shard/run_impl.h"
#include "shard/sink.h"
#include "shard/stream.h"

enum {
    /* What is gathered: less may be sent twice, and waits for that until it is answered. More
     * has a connection of its own and is freed when libpq has a copy of it. */
    LARGE_BYTES = 1 << 20,
    FULL_BYTES = 8 << 20, /* libpq never gives its copy's memory back: the connection is closed */
};

static void lease_next(covet_op *op);

/* Its transaction has a connection, whatever it waits for. */
static bool holds(const covet_op *op)
{
    return op->tx != NULL && op->tx->state == COVET__TX_ACTIVE;
}

/* ---- taking back ----------------------------------------------------------------------------- */

void covet__run_release(covet__lease *lease, bool usable)
{
    if (!lease->granted)
        return;
    lease->granted = false;
    if (!lease->of_tx)
        covet__slot_release(lease->want.slot, !usable       ? COVET__RELEASE_CANCEL
                                              : lease->full ? COVET__RELEASE_CLOSE
                                                            : COVET__RELEASE_KEEP);
}

static covet__slot *slot_of(const covet_op *op, const covet__lease *lease)
{
    return lease->of_tx ? op->tx->want.slot : lease->want.slot;
}

covet__lease *covet__run_lease_of(const covet_op *op, const covet__part *part)
{
    for (uint32_t i = 0; i < op->lease_count; i++) {
        covet__lease *lease = &op->leases[i];
        const covet__part *first = &op->parts[lease->first_part];
        if (op->part_count > 0 && part >= first && part < first + lease->part_count)
            return lease;
    }
    return NULL;
}

void covet__run_read_on(covet_op *op, const covet__part *part)
{
    const covet__lease *lease = covet__run_lease_of(op, part);
    covet__slot *slot = lease != NULL ? slot_of(op, lease) : op->tx->want.slot;
    if (slot != NULL)
        covet__slot_resume(slot);
}

/* Parts of a lease that have not been answered. */
static uint32_t unanswered(const covet_op *op, const covet__lease *lease)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < lease->part_count; i++) {
        const covet__part *part = &op->parts[lease->first_part + i];
        count += part->sent_once && !part->done;
    }
    return count;
}

static void abandon_scatter(covet_op *op)
{
    for (uint32_t i = 0; i < op->lease_count; i++) {
        covet__lease *lease = &op->leases[i];
        if (!lease->granted && !lease->of_tx && lease->want.pool != NULL)
            covet__pool_unwant(&lease->want);
        lease->want.pool = NULL;
        const bool quiet = unanswered(op, lease) == 0;
        for (uint32_t p = 0; p < lease->part_count && lease->granted; p++) {
            covet__part *part = &op->parts[lease->first_part + p];
            if (part->sent_once && !part->done)
                covet__slot_forget(slot_of(op, lease), &part->want.req);
        }
        covet__run_release(lease, quiet);
    }
    for (uint32_t i = 0; i < op->part_count; i++) {
        PQclear(op->parts[i].result);
        op->parts[i].result = NULL;
    }
    op->lease_count = op->part_count = 0;
}

static void abandon_one(covet_op *op)
{
    covet__part *part = &op->one;
    if (part->op == NULL || part->done)
        return;
    if (op->tx != NULL && part->want.pool == NULL) {
        if (op->tx->want.slot != NULL && part->sent_once)
            covet__slot_forget(op->tx->want.slot, &part->want.req);
    } else if (part->want.pool != NULL) {
        covet__pool_unwant(&part->want);
    }
    part->done = true;
}

void covet__run_abandon(covet_op *op)
{
    covet__gather_abandon(op);
    if (op->part_count > 0)
        abandon_scatter(op);
    abandon_one(op);
    PQclear(op->one.result);
    op->one.result = NULL;
    if (op->stream != NULL)
        covet__stream_reset(op->stream);
}

void covet__run_explain_wait(const covet_op *op, covet_error *err)
{
    if (op->state == COVET__OP_WAITING && op->stmt != NULL)
        covet__prepare_explain_wait(op->stmt, err);
    if (op->state != COVET__OP_RUNNING || covet__stream_explain_wait(op, err))
        return;
    if (op->gathering != NULL && op->one.op == NULL && op->part_count == 0) {
        covet__gather_explain_wait(op, err);
        return;
    }
    if (op->part_count == 0) {
        if (op->one.op != NULL && !op->one.done && op->one.want.pool != NULL)
            covet__pool_blame(op->one.want.pool, err);
        return;
    }
    for (uint32_t i = 0; i < op->lease_count; i++) {
        const covet__lease *lease = &op->leases[i];
        if (lease->of_tx || (lease->granted && unanswered(op, lease) == 0) ||
            lease->want.pool == NULL || covet__stream_is_full(op, &op->parts[lease->first_part]))
            continue;
        covet__pool_blame(lease->want.pool, err);
        return;
    }
}

static void on_copied(covet__req *req)
{
    covet__gather_sent(COVET_CONTAINER(req, covet__part, want.req)->op);
}

static bool is_large(const covet_op *op) { return covet__gather_bytes(op) > LARGE_BYTES; }
static bool is_full(const covet_op *op) { return covet__gather_bytes(op) > FULL_BYTES; }

static void fill_part(covet_op *op, covet__part *part, uint32_t shard, const covet__sql *sql)
{
    *part = (covet__part){.op = op, .shard = shard};
    part->want = (covet__want){.req = {.sql = sql,
                                       .values = op->param_values,
                                       .lengths = op->param_lengths,
                                       .formats = op->param_formats,
                                       .limit_bytes = op->bytes_max,
                                       .unnamed = op->unnamed,
                                       .row = covet__sink_takes(op) ? covet__sink_on_row : NULL,
                                       .copied = is_large(op) ? on_copied : NULL,
                                       .before = covet__gather_before(op),
                                       .done = covet__run_on_done},
                               .hint = shard + 1,
                               .answer = covet__run_on_failed};
    covet__list_init(&part->want.req.link);
}

static bool fill_request(covet_op *op, covet__part *part, uint32_t shard, covet_error *err)
{
    const covet__sql *sql;
    if (covet__plan_statement(op->plan, shard, &sql, err) != COVET_OK)
        return false;
    if (op->text_result && op->plan->merge == COVET__MERGE_APPEND && sql->binary) {
        op->text_sql = *sql;
        op->text_sql.binary = false;
        if (op->plan->tier != COVET__TIER_SCATTER)
            sql = &op->text_sql;
    }
    fill_part(op, part, shard, sql);
    return true;
}

static bool streams(const covet_op *op) { return op->stream != NULL && covet__stream_suits(op); }

/* Over a connection that nobody else uses: its transaction's, or one of its own. */
static void send_alone(covet_op *op, uint32_t shard, uint32_t group)
{
    covet_error err;
    const bool in_tx = op->tx != NULL && covet__run_needs_tx(op, group);
    covet__part *part = &op->one;
    if (!in_tx) {
        op->parts = part = covet_arena_alloc(op->arena, sizeof *op->parts);
        op->leases = covet_arena_alloc(op->arena, sizeof *op->leases);
        if (op->parts == NULL || op->leases == NULL) {
            covet__op_failf(op, COVET_ENOMEM, "", "operation: out of memory");
            return;
        }
    }
    if (!fill_request(op, part, shard, &err) ||
        (streams(op) && covet__stream_begin(op, part, 1, &err) != COVET_OK)) {
        part->op = NULL; /* it is not under way */
        covet__op_fail(op, &err);
    } else if (in_tx) {
        op->tx->full |= is_full(op);
        covet__tx_run_part(op, part, group);
    } else {
        op->leases[0] =
            (covet__lease){.op = op, .group = group, .part_count = 1, .full = is_full(op)};
        op->part_count = op->lease_count = 1;
        lease_next(op);
    }
}

static void send_one(covet_op *op, uint32_t shard, uint32_t group)
{
    covet_error err;
    covet__server *server = covet__db_group(op->db, group);
    if (server == NULL) {
        covet__op_failf(op, COVET_EINTERNAL, "", "there is no group %u", group);
        return;
    }
    if (op->sink != NULL)
        covet__sink_begin(op);
    if (streams(op) || is_large(op)) {
        send_alone(op, shard, group);
        return;
    }
    if (!fill_request(op, &op->one, shard, &err)) {
        covet__op_fail(op, &err);
        return;
    }
    if (op->tx != NULL && covet__run_needs_tx(op, group)) {
        covet__tx_run_part(op, &op->one, group);
        return;
    }
    op->one.sent_once = true;
    op->one.want.urgent = holds(op);
    if (covet__pool_want(server->pool, &op->one.want, &err) != COVET_OK) {
        op->one.done = true;
        covet__op_fail(op, &err);
    }
}

/* A read of what every group has needs no connection of the transaction's as long as that
 * has none, where each statement has a snapshot of its own anyway. What is read for a
 * statement over several groups goes through it in its own group alone. */
bool covet__run_needs_tx(const covet_op *op, uint32_t group)
{
    if (op->parent != NULL || op->plan->tier == COVET__TIER_RESIDUAL)
        return op->tx->state == COVET__TX_ACTIVE && op->tx->group == group;
    const bool own_snapshots = op->tx->opts.isolation == COVET_READ_COMMITTED;
    const bool anywhere = op->plan->tier == COVET__TIER_ANYWHERE;
    return !(anywhere && op->plan->read_only && own_snapshots && op->tx->state == COVET__TX_IDLE);
}

/* ---- many parts ---------------------------------------------------------------------------- */

static void send_parts(covet_op *op)
{
    op->unfinished = op->part_count;
    if (op->trace != NULL)
        covet__trace_connected(op);
    for (uint32_t i = 0; i < op->lease_count; i++) {
        covet__lease *lease = &op->leases[i];
        for (uint32_t p = 0; p < lease->part_count; p++) {
            covet__part *part = &op->parts[lease->first_part + p];
            part->want.req.in_transaction = lease->of_tx;
            if (!covet__slot_send(slot_of(op, lease), &part->want.req)) {
                covet__run_lost(op, part,
                                &(covet__fault){.status = COVET_ECONNLOST, .sent = false});
                return;
            }
            part->sent_once = true;
        }
    }
}

static void on_lease(covet__want *want, const covet_error *err)
{
    covet__lease *lease = COVET_CONTAINER(want, covet__lease, want);
    covet_op *op = lease->op;
    if (err != NULL) {
        const covet_error copy = *err;
        lease->want.pool = NULL;
        if (covet__run_is_elsewhere(op, &copy))
            covet__run_again(op);
        else
            covet__op_fail(op, &copy);
        return;
    }
    lease->granted = true;
    lease_next(op);
}

static void lease_next(covet_op *op)
{
    for (uint32_t i = 0; i < op->lease_count; i++) {
        covet__lease *lease = &op->leases[i];
        if (lease->granted)
            continue;
        covet_error err;
        covet__server *server = covet__db_group(op->db, lease->group);
        if (server == NULL) { /* a map that came meanwhile has fewer groups */
            covet__op_failf(op, COVET_ESTALE, "40001", "there is no group %u any more",
                            lease->group);
            return;
        }
        if (op->tx != NULL && op->tx->state == COVET__TX_ACTIVE && op->tx->group == lease->group) {
            lease->of_tx = lease->granted = true;
            continue;
        }
        lease->want = (covet__want){.exclusive = true, .urgent = holds(op), .answer = on_lease};
        if (covet__pool_want(server->pool, &lease->want, &err) != COVET_OK) {
            lease->want.pool = NULL;
            covet__op_fail(op, &err);
            return;
        }
        if (lease->want.slot == NULL)
            return; /* on_lease goes on */
        lease->granted = true;
    }
    send_parts(op);
}

static int compare_places(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* By group, and in a group by number. */
static uint32_t *sort_shards(covet_op *op, const uint32_t *shards, uint32_t count)
{
    uint64_t *places = covet_arena_alloc(op->arena, count * sizeof *places);
    uint32_t *sorted = covet_arena_alloc(op->arena, count * sizeof *sorted);
    if (places == NULL || sorted == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        places[i] = (uint64_t)op->plan->map->shards[shards[i]].group << 32 | shards[i];
    qsort(places, count, sizeof *places, compare_places);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = (uint32_t)places[i];
    return sorted;
}

/* How many of the shards, from the first one on, are of one group. */
static uint32_t same_group(const covet__map *map, const uint32_t *shards, uint32_t count)
{
    uint32_t n = 1;
    while (n < count && map->shards[shards[n]].group == map->shards[shards[0]].group)
        n++;
    return n;
}

/* A part for each shard, or one for all that the group has. */
static covet_status fill_lease(covet_op *op, const uint32_t *shards, uint32_t count, bool together,
                               covet_error *err)
{
    covet__lease *lease = &op->leases[op->lease_count++];
    *lease = (covet__lease){.op = op,
                            .group = op->plan->map->shards[shards[0]].group,
                            .first_part = op->part_count};
    const covet__sql *sql;
    if (together && count > 1) {
        COVET_TRY(covet__group_statement(op, shards, count, &sql, err));
        fill_part(op, &op->parts[op->part_count++], shards[0], sql);
    } else {
        for (uint32_t i = 0; i < count; i++, op->part_count++)
            if (!fill_request(op, &op->parts[op->part_count], shards[i], err))
                return err->status;
    }
    lease->part_count = op->part_count - lease->first_part;
    return COVET_OK;
}

static covet_status fill_leases(covet_op *op, const uint32_t *shards, uint32_t count,
                                covet_error *err)
{
    const covet__map *map = op->plan->map;
    const uint32_t *sorted = sort_shards(op, shards, count);
    const bool together = covet__group_pays(op, count);
    const bool merges = together && op->sink != NULL && op->stream == NULL;
    op->part_count = op->lease_count = 0;
    op->parts = covet_arena_alloc(op->arena, count * sizeof *op->parts);
    op->leases = covet_arena_alloc(op->arena, map->group_count * sizeof *op->leases);
    if (sorted == NULL || op->parts == NULL || op->leases == NULL ||
        (merges && !covet__sink_stream(op)))
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    for (uint32_t i = 0; i < count;) {
        const uint32_t n = same_group(map, &sorted[i], count - i);
        COVET_TRY(fill_lease(op, &sorted[i], n, together, err));
        i += n;
    }
    if (streams(op))
        COVET_TRY(covet__stream_begin(op, op->parts, op->part_count, err));
    return COVET_OK;
}

static void send_many(covet_op *op, const uint32_t *shards, uint32_t count)
{
    covet_error err;
    if (op->sink != NULL)
        covet__sink_begin(op);
    if (fill_leases(op, shards, count, &err) == COVET_OK)
        lease_next(op);
    else
        covet__op_fail(op, &err);
}

/* ---- where to ------------------------------------------------------------------------------ */

static void run_anywhere(covet_op *op)
{
    covet_db *db = op->db;
    if (op->tx != NULL && op->tx->state != COVET__TX_IDLE) {
        send_one(op, 0, op->tx->group);
        return;
    }
    /* In turn, those that are known to be out of reach left out. */
    const uint32_t groups = db->topology.group_count;
    for (uint32_t i = 0; i < groups; i++) {
        const uint32_t group = (db->round++) % groups;
        covet__pool_stats stats;
        covet__pool_stat(covet__db_group(db, group)->pool, &stats);
        if (stats.reachable) {
            send_one(op, 0, group);
            return;
        }
    }
    send_one(op, 0, (db->round++) % groups);
}

static void run_shards(covet_op *op)
{
    const covet__map *map = op->plan->map;
    uint32_t *shards = NULL, count = 0;
    covet_error err;
    if (map->shard_count == 0) {
        covet__op_failf(op, COVET_ECATALOG, "", "the cluster has no shards");
        return;
    }
    if (covet__run_choose(op, &shards, &count, &err) != COVET_OK) {
        covet__op_fail(op, &err);
        return;
    }
    if (count == 1)
        covet__run_single(op, shards[0]);
    else
        send_many(op, shards, count);
}

/* A scatter that only one shard has rows for is still merged: its part may have other
 * columns than the result. */
void covet__run_single(covet_op *op, uint32_t shard)
{
    if (op->plan->tier == COVET__TIER_SCATTER)
        send_many(op, &shard, 1);
    else
        send_one(op, shard, op->plan->map->shards[shard].group);
}

static covet_status check_transaction(const covet_op *op, covet_error *err)
{
    const covet_tx *tx = op->tx;
    if (tx == NULL)
        return COVET_OK;
    if (tx->state == COVET__TX_BROKEN || tx->failed) {
        covet__fail_state(err, COVET_ESQL, "25P02", "the transaction is aborted: %s",
                          tx->why.message);
        if (err != NULL)
            err->outcome = COVET_OUTCOME_ABORTED;
        return COVET_ESQL;
    }
    const bool several =
        op->plan->tier == COVET__TIER_SCATTER || op->plan->tier == COVET__TIER_RESIDUAL;
    if (several && tx->opts.isolation != COVET_READ_COMMITTED)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "a query over several shards in a transaction with one snapshot "
                                 "is not supported (READ COMMITTED is)");
    return COVET_OK;
}

void covet__run(covet_op *op)
{
    covet_error err;
    if (check_transaction(op, &err) != COVET_OK) {
        covet__op_fail(op, &err);
        return;
    }
    if (op->plan->facts->insert.id_count > 0 && op->ids == NULL) {
        const covet_status status = covet__ids_take(op, &err);
        if (status == COVET_EBUSY)
            return; /* proceeds when there are some */
        if (status != COVET_OK) {
            covet__op_fail(op, &err);
            return;
        }
    }
    if ((op->plan->transaction_param != 0 || op->plan->statement_param != 0) &&
        !op->moments.known) {
        covet__moment_ask(op);
        return;
    }
    if (covet__run_bind(op, &err) != COVET_OK) {
        if (!op->plan->read_only)
            err.outcome = COVET_OUTCOME_NOT_SENT;
        covet__op_fail(op, &err);
        return;
    }
    switch (op->plan->tier) {
    case COVET__TIER_ONE: send_one(op, 0, 0); break;
    case COVET__TIER_HOME: send_one(op, 0, op->plan->map->home); break;
    case COVET__TIER_ANYWHERE: run_anywhere(op); break;
    case COVET__TIER_ROUTE:
    case COVET__TIER_SCATTER: run_shards(op); break;
    case COVET__TIER_RESIDUAL: covet__gather_start(op); break;
    }
}

void covet__run_residual(covet_op *op)
{
    if (op->plan->residual->at_home) /* of the newest map: time has passed */
        send_one(op, 0, op->db->topology.map->home);
    else
        run_anywhere(op);
}
