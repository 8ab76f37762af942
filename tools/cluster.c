#include "tools/cluster.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/catalog.h"
#include "core/result_parts.h"

/* "cove" in ASCII: the class of our advisory locks (K2). */
#define LOCK_CLASS "1668249189"

enum { GLANCE_MSEC = 5000 }; /* for who only looks: a server that is frozen is soon told */

static bool is_interrupted(void *user)
{
    COVET_UNUSED(user);
    return cli_interrupted() != 0;
}

covet_status cluster_session(const covet__dsn *dsn, const char *name, covet__session **ret_session,
                             covet_error *err)
{
    const covet__session_opts opts = {.name = name, .search_path = "", .stop = is_interrupted};
    return covet__session_start(dsn, &opts, ret_session, err);
}

/* ---- opening --------------------------------------------------------------------------- */

static covet_status check_catalog(cluster_handle *cluster, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err,
                       "SELECT to_regclass('covet.cluster') IS NOT NULL,"
                       " to_regclass('covet.node') IS NOT NULL"));
    if (!cell_truth(rows, 0, 0) && cell_truth(rows, 0, 1))
        return covet__fail(err, COVET_ECATALOG,
                           "catalog (%s): this is a member of a group that does not hold the "
                           "catalog (name the home group's database)",
                           covet__session_place(cluster->home));
    if (!cell_truth(rows, 0, 0))
        return covet__fail(err, COVET_ECATALOG,
                           "catalog (%s): there is no cluster (covet-shardctl init makes one)",
                           covet__session_place(cluster->home));
    covet_result_free(rows);
    rows = NULL;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err, "SELECT format FROM covet.cluster"));
    const int64_t format = covet_result_rows(rows) == 1 ? cell_number(rows, 0, 0) : 0;
    if (format == COVET__MAP_FORMAT)
        return COVET_OK;
    return covet__fail(err, COVET_ECATALOG,
                       "catalog: its format is %" PRId64 ", this program's is %d%s", format,
                       COVET__MAP_FORMAT,
                       format > COVET__MAP_FORMAT ? " (use a newer covet-shardctl)" : "");
}

covet_status cluster_read_map(cluster_handle *cluster, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    const covet__map *map = NULL;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err, covet__catalog_load_sql));
    COVET_TRY(covet__catalog_map_of(rows->part_one, &map, err));
    covet__map_unref(cluster->map);
    cluster->map = map;
    cluster->references = cli_printf(cluster->run, "%s_reference", map->prefix);
    return COVET_OK;
}

static covet_status open_home(cluster_handle *cluster, bool any, covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = covet__dsn_copy(cluster->dsn);
    if (dsn == NULL)
        return covet__fail(err, COVET_ENOMEM, "catalog: out of memory");
    const covet__session_opts opts = {.name = "catalog",
                                      .search_path = "",
                                      .connect_timeout = any ? GLANCE_MSEC : 0,
                                      .answer_timeout = any ? GLANCE_MSEC : 0,
                                      .stop = is_interrupted};
    if (!any) /* of several hosts, the one that is the primary now */
        COVET_TRY(covet__dsn_set(dsn, "target_session_attrs", "primary"));
    return covet__session_start(dsn, &opts, &cluster->home, err);
}

covet_status cluster_open(cli_run *run, const char *dsn, bool any, cluster_handle *ret_cluster,
                          covet_error *err)
{
    cluster_handle opened = {.run = run};
    if (dsn == NULL)
        dsn = run->catalog;
    if (dsn == NULL)
        return covet__fail(err, COVET_EINVAL,
                           "where is the cluster? (--catalog DSN, or COVET_CATALOG in the "
                           "environment)");
    covet_status status = covet__dsn_parse(dsn, &opened.dsn, err);
    if (status == COVET_OK)
        status = open_home(&opened, any, err);
    if (status == COVET_OK)
        status = check_catalog(&opened, err);
    if (status == COVET_OK)
        status = cluster_read_map(&opened, err);
    if (status != COVET_OK) {
        cluster_close(&opened);
        return status;
    }
    *ret_cluster = opened;
    return COVET_OK;
}

void cluster_close(cluster_handle *cluster)
{
    cluster_disconnect(cluster);
    covet__session_free(cluster->home);
    covet__dsn_free(cluster->dsn);
    covet__map_unref(cluster->map);
    cluster->home = NULL;
    cluster->dsn = NULL;
    cluster->map = NULL;
}

