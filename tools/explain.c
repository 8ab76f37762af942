/*
 * tools/explain.c - covet-shardctl explain: what would be sent where, and why that is right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/loop.h"
#include "shard/explain.h"
#include "tools/cluster.h"

typedef struct explainer {
    cli_run *run;
    bool all; /* the statement of every shard */
    covet__str text;
    json_t *document;
} explainer;

/* ---- the plan as JSON -------------------------------------------------------------------- */

static json_t *shard_json(covet__plan *plan, uint32_t shard, bool with_sql)
{
    const covet__map_shard *to = &plan->map->shards[shard];
    const covet__sql *sql = NULL;
    json_t *object = json_pack("{s:I, s:s, s:s}", "shard", (json_int_t)to->id, "schema", to->schema,
                               "group", plan->map->groups[to->group].name);
    if (with_sql && covet__plan_statement(plan, shard, &sql, NULL) == COVET_OK)
        json_object_set_new(object, "sql", json_string(sql->text));
    return object;
}

static void add_shards(explainer *e, covet__plan *plan)
{
    uint32_t count = 0;
    json_t *list = json_array();
    uint32_t *shards = cli_alloc(e->run, (plan->map->shard_count + 1) * sizeof *shards);
    const bool known = covet__plan_shards(plan, shards, &count);
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(list, shard_json(plan, shards[i], e->all || i == 0));
    json_object_set_new(e->document, "shards", list);
    json_object_set_new(e->document, "shards_known", json_boolean(known));
}

static json_t *merge_json(const covet__plan *plan)
{
    static const char *const names[] = {[COVET__MERGE_APPEND] = "append",
                                        [COVET__MERGE_SORTED] = "sorted",
                                        [COVET__MERGE_AGGREGATE] = "aggregate"};
    json_t *columns = json_array();
    for (uint32_t i = 0; plan->merge == COVET__MERGE_SORTED && i < plan->key_count; i++)
        json_array_append_new(columns,
                              json_pack("{s:s, s:b, s:b}", "column",
                                        plan->parts.names[plan->keys[i].column], "descending",
                                        (int)plan->keys[i].order.descending, "nulls_first",
                                        (int)plan->keys[i].order.nulls_first));
    for (uint32_t i = 0; plan->merge == COVET__MERGE_AGGREGATE && i < plan->agg_count; i++)
        json_array_append_new(columns,
                              json_pack("{s:s, s:s}", "column", plan->shown.names[i], "function",
                                        covet__combine_name(plan->aggs[i].kind)));
    return json_pack("{s:s, s:o}", "how", names[plan->merge], "by", columns);
}

static json_t *gathers_json(const covet__residual *residual)
{
    json_t *gathers = json_array();
    for (uint32_t i = 0; i < residual->gather_count; i++)
        json_array_append_new(gathers, json_pack("{s:s, s:s, s:b}", "of", residual->gathers[i].why,
                                                 "sql", residual->gathers[i].text, "partial",
                                                 (int)residual->gathers[i].partial));
    return gathers;
}

static void make_document(explainer *e, covet__plan *plan)
{
    static const char *const tiers[] = {
        [COVET__TIER_ONE] = "one",           [COVET__TIER_HOME] = "home",
        [COVET__TIER_ANYWHERE] = "anywhere", [COVET__TIER_ROUTE] = "route",
        [COVET__TIER_SCATTER] = "scatter",   [COVET__TIER_RESIDUAL] = "gather"};
    const covet__sql *sql = NULL;
    e->document = json_pack("{s:s, s:s}", "tier", tiers[plan->tier], "why", plan->reason);
    if (plan->tier == COVET__TIER_ROUTE || plan->tier == COVET__TIER_SCATTER)
        add_shards(e, plan);
    else if (covet__plan_statement(plan, 0, &sql, NULL) == COVET_OK)
        json_object_set_new(e->document, "sql", json_string(sql->text));
    if (plan->tier == COVET__TIER_SCATTER)
        json_object_set_new(e->document, "merge", merge_json(plan));
    if (plan->tier == COVET__TIER_RESIDUAL)
        json_object_set_new(e->document, "gathers", gathers_json(plan->residual));
    json_object_set_new(e->document, "text", json_string(covet__str_text(&e->text)));
}

/* On the loop's thread, while the command waits. */
static void look(void *user, covet__plan *plan)
{
    explainer *e = user;
    covet__plan_print(plan, e->all, &e->text);
    if (e->run->json)
        make_document(e, plan);
}

/* ---- running it ---------------------------------------------------------------------------- */

static covet_status analyze(explainer *e, covet_db *db, const char *sql, covet_error *err)
{
    covet_result *result = NULL;
    const covet_sql text = {.size = sizeof text, .text = sql};
    const covet_msec before = covet__now();
    COVET_TRY(covet_query_wait(db, &text, NULL, &result, err));
    const uint64_t msec = covet__now() - before, rows = covet_result_affected(result);
    covet_result_free(result);
    covet__str_printf(&e->text, "  %-9s%" PRIu64 " row%s in %" PRIu64 " ms\n", "ran", rows,
                      rows == 1 ? "" : "s", msec);
    if (e->document != NULL)
        json_object_set_new(e->document, "ran",
                            json_pack("{s:I, s:I}", "rows", (json_int_t)rows, "msec",
                                      (json_int_t)msec));
    return COVET_OK;
}

static covet_status explain(explainer *e, covet_db **ret_db, covet_error *err)
{
    const char *sql = e->run->operands[0];
    if (e->run->catalog == NULL)
        return covet__fail(err, COVET_EINVAL,
                           "where is the cluster? (--catalog DSN, or COVET_CATALOG in the "
                           "environment)");
    COVET_TRY(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = e->run->catalog, .map_dir = ""),
                              ret_db, err));
    COVET_TRY(covet__explain(*ret_db, sql, look, e, err));
    return cli_given(e->run, "analyze") ? analyze(e, *ret_db, sql, err) : COVET_OK;
}

static int run_explain(cli_run *run)
{
    explainer e = {.run = run, .all = cli_given(run, "all")};
    covet_db *db = NULL;
    covet_error err;
    int code = CLI_DONE;
    if (explain(&e, &db, &err) != COVET_OK)
        code = cli_fail(run, "ERROR:  %s%s%s", err.sqlstate, err.sqlstate[0] != '\0' ? ": " : "",
                        err.message);
    else if (run->json)
        code = cli_print_json(run, COVET_TAKE(e.document));
    else
        fputs(covet__str_text(&e.text), stdout);
    covet_close_wait(db);
    json_decref(e.document);
    covet__str_free(&e.text);
    return code;
}

static const cli_option options[] = {
    {.name = "all", .help = "the statement for every shard, not one for example"},
    {.name = "analyze", .help = "run it too, and say how long it took"},
    {0},
};

const cli_command explain_command = {
    .name = "explain",
    .operands = "SQL",
    .operands_min = 1,
    .operands_max = 1,
    .shared = CLI_JSON | CLI_CATALOG,
    .options = options,
    .summary = "show how a statement would be run: where, why that is right, what is merged",
    .help = "A statement may have parameters ($1). What needs to be known of tables is asked of\n"
            "the servers; nothing is run without --analyze, which runs a write as well.\n",
    .run = run_explain,
};
