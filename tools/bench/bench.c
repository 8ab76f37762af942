/*
 * tools/bench/bench.c - libcovet against bare libpq, side by side in one run.
 *
 * Both sides use as many connections to the same servers, the same statements in binary
 * form, prepared, pipelined; rounds alternate, and medians are compared. The tables are
 * those that tools/covet-bench makes: posts by id, comments by post_id, users and
 * categories everywhere.
 *
 * The shapes "whole ..." read all of events (by user_id), and their other side is not many
 * servers but one: PostgreSQL by itself over the same rows in events_plain, with whatever
 * parallel query it chooses.
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <uv.h>

#include <covet/covet.h>

#include "tools/bench/bare.h"
#include "tools/bench/count.h"

enum { SHAPES = 20, GROUPS_MAX = 32, SHARDS_MAX = 1024, ROUNDS_MAX = 31 };

typedef struct shard {
    uint64_t lo;
    uint32_t group;
    char schema[64];
    uint32_t first_statement; /* of its group's prepared ones */
} shard;

typedef struct setting {
    const char *catalog;
    uint32_t connections;
    uint32_t posts;
    uint32_t rounds;
    double seconds; /* a round */
    bool json;
    bool no_bare, no_covet; /* one side alone, under a profiler */
} setting;

typedef struct cluster {
    char *dsns[GROUPS_MAX];
    uint32_t group_count;
    shard shards[SHARDS_MAX];
    uint32_t shard_count;
    uint32_t statements[GROUPS_MAX];
} cluster;

typedef struct sample {
    double rate;     /* operations a second */
    double cpu_usec; /* of this process, an operation */
    double allocs;   /* the library's own, an operation */
} sample;

typedef struct workload {
    const char *name;
    uint32_t in_flight;
    bool writes;
    bool scatter;
    const char *one;     /* of a whole table: what one PostgreSQL is asked */
    const char *pattern; /* %s: the schema with its dot; %d: the shape */
    int rows;
    uint64_t count; /* operations in a round, found by a trial */
    uint32_t base;  /* its first statement among a shard's */
} workload;

static const char list_view[] =
    "SELECT p.id, p.title, p.slug, u.username, c.name, p.created_at, count(m.id)"
    " FROM %sposts p JOIN %susers u ON u.id = p.author_id"
    " LEFT JOIN %scategories c ON c.id = p.category_id"
    " LEFT JOIN %scomments m ON m.post_id = p.id"
    " WHERE p.is_published GROUP BY p.id, u.id, c.id"
    " ORDER BY p.created_at DESC, p.id DESC LIMIT %s";
static const char top_ten[] = "SELECT p.id, p.title, p.created_at FROM %sposts p"
                              " ORDER BY p.created_at DESC, p.id DESC LIMIT %s";
static const char point_read[] =
    "SELECT id, title, slug, author_id, created_at, %d AS shape FROM %sposts WHERE id = $1";
static const char point_write[] =
    "UPDATE %sposts SET author_id = author_id + 1 - 1 + 0 * %d WHERE id = $1";

static void die(const char *what, const char *why)
{
    fprintf(stderr, "covet-bench: %s: %s\n", what, why);
    exit(1);
}

/* ---- the cluster as it is ------------------------------------------------------------------ */

static covet_result *ask(covet_db *db, const char *sql)
{
    covet_result *rows = NULL;
    covet_error err;
    if (covet_query_wait(db, COVET_SQL(sql), COVET_OPTS(covet_call, .text_result = true), &rows,
                         &err) != COVET_OK)
        die(sql, err.message);
    return rows;
}

