/* tests/live/parity_rows.c - which order, and what comes with the rows (tests/support/parity.h). */
#include "support/cmocka_all.h"

#include "support/parity.h"

/* ---- order ----------------------------------------------------------------------------------- */

#define FORTY(...) QUERY(a, Post, Filter(W(Post, id, lt, 40)), OrderBy(__VA_ARGS__))

CASE(order_default, ROWS) { return COVET_ALL_OF(a, Category); }
CASE(order_desc, ROWS) { return QUERY(a, Category, OrderBy(DESC(Category, name))); }
CASE(order_path, ROWS) { return FORTY(P(Post, author->username), DESC(Post, id)); }
CASE(order_path_desc, ROWS) { return FORTY(DESC(Post, category->name), P(Post, id)); }
CASE(order_relation, ROWS) { return FORTY(P(Post, category), P(Post, id)); }
CASE(order_relation_desc, ROWS) { return FORTY(DESC(Post, category), P(Post, id)); }
CASE(order_relation_column, ROWS) { return FORTY(P(Post, category_id), P(Post, id)); }
CASE(order_relation_plain, ROWS) { return FORTY(P(Post, author), P(Post, id)); }
CASE(order_two_steps, ROWS)
{
    return QUERY(a, Comment, Filter(W(Comment, id, lt, 40)),
                 OrderBy(P(Comment, post->category), DESC(Comment, post->author->username),
                         P(Comment, id)));
}
CASE(order_many, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, id, lt, 30)), OrderBy(P(Post, tags->name), P(Post, id)));
}
CASE(order_m2m, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, id, lt, 30)), OrderBy(DESC(Post, tags), P(Post, id)));
}
CASE(order_pk, ROWS) { return QUERY(a, Post, OrderBy("-pk"), Limit(10)); }
CASE(order_replaced, ROWS)
{
    return QUERY(a, Post, OrderBy(P(Post, title)), OrderBy(P(Post, id)), Limit(10));
}
CASE(order_none, BAG) { return QUERY(a, Post, Filter(W(Post, id, lt, 30)), Unordered()); }

static json_t *created(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const Post *p = rows; p < (const Post *)rows + count; p++)
        json_array_append_new(array, blog_iso(p->created_at));
    return array;
}
CASE_BY(order_default_ties, created) { return QUERY(a, Post, Limit(50)); }

/* ---- limits ---------------------------------------------------------------------------------- */

CASE(limit, ROWS) { return QUERY(a, Post, OrderBy(P(Post, id)), Limit(5)); }
CASE(limit_offset, ROWS) { return QUERY(a, Post, OrderBy(P(Post, id)), Limit(5), Offset(20)); }
CASE(offset, ROWS) { return QUERY(a, Tag, Offset(45)); }
CASE(limit_zero, ROWS) { return QUERY(a, Post, Limit(0)); }
CASE(limit_beyond, ROWS) { return QUERY(a, Tag, OrderBy(P(Tag, id)), Offset(48), Limit(12)); }

/* ---- count ----------------------------------------------------------------------------------- */

#define COUNTED   Annotate(PostRow, comment_count, Count(PostRow, comments))
#define MANY_HAVE W(PostRow, comment_count, gt, 10)

CASE(count_all, COUNT) { return COVET_ALL_OF(a, Post); }
CASE(count_sliced, COUNT) { return QUERY(a, Post, OrderBy(P(Post, id)), Limit(30), Offset(9990)); }
CASE(count_annotated, COUNT) { return QUERY(a, PostRow, COUNTED, Filter(MANY_HAVE)); }
CASE(count_annotated_all, COUNT) { return QUERY(a, PostRow, COUNTED); }
CASE(count_annotated_dup, COUNT)
{
    return QUERY(a, PostRow, COUNTED, Filter(W(PostRow, tags->id, in, INTS(1, 2, 3))));
}
CASE(count_annotated_sliced, COUNT)
{
    return QUERY(a, PostRow, COUNTED, OrderBy(DESC(PostRow, comment_count)), Limit(45), Offset(5));
}
CASE(count_none, COUNT) { return QUERY(a, Post, Filter(W(Post, id, in, NO_INTS))); }
CASE(count_limit_zero, COUNT) { return QUERY(a, Post, Limit(0)); }

