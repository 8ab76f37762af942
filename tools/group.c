/*
 * tools/group.c - covet-shardctl group: groups join a cluster.
 *
 *     compare            home and the new server (tools/alike.h); nothing is changed yet
 *     the new server     schema covet, reference tables in full, empty schemas: COMMIT
 *     the catalog        group, members, which shards are its: COMMIT
 *     those that gave    their empty schemas are dropped
 *
 * A run that ends between the first COMMIT and the second leaves a server that says it is a
 * group of this cluster and that the catalog does not know: the next run recognises it and
 * begins anew. One that ends after the second leaves empty schemas (tools/leavings.h).
 *
 * Shards move only while no table is distributed, for then they are empty and moving is a
 * word in the catalog. Later the group comes without shards.
 */
#include <stdlib.h>
#include <string.h>

#include "core/catalog.h"
#include "tools/ddl.h"
#include "tools/leavings.h"
#include "tools/member.h"

#include <covet/shard/ring.h>

typedef struct addition {
    cluster_handle *cluster;
    const group_request *request;
    group_report *report;
    covet__session *session; /* to the new server */
    server_facts facts;
    const char *id;   /* the new group's */
    uint32_t *shards; /* ids of those that it gets */
    size_t shard_count;
} addition;

/* ---- comparing ------------------------------------------------------------------------- */

/* There is no command yet that takes a cluster apart. */
static covet_status refuse_other(const addition *add, const char *how, covet_error *err)
{
    const char *names;
    COVET_TRY(member_schemas(add->cluster->run, add->session, NULL, &names, err));
    return covet__fail(err, COVET_ECLUSTER,
                       "--dsn: the database %s the cluster %s (take another database; or, if that "
                       "cluster is given up, DROP SCHEMA ... CASCADE for %s, which takes its rows "
                       "with it)",
                       how, add->facts.cluster_id, names);
}

static covet_status check_stranger(const addition *add, covet_error *err)
{
    const covet__map *map = add->cluster->map;
    const server_facts *facts = &add->facts;
    for (uint32_t i = 0; i < map->group_count; i++)
        if (strcmp(map->groups[i].name, add->request->name) == 0)
            return covet__fail(err, COVET_EINVAL, "there is a group %s already (group list)",
                               add->request->name);
    for (uint32_t i = 0; i < map->member_count; i++)
        if (map->members[i].system_id == strtoull(facts->system_id, NULL, 10))
            return covet__fail(err, COVET_ECLUSTER,
                               "--dsn: the server is %s of this cluster already (its system "
                               "identifier is the same; a group needs a server of its own)",
                               map->members[i].name);
    if (facts->catalog)
        return refuse_other(add, "holds", err);
    if (facts->cluster_id != NULL && strcmp(facts->cluster_id, map->cluster_id) != 0)
        return refuse_other(add, "is a group of", err);
    for (uint32_t i = 0; facts->cluster_id != NULL && i < map->group_count; i++)
        if (map->groups[i].id == facts->group_id)
            return covet__fail(err, COVET_ECLUSTER,
                               "--dsn: the database is a copy of group %s of this cluster",
                               map->groups[i].name);
    if (facts->covet && facts->cluster_id == NULL)
        return covet__fail(err, COVET_ECLUSTER,
                           "--dsn: there is a schema covet already, and no group in it (is it "
                           "somebody's own? rename it)");
    return COVET_OK;
}

/* The empty twins have all that the tables of the map have but the rows. */
static covet_status check_needs(const addition *add, covet_error *err)
{
    const cluster_handle *cluster = add->cluster;
    COVET_AUTO(covet_result) rows = NULL;
    alike_need *needs;
    size_t count;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err,
                       "SELECT coalesce(array_agg(c.oid), '{}') FROM pg_class c"
                       " JOIN pg_namespace n ON n.oid = c.relnamespace"
                       " WHERE n.nspname = '" CLUSTER_SHELL "' AND c.relkind = 'r'"));
    COVET_TRY(alike_needs(cluster->run, cluster->home, covet_result_text(rows, 0, 0), &needs,
                          &count, err));
    const char *problems = "";
    for (size_t i = 0; i < count; i++) {
        const char *problem;
        COVET_TRY(alike_find(cluster->run, add->session, &needs[i], &problem, err));
        if (problem != NULL)
            problems = cli_printf(cluster->run, "%s%s%s", problems, *problems != '\0' ? "; " : "",
                                  problem);
    }
    if (*problems != '\0')
        return covet__fail(err, COVET_ECLUSTER, "--dsn: %s", problems);
    return COVET_OK;
}

