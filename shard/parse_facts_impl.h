/*
 * shard/parse_facts_impl.h - internal to shard/parse_{facts,terms,from,calls,graph,shape,insert}.c:
 * what is known on the way.
 */
#ifndef COVET_SHARD_PARSE_FACTS_IMPL_H
#define COVET_SHARD_PARSE_FACTS_IMPL_H

#include "core/mem.h"
#include "shard/facts.h"
#include "shard/parse_impl.h"

#define COVET__NODE_NONE UINT32_MAX

typedef enum covet__rel_kind {
    COVET__REL_TABLE = 0,
    COVET__REL_QUERY, /* a subquery in FROM, or a CTE */
    COVET__REL_OTHER, /* a function, VALUES: the same on every server */
} covet__rel_kind;

typedef struct covet__rel {
    covet__rel_kind kind;
    uint32_t block; /* whose FROM it stands in */
    const char *schema;
    const char *name; /* as columns are qualified with it: the alias, or the table's */
    bool aliased;
    const covet__map_table *table;  /* NULL: local, or no table */
    const covet__relation *columns; /* TABLE: by the names that its alias gives them */
    const char *key;                /* TABLE, of a distributed one: its key by that name */
    const PgQuery__Alias *alias;    /* QUERY, OTHER: it may name columns */
    uint32_t query;                 /* QUERY: the block inside */
    const covet__name *table_name;  /* TABLE: where it stands in the text */
    bool only;                      /* TABLE: ONLY name */
    uint32_t next;                  /* of the same block; COVET__NODE_NONE: the last */
} covet__rel;

typedef struct covet__graph_node {
    uint32_t parent; /* of the union-find; itself at a root */
    /* What it is: a column of a relation, a value, or both unset. */
    uint32_t rel;
    const char *column;
    bool has_term;
    covet__term term;
    uint32_t type; /* of a column */
    bool is_column;
    const covet__term *list; /* at a root: key IN (...) */
    uint32_t list_count;
} covet__graph_node;

typedef struct covet__edge {
    uint32_t from; /* follows */
    uint32_t to;
    bool weak; /* a FULL JOIN: co-located, but no value passes */
} covet__edge;

/* Where a query stands. */
typedef enum covet__place {
    COVET__PLACE_FROM = 0,   /* or in WITH, or nowhere: it does not see the FROM around it */
    COVET__PLACE_LATERAL,    /* in FROM, and sees what stands before it */
    COVET__PLACE_EXPRESSION, /* a sublink, or a branch of UNION: never shared or transparent */
} covet__place;

/* One SELECT (or the rest of an UPDATE or DELETE). */
typedef struct covet__block {
    uint32_t parent;     /* COVET__NODE_NONE: the outermost */
    uint32_t rel_first;  /* its own relations: a chain of rels, in the order of the text */
    uint32_t rel_last;   /* COVET__NODE_NONE: there are none */
    bool transparent;    /* conditions outside mean the same inside */
    bool sharded_groups; /* GROUP BY the key's class: shared for columns of that class */
    const PgQuery__SelectStmt *select; /* NULL: UPDATE, DELETE */
    bool aggregates;                   /* an aggregate function stands in it */
    bool windows;
    covet__place place;
    bool looked;      /* for distributed tables in it: */
    bool distributed; /* there are some */
} covet__block;

typedef struct covet__cte {
    const char *name;
    uint32_t block; /* whose WITH it is */
    uint32_t query; /* the block of its query; COVET__NODE_NONE while it is walked */
} covet__cte;

typedef struct covet__walk {
    const covet__parse *parse;
    const covet__map *map;
    const covet__schema *schema;
    covet__facts *facts;
    covet_error *err;
    covet_status status; /* the first failure; everything stops */
    bool in_from_function;
    const struct covet__residual_opts *residual_opts;
    struct covet__residual *residual; /* wanted, if not NULL (shard/residual.h) */

    covet__rel *rels;
    size_t rel_count, rel_capacity;
    covet__graph_node *nodes;
    size_t node_count, node_capacity;
    covet__edge *edges;
    size_t edge_count, edge_capacity;
    covet__block *blocks;
    size_t block_count, block_capacity;
    covet__cte *ctes;
    size_t cte_count, cte_capacity;
} covet__walk;

/* How the equalities of a condition are to be taken. */
typedef struct covet__qual_mode {
    bool outer; /* an outer join's ON: for the relations from `first` to `last` - 1 */
    bool full;
    uint32_t first;
    uint32_t last;
} covet__qual_mode;

/* ---- shard/parse_graph.c: nodes and what they imply ---- */

uint32_t covet__graph_find(covet__walk *walk, uint32_t node);
uint32_t covet__graph_column(covet__walk *walk, uint32_t rel, const char *column, uint32_t type);
uint32_t covet__graph_term(covet__walk *walk, const covet__term *term);
void covet__graph_same(covet__walk *walk, uint32_t a, uint32_t b);
void covet__graph_follow(covet__walk *walk, uint32_t from, uint32_t to, bool weak);
/* What a column means that USING made of two, where the joins say that one of them is NULL
 * only if the other is; COVET__NODE_NONE where they do not. */
