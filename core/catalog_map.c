/* core/catalog_map.c - the catalog's rows become a map (core/catalog.h). */
#include <stdlib.h>
#include <string.h>

#include "core/catalog.h"
#include "core/mem.h"
#include "core/pin.h"

/* Rows of one kind are counted first, so that every array is made once. */
typedef struct rows {
    const PGresult *result;
    int count;
    covet_arena *arena;
    bool failed; /* out of memory */
} rows;

static const char *cell(const rows *r, int row, int column)
{
    return PQgetisnull(r->result, row, column) ? NULL : PQgetvalue(r->result, row, column);
}

static uint64_t number(const rows *r, int row, int column)
{
    const char *text = cell(r, row, column);
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static bool truth(const rows *r, int row, int column)
{
    const char *text = cell(r, row, column);
    return text != NULL && text[0] == 't';
}

static bool is_kind(const rows *r, int row, const char *kind)
{
    return strcmp(PQgetvalue(r->result, row, 0), kind) == 0;
}

static void *make(rows *r, const char *kind, size_t size, uint32_t *ret_count)
{
    uint32_t count = 0;
    for (int i = 0; i < r->count; i++)
        count += is_kind(r, i, kind);
    void *items = covet_arena_alloc(r->arena, (count + 1) * size);
    if (items == NULL)
        r->failed = true;
    else
        memset(items, 0, (count + 1) * size);
    *ret_count = items != NULL ? count : 0;
    return items;
}

static uint32_t index_of_group(const covet__map *map, uint64_t id)
{
    for (uint32_t i = 0; i < map->group_count; i++)
        if (map->groups[i].id == id)
            return i;
    return 0; /* the catalog's foreign keys keep this from happening */
}

static void take_path(rows *r, covet__map *map)
{
    const char **path = make(r, "path", sizeof *path, &map->search_path_count);
    map->search_path = path;
    for (int i = 0; path != NULL && i < r->count; i++)
        if (is_kind(r, i, "path"))
            *path++ = cell(r, i, 1);
}

static void take_groups(rows *r, covet__map *map)
{
    covet__map_group *group = make(r, "group", sizeof *group, &map->group_count);
    map->groups = group;
    for (int i = 0; group != NULL && i < r->count; i++)
        if (is_kind(r, i, "group"))
            *group++ = (covet__map_group){.id = (uint32_t)number(r, i, 1),
                                          .name = cell(r, i, 2),
                                          .weight = (uint32_t)number(r, i, 3),
                                          .home = truth(r, i, 4)};
}

static void take_members(rows *r, covet__map *map)
{
    covet__map_member *member = make(r, "member", sizeof *member, &map->member_count);
    map->members = member;
    for (int i = 0; member != NULL && i < r->count; i++)
        if (is_kind(r, i, "member"))
            *member++ = (covet__map_member){.id = (uint32_t)number(r, i, 1),
                                            .group = index_of_group(map, number(r, i, 2)),
                                            .name = cell(r, i, 3),
                                            .dsn = cell(r, i, 4),
                                            .primary = strcmp(cell(r, i, 5), "primary") == 0,
                                            .system_id = number(r, i, 6)};
}

static void take_shards(rows *r, covet__map *map)
{
    covet__map_shard *shard = make(r, "shard", sizeof *shard, &map->shard_count);
    map->shards = shard;
    for (int i = 0; shard != NULL && i < r->count; i++)
        if (is_kind(r, i, "shard"))
            *shard++ = (covet__map_shard){.id = (uint32_t)number(r, i, 1),
                                          .lo = number(r, i, 2),
                                          .group = index_of_group(map, number(r, i, 3)),
                                          .schema = cell(r, i, 4)};
}

/* A table's own rows of `kind`: as many strings or id columns. */
static void take_unique(rows *r, covet__map_table *table)
{
    const char **columns = make(r, "unique", sizeof *columns, &(uint32_t){0});
    table->unique_per_shard = columns;
    for (int i = 0; columns != NULL && i < r->count; i++)
        if (is_kind(r, i, "unique") && number(r, i, 1) == table->id)
            columns[table->unique_per_shard_count++] = cell(r, i, 2);
}

static void take_ids(rows *r, covet__map_table *table)
{
    covet__map_id *ids = make(r, "id", sizeof *ids, &(uint32_t){0});
    table->ids = ids;
    for (int i = 0; ids != NULL && i < r->count; i++)
        if (is_kind(r, i, "id") && number(r, i, 1) == table->id)
            ids[table->id_count++] = (covet__map_id){.column = cell(r, i, 2),
                                                     .type = (uint32_t)number(r, i, 3),
                                                     .alone_unique = truth(r, i, 4)};
}

static void take_tables(rows *r, covet__map *map)
{
    covet__map_table *table = make(r, "table", sizeof *table, &map->table_count);
    map->tables = table;
    for (int i = 0; table != NULL && i < r->count; i++) {
        if (!is_kind(r, i, "table"))
            continue;
        const char *typmod = cell(r, i, 7);
        *table = (covet__map_table){.id = (uint32_t)number(r, i, 1),
                                    .schema = cell(r, i, 2),
                                    .name = cell(r, i, 3),
                                    .kind = strcmp(cell(r, i, 4), "distributed") == 0
                                                ? COVET__TABLE_DISTRIBUTED
                                                : COVET__TABLE_REFERENCE,
                                    .key_column = cell(r, i, 5),
                                    .key_type = (uint32_t)number(r, i, 6),
                                    .key_typmod = typmod != NULL ? atoi(typmod) : -1,
                                    .physical = cell(r, i, 8)};
        take_unique(r, table);
        take_ids(r, table);
        table++;
    }
}

covet_status covet__catalog_map_of(const PGresult *result, const covet__map **ret_map,
                                   covet_error *err)
{
    COVET_AUTO(covet_arena) arena = NULL;
    COVET_TRY(covet_arena_new(0, &arena, err));
    rows r = {.result = result, .count = PQntuples(result), .arena = arena};
    if (PQnfields(result) != 9 || r.count == 0 || !is_kind(&r, 0, "cluster"))
        return covet__fail(err, COVET_ECATALOG, "catalog: covet.cluster has no row");
    covet__map map = {.cluster_id = cell(&r, 0, 1),
                      .incarnation = number(&r, 0, 2),
                      .epoch = number(&r, 0, 3),
                      .prefix = cell(&r, 0, 4)};
    take_path(&r, &map);
    take_groups(&r, &map);
    take_members(&r, &map);
    take_shards(&r, &map);
    take_tables(&r, &map);
    if (r.failed)
        return covet__fail(err, COVET_ENOMEM, "catalog: out of memory");
    void *bytes = NULL;
    size_t length = 0;
    COVET_TRY(covet__map_pack(&map, &bytes, &length, err));
    covet_status status = covet__map_unpack(bytes, length, ret_map, err);
    covet__free(bytes);
    if (status == COVET_EMAP) {
        status = COVET_ECATALOG; /* what is wrong stands in the catalog, not in a file */
        covet__prefix(err, "catalog");
        if (err != NULL)
            err->status = status;
    }
    return status;
}
