/*
 * shard/run_impl.h - internal to shard/run*.c: sending (run.c) and what comes of it
 * (run_answer.c).
 */
#ifndef COVET_SHARD_RUN_IMPL_H
#define COVET_SHARD_RUN_IMPL_H

#include "shard/handle.h"

/* ---- shard/run.c ---- */
/* NULL where the part has none: it is op->one. */
covet__lease *covet__run_lease_of(const covet_op *op, const covet__part *part);
/* Gives its connection back; one that is not `usable` still answers something. */
void covet__run_release(covet__lease *lease, bool usable);

/* ---- shard/run_answer.c ---- */
/* For covet__part.want: its answer, and that it was never sent. */
void covet__run_on_done(covet__req *req, const covet__fault *fault);
void covet__run_on_failed(covet__want *want, const covet_error *err);
/* The part's connection is lost: it runs again, or has failed. */
void covet__run_lost(covet_op *op, covet__part *part, const covet__fault *fault);
/* From the beginning, whatever has come. */
void covet__run_again(covet_op *op);
/* Another group can answer as well. */
bool covet__run_is_elsewhere(const covet_op *op, const covet_error *err);

#endif
