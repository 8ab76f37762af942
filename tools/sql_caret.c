#include "tools/sql_caret.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <string.h>

#include "core/macros.h"

/* Columns that are shown, and how many of them before the place in a line that is longer. */
enum { COLUMNS_MAX = 72, COLUMNS_BEFORE = 40 };

static int utf8(void) { return pg_char_to_encoding("UTF8"); }

/* Bytes of the character, which may be cut off by the text's end. */
static size_t length_at(const char *at)
{
    const size_t length = (size_t)PQmblen(at, utf8());
    return strnlen(at, length);
}

/* On a terminal; a tab is shown as one blank. */
static int width_at(const char *at)
{
    if (*at == '\t' || length_at(at) < (size_t)PQmblen(at, utf8()))
        return 1;
    return COVET_MAX(PQdsplen(at, utf8()), 0);
}

static bool is_end(char c) { return c == '\0' || c == '\n' || c == '\r'; }

/* The last place from where not more than so many columns lead to `at`. */
static const char *begin_near(const char *from, const char *at)
{
    int columns = 0;
    for (const char *c = from; c < at; c += length_at(c))
        columns += width_at(c);
    for (; columns > COLUMNS_BEFORE; from += length_at(from))
        columns -= width_at(from);
    return from;
}

/* One character, as it may stand on a terminal. */
static void put_character(const char *at, covet__str *out)
{
    if ((unsigned char)*at < ' ' || *at == 0x7f)
        covet__str_char(out, ' ');
    else
        covet__str_bytes(out, at, length_at(at));
}

void sql_caret(const char *text, uint64_t line, int32_t position, covet__str *out)
{
    const char *start = text, *at = text;
    for (int32_t i = 1; i < position && *at != '\0'; i++, at += length_at(at))
        if (*at == '\n') {
            line++;
            start = at + 1;
        }
    if (position < 1 || (is_end(*at) && at == start))
        return;
    const char *from = begin_near(start, at);
    const size_t before = out->length;
    covet__str_printf(out, "LINE %" PRIu64 ": %s", line, from > start ? "..." : "");
    int place = (int)(out->length - before), columns = 0;
    for (const char *c = from; c < at; c += length_at(c))
        place += width_at(c);
    for (; !is_end(*from) && columns + width_at(from) <= COLUMNS_MAX; from += length_at(from)) {
        put_character(from, out);
        columns += width_at(from);
    }
    covet__str_printf(out, "%s\n%*s^", is_end(*from) ? "" : "...", place, "");
}
