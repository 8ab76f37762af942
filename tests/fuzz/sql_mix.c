#include "fuzz/sql_mix.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/macros.h"

enum { WORDS_MAX = 2048 };

typedef struct word {
    uint32_t start, end;
    uint32_t depth; /* brackets around it; a bracket stands outside of itself */
} word;

typedef struct words {
    const char *text;
    size_t length;
    word items[WORDS_MAX];
    uint32_t count;
} words;

/* A run of words: [first, end). */
typedef struct run {
    uint32_t first, end;
} run;

typedef struct mixer {
    words text, donor;
    char *out;
    size_t capacity, length;
    uint64_t lots;
} mixer;

/* ---- words -------------------------------------------------------------------------------- */

static bool is_wordly(char c) { return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0; }

static size_t quoted(const char *text, size_t length, size_t at)
{
    const char quote = text[at];
    for (at++; at < length && text[at] != quote; at++) {}
    return COVET_MIN(at + 1, length);
}

static size_t word_end(const char *text, size_t length, size_t at)
{
    if (text[at] == '\'' || text[at] == '"')
        return quoted(text, length, at);
    if (!is_wordly(text[at]) && text[at] != '$')
        return at + 1;
    for (at++; at < length && is_wordly(text[at]); at++) {}
    return at;
}

static void cut(words *w, const char *text, size_t length)
{
    uint32_t depth = 0;
    w->text = text;
    w->length = length;
    w->count = 0;
    for (size_t at = 0; at < length && w->count < WORDS_MAX;) {
        if (isspace((unsigned char)text[at])) {
            at++;
            continue;
        }
        const size_t end = word_end(text, length, at);
        if (text[at] == ')' && depth > 0)
            depth--;
        w->items[w->count++] = (word){(uint32_t)at, (uint32_t)end, depth};
        if (text[at] == '(')
            depth++;
        at = end;
    }
}

static bool is_word(const words *w, uint32_t i, const char *text)
{
    const size_t length = strlen(text);
    return i < w->count && w->items[i].end - w->items[i].start == length &&
           strncasecmp(w->text + w->items[i].start, text, length) == 0;
}

/* What begins a clause; its number, or -1. */
static int clause_at(const words *w, uint32_t i)
{
    static const char *const names[] = {"select",  "from",  "where",     "group",     "having",
                                        "window",  "order", "limit",     "offset",    "fetch",
                                        "for",     "union", "except",    "intersect", "with",
                                        "values",  "set",   "returning", "insert",    "update",
                                        "delete",  "join",  "on",        "using",     "over",
                                        "filter",  "left",  "and",       "or",        "case",
                                        "between", ","};
    for (int n = 0; n < (int)COVET_COUNT(names); n++)
        if (is_word(w, i, names[n]))
            return n;
    return -1;
}

/* ---- lots ---------------------------------------------------------------------------------- */

static uint32_t draw(mixer *m, uint32_t below)
{
    m->lots += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = m->lots;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return below > 0 ? (uint32_t)((z ^ (z >> 31)) % below) : 0;
}

static run draw_words(mixer *m, const words *w)
{
    const uint32_t first = draw(m, w->count), left = w->count - first;
    return (run){first, first + COVET_MIN(left, 1 + draw(m, 4))};
}

/* From an opening bracket to its closing one; a few words where there is none. */
static run draw_bracket(mixer *m, const words *w)
{
    const uint32_t from = draw(m, w->count);
    for (uint32_t n = 0; n < w->count; n++) {
        const uint32_t i = (from + n) % w->count;
        if (!is_word(w, i, "("))
            continue;
        for (uint32_t j = i + 1; j < w->count; j++)
            if (is_word(w, j, ")") && w->items[j].depth == w->items[i].depth)
                return (run){i, j + 1};
    }
    return draw_words(m, w);
}

/* A clause of that kind (-1: any), up to the next one on its level or the bracket's end. */
static run draw_clause(mixer *m, const words *w, int kind)
{
    const uint32_t from = draw(m, w->count);
    for (uint32_t n = 0; n < w->count; n++) {
        const uint32_t i = (from + n) % w->count;
        const int found = clause_at(w, i);
        if (found < 0 || (kind >= 0 && found != kind))
            continue;
        uint32_t end = i + 1;
        while (end < w->count && w->items[end].depth >= w->items[i].depth &&
               !(w->items[end].depth == w->items[i].depth &&
                 (clause_at(w, end) >= 0 || is_word(w, end, ")"))))
            end++;
        return (run){i, end};
    }
    return (run){0, 0};
}

/* ---- putting together ---------------------------------------------------------------------- */

static void put(mixer *m, const char *text, size_t length)
{
    length = COVET_MIN(length, m->capacity - m->length);
    memcpy(m->out + m->length, text, length);
    m->length += length;
}

static void put_text(mixer *m, const char *text) { put(m, text, strlen(text)); }

static void put_run(mixer *m, const words *w, run r)
{
    if (r.first < r.end && r.end <= w->count)
        put(m, w->text + w->items[r.first].start,
            w->items[r.end - 1].end - w->items[r.first].start);
}

static void put_before(mixer *m, uint32_t first)
{
    put(m, m->text.text, first < m->text.count ? m->text.items[first].start : m->text.length);
    put_text(m, " ");
}

static void put_behind(mixer *m, uint32_t end)
{
    const size_t at = end > 0 && end <= m->text.count ? m->text.items[end - 1].end : 0;
    put_text(m, " ");
    put(m, m->text.text + at, m->text.length - at);
}

/* The run of the text becomes one of the donor's. */
static void exchange(mixer *m, run old, run new)
{
    put_before(m, old.first);
    put_run(m, &m->donor, new);
    put_behind(m, old.end);
}

