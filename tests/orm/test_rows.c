/* tests/orm/test_rows.c - rows that the program makes (orm/rows.c, orm/member.c). */
#include "support/cmocka_all.h"

#include "orm/rows.h"
#include "support/blog_models.h"

static covet_arena *a;
static covet_error err;

static Post *new_post(void)
{
    Post *post = NULL;
    assert_ok(COVET_NEW(a, Post, &post, &err, Give(Post, title, "x")), &err);
    return post;
}

static bool is_missing(const void *row, const char *name)
{
    const covet_model *model = ((const covet_row *)row)->model;
    for (size_t i = 0; i < model->field_count; i++)
        if (strcmp(model->fields[i].name, name) == 0)
            return covet__is_missing(row, i);
    fail_msg("no field %s", name);
    return false;
}

static void defaults_are_those_of_djangos_constructor(void **state)
{
    User *user = NULL;
    (void)state;
    assert_ok(COVET_NEW(a, User, &user, &err, Give(User, username, "ann")), &err);
    assert_string_equal(user->username, "ann");
    assert_string_equal(user->email, "");
    assert_true(user->is_active);
    assert_false(user->is_staff);
    assert_false(user->last_login.set);
    assert_int_equal(user->id, 0);
    assert_false(user->covet_.saved);
}

static void left_out_is_not_zero(void **state)
{
    (void)state;
    Post *post = new_post();
    assert_true(is_missing(post, "author"));
    assert_false(is_missing(post, "category"));
    assert_false(is_missing(post, "content"));
    assert_false(is_missing(post, "created_at"));
    post->author_id = 7;
    assert_false(is_missing(post, "author"));
    post = new_post();
    assert_ok(covet_row_set(post, "author_id", covet_int(0), &err), &err);
    assert_false(is_missing(post, "author"));
}

static void given_text_is_copied(void **state)
{
    char title[] = "before";
    Post *post = NULL;
    (void)state;
    assert_ok(COVET_NEW(a, Post, &post, &err, Give(Post, title, title)), &err);
    strcpy(title, "after!");
    assert_string_equal(post->title, "before");
}

static void null_is_a_value_of_nullable_fields_only(void **state)
{
    (void)state;
    Post *post = new_post();
    assert_ok(covet_row_set(post, "category", covet_int(3), &err), &err);
    assert_true(post->category_id.set);
    assert_int_equal(post->category_id.value, 3);
    assert_ok(covet_row_set(post, "category_id", covet_null(), &err), &err);
    assert_false(post->category_id.set);
    assert_int_equal(covet_row_set(post, "title", covet_null(), &err), COVET_ETYPE);
    assert_string_equal(err.sqlstate, "22004");
    assert_contains(err.message, "Post.title");
}

static void wrong_names_and_values_are_told(void **state)
{
    (void)state;
    Post *post = new_post();
    assert_int_equal(covet_row_set(post, "titel", covet_text("x"), &err), COVET_EFIELD);
    assert_contains(err.message, "did you mean \"title\"?");
    assert_int_equal(covet_row_set(post, "title", covet_int(1), &err), COVET_ETYPE);
    assert_string_equal(err.sqlstate, "42804");
    assert_int_equal(covet_row_set(post, "comments", covet_int(1), &err), COVET_ETYPE);
    const covet_given wrong[] = {{.name = "titel", .value = covet_text("x")}, {.name = NULL}};
    void *row = NULL;
    assert_int_equal(covet_row_new(a, &Post_model, wrong, &row, &err), COVET_EFIELD);
    assert_null(row);
    Comment plain = {.content = "made by hand"};
    assert_int_equal(covet_row_set(&plain, "content", covet_text("x"), &err), COVET_EINVAL);
}

static void what_was_not_fetched_says_so(void **state)
{
    (void)state;
    const Post *post = new_post();
    assert_false(COVET_IS_FETCHED(post, author));
    assert_false(COVET_IS_FETCHED(post, comments));
    assert_string_equal(post->covet_rel_author.row->username, "(author was not fetched)");
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
        cmocka_unit_test(defaults_are_those_of_djangos_constructor),
        cmocka_unit_test(left_out_is_not_zero),
        cmocka_unit_test(given_text_is_copied),
        cmocka_unit_test(null_is_a_value_of_nullable_fields_only),
        cmocka_unit_test(wrong_names_and_values_are_told),
        cmocka_unit_test(what_was_not_fetched_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
