/*
 * tools/spread.c - DDL and maintenance of tables that lie in many places.
 *
 * What a statement becomes is shard/utility.h's; here it is carried out in every shard, for
 * every copy, and for the empty twin at home:
 *
 *     1  lock     the row of covet.cluster: no other command changes the cluster (K1)
 *     2  twin     in home's transaction: what is wrong with the statement is wrong there
 *     3  job      a row of covet.jobs, with the statement
 *     4  groups   each in its transaction, all at once; nothing is committed yet
 *     5  commit   group by group; each is entered in the job's row as done
 *     6  home     the twin, and the job's row goes
 *
 * S1  An error before 5 leaves everything as it was, and no job.
 * S2  Killed from 5 on, the job says what is missing: the same statement, run again, finishes
 *     it, and `status` shows it until then.
 * S3  What no transaction may be around (VACUUM, CONCURRENTLY) is done shard by shard, and
 *     what an interrupted one has left is looked up when it is run again.
 * S4  DROP TABLE is decided by home's COMMIT, which takes the table out of the map: what the
 *     groups still have then is garbage (tools/leavings.h), and cleared by whoever comes next.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "tools/crew.h"
#include "tools/leavings.h"
#include "tools/sql.h"

typedef struct spread_work {
    cli_run *run;
    cluster_handle *cluster;
    const covet__spread *spread;
    const char *tag, *text;
    covet__session *jobs; /* to the home group, for the job's row: it is not in the transaction */
    const char *job;      /* id */
    bool again;           /* it is being finished */
    bool *done;           /* groups */
    bool any_done;
} spread_work;

static bool is_alone(const covet__spread *spread)
{
    return spread->concurrently || spread->kind == COVET__SPREAD_VACUUM ||
           (spread->kind == COVET__SPREAD_ANALYZE && spread->table_count == 0);
}

/* ---- which indexes ------------------------------------------------------------------------- */

/* A CREATE INDEX that is a row of covet.jobs; false where it means nothing any more. */
static bool read_index_job(const covet__map *map, const char *text, covet__parse **ret_parse,
                           covet__utility *ret_utility)
{
    return covet__parse_new(text, strlen(text), ret_parse, NULL) == COVET_OK &&
           covet__utility_decide(*ret_parse, map, ret_utility, NULL) == COVET_OK &&
           ret_utility->kind == COVET__UTILITY_SPREAD &&
           ret_utility->spread.kind == COVET__SPREAD_CREATE_INDEX;
}

/* One that was never finished has no index at the twin. */
static covet_status find_unfinished(const cluster_handle *cluster, const char *index,
                                    const covet__map_table **ret_table, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err,
                       "SELECT statement FROM covet.jobs WHERE kind = 'CREATE INDEX'"));
    for (size_t i = 0; i < covet_result_rows(rows); i++) {
        COVET_AUTO(covet__parse) parse = NULL;
        covet__utility job;
        if (read_index_job(cluster->map, covet_result_text(rows, i, 0), &parse, &job) &&
            strcmp(job.spread.indexes[0].name, index) == 0)
            *ret_table = job.spread.tables[0].table;
    }
    return COVET_OK;
}

/* The table of the map whose twin has an index of this name: the twin's is the last to go. */
static covet_status find_index(const cluster_handle *cluster, const covet__object_name *index,
                               const covet__map_table **ret_table, covet_error *err)
{
    const covet__map *map = cluster->map;
    COVET_AUTO(covet_result) rows = NULL;
    *ret_table = NULL;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err,
                       "SELECT t.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                       " JOIN pg_class t ON t.oid = i.indrelid"
                       " JOIN pg_namespace n ON n.oid = c.relnamespace"
                       " WHERE n.nspname = '" CLUSTER_SHELL "' AND c.relname = $1",
                       index->name));
    for (uint32_t i = 0; i < map->table_count && covet_result_rows(rows) > 0; i++)
        if (strcmp(map->tables[i].physical, covet_result_text(rows, 0, 0)) == 0)
            *ret_table = &map->tables[i];
    if (*ret_table == NULL)
        COVET_TRY(find_unfinished(cluster, index->name, ret_table, err));
    if (*ret_table != NULL && index->schema != NULL &&
        strcmp(index->schema, (*ret_table)->schema) != 0)
        *ret_table = NULL;
    return COVET_OK;
}

