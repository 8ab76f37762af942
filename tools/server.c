#include "tools/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/macros.h"

enum { PATH_SIZE = 1400 }; /* PostgreSQL's own limit is 1024 */

/* ---- programs -------------------------------------------------------------------------- */

static bool has_programs(const char *bin)
{
    static const char *const names[] = {"initdb", "postgres", "pg_basebackup"};
    char path[PATH_SIZE];
    for (size_t i = 0; i < COVET_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", bin, names[i]);
        if (access(path, X_OK) != 0)
            return false;
    }
    return true;
}

covet_status server_find_programs(char *ret_bin, size_t size, covet_error *err)
{
    const char *asked = getenv("COVET_PG_BIN");
    if (asked != NULL && *asked != '\0') {
        covet__copy(ret_bin, size, asked);
        if (has_programs(ret_bin))
            return COVET_OK;
        return covet__fail(err, COVET_ENOTFOUND,
                           "COVET_PG_BIN names no directory with initdb, postgres and "
                           "pg_basebackup");
    }
    covet__copy(ret_bin, size, "/usr/lib/postgresql/15/bin");
    if (has_programs(ret_bin))
        return COVET_OK;
    const char *const argv[] = {"pg_config", "--bindir", NULL};
    if (process_ask(argv, ret_bin, size) && has_programs(ret_bin))
        return COVET_OK;
    return covet__fail(err, COVET_ENOTFOUND,
                       "PostgreSQL's server programs are not on this machine (install "
                       "postgresql-15, or say where they are in COVET_PG_BIN)");
}

/* ---- steps ----------------------------------------------------------------------------- */

static covet_status run(pg_server *server, const char *program, const char *const *arguments,
                        process_life life, covet_error *err)
{
    char path[PATH_SIZE];
    const char *argv[24] = {path};
    snprintf(path, sizeof path, "%s/%s", server->bin, program);
    size_t count = 1;
    while (*arguments != NULL && count + 1 < COVET_COUNT(argv))
        argv[count++] = *arguments++;
    return process_spawn(server->account, argv, server->log, life, &server->child, err);
}

covet_status server_initdb(pg_server *server, const char *user, const char *password_file,
                           bool fast, covet_error *err)
{
    char pwfile[PATH_SIZE];
    snprintf(pwfile, sizeof pwfile, "--pwfile=%s", password_file);
    const char *const arguments[] = {
        "-D",
        server->data,
        "-U",
        user,
        pwfile,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--locale-provider=icu",
        "--icu-locale=en-US",
        "--no-instructions",
        fast ? "--no-sync" : NULL,
        NULL,
    };
    return run(server, "initdb", arguments, PROCESS_TIED, err);
}

/* A value in a connection string. */
static void add_quoted(char *to, size_t size, const char *text)
{
    size_t length = strlen(to);
    for (; *text != '\0' && length + 3 < size; text++) {
        if (*text == '\'' || *text == '\\')
            to[length++] = '\\';
        to[length++] = *text;
    }
    snprintf(to + length, size - length, "'");
}

covet_status server_basebackup(pg_server *server, const pg_server *primary, const char *user,
                               const char *passfile, bool fast, covet_error *err)
{
    char dsn[2 * PATH_SIZE];
    snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=%s application_name=%s passfile='",
             primary->port, user, server->name);
    add_quoted(dsn, sizeof dsn, passfile);
    const char *const arguments[] = {
        "-D",
        server->data,
        "-d",
        dsn,
        "--no-password",
        "--write-recovery-conf",
        "--create-slot",
        "--slot",
        server->name,
        "--checkpoint=fast",
        "--wal-method=stream",
        fast ? "--no-sync" : NULL,
        NULL,
    };
    return run(server, "pg_basebackup", arguments, PROCESS_TIED, err);
}