static covet_status check(addition *add, covet_error *err)
{
    const cluster_handle *cluster = add->cluster;
    server_facts home;
    COVET_TRY(alike_read(cluster->run, cluster->home, &home, err));
    COVET_TRY(alike_read(cluster->run, add->session, &add->facts, err));
    COVET_TRY(alike_check(&add->facts, "--dsn", err));
    COVET_TRY(check_stranger(add, err));
    COVET_TRY(alike_compare(&home, &add->facts, "--dsn", err));
    const char *const *standbys = add->request->standbys;
    for (size_t i = 0; standbys != NULL && standbys[i] != NULL; i++)
        COVET_TRY(member_check_standby(cluster->run, standbys[i], cluster->dsn,
                                       add->facts.system_id, err));
    COVET_TRY(covet__session_be_neutral(add->session, err));
    COVET_TRY(check_needs(add, err));
    alike_warn(cluster->run, &add->facts, "--dsn");
    return COVET_OK;
}

/* ---- placing --------------------------------------------------------------------------- */

static covet_status place(addition *add, covet_error *err)
{
    const covet__map *map = add->cluster->map;
    cli_run *run = add->cluster->run;
    add->shards = cli_alloc(run, (map->shard_count + 1) * sizeof *add->shards);
    for (uint32_t i = 0; i < map->table_count; i++)
        add->report->waits |= map->tables[i].kind == COVET__TABLE_DISTRIBUTED;
    if (add->report->waits || add->request->weight == 0)
        return COVET_OK;
    const uint32_t count = map->group_count + 1;
    covet_place_group *groups = cli_alloc(run, count * sizeof *groups);
    covet_ring_range *ranges = cli_alloc(run, map->shard_count * sizeof *ranges);
    uint32_t *placed = cli_alloc(run, map->shard_count * sizeof *placed);
    for (uint32_t i = 0; i < map->group_count; i++)
        groups[i] = (covet_place_group){map->groups[i].name, map->groups[i].weight};
    groups[count - 1] = (covet_place_group){add->request->name, (uint32_t)add->request->weight};
    for (uint32_t i = 0; i < map->shard_count; i++)
        ranges[i] = (covet_ring_range){map->shards[i].lo, map->shards[i].id, map->shards[i].group};
    const covet_place_input input = {.size = sizeof input,
                                     .groups = groups,
                                     .group_count = count,
                                     .range_count = map->shard_count,
                                     .ranges = ranges};
    COVET_TRY(covet_place(&input, placed, err));
    for (uint32_t i = 0; i < map->shard_count; i++)
        if (placed[i] == count - 1)
            add->shards[add->shard_count++] = map->shards[i].id;
    return COVET_OK;
}

/* ---- the new server -------------------------------------------------------------------- */

/* Of a run that has not reached the catalog: nobody else has used it. */
static covet_status clear_leavings(const addition *add, covet_error *err)
{
    const covet__map *map = add->cluster->map;
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(add->session, &rows, err,
                       "SELECT format('%I', nspname) FROM pg_namespace"
                       " WHERE nspname ~ $1 OR nspname IN ('covet', $2)",
                       cli_printf(add->cluster->run, "^%s_s[0-9]{5,}$", map->prefix),
                       add->cluster->references));
    for (size_t i = 0; i < covet_result_rows(rows); i++)
        COVET_TRY(covet__session_script(add->session,
                                        cli_printf(add->cluster->run, "DROP SCHEMA %s CASCADE",
                                                   covet_result_text(rows, i, 0)),
                                        err));
    return COVET_OK;
}

