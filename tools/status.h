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
    double rows;
} status_rows;

typedef struct status_member {
    const covet__map_member *entry;
    covet__probe_row row;
    covet__probe_verdict verdict;
    char trouble[256]; /* why there is no answer */
    status_rows *rows; /* a primary's; owned */
    size_t row_count;
    int prepared; /* transactions of commands that did not come to their end */
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

/* A distributed table's rows in all groups, a reference table's at home; negative: some
 * group did not say. */
double status_rows_of(const status_view *view, const covet__map_table *table);

void status_print(const status_view *view);
json_t *status_json(const status_view *view);

#endif
