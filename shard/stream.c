#include "shard/stream.h"

#include <string.h>

#include "core/fail.h"
#include "shard/group_sql.h"
#include "shard/merge.h"
#include "shard/run_bind.h"

enum {
    CHUNK_ROWS = 1000,
    CHUNK_BYTES = 256 * 1024,
    CHUNK_KEPT_BYTES = 1 << 20, /* a larger arena is not kept for the next chunk */
    /* Of all sources; a row is a PGresult of 2 kB at least. */
    BUFFERED_ROWS = 1024,
    BUFFERED_BYTES = 4 << 20,
    SOURCE_ROWS_MIN = 16,
    SOURCE_ROWS_MAX = 256,
    SOURCE_BYTES_MIN = 64 * 1024,
};

typedef struct source {
    covet__part *part;
    PGresult **ring; /* rows that have come, mostly one in each */
    uint32_t first, count, capacity;
    size_t bytes, bytes_max;
    int row;          /* of the first one */
    PGresult *before; /* the last one that was used up: the next is compared with it */
    bool described;   /* its columns have been looked at */
    bool full;        /* its connection is not read */
    bool ended;
    bool in_heap;
} source;

struct covet__stream {
    covet_op *op;
    covet_rows_cb *on_rows;
    covet__job job;
    bool paused; /* by the caller */
    bool begun;  /* a chunk has been handed over */
    bool ended;  /* nothing is left to hand over */

    source *sources; /* in the operation's arena */
    uint32_t source_count;
    covet__cursor *heap; /* the sources' first rows, where there is an order */
    uint32_t heap_count;
    const source *misfit; /* its columns are not those of the plan */
    covet_error why;      /* what is wrong with a row; status 0: nothing */
    size_t skip, left;

    bool whole; /* `result` is handed over, piece by piece */
    covet_result result;
    covet_arena *result_arena;
    size_t next_row;

    const char *const *names; /* of the columns that are shown */
    const uint32_t *types;
    size_t columns;
    covet__row *rows; /* the chunk that is being filled, in op->rows */
    size_t row_count, row_bytes;
};

static void on_job(covet__job *job);

/* ---- making ---------------------------------------------------------------------------------- */

covet__stream *covet__stream_new(covet_rows_cb *on_rows)
{
    covet__stream *s = covet__zalloc(sizeof *s);
    if (s != NULL) {
        s->on_rows = on_rows;
        covet__job_init(&s->job, on_job);
    }
    return s;
}

void covet__stream_attach(covet__stream *s, covet_op *op)
{
    s->op = op;
    op->stream = s;
}

static void drop_rows(source *at)
{
    for (; at->count > 0; at->count--, at->first = (at->first + 1) % at->capacity)
        PQclear(at->ring[at->first]);
    PQclear(COVET_TAKE(at->before));
    at->bytes = 0;
}

void covet__stream_reset(covet__stream *s)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        drop_rows(&s->sources[i]);
    s->source_count = s->heap_count = 0;
    s->misfit = NULL;
    s->why.status = COVET_OK;
    s->rows = NULL;
    s->row_count = s->row_bytes = 0;
    if (s->whole)
        covet__result_clear(&s->result);
    s->whole = false;
    covet_arena_free(COVET_TAKE(s->result_arena));
    covet__list_remove(&s->job.link);
}

void covet__stream_free(covet__stream *s)
{
    if (s == NULL)
        return;
    covet__stream_reset(s);
    covet__free(s);
}

bool covet__stream_suits(const covet_op *op)
{
    const covet__plan *plan = op->plan;
    if (!plan->read_only)
        return false;
    switch (plan->tier) {
    case COVET__TIER_ONE:
    case COVET__TIER_HOME:
    case COVET__TIER_ANYWHERE:
    case COVET__TIER_ROUTE: return true;
    case COVET__TIER_SCATTER:
        return plan->merge != COVET__MERGE_AGGREGATE &&
               covet__group_can(op, plan->map->shard_count);
    default: return false;
    }
}

/* A sink forgets what it has seen. */
bool covet__stream_has_begun(const covet_op *op)
{
    return op->stream != NULL && op->stream->begun && op->sink == NULL;
}

bool covet__stream_is_whole(const covet_op *op) { return op->stream != NULL && op->stream->whole; }

