/*
 * core/result.h - rows, to be read.
 *
 * A result is a view: the cells are where the network put them, and nothing is
 * copied. Rows and columns count from 0. What a cell points at lives as long as the
 * result; it is binary where the library knows all types of the result, else text
 * (covet_cell.binary says which), and the typed readers below read both.
 *
 *     for (size_t i = 0; i < covet_result_rows(r); i++) {
 *         int64_t id;
 *         if (covet_result_int(r, i, 0, &id, &err) != COVET_OK) ...
 *         printf("%ld %s\n", (long)id, covet_result_text(r, i, 1));
 *     }
 *
 * A typed reader returns COVET_ETYPE for NULL (SQLSTATE 22002), for a column that is
 * of another type (42804), and COVET_EINVAL for a row or column that is not there;
 * what it should have filled stays as it was.
 */
#ifndef COVET_CORE_RESULT_H
#define COVET_CORE_RESULT_H

#include <covet/core/value.h>

COVET_C_BEGIN

typedef struct covet_result covet_result;

typedef struct covet_cell {
    const void *bytes; /* NULL is SQL's NULL; otherwise a NUL follows the last byte */
    size_t length;
    bool binary;
} covet_cell;

COVET_API size_t covet_result_rows(const covet_result *result);
COVET_API size_t covet_result_columns(const covet_result *result);

/* The column's name; "" if there is no such column. */
COVET_API const char *covet_result_name(const covet_result *result, size_t column);
/* The OID of the column's type, 0 if there is no such column. */
COVET_API uint32_t covet_result_type(const covet_result *result, size_t column);
/* The column of that name, the first of several; SIZE_MAX if there is none. */
COVET_API size_t covet_result_find(const covet_result *result, const char *name);

/* Rows that an INSERT, UPDATE or DELETE has changed; else the number of rows. */
COVET_API uint64_t covet_result_affected(const covet_result *result);
/* "INSERT 0 1", as the server said it; "" for a result that was put together. */
COVET_API const char *covet_result_tag(const covet_result *result);

/* A NULL cell if the row or column is not there. */
COVET_API covet_cell covet_result_cell(const covet_result *result, size_t row, size_t column);
COVET_API bool covet_result_is_null(const covet_result *result, size_t row, size_t column);

/* text, varchar, char, name, json, jsonb: the characters. NULL for SQL's NULL and for
 * other types that came in binary form. */
COVET_API const char *covet_result_text(const covet_result *result, size_t row, size_t column);

/* int2, int4, int8, oid */
COVET_CHECKED covet_status covet_result_int(const covet_result *result, size_t row, size_t column,
                                            int64_t *ret_int, covet_error *err);
/* float4, float8, and the integers */
COVET_CHECKED covet_status covet_result_float(const covet_result *result, size_t row, size_t column,
                                              double *ret_float, covet_error *err);
COVET_CHECKED covet_status covet_result_bool(const covet_result *result, size_t row, size_t column,
                                             bool *ret_bool, covet_error *err);
/* timestamptz, and timestamp taken as UTC; infinity is INT64_MAX, -infinity INT64_MIN */
COVET_CHECKED covet_status covet_result_time(const covet_result *result, size_t row, size_t column,
                                             covet_time *ret_time, covet_error *err);
/* date: days since 1970-01-01 */
COVET_CHECKED covet_status covet_result_date(const covet_result *result, size_t row, size_t column,
                                             int32_t *ret_days, covet_error *err);
COVET_CHECKED covet_status covet_result_uuid(const covet_result *result, size_t row, size_t column,
                                             covet_uuid *ret_uuid, covet_error *err);

/* Gives back a result that a _wait call returned; accepts NULL. One that a callback
 * sees is the operation's. */
COVET_API void covet_result_free(covet_result *result);

COVET_C_END
#endif
