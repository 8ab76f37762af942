/*
 * shard/gather.c - runs a statement that was taken apart (shard/residual.h).
 *
 *   gathers, each an operation of its own -> their rows as arrays -> the residual query
 *
 * Rows become arrays while they come (shard/sink.h, shard/gather_rows.h), so what is held are
 * the arrays; large ones are freed as soon as libpq has copied them into its message. Nothing
 * of the residual query's is held while the gathers run: statements cannot wait in a circle
 * for each other's connections. In a transaction the gathers go one after the other, through
 * its connection where it has one in their group.
 *
 * What is held counts against the limit for results of the statement that the application
 * asked for: its own arrays, and those of gathers that are taken apart in turn.
 *
 *   G1  a gather that is taken apart in turn is bounded in depth: a statement cannot run
 *       itself without end, whatever the planner makes of it
 *   G2  when a statement is given up, no gather of it calls back any more
 */
#include <string.h>

#include "core/types.h"
#include "shard/gather_rows.h"
#include "shard/sink.h"

/* How many gathers run at a time; of how many rows the keys narrow another gather. From so many
 * on PostgreSQL looks a value up in a hash table rather than compare it with each key, if it
 * knows them when it plans: not where the statement is prepared, for a generic plan. */
enum { AT_ONCE = 4, KEYS_MAX = 10000, KEYS_HASHED = 9 };
/* How many rows loops may be over. Local tables may be large, and a loop the way to few of
 * their rows by an index. */
enum { LOOP_ROWS = 500, LOOP_ROWS_HOME = 20000 };
/* Of gathers in gathers; and what one message to PostgreSQL may hold, a little less. */
enum { DEPTH_MAX = 32, SENT_BYTES_MAX = (1 << 30) - (1 << 20) };

typedef struct gathered {
    covet_op *op;    /* the statement; NULL: it has gone on without this one */
    covet_op *child; /* under way */
    covet__sink sink;
    uint32_t index;
    bool started;
    bool done;
    covet__arrays arrays;
} gathered;

struct covet__gathering {
    covet_op *op;
    gathered *all;
    uint32_t count;
    uint32_t started;
    uint32_t finished;
    size_t bytes; /* of its arrays, and of those of what is gathered for it */
    covet__job refusal;
    covet_error why; /* of the refusal; status 0: none */
};

static void start_more(covet_op *op);

/* ---- giving up ----------------------------------------------------------------------------- */

/* What the application asked for, in whose limit all arrays are; NULL: it is given up. */
static covet__gathering *outermost(const covet_op *op)
{
    while (op->parent != NULL)
        op = op->parent;
    return op->gathering;
}

static void free_arrays(gathered *g, covet__gathering *limited)
{
    if (limited != NULL)
        limited->bytes -= g->arrays.bytes;
    covet__arrays_clear(&g->arrays);
}

void covet__gather_abandon(covet_op *op)
{
    if (op->gathering == NULL)
        return;
    covet__gathering *limited = outermost(op);
    covet__gathering *g = COVET_TAKE(op->gathering);
    covet__list_remove(&g->refusal.link);
    for (uint32_t i = 0; i < g->count; i++) { /* G2: the end of one may be that of another */
        free_arrays(&g->all[i], limited);
        g->all[i].op = NULL;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        covet_op *child = COVET_TAKE(g->all[i].child);
        if (child != NULL)
            covet__op_drop(child);
    }
}

void covet__gather_explain_wait(const covet_op *op, covet_error *err)
{
    const covet__gathering *g = op->gathering;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->all[i].child != NULL) {
            covet__run_explain_wait(g->all[i].child, err);
            return;
        }
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static size_t bytes_of(const covet__gathering *g)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < g->count; i++)
        bytes += g->all[i].arrays.bytes;
    return bytes;
}

/* However large the limit: it is one message, and each array a value of PostgreSQL's. */
static covet_status too_large_to_send(covet_error *err)
{
    return covet__fail_state(
        err, COVET_ELIMIT, "54000",
        "the rows that this statement has to gather from the shards are larger than %d bytes, "
        "the most that PostgreSQL takes (add conditions)",
        SENT_BYTES_MAX);
}

