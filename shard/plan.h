/*
 * shard/plan.h - internal: what is sent where, and how the answers become one.
 *
 * Decided once for a statement's text and a version of the map, from facts and the
 * server's description; values are bound later. Plain data but for its count of
 * references and the statements for the shards, which are made when they are first
 * wanted.
 *
 *   ONE       plain mode: the one server, the text as it is
 *   HOME      local tables, and functions that must run once: the home group
 *   ANYWHERE  reference tables, or none: any group
 *   ROUTE     all rows lie in the shard of one key value
 *   SCATTER   many shards: each answers for its own rows, and the answers are
 *             concatenated, merged by ORDER BY, or combined as aggregates
 *   RESIDUAL  parts of it are gathered as statements of their own, and one server answers
 *             over their rows (shard/residual.h)
 *
 * Everything else is refused here, by name, with 0A000.
 */
#ifndef COVET_SHARD_PLAN_H
#define COVET_SHARD_PLAN_H

#include "core/conn.h"
#include "core/pqdescribe.h"
#include "shard/combine.h"
#include "shard/edit.h"
#include "shard/facts.h"
#include "shard/residual.h"

typedef enum covet__tier {
    COVET__TIER_ONE = 0,
    COVET__TIER_HOME,
    COVET__TIER_ANYWHERE,
    COVET__TIER_ROUTE,
    COVET__TIER_SCATTER,
    COVET__TIER_RESIDUAL,
} covet__tier;

typedef enum covet__merge_kind {
    COVET__MERGE_APPEND = 0,
    COVET__MERGE_SORTED,
    COVET__MERGE_AGGREGATE,
} covet__merge_kind;

typedef struct covet__merge_key {
    uint32_t column; /* of the parts */
    covet__order_key order;
    uint32_t type;
} covet__merge_key;

typedef struct covet__merge_agg {
    covet__combine_kind kind;
    uint32_t type; /* of the argument, as covet__combine_init wants it */
    bool c_collated;
    uint32_t column; /* the first of its columns in the parts */
    uint32_t columns;
} covet__merge_agg;

typedef struct covet__plan covet__plan;

struct covet__plan {
    covet__tier tier;
    const char *reason; /* why the tier is safe; for explain */
    covet__stmt_kind kind;
    bool read_only;
    uint64_t number;       /* distinguishes it from all plans of the process */
    const covet__map *map; /* a reference; NULL in plain mode */
    uint32_t references;
    covet_arena *arena; /* holds all this */

    uint32_t param_count;        /* the application's */
    const uint32_t *param_types; /* of all that are sent */
    uint32_t sent_count;         /* the application's, ids, moments, the pushed LIMIT */
    covet__description shown;    /* the result's columns */
    covet__description parts;    /* the parts' columns */
    bool binary;

    covet__edits edits;
    const covet__facts *facts;
    uint32_t limit_param; /* number of the pushed LIMIT's parameter, 0: none */
    uint32_t transaction_param, statement_param; /* of moments (shard/moment.h), 0: none */

    covet__merge_kind merge;
    const covet__merge_key *keys;
    uint32_t key_count;
    const covet__merge_agg *aggs;
    uint32_t agg_count;

    const covet__residual *residual; /* RESIDUAL */

    covet__sql *statements; /* by shard; one alone in other tiers. text NULL: not made yet */
    uint32_t statement_count;
    size_t bytes; /* all memory that hangs on it */
};

/* The tables of the outline as they stand on one server: for the description. */
covet_status covet__plan_table_edits(const covet__parse *parse, const covet__map *map,
                                     covet_arena *arena, covet__edits *ret_edits, covet_error *err);

/* Decides, from the description of the statement as it is. Takes over the parse (whose
 * arena the plan lives in). A SCATTER plan whose parts differ from the statement
 * (*ret_parts_sql not NULL) is finished by covet__plan_finish with the description of that
 * statement on a shard. `map` NULL: plain mode. */
covet_status covet__plan_decide(covet__parse *parse, const covet__facts *facts,
                                const covet__map *map, const covet__description *description,
                                covet__plan **ret_plan, bool *ret_unfinished, covet_error *err);
covet_status covet__plan_finish(covet__plan *plan, const covet__description *parts,
                                covet_error *err);

/* The plan of a statement that was taken apart, and whose gathers are described. Takes over
 * the parse. */
covet_status covet__plan_residual(covet__parse *parse, const covet__facts *facts,
                                  const covet__map *map, const covet__description *described,
                                  const covet__residual *residual, covet__plan **ret_plan,
                                  covet_error *err);

covet__plan *covet__plan_ref(covet__plan *plan);
void covet__plan_unref(covet__plan *plan); /* accepts NULL; on the loop's thread */

/* The statement for a shard (index in the map), or for the other tiers with any index. */
covet_status covet__plan_statement(covet__plan *plan, uint32_t shard, const covet__sql **ret_sql,
                                   covet_error *err);

/* ---- shard/plan_print.c: for people ---- */

/* The plan in words; with one statement as an example, or those for all shards. */
void covet__plan_print(covet__plan *plan, bool all, covet__str *out);
/* The shards (indexes in the map) of a ROUTE or SCATTER plan, as far as the text tells;
 * `shards` has room for all. False: values of parameters decide, and all are given. */
bool covet__plan_shards(const covet__plan *plan, uint32_t *shards, uint32_t *ret_count);
/* "$1", "'x'", "any element of $2" */
void covet__term_print(const covet__term *term, covet__str *out);
const char *covet__combine_name(covet__combine_kind kind);

#endif
