#include "support/cmocka_all.h"

#include "support/blog_shards.h"

/* Runs covet-shardctl, which must succeed. */
#define TOOL(...) run((const char *const[]){__VA_ARGS__, NULL})

static void run(const char *const *arguments)
{
    char *output = NULL;
    if (live_shardctl(arguments, &output) != 0)
        fail_msg("covet-shardctl %s: %s", arguments[0], output);
    free(output);
}

void blog_distribute(live_cluster *cluster, const char *dsn, const char *name, int groups)
{
    char sql[128], other[1100], group[16], shards[16];
    snprintf(shards, sizeof shards, "%d", BLOG_SHARDS);
    TOOL("init", "--home", dsn, "--shards", shards);
    setenv("COVET_CATALOG", dsn, 1);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    for (int g = 1; g < groups; g++) {
        live_psql(cluster, g, sql);
        snprintf(group, sizeof group, "g%d", g + 1);
        snprintf(other, sizeof other, "%s dbname=%s", live_dsn(cluster, g, 0), name);
        TOOL("group", "add", group, "--dsn", other);
    }
    TOOL("reference", "auth_user", "categories", "tags");
    TOOL("distribute", "posts", "--key", "id", "--unique-per-shard", "slug", "--with",
         "comments:post_id", "--with", "posts_tags:post_id");
}

void blog_undistribute(const char *dsn)
{
    setenv("COVET_CATALOG", dsn, 1);
    TOOL("undistribute", "posts");
    TOOL("undistribute", "auth_user", "categories", "tags");
}
