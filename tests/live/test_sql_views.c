/*
 * tests/live/test_sql_views.c - views of distributed and reference tables: what is asked of them is
 * answered as one PostgreSQL with the same views answers it, or refused; and they change as
 * views do.
 */
#include "support/cmocka_all.h"

#include "core/macros.h"
#include "support/cluster.h"

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 7);
    cluster_both(
        "CREATE SCHEMA blog;"
        "CREATE TABLE users (id int PRIMARY KEY, name text COLLATE \"C\");"
        "CREATE TABLE posts (id int PRIMARY KEY, author int, title varchar(40),"
        " score numeric, made date);"
        "CREATE TABLE comments (id int, post_id int, body text,"
        " PRIMARY KEY (post_id, id));"
        "CREATE TABLE blog.posts (slug varchar(20) CONSTRAINT slugs_pkey PRIMARY KEY, \"Title\" text);"
        "CREATE TABLE local (id int, t text);"
        "INSERT INTO local VALUES (1, 'a'), (2, 'b');"
        "INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 5) i;"
        "INSERT INTO posts SELECT i, 1 + i % 5, 't' || i, i / 7.0, current_date - i"
        " FROM generate_series(1, 60) i;"
        "INSERT INTO comments SELECT i, 1 + i % 60, 'b' || i FROM generate_series(1, 200) i;"
        "INSERT INTO blog.posts SELECT 's' || i, 'T' || i FROM generate_series(1, 20) i;");
    cluster_tool_ok("reference", "users");
    cluster_tool_ok("distribute", "posts", "--key", "id");
    cluster_tool_ok("distribute", "comments", "--key", "post_id");
    cluster_tool_ok("distribute", "blog.posts", "--key", "slug");
    cluster_both(
        "CREATE VIEW recent AS SELECT id, title, author FROM posts WHERE made > '2000-01-01';"
        "CREATE VIEW \"Of All\" (\"Id\", \"By\") AS SELECT p.id, u.name FROM posts p"
        " JOIN users u ON u.id = p.author;"
        "CREATE VIEW talk AS SELECT p.id, p.title, c.id AS cid, c.body FROM posts p"
        " LEFT JOIN comments c ON c.post_id = p.id;"
        "CREATE VIEW counts AS SELECT post_id, count(*) AS n, max(id) AS last FROM comments"
        " GROUP BY post_id;"
        "CREATE VIEW of_view AS SELECT * FROM recent WHERE id > 20;"
        "CREATE VIEW blog.slugs AS SELECT slug, \"Title\" FROM blog.posts;"
        "CREATE VIEW blog.twice AS SELECT a.slug, b.\"Title\" FROM blog.posts a"
        " JOIN blog.posts b ON a.slug = b.slug;"
        "CREATE VIEW blog.one AS SELECT * FROM blog.posts WHERE slug = 's7';"
        "CREATE VIEW few AS SELECT id, title FROM posts ORDER BY score DESC, id LIMIT 3;"
        "CREATE VIEW authors AS SELECT DISTINCT author FROM posts;"
        "CREATE VIEW totals AS SELECT count(*) AS n, sum(score) AS s FROM posts;"
        "CREATE VIEW ranks AS SELECT id, rank() OVER (ORDER BY score) AS r FROM posts;"
        "CREATE VIEW both_of AS SELECT id FROM posts UNION ALL SELECT post_id FROM comments;"
        "CREATE VIEW fixed (a, b) AS VALUES (1, 'x'), (2, 'y');"
        "CREATE RECURSIVE VIEW chain (n) AS SELECT min(id) FROM posts UNION ALL"
        " SELECT n + 1 FROM chain WHERE n < 5;"
        "CREATE VIEW revenue (author, total) AS SELECT author, sum(score) FROM posts"
        " WHERE made < CURRENT_DATE - 3 GROUP BY author;"
        "CREATE VIEW names AS SELECT name FROM users;"
        "CREATE VIEW near AS SELECT * FROM local;"
        "CREATE VIEW ages AS SELECT id, CURRENT_DATE, CURRENT_DATE - made AS days FROM posts");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

