/*
 * tools/status.c - the command `status`: asks every member at the same time.
 *
 * Each member has a thread and little time, so a server that is dead or frozen costs no more
 * than that, however many of them there are. What an answer means is decided by
 * replica/probe.c.
 */
#include "tools/status.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/mem.h"
#include "tools/leavings.h"

enum { MEMBER_MSEC = 1500, WATCH_MSEC = 1000 };

/* ---- one member ------------------------------------------------------------------------ */

/* All that a thread may touch. */
typedef struct ask {
    pthread_t thread;
    bool started;
    covet__dsn *dsn;
    const char *prefix; /* the map's, for a primary; NULL */
    status_member *member;
} ask;

static const char rows_sql[] =
    "SELECT c.relname, sum(c.reltuples) FILTER (WHERE c.reltuples >= 0)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND (n.nspname ~ $1 OR n.nspname = $2) GROUP BY 1";

static const char prepared_sql[] =
    "SELECT gid, date_trunc('second', prepared) FROM pg_prepared_xacts"
    " WHERE database = current_database() AND gid LIKE 'covet\\_job\\_%' ORDER BY prepared, gid";

static covet_status read_probe(covet__session *session, status_member *member, covet_error *err)
{
    COVET_AUTO(covet_result) result = NULL;
    const char *cells[COVET__PROBE_COLUMNS];
    const covet_status status = SQL_ROWS(session, &result, err, covet__probe_sql);
    if (status == COVET_ESQL && strcmp(err->sqlstate, "42P01") == 0) {
        member->row = (covet__probe_row){.answered = true}; /* of no cluster */
        return COVET_OK;
    }
    COVET_TRY(status);
    for (size_t i = 0; i < COVET__PROBE_COLUMNS; i++)
        cells[i] = covet_result_text(result, 0, i);
    return covet__probe_read(cells, &member->row, err);
}

static covet_status read_rows(covet__session *session, const char *prefix, status_member *member,
                              covet_error *err)
{
    COVET_AUTO(covet_result) result = NULL;
    char shards[64], references[64];
    snprintf(shards, sizeof shards, "^%.24s_s[0-9]{5,}$", prefix);
    snprintf(references, sizeof references, "%.24s_reference", prefix);
    COVET_TRY(SQL_ROWS(session, &result, err, rows_sql, shards, references));
    const size_t count = covet_result_rows(result);
    member->rows = covet__zalloc((count + 1) * sizeof *member->rows);
    if (member->rows == NULL)
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        covet__copy(member->rows[i].table, sizeof member->rows[i].table,
                    covet_result_text(result, i, 0));
        const char *rows = covet_result_text(result, i, 1);
        member->rows[i].rows = rows != NULL ? strtod(rows, NULL) : STATUS_ROWS_UNCOUNTED;
    }
    member->row_count = count;
    return COVET_OK;
}

static covet_status read_prepared(covet__session *session, status_member *member, covet_error *err)
{
    COVET_AUTO(covet_result) result = NULL;
    COVET_TRY(SQL_ROWS(session, &result, err, prepared_sql));
    const size_t count = covet_result_rows(result);
    member->prepared = covet__zalloc((count + 1) * sizeof *member->prepared);
    if (member->prepared == NULL)
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        status_prepared *one = &member->prepared[i];
        covet__copy(one->gid, sizeof one->gid, covet_result_text(result, i, 0));
        covet__copy(one->since, sizeof one->since, covet_result_text(result, i, 1));
    }
    member->prepared_count = count;
    return COVET_OK;
}

static bool is_interrupted(void *user)
{
    COVET_UNUSED(user);
    return cli_interrupted() != 0;
}

static void *ask_member(void *argument)
{
    ask *a = argument;
    covet_error err;
    COVET_AUTO(covet__session) session = NULL;
    const covet__session_opts opts = {.name = a->member->entry->name,
                                      .search_path = "",
                                      .connect_timeout = MEMBER_MSEC,
                                      .answer_timeout = MEMBER_MSEC,
                                      .stop = is_interrupted};
    covet_status status = covet__session_start(a->dsn, &opts, &session, &err);
    if (status == COVET_OK)
        status = read_probe(session, a->member, &err);
    if (status == COVET_OK && a->prefix != NULL)
        status = read_rows(session, a->prefix, a->member, &err);
    if (status == COVET_OK && a->prefix != NULL)
        status = read_prepared(session, a->member, &err);
    if (status != COVET_OK) {
        a->member->row.answered = false;
        covet__copy(a->member->trouble, sizeof a->member->trouble, err.message);
    }
    return NULL;
}

