/*
 * tools/cluster.h - a cluster as the commands see it: the catalog, and a session to each group.
 *
 * The home group's primary holds the catalog. A command that changes the map does it in one
 * transaction there, and holds the row of covet.cluster from its start to its end:
 *
 *     cluster_begin     BEGIN; SELECT ... FROM covet.cluster FOR UPDATE; the map, read anew
 *     ... its changes
 *     cluster_commit    UPDATE ... SET epoch = epoch + 1; NOTIFY covet_map; COMMIT
 *
 * K1  Two commands that change the map never interleave: the second waits for that row.
 * K2  A session that changes a group holds an advisory lock there for as long as it lives.
 *     So nothing that a killed tool has sent can still be carried out once the next one
 *     has begun: the server ends the old session first.
 * K3  Every session has an empty search path. What PostgreSQL prints of a definition is
 *     qualified, and nothing depends on who runs the tool.
 * K4  What stands in a schema of shards or of reference tables and not in covet.tables is
 *     garbage: the leavings of a command that did not come to its end (tools/leavings.h).
 * K5  Ctrl-C ends whatever waits, but never the COMMIT at home: who gave it up could not tell
 *     how it ended, and would undo in the groups what home then says was done.
 */
#ifndef COVET_TOOLS_CLUSTER_H
#define COVET_TOOLS_CLUSTER_H

#include "core/map.h"
#include "core/session.h"
#include "tools/cli.h"

#define CLUSTER_OLD   "covet_old"   /* where a table goes when it is distributed */
#define CLUSTER_SHELL "covet_shell" /* where its empty twin stands */

typedef struct cluster_handle {
    cli_run *run;
    covet__dsn *dsn;         /* the catalog's; members without credentials use its own */
    covet__session *home;    /* the connection to the catalog */
    const covet__map *map;   /* as it was last read */
    const char *references;  /* the schema of the reference tables */
    covet__session **groups; /* of cluster_connect_all; NULL */
    uint32_t group_count;
    bool began;   /* cluster_begin was called */
    bool unknown; /* cluster_commit could not tell how it ended */
} cluster_handle;

/* Opens the catalog that --catalog or COVET_CATALOG names, or `dsn` where it is not NULL, and
 * reads the map. Only a primary will do, unless `any`. */
covet_status cluster_open(cli_run *run, const char *dsn, bool any, cluster_handle *ret_cluster,
                          covet_error *err);
/* Also what was never opened ({0}); a transaction is rolled back. */
void cluster_close(cluster_handle *cluster);

covet_status cluster_begin(cluster_handle *cluster, covet_error *err);
covet_status cluster_commit(cluster_handle *cluster, covet_error *err);
/* Reports why a command has failed that changes the map in that transaction alone, and whether
 * anything was changed; returns the exit code. */
int cluster_fail(const cluster_handle *cluster, const covet_error *err);
/* Reads the map, in the transaction where there is one. */
covet_status cluster_read_map(cluster_handle *cluster, covet_error *err);

/* How to reach a member: its own DSN, with the catalog's credentials. */
covet_status cluster_member_dsn(const cluster_handle *cluster, const covet__map_member *member,
                                covet__dsn **ret_dsn, covet_error *err);
/* A session of its own to the group's primary, to change something there (K2). Fails where
 * the server is not the one that the map means. */
covet_status cluster_connect(const cluster_handle *cluster, uint32_t group,
                             covet__session **ret_session, covet_error *err);
/* The same without K2, with the search path of the map: for rows, and for what only looks. */
covet_status cluster_visit(const cluster_handle *cluster, uint32_t group,
                           covet__session **ret_session, covet_error *err);
/* cluster_connect to every group, in the map's order; they live until cluster_close, or until
 * cluster_disconnect. */
covet_status cluster_connect_all(cluster_handle *cluster, covet_error *err);
/* cluster_visit to every group. */
covet_status cluster_visit_all(cluster_handle *cluster, covet_error *err);
void cluster_disconnect(cluster_handle *cluster);
/* A session as all of them are: K3, and Ctrl-C ends what it waits for. */
covet_status cluster_session(const covet__dsn *dsn, const char *name, covet__session **ret_session,
                             covet_error *err);

/* LOCK TABLE ... IN ACCESS EXCLUSIVE MODE of tables by their quoted names, in the session's
 * transaction. Where it must wait, it says for whom. */
covet_status cluster_lock(const cluster_handle *cluster, covet__session *session,
                          const char *const *names, size_t count, covet_error *err);

/* How many shards a group has. */
uint32_t cluster_shards_of(const covet__map *map, uint32_t group);

/* ---- init and group add (tools/init.c, tools/group.c) ------------------------------------ */

typedef struct init_request {
    const char *dsn;               /* of the server, as it is to stand in the catalog */
    const covet__dsn *credentials; /* what `dsn` does not say; NULL: the environment does */
    const char *const *standbys;   /* DSNs, ends with NULL */
    const char *group;
    const char *prefix;
    int shards;
    int weight;
} init_request;

/* What a command reports of what it has made, or would make. */
typedef struct init_report {
    const char *cluster_id; /* NULL: a dry run */
    const char *search_path;
    const char *dsn;
} init_report;

covet_status init_cluster(cli_run *run, const init_request *request, init_report *ret_report,
                          covet_error *err);

typedef struct group_request {
    const char *name;
    const char *dsn;
    const char *const *standbys;
    int weight;
} group_request;

typedef struct group_report {
    uint32_t shards;     /* how many it gets */
    uint32_t references; /* tables copied */
    bool waits;          /* it gets none because tables are distributed already */
} group_report;

covet_status group_add(cluster_handle *cluster, const group_request *request,
                       group_report *ret_report, covet_error *err);

/* ---- SQL -------------------------------------------------------------------------------- */

/* Quoted, in the run's arena. */
const char *sql_ident(cli_run *run, const char *name);
const char *sql_name(cli_run *run, const char *schema, const char *name);
const char *sql_literal(cli_run *run, const char *text);
/* '{"a","b"}': an array of texts, for a parameter. */
const char *sql_array(cli_run *run, const char *const *items, size_t count);

/* The text of a cell in the run's arena; NULL for SQL's NULL. */
const char *cell_text(cli_run *run, const covet_result *rows, size_t row, size_t column);
int64_t cell_number(const covet_result *rows, size_t row, size_t column); /* NULL: 0 */
bool cell_truth(const covet_result *rows, size_t row, size_t column);     /* NULL: false */
/* A cell that holds a JSON array of strings; ends with NULL. */
const char *const *cell_names(cli_run *run, const covet_result *rows, size_t row, size_t column,
                              size_t *ret_count);

/* Runs a statement whose parameters are listed, without or with rows. */
#define SQL_RUN(session, err, ...) SQL_ROWS(session, NULL, err, __VA_ARGS__)
#define SQL_ROWS(session, ret_rows, err, ...)                                                      \
    sql_exec(session, ret_rows, err, (const char *const[]){__VA_ARGS__},                           \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
covet_status sql_exec(covet__session *session, covet_result **ret_rows, covet_error *err,
                      const char *const *sql_and_values, size_t count);

COVET_DEFINE_AUTO(covet_result)

#endif
