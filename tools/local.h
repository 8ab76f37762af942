/*
 * tools/local.h - a cluster of real servers on this machine, to try things and to test.
 *
 *     D/local.json    what is here: written before anything is started
 *     D/passfile      the superuser's password, for the caller
 *     D/servers/      belongs to the servers' account (tools/process.h)
 *         passfile    the same password, for the standbys
 *         sockets/
 *         g1a/data/   a data directory, and beside it
 *         g1a/log     what the server says
 *
 * Two things may lie elsewhere, in directories that mkdtemp has made and local.json
 * names: `servers` below /var/tmp where the account cannot reach D (root's home) or D's
 * path is too long for PostgreSQL, and `sockets` below /tmp where the path of a socket
 * would not fit into its address (107 bytes).
 *
 * L1  One run at a time works on D: it holds a lock on the directory.
 * L2  Nothing is started or created (but empty directories) before local.json names it;
 *     so `down --destroy` cleans up after a run that was killed anywhere.
 * L3  Nothing is removed that local.json does not name, and it is believed only if it
 *     belongs to the caller, nobody else may write to it, and D is where it was made.
 */
#ifndef COVET_TOOLS_LOCAL_H
#define COVET_TOOLS_LOCAL_H

#include "tools/cli.h"
#include "tools/server.h"

#define LOCAL_USER     "covet"
#define LOCAL_DATABASE "covet"
#define LOCAL_FILE     "local.json"

typedef struct local_member {
    const char *name; /* "g1a" */
    int group;        /* from 0 */
    bool standby;     /* as it was made; a failover changes that */
    pg_server server;
} local_member;

typedef struct local_state {
    const char *dir; /* absolute, no links in it */
    const char *home;
    const char *sockets;
    const char *passfile;        /* for the caller */
    const char *server_passfile; /* for the servers */
    bool complete;               /* false: made by a run that has not come to its end */
    bool dir_made;               /* D itself is ours */
    bool sockets_apart;          /* not within home */
    bool fast;
    int shards;
    int group_count;
    int member_count;
    local_member *members; /* group by group */
    process_account account;
    int lock; /* the directory, locked until the run ends; -1: none */
} local_state;

/* ---- local_state.c --------------------------------------------------------------------- */

/* Locks D, waiting for a run that has it, and sets dir and lock. */
covet_status local_lock(cli_run *run, const char *directory, local_state *state, covet_error *err);
bool local_exists(const local_state *state);
covet_status local_load(cli_run *run, local_state *state, covet_error *err);
covet_status local_save(const local_state *state, covet_error *err);
/* Names the members of every group; ports from `port` upward. Needs home and sockets. */
void local_name_members(cli_run *run, local_state *state, const char *bin, int standbys, int port);

local_member *local_find(const local_state *state, const char *name);
/* How to reach a member as the superuser; holds no password. */
char *local_dsn(cli_run *run, const local_state *state, const local_member *member);
/* The report of --json: groups and members, with what they do now. */
json_t *local_describe(cli_run *run, const local_state *state);
/* "primary", "standby", as the server itself says; NULL: it does not answer. */
const char *local_role(cli_run *run, const local_state *state, const local_member *member);

/* ---- local_place.c --------------------------------------------------------------------- */

/* Chooses home and sockets and makes them; empty. */
covet_status local_place(cli_run *run, local_state *state, covet_error *err);
/* Makes the directory of the sockets anew if the machine has cleared /tmp since. */
covet_status local_place_sockets(cli_run *run, local_state *state, covet_error *err);
covet_status local_write_passfiles(cli_run *run, const local_state *state, const char *password,
                                   covet_error *err);
/* A file of the servers' account that nobody else can read. */
covet_status local_write_private(const local_state *state, const char *path, const char *text,
                                 covet_error *err);
/* Removes all that local.json names, and local.json last. */
covet_status local_remove(cli_run *run, const local_state *state, covet_error *err);

/* ---- local_up.c ------------------------------------------------------------------------ */

/* These leave running what they have started when they fail: local_stop is the caller's.
 * Initialises all servers and starts them. */
covet_status local_create(cli_run *run, local_state *state, covet_error *err);
/* Starts servers that exist and waits until all of them do their part. */
covet_status local_start_all(cli_run *run, local_state *state, covet_error *err);
/* Starts one and waits until it takes connections. */
covet_status local_start_one(cli_run *run, local_state *state, local_member *member,
                             covet_error *err);
/* Stops the members, all of them if `only` is NULL, and sees that they are gone. */
covet_status local_stop(cli_run *run, local_state *state, local_member *only, server_stop_mode mode,
                        covet_error *err);

/* ---- local_cluster.c ------------------------------------------------------------------- */

/* Makes a cluster of the servers: the end of every `local up`. */
covet_status local_make_cluster(cli_run *run, const local_state *state, covet_error *err);

#endif
