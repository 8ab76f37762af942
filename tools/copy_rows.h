/*
 * tools/copy_rows.h - the data of COPY ... FROM STDIN: rows, and the field that is the key.
 *
 * PostgreSQL's own rules for where a row ends and what a field says, in its text and csv
 * formats (src/backend/commands/copyfromparse.c). A row is sent on as it came: only the key
 * is decoded here, and fields are counted. Pure.
 */
#ifndef COVET_TOOLS_COPY_ROWS_H
#define COVET_TOOLS_COPY_ROWS_H

#include "core/str.h"
#include "shard/utility.h"

typedef struct copy_row {
    const char *text; /* borrowed from what was given */
    size_t length;    /* without the end of its last line */
    uint64_t line;    /* of the data, where it begins, from 1 */
    uint64_t lines;   /* how many it takes */
} copy_row;

typedef enum copy_step {
    COPY_ROW = 0, /* and *ret_used bytes are used up */
    COPY_MORE,    /* the row goes on behind these bytes; give them again, with more */
    COPY_END,     /* the end of the input, or a line \. */
    COPY_WRONG,   /* *err says why */
} copy_step;

/* Cuts rows off the data; begin with {.format = ...}. */
typedef struct copy_cutter {
    const covet__copy_format *format;
    size_t at; /* how far the row has been looked at */
    uint64_t line, lines;
    bool quoted, escaped; /* csv: in quotes, behind the escape character */
    bool crlf, known;     /* how lines end: as the first one does */
} copy_cutter;

copy_step copy_cut(copy_cutter *cutter, const char *bytes, size_t length, bool ended,
                   copy_row *ret_row, size_t *ret_used, covet_error *err);

/* Decodes field `wanted` (from 0; SIZE_MAX: none) into `value`, *ret_null where it is NULL,
 * and counts all fields. 22P04 for a csv field whose quote is not closed. */
covet_status copy_split(const covet__copy_format *format, const copy_row *row, size_t wanted,
                        covet__str *value, bool *ret_null, size_t *ret_fields, covet_error *err);

#endif
