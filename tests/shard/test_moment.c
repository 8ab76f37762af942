/*
 * tests/shard/test_moment.c - what shards are sent where now() and its like stand.
 *
 * Pure, in the world of tests/support/world.h; T stands for "::pg_catalog.timestamptz".
 */
#include "support/cmocka_all.h"

#include "core/types.h"
#include "support/world.h"

/* What shard 1 is sent, its schema and T written short. */
static char *sent(const char *sql)
{
    static const char *const shorter[][2] = {{"::pg_catalog.timestamptz", "T"},
                                             {"\"app_s00002\".", "S."}};
    covet__plan *plan = NULL;
    const covet__sql *statement = NULL;
    covet_error err = {0};
    bool unfinished = false;
    covet__str out = {0};
    if (world_plan(sql, &plan, &unfinished, &err) != COVET_OK) {
        covet__str_printf(&out, "! %s", err.message);
        return covet__str_take(&out);
    }
    assert_ok(covet__plan_statement(plan, 1, &statement, &err), &err);
    for (const char *c = statement->text; *c != '\0';) {
        size_t i = 0;
        while (i < 2 && strncmp(c, shorter[i][0], strlen(shorter[i][0])) != 0)
            i++;
        if (i == 2)
            covet__str_char(&out, *c++);
        else
            covet__str_add(&out, shorter[i][1]), c += strlen(shorter[i][0]);
    }
    for (uint32_t i = plan->param_count; i < plan->sent_count; i++)
        assert_true(plan->param_types[i] == COVET__TIMESTAMPTZ || i + 1 == plan->limit_param);
    covet__plan_unref(plan);
    return covet__str_take(&out);
}

typedef struct pair {
    const char *sql;
    const char *sent;
} pair;

static void check(const pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *is = sent(pairs[i].sql);
        if (strcmp(is, pairs[i].sent) != 0 && (is[0] != '!' || strstr(is, pairs[i].sent) == NULL))
            fail_msg("%s\n  expected %s\n  got      %s", pairs[i].sql, pairs[i].sent, is);
        covet__free(is);
    }
}

#define CHECK(pairs) check(pairs, COVET_COUNT(pairs))

static void every_form_is_the_same_parameter(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"SELECT id FROM posts WHERE made > now() - $1 * interval '1 day'",
         "SELECT id FROM S.\"posts\" WHERE made > ($2T) - $1 * interval '1 day'"},
        {"SELECT id FROM posts WHERE made > pg_catalog . transaction_timestamp ( )",
         "SELECT id FROM S.\"posts\" WHERE made > ($1T)"},
        {"SELECT id FROM posts WHERE made > CURRENT_TIMESTAMP",
         "SELECT id FROM S.\"posts\" WHERE made > (($1T)T)"},
        {"SELECT id FROM posts WHERE made > current_timestamp ( 3 ) AND made < now()",
         "SELECT id FROM S.\"posts\" WHERE made > (($1T)T(3)) AND made < ($1T)"},
        {"SELECT id FROM posts WHERE made::date = CURRENT_DATE",
         "SELECT id FROM S.\"posts\" WHERE made::date = (($1T)::pg_catalog.date)"},
        {"SELECT id FROM posts WHERE made < LOCALTIMESTAMP(0)",
         "SELECT id FROM S.\"posts\" WHERE made < (($1T)::pg_catalog.timestamp(0))"},
        {"SELECT id FROM posts WHERE made::time < LOCALTIME",
         "SELECT id FROM S.\"posts\" WHERE made::time < (($1T)::pg_catalog.time)"},
        {"SELECT id FROM posts WHERE made::timetz < CURRENT_TIME(2)",
         "SELECT id FROM S.\"posts\" WHERE made::timetz < (($1T)::pg_catalog.timetz(2))"},
        {"SELECT id, age(made) FROM posts",
         "SELECT id, age(($1T)::pg_catalog.date, made) FROM S.\"posts\""},
        {"SELECT id, age(now()) FROM posts",
         "SELECT id, age(($1T)::pg_catalog.date, ($1T)) FROM S.\"posts\""},
        {"SELECT id, age(now(), made) FROM posts", "SELECT id, age(($1T), made) FROM S.\"posts\""},
    };
    CHECK(pairs);
}

static void a_statement_and_its_transaction_have_moments_of_their_own(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"SELECT id FROM posts WHERE made > statement_timestamp()",
         "SELECT id FROM S.\"posts\" WHERE made > ($1T)"},
        {"SELECT id FROM posts WHERE made > statement_timestamp() AND made < now() LIMIT 3",
         "SELECT id FROM S.\"posts\" WHERE made > ($2T) AND made < ($1T) LIMIT $3"},
    };
    CHECK(pairs);
}