/* ---- changing the map ------------------------------------------------------------------ */

covet_status cluster_begin(cluster_handle *cluster, covet_error *err)
{
    static const char lock[] = "SELECT FROM covet.cluster FOR UPDATE";
    cluster->began = true;
    COVET_TRY(covet__session_script(cluster->home, "BEGIN", err));
    covet_error busy;
    const covet_status status =
        SQL_RUN(cluster->home, &busy, "SELECT FROM covet.cluster FOR UPDATE NOWAIT");
    if (status != COVET_OK && strcmp(busy.sqlstate, "55P03") == 0) {
        cli_note(cluster->run, "waits for another command that changes this cluster");
        COVET_TRY(covet__session_script(cluster->home, "ROLLBACK; BEGIN", err));
        COVET_TRY(SQL_RUN(cluster->home, err, lock));
    } else if (status != COVET_OK) {
        if (err != NULL)
            *err = busy;
        return status;
    }
    return cluster_read_map(cluster, err);
}

covet_status cluster_commit(cluster_handle *cluster, covet_error *err)
{
    COVET_TRY(SQL_RUN(cluster->home, err, "UPDATE covet.cluster SET epoch = epoch + 1"));
    COVET_TRY(covet__session_script(cluster->home, "NOTIFY covet_map", err));
    covet__session_stop_when(cluster->home, NULL, NULL); /* K5 */
    const covet_status status = covet__session_script(cluster->home, "COMMIT", err);
    cluster->unknown = status == COVET_ECONNLOST || status == COVET_ENOMEM ||
                       (status != COVET_OK && covet__session_transaction(cluster->home) == '?');
    if (status == COVET_ECONNLOST)
        covet__prefix(err, "the connection broke at the end, so it is not known whether the change "
                           "was made (run the command again: it finishes or undoes it)");
    return status;
}

int cluster_fail(const cluster_handle *cluster, const covet_error *err)
{
    const int code = cli_fail_error(cluster->run, err);
    if (!cluster->began || cluster->unknown)
        return code;
    const bool lost = covet__session_transaction(cluster->home) == '?';
    cli_note(cluster->run, "nothing was changed%s",
             lost ? " (what it left in the groups, the next command clears away)" : "");
    return code;
}

/* ---- groups ---------------------------------------------------------------------------- */

covet_status cluster_member_dsn(const cluster_handle *cluster, const covet__map_member *member,
                                covet__dsn **ret_dsn, covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_TRY(covet__dsn_parse(member->dsn, &dsn, err));
    if (covet__dsn_inherit(dsn, cluster->dsn) != COVET_OK)
        return covet__fail(err, COVET_ENOMEM, "%s: out of memory", member->name);
    *ret_dsn = COVET_TAKE(dsn);
    return COVET_OK;
}

static covet_status check_member(const cluster_handle *cluster, uint32_t group,
                                 covet__session *session, covet_error *err)
{
    const covet__map *map = cluster->map;
    const char *name = map->groups[group].name;
    COVET_AUTO(covet_result) rows = NULL;
    const covet_status status =
        SQL_ROWS(session, &rows, err,
                 "SELECT cluster_id, incarnation, group_id, pg_is_in_recovery(),"
                 " (pg_control_system()).system_identifier FROM covet.node");
    if (status == COVET_ESQL && err != NULL && strcmp(err->sqlstate, "42P01") == 0)
        return covet__fail(err, COVET_ECLUSTER, "group %s: the server at %s belongs to no cluster",
                           name, covet__session_place(session));
    COVET_TRY(status);
    const uint64_t known = map->members[map->groups[group].primary].system_id;
    const char *system_id = covet_result_text(rows, 0, 4);
    if (covet_result_rows(rows) != 1 ||
        strcmp(covet_result_text(rows, 0, 0), map->cluster_id) != 0 ||
        cell_number(rows, 0, 1) != (int64_t)map->incarnation ||
        cell_number(rows, 0, 2) != (int64_t)map->groups[group].id ||
        (known != 0 && strtoull(system_id, NULL, 10) != known))
        return covet__fail(err, COVET_ECLUSTER,
                           "group %s: the server at %s is another one than the catalog means", name,
                           covet__session_place(session));
    if (cell_truth(rows, 0, 3))
        return covet__fail(err, COVET_ECLUSTER,
                           "group %s: the server at %s is a standby now, the catalog has it as the "
                           "primary",
                           name, covet__session_place(session));
    return COVET_OK;
}

