#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/fail.h"
#include "core/macros.h"

_Static_assert(sizeof(covet_error) == 1024, "covet_error is part of the ABI");

const char *covet_version(void)
{
#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
    return TEXT(COVET_VERSION_MAJOR) "." TEXT(COVET_VERSION_MINOR) "." TEXT(COVET_VERSION_PATCH);
}

const char *covet_status_name(covet_status status)
{
    switch (status) {
#define X(name, value, transient, text)                                                            \
    case COVET_##name: return #name;
        COVET_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

const char *covet_status_text(covet_status status)
{
    switch (status) {
#define X(name, value, transient, text)                                                            \
    case COVET_##name: return text;
        COVET_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

bool covet_status_is_transient(covet_status status)
{
    switch (status) {
#define X(name, value, transient, text)                                                            \
    case COVET_##name: return transient;
        COVET_STATUS_MAP(X)
#undef X
    }
    return false;
}

const char *covet_outcome_name(covet_outcome outcome)
{
    static const char *const names[] = {"none",    "not sent",  "rejected",
                                        "aborted", "committed", "unknown"};
    return (size_t)outcome < COVET_COUNT(names) ? names[outcome] : "unknown";
}

/* The longest prefix of at most `limit` bytes that does not end inside a character. */
static size_t whole_characters(const char *text, size_t limit)
{
    size_t length = strnlen(text, limit + 1);
    if (length <= limit)
        return length;
    length = limit;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

void covet__copy(char *to, size_t size, const char *from)
{
    if (from == NULL)
        from = "";
    const size_t length = whole_characters(from, size - 1);
    memmove(to, from, length);
    to[length] = '\0';
}

void covet__mask(char *text, const char *secret)
{
    const size_t length = secret != NULL ? strlen(secret) : 0;
    if (length == 0)
        return;
    for (char *at = strstr(text, secret); at != NULL; at = strstr(at + length, secret))
        memset(at, '*', length);
}

COVET_PRINTF(4, 0)
static void set(covet_error *err, covet_status status, const char *sqlstate, const char *format,
                va_list args)
{
    char message[sizeof err->message * 2];
    vsnprintf(message, sizeof message, format, args);
    *err = (covet_error){.status = status};
    covet__copy(err->sqlstate, sizeof err->sqlstate, sqlstate);
    covet__copy(err->message, sizeof err->message, message);
}

covet_status covet__fail(covet_error *err, covet_status status, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        set(err, status, "", format, args);
        va_end(args);
    }
    return status;
}

covet_status covet__fail_state(covet_error *err, covet_status status, const char *sqlstate,
                               const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        set(err, status, sqlstate, format, args);
        va_end(args);
    }
    return status;
}

void covet__prefix(covet_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char message[sizeof err->message * 2];
    va_list args;
    va_start(args, format);
    int used = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (used < 0 || (size_t)used >= sizeof message)
        return;
    snprintf(message + used, sizeof message - (size_t)used, ": %s", err->message);
    covet__copy(err->message, sizeof err->message, message);
}
