/*
 * tests/shard/test_utility.c - what DDL and COPY become over shards, and what is refused.
 */
#include "support/cmocka_all.h"

#include "shard/utility.h"
#include "support/world.h"

static covet_error err;

/* ---- asking -------------------------------------------------------------------------------- */

static covet__parse *parse_of(const char *sql)
{
    covet__parse *parse = NULL;
    assert_ok(covet__parse_new(sql, strlen(sql), &parse, &err), &err);
    return parse;
}

static void assert_kind(const char *sql, covet__utility_kind kind, const char *tag)
{
    covet__parse *parse = parse_of(sql);
    covet__utility utility;
    assert_ok(covet__utility_decide(parse, world, &utility, &err), &err);
    if (utility.kind != kind)
        fail_msg("%s: kind %d, not %d", sql, (int)utility.kind, (int)kind);
    if (tag != NULL)
        assert_string_equal(utility.tag, tag);
    covet__parse_free(parse);
}

static void assert_refused(const char *sql, const char *sqlstate, const char *part)
{
    covet__parse *parse = parse_of(sql);
    covet__utility utility;
    if (covet__utility_decide(parse, world, &utility, &err) == COVET_OK)
        fail_msg("%s: is not refused", sql);
    assert_string_equal(err.sqlstate, sqlstate);
    assert_contains(err.message, part);
    covet__parse_free(parse);
}

static void assert_text(const covet__spread *spread, covet__spread_place place, const char *schema,
                        const char *expected)
{
    covet__str text = {0};
    covet__spread_print(spread, place, schema, &text);
    assert_string_equal(covet__str_text(&text), expected);
    covet__str_free(&text);
}

/* The statements for a shard s, for the copies in r, and for the twins in t. */
static void assert_spread(const char *sql, const char *shard, const char *reference,
                          const char *shell)
{
    covet__parse *parse = parse_of(sql);
    covet__utility utility;
    assert_ok(covet__utility_decide(parse, world, &utility, &err), &err);
    assert_int_equal(utility.kind, COVET__UTILITY_SPREAD);
    assert_text(&utility.spread, COVET__SPREAD_SHARD, "s", shard);
    assert_text(&utility.spread, COVET__SPREAD_REFERENCE, "r", reference);
    assert_text(&utility.spread, COVET__SPREAD_SHELL, "t", shell);
    covet__parse_free(parse);
}

static const covet__copy_plan *copy_of(covet__parse *parse)
{
    static covet__utility utility;
    assert_ok(covet__utility_decide(parse, world, &utility, &err), &err);
    assert_int_equal(utility.kind, COVET__UTILITY_COPY);
    return &utility.copy;
}

/* ---- tests --------------------------------------------------------------------------------- */

static void transactions_are_known_by_all_their_names(void **state)
{
    (void)state;
    assert_kind("BEGIN", COVET__UTILITY_BEGIN, "BEGIN");
    assert_kind("START TRANSACTION", COVET__UTILITY_BEGIN, "START TRANSACTION");
    assert_kind("COMMIT WORK", COVET__UTILITY_COMMIT, "COMMIT");
    assert_kind("END", COVET__UTILITY_COMMIT, "COMMIT");
    assert_kind("ROLLBACK", COVET__UTILITY_ROLLBACK, "ROLLBACK");
    assert_kind("ABORT", COVET__UTILITY_ROLLBACK, "ROLLBACK");
    assert_refused("SAVEPOINT a", "0A000", "SAVEPOINT is not supported yet");
    assert_refused("ROLLBACK TO a", "0A000", "ROLLBACK TO SAVEPOINT");
    assert_refused("COMMIT AND CHAIN", "0A000", "AND CHAIN");
    assert_refused("PREPARE TRANSACTION 'x'", "0A000", "prepared transaction");
    assert_refused("BEGIN DEFERRABLE", "0A000", "DEFERRABLE");
}

static void isolation_and_read_only_are_taken_from_begin(void **state)
{
    static const struct {
        const char *sql;
        covet_isolation isolation;
        bool read_only;
    } cases[] = {
        {"BEGIN", COVET_READ_COMMITTED, false},
        {"BEGIN ISOLATION LEVEL READ UNCOMMITTED", COVET_READ_COMMITTED, false},
        {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", COVET_REPEATABLE_READ, true},
        {"START TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE", COVET_SERIALIZABLE, true},
        {"BEGIN READ WRITE NOT DEFERRABLE", COVET_READ_COMMITTED, false},
    };
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(cases); i++) {
        covet__parse *parse = parse_of(cases[i].sql);
        covet__utility utility;
        assert_ok(covet__utility_decide(parse, world, &utility, &err), &err);
        assert_int_equal(utility.begin.isolation, cases[i].isolation);
        assert_int_equal(utility.begin.read_only, cases[i].read_only);
        covet__parse_free(parse);
    }
}

