/*
 * tests/orm/test_compile.c - the SQL of querysets (orm/compile.c and what it stands on).
 *
 * What it means is proven against Django (tests/live); here is what is sent, so that a change
 * of it is seen, in microseconds and without a server.
 */
#include "support/cmocka_all.h"

#include "orm/build.h"
#include "support/blog_models.h"

static covet_arena *a;
static covet_error err;

#define POST_COLUMNS                                                                               \
    "SELECT t0.id, t0.title, t0.slug, t0.content, t0.author_id, t0.category_id, t0.created_at, "   \
    "t0.updated_at, t0.is_published"

/* The text in `mode` for reading: without quotes, and "*" for the columns of posts. */
static const char *sql_in(const void *qs, covet__compile_mode mode)
{
    covet__compiled compiled;
    assert_ok(covet__compile(qs, mode, NULL, a, &compiled, &err), &err);
    char *text = covet_arena_copy(a, compiled.text, strlen(compiled.text)), *end = text;
    for (const char *c = text; *c != '\0'; c++)
        if (*c != '"')
            *end++ = *c;
    *end = '\0';
    const size_t columns = strlen(POST_COLUMNS);
    if (strncmp(text, POST_COLUMNS, columns) != 0)
        return text;
    text[columns - 1] = '*';
    return text + columns - 1;
}

static const char *sql_of(const void *qs) { return sql_in(qs, COVET__COMPILE_ALL); }

#define POSTS(...) sql_of(QUERY(a, Post, Unordered(), __VA_ARGS__))
#define COUNTED(...)                                                                               \
    QUERY(a, PostRow, Annotate(PostRow, comment_count, Count(PostRow, comments)), __VA_ARGS__)
#define IS(sql, expected) assert_string_equal(sql, expected)

static void comparisons_become_parameters(void **state)
{
    (void)state;
    IS(POSTS(Filter(W(Post, id, exact, 42))), "* FROM posts t0 WHERE t0.id = $1");
    IS(POSTS(Filter(W(Post, id, gt, 1), W(Post, id, lte, 5))),
       "* FROM posts t0 WHERE t0.id > $1 AND t0.id <= $2");
    IS(POSTS(Filter(W(Post, id, in, covet_ints((const int64_t[]){3, 4}, 2)))),
       "* FROM posts t0 WHERE t0.id = ANY($1)");
    IS(POSTS(Filter(WRange(Post, id, 1, 5))), "* FROM posts t0 WHERE t0.id BETWEEN $1 AND $2");
    IS(POSTS(Filter(W(Post, slug, exact, "x"))), "* FROM posts t0 WHERE t0.slug = $1");
    IS(POSTS(Filter(W(Post, title, iexact, "x"))),
       "* FROM posts t0 WHERE UPPER(t0.title::text) = UPPER($1)");
    IS(POSTS(Filter(W(Post, title, contains, "x"))),
       "* FROM posts t0 WHERE t0.title::text LIKE $1");
    IS(POSTS(Filter(W(Post, title, istartswith, "x"))),
       "* FROM posts t0 WHERE UPPER(t0.title::text) LIKE UPPER($1)");
}

static void null_is_asked_for_with_is_null(void **state)
{
    (void)state;
    IS(POSTS(Filter(W(Post, category, isnull, true))),
       "* FROM posts t0 WHERE t0.category_id IS NULL");
    IS(POSTS(Filter(W(Post, category_id, exact, covet_null()))),
       "* FROM posts t0 WHERE t0.category_id IS NULL");
    IS(POSTS(Exclude(W(Post, category, isnull, true))),
       "* FROM posts t0 WHERE NOT (t0.category_id IS NULL)");
}

