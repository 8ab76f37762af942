#include <limits.h>
#include <string.h>
#include <strings.h>

#include "core/fail.h"
#include "core/hash.h"
#include "core/macros.h"
#include "core/numeric.h"
#include "core/wire.h"

enum {
    BASE = 10000,
    GROUP_DIGITS = 4, /* decimals in a group */
    HEADER = 8,       /* bytes on the wire before the groups */
    WEIGHT_MAX = INT16_MAX,
    DSCALE_MAX = 0x3FFF,
    QUOTIENT_DIGITS = 16, /* significant ones that a quotient has at least */
    QUOTIENT_DSCALE_MAX = 1000,
    CARRY_EVERY = 4096, /* additions; a column then holds < 4098 * 10000, far from INT32_MAX */
};

enum {
    SIGN_PLUS = 0x0000,
    SIGN_MINUS = 0x4000,
    SIGN_NAN = 0xC000,
    SIGN_INFINITY = 0xD000,
    SIGN_MINUS_INFINITY = 0xF000,
    DSCALE_INFINITY = 0x0020, /* what numeric_send writes beside either infinity */
};

static const int32_t powers[] = {1, 10, 100, 1000, 10000};

static void store16(unsigned char *at, int32_t value) { covet__put16(at, (uint16_t)value); }

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "numeric: out of memory");
}

static covet_status bad_bytes(covet_error *err, const char *what)
{
    return covet__fail_state(err, COVET_ETYPE, "22P03", "%s in external \"numeric\" value", what);
}

static covet_status overflow(covet_error *err)
{
    return covet__fail_state(err, COVET_ESQL, "22003", "value overflows numeric format");
}

/* The group that counts 10000^weight, which may lie outside of those that are stored. */
static int32_t group_at(const covet__numeric *value, int32_t weight)
{
    const int32_t i = value->weight - weight;
    return i >= 0 && i < value->count ? covet__get16(value->groups + 2 * i) : 0;
}

/* N1. */
static void strip(covet__numeric *value)
{
    while (value->count > 0 && covet__get16(value->groups) == 0) {
        value->groups += 2;
        value->count--;
        value->weight--;
    }
    while (value->count > 0 && covet__get16(value->groups + 2 * (value->count - 1)) == 0)
        value->count--;
    if (value->count == 0) {
        value->weight = 0;
        value->negative = false;
    }
}

/* N1 and N2 for a value that was just made. Its dscale came from one that was checked. */
static covet_status finish(covet__numeric value, covet__numeric *ret_value, covet_error *err)
{
    strip(&value);
    if (value.weight > WEIGHT_MAX)
        return overflow(err);
    *ret_value = value;
    return COVET_OK;
}

/* --- the wire --- */

covet__numeric covet__numeric_view(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    if (length < HEADER)
        return (covet__numeric){0};
    const int32_t sign = covet__get16(at + 4);
    covet__numeric value = {.dscale = covet__get16(at + 6)};
    switch (sign) {
    case SIGN_NAN: return (covet__numeric){.kind = COVET__NUMERIC_NAN};
    case SIGN_INFINITY: return (covet__numeric){.kind = COVET__NUMERIC_INFINITY};
    case SIGN_MINUS_INFINITY: return (covet__numeric){.kind = COVET__NUMERIC_MINUS_INFINITY};
    case SIGN_MINUS: value.negative = true; break;
    default: break;
    }
    const int32_t sent =
        length - HEADER < 2u * UINT16_MAX ? (int32_t)(length - HEADER) / 2 : UINT16_MAX;
    value.count = COVET_MIN(covet__get16(at), sent);
    value.weight = (int16_t)covet__get16(at + 2);
    value.groups = at + HEADER;
    strip(&value);
    return value;
}

/* Decimals behind the point that are needed to print every digit. */
static int32_t decimals(const covet__numeric *value)
{
    if (value->count == 0)
        return 0;
    const int32_t last = covet__get16(value->groups + 2 * (value->count - 1));
    int32_t zeros = 0;
    while (last % powers[zeros + 1] == 0)
        zeros++;
    return (value->count - 1 - value->weight) * GROUP_DIGITS - zeros;
}

