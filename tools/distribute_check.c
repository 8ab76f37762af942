/*
 * tools/distribute_check.c - what stands in the way, by name, and what to do about it.
 *
 * Nothing has changed when these are asked, and all of them are: who prepares a database
 * wants the whole list.
 */
#include <string.h>

#include "core/types.h"
#include "shard/key_wire.h"
#include "tools/alike.h"
#include "tools/distribute.h"

typedef struct checker {
    const move *set;
    cli_run *run;
    const move_table *table; /* the one that is looked at */
    int problems;
} checker;

/* "posts: trigger t: why (what to do)" */
static void report(checker *c, const char *text)
{
    c->problems++;
    cli_note(c->run, "%s: %s", c->table->def->name, text);
}

#define REPORT(c, ...) report(c, cli_printf((c)->run, __VA_ARGS__))

/* ---- obstacles ------------------------------------------------------------------------- */

/* What stands before and behind the name of an obstacle of each kind, and what helps. */
static const struct {
    const char *what, *before, *after, *hint;
} obstacle_texts[] = {
    {"trigger", "trigger ", " would not run in the shards", "drop it"},
    {"rule", "rule ", " would not be followed in the shards", "drop it"},
    {"policy", "policy ", " would not be kept in the shards", "drop it"},
    {"row level security", "row level security", " would not be kept in the shards",
     "ALTER TABLE ... DISABLE ROW LEVEL SECURITY"},
    {"view", "view ", " reads it",
     "drop the view, and make it again afterwards with covet-shardctl sql"},
    {"materialized view", "materialized view ", " reads it", "drop it"},
    {"rule of", "rule of ", " uses it", "drop it"},
    {"publication", "publication ", " would lose it", "take the table out of the publication"},
    {"subscription", "subscription ", " would not find it any more",
     "take the table out of the publication, ALTER SUBSCRIPTION ... REFRESH PUBLICATION"},
    {"partition of", "it is a partition of ", ", and a partition cannot go alone", "detach it"},
    {"child of", "it is a child of ", ", and inheritance is not carried",
     "ALTER TABLE ... NO INHERIT"},
    {"parent of", "it is a parent of ", ", and inheritance is not carried",
     "ALTER TABLE ... NO INHERIT"},
    {"tablespace", "it is in tablespace ", ", which other groups need not have",
     "ALTER TABLE ... SET TABLESPACE pg_default"},
    {"access method", "its access method ", " is not carried",
     "ALTER TABLE ... SET ACCESS METHOD heap"},
    {"typed table", "its type ", " is not carried", "ALTER TABLE ... NOT OF"},
    {"extension", "it is part of extension ", "", NULL},
    {"security label", "its security label of ", " is not carried", "SECURITY LABEL ... IS NULL"},
    {"grant by another role than the owner", "a grant by ",
     ", who is not the owner, is not carried", "let the owner grant it"},
    {"dependent", "", " uses it", "drop it"},
};

static void report_obstacle(checker *c, const table_obstacle *obstacle)
{
    for (size_t i = 0; i < COVET_COUNT(obstacle_texts); i++) {
        if (strcmp(obstacle_texts[i].what, obstacle->what) != 0 ||
            (obstacle->name == NULL && strcmp(obstacle->what, "row level security") != 0))
            continue;
        const char *hint = obstacle_texts[i].hint;
        REPORT(c, "%s%s%s%s%s%s", obstacle_texts[i].before,
               obstacle->name != NULL ? obstacle->name : "", obstacle_texts[i].after,
               hint != NULL ? " (" : "", hint != NULL ? hint : "", hint != NULL ? ")" : "");
        return;
    }
    REPORT(c, "it is a %s; only ordinary tables can be taken", obstacle->what);
}

static covet_status check_obstacles(checker *c, covet_error *err)
{
    table_obstacle *list;
    size_t count;
    COVET_TRY(
        inspect_obstacles(c->run, c->set->cluster->home, c->table->def->oid, &list, &count, err));
    for (size_t i = 0; i < count; i++)
        report_obstacle(c, &list[i]);
    return COVET_OK;
}

/* ---- the table itself ------------------------------------------------------------------ */

static bool is_own_schema(const cluster_handle *cluster, const char *schema)
{
    static const char *const own[] = {"covet", CLUSTER_OLD, CLUSTER_SHELL, "information_schema"};
    for (uint32_t i = 0; i < cluster->map->shard_count; i++)
        if (strcmp(cluster->map->shards[i].schema, schema) == 0)
            return true;
    return inspect_names_hold(own, COVET_COUNT(own), schema) || strncmp(schema, "pg_", 3) == 0 ||
           strcmp(schema, cluster->references) == 0;
}

