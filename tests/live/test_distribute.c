/*
 * tests/live/test_distribute.c - tables leave home for the shards and come back.
 */
#include "support/cmocka_all.h"

#include <jansson.h>

#include "support/blog_tables.h"

/* ---- there and back -------------------------------------------------------------------- */

static void rows_reach_their_shards_and_keep_all_they_had(void **state)
{
    (void)state;
    blog_make("there");
    static const char *const tables[] = {"posts", "comments", "posts_tags"};
    char *shapes[3];
    blog_sums before[3];
    for (int t = 0; t < 3; t++) {
        shapes[t] = blog_shape(0, "public", tables[t]);
        before[t] = blog_sums_of(0, "public", tables[t]);
    }
    const blog_sums users = blog_sums_of(0, "public", "auth_user");
    blog_move_references();
    assert_says(0, "posts: 1500 rows in 16 shards", MOVE_POSTS);
    for (int t = 0; t < 3; t++)
        assert_rows_in_shards(tables[t], before[t]);
    assert_keys_in_their_ranges("posts", "id");
    assert_keys_in_their_ranges("comments", "post_id");
    assert_keys_in_their_ranges("posts_tags", "post_id");
    for (int g = 0; g < GROUPS; g++)
        assert_int_equal(blog_sums_of(g, "app_reference", "auth_user").hashes, users.hashes);
    blog_shard shards[SHARDS];
    blog_shards(shards);
    for (int t = 0; t < 3; t++) {
        for (int i = 0; i < SHARDS; i++) {
            char *shape = blog_shape(shards[i].group, shards[i].schema, tables[t]);
            assert_string_equal(shape, shapes[t]);
            free(shape);
        }
        free(shapes[t]);
    }
    blog_close();
}

static void the_catalog_knows_keys_ids_and_what_is_unique_per_shard(void **state)
{
    (void)state;
    blog_make("catalog");
    blog_move_references();
    assert_says(0, "Done", MOVE_POSTS);
    assert_value(
        0,
        "SELECT string_agg(concat_ws(' ', table_name, kind, key_column, key_type::regtype,"
        " physical_name, unique_per_shard), ', ' ORDER BY id) FROM covet.tables",
        "auth_user reference auth_user {}, categories reference categories {}, tags "
        "reference tags {}, posts distributed id bigint posts {slug}, comments distributed "
        "post_id bigint comments {}, posts_tags distributed post_id bigint posts_tags {}");
    assert_value(
        0,
        "SELECT string_agg(concat_ws(' ', table_name, column_name, type::regtype,"
        " alone_unique, next, max), ', ' ORDER BY table_id) FROM covet.ids"
        " JOIN covet.tables ON id = table_id WHERE table_name ~ 'user|posts'",
        "auth_user id integer f 41 2147483647, posts id bigint t 1502 9223372036854775807, "
        "posts_tags id bigint t 1688 9223372036854775807");
    assert_value(0, "SELECT count(*) FROM covet.jobs", "0");
    assert_value(0, "SELECT count(*) FROM covet_shell.posts", "0");
    assert_value(0, "SELECT count(*) FROM covet_old.posts", "1500");
    assert_value(0, "SELECT to_regclass('public.posts') IS NULL", "t");
    assert_value(0, "SELECT has_table_privilege('blog_app', 'covet_old.posts', 'SELECT')", "f");
    assert_value(0,
                 "SELECT has_table_privilege('blog_app', 'covet.ids', 'SELECT') AND"
                 " has_column_privilege('blog_app', 'covet.ids', 'next', 'UPDATE')",
                 "t");
    for (int g = 0; g < GROUPS; g++)
        assert_value(g,
                     "SELECT bool_and(has_schema_privilege('blog_app', nspname, 'USAGE'))"
                     " FROM pg_namespace WHERE nspname ~ '^(app_|covet$)'",
                     "t");
    assert_value(1,
                 "SELECT bool_and(relname IS NOT NULL AND reltuples >= 0) FROM pg_class WHERE"
                 " relname = 'comments'",
                 "t");
    blog_close();
}