covet_status covet__numeric_decode(const void *bytes, size_t length, covet__numeric *ret_value,
                                   covet_error *err)
{
    const unsigned char *at = bytes;
    if (length < HEADER || length != HEADER + 2u * (size_t)covet__get16(at))
        return bad_bytes(err, "wrong length");
    switch (covet__get16(at + 4)) {
    case SIGN_PLUS:
    case SIGN_MINUS:
    case SIGN_NAN:
    case SIGN_INFINITY:
    case SIGN_MINUS_INFINITY: break;
    default: return bad_bytes(err, "invalid sign");
    }
    if (covet__get16(at + 6) > DSCALE_MAX)
        return bad_bytes(err, "invalid scale");
    for (size_t i = HEADER; i < length; i += 2)
        if (covet__get16(at + i) >= BASE)
            return bad_bytes(err, "invalid digit");
    const covet__numeric value = covet__numeric_view(bytes, length);
    if (decimals(&value) > value.dscale)
        return bad_bytes(err, "digits beyond the scale");
    *ret_value = value;
    return COVET_OK;
}

covet_status covet__numeric_encode(const covet__numeric *value, covet_arena *arena,
                                   const void **ret_bytes, size_t *ret_length, covet_error *err)
{
    const bool finite = value->kind == COVET__NUMERIC_FINITE;
    const int32_t count = finite ? value->count : 0;
    const size_t length = HEADER + 2 * (size_t)count;
    unsigned char *bytes = covet_arena_alloc(arena, length);
    if (bytes == NULL)
        return no_memory(err);
    int32_t sign = value->negative ? SIGN_MINUS : SIGN_PLUS, dscale = value->dscale;
    switch (value->kind) {
    case COVET__NUMERIC_FINITE: break;
    case COVET__NUMERIC_NAN: sign = SIGN_NAN, dscale = 0; break;
    case COVET__NUMERIC_INFINITY: sign = SIGN_INFINITY, dscale = DSCALE_INFINITY; break;
    case COVET__NUMERIC_MINUS_INFINITY: sign = SIGN_MINUS_INFINITY, dscale = DSCALE_INFINITY; break;
    }
    store16(bytes, count);
    store16(bytes + 2, finite ? value->weight : 0);
    store16(bytes + 4, sign);
    store16(bytes + 6, dscale);
    if (count > 0)
        memcpy(bytes + HEADER, value->groups, 2 * (size_t)count);
    *ret_bytes = bytes;
    *ret_length = length;
    return COVET_OK;
}

covet__numeric covet__numeric_from_int64(int64_t value,
                                         unsigned char room[COVET__NUMERIC_INT64_ROOM])
{
    const int32_t count = COVET__NUMERIC_INT64_ROOM / 2;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (int32_t i = count - 1; i >= 0; i--, left /= BASE)
        store16(room + 2 * i, (int32_t)(left % BASE));
    covet__numeric number = {.negative = value < 0,
                             .weight = count - 1,
                             .count = count,
                             .groups = room};
    strip(&number);
    return number;
}

/* --- text --- */

/* A decimal as it was written; its digits are those of [start, start + length), where a
 * point may stand among them. */
typedef struct decimal {
    const char *start;
    size_t length;
    int64_t integers;  /* digits before the point */
    int64_t fractions; /* digits behind it */
    int64_t exponent;
    int64_t first, last; /* powers of ten of the outermost digits other than 0 */
    bool negative;
} decimal;

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at))
        at++;
    return at;
}

/* The server reads an exponent with strtol, which skips white space before it. Numbers
 * beyond its limit are cut at the limit. NULL if there is no number. */
static const char *parse_exponent(const char *at, const char *end, int64_t *ret_exponent)
{
    while (at < end && is_space(*at))
        at++;
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    int64_t exponent = 0;
    for (; at < end && is_digit(*at); at++)
        exponent = COVET_MIN(exponent * 10 + (*at - '0'), (int64_t)INT_MAX);
    *ret_exponent = negative ? -exponent : exponent;
    return at;
}

static bool exponent_overflows(const decimal *d)
{
    return d->exponent >= INT_MAX / 2 || d->exponent <= -(INT_MAX / 2);
}