static void check_table(checker *c)
{
    const table_def *def = c->table->def;
    if (!def->may_change)
        REPORT(c, "it belongs to %s (run this as that role, or as a superuser)", def->owner);
    if (is_own_schema(c->set->cluster, def->schema))
        REPORT(c, "tables of schema %s stay where they are", def->schema);
    size_t copied = 0;
    for (size_t i = 0; i < def->column_count; i++)
        copied += !def->columns[i].generated;
    if (copied == 0)
        REPORT(c, "it has no columns that could be copied");
    for (size_t i = 0; i < def->index_count; i++)
        if (def->indexes[i].tablespace)
            REPORT(c,
                   "index %s is in a tablespace, which other groups need not have (ALTER INDEX "
                   "... SET TABLESPACE pg_default)",
                   def->indexes[i].name);
}

static void check_sequences(checker *c)
{
    for (size_t i = 0; i < c->table->def->column_count; i++) {
        const table_column *column = &c->table->def->columns[i];
        if (column->odd)
            REPORT(c,
                   "the default of column %s takes values of a sequence in a way of its own "
                   "(make it nextval and nothing else)",
                   column->name);
        if (column->sequence == NULL)
            continue;
        if (!covet__type_is_int(column->type_oid))
            REPORT(c, "column %s is %s: values of a sequence go into smallint, integer and bigint",
                   column->name, column->type);
        if (column->shared)
            REPORT(c,
                   "sequence %s of column %s is used by other columns too (give it one of its "
                   "own)",
                   column->sequence, column->name);
        if (column->increment < 1)
            REPORT(c, "sequence %s of column %s counts down (ids count up)", column->sequence,
                   column->name);
    }
}

/* Names of indexes are unique in a schema, and the shards hold tables of all schemas. */
static covet_status check_names(checker *c, covet_error *err)
{
    const table_def *def = c->table->def;
    const char **names = cli_alloc(c->run, (def->index_count + 1) * sizeof *names);
    for (size_t i = 0; i < def->index_count; i++)
        names[i] = def->indexes[i].name;
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(c->set->cluster->home, &rows, err,
                       "SELECT c.relname FROM pg_class c JOIN pg_namespace n"
                       " ON n.oid = c.relnamespace WHERE n.nspname = '" CLUSTER_SHELL "'"
                       " AND c.relname = ANY ($1::text[]) ORDER BY 1",
                       sql_array(c->run, names, def->index_count)));
    for (size_t i = 0; i < covet_result_rows(rows); i++)
        REPORT(c, "the shards have an index %s of another table (rename one of them)",
               covet_result_text(rows, i, 0));
    return COVET_OK;
}

/* ---- the key --------------------------------------------------------------------------- */

/* What the key's text form does not tell (shard/key_wire.h). */
static covet_status check_moments(checker *c, covet_error *err)
{
    const move_table *table = c->table;
    const char *key = sql_ident(c->run, table->key->name);
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(
        SQL_ROWS(c->set->cluster->home, &rows, err,
                 cli_printf(c->run,
                            "SELECT count(*) FROM %s WHERE NOT isfinite(%s)"
                            " OR extract(year FROM %s) NOT BETWEEN 1 AND 9999",
                            sql_name(c->run, table->def->schema, table->def->name), key, key)));
    const int64_t count = cell_number(rows, 0, 0);
    if (count > 0)
        REPORT(c,
               "%lld rows have a value of the key %s that is infinite or not of the years 1 to "
               "9999",
               (long long)count, table->key->name);
    return COVET_OK;
}

/* A table that comes along because of its foreign key may as well stay without it: where rows
 * are kept whose parent goes (SET NULL), the column cannot be NOT NULL. */
static void report_null(checker *c)
{
    const move_table *table = c->table;
    const char *key = table->key->name;
    for (size_t i = 0; i < table->def->reference_count; i++) {
        const table_reference *reference = &table->def->references[i];
        const move_table *other = move_find(c->set, reference->to_oid);
        if (other == NULL || other == table ||
            !inspect_names_hold(reference->columns, reference->column_count, key))
            continue;
        REPORT(c,
               "the key %s may be NULL (ALTER TABLE ... ALTER COLUMN ... SET NOT NULL; or drop its "
               "foreign key %s to %s and leave out --with %s: it stays a local table then)",
               key, reference->name, reference->to_table, table->def->name);
        return;
    }
    REPORT(c, "the key %s may be NULL (ALTER TABLE ... ALTER COLUMN ... SET NOT NULL)", key);
}

