#include <stdatomic.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/pin.h"
#include "map.pb-c.h"

/* The public part first: a covet__map is the beginning of a map_store. */
typedef struct map_store {
    covet__map map;
    atomic_uint references;
    covet_arena *arena; /* holds the store and all that it points at */
    bool failed;        /* a name could not be copied */
} map_store;

static void *pb_alloc(void *failed, size_t size)
{
    void *memory = covet__alloc(size);
    *(bool *)failed |= memory == NULL;
    return memory;
}

static void pb_free(void *user, void *memory)
{
    COVET_UNUSED(user);
    covet__free(memory);
}

static covet_status bad(covet_error *err, const char *what)
{
    return covet__fail(err, COVET_EMAP, "map: %s", what);
}

static const char *text(map_store *store, const char *from)
{
    const char *copy = from != NULL ? covet_arena_copy(store->arena, from, strlen(from)) : NULL;
    store->failed |= from != NULL && copy == NULL;
    return copy;
}

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "map: out of memory");
}

static void *array(covet_arena *arena, size_t count, size_t size)
{
    void *items = covet_arena_alloc(arena, (count + 1) * size);
    if (items != NULL)
        memset(items, 0, (count + 1) * size);
    return items;
}

/* ---- from the message ------------------------------------------------------------------ */

static uint32_t group_index(const covet__map *map, uint32_t id)
{
    for (uint32_t i = 0; i < map->group_count; i++)
        if (map->groups[i].id == id)
            return i;
    return COVET__MAP_NONE;
}

static covet_status take_groups(map_store *store, const CovetPb__Map *pb, covet_error *err)
{
    covet__map_group *groups = array(store->arena, pb->n_groups, sizeof *groups);
    if (groups == NULL)
        return no_memory(err);
    uint32_t homes = 0;
    for (size_t i = 0; i < pb->n_groups; i++) {
        const CovetPb__Group *from = pb->groups[i];
        groups[i] = (covet__map_group){.id = from->id,
                                       .name = text(store, from->name),
                                       .weight = from->weight,
                                       .home = from->home,
                                       .primary = COVET__MAP_NONE};
        if (groups[i].name == NULL)
            return bad(err, "a group has no name");
        if (from->home) {
            store->map.home = (uint32_t)i;
            homes++;
        }
    }
    if (homes != 1)
        return bad(err, "there is not one home group"); /* M3 */
    store->map.groups = groups;
    store->map.group_count = (uint32_t)pb->n_groups;
    return COVET_OK;
}

static covet_status take_members(map_store *store, const CovetPb__Map *pb, covet_error *err)
{
    covet__map_member *members = array(store->arena, pb->n_members, sizeof *members);
    if (members == NULL)
        return no_memory(err);
    covet__map_group *groups = (covet__map_group *)(uintptr_t)store->map.groups;
    for (size_t i = 0; i < pb->n_members; i++) {
        const CovetPb__Member *from = pb->members[i];
        members[i] = (covet__map_member){.id = from->id,
                                         .group = group_index(&store->map, from->group_id),
                                         .name = text(store, from->name),
                                         .dsn = text(store, from->dsn),
                                         .primary = from->primary,
                                         .system_id = from->system_id};
        if (members[i].name == NULL || members[i].dsn == NULL)
            return bad(err, "a member has no name or no DSN");
        if (members[i].group == COVET__MAP_NONE)
            return bad(err, "a member belongs to no group");
        if (from->primary) {
            if (groups[members[i].group].primary != COVET__MAP_NONE)
                return bad(err, "a group has two primaries"); /* M3 */
            groups[members[i].group].primary = (uint32_t)i;
        }
    }
    for (uint32_t i = 0; i < store->map.group_count; i++)
        if (groups[i].primary == COVET__MAP_NONE)
            return bad(err, "a group has no primary"); /* M3 */
    store->map.members = members;
    store->map.member_count = (uint32_t)pb->n_members;
    return COVET_OK;
}

static covet_status take_shards(map_store *store, const CovetPb__Map *pb, covet_error *err)
{
    covet__map_shard *shards = array(store->arena, pb->n_shards, sizeof *shards);
    if (shards == NULL)
        return no_memory(err);
    for (size_t i = 0; i < pb->n_shards; i++) {
        const CovetPb__Shard *from = pb->shards[i];
        shards[i] = (covet__map_shard){.id = from->id,
                                       .lo = from->lo,
                                       .group = group_index(&store->map, from->group_id),
                                       .schema = text(store, from->schema)};
        if (shards[i].schema == NULL || shards[i].group == COVET__MAP_NONE)
            return bad(err, "a shard has no schema or no group");
        if (i == 0 ? from->lo != 0 : from->lo <= shards[i - 1].lo)
            return bad(err, "the shards do not cover the hash space in order"); /* M2 */
    }
    store->map.shards = shards;
    store->map.shard_count = (uint32_t)pb->n_shards;
    return COVET_OK;
}