/* False if [at, end) is no decimal. As in the server, an exponent that is too large is
 * an overflow before anyone has looked at what follows it. */
static bool parse_decimal(const char *at, const char *end, decimal *ret_decimal)
{
    decimal d = {0};
    if (at < end && (*at == '+' || *at == '-'))
        d.negative = *at++ == '-';
    d.start = at;
    at = skip_digits(at, end);
    d.integers = at - d.start;
    if (at < end && *at == '.') {
        const char *point = at++;
        at = skip_digits(at, end);
        d.fractions = at - point - 1;
    }
    d.length = (size_t)(at - d.start);
    if (d.integers + d.fractions == 0)
        return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = parse_exponent(at + 1, end, &d.exponent);
        if (at == NULL)
            return false;
    }
    *ret_decimal = d;
    return at == end || exponent_overflows(&d);
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* Sets first and last; false if every digit is 0. */
static bool find_ends(decimal *d)
{
    bool found = false;
    int64_t power = d->integers + d->exponent;
    for (size_t i = 0; i < d->length; i++) {
        if (d->start[i] == '.')
            continue;
        power--;
        if (d->start[i] == '0')
            continue;
        if (!found)
            d->first = power;
        d->last = power;
        found = true;
    }
    return found;
}

static covet_status make_decimal(decimal *d, covet_arena *arena, covet__numeric *ret_value,
                                 covet_error *err)
{
    const int64_t dscale = COVET_MAX(d->fractions - d->exponent, (int64_t)0);
    if (exponent_overflows(d) || dscale > DSCALE_MAX)
        return overflow(err);
    covet__numeric value = {.negative = d->negative, .dscale = (int32_t)dscale};
    if (!find_ends(d))
        return finish(value, ret_value, err);
    const int64_t weight = floor_div(d->first, GROUP_DIGITS);
    if (weight > WEIGHT_MAX)
        return overflow(err);
    const size_t count = (size_t)(weight - floor_div(d->last, GROUP_DIGITS) + 1);
    unsigned char *groups = covet_arena_alloc(arena, 2 * count);
    if (groups == NULL)
        return no_memory(err);
    memset(groups, 0, 2 * count);
    int64_t power = d->integers + d->exponent;
    for (size_t i = 0; i < d->length; i++) {
        if (d->start[i] == '.')
            continue;
        power--;
        if (d->start[i] == '0')
            continue;
        const int64_t group = floor_div(power, GROUP_DIGITS);
        unsigned char *at = groups + 2 * (weight - group);
        store16(at, covet__get16(at) + (d->start[i] - '0') * powers[power - group * GROUP_DIGITS]);
    }
    value.weight = (int32_t)weight;
    value.count = (int32_t)count;
    value.groups = groups;
    return finish(value, ret_value, err);
}

static bool parse_special(const char *at, const char *end, covet__numeric *ret_value)
{
    static const struct {
        const char *name;
        covet__numeric_kind kind;
    } specials[] = {
        {"nan", COVET__NUMERIC_NAN},
        {"inf", COVET__NUMERIC_INFINITY},
        {"+inf", COVET__NUMERIC_INFINITY},
        {"-inf", COVET__NUMERIC_MINUS_INFINITY},
        {"infinity", COVET__NUMERIC_INFINITY},
        {"+infinity", COVET__NUMERIC_INFINITY},
        {"-infinity", COVET__NUMERIC_MINUS_INFINITY},
    };
    const size_t length = (size_t)(end - at);
    for (size_t i = 0; i < COVET_COUNT(specials); i++) {
        if (strlen(specials[i].name) == length && strncasecmp(specials[i].name, at, length) == 0) {
            *ret_value = (covet__numeric){.kind = specials[i].kind};
            return true;
        }
    }
    return false;
}

covet_status covet__numeric_from_text(const char *text, size_t length, covet_arena *arena,
                                      covet__numeric *ret_value, covet_error *err)
{
    const char *at = text, *end = text + length;
    while (at < end && is_space(*at))
        at++;
    while (end > at && is_space(end[-1]))
        end--;
    decimal d;
    if (parse_decimal(at, end, &d))
        return make_decimal(&d, arena, ret_value, err);
    if (parse_special(at, end, ret_value))
        return COVET_OK;
    return covet__fail_state(err, COVET_ETYPE, "22P02",
                             "invalid input syntax for type numeric: \"%.*s\"",
                             (int)COVET_MIN(length, sizeof err->message), text);
}

