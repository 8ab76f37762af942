/*
 * tests/shard/test_plan_print.c - plans in words: what is gathered stands below what it is
 * gathered for, and what a run came to below that.
 */
#include "support/cmocka_all.h"

#include "shard/explain.h"
#include "support/world.h"

static covet__plan *plan_for(const char *sql)
{
    covet__plan *plan = NULL;
    covet_error err;
    bool unfinished = false;
    assert_ok(world_plan(sql, &plan, &unfinished, &err), &err);
    return plan;
}

static void assert_printed(const covet__explained *explained, const char *expected)
{
    covet__str out = {0};
    covet__explained_print(explained, false, &out);
    assert_true(covet__str_ok(&out));
    assert_string_equal(covet__str_text(&out), expected);
    covet__str_free(&out);
}

/* A plan that gathers twice, as far as it is printed. */
typedef struct apart {
    covet__gather gathers[2];
    uint32_t params[1];
    covet__residual residual;
    covet__sql statement;
    covet__plan plan;
} apart;

static void take_apart(apart *a)
{
    *a = (apart){
        .params = {3},
        .statement = {.text = "SELECT ...\nFROM ..."},
    };
    a->gathers[0] =
        (covet__gather){.text = "SELECT id FROM posts", .partial = true, .why = "FROM and WHERE"};
    a->gathers[1] = (covet__gather){.text = "SELECT $1::int",
                                    .why = "a subquery",
                                    .params = a->params,
                                    .param_count = 1};
    a->residual = (covet__residual){.gathers = a->gathers,
                                    .gather_count = 2,
                                    .whole = "rows meet across shards"};
    a->plan = (covet__plan){.tier = COVET__TIER_RESIDUAL,
                            .reason = "it is so",
                            .map = world,
                            .residual = &a->residual,
                            .statements = &a->statement,
                            .statement_count = 1};
}

/* ---- tests --------------------------------------------------------------------------------- */

static void a_gather_without_a_plan_is_shown_by_its_text(void **state)
{
    (void)state;
    apart a;
    take_apart(&a);
    a.residual.at_home = true;
    assert_printed(&(covet__explained){.plan = &a.plan},
                   "Gather, then answer in the home group, g1\n"
                   "  why      it is so\n"
                   "  apart    as one statement for the shards: rows meet across shards\n"
                   "  gather   1: FROM and WHERE, by each shard for its own rows\n"
                   "             SELECT id FROM posts\n"
                   "  gather   2: a subquery; $1 = $3\n"
                   "             SELECT $1::int\n"
                   "  sent     home, with the gathers' rows\n"
                   "             SELECT ...\n"
                   "             FROM ...\n");
}

static void the_plans_of_gathers_stand_below_them_at_any_depth(void **state)
{
    (void)state;
    apart outer, inner;
    take_apart(&outer);
    take_apart(&inner);
    inner.residual.gather_count = 1;
    covet__plan *scatter = plan_for("SELECT id FROM posts");
    covet__explained deep[] = {{.plan = scatter, .gather = &inner.gathers[0]}};
    covet__explained pieces[] = {
        {.plan = &inner.plan, .gather = &outer.gathers[0], .pieces = deep, .piece_count = 1},
        {.gather = &outer.gathers[1]}, /* beyond the bounds */
    };
    assert_printed(&(covet__explained){.plan = &outer.plan, .pieces = pieces, .piece_count = 2},
                   "Gather, then answer in any one of 2 groups\n"
                   "  why      it is so\n"
                   "  apart    as one statement for the shards: rows meet across shards\n"
                   "  gather   1: FROM and WHERE, by each shard for its own rows\n"
                   "    Gather, then answer in any one of 2 groups\n"
                   "      why      it is so\n"
                   "      apart    as one statement for the shards: rows meet across shards\n"
                   "      gather   1: FROM and WHERE, by each shard for its own rows\n"
                   "        Scatter over 2 shards in 2 groups\n"
                   "          why      rows that meet have equal shard keys, so each shard answers"
                   " for its own\n"
                   "          key      any \"id\" of \"posts\"\n"
                   "          merge    one shard's rows after another's\n"
                   "          sent     to shard 1 (\"app_s00001\" in group g1), for example\n"
                   "                     SELECT id FROM \"app_s00001\".\"posts\"\n"
                   "      sent     to one group, with the gather's rows\n"
                   "                 SELECT ...\n"
                   "                 FROM ...\n"
                   "  gather   2: a subquery; $1 = $3\n"
                   "             SELECT $1::int\n"
                   "  sent     to one group, with the gathers' rows\n"
                   "             SELECT ...\n"
                   "             FROM ...\n");
    covet__plan_unref(scatter);
}

