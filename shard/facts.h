/*
 * shard/facts.h - internal: what a statement means for shards.
 *
 * From the tree, the map and the schema: which relations it reads, which of them must
 * have equal keys, which key values it asks for, and what its outermost query does with
 * the rows. Plain data; shard/plan.c decides on it.
 *
 * Keys and nodes. Every column, parameter and constant that takes part in an equality of
 * a column type's own "=" is a node. Two relations between nodes are kept apart:
 *
 *   same    a = b holds for every row that matters: AND-ed conjuncts of WHERE and of
 *           inner joins. Symmetric: a union of classes.
 *   follow  only those rows of x matter whose column equals y; y is not restricted by it:
 *           the ON clause of an outer join for its nullable side, and the WHERE of a
 *           subquery for columns of the query around it. Directed.
 *
 * From these:
 *   F1  a relation is restricted to a value if its key's class, or one it follows,
 *       holds that value
 *   F2  relations are co-located if there is one class that all their keys are in or
 *       follow; rows that meet in any join then lie in one shard
 *
 * A subquery in FROM shares its columns' nodes with the query around it only where a
 * condition outside means the same inside: without LIMIT, DISTINCT, aggregates, windows
 * and set operations; with GROUP BY only for the columns of the key's class.
 */
#ifndef COVET_SHARD_FACTS_H
#define COVET_SHARD_FACTS_H

#include "core/map.h"
#include "shard/moment.h"
#include "shard/parse.h"
#include "shard/schema.h"

/* What a key is compared with. */
typedef enum covet__term_kind {
    COVET__TERM_PARAM = 0, /* $number, of the type that the server infers */
    COVET__TERM_INT,       /* an integer constant */
    COVET__TERM_TEXT,      /* a quoted constant, cast to `type` if that is not 0 */
    COVET__TERM_NULL,
    COVET__TERM_ANY,     /* an element of the array $number */
    COVET__TERM_DEFAULT, /* of an INSERT: DEFAULT, or left out */
} covet__term_kind;

typedef struct covet__term {
    covet__term_kind kind;
    uint32_t number;  /* PARAM, ANY: from 1 */
    int64_t i;        /* INT */
    const char *text; /* TEXT */
    uint32_t type;    /* TEXT, PARAM: the cast's type, 0 for none */
} covet__term;

typedef enum covet__agg_kind {
    COVET__AGG_NONE = 0, /* not an aggregate that can be put together from parts */
    COVET__AGG_COUNT,
    COVET__AGG_SUM,
    COVET__AGG_MIN,
    COVET__AGG_MAX,
    COVET__AGG_AVG,
    COVET__AGG_BOOL_AND,
    COVET__AGG_BOOL_OR,
    COVET__AGG_BIT_AND,
    COVET__AGG_BIT_OR,
} covet__agg_kind;

/* A range of the text. */
typedef struct covet__span {
    uint32_t start;
    uint32_t end;
} covet__span;

/* One item of the outermost SELECT list. */
typedef struct covet__item {
    covet__span span;       /* with its alias */
    covet__span expression; /* without */
    covet__agg_kind agg;    /* the item is this aggregate and nothing else */
    covet__span function;   /* its name */
    covet__span arguments;  /* between its brackets */
    bool c_collated;        /* MIN, MAX: of text, its argument compares byte by byte */
} covet__item;

/* One item of the outermost ORDER BY. */
typedef struct covet__sort {
    covet__span expression;
    int32_t position; /* ORDER BY 2: 1; -1: it is no number */
    const char *name; /* ORDER BY x: an output column's if there is one; NULL: an expression */
    bool descending;
    bool nulls_first;
    bool c_collated;
} covet__sort;

/* LIMIT and OFFSET: a constant, a parameter, or nothing. */
typedef struct covet__count {
    bool given;
    covet__term term;
} covet__count;

/* The key of one row of an INSERT. */
typedef struct covet__insert_row {
    covet__term key;
} covet__insert_row;

/* A column that takes its value from a block of ids, for one row of an INSERT: where to
 * write the parameter. */
typedef struct covet__insert_id {
    const covet__map_id *id;
    uint32_t row;
    bool is_key;
    covet__span span; /* what it replaces: DEFAULT, or nothing */
    bool comma;       /* a comma before the parameter */
    bool whole;       /* it replaces DEFAULT VALUES */
} covet__insert_id;

typedef struct covet__insert {
    const covet__map_table *table;
    const covet__insert_row *rows;
    uint32_t row_count;
    const covet__insert_id *ids;
    uint32_t id_count;
    covet__span columns;      /* where the list of columns is to be written, or added to */
    const char *columns_text; /* what to write there; NULL: nothing */
} covet__insert;

typedef struct covet__facts covet__facts;

struct covet__facts {
    uint32_t distributed; /* relations of each kind, in all queries of the statement */
    uint32_t reference;
    uint32_t local;
    const covet__map_table *target; /* INSERT, UPDATE, DELETE of a table in the map */
    const covet__map_table *first;  /* the first distributed relation */

    /* Of all distributed relations: */
    bool restricted; /* F1: to one value, `key` */
    covet__term key;
    bool colocated;            /* F2 */
    const char *apart;         /* if not: why, for the message */
    const covet__term *pruned; /* co-located, and the key is one of these: IN, ANY */
    uint32_t pruned_count;     /* 0: it may be any */
    uint32_t key_type;         /* the key column's type */

    /* Functions: the first of each kind, NULL if there is none. */
    const char *volatile_function; /* may write, or differs from call to call */
    const char *moment_function;   /* now() and its like, where it cannot be written anew */
    const char *server_function;   /* its value depends on the server that runs it */
    const char *system_column;     /* of a distributed relation: ctid, tableoid ... */
    bool locks_reference;          /* FOR UPDATE and its like of a reference table's rows */
    const covet__moment *moments;  /* now() and its like, and the names that they give */
    uint32_t moment_count;
    bool moments_given; /* parameters in every tier: one server's own would be another moment */
    bool opaque;        /* it reads a view, whose query may do anything */

    /* The outermost query of a SELECT: */
    const char *unsupported; /* a construct that one shard cannot answer for its own rows */
    const char *unmerged;    /* one that cannot be put together from the shards' answers */
    bool aggregated;         /* aggregates without GROUP BY: one row */
    const covet__item *items;
    uint32_t item_count;

    covet__span list; /* between SELECT and FROM */
    const covet__sort *sorts;
    uint32_t sort_count;
    covet__span sort_span; /* ORDER BY and its items */
    covet__count limit;
    covet__count offset;
    covet__span limit_span; /* LIMIT ... OFFSET ..., up to the end */

    covet__insert insert;
};

/* Everything lives in the parse's arena. COVET_EUNSUPPORTED (0A000) or COVET_ESQL for
 * what is known to be wrong whatever the plan. */
covet_status covet__facts_build(const covet__parse *parse, const covet__map *map,
                                const covet__schema *schema, covet__facts *ret_facts,
                                covet_error *err);

#endif
