/*
 * shard/schema.h - internal: what the servers know about the names in one statement.
 *
 * Asked for together with the statement's description, once, when it is planned; there
 * is no cache of it beside the plans. Pure data: shard/prepare.c asks.
 */
#ifndef COVET_SHARD_SCHEMA_H
#define COVET_SHARD_SCHEMA_H

#include <covet/core/result.h>

#include "core/macros.h"

typedef struct covet__column {
    const char *name;
    uint32_t type;
    bool c_collated;       /* its text compares byte by byte */
    bool primary;          /* of the primary key */
    const char *collation; /* another one than the database's, quoted; NULL: that, or none */
} covet__column;

/* The columns of one name of the outline; none where there is no such relation. */
typedef struct covet__relation {
    const covet__column *columns;
    uint32_t column_count;
    bool is_table; /* not a view, whose query is not seen */
} covet__relation;

typedef struct covet__function {
    const char *name; /* as in the outline */
    bool known;
    bool builtin;    /* of pg_catalog */
    char volatility; /* the worst of its overloads: 'i', 's' or 'v' */
    bool aggregate;
    bool window;
} covet__function;

typedef struct covet__schema {
    covet__relation *relations; /* by the outline's names */
    uint32_t relation_count;
    covet__function *functions; /* by the outline's functions */
    uint32_t function_count;
    bool c_database; /* text without a collation of its own compares byte by byte */
} covet__schema;

/* Statements that answer: parameter $1 is a text[] of quoted names, for relations as
 * they are found on the server that is asked. Results are in text form. */
extern const char covet__schema_relations_sql[];
extern const char covet__schema_functions_sql[];

/* From those results; everything lives in the arena. */
covet_status covet__schema_take_relations(covet__schema *schema, uint32_t names,
                                          const covet_result *rows, covet_arena *arena,
                                          covet_error *err);
covet_status covet__schema_take_functions(covet__schema *schema, const char *const *names,
                                          uint32_t count, const covet_result *rows,
                                          covet_arena *arena, covet_error *err);

#endif
