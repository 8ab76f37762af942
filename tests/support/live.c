#include "support/cmocka_all.h"

#include "support/live.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32 };

struct live_cluster {
    live_cluster *next;
    char top[1024]; /* mkdtemp's */
    char dir[1040]; /* within it; made by the tool */
    json_t *report; /* of local up --json */
    pid_t owner;    /* a forked child must not take the servers down when it exits */
    int leash;      /* the watchdog waits for the end of this pipe */
};

static live_cluster *clusters;

const char *live_tool(void)
{
    const char *path = getenv("COVET_SHARDCTL");
    return path != NULL ? path : COVET_SHARDCTL;
}

/* ---- running the tool ------------------------------------------------------------------ */

static _Noreturn void exec_tool(const char *const *arguments, int output, bool errors_too)
{
    const char *argv[ARGUMENTS_MAX + 2] = {live_tool()};
    for (size_t i = 0; arguments[i] != NULL && i < ARGUMENTS_MAX; i++)
        argv[i + 1] = arguments[i];
    if (output >= 0) {
        dup2(output, STDOUT_FILENO);
        if (errors_too)
            dup2(output, STDERR_FILENO);
    }
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static char *read_all(int fd)
{
    size_t length = 0, size = 65536;
    char *text = malloc(size);
    for (;;) {
        assert_non_null(text);
        const ssize_t got = read(fd, text + length, size - length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
        if (size - length < 4096)
            text = realloc(text, size *= 2);
    }
    text[length] = '\0';
    return text;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* `leash`: a descriptor that the tool keeps open as long as it runs, or -1. */
static int run_tool(const char *const *arguments, char **ret_output, bool errors_too, int leash)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        if (leash >= 0)
            fcntl(leash, F_SETFD, 0);
        exec_tool(arguments, ret_output != NULL ? ends[1] : -1, errors_too);
    }
    close(ends[1]);
    assert_true(pid > 0);
    if (ret_output != NULL)
        *ret_output = read_all(ends[0]);
    close(ends[0]);
    return wait_for(pid);
}

int live_shardctl(const char *const *arguments, char **ret_output)
{
    return run_tool(arguments, ret_output, true, -1);
}

/* ---- the watchdog ---------------------------------------------------------------------- */

static _Noreturn void watch(const live_cluster *cluster, int leash)
{
    setsid();
    const int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    dup2(leash, 3);
    closefrom(4); /* also the leashes of other clusters */
    char byte;
    ssize_t got;
    do
        got = read(3, &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got != 0)
        _exit(0); /* live_down has done it */
    const char *const down[] = {"local", "down", "--destroy", "--dir", cluster->dir, NULL};
    const pid_t pid = fork();
    if (pid == 0)
        exec_tool(down, -1, false);
    wait_for(pid);
    rmdir(cluster->top);
    _exit(0);
}

/* Its parent exits at once: who ends a test with all its children, as ctest does when the
 * time is up, does not find the watchdog among them. */
static void start_watchdog(live_cluster *cluster)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        if (fork() == 0)
            watch(cluster, ends[0]);
        _exit(0);
    }
    close(ends[0]);
    assert_true(pid > 0);
    wait_for(pid);
    cluster->leash = ends[1];
}

/* ---- up and down ----------------------------------------------------------------------- */

static void at_exit(void)
{
    while (clusters != NULL && clusters->owner == getpid())
        live_down(clusters);
}

static live_cluster *new_cluster(void)
{
    live_cluster *cluster = calloc(1, sizeof *cluster);
    assert_non_null(cluster);
    const char *where = getenv("TMPDIR");
    snprintf(cluster->top, sizeof cluster->top, "%s/covet-live-XXXXXX",
             where != NULL ? where : "/tmp");
    if (mkdtemp(cluster->top) == NULL)
        fail_msg("%s: %s", cluster->top, strerror(errno));
    assert_int_equal(chmod(cluster->top, 0711), 0); /* the servers' account passes through */
    snprintf(cluster->dir, sizeof cluster->dir, "%s/d", cluster->top);
    cluster->owner = getpid();
    static bool registered;
    if (!registered && atexit(at_exit) == 0)
        registered = true;
    cluster->next = clusters;
    clusters = cluster;
    return cluster;
}

live_cluster *live_up(int groups, int standbys, const char *const *more)
{
    live_cluster *cluster = new_cluster();
    start_watchdog(cluster);
    char group_count[16], standby_count[16];
    snprintf(group_count, sizeof group_count, "%d", groups);
    snprintf(standby_count, sizeof standby_count, "%d", standbys);
    const char *up[ARGUMENTS_MAX + 1] = {
        "local", "up",         "--json",   "--fast",    "--port",     "0",
        "--dir", cluster->dir, "--groups", group_count, "--standbys", standby_count,
    };
    for (size_t i = 0, at = 12; more != NULL && more[i] != NULL && at < ARGUMENTS_MAX; i++)
        up[at++] = more[i];
    char *text;
    /* A test that dies now leaves a tool that goes on: the watchdog waits for both. */
    const int code = run_tool(up, &text, false, cluster->leash);
    cluster->report = json_loads(text, 0, NULL);
    free(text);
    if (code != 0 || cluster->report == NULL)
        fail_msg("covet-shardctl local up ended with %d", code);
    return cluster;
}

