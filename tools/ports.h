/*
 * tools/ports.h - TCP ports on 127.0.0.1 that nobody listens on.
 *
 * Between the look and the moment when a server listens, another run of the tool could
 * choose the same port. So a port that is taken here is marked by a socket in Linux's
 * abstract namespace until this process ends: no file remains, whoever dies.
 */
#ifndef COVET_TOOLS_PORTS_H
#define COVET_TOOLS_PORTS_H

#include "core/fail.h"

enum { PORTS_MAX = 256 };

/* Takes `count` ports, at most PORTS_MAX, in a row. From `asked` upward if none of them is busy,
 * else (or if `asked` is 0) somewhere below the range that the kernel gives to outgoing
 * connections. *ret_busy: the first of those asked for that is busy, or 0. */
covet_status ports_take(int asked, int count, int *ret_first, int *ret_busy, covet_error *err);

/* Whether nobody listens on the port. */
bool port_is_free(int port);

#endif