bool covet__stream_explain_wait(const covet_op *op, covet_error *err)
{
    if (op->stream == NULL || !op->stream->paused)
        return false;
    covet__prefix(err, "the caller had paused the stream");
    return true;
}

/* ---- rows come ------------------------------------------------------------------------------- */

static void soon(covet__stream *s) { covet__loop_soon(s->op->db->loop, &s->job); }

static source *source_of(const covet__stream *s, const covet__part *part)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (s->sources[i].part == part)
            return &s->sources[i];
    return NULL;
}

static PGresult *last_row(const source *at)
{
    return at->count > 0 ? at->ring[(at->first + at->count - 1) % at->capacity] : at->before;
}

/* All rows but the first are compared with the one before. */
static void check_rows(covet__stream *s, const source *at, const PGresult *rows)
{
    const covet__plan *plan = s->op->plan;
    const PGresult *last = last_row(at);
    covet__cursor before = {.part = last, .row = last != NULL ? PQntuples(last) - 1 : 0};
    covet__cursor now = {.part = rows};
    for (; now.row < PQntuples(rows) && s->why.status == COVET_OK; now.row++) {
        if (covet__merge_check(plan, &before, &now, &s->why) != COVET_OK)
            return;
        before = now;
    }
}

static bool is_sorted(const covet__stream *s)
{
    const covet__plan *plan = s->op->plan;
    return plan->tier == COVET__TIER_SCATTER && plan->merge == COVET__MERGE_SORTED;
}

/* The connection stops what is much larger; this is exact. */
static void check_size(covet__stream *s, const PGresult *rows)
{
    if (covet__part_bytes(rows) > s->op->bytes_max && s->why.status == COVET_OK)
        covet__fail_state(&s->why, COVET_ELIMIT, "54000",
                          "a row is larger than the limit of %zu bytes (raise "
                          "covet_call.bytes_max, or ask for less)",
                          s->op->bytes_max);
}

/* True: there is room for more. */
static bool keep(covet__stream *s, source *at, PGresult *rows)
{
    soon(s);
    if (s->left == 0) { /* no more are wanted, and those that come are few */
        PQclear(rows);
        return true;
    }
    check_size(s, rows);
    if (!at->described && !covet__description_fits(&s->op->plan->parts, rows) && s->misfit == NULL)
        s->misfit = at;
    at->described = true;
    if (s->misfit == NULL && is_sorted(s))
        check_rows(s, at, rows);
    at->ring[(at->first + at->count++) % at->capacity] = rows;
    at->bytes += covet__part_bytes(rows);
    at->full = at->count == at->capacity || at->bytes >= at->bytes_max;
    return !at->full;
}

static bool on_row(covet__req *req, PGresult *row)
{
    covet__part *part = COVET_CONTAINER(req, covet__part, want.req);
    covet__stream *s = part->op->stream;
    return keep(s, source_of(s, part), row);
}

void covet__stream_ended(covet_op *op, const covet__part *part)
{
    covet__stream *s = op->stream;
    source *at = source_of(s, part);
    at->ended = true;
    if (part->result != NULL && PQntuples(part->result) > 0) { /* libpq would not part them */
        PGresult *rows = COVET_TAKE(((covet__part *)(uintptr_t)part)->result);
        COVET_UNUSED(keep(s, at, rows));
    }
    soon(s);
}

bool covet__stream_is_full(const covet_op *op, const covet__part *part)
{
    const source *at = op->stream != NULL ? source_of(op->stream, part) : NULL;
    return at != NULL && at->full;
}

static covet_status make_sources(covet__stream *s, covet__part *parts, uint32_t count,
                                 covet_error *err)
{
    const uint32_t room =
        COVET_MIN(COVET_MAX(BUFFERED_ROWS / count, SOURCE_ROWS_MIN), SOURCE_ROWS_MAX);
    covet_arena *arena = s->op->arena;
    s->sources = covet_arena_alloc(arena, count * sizeof *s->sources);
    s->heap = covet_arena_alloc(arena, count * sizeof *s->heap);
    if (s->sources == NULL || s->heap == NULL)
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    for (uint32_t i = 0; i < count; i++) {
        source *at = &s->sources[i];
        /* One more than full, for what was not parted. */
        *at = (source){.part = &parts[i], .capacity = room + 1};
        at->bytes_max = COVET_MAX((size_t)BUFFERED_BYTES / count, (size_t)SOURCE_BYTES_MIN);
        at->ring = covet_arena_alloc(arena, at->capacity * sizeof(PGresult *));
        if (at->ring == NULL)
            return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
        parts[i].want.req.row = on_row;
    }
    s->source_count = count;
    return COVET_OK;
}

