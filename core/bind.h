/*
 * core/bind.h - internal: a value becomes a parameter of the type that the server
 * inferred for it.
 */
#ifndef COVET_CORE_BIND_H
#define COVET_CORE_BIND_H

#include <covet/core/arena.h>
#include <covet/core/value.h>

/* One parameter as libpq wants it; `bytes` is NULL for SQL's NULL. */
typedef struct covet__param {
    const char *bytes;
    int length;
    int format;       /* 0 text (ends with NUL), 1 binary */
    char scratch[40]; /* where a converted value lives */
} covet__param;

/* Converts `value` to the type `oid`. *param points into itself, at the value's own
 * bytes, or (arrays) into the arena, so it must not be moved and both must outlive it.
 * TEXT for a type other than text must have a NUL behind its length. `number` is the
 * parameter's, from 1, for the message. */
covet_status covet__bind(const covet_value *value, uint32_t oid, uint32_t number,
                         covet_arena *arena, covet__param *param, covet_error *err);

/* Copies what the value points at into the arena, a NUL behind TEXT. */
covet_status covet__value_copy(covet_value *value, covet_arena *arena, covet_error *err);

/* The element type of an array type that the library knows; 0 for others. */
uint32_t covet__element_type(uint32_t array_oid);

/* COVET_ETYPE, 22021, for a NUL or bytes that are not UTF-8. */
covet_status covet__check_text(const char *text, size_t length, covet_error *err);

#endif
