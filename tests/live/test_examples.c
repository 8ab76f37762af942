/*
 * tests/live/test_examples.c - the examples, on one database and on shards, say the same.
 *
 * The blog is the dump that the quickstart loads: Django made it (tools/data/make-blog).
 */
#include "support/cmocka_all.h"

#include "support/live.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20, AT_ONCE = 32 };

static live_cluster *cluster;
static char *said[8]; /* on one database, by example */

enum { FIRST, WORKER, EXPORT, EPOLL, PLAIN, LIST, DETAIL, COUNT };

/* ---- running programs ---------------------------------------------------------------------- */

/* What a command says on both outputs; it must end with the code. free() it. */
static char *output_of(int code, const char *command)
{
    char *text = calloc(1, TEXT_MAX);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    const size_t length = fread(text, 1, TEXT_MAX - 1, from);
    text[length] = '\0';
    const int status = pclose(from);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
        fail_msg("%s: status %d: %s", command, status, text);
    return text;
}

static void tool(const char *const *arguments)
{
    char *output = NULL;
    if (live_shardctl(arguments, &output) != 0)
        fail_msg("%s: %s", arguments[0], output);
    free(output);
}

#define TOOL(...) tool((const char *const[]){__VA_ARGS__, NULL})

/* ---- HTTP ------------------------------------------------------------------------------------ */

typedef struct service {
    pid_t pid;
    int port;
} service;

