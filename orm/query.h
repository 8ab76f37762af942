/*
 * orm/query.h - querysets: Django's, in C.
 *
 *     Post_qs *recent = COVET_QUERY(arena, Post,
 *         COVET_FILTER(COVET_W(Post, is_published, exact, true),
 *                      COVET_OR(COVET_W(Post, category->name, iexact, "news"),
 *                               COVET_W(Post, author->username, startswith, "a"))),
 *         COVET_EXCLUDE(COVET_W(Post, comments->author_name, exact, "spam")),
 *         COVET_SELECT_RELATED(COVET_P(Post, author), COVET_P(Post, category)),
 *         COVET_PREFETCH(COVET_P(Post, comments), NULL),
 *         COVET_ORDER_BY(COVET_DESC(Post, created_at)), COVET_LIMIT(10));
 *
 * With <covet/orm/short.h> the same reads QUERY(arena, Post, Filter(W(Post, ...
 *
 * A queryset never changes: each of these makes a new one in the arena, and takes a copy
 * of what it is given, so that values may be gone when it runs. The meaning is Django's:
 * conditions of one filter on a relation to many are about the same row there, those of
 * two filters are not; exclude keeps rows whose column is NULL.
 *
 * What is wrong with a queryset (a field that the model does not have, memory) sticks to
 * it and is told when it runs; the compiler has told most of it before. Macros check the
 * path and the value's type; the functions under them take strings, "author__username",
 * and do all that the macros can.
 *
 *     lookup                              value
 *     exact iexact                        as the field (iexact: text); NULL means isnull
 *     contains icontains startswith istartswith endswith iendswith    text, taken literally
 *     gt gte lt lte                       as the field
 *     in                                  covet_ints, covet_texts; NULLs in it are dropped
 *     range                               two values: COVET_W_RANGE
 *     isnull                              bool
 */
#ifndef COVET_ORM_QUERY_H
#define COVET_ORM_QUERY_H

#include <covet/orm/model.h>

COVET_C_BEGIN

typedef struct covet_qs covet_qs;

/* ---- conditions ------------------------------------------------------------------------ */

typedef enum covet_lookup {
    COVET_LOOKUP_exact = 0,
    COVET_LOOKUP_iexact,
    COVET_LOOKUP_contains,
    COVET_LOOKUP_icontains,
    COVET_LOOKUP_startswith,
    COVET_LOOKUP_istartswith,
    COVET_LOOKUP_endswith,
    COVET_LOOKUP_iendswith,
    COVET_LOOKUP_gt,
    COVET_LOOKUP_gte,
    COVET_LOOKUP_lt,
    COVET_LOOKUP_lte,
    COVET_LOOKUP_in,
    COVET_LOOKUP_range,
    COVET_LOOKUP_isnull,
    COVET_LOOKUP_BY_NAME, /* the last part of the path, if it is the name of one; else exact */
} covet_lookup;

typedef enum covet_q_op {
    COVET_Q_END = 0, /* ends a list of conditions */
    COVET_Q_LEAF,
    COVET_Q_AND,
    COVET_Q_OR,
    COVET_Q_NOT, /* of all its kids together: NOT (a AND b) */
    COVET_Q_REF, /* of a condition that is kept: kids points at it */
} covet_q_op;

/* A condition. The macros make them in the enclosing block, as arguments; one that is to be
 * kept is copied into an arena by covet_q_keep. */
typedef struct covet_q {
    covet_q_op op;
    covet_lookup lookup;
    const char *path; /* LEAF: "category->name" or "category__name" */
    covet_value value;
    covet_value value2;         /* range */
    const struct covet_q *kids; /* AND, OR, NOT: ends with END */
    size_t checked;             /* what the compiler's checks leave behind; not read */
} covet_q;

/* A copy in the arena with all that it points at; NULL if there is no memory. */
COVET_CHECKED const covet_q *covet_q_keep(covet_arena *arena, const covet_q *q);

/* "author__age__gte", value: Django's keyword arguments. The last part is a lookup if it is
 * the name of one, else exact is meant; range takes an array of two. For bindings and for
 * names known at run time. */
COVET_API covet_q covet_q_kw(const char *path, covet_value value);

/* ---- expressions -------------------------------------------------------------------------- */

typedef enum covet_expr_op {
    COVET_EXPR_NONE = 0,
    COVET_EXPR_COUNT,
} covet_expr_op;