static char *put_group(char *at, int32_t group)
{
    for (int32_t i = GROUP_DIGITS - 1; i >= 0; i--)
        *at++ = (char)('0' + group / powers[i] % 10);
    return at;
}

covet_status covet__numeric_to_text(const covet__numeric *value, covet_arena *arena,
                                    char **ret_text, covet_error *err)
{
    static const char *const names[] = {"-Infinity", NULL, "Infinity", "NaN"};
    const char *name = names[value->kind + 1];
    /* sign, "0" or the groups before the point, point, groups behind it, NUL */
    const size_t size = name != NULL ? strlen(name) + 1
                                     : (size_t)(COVET_MAX(value->weight + 1, 1) * GROUP_DIGITS +
                                                value->dscale + GROUP_DIGITS + 3);
    char *text = covet_arena_alloc(arena, size);
    if (text == NULL)
        return no_memory(err);
    *ret_text = text;
    if (name != NULL) {
        memcpy(text, name, size);
        return COVET_OK;
    }
    char *at = text;
    if (value->negative)
        *at++ = '-';
    char *const integer = at;
    for (int32_t weight = COVET_MAX(value->weight, 0); weight >= 0; weight--)
        at = put_group(at, group_at(value, weight));
    char *significant = integer;
    while (significant < at - 1 && *significant == '0')
        significant++;
    memmove(integer, significant, (size_t)(at - significant));
    at -= significant - integer;
    if (value->dscale > 0) {
        *at++ = '.';
        char *const stop = at + value->dscale;
        for (int32_t weight = -1; at < stop; weight--)
            at = put_group(at, group_at(value, weight));
        at = stop;
    }
    *at = '\0';
    return COVET_OK;
}

/* --- comparing --- */

static int sign_of(int64_t difference) { return (difference > 0) - (difference < 0); }

/* Without their signs. Big-endian groups of one weight compare as bytes, and the longer
 * of two that agree is the greater, because its last group is not zero (N1). */
static int compare_size(const covet__numeric *a, const covet__numeric *b)
{
    if (a->count == 0 || b->count == 0)
        return sign_of(a->count - b->count);
    if (a->weight != b->weight)
        return sign_of(a->weight - b->weight);
    const int order = memcmp(a->groups, b->groups, 2 * (size_t)COVET_MIN(a->count, b->count));
    return sign_of(order != 0 ? order : a->count - b->count);
}

int covet__numeric_compare(const covet__numeric *a, const covet__numeric *b)
{
    if (a->kind != b->kind || a->kind != COVET__NUMERIC_FINITE)
        return sign_of(a->kind - b->kind);
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_size(b, a) : compare_size(a, b);
}

uint64_t covet__numeric_hash(const covet__numeric *value, uint64_t seed)
{
    uint64_t head = (uint64_t)(value->kind + 1);
    size_t length = 0;
    if (value->kind == COVET__NUMERIC_FINITE) {
        head |= (uint64_t)value->negative << 2 | (uint64_t)(uint32_t)value->weight << 3;
        length = 2 * (size_t)value->count;
    }
    return covet__hash64_seed(length > 0 ? value->groups : (const unsigned char *)"", length,
                              seed ^ covet__mix64(head));
}

/* --- sums --- */

/*
 * Columns are signed and are added to without carrying: 4096 groups of 9999 fit many
 * times over. columns[0] is a spare that takes the carry out of the others and nothing
 * else; once it holds something, there must be a new one before the next carry.
 */

/* Makes room for weights low..high and the spare above them. Grows by half at least, on
 * the side that is short, so that values of creeping weight cost amortised O(1). */
