/*
 * tests/live/test_pooler.c - through PgBouncer in transaction mode.
 *
 * Each transaction may meet another server connection, so nothing that lives in a session
 * may be relied on: no names of prepared statements, no settings.
 */
#include "support/cmocka_all.h"

#include <arpa/inet.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <covet/covet.h>

#include "support/live.h"

static live_cluster *cluster;
static char direct[1024], pooled[1024], dir[] = "/tmp/covet-pooler-XXXXXX";
static pid_t bouncer;
static covet_error err;

/* The password that `local up` made: the last field of the passfile's first line. */
static void read_password(char *out, size_t size)
{
    FILE *file = fopen(live_passfile(cluster), "r");
    char line[1024];
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    snprintf(out, size, "%s", strrchr(line, ':') + 1);
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* A file that only PgBouncer's account reads. */
static FILE *private_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    const struct passwd *owner = getpwnam("postgres");
    if (geteuid() == 0 && owner != NULL)
        assert_int_equal(fchown(fileno(file), owner->pw_uid, owner->pw_gid), 0);
    return file;
}

/* PgBouncer refuses to be root. */
static void become_unprivileged(void)
{
    const struct passwd *owner = getpwnam("postgres");
    if (geteuid() == 0 && owner != NULL &&
        (setgroups(0, NULL) != 0 || setgid(owner->pw_gid) != 0 || setuid(owner->pw_uid) != 0))
        _exit(126);
}

static int set_up(void **state)
{
    (void)state;
    char password[256];
    cluster = live_up(1, 0, NULL);
    live_psql(cluster, 0, "CREATE DATABASE plain");
    assert_non_null(mkdtemp(dir));
    const struct passwd *owner = getpwnam("postgres");
    if (geteuid() == 0 && owner != NULL)
        assert_int_equal(chown(dir, owner->pw_uid, owner->pw_gid), 0);
    read_password(password, sizeof password);
    const int port = free_port();
    FILE *file = private_file("users");
    fprintf(file, "\"covet\" \"%s\"\n", password);
    fclose(file);
    file = private_file("ini");
    fprintf(file,
            "[databases]\nplain = host=127.0.0.1 port=%d dbname=plain\n[pgbouncer]\n"
            "listen_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"
            "auth_type = scram-sha-256\nauth_file = %s/users\npool_mode = transaction\n"
            "default_pool_size = 4\nmax_client_conn = 100\nlogfile = %s/log\n",
            live_port(cluster, 0, 0), port, dir, dir);
    fclose(file);
    bouncer = fork();
    if (bouncer == 0) {
        char path[256];
        snprintf(path, sizeof path, "%s/ini", dir);
        become_unprivileged();
        execl("/usr/sbin/pgbouncer", "pgbouncer", "-q", path, (char *)NULL);
        _exit(127);
    }
    snprintf(direct, sizeof direct, "host=127.0.0.1 port=%d user=covet dbname=plain passfile='%s'",
             live_port(cluster, 0, 0), live_passfile(cluster));
    snprintf(pooled, sizeof pooled, "host=127.0.0.1 port=%d user=covet dbname=plain password='%s'",
             port, password);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[256];
    if (bouncer > 0) {
        kill(bouncer, SIGTERM);
        waitpid(bouncer, NULL, 0);
    }
    live_down(cluster);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static covet_db *open_pooled(void)
{
    covet_db *db = NULL;
    covet_status status = COVET_ECONNECT;
    for (int i = 0; i < 50 && status != COVET_OK; i++) { /* until it listens */
        status = covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = pooled, .catalog_dsn = direct,
                                            .map_dir = "", .transaction_pooler = true,
                                            .pool = {.size_max = 6}),
                                 &db, &err);
        usleep(100000);
    }
    assert_ok(status, &err);
    return db;
}

static void run(covet_db *db, const char *sql, covet_tx *tx)
{
    assert_ok(covet_exec_wait(db, COVET_SQL(sql),
                              COVET_OPTS(covet_call, .tx = tx, .timeout = 20000), NULL, &err),
              &err);
}

