/*
 * tests/orm/test_memory.c - each allocation of the ORM's pure half fails in turn: what is
 * told is COVET_ENOMEM, and nothing is touched that is not there. All of its memory is the
 * arena's, so an arena that may hold 16 bytes more each time finds every one.
 */
#include "support/cmocka_all.h"

#include "core/macros.h"
#include "support/blog_models.h"

static covet_status list_view(covet_arena *a, covet_error *err)
{
    const PostRow_qs *list =
        QUERY(a, PostRow,
              Filter(W(PostRow, is_published, exact, true),
                     OR(W(PostRow, category->name, contains, "x"), W(PostRow, id, gt, 3))),
              Exclude(W(PostRow, tags->name, exact, "y"),
                      W(PostRow, comments->content, in,
                        covet_texts((const char *const[]){"a", NULL}, 2))),
              SelectRelated(P(PostRow, author), P(PostRow, category)),
              Annotate(PostRow, comment_count, Count(PostRow, comments)),
              Filter(W(PostRow, comment_count, gte, 2)),
              OrderBy(DESC(PostRow, category), DESC(PostRow, id)), Limit(10));
    return covet_qs_sql((const covet_qs *)list, err) != NULL ? COVET_OK : err->status;
}

static covet_status new_row(covet_arena *a, covet_error *err)
{
    Post *post = NULL;
    COVET_TRY(COVET_NEW(a, Post, &post, err, Give(Post, title, "x"), Give(Post, author_id, 3)));
    return covet_row_set(post, "slug", covet_text("y"), err);
}

static void fails_at_each_allocation(covet_status (*work)(covet_arena *a, covet_error *err))
{
    enum { STEP = 16 };
    size_t limit = 0;
    covet_status status;
    do {
        covet_error err = {0};
        covet_arena *a = NULL;
        limit += STEP;
        assert_ok(covet_arena_new(limit, &a, &err), &err);
        status = work(a, &err);
        if (status != COVET_OK && (status != COVET_ENOMEM || err.status != COVET_ENOMEM))
            fail_msg("with %zu bytes: %s: %s", limit, covet_status_name(status), err.message);
        covet_arena_free(a);
    } while (status != COVET_OK);
    assert_true(limit > STEP);
}

static void a_queryset_says_that_memory_ran_out(void **state)
{
    (void)state;
    fails_at_each_allocation(list_view);
}

static void a_row_says_that_memory_ran_out(void **state)
{
    (void)state;
    fails_at_each_allocation(new_row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queryset_says_that_memory_ran_out),
        cmocka_unit_test(a_row_says_that_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