static covet_status make_node(const addition *add, covet_error *err)
{
    cli_run *run = add->cluster->run;
    const covet__map *map = add->cluster->map;
    const char **ids = cli_alloc(run, (add->shard_count + 1) * sizeof *ids);
    for (size_t i = 0; i < add->shard_count; i++)
        ids[i] = cli_printf(run, "%u", add->shards[i]);
    COVET_TRY(covet__session_script(add->session, covet__catalog_node_sql, err));
    COVET_TRY(SQL_RUN(add->session, err,
                      "INSERT INTO covet.node (cluster_id, incarnation, group_id)"
                      " VALUES ($1::uuid, $2::int8, $3::int4)",
                      map->cluster_id,
                      cli_printf(run, "%llu", (unsigned long long)map->incarnation), add->id));
    COVET_TRY(SQL_RUN(add->session, err,
                      "INSERT INTO covet.owned (shard_id, epoch)"
                      " SELECT s, $2::int8 FROM unnest($1::int4[]) s",
                      sql_array(run, ids, add->shard_count),
                      cli_printf(run, "%llu", (unsigned long long)map->epoch + 1)));
    COVET_TRY(covet__session_script(add->session,
                                    cli_printf(run, "CREATE SCHEMA %s",
                                               sql_ident(run, add->cluster->references)),
                                    err));
    return member_make_schemas(run, add->session, map->prefix, add->shards, add->shard_count, err);
}

static covet_status put_row(void *user, const char *row, size_t length, covet_error *err)
{
    return covet__session_copy_put(user, row, length, err);
}

static covet_status copy_rows(const addition *add, const table_def *table, covet_error *err)
{
    cli_run *run = add->cluster->run;
    const char *what = cli_printf(run, "%s (%s)", sql_name(run, table->schema, table->name),
                                  ddl_columns(run, table, NULL));
    uint64_t rows;
    COVET_TRY(
        covet__session_copy_in(add->session, cli_printf(run, "COPY %s FROM STDIN", what), err));
    COVET_TRY(covet__session_copy_out(add->cluster->home,
                                      cli_printf(run, "COPY %s TO STDOUT", what), put_row,
                                      add->session, err));
    return covet__session_copy_end(add->session, NULL, &rows, err);
}

/* The copies at home are what is copied: rows first, then what the rows must satisfy. */
static covet_status copy_references(const addition *add, covet_error *err)
{
    const cluster_handle *cluster = add->cluster;
    cli_run *run = cluster->run;
    ddl before = {.run = run}, after = {.run = run}, last = {.run = run};
    table_def **tables = cli_alloc(run, (cluster->map->table_count + 1) * sizeof(table_def *));
    size_t count = 0;
    for (uint32_t i = 0; i < cluster->map->table_count; i++) {
        const covet__map_table *t = &cluster->map->tables[i];
        const char *oid;
        if (t->kind != COVET__TABLE_REFERENCE)
            continue;
        COVET_TRY(inspect_oid(run, cluster->home, cluster->references, t->physical, &oid, err));
        if (oid == NULL)
            return covet__fail(err, COVET_ECATALOG, "home: the reference table %s is not there",
                               t->name);
        COVET_TRY(covet__session_script(cluster->home,
                                        cli_printf(run, "LOCK TABLE %s IN SHARE MODE",
                                                   sql_name(run, cluster->references, t->physical)),
                                        err));
        COVET_TRY(inspect_table(run, cluster->home, oid, &tables[count], err));
        table_def *table = tables[count++];
        ddl_target *targets = cli_alloc(run, (table->reference_count + 1) * sizeof *targets);
        for (size_t k = 0; k < table->reference_count; k++)
            targets[k] = (ddl_target){.name = table->references[k].to_table};
        ddl_create(&before, table, table->name);
        ddl_finish(&after, table, table->name);
        ddl_access(&after, table);
        ddl_add(&after, ddl_catalog_access(run, table, false));
        ddl_references(&last, table, table->name, targets);
    }
    add->report->references = (uint32_t)count;
    if (count == 0)
        return COVET_OK;
    COVET_TRY(covet__session_script(add->session, ddl_text(&before, cluster->references), err));
    for (size_t i = 0; i < count; i++)
        COVET_TRY(copy_rows(add, tables[i], err));
    COVET_TRY(covet__session_script(add->session, ddl_text(&after, cluster->references), err));
    return covet__session_script(add->session, ddl_text(&last, cluster->references), err);
}