static void foreign_keys_work_inside_a_shard_and_at_home(void **state)
{
    (void)state;
    blog_make("keys");
    blog_move_references();
    assert_says(0, "Done", MOVE_POSTS);
    char *schema =
        blog_value(1, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^app_s' LIMIT 1");
    char sql[512];
    snprintf(sql, sizeof sql, "INSERT INTO %s.comments VALUES (9001, -5, 'a', 'b')", schema);
    PGresult *result = PQexec(blog.conn[1], sql);
    assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "23503");
    assert_string_equal(PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
                        "comments_post_id_67cfce36_fk_posts_id");
    PQclear(result);
    snprintf(sql, sizeof sql,
             "INSERT INTO %s.posts (id, title, slug, author_id) VALUES (-1, 't', 's', 999)",
             schema);
    result = PQexec(blog.conn[1], sql);
    assert_string_equal(PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
                        "posts_author_id_099b8aca_fk_auth_user_id");
    PQclear(result);
    /* A local table leads to the copy at home. */
    result =
        PQexec(blog.conn[0], "INSERT INTO auth_user_groups (user_id, group_id) VALUES (99, 1)");
    assert_string_equal(PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
                        "auth_user_groups_user_id_fk");
    PQclear(result);
    blog_run(0, "INSERT INTO auth_user_groups (user_id, group_id) VALUES (40, 1)");
    free(schema);
    blog_close();
}

static void undistribute_gives_back_exactly_what_was(void **state)
{
    (void)state;
    blog_make("back");
    blog_run(0, "COMMENT ON CONSTRAINT auth_user_groups_user_id_fk ON auth_user_groups IS 'it''s';"
                "COMMENT ON CONSTRAINT posts_author_id_099b8aca_fk_auth_user_id ON posts IS 'by'");
    blog_run(0, "ALTER TABLE comments ADD CONSTRAINT later CHECK (post_id < 0) NOT VALID;"
                "COMMENT ON CONSTRAINT later ON comments IS 'rows that are there do not pass'");
    char *schema = blog_dump(false), *rows = blog_dump(true);
    blog_move_references();
    assert_says(0, "Done", MOVE_POSTS);
    assert_says(0, "would bring home public.comments", "undistribute", "posts", "--dry-run");
    assert_says(1, "undistribute posts auth_user", "undistribute", "auth_user");
    assert_says(0, "posts_tags comes along", "undistribute", "posts");
    assert_says(0, "auth_user: 40 rows are home", "undistribute", "tags", "auth_user",
                "categories");
    assert_same_dump(schema, blog_dump(false));
    assert_same_dump(rows, blog_dump(true));
    for (int g = 0; g < GROUPS; g++) {
        assert_value(g,
                     "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                     " WHERE nspname ~ '^(app_|covet_)'",
                     "0");
        assert_value(g, "SELECT count(*) FROM pg_prepared_xacts", "0");
    }
    assert_value(0, "SELECT count(*) FROM covet.tables", "0");
    assert_value(0, "SELECT count(*) FROM covet.jobs", "0");
    blog_close();
}

static void what_changed_meanwhile_comes_home(void **state)
{
    (void)state;
    blog_make("changed");
    blog_move_references();
    assert_says(0, "Done", MOVE_POSTS);
    blog_run(0, "UPDATE covet.ids SET next = 7000 WHERE table_id ="
                " (SELECT id FROM covet.tables WHERE table_name = 'posts')");
    blog_shard shards[SHARDS];
    blog_shards(shards);
    for (int i = 0; i < SHARDS; i++)
        blog_run_in(&shards[i],
                    "CREATE INDEX posts_title ON @.posts (title); DROP INDEX @.posts_slug_f697e400_"
                    "like; UPDATE @.posts SET title = 'new'; GRANT DELETE ON @.posts TO blog_app;"
                    "DROP INDEX @.posts_author_id_099b8aca;"
                    "CREATE INDEX posts_author_id_099b8aca ON @.posts (author_id, id DESC)");
    assert_says(0, "posts: 1500 rows are home", "undistribute", "posts");
    assert_value(0, "SELECT nextval('posts_id_seq')", "7000");
    assert_value(0, "SELECT count(*) FROM posts WHERE title = 'new'", "1500");
    assert_value(0, "SELECT has_table_privilege('blog_app', 'posts', 'DELETE')", "t");
    assert_value(0,
                 "SELECT string_agg(indexname, ' ' ORDER BY 1) FROM pg_indexes WHERE tablename ="
                 " 'posts' AND indexname ~ 'title|like'",
                 "posts_title");
    assert_value(0,
                 "SELECT substring(indexdef from '[(].*') FROM pg_indexes WHERE indexname ="
                 " 'posts_author_id_099b8aca'",
                 "(author_id, id DESC)");
    blog_close();
}