/* ---- first, get ------------------------------------------------------------------------------ */

CASE(first_ordered, FIRST) { return QUERY(a, Post, OrderBy(DESC(Post, id))); }
CASE(first_by_pk, FIRST) { return QUERY(a, User, Filter(W(User, is_active, exact, false))); }
CASE(first_default, FIRST) { return COVET_ALL_OF(a, Category); }
CASE(first_sliced, FIRST) { return QUERY(a, Post, OrderBy(P(Post, id)), Limit(5), Offset(5)); }
CASE(first_sliced_out, FIRST) { return QUERY(a, Tag, OrderBy(P(Tag, id)), Limit(10), Offset(60)); }
CASE(first_none, FIRST) { return QUERY(a, Post, Filter(W(Post, slug, exact, "no"))); }
CASE(get_one, GET) { return QUERY(a, Post, Filter(W(Post, slug, exact, "post-00042"))); }
CASE(get_none, GET) { return QUERY(a, Post, Filter(W(Post, slug, exact, "no"))); }
CASE(get_many, GET) { return QUERY(a, Post, Filter(W(Post, is_published, exact, true))); }
CASE(get_two, GET) { return QUERY(a, Post, Filter(W(Post, id, in, INTS(1, 2)))); }
CASE(get_sliced, GET) { return QUERY(a, Post, OrderBy(P(Post, id)), Limit(1), Offset(3)); }
CASE(get_empty, GET) { return QUERY(a, Post, Filter(W(Post, id, in, NO_INTS))); }

/* ---- annotations: one that Django does not ask for is left out of the row type ---- */

#define TAGGED       Annotate(PostRow, tag_count, Count(PostRow, tags))
#define BELOW_40     W(PostRow, id, lt, 40)
#define BY_READER_1x W(PostRow, comments->author_name, startswith, "reader1")

#define POST_COMMENTS(X, M) X(M, BigInteger, comment_count)
COVET_ROW(CommentedPost, Post, POST, POST_COMMENTS);
#define COMMENTED Annotate(CommentedPost, comment_count, Count(CommentedPost, comments))
#define COMMENTED_QUERY(...)                                                                       \
    QUERY(a, CommentedPost, COMMENTED, __VA_ARGS__, OrderBy(P(CommentedPost, id)))

