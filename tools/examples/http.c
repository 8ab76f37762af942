/*
 * tools/examples/http.c - the blog's two views as a JSON service, on the caller's loop.
 *
 *     COVET_DSN="host=... dbname=blog" http PORT
 *
 *     GET /posts           the ten newest posts, with authors, categories, comment counts
 *     GET /posts/SLUG      one post with its comments
 *
 * One libuv loop carries the sockets of the clients and libcovet's connections. HTTP is
 * parsed by http-parser, JSON written by Jansson; each client has an arena that is used
 * again for every request, and requests of one client are answered in their order.
 */
#include <http_parser.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "blog.h"

enum { READ_SIZE = 16 * 1024, URL_SIZE = 512, BACKLOG = 511 };

typedef struct client {
    uv_tcp_t tcp;
    http_parser parser;
    covet_arena *arena;
    char url[URL_SIZE];
    size_t url_length;
    bool busy;    /* a request is being answered: reading waits */
    bool closing; /* no more answers */
    bool closed;  /* the socket: freed when no answer is under way either */
    bool keep;
    char input[READ_SIZE];
    size_t input_used, input_length; /* what has not been parsed yet */
} client;

typedef struct answer {
    uv_write_t request;
    client *to;
    char *text;
} answer;

static covet_db *db;

static void parse(client *c);
static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer);
static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer);

/* ---- the end of a client ------------------------------------------------------------------- */

/* The answer may end before the socket is closed, or behind it. */
static void forget(client *c)
{
    if (c->busy || !c->closed)
        return;
    covet_arena_free(c->arena);
    free(c);
}

static void on_closed(uv_handle_t *handle)
{
    client *c = handle->data;
    c->closed = true;
    forget(c);
}

static void hang_up(client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* ---- answering ------------------------------------------------------------------------------- */

static void on_written(uv_write_t *request, int status)
{
    answer *a = (answer *)request;
    client *c = a->to;
    free(a->text);
    free(a);
    c->busy = false;
    if (c->closing) {
        forget(c);
        return;
    }
    if (status != 0 || !c->keep) {
        hang_up(c);
        return;
    }
    covet_arena_reset(c->arena);
    parse(c);
}

static void reply(client *c, int code, const char *reason, json_t *body)
{
    char *json = json_dumps(body, JSON_COMPACT);
    answer *a = malloc(sizeof *a);
    json_decref(body);
    const size_t size = json != NULL ? strlen(json) + 256 : 0;
    if (c->closing || a == NULL || json == NULL || (a->text = malloc(size)) == NULL) {
        free(json);
        free(a);
        c->busy = false;
        if (c->closing)
            forget(c);
        else
            hang_up(c);
        return;
    }
    a->to = c;
    const int length = snprintf(a->text, size,
                                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
                                "Content-Length: %zu\r\nConnection: %s\r\n\r\n%s",
                                code, reason, strlen(json), c->keep ? "keep-alive" : "close", json);
    free(json);
    const uv_buf_t buffer = uv_buf_init(a->text, (unsigned)length);
    if (uv_write(&a->request, (uv_stream_t *)&c->tcp, &buffer, 1, on_written) != 0)
        on_written(&a->request, UV_EPIPE);
}

static void reply_error(client *c, int code, const char *reason, const char *message)
{
    reply(c, code, reason, json_pack("{s:s}", "error", message));
}

/* What went wrong is the operator's to read, not the reader's. */
static void reply_failure(client *c, const covet_error *err)
{
    fprintf(stderr, "http: %s\n", err->message);
    if (covet_status_is_transient(err->status))
        reply_error(c, 503, "Service Unavailable", "try again");
    else
        reply_error(c, 500, "Internal Server Error", "the service failed");
}

/* ---- the views ------------------------------------------------------------------------------- */

static void on_list(covet_op *op, covet_status status, void *user)
{
    client *c = user;
    if (status != COVET_OK) {
        reply_failure(c, covet_op_error(op));
        return;
    }
    const PostRow_rows posts = COVET_OP_ROWS(op, PostRow);
    json_t *list = json_array();
    for (PostRow *p = posts.items; p < posts.items + posts.count; p++) {
        const Category *category = REL(p, category);
        json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s?, s:I, s:s}", "id",
                                              (json_int_t)p->id, "title", p->title, "slug", p->slug,
                                              "author", REL(p, author)->username, "category",
                                              category != NULL ? category->name : NULL,
                                              "comment_count", (json_int_t)p->comment_count,
                                              "created_at", blog_iso(c->arena, p->created_at)));
    }
    reply(c, 200, "OK", json_pack("{s:o}", "posts", list));
}

static json_t *comments_of(client *c, const Post *post)
{
    json_t *list = json_array();
    for (size_t i = 0; i < MANY(post, comments)->count; i++) {
        const Comment *m = &MANY(post, comments)->items[i];
        json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)m->id,
                                              "author_name", m->author_name, "content", m->content,
                                              "created_at", blog_iso(c->arena, m->created_at)));
    }
    return list;
}

static void on_detail(covet_op *op, covet_status status, void *user)
{
    client *c = user;
    if (status == COVET_ENOTFOUND) {
        reply_error(c, 404, "Not Found", "Post not found");
        return;
    }
    if (status != COVET_OK) {
        reply_failure(c, covet_op_error(op));
        return;
    }
    const Post *p = COVET_OP_ROWS(op, Post).items;
    const User *author = REL(p, author);
    const Category *category = REL(p, category);
    reply(c, 200, "OK",
          json_pack("{s:{s:I, s:s, s:s, s:{s:I, s:s, s:s}, s:s?, s:o, s:s}}", "post", "id",
                    (json_int_t)p->id, "title", p->title, "content", p->content, "author", "id",
                    (json_int_t)author->id, "username", author->username, "email", author->email,
                    "category", category != NULL ? category->name : NULL, "comments",
                    comments_of(c, p), "created_at", blog_iso(c->arena, p->created_at)));
}

