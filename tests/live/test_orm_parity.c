/*
 * tests/live/test_orm_parity.c - querysets give Django's rows, on the tables as Django has made
 * and filled them, in plain mode (tests/support/parity.h). Over shards: test_blog.c.
 */
#include "support/cmocka_all.h"

#include "support/parity.h"

static live_cluster *cluster;
static json_t *django;
static covet_db *db;

static void every_queryset_has_djangos_rows(void **state)
{
    (void)state;
    assert_int_equal(parity_ask(db, django), 0);
}

static void every_query_of_djangos_is_asked(void **state)
{
    (void)state;
    parity_assert_complete(django);
}

static int set_up(void **state)
{
    covet_error err = {0};
    (void)state;
    cluster = live_up(1, 0, NULL);
    const char *dsn = django_database(cluster, "parity", true);
    django = django_run(dsn, "parity.py", NULL);
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &db, &err),
              &err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    covet_close_wait(db);
    json_decref(django);
    live_down(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_queryset_has_djangos_rows),
        cmocka_unit_test(every_query_of_djangos_is_asked),
    };
    if (!django_is_there()) {
        print_message("Django is not installed: skipped\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