static void the_rest_is_the_librarys(void **state)
{
    static const char *const statements[] = {"SELECT 1",
                                             "INSERT INTO posts (id) VALUES (1)",
                                             "SET work_mem = '1MB'",
                                             "SHOW work_mem",
                                             "CREATE TABLE local (a int)",
                                             "CREATE INDEX ON local (a)",
                                             "DROP TABLE local",
                                             "TRUNCATE local",
                                             "VACUUM local",
                                             "GRANT SELECT ON local TO PUBLIC",
                                             "GRANT USAGE ON SCHEMA public TO PUBLIC",
                                             "GRANT SELECT ON ALL TABLES IN SCHEMA other TO PUBLIC",
                                             "ALTER TABLE local ADD b int",
                                             "COMMENT ON TABLE local IS 'x'",
                                             "DROP TRIGGER posts ON local",
                                             "EXPLAIN SELECT * FROM local",
                                             "DECLARE c CURSOR FOR SELECT * FROM posts"};
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(statements); i++)
        assert_kind(statements[i], COVET__UTILITY_NONE, NULL);
}

static void an_index_is_made_in_every_shard_under_its_name(void **state)
{
    (void)state;
    assert_spread(
        "CREATE INDEX i ON posts USING btree (title, lower(slug)) WHERE id > 5",
        "CREATE INDEX i ON \"s\".\"posts\" USING btree (title, lower(slug)) WHERE id > 5", "",
        "CREATE INDEX i ON \"t\".\"posts\" USING btree (title, lower(slug)) WHERE id > 5");
    assert_spread("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY blog.\"Posts\"(slug)",
                  "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY \"s\".\"posts_2\"(slug)", "",
                  "CREATE INDEX  IF NOT EXISTS i ON ONLY \"t\".\"posts_2\"(slug)");
    assert_spread("CREATE UNIQUE INDEX i ON users (name)", "",
                  "CREATE UNIQUE INDEX i ON \"r\".\"users\" (name)",
                  "CREATE UNIQUE INDEX i ON \"t\".\"users\" (name)");
}

static void a_unique_index_holds_within_a_shard_only(void **state)
{
    (void)state;
    assert_kind("CREATE UNIQUE INDEX i ON posts (title, id)", COVET__UTILITY_SPREAD, NULL);
    assert_kind("CREATE UNIQUE INDEX i ON posts (slug)", COVET__UTILITY_SPREAD, NULL);
    assert_refused("CREATE UNIQUE INDEX i ON posts (title)", "0A000",
                   "it must include the shard key \"id\" of \"posts\"");
    assert_refused("CREATE UNIQUE INDEX i ON posts ((id + 1)) INCLUDE (id)", "0A000", "\"i\"");
    assert_refused("CREATE UNIQUE INDEX i ON comments (id)", "0A000", "\"post_id\"");
    assert_refused("CREATE INDEX ON posts (title)", "0A000", "give it one");
}

static void tables_are_dropped_wherever_they_are(void **state)
{
    (void)state;
    assert_spread("DROP TABLE posts, public.comments, users CASCADE",
                  "DROP TABLE IF EXISTS \"s\".\"posts\", \"s\".\"comments\" CASCADE",
                  "DROP TABLE IF EXISTS \"r\".\"users\" CASCADE",
                  "DROP TABLE IF EXISTS \"t\".\"posts\", \"t\".\"comments\", \"t\".\"users\" "
                  "CASCADE");
    assert_spread("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY IF EXISTS \"s\".\"i\"",
                  "DROP INDEX CONCURRENTLY IF EXISTS \"r\".\"i\"",
                  "DROP INDEX IF EXISTS \"t\".\"i\"");
    assert_refused("DROP TABLE posts, local", "0A000",
                   "DROP TABLE of a local table together with the distributed table \"posts\"");
}

