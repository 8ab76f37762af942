/*
 * tests/bench/bench_plan.c - what planning costs, without a server.
 *
 *     cmake --build --preset release --target bench_plan
 *     build/release/tests/bench_plan [PART OF A LARGE ONE'S NAME]
 *
 * In the world of tests/support/world.h: parse, facts and decision; for a statement that is
 * taken apart, all that again and for each gather. What the servers are asked on the way is not
 * in it. Large statements, which programs write, are to show that time grows with the text
 * and not with its square. Medians of rounds, in CPU time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "shard/handle.h"
#include "shard/residual.h"
#include "shard/plan_terms.h"
#include "shard/ring_build.h"
#include "support/world.h"

enum { ROUNDS = 15, CACHED = 200000 };

static double now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return 1e6 * (double)ts.tv_sec + 1e-3 * (double)ts.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* ---- cold ---------------------------------------------------------------------------------- */

static covet_status take_apart(const char *sql, covet__residual_level level, uint32_t *ret_gathers,
                               covet_error *err)
{
    covet__parse *parse = NULL;
    covet__schema schema;
    covet__facts facts = {0};
    covet__residual residual = {0};
    COVET_TRY(covet__parse_new(sql, strlen(sql), &parse, err));
    world_schema(parse, &schema);
    const covet__description described = world_describe(parse, &facts);
    const covet__residual_opts opts = {.described = &described, .level = level};
    const covet_status status =
        covet__residual_build(parse, world, &schema, &opts, &facts, &residual, err);
    *ret_gathers = residual.gather_count;
    for (uint32_t i = 0; status == COVET_OK && i < residual.gather_count; i++) {
        covet__plan *made = NULL;
        bool unfinished;
        if (world_plan(residual.gathers[i].text, &made, &unfinished, NULL) == COVET_OK)
            covet__plan_unref(made);
    }
    covet__parse_free(parse);
    return status;
}

static const char *const tier_names[] = {
    [COVET__TIER_ONE] = "one server",    [COVET__TIER_HOME] = "home",
    [COVET__TIER_ANYWHERE] = "anywhere", [COVET__TIER_ROUTE] = "route",
    [COVET__TIER_SCATTER] = "scatter",   [COVET__TIER_RESIDUAL] = "residual"};

/* What became of it, in words. */
static void plan(const char *sql, char *out, size_t size)
{
    covet__plan *made = NULL;
    bool unfinished = false;
    covet_error err = {0};
    uint32_t gathers = 0;
    covet_status status = world_plan(sql, &made, &unfinished, &err);
    if (status == COVET_OK) {
        snprintf(out, size, "%s", tier_names[made->tier]);
        covet__plan_unref(made);
        return;
    }
    status = take_apart(sql, COVET__RESIDUAL_PARTIALS, &gathers, &err);
    if (status == COVET_OK)
        snprintf(out, size, "residual, %u gathers", gathers);
    else
        snprintf(out, size, "%.60s", err.message);
}

static void measure(const char *name, const char *sql)
{
    double rounds[ROUNDS];
    char what[80] = "";
    plan(sql, what, sizeof what);
    for (size_t i = 0; i < ROUNDS; i++) {
        const double begun = now_us();
        plan(sql, what, sizeof what);
        rounds[i] = now_us() - begun;
        if (rounds[i] > 200e3) { /* once is enough */
            rounds[ROUNDS / 2] = rounds[i];
            break;
        }
        if (i + 1 == ROUNDS)
            qsort(rounds, ROUNDS, sizeof *rounds, compare_doubles);
    }
    printf("%-32s %7zu bytes %12.1f us   %s\n", name, strlen(sql), rounds[ROUNDS / 2], what);
}

/* ---- large --------------------------------------------------------------------------------- */

typedef struct large {
    const char *name;
    uint32_t count;
    const char *head, *piece, *between; /* every %u of the piece is its number, %v the next */
    const char *tail, *closing;         /* the latter once for each piece */
} large;

static void put_piece(covet__str *out, const char *piece, uint32_t n)
{
    for (const char *at = piece; *at != '\0'; at++)
        if (at[0] == '%' && (at[1] == 'u' || at[1] == 'v')) {
            covet__str_printf(out, "%u", n + (at[1] == 'v'));
            at++;
        } else {
            covet__str_char(out, *at);
        }
}

