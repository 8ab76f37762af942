/*
 * tests/support/blog_models.h - the blog of tests/django as models: tables that Django has made.
 */
#ifndef COVET_TESTS_BLOG_MODELS_H
#define COVET_TESTS_BLOG_MODELS_H

#include <covet/orm/short.h>

#define USER(X, M)                                                                                 \
    X(M, Auto, id)                                                                                 \
    X(M, Char, password, .max_length = 128)                                                        \
    X(M, NullDateTime, last_login)                                                                 \
    X(M, Boolean, is_superuser, .value = COVET_DEFAULT_BOOL(false))                                \
    X(M, Char, username, .max_length = 150, .unique = true)                                        \
    X(M, Char, first_name, .max_length = 150)                                                      \
    X(M, Char, last_name, .max_length = 150)                                                       \
    X(M, Email, email)                                                                             \
    X(M, Boolean, is_staff, .value = COVET_DEFAULT_BOOL(false))                                    \
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
    X(M, Char, name, .max_length = 50, .unique = true)                                             \
    X(M, M2M, posts, Post, .db_table = "posts_tags")

#define POST(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, title, .max_length = 200)                                                           \
    X(M, Slug, slug, .unique = true)                                                               \
    X(M, Text, content)                                                                            \
    X(M, FK, author, User, .on_delete = COVET_CASCADE, .related_name = "posts")                    \
    X(M, NullFK, category, Category, .on_delete = COVET_SET_NULL, .related_name = "posts")         \
    X(M, M2M, tags, Tag, .db_table = "posts_tags", .related_name = "posts")                        \
    X(M, DateTime, created_at, .auto_now_add = true)                                               \
    X(M, DateTime, updated_at, .auto_now = true)                                                   \
    X(M, Boolean, is_published, .value = COVET_DEFAULT_BOOL(false))                                \
    X(M, REV, comments, Comment, post)

#define COMMENT(X, M)                                                                              \
    X(M, BigAuto, id)                                                                              \
    X(M, FK, post, Post, .on_delete = COVET_CASCADE, .related_name = "comments")                   \
    X(M, Char, author_name, .max_length = 100)                                                     \
    X(M, Text, content)                                                                            \
    X(M, DateTime, created_at, .auto_now_add = true)

COVET_DECLARE(User, USER);
COVET_DECLARE(Category, CATEGORY);
COVET_DECLARE(Tag, TAG);
COVET_DECLARE(Post, POST);
COVET_DECLARE(Comment, COMMENT);

#define POST_COUNTS(X, M)                                                                          \
    X(M, BigInteger, comment_count)                                                                \
    X(M, BigInteger, tag_count)
COVET_ROW(PostRow, Post, POST, POST_COUNTS);

#define USER_COUNTS(X, M) X(M, BigInteger, post_count)
COVET_ROW(UserRow, User, USER, USER_COUNTS);

#define CATEGORY_COUNTS(X, M) X(M, BigInteger, post_count)
COVET_ROW(CategoryRow, Category, CATEGORY, CATEGORY_COUNTS);

#define TAG_COUNTS(X, M) X(M, BigInteger, post_count)
COVET_ROW(TagRow, Tag, TAG, TAG_COUNTS);

#endif
