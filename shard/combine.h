/*
 * shard/combine.h - internal: one aggregate out of the partial ones of the shards.
 *
 * Each shard computes parts over its own rows; a covet__combine is fed them, a row per
 * shard (and group), and gives the value that one PostgreSQL holding all the rows would
 * have given: the same type, the same digits, the same error. What the shards must
 * select for f(x), and what comes out:
 *
 *     f               type of x        parts of a shard                     result
 *     count           any, or *        count int8                           int8
 *     sum             int2 int4        sum int8                             int8
 *                     int8 numeric     sum numeric                          numeric
 *                     float4           sum float4                           float4
 *                     float8           sum float8                           float8
 *     avg             int2 int4        sum int8, count int8                 numeric
 *                     int8 numeric     sum numeric, count int8              numeric
 *                     float4 float8    sum(x::float8) float8, count int8,   float8
 *                                      var_pop float8
 *     min max         as covet__order_of     min or max, of x's type        x's type
 *     bool_and bool_or     bool        the same                             bool
 *     bit_and bit_or  int2 int4 int8   the same                             x's type
 *
 * x's type is what PostgreSQL makes of the argument: it computes min(varchar) as text.
 * Values are in binary wire format, in and out; NULL is a NULL pointer. A NULL part adds
 * nothing; without any other part count is 0 and the rest are NULL.
 *
 * - PostgreSQL computes avg over floats together with the squares of the deviations, and
 *   fails with 22003 when those overflow (1e200 and -1e200). var_pop is there so that a
 *   shard fails too, and that the sum of all shards can be checked. `count` counts x,
 *   not rows.
 * - The rounding of float sums depends on the order of rows, which PostgreSQL leaves
 *   free (parallel plans add up parts just so). All else is exact.
 * - Of values that are equal but print differently (1.0 and 1.00) min and max give the
 *   first that came; PostgreSQL leaves this free.
 * - Errors are the server's: 22003 (COVET_ESQL). Parts that are no values of their type
 *   are COVET_ETYPE 22P03.
 */
#ifndef COVET_SHARD_COMBINE_H
#define COVET_SHARD_COMBINE_H

#include <covet/core/arena.h>

#include "core/numeric.h"
#include "shard/order.h"

typedef enum covet__combine_kind {
    COVET__COMBINE_COUNT,
    COVET__COMBINE_SUM,
    COVET__COMBINE_AVG,
    COVET__COMBINE_MIN,
    COVET__COMBINE_MAX,
    COVET__COMBINE_BOOL_AND,
    COVET__COMBINE_BOOL_OR,
    COVET__COMBINE_BIT_AND,
    COVET__COMBINE_BIT_OR,
} covet__combine_kind;

enum { COVET__COMBINE_PARTS_MAX = 3 };

/* A line of the table: what the planner asks of the shards. */
typedef struct covet__combine_types {
    uint32_t result;
    uint32_t parts[COVET__COMBINE_PARTS_MAX];
    size_t count; /* of parts */
} covet__combine_types;

typedef struct covet__combine_part {
    const void *bytes;
    size_t length;
} covet__combine_part;

typedef struct covet__combine covet__combine;

/* Private: how one kind over one type is done. */
typedef struct covet__combine_rule covet__combine_rule;

__extension__ typedef __int128 covet__int128;

/* Held by value, one per aggregate and group; nothing to free. */
struct covet__combine {
    const covet__combine_rule *rule;
    uint32_t type_oid;
    bool any; /* a part was not NULL */
    union {
        covet__int128 integer;
        struct {
            unsigned char bytes[8];
            size_t length;
        } bits;
        float float4;
        double float8;
        struct {
            double sum;
            double count;
            double squares; /* of the deviations from the average */
        } moments;
        struct {
            covet__numeric_sum sum;
            covet__int128 count;
        } exact;
        struct {
            covet__cmp_fn *cmp;
            unsigned char *bytes;
            size_t length;
            size_t capacity;
        } best;
    } u;
};

/* False where the library cannot combine f over this type; the plan then does without.
 * `collation_is_c` as in covet__order_of; the type is ignored for count. */
bool covet__combine_types_of(covet__combine_kind kind, uint32_t type_oid, bool collation_is_c,
                             covet__combine_types *ret_types);

/* COVET_EUNSUPPORTED 0A000 where covet__combine_types_of says false. */
covet_status covet__combine_init(covet__combine *state, covet__combine_kind kind, uint32_t type_oid,
                                 bool collation_is_c, covet_error *err);

/* One shard's parts, as many as the table says, copied where they are kept. What the
 * state keeps lives in the arena, which must be the same in every call. After a failure
 * the state is of no more use. */
covet_status covet__combine_add(covet__combine *state, const covet__combine_part *parts,
                                size_t count, covet_arena *arena, covet_error *err);

/* The value, in the arena; a NULL pointer and 0 for SQL's NULL. */
covet_status covet__combine_finish(covet__combine *state, covet_arena *arena,
                                   const void **ret_bytes, size_t *ret_length, covet_error *err);

#endif
