/*
 * tests/shard/test_residual.c - how a statement is taken apart (shard/residual.h): what is
 * gathered, and what is left.
 *
 * Pure, in the world of tests/support/world.h. That the pieces mean what the whole did is
 * for the oracle to say (tests/oracle); here it is seen that no more than need be is gathered.
 */
#include "support/cmocka_all.h"

#include "core/types.h"
#include "shard/residual.h"
#include "support/world.h"

enum { GATHERS_MAX = 4 };

typedef struct split {
    const char *sql;
    const char *gathers[GATHERS_MAX]; /* those of each shard for its own rows begin with "+" */
} split;

/* ---- taking apart ---------------------------------------------------------------------------- */

typedef struct taken {
    covet__parse *parse;
    covet__facts facts;
    covet__description described;
    covet__residual residual;
} taken;

static covet_status take(const char *sql, covet__residual_level level, taken *t, covet_error *err)
{
    covet__schema schema;
    *t = (taken){0};
    assert_ok(covet__parse_new(sql, strlen(sql), &t->parse, err), err);
    world_schema(t->parse, &schema);
    covet_status status = covet__facts_build(t->parse, world, &schema, &t->facts, err);
    if (status != COVET_OK)
        return status;
    t->described = world_describe(t->parse, &t->facts);
    const covet__residual_opts opts = {.described = &t->described, .level = level};
    return covet__residual_build(t->parse, world, &schema, &opts, &t->facts, &t->residual, err);
}

static void check_split(const split *s, covet__residual_level level)
{
    taken t;
    covet_error err;
    if (take(s->sql, level, &t, &err) != COVET_OK)
        fail_msg("%s\n  %s", s->sql, err.message);
    for (uint32_t i = 0; i < GATHERS_MAX; i++) {
        const covet__gather *g = i < t.residual.gather_count ? &t.residual.gathers[i] : NULL;
        const char *expected = s->gathers[i];
        const bool partial = expected != NULL && expected[0] == '+';
        if ((g == NULL) != (expected == NULL) ||
            (g != NULL && (g->partial != partial || strcmp(g->text, expected + partial) != 0)))
            fail_msg("%s\n  gather %u is %s%s\n  not %s", s->sql, i + 1,
                     g != NULL && g->partial ? "+" : "", g != NULL ? g->text : "not there",
                     expected != NULL ? expected : "there");
    }
    covet__parse_free(t.parse);
}

static void check_splits(const split *splits, size_t count, covet__residual_level level)
{
    for (size_t i = 0; i < count; i++)
        check_split(&splits[i], level);
}

