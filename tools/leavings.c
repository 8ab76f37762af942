#include "tools/leavings.h"

#include <string.h>

enum { BATCH = 100 }; /* objects dropped by one statement: each needs locks */

#define JOB_KINDS "'distribute', 'reference', 'undistribute', 'DROP TABLE'"

/* ---- jobs ------------------------------------------------------------------------------ */

covet_status job_begin(cli_run *run, covet__session *session, const char *kind,
                       const char *statement, const char **ret_job, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "INSERT INTO covet.jobs (kind, statement) VALUES ($1, $2) RETURNING id",
                       kind, statement));
    *ret_job = cell_text(run, rows, 0, 0);
    return COVET_OK;
}

covet_status job_end(covet__session *session, const char *job, covet_error *err)
{
    return SQL_RUN(session, err, "DELETE FROM covet.jobs WHERE id = $1::int8", job);
}

/* With the incarnation: a catalog that was restored does not know how the jobs ended that it
 * has forgotten. */
const char *job_prefix(const cluster_handle *cluster)
{
    return cli_printf(cluster->run, "covet_job_%s_%llu_", cluster->map->cluster_id,
                      (unsigned long long)cluster->map->incarnation);
}

const char *job_transaction(const cluster_handle *cluster, const char *job)
{
    return sql_literal(cluster->run, cli_printf(cluster->run, "%s%s", job_prefix(cluster), job));
}

/* ---- prepared transactions ------------------------------------------------------------- */

static covet_status is_open_job(const cluster_handle *cluster, const char *job, bool *ret_open,
                                covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(
        SQL_ROWS(cluster->home, &rows, err, "SELECT FROM covet.jobs WHERE id::text = $1", job));
    *ret_open = covet_result_rows(rows) > 0;
    return COVET_OK;
}

static covet_status finish_prepared(const cluster_handle *cluster, covet__session *session,
                                    covet_error *err)
{
    const char *prefix = job_prefix(cluster);
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "SELECT gid FROM pg_prepared_xacts"
                       " WHERE database = current_database() AND starts_with(gid, $1)",
                       prefix));
    for (size_t i = 0; i < covet_result_rows(rows); i++) {
        const char *gid = covet_result_text(rows, i, 0);
        bool open = false;
        COVET_TRY(is_open_job(cluster, gid + strlen(prefix), &open, err));
        COVET_TRY(covet__session_script(session,
                                        cli_printf(cluster->run, "%s PREPARED %s",
                                                   open ? "ROLLBACK" : "COMMIT",
                                                   sql_literal(cluster->run, gid)),
                                        err));
    }
    return COVET_OK;
}

/* ---- tables and schemas ---------------------------------------------------------------- */

/* The schemas of a group's shards. */
static const char *shard_schemas(const cluster_handle *cluster, uint32_t group)
{
    const covet__map *map = cluster->map;
    const char **names = cli_alloc(cluster->run, (map->shard_count + 1) * sizeof *names);
    size_t count = 0;
    for (uint32_t i = 0; i < map->shard_count; i++)
        if (map->shards[i].group == group)
            names[count++] = map->shards[i].schema;
    return sql_array(cluster->run, names, count);
}

static const char *physical_names(const cluster_handle *cluster, covet__table_kind kind)
{
    const covet__map *map = cluster->map;
    const char **names = cli_alloc(cluster->run, (map->table_count + 1) * sizeof *names);
    size_t count = 0;
    for (uint32_t i = 0; i < map->table_count; i++)
        if (map->tables[i].kind == kind)
            names[count++] = map->tables[i].physical;
    return sql_array(cluster->run, names, count);
}

/* One DROP for many: rows of qualified names. */
static covet_status drop_all(cli_run *run, covet__session *session, const char *what,
                             const covet_result *rows, const char *how, covet_error *err)
{
    covet__str sql = COVET__STR_IN(run->arena);
    const size_t count = covet_result_rows(rows);
    for (size_t i = 0; i < count; i++) {
        covet__str_printf(&sql, "%s %s", i % BATCH == 0 ? what : ",",
                          covet_result_text(rows, i, 0));
        if (i % BATCH != BATCH - 1 && i + 1 < count)
            continue;
        covet__str_add(&sql, how);
        if (!covet__str_ok(&sql))
            cli_no_memory(run);
        COVET_TRY(covet__session_script(session, covet__str_text(&sql), err));
        covet__str_clear(&sql);
    }
    return COVET_OK;
}

covet_status leavings_drop_tables(const cluster_handle *cluster, uint32_t group,
                                  covet__session *session, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
                       " JOIN pg_namespace n ON n.oid = c.relnamespace"
                       " WHERE c.relkind = 'r'"
                       " AND (n.nspname = ANY ($1::text[]) AND c.relname <> ALL ($2::text[])"
                       " OR n.nspname = $3 AND c.relname <> ALL ($4::text[]))",
                       shard_schemas(cluster, group),
                       physical_names(cluster, COVET__TABLE_DISTRIBUTED), cluster->references,
                       physical_names(cluster, COVET__TABLE_REFERENCE)));
    return drop_all(cluster->run, session, "DROP TABLE", rows, " CASCADE", err);
}

covet_status leavings_drop_schemas(const cluster_handle *cluster, uint32_t group,
                                   covet__session *session, covet_error *err)
{
    const char *owned = shard_schemas(cluster, group);
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_RUN(session, err,
                      "DELETE FROM covet.owned WHERE"
                      " $2 || lpad(shard_id::text, 5, '0') <> ALL ($1::text[])",
                      owned, cli_printf(cluster->run, "%s_s", cluster->map->prefix)));
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "SELECT format('%I', n.nspname) FROM pg_namespace n"
                       " WHERE n.nspname <> ALL ($1::text[]) AND n.nspname ~ $2"
                       " AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid)",
                       owned, cli_printf(cluster->run, "^%s_s[0-9]{5,}$", cluster->map->prefix)));
    return drop_all(cluster->run, session, "DROP SCHEMA", rows, "", err);
}

covet_status leavings_clear(const cluster_handle *cluster, covet_error *err)
{
    for (uint32_t i = 0; i < cluster->group_count; i++)
        COVET_TRY(finish_prepared(cluster, cluster->groups[i], err));
    for (uint32_t i = 0; i < cluster->group_count; i++) {
        COVET_TRY(leavings_drop_tables(cluster, i, cluster->groups[i], err));
        COVET_TRY(leavings_drop_schemas(cluster, i, cluster->groups[i], err));
    }
    return SQL_RUN(cluster->groups[cluster->map->home], err,
                   "DELETE FROM covet.jobs WHERE kind IN (" JOB_KINDS ")");
}
