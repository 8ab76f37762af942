/*
 * tests/live/test_orm_write.c - rows made, saved and deleted, on Django's tables: everything
 * twice, in plain mode and over shards. What the shards cannot do yet they must refuse, and
 * nothing must have changed.
 */
#include "support/cmocka_all.h"

#include <covet/covet.h>

#include "support/blog_django.h"
#include "support/blog_shards.h"

static live_cluster *cluster;
static const char *dsn;
static covet_db *db;
static bool sharded;
static covet_arena *a;
static covet_error err;

/* ---- helpers ------------------------------------------------------------------------------- */

static int64_t number(const char *sql)
{
    covet_result *rows = NULL;
    int64_t value = 0;
    assert_ok(covet_query_wait(db, COVET_SQL(sql), NULL, &rows, &err), &err);
    assert_ok(covet_result_int(rows, 0, 0, &value, &err), &err);
    covet_result_free(rows);
    return value;
}

#define FAILS(call, status_, sqlstate_)                                                            \
    do {                                                                                           \
        memset(&err, 0, sizeof err);                                                               \
        const covet_status got_ = (call);                                                          \
        if (got_ != (status_) || strcmp(err.sqlstate, (sqlstate_)) != 0)                           \
            fail_msg("%s: %s %s: %s", #call, covet_status_name(got_), err.sqlstate, err.message);  \
    } while (0)

static Post *new_post(const char *slug)
{
    Post *post = NULL;
    assert_ok(COVET_NEW(a, Post, &post, &err, Give(Post, title, "Title"), Give(Post, slug, slug),
                        Give(Post, author_id, 1)),
              &err);
    return post;
}

static Post *saved_post(const char *slug)
{
    Post *post = new_post(slug);
    assert_ok(covet_save_wait(db, post, NULL, &err), &err);
    return post;
}

static Comment *saved_comment(int64_t post)
{
    Comment *comment = NULL;
    assert_ok(COVET_NEW(a, Comment, &comment, &err, Give(Comment, post_id, post),
                        Give(Comment, author_name, "al"), Give(Comment, content, "hi")),
              &err);
    assert_ok(covet_save_wait(db, comment, NULL, &err), &err);
    return comment;
}

static Post *read_post(int64_t id)
{
    Post *post = NULL;
    assert_ok(COVET_GET(db, QUERY(a, Post, Filter(W(Post, id, exact, id))), NULL, &post, &err),
              &err);
    return post;
}

/* ---- making -------------------------------------------------------------------------------- */

static void a_created_row_has_its_key_and_its_times(void **state)
{
    (void)state;
    Post *post = saved_post("created");
    assert_true(post->id > 0);
    assert_true(post->covet_.saved);
    assert_true(post->created_at.usec > 0);
    assert_int_equal(post->created_at.usec, post->updated_at.usec);
    const Post *read = read_post(post->id);
    assert_string_equal(read->title, "Title");
    assert_string_equal(read->content, "");
    assert_int_equal(read->author_id, 1);
    assert_false(read->category_id.set);
    assert_false(read->is_published);
    assert_int_equal(read->created_at.usec, post->created_at.usec);
    assert_int_equal(saved_comment(post->id)->post_id, post->id);
}

static void keys_are_never_given_twice(void **state)
{
    int64_t last = 0;
    (void)state;
    for (int i = 0; i < 40; i++) {
        char slug[32];
        snprintf(slug, sizeof slug, "often-%d", i);
        const int64_t id = saved_post(slug)->id;
        assert_true(id > last);
        last = id;
    }
}

static void what_was_left_out_is_refused_before_it_is_sent(void **state)
{
    Post *post = NULL;
    (void)state;
    assert_ok(COVET_NEW(a, Post, &post, &err, Give(Post, title, "x")), &err);
    FAILS(covet_save_wait(db, post, NULL, &err), COVET_ESQL, "23502");
    assert_string_equal(err.column, "author_id");
    assert_int_equal(err.outcome, COVET_OUTCOME_NOT_SENT);
    post = new_post("null-title");
    post->title = NULL;
    FAILS(covet_save_wait(db, post, NULL, &err), COVET_ESQL, "23502");
    assert_string_equal(err.column, "title");
    assert_int_equal(err.outcome, COVET_OUTCOME_REJECTED);
    assert_int_equal(post->id, 0);
}

/* ---- saving -------------------------------------------------------------------------------- */

static void saving_again_changes_the_row(void **state)
{
    (void)state;
    const int64_t id = saved_post("again")->id;
    Post *post = read_post(id);
    const covet_time created = post->created_at, updated = post->updated_at;
    post->title = "O'Brien \\ \"Ünïcode\" 日本";
    post->category_id = (covet_null_int){1, true};
    assert_ok(covet_save_wait(db, post, NULL, &err), &err);
    post = read_post(id);
    assert_string_equal(post->title, "O'Brien \\ \"Ünïcode\" 日本");
    assert_true(post->category_id.set);
    assert_int_equal(post->created_at.usec, created.usec);
    assert_true(post->updated_at.usec > updated.usec);
    post->category_id = (covet_null_int){0, false};
    assert_ok(covet_save_wait(db, post, NULL, &err), &err);
    assert_false(read_post(id)->category_id.set);
}

/* Django: UPDATE, and INSERT if no row was there. */
static void a_key_of_ones_own_is_inserted(void **state)
{
    (void)state;
    Post *post = new_post("own-key");
    post->id = 1000000;
    assert_ok(covet_save_wait(db, post, NULL, &err), &err);
    assert_int_equal(read_post(1000000)->created_at.usec, post->created_at.usec);
    assert_ok(covet_delete_wait(db, post, NULL, NULL, &err), &err);
    Comment *comment = saved_comment(1);
    assert_ok(covet_delete_wait(db, comment, NULL, NULL, &err), &err);
    comment->id = 1000000;
    if (sharded) { /* it is not the shard key: nothing would keep it unique */
        FAILS(covet_save_wait(db, comment, NULL, &err), COVET_EUNSUPPORTED, "0A000");
        return;
    }
    assert_ok(covet_save_wait(db, comment, NULL, &err), &err);
    assert_int_equal(comment->id, 1000000);
}

static void a_deleted_row_is_a_new_one(void **state)
{
    (void)state;
    Post *post = saved_post("twice");
    const int64_t id = post->id;
    assert_ok(covet_delete_wait(db, post, NULL, NULL, &err), &err);
    assert_int_equal(post->id, 0);
    assert_ok(covet_save_wait(db, post, NULL, &err), &err);
    assert_true(post->id > id);
}

static void a_shard_key_cannot_be_changed(void **state)
{
    (void)state;
    const int64_t one = saved_post("one")->id, other = saved_post("other")->id;
    Comment *comment = saved_comment(one);
    comment->post_id = other;
    if (sharded) {
        FAILS(covet_save_wait(db, comment, NULL, &err), COVET_EUNSUPPORTED, "0A000");
        assert_contains(err.message, "Comment.post is the shard key");
        comment->post_id = one;
    }
    assert_ok(covet_save_wait(db, comment, NULL, &err), &err);
}

static void integrity_errors_name_their_constraint(void **state)
{
    Comment *comment = NULL;
    (void)state;
    assert_ok(COVET_NEW(a, Comment, &comment, &err, Give(Comment, post_id, 99999999),
                        Give(Comment, author_name, "al"), Give(Comment, content, "hi")),
              &err);
    FAILS(covet_save_wait(db, comment, NULL, &err), COVET_ESQL, "23503");
    assert_contains(err.constraint, "comments_post_id_");
    assert_string_equal(err.table, "comments");
    assert_int_equal(err.outcome, COVET_OUTCOME_REJECTED);
    assert_int_equal(comment->id, 0);
    Category *category = NULL;
    assert_ok(COVET_NEW(a, Category, &category, &err, Give(Category, name, "Category 01"),
                        Give(Category, slug, "new")),
              &err);
    if (sharded) {
        FAILS(covet_save_wait(db, category, NULL, &err), COVET_EUNSUPPORTED, "0A000");
        return;
    }
    FAILS(covet_save_wait(db, category, NULL, &err), COVET_ESQL, "23505");
    assert_string_equal(err.constraint, "categories_name_key");
    assert_contains(err.message, "Category 01");
}

/* ---- getting ------------------------------------------------------------------------------- */

static void get_wants_exactly_one(void **state)
{
    Post *post = (Post *)1;
    (void)state;
    FAILS(COVET_GET(db, QUERY(a, Post, Filter(W(Post, slug, exact, "no"))), NULL, &post, &err),
          COVET_ENOTFOUND, "");
    FAILS(COVET_GET(db, QUERY(a, Post, Filter(W(Post, author, exact, 1))), NULL, &post, &err),
          COVET_EMULTIPLE, "");
    assert_ptr_equal(post, (Post *)1);
}

/* ---- deleting ------------------------------------------------------------------------------ */

static void delete_takes_what_hangs_on_a_row(void **state)
{
    int64_t deleted = 0;
    char sql[160];
    (void)state;
    Post *post = saved_post("doomed");
    const int64_t id = post->id;
    for (int i = 0; i < 3; i++)
        saved_comment(id);
    snprintf(sql, sizeof sql, "INSERT INTO posts_tags (post_id, tag_id) VALUES (%lld, 1)",
             (long long)id);
    assert_ok(covet_exec_wait(db, COVET_SQL(sql), NULL, NULL, &err), &err);
    assert_ok(covet_delete_wait(db, post, NULL, &deleted, &err), &err);
    assert_int_equal(deleted, 5); /* Django counts the rows of the M2M's table, too */
    assert_int_equal(post->id, 0);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM comments WHERE post_id = %lld", (long long)id);
    assert_int_equal(number(sql), 0);
    FAILS(covet_delete_wait(db, post, NULL, &deleted, &err), COVET_EINVAL, "");
    Comment *comment = saved_comment(1);
    assert_ok(covet_delete_wait(db, comment, NULL, &deleted, &err), &err);
    assert_int_equal(deleted, 1);
}

static void delete_sets_null_where_the_model_says_so(void **state)
{
    Category *category = NULL;
    int64_t deleted = 0;
    (void)state;
    const int64_t before = number("SELECT count(*) FROM posts");
    assert_ok(COVET_GET(db, QUERY(a, Category, Filter(W(Category, id, exact, 2))), NULL, &category,
                        &err),
              &err);
    assert_true(number("SELECT count(*) FROM posts WHERE category_id = 2") > 0);
    if (sharded) {
        FAILS(covet_delete_wait(db, category, NULL, &deleted, &err), COVET_EUNSUPPORTED, "0A000");
        assert_true(number("SELECT count(*) FROM posts WHERE category_id = 2") > 0);
        return;
    }
    assert_ok(covet_delete_wait(db, category, NULL, &deleted, &err), &err);
    assert_int_equal(deleted, 1);
    assert_int_equal(number("SELECT count(*) FROM posts WHERE category_id = 2"), 0);
    assert_int_equal(number("SELECT count(*) FROM posts"), before);
}

static void delete_goes_through_several_models(void **state)
{
    User *user = NULL;
    int64_t deleted = 0;
    (void)state;
    assert_ok(COVET_GET(db, QUERY(a, User, Filter(W(User, id, exact, 3))), NULL, &user, &err),
              &err);
    if (sharded) {
        FAILS(covet_delete_wait(db, user, NULL, &deleted, &err), COVET_EUNSUPPORTED, "0A000");
        assert_int_equal(number("SELECT count(*) FROM auth_user WHERE id = 3"), 1);
        return;
    }
    const int64_t expected = 1 + number("SELECT count(*) FROM posts WHERE author_id = 3") +
                             number("SELECT count(*) FROM comments WHERE post_id IN"
                                    " (SELECT id FROM posts WHERE author_id = 3)") +
                             number("SELECT count(*) FROM posts_tags WHERE post_id IN"
                                    " (SELECT id FROM posts WHERE author_id = 3)");
    assert_ok(covet_delete_wait(db, user, NULL, &deleted, &err), &err);
    assert_int_equal(deleted, expected);
    assert_int_equal(number("SELECT count(*) FROM posts WHERE author_id = 3"), 0);
}

#define OWNER(X, M)                                                                                \
    X(M, Auto, id)                                                                                 \
    X(M, REV, works, Work, author)
#define WORK(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, FK, author, Owner, .on_delete = COVET_PROTECT)
COVET_DECLARE(Owner, OWNER);
COVET_DECLARE(Work, WORK);
COVET_DEFINE(Owner, OWNER, .db_table = "auth_user");
COVET_DEFINE(Work, WORK, .db_table = "posts");

static void protect_keeps_the_row(void **state)
{
    Owner *owner = NULL;
    int64_t deleted = 0;
    (void)state;
    assert_ok(COVET_GET(db, QUERY(a, Owner, Filter(W(Owner, id, exact, 1))), NULL, &owner, &err),
              &err);
    FAILS(covet_delete_wait(db, owner, NULL, &deleted, &err), COVET_ESQL, "23001");
    assert_contains(err.message, "Work.author");
    assert_int_equal(number("SELECT count(*) FROM auth_user WHERE id = 1"), 1);
}

/* ---- transactions -------------------------------------------------------------------------- */

static void writes_of_a_transaction_go_with_it(void **state)
{
    covet_tx *tx = NULL;
    (void)state;
    Post *post = saved_post("in-tx");
    assert_ok(covet_begin(db, NULL, &tx, &err), &err);
    const covet_call call = {.size = sizeof call, .tx = tx};
    post->title = "Changed";
    assert_ok(covet_save_wait(db, post, &call, &err), &err);
    Post *read = NULL;
    assert_ok(COVET_GET(db, QUERY(a, Post, Filter(W(Post, id, exact, post->id))), &call, &read,
                        &err),
              &err);
    assert_string_equal(read->title, "Changed");
    assert_ok(covet_delete_wait(db, read, &call, NULL, &err), &err);
    assert_ok(covet_rollback_wait(tx, NULL, &err), &err);
    assert_string_equal(read_post(post->id)->title, "Title");
}

/* ---- bad input ----------------------------------------------------------------------------- */

static void bad_values_have_postgresqls_sqlstates(void **state)
{
    char long_title[202];
    (void)state;
    Post *post = new_post("bad");
    FAILS(covet_row_set(post, "title", covet_textn("a\0b", 3), &err), COVET_ETYPE, "22021");
    FAILS(COVET_HOW_MANY(db, QUERY(a, Post, Filter(W(Post, title, exact, covet_textn("a\0b", 3)))),
                         NULL, &(int64_t){0}, &err),
          COVET_ETYPE, "22021");
    post->title = "\xff\xfe";
    FAILS(covet_save_wait(db, post, NULL, &err), COVET_ETYPE, "22021");
    FAILS(COVET_HOW_MANY(db, QUERY(a, Post, Filter(W(Post, title, contains, "\xff"))), NULL,
                         &(int64_t){0}, &err),
          COVET_ETYPE, "22021");
    memset(long_title, 'x', sizeof long_title - 1);
    long_title[sizeof long_title - 1] = '\0';
    post->title = long_title;
    FAILS(covet_save_wait(db, post, NULL, &err), COVET_ESQL, "22001");
    post->title = "Title";
    post->author_id = INT64_C(3000000000);
    FAILS(covet_save_wait(db, post, NULL, &err), COVET_ETYPE, "22003");
    FAILS(COVET_HOW_MANY(db, QUERY(a, Post, Filter(W(Post, author_id, exact, INT64_MAX))), NULL,
                         &(int64_t){0}, &err),
          COVET_ETYPE, "22003");
    assert_int_equal(post->id, 0);
}

#define POSTZ(X, M) X(M, BigAuto, id)
COVET_DECLARE(Postz, POSTZ);
COVET_DEFINE(Postz, POSTZ, .db_table = "postz");

#define PAGE(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, titel)                                                                              \
    X(M, Integer, is_published)
COVET_DECLARE(Page, PAGE);
COVET_DEFINE(Page, PAGE, .db_table = "posts");

#define FLAGGED(X, M)                                                                              \
    X(M, BigAuto, id)                                                                              \
    X(M, Integer, is_published)
COVET_DECLARE(Flagged, FLAGGED);
COVET_DEFINE(Flagged, FLAGGED, .db_table = "posts");

static void models_that_do_not_fit_the_tables_are_told(void **state)
{
    Postz_rows lost;
    Page_rows pages;
    Flagged_rows flagged;
    (void)state;
    FAILS(COVET_FETCH(db, COVET_ALL_OF(a, Postz), NULL, &lost, &err), COVET_ESQL, "42P01");
    assert_contains(err.message, "postz");
    FAILS(COVET_FETCH(db, COVET_ALL_OF(a, Page), NULL, &pages, &err), COVET_ESQL, "42703");
    assert_contains(err.message, "t0.titel");
    assert_contains(err.message, "\"t0.title\""); /* perhaps it was meant */
    FAILS(COVET_FETCH(db, QUERY(a, Flagged, Limit(1)), NULL, &flagged, &err), COVET_ETYPE, "42804");
    assert_contains(err.message, "Flagged.is_published");
}

static void rows_that_are_not_the_librarys_are_refused(void **state)
{
    Comment mine = {.content = "made by hand"};
    (void)state;
    FAILS(covet_save_wait(db, &mine, NULL, &err), COVET_EINVAL, "");
    FAILS(covet_save_wait(db, NULL, NULL, &err), COVET_EINVAL, "");
    FAILS(covet_save_wait(NULL, new_post("x"), NULL, &err), COVET_EINVAL, "");
    FAILS(covet_delete_wait(db, new_post("x"), NULL, NULL, &err), COVET_EINVAL, "");
    FAILS(covet_qs_all_wait(db, NULL, NULL, NULL, NULL, &err), COVET_EINVAL, "");
}

/* ---- set-up -------------------------------------------------------------------------------- */

static int open_plain(void **state)
{
    (void)state;
    dsn = django_database(cluster, "writes", true);
    sharded = false;
    return covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &db, &err);
}