static void learn(cluster *c, const char *catalog)
{
    covet_db *db = NULL;
    covet_error err;
    if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = catalog, .map_dir = ""), &db, &err) !=
        COVET_OK)
        die("open", err.message);
    covet_result *groups = ask(db, "SELECT m.dsn FROM covet.members m JOIN covet.groups g ON"
                                   " g.id = m.group_id WHERE m.role = 'primary' ORDER BY g.id");
    covet_result *shards =
        ask(db, "SELECT s.lo, s.schema_name, (SELECT count(*) FROM covet.groups g"
                " WHERE g.id < s.group_id) FROM covet.shards s ORDER BY s.lo");
    c->group_count = (uint32_t)covet_result_rows(groups);
    c->shard_count = (uint32_t)covet_result_rows(shards);
    if (c->group_count > GROUPS_MAX || c->shard_count > SHARDS_MAX || c->shard_count == 0)
        die("cluster", "too many groups or shards for this benchmark, or none");
    for (uint32_t i = 0; i < c->group_count; i++)
        /* The last of two values counts: a member says what is its own. */
        if (asprintf(&c->dsns[i], "%s %s", catalog, covet_result_text(groups, i, 0)) < 0)
            die("cluster", "out of memory");
    for (uint32_t i = 0; i < c->shard_count; i++) {
        c->shards[i].lo = strtoull(covet_result_text(shards, i, 0), NULL, 10);
        snprintf(c->shards[i].schema, sizeof c->shards[i].schema, "%s",
                 covet_result_text(shards, i, 1));
        c->shards[i].group = (uint32_t)strtoul(covet_result_text(shards, i, 2), NULL, 10);
    }
    covet_result_free(groups);
    covet_result_free(shards);
    covet_close_wait(db);
}