static covet_status take_strings(map_store *store, char *const *from, size_t count,
                                 const char *const **ret, uint32_t *ret_count, covet_error *err)
{
    const char **to = array(store->arena, count, sizeof *to);
    if (to == NULL)
        return no_memory(err);
    for (size_t i = 0; i < count; i++)
        if ((to[i] = text(store, from[i])) == NULL)
            return no_memory(err);
    *ret = to;
    *ret_count = (uint32_t)count;
    return COVET_OK;
}

static covet_status take_table(map_store *store, const CovetPb__Table *from, covet__map_table *to,
                               covet_error *err)
{
    *to = (covet__map_table){.id = from->id,
                             .schema = text(store, from->schema),
                             .name = text(store, from->name),
                             .kind = from->kind == COVET_PB__TABLE__KIND__REFERENCE
                                         ? COVET__TABLE_REFERENCE
                                         : COVET__TABLE_DISTRIBUTED,
                             .key_column = text(store, from->key_column),
                             .key_type = from->key_type,
                             .key_typmod = from->has_key_typmod ? from->key_typmod : -1,
                             .physical = text(store, from->physical)};
    if (to->schema == NULL || to->name == NULL || to->physical == NULL)
        return bad(err, "a table has no name");
    if (from->kind == COVET_PB__TABLE__KIND__NONE)
        return bad(err, "a table is of no known kind");
    if (to->kind == COVET__TABLE_DISTRIBUTED && (to->key_column == NULL || to->key_type == 0))
        return bad(err, "a distributed table has no key");
    COVET_TRY(take_strings(store, from->unique_per_shard, from->n_unique_per_shard,
                           &to->unique_per_shard, &to->unique_per_shard_count, err));
    covet__map_id *ids = array(store->arena, from->n_ids, sizeof *ids);
    if (ids == NULL)
        return no_memory(err);
    for (size_t i = 0; i < from->n_ids; i++) {
        ids[i] = (covet__map_id){.column = text(store, from->ids[i]->column),
                                 .type = from->ids[i]->type,
                                 .alone_unique = from->ids[i]->alone_unique};
        if (ids[i].column == NULL)
            return bad(err, "an id column has no name");
    }
    to->ids = ids;
    to->id_count = (uint32_t)from->n_ids;
    return COVET_OK;
}

static covet_status take_tables(map_store *store, const CovetPb__Map *pb, covet_error *err)
{
    covet__map_table *tables = array(store->arena, pb->n_tables, sizeof *tables);
    if (tables == NULL)
        return no_memory(err);
    for (size_t i = 0; i < pb->n_tables; i++)
        COVET_TRY(take_table(store, pb->tables[i], &tables[i], err));
    store->map.tables = tables;
    store->map.table_count = (uint32_t)pb->n_tables;
    return COVET_OK;
}

static covet_status take_all(map_store *store, const CovetPb__Map *pb, covet_error *err)
{
    covet__map *map = &store->map;
    if (pb->format != COVET__MAP_FORMAT)
        return covet__fail(err, COVET_EMAP, "map: format %u, this library reads %d", pb->format,
                           COVET__MAP_FORMAT);
    map->cluster_id = text(store, pb->cluster_id);
    map->prefix = text(store, pb->prefix);
    map->incarnation = pb->incarnation;
    map->epoch = pb->epoch;
    if (map->cluster_id == NULL || map->prefix == NULL)
        return bad(err, "it names no cluster");
    COVET_TRY(take_strings(store, pb->search_path, pb->n_search_path, &map->search_path,
                           &map->search_path_count, err));
    COVET_TRY(take_groups(store, pb, err));
    COVET_TRY(take_members(store, pb, err));
    COVET_TRY(take_shards(store, pb, err));
    return take_tables(store, pb, err);
}

