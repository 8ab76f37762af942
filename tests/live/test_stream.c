/*
 * tests/live/test_stream.c - rows that are handed over while they come: the same as those of
 * a whole result, paused, cancelled, given up, and ended by servers that fail.
 */
#include "support/cmocka_all.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#include <uv.h>

#include <covet/covet.h>

#include "support/cluster.h"

enum { ROWS = 60000, PIECE_MAX = 1000 };

static live_cluster *cluster;
static covet_error err;

static int set_up(void **state)
{
    (void)state;
    cluster = cluster_up(2, 8);
    cluster_both(
        "CREATE TABLE marks (id int8 PRIMARY KEY, pupil int4, points numeric, name text,"
        " made timestamptz);"
        "INSERT INTO marks SELECT i, i % 97, CASE WHEN i % 11 = 0 THEN NULL"
        " ELSE i % 1000 / 8.0 END, 'name ' || i,"
        " '2026-01-01 00:00+00'::timestamptz + i * 7919::int8 % 60013 * interval '1 minute'"
        " FROM generate_series(1, 60000) i;"
        "CREATE TABLE colours (id int8 PRIMARY KEY, name text);"
        "INSERT INTO colours SELECT i, 'colour ' || i FROM generate_series(1, 3000) i;"
        "CREATE TABLE notes (id int8 PRIMARY KEY, name text);"
        "INSERT INTO notes SELECT i, 'note ' || i FROM generate_series(1, 3000) i;");
    for (int group = 0; group < 2; group++) /* a minute, for one key */
        live_psql(cluster, group,
                  "CREATE FUNCTION slow(key int8, which int8) RETURNS bool LANGUAGE plpgsql"
                  " IMMUTABLE AS 'BEGIN IF key = which THEN PERFORM pg_sleep(60); END IF;"
                  " RETURN true; END'");
    cluster_tool_ok("distribute", "marks", "--key", "id");
    cluster_tool_ok("reference", "colours");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* ---- the same rows ------------------------------------------------------------------------- */

typedef struct lines {
    char **at;
    size_t count, capacity;
} lines;

/* A row as text: its cells' bytes in hexadecimal, '-' for NULL. */
static void add_rows(lines *all, const covet_result *rows)
{
    for (size_t row = 0; row < covet_result_rows(rows); row++) {
        if (all->count == all->capacity) {
            all->capacity = all->capacity * 2 + 64;
            all->at = realloc(all->at, all->capacity * sizeof *all->at);
        }
        char *line;
        size_t length;
        FILE *out = open_memstream(&line, &length);
        for (size_t i = 0; i < covet_result_columns(rows); i++) {
            const covet_cell cell = covet_result_cell(rows, row, i);
            fputs(cell.bytes == NULL ? " -" : " ", out);
            for (size_t b = 0; b < cell.length; b++)
                fprintf(out, "%02x", ((const unsigned char *)cell.bytes)[b]);
            assert_true(cell.bytes == NULL || ((const char *)cell.bytes)[cell.length] == '\0');
        }
        fclose(out);
        all->at[all->count++] = line;
    }
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_lines(lines *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->at[i]);
    free(all->at);
    *all = (lines){0};
}

static covet_db *open_db(const char *dsn, uint32_t size_max)
{
    covet_db *db = NULL;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = "",
                                         .pool = {.size_max = size_max}),
                              &db, &err),
              &err);
    return db;
}

static void same(covet_db *db, const char *sql, bool ordered, covet_tx *tx)
{
    lines whole = {0}, pieces = {0};
    covet_result *rows = NULL;
    covet_rows *stream = NULL;
    const covet_result *piece = NULL;
    const covet_call *call = COVET_OPTS(covet_call, .tx = tx);
    size_t piece_count = 0;
    assert_ok(covet_query_wait(db, COVET_SQL(sql), call, &rows, &err), &err);
    add_rows(&whole, rows);
    assert_ok(covet_rows_open(db, COVET_SQL(sql), call, &stream, &err), &err);
    for (;;) {
        assert_ok(covet_rows_next(stream, &piece, &err), &err);
        if (piece == NULL)
            break;
        piece_count++;
        assert_true(covet_result_rows(piece) <= PIECE_MAX);
        assert_true(covet_result_rows(piece) > 0 || covet_result_rows(rows) == 0);
        assert_int_equal(covet_result_columns(piece), covet_result_columns(rows));
        for (size_t i = 0; i < covet_result_columns(rows); i++) {
            assert_string_equal(covet_result_name(piece, i), covet_result_name(rows, i));
            assert_int_equal(covet_result_type(piece, i), covet_result_type(rows, i));
        }
        add_rows(&pieces, piece);
    }
    covet_rows_close(stream);
    assert_true(piece_count > 0);
    assert_int_equal(pieces.count, whole.count);
    if (!ordered && whole.count > 0) {
        qsort(whole.at, whole.count, sizeof *whole.at, compare_lines);
        qsort(pieces.at, pieces.count, sizeof *pieces.at, compare_lines);
    }
    for (size_t i = 0; i < whole.count; i++)
        assert_string_equal(pieces.at[i], whole.at[i]);
    covet_result_free(rows);
    free_lines(&whole);
    free_lines(&pieces);
}