static void maintenance_keeps_its_options_and_columns(void **state)
{
    (void)state;
    assert_spread("TRUNCATE TABLE posts, comments CASCADE",
                  "TRUNCATE TABLE \"s\".\"posts\", \"s\".\"comments\"", "",
                  "TRUNCATE TABLE \"t\".\"posts\", \"t\".\"comments\"");
    assert_spread("VACUUM (FULL, ANALYZE) posts (title, \"slug\"), users",
                  "VACUUM (FULL, ANALYZE) \"s\".\"posts\" (\"title\", \"slug\")",
                  "VACUUM (FULL, ANALYZE) \"r\".\"users\"",
                  "VACUUM (FULL, ANALYZE) \"t\".\"posts\" (\"title\", \"slug\"), \"t\".\"users\"");
    assert_spread("ANALYZE posts", "ANALYZE \"s\".\"posts\"", "", "ANALYZE \"t\".\"posts\"");
    assert_spread("VACUUM VERBOSE", "VACUUM VERBOSE", "VACUUM VERBOSE", "VACUUM VERBOSE");
    assert_refused("TRUNCATE posts RESTART IDENTITY", "0A000", "RESTART IDENTITY");
    assert_refused("ANALYZE posts, local", "0A000", "a statement for each");
}

static void grants_keep_their_words(void **state)
{
    (void)state;
    assert_spread(
        "GRANT SELECT (title), INSERT ON posts TO ann, PUBLIC WITH GRANT OPTION",
        "GRANT SELECT (title), INSERT ON \"s\".\"posts\" TO ann, PUBLIC WITH GRANT OPTION", "",
        "GRANT SELECT (title), INSERT ON \"t\".\"posts\" TO ann, PUBLIC WITH GRANT "
        "OPTION");
    assert_spread("REVOKE ALL ON TABLE comments, users FROM ann CASCADE",
                  "REVOKE ALL ON TABLE \"s\".\"comments\" FROM ann CASCADE",
                  "REVOKE ALL ON TABLE \"r\".\"users\" FROM ann CASCADE",
                  "REVOKE ALL ON TABLE \"t\".\"comments\", \"t\".\"users\" FROM ann CASCADE");
    covet__parse *parse =
        parse_of("GRANT SELECT ON posts TO ann, \"O'Neil\", PUBLIC, CURRENT_USER");
    covet__utility utility;
    assert_ok(covet__utility_decide(parse, world, &utility, &err), &err);
    assert_string_equal(utility.spread.roles, "\"ann\", \"O'Neil\", PUBLIC, CURRENT_USER");
    covet__parse_free(parse);
    assert_refused("GRANT SELECT ON ALL TABLES IN SCHEMA public TO ann", "0A000",
                   "name the tables");
}

static void other_ddl_on_tables_of_the_map_is_refused_by_name(void **state)
{
    static const char *const statements[] = {
        "ALTER TABLE posts ADD b int",
        "ALTER TABLE posts RENAME TO p",
        "CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TABLE a (b int8 REFERENCES posts)",
        "CREATE TABLE a (LIKE posts)",
        "CREATE TABLE a AS SELECT * FROM posts",
        "COMMENT ON TABLE posts IS 'x'",
        "COMMENT ON COLUMN public.posts.id IS 'x'",
        "DROP TRIGGER t ON posts",
        "DROP POLICY p ON public.posts",
        "LOCK TABLE posts",
        "REINDEX TABLE posts",
        "CLUSTER posts",
    };
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(statements); i++)
        assert_refused(statements[i], "0A000", "\"posts\" is not supported yet");
    assert_refused("EXPLAIN SELECT * FROM posts", "0A000", "use covet-shardctl explain");
    assert_refused("ALTER TABLE users ADD b int", "0A000",
                   "ALTER TABLE with the reference table \"users\"");
}

/* As home is sent it. */
static void assert_view(const char *sql, const char *tag, const char *expected)
{
    covet__parse *parse = parse_of(sql);
    covet__utility utility;
    covet__str text = {0};
    assert_ok(covet__utility_decide(parse, world, &utility, &err), &err);
    assert_int_equal(utility.kind, COVET__UTILITY_VIEW);
    assert_string_equal(utility.tag, tag);
    covet__edits_apply(&utility.view, world, COVET__SHELL_SCHEMA, &text);
    assert_string_equal(covet__str_text(&text), expected);
    covet__str_free(&text);
    covet__parse_free(parse);
}

