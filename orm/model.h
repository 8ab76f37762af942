/*
 * orm/model.h - tables as C structures, checked by the compiler.
 *
 * A model is a list of fields, written once:
 *
 *     #define POST(X, M)                                                       \
 *         X(M, BigAuto, id)                                                    \
 *         X(M, Char, title, .max_length = 200)                                 \
 *         X(M, Text, content)                                                  \
 *         X(M, FK, author, User, .on_delete = COVET_CASCADE)                   \
 *         X(M, NullFK, category, Category, .on_delete = COVET_SET_NULL)        \
 *         X(M, M2M, tags, Tag, .db_table = "posts_tags")                       \
 *         X(M, REV, comments, Comment, post)                                   \
 *         X(M, DateTime, created_at, .auto_now_add = true)
 *
 *     COVET_DECLARE(Post, POST);                                in a header
 *     COVET_DEFINE(Post, POST, .db_table = "posts",             in one .c file
 *                  .ordering = COVET_NAMES("-created_at"));
 *
 * COVET_DECLARE makes `Post`, the row: one member a field, author_id for the foreign key
 * `author`. What a relation leads to is not a member of that name: it is read by
 * COVET_REL(post, author) and COVET_MANY(post, comments), which know whether it was
 * fetched. A path such as category->name exists only for the compiler to check.
 *
 *     kind                     member                      column
 *     Auto, BigAuto            int64_t                     int4, int8: given by the server
 *     Integer, BigInteger      int64_t                     int4, int8 (int2 too)
 *     Boolean                  bool                        boolean
 *     Char, Text, Slug, Email  const char *                varchar, text
 *     DateTime                 covet_time                  timestamptz
 *     FK (to, ...)             int64_t NAME_id             NAME_id
 *     NullInteger, NullBigInteger, NullBoolean, NullDateTime, NullFK: covet_null_... {value, set}
 *     NullChar, NullText, NullSlug, NullEmail              NULL is SQL's NULL
 *     M2M (to, ...)            -                           a table of its own
 *     REV (to, foreign key)    -                           the other end of a foreign key
 *
 * Nullability is the kind, so the structure shows it. Columns are found by name, and
 * widths by what the server says, so tables that Django made work as they are.
 *
 * The macros are C11. C++ and bindings describe a covet_model themselves: it is plain
 * data, and everything that takes one takes any.
 */
#ifndef COVET_ORM_MODEL_H
#define COVET_ORM_MODEL_H

#include <covet/core/arena.h>
#include <covet/core/value.h>

COVET_C_BEGIN

typedef struct covet_null_int {
    int64_t value;
    bool set; /* false: NULL, and value is 0 */
} covet_null_int;

typedef struct covet_null_bool {
    bool value;
    bool set;
} covet_null_bool;

typedef struct covet_null_time {
    covet_time value;
    bool set;
} covet_null_time;

typedef enum covet_field_kind {
    COVET_FIELD_Auto = 1,
    COVET_FIELD_BigAuto,
    COVET_FIELD_Integer,
    COVET_FIELD_BigInteger,
    COVET_FIELD_Boolean,
    COVET_FIELD_Char,
    COVET_FIELD_Text,
    COVET_FIELD_Slug,
    COVET_FIELD_Email,
    COVET_FIELD_DateTime,
    COVET_FIELD_FK,
    COVET_FIELD_M2M,
    COVET_FIELD_REV,
} covet_field_kind;

/* What happens to a row when the row that its foreign key names is deleted; done by the
 * ORM, as Django does it. */
typedef enum covet_on_delete {
    COVET_CASCADE = 0, /* it is deleted too */
    COVET_PROTECT,     /* the delete fails */
    COVET_RESTRICT,    /* the same */
    COVET_SET_NULL,    /* the foreign key becomes NULL */
    COVET_DO_NOTHING,  /* the database decides */
} covet_on_delete;

typedef struct covet_model covet_model;

/* One field. A zero member asks for the default. */
typedef struct covet_field {
    const char *name;
    const char *column; /* default: the name; NAME_id of a foreign key */
    covet_field_kind kind;
    bool null;        /* set by the Null... kinds */
    bool primary_key; /* Auto and BigAuto are */
    bool unique;
    bool auto_now;     /* becomes now at every save */
    bool auto_now_add; /* becomes now when the row is made */
    covet_on_delete on_delete;
    int max_length;
    covet_value value; /* default, for COVET_NEW: COVET_DEFAULT_...; kind NULL: none */
    size_t offset;     /* of the member */
    size_t relation;   /* FK, M2M, REV: of a covet_one or covet_many; 0: it cannot be fetched */
    const covet_model *to;
    const char *via;      /* REV: the foreign key there. M2M: its column for this model here;
                             default: MODEL_id, lower case */
    const char *via_to;   /* M2M: its column for the other model */
    const char *db_table; /* M2M: the table between; default: TABLE_NAME */
    const char *related_name;
} covet_field;

