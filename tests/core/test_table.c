#include "support/cmocka_all.h"

#include "core/hash.h"
#include "core/table.h"

typedef struct item {
    covet__node node;
    uint64_t key;
} item;

static item *find(covet__table *table, uint64_t key, uint64_t hash)
{
    for (covet__node *n = covet__table_find(table, hash); n != NULL; n = covet__table_next(n))
        if (COVET_CONTAINER(n, item, node)->key == key)
            return COVET_CONTAINER(n, item, node);
    return NULL;
}

enum { ITEMS = 5000 };

/* A hash of four bits makes every bucket long; one of 64 makes them short. */
static void everything_put_in_is_found_until_it_is_removed(uint64_t mask)
{
    covet__table table = {0};
    item *items = calloc(ITEMS, sizeof *items);
    for (uint64_t i = 0; i < ITEMS; i++) {
        items[i].key = i;
        const uint64_t hash = covet__mix64(i) & mask;
        assert_null(find(&table, i, hash));
        assert_int_equal(covet__table_insert(&table, &items[i].node, hash), COVET_OK);
    }
    assert_int_equal(table.count, ITEMS);
    for (uint64_t i = 0; i < ITEMS; i += 2)
        covet__table_remove(&table, &items[i].node);
    for (uint64_t i = 0; i < ITEMS; i++)
        assert_ptr_equal(find(&table, i, covet__mix64(i) & mask), i % 2 == 0 ? NULL : &items[i]);
    covet__table_free(&table);
    free(items);
}

static void with_good_hashes(void **state)
{
    (void)state;
    everything_put_in_is_found_until_it_is_removed(UINT64_MAX);
}

static void with_colliding_hashes(void **state)
{
    (void)state;
    everything_put_in_is_found_until_it_is_removed(15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_good_hashes),
        cmocka_unit_test(with_colliding_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
