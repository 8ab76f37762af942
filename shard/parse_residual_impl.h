/* shard/parse_residual_impl.h - internal to shard/parse_{residual,cut,own,keys,whole,aggs,spans}.c:
 * a statement that is being taken apart. */
#ifndef COVET_SHARD_PARSE_RESIDUAL_IMPL_H
#define COVET_SHARD_PARSE_RESIDUAL_IMPL_H

#include "shard/parse_facts_impl.h"
#include "shard/residual.h"

#define COVET__TOKEN(name) PG_QUERY__TOKEN__##name

/* What a gather stands for. */
typedef struct covet__cut {
    bool is_query;       /* or a table */
    uint32_t conditions; /* of the table's own, in its text */
    uint32_t uses;       /* places that it stands in */

    /* Of groups by a key (shard/parse_groups.c): */
    const char *tail;     /* the end of its text, behind its conditions; NULL: none */
    bool has_where;       /* there are some */
    const char *key;      /* as its text has it; NULL: of several relations */
    uint32_t grouped;     /* places that it stands in as such */
    uint32_t key_rel;     /* the relation around it with the wanted keys */
    const char *key_name; /* in that column */
    uint32_t key_type;
} covet__cut;

enum { COVET__GROUP_KEYS_MAX = 4 };

/* The groups of a gather, joined with a table by some of its columns. */
typedef struct covet__group_join {
    uint32_t gather;
    uint32_t rel;
    const covet__column *columns[COVET__GROUP_KEYS_MAX]; /* one for each of the gather's keys */
} covet__group_join;

typedef struct covet__cutter {
    covet__walk *walk;
    const covet__parse *parse;
    const covet__residual_opts *opts;
    covet_arena *arena;
    covet__gather *gathers; /* COVET__GATHERS_MAX */
    covet__cut cuts[COVET__GATHERS_MAX];
    uint32_t gather_count;
    uint32_t *rel_gathers;   /* 1 + the gather of each relation, 0: none */
    uint32_t *query_gathers; /* the same of each block */
    covet__hole *holes;
    size_t hole_count, hole_capacity;
    covet__group_join joins[COVET__GATHERS_MAX];
    uint32_t join_count;
    bool named, names_free; /* whether the names for them are; known, if named */
    bool collated;          /* a COLLATE, or a column of another collation than the default */
} covet__cutter;

/* ---- shard/parse_spans.c: places in the text --------------------------------------------- */

/* The clauses of one SELECT by their first tokens; one that is missing begins where the
 * next one does. */
typedef struct covet__clauses {
    uint32_t select;
    uint32_t list; /* behind SELECT, ALL and DISTINCT [ON (...)] */
    uint32_t from, where, group, having, window, order, limit;
    uint32_t end;
    uint32_t depth;
} covet__clauses;

/* False where the text does not show them: VALUES, TABLE, an empty list. */
bool covet__clauses_of(const covet__parse *parse, const PgQuery__SelectStmt *select,
                       covet__clauses *ret_clauses);

/* The lowest and highest location below a message; false if it has none. */
bool covet__extent_of(const ProtobufCMessage *message, int *ret_low, int *ret_high);

/* The tokens of a query in brackets, without them: [*ret_first, *ret_end). */
bool covet__brackets_of(const covet__parse *parse, const PgQuery__SelectStmt *select,
                        uint32_t *ret_first, uint32_t *ret_end);

/* The tokens of a join's condition, behind ON: [*ret_first, *ret_end). */
bool covet__on_of(const covet__parse *parse, const PgQuery__Node *quals, uint32_t *ret_first,
                  uint32_t *ret_end);

/* The tokens of a branch of UNION, in brackets or not. */
bool covet__branch_of(const covet__parse *parse, const PgQuery__SelectStmt *select,
                      uint32_t *ret_first, uint32_t *ret_end);

/* Cuts [first, end) at the commas on the level of `depth`; the items' ends (exclusive) go to
 * `ends`, which has room for `max`. The number of items. */
uint32_t covet__split_list(const covet__parse *parse, uint32_t first, uint32_t end, uint32_t depth,
                           uint32_t *ends, uint32_t max);

/* The same at AND, that of BETWEEN and those within CASE left alone. */
uint32_t covet__split_and(const covet__parse *parse, uint32_t first, uint32_t end, uint32_t depth,
                          uint32_t *ends, uint32_t max);