/* `last` is the gather whose rows were too many, which need not have the most of them. */
static covet_status too_large(const covet__gathering *limited, const gathered *last,
                              covet_error *err)
{
    const covet__gather *gather = &last->op->plan->residual->gathers[last->index];
    return covet__fail_state(
        err, COVET_ELIMIT, "54000",
        "the rows that this statement has to gather from the shards are larger than the limit of "
        "%zu bytes: %zu bytes so far, %zu of them for %zu rows of gather %u, %s (raise "
        "covet_call.bytes_max, or add conditions)",
        limited->op->bytes_max, limited->bytes, last->arrays.bytes, last->arrays.rows,
        last->index + 1, gather->why);
}

/* A row, or a result that has to come whole, is larger than what is left. */
static void one_too_large(covet_op *op, const gathered *last)
{
    const covet__gathering *limited = outermost(op);
    covet__op_failf(op, COVET_ELIMIT, "54000",
                    "the rows that this statement has to gather from the shards are larger than "
                    "the limit of %zu bytes: %zu bytes so far, %zu of them for %zu rows of gather "
                    "%u, %s, and what comes next is larger than the rest (raise "
                    "covet_call.bytes_max, or add conditions)",
                    limited->op->bytes_max, limited->bytes, last->arrays.bytes, last->arrays.rows,
                    last->index + 1, op->plan->residual->gathers[last->index].why);
}

/* Inside the connection that a row came from nothing ends: a little later, once. */
static bool refuse_soon(covet__gathering *g, const covet_error *why)
{
    if (g->why.status == COVET_OK)
        g->why = *why;
    covet__loop_soon(g->op->db->loop, &g->refusal);
    return false;
}

static void on_refusal(covet__job *job)
{
    const covet__gathering *g = COVET_CONTAINER(job, covet__gathering, refusal);
    const covet_error why = g->why;
    covet__op_fail(g->op, &why);
}

/* ---- rows become arrays ---------------------------------------------------------------------- */

static covet_status add_row(gathered *g, const covet_result *rows, size_t row, covet_error *err)
{
    covet__gathering *limited = outermost(g->op);
    const size_t before = g->arrays.bytes;
    const covet_status status = covet__arrays_add(&g->arrays, rows, row, err);
    limited->bytes += g->arrays.bytes - before;
    COVET_TRY(status);
    if (limited->bytes > limited->op->bytes_max)
        return too_large(limited, g, err);
    if (limited->bytes > SENT_BYTES_MAX && bytes_of(g->op->gathering) > SENT_BYTES_MAX)
        return too_large_to_send(err);
    return COVET_OK;
}

static bool on_row(covet__sink *sink, const covet_result *rows, size_t row)
{
    gathered *g = COVET_CONTAINER(sink, gathered, sink);
    covet_error err;
    if (g->op->gathering->why.status != COVET_OK)
        return false;
    if (covet_result_columns(rows) != g->arrays.column_count)
        return true; /* has_changed */
    return add_row(g, rows, row, &err) == COVET_OK || refuse_soon(g->op->gathering, &err);
}

static void on_forget(covet__sink *sink)
{
    gathered *g = COVET_CONTAINER(sink, gathered, sink);
    if (g->op != NULL)
        free_arrays(g, outermost(g->op));
}

/* Few rows came as a result; the others are here already. */
static covet_status take_rest(gathered *g, const covet_result *rows, covet_error *err)
{
    covet__gathering *limited = outermost(g->op);
    for (size_t row = 0; row < covet_result_rows(rows); row++)
        COVET_TRY(add_row(g, rows, row, err));
    limited->bytes -= g->arrays.bytes;
    const covet_status status = covet__arrays_close(&g->arrays, err);
    limited->bytes += g->arrays.bytes;
    return status;
}

/* A gather is planned anew when a table has changed its columns; the residual query that
 * its rows were for is not. */
static bool has_changed(const covet__description *shown, const covet__description *now)
{
    if (now->column_count != shown->column_count)
        return true;
    for (uint32_t i = 0; i < shown->column_count; i++) {
        const uint32_t type = now->types[i];
        const bool users =
            type >= COVET__FIRST_USER_OID && shown->types[i] >= COVET__FIRST_USER_OID;
        if (type != shown->types[i] && !users)
            return true;
    }
    return false;
}

