/* shard/parse_impl.h - internal to shard/parse*.c: libpg_query's tree. */
#ifndef COVET_SHARD_PARSE_IMPL_H
#define COVET_SHARD_PARSE_IMPL_H

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include "shard/parse.h"

/* Visits every message below `message`, itself included, parents first; `enter` returns
 * false to leave out what is below. */
typedef bool covet__visit_fn(const ProtobufCMessage *message, void *user);
void covet__visit(const ProtobufCMessage *message, covet__visit_fn *enter, void *user);

#define COVET__IS(message, type) ((message)->descriptor == &pg_query__##type##__descriptor)

/* The text of a String node, NULL for anything else. */
const char *covet__string_of(const PgQuery__Node *node);

/* The n-th statement's node; the parse has exactly one. */
const PgQuery__Node *covet__parse_root(const covet__parse *parse);

/* Fills in parse->outline (shard/parse_outline.c). */
covet_status covet__parse_outline(covet__parse *parse, covet_error *err);

/* Index of the token that starts at or behind `location`. */
uint32_t covet__token_at(const covet__parse *parse, int location);

#endif
