/*
 * shard/db.h - the handle: many PostgreSQL servers as if they were one.
 *
 *     covet_db *db;
 *     covet_error err;
 *     if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = "service=blog"), &db, &err) != COVET_OK)
 *         ...
 *     covet_result *rows;
 *     if (covet_query_wait(db, COVET_SQL("SELECT title FROM posts WHERE id = $1", covet_int(42)),
 *                          NULL, &rows, &err) == COVET_OK) {
 *         puts(covet_result_text(rows, 0, 0));
 *         covet_result_free(rows);
 *     }
 *     covet_close_wait(db);
 *
 * Opening finds out what is there. Schema "covet" in the database means a cluster:
 * statements are planned over its shards. No such schema means plain mode: one server,
 * the tables where they are, the same program.
 *
 * Three ways to embed a handle, chosen when it is opened:
 *   - by default a thread of the library's own does the work; every function may be
 *     called from any thread, and callbacks run on that thread;
 *   - `loop`: on the caller's libuv loop, in whose thread everything is called and
 *     every callback runs. Only the _wait functions may be called from other threads;
 *   - `driven`: any other event loop watches covet_fd for reading, sleeps at most
 *     covet_timeout_ms, and calls covet_process.
 *
 * Each operation has one contract. A start that fails returns its status, writes *err,
 * and never calls back. A start that succeeds calls back exactly once, never before it
 * has returned, with the operation, from which the result or the error is read until
 * the callback returns. Every operation has a deadline. Each has a blocking twin,
 * `_wait`, for threads other than the one that runs the loop (COVET_EDEADLK there).
 *
 * A handle that was opened before fork() is the parent's: in the child every function
 * returns COVET_EFORKED, and covet_close_wait only forgets the handle.
 */
#ifndef COVET_SHARD_DB_H
#define COVET_SHARD_DB_H

#include <covet/core/arena.h>
#include <covet/core/log.h>
#include <covet/core/result.h>
#include <covet/core/value.h>

COVET_C_BEGIN

struct uv_loop_s;

typedef struct covet_db covet_db;
typedef struct covet_op covet_op;
typedef struct covet_tx covet_tx;
typedef uint64_t covet_op_id; /* never 0, never used twice by a handle */

/* ---- opening and closing --------------------------------------------------------- */

/* Limits of the connections to one member, over all handles of the process; but each handle
 * may have one, and a transaction that reads in other groups than its own one more. */
typedef struct covet_pool_opts {
    size_t size;
    uint32_t size_max;           /* connections; default 16 */
    uint32_t pipeline_max;       /* statements on one connection at a time; default 64 */
    uint32_t queue_max;          /* operations that wait for a connection; default 10000 */
    uint32_t statements_max;     /* prepared statements kept on a connection; default 1000 */
    size_t statements_bytes;     /* their memory in the server, a connection; default 32 MiB */
    covet_msec idle_max;         /* an idle connection is closed after; default 10 minutes */
    covet_msec life_max;         /* any connection is closed after, give or take a tenth, when it is
                                    idle; default 1 hour */
    covet_msec connect_timeout;  /* default 5 s */
    covet_msec unreachable_wait; /* an operation waits so long for a member that cannot be
                                    reached; default 3 s, never longer than its deadline */
} covet_pool_opts;

typedef struct covet_db_opts {
    size_t size;
    const char *dsn;         /* libpq's connection string; NULL or "": the environment alone */
    struct uv_loop_s *loop;  /* the caller's; NULL: see `driven` */
    bool driven;             /* with no loop: driven by covet_process; else a thread of our own */
    bool transaction_pooler; /* the members are reached through PgBouncer in transaction mode or
                                its like: nothing is prepared under a name, one statement at a
                                time on a connection */
    const char *catalog_dsn; /* where the catalog is reached directly, if `dsn` is a pooler's or
                                the catalog has a server of its own; NULL: `dsn` */
    const char *map_dir;     /* where the map is kept for times when the catalog is down; NULL:
                                $COVET_MAP_DIR or the user's cache folder; "": nowhere */
    covet_msec timeout;      /* deadline of operations that name none; default 30 s */
    size_t result_bytes_max; /* limit of results whose operation names none; default 256 MiB */
    size_t plans_max;        /* statements whose plans are kept; default 10000 */
    size_t operations_max;   /* under way at once, however far; COVET_EBUSY beyond; default 65536 */
    covet_pool_opts pool;    /* its size field may be 0 */
    covet_log_sink *log;
    void *log_user;
    covet_log_level log_level;
} covet_db_opts;

/* Fills in the defaults; for C++ and bindings. */
COVET_API void covet_db_opts_init(covet_db_opts *opts);

/* The handle is in *ret_db when this returns COVET_OK, and may be used at once:
 * operations wait until it is open. `cb` is told how the opening ended; a handle that
 * could not be opened must be closed all the same. Strings are copied. */
typedef void covet_open_cb(covet_db *db, covet_status status, const covet_error *err, void *user);
COVET_CHECKED covet_status covet_open(const covet_db_opts *opts, covet_db **ret_db,
                                      covet_error *err, covet_open_cb *cb, void *user);
