/*
 * tools/undistribute_move.c - the way home (tools/undistribute.h, B to F).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/loop.h"
#include "tools/leavings.h"
#include "tools/undistribute.h"

enum { STANDBY_MSEC = 10 * 1000, LOOK_MSEC = 20 };

static covet_status run_home(const back *set, const char *sql, covet_error *err)
{
    return covet__session_script(set->cluster->home, sql, err);
}

/* ---- the copies ------------------------------------------------------------------------ */

/* All that a group has of the set's tables, as quoted names. */
static const char **copies_in(const back *set, uint32_t group, size_t *ret_count)
{
    const covet__map *map = set->cluster->map;
    cli_run *run = set->cluster->run;
    const char **names = cli_alloc(run, (set->count * (map->shard_count + 1) + 1) * sizeof *names);
    *ret_count = 0;
    for (size_t t = 0; t < set->count; t++) {
        const covet__map_table *entry = set->tables[t].entry;
        const bool reference = entry->kind == COVET__TABLE_REFERENCE;
        for (uint32_t i = 0; i < (reference ? 1 : map->shard_count); i++)
            if (reference || map->shards[i].group == group)
                names[(*ret_count)++] =
                    sql_name(run, reference ? set->cluster->references : map->shards[i].schema,
                             entry->physical);
    }
    return names;
}

covet__session *back_session(const back *set, uint32_t group)
{
    return group == set->cluster->map->home ? set->cluster->home : set->cluster->groups[group];
}

static covet_status drop_copies(const back *set, uint32_t group, covet_error *err)
{
    size_t count;
    const char **names = copies_in(set, group, &count);
    covet__str sql = COVET__STR_IN(set->cluster->run->arena);
    for (size_t i = 0; i < count; i++)
        covet__str_printf(&sql, "%s%s", i > 0 ? ", " : "DROP TABLE ", names[i]);
    if (!covet__str_ok(&sql))
        cli_no_memory(set->cluster->run);
    return count > 0 ? covet__session_script(back_session(set, group), covet__str_text(&sql), err)
                     : COVET_OK;
}

static covet_status lock_copies(const back *set, covet_error *err)
{
    const covet__map *map = set->cluster->map;
    for (uint32_t g = 0; g < map->group_count; g++) {
        size_t count;
        const char **names = copies_in(set, g, &count);
        if (g != map->home)
            COVET_TRY(covet__session_script(set->cluster->groups[g], "BEGIN", err));
        if (count > 0)
            COVET_TRY(cluster_lock(set->cluster, back_session(set, g), names, count, err));
    }
    return COVET_OK;
}

/* ---- C: the old tables ----------------------------------------------------------------- */

static covet_status take_back(const back *set, back_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    const covet__map_table *entry = table->entry;
    table_def *moved;
    if (table->twin_oid != NULL)
        COVET_TRY(run_home(set,
                           cli_printf(run, "DROP TABLE %s",
                                      sql_name(run, CLUSTER_SHELL, entry->physical)),
                           err));
    COVET_TRY(run_home(set,
                       cli_printf(run, "ALTER TABLE %s SET SCHEMA %s",
                                  sql_name(run, CLUSTER_OLD, entry->physical),
                                  sql_ident(run, entry->schema)),
                       err));
    if (strcmp(entry->physical, entry->name) != 0)
        COVET_TRY(run_home(set,
                           cli_printf(run, "ALTER TABLE %s RENAME TO %s",
                                      sql_name(run, entry->schema, entry->physical),
                                      sql_ident(run, entry->name)),
                           err));
    COVET_TRY(inspect_table(run, set->cluster->home, table->old_oid, &moved, err));
    table->old = moved; /* its sequences have moved with it */
    return COVET_OK;
}

static const char *home_name(const back *set, const back_table *table)
{
    return sql_name(set->cluster->run, table->entry->schema, table->entry->name);
}

static covet_status empty_all(const back *set, covet_error *err)
{
    const char *list = "";
    for (size_t i = 0; i < set->count; i++)
        list = cli_printf(set->cluster->run, "%s%s%s", list, i > 0 ? ", " : "TRUNCATE ",
                          home_name(set, &set->tables[i]));
    return run_home(set, list, err);
}

static bool is_same_index(const table_index *a, const table_index *b)
{
    return strcmp(a->name, b->name) == 0 && a->unique == b->unique &&
           strcmp(a->definition, b->definition) == 0;
}

/* Indexes may have been made and dropped on the shards since, also under the same name. */
static covet_status match_indexes(const back *set, const back_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    const table_def *old = table->old, *copy = table->copy;
    for (size_t i = 0; i < old->index_count + copy->index_count; i++) {
        const bool is_old = i < old->index_count;
        const table_index *index = is_old ? &old->indexes[i] : &copy->indexes[i - old->index_count];
        const table_def *other = is_old ? copy : old;
        bool both = index->constraint;
        for (size_t k = 0; k < other->index_count; k++)
            both |= is_same_index(&other->indexes[k], index);
        if (both)
            continue;
        COVET_TRY(
            run_home(set,
                     is_old
                         ? cli_printf(run, "DROP INDEX %s", sql_name(run, old->schema, index->name))
                         : cli_printf(run, "CREATE %sINDEX %s ON %s%s",
                                      index->unique ? "UNIQUE " : "", sql_ident(run, index->name),
                                      home_name(set, table), index->definition),
                     err));
    }
    return COVET_OK;
}

