/*
 * orm/build.h - internal: a queryset on its way to SQL.
 *
 *   names ("author__username")    orm/path.c      hops from table to table, and a column
 *   hops                          orm/join.c      joins: used again, INNER or LEFT
 *   conditions                    orm/where.c     Django's filter() and exclude()
 *   lookups and values            orm/lookup.c    what may be compared with what
 *   the whole                     orm/compile.c   clauses in order; SELECT, GROUP BY, ORDER BY
 *   text and parameters           orm/text.c
 *
 * This is Django's django.db.models.sql, step by step where the result depends on the
 * steps: which joins are used again, and in which order they are promoted, decides which
 * rows come back. Function names in comments are Django's.
 *
 * Everything lives in the queryset's arena. What fails is kept in the builder, so that
 * makers return NULL and need not be told apart: B1: whoever gets a NULL from here stops,
 * and builder.status says why.
 */
#ifndef COVET_ORM_BUILD_H
#define COVET_ORM_BUILD_H

#include "core/str.h"
#include "orm/fields.h"
#include "orm/qset.h"

enum {
    COVET__JOINS_MAX = 128, /* tables in one query */
    COVET__HOPS_MAX = 32,   /* tables on one path */
};

typedef struct covet__builder {
    covet_arena *arena;
    covet_error *err;
    covet_status status;
} covet__builder;

/* COVET_ENOMEM sticks; the memory is cleared. */
void *covet__make(covet__builder *b, size_t size);

/* ---- paths --------------------------------------------------------------------------------- */

/* From one table to the next (Django: PathInfo). */
typedef struct covet__hop {
    const covet_model *model; /* at the far end; NULL: the table between of an M2M */
    const char *table;
    const char *near_column; /* near_column = far_column joins them */
    const char *far_column;
    bool direct;   /* along a foreign key of the near side */
    bool many;     /* a near row may meet several */
    bool nullable; /* a near row may meet none */
} covet__hop;

/* What a value is compared with, before it is known where that stands. */
typedef struct covet__target {
    const char *column;
    covet_field_kind kind;
    bool null;
    bool primary;
} covet__target;

typedef struct covet__path {
    const covet_model *start;
    covet__hop hops[COVET__HOPS_MAX];
    size_t count;
    const covet_field *field; /* the last one named */
    bool by_column;           /* as NAME_id */
    bool by_pk;               /* as "pk" */
    const covet_model *model; /* the one it leads to, or that has the field */
    covet__target target;     /* the primary key of `model`, if the field is a relation */
} covet__path;

/* The next name of "author->name" or "author__name" from *at on; false at the end. */
bool covet__next_name(const char **at, const char **ret_name, size_t *ret_length);

/* Finds all names (setup_joins without the joins). `ret_lookup` not NULL: the last one may be
 * that of a lookup, else *ret_lookup is exact. `type` adds annotations to what messages list. */
covet_status covet__path_find(covet__builder *b, const covet_model *model,
                              const covet_row_type *type, const char *text, covet__path *ret_path,
                              covet_lookup *ret_lookup);

/* ---- joins ----------------------------------------------------------------------------------- */

typedef enum covet__join_type {
    COVET__JOIN_BASE = 0,
    COVET__JOIN_INNER,
    COVET__JOIN_LEFT,
} covet__join_type;

typedef struct covet__join {
    struct covet__join *parent;
    const covet_model *model; /* NULL: the table between of an M2M */
    const char *table;
    const char *near_column;
    const char *far_column;
    covet__join_type type;
    bool nullable;
    uint32_t index;  /* in query->joins */
    uint32_t uses;   /* 0: it is not in the SQL */
    uint32_t filter; /* the filter() whose conditions may share it (used_aliases) */
    uint32_t name;   /* Django's alias: 0, the table's name; else T<name> */
    uint32_t number; /* in the SQL: t<number> */
} covet__join;

/* A set of a query's joins. */
typedef struct covet__joins {
    uint64_t bits[COVET__JOINS_MAX / 64];
} covet__joins;

static inline void covet__joins_add(covet__joins *set, const covet__join *join)
{
    set->bits[join->index / 64] |= UINT64_C(1) << (join->index % 64);
}

static inline bool covet__joins_has(const covet__joins *set, uint32_t index)
{
    return (set->bits[index / 64] >> (index % 64) & 1) != 0;
}

typedef struct covet__cond covet__cond;
typedef struct covet__annotation covet__annotation;

/* One SELECT, the outermost one or that of an EXISTS. */
typedef struct covet__query {
    covet__builder *b;
    const covet_model *model;
    const covet_row_type *type;
    covet__join **joins; /* joins[0] is the base */
    uint32_t join_count, join_capacity;
    uint32_t filter; /* counts calls of filter() */
    covet__cond *where;
    covet__annotation *annotations; /* in order */
    size_t annotation_count;
} covet__query;

/* A query of all rows; false: no memory. */
bool covet__query_init(covet__query *q, covet__builder *b, const covet_model *model,
                       const covet_row_type *type);

/* A column of a join. */
typedef struct covet__operand {
    const covet__join *join; /* NULL: an annotation */
    covet__target target;
    const covet__annotation *annotation;
} covet__operand;

/* Joins along all hops (setup_joins). joins[0] is `start`, joins[i + 1] what hop i leads to.
 * `sharing`: of relations to many, only joins of the current filter() are used again. */
