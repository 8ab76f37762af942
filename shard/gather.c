/*
 * shard/gather.c - runs a statement that was taken apart (shard/residual.h).
 *
 *   gathers, each an operation of its own -> their rows as arrays -> the residual query
 *
 * Nothing of the residual query's is held while the gathers run: statements cannot wait in
 * a circle for each other's connections. In a transaction the gathers go one after the
 * other, through its connection where it has one in their group. All rows together count
 * against the statement's limit for results, and each gather is asked for no more than is
 * left of it.
 *
 *   G1  a gather that is taken apart in turn is bounded in depth: a statement cannot run
 *       itself without end, whatever the planner makes of it
 *   G2  when a statement is given up, no gather of it calls back any more
 */
#include <string.h>

#include "core/render.h"
#include "core/types.h"
#include "shard/handle.h"

/* How many gathers run at a time; of how many rows the keys narrow another gather. */
enum { AT_ONCE = 4, KEYS_MAX = 10000 };
/* Of gathers in gathers; and what one message to PostgreSQL may hold, a little less. */
enum { DEPTH_MAX = 32, SENT_BYTES_MAX = (1 << 30) - (1 << 20) };

typedef struct gathered {
    covet_op *op;    /* the statement; NULL: it has gone on without this one */
    covet_op *child; /* under way */
    uint32_t index;
    bool started;
    bool done;
    size_t rows;
    covet__str *arrays; /* one for each column; the heap's */
    uint32_t column_count;
} gathered;

struct covet__gathering {
    gathered *all;
    uint32_t count;
    uint32_t started;
    uint32_t finished;
    size_t bytes;
};

static void start_more(covet_op *op);

/* ---- giving up ----------------------------------------------------------------------------- */

static void free_arrays(gathered *g)
{
    for (uint32_t i = 0; i < g->column_count; i++)
        covet__str_free(&g->arrays[i]);
    g->column_count = 0;
}

