/*
 * tools/status.h - what `status` knows: the catalog's words beside the servers' own.
 */
#ifndef COVET_TOOLS_STATUS_H
#define COVET_TOOLS_STATUS_H

#include "replica/probe.h"
#include "tools/cluster.h"

/* Rows of a table in one group, as its planner estimates them. */
typedef struct status_rows {
    char table[64]; /* the physical name */
    double rows;    /* negative: no copy of it was ever analysed */
} status_rows;

/* A prepared transaction of a command that did not come to its end: it holds its locks. */
typedef struct status_prepared {
    char gid[201];
    char since[32];
} status_prepared;

typedef struct status_member {
    const covet__map_member *entry;
    covet__probe_row row;
    covet__probe_verdict verdict;
    char trouble[256]; /* why there is no answer */
    status_rows *rows; /* a primary's; owned */
    size_t row_count;
    status_prepared *prepared; /* a primary's; owned */
    size_t prepared_count;
} status_member;

typedef struct status_job {
    const char *id, *kind, *statement, *started, *error;
} status_job;

typedef struct status_view {
    const cluster_handle *cluster;
    status_member *members; /* of the map, in its order */
    status_job *jobs;
    size_t job_count;
    const char *trouble; /* why the catalog cannot be read now; NULL: it can */
} status_view;

/* Instead of a number of rows. */
#define STATUS_ROWS_UNKNOWN   (-1.0) /* some group did not say */
#define STATUS_ROWS_UNCOUNTED (-2.0) /* nothing of it was ever analysed */

/* A distributed table's rows in all groups, a reference table's at home: an estimate. */
double status_rows_of(const status_view *view, const covet__map_table *table);

/* How the next command that changes the cluster ends it (tools/leavings.h): "COMMIT" or
 * "ROLLBACK"; NULL: it does not, for it is another cluster's or incarnation's, or the catalog
 * cannot be read now. */
const char *status_ending(const status_view *view, const status_prepared *prepared);

void status_print(const status_view *view);
json_t *status_json(const status_view *view);

#endif
