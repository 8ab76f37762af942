/*
 * tests/fuzz/sql_same.h - whether a statement for a shard means what the application wrote.
 *
 * Both are parsed, and their trees compared node by node, places in the text left out. They
 * may differ in what a plan says that it changes, and in nothing else:
 *
 *   names     a table of the map stands where the shard, or the group, has it, under the
 *             same alias or its own name; public.posts.id is posts.id
 *   ids       an INSERT has more columns, and parameters for their values
 *   list      avg is a sum and a count, hidden columns for ORDER BY stand behind the list
 *   moments   now() and its like are a parameter, under the name of their column
 *   rows      ORDER BY of a single row is left out, LIMIT is a parameter, OFFSET is gone
 */
#ifndef COVET_TESTS_SQL_SAME_H
#define COVET_TESTS_SQL_SAME_H

#include "shard/plan.h"

/* NULL: it means the same. Otherwise the kind of node in which both differ. */
const char *sql_same(const covet__parse *was, const covet__parse *sent, const covet__plan *plan,
                     uint32_t shard);

/* With the queries of views in the place of their names, and nothing else. */
const char *sql_same_expanded(const covet__parse *was, const covet__parse *expanded);

/* A statement whose tables were gathered (shard/residual.h), and what is left of it: rows of
 * a gather of that table stand where its name stood, under its name or alias; GROUP BY may
 * have more columns behind its own. */
const char *sql_same_residual(const covet__parse *was, const covet__parse *left,
                              const covet__plan *plan);

#endif
