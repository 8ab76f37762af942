/*
 * core/dsn.h - internal: a connection string, taken apart.
 *
 * A DSN is whatever libpq takes: key=value pairs, a URI, a service, with the
 * environment behind it. Taking it apart happens once, off the hot path; what
 * comes out names each host by itself, so that the library can resolve it off the
 * loop and say which one failed.
 */
#ifndef COVET_CORE_DSN_H
#define COVET_CORE_DSN_H

#include "core/mem.h"
#include "core/str.h"

typedef struct covet__dsn covet__dsn;

/* `text` as libpq takes it; "" is the environment alone. COVET_EINVAL says what is
 * wrong without showing a password. */
covet_status covet__dsn_parse(const char *text, covet__dsn **ret_dsn, covet_error *err);
void covet__dsn_free(covet__dsn *dsn); /* accepts NULL */
covet__dsn *covet__dsn_copy(const covet__dsn *dsn);

/* Hosts in the order in which they are listed; at least one. A host is a name, a
 * numeric address, or the folder of a Unix socket. Borrowed from the DSN. */
size_t covet__dsn_hosts(const covet__dsn *dsn);
const char *covet__dsn_host(const covet__dsn *dsn, size_t host);
const char *covet__dsn_port(const covet__dsn *dsn, size_t host);

/* A keyword of libpq's, NULL where it is not set. */
const char *covet__dsn_get(const covet__dsn *dsn, const char *keyword);
/* NULL removes it. */
covet_status covet__dsn_set(covet__dsn *dsn, const char *keyword, const char *value);

/* Takes user, password, passfile and TLS settings from `from` where `dsn` does not
 * name a user, and whatever `dsn` itself does not set; host, port and database stay. */
covet_status covet__dsn_inherit(covet__dsn *dsn, const covet__dsn *from);

/* "127.0.0.1:6400/blog": for messages and for knowing a server again. */
void covet__dsn_describe(const covet__dsn *dsn, size_t host, covet__str *out);

/* The DSN as key=value pairs without its password. */
void covet__dsn_print(const covet__dsn *dsn, covet__str *out);

/* Keyword and value arrays for PQconnectStartParams: the DSN's, without its hosts and
 * ports, and the `extra` pairs, which win; a pair whose value is NULL or "" says nothing.
 * `keywords` and `values` have room for `room` entries, the closing NULLs among them. */
covet_status covet__dsn_params(const covet__dsn *dsn, const char *const (*extra)[2], size_t extras,
                               const char **keywords, const char **values, size_t room);

COVET_DEFINE_AUTO(covet__dsn)

#endif
