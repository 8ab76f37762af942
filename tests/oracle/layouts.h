/*
 * tests/oracle/layouts.h - the same data in one plain database and over shards, in several ways.
 *
 * Two groups of servers hold all of it: database "plain" on the first, and for a layout of N
 * shards a database "shards_N" on each. What becomes of the tables is said by the script that
 * makes them, in lines that are comments to PostgreSQL:
 *
 *     --! distribute a --key id
 *     --! reference r1 r2
 *     --! sql CREATE VIEW ...     also in the plain database, behind the script
 *
 * Types of the users' own must be there before a group is added: a script's part up to the line
 * `--! everywhere` runs in all groups.
 */
#ifndef COVET_TESTS_LAYOUTS_H
#define COVET_TESTS_LAYOUTS_H

#include <covet/shard/db.h>
#include <libpq-fe.h>

enum { LAYOUTS_MAX = 8, LAYOUT_GROUPS = 2 };

typedef struct type_names type_names; /* OIDs to names, of the users' own types */

typedef struct layout {
    int shards;
    covet_db *db;
    type_names *types[LAYOUT_GROUPS];
} layout;

typedef struct layouts {
    struct live_cluster *servers;
    PGconn *plain;
    type_names *plain_types;
    layout item[LAYOUTS_MAX];
    int count;
} layouts;

/* `counts`: "1,2,7". What fails ends the program. */
void layouts_up(layouts *all, const char *script_path, const char *counts);
void layouts_down(layouts *all);

/* "int4"; "?" for one that is not known. */
const char *layouts_type(const type_names *types, unsigned oid);
/* `wanted` if the type is called that in any of the layout's groups, for each has OIDs of its own
 * for the users' types; else its name at home. */
const char *layout_type(const layout *l, unsigned oid, const char *wanted);

#endif
