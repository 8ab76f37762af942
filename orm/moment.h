/*
 * orm/moment.h - internal: timestamps in text, and now.
 */
#ifndef COVET_ORM_MOMENT_H
#define COVET_ORM_MOMENT_H

#include <covet/core/value.h>

/* "2026-01-01 12:00:00.5+00", "infinity": as PostgreSQL writes it under the settings that all
 * connections have (DateStyle ISO, TimeZone UTC). Such a text comes where a result has a column
 * of a type of the user's, so that all of it is text. False if it is none. */
bool covet__moment_parse(const char *text, covet_time *ret);

/* The clock of this machine. */
covet_time covet__moment_now(void);

#endif
