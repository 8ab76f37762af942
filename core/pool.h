/*
 * core/pool.h - internal: the connections to one member, and who may use them when.
 *
 * Two kinds of use:
 *   SHARED     one statement, autocommit. It goes to an idle connection, or joins the
 *              pipeline of a busy one
 *   EXCLUSIVE  a connection until it is released: transactions, large scatters
 *
 * Wants wait in one FIFO, bounded, each with its own deadline (the owner's). The head
 * of the queue is never overtaken, so an exclusive want is not starved by shared ones.
 *
 * Sharing and locks: an autocommit write that waits for a row lock holds up what was
 * sent behind it, and that could be what the lock's owner waits for. Therefore
 *   P1  writes share only where the pool cannot grow and nothing is idle;
 *   P2  nothing joins a connection whose oldest request has waited longer than
 *       HANG_MSEC;
 *   P3  reads that are already behind one are taken back and sent elsewhere.
 *
 * At most two connects are under way at a time. A member that cannot be reached is
 * tried again with growing pauses while somebody wants it; a want fails when it has
 * waited unreachable_wait, with the reason of the last attempt, and at once where
 * trying again cannot help (a wrong password, another cluster's server).
 *
 * One thread, the loop's.
 */
#ifndef COVET_CORE_POOL_H
#define COVET_CORE_POOL_H

#include "core/conn.h"

typedef struct covet__pool covet__pool;
typedef struct covet__slot covet__slot; /* a connection and its place in the pool */
typedef struct covet__want covet__want;

struct covet__want {
    covet__req req; /* SHARED: what to send; its done() is the answer */
    bool exclusive;
    bool urgent;   /* goes first, and may open one connection more than size_max */
    bool hasty;    /* fails with the next attempt to connect that fails: there are other servers */
    uint32_t hint; /* prefers the connection that served this hint last; 0: none */
    /* Never inside covet__pool_want. `err` NULL: an exclusive want has `slot`. Otherwise
     * it has failed and nothing was sent. */
    void (*answer)(covet__want *want, const covet_error *err);

    covet__slot *slot; /* the pool's from here on; `slot` is to be read */
    covet__pool *pool;
    covet__link link; /* in the queue */
    covet_msec since;
};

typedef struct covet__pool_opts {
    covet__loop *loop;
    const covet__logger *logger;
    const covet__dsn *dsn; /* copied */
    size_t host;
    const char *group; /* names for messages, "" in plain mode; copied */
    const char *member;
    const char *settings;    /* copied; NULL: a transaction pooler is in between */
    const covet__sql *check; /* column 0: the backend's start as text */
    void *user;
    covet_status (*on_check)(void *user, const PGresult *result, covet_error *err);
    uint32_t size_max;
    uint32_t pipeline_max; /* requests on one connection before it counts as full */
    uint32_t queue_max;
    covet_msec idle_max;
    covet_msec life_max; /* jittered by a fifth */
    covet_msec connect_timeout;
    covet_msec unreachable_wait;
    uint32_t statements_max;
    size_t statements_bytes;
} covet__pool_opts;

covet_status covet__pool_new(const covet__pool_opts *opts, covet__pool **ret_pool,
                             covet_error *err);
/* Wants that wait fail with COVET_ECLOSED, connections break; then `closed` runs, as a
 * job, and the pool is gone. Slots that are still granted must have been released. */
void covet__pool_close(covet__pool *pool, void (*closed)(void *user), void *user);

/* Serves the want or queues it. COVET_EBUSY if the queue is full: then it never happens. */
covet_status covet__pool_want(covet__pool *pool, covet__want *want, covet_error *err);
/* The want is its owner's again and is not answered; a shared one that has left is
 * forgotten. Not for an exclusive one that was granted. */
void covet__pool_unwant(covet__want *want);

/* On a granted slot. False if the connection has broken: nothing was sent. */
bool covet__slot_send(covet__slot *slot, covet__req *req);
void covet__slot_forget(covet__slot *slot, covet__req *req);
/* Reads on after a request's `row` has said false. */
void covet__slot_resume(covet__slot *slot);
char covet__slot_transaction(const covet__slot *slot);
bool covet__slot_is_broken(const covet__slot *slot);
typedef enum covet__release {
    COVET__RELEASE_KEEP = 0, /* for the next user */
    COVET__RELEASE_CANCEL,   /* closed, and what it still runs is cancelled */
    COVET__RELEASE_CLOSE,    /* closed; what it runs goes on: a COMMIT is never cancelled */
} covet__release;

void covet__slot_release(covet__slot *slot, covet__release how);

/* For messages and status. */
const char *covet__pool_group(const covet__pool *pool);
const char *covet__pool_member(const covet__pool *pool);
/* "127.0.0.1:6400/blog" */
const char *covet__pool_place(const covet__pool *pool);

typedef struct covet__pool_stats {
    uint32_t connections;
    uint32_t ready;
    uint32_t waiting;
    size_t statement_bytes; /* over all connections */
    bool reachable;         /* the last attempt to connect succeeded, or there was none */
} covet__pool_stats;

void covet__pool_stat(const covet__pool *pool, covet__pool_stats *ret_stats);

/* Nothing waits, and nobody holds a connection. */
bool covet__pool_is_idle(const covet__pool *pool);

/* Names group and member in an error that a connection of this pool has caused. */
void covet__pool_blame(const covet__pool *pool, covet_error *err);

#endif
