/*
 * shard/moment.h - internal: now() and its like, in a statement that several servers run.
 *
 * PostgreSQL gives a transaction one now(). Several servers would give several, so in what
 * the shards get each such place is written anew around a parameter: the moment that one
 * server was asked for (shard/moment_ask.c). The name that a place gives its column stays.
 *
 *     SELECT now(), CURRENT_DATE - made AS age FROM posts
 *     SELECT ($1::pg_catalog.timestamptz) AS "now",
 *            ($1::pg_catalog.timestamptz)::pg_catalog.date - made AS age FROM posts
 *
 * A constant such as 'now'::timestamptz is taken when a statement is prepared, which here
 * is once for many runs: it is written as now() where one server runs the statement.
 */
#ifndef COVET_SHARD_MOMENT_H
#define COVET_SHARD_MOMENT_H

#include "shard/edit.h"

typedef enum covet__moment_kind {
    COVET__MOMENT_NONE = 0,    /* text alone: a column's name */
    COVET__MOMENT_TRANSACTION, /* when the transaction began */
    COVET__MOMENT_STATEMENT,   /* when the statement came */
} covet__moment_kind;

typedef struct covet__moment {
    covet__moment_kind kind;
    uint32_t start; /* bytes of the text that are replaced: */
    uint32_t end;
    const char *before; /* by this, the moment, */
    const char *after;  /* and this */
    bool constant;      /* 'now': written anew wherever it runs */
} covet__moment;

/* Whether the text for shards wants a moment of that kind. */
bool covet__moment_wanted(const covet__moment *moments, uint32_t count, covet__moment_kind kind);

/* Writes the places anew. The parameters' numbers are 0 where one server runs the statement:
 * then only constants are. */
void covet__moment_edits(const covet__moment *moments, uint32_t count, uint32_t transaction_param,
                         uint32_t statement_param, covet__edits *edits);

#endif
