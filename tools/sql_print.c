#include "tools/sql_print.h"

#include <libpq-fe.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "core/mem.h"
#include "core/render.h"
#include "core/result_parts.h"
#include "core/types.h"

enum { SCRATCH_MAX = 1 << 20, OID_MONEY = 790, OID_XID = 28, OID_CID = 29, OID_XID8 = 5069 };

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "out of memory");
}

covet_status sql_printer_open(cli_run *run, sql_style style, sql_printer *ret_printer,
                              covet_error *err)
{
    *ret_printer = (sql_printer){.run = run, .style = style};
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the widths of characters */
    return covet_arena_new(0, &ret_printer->scratch, err);
}

void sql_printer_close(sql_printer *p)
{
    if (p->style == SQL_JSON)
        fputs(p->printed == 0 ? "[]\n" : "\n]\n", stdout);
    covet__str_free(&p->text);
    covet_arena_free(p->scratch);
}

covet_status sql_cell_text(sql_printer *p, const covet_result *result, size_t row, size_t column,
                           const char **ret_text, size_t *ret_length, covet_error *err)
{
    const covet_cell cell = covet_result_cell(result, row, column);
    *ret_text = cell.bytes;
    *ret_length = cell.length;
    if (cell.bytes == NULL || !cell.binary)
        return COVET_OK;
    if (covet_arena_held(p->scratch) > SCRATCH_MAX)
        covet_arena_reset(p->scratch);
    covet__str_clear(&p->text);
    COVET_TRY(covet__render(covet_result_type(result, column), cell.bytes, cell.length, p->scratch,
                            &p->text, err));
    *ret_text = covet__str_text(&p->text);
    *ret_length = p->text.length;
    return *ret_text != NULL ? COVET_OK : no_memory(err);
}

/* ---- csv ------------------------------------------------------------------------------------ */

