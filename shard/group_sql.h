/*
 * shard/group_sql.h - internal: one statement for many shards of one group.
 *
 *     (SELECT ... FROM s1.t ORDER BY ... LIMIT $1)
 *     UNION ALL
 *     (SELECT ... FROM s2.t ORDER BY ... LIMIT $1)
 *     ORDER BY 3 DESC NULLS FIRST, 1 LIMIT $1
 *
 * The branches are the statements for the shards, one text with other tables in it, so
 * their columns are of one type and the union's are those of the plan's parts. Keys of
 * ORDER BY are columns of the parts, hidden ones too, and are named by their positions: two
 * columns may have one name.
 *
 * When it pays (4 groups of 32 shards, 1,000,000 rows, all servers on one machine of 2 cores;
 * rates of whole statements, tools/covet-bench "whole ..."):
 *   - ORDER BY whose LIMIT is large or missing: always. PostgreSQL's Merge Append reads
 *     what is asked for and one or two rows a shard more, where a part for each shard is the
 *     whole LIMIT each: 8 times as fast at LIMIT 50000. And rows of one group come in order
 *     over one connection, so they can be streamed.
 *   - ORDER BY with a small LIMIT: never. A part for each shard is prepared and costs 9 us;
 *     a union of 32 branches costs 4 ms to plan.
 *   - aggregates and rows in no order: not for a result, where parts for shards, prepared
 *     and one after the other on a connection, have no more round trips, 1.4 times the rate
 *     of one PostgreSQL with parallel query, while the union brings the group's own parallel
 *     query, which starts 2 processes in each of 4 servers, and has 0.6 to 0.9. For a stream
 *     always: it has one statement for a connection.
 */
#ifndef COVET_SHARD_GROUP_SQL_H
#define COVET_SHARD_GROUP_SQL_H

#include "shard/handle.h"

/* Whether so many shards may be asked group by group at all. */
bool covet__group_can(const covet_op *op, uint32_t shard_count);
/* Whether the operation's shards are asked group by group. */
bool covet__group_pays(const covet_op *op, uint32_t shard_count);
/* LIMIT and OFFSET are given, and together few rows. */
bool covet__group_is_small(const covet_op *op);

/* The statement for shards of one group, in the operation's arena. It has no name in caches
 * of prepared statements: next to what it reads, its planning is nothing, and 32 branches
 * that a server keeps are about 1 MB. */
covet_status covet__group_statement(covet_op *op, const uint32_t *shards, uint32_t count,
                                    const covet__sql **ret_sql, covet_error *err);

#endif
