/*
 * shard/explain.c - plans without running, and notes what runs come to (shard/explain.h).
 *
 * What is gathered for a statement is planned when its turn comes in a run. Here all of it
 * is planned first, one after the other, in the order in which it is found; so a run that is
 * asked for finds its plans, and its time is that of running alone.
 */
#include "shard/explain.h"

#include "shard/handle.h"

enum { DEPTH_MAX = 16, PLANS_MAX = 512 };

typedef struct explainer {
    covet_db *db;
    const covet__explain_opts *opts;
    covet_arena *arena;
    covet__explained root;
    covet__explained *at;   /* is being planned */
    covet__explained *last; /* in line */
    uint32_t count;
    uint64_t began;
    covet__gate gate;
    covet_status status;
    covet_error err;
} explainer;

static uint64_t usec_since(uint64_t began) { return (covet__now_nsec() - began) / 1000; }

/* ---- what a run notes ------------------------------------------------------------------------ */

covet__explained *covet__trace_piece(const covet_op *op, uint32_t index, bool keyed)
{
    const covet__explained *trace = op->trace;
    if (trace == NULL || trace->plan != op->plan || index >= trace->piece_count)
        return NULL; /* planned anew since: these are other pieces */
    covet__explained *piece = &trace->pieces[index];
    piece->keyed = keyed;
    piece->ran = (covet__ran){.began = covet__now_nsec(), .group = COVET__NO_GROUP};
    return piece;
}

void covet__trace_connected(const covet_op *op)
{
    op->trace->ran.connect_usec = usec_since(op->trace->ran.began);
}

void covet__trace_parts(const covet_op *op)
{
    covet__ran *ran = &op->trace->ran;
    ran->part_rows = 0;
    ran->parts = op->part_count;
    ran->groups = op->lease_count;
    for (uint32_t i = 0; i < op->part_count; i++)
        ran->part_rows += op->parts[i].row_count + (uint64_t)PQntuples(op->parts[i].result);
}

void covet__trace_gathered(const covet_op *op)
{
    op->trace->ran.gather_usec = usec_since(op->trace->ran.began);
}

/* It was planned anew, or its gather was given too many keys. */
static void take_other_plan(covet__explained *trace, covet__plan *plan)
{
    covet__plan_unref(trace->plan);
    trace->plan = covet__plan_ref(plan);
    trace->pieces = NULL;
    trace->piece_count = 0;
}

void covet__trace_group(const covet_op *op, uint32_t group) { op->trace->ran.group = group; }

void covet__trace_end(const covet_op *op, size_t rows, size_t bytes)
{
    const bool one = op->plan->tier != COVET__TIER_SCATTER && op->one.want.pool != NULL;
    covet__ran *ran = &op->trace->ran;
    if (op->trace->plan != op->plan)
        take_other_plan(op->trace, op->plan);
    ran->usec = usec_since(ran->began);
    ran->rows = rows;
    ran->bytes = bytes;
    for (uint32_t i = 0; one && i < op->db->topology.group_count; i++)
        if (op->db->topology.groups[i]->pool == op->one.want.pool)
            ran->group = i;
}

/* ---- one plan after another ---------------------------------------------------------------- */

static void plan_next(explainer *e);

static void end(explainer *e, covet_status status, const covet_error *err)
{
    e->status = status;
    if (status == COVET_OK)
        e->opts->look(e->opts->user, &e->root);
    else
        e->err = *err;
    for (covet__explained *one = &e->root; one != NULL; one = one->next)
        covet__plan_unref(one->plan);
    covet__gate_open(&e->gate);
}