static void check(const char *const *statements, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cluster_same(statements[i]);
}

#define CHECK(statements) check(statements, COVET_COUNT(statements))

/* Statements that are answered alike, or refused for what their text is without the view. */
static void allow(const char *const *statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cluster_said said = cluster_sql("--csv", statements[i]);
        const bool refused = said.code == 1 && strstr(said.err, "0A000") != NULL;
        cluster_forget(&said);
        if (!refused)
            cluster_same(statements[i]);
    }
}

#define ALLOW(statements) allow(statements, COVET_COUNT(statements))

static void a_view_is_read_as_what_it_stands_for(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT * FROM recent ORDER BY id",
        "SELECT title FROM recent WHERE id = 7",
        "SELECT r.id, r.title FROM public.recent AS r WHERE r.id IN (3, 4, 5) ORDER BY r.id",
        "SELECT recent.* FROM recent WHERE recent.id < 5 ORDER BY recent.id",
        "SELECT public.recent.title FROM public.recent WHERE public.recent.id = 9",
        "TABLE recent ORDER BY id LIMIT 3",
        "SELECT \"Id\", \"By\" FROM \"Of All\" ORDER BY \"Id\"",
        "SELECT \"By\" FROM \"Of All\" WHERE \"Id\" = 12",
        "SELECT count(*) FROM talk",
        "SELECT * FROM talk WHERE id = 5 ORDER BY cid",
        "SELECT * FROM counts WHERE post_id = 3",
        "SELECT * FROM counts ORDER BY post_id",
        "SELECT * FROM of_view ORDER BY id",
        "SELECT * FROM of_view WHERE id = 33",
        "SELECT title FROM recent WHERE id = 7 FOR UPDATE",
        "UPDATE posts SET title = v.title FROM of_view v WHERE v.id = posts.id AND posts.id = 30"
        " RETURNING posts.title",
        "SELECT * FROM fixed ORDER BY a",
        "SELECT * FROM blog.slugs WHERE slug = 's4'",
        "SELECT count(*) FROM blog.slugs",
        "SELECT * FROM blog.twice ORDER BY slug COLLATE \"C\"",
        "SELECT * FROM ages ORDER BY id LIMIT 10",
        "SELECT \"current_date\" - 1 AS y FROM ages WHERE id = 1",
        "SELECT name FROM names ORDER BY name",
        "SELECT * FROM near ORDER BY id",
        "SELECT count(*) FROM near n, names",
    };
    CHECK(statements);
}

static void assert_plan(const char *sql, const char *tier)
{
    const char *const argv[] = {live_tool(), "explain", sql, "--json", NULL};
    cluster_said said = cluster_run(argv, NULL, 0);
    char part[64];
    snprintf(part, sizeof part, "\"tier\": \"%s\"", tier);
    if (strstr(said.out, part) == NULL)
        fail_msg("%s: not %s: %s%s", sql, tier, said.out, said.err);
    cluster_forget(&said);
}

/* In it, casts are written out that nobody wrote. */
static void a_key_is_seen_through_a_view(void **state)
{
    (void)state;
    assert_plan("SELECT * FROM of_view WHERE id = 33", "route");
    assert_plan("SELECT * FROM talk WHERE id = 3", "route");
    assert_plan("SELECT * FROM counts WHERE post_id = 3", "route");
    assert_plan("SELECT * FROM blog.slugs WHERE slug = 's3'", "route");
    assert_plan("SELECT * FROM blog.twice WHERE slug = 's3'", "route");
    assert_plan("SELECT * FROM blog.one", "route");
    assert_plan("SELECT * FROM blog.twice", "scatter");
    assert_plan("SELECT * FROM names", "anywhere");
    assert_plan("SELECT * FROM near", "home");
}