static void serve(client *c)
{
    covet_error err;
    covet_status status;
    if (c->parser.method != HTTP_GET) {
        reply_error(c, 405, "Method Not Allowed", "only GET");
        return;
    }
    if (strcmp(c->url, "/posts") == 0) {
        status =
            covet_qs_all(db, (const covet_qs *)blog_list(c->arena), NULL, NULL, &err, on_list, c);
    } else if (strncmp(c->url, "/posts/", 7) == 0 && c->url[7] != '\0') {
        const covet_qs *detail = (const covet_qs *)blog_detail(c->arena, c->url + 7);
        status = covet_qs_get(db, detail, NULL, NULL, &err, on_detail, c);
    } else {
        reply_error(c, 404, "Not Found", "there is /posts and /posts/SLUG");
        return;
    }
    if (status != COVET_OK) /* then it will not call back */
        reply_failure(c, &err);
}

/* ---- HTTP ---------------------------------------------------------------------------------- */

static int on_begin(http_parser *parser)
{
    client *c = parser->data;
    c->url_length = 0;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t length)
{
    client *c = parser->data;
    if (c->url_length + length >= URL_SIZE)
        return 1;
    memcpy(c->url + c->url_length, at, length);
    c->url_length += length;
    c->url[c->url_length] = '\0';
    return 0;
}

static int on_complete(http_parser *parser)
{
    client *c = parser->data;
    c->busy = true;
    c->keep = http_should_keep_alive(parser) != 0;
    http_parser_pause(parser, 1); /* the next request waits for this one's answer */
    return 0;
}

static void parse(client *c)
{
    static const http_parser_settings settings = {.on_message_begin = on_begin,
                                                  .on_url = on_url,
                                                  .on_message_complete = on_complete};
    if (HTTP_PARSER_ERRNO(&c->parser) == HPE_PAUSED)
        http_parser_pause(&c->parser, 0);
    const size_t left = c->input_length - c->input_used;
    if (left == 0) {
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
        return;
    }
    c->input_used += http_parser_execute(&c->parser, &settings, c->input + c->input_used, left);
    const enum http_errno error = HTTP_PARSER_ERRNO(&c->parser);
    if (c->busy) {
        uv_read_stop((uv_stream_t *)&c->tcp);
        serve(c);
    } else if (error != HPE_OK || c->parser.upgrade) {
        hang_up(c);
    } else {
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    client *c = handle->data;
    (void)size;
    *buffer = uv_buf_init(c->input, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    client *c = stream->data;
    (void)buffer;
    if (length == 0)
        return;
    if (length < 0) {
        hang_up(c);
        return;
    }
    c->input_used = 0;
    c->input_length = (size_t)length;
    parse(c);
}

static void on_connection(uv_stream_t *server, int status)
{
    client *c = status == 0 ? calloc(1, sizeof *c) : NULL;
    if (c == NULL)
        return;
    uv_tcp_init(server->loop, &c->tcp);
    c->tcp.data = c;
    c->parser.data = c;
    http_parser_init(&c->parser, HTTP_REQUEST);
    if (uv_accept(server, (uv_stream_t *)&c->tcp) != 0 ||
        covet_arena_new(64 << 20, &c->arena, NULL) != COVET_OK)
        hang_up(c);
    else
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

/* ---- the service --------------------------------------------------------------------------- */

static uv_loop_t loop;
static uv_tcp_t listener;
static uv_signal_t signals[2];
static int exit_code;

static void close_clients(uv_handle_t *handle, void *user)
{
    (void)user;
    if (handle->type == UV_TCP && handle != (uv_handle_t *)&listener && !uv_is_closing(handle))
        hang_up(handle->data);
}

static void stop(void)
{
    if (uv_is_closing((uv_handle_t *)&listener))
        return;
    uv_close((uv_handle_t *)&listener, NULL);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&signals[i], NULL);
    covet_close(db, NULL, NULL); /* every request is answered first, if only with an error */
    uv_walk(&loop, close_clients, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
    stop();
}

static void on_open(covet_db *opened, covet_status status, const covet_error *err, void *user)
{
    (void)opened;
    (void)user;
    if (status == COVET_OK)
        return;
    fprintf(stderr, "http: %s\n", err->message);
    exit_code = 1;
    stop();
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    covet_error err;
    if (argc != 2 || uv_ip4_addr("127.0.0.1", atoi(argv[1]), &address) != 0)
        return fprintf(stderr, "usage: http PORT\n"), 2;
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    uv_tcp_init(&loop, &listener);
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&loop, &signals[i]);
        uv_signal_start(&signals[i], on_signal, i == 0 ? SIGINT : SIGTERM);
    }
    if (covet_open(COVET_OPTS(covet_db_opts, .dsn = getenv("COVET_DSN"), .loop = &loop), &db, &err,
                   on_open, NULL) != COVET_OK)
        return fprintf(stderr, "http: %s\n", err.message), 1;
    const int rc = uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0) != 0
                       ? UV_EADDRINUSE
                       : uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection);
    if (rc != 0) {
        fprintf(stderr, "http: port %s: %s\n", argv[1], uv_strerror(rc));
        exit_code = 1;
        stop();
    } else {
        struct sockaddr_in bound;
        int length = sizeof bound;
        uv_tcp_getsockname(&listener, (struct sockaddr *)&bound, &length);
        printf("http://127.0.0.1:%d/posts\n", ntohs(bound.sin_port));
        fflush(stdout);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return exit_code;
}
