/*
 * orm/save.c - writes a row as Django's save() does (orm/orm.h).
 *
 *     without a primary key    INSERT ... RETURNING the key
 *     with one                 UPDATE of all other columns; if no row was there, INSERT
 *
 *   S1  On a distributed table UPDATE says the shard key that was read, so that it is
 *       routed, and does not set it: a row does not move to another shard by being saved.
 *   S2  A column that the program has not given is left to the server only if it is the
 *       primary key; any other is refused before anything is sent (orm/rows.c, R1).
 *   S3  One reading of the clock serves all auto_now and auto_now_add fields of a save.
 */
#include <string.h>

#include "core/bind.h"
#include "orm/change.h"
#include "orm/moment.h"
#include "orm/rows.h"
#include "orm/task.h"

typedef struct save {
    covet__task task; /* first */
    void *row;
    const covet_model *model;
    const covet_field *pk;
    const covet_field *key; /* of its shard; NULL: none, or not a field */
    covet_time now;
} save;

/* ---- before anything is sent --------------------------------------------------------------- */

static bool equal_values(const covet_value *a, const covet_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == COVET_VALUE_TEXT)
        return a->length == b->length && memcmp(a->u.p, b->u.p, a->length) == 0;
    return a->kind == COVET_VALUE_BOOL ? a->u.b == b->u.b : a->u.i == b->u.i;
}

static covet_status check_key(const save *s, covet_error *err)
{
    const covet_row *row = covet__row_of(s->row);
    if (s->key == NULL || !row->saved || row->key.kind == COVET_VALUE_NULL)
        return COVET_OK;
    const covet_value now = covet__member_get(s->row, s->key);
    if (equal_values(&now, &row->key))
        return COVET_OK;
    return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                             "save: %s.%s is the shard key, and it has changed: a row cannot move "
                             "to another shard (delete it and make a new one)",
                             s->model->name, s->key->name);
}

static covet_status check_missing(const save *s, covet_error *err)
{
    for (size_t i = 0; i < s->model->field_count; i++) {
        const covet_field *field = covet__field_at(s->model, i);
        if (field == s->pk || !covet__is_column(field->kind) || !covet__is_missing(s->row, i))
            continue;
        const char *column = covet__column_of(field, s->task.arena);
        covet__fail_state(err, COVET_ESQL, "23502",
                          "save: %s.%s was not given, has no default and cannot be NULL",
                          s->model->name, field->name);
        if (err != NULL) {
            err->outcome = COVET_OUTCOME_NOT_SENT;
            covet__copy(err->column, sizeof err->column, column != NULL ? column : "");
            covet__copy(err->table, sizeof err->table, s->model->db_table);
        }
        return COVET_ESQL;
    }
    return COVET_OK;
}

static void set_times(const save *s, bool insert)
{
    COVET__EACH_FIELD(field, s->model)
    if (field->auto_now || (insert && field->auto_now_add))
        covet__member_set(s->row, field, covet_timestamp(s->now));
}

/* ---- statements ---------------------------------------------------------------------------- */

static bool is_set_by_update(const save *s, const covet_field *field)
{
    return covet__is_column(field->kind) && field != s->pk && field != s->key; /* S1 */
}

static void put_where(const save *s, covet__change *c)
{
    covet__change_add(c, " WHERE ");
    covet__change_equals(c, covet__column_of(s->pk, c->arena), covet__member_get(s->row, s->pk));
    if (s->key == NULL || s->key == s->pk)
        return;
    covet__change_add(c, " AND ");
    covet__change_equals(c, covet__column_of(s->key, c->arena), covet__member_get(s->row, s->key));
}

/* Where there is nothing to set, the question is whether the row is there. */
static covet_status make_update(const save *s, covet_sql *ret, covet_error *err)
{
    covet__change c = COVET__CHANGE_IN(s->task.arena);
    bool first = true;
    COVET__EACH_FIELD(field, s->model)
    {
        if (!is_set_by_update(s, field))
            continue;
        if (first) {
            covet__change_add(&c, "UPDATE ");
            covet__change_table(&c, s->model->db_table);
        }
        covet__change_add(&c, first ? " SET " : ", ");
        covet__change_equals(&c, covet__column_of(field, c.arena),
                             covet__member_get(s->row, field));
        first = false;
    }
    if (first) {
        covet__change_add(&c, "SELECT 1 FROM ");
        covet__change_table(&c, s->model->db_table);
    }
    put_where(s, &c);
    return covet__change_finish(&c, ret, err);
}

static covet_status make_insert(const save *s, covet_sql *ret, covet_error *err)
{
    covet__change c = COVET__CHANGE_IN(s->task.arena);
    const bool with_pk = covet__has_pk(s->row);
    bool first = true;
    covet__change_add(&c, "INSERT INTO ");
    covet__change_table(&c, s->model->db_table);
    COVET__EACH_FIELD(field, s->model)
    {
        if (!covet__is_column(field->kind) || (field == s->pk && !with_pk))
            continue;
        covet__change_add(&c, first ? " (" : ", ");
        covet__change_column(&c, covet__column_of(field, c.arena));
        first = false;
    }
    covet__change_add(&c, first ? " DEFAULT VALUES" : ") VALUES (");
    bool second = false;
    COVET__EACH_FIELD(field, s->model)
    {
        if (!covet__is_column(field->kind) || (field == s->pk && !with_pk))
            continue;
        covet__change_add(&c, second ? ", " : "");
        covet__change_param(&c, covet__member_get(s->row, field));
        second = true;
    }
    covet__change_add(&c, first ? " RETURNING " : ") RETURNING ");
    covet__change_column(&c, covet__column_of(s->pk, c.arena));
    return covet__change_finish(&c, ret, err);
}

