/*
 * tests/live/test_tls.c - TLS with a verified certificate, SCRAM inside it.
 *
 * The host is a name with several addresses, only one of which answers: resolving it off
 * the loop, trying the addresses in turn and checking the name must go together.
 */
#include "support/cmocka_all.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <covet/covet.h>

#include "support/live.h"

static live_cluster *cluster;
static char dir[] = "/tmp/covet-tls-XXXXXX";
static covet_error err;

static void shell(const char *format, const char *a, const char *b)
{
    char command[2048];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(command, sizeof command, format, a, b);
#pragma GCC diagnostic pop
    if (system(command) != 0)
        fail_msg("%s", command);
}

static int set_up(void **state)
{
    (void)state;
    cluster = live_up(1, 0, NULL);
    live_psql(cluster, 0, "CREATE DATABASE plain");
    assert_non_null(mkdtemp(dir));
    shell("openssl req -new -x509 -days 2 -nodes -subj /CN=localhost "
          "-addext subjectAltName=DNS:localhost -out '%s/server.crt' -keyout '%s/server.key' "
          "2>/dev/null",
          dir, dir);
    shell("openssl req -new -x509 -days 2 -nodes -subj /CN=other -out '%s/other.crt' "
          "-keyout '%s/other.key' 2>/dev/null",
          dir, dir);
    const char *data = live_data(cluster, 0, 0);
    shell("install -m 0600 '%s/server.key' '%s/server.key'", dir, data);
    shell("install -m 0600 '%s/server.crt' '%s/server.crt'", dir, data);
    shell("chown --reference='%s/PG_VERSION' '%s'/server.*", data, data);
    live_psql(cluster, 0, "ALTER SYSTEM SET ssl = on");
    live_stop(cluster, 0, 0);
    live_start(cluster, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    live_down(cluster);
    shell("rm -rf '%s'%s", dir, "");
    return 0;
}

static covet_status try_open(const char *host, const char *mode, const char *root, covet_db **db)
{
    char dsn[1024];
    snprintf(dsn, sizeof dsn,
             "host=%s port=%d user=covet dbname=plain passfile='%s' sslmode=%s sslrootcert='%s/%s'",
             host, live_port(cluster, 0, 0), live_passfile(cluster), mode, dir, root);
    return covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), db, &err);
}

static void a_verified_server_is_used(void **state)
{
    (void)state;
    covet_db *db = NULL;
    assert_ok(try_open("localhost", "verify-full", "server.crt", &db), &err);
    covet_result *rows = NULL;
    bool encrypted = false;
    assert_ok(
        covet_query_wait(db, COVET_SQL("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"),
                         NULL, &rows, &err),
        &err);
    assert_ok(covet_result_bool(rows, 0, 0, &encrypted, &err), &err);
    assert_true(encrypted);
    covet_result_free(rows);
    /* More than TLS's record and libpq's buffer in both directions. */
    char *text = malloc(300001);
    memset(text, 'x', 300000);
    text[300000] = '\0';
    int64_t length = 0;
    assert_ok(covet_query_wait(db,
                               COVET_SQL("SELECT length($1::text), repeat('y', 400000)",
                                         covet_text(text)),
                               NULL, &rows, &err),
              &err);
    assert_ok(covet_result_int(rows, 0, 0, &length, &err), &err);
    assert_int_equal(length, 300000);
    assert_int_equal(strlen(covet_result_text(rows, 0, 1)), 400000);
    covet_result_free(rows);
    free(text);
    covet_close_wait(db);
}

static void another_certificate_is_refused(void **state)
{
    (void)state;
    covet_db *db = NULL;
    assert_int_equal(try_open("localhost", "verify-full", "other.crt", &db), COVET_ECONNECT);
    assert_contains(err.message, "certificate");
    assert_int_equal(try_open("127.0.0.1", "verify-full", "server.crt", &db), COVET_ECONNECT);
    assert_contains(err.message, "127.0.0.1");
    assert_null(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verified_server_is_used),
        cmocka_unit_test(another_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