/* The same at OR. */
uint32_t covet__split_or(const covet__parse *parse, uint32_t first, uint32_t end, uint32_t depth,
                         uint32_t *ends, uint32_t max);

/* The token that closes the bracket which token `open` opens; the count if there is none. */
uint32_t covet__closing(const covet__parse *parse, uint32_t open);

/* The tokens of `what` stand at `at` too. */
bool covet__same_tokens(const covet__parse *parse, uint32_t at, uint32_t what, uint32_t count);

static inline covet__span covet__tokens_span(const covet__parse *parse, uint32_t first,
                                             uint32_t end)
{
    return (covet__span){parse->tokens[first].start, parse->tokens[end - 1].end};
}

/* ---- shard/parse_residual.c: pieces -------------------------------------------------------- */

/* A statement that is being written; its parameters are numbered as they come. */
typedef struct covet__child {
    covet__cutter *cutter;
    covet__str text;
    uint32_t *params;
    uint32_t param_count;
} covet__child;

covet__child covet__child_new(covet__cutter *cutter);
/* Copies a part of the statement's text. */
void covet__child_span(covet__child *child, covet__span span);
void covet__child_tokens(covet__child *child, uint32_t first, uint32_t end);
/* Writes its own number of the statement's parameter, with the type if it needs one. */
void covet__child_param(covet__child *child, uint32_t number);

/* Makes a gather of it; UINT32_MAX if there are too many or no memory. */
uint32_t covet__cut_gather(covet__cutter *cutter, covet__child *child, bool partial,
                           const char *why);
void covet__cut_hole(covet__cutter *cutter, covet__hole hole);
void covet__cut_text(covet__cutter *cutter, covet__span span, const char *text);

/* Whether each shard can answer the statement for its own rows. */
bool covet__cut_is_local(covet__cutter *cutter, const covet__child *child);

/* Whether a block is `around`, or stands in it, however deep. */
bool covet__cut_within(const covet__walk *walk, uint32_t block, uint32_t around);
uint32_t covet__cut_block_of(const covet__walk *walk, const PgQuery__SelectStmt *select);
/* Whether the block or one in it reads a distributed table. */
bool covet__cut_has_shards(covet__walk *walk, uint32_t block);

/* Visits the columns below a message, with the block that each of them stands in. */
typedef void covet__column_fn(void *user, uint32_t block, const PgQuery__ColumnRef *ref);
void covet__cut_columns(const covet__walk *walk, uint32_t block, const ProtobufCMessage *message,
                        covet__column_fn *each, void *user);

/* ---- shard/parse_cut.c: tables and subqueries ---------------------------------------------- */

/* Cuts everything distributed out of a block; what cannot be fails the walk. */
void covet__cut_block(covet__cutter *cutter, uint32_t block);

/* ---- shard/parse_own.c: what a query says of one table alone -------------------------------- */

/* By column of the table: whether the statement may look at it. NULL: no memory. */
const bool *covet__own_columns(covet__cutter *cutter, const covet__rel *rel);
/* Writes WHERE with the conditions that are of the relation alone, and may be asked of its rows
 * before any join: how many there are. */
uint32_t covet__own_conditions(covet__cutter *cutter, covet__child *child, uint32_t rel);
/* USING or NATURAL stands in FROM. */
bool covet__own_joins_by_names(const PgQuery__SelectStmt *select);
/* Of a column's bare name: USING made one column of several, which is of one side's only if it
 * is of the types of both. Of int4 and int8 it is an int8. */
bool covet__own_is_merged_alike(covet__walk *walk, uint32_t block, uint32_t rel, const char *name);

/* ---- shard/parse_groups.c: subqueries that are asked again for each row around them ---- */

/* False: it cannot be done so, and nothing has changed. */
bool covet__cut_groups(covet__cutter *cutter, uint32_t query);

/* ---- shard/parse_keys.c: rows that others have the keys of ---- */

void covet__cut_keys(covet__cutter *cutter);
/* A table's column of a plain built-in type and the database's collation, whose "=" is that of
 * = ANY and GROUP BY; NULL: it is none. */
const covet__column *covet__cut_plain_column(const covet__rel *rel, const char *name);

/* ---- shard/parse_whole.c: all of FROM and WHERE ----------------------------------------- */

/* False: it cannot be done so, and nothing has changed. */
bool covet__cut_whole(covet__cutter *cutter, uint32_t block);

#endif