/* What is left, with `columns` columns of bigint in each gather. */
static void check_left(const char *sql, uint32_t columns, const char *expected)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    static const uint32_t types[] = {COVET__INT8, COVET__INT8, COVET__INT8, COVET__INT8};
    static const covet__type_info infos[] = {{"bigint", false, false},
                                             {"bigint", false, false},
                                             {"bigint", false, false},
                                             {"bigint", false, false}};
    taken t;
    covet_error err;
    covet__edits edits;
    covet__str out = {0};
    assert_ok(take(sql, COVET__RESIDUAL_PARTIALS, &t, &err), &err);
    for (uint32_t i = 0; i < t.residual.gather_count; i++) {
        t.residual.gathers[i].shown =
            (covet__description){.names = names, .types = types, .column_count = columns};
        t.residual.gathers[i].types = infos;
    }
    const covet__residual_texts texts = {.parse = t.parse,
                                         .map = world,
                                         .facts = &t.facts,
                                         .param_count = t.parse->outline.param_max,
                                         .arena = t.parse->arena};
    assert_ok(covet__residual_edits(&t.residual, &texts, &edits, &err), &err);
    covet__edits_apply(&edits, world, "", &out);
    assert_string_equal(covet__str_text(&out), expected);
    covet__str_free(&out);
    covet__parse_free(t.parse);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void tables_give_the_columns_and_rows_that_matter(void **state)
{
    (void)state;
    static const split splits[] = {
        {"SELECT p.title FROM posts p JOIN comments c ON c.author_id = p.author_id"
         " WHERE p.score > $2 AND c.body LIKE 'x%' AND p.id <> c.id",
         {"SELECT \"id\", \"title\", \"author_id\", \"score\" FROM posts AS \"p\" WHERE (p.score > $1)",
          "SELECT \"id\", \"body\", \"author_id\" FROM comments AS \"c\" WHERE (c.body LIKE 'x%')"}},
        {"SELECT count(*) FROM posts p CROSS JOIN comments c",
         {"SELECT \"id\" FROM posts AS \"p\"", "SELECT \"id\" FROM comments AS \"c\""}},
        /* Behind an outer join a condition means something else in front of it. */
        {"SELECT p.id FROM posts p LEFT JOIN comments c ON c.id = p.score WHERE c.body IS NULL"
         " AND p.score = 3",
         {"SELECT \"id\", \"score\" FROM posts AS \"p\" WHERE (p.score = 3)",
          "SELECT \"id\", \"body\" FROM comments AS \"c\""}},
        {"SELECT p.id FROM posts p FULL JOIN comments c ON c.id = p.score WHERE p.id = 3",
         {"SELECT \"id\", \"score\" FROM posts AS \"p\"", "SELECT \"id\" FROM comments AS \"c\""}},
        {"SELECT a.id FROM posts a, posts b WHERE a.id = b.score",
         {"SELECT \"id\", \"score\" FROM posts AS \"a\"",
          "SELECT \"id\", \"score\" FROM posts AS \"b\""}},
        /* BETWEEN's AND and those in CASE cut nothing. */
        {"SELECT 1 FROM posts p, comments c WHERE p.score BETWEEN 1 AND 2 AND CASE WHEN p.id = 1"
         " AND p.id = 2 THEN true END AND (c.id = 1 AND p.id = 1) AND p.id = c.id",
         {"SELECT \"id\", \"score\" FROM posts AS \"p\" WHERE (p.score BETWEEN 1 AND 2) AND"
          " (CASE WHEN p.id = 1 AND p.id = 2 THEN true END) AND (p.id = 1)",
          "SELECT \"id\" FROM comments AS \"c\" WHERE (c.id = 1)"}},
        {"SELECT 1 FROM posts p, comments c WHERE (((p.score = 1 AND p.id = c.id) AND (c.id = 2 AND"
         " (p.score = 3 OR p.score = 4 AND p.id = 5) AND (c.id = 6 OR p.id = 7))))",
         {"SELECT \"id\", \"score\" FROM posts AS \"p\" WHERE (p.score = 1) AND"
          " ((p.score = 3 OR p.score = 4 AND p.id = 5))",
          "SELECT \"id\" FROM comments AS \"c\" WHERE (c.id = 2)"}},
        {"SELECT 1 FROM posts p, comments c WHERE p.id = 1 OR c.id = 2",
         {"SELECT \"id\" FROM posts AS \"p\"", "SELECT \"id\" FROM comments AS \"c\""}},
        {"SELECT 1 FROM posts p, comments c WHERE my_pure(p.id) AND random() < p.id",
         {"SELECT \"id\" FROM posts AS \"p\" WHERE (my_pure(p.id))",
          "SELECT \"id\" FROM comments AS \"c\""}}};
    check_splits(splits, COVET_COUNT(splits), COVET__RESIDUAL_PARTIALS);
}

#define ALL_POSTS                                                                                  \
    "SELECT \"id\", \"title\", \"slug\", \"author_id\", \"score\", \"made\" FROM posts AS \"p\""