/* ---- the residual query ---------------------------------------------------------------------- */

static void run_residual(covet_op *op)
{
    const covet__plan *plan = op->plan;
    for (uint32_t i = 0; i < op->gathering->count; i++) {
        const covet__arrays *arrays = &op->gathering->all[i].arrays;
        const uint32_t first = plan->residual->gathers[i].first_param - 1;
        for (uint32_t c = 0; c < arrays->column_count; c++) {
            op->param_values[first + c] = covet__str_text(&arrays->columns[c]);
            op->param_lengths[first + c] = (int)arrays->columns[c].length;
            op->param_formats[first + c] = 0;
        }
    }
    if (op->trace != NULL)
        covet__trace_gathered(op);
    covet__run_residual(op);
}

/* PostgreSQL knows how many rows an array has, and nothing of what is in them: for conditions on
 * them it thinks of one row, and of joins as loops over arrays, each read to its end in each
 * round. Where they are large it is told not to. A loop that is the only way costs so much then
 * that it would be compiled, for seconds. */
static const char no_loops[] = "SELECT pg_catalog.set_config('enable_nestloop', 'off', true),\n"
                               "       pg_catalog.set_config('jit', 'off', true)";

const char *covet__gather_before(const covet_op *op)
{
    size_t rows = 0;
    if (op->gathering == NULL || op->tx != NULL)
        return NULL;
    for (uint32_t i = 0; i < op->gathering->count; i++)
        rows += op->gathering->all[i].arrays.rows;
    return rows > (op->plan->residual->at_home ? LOOP_ROWS_HOME : LOOP_ROWS) ? no_loops : NULL;
}

size_t covet__gather_bytes(const covet_op *op)
{
    return op->gathering != NULL ? bytes_of(op->gathering) : 0;
}

void covet__gather_sent(covet_op *op)
{
    for (uint32_t i = 0; i < op->gathering->count; i++)
        free_arrays(&op->gathering->all[i], outermost(op));
}

/* ---- gathers --------------------------------------------------------------------------------- */

/* False: it has failed. */
static bool take_end(covet_op *op, gathered *g, covet_op *child, covet_status status)
{
    covet_error err;
    const bool limit =
        status == COVET_ELIMIT && strcmp(covet_op_error(child)->sqlstate, "54000") == 0;
    if (op->gathering->why.status != COVET_OK) {
        err = op->gathering->why;
    } else if (limit && child->plan != NULL && child->plan->tier != COVET__TIER_RESIDUAL) {
        one_too_large(op, g);
        return false;
    } else if (status != COVET_OK) {
        err = *covet_op_error(child);
        err.position = 0; /* of a text that the caller has not seen */
    } else if (has_changed(&op->plan->residual->gathers[g->index].shown, &child->plan->shown)) {
        covet__run_replan(op, &op->one);
        return false;
    } else if (take_rest(g, covet_op_result(child), &err) == COVET_OK) {
        return true;
    }
    covet__op_fail(op, &err);
    return false;
}

static void on_gathered(covet_op *child, covet_status status, void *user)
{
    gathered *g = user;
    covet_op *op = g->op;
    g->child = NULL;
    if (op == NULL)
        return;
    g->done = true;
    op->gathering->finished++;
    if (!take_end(op, g, child, status))
        return;
    if (child->trace != NULL)
        covet__trace_end(child, g->arrays.rows, g->arrays.bytes);
    if (op->gathering->finished == op->gathering->count)
        run_residual(op);
    else
        start_more(op);
}

static size_t keys_of(const covet_op *op, const covet__gather *gather)
{
    return op->gathering->all[gather->keys_from].arrays.rows;
}

/* Few keys narrow it; of many, the rows are gathered whole. */
static bool has_keys(const covet_op *op, const covet__gather *gather)
{
    return gather->keyed_text != NULL && keys_of(op, gather) <= KEYS_MAX;
}

