/*
 * tools/distribute.c - the commands `distribute` and `reference` (tools/distribute.h).
 */
#include <string.h>

#include "core/loop.h"
#include "tools/distribute.h"
#include "tools/leavings.h"

/* ---- what is asked for ----------------------------------------------------------------- */

/* The command as it would be typed again, without what changes nothing. */
static const char *command_line(cli_run *run)
{
    covet__str out = COVET__STR_IN(run->arena);
    covet__str_add(&out, run->command->name);
    for (int i = 0; i < run->operand_count; i++)
        covet__str_printf(&out, " %s", run->operands[i]);
    for (size_t i = 0; i < run->value_count; i++) {
        const char *name = run->values[i].option->name;
        if (strcmp(name, "key") == 0 || strcmp(name, "with") == 0 ||
            strcmp(name, "unique-per-shard") == 0)
            covet__str_printf(&out, " --%s %s", name, run->values[i].text);
    }
    if (!covet__str_ok(&out))
        cli_no_memory(run);
    return covet__str_text(&out);
}

/* --unique-per-shard [TABLE.]COL, those that are for this table: without TABLE, the first. */
static void take_per_shard(cli_run *run, move_table *table, bool first)
{
    const char **columns = cli_alloc(run, (run->value_count + 1) * sizeof *columns);
    const size_t length = strlen(table->word);
    size_t at = 0;
    for (const char *text; (text = cli_next(run, "unique-per-shard", &at)) != NULL;) {
        const bool mine = strncmp(text, table->word, length) == 0 && text[length] == '.';
        if (mine)
            columns[table->per_shard_count++] = text + length + 1;
        else if (first && strchr(text, '.') == NULL)
            columns[table->per_shard_count++] = text;
    }
    table->per_shard = columns;
}

/* Every TABLE of --unique-per-shard must be one that moves. */
static bool check_per_shard_words(cli_run *run, const move *set)
{
    size_t at = 0;
    for (const char *text; (text = cli_next(run, "unique-per-shard", &at)) != NULL;) {
        bool known = strchr(text, '.') == NULL;
        for (size_t i = 0; i < set->count; i++) {
            const size_t length = strlen(set->tables[i].word);
            known |= strncmp(text, set->tables[i].word, length) == 0 && text[length] == '.';
        }
        if (known)
            continue;
        cli_usage(run, "--unique-per-shard %s: COL, or TABLE.COL of a table that moves",
                  cli_shown(text));
        return false;
    }
    return true;
}

/* The map's table of that name; NULL if it is local, or not there. */
static covet_status find_in_map(const cluster_handle *cluster, const char *word,
                                const covet__map_table **ret_table, covet_error *err)
{
    const char *schema, *name;
    COVET_TRY(inspect_parse(cluster, word, &schema, &name, err));
    *ret_table = covet__map_find_table(cluster->map, schema, name);
    return COVET_OK;
}

/* --with TABLE[:COL]: moves too, or is distributed already. */
static covet_status take_with(cli_run *run, move *set, const char *text,
                              const covet__map_table **along, covet_error *err)
{
    const char *colon = strrchr(text, ':');
    const char *word = colon != NULL ? cli_printf(run, "%.*s", (int)(colon - text), text) : text;
    const covet__map_table *table;
    COVET_TRY(find_in_map(set->cluster, word, &table, err));
    if (table == NULL) {
        set->tables[set->count++] =
            (move_table){.word = word, .key_word = colon != NULL ? colon + 1 : NULL};
        return COVET_OK;
    }
    if (table->kind != COVET__TABLE_DISTRIBUTED)
        return covet__fail(err, COVET_EINVAL,
                           "--with %s: it is a reference table, which every shard can join anyway",
                           table->name);
    if (colon != NULL && strcmp(colon + 1, table->key_column) != 0)
        return covet__fail(err, COVET_EINVAL, "--with %s: it is distributed by %s", table->name,
                           table->key_column);
    along[set->along_count++] = table;
    return COVET_OK;
}

static covet_status take_tables(cli_run *run, move *set, covet_error *err)
{
    size_t at = 0;
    const size_t room = (size_t)run->operand_count + run->value_count;
    const covet__map_table **along = cli_alloc(run, (room + 1) * sizeof *along);
    set->tables = cli_alloc(run, (room + 1) * sizeof *set->tables);
    set->along = along;
    for (int i = 0; i < run->operand_count; i++)
        set->tables[set->count++] =
            (move_table){.word = run->operands[i], .key_word = cli_text(run, "key")};
    for (const char *text; !set->reference && (text = cli_next(run, "with", &at)) != NULL;)
        COVET_TRY(take_with(run, set, text, along, err));
    for (size_t i = 0; i < set->count; i++)
        take_per_shard(run, &set->tables[i], i == 0);
    return COVET_OK;
}

