/*
 * tests/live/test_local.c - covet-shardctl local: what it starts, keeps secret and removes.
 */
#include "support/cmocka_all.h"

#include "support/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- help ------------------------------------------------------------------------------ */

#define TOOL(output, ...) live_shardctl((const char *const[]){__VA_ARGS__, NULL}, output)

/* What the tool says to these arguments must hold the part, and it ends with the code. */
#define assert_says(code, part, ...)                                                               \
    do {                                                                                           \
        char *output_;                                                                             \
        assert_int_equal(TOOL(&output_, __VA_ARGS__), code);                                       \
        assert_contains(output_, part);                                                            \
        free(output_);                                                                             \
    } while (0)

#define assert_value(cluster, group, member, sql, expected)                                        \
    do {                                                                                           \
        char *value_ = live_value(cluster, group, member, sql);                                    \
        assert_string_equal(value_, expected);                                                     \
        free(value_);                                                                              \
    } while (0)

static void pause_msec(long msec)
{
    const struct timespec time = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Zombies count as gone: in a container nobody may fetch them. */
static bool is_running(pid_t pid)
{
    char path[64], state = 'X';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'X';
    fclose(file);
    return strchr("ZXx", state) == NULL;
}

static void read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t length = fread(text, 1, size - 1, file);
    fclose(file);
    text[length] = '\0';
}

/* The last field of the passfile's line. */
static void read_password(const live_cluster *cluster, char *password, size_t size)
{
    char line[256];
    read_text(live_passfile(cluster), line, sizeof line);
    line[strcspn(line, "\n")] = '\0';
    snprintf(password, size, "%s", strrchr(line, ':') + 1);
    assert_true(strlen(password) >= 32);
}

static int set_up(void **state)
{
    *state = live_up(2, 1, NULL);
    return 0;
}

static int tear_down(void **state)
{
    live_down(*state);
    return 0;
}

/* ---- servers --------------------------------------------------------------------------- */

static void every_group_has_a_primary_and_a_standby_that_streams(void **state)
{
    for (int g = 0; g < 2; g++) {
        assert_value(*state, g, 0, "SELECT pg_is_in_recovery()", "f");
        assert_value(*state, g, 1, "SELECT pg_is_in_recovery()", "t");
        assert_value(*state, g, 0,
                     "SELECT application_name || ' ' || state FROM pg_stat_replication",
                     g == 0 ? "g1b streaming" : "g2b streaming");
        assert_value(*state, g, 0, "SELECT slot_name FROM pg_replication_slots WHERE active",
                     g == 0 ? "g1b" : "g2b");
    }
    char *one = live_value(*state, 0, 0, "SELECT system_identifier FROM pg_control_system()");
    char *two = live_value(*state, 1, 0, "SELECT system_identifier FROM pg_control_system()");
    assert_string_not_equal(one, two);
    free(one);
    free(two);
}

static void settings_are_those_that_the_library_needs(void **state)
{
    static const char *const settings[][2] = {
        {"server_encoding", "UTF8"},
        {"wal_level", "logical"},
        {"hot_standby", "on"},
        {"max_prepared_transactions", "64"},
        {"max_connections", "200"},
        {"listen_addresses", "127.0.0.1"},
        {"fsync", "off"},
        {"full_page_writes", "off"},
        {"synchronous_commit", "on"},
        {"password_encryption", "scram-sha-256"},
        {"shared_buffers", "64MB"},
        {"TimeZone", "UTC"},
    };
    for (int member = 0; member < 2; member++)
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
            char sql[128];
            snprintf(sql, sizeof sql, "SELECT current_setting('%s')", settings[i][0]);
            assert_value(*state, 1, member, sql, settings[i][1]);
        }
    assert_value(*state, 1, 1, "SELECT current_setting('cluster_name')", "g2b");
    assert_value(*state, 0, 0,
                 "SELECT concat(datlocprovider, ' ', daticulocale) FROM pg_database "
                 "WHERE datname = current_database()",
                 "i en-US");
    assert_value(*state, 0, 0,
                 "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{B,a,C}'::text[]) x", "aBC");
}

static void connect_fails(const char *dsn, const char *part, const char *never)
{
    PGconn *conn = PQconnectdb(dsn);
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    assert_contains(PQerrorMessage(conn), part);
    assert_null(strstr(PQerrorMessage(conn), never));
    PQfinish(conn);
}

