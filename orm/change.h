/*
 * orm/change.h - internal: INSERT, UPDATE and DELETE as text and parameters.
 */
#ifndef COVET_ORM_CHANGE_H
#define COVET_ORM_CHANGE_H

#include "core/str.h"
#include "orm/fields.h"

#include <covet/shard/db.h>

typedef struct covet__change {
    covet_arena *arena;
    covet__str text;
    covet_value *params;
    size_t count, capacity;
} covet__change;

#define COVET__CHANGE_IN(where) ((covet__change){.arena = (where), .text = COVET__STR_IN(where)})

void covet__change_add(covet__change *c, const char *text);
void covet__change_table(covet__change *c, const char *db_table); /* "schema"."table" */
void covet__change_column(covet__change *c, const char *column);
void covet__change_param(covet__change *c, covet_value value); /* $n */
/* "column" = $n, or = ANY($n) for several. `column` NULL: no memory. */
void covet__change_equals(covet__change *c, const char *column, covet_value value);
void covet__change_among(covet__change *c, const char *column, const int64_t *keys, size_t count);

/* The statement; lives in the arena. COVET_ENOMEM. */
covet_status covet__change_finish(covet__change *c, covet_sql *ret, covet_error *err);

#endif