/* DROP INDEX names no tables. None of them is in the map: *ret_all false. An index of another
 * place is as unknown as one that is nowhere. */
static covet_status find_indexes(const cluster_handle *cluster, const covet__spread *spread,
                                 covet__spread *ret_found, bool *ret_all, covet_error *err)
{
    covet__spread_table *tables =
        cli_alloc(cluster->run, (spread->index_count + 1) * sizeof *tables);
    uint32_t count = 0;
    for (uint32_t i = 0; i < spread->index_count; i++) {
        COVET_TRY(find_index(cluster, &spread->indexes[i], &tables[count].table, err));
        if (tables[count].table == NULL)
            continue;
        tables[count++].columns = "";
        if (count > 1 && tables[count - 1].table->kind != tables[0].table->kind)
            return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                     "DROP INDEX of a distributed and a reference table's indexes "
                                     "together is not supported (a statement for each)");
    }
    *ret_all = count > 0;
    if (count > 0 && count < spread->index_count)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "DROP INDEX of \"%s\" together with indexes that do not exist or "
                                 "are of local tables is not supported (a statement for each)",
                                 spread->indexes[0].name);
    *ret_found = *spread;
    ret_found->tables = tables;
    ret_found->table_count = count;
    return COVET_OK;
}

/* ---- jobs ---------------------------------------------------------------------------------- */

/* What is done in a group may be undone by now: there are new rows, or a REVOKE. Doing it again
 * does no harm, and who asks for it wants it to be true now. */
static bool is_repeated(const covet__spread *spread)
{
    return spread->kind == COVET__SPREAD_TRUNCATE || spread->kind == COVET__SPREAD_GRANT;
}

/* One that was begun with the same words. */
static covet_status find_job(spread_work *w, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    const covet__map *map = w->cluster->map;
    w->done = cli_alloc(w->run, (map->group_count + 1) * sizeof *w->done);
    COVET_TRY(SQL_ROWS(w->jobs, &rows, err,
                       "SELECT j.id, d.d FROM covet.jobs j LEFT JOIN LATERAL unnest(j.done) d(d)"
                       " ON true WHERE j.kind = $1 AND j.statement = $2 ORDER BY j.id",
                       w->tag, w->text));
    for (size_t i = 0; i < covet_result_rows(rows); i++) {
        w->job = cell_text(w->run, rows, i, 0);
        w->again = true;
        for (uint32_t g = 0; g < map->group_count; g++)
            if (!covet_result_is_null(rows, i, 1) &&
                cell_number(rows, i, 1) == (int64_t)map->groups[g].id) {
                w->done[g] = !is_repeated(w->spread);
                w->any_done = true;
            }
    }
    return COVET_OK;
}

static covet_status enter_done(spread_work *w, uint32_t group, covet_error *err)
{
    w->done[group] = w->any_done = true;
    return SQL_RUN(
        w->jobs, err,
        "UPDATE covet.jobs SET done = done || $2::int4, error = NULL WHERE id = $1::int8", w->job,
        cli_printf(w->run, "%u", w->cluster->map->groups[group].id));
}

