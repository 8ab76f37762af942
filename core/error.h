/*
 * core/error.h - what went wrong, whether trying again can help, and what has
 * become of the write.
 *
 * A function that can fail returns a covet_status: zero is success, the other
 * numbers are negative and never change their meaning. Its last parameter is a
 * covet_error that the caller owns, or NULL; it is written on failure only.
 * Nothing here allocates, so an error can always be reported.
 */
#ifndef COVET_CORE_ERROR_H
#define COVET_CORE_ERROR_H

#include <covet/core/base.h>

COVET_C_BEGIN

/* name, number, transient (a later try may succeed), text */
#define COVET_STATUS_MAP(X)                                                                        \
    X(OK, 0, false, "success")                                                                     \
    X(EINVAL, -1, false, "an argument is not valid")                                               \
    X(ENOMEM, -2, true, "out of memory")                                                           \
    X(ECANCELED, -3, false, "the operation was cancelled")                                         \
    X(ETIMEOUT, -4, true, "the deadline passed")                                                   \
    X(EDEADLK, -5, false, "a blocking call on the thread that runs the loop")                      \
    X(EFORKED, -6, false, "the handle was opened by the parent process")                           \
    X(ECLOSED, -7, false, "the handle is closing")                                                 \
    X(EBUSY, -8, true, "too many operations are waiting")                                          \
    X(ECONNECT, -9, true, "no connection to the server")                                           \
    X(ECONNLOST, -10, true, "the connection broke")                                                \
    X(ECATALOG, -11, false, "the catalog cannot be used")                                          \
    X(ECLUSTER, -12, false, "the server belongs to another cluster")                               \
    X(EMAP, -13, false, "the map file cannot be used")                                             \
    X(ESQL, -14, false, "the server refused the statement")                                        \
    X(EUNSUPPORTED, -15, false, "the statement is not supported over shards")                      \
    X(ETYPE, -16, false, "a value does not fit its type")                                          \
    X(ELIMIT, -17, false, "the result is larger than the limit")                                   \
    X(ENOTFOUND, -18, false, "no row matches")                                                     \
    X(EMULTIPLE, -19, false, "more than one row matches")                                          \
    X(EFIELD, -20, false, "the model has no such field")                                           \
    X(ESTALE, -21, true, "the map changed under the transaction")                                  \
    X(EIO, -22, false, "a file could not be read or written")                                      \
    X(EINTERNAL, -23, false, "a fault in the library")

typedef enum covet_status {
#define X(name, value, transient, text) COVET_##name = value,
    COVET_STATUS_MAP(X)
#undef X
} covet_status;

/* What has become of a write that failed. Work is retried by the library only
 * where it is NOT_SENT, or a read. */
typedef enum covet_outcome {
    COVET_OUTCOME_NONE = 0,  /* there was nothing to change */
    COVET_OUTCOME_NOT_SENT,  /* no server has seen it */
    COVET_OUTCOME_REJECTED,  /* the server refused it; see sqlstate */
    COVET_OUTCOME_ABORTED,   /* lost before its COMMIT was sent: rolled back */
    COVET_OUTCOME_COMMITTED, /* it is durable, though something failed after it */
    COVET_OUTCOME_UNKNOWN,   /* sent and not answered: it may or may not be there */
} covet_outcome;

/* Strings end with NUL and are empty where they do not apply. `constraint`,
 * `table` and `column` are PostgreSQL's own; `group` and `member` name the server
 * that spoke; `position` counts characters of the statement, from 1, 0 if unknown.
 * A message never holds a password. */
typedef struct covet_error {
    covet_status status;
    covet_outcome outcome;
    int32_t position;
    char sqlstate[6];
    char constraint[64];
    char table[64];
    char column[64];
    char group[64];
    char member[64];
    char message[640];
    char reserved[46]; /* zero; keeps the size at 1 KiB when fields are added */
} covet_error;

/* "ETIMEOUT"; never NULL. */
COVET_API const char *covet_status_name(covet_status status);

/* "the deadline passed"; never NULL. */
COVET_API const char *covet_status_text(covet_status status);

/* Whether the same call may succeed later without a change by the caller. Says
 * nothing of a write's outcome: a write is safe to repeat only where `outcome`
 * is NOT_SENT, REJECTED or ABORTED. */
COVET_API bool covet_status_is_transient(covet_status status);

/* "unknown"; never NULL. */
COVET_API const char *covet_outcome_name(covet_outcome outcome);

COVET_C_END
#endif
