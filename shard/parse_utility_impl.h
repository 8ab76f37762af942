/* shard/parse_utility_impl.h - internal to shard/parse_utility*.c: what is known on the way. */
#ifndef COVET_SHARD_PARSE_UTILITY_IMPL_H
#define COVET_SHARD_PARSE_UTILITY_IMPL_H

#include "shard/parse_impl.h"
#include "shard/utility.h"

typedef struct covet__utility_walk {
    const covet__parse *parse;
    const covet__map *map; /* NULL: plain mode */
    covet_arena *arena;
    covet__utility *out;
    covet_error *err;
} covet__utility_walk;

covet_status covet__utility_no_memory(covet_error *err);

/* NULL where it is not in the map. */
const covet__map_table *covet__utility_table(const covet__utility_walk *w,
                                             const PgQuery__RangeVar *name);
/* "distributed" or "reference" */
const char *covet__utility_kind_name(const covet__map_table *table);

/* The text of an option's value: x, 'x', 5; NULL for none and for lists. */
const char *covet__utility_option_text(const PgQuery__DefElem *option);
/* As PostgreSQL reads it: nothing, on, true and 1 are true. False: it is neither. */
bool covet__utility_option_bool(const PgQuery__DefElem *option, bool *ret_value);

/* shard/parse_utility_copy.c */
covet_status covet__utility_copy(covet__utility_walk *w, const PgQuery__CopyStmt *stmt);

/* shard/parse_utility_view.c */
covet_status covet__utility_create_view(covet__utility_walk *w, const PgQuery__ViewStmt *stmt);
covet_status covet__utility_drop_view(covet__utility_walk *w);
covet_status covet__utility_rename(covet__utility_walk *w, const PgQuery__RenameStmt *stmt);
covet_status covet__utility_move(covet__utility_walk *w,
                                 const PgQuery__AlterObjectSchemaStmt *stmt);
covet_status covet__utility_materialized(covet__utility_walk *w);

#endif
