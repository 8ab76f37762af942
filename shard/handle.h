/*
 * shard/handle.h - internal to shard/: what a handle is made of.
 *
 *   covet_db      shard/db.c       opens, follows the map, closes
 *   covet_op      shard/op.c       the life of one operation
 *   covet__stmt   shard/stmt.c     texts that were seen, and their plans
 *   planning      shard/prepare.c  asks servers what planning needs to know
 *   running       shard/run.c      a plan's parts to the pools; run_answer.c: what comes of it
 *   gathering     shard/gather.c   for statements that are taken apart; sink.c, gather_rows.c
 *   merging       shard/merge.c    parts to one result
 *   streaming     shard/stream.c   rows to the caller while they come
 *   covet_tx      shard/tx.c       transactions inside one group
 *   ids           shard/ids.c      blocks of ids
 *
 * All of it belongs to the thread of the loop, except where a comment says otherwise.
 *
 * The life of an operation:
 *
 *   start -> [posted] -> queued for opening -> planned -> run -> done -> callback -> free
 *                                  ^                        |
 *                                  +--- stale map, retry ---+
 */
#ifndef COVET_SHARD_HANDLE_H
#define COVET_SHARD_HANDLE_H

#include <stdatomic.h>

#include <covet/shard/db.h>
#include <covet/shard/ring.h>

#include "core/bind.h"
#include "core/catalog.h"
#include "core/mapfile.h"
#include "core/mem.h"
#include "core/pin.h"
#include "core/pool.h"
#include "core/result_parts.h"
#include "core/table.h"
#include "shard/plan.h"

typedef struct covet__stmt covet__stmt;
typedef struct covet__ids covet__ids;
typedef struct covet__explained covet__explained;
typedef struct covet__gathering covet__gathering;
typedef struct covet__sink covet__sink;
typedef struct covet__stream covet__stream;

/* ---- the servers ------------------------------------------------------------------------- */

/* One member that the handle has connections to. */
typedef struct covet__server {
    covet_db *db;
    covet__pool *pool;
    uint32_t member_id; /* 0 in plain mode */
    char *dsn;          /* as in the map */
    uint64_t system_id;
    uint32_t group_id;
    bool wanted; /* by the current map */
    bool closing;
    covet__link link;
} covet__server;

/* A map made ready for use. Plans hold their map; this is the current one. */
typedef struct covet__topology {
    const covet__map *map;  /* NULL in plain mode */
    covet_ring *ring;       /* NULL if there are no shards */
    covet__server **groups; /* by the map's groups: the server that takes writes */
    uint32_t group_count;
} covet__topology;

/* ---- statements --------------------------------------------------------------------------- */

struct covet__stmt {
    covet__node node; /* in db->stmts */
    covet__link lru;
    char *text;
    size_t length;
    covet__plan *plan;              /* NULL: not planned */
    size_t plan_bytes;              /* as counted in db->stmt_bytes */
    bool partial;                   /* each shard answers by itself (shard/residual.h) */
    bool timed;                     /* its moments are given, in whatever tier it runs */
    uint32_t users;                 /* operations that run it, and others who stand on it */
    covet__link waiting;            /* operations that wait for the plan */
    struct covet__prepare *prepare; /* under way */
};

/* ---- operations ---------------------------------------------------------------------------- */

/* What now() and its like are for a statement over several servers (shard/moment.h). */
typedef struct covet__moments {
    bool known;
    covet_time transaction;
    covet_time statement;
} covet__moments;

typedef enum covet__op_state {
    COVET__OP_FREE = 0,
    COVET__OP_POSTED,  /* from another thread, on its way */
    COVET__OP_WAITING, /* for opening, a plan, its turn in a transaction, ids, a new map */
    COVET__OP_RUNNING,
    COVET__OP_DONE, /* only the callback is missing */
} covet__op_state;

typedef enum covet__op_kind {
    COVET__OP_QUERY = 0,
    COVET__OP_NOTHING, /* no statement: only the callback, in its turn */
    COVET__OP_COMMIT,
    COVET__OP_ROLLBACK,
} covet__op_kind;

