/* core/pqdescribe.h - internal: what a server says of a statement before it runs. */
#ifndef COVET_CORE_PQDESCRIBE_H
#define COVET_CORE_PQDESCRIBE_H

#include <libpq-fe.h>

#include <covet/core/arena.h>

#include "core/fail.h"

typedef struct covet__description {
    const uint32_t *param_types;
    uint32_t param_count;
    const char *const *names;
    const uint32_t *types;
    uint32_t column_count;
    bool known; /* the library reads all column types in binary form */
} covet__description;

/* From the result of a describing request (covet__req.describe), or of an execution,
 * which has no parameters. Copied into the arena. */
covet_status covet__description_take(const PGresult *result, covet_arena *arena,
                                     covet__description *ret_description, covet_error *err);

/* Whether a part has the columns that were announced: their number and types. A type of
 * the user's has another OID on every server; that it is one must do. */
bool covet__description_fits(const covet__description *description, const PGresult *part);

#endif
