#include "support/cmocka_all.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/map.h"
#include "core/mapfile.h"
#include "core/mem.h"

static const covet__map_group groups[] = {{1, "g1", 1, true, 0}, {2, "g2", 3, false, 1}};
static const covet__map_member members[] = {
    {1, 0, "g1a", "host=127.0.0.1 port=1", true, 77},
    {2, 1, "g2a", "host=127.0.0.1 port=2", true, UINT64_MAX},
    {3, 1, "g2b", "host=127.0.0.1 port=3", false, 78},
};
static const covet__map_shard shards[] = {{1, 0, 0, "app_s00001"},
                                          {2, UINT64_C(1) << 62, 1, "app_s00002"},
                                          {9, UINT64_C(3) << 62, 1, "x"}};
static const char *const per_shard[] = {"slug", "title"};
static const covet__map_id ids[] = {{"id", 20, true}};
static const covet__map_table tables[] = {
    {1, "public", "posts", COVET__TABLE_DISTRIBUTED, "id", 20, -1, "posts", per_shard, 2, ids, 1},
    {2, "blog", "tags", COVET__TABLE_REFERENCE, NULL, 0, -1, "tags_1", NULL, 0, NULL, 0},
};
static const char *const path[] = {"public", "blog"};

static covet__map sample(void)
{
    return (covet__map){.cluster_id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                        .incarnation = 2,
                        .epoch = 40,
                        .prefix = "app",
                        .search_path = path,
                        .search_path_count = 2,
                        .groups = groups,
                        .group_count = 2,
                        .members = members,
                        .member_count = 3,
                        .shards = shards,
                        .shard_count = 3,
                        .tables = tables,
                        .table_count = 2};
}

static const covet__map *through_bytes(const covet__map *from)
{
    void *bytes = NULL;
    size_t length = 0;
    covet_error err;
    const covet__map *map = NULL;
    assert_ok(covet__map_pack(from, &bytes, &length, &err), &err);
    assert_ok(covet__map_unpack(bytes, length, &map, &err), &err);
    covet__free(bytes);
    return map;
}

static void what_is_packed_is_unpacked_whole(void **state)
{
    (void)state;
    const covet__map from = sample();
    COVET_AUTO_MAP map = through_bytes(&from);
    assert_string_equal(map->cluster_id, from.cluster_id);
    assert_int_equal(map->epoch, 40);
    assert_int_equal(map->home, 0);
    assert_int_equal(map->groups[1].primary, 1);
    assert_int_equal(map->groups[1].weight, 3);
    assert_true(map->members[1].system_id == UINT64_MAX);
    assert_int_equal(map->members[2].group, 1);
    assert_true(map->shards[2].lo == UINT64_C(3) << 62);
    assert_string_equal(map->tables[0].unique_per_shard[1], "title");
    assert_true(map->tables[0].ids[0].alone_unique);
    assert_ptr_equal(covet__map_find_table(map, NULL, "tags"), &map->tables[1]);
    assert_ptr_equal(covet__map_find_table(map, "public", "tags"), NULL);
    assert_ptr_equal(covet__map_table_by_id(map, 2), &map->tables[1]);
    assert_int_equal(covet__map_find_group(map, "g2"), 1);
    assert_int_equal(covet__map_find_group(map, "g3"), COVET__MAP_NONE);
}

static void refused(const covet__map *from, const char *why)
{
    void *bytes = NULL;
    size_t length = 0;
    covet_error err;
    const covet__map *map = NULL;
    assert_ok(covet__map_pack(from, &bytes, &length, &err), &err);
    assert_int_equal(covet__map_unpack(bytes, length, &map, &err), COVET_EMAP);
    assert_contains(err.message, why);
    assert_null(map);
    covet__free(bytes);
}

static void a_map_that_breaks_an_invariant_is_refused(void **state)
{
    (void)state;
    covet__map map = sample();
    covet__map_shard gap[3];
    memcpy(gap, shards, sizeof gap);
    gap[0].lo = 1;
    map.shards = gap;
    refused(&map, "cover");
    memcpy(gap, shards, sizeof gap);
    gap[2].lo = gap[1].lo;
    refused(&map, "cover");
    map = sample();
    covet__map_group homeless[2];
    memcpy(homeless, groups, sizeof homeless);
    homeless[0].home = false;
    map.groups = homeless;
    refused(&map, "home");
    map = sample();
    covet__map_member two[3];
    memcpy(two, members, sizeof two);
    two[2].primary = true;
    map.members = two;
    refused(&map, "two primaries");
    two[1].primary = two[2].primary = false;
    refused(&map, "no primary");
}