/* One statement on one shard. */
typedef struct covet__part {
    covet__want want; /* its req is what is sent; exclusive wants are the lease's */
    covet_op *op;
    uint32_t shard; /* index in the map; 0 where there are none */
    PGresult *result;
    bool done;
    bool sent_once;   /* to be told from a part that waits */
    bool odd;         /* its rows are not what the plan has announced */
    size_t row_count; /* that went into a sink */
} covet__part;

/* A connection that a scatter holds in one group. */
typedef struct covet__lease {
    covet__want want;
    covet_op *op;
    uint32_t group;
    uint32_t first_part, part_count; /* op->parts of this group */
    bool granted;
    bool of_tx; /* the transaction's own connection */
    bool full;  /* libpq keeps the memory of what it had to send: closed afterwards */
} covet__lease;

struct covet_op {
    covet_db *db;
    covet_op_id id;
    covet__op_kind kind;
    covet__op_state state;
    covet__link link; /* in db->active */
    covet__link wait; /* in whatever list it waits in */
    covet__link turn; /* in its transaction's line */
    covet__job job;
    covet__timer deadline;
    covet_arena *arena; /* kept from use to use */
    covet_arena *rows;  /* the result's, made when one is put together */
    bool foreign;       /* started by another thread: given back to db->foreign_free */
    bool starting;      /* inside the start call: no callback yet */
    bool cancelled;     /* asked for before it was on the loop */

    const char *text; /* of a statement that is not interned yet */
    size_t text_length;
    covet_value *values;
    uint32_t value_count;
    covet__stmt *stmt;
    covet__plan *plan; /* a reference, once it runs */
    covet_tx *tx;
    covet_msec timeout;
    size_t bytes_max;
    bool text_result;
    bool explain_only;           /* planned, not run */
    uint32_t attempts;           /* runs after a broken connection */
    bool refreshed;              /* the map was asked for once for this operation */
    covet_op *parent;            /* the operation that this one gathers rows for */
    bool partial;                /* each shard answers by itself */
    bool unnamed;                /* covet__req.unnamed, of all that is sent for it */
    bool timed;                  /* its moments are those of the operation that it is a part of */
    covet__gathering *gathering; /* RESIDUAL, while its gathers run */
    covet__sink *sink;           /* where its rows go, of `parent`; NULL: into a result */
    covet__explained *trace;     /* where it notes what it did; NULL: nowhere */
    covet__moments moments;      /* asked for, or those of the operation that it is a part of */
    uint64_t stale_epoch;        /* the epoch that did not know what the operation met */

    covet__param *params; /* of all that are sent */
    const char **param_values;
    int *param_lengths;
    int *param_formats;
    covet_value *ids; /* taken from blocks, by the plan's insert ids */
    uint32_t id_count;
    bool limit_given;
    int64_t limit, offset;

    covet__part one; /* where there is a single part */
    covet__part *parts;
    uint32_t part_count;
    covet__lease *leases;
    uint32_t lease_count;
    uint32_t unfinished;   /* parts */
    covet__stream *stream; /* its rows are handed over while they come; NULL: as a result */
    covet__sql text_sql;   /* a copy of the plan's statement that asks for text */

    covet_result result;
    bool has_result;
    covet_error err;
    covet_cb *cb;
    void *user;
    void *attached; /* shard/compose.h */
};

/* ---- transactions --------------------------------------------------------------------------- */

typedef enum covet__tx_state {
    COVET__TX_IDLE = 0, /* no connection, nothing sent */
    COVET__TX_ACQUIRING,
    COVET__TX_ACTIVE,
    COVET__TX_BROKEN, /* the connection is lost or given up: rolled back */
} covet__tx_state;