struct covet_model {
    size_t size; /* sizeof(covet_model) */
    const char *name;
    const char *db_table; /* "schema.table" or "table" */
    size_t row_size;
    const covet_field *fields;
    size_t field_count;
    size_t field_size;           /* sizeof(covet_field), as this program knows it */
    const char *const *ordering; /* "-created_at"; ends with NULL; NULL: none */
};

/* Whether a model that was described at run time makes sense: names, places in the row,
 * one primary key, relations that lead somewhere. COVET_EINVAL says what does not. Models
 * and row types must outlive whatever uses them. */
COVET_CHECKED covet_status covet_model_check(const covet_model *model, covet_error *err);

/* What a query's rows look like: a model's fields, then annotations. */
typedef struct covet_row_type {
    size_t size; /* sizeof(covet_row_type) */
    const char *name;
    const covet_model *model;
    size_t row_size;
    const covet_field *extras; /* annotations */
    size_t extra_count;
    size_t extra_size; /* sizeof(covet_field) */
} covet_row_type;

/* The first member of every row; the library's, but for reading. */
typedef struct covet_row {
    const covet_model *model; /* NULL: the row was not made by COVET_NEW or a query */
    bool saved;               /* it came from the database, or went there */
    covet_value key;          /* the shard key as it was read; NULL kind: none */
    unsigned char *missing;   /* a bit a field: not given, and without a default */
    covet_arena *arena;       /* it lives in; saving and deleting work there too */
} covet_row;

/* What stands in a row at covet_field.relation: for a foreign key, and for the others. The
 * macros make them with the type of their rows; `fetched` is false and `row` no row to be
 * used until a query has brought it. */
typedef struct covet_one {
    void *row;
    bool fetched;
} covet_one;

typedef struct covet_many {
    void *items;
    size_t count;
    bool fetched;
} covet_many;

COVET_C_END

#ifndef __cplusplus

#include <assert.h>

/* ---- declaring and defining ------------------------------------------------------- */

#define COVET_DECLARE(M, FIELDS)                                                                   \
    typedef struct M M;                                                                            \
    struct M {                                                                                     \
        covet_row covet_;                                                                          \
        FIELDS(COVET_MEMBER_, M)                                                                   \
    };                                                                                             \
    struct M##_path {                                                                              \
        FIELDS(COVET_PATH_, M)                                                                     \
    };                                                                                             \
    COVET_ROWS_OF_(M);                                                                             \
    extern const covet_model M##_model;                                                            \
    extern const covet_row_type M##_type

/* Options of a model: .db_table (required), .ordering = COVET_NAMES("name"). */
#define COVET_DEFINE(M, FIELDS, ...)                                                               \
    static const covet_field covet_fields_##M[] = {FIELDS(COVET_FIELD_, M)};                       \
    FIELDS(COVET_CHECK_, M)                                                                        \
    const covet_model M##_model = {.size = sizeof(covet_model),                                    \
                                   .name = #M,                                                     \
                                   .row_size = sizeof(M),                                          \
                                   .fields = covet_fields_##M,                                     \
                                   .field_count =                                                  \
                                       sizeof covet_fields_##M / sizeof covet_fields_##M[0],       \
                                   .field_size = sizeof(covet_field),                              \
                                   __VA_ARGS__};                                                   \
    const covet_row_type M##_type = {.size = sizeof(covet_row_type),                               \
                                     .name = #M,                                                   \
                                     .model = &M##_model,                                          \
                                     .row_size = sizeof(M)}

/* A row type with annotations behind a model's fields:
 *     #define COUNTS(X, M) X(M, BigInteger, comment_count)
 *     COVET_ROW(PostRow, Post, POST, COUNTS); */
