/*
 * tests/live/test_catalog.c - a handle meets a catalog, a map file or a member that it must
 * not believe.
 *
 * Two groups with one table. What a test changes it takes back.
 */
#include "support/cmocka_all.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <covet/covet.h>
#include <covet/shard/key.h>

#include "support/live.h"

enum { ROWS = 100 };

static live_cluster *cluster;
static char map_dir[1024];
static covet_error err;
static int id_in[2]; /* a key of each group */

static void run_tool(const char *const *arguments)
{
    char *output;
    if (live_shardctl(arguments, &output) != 0)
        fail_msg("%s", output);
    free(output);
}

static void find_keys(void)
{
    for (int id = 1; id <= ROWS && (id_in[0] == 0 || id_in[1] == 0); id++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT group_id - 1 FROM covet.shards WHERE lo <= %llu ORDER BY lo DESC LIMIT 1",
                 (unsigned long long)covet_key_hash_int(id));
        char *group = live_value(cluster, 0, 0, sql);
        id_in[atoi(group)] = id;
        free(group);
    }
}

static int set_up(void **state)
{
    (void)state;
    const char *where = getenv("TMPDIR");
    snprintf(map_dir, sizeof map_dir, "%s/covet-map-XXXXXX", where != NULL ? where : "/tmp");
    assert_non_null(mkdtemp(map_dir));
    cluster = live_up(2, 0, (const char *const[]){"--shards", "8", NULL});
    setenv("COVET_CATALOG", live_catalog(cluster), 1);
    live_psql(cluster, 0,
              "CREATE TABLE items (id int8 PRIMARY KEY, n int8 NOT NULL);"
              "INSERT INTO items SELECT i, i * 7 FROM generate_series(1, 100) i");
    run_tool((const char *const[]){"distribute", "items", "--key", "id", NULL});
    find_keys();
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

/* ---- the handle ------------------------------------------------------------------------ */

/* With the library's own thread. On failure there is no handle, and `err` says why. */
static covet_db *open_map(const char *dir)
{
    covet_db *db = NULL;
    const covet_status status =
        covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = live_catalog(cluster), .map_dir = dir,
                                   .timeout = 5000),
                        &db, &err);
    assert_true((status == COVET_OK) == (db != NULL));
    return db;
}

static covet_status read_item(covet_db *db, int id)
{
    covet_result *rows = NULL;
    int64_t n = 0;
    covet_status status =
        covet_query_wait(db, COVET_SQL("SELECT n FROM items WHERE id = $1", covet_int(id)), NULL,
                         &rows, &err);
    if (status == COVET_OK)
        status = covet_result_int(rows, 0, 0, &n, &err);
    covet_result_free(rows);
    assert_true(status != COVET_OK || n == id * 7);
    return status;
}

static void assert_both_groups(covet_db *db)
{
    assert_ok(read_item(db, id_in[0]), &err);
    assert_ok(read_item(db, id_in[1]), &err);
}

/* ---- the catalog ----------------------------------------------------------------------- */

static void a_catalog_of_a_newer_format_is_refused(void **state)
{
    (void)state;
    covet_db *old = open_map(map_dir);
    assert_both_groups(old);
    live_psql(cluster, 0,
              "UPDATE covet.cluster SET format = 2, epoch = epoch + 1; NOTIFY covet_map");
    /* A map file is for a catalog that is down, not for one that was understood. */
    assert_null(open_map(map_dir));
    assert_int_equal(err.status, COVET_ECATALOG);
    assert_contains(err.message, "its format is 2, newer than this library's 1");
    assert_null(open_map(""));
    assert_int_equal(err.status, COVET_ECATALOG);
    usleep(200 * 1000);
    assert_both_groups(old); /* a service that runs goes on */
    live_psql(cluster, 0,
              "UPDATE covet.cluster SET format = 1, epoch = epoch + 1; NOTIFY covet_map");
    covet_close_wait(old);
    covet_db *db = open_map("");
    assert_both_groups(db);
    covet_close_wait(db);
}

