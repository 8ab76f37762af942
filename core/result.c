#include <errno.h>
#include <stdlib.h>

#include "core/fail.h"
#include "core/mem.h"
#include "core/pin.h"
#include "core/result_parts.h"
#include "core/types.h"
#include "core/wire.h"

void covet__result_single(covet_result *result, PGresult *part)
{
    *result = (covet_result){.part_one = part,
                             .shape = part,
                             .part_count = 1,
                             .columns = (size_t)PQnfields(part),
                             .row_count = (size_t)PQntuples(part)};
}

void covet__result_clear(covet_result *result)
{
    if (result->parts != NULL)
        for (size_t i = 0; i < result->part_count; i++)
            PQclear(result->parts[i]);
    PQclear(result->part_one);
    *result = (covet_result){.loose = result->loose, .arena = result->arena};
}

covet_status covet__result_own(covet_result *result, covet_arena *arena)
{
    if (result->names == NULL)
        return COVET_OK;
    const char **names = covet_arena_alloc(arena, (result->columns + 1) * sizeof *names);
    uint32_t *types = covet_arena_alloc(arena, (result->columns + 1) * sizeof *types);
    if (names == NULL || types == NULL)
        return COVET_ENOMEM;
    for (size_t i = 0; i < result->columns; i++) {
        types[i] = result->types[i];
        names[i] = covet_arena_copy(arena, result->names[i], strlen(result->names[i]));
        if (names[i] == NULL)
            return COVET_ENOMEM;
    }
    result->names = names;
    result->types = types;
    return COVET_OK;
}

void covet_result_free(covet_result *result)
{
    if (result == NULL || !result->loose)
        return;
    covet_arena *arena = result->arena;
    covet__result_clear(result);
    covet_arena_free(arena);
    covet__free(result);
}

size_t covet_result_rows(const covet_result *result)
{
    return result != NULL ? result->row_count : 0;
}

size_t covet_result_columns(const covet_result *result)
{
    return result != NULL ? result->columns : 0;
}

const char *covet_result_name(const covet_result *result, size_t column)
{
    if (column >= covet_result_columns(result))
        return "";
    return result->names != NULL ? result->names[column] : PQfname(result->shape, (int)column);
}

uint32_t covet_result_type(const covet_result *result, size_t column)
{
    if (column >= covet_result_columns(result))
        return 0;
    return result->types != NULL ? result->types[column] : PQftype(result->shape, (int)column);
}

size_t covet_result_find(const covet_result *result, const char *name)
{
    for (size_t i = 0; i < covet_result_columns(result); i++)
        if (strcmp(covet_result_name(result, i), name) == 0)
            return i;
    return SIZE_MAX;
}

uint64_t covet_result_affected(const covet_result *result)
{
    if (result == NULL)
        return 0;
    if (result->shape == NULL)
        return result->row_count;
    const char *text = PQcmdTuples((PGresult *)(uintptr_t)result->shape);
    return text[0] != '\0' ? strtoull(text, NULL, 10) : result->row_count;
}

const char *covet_result_tag(const covet_result *result)
{
    if (result == NULL || result->part_one == NULL)
        return "";
    return PQcmdStatus(result->part_one);
}

covet_cell covet_result_cell(const covet_result *result, size_t row, size_t column)
{
    if (row >= covet_result_rows(result) || column >= result->columns)
        return (covet_cell){0};
    if (result->rows == NULL)
        return covet__part_cell(result->part_one, (int)row, (int)column);
    const covet__row *at = &result->rows[row];
    return at->cells != NULL ? at->cells[column] : covet__part_cell(at->part, at->row, (int)column);
}

bool covet_result_is_null(const covet_result *result, size_t row, size_t column)
{
    return covet_result_cell(result, row, column).bytes == NULL;
}

const char *covet_result_text(const covet_result *result, size_t row, size_t column)
{
    const covet_cell cell = covet_result_cell(result, row, column);
    if (cell.bytes == NULL || !cell.binary)
        return cell.bytes;
    const uint32_t type = covet_result_type(result, column);
    if (type == COVET__JSONB) /* a version byte, then the text */
        return cell.length > 0 ? (const char *)cell.bytes + 1 : NULL;
    return covet__type_is_text(type) || type == COVET__JSON ? cell.bytes : NULL;
}

/* ---- typed readers ------------------------------------------------------------------------ */

static covet_status take(const covet_result *result, size_t row, size_t column, covet_cell *cell,
                         uint32_t *type, covet_error *err)
{
    if (row >= covet_result_rows(result) || column >= result->columns)
        return covet__fail(err, COVET_EINVAL, "result: there is no row %zu, column %zu", row,
                           column);
    *cell = covet_result_cell(result, row, column);
    *type = covet_result_type(result, column);
    if (cell->bytes == NULL)
        return covet__fail_state(err, COVET_ETYPE, "22002", "column \"%s\" is NULL in row %zu",
                                 covet_result_name(result, column), row);
    return COVET_OK;
}

