/*
 * tests/live/test_blog.c - from Django to shards and back: the same program, the same answers.
 *
 * Django makes and fills the blog and answers oracle.py's and parity.py's queries, once. Then
 * libcovet answers them on Django's own tables, over 128 shards in 4 groups, and after
 * `undistribute`, when Django itself is asked again. One handle stays open all the way.
 */
#include "support/cmocka_all.h"

#include "support/blog_shards.h"
#include "support/parity.h"

/* How many of parity.py's querysets the planner may refuse. */
enum { GROUPS = 4, REFUSED_MAX = 22 };

static live_cluster *cluster;
static const char *dsn;
static json_t *oracle, *django;
static covet_db *before; /* opened when there was no catalog */

/* ---- oracle.py's queries ------------------------------------------------------------------- */

static json_t *active_users(covet_db *db, covet_arena *a)
{
    covet_error err;
    User_rows users;
    json_t *answer = json_array();
    assert_ok(COVET_FETCH(db,
                          QUERY(a, User, Filter(W(User, is_active, exact, true)),
                                OrderBy(DESC(User, date_joined), P(User, id)), Limit(10)),
                          NULL, &users, &err),
              &err);
    for (const User *u = users.items; u < users.items + users.count; u++)
        json_array_append_new(answer, json_string(u->username));
    return answer;
}

static json_t *post_counts(covet_db *db, covet_arena *a)
{
    covet_error err;
    User_rows users;
    json_t *answer = json_array();
    assert_ok(COVET_FETCH(db,
                          QUERY(a, User, Filter(W(User, is_active, exact, true)),
                                OrderBy(P(User, id)), Limit(10)),
                          NULL, &users, &err),
              &err);
    for (const User *u = users.items; u < users.items + users.count; u++) {
        int64_t posts = -1;
        assert_ok(COVET_HOW_MANY(db, QUERY(a, Post, Filter(W(Post, author, exact, u->id))), NULL,
                                 &posts, &err),
                  &err);
        json_array_append_new(answer, json_pack("[II]", (json_int_t)u->id, (json_int_t)posts));
    }
    return answer;
}

static json_t *q_and(covet_db *db, covet_arena *a)
{
    covet_error err;
    User_rows users;
    json_t *answer = json_array();
    assert_ok(COVET_FETCH(db,
                          QUERY(a, User, Filter(AND(W(User, id, gte, 18), W(User, id, lte, 65))),
                                OrderBy(P(User, id))),
                          NULL, &users, &err),
              &err);
    for (const User *u = users.items; u < users.items + users.count; u++)
        json_array_append_new(answer, json_integer(u->id));
    return answer;
}

static json_t *list_view(covet_db *db, covet_arena *a)
{
    covet_error err;
    PostRow_rows posts;
    json_t *answer = json_array();
    assert_ok(COVET_FETCH(db,
                          QUERY(a, PostRow, Filter(W(PostRow, is_published, exact, true)),
                                SelectRelated(P(PostRow, author), P(PostRow, category)),
                                Annotate(PostRow, comment_count, Count(PostRow, comments)),
                                OrderBy(DESC(PostRow, created_at), DESC(PostRow, id)), Limit(10)),
                          NULL, &posts, &err),
              &err);
    for (const PostRow *p = posts.items; p < posts.items + posts.count; p++) {
        const Category *category = REL(p, category);
        json_array_append_new(answer, json_pack("{sI ss ss ss ss? sI so}", "id", (json_int_t)p->id,
                                                "title", p->title, "slug", p->slug, "author",
                                                REL(p, author)->username, "category",
                                                category != NULL ? category->name : NULL,
                                                "comment_count", (json_int_t)p->comment_count,
                                                "created_at", blog_iso(p->created_at)));
    }
    return answer;
}

