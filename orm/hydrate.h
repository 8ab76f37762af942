/*
 * orm/hydrate.h - internal: results become rows.
 */
#ifndef COVET_ORM_HYDRATE_H
#define COVET_ORM_HYDRATE_H

#include <covet/core/result.h>
#include <covet/shard/db.h>

#include "orm/build.h"

typedef struct covet__hydration {
    const covet__compiled *compiled;
    const covet_db *db; /* knows the shard keys */
    covet_arena *arena;
    const covet_result *result; /* must live as long as the rows: their texts are in it */
    /* Row i goes to place slots[i]; NULL: to place i. */
    const size_t *slots;
} covet__hydration;

/* Makes as many rows as the result has, of the queryset's row type, one behind the other.
 * COVET_ETYPE where a column does not fit its field. */
covet_status covet__hydrate(const covet__hydration *h, void **ret_rows, covet_error *err);

/* The values of one integer column, for grouping before the rows are made; NULL is not
 * expected there. */
covet_status covet__read_ints(const covet_result *result, size_t column, covet_arena *arena,
                              int64_t **ret_ints, covet_error *err);

/* The member of a row, as a value; what it points at is the row's. */
covet_value covet__member_get(const void *row, const covet_field *field);
/* Sets a member; false if the value is of another kind. Text must end with NUL. */
bool covet__member_set(void *row, const covet_field *field, covet_value value);

/* The column by whose value rows of the model are placed, as a field; NULL: the table is not
 * distributed, or the model does not have that column. */
const covet_field *covet__key_of(const covet_db *db, const covet_model *model, covet_arena *arena,
                                 bool *ret_distributed);

/* Rows that stand for those that were not fetched, so that a relation that is read too early
 * is seen (COVET_REL). One for each foreign key. */
typedef struct covet__stand_in covet__stand_in;
typedef struct covet__stand_ins {
    covet_arena *arena;
    covet__stand_in *first;
} covet__stand_ins;

/* NULL if there is no memory. */
void *covet__stand_in_for(covet__stand_ins *all, const covet_field *fk);
/* Lets the foreign keys of a row lead to stand-ins, and its other relations to nothing. */
bool covet__unfetch_all(covet__stand_ins *all, const covet_model *model, void *row);

static inline covet_one *covet__one_of(void *row, const covet_field *field)
{
    return (covet_one *)(void *)((char *)row + field->relation);
}

static inline covet_many *covet__many_of(void *row, const covet_field *field)
{
    return (covet_many *)(void *)((char *)row + field->relation);
}

#endif