static bool make_room(covet__numeric_sum *sum, int32_t high, int32_t low, covet_arena *arena)
{
    const int32_t bottom = sum->top - sum->count + 1;
    if (sum->count > 0 && high < sum->top && low >= bottom)
        return true;
    int32_t new_top = high + 1, new_bottom = low;
    if (sum->count > 0) {
        new_top = high < sum->top ? sum->top : COVET_MAX(new_top, sum->top + sum->count / 2);
        new_bottom = low >= bottom ? bottom : COVET_MIN(low, bottom - sum->count / 2);
    }
    const int32_t count = new_top - new_bottom + 1;
    int32_t *columns = covet_arena_alloc(arena, sizeof *columns * (size_t)count);
    if (columns == NULL)
        return false;
    memset(columns, 0, sizeof *columns * (size_t)count);
    if (sum->count > 0)
        memcpy(columns + (new_top - sum->top), sum->columns, sizeof *columns * (size_t)sum->count);
    sum->columns = columns;
    sum->count = count;
    sum->top = new_top;
    return true;
}

/* Brings every column within ±9999. */
static bool carry(covet__numeric_sum *sum, covet_arena *arena)
{
    if (sum->count > 0 && sum->columns[0] != 0 && !make_room(sum, sum->top, sum->top, arena))
        return false;
    for (int32_t i = sum->count - 1; i > 0; i--) {
        sum->columns[i - 1] += sum->columns[i] / BASE;
        sum->columns[i] %= BASE;
    }
    sum->pending = 0;
    return true;
}

covet_status covet__numeric_sum_add(covet__numeric_sum *sum, const covet__numeric *value,
                                    covet_arena *arena, covet_error *err)
{
    switch (value->kind) {
    case COVET__NUMERIC_NAN: sum->nan = true; return COVET_OK;
    case COVET__NUMERIC_INFINITY: sum->infinity = true; return COVET_OK;
    case COVET__NUMERIC_MINUS_INFINITY: sum->minus_infinity = true; return COVET_OK;
    case COVET__NUMERIC_FINITE: break;
    }
    if (value->count > 0) {
        const int32_t low = value->weight - value->count + 1;
        if ((sum->pending == CARRY_EVERY && !carry(sum, arena)) ||
            !make_room(sum, value->weight, low, arena))
            return no_memory(err);
        int32_t *column = sum->columns + (sum->top - value->weight);
        for (int32_t i = 0; i < value->count; i++) {
            const int32_t group = covet__get16(value->groups + 2 * i);
            column[i] += value->negative ? -group : group;
        }
        sum->pending++;
    }
    sum->dscale = COVET_MAX(sum->dscale, value->dscale);
    return COVET_OK;
}

/* The sign of the first column that is not zero: the rest, each within ±9999, is less
 * than one of its units. */
static int sum_sign(const covet__numeric_sum *sum)
{
    for (int32_t i = 0; i < sum->count; i++)
        if (sum->columns[i] != 0)
            return sum->columns[i] < 0 ? -1 : 1;
    return 0;
}

covet_status covet__numeric_sum_value(covet__numeric_sum *sum, covet_arena *arena,
                                      covet__numeric *ret_value, covet_error *err)
{
    if (sum->nan || sum->infinity || sum->minus_infinity) {
        const bool nan = sum->nan || (sum->infinity && sum->minus_infinity);
        *ret_value = (covet__numeric){.kind = nan             ? COVET__NUMERIC_NAN
                                              : sum->infinity ? COVET__NUMERIC_INFINITY
                                                              : COVET__NUMERIC_MINUS_INFINITY};
        return COVET_OK;
    }
    if (!carry(sum, arena))
        return no_memory(err);
    const int sign = sum_sign(sum);
    if (sign == 0)
        return finish((covet__numeric){.dscale = sum->dscale}, ret_value, err);
    unsigned char *groups = covet_arena_alloc(arena, 2 * (size_t)sum->count);
    if (groups == NULL)
        return no_memory(err);
    int32_t borrowed = 0;
    for (int32_t i = sum->count - 1; i >= 0; i--) {
        const int32_t column = sign * sum->columns[i] - borrowed;
        borrowed = column < 0;
        store16(groups + 2 * i, column + borrowed * BASE);
    }
    return finish((covet__numeric){.negative = sign < 0,
                                   .weight = sum->top,
                                   .dscale = sum->dscale,
                                   .count = sum->count,
                                   .groups = groups},
                  ret_value, err);
}

