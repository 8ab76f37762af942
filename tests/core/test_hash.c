#include "support/cmocka_all.h"

#include "core/hash.h"

/* Values from xxHash's own command line (xxhsum -H3, 0.8.1): the format is frozen. */
static void the_hash_is_the_published_one(void **state)
{
    (void)state;
    assert_true(covet__hash64("", 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(covet__hash64("abc", 3) == UINT64_C(0x78af5f94892f3950));
}

static void mixing_is_a_bijection_on_a_sample(void **state)
{
    (void)state;
    uint64_t seen = 0;
    for (uint64_t i = 0; i < 1000; i++)
        seen ^= covet__mix64(i);
    assert_true(seen != 0);
    assert_true(covet__mix64(0) == 0);
    assert_true(covet__mix64(1) != covet__mix64(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_the_published_one),
        cmocka_unit_test(mixing_is_a_bijection_on_a_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
