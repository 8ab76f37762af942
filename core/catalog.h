/*
 * core/catalog.h - internal: watches the catalog and hands out its maps.
 *
 *            +--------------------- pause <-----------------------+
 *            v                                                    | fails
 *   START -> CONNECT -> LISTEN, look for the schema -> load -> WATCH
 *                         \-> PLAIN (there is no catalog)       | ^
 *                                              NOTIFY, refresh  v |  every PING_MSEC
 *                                                              load
 *
 * One connection of its own, direct even where the service goes through a pooler:
 * LISTEN needs a session. It goes on trying for as long as it is open; the owner is
 * told of the first failure only, and may have a map from the disk meanwhile.
 *
 * covet.cluster exists but cannot be read, or is of a newer format: an error, never
 * plain mode.
 */
#ifndef COVET_CORE_CATALOG_H
#define COVET_CORE_CATALOG_H

#include "core/conn.h"
#include "core/map.h"

typedef struct covet__catalog covet__catalog;

typedef struct covet__catalog_opts {
    covet__loop *loop;
    const covet__logger *logger;
    const covet__dsn *dsn; /* copied */
    covet_msec connect_timeout;
    void *user;
    /* A map that is newer than the last one; the callee takes a reference if it wants one. */
    void (*on_map)(void *user, const covet__map *map);
    /* The database has no schema covet. The connection is closed; refresh looks again. */
    void (*on_plain)(void *user);
    /* Once, before the first map: all hosts have failed. */
    void (*on_failed)(void *user, const covet_error *why);
    /* A refresh is through: the last map given is the catalog's. */
    void (*on_fresh)(void *user);
} covet__catalog_opts;

covet_status covet__catalog_open(const covet__catalog_opts *opts, covet__catalog **ret_catalog,
                                 covet_error *err);
/* No call of the owner's after this; accepts NULL. */
void covet__catalog_close(covet__catalog *catalog);

/* The owner has met something that its map does not explain: load anew. */
void covet__catalog_refresh(covet__catalog *catalog);

/* Whether the connection to the catalog stands. */
bool covet__catalog_is_up(const covet__catalog *catalog);

/* Why it does not; "" if it does. */
const char *covet__catalog_trouble(const covet__catalog *catalog);

/* The statement that reads a whole map in one snapshot, as rows of text, and the map
 * that such rows are. Shared with the tools, which read it over connections of their own. */
extern const char covet__catalog_load_sql[];
covet_status covet__catalog_map_of(const PGresult *rows, const covet__map **ret_map,
                                   covet_error *err);

/* What `init` runs to make schema covet: statements with semicolons. */
extern const char covet__catalog_schema_sql[];
/* The part that every group holds: which cluster it belongs to, which shards it owns. */
extern const char covet__catalog_node_sql[];
/* A block of ids: of $1, a table's id, and $2, a column, so many as $3 says or what is left;
 * the first and the one behind the last. No row: none is left. */
extern const char covet__catalog_take_ids_sql[];

#endif
