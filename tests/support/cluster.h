/*
 * tests/support/cluster.h - a cluster beside one plain PostgreSQL, and both asked the same.
 *
 *     cluster_up(2, 8);
 *     cluster_both("CREATE TABLE posts (...)");            in the cluster and in the plain one
 *     cluster_tool_ok("distribute", "posts", "--key", "id");
 *     cluster_same("SELECT ... FROM posts ORDER BY id");   byte for byte what psql prints
 *
 * The plain one is a database of its own on the home group's server. One cluster for each
 * test program.
 */
#ifndef COVET_TESTS_CLUSTER_H
#define COVET_TESTS_CLUSTER_H

#include <stdbool.h>

#include "support/live.h"

typedef struct cluster_said {
    int code;  /* 128 and the signal where one ended it */
    char *out; /* cluster_forget frees both */
    char *err;
    long peak_kb; /* the most memory that it had at a time */
} cluster_said;

live_cluster *cluster_up(int groups, int shards);
void cluster_down(void);
/* Connection strings; they live as long as the cluster. */
const char *cluster_catalog(void);
const char *cluster_plain(void);

/* ---- programs ---- */

/* `input` NULL: nothing to read. The arguments end with NULL. */
cluster_said cluster_run(const char *const *argv, const char *input, size_t length);
void cluster_forget(cluster_said *said);
/* covet-shardctl sql, and psql on the plain database, with the script as their input. */
cluster_said cluster_sql(const char *how, const char *script);
cluster_said cluster_psql(const char *how, const char *script);

/* covet-shardctl with these arguments, which must succeed. */
#define cluster_tool_ok(...) cluster_tool_ok_((const char *const[]){live_tool(), __VA_ARGS__, NULL})
void cluster_tool_ok_(const char *const *argv);

/* ---- statements ---- */

/* In the cluster; they must succeed. */
void cluster_do(const char *script);
/* In the plain database too. */
void cluster_both(const char *script);
/* Both print the same, with --csv and aligned. */
void cluster_same(const char *script);
/* It ends with exit code 1, and says so. */
void cluster_fails(const char *script, const char *part);
/* The first cell of what it answers. */
void cluster_value(const char *sql, const char *expected);

/* ---- a program that runs on ---- */

typedef struct cluster_child {
    pid_t pid;
    int input; /* its standard input; -1: none */
    int out, err;
} cluster_child;

cluster_child cluster_start(const char *const *argv, bool with_input);
/* Waits until it ends; closes its input. */
cluster_said cluster_end(cluster_child *child);
void cluster_pause(long msec);

#endif