/* A check that the rows of its time were never tried on must not be tried on them now. */
static covet_status drop_checks(const back *set, const back_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    for (size_t i = 0; i < table->old->check_count; i++)
        if (!table->old->checks[i].valid)
            COVET_TRY(
                run_home(set,
                         cli_printf(run, "ALTER TABLE %s DROP CONSTRAINT %s", home_name(set, table),
                                    sql_ident(run, table->old->checks[i].name)),
                         err));
    return COVET_OK;
}

static covet_status add_checks(const back *set, const back_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    const char *home = home_name(set, table);
    for (size_t i = 0; i < table->old->check_count; i++) {
        const table_check *check = &table->old->checks[i];
        const char *name = sql_ident(run, check->name);
        if (check->valid)
            continue;
        COVET_TRY(run_home(set,
                           cli_printf(run, "ALTER TABLE %s ADD CONSTRAINT %s %s", home, name,
                                      check->definition),
                           err));
        if (check->comment != NULL)
            COVET_TRY(run_home(set,
                               cli_printf(run, "COMMENT ON CONSTRAINT %s ON %s IS %s", name, home,
                                          sql_literal(run, check->comment)),
                               err));
    }
    return COVET_OK;
}

static covet_status fill(const back *set, covet_error *err)
{
    cli_run *run = set->cluster->run;
    for (size_t i = 0; i < set->count; i++) {
        back_table *table = &set->tables[i];
        cli_progress(run, "bringing rows home", i, set->count, table->entry->name);
        COVET_TRY(drop_checks(set, table, err));
        COVET_TRY(run_home(set, "SAVEPOINT rows", err));
        if (back_copy_rows(set, table, home_name(set, table), &table->rows, err) != COVET_OK)
            return back_explain_conflict(set, table, err);
        COVET_TRY(add_checks(set, table, err));
        COVET_TRY(match_indexes(set, table, err));
        COVET_TRY(run_home(set, cli_printf(run, "ANALYZE %s", home_name(set, table)), err));
    }
    cli_progress_end(run);
    return COVET_OK;
}

/* ---- C: what joins them to others ------------------------------------------------------ */

/* Where a copy's foreign key leads at home: to a table of the set, or to a copy that stays. */
static covet_status add_references(const back *set, const back_table *table, covet_error *err)
{
    const table_def *copy = table->copy;
    cli_run *run = set->cluster->run;
    ddl sql = {.run = run};
    ddl_target *targets = cli_alloc(run, (copy->reference_count + 1) * sizeof *targets);
    for (size_t i = 0; i < copy->reference_count; i++) {
        const table_reference *reference = &copy->references[i];
        const back_table *other = back_find(set, reference->to_table);
        targets[i] = other != NULL ? (ddl_target){other->entry->schema, other->entry->name}
                                   : (ddl_target){reference->to_schema, reference->to_table};
    }
    ddl_references(&sql, copy, table->entry->name, targets);
    return sql.count > 0 ? run_home(set, ddl_text(&sql, table->entry->schema), err) : COVET_OK;
}

static covet_status lead_back(const back *set, const back_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    for (size_t i = 0; i < table->referrer_count; i++) {
        const table_reference *key = &table->referrers[i];
        COVET_TRY(run_home(set, ddl_lead(run, key, home_name(set, table)), err));
    }
    return COVET_OK;
}

static covet_status grant_again(const back *set, const back_table *table, covet_error *err)
{
    ddl sql = {.run = set->cluster->run};
    ddl_grants(&sql, table->copy, table->entry->name);
    return sql.count > 0 ? run_home(set, ddl_text(&sql, table->entry->schema), err) : COVET_OK;
}

/* A sequence goes on where the blocks ended; one that nobody has passed stays as it is. */
static covet_status set_sequences(const back *set, const back_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    for (size_t i = 0; i < table->old->column_count; i++) {
        const table_column *column = &table->old->columns[i];
        if (column->sequence == NULL)
            continue;
        COVET_TRY(SQL_RUN(set->cluster->home, err,
                          cli_printf(run,
                                     "SELECT setval(p.seqrelid::regclass,"
                                     " least(i.next - 1, p.seqmax), true)"
                                     " FROM %s s, pg_sequence p, covet.ids i"
                                     " WHERE p.seqrelid = $1::regclass AND i.table_id = $2::int4"
                                     " AND i.column_name = $3 AND s.last_value::numeric"
                                     " + CASE WHEN s.is_called THEN p.seqincrement ELSE 0 END"
                                     " < i.next",
                                     column->sequence),
                          column->sequence, cli_printf(run, "%u", table->entry->id), column->name));
    }
    return COVET_OK;
}

static covet_status leave_catalog(const back *set, const char *job, covet_error *err)
{
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(SQL_RUN(set->cluster->home, err, "DELETE FROM covet.tables WHERE id = $1::int4",
                          cli_printf(set->cluster->run, "%u", set->tables[i].entry->id)));
    return job_end(set->cluster->home, job, err);
}