typedef struct push {
    size_t rows;
    size_t pieces;
    covet_status status;
    covet_error why;
    _Atomic bool ended;
} push;

static bool on_pushed(covet_op *op, const covet_result *rows, void *user)
{
    push *p = user;
    (void)op;
    p->rows += covet_result_rows(rows);
    p->pieces++;
    return true;
}

static void on_push_ended(covet_op *op, covet_status status, void *user)
{
    push *p = user;
    p->status = status;
    p->why = *covet_op_error(op);
    p->ended = true;
}

/* A caller who never pauses gets all of them, too. */
static void pushed(covet_db *db, const char *sql, size_t rows)
{
    push p = {0};
    const covet_sql statement = {.size = sizeof statement, .text = sql};
    assert_ok(covet_stream(db, &statement, NULL, NULL, &err, on_pushed, on_push_ended, &p), &err);
    for (int i = 0; i < 3000 && !p.ended; i++)
        cluster_pause(10);
    assert_true(p.ended);
    assert_ok(p.status, &p.why);
    assert_int_equal(p.rows, rows);
    assert_true(p.pieces >= rows / 1000);
}

static void every_tier_gives_the_rows_of_a_whole_result(void **state)
{
    (void)state;
    covet_db *db = open_db(cluster_catalog(), 2);
    same(db, "SELECT * FROM marks WHERE id = 17", true, NULL);
    same(db, "SELECT * FROM marks WHERE id = 0", true, NULL);
    same(db, "SELECT * FROM colours ORDER BY id", true, NULL);
    same(db, "SELECT * FROM notes ORDER BY id DESC", true, NULL);
    same(db, "SELECT generate_series(1, 5000), 'x'", true, NULL);
    same(db, "SELECT * FROM marks", false, NULL);
    same(db, "SELECT id, name FROM marks WHERE id IN (3, 5, 8, 13, 21)", false, NULL);
    same(db, "SELECT m.id, c.name FROM marks m JOIN colours c ON c.id = m.pupil + 1", false, NULL);
    same(db, "SELECT * FROM marks WHERE false", true, NULL);
    same(db, "SELECT * FROM marks ORDER BY points DESC, id", true, NULL);
    same(db, "SELECT name FROM marks ORDER BY made, id DESC LIMIT 30000 OFFSET 100", true, NULL);
    same(db, "SELECT name FROM marks ORDER BY made, id LIMIT 10", true, NULL);
    same(db, "SELECT name FROM marks ORDER BY id LIMIT 0", true, NULL);
    /* A group sends more than is buffered of it, and most of that is not wanted. */
    same(db, "SELECT name FROM marks ORDER BY made, id LIMIT 10 OFFSET 990", true, NULL);
    same(db, "SELECT name FROM marks ORDER BY id LIMIT 1000", true, NULL);
    same(db, "SELECT id % 3 AS x, count(*), max(made) FROM marks GROUP BY id ORDER BY id", true,
         NULL);
    same(db, "SELECT count(*), sum(points), avg(points) FROM marks", true, NULL);
    /* Put together by one server, and not the first thousand alone. */
    same(db, "SELECT id, row_number() OVER (ORDER BY id) FROM marks WHERE id <= 9000", false, NULL);
    same(db, "SELECT made, count(*) FROM marks GROUP BY made ORDER BY made LIMIT 5000", true, NULL);
    pushed(db, "SELECT id, row_number() OVER (ORDER BY id) FROM marks", 60000);
    pushed(db, "SELECT id FROM marks UNION SELECT id FROM colours ORDER BY 1 LIMIT 2500", 2500);
    pushed(db, "SELECT generate_series(1, 5000), 'x'", 5000);
    pushed(db, "SELECT id FROM marks ORDER BY id", 60000);
    covet_close_wait(db);
    db = open_db(cluster_plain(), 2);
    same(db, "SELECT * FROM marks ORDER BY id", true, NULL);
    covet_close_wait(db);
}

