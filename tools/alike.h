/*
 * tools/alike.h - what a server is, and whether a group is like home.
 *
 * The same statement must mean the same on every group, so whatever can change a meaning is
 * compared: the major version, the encoding, the collation with the version of the library
 * behind it, and the objects that tables of the map use - types, functions, operators,
 * collations, extensions, roles. An object is found again by its qualified name, for OIDs
 * differ from server to server, and compared by a text that says what it is: an enum's
 * labels, a function's source.
 */
#ifndef COVET_TOOLS_ALIKE_H
#define COVET_TOOLS_ALIKE_H

#include "tools/cluster.h"

typedef struct server_facts {
    int version; /* 150020 */
    bool standby;
    const char *system_id;
    const char *encoding;
    const char *collation;         /* "ICU en-US", "libc C.UTF-8 / C.UTF-8" */
    const char *collation_version; /* of the library now; "" if it has none */
    const char *made_with;         /* ... when the database was made */
    const char *search_path;       /* the schemas in it that are there: ["public"] */
    bool shadowed;                 /* "$user" would find schema covet */
    bool may_create;
    int prepared_max; /* max_prepared_transactions */
    const char *wal_level;
    bool covet;             /* schema covet is there */
    bool catalog;           /* ... with a catalog in it */
    const char *cluster_id; /* of covet.cluster, else of covet.node; NULL: neither */
    int64_t incarnation;    /* of covet.node */
    int64_t group_id;
} server_facts;

covet_status alike_read(cli_run *run, covet__session *session, server_facts *ret_facts,
                        covet_error *err);

/* What every member must be, as far as it can be told without another; `what` stands in
 * front of the error. */
covet_status alike_check(const server_facts *facts, const char *what, covet_error *err);
/* Notes what will be missed later. */
void alike_warn(cli_run *run, const server_facts *facts, const char *what);
/* COVET_ECLUSTER, and how they differ. */
covet_status alike_compare(const server_facts *home, const server_facts *other, const char *what,
                           covet_error *err);

/* An object that tables use. */
typedef struct alike_need {
    const char *type; /* as pg_identify_object_as_address says it */
    const char *names;
    const char *args;
    const char *signature; /* what must be the same */
    const char *label;     /* "type public.mood" */
} alike_need;

/* What the tables (OIDs of this server, "{1,2}") use that PostgreSQL does not bring along. */
covet_status alike_needs(cli_run *run, covet__session *session, const char *tables,
                         alike_need **ret_needs, size_t *ret_count, covet_error *err);
/* Asks another group; outside of a transaction. *ret_problem says what is missing or
 * different there and what to do, NULL: nothing. */
covet_status alike_find(cli_run *run, covet__session *session, const alike_need *need,
                        const char **ret_problem, covet_error *err);

#endif
