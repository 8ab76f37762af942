#include <math.h>
#include <string.h>

#include "core/fail.h"
#include "core/macros.h"
#include "core/types.h"
#include "core/wire.h"
#include "shard/combine.h"

/* How it is done. add gets parts that were checked, the first of them not NULL; finish is
 * called when there was such a part, or there need not be one. */
typedef struct combine_way {
    covet_status (*add)(covet__combine *state, const covet__combine_part *parts, covet_arena *arena,
                        covet_error *err);
    covet_status (*finish)(covet__combine *state, covet_arena *arena, covet__combine_part *ret,
                           covet_error *err);
} combine_way;

/* A line of the header's table. */
struct covet__combine_rule {
    covet__combine_kind kind;
    uint32_t type_oid; /* or ANY */
    uint32_t result;   /* or ANY: x's type; so for parts */
    uint32_t parts[COVET__COMBINE_PARTS_MAX];
    const combine_way *way;
};

#define ANY UINT32_MAX /* no type has this OID; 0 ends the parts */

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "combine: out of memory");
}

static covet_status integer_overflow(covet_error *err)
{
    return covet__fail_state(err, COVET_ESQL, "22003", "bigint out of range");
}

static covet_status float_overflow(covet_error *err)
{
    return covet__fail_state(err, COVET_ESQL, "22003", "value out of range: overflow");
}

static covet_status copy_out(const void *bytes, size_t length, covet_arena *arena,
                             covet__combine_part *ret, covet_error *err)
{
    const void *copy = covet_arena_copy(arena, bytes, length);
    if (copy == NULL)
        return no_memory(err);
    *ret = (covet__combine_part){copy, length};
    return COVET_OK;
}

static covet_status int8_out(covet__int128 value, covet_arena *arena, covet__combine_part *ret,
                             covet_error *err)
{
    if (value < INT64_MIN || value > INT64_MAX)
        return integer_overflow(err);
    unsigned char bytes[8];
    covet__put64(bytes, (uint64_t)value);
    return copy_out(bytes, sizeof bytes, arena, ret, err);
}

static int64_t load_int8(const covet__combine_part *part)
{
    return (int64_t)covet__get64(part->bytes);
}

/* --- count; sum of int2, int4 ---
 *
 * In 128 bits, so that what overflows is the total and not the way to it. */

static covet_status add_integer(covet__combine *state, const covet__combine_part *parts,
                                covet_arena *arena, covet_error *err)
{
    (void)arena;
    (void)err;
    state->u.integer += load_int8(parts);
    return COVET_OK;
}

static covet_status finish_integer(covet__combine *state, covet_arena *arena,
                                   covet__combine_part *ret, covet_error *err)
{
    return int8_out(state->u.integer, arena, ret, err);
}

/* --- sum of int8, numeric; avg of all four --- */

static covet_status add_numeric(covet__combine *state, const covet__combine_part *parts,
                                covet_arena *arena, covet_error *err)
{
    covet__numeric value;
    COVET_TRY(covet__numeric_decode(parts->bytes, parts->length, &value, err));
    return covet__numeric_sum_add(&state->u.exact.sum, &value, arena, err);
}

/* A sum has rows behind it. */
static covet_status check_count(const covet__combine_part *count, covet_error *err)
{
    if (count->bytes == NULL || load_int8(count) <= 0)
        return covet__fail_state(err, COVET_ETYPE, "22P03", "combine: a sum without a count");
    return COVET_OK;
}

static covet_status add_numeric_average(covet__combine *state, const covet__combine_part *parts,
                                        covet_arena *arena, covet_error *err)
{
    COVET_TRY(check_count(&parts[1], err));
    state->u.exact.count += load_int8(&parts[1]);
    return add_numeric(state, parts, arena, err);
}

static covet_status add_integer_average(covet__combine *state, const covet__combine_part *parts,
                                        covet_arena *arena, covet_error *err)
{
    COVET_TRY(check_count(&parts[1], err));
    state->u.exact.count += load_int8(&parts[1]);
    unsigned char room[COVET__NUMERIC_INT64_ROOM];
    const covet__numeric value = covet__numeric_from_int64(load_int8(parts), room);
    return covet__numeric_sum_add(&state->u.exact.sum, &value, arena, err);
}

static covet_status numeric_out(const covet__numeric *value, covet_arena *arena,
                                covet__combine_part *ret, covet_error *err)
{
    return covet__numeric_encode(value, arena, &ret->bytes, &ret->length, err);
}

