/*
 * shard/servers.c - the servers that a handle talks to, as its map names them
 * (shard/handle.h).
 *
 * A new map is installed whole or not at all. Pools of members that both maps describe alike
 * are kept; those that the new one does not name close when their last work is done.
 */
#include <stdlib.h>
#include <string.h>

#include "shard/handle.h"
#include "shard/ring_build.h"

/* ---- servers ------------------------------------------------------------------------------- */

covet__server *covet__db_group(covet_db *db, uint32_t group)
{
    return group < db->topology.group_count ? db->topology.groups[group] : NULL;
}

static bool is_reachable(covet_db *db, uint32_t group)
{
    covet__pool_stats stats;
    covet__pool_stat(db->topology.groups[group]->pool, &stats);
    return stats.reachable;
}

covet__server *covet__db_any(covet_db *db, uint32_t attempt, uint32_t *ret_group)
{
    const covet__map *map = db->topology.map;
    const uint32_t groups = db->topology.group_count;
    const uint32_t home = map != NULL ? map->home : 0;
    /* Those that can be reached first, home before the others; then the rest. */
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < groups; i++) {
            const uint32_t group = (home + i) % groups;
            if (is_reachable(db, group) != (pass == 0))
                continue;
            if (attempt-- == 0) {
                *ret_group = group;
                return db->topology.groups[group];
            }
        }
    return NULL;
}

static const char cluster_check_text[] =
    "SELECT a.backend_start::pg_catalog.text, c.system_identifier::pg_catalog.text,"
    " n.cluster_id::pg_catalog.text, n.incarnation::pg_catalog.text,"
    " n.group_id::pg_catalog.text, pg_catalog.pg_is_in_recovery(),"
    " pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'),"
    " pg_catalog.current_setting('TimeZone'), pg_catalog.current_setting('extra_float_digits')"
    " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a,"
    " pg_catalog.pg_control_system() c, covet.node n";
static const covet__sql cluster_check = {.text = cluster_check_text};
static const covet__sql plain_check = {
    .text = "SELECT a.backend_start::pg_catalog.text"
            " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a"};

static const char *cell(const PGresult *result, int column)
{
    return PQgetisnull(result, 0, column) ? "" : PQgetvalue(result, 0, column);
}

/* A pooler passes no start-up options on: the servers must have ours as their own. */
static covet_status check_settings(const PGresult *result, covet_error *err)
{
    const char *zone = cell(result, 8);
    if (strncmp(cell(result, 6), "ISO", 3) != 0 || strcmp(cell(result, 7), "postgres") != 0 ||
        (strcmp(zone, "UTC") != 0 && strcmp(zone, "Etc/UTC") != 0 && strcmp(zone, "GMT") != 0) ||
        atoi(cell(result, 9)) < 1)
        return covet__fail(err, COVET_ECLUSTER,
                           "behind a transaction pooler the server must have DateStyle ISO, "
                           "IntervalStyle postgres, TimeZone UTC and extra_float_digits 1 of its "
                           "own (ALTER ROLE ... SET)");
    return COVET_OK;
}

static covet_status on_check(void *user, const PGresult *result, covet_error *err)
{
    const covet__server *server = user;
    const covet__map *map = server->db->topology.map;
    if (server->member_id == 0 || map == NULL)
        return COVET_OK;
    const uint64_t system_id = strtoull(cell(result, 1), NULL, 10);
    if (strcmp(cell(result, 2), map->cluster_id) != 0 ||
        strtoull(cell(result, 3), NULL, 10) != map->incarnation)
        return covet__fail(err, COVET_ECLUSTER,
                           "the server belongs to cluster %s, incarnation %s, not to %s, %llu",
                           cell(result, 2), cell(result, 3), map->cluster_id,
                           (unsigned long long)map->incarnation);
    if (strtoul(cell(result, 4), NULL, 10) != server->group_id ||
        (server->system_id != 0 && system_id != server->system_id))
        return covet__fail(err, COVET_ECLUSTER,
                           "the server is another one than the catalog knows at this address "
                           "(group %s, system identifier %s)",
                           cell(result, 4), cell(result, 1));
    return server->db->opts.transaction_pooler ? check_settings(result, err) : COVET_OK;
}

