/*
 * core/render.h - internal: a value in binary wire form, as PostgreSQL prints it.
 *
 * Rows that are merged in process travel in binary; people and files want the text that
 * one server would have given. It comes out here byte for byte as PostgreSQL 15 writes
 * it under the settings that every connection pins: DateStyle ISO, IntervalStyle
 * postgres, TimeZone UTC, extra_float_digits 1.
 *
 *     bool "char" int2 int4 int8 oid     t, \200, -7
 *     float4 float8                      the shortest digits that read back as the value
 *     numeric                            core/numeric.h
 *     text varchar bpchar name json      as they are
 *     jsonb uuid bytea                   {"a": 1}, hexadecimal digits
 *     date time timestamp timestamptz    0044-03-15 12:00:00.5 BC, infinity
 *     interval                           1 year -2 mons +3 days 04:05:06
 *
 * Other types (arrays, enums, users' own) are asked for in text form and need no
 * rendering.
 */
#ifndef COVET_CORE_RENDER_H
#define COVET_CORE_RENDER_H

#include "core/fail.h"
#include "core/str.h"

/* Appends the text. COVET_ETYPE where the bytes are no value of the type (22P03; 22008
 * for a moment that PostgreSQL has no name for), COVET_EUNSUPPORTED for a type that is
 * not in the list. `scratch` is used and not given back. Running out of memory sticks to
 * `out`, as everywhere. */
covet_status covet__render(uint32_t type, const void *bytes, size_t length, covet_arena *scratch,
                           covet__str *out, covet_error *err);

#endif
