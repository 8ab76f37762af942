/*
 * core/mapfile.h - internal: the map on disk, so that a service starts while the
 * catalog is down.
 *
 *   <dir>/<cluster id>.<incarnation>.map, mode 0600 in a folder of mode 0700:
 *
 *   0   8  "COVETMAP"
 *   8   4  format of this layout, little endian: 1
 *   12  4  length of the place
 *   16  8  length of the map
 *   24  8  XXH3-64 of all that follows
 *   32     the place: "host:port/dbname" of the catalog's hosts, with commas
 *          the map (core/map.proto)
 *
 * Written to a temporary file, flushed and renamed: a reader sees the old one or the
 * new one. What is truncated or damaged is refused by name and left for a person.
 *
 * These functions block; call them off the loop.
 */
#ifndef COVET_CORE_MAPFILE_H
#define COVET_CORE_MAPFILE_H

#include "core/dsn.h"
#include "core/map.h"

/* The folder: COVET_MAP_DIR, $XDG_CACHE_HOME/covet or ~/.cache/covet. COVET_EMAP where
 * there is none. The caller owns *ret_dir (covet__free). */
covet_status covet__mapfile_dir(char **ret_dir, covet_error *err);

/* Writes the packed map. Files of older incarnations of the cluster are removed. */
covet_status covet__mapfile_write(const char *dir, const char *place, const char *cluster_id,
                                  uint64_t incarnation, const void *bytes, size_t length,
                                  covet_error *err);

/* The map of the catalog that one of `dsn`'s hosts is; of several, the newest file.
 * COVET_ENOTFOUND if there is none, COVET_EMAP if the only ones are damaged. */
covet_status covet__mapfile_read(const char *dir, const covet__dsn *dsn, const covet__map **ret_map,
                                 covet_error *err);

/* "a:5432/x,b:5432/x" of a DSN; the caller owns it. NULL if there is no memory. */
char *covet__mapfile_place(const covet__dsn *dsn);

#endif
