/*
 * tests/support/live.h - real PostgreSQL servers for a test.
 *
 *     static int set_up(void **state) { *state = live_up(2, 1, NULL); return 0; }
 *     static int tear_down(void **state) { live_down(*state); return 0; }
 *
 * The servers come from `covet-shardctl local up --fast --port 0` and live in a temporary
 * directory. They end with the test however it ends: live_down, else at exit, else (it
 * was killed) by a watchdog, a process of its own that waits until the test's end of a
 * pipe is closed.
 *
 * Groups and members count from 0; member 0 is the one that began as the primary.
 * Whatever fails in here fails the test that runs.
 */
#ifndef COVET_TESTS_LIVE_H
#define COVET_TESTS_LIVE_H

#include <sys/types.h>

typedef struct live_cluster live_cluster;

/* `more`: further arguments of `local up`, ended by NULL; or NULL. */
live_cluster *live_up(int groups, int standbys, const char *const *more);
/* Stops the servers and removes all of it; accepts NULL. */
void live_down(live_cluster *cluster);

/* These live as long as the cluster. */
const char *live_directory(const live_cluster *cluster); /* --dir */
const char *live_passfile(const live_cluster *cluster);
const char *live_catalog(const live_cluster *cluster); /* COVET_CATALOG */
const char *live_name(const live_cluster *cluster, int group, int member);
const char *live_dsn(const live_cluster *cluster, int group, int member);
const char *live_data(const live_cluster *cluster, int group, int member);
const char *live_sockets(const live_cluster *cluster, int group, int member);
int live_port(const live_cluster *cluster, int group, int member);

/* The postmaster that runs now, 0 if none does. */
pid_t live_pid(const live_cluster *cluster, int group, int member);

/* A fast shutdown, and a start that waits until the server takes connections. */
void live_stop(live_cluster *cluster, int group, int member);
void live_start(live_cluster *cluster, int group, int member);

/* Statements for setting things up, on a group's member 0 or on any; they must succeed. */
void live_psql(const live_cluster *cluster, int group, const char *sql);
void live_psql_at(const live_cluster *cluster, int group, int member, const char *sql);
/* The first column of the first row, "" for NULL and for no row; free() it. */
char *live_value(const live_cluster *cluster, int group, int member, const char *sql);

/* Where covet-shardctl is: COVET_SHARDCTL, else the one that was built with the tests. */
const char *live_tool(void);

/* Runs covet-shardctl with these arguments, ended by NULL, and returns its exit code (128
 * and the signal where one ended it). *ret_output gets what it says on stdout and stderr,
 * free() it; NULL: it goes where the test's own goes. */
int live_shardctl(const char *const *arguments, char **ret_output);

#endif
