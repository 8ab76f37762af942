/*
 * shard/parse.h - internal: the one door to libpg_query: text becomes a tree.
 *
 * PostgreSQL's own grammar, as a library. What leaves this folder is not its tree but
 * our own words: an outline (which tables, which functions, what kind), and facts
 * (shard/facts.h), both plain data.
 *
 * Nesting is limited before the parser sees the text: the parser, and the code that
 * copies its tree, recurse (shard/deep.h has how they get the stack for it). A text whose
 * brackets nest deeper than COVET__NESTING_MAX, or that chains as many operators, is
 * refused with 54001, PostgreSQL's own code for it.
 */
#ifndef COVET_SHARD_PARSE_H
#define COVET_SHARD_PARSE_H

#include <covet/core/arena.h>

#include "core/fail.h"

enum { COVET__NESTING_MAX = 1000 };

typedef struct covet__parse covet__parse;

typedef enum covet__stmt_kind {
    COVET__STMT_SELECT = 0, /* VALUES and TABLE too */
    COVET__STMT_INSERT,
    COVET__STMT_UPDATE,
    COVET__STMT_DELETE,
    COVET__STMT_MERGE,
    COVET__STMT_UTILITY,
} covet__stmt_kind;

/* A table's name where it stands in the text. */
typedef struct covet__name {
    const char *schema; /* NULL: by the search path */
    const char *name;
    const char *alias; /* NULL: none */
    uint32_t start;    /* bytes of the text */
    uint32_t end;
    uint32_t alias_at; /* where an alias would stand: behind "*" and brackets; 0: TABLE x */
    bool is_cte;       /* a name from a WITH clause in scope, not a table */
    bool target;       /* what INSERT, UPDATE or DELETE changes */
} covet__name;

/* "schema.table" in front of a column: the schema goes where the table gets another one. */
typedef struct covet__prefix_use {
    const char *schema;
    const char *name;
    uint32_t start; /* the schema and its dot, in bytes of the text */
    uint32_t end;
} covet__prefix_use;

typedef struct covet__outline {
    covet__stmt_kind kind;
    const char *utility; /* "CREATE TABLE": the command tag, where kind is UTILITY */
    const covet__name *names;
    uint32_t name_count;
    const covet__prefix_use *prefixes;
    uint32_t prefix_count;
    const char *const *functions; /* names without a schema, or "schema.name"; each once */
    uint32_t function_count;
    uint32_t param_max; /* the highest $n */
    bool writes;        /* anything but a plain SELECT, data-modifying CTEs included */
    bool locks;         /* FOR UPDATE and its like */
    bool into;          /* SELECT INTO */
} covet__outline;

/* One token: what the scanner saw, comments left out. */
typedef struct covet__token {
    uint32_t start;
    uint32_t end;
    int32_t kind;   /* libpg_query's number */
    uint32_t depth; /* brackets open before it; of a closing bracket: as of its opening one */
} covet__token;

struct covet__parse {
    const char *text; /* in the arena */
    size_t length;
    char *plain; /* the text with blanks for its comments; NULL: it has none */
    covet_arena *arena;
    const void *tree; /* PgQuery__ParseResult; for shard/parse_*.c */
    covet_arena *tree_arena;
    uint32_t depth; /* how deep the tree may be (shard/deep.h) */
    covet__outline outline;
    const covet__token *tokens;
    uint32_t token_count;
};

/* Parses one statement. Everything lives in the parse's own arena. Errors carry
 * PostgreSQL's SQLSTATE: 42601 syntax (position set), 54001 nesting, 22021 not UTF-8. */
covet_status covet__parse_new(const char *text, size_t length, covet__parse **ret_parse,
                              covet_error *err);
void covet__parse_free(covet__parse *parse); /* accepts NULL */

/* The tree is not wanted any more, all else is: it is much larger than the text. */
void covet__parse_drop_tree(covet__parse *parse);

/* Cuts a script into statements, comments and strings respected. Calls `each` with the
 * byte range of every statement, without its semicolon; stops at the first that is not
 * COVET_OK. */
covet_status covet__parse_split(const char *text,
                                covet_status (*each)(void *user, size_t start, size_t length,
                                                     covet_error *err),
                                void *user, covet_error *err);

#endif
