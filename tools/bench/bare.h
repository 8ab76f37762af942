/*
 * tools/bench/bare.h - the other side of the benchmark: libpq by itself, as well as it
 * can be used.
 *
 * Non-blocking, binary, every statement prepared under a name before the clock starts,
 * pipelined with one Sync for each batch of reads and one for each write, one epoll for
 * all connections. It includes nothing of libcovet, routes nothing (each operation is
 * told its connection's group and its statement), and is what libcovet's figures are
 * ratios of.
 */
#ifndef COVET_BENCH_BARE_H
#define COVET_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bare bare;

/* One operation: which prepared statement of which group, with binary parameters. */
typedef struct bare_op {
    uint32_t group;
    uint32_t statement;
    int param_count;
    const char *values[8];
    int lengths[8];
    int formats[8];
} bare_op;

/* The next operation to start. What it points at must live until the next call. */
typedef void bare_next_fn(void *user, bare_op *op);

/* `connections` to each of the groups. NULL, with a line on stderr, on failure. */
bare *bare_open(const char *const *dsns, uint32_t groups, uint32_t connections);
void bare_close(bare *b);

/* Prepares a statement on every connection of a group; its number counts from 0 a group. */
bool bare_prepare(bare *b, uint32_t group, const char *text);

/* Runs `count` operations, `in_flight` at a time; `writes`: each has a Sync of its own.
 * Checks that each gives `rows` rows (-1: any). */
bool bare_run(bare *b, uint64_t count, uint32_t in_flight, bool writes, int rows,
              bare_next_fn *next, void *user);

/* One query over many statements: all of `ops` on one connection for each group, pipelined;
 * then the first `limit` rows by (column `key` descending, column `tie` descending), both
 * int8 or timestamptz. Returns how many rows there were, -1 on failure. */
int bare_top(bare *b, const bare_op *ops, uint32_t count, int key, int tie, int limit);

/* Process ids of the servers' backends. */
size_t bare_backends(const bare *b, uint32_t group, int *pids, size_t room);

#endif
