/* tools/examples/first.c - the ten newest posts of a blog whose tables Django made. */
#include <stdio.h>
#include <stdlib.h>

#include <covet/orm/short.h>

#define USER(X, M)                                                                                 \
    X(M, Auto, id)                                                                                 \
    X(M, Char, username, .max_length = 150)

#define POST(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, title, .max_length = 200)                                                           \
    X(M, Boolean, is_published)                                                                    \
    X(M, DateTime, created_at)                                                                     \
    X(M, FK, author, User, .on_delete = COVET_CASCADE)                                             \
    X(M, REV, comments, Comment, post)

#define COMMENT(X, M)                                                                              \
    X(M, BigAuto, id)                                                                              \
    X(M, FK, post, Post, .on_delete = COVET_CASCADE)

#define COUNTS(X, M) X(M, BigInteger, comment_count)

COVET_DECLARE(User, USER);
COVET_DECLARE(Post, POST);
COVET_DECLARE(Comment, COMMENT);
COVET_ROW(PostRow, Post, POST, COUNTS); /* a post, and the number of its comments */

COVET_DEFINE(User, USER, .db_table = "auth_user");
COVET_DEFINE(Post, POST, .db_table = "posts");
COVET_DEFINE(Comment, COMMENT, .db_table = "comments");

static int list(covet_db *db, covet_arena *arena, covet_error *err)
{
    PostRow_rows posts = {0};
    PostRow_qs *newest = QUERY(arena, PostRow, Filter(W(PostRow, is_published, exact, true)),
                               SelectRelated(P(PostRow, author)),
                               Annotate(PostRow, comment_count, Count(PostRow, comments)),
                               OrderBy(DESC(PostRow, created_at), DESC(PostRow, id)), Limit(10));
    if (COVET_FETCH(db, newest, NULL, &posts, err) != COVET_OK)
        return 1;
    for (PostRow *p = posts.items; p < posts.items + posts.count; p++)
        printf("%s, by %s, %ld comments\n", p->title, REL(p, author)->username,
               (long)p->comment_count);
    return 0;
}

int main(void)
{
    covet_db *db = NULL;
    covet_arena *arena = NULL; /* rows live here */
    covet_error err = {0};
    int code = 1;
    if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = getenv("COVET_DSN")), &db, &err) ==
            COVET_OK &&
        covet_arena_new(0, &arena, &err) == COVET_OK)
        code = list(db, arena, &err);
    if (code != 0)
        fprintf(stderr, "first: %s\n", err.message);
    covet_arena_free(arena);
    covet_close_wait(db);
    return code;
}
