/*
 * tools/undistribute.c - the command `undistribute` (tools/undistribute.h).
 */
#include <string.h>

#include "core/loop.h"
#include "tools/leavings.h"
#include "tools/undistribute.h"

const back_table *back_find(const back *set, const char *physical)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->tables[i].entry->physical, physical) == 0)
            return &set->tables[i];
    return NULL;
}

/* ---- which tables ---------------------------------------------------------------------- */

static void add_table(back *set, const covet__map_table *entry)
{
    if (back_find(set, entry->physical) == NULL)
        set->tables[set->count++] = (back_table){.entry = entry};
}

/* Those that the command line names. A local table is where it shall be already. */
static covet_status take_operands(back *set, int *problems, covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    cli_run *run = cluster->run;
    set->tables = cli_alloc(run, (cluster->map->table_count + 1) * sizeof *set->tables);
    for (int i = 0; i < run->operand_count; i++) {
        const char *schema, *name, *oid;
        COVET_TRY(inspect_parse(cluster, run->operands[i], &schema, &name, err));
        const covet__map_table *entry = covet__map_find_table(cluster->map, schema, name);
        if (entry != NULL) {
            add_table(set, entry);
            continue;
        }
        COVET_TRY(inspect_find(cluster, schema, name, &oid, err));
        if (oid != NULL) {
            cli_note(run, "%s: it is a local table already", name);
            continue;
        }
        const char *text;
        COVET_TRY(inspect_no_table(cluster, run->operands[i], schema, name, &text, err));
        (*problems)++;
        cli_note(run, "%s", text);
    }
    return COVET_OK;
}

static const covet__map_table *entry_of(const covet__map *map, const char *physical)
{
    for (uint32_t i = 0; i < map->table_count; i++)
        if (strcmp(map->tables[i].physical, physical) == 0)
            return &map->tables[i];
    return NULL;
}

/* Distributed tables that foreign keys join come along: keys cannot lead out of a shard, nor
 * into one. Where one leads to a reference table that shall go, its table must go too, and
 * that is for the user to say. True: the set has grown. */
static bool follow(back *set, const covet_result *keys, int *problems)
{
    const covet__map *map = set->cluster->map;
    const size_t before = set->count;
    for (size_t i = 0; i < covet_result_rows(keys); i++) {
        const covet__map_table *from = entry_of(map, covet_result_text(keys, i, 0));
        const covet__map_table *to = entry_of(map, covet_result_text(keys, i, 1));
        if (from == NULL || to == NULL)
            continue;
        const bool has_from = back_find(set, from->physical) != NULL;
        const bool has_to = back_find(set, to->physical) != NULL;
        if (has_from == has_to)
            continue;
        if (from->kind == COVET__TABLE_DISTRIBUTED && to->kind == COVET__TABLE_DISTRIBUTED) {
            const covet__map_table *other = has_from ? to : from;
            cli_note(set->cluster->run, "%s comes along: foreign key %s joins it to %s",
                     other->name, covet_result_text(keys, i, 2), has_from ? from->name : to->name);
            add_table(set, other);
        } else if (has_to && problems != NULL) {
            (*problems)++;
            cli_note(set->cluster->run,
                     "%s: foreign key %s of %s leads to it (bring that home too: covet-shardctl "
                     "undistribute %s %s)",
                     to->name, covet_result_text(keys, i, 2), from->name, from->name, to->name);
        }
    }
    return set->count > before;
}

/* All shards are alike, so the keys of the first are those of all; the copies of reference
 * tables beside it are those of all groups. */
static covet_status close_set(back *set, int *problems, covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    const covet__map_shard *sample = &cluster->map->shards[0];
    COVET_AUTO(covet_result) keys = NULL;
    COVET_TRY(SQL_ROWS(cluster->groups[sample->group], &keys, err,
                       "SELECT f.relname, t.relname, k.conname FROM pg_constraint k"
                       " JOIN pg_class f ON f.oid = k.conrelid"
                       " JOIN pg_namespace fn ON fn.oid = f.relnamespace"
                       " JOIN pg_class t ON t.oid = k.confrelid"
                       " JOIN pg_namespace tn ON tn.oid = t.relnamespace"
                       " WHERE k.contype = 'f' AND fn.nspname IN ($1, $2)"
                       " AND tn.nspname IN ($1, $2) ORDER BY 1, 3",
                       sample->schema, cluster->references));
    while (follow(set, keys, NULL))
        ;
    follow(set, keys, problems);
    return COVET_OK;
}