/* What has become of it when it could not be ended. */
static void leave_job(spread_work *w, covet_error *err)
{
    const covet__map *map = w->cluster->map;
    const char *names = "";
    const bool keep = w->again || w->any_done ||
                      (is_alone(w->spread) && w->spread->kind <= COVET__SPREAD_DROP_INDEX);
    covet__session_stop_when(w->jobs, NULL, NULL);
    if (!keep) {
        COVET_UNUSED(job_end(w->jobs, w->job, NULL));
        return;
    }
    COVET_UNUSED(SQL_RUN(w->jobs, NULL, "UPDATE covet.jobs SET error = $2 WHERE id = $1::int8",
                         w->job, err != NULL ? err->message : ""));
    for (uint32_t g = 0; g < map->group_count; g++)
        if (w->done[g])
            names = cli_printf(w->run, "%s%s%s", names, *names != '\0' ? ", " : "",
                               map->groups[g].name);
    covet__prefix(err, "%s is unfinished, done in %s (the same statement again finishes it)",
                  w->tag, *names != '\0' ? names : "no group yet");
}

/* Unfinished work on an index or tables that are gone has no end to come to. */
static covet_status forget_jobs(const spread_work *w, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(w->jobs, &rows, err,
                       "SELECT id, statement FROM covet.jobs WHERE kind = 'CREATE INDEX'"));
    for (size_t i = 0; i < covet_result_rows(rows); i++) {
        COVET_AUTO(covet__parse) parse = NULL;
        covet__utility other;
        bool gone = false;
        if (!read_index_job(w->cluster->map, covet_result_text(rows, i, 1), &parse, &other))
            continue;
        for (uint32_t k = 0; k < w->spread->index_count; k++)
            gone |= strcmp(other.spread.indexes[0].name, w->spread->indexes[k].name) == 0;
        for (uint32_t k = 0; k < w->spread->table_count; k++)
            gone |= w->spread->kind == COVET__SPREAD_DROP_TABLE &&
                    other.spread.tables[0].table == w->spread->tables[k].table;
        if (gone)
            COVET_TRY(job_end(w->jobs, covet_result_text(rows, i, 0), err));
    }
    return COVET_OK;
}

/* ---- the statements of a group ------------------------------------------------------------- */

/* Is the index there already? Of one that an interrupted CONCURRENTLY has left invalid, what
 * must be said first. */
static const char *before_index(const spread_work *w, const covet_result *there, const char *schema,
                                bool *ret_skip)
{
    for (size_t i = 0; i < covet_result_rows(there); i++) {
        if (strcmp(covet_result_text(there, i, 0), schema) != 0)
            continue;
        *ret_skip = cell_truth(there, i, 1);
        return *ret_skip ? NULL
                         : cli_printf(w->run, "DROP INDEX %s",
                                      sql_name(w->run, schema, w->spread->indexes[0].name));
    }
    return NULL;
}

static covet_status push(const spread_work *w, group_crew *crew, uint32_t group, covet__str *sql,
                         covet_error *err)
{
    if (sql->length == 0)
        return COVET_OK;
    crew_expect(crew, 1);
    const covet_status status = is_alone(w->spread) ? crew_alone(crew, group, sql, 1, err)
                                                    : crew_script(crew, group, sql, 1, 1, err);
    covet__str_free(sql);
    return status;
}

static covet_status push_place(const spread_work *w, group_crew *crew, uint32_t group,
                               covet__spread_place place, const char *schema,
                               const covet_result *there, covet_error *err)
{
    covet__str sql = {0};
    bool skip = false;
    const char *before = there != NULL ? before_index(w, there, schema, &skip) : NULL;
    if (skip)
        return COVET_OK;
    if (before != NULL) {
        covet__str_add(&sql, before);
        COVET_TRY(push(w, crew, group, &sql, err));
    }
    covet__spread_print(w->spread, place, schema, &sql);
    if (w->spread->kind == COVET__SPREAD_GRANT && w->spread->roles != NULL && sql.length > 0) {
        covet__str_add(&sql, "; GRANT USAGE ON SCHEMA ");
        covet__str_ident(&sql, schema);
        covet__str_printf(&sql, " TO %s", w->spread->roles);
    }
    return push(w, crew, group, &sql, err);
}