#define COVET_ROW(R, M, FIELDS, EXTRAS)                                                            \
    typedef struct R R;                                                                            \
    struct R {                                                                                     \
        covet_row covet_;                                                                          \
        FIELDS(COVET_MEMBER_, M)                                                                   \
        EXTRAS(COVET_MEMBER_, R)                                                                   \
    };                                                                                             \
    struct R##_path {                                                                              \
        FIELDS(COVET_PATH_, M)                                                                     \
        EXTRAS(COVET_PATH_, R)                                                                     \
    };                                                                                             \
    COVET_ROWS_OF_(R);                                                                             \
    static const covet_field covet_extras_##R[] = {EXTRAS(COVET_FIELD_, R)};                       \
    __attribute__((unused)) static const covet_row_type R##_type = {                               \
        .size = sizeof(covet_row_type),                                                            \
        .name = #R,                                                                                \
        .model = &M##_model,                                                                       \
        .row_size = sizeof(R),                                                                     \
        .extras = covet_extras_##R,                                                                \
        .extra_count = sizeof covet_extras_##R / sizeof covet_extras_##R[0],                       \
        .extra_size = sizeof(covet_field)}

/* Names, for .ordering and the like; ends with NULL. */
#define COVET_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

#define COVET_DEFAULT_INT(x)                                                                       \
    {                                                                                              \
        .kind = COVET_VALUE_INT, .u = {.i = (x) }                                                  \
    }
#define COVET_DEFAULT_BOOL(x)                                                                      \
    {                                                                                              \
        .kind = COVET_VALUE_BOOL, .u = {.b = (x) }                                                 \
    }
#define COVET_DEFAULT_TEXT(x)                                                                      \
    {                                                                                              \
        .kind = COVET_VALUE_TEXT, .u = {.p = (x)}, .length = sizeof(x) - 1                         \
    }

/* ---- reading relations -------------------------------------------------------------- */

/* The row that a foreign key leads to; NULL only where the column is NULL. It must have
 * been fetched (COVET_SELECT_RELATED): otherwise a program compiled without NDEBUG stops
 * here, and one with it gets a row whose every text says so. */
#define COVET_REL(row_, name_)                                                                     \
    (assert((row_)->covet_rel_##name_.fetched &&#name_                                             \
            " was not fetched: add it to COVET_SELECT_RELATED"),                                   \
     (row_)->covet_rel_##name_.row)

/* The rows at the other end: ->items, ->count. They must have been fetched
 * (COVET_PREFETCH): otherwise the same, and with NDEBUG there are none. */
#define COVET_MANY(row_, name_)                                                                    \
    (assert((row_)->covet_rel_##name_.fetched &&#name_                                             \
            " were not fetched: add them to COVET_PREFETCH"),                                      \
     &(row_)->covet_rel_##name_)

/* Whether it is there. */
#define COVET_IS_FETCHED(row_, name_) ((row_)->covet_rel_##name_.fetched)

/* ---- how the lists are read: private from here on ------------------------------------ */

#define COVET_ROWS_OF_(R)                                                                          \
    typedef struct R##_rows {                                                                      \
        R *items;                                                                                  \
        size_t count;                                                                              \
    } R##_rows;                                                                                    \
    typedef struct R##_qs {                                                                        \
        R *row; /* never there: tells the compiler what the query's rows are */                    \
    } R##_qs

#define COVET_MEMBER_(M, kind, ...)            COVET_MEMBER_##kind(M, __VA_ARGS__, )
#define COVET_MEMBER_Auto(M, n, ...)           int64_t n;
#define COVET_MEMBER_BigAuto(M, n, ...)        int64_t n;
#define COVET_MEMBER_Integer(M, n, ...)        int64_t n;
#define COVET_MEMBER_BigInteger(M, n, ...)     int64_t n;
#define COVET_MEMBER_Boolean(M, n, ...)        bool n;
#define COVET_MEMBER_Char(M, n, ...)           const char *n;
#define COVET_MEMBER_Text(M, n, ...)           const char *n;
#define COVET_MEMBER_Slug(M, n, ...)           const char *n;
#define COVET_MEMBER_Email(M, n, ...)          const char *n;
#define COVET_MEMBER_DateTime(M, n, ...)       covet_time n;
#define COVET_MEMBER_NullInteger(M, n, ...)    covet_null_int n;
#define COVET_MEMBER_NullBigInteger(M, n, ...) covet_null_int n;
#define COVET_MEMBER_NullBoolean(M, n, ...)    covet_null_bool n;
#define COVET_MEMBER_NullChar(M, n, ...)       const char *n;
#define COVET_MEMBER_NullText(M, n, ...)       const char *n;
#define COVET_MEMBER_NullSlug(M, n, ...)       const char *n;
#define COVET_MEMBER_NullEmail(M, n, ...)      const char *n;
#define COVET_MEMBER_NullDateTime(M, n, ...)   covet_null_time n;
#define COVET_MEMBER_FK(M, n, To, ...)                                                             \
    int64_t n##_id;                                                                                \
    COVET_ONE_(n, To)
