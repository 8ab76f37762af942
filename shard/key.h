/*
 * shard/key.h - from the value of a shard key to a place in the hash space.
 *
 * A key is encoded in bytes and the bytes are hashed: XXH3-64 with seed 0. The
 * hash decides which range, and so which shard, a row is stored in (shard/ring.h).
 * Encoding and hash are an on-disk format: they never change, and
 * tests/shard/test_key.c holds them to known values.
 *
 *     type          columns             encoding                               bytes
 *     INT           int2 int4 int8      two's complement, big-endian               8
 *     TEXT          text varchar        UTF-8, nothing before or behind it       any
 *     UUID          uuid                in the order in which it is printed       16
 *     DATE          date                days since 2000-01-01, two's               4
 *                                       complement, big-endian
 *     TIMESTAMPTZ   timestamptz         microseconds since 2000-01-01 00:00        8
 *                                       UTC, two's complement, big-endian
 *     BYTEA         bytea               as it is                                 any
 *
 *     int2 -2                          ff ff ff ff  ff ff ff fe
 *     text 'é1'                        c3 a9 31
 *     date 2000-01-02                  00 00 00 01
 *     timestamptz 2000-01-01 00:00+00  00 00 00 00  00 00 00 00
 *
 * It is what PostgreSQL itself sends for the value in binary, with every integer
 * as int8: equal integers have one hash whatever the width of their column, and
 * what a server sends is hashed where it lies. `infinity` and `-infinity` are the
 * largest and the smallest number, as they are in PostgreSQL.
 *
 * The type is not part of the encoding. A hash is only ever compared with hashes
 * of the same column, or of a co-located one of the same type; a tag would keep
 * apart what never meets, and cost every text and bytea a copy.
 *
 * Hash what the column stores. An assignment may change a value: varchar(3) drops
 * spaces beyond the third character, timestamptz(0) rounds to seconds. Texts are
 * equal by their bytes, so the collation of a key must be deterministic.
 */
#ifndef COVET_SHARD_KEY_H
#define COVET_SHARD_KEY_H

#include <covet/core/base.h>

COVET_C_BEGIN

/* The closed list. The numbers are stored in catalogs: none is ever reused. */
typedef enum covet_key_type {
    COVET_KEY_NONE = 0, /* not a type that a key can have */
    COVET_KEY_INT = 1,
    COVET_KEY_TEXT = 2,
    COVET_KEY_UUID = 3,
    COVET_KEY_DATE = 4,
    COVET_KEY_TIMESTAMPTZ = 5,
    COVET_KEY_BYTEA = 6,
} covet_key_type;

/* "int", "text", "uuid", "date", "timestamptz", "bytea"; "none" for others, never NULL. */
COVET_API const char *covet_key_type_name(covet_key_type type);

COVET_API uint64_t covet_key_hash_int(int64_t value);

/* Valid UTF-8 without NUL, as PostgreSQL stores it; that is not checked here. `text`
 * may be NULL where `length` is 0. */
COVET_API uint64_t covet_key_hash_text(const char *text, size_t length);

COVET_API uint64_t covet_key_hash_uuid(const uint8_t uuid[16]);

/* Days since 2000-01-01; covet_date (core/value.h) counts from 1970, 10,957 days before. */
COVET_API uint64_t covet_key_hash_date(int32_t days);

/* Microseconds since 2000-01-01 00:00 UTC; covet_time counts from 1970. */
COVET_API uint64_t covet_key_hash_timestamptz(int64_t usec);

/* `bytes` may be NULL where `length` is 0. */
COVET_API uint64_t covet_key_hash_bytea(const void *bytes, size_t length);

COVET_C_END
#endif