uint32_t covet__graph_merged(covet__walk *walk, uint32_t a, uint32_t b);
/* Whether all distributed relations of a block (those of its subqueries in FROM too) have
 * this node's class for their key, or follow it: equal values then mean one shard. */
bool covet__graph_is_anchor(covet__walk *walk, uint32_t block, uint32_t node);
/* Fills in restricted, key, colocated, apart, pruned of the facts. */
void covet__graph_conclude(covet__walk *walk);
/* The key of a distributed table's relation; COVET__NODE_NONE for others. */
uint32_t covet__graph_key(covet__walk *walk, uint32_t rel);

/* ---- shard/parse_facts.c: queries ---- */

/* The index of the block that it becomes. */
uint32_t covet__walk_select(covet__walk *walk, const PgQuery__SelectStmt *select, uint32_t parent,
                            covet__place place);

void covet__walk_fail(covet__walk *walk, covet_status status);
void covet__walk_unsupported(covet__walk *walk, const char *what);
bool covet__walk_includes_key(covet__walk *walk, uint32_t block, PgQuery__Node *const *items,
                              size_t count);
void *covet__walk_alloc(covet__walk *walk, size_t size);
/* A copy that outlives the tree. */
const char *covet__walk_keep(covet__walk *walk, const char *text);

/* ---- shard/parse_terms.c: columns, values and conditions ---- */

/* The outline's name of a table at a place of the text; NULL if there is none. */
const covet__name *covet__walk_name_at(const covet__walk *walk, int location, uint32_t *ret_index);
/* The node that an expression is, seen from a block: a column, parameter or constant. */
uint32_t covet__walk_operand(covet__walk *walk, uint32_t block, const PgQuery__Node *node);
/* The term of a constant or parameter; false for anything else. */
bool covet__walk_term(covet__walk *walk, const PgQuery__Node *node, covet__term *ret_term);
/* The relation and column that a reference names from a block. */
bool covet__walk_column(covet__walk *walk, uint32_t block, const PgQuery__ColumnRef *ref,
                        uint32_t *ret_rel, const char **ret_column);
/* The name that a column of the SELECT list gets without AS: "" for one that nobody can
 * call it by, NULL where it is not certain. */
const char *covet__walk_label(const PgQuery__Node *node);

/* Whether a relation has a column of that name. */
typedef enum covet__has {
    COVET__HAS_NOT = 0,
    COVET__HAS,
    COVET__HAS_PERHAPS, /* its columns are not all seen */
} covet__has;

covet__has covet__walk_has(covet__walk *walk, uint32_t rel, const char *column);
/* The node of a relation's column, COVET__NODE_NONE where it has none. */
uint32_t covet__walk_column_node(covet__walk *walk, uint32_t rel, const char *column);
const covet__column *covet__walk_find_column(const covet__rel *rel, const char *name);
/* What an AND-ed condition makes equal. */
void covet__walk_qual(covet__walk *walk, uint32_t block, const PgQuery__Node *qual,
                      const covet__qual_mode *mode);
/* PostgreSQL's own "=" of whatever types. */
bool covet__walk_is_equals(const PgQuery__AExpr *e);
/* Whether the rows of the table that stands at `location` in FROM may be made NULL by an outer
 * join: a condition behind that join does not mean the same in front of it. */
bool covet__walk_is_nullable(const PgQuery__SelectStmt *select, int location);
/* x IN (SELECT y ...): y follows x, where neither is ever NULL. */
void covet__walk_in_subquery(covet__walk *walk, uint32_t block, const PgQuery__SubLink *link,
                             uint32_t inner);

/* ---- shard/parse_from.c ---- */

void covet__walk_from(covet__walk *walk, uint32_t block, const PgQuery__Node *item);
/* `target`: what a statement changes, which no WITH hides. */
void covet__walk_table(covet__walk *walk, uint32_t block, const PgQuery__RangeVar *rv, bool target);

/* ---- shard/parse_calls.c: what stands in expressions ---- */

void covet__walk_expression(covet__walk *walk, uint32_t block, const ProtobufCMessage *message);
void covet__walk_list(covet__walk *walk, uint32_t block, PgQuery__Node *const *items, size_t count);
/* What the servers said of it; NULL: nothing. */
const covet__function *covet__walk_function_of(const covet__walk *walk,
                                               const PgQuery__FuncCall *call);
/* Whether a call is of PostgreSQL's own function of that name; of now() and its like. */
bool covet__walk_is_builtin(const covet__walk *walk, const PgQuery__FuncCall *call,
                            const char *name);
bool covet__walk_is_moment(const covet__walk *walk, const PgQuery__FuncCall *call);

/* ---- shard/parse_moment.c: now() and its like, in the whole statement ---- */
void covet__walk_moments(covet__walk *walk);

/* ---- shard/parse_shape.c: the outermost SELECT ---- */
void covet__walk_shape(covet__walk *walk, uint32_t block);
/* FROM (SELECT ... ORDER BY x): LIMIT, windows and aggregates take the rows in that order, in
 * which they do not come from several shards. */
bool covet__reads_in_order(const PgQuery__SelectStmt *select);

/* ---- shard/parse_residual.c ---- */
void covet__residual_cut(covet__walk *walk);

/* ---- shard/parse_insert.c ---- */
void covet__walk_insert(covet__walk *walk, const PgQuery__InsertStmt *insert);

#endif
