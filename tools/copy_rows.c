#include "tools/copy_rows.h"

#include <ctype.h>
#include <string.h>

/* ---- rows ------------------------------------------------------------------------------- */

/* To the end of the row, or as far as these bytes go: true where it ends. */
static bool find_text_end(copy_cutter *c, const char *bytes, size_t length)
{
    while (c->at < length) {
        const char *from = bytes + c->at;
        const char *newline = memchr(from, '\n', length - c->at);
        const size_t span = newline != NULL ? (size_t)(newline - from) : length - c->at;
        const char *backslash = memchr(from, '\\', span);
        if (backslash == NULL) {
            c->at += span;
            return newline != NULL;
        }
        c->at = (size_t)(backslash - bytes);
        if (c->at + 1 >= length)
            return false; /* what it escapes is not there yet */
        c->lines += backslash[1] == '\n';
        c->at += 2;
    }
    return false;
}

/* Looks at one byte; true: the row ends before it. */
static bool look_csv(copy_cutter *c, const char *bytes)
{
    const covet__copy_format *f = c->format;
    const char byte = bytes[c->at], escape = f->escape == f->quote ? '\0' : f->escape;
    if (c->quoted && byte == escape && escape != '\0')
        c->escaped = !c->escaped;
    else if (byte == f->quote && !c->escaped)
        c->quoted = !c->quoted;
    if (byte != escape || escape == '\0')
        c->escaped = false;
    if (byte != '\n')
        return false;
    c->lines += c->quoted;
    return !c->quoted;
}

static bool find_csv_end(copy_cutter *c, const char *bytes, size_t length)
{
    for (; c->at < length; c->at++)
        if (look_csv(c, bytes))
            return true;
    return false;
}

/* Whether the row ends with a carriage return that is not escaped. In csv it is outside of
 * quotes, as the row's end is. */
