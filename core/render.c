#include "core/render.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/numeric.h"
#include "core/types.h"
#include "core/wire.h"

static covet_status malformed(uint32_t type, size_t length, covet_error *err)
{
    return covet__fail_state(err, COVET_ETYPE, "22P03", "incorrect binary data of %zu bytes for %s",
                             length, covet__type_name(type));
}

/* ---- the digits of floats -------------------------------------------------------------------
 *
 * The shortest decimal that lies strictly between the midpoints to the neighbouring
 * floats, and of those the nearest; a tie goes to the even digit. Strictly: PostgreSQL
 * never prints a midpoint itself, for the sake of readers that round it the wrong way, and
 * where the gap below a float is narrower than that above it the nearest short decimal may
 * be of no use while its neighbour is. So this is not a loop of printf and strtod.
 *
 * In whole numbers (Burger and Dybvig, "Printing Floating-Point Numbers Quickly and
 * Accurately", 1996): the value is r / s, the midpoints are (r - down) / s, (r + up) / s.
 */

enum {
    BIG_WORDS = 40,  /* nothing below exceeds 2^1200 */
    DIGITS_MAX = 17, /* of a double */
};

typedef struct big {
    int count;
    uint32_t words[BIG_WORDS]; /* the lowest first; those from `count` on are zero */
} big;

typedef struct digits {
    char text[DIGITS_MAX + 1]; /* no zeros at either end */
    int count;
    int exponent; /* of the first digit: value = t.ext * 10^exponent */
} digits;

static big big_of(uint64_t value, int shift)
{
    const int at = shift / 32, rest = shift % 32;
    big x = {.count = at + 3};
    x.words[at] = (uint32_t)(value << rest);
    x.words[at + 1] = (uint32_t)(value << rest >> 32);
    x.words[at + 2] = rest > 0 ? (uint32_t)(value >> (64 - rest)) : 0;
    while (x.count > 0 && x.words[x.count - 1] == 0)
        x.count--;
    return x;
}

static void big_multiply(big *x, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < x->count; i++) {
        carry += (uint64_t)x->words[i] * factor;
        x->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0)
        x->words[x->count++] = (uint32_t)carry;
}

static void big_power_of_ten(big *x, int power)
{
    for (; power >= 9; power -= 9)
        big_multiply(x, 1000000000);
    for (; power > 0; power--)
        big_multiply(x, 10);
}