static void a_member_of_another_cluster_is_not_used(void **state)
{
    (void)state;
    char other[1024], sql[512];
    char *was = live_value(cluster, 0, 0, "SELECT dsn FROM covet.members WHERE group_id = 2");
    live_psql(cluster, 1, "CREATE DATABASE other");
    snprintf(other, sizeof other, "host=127.0.0.1 port=%d user=covet dbname=other passfile='%s'",
             live_port(cluster, 1, 0), live_passfile(cluster));
    run_tool((const char *const[]){"init", "--home", other, "--shards", "8", NULL});
    snprintf(sql, sizeof sql,
             "UPDATE covet.members SET dsn = 'host=127.0.0.1 port=%d dbname=other' WHERE group_id"
             " = 2; UPDATE covet.cluster SET epoch = epoch + 1; NOTIFY covet_map",
             live_port(cluster, 1, 0));
    live_psql(cluster, 0, sql);
    covet_db *db = open_map("");
    assert_ok(read_item(db, id_in[0]), &err);
    assert_int_equal(read_item(db, id_in[1]), COVET_ECLUSTER);
    assert_contains(err.message, "g2");
    assert_contains(err.message, "cluster");
    covet_close_wait(db);
    snprintf(sql, sizeof sql,
             "UPDATE covet.members SET dsn = $$%s$$ WHERE group_id = 2;"
             "UPDATE covet.cluster SET epoch = epoch + 1; NOTIFY covet_map",
             was);
    free(was);
    live_psql(cluster, 0, sql);
    db = open_map("");
    assert_both_groups(db);
    covet_close_wait(db);
}

/* The address is the same, but what is there now is another cluster's catalog. */
static void a_catalog_that_becomes_another_clusters_is_not_followed(void **state)
{
    (void)state;
    covet_db_info info = {.size = sizeof info};
    char sql[256];
    char *was = live_value(cluster, 0, 0, "SELECT id FROM covet.cluster");
    covet_db *db = open_map("");
    assert_both_groups(db);
    live_psql(cluster, 0,
              "UPDATE covet.cluster SET id = gen_random_uuid(), epoch = epoch + 1;"
              "NOTIFY covet_map");
    usleep(300 * 1000);
    covet_db_describe(db, &info);
    assert_string_equal(info.cluster_id, was);
    assert_both_groups(db);
    snprintf(sql, sizeof sql,
             "UPDATE covet.cluster SET id = '%s', epoch = epoch + 1; NOTIFY covet_map", was);
    live_psql(cluster, 0, sql);
    free(was);
    covet_close_wait(db);
}

typedef struct hearing {
    bool secret;
    int lines;
} hearing;

static void hear(const covet_log_record *record, void *user)
{
    hearing *h = user;
    h->lines++;
    h->secret |= strstr(record->message, "s3same") != NULL;
}

static void a_wrong_password_is_in_no_error_and_no_log(void **state)
{
    (void)state;
    char dsn[256];
    hearing heard = {false};
    covet_db *db = NULL;
    snprintf(dsn, sizeof dsn, "postgresql://covet:s3same@127.0.0.1:%d/covet",
             live_port(cluster, 0, 0));
    assert_int_equal(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "",
                                                .log = hear, .log_user = &heard,
                                                .log_level = COVET_LOG_DEBUG),
                                     &db, &err),
                     COVET_ECONNECT);
    assert_string_equal(err.sqlstate, "28P01");
    assert_null(strstr(err.message, "s3same"));
    assert_false(heard.secret);
}

/* However far the opening has come: the connection to the catalog is begun in a job of its own,
 * and its place may be gone by then. */