/* Schema covet, without which the library cannot be used. */
static covet_status push_access(const spread_work *w, group_crew *crew, uint32_t group,
                                covet_error *err)
{
    const char *head = w->spread->head;
    const bool home = group == w->cluster->map->home;
    covet__str sql = {0};
    if (w->spread->kind != COVET__SPREAD_GRANT || w->spread->roles == NULL)
        return COVET_OK;
    const bool writes = strcasestr(head, "insert") != NULL || strcasestr(head, "all") != NULL;
    covet__str_printf(&sql, "GRANT USAGE ON SCHEMA covet TO %s; GRANT SELECT ON %s TO %s",
                      w->spread->roles,
                      home ? "ALL TABLES IN SCHEMA covet" : "covet.node, covet.owned",
                      w->spread->roles);
    if (home && writes)
        covet__str_printf(&sql, "; GRANT UPDATE (next) ON covet.ids TO %s", w->spread->roles);
    return push(w, crew, group, &sql, err);
}

/* TRUNCATE wants to be told of all tables at once, for the foreign keys between them. */
static covet_status push_truncate(const spread_work *w, group_crew *crew, uint32_t group,
                                  covet_error *err)
{
    const covet__map *map = w->cluster->map;
    covet__str sql = {0};
    const char *comma = w->spread->head;
    for (uint32_t t = 0; t < w->spread->table_count; t++) {
        const covet__map_table *table = w->spread->tables[t].table;
        const bool reference = table->kind == COVET__TABLE_REFERENCE;
        for (uint32_t i = 0; i < (reference ? 1 : map->shard_count); i++) {
            if (!reference && map->shards[i].group != group)
                continue;
            covet__str_add(&sql, comma);
            covet__str_qualified(&sql, reference ? w->cluster->references : map->shards[i].schema,
                                 table->physical);
            comma = ", ";
        }
    }
    if (sql.length > 0 && w->spread->cascade)
        covet__str_add(&sql, " CASCADE");
    return push(w, crew, group, &sql, err);
}

static covet_status read_there(const spread_work *w, uint32_t group, covet_result **ret_there,
                               covet_error *err)
{
    if (!w->again || w->spread->kind != COVET__SPREAD_CREATE_INDEX)
        return COVET_OK;
    return SQL_ROWS(w->cluster->groups[group], ret_there, err,
                    "SELECT n.nspname, i.indisvalid FROM pg_index i"
                    " JOIN pg_class c ON c.oid = i.indexrelid"
                    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $1",
                    w->spread->indexes[0].name);
}

static covet_status push_group(const spread_work *w, group_crew *crew, uint32_t group,
                               const covet_result *there, covet_error *err)
{
    const covet__map *map = w->cluster->map;
    if (w->spread->kind == COVET__SPREAD_TRUNCATE)
        return push_truncate(w, crew, group, err);
    for (uint32_t i = 0; i < map->shard_count && w->spread->table_count > 0; i++)
        if (map->shards[i].group == group)
            COVET_TRY(
                push_place(w, crew, group, COVET__SPREAD_SHARD, map->shards[i].schema, there, err));
    COVET_TRY(
        push_place(w, crew, group, COVET__SPREAD_REFERENCE, w->cluster->references, there, err));
    return push_access(w, crew, group, err);
}

static covet_status push_all(const spread_work *w, group_crew *crew, covet_error *err)
{
    const uint32_t count = w->cluster->map->group_count;
    covet_result **there = cli_alloc(w->run, (count + 1) * sizeof *there);
    covet_status status = COVET_OK;
    for (uint32_t g = 0; g < count && status == COVET_OK; g++)
        status = w->done[g] ? COVET_OK : read_there(w, g, &there[g], err);
    for (uint32_t g = 0; g < count && status == COVET_OK; g++)
        status = w->done[g] ? COVET_OK : push_group(w, crew, g, there[g], err);
    for (uint32_t g = 0; g < count; g++)
        covet_result_free(there[g]);
    return status;
}

/* ---- home ---------------------------------------------------------------------------------- */