/* `path`: as in covet__session_opts. */
static covet_status reach(const cluster_handle *cluster, uint32_t group, const char *path,
                          covet__session **ret_session, covet_error *err)
{
    const covet__map_group *g = &cluster->map->groups[group];
    const covet__session_opts opts = {.name = cli_printf(cluster->run, "group %s", g->name),
                                      .search_path = path,
                                      .stop = is_interrupted};
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_AUTO(covet__session) session = NULL;
    COVET_TRY(cluster_member_dsn(cluster, &cluster->map->members[g->primary], &dsn, err));
    COVET_TRY(covet__session_start(dsn, &opts, &session, err));
    COVET_TRY(check_member(cluster, group, session, err));
    *ret_session = COVET_TAKE(session);
    return COVET_OK;
}

covet_status cluster_connect(const cluster_handle *cluster, uint32_t group,
                             covet__session **ret_session, covet_error *err)
{
    COVET_AUTO(covet__session) session = NULL;
    COVET_TRY(reach(cluster, group, "", &session, err));
    COVET_TRY(SQL_RUN(session, err, "SELECT pg_advisory_lock(" LOCK_CLASS ", 1)")); /* K2 */
    *ret_session = COVET_TAKE(session);
    return COVET_OK;
}

covet_status cluster_visit(const cluster_handle *cluster, uint32_t group,
                           covet__session **ret_session, covet_error *err)
{
    const covet__map *map = cluster->map;
    covet__str path = COVET__STR_IN(cluster->run->arena);
    for (uint32_t i = 0; i < map->search_path_count; i++) {
        covet__str_add(&path, i > 0 ? "," : "");
        covet__str_ident(&path, map->search_path[i]);
    }
    if (!covet__str_ok(&path))
        cli_no_memory(cluster->run);
    return reach(cluster, group, covet__str_text(&path), ret_session, err);
}

static covet_status open_all(cluster_handle *cluster,
                             covet_status (*open)(const cluster_handle *, uint32_t,
                                                  covet__session **, covet_error *),
                             covet_error *err)
{
    const uint32_t count = cluster->map->group_count;
    cluster->groups = cli_alloc(cluster->run, (count + 1) * sizeof(covet__session *));
    cluster->group_count = count;
    for (uint32_t i = 0; i < count; i++)
        COVET_TRY(open(cluster, i, &cluster->groups[i], err));
    return COVET_OK;
}

covet_status cluster_connect_all(cluster_handle *cluster, covet_error *err)
{
    return open_all(cluster, cluster_connect, err);
}

covet_status cluster_visit_all(cluster_handle *cluster, covet_error *err)
{
    return open_all(cluster, cluster_visit, err);
}

void cluster_disconnect(cluster_handle *cluster)
{
    for (uint32_t i = 0; i < cluster->group_count; i++)
        covet__session_free(cluster->groups[i]);
    cluster->group_count = 0;
    cluster->groups = NULL;
}

uint32_t cluster_shards_of(const covet__map *map, uint32_t group)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < map->shard_count; i++)
        count += map->shards[i].group == group;
    return count;
}

/* ---- locks ----------------------------------------------------------------------------- */

/* A prepared transaction has no process: it waits until somebody ends it. */
static const char holders_sql[] =
    "SELECT string_agg(DISTINCT CASE WHEN l.pid IS NULL"
    " THEN 'the prepared transaction ' || coalesce(quote_literal(x.gid), '?')"
    " ELSE format('process %s%s%s', l.pid, coalesce(', ' || nullif(a.application_name, ''), ''),"
    " coalesce(', ' || a.state, '')) END, '; ')"
    " FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
    " LEFT JOIN pg_locks t ON l.pid IS NULL AND t.pid IS NULL AND t.locktype = 'transactionid'"
    " AND t.virtualtransaction = l.virtualtransaction"
    " LEFT JOIN pg_prepared_xacts x ON x.transaction = t.transactionid"
    " WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND l.relation = ANY (SELECT to_regclass(t) FROM unnest($1::text[]) t)";

