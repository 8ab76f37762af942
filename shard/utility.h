/*
 * shard/utility.h - internal: statements that are more than one statement, for the tools.
 *
 * What covet_query does not do: the beginning and end of transactions, COPY, and DDL and
 * maintenance of tables that lie in many places. A statement becomes a plan of work here,
 * by its tree and the map; tools/spread.c and tools/copy_*.c do the work.
 *
 *     CREATE INDEX, DROP INDEX, DROP TABLE, TRUNCATE, GRANT, REVOKE, ANALYZE, VACUUM
 *
 * of tables in the map are spread: to each shard a statement with its own tables, to each
 * group one for the copies of reference tables, and at home one for the twins in the
 * shell schema. All other utilities are refused by name if they name such a table, and
 * left to the library if not. Views are made at home over the twins.
 *
 * Pure: nothing here asks a server.
 */
#ifndef COVET_SHARD_UTILITY_H
#define COVET_SHARD_UTILITY_H

#include <covet/shard/db.h>

#include "core/map.h"
#include "core/str.h"
#include "shard/edit.h"
#include "shard/facts.h"
#include "shard/parse.h"

/* ---- spread statements --------------------------------------------------------------------- */

typedef enum covet__spread_kind {
    COVET__SPREAD_CREATE_INDEX = 0,
    COVET__SPREAD_DROP_INDEX,
    COVET__SPREAD_DROP_TABLE,
    COVET__SPREAD_TRUNCATE,
    COVET__SPREAD_GRANT, /* and REVOKE */
    COVET__SPREAD_ANALYZE,
    COVET__SPREAD_VACUUM,
} covet__spread_kind;

typedef struct covet__spread_table {
    const covet__map_table *table;
    const char *columns; /* ANALYZE, VACUUM: " (\"a\", \"b\")" or "" */
} covet__spread_table;

typedef struct covet__object_name {
    const char *schema; /* NULL: by the search path */
    const char *name;
} covet__object_name;

typedef struct covet__spread {
    covet__spread_kind kind;
    const char *head;                  /* the statement's text before its tables, */
    const char *tail;                  /* and behind them */
    const char *plain_head;            /* CREATE INDEX: without CONCURRENTLY */
    const covet__spread_table *tables; /* none: DROP INDEX, whose indexes must be looked up;
                                          ANALYZE and VACUUM of all tables */
    uint32_t table_count;
    const covet__object_name *indexes; /* CREATE INDEX: one; DROP INDEX: those named */
    uint32_t index_count;
    bool concurrently;
    bool if_exists; /* IF EXISTS, IF NOT EXISTS */
    bool cascade;
    const char *roles; /* GRANT: who gets it, as SQL; NULL for REVOKE */
} covet__spread;

/* Where a part of the work is done. */
typedef enum covet__spread_place {
    COVET__SPREAD_SHARD = 0, /* the distributed tables, in a shard's schema */
    COVET__SPREAD_REFERENCE, /* the reference tables, in their schema */
    COVET__SPREAD_SHELL,     /* the twins of both */
} covet__spread_place;

/* The statement for that place; nothing is appended where there is nothing to do. Those
 * that drop say IF EXISTS. ANALYZE and VACUUM of all tables: as it is, in any place. */
void covet__spread_print(const covet__spread *spread, covet__spread_place place, const char *schema,
                         covet__str *out);

/* ---- COPY ------------------------------------------------------------------------------------ */

typedef struct covet__copy_format {
    bool csv;
    char delimiter;
    char quote;
    char escape;
    const char *null;
    bool header;
    bool header_match;         /* HEADER MATCH: FROM only */
    bool quote_all;            /* FORCE_QUOTE *: TO only */
    const char *const *quoted; /* FORCE_QUOTE (...) */
    uint32_t quoted_count;
} covet__copy_format;

typedef struct covet__copy_plan {
    bool from;
    bool streams;                  /* STDIN or STDOUT, not a file or program of the server's */
    const covet__map_table *table; /* NULL: a local table, or a query */
    const char *name;              /* of the table, for messages; NULL: a query */
    const char *const *columns;    /* as listed */
    uint32_t column_count;
    covet__copy_format format; /* of tables in the map, and of queries */
    covet__span query;         /* COPY (query) TO */
} covet__copy_plan;

/* WITH (...) for a server: the format without its header, which is ours to read or write
 * where there is more than one part. */
void covet__copy_print_format(const covet__copy_plan *copy, bool header, covet__str *out);

/* ---- the whole ----------------------------------------------------------------------------- */

typedef enum covet__utility_kind {
    COVET__UTILITY_NONE = 0, /* the library's */
    COVET__UTILITY_BEGIN,
    COVET__UTILITY_COMMIT,
    COVET__UTILITY_ROLLBACK,
    COVET__UTILITY_COPY,
    COVET__UTILITY_SPREAD,
    COVET__UTILITY_EXISTS, /* CREATE TABLE IF NOT EXISTS of a table in the map */
    COVET__UTILITY_VIEW,   /* CREATE, ALTER, DROP VIEW: at home, over the twins */
} covet__utility_kind;

typedef struct covet__utility {
    covet__utility_kind kind;
    const char *tag;       /* what the server says of it: "CREATE INDEX" */
    covet_tx_opts begin;   /* BEGIN */
    covet__copy_plan copy; /* COPY */
    covet__spread spread;  /* SPREAD */
    covet__edits view;     /* VIEW: for covet__edits_apply with the shell schema */
} covet__utility;

/* `map` NULL: plain mode. All lives in the parse's arena and the map. COVET_EUNSUPPORTED
 * (0A000) names what is refused, COVET_ESQL what the server would refuse. */
covet_status covet__utility_decide(const covet__parse *parse, const covet__map *map,
                                   covet__utility *ret_utility, covet_error *err);

/* The schema at home in which each table of the map has an empty twin. */
#define COVET__SHELL_SCHEMA "covet_shell"
/* The one in which tables wait as they were before they were distributed. */
#define COVET__OLD_SCHEMA "covet_old"

#endif