static void a_value_that_is_there_twice_stays_where_it_is(void **state)
{
    (void)state;
    blog_make("twice");
    blog_move_references();
    assert_says(0, "Done", MOVE_POSTS);
    blog_shard shards[SHARDS];
    blog_shards(shards);
    for (int i = 0; i < SHARDS; i++) /* three slugs in every shard */
        blog_run_in(&shards[i],
                    "UPDATE @.posts p SET slug = 'twin' || n FROM (SELECT id, row_number() OVER"
                    " (ORDER BY id) n FROM @.posts) x WHERE x.id = p.id AND n <= 3");
    assert_says(1,
                "posts: 3 values of (slug) are in more than one row, in different shards, where "
                "posts_slug_key allows one",
                "undistribute", "posts");
    assert_value(0, "SELECT count(*) FROM covet.tables WHERE kind = 'distributed'", "3");
    assert_value(0, "SELECT to_regclass('public.posts') IS NULL", "t");
    assert_value(1, "SELECT count(*) FROM pg_prepared_xacts", "0");
    for (int i = 0; i < SHARDS; i++)
        blog_run_in(&shards[i], "UPDATE @.posts SET slug = slug || id WHERE slug ~ 'twin'");
    assert_says(0, "posts: 1500 rows are home", "undistribute", "posts");
    blog_close();
}

static void finish_drops_the_old_tables_and_the_way_back(void **state)
{
    (void)state;
    blog_make("finish");
    assert_says(0, "there are no old tables", "distribute", "--finish");
    blog_move_references();
    assert_says(0, "Done", MOVE_POSTS);
    assert_says(0, "would drop covet_old.posts", "distribute", "--finish", "--dry-run");
    assert_value(0, "SELECT count(*) FROM covet_old.posts", "1500");
    assert_says(0, "dropped covet_old.posts", "distribute", "--finish");
    assert_value(0,
                 "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                 " WHERE nspname = 'covet_old'",
                 "0");
    assert_says(1, "its old table was dropped", "undistribute", "posts");
    blog_close();
}

/* ---- refusals -------------------------------------------------------------------------- */

typedef struct refusal {
    const char *before; /* what makes the difference, and what takes it back */
    const char *after;
    const char *says;
    const char *arguments[12];
} refusal;

