/*
 * core/fail.h - internal: how errors are written.
 *
 * Each returns the status it was given, so that a failing path is one line:
 *     return covet__fail(err, COVET_EINVAL, "pool: size_max is 0");
 * `err` may be NULL. Context is prefixed on the way up, outermost first.
 */
#ifndef COVET_CORE_FAIL_H
#define COVET_CORE_FAIL_H

#include <covet/core/error.h>

covet_status covet__fail(covet_error *err, covet_status status, const char *format, ...)
    COVET_PRINTF(3, 4);

/* The same with an SQLSTATE of five characters. */
covet_status covet__fail_state(covet_error *err, covet_status status, const char *sqlstate,
                               const char *format, ...) COVET_PRINTF(4, 5);

/* Puts context in front of the message that is there; does nothing to NULL. */
void covet__prefix(covet_error *err, const char *format, ...) COVET_PRINTF(2, 3);

/* Copies at most size - 1 bytes, never splits a UTF-8 character, always ends with NUL. */
void covet__copy(char *to, size_t size, const char *from);

/* Overwrites every occurrence of `secret` in a text with asterisks. */
void covet__mask(char *text, const char *secret);

#endif
