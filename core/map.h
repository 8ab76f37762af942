/*
 * core/map.h - internal: the catalog's map: groups, members, shards, tables.
 *
 * A snapshot that never changes: whoever reads it holds a reference, and a newer one
 * replaces it as a whole. Its version is (cluster, incarnation, epoch):
 *   M1  within an incarnation epochs only grow; an older map is never installed
 *   M2  shards are sorted by lo, cover the hash space without gaps, and each belongs
 *       to one group
 *   M3  exactly one group is home, and every group has exactly one primary
 *   M4  no DSN in it holds a password
 * covet__map_unpack checks these on whatever comes from a disk or a catalog.
 *
 * References may be taken and dropped by any thread.
 */
#ifndef COVET_CORE_MAP_H
#define COVET_CORE_MAP_H

#include "core/fail.h"
#include "core/macros.h"

enum { COVET__MAP_FORMAT = 1 };

#define COVET__MAP_NONE UINT32_MAX

typedef struct covet__map covet__map;

typedef struct covet__map_group {
    uint32_t id;
    const char *name;
    uint32_t weight;
    bool home;
    uint32_t primary; /* index of its primary among the members */
} covet__map_group;

typedef struct covet__map_member {
    uint32_t id;
    uint32_t group; /* index */
    const char *name;
    const char *dsn;
    bool primary;
    uint64_t system_id; /* 0: not known */
} covet__map_member;

typedef struct covet__map_shard {
    uint32_t id;
    uint64_t lo;    /* its range ends where the next one begins */
    uint32_t group; /* index */
    const char *schema;
} covet__map_shard;

typedef enum covet__table_kind {
    COVET__TABLE_LOCAL = 0, /* not in the map */
    COVET__TABLE_DISTRIBUTED,
    COVET__TABLE_REFERENCE,
} covet__table_kind;

typedef struct covet__map_id {
    const char *column;
    uint32_t type;
    bool alone_unique;
} covet__map_id;

typedef struct covet__map_table {
    uint32_t id;
    const char *schema; /* where it stands for the application */
    const char *name;
    covet__table_kind kind;
    const char *key_column; /* NULL for a reference table */
    uint32_t key_type;
    int32_t key_typmod;
    const char *physical;
    const char *const *unique_per_shard;
    uint32_t unique_per_shard_count;
    const covet__map_id *ids;
    uint32_t id_count;
} covet__map_table;

struct covet__map {
    const char *cluster_id;
    uint64_t incarnation;
    uint64_t epoch;
    const char *prefix;
    const char *const *search_path;
    uint32_t search_path_count;
    const covet__map_group *groups;
    uint32_t group_count;
    uint32_t home; /* index of the home group */
    const covet__map_member *members;
    uint32_t member_count;
    const covet__map_shard *shards;
    uint32_t shard_count;
    const covet__map_table *tables;
    uint32_t table_count;
};

/* From bytes that covet__map_pack made, or anything else: COVET_EMAP says what is wrong. */
covet_status covet__map_unpack(const void *bytes, size_t length, const covet__map **ret_map,
                               covet_error *err);
/* The caller owns *ret_bytes (covet__free). */
covet_status covet__map_pack(const covet__map *map, void **ret_bytes, size_t *ret_length,
                             covet_error *err);

const covet__map *covet__map_ref(const covet__map *map);
void covet__map_unref(const covet__map *map); /* accepts NULL */

/* NULL if the map has no such table. With `schema` NULL the search path decides. */
const covet__map_table *covet__map_find_table(const covet__map *map, const char *schema,
                                              const char *name);
const covet__map_table *covet__map_table_by_id(const covet__map *map, uint32_t id);
/* Index, or COVET__MAP_NONE. */
uint32_t covet__map_find_group(const covet__map *map, const char *name);

/* Whether `b` may replace `a`: another cluster or incarnation may not, an epoch that is
 * not newer need not. */
bool covet__map_is_newer(const covet__map *a, const covet__map *b);

static inline void covet__map_auto_unref(const covet__map **slot) { covet__map_unref(*slot); }
#define COVET_AUTO_MAP __attribute__((cleanup(covet__map_auto_unref))) const covet__map *

#endif
