/* tests/live/parity_conditions.c - which rows: lookups, joins, NOT (tests/support/parity.h). */
#include "support/cmocka_all.h"

#include "support/parity.h"

/* Midnight of a day of 2026, UTC. */
static covet_time day(int month, int of_month)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    return (covet_time){(INT64_C(20454) + before[month - 1] + of_month - 1) * 86400 * 1000000};
}
/* ---- lookups --------------------------------------------------------------------------------- */

CASE(exact_int, ROWS) { return QUERY(a, Post, Filter(W(Post, id, exact, 42))); }
CASE(exact_text, ROWS) { return QUERY(a, Post, Filter(W(Post, slug, exact, "post-00042"))); }
CASE(exact_quotes, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, title, exact, "O'Brien")), OrderBy(P(Post, id)));
}
CASE(bool_true, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, is_published, exact, true)), OrderBy(P(Post, id)),
                 Limit(20));
}
CASE(bool_false, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, is_published, exact, false)), OrderBy(DESC(Post, id)),
                 Limit(20));
}
CASE(iexact, ROWS) { return QUERY(a, Post, Filter(W(Post, slug, iexact, "POST-00042"))); }
CASE(iexact_special, BAG)
{
    return QUERY(a, User, Filter(W(User, first_name, iexact, "100%")), Limit(2000));
}
#define BY_TITLE(lookup, text)                                                                     \
    QUERY(a, Post, Filter(W(Post, title, lookup, text)), OrderBy(P(Post, id)), Limit(50))
CASE(contains_percent, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, title, contains, "100% 100%")), OrderBy(P(Post, id)));
}
CASE(contains_underscore, ROWS) { return BY_TITLE(contains, "under_score u"); }
CASE(contains_backslash, ROWS) { return BY_TITLE(contains, "back\\slash back"); }
CASE(contains_case, COUNT) { return QUERY(a, Post, Filter(W(Post, title, contains, "CAFÉ"))); }
CASE(icontains, ROWS) { return BY_TITLE(icontains, "CAFÉ ledger"); }
CASE(startswith, ROWS) { return BY_TITLE(startswith, "Ünïcode 日本"); }
CASE(istartswith, ROWS) { return BY_TITLE(istartswith, "NAÏVE shard"); }
CASE(endswith, ROWS) { return BY_TITLE(endswith, "\\slash"); }
CASE(iendswith, ROWS) { return BY_TITLE(iendswith, "QUORUM"); }
CASE(gt_lt, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, id, gt, 10), W(Post, id, lt, 20)), OrderBy(P(Post, id)));
}
CASE(gte_lte, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, id, gte, 10), W(Post, id, lte, 20)), OrderBy(P(Post, id)));
}
CASE(gte_float, ROWS)
{
    return QUERY(a, Post, Filter(Kw("id__gte", 9.5), Kw("id__lt", 12.5)), OrderBy(P(Post, id)));
}
CASE(time_between, ROWS)
{
    return QUERY(a, Post,
                 Filter(W(Post, created_at, gte, day(2, 1)), W(Post, created_at, lt, day(2, 2))),
                 OrderBy(P(Post, created_at), P(Post, id)));
}
CASE(in_ints, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, id, in, INTS(5, 3, 99999999, 3))), OrderBy(P(Post, id)));
}
CASE(in_texts, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, slug, in, TEXTS("post-00001", "post-00002", "no"))),
                 OrderBy(P(Post, id)));
}
CASE(in_null_dropped, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, slug, in, TEXTS(NULL, "post-00001"))));
}
CASE(in_empty, ROWS) { return QUERY(a, Post, Filter(W(Post, id, in, NO_INTS))); }
CASE(in_empty_or, ROWS)
{
    return QUERY(a, Post, Filter(OR(W(Post, id, in, NO_INTS), W(Post, id, exact, 7))));
}
CASE(exclude_in_empty, COUNT) { return QUERY(a, Post, Exclude(W(Post, id, in, NO_INTS))); }
CASE(range_ints, ROWS)
{
    return QUERY(a, Post, Filter(WRange(Post, id, 10, 12)), OrderBy(P(Post, id)));
}
CASE(range_texts, ROWS) { return QUERY(a, Tag, Filter(WRange(Tag, name, "tag10", "tag19"))); }
CASE(range_times, COUNT)
{
    return QUERY(a, Post, Filter(WRange(Post, created_at, day(3, 1), day(4, 1))));
}
CASE(isnull_true, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, category, isnull, true)), OrderBy(P(Post, id)), Limit(20));
}
CASE(isnull_false, COUNT) { return QUERY(a, Post, Filter(W(Post, category, isnull, false))); }
CASE(exact_none, COUNT) { return QUERY(a, Post, Filter(W(Post, category, exact, covet_null()))); }
CASE(last_login_none, COUNT)
{
    return QUERY(a, User, Filter(W(User, last_login, exact, covet_null())));
}