void covet__gather_abandon(covet_op *op)
{
    covet__gathering *g = COVET_TAKE(op->gathering);
    if (g == NULL)
        return;
    for (uint32_t i = 0; i < g->count; i++) /* G2: the end of one may be that of another */
        g->all[i].op = NULL;
    for (uint32_t i = 0; i < g->count; i++) {
        covet_op *child = COVET_TAKE(g->all[i].child);
        free_arrays(&g->all[i]);
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

/* ---- rows become arrays ---------------------------------------------------------------------- */

static void put_quoted(covet__str *out, const char *text, size_t length)
{
    covet__str_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '"' || text[i] == '\\') {
            covet__str_bytes(out, text + from, i - from);
            covet__str_char(out, '\\');
            from = i;
        }
    covet__str_bytes(out, text + from, length - from);
    covet__str_char(out, '"');
}

/* What a value is written with on its way, used again for the next one. */
typedef struct writer {
    covet__str text;
    covet_arena *scratch;
} writer;

static covet_status put_cell(writer *w, covet__str *out, covet_cell cell, uint32_t type,
                             covet_error *err)
{
    if (cell.bytes == NULL) {
        covet__str_add(out, "NULL");
        return COVET_OK;
    }
    if (!cell.binary) {
        put_quoted(out, cell.bytes, cell.length);
        return COVET_OK;
    }
    covet__str_clear(&w->text);
    COVET_TRY(covet__render(type, cell.bytes, cell.length, w->scratch, &w->text, err));
    COVET_TRY(covet_arena_reset(w->scratch));
    if (covet__str_ok(&w->text))
        put_quoted(out, covet__str_text(&w->text), w->text.length);
    else
        out->failed = true;
    return COVET_OK;
}

static covet_status put_column(writer *w, covet__str *out, const covet_result *rows,
                               uint32_t column, covet_error *err)
{
    const size_t count = covet_result_rows(rows);
    const uint32_t type = covet_result_type(rows, column);
    for (size_t row = 0; row < count; row++) {
        covet__str_char(out, row > 0 ? ',' : '{');
        COVET_TRY(put_cell(w, out, covet_result_cell(rows, row, column), type, err));
    }
    covet__str_add(out, count > 0 ? "}" : "{}");
    return covet__str_ok(out) ? COVET_OK
                              : covet__fail(err, COVET_ENOMEM, "operation: out of memory");
}

static covet_status put_rows(covet_op *op, gathered *g, const covet_result *rows, covet_error *err)
{
    const size_t columns = covet_result_columns(rows);
    writer w = {0};
    g->arrays = covet_arena_alloc(op->arena, (columns + 1) * sizeof *g->arrays);
    if (g->arrays == NULL)
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    memset(g->arrays, 0, (columns + 1) * sizeof *g->arrays);
    g->column_count = (uint32_t)columns;
    g->rows = covet_result_rows(rows);
    covet_status status = covet_arena_new(0, &w.scratch, err);
    for (uint32_t c = 0; c < columns && status == COVET_OK; c++) {
        status = put_column(&w, &g->arrays[c], rows, c, err);
        op->gathering->bytes += g->arrays[c].length;
    }
    covet_arena_free(w.scratch);
    covet__str_free(&w.text);
    return status;
}

/* A gather is planned anew when a table has changed its columns; the residual query that
 * its rows were for is not. */
static bool has_changed(const covet__description *shown, const covet_result *rows)
{
    if (covet_result_columns(rows) != shown->column_count)
        return true;
    for (uint32_t i = 0; i < shown->column_count; i++) {
        const uint32_t type = covet_result_type(rows, i);
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
        const gathered *g = &op->gathering->all[i];
        const uint32_t first = plan->residual->gathers[i].first_param - 1;
        for (uint32_t c = 0; c < g->column_count; c++) {
            op->param_values[first + c] = covet__str_text(&g->arrays[c]);
            op->param_lengths[first + c] = (int)g->arrays[c].length;
            op->param_formats[first + c] = 0;
        }
    }
    if (op->trace != NULL)
        covet__trace_gathered(op);
    covet__run_residual(op);
}

/* ---- gathers --------------------------------------------------------------------------------- */

/* However large the limit: it is one message, and each array a value of PostgreSQL's. */
static void too_large_to_send(covet_op *op)
{
    covet__op_failf(op, COVET_ELIMIT, "54000",
                    "the rows that this statement has to gather from the shards are larger than "
                    "%d bytes, the most that PostgreSQL takes (add conditions)",
                    SENT_BYTES_MAX);
}

static void too_large(covet_op *op)
{
    covet__op_failf(op, COVET_ELIMIT, "54000",
                    "the rows that this statement has to gather from the shards are larger than "
                    "the limit of %zu bytes (raise covet_call.bytes_max, or add conditions)",
                    op->bytes_max);
}

static void on_gathered(covet_op *child, covet_status status, void *user)
{
    gathered *g = user;
    covet_op *op = g->op;
    covet_error err;
    g->child = NULL;
    if (op == NULL)
        return;
    g->done = true;
    op->gathering->finished++;
    if (status == COVET_ELIMIT && strcmp(covet_op_error(child)->sqlstate, "54000") == 0) {
        too_large(op);
        return;
    }
    if (status != COVET_OK) {
        err = *covet_op_error(child);
        err.position = 0; /* of a text that the caller has not seen */
        covet__op_fail(op, &err);
        return;
    }
    if (has_changed(&op->plan->residual->gathers[g->index].shown, covet_op_result(child))) {
        covet__run_replan(op, &op->one);
        return;
    }
    const size_t before = op->gathering->bytes;
    if (put_rows(op, g, covet_op_result(child), &err) != COVET_OK) {
        covet__op_fail(op, &err);
        return;
    }
    if (child->trace != NULL)
        covet__trace_end(child, op->gathering->bytes - before);
    if (op->gathering->bytes > op->bytes_max)
        too_large(op);
    else if (op->gathering->bytes > SENT_BYTES_MAX)
        too_large_to_send(op);
    else if (op->gathering->finished == op->gathering->count)
        run_residual(op);
    else
        start_more(op);
}

/* Few keys narrow it; of many, the rows are gathered whole. */
static bool has_keys(const covet_op *op, const covet__gather *gather)
{
    return gather->keyed_text != NULL && op->gathering->all[gather->keys_from].rows <= KEYS_MAX;
}

static covet_value *values_of(covet_op *op, const covet__gather *gather)
{
    covet_value *values = covet_arena_alloc(op->arena, (gather->param_count + 1) * sizeof *values);
    if (values == NULL)
        return NULL;
    for (uint32_t i = 0; i < gather->param_count; i++)
        values[i] = op->values[gather->params[i] - 1];
    if (has_keys(op, gather)) {
        const covet__str *keys = &op->gathering->all[gather->keys_from].arrays[gather->keys_column];
        values[gather->param_count] = covet_textn(covet__str_text(keys), keys->length);
    }
    return values;
}

static bool start_one(covet_op *op, uint32_t index)
{
    const covet__gather *gather = &op->plan->residual->gathers[index];
    const bool keyed = has_keys(op, gather);
    gathered *g = &op->gathering->all[index];
    covet_value *values = values_of(op, gather);
    covet_error err;
    if (values == NULL) {
        covet__op_failf(op, COVET_ENOMEM, "", "operation: out of memory");
        return false;
    }
    const covet_sql sql = {.size = sizeof sql,
                           .text = keyed ? gather->keyed_text : gather->text,
                           .params = values,
                           .param_count = gather->param_count + keyed};
    const covet_call call = {.size = sizeof call,
                             .timeout = COVET_NO_TIMEOUT, /* the statement's holds */
                             .bytes_max =
                                 COVET_MAX(op->bytes_max - op->gathering->bytes, (size_t)1),
                             .text_result = true};
    const covet__start start = {.parent = op,
                                .tx = op->tx,
                                .moments = op->moments.known ? &op->moments : NULL,
                                .partial = gather->partial,
                                .trace = covet__trace_piece(op, index, keyed)};
    *g = (gathered){.op = op, .index = index, .started = true};
    op->gathering->started++;
    if (covet__op_begin(op->db, &start, &sql, &call, &g->child, &err, on_gathered, g) == COVET_OK)
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
    *g = (covet__gathering){.all = all, .count = count};
    op->gathering = g;
    start_more(op);
}
