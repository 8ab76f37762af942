/*
 * shard/order.h - internal: which of two values PostgreSQL puts first, and which it
 * takes for equal, decided on their binary wire form.
 *
 * Merging sorted streams and grouping in process are allowed only where the answer is
 * provably that of the type's default btree operator class. For the types below it is;
 * for all others (enums, citext, jsonb, arrays, users' types, text under a collation
 * other than C) covet__order_of says NULL and the plan must do its work in a PostgreSQL.
 *
 *     type                           order                      equal though bytes differ
 *     bool "char" oid uuid bytea     bytes                      -
 *     int2 int4 int8                 signed                     -
 *     date time timestamp[tz]        signed; ±infinity are      -
 *                                    the extremes
 *     float4 float8                  NaN greatest               0 and -0; any NaN
 *     numeric                        NaN greatest               1.0 and 1.00
 *     interval                       days of 24 hours, months   1 month and 30 days
 *                                    of 30 days, in 128 bits
 *     text varchar name              bytes, collation C only    -
 *     bpchar                         the same without its       'a' and 'a  '
 *                                    trailing blanks
 *
 * Text is equal if and only if its bytes are under any deterministic collation, so
 * grouping asks less of the collation than ordering does.
 *
 * Not here: streams, heaps, and whether a stream comes in the order it claims.
 */
#ifndef COVET_SHARD_ORDER_H
#define COVET_SHARD_ORDER_H

#include <covet/core/error.h>

/* Two values, neither NULL: negative, 0 or positive. Reads within the lengths whatever
 * the bytes are; means what the table says for values that covet__order_check passed. */
typedef int covet__cmp_fn(const void *a, size_t alen, const void *b, size_t blen);

/* Equal for values that compare as equal. */
typedef uint64_t covet__hash_fn(const void *bytes, size_t length, uint64_t seed);

/* NULL where the order cannot be proved. `collation_is_c`: the server compares text of
 * this expression as bytes (C, POSIX), and these bytes, so its encoding is the client's;
 * of no interest for other types. */
covet__cmp_fn *covet__order_of(uint32_t type_oid, bool collation_is_c);

/* Whether the bytes are a value of the type; COVET_ETYPE 22P03 if not. A type without
 * an order passes. */
covet_status covet__order_check(uint32_t type_oid, const void *bytes, size_t length,
                                covet_error *err);

/* One item of an ORDER BY. PostgreSQL's defaults: ASC NULLS LAST, DESC NULLS FIRST. */
typedef struct covet__order_key {
    covet__cmp_fn *cmp;
    bool descending;
    bool nulls_first; /* whichever way the values go */
} covet__order_key;

/* -1, 0, 1. A NULL pointer is SQL's NULL; an empty value is not a NULL pointer. */
int covet__order_compare(const covet__order_key *key, const void *a, size_t alen, const void *b,
                         size_t blen);

/* One item of a GROUP BY or DISTINCT. */
typedef struct covet__group_key {
    covet__cmp_fn *cmp; /* asked for equality only */
    covet__hash_fn *hash;
} covet__group_key;

/* False, and *ret_key untouched, where equality cannot be proved. */
bool covet__group_of(uint32_t type_oid, bool collation_is_deterministic, covet__group_key *ret_key);

/* NULLs as above; they are of one group. */
bool covet__group_equal(const covet__group_key *key, const void *a, size_t alen, const void *b,
                        size_t blen);
uint64_t covet__group_hash(const covet__group_key *key, const void *bytes, size_t length,
                           uint64_t seed);

#endif
