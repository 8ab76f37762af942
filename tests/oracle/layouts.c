#include "oracle/layouts.h"

#include "support/cmocka_all.h"

#include "support/live.h"

#include <unistd.h>

enum { WORDS_MAX = 24, PLAIN_MSEC = 8000 };

struct type_names {
    PGresult *rows; /* oid, name; ordered by oid */
};

static const char settings[] = "-c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC"
                               " -c extra_float_digits=1 -c jit=off";

/* ---- databases ----------------------------------------------------------------------------- */

static void on_notice(void *user, const char *message)
{
    (void)user;
    (void)message;
}

static PGconn *connect_to(const char *dsn)
{
    PGconn *conn = PQconnectdb(dsn);
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    PQsetNoticeProcessor(conn, on_notice, NULL);
    return conn;
}

static void run_script(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s", PQerrorMessage(conn));
    PQclear(result);
}

static type_names *read_types(PGconn *conn)
{
    type_names *types = calloc(1, sizeof *types);
    assert_non_null(types);
    types->rows = PQexec(conn, "SELECT oid, typname FROM pg_catalog.pg_type ORDER BY oid");
    assert_int_equal(PQresultStatus(types->rows), PGRES_TUPLES_OK);
    return types;
}

static void free_types(type_names *types)
{
    PQclear(types->rows);
    free(types);
}

const char *layouts_type(const type_names *types, unsigned oid)
{
    int low = 0, high = PQntuples(types->rows);
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (strtoul(PQgetvalue(types->rows, middle, 0), NULL, 10) <= oid)
            low = middle;
        else
            high = middle;
    }
    const bool found = strtoul(PQgetvalue(types->rows, low, 0), NULL, 10) == oid;
    return found ? PQgetvalue(types->rows, low, 1) : "?";
}

const char *layout_type(const layout *l, unsigned oid, const char *wanted)
{
    for (int g = 0; g < LAYOUT_GROUPS; g++)
        if (strcmp(layouts_type(l->types[g], oid), wanted) == 0)
            return wanted;
    return layouts_type(l->types[0], oid);
}

/* ---- the script ---------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s: it cannot be read", path);
    size_t size = 1 << 20;
    char *text = malloc(size);
    assert_non_null(text);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The part that runs in all groups; free() it. */
static char *shared_part(const char *script)
{
    const char *end = strstr(script, "--! everywhere");
    char *part = strndup(script, end != NULL ? (size_t)(end - script) : 0);
    assert_non_null(part);
    return part;
}

static void run_tool(const char **words, int count, const char *catalog)
{
    char *output = NULL;
    words[count++] = "--catalog";
    words[count++] = catalog;
    words[count] = NULL;
    if (live_shardctl(words, &output) != 0)
        fail_msg("covet-shardctl %s: %s", words[0], output);
    free(output);
}

/* What follows "sql ", or NULL. */
static const char *sql_of(const char *line)
{
    return strncmp(line, "sql ", 4) == 0 ? line + 4 : NULL;
}

static void follow_directive(char *line, void *user)
{
    const char *catalog = user;
    const char *words[WORDS_MAX + 3];
    int count = 0;
    char *rest = NULL;
    if (sql_of(line) != NULL) {
        run_tool((const char *[6]){"sql", "--command", sql_of(line)}, 3, catalog);
        return;
    }
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < WORDS_MAX);
        words[count++] = word;
    }
    if (strcmp(words[0], "everywhere") != 0)
        run_tool(words, count, catalog);
}

/* Calls `each` with the lines that begin with --!. */
static void each_directive(const char *script, void (*each)(char *line, void *user), void *user)
{
    static const char mark[] = "\n--! ";
    const char *at = script;
    while ((at = strstr(at, mark)) != NULL) {
        at += sizeof mark - 1;
        char *line = strndup(at, strcspn(at, "\n"));
        assert_non_null(line);
        each(line, user);
        free(line);
    }
}

/* ---- a layout ------------------------------------------------------------------------------ */

static void make_dsn(char *dsn, size_t size, live_cluster *servers, int group, const char *database)
{
    snprintf(dsn, size, "host=127.0.0.1 port=%d user=covet dbname=%s passfile='%s'",
             live_port(servers, group, 0), database, live_passfile(servers));
}

static void make_database(live_cluster *servers, int group, const char *name)
{
    char sql[256];
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    live_psql(servers, group, sql);
    snprintf(sql, sizeof sql, "ALTER DATABASE %s SET jit = off", name);
    live_psql(servers, group, sql);
}

/* The tables are made at home, and go to the shards by the tool. */
static void make_layout(layout *l, live_cluster *servers, const char *script)
{
    char name[32], dsn[LAYOUT_GROUPS][1200], count[16];
    char *shared = shared_part(script);
    snprintf(name, sizeof name, "shards_%d", l->shards);
    snprintf(count, sizeof count, "%d", l->shards);
    for (int g = 0; g < LAYOUT_GROUPS; g++) {
        make_database(servers, g, name);
        make_dsn(dsn[g], sizeof dsn[g], servers, g, name);
        PGconn *conn = connect_to(dsn[g]);
        run_script(conn, g == 0 ? script : shared);
        l->types[g] = read_types(conn);
        PQfinish(conn);
    }
    free(shared);
    char *output = NULL;
    const char *const init[] = {"init", "--home", dsn[0], "--shards", count, NULL};
    if (live_shardctl(init, &output) != 0)
        fail_msg("%s", output);
    free(output);
    run_tool((const char *[8]){"group", "add", "g2", "--dsn", dsn[1]}, 5, dsn[0]);
    each_directive(script, follow_directive, dsn[0]);
    covet_error err;
    if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn[0], .map_dir = ""), &l->db, &err) !=
        COVET_OK)
        fail_msg("%s", err.message);
}

static void run_sql(char *line, void *user)
{
    if (sql_of(line) != NULL)
        run_script(user, sql_of(line));
}

static void make_plain(layouts *all, const char *script)
{
    char dsn[1200], options[1600];
    make_database(all->servers, 0, "plain");
    make_dsn(dsn, sizeof dsn, all->servers, 0, "plain");
    snprintf(options, sizeof options, "%s options='%s -c statement_timeout=%d'", dsn, settings,
             PLAIN_MSEC);
    all->plain = connect_to(options);
    run_script(all->plain, script);
    each_directive(script, run_sql, all->plain);
    run_script(all->plain, "ANALYZE");
    all->plain_types = read_types(all->plain);
}

void layouts_up(layouts *all, const char *script_path, const char *counts)
{
    *all = (layouts){0};
    setenv("PGTZ", "UTC", 1);
    all->servers = live_up(LAYOUT_GROUPS, 0, (const char *const[]){"--shards", "2", NULL});
    char *script = read_file(script_path);
    make_plain(all, script);
    for (const char *at = counts; *at != '\0'; at += *at == ',') {
        assert_true(all->count < LAYOUTS_MAX);
        char *end;
        layout *l = &all->item[all->count++];
        l->shards = (int)strtol(at, &end, 10);
        assert_true(end != at && l->shards > 0);
        at = end;
        make_layout(l, all->servers, script);
    }
    free(script);
}

void layouts_down(layouts *all)
{
    for (int i = 0; i < all->count; i++) {
        covet_close_wait(all->item[i].db);
        for (int g = 0; g < LAYOUT_GROUPS; g++)
            free_types(all->item[i].types[g]);
    }
    free_types(all->plain_types);
    PQfinish(all->plain);
    live_down(all->servers);
}
