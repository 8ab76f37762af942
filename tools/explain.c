/*
 * tools/explain.c - covet-shardctl explain: what would be sent where, and why that is right.
 */
#include <stdio.h>
#include <string.h>

#include "core/types.h"
#include "shard/explain.h"
#include "tools/cluster.h"

typedef struct explainer {
    cli_run *run;
    bool all; /* the statement of every shard */
    covet__str text;
    json_t *document;
} explainer;

/* ---- plans as JSON ------------------------------------------------------------------------ */

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *number(uint64_t value) { return json_integer((json_int_t)value); }

static json_t *msec(uint64_t usec) { return json_real((double)usec / 1000); }

static json_t *shard_json(covet__plan *plan, uint32_t shard, bool with_sql)
{
    const covet__map_shard *to = &plan->map->shards[shard];
    const covet__sql *sql = NULL;
    json_t *object = json_pack("{s:I, s:s, s:s}", "shard", (json_int_t)to->id, "schema", to->schema,
                               "group", plan->map->groups[to->group].name);
    if (with_sql && covet__plan_statement(plan, shard, &sql, NULL) == COVET_OK)
        put(object, "sql", json_string(sql->text));
    return object;
}

static void add_shards(const explainer *e, covet__plan *plan, json_t *object)
{
    uint32_t count = 0;
    json_t *list = json_array();
    uint32_t *shards = cli_alloc(e->run, (plan->map->shard_count + 1) * sizeof *shards);
    const bool known = covet__plan_shards(plan, shards, &count);
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(list, shard_json(plan, shards[i], e->all || i == 0));
    put(object, "shards", list);
    put(object, "shards_known",
        json_boolean(known ||
                     (plan->tier == COVET__TIER_SCATTER && plan->facts->pruned_count == 0)));
}

static json_t *columns_json(const covet__plan *plan)
{
    json_t *columns = json_array();
    for (uint32_t i = 0; i < plan->shown.column_count; i++)
        json_array_append_new(columns, json_pack("{s:s, s:s}", "name", plan->shown.names[i], "type",
                                                 covet__type_name(plan->shown.types[i])));
    return columns;
}

static void add_term(json_t *list, const covet__term *term)
{
    covet__str text = {0};
    covet__term_print(term, &text);
    json_array_append_new(list, json_string(covet__str_text(&text)));
    covet__str_free(&text);
}