static service start_service(void)
{
    service s = {0};
    int out[2];
    char line[128] = "";
    assert_int_equal(pipe(out), 0);
    s.pid = fork();
    if (s.pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execl(COVET_EXAMPLES "/http", "http", "0", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *from = fdopen(out[0], "r");
    if (fgets(line, sizeof line, from) == NULL ||
        sscanf(line, "http://127.0.0.1:%d/posts", &s.port) != 1)
        fail_msg("the service says: %s", line);
    fclose(from);
    return s;
}

/* It must end well when it is asked to. */
static void stop_service(service s)
{
    int status;
    kill(s.pid, SIGTERM);
    assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int connect_to(service s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s.port)};
    const struct timeval patience = {.tv_sec = 30};
    const int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small,
               sizeof small); /* who does not read is soon full */
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* All that comes until the other end closes. free() it. */
static char *listen_to(int fd)
{
    char *text = calloc(1, TEXT_MAX);
    size_t length = 0;
    for (ssize_t got; (got = read(fd, text + length, TEXT_MAX - 1 - length)) > 0;)
        length += (size_t)got;
    close(fd);
    return text;
}

/* The answer's body, whose first line must hold `expected`. */
static char *get(service s, const char *request, const char *expected)
{
    const int fd = connect_to(s);
    say(fd, request);
    char *text = listen_to(fd);
    char *body = strstr(text, "\r\n\r\n");
    if (strstr(text, expected) == NULL || body == NULL)
        fail_msg("%s: %s", request, text);
    memmove(text, body + 4, strlen(body + 4) + 1);
    return text;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: blog\r\nConnection: close\r\n\r\n"

static size_t times_in(const char *text, const char *part)
{
    size_t times = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        times++;
    return times;
}

/* Requests of one client, sent at once, are answered in their order. */
static void requests_may_be_pipelined(service s)
{
    int fds[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++) {
        fds[i] = connect_to(s);
        say(fds[i], "GET /posts HTTP/1.1\r\nHost: b\r\n\r\nGET /posts/post-00043 HTTP/1.1\r\n"
                    "Host: b\r\n\r\n" GET("/nothing"));
    }
    for (int i = 0; i < AT_ONCE; i++) {
        char *text = listen_to(fds[i]);
        const char *list = strstr(text, "\"posts\""), *detail = strstr(text, "\"post\""),
                   *nothing = strstr(text, "404 Not Found");
        assert_int_equal(times_in(text, "HTTP/1.1 200 OK"), 2);
        assert_true(list != NULL && list < detail && detail < nothing);
        free(text);
    }
}

/* Some requests are with the servers then, and one answer with a client that does not read. */
static void it_stops_in_the_middle_of_its_work(service s)
{
    int fds[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++) {
        fds[i] = connect_to(s);
        for (int k = 0; k < (i == 0 ? 3000 : 20); k++)
            say(fds[i], "GET /posts HTTP/1.1\r\nHost: b\r\n\r\n");
    }
    /* Its answers have filled all buffers when nothing more arrives. */
    int queued = -1;
    for (int last = -2; queued != last || queued == 0; usleep(100 * 1000)) {
        last = queued;
        assert_int_equal(ioctl(fds[0], FIONREAD, &queued), 0);
    }
    stop_service(s);
    for (int i = 0; i < AT_ONCE; i++)
        close(fds[i]);
}

/* ---- the examples -------------------------------------------------------------------------- */

static void is_json(const char *text, const char *key, size_t count)
{
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    const json_t *inner = json_object_get(object, key);
    assert_int_equal(json_is_array(inner) ? json_array_size(inner) : json_object_size(inner),
                     count);
    json_decref(object);
}

static void run_all(char *ret[COUNT])
{
    ret[FIRST] = output_of(0, COVET_EXAMPLES "/first 2>&1");
    ret[WORKER] = output_of(0, COVET_EXAMPLES "/worker user0001 'A new post' 2>&1");
    ret[EPOLL] = output_of(0, "{ seq 1 2000 | sed '7s/.*/seven/; 9s/.*/99999999/' | " COVET_EXAMPLES
                              "/epoll 2>&1; echo \"status $?\"; } | sort");
    ret[EXPORT] = output_of(0, COVET_EXAMPLES "/export 2>&1");
    ret[PLAIN] = output_of(0, COVET_EXAMPLES "/plain 2>&1");
    const service s = start_service();
    ret[LIST] = get(s, GET("/posts"), "200 OK");
    ret[DETAIL] = get(s, GET("/posts/post-00043"), "200 OK");
    free(get(s, GET("/posts/no-such-post"), "404 Not Found"));
    free(get(s, "DELETE /posts HTTP/1.0\r\n\r\n", "405 Method Not Allowed"));
    requests_may_be_pipelined(s);
    stop_service(s);
    assert_int_equal(times_in(ret[FIRST], "\n"), 10);
    assert_int_equal(times_in(ret[FIRST], " comments\n"), 10);
    assert_int_equal(times_in(ret[WORKER], "\"A new post\" by user0001, 1 comment\n"), 1);
    assert_int_equal(times_in(ret[WORKER], "\n2 rows deleted\n"), 1);
    assert_int_equal(times_in(ret[EPOLL], "\n"), 2001);
    assert_int_equal(times_in(ret[EPOLL], "status 1\n"), 1);
    assert_int_equal(times_in(ret[EPOLL], "\"seven\" is no id\n"), 1);
    assert_int_equal(times_in(ret[EPOLL], "99999999\t-\n"), 1);
    assert_int_equal(times_in(ret[PLAIN], "\n"), 5);
    assert_true(times_in(ret[EXPORT], "\n") > 1000);
    assert_int_equal(strncmp(ret[EXPORT], "1\t", 2), 0);
    is_json(ret[LIST], "posts", 10);
    is_json(ret[DETAIL], "post", 7);
}

static void one_database(void **state)
{
    (void)state;
    run_all(said);
}

static void shards(void **state)
{
    char *now[COUNT];
    (void)state;
    TOOL("reference", "auth_user", "categories", "tags", "--catalog", live_catalog(cluster));
    TOOL("distribute", "posts", "--key", "id", "--unique-per-shard", "slug", "--with",
         "comments:post_id", "--with", "posts_tags:post_id", "--catalog", live_catalog(cluster));
    run_all(now);
    it_stops_in_the_middle_of_its_work(start_service());
    for (int i = 0; i < COUNT; i++) {
        if (i != WORKER) /* whose post has another id */
            assert_string_equal(now[i], said[i]);
        free(now[i]);
        free(said[i]);
    }
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    setenv("COVET_DSN", "host=127.0.0.1 port=1 user=covet dbname=covet", 1);
    char *text = output_of(1, COVET_EXAMPLES "/first 2>&1");
    assert_contains(text, "127.0.0.1");
    free(text);
    setenv("COVET_DSN", live_catalog(cluster), 1);
    text = output_of(1, COVET_EXAMPLES "/worker nobody title 2>&1");
    assert_contains(text, "author: ");
    free(text);
}

static int set_up(void **state)
{
    (void)state;
    cluster = live_up(4, 0, (const char *const[]){"--shards", "128", NULL});
    setenv("COVET_DSN", live_catalog(cluster), 1);
    free(output_of(0, "zstd -q -d -c '" COVET_DATA "/blog.sql.zst' | psql -X -q -w -v "
                      "ON_ERROR_STOP=1 -o /dev/null \"$COVET_DSN\" 2>&1"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    live_down(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_database),
        cmocka_unit_test(shards),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