static json_t *detail_view(covet_db *db, covet_arena *a)
{
    covet_error err;
    Post_rows posts;
    json_t *answer = json_array();
    Comment_qs *comments = QUERY(a, Comment, OrderBy(P(Comment, created_at), P(Comment, id)));
    assert_ok(COVET_FETCH(db,
                          QUERY(a, Post,
                                Filter(OR(AND(W(Post, slug, exact, "post-00042"),
                                              W(Post, is_published, exact, false)),
                                          AND(W(Post, slug, exact, "post-00043"),
                                              W(Post, is_published, exact, true)))),
                                SelectRelated(P(Post, author), P(Post, category)),
                                Prefetch(P(Post, comments), comments)),
                          NULL, &posts, &err),
              &err);
    for (const Post *p = posts.items; p < posts.items + posts.count; p++) {
        json_t *list = json_array();
        for (size_t i = 0; i < MANY(p, comments)->count; i++) {
            const Comment *c = &MANY(p, comments)->items[i];
            json_array_append_new(list, json_pack("[Is]", (json_int_t)c->id, c->author_name));
        }
        json_array_append_new(answer, json_pack("[Isso]", (json_int_t)p->id, p->title,
                                                REL(p, author)->email, list));
    }
    return answer;
}

/* How many of the querysets beside them were refused. */
static size_t assert_answers(covet_db *db)
{
    static const struct {
        const char *name;
        json_t *(*answer)(covet_db *db, covet_arena *a);
    } queries[] = {{"active_users", active_users},
                   {"post_counts", post_counts},
                   {"q_and", q_and},
                   {"list_view", list_view},
                   {"detail_view", detail_view}};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        covet_arena *arena = NULL;
        covet_error err;
        assert_ok(covet_arena_new(0, &arena, &err), &err);
        json_t *mine = queries[i].answer(db, arena);
        const json_t *theirs = json_object_get(oracle, queries[i].name);
        assert_true(json_array_size(theirs) > 0);
        blog_assert_same(queries[i].name, theirs, mine);
        json_decref(mine);
        covet_arena_free(arena);
    }
    return parity_ask(db, django);
}

static covet_db_info info_of(covet_db *db)
{
    covet_db_info info = {.size = sizeof info};
    covet_db_describe(db, &info);
    return info;
}

static covet_db *open_blog(void)
{
    covet_db *db = NULL;
    covet_error err;
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &db, &err),
              &err);
    return db;
}

/* ---- there and back ------------------------------------------------------------------------ */

static void on_djangos_own_tables(void **state)
{
    (void)state;
    before = open_blog();
    assert_true(info_of(before).plain);
    assert_int_equal(assert_answers(before), 0);
}

static void over_the_shards(void **state)
{
    (void)state;
    blog_distribute(cluster, dsn, "blog", GROUPS);
    covet_db *db = open_blog();
    const covet_db_info info = info_of(db);
    assert_false(info.plain);
    assert_int_equal(info.groups, GROUPS);
    assert_int_equal(info.shards, BLOG_SHARDS);
    assert_true(assert_answers(db) <= REFUSED_MAX);
    covet_close_wait(db);
}

static void a_handle_from_before_finds_the_shards(void **state)
{
    (void)state;
    assert_answers(before);
    assert_false(info_of(before).plain);
}

static void home_again(void **state)
{
    (void)state;
    blog_undistribute(dsn);
    covet_db *db = open_blog();
    assert_int_equal(assert_answers(db), 0);
    covet_close_wait(db);
    assert_int_equal(assert_answers(before), 0);
    json_t *again = django_run(dsn, "oracle.py", NULL);
    assert_true(json_equal(again, oracle));
    json_decref(again);
}

static int set_up(void **state)
{
    (void)state;
    cluster = live_up(GROUPS, 0, NULL);
    setenv("BLOG_SCALE", "0.2", 1);
    dsn = django_database(cluster, "blog", true);
    oracle = django_run(dsn, "oracle.py", NULL);
    django = django_run(dsn, "parity.py", NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    covet_close_wait(before);
    json_decref(oracle);
    json_decref(django);
    live_down(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_djangos_own_tables),
        cmocka_unit_test(over_the_shards),
        cmocka_unit_test(a_handle_from_before_finds_the_shards),
        cmocka_unit_test(home_again),
    };
    if (!django_is_there()) {
        print_message("Django is not installed: skipped\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