static void views_are_made_over_the_twins_and_homes_copies(void **state)
{
    (void)state;
    assert_view("CREATE VIEW v AS SELECT * FROM posts, local;", "CREATE VIEW",
                "CREATE VIEW v AS SELECT * FROM \"covet_shell\".\"posts\", local");
    assert_view("CREATE OR REPLACE VIEW s.v (a) WITH (check_option = local) AS"
                " SELECT blog.posts.slug FROM blog.posts JOIN users u ON true",
                "CREATE VIEW",
                "CREATE OR REPLACE VIEW s.v (a) WITH (check_option = local) AS"
                " SELECT posts.slug FROM \"covet_shell\".\"posts_3\" AS \"posts\""
                " JOIN \"app_reference\".\"users\" u ON true");
    assert_view("CREATE VIEW v AS WITH posts AS (SELECT 1) SELECT * FROM posts", "CREATE VIEW",
                "CREATE VIEW v AS WITH posts AS (SELECT 1) SELECT * FROM posts");
    assert_view("DROP VIEW IF EXISTS v CASCADE", "DROP VIEW", "DROP VIEW IF EXISTS v CASCADE");
    assert_view("ALTER VIEW v RENAME TO w", "ALTER VIEW", "ALTER VIEW v RENAME TO w");
    assert_view("ALTER VIEW v RENAME COLUMN a TO posts", "ALTER VIEW",
                "ALTER VIEW v RENAME COLUMN a TO posts");
    assert_view("ALTER VIEW v SET SCHEMA s", "ALTER VIEW", "ALTER VIEW v SET SCHEMA s");
    assert_kind("COMMENT ON VIEW v IS 'x'", COVET__UTILITY_NONE, NULL);
    assert_kind("GRANT SELECT ON v TO ann", COVET__UTILITY_NONE, NULL);
}

static void views_that_cannot_be_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused("CREATE VIEW posts AS SELECT 1", "42P07", "\"posts\" already exists");
    assert_refused("CREATE OR REPLACE VIEW posts AS SELECT 1", "42809", "is not a view");
    assert_refused("ALTER VIEW posts RENAME TO p", "42809", "is not a view");
    assert_refused("ALTER VIEW v RENAME TO posts", "42P07", "\"posts\" already exists");
    assert_refused("ALTER VIEW posts SET SCHEMA blog", "42809", "is not a view");
    assert_refused("CREATE TEMP VIEW v AS SELECT * FROM posts", "0A000", "a temporary view");
    assert_refused("CREATE VIEW v WITH (security_barrier) AS SELECT * FROM users", "0A000",
                   "security_barrier");
    assert_refused("CREATE MATERIALIZED VIEW v AS SELECT * FROM posts", "0A000",
                   "a materialized view of the distributed table \"posts\"");
    assert_kind("CREATE MATERIALIZED VIEW v AS SELECT * FROM local", COVET__UTILITY_NONE, NULL);
}

static void a_table_of_the_map_exists_already(void **state)
{
    (void)state;
    assert_refused("CREATE TABLE posts (a int)", "42P07", "relation \"posts\" already exists");
    assert_refused("CREATE TABLE posts AS SELECT 1", "42P07", "already exists");
    assert_kind("CREATE TABLE IF NOT EXISTS posts (a int)", COVET__UTILITY_EXISTS, "CREATE TABLE");
}

static void copy_knows_its_options(void **state)
{
    (void)state;
    covet__parse *parse =
        parse_of("COPY posts (id, \"Title\") FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';', "
                 "NULL 'null', QUOTE '''', ESCAPE '\\')");
    const covet__copy_plan *copy = copy_of(parse);
    assert_true(copy->from && copy->streams && copy->table != NULL);
    assert_int_equal(copy->column_count, 2);
    assert_string_equal(copy->columns[1], "Title");
    assert_true(copy->format.csv && copy->format.header && !copy->format.header_match);
    covet__str out = {0};
    covet__copy_print_format(copy, false, &out);
    assert_string_equal(covet__str_text(&out), " WITH (FORMAT csv, DELIMITER ';', NULL 'null', "
                                               "QUOTE '''', ESCAPE E'\\\\')");
    covet__str_free(&out);
    covet__parse_free(parse);
    parse = parse_of("COPY posts TO STDOUT CSV HEADER FORCE QUOTE id, title");
    copy = copy_of(parse);
    assert_true(!copy->from && copy->format.csv && copy->format.header);
    covet__copy_print_format(copy, true, &out);
    assert_string_equal(covet__str_text(&out),
                        " WITH (FORMAT csv, DELIMITER ',', NULL '', HEADER true, QUOTE '\"', "
                        "ESCAPE '\"', FORCE_QUOTE (\"id\", \"title\"))");
    covet__str_free(&out);
    covet__parse_free(parse);
    parse = parse_of("COPY comments FROM STDIN");
    copy = copy_of(parse);
    covet__copy_print_format(copy, false, &out);
    assert_string_equal(covet__str_text(&out),
                        " WITH (FORMAT text, DELIMITER '\t', NULL E'\\\\N')");
    covet__str_free(&out);
    covet__parse_free(parse);
}