static covet_status check_key(checker *c, covet_error *err)
{
    const table_column *key = c->table->key;
    const covet_key_type type = covet__key_type_of(key->type_oid);
    if (type == COVET_KEY_NONE)
        REPORT(c,
               "column %s is %s, which cannot be a key (smallint, integer, bigint, text, "
               "varchar, uuid, date, timestamptz and bytea can)",
               key->name, key->type);
    if (!key->not_null)
        report_null(c);
    if (key->generated)
        REPORT(c, "the key %s is a generated column: its value is not known before it is stored",
               key->name);
    if (!key->deterministic)
        REPORT(c,
               "the key %s has the collation %s, for which different texts are equal (give it "
               "a deterministic one)",
               key->name, key->collation);
    if (key->type_oid == COVET__TIMESTAMPTZ && key->typmod >= 0 && key->typmod < 6)
        REPORT(c,
               "the key %s is %s: it stores another moment than it is given (make it "
               "timestamptz)",
               key->name, key->type);
    if (c->problems == 0 && (type == COVET_KEY_DATE || type == COVET_KEY_TIMESTAMPTZ))
        return check_moments(c, err);
    return COVET_OK;
}

/* Equal keys must hash alike, so they must be of one type. */
static void check_key_types(checker *c)
{
    const move *set = c->set;
    const covet_key_type type = covet__key_type_of(c->table->key->type_oid);
    const move_table *first = &set->tables[0];
    if (c->table != first && covet__key_type_of(first->key->type_oid) != type)
        REPORT(c, "its key %s is %s and that of %s is %s: rows that belong together would part",
               c->table->key->name, c->table->key->type, first->def->name, first->key->type);
    for (size_t i = 0; c->table == first && i < set->along_count; i++)
        if (covet__key_type_of(set->along[i]->key_type) != type)
            REPORT(c, "its key %s is %s and that of %s is %s: rows that belong together would part",
                   c->table->key->name, c->table->key->type, set->along[i]->name,
                   covet__type_name(set->along[i]->key_type));
}

/* ---- uniqueness ------------------------------------------------------------------------ */

static bool holds_id(const move_table *table, const table_index *index)
{
    for (size_t i = 0; i < table->id_count; i++)
        if (table->ids[i].alone_unique && index->plain &&
            inspect_names_hold(index->columns, index->column_count, table->ids[i].column->name))
            return true;
    return false;
}

/* The columns that are not in --unique-per-shard yet, as options. */
static const char *missing_options(checker *c, const table_index *index)
{
    const move_table *table = c->table;
    const char *text = "";
    for (size_t i = 0; i < index->column_count; i++)
        if (!inspect_names_hold(table->per_shard, table->per_shard_count, index->columns[i]))
            text = cli_printf(c->run, "%s --unique-per-shard %s%s%s", text,
                              table == &c->set->tables[0] ? "" : table->word,
                              table == &c->set->tables[0] ? "" : ".", index->columns[i]);
    return text;
}

static void check_uniqueness(checker *c)
{
    const move_table *table = c->table;
    for (size_t i = 0; i < table->def->index_count; i++) {
        const table_index *index = &table->def->indexes[i];
        if (!index->unique && !index->exclusion)
            continue;
        const bool has_key =
            inspect_names_hold(index->columns, index->column_count, table->key->name);
        if (index->exclusion && !has_key)
            REPORT(c,
                   "the exclusion constraint %s cannot hold over shards: it does not ask for "
                   "equal %s (drop it, or add %s WITH =)",
                   index->name, table->key->name, table->key->name);
        if (index->exclusion || (has_key && index->plain) || holds_id(table, index))
            continue;
        const char *missing = missing_options(c, index);
        if (index->column_count == 0)
            REPORT(c,
                   "the unique index %s cannot be kept over shards: rows conflict in it that "
                   "differ in every column (drop it)",
                   index->name);
        else if (*missing != '\0')
            REPORT(c,
                   "%s %s is without the key %s, so it cannot be kept over shards (within each "
                   "shard it can:%s)",
                   index->primary ? "the primary key" : "the unique index", index->name,
                   table->key->name, missing);
    }
}

static void check_per_shard(checker *c)
{
    const move_table *table = c->table;
    for (size_t k = 0; k < table->per_shard_count; k++) {
        const char *column = table->per_shard[k];
        bool used = false;
        for (size_t i = 0; i < table->def->index_count; i++)
            used |= table->def->indexes[i].unique &&
                    inspect_names_hold(table->def->indexes[i].columns,
                                       table->def->indexes[i].column_count, column);
        if (inspect_column(table->def, column) == NULL)
            REPORT(c, "--unique-per-shard: there is no column %s", cli_shown(column));
        else if (!used)
            REPORT(c, "--unique-per-shard: no unique index is on column %s", column);
    }
}

