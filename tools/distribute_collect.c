/*
 * tools/distribute_collect.c - what there is to know about the tables that are to move.
 */
#include <string.h>

#include "core/types.h"
#include "shard/key_wire.h"
#include "tools/distribute.h"

const move_table *move_find(const move *set, const char *oid)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->tables[i].def != NULL && strcmp(set->tables[i].def->oid, oid) == 0)
            return &set->tables[i];
    return NULL;
}

static void problem(const move *set, int *problems, const char *text)
{
    (*problems)++;
    cli_note(set->cluster->run, "%s", text);
}

/* ---- names ----------------------------------------------------------------------------- */

static bool is_taken(const move *set, const move_table *but, const char *physical)
{
    const covet__map *map = set->cluster->map;
    for (uint32_t i = 0; i < map->table_count; i++)
        if (strcmp(map->tables[i].physical, physical) == 0)
            return true;
    for (size_t i = 0; i < set->count; i++)
        if (&set->tables[i] != but && set->tables[i].physical != NULL &&
            strcmp(set->tables[i].physical, physical) == 0)
            return true;
    return false;
}

/* In the shards all tables stand in one schema, wherever they came from. */
static void name_table(const move *set, move_table *table, int *problems)
{
    cli_run *run = set->cluster->run;
    char both[64];
    covet__copy(both, sizeof both, cli_printf(run, "%s_%s", table->def->schema, table->def->name));
    table->physical = NULL;
    if (!is_taken(set, table, table->def->name))
        table->physical = table->def->name;
    else if (!is_taken(set, table, both))
        table->physical = cli_printf(run, "%s", both);
    else
        problem(set, problems,
                cli_printf(run, "%s: the shards have tables called %s and %s already (rename it)",
                           table->def->name, table->def->name, both));
}

/* ---- ids ------------------------------------------------------------------------------- */

static int64_t largest(uint32_t type)
{
    switch (type) {
    case COVET__INT2: return INT16_MAX;
    case COVET__INT4: return INT32_MAX;
    default: return INT64_MAX;
    }
}

/* Explicit values would break a uniqueness that only the catalog's blocks keep; where the
 * user said that uniqueness within each shard will do, they are allowed, and on every copy of
 * a reference table the index itself keeps it. */
static bool is_alone_unique(const move_table *table, const char *column)
{
    if (table->key == NULL || inspect_names_hold(table->per_shard, table->per_shard_count, column))
        return false;
    for (size_t i = 0; i < table->def->index_count; i++) {
        const table_index *index = &table->def->indexes[i];
        if (index->unique && index->plain && index->column_count == 1 &&
            strcmp(index->columns[0], column) == 0)
            return true;
    }
    return false;
}

static covet_status collect_ids(const move *set, move_table *table, covet_error *err)
{
    const table_def *def = table->def;
    table->ids = cli_alloc(set->cluster->run, (def->column_count + 1) * sizeof *table->ids);
    table->id_count = 0;
    for (size_t i = 0; i < def->column_count; i++) {
        const table_column *column = &def->columns[i];
        if (column->sequence == NULL || !covet__type_is_int(column->type_oid))
            continue;
        move_id *id = &table->ids[table->id_count++];
        *id = (move_id){.column = column,
                        .alone_unique = is_alone_unique(table, column->name),
                        .max = COVET_MIN(column->last, largest(column->type_oid))};
        COVET_TRY(inspect_next(set->cluster->run, set->cluster->home, def, column, &id->next, err));
    }
    return COVET_OK;
}

/* ---- keys ------------------------------------------------------------------------------ */

bool move_follows_key(const table_reference *reference, const char *from_key, const char *to_key)
{
    for (size_t i = 0; i < reference->column_count; i++)
        if (strcmp(reference->columns[i], from_key) == 0 &&
            strcmp(reference->to_columns[i], to_key) == 0)
            return true;
    return false;
}