static covet_status not_a(const covet_result *result, size_t column, const char *wanted,
                          covet_error *err)
{
    return covet__fail_state(err, COVET_ETYPE, "42804", "column \"%s\" is %s, not %s",
                             covet_result_name(result, column),
                             covet__type_name(covet_result_type(result, column)), wanted);
}

static bool binary_int(uint32_t type, const covet_cell *cell, int64_t *ret)
{
    switch (type) {
    case COVET__INT2: *ret = (int16_t)covet__get16(cell->bytes); return cell->length == 2;
    case COVET__INT4: *ret = (int32_t)covet__get32(cell->bytes); return cell->length == 4;
    case COVET__OID: *ret = covet__get32(cell->bytes); return cell->length == 4;
    case COVET__INT8: *ret = (int64_t)covet__get64(cell->bytes); return cell->length == 8;
    default: return false;
    }
}

covet_status covet_result_int(const covet_result *result, size_t row, size_t column,
                              int64_t *ret_int, covet_error *err)
{
    covet_cell cell;
    uint32_t type;
    int64_t value;
    COVET_TRY(take(result, row, column, &cell, &type, err));
    if (!covet__type_is_int(type) && type != COVET__OID)
        return not_a(result, column, "an integer", err);
    if (!cell.binary)
        value = strtoll(cell.bytes, NULL, 10);
    else if (!binary_int(type, &cell, &value))
        return covet__fail_state(err, COVET_ETYPE, "22P03", "an integer of %zu bytes", cell.length);
    *ret_int = value;
    return COVET_OK;
}

covet_status covet_result_float(const covet_result *result, size_t row, size_t column,
                                double *ret_float, covet_error *err)
{
    covet_cell cell;
    uint32_t type;
    COVET_TRY(take(result, row, column, &cell, &type, err));
    if (type != COVET__FLOAT4 && type != COVET__FLOAT8) {
        int64_t value;
        if (!covet__type_is_int(type))
            return not_a(result, column, "a float", err);
        COVET_TRY(covet_result_int(result, row, column, &value, err));
        *ret_float = (double)value;
        return COVET_OK;
    }
    if (!cell.binary)
        *ret_float = strtod(cell.bytes, NULL);
    else if (type == COVET__FLOAT4)
        *ret_float = (double)covet__float_of(covet__get32(cell.bytes));
    else
        *ret_float = covet__double_of(covet__get64(cell.bytes));
    return COVET_OK;
}

covet_status covet_result_bool(const covet_result *result, size_t row, size_t column,
                               bool *ret_bool, covet_error *err)
{
    covet_cell cell;
    uint32_t type;
    COVET_TRY(take(result, row, column, &cell, &type, err));
    if (type != COVET__BOOL)
        return not_a(result, column, "a boolean", err);
    const char first = *(const char *)cell.bytes;
    *ret_bool = cell.binary ? first != 0 : first == 't';
    return COVET_OK;
}

covet_status covet_result_time(const covet_result *result, size_t row, size_t column,
                               covet_time *ret_time, covet_error *err)
{
    covet_cell cell;
    uint32_t type;
    COVET_TRY(take(result, row, column, &cell, &type, err));
    if ((type != COVET__TIMESTAMPTZ && type != COVET__TIMESTAMP) || !cell.binary)
        return not_a(result, column, "a timestamp in binary form", err);
    const int64_t value = (int64_t)covet__get64(cell.bytes);
    ret_time->usec =
        value == INT64_MAX || value == INT64_MIN || value > INT64_MAX - COVET__EPOCH_USEC
            ? value
            : value + COVET__EPOCH_USEC;
    return COVET_OK;
}

covet_status covet_result_date(const covet_result *result, size_t row, size_t column,
                               int32_t *ret_days, covet_error *err)
{
    covet_cell cell;
    uint32_t type;
    COVET_TRY(take(result, row, column, &cell, &type, err));
    if (type != COVET__DATE || !cell.binary)
        return not_a(result, column, "a date in binary form", err);
    const int32_t value = (int32_t)covet__get32(cell.bytes);
    *ret_days = value == INT32_MAX || value == INT32_MIN || value > INT32_MAX - COVET__EPOCH_DAYS
                    ? value
                    : value + COVET__EPOCH_DAYS;
    return COVET_OK;
}

covet_status covet_result_uuid(const covet_result *result, size_t row, size_t column,
                               covet_uuid *ret_uuid, covet_error *err)
{
    covet_cell cell;
    uint32_t type;
    COVET_TRY(take(result, row, column, &cell, &type, err));
    if (type != COVET__UUID || !cell.binary || cell.length != sizeof *ret_uuid)
        return not_a(result, column, "a uuid in binary form", err);
    memcpy(ret_uuid, cell.bytes, sizeof *ret_uuid);
    return COVET_OK;
}