static void columns_are_those_that_are_mentioned(void **state)
{
    (void)state;
    static const split splits[] = {
        /* A star is of its own query's FROM; what EXISTS shows is of none. */
        {"SELECT * FROM comments c WHERE EXISTS (SELECT * FROM posts p WHERE p.id = c.author_id)",
         {"SELECT \"id\", \"post_id\", \"body\", \"author_id\" FROM comments AS \"c\"",
          "SELECT \"id\", \"author_id\" FROM posts AS \"p\""}},
        {"SELECT c.id FROM comments c WHERE EXISTS (SELECT p.* FROM posts p WHERE p.id = c.id)",
         {"SELECT \"id\" FROM comments AS \"c\"", "SELECT \"id\" FROM posts AS \"p\""}},
        {"SELECT c.id FROM comments c WHERE EXISTS (SELECT * FROM posts p WHERE p.id = c.id"
         " ORDER BY 2)",
         {"SELECT \"id\" FROM comments AS \"c\"", ALL_POSTS}},
        {"SELECT c.id FROM comments c WHERE c.id = (SELECT max(q.id) FROM (SELECT * FROM posts p"
         " WHERE p.id > c.id) q)",
         {"SELECT \"id\" FROM comments AS \"c\"", ALL_POSTS}},
        /* How many rows there are needs no more than one column. */
        {"SELECT c.id, count(p), count(p.*) FILTER (WHERE p.score > 1) FROM comments c LEFT JOIN"
         " posts p ON p.id > c.id GROUP BY 1",
         {"SELECT \"id\" FROM comments AS \"c\"", "SELECT \"id\", \"score\" FROM posts AS \"p\""}},
        {"SELECT count(p), count(DISTINCT p) FROM comments CROSS JOIN posts p",
         {"SELECT \"id\" FROM comments", ALL_POSTS}},
        {"SELECT count(score) FROM comments CROSS JOIN posts AS score",
         {"SELECT \"id\" FROM comments", "SELECT \"score\" FROM posts AS \"score\""}}};
    check_splits(splits, COVET_COUNT(splits), COVET__RESIDUAL_PARTIALS);
}

#define POSTS    "SELECT \"id\" FROM posts AS \"p\""
#define COMMENTS "SELECT \"id\" FROM comments AS \"c\""

static void conditions_of_joins_go_where_they_drop_what_is_in_no_row(void **state)
{
    (void)state;
    static const split splits[] = {
        {"SELECT 1 FROM posts p JOIN comments c ON c.id = p.id AND p.id > $1 AND c.id < $2",
         {POSTS " WHERE (p.id > $1)", COMMENTS " WHERE (c.id < $1)"}},
        {"SELECT 1 FROM posts p JOIN comments c ON (c.id = p.id AND (p.id > 1 AND c.id < 2))"
         " WHERE (p.id = 3 AND c.id + p.id = 4)",
         {POSTS " WHERE (p.id > 1) AND (p.id = 3)", COMMENTS " WHERE (c.id < 2)"}},
        /* Of an outer join, only the side whose rows may be missing. */
        {"SELECT 1 FROM posts p LEFT JOIN comments c ON c.id > p.id AND p.id = 1 AND c.id = 2"
         " WHERE p.id = 3 AND c.id = 4",
         {POSTS " WHERE (p.id = 3)", COMMENTS " WHERE (c.id = 2)"}},
        {"SELECT 1 FROM posts p RIGHT JOIN comments c ON c.id > p.id AND p.id = 1 AND c.id = 2"
         " WHERE p.id = 3 AND c.id = 4",
         {POSTS " WHERE (p.id = 1)", COMMENTS " WHERE (c.id = 4)"}},
        {"SELECT 1 FROM posts p FULL JOIN comments c ON c.id = p.id AND p.id = 1 AND c.id = 2"
         " WHERE p.id = 3",
         {POSTS, COMMENTS}},
        /* Below an outer join an inner join's is still its own, above it is not. */
        {"SELECT 1 FROM posts u LEFT JOIN (posts p JOIN comments c ON p.id = 1 AND c.id = 2) ON"
         " p.id > u.id AND c.id = 3 AND u.id = 4",
         {"SELECT \"id\" FROM posts AS \"u\"", POSTS " WHERE (p.id = 1)",
          COMMENTS " WHERE (c.id = 2) AND (c.id = 3)"}},
        {"SELECT 1 FROM posts p LEFT JOIN comments c ON c.id > p.id JOIN posts u ON c.id IS NULL"
         " AND p.id = 1 AND u.id = 2",
         {POSTS " WHERE (p.id = 1)", COMMENTS,
          "SELECT \"id\" FROM posts AS \"u\" WHERE (u.id = 2)"}},
        {"SELECT 1 FROM posts p JOIN comments c JOIN posts u ON u.id = 1 AND c.id = 2 ON p.id = 3",
         {POSTS " WHERE (p.id = 3)", COMMENTS " WHERE (c.id = 2)",
          "SELECT \"id\" FROM posts AS \"u\" WHERE (u.id = 1)"}},
        /* Where a condition ends. */
        {"SELECT 1 FROM posts p JOIN comments c ON left(c.body, 2) = 'x' AND c.id IS DISTINCT FROM 3"
         " CROSS JOIN posts u",
         {POSTS,
          "SELECT \"id\", \"body\" FROM comments AS \"c\" WHERE (left (c.body, 2) = 'x') AND"
          " (c.id IS DISTINCT FROM 3)",
          "SELECT \"id\" FROM posts AS \"u\""}},
        {"SELECT 1 FROM posts p JOIN comments c ON p.id = 1 OR c.id = 2 LEFT JOIN posts u ON true",
         {POSTS, COMMENTS, "SELECT \"id\" FROM posts AS \"u\""}},
        /* What each arm of an OR says of a table. */
        {"SELECT 1 FROM posts p, comments c WHERE c.id = $4 AND ((p.id = c.id AND p.id = $1 AND"
         " c.id = $2) OR (p.id > c.id AND (p.id < 7 OR p.id = $3)))",
         {POSTS " WHERE (((p.id = $1)) OR (((p.id < 7 OR p.id = $2))))",
          COMMENTS " WHERE (c.id = $1)"}},
        {"SELECT 1 FROM posts p, comments c WHERE p.id = 1 AND c.id = 2 AND p.id > 3 OR c.id = 4 AND"
         " (p.id = c.id OR p.id = 5)",
         {POSTS, COMMENTS " WHERE (((c.id = 2)) OR ((c.id = 4)))"}},
        {"SELECT 1 FROM posts p JOIN comments c ON my_pure(c.id) AND random() < c.id AND c.id IN"
         " (SELECT 1) GROUP BY p.id",
         {POSTS, COMMENTS " WHERE (my_pure(c.id))"}}};
    check_splits(splits, COVET_COUNT(splits), COVET__RESIDUAL_PARTIALS);
}