static void copy_of_a_query_knows_the_query(void **state)
{
    (void)state;
    const char *sql = "COPY (SELECT (id) FROM posts) TO STDOUT";
    covet__parse *parse = parse_of(sql);
    const covet__copy_plan *copy = copy_of(parse);
    assert_null(copy->table);
    assert_int_equal(copy->query.start, 6);
    assert_int_equal(copy->query.end, strlen("COPY (SELECT (id) FROM posts"));
    covet__parse_free(parse);
    parse = parse_of("COPY (SELECT 1) TO STDOUT");
    assert_int_equal(copy_of(parse)->query.end, 0);
    covet__parse_free(parse);
}

static void copy_refuses_what_it_cannot_do(void **state)
{
    (void)state;
    assert_kind("COPY local FROM '/tmp/x' (FORMAT binary)", COVET__UTILITY_COPY, "COPY");
    assert_refused("COPY posts FROM '/tmp/x'", "0A000", "use STDIN");
    assert_refused("COPY posts TO PROGRAM 'cat'", "0A000", "use STDIN or STDOUT");
    assert_refused("COPY posts FROM STDIN (FORMAT binary)", "0A000", "binary");
    assert_refused("COPY posts FROM STDIN (FORMAT parquet)", "22023", "not recognized");
    assert_refused("COPY posts FROM STDIN (FREEZE)", "0A000", "\"freeze\"");
    assert_refused("COPY posts FROM STDIN (ENCODING 'latin1')", "0A000", "\"encoding\"");
    assert_refused("COPY posts FROM STDIN (FORCE_NULL (id), FORMAT csv)", "0A000",
                   "\"force_null\"");
    assert_refused("COPY posts FROM STDIN (QUOTE '\"')", "0A000", "without FORMAT csv");
    assert_refused("COPY posts FROM STDIN (DELIMITER 'ab')", "0A000", "one-byte");
    assert_refused("COPY posts FROM STDIN (DELIMITER 'a')", "22023", "cannot be \"a\"");
    assert_refused("COPY posts FROM STDIN (FORMAT csv, DELIMITER '\"')", "22023", "must differ");
    assert_refused("COPY posts FROM STDIN WHERE id > 1", "0A000", "WHERE");
}

static void plain_mode_leaves_tables_alone(void **state)
{
    (void)state;
    static const char *const statements[] = {"CREATE INDEX ON posts (title)",
                                             "DROP TABLE posts",
                                             "DROP INDEX i",
                                             "TRUNCATE posts",
                                             "VACUUM",
                                             "ALTER TABLE posts ADD a int"};
    for (size_t i = 0; i < COVET_COUNT(statements); i++) {
        covet__parse *parse = parse_of(statements[i]);
        covet__utility utility;
        assert_ok(covet__utility_decide(parse, NULL, &utility, &err), &err);
        assert_int_equal(utility.kind, COVET__UTILITY_NONE);
        covet__parse_free(parse);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transactions_are_known_by_all_their_names),
        cmocka_unit_test(isolation_and_read_only_are_taken_from_begin),
        cmocka_unit_test(the_rest_is_the_librarys),
        cmocka_unit_test(an_index_is_made_in_every_shard_under_its_name),
        cmocka_unit_test(a_unique_index_holds_within_a_shard_only),
        cmocka_unit_test(tables_are_dropped_wherever_they_are),
        cmocka_unit_test(maintenance_keeps_its_options_and_columns),
        cmocka_unit_test(grants_keep_their_words),
        cmocka_unit_test(other_ddl_on_tables_of_the_map_is_refused_by_name),
        cmocka_unit_test(views_are_made_over_the_twins_and_homes_copies),
        cmocka_unit_test(views_that_cannot_be_are_refused_by_name),
        cmocka_unit_test(a_table_of_the_map_exists_already),
        cmocka_unit_test(copy_knows_its_options),
        cmocka_unit_test(copy_of_a_query_knows_the_query),
        cmocka_unit_test(copy_refuses_what_it_cannot_do),
        cmocka_unit_test(plain_mode_leaves_tables_alone),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