/* ---- steps --------------------------------------------------------------------------------- */

static void finish(save *s, covet_op *op)
{
    covet_row *row = covet__row_of(s->row);
    row->saved = true;
    row->key = s->key != NULL ? covet__member_get(s->row, s->key) : covet_null();
    /* A text key must stay what it was when the member is changed. */
    if (covet__value_copy(&row->key, s->task.arena, NULL) != COVET_OK)
        row->key = covet_null();
    if (row->missing != NULL)
        memset(row->missing, 0, (s->model->field_count + 7) / 8);
    covet__task_end(&s->task, op, COVET_OK);
}

static void on_inserted(covet__task *task, covet_op *op, covet_status status)
{
    save *s = (save *)(void *)task;
    covet_error err;
    int64_t pk;
    if (status != COVET_OK) {
        covet__task_end(task, op, status);
        return;
    }
    if (covet__is_int(s->pk->kind)) {
        if (covet_result_int(covet_op_result(op), 0, 0, &pk, &err) != COVET_OK) {
            err.outcome = COVET_OUTCOME_COMMITTED;
            covet__task_fail(task, op, &err);
            return;
        }
        covet__member_set(s->row, s->pk, covet_int(pk));
    }
    finish(s, op);
}

static void on_updated(covet__task *task, covet_op *op, covet_status status)
{
    save *s = (save *)(void *)task;
    covet_error err;
    covet_sql sql;
    if (status != COVET_OK) {
        covet__task_end(task, op, status);
        return;
    }
    if (covet_result_affected(covet_op_result(op)) > 0) {
        finish(s, op);
        return;
    }
    set_times(s, true);
    if (make_insert(s, &sql, &err) != COVET_OK)
        covet__task_fail(task, op, &err);
    else
        covet__task_next(task, op, &sql, on_inserted);
}

/* The first statement, once it is known which tables are distributed. */
static covet_status make_first(save *s, covet_sql *ret, covet__task_step **ret_step,
                               covet_error *err)
{
    bool distributed;
    s->key = covet__key_of(s->task.db, s->model, s->task.arena, &distributed);
    COVET_TRY(check_key(s, err));
    const bool insert = !covet__has_pk(s->row);
    set_times(s, insert);
    *ret_step = insert ? on_inserted : on_updated;
    return insert ? make_insert(s, ret, err) : make_update(s, ret, err);
}

static void on_open(covet__task *task, covet_op *op, covet_status status)
{
    save *s = (save *)(void *)task;
    covet__task_step *step;
    covet_error err;
    covet_sql sql;
    if (status != COVET_OK)
        covet__task_end(task, op, status);
    else if (make_first(s, &sql, &step, &err) != COVET_OK)
        covet__task_fail(task, op, &err);
    else
        covet__task_next(task, op, &sql, step);
}

/* ---- starting ------------------------------------------------------------------------------ */

static bool is_open(const covet_db *db)
{
    covet_db_info info = {.size = sizeof info};
    covet_db_describe(db, &info);
    return info.open;
}

/* *ret_sql stays NULL where the handle is not open yet: on_open goes on then. */
static covet_status prepare(covet_db *db, void *row, const covet_call *call, save **ret,
                            covet_sql *sql, const covet_sql **ret_sql, covet__task_step **ret_step,
                            covet_error *err)
{
    if (db == NULL)
        return covet__fail(err, COVET_EINVAL, "the handle is NULL");
    COVET_TRY(covet__row_check(row, "save", err));
    covet_row *r = covet__row_of(row);
    save *s = covet_arena_alloc(r->arena, sizeof *s);
    if (s == NULL)
        return covet__fail(err, COVET_ENOMEM, "save: out of memory");
    *s = (save){.row = row,
                .model = r->model,
                .pk = covet__pk_of(r->model),
                .now = covet__moment_now()};
    covet__task_init(&s->task, db, r->arena, call);
    COVET_TRY(check_missing(s, err));
    covet__forget_changed(row);
    *ret = s;
    *ret_step = on_open;
    *ret_sql = NULL;
    if (!is_open(db))
        return COVET_OK;
    COVET_TRY(make_first(s, sql, ret_step, err));
    *ret_sql = sql;
    return COVET_OK;
}

covet_status covet_save(covet_db *db, void *row, const covet_call *call, covet_op_id *ret_op,
                        covet_error *err, covet_cb *cb, void *user)
{
    save *s;
    covet_sql sql;
    const covet_sql *first;
    covet__task_step *step;
    COVET_TRY(prepare(db, row, call, &s, &sql, &first, &step, err));
    return covet__task_start(&s->task, first, step, ret_op, err, cb, user);
}

covet_status covet_save_wait(covet_db *db, void *row, const covet_call *call, covet_error *err)
{
    save *s;
    covet_sql sql;
    const covet_sql *first;
    covet__task_step *step;
    COVET_TRY(prepare(db, row, call, &s, &sql, &first, &step, err));
    return covet__task_wait(&s->task, first, step, err);
}
