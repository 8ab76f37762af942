/*
 * tools/sql_read.h - a script, one statement after another.
 *
 * The script may be larger than memory, so it is read in pieces and cut by a scanner of
 * its own, with the rules of psql: a semicolon ends a statement unless it stands in
 * quotes, a comment, brackets, or the body of a function (BEGIN ATOMIC ... END).
 * tests/tools/test_sql_read.c holds it to what the parser makes of whole scripts.
 *
 *     SELECT 1; COPY t FROM STDIN; SELECT 2;      psql's order: the data comes from the
 *     1<tab>one                                   next line on, then the rest of this
 *     \.                                          line is read
 *
 * Invariant: bytes[0..at) are used up, bytes[at..length) are still to come, and behind
 * them stands a NUL.
 */
#ifndef COVET_TOOLS_SQL_READ_H
#define COVET_TOOLS_SQL_READ_H

#include "core/fail.h"
#include "core/macros.h"

enum { SQL_STATEMENT_MAX = 64 * 1024 * 1024, SQL_DATA_ROW_MAX = 256 * 1024 * 1024 };

typedef struct sql_reader sql_reader;

/* The caller owns *ret_reader. A text is borrowed; a descriptor stays the caller's. */
covet_status sql_reader_of_text(const char *text, sql_reader **ret_reader, covet_error *err);
covet_status sql_reader_of_file(int fd, sql_reader **ret_reader, covet_error *err);
void sql_reader_free(sql_reader *reader); /* accepts NULL */
/* Asked when a signal interrupts reading: true ends it, COVET_ECANCELED. */
void sql_reader_stop_when(sql_reader *reader, bool (*stop)(void));

typedef struct sql_statement {
    const char *text; /* without its semicolon; lives until the next call */
    size_t length;
    uint64_t number; /* from 1 */
    uint64_t line;   /* of its first word, from 1 */
} sql_statement;

/* False at the end, or with *err set: 54000 for a statement of more than
 * SQL_STATEMENT_MAX, 42601 for a command of psql's (\d), COVET_EIO. Comments and
 * empty statements are passed over. */
bool sql_reader_next(sql_reader *reader, sql_statement *ret_statement, covet_error *err);

/* ---- the data of COPY ... FROM STDIN ---- */

/* The data begins behind the line on which the last statement ended. */
covet_status sql_reader_begin_data(sql_reader *reader, covet_error *err);
/* At least `need` bytes of it from here on, fewer only at the end of the input. *ret_bytes
 * lives until the next call. Data are not looked at: it is the caller who finds its end. */
covet_status sql_reader_peek(sql_reader *reader, size_t need, const char **ret_bytes,
                             size_t *ret_length, covet_error *err);
void sql_reader_skip(sql_reader *reader, size_t length);
/* Statements go on here. */
covet_status sql_reader_end_data(sql_reader *reader, covet_error *err);

COVET_DEFINE_AUTO(sql_reader)

#endif
