/*
 * tools/examples/epoll.c - a service on its own epoll loop, which drives the library.
 *
 *     COVET_DSN="host=... dbname=blog" epoll
 *
 * Reads post ids from standard input, one a line, and writes "id<TAB>title" for each, in
 * the order in which the answers come. The library is one more descriptor among those
 * that the loop watches: covet_fd says when there is something to do, covet_timeout_ms
 * how long the loop may sleep.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <covet/covet.h>

enum { LINE_SIZE = 64, IN_FLIGHT_MAX = 1000 };

static covet_db *db;
static unsigned in_flight;
static int failures;

static void on_title(covet_op *op, covet_status status, void *user)
{
    const long id = (long)(intptr_t)user;
    in_flight--;
    if (status != COVET_OK) {
        fprintf(stderr, "%ld: %s\n", id, covet_op_error(op)->message);
        failures++;
    } else if (covet_result_rows(covet_op_result(op)) == 0) {
        printf("%ld\t-\n", id);
    } else {
        printf("%ld\t%s\n", id, covet_result_text(covet_op_result(op), 0, 0));
    }
}

static void ask(const char *line)
{
    char *end;
    covet_error err;
    errno = 0;
    const long id = strtol(line, &end, 10);
    if (end == line || *end != '\0' || errno != 0) {
        fprintf(stderr, "\"%s\" is no id\n", line);
        failures++;
        return;
    }
    if (covet_query(db, COVET_SQL("SELECT title FROM posts WHERE id = $1", covet_int(id)), NULL,
                    NULL, &err, on_title, (void *)(intptr_t)id) != COVET_OK) {
        fprintf(stderr, "%ld: %s\n", id, err.message);
        failures++;
        return;
    }
    in_flight++;
}

/* Lines may come in pieces. False at the end of the input. */
static bool read_lines(void)
{
    static char line[LINE_SIZE];
    static size_t length;
    char piece[4096];
    const ssize_t got = read(STDIN_FILENO, piece, sizeof piece);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    for (ssize_t i = 0; i < got; i++) {
        if (piece[i] != '\n' && length + 1 < LINE_SIZE) {
            line[length++] = piece[i];
        } else if (piece[i] == '\n') {
            line[length] = '\0';
            length = 0;
            ask(line);
        }
    }
    return got > 0;
}

static void on_open(covet_db *opened, covet_status status, const covet_error *err, void *user)
{
    (void)opened;
    if (status != COVET_OK) {
        fprintf(stderr, "%s\n", err->message);
        *(bool *)user = true;
    }
}

static void set_true(void *user) { *(bool *)user = true; }

/* Nothing is read while enough is under way: what waits in the pipe waits there. */
static void watch_input(int loop, bool wanted)
{
    static bool watched = true;
    if (wanted == watched)
        return;
    struct epoll_event input = {.events = wanted ? EPOLLIN : 0, .data.fd = STDIN_FILENO};
    epoll_ctl(loop, EPOLL_CTL_MOD, STDIN_FILENO, &input);
    watched = wanted;
}

int main(void)
{
    covet_error err;
    bool failed = false, closed = false, more = true;
    const int loop = epoll_create1(EPOLL_CLOEXEC);
    if (covet_open(COVET_OPTS(covet_db_opts, .dsn = getenv("COVET_DSN"), .driven = true), &db, &err,
                   on_open, &failed) != COVET_OK)
        return fprintf(stderr, "%s\n", err.message), 1;
    struct epoll_event library = {.events = EPOLLIN, .data.fd = covet_fd(db)};
    epoll_ctl(loop, EPOLL_CTL_ADD, covet_fd(db), &library);
    struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
    /* A file is always readable, and epoll does not take it. */
    const bool is_file = epoll_ctl(loop, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0;
    while (!failed && (more || in_flight > 0)) {
        struct epoll_event events[2];
        const bool reads = more && in_flight < IN_FLIGHT_MAX;
        if (!is_file)
            watch_input(loop, reads);
        const int n = epoll_wait(loop, events, 2, is_file && reads ? 0 : covet_timeout_ms(db));
        bool ready = is_file;
        for (int i = 0; i < n; i++)
            ready |= events[i].data.fd == STDIN_FILENO;
        if (ready && reads)
            more = read_lines();
        covet_process(db);
    }
    covet_close(db, set_true, &closed);
    while (!closed)
        covet_process(db);
    close(loop);
    return failed || failures > 0;
}