static void what_can_match_no_row_is_not_sent(void **state)
{
    (void)state;
    IS(POSTS(Filter(W(Post, id, in, covet_ints(NULL, 0)))), "");
    IS(POSTS(Limit(0)), "");
    IS(POSTS(Exclude(W(Post, id, in, covet_ints(NULL, 0)))), "* FROM posts t0");
    IS(POSTS(Filter(OR(W(Post, id, in, covet_ints(NULL, 0)), W(Post, id, exact, 1)))),
       "* FROM posts t0 WHERE t0.id = $1");
}

static void a_foreign_key_is_joined_only_where_more_than_its_value_is_asked(void **state)
{
    (void)state;
    IS(POSTS(Filter(W(Post, author, exact, 7))), "* FROM posts t0 WHERE t0.author_id = $1");
    IS(POSTS(Filter(W(Post, author->id, exact, 7))), "* FROM posts t0 WHERE t0.author_id = $1");
    IS(POSTS(Filter(W(Post, author->username, exact, "x"))),
       "* FROM posts t0 INNER JOIN auth_user t1 ON (t0.author_id = t1.id)"
       " WHERE t1.username = $1");
    IS(POSTS(Filter(W(Post, category->name, exact, "x"))),
       "* FROM posts t0 INNER JOIN categories t1 ON (t0.category_id = t1.id)"
       " WHERE t1.name = $1");
}

static void or_over_a_nullable_relation_keeps_rows_without_it(void **state)
{
    (void)state;
    IS(POSTS(Filter(OR(W(Post, category->name, exact, "x"), W(Post, id, exact, 1)))),
       "* FROM posts t0 LEFT OUTER JOIN categories t1 ON (t0.category_id = t1.id)"
       " WHERE (t1.name = $1 OR t0.id = $2)");
    IS(POSTS(Filter(OR(W(Post, category->name, exact, "x"), W(Post, id, exact, 1))),
             Filter(W(Post, category->slug, exact, "y"))),
       "* FROM posts t0 INNER JOIN categories t1 ON (t0.category_id = t1.id)"
       " WHERE (t1.name = $1 OR t0.id = $2) AND t1.slug = $3");
}

static void one_filter_is_about_one_row_and_two_are_about_two(void **state)
{
    (void)state;
    IS(POSTS(Filter(W(Post, comments->author_name, exact, "x"),
                    W(Post, comments->content, exact, "y"))),
       "* FROM posts t0 INNER JOIN comments t1 ON (t0.id = t1.post_id)"
       " WHERE t1.author_name = $1 AND t1.content = $2");
    IS(POSTS(Filter(W(Post, comments->author_name, exact, "x")),
             Filter(W(Post, comments->content, exact, "y"))),
       "* FROM posts t0 INNER JOIN comments t1 ON (t0.id = t1.post_id)"
       " INNER JOIN comments t2 ON (t0.id = t2.post_id)"
       " WHERE t1.author_name = $1 AND t2.content = $2");
}

static void not_guards_what_may_be_null(void **state)
{
    (void)state;
    IS(POSTS(Exclude(W(Post, category, exact, 3))),
       "* FROM posts t0 WHERE NOT (t0.category_id = $1 AND t0.category_id IS NOT NULL)");
    IS(POSTS(Exclude(W(Post, title, exact, "x"))), "* FROM posts t0 WHERE NOT (t0.title = $1)");
    IS(POSTS(Exclude(W(Post, category->name, exact, "x"))),
       "* FROM posts t0 LEFT OUTER JOIN categories t1 ON (t0.category_id = t1.id)"
       " WHERE NOT (t1.name = $1 AND t1.name IS NOT NULL)");
    IS(POSTS(Filter(NOT(NOT(W(Post, category, exact, 3))))),
       "* FROM posts t0 WHERE NOT (NOT (t0.category_id = $1))");
}

