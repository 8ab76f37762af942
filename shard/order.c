#include <math.h>
#include <string.h>

#include "core/fail.h"
#include "core/hash.h"
#include "core/macros.h"
#include "core/numeric.h"
#include "core/types.h"
#include "core/wire.h"
#include "shard/order.h"

__extension__ typedef __int128 int128;

/* --- orders --- */

static int sign_of(int64_t difference) { return (difference > 0) - (difference < 0); }

static int compare_bytes(const void *a, size_t alen, const void *b, size_t blen)
{
    const size_t common = COVET_MIN(alen, blen);
    const int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (alen > blen) - (alen < blen);
}

/* A blank that pads char(n) is no part of the value; one inside is. */
static size_t without_padding(const void *bytes, size_t length)
{
    const char *text = bytes;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

static int compare_padded(const void *a, size_t alen, const void *b, size_t blen)
{
    return compare_bytes(a, without_padding(a, alen), b, without_padding(b, blen));
}

/* Big-endian two's complement of any width: bytes, once the sign bit is turned over. */
static int compare_signed(const void *a, size_t alen, const void *b, size_t blen)
{
    if (alen > 0 && blen > 0) {
        const int x = *(const unsigned char *)a ^ 0x80, y = *(const unsigned char *)b ^ 0x80;
        if (x != y)
            return x - y;
    }
    return compare_bytes(a, alen, b, blen);
}

/* float4 or float8 by its length; every float4 is a double. */
static double load_float(const void *bytes, size_t length)
{
    if (length == sizeof(float))
        return (double)covet__float_of(covet__get32(bytes));
    return length == sizeof(double) ? covet__double_of(covet__get64(bytes)) : 0;
}

static int compare_float(const void *a, size_t alen, const void *b, size_t blen)
{
    const double x = load_float(a, alen), y = load_float(b, blen);
    if (isnan(x) || isnan(y))
        return (isnan(x) != 0) - (isnan(y) != 0);
    return (x > y) - (x < y);
}

static int compare_numeric(const void *a, size_t alen, const void *b, size_t blen)
{
    const covet__numeric x = covet__numeric_view(a, alen), y = covet__numeric_view(b, blen);
    return covet__numeric_compare(&x, &y);
}

/* On the wire: microseconds int8, days int4, months int4. The span of the largest does
 * not fit 64 bits. */
static int128 load_span(const void *bytes, size_t length)
{
    if (length != 16)
        return 0;
    const char *at = bytes;
    const int64_t days = (int32_t)covet__get32(at + 8), months = (int32_t)covet__get32(at + 12);
    return (int128)(int64_t)covet__get64(at) + (int128)(days + months * 30) * 86400000000;
}

static int compare_interval(const void *a, size_t alen, const void *b, size_t blen)
{
    const int128 x = load_span(a, alen), y = load_span(b, blen);
    return (x > y) - (x < y);
}

/* --- hashes --- */

static uint64_t hash_padded(const void *bytes, size_t length, uint64_t seed)
{
    return covet__hash64_seed(bytes, without_padding(bytes, length), seed);
}

static uint64_t hash_float(const void *bytes, size_t length, uint64_t seed)
{
    double x = load_float(bytes, length);
    if (isnan(x))
        x = (double)NAN;
    else if (x == 0)
        x = 0; /* of either sign */
    return covet__hash64_seed(&x, sizeof x, seed);
}

static uint64_t hash_numeric(const void *bytes, size_t length, uint64_t seed)
{
    const covet__numeric x = covet__numeric_view(bytes, length);
    return covet__numeric_hash(&x, seed);
}

static uint64_t hash_interval(const void *bytes, size_t length, uint64_t seed)
{
    const int128 span = load_span(bytes, length);
    return covet__hash64_seed(&span, sizeof span, seed);
}

/* --- types --- */

enum { TYPE_SIZE_ANY = 0 };

typedef struct type_order {
    uint32_t oid;
    uint32_t size; /* on the wire */
    bool is_text;
    covet__cmp_fn *cmp;
    covet__hash_fn *hash;
} type_order;

static const type_order types[] = {
    {COVET__BOOL, 1, false, compare_bytes, covet__hash64_seed},
    {COVET__CHAR, 1, false, compare_bytes, covet__hash64_seed},
    {COVET__OID, 4, false, compare_bytes, covet__hash64_seed},
    {COVET__UUID, 16, false, compare_bytes, covet__hash64_seed},
    {COVET__BYTEA, TYPE_SIZE_ANY, false, compare_bytes, covet__hash64_seed},
    {COVET__INT2, 2, false, compare_signed, covet__hash64_seed},
    {COVET__INT4, 4, false, compare_signed, covet__hash64_seed},
    {COVET__INT8, 8, false, compare_signed, covet__hash64_seed},
    {COVET__DATE, 4, false, compare_signed, covet__hash64_seed},
    {COVET__TIME, 8, false, compare_signed, covet__hash64_seed},
    {COVET__TIMESTAMP, 8, false, compare_signed, covet__hash64_seed},
    {COVET__TIMESTAMPTZ, 8, false, compare_signed, covet__hash64_seed},
    {COVET__FLOAT4, 4, false, compare_float, hash_float},
    {COVET__FLOAT8, 8, false, compare_float, hash_float},
    {COVET__NUMERIC, TYPE_SIZE_ANY, false, compare_numeric, hash_numeric},
    {COVET__INTERVAL, 16, false, compare_interval, hash_interval},
    {COVET__TEXT, TYPE_SIZE_ANY, true, compare_bytes, covet__hash64_seed},
    {COVET__VARCHAR, TYPE_SIZE_ANY, true, compare_bytes, covet__hash64_seed},
    {COVET__NAME, TYPE_SIZE_ANY, true, compare_bytes, covet__hash64_seed},
    {COVET__BPCHAR, TYPE_SIZE_ANY, true, compare_padded, hash_padded},
};

static const type_order *find(uint32_t oid)
{
    for (size_t i = 0; i < COVET_COUNT(types); i++)
        if (types[i].oid == oid)
            return &types[i];
    return NULL;
}

covet__cmp_fn *covet__order_of(uint32_t type_oid, bool collation_is_c)
{
    const type_order *type = find(type_oid);
    return type != NULL && (collation_is_c || !type->is_text) ? type->cmp : NULL;
}

bool covet__group_of(uint32_t type_oid, bool collation_is_deterministic, covet__group_key *ret_key)
{
    const type_order *type = find(type_oid);
    if (type == NULL || (type->is_text && !collation_is_deterministic))
        return false;
    *ret_key = (covet__group_key){.cmp = type->cmp, .hash = type->hash};
    return true;
}

covet_status covet__order_check(uint32_t type_oid, const void *bytes, size_t length,
                                covet_error *err)
{
    const type_order *type = find(type_oid);
    if (type == NULL)
        return COVET_OK;
    if (type_oid == COVET__NUMERIC) {
        covet__numeric value;
        return covet__numeric_decode(bytes, length, &value, err);
    }
    const bool is_size = type->size == TYPE_SIZE_ANY || type->size == length;
    if (!is_size || (type_oid == COVET__BOOL && *(const unsigned char *)bytes > 1))
        return covet__fail_state(err, COVET_ETYPE, "22P03",
                                 "incorrect binary data format: %zu bytes are no %s", length,
                                 covet__type_name(type_oid));
    return COVET_OK;
}

int covet__order_compare(const covet__order_key *key, const void *a, size_t alen, const void *b,
                         size_t blen)
{
    if (a == NULL || b == NULL) {
        const int nulls_last = (a == NULL) - (b == NULL);
        return key->nulls_first ? -nulls_last : nulls_last;
    }
    const int order = sign_of(key->cmp(a, alen, b, blen));
    return key->descending ? -order : order;
}

bool covet__group_equal(const covet__group_key *key, const void *a, size_t alen, const void *b,
                        size_t blen)
{
    if (a == NULL || b == NULL)
        return a == b;
    return key->cmp(a, alen, b, blen) == 0;
}

uint64_t covet__group_hash(const covet__group_key *key, const void *bytes, size_t length,
                           uint64_t seed)
{
    return bytes != NULL ? key->hash(bytes, length, seed) : covet__mix64(~seed);
}