static void queries_that_stand_alone_are_gathered_whole(void **state)
{
    (void)state;
    static const split splits[] = {
        {"SELECT id FROM posts WHERE score IN (SELECT id FROM comments WHERE body = $1)",
         {"SELECT \"id\", \"score\" FROM posts", "SELECT id FROM comments WHERE body = $1"}},
        {"SELECT id FROM posts WHERE EXISTS (SELECT 1 FROM comments WHERE body = 'x')",
         {"SELECT \"id\" FROM posts", "SELECT 1 FROM comments WHERE body = 'x' LIMIT 1"}},
        /* Rows without columns would be lost on the way. */
        {"SELECT id FROM posts WHERE EXISTS (SELECT FROM comments WHERE body = 'x')",
         {"SELECT \"id\" FROM posts", "SELECT \"id\", \"body\" FROM comments"}},
        /* Of the query around it: the table alone. */
        {"SELECT id FROM posts p WHERE EXISTS (SELECT 1 FROM comments c WHERE c.id = p.score)",
         {"SELECT \"id\", \"score\" FROM posts AS \"p\"", "SELECT \"id\" FROM comments AS \"c\""}},
        {"WITH t AS (SELECT score, count(*) n FROM posts GROUP BY score) SELECT t.n, c.id FROM t"
         " JOIN comments c ON c.id = t.score",
         {"SELECT \"id\" FROM comments AS \"c\"",
          "SELECT score, count(*) n FROM posts GROUP BY score"}},
        {"SELECT id FROM posts UNION SELECT id FROM comments ORDER BY 1",
         {"SELECT id FROM posts", "SELECT id FROM comments"}},
        /* A bare literal takes its type from the other branch. */
        {"SELECT id, NULL FROM posts UNION ALL SELECT id, score FROM posts",
         {"SELECT \"id\", \"score\" FROM posts", "SELECT id, score FROM posts"}},
        {"WITH RECURSIVE t AS (SELECT id FROM posts WHERE id = 1 UNION SELECT p.id FROM posts p"
         " JOIN t ON t.id = p.score) SELECT * FROM t",
         {"SELECT id FROM posts WHERE id = 1", "SELECT \"id\", \"score\" FROM posts AS \"p\""}},
        {"WITH RECURSIVE t AS (SELECT id FROM posts WHERE id = 1 UNION SELECT p.id FROM t JOIN posts"
         " p ON p.score > 2 AND t.id > p.id WHERE p.id < $1) SELECT * FROM t",
         {"SELECT id FROM posts WHERE id = 1",
          "SELECT \"id\", \"score\" FROM posts AS \"p\" WHERE (p.score > 2) AND (p.id < $1)"}}};
    check_splits(splits, COVET_COUNT(splits), COVET__RESIDUAL_PARTIALS);
}

