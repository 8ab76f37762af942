/*
 * core/str.h - internal: text that is built piece by piece.
 *
 * A builder on the heap, or in an arena when it has one. Running out of memory
 * sticks: the pieces may be appended without checks and covet__str_ok asked once
 * at the end. The text always ends with NUL.
 */
#ifndef COVET_CORE_STR_H
#define COVET_CORE_STR_H

#include <stdarg.h>

#include <covet/core/arena.h>

typedef struct covet__str {
    char *text; /* NULL until something is appended */
    size_t length;
    size_t capacity;
    covet_arena *arena; /* NULL: the heap */
    bool failed;
} covet__str;

#define COVET__STR_IN(where) ((covet__str){.arena = (where)})

void covet__str_free(covet__str *str); /* leaves an empty builder; nothing to do in an arena */
void covet__str_clear(covet__str *str);
/* Back to a length that it had. */
void covet__str_cut(covet__str *str, size_t length);
void covet__str_bytes(covet__str *str, const void *bytes, size_t length);
void covet__str_add(covet__str *str, const char *text);
void covet__str_char(covet__str *str, char c);
void covet__str_printf(covet__str *str, const char *format, ...) COVET_PRINTF(2, 3);

/* "name", with quotes doubled: an SQL identifier whatever it holds. */
void covet__str_ident(covet__str *str, const char *name);
/* "schema"."name" */
void covet__str_qualified(covet__str *str, const char *schema, const char *name);
/* 'text', or E'...' where it holds a backslash: an SQL literal. For statements that
 * cannot take parameters (DDL); every other value travels beside the statement. */
void covet__str_literal(covet__str *str, const char *text);

static inline bool covet__str_ok(const covet__str *str) { return !str->failed; }

/* The text, "" if nothing was appended; NULL if memory ran out. */
const char *covet__str_text(const covet__str *str);

/* The text is the caller's (or the arena's) and the builder empty; NULL if memory ran out. */
char *covet__str_take(covet__str *str);

#endif
