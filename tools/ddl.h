/*
 * tools/ddl.h - the statements that make a table again, in any schema.
 *
 * One table becomes many: one in each shard's schema. Its statements are written once, with
 * places where the schema goes, and filled in for each shard. What is left out is what the
 * catalog does from then on: defaults that take the next value of a sequence, identity.
 * Indexes and constraints keep their names, which need be unique in a schema only.
 */
#ifndef COVET_TOOLS_DDL_H
#define COVET_TOOLS_DDL_H

#include "tools/inspect.h"

typedef struct ddl {
    cli_run *run;
    covet__str text;
    size_t *places; /* offsets in the text, ascending, where the schema goes */
    size_t count;
    size_t capacity;
} ddl;

/* Where a foreign key leads in the new place. */
typedef struct ddl_target {
    const char *schema; /* NULL: the one of the table itself */
    const char *name;
} ddl_target;

/* Appends. Before the rows: the table, its owner, what its columns are. */
void ddl_create(ddl *out, const table_def *table, const char *name);
/* After the rows: constraints, indexes, statistics, comments and grants. */
void ddl_finish(ddl *out, const table_def *table, const char *name);
/* When all tables have their unique indexes: foreign keys; targets[i] is of references[i]. */
void ddl_references(ddl *out, const table_def *table, const char *name, const ddl_target *targets);
/* The grants alone. */
void ddl_grants(ddl *out, const table_def *table, const char *name);
/* What the table's owner and grantees need beside it: the way into its schema ... */
void ddl_access(ddl *out, const table_def *table);
/* ... and into schema covet, of the home group or of another one. */
const char *ddl_catalog_access(cli_run *run, const table_def *table, bool home);

/* "schema".name with the place for the schema, and literal text. */
void ddl_name(ddl *out, const char *name);
void ddl_add(ddl *out, const char *text);

/* The statements for one schema, appended. */
void ddl_fill(const ddl *from, const char *schema, covet__str *out);
/* The same in the run's arena. */
const char *ddl_text(const ddl *from, const char *schema);

/* Leads a local table's foreign key to `to`, a quoted name, from now on. */
const char *ddl_lead(cli_run *run, const table_reference *reference, const char *to);

/* The columns that rows are copied by, `first` in front: "a", "b". Generated ones are not
 * among them. */
const char *ddl_columns(cli_run *run, const table_def *table, const char *first);

#endif
