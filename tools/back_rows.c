/*
 * tools/back_rows.c - rows come home: from the shards' tables into one.
 *
 * The home group's go by INSERT ... SELECT, the others' as one COPY into which all shards'
 * COPYs are poured, one after the other. Nothing is kept in between.
 */
#include <string.h>

#include "tools/undistribute.h"

typedef struct pour {
    const back *set;
    covet__session *home;
} pour;

static covet_status put(void *user, const char *row, size_t length, covet_error *err)
{
    const pour *p = user;
    if (cli_interrupted() != 0)
        return covet__fail(err, COVET_ECANCELED, "interrupted");
    return covet__session_copy_put(p->home, row, length, err);
}

static covet_status pour_group(const pour *p, const back_table *table, uint32_t group,
                               const char *columns, covet_error *err)
{
    const covet__map *map = p->set->cluster->map;
    cli_run *run = p->set->cluster->run;
    for (uint32_t i = 0; i < map->shard_count; i++) {
        if (map->shards[i].group != group)
            continue;
        COVET_TRY(covet__session_copy_out(
            p->set->cluster->groups[group],
            cli_printf(run, "COPY %s (%s) TO STDOUT",
                       sql_name(run, map->shards[i].schema, table->entry->physical), columns),
            put, (void *)(uintptr_t)p, err));
    }
    return COVET_OK;
}

static covet_status pour_others(const pour *p, const back_table *table, const char *into,
                                const char *columns, uint64_t *ret_rows, covet_error *err)
{
    const covet__map *map = p->set->cluster->map;
    covet_status status = COVET_OK;
    COVET_TRY(covet__session_copy_in(
        p->home, cli_printf(p->set->cluster->run, "COPY %s (%s) FROM STDIN", into, columns), err));
    for (uint32_t g = 0; status == COVET_OK && g < map->group_count; g++)
        if (g != map->home)
            status = pour_group(p, table, g, columns, err);
    if (status == COVET_OK)
        return covet__session_copy_end(p->home, NULL, ret_rows, err);
    COVET_UNUSED(covet__session_copy_end(p->home, "given up", NULL, NULL));
    return status;
}

static covet_status insert_home(const pour *p, const char *from, const char *into,
                                const char *columns, uint64_t *rows, covet_error *err)
{
    COVET_AUTO(covet_result) result = NULL;
    COVET_TRY(SQL_ROWS(p->home, &result, err,
                       cli_printf(p->set->cluster->run,
                                  "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s",
                                  into, columns, columns, from)));
    *rows += covet_result_affected(result);
    return COVET_OK;
}

covet_status back_copy_rows(const back *set, const back_table *table, const char *into,
                            uint64_t *ret_rows, covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    const covet__map *map = cluster->map;
    cli_run *run = cluster->run;
    const pour p = {.set = set, .home = cluster->home};
    const char *columns = ddl_columns(run, table->old, NULL);
    const char *physical = table->entry->physical;
    uint64_t rows = 0, others = 0;
    if (table->entry->kind == COVET__TABLE_REFERENCE) {
        COVET_TRY(insert_home(&p, sql_name(run, cluster->references, physical), into, columns,
                              &rows, err));
    } else {
        for (uint32_t i = 0; i < map->shard_count; i++)
            if (map->shards[i].group == map->home)
                COVET_TRY(insert_home(&p, sql_name(run, map->shards[i].schema, physical), into,
                                      columns, &rows, err));
        COVET_TRY(pour_others(&p, table, into, columns, &others, err));
    }
    *ret_rows = rows + others;
    return COVET_OK;
}

/* ---- conflicts ------------------------------------------------------------------------- */

/* The index's columns and its predicate, as SQL over the table's columns. */
static covet_status read_index(const back *set, const back_table *table, const char *index,
                               const char **ret_keys, const char **ret_where, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(set->cluster->home, &rows, err,
                       "SELECT string_agg(format('(%s)', k.def), ', ' ORDER BY k.n),"
                       " concat_ws(' AND ', 'true', CASE WHEN NOT i.indnullsnotdistinct THEN"
                       " string_agg(format('(%s) IS NOT NULL', k.def), ' AND ') END,"
                       " format('(%s)', coalesce(pg_get_expr(i.indpred, i.indrelid), 'true')))"
                       " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                       " CROSS JOIN LATERAL (SELECT n, pg_get_indexdef(i.indexrelid, n, false)"
                       " FROM generate_series(1, i.indnkeyatts) n) k(n, def)"
                       " WHERE i.indrelid = $1::oid AND c.relname = $2"
                       " GROUP BY i.indexrelid, i.indrelid, i.indpred, i.indnullsnotdistinct",
                       table->old_oid, index));
    *ret_keys = cell_text(set->cluster->run, rows, 0, 0);
    *ret_where = cell_text(set->cluster->run, rows, 0, 1);
    return COVET_OK;
}

/* The statement that failed has ended home's transaction up to the savepoint, and may have
 * ended the groups'; the locks do not matter any more. */
static covet_status count_conflicts(const back *set, const back_table *table, const char *index,
                                    const char **ret_keys, int64_t *ret_count, covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    const char *where;
    uint64_t rows;
    COVET_TRY(covet__session_script(cluster->home, "ROLLBACK TO SAVEPOINT rows", err));
    for (uint32_t g = 0; g < cluster->group_count; g++)
        if (g != cluster->map->home)
            COVET_TRY(covet__session_script(cluster->groups[g], "ROLLBACK; BEGIN", err));
    COVET_TRY(read_index(set, table, index, ret_keys, &where, err));
    if (*ret_keys == NULL)
        return covet__fail(err, COVET_ENOTFOUND, "there is no index %s", index);
    COVET_TRY(covet__session_script(
        cluster->home,
        cli_printf(cluster->run, "CREATE TEMP TABLE covet_rows (LIKE %s)",
                   sql_name(cluster->run, table->old->schema, table->old->name)),
        err));
    COVET_TRY(back_copy_rows(set, table, "pg_temp.covet_rows", &rows, err));
    COVET_AUTO(covet_result) result = NULL;
    COVET_TRY(SQL_ROWS(cluster->home, &result, err,
                       cli_printf(cluster->run,
                                  "SELECT count(*) FROM (SELECT FROM pg_temp.covet_rows WHERE %s"
                                  " GROUP BY %s HAVING count(*) > 1) d",
                                  where, *ret_keys)));
    *ret_count = cell_number(result, 0, 0);
    return COVET_OK;
}

covet_status back_explain_conflict(const back *set, const back_table *table, covet_error *err)
{
    covet_error why;
    int64_t count = 0;
    const char *keys = NULL;
    if (strcmp(err->sqlstate, "23505") != 0 || err->constraint[0] == '\0')
        return err->status;
    const char *index = cli_printf(set->cluster->run, "%s", err->constraint);
    if (count_conflicts(set, table, index, &keys, &count, &why) != COVET_OK)
        return err->status; /* what PostgreSQL said must do */
    return covet__fail_state(err, COVET_ESQL, "23505",
                             "%s: %lld value%s of %s %s in more than one row, in different shards, "
                             "where %s allows one (change them there; nothing was changed)",
                             table->entry->name, (long long)count, count == 1 ? "" : "s", keys,
                             count == 1 ? "is" : "are", index);
}