static void make_targets(move *set)
{
    const covet__map *map = set->cluster->map;
    set->target_count = set->reference ? map->group_count : map->shard_count;
    set->targets = cli_alloc(set->cluster->run, (set->target_count + 1) * sizeof *set->targets);
    for (uint32_t i = 0; i < set->target_count; i++)
        set->targets[i] = set->reference
                              ? (move_target){i, set->cluster->references}
                              : (move_target){map->shards[i].group, map->shards[i].schema};
}

/* Tables of the command line that are already what they are asked to become leave the set;
 * those that are something else are an error. */
static covet_status drop_done(move *set, covet_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        const covet__map_table *table;
        COVET_TRY(find_in_map(set->cluster, set->tables[i].word, &table, err));
        if (table == NULL) {
            set->tables[kept++] = set->tables[i];
            continue;
        }
        const bool reference = table->kind == COVET__TABLE_REFERENCE;
        if (reference != set->reference ||
            (!reference && strcmp(table->key_column, set->tables[i].key_word) != 0))
            return covet__fail(err, COVET_EINVAL, "%s: it is %s%s already (undistribute it first)",
                               table->name, reference ? "a reference table" : "distributed by ",
                               reference ? "" : table->key_column);
        cli_note(set->cluster->run, "%s: it is %s already", table->name,
                 reference ? "a reference table" : "distributed");
    }
    set->count = kept;
    return COVET_OK;
}

/* ---- reporting ------------------------------------------------------------------------- */

/* Of a machine like those of today, measured on small ones: good for a coffee or not. */
static double guess_seconds(const move *set)
{
    double objects = 0, bytes = 0;
    for (size_t i = 0; i < set->count; i++) {
        const table_def *def = set->tables[i].def;
        objects += 2 + (double)(def->index_count + def->reference_count);
        bytes += (double)def->bytes;
    }
    const uint32_t groups = COVET_MAX(1u, set->cluster->map->group_count);
    return 0.5 + objects * (double)set->target_count * 0.0015 / groups * 2 + bytes / 20e6;
}

static json_t *table_json(const move_table *table, bool dry_run)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < table->id_count; i++)
        json_array_append_new(ids, json_pack("{s:s, s:s}", "column", table->ids[i].column->name,
                                             "next", table->ids[i].next));
    return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:I, s:I, s:s, s:o}", "schema", table->def->schema,
                     "name", table->def->name, "kind",
                     table->key != NULL ? "distributed" : "reference", "key",
                     table->key != NULL ? table->key->name : NULL, "physical", table->physical,
                     "rows", dry_run ? (json_int_t)table->def->rows : (json_int_t)table->rows,
                     "bytes", (json_int_t)table->def->bytes, "owner", table->def->owner, "ids",
                     ids);
}

static int report_json(const move *set, double seconds)
{
    cli_run *run = set->cluster->run;
    json_t *tables = json_array();
    for (size_t i = 0; i < set->count; i++)
        json_array_append_new(tables, table_json(&set->tables[i], run->dry_run));
    return cli_print_json(run, json_pack("{s:o, s:i, s:i, s:f, s:b}", "tables", tables, "shards",
                                         (int)set->cluster->map->shard_count, "groups",
                                         (int)set->cluster->map->group_count, "seconds", seconds,
                                         "dry_run", (int)run->dry_run));
}

static void report_plan(const move *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const move_table *table = &set->tables[i];
        printf("would %s %s.%s (owner %s, about %lld rows, %lld kB)",
               set->reference ? "copy to every group" : "distribute", table->def->schema,
               table->def->name, table->def->owner, (long long)table->def->rows,
               (long long)(table->def->bytes / 1024));
        if (table->key != NULL)
            printf(" by %s", table->key->name);
        for (size_t k = 0; k < table->id_count; k++)
            printf("%s%s", k > 0 ? ", " : "; ids from the catalog: ", table->ids[k].column->name);
        printf("\n");
        for (size_t k = 0; set->reference && k < table->referrer_count; k++)
            if (move_find(set, table->referrers[k].from_oid) == NULL)
                printf("  foreign key %s of %s would lead to the copy at home\n",
                       table->referrers[k].name, table->referrers[k].from_table);
    }
    printf("%zu %s in %u groups, about %.0f s, during which the tables are locked\n",
           set->target_count, set->reference ? "copies" : "shards", set->cluster->map->group_count,
           guess_seconds(set));
}

static int report(const move *set, covet_msec started)
{
    const double seconds =
        set->cluster->run->dry_run ? guess_seconds(set) : (double)(covet__now() - started) / 1000;
    if (set->cluster->run->json)
        return report_json(set, seconds);
    if (set->cluster->run->dry_run) {
        report_plan(set);
        return CLI_DONE;
    }
    for (size_t i = 0; i < set->count; i++)
        printf("%s: %llu rows %s %zu %s\n", set->tables[i].def->name,
               (unsigned long long)set->tables[i].rows, set->reference ? "copied to" : "in",
               set->target_count, set->reference ? "groups" : "shards");
    if (set->count > 0)
        printf("Done in %.1f s. The old tables are in schema " CLUSTER_OLD
               " until `distribute --finish`.\n",
               seconds);
    return CLI_DONE;
}