static void fill_pool_opts(covet_db *db, covet__pool_opts *opts)
{
    const covet_pool_opts *from = &db->opts.pool;
    *opts =
        (covet__pool_opts){.loop = db->loop,
                           .logger = &db->logger,
                           .settings = db->opts.transaction_pooler ? NULL : db->settings,
                           .on_check = on_check,
                           .size_max = from->size_max,
                           .pipeline_max = db->opts.transaction_pooler ? 1 : from->pipeline_max,
                           .queue_max = from->queue_max,
                           .idle_max = from->idle_max,
                           .life_max = from->life_max,
                           .connect_timeout = from->connect_timeout,
                           .unreachable_wait = from->unreachable_wait,
                           .statements_max = db->opts.transaction_pooler ? 0 : from->statements_max,
                           .statements_bytes = from->statements_bytes};
}

static void free_server(covet__server *server)
{
    covet__list_remove(&server->link);
    covet__free(server->dsn);
    covet__free(server);
}

static covet_status make_server(covet_db *db, const covet__dsn *dsn, const char *group,
                                const char *member, const char *text, covet__server **ret_server,
                                covet_error *err)
{
    covet__server *server = covet__zalloc(sizeof *server);
    covet__pool_opts opts;
    if (server == NULL)
        return covet__fail(err, COVET_ENOMEM, "open: out of memory");
    covet__list_init(&server->link);
    server->db = db;
    server->dsn = covet__strdup(text);
    fill_pool_opts(db, &opts);
    opts.dsn = dsn;
    opts.group = group;
    opts.member = member;
    opts.user = server;
    opts.check = db->plain ? &plain_check : &cluster_check;
    if (server->dsn == NULL || covet__pool_new(&opts, &server->pool, err) != COVET_OK) {
        free_server(server);
        return covet__fail(err, COVET_ENOMEM, "open: out of memory");
    }
    covet__list_append(&db->servers, &server->link);
    *ret_server = server;
    return COVET_OK;
}

/* The pool of a member, kept over maps that say the same of it. */
static covet_status server_of(covet_db *db, const covet__map *map, uint32_t member,
                              covet__server **ret_server, covet_error *err)
{
    const covet__map_member *m = &map->members[member];
    COVET_LIST_EACH (server, &db->servers, covet__server, link)
        if (server->member_id == m->id && strcmp(server->dsn, m->dsn) == 0 &&
            server->system_id == m->system_id && !server->closing) {
            *ret_server = server;
            return COVET_OK;
        }
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_TRY(covet__dsn_parse(m->dsn, &dsn, err));
    if (covet__dsn_inherit(dsn, db->dsn) != COVET_OK)
        return covet__fail(err, COVET_ENOMEM, "map: out of memory");
    COVET_TRY(make_server(db, dsn, map->groups[m->group].name, m->name, m->dsn, ret_server, err));
    (*ret_server)->member_id = m->id;
    (*ret_server)->system_id = m->system_id;
    (*ret_server)->group_id = map->groups[m->group].id;
    return COVET_OK;
}

static void on_server_closed(void *user)
{
    covet__server *server = user;
    covet_db *db = server->db;
    free_server(server);
    if (db->state == COVET__DB_CLOSING && --db->closing_servers == 0)
        covet__db_check_closed(db);
}

/* Members that the map does not name any more: their pools go when nobody holds them. */
static void drop_unwanted(covet_db *db)
{
    COVET_LIST_EACH (server, &db->servers, covet__server, link)
        if (!server->wanted && !server->closing && covet__pool_is_idle(server->pool)) {
            server->closing = true;
            covet__pool_close(server->pool, on_server_closed, server);
        }
}

void covet__servers_close(covet_db *db)
{
    COVET_LIST_EACH (server, &db->servers, covet__server, link) {
        db->closing_servers++;
        if (!server->closing)
            covet__pool_close(server->pool, on_server_closed, server);
        server->closing = true;
    }
}