static const refusal refusals[] = {
    {"", "", "there is no such table", {"distribute", "nowhere", "--key", "id"}},
    {"", "", "meant to reference the table \"tags\"", {"distribute", "tag", "--key", "id"}},
    {"", "", "meant to reference the table \"tags\"", {"undistribute", "tgas"}},
    {"CREATE TABLE x (id int PRIMARY KEY); CREATE UNIQUE INDEX one_row ON x ((true))",
     "DROP TABLE x",
     "the unique index one_row cannot be kept over shards",
     {"distribute", "x", "--key", "id"}},
    {"CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
     "CREATE TABLE x (id text PRIMARY KEY); CREATE UNIQUE INDEX x_ci ON x (id COLLATE ci)",
     "DROP TABLE x; DROP COLLATION ci",
     "the unique index x_ci cannot be kept over shards",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY);"
     "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false);"
     "INSERT INTO pg_subscription_rel SELECT oid, 'x'::regclass, 'i' FROM pg_subscription",
     "ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s; DROP TABLE x",
     "subscription s would not find it any more",
     {"distribute", "x", "--key", "id"}},
    {"", "", "there is no column nothing", {"distribute", "tags", "--key", "nothing"}},
    {"", "", "not a table's name", {"distribute", "a.b.c", "--key", "id"}},
    {"CREATE TABLE x (id int)", "DROP TABLE x", "may be NULL", {"distribute", "x", "--key", "id"}},
    {"", "", "'\"Weird Tab\"\"le\"')", {"distribute", "Weird Tab\"le", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (a int REFERENCES x)",
     "DROP TABLE y; DROP TABLE x",
     "or drop its foreign key y_a_fkey to x and leave out --with y",
     {"distribute", "x", "--key", "id", "--with", "y"}},
    {"CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (a int REFERENCES x)",
     "DROP TABLE y; DROP TABLE x",
     "--with y:a; or drop the foreign key, and they stay local)",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE p (id int) PARTITION BY LIST (id);"
     "CREATE TABLE x PARTITION OF p (id NOT NULL) FOR VALUES IN (1)",
     "DROP TABLE p",
     "x: it is a partition of public.p, and a partition cannot go alone",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id float NOT NULL)",
     "DROP TABLE x",
     "which cannot be a key",
     {"distribute", "x", "--key", "id"}},
    {"CREATE DOMAIN d AS int; CREATE TABLE x (id d NOT NULL)",
     "DROP TABLE x; DROP DOMAIN d",
     "which cannot be a key",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id timestamptz(3) NOT NULL)",
     "DROP TABLE x",
     "stores another moment",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id date NOT NULL); INSERT INTO x VALUES ('infinity'), ('2026-01-01')",
     "DROP TABLE x",
     "1 rows have a value",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (n int NOT NULL, id int GENERATED ALWAYS AS (n + 1) STORED NOT NULL)",
     "DROP TABLE x",
     "is a generated column",
     {"distribute", "x", "--key", "id"}},
    {"CREATE COLLATION ci (provider = icu, locale = 'en-u-ks-level2', deterministic = false);"
     "CREATE TABLE x (id text COLLATE ci NOT NULL)",
     "DROP TABLE x; DROP COLLATION ci",
     "different texts are equal",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY, a int, b int, UNIQUE (a, b))",
     "DROP TABLE x",
     "--unique-per-shard a --unique-per-shard b",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY, a int, b int, UNIQUE (a, b))",
     "DROP TABLE x",
     "(within each shard it can: --unique-per-shard b)",
     {"distribute", "x", "--key", "id", "--unique-per-shard", "a"}},
    {"CREATE TABLE x (id int, k int NOT NULL, PRIMARY KEY (id))",
     "DROP TABLE x",
     "the primary key x_pkey is without the key k",
     {"distribute", "x", "--key", "k"}},
    {"CREATE TABLE x (id int PRIMARY KEY, t text); CREATE UNIQUE INDEX ON x (lower(t))",
     "DROP TABLE x",
     "the unique index x_lower_idx is without the key id",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&))",
     "DROP TABLE x",
     "the exclusion constraint x_r_excl",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY)",
     "DROP TABLE x",
     "no unique index is on column",
     {"distribute", "comments", "--key", "post_id", "--unique-per-shard", "content"}},
    {"",
     "",
     "foreign key comments_post_id_67cfce36_fk_posts_id leads to the local table posts",
     {"distribute", "comments", "--key", "post_id"}},
    {"",
     "",
     "covet-shardctl distribute posts --key id --unique-per-shard slug --with comments:post_id "
     "--with posts_tags:post_id",
     {"distribute", "posts", "--key", "id", "--unique-per-shard", "slug"}},
    {"CREATE TABLE x (id int PRIMARY KEY, parent int REFERENCES x)",
     "DROP TABLE x",
     "by other columns than the keys id and id",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY, u text NOT NULL UNIQUE);"
     "CREATE TABLE y (id int, u text REFERENCES x (u))",
     "DROP TABLE y; DROP TABLE x",
     "foreign key y_u_fkey of y leads to it by another column",
     {"distribute", "x", "--key", "id", "--unique-per-shard", "u"}},
    {"CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (id text NOT NULL)",
     "DROP TABLE y; DROP TABLE x",
     "rows that belong together would part",
     {"distribute", "x", "--key", "id", "--with", "y:id"}},
    {"CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (a int REFERENCES x, b int REFERENCES x)",
     "DROP TABLE y; DROP TABLE x",
     "which column is its key?",
     {"distribute", "x", "--key", "id", "--with", "y"}},
    {"",
     "",
     "leads to the local table django (make that a reference table first",
     {"reference", "needs"}},
    {"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
     "CREATE TRIGGER shout BEFORE INSERT ON tags FOR EACH ROW EXECUTE FUNCTION f()",
     "DROP FUNCTION f() CASCADE",
     "trigger shout would not run",
     {"reference", "tags"}},
    {"CREATE RULE quiet AS ON DELETE TO tags DO INSTEAD NOTHING",
     "DROP RULE quiet ON tags",
     "rule quiet would not be followed",
     {"reference", "tags"}},
    {"ALTER TABLE tags ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON tags USING (true)",
     "DROP POLICY own ON tags; ALTER TABLE tags DISABLE ROW LEVEL SECURITY",
     "policy own would not be kept",
     {"reference", "tags"}},
    {"CREATE VIEW few AS SELECT * FROM tags LIMIT 3",
     "DROP VIEW few",
     "view public.few reads it (drop the view, and make it again",
     {"reference", "tags"}},
    {"CREATE MATERIALIZED VIEW mv AS SELECT * FROM tags",
     "DROP MATERIALIZED VIEW mv",
     "materialized view public.mv reads it",
     {"reference", "tags"}},
    {"CREATE FUNCTION f() RETURNS SETOF tags LANGUAGE sql AS 'SELECT * FROM tags'",
     "DROP FUNCTION f()",
     "function public.f() uses it",
     {"reference", "tags"}},
    {"CREATE TABLE x (t tags)", "DROP TABLE x", "table public.x uses it", {"reference", "tags"}},
    {"CREATE PUBLICATION p FOR TABLE tags",
     "DROP PUBLICATION p",
     "publication p would lose it",
     {"reference", "tags"}},
    {"CREATE TABLE x (id int PRIMARY KEY) PARTITION BY RANGE (id)",
     "DROP TABLE x",
     "it is a partitioned table",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY) PARTITION BY RANGE (id);"
     "CREATE TABLE y PARTITION OF x DEFAULT",
     "DROP TABLE x",
     "partition of public.x",
     {"distribute", "y", "--key", "id"}},
    {"CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y () INHERITS (x)",
     "DROP TABLE x CASCADE",
     "parent of public.y",
     {"distribute", "x", "--key", "id"}},
    {"CREATE VIEW few AS SELECT * FROM tags",
     "DROP VIEW few",
     "it is a view",
     {"reference", "few"}},
    {"CREATE SEQUENCE q; CREATE TABLE x (id int PRIMARY KEY DEFAULT nextval('q'));"
     "CREATE TABLE y (id int DEFAULT nextval('q'))",
     "DROP TABLE x, y; DROP SEQUENCE q",
     "is used by other columns too",
     {"distribute", "x", "--key", "id"}},
    {"CREATE SEQUENCE q; CREATE TABLE x (id text PRIMARY KEY DEFAULT 'a' || nextval('q'))",
     "DROP TABLE x; DROP SEQUENCE q",
     "in a way of its own",
     {"distribute", "x", "--key", "id"}},
    {"CREATE SEQUENCE q INCREMENT -1; CREATE TABLE x (id int PRIMARY KEY DEFAULT nextval('q'))",
     "DROP TABLE x; DROP SEQUENCE q",
     "counts down",
     {"distribute", "x", "--key", "id"}},
    {"CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE x (id int PRIMARY KEY, m mood)",
     "DROP TABLE x; DROP TYPE mood",
     "group g2: type public.mood is not there",
     {"distribute", "x", "--key", "id"}},
    {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
     "CREATE TABLE x (id int PRIMARY KEY, n int DEFAULT f())",
     "DROP TABLE x; DROP FUNCTION f()",
     "group g2: function public.f() is not there",
     {"distribute", "x", "--key", "id"}},
    {"CREATE ROLE only_here; CREATE TABLE x (id int PRIMARY KEY); GRANT SELECT ON x TO only_here",
     "DROP TABLE x; DROP ROLE only_here",
     "group g2: role only_here is not there",
     {"distribute", "x", "--key", "id"}},
    {"", "", "tables of schema covet stay where they are", {"reference", "covet.groups"}},
    {"", "", "named twice", {"reference", "tags", "public.tags"}},
    {"", "", "--key is missing", {"distribute", "tags"}},
    {"", "", "an operand is missing", {"distribute", "--key", "id"}},
    {"",
     "",
     "COL, or TABLE.COL of a table that moves",
     {"distribute", "tags", "--key", "id", "--unique-per-shard", "posts.slug"}},
    {"", "", "takes none by name", {"distribute", "tags", "--finish"}},
    {"", "", "it is a local table already", {"undistribute", "tags", "nowhere"}},
};

