#include "support/cmocka_all.h"

#include <covet/core/alloc.h>

#include "core/pin.h"

static size_t allocations;

static void *counting_alloc(size_t size)
{
    allocations++;
    return malloc(size);
}

static void what_is_carved_is_aligned_and_apart(void **state)
{
    (void)state;
    covet_arena *arena = NULL;
    assert_int_equal(covet_arena_new(0, &arena, NULL), COVET_OK);
    char *before = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        char *at = covet_arena_alloc(arena, size);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % 16, 0);
        memset(at, 0x5A, size);
        assert_ptr_not_equal(at, before);
        before = at;
    }
    assert_string_equal(covet_arena_copy(arena, "abcdef", 3), "abc");
    covet_arena_free(arena);
    covet_arena_free(NULL);
}

static void an_arena_that_is_reset_stops_allocating(void **state)
{
    (void)state;
    assert_int_equal(covet_set_allocator(&(covet_allocator){counting_alloc, realloc, free}),
                     COVET_OK);
    covet_arena *arena = NULL;
    assert_int_equal(covet_arena_new(0, &arena, NULL), COVET_OK);
    size_t after_first = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(covet_arena_alloc(arena, 100));
        if (round == 0)
            after_first = allocations;
        assert_int_equal(covet_arena_reset(arena), COVET_OK);
    }
    assert_int_equal(allocations, after_first);
    covet_arena_free(arena);
    assert_int_equal(covet_set_allocator(NULL), COVET_OK);
}

static void the_limit_holds(void **state)
{
    (void)state;
    covet_arena *arena = NULL;
    assert_int_equal(covet_arena_new(4096, &arena, NULL), COVET_OK);
    size_t got = 0;
    while (covet_arena_alloc(arena, 64) != NULL)
        got += 64;
    assert_in_range(got, 2048, 4096);
    assert_null(covet_arena_alloc(arena, SIZE_MAX));
    assert_null(covet_arena_alloc(arena, 1 << 20));
    assert_in_range(covet_arena_held(arena), 1, 4096);
    covet_arena_free(arena);
}

static void a_pinned_arena_outlives_its_free(void **state)
{
    (void)state;
    covet_arena *arena = NULL;
    assert_int_equal(covet_arena_new(0, &arena, NULL), COVET_OK);
    char *text = covet_arena_copy(arena, "kept", 4);
    covet__arena_pin(arena);
    assert_int_equal(covet_arena_reset(arena), COVET_EBUSY);
    covet_arena_free(arena);
    assert_string_equal(text, "kept");
    covet__arena_unpin(arena);
}

static void note_release(void *what) { ++*(int *)what; }

static void what_was_deferred_is_released_once(void **state)
{
    (void)state;
    covet_arena *arena = NULL;
    int released = 0;
    assert_int_equal(covet_arena_new(0, &arena, NULL), COVET_OK);
    assert_true(covet__arena_defer(arena, note_release, &released));
    assert_true(covet__arena_defer(arena, note_release, &released));
    assert_int_equal(covet_arena_reset(arena), COVET_OK);
    assert_int_equal(released, 2);
    assert_true(covet__arena_defer(arena, note_release, &released));
    covet_arena_free(arena);
    assert_int_equal(released, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_carved_is_aligned_and_apart),
        cmocka_unit_test(an_arena_that_is_reset_stops_allocating),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(a_pinned_arena_outlives_its_free),
        cmocka_unit_test(what_was_deferred_is_released_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