static void not_over_a_relation_to_many_is_a_subquery(void **state)
{
    (void)state;
    IS(POSTS(Exclude(W(Post, comments->author_name, exact, "x"))),
       "* FROM posts t0 WHERE NOT (EXISTS (SELECT 1 FROM comments t1"
       " WHERE t1.author_name = $1 AND t1.post_id = t0.id))");
    IS(POSTS(Exclude(W(Post, tags->name, exact, "x"))),
       "* FROM posts t0 WHERE NOT (EXISTS (SELECT 1 FROM posts_tags t1"
       " INNER JOIN tags t2 ON (t1.tag_id = t2.id)"
       " WHERE t2.name = $1 AND t1.post_id = t0.id))");
    IS(POSTS(Exclude(W(Post, comments->author_name, exact, "x"),
                     W(Post, comments->content, exact, "y"))),
       "* FROM posts t0 WHERE NOT (EXISTS (SELECT 1 FROM comments t1"
       " WHERE t1.author_name = $1 AND t1.post_id = t0.id) AND EXISTS (SELECT 1"
       " FROM comments t2 WHERE t2.content = $2 AND t2.post_id = t0.id))");
}

static void orders_follow_relations(void **state)
{
    (void)state;
    IS(sql_of(COVET_ALL_OF(a, Post)), "* FROM posts t0 ORDER BY t0.created_at DESC");
    IS(POSTS(OrderBy(P(Post, category_id), DESC(Post, id))),
       "* FROM posts t0 ORDER BY t0.category_id, t0.id DESC");
    IS(POSTS(OrderBy(DESC(Post, category))),
       "* FROM posts t0 LEFT OUTER JOIN categories t1 ON (t0.category_id = t1.id)"
       " ORDER BY t1.name DESC");
    IS(POSTS(OrderBy(P(Post, author->username))),
       "* FROM posts t0 INNER JOIN auth_user t1 ON (t0.author_id = t1.id)"
       " ORDER BY t1.username");
}

static void limits_are_parameters_but_for_the_librarys_own(void **state)
{
    (void)state;
    IS(POSTS(OrderBy("id"), Limit(10), Offset(20)),
       "* FROM posts t0 ORDER BY t0.id LIMIT $1 OFFSET $2");
    IS(sql_in(QUERY(a, Post, Filter(W(Post, id, exact, 1))), COVET__COMPILE_GET),
       "* FROM posts t0 WHERE t0.id = $1 LIMIT 21");
    IS(sql_in(QUERY(a, Tag, Unordered()), COVET__COMPILE_FIRST),
       "SELECT t0.id, t0.name FROM tags t0 ORDER BY t0.id LIMIT 1");
}

static void count_counts_rows_or_groups(void **state)
{
    (void)state;
    IS(sql_in(QUERY(a, Post, Filter(W(Post, is_published, exact, true))), COVET__COMPILE_COUNT),
       "SELECT COUNT(*) FROM posts t0 WHERE t0.is_published = $1");
    IS(sql_in(QUERY(a, Post, OrderBy("id"), Limit(3)), COVET__COMPILE_COUNT),
       "SELECT COUNT(*) FROM (SELECT t0.id FROM posts t0 ORDER BY t0.id LIMIT $1) s");
    IS(sql_in(COUNTED(Filter(W(PostRow, comment_count, gt, 2))), COVET__COMPILE_COUNT),
       "SELECT COUNT(*) FROM (SELECT COUNT(t1.id) AS comment_count FROM posts t0"
       " LEFT OUTER JOIN comments t1 ON (t0.id = t1.post_id) GROUP BY t0.id"
       " HAVING COUNT(t1.id) > $1) s");
}

