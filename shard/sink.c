#include "shard/sink.h"

#include "shard/stream.h"

bool covet__sink_takes(const covet_op *op)
{
    return op->sink != NULL &&
           (op->plan->tier != COVET__TIER_SCATTER || op->plan->merge == COVET__MERGE_APPEND);
}

void covet__sink_begin(covet_op *op)
{
    const bool scatter = op->plan->tier == COVET__TIER_SCATTER;
    op->sink->skip = scatter ? (size_t)op->offset : 0;
    op->sink->left = scatter && op->limit_given ? (size_t)op->limit : SIZE_MAX;
}

static bool take(covet__sink *sink, const covet_result *rows, size_t row)
{
    if (sink->left == 0) /* those that still come are few */
        return true;
    if (sink->skip > 0) {
        sink->skip--;
        return true;
    }
    sink->left -= sink->left != SIZE_MAX;
    return sink->take(sink, rows, row);
}

static bool take_all(covet_op *op, covet__part *part, PGresult *rows)
{
    covet_result result;
    if (part->row_count == 0) /* a part of other columns is found at its end, and repeated */
        part->odd = !part->want.req.proven && !covet__description_fits(&op->plan->parts, rows);
    part->row_count += (size_t)PQntuples(rows);
    if (part->odd)
        return true;
    covet__result_single(&result, rows);
    for (size_t row = 0; row < result.row_count; row++)
        if (!take(op->sink, &result, row))
            return false;
    return true;
}

bool covet__sink_on_row(covet__req *req, PGresult *row)
{
    covet__part *part = COVET_CONTAINER(req, covet__part, want.req);
    const bool more = take_all(part->op, part, row);
    PQclear(row);
    return more;
}

void covet__sink_rest(covet_op *op, covet__part *part)
{
    if (PQntuples(part->result) > 0)
        COVET_UNUSED(take_all(op, part, part->result));
    PQclear(COVET_TAKE(part->result));
}

static bool on_merged(covet_op *op, const covet_result *rows, void *user)
{
    COVET_UNUSED(user);
    for (size_t row = 0; row < covet_result_rows(rows); row++)
        if (!op->sink->take(op->sink, rows, row))
            return false;
    return true;
}

bool covet__sink_stream(covet_op *op)
{
    covet__stream *stream = covet__stream_new(on_merged);
    if (stream != NULL)
        covet__stream_attach(stream, op);
    return stream != NULL;
}
