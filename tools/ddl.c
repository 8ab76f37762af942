#include "tools/ddl.h"

#include <string.h>

#include "core/mem.h"

/* ---- text with places ------------------------------------------------------------------ */

void ddl_add(ddl *out, const char *text)
{
    out->text.arena = out->run->arena;
    covet__str_add(&out->text, text);
}

static void add_ident(ddl *out, const char *name)
{
    out->text.arena = out->run->arena;
    covet__str_ident(&out->text, name);
}

/* The place for the schema. */
static void add_place(ddl *out)
{
    if (out->count == out->capacity) {
        const size_t capacity = out->capacity * 2 + 64;
        size_t *places = cli_alloc(out->run, capacity * sizeof *places);
        if (out->count > 0)
            memcpy(places, out->places, out->count * sizeof *places);
        out->places = places;
        out->capacity = capacity;
    }
    out->places[out->count++] = out->text.length;
}

void ddl_name(ddl *out, const char *name)
{
    add_place(out);
    ddl_add(out, ".");
    add_ident(out, name);
}

void ddl_fill(const ddl *from, const char *schema, covet__str *out)
{
    const char *text = covet__str_text(&from->text);
    if (text == NULL)
        cli_no_memory(from->run);
    size_t at = 0;
    for (size_t i = 0; i < from->count; i++) {
        covet__str_bytes(out, text + at, from->places[i] - at);
        covet__str_ident(out, schema);
        at = from->places[i];
    }
    covet__str_bytes(out, text + at, from->text.length - at);
    if (!covet__str_ok(out))
        cli_no_memory(from->run);
}

const char *ddl_text(const ddl *from, const char *schema)
{
    covet__str out = COVET__STR_IN(from->run->arena);
    ddl_fill(from, schema, &out);
    return covet__str_text(&out);
}

/* ---- before the rows ------------------------------------------------------------------- */

static void add_column(ddl *out, const table_column *column)
{
    add_ident(out, column->name);
    ddl_add(out, cli_printf(out->run, " %s", column->type));
    if (column->compression != NULL)
        ddl_add(out, cli_printf(out->run, " COMPRESSION %s", column->compression));
    if (column->collation != NULL)
        ddl_add(out, cli_printf(out->run, " COLLATE %s", column->collation));
    if (column->generated)
        ddl_add(out, cli_printf(out->run, " GENERATED ALWAYS AS (%s) STORED", column->expression));
    else if (column->expression != NULL && column->sequence == NULL)
        ddl_add(out, cli_printf(out->run, " DEFAULT %s", column->expression));
    if (column->not_null)
        ddl_add(out, " NOT NULL");
}

/* What ALTER TABLE ... ALTER COLUMN says only. */
static void add_settings(ddl *out, const table_column *column, const char *name)
{
    const struct {
        const char *before, *value, *after;
    } settings[] = {{" SET STORAGE ", column->storage, ""},
                    {" SET STATISTICS ", column->statistics, ""},
                    {" SET (", column->options, ")"}};
    for (size_t i = 0; i < COVET_COUNT(settings); i++) {
        if (settings[i].value == NULL)
            continue;
        ddl_add(out, "ALTER TABLE ");
        ddl_name(out, name);
        ddl_add(out, " ALTER COLUMN ");
        add_ident(out, column->name);
        ddl_add(out, settings[i].before);
        ddl_add(out, settings[i].value);
        ddl_add(out, settings[i].after);
        ddl_add(out, ";\n");
    }
}

/* A check that every row has passed is made with the table; one that was never tried on the
 * rows that were there must not be tried now (ddl_finish). */
static void add_checks(ddl *out, const table_def *table)
{
    for (size_t i = 0; i < table->check_count; i++) {
        if (!table->checks[i].valid)
            continue;
        ddl_add(out, ",\n CONSTRAINT ");
        add_ident(out, table->checks[i].name);
        ddl_add(out, cli_printf(out->run, " %s", table->checks[i].definition));
    }
}