static covet_status write_file(const char *directory, const char *name, const char *text,
                               covet_error *err)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    const size_t length = strlen(text);
    bool done = fd >= 0 && write(fd, text, length) == (ssize_t)length;
    if (fd >= 0 && close(fd) != 0)
        done = false;
    return done ? COVET_OK : covet__fail(err, COVET_EIO, "%s: %s", path, strerror(errno));
}

covet_status server_configure(const pg_server *server, bool fast, covet_error *err)
{
    static const char access_rules[] = "# Nobody comes in without a password.\n"
                                       "local all         all              scram-sha-256\n"
                                       "host  all         all 127.0.0.1/32 scram-sha-256\n"
                                       "local replication all              scram-sha-256\n"
                                       "host  replication all 127.0.0.1/32 scram-sha-256\n";
    static const char settings[] =
        "# Written once by covet-shardctl local up. The port and the directory of the\n"
        "# socket are on the server's command line.\n"
        "cluster_name = '%s'\n"
        "listen_addresses = '127.0.0.1'\n"
        "max_connections = 200\n"
        "shared_buffers = 64MB\n"
        "wal_level = logical\n"
        "max_wal_senders = 32\n"
        "max_replication_slots = 32\n"
        "max_prepared_transactions = 64\n"
        "hot_standby = on\n"
        "wal_retrieve_retry_interval = 500ms\n" /* started before its primary, it asks again */
        "password_encryption = 'scram-sha-256'\n"
        "log_line_prefix = '%%m [%%p] %%q%%u@%%d %%a '\n"
        "log_timezone = 'UTC'\n"
        "timezone = 'UTC'\n"
        "lc_messages = 'C.UTF-8'\n"
        "default_text_search_config = 'pg_catalog.english'\n"
        "%s";
    static const char no_sync[] = "\n# --fast: for tests\n"
                                  "fsync = off\n"
                                  "full_page_writes = off\n";
    char text[2048];
    snprintf(text, sizeof text, settings, server->name, fast ? no_sync : "");
    COVET_TRY(process_enter(server->account, err));
    covet_status status = write_file(server->data, "postgresql.conf", text, err);
    if (status == COVET_OK)
        status = write_file(server->data, "pg_hba.conf", access_rules, err);
    process_leave(server->account);
    return status;
}

covet_status server_start(pg_server *server, covet_error *err)
{
    char port[16];
    snprintf(port, sizeof port, "%d", server->port);
    const char *const arguments[] = {"-D", server->data, "-p", port, "-k", server->sockets, NULL};
    return run(server, "postgres", arguments, PROCESS_FREE, err);
}

/* ---- postmaster.pid -------------------------------------------------------------------- */

typedef struct pid_file {
    pid_t pid;
    char status[16]; /* "starting", "ready", "standby", "stopping" */
} pid_file;

/* Its lines: pid, data directory, start time, port, socket directory, listen address,
 * shared memory key, status. PostgreSQL fills it bit by bit. */
static bool read_pid_file(const char *data, pid_file *ret_file)
{
    char path[PATH_SIZE], line[PATH_SIZE];
    snprintf(path, sizeof path, "%s/postmaster.pid", data);
    *ret_file = (pid_file){0};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        if (number == 1)
            ret_file->pid = (pid_t)strtol(line, NULL, 10);
        else if (number == 8)
            covet__copy(ret_file->status, sizeof ret_file->status, strtok(line, " \n"));
    }
    fclose(file);
    return ret_file->pid > 1;
}

/* With the account's ids. */
static pid_t find_server(const pg_server *server, pid_file *ret_file)
{
    const bool runs = read_pid_file(server->data, ret_file) &&
                      process_works_in(ret_file->pid, "postgres", server->data);
    return runs ? ret_file->pid : 0;
}

pid_t server_pid(const pg_server *server)
{
    pid_file file;
    if (process_enter(server->account, NULL) != COVET_OK)
        return 0;
    const pid_t pid = find_server(server, &file);
    process_leave(server->account);
    return pid;
}

