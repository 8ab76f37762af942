#include "tools/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PICK_FROM = 12000, PICK_TO = 32000, PICK_TRIES = 200 };

bool port_is_free(int port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    /* As PostgreSQL binds: connections that have just ended are no obstacle. */
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const bool bound = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return bound;
}

/* A descriptor that marks the port until it is closed; -1: another run has it. */
static int mark(int port)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length =
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "covet-local-port-%d", port);
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(fd, (const struct sockaddr *)&address, size) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Marks ports first .. first + count - 1; 0, or the one that is busy, none marked then.
 * The marks are never closed: the process ends soon, and the range with it. */
static int take(int first, int count)
{
    int marks[PORTS_MAX];
    for (int i = 0; i < count; i++) {
        marks[i] = mark(first + i);
        if (marks[i] >= 0 && port_is_free(first + i))
            continue;
        for (int j = 0; j <= i; j++)
            if (marks[j] >= 0)
                close(marks[j]);
        return first + i;
    }
    return 0;
}

covet_status ports_take(int asked, int count, int *ret_first, int *ret_busy, covet_error *err)
{
    *ret_busy = 0;
    if (count < 1 || count > PORTS_MAX)
        return covet__fail(err, COVET_EINVAL, "%d servers are more than %d", count, PORTS_MAX);
    if (asked != 0 && asked + count - 1 > 65535)
        return covet__fail(err, COVET_EINVAL, "--port: %d ports from %d upward end above 65535",
                           count, asked);
    if (asked != 0) {
        *ret_busy = take(asked, count);
        *ret_first = asked;
        if (*ret_busy == 0)
            return COVET_OK;
    }
    for (int i = 0; i < PICK_TRIES; i++) {
        uint32_t random;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return covet__fail(err, COVET_EIO, "getrandom: %s", strerror(errno));
        *ret_first = PICK_FROM + (int)(random % (uint32_t)(PICK_TO - PICK_FROM - count));
        if (take(*ret_first, count) == 0)
            return COVET_OK;
    }
    return covet__fail(err, COVET_EBUSY, "no %d free ports in a row were found", count);
}
