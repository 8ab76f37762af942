/*
 * tools/server.h - the life of one PostgreSQL server on this machine.
 *
 *     initdb ----------> configure -> start -> (ready) -> stop -> (gone)
 *     base backup -----^                ^                   |
 *                                       +-------------------+
 *
 * Steps start a program and return; polls say whether it is done. Nothing here waits, so
 * that many servers make their way at once.
 *
 * Whether a server runs is asked of PostgreSQL's own postmaster.pid, and believed only
 * if that process is a postgres that works in the data directory; and a signal is sent with the ids
 * of the servers' account. So no other process is ever taken for a server.
 */
#ifndef COVET_TOOLS_SERVER_H
#define COVET_TOOLS_SERVER_H

#include "tools/process.h"

typedef struct pg_server {
    const char *name;    /* becomes cluster_name */
    const char *bin;     /* where PostgreSQL's programs are */
    const char *data;    /* the data directory, no links in its path */
    const char *log;     /* outside of the data directory, so that no backup holds it */
    const char *sockets; /* the directory of its unix socket */
    int port;
    const process_account *account;
    pid_t child; /* the step, or the server, that this process has started; 0: none */
} pg_server;

/* COVET_PG_BIN, /usr/lib/postgresql/15/bin or what pg_config says. */
covet_status server_find_programs(char *ret_bin, size_t size, covet_error *err);

/* Steps. `fast`: nothing is flushed to disk, so a crash of the machine loses the data.
 * `password_file` holds nothing but the password of the superuser to be; `passfile` is
 * one in libpq's format that holds it and that the standby will go on to use. */
covet_status server_initdb(pg_server *server, const char *user, const char *password_file,
                           bool fast, covet_error *err);
covet_status server_basebackup(pg_server *server, const pg_server *primary, const char *user,
                               const char *passfile, bool fast, covet_error *err);
/* Writes postgresql.conf and pg_hba.conf; at once. */
covet_status server_configure(const pg_server *server, bool fast, covet_error *err);
covet_status server_start(pg_server *server, covet_error *err);

typedef enum server_stop_mode {
    SERVER_FAST,      /* sessions end, a checkpoint is made */
    SERVER_IMMEDIATE, /* as a crash: recovery follows at the next start */
} server_stop_mode;

/* Asks it to stop; does nothing if it does not run. Also ends a step that goes on. */
void server_stop(pg_server *server, server_stop_mode mode);

/* Polls: COVET_OK and whether it is so, or why it never will be. */
typedef covet_status server_poll(pg_server *server, bool *ret_done, covet_error *err);
server_poll server_step_done; /* initdb, base backup */
server_poll server_idle;      /* no process of an earlier life is left: it may be started */
server_poll server_ready;     /* it takes connections */
server_poll server_gone;      /* nor is any of its children left */

/* The server's process, 0 if it does not run. */
pid_t server_pid(const pg_server *server);

#endif
