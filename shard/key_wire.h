/*
 * shard/key_wire.h - internal: keys as PostgreSQL writes them.
 *
 * A parameter or a column of a row comes with the OID of its type, in binary or as
 * text. Routing must understand it exactly as the server will, or say that it
 * cannot: a key that is read in another way is a row that is stored where nobody
 * looks for it.
 *
 * Failures: COVET_ETYPE is the server's own refusal, with its SQLSTATE, so nothing
 * need be sent; COVET_EUNSUPPORTED (0A000) is a value that the server might take and
 * that only the server can read. *ret_hash is then untouched. SQL's NULL has no hash:
 * it is the caller's case.
 */
#ifndef COVET_SHARD_KEY_WIRE_H
#define COVET_SHARD_KEY_WIRE_H

#include <covet/core/error.h>
#include <covet/shard/key.h>

/* COVET_KEY_NONE if a column of the type cannot be a key. bpchar and citext have an
 * equality of their own, float and numeric several spellings of one value, and
 * timestamp no zone to be compared with timestamptz in. */
covet_key_type covet__key_type_of(uint32_t oid);

/* From the binary format. 22P03 where a type of fixed width has another length,
 * 22021 where text holds a NUL or is not UTF-8. A date or moment beyond PostgreSQL's
 * own range is hashed all the same: no row holds one. */
covet_status covet__key_hash_wire(uint32_t oid, const void *bytes, size_t length,
                                  uint64_t *ret_hash, covet_error *err);

/* From the text format, as the type's input function in PostgreSQL 15 reads it:
 *
 *     integers      white space around, sign, decimal digits     22P02, 22003
 *     text          UTF-8 without NUL                            22021
 *     uuid          every spelling of uuid_in                    22P02
 *     bytea         hex and escape format                        22023, 22P02
 *     date          YYYY-MM-DD only                              22008
 *     timestamptz   YYYY-MM-DD HH:MM:SS[.f] and a zone only      22008, 22009
 *
 * Years are 0001 to 9999; a T may stand for the space; `f` is one to six digits; the
 * zone is Z or +HH[:MM[:SS]]. What else date and timestamptz accept depends on
 * settings and on the clock ("today", no zone, 01/02/03) and is COVET_EUNSUPPORTED,
 * as is a bytea with characters that are not ASCII: the server's encoding decides
 * their bytes. COVET_ENOMEM is possible for a long bytea. */
covet_status covet__key_hash_text(uint32_t oid, const char *text, size_t length, uint64_t *ret_hash,
                                  covet_error *err);

#endif
