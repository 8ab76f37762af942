/*
 * tools/sql_print.h - results on the standard output, as psql prints them.
 *
 *     aligned   psql's tables: borders, headings in the middle, (2 rows), then the tag of
 *               a statement that has changed something
 *     csv       psql --csv, byte for byte
 *     json      one document: [{"statement": 1, "tag": "SELECT 2", "columns": [...],
 *               "rows": [[1, "x"], ...]}, ...]; integers and booleans as such, NULL as
 *               null, all else as text
 *
 * A cell is in PostgreSQL's text form already, or rendered here (core/render.h).
 */
#ifndef COVET_TOOLS_SQL_PRINT_H
#define COVET_TOOLS_SQL_PRINT_H

#include <covet/core/result.h>

#include "core/str.h"
#include "tools/cli.h"

typedef enum sql_style {
    SQL_ALIGNED = 0,
    SQL_CSV,
    SQL_JSON,
} sql_style;

typedef struct sql_printer {
    cli_run *run;
    sql_style style;
    covet__str text;      /* of one cell */
    covet_arena *scratch; /* of one cell's rendering */
    uint64_t printed;     /* results, for the commas of JSON */
} sql_printer;

covet_status sql_printer_open(cli_run *run, sql_style style, sql_printer *ret_printer,
                              covet_error *err);
/* The end of the document. */
void sql_printer_close(sql_printer *printer);

/* The rows, the tag, or both, as psql does. `number`: of the statement. */
covet_status sql_print_result(sql_printer *printer, uint64_t number, const covet_result *result,
                              covet_error *err);
/* For csv: a piece of a result's rows, the first one below the names. */
covet_status sql_print_piece(sql_printer *printer, bool first, const covet_result *rows,
                             covet_error *err);
/* For what is done here: "BEGIN". */
covet_status sql_print_tag(sql_printer *printer, uint64_t number, const char *tag,
                           covet_error *err);

/* The text of a cell, which lives until the next call; NULL for NULL. */
covet_status sql_cell_text(sql_printer *printer, const covet_result *result, size_t row,
                           size_t column, const char **ret_text, size_t *ret_length,
                           covet_error *err);

#endif