static void annotations_group_by_primary_keys(void **state)
{
    (void)state;
    IS(sql_of(COUNTED(OrderBy(DESC(PostRow, comment_count)))),
       "*, COUNT(t1.id) AS comment_count FROM posts t0"
       " LEFT OUTER JOIN comments t1 ON (t0.id = t1.post_id) GROUP BY t0.id"
       " ORDER BY comment_count DESC");
    IS(sql_of(COUNTED(Filter(W(PostRow, is_published, exact, true)),
                      Filter(W(PostRow, comment_count, gt, 2)))),
       "*, COUNT(t1.id) AS comment_count FROM posts t0"
       " LEFT OUTER JOIN comments t1 ON (t0.id = t1.post_id) WHERE t0.is_published = $1"
       " GROUP BY t0.id HAVING COUNT(t1.id) > $2");
    IS(sql_of(QUERY(a, PostRow, Annotate(PostRow, tag_count, CountDistinct(PostRow, tags)))),
       "*, COUNT(DISTINCT t1.tag_id) AS tag_count FROM posts t0"
       " LEFT OUTER JOIN posts_tags t1 ON (t0.id = t1.post_id) GROUP BY t0.id");
}

static void the_list_view_is_one_statement(void **state)
{
    (void)state;
    IS(sql_of(QUERY(a, PostRow, Filter(W(PostRow, is_published, exact, true)),
                    SelectRelated(P(PostRow, author), P(PostRow, category)),
                    Annotate(PostRow, comment_count, Count(PostRow, comments)),
                    OrderBy(DESC(PostRow, created_at), DESC(PostRow, id)), Limit(10))),
       "*, COUNT(t1.id) AS comment_count, t2.id, t2.password, t2.last_login, t2.is_superuser,"
       " t2.username, t2.first_name, t2.last_name, t2.email, t2.is_staff,"
       " t2.is_active, t2.date_joined, t3.id, t3.name, t3.slug, t3.created_at"
       " FROM posts t0 LEFT OUTER JOIN comments t1 ON (t0.id = t1.post_id)"
       " INNER JOIN auth_user t2 ON (t0.author_id = t2.id)"
       " LEFT OUTER JOIN categories t3 ON (t0.category_id = t3.id)"
       " WHERE t0.is_published = $1 GROUP BY t0.id, t2.id, t3.id"
       " ORDER BY t0.created_at DESC, t0.id DESC LIMIT $2");
}

/* ---- values -------------------------------------------------------------------------------- */

static void assert_text_param(const void *qs, const char *expected)
{
    covet__compiled compiled;
    assert_ok(covet__compile(qs, COVET__COMPILE_ALL, NULL, a, &compiled, &err), &err);
    assert_int_equal(compiled.param_count, 1);
    assert_int_equal(compiled.params[0].kind, COVET_VALUE_TEXT);
    assert_int_equal(compiled.params[0].length, strlen(expected));
    assert_memory_equal(compiled.params[0].u.p, expected, strlen(expected));
}

static void what_like_takes_for_itself_is_escaped(void **state)
{
    (void)state;
    assert_text_param(QUERY(a, Post, Filter(W(Post, title, contains, "100%_\\"))),
                      "%100\\%\\_\\\\%");
    assert_text_param(QUERY(a, Post, Filter(W(Post, title, startswith, "a%"))), "a\\%%");
    assert_text_param(QUERY(a, Post, Filter(W(Post, title, endswith, "a"))), "%a");
    assert_text_param(QUERY(a, Post, Filter(W(Post, title, iexact, "a%"))), "a%");
}

static void assert_int_param(const void *qs, int64_t expected)
{
    covet__compiled compiled;
    assert_ok(covet__compile(qs, COVET__COMPILE_ALL, NULL, a, &compiled, &err), &err);
    assert_int_equal(compiled.params[0].kind, COVET_VALUE_INT);
    assert_int_equal(compiled.params[0].u.i, expected);
}

static void bounds_of_whole_numbers_are_rounded_inwards(void **state)
{
    (void)state;
    assert_int_param(QUERY(a, Post, Filter(Kw("id__gte", 1.5))), 2);
    assert_int_param(QUERY(a, Post, Filter(Kw("id__lt", 1.5))), 2);
    assert_int_param(QUERY(a, Post, Filter(Kw("id__gt", -1.5))), -2);
    assert_int_param(QUERY(a, Post, Filter(Kw("id__lte", -1.5))), -2);
}

