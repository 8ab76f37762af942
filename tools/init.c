/*
 * tools/init.c - covet-shardctl init: a cluster of one group, on a database that is there.
 *
 * Everything happens in one transaction on that database, so it is made whole or not at all.
 * What the database holds already is not touched: its tables are local tables.
 */
#include "tools/member.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "core/catalog.h"
#include "shard/ring_build.h"

enum { PREFIX_MAX = 21, SHARDS_MAX = 65536 };

/* ---- checking -------------------------------------------------------------------------- */

static bool is_prefix(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && length <= PREFIX_MAX && !isdigit((unsigned char)*text) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == length &&
           strncmp(text, "pg_", 3) != 0;
}

/* There is no command yet that takes a cluster apart. */
static covet_status refuse_old(cli_run *run, covet__session *session, const char *cluster_id,
                               covet_error *err)
{
    const char *names;
    COVET_TRY(member_schemas(run, session, NULL, &names, err));
    return covet__fail(err, COVET_ECLUSTER,
                       "the database is a group of the cluster %s (if that is given up: DROP "
                       "SCHEMA ... CASCADE for %s, which takes its rows with it)",
                       cluster_id, names);
}

static covet_status check_free(cli_run *run, covet__session *session, const init_request *request,
                               const server_facts *facts, covet_error *err)
{
    if (facts->catalog)
        return covet__fail(err, COVET_ECATALOG, "there is a cluster already, %s (status shows it)",
                           facts->cluster_id);
    if (facts->cluster_id != NULL)
        return refuse_old(run, session, facts->cluster_id, err);
    if (facts->covet)
        return covet__fail(err, COVET_ECATALOG,
                           "there is a schema covet already, and no cluster in it (is it "
                           "somebody's own? rename it)");
    const char *names;
    COVET_TRY(member_schemas(run, session, request->prefix, &names, err));
    if (*names != '\0')
        return covet__fail(err, COVET_ECATALOG,
                           "there are schemas already whose names are needed: %s (of a cluster "
                           "that was given up? DROP SCHEMA ... CASCADE, which takes its rows with "
                           "it; else rename them)",
                           names);
    if (strcmp(facts->search_path, "[]") == 0)
        return covet__fail(err, COVET_ECATALOG,
                           "the search path of this role names no schema that is there (ALTER ROLE "
                           "... SET search_path, or CREATE SCHEMA)");
    if (facts->shadowed)
        return covet__fail(err, COVET_ECATALOG,
                           "the role is called covet and has \"$user\" in its search path: tables "
                           "would be made in schema covet (ALTER ROLE covet SET search_path = "
                           "public)");
    return COVET_OK;
}

/* ---- making ---------------------------------------------------------------------------- */

static covet_status make_catalog(cli_run *run, covet__session *session, const init_request *request,
                                 const server_facts *facts, covet_error *err)
{
    COVET_TRY(covet__session_script(session, covet__catalog_schema_sql, err));
    COVET_TRY(covet__session_script(session, covet__catalog_node_sql, err));
    COVET_TRY(SQL_RUN(session, err,
                      "INSERT INTO covet.cluster (id, incarnation, format, epoch, prefix,"
                      " search_path) SELECT gen_random_uuid(), 1, $1::int4, 1, $2,"
                      " ARRAY(SELECT json_array_elements_text($3::json))",
                      cli_printf(run, "%d", COVET__MAP_FORMAT), request->prefix,
                      facts->search_path));
    COVET_TRY(SQL_RUN(session, err,
                      "INSERT INTO covet.groups (id, name, weight, home)"
                      " VALUES (1, $1, $2::int4, true)",
                      request->group, cli_printf(run, "%d", request->weight)));
    return SQL_RUN(session, err,
                   "INSERT INTO covet.node (cluster_id, incarnation, group_id)"
                   " SELECT id, incarnation, 1 FROM covet.cluster");
}

static covet_status make_shards(cli_run *run, covet__session *session, const init_request *request,
                                covet_error *err)
{
    const uint32_t count = (uint32_t)request->shards;
    uint64_t *los = cli_alloc(run, count * sizeof *los);
    uint32_t *ids = cli_alloc(run, count * sizeof *ids);
    const char **texts = cli_alloc(run, count * sizeof *texts);
    COVET_TRY(covet__ring_even(count, los, err));
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = i + 1;
        texts[i] = cli_printf(run, "%" PRIu64, los[i]);
    }
    COVET_TRY(SQL_RUN(session, err,
                      "INSERT INTO covet.shards (id, lo, group_id, schema_name)"
                      " SELECT n, lo, 1, $2 || lpad(n::text, 5, '0')"
                      " FROM unnest($1::numeric[]) WITH ORDINALITY s(lo, n)",
                      sql_array(run, texts, count), cli_printf(run, "%s_s", request->prefix)));
    COVET_TRY(SQL_RUN(session, err,
                      "INSERT INTO covet.owned (shard_id, epoch) SELECT id, 1 FROM covet.shards"));
    COVET_TRY(member_make_schemas(run, session, request->prefix, ids, count, err));
    return covet__session_script(session,
                                 cli_printf(run,
                                            "CREATE SCHEMA %s;"
                                            "CREATE SCHEMA " CLUSTER_OLD ";"
                                            "CREATE SCHEMA " CLUSTER_SHELL ";",
                                            sql_ident(run, cli_printf(run, "%s_reference",
                                                                      request->prefix))),
                                 err);
}