covet_status covet__map_unpack(const void *bytes, size_t length, const covet__map **ret_map,
                               covet_error *err)
{
    covet_arena *arena = NULL;
    COVET_TRY(covet_arena_new(0, &arena, err));
    map_store *store = covet_arena_alloc(arena, sizeof *store);
    bool failed = false;
    ProtobufCAllocator allocator = {pb_alloc, pb_free, &failed};
    CovetPb__Map *pb = covet_pb__map__unpack(&allocator, length, bytes);
    covet_status status = COVET_OK;
    if (store == NULL || failed) {
        status = no_memory(err);
    } else if (pb == NULL) {
        status = bad(err, "it cannot be decoded");
    } else {
        memset(store, 0, sizeof *store);
        store->arena = arena;
        atomic_init(&store->references, 1);
        status = take_all(store, pb, err);
        if (store->failed) /* a name that was not copied looks like one that is not there */
            status = no_memory(err);
    }
    if (pb != NULL)
        covet_pb__map__free_unpacked(pb, &allocator);
    if (status != COVET_OK)
        covet_arena_free(arena);
    else
        *ret_map = &store->map;
    return status;
}

/* ---- to the message --------------------------------------------------------------------- */

/* protobuf-c's structs take char * where nothing is written. */
static char *loose(const char *from) { return (char *)(uintptr_t)from; }

static bool put_groups(covet_arena *arena, const covet__map *map, CovetPb__Map *pb)
{
    CovetPb__Group *items = array(arena, map->group_count, sizeof *items);
    pb->groups = array(arena, map->group_count, sizeof *pb->groups);
    if (items == NULL || pb->groups == NULL)
        return false;
    for (uint32_t i = 0; i < map->group_count; i++) {
        const covet__map_group *from = &map->groups[i];
        covet_pb__group__init(&items[i]);
        items[i].has_id = items[i].has_weight = items[i].has_home = true;
        items[i].id = from->id;
        items[i].name = loose(from->name);
        items[i].weight = from->weight;
        items[i].home = from->home;
        pb->groups[i] = &items[i];
    }
    pb->n_groups = map->group_count;
    return true;
}

static bool put_members(covet_arena *arena, const covet__map *map, CovetPb__Map *pb)
{
    CovetPb__Member *items = array(arena, map->member_count, sizeof *items);
    pb->members = array(arena, map->member_count, sizeof *pb->members);
    if (items == NULL || pb->members == NULL)
        return false;
    for (uint32_t i = 0; i < map->member_count; i++) {
        const covet__map_member *from = &map->members[i];
        covet_pb__member__init(&items[i]);
        items[i].has_id = items[i].has_group_id = true;
        items[i].has_primary = items[i].has_system_id = true;
        items[i].id = from->id;
        items[i].group_id = map->groups[from->group].id;
        items[i].name = loose(from->name);
        items[i].dsn = loose(from->dsn);
        items[i].primary = from->primary;
        items[i].system_id = from->system_id;
        pb->members[i] = &items[i];
    }
    pb->n_members = map->member_count;
    return true;
}

static bool put_shards(covet_arena *arena, const covet__map *map, CovetPb__Map *pb)
{
    CovetPb__Shard *items = array(arena, map->shard_count, sizeof *items);
    pb->shards = array(arena, map->shard_count, sizeof *pb->shards);
    if (items == NULL || pb->shards == NULL)
        return false;
    for (uint32_t i = 0; i < map->shard_count; i++) {
        const covet__map_shard *from = &map->shards[i];
        covet_pb__shard__init(&items[i]);
        items[i].has_id = items[i].has_lo = items[i].has_group_id = true;
        items[i].id = from->id;
        items[i].lo = from->lo;
        items[i].group_id = map->groups[from->group].id;
        items[i].schema = loose(from->schema);
        pb->shards[i] = &items[i];
    }
    pb->n_shards = map->shard_count;
    return true;
}

static bool put_ids(covet_arena *arena, const covet__map_table *from, CovetPb__Table *to)
{
    CovetPb__IdColumn *items = array(arena, from->id_count, sizeof *items);
    to->ids = array(arena, from->id_count, sizeof *to->ids);
    if (items == NULL || to->ids == NULL)
        return false;
    for (uint32_t i = 0; i < from->id_count; i++) {
        covet_pb__id_column__init(&items[i]);
        items[i].has_type = items[i].has_alone_unique = true;
        items[i].column = loose(from->ids[i].column);
        items[i].type = from->ids[i].type;
        items[i].alone_unique = from->ids[i].alone_unique;
        to->ids[i] = &items[i];
    }
    to->n_ids = from->id_count;
    return true;
}