/* No values: any. */
static json_t *key_json(const covet__plan *plan)
{
    const covet__facts *facts = plan->facts;
    const bool insert = plan->kind == COVET__STMT_INSERT;
    const covet__map_table *table = insert ? facts->insert.table : facts->first;
    json_t *values = json_array();
    for (uint32_t i = 0; insert && i < facts->insert.row_count; i++)
        add_term(values, &facts->insert.rows[i].key);
    if (!insert && plan->tier == COVET__TIER_ROUTE)
        add_term(values, &facts->key);
    for (uint32_t i = 0; plan->tier == COVET__TIER_SCATTER && i < facts->pruned_count; i++)
        add_term(values, &facts->pruned[i]);
    return json_pack("{s:s, s:s, s:o}", "table", table->name, "column", table->key_column, "values",
                     values);
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

static json_t *ran_json(const covet__explained *x)
{
    const covet__ran *ran = &x->ran;
    const covet__map *map = x->plan->map;
    json_t *object = json_object();
    put(object, "rows", number(ran->rows));
    put(object, "msec", msec(ran->usec));
    put(object, "planned_msec", msec(x->planned_usec));
    if (map != NULL && ran->group < map->group_count)
        put(object, "group", json_string(map->groups[ran->group].name));
    if (x->plan->tier == COVET__TIER_SCATTER) {
        put(object, "connect_msec", msec(ran->connect_usec));
        put(object, "statements", number(ran->parts));
        put(object, "groups", number(ran->groups));
        put(object, "rows_sent", number(ran->part_rows));
    }
    if (x->plan->tier == COVET__TIER_RESIDUAL) {
        put(object, "gather_msec", msec(ran->gather_usec));
        put(object, "residual_msec", msec(ran->usec - COVET_MIN(ran->usec, ran->gather_usec)));
    }
    if (x->gather != NULL)
        put(object, "bytes", number(ran->bytes));
    return object;
}

static void add_plan(const explainer *e, const covet__explained *x, json_t *object)
{
    static const char *const tiers[] = {
        [COVET__TIER_ONE] = "one",           [COVET__TIER_HOME] = "home",
        [COVET__TIER_ANYWHERE] = "anywhere", [COVET__TIER_ROUTE] = "route",
        [COVET__TIER_SCATTER] = "scatter",   [COVET__TIER_RESIDUAL] = "gather"};
    covet__plan *plan = x->plan;
    const covet__sql *sql = NULL;
    put(object, "tier", json_string(tiers[plan->tier]));
    put(object, "why", json_string(plan->reason));
    if (plan->tier == COVET__TIER_RESIDUAL)
        put(object, "why_apart", json_string(plan->residual->whole));
    put(object, "columns", columns_json(plan));
    if (plan->tier == COVET__TIER_ROUTE || plan->tier == COVET__TIER_SCATTER) {
        put(object, "key", key_json(plan));
        add_shards(e, plan, object);
    } else if (covet__plan_statement(plan, 0, &sql, NULL) == COVET_OK) {
        put(object, "sql", json_string(sql->text));
    }
    if (plan->tier == COVET__TIER_SCATTER)
        put(object, "merge", merge_json(plan));
    if (x->ran.began != 0)
        put(object, "ran", ran_json(x));
}

static json_t *gather_json(const covet__residual *residual, const covet__gather *gather, bool keyed)
{
    json_t *params = json_array();
    for (uint32_t i = 0; i < gather->param_count; i++)
        json_array_append_new(params, number(gather->params[i]));
    json_t *object = json_pack("{s:s, s:s, s:b, s:o}", "of", gather->why, "statement",
                               keyed ? gather->keyed_text : gather->text, "partial",
                               (int)gather->partial, "params", params);
    const covet__description *from = &residual->gathers[gather->keys_from].shown;
    if (keyed)
        put(object, "keys",
            json_pack("{s:I, s:s}", "gather", (json_int_t)gather->keys_from + 1, "column",
                      from->names[gather->keys_column]));
    return object;
}

/* As deep as shard/explain.c goes. */
static void add_gathers(const explainer *e, const covet__explained *x, json_t *object)
{
    if (x->plan->tier != COVET__TIER_RESIDUAL)
        return;
    const covet__residual *residual = x->plan->residual;
    json_t *gathers = json_array();
    for (uint32_t i = 0; i < residual->gather_count; i++) {
        const bool keyed = i < x->piece_count && x->pieces[i].keyed;
        json_t *gather = gather_json(residual, &residual->gathers[i], keyed);
        if (i < x->piece_count) {
            add_plan(e, &x->pieces[i], gather);
            add_gathers(e, &x->pieces[i], gather);
        }
        json_array_append_new(gathers, gather);
    }
    put(object, "gathers", gathers);
}

/* On the loop's thread, while the command waits. */
static void look(void *user, const covet__explained *explained)
{
    explainer *e = user;
    covet__explained_print(explained, e->all, &e->text);
    if (!e->run->json)
        return;
    e->document = json_object();
    add_plan(e, explained, e->document);
    add_gathers(e, explained, e->document);
    put(e->document, "text", json_string(covet__str_text(&e->text)));
}

/* ---- the command --------------------------------------------------------------------------- */

static covet_status explain(explainer *e, covet_db **ret_db, covet_error *err)
{
    if (e->run->catalog == NULL)
        return covet__fail(err, COVET_EINVAL,
                           "where is the cluster? (--catalog DSN, or COVET_CATALOG in the "
                           "environment)");
    COVET_TRY(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = e->run->catalog, .map_dir = ""),
                              ret_db, err));
    const covet__explain_opts opts = {.sql = e->run->operands[0],
                                      .analyze = cli_given(e->run, "analyze"),
                                      .look = look,
                                      .user = e};
    return covet__explain(*ret_db, &opts, err);
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
    {.name = "analyze", .help = "run it too, and say what that took and brought"},
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
    .help = "A statement that shards cannot answer alone is shown with what is gathered for it\n"
            "first, each a statement with a plan of its own. It may have parameters ($1). What\n"
            "needs to be known of tables is asked of the servers; nothing is run without\n"
            "--analyze, which runs a write as well. --json: covet-shardctl(1) has the keys.\n",
    .run = run_explain,
};
