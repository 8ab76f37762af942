/*
 * tests/live/test_interrupted.c - commands that are killed, interrupted, or run at once.
 *
 * COVET_SEED repeats a run: it says when the kills come.
 */
#include "support/cmocka_all.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/blog_tables.h"

/* ---- killed ---------------------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void be_silent(void)
{
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
}

/* What the last of run_and_signal has said on stderr. */
static char said[4096];

static void take_said(int fd)
{
    size_t length = 0;
    for (ssize_t got; (got = read(fd, said + length, sizeof said - 1 - length)) > 0;)
        length += (size_t)got;
    said[length] = '\0';
    close(fd);
}

/* Starts the tool, sends the signal after so many seconds (0: ends its session at home, which
 * waits for a lock), and returns its exit code, -1 where the signal ended it. */
static int run_and_signal(const char *const *arguments, double after, int signal)
{
    const char *argv[32] = {live_tool()};
    size_t count = 1;
    for (; *arguments != NULL; arguments++)
        argv[count++] = *arguments;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        be_silent();
        dup2(pipes[1], STDERR_FILENO);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pipes[1]);
    usleep((useconds_t)(after * 1e6));
    if (signal != 0)
        kill(pid, signal);
    else
        blog_run(0, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND datname = current_database()");
    take_said(pipes[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static double drand(unsigned *seed) { return (double)rand_r(seed) / RAND_MAX; }

/* Wherever it dies, the tables are in one place or in the other, whole, and running it again
 * finishes. */
static void killed_anywhere_a_second_run_finishes(void **state)
{
    (void)state;
    const char *given = getenv("COVET_SEED");
    unsigned seed = given != NULL ? (unsigned)atoi(given) : (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    blog_make("killed");
    char *schema = blog_dump(false), *rows = blog_dump(true);
    const blog_sums posts = blog_sums_of(0, "public", "posts"),
                    comments = blog_sums_of(0, "public", "comments");
    blog_move_references();
    double there = 0, back = 0;
    int died = 0;
    for (int round = 0; round < 6; round++) {
        const char *const move[] = {MOVE_POSTS, "--catalog", blog.dsn[0], NULL};
        const char *const home[] = {"undistribute", "posts", "--catalog", blog.dsn[0], NULL};
        double started = seconds();
        if (round > 0)
            died += run_and_signal(move, drand(&seed) * there, SIGKILL) == -1;
        assert_says(0, "", MOVE_POSTS);
        there = round == 0 ? seconds() - started : there;
        assert_rows_in_shards("posts", posts);
        assert_rows_in_shards("comments", comments);
        assert_value(0, "SELECT count(*) FROM covet.jobs", "0");
        started = seconds();
        if (round > 0)
            died += run_and_signal(home, drand(&seed) * back, SIGKILL) == -1;
        assert_says(0, "", "undistribute", "posts");
        back = round == 0 ? seconds() - started : back;
        assert_int_equal(blog_sums_of(0, "public", "posts").hashes, posts.hashes);
        assert_int_equal(blog_number(1, "SELECT count(*) FROM pg_prepared_xacts"), 0);
    }
    assert_true(died >= 4);
    assert_says(0, "home", "undistribute", "auth_user", "categories", "tags");
    assert_same_dump(schema, blog_dump(false));
    assert_same_dump(rows, blog_dump(true));
    blog_close();
}

/* The moments that a random kill does not find: tables that are in no map, a transaction that
 * waits for a job that did not end, and one for a job that did. */
static void what_a_dead_command_left_the_next_one_ends(void **state)
{
    (void)state;
    blog_make("leavings");
    char sql[1024];
    char *id = blog_value(0, "SELECT id FROM covet.cluster");
    char *schema =
        blog_value(1, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^app_s' LIMIT 1");
    blog_move_references();
    snprintf(sql, sizeof sql,
             "CREATE TABLE %s.posts (x int); CREATE TABLE app_reference.old (y int);"
             "CREATE SCHEMA app_s00099; INSERT INTO covet.owned VALUES (99, 1)",
             schema);
    blog_run(1, sql);
    blog_run(0,
             "INSERT INTO covet.jobs (kind, statement) VALUES ('distribute', 'distribute posts')");
    assert_says(0, "unfinished since", "status");
    assert_says(0, "Done", MOVE_POSTS);
    assert_value(1,
                 "SELECT to_regclass('app_reference.old') IS NULL AND"
                 " to_regnamespace('app_s00099') IS NULL AND (SELECT count(*) FROM covet.owned)"
                 " = 8",
                 "t");
    assert_value(0, "SELECT count(*) FROM covet.jobs", "0");
    /* It died after PREPARE TRANSACTION and before home's COMMIT. */
    char *job = blog_value(0, "INSERT INTO covet.jobs (kind, statement) VALUES ('undistribute',"
                              " 'undistribute posts') RETURNING id");
    snprintf(sql, sizeof sql, "DROP TABLE %s.comments; PREPARE TRANSACTION 'covet_job_%s_1_%s'",
             schema, id, job);
    blog_run(1, "BEGIN");
    blog_run(1, sql);
    assert_says(0, "unfinished since", "status");
    assert_says(0, "changes the cluster, which ends it: ROLLBACK", "status");
    assert_says(0, "comments: 4000 rows are home", "undistribute", "posts");
    /* ... and after it. */
    blog_run(1, "CREATE TABLE marker (x int)");
    snprintf(sql, sizeof sql, "DROP TABLE marker; PREPARE TRANSACTION 'covet_job_%s_1_99'", id);
    blog_run(1, "BEGIN");
    blog_run(1, sql);
    assert_says(0, "changes the cluster, which ends it: COMMIT", "status");
    assert_says(0, "\"ending\": \"COMMIT\"", "status", "--json");
    assert_says(0, "home", "undistribute", "tags");
    assert_value(1, "SELECT to_regclass('marker') IS NULL", "t");
    assert_value(1, "SELECT count(*) FROM pg_prepared_xacts", "0");
    /* Of another incarnation nothing is known: it stays, for a person. */
    snprintf(sql, sizeof sql, "PREPARE TRANSACTION 'covet_job_%s_2_99'", id);
    blog_run(1, "BEGIN");
    blog_run(1, sql);
    assert_says(0, "home", "undistribute", "categories", "auth_user");
    assert_says(0, "no command ends it", "status"); /* also where the group has no tables */
    assert_value(1, "SELECT count(*) FROM pg_prepared_xacts", "1");
    free(job);
    free(schema);
    free(id);
    blog_close();
}

static void interrupted_it_leaves_nothing(void **state)
{
    (void)state;
    blog_make("interrupted");
    char *schema = blog_dump(false);
    const char *const move[] = {"reference", "auth_user", "categories", "tags",
                                "--catalog", blog.dsn[0], NULL};
    /* Somebody holds the table: it waits for the lock, and Ctrl-C ends that. */
    PGconn *holder = PQconnectdb(blog.dsn[0]);
    PQclear(PQexec(holder, "BEGIN"));
    PQclear(PQexec(holder, "SELECT * FROM tags"));
    const double started = seconds();
    assert_int_equal(run_and_signal(move, 0.7, SIGINT), 1);
    assert_true(seconds() - started < 5);
    assert_contains(said, "nothing was changed");
    assert_int_equal(run_and_signal(move, 0.7, 0), 1);
    assert_contains(said, "nothing was changed (what it left in the groups");
    PQfinish(holder);
    for (int g = 0; g < GROUPS; g++)
        assert_value(g,
                     "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                     " WHERE nspname ~ '^(app_|covet_)'",
                     "0");
    assert_value(0, "SELECT count(*) FROM covet.jobs", "0");
    assert_same_dump(schema, blog_dump(false));
    blog_close();
}

/* A COMMIT that was sent is waited for: what home decides, the groups must follow. */
static void an_interrupt_does_not_end_the_commit(void **state)
{
    (void)state;
    blog_make("committing");
    blog_run(0, "CREATE FUNCTION covet.slow() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN PERFORM pg_sleep(2); RETURN NULL; END';"
                "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON covet.cluster DEFERRABLE"
                " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION covet.slow()");
    const char *const argv[] = {live_tool(), "reference", "tags", "--catalog", blog.dsn[0], NULL};
    const pid_t pid = fork();
    if (pid == 0) {
        be_silent();
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) {
        if (blog_number(0, "SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT' AND"
                           " state = 'active' AND datname = current_database()") > 0)
            break;
        usleep(20 * 1000);
    }
    kill(pid, SIGINT);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_value(0, "SELECT count(*) FROM covet.tables", "1");
    assert_value(1, "SELECT count(*) FROM app_reference.tags", "9");
    blog_close();
}

/* Timeouts and isolation that are right for a service would break a move in its middle. */
static void what_the_database_sets_for_a_service_is_not_for_the_tools(void **state)
{
    (void)state;
    blog_make("limits");
    for (int g = 0; g < GROUPS; g++)
        blog_run(g, "ALTER DATABASE limits SET statement_timeout = '10ms';"
                    "ALTER DATABASE limits SET lock_timeout = '10ms';"
                    "ALTER DATABASE limits SET idle_in_transaction_session_timeout = '20ms';"
                    "ALTER DATABASE limits SET synchronous_commit = off;"
                    "ALTER DATABASE limits SET default_transaction_isolation = serializable;"
                    "ALTER DATABASE limits SET default_transaction_read_only = on;"
                    "ALTER DATABASE limits SET quote_all_identifiers = on;"
                    "ALTER DATABASE limits SET xmloption = document");
    blog_run(0, "CREATE TABLE leaves (id int PRIMARY KEY, x xml);"
                "INSERT INTO leaves VALUES (1, '<a/> and <b/>')");
    assert_says(0, "leaves: 1 rows in 16 shards", "distribute", "leaves", "--key", "id");
    assert_says(0, "leaves: 1 rows are home", "undistribute", "leaves");
    const blog_sums posts = blog_sums_of(0, "public", "posts");
    blog_move_references();
    assert_says(0, "Done", MOVE_POSTS);
    assert_rows_in_shards("posts", posts);
    assert_says(0, "posts: 1500 rows are home", "undistribute", "posts");
    assert_int_equal(blog_sums_of(0, "public", "posts").hashes, posts.hashes);
    blog_close();
}

/* Two at once: the second waits for the first, and then finds its work done. */
static void two_at_once_do_not_interleave(void **state)
{
    (void)state;
    blog_make("pair");
    const char *const move[] = {live_tool(), "reference", "auth_user", "tags",
                                "--catalog", blog.dsn[0], NULL};
    pid_t pids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            be_silent();
            execv(move[0], (char *const *)(uintptr_t)move);
            _exit(127);
        }
    }
    for (int i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_value(0, "SELECT count(*) || ' ' || max(epoch) FROM covet.tables, covet.cluster", "2 3");
    blog_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere_a_second_run_finishes),
        cmocka_unit_test(what_a_dead_command_left_the_next_one_ends),
        cmocka_unit_test(interrupted_it_leaves_nothing),
        cmocka_unit_test(an_interrupt_does_not_end_the_commit),
        cmocka_unit_test(what_the_database_sets_for_a_service_is_not_for_the_tools),
        cmocka_unit_test(two_at_once_do_not_interleave),
    };
    return cmocka_run_group_tests(tests, blog_set_up, blog_tear_down);
}