static void a_transaction_streams_in_its_turn(void **state)
{
    (void)state;
    covet_db *db = open_db(cluster_catalog(), 2);
    const covet_tx_opts opts[] = {{.size = sizeof *opts, .isolation = COVET_REPEATABLE_READ},
                                  {.size = sizeof *opts}};
    for (int i = 0; i < 2; i++) {
        covet_tx *tx = NULL;
        assert_ok(covet_begin(db, &opts[i], &tx, &err), &err);
        same(db, "SELECT * FROM notes ORDER BY id", true, tx);
        same(db, "SELECT * FROM colours ORDER BY id", true, tx);
        if (i == 1)
            same(db, "SELECT * FROM marks ORDER BY id", true, tx);
        /* Given up half way, its rows are thrown away and the transaction goes with it. */
        covet_rows *stream = NULL;
        const covet_result *piece = NULL;
        assert_ok(covet_rows_open(db, COVET_SQL("SELECT * FROM notes, generate_series(1, 50)"),
                                  COVET_OPTS(covet_call, .tx = tx), &stream, &err),
                  &err);
        assert_ok(covet_rows_next(stream, &piece, &err), &err);
        covet_rows_close(stream);
        assert_int_not_equal(covet_commit_wait(tx, NULL, &err), COVET_OK);
    }
    same(db, "SELECT * FROM notes ORDER BY id", true, NULL);
    covet_close_wait(db);
}

static void a_write_is_run_whole_and_counted(void **state)
{
    (void)state;
    covet_db *db = open_db(cluster_catalog(), 2);
    covet_rows *stream = NULL;
    const covet_result *piece = NULL;
    assert_ok(covet_rows_open(db, COVET_SQL("UPDATE notes SET name = name WHERE id <= 2500"), NULL,
                              &stream, &err),
              &err);
    assert_ok(covet_rows_next(stream, &piece, &err), &err);
    assert_int_equal(covet_result_affected(piece), 2500);
    assert_ok(covet_rows_next(stream, &piece, &err), &err);
    assert_null(piece);
    assert_ok(covet_rows_next(stream, &piece, &err), &err);
    assert_null(piece);
    covet_rows_close(stream);
    same(db, "UPDATE notes SET name = name WHERE id BETWEEN 2 AND 2600 RETURNING id", false, NULL);
    covet_close_wait(db);
}

/* ---- with callbacks ------------------------------------------------------------------------ */

typedef struct reader {
    uv_loop_t loop;
    covet_db *db;
    covet_op_id op;
    size_t rows, pieces, ends;
    size_t pause_at; /* after so many pieces, once; 0: never */
    bool paused;
    covet_status status;
    covet_error why;
} reader;

static bool on_rows(covet_op *op, const covet_result *rows, void *user)
{
    reader *r = user;
    assert_int_equal(r->ends, 0);
    assert_ptr_equal(covet_op_result(op), rows);
    assert_int_equal(covet_op_number(op), r->op);
    assert_false(r->paused);
    r->rows += covet_result_rows(rows);
    r->paused = ++r->pieces == r->pause_at;
    return !r->paused;
}

static void on_end(covet_op *op, covet_status status, void *user)
{
    reader *r = user;
    r->ends++;
    r->status = status;
    r->why = *covet_op_error(op);
    assert_null(covet_op_result(op));
}

static void open_reader(reader *r, uint32_t size_max)
{
    *r = (reader){0};
    uv_loop_init(&r->loop);
    assert_ok(covet_open(COVET_OPTS(covet_db_opts, .dsn = cluster_catalog(), .map_dir = "",
                                    .loop = &r->loop, .pool = {.size_max = size_max}),
                         &r->db, &err, NULL, NULL),
              &err);
}