#define COVET_MEMBER_NullFK(M, n, To, ...)                                                         \
    covet_null_int n##_id;                                                                         \
    COVET_ONE_(n, To)
#define COVET_MEMBER_M2M(M, n, To, ...) COVET_SEVERAL_(n, To)
#define COVET_MEMBER_REV(M, n, To, ...) COVET_SEVERAL_(n, To)

#define COVET_ONE_(n, To)                                                                          \
    struct {                                                                                       \
        struct To *row;                                                                            \
        bool fetched;                                                                              \
    } covet_rel_##n;
#define COVET_SEVERAL_(n, To)                                                                      \
    struct {                                                                                       \
        struct To *items;                                                                          \
        size_t count;                                                                              \
        bool fetched;                                                                              \
    } covet_rel_##n;

/* Paths: scalars as they are, relations as pointers to the next path. */
#define COVET_PATH_(M, kind, ...)            COVET_PATH_##kind(M, __VA_ARGS__, )
#define COVET_PATH_Auto(M, n, ...)           int64_t n;
#define COVET_PATH_BigAuto(M, n, ...)        int64_t n;
#define COVET_PATH_Integer(M, n, ...)        int64_t n;
#define COVET_PATH_BigInteger(M, n, ...)     int64_t n;
#define COVET_PATH_Boolean(M, n, ...)        bool n;
#define COVET_PATH_Char(M, n, ...)           const char *n;
#define COVET_PATH_Text(M, n, ...)           const char *n;
#define COVET_PATH_Slug(M, n, ...)           const char *n;
#define COVET_PATH_Email(M, n, ...)          const char *n;
#define COVET_PATH_DateTime(M, n, ...)       covet_time n;
#define COVET_PATH_NullInteger(M, n, ...)    int64_t n;
#define COVET_PATH_NullBigInteger(M, n, ...) int64_t n;
#define COVET_PATH_NullBoolean(M, n, ...)    bool n;
#define COVET_PATH_NullChar(M, n, ...)       const char *n;
#define COVET_PATH_NullText(M, n, ...)       const char *n;
#define COVET_PATH_NullSlug(M, n, ...)       const char *n;
#define COVET_PATH_NullEmail(M, n, ...)      const char *n;
#define COVET_PATH_NullDateTime(M, n, ...)   covet_time n;
#define COVET_PATH_FK(M, n, To, ...)                                                               \
    struct To##_path *n;                                                                           \
    int64_t n##_id;
#define COVET_PATH_NullFK(M, n, To, ...)                                                           \
    struct To##_path *n;                                                                           \
    int64_t n##_id;
#define COVET_PATH_M2M(M, n, To, ...) struct To##_path *n;
#define COVET_PATH_REV(M, n, To, ...) struct To##_path *n;