typedef struct covet_expr {
    covet_expr_op op;
    const char *path;
    bool distinct;
} covet_expr;

/* ---- querysets: functions ------------------------------------------------------------------- */

/* All rows of the type's model. */
COVET_CHECKED covet_qs *covet_qs_new(covet_arena *arena, const covet_row_type *type);

/* Each returns a new queryset in the arena of the given one, which stays as it is. None is
 * ever NULL: running one that there was no memory for is COVET_ENOMEM. */
COVET_CHECKED covet_qs *covet_qs_filter(const covet_qs *qs, const covet_q *q);
COVET_CHECKED covet_qs *covet_qs_exclude(const covet_qs *qs, const covet_q *q);
/* "name", "-created_at", "author__username". Replaces what was there; a count of 0 takes
 * the model's ordering away. */
COVET_CHECKED covet_qs *covet_qs_order_by(const covet_qs *qs, const char *const *paths,
                                          size_t count);
/* As SQL's, in any order; each replaces what was there. As in Django, conditions and orders
 * must come before. */
COVET_CHECKED covet_qs *covet_qs_limit(const covet_qs *qs, int64_t limit);
COVET_CHECKED covet_qs *covet_qs_offset(const covet_qs *qs, int64_t offset);
COVET_CHECKED covet_qs *covet_qs_select_related(const covet_qs *qs, const char *const *paths,
                                                size_t count);
/* `rows` orders and filters what is prefetched; NULL: all, in the model's ordering. */
COVET_CHECKED covet_qs *covet_qs_prefetch(const covet_qs *qs, const char *path,
                                          const covet_qs *rows);
/* `name` is an extra of the queryset's row type. */
COVET_CHECKED covet_qs *covet_qs_annotate(const covet_qs *qs, const char *name, covet_expr expr);

/* The SQL that would run, for people and tests; borrowed from the arena. "" if none would,
 * because no row can match; NULL if the queryset is not valid: *err says why. */
COVET_API const char *covet_qs_sql(const covet_qs *qs, covet_error *err);

/* ---- querysets: clauses -------------------------------------------------------------------- */

typedef enum covet_clause_op {
    COVET_CLAUSE_END = 0,
    COVET_CLAUSE_FILTER,
    COVET_CLAUSE_EXCLUDE,
    COVET_CLAUSE_ORDER_BY,
    COVET_CLAUSE_LIMIT,
    COVET_CLAUSE_OFFSET,
    COVET_CLAUSE_SELECT_RELATED,
    COVET_CLAUSE_PREFETCH,
    COVET_CLAUSE_ANNOTATE,
} covet_clause_op;

/* One call of the functions above, as data: what the macros make. */
typedef struct covet_clause {
    covet_clause_op op;
    covet_q q;
    covet_expr expr;
    const char *name;
    const char *const *names; /* ends with NULL */
    int64_t number;
    const void *rows; /* PREFETCH: a covet_qs or NULL */
} covet_clause;

/* Applies clauses in order; the list ends with COVET_CLAUSE_END. */
COVET_CHECKED covet_qs *covet_qs_make(covet_arena *arena, const covet_row_type *type,
                                      const covet_clause *clauses);
COVET_CHECKED covet_qs *covet_qs_chain(const covet_qs *qs, const covet_clause *clauses);

COVET_C_END

#ifndef __cplusplus