/* ---- maps ---------------------------------------------------------------------------------- */

void covet__servers_free_topology(covet__topology *topology)
{
    covet__map_unref(topology->map);
    covet__ring_free(topology->ring);
    covet__free(topology->groups);
    *topology = (covet__topology){0};
}

static covet_status make_ring(const covet__map *map, covet_ring **ret_ring, covet_error *err)
{
    if (map->shard_count == 0) {
        *ret_ring = NULL;
        return COVET_OK;
    }
    COVET_AUTO_FREE covet_ring_range *ranges = covet__alloc(map->shard_count * sizeof *ranges);
    if (ranges == NULL)
        return covet__fail(err, COVET_ENOMEM, "map: out of memory");
    for (uint32_t i = 0; i < map->shard_count; i++)
        ranges[i] = (covet_ring_range){.lo = map->shards[i].lo,
                                       .shard = map->shards[i].id,
                                       .group = map->shards[i].group};
    return covet__ring_build(ranges, map->shard_count, ret_ring, err);
}

covet_status covet__servers_install(covet_db *db, const covet__map *map, covet_error *err)
{
    covet__topology next = {.map = covet__map_ref(map), .group_count = map->group_count};
    covet_status status = make_ring(map, &next.ring, err);
    const bool was_plain = db->plain;
    db->plain = false;
    next.groups = covet__zalloc((map->group_count + 1) * sizeof(covet__server *));
    if (status == COVET_OK && next.groups == NULL)
        status = covet__fail(err, COVET_ENOMEM, "map: out of memory");
    for (uint32_t i = 0; status == COVET_OK && i < map->group_count; i++)
        status = server_of(db, map, map->groups[i].primary, &next.groups[i], err);
    if (status != COVET_OK) {
        covet__servers_free_topology(&next);
        db->plain = was_plain;
        return status;
    }
    COVET_LIST_EACH (server, &db->servers, covet__server, link)
        server->wanted = false;
    for (uint32_t i = 0; i < map->group_count; i++)
        next.groups[i]->wanted = true;
    covet__servers_free_topology(&db->topology);
    db->topology = next;
    drop_unwanted(db);
    return COVET_OK;
}

covet_status covet__servers_install_plain(covet_db *db, covet_error *err)
{
    covet__server *server = NULL;
    db->plain = true;
    db->topology.groups = covet__zalloc(sizeof(covet__server *));
    if (db->topology.groups == NULL)
        return covet__fail(err, COVET_ENOMEM, "open: out of memory");
    COVET_TRY(make_server(db, db->dsn, "", "", db->opts.dsn, &server, err));
    server->wanted = true;
    db->topology.groups[0] = server;
    db->topology.group_count = 1;
    return COVET_OK;
}

/* "-c search_path=\"public\",\"blog\"": blanks and backslashes are escaped for libpq. */
covet_status covet__servers_settings(covet_db *db, const covet__map *map, covet_error *err)
{
    covet__str out = {0}, path = {0};
    covet__str_add(&out, "-c DateStyle=ISO,MDY -c IntervalStyle=postgres -c TimeZone=UTC "
                         "-c extra_float_digits=1");
    for (uint32_t i = 0; map != NULL && i < map->search_path_count; i++) {
        if (i > 0)
            covet__str_char(&path, ',');
        covet__str_ident(&path, map->search_path[i]);
    }
    if (!covet__str_ok(&path)) {
        out.failed = true; /* half a search path finds other tables */
    } else if (path.length > 0) {
        covet__str_add(&out, " -c search_path=");
        for (const char *c = path.text; *c != '\0'; c++) {
            if (*c == ' ' || *c == '\\')
                covet__str_char(&out, '\\');
            covet__str_char(&out, *c);
        }
    }
    covet__str_free(&path);
    covet__free(db->settings);
    db->settings = covet__str_take(&out);
    return db->settings != NULL ? COVET_OK : covet__fail(err, COVET_ENOMEM, "open: out of memory");
}
