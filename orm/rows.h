/*
 * orm/rows.h - internal: what is known of a row that is about to be written.
 */
#ifndef COVET_ORM_ROWS_H
#define COVET_ORM_ROWS_H

#include "orm/hydrate.h"

static inline covet_row *covet__row_of(void *row) { return row; }

/* Whether a field of a new row was left out and has not been set since. */
bool covet__is_missing(const void *row, size_t field);

/* Whether the row has a primary key. */
bool covet__has_pk(const void *row);

/* The row is not in the database any more: what is saved next is a new one. */
void covet__forget_saved(void *row);

/* A row that can be saved or deleted: made by covet_row_new or a query. COVET_EINVAL. */
covet_status covet__row_check(const void *row, const char *verb, covet_error *err);

/* Forgets rows of foreign keys that do not lead there any more. */
void covet__forget_changed(void *row);

#endif