/* ---- the commands ---------------------------------------------------------------------- */

static covet_status prepare(move *set, int *ret_problems, covet_error *err)
{
    cluster_handle *cluster = set->cluster;
    if (!cluster->run->dry_run)
        COVET_TRY(cluster_begin(cluster, err));
    COVET_TRY(cluster_connect_all(cluster, err));
    if (!cluster->run->dry_run)
        COVET_TRY(leavings_clear(cluster, err));
    COVET_TRY(take_tables(cluster->run, set, err));
    COVET_TRY(drop_done(set, err));
    make_targets(set);
    COVET_TRY(move_collect(set, ret_problems, err));
    return *ret_problems == 0 ? move_check(set, ret_problems, err) : COVET_OK;
}

static int run_set(cli_run *run, cluster_handle *cluster, bool reference)
{
    covet_error err;
    int problems = 0;
    move set = {.cluster = cluster, .reference = reference, .command = command_line(run)};
    if (cluster_open(run, NULL, false, cluster, &err) != COVET_OK ||
        prepare(&set, &problems, &err) != COVET_OK)
        return cluster->home != NULL ? cluster_fail(cluster, &err) : cli_fail_error(run, &err);
    if (!check_per_shard_words(run, &set))
        return CLI_USAGE;
    if (problems > 0)
        return cli_fail(run, "nothing was changed: %d thing%s in the way", problems,
                        problems > 1 ? "s are" : " is");
    const covet_msec started = covet__now();
    if (!run->dry_run && set.count > 0 && move_run(&set, &err) != COVET_OK)
        return cluster_fail(cluster, &err);
    return report(&set, started);
}

static int run_reference(cli_run *run)
{
    cluster_handle cluster = {0};
    cli_catch_signals();
    const int code = run_set(run, &cluster, true);
    cluster_close(&cluster);
    return code;
}

static int run_distribute(cli_run *run)
{
    cluster_handle cluster = {0};
    cli_catch_signals();
    if (cli_given(run, "finish"))
        return distribute_finish(run);
    if (run->operand_count == 0)
        return cli_usage(run, "an operand is missing (%s distribute TABLE --key COL)",
                         run->tool->name);
    if (!cli_given(run, "key"))
        return cli_usage(run, "--key is missing (--key COL)");
    const int code = run_set(run, &cluster, false);
    cluster_close(&cluster);
    return code;
}

static const cli_option distribute_options[] = {
    {.name = "key", .value = "COL", .help = "the column whose value picks the shard"},
    {.name = "with",
     .value = "TABLE[:COL]",
     .help = "a table that moves at the same time, its rows\n"
             "to where TABLE's are; COL is its key, unless\n"
             "one foreign key tells. Or one that is\n"
             "distributed already; may be repeated"},
    {.name = "unique-per-shard",
     .value = "COL",
     .help = "accept that unique indexes on the column hold\n"
             "within each shard only; TABLE.COL for a table\n"
             "of --with; may be repeated"},
    {.name = "finish",
     .help = "takes no TABLE: drop the old tables of all that\n"
             "were distributed or made reference tables; there\n"
             "is no way back then"},
    {0},
};

const cli_command distribute_command = {
    .name = "distribute",
    .operands = "[TABLE]",
    .operands_max = 1,
    .shared = CLI_JSON | CLI_DRY_RUN | CLI_CATALOG,
    .options = distribute_options,
    .summary = "spread a table's rows over the shards by a key",
    .help = "The table is locked while its rows move. Constraints, indexes, defaults and grants\n"
            "go along; values of serial and identity columns come from the catalog from then\n"
            "on. What cannot go along is named, with what to do, before anything changes.\n"
            "\n"
            "Tables with foreign keys to it move with it, in the same command:\n"
            "    covet-shardctl distribute posts --key id --with comments:post_id\n"
            "Tables that it refers to itself are made reference tables before.\n"
            "\n"
            "The old table is kept in schema covet_old, for `undistribute`, until\n"
            "    covet-shardctl distribute --finish\n"
            "drops all of them.\n"
            "\n"
            "A name that is not of small letters is quoted as in SQL, and for the shell:\n"
            "    covet-shardctl distribute '\"Weird Table\"' --key id\n",
    .run = run_distribute,
};

const cli_command reference_command = {
    .name = "reference",
    .operands = "TABLE...",
    .operands_min = 1,
    .operands_max = -1,
    .shared = CLI_JSON | CLI_DRY_RUN | CLI_CATALOG,
    .summary = "put a copy of a small table into every group",
    .help = "Every shard can then join it and refer to it. Foreign keys of local tables are led\n"
            "to the copy at home. Several tables that refer to each other go together.\n",
    .run = run_reference,
};