static void surround(mixer *m, run r, const char *before, const char *behind)
{
    put_before(m, r.first);
    put_text(m, before);
    put_run(m, &m->text, r);
    put_text(m, behind);
    put_behind(m, r.end);
}

static void swap_words(mixer *m)
{
    uint32_t a = draw(m, m->text.count), b = draw(m, m->text.count);
    if (a > b) {
        const uint32_t other = a;
        a = b;
        b = other;
    }
    put_before(m, a);
    put_run(m, &m->text, (run){b, b + 1});
    put_text(m, " ");
    if (b > a) {
        put_run(m, &m->text, (run){a + 1, b});
        put_text(m, " ");
        put_run(m, &m->text, (run){a, a + 1});
    }
    put_behind(m, b + 1);
}

static void wrap_all(mixer *m)
{
    static const char *const around[][2] = {{"SELECT * FROM (", ") q"},
                                            {"WITH q AS (", ") SELECT * FROM q"},
                                            {"SELECT * FROM posts WHERE id IN (", ")"},
                                            {"SELECT id, (", ") FROM posts"},
                                            {"SELECT * FROM posts p WHERE EXISTS (", ")"},
                                            {"INSERT INTO posts (id, title) ", ""},
                                            {"COPY (", ") TO STDOUT"},
                                            {"", " LIMIT 3 OFFSET $1"},
                                            {"", " ORDER BY 1 DESC NULLS LAST, 2"},
                                            {"", " -- comment"},
                                            {"(", ")"},
                                            {"EXPLAIN ", ""}};
    const size_t which = draw(m, COVET_COUNT(around));
    put_text(m, around[which][0]);
    put(m, m->text.text, m->text.length);
    put_text(m, around[which][1]);
}

static void join_both(mixer *m)
{
    static const char *const between[] = {" UNION ALL ", " EXCEPT ", " INTERSECT ALL ", "; ",
                                          " UNION "};
    put(m, m->text.text, m->text.length);
    put_text(m, between[draw(m, COVET_COUNT(between))]);
    put(m, m->donor.text, m->donor.length);
}

static void put_noise(mixer *m)
{
    static const char *const noise[] = {"/* , ( */",
                                        "-- )\n",
                                        "posts",
                                        "public.posts",
                                        "blog.\"Posts\"",
                                        "comments",
                                        "users",
                                        "*",
                                        "public.posts.id",
                                        "id",
                                        "post_id",
                                        "$1",
                                        "$2",
                                        "NULL",
                                        "'5'",
                                        "'x'::text",
                                        "42",
                                        "-1",
                                        "1.5",
                                        "AS \"from\"",
                                        "AS \"order\"",
                                        "first",
                                        "last",
                                        "limit",
                                        "::int8",
                                        "::text",
                                        "COLLATE \"C\"",
                                        "DISTINCT",
                                        "ALL",
                                        "NOT",
                                        "IS DISTINCT FROM",
                                        "ONLY",
                                        "LATERAL",
                                        "NATURAL",
                                        "count(*)",
                                        "avg(score)",
                                        "now()",
                                        "\"é\"",
                                        "U&'\\0041'",
                                        "E'\\''",
                                        "$a$x$a$",
                                        "[1]",
                                        "(",
                                        ")",
                                        ",",
                                        ".",
                                        ";",
                                        "DEFAULT",
                                        "WITH TIES",
                                        "FILTER (WHERE true)",
                                        "OVER (PARTITION BY id)",
                                        "ARRAY[1, 2]",
                                        "= ANY ($1)",
                                        "IN (1, 2)",
                                        "ctid"};
    const uint32_t at = draw(m, m->text.count + 1);
    put_before(m, at);
    put_text(m, noise[draw(m, COVET_COUNT(noise))]);
    put_behind(m, at);
}

static void mix(mixer *m)
{
    const words *t = &m->text, *d = &m->donor;
    run r;
    switch (draw(m, 14)) {
    case 0:
    case 1: exchange(m, draw_words(m, t), draw_words(m, d)); break;
    case 2: exchange(m, draw_bracket(m, t), draw_bracket(m, d)); break;
    case 3:
    case 4:
        r = draw_clause(m, t, -1);
        exchange(m, r, draw_clause(m, d, clause_at(t, r.first)));
        break;
    case 5: /* one more clause, before another */
        r = draw_clause(m, t, -1);
        exchange(m, (run){r.first, r.first}, draw_clause(m, d, -1));
        break;
    case 6: exchange(m, draw_words(m, t), (run){0, 0}); break;
    case 7: exchange(m, draw_clause(m, t, -1), (run){0, 0}); break;
    case 8: swap_words(m); break;
    case 9:
        put_before(m, (r = draw_words(m, t)).first);
        put_text(m, "(");
        put(m, d->text, d->length);
        put_text(m, ")");
        put_behind(m, r.end);
        break;
    case 10: wrap_all(m); break;
    case 11: join_both(m); break;
    case 12: surround(m, draw_words(m, t), "(", ")"); break;
    default: put_noise(m); break;
    }
}

size_t sql_mix(const char *text, size_t length, const char *donor, size_t donor_length, char *out,
               size_t capacity, uint64_t lots)
{
    static mixer m; /* too large for the stack */
    m.out = out;
    m.capacity = capacity;
    m.length = 0;
    m.lots = lots;
    cut(&m.text, text, length);
    cut(&m.donor, donor, donor_length);
    if (m.text.count == 0 || m.donor.count == 0) {
        put(&m, donor, donor_length);
        return m.length;
    }
    mix(&m);
    return m.length;
}
