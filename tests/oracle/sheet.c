#include "oracle/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MATCH_MAX = 4000, /* rows that are matched one with each; larger ones are sorted only */
    SHOWN_MAX = 60    /* bytes of a cell */
};

static const double tolerance = 1e-9;

static void *must(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

void sheet_make(sheet *s, size_t rows, size_t columns)
{
    *s = (sheet){.rows = rows,
                 .columns = columns,
                 .names = must(calloc(columns + 1, sizeof *s->names)),
                 .types = must(calloc(columns + 1, sizeof *s->types)),
                 .cells = must(calloc(rows * columns + 1, sizeof *s->cells))};
}

void sheet_free(sheet *s)
{
    for (size_t i = 0; i < s->columns; i++) {
        free(s->names[i]);
        free(s->types[i]);
    }
    for (size_t i = 0; i < s->rows * s->columns; i++)
        free(s->cells[i]);
    free(s->names);
    free(s->types);
    free(s->cells);
    *s = (sheet){0};
}

void sheet_set(sheet *s, size_t row, size_t column, const char *text, size_t length)
{
    char *copy = must(malloc(length + 1));
    memcpy(copy, text, length);
    copy[length] = '\0';
    s->cells[row * s->columns + column] = copy;
}

/* ---- numbers ------------------------------------------------------------------------------- */

/* An array's type is its element's behind an underscore. */
static bool is_of(const char *type, const char *const *names)
{
    type += type[0] == '_';
    for (; *names != NULL; names++)
        if (strcmp(type, *names) == 0)
            return true;
    return false;
}

static bool is_float(const char *type)
{
    return is_of(type, (const char *const[]){"float8", "float4", NULL});
}

static bool is_number(const char *type)
{
    return is_float(type) || strcmp(type, "numeric") == 0 || strcmp(type, "_numeric") == 0;
}

static size_t number_length(const char *text) { return strspn(text, "+-0123456789.eE"); }

/* One number: without zeros behind the point, and without the sign of zero. */
static size_t put_number(char *to, const char *from, size_t length)
{
    size_t kept = length;
    const bool plain = memchr(from, 'e', length) == NULL;
    if (plain && memchr(from, '.', length) != NULL) {
        while (from[kept - 1] == '0')
            kept--;
        kept -= from[kept - 1] == '.';
    }
    if (kept == 2 && from[0] == '-' && from[1] == '0') {
        from++;
        kept = 1;
    }
    memmove(to, from, kept);
    return kept;
}

/* In place, for it never grows. Of an array every element. */
static void make_canonical(char *text)
{
    char *to = text;
    while (*text != '\0') {
        const size_t length = number_length(text);
        if (length == 0) {
            *to++ = *text++;
            continue;
        }
        to += put_number(to, text, length);
        text += length;
    }
    *to = '\0';
}

static void make_all_canonical(sheet *s)
{
    for (size_t c = 0; c < s->columns; c++)
        for (size_t r = 0; is_number(s->types[c]) && r < s->rows; r++)
            if (s->cells[r * s->columns + c] != NULL)
                make_canonical(s->cells[r * s->columns + c]);
}

static bool is_near(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    if (isinf(a) || isinf(b))
        return a == b;
    return fabs(a - b) <= tolerance * fmax(1.0, fmax(fabs(a), fabs(b)));
}

/* "{1.5,NaN,NULL}": element by element. */
static bool floats_near(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        char *a_end, *b_end;
        const double x = strtod(a, &a_end), y = strtod(b, &b_end);
        if (a_end == a || b_end == b) {
            if (*a++ != *b++)
                return false;
            continue;
        }
        if (!is_near(x, y))
            return false;
        a = a_end;
        b = b_end;
    }
    return *a == *b;
}

/* ---- rows ---------------------------------------------------------------------------------- */

typedef struct view {
    const sheet *s;
    const sheet_how *how;
} view;

static const char *cell(const sheet *s, size_t row, size_t column)
{
    return s->cells[row * s->columns + column];
}