/* ---- foreign keys ---------------------------------------------------------------------------- */

#define POSTS_WHERE(...) QUERY(a, Post, Filter(__VA_ARGS__), OrderBy(P(Post, id)))

CASE(fk_value, ROWS) { return POSTS_WHERE(W(Post, author, exact, 7)); }
CASE(fk_column, ROWS) { return POSTS_WHERE(W(Post, author_id, exact, 7)); }
CASE(fk_id, ROWS) { return POSTS_WHERE(W(Post, author->id, exact, 7)); }
CASE(fk_pk, ROWS) { return POSTS_WHERE(Kw("author__pk", 7)); }
CASE(fk_in, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, category, in, INTS(1, 2))), OrderBy(P(Post, id)),
                 Limit(30));
}
CASE(fk_path, ROWS) { return POSTS_WHERE(W(Post, author->username, exact, "user0007")); }
CASE(fk_two_steps, ROWS)
{
    return QUERY(a, Comment, Filter(W(Comment, post->author->username, exact, "user0007")),
                 OrderBy(P(Comment, id)));
}
CASE(fk_null_step, BAG)
{
    return QUERY(a, Comment,
                 Filter(W(Comment, post->category->name, exact, "Category 03"),
                        W(Comment, post->author->is_active, exact, false)));
}
CASE(fk_isnull_step, COUNT)
{
    return QUERY(a, Comment, Filter(W(Comment, post->category, isnull, true)));
}

/* ---- relations to many ----------------------------------------------------------------------- */

#define ON_CAFE W(Post, comments->content, contains, "café")
#define TAG_07  W(Post, tags->name, exact, "tag07")

CASE(many_one_filter, BAG) { return QUERY(a, Post, Filter(BY_READER_7, ON_CAFE)); }
CASE(many_two_filters, BAG)
{
    return QUERY(a, Post, Filter(BY_READER_7),
                 Filter(W(Post, comments->content, contains, "café café")));
}
CASE(many_duplicates, BAG) { return QUERY(a, Post, Filter(W(Post, comments->post, exact, 3))); }
CASE(many_in_count, COUNT)
{
    return QUERY(a, Post, Filter(W(Post, comments->author_name, in, TEXTS("reader1", "reader2"))));
}
CASE(many_isnull, BAG)
{
    return QUERY(a, Post, Filter(W(Post, comments, isnull, true), W(Post, id, lt, 9000)));
}
CASE(many_not_null, COUNT) { return QUERY(a, Post, Filter(W(Post, comments, isnull, false))); }
CASE(m2m_name, ROWS) { return QUERY(a, Post, Filter(TAG_07), OrderBy(P(Post, id)), Limit(40)); }
CASE(m2m_value, ROWS)
{
    return QUERY(a, Post, Filter(W(Post, tags, exact, 7)), OrderBy(P(Post, id)), Limit(40));
}
CASE(m2m_one_filter, ROWS) { return QUERY(a, Post, Filter(TAG_07, W(Post, tags->id, exact, 8))); }
CASE(m2m_two_filters, ROWS)
{
    return QUERY(a, Post, Filter(TAG_07), Filter(W(Post, tags->name, exact, "tag08")),
                 OrderBy(P(Post, id)));
}
CASE(m2m_isnull, COUNT) { return QUERY(a, Post, Filter(W(Post, tags, isnull, true))); }
CASE(m2m_backwards, ROWS)
{
    return QUERY(a, Tag, Filter(W(Tag, posts->slug, exact, "post-00042")));
}
CASE(user_posts_comments, BAG)
{
    return QUERY(a, User,
                 Filter(W(User, posts->comments->author_name, exact, "reader3"),
                        W(User, posts->is_published, exact, true)));
}

/* ---- OR, AND, NOT ---------------------------------------------------------------------------- */