/* Instead of once for each row around it. */
static void correlated_aggregates_are_answered_for_all_keys(void **state)
{
    (void)state;
    static const split splits[] = {
        {"SELECT id, (SELECT count(*) FROM comments c WHERE c.author_id = p.author_id) FROM posts p",
         {"SELECT \"id\", \"author_id\" FROM posts AS \"p\"",
          "SELECT \"c\".\"author_id\" AS covet_k1, count(*) AS covet_v1 FROM comments c"
          " GROUP BY \"c\".\"author_id\""}},
        /* What a group's row would be for, a bare star, and errors that nobody asks for. */
        {"SELECT author_id, (SELECT count(*) FROM comments c WHERE c.author_id = p.author_id)"
         " FROM posts p GROUP BY author_id",
         {"SELECT \"author_id\" FROM posts AS \"p\"",
          "SELECT \"author_id\" FROM comments AS \"c\""}},
        {"SELECT id, (SELECT sum(1 / c.id) FROM comments c WHERE c.author_id = p.author_id) FROM"
         " posts p",
         {"SELECT \"id\", \"author_id\" FROM posts AS \"p\"",
          "SELECT \"id\", \"author_id\" FROM comments AS \"c\""}},
        {"SELECT id, (SELECT sum(c.id * 2) FROM comments c WHERE c.author_id = p.author_id) FROM"
         " posts p",
         {"SELECT \"id\", \"author_id\" FROM posts AS \"p\"",
          "SELECT \"id\", \"author_id\" FROM comments AS \"c\""}},
        /* Names that are put in. */
        {"SELECT id, (SELECT count(*) FROM comments c WHERE c.author_id = p.author_id) AS Covet_D1"
         " FROM posts p",
         {"SELECT \"id\", \"author_id\" FROM posts AS \"p\"",
          "SELECT \"id\", \"author_id\" FROM comments AS \"c\""}},
        {"SELECT id, (SELECT count(*) FROM comments c WHERE c.author_id < p.author_id) FROM posts p",
         {"SELECT \"id\", \"author_id\" FROM posts AS \"p\"",
          "SELECT \"id\", \"author_id\" FROM comments AS \"c\""}}};
    check_splits(splits, COVET_COUNT(splits), COVET__RESIDUAL_PARTIALS);
    check_left("SELECT id, (SELECT 2 * count(*) FROM comments c WHERE c.author_id = p.author_id)"
               " FROM posts p",
               2,
               "SELECT id, (SELECT 2 * coalesce(covet_d1.covet_d1_v1, 0) AS \"?column?\" ) FROM"
               " ((SELECT u.c1 AS \"a\", u.c2 AS \"b\" FROM ROWS FROM"
               " (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::bigint[])) AS u(c1, c2)) p"
               " LEFT JOIN (SELECT u.c1 AS \"a\", u.c2 AS \"b\" FROM ROWS FROM"
               " (pg_catalog.unnest($3::bigint[]), pg_catalog.unnest($4::bigint[])) AS u(c1, c2))"
               " AS covet_d1(covet_d1_k1, covet_d1_v1)"
               " ON covet_d1.covet_d1_k1 = \"p\".\"author_id\")");
    /* One gather, and a join for each column that it is asked of. */
    check_left("SELECT (SELECT count(*) FROM comments c WHERE c.author_id = p.author_id),"
               " (SELECT count(*) FROM comments c WHERE c.author_id = p.id) FROM posts p",
               2,
               "SELECT (SELECT coalesce(covet_d1.covet_d1_v1, 0) AS \"count\" ),"
               " (SELECT coalesce(covet_d2.covet_d2_v1, 0) AS \"count\" ) FROM"
               " (((SELECT u.c1 AS \"a\", u.c2 AS \"b\" FROM ROWS FROM"
               " (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::bigint[])) AS u(c1, c2)) p"
               " LEFT JOIN (SELECT u.c1 AS \"a\", u.c2 AS \"b\" FROM ROWS FROM"
               " (pg_catalog.unnest($3::bigint[]), pg_catalog.unnest($4::bigint[])) AS u(c1, c2))"
               " AS covet_d1(covet_d1_k1, covet_d1_v1)"
               " ON covet_d1.covet_d1_k1 = \"p\".\"author_id\")"
               " LEFT JOIN (SELECT u.c1 AS \"a\", u.c2 AS \"b\" FROM ROWS FROM"
               " (pg_catalog.unnest($3::bigint[]), pg_catalog.unnest($4::bigint[])) AS u(c1, c2))"
               " AS covet_d2(covet_d2_k1, covet_d2_v1) ON covet_d2.covet_d2_k1 = \"p\".\"id\")");
}