/* The column by which the table refers to a key of the set: the only one, or NULL. */
static const char *guess_key(const move *set, const move_table *table)
{
    const char *found = NULL;
    for (size_t i = 0; i < table->def->reference_count; i++) {
        const table_reference *reference = &table->def->references[i];
        const move_table *other = move_find(set, reference->to_oid);
        if (other == NULL || other == table || other->key == NULL)
            continue;
        for (size_t k = 0; k < reference->column_count; k++) {
            if (strcmp(reference->to_columns[k], other->key->name) != 0)
                continue;
            if (found != NULL && strcmp(found, reference->columns[k]) != 0)
                return NULL;
            found = reference->columns[k];
        }
    }
    return found;
}

static void collect_key(const move *set, move_table *table, int *problems)
{
    cli_run *run = set->cluster->run;
    const char *name = table->key_word;
    if (name == NULL)
        name = guess_key(set, table);
    table->key = name != NULL ? inspect_column(table->def, name) : NULL;
    if (name == NULL)
        problem(set, problems,
                cli_printf(run,
                           "%s: which column is its key? No single foreign key of it leads to the "
                           "others (--with %s:COL)",
                           table->def->name, table->word));
    else if (table->key == NULL)
        problem(set, problems,
                cli_printf(run, "%s: there is no column %s", table->def->name, cli_shown(name)));
}

/* ---- tables ---------------------------------------------------------------------------- */

static covet_status collect_table(const move *set, move_table *table, int *problems,
                                  covet_error *err)
{
    const cluster_handle *cluster = set->cluster;
    const char *schema, *name, *oid;
    table_def *def;
    table_reference *referrers;
    table->def = NULL;
    table->key = NULL;
    COVET_TRY(inspect_parse(cluster, table->word, &schema, &name, err));
    COVET_TRY(inspect_find(cluster, schema, name, &oid, err));
    if (oid == NULL) {
        const char *text;
        COVET_TRY(inspect_no_table(cluster, table->word, schema, name, &text, err));
        problem(set, problems, text);
        return COVET_OK;
    }
    COVET_TRY(inspect_table(cluster->run, cluster->home, oid, &def, err));
    COVET_TRY(inspect_referrers(cluster->run, cluster->home, oid, &referrers,
                                &table->referrer_count, err));
    table->def = def;
    table->referrers = referrers;
    if (move_find(set, oid) != table) {
        problem(set, problems, cli_printf(cluster->run, "%s: named twice", def->name));
        table->def = NULL;
    }
    return COVET_OK;
}

/* Where its foreign keys lead: to a table that moves with it, or to a reference table's copy. */
static void collect_targets(const move *set, move_table *table)
{
    const table_def *def = table->def;
    ddl_target *targets =
        cli_alloc(set->cluster->run, (def->reference_count + 1) * sizeof *targets);
    for (size_t i = 0; i < def->reference_count; i++) {
        const move_table *other = move_find(set, def->references[i].to_oid);
        targets[i] = other != NULL ? (ddl_target){.name = other->physical}
                                   : (ddl_target){.schema = def->references[i].to_schema,
                                                  .name = def->references[i].to_table};
    }
    table->targets = targets;
}

covet_status move_collect(move *set, int *ret_problems, covet_error *err)
{
    int problems = 0;
    for (size_t i = 0; i < set->count; i++)
        COVET_TRY(collect_table(set, &set->tables[i], &problems, err));
    for (size_t i = 0; problems == 0 && i < set->count; i++) {
        name_table(set, &set->tables[i], &problems);
        if (!set->reference)
            collect_key(set, &set->tables[i], &problems);
    }
    for (size_t i = 0; problems == 0 && i < set->count; i++) {
        collect_targets(set, &set->tables[i]);
        COVET_TRY(collect_ids(set, &set->tables[i], err));
    }
    *ret_problems = problems;
    return COVET_OK;
}
