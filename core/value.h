/*
 * core/value.h - the values that travel beside a statement.
 *
 * A value has a kind of C, not a type of PostgreSQL: the server infers each
 * parameter's type from where it stands ($1 in "id = $1" has id's type), and the
 * value is converted to it, or refused with PostgreSQL's own SQLSTATE (22003 out of
 * range, 22021 a NUL or broken UTF-8 in text, 42804 a kind that does not fit).
 * Values are never put into the text of a statement.
 *
 *     kind       C                              fits
 *     INT        int64_t                        int2 int4 int8 oid float4 float8 numeric text
 *     FLOAT      double                         float4 float8 numeric
 *     BOOL       bool                           bool
 *     TEXT       UTF-8, length in bytes         any type, by its text form
 *     BYTES      bytes                          bytea
 *     TIME       microseconds since 1970, UTC   timestamptz, timestamp (as UTC)
 *     DATE       days since 1970-01-01          date
 *     UUID       16 bytes                       uuid
 *     INTS       int64_t[]                      an array of what INT fits: id = ANY($1)
 *     TEXTS      const char *[], NULL for NULL  an array of any type, by its text form
 *     NULL       -                              any type
 */
#ifndef COVET_CORE_VALUE_H
#define COVET_CORE_VALUE_H

#include <string.h>

#include <covet/core/error.h>

COVET_C_BEGIN

/* A moment: microseconds since 1970-01-01 00:00:00 UTC. */
typedef struct covet_time {
    int64_t usec;
} covet_time;

typedef struct covet_uuid {
    uint8_t bytes[16];
} covet_uuid;

typedef enum covet_value_kind {
    COVET_VALUE_NULL = 0,
    COVET_VALUE_INT,
    COVET_VALUE_FLOAT,
    COVET_VALUE_BOOL,
    COVET_VALUE_TEXT,
    COVET_VALUE_BYTES,
    COVET_VALUE_TIME,
    COVET_VALUE_DATE,
    COVET_VALUE_UUID,
    COVET_VALUE_INTS,
    COVET_VALUE_TEXTS,
} covet_value_kind;

/* Borrows what it points at: the caller keeps that until the call that takes the
 * value has returned, which copies it. */
typedef struct covet_value {
    covet_value_kind kind;
    uint32_t reserved; /* zero */
    union {
        int64_t i; /* INT, DATE (days), TIME (microseconds) */
        double d;
        bool b;
        const void *p; /* TEXT, BYTES, UUID, INTS, TEXTS */
    } u;
    size_t length; /* of what p points at: bytes; of arrays: items */
} covet_value;

static inline covet_value covet_null(void)
{
    covet_value v;
    memset(&v, 0, sizeof v);
    return v;
}

static inline covet_value covet_int(int64_t i)
{
    covet_value v = covet_null();
    v.kind = COVET_VALUE_INT;
    v.u.i = i;
    return v;
}

static inline covet_value covet_float(double d)
{
    covet_value v = covet_null();
    v.kind = COVET_VALUE_FLOAT;
    v.u.d = d;
    return v;
}

static inline covet_value covet_bool(bool b)
{
    covet_value v = covet_null();
    v.kind = COVET_VALUE_BOOL;
    v.u.b = b;
    return v;
}

static inline covet_value covet_textn(const char *text, size_t length)
{
    covet_value v = covet_null();
    if (text != NULL) {
        v.kind = COVET_VALUE_TEXT;
        v.u.p = text;
        v.length = length;
    }
    return v;
}

/* NULL is SQL's NULL. */
static inline covet_value covet_text(const char *text)
{
    return covet_textn(text, text != NULL ? strlen(text) : 0);
}

static inline covet_value covet_bytes(const void *bytes, size_t length)
{
    covet_value v = covet_textn((const char *)bytes, length);
    if (bytes != NULL)
        v.kind = COVET_VALUE_BYTES;
    return v;
}

static inline covet_value covet_timestamp(covet_time time)
{
    covet_value v = covet_int(time.usec);
    v.kind = COVET_VALUE_TIME;
    return v;
}

static inline covet_value covet_date(int32_t days)
{
    covet_value v = covet_int(days);
    v.kind = COVET_VALUE_DATE;
    return v;
}

static inline covet_value covet_uuid_value(const covet_uuid *uuid)
{
    covet_value v = covet_bytes(uuid, uuid != NULL ? sizeof *uuid : 0);
    if (uuid != NULL)
        v.kind = COVET_VALUE_UUID;
    return v;
}

/* `items` may be NULL where `count` is 0. */
static inline covet_value covet_ints(const int64_t *items, size_t count)
{
    covet_value v = covet_null();
    v.kind = COVET_VALUE_INTS;
    v.u.p = items;
    v.length = count;
    return v;
}

static inline covet_value covet_texts(const char *const *items, size_t count)
{
    covet_value v = covet_null();
    v.kind = COVET_VALUE_TEXTS;
    v.u.p = items;
    v.length = count;
    return v;
}

COVET_C_END
#endif