void ddl_create(ddl *out, const table_def *table, const char *name)
{
    ddl_add(out, table->persistence == 'u' ? "CREATE UNLOGGED TABLE " : "CREATE TABLE ");
    ddl_name(out, name);
    ddl_add(out, " (\n ");
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            ddl_add(out, ",\n ");
        add_column(out, &table->columns[i]);
    }
    add_checks(out, table);
    ddl_add(out, ")");
    if (table->options != NULL)
        ddl_add(out, cli_printf(out->run, " WITH (%s)", table->options));
    ddl_add(out, ";\n");
    for (size_t i = 0; i < table->column_count; i++)
        add_settings(out, &table->columns[i], name);
    if (!table->owner_is_me) {
        ddl_add(out, "ALTER TABLE ");
        ddl_name(out, name);
        ddl_add(out, " OWNER TO ");
        add_ident(out, table->owner);
        ddl_add(out, ";\n");
    }
}

/* ---- after the rows -------------------------------------------------------------------- */

/* All constraints in one statement: it locks and looks at the table once. */
static void add_constraints(ddl *out, const table_def *table, const char *name)
{
    bool any = false;
    for (size_t i = 0; i < table->index_count + table->check_count; i++) {
        const bool is_index = i < table->index_count;
        const table_index *index = &table->indexes[is_index ? i : 0];
        const table_check *check = &table->checks[is_index ? 0 : i - table->index_count];
        if (is_index ? !index->constraint : check->valid)
            continue;
        ddl_add(out, any ? ",\n " : "ALTER TABLE ");
        if (!any)
            ddl_name(out, name);
        any = true;
        ddl_add(out, " ADD CONSTRAINT ");
        add_ident(out, is_index ? index->name : check->name);
        ddl_add(out, " ");
        ddl_add(out, is_index ? index->definition : check->definition);
    }
    if (any)
        ddl_add(out, ";\n");
}