struct covet_tx {
    covet_db *db;
    covet__link link; /* in db->transactions */
    covet_tx_opts opts;
    covet__tx_state state;
    uint32_t group; /* index, of the map that it began with */
    covet__server *server;
    covet__want want;   /* exclusive */
    covet__req control; /* BEGIN, and at the end COMMIT or ROLLBACK */
    char begin_text[96];
    covet__sql begin_sql;
    covet__moments moments; /* given out while it had no connection of its own */
    bool full;              /* libpq keeps the memory of what it had to send: closed afterwards */
    bool failed;            /* a statement of it failed, perhaps where its server was not asked */
    covet_error why;        /* BROKEN, failed: what broke it */
    covet__link turns;      /* operations in order; the first one runs */
    covet__part *first;     /* waits for the connection */
    bool ending;            /* a commit or rollback has been started */
    bool ended;             /* COMMIT or ROLLBACK is over; it goes with its last operation */
};

/* ---- the handle ---------------------------------------------------------------------------- */

typedef enum covet__db_state {
    COVET__DB_OPENING = 0,
    COVET__DB_OPEN,
    COVET__DB_FAILED, /* could not be opened */
    COVET__DB_CLOSING,
} covet__db_state;

struct covet_db {
    covet__loop *loop;
    covet__logger logger;
    covet_db_opts opts; /* with defaults; strings are below */
    covet__dsn *dsn;
    covet__dsn *catalog_dsn;
    char *map_dir; /* NULL: nowhere */
    char *place;   /* names the catalog in map files */
    uint32_t fork_generation;

    _Atomic int state; /* covet__db_state; written on the loop's thread */
    covet_error open_error;
    covet_open_cb *open_cb;
    void *open_user;
    covet__job open_job;

    covet__catalog *catalog;
    covet__topology topology;
    bool plain;
    bool plain_looked; /* a plain handle looks for a catalog once more */
    bool from_disk;
    covet__link servers;
    char *settings;    /* for start-up packets */
    covet__link stale; /* operations that wait for a newer map */

    covet__table stmts;
    covet__link stmt_lru; /* the oldest first */
    size_t stmt_bytes;
    covet__ids *ids;

    covet__link active;  /* operations that are not free */
    covet__link pending; /* operations that wait for opening */
    covet__link transactions;
    covet__link free_ops;
    _Atomic uint64_t op_serial;
    _Atomic size_t op_count; /* that are not free */
    uint32_t round;          /* spreads what may run anywhere */

    pthread_mutex_t mutex; /* guards what follows */
    covet__link foreign_free;
    covet_db_info info;
    const covet__map *info_map;

    uint32_t closing_servers;
    uint32_t writing_map; /* map files under way in the thread pool */
    covet__job close_job;
    void (*close_cb)(void *user);
    void *close_user;
};

/* ---- shard/db.c ---- */
/* COVET_EFORKED, COVET_ECLOSED or OK; from any thread. */
covet_status covet__db_check(const covet_db *db, covet_error *err);
/* Frees the handle once its servers are closed and its files are written. */
void covet__db_check_closed(covet_db *db);
/* Asks for the newest map; covet__run_resume_stale follows. */
void covet__db_refresh(covet_db *db);

/* ---- shard/servers.c ---- */
/* The group's server that takes writes; NULL if the index is none. */
covet__server *covet__db_group(covet_db *db, uint32_t group);
/* A server that may answer for any group: the home group's where `attempt` is 0 and it is
 * reachable, else others in turn. NULL once all have been tried. */
covet__server *covet__db_any(covet_db *db, uint32_t attempt, uint32_t *ret_group);
/* The map's servers become those of the handle; on an error nothing has changed. */
covet_status covet__servers_install(covet_db *db, const covet__map *map, covet_error *err);
/* The one server of plain mode. */
covet_status covet__servers_install_plain(covet_db *db, covet_error *err);
/* What connections ask for in their start-up packet; `map` is NULL in plain mode. */
covet_status covet__servers_settings(covet_db *db, const covet__map *map, covet_error *err);
void covet__servers_close(covet_db *db);
void covet__servers_free_topology(covet__topology *topology);

