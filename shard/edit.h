/*
 * shard/edit.h - internal: a statement's text with places that change.
 *
 * What is sent to a shard is what the application wrote, with a few places replaced:
 * tables by their names in the shard's schema, and whatever the plan adds. So nothing
 * is lost in taking the statement apart and putting it together again.
 */
#ifndef COVET_SHARD_EDIT_H
#define COVET_SHARD_EDIT_H

#include "core/map.h"
#include "core/str.h"

typedef struct covet__edit {
    uint32_t start; /* bytes of the text that are replaced */
    uint32_t end;
    uint32_t order;   /* of edits at one place: the lower comes first */
    const char *text; /* by this; NULL: by the table's name in the shard */
    const covet__map_table *table;
} covet__edit;

typedef struct covet__edits {
    const char *text; /* borrowed */
    uint32_t length;
    covet__edit *items; /* sorted by start and order, not overlapping */
    uint32_t count;
    uint32_t capacity;
    covet_arena *arena;
    bool failed;
} covet__edits;

void covet__edit_text(covet__edits *edits, uint32_t start, uint32_t end, const char *text);
void covet__edit_table(covet__edits *edits, uint32_t start, uint32_t end,
                       const covet__map_table *table);
/* The text from `start` to `end` as its edits make it, appended; false where one of them is a
 * table, whose name each shard has for itself. Closed edits, none across its ends. */
bool covet__edits_copy(const covet__edits *edits, uint32_t start, uint32_t end, covet__str *out);
/* One edit in the place of those within it. */
void covet__edits_replace(covet__edits *edits, uint32_t start, uint32_t end, const char *text);
/* Once all are there. COVET_EINTERNAL if two overlap. */
covet_status covet__edits_close(covet__edits *edits, covet_error *err);

/* The schema in which reference tables stand in every group: "<prefix>_reference". */
void covet__edit_reference_schema(const covet__map *map, covet__str *out);

/* The statement for a shard's schema. */
void covet__edits_apply(const covet__edits *edits, const covet__map *map, const char *schema,
                        covet__str *out);

/* Where a character of the edited statement (counted from 1) stood in the original. */
int32_t covet__edits_position(const covet__edits *edits, const covet__map *map, const char *schema,
                              int32_t position);

#endif
