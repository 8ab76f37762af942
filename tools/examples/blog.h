/* tools/examples/blog.h - the guide's blog as models, on the tables that Django made. */
#ifndef COVET_EXAMPLES_BLOG_H
#define COVET_EXAMPLES_BLOG_H

#include <covet/orm/short.h>

#define USER(X, M)                                                                                 \
    X(M, Auto, id)                                                                                 \
    X(M, Char, username, .max_length = 150, .unique = true)                                        \
    X(M, Email, email)                                                                             \
    X(M, Boolean, is_active, .value = COVET_DEFAULT_BOOL(true))                                    \
    X(M, DateTime, date_joined, .auto_now_add = true)                                              \
    X(M, REV, posts, Post, author)

#define CATEGORY(X, M)                                                                             \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, name, .max_length = 100, .unique = true)                                            \
    X(M, Slug, slug, .unique = true)                                                               \
    X(M, DateTime, created_at, .auto_now_add = true)                                               \
    X(M, REV, posts, Post, category)

#define TAG(X, M)                                                                                  \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, name, .max_length = 50, .unique = true)

#define POST(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, title, .max_length = 200)                                                           \
    X(M, Slug, slug, .unique = true)                                                               \
    X(M, Text, content)                                                                            \
    X(M, FK, author, User, .on_delete = COVET_CASCADE)                                             \
    X(M, NullFK, category, Category, .on_delete = COVET_SET_NULL)                                  \
    X(M, M2M, tags, Tag, .db_table = "posts_tags")                                                 \
    X(M, REV, comments, Comment, post)                                                             \
    X(M, DateTime, created_at, .auto_now_add = true)                                               \
    X(M, DateTime, updated_at, .auto_now = true)                                                   \
    X(M, Boolean, is_published, .value = COVET_DEFAULT_BOOL(false))

#define COMMENT(X, M)                                                                              \
    X(M, BigAuto, id)                                                                              \
    X(M, FK, post, Post, .on_delete = COVET_CASCADE)                                               \
    X(M, Char, author_name, .max_length = 100)                                                     \
    X(M, Text, content)                                                                            \
    X(M, DateTime, created_at, .auto_now_add = true)

COVET_DECLARE(User, USER);
COVET_DECLARE(Category, CATEGORY);
COVET_DECLARE(Tag, TAG);
COVET_DECLARE(Post, POST);
COVET_DECLARE(Comment, COMMENT);

/* A post in a list: with the number of its comments. */
#define COUNTS(X, M) X(M, BigInteger, comment_count)
COVET_ROW(PostRow, Post, POST, COUNTS);

/* The guide's two views, as querysets in the arena. */
PostRow_qs *blog_list(covet_arena *arena);
Post_qs *blog_detail(covet_arena *arena, const char *slug);

/* "2026-01-01T00:37:00.000001+00:00", as Django's isoformat() writes it. */
const char *blog_iso(covet_arena *arena, covet_time time);

#endif