/* ---- all members ----------------------------------------------------------------------- */

static const covet__probe_row *primary_row(const status_view *view, uint32_t group)
{
    for (uint32_t i = 0; i < view->cluster->map->member_count; i++) {
        const status_member *member = &view->members[i];
        if (member->entry->group == group && member->row.answered && !member->row.in_recovery)
            return &member->row;
    }
    return NULL;
}

static void judge_all(status_view *view)
{
    const covet__map *map = view->cluster->map;
    for (uint32_t i = 0; i < map->member_count; i++) {
        status_member *member = &view->members[i];
        const covet__probe_expect expect = {.cluster_id = map->cluster_id,
                                            .incarnation = map->incarnation,
                                            .group_id = map->groups[member->entry->group].id,
                                            .system_id = member->entry->system_id,
                                            .primary = member->entry->primary};
        covet__probe_judge(&expect, &member->row, primary_row(view, member->entry->group),
                           &member->verdict);
    }
}

static void ask_all(status_view *view)
{
    const cluster_handle *cluster = view->cluster;
    const covet__map *map = cluster->map;
    ask *asks = cli_alloc(cluster->run, (map->member_count + 1) * sizeof *asks);
    view->members = cli_alloc(cluster->run, (map->member_count + 1) * sizeof *view->members);
    for (uint32_t i = 0; i < map->member_count; i++) {
        covet_error err;
        ask *a = &asks[i];
        a->member = &view->members[i];
        a->member->entry = &map->members[i];
        a->prefix = map->members[i].primary ? map->prefix : NULL;
        if (cluster_member_dsn(cluster, a->member->entry, &a->dsn, &err) == COVET_OK)
            a->started = pthread_create(&a->thread, NULL, ask_member, a) == 0;
        else
            covet__copy(a->member->trouble, sizeof a->member->trouble, err.message);
    }
    for (uint32_t i = 0; i < map->member_count; i++) {
        if (asks[i].started)
            pthread_join(asks[i].thread, NULL);
        covet__dsn_free(asks[i].dsn);
    }
    judge_all(view);
}

double status_rows_of(const status_view *view, const covet__map_table *table)
{
    const covet__map *map = view->cluster->map;
    double sum = STATUS_ROWS_UNCOUNTED;
    for (uint32_t i = 0; i < map->member_count; i++) {
        const status_member *member = &view->members[i];
        if (!member->entry->primary ||
            (table->kind == COVET__TABLE_REFERENCE && member->entry->group != map->home))
            continue;
        if (member->rows == NULL)
            return STATUS_ROWS_UNKNOWN;
        for (size_t k = 0; k < member->row_count; k++)
            if (strcmp(member->rows[k].table, table->physical) == 0 && member->rows[k].rows >= 0)
                sum = COVET_MAX(sum, 0.0) + member->rows[k].rows;
    }
    return sum;
}

const char *status_ending(const status_view *view, const status_prepared *prepared)
{
    const char *prefix = job_prefix(view->cluster);
    const size_t length = strlen(prefix);
    if (view->trouble != NULL || strncmp(prepared->gid, prefix, length) != 0)
        return NULL;
    for (size_t i = 0; i < view->job_count; i++)
        if (strcmp(view->jobs[i].id, prepared->gid + length) == 0)
            return "ROLLBACK";
    return "COMMIT";
}

/* ---- the catalog ----------------------------------------------------------------------- */

static covet_status read_jobs(status_view *view, covet_error *err)
{
    cli_run *run = view->cluster->run;
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(view->cluster->home, &rows, err,
                       "SELECT id, kind, statement, date_trunc('second', started_at), error"
                       " FROM covet.jobs ORDER BY id"));
    view->job_count = covet_result_rows(rows);
    view->jobs = cli_alloc(run, (view->job_count + 1) * sizeof *view->jobs);
    for (size_t i = 0; i < view->job_count; i++)
        view->jobs[i] = (status_job){.id = cell_text(run, rows, i, 0),
                                     .kind = cell_text(run, rows, i, 1),
                                     .statement = cell_text(run, rows, i, 2),
                                     .started = cell_text(run, rows, i, 3),
                                     .error = cell_text(run, rows, i, 4)};
    return COVET_OK;
}