static covet_status change_home(const back *set, const char *job, covet_error *err)
{
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(take_back(set, &set->tables[i], err));
    COVET_TRY(empty_all(set, err));
    COVET_TRY(fill(set, err));
    for (size_t i = 0; i < set->count; i++) {
        COVET_TRY(add_references(set, &set->tables[i], err));
        COVET_TRY(lead_back(set, &set->tables[i], err));
        COVET_TRY(grant_again(set, &set->tables[i], err));
        COVET_TRY(set_sequences(set, &set->tables[i], err));
    }
    COVET_TRY(drop_copies(set, set->cluster->map->home, err));
    return leave_catalog(set, job, err);
}

/* ---- D to F ---------------------------------------------------------------------------- */

static covet_status prepare_groups(const back *set, const char *job, covet_error *err)
{
    const covet__map *map = set->cluster->map;
    const char *prepare =
        cli_printf(set->cluster->run, "PREPARE TRANSACTION %s", job_transaction(set->cluster, job));
    for (uint32_t g = 0; g < map->group_count; g++) {
        if (g == map->home)
            continue;
        COVET_TRY(drop_copies(set, g, err));
        COVET_TRY(covet__session_script(set->cluster->groups[g], prepare, err));
    }
    return COVET_OK;
}

/* How the groups' transactions end: "COMMIT" or "ROLLBACK". Those that cannot be told now
 * are told by the next command. */
static void end_groups(const back *set, const char *job, const char *how)
{
    const cluster_handle *cluster = set->cluster;
    covet_error why;
    for (uint32_t g = 0; g < cluster->group_count; g++) {
        covet__session *session = cluster->groups[g];
        covet__session_stop_when(session, NULL, NULL);
        if (g == cluster->map->home)
            continue;
        if (covet__session_transaction(session) != 'I') { /* never prepared */
            COVET_UNUSED(covet__session_script(session, "ROLLBACK", NULL));
            continue;
        }
        const covet_status status =
            covet__session_script(session,
                                  cli_printf(cluster->run, "%s PREPARED %s", how,
                                             job_transaction(cluster, job)),
                                  &why);
        if (status != COVET_OK && strcmp(why.sqlstate, "42704") != 0)
            cli_note(cluster->run, "its transaction is left over (the next command ends it): %s",
                     why.message);
    }
}

/* When the copies are gone, the rows are at home alone. So home's standbys shall have them
 * first: whoever takes over from home does not lose the tables with the last moment. */
static void await_standbys(const back *set)
{
    static const char behind_sql[] =
        "SELECT count(*), string_agg(application_name, ', ') FROM pg_stat_replication r"
        " WHERE state = 'streaming' AND flush_lsn < $1::pg_lsn AND NOT EXISTS (SELECT FROM"
        " pg_replication_slots WHERE active_pid = r.pid AND slot_type = 'logical')";
    const cluster_handle *cluster = set->cluster;
    const covet_msec until = covet__now() + STANDBY_MSEC;
    COVET_AUTO(covet_result) now = NULL;
    if (SQL_ROWS(cluster->home, &now, NULL, "SELECT pg_current_wal_flush_lsn()") != COVET_OK)
        return;
    for (;; usleep(LOOK_MSEC * 1000)) {
        COVET_AUTO(covet_result) rows = NULL;
        if (SQL_ROWS(cluster->home, &rows, NULL, behind_sql, covet_result_text(now, 0, 0)) !=
                COVET_OK ||
            cell_number(rows, 0, 0) == 0)
            return;
        if (covet__now() < until && cli_interrupted() == 0)
            continue;
        cli_note(cluster->run, "home's standby %s has not stored the rows yet",
                 covet_result_text(rows, 0, 1));
        return;
    }
}

static void undo(const back *set, const char *job)
{
    const cluster_handle *cluster = set->cluster;
    covet__session_stop_when(cluster->home, NULL, NULL);
    if (covet__session_transaction(cluster->home) == '?')
        return; /* it is not known how it ended */
    end_groups(set, job, "ROLLBACK");
    covet_error why;
    if (job_end(cluster->groups[cluster->map->home], job, &why) != COVET_OK)
        cli_note(cluster->run, "%s", why.message);
}

static covet_status work(back *set, const char *job, covet_error *err)
{
    COVET_TRY(lock_copies(set, err));
    COVET_TRY(back_collect(set, err)); /* as it is now that nobody can change it */
    COVET_TRY(change_home(set, job, err));
    COVET_TRY(prepare_groups(set, job, err));
    return cluster_commit(set->cluster, err);
}

covet_status back_run(back *set, covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    const char *job;
    COVET_TRY(job_begin(cluster->run, cluster->groups[cluster->map->home], "undistribute",
                        set->command, &job, err));
    const covet_status status = work(set, job, err);
    cli_progress_end(cluster->run);
    if (status != COVET_OK) {
        undo(set, job);
        return status;
    }
    await_standbys(set);
    end_groups(set, job, "COMMIT");
    return COVET_OK;
}