CASE(first_annotated, FIRST) { return QUERY(a, CommentedPost, COMMENTED); }
CASE(annotate, ROWS) { return COMMENTED_QUERY(Filter(BELOW_40)); }
CASE(annotate_two, ROWS)
{
    return QUERY(a, PostRow, COUNTED, TAGGED, Filter(BELOW_40), OrderBy(P(PostRow, id)));
}
CASE(annotate_two_distinct, ROWS)
{
    return QUERY(a, PostRow, Annotate(PostRow, comment_count, CountDistinct(PostRow, comments)),
                 Annotate(PostRow, tag_count, CountDistinct(PostRow, tags)), Filter(BELOW_40),
                 OrderBy(P(PostRow, id)));
}
CASE(annotate_filter_before, ROWS)
{
    return QUERY(a, CommentedPost, Filter(BY_READER_1x), COMMENTED, Filter(BELOW_40),
                 OrderBy(P(CommentedPost, id)));
}
CASE(annotate_filter_after, ROWS) { return COMMENTED_QUERY(Filter(BY_READER_1x, BELOW_40)); }
CASE(annotate_having, ROWS)
{
    return QUERY(a, CommentedPost, COMMENTED, Filter(W(CommentedPost, comment_count, gte, 50)),
                 OrderBy(DESC(CommentedPost, comment_count), P(CommentedPost, id)));
}
CASE(annotate_having_range, ROWS)
{
    return COMMENTED_QUERY(Filter(WRange(CommentedPost, comment_count, 40, 45)));
}
CASE(annotate_having_in, ROWS)
{
    return COMMENTED_QUERY(Filter(Kw("comment_count__in", INTS(40, 41))));
}
CASE(annotate_having_or, ROWS)
{
    return COMMENTED_QUERY(Filter(OR(W(CommentedPost, comment_count, gt, 100),
                                     W(CommentedPost, author->username, exact, "user0001"))));
}
CASE(annotate_having_and, ROWS)
{
    return COMMENTED_QUERY(Filter(AND(W(CommentedPost, comment_count, gt, 20),
                                      W(CommentedPost, tags->name, exact, "tag01")),
                                  W(CommentedPost, is_published, exact, true)));
}
CASE(annotate_exclude, ROWS)
{
    return COMMENTED_QUERY(Exclude(W(CommentedPost, comment_count, lt, 60)));
}
CASE(annotate_exclude_many, ROWS)
{
    return COMMENTED_QUERY(Exclude(W(CommentedPost, tags->name, exact, "tag01")),
                           Filter(W(CommentedPost, comment_count, gt, 30)));
}
CASE(annotate_unordered, BAG) { return QUERY(a, CommentedPost, COMMENTED, Filter(BELOW_40)); }
CASE(annotate_order_limit, ROWS)
{
    return QUERY(a, CommentedPost, COMMENTED,
                 OrderBy(DESC(CommentedPost, comment_count), P(CommentedPost, id)), Limit(10));
}
CASE(annotate_order_path, ROWS)
{
    return QUERY(a, CommentedPost, COMMENTED, Filter(BELOW_40),
                 OrderBy(P(CommentedPost, author->username), P(CommentedPost, id)));
}
CASE(annotate_users, ROWS)
{
    return QUERY(a, UserRow, Annotate(UserRow, post_count, Count(UserRow, posts)),
                 Filter(W(UserRow, post_count, gte, 18)), OrderBy(P(UserRow, id)));
}
CASE(annotate_two_steps, ROWS)
{
    return QUERY(a, UserRow, Annotate(UserRow, post_count, Count(UserRow, posts->comments)),
                 Filter(W(UserRow, id, lt, 30)), OrderBy(P(UserRow, id)));
}
CASE(annotate_two_steps_distinct, ROWS)
{
    return QUERY(a, UserRow, Annotate(UserRow, post_count, CountDistinct(UserRow, posts->tags)),
                 Filter(W(UserRow, id, lt, 30)), OrderBy(P(UserRow, id)));
}
CASE(annotate_categories, ROWS)
{
    return QUERY(a, CategoryRow, Annotate(CategoryRow, post_count, Count(CategoryRow, posts)),
                 OrderBy(P(CategoryRow, name)));
}
CASE(annotate_tags, ROWS)
{
    return QUERY(a, TagRow, Annotate(TagRow, post_count, Count(TagRow, posts)),
                 OrderBy(DESC(TagRow, post_count), P(TagRow, name)));
}
CASE(annotate_nullable_fk, ROWS)
{
    return QUERY(a, CommentedPost,
                 Annotate(CommentedPost, comment_count, Count(CommentedPost, category)),
                 Filter(BELOW_40), OrderBy(P(CommentedPost, id)));
}

/* ---- select_related -------------------------------------------------------------------------- */

static json_t *user(const User *u) { return blog_row(u, &User_type); }
static json_t *category(const Category *c) { return blog_row(c, &Category_type); }

static json_t *with_author_and_category(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const Post *p = rows; p < (const Post *)rows + count; p++)
        json_array_append_new(array, json_pack("[ooo]", blog_row(p, &Post_type),
                                               user(REL(p, author)), category(REL(p, category))));
    return array;
}
CASE_BY(related, with_author_and_category)
{
    return QUERY(a, Post, SelectRelated(P(Post, author), P(Post, category)),
                 Filter(W(Post, id, lt, 30)), OrderBy(P(Post, id)));
}

static json_t *with_category(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const Post *p = rows; p < (const Post *)rows + count; p++)
        json_array_append_new(array, json_pack("[oo]", blog_row(p, &Post_type),
                                               category(REL(p, category))));
    return array;
}
CASE_BY(related_filter, with_category)
{
    return QUERY(a, Post, SelectRelated(P(Post, category)), Filter(CATEGORY_IS("Category 01")),
                 OrderBy(P(Post, id)), Limit(10));
}

