#include "tools/sql_read.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/mem.h"

enum { READ_SIZE = 256 * 1024, TAG_MAX = 64, WORDS = 4 };

typedef enum scan_state {
    SCAN_PLAIN = 0,
    SCAN_QUOTE,         /* '...' */
    SCAN_ESCAPED_QUOTE, /* E'...' */
    SCAN_NAME,          /* "..." */
    SCAN_DOLLAR,        /* $tag$...$tag$ */
    SCAN_LINE_COMMENT,
    SCAN_COMMENT,
} scan_state;

typedef struct scanner {
    scan_state state;
    size_t at;     /* the next byte to look at, from the statement's start */
    size_t first;  /* the statement's first word; SIZE_MAX: none yet */
    size_t looked; /* how far the word at `at` has been looked at, when its end was not there yet */
    uint64_t first_line;
    int brackets;
    int comments; /* nested */
    char tag[TAG_MAX];
    size_t tag_length;
    bool continues; /* E'...' has just ended, and another quote behind a newline goes on with it */
    /* CREATE [OR REPLACE] FUNCTION ... BEGIN ATOMIC: its first words, and how deep in it. */
    char words[WORDS][12];
    int word_count;
    int begins;
} scanner;

struct sql_reader {
    bool (*stop)(void);
    int fd; /* -1: a text, all of which is there */
    char *bytes;
    size_t at, length, capacity;
    bool ended; /* nothing more can be read */
    uint64_t line;
    uint64_t number;
    scanner scan;
    char *rest; /* of the line whose COPY is under way */
    size_t rest_length;
    uint64_t rest_line;
};

/* ---- reading ------------------------------------------------------------------------------- */

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "out of memory");
}

static covet_status make_room(sql_reader *r, size_t more, covet_error *err)
{
    if (r->at > 0 && (r->at == r->length || r->at > r->capacity / 2)) {
        memmove(r->bytes, r->bytes + r->at, r->length - r->at + 1);
        r->length -= r->at;
        r->at = 0;
    }
    return COVET_GROW(r->bytes, r->capacity, r->length + more + 1) ? COVET_OK : no_memory(err);
}

