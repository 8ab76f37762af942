#include "shard/gather_rows.h"

#include <string.h>

#include "core/fail.h"
#include "core/mem.h"
#include "core/render.h"
#include "core/types.h"

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "operation: out of memory");
}

covet_status covet__arrays_init(covet__arrays *arrays, uint32_t column_count, covet_arena *arena,
                                covet_error *err)
{
    *arrays = (covet__arrays){0};
    arrays->columns = covet_arena_alloc(arena, (column_count + 1) * sizeof *arrays->columns);
    if (arrays->columns == NULL)
        return no_memory(err);
    memset(arrays->columns, 0, (column_count + 1) * sizeof *arrays->columns);
    arrays->column_count = column_count;
    return COVET_OK;
}

void covet__arrays_clear(covet__arrays *arrays)
{
    for (uint32_t i = 0; i < arrays->column_count; i++)
        covet__str_free(&arrays->columns[i]);
    covet__str_free(&arrays->cell);
    covet_arena_free(COVET_TAKE(arrays->scratch));
    arrays->rows = arrays->bytes = 0;
}

static void put_quoted(covet__str *out, const char *text, size_t length)
{
    covet__str_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '"' || text[i] == '\\') {
            covet__str_bytes(out, text + from, i - from);
            covet__str_char(out, '\\');
            from = i;
        }
    covet__str_bytes(out, text + from, length - from);
    covet__str_char(out, '"');
}

static covet_status put_cell(covet__arrays *arrays, covet__str *out, covet_cell cell, uint32_t type,
                             covet_error *err)
{
    if (cell.bytes == NULL) {
        covet__str_add(out, "NULL");
        return COVET_OK;
    }
    if (!cell.binary) {
        put_quoted(out, cell.bytes, cell.length);
        return COVET_OK;
    }
    if (covet__type_is_int(type)) /* digits and a sign need no quotes */
        return covet__render(type, cell.bytes, cell.length, arrays->scratch, out, err);
    covet__str_clear(&arrays->cell);
    COVET_TRY(covet__render(type, cell.bytes, cell.length, arrays->scratch, &arrays->cell, err));
    COVET_TRY(covet_arena_reset(arrays->scratch));
    if (!covet__str_ok(&arrays->cell))
        return no_memory(err);
    put_quoted(out, covet__str_text(&arrays->cell), arrays->cell.length);
    return COVET_OK;
}

covet_status covet__arrays_add(covet__arrays *arrays, const covet_result *rows, size_t row,
                               covet_error *err)
{
    if (arrays->scratch == NULL)
        COVET_TRY(covet_arena_new(0, &arrays->scratch, err));
    for (uint32_t i = 0; i < arrays->column_count; i++) {
        covet__str *out = &arrays->columns[i];
        const size_t length = out->length;
        covet__str_char(out, arrays->rows > 0 ? ',' : '{');
        COVET_TRY(put_cell(arrays, out, covet_result_cell(rows, row, i), covet_result_type(rows, i),
                           err));
        if (!covet__str_ok(out))
            return no_memory(err);
        arrays->bytes += out->length - length;
    }
    arrays->rows++;
    return COVET_OK;
}

covet_status covet__arrays_close(covet__arrays *arrays, covet_error *err)
{
    arrays->bytes = 0;
    for (uint32_t i = 0; i < arrays->column_count; i++) {
        covet__str *out = &arrays->columns[i];
        covet__str_add(out, arrays->rows > 0 ? "}" : "{}");
        if (!covet__str_ok(out))
            return no_memory(err);
        char *fitting = covet__resize(out->text, out->length + 1);
        if (fitting != NULL) {
            out->text = fitting;
            out->capacity = out->length + 1;
        }
        arrays->bytes += out->length;
    }
    covet__str_free(&arrays->cell);
    covet_arena_free(COVET_TAKE(arrays->scratch));
    return COVET_OK;
}