static void big_add(big *x, const big *y)
{
    const int count = COVET_MAX(x->count, y->count);
    uint64_t carry = 0;
    for (int i = 0; i < count; i++) {
        carry += (uint64_t)x->words[i] + y->words[i];
        x->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    x->count = count;
    if (carry != 0)
        x->words[x->count++] = (uint32_t)carry;
}

/* x is not less than y. */
static void big_subtract(big *x, const big *y)
{
    int64_t borrow = 0;
    for (int i = 0; i < x->count; i++) {
        borrow += (int64_t)x->words[i] - y->words[i];
        x->words[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    while (x->count > 0 && x->words[x->count - 1] == 0)
        x->count--;
}

static int big_compare(const big *x, const big *y)
{
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    for (int i = x->count - 1; i >= 0; i--)
        if (x->words[i] != y->words[i])
            return x->words[i] < y->words[i] ? -1 : 1;
    return 0;
}

/* x + y against z */
static int big_compare_sum(const big *x, const big *y, const big *z)
{
    big sum = *x;
    big_add(&sum, y);
    return big_compare(&sum, z);
}

typedef struct ratio {
    big r, s, up, down;
} ratio;

/* mantissa * 2^exponent; `even`: the gap below is as wide as the one above. */
static ratio ratio_of(uint64_t mantissa, int exponent, bool even)
{
    const int up = exponent > 0 ? exponent : 0, down = exponent < 0 ? -exponent : 0;
    const int more = even ? 0 : 1; /* room for half of the narrower gap */
    return (ratio){.r = big_of(mantissa, up + 1 + more),
                   .s = big_of(1, down + 1 + more),
                   .up = big_of(1, up + more),
                   .down = big_of(1, up)};
}

/* Makes r / s the value over 10^k, for the k with which it and its upper midpoint are at
 * most 1 and more than 1/10; then r is ten times that, ready for the first digit. */
static int scale(ratio *x, double value)
{
    int k = (int)ceil(log10(value) - 1e-10); /* never too large, at most one too small */
    if (k >= 0) {
        big_power_of_ten(&x->s, k);
    } else {
        big_power_of_ten(&x->r, -k);
        big_power_of_ten(&x->up, -k);
        big_power_of_ten(&x->down, -k);
    }
    if (big_compare_sum(&x->r, &x->up, &x->s) > 0) {
        big_multiply(&x->s, 10);
        k++;
    }
    return k;
}

static digits generate(ratio *x, int k)
{
    digits d = {.exponent = k - 1};
    for (;;) {
        int digit = 0;
        big_multiply(&x->r, 10);
        big_multiply(&x->up, 10);
        big_multiply(&x->down, 10);
        for (; big_compare(&x->r, &x->s) >= 0; digit++)
            big_subtract(&x->r, &x->s);
        const bool low = big_compare(&x->r, &x->down) < 0;
        const bool high = big_compare_sum(&x->r, &x->up, &x->s) > 0;
        if (low || high) {
            const int half = big_compare_sum(&x->r, &x->r, &x->s);
            if (high && (!low || half > 0 || (half == 0 && digit % 2 == 1)))
                digit++;
        }
        d.text[d.count++] = (char)('0' + digit);
        if (low || high || d.count == DIGITS_MAX)
            return d;
    }
}

/* A whole number below 2^53 has no shorter decimal but without its zeros. */
static digits whole(uint64_t value)
{
    char text[24];
    digits d = {0};
    d.count = snprintf(text, sizeof text, "%" PRIu64, value);
    d.exponent = d.count - 1;
    while (text[d.count - 1] == '0')
        d.count--;
    memcpy(d.text, text, (size_t)d.count);
    return d;
}

static digits digits_of_double(double value)
{
    const uint64_t bits = covet__bits_of_double(value);
    const int field = (int)(bits >> 52 & 0x7FF);
    const uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    if (value >= 1 && value < 9007199254740992.0 && floor(value) == value)
        return whole((uint64_t)value);
    ratio x = field == 0 ? ratio_of(fraction, -1074, true)
                         : ratio_of(fraction | UINT64_C(1) << 52, field - 1075,
                                    fraction != 0 || field == 1);
    const int k = scale(&x, value);
    return generate(&x, k);
}

static digits digits_of_float(float value)
{
    const uint32_t bits = covet__bits_of_float(value);
    const int field = (int)(bits >> 23 & 0xFF);
    const uint32_t fraction = bits & ((UINT32_C(1) << 23) - 1);
    if (value >= 1 && value < 16777216.0f && floorf(value) == value)
        return whole((uint64_t)value);
    ratio x = field == 0 ? ratio_of(fraction, -149, true)
                         : ratio_of(fraction | UINT32_C(1) << 23, field - 150,
                                    fraction != 0 || field == 1);
    const int k = scale(&x, (double)value);
    return generate(&x, k);
}

/* ---- floats ------------------------------------------------------------------------------ */

static void put_fixed(const digits *d, covet__str *out)
{
    if (d->exponent < 0) {
        covet__str_add(out, "0.");
        for (int i = -1; i > d->exponent; i--)
            covet__str_char(out, '0');
        covet__str_bytes(out, d->text, (size_t)d->count);
        return;
    }
    for (int i = 0; i <= d->exponent || i < d->count; i++) {
        if (i == d->exponent + 1)
            covet__str_char(out, '.');
        covet__str_char(out, i < d->count ? d->text[i] : '0');
    }
}

static void put_scientific(const digits *d, covet__str *out)
{
    covet__str_char(out, d->text[0]);
    if (d->count > 1) {
        covet__str_char(out, '.');
        covet__str_bytes(out, d->text + 1, (size_t)d->count - 1);
    }
    covet__str_printf(out, "e%c%02d", d->exponent < 0 ? '-' : '+', abs(d->exponent));
}

/* `fixed_max`: from this exponent on with e+NN. */
static void put_float(double value, int fixed_max, bool is_float4, covet__str *out)
{
    if (isnan(value)) {
        covet__str_add(out, "NaN");
        return;
    }
    if (signbit(value))
        covet__str_char(out, '-');
    value = fabs(value);
    if (isinf(value) || value == 0) {
        covet__str_add(out, isinf(value) ? "Infinity" : "0");
        return;
    }
    const digits d = is_float4 ? digits_of_float((float)value) : digits_of_double(value);
    if (d.exponent >= -4 && d.exponent < fixed_max)
        put_fixed(&d, out);
    else
        put_scientific(&d, out);
}

/* ---- dates and times ----------------------------------------------------------------------- */

#define USEC_DAY INT64_C(86400000000)

static covet_status no_moment(const char *what, covet_error *err)
{
    return covet__fail_state(err, COVET_ETYPE, "22008", "%s out of range", what);
}

/* Days since 2000-01-01. The year before 1 is 1 BC, which this says. */
static bool put_date(int64_t days, covet__str *out)
{
    /* Years that begin in March, in eras of 400 years, from 0000-03-01. */
    const int64_t from_era = days + 730425;
    const int64_t era = (from_era >= 0 ? from_era : from_era - 146096) / 146097;
    const int64_t day_of_era = from_era - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    const int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
    const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    covet__str_printf(out, "%04d-%02d-%02d", (int)(year > 0 ? year : 1 - year), (int)month,
                      (int)day);
    return year <= 0;
}

/* .5, .000001; nothing for 0 */
static void put_fraction(int usec, covet__str *out)
{
    char text[16];
    if (usec == 0)
        return;
    int length = snprintf(text, sizeof text, ".%06d", usec);
    while (text[length - 1] == '0')
        length--;
    covet__str_bytes(out, text, (size_t)length);
}

static void put_time(int64_t usec, covet__str *out)
{
    const int seconds = (int)(usec / 1000000);
    covet__str_printf(out, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    put_fraction((int)(usec % 1000000), out);
}

static covet_status render_date(int32_t days, covet__str *out, covet_error *err)
{
    if (days == INT32_MAX || days == INT32_MIN) {
        covet__str_add(out, days > 0 ? "infinity" : "-infinity");
        return COVET_OK;
    }
    if (days < -2451545 || days >= 2145031949) /* 4713-11-24 BC (Julian day 0), 5874897-12-31 */
        return no_moment("date", err);
    if (put_date(days, out))
        covet__str_add(out, " BC");
    return COVET_OK;
}

static covet_status render_timestamp(int64_t usec, const char *zone, covet__str *out,
                                     covet_error *err)
{
    if (usec == INT64_MAX || usec == INT64_MIN) {
        covet__str_add(out, usec > 0 ? "infinity" : "-infinity");
        return COVET_OK;
    }
    if (usec < INT64_C(-211813488000000000) || usec >= INT64_C(9223371331200000000))
        return no_moment("timestamp", err);
    const int64_t days = (usec >= 0 ? usec : usec - (USEC_DAY - 1)) / USEC_DAY;
    const bool before_christ = put_date(days, out);
    covet__str_char(out, ' ');
    put_time(usec - days * USEC_DAY, out);
    covet__str_add(out, zone);
    if (before_christ)
        covet__str_add(out, " BC");
    return COVET_OK;
}

/* One field of an interval. A positive one behind a negative one carries its sign. */
static void put_unit(int value, const char *unit, bool *first, bool *negative, covet__str *out)
{
    if (value == 0)
        return;
    covet__str_printf(out, "%s%s%d %s%s", *first ? "" : " ", *negative && value > 0 ? "+" : "",
                      value, unit, value != 1 ? "s" : "");
    *negative = value < 0;
    *first = false;
}

static void render_interval(int64_t usec, int32_t days, int32_t months, covet__str *out)
{
    bool first = true, negative = false;
    put_unit(months / 12, "year", &first, &negative, out);
    put_unit(months % 12, "mon", &first, &negative, out);
    put_unit(days, "day", &first, &negative, out);
    if (usec == 0 && !first)
        return;
    const uint64_t size = usec < 0 ? -(uint64_t)usec : (uint64_t)usec;
    covet__str_printf(out, "%s%s%02" PRIu64 ":%02d:%02d", first ? "" : " ",
                      usec < 0   ? "-"
                      : negative ? "+"
                                 : "",
                      size / UINT64_C(3600000000), (int)(size / 60000000 % 60),
                      (int)(size / 1000000 % 60));
    put_fraction((int)(size % 1000000), out);
}

/* ---- the others ------------------------------------------------------------------------------ */

static void put_hex(const unsigned char *bytes, size_t length, covet__str *out)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        covet__str_char(out, hex[bytes[i] >> 4]);
        covet__str_char(out, hex[bytes[i] & 15]);
    }
}

static void render_uuid(const unsigned char *bytes, covet__str *out)
{
    static const unsigned char widths[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < COVET_COUNT(widths); i++) {
        if (i > 0)
            covet__str_char(out, '-');
        put_hex(bytes, widths[i], out);
        bytes += widths[i];
    }
}

/* A byte that is no ASCII would break the text's encoding; NUL is the empty text. */
static void render_char(unsigned char byte, covet__str *out)
{
    if (byte >= 0x80)
        covet__str_printf(out, "\\%03o", byte);
    else if (byte != 0)
        covet__str_char(out, (char)byte);
}

static covet_status render_numeric(const void *bytes, size_t length, covet_arena *scratch,
                                   covet__str *out, covet_error *err)
{
    covet__numeric value;
    char *text = NULL;
    COVET_TRY(covet__numeric_decode(bytes, length, &value, err));
    COVET_TRY(covet__numeric_to_text(&value, scratch, &text, err));
    covet__str_add(out, text);
    return COVET_OK;
}

/* Bytes of a value of the type; 0 where they differ. */
static size_t width_of(uint32_t type)
{
    switch (type) {
    case COVET__BOOL:
    case COVET__CHAR: return 1;
    case COVET__INT2: return 2;
    case COVET__INT4:
    case COVET__OID:
    case COVET__FLOAT4:
    case COVET__DATE: return 4;
    case COVET__INT8:
    case COVET__FLOAT8:
    case COVET__TIME:
    case COVET__TIMESTAMP:
    case COVET__TIMESTAMPTZ: return 8;
    case COVET__INTERVAL:
    case COVET__UUID: return 16;
    default: return 0;
    }
}

covet_status covet__render(uint32_t type, const void *bytes, size_t length, covet_arena *scratch,
                           covet__str *out, covet_error *err)
{
    const unsigned char *at = bytes;
    const size_t width = width_of(type);
    if (width != 0 && length != width)
        return malformed(type, length, err);
    switch (type) {
    case COVET__BOOL: covet__str_char(out, at[0] != 0 ? 't' : 'f'); break;
    case COVET__CHAR: render_char(at[0], out); break;
    case COVET__INT2: covet__str_printf(out, "%d", (int16_t)covet__get16(at)); break;
    case COVET__INT4: covet__str_printf(out, "%d", (int32_t)covet__get32(at)); break;
    case COVET__OID: covet__str_printf(out, "%u", covet__get32(at)); break;
    case COVET__INT8: covet__str_printf(out, "%" PRId64, (int64_t)covet__get64(at)); break;
    case COVET__FLOAT4: put_float((double)covet__float_of(covet__get32(at)), 6, true, out); break;
    case COVET__FLOAT8: put_float(covet__double_of(covet__get64(at)), 15, false, out); break;
    case COVET__NUMERIC: return render_numeric(bytes, length, scratch, out, err);
    case COVET__DATE: return render_date((int32_t)covet__get32(at), out, err);
    case COVET__TIMESTAMP: return render_timestamp((int64_t)covet__get64(at), "", out, err);
    case COVET__TIMESTAMPTZ: return render_timestamp((int64_t)covet__get64(at), "+00", out, err);
    case COVET__TIME:
        if (covet__get64(at) > (uint64_t)USEC_DAY)
            return no_moment("time", err);
        put_time((int64_t)covet__get64(at), out);
        break;
    case COVET__INTERVAL:
        render_interval((int64_t)covet__get64(at), (int32_t)covet__get32(at + 8),
                        (int32_t)covet__get32(at + 12), out);
        break;
    case COVET__UUID: render_uuid(at, out); break;
    case COVET__BYTEA:
        covet__str_add(out, "\\x");
        put_hex(at, length, out);
        break;
    case COVET__JSONB:
        if (length < 1 || at[0] != 1)
            return malformed(type, length, err);
        covet__str_bytes(out, at + 1, length - 1);
        break;
    case COVET__TEXT:
    case COVET__VARCHAR:
    case COVET__BPCHAR:
    case COVET__NAME:
    case COVET__UNKNOWN:
    case COVET__JSON: covet__str_bytes(out, bytes, length); break;
    default:
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "the binary form of type %u is not known", type);
    }
    return COVET_OK;
}