void server_stop(pg_server *server, server_stop_mode mode)
{
    pid_file file;
    if (process_enter(server->account, NULL) != COVET_OK)
        return;
    const pid_t pid = find_server(server, &file);
    if (pid > 0) {
        kill(pid, mode == SERVER_FAST ? SIGINT : SIGQUIT);
        kill(pid, SIGCONT); /* one that was frozen would never hear of it */
    } else if (server->child > 0) {
        /* A step, or a server that has only begun. It leads a session, and its number
         * cannot be another's before it has been waited for. */
        kill(-server->child, mode == SERVER_FAST ? SIGINT : SIGKILL);
    }
    process_leave(server->account);
}

/* ---- polls ----------------------------------------------------------------------------- */

/* The last line of the log that names an error, else the last one. */
static void last_words(const pg_server *server, char *ret_line, size_t size)
{
    char tail[4096];
    ret_line[0] = '\0';
    if (process_enter(server->account, NULL) != COVET_OK)
        return;
    FILE *file = fopen(server->log, "re");
    process_leave(server->account);
    if (file == NULL)
        return;
    if (fseek(file, -(long)(sizeof tail - 1), SEEK_END) != 0)
        rewind(file);
    const size_t length = fread(tail, 1, sizeof tail - 1, file);
    fclose(file);
    tail[length] = '\0';
    bool named = false;
    char *save = NULL;
    for (char *line = strtok_r(tail, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        const bool names = strstr(line, "FATAL:") != NULL || strstr(line, "PANIC:") != NULL ||
                           strstr(line, "error:") != NULL;
        if (names || !named)
            covet__copy(ret_line, size, line);
        named = named || names;
    }
}

static covet_status died(pg_server *server, covet_error *err)
{
    char line[300];
    last_words(server, line, sizeof line);
    return covet__fail(err, COVET_EIO, "%s: %s", server->name,
                       line[0] != '\0' ? line : "ended without a word");
}

covet_status server_step_done(pg_server *server, bool *ret_done, covet_error *err)
{
    bool failed = false;
    *ret_done = process_ended(server->child, &failed);
    if (*ret_done)
        server->child = 0;
    return failed ? died(server, err) : COVET_OK;
}

/* When a postmaster was killed, its children notice it in a moment. PostgreSQL would take a
 * zombie, or another process that has got the number, for one that still runs; what nobody
 * works in is not in use, so the stale lock files are taken away. */
covet_status server_idle(pg_server *server, bool *ret_done, covet_error *err)
{
    char data_lock[PATH_SIZE], socket_lock[PATH_SIZE];
    snprintf(data_lock, sizeof data_lock, "%s/postmaster.pid", server->data);
    snprintf(socket_lock, sizeof socket_lock, "%s/.s.PGSQL.%d.lock", server->sockets, server->port);
    COVET_TRY(process_enter(server->account, err));
    *ret_done = !process_any_works_in("postgres", server->data);
    if (*ret_done) {
        unlink(data_lock);
        unlink(socket_lock);
    }
    process_leave(server->account);
    return COVET_OK;
}

covet_status server_ready(pg_server *server, bool *ret_done, covet_error *err)
{
    bool failed = false;
    *ret_done = false;
    if (process_ended(server->child, &failed)) {
        server->child = 0;
        return died(server, err);
    }
    pid_file file;
    COVET_TRY(process_enter(server->account, err));
    *ret_done = find_server(server, &file) == server->child &&
                (strcmp(file.status, "ready") == 0 || strcmp(file.status, "standby") == 0);
    process_leave(server->account);
    return COVET_OK;
}

covet_status server_gone(pg_server *server, bool *ret_done, covet_error *err)
{
    COVET_UNUSED(err);
    bool failed;
    if (server->child > 0 && process_ended(server->child, &failed))
        server->child = 0;
    *ret_done = false;
    if (server->child != 0 || process_enter(server->account, NULL) != COVET_OK)
        return COVET_OK;
    *ret_done = !process_any_works_in("postgres", server->data);
    process_leave(server->account);
    return COVET_OK;
}
