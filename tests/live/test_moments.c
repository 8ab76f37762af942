/*
 * tests/live/test_moments.c - now() and its like: one value over all shards, the
 * transaction's own in a transaction, under the names that columns have without shards.
 */
#include "support/cmocka_all.h"

#include "core/macros.h"
#include "support/cluster.h"

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 7);
    cluster_both("CREATE TABLE posts (id int PRIMARY KEY, made timestamptz, day date);"
                 "INSERT INTO posts SELECT i, now() - i * interval '7 hours',"
                 " current_date - i % 5 FROM generate_series(1, 60) i;"
                 "CREATE TABLE local (id int);"
                 "CREATE TABLE ref (id int PRIMARY KEY); INSERT INTO ref VALUES (1), (2)");
    cluster_tool_ok("reference", "ref");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

static void all_shards_have_one_value(void **state)
{
    (void)state;
    static const char *const moments[] = {"now()",
                                          "transaction_timestamp()",
                                          "statement_timestamp()",
                                          "CURRENT_TIMESTAMP",
                                          "CURRENT_TIMESTAMP(4)",
                                          "CURRENT_DATE",
                                          "CURRENT_TIME",
                                          "CURRENT_TIME(3)",
                                          "LOCALTIME",
                                          "LOCALTIMESTAMP",
                                          "'now'::timestamptz",
                                          "age(CURRENT_TIMESTAMP)"};
    char sql[256];
    for (size_t i = 0; i < COVET_COUNT(moments); i++) {
        snprintf(sql, sizeof sql, "SELECT (%s)::text AS m FROM posts ORDER BY id LIMIT 60",
                 moments[i]);
        cluster_said said = cluster_sql("--csv", sql);
        if (said.code != 0)
            fail_msg("%s: %s", sql, said.err);
        const char *line = strchr(said.out, '\n') + 1;
        const size_t length = strcspn(line, "\n");
        size_t lines = 0;
        for (const char *at = line; *at != '\0'; at += length + 1, lines++)
            if (strncmp(at, line, length + 1) != 0)
                fail_msg("%s: %s", sql, said.out);
        assert_int_equal(lines, 60);
        cluster_forget(&said);
    }
}

/* What is gathered first, from one shard or from any group, has it too. */
static void what_is_gathered_has_the_same_value(void **state)
{
    (void)state;
    cluster_value("SELECT count(DISTINCT m) FROM (SELECT now() AS m, id FROM posts WHERE id = 3"
                  " UNION ALL SELECT now(), id FROM posts WHERE id = 4"
                  " UNION ALL SELECT CURRENT_TIMESTAMP, id FROM posts"
                  " UNION ALL SELECT now(), id FROM ref) q",
                  "1");
}

/* The script prints the same line twice and more: once of one server, then of all shards. */
static void assert_one_line(const char *script, size_t expected)
{
    cluster_said said = cluster_sql("--csv", script);
    if (said.code != 0)
        fail_msg("%s: %s", script, said.err);
    const size_t length = strcspn(said.out, "0123456789");
    const char *first = said.out + length;
    const size_t value = strcspn(first, "\n");
    size_t found = 0;
    for (const char *at = first; (at = strstr(at, "20")) != NULL; at += value) {
        if (strncmp(at, first, value) != 0)
            fail_msg("%s: %s", script, said.out);
        found++;
    }
    assert_int_equal(found, expected);
    cluster_forget(&said);
}

static void a_transaction_has_one_now(void **state)
{
    (void)state;
    assert_one_line("BEGIN; INSERT INTO local VALUES (1) RETURNING now();"
                    "SELECT now() FROM local LIMIT 1; SELECT now() FROM posts ORDER BY id LIMIT 2;"
                    "SELECT CURRENT_TIMESTAMP FROM posts ORDER BY id LIMIT 1; COMMIT",
                    5);
    /* Before it has a connection. */
    assert_one_line("BEGIN; SELECT now() FROM posts ORDER BY id LIMIT 1;"
                    "SELECT now() FROM posts ORDER BY id LIMIT 1; COMMIT",
                    2);
    cluster_do("BEGIN; INSERT INTO local VALUES (2);"
               "SELECT id / (statement_timestamp() > now())::int FROM posts; COMMIT");
}

static void filters_and_names_are_those_of_one_server(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT id FROM posts WHERE day = CURRENT_DATE ORDER BY id",
        "SELECT id FROM posts WHERE day > 'yesterday'::date ORDER BY id",
        "SELECT id FROM posts WHERE day = date 'today' - 1 ORDER BY id",
        "SELECT count(*) FROM posts WHERE made > now() - interval '100 hours 30 minutes'",
        "SELECT count(*) FROM posts WHERE age(made) > interval '3 days'",
        "SELECT id, CURRENT_DATE, now()::date, CURRENT_DATE - day FROM posts ORDER BY id",
        "SELECT x.current_date FROM (SELECT id, CURRENT_DATE FROM posts) x ORDER BY id",
        "SELECT CASE WHEN id < 0 THEN day ELSE CURRENT_DATE END FROM posts ORDER BY id",
        "SELECT id, CURRENT_DATE AS \"Today\" FROM posts WHERE id < 4 ORDER BY id",
        "SELECT CURRENT_DATE FROM posts WHERE id = 3",
        "SELECT id FROM posts ORDER BY (made - CURRENT_DATE) DESC, id",
        "SELECT a.id, b.id FROM posts a JOIN posts b ON a.day = b.day AND a.id < b.id"
        " WHERE a.made > now() - interval '2 days 30 minutes' ORDER BY 1, 2",
        "SELECT avg(CURRENT_DATE - day) FILTER (WHERE made < now()), count(*) FROM posts"
        " ORDER BY now()",
    };
    for (size_t i = 0; i < COVET_COUNT(statements); i++)
        cluster_same(statements[i]);
    cluster_fails("SELECT id FROM posts WHERE made > 'now'", "the constant 'now'");
    cluster_fails("SELECT id FROM posts WHERE made > now() + 'x'", "22007");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_shards_have_one_value),
        cmocka_unit_test(what_is_gathered_has_the_same_value),
        cmocka_unit_test(a_transaction_has_one_now),
        cmocka_unit_test(filters_and_names_are_those_of_one_server),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