COVET_CHECKED covet_status covet_open_wait(const covet_db_opts *opts, covet_db **ret_db,
                                           covet_error *err);

/* Ends what is in flight (each callback first, with COVET_ECLOSED), closes the
 * connections, frees the handle, then calls `cb` (may be NULL), the last thing that
 * happens. Transactions that are open are rolled back. Accepts NULL. */
COVET_API void covet_close(covet_db *db, void (*cb)(void *user), void *user);
/* Not on the thread of the loop. */
COVET_API void covet_close_wait(covet_db *db);

/* ---- statements ------------------------------------------------------------------- */

/* A statement and its parameters: $1 is params[0]. */
typedef struct covet_sql {
    size_t size;
    const char *text; /* one statement, without a semicolon or with one at its end */
    const covet_value *params;
    size_t param_count;
} covet_sql;

/* COVET_SQL("... $1 ... $2", covet_int(7), covet_text("x")): a covet_sql that lives in
 * the enclosing block. */
#define COVET_SQL(...) COVET_SQL_(__VA_ARGS__, covet_null())
#define COVET_SQL_(sql_text, ...)                                                                  \
    (&(covet_sql){.size = sizeof(covet_sql),                                                       \
                  .text = (sql_text),                                                              \
                  .params = (const covet_value[]){__VA_ARGS__},                                    \
                  .param_count =                                                                   \
                      sizeof((const covet_value[]){__VA_ARGS__}) / sizeof(covet_value) - 1})

/* How one call is carried out; NULL means all defaults. */
typedef struct covet_call {
    size_t size;
    covet_msec timeout; /* 0: the handle's. COVET_NO_TIMEOUT: none */
    size_t bytes_max;   /* of the result; 0: the handle's */
    covet_tx *tx;       /* the transaction that it belongs to */
    bool text_result;   /* cells in PostgreSQL's text form, where one server makes the result */
} covet_call;

#define COVET_NO_TIMEOUT UINT64_MAX

typedef void covet_cb(covet_op *op, covet_status status, void *user);

/* Runs a statement: SELECT, INSERT, UPDATE, DELETE; in plain mode any. What cannot be
 * done over shards is refused with COVET_EUNSUPPORTED, SQLSTATE 0A000, naming it.
 * Strings and parameters are copied before it returns. `ret_op` may be NULL. */
COVET_CHECKED covet_status covet_query(covet_db *db, const covet_sql *sql, const covet_call *call,
                                       covet_op_id *ret_op, covet_error *err, covet_cb *cb,
                                       void *user);
/* *ret_result is the caller's (covet_result_free). */
COVET_CHECKED covet_status covet_query_wait(covet_db *db, const covet_sql *sql,
                                            const covet_call *call, covet_result **ret_result,
                                            covet_error *err);
/* The same for a caller who wants no rows: how many were changed. `ret_affected` may be NULL. */
COVET_CHECKED covet_status covet_exec_wait(covet_db *db, const covet_sql *sql,
                                           const covet_call *call, uint64_t *ret_affected,
                                           covet_error *err);

/* ---- rows while they come ------------------------------------------------------------ */

/* A piece of the rows, in the order of the statement: some 1000 rows or 256 KiB at most, one
 * row at least. It is covet_op_result(op), borrowed until the callback returns, or taken for
 * good with covet_op_take_result. True asks for more. False pauses: nothing is called, nothing
 * is read from the servers, and they stop sending, until covet_stream_resume. A statement
 * without rows gives one piece of none, with the columns (INSERT and its like:
 * covet_result_affected). */
typedef bool covet_rows_cb(covet_op *op, const covet_result *rows, void *user);

/* Runs a statement as covet_query does, and hands its rows over while they come, in memory
 * that does not grow with them: however many rows, about 5 MB. `on_end` is called once, after
 * the last piece, with the outcome; an error may come behind rows that were right as far as
 * they went. Both run on the loop's thread. The deadline is that of the whole, pauses and all
 * (COVET_NO_TIMEOUT: none); covet_cancel ends it, paused or not. bytes_max limits a single
 * row.
 *
 * It holds one connection in each group that it reads, until the group's last row has come:
 * a program that runs other statements inside a stream needs room for them in its pools.
 * Nothing is sent again once rows were handed over: a server that goes away then is
 * COVET_ECONNLOST, which can be repeated as a whole. What cannot be handed over before it is
 * complete (aggregates over several shards, writes) runs whole, bound by bytes_max, and is
 * then cut into pieces. In a transaction it has its turn, and the statements behind it
 * wait. */
COVET_CHECKED covet_status covet_stream(covet_db *db, const covet_sql *sql, const covet_call *call,
                                        covet_op_id *ret_op, covet_error *err,
                                        covet_rows_cb *on_rows, covet_cb *on_end, void *user);
/* Asks a paused stream for more; one that is not paused, or has ended, is not touched. From
 * any thread, inside on_rows too. Fails only for memory and with a handle that is not open. */