static void measure_large(const large *l)
{
    covet__str sql = {0};
    covet__str_add(&sql, l->head);
    for (uint32_t i = 0; i < l->count; i++) {
        covet__str_add(&sql, i > 0 ? l->between : "");
        put_piece(&sql, l->piece, i);
    }
    covet__str_add(&sql, l->tail);
    for (uint32_t i = 0; i < l->count; i++)
        put_piece(&sql, l->closing, i);
    if (covet__str_ok(&sql))
        measure(l->name, covet__str_text(&sql));
    covet__str_free(&sql);
}

static const large larges[] = {
    {"1,000 tables, one shard's", 1000, "SELECT p0.id FROM posts p0 ",
     "JOIN posts q%u ON q%u.id = p0.id", " ", " WHERE p0.id = $1", ""},
    {"1,000 tables, apart", 1000, "SELECT count(*) FROM ", "posts p%u", ", ", "", ""},
    {"60 tables, apart", 60, "SELECT count(*) FROM ", "posts p%u", ", ",
     " WHERE p0.score = 1 AND p1.score = p0.author_id", ""},
    {"60 tables, apart, in a chain", 60, "SELECT p0.title FROM posts p0 ",
     "JOIN comments c%u ON c%u.author_id = p0.score AND c%u.body = 'x%u'", " ",
     " WHERE p0.author_id = 1", ""},
    {"1,000 columns", 1000, "SELECT ", "p.score + %u AS c%u", ", ", " FROM posts p ORDER BY 1", ""},
    {"1,000 columns, apart", 1000, "SELECT ", "p.score + c.id + %u AS c%u", ", ",
     " FROM posts p, comments c", ""},
    {"1,000 conditions", 1000, "SELECT p.id FROM posts p WHERE ", "p.score <> %u", " AND ",
     " ORDER BY p.title LIMIT 10", ""},
    {"200 conditions, apart", 200, "SELECT p.id FROM posts p, comments c WHERE ", "p.score <> %u",
     " AND ", " AND c.id = p.score", ""},
    {"1,000 conditions, apart", 1000, "SELECT p.id FROM posts p, comments c WHERE ",
     "p.score <> %u", " AND ", " AND c.id = p.score", ""},
    {"1,000 conditions of two tables", 1000, "SELECT p.id FROM posts p, comments c WHERE ",
     "c.id = p.score + %u", " AND ", "", ""},
    {"1,000 equal columns", 1000, "SELECT p.id FROM posts p, comments c WHERE ", "c.id = p.score",
     " AND ", "", ""},
    {"1,000 alternatives", 1000, "SELECT p.id FROM posts p, comments c WHERE c.id = p.score AND (",
     "p.score = %u", " OR ", ")", ""},
    {"10,000 values", 10000,
     "SELECT p.id FROM posts p, comments c WHERE c.id = p.score AND p.id IN (", "%u", ", ", ")",
     ""},
    {"200 groups", 200, "SELECT count(*) FROM posts GROUP BY ", "score + %u", ", ",
     " HAVING max(score + 1) > 2", ""},
    {"200 sums", 200, "SELECT score, ", "sum(author_id + %u)", ", ",
     " FROM posts GROUP BY score ORDER BY 1", ""},
    {"1,000 sums", 1000, "SELECT score, ", "sum(author_id + %u)", ", ",
     " FROM posts GROUP BY score ORDER BY 1", ""},
    {"60 branches", 60, "", "SELECT id FROM posts WHERE score = %u", " UNION ALL ", " ORDER BY 1",
     ""},
    {"500 branches", 500, "", "SELECT id FROM posts WHERE score = %u", " UNION ", "", ""},
    {"60 subqueries", 60, "SELECT id FROM posts WHERE ",
     "score IN (SELECT id FROM comments WHERE author_id = %u)", " OR ", "", ""},
    {"500 subqueries", 500, "SELECT id FROM posts WHERE ",
     "score IN (SELECT id FROM comments WHERE author_id = %u)", " OR ", "", ""},
    {"500 correlated subqueries", 500, "SELECT id FROM posts p WHERE ",
     "EXISTS (SELECT 1 FROM comments c WHERE c.id = p.score AND c.author_id = %u)", " AND ", "",
     ""},
    {"60 WITH queries", 60, "WITH ", "t%u AS (SELECT id, score FROM posts WHERE score = %u)", ", ",
     " SELECT t1.id FROM t1 JOIN t2 ON t1.score = t2.score", ""},
    {"16 WITH queries, each twice in the next", 16, "WITH t0 AS (SELECT id FROM posts), ",
     "t%v AS (SELECT id FROM t%u JOIN t%u b USING (id))", ", ", " SELECT id FROM t15 ORDER BY id",
     ""},
    {"20 WITH queries, each in an outer join", 20, "WITH t0 AS (SELECT id FROM users), ",
     "t%v AS (SELECT t%u.id FROM t%u LEFT JOIN t%u b USING (id))", ", ",
     " SELECT id FROM t20 ORDER BY id", ""},
    {"20 outer joins, one in the other", 20, "", "SELECT q%u.id FROM (", "", "SELECT id FROM users",
     ") q%u LEFT JOIN posts p%u USING (id)"},
    {"200 joins, one in the other", 200, "", "SELECT id FROM (", "", "SELECT id FROM posts",
     ") q%u JOIN posts p%u USING (id)"},
    {"100 subqueries, one in the other", 100, "", "SELECT id FROM (", "",
     "SELECT id FROM posts WHERE score = 1", ") q%u"},
    {"100 EXISTS, one in the other", 100, "SELECT id FROM posts WHERE ",
     "EXISTS (SELECT 1 FROM comments c%u WHERE c%u.author_id = posts.score AND ", "", "true", ")"},
};

