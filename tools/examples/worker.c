/*
 * tools/examples/worker.c - a worker without a loop: it does one thing after another, and
 * the library's own thread does the waiting.
 *
 *     COVET_DSN="host=... dbname=blog" worker AUTHOR TITLE
 *
 * Writes a post with a first comment, reads both back, publishes the post, and deletes it
 * again with everything that hangs on it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "blog.h"

static int fail(const char *what, const covet_error *err)
{
    /* For a write, what has become of it decides whether it may be tried again. */
    fprintf(stderr, "%s: %s (%s, outcome %s)\n", what, err->message, covet_status_name(err->status),
            covet_outcome_name(err->outcome));
    return 1;
}

static int work(covet_db *db, covet_arena *arena, const char *author, const char *title)
{
    covet_error err;
    User *user;
    Post *post;
    Comment *comment;
    char slug[64];
    int64_t deleted = 0;
    if (COVET_GET(db, QUERY(arena, User, Filter(W(User, username, exact, author))), NULL, &user,
                  &err) != COVET_OK)
        return fail("author", &err);
    snprintf(slug, sizeof slug, "worker-%ld", (long)time(NULL));
    if (COVET_NEW(arena, Post, &post, &err, Give(Post, title, title), Give(Post, slug, slug),
                  Give(Post, content, "Written by a worker."),
                  Give(Post, author_id, user->id)) != COVET_OK ||
        covet_save_wait(db, post, NULL, &err) != COVET_OK)
        return fail("post", &err);
    if (COVET_NEW(arena, Comment, &comment, &err, Give(Comment, post_id, post->id),
                  Give(Comment, author_name, "worker"),
                  Give(Comment, content, "First!")) != COVET_OK ||
        covet_save_wait(db, comment, NULL, &err) != COVET_OK)
        return fail("comment", &err);
    post->is_published = true;
    if (covet_save_wait(db, post, NULL, &err) != COVET_OK)
        return fail("publish", &err);
    if (COVET_GET(db, blog_detail(arena, slug), NULL, &post, &err) != COVET_OK)
        return fail("read back", &err);
    printf("post %ld \"%s\" by %s, %zu comment\n", (long)post->id, post->title,
           REL(post, author)->username, MANY(post, comments)->count);
    if (covet_delete_wait(db, post, NULL, &deleted, &err) != COVET_OK)
        return fail("delete", &err);
    printf("%ld rows deleted\n", (long)deleted);
    return 0;
}

int main(int argc, char **argv)
{
    covet_error err;
    covet_db *db;
    covet_arena *arena;
    if (argc != 3)
        return fprintf(stderr, "usage: worker AUTHOR TITLE\n"), 2;
    if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = getenv("COVET_DSN")), &db, &err) !=
        COVET_OK)
        return fail("open", &err);
    int code = 1;
    if (covet_arena_new(0, &arena, &err) == COVET_OK) {
        code = work(db, arena, argv[1], argv[2]);
        covet_arena_free(arena);
    }
    covet_close_wait(db);
    return code;
}