static void a_column_keeps_the_name_that_it_had(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"SELECT now(), id FROM posts", "SELECT ($1T) AS \"now\", id FROM S.\"posts\""},
        {"SELECT now() AS x, now() y FROM posts", "SELECT ($1T) AS x, ($1T) y FROM S.\"posts\""},
        {"SELECT id, CURRENT_DATE FROM posts",
         "SELECT id, (($1T)::pg_catalog.date) AS \"current_date\" FROM S.\"posts\""},
        {"SELECT now()::date, (now()) FROM posts",
         "SELECT ($1T)::date AS \"now\", (($1T)) AS \"now\" FROM S.\"posts\""},
        {"SELECT CASE WHEN id IS DISTINCT FROM 3 THEN made ELSE now() END FROM posts",
         "SELECT CASE WHEN id IS DISTINCT FROM 3 THEN made ELSE ($1T) END AS \"now\""
         " FROM S.\"posts\""},
        {"SELECT coalesce(made, now()), now() > made FROM posts",
         "SELECT coalesce(made, ($1T)), ($1T) > made FROM S.\"posts\""},
        {"SELECT x.now FROM (SELECT now() FROM posts) x",
         "SELECT x.now FROM (SELECT ($1T) AS \"now\" FROM S.\"posts\") x"},
        {"SELECT x.now FROM posts p, LATERAL (SELECT now()) x",
         "SELECT x.now FROM S.\"posts\" p, LATERAL (SELECT ($1T) AS \"now\") x"},
        {"SELECT id, now() FROM posts ORDER BY score + 1",
         "SELECT id, ($1T) AS \"now\", score + 1 AS covet_sort_1 FROM S.\"posts\""
         " ORDER BY score + 1"},
        {"SELECT id FROM posts ORDER BY now() - made, title COLLATE \"C\"",
         "SELECT id, ($1T) - made AS covet_sort_1, title COLLATE \"C\" AS covet_sort_2"
         " FROM S.\"posts\" ORDER BY ($1T) - made, title COLLATE \"C\""},
        {"SELECT count(*), avg(score + extract(day FROM now())) FILTER (WHERE made < now())"
         " FROM posts ORDER BY now()",
         "SELECT count(*),"
         " pg_catalog.sum(score + extract(day FROM ($1T))) FILTER (WHERE made < ($1T)),"
         " pg_catalog.count(score + extract(day FROM ($1T))) FILTER (WHERE made < ($1T))"
         " FROM S.\"posts\" "},
        {"SELECT 'now'::timestamptz FROM posts", "SELECT ($1T)::timestamptz FROM S.\"posts\""},
    };
    CHECK(pairs);
}

static void constants_that_mean_the_moment_are_written_anew(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"SELECT id FROM posts WHERE made > ' Now '::timestamptz(0)",
         "SELECT id FROM S.\"posts\" WHERE made > ($1T)::timestamptz(0)"},
        {"SELECT id FROM posts WHERE made > CAST('today' AS date)",
         "SELECT id FROM S.\"posts\" WHERE made > CAST((($1T)::pg_catalog.date) AS date)"},
        {"SELECT id FROM posts WHERE made > date 'tomorrow'",
         "SELECT id FROM S.\"posts\" WHERE made > CAST((($1T)::pg_catalog.date + 1) AS date)"},
        {"SELECT id FROM posts WHERE made > timestamp with time zone 'yesterday'",
         "SELECT id FROM S.\"posts\" WHERE made > CAST((($1T)::pg_catalog.date - 1) AS"
         " timestamp with time zone)"},
        {"SELECT title::date FROM posts WHERE title = 'now'",
         "SELECT title::date FROM S.\"posts\" WHERE title = 'now'"},
        {"SELECT id FROM posts WHERE title = 'now'::text",
         "SELECT id FROM S.\"posts\" WHERE title = 'now'::text"},
        /* One server takes its own moment, but each time. */
        {"SELECT 'now'::timestamptz, now() FROM posts WHERE id = 1",
         "SELECT (pg_catalog.now()T)::timestamptz, now() FROM S.\"posts\" WHERE id = 1"},
    };
    CHECK(pairs);
}

static void what_cannot_be_written_anew_is_refused(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"SELECT id FROM posts WHERE made > 'today 10:00'::timestamptz", "'today 10:00'"},
        {"SELECT id FROM posts WHERE made > '{now}'::timestamptz[]", "'{now}'"},
        {"SELECT id FROM posts WHERE made <@ '[now,tomorrow)'::tstzrange", "'[now,tomorrow)'"},
        {"SELECT id FROM posts WHERE made > 'now'", "the constant 'now'"},
        {"SELECT id FROM posts WHERE made BETWEEN 'yesterday' AND $1", "the constant 'yesterday'"},
        {"SELECT id FROM posts WHERE made::date = date('today')", "the constant 'today'"},
        {"SELECT * FROM posts, CURRENT_DATE d", "CURRENT_TIMESTAMP in FROM"},
    };
    CHECK(pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_the_same_parameter),
        cmocka_unit_test(a_statement_and_its_transaction_have_moments_of_their_own),
        cmocka_unit_test(a_column_keeps_the_name_that_it_had),
        cmocka_unit_test(constants_that_mean_the_moment_are_written_anew),
        cmocka_unit_test(what_cannot_be_written_anew_is_refused),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