covet_status covet__stream_begin(covet_op *op, covet__part *parts, uint32_t count, covet_error *err)
{
    covet__stream *s = op->stream;
    const bool scatter = op->plan->tier == COVET__TIER_SCATTER;
    COVET_TRY(make_sources(s, parts, count, err));
    s->names = op->plan->shown.names;
    s->types = op->plan->shown.types;
    s->columns = op->plan->shown.column_count;
    s->skip = scatter ? (size_t)op->offset : 0;
    s->left = scatter && op->limit_given ? (size_t)op->limit : SIZE_MAX;
    return COVET_OK;
}

/* ---- rows go --------------------------------------------------------------------------------- */

static bool is_chunk_full(const covet__stream *s)
{
    return s->row_count == CHUNK_ROWS || s->row_bytes >= CHUNK_BYTES;
}

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "result: out of memory");
}

static covet_status open_chunk(covet__stream *s, covet_error *err)
{
    covet_op *op = s->op;
    if (op->rows != NULL && covet_arena_held(op->rows) > CHUNK_KEPT_BYTES)
        covet_arena_free(COVET_TAKE(op->rows));
    if (op->rows == NULL)
        COVET_TRY(covet_arena_new(0, &op->rows, err));
    else
        COVET_TRY(covet_arena_reset(op->rows));
    s->row_count = s->row_bytes = 0;
    s->rows = covet_arena_alloc(op->rows, CHUNK_ROWS * sizeof *s->rows);
    return s->rows != NULL ? COVET_OK : no_memory(err);
}

/* Copies the cells, a NUL behind each, into the chunk. */
static covet_status put_row(covet__stream *s, const covet_cell *from, covet_error *err)
{
    size_t bytes = 0;
    for (size_t i = 0; i < s->columns; i++)
        bytes += from[i].bytes != NULL ? from[i].length + 1 : 0;
    covet_cell *cells = covet_arena_alloc(s->op->rows, s->columns * sizeof *cells + bytes);
    if (cells == NULL)
        return no_memory(err);
    char *to = (char *)(cells + s->columns);
    for (size_t i = 0; i < s->columns; i++) {
        cells[i] = from[i];
        if (from[i].bytes == NULL)
            continue;
        memcpy(to, from[i].bytes, from[i].length);
        to[from[i].length] = '\0';
        cells[i].bytes = to;
        to += from[i].length + 1;
    }
    s->rows[s->row_count++] = (covet__row){.cells = cells};
    s->row_bytes += bytes;
    return COVET_OK;
}

/* The row that is the source's first, unless OFFSET skips it. */
static covet_status emit(covet__stream *s, const source *at, covet_cell *cells, covet_error *err)
{
    if (s->skip > 0) {
        s->skip--;
        return COVET_OK;
    }
    const PGresult *rows = at->ring[at->first];
    for (size_t i = 0; i < s->columns; i++)
        cells[i] = covet__part_cell(rows, at->row, (int)i);
    s->left -= s->left != SIZE_MAX;
    return put_row(s, cells, err);
}

static void advance(source *at)
{
    if (++at->row < PQntuples(at->ring[at->first]))
        return;
    PQclear(at->before);
    at->before = at->ring[at->first];
    at->bytes -= covet__part_bytes(at->before);
    at->first = (at->first + 1) % at->capacity;
    at->count--;
    at->row = 0;
}

static covet__cursor cursor_of(const covet__stream *s, const source *at)
{
    return (covet__cursor){.part = at->ring[at->first],
                           .row = at->row,
                           .number = (uint32_t)(at - s->sources)};
}

/* False while a source that goes on has no row: the next one in order may be its. */
static bool gather_heap(covet__stream *s)
{
    bool all = true, grown = false;
    for (uint32_t i = 0; i < s->source_count; i++) {
        source *at = &s->sources[i];
        if (!at->in_heap && at->count > 0) {
            s->heap[s->heap_count++] = cursor_of(s, at);
            at->in_heap = grown = true;
        }
        all &= at->in_heap || at->ended;
    }
    if (grown)
        covet__merge_heap(s->op->plan, s->heap, s->heap_count);
    return all;
}