/* A gather each would be too many: those behind read the one of the table. */
static void many_correlated_aggregates_leave_gathers_to_the_tables(void **state)
{
    (void)state;
    taken t;
    covet_error err;
    covet__str sql = {0};
    covet__str_add(&sql, "SELECT id");
    for (uint32_t i = 0; i < 2 * COVET__GATHERS_MAX; i++)
        covet__str_printf(&sql,
                          ", (SELECT count(*) FILTER (WHERE c.id > %u) FROM comments c"
                          " WHERE c.author_id = p.author_id)",
                          i);
    covet__str_add(&sql, " FROM posts p");
    assert_ok(take(covet__str_text(&sql), COVET__RESIDUAL_PARTIALS, &t, &err), &err);
    assert_true(t.residual.gather_count <= COVET__GATHERS_MAX);
    covet__parse_free(t.parse);
    covet__str_free(&sql);
}

/* ---- all of FROM and WHERE ----------------------------------------------------------------- */

static void shards_join_filter_and_begin_aggregates(void **state)
{
    (void)state;
    static const split splits[] = {
        {"SELECT score, count(*), sum(author_id) FROM posts WHERE id > $1 GROUP BY score"
         " HAVING count(*) > 2 ORDER BY 2 LIMIT 3",
         {"+SELECT \"posts\".\"score\" AS covet_c1, pg_catalog.count(*)  AS covet_c2,"
          " pg_catalog.sum(author_id)  AS covet_c3 FROM posts WHERE id > $1 GROUP BY 1"}},
        {"SELECT score, avg(author_id) FROM posts GROUP BY score",
         {"+SELECT \"posts\".\"score\" AS covet_c1, pg_catalog.sum(author_id)  AS covet_c2,"
          " pg_catalog.count(author_id)  AS covet_c3 FROM posts GROUP BY 1"}},
        {"SELECT count(DISTINCT score) FROM posts",
         {"+SELECT \"posts\".\"score\" AS covet_c1 FROM posts GROUP BY 1"}},
        {"SELECT DISTINCT score FROM posts",
         {"+SELECT DISTINCT \"posts\".\"score\" AS covet_c1 FROM posts"}},
        {"SELECT title FROM posts ORDER BY title DESC LIMIT 10 OFFSET $1",
         {"+SELECT \"posts\".\"title\" AS covet_c1 FROM posts ORDER BY 1 DESC LIMIT (SELECT "
          "least((10)::pg_catalog.int8::pg_catalog.numeric + coalesce(($1)::pg_catalog.int8, 0), "
          "9223372036854775807)::pg_catalog.int8)"}},
        {"SELECT p.title, rank() OVER (ORDER BY c.id) FROM posts p JOIN comments c"
         " ON c.post_id = p.id WHERE c.body = 'x'",
         {"+SELECT \"p\".\"title\" AS covet_c1, \"c\".\"id\" AS covet_c2 FROM posts p JOIN comments"
          " c ON c.post_id = p.id WHERE c.body = 'x'"}},
        {"SELECT array_agg(title) FROM posts GROUP BY score",
         {"+SELECT \"posts\".\"score\" AS covet_c1, \"posts\".\"title\" AS covet_c2 FROM posts"}}};
    check_splits(splits, COVET_COUNT(splits), COVET__RESIDUAL_PARTIALS);
}

