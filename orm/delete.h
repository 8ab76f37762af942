/*
 * orm/delete.h - internal: what goes with a row that is deleted.
 *
 * Django's Collector: from the row outwards along the REV and M2M fields of the models, as
 * on_delete of each foreign key says, then statements from the outside in.
 */
#ifndef COVET_ORM_DELETE_H
#define COVET_ORM_DELETE_H

#include "orm/change.h"
#include "orm/hydrate.h"
#include "orm/keys.h"
#include "orm/task.h"

/* Rows of one model that are going to be deleted. */
typedef struct covet__doomed {
    const covet_model *model;
    covet__keys pks;
    covet_value *shard_keys; /* of each; NULL: its primary key, or there is none */
    size_t shard_key_capacity;
    struct covet__before *before; /* models whose rows must go first */
    bool listed;                  /* its statements are */
    struct covet__doomed *next;
} covet__doomed;

typedef struct covet__before {
    covet__doomed *doomed;
    struct covet__before *next;
} covet__before;

/* Rows of `model` whose foreign keys are to be followed. */
typedef struct covet__batch {
    covet__doomed *doomed;
    size_t first, count; /* of its pks */
    struct covet__batch *next;
} covet__batch;

typedef struct covet__pending {
    covet_sql sql;
    bool counts; /* rows that it changes are rows that are gone */
    struct covet__pending *next;
} covet__pending;

/* Rows that must not be left behind, and the foreign key that says so. */
typedef struct covet__restricted {
    const covet_model *model;
    const covet_field *field;
    covet__keys pks;
    struct covet__restricted *next;
} covet__restricted;

typedef struct covet__collector {
    covet_arena *arena;
    const covet_db *db;
    const covet_model *root;
    covet__doomed *doomed;
    covet__batch *batch, *last_batch; /* the one at hand, and the end of the line */
    size_t field;                     /* of its model: the next one to look at */
    covet__pending *fast, **fast_end; /* statements, in order */
    covet__pending *nulls, **nulls_end;
    covet__restricted *restricted;
    /* The question that has been asked: which rows refer to the batch by `asked`? */
    const covet_field *asked; /* the foreign key */
    const covet_model *asked_of;
    bool asked_key; /* the second column is the shard key */
} covet__collector;

/* Begins with one row. */
covet_status covet__collect_start(covet__collector *c, void *row, covet_error *err);

/* Goes on until there is a question for the database (*ret_ask, its answer goes to
 * covet__collect_answer) or nothing is left to be found out. */
covet_status covet__collect(covet__collector *c, covet_sql *ret_sql, bool *ret_ask,
                            covet_error *err);
covet_status covet__collect_answer(covet__collector *c, const covet_result *result,
                                   covet_error *err);

/* In the end: 23001 if rows are in the way, else the statements in order. */
covet_status covet__collect_finish(covet__collector *c, covet__pending **ret, covet_error *err);

#endif
