/* shard/prepare_impl.h - internal to shard/prepare*.c: a statement that is being planned. */
#ifndef COVET_SHARD_PREPARE_IMPL_H
#define COVET_SHARD_PREPARE_IMPL_H

#include "shard/handle.h"
#include "shard/residual.h"

typedef struct covet__question {
    covet__req req;
    struct covet__prepare *prepare;
    covet__sql sql;
    char *text;        /* owned, where the statement is made for this */
    const char *value; /* its one parameter */
    bool asked;
    bool answered;
} covet__question;

typedef struct covet__prepare {
    covet_db *db;
    covet__stmt *stmt;
    const covet__map *map; /* a reference; NULL in plain mode */
    covet__parse *parse;   /* NULL once the plan has it */
    covet__parse *written; /* as the application wrote it, where views are replaced in it */
    covet__edits expanded; /* of that text */
    covet__want want;
    bool granted;
    uint32_t attempt;
    uint32_t shard; /* whose schema names the tables */
    bool local;     /* names tables of the home group */
    covet__question views, relations, functions, description, parts;
    covet__question tables;     /* which one may have been meant, behind an error */
    const covet__name *unknown; /* of the outline */
    covet_error why;            /* that error */
    uint32_t open;              /* questions */
    covet__plan *plan;          /* unfinished */

    /* What the servers said of its names, for as long as it is planned. */
    covet_arena *arena;
    covet__schema *schema;
    const char *text; /* with the views replaced */
    size_t text_length;

    /* Once it is taken apart (shard/prepare_residual.c): */
    covet__residual *residual; /* in the parse's arena */
    covet__facts *facts;
    covet__description described;
    covet__question *gathers; /* by the residual's; in `arena` */
    uint32_t gather_count;
    covet__question types;
    covet__residual_level level;
    const char **casts; /* by parameter (shard/residual.h); in `arena` */
    covet_error whole;  /* why it could not be planned whole */
    covet__timer deadline;
} covet__prepare;

/* ---- shard/prepare.c ---- */
/* Ends it: all operations that wait for the plan fail, or go on with it. */
void covet__prepare_fail(covet__prepare *p, const covet_error *why);
void covet__prepare_succeed(covet__prepare *p);
/* False: the connection broke. */
bool covet__prepare_ask(covet__prepare *p, covet__question *q);
/* It is not wanted any more, answered or not. */
void covet__prepare_drop_question(covet__prepare *p, covet__question *q);
/* A text as the server that is asked has to have it; the heap's, NULL on failure. */
char *covet__prepare_text(const covet__prepare *p, covet__parse *parse, covet_error *err);

/* ---- shard/prepare_residual.c ---- */
/* Tries to take the statement apart, where `why` tells that it cannot be planned whole. */
void covet__prepare_residual(covet__prepare *p, const covet_error *why);
/* All questions about the pieces are answered. */
void covet__prepare_pieces(covet__prepare *p);
/* One of them was refused. */
void covet__prepare_refused(covet__prepare *p);

#endif