static covet_value *values_of(covet_op *op, const covet__gather *gather)
{
    covet_value *values = covet_arena_alloc(op->arena, (gather->param_count + 1) * sizeof *values);
    if (values == NULL)
        return NULL;
    for (uint32_t i = 0; i < gather->param_count; i++)
        values[i] = op->values[gather->params[i] - 1];
    if (has_keys(op, gather)) {
        const covet__arrays *from = &op->gathering->all[gather->keys_from].arrays;
        const covet__str *keys = &from->columns[gather->keys_column];
        values[gather->param_count] = covet_textn(covet__str_text(keys), keys->length);
    }
    return values;
}

static covet_status ask(covet_op *op, gathered *g, bool keyed, covet_error *err)
{
    const covet__gather *gather = &op->plan->residual->gathers[g->index];
    const covet__gathering *limited = outermost(op);
    const covet_value *values = values_of(op, gather);
    if (values == NULL)
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    COVET_TRY(covet__arrays_init(&g->arrays, gather->shown.column_count, op->arena, err));
    const covet_sql sql = {.size = sizeof sql,
                           .text = keyed ? gather->keyed_text : gather->text,
                           .params = values,
                           .param_count = gather->param_count + keyed};
    const size_t left = limited->op->bytes_max - COVET_MIN(limited->bytes, limited->op->bytes_max);
    const covet_call call = {.size = sizeof call,
                             .timeout = COVET_NO_TIMEOUT, /* the statement's holds */
                             .bytes_max = COVET_MAX(left, (size_t)1),
                             .text_result = true};
    const covet__start start = {.parent = op,
                                .tx = op->tx,
                                .sink = &g->sink,
                                .moments = op->moments.known ? &op->moments : NULL,
                                .partial = gather->partial,
                                .unnamed =
                                    op->unnamed || (keyed && keys_of(op, gather) >= KEYS_HASHED),
                                .trace = covet__trace_piece(op, g->index, keyed)};
    op->gathering->started++;
    return covet__op_begin(op->db, &start, &sql, &call, &g->child, err, on_gathered, g);
}

static bool start_one(covet_op *op, uint32_t index)
{
    gathered *g = &op->gathering->all[index];
    covet_error err;
    *g = (gathered){.op = op,
                    .sink = {.take = on_row, .forget = on_forget},
                    .index = index,
                    .started = true};
    if (ask(op, g, has_keys(op, &op->plan->residual->gathers[index]), &err) == COVET_OK)
        return true;
    covet__op_fail(op, &err);
    return false;
}

static bool may_start(const covet_op *op, uint32_t index)
{
    const covet__gather *gather = &op->plan->residual->gathers[index];
    const gathered *all = op->gathering->all;
    return !all[index].started && (gather->keyed_text == NULL || all[gather->keys_from].done);
}

static void start_more(covet_op *op)
{
    covet__gathering *g = op->gathering;
    const uint32_t at_once = op->tx != NULL ? 1 : AT_ONCE;
    for (uint32_t i = 0; i < g->count && g->started - g->finished < at_once; i++)
        if (may_start(op, i) && !start_one(op, i))
            return;
}

static uint32_t depth_of(const covet_op *op)
{
    uint32_t depth = 0;
    for (const covet_op *up = op->parent; up != NULL; up = up->parent)
        depth++;
    return depth;
}

void covet__gather_start(covet_op *op)
{
    const uint32_t count = op->plan->residual->gather_count;
    if (depth_of(op) >= DEPTH_MAX) { /* G1 */
        covet__op_failf(op, COVET_EUNSUPPORTED, "54001",
                        "the statement cannot be taken apart: its pieces are nested deeper than %d",
                        DEPTH_MAX);
        return;
    }
    covet__gathering *g = covet_arena_alloc(op->arena, sizeof *g);
    gathered *all = covet_arena_alloc(op->arena, count * sizeof *all);
    if (g == NULL || all == NULL) {
        covet__op_failf(op, COVET_ENOMEM, "", "operation: out of memory");
        return;
    }
    memset(all, 0, count * sizeof *all);
    *g = (covet__gathering){.op = op, .all = all, .count = count};
    covet__job_init(&g->refusal, on_refusal);
    op->gathering = g;
    start_more(op);
}
