/*
 * shard/near.h - internal: which table has probably been meant by a name that there is none of.
 *
 * On the way out of a 42P01 only: one question to the server that has said it, for names as
 * long as the wrong one; those of the map need no question. The hint is worded as PostgreSQL
 * words its own for columns.
 */
#ifndef COVET_SHARD_NEAR_H
#define COVET_SHARD_NEAR_H

#include <covet/core/result.h>

#include "core/map.h"
#include "core/str.h"

/* Rows of names. $1: what covet__near_value writes. */
extern const char covet__near_sql[];

/* '{name,schema,...}': the schemas that are searched; "" stands for the session's search path. */
void covet__near_value(covet__str *out, const char *name, const char *const *schemas, size_t count);

/* Puts the hint behind the error's message where a name is near; `schema` is NULL for an
 * unqualified name; `map` and `rows` may be NULL. */
void covet__near_hint(const char *schema, const char *name, const covet__map *map,
                      const covet_result *rows, covet_error *err);

#endif