/* ---- cached -------------------------------------------------------------------------------- */

/* What a statement that was planned costs before it is sent: its text is found, its plan is
 * seen to be of this map, and its key says which shard. */
static void measure_cached(const char *sql)
{
    static covet_db db;
    covet_error err = {0};
    covet__plan *made = NULL;
    bool unfinished = false;
    covet_ring_range ranges[8];
    uint64_t found = 0;
    for (uint32_t i = 0; i < world->shard_count; i++)
        ranges[i] = (covet_ring_range){.lo = world->shards[i].lo, .shard = world->shards[i].id};
    db.opts.plans_max = 10000;
    db.topology.map = world;
    covet__list_init(&db.stmt_lru);
    if (covet__ring_build(ranges, world->shard_count, &db.topology.ring, &err) != COVET_OK ||
        world_plan(sql, &made, &unfinished, &err) != COVET_OK) {
        fprintf(stderr, "bench_plan: %s\n", err.message);
        exit(1);
    }
    covet__stmt_set_plan(&db, covet__stmt_intern(&db, sql, strlen(sql), false, false), made);
    double rounds[ROUNDS];
    for (size_t r = 0; r < ROUNDS; r++) {
        const double begun = now_us();
        for (uint32_t i = 0; i < CACHED; i++) {
            covet__stmt *stmt = covet__stmt_intern(&db, sql, strlen(sql), false, false);
            const covet_value key = covet_int(i);
            uint64_t hash = 0;
            bool is_null = false;
            if (covet__stmt_is_planned(&db, stmt) &&
                covet__term_hash(&stmt->plan->facts->key, stmt->plan->facts->key_type, &key, &hash,
                                 &is_null, NULL) == COVET_OK)
                found += covet_ring_locate(db.topology.ring, hash) + 1;
        }
        rounds[r] = (now_us() - begun) * 1e3 / CACHED;
    }
    qsort(rounds, ROUNDS, sizeof *rounds, compare_doubles);
    printf("%-32s %7zu bytes %12.1f ns   %s\n", "the same, cached", strlen(sql), rounds[ROUNDS / 2],
           found > 0 ? "route" : "not found");
    covet__stmts_free(&db);
    covet__ring_free(db.topology.ring);
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : "";
    static const char routed[] =
        "SELECT p.title, c.body, d.body, u.name, v.name FROM posts p"
        " JOIN comments c ON c.post_id = p.id JOIN comments d ON d.post_id = p.id"
        " JOIN users u ON u.id = p.author_id LEFT JOIN users v ON v.id = c.author_id"
        " WHERE p.id = $1 AND c.author_id <> d.author_id ORDER BY c.id DESC LIMIT 20";
    static const char apart[] =
        "SELECT u.name, count(*), avg(p.score) FROM posts p"
        " JOIN comments c ON c.author_id = p.author_id JOIN comments d ON d.id = c.id"
        " JOIN posts q ON q.author_id = d.author_id JOIN users u ON u.id = p.author_id"
        " WHERE p.score > $1 AND c.body LIKE $2 GROUP BY u.name ORDER BY 2 DESC LIMIT 20";
    if (world_up(NULL) != 0)
        return 1;
    measure("5 tables, routed", routed);
    measure_cached(routed);
    measure("5 tables, taken apart", apart);
    for (size_t i = 0; i < COVET_COUNT(larges); i++)
        if (strstr(larges[i].name, only) != NULL)
            measure_large(&larges[i]);
    return world_down(NULL);
}