static void a_handle_may_be_closed_before_it_has_connected(void **state)
{
    (void)state;
    for (int turns = 0; turns < 12; turns++) {
        uv_loop_t loop;
        covet_db *db = NULL;
        assert_int_equal(uv_loop_init(&loop), 0);
        assert_ok(covet_open(COVET_OPTS(covet_db_opts, .dsn = live_catalog(cluster), .map_dir = "",
                                        .loop = &loop),
                             &db, &err, NULL, NULL),
                  &err);
        for (int i = 0; i < turns; i++)
            uv_run(&loop, UV_RUN_NOWAIT);
        covet_close(db, NULL, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&loop), 0);
    }
}

/* ---- the map file ---------------------------------------------------------------------- */

static void find_map_file(char path[1400])
{
    DIR *dir = opendir(map_dir);
    assert_non_null(dir);
    path[0] = '\0';
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (strstr(entry->d_name, ".map") != NULL)
            snprintf(path, 1400, "%s/%s", map_dir, entry->d_name);
    closedir(dir);
    assert_true(path[0] != '\0');
}

typedef struct content {
    char bytes[1 << 16];
    size_t length;
} content;

static void load(const char *path, content *out)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    out->length = fread(out->bytes, 1, sizeof out->bytes, file);
    fclose(file);
    assert_true(out->length > 100 && out->length < sizeof out->bytes);
}

static void store(const char *path, const content *c)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(c->bytes, 1, c->length, file), c->length);
    fclose(file);
}

/* The n-th way to spoil a file: cut off, a byte turned, random bytes, empty. */
enum { DAMAGES = 24 };

static void spoil(content *c, int n)
{
    const size_t at = c->length * (size_t)(n / 2) / (DAMAGES / 2);
    if (n % 2 == 0)
        c->length = at;
    else
        c->bytes[at] ^= (char)(1 << n % 8);
}

static void a_damaged_map_file_is_ignored_while_the_catalog_is_there(void **state)
{
    (void)state;
    char path[1400];
    content good, now;
    covet_db *db = open_map(map_dir);
    covet_close_wait(db);
    find_map_file(path);
    load(path, &good);
    for (int n = 0; n < DAMAGES; n += 5) {
        content bad = good;
        spoil(&bad, n);
        store(path, &bad);
        db = open_map(map_dir);
        assert_non_null(db);
        assert_both_groups(db);
        covet_close_wait(db);
        load(path, &now); /* written again */
        assert_int_equal(now.length, good.length);
        assert_memory_equal(now.bytes, good.bytes, good.length);
    }
}

static void a_damaged_map_file_is_no_way_in_while_it_is_not(void **state)
{
    (void)state;
    char path[1400];
    content good;
    covet_db_info info = {.size = sizeof info};
    covet_db *db = open_map(map_dir);
    covet_close_wait(db);
    find_map_file(path);
    load(path, &good);
    live_stop(cluster, 0, 0);
    for (int n = 0; n < DAMAGES; n++) {
        content bad = good;
        spoil(&bad, n);
        store(path, &bad);
        db = open_map(map_dir);
        if (db != NULL)
            fail_msg("damage %d was believed", n);
        assert_int_equal(err.status, COVET_ECONNECT);
        assert_contains(err.message, "catalog");
        assert_contains(err.message, ".map");
    }
    unlink(path);
    assert_null(open_map(map_dir));
    assert_int_equal(err.status, COVET_ECONNECT);
    store(path, &good);
    db = open_map(map_dir);
    assert_non_null(db);
    covet_db_describe(db, &info);
    assert_true(info.from_disk);
    assert_ok(read_item(db, id_in[1]), &err);
    covet_close_wait(db);
    live_start(cluster, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalog_of_a_newer_format_is_refused),
        cmocka_unit_test(a_member_of_another_cluster_is_not_used),
        cmocka_unit_test(a_catalog_that_becomes_another_clusters_is_not_followed),
        cmocka_unit_test(a_handle_may_be_closed_before_it_has_connected),
        cmocka_unit_test(a_wrong_password_is_in_no_error_and_no_log),
        cmocka_unit_test(a_damaged_map_file_is_ignored_while_the_catalog_is_there),
        cmocka_unit_test(a_damaged_map_file_is_no_way_in_while_it_is_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