static void every_prefix_and_every_flipped_byte_is_survived(void **state)
{
    (void)state;
    const covet__map from = sample();
    void *bytes = NULL;
    size_t length = 0;
    covet_error err;
    assert_ok(covet__map_pack(&from, &bytes, &length, &err), &err);
    for (size_t i = 0; i < length; i++) {
        const covet__map *map = NULL;
        if (covet__map_unpack(bytes, i, &map, &err) == COVET_OK)
            covet__map_unref(map);
        ((unsigned char *)bytes)[i] ^= 0x41;
        if (covet__map_unpack(bytes, length, &map, &err) == COVET_OK)
            covet__map_unref(map);
        ((unsigned char *)bytes)[i] ^= 0x41;
    }
    covet__free(bytes);
}

static void only_a_later_epoch_of_the_same_incarnation_is_newer(void **state)
{
    (void)state;
    covet__map a = sample(), b = sample();
    assert_false(covet__map_is_newer(&a, &b));
    b.epoch++;
    assert_true(covet__map_is_newer(&a, &b));
    assert_false(covet__map_is_newer(&b, &a));
    b.incarnation++;
    assert_false(covet__map_is_newer(&a, &b));
}

/* ---- files ------------------------------------------------------------------------------- */

typedef struct folder {
    char dir[64];
    covet__dsn *dsn;
    char *place;
    void *bytes;
    size_t length;
} folder;

static int make_folder(void **state)
{
    folder *f = calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/covet-map-XXXXXX");
    covet_error err;
    const covet__map map = sample();
    if (mkdtemp(f->dir) == NULL || covet__map_pack(&map, &f->bytes, &f->length, &err) != COVET_OK ||
        covet__dsn_parse("host=127.0.0.1,h2 port=1 dbname=x", &f->dsn, &err) != COVET_OK)
        return -1;
    f->place = covet__mapfile_place(f->dsn);
    *state = f;
    return 0;
}

static int drop_folder(void **state)
{
    folder *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    covet__free(f->bytes);
    covet__free(f->place);
    covet__dsn_free(f->dsn);
    const int rc = system(command);
    free(f);
    return rc;
}

static void write_map(const folder *f, uint64_t incarnation)
{
    covet_error err;
    assert_ok(covet__mapfile_write(f->dir, f->place, "6ba7", incarnation, f->bytes, f->length,
                                   &err),
              &err);
}

static void file_path(const folder *f, uint64_t incarnation, char path_out[128])
{
    snprintf(path_out, 128, "%s/6ba7.%lu.map", f->dir, (unsigned long)incarnation);
}

static void a_map_is_found_by_any_of_its_hosts(void **state)
{
    const folder *f = *state;
    write_map(f, 2);
    covet__dsn *other = NULL, *stranger = NULL;
    covet_error err;
    assert_ok(covet__dsn_parse("host=h2 port=1 dbname=x user=me", &other, &err), &err);
    assert_ok(covet__dsn_parse("host=h2 port=1 dbname=y", &stranger, &err), &err);
    COVET_AUTO_MAP map = NULL;
    assert_ok(covet__mapfile_read(f->dir, other, &map, &err), &err);
    assert_int_equal(map->epoch, 40);
    const covet__map *none = NULL;
    assert_int_equal(covet__mapfile_read(f->dir, stranger, &none, &err), COVET_ENOTFOUND);
    char name[128];
    struct stat st;
    file_path(f, 2, name);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    covet__dsn_free(other);
    covet__dsn_free(stranger);
}

static void a_new_incarnation_replaces_the_old_file(void **state)
{
    const folder *f = *state;
    write_map(f, 2);
    write_map(f, 3);
    char name[128];
    file_path(f, 2, name);
    assert_int_equal(access(name, F_OK), -1);
    file_path(f, 3, name);
    assert_int_equal(access(name, F_OK), 0);
}

static void a_truncated_or_damaged_file_is_refused_by_name(void **state)
{
    const folder *f = *state;
    write_map(f, 2);
    char name[128];
    struct stat st;
    file_path(f, 2, name);
    assert_int_equal(stat(name, &st), 0);
    for (off_t at = 0; at < st.st_size; at++) {
        const int fd = open(name, O_RDWR);
        unsigned char byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        const covet__map *map = NULL;
        covet_error err;
        assert_int_equal(covet__mapfile_read(f->dir, f->dsn, &map, &err), COVET_EMAP);
        assert_contains(err.message, name);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    for (off_t size = st.st_size - 1; size >= 0; size -= 7) {
        assert_int_equal(truncate(name, size), 0);
        const covet__map *map = NULL;
        covet_error err;
        assert_int_equal(covet__mapfile_read(f->dir, f->dsn, &map, &err), COVET_EMAP);
        assert_contains(err.message, "truncated");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_is_unpacked_whole),
        cmocka_unit_test(a_map_that_breaks_an_invariant_is_refused),
        cmocka_unit_test(every_prefix_and_every_flipped_byte_is_survived),
        cmocka_unit_test(only_a_later_epoch_of_the_same_incarnation_is_newer),
        cmocka_unit_test_setup_teardown(a_map_is_found_by_any_of_its_hosts, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(a_new_incarnation_replaces_the_old_file, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(a_truncated_or_damaged_file_is_refused_by_name, make_folder,
                                        drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