static json_t *with_post_and_its(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const Comment *c = rows; c < (const Comment *)rows + count; c++) {
        const Post *p = REL(c, post);
        json_array_append_new(array, json_pack("[oooo]", blog_row(c, &Comment_type),
                                               blog_row(p, &Post_type), user(REL(p, author)),
                                               category(REL(p, category))));
    }
    return array;
}
CASE_BY(related_two_steps, with_post_and_its)
{
    return QUERY(a, Comment, SelectRelated(P(Comment, post->author), P(Comment, post->category)),
                 Filter(W(Comment, id, lt, 30)), OrderBy(P(Comment, id)));
}

static json_t *with_all_and_count(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const CommentedPost *p = rows; p < (const CommentedPost *)rows + count; p++)
        json_array_append_new(array,
                              json_pack("[oooI]", blog_row(p, &Post_type), user(REL(p, author)),
                                        category(REL(p, category)), (json_int_t)p->comment_count));
    return array;
}
CASE_BY(related_annotated, with_all_and_count)
{
    return COMMENTED_QUERY(SelectRelated(P(CommentedPost, author), P(CommentedPost, category)),
                           Filter(W(CommentedPost, id, lt, 30)));
}

/* ---- prefetch -------------------------------------------------------------------------------- */

#define IDS_OF(list_, type_)                                                                       \
    __extension__({                                                                                \
        json_t *ids_ = json_array();                                                               \
        for (const type_ *r_ = (list_)->items; r_ < (list_)->items + (list_)->count; r_++)         \
            json_array_append_new(ids_, json_integer(r_->id));                                     \
        ids_;                                                                                      \
    })
#define MANY_OF(function_, type_, relation_, other_)                                               \
    static json_t *function_(const void *rows, size_t count)                                       \
    {                                                                                              \
        json_t *array = json_array();                                                              \
        for (const type_ *o = rows; o < (const type_ *)rows + count; o++)                          \
            json_array_append_new(array, json_pack("[Io]", (json_int_t)o->id,                      \
                                                   IDS_OF(MANY(o, relation_), other_)));           \
        return array;                                                                              \
    }
MANY_OF(with_comments, Post, comments, Comment)
MANY_OF(with_tags, Post, tags, Tag)
MANY_OF(with_posts, Tag, posts, Post)

#define BY_ID(R) QUERY(a, R, OrderBy(P(R, id)))

CASE_BY(prefetch, with_comments)
{
    return QUERY(a, Post, Prefetch(P(Post, comments), BY_ID(Comment)), Filter(W(Post, id, lt, 40)),
                 OrderBy(P(Post, id)));
}

/* Each comment knows its post, too. */
static json_t *with_times(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const Post *p = rows; p < (const Post *)rows + count; p++) {
        json_t *times = json_array();
        for (size_t i = 0; i < MANY(p, comments)->count; i++) {
            const Comment *c = &MANY(p, comments)->items[i];
            assert_ptr_equal(REL(c, post), p);
            json_array_append_new(times, blog_iso(c->created_at));
        }
        json_array_append_new(array, json_pack("[Io]", (json_int_t)p->id, times));
    }
    return array;
}
CASE_BY(prefetch_default_order, with_times)
{
    return QUERY(a, Post, Prefetch(P(Post, comments), NULL), Filter(W(Post, id, lt, 20)),
                 OrderBy(P(Post, id)));
}
CASE_BY(prefetch_filtered, with_comments)
{
    return QUERY(a, Post,
                 Prefetch(P(Post, comments),
                          QUERY(a, Comment, Filter(W(Comment, author_name, startswith, "reader2")),
                                OrderBy(DESC(Comment, id)))),
                 Filter(W(Post, id, lt, 40)), OrderBy(P(Post, id)));
}
CASE_BY(prefetch_m2m, with_tags)
{
    return QUERY(a, Post, Prefetch(P(Post, tags), NULL), Filter(W(Post, id, lt, 60)),
                 OrderBy(P(Post, id)));
}
CASE_BY(prefetch_m2m_filtered, with_tags)
{
    return QUERY(a, Post,
                 Prefetch(P(Post, tags),
                          QUERY(a, Tag, Filter(W(Tag, name, gt, "tag20")), OrderBy(DESC(Tag, id)))),
                 Filter(W(Post, id, lt, 60)), OrderBy(P(Post, id)));
}
CASE_BY(prefetch_backwards, with_posts)
{
    return QUERY(a, Tag,
                 Prefetch(P(Tag, posts),
                          QUERY(a, Post, Filter(W(Post, id, lt, 500)), OrderBy(P(Post, id)))),
                 OrderBy(P(Tag, id)));
}

