/*
 * core/numeric.h - internal: PostgreSQL's numeric, computed as a server computes it.
 *
 * For results that are put together in process: what one PostgreSQL would print for
 * sum(), avg(), ORDER BY and GROUP BY must come out here digit for digit, display
 * scale included. Not a calculator: there is what merging needs and nothing more.
 *
 * The wire, all of it in 16-bit big-endian words:
 *
 *     count | weight | sign | dscale | group 0 | group 1 | ...
 *
 *     value = sign * sum of group[i] * 10000^(weight - i)      groups are 0..9999
 *     sign    0000 plus, 4000 minus, C000 NaN, D000 Infinity, F000 -Infinity
 *     dscale  decimals to print, at most 16383
 *
 * A covet__numeric is a view of such groups, so decoding copies nothing and comparing
 * is memcmp. Results are made in the caller's arena and live as long as it does.
 *
 * N1 A view has no zero group at either end; zero has no groups and no sign.
 * N2 A value made here keeps the server's limits: weight at most 32767 (131072 digits
 *    before the point), dscale at most 16383; beyond them is 22003.
 *
 * Errors carry the server's SQLSTATE and words. 22P02 and 22P03 (a text or bytes that
 * are no numeric) are COVET_ETYPE; 22003 and 22012, which the one server would have
 * raised, are COVET_ESQL as if it had.
 */
#ifndef COVET_CORE_NUMERIC_H
#define COVET_CORE_NUMERIC_H

#include <covet/core/arena.h>

/* In the order of their values, except that finite ones are compared further. */
typedef enum covet__numeric_kind {
    COVET__NUMERIC_MINUS_INFINITY = -1,
    COVET__NUMERIC_FINITE = 0,
    COVET__NUMERIC_INFINITY = 1,
    COVET__NUMERIC_NAN = 2,
} covet__numeric_kind;

typedef struct covet__numeric {
    covet__numeric_kind kind; /* the rest matters for finite values only */
    bool negative;
    int32_t weight;
    int32_t dscale;
    int32_t count;               /* of groups */
    const unsigned char *groups; /* two bytes each; borrowed, or in an arena */
} covet__numeric;

/* Checks all that numeric_recv checks, and that no digit hides behind dscale (a server
 * sends none); 22P03. The result borrows `bytes`. */
covet_status covet__numeric_decode(const void *bytes, size_t length, covet__numeric *ret_value,
                                   covet_error *err);

/* The same without the checks, for values that are compared again and again after they
 * were decoded once. Reads within `length` whatever the bytes are. */
covet__numeric covet__numeric_view(const void *bytes, size_t length);

/* The bytes that numeric_send would give. */
covet_status covet__numeric_encode(const covet__numeric *value, covet_arena *arena,
                                   const void **ret_bytes, size_t *ret_length, covet_error *err);

enum { COVET__NUMERIC_INT64_ROOM = 10 };

/* The result borrows `room`. */
covet__numeric covet__numeric_from_int64(int64_t value,
                                         unsigned char room[COVET__NUMERIC_INT64_ROOM]);

/* What numeric_in of PostgreSQL 15 takes: decimals with an exponent, NaN, [+-]Infinity,
 * [+-]inf, white space around. 22P02, 22003. */
covet_status covet__numeric_from_text(const char *text, size_t length, covet_arena *arena,
                                      covet__numeric *ret_value, covet_error *err);

/* What numeric_out prints. */
covet_status covet__numeric_to_text(const covet__numeric *value, covet_arena *arena,
                                    char **ret_text, covet_error *err);

/* -1, 0, 1. Trailing zeros make no difference; NaN equals itself and is the greatest. */
int covet__numeric_compare(const covet__numeric *a, const covet__numeric *b);

/* Equal for values that compare equal. */
uint64_t covet__numeric_hash(const covet__numeric *value, uint64_t seed);

covet_status covet__numeric_add(const covet__numeric *a, const covet__numeric *b,
                                covet_arena *arena, covet__numeric *ret_value, covet_error *err);
covet_status covet__numeric_subtract(const covet__numeric *a, const covet__numeric *b,
                                     covet_arena *arena, covet__numeric *ret_value,
                                     covet_error *err);

/* With as many decimals as the server gives a quotient, half rounded away from zero;
 * 22012 if b is zero and a is not NaN. */
covet_status covet__numeric_divide(const covet__numeric *a, const covet__numeric *b,
                                   covet_arena *arena, covet__numeric *ret_value, covet_error *err);

/* A sum of any number of values, exact; only its value is held to the limits, as the
 * server's is. Starts as {0}, which is zero. Its columns live in the arena of the calls,
 * which must be one and the same. */
typedef struct covet__numeric_sum {
    int32_t *columns; /* columns[i] counts 10000^(top - i), with a sign of its own */
    int32_t count;
    int32_t top;
    int32_t pending; /* additions since carries were passed on */
    int32_t dscale;  /* the greatest of all */
    bool nan;
    bool infinity;
    bool minus_infinity;
} covet__numeric_sum;

/* On failure the sum is as it was. */
covet_status covet__numeric_sum_add(covet__numeric_sum *sum, const covet__numeric *value,
                                    covet_arena *arena, covet_error *err);

/* The sum so far; more may be added afterwards. */
covet_status covet__numeric_sum_value(covet__numeric_sum *sum, covet_arena *arena,
                                      covet__numeric *ret_value, covet_error *err);

#endif