static bool put_tables(covet_arena *arena, const covet__map *map, CovetPb__Map *pb)
{
    CovetPb__Table *items = array(arena, map->table_count, sizeof *items);
    pb->tables = array(arena, map->table_count, sizeof *pb->tables);
    if (items == NULL || pb->tables == NULL)
        return false;
    for (uint32_t i = 0; i < map->table_count; i++) {
        const covet__map_table *from = &map->tables[i];
        CovetPb__Table *to = &items[i];
        covet_pb__table__init(to);
        to->has_id = to->has_kind = to->has_key_type = to->has_key_typmod = true;
        to->id = from->id;
        to->schema = loose(from->schema);
        to->name = loose(from->name);
        to->kind = from->kind == COVET__TABLE_REFERENCE ? COVET_PB__TABLE__KIND__REFERENCE
                                                        : COVET_PB__TABLE__KIND__DISTRIBUTED;
        to->key_column = loose(from->key_column);
        to->key_type = from->key_type;
        to->key_typmod = from->key_typmod;
        to->physical = loose(from->physical);
        to->unique_per_shard = (char **)(uintptr_t)from->unique_per_shard;
        to->n_unique_per_shard = from->unique_per_shard_count;
        if (!put_ids(arena, from, to))
            return false;
        pb->tables[i] = to;
    }
    pb->n_tables = map->table_count;
    return true;
}

covet_status covet__map_pack(const covet__map *map, void **ret_bytes, size_t *ret_length,
                             covet_error *err)
{
    COVET_AUTO(covet_arena) arena = NULL;
    COVET_TRY(covet_arena_new(0, &arena, err));
    CovetPb__Map pb;
    covet_pb__map__init(&pb);
    pb.has_format = pb.has_incarnation = pb.has_epoch = true;
    pb.format = COVET__MAP_FORMAT;
    pb.cluster_id = loose(map->cluster_id);
    pb.incarnation = map->incarnation;
    pb.epoch = map->epoch;
    pb.prefix = loose(map->prefix);
    pb.search_path = (char **)(uintptr_t)map->search_path;
    pb.n_search_path = map->search_path_count;
    if (!put_groups(arena, map, &pb) || !put_members(arena, map, &pb) ||
        !put_shards(arena, map, &pb) || !put_tables(arena, map, &pb))
        return no_memory(err);
    const size_t length = covet_pb__map__get_packed_size(&pb);
    void *bytes = covet__alloc(length);
    if (bytes == NULL)
        return no_memory(err);
    covet_pb__map__pack(&pb, bytes);
    *ret_bytes = bytes;
    *ret_length = length;
    return COVET_OK;
}

/* ---- use --------------------------------------------------------------------------------- */

const covet__map *covet__map_ref(const covet__map *map)
{
    map_store *store = (map_store *)(uintptr_t)map;
    atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
    return map;
}

void covet__map_unref(const covet__map *map)
{
    if (map == NULL)
        return;
    map_store *store = (map_store *)(uintptr_t)map;
    if (atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) == 1)
        covet_arena_free(store->arena);
}

static const covet__map_table *find_in(const covet__map *map, const char *schema, const char *name)
{
    for (uint32_t i = 0; i < map->table_count; i++)
        if (strcmp(map->tables[i].name, name) == 0 && strcmp(map->tables[i].schema, schema) == 0)
            return &map->tables[i];
    return NULL;
}

const covet__map_table *covet__map_find_table(const covet__map *map, const char *schema,
                                              const char *name)
{
    if (schema != NULL)
        return find_in(map, schema, name);
    const covet__map_table *found = NULL;
    for (uint32_t i = 0; i < map->search_path_count && found == NULL; i++)
        found = find_in(map, map->search_path[i], name);
    return found;
}

const covet__map_table *covet__map_table_by_id(const covet__map *map, uint32_t id)
{
    for (uint32_t i = 0; i < map->table_count; i++)
        if (map->tables[i].id == id)
            return &map->tables[i];
    return NULL;
}

uint32_t covet__map_find_group(const covet__map *map, const char *name)
{
    for (uint32_t i = 0; i < map->group_count; i++)
        if (strcmp(map->groups[i].name, name) == 0)
            return i;
    return COVET__MAP_NONE;
}

bool covet__map_is_newer(const covet__map *a, const covet__map *b)
{
    return strcmp(a->cluster_id, b->cluster_id) == 0 && a->incarnation == b->incarnation &&
           b->epoch > a->epoch; /* M1 */
}