covet_status covet__numeric_add(const covet__numeric *a, const covet__numeric *b,
                                covet_arena *arena, covet__numeric *ret_value, covet_error *err)
{
    covet__numeric_sum sum = {0};
    COVET_TRY(covet__numeric_sum_add(&sum, a, arena, err));
    COVET_TRY(covet__numeric_sum_add(&sum, b, arena, err));
    return covet__numeric_sum_value(&sum, arena, ret_value, err);
}

covet_status covet__numeric_subtract(const covet__numeric *a, const covet__numeric *b,
                                     covet_arena *arena, covet__numeric *ret_value,
                                     covet_error *err)
{
    covet__numeric minus = *b;
    minus.negative = !b->negative;
    if (b->kind == COVET__NUMERIC_INFINITY)
        minus.kind = COVET__NUMERIC_MINUS_INFINITY;
    else if (b->kind == COVET__NUMERIC_MINUS_INFINITY)
        minus.kind = COVET__NUMERIC_INFINITY;
    return covet__numeric_add(a, &minus, arena, ret_value, err);
}

/* --- quotients --- */

/* At least 16 significant digits by the weights and first groups of the two, and no
 * fewer decimals than either has, but never more than 1000. */
static int32_t quotient_dscale(const covet__numeric *a, const covet__numeric *b)
{
    int32_t weight = a->weight - b->weight;
    if (group_at(a, a->weight) <= group_at(b, b->weight))
        weight--;
    const int32_t wanted = QUOTIENT_DIGITS - weight * GROUP_DIGITS;
    const int32_t had = COVET_MAX(a->dscale, b->dscale);
    return COVET_MIN(COVET_MAX(wanted, had), (int32_t)QUOTIENT_DSCALE_MAX);
}

/* NaN above all; infinity by anything but infinity is infinity; anything by infinity is 0. */
static covet__numeric divide_special(const covet__numeric *a, const covet__numeric *b)
{
    const bool a_finite = a->kind == COVET__NUMERIC_FINITE;
    const bool b_finite = b->kind == COVET__NUMERIC_FINITE;
    if (a->kind == COVET__NUMERIC_NAN || b->kind == COVET__NUMERIC_NAN || (!a_finite && !b_finite))
        return (covet__numeric){.kind = COVET__NUMERIC_NAN};
    if (a_finite)
        return (covet__numeric){0};
    const bool negative = (a->kind == COVET__NUMERIC_MINUS_INFINITY) != b->negative;
    return (covet__numeric){.kind =
                                negative ? COVET__NUMERIC_MINUS_INFINITY : COVET__NUMERIC_INFINITY};
}

/*
 * Long division (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D), base
 * 10000. The rest holds `quotients` + n groups, its first 0; the divisor n >= 2, its
 * first at least 5000, so that a guess from two groups is at most two too high and one
 * from three at most one. One group of the quotient a step; what is left stays in rest.
 */
static void long_division(int32_t *rest, const int32_t *divisor, int32_t n, int32_t *quotient,
                          int32_t quotients)
{
    for (int32_t j = 0; j < quotients; j++, rest++) {
        const int32_t head = rest[0] * BASE + rest[1];
        int32_t guess = head / divisor[0], left = head % divisor[0];
        while (guess >= BASE || guess * divisor[1] > left * BASE + rest[2]) {
            guess--;
            left += divisor[0];
            if (left >= BASE)
                break;
        }
        int32_t borrow = 0;
        for (int32_t i = n - 1; i >= 0; i--) {
            const int32_t group = rest[i + 1] - guess * divisor[i] - borrow;
            borrow = group < 0 ? (BASE - 1 - group) / BASE : 0;
            rest[i + 1] = group + borrow * BASE;
        }
        rest[0] -= borrow;
        if (rest[0] < 0) {
            guess--;
            int32_t over = 0;
            for (int32_t i = n - 1; i >= 0; i--) {
                const int32_t group = rest[i + 1] + divisor[i] + over;
                over = group >= BASE;
                rest[i + 1] = group - over * BASE;
            }
            rest[0] += over;
        }
        quotient[j] = guess;
    }
}