/* ---- what is known of them ------------------------------------------------------------- */

static covet_status collect_referrers(const back *set, back_table *table, const char *copy_oid,
                                      covet_error *err)
{
    table_reference *list;
    size_t count;
    COVET_TRY(
        inspect_referrers(set->cluster->run, set->cluster->home, copy_oid, &list, &count, err));
    table->referrer_count = 0;
    table->referrers = list;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].from_schema, set->cluster->references) != 0 &&
            entry_of(set->cluster->map, list[i].from_table) == NULL)
            list[table->referrer_count++] = list[i];
    return COVET_OK;
}

static covet_status collect_table(const back *set, back_table *table, covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    cli_run *run = cluster->run;
    const covet__map_shard *sample = &cluster->map->shards[0];
    const bool reference = table->entry->kind == COVET__TABLE_REFERENCE;
    const char *physical = table->entry->physical, *copy_oid;
    covet__session *session = reference ? cluster->home : back_session(set, sample->group);
    table_def *old = NULL, *copy = NULL;
    COVET_TRY(inspect_oid(run, cluster->home, CLUSTER_OLD, physical, &table->old_oid, err));
    COVET_TRY(inspect_oid(run, cluster->home, CLUSTER_SHELL, physical, &table->twin_oid, err));
    COVET_TRY(inspect_oid(run, session, reference ? cluster->references : sample->schema, physical,
                          &copy_oid, err));
    if (copy_oid == NULL)
        return covet__fail(err, COVET_ECATALOG, "%s: its copies are not where the map says",
                           table->entry->name);
    if (table->old_oid != NULL)
        COVET_TRY(inspect_table(run, cluster->home, table->old_oid, &old, err));
    COVET_TRY(inspect_table(run, session, copy_oid, &copy, err));
    table->old = old;
    table->copy = copy;
    return reference ? collect_referrers(set, table, copy_oid, err) : COVET_OK;
}

covet_status back_collect(back *set, covet_error *err)
{
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(collect_table(set, &set->tables[i], err));
    return COVET_OK;
}

/* ---- what stands in the way ------------------------------------------------------------ */

static bool same_columns(const table_def *a, const table_def *b)
{
    bool same = a->column_count == b->column_count;
    for (size_t i = 0; same && i < a->column_count; i++)
        same = strcmp(a->columns[i].name, b->columns[i].name) == 0 &&
               strcmp(a->columns[i].type, b->columns[i].type) == 0;
    return same;
}

static covet_status check_twin(const back *set, const back_table *table, int *problems,
                               covet_error *err)
{
    table_obstacle *list;
    size_t count;
    if (table->twin_oid == NULL)
        return COVET_OK;
    COVET_TRY(inspect_obstacles(set->cluster->run, set->cluster->home, table->twin_oid, &list,
                                &count, err));
    for (size_t i = 0; i < count; i++) {
        if (strstr(list[i].what, "view") == NULL && strcmp(list[i].what, "dependent") != 0)
            continue;
        (*problems)++;
        cli_note(set->cluster->run, "%s: %s%s%s uses it (drop it)", table->entry->name,
                 strcmp(list[i].what, "dependent") != 0 ? list[i].what : "",
                 strcmp(list[i].what, "dependent") != 0 ? " " : "", list[i].name);
    }
    return COVET_OK;
}

static covet_status check_table(const back *set, const back_table *table, int *problems,
                                covet_error *err)
{
    cli_run *run = set->cluster->run;
    const covet__map_table *entry = table->entry;
    const char *there;
    const char *why = NULL;
    COVET_TRY(inspect_oid(run, set->cluster->home, entry->schema, entry->name, &there, err));
    if (table->old == NULL)
        why = "its old table was dropped (distribute --finish): there is nothing to come back to";
    else if (there != NULL)
        why = cli_printf(run, "there is another %s.%s at home now (rename it)", entry->schema,
                         entry->name);
    else if (!same_columns(table->old, table->copy))
        why = "its columns were changed since it left";
    if (why != NULL) {
        (*problems)++;
        cli_note(run, "%s: %s", entry->name, why);
    }
    return check_twin(set, table, problems, err);
}