static void what_cannot_go_is_named_and_nothing_changes(void **state)
{
    (void)state;
    blog_make("refused");
    blog_run(0, "CREATE TABLE django (id int PRIMARY KEY);"
                "CREATE TABLE needs (id int PRIMARY KEY, d int REFERENCES django)");
    char *schema = blog_dump(false);
    static const char garbage[] = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid ="
                                  " relnamespace WHERE nspname ~ '^(app_|covet_)'";
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        const char *arguments[16] = {0};
        size_t count = 0;
        char *output;
        for (; r->arguments[count] != NULL; count++)
            arguments[count] = r->arguments[count];
        arguments[count++] = "--catalog";
        arguments[count++] = blog.dsn[0];
        if (r->before[0] != '\0')
            blog_run(0, r->before);
        const int code = live_shardctl(arguments, &output);
        if (code == 0 || strstr(output, r->says) == NULL)
            fail_msg("refusal %zu: ended with %d, without \"%s\": %s", i, code, r->says, output);
        free(output);
        if (r->after[0] != '\0')
            blog_run(0, r->after);
    }
    assert_same_dump(schema, blog_dump(false));
    assert_int_equal(blog_number(0, garbage), 0);
    assert_int_equal(blog_number(1, garbage), 0);
    assert_value(0, "SELECT count(*) FROM covet.tables", "0");
    assert_value(0, "SELECT count(*) FROM covet.jobs", "0");
    blog_close();
}

