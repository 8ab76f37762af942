/*
 * tests/live/test_faults.c - servers stop, die and come back under a service.
 *
 * Four groups with a standby each, a table over 128 shards. The service is a handle on a loop
 * in a thread of its own that never stops asking. COVET_TEST_OUTAGE: for how many seconds
 * home is away (8).
 *
 * The program is also the fresh process that starts while home is away: see fresh_process.
 */
#include "support/cmocka_all.h"

#include <fcntl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <covet/covet.h>
#include <covet/shard/key.h>

#include "support/live.h"

enum { GROUPS = 4, ROWS = 4000, IN_FLIGHT = 4, WRITES_MAX = 200000, FACTOR = 7 };

static live_cluster *cluster;
static char map_dir[1024];
static covet_error err;
static int group_of[ROWS + 1]; /* of the row with that key */

/* ---- the cluster ----------------------------------------------------------------------- */

static void run_tool(const char *const *arguments)
{
    char *output;
    if (live_shardctl(arguments, &output) != 0)
        fail_msg("%s", output);
    free(output);
}

/* Where every key is, as the catalog says. */
static void read_places(void)
{
    PGconn *conn = PQconnectdb(live_catalog(cluster));
    PGresult *rows = PQexec(conn, "SELECT lo, group_id FROM covet.shards ORDER BY lo");
    assert_int_equal(PQntuples(rows), 128);
    for (int id = 1; id <= ROWS; id++) {
        const uint64_t hash = covet_key_hash_int(id);
        int at = 127;
        while (strtoull(PQgetvalue(rows, at, 0), NULL, 10) > hash)
            at--;
        group_of[id] = atoi(PQgetvalue(rows, at, 1)) - 1;
    }
    PQclear(rows);
    PQfinish(conn);
}