static covet_status make_server(const addition *add, covet_error *err)
{
    COVET_TRY(covet__session_script(add->session, "BEGIN", err));
    if (add->facts.cluster_id != NULL)
        COVET_TRY(clear_leavings(add, err));
    COVET_TRY(make_node(add, err));
    COVET_TRY(copy_references(add, err));
    return covet__session_script(add->session, "COMMIT", err);
}

/* ---- the catalog ----------------------------------------------------------------------- */

static covet_status enter(const addition *add, covet_error *err)
{
    cli_run *run = add->cluster->run;
    const group_request *request = add->request;
    size_t count = 1;
    while (request->standbys != NULL && request->standbys[count - 1] != NULL)
        count++;
    const char **dsns = cli_alloc(run, count * sizeof *dsns);
    const char **ids = cli_alloc(run, (add->shard_count + 1) * sizeof *ids);
    dsns[0] = request->dsn;
    for (size_t i = 1; i < count; i++)
        dsns[i] = request->standbys[i - 1];
    for (size_t i = 0; i < add->shard_count; i++)
        ids[i] = cli_printf(run, "%u", add->shards[i]);
    COVET_TRY(SQL_RUN(add->cluster->home, err,
                      "INSERT INTO covet.groups (id, name, weight) VALUES ($1::int4, $2, $3::int4)",
                      add->id, request->name, cli_printf(run, "%d", request->weight)));
    COVET_TRY(member_add_all(run, add->cluster->home, add->id, request->name, dsns, count,
                             add->facts.system_id, err));
    COVET_TRY(SQL_RUN(add->cluster->home, err,
                      "UPDATE covet.shards SET group_id = $1::int4 WHERE id = ANY ($2::int4[])",
                      add->id, sql_array(run, ids, add->shard_count)));
    return cluster_commit(add->cluster, err);
}

/* Those that gave shards: what they still have of them is empty. */
static void tidy(const addition *add)
{
    cluster_handle *cluster = add->cluster;
    covet_error why;
    covet_status status = cluster_read_map(cluster, &why);
    for (uint32_t i = 0; status == COVET_OK && i < cluster->group_count; i++)
        status = leavings_drop_schemas(cluster, i, cluster->groups[i], &why);
    if (status != COVET_OK)
        cli_note(cluster->run, "empty schemas are left over (the next command clears them): %s",
                 why.message);
}

static covet_status add_group(addition *add, covet_error *err)
{
    cluster_handle *cluster = add->cluster;
    uint32_t id = 0;
    COVET_TRY(cluster_begin(cluster, err));
    COVET_TRY(check(add, err));
    COVET_TRY(cluster_connect_all(cluster, err));
    for (uint32_t i = 0; i < cluster->map->group_count; i++)
        id = COVET_MAX(id, cluster->map->groups[i].id);
    add->id = cli_printf(cluster->run, "%u", id + 1);
    COVET_TRY(place(add, err));
    add->report->shards = (uint32_t)add->shard_count;
    if (cluster->run->dry_run)
        return COVET_OK;
    COVET_TRY(leavings_clear(cluster, err));
    COVET_TRY(make_server(add, err));
    COVET_TRY(enter(add, err));
    tidy(add);
    return COVET_OK;
}

covet_status group_add(cluster_handle *cluster, const group_request *request,
                       group_report *ret_report, covet_error *err)
{
    addition add = {.cluster = cluster, .request = request, .report = ret_report};
    *ret_report = (group_report){0};
    COVET_TRY(member_connect(cluster->run, request->dsn, cluster->dsn, "--dsn", &add.session, err));
    const covet_status status = add_group(&add, err);
    covet__session_free(add.session);
    cluster_disconnect(cluster);
    return status;
}

/* ---- group add ------------------------------------------------------------------------- */

static int report_add(cli_run *run, const group_request *request, const group_report *report)
{
    if (run->json)
        return cli_print_json(run, json_pack("{s:s, s:i, s:i, s:b, s:b}", "group", request->name,
                                             "shards", (int)report->shards, "reference_tables",
                                             (int)report->references, "needs_rebalance",
                                             (int)report->waits, "dry_run", (int)run->dry_run));
    printf("%s %s: %u shards, %u reference tables\n", run->dry_run ? "would add group" : "group",
           request->name, report->shards, report->references);
    if (report->waits)
        printf(
            "Tables are distributed already, so it has no shards yet: rebalance will fill it.\n");
    return CLI_DONE;
}

