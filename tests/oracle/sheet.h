/*
 * tests/oracle/sheet.h - a result as text, and whether two are the same answer.
 *
 * PostgreSQL leaves some things free, and a right answer may differ in them: the order of
 * rows that no ORDER BY decides, which of several equal representations (1.0 and 1.00, 0
 * and -0) stands for a group, the last digits of a sum of floats. What of that is free in a
 * statement is for its author to say (sheet_how); all else must be alike.
 *
 *     LIST    the rows, in order
 *     SET     the rows, in any order
 *     KEYS    the rows in any order, the key columns in order: ORDER BY with ties
 *     LIMIT   the same of a part of the full answer: rows whose key is neither that of the
 *             first nor that of the last row are determined, of the others only the key is,
 *             and that the full answer has them
 *     MEMBER  key columns in order; rows that the full answer has: which ones is free
 */
#ifndef COVET_TESTS_SHEET_H
#define COVET_TESTS_SHEET_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sheet {
    size_t rows, columns;
    char **names;
    char **types; /* names of types: OIDs of users' own differ between databases */
    char **cells; /* row by row; NULL is NULL */
} sheet;

typedef enum sheet_mode {
    SHEET_LIST = 0,
    SHEET_SET,
    SHEET_KEYS,
    SHEET_LIMIT,
    SHEET_MEMBER,
} sheet_mode;

typedef struct sheet_how {
    sheet_mode mode;
    const size_t *keys; /* columns, from 0 */
    size_t key_count;
    bool inexact; /* floats are alike within 1e-9 */
    bool loose;   /* numbers are alike where they are equal, however written */
} sheet_how;

/* Room for that many cells, all NULL. */
void sheet_make(sheet *s, size_t rows, size_t columns);
void sheet_free(sheet *s);
void sheet_set(sheet *s, size_t row, size_t column, const char *text, size_t length);

/* `full` is looked at by LIMIT and MEMBER; it is the answer without LIMIT. False: `why`
 * says what differs. Numbers of all three are made canonical where they may be written in
 * several ways. */
bool sheet_same(sheet *mine, sheet *its, sheet *full, const sheet_how *how, char *why,
                size_t why_size);

/* "a | b" and so on, the first rows of it. Appends to `out`, which ends with NUL. */
void sheet_print(const sheet *s, size_t rows_max, char *out, size_t size);

#endif