static covet_status open_again(cluster_handle *cluster, covet_error *err)
{
    cluster_handle again = {0};
    COVET_TRY(cluster_open(cluster->run, NULL, true, &again, err));
    cluster_close(cluster);
    *cluster = again;
    return COVET_OK;
}

/* Once it has been read it may fail: the members are looked at all the same. */
static void read_catalog(cluster_handle *cluster, status_view *view)
{
    covet_error err;
    covet_status status = COVET_OK;
    if (cluster->home == NULL)
        status = open_again(cluster, &err);
    if (status == COVET_OK)
        status = cluster_read_map(cluster, &err);
    if (status == COVET_OK)
        status = read_jobs(view, &err);
    if (status == COVET_OK)
        return;
    view->trouble = cli_printf(cluster->run, "%s", err.message);
    covet__session_free(cluster->home);
    cluster->home = NULL;
}

/* ---- the command ----------------------------------------------------------------------- */

static void free_view(status_view *view)
{
    for (uint32_t i = 0; view->members != NULL && i < view->cluster->map->member_count; i++) {
        covet__free(view->members[i].rows);
        covet__free(view->members[i].prepared);
    }
}

static int show(cli_run *run, cluster_handle *cluster, bool clear)
{
    int code = CLI_DONE;
    status_view view = {.cluster = cluster};
    read_catalog(cluster, &view);
    ask_all(&view);
    if (run->json) {
        code = cli_print_json(run, status_json(&view));
    } else {
        if (clear)
            fputs("\033[H\033[2J", stdout);
        status_print(&view);
        fflush(stdout);
    }
    free_view(&view);
    return code;
}

/* What one round allocates goes with it: a watch may run for days. */
static int watch(cli_run *run, cluster_handle *cluster)
{
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    covet_arena *whole = run->arena;
    int code = CLI_DONE;
    while (cli_interrupted() == 0 && code == CLI_DONE && !ferror(stdout)) {
        const covet_msec next = covet__now() + WATCH_MSEC;
        covet_arena *round = NULL;
        if (covet_arena_new(0, &round, NULL) != COVET_OK)
            cli_no_memory(run);
        run->arena = round;
        code = show(run, cluster, terminal);
        run->arena = whole;
        covet_arena_free(round);
        if (!terminal)
            putchar('\n');
        const covet_msec now = covet__now();
        if (now < next)
            usleep((useconds_t)(next - now) * 1000);
    }
    return code;
}

static int run_status(cli_run *run)
{
    cluster_handle cluster = {0};
    covet_error err;
    const bool again = cli_given(run, "watch");
    if (again && run->json)
        return cli_usage(run, "--watch draws on a terminal and makes no JSON");
    cli_catch_signals();
    if (cluster_open(run, NULL, true, &cluster, &err) != COVET_OK)
        return cli_fail_error(run, &err);
    const int code = again ? watch(run, &cluster) : show(run, &cluster, false);
    cluster_close(&cluster);
    return code;
}

static const cli_option options[] = {
    {.name = "watch", .help = "draw it again each second, until Ctrl-C"},
    {0},
};

const cli_command status_command = {
    .name = "status",
    .shared = CLI_JSON | CLI_CATALOG,
    .options = options,
    .summary = "say how the cluster is: members, lag, tables, unfinished work",
    .help = "Every member is asked itself, all at the same time, and has 1.5 s to answer. The\n"
            "exit status is 0 also when members are down; it is 1 when the catalog cannot be\n"
            "read.\n"
            "\n"
            "Rows are the planner's estimates, as old as the last ANALYZE or autovacuum of each\n"
            "copy: they lag behind COPY and INSERT until ANALYZE, and - stands for a table that\n"
            "was never analysed.\n"
            "\n"
            "What is unfinished is work of a command that was killed, or that runs just now: it\n"
            "is named with what ends it.\n",
    .run = run_status,
};