static bool has_return(const copy_cutter *c, const char *row, size_t length)
{
    size_t backslashes = 0;
    if (length == 0 || row[length - 1] != '\r')
        return false;
    while (!c->format->csv && backslashes + 1 < length && row[length - 2 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 0;
}

/* Lines end alike, or the server refuses them. It would not see that itself: the rows that it
 * gets are cut and come with newlines, and with the one it would take the other for a line's
 * end, while the key has been read with it. */
static covet_status check_ends(const copy_cutter *c, const char *row, size_t length, bool newline,
                               bool crlf, covet_error *err)
{
    const char *what = c->format->csv ? "unquoted" : "literal";
    if (!c->known && !c->format->csv && memchr(row, '\r', length) != NULL)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "lines that end with a carriage return alone are not supported "
                                 "over shards (convert them: tr '\\r' '\\n')");
    if (has_return(c, row, length))
        return covet__fail_state(err, COVET_ESQL, "22P04", "%s carriage return found in data",
                                 what);
    if (newline && c->known && c->crlf && !crlf)
        return covet__fail_state(err, COVET_ESQL, "22P04", "%s newline found in data", what);
    return COVET_OK;
}

static copy_step end_row(copy_cutter *c, const char *bytes, bool newline, copy_row *ret,
                         size_t *ret_used, covet_error *err)
{
    size_t length = c->at;
    const bool crlf = newline && (c->crlf || !c->known) && has_return(c, bytes, length);
    length -= crlf;
    if (check_ends(c, bytes, length, newline, crlf, err) != COVET_OK)
        return COPY_WRONG;
    if (!c->known && newline) {
        c->known = true;
        c->crlf = crlf;
    }
    *ret = (copy_row){.text = bytes, .length = length, .line = c->line + 1, .lines = c->lines + 1};
    *ret_used = c->at + newline;
    c->line += ret->lines;
    c->lines = 0;
    c->at = 0;
    c->escaped = false;
    return length == 2 && memcmp(bytes, "\\.", 2) == 0 ? COPY_END : COPY_ROW;
}

copy_step copy_cut(copy_cutter *c, const char *bytes, size_t length, bool ended, copy_row *ret_row,
                   size_t *ret_used, covet_error *err)
{
    if (c->format->csv ? find_csv_end(c, bytes, length) : find_text_end(c, bytes, length))
        return end_row(c, bytes, true, ret_row, ret_used, err);
    if (!ended)
        return COPY_MORE;
    *ret_used = 0;
    if (length == 0)
        return COPY_END;
    if (c->quoted) {
        covet__fail_state(err, COVET_ESQL, "22P04", "unterminated CSV quoted field");
        return COPY_WRONG;
    }
    c->at = length; /* a backslash may be the last byte */
    return end_row(c, bytes, false, ret_row, ret_used, err);
}

/* ---- fields ----------------------------------------------------------------------------- */

static int hex_of(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* What stands behind a backslash; returns how many bytes that is. */
static size_t put_escaped(const char *at, size_t length, covet__str *value)
{
    static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
    const char *known = strchr(from, *at);
    size_t used = 1;
    if (*at >= '0' && *at <= '7') {
        unsigned code = (unsigned)(*at - '0');
        for (; used < 3 && used < length && at[used] >= '0' && at[used] <= '7'; used++)
            code = code * 8 + (unsigned)(at[used] - '0');
        covet__str_char(value, (char)(code & 0xFF));
    } else if (*at == 'x' && length > 1 && hex_of(at[1]) >= 0) {
        unsigned code = 0;
        for (; used < 3 && used < length && hex_of(at[used]) >= 0; used++)
            code = code * 16 + (unsigned)hex_of(at[used]);
        covet__str_char(value, (char)code);
    } else {
        covet__str_char(value, known != NULL && *at != '\0' ? to[known - from] : *at);
    }
    return used;
}

static void unescape(const char *field, size_t length, covet__str *value)
{
    for (size_t i = 0; i < length;) {
        if (field[i] != '\\' || i + 1 == length) {
            covet__str_char(value, field[i++]);
            continue;
        }
        i++;
        i += put_escaped(field + i, length - i, value);
    }
}

/* Where the field that begins at `at` ends. */
static size_t text_field(const covet__copy_format *f, const copy_row *row, size_t at, bool plain)
{
    if (plain) {
        const char *end = memchr(row->text + at, f->delimiter, row->length - at);
        return end != NULL ? (size_t)(end - row->text) : row->length;
    }
    while (at < row->length && row->text[at] != f->delimiter)
        at += row->text[at] == '\\' ? 2 : 1;
    return COVET_MIN(at, row->length);
}

static size_t split_text(const covet__copy_format *f, const copy_row *row, size_t wanted,
                         covet__str *value, bool *null)
{
    const bool plain = memchr(row->text, '\\', row->length) == NULL;
    size_t fields = 0;
    for (size_t start = 0;;) {
        const size_t end = text_field(f, row, start, plain);
        if (fields++ == wanted) {
            *null = end - start == strlen(f->null) &&
                    memcmp(row->text + start, f->null, end - start) == 0;
            unescape(row->text + start, end - start, value);
        }
        if (end >= row->length)
            return fields;
        start = end + 1;
    }
}

/* One field, from `at` on; returns where it ends. */
static size_t csv_field(const covet__copy_format *f, const copy_row *row, size_t at,
                        covet__str *value, bool *ret_quoted, bool *ret_open)
{
    bool in_quotes = false;
    for (; at < row->length; at++) {
        const char c = row->text[at];
        const bool more = at + 1 < row->length;
        if (!in_quotes && c == f->delimiter)
            break;
        if (!in_quotes && c == f->quote) {
            in_quotes = *ret_quoted = true;
        } else if (in_quotes && c == f->escape && more &&
                   (row->text[at + 1] == f->escape || row->text[at + 1] == f->quote)) {
            at++;
            if (value != NULL)
                covet__str_char(value, row->text[at]);
        } else if (in_quotes && c == f->quote) {
            in_quotes = false;
        } else if (value != NULL) {
            covet__str_char(value, c);
        }
    }
    *ret_open = in_quotes;
    return at;
}

static covet_status split_csv(const covet__copy_format *f, const copy_row *row, size_t wanted,
                              covet__str *value, bool *null, size_t *ret_fields, covet_error *err)
{
    for (size_t at = 0, fields = 0;; at++) {
        const size_t start = at;
        bool quoted = false, open = false;
        at = csv_field(f, row, at, fields == wanted ? value : NULL, &quoted, &open);
        if (open)
            return covet__fail_state(err, COVET_ESQL, "22P04", "unterminated CSV quoted field");
        if (fields++ == wanted)
            *null = !quoted && at - start == strlen(f->null) &&
                    memcmp(row->text + start, f->null, at - start) == 0;
        *ret_fields = fields;
        if (at >= row->length)
            return COVET_OK;
    }
}

covet_status copy_split(const covet__copy_format *f, const copy_row *row, size_t wanted,
                        covet__str *value, bool *ret_null, size_t *ret_fields, covet_error *err)
{
    covet__str_clear(value);
    *ret_null = false;
    if (f->csv)
        COVET_TRY(split_csv(f, row, wanted, value, ret_null, ret_fields, err));
    else
        *ret_fields = split_text(f, row, wanted, value, ret_null);
    return covet__str_ok(value) ? COVET_OK : covet__fail(err, COVET_ENOMEM, "out of memory");
}
