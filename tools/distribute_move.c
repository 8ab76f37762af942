/*
 * tools/distribute_move.c - the move itself (tools/distribute.h, B to E).
 */
#include <string.h>

#include "tools/distribute.h"
#include "tools/leavings.h"

/* How much a script counts against a row, in the bar. */
enum { SCRIPT_UNITS = 100, BYTES_IN_FLIGHT = 8 << 20 };

static covet_status run_home(const move *set, const char *sql, covet_error *err)
{
    return covet__session_script(set->cluster->home, sql, err);
}

/* ---- B: lock --------------------------------------------------------------------------- */

static covet_status lock_tables(const move *set, covet_error *err)
{
    cli_run *run = set->cluster->run;
    const char **names = cli_alloc(run, (set->count + 1) * sizeof *names);
    for (size_t i = 0; i < set->count; i++)
        names[i] = sql_name(run, set->tables[i].def->schema, set->tables[i].def->name);
    return cluster_lock(set->cluster, set->cluster->home, names, set->count, err);
}

/* What was true before the lock need not be true after it. */
static covet_status look_again(move *set, covet_error *err)
{
    int problems = 0;
    COVET_TRY(move_collect(set, &problems, err));
    if (problems == 0)
        COVET_TRY(move_check(set, &problems, err));
    return problems == 0 ? COVET_OK
                         : covet__fail(err, COVET_EBUSY,
                                       "the tables were changed while they were waited for");
}

/* ---- C: home --------------------------------------------------------------------------- */

/* Where names collide it fails here, before any row has moved. */
static covet_status set_aside(const move *set, const move_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    const char *schema = table->def->schema;
    ddl twin = {.run = run};
    if (strcmp(table->physical, table->def->name) != 0)
        COVET_TRY(run_home(set,
                           cli_printf(run, "ALTER TABLE %s RENAME TO %s",
                                      sql_name(run, schema, table->def->name),
                                      sql_ident(run, table->physical)),
                           err));
    COVET_TRY(run_home(set,
                       cli_printf(run, "ALTER TABLE %s SET SCHEMA " CLUSTER_OLD,
                                  sql_name(run, schema, table->physical)),
                       err));
    ddl_create(&twin, table->def, table->physical);
    ddl_finish(&twin, table->def, table->physical);
    return run_home(set, ddl_text(&twin, CLUSTER_SHELL), err);
}

/* ---- D: groups ------------------------------------------------------------------------- */

typedef struct scripts {
    ddl create, finish, last;
    uint32_t relations; /* that all of them make, in one target */
} scripts;

static void write_scripts(const move *set, scripts *out)
{
    cli_run *run = set->cluster->run;
    *out = (scripts){.create = {.run = run}, .finish = {.run = run}, .last = {.run = run}};
    for (size_t i = 0; i < set->count; i++) {
        const move_table *table = &set->tables[i];
        ddl_create(&out->create, table->def, table->physical);
        ddl_access(&out->create, table->def);
        ddl_finish(&out->finish, table->def, table->physical);
        ddl_references(&out->last, table->def, table->physical, table->targets);
        out->relations += 3 + (uint32_t)table->def->index_count; /* with a table for TOAST */
    }
    for (size_t i = 0; i < set->count; i++) {
        ddl_add(&out->last, "ANALYZE ");
        ddl_name(&out->last, set->tables[i].physical);
        ddl_add(&out->last, ";\n");
    }
}

static covet_status push_all(const move *set, group_crew *crew, const ddl *script,
                             uint32_t relations, covet_error *err)
{
    for (size_t i = 0; i < set->target_count; i++) {
        covet__str sql = {0};
        ddl_fill(script, set->targets[i].schema, &sql);
        COVET_TRY(crew_script(crew, set->targets[i].group, &sql, relations, SCRIPT_UNITS, err));
    }
    return COVET_OK;
}

static covet_status push_access(const move *set, group_crew *crew, covet_error *err)
{
    const covet__map *map = set->cluster->map;
    for (uint32_t g = 0; g < map->group_count; g++) {
        covet__str sql = {0};
        for (size_t i = 0; i < set->count; i++)
            covet__str_add(&sql, ddl_catalog_access(set->cluster->run, set->tables[i].def,
                                                    g == map->home));
        if (sql.length > 0)
            COVET_TRY(crew_script(crew, g, &sql, 1, 0, err));
        covet__str_free(&sql);
    }
    return COVET_OK;
}

static covet_status check_counts(const move *set, covet_error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const move_table *table = &set->tables[i];
        const uint64_t copies = set->reference ? set->target_count : 1;
        if (table->copied != table->rows * copies)
            return covet__fail(err, COVET_EINTERNAL, "%s: %llu rows were read and %llu written",
                               table->def->name, (unsigned long long)table->rows,
                               (unsigned long long)table->copied);
    }
    return COVET_OK;
}

static covet_status fill_groups(move *set, group_crew *crew, covet_error *err)
{
    scripts all;
    write_scripts(set, &all);
    crew_expect(crew, 3 * SCRIPT_UNITS * set->target_count);
    for (size_t i = 0; i < set->count; i++)
        if (set->tables[i].def->rows > 0)
            crew_expect(crew, (uint64_t)set->tables[i].def->rows *
                                  (set->reference ? set->target_count : 1));
    COVET_TRY(push_all(set, crew, &all.create, all.relations, err));
    COVET_TRY(push_access(set, crew, err));
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(mover_copy(set, &set->tables[i], crew, err));
    COVET_TRY(push_all(set, crew, &all.finish, all.relations, err));
    COVET_TRY(push_all(set, crew, &all.last, (uint32_t)set->count, err));
    COVET_TRY(crew_wait(crew, err));
    COVET_TRY(check_counts(set, err));
    return crew_commit(crew, err);
}

