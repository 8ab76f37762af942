/*
 * orm/prefetch.h - internal: the relations that are fetched by statements of their own.
 */
#ifndef COVET_ORM_PREFETCH_H
#define COVET_ORM_PREFETCH_H

#include "orm/hydrate.h"
#include "orm/keys.h"
#include "orm/task.h"

/* Rows that a relation is fetched for. */
typedef struct covet__row_set {
    void **rows;
    size_t count;
} covet__row_set;

/* One relation; those behind it are its kids. */
typedef struct covet__prefetch {
    const covet_field *field;
    const covet_model *model; /* that has it */
    const covet_qs *rows;     /* which ones, in which order */
    struct covet__prefetch *parent, *kids, *next;
    covet__row_set found; /* the rows behind it, for the kids */
} covet__prefetch;

/* The relations that a queryset asks for, in an order in which each follows the one it
 * stands behind; *ret is NULL if there are none. */
covet_status covet__prefetch_plan(const covet_qs *qs, covet_arena *arena, covet__prefetch **ret,
                                  covet_error *err);

/* `task` and `done` are given. */
typedef struct covet__prefetcher {
    covet__task *task;
    covet__task_step *done;
    covet__row_set base;
    covet__prefetch *at; /* the one whose statement is under way */
    covet__compiled compiled;
    covet__row_set parents;
    covet__keys keys; /* of the parents: group i is of keys.keys[i] */
} covet__prefetcher;

/* In a step of the task: fetches all of them for the rows of the task, of `stride` bytes each,
 * then calls `done`. What fails ends the task, and its rows are not to be had. */
void covet__prefetch_start(covet__prefetcher *f, covet_op *op, covet__prefetch *first,
                           size_t stride);

#endif