static int64_t number(covet_db *db, const covet_sql *sql, covet_tx *tx)
{
    covet_result *rows = NULL;
    int64_t value = 0;
    assert_ok(covet_query_wait(db, sql, COVET_OPTS(covet_call, .tx = tx), &rows, &err), &err);
    assert_ok(covet_result_int(rows, 0, 0, &value, &err), &err);
    covet_result_free(rows);
    return value;
}

static void nothing_of_a_session_is_relied_on(void **state)
{
    (void)state;
    covet_db *db = open_pooled();
    run(db, "CREATE TABLE things (id int8 PRIMARY KEY, name text)", NULL);
    for (int i = 0; i < 200; i++)
        assert_int_equal(number(db,
                                COVET_SQL("INSERT INTO things VALUES ($1, $2) RETURNING id",
                                          covet_int(i), covet_text("x")),
                                NULL),
                         i);
    for (int i = 0; i < 200; i++)
        assert_int_equal(number(db, COVET_SQL("SELECT id FROM things WHERE id = $1", covet_int(i)),
                                NULL),
                         i);
    assert_int_equal(
        number(db,
               COVET_SQL("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'covet%'"),
               NULL),
        0);
    covet_close_wait(db);
}

static void a_transaction_keeps_its_server(void **state)
{
    (void)state;
    covet_db *db = open_pooled();
    covet_tx *tx[4];
    int64_t pids[4];
    for (int i = 0; i < 3; i++) {
        assert_ok(covet_begin(db, NULL, &tx[i], &err), &err);
        pids[i] = number(db, COVET_SQL("SELECT pg_backend_pid()::int8"), tx[i]);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(pids[i], pids[j]);
    }
    for (int i = 0; i < 3; i++) {
        run(db,
            i == 0   ? "UPDATE things SET name = '0' WHERE id = 0"
            : i == 1 ? "UPDATE things SET name = '1' WHERE id = 1"
                     : "UPDATE things SET name = '2' WHERE id = 2",
            tx[i]);
        assert_int_equal(number(db, COVET_SQL("SELECT pg_backend_pid()::int8"), tx[i]), pids[i]);
    }
    assert_ok(covet_commit_wait(tx[0], NULL, &err), &err);
    assert_ok(covet_rollback_wait(tx[1], NULL, &err), &err);
    assert_ok(covet_commit_wait(tx[2], NULL, &err), &err);
    assert_int_equal(number(db,
                            COVET_SQL("SELECT count(*) FROM things WHERE name IN ('0', '1', '2')"),
                            NULL),
                     2);
    covet_close_wait(db);
}

typedef struct tally {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int done, good;
} tally;

static void count(covet_op *op, covet_status status, void *user)
{
    tally *t = user;
    (void)op;
    pthread_mutex_lock(&t->mutex);
    t->done++;
    t->good += status == COVET_OK;
    pthread_cond_signal(&t->cond);
    pthread_mutex_unlock(&t->mutex);
}

static void many_at_once(void **state)
{
    (void)state;
    covet_db *db = open_pooled();
    tally t = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    for (int i = 0; i < 500; i++)
        assert_ok(covet_query(db,
                              i % 3 == 0 ? COVET_SQL("UPDATE things SET name = 'u' WHERE id = $1",
                                                     covet_int(i % 200))
                                         : COVET_SQL("SELECT name FROM things WHERE id = $1",
                                                     covet_int(i % 200)),
                              NULL, NULL, &err, count, &t),
                  &err);
    pthread_mutex_lock(&t.mutex);
    while (t.done < 500)
        pthread_cond_wait(&t.cond, &t.mutex);
    pthread_mutex_unlock(&t.mutex);
    assert_int_equal(t.good, 500);
    covet_close_wait(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_a_session_is_relied_on),
        cmocka_unit_test(a_transaction_keeps_its_server),
        cmocka_unit_test(many_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