static void what_is_left_combines_the_parts(void **state)
{
    (void)state;
    check_left("SELECT score + 1, count(*) FROM posts GROUP BY score + 1", 2,
               "SELECT covet_f.covet_c1 AS \"c1\", (coalesce(pg_catalog.sum(covet_f.covet_c2), "
               "0)::pg_catalog.int8) AS \"c2\" FROM (SELECT u.c1 AS \"a\", u.c2 AS \"b\" FROM ROWS "
               "FROM (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::bigint[])) AS "
               "u(c1, c2)) AS covet_f GROUP BY covet_f.covet_c1");
    check_left("SELECT sum(score) AS s FROM posts WHERE id > $1", 1,
               "SELECT (pg_catalog.sum(covet_f.covet_c1)::bigint) AS s FROM (SELECT u.c1 AS \"a\" "
               "FROM ROWS FROM (pg_catalog.unnest($2::bigint[])) AS u(c1)) AS covet_f");
    /* A word in the place of a bracket does not run into its neighbours. */
    check_left("SELECT(score)FROM posts ORDER BY(SELECT 1)", 2,
               "SELECT covet_f.covet_c1  AS \"c1\"FROM (SELECT u.c1 AS \"a\", u.c2 AS \"b\" "
               "FROM ROWS FROM (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::bigint[])) "
               "AS u(c1, c2)) AS covet_f ORDER BY covet_f.covet_c2");
}

/* Gather `target`, narrowed by the keys of `source`; NULL: it is not. */
typedef struct keyed {
    const char *sql;
    uint32_t target;
    uint32_t source;
    const char *text;
} keyed;

static void check_keys(const keyed *k)
{
    taken t;
    covet_error err;
    assert_ok(take(k->sql, COVET__RESIDUAL_PARTIALS, &t, &err), &err);
    assert_true(k->target < t.residual.gather_count);
    const covet__gather *g = &t.residual.gathers[k->target];
    const bool alike = k->text == NULL ? g->keyed_text == NULL
                                       : g->keyed_text != NULL && g->keys_from == k->source &&
                                             strcmp(g->keyed_text, k->text) == 0;
    if (!alike)
        fail_msg("%s\n  gather %u is narrowed by %u: %s", k->sql, k->target + 1, g->keys_from + 1,
                 g->keyed_text != NULL ? g->keyed_text : "no");
    covet__parse_free(t.parse);
}