/* ---- shard/op.c ---- */
/* What an operation is started with besides its statement; zero where it does not matter. */
typedef struct covet__start {
    covet__op_kind kind;
    covet_tx *tx;
    covet_op_id id; /* of the operation that this is a step of */
    void *attached;
    bool explain;                  /* it ends when the statement is planned: op->plan */
    covet__stream *stream;         /* the operation's if the start succeeds */
    const covet__moments *moments; /* NULL: it has its own */
    covet_op *parent;              /* the operation that this one gathers rows for */
    bool partial;                  /* each shard answers by itself */
    bool unnamed;                  /* planned by the servers for its values */
    covet__sink *sink;             /* where its rows go; NULL: into a result */
    covet__explained *trace;       /* where it notes what it did; NULL: nowhere */
} covet__start;

/* Starts an operation on the loop's thread; *ret_op stays until its callback has run. */
covet_status covet__op_begin(covet_db *db, const covet__start *start, const covet_sql *sql,
                             const covet_call *call, covet_op **ret_op, covet_error *err,
                             covet_cb *cb, void *user);
/* Gives it up without a callback. */
void covet__op_drop(covet_op *op);

covet_status covet__op_start(covet_db *db, const covet__start *start, const covet_sql *sql,
                             const covet_call *call, covet_op_id *ret_op, covet_error *err,
                             covet_cb *cb, void *user);
/* The same, and waits for it; `take` is called with the finished operation. */
covet_status covet__op_wait(covet_db *db, const covet__start *start, const covet_sql *sql,
                            const covet_call *call, covet_error *err, covet_result **ret_result,
                            uint64_t *ret_affected);
/* From WAITING on: goes on where it stands (plan, then run). */
void covet__op_proceed(covet_op *op);
/* The same, as a job. */
void covet__op_soon(covet_op *op);
/* Ends it with an error that is in op->err already, or with a result in op->result. */
void covet__op_finish(covet_op *op);
void covet__op_fail(covet_op *op, const covet_error *err);
void covet__op_failf(covet_op *op, covet_status status, const char *sqlstate, const char *format,
                     ...) COVET_PRINTF(4, 5);
void covet__op_destroy(covet_op *op);
/* Ends the one of this number, if it is under way and can be ended. */
void covet__op_cancel(covet_db *db, covet_op_id id);
void covet__op_cancel_all(covet_db *db, const covet_error *err);
/* Ends all operations of a list by their `wait` links. */
void covet__op_fail_list(covet__link *list, const covet_error *err);
/* Puts it into a list to wait there. */
void covet__op_wait_in(covet_op *op, covet__link *list);

/* ---- shard/stmt.c ---- */
/* The statement of this text; NULL if there is no memory. */
covet__stmt *covet__stmt_intern(covet_db *db, const char *text, size_t length, bool partial,
                                bool timed);
/* Plans of other maps are dropped when they are met. */
bool covet__stmt_is_planned(const covet_db *db, const covet__stmt *stmt);
void covet__stmt_set_plan(covet_db *db, covet__stmt *stmt, covet__plan *plan);
void covet__stmt_count(covet_db *db, covet__stmt *stmt); /* its plan has grown */
void covet__stmts_free(covet_db *db);
void covet__stmts_trim(covet_db *db);

/* ---- shard/prepare.c ---- */
/* Starts planning unless it is under way; the statement's waiting operations proceed or
 * fail when it ends. */
void covet__prepare_start(covet_db *db, covet__stmt *stmt);
void covet__prepare_drop(covet__stmt *stmt); /* the handle closes */
/* Names the server that is asked, in the error of an operation that gives up waiting. */
void covet__prepare_explain_wait(const covet__stmt *stmt, covet_error *err);