static uint32_t shard_of(const cluster *c, int64_t key)
{
    const uint64_t hash = covet_key_hash_int(key);
    uint32_t low = 0, high = c->shard_count;
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        if (c->shards[middle].lo <= hash)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- statements ---------------------------------------------------------------------------- */

/* `schema` NULL: as the application writes it. */
static void make_text(const workload *w, const char *schema, uint32_t shape, char *out, size_t size)
{
    char dot[80] = "", reference[80] = "";
    if (schema != NULL) {
        snprintf(dot, sizeof dot, "\"%s\".", schema);
        snprintf(reference, sizeof reference, "\"%.*s_reference\".",
                 (int)(strrchr(schema, '_') - schema), schema);
    }
    const char *limit = schema != NULL ? "$1::int8" : "10";
    if (w->one != NULL)
        snprintf(out, size, "%s", schema != NULL ? w->one : w->pattern);
    else if (w->pattern == list_view)
        snprintf(out, size, list_view, dot, reference, reference, dot, limit);
    else if (w->pattern == top_ten)
        snprintf(out, size, top_ten, dot, limit);
    else if (w->pattern == point_read)
        snprintf(out, size, point_read, (int)shape, dot);
    else
        snprintf(out, size, point_write, dot, (int)shape);
}

static uint32_t shapes_of(const workload *w) { return w->scatter ? 1 : SHAPES; }

static void prepare_bare(bare *b, cluster *c, workload *w)
{
    char text[1024];
    if (w->one != NULL) {
        c->shards[0].first_statement = c->statements[0]++;
        if (!bare_prepare(b, 0, w->one))
            exit(1);
        return;
    }
    for (uint32_t i = 0; i < c->shard_count; i++) {
        shard *s = &c->shards[i];
        s->first_statement = c->statements[s->group];
        for (uint32_t shape = 0; shape < shapes_of(w); shape++) {
            make_text(w, s->schema, shape, text, sizeof text);
            if (!bare_prepare(b, s->group, text))
                exit(1);
            c->statements[s->group]++;
        }
    }
}

/* ---- keys ---------------------------------------------------------------------------------- */

/* splitmix64: both sides see the same keys. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

typedef struct source {
    const cluster *c;
    uint64_t random;
    uint32_t posts;
    const uint32_t *shard_of_key;
    char key[8];
} source;

static int64_t next_key(source *s, uint32_t *shape)
{
    const uint64_t r = next_random(&s->random);
    *shape = (uint32_t)(r >> 40) % SHAPES;
    return (int64_t)(r % s->posts) + 1;
}

/* Pre-computed: the bare side routes nothing. */
static void next_bare(void *user, bare_op *op)
{
    source *s = user;
    uint32_t shape;
    const int64_t key = next_key(s, &shape);
    const shard *at = &s->c->shards[s->shard_of_key[key]];
    for (int i = 0; i < 8; i++)
        s->key[i] = (char)((uint64_t)key >> (56 - 8 * i));
    *op = (bare_op){.group = at->group,
                    .statement = at->first_statement + shape,
                    .param_count = 1,
                    .values = {s->key},
                    .lengths = {8},
                    .formats = {1}};
}

/* The tables of the first group are those of the home server. */
static void next_whole(void *user, bare_op *op)
{
    const source *s = user;
    *op = (bare_op){.statement = s->c->shards[0].first_statement};
}

/* ---- measuring ----------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static double cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static uint32_t *shards_of_keys(const cluster *c, uint32_t posts)
{
    uint32_t *of = malloc((posts + 1) * sizeof *of);
    if (of == NULL)
        die("keys", "out of memory");
    for (uint32_t i = 0; i <= posts; i++)
        of[i] = shard_of(c, i);
    return of;
}

/* ---- the bare side ------------------------------------------------------------------------- */

typedef struct bare_side {
    bare *b;
    cluster c;
    source keys;
    bare_op *ops; /* of a scatter */
    char limit[8];
} bare_side;

static void run_bare(bare_side *side, const workload *w, uint64_t count)
{
    if (w->one != NULL) {
        if (!bare_run(side->b, count, 1, false, w->rows, next_whole, &side->keys))
            exit(1);
        return;
    }
    if (!w->scatter) {
        if (!bare_run(side->b, count, w->in_flight, w->writes, w->rows, next_bare, &side->keys))
            exit(1);
        return;
    }
    const int key = w->pattern == list_view ? 5 : 2;
    for (uint64_t i = 0; i < count; i++)
        if (bare_top(side->b, side->ops, side->c.shard_count, key, 0, 10) != 10)
            die("bare libpq", "the list does not have 10 rows");
}

static void setup_bare(bare_side *side, const setting *s, workload *w)
{
    prepare_bare(side->b, &side->c, w);
    side->keys = (source){.c = &side->c,
                          .random = 1,
                          .posts = s->posts,
                          .shard_of_key = side->keys.shard_of_key};
    side->limit[7] = 10;
    for (uint32_t i = 0; i < side->c.shard_count; i++)
        side->ops[i] = (bare_op){.group = side->c.shards[i].group,
                                 .statement = side->c.shards[i].first_statement,
                                 .param_count = 1,
                                 .values = {side->limit},
                                 .lengths = {8},
                                 .formats = {1}};
}

/* ---- our side ------------------------------------------------------------------------------ */

typedef struct covet_side {
    uv_loop_t loop;
    covet_db *db;
    source keys;
    char texts[SHAPES][1024];
    const workload *w;
    uint64_t started, done, count;
} covet_side;

static void start_one(covet_side *side);

static void on_done(covet_op *op, covet_status status, void *user)
{
    covet_side *side = user;
    if (status != COVET_OK)
        die("libcovet", covet_op_error(op)->message);
    const covet_result *result = covet_op_result(op);
    const int rows = (int)covet_result_rows(result);
    if (side->w->rows >= 0 && rows != side->w->rows)
        die("libcovet", "a wrong number of rows");
    side->done++;
    if (side->started < side->count)
        start_one(side);
}

static void start_one(covet_side *side)
{
    uint32_t shape = 0;
    covet_error err;
    const int64_t key = side->w->scatter ? 0 : next_key(&side->keys, &shape);
    const covet_value value = covet_int(key);
    const covet_sql sql = {.size = sizeof sql,
                           .text = side->texts[shape],
                           .params = &value,
                           .param_count = side->w->scatter ? 0 : 1};
    side->started++;
    if (covet_query(side->db, &sql, NULL, NULL, &err, on_done, side) != COVET_OK)
        die("libcovet", err.message);
}

static void run_covet(covet_side *side, const workload *w, uint64_t count)
{
    side->w = w;
    side->started = side->done = 0;
    side->count = count;
    for (uint32_t i = 0; i < w->in_flight && i < count; i++)
        start_one(side);
    while (side->done < count)
        uv_run(&side->loop, UV_RUN_ONCE);
}

static void setup_covet(covet_side *side, const setting *s, const workload *w)
{
    for (uint32_t shape = 0; shape < shapes_of(w); shape++)
        make_text(w, NULL, shape, side->texts[shape], sizeof side->texts[shape]);
    side->keys = (source){.random = 1, .posts = s->posts};
}

static void open_covet(covet_side *side, const setting *s)
{
    covet_error err;
    uv_loop_init(&side->loop);
    if (covet_open(COVET_OPTS(covet_db_opts, .dsn = s->catalog, .loop = &side->loop, .map_dir = "",
                              .pool = {.size_max = s->connections}),
                   &side->db, &err, NULL, NULL) != COVET_OK)
        die("open", err.message);
}

/* ---- both ---------------------------------------------------------------------------------- */

typedef struct measured {
    sample bare[ROUNDS_MAX], covet[ROUNDS_MAX];
} measured;

static sample sample_of(double started, double cpu_started, uint64_t allocs, uint64_t count)
{
    const double n = (double)count;
    return (sample){.rate = n / (now() - started),
                    .cpu_usec = (cpu() - cpu_started) / n * 1e6,
                    .allocs = (double)(count_allocations() - allocs) / n};
}

static void measure(bare_side *b, covet_side *c, const setting *s, workload *w, measured *out)
{
    setup_bare(b, s, w);
    setup_covet(c, s, w);
    /* Warm up until nearly every statement has run more than five times on every connection:
     * until then PostgreSQL plans it anew each time. */
    const uint64_t warm = w->one != NULL ? 3
                          : w->scatter   ? 20
                                       : (uint64_t)b->c.shard_count * SHAPES * s->connections * 20;
    if (!s->no_bare)
        run_bare(b, w, warm);
    if (!s->no_covet)
        run_covet(c, w, warm);
    const double trial = now();
    const uint64_t few = w->one != NULL ? 3 : w->scatter ? 10 : 2000;
    run_bare(b, w, few);
    w->count = (uint64_t)((double)few / (now() - trial) * s->seconds) + 1;
    for (uint32_t round = 0; round < s->rounds; round++) {
        uint64_t allocs = count_allocations();
        double started = now(), cpu_started = cpu();
        if (!s->no_bare)
            run_bare(b, w, w->count);
        out->bare[round] = sample_of(started, cpu_started, allocs, w->count);
        allocs = count_allocations();
        started = now(), cpu_started = cpu();
        if (!s->no_covet)
            run_covet(c, w, w->count);
        out->covet[round] = sample_of(started, cpu_started, allocs, w->count);
    }
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const sample *samples, uint32_t count, size_t field)
{
    double values[ROUNDS_MAX];
    for (uint32_t i = 0; i < count; i++)
        memcpy(&values[i], (const char *)&samples[i] + field, sizeof values[i]);
    qsort(values, count, sizeof values[0], compare_doubles);
    return values[count / 2];
}

/* Of each round, ours against theirs: what disturbs the machine disturbs both. */
static double median_ratio(const measured *m, uint32_t count)
{
    double values[ROUNDS_MAX];
    for (uint32_t i = 0; i < count; i++)
        values[i] = m->covet[i].rate / m->bare[i].rate;
    qsort(values, count, sizeof values[0], compare_doubles);
    return values[count / 2];
}

/* Private memory of a backend, in kB; 0 where this user may not look. */
static long backend_memory(int pid)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "RssAnon: %ld kB", &kb) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kb;
}

