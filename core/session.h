/*
 * core/session.h - internal: one blocking connection, for the tools.
 *
 * The tools do one thing after another and have no loop to keep free; a session is
 * libpq's own blocking calls with our errors. Nothing here is used by the library's
 * asynchronous part.
 *
 * Not a pool, and not for two threads. Values travel beside the statement, as text.
 */
#ifndef COVET_CORE_SESSION_H
#define COVET_CORE_SESSION_H

#include <covet/core/result.h>

#include "core/dsn.h"

typedef struct covet__session covet__session;

/* Connects to the first of the DSN's hosts that answers, with the start-up options that
 * the pools use; `search_path` is a list of quoted names ("\"public\"") or NULL for the
 * server's own. `name` stands in front of every error ("group g1"). */
covet_status covet__session_open(const covet__dsn *dsn, const char *name, const char *search_path,
                                 covet__session **ret_session, covet_error *err);
void covet__session_free(covet__session *session); /* accepts NULL */

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
 * has ended the COPY; `end` with a reason makes the server give it up. */
covet_status covet__session_copy_in(covet__session *session, const char *sql, covet_error *err);
covet_status covet__session_copy_put(covet__session *session, const char *bytes, size_t length,
                                     covet_error *err);
covet_status covet__session_copy_end(covet__session *session, const char *reason,
                                     uint64_t *ret_rows, covet_error *err);

/* COPY ... TO STDOUT: `each` gets every row, with its newline, and lives during the call. */
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