void live_down(live_cluster *cluster)
{
    if (cluster == NULL)
        return;
    for (live_cluster **slot = &clusters; *slot != NULL; slot = &(*slot)->next)
        if (*slot == cluster) {
            *slot = cluster->next;
            break;
        }
    const char *const down[] = {"local", "down", "--destroy", "--dir", cluster->dir, NULL};
    char *text = NULL;
    const bool there = access(cluster->dir, F_OK) == 0;
    const int code = there ? run_tool(down, &text, true, -1) : 0;
    const bool clean = rmdir(cluster->top) == 0;
    if (cluster->leash > 0) {
        if (code == 0 && write(cluster->leash, "q", 1) != 1)
            print_error("the watchdog is gone\n");
        close(cluster->leash);
    }
    if (code != 0 || !clean)
        print_error("local down --destroy ended with %d: %s\n", code, text != NULL ? text : "");
    json_decref(cluster->report);
    free(text);
    free(cluster);
}

/* ---- what is there --------------------------------------------------------------------- */

static const json_t *find_member(const json_t *report, int group, int member)
{
    const json_t *groups = json_object_get(report, "groups");
    const json_t *members = json_object_get(json_array_get(groups, (size_t)group), "members");
    const json_t *found = json_array_get(members, (size_t)member);
    if (found == NULL)
        fail_msg("there is no member %d in group %d", member, group);
    return found;
}

static const char *text_of(const live_cluster *cluster, int group, int member, const char *key)
{
    const char *text =
        json_string_value(json_object_get(find_member(cluster->report, group, member), key));
    assert_non_null(text);
    return text;
}

static const char *fact_of(const live_cluster *cluster, const char *key)
{
    const char *text = json_string_value(json_object_get(cluster->report, key));
    assert_non_null(text);
    return text;
}

const char *live_directory(const live_cluster *cluster) { return cluster->dir; }

const char *live_passfile(const live_cluster *cluster) { return fact_of(cluster, "passfile"); }

const char *live_catalog(const live_cluster *cluster) { return fact_of(cluster, "catalog"); }

const char *live_name(const live_cluster *cluster, int group, int member)
{
    return text_of(cluster, group, member, "name");
}

const char *live_dsn(const live_cluster *cluster, int group, int member)
{
    return text_of(cluster, group, member, "dsn");
}

const char *live_data(const live_cluster *cluster, int group, int member)
{
    return text_of(cluster, group, member, "data_directory");
}

const char *live_sockets(const live_cluster *cluster, int group, int member)
{
    return text_of(cluster, group, member, "socket_directory");
}

int live_port(const live_cluster *cluster, int group, int member)
{
    return (int)json_integer_value(
        json_object_get(find_member(cluster->report, group, member), "port"));
}

pid_t live_pid(const live_cluster *cluster, int group, int member)
{
    const char *const status[] = {"local", "status", "--json", "--dir", cluster->dir, NULL};
    char *text;
    assert_int_equal(run_tool(status, &text, false, -1), 0);
    json_t *report = json_loads(text, 0, NULL);
    free(text);
    const pid_t pid =
        (pid_t)json_integer_value(json_object_get(find_member(report, group, member), "pid"));
    json_decref(report);
    return pid;
}

static void change(live_cluster *cluster, const char *verb, int group, int member)
{
    const char *const arguments[] = {"local", verb,         live_name(cluster, group, member),
                                     "--dir", cluster->dir, NULL};
    char *text;
    const int code = run_tool(arguments, &text, true, -1);
    if (code != 0)
        fail_msg("local %s ended with %d: %s", verb, code, text);
    free(text);
}

void live_stop(live_cluster *cluster, int group, int member)
{
    change(cluster, "stop", group, member);
}

void live_start(live_cluster *cluster, int group, int member)
{
    change(cluster, "start", group, member);
}

/* ---- statements ------------------------------------------------------------------------ */

char *live_value(const live_cluster *cluster, int group, int member, const char *sql)
{
    PGconn *conn = PQconnectdb(live_dsn(cluster, group, member));
    PGresult *result = PQexec(conn, sql);
    const ExecStatusType status = PQresultStatus(result);
    const bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    const bool row = PQntuples(result) > 0 && PQnfields(result) > 0;
    char *value = strdup(!good ? PQerrorMessage(conn) : row ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
    if (!good)
        fail_msg("%s: %s: %s", live_name(cluster, group, member), sql, value);
    return value;
}

void live_psql_at(const live_cluster *cluster, int group, int member, const char *sql)
{
    free(live_value(cluster, group, member, sql));
}

void live_psql(const live_cluster *cluster, int group, const char *sql)
{
    live_psql_at(cluster, group, 0, sql);
}