static long bare_memory(const bare_side *side)
{
    int pids[64];
    const size_t n = bare_backends(side->b, 0, pids, 64);
    long sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += backend_memory(pids[i]);
    return n > 0 ? sum / (long)n : 0;
}

/* Our backends are those of the pools that were last in use. */
static long covet_memory(const setting *s)
{
    covet_db *db = NULL;
    covet_error err;
    long sum = 0;
    if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = s->catalog, .map_dir = ""), &db, &err) !=
        COVET_OK)
        return 0;
    covet_result *rows =
        ask(db, "SELECT pid FROM pg_stat_activity WHERE application_name = 'covet'"
                " AND query NOT LIKE '%covet.cluster%' AND query NOT LIKE '%pg_stat_activity%'");
    const size_t n = covet_result_rows(rows);
    for (size_t i = 0; i < n; i++)
        sum += backend_memory(atoi(covet_result_text(rows, i, 0)));
    covet_result_free(rows);
    covet_close_wait(db);
    return n > 0 ? sum / (long)n : 0;
}

static json_t *report(const setting *s, const workload *w, const measured *m)
{
    const double ratio = median_ratio(m, s->rounds);
    const double bare_rate = median(m->bare, s->rounds, offsetof(sample, rate));
    const double rate = median(m->covet, s->rounds, offsetof(sample, rate));
    const double bare_cpu = median(m->bare, s->rounds, offsetof(sample, cpu_usec));
    const double our_cpu = median(m->covet, s->rounds, offsetof(sample, cpu_usec));
    const double allocs = median(m->covet, s->rounds, offsetof(sample, allocs));
    const int digits = w->one != NULL ? 1 : 0;
    if (!s->json)
        printf("%-22s %9.*f %9.*f   %5.2f   %8.2f %8.2f   %6.3f%s\n", w->name, digits, bare_rate,
               digits, rate, ratio, bare_cpu, our_cpu, allocs,
               ratio > 1.05 && w->one == NULL ? "   ratio above 1.05: the baseline is at fault"
                                              : "");
    return json_pack("{s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:f}", "workload", w->name, "in_flight",
                     (int)w->in_flight, "bare_per_second", bare_rate, "covet_per_second", rate,
                     "ratio", ratio, "bare_cpu_usec", bare_cpu, "covet_cpu_usec", our_cpu,
                     "covet_allocations", allocs);
}

