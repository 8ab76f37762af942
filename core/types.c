#include "core/types.h"

const char *covet__type_name(uint32_t oid)
{
    switch (oid) {
    case COVET__BOOL: return "boolean";
    case COVET__BYTEA: return "bytea";
    case COVET__CHAR: return "\"char\"";
    case COVET__NAME: return "name";
    case COVET__INT8: return "bigint";
    case COVET__INT2: return "smallint";
    case COVET__INT4: return "integer";
    case COVET__TEXT: return "text";
    case COVET__OID: return "oid";
    case COVET__JSON: return "json";
    case COVET__FLOAT4: return "real";
    case COVET__FLOAT8: return "double precision";
    case COVET__UNKNOWN: return "unknown";
    case COVET__BPCHAR: return "character";
    case COVET__VARCHAR: return "character varying";
    case COVET__DATE: return "date";
    case COVET__TIME: return "time without time zone";
    case COVET__TIMESTAMP: return "timestamp without time zone";
    case COVET__TIMESTAMPTZ: return "timestamp with time zone";
    case COVET__INTERVAL: return "interval";
    case COVET__NUMERIC: return "numeric";
    case COVET__UUID: return "uuid";
    case COVET__JSONB: return "jsonb";
    default: return "a type of the server's";
    }
}
