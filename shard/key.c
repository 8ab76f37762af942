#include <string.h>

#include "core/bind.h"
#include "core/fail.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/types.h"
#include "core/wire.h"
#include "shard/key_wire.h"

const char *covet_key_type_name(covet_key_type type)
{
    switch (type) {
    case COVET_KEY_NONE: break;
    case COVET_KEY_INT: return "int";
    case COVET_KEY_TEXT: return "text";
    case COVET_KEY_UUID: return "uuid";
    case COVET_KEY_DATE: return "date";
    case COVET_KEY_TIMESTAMPTZ: return "timestamptz";
    case COVET_KEY_BYTEA: return "bytea";
    }
    return "none";
}

covet_key_type covet__key_type_of(uint32_t oid)
{
    switch (oid) {
    case COVET__INT2:
    case COVET__INT4:
    case COVET__INT8: return COVET_KEY_INT;
    case COVET__TEXT:
    case COVET__VARCHAR: return COVET_KEY_TEXT;
    case COVET__UUID: return COVET_KEY_UUID;
    case COVET__DATE: return COVET_KEY_DATE;
    case COVET__TIMESTAMPTZ: return COVET_KEY_TIMESTAMPTZ;
    case COVET__BYTEA: return COVET_KEY_BYTEA;
    default: return COVET_KEY_NONE;
    }
}

/* ---- the encoding (key.h) ---- */

uint64_t covet_key_hash_int(int64_t value)
{
    uint8_t encoding[8];
    covet__put64(encoding, (uint64_t)value);
    return covet__hash64(encoding, sizeof encoding);
}

uint64_t covet_key_hash_text(const char *text, size_t length)
{
    return covet__hash64(text, length);
}

uint64_t covet_key_hash_uuid(const uint8_t uuid[16]) { return covet__hash64(uuid, 16); }

uint64_t covet_key_hash_date(int32_t days)
{
    uint8_t encoding[4];
    covet__put32(encoding, (uint32_t)days);
    return covet__hash64(encoding, sizeof encoding);
}

uint64_t covet_key_hash_timestamptz(int64_t usec) { return covet_key_hash_int(usec); }

uint64_t covet_key_hash_bytea(const void *bytes, size_t length)
{
    return covet__hash64(bytes, length);
}

/* ---- the binary format ---- */

static covet_status not_a_key(uint32_t oid, covet_error *err)
{
    return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                             "key: a value of type %s (OID %u) cannot be a shard key",
                             covet__type_name(oid), (unsigned)oid);
}

/* Bytes of a value in binary, 0 where they vary. */
static size_t wire_width(uint32_t oid)
{
    switch (oid) {
    case COVET__INT2: return 2;
    case COVET__INT4:
    case COVET__DATE: return 4;
    case COVET__INT8:
    case COVET__TIMESTAMPTZ: return 8;
    case COVET__UUID: return 16;
    default: return 0;
    }
}

covet_status covet__key_hash_wire(uint32_t oid, const void *bytes, size_t length,
                                  uint64_t *ret_hash, covet_error *err)
{
    const size_t width = wire_width(oid);
    if (COVET_UNLIKELY(width != 0 && length != width))
        return covet__fail_state(err, COVET_ETYPE, "22P03",
                                 "key: a binary %s has %zu bytes, this one has %zu",
                                 covet__type_name(oid), width, length);
    if (oid == COVET__TEXT || oid == COVET__VARCHAR)
        COVET_TRY(covet__check_text(bytes, length, err));
    switch (oid) {
    case COVET__INT2: *ret_hash = covet_key_hash_int((int16_t)covet__get16(bytes)); break;
    case COVET__INT4: *ret_hash = covet_key_hash_int((int32_t)covet__get32(bytes)); break;
    case COVET__INT8:
    case COVET__TEXT:
    case COVET__VARCHAR:
    case COVET__DATE:
    case COVET__TIMESTAMPTZ:
    case COVET__UUID:
    case COVET__BYTEA: *ret_hash = covet__hash64(bytes, length); break;
    default: return not_a_key(oid, err);
    }
    return COVET_OK;
}

