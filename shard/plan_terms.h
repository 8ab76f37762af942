/*
 * shard/plan_terms.h - internal: key values as they stand in a statement, and their
 * hashes once parameters are known.
 */
#ifndef COVET_SHARD_PLAN_TERMS_H
#define COVET_SHARD_PLAN_TERMS_H

#include <covet/core/value.h>

#include "shard/facts.h"

/* Whether comparing the key with this term is the key type's own equality, so that the
 * term's hash is that of the rows wanted. Constants are tried out: one that only the
 * server can read is not usable. */
bool covet__term_is_usable(const covet__term *term, uint32_t key_type, const uint32_t *param_types,
                           uint32_t param_count);

/* The hash of a term that is usable. `values` are the application's parameters.
 * *ret_null: it is NULL, and there is no hash. */
covet_status covet__term_hash(const covet__term *term, uint32_t key_type, const covet_value *values,
                              uint64_t *ret_hash, bool *ret_null, covet_error *err);

/* The hash of a value that a parameter of the key's type has. */
covet_status covet__value_hash(const covet_value *value, uint32_t key_type, uint64_t *ret_hash,
                               bool *ret_null, covet_error *err);

#endif
