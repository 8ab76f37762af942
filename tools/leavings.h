/*
 * tools/leavings.h - what a command left behind that did not come to its end.
 *
 * Every command that changes the cluster clears it away before it begins, holding the row
 * that makes commands wait for each other (tools/cluster.h, K1), so nobody is at work on it:
 *
 *     a prepared transaction of a job   committed where the job's row is gone, for the row
 *                                       goes with the change of the map; else rolled back
 *     a table that is in no map         dropped (K4)
 *     an empty schema of a shard that   dropped, with its row in covet.owned
 *     the group does not own
 *     the row of a job                  deleted, last
 */
#ifndef COVET_TOOLS_LEAVINGS_H
#define COVET_TOOLS_LEAVINGS_H

#include "tools/cluster.h"

/* Over the sessions of cluster_connect_all, in the transaction of cluster_begin. */
covet_status leavings_clear(const cluster_handle *cluster, covet_error *err);

/* The parts of it: tables that are in no map. */
covet_status leavings_drop_tables(const cluster_handle *cluster, uint32_t group,
                                  covet__session *session, covet_error *err);
/* Schemas, and covet.owned made to say what the map says. */
covet_status leavings_drop_schemas(const cluster_handle *cluster, uint32_t group,
                                   covet__session *session, covet_error *err);

/* Writes down what is about to be done, over a session to the home group, so that `status`
 * shows it if it does not come to its end. Gone with the transaction that does job_end. */
covet_status job_begin(cli_run *run, covet__session *session, const char *kind,
                       const char *statement, const char **ret_job, covet_error *err);
covet_status job_end(covet__session *session, const char *job, covet_error *err);
/* What the names of the cluster's prepared transactions begin with; the job follows. */
const char *job_prefix(const cluster_handle *cluster);
/* The name of a job's prepared transaction, as a literal. */
const char *job_transaction(const cluster_handle *cluster, const char *job);

#endif
