/*
 * orm/orm.h - running querysets, and rows that are made, saved and deleted.
 *
 *     Post_rows rows;
 *     if (COVET_FETCH(db, recent, NULL, &rows, &err) == COVET_OK)
 *         for (Post *p = rows.items; p < rows.items + rows.count; p++)
 *             printf("%s by %s\n", p->title, COVET_REL(p, author)->username);
 *
 * Rows live in the queryset's arena until it is reset, and everything they point at with
 * them; text is where the network put it. An arena that an operation works in is not for
 * other use until the operation is done.
 *
 * Everything follows the one asynchronous contract of <covet/shard/db.h>: a start that
 * fails returns its status, one that succeeds calls back exactly once. Each has its
 * blocking twin.
 */
#ifndef COVET_ORM_ORM_H
#define COVET_ORM_ORM_H

#include <covet/orm/query.h>
#include <covet/shard/db.h>

COVET_C_BEGIN

/* ---- reading ----------------------------------------------------------------------------- */

/* All rows. In the callback covet_op_rows gives them. */
COVET_CHECKED covet_status covet_qs_all(covet_db *db, const covet_qs *qs, const covet_call *call,
                                        covet_op_id *ret_op, covet_error *err, covet_cb *cb,
                                        void *user);
/* *ret_rows points at *ret_count rows of the queryset's row type, in its arena. */
COVET_CHECKED covet_status covet_qs_all_wait(covet_db *db, const covet_qs *qs,
                                             const covet_call *call, void **ret_rows,
                                             size_t *ret_count, covet_error *err);

/* The one row that matches: COVET_ENOTFOUND, COVET_EMULTIPLE. */
COVET_CHECKED covet_status covet_qs_get(covet_db *db, const covet_qs *qs, const covet_call *call,
                                        covet_op_id *ret_op, covet_error *err, covet_cb *cb,
                                        void *user);
COVET_CHECKED covet_status covet_qs_get_wait(covet_db *db, const covet_qs *qs,
                                             const covet_call *call, void **ret_row,
                                             covet_error *err);

/* The first row, by the primary key where there is no other order; none is no error: the
 * count is 0, the row NULL. */
COVET_CHECKED covet_status covet_qs_first(covet_db *db, const covet_qs *qs, const covet_call *call,
                                          covet_op_id *ret_op, covet_error *err, covet_cb *cb,
                                          void *user);
COVET_CHECKED covet_status covet_qs_first_wait(covet_db *db, const covet_qs *qs,
                                               const covet_call *call, void **ret_row,
                                               covet_error *err);

/* How many rows there are. In the callback covet_op_count gives it. */
COVET_CHECKED covet_status covet_qs_count(covet_db *db, const covet_qs *qs, const covet_call *call,
                                          covet_op_id *ret_op, covet_error *err, covet_cb *cb,
                                          void *user);
COVET_CHECKED covet_status covet_qs_count_wait(covet_db *db, const covet_qs *qs,
                                               const covet_call *call, int64_t *ret_count,
                                               covet_error *err);

/* Inside the callback of all, get and first: the rows (for get and first at most one), NULL
 * where there are none. */
COVET_API void *covet_op_rows(const covet_op *op, size_t *ret_count);
/* Inside the callback of count. */
COVET_API int64_t covet_op_count(const covet_op *op);

/* ---- making, saving, deleting ---------------------------------------------------------------- */

/* One given field of a new row. */
typedef struct covet_given {
    const char *name; /* NULL ends a list */
    covet_value value;
    size_t checked; /* not read */
} covet_given;

/* A new row in the arena: what is given, the fields' defaults, auto_now_add at save. What
 * is neither given nor has a default is remembered as missing (texts are "", nullable
 * fields NULL, as in Django): saving it then fails with 23502 unless it was set since, so a
 * zero is never taken for a value that was left out. COVET_EFIELD for a name that the
 * model does not have, COVET_ETYPE for a value that does not fit. */
COVET_CHECKED covet_status covet_row_new(covet_arena *arena, const covet_model *model,
                                         const covet_given *given, void **ret_row,
                                         covet_error *err);
/* Sets a field and marks it as given. Text is copied into the row's arena. */
COVET_API covet_status covet_row_set(void *row, const char *name, covet_value value,
                                     covet_error *err);

/* Writes a row as Django's save does: INSERT for a new one without a primary key (the key
 * is then in the row), else UPDATE, and INSERT if no row was there. auto_now fields are set.
 * The row must stay until the callback has run; on a distributed table its shard key must
 * be the one that was read. */
COVET_CHECKED covet_status covet_save(covet_db *db, void *row, const covet_call *call,
                                      covet_op_id *ret_op, covet_error *err, covet_cb *cb,
                                      void *user);