static covet_status fill_sorted(covet__stream *s, covet_cell *cells, covet_error *err)
{
    const covet__plan *plan = s->op->plan;
    bool all = gather_heap(s);
    while (all && s->heap_count > 0 && s->left > 0 && !is_chunk_full(s)) {
        source *at = &s->sources[s->heap[0].number];
        COVET_TRY(emit(s, at, cells, err));
        advance(at);
        at->in_heap = at->count > 0;
        s->heap[0] = at->in_heap ? cursor_of(s, at) : s->heap[--s->heap_count];
        if (s->heap_count > 0)
            covet__merge_sift(plan, s->heap, s->heap_count, 0);
        all = at->in_heap || at->ended;
    }
    return COVET_OK;
}

static covet_status fill_as_they_come(covet__stream *s, covet_cell *cells, covet_error *err)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        for (source *at = &s->sources[i]; at->count > 0 && s->left > 0 && !is_chunk_full(s);
             advance(at))
            COVET_TRY(emit(s, at, cells, err));
    return COVET_OK;
}

static covet_status fill_whole(covet__stream *s, covet_cell *cells, covet_error *err)
{
    for (; s->next_row < s->result.row_count && !is_chunk_full(s); s->next_row++) {
        for (size_t i = 0; i < s->columns; i++)
            cells[i] = covet_result_cell(&s->result, s->next_row, i);
        COVET_TRY(put_row(s, cells, err));
    }
    return COVET_OK;
}

static bool has_more(const covet__stream *s)
{
    if (s->whole)
        return s->next_row < s->result.row_count;
    bool more = false;
    for (uint32_t i = 0; i < s->source_count; i++)
        more |= !s->sources[i].ended || (s->left > 0 && s->sources[i].count > 0);
    return more;
}

/* Fills the chunk as far as rows are there. */
static covet_status fill(covet__stream *s, covet_error *err)
{
    COVET_TRY(open_chunk(s, err));
    covet_cell *cells = covet_arena_alloc(s->op->rows, (s->columns + 1) * sizeof *cells);
    if (cells == NULL)
        return no_memory(err);
    if (s->whole)
        COVET_TRY(fill_whole(s, cells, err));
    else if (is_sorted(s))
        COVET_TRY(fill_sorted(s, cells, err));
    else
        COVET_TRY(fill_as_they_come(s, cells, err));
    return COVET_OK;
}

/* ---- handing over ---------------------------------------------------------------------------- */

/* To the callback, in which it is the operation's result. */
static void hand_over(covet__stream *s)
{
    covet_op *op = s->op;
    op->result = (covet_result){.names = s->names,
                                .types = s->types,
                                .columns = s->columns,
                                .rows = s->rows,
                                .row_count = s->row_count,
                                .arena = op->rows};
    op->has_result = true;
    s->begun = true;
    s->rows = NULL;
    s->row_count = 0;
    s->paused = !s->on_rows(op, &op->result, op->user);
    op->has_result = false;
}

/* What waits behind a LIMIT: a source that is full of it would never be read to its end. */
static void discard(covet__stream *s)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        drop_rows(&s->sources[i]);
        s->sources[i].row = 0;
        s->sources[i].in_heap = false;
    }
    s->heap_count = 0;
}

/* A source that is half empty is read on. */
static void read_on(covet__stream *s)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        source *at = &s->sources[i];
        if (!at->full || at->count > at->capacity / 2 || at->bytes >= at->bytes_max)
            continue;
        at->full = false;
        if (!at->ended)
            covet__run_read_on(s->op, at->part);
    }
}

/* Rows behind a LIMIT are not waited for, unless they are few: giving up a connection costs
 * more than they do. */
static bool is_over(const covet__stream *s)
{
    return !has_more(s) || (s->left == 0 && !covet__group_is_small(s->op));
}