CASE(or_nullable, ROWS)
{
    return POSTS_WHERE(OR(CATEGORY_IS("Category 01"), W(Post, title, startswith, "O'Brien O")));
}
CASE(or_same_relation, ROWS)
{
    return QUERY(a, Post,
                 Filter(
                     OR(CATEGORY_IS("Category 01"), W(Post, category->slug, exact, "category-02"))),
                 OrderBy(P(Post, id)), Limit(60));
}
CASE(or_many, BAG)
{
    return QUERY(a, Post,
                 Filter(OR(W(Post, comments->author_name, exact, "reader9"),
                           W(Post, slug, exact, "post-09999"))));
}
CASE(or_isnull, COUNT)
{
    return QUERY(a, Post, Filter(OR(W(Post, category, isnull, true), CATEGORY_IS("Category 01"))));
}
CASE(or_then_and, ROWS)
{
    return QUERY(a, Post, Filter(OR(CATEGORY_IS("Category 01"), W(Post, id, lt, 50))),
                 Filter(W(Post, category->slug, startswith, "category-0")), OrderBy(P(Post, id)));
}
CASE(or_and_or, COUNT)
{
    return QUERY(
        a, Post,
        Filter(OR(W(Post, author->username, exact, "user0001"), CATEGORY_IS("Category 05")),
               OR(W(Post, is_published, exact, true), W(Post, tags->name, exact, "tag01"))));
}
CASE(not_not, COUNT) { return QUERY(a, Post, Filter(NOT(NOT(W(Post, category, exact, 3))))); }
CASE(not_or, COUNT)
{
    return QUERY(a, Post, Filter(NOT(OR(W(Post, category, exact, 3), W(Post, author, exact, 5)))));
}
CASE(or_not, ROWS)
{
    return POSTS_WHERE(OR(NOT(CATEGORY_IS("Category 01")), W(Post, id, exact, 1)),
                       W(Post, id, lt, 60));
}
CASE(not_and_not, COUNT)
{
    return QUERY(a, Post,
                 Filter(NOT(CATEGORY_IS("Category 01")), NOT(W(Post, tags->name, exact, "tag01"))));
}
CASE(empty_filter, COUNT)
{
    const covet_q nothing = {.op = COVET_Q_AND, .kids = (const covet_q[]){{.op = COVET_Q_END}}};
    return covet_qs_filter((const covet_qs *)COVET_ALL_OF(a, Post), &nothing);
}

/* ---- exclude --------------------------------------------------------------------------------- */

CASE(exclude_text, COUNT) { return QUERY(a, Post, Exclude(W(Post, title, contains, "café"))); }
CASE(exclude_nullable, COUNT) { return QUERY(a, Post, Exclude(W(Post, category, exact, 3))); }
CASE(exclude_nullable_path, COUNT) { return QUERY(a, Post, Exclude(CATEGORY_IS("Category 03"))); }
CASE(exclude_two, COUNT)
{
    return QUERY(a, Post, Exclude(W(Post, category, exact, 3), W(Post, is_published, exact, true)));
}
CASE(exclude_isnull, COUNT) { return QUERY(a, Post, Exclude(W(Post, category, isnull, true))); }
CASE(exclude_gt_nullable, COUNT)
{
    return QUERY(a, User, Exclude(W(User, last_login, gt, day(1, 1))));
}
CASE(exclude_many, COUNT) { return QUERY(a, Post, Exclude(BY_READER_7)); }
CASE(exclude_many_two, COUNT) { return QUERY(a, Post, Exclude(BY_READER_7, ON_CAFE)); }
CASE(exclude_many_twice, COUNT) { return QUERY(a, Post, Exclude(BY_READER_7), Exclude(TAG_07)); }
CASE(exclude_m2m, COUNT) { return QUERY(a, Post, Exclude(TAG_07)); }
CASE(exclude_m2m_value, COUNT) { return QUERY(a, Post, Exclude(W(Post, tags, exact, 7))); }
CASE(exclude_m2m_isnull, COUNT) { return QUERY(a, Post, Exclude(W(Post, tags, isnull, true))); }
CASE(exclude_many_isnull, COUNT)
{
    return QUERY(a, Post, Exclude(W(Post, comments, isnull, true)));
}
CASE(exclude_many_not_null, COUNT)
{
    return QUERY(a, Post, Exclude(W(Post, comments, isnull, false)));
}
CASE(exclude_many_in_empty, COUNT)
{
    return QUERY(a, Post, Exclude(W(Post, comments->id, in, NO_INTS)));
}
CASE(exclude_through_fk, COUNT)
{
    return QUERY(a, Comment, Exclude(W(Comment, post->tags->name, exact, "tag07")));
}
CASE(exclude_through_null_fk, COUNT)
{
    return QUERY(a, Post, Exclude(W(Post, category->posts->slug, exact, "post-00001")));
}
CASE(exclude_through_null_fk_isnull, COUNT)
{
    return QUERY(a, Post, Exclude(W(Post, category->posts->tags, isnull, true)));
}
CASE(exclude_two_steps, COUNT)
{
    return QUERY(a, User, Exclude(W(User, posts->comments->author_name, exact, "reader3")));
}
CASE(exclude_backwards, ROWS)
{
    return QUERY(a, Tag, Exclude(W(Tag, posts->author->username, exact, "user0007")));
}
CASE(filter_and_not_same_row, COUNT) { return QUERY(a, Post, Filter(BY_READER_7, NOT(ON_CAFE))); }
CASE(filter_and_not_same_tag, COUNT)
{
    return QUERY(a, Post,
                 Filter(W(Post, tags->id, gt, 25), NOT(W(Post, tags->name, exact, "tag40"))));
}
CASE(not_then_filter, COUNT) { return QUERY(a, Post, Filter(NOT(ON_CAFE), BY_READER_7)); }
CASE(filter_then_exclude, COUNT) { return QUERY(a, Post, Filter(BY_READER_7), Exclude(ON_CAFE)); }
