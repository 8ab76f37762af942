/*
 * shard/explain.h - internal: the plan of a statement and of all that is gathered for it, and
 * what a run of it came to; for the tools.
 *
 *   the statement           RESIDUAL
 *     what gather 1 asks    SCATTER
 *     what gather 2 asks    RESIDUAL
 *       what gather 1 asks  ROUTE
 *
 * Nothing is measured unless somebody asks: an operation has a place to note what it did
 * (covet_op.trace) where it runs for this, and NULL everywhere else.
 */
#ifndef COVET_SHARD_EXPLAIN_H
#define COVET_SHARD_EXPLAIN_H

#include <covet/shard/db.h>

#include "shard/plan.h"

#define COVET__NO_GROUP UINT32_MAX

/* What a run came to; all zero: it did not run. */
typedef struct covet__ran {
    uint64_t began; /* covet__now_nsec */
    uint64_t usec;  /* with the wait for connections */
    uint64_t rows;
    uint32_t group; /* in the map, where one server answered; else COVET__NO_GROUP */

    /* SCATTER: */
    uint64_t connect_usec; /* until there was a connection to each group */
    uint64_t part_rows;    /* that the groups sent, before they were merged */
    uint32_t parts;        /* statements that were sent */
    uint32_t groups;       /* that they were sent to */

    uint64_t gather_usec; /* RESIDUAL, until the rows were there; the rest is its query's */
    size_t bytes;         /* of a gather: its rows, as they go to the residual query */
} covet__ran;

typedef struct covet__explained covet__explained;
struct covet__explained {
    covet__plan *plan;           /* NULL: beyond the bounds, and not planned */
    const covet__gather *gather; /* what this is a plan of; NULL: of the statement itself */
    bool keyed;                  /* of its keyed_text */
    uint32_t depth;
    bool timed;             /* its moments are given: a plan of its own (covet__stmt) */
    uint64_t planned_usec;  /* none where the plan was known */
    covet__explained *next; /* that is planned after this one */

    covet__explained *pieces; /* RESIDUAL: by the gathers; NULL: not asked for */
    uint32_t piece_count;
    covet__ran ran;
};

typedef struct covet__explain_opts {
    const char *sql;
    bool analyze; /* it runs too, whatever it does */
    void (*look)(void *user, const covet__explained *explained);
    void *user;
} covet__explain_opts;

/* Plans the statement as covet_query does, and what it gathers, asking the servers what
 * planning needs to know. Shows the plans to `look`, which runs once, on the loop's thread:
 * the only one that may read them, and only then. Waits for it; not on that thread. `look`
 * is not called where planning or running fails. */
covet_status covet__explain(covet_db *db, const covet__explain_opts *opts, covet_error *err);

/* ---- shard/plan_print.c: pure, for people ---- */

/* All of it in words; of each plan one statement as an example, or those for all shards. */
void covet__explained_print(const covet__explained *explained, bool all, covet__str *out);

#endif