static void nobody_comes_in_without_the_password(void **state)
{
    char dsn[2048];
    const int port = live_port(*state, 0, 0);
    const char *const hosts[] = {"127.0.0.1", live_sockets(*state, 0, 0)};
    for (int i = 0; i < 2; i++) {
        snprintf(dsn, sizeof dsn, "host=%s port=%d user=covet dbname=covet password=sesame",
                 hosts[i], port);
        /* Root may enter the directory of the sockets; so may the servers' own account. */
        connect_fails(dsn, "password authentication failed", "sesame");
        snprintf(dsn, sizeof dsn, "host=%s port=%d user=covet dbname=covet passfile=/nonexistent",
                 hosts[i], port);
        connect_fails(dsn, "no password supplied", "sesame");
    }
    assert_value(*state, 0, 0,
                 "SELECT bool_and(auth_method = 'scram-sha-256') FROM pg_hba_file_rules", "t");
    assert_value(*state, 0, 0,
                 "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'covet'",
                 "t");
}

static void the_password_is_in_no_argument_and_no_log(void **state)
{
    char password[128], path[2048], text[65536];
    read_password(*state, password, sizeof password);
    for (int member = 0; member < 2; member++) {
        snprintf(path, sizeof path, "/proc/%d/cmdline", (int)live_pid(*state, 0, member));
        const int fd = open(path, O_RDONLY);
        const ssize_t length = read(fd, text, sizeof text);
        close(fd);
        assert_true(length > 0);
        assert_null(memmem(text, (size_t)length, password, strlen(password)));
        snprintf(path, sizeof path, "%s/../log", live_data(*state, 0, member));
        read_text(path, text, sizeof text);
        assert_null(strstr(text, password));
        snprintf(path, sizeof path, "%s/postgresql.auto.conf", live_data(*state, 0, member));
        read_text(path, text, sizeof text);
        assert_null(strstr(text, password));
    }
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, mode);
}

static void files_are_private(void **state)
{
    char path[2048];
    struct stat facts;
    assert_mode(live_passfile(*state), 0600);
    assert_int_equal(stat(live_passfile(*state), &facts), 0);
    assert_int_equal(facts.st_uid, geteuid());
    snprintf(path, sizeof path, "%s/local.json", live_directory(*state));
    assert_mode(path, 0600);
    assert_mode(live_data(*state, 0, 0), 0700);
    assert_mode(live_data(*state, 1, 1), 0700);
    assert_mode(live_sockets(*state, 0, 0), 0700);
    assert_true(strlen(live_sockets(*state, 0, 0)) < 92);
    assert_int_equal(stat(live_data(*state, 0, 0), &facts), 0);
    if (geteuid() == 0)
        assert_int_not_equal(facts.st_uid, 0);
}

/* ---- one member, all of them ----------------------------------------------------------- */

static void a_member_stops_and_starts(void **state)
{
    const pid_t before = live_pid(*state, 1, 1);
    live_stop(*state, 1, 1);
    assert_false(is_running(before));
    assert_int_equal(live_pid(*state, 1, 1), 0);
    assert_says(0, "was down", "local", "stop", "g2b", "--dir", live_directory(*state));
    assert_says(0, "down", "local", "status", "--dir", live_directory(*state));
    live_start(*state, 1, 1);
    assert_int_not_equal(live_pid(*state, 1, 1), before);
    assert_says(1, "runs already", "local", "start", "g2b", "--dir", live_directory(*state));
    assert_says(1, "no such member", "local", "stop", "g3a", "--dir", live_directory(*state));
}