/* ---- shard/run.c, shard/run_answer.c ---- */
void covet__run(covet_op *op);
/* Takes back everything that is under way for the operation. */
void covet__run_abandon(covet_op *op);
/* If the error may come of an old map, the operation waits for a newer one: true. */
bool covet__run_is_stale(covet_op *op, const covet_error *err);
/* Operations that wait for a newer map: it is there, or there is none. */
void covet__run_resume_stale(covet_db *db);
/* Says in the message which group has not answered. */
void covet__run_explain_wait(const covet_op *op, covet_error *err);
/* The part's connection is read again (covet__req.row). */
void covet__run_read_on(covet_op *op, const covet__part *part);
/* The part's columns are not those of the plan: planned anew and repeated, or it fails. */
void covet__run_replan(covet_op *op, covet__part *part);
/* What answers `op->one` was lost: it runs again, if it may. */
bool covet__run_may_repeat(covet_op *op, bool sent);

/* The residual query, whose arrays are bound. */
void covet__run_residual(covet_op *op);

/* ---- shard/gather.c ---- */
/* Runs a RESIDUAL plan's gathers, then the residual query. */
void covet__gather_start(covet_op *op);
void covet__gather_abandon(covet_op *op);
/* What goes before the residual query, in its unit (core/conn.h); NULL: nothing. */
const char *covet__gather_before(const covet_op *op);
void covet__gather_explain_wait(const covet_op *op, covet_error *err);
/* Of the arrays that are held for the residual query. */
size_t covet__gather_bytes(const covet_op *op);
/* libpq has a copy of them: frees them. */
void covet__gather_sent(covet_op *op);

/* ---- shard/explain.c: of an operation that has a trace ---- */
/* Where the operation of that gather notes what it did; NULL: nowhere, as this one. */
covet__explained *covet__trace_piece(const covet_op *op, uint32_t index, bool keyed);
void covet__trace_connected(const covet_op *op); /* to the groups of all its parts */
void covet__trace_parts(const covet_op *op);     /* all are answered */
void covet__trace_gathered(const covet_op *op);  /* the residual query comes next */
/* It has its result; for a residual query it had so many rows, and as arrays these bytes. */
void covet__trace_end(const covet_op *op, size_t rows, size_t bytes);
/* Its server was asked over a connection of its own. */
void covet__trace_group(const covet_op *op, uint32_t group);

/* ---- shard/moment_ask.c ---- */
/* Asks one server for op->moments; the operation runs (again) when they are known. */
void covet__moment_ask(covet_op *op);

/* ---- shard/merge.c: pure ---- */
typedef struct covet__merge_input {
    const covet__plan *plan;
    PGresult **parts; /* taken over on success */
    uint32_t count;
    bool limit_given;
    int64_t limit, offset;
    covet_arena *arena;
} covet__merge_input;
covet_status covet__merge(const covet__merge_input *input, covet_result *ret_result,
                          covet_error *err);

/* ---- shard/tx.c ---- */
/* Puts the operation in its transaction's line; it proceeds when it is its turn. */
void covet__tx_enter(covet_op *op);
void covet__tx_leave(covet_op *op);
/* Sends the part on the transaction's connection in that group, getting it if need be. */
void covet__tx_run_part(covet_op *op, covet__part *part, uint32_t group);
void covet__tx_end(covet_op *op); /* COMMIT, ROLLBACK */
/* A statement of it has failed: those behind it fail too, and COMMIT rolls back. One that is
 * given up before its turn has not been a part of it. */
void covet__tx_fail(covet_op *op, const covet_error *why);
/* The answer of a transaction's first statement: skipped, because its BEGIN was refused.
 * The transaction is then broken, and its `why` the server's reason. */
bool covet__tx_was_refused(covet_tx *tx, const PGresult *result);
/* The connection is given up, and the server rolls back. */
void covet__tx_abort(covet_tx *tx, const covet_error *why, covet__release how);
void covet__tx_destroy(covet_tx *tx);

/* ---- shard/ids.c ---- */
covet_status covet__ids_new(covet_db *db, covet__ids **ret_ids, covet_error *err);
void covet__ids_free(covet__ids *ids);
/* Takes the ids that the operation's plan wants. COVET_OK: they are in op->ids.
 * COVET_EBUSY: the operation waits and will proceed. */
covet_status covet__ids_take(covet_op *op, covet_error *err);

#endif