static covet_status make_all(cli_run *run, covet__session *session, const init_request *request,
                             const server_facts *facts, init_report *report, covet_error *err)
{
    size_t standbys = 0;
    while (request->standbys != NULL && request->standbys[standbys] != NULL)
        standbys++;
    const char **dsns = cli_alloc(run, (standbys + 1) * sizeof *dsns);
    dsns[0] = request->dsn;
    for (size_t i = 0; i < standbys; i++)
        dsns[i + 1] = request->standbys[i];
    COVET_TRY(covet__session_script(session, "BEGIN", err));
    COVET_TRY(make_catalog(run, session, request, facts, err));
    COVET_TRY(member_add_all(run, session, "1", request->group, dsns, standbys + 1,
                             facts->system_id, err));
    COVET_TRY(make_shards(run, session, request, err));
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, "SELECT id FROM covet.cluster"));
    report->cluster_id = cell_text(run, rows, 0, 0);
    return covet__session_script(session, "COMMIT", err);
}

covet_status init_cluster(cli_run *run, const init_request *request, init_report *ret_report,
                          covet_error *err)
{
    server_facts facts;
    COVET_AUTO(covet__session) session = NULL;
    COVET_TRY(member_connect(run, request->dsn, request->credentials, "--home", &session, err));
    COVET_TRY(alike_read(run, session, &facts, err));
    COVET_TRY(alike_check(&facts, "--home", err));
    COVET_TRY(check_free(run, session, request, &facts, err));
    for (size_t i = 0; request->standbys != NULL && request->standbys[i] != NULL; i++)
        COVET_TRY(member_check_standby(run, request->standbys[i], request->credentials,
                                       facts.system_id, err));
    alike_warn(run, &facts, "--home");
    *ret_report = (init_report){.search_path = facts.search_path};
    COVET_TRY(member_stored_dsn(run, request->dsn, &ret_report->dsn, err));
    if (run->dry_run)
        return COVET_OK;
    return make_all(run, session, request, &facts, ret_report, err);
}

/* ---- the command ----------------------------------------------------------------------- */

static int report_init(cli_run *run, const init_request *request, const init_report *report)
{
    if (run->json)
        return cli_print_json(run, json_pack("{s:s?, s:s, s:i, s:s, s:s, s:o, s:b}", "cluster",
                                             report->cluster_id, "group", request->group, "shards",
                                             request->shards, "prefix", request->prefix, "dsn",
                                             report->dsn, "search_path",
                                             json_loads(report->search_path, 0, NULL), "dry_run",
                                             (int)run->dry_run));
    if (run->dry_run)
        printf("would make a cluster of %d shards in group %s (%s)\n", request->shards,
               request->group, report->dsn);
    else
        printf("cluster %s: %d shards in group %s\n"
               "Go on with: covet-shardctl group add g2 --dsn DSN, and then\n"
               "covet-shardctl distribute TABLE --key COLUMN\n",
               report->cluster_id, request->shards, request->group);
    return CLI_DONE;
}

static int run_init(cli_run *run)
{
    init_request request = {.group = cli_text(run, "group-name"),
                            .prefix = cli_text(run, "prefix"),
                            .standbys = member_standbys(run)};
    if (!cli_dsn(run, "home", &request.dsn) || !member_check_dsns(run, "standby") ||
        !cli_number(run, "shards", 1, SHARDS_MAX, &request.shards) ||
        !cli_number(run, "weight", 0, 1000, &request.weight))
        return CLI_USAGE;
    if (!is_prefix(request.prefix))
        return cli_usage(run,
                         "--prefix: not 1 to %d of a-z, 0-9 and _, beginning with a letter "
                         "or _ (and not with pg_)",
                         PREFIX_MAX);
    if (!member_is_group_name(request.group))
        return cli_usage(run, "--group-name: not 1 to 32 of a-z, 0-9, _ and -, beginning with a "
                              "letter");
    cli_catch_signals();
    init_report report;
    covet_error err;
    if (init_cluster(run, &request, &report, &err) != COVET_OK)
        return cli_fail_error(run, &err);
    return report_init(run, &request, &report);
}

static const cli_option options[] = {
    {.name = "home",
     .value = "DSN",
     .required = true,
     .help = "the database that is the home group's primary"},
    {.name = "standby", .value = "DSN", .help = "a standby of it; may be repeated"},
    {.name = "shards", .value = "N", .fallback = "128", .help = "how many shards, up to 65536"},
    {.name = "prefix",
     .value = "P",
     .fallback = "app",
     .help = "what the names of the shards' schemas begin\n"
             "with"},
    {.name = "weight",
     .value = "W",
     .fallback = "1",
     .help = "the home group's share when there are others;\n"
             "0: it gives all shards away"},
    {.name = "group-name", .value = "NAME", .fallback = "g1", .help = "the home group's name"},
    {0},
};

const cli_command init_command = {
    .name = "init",
    .shared = CLI_JSON | CLI_DRY_RUN,
    .options = options,
    .summary = "make a cluster of a database that is there",
    .help = "Makes schema covet, which holds the cluster's catalog, and an empty schema for each\n"
            "shard, in one transaction. Tables that the database holds stay where they are and\n"
            "as they are: local tables, until `distribute` or `reference` says otherwise.\n"
            "\n"
            "The connection string is kept in the catalog, without a password. What it does not\n"
            "say about logging in, every program takes from its own way to the catalog.\n",
    .run = run_init,
};