static int open_shards(void **state)
{
    (void)state;
    dsn = django_database(cluster, "spread", true);
    blog_distribute(cluster, dsn, "spread", 2);
    sharded = true;
    return covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &db, &err);
}

static int close_db(void **state)
{
    (void)state;
    covet_close_wait(db);
    return 0;
}

static int new_arena(void **state)
{
    (void)state;
    return covet_arena_new(0, &a, NULL);
}

static int free_arena(void **state)
{
    (void)state;
    covet_arena_free(a);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_created_row_has_its_key_and_its_times),
        TEST(keys_are_never_given_twice),
        TEST(what_was_left_out_is_refused_before_it_is_sent),
        TEST(saving_again_changes_the_row),
        TEST(a_key_of_ones_own_is_inserted),
        TEST(a_deleted_row_is_a_new_one),
        TEST(a_shard_key_cannot_be_changed),
        TEST(integrity_errors_name_their_constraint),
        TEST(get_wants_exactly_one),
        TEST(delete_takes_what_hangs_on_a_row),
        TEST(delete_sets_null_where_the_model_says_so),
        TEST(delete_goes_through_several_models),
        TEST(protect_keeps_the_row),
        TEST(writes_of_a_transaction_go_with_it),
        TEST(bad_values_have_postgresqls_sqlstates),
        TEST(models_that_do_not_fit_the_tables_are_told),
        TEST(rows_that_are_not_the_librarys_are_refused),
    };
    if (!django_is_there()) {
        print_message("Django is not installed: skipped\n");
        return 77;
    }
    setenv("BLOG_SCALE", "0.02", 1);
    cluster = live_up(2, 0, NULL);
    int failed = cmocka_run_group_tests_name("plain", tests, open_plain, close_db);
    failed += cmocka_run_group_tests_name("shards", tests, open_shards, close_db);
    live_down(cluster);
    return failed;
}