static void equal_shapes_give_equal_texts(void **state)
{
    (void)state;
    assert_string_equal(POSTS(Filter(W(Post, id, exact, 1)), Limit(5)),
                        POSTS(Filter(W(Post, id, exact, 2)), Limit(500)));
}

static void a_queryset_never_changes(void **state)
{
    (void)state;
    const Post_qs *all = COVET_ALL_OF(a, Post);
    const char *before = sql_of(all);
    assert_string_not_equal(sql_of(CHAIN(all, Filter(W(Post, id, exact, 1)))), before);
    assert_string_equal(sql_of(all), before);
}

static void conditions_can_be_kept(void **state)
{
    (void)state;
    char name[] = "x";
    const covet_q *kept =
        COVET_Q(a, OR(W(Post, slug, exact, name), W(Post, author->username, exact, name)));
    assert_non_null(kept);
    name[0] = 'y';
    covet__compiled compiled;
    assert_ok(covet__compile((const covet_qs *)QUERY(a, Post, Filter(COVET_KEPT(kept))),
                             COVET__COMPILE_ALL, NULL, a, &compiled, &err),
              &err);
    assert_int_equal(compiled.param_count, 2);
    assert_memory_equal(compiled.params[1].u.p, "x", 1);
}

static void schemas_and_odd_names_are_quoted(void **state)
{
    static const covet_field fields[] = {{.name = "id",
                                          .column = "od\"d",
                                          .kind = COVET_FIELD_BigAuto,
                                          .primary_key = true,
                                          .offset = sizeof(covet_row)}};
    static const covet_model odd = {.size = sizeof odd,
                                    .name = "Odd",
                                    .db_table = "My Schema.Ta\"ble",
                                    .row_size = sizeof(covet_row) + sizeof(int64_t),
                                    .fields = fields,
                                    .field_count = 1};
    static const covet_row_type type = {.size = sizeof type,
                                        .name = "Odd",
                                        .model = &odd,
                                        .row_size = odd.row_size};
    (void)state;
    assert_ok(covet_model_check(&odd, &err), &err);
    assert_string_equal(covet_qs_sql(covet_qs_new(a, &type), &err),
                        "SELECT t0.\"od\"\"d\" FROM \"My Schema\".\"Ta\"\"ble\" t0");
}

static int set_up(void **state)
{
    (void)state;
    return covet_arena_new(0, &a, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    covet_arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_become_parameters),
        cmocka_unit_test(null_is_asked_for_with_is_null),
        cmocka_unit_test(what_can_match_no_row_is_not_sent),
        cmocka_unit_test(a_foreign_key_is_joined_only_where_more_than_its_value_is_asked),
        cmocka_unit_test(or_over_a_nullable_relation_keeps_rows_without_it),
        cmocka_unit_test(one_filter_is_about_one_row_and_two_are_about_two),
        cmocka_unit_test(not_guards_what_may_be_null),
        cmocka_unit_test(not_over_a_relation_to_many_is_a_subquery),
        cmocka_unit_test(orders_follow_relations),
        cmocka_unit_test(limits_are_parameters_but_for_the_librarys_own),
        cmocka_unit_test(count_counts_rows_or_groups),
        cmocka_unit_test(annotations_group_by_primary_keys),
        cmocka_unit_test(the_list_view_is_one_statement),
        cmocka_unit_test(what_like_takes_for_itself_is_escaped),
        cmocka_unit_test(bounds_of_whole_numbers_are_rounded_inwards),
        cmocka_unit_test(equal_shapes_give_equal_texts),
        cmocka_unit_test(a_queryset_never_changes),
        cmocka_unit_test(conditions_can_be_kept),
        cmocka_unit_test(schemas_and_odd_names_are_quoted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
