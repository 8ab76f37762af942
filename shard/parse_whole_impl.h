/* shard/parse_whole_impl.h - internal to shard/parse_{whole,aggs}.c: one gather for all of
 * FROM and WHERE. */
#ifndef COVET_SHARD_PARSE_WHOLE_IMPL_H
#define COVET_SHARD_PARSE_WHOLE_IMPL_H

#include "shard/parse_residual_impl.h"

enum { COVET__WHOLE_MAX = 256 };

/* A column of the gather: a column of a relation, an expression, or an aggregate of one. */
typedef struct covet__whole_column {
    uint32_t rel; /* COVET__NODE_NONE: none */
    const char *name;
    const char *call;            /* "pg_catalog.sum" around the tokens */
    uint32_t first, end;         /* tokens */
    uint32_t filter, filter_end; /* tokens FILTER ( ... ), behind the call */
    bool constant;               /* 1, where only the number of rows matters */
    bool group;                  /* the gather is grouped by it */
    bool sum;                    /* what an average is made of: as float4 it is not exact enough */
} covet__whole_column;

/* What GROUP BY groups by. */
typedef struct covet__whole_group {
    const PgQuery__Node *node;
    uint32_t column;
    uint32_t first, end; /* tokens; equal: not seen */
} covet__whole_group;

typedef struct covet__whole {
    covet__cutter *cutter;
    covet__walk *walk;
    uint32_t block;
    const PgQuery__SelectStmt *select;
    covet__clauses c;
    covet__whole_column columns[COVET__WHOLE_MAX];
    uint32_t column_count;
    covet__whole_group groups[COVET__WHOLE_MAX];
    uint32_t group_count;
    uint32_t outputs;                          /* columns of the SELECT list so far */
    uint32_t output_columns[COVET__WHOLE_MAX]; /* by them; UINT32_MAX: not one of the gather */
    uint32_t sort_columns[COVET__WHOLE_MAX];   /* by the items of ORDER BY that are no labels */
    uint32_t sorts;
    bool alone;  /* random() is another one each time */
    bool failed; /* it cannot be done so */
} covet__whole;

/* ---- shard/parse_whole.c ---- */
uint32_t covet__whole_ref(covet__whole *w, uint32_t rel, const char *name);
uint32_t covet__whole_expr(covet__whole *w, const PgQuery__Node *node, uint32_t first,
                           uint32_t end);
uint32_t covet__whole_call(covet__whole *w, covet__whole_column column);
/* covet_f.covet_c3 */
char *covet__whole_name(covet__whole *w, uint32_t column);
/* The tokens of a column's reference. */
covet__span covet__whole_ref_span(const covet__whole *w, const PgQuery__ColumnRef *ref);
/* The column that a reference means, if it is one of the block's own. */
bool covet__whole_own(covet__whole *w, const PgQuery__ColumnRef *ref, uint32_t *ret_rel,
                      const char **ret_name);
/* Calls `each` for every item of ORDER BY, DISTINCT ON that is neither a position nor the name
 * of an output column; tokens without ASC and its like. */
typedef void covet__whole_item_fn(covet__whole *w, const PgQuery__Node *node, uint32_t first,
                                  uint32_t end);
void covet__whole_sorts(covet__whole *w, covet__whole_item_fn *each);
/* Calls `each` for every item of the list, which keeps its name; a star is written out. */
void covet__whole_list(covet__whole *w, covet__whole_item_fn *each);
bool covet__whole_has_query(const ProtobufCMessage *message);
/* Replaces every column below. */
void covet__whole_refs(covet__whole *w, const ProtobufCMessage *message);
/* ---- shard/parse_aggs.c ---- */
/* GROUP BY and aggregates, begun on the shards. */
void covet__whole_aggregates(covet__whole *w);
/* The same from rows as they are. */
void covet__whole_raw_groups(covet__whole *w);

#endif