static bool cells_alike(const sheet *a, size_t i, const sheet *b, size_t j, size_t column,
                        const sheet_how *how)
{
    const char *x = cell(a, i, column), *y = cell(b, j, column);
    if (x == NULL || y == NULL)
        return x == y;
    if (strcmp(x, y) == 0)
        return true;
    return how->inexact && is_float(a->types[column]) && floats_near(x, y);
}

static bool rows_alike(const sheet *a, size_t i, const sheet *b, size_t j, const sheet_how *how)
{
    for (size_t c = 0; c < a->columns; c++)
        if (!cells_alike(a, i, b, j, c, how))
            return false;
    return true;
}

static bool keys_alike(const sheet *a, size_t i, const sheet *b, size_t j, const sheet_how *how)
{
    for (size_t k = 0; k < how->key_count; k++)
        if (!cells_alike(a, i, b, j, how->keys[k], how))
            return false;
    return true;
}

static int compare_cells(const char *x, const char *y)
{
    if (x == NULL || y == NULL)
        return (x != NULL) - (y != NULL);
    return strcmp(x, y);
}

static int compare_floats(const char *x, const char *y)
{
    if (x == NULL || y == NULL || x[0] == '{' || y[0] == '{')
        return compare_cells(x, y);
    const double a = strtod(x, NULL), b = strtod(y, NULL);
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

/* Any order that both sides have alike: the columns that must be equal before those that
 * need only be near. */
static int compare_rows(const void *left, const void *right, void *user)
{
    const view *v = user;
    const size_t i = *(const size_t *)left, j = *(const size_t *)right;
    for (int pass = 0; pass < 2; pass++)
        for (size_t c = 0; c < v->s->columns; c++) {
            const bool near = v->how->inexact && is_float(v->s->types[c]);
            if (near != (pass == 1))
                continue;
            const char *x = cell(v->s, i, c), *y = cell(v->s, j, c);
            const int sign = near ? compare_floats(x, y) : compare_cells(x, y);
            if (sign != 0)
                return sign;
        }
    return 0;
}

/* The rows for which `wanted` is true (NULL: all), sorted. */
static size_t *sorted(const sheet *s, const bool *wanted, const sheet_how *how, size_t *ret_count)
{
    size_t *list = must(malloc((s->rows + 1) * sizeof *list));
    size_t count = 0;
    for (size_t r = 0; r < s->rows; r++)
        if (wanted == NULL || wanted[r])
            list[count++] = r;
    view v = {.s = s, .how = how};
    qsort_r(list, count, sizeof *list, compare_rows, &v);
    *ret_count = count;
    return list;
}

static bool match_each(const sheet *a, const size_t *as, size_t a_count, const sheet *b,
                       const size_t *bs, size_t b_count, const sheet_how *how)
{
    bool *taken = must(calloc(b_count + 1, sizeof *taken));
    bool found = a_count <= MATCH_MAX;
    for (size_t i = 0; found && i < a_count; i++) {
        found = false;
        for (size_t j = 0; !found && j < b_count; j++)
            if (!taken[j] && rows_alike(a, as[i], b, bs[j], how))
                found = taken[j] = true;
    }
    free(taken);
    return found;
}

/* Every wanted row of `a` is in `b`, as often as in `a`; `whole`: and no other is. */
static bool is_among(const sheet *a, const bool *a_wanted, const sheet *b, const bool *b_wanted,
                     bool whole, const sheet_how *how)
{
    size_t a_count, b_count, i = 0;
    size_t *as = sorted(a, a_wanted, how, &a_count), *bs = sorted(b, b_wanted, how, &b_count);
    for (size_t j = 0; i < a_count && j < b_count; j++)
        i += rows_alike(a, as[i], b, bs[j], how);
    bool found = i == a_count;
    if (!found && how->inexact)
        found = match_each(a, as, a_count, b, bs, b_count, how);
    free(as);
    free(bs);
    return found && (!whole || a_count == b_count);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static bool same_columns(const sheet *mine, const sheet *its, char *why, size_t size)
{
    if (mine->columns != its->columns) {
        snprintf(why, size, "%zu columns, not %zu", mine->columns, its->columns);
        return false;
    }
    for (size_t c = 0; c < its->columns; c++) {
        if (strcmp(mine->names[c], its->names[c]) != 0) {
            snprintf(why, size, "column %zu is named \"%s\", not \"%s\"", c + 1, mine->names[c],
                     its->names[c]);
            return false;
        }
        if (strcmp(mine->types[c], its->types[c]) != 0) {
            snprintf(why, size, "column %zu is %s, not %s", c + 1, mine->types[c], its->types[c]);
            return false;
        }
    }
    return true;
}

static bool same_keys(const sheet *mine, const sheet *its, const sheet_how *how, char *why,
                      size_t size)
{
    for (size_t r = 0; r < its->rows; r++)
        if (!keys_alike(mine, r, its, r, how)) {
            snprintf(why, size, "the keys of row %zu differ", r + 1);
            return false;
        }
    return true;
}

static bool same_list(const sheet *mine, const sheet *its, const sheet_how *how, char *why,
                      size_t size)
{
    for (size_t r = 0; r < its->rows; r++)
        if (!rows_alike(mine, r, its, r, how)) {
            snprintf(why, size, "row %zu differs", r + 1);
            return false;
        }
    return true;
}

static bool same_set(const sheet *mine, const sheet *its, const sheet_how *how, char *why,
                     size_t size)
{
    if (is_among(mine, NULL, its, NULL, true, how))
        return true;
    snprintf(why, size, "the rows differ, in whatever order");
    return false;
}

/* Rows whose key is neither the first's nor the last's. */
static bool *determined(const sheet *s, const sheet_how *how)
{
    bool *list = must(calloc(s->rows + 1, sizeof *list));
    for (size_t r = 0; r < s->rows; r++)
        list[r] = !keys_alike(s, r, s, 0, how) && !keys_alike(s, r, s, s->rows - 1, how);
    return list;
}

static bool same_part(const sheet *mine, const sheet *its, const sheet *full, const sheet_how *how,
                      char *why, size_t size)
{
    bool *my_rows = determined(mine, how), *its_rows = determined(its, how);
    const bool inner =
        how->mode == SHEET_MEMBER || is_among(mine, my_rows, its, its_rows, true, how);
    const bool known = is_among(mine, NULL, full, NULL, false, how);
    free(my_rows);
    free(its_rows);
    if (!inner)
        snprintf(why, size, "the rows between the first key and the last differ");
    else if (!known)
        snprintf(why, size, "there are rows that are not in the answer without LIMIT");
    return inner && known;
}

bool sheet_same(sheet *mine, sheet *its, sheet *full, const sheet_how *how, char *why,
                size_t why_size)
{
    if (!same_columns(mine, its, why, why_size))
        return false;
    if (mine->rows != its->rows) {
        snprintf(why, why_size, "%zu rows, not %zu", mine->rows, its->rows);
        return false;
    }
    if (how->loose) {
        make_all_canonical(mine);
        make_all_canonical(its);
        make_all_canonical(full);
    }
    if (!same_keys(mine, its, how, why, why_size))
        return false;
    switch (how->mode) {
    case SHEET_LIST: return same_list(mine, its, how, why, why_size);
    case SHEET_SET:
    case SHEET_KEYS: return same_set(mine, its, how, why, why_size);
    case SHEET_LIMIT:
    case SHEET_MEMBER: return same_part(mine, its, full, how, why, why_size);
    }
    return false;
}

/* How much of a cell is shown: whole characters, for verdicts are JSON. */
static int shown(const char *text)
{
    size_t length = strnlen(text, SHOWN_MAX);
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return (int)length;
}

void sheet_print(const sheet *s, size_t rows_max, char *out, size_t size)
{
    size_t length = strlen(out);
    for (size_t r = 0; r < s->rows && r < rows_max; r++)
        for (size_t c = 0; c < s->columns && length + 80 < size; c++) {
            const char *text = cell(s, r, c) != NULL ? cell(s, r, c) : "NULL";
            length +=
                (size_t)snprintf(out + length, size - length, "%s%.*s%s", c == 0 ? "      " : " | ",
                                 shown(text), text, c + 1 == s->columns ? "\n" : "");
        }
    if (s->rows > rows_max && length + 40 < size)
        snprintf(out + length, size - length, "      ... %zu rows\n", s->rows);
}