static json_t *with_post(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const Comment *c = rows; c < (const Comment *)rows + count; c++)
        json_array_append_new(array, json_pack("[oo]", blog_row(c, &Comment_type),
                                               blog_row(REL(c, post), &Post_type)));
    return array;
}
CASE_BY(prefetch_fk, with_post)
{
    return QUERY(a, Comment, Prefetch(P(Comment, post), NULL), Filter(W(Comment, id, lt, 40)),
                 OrderBy(P(Comment, id)));
}
CASE_BY(prefetch_null_fk, with_category)
{
    return QUERY(a, Post, Prefetch(P(Post, category), NULL), Filter(W(Post, id, lt, 40)),
                 OrderBy(P(Post, id)));
}

static json_t *users_posts(const void *rows, size_t count, render_fn *render)
{
    json_t *array = json_array();
    for (const User *u = rows; u < (const User *)rows + count; u++)
        json_array_append_new(array,
                              json_pack("[Io]", (json_int_t)u->id,
                                        render(MANY(u, posts)->items, MANY(u, posts)->count)));
    return array;
}
static json_t *with_posts_comments(const void *rows, size_t count)
{
    return users_posts(rows, count, with_comments);
}
static json_t *with_posts_tags(const void *rows, size_t count)
{
    return users_posts(rows, count, with_tags);
}
CASE_BY(prefetch_nested, with_posts_comments)
{
    return QUERY(a, User, Prefetch(P(User, posts), BY_ID(Post)),
                 Prefetch(P(User, posts->comments), BY_ID(Comment)), Filter(W(User, id, lt, 15)),
                 OrderBy(P(User, id)));
}
CASE_BY(prefetch_nested_rows, with_posts_tags)
{
    return QUERY(a, User,
                 Prefetch(P(User, posts),
                          QUERY(a, Post, OrderBy(P(Post, id)), Prefetch(P(Post, tags), NULL))),
                 Filter(W(User, id, lt, 15)), OrderBy(P(User, id)));
}

static json_t *through_category(const void *rows, size_t count)
{
    json_t *array = json_array();
    for (const Post *p = rows; p < (const Post *)rows + count; p++) {
        const Category *c = REL(p, category);
        json_t *posts = c == NULL
                            ? json_null()
                            : json_pack("[[Io]]", (json_int_t)c->id, IDS_OF(MANY(c, posts), Post));
        json_array_append_new(array,
                              json_pack("[Ioo]", (json_int_t)p->id,
                                        c == NULL ? json_null() : json_integer(c->id), posts));
    }
    return array;
}
CASE_BY(prefetch_through_fk, through_category)
{
    return QUERY(a, Post, SelectRelated(P(Post, category)),
                 Prefetch(P(Post, category->posts),
                          QUERY(a, Post, Filter(W(Post, id, lt, 200)), OrderBy(P(Post, id)))),
                 Filter(W(Post, id, lt, 20)), OrderBy(P(Post, id)));
}
CASE_BY(prefetch_duplicates, with_tags)
{
    return QUERY(a, Post, Prefetch(P(Post, tags), BY_ID(Tag)),
                 Filter(BY_READER_7, W(Post, id, lt, 200)), OrderBy(P(Post, id)));
}
CASE_BY(prefetch_none, with_comments)
{
    return QUERY(a, Post,
                 Prefetch(P(Post, comments),
                          QUERY(a, Comment, Filter(W(Comment, id, in, NO_INTS)))),
                 Filter(W(Post, id, lt, 5)), OrderBy(P(Post, id)));
}
