#include <stdio.h>
#include <string.h>
#include <time.h>

#include "blog.h"

COVET_DEFINE(User, USER, .db_table = "auth_user");
COVET_DEFINE(Category, CATEGORY, .db_table = "categories", .ordering = COVET_NAMES("name"));
COVET_DEFINE(Tag, TAG, .db_table = "tags", .ordering = COVET_NAMES("name"));
COVET_DEFINE(Post, POST, .db_table = "posts", .ordering = COVET_NAMES("-created_at"));
COVET_DEFINE(Comment, COMMENT, .db_table = "comments", .ordering = COVET_NAMES("created_at"));

PostRow_qs *blog_list(covet_arena *arena)
{
    return QUERY(arena, PostRow, Filter(W(PostRow, is_published, exact, true)),
                 SelectRelated(P(PostRow, author), P(PostRow, category)),
                 Annotate(PostRow, comment_count, Count(PostRow, comments)),
                 OrderBy(DESC(PostRow, created_at), DESC(PostRow, id)), Limit(10));
}

Post_qs *blog_detail(covet_arena *arena, const char *slug)
{
    Comment_qs *comments = QUERY(arena, Comment, OrderBy(P(Comment, created_at), P(Comment, id)));
    return QUERY(arena, Post,
                 Filter(W(Post, slug, exact, slug), W(Post, is_published, exact, true)),
                 SelectRelated(P(Post, author), P(Post, category)),
                 Prefetch(P(Post, comments), comments));
}

const char *blog_iso(covet_arena *arena, covet_time time)
{
    const time_t seconds = (time_t)(time.usec / 1000000);
    const int micro = (int)(time.usec % 1000000);
    struct tm tm;
    char text[64];
    gmtime_r(&seconds, &tm);
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (micro != 0)
        length += (size_t)snprintf(text + length, sizeof text - length, ".%06d", micro);
    snprintf(text + length, sizeof text - length, "+00:00");
    return covet_arena_copy(arena, text, strlen(text));
}
