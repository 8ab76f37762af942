/*
 * tests/live/test_gather_memory.c - what a statement that is taken apart holds while its rows
 * are gathered and sent on.
 *
 * Each statement runs in a process of its own, whose peak (VmHWM, all of it: the library,
 * libpq, the stacks) is reset before the statement and read after it. What the arrays of the
 * residual query come to is counted from the rows. A sanitizer keeps memory that was freed, so
 * there the peak is printed and not judged.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <covet/covet.h>

#include "core/loop.h"
#include "core/macros.h"
#include "support/cluster.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { JUDGED = 0 };
#elif defined(__has_feature)
enum { JUDGED = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) };
#else
enum { JUDGED = 1 };
#endif

enum { USERS = 200, POSTS = 2000, TIMES = 50, BODY = 400, MB = 1000 * 1000 };

/* Rows of a subquery: TIMES for each post. In arrays text has three bytes more, digits one. */
#define ROWS ((size_t)POSTS * TIMES)

#define COPIES "posts p, generate_series(1, 50) g"
#define OVER(rows)                                                                                 \
    "SELECT count(*), sum(length(q.body)) FROM users u JOIN (" rows ") q ON q.author = u.id"

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 8);
    cluster_both("CREATE TABLE users (id int8 PRIMARY KEY, x int4);"
                 "INSERT INTO users SELECT i, i % 7 FROM generate_series(1, 200) i;"
                 "CREATE TABLE posts (id int8 PRIMARY KEY, author int8, x int4, body text);"
                 "INSERT INTO posts SELECT i, i % 200 + 1, i, repeat('b', 400)"
                 " FROM generate_series(1, 2000) i");
    cluster_tool_ok("distribute", "users", "--key", "id");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* ---- a process for a statement ------------------------------------------------------------- */

typedef struct outcome {
    covet_status status;
    long before_kb, peak_kb; /* of the whole process */
    unsigned msec;
    long long first; /* cell */
    char sqlstate[6];
    char message[640];
} outcome;

static long peak_kb(void)
{
    char line[256];
    long kb = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return kb;
}

/* From here on the peak is that of what follows. */
static void forget_peak(void)
{
    FILE *refs = fopen("/proc/self/clear_refs", "w");
    if (refs == NULL)
        return;
    fputs("5", refs);
    fclose(refs);
}

static covet_status ask(covet_db *db, const char *sql, size_t bytes_max, outcome *o)
{
    covet_result *rows = NULL;
    covet_error err;
    const covet_status status =
        covet_query_wait(db, COVET_SQL(sql), COVET_OPTS(covet_call, .bytes_max = bytes_max), &rows,
                         &err);
    if (status == COVET_OK) {
        int64_t first = -1;
        covet_status is_int = covet_result_int(rows, 0, 0, &first, NULL);
        o->first = is_int == COVET_OK ? first : -1;
    } else {
        memcpy(o->sqlstate, err.sqlstate, sizeof o->sqlstate);
        memcpy(o->message, err.message, sizeof o->message);
    }
    covet_result_free(rows);
    return status;
}

static void run_alone(const char *sql, size_t bytes_max, outcome *o)
{
    covet_db *db = NULL;
    covet_error err;
    o->status = covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = cluster_catalog(), .map_dir = ""),
                                &db, &err);
    if (o->status != COVET_OK)
        return;
    /* What stays (connections, plans, buffers) is there. */
    o->status = ask(db, OVER("SELECT author, body FROM posts WHERE id < 20 OFFSET 0"), 0, o);
    if (o->status == COVET_OK) {
        forget_peak();
        o->before_kb = peak_kb();
        const uint64_t began = covet__now_nsec();
        o->status = ask(db, sql, bytes_max, o);
        o->msec = (unsigned)((covet__now_nsec() - began) / 1000000);
        o->peak_kb = peak_kb();
    }
    covet_close_wait(db);
}