static int set_up(void **state)
{
    (void)state;
    const char *where = getenv("TMPDIR");
    snprintf(map_dir, sizeof map_dir, "%s/covet-map-XXXXXX", where != NULL ? where : "/tmp");
    assert_non_null(mkdtemp(map_dir));
    cluster = live_up(GROUPS, 1, (const char *const[]){"--shards", "128", NULL});
    setenv("COVET_CATALOG", live_catalog(cluster), 1);
    live_psql(cluster, 0,
              "CREATE TABLE items (id int8 PRIMARY KEY, n int8 NOT NULL);"
              "CREATE TABLE log (id int8 PRIMARY KEY);"
              "INSERT INTO items SELECT i, i * 7 FROM generate_series(1, 4000) i");
    run_tool((const char *const[]){"distribute", "items", "--key", "id", NULL});
    run_tool((const char *const[]){"distribute", "log", "--key", "id", NULL});
    read_places();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[1100];
    live_down(cluster);
    snprintf(command, sizeof command, "rm -r '%s'", map_dir);
    return system(command);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sleep_for(double span) { usleep((useconds_t)(span * 1e6)); }

static covet_msec msec(double span) { return (covet_msec)(span * 1e3); }

/* ---- the service ----------------------------------------------------------------------- */

typedef struct service service;

/* One of the operations that are under way. */
typedef struct lane {
    service *of;
    int64_t id;
    double started;
} lane;

/* A loop in a thread of its own, with operations one after the other in every lane: reads of
 * items outside the group `without`, or inserts into log. */
struct service {
    pthread_t thread;
    uv_loop_t loop;
    covet_db *db;
    bool writes;
    int without;
    covet_msec timeout; /* of its operations */
    int64_t next;
    atomic_bool stop;
    atomic_long done, failed;
    int open; /* lanes */
    lane lanes[IN_FLIGHT];
    double slowest;
    covet_error first; /* failure */
    /* Of the writes: whether it was acknowledged, or what has become of it. */
    bool acknowledged[WRITES_MAX];
    unsigned char outcome[WRITES_MAX];
};

static void start_one(lane *l);

/* Lost and wrong answers are failures like any other. */
static bool is_good(const lane *l, const covet_op *op, covet_status status)
{
    const covet_result *rows = covet_op_result(op);
    int64_t n = 0;
    if (status != COVET_OK || l->of->writes)
        return status == COVET_OK;
    return covet_result_rows(rows) == 1 && covet_result_int(rows, 0, 0, &n, NULL) == COVET_OK &&
           n == l->id * FACTOR;
}

static void on_done(covet_op *op, covet_status status, void *user)
{
    lane *l = user;
    service *s = l->of;
    const bool good = is_good(l, op, status);
    const double took = seconds() - l->started;
    s->slowest = took > s->slowest ? took : s->slowest;
    s->done++;
    if (!good && s->failed++ == 0 && covet_op_error(op) != NULL)
        s->first = *covet_op_error(op);
    if (s->writes && good)
        s->acknowledged[l->id] = true;
    else if (s->writes)
        s->outcome[l->id] = (unsigned char)covet_op_error(op)->outcome;
    start_one(l);
}

static void start_one(lane *l)
{
    service *s = l->of;
    covet_error why;
    do
        l->id = s->writes ? s->next++ : s->next++ % ROWS + 1;
    while (!s->writes && group_of[l->id] == s->without);
    if (s->stop || (s->writes && l->id >= WRITES_MAX)) {
        if (--s->open == 0)
            covet_close(s->db, NULL, NULL);
        return;
    }
    l->started = seconds();
    const covet_sql *sql = s->writes
                               ? COVET_SQL("INSERT INTO log (id) VALUES ($1)", covet_int(l->id))
                               : COVET_SQL("SELECT n FROM items WHERE id = $1", covet_int(l->id));
    if (covet_query(s->db, sql, NULL, NULL, &why, on_done, l) != COVET_OK)
        abort(); /* a start fails for want of memory alone */
}

static void *serve(void *user)
{
    service *s = user;
    if (uv_loop_init(&s->loop) != 0 ||
        covet_open(COVET_OPTS(covet_db_opts, .dsn = live_catalog(cluster), .loop = &s->loop,
                              .map_dir = map_dir, .timeout = s->timeout),
                   &s->db, &s->first, NULL, NULL) != COVET_OK)
        abort();
    s->open = IN_FLIGHT;
    for (int i = 0; i < IN_FLIGHT; i++) {
        s->lanes[i].of = s;
        start_one(&s->lanes[i]);
    }
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return NULL;
}

static service *start_service(bool writes, int without, double timeout)
{
    service *s = calloc(1, sizeof *s);
    s->writes = writes;
    s->without = without;
    s->timeout = msec(timeout);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    for (const double until = seconds() + 20; s->done < 100 && seconds() < until;)
        sleep_for(0.02);
    assert_true(s->done >= 100);
    return s;
}

/* Its counts can be read afterwards; free() it. */
static void stop_service(service *s)
{
    s->stop = true;
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    assert_int_equal(uv_loop_close(&s->loop), 0);
}

/* ---- the fresh process ------------------------------------------------------------------- */

/* Started while home is away: opens from the map file, reads keys of the other groups, says
 * so, waits for a word, and must then be all well again. */
static int fresh_process(void)
{
    covet_db *db;
    covet_db_info info = {.size = sizeof info};
    const double started = seconds();
    if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = getenv("COVET_CATALOG"),
                                   .map_dir = map_dir),
                        &db, &err) != COVET_OK) {
        printf("%s\n", err.message);
        return 1;
    }
    covet_db_describe(db, &info);
    int reads = 0;
    for (int id = 1; id <= 400; id++) {
        int64_t n = 0;
        covet_result *rows = NULL;
        if (group_of[id] == 0)
            continue;
        const covet_status status =
            covet_query_wait(db, COVET_SQL("SELECT n FROM items WHERE id = $1", covet_int(id)),
                             NULL, &rows, &err);
        if (status != COVET_OK || covet_result_int(rows, 0, 0, &n, &err) != COVET_OK ||
            n != id * FACTOR) {
            printf("%d: %s\n", id, err.message);
            return 1;
        }
        covet_result_free(rows);
        reads++;
    }
    printf("%s %d %.0f\n", info.from_disk ? "disk" : "catalog", reads,
           (seconds() - started) * 1000);
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    covet_result *rows = NULL;
    int64_t last = 0;
    const double until = seconds() + 10;
    while (info.from_disk && seconds() < until) {
        sleep_for(0.05);
        covet_db_describe(db, &info);
    }
    if (covet_query_wait(db, COVET_SQL("SELECT id FROM items ORDER BY n DESC LIMIT 3"), NULL, &rows,
                         &err) != COVET_OK ||
        covet_result_int(rows, 0, 0, &last, &err) != COVET_OK)
        printf("%s: ", err.message);
    printf("%s %llu %lld\n", info.from_disk ? "disk" : "catalog", (unsigned long long)info.epoch,
           (long long)last);
    covet_result_free(rows);
    covet_close_wait(db);
    return 0;
}

typedef struct fresh {
    pid_t pid;
    FILE *in, *out;
} fresh;