/* Without prepared transactions a crash could lose writes (tools/undistribute.h). */
static covet_status check_groups(const back *set, int *problems, covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    for (uint32_t g = 0; g < cluster->group_count; g++) {
        COVET_AUTO(covet_result) rows = NULL;
        if (g == cluster->map->home)
            continue;
        COVET_TRY(SQL_ROWS(cluster->groups[g], &rows, err,
                           "SELECT current_setting('max_prepared_transactions')"));
        if (cell_number(rows, 0, 0) > 0)
            continue;
        (*problems)++;
        cli_note(cluster->run,
                 "group %s: max_prepared_transactions is 0 (set it to 64, say, and restart the "
                 "server)",
                 cluster->map->groups[g].name);
    }
    return COVET_OK;
}

static covet_status check(back *set, int *problems, covet_error *err)
{
    if (set->count == 0 || *problems > 0)
        return COVET_OK;
    COVET_TRY(back_collect(set, err));
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(check_table(set, &set->tables[i], problems, err));
    return check_groups(set, problems, err);
}

/* ---- the command ----------------------------------------------------------------------- */

static int report(const back *set, covet_msec started)
{
    cli_run *run = set->cluster->run;
    const double seconds = run->dry_run ? 0 : (double)(covet__now() - started) / 1000;
    json_t *tables = json_array();
    for (size_t i = 0; i < set->count; i++) {
        const back_table *table = &set->tables[i];
        json_array_append_new(tables,
                              json_pack("{s:s, s:s, s:I}", "schema", table->entry->schema, "name",
                                        table->entry->name, "rows", (json_int_t)table->rows));
        if (!run->json && run->dry_run)
            printf("would bring home %s.%s\n", table->entry->schema, table->entry->name);
        else if (!run->json)
            printf("%s: %llu rows are home\n", table->entry->name, (unsigned long long)table->rows);
    }
    if (run->json)
        return cli_print_json(run, json_pack("{s:o, s:f, s:b}", "tables", tables, "seconds",
                                             seconds, "dry_run", (int)run->dry_run));
    json_decref(tables);
    if (set->count > 0 && !run->dry_run)
        printf("Done in %.1f s.\n", seconds);
    return CLI_DONE;
}

static const char *command_line(cli_run *run)
{
    const char *text = "undistribute";
    for (int i = 0; i < run->operand_count; i++)
        text = cli_printf(run, "%s %s", text, run->operands[i]);
    return text;
}

static covet_status prepare(back *set, int *problems, covet_error *err)
{
    cluster_handle *cluster = set->cluster;
    if (!cluster->run->dry_run)
        COVET_TRY(cluster_begin(cluster, err));
    COVET_TRY(cluster_connect_all(cluster, err));
    if (!cluster->run->dry_run)
        COVET_TRY(leavings_clear(cluster, err));
    COVET_TRY(take_operands(set, problems, err));
    COVET_TRY(close_set(set, problems, err));
    return check(set, problems, err);
}

static int run_set(cli_run *run, cluster_handle *cluster)
{
    covet_error err;
    int problems = 0;
    back set = {.cluster = cluster, .command = command_line(run)};
    if (cluster_open(run, NULL, false, cluster, &err) != COVET_OK ||
        prepare(&set, &problems, &err) != COVET_OK)
        return cluster->home != NULL ? cluster_fail(cluster, &err) : cli_fail_error(run, &err);
    if (problems > 0)
        return cli_fail(run, "nothing was changed: %d thing%s in the way", problems,
                        problems > 1 ? "s are" : " is");
    const covet_msec started = covet__now();
    if (!run->dry_run && set.count > 0 && back_run(&set, &err) != COVET_OK)
        return cluster_fail(cluster, &err);
    return report(&set, started);
}

static int run_undistribute(cli_run *run)
{
    cluster_handle cluster = {0};
    cli_catch_signals();
    const int code = run_set(run, &cluster);
    cluster_close(&cluster);
    return code;
}

const cli_command undistribute_command = {
    .name = "undistribute",
    .operands = "TABLE...",
    .operands_min = 1,
    .operands_max = -1,
    .shared = CLI_JSON | CLI_DRY_RUN | CLI_CATALOG,
    .summary = "bring a distributed or a reference table home",
    .help = "The table is again what it was before `distribute` or `reference`, with the rows\n"
            "that it has now; sequences go on where the ids have come to. Distributed tables\n"
            "that foreign keys join to it come along. All of them are locked meanwhile.\n"
            "\n"
            "A value that --unique-per-shard has let in twice is named, and nothing changes.\n",
    .run = run_undistribute,
};
