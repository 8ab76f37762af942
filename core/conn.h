/*
 * core/conn.h - internal: one connection to one server, always in pipeline mode.
 *
 *   LOOKUP -> CONNECTING -> CHECKING -> READY -> DOWN
 *      \__________\____________\__________\______^
 *
 * Requests are queued by covet__conn_send and leave together when the loop's turn
 * ends. What leaves is cut into units by Syncs:
 *
 *     read read read Sync | write Sync | write Sync | read read Sync
 *
 * The statements between two Syncs are one implicit transaction: they commit or
 * roll back together, whatever the application thinks (DESIGN 5.9). So:
 *   U1  only statements that are proven to read share a unit;
 *   U2  a request is done when the Sync of its unit has been read, not before: a
 *       deferred constraint fails after the rows, at the Sync;
 *   U3  a read that was skipped because a neighbour failed is sent again;
 *   U4  an error at the Sync belongs to every request of its unit.
 *
 * Statements are prepared from their second use on a connection, under a name; the
 * names are an LRU, bounded by count and by an estimate of the server's memory. A
 * name that the server does not know any more, and a plan whose result type has
 * changed, are prepared anew and sent again: both fail before anything runs.
 *
 * A request with `row` is a stream: its rows come one by one as the server sends them, and
 * while the owner does not want any the socket is not read, so the server waits. The
 * connection should be the owner's alone: what was sent behind it waits too.
 *
 * The connection never retries anything else and never decides who may use it: that
 * is the pool's (core/pool.h). One thread, the loop's.
 */
#ifndef COVET_CORE_CONN_H
#define COVET_CORE_CONN_H

#include <libpq-fe.h>

#include "core/dsn.h"
#include "core/list.h"
#include "core/logger.h"
#include "core/loop.h"

typedef struct covet__conn covet__conn;
typedef struct covet__req covet__req;

/* A statement as servers see it. Whoever makes it keeps it until no request uses it. */
typedef struct covet__sql {
    uint64_t id; /* names it in caches of prepared statements; 0: do not prepare */
    const char *text;
    uint32_t nparams;
    const uint32_t *types; /* OIDs of the parameters, 0 to infer; NULL: all are inferred */
    bool binary;           /* the form of the result */
    bool read_only;        /* proven: may share a unit and be sent again */
} covet__sql;

/* Why a unit failed as a whole. */
typedef struct covet__fault {
    covet_status status;
    bool sent;              /* false: no server has seen the request */
    const PGresult *result; /* the server's error at the Sync, or NULL */
    const char *text;       /* "server closed the connection unexpectedly" */
} covet__fault;

/* One execution. The owner fills the first part, keeps it until `done` has run, and
 * frees `result` with PQclear. */
struct covet__req {
    const covet__sql *sql;
    const char *const *values;
    const int *lengths;
    const int *formats;
    size_t limit_bytes;  /* of the result, 0 for none; passing it breaks the connection. A
                            stream's: of a row */
    bool describe;       /* ask what it takes and gives instead of running it */
    bool unnamed;        /* not prepared: planned for its values each time */
    bool hold;           /* no Sync behind it: it shares the unit of the next one (BEGIN) */
    bool in_transaction; /* of an explicit transaction, which an error has ended: not sent again */
    /* `fault` is NULL where the unit succeeded; then `result` holds rows or the
     * server's error for this statement. */
    void (*done)(covet__req *req, const covet__fault *fault);

    /* NULL: all rows are in `result`. Otherwise each comes by itself, is the callee's
     * (PQclear), and `result` has none; false stops the reading until covet__conn_resume.
     * The connection must not be closed in here. */
    bool (*row)(covet__req *req, PGresult *row);

    /* NULL, or what is to know that libpq has a copy of the values: they are not looked at any
     * more. Such a request has a unit of its own, and where the connection would send it again
     * it ends with the fault COVET_ECONNLOST. Not over a shared connection. */
    void (*copied)(covet__req *req);

    /* NULL, or a SELECT that goes in front of it, in a unit of their own: set_config(..., true)
     * holds to that unit's end. Nobody sees its rows. Not in a transaction, which is longer. */
    const char *before;

    covet__link link; /* the connection's from here on */
    PGresult *result;
    bool sent;
    bool proven; /* a statement that was prepared before: its result type cannot have changed */
    uint8_t tries;
};

typedef struct covet__conn_opts {
    covet__loop *loop;
    const covet__logger *logger;
    const covet__dsn *dsn;   /* borrowed until the connection is freed */
    size_t host;             /* which of the DSN's */
    const char *settings;    /* for the start-up packet's options, or NULL (poolers) */
    const covet__sql *check; /* runs before READY, one row; column 0: backend_start as text */
    covet_msec connect_timeout;
    uint32_t statements_max; /* names kept; 0 prepares nothing (poolers) */
    size_t statements_bytes; /* the server's memory for them, estimated */
    void *user;
    /* Whether this is the server that was meant; an error text goes into `err`. */
    covet_status (*on_check)(void *user, const PGresult *result, covet_error *err);
    void (*on_ready)(void *user);
    /* Once, and never inside a call of the owner's: DOWN, all requests are done. The
     * owner then closes it. */
    void (*on_down)(void *user, const covet_error *why);
    void (*on_unit)(void *user); /* a unit has ended: there may be room */
    void (*on_notify)(void *user, const char *channel, const char *payload);
} covet__conn_opts;

/* Starts connecting. Fails only for memory. */
covet_status covet__conn_new(const covet__conn_opts *opts, covet__conn **ret_conn,
                             covet_error *err);

/* No call of the owner's functions after this; requests that are not done are done
 * with the fault COVET_ECONNLOST first. Accepts NULL. */
void covet__conn_close(covet__conn *conn);

/* Queues a request; its `done` runs later, never in this call. Only while READY. */
void covet__conn_send(covet__conn *conn, covet__req *req);

/* The request is its owner's again at once and `done` is not called: one that waits does
 * not leave, and the answer to one that has left is thrown away when it comes. */
void covet__conn_forget(covet__conn *conn, covet__req *req);

/* Reads on after a request's `row` has said false. */
void covet__conn_resume(covet__conn *conn);

/* Takes back the reads that wait behind the oldest request, as forget does, and appends
 * their links to `out`: for a pool that has seen that request hang. */
void covet__conn_take_reads(covet__conn *conn, covet__link *out);

/* Requests that are not done. */
uint32_t covet__conn_depth(const covet__conn *conn);
bool covet__conn_is_ready(const covet__conn *conn);
/* How long the oldest request has been with the server; 0 if there is none. */
covet_msec covet__conn_waiting(const covet__conn *conn, covet_msec now);
/* The server's process, for cancelling; 0 while it is not connected. */
int covet__conn_pid(const covet__conn *conn);
/* When that process began, as the server writes it: pid and moment are unique. */
const char *covet__conn_started(const covet__conn *conn);
/* 'I' idle, 'T' in a transaction, 'E' in a failed one; true to the server only while the
 * depth is 0. */
char covet__conn_transaction(const covet__conn *conn);
/* Bytes that the prepared statements take in the server, estimated. */
size_t covet__conn_statement_bytes(const covet__conn *conn);

#endif