static fresh start_fresh(void)
{
    int to[2], from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    char places[ROWS + 2];
    for (int id = 0; id <= ROWS; id++)
        places[id] = (char)('0' + group_of[id]);
    places[ROWS + 1] = '\0';
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execl("/proc/self/exe", "test_faults", "--fresh", map_dir, places, NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    assert_true(pid > 0);
    return (fresh){.pid = pid, .in = fdopen(to[1], "w"), .out = fdopen(from[0], "r")};
}

static void hear(fresh *f, char line[256])
{
    if (fgets(line, 256, f->out) == NULL)
        strcpy(line, "(it ended)");
}

/* ---- home is away ------------------------------------------------------------------------ */

static double outage(void)
{
    const char *given = getenv("COVET_TEST_OUTAGE");
    return given != NULL ? atof(given) : 8;
}

/* What needs home fails within its deadline and names it. */
static void assert_names_home(covet_db *db, const covet_sql *sql)
{
    covet_result *rows = NULL;
    const double started = seconds();
    assert_int_not_equal(
        covet_query_wait(db, sql, &(covet_call){.size = sizeof(covet_call), .timeout = 2000}, &rows,
                         &err),
        COVET_OK);
    const double took = seconds() - started;
    if (took > 2.5)
        fail_msg("it took %.1f s: %s", took, err.message);
    if (strcmp(err.group, "g1") != 0)
        fail_msg("%s: group \"%s\": %s", sql->text, err.group, err.message);
    assert_string_equal(err.member, live_name(cluster, 0, 0));
    assert_contains(err.message, "g1");
    assert_contains(err.message, live_name(cluster, 0, 0));
}

static int home_key(void)
{
    int id = 1;
    while (group_of[id] != 0)
        id++;
    return id;
}

static void assert_all_is_well(covet_db *db, uint64_t epoch)
{
    covet_result *rows = NULL;
    int64_t last = 0;
    covet_db_info info = {.size = sizeof info};
    covet_status status = COVET_EINVAL;
    const double until = seconds() + 5;
    while (status != COVET_OK && seconds() < until)
        status = covet_query_wait(db, COVET_SQL("SELECT id FROM items ORDER BY n DESC LIMIT 10"),
                                  NULL, &rows, &err);
    assert_ok(status, &err);
    assert_int_equal(covet_result_rows(rows), 10);
    assert_ok(covet_result_int(rows, 9, 0, &last, &err), &err);
    assert_int_equal(last, ROWS - 9);
    covet_result_free(rows);
    for (covet_db_describe(db, &info); info.epoch < epoch && seconds() < until;) {
        sleep_for(0.02);
        covet_db_describe(db, &info);
    }
    assert_int_equal(info.epoch, epoch);
    assert_false(info.from_disk);
}

static void home_is_away_and_the_others_go_on(void **state)
{
    (void)state;
    char line[256];
    service *s = start_service(false, 0, 5);
    covet_db_info before = {.size = sizeof before};
    covet_db_describe(s->db, &before);
    live_stop(cluster, 0, 0);
    const double away = seconds();
    assert_names_home(s->db, COVET_SQL("SELECT id, n FROM items ORDER BY n DESC LIMIT 10"));
    assert_names_home(s->db, COVET_SQL("SELECT count(*) FROM items"));
    assert_names_home(s->db, COVET_SQL("SELECT n FROM items WHERE id = $1", covet_int(home_key())));
    fresh f = start_fresh();
    hear(&f, line);
    if (strncmp(line, "disk ", 5) != 0)
        fail_msg("the fresh process: %s", line);
    const double left = outage() - (seconds() - away);
    if (left > 0)
        sleep_for(left);
    live_start(cluster, 0, 0);
    live_psql(cluster, 0, "UPDATE covet.cluster SET epoch = epoch + 1; NOTIFY covet_map");
    assert_all_is_well(s->db, before.epoch + 1);
    fputs("!\n", f.in);
    fflush(f.in);
    print_message("home was away for %.1f s; fresh process: %s", seconds() - away, line);
    hear(&f, line);
    snprintf(line + 128, 128, "catalog %llu 4000\n", (unsigned long long)before.epoch + 1);
    assert_string_equal(line, line + 128);
    fclose(f.in);
    fclose(f.out);
    int status;
    assert_int_equal(waitpid(f.pid, &status, 0), f.pid);
    assert_int_equal(status, 0);
    stop_service(s);
    print_message("%ld reads of the others, %ld failed, the slowest took %.0f ms\n", s->done,
                  s->failed, s->slowest * 1000);
    if (s->failed > 0)
        fail_msg("%ld reads failed, the first: %s", s->failed, s->first.message);
    free(s);
}

/* ---- a standby dies ---------------------------------------------------------------------- */

/* What `status --json` says of the member; free() it. */
static char *state_of(int group, int member)
{
    char *text;
    const char *const arguments[] = {"status", "--json", NULL};
    assert_int_equal(live_shardctl(arguments, &text), 0);
    json_t *report = json_loads(text, 0, NULL);
    free(text);
    const json_t *groups = json_object_get(report, "groups");
    const json_t *members = json_object_get(json_array_get(groups, (size_t)group), "members");
    const char *said =
        json_string_value(json_object_get(json_array_get(members, (size_t)member), "state"));
    char *copy = strdup(said != NULL ? said : "");
    json_decref(report);
    return copy;
}

static double wait_for_state(int group, int member, const char *wanted)
{
    const double started = seconds();
    for (bool there = false; !there && seconds() - started < 10;) {
        char *said = state_of(group, member);
        there = strcmp(said, wanted) == 0;
        free(said);
    }
    return seconds() - started;
}

static void a_killed_standby_shows_within_two_seconds(void **state)
{
    (void)state;
    wait_for_state(1, 1, "up");
    const pid_t pid = live_pid(cluster, 1, 1);
    kill(pid, SIGKILL);
    const double took = wait_for_state(1, 1, "down");
    print_message("status said so after %.0f ms\n", took * 1000);
    assert_true(took < 2);
    live_start(cluster, 1, 1);
    assert_true(wait_for_state(1, 1, "up") < 10);
}

/* ---- a primary dies under writes --------------------------------------------------------- */

static bool *stored_ids(long *ret_count)
{
    bool *stored = calloc(WRITES_MAX, sizeof *stored);
    *ret_count = 0;
    for (int g = 0; g < GROUPS; g++) {
        PGconn *conn = PQconnectdb(live_dsn(cluster, g, 0));
        PGresult *list = PQexec(conn, "SELECT format('SELECT id FROM %I.log', nspname)"
                                      " FROM pg_namespace WHERE nspname ~ '^app_s[0-9]'");
        assert_int_equal(PQntuples(list), 32);
        for (int i = 0; i < 32; i++) {
            PGresult *rows = PQexec(conn, PQgetvalue(list, i, 0));
            for (int r = 0; r < PQntuples(rows); r++, ++*ret_count)
                stored[atoi(PQgetvalue(rows, r, 0))] = true;
            PQclear(rows);
        }
        PQclear(list);
        PQfinish(conn);
    }
    return stored;
}

/* Acknowledged is stored; failed is not stored, unless its outcome is unknown. */
static void compare_writes(const service *s)
{
    long stored_count, counts[6] = {0}, acknowledged = 0, lost = 0, ghosts = 0;
    bool *stored = stored_ids(&stored_count);
    for (int64_t id = 0; id < s->next && id < WRITES_MAX; id++) {
        if (s->acknowledged[id]) {
            acknowledged++;
            lost += !stored[id];
            continue;
        }
        counts[s->outcome[id]]++;
        ghosts += stored[id] && s->outcome[id] != COVET_OUTCOME_UNKNOWN;
    }
    free(stored);
    print_message("%ld acknowledged, %ld stored; failed: %ld not sent, %ld rejected, %ld aborted, "
                  "%ld unknown\n",
                  acknowledged, stored_count, counts[COVET_OUTCOME_NOT_SENT],
                  counts[COVET_OUTCOME_REJECTED], counts[COVET_OUTCOME_ABORTED],
                  counts[COVET_OUTCOME_UNKNOWN]);
    assert_int_equal(lost, 0);
    assert_int_equal(ghosts, 0);
    assert_int_equal(counts[COVET_OUTCOME_COMMITTED], 0);
}

static void no_acknowledged_write_is_lost_with_its_server(void **state)
{
    (void)state;
    service *s = start_service(true, -1, 2);
    for (int round = 0; round < 3; round++) {
        sleep_for(0.5);
        const long failed = s->failed;
        kill(live_pid(cluster, 2, 0), SIGKILL);
        for (const double until = seconds() + 10; s->failed == failed && seconds() < until;)
            sleep_for(0.02);
        assert_true(s->failed > failed); /* every lane comes to a key of that group */
        live_start(cluster, 2, 0);
        const long done = s->done;
        for (const double until = seconds() + 10; s->done < done + 500 && seconds() < until;)
            sleep_for(0.02);
        assert_true(s->done >= done + 500);
    }
    stop_service(s);
    compare_writes(s);
    free(s);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--fresh") == 0) {
        snprintf(map_dir, sizeof map_dir, "%s", argv[2]);
        for (int id = 0; id <= ROWS && argv[3][id] != '\0'; id++)
            group_of[id] = argv[3][id] - '0';
        return fresh_process();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(home_is_away_and_the_others_go_on),
        cmocka_unit_test(a_killed_standby_shows_within_two_seconds),
        cmocka_unit_test(no_acknowledged_write_is_lost_with_its_server),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