COVET_CHECKED covet_status covet_save_wait(covet_db *db, void *row, const covet_call *call,
                                           covet_error *err);

/* Deletes a row and what refers to it, as on_delete says of each REV and M2M of the model,
 * in one transaction (the call's, if it has one). In the callback covet_op_count gives how
 * many rows went. The row's primary key becomes 0. */
COVET_CHECKED covet_status covet_delete(covet_db *db, void *row, const covet_call *call,
                                        covet_op_id *ret_op, covet_error *err, covet_cb *cb,
                                        void *user);
COVET_CHECKED covet_status covet_delete_wait(covet_db *db, void *row, const covet_call *call,
                                             int64_t *ret_deleted, covet_error *err);

COVET_C_END

#ifndef __cplusplus

/* COVET_FETCH(db, qs, call, &rows, &err): qs an R_qs *, rows an R_rows; the compiler checks
 * that they are of one kind. */
#define COVET_FETCH(db, qs_, call, rows_, err)                                                     \
    (__extension__({                                                                               \
        __typeof__(qs_) covet_qs_ = (qs_);                                                         \
        COVET_SAME_(covet_qs_->row, (rows_)->items);                                               \
        void *covet_items_ = NULL;                                                                 \
        const covet_status covet_status_ =                                                         \
            covet_qs_all_wait((db), (const covet_qs *)covet_qs_, (call), &covet_items_,            \
                              &(rows_)->count, (err));                                             \
        if (covet_status_ == COVET_OK)                                                             \
            (rows_)->items = covet_items_;                                                         \
        covet_status_;                                                                             \
    }))
/* ..., &row, &err): row an R *. */
#define COVET_GET(db, qs_, call, row_, err)                                                        \
    COVET_ONE_ROW_(covet_qs_get_wait, db, qs_, call, row_, err)
#define COVET_FIRST(db, qs_, call, row_, err)                                                      \
    COVET_ONE_ROW_(covet_qs_first_wait, db, qs_, call, row_, err)
#define COVET_HOW_MANY(db, qs_, call, ret_count, err)                                              \
    covet_qs_count_wait((db), (const covet_qs *)(qs_), (call), (ret_count), (err))

/* COVET_NEW(arena, Post, &post, &err, COVET_GIVE(Post, title, "Hello"), ...) */
#define COVET_NEW(arena, M, row_, err, ...)                                                        \
    (__extension__({                                                                               \
        COVET_SAME_((M *)0, *(row_));                                                              \
        void *covet_row_ = NULL;                                                                   \
        const covet_status covet_status_ =                                                         \
            covet_row_new((arena), &M##_model,                                                     \
                          (const covet_given[]){__VA_ARGS__, {NULL, covet_null(), 0}},             \
                          &covet_row_, (err));                                                     \
        if (covet_status_ == COVET_OK)                                                             \
            *(row_) = covet_row_;                                                                  \
        covet_status_;                                                                             \
    }))
#define COVET_GIVE(M, name_, value_)                                                               \
    {                                                                                              \
        .name = #name_, .value = COVET_V_(value_),                                                 \
        .checked = sizeof COVET_AT_(M, name_) +                                                    \
                   COVET_ASSERT_(COVET_FITS_(COVET_AT_(M, name_), value_),                         \
                                 #M "." #name_ ": the value is of the wrong type")                 \
    }

/* In a callback: Post_rows rows = COVET_OP_ROWS(op, Post); */
#define COVET_OP_ROWS(op, R)                                                                       \
    (__extension__({                                                                               \
        R##_rows covet_rows_;                                                                      \
        covet_rows_.items = covet_op_rows((op), &covet_rows_.count);                               \
        covet_rows_;                                                                               \
    }))

#define COVET_SAME_(a, b)                                                                          \
    _Static_assert(_Generic((a), __typeof__(b) : 1, default : 0),                                  \
                   "the rows are not of the queryset's type")

#define COVET_ONE_ROW_(function, db, qs_, call, row_, err)                                         \
    (__extension__({                                                                               \
        __typeof__(qs_) covet_qs_ = (qs_);                                                         \
        COVET_SAME_(covet_qs_->row, *(row_));                                                      \
        void *covet_row_ = NULL;                                                                   \
        const covet_status covet_status_ =                                                         \
            function((db), (const covet_qs *)covet_qs_, (call), &covet_row_, (err));               \
        if (covet_status_ == COVET_OK)                                                             \
            *(row_) = covet_row_;                                                                  \
        covet_status_;                                                                             \
    }))

#endif /* !__cplusplus */
#endif