static covet_status name_holders(const cluster_handle *cluster, covet__session *session,
                                 const char *const *names, size_t count, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, holders_sql, sql_array(cluster->run, names, count)));
    const char *holders = covet_result_text(rows, 0, 0);
    cli_note(cluster->run, "waits for a lock%s%s (Ctrl-C gives up, and nothing is changed)",
             holders != NULL ? " that is held by " : "", holders != NULL ? holders : "");
    return COVET_OK;
}

covet_status cluster_lock(const cluster_handle *cluster, covet__session *session,
                          const char *const *names, size_t count, covet_error *err)
{
    covet__str sql = COVET__STR_IN(cluster->run->arena);
    covet_error busy;
    for (size_t i = 0; i < count; i++)
        covet__str_printf(&sql, "%s%s", i > 0 ? ", " : "LOCK TABLE ", names[i]);
    covet__str_add(&sql, " IN ACCESS EXCLUSIVE MODE");
    if (!covet__str_ok(&sql))
        cli_no_memory(cluster->run);
    const char *text = covet__str_text(&sql);
    COVET_TRY(covet__session_script(session, "SAVEPOINT locks", err));
    const covet_status status =
        covet__session_script(session, cli_printf(cluster->run, "%s NOWAIT", text), &busy);
    if (status == COVET_OK)
        return COVET_OK;
    if (strcmp(busy.sqlstate, "55P03") != 0) {
        if (err != NULL)
            *err = busy;
        return status;
    }
    COVET_TRY(covet__session_script(session, "ROLLBACK TO SAVEPOINT locks", err));
    COVET_TRY(name_holders(cluster, session, names, count, err));
    return covet__session_script(session, text, err);
}

/* ---- SQL ------------------------------------------------------------------------------- */

static const char *take(cli_run *run, covet__str *str)
{
    const char *text = covet__str_take(str);
    if (text == NULL)
        cli_no_memory(run);
    return text;
}

const char *sql_ident(cli_run *run, const char *name)
{
    covet__str str = COVET__STR_IN(run->arena);
    covet__str_ident(&str, name);
    return take(run, &str);
}

const char *sql_name(cli_run *run, const char *schema, const char *name)
{
    covet__str str = COVET__STR_IN(run->arena);
    covet__str_qualified(&str, schema, name);
    return take(run, &str);
}

const char *sql_literal(cli_run *run, const char *text)
{
    covet__str str = COVET__STR_IN(run->arena);
    covet__str_literal(&str, text);
    return take(run, &str);
}

const char *sql_array(cli_run *run, const char *const *items, size_t count)
{
    covet__str str = COVET__STR_IN(run->arena);
    covet__str_char(&str, '{');
    for (size_t i = 0; i < count; i++) {
        covet__str_add(&str, i > 0 ? ",\"" : "\"");
        for (const char *c = items[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                covet__str_char(&str, '\\');
            covet__str_char(&str, *c);
        }
        covet__str_char(&str, '"');
    }
    covet__str_char(&str, '}');
    return take(run, &str);
}

const char *cell_text(cli_run *run, const covet_result *rows, size_t row, size_t column)
{
    const char *text = covet_result_text(rows, row, column);
    return text != NULL ? cli_printf(run, "%s", text) : NULL;
}

int64_t cell_number(const covet_result *rows, size_t row, size_t column)
{
    const char *text = covet_result_text(rows, row, column);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

bool cell_truth(const covet_result *rows, size_t row, size_t column)
{
    const char *text = covet_result_text(rows, row, column);
    return text != NULL && text[0] == 't';
}

const char *const *cell_names(cli_run *run, const covet_result *rows, size_t row, size_t column,
                              size_t *ret_count)
{
    const char *text = covet_result_text(rows, row, column);
    json_t *list = json_loads(text != NULL ? text : "[]", 0, NULL);
    const size_t count = json_array_size(list);
    const char **names = cli_alloc(run, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        names[i] = cli_printf(run, "%s", name != NULL ? name : "");
    }
    json_decref(list);
    *ret_count = count;
    return names;
}

covet_status sql_exec(covet__session *session, covet_result **ret_rows, covet_error *err,
                      const char *const *sql_and_values, size_t count)
{
    return covet__session_exec(session, sql_and_values[0], sql_and_values + 1, count - 1, ret_rows,
                               err);
}