/* ---- the text format ---- */

/* What is being read: the value between `at` and `end`, and all of it for messages. */
typedef struct input {
    const char *at;
    const char *end;
    uint32_t oid;
    const char *text;
    size_t length;
} input;

/* Refuses as PostgreSQL does: `what` and then the value, cut where it is long. */
static covet_status refuse(const input *in, covet_status status, const char *sqlstate,
                           const char *what, covet_error *err)
{
    char head[68], shown[65];
    const size_t length = COVET_MIN(in->length, sizeof head - 1);
    memcpy(head, in->text, length);
    head[length] = '\0';
    covet__copy(shown, sizeof shown, head);
    return covet__fail_state(err, status, sqlstate, "key: %s for type %s: \"%s%s\"", what,
                             covet__type_name(in->oid), shown,
                             in->length < sizeof shown ? "" : "...");
}

static covet_status malformed(const input *in, covet_error *err)
{
    return refuse(in, COVET_ETYPE, "22P02", "invalid input syntax", err);
}

static bool take(input *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* isspace of the C locale: in UTF-8 no byte beyond ASCII is a space either. */
static void skip_space(input *in)
{
    while (in->at < in->end && (*in->at == ' ' || (*in->at >= '\t' && *in->at <= '\r')))
        in->at++;
}

static int64_t smallest(uint32_t oid)
{
    return oid == COVET__INT2 ? INT16_MIN : oid == COVET__INT4 ? INT32_MIN : INT64_MIN;
}

/* Counts downwards, because the smallest integer has no positive twin. */
static covet_status text_int(input *in, uint64_t *ret_hash, covet_error *err)
{
    const int64_t limit = smallest(in->oid);
    skip_space(in);
    const bool negative = take(in, '-');
    if (!negative)
        (void)take(in, '+');
    if (in->at == in->end || !is_digit(*in->at))
        return malformed(in, err);
    int64_t value = 0;
    for (; in->at < in->end && is_digit(*in->at); in->at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *in->at - '0', &value) || value < limit)
            return refuse(in, COVET_ETYPE, "22003", "value out of range", err);
    skip_space(in);
    if (in->at != in->end)
        return malformed(in, err);
    if (!negative && value == limit)
        return refuse(in, COVET_ETYPE, "22003", "value out of range", err);
    *ret_hash = covet_key_hash_int(negative ? value : -value);
    return COVET_OK;
}