#define COVET_FIELD_(M, kind, ...) COVET_FIELD_OF_##kind(M, __VA_ARGS__, )
#define COVET_SCALAR_(M, k, n, ...)                                                                \
    {.name = #n, .kind = COVET_FIELD_##k, .offset = offsetof(M, n), __VA_ARGS__},
#define COVET_FIELD_OF_Auto(M, n, ...) COVET_SCALAR_(M, Auto, n, .primary_key = true, __VA_ARGS__)
#define COVET_FIELD_OF_BigAuto(M, n, ...)                                                          \
    COVET_SCALAR_(M, BigAuto, n, .primary_key = true, __VA_ARGS__)
#define COVET_FIELD_OF_Integer(M, n, ...)        COVET_SCALAR_(M, Integer, n, __VA_ARGS__)
#define COVET_FIELD_OF_BigInteger(M, n, ...)     COVET_SCALAR_(M, BigInteger, n, __VA_ARGS__)
#define COVET_FIELD_OF_Boolean(M, n, ...)        COVET_SCALAR_(M, Boolean, n, __VA_ARGS__)
#define COVET_FIELD_OF_Char(M, n, ...)           COVET_SCALAR_(M, Char, n, __VA_ARGS__)
#define COVET_FIELD_OF_Text(M, n, ...)           COVET_SCALAR_(M, Text, n, __VA_ARGS__)
#define COVET_FIELD_OF_Slug(M, n, ...)           COVET_SCALAR_(M, Slug, n, .max_length = 50, __VA_ARGS__)
#define COVET_FIELD_OF_Email(M, n, ...)          COVET_SCALAR_(M, Email, n, .max_length = 254, __VA_ARGS__)
#define COVET_FIELD_OF_DateTime(M, n, ...)       COVET_SCALAR_(M, DateTime, n, __VA_ARGS__)
#define COVET_NULLABLE_(M, k, n, ...)            COVET_SCALAR_(M, k, n, .null = true, __VA_ARGS__)
#define COVET_FIELD_OF_NullInteger(M, n, ...)    COVET_NULLABLE_(M, Integer, n, __VA_ARGS__)
#define COVET_FIELD_OF_NullBigInteger(M, n, ...) COVET_NULLABLE_(M, BigInteger, n, __VA_ARGS__)
#define COVET_FIELD_OF_NullBoolean(M, n, ...)    COVET_NULLABLE_(M, Boolean, n, __VA_ARGS__)
#define COVET_FIELD_OF_NullChar(M, n, ...)       COVET_NULLABLE_(M, Char, n, __VA_ARGS__)
#define COVET_FIELD_OF_NullText(M, n, ...)       COVET_NULLABLE_(M, Text, n, __VA_ARGS__)
#define COVET_FIELD_OF_NullSlug(M, n, ...)                                                         \
    COVET_NULLABLE_(M, Slug, n, .max_length = 50, __VA_ARGS__)
#define COVET_FIELD_OF_NullEmail(M, n, ...)                                                        \
    COVET_NULLABLE_(M, Email, n, .max_length = 254, __VA_ARGS__)
#define COVET_FIELD_OF_NullDateTime(M, n, ...) COVET_NULLABLE_(M, DateTime, n, __VA_ARGS__)
#define COVET_FOREIGN_(M, n, To, ...)                                                              \
    {.name = #n,                                                                                   \
     .column = #n "_id",                                                                           \
     .kind = COVET_FIELD_FK,                                                                       \
     .offset = offsetof(M, n##_id),                                                                \
     .relation = offsetof(M, covet_rel_##n),                                                       \
     .to = &To##_model,                                                                            \
     __VA_ARGS__},
#define COVET_FIELD_OF_FK(M, n, To, ...)     COVET_FOREIGN_(M, n, To, __VA_ARGS__)
#define COVET_FIELD_OF_NullFK(M, n, To, ...) COVET_FOREIGN_(M, n, To, .null = true, __VA_ARGS__)
#define COVET_FIELD_OF_M2M(M, n, To, ...)                                                          \
    {.name = #n,                                                                                   \
     .kind = COVET_FIELD_M2M,                                                                      \
     .relation = offsetof(M, covet_rel_##n),                                                       \
     .to = &To##_model,                                                                            \
     __VA_ARGS__},
#define COVET_FIELD_OF_REV(M, n, To, fk, ...)                                                      \
    {.name = #n,                                                                                   \
     .kind = COVET_FIELD_REV,                                                                      \
     .relation = offsetof(M, covet_rel_##n),                                                       \
     .to = &To##_model,                                                                            \
     .via = #fk,                                                                                   \
     __VA_ARGS__},

/* A REV names a foreign key of the other model that leads here. */
#define COVET_CHECK_(M, kind, ...) COVET_CHECK_##kind(M, __VA_ARGS__, )
#define COVET_CHECK_Auto(M, n, ...)
#define COVET_CHECK_BigAuto(M, n, ...)
#define COVET_CHECK_Integer(M, n, ...)
#define COVET_CHECK_BigInteger(M, n, ...)
#define COVET_CHECK_Boolean(M, n, ...)
#define COVET_CHECK_Char(M, n, ...)
#define COVET_CHECK_Text(M, n, ...)
#define COVET_CHECK_Slug(M, n, ...)
#define COVET_CHECK_Email(M, n, ...)
#define COVET_CHECK_DateTime(M, n, ...)
#define COVET_CHECK_NullInteger(M, n, ...)
#define COVET_CHECK_NullBigInteger(M, n, ...)
#define COVET_CHECK_NullBoolean(M, n, ...)
#define COVET_CHECK_NullChar(M, n, ...)
#define COVET_CHECK_NullText(M, n, ...)
#define COVET_CHECK_NullSlug(M, n, ...)
#define COVET_CHECK_NullEmail(M, n, ...)
#define COVET_CHECK_NullDateTime(M, n, ...)
#define COVET_CHECK_FK(M, n, ...)
#define COVET_CHECK_NullFK(M, n, ...)
#define COVET_CHECK_M2M(M, n, ...)
#define COVET_CHECK_REV(M, n, To, fk, ...)                                                         \
    _Static_assert(_Generic(((struct To##_path *)0)->fk, struct M##_path * : 1, default : 0),      \
                   #M "." #n ": " #To "." #fk " is not a foreign key to " #M);

#endif /* !__cplusplus */
#endif
