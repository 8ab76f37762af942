/*
 * tests/core/test_prepared.c - what a connection knows of its prepared statements, against
 * a model that keeps them in an array in the order of their use.
 */
#include "support/cmocka_all.h"

#include <stdio.h>

#include "core/prepared.h"

enum { IDS = 300, COUNT_MAX = 60, BYTES_MAX = 40 * 21 * 1024, STEPS = 200000 };

static uint64_t seed = 7;

static uint32_t draw(uint32_t below)
{
    seed += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(covet__mix64(seed) % below);
}

static void a_name_comes_with_the_second_use(void **state)
{
    (void)state;
    covet__prepared_set set;
    uint32_t serial = 0;
    covet__prepared_init(&set, COUNT_MAX, BYTES_MAX);
    assert_int_equal(covet__prepared_touch(&set, 5, "SELECT 1", &serial), COVET__USE_UNNAMED);
    assert_int_equal(covet__prepared_touch(&set, 5, "SELECT 1", &serial), COVET__USE_PREPARE);
    assert_int_equal(serial, 1);
    assert_int_equal(covet__prepared_touch(&set, 5, "SELECT 1", &serial), COVET__USE_NAMED);
    assert_int_equal(serial, 1);
    assert_int_equal(covet__prepared_touch(&set, 0, "SELECT 1", &serial), COVET__USE_UNNAMED);
    assert_int_equal(covet__prepared_touch(&set, 0, "SELECT 1", &serial), COVET__USE_UNNAMED);
    covet__prepared_free(&set);
    covet__prepared_init(&set, 0, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(covet__prepared_touch(&set, 5, "SELECT 1", &serial), COVET__USE_UNNAMED);
    covet__prepared_free(&set);
}

static void one_that_is_too_large_gets_no_name(void **state)
{
    (void)state;
    covet__prepared_set set;
    uint32_t serial = 0;
    char *large = calloc(1, 50001);
    memset(large, 'x', 50000);
    covet__prepared_init(&set, COUNT_MAX, 1024 * 1024);
    for (int i = 0; i < 3; i++)
        assert_int_equal(covet__prepared_touch(&set, 1, large, &serial), COVET__USE_UNNAMED);
    assert_int_equal(set.bytes, 0);
    covet__prepared_free(&set);
    free(large);
}

/* The server as it would be: a name stands there, or does not. */
typedef struct model {
    uint32_t serial_of[IDS + 1]; /* 0: no name */
    bool stands[STEPS + 1];
    uint32_t standing;
} model;

static void take_drops(covet__prepared_set *set, model *m)
{
    uint32_t serial = 0;
    while (covet__prepared_next_drop(set, &serial)) {
        assert_true(m->stands[serial]);
        m->stands[serial] = false;
        m->standing--;
    }
}

static void names_and_the_server_agree_over_any_history(void **state)
{
    (void)state;
    covet__prepared_set set;
    model *m = calloc(1, sizeof *m);
    uint32_t recent[COUNT_MAX / 8] = {0};
    covet__prepared_init(&set, COUNT_MAX, BYTES_MAX);
    for (uint32_t step = 0; step < STEPS; step++) {
        const uint32_t id = 1 + (draw(2) ? draw(30) : draw(IDS));
        uint32_t serial = 0;
        if (draw(50) == 0) {
            const bool exists = draw(2);
            const uint32_t had = m->serial_of[id];
            covet__prepared_forget(&set, id, exists);
            if (!exists && had != 0 && m->stands[had]) {
                m->stands[had] = false;
                m->standing--;
            }
            m->serial_of[id] = 0;
        } else {
            const covet__prepared_use use = covet__prepared_touch(&set, id, "SELECT", &serial);
            if (use == COVET__USE_PREPARE) {
                m->serial_of[id] = serial;
                assert_false(m->stands[serial]);
                m->stands[serial] = true;
                m->standing++;
            } else if (use == COVET__USE_NAMED) {
                assert_int_equal(serial, m->serial_of[id]); /* its own name, not another's */
                assert_true(m->stands[serial]);
            } else {
                for (uint32_t i = 0; i < COVET_COUNT(recent); i++)
                    assert_false(recent[i] == id && m->serial_of[id] != 0 &&
                                 m->stands[m->serial_of[id]]);
            }
            recent[step % COVET_COUNT(recent)] = id;
        }
        take_drops(&set, m);
        assert_true(set.count <= COUNT_MAX);
        assert_true(set.bytes <= BYTES_MAX);
        assert_true(m->standing <= BYTES_MAX / (20 * 1024));
    }
    covet__prepared_free(&set);
    free(m);
}

/* What is used all the time keeps its name while others come and go. */
static void what_is_in_use_is_not_evicted(void **state)
{
    (void)state;
    covet__prepared_set set;
    uint32_t serial = 0, first = 0;
    covet__prepared_init(&set, 16, (size_t)1 << 30);
    covet__prepared_touch(&set, 1, "SELECT", &serial);
    covet__prepared_touch(&set, 1, "SELECT", &first);
    for (uint64_t other = 2; other < 5000; other++) {
        covet__prepared_touch(&set, other, "SELECT", &serial);
        assert_int_equal(covet__prepared_touch(&set, 1, "SELECT", &serial), COVET__USE_NAMED);
        assert_int_equal(serial, first);
    }
    assert_int_equal(set.count, 16);
    covet__prepared_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_comes_with_the_second_use),
        cmocka_unit_test(one_that_is_too_large_gets_no_name),
        cmocka_unit_test(names_and_the_server_agree_over_any_history),
        cmocka_unit_test(what_is_in_use_is_not_evicted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