static void a_dry_run_says_it_all_and_does_nothing(void **state)
{
    (void)state;
    blog_make("dry");
    char *schema = blog_dump(false), *output = NULL;
    assert_says(0, "foreign key auth_user_groups_user_id_fk of auth_user_groups would lead to",
                "reference", "auth_user", "--dry-run");
    blog_move_references();
    char *moved = blog_dump(false);
    assert_int_equal(TOOL(&output, MOVE_POSTS, "--dry-run", "--json", "--catalog", blog.dsn[0]), 0);
    json_t *plan = json_loads(output, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(plan, "tables")), 3);
    assert_int_equal(json_integer_value(json_object_get(plan, "shards")), SHARDS);
    assert_true(json_is_true(json_object_get(plan, "dry_run")));
    json_decref(plan);
    free(output);
    assert_same_dump(moved, blog_dump(false));
    assert_says(0, "home", "undistribute", "auth_user", "categories", "tags");
    assert_same_dump(schema, blog_dump(false));
    blog_close();
}

static void what_is_done_already_is_done(void **state)
{
    (void)state;
    blog_make("done");
    blog_move_references();
    assert_says(0, "auth_user: it is a reference table already", "reference", "auth_user");
    assert_says(0, "Done", MOVE_POSTS);
    assert_says(0, "posts: it is distributed already", MOVE_POSTS);
    assert_says(1, "posts: it is distributed by id already", "distribute", "posts", "--key",
                "author_id");
    assert_says(1, "tags: it is a reference table already", "distribute", "tags", "--key", "id");
    blog_run(0, "CREATE TABLE tags2 (id int PRIMARY KEY)");
    assert_says(0, "tags2: 0 rows in 16 shards", "distribute", "tags2", "--key", "id", "--with",
                "posts");
    blog_close();
}

/* ---- other shapes ---------------------------------------------------------------------- */

