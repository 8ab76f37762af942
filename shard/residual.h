/*
 * shard/residual.h - internal: a SELECT that shards cannot answer for themselves.
 *
 * Parts of it are statements of their own: a table with the conditions that are its alone,
 * a subquery that reads nothing of the query around it, or all of FROM and WHERE with the
 * aggregates begun. They are gathered first, as any statement is; then what is left of the
 * text, the residual query, runs on one server over their rows, which travel as arrays:
 *
 *     SELECT u.name, count(*) FROM users u JOIN posts p ON p.author = u.id GROUP BY 1
 *
 *     gather 1   SELECT "name", "id" FROM users u
 *     gather 2   SELECT "author" FROM posts p
 *     residual   SELECT u.name, count(*) FROM (SELECT ... unnest($1::text[], $2::int8[])) u
 *                  JOIN (SELECT ... unnest($3::int8[])) p ON p.author = u.id GROUP BY 1
 *
 * So joins, windows, collations, NULLs and numbers are PostgreSQL's own. What is left out of
 * a gather (rows, columns) is only what the residual query would drop or never look at.
 *
 * A gather is text in the application's words and planned like any other statement; one
 * that is `partial` is asked of each shard for its own rows, although it would mean
 * something else over all of them: the residual query puts its rows together.
 */
#ifndef COVET_SHARD_RESIDUAL_H
#define COVET_SHARD_RESIDUAL_H

#include "core/pqdescribe.h"
#include "shard/facts.h"

enum { COVET__GATHERS_MAX = 64 };

/* What a server says of a type: its name, and whether its values travel as text, because it
 * is an array or a composite type, or because arrays of it are not written with commas. */
typedef struct covet__type_info {
    const char *name;
    bool as_text;
    bool is_row; /* of a table, or of no type at all: it cannot be read again */
} covet__type_info;

typedef struct covet__gather {
    const char *text;
    bool partial;
    const char *why;        /* for explain: what it stands for */
    const uint32_t *params; /* its $1 is the statement's $params[0], and so on */
    uint32_t param_count;
    const char *const *collations; /* by column, quoted; NULL, or an entry NULL: the default */
    uint32_t collation_count;
    const bool *sums; /* by column: an average is made of it, for which float4 will not do */

    /* Where another gather has the keys of the rows that matter: with = ANY of one more
     * parameter, an array of that one's column (shard/parse_keys.c). NULL: nothing. */
    const char *keyed_text;
    uint32_t keys_from;
    const char *keys_name; /* of its column; NULL: its only one */
    uint32_t keys_type;
    uint32_t keys_column; /* found by covet__residual_keys */

    /* Once it is described: */
    covet__description shown;
    const covet__type_info *types;
    uint32_t first_param; /* its first column's array among the residual's parameters */
} covet__gather;

/* What is put into the statement's text to make the residual query of it. */
typedef enum covet__hole_kind {
    COVET__HOLE_TEXT = 0, /* `text` */
    COVET__HOLE_ROWS,     /* (SELECT ... FROM unnest(...)): a gather's rows */
    COVET__HOLE_QUERY,    /* the same without its brackets */
    COVET__HOLE_TYPE,     /* the name of the type of a gather's column */
} covet__hole_kind;

typedef struct covet__hole {
    uint32_t start; /* bytes of the text that are replaced */
    uint32_t end;
    covet__hole_kind kind;
    const char *text;
    uint32_t gather;
    uint32_t column;
} covet__hole;

typedef struct covet__residual {
    covet__gather *gathers;
    uint32_t gather_count;
    covet__hole *holes;
    uint32_t hole_count;
    bool at_home; /* it names local tables */
    const char *reason;
    const char *whole; /* why the shards cannot answer the statement as a whole */
} covet__residual;

/* How far the shards are to do the work. A server may find that a piece is none. */
typedef enum covet__residual_level {
    COVET__RESIDUAL_PARTIALS = 0, /* joins, conditions, and aggregates begun */
    COVET__RESIDUAL_ROWS,         /* joins and conditions */
    COVET__RESIDUAL_QUERIES,      /* subqueries, and the conditions of each table */
    COVET__RESIDUAL_TABLES,       /* the conditions of each table */
} covet__residual_level;

typedef struct covet__residual_opts {
    const covet__description *described; /* the statement's columns */
    covet__residual_level level;
    const char *const *casts; /* by parameter, or NULL: the type to write behind it, if any */
} covet__residual_opts;

/* Takes a SELECT apart; everything lives in the parse's arena. COVET_EUNSUPPORTED where a
 * piece cannot be told from the rest. */
covet_status covet__residual_build(const covet__parse *parse, const covet__map *map,
                                   const covet__schema *schema, const covet__residual_opts *opts,
                                   covet__facts *ret_facts, covet__residual *ret_residual,
                                   covet_error *err);

/* Once the gathers are described: finds the columns that give keys; those that are not
 * certain give none. */
void covet__residual_keys(covet__residual *residual);

typedef struct covet__residual_texts {
    const covet__parse *parse;
    const covet__map *map;
    const covet__facts *facts;
    uint32_t transaction_param, statement_param; /* of moments (shard/moment.h), 0: none */
    uint32_t param_count; /* the statement's and those of moments; the arrays follow */
    covet_arena *arena;
} covet__residual_texts;

/* Once the gathers are described: the edits that make the residual query of the text. */
covet_status covet__residual_edits(const covet__residual *residual,
                                   const covet__residual_texts *texts, covet__edits *ret_edits,
                                   covet_error *err);

/* Whether $`number` still stands in the residual query. */
bool covet__residual_uses(const covet__residual *residual, const covet__parse *parse,
                          uint32_t number);

/* Asks for covet__type_info: $1 is an array of OIDs. */
extern const char covet__residual_types_sql[];

#endif
