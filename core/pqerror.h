/* core/pqerror.h - internal: what a server's error result says, in our words. */
#ifndef COVET_CORE_PQERROR_H
#define COVET_CORE_PQERROR_H

#include <libpq-fe.h>

#include "core/fail.h"

/* Fills `err` from an error result: SQLSTATE, constraint, table, column, position, and
 * "message (detail; hint)". Returns COVET_ESQL, or COVET_ECONNLOST where the server
 * ends the connection (57P01-57P03, class 08). The outcome is the caller's to say. */
covet_status covet__pq_error(const PGresult *result, covet_error *err);

/* The SQLSTATE, "" if there is none. */
const char *covet__pq_state(const PGresult *result);

/* libpq's message on one line, without its closing newline. */
void covet__pq_line(const char *message, char *out, size_t size);

#endif