/* -1 for what is not a hexadecimal digit. */
static int nibble(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that two hexadecimal digits write, -1 if they do not. */
static int hex_byte(const input *in)
{
    if (in->end - in->at < 2)
        return -1;
    const int high = nibble(in->at[0]), low = nibble(in->at[1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Braces around it or none; a hyphen may follow every second byte but the last. */
static covet_status text_uuid(input *in, uint64_t *ret_hash, covet_error *err)
{
    uint8_t uuid[16];
    const bool braces = take(in, '{');
    for (size_t i = 0; i < sizeof uuid; i++) {
        const int byte = hex_byte(in);
        if (byte < 0)
            return malformed(in, err);
        uuid[i] = (uint8_t)byte;
        in->at += 2;
        if (i % 2 == 1 && i < sizeof uuid - 1)
            (void)take(in, '-');
    }
    if ((braces && !take(in, '}')) || in->at != in->end)
        return malformed(in, err);
    *ret_hash = covet_key_hash_uuid(uuid);
    return COVET_OK;
}

/* White space may stand between two bytes, not inside one. */
static covet_status hex_bytea(input *in, uint8_t *bytes, size_t *ret_length, covet_error *err)
{
    size_t length = 0;
    while (in->at < in->end) {
        if (memchr(" \n\t\r", *in->at, 4) != NULL) {
            in->at++;
            continue;
        }
        const int byte = hex_byte(in);
        if (byte < 0)
            return refuse(in, COVET_ETYPE, "22023", "invalid hexadecimal data", err);
        bytes[length++] = (uint8_t)byte;
        in->at += 2;
    }
    *ret_length = length;
    return COVET_OK;
}

/* The byte of \000 to \377, -1 if `at` does not stand before one's three digits. */
static int octal_byte(const input *in)
{
    if (in->end - in->at < 3 || in->at[0] < '0' || in->at[0] > '3')
        return -1;
    for (int i = 1; i < 3; i++)
        if (in->at[i] < '0' || in->at[i] > '7')
            return -1;
    return (in->at[0] - '0') * 64 + (in->at[1] - '0') * 8 + (in->at[2] - '0');
}

static covet_status escaped_bytea(input *in, uint8_t *bytes, size_t *ret_length, covet_error *err)
{
    size_t length = 0;
    while (in->at < in->end) {
        int byte = (uint8_t)*in->at++;
        if (byte >= 0x80)
            return refuse(in, COVET_EUNSUPPORTED, "0A000",
                          "only the server's encoding gives the bytes of characters beyond ASCII; "
                          "pass the value in hex or as bytes",
                          err);
        if (byte == '\\' && !take(in, '\\')) {
            byte = octal_byte(in);
            if (byte < 0)
                return malformed(in, err);
            in->at += 3;
        }
        bytes[length++] = (uint8_t)byte;
    }
    *ret_length = length;
    return COVET_OK;
}

static covet_status text_bytea(input *in, uint64_t *ret_hash, covet_error *err)
{
    uint8_t few[256];
    COVET_AUTO_FREE uint8_t *many = NULL;
    uint8_t *bytes = few;
    if (in->length > sizeof few) { /* neither format is shorter than its bytes */
        bytes = many = covet__alloc(in->length);
        if (many == NULL)
            return covet__fail(err, COVET_ENOMEM, "key: out of memory");
    }
    size_t length = 0;
    if (in->length >= 2 && memcmp(in->text, "\\x", 2) == 0) {
        in->at += 2;
        COVET_TRY(hex_bytea(in, bytes, &length, err));
    } else {
        COVET_TRY(escaped_bytea(in, bytes, &length, err));
    }
    *ret_hash = covet_key_hash_bytea(bytes, length);
    return COVET_OK;
}

/* ---- dates and moments ---- */

/* What is written, before it is known whether there is such a day. */
typedef struct fields {
    int32_t year, month, day;
    int32_t hour, minute, second, usec;
    int32_t east; /* the zone's sign */
    int32_t zone_hour, zone_minute, zone_second;
} fields;

static bool digits(input *in, int count, int32_t *ret_value)
{
    if (in->end - in->at < count)
        return false;
    int32_t value = 0;
    for (int i = 0; i < count; i++, in->at++) {
        if (!is_digit(*in->at))
            return false;
        value = value * 10 + (*in->at - '0');
    }
    *ret_value = value;
    return true;
}

/* YYYY-MM-DD */
static bool scan_date(input *in, fields *f)
{
    return digits(in, 4, &f->year) && take(in, '-') && digits(in, 2, &f->month) && take(in, '-') &&
           digits(in, 2, &f->day);
}

/* A fraction of one to six digits, or none. */
static bool scan_fraction(input *in, fields *f)
{
    if (!take(in, '.'))
        return true;
    int32_t unit = 1000000;
    for (; in->at < in->end && is_digit(*in->at) && unit > 1; in->at++) {
        unit /= 10;
        f->usec += (*in->at - '0') * unit;
    }
    return unit < 1000000;
}

/* HH:MM:SS[.f] */
static bool scan_time(input *in, fields *f)
{
    return digits(in, 2, &f->hour) && take(in, ':') && digits(in, 2, &f->minute) && take(in, ':') &&
           digits(in, 2, &f->second) && scan_fraction(in, f);
}

/* Z or +HH[:MM[:SS]] */
static bool scan_zone(input *in, fields *f)
{
    if (take(in, 'Z'))
        return true;
    f->east = take(in, '-') ? -1 : take(in, '+') ? 1 : 0;
    if (f->east == 0 || !digits(in, 2, &f->zone_hour))
        return false;
    if (!take(in, ':'))
        return true;
    return digits(in, 2, &f->zone_minute) && (!take(in, ':') || digits(in, 2, &f->zone_second));
}

/* `year`-01-01, in days since 0001-01-01 of the proleptic Gregorian calendar. */
static int32_t year_start(int32_t year)
{
    const int32_t past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400;
}

/* Days since 2000-01-01; false if the calendar has no such day. */
static bool days_of(const fields *f, int32_t *ret_days)
{
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    if (f->year < 1 || f->month < 1 || f->month > 12)
        return false;
    const bool leap = year_start(f->year + 1) - year_start(f->year) == 366;
    const int32_t length = before[f->month] - before[f->month - 1] + (leap && f->month == 2);
    if (f->day < 1 || f->day > length)
        return false;
    *ret_days = year_start(f->year) - year_start(2000) + before[f->month - 1] +
                (leap && f->month > 2) + f->day - 1;
    return true;
}

static covet_status text_date(input *in, uint64_t *ret_hash, covet_error *err)
{
    fields f = {0};
    int32_t days;
    if (!scan_date(in, &f) || in->at != in->end)
        return refuse(in, COVET_EUNSUPPORTED, "0A000",
                      "only the server can read this; pass a typed value or YYYY-MM-DD", err);
    if (!days_of(&f, &days))
        return refuse(in, COVET_ETYPE, "22008", "date/time field value out of range", err);
    *ret_hash = covet_key_hash_date(days);
    return COVET_OK;
}

/* PostgreSQL also takes 24:00:00 and a second of 60, as the next day and minute; that
 * too is left to the server. */
static covet_status text_timestamptz(input *in, uint64_t *ret_hash, covet_error *err)
{
    fields f = {0};
    int32_t days;
    if (!scan_date(in, &f) || (!take(in, ' ') && !take(in, 'T')) || !scan_time(in, &f) ||
        !scan_zone(in, &f) || in->at != in->end || f.hour == 24 || f.second == 60)
        return refuse(in, COVET_EUNSUPPORTED, "0A000",
                      "only the server can read this; pass a typed value or YYYY-MM-DD HH:MM:SS "
                      "and a zone, as in +00",
                      err);
    if (f.zone_hour > 15 || f.zone_minute > 59 || f.zone_second > 59)
        return refuse(in, COVET_ETYPE, "22009", "time zone displacement out of range", err);
    if (!days_of(&f, &days) || f.hour > 23 || f.minute > 59 || f.second > 59)
        return refuse(in, COVET_ETYPE, "22008", "date/time field value out of range", err);
    const int32_t zone = f.east * (f.zone_hour * 3600 + f.zone_minute * 60 + f.zone_second);
    const int32_t second = f.hour * 3600 + f.minute * 60 + f.second - zone;
    *ret_hash = covet_key_hash_timestamptz((days * INT64_C(86400) + second) * 1000000 + f.usec);
    return COVET_OK;
}

covet_status covet__key_hash_text(uint32_t oid, const char *text, size_t length, uint64_t *ret_hash,
                                  covet_error *err)
{
    const covet_key_type type = covet__key_type_of(oid);
    if (type == COVET_KEY_NONE)
        return not_a_key(oid, err);
    COVET_TRY(covet__check_text(text, length, err));
    if (length == 0)
        text = "";
    input in = {.at = text, .end = text + length, .oid = oid, .text = text, .length = length};
    switch (type) {
    case COVET_KEY_INT: return text_int(&in, ret_hash, err);
    case COVET_KEY_UUID: return text_uuid(&in, ret_hash, err);
    case COVET_KEY_DATE: return text_date(&in, ret_hash, err);
    case COVET_KEY_TIMESTAMPTZ: return text_timestamptz(&in, ret_hash, err);
    case COVET_KEY_BYTEA: return text_bytea(&in, ret_hash, err);
    case COVET_KEY_TEXT:
    case COVET_KEY_NONE: break;
    }
    *ret_hash = covet_key_hash_text(text, length);
    return COVET_OK;
}