static void views_meet_tables_and_themselves(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT r.title, c.body FROM recent r JOIN comments c ON c.post_id = r.id"
        " ORDER BY c.id, r.id",
        "SELECT a.id, b.title FROM recent a JOIN recent b ON a.id = b.id ORDER BY a.id",
        "SELECT r.id, k.n FROM recent r JOIN counts k ON k.post_id = r.id ORDER BY r.id",
        "SELECT p.id FROM posts p WHERE EXISTS (SELECT FROM of_view v WHERE v.id = p.id)"
        " ORDER BY p.id",
        "SELECT id FROM posts WHERE id IN (SELECT id FROM of_view) ORDER BY id",
        "WITH r AS (SELECT id FROM recent WHERE id = 5) SELECT * FROM r",
        "WITH recent AS (SELECT 1 AS one) SELECT * FROM recent",
        "WITH local AS (SELECT 9 AS id) SELECT near.id FROM near, local ORDER BY 1",
        "SELECT u.name, r.title FROM recent r JOIN users u ON u.id = r.author ORDER BY r.id",
        "SELECT r.id FROM recent r JOIN names ON names.name = 'u1' ORDER BY r.id",
    };
    CHECK(statements);
}

static void what_needs_more_than_the_shards_is_not_answered_wrongly(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT x, y FROM recent AS r (x, y, z) ORDER BY x LIMIT 5",
        "SELECT r.id, (SELECT k.n FROM counts k WHERE k.post_id = r.id) FROM recent r ORDER BY r.id",
        "SELECT \"By\", count(*) FROM \"Of All\" GROUP BY \"By\" ORDER BY 1",
        "SELECT sum(n), max(last) FROM counts",
        "SELECT a.id, b.id FROM of_view a JOIN recent b ON b.author = a.author ORDER BY 1, 2",
        "SELECT name FROM names LEFT JOIN recent ON recent.id::text = name ORDER BY name",
        "WITH k AS (SELECT * FROM counts) SELECT r.id FROM recent r JOIN k ON k.post_id = r.id"
        " ORDER BY 1",
        "SELECT s.slug FROM blog.slugs s JOIN blog.posts p ON p.slug = s.slug ORDER BY 1",
        "SELECT r.title, n.t FROM recent r JOIN near n ON n.id = r.id ORDER BY 1",
        "SELECT * FROM few ORDER BY id",
        "SELECT count(*) FROM few",
        "SELECT p.id FROM posts p JOIN few ON few.id = p.id ORDER BY 1",
        "SELECT * FROM authors ORDER BY 1",
        "SELECT n, s FROM totals",
        "SELECT p.id FROM posts p, totals t WHERE p.score > t.s / t.n ORDER BY 1",
        "SELECT * FROM ranks WHERE id = 5",
        "SELECT * FROM ranks ORDER BY id",
        "SELECT * FROM both_of WHERE id = 3",
        "SELECT count(*) FROM both_of",
        "SELECT p.id, f.b FROM posts p JOIN fixed f ON f.a = p.id ORDER BY 1",
        "SELECT * FROM chain ORDER BY n",
        "SELECT recent FROM recent WHERE id = 4",
        "SELECT u.id, u.name, r.total FROM users u, revenue r WHERE u.id = r.author AND"
        " r.total = (SELECT max(total) FROM revenue) ORDER BY u.id",
        "SELECT id FROM recent UNION SELECT post_id FROM counts ORDER BY 1",
    };
    ALLOW(statements);
}