static void start(reader *r, const char *sql, covet_msec timeout)
{
    r->rows = r->pieces = r->ends = 0;
    r->paused = false;
    assert_ok(covet_stream(r->db, COVET_SQL(sql), COVET_OPTS(covet_call, .timeout = timeout),
                           &r->op, &err, on_rows, on_end, r),
              &err);
    assert_int_equal(r->pieces + r->ends, 0);
}

static void run_until_ended(reader *r)
{
    while (r->ends == 0)
        uv_run(&r->loop, UV_RUN_ONCE);
}

/* Lets the loop turn for a while, whatever happens. */
static void run_for(reader *r, double seconds)
{
    const uint64_t until = uv_hrtime() + (uint64_t)(seconds * 1e9);
    while (uv_hrtime() < until) {
        uv_run(&r->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

static void close_reader(reader *r)
{
    covet_close(r->db, NULL, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
}

/* All connections work, and none is held: pools are as small as the stream. */
static void is_usable(reader *r)
{
    r->pause_at = 0;
    start(r, "SELECT * FROM marks ORDER BY id", 20000);
    run_until_ended(r);
    assert_int_equal(r->status, COVET_OK);
    assert_int_equal(r->rows, ROWS);
}

static void a_paused_stream_reads_nothing_until_it_is_resumed(void **state)
{
    (void)state;
    reader r;
    open_reader(&r, 1);
    r.pause_at = 2;
    start(&r, "SELECT *, repeat('x', 1000) FROM marks ORDER BY id", 60000);
    while (!r.paused)
        uv_run(&r.loop, UV_RUN_ONCE);
    const size_t rows = r.rows;
    run_for(&r, 0.3);
    assert_int_equal(r.rows, rows);
    assert_int_equal(r.pieces, 2);
    /* The servers wait for us: 60 MB are not on their way. */
    char *waiting = live_value(cluster, 0, 0,
                               "SELECT count(*) FROM pg_stat_activity WHERE"
                               " wait_event = 'ClientWrite' AND query LIKE '%UNION ALL%'");
    assert_string_equal(waiting, "1");
    free(waiting);
    r.paused = false;
    assert_ok(covet_stream_resume(r.db, r.op, &err), &err);
    assert_ok(covet_stream_resume(r.db, r.op + 1, &err), &err);
    run_until_ended(&r);
    assert_int_equal(r.status, COVET_OK);
    assert_int_equal(r.rows, ROWS);
    close_reader(&r);
}

static void a_paused_stream_that_nobody_resumes_ends_at_its_deadline(void **state)
{
    (void)state;
    static const char *const statements[] = {"SELECT *, repeat('x', 1000) FROM marks ORDER BY id",
                                             "SELECT * FROM marks",
                                             "SELECT generate_series(1, 1000000)",
                                             "SELECT * FROM marks ORDER BY id LIMIT 1"};
    reader r;
    open_reader(&r, 1);
    for (size_t i = 0; i < 4; i++) {
        r.pause_at = 1;
        start(&r, statements[i], 400);
        run_until_ended(&r);
        assert_int_equal(r.status, COVET_ETIMEOUT);
        assert_non_null(strstr(r.why.message, "the caller had paused the stream"));
        is_usable(&r);
    }
    close_reader(&r);
}

static void a_cancelled_stream_ends_half_way(void **state)
{
    (void)state;
    reader r;
    open_reader(&r, 1);
    for (size_t at = 1; at <= 3; at++) {
        r.pause_at = at;
        start(&r, "SELECT *, repeat('x', 1000) FROM marks ORDER BY id", 60000);
        while (!r.paused)
            uv_run(&r.loop, UV_RUN_ONCE);
        covet_cancel(r.db, r.op);
        assert_int_equal(r.ends, 0);
        run_until_ended(&r);
        assert_int_equal(r.status, COVET_ECANCELED);
        is_usable(&r);
    }
    /* And one that nobody has paused. */
    r.pause_at = 0;
    start(&r, "SELECT * FROM marks WHERE slow(id, 5000)", 60000);
    run_for(&r, 0.2);
    covet_cancel(r.db, r.op);
    run_until_ended(&r);
    assert_int_equal(r.status, COVET_ECANCELED);
    is_usable(&r);
    close_reader(&r);
}

static void closing_the_handle_ends_its_streams(void **state)
{
    (void)state;
    for (size_t at = 0; at <= 1; at++) {
        reader r;
        open_reader(&r, 2);
        r.pause_at = at;
        start(&r, "SELECT *, repeat('x', 1000) FROM marks ORDER BY id", 60000);
        while (r.pieces == 0)
            uv_run(&r.loop, UV_RUN_ONCE);
        close_reader(&r);
        assert_int_equal(r.ends, 1);
        assert_int_equal(r.status, COVET_ECLOSED);
    }
}

static void an_error_comes_behind_the_rows_before_it(void **state)
{
    (void)state;
    reader r;
    open_reader(&r, 1);
    start(&r, "SELECT id, 1 / (id - 59000) FROM marks ORDER BY id", 60000);
    run_until_ended(&r);
    assert_int_equal(r.status, COVET_ESQL);
    assert_string_equal(r.why.sqlstate, "22012");
    assert_int_equal(r.why.outcome, COVET_OUTCOME_NONE);
    assert_true(r.why.group[0] != '\0' && r.why.member[0] != '\0');
    is_usable(&r);
    close_reader(&r);
}

static void a_row_that_is_too_large_is_refused(void **state)
{
    (void)state;
    reader r;
    open_reader(&r, 1);
    assert_ok(covet_stream(r.db,
                           COVET_SQL("SELECT id, repeat('x', CASE WHEN id = 500 THEN 50000000"
                                     " ELSE 10 END) FROM marks ORDER BY id"),
                           COVET_OPTS(covet_call, .bytes_max = 1 << 20), &r.op, &err, on_rows,
                           on_end, &r),
              &err);
    run_until_ended(&r);
    assert_int_equal(r.status, COVET_ELIMIT);
    is_usable(&r);
    close_reader(&r);
}

static void sql_prints_rows_while_they_come(void **state)
{
    (void)state;
    const char *const statements[] = {
        "SELECT 1 AS one",
        "SELECT * FROM marks ORDER BY id LIMIT 1",
        "SELECT m.*, repeat('x', 900) FROM marks m ORDER BY id",
    };
    long peaks[3] = {0};
    char options[1024];
    const char *own = getenv("ASAN_OPTIONS");
    char *before = own != NULL ? strdup(own) : NULL;
    /* AddressSanitizer keeps what was freed, 256 MB of it, unless it is told not to. */
    snprintf(options, sizeof options, "%s:quarantine_size_mb=1", before != NULL ? before : "");
    setenv("ASAN_OPTIONS", options, 1);
    for (int i = 0; i < 3; i++) {
        cluster_said said = cluster_sql("--csv", statements[i]);
        cluster_said expected = cluster_psql("--csv", statements[i]);
        assert_int_equal(said.code, 0);
        assert_string_equal(said.out, expected.out);
        peaks[i] = said.peak_kb;
        cluster_forget(&said);
        cluster_forget(&expected);
    }
    if (before != NULL)
        setenv("ASAN_OPTIONS", before, 1);
    else
        unsetenv("ASAN_OPTIONS");
    free(before);
    print_message("peak: %ld kB for a row, %ld kB for 60 MB of them\n", peaks[1], peaks[2]);
    assert_true(peaks[2] - peaks[1] < 30000);
}

/* ---- servers that fail --------------------------------------------------------------------- */

static void a_slow_shard_ends_at_the_deadline_and_is_named(void **state)
{
    (void)state;
    char *group =
        live_value(cluster, 0, 0, "SELECT g.name FROM covet.groups g ORDER BY id OFFSET 1 LIMIT 1");
    reader r;
    open_reader(&r, 1);
    /* One key of the second group sleeps. */
    char *schema = live_value(cluster, 0, 0,
                              "SELECT schema_name FROM covet.shards WHERE group_id ="
                              " (SELECT max(id) FROM covet.groups) ORDER BY lo LIMIT 1");
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT min(id) FROM %s.marks", schema);
    char *key = live_value(cluster, 1, 0, sql);
    for (size_t i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "SELECT id FROM marks WHERE slow(id, %s)%s", key,
                 i == 0 ? " ORDER BY id" : "");
        start(&r, sql, 700);
        run_until_ended(&r);
        assert_int_equal(r.status, COVET_ETIMEOUT);
        assert_string_equal(r.why.sqlstate, "57014");
        assert_string_equal(r.why.group, group);
        assert_true(r.why.member[0] != '\0');
        is_usable(&r);
    }
    free(key);
    free(schema);
    free(group);
    close_reader(&r);
}

static void a_server_that_hangs_or_dies_is_named(void **state)
{
    (void)state;
    reader r;
    open_reader(&r, 1);
    r.pause_at = 1;
    /* It hangs while rows come. */
    start(&r, "SELECT *, repeat('x', 1000) FROM marks ORDER BY id", 2000);
    while (!r.paused)
        uv_run(&r.loop, UV_RUN_ONCE);
    char *pid = live_value(cluster, 1, 0,
                           "SELECT pid FROM pg_stat_activity WHERE query LIKE '%UNION ALL%'"
                           " AND pid <> pg_backend_pid()");
    assert_int_equal(kill(atoi(pid), SIGSTOP), 0);
    r.paused = false;
    assert_ok(covet_stream_resume(r.db, r.op, &err), &err);
    run_until_ended(&r);
    assert_int_equal(r.status, COVET_ETIMEOUT);
    assert_string_equal(r.why.member, live_name(cluster, 1, 0));
    assert_int_equal(kill(atoi(pid), SIGCONT), 0);
    free(pid);
    is_usable(&r);
    /* It goes away while rows come: those that were handed over are not sent again. */
    r.pause_at = 1;
    start(&r, "SELECT *, repeat('x', 1000) FROM marks ORDER BY id", 20000);
    while (!r.paused)
        uv_run(&r.loop, UV_RUN_ONCE);
    live_psql(cluster, 1,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
              " query LIKE '%UNION ALL%' AND pid <> pg_backend_pid()");
    r.paused = false;
    assert_ok(covet_stream_resume(r.db, r.op, &err), &err);
    run_until_ended(&r);
    assert_int_equal(r.status, COVET_ECONNLOST);
    assert_string_equal(r.why.member, live_name(cluster, 1, 0));
    is_usable(&r);
    close_reader(&r);
}

/* ---- many at once -------------------------------------------------------------------------- */

static covet_db *shared;
static atomic_int good;

static void *run_scatters(void *user)
{
    (void)user;
    for (int i = 0; i < 2; i++) {
        covet_rows *stream = NULL;
        covet_error why;
        const covet_result *piece = NULL;
        covet_result *rows = NULL;
        size_t count = 0;
        if (covet_rows_open(shared, COVET_SQL("SELECT id FROM marks ORDER BY made, id LIMIT 20000"),
                            NULL, &stream, &why) != COVET_OK)
            return NULL;
        while (covet_rows_next(stream, &piece, &why) == COVET_OK && piece != NULL)
            count += covet_result_rows(piece);
        covet_rows_close(stream);
        if (covet_query_wait(shared, COVET_SQL("SELECT count(*) FROM marks"), NULL, &rows, &why) ==
            COVET_OK)
            atomic_fetch_add(&good, count == 20000);
        covet_result_free(rows);
    }
    return NULL;
}

static void sixteen_scatters_over_pools_of_four_do_not_lock_each_other_out(void **state)
{
    (void)state;
    pthread_t threads[16];
    shared = open_db(cluster_catalog(), 4);
    atomic_store(&good, 0);
    for (int i = 0; i < 16; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_scatters, NULL), 0);
    for (int i = 0; i < 16; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&good), 32);
    covet_close_wait(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First: a child's peak is at least what this process has when it is started. */
        cmocka_unit_test(sql_prints_rows_while_they_come),
        cmocka_unit_test(every_tier_gives_the_rows_of_a_whole_result),
        cmocka_unit_test(a_transaction_streams_in_its_turn),
        cmocka_unit_test(a_write_is_run_whole_and_counted),
        cmocka_unit_test(a_paused_stream_reads_nothing_until_it_is_resumed),
        cmocka_unit_test(a_paused_stream_that_nobody_resumes_ends_at_its_deadline),
        cmocka_unit_test(a_cancelled_stream_ends_half_way),
        cmocka_unit_test(closing_the_handle_ends_its_streams),
        cmocka_unit_test(an_error_comes_behind_the_rows_before_it),
        cmocka_unit_test(a_row_that_is_too_large_is_refused),
        cmocka_unit_test(a_slow_shard_ends_at_the_deadline_and_is_named),
        cmocka_unit_test(a_server_that_hangs_or_dies_is_named),
        cmocka_unit_test(sixteen_scatters_over_pools_of_four_do_not_lock_each_other_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
