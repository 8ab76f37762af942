/*
 * tests/fuzz/sql_check.h - what must hold for any text that is given to the planner.
 *
 * In the world of tests/support/world.h, without a server:
 *
 *   C1  a text is refused with a SQLSTATE, or understood; nothing fails as COVET_EINTERNAL
 *   C2  places that are told (tokens, names, items, clauses, statements of a script) lie
 *       within the text, at the beginnings of characters, and in order
 *   C3  what is sent parses again, names the shard's tables and no others, has no more
 *       parameters than are sent, and means the same (tests/fuzz/sql_same.h)
 *   C4  with one server the text is sent as it is
 *   C5  what DDL and COPY become parses again
 *   C6  blanks and comments between words change nothing in the decision
 *   C7  a statement over views is, with their queries in it, one for which all this holds
 *   C8  what is taken apart is statements again (tests/fuzz/sql_pieces.h)
 */
#ifndef COVET_TESTS_SQL_CHECK_H
#define COVET_TESTS_SQL_CHECK_H

#include <stddef.h>

/* NULL: all that holds. Otherwise what does not, until the next call. `world` is up. */
const char *sql_check(const char *text, size_t length);

#endif
