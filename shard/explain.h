/*
 * shard/explain.h - internal: the plan of a statement that is not run, for the tools.
 */
#ifndef COVET_SHARD_EXPLAIN_H
#define COVET_SHARD_EXPLAIN_H

#include <covet/shard/db.h>

#include "shard/plan.h"

/* Plans the statement as covet_query does, asking the servers what planning needs to
 * know, and shows the plan to `look`, which runs once, on the loop's thread: the only one
 * that may read it. Waits for it; not on that thread. `look` is not called where planning
 * fails. */
covet_status covet__explain(covet_db *db, const char *sql,
                            void (*look)(void *user, covet__plan *plan), void *user,
                            covet_error *err);

#endif