/* ---- E: home --------------------------------------------------------------------------- */

/* The old table must neither hold on to rows of others nor be written by anybody. It gets
 * back both when it comes back: they are made anew from those of the shards. */
static covet_status cut_off(const move *set, const move_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    const char *name = sql_name(run, CLUSTER_OLD, table->physical);
    for (size_t i = 0; i < table->def->reference_count; i++)
        COVET_TRY(run_home(set,
                           cli_printf(run, "ALTER TABLE %s DROP CONSTRAINT %s", name,
                                      sql_ident(run, table->def->references[i].name)),
                           err));
    for (size_t i = 0; i < table->def->grant_count; i++)
        COVET_TRY(run_home(set,
                           cli_printf(run, "REVOKE ALL ON TABLE %s FROM %s", name,
                                      table->def->grants[i].grantee),
                           err));
    return COVET_OK;
}

/* Foreign keys of local tables lead to the home group's copy from now on. */
static covet_status lead_here(const move *set, const move_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    for (size_t i = 0; i < table->referrer_count; i++) {
        const table_reference *key = &table->referrers[i];
        if (move_find(set, key->from_oid) != NULL)
            continue;
        COVET_TRY(
            run_home(set,
                     ddl_lead(run, key, sql_name(run, set->cluster->references, table->physical)),
                     err));
    }
    return COVET_OK;
}

static covet_status enter_table(const move *set, move_table *table, covet_error *err)
{
    cli_run *run = set->cluster->run;
    covet__session *home = set->cluster->home;
    const table_column *key = table->key;
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(home, &rows, err,
                       "INSERT INTO covet.tables (id, schema_name, table_name, kind, key_column,"
                       " key_type, key_typmod, physical_name, unique_per_shard)"
                       " SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5::oid, $6::int4, $7,"
                       " $8::text[] FROM covet.tables RETURNING id",
                       table->def->schema, table->def->name,
                       key != NULL ? "distributed" : "reference", key != NULL ? key->name : NULL,
                       key != NULL ? cli_printf(run, "%u", key->type_oid) : NULL,
                       key != NULL ? cli_printf(run, "%d", key->typmod) : "-1", table->physical,
                       sql_array(run, table->per_shard, table->per_shard_count)));
    table->id = cell_text(run, rows, 0, 0);
    for (size_t i = 0; i < table->id_count; i++) {
        const move_id *id = &table->ids[i];
        COVET_TRY(SQL_RUN(home, err,
                          "INSERT INTO covet.ids (table_id, column_name, type, alone_unique, next,"
                          " max) VALUES ($1::int4, $2, $3::oid, $4::bool, $5::int8, $6::int8)",
                          table->id, id->column->name, cli_printf(run, "%u", id->column->type_oid),
                          id->alone_unique ? "true" : "false", id->next,
                          cli_printf(run, "%lld", (long long)id->max)));
    }
    return COVET_OK;
}

static covet_status finish_home(const move *set, const char *job, covet_error *err)
{
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(cut_off(set, &set->tables[i], err));
    for (size_t i = 0; i < set->count; i++) {
        if (set->reference)
            COVET_TRY(lead_here(set, &set->tables[i], err));
        COVET_TRY(enter_table(set, &set->tables[i], err));
    }
    COVET_TRY(job_end(set->cluster->home, job, err));
    return cluster_commit(set->cluster, err);
}

/* ---- all of it ------------------------------------------------------------------------- */

static covet_status work(move *set, const char *job, covet_error *err)
{
    cluster_handle *cluster = set->cluster;
    CREW_AUTO crew = NULL;
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(set_aside(set, &set->tables[i], err));
    COVET_TRY(crew_new(cluster->run, set->reference ? "copying" : "distributing", cluster->groups,
                       cluster->group_count, BYTES_IN_FLIGHT, &crew, err));
    COVET_TRY(fill_groups(set, crew, err));
    return finish_home(set, job, err);
}

/* While home's transaction is open nobody else works here, so what the groups have of these
 * tables may be dropped; after that it is the next command's to clear. */
static void undo(const move *set, const char *job)
{
    cluster_handle *cluster = set->cluster;
    covet_error why;
    covet_status status = COVET_OK;
    if (strchr("TE", covet__session_transaction(cluster->home)) == NULL)
        return;
    for (uint32_t g = 0; g < cluster->group_count; g++) {
        covet__session_stop_when(cluster->groups[g], NULL, NULL);
        const covet_status one = leavings_drop_tables(cluster, g, cluster->groups[g], &why);
        status = status == COVET_OK ? one : status;
    }
    if (status == COVET_OK)
        status = job_end(cluster->groups[cluster->map->home], job, &why);
    if (status != COVET_OK)
        cli_note(cluster->run, "something is left over (the next command clears it): %s",
                 why.message);
}

covet_status move_run(move *set, covet_error *err)
{
    cluster_handle *cluster = set->cluster;
    const char *job;
    COVET_TRY(lock_tables(set, err));
    COVET_TRY(look_again(set, err));
    COVET_TRY(job_begin(cluster->run, cluster->groups[cluster->map->home],
                        set->reference ? "reference" : "distribute", set->command, &job, err));
    const covet_status status = work(set, job, err);
    if (status != COVET_OK)
        undo(set, job);
    return status;
}
