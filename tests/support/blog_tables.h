/*
 * tests/support/blog_tables.h - a blog as Django makes it, in a cluster of its own for every test.
 *
 *     blog_make("there");      two groups of 8 shards each, in databases of that name on the
 *     ...                      same two servers; the tables at home, not distributed yet
 *     blog_close();
 *
 * Groups count from 0. Whatever fails in here fails the test that runs.
 */
#ifndef COVET_TESTS_BLOG_TABLES_H
#define COVET_TESTS_BLOG_TABLES_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "support/live.h"

enum { GROUPS = 2, SHARDS = 16 };

extern live_cluster *blog_cluster;

/* The cluster of the test that runs. */
extern struct blog_database {
    char name[32];
    char dsn[GROUPS][512];
    PGconn *conn[GROUPS];
} blog;

/* For cmocka's group: the servers, for all tests of a file. */
int blog_set_up(void **state);
int blog_tear_down(void **state);

void blog_make(const char *name);
void blog_close(void);

/* ---- the tool -------------------------------------------------------------------------- */

#define TOOL(output, ...) live_shardctl((const char *const[]){__VA_ARGS__, NULL}, output)

#define assert_says(code, part, ...)                                                               \
    do {                                                                                           \
        char *output_ = NULL;                                                                      \
        const int code_ = TOOL(&output_, __VA_ARGS__, "--catalog", blog.dsn[0]);                   \
        if (code_ != (code))                                                                       \
            fail_msg("ended with %d, not %d: %s", code_, code, output_);                           \
        assert_contains(output_, part);                                                            \
        free(output_);                                                                             \
    } while (0)

#define assert_value(group, sql, expected)                                                         \
    do {                                                                                           \
        char *value_ = blog_value(group, sql);                                                     \
        assert_string_equal(value_, expected);                                                     \
        free(value_);                                                                              \
    } while (0)

#define MOVE_POSTS                                                                                 \
    "distribute", "posts", "--key", "id", "--unique-per-shard", "slug", "--with", "comments",      \
        "--with", "posts_tags"

/* auth_user, categories and tags become reference tables. */
void blog_move_references(void);

/* ---- statements ------------------------------------------------------------------------ */

/* They must succeed. */
void blog_run(int group, const char *sql);
PGresult *blog_query(int group, const char *sql);
char *blog_value(int group, const char *sql); /* the first cell; free() it */
long long blog_number(int group, const char *sql);

/* ---- what is where --------------------------------------------------------------------- */

/* What pg_dump says of schema public, with or without rows; free() it. The keys that it
 * invents for each dump, and the order of rows, are not part of it. */
char *blog_dump(bool rows);
/* Says the first line that differs; frees both. */
void assert_same_dump(char *before, char *after);

/* The shard's schema and group. */
typedef struct blog_shard {
    char schema[64];
    int group;
    unsigned long long lo, last;
} blog_shard;

typedef struct blog_sums {
    long long rows, hashes;
} blog_sums;

void blog_shards(blog_shard list[SHARDS]);                  /* in the order of their ranges */
void blog_run_in(const blog_shard *shard, const char *sql); /* @ stands for its schema */
blog_sums blog_sums_of(int group, const char *schema, const char *table);
void assert_rows_in_shards(const char *table, blog_sums expected);
void assert_keys_in_their_ranges(const char *table, const char *key);
/* Columns, indexes, constraints, grants, comments of a table, without names of schemas. */
char *blog_shape(int group, const char *schema, const char *table);

#endif