/* Multiplies by a factor that cannot carry out of the first group. */
static void scale_up(int32_t *groups, int32_t count, int32_t factor)
{
    int32_t over = 0;
    for (int32_t i = count - 1; i >= 0; i--) {
        const int32_t group = groups[i] * factor + over;
        groups[i] = group % BASE;
        over = group / BASE;
    }
}

/* Rounds the last group to its first `keep` (0..3) decimals, half away from zero. What
 * the division left below it cannot matter: half a unit is reached by a digit of this
 * group or not at all. quotient[0] is a spare for the carry. */
static void round_last(int32_t *quotient, int32_t count, int32_t keep)
{
    const int32_t unit = powers[GROUP_DIGITS - keep];
    int32_t *last = quotient + count - 1;
    const int32_t cut = *last % unit;
    *last += cut >= unit / 2 ? unit - cut : -cut;
    for (int32_t i = count - 1; i > 0 && quotient[i] >= BASE; i--) {
        quotient[i] -= BASE;
        quotient[i - 1]++;
    }
}

/*
 * The quotient is computed down to the group that holds the first decimal behind the
 * scale, and cut there; so the dividend is needed just as far as that group asks for:
 *
 *     weight   a.weight - b.weight  ...  0 . -1  ...  -behind
 *     quotient [spare] q1 q2        ...  qk  .  ...   q(quotients)
 */
static covet_status divide_finite(const covet__numeric *a, const covet__numeric *b,
                                  covet_arena *arena, covet__numeric *ret_value, covet_error *err)
{
    const int32_t dscale = quotient_dscale(a, b);
    const int32_t behind = dscale / GROUP_DIGITS + 1;
    const int32_t weight = a->weight - b->weight;
    const int32_t quotients = weight + behind + 1;
    covet__numeric value = {.negative = a->negative != b->negative, .dscale = dscale};
    if (a->count == 0 || quotients <= 0)
        return finish(value, ret_value, err);
    if (weight > WEIGHT_MAX + 1) /* the first group may be 0, the second is not */
        return overflow(err);
    const int32_t n = COVET_MAX(b->count, 2);
    const int32_t rests = quotients + n;
    const size_t total = (size_t)n + (size_t)rests + (size_t)quotients + 1;
    int32_t *divisor = covet_arena_alloc(arena, sizeof *divisor * total);
    unsigned char *groups = covet_arena_alloc(arena, 2 * ((size_t)quotients + 1));
    if (divisor == NULL || groups == NULL)
        return no_memory(err);
    int32_t *rest = divisor + n, *quotient = rest + rests;
    for (int32_t i = 0; i < n; i++)
        divisor[i] = group_at(b, b->weight - i);
    rest[0] = 0;
    for (int32_t i = 1; i < rests; i++)
        rest[i] = group_at(a, a->weight - i + 1);
    const int32_t factor = BASE / (divisor[0] + 1);
    scale_up(divisor, n, factor);
    scale_up(rest, rests, factor);
    quotient[0] = 0;
    long_division(rest, divisor, n, quotient + 1, quotients);
    round_last(quotient, quotients + 1, dscale % GROUP_DIGITS);
    for (int32_t i = 0; i <= quotients; i++)
        store16(groups + 2 * i, quotient[i]);
    value.weight = weight + 1;
    value.count = quotients + 1;
    value.groups = groups;
    return finish(value, ret_value, err);
}

covet_status covet__numeric_divide(const covet__numeric *a, const covet__numeric *b,
                                   covet_arena *arena, covet__numeric *ret_value, covet_error *err)
{
    const bool b_is_zero = b->kind == COVET__NUMERIC_FINITE && b->count == 0;
    if (b_is_zero && a->kind != COVET__NUMERIC_NAN)
        return covet__fail_state(err, COVET_ESQL, "22012", "division by zero");
    if (a->kind == COVET__NUMERIC_FINITE && b->kind == COVET__NUMERIC_FINITE)
        return divide_finite(a, b, arena, ret_value, err);
    *ret_value = divide_special(a, b);
    return COVET_OK;
}
