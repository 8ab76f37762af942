#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "core/bind.h"
#include "core/fail.h"
#include "core/macros.h"
#include "core/types.h"
#include "core/wire.h"

static const char *kind_name(covet_value_kind kind)
{
    static const char *const names[] = {"NULL",  "integer",   "float", "boolean", "text",
                                        "bytes", "timestamp", "date",  "uuid"};
    return (size_t)kind < COVET_COUNT(names) ? names[kind] : "unknown";
}

static covet_status misfit(covet_value_kind kind, covet_error *err)
{
    return covet__fail_state(err, COVET_ETYPE, "42804", "a %s value does not fit the type",
                             kind_name(kind));
}

static void binary(covet__param *param, int length)
{
    param->bytes = param->scratch;
    param->length = length;
    param->format = 1;
}

static void text(covet__param *param, int length)
{
    param->bytes = param->scratch;
    param->length = length;
    param->format = 0;
}

static covet_status out_of_range(const char *type, int64_t i, covet_error *err)
{
    return covet__fail_state(err, COVET_ETYPE, "22003",
                             "value %" PRId64 " is out of range for type %s", i, type);
}

static covet_status bind_int(int64_t i, uint32_t oid, covet__param *param, covet_error *err)
{
    switch (oid) {
    case COVET__INT2:
        if (i < INT16_MIN || i > INT16_MAX)
            return out_of_range("smallint", i, err);
        covet__put16(param->scratch, (uint16_t)i);
        binary(param, 2);
        return COVET_OK;
    case COVET__INT4:
        if (i < INT32_MIN || i > INT32_MAX)
            return out_of_range("integer", i, err);
        covet__put32(param->scratch, (uint32_t)i);
        binary(param, 4);
        return COVET_OK;
    case COVET__INT8:
        covet__put64(param->scratch, (uint64_t)i);
        binary(param, 8);
        return COVET_OK;
    case COVET__OID:
        if (i < 0 || i > UINT32_MAX)
            return out_of_range("oid", i, err);
        covet__put32(param->scratch, (uint32_t)i);
        binary(param, 4);
        return COVET_OK;
    case COVET__FLOAT4:
        covet__put32(param->scratch, covet__bits_of_float((float)i));
        binary(param, 4);
        return COVET_OK;
    case COVET__FLOAT8:
        covet__put64(param->scratch, covet__bits_of_double((double)i));
        binary(param, 8);
        return COVET_OK;
    case COVET__NUMERIC:
    case COVET__TEXT:
    case COVET__VARCHAR:
    case COVET__BPCHAR:
    case COVET__UNKNOWN:
        text(param, snprintf(param->scratch, sizeof param->scratch, "%" PRId64, i));
        return COVET_OK;
    default: return misfit(COVET_VALUE_INT, err);
    }
}

static covet_status bind_float(double d, uint32_t oid, covet__param *param, covet_error *err)
{
    switch (oid) {
    case COVET__FLOAT4:
        if (isfinite(d) && !isfinite((float)d))
            return covet__fail_state(err, COVET_ETYPE, "22003",
                                     "value %g is out of range for type real", d);
        covet__put32(param->scratch, covet__bits_of_float((float)d));
        binary(param, 4);
        return COVET_OK;
    case COVET__FLOAT8:
        covet__put64(param->scratch, covet__bits_of_double(d));
        binary(param, 8);
        return COVET_OK;
    case COVET__NUMERIC:
        if (isinf(d))
            text(param,
                 snprintf(param->scratch, sizeof param->scratch, "%sInfinity", d < 0 ? "-" : ""));
        else if (isnan(d))
            text(param, snprintf(param->scratch, sizeof param->scratch, "NaN"));
        else
            text(param, snprintf(param->scratch, sizeof param->scratch, "%.17g", d));
        return COVET_OK;
    default: return misfit(COVET_VALUE_FLOAT, err);
    }
}

/* Length of the UTF-8 character at `at`, 0 if there is none (Unicode 15, table 3-7). */
static size_t character(const unsigned char *at, size_t left)
{
    const unsigned char c = at[0];
    if (c < 0x80)
        return 1;
    const size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || left < length)
        return 0;
    unsigned char low = 0x80, high = 0xBF;
    if (c == 0xE0)
        low = 0xA0;
    else if (c == 0xED)
        high = 0x9F;
    else if (c == 0xF0)
        low = 0x90;
    else if (c == 0xF4)
        high = 0x8F;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