/* Some more bytes; sets `ended` where there are none. */
static covet_status read_more(sql_reader *r, covet_error *err)
{
    if (r->fd < 0)
        r->ended = true;
    if (r->ended)
        return COVET_OK;
    COVET_TRY(make_room(r, READ_SIZE, err));
    ssize_t got;
    do {
        if (r->stop != NULL && r->stop())
            return covet__fail_state(err, COVET_ECANCELED, "57014", "interrupted");
        got = read(r->fd, r->bytes + r->length, READ_SIZE);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return covet__fail(err, COVET_EIO, "the input cannot be read: %s", strerror(errno));
    r->ended = got == 0;
    r->length += (size_t)got;
    r->bytes[r->length] = '\0';
    return COVET_OK;
}

static covet_status make(int fd, const char *text, sql_reader **ret_reader, covet_error *err)
{
    COVET_AUTO(sql_reader) r = covet__zalloc(sizeof *r);
    const size_t length = strlen(text);
    if (r == NULL || !COVET_GROW(r->bytes, r->capacity, length + 1))
        return no_memory(err);
    r->fd = fd;
    r->length = length;
    r->line = 1;
    memcpy(r->bytes, text, length + 1);
    *ret_reader = COVET_TAKE(r);
    return COVET_OK;
}

covet_status sql_reader_of_text(const char *text, sql_reader **ret_reader, covet_error *err)
{
    return make(-1, text, ret_reader, err);
}

covet_status sql_reader_of_file(int fd, sql_reader **ret_reader, covet_error *err)
{
    return make(fd, "", ret_reader, err);
}

void sql_reader_free(sql_reader *r)
{
    if (r == NULL)
        return;
    covet__free(r->bytes);
    covet__free(r->rest);
    covet__free(r);
}

void sql_reader_stop_when(sql_reader *r, bool (*stop)(void)) { r->stop = stop; }

/* Gives up the first bytes, counting their lines. */
static void pass(sql_reader *r, size_t length)
{
    const char *from = r->bytes + r->at, *end = from + length;
    while ((from = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        r->line++;
        from++;
    }
    r->at += length;
}

/* ---- scanning ------------------------------------------------------------------------------ */

static bool begins_word(char c) { return isalpha((unsigned char)c) || c == '_' || (c & 0x80) != 0; }

static bool in_word(char c) { return begins_word(c) || isdigit((unsigned char)c) || c == '$'; }

static bool is_word(const scanner *s, int at, const char *word)
{
    return at < s->word_count && strcasecmp(s->words[at], word) == 0;
}

/* psql's rule: in CREATE [OR REPLACE] FUNCTION or PROCEDURE, BEGIN and (inside of it) CASE
 * wait for their END. */
static void take_word(scanner *s, const char *word, size_t length)
{
    if (s->brackets > 0)
        return;
    if (s->word_count < WORDS) {
        const size_t kept = COVET_MIN(length, sizeof s->words[0] - 1);
        memcpy(s->words[s->word_count], word, kept);
        s->words[s->word_count++][kept] = '\0';
    }
    const int what = is_word(s, 1, "or") ? 3 : 1;
    if (!is_word(s, 0, "create") ||
        (!is_word(s, what, "function") && !is_word(s, what, "procedure")))
        return;
    if (length == 5 && strncasecmp(word, "begin", 5) == 0)
        s->begins++;
    else if (length == 4 && s->begins > 0 && strncasecmp(word, "case", 4) == 0)
        s->begins++;
    else if (length == 3 && s->begins > 0 && strncasecmp(word, "end", 3) == 0)
        s->begins--;
}

/* A look at the next byte may need one that is not there yet. */
typedef enum step { STEP_ON, STEP_MORE, STEP_DONE, STEP_COMMAND } step;

/* A word, or a string that begins with letters. */
static step scan_word(scanner *s, const char *text, size_t length, bool ended)
{
    size_t end = COVET_MAX(s->at, s->looked);
    while (end < length && in_word(text[end]))
        end++;
    s->looked = end;
    if (end == length && !ended)
        return STEP_MORE;
    const bool quote = end < length && text[end] == '\'';
    if (quote && end - s->at == 1 && (text[s->at] == 'e' || text[s->at] == 'E')) {
        s->state = SCAN_ESCAPED_QUOTE;
        s->at = end + 1;
        return STEP_ON;
    }
    take_word(s, text + s->at, end - s->at);
    s->at = end;
    return STEP_ON;
}

/* $1, or $tag$ */
static step scan_dollar(scanner *s, const char *text, size_t length, bool ended)
{
    size_t end = COVET_MAX(s->at + 1, s->looked);
    if (end > s->at + 1 || (end < length && begins_word(text[end])))
        while (end < length && in_word(text[end]) && text[end] != '$')
            end++;
    s->looked = end;
    if (end == length && !ended)
        return STEP_MORE;
    if (end < length && text[end] == '$' && end + 1 - s->at <= TAG_MAX) {
        s->state = SCAN_DOLLAR;
        s->tag_length = end + 1 - s->at;
        memcpy(s->tag, text + s->at, s->tag_length);
        s->at = end + 1;
    } else {
        s->at++;
    }
    return STEP_ON;
}

static step scan_plain(scanner *s, const char *text, size_t length, bool ended)
{
    const char c = text[s->at];
    const bool pair = c == '-' || c == '/';
    if (pair && s->at + 1 == length && !ended)
        return STEP_MORE;
    if (c == '-' && text[s->at + 1] == '-') {
        s->state = SCAN_LINE_COMMENT;
        s->at += 2;
        return STEP_ON;
    }
    if (c == '/' && text[s->at + 1] == '*') {
        s->state = SCAN_COMMENT;
        s->comments = 1;
        s->at += 2;
        return STEP_ON;
    }
    if (isspace((unsigned char)c)) {
        s->at++;
        return STEP_ON;
    }
    if (c == ';' && s->brackets == 0 && s->begins == 0)
        return STEP_DONE;
    if (c == '\\')
        return STEP_COMMAND;
    if (s->first == SIZE_MAX)
        s->first = s->at;
    const bool goes_on = s->continues && c == '\'';
    s->continues = false;
    if (begins_word(c))
        return scan_word(s, text, length, ended);
    if (c == '$')
        return scan_dollar(s, text, length, ended);
    if (isdigit((unsigned char)c)) { /* 1e5, 1$: no words */
        while (s->at < length && in_word(text[s->at]))
            s->at++;
        return STEP_ON;
    }
    s->at++;
    if (c == '\'')
        s->state = goes_on ? SCAN_ESCAPED_QUOTE : SCAN_QUOTE;
    else if (c == '"')
        s->state = SCAN_NAME;
    else if (c == '(')
        s->brackets++;
    else if (c == ')' && s->brackets > 0)
        s->brackets--;
    return STEP_ON;
}

/* To behind the quote that ends it; a doubled one begins it anew, which is the same. */
static step scan_quoted(scanner *s, const char *text, size_t length)
{
    const char quote = s->state == SCAN_NAME ? '"' : '\'';
    for (; s->at < length; s->at++) {
        if (text[s->at] == '\\' && s->state == SCAN_ESCAPED_QUOTE) {
            if (s->at + 1 == length)
                return STEP_MORE;
            s->at++;
        } else if (text[s->at] == quote) {
            s->at++;
            s->continues = s->state == SCAN_ESCAPED_QUOTE;
            s->state = SCAN_PLAIN;
            return STEP_ON;
        }
    }
    return STEP_MORE;
}

static step scan_to_tag(scanner *s, const char *text, size_t length)
{
    const char *found = memmem(text + s->at, length - s->at, s->tag, s->tag_length);
    if (found == NULL) {
        /* The tag may be cut in two. */
        if (length - s->at >= s->tag_length)
            s->at = length - s->tag_length + 1;
        return STEP_MORE;
    }
    s->at = (size_t)(found - text) + s->tag_length;
    s->state = SCAN_PLAIN;
    return STEP_ON;
}

static step scan_comment(scanner *s, const char *text, size_t length)
{
    for (; s->at + 1 < length; s->at++) {
        if (text[s->at] == '*' && text[s->at + 1] == '/') {
            s->at++;
            if (--s->comments == 0) {
                s->at++;
                s->state = SCAN_PLAIN;
                return STEP_ON;
            }
        } else if (text[s->at] == '/' && text[s->at + 1] == '*') {
            s->comments++;
            s->at++;
        }
    }
    return STEP_MORE;
}

static step scan_step(scanner *s, const char *text, size_t length, bool ended)
{
    switch (s->state) {
    case SCAN_PLAIN: return scan_plain(s, text, length, ended);
    case SCAN_QUOTE:
    case SCAN_ESCAPED_QUOTE:
    case SCAN_NAME: return scan_quoted(s, text, length);
    case SCAN_DOLLAR: return scan_to_tag(s, text, length);
    case SCAN_COMMENT: return scan_comment(s, text, length);
    case SCAN_LINE_COMMENT: break;
    }
    const char *end = memchr(text + s->at, '\n', length - s->at);
    s->at = end != NULL ? (size_t)(end - text) : length;
    if (end != NULL)
        s->state = SCAN_PLAIN;
    return end != NULL ? STEP_ON : STEP_MORE;
}

/* ---- statements ---------------------------------------------------------------------------- */

static bool refuse_command(sql_reader *r, covet_error *err)
{
    pass(r, r->scan.at);
    const char *from = r->bytes + r->at;
    covet__fail_state(err, COVET_EUNSUPPORTED, "42601",
                      "line %llu: \\%.*s is a command of psql's, not a statement",
                      (unsigned long long)r->line, (int)strcspn(from + 1, " \t\r\n;"), from + 1);
    return false;
}

/* What has been scanned, up to its semicolon or the end of the input. */
static bool finish(sql_reader *r, bool semicolon, sql_statement *ret)
{
    scanner *s = &r->scan;
    char *text = r->bytes + r->at;
    const size_t first = s->first, end = s->at;
    *s = (scanner){.first = SIZE_MAX};
    if (first == SIZE_MAX) {
        pass(r, end + semicolon);
        return false;
    }
    pass(r, first);
    *ret = (sql_statement){.text = text + first,
                           .length = end - first,
                           .number = ++r->number,
                           .line = r->line};
    pass(r, end - first + semicolon);
    if (semicolon)
        text[end] = '\0';
    return true;
}

bool sql_reader_next(sql_reader *r, sql_statement *ret_statement, covet_error *err)
{
    if (err != NULL)
        err->status = COVET_OK;
    r->scan = (scanner){.first = SIZE_MAX};
    for (;;) {
        scanner *s = &r->scan;
        const size_t length = r->length - r->at;
        const step next =
            s->at < length ? scan_step(s, r->bytes + r->at, length, r->ended) : STEP_MORE;
        if (next == STEP_COMMAND)
            return refuse_command(r, err);
        if (next == STEP_DONE && finish(r, true, ret_statement))
            return true;
        if (next != STEP_MORE)
            continue;
        if (r->ended) {
            s->at = length;
            return finish(r, false, ret_statement);
        }
        /* Comments before a statement need not be kept. */
        if (s->first == SIZE_MAX && s->at > 0) {
            pass(r, s->at);
            s->at = 0;
        }
        if (length > SQL_STATEMENT_MAX) {
            covet__fail_state(err, COVET_ELIMIT, "54000",
                              "line %llu: the statement is larger than %d MB",
                              (unsigned long long)r->line, SQL_STATEMENT_MAX >> 20);
            return false;
        }
        if (read_more(r, err) != COVET_OK)
            return false;
    }
}

/* ---- data ---------------------------------------------------------------------------------- */

covet_status sql_reader_begin_data(sql_reader *r, covet_error *err)
{
    const char *newline = NULL;
    for (size_t seen = 0;;) {
        newline = memchr(r->bytes + r->at + seen, '\n', r->length - r->at - seen);
        seen = r->length - r->at;
        if (newline != NULL || r->ended)
            break;
        if (seen > SQL_STATEMENT_MAX)
            return covet__fail_state(err, COVET_ELIMIT, "54000",
                                     "line %llu: the line is larger than %d MB",
                                     (unsigned long long)r->line, SQL_STATEMENT_MAX >> 20);
        COVET_TRY(read_more(r, err));
    }
    const char *from = r->bytes + r->at;
    r->rest_length = newline != NULL ? (size_t)(newline - from) : r->length - r->at;
    r->rest_line = r->line;
    covet__free(r->rest);
    r->rest = covet__strndup(from, r->rest_length);
    pass(r, r->rest_length + (newline != NULL));
    return r->rest != NULL ? COVET_OK : no_memory(err);
}

covet_status sql_reader_peek(sql_reader *r, size_t need, const char **ret_bytes, size_t *ret_length,
                             covet_error *err)
{
    while (r->length - r->at < need && !r->ended)
        COVET_TRY(read_more(r, err));
    *ret_bytes = r->bytes + r->at;
    *ret_length = r->length - r->at;
    return COVET_OK;
}

void sql_reader_skip(sql_reader *r, size_t length) { pass(r, length); }

covet_status sql_reader_end_data(sql_reader *r, covet_error *err)
{
    COVET_AUTO_FREE char *rest = COVET_TAKE(r->rest);
    if (rest == NULL || rest[strspn(rest, " \t\r")] == '\0')
        return COVET_OK;
    /* The rest of the line, then what comes behind the data; its newline is in both. */
    const size_t length = r->rest_length + 1;
    COVET_TRY(make_room(r, length, err));
    memmove(r->bytes + r->at + length, r->bytes + r->at, r->length - r->at + 1);
    memcpy(r->bytes + r->at, rest, length - 1);
    r->bytes[r->at + length - 1] = '\n';
    r->length += length;
    r->line--; /* the newline that is put in here is none of the input's */
    return COVET_OK;
}