static void pump(covet__stream *s)
{
    covet_op *op = s->op;
    covet_error err;
    if (s->misfit != NULL && !covet__stream_has_begun(op)) {
        covet__run_replan(op, s->misfit->part);
        return;
    }
    if (s->misfit != NULL && s->why.status == COVET_OK)
        covet__fail_state(&s->why, COVET_ESTALE, "0A000",
                          "the columns of the result are not those that were announced: the table "
                          "has changed");
    if (s->why.status != COVET_OK) {
        err = s->why;
        covet__op_fail(op, &err);
        return;
    }
    if (fill(s, &err) != COVET_OK) {
        covet__op_fail(op, &err);
        return;
    }
    const bool over = is_over(s), full = is_chunk_full(s);
    if (s->row_count > 0 || (over && !s->begun))
        hand_over(s);
    if (over && !s->paused) {
        covet__run_abandon(op);
        covet__op_finish(op);
        return;
    }
    if (s->left == 0)
        discard(s);
    read_on(s);
    if (full)
        soon(s);
}

static void on_job(covet__job *job)
{
    covet__stream *s = COVET_CONTAINER(job, covet__stream, job);
    if (!s->paused)
        pump(s);
}

/* ---- results that are there ------------------------------------------------------------------ */

static covet_status name_columns(covet__stream *s, covet_error *err)
{
    const covet_result *result = &s->result;
    s->columns = result->columns;
    const char **names = covet_arena_alloc(s->op->arena, (s->columns + 1) * sizeof *names);
    uint32_t *types = covet_arena_alloc(s->op->arena, (s->columns + 1) * sizeof *types);
    if (names == NULL || types == NULL)
        return no_memory(err);
    for (size_t i = 0; i < s->columns; i++) {
        names[i] = covet_result_name(result, i);
        types[i] = covet_result_type(result, i);
    }
    s->names = names;
    s->types = types;
    return COVET_OK;
}

void covet__stream_whole(covet_op *op)
{
    covet__stream *s = op->stream;
    covet_error err;
    if (op->result.columns == 0) { /* a command, which says how many rows it has changed */
        s->begun = true;
        COVET_UNUSED(s->on_rows(op, &op->result, op->user));
        if (op->has_result)
            covet__result_clear(&op->result);
        op->has_result = false;
        covet__op_finish(op);
        return;
    }
    s->result = op->result;
    s->result_arena = COVET_TAKE(op->rows);
    s->whole = true;
    s->next_row = s->skip = 0;
    s->left = SIZE_MAX; /* its LIMIT has been seen to */
    op->has_result = false;
    if (name_columns(s, &err) != COVET_OK) {
        covet__op_fail(op, &err);
        return;
    }
    soon(s);
}

/* ---- what callers call ----------------------------------------------------------------------- */

covet_status covet_stream(covet_db *db, const covet_sql *sql, const covet_call *call,
                          covet_op_id *ret_op, covet_error *err, covet_rows_cb *on_rows,
                          covet_cb *on_end, void *user)
{
    COVET_TRY(covet__db_check(db, err));
    if (on_rows == NULL)
        return covet__fail(err, COVET_EINVAL, "stream: on_rows is NULL");
    covet__stream *s = covet__stream_new(on_rows);
    if (s == NULL)
        return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
    const covet_status status =
        covet__op_start(db, &(covet__start){.stream = s}, sql, call, ret_op, err, on_end, user);
    if (status != COVET_OK)
        covet__stream_free(s);
    return status;
}

void covet__stream_resume(covet_db *db, covet_op_id id)
{
    COVET_LIST_EACH (op, &db->active, covet_op, link) {
        if (op->id != id || op->stream == NULL || !op->stream->paused ||
            op->state != COVET__OP_RUNNING)
            continue;
        op->stream->paused = false;
        soon(op->stream);
    }
}

typedef struct resume_job {
    covet__job job;
    covet_db *db;
    covet_op_id id;
} resume_job;

static void on_resume(covet__job *job)
{
    resume_job *r = COVET_CONTAINER(job, resume_job, job);
    covet__stream_resume(r->db, r->id);
    covet__free(r);
}

covet_status covet_stream_resume(covet_db *db, covet_op_id op, covet_error *err)
{
    COVET_TRY(covet__db_check(db, err));
    resume_job *r = covet__zalloc(sizeof *r);
    if (r == NULL)
        return covet__fail(err, COVET_ENOMEM, "stream: out of memory");
    *r = (resume_job){.db = db, .id = op};
    covet__job_init(&r->job, on_resume);
    covet__loop_post(db->loop, &r->job);
    return COVET_OK;
}