covet_status covet__check_text(const char *bytes, size_t length, covet_error *err)
{
    const unsigned char *at = (const unsigned char *)bytes;
    for (size_t i = 0; i < length;) {
        const size_t step = at[i] != 0 ? character(at + i, length - i) : 0;
        if (step == 0)
            return covet__fail_state(
                err, COVET_ETYPE, "22021",
                "invalid byte sequence for encoding \"UTF8\": 0x%02x at byte %zu", at[i], i + 1);
        i += step;
    }
    return COVET_OK;
}

static covet_status bind_text(const covet_value *value, uint32_t oid, covet__param *param,
                              covet_error *err)
{
    /* In binary form a text has a length, so the server sees a NUL in it; the text
     * form would end there in silence. */
    param->bytes = value->u.p;
    param->length = (int)value->length;
    param->format = covet__type_is_text(oid) && oid != COVET__UNKNOWN;
    return covet__check_text(value->u.p, value->length, err);
}

static covet_status bind_time(const covet_value *value, uint32_t oid, covet__param *param,
                              covet_error *err)
{
    if (oid != COVET__TIMESTAMPTZ && oid != COVET__TIMESTAMP)
        return misfit(value->kind, err);
    if (value->u.i < INT64_MIN + COVET__EPOCH_USEC)
        return covet__fail_state(err, COVET_ETYPE, "22008", "timestamp out of range");
    covet__put64(param->scratch, (uint64_t)(value->u.i - COVET__EPOCH_USEC));
    binary(param, 8);
    return COVET_OK;
}

static covet_status bind_date(const covet_value *value, uint32_t oid, covet__param *param,
                              covet_error *err)
{
    if (oid != COVET__DATE)
        return misfit(value->kind, err);
    if (value->u.i < INT32_MIN + COVET__EPOCH_DAYS || value->u.i > INT32_MAX)
        return covet__fail_state(err, COVET_ETYPE, "22008", "date out of range");
    covet__put32(param->scratch, (uint32_t)(value->u.i - COVET__EPOCH_DAYS));
    binary(param, 4);
    return COVET_OK;
}

/* What is bytes on both sides. */
static covet_status bind_raw(const covet_value *value, covet__param *param)
{
    param->bytes = value->u.p;
    param->length = (int)value->length;
    param->format = 1;
    return COVET_OK;
}

static covet_status convert(const covet_value *value, uint32_t oid, covet__param *param,
                            covet_error *err)
{
    if (value->length > INT_MAX / 2)
        return covet__fail_state(err, COVET_ETYPE, "54000", "the value is longer than 1 GB");
    switch (value->kind) {
    case COVET_VALUE_NULL: *param = (covet__param){.format = 0}; return COVET_OK;
    case COVET_VALUE_INT: return bind_int(value->u.i, oid, param, err);
    case COVET_VALUE_FLOAT: return bind_float(value->u.d, oid, param, err);
    case COVET_VALUE_BOOL:
        if (oid != COVET__BOOL)
            return misfit(value->kind, err);
        param->scratch[0] = value->u.b;
        binary(param, 1);
        return COVET_OK;
    case COVET_VALUE_TEXT: return bind_text(value, oid, param, err);
    case COVET_VALUE_BYTES:
        if (oid == COVET__BYTEA)
            return bind_raw(value, param);
        return misfit(value->kind, err);
    case COVET_VALUE_TIME: return bind_time(value, oid, param, err);
    case COVET_VALUE_DATE: return bind_date(value, oid, param, err);
    case COVET_VALUE_UUID:
        if (oid == COVET__UUID && value->length == 16)
            return bind_raw(value, param);
        return misfit(value->kind, err);
    }
    return covet__fail(err, COVET_EINVAL, "a value of unknown kind %d", (int)value->kind);
}

covet_status covet__bind(const covet_value *value, uint32_t oid, uint32_t number,
                         covet__param *param, covet_error *err)
{
    const covet_status status = convert(value, oid, param, err);
    if (status != COVET_OK)
        covet__prefix(err, "parameter $%u (%s)", number, covet__type_name(oid));
    return status;
}
