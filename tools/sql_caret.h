/* tools/sql_caret.h - where in a text an error is, as psql shows it.
 *
 *     LINE 3: FROM postz
 *                  ^
 *
 * Pure. Of a long line the part around the place is shown.
 */
#ifndef COVET_TOOLS_SQL_CARET_H
#define COVET_TOOLS_SQL_CARET_H

#include "core/str.h"

/* Both lines, without a last end of line; nothing where `position` is 0 or behind the text.
 * The text is UTF-8 and begins on `line`; positions are in characters, from 1. */
void sql_caret(const char *text, uint64_t line, int32_t position, covet__str *out);

#endif
