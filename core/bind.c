#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "core/bind.h"
#include "core/fail.h"
#include "core/macros.h"
#include "core/str.h"
#include "core/types.h"
#include "core/wire.h"

static const char *kind_name(covet_value_kind kind)
{
    static const char *const names[] = {"NULL", "integer",       "float",     "boolean",
                                        "text", "bytes",         "timestamp", "date",
                                        "uuid", "integer array", "text array"};
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

/* ---- arrays ---------------------------------------------------------------------------- */

uint32_t covet__element_type(uint32_t array_oid)
{
    static const uint32_t pairs[][2] = {{1000, COVET__BOOL},        {1001, COVET__BYTEA},
                                        {1005, COVET__INT2},        {1007, COVET__INT4},
                                        {1016, COVET__INT8},        {1009, COVET__TEXT},
                                        {1015, COVET__VARCHAR},     {1014, COVET__BPCHAR},
                                        {1021, COVET__FLOAT4},      {1022, COVET__FLOAT8},
                                        {1115, COVET__TIMESTAMP},   {1182, COVET__DATE},
                                        {1185, COVET__TIMESTAMPTZ}, {1231, COVET__NUMERIC},
                                        {2951, COVET__UUID}};
    for (size_t i = 0; i < COVET_COUNT(pairs); i++)
        if (pairs[i][0] == array_oid)
            return pairs[i][1];
    return 0;
}

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "parameter: out of memory");
}

/* One dimension, counted from 1, of integers of one width. */
static covet_status bind_ints(const covet_value *value, uint32_t element, covet_arena *arena,
                              covet__param *param, covet_error *err)
{
    enum { HEADER = 20 };
    const int64_t *items = value->u.p;
    const uint32_t count = (uint32_t)value->length;
    char *bytes = covet_arena_alloc(arena, HEADER + (size_t)count * 12);
    if (bytes == NULL)
        return no_memory(err);
    covet__put32(bytes, count > 0 ? 1 : 0);
    covet__put32(bytes + 4, 0);
    covet__put32(bytes + 8, element);
    covet__put32(bytes + 12, count);
    covet__put32(bytes + 16, 1);
    char *at = bytes + (count > 0 ? HEADER : 12);
    for (uint32_t i = 0; i < count; i++) {
        covet__param item;
        COVET_TRY(bind_int(items[i], element, &item, err));
        covet__put32(at, (uint32_t)item.length);
        memcpy(at + 4, item.scratch, (size_t)item.length);
        at += 4 + item.length;
    }
    *param = (covet__param){.bytes = bytes, .length = (int)(at - bytes), .format = 1};
    return COVET_OK;
}

/* {"one","two \"2\"",NULL}: the text form, for any element type. */
static covet_status bind_texts(const covet_value *value, covet_arena *arena, covet__param *param,
                               covet_error *err)
{
    const char *const *items = value->u.p;
    covet__str text = COVET__STR_IN(arena);
    covet__str_char(&text, '{');
    for (size_t i = 0; i < value->length; i++) {
        if (i > 0)
            covet__str_char(&text, ',');
        if (items[i] == NULL) {
            covet__str_add(&text, "NULL");
            continue;
        }
        COVET_TRY(covet__check_text(items[i], strlen(items[i]), err));
        covet__str_char(&text, '"');
        for (const char *c = items[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                covet__str_char(&text, '\\');
            covet__str_char(&text, *c);
        }
        covet__str_char(&text, '"');
    }
    covet__str_char(&text, '}');
    const size_t length = text.length;
    char *bytes = covet__str_take(&text);
    if (bytes == NULL)
        return no_memory(err);
    *param = (covet__param){.bytes = bytes, .length = (int)length, .format = 0};
    return COVET_OK;
}

static covet_status bind_array(const covet_value *value, uint32_t oid, covet_arena *arena,
                               covet__param *param, covet_error *err)
{
    const uint32_t element = covet__element_type(oid);
    if (value->kind == COVET_VALUE_INTS && covet__type_is_int(element))
        return bind_ints(value, element, arena, param, err);
    if (value->kind == COVET_VALUE_TEXTS && (element != 0 || oid >= COVET__FIRST_USER_OID))
        return bind_texts(value, arena, param, err);
    return misfit(value->kind, err);
}

static covet_status copy_texts(covet_value *value, covet_arena *arena, covet_error *err)
{
    const char *const *from = value->u.p;
    const char **to = covet_arena_alloc(arena, (value->length + 1) * sizeof *to);
    if (to == NULL)
        return no_memory(err);
    for (size_t i = 0; i < value->length; i++) {
        to[i] = from[i] != NULL ? covet_arena_copy(arena, from[i], strlen(from[i])) : NULL;
        if (from[i] != NULL && to[i] == NULL)
            return no_memory(err);
    }
    value->u.p = to;
    return COVET_OK;
}

covet_status covet__value_copy(covet_value *value, covet_arena *arena, covet_error *err)
{
    if (value->kind == COVET_VALUE_TEXTS)
        return copy_texts(value, arena, err);
    const size_t item = value->kind == COVET_VALUE_INTS ? sizeof(int64_t) : 1;
    if (value->length > INT_MAX / 16)
        return covet__fail_state(err, COVET_ETYPE, "54000", "a parameter is too long");
    if (value->kind != COVET_VALUE_INTS && value->kind != COVET_VALUE_TEXT &&
        value->kind != COVET_VALUE_BYTES && value->kind != COVET_VALUE_UUID)
        return COVET_OK;
    value->u.p = covet_arena_copy(arena, value->u.p, value->length * item);
    return value->u.p != NULL ? COVET_OK : no_memory(err);
}

static covet_status convert(const covet_value *value, uint32_t oid, covet_arena *arena,
                            covet__param *param, covet_error *err)
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
    case COVET_VALUE_INTS:
    case COVET_VALUE_TEXTS: return bind_array(value, oid, arena, param, err);
    }
    return covet__fail(err, COVET_EINVAL, "a value of unknown kind %d", (int)value->kind);
}

covet_status covet__bind(const covet_value *value, uint32_t oid, uint32_t number,
                         covet_arena *arena, covet__param *param, covet_error *err)
{
    const covet_status status = convert(value, oid, arena, param, err);
    if (status != COVET_OK && number > 0)
        covet__prefix(err, "parameter $%u (%s)", number, covet__type_name(oid));
    return status;
}
