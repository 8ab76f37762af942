/*
 * core/conn_impl.h - internal to core/conn*.c: what a connection holds.
 *
 *   pending   requests that wait for the end of the turn
 *   sent      a ring of what libpq has been given, in order, each entry one result
 *             (or one Sync) to be read
 *   unit      requests whose statement is answered and whose Sync is not
 */
#ifndef COVET_CORE_CONN_IMPL_H
#define COVET_CORE_CONN_IMPL_H

#include "core/conn.h"
#include "core/prepared.h"
#include "core/str.h"

typedef enum covet__conn_state {
    COVET__CONN_LOOKUP = 0,
    COVET__CONN_CONNECTING,
    COVET__CONN_CHECKING,
    COVET__CONN_READY,
    COVET__CONN_DOWN,
} covet__conn_state;

typedef enum covet__sent_kind {
    COVET__SENT_PREPARE = 0,
    COVET__SENT_EXEC,
    COVET__SENT_DROP, /* DEALLOCATE of a name */
    COVET__SENT_SYNC,
} covet__sent_kind;

typedef struct covet__sent {
    covet__sent_kind kind;
    uint32_t serial;     /* PREPARE, DROP, and EXEC of a named statement; else 0 */
    uint64_t sql_id;     /* PREPARE, EXEC */
    covet__req *req;     /* PREPARE, EXEC; NULL once it is forgotten */
    covet_msec at;       /* when it was given to libpq */
    bool by_row;         /* EXEC: libpq has been told to give row by row */
    PGresult *complaint; /* of a PREPARE, kept for its EXEC */
} covet__sent;

struct covet__conn {
    covet__conn_opts opts;
    covet__conn_state state;
    PGconn *pg;
    covet__watch *watch;
    int watched_fd;
    covet__lookup *lookup;
    covet__str addresses; /* numeric, as looked up, with commas; empty: none is needed */
    size_t address_count;
    covet__timer timer;
    covet__job flush_job;
    covet__job read_job; /* goes on with what libpq has read already */
    covet__job down_job; /* tells the owner; later frees */
    covet_error why;

    covet__link pending;
    covet__link unit;
    covet__sent *ring;
    size_t ring_capacity;        /* a power of two */
    size_t head, tail;           /* ever growing; entry i is ring[i & (capacity - 1)] */
    uint32_t depth;              /* requests that are not done */
    bool unit_open;              /* something was sent after the last Sync */
    bool held;                   /* ... and the next request is to join it */
    bool paused;                 /* nobody wants the rows that come: nothing is read */
    bool closed;                 /* by the owner; freed once nothing stands on it */
    PGresult *unit_error;        /* the server's complaint at the Sync that is being read */
    const covet__req *oversized; /* whose result passed its limit and ended the connection */
    size_t reads;                /* socket reads since the oldest request became the oldest */
    size_t read_bytes;           /* a lower bound of what they brought */
    int pid;
    char started[40];

    covet__req check;
    covet__prepared_set prepared;
};

/* core/conn.c */
void covet__conn_fail(covet__conn *conn, covet_status status, const char *format, ...)
    COVET_PRINTF(3, 4);
/* The server's or libpq's last words, or `otherwise`. */
void covet__conn_broke(covet__conn *conn, const char *otherwise);

/* core/conn_io.c */
void covet__conn_on_flush(covet__job *job);
void covet__conn_on_read(covet__job *job);
void covet__conn_read(covet__conn *conn);
bool covet__conn_push(covet__conn *conn); /* PQflush, and watches for room */
void covet__conn_drop_all(covet__conn *conn, covet_status status, const char *why);

#endif