static covet_status change_twin(const spread_work *w, covet_error *err)
{
    covet__str sql = COVET__STR_IN(w->run->arena);
    const covet__spread *spread = w->spread;
    if (spread->kind == COVET__SPREAD_TRUNCATE || spread->kind == COVET__SPREAD_ANALYZE ||
        spread->kind == COVET__SPREAD_VACUUM)
        return COVET_OK;
    covet__spread_print(spread, COVET__SPREAD_SHELL, CLUSTER_SHELL, &sql);
    if (spread->kind == COVET__SPREAD_GRANT && spread->roles != NULL)
        covet__str_printf(&sql, "; GRANT USAGE ON SCHEMA %s TO %s", CLUSTER_SHELL, spread->roles);
    if (!covet__str_ok(&sql))
        cli_no_memory(w->run);
    return covet__session_script(w->cluster->home, covet__str_text(&sql), err);
}

static covet_status leave_map(const spread_work *w, covet_error *err)
{
    covet__session *home = w->cluster->home;
    for (uint32_t i = 0; i < w->spread->table_count; i++) {
        const covet__map_table *table = w->spread->tables[i].table;
        COVET_TRY(covet__session_script(home,
                                        cli_printf(w->run, "DROP TABLE IF EXISTS %s%s",
                                                   sql_name(w->run, CLUSTER_OLD, table->physical),
                                                   w->spread->cascade ? " CASCADE" : ""),
                                        err));
        COVET_TRY(SQL_RUN(home, err, "DELETE FROM covet.tables WHERE id = $1::int4",
                          cli_printf(w->run, "%u", table->id)));
    }
    return cluster_commit(w->cluster, err);
}

/* ---- the work ------------------------------------------------------------------------------ */

static covet_status commit_groups(spread_work *w, group_crew *crew, covet_error *err)
{
    for (uint32_t g = 0; g < w->cluster->group_count; g++)
        covet__session_stop_when(w->cluster->groups[g], NULL, NULL);
    covet__session_stop_when(w->jobs, NULL, NULL);
    for (uint32_t g = 0; g < w->cluster->group_count; g++) {
        if (w->done[g])
            continue;
        COVET_TRY(crew_commit_group(crew, g, err));
        COVET_TRY(enter_done(w, g, err));
    }
    return COVET_OK;
}

static covet_status await_groups(spread_work *w, group_crew *crew, covet_error *err) /* S3 */
{
    for (uint32_t g = 0; g < w->cluster->group_count; g++) {
        if (w->done[g])
            continue;
        COVET_TRY(crew_wait_group(crew, g, err));
        COVET_TRY(enter_done(w, g, err));
    }
    return COVET_OK;
}

static covet_status drop_tables(spread_work *w, group_crew *crew, covet_error *err) /* S4 */
{
    covet_error why;
    COVET_TRY(change_twin(w, err));
    COVET_TRY(forget_jobs(w, err));
    COVET_TRY(leave_map(w, err));
    if (commit_groups(w, crew, &why) != COVET_OK)
        cli_note(w->run,
                 "the table is dropped; what is left of it in a group is dropped by the "
                 "next command that changes the cluster: %s",
                 why.message);
    return COVET_OK;
}

static covet_status work_groups(spread_work *w, covet_error *err)
{
    CREW_AUTO crew = NULL;
    const char *bar = isatty(STDERR_FILENO) == 1 ? w->tag : NULL; /* scripts have many statements */
    COVET_TRY(
        crew_new(w->run, bar, w->cluster->groups, w->cluster->group_count, 1 << 20, &crew, err));
    crew_hold(crew);
    COVET_TRY(push_all(w, crew, err));
    if (is_alone(w->spread))
        return await_groups(w, crew, err);
    COVET_TRY(crew_wait(crew, err));
    if (w->spread->kind == COVET__SPREAD_DROP_TABLE)
        return drop_tables(w, crew, err);
    return commit_groups(w, crew, err);
}

