/*
 * tools/undistribute.h - tables come home again.
 *
 * The old table, which has waited in covet_old, gets the rows that the shards have now, and
 * foreign keys and grants as the shards have them; its name is what it was.
 *
 *     A  collect, check      nothing has changed; whatever stands in the way is named
 *     B  lock                all copies of the tables, in all groups
 *     C  home, not committed rows, indexes, foreign keys, grants, sequences; the twins, the
 *                            home group's copies and the rows of covet.tables go
 *     D  groups, PREPAREd    their copies are dropped
 *     E  home, COMMIT        epoch + 1: this decides
 *     F  groups, COMMIT PREPARED; home's standbys have what E has done, or had 10 s for it
 *
 * Unlike on the way out, a group's copy must be gone before anybody who waits for its lock
 * can go on: a process with the old map would write into it, and the write would be lost.
 * So the copies stay locked from B to F whoever dies in between, and that is what a prepared
 * transaction is: the row of the job, which E deletes, tells the next command how it ends
 * (tools/leavings.h).
 */
#ifndef COVET_TOOLS_UNDISTRIBUTE_H
#define COVET_TOOLS_UNDISTRIBUTE_H

#include "tools/ddl.h"

typedef struct back_table {
    const covet__map_table *entry;
    const char *old_oid;              /* in covet_old */
    const char *twin_oid;             /* in covet_shell; NULL: somebody has dropped it */
    const table_def *old;             /* as it is now: read again when it has moved */
    const table_def *copy;            /* the first shard's, or the reference copy at home */
    const table_reference *referrers; /* foreign keys of local tables that lead to the copy */
    size_t referrer_count;
    uint64_t rows;
} back_table;

typedef struct back {
    cluster_handle *cluster;
    const char *command;
    back_table *tables;
    size_t count;
} back;

/* The session that works in a group: home's own transaction for home, as it decides about
 * all. */
covet__session *back_session(const back *set, uint32_t group);
/* The table of the set with that physical name. */
const back_table *back_find(const back *set, const char *physical);
/* B to F. On failure all is as it was. */
covet_status back_run(back *set, covet_error *err);
/* Reads what pg_catalog says of the set's tables. */
covet_status back_collect(back *set, covet_error *err);

/* ---- back_rows.c ------------------------------------------------------------------------ */

/* Every row of the table's copies into `into`, a table at home with the same columns. */
covet_status back_copy_rows(const back *set, const back_table *table, const char *into,
                            uint64_t *ret_rows, covet_error *err);
/* When two rows would have one value of a unique index: says of how many values that is
 * so; the status of `err`, whose text becomes that. */
covet_status back_explain_conflict(const back *set, const back_table *table, covet_error *err);

#endif