static void keys_narrow_what_matches_them(void **state)
{
    (void)state;
    static const keyed cases[] = {
        {"SELECT 1 FROM posts p JOIN comments c ON c.author_id = p.author_id WHERE p.title = $1", 1,
         0, "SELECT \"author_id\" FROM comments AS \"c\" WHERE \"author_id\" = ANY ($1)"},
        {"SELECT 1 FROM posts p, comments c WHERE c.author_id = p.author_id AND c.body = $1"
         " AND c.id > $2",
         0, 1, "SELECT \"id\", \"author_id\" FROM posts AS \"p\" WHERE \"author_id\" = ANY ($1)"},
        {"SELECT 1 FROM posts p LEFT JOIN comments c ON c.author_id = p.author_id"
         " WHERE p.title = 'x'",
         1, 0, "SELECT \"author_id\" FROM comments AS \"c\" WHERE \"author_id\" = ANY ($1)"},
        {"SELECT (SELECT max(id) FROM comments c WHERE c.author_id = p.author_id AND body = $2)"
         " FROM posts p WHERE p.title = 'x' AND p.score = 1",
         1, 0,
         "SELECT \"c\".\"author_id\" AS covet_k1, max(id) AS covet_v1 FROM comments c WHERE"
         " (body = $1) AND \"c\".\"author_id\" = ANY ($2) GROUP BY \"c\".\"author_id\""},
        {"SELECT 1 FROM posts p WHERE author_id IN (SELECT author_id FROM comments WHERE id = 3)",
         0, 1, "SELECT \"id\", \"author_id\" FROM posts AS \"p\" WHERE \"author_id\" = ANY ($1)"},
        /* USING and NATURAL are such conditions. */
        {"SELECT 1 FROM posts p JOIN comments c USING (author_id) WHERE p.title = $1", 1, 0,
         "SELECT \"author_id\" FROM comments AS \"c\" WHERE \"author_id\" = ANY ($1)"},
        {"SELECT p.score FROM comments c LEFT JOIN posts p USING (author_id) WHERE c.body = $1", 1,
         0, "SELECT \"author_id\", \"score\" FROM posts AS \"p\" WHERE \"author_id\" = ANY ($1)"},
        {"SELECT p.score FROM posts p RIGHT JOIN comments c USING (author_id) WHERE c.body = $1", 0,
         1, "SELECT \"author_id\", \"score\" FROM posts AS \"p\" WHERE \"author_id\" = ANY ($1)"},
        {"SELECT p.score FROM posts p LEFT JOIN comments c USING (author_id) WHERE c.body = $1", 0,
         1, NULL},
        {"SELECT p.score FROM posts p FULL JOIN comments c USING (author_id) WHERE c.body = $1", 0,
         1, NULL},
        {"SELECT 1 FROM (SELECT max(author_id) AS author_id FROM comments WHERE id = 3) q NATURAL"
         " JOIN posts p",
         0, 1,
         "SELECT \"id\", \"title\", \"slug\", \"author_id\", \"score\", \"made\" FROM posts AS"
         " \"p\" WHERE \"author_id\" = ANY ($1)"},
        /* Of what a join has made one of two: the side that it keeps. */
        {"SELECT 1 FROM posts p LEFT JOIN comments c USING (author_id) JOIN posts q USING"
         " (author_id) WHERE p.title = $1",
         2, 0,
         "SELECT \"title\", \"author_id\" FROM posts AS \"q\" WHERE \"author_id\" = ANY ($1)"},
        {"SELECT 1 FROM posts p FULL JOIN comments c USING (author_id) JOIN posts q USING"
         " (author_id) WHERE q.title = $1",
         0, 2, NULL},
        {"SELECT 1 FROM posts p JOIN (SELECT * FROM comments LIMIT 5) c ON true JOIN posts q USING"
         " (author_id) WHERE q.title = $1",
         0, 1, NULL},
        /* A row that an outer join keeps is wanted without a match. */
        {"SELECT 1 FROM posts p RIGHT JOIN comments c ON c.author_id = p.author_id"
         " AND p.title = 'x' WHERE c.body IS NULL",
         1, 0, NULL},
        {"SELECT 1 FROM posts p FULL JOIN comments c ON c.author_id = p.author_id"
         " WHERE p.title = 'x'",
         1, 0, NULL},
        {"SELECT 1 FROM posts p, comments c WHERE c.author_id = p.author_id OR c.body = p.title", 1,
         0, NULL},
        {"SELECT 1 FROM posts p, comments c WHERE NOT c.author_id = p.author_id AND p.score = 1", 1,
         0, NULL},
        {"SELECT 1 FROM posts p WHERE author_id NOT IN (SELECT author_id FROM comments)", 0, 1,
         NULL},
        /* Of two types, "=" is another one than that of ANY. */
        {"SELECT 1 FROM posts p, comments c WHERE c.author_id = p.score AND p.title = 'x'", 1, 0,
         NULL},
        /* No conditions: all rows of both. */
        {"SELECT 1 FROM posts p, comments c WHERE c.author_id = p.author_id", 1, 0, NULL}};
    for (size_t i = 0; i < COVET_COUNT(cases); i++)
        check_keys(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_give_the_columns_and_rows_that_matter),
        cmocka_unit_test(columns_are_those_that_are_mentioned),
        cmocka_unit_test(conditions_of_joins_go_where_they_drop_what_is_in_no_row),
        cmocka_unit_test(queries_that_stand_alone_are_gathered_whole),
        cmocka_unit_test(correlated_aggregates_are_answered_for_all_keys),
        cmocka_unit_test(many_correlated_aggregates_leave_gathers_to_the_tables),
        cmocka_unit_test(shards_join_filter_and_begin_aggregates),
        cmocka_unit_test(what_is_left_combines_the_parts),
        cmocka_unit_test(keys_narrow_what_matches_them),
    };
    return cmocka_run_group_tests_name("shard/residual", tests, world_up, world_down);
}