/* The twin of a dropped index is locked as shortly as possible; else it goes first. */
static bool is_twin_last(const covet__spread *spread)
{
    return spread->kind == COVET__SPREAD_DROP_INDEX || spread->kind == COVET__SPREAD_DROP_TABLE;
}

static covet_status work(spread_work *w, covet_error *err)
{
    covet__session *home = w->cluster->home;
    const bool drop = w->spread->kind == COVET__SPREAD_DROP_TABLE;
    if (!is_twin_last(w->spread))
        COVET_TRY(change_twin(w, err));
    if (w->again)
        cli_note(w->run, "finishes what was begun before");
    else
        COVET_TRY(job_begin(w->run, w->jobs, w->tag, w->text, &w->job, err));
    covet_status status = work_groups(w, err);
    if (status == COVET_OK && !drop && is_twin_last(w->spread))
        status = change_twin(w, err);
    if (status == COVET_OK && w->spread->kind == COVET__SPREAD_DROP_INDEX)
        status = forget_jobs(w, err);
    if (status == COVET_OK && drop)
        return job_end(w->jobs, w->job, err);
    if (status == COVET_OK) {
        covet__session_stop_when(home, NULL, NULL);
        status = job_end(home, w->job, err);
    }
    if (status == COVET_OK)
        status = covet__session_script(home, "COMMIT", err);
    if (status != COVET_OK)
        leave_job(w, err);
    return status;
}

/* Under the lock the map is what it is; the statement is decided anew. */
static covet_status run_locked(cluster_handle *cluster, const covet__parse *parse, bool *ret_done,
                               covet_error *err)
{
    covet__utility utility;
    covet__spread found;
    *ret_done = false;
    COVET_TRY(cluster_begin(cluster, err));
    COVET_TRY(covet__utility_decide(parse, cluster->map, &utility, err));
    if (utility.kind != COVET__UTILITY_SPREAD)
        return COVET_OK;
    COVET_TRY(cluster_connect_all(cluster, err));
    COVET_TRY(leavings_clear(cluster, err));
    spread_work w = {.run = cluster->run,
                     .cluster = cluster,
                     .spread = &utility.spread,
                     .tag = utility.tag,
                     .text = parse->text};
    if (utility.spread.kind == COVET__SPREAD_DROP_INDEX) {
        bool all = false;
        COVET_TRY(find_indexes(cluster, &utility.spread, &found, &all, err));
        if (!all)
            return COVET_OK;
        w.spread = &found;
    }
    COVET_TRY(cluster_visit(cluster, cluster->map->home, &w.jobs, err));
    *ret_done = true;
    covet_status status = find_job(&w, err);
    if (status == COVET_OK)
        status = work(&w, err);
    covet__session_free(w.jobs);
    return status;
}

covet_status spread_run(cluster_handle *cluster, const covet__parse *parse, bool *ret_done,
                        covet_error *err)
{
    const covet_status status = run_locked(cluster, parse, ret_done, err);
    cli_progress_end(cluster->run);
    if (status != COVET_OK || *ret_done)
        return status;
    cluster_disconnect(cluster);
    return covet__session_script(cluster->home, "ROLLBACK", err);
}

covet_status spread_not(cluster_handle *cluster, const char *tag, const char *text,
                        bool *ret_dropped, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    *ret_dropped = false;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err,
                       "SELECT id FROM covet.jobs WHERE kind = $1 AND statement = $2", tag, text));
    if (covet_result_rows(rows) == 0)
        return COVET_OK;
    COVET_TRY(cluster_begin(cluster, err));
    COVET_TRY(cluster_connect_all(cluster, err));
    COVET_TRY(leavings_clear(cluster, err));
    for (size_t i = 0; i < covet_result_rows(rows); i++)
        COVET_TRY(job_end(cluster->home, covet_result_text(rows, i, 0), err));
    *ret_dropped = strcmp(tag, "DROP TABLE") == 0;
    return cluster_commit(cluster, err);
}
