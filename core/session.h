/*
 * core/session.h - internal: one blocking connection, for the tools.
 *
 * The tools do one thing after another and have no loop to keep free; a session is
 * libpq's own blocking calls with our errors. Nothing here is used by the library's
 * asynchronous part.
 *
 * Every wait is cut into short ones, so that Ctrl-C (`stop`) ends a statement that waits
 * for a lock, and a server that is frozen does not hold up the tool (`answer_timeout`).
 *
 * Not a pool, and not for two threads. Values travel beside the statement, as text.
 */
#ifndef COVET_CORE_SESSION_H
#define COVET_CORE_SESSION_H

#include <covet/core/result.h>

#include "core/dsn.h"

typedef struct covet__session covet__session;

typedef struct covet__session_opts {
    const char *name;           /* stands in front of every error ("group g1") */
    const char *search_path;    /* a list of quoted names ("\"public\""); NULL: the server's own;
                                   "": none, and what is read and written is for servers, not
                                   for people: no setting of a role changes its form */
    covet_msec connect_timeout; /* for each host; 0: 10 s */
    covet_msec answer_timeout;  /* for each statement that is no COPY; past it the session is
                                   broken; 0: none */
    /* Asked while something is waited for: true cancels it, COVET_ECANCELED. NULL: never. */
    bool (*stop)(void *user);
    void *stop_user;
} covet__session_opts;

/* Connects to the first of the DSN's hosts that answers, with the start-up options that
 * the pools use. What a role or database sets for a service does not hold for the tools: no
 * timeout but ours, READ COMMITTED, and a COMMIT that has returned is durable. */
covet_status covet__session_start(const covet__dsn *dsn, const covet__session_opts *opts,
                                  covet__session **ret_session, covet_error *err);
/* The same with `name` and `search_path` alone. */
covet_status covet__session_open(const covet__dsn *dsn, const char *name, const char *search_path,
                                 covet__session **ret_session, covet_error *err);
/* Makes of a session with the server's own settings one that was opened with search_path "". */
covet_status covet__session_be_neutral(covet__session *session, covet_error *err);
void covet__session_free(covet__session *session); /* accepts NULL */

/* Asks another `stop` from now on; NULL for what must be done after an interruption too. */
void covet__session_stop_when(covet__session *session, bool (*stop)(void *user), void *user);

/* Runs one statement; `values` are `count` texts, NULL for SQL's NULL. *ret_result is the
 * caller's (covet_result_free), cells in text form; NULL if it is not wanted. */
covet_status covet__session_exec(covet__session *session, const char *sql,
                                 const char *const *values, size_t count, covet_result **ret_result,
                                 covet_error *err);

/* The same for text that may hold several statements with semicolons and has no
 * parameters: they are one transaction unless they say otherwise. */
covet_status covet__session_script(covet__session *session, const char *sql, covet_error *err);

/* The first cell of a statement's only row, copied (covet__free); NULL where it is NULL or
 * there is no row. */
covet_status covet__session_text(covet__session *session, const char *sql,
                                 const char *const *values, size_t count, char **ret_text,
                                 covet_error *err);

/* COPY ... FROM STDIN: start, then data in any pieces, then end. A failure of put or end
 * has ended the COPY; `end` with a reason makes the server give it up. `stop` is asked at
 * each put. */
covet_status covet__session_copy_in(covet__session *session, const char *sql, covet_error *err);
covet_status covet__session_copy_put(covet__session *session, const char *bytes, size_t length,
                                     covet_error *err);
covet_status covet__session_copy_end(covet__session *session, const char *reason,
                                     uint64_t *ret_rows, covet_error *err);

/* At which line of what was put the server has given up the last COPY, from 1; 0 where it did
 * not say. */
uint64_t covet__session_copy_line(const covet__session *session);

/* COPY ... TO STDOUT: `each` gets every row, with its newline, and lives during the call.
 * Its failure cancels the COPY and is what is returned. */
covet_status covet__session_copy_out(covet__session *session, const char *sql,
                                     covet_status (*each)(void *user, const char *row,
                                                          size_t length, covet_error *err),
                                     void *user, covet_error *err);

/* "127.0.0.1:6400/blog": the host that answered. */
const char *covet__session_place(const covet__session *session);
/* 'I' idle, 'T' in a transaction, 'E' in a failed one, '?' not connected. */
char covet__session_transaction(const covet__session *session);

COVET_DEFINE_AUTO(covet__session)

#endif