/* R is a model or a row type made by COVET_ROW; gives an R_qs *. */
#define COVET_QUERY(arena, R, ...)                                                                 \
    ((R##_qs *)covet_qs_make((arena), &R##_type, COVET_CLAUSES_(__VA_ARGS__)))
#define COVET_CHAIN(qs, ...)                                                                       \
    ((__typeof__(qs))covet_qs_chain((const covet_qs *)(qs), COVET_CLAUSES_(__VA_ARGS__)))
/* With no clause at all. */
#define COVET_ALL_OF(arena, R) ((R##_qs *)covet_qs_new((arena), &R##_type))

#define COVET_CLAUSES_(...) ((const covet_clause[]){__VA_ARGS__, {.op = COVET_CLAUSE_END}})

#define COVET_FILTER(...)  ((covet_clause){.op = COVET_CLAUSE_FILTER, .q = COVET_AND(__VA_ARGS__)})
#define COVET_EXCLUDE(...) ((covet_clause){.op = COVET_CLAUSE_EXCLUDE, .q = COVET_AND(__VA_ARGS__)})
#define COVET_ORDER_BY(...)                                                                        \
    ((covet_clause){.op = COVET_CLAUSE_ORDER_BY, .names = COVET_NAMES(__VA_ARGS__)})
#define COVET_UNORDERED()                                                                          \
    ((covet_clause){.op = COVET_CLAUSE_ORDER_BY, .names = (const char *const[]){NULL}})
#define COVET_LIMIT(n)  ((covet_clause){.op = COVET_CLAUSE_LIMIT, .number = (n)})
#define COVET_OFFSET(n) ((covet_clause){.op = COVET_CLAUSE_OFFSET, .number = (n)})
#define COVET_SELECT_RELATED(...)                                                                  \
    ((covet_clause){.op = COVET_CLAUSE_SELECT_RELATED, .names = COVET_NAMES(__VA_ARGS__)})
#define COVET_PREFETCH(path_, qs_)                                                                 \
    ((covet_clause){.op = COVET_CLAUSE_PREFETCH, .name = (path_), .rows = (qs_)})
#define COVET_ANNOTATE(R, name_, expr_)                                                            \
    ((covet_clause){.op = COVET_CLAUSE_ANNOTATE, .name = COVET_P(R, name_), .expr = (expr_)})

#define COVET_COUNT_OF(R, path_) ((covet_expr){.op = COVET_EXPR_COUNT, .path = COVET_P(R, path_)})
#define COVET_COUNT_DISTINCT(R, path_)                                                             \
    ((covet_expr){.op = COVET_EXPR_COUNT, .path = COVET_P(R, path_), .distinct = true})

/* A path, and a path with a minus: checked names for everything that takes a string. */
#define COVET_P(R, path)    (sizeof COVET_AT_(R, path) != 0 ? #path : "")
#define COVET_DESC(R, path) (sizeof COVET_AT_(R, path) != 0 ? "-" #path : "")

/* field lookup value: checked against the field's type. */
#define COVET_W(R, path_, lookup_, value_)                                                         \
    ((covet_q){.op = COVET_Q_LEAF,                                                                 \
               .path = #path_,                                                                     \
               .lookup = COVET_LOOKUP_##lookup_,                                                   \
               .value = COVET_V_(value_),                                                          \
               .checked =                                                                          \
                   sizeof COVET_AT_(R, path_) +                                                    \
                   COVET_ASSERT_(COVET_TAKES_##lookup_(COVET_AT_(R, path_), value_),               \
                                 #R "." #path_ " " #lookup_ ": the value is of the wrong type")})
/* Between a and b, both included. */
#define COVET_W_RANGE(R, path_, a_, b_)                                                            \
    ((covet_q){.op = COVET_Q_LEAF,                                                                 \
               .path = #path_,                                                                     \
               .lookup = COVET_LOOKUP_range,                                                       \
               .value = COVET_V_(a_),                                                              \
               .value2 = COVET_V_(b_),                                                             \
               .checked = COVET_ASSERT_(COVET_TAKES_gte(COVET_AT_(R, path_), a_) &&                \
                                            COVET_TAKES_lte(COVET_AT_(R, path_), b_),              \
                                        #R "." #path_ " range: a value is of the wrong type")})
/* A keyword whose name is known at run time. */
#define COVET_KW(path_, value_) covet_q_kw((path_), COVET_V_(value_))

#define COVET_AND(...) COVET_Q_(COVET_Q_AND, __VA_ARGS__)
#define COVET_OR(...)  COVET_Q_(COVET_Q_OR, __VA_ARGS__)
#define COVET_NOT(...) COVET_Q_(COVET_Q_NOT, __VA_ARGS__)
#define COVET_Q_(op_, ...)                                                                         \
    ((covet_q){.op = (op_), .kids = (const covet_q[]){__VA_ARGS__, {.op = COVET_Q_END}}})
/* const covet_q *mine = COVET_Q(arena, COVET_OR(...)); then COVET_FILTER(COVET_KEPT(mine)). */
#define COVET_Q(arena, ...) covet_q_keep((arena), &COVET_AND(__VA_ARGS__))
#define COVET_KEPT(q_)      ((covet_q){.op = COVET_Q_REF, .kids = (q_)})

/* ---- private ------------------------------------------------------------------------------- */

#define COVET_AT_(R, path) (((struct R##_path *)0)->path)

#define COVET_ASSERT_(condition, message)                                                          \
    (0 * sizeof(struct {                                                                           \
         _Static_assert(condition, message);                                                       \
         int covet_unused_;                                                                        \
     }))

/* A C value as a covet_value. An enumerator is an int; NULL text is SQL's NULL. */
#define COVET_V_(x)                                                                                \
    _Generic((x),                                                                                  \
        bool: covet_bool,                                                                          \
        char: covet_int,                                                                           \
        signed char: covet_int,                                                                    \
        unsigned char: covet_int,                                                                  \
        short: covet_int,                                                                          \
        unsigned short: covet_int,                                                                 \
        int: covet_int,                                                                            \
        unsigned: covet_int,                                                                       \
        long: covet_int,                                                                           \
        unsigned long: covet_unsigned_,                                                            \
        long long: covet_int,                                                                      \
        unsigned long long: covet_unsigned_,                                                       \
        float: covet_float,                                                                        \
        double: covet_float,                                                                       \
        char *: covet_text,                                                                        \
        const char *: covet_text,                                                                  \
        covet_time: covet_timestamp,                                                               \
        covet_value: covet_itself_)(x)
static inline covet_value covet_itself_(covet_value value) { return value; }
/* What no int8 can hold becomes a float, which fits no field of integers. */
static inline covet_value covet_unsigned_(unsigned long long value)
{
    return value <= INT64_MAX ? covet_int((int64_t)value) : covet_float((double)value);
}

#define COVET_IS_INT_(v)                                                                           \
    _Generic((v), bool : 1, char : 1, signed char : 1, unsigned char : 1, short : 1,               \
             unsigned short : 1, int : 1, unsigned : 1, long : 1, unsigned long : 1,               \
             long long : 1, unsigned long long : 1, covet_value : 1, default : 0)
#define COVET_IS_TEXT_(v) _Generic((v), char * : 1, const char * : 1, covet_value : 1, default : 0)
#define COVET_IS_TIME_(v) _Generic((v), covet_time : 1, covet_value : 1, default : 0)
#define COVET_IS_LIST_(v) _Generic((v), covet_value : 1, default : 0)
/* A relation is compared with the primary key of what it leads to. */
#define COVET_FITS_(f, v)                                                                          \
    _Generic((f),                                                                                  \
        int64_t: COVET_IS_INT_(v),                                                                 \
        bool: COVET_IS_INT_(v),                                                                    \
        const char *: COVET_IS_TEXT_(v),                                                           \
        covet_time: COVET_IS_TIME_(v),                                                             \
        default: COVET_IS_INT_(v))
#define COVET_ORDERED_(f, v)   _Generic((f), bool : 0, default : COVET_FITS_(f, v))
#define COVET_TEXT_ONLY_(f, v) _Generic((f), const char * : COVET_IS_TEXT_(v), default : 0)

#define COVET_TAKES_exact(f, v)       COVET_FITS_(f, v)
#define COVET_TAKES_iexact(f, v)      COVET_TEXT_ONLY_(f, v)
#define COVET_TAKES_contains(f, v)    COVET_TEXT_ONLY_(f, v)
#define COVET_TAKES_icontains(f, v)   COVET_TEXT_ONLY_(f, v)
#define COVET_TAKES_startswith(f, v)  COVET_TEXT_ONLY_(f, v)
#define COVET_TAKES_istartswith(f, v) COVET_TEXT_ONLY_(f, v)
#define COVET_TAKES_endswith(f, v)    COVET_TEXT_ONLY_(f, v)
#define COVET_TAKES_iendswith(f, v)   COVET_TEXT_ONLY_(f, v)
#define COVET_TAKES_gt(f, v)          COVET_ORDERED_(f, v)
#define COVET_TAKES_gte(f, v)         COVET_ORDERED_(f, v)
#define COVET_TAKES_lt(f, v)          COVET_ORDERED_(f, v)
#define COVET_TAKES_lte(f, v)         COVET_ORDERED_(f, v)
#define COVET_TAKES_in(f, v)          COVET_IS_LIST_(v)
#define COVET_TAKES_isnull(f, v)      COVET_IS_INT_(v)

#endif /* !__cplusplus */
#endif