static void keys_of_another_gather_are_named(void **state)
{
    (void)state;
    static const char *const names[] = {"id"};
    apart a;
    take_apart(&a);
    a.gathers[0].shown = (covet__description){.names = names, .column_count = 1};
    a.gathers[1].keyed_text = "SELECT $1::int WHERE x = ANY ($2)";
    assert_printed(&(covet__explained){.plan = &a.plan},
                   "Gather, then answer in any one of 2 groups\n"
                   "  why      it is so\n"
                   "  apart    as one statement for the shards: rows meet across shards\n"
                   "  gather   1: FROM and WHERE, by each shard for its own rows\n"
                   "             SELECT id FROM posts\n"
                   "  gather   2: a subquery, only rows that match \"id\" of gather 1 ($2), unless"
                   " those are too many; $1 = $3\n"
                   "             SELECT $1::int\n"
                   "  sent     to one group, with the gathers' rows\n"
                   "             SELECT ...\n"
                   "             FROM ...\n");
}

static void assert_ran(const covet__explained *explained, const char *expected)
{
    covet__str out = {0};
    covet__explained_print(explained, false, &out);
    const char *at = strstr(covet__str_text(&out), "  planned");
    assert_non_null(at);
    assert_string_equal(at, expected);
    covet__str_free(&out);
}

static void a_run_says_how_long_and_what_came_over_the_network(void **state)
{
    (void)state;
    covet__plan *scatter = plan_for("SELECT id FROM posts"),
                *route = plan_for("SELECT id FROM posts WHERE id = 1");
    covet__explained one = {.plan = route,
                            .planned_usec = 950,
                            .ran = {.began = 1, .usec = 12345, .rows = 1, .group = 1}};
    assert_ran(&one, "  planned  in 0.9 ms\n  ran      1 row in 12.3 ms in group g2\n");
    covet__explained many = {.plan = scatter,
                             .ran = {.began = 1,
                                     .usec = 3000,
                                     .rows = 10,
                                     .group = COVET__NO_GROUP,
                                     .connect_usec = 999,
                                     .part_rows = 20,
                                     .parts = 2,
                                     .groups = 1}};
    assert_ran(&many, "  planned  in 0.0 ms\n"
                      "  ran      10 rows in 3.0 ms; 2 statements to 1 group brought 20 rows\n");
    many.ran.connect_usec = 1500;
    assert_ran(&many, "  planned  in 0.0 ms\n"
                      "  ran      10 rows in 3.0 ms (connected after 1.5 ms);"
                      " 2 statements to 1 group brought 20 rows\n");
    covet__plan_unref(scatter);
    covet__plan_unref(route);
}

static void a_run_over_gathers_tells_gathering_from_the_rest(void **state)
{
    (void)state;
    apart a;
    take_apart(&a);
    covet__plan *route = plan_for("SELECT id FROM posts WHERE id = 1");
    covet__explained pieces[] = {
        {.plan = route,
         .gather = &a.gathers[0],
         .ran = {.began = 1, .usec = 1000, .rows = 7, .group = 0, .bytes = 10239}},
        {.plan = route,
         .gather = &a.gathers[1],
         .ran = {.began = 1, .usec = 1000, .rows = 1, .group = 0, .bytes = 30 * 1024 * 1024}},
    };
    covet__explained all = {
        .plan = &a.plan,
        .pieces = pieces,
        .piece_count = 2,
        .ran = {.began = 1, .usec = 5000, .rows = 2, .group = 1, .gather_usec = 1200}};
    covet__str out = {0};
    covet__explained_print(&all, false, &out);
    assert_contains(covet__str_text(&out), "\n      ran      7 rows (10239 bytes) in 1.0 ms in"
                                           " group g1\n");
    assert_contains(covet__str_text(&out),
                    "\n      ran      1 row (30 MB) in 1.0 ms in group g1\n");
    assert_contains(covet__str_text(&out),
                    "\n  ran      2 rows in 5.0 ms: 1.2 ms to gather 8 rows (30 MB),"
                    " 3.8 ms for the query over them in group g2\n");
    covet__str_free(&out);
    covet__plan_unref(route);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gather_without_a_plan_is_shown_by_its_text),
        cmocka_unit_test(the_plans_of_gathers_stand_below_them_at_any_depth),
        cmocka_unit_test(keys_of_another_gather_are_named),
        cmocka_unit_test(a_run_says_how_long_and_what_came_over_the_network),
        cmocka_unit_test(a_run_over_gathers_tells_gathering_from_the_rest),
    };
    return cmocka_run_group_tests_name("shard/plan_print", tests, world_up, world_down);
}