COVET_CHECKED covet_status covet_stream_resume(covet_db *db, covet_op_id op, covet_error *err);

/* The same for threads that wait: pieces are asked for one by one.
 *
 *     covet_rows *rows;
 *     const covet_result *piece;
 *     if (covet_rows_open(db, sql, NULL, &rows, &err) != COVET_OK) ...
 *     while ((status = covet_rows_next(rows, &piece, &err)) == COVET_OK && piece != NULL)
 *         ...
 *     covet_rows_close(rows);
 *
 * One thread at a time, and not the loop's (COVET_EDEADLK). */
typedef struct covet_rows covet_rows;
COVET_CHECKED covet_status covet_rows_open(covet_db *db, const covet_sql *sql,
                                           const covet_call *call, covet_rows **ret_rows,
                                           covet_error *err);
/* Waits for the next piece, which lives until the next call for these rows; NULL after the
 * last one. After an error there is none. */
COVET_CHECKED covet_status covet_rows_next(covet_rows *rows, const covet_result **ret_piece,
                                           covet_error *err);
/* Cancels what has not come, and waits until nothing is under way; before covet_close. Accepts
 * NULL. */
COVET_API void covet_rows_close(covet_rows *rows);

/* Ends an operation early: its callback runs with COVET_ECANCELED. One that is
 * finished, or never was, is not touched. A COMMIT that has been sent is never
 * cancelled. From any thread. */
COVET_API void covet_cancel(covet_db *db, covet_op_id op);

/* Inside the callback. The result is NULL after an error, and borrowed. */
COVET_API const covet_result *covet_op_result(const covet_op *op);
COVET_API const covet_error *covet_op_error(const covet_op *op);
COVET_API covet_op_id covet_op_number(const covet_op *op);
/* The result becomes the caller's (covet_result_free); NULL if there is none or no memory. */
COVET_API covet_result *covet_op_take_result(covet_op *op);

/* ---- transactions ------------------------------------------------------------------- */

typedef enum covet_isolation {
    COVET_READ_COMMITTED = 0,
    COVET_REPEATABLE_READ,
    COVET_SERIALIZABLE,
} covet_isolation;

typedef struct covet_tx_opts {
    size_t size;
    covet_isolation isolation;
    bool read_only;
} covet_tx_opts;

/* Begins a transaction; nothing is sent yet. Its first statement that needs a
 * connection chooses the group, and every other statement must be of the same group
 * (0A000 otherwise; transactions over groups have an issue of their own). Statements run
 * one after the other in the order in which they are started. One that fails ends the
 * transaction: those after it fail with 25P02 until it is rolled back. */
COVET_CHECKED covet_status covet_begin(covet_db *db, const covet_tx_opts *opts, covet_tx **ret_tx,
                                       covet_error *err);

/* End it. Whatever the outcome, `tx` is gone when the callback has run (or the _wait has
 * returned); a start that fails leaves it. A commit whose answer is lost has the outcome
 * COVET_OUTCOME_UNKNOWN. */
COVET_CHECKED covet_status covet_commit(covet_tx *tx, const covet_call *call, covet_op_id *ret_op,
                                        covet_error *err, covet_cb *cb, void *user);
COVET_CHECKED covet_status covet_commit_wait(covet_tx *tx, const covet_call *call,
                                             covet_error *err);
COVET_CHECKED covet_status covet_rollback(covet_tx *tx, const covet_call *call, covet_op_id *ret_op,
                                          covet_error *err, covet_cb *cb, void *user);
COVET_CHECKED covet_status covet_rollback_wait(covet_tx *tx, const covet_call *call,
                                               covet_error *err);

/* ---- what it is ---------------------------------------------------------------------- */

typedef struct covet_db_info {
    size_t size;
    bool open;
    bool plain;     /* no catalog: one server */
    bool from_disk; /* the catalog is down, the map is the last one known */
    char cluster_id[40];
    uint64_t incarnation;
    uint64_t epoch;
    uint32_t groups;
    uint32_t shards;
} covet_db_info;

/* A snapshot, from any thread. `info->size` must be set. */
COVET_API void covet_db_describe(const covet_db *db, covet_db_info *info);

/* The column whose value picks the shard; false (and "" ) where the table is not
 * distributed. `schema` NULL: by the search path. From any thread, once open. */
COVET_API bool covet_db_key_column(const covet_db *db, const char *schema, const char *table,
                                   char column[64]);

/* ---- driven by another event loop ------------------------------------------------------ */

/* A descriptor that becomes readable when there is something to do. */
COVET_API int covet_fd(const covet_db *db);
/* How long the loop may sleep at most: milliseconds, -1 for ever. Ask after each
 * covet_process and after each start. */
COVET_API int covet_timeout_ms(const covet_db *db);
/* Does what is to be done, without waiting; callbacks run inside. After covet_close, go on
 * calling it until its callback has run. */
COVET_API void covet_process(covet_db *db);

COVET_C_END
#endif