covet_status covet__query_follow(covet__query *q, covet__join *start, const covet__path *path,
                                 bool sharing, covet__join **joins);
/* Gives back joins at the end whose near side has the column already; *count of joins stay
 * (trim_joins). */
covet__operand covet__query_trim(const covet__path *path, covet__join *const *joins, size_t *count);
/* A column by its path, with whatever joins there are (resolve_ref). */
covet_status covet__query_column(covet__query *q, const char *path, covet__operand *ret);

void covet__query_promote(covet__query *q, covet__join *join);
void covet__query_demote(covet__join *join);

/* ---- conditions ---------------------------------------------------------------------------- */

typedef enum covet__cond_kind {
    COVET__COND_GROUP = 0,
    COVET__COND_TEST,   /* operand lookup value */
    COVET__COND_SAME,   /* operand = other */
    COVET__COND_EXISTS, /* a row of sub */
} covet__cond_kind;

struct covet__cond {
    covet__cond_kind kind;
    covet__cond *next;         /* in its group */
    covet__cond *first, *last; /* GROUP */
    bool either;               /* GROUP: OR, else AND */
    bool negated;              /* GROUP */
    covet__operand operand;    /* EXISTS: what it is correlated by */
    covet__operand other;      /* EXISTS: and the row that it shares, or none */
    covet_lookup lookup;
    covet_value value, value2;
    const covet__query *sub;
};

covet__cond *covet__cond_group(covet__builder *b, bool either, bool negated);
void covet__cond_add(covet__cond *group, covet__cond *cond);

/* filter() or exclude(). */
covet_status covet__query_filter(covet__query *q, const covet_q *condition, bool negated);

/* ---- lookups ------------------------------------------------------------------------------- */

/* The lookup of that name; false if there is none. */
bool covet__lookup_find(const char *name, size_t length, covet_lookup *ret);
const char *covet__lookup_name(covet_lookup lookup);
/* COVET_EFIELD: no such lookup. */
covet_status covet__no_lookup(const covet_field *field, const char *name, size_t length,
                              covet_error *err);

/* Makes of a lookup and its value what is sent: texts escaped, numbers of the field's kind,
 * exact NULL as isnull. `what` names the field in messages. COVET_ETYPE, COVET_EFIELD. */
covet_status covet__lookup_prepare(covet__builder *b, covet__cond *test, bool relation,
                                   const char *what);

/* ---- the SELECT ---------------------------------------------------------------------------- */

struct covet__annotation {
    const char *name;
    const covet_field *field; /* of the row type */
    covet__operand counted;
    bool distinct;
    const char *label; /* in the SQL */
};

/* A model whose rows are read: the queryset's own, and below it those of select_related. */
typedef struct covet__source {
    const covet_model *model;
    const covet_field *via; /* the foreign key of the source above; NULL: the base */
    covet__join *join;
    size_t row_size;
    size_t first_column; /* its columns are those of the model's fields, in order */
    struct covet__source *kids, *next;
} covet__source;

typedef enum covet__compile_mode {
    COVET__COMPILE_ALL = 0,
    COVET__COMPILE_GET,
    COVET__COMPILE_FIRST,
    COVET__COMPILE_COUNT,
} covet__compile_mode;

/* Of a prefetch: only rows that belong to these keys. */
typedef struct covet__belongs {
    const covet_field *field; /* the FK, M2M or REV whose rows are fetched */
    const covet_model *model; /* that has it */
    const int64_t *keys;
    size_t count;
} covet__belongs;

typedef struct covet__compiled {
    const char *text;
    const covet_value *params;
    size_t param_count;
    bool empty;                  /* no row can match: nothing is sent, `text` is "" */
    const covet__source *source; /* NULL: COUNT */
    const covet__annotation *annotations;
    size_t annotation_count;
    size_t first_annotation; /* column */
    size_t parent_column;    /* M2M of a prefetch: the parent's key */
    size_t column_count;
} covet__compiled;

/* All that is made lies in the arena. `belongs` may be NULL. */
covet_status covet__compile(const covet_qs *qs, covet__compile_mode mode,
                            const covet__belongs *belongs, covet_arena *arena, covet__compiled *ret,
                            covet_error *err);

/* ---- text ---------------------------------------------------------------------------------- */

typedef struct covet__order {
    covet__operand operand;
    bool descending;
} covet__order;

/* What orm/compile.c has decided, to be written. */
typedef struct covet__select {
    covet__query *query;
    const covet__source *source; /* NULL: see counting */
    const covet__join *parent;   /* a prefetch's M2M: its table between ... */
    const char *parent_column;   /* ... and the column that tells the parent */
    const covet__order *orders;
    size_t order_count;
    const covet__operand *groups; /* none: no GROUP BY */
    size_t group_count;
    const covet__cond *having;
    int64_t limit;    /* -1: none */
    bool limit_fixed; /* it is the library's own: it stands in the text */
    int64_t offset;
    bool counting; /* SELECT COUNT(*); of a subquery where there are groups or limits */
} covet__select;

/* What a condition comes to, whatever the rows. */
typedef enum covet__truth {
    COVET__TRUTH_OPEN = 0,
    COVET__TRUTH_ALL,  /* every row matches */
    COVET__TRUTH_NONE, /* no row matches (EmptyResultSet) */
} covet__truth;
covet__truth covet__cond_truth(const covet__cond *cond);

covet_status covet__write_select(const covet__select *select, covet__compiled *ret);

#endif