static covet_status finish_numeric(covet__combine *state, covet_arena *arena,
                                   covet__combine_part *ret, covet_error *err)
{
    covet__numeric sum;
    COVET_TRY(covet__numeric_sum_value(&state->u.exact.sum, arena, &sum, err));
    return numeric_out(&sum, arena, ret, err);
}

static covet_status finish_numeric_average(covet__combine *state, covet_arena *arena,
                                           covet__combine_part *ret, covet_error *err)
{
    if (state->u.exact.count > INT64_MAX)
        return integer_overflow(err);
    unsigned char room[COVET__NUMERIC_INT64_ROOM];
    const covet__numeric count = covet__numeric_from_int64((int64_t)state->u.exact.count, room);
    covet__numeric sum, average;
    COVET_TRY(covet__numeric_sum_value(&state->u.exact.sum, arena, &sum, err));
    COVET_TRY(covet__numeric_divide(&sum, &count, arena, &average, err));
    return numeric_out(&average, arena, ret, err);
}

/* --- sum and avg of floats --- */

/* Infinity out of finite operands is an error, out of infinite ones a value. */
static bool overflowed(double result, double a, double b)
{
    return isinf(result) && !isinf(a) && !isinf(b);
}

static covet_status add_float4(covet__combine *state, const covet__combine_part *parts,
                               covet_arena *arena, covet_error *err)
{
    (void)arena;
    const float part = covet__float_of(covet__get32(parts->bytes)), before = state->u.float4;
    state->u.float4 = state->any ? before + part : part; /* 0 + -0 would lose the sign */
    if (overflowed((double)state->u.float4, (double)before, (double)part))
        return float_overflow(err);
    return COVET_OK;
}

static covet_status add_float8(covet__combine *state, const covet__combine_part *parts,
                               covet_arena *arena, covet_error *err)
{
    (void)arena;
    const double part = covet__double_of(covet__get64(parts->bytes)), before = state->u.float8;
    state->u.float8 = state->any ? before + part : part;
    if (overflowed(state->u.float8, before, part))
        return float_overflow(err);
    return COVET_OK;
}

/* The squares of two sets about their common average are those about their own and what
 * lies between the averages (Chan, Golub, LeVeque 1979). They are of use here only for
 * the overflow that the one server would meet. */
static covet_status add_float_average(covet__combine *state, const covet__combine_part *parts,
                                      covet_arena *arena, covet_error *err)
{
    (void)arena;
    COVET_TRY(check_count(&parts[1], err));
    if (parts[2].bytes == NULL)
        return covet__fail_state(err, COVET_ETYPE, "22P03", "combine: a sum without a variance");
    const double sum = covet__double_of(covet__get64(parts[0].bytes));
    const double count = (double)load_int8(&parts[1]);
    const double variance = covet__double_of(covet__get64(parts[2].bytes));
    const double squares = variance * count;
    if (overflowed(squares, variance, count))
        return float_overflow(err);
    const double sum_before = state->u.moments.sum, count_before = state->u.moments.count;
    const double squares_before = state->u.moments.squares, both = count_before + count;
    state->u.moments.sum = sum_before + sum; /* from 0 on: the average of -0 is 0 */
    state->u.moments.count = both;
    state->u.moments.squares = squares_before + squares;
    if (state->any) {
        const double apart = sum_before / count_before - sum / count;
        state->u.moments.squares += count_before * count * apart * apart / both;
    }
    if (overflowed(state->u.moments.sum, sum_before, sum) ||
        overflowed(state->u.moments.squares, squares_before, squares))
        return float_overflow(err);
    return COVET_OK;
}

static covet_status finish_float4(covet__combine *state, covet_arena *arena,
                                  covet__combine_part *ret, covet_error *err)
{
    unsigned char bytes[4];
    covet__put32(bytes, covet__bits_of_float(state->u.float4));
    return copy_out(bytes, sizeof bytes, arena, ret, err);
}

static covet_status float8_out(double value, covet_arena *arena, covet__combine_part *ret,
                               covet_error *err)
{
    unsigned char bytes[8];
    covet__put64(bytes, covet__bits_of_double(value));
    return copy_out(bytes, sizeof bytes, arena, ret, err);
}

static covet_status finish_float8(covet__combine *state, covet_arena *arena,
                                  covet__combine_part *ret, covet_error *err)
{
    return float8_out(state->u.float8, arena, ret, err);
}