static void put_csv_field(const char *text)
{
    if (strpbrk(text, ",\r\n\"") == NULL && strcmp(text, "\\.") != 0) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static bool has_rows(const covet_result *result)
{
    return result->part_one == NULL || PQresultStatus(result->part_one) == PGRES_TUPLES_OK;
}

covet_status sql_print_piece(sql_printer *p, bool first, const covet_result *result,
                             covet_error *err)
{
    const size_t columns = covet_result_columns(result);
    if (!has_rows(result)) /* SELECT ... INTO */
        return sql_print_tag(p, 0, covet_result_tag(result), err);
    for (size_t c = 0; first && c < columns; c++) {
        if (c > 0)
            putchar(',');
        put_csv_field(covet_result_name(result, c));
    }
    if (first)
        putchar('\n');
    for (size_t row = 0; columns > 0 && row < covet_result_rows(result); row++) {
        for (size_t c = 0; c < columns; c++) {
            const char *text;
            size_t length;
            COVET_TRY(sql_cell_text(p, result, row, c, &text, &length, err));
            if (c > 0)
                putchar(',');
            if (text != NULL)
                put_csv_field(text);
        }
        putchar('\n');
    }
    return COVET_OK;
}

/* ---- aligned -----------------------------------------------------------------------------------
 *
 * A cell is cut into lines, and what cannot be shown is written out: tabs as blanks,
 * \r, \x01, \u2028. A heading or row is as high as the cell with the most lines; a plus
 * marks a line that goes on.
 */

typedef struct cell_line {
    size_t start, end; /* in cell_lines.text */
    size_t width;
} cell_line;

typedef struct cell_lines {
    covet__str text;
    cell_line *lines;
    size_t count, capacity;
} cell_lines;

static bool end_line(cell_lines *cell, size_t *start, size_t *width)
{
    if (!COVET_GROW(cell->lines, cell->capacity, cell->count + 1))
        return false;
    cell->lines[cell->count++] =
        (cell_line){.start = *start, .end = cell->text.length, .width = *width};
    *start = cell->text.length;
    *width = 0;
    return true;
}

/* One character; returns how many bytes it has. */
static size_t put_character(cell_lines *cell, const char *at, size_t length, size_t *width)
{
    mbstate_t state = {0};
    wchar_t c = 0;
    const size_t got = mbrtowc(&c, at, length, &state);
    const size_t bytes = got == 0 || got > length ? 1 : got;
    const int columns = got == 0 || got > length ? -1 : wcwidth(c);
    covet__str *out = &cell->text;
    const size_t before = out->length;
    if (*at == '\t') {
        do
            covet__str_char(out, ' ');
        while ((*width + (out->length - before)) % 8 != 0);
    } else if (*at == '\r') {
        covet__str_add(out, "\\r");
    } else if (columns < 0 && bytes == 1) {
        covet__str_printf(out, "\\x%02X", (unsigned char)*at);
    } else if (columns < 0) {
        covet__str_printf(out, "\\u%04X", (unsigned)c);
    } else {
        covet__str_bytes(out, at, bytes);
        *width += (size_t)columns;
        return bytes;
    }
    *width += out->length - before;
    return bytes;
}

static covet_status cut_cell(cell_lines *cell, const char *text, size_t length, covet_error *err)
{
    size_t start = 0, width = 0;
    cell->count = 0;
    covet__str_clear(&cell->text);
    for (size_t at = 0; at < length;) {
        if (text[at] != '\n')
            at += put_character(cell, text + at, length - at, &width);
        else if (at++, !end_line(cell, &start, &width))
            return no_memory(err);
    }
    return end_line(cell, &start, &width) && covet__str_ok(&cell->text) ? COVET_OK : no_memory(err);
}

static size_t width_of(const cell_lines *cell)
{
    size_t width = 0;
    for (size_t i = 0; i < cell->count; i++)
        width = COVET_MAX(width, cell->lines[i].width);
    return width;
}

static bool is_right_aligned(uint32_t type)
{
    switch (type) {
    case COVET__INT2:
    case COVET__INT4:
    case COVET__INT8:
    case COVET__FLOAT4:
    case COVET__FLOAT8:
    case COVET__NUMERIC:
    case COVET__OID:
    case OID_MONEY:
    case OID_XID:
    case OID_XID8:
    case OID_CID: return true;
    default: return false;
    }
}

static void blanks(size_t count) { printf("%*s", (int)count, ""); }

typedef struct aligner {
    sql_printer *printer;
    const covet_result *result;
    size_t columns;
    cell_lines *cells; /* of one row */
    size_t *widths;
} aligner;

static covet_status cut_row(aligner *a, size_t row, covet_error *err)
{
    for (size_t c = 0; c < a->columns; c++) {
        const char *text;
        size_t length;
        COVET_TRY(sql_cell_text(a->printer, a->result, row, c, &text, &length, err));
        COVET_TRY(cut_cell(&a->cells[c], text != NULL ? text : "", length, err));
    }
    return COVET_OK;
}

static covet_status cut_names(aligner *a, covet_error *err)
{
    for (size_t c = 0; c < a->columns; c++) {
        const char *name = covet_result_name(a->result, c);
        COVET_TRY(cut_cell(&a->cells[c], name, strlen(name), err));
    }
    return COVET_OK;
}

static void widen(aligner *a)
{
    for (size_t c = 0; c < a->columns; c++)
        a->widths[c] = COVET_MAX(a->widths[c], width_of(&a->cells[c]));
}

static size_t height_of(const aligner *a)
{
    size_t height = 1;
    for (size_t c = 0; c < a->columns; c++)
        height = COVET_MAX(height, a->cells[c].count);
    return height;
}

static void put_line(const cell_lines *cell, size_t line)
{
    fwrite(cell->text.text + cell->lines[line].start, 1,
           cell->lines[line].end - cell->lines[line].start, stdout);
}

static void put_names(const aligner *a)
{
    for (size_t line = 0, height = height_of(a); a->columns > 0 && line < height; line++) {
        for (size_t c = 0; c < a->columns; c++) {
            const cell_lines *cell = &a->cells[c];
            putchar(' ');
            if (line < cell->count) {
                const size_t room = a->widths[c] - cell->lines[line].width;
                blanks(room / 2);
                put_line(cell, line);
                blanks((room + 1) / 2);
            } else {
                blanks(a->widths[c]);
            }
            putchar(line + 1 < cell->count ? '+' : ' ');
            if (c + 1 < a->columns)
                putchar('|');
        }
        putchar('\n');
    }
    for (size_t c = 0; c < a->columns; c++) {
        if (c > 0)
            putchar('+');
        for (size_t i = 0; i < a->widths[c] + 2; i++)
            putchar('-');
    }
    fputs(a->columns == 0 ? "--\n" : "\n", stdout);
}

static void put_row(const aligner *a)
{
    for (size_t line = 0, height = height_of(a); line < height; line++) {
        for (size_t c = 0; c < a->columns; c++) {
            const cell_lines *cell = &a->cells[c];
            const bool last = c + 1 == a->columns, more = line + 1 < cell->count;
            const bool right = is_right_aligned(covet_result_type(a->result, c));
            const size_t width = line < cell->count ? cell->lines[line].width : 0;
            putchar(' ');
            if (right && line < cell->count)
                blanks(a->widths[c] - width);
            if (line < cell->count)
                put_line(cell, line);
            if ((!right || line >= cell->count) && (!last || more))
                blanks(a->widths[c] - width);
            if (more)
                putchar('+');
            else if (!last)
                putchar(' ');
            if (!last)
                putchar('|');
        }
        putchar('\n');
    }
}

static covet_status print_rows(aligner *a, covet_error *err)
{
    const size_t rows = covet_result_rows(a->result);
    COVET_TRY(cut_names(a, err));
    widen(a);
    for (size_t row = 0; row < rows; row++) {
        COVET_TRY(cut_row(a, row, err));
        widen(a);
    }
    COVET_TRY(cut_names(a, err));
    put_names(a);
    for (size_t row = 0; row < rows && a->columns > 0; row++) {
        COVET_TRY(cut_row(a, row, err));
        put_row(a);
    }
    printf("(%zu row%s)\n\n", rows, rows == 1 ? "" : "s");
    return COVET_OK;
}

static covet_status print_aligned(sql_printer *p, const covet_result *result, covet_error *err)
{
    const size_t columns = covet_result_columns(result);
    COVET_AUTO_FREE cell_lines *cells = covet__zalloc((columns + 1) * sizeof *cells);
    COVET_AUTO_FREE size_t *widths = covet__zalloc((columns + 1) * sizeof *widths);
    if (cells == NULL || widths == NULL)
        return no_memory(err);
    aligner a = {.printer = p, .result = result, .columns = columns, .cells = cells};
    a.widths = widths;
    const covet_status status = print_rows(&a, err);
    for (size_t c = 0; c < columns; c++) {
        covet__str_free(&cells[c].text);
        covet__free(cells[c].lines);
    }
    return status;
}

/* ---- json ---------------------------------------------------------------------------------- */

static json_t *json_cell(const covet_result *result, size_t row, size_t column, const char *text,
                         size_t length)
{
    const uint32_t type = covet_result_type(result, column);
    int64_t number;
    bool truth;
    if (text == NULL)
        return json_null();
    if (type == COVET__BOOL && covet_result_bool(result, row, column, &truth, NULL) == COVET_OK)
        return json_boolean(truth);
    if ((covet__type_is_int(type) || type == COVET__OID) &&
        covet_result_int(result, row, column, &number, NULL) == COVET_OK)
        return json_integer(number);
    return json_stringn(text, length);
}

static covet_status json_rows(sql_printer *p, const covet_result *result, json_t *rows,
                              covet_error *err)
{
    for (size_t row = 0; row < covet_result_rows(result); row++) {
        json_t *cells = json_array();
        for (size_t c = 0; c < covet_result_columns(result); c++) {
            const char *text;
            size_t length;
            const covet_status status = sql_cell_text(p, result, row, c, &text, &length, err);
            if (status != COVET_OK) {
                json_decref(cells);
                return status;
            }
            json_array_append_new(cells, json_cell(result, row, c, text, length));
        }
        if (json_array_append_new(rows, cells) != 0)
            return no_memory(err);
    }
    return COVET_OK;
}

static covet_status print_json(sql_printer *p, uint64_t number, const char *tag,
                               const covet_result *result, covet_error *err)
{
    covet_status status = COVET_OK;
    json_t *object = json_pack("{s:I, s:s}", "statement", (json_int_t)number, "tag", tag);
    if (object == NULL)
        return no_memory(err);
    if (result != NULL) {
        json_t *columns = json_array(), *rows = json_array();
        for (size_t c = 0; c < covet_result_columns(result); c++)
            json_array_append_new(columns,
                                  json_pack("{s:s, s:s}", "name", covet_result_name(result, c),
                                            "type",
                                            covet__type_name(covet_result_type(result, c))));
        status = json_rows(p, result, rows, err);
        json_object_set_new(object, "columns", columns);
        json_object_set_new(object, "rows", rows);
    }
    if (status == COVET_OK) {
        fputs(p->printed++ == 0 ? "[\n" : ",\n", stdout);
        json_dumpf(object, stdout, 0);
    }
    json_decref(object);
    return status;
}

/* ---- results ------------------------------------------------------------------------------- */

static bool is_change(const char *tag)
{
    return strncmp(tag, "INSERT", 6) == 0 || strncmp(tag, "UPDATE", 6) == 0 ||
           strncmp(tag, "DELETE", 6) == 0;
}

covet_status sql_print_tag(sql_printer *p, uint64_t number, const char *tag, covet_error *err)
{
    if (p->style == SQL_JSON)
        return print_json(p, number, tag, NULL, err);
    puts(tag);
    return COVET_OK;
}

covet_status sql_print_result(sql_printer *p, uint64_t number, const covet_result *result,
                              covet_error *err)
{
    char merged[48];
    const char *tag = covet_result_tag(result);
    if (tag[0] == '\0') {
        snprintf(merged, sizeof merged, "SELECT %zu", covet_result_rows(result));
        tag = merged;
    }
    if (!has_rows(result))
        return sql_print_tag(p, number, tag, err);
    if (p->style == SQL_JSON)
        return print_json(p, number, tag, result, err);
    COVET_TRY(p->style == SQL_CSV ? sql_print_piece(p, true, result, err)
                                  : print_aligned(p, result, err));
    if (is_change(tag))
        puts(tag);
    return COVET_OK;
}