static void views_change_as_views_do(void **state)
{
    (void)state;
    /* In one run, whose plans are those of the views as they are. */
    cluster_same("CREATE VIEW v AS SELECT id FROM posts WHERE id < 4; SELECT * FROM v ORDER BY id;"
                 "CREATE OR REPLACE VIEW v AS SELECT id, title FROM posts WHERE id < 3;"
                 "SELECT * FROM v ORDER BY id;"
                 "ALTER VIEW v RENAME COLUMN title TO t; SELECT * FROM v ORDER BY id;"
                 "ALTER VIEW v RENAME TO w; SELECT t FROM w ORDER BY id;"
                 "COMMENT ON VIEW w IS 'two'; GRANT SELECT ON w TO PUBLIC;"
                 "ALTER VIEW w SET SCHEMA blog; SELECT t FROM blog.w ORDER BY id;"
                 "CREATE VIEW on_w AS SELECT * FROM blog.w; SELECT count(*) FROM on_w;"
                 "DROP VIEW blog.w CASCADE;");
    cluster_both("CREATE VIEW blog.w AS SELECT id, title AS t FROM posts WHERE id < 3;"
                 "CREATE VIEW on_w AS SELECT * FROM blog.w");
    cluster_fails("SELECT * FROM v", "42P01");
    cluster_fails("DROP VIEW blog.w", "2BP01");
    cluster_fails("DROP TABLE posts", "2BP01");
    cluster_fails("CREATE OR REPLACE VIEW blog.w AS SELECT 'x' AS id FROM posts", "42P16");
    cluster_both("DROP VIEW blog.w CASCADE");
    cluster_fails("SELECT * FROM on_w", "42P01");
    cluster_do("DROP VIEW IF EXISTS on_w");
    cluster_fails("DROP VIEW on_w", "42P01");
    cluster_fails("CREATE VIEW e AS SELECT titel FROM posts", "42703");
    cluster_fails("BEGIN; CREATE VIEW e AS SELECT title FROM posts", "0A000");
    cluster_same(
        "BEGIN; CREATE VIEW e AS SELECT id FROM local; COMMIT; SELECT count(*) FROM e; DROP VIEW e");
    cluster_both("CREATE VIEW \"tables\" AS SELECT 1 AS a");
    cluster_same("SELECT * FROM \"tables\"");
}

static void what_is_no_reading_is_refused_by_name(void **state)
{
    (void)state;
    cluster_fails("INSERT INTO recent VALUES (100, 'x', 1)", "\"recent\" is a view");
    cluster_fails("UPDATE recent SET title = 'x' WHERE id = 1", "\"recent\" is a view");
    cluster_fails("DELETE FROM of_view WHERE id = 1", "\"of_view\" is a view");
    cluster_fails("CREATE TABLE t AS SELECT * FROM recent", "0A000");
    cluster_fails("CREATE MATERIALIZED VIEW t AS SELECT * FROM of_view", "0A000");
    cluster_fails("CREATE MATERIALIZED VIEW t AS SELECT * FROM posts", "0A000");
    cluster_fails("CREATE TEMP VIEW t AS SELECT * FROM posts", "0A000");
    cluster_fails("EXPLAIN SELECT * FROM recent", "0A000");
    cluster_fails("SELECT nothing FROM recent", "42703");
    cluster_fails("SELECT *\n FROM recent\n WHERE nothing = 1", "line 3: ERROR:  42703");
    cluster_fails("SELECT * FROM recents", "\"recent\"");
    cluster_same("INSERT INTO near VALUES (3, 'c'); SELECT * FROM near ORDER BY id;"
                 "DELETE FROM near WHERE id = 3;");
}

static void undistribute_says_that_a_view_is_in_the_way(void **state)
{
    (void)state;
    const char *const argv[] = {live_tool(), "undistribute", "comments", NULL};
    cluster_said said = cluster_run(argv, NULL, 0);
    assert_int_equal(said.code, 1);
    assert_non_null(strstr(said.err, "view public.talk"));
    assert_non_null(strstr(said.err, "view public.counts"));
    cluster_forget(&said);
    cluster_same("SELECT count(*) FROM talk");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_is_read_as_what_it_stands_for),
        cmocka_unit_test(a_key_is_seen_through_a_view),
        cmocka_unit_test(views_meet_tables_and_themselves),
        cmocka_unit_test(what_needs_more_than_the_shards_is_not_answered_wrongly),
        cmocka_unit_test(views_change_as_views_do),
        cmocka_unit_test(what_is_no_reading_is_refused_by_name),
        cmocka_unit_test(undistribute_says_that_a_view_is_in_the_way),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
