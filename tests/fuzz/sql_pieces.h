/*
 * tests/fuzz/sql_pieces.h - what must hold for a statement that is taken apart
 * (shard/residual.h), at every level.
 *
 *   gathers   parse and can be planned; one that is `partial`, by each shard for itself;
 *             their parameters are the statement's; none waits for its own keys
 *   holes     lie within the text and do not overlap
 *   residual  parses, names no distributed table, and has no more parameters than are sent;
 *             where only tables are gathered, it is the statement with their rows in the
 *             place of their names (tests/fuzz/sql_same.h)
 *   blanks    and comments between words change nothing of all that
 */
#ifndef COVET_TESTS_SQL_PIECES_H
#define COVET_TESTS_SQL_PIECES_H

#include <stddef.h>

#include "shard/parse.h"

/* NULL: all that holds, or it cannot be taken apart. Otherwise what does not, until the next
 * call. `respaced` is the same words with other blanks between them. */
const char *sql_pieces(const covet__parse *parse, const char *const *respaced, size_t count);

#endif