/* ---- foreign keys ---------------------------------------------------------------------- */

static bool is_copy(const checker *c, const char *schema)
{
    return strcmp(schema, c->set->cluster->references) == 0;
}

/* Those that it has. */
static void check_references(checker *c)
{
    const move_table *table = c->table;
    for (size_t i = 0; i < table->def->reference_count; i++) {
        const table_reference *reference = &table->def->references[i];
        const move_table *other = move_find(c->set, reference->to_oid);
        if (other != NULL && table->key != NULL &&
            !move_follows_key(reference, table->key->name, other->key->name))
            REPORT(c,
                   "foreign key %s leads to %s by other columns than the keys %s and %s, so to "
                   "other shards (drop it)",
                   reference->name, reference->to_table, table->key->name, other->key->name);
        if (other == NULL && !is_copy(c, reference->to_schema))
            REPORT(c,
                   "foreign key %s leads to the local table %s (make that a reference table "
                   "first: covet-shardctl reference %s)",
                   reference->name, reference->to_table, reference->to_table);
    }
}

/* The command line that takes those tables along which refer to the key. */
static const char *with_referrers(checker *c)
{
    const move_table *table = c->table;
    const char *text = c->set->command;
    for (size_t i = 0; i < table->referrer_count; i++) {
        const table_reference *referrer = &table->referrers[i];
        for (size_t k = 0; k < referrer->column_count; k++)
            if (move_find(c->set, referrer->from_oid) == NULL &&
                strcmp(referrer->to_columns[k], table->key->name) == 0)
                text = cli_printf(c->run, "%s --with %s:%s", text, referrer->from_table,
                                  referrer->columns[k]);
    }
    return text;
}

/* Those that lead to it from tables that stay. To a copy at home they can be led. */
static void check_referrers(checker *c)
{
    const move_table *table = c->table;
    const char *names = "";
    int count = 0;
    for (size_t i = 0; table->key != NULL && i < table->referrer_count; i++) {
        const table_reference *referrer = &table->referrers[i];
        if (move_find(c->set, referrer->from_oid) != NULL)
            continue;
        if (!inspect_names_hold(referrer->to_columns, referrer->column_count, table->key->name))
            REPORT(c,
                   "foreign key %s of %s leads to it by another column than the key %s (drop "
                   "it)",
                   referrer->name, referrer->from_table, table->key->name);
        else
            names = cli_printf(c->run, "%s%s%s of %s", names, count++ > 0 ? ", " : "",
                               referrer->name, referrer->from_table);
    }
    if (count > 0)
        REPORT(c,
               "foreign key%s %s lead%s to it from tables that stay (take them along: "
               "covet-shardctl %s; or drop the foreign key%s, and they stay local)",
               count > 1 ? "s" : "", names, count > 1 ? "" : "s", with_referrers(c),
               count > 1 ? "s" : "");
}

/* ---- the other groups ------------------------------------------------------------------ */

static covet_status check_groups(checker *c, covet_error *err)
{
    const cluster_handle *cluster = c->set->cluster;
    const char **oids = cli_alloc(c->run, (c->set->count + 1) * sizeof *oids);
    alike_need *needs;
    size_t count;
    for (size_t i = 0; i < c->set->count; i++)
        oids[i] = c->set->tables[i].def->oid;
    COVET_TRY(alike_needs(c->run, cluster->home, sql_array(c->run, oids, c->set->count), &needs,
                          &count, err));
    for (uint32_t g = 0; g < cluster->group_count; g++)
        for (size_t i = 0; g != cluster->map->home && i < count; i++) {
            const char *text;
            COVET_TRY(alike_find(c->run, cluster->groups[g], &needs[i], &text, err));
            if (text == NULL)
                continue;
            c->problems++;
            cli_note(c->run, "group %s: %s", cluster->map->groups[g].name, text);
        }
    return COVET_OK;
}

covet_status move_check(const move *set, int *ret_problems, covet_error *err)
{
    checker c = {.set = set, .run = set->cluster->run};
    for (size_t i = 0; i < set->count; i++) {
        c.table = &set->tables[i];
        COVET_TRY(check_obstacles(&c, err));
        check_table(&c);
        check_sequences(&c);
        COVET_TRY(check_names(&c, err));
        if (c.table->key != NULL) {
            COVET_TRY(check_key(&c, err));
            check_key_types(&c);
            check_uniqueness(&c);
            check_per_shard(&c);
        }
        check_references(&c);
        check_referrers(&c);
    }
    COVET_TRY(check_groups(&c, err));
    *ret_problems = c.problems;
    return COVET_OK;
}
