/*
 * tools/inspect.h - what pg_catalog says of a table: all that must be made again elsewhere.
 *
 * Read over a session with an empty search path, so every name in a definition is qualified.
 * Where PostgreSQL prints a definition that names the table itself (an index, a foreign key)
 * only what stands behind that name is kept: tools/ddl.c puts another name in front.
 */
#ifndef COVET_TOOLS_INSPECT_H
#define COVET_TOOLS_INSPECT_H

#include "tools/cluster.h"

typedef struct table_column {
    const char *name;
    const char *type; /* "character varying(50)" */
    uint32_t type_oid;
    int32_t typmod;
    bool not_null;
    bool generated;         /* `expression` is GENERATED ALWAYS AS (...) STORED */
    const char *expression; /* else its DEFAULT; NULL: none */
    const char *collation;  /* "schema"."name" where it is not the type's own; NULL */
    bool deterministic;
    const char *storage;     /* "EXTERNAL" where it is not the type's own; NULL */
    const char *compression; /* "lz4"; NULL: the server's default */
    const char *statistics;  /* "500"; NULL: the server's default */
    const char *options;     /* "n_distinct='-0.5'"; NULL */
    const char *comment;
    /* The sequence that its values come from, by a default that is nextval of it and nothing
     * else, or as an identity column; NULL: none. "schema"."name". */
    const char *sequence;
    bool identity;
    bool always; /* GENERATED ALWAYS AS IDENTITY */
    bool shared; /* other columns use the sequence too */
    bool odd;    /* the default has to do with a sequence in another way */
    int64_t increment;
    int64_t last; /* the largest value that the sequence gives */
} table_column;

typedef struct table_index {
    const char *name;
    bool unique;
    bool primary;
    bool exclusion;
    bool constraint;        /* a PRIMARY KEY, UNIQUE or EXCLUDE constraint */
    const char *definition; /* behind ADD CONSTRAINT name, or behind CREATE INDEX name ON table */
    const char *options;    /* a constraint's: "fillfactor='70'"; NULL */
    /* The columns that rows must agree in, byte by byte, to conflict; of an expression, all that
     * it uses. */
    const char *const *columns;
    size_t column_count;
    bool plain; /* it has no expressions */
    bool tablespace;
    bool identity; /* REPLICA IDENTITY USING INDEX */
} table_index;

typedef struct table_check {
    const char *name;
    const char *definition; /* CHECK (...) */
    bool valid;
    const char *comment;
} table_check;

typedef struct table_statistics {
    const char *name;
    const char *kinds;   /* "(ndistinct, mcv)", "" */
    const char *columns; /* behind ON */
} table_statistics;

/* A foreign key, from either end. */
typedef struct table_reference {
    const char *name;
    const char *from_oid;
    const char *from_schema;
    const char *from_table;
    const char *to_oid;
    const char *to_schema;
    const char *to_table;
    const char *const *columns;
    const char *const *to_columns;
    size_t column_count;
    const char *list; /* "(post_id) REFERENCES " */
    const char *tail; /* behind the name of the referenced table: "(id) ON DELETE CASCADE" */
    const char *comment;
} table_reference;

/* GRANT privileges ON TABLE ... TO grantee more. */
typedef struct table_grant {
    const char *grantee;    /* quoted, or PUBLIC */
    const char *privileges; /* "SELECT, INSERT", "SELECT (a)" */
    bool with_option;
    bool writes; /* INSERT is among them */
} table_grant;

/* Something that cannot be carried along. */
typedef struct table_obstacle {
    const char *what; /* "trigger", "view", ... */
    const char *name;
} table_obstacle;

typedef struct table_def {
    const char *oid;
    const char *schema;
    const char *name;
    char kind;        /* pg_class.relkind */
    char persistence; /* 'p', 'u', 't' */
    char replica_identity;
    const char *owner; /* as a role's name */
    bool owner_is_me;
    bool may_change;     /* the role may do what an owner may */
    const char *options; /* "fillfactor='70', toast.autovacuum_enabled='false'"; NULL */
    const char *comment;
    int64_t rows;  /* estimated, or counted where the estimate is not there */
    int64_t bytes; /* with indexes */
    table_column *columns;
    size_t column_count;
    table_index *indexes;
    size_t index_count;
    table_check *checks;
    size_t check_count;
    table_statistics *statistics;
    size_t statistics_count;
    table_reference *references; /* to others */
    size_t reference_count;
    table_grant *grants;
    size_t grant_count;
} table_def;

/* The parts of a table's name as the user writes it, posts or blog."Posts"; *ret_schema is
 * NULL where there is none. */
covet_status inspect_parse(const cluster_handle *cluster, const char *word, const char **ret_schema,
                           const char **ret_name, covet_error *err);
/* Finds a table along the map's search path where `schema` is NULL. *ret_oid is NULL if there
 * is none. */
covet_status inspect_find(const cluster_handle *cluster, const char *schema, const char *name,
                          const char **ret_oid, covet_error *err);
/* "posts: there is no such table", with the one that may have been meant; `word` is the name as
 * the user has written it. */
covet_status inspect_no_table(const cluster_handle *cluster, const char *word, const char *schema,
                              const char *name, const char **ret_text, covet_error *err);
/* inspect_find for names that are known; also anything else that is in pg_class. */
covet_status inspect_oid(cli_run *run, covet__session *session, const char *schema,
                         const char *name, const char **ret_oid, covet_error *err);

covet_status inspect_table(cli_run *run, covet__session *session, const char *oid,
                           table_def **ret_table, covet_error *err);
/* The foreign keys that refer to it, those of itself among them. */
covet_status inspect_referrers(cli_run *run, covet__session *session, const char *oid,
                               table_reference **ret_list, size_t *ret_count, covet_error *err);
/* What stands in the way of taking the table elsewhere. */
covet_status inspect_obstacles(cli_run *run, covet__session *session, const char *oid,
                               table_obstacle **ret_list, size_t *ret_count, covet_error *err);
/* The next value of a column whose values come from a sequence. */
covet_status inspect_next(cli_run *run, covet__session *session, const table_def *table,
                          const table_column *column, const char **ret_next, covet_error *err);

const table_column *inspect_column(const table_def *table, const char *name);
bool inspect_names_hold(const char *const *names, size_t count, const char *name);

#endif
