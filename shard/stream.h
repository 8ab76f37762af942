/*
 * shard/stream.h - internal: an operation whose rows are handed over while they come.
 *
 *     connections --row--> sources --order, limit--> one chunk --> the caller's on_rows
 *          ^  \______________ bounded ____________/                        |
 *          +------- not read while a source is full ------- paused <-------+
 *
 * A source is one statement on one connection that nobody else uses meanwhile: that of a
 * group's shards together (shard/group_sql.h), or of the one server that a statement goes
 * to. Plans whose rows cannot come before the last one is known (aggregates, writes) run
 * whole, and their result is cut into chunks.
 *
 *   S1  what is buffered is bounded: by rows and by bytes, for all sources together
 *   S2  rows that the caller has seen are never sent again: from then on nothing is repeated
 *   S3  the callback never runs inside a call of its user's, nor inside itself
 *   S4  a connection goes back as soon as its last row has come, whatever the caller does
 */
#ifndef COVET_SHARD_STREAM_H
#define COVET_SHARD_STREAM_H

#include "shard/handle.h"

covet__stream *covet__stream_new(covet_rows_cb *on_rows);
void covet__stream_free(covet__stream *stream); /* accepts NULL */
void covet__stream_attach(covet__stream *stream, covet_op *op);

/* ---- for shard/run.c ---- */
/* Whether the operation's rows can be handed over while they come; if not, it runs whole. */
bool covet__stream_suits(const covet_op *op);
/* Each of the parts is a source; their requests give rows from now on. */
covet_status covet__stream_begin(covet_op *op, covet__part *parts, uint32_t count,
                                 covet_error *err);
/* The part has no more rows. */
void covet__stream_ended(covet_op *op, const covet__part *part);
/* The caller has seen rows (S2); false where the operation is no stream. */
bool covet__stream_has_begun(const covet_op *op);
/* Rows of it wait here, and its server waits for us. */
bool covet__stream_is_full(const covet_op *op, const covet__part *part);
/* Forgets what is buffered. */
void covet__stream_reset(covet__stream *stream);
/* True, with the reason in `err`, if the operation waits for its caller. */
bool covet__stream_explain_wait(const covet_op *op, covet_error *err);

/* ---- for shard/stream_rows.c ---- */
/* On the loop's thread: what covet_stream_resume asks for. */
void covet__stream_resume(covet_db *db, covet_op_id id);

/* ---- for shard/op.c ---- */
/* The operation has its result: hands it over in chunks, then finishes it. */
void covet__stream_whole(covet_op *op);
/* The result is in the caller's hands, whatever becomes of the operation. */
bool covet__stream_is_whole(const covet_op *op);

#endif