/* What its plan gathers goes to the end of the line. */
static covet_status add_pieces(explainer *e, covet__explained *one, covet_error *err)
{
    const covet__plan *plan = one->plan;
    const uint32_t count = plan->tier == COVET__TIER_RESIDUAL ? plan->residual->gather_count : 0;
    if (count == 0 || one->depth == DEPTH_MAX || e->count + count > PLANS_MAX)
        return COVET_OK;
    covet__explained *pieces = covet_arena_alloc(e->arena, count * sizeof *pieces);
    if (pieces == NULL)
        return covet__fail(err, COVET_ENOMEM, "explain: out of memory");
    for (uint32_t i = 0; i < count; i++) {
        pieces[i] = (covet__explained){.gather = &plan->residual->gathers[i],
                                       .keyed = plan->residual->gathers[i].keyed_text != NULL,
                                       .depth = one->depth + 1,
                                       .timed = one->timed || plan->transaction_param != 0 ||
                                                plan->statement_param != 0};
        e->last->next = &pieces[i];
        e->last = &pieces[i];
    }
    one->pieces = pieces;
    one->piece_count = count;
    e->count += count;
    return COVET_OK;
}

static void on_planned(covet_op *op, covet_status status, void *user)
{
    explainer *e = user;
    covet_error err = op->err;
    if (status == COVET_OK) {
        e->at->planned_usec = usec_since(e->began);
        e->at->plan = covet__plan_ref(op->plan);
        status = add_pieces(e, e->at, &err);
    } else if (e->at->gather != NULL) {
        err.position = 0; /* of a text that the caller has not seen */
    }
    if (status == COVET_OK)
        plan_next(e);
    else
        end(e, status, &err);
}

static void on_ran(covet_op *op, covet_status status, void *user)
{
    explainer *e = user;
    if (status == COVET_OK)
        covet__trace_end(op, covet_result_affected(&op->result), 0);
    end(e, status, covet_op_error(op));
}

static void run(explainer *e)
{
    const covet_sql sql = {.size = sizeof sql, .text = e->opts->sql};
    const covet__start start = {.trace = &e->root};
    covet_error err;
    covet_op *op;
    e->root.ran = (covet__ran){.began = covet__now_nsec(), .group = COVET__NO_GROUP};
    const covet_status status = covet__op_begin(e->db, &start, &sql, NULL, &op, &err, on_ran, e);
    if (status != COVET_OK)
        end(e, status, &err);
}

/* As the gather will be planned when it runs (shard/gather.c), but for its values. */
static void plan_next(explainer *e)
{
    static const covet__moments some = {0};
    e->at = e->at->next;
    if (e->at == NULL && e->opts->analyze) {
        run(e);
        return;
    }
    if (e->at == NULL) {
        end(e, COVET_OK, NULL);
        return;
    }
    const covet__gather *gather = e->at->gather;
    const covet_sql sql = {.size = sizeof sql,
                           .text = e->at->keyed ? gather->keyed_text : gather->text};
    const covet__start start = {.explain = true,
                                .partial = gather->partial,
                                .moments = e->at->timed ? &some : NULL};
    covet_error err;
    covet_op *op;
    e->began = covet__now_nsec();
    const covet_status status =
        covet__op_begin(e->db, &start, &sql, NULL, &op, &err, on_planned, e);
    if (status != COVET_OK)
        end(e, status, &err);
}

covet_status covet__explain(covet_db *db, const covet__explain_opts *opts, covet_error *err)
{
    COVET_TRY(covet__db_check(db, err));
    if (covet__loop_on_thread(db->loop))
        return covet__fail(err, COVET_EDEADLK,
                           "a blocking call on the thread that runs the loop would wait for ever");
    explainer e = {.db = db, .opts = opts, .count = 1, .began = covet__now_nsec()};
    const covet_sql sql = {.size = sizeof sql, .text = opts->sql};
    const covet__start start = {.explain = true};
    e.at = e.last = &e.root;
    COVET_TRY(covet_arena_new(0, &e.arena, err));
    covet__gate_init(&e.gate);
    const covet_status status = covet__op_start(db, &start, &sql, NULL, NULL, err, on_planned, &e);
    if (status != COVET_OK)
        covet__gate_open(&e.gate);
    covet__gate_pass(&e.gate);
    covet_arena_free(e.arena);
    COVET_TRY(status);
    if (e.status != COVET_OK && err != NULL)
        *err = e.err;
    return e.status;
}
