/*
 * tools/distribute.h - tables go from home to the shards, or into every group.
 *
 * `distribute` and `reference` do the same with a set of tables, which move together because
 * foreign keys join them:
 *
 *     A  collect, check      nothing has changed; whatever stands in the way is named
 *     B  lock                at home, ACCESS EXCLUSIVE; collected and checked again
 *     C  home, not committed the tables go to covet_old, empty twins to covet_shell
 *     D  groups, committed   tables, rows, indexes, foreign keys in each target
 *     E  home, committed     foreign keys of local tables led to the copies, covet.tables and
 *                            covet.ids, epoch + 1: only now is anything true
 *
 * The one COMMIT that counts is home's: it holds the old tables and the map, so that nobody
 * ever finds a table in both places or in none. Groups commit before it, for what they then
 * have is in no map, and such tables can be told and dropped (tools/leavings.h). That is
 * enough; prepared transactions would buy nothing here.
 */
#ifndef COVET_TOOLS_DISTRIBUTE_H
#define COVET_TOOLS_DISTRIBUTE_H

#include "tools/crew.h"
#include "tools/ddl.h"

/* A column whose values come from covet.ids from now on. */
typedef struct move_id {
    const table_column *column;
    bool alone_unique; /* a unique index is on it alone */
    const char *next;
    int64_t max;
} move_id;

typedef struct move_table {
    const char *word;     /* as the user named it */
    const char *key_word; /* the column; NULL: to be found, or a reference table */
    const char *const *per_shard;
    size_t per_shard_count;
    const table_def *def;
    const table_column *key; /* NULL: a reference table */
    const char *physical;
    const char *id; /* in covet.tables */
    move_id *ids;
    size_t id_count;
    const table_reference *referrers; /* the foreign keys that lead to it */
    size_t referrer_count;
    const ddl_target *targets; /* where its own lead */
    uint64_t rows;             /* read at home */
    uint64_t copied;           /* written in the groups */
} move_table;

/* Where a table's rows can go: a shard, or a group's schema of reference tables. */
typedef struct move_target {
    uint32_t group;
    const char *schema;
} move_target;

typedef struct move {
    cluster_handle *cluster;
    bool reference;
    const char *command; /* the command line, for covet.jobs and for hints */
    move_table *tables;
    size_t count;
    /* Tables named by --with that are distributed already. */
    const covet__map_table *const *along;
    size_t along_count;
    move_target *targets;
    size_t target_count;
} move;

/* ---- distribute_collect.c, distribute_check.c ------------------------------------------- */

/* Fills in what pg_catalog says of the set's tables, their keys, names and ids. A table that
 * is not there or has no such key is reported: *ret_problems counts. */
covet_status move_collect(move *set, int *ret_problems, covet_error *err);
/* Reports each thing that stands in the way, with what to do about it. */
covet_status move_check(const move *set, int *ret_problems, covet_error *err);
/* Whether the key of the one end is led to the key of the other. */
bool move_follows_key(const table_reference *reference, const char *from_key, const char *to_key);

/* The table of the set that this is, NULL if it is none of them. */
const move_table *move_find(const move *set, const char *oid);

/* ---- distribute_move.c ------------------------------------------------------------------ */

/* B to E. On failure all is as it was. */
covet_status move_run(move *set, covet_error *err);

/* ---- distribute_finish.c ----------------------------------------------------------------- */

/* Drops what `undistribute` would need; the exit code. */
int distribute_finish(cli_run *run);

/* ---- mover.c ---------------------------------------------------------------------------- */

/* Reads the old table's rows at home and hands each to where it belongs. */
covet_status mover_copy(const move *set, move_table *table, group_crew *crew, covet_error *err);

#endif