static void usage(FILE *out)
{
    fputs("usage: covet-bench [--catalog DSN] [--connections N] [--rounds N] [--seconds S] "
          "[--posts N] [--only NAME] [--only-bare | --only-covet] [--json]\n"
          "Compares libcovet with bare libpq on a cluster that tools/covet-bench has made.\n",
          out);
}

static const char *parse_options(int argc, char **argv, setting *s)
{
    static const struct option options[] = {{"catalog", required_argument, NULL, 'c'},
                                            {"connections", required_argument, NULL, 'n'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"posts", required_argument, NULL, 'p'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"only-bare", no_argument, NULL, 'B'},
                                            {"only-covet", no_argument, NULL, 'C'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *only = NULL;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;)
        switch (c) {
        case 'c': s->catalog = optarg; break;
        case 'n': s->connections = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'r': s->rounds = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 's': s->seconds = strtod(optarg, NULL); break;
        case 'p': s->posts = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'o': only = optarg; break;
        case 'B': s->no_covet = true; break;
        case 'C': s->no_bare = true; break;
        case 'j': s->json = true; break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    if (s->rounds < 1 || s->rounds > ROUNDS_MAX || s->connections < 1 || s->posts < 1 ||
        s->seconds <= 0 || s->catalog == NULL) {
        usage(stderr);
        exit(2);
    }
    return only;
}

int main(int argc, char **argv)
{
    setting s = {.catalog = getenv("COVET_CATALOG"),
                 .connections = 2,
                 .posts = 20000,
                 .rounds = 7,
                 .seconds = 1};
    const char *only = parse_options(argc, argv, &s);
    workload workloads[] = {
        {.name = "point read, 1", .in_flight = 1, .pattern = point_read, .rows = 1},
        {.name = "point read, 64", .in_flight = 64, .pattern = point_read, .rows = 1},
        {.name = "point write, 1", .in_flight = 1, .pattern = point_write, .writes = true},
        {.name = "point write, 64", .in_flight = 64, .pattern = point_write, .writes = true},
        {.name = "list view", .in_flight = 1, .pattern = list_view, .scatter = true, .rows = 10},
        {.name = "scatter top 10", .in_flight = 1, .pattern = top_ten, .scatter = true, .rows = 10},
        {.name = "whole count",
         .in_flight = 1,
         .one = "SELECT count(*) FROM events_plain",
         .pattern = "SELECT count(*) FROM events",
         .scatter = true,
         .rows = 1},
        {.name = "whole group",
         .in_flight = 1,
         .one = "SELECT user_id, count(*) FROM events_plain GROUP BY user_id",
         .pattern = "SELECT user_id, count(*) FROM events GROUP BY user_id",
         .scatter = true,
         .rows = -1},
        {.name = "gathered group", /* not by the key: the groups of all shards meet */
         .in_flight = 1,
         .one = "SELECT n % 100, count(*), avg(n) FROM events_plain GROUP BY 1",
         .pattern = "SELECT n % 100, count(*), avg(n) FROM events GROUP BY 1",
         .scatter = true,
         .rows = -1},
        {.name = "whole sum",
         .in_flight = 1,
         .one = "SELECT sum(n), avg(n), min(made), max(made) FROM events_plain WHERE n > 10",
         .pattern = "SELECT sum(n), avg(n), min(made), max(made) FROM events WHERE n > 10",
         .scatter = true,
         .rows = 1},
        {.name = "whole order",
         .in_flight = 1,
         .one = "SELECT id, user_id, made FROM events_plain ORDER BY made, id LIMIT 50000",
         .pattern = "SELECT id, user_id, made FROM events ORDER BY made, id LIMIT 50000",
         .scatter = true,
         .rows = 50000}};
    static bare_side b;
    static covet_side c;
    static measured m;
    json_t *results = json_array();
    if (!count_start())
        fputs("covet-bench: libcovet is not a shared library here: allocations are not counted\n",
              stderr);
    learn(&b.c, s.catalog);
    b.keys.shard_of_key = shards_of_keys(&b.c, s.posts);
    b.ops = calloc(b.c.shard_count, sizeof *b.ops);
    b.b = bare_open((const char *const *)b.c.dsns, b.c.group_count, s.connections);
    if (b.b == NULL || b.ops == NULL)
        return 1;
    open_covet(&c, &s);
    if (!s.json)
        printf("%u groups, %u shards, %u connections to each; medians of %u rounds\n\n"
               "%-22s %9s %9s   %5s   %8s %8s   %6s\n",
               b.c.group_count, b.c.shard_count, s.connections, s.rounds, "", "bare/s", "covet/s",
               "ratio", "bare us", "covet us", "allocs");
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        if (only != NULL && strstr(workloads[i].name, only) == NULL)
            continue;
        measure(&b, &c, &s, &workloads[i], &m);
        json_array_append_new(results, report(&s, &workloads[i], &m));
        fflush(stdout);
    }
    const long theirs = bare_memory(&b), ours = covet_memory(&s);
    if (s.json) {
        json_t *all = json_pack("{s:o, s:i, s:i, s:i, s:i}", "results", results, "bare_backend_kb",
                                (int)theirs, "covet_backend_kb", (int)ours, "groups",
                                (int)b.c.group_count, "shards", (int)b.c.shard_count);
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(all);
    } else {
        printf("\nprivate memory of a backend: bare %ld kB, covet %ld kB\n", theirs, ours);
        json_decref(results);
    }
    bare_close(b.b);
    return 0;
}