static int run_add(cli_run *run)
{
    group_request request = {.name = run->operands[0], .standbys = member_standbys(run)};
    group_report report;
    cluster_handle cluster = {0};
    covet_error err;
    if (!cli_dsn(run, "dsn", &request.dsn) || !member_check_dsns(run, "standby") ||
        !cli_number(run, "weight", 0, 1000, &request.weight))
        return CLI_USAGE;
    if (!member_is_group_name(request.name))
        return cli_usage(run,
                         "%s: a group's name is 1 to 32 of a-z, 0-9, _ and -, beginning with a "
                         "letter",
                         cli_shown(request.name));
    cli_catch_signals();
    covet_status status = cluster_open(run, NULL, false, &cluster, &err);
    if (status == COVET_OK)
        status = group_add(&cluster, &request, &report, &err);
    cluster_close(&cluster);
    return status == COVET_OK ? report_add(run, &request, &report) : cli_fail_error(run, &err);
}

static const cli_option add_options[] = {
    {.name = "dsn",
     .value = "DSN",
     .required = true,
     .help = "the database that is the group's primary"},
    {.name = "standby", .value = "DSN", .help = "a standby of it; may be repeated"},
    {.name = "weight", .value = "W", .fallback = "1", .help = "the group's share of the shards"},
    {0},
};

const cli_command group_add_command = {
    .name = "group add",
    .operands = "NAME",
    .operands_min = 1,
    .operands_max = 1,
    .shared = CLI_JSON | CLI_DRY_RUN | CLI_CATALOG,
    .options = add_options,
    .summary = "take another server into the cluster",
    .help = "The server must be like home: PostgreSQL's version, the database's encoding and\n"
            "collation, and the types, functions and roles that tables of the cluster use.\n"
            "It gets a copy of every reference table and, as long as no table is distributed,\n"
            "its share of the shards.\n",
    .run = run_add,
};

/* ---- group list ------------------------------------------------------------------------ */

static json_t *list_json(const covet__map *map)
{
    json_t *groups = json_array();
    for (uint32_t g = 0; g < map->group_count; g++) {
        json_t *members = json_array();
        for (uint32_t m = 0; m < map->member_count; m++)
            if (map->members[m].group == g)
                json_array_append_new(members,
                                      json_pack("{s:s, s:s, s:s}", "name", map->members[m].name,
                                                "role",
                                                map->members[m].primary ? "primary" : "standby",
                                                "dsn", map->members[m].dsn));
        json_array_append_new(groups,
                              json_pack("{s:s, s:i, s:b, s:i, s:o}", "name", map->groups[g].name,
                                        "weight", (int)map->groups[g].weight, "home",
                                        (int)map->groups[g].home, "shards",
                                        (int)cluster_shards_of(map, g), "members", members));
    }
    return json_pack("{s:s, s:o}", "cluster", map->cluster_id, "groups", groups);
}

static int run_list(cli_run *run)
{
    cluster_handle cluster = {0};
    covet_error err;
    if (cluster_open(run, NULL, true, &cluster, &err) != COVET_OK)
        return cli_fail_error(run, &err);
    const covet__map *map = cluster.map;
    int code = CLI_DONE;
    if (run->json)
        code = cli_print_json(run, list_json(map));
    for (uint32_t g = 0; !run->json && g < map->group_count; g++) {
        printf("%s%s: weight %u, %u shards\n", map->groups[g].name,
               map->groups[g].home ? " (home)" : "", map->groups[g].weight,
               cluster_shards_of(map, g));
        for (uint32_t m = 0; m < map->member_count; m++)
            if (map->members[m].group == g)
                printf("  %-12s %-8s %s\n", map->members[m].name,
                       map->members[m].primary ? "primary" : "standby", map->members[m].dsn);
    }
    cluster_close(&cluster);
    return code;
}

const cli_command group_list_command = {
    .name = "group list",
    .shared = CLI_JSON | CLI_CATALOG,
    .summary = "say which groups and members the catalog names",
    .run = run_list,
};