static void a_killed_server_starts_again(void **state)
{
    const pid_t pid = live_pid(*state, 0, 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    while (is_running(pid))
        pause_msec(10);
    assert_int_equal(live_pid(*state, 0, 1), 0);
    live_start(*state, 0, 1);
    assert_value(*state, 0, 1, "SELECT pg_is_in_recovery()", "t");
}

static void a_dry_run_changes_nothing(void **state)
{
    const char *dir = live_directory(*state);
    const pid_t pid = live_pid(*state, 0, 0);
    assert_says(0, "would stop and remove g1a", "local", "down", "--destroy", "--dry-run", "--dir",
                dir);
    assert_says(0, "would be stopped", "local", "stop", "g1a", "--dry-run", "--dir", dir);
    assert_int_equal(live_pid(*state, 0, 0), pid);
    assert_says(0, "would make and start g1a", "local", "up", "--dry-run", "--dir",
                "/tmp/covet-never-made");
    assert_int_equal(access("/tmp/covet-never-made", F_OK), -1);
}

static void a_second_up_is_refused(void **state)
{
    assert_says(1, "already up", "local", "up", "--dir", live_directory(*state));
    assert_says(1, "not empty", "local", "up", "--dir", "/");
}

static void down_and_up_again_keeps_everything(void **state)
{
    const char *dir = live_directory(*state);
    live_psql(*state, 0, "CREATE TABLE kept AS SELECT 42 AS n");
    assert_says(0, "4 of 4 servers stopped", "local", "down", "--dir", dir);
    assert_says(0, "0 of 4 servers stopped", "local", "down", "--dir", dir);
    assert_says(1, "made otherwise", "local", "up", "--groups", "3", "--dir", dir);
    /* What the environment says of other servers is not for these. */
    static const char *const others[][2] = {{"PGPASSWORD", "wrong"},
                                            {"PGHOSTADDR", "127.0.0.9"},
                                            {"PGSSLMODE", "verify-full"},
                                            {"PGSERVICE", "nowhere"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        setenv(others[i][0], others[i][1], 1);
    assert_says(0, "export COVET_CATALOG='host=127.0.0.1 port=", "local", "up", "--dir", dir);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        unsetenv(others[i][0]);
    assert_value(*state, 0, 0, "SELECT n FROM kept", "42");
    assert_value(*state, 0, 1, "SELECT n FROM kept", "42");
}

/* ---- the end --------------------------------------------------------------------------- */

static void destroy_leaves_no_process_and_no_file(void **state)
{
    (void)state;
    live_cluster *cluster = live_up(1, 1, NULL);
    const pid_t pids[] = {live_pid(cluster, 0, 0), live_pid(cluster, 0, 1)};
    char dir[1024], data[1024];
    snprintf(dir, sizeof dir, "%s", live_directory(cluster));
    snprintf(data, sizeof data, "%s", live_data(cluster, 0, 0));
    assert_true(is_running(pids[0]) && is_running(pids[1]));
    live_down(cluster);
    assert_false(is_running(pids[0]) || is_running(pids[1]));
    assert_int_equal(access(dir, F_OK), -1);
    assert_int_equal(access(data, F_OK), -1);
}

static void what_up_did_not_make_is_not_removed(void **state)
{
    (void)state;
    char dir[] = "/tmp/covet-test-XXXXXX", file[64];
    assert_non_null(mkdtemp(dir));
    assert_says(1, "no local.json", "local", "down", "--destroy", "--dir", dir);
    assert_says(0, "up after", "local", "up", "--fast", "--port", "0", "--groups", "1",
                "--standbys", "0", "--dir", dir);
    snprintf(file, sizeof file, "%s/mine", dir);
    fclose(fopen(file, "w"));
    assert_says(0, "everything removed", "local", "down", "--destroy", "--dir", dir);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(dir), 0); /* and nothing else is in it */
}

static void an_interrupted_up_leaves_nothing(void **state)
{
    (void)state;
    char top[] = "/tmp/covet-test-XXXXXX", dir[64];
    assert_non_null(mkdtemp(top));
    snprintf(dir, sizeof dir, "%s/d", top);
    for (long wait = 200; wait <= 1600; wait *= 2) {
        const pid_t pid = fork();
        if (pid == 0) {
            execl(live_tool(), live_tool(), "local", "up", "--json", "--fast", "--port", "0",
                  "--groups", "6", "--dir", dir, NULL);
            _exit(127);
        }
        pause_msec(wait);
        kill(pid, SIGINT);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
        assert_int_equal(access(dir, F_OK), -1);
    }
    assert_int_equal(rmdir(top), 0);
}

static void a_killed_test_leaves_no_server(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) {
        live_cluster *cluster = live_up(1, 0, NULL);
        const pid_t server = live_pid(cluster, 0, 0);
        if (write(ends[1], &server, sizeof server) != sizeof server ||
            write(ends[1], live_directory(cluster), 256) != 256)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    close(ends[1]);
    pid_t server = 0;
    char dir[256];
    assert_int_equal(read(ends[0], &server, sizeof server), sizeof server);
    assert_int_equal(read(ends[0], dir, sizeof dir), sizeof dir);
    close(ends[0]);
    waitpid(child, NULL, 0);
    for (int i = 0; (is_running(server) || access(dir, F_OK) == 0) && i < 3000; i++)
        pause_msec(10);
    assert_false(is_running(server));
    assert_int_equal(access(dir, F_OK), -1);
}

/* ---- the command line ------------------------------------------------------------------ */

static void a_busy_port_is_named_and_others_are_taken(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    char port[16], part[64];
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    snprintf(part, sizeof part, "port %s is in use, so ports", port);
    assert_says(0, part, "local", "up", "--dry-run", "--groups", "1", "--port", port, "--dir",
                "/tmp/covet-never-made");
    close(fd);
}

static void wrong_usage_ends_with_2_and_a_hint(void **state)
{
    (void)state;
    assert_says(2, "which command?", "--json");
    assert_says(2, "did you mean local?", "lcoal");
    assert_says(2, "did you mean status?", "local", "staus");
    assert_says(2, "did you mean --groups?", "local", "up", "--dir", "x", "--gruops", "2");
    assert_says(2, "did you mean --standbys?", "local", "up", "--dir", "x", "--stanbys", "2");
    assert_says(2, "--dir is missing", "local", "up");
    assert_says(2, "--dir needs a value", "local", "up", "--dir");
    assert_says(2, "--groups: not a number from 1 to 32", "local", "up", "--dir", "x", "--groups",
                "0");
    assert_says(2, "--json takes no value", "local", "up", "--dir", "x", "--json=1");
    assert_says(2, "unknown option -x", "local", "up", "-x");
    assert_says(2, "one operand too many", "local", "down", "--dir", "x", "y");
    assert_says(2, "an operand is missing", "local", "stop", "--dir", "x");
    assert_says(2, "--catalog has no meaning here", "local", "down", "--dir", "x", "--catalog",
                "h");
    assert_says(1, "no local.json", "local", "down", "--dir", "/");
}

static void help_and_version_end_with_0(void **state)
{
    (void)state;
    assert_says(0, "local up", "--help");
    assert_says(0, "local down", "local", "--help");
    assert_says(0, "--standbys N", "local", "up", "--help");
    assert_says(0, "--standbys N", "--help", "local", "up", "--dir", "x");
    assert_says(0, "covet-shardctl 0.", "--version");
}

static void no_argument_is_repeated_that_may_hold_a_password(void **state)
{
    (void)state;
    static const char *const words[] = {"postgresql://me:sesame@h/db", "host=h password=sesame",
                                        "--catlog=postgresql://me:sesame@h/db"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *output;
        assert_int_equal(TOOL(&output, words[i]), 2);
        assert_null(strstr(output, "sesame"));
        free(output);
        assert_int_equal(TOOL(&output, "local", "down", "--dir", "x", words[i]), 2);
        assert_null(strstr(output, "sesame"));
        free(output);
        assert_int_equal(TOOL(&output, "local", "stop", words[i], "--dir", "/"), i == 2 ? 2 : 1);
        assert_null(strstr(output, "sesame"));
        free(output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_group_has_a_primary_and_a_standby_that_streams),
        cmocka_unit_test(settings_are_those_that_the_library_needs),
        cmocka_unit_test(nobody_comes_in_without_the_password),
        cmocka_unit_test(the_password_is_in_no_argument_and_no_log),
        cmocka_unit_test(files_are_private),
        cmocka_unit_test(a_member_stops_and_starts),
        cmocka_unit_test(a_killed_server_starts_again),
        cmocka_unit_test(a_dry_run_changes_nothing),
        cmocka_unit_test(a_second_up_is_refused),
        cmocka_unit_test(down_and_up_again_keeps_everything),
        cmocka_unit_test(destroy_leaves_no_process_and_no_file),
        cmocka_unit_test(what_up_did_not_make_is_not_removed),
        cmocka_unit_test(an_interrupted_up_leaves_nothing),
        cmocka_unit_test(a_killed_test_leaves_no_server),
        cmocka_unit_test(a_busy_port_is_named_and_others_are_taken),
        cmocka_unit_test(wrong_usage_ends_with_2_and_a_hint),
        cmocka_unit_test(help_and_version_end_with_0),
        cmocka_unit_test(no_argument_is_repeated_that_may_hold_a_password),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