static void add_index(ddl *out, const table_index *index, const char *name)
{
    if (!index->constraint) {
        ddl_add(out, index->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
        add_ident(out, index->name);
        ddl_add(out, " ON ");
        ddl_name(out, name);
        ddl_add(out, index->definition);
        ddl_add(out, ";\n");
    } else if (index->options != NULL) {
        ddl_add(out, "ALTER INDEX ");
        ddl_name(out, index->name);
        ddl_add(out, cli_printf(out->run, " SET (%s);\n", index->options));
    }
    if (index->identity) {
        ddl_add(out, "ALTER TABLE ");
        ddl_name(out, name);
        ddl_add(out, " REPLICA IDENTITY USING INDEX ");
        add_ident(out, index->name);
        ddl_add(out, ";\n");
    }
}

static void add_comment(ddl *out, const char *name, const char *column, const char *comment)
{
    if (comment == NULL)
        return;
    ddl_add(out, column != NULL ? "COMMENT ON COLUMN " : "COMMENT ON TABLE ");
    ddl_name(out, name);
    if (column != NULL) {
        ddl_add(out, ".");
        add_ident(out, column);
    }
    ddl_add(out, cli_printf(out->run, " IS %s;\n", sql_literal(out->run, comment)));
}

void ddl_grants(ddl *out, const table_def *table, const char *name)
{
    for (size_t i = 0; i < table->grant_count; i++) {
        const table_grant *grant = &table->grants[i];
        ddl_add(out, cli_printf(out->run, "GRANT %s ON TABLE ", grant->privileges));
        ddl_name(out, name);
        ddl_add(out, cli_printf(out->run, " TO %s%s;\n", grant->grantee,
                                grant->with_option ? " WITH GRANT OPTION" : ""));
    }
}

/* The roles that may do something with the table: "a", "b"; NULL: nobody but who runs the
 * tool. `writers`: only those who may insert. */
static const char *roles_of(cli_run *run, const table_def *table, bool writers)
{
    covet__str out = COVET__STR_IN(run->arena);
    if (!table->owner_is_me)
        covet__str_ident(&out, table->owner);
    for (size_t i = 0; i < table->grant_count; i++) {
        if (writers && !table->grants[i].writes)
            continue;
        covet__str_printf(&out, "%s%s", out.length > 0 ? ", " : "", table->grants[i].grantee);
    }
    if (!covet__str_ok(&out))
        cli_no_memory(run);
    return out.length > 0 ? covet__str_text(&out) : NULL;
}

void ddl_access(ddl *out, const table_def *table)
{
    const char *roles = roles_of(out->run, table, false);
    if (roles == NULL)
        return;
    ddl_add(out, "GRANT USAGE ON SCHEMA ");
    add_place(out);
    ddl_add(out, cli_printf(out->run, " TO %s;\n", roles));
}

const char *ddl_catalog_access(cli_run *run, const table_def *table, bool home)
{
    const char *roles = roles_of(run, table, false), *writers = roles_of(run, table, true);
    if (roles == NULL)
        return "";
    return cli_printf(run, "GRANT USAGE ON SCHEMA covet TO %s;\nGRANT SELECT ON %s TO %s;\n%s%s%s",
                      roles, home ? "ALL TABLES IN SCHEMA covet" : "covet.node, covet.owned", roles,
                      home && writers != NULL ? "GRANT UPDATE (next) ON covet.ids TO " : "",
                      home && writers != NULL ? writers : "", home && writers != NULL ? ";\n" : "");
}

void ddl_finish(ddl *out, const table_def *table, const char *name)
{
    add_constraints(out, table, name);
    for (size_t i = 0; i < table->index_count; i++)
        add_index(out, &table->indexes[i], name);
    for (size_t i = 0; i < table->statistics_count; i++) {
        const table_statistics *statistics = &table->statistics[i];
        ddl_add(out, "CREATE STATISTICS ");
        ddl_name(out, statistics->name);
        ddl_add(out,
                cli_printf(out->run, " %s ON %s FROM ", statistics->kinds, statistics->columns));
        ddl_name(out, name);
        ddl_add(out, ";\n");
    }
    if (table->replica_identity == 'f' || table->replica_identity == 'n') {
        ddl_add(out, "ALTER TABLE ");
        ddl_name(out, name);
        ddl_add(out, table->replica_identity == 'f' ? " REPLICA IDENTITY FULL;\n"
                                                    : " REPLICA IDENTITY NOTHING;\n");
    }
    add_comment(out, name, NULL, table->comment);
    for (size_t i = 0; i < table->column_count; i++)
        add_comment(out, name, table->columns[i].name, table->columns[i].comment);
    ddl_grants(out, table, name);
}

void ddl_references(ddl *out, const table_def *table, const char *name, const ddl_target *targets)
{
    for (size_t i = 0; i < table->reference_count; i++) {
        const table_reference *reference = &table->references[i];
        if (i == 0) {
            ddl_add(out, "ALTER TABLE ");
            ddl_name(out, name);
        }
        ddl_add(out, i > 0 ? ",\n ADD CONSTRAINT " : " ADD CONSTRAINT ");
        add_ident(out, reference->name);
        ddl_add(out, cli_printf(out->run, " FOREIGN KEY %s", reference->list));
        if (targets[i].schema != NULL)
            ddl_add(out, sql_name(out->run, targets[i].schema, targets[i].name));
        else
            ddl_name(out, targets[i].name);
        ddl_add(out, reference->tail);
    }
    if (table->reference_count > 0)
        ddl_add(out, ";\n");
    for (size_t i = 0; i < table->reference_count; i++) {
        const table_reference *reference = &table->references[i];
        if (reference->comment == NULL)
            continue;
        ddl_add(out, "COMMENT ON CONSTRAINT ");
        add_ident(out, reference->name);
        ddl_add(out, " ON ");
        ddl_name(out, name);
        ddl_add(out, cli_printf(out->run, " IS %s;\n", sql_literal(out->run, reference->comment)));
    }
}

const char *ddl_lead(cli_run *run, const table_reference *reference, const char *to)
{
    const char *table = sql_name(run, reference->from_schema, reference->from_table);
    const char *name = sql_ident(run, reference->name);
    const char *lead =
        cli_printf(run,
                   "ALTER TABLE %s DROP CONSTRAINT %s, ADD CONSTRAINT %s FOREIGN KEY %s%s%s;\n",
                   table, name, name, reference->list, to, reference->tail);
    if (reference->comment == NULL)
        return lead;
    return cli_printf(run, "%sCOMMENT ON CONSTRAINT %s ON %s IS %s", lead, name, table,
                      sql_literal(run, reference->comment));
}

const char *ddl_columns(cli_run *run, const table_def *table, const char *first)
{
    covet__str out = COVET__STR_IN(run->arena);
    if (first != NULL)
        covet__str_ident(&out, first);
    for (size_t i = 0; i < table->column_count; i++) {
        const table_column *column = &table->columns[i];
        if (column->generated || (first != NULL && strcmp(column->name, first) == 0))
            continue;
        if (out.length > 0)
            covet__str_add(&out, ", ");
        covet__str_ident(&out, column->name);
    }
    if (!covet__str_ok(&out))
        cli_no_memory(run);
    return covet__str_text(&out);
}
