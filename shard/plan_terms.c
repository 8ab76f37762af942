#include <inttypes.h>
#include <stdio.h>

#include "core/bind.h"
#include "core/types.h"
#include "shard/key_wire.h"
#include "shard/plan_terms.h"

static bool same_family(uint32_t a, uint32_t b)
{
    return covet__key_type_of(a) != COVET_KEY_NONE &&
           covet__key_type_of(a) == covet__key_type_of(b);
}

bool covet__term_is_usable(const covet__term *term, uint32_t key_type, const uint32_t *param_types,
                           uint32_t param_count)
{
    uint64_t hash;
    switch (term->kind) {
    case COVET__TERM_NULL:
    case COVET__TERM_DEFAULT: return true;
    case COVET__TERM_PARAM:
        if (term->number == 0 || term->number > param_count)
            return false;
        return same_family(term->type != 0 ? term->type : param_types[term->number - 1],
                           key_type) &&
               same_family(param_types[term->number - 1], key_type);
    case COVET__TERM_ANY:
        return term->number > 0 && term->number <= param_count &&
               same_family(covet__element_type(param_types[term->number - 1]), key_type);
    case COVET__TERM_INT: return covet__key_type_of(key_type) == COVET_KEY_INT;
    case COVET__TERM_TEXT:
        if (term->type != 0 && !same_family(term->type, key_type))
            return false;
        return covet__key_hash_text(term->type != 0 ? term->type : key_type, term->text,
                                    strlen(term->text), &hash, NULL) == COVET_OK;
    }
    return false;
}

static covet_status hash_int(int64_t i, uint32_t key_type, uint64_t *ret_hash, covet_error *err)
{
    if (covet__key_type_of(key_type) == COVET_KEY_INT) {
        *ret_hash = covet_key_hash_int(i);
        return COVET_OK;
    }
    /* An integer that is bound to a text column is its digits. */
    char text[24];
    const int length = snprintf(text, sizeof text, "%" PRId64, i);
    return covet__key_hash_text(key_type, text, (size_t)length, ret_hash, err);
}

covet_status covet__value_hash(const covet_value *value, uint32_t key_type, uint64_t *ret_hash,
                               bool *ret_null, covet_error *err)
{
    *ret_null = value->kind == COVET_VALUE_NULL;
    switch (value->kind) {
    case COVET_VALUE_NULL: return COVET_OK;
    case COVET_VALUE_INT: return hash_int(value->u.i, key_type, ret_hash, err);
    case COVET_VALUE_TEXT:
        return covet__key_hash_text(key_type, value->u.p, value->length, ret_hash, err);
    default: break;
    }
    covet__param param;
    COVET_TRY(covet__bind(value, key_type, 0, NULL, &param, err));
    return covet__key_hash_wire(key_type, param.bytes, (size_t)param.length, ret_hash, err);
}

covet_status covet__term_hash(const covet__term *term, uint32_t key_type, const covet_value *values,
                              uint64_t *ret_hash, bool *ret_null, covet_error *err)
{
    *ret_null = false;
    switch (term->kind) {
    case COVET__TERM_PARAM:
        if (covet__key_type_of(key_type) == COVET_KEY_INT)
            key_type = COVET__INT8; /* WHERE k = $1::int8 asks an int4 for what it cannot be */
        return covet__value_hash(&values[term->number - 1], key_type, ret_hash, ret_null, err);
    case COVET__TERM_INT: *ret_hash = covet_key_hash_int(term->i); return COVET_OK;
    case COVET__TERM_TEXT:
        return covet__key_hash_text(term->type != 0 ? term->type : key_type, term->text,
                                    strlen(term->text), ret_hash, err);
    case COVET__TERM_NULL:
    case COVET__TERM_DEFAULT:
    case COVET__TERM_ANY: break;
    }
    *ret_null = true;
    return COVET_OK;
}
