#include "support/cmocka_all.h"

#include "support/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static live_cluster *live;
static char plain[2048];

live_cluster *cluster_up(int groups, int shards)
{
    char count[16];
    snprintf(count, sizeof count, "%d", shards);
    live = live_up(groups, 0, (const char *const[]){"--shards", count, NULL});
    setenv("COVET_CATALOG", live_catalog(live), 1);
    setenv("PGTZ", "UTC", 1);
    live_psql(live, 0, "CREATE DATABASE plain");
    snprintf(plain, sizeof plain, "host=127.0.0.1 port=%d user=covet dbname=plain passfile=%s",
             live_port(live, 0, 0), live_passfile(live));
    return live;
}

void cluster_down(void) { live_down(live); }

const char *cluster_catalog(void) { return live_catalog(live); }

const char *cluster_plain(void) { return plain; }

/* ---- programs --------------------------------------------------------------------------- */

static char *read_back(int fd)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_true(pread(fd, text, (size_t)size, 0) == size);
    text[size] = '\0';
    close(fd);
    return text;
}

/* Their output goes to memory, so that nobody waits for somebody who reads it. */
static cluster_child launch(const char *const *argv, int input)
{
    cluster_child child = {.input = -1,
                           .out = memfd_create("out", MFD_CLOEXEC),
                           .err = memfd_create("err", MFD_CLOEXEC)};
    assert_true(child.out >= 0 && child.err >= 0);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        dup2(input, STDIN_FILENO);
        dup2(child.out, STDOUT_FILENO);
        dup2(child.err, STDERR_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return child;
}

cluster_child cluster_start(const char *const *argv, bool with_input)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    cluster_child child = launch(argv, ends[0]);
    close(ends[0]);
    child.input = ends[1];
    if (!with_input) {
        close(ends[1]);
        child.input = -1;
    }
    return child;
}

cluster_said cluster_end(cluster_child *child)
{
    int status = 0;
    struct rusage used;
    if (child->input >= 0)
        close(child->input);
    while (wait4(child->pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    return (cluster_said){.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                          .out = read_back(child->out),
                          .err = read_back(child->err),
                          .peak_kb = used.ru_maxrss};
}

cluster_said cluster_run(const char *const *argv, const char *input, size_t length)
{
    const int fd = memfd_create("in", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(length == 0 || pwrite(fd, input, length, 0) == (ssize_t)length);
    cluster_child child = launch(argv, fd);
    close(fd);
    return cluster_end(&child);
}

void cluster_forget(cluster_said *said)
{
    free(said->out);
    free(said->err);
}

cluster_said cluster_sql(const char *how, const char *script)
{
    const char *const argv[] = {live_tool(), "sql", how, NULL};
    return cluster_run(argv, script, strlen(script));
}

cluster_said cluster_psql(const char *how, const char *script)
{
    const char *const argv[] = {"psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", plain, how, NULL};
    return cluster_run(argv, script, strlen(script));
}

void cluster_tool_ok_(const char *const *argv)
{
    cluster_said said = cluster_run(argv, NULL, 0);
    if (said.code != 0)
        fail_msg("%s: exit code %d: %s", argv[1], said.code, said.err);
    cluster_forget(&said);
}

void cluster_pause(long msec)
{
    const struct timespec time = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* ---- statements ------------------------------------------------------------------------- */

void cluster_do(const char *script)
{
    cluster_said said = cluster_sql(NULL, script);
    if (said.code != 0)
        fail_msg("%s: %s", script, said.err);
    cluster_forget(&said);
}

void cluster_both(const char *script)
{
    cluster_said said = cluster_psql("-q", script);
    if (said.code != 0)
        fail_msg("psql: %s: %s", script, said.err);
    cluster_forget(&said);
    cluster_do(script);
}

static void compare(const char *how, const char *script)
{
    cluster_said ours = cluster_sql(how, script), theirs = cluster_psql(how, script);
    if (ours.code != 0 || theirs.code != 0)
        fail_msg("%s: %d %s, %d %s", script, ours.code, ours.err, theirs.code, theirs.err);
    if (strcmp(ours.out, theirs.out) != 0)
        fail_msg("%s:\n--- ours\n%s--- psql\n%s", script, ours.out, theirs.out);
    cluster_forget(&ours);
    cluster_forget(&theirs);
}

void cluster_same(const char *script)
{
    compare("--csv", script);
    compare(NULL, script);
}

void cluster_fails(const char *script, const char *part)
{
    cluster_said said = cluster_sql(NULL, script);
    if (said.code != 1)
        fail_msg("%s: exit code %d: %s%s", script, said.code, said.out, said.err);
    assert_contains(said.err, part);
    cluster_forget(&said);
}

void cluster_value(const char *sql, const char *expected)
{
    cluster_said said = cluster_sql("--csv", sql);
    const char *value = strchr(said.out, '\n');
    char *end = value != NULL ? strchr(value + 1, '\n') : NULL;
    if (said.code != 0 || end == NULL)
        fail_msg("%s: %s", sql, said.err);
    *end = '\0';
    if (strcmp(value + 1, expected) != 0)
        fail_msg("%s: %s, not %s", sql, value + 1, expected);
    cluster_forget(&said);
}
