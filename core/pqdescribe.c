#include <string.h>

#include "core/pqdescribe.h"
#include "core/macros.h"
#include "core/types.h"

covet_status covet__description_take(const PGresult *result, covet_arena *arena,
                                     covet__description *ret_description, covet_error *err)
{
    const int params = PQnparams(result), columns = PQnfields(result);
    uint32_t *param_types = covet_arena_alloc(arena, ((size_t)params + 1) * sizeof *param_types);
    uint32_t *types = covet_arena_alloc(arena, ((size_t)columns + 1) * sizeof *types);
    const char **names = covet_arena_alloc(arena, ((size_t)columns + 1) * sizeof *names);
    if (param_types == NULL || types == NULL || names == NULL)
        return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
    bool known = true;
    for (int i = 0; i < params; i++)
        param_types[i] = PQparamtype(result, i);
    for (int i = 0; i < columns; i++) {
        types[i] = PQftype(result, i);
        known &= covet__type_is_known(types[i]);
        names[i] = covet_arena_copy(arena, PQfname(result, i), strlen(PQfname(result, i)));
        if (names[i] == NULL)
            return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
    }
    *ret_description = (covet__description){.param_types = param_types,
                                            .param_count = (uint32_t)params,
                                            .names = names,
                                            .types = types,
                                            .column_count = (uint32_t)columns,
                                            .known = known};
    return COVET_OK;
}

bool covet__description_fits(const covet__description *description, const PGresult *part)
{
    if (PQnfields(part) != (int)description->column_count)
        return false;
    for (uint32_t i = 0; i < description->column_count; i++) {
        const uint32_t announced = description->types[i], came = PQftype(part, (int)i);
        const bool users = announced >= COVET__FIRST_USER_OID && came >= COVET__FIRST_USER_OID;
        if (announced != came && !users)
            return false;
    }
    return true;
}