static void keys_of_all_types_find_their_shards(void **state)
{
    (void)state;
    blog_make("types");
    static const struct {
        const char *type, *value;
    } types[] = {
        {"smallint", "n - 300"},
        {"integer", "n * 100003"},
        {"text", "E'k\\t\\\\\\n' || n || 'ü'"},
        {"varchar(20)", "'v' || n"},
        {"uuid", "md5(n::text)::uuid"},
        {"date", "date '1950-01-01' + n * 97"},
        {"timestamptz", "timestamptz '1999-12-31 23:00:00.000001+00' + n * interval '1 day'"},
        {"bytea", "decode(md5(n::text), 'hex') || '\\\\'::bytea"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char sql[512];
        snprintf(sql, sizeof sql,
                 "DROP TABLE IF EXISTS typed; CREATE TABLE typed (n int, k %s PRIMARY KEY);"
                 "INSERT INTO typed SELECT n, %s FROM generate_series(1, 600) n",
                 types[i].type, types[i].value);
        blog_run(0, sql);
        const blog_sums before = blog_sums_of(0, "public", "typed");
        assert_says(0, "typed: 600 rows in 16 shards", "distribute", "typed", "--key", "k");
        assert_rows_in_shards("typed", before);
        assert_says(0, "typed: 600 rows are home", "undistribute", "typed");
        assert_int_equal(blog_sums_of(0, "public", "typed").hashes, before.hashes);
    }
    blog_close();
}

static void names_that_need_quotes_and_schemas_that_share_names(void **state)
{
    (void)state;
    blog_make("names");
    blog_run(0,
             "CREATE SCHEMA \"My Shop\";"
             "CREATE TABLE \"My Shop\".\"tags\" (\"The Key\" bigint GENERATED ALWAYS AS IDENTITY"
             " CONSTRAINT \"shop pk\" PRIMARY KEY, \"a\"\"b\" text DEFAULT 'it''s \\ so');"
             "INSERT INTO \"My Shop\".tags (\"a\"\"b\") SELECT n FROM generate_series(1, 100) n");
    blog_move_references();
    assert_says(0, "tags: 100 rows in 16 shards", "distribute", "\"My Shop\".tags", "--key",
                "The Key");
    assert_value(0,
                 "SELECT concat_ws(' ', schema_name, table_name, physical_name, key_column, next)"
                 " FROM covet.tables JOIN covet.ids ON id = table_id WHERE kind = 'distributed'",
                 "My Shop tags My Shop_tags The Key 101");
    assert_value(0, "SELECT count(*) FROM covet_old.\"My Shop_tags\"", "100");
    assert_says(0, "tags: 100 rows are home", "undistribute", "\"My Shop\".tags");
    assert_value(0, "SELECT count(*) FROM \"My Shop\".tags WHERE \"a\"\"b\" IS NOT NULL", "100");
    blog_close();
}

static void more_rows_than_the_buffers_hold(void **state)
{
    (void)state;
    blog_make("large");
    blog_run(0,
             "CREATE UNLOGGED TABLE big (id int PRIMARY KEY, t text);"
             "INSERT INTO big SELECT n, repeat(md5(n::text), 40) FROM generate_series(1, 30000) n");
    const blog_sums before = blog_sums_of(0, "public", "big");
    assert_says(0, "big: 30000 rows in 16 shards", "distribute", "big", "--key", "id");
    assert_rows_in_shards("big", before);
    assert_value(1, "SELECT bool_and(relpersistence = 'u') FROM pg_class WHERE relname = 'big'",
                 "t");
    assert_says(0, "big: 30000 rows are home", "undistribute", "big");
    assert_int_equal(blog_sums_of(0, "public", "big").hashes, before.hashes);
    blog_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_reach_their_shards_and_keep_all_they_had),
        cmocka_unit_test(the_catalog_knows_keys_ids_and_what_is_unique_per_shard),
        cmocka_unit_test(foreign_keys_work_inside_a_shard_and_at_home),
        cmocka_unit_test(undistribute_gives_back_exactly_what_was),
        cmocka_unit_test(what_changed_meanwhile_comes_home),
        cmocka_unit_test(a_value_that_is_there_twice_stays_where_it_is),
        cmocka_unit_test(finish_drops_the_old_tables_and_the_way_back),
        cmocka_unit_test(what_cannot_go_is_named_and_nothing_changes),
        cmocka_unit_test(a_dry_run_says_it_all_and_does_nothing),
        cmocka_unit_test(what_is_done_already_is_done),
        cmocka_unit_test(keys_of_all_types_find_their_shards),
        cmocka_unit_test(names_that_need_quotes_and_schemas_that_share_names),
        cmocka_unit_test(more_rows_than_the_buffers_hold),
    };
    return cmocka_run_group_tests(tests, blog_set_up, blog_tear_down);
}
