/* shard/run_bind.h - internal to shard/run*.c and shard/tx.c: values of one execution. */
#ifndef COVET_SHARD_RUN_BIND_H
#define COVET_SHARD_RUN_BIND_H

#include "shard/handle.h"

/* The parameters as they are sent: the application's, ids, the pushed LIMIT. */
covet_status covet__run_bind(covet_op *op, covet_error *err);

/* The shards that the values ask for: ROUTE one, SCATTER at least one. In op->arena. */
covet_status covet__run_choose(covet_op *op, uint32_t **ret_shards, uint32_t *ret_count,
                               covet_error *err);

/* shard/run.c */
bool covet__run_needs_tx(const covet_op *op, uint32_t group);
void covet__run_single(covet_op *op, uint32_t shard);

#endif
