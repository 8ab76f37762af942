#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"

enum { LARGE = 1 << 20 };

static bool reserve(covet__str *str, size_t more)
{
    if (str->failed)
        return false;
    if (more > SIZE_MAX / 4 - str->length) {
        str->failed = true;
        return false;
    }
    const size_t need = str->length + more + 1;
    if (need <= str->capacity)
        return true;
    /* Large ones by half: what is not used yet is held all the same. */
    const size_t more_room = str->capacity < LARGE ? str->capacity + 64 : str->capacity / 2;
    const size_t size = COVET_MAX(need, str->capacity + more_room);
    char *grown;
    if (str->arena != NULL) {
        grown = covet_arena_alloc(str->arena, size);
        if (grown != NULL && str->length > 0)
            memcpy(grown, str->text, str->length);
    } else {
        grown = covet__resize(str->text, size);
    }
    if (grown == NULL) {
        str->failed = true;
        return false;
    }
    grown[str->length] = '\0';
    str->text = grown;
    str->capacity = size;
    return true;
}

void covet__str_free(covet__str *str)
{
    if (str->arena == NULL)
        covet__free(str->text);
    *str = (covet__str){.arena = str->arena};
}

void covet__str_cut(covet__str *str, size_t length)
{
    if (str->text == NULL || length > str->length)
        return;
    str->length = length;
    str->text[length] = '\0';
}

void covet__str_clear(covet__str *str)
{
    str->length = 0;
    str->failed = false;
    if (str->text != NULL)
        str->text[0] = '\0';
}

void covet__str_bytes(covet__str *str, const void *bytes, size_t length)
{
    if (!reserve(str, length))
        return;
    if (length > 0)
        memcpy(str->text + str->length, bytes, length);
    str->length += length;
    str->text[str->length] = '\0';
}

void covet__str_add(covet__str *str, const char *text)
{
    covet__str_bytes(str, text, strlen(text));
}

void covet__str_char(covet__str *str, char c) { covet__str_bytes(str, &c, 1); }

void covet__str_printf(covet__str *str, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        str->failed = true;
    else if (reserve(str, (size_t)length)) {
        vsnprintf(str->text + str->length, (size_t)length + 1, format, again);
        str->length += (size_t)length;
    }
    va_end(again);
}

void covet__str_ident(covet__str *str, const char *name)
{
    covet__str_char(str, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            covet__str_char(str, '"');
        covet__str_char(str, *name);
    }
    covet__str_char(str, '"');
}

void covet__str_qualified(covet__str *str, const char *schema, const char *name)
{
    covet__str_ident(str, schema);
    covet__str_char(str, '.');
    covet__str_ident(str, name);
}

void covet__str_literal(covet__str *str, const char *text)
{
    if (strchr(text, '\\') != NULL)
        covet__str_char(str, 'E');
    covet__str_char(str, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            covet__str_char(str, *text);
        covet__str_char(str, *text);
    }
    covet__str_char(str, '\'');
}

const char *covet__str_text(const covet__str *str)
{
    if (str->failed)
        return NULL;
    return str->text != NULL ? str->text : "";
}

char *covet__str_take(covet__str *str)
{
    reserve(str, 0);
    char *text = str->failed ? NULL : str->text;
    if (text == NULL)
        covet__str_free(str);
    *str = (covet__str){.arena = str->arena};
    return text;
}