static covet_status finish_float_average(covet__combine *state, covet_arena *arena,
                                         covet__combine_part *ret, covet_error *err)
{
    return float8_out(state->u.moments.sum / state->u.moments.count, arena, ret, err);
}

/* --- bool_and, bool_or, bit_and, bit_or: byte by byte, whatever the width --- */

static covet_status add_bits(covet__combine *state, const covet__combine_part *parts,
                             covet_arena *arena, covet_error *err)
{
    (void)arena;
    (void)err;
    const bool is_and =
        state->rule->kind == COVET__COMBINE_BOOL_AND || state->rule->kind == COVET__COMBINE_BIT_AND;
    const unsigned char *bytes = parts->bytes;
    unsigned char *bits = state->u.bits.bytes;
    for (size_t i = 0; i < parts->length; i++) {
        if (!state->any)
            bits[i] = bytes[i];
        else
            bits[i] = (unsigned char)(is_and ? bits[i] & bytes[i] : bits[i] | bytes[i]);
    }
    state->u.bits.length = parts->length;
    return COVET_OK;
}

static covet_status finish_bits(covet__combine *state, covet_arena *arena, covet__combine_part *ret,
                                covet_error *err)
{
    return copy_out(state->u.bits.bytes, state->u.bits.length, arena, ret, err);
}

/* --- min, max --- */

static covet_status add_best(covet__combine *state, const covet__combine_part *parts,
                             covet_arena *arena, covet_error *err)
{
    if (state->any) {
        const int order = state->u.best.cmp(parts->bytes, parts->length, state->u.best.bytes,
                                            state->u.best.length);
        if (state->rule->kind == COVET__COMBINE_MIN ? order >= 0 : order <= 0)
            return COVET_OK;
    }
    if (state->u.best.bytes == NULL || parts->length > state->u.best.capacity) {
        const size_t capacity = COVET_MAX(parts->length, 2 * state->u.best.capacity);
        unsigned char *bytes = covet_arena_alloc(arena, capacity);
        if (bytes == NULL)
            return no_memory(err);
        state->u.best.bytes = bytes;
        state->u.best.capacity = capacity;
    }
    if (parts->length > 0)
        memcpy(state->u.best.bytes, parts->bytes, parts->length);
    state->u.best.length = parts->length;
    return COVET_OK;
}

static covet_status finish_best(covet__combine *state, covet_arena *arena, covet__combine_part *ret,
                                covet_error *err)
{
    (void)arena;
    (void)err;
    *ret = (covet__combine_part){state->u.best.bytes, state->u.best.length};
    return COVET_OK;
}

/* --- the table --- */

static const combine_way integer_sum = {add_integer, finish_integer};
static const combine_way integer_avg = {add_integer_average, finish_numeric_average};
static const combine_way numeric_sum = {add_numeric, finish_numeric};
static const combine_way numeric_avg = {add_numeric_average, finish_numeric_average};
static const combine_way float4_sum = {add_float4, finish_float4};
static const combine_way float8_sum = {add_float8, finish_float8};
static const combine_way float_avg = {add_float_average, finish_float_average};
static const combine_way bits = {add_bits, finish_bits};
static const combine_way best = {add_best, finish_best};

#define COUNT    COVET__COMBINE_COUNT
#define SUM      COVET__COMBINE_SUM
#define AVG      COVET__COMBINE_AVG
#define MIN      COVET__COMBINE_MIN
#define MAX      COVET__COMBINE_MAX
#define BOOL_AND COVET__COMBINE_BOOL_AND
#define BOOL_OR  COVET__COMBINE_BOOL_OR
#define BIT_AND  COVET__COMBINE_BIT_AND
#define BIT_OR   COVET__COMBINE_BIT_OR
#define BOOL     COVET__BOOL
#define INT2     COVET__INT2
#define INT4     COVET__INT4
#define INT8     COVET__INT8
#define FLOAT4   COVET__FLOAT4
#define FLOAT8   COVET__FLOAT8
#define NUMERIC  COVET__NUMERIC