static outcome in_a_process(const char *sql, size_t bytes_max)
{
    outcome o = {.status = COVET_EINTERNAL};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        run_alone(sql, bytes_max, &o);
        _exit(write(ends[1], &o, sizeof o) == (ssize_t)sizeof o ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &o, sizeof o), sizeof o);
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return o;
}

static size_t grown(const char *what, const outcome *o, size_t arrays)
{
    const size_t bytes = (size_t)(o->peak_kb - o->before_kb) * 1024;
    print_message("%s: %.1f MB at the peak for %.1f MB of arrays (%.2f), %u ms\n", what,
                  (double)bytes / MB, (double)arrays / MB, (double)bytes / (double)arrays, o->msec);
    return bytes;
}

/* ---- what is held -------------------------------------------------------------------------- */

static void assert_holds(const char *what, const char *sql, size_t rows, size_t arrays)
{
    const outcome o = in_a_process(sql, 0);
    if (o.status != COVET_OK)
        fail_msg("%s: %s %s", what, covet_status_name(o.status), o.message);
    assert_int_equal(o.first, rows);
    const size_t bytes = grown(what, &o, arrays);
    if (JUDGED)
        assert_true(bytes < 3 * arrays);
}

static void rows_are_held_once_and_once_more_while_they_are_sent(void **state)
{
    (void)state;
    assert_holds("in no order", OVER("SELECT p.author, p.body FROM " COPIES), ROWS,
                 ROWS * (BODY + 3 + 5));
    assert_holds("in order",
                 OVER("SELECT p.author, p.body FROM " COPIES " ORDER BY p.id LIMIT 1000000"), ROWS,
                 ROWS * (BODY + 3 + 5));
    assert_holds("narrow",
                 "SELECT count(*), sum(q.g + q.x) FROM users u JOIN (SELECT p.author, p.x, g FROM"
                 " posts p, generate_series(1, 300) g) q ON q.author = u.id",
                 ROWS * 6, ROWS * 6 * (4 + 5 + 4));
}

static void rows_of_what_is_taken_apart_in_turn_are_held_no_longer(void **state)
{
    (void)state;
    assert_holds("in turn",
                 OVER("SELECT p.author, p.body FROM users v JOIN posts p ON p.author = v.id,"
                      " generate_series(1, 50) g OFFSET 0"),
                 ROWS, ROWS * (BODY + 3 + 5));
}

/* ---- the limit ----------------------------------------------------------------------------- */

static void a_statement_over_the_limit_ends_near_it(void **state)
{
    (void)state;
    enum { LIMIT = 10 * MB };
    static const char *const texts[] = {
        OVER("SELECT p.author, p.body FROM " COPIES ", generate_series(1, 40)"),
        OVER("SELECT p.author, p.body FROM " COPIES
             ", generate_series(1, 40) ORDER BY p.id LIMIT 100000000"),
        OVER("SELECT p.author, p.body FROM posts p, generate_series(1, 2000000) WHERE p.id = 7"),
    };
    for (size_t i = 0; i < COVET_COUNT(texts); i++) { /* hundreds of megabytes each */
        const outcome o = in_a_process(texts[i], LIMIT);
        assert_int_equal(o.status, COVET_ELIMIT);
        assert_string_equal(o.sqlstate, "54000");
        print_message("%s\n", o.message);
        assert_non_null(strstr(o.message, "limit of 10000000 bytes"));
        assert_non_null(strstr(o.message, "covet_call.bytes_max"));
        assert_non_null(strstr(o.message, " rows"));
        const size_t bytes = grown("over the limit", &o, LIMIT);
        if (JUDGED)
            assert_true(bytes < 2 * LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_held_once_and_once_more_while_they_are_sent),
        cmocka_unit_test(rows_of_what_is_taken_apart_in_turn_are_held_no_longer),
        cmocka_unit_test(a_statement_over_the_limit_ends_near_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
