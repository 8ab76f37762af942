/*
 * shard/sink.h - internal: an operation whose rows go on into something of the library's own
 * while they come, and are never a result (shard/gather.c).
 *
 *     rows of one server, or of many in no order   one by one, as libpq parses them
 *     many in an order, without a small LIMIT      merged by a stream (shard/stream.h)
 *     aggregates, and few rows in an order         a result, for the operation's callback
 *
 * The first two hold no rows but those on their way. What has taken rows can forget them, so
 * an operation with a sink is sent again as any other one is, unlike a stream that a caller
 * has seen rows of.
 */
#ifndef COVET_SHARD_SINK_H
#define COVET_SHARD_SINK_H

#include "shard/handle.h"

struct covet__sink {
    /* False: it wants no more, and the connection is not read on. Nothing ends in here. */
    bool (*take)(covet__sink *sink, const covet_result *rows, size_t row);
    /* The operation begins again, and gives all of its rows again. */
    void (*forget)(covet__sink *sink);
    size_t skip, left; /* rows of OFFSET and LIMIT, where they come in no order */
};

/* Whether the operation's parts give their rows to the sink themselves. */
bool covet__sink_takes(const covet_op *op);
/* Before they are sent. */
void covet__sink_begin(covet_op *op);
/* A part's covet__req.row. */
bool covet__sink_on_row(covet__req *req, PGresult *row);
/* The part is through: rows that libpq would not part are in its result. */
void covet__sink_rest(covet_op *op, covet__part *part);

/* What is to be merged in an order gets a stream; false if there is no memory. */
bool covet__sink_stream(covet_op *op);

#endif
