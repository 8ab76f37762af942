/*
 * core/types.h - internal: PostgreSQL's built-in types by their pinned OIDs.
 *
 * OIDs below 16384 are the same in every server; those of users' types differ from
 * group to group and are never compared.
 */
#ifndef COVET_CORE_TYPES_H
#define COVET_CORE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    COVET__BOOL = 16,
    COVET__BYTEA = 17,
    COVET__CHAR = 18,
    COVET__NAME = 19,
    COVET__INT8 = 20,
    COVET__INT2 = 21,
    COVET__INT4 = 23,
    COVET__TEXT = 25,
    COVET__OID = 26,
    COVET__JSON = 114,
    COVET__FLOAT4 = 700,
    COVET__FLOAT8 = 701,
    COVET__UNKNOWN = 705,
    COVET__BPCHAR = 1042,
    COVET__VARCHAR = 1043,
    COVET__DATE = 1082,
    COVET__TIME = 1083,
    COVET__TIMESTAMP = 1114,
    COVET__TIMESTAMPTZ = 1184,
    COVET__INTERVAL = 1186,
    COVET__NUMERIC = 1700,
    COVET__UUID = 2950,
    COVET__JSONB = 3802,
    COVET__FIRST_USER_OID = 16384,
};

/* PostgreSQL counts time from 2000-01-01, the library from 1970-01-01. */
#define COVET__EPOCH_DAYS 10957
#define COVET__EPOCH_USEC (INT64_C(10957) * 86400 * 1000000)

/* "integer", as PostgreSQL's format_type writes it; "a type of the server's" for one that is not in
 * the list above. */
const char *covet__type_name(uint32_t oid);

/* Whether the library reads the type's binary form (core/result.h). */
static inline bool covet__type_is_known(uint32_t oid)
{
    switch (oid) {
    case COVET__BOOL:
    case COVET__BYTEA:
    case COVET__CHAR:
    case COVET__NAME:
    case COVET__INT8:
    case COVET__INT2:
    case COVET__INT4:
    case COVET__TEXT:
    case COVET__OID:
    case COVET__JSON:
    case COVET__FLOAT4:
    case COVET__FLOAT8:
    case COVET__BPCHAR:
    case COVET__VARCHAR:
    case COVET__DATE:
    case COVET__TIME:
    case COVET__TIMESTAMP:
    case COVET__TIMESTAMPTZ:
    case COVET__INTERVAL:
    case COVET__NUMERIC:
    case COVET__UUID:
    case COVET__JSONB: return true;
    default: return false;
    }
}

static inline bool covet__type_is_int(uint32_t oid)
{
    return oid == COVET__INT2 || oid == COVET__INT4 || oid == COVET__INT8;
}

static inline bool covet__type_is_text(uint32_t oid)
{
    return oid == COVET__TEXT || oid == COVET__VARCHAR || oid == COVET__BPCHAR ||
           oid == COVET__NAME || oid == COVET__UNKNOWN;
}

#endif