static const covet__combine_rule rules[] = {
    {COUNT, ANY, INT8, {INT8}, &integer_sum},
    {SUM, INT2, INT8, {INT8}, &integer_sum},
    {SUM, INT4, INT8, {INT8}, &integer_sum},
    {SUM, INT8, NUMERIC, {NUMERIC}, &numeric_sum},
    {SUM, NUMERIC, NUMERIC, {NUMERIC}, &numeric_sum},
    {SUM, FLOAT4, FLOAT4, {FLOAT4}, &float4_sum},
    {SUM, FLOAT8, FLOAT8, {FLOAT8}, &float8_sum},
    {AVG, INT2, NUMERIC, {INT8, INT8}, &integer_avg},
    {AVG, INT4, NUMERIC, {INT8, INT8}, &integer_avg},
    {AVG, INT8, NUMERIC, {NUMERIC, INT8}, &numeric_avg},
    {AVG, NUMERIC, NUMERIC, {NUMERIC, INT8}, &numeric_avg},
    {AVG, FLOAT4, FLOAT8, {FLOAT8, INT8, FLOAT8}, &float_avg},
    {AVG, FLOAT8, FLOAT8, {FLOAT8, INT8, FLOAT8}, &float_avg},
    {MIN, ANY, ANY, {ANY}, &best},
    {MAX, ANY, ANY, {ANY}, &best},
    {BOOL_AND, BOOL, BOOL, {BOOL}, &bits},
    {BOOL_OR, BOOL, BOOL, {BOOL}, &bits},
    {BIT_AND, INT2, INT2, {INT2}, &bits},
    {BIT_AND, INT4, INT4, {INT4}, &bits},
    {BIT_AND, INT8, INT8, {INT8}, &bits},
    {BIT_OR, INT2, INT2, {INT2}, &bits},
    {BIT_OR, INT4, INT4, {INT4}, &bits},
    {BIT_OR, INT8, INT8, {INT8}, &bits},
};

static const covet__combine_rule *find(covet__combine_kind kind, uint32_t type_oid,
                                       bool collation_is_c)
{
    const bool ordered = kind == MIN || kind == MAX;
    if (ordered && covet__order_of(type_oid, collation_is_c) == NULL)
        return NULL;
    for (size_t i = 0; i < COVET_COUNT(rules); i++)
        if (rules[i].kind == kind && (rules[i].type_oid == type_oid || rules[i].type_oid == ANY))
            return &rules[i];
    return NULL;
}

static covet__combine_types types_of(const covet__combine_rule *rule, uint32_t type_oid)
{
    covet__combine_types types = {.result = rule->result != ANY ? rule->result : type_oid};
    while (types.count < COVET__COMBINE_PARTS_MAX && rule->parts[types.count] != 0) {
        const uint32_t part = rule->parts[types.count];
        types.parts[types.count++] = part != ANY ? part : type_oid;
    }
    return types;
}

bool covet__combine_types_of(covet__combine_kind kind, uint32_t type_oid, bool collation_is_c,
                             covet__combine_types *ret_types)
{
    const covet__combine_rule *rule = find(kind, type_oid, collation_is_c);
    if (rule == NULL)
        return false;
    *ret_types = types_of(rule, type_oid);
    return true;
}

covet_status covet__combine_init(covet__combine *state, covet__combine_kind kind, uint32_t type_oid,
                                 bool collation_is_c, covet_error *err)
{
    const covet__combine_rule *rule = find(kind, type_oid, collation_is_c);
    if (rule == NULL)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "combine: this aggregate over %s cannot be put together",
                                 covet__type_name(type_oid));
    *state = (covet__combine){.rule = rule, .type_oid = type_oid};
    if (rule->way == &best)
        state->u.best.cmp = covet__order_of(type_oid, collation_is_c);
    return COVET_OK;
}

covet_status covet__combine_add(covet__combine *state, const covet__combine_part *parts,
                                size_t count, covet_arena *arena, covet_error *err)
{
    const covet__combine_types types = types_of(state->rule, state->type_oid);
    if (count != types.count)
        return covet__fail(err, COVET_EINVAL, "combine: %zu parts where there should be %zu", count,
                           types.count);
    for (size_t i = 0; i < count; i++)
        if (parts[i].bytes != NULL)
            COVET_TRY(covet__order_check(types.parts[i], parts[i].bytes, parts[i].length, err));
    if (parts[0].bytes == NULL)
        return COVET_OK;
    COVET_TRY(state->rule->way->add(state, parts, arena, err));
    state->any = true;
    return COVET_OK;
}

covet_status covet__combine_finish(covet__combine *state, covet_arena *arena,
                                   const void **ret_bytes, size_t *ret_length, covet_error *err)
{
    covet__combine_part value = {0};
    if (state->any || state->rule->kind == COUNT)
        COVET_TRY(state->rule->way->finish(state, arena, &value, err));
    *ret_bytes = value.bytes;
    *ret_length = value.length;
    return COVET_OK;
}
