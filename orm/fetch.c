/*
 * orm/fetch.c - all, get, first and count: one statement, then those of the relations that
 * are prefetched (orm/task.h).
 */
#include <string.h>

#include "orm/prefetch.h"

typedef struct fetch {
    covet__task task; /* first: a task is its fetch */
    const covet_qs *qs;
    covet__compile_mode mode;
    covet__compiled compiled;
    covet__prefetch *prefetch;
    covet__prefetcher prefetcher;
} fetch;

/* ---- steps ----------------------------------------------------------------------------------- */

static void on_fetched(covet__task *task, covet_op *op, covet_status status)
{
    covet__task_end(task, op, status);
}

static covet_status check_one(const fetch *f, size_t count, covet_error *err)
{
    const char *name = f->qs->type->model->name;
    if (f->mode != COVET__COMPILE_GET || count == 1)
        return COVET_OK;
    if (count == 0)
        return covet__fail(err, COVET_ENOTFOUND, "%s: no row matches", name);
    return covet__fail(err, COVET_EMULTIPLE, "%s: get found %s%zu rows", name,
                       count > 20 ? "more than " : "", count > 20 ? 20 : count);
}

static covet_status load_rows(fetch *f, covet_op *op, covet_error *err)
{
    const covet_result *result;
    const size_t count = covet_result_rows(covet_op_result(op));
    COVET_TRY(check_one(f, count, err));
    if (count == 0)
        return COVET_OK;
    COVET_TRY(covet__task_keep(&f->task, op, &result, err));
    const covet__hydration h = {.compiled = &f->compiled,
                                .db = f->task.db,
                                .arena = f->task.arena,
                                .result = result};
    void *rows;
    COVET_TRY(covet__hydrate(&h, &rows, err));
    f->task.rows = rows;
    f->task.row_count = count;
    return COVET_OK;
}

static void on_rows(covet__task *task, covet_op *op, covet_status status)
{
    fetch *f = (fetch *)(void *)task;
    covet_error err;
    if (status != COVET_OK) {
        covet__task_end(task, op, status);
        return;
    }
    if (f->mode == COVET__COMPILE_COUNT)
        status = f->compiled.empty
                     ? COVET_OK
                     : covet_result_int(covet_op_result(op), 0, 0, &task->count, &err);
    else
        status = load_rows(f, op, &err);
    if (status != COVET_OK)
        covet__task_fail(task, op, &err);
    else if (f->prefetch == NULL || task->row_count == 0)
        covet__task_end(task, op, COVET_OK);
    else
        covet__prefetch_start(&f->prefetcher, op, f->prefetch, f->qs->type->row_size);
}

/* ---- starting ------------------------------------------------------------------------------ */

static covet_status prepare(covet_db *db, const covet_qs *qs, covet__compile_mode mode,
                            const covet_call *call, fetch **ret, covet_error *err)
{
    if (qs == NULL)
        return covet__fail(err, COVET_EINVAL, "queryset: it is NULL");
    if (qs->why != NULL) {
        if (err != NULL)
            *err = *qs->why;
        return qs->why->status;
    }
    fetch *f = covet_arena_alloc(qs->arena, sizeof *f);
    if (f == NULL)
        return covet__fail(err, COVET_ENOMEM, "queryset: out of memory");
    memset(f, 0, sizeof *f);
    covet__task_init(&f->task, db, qs->arena, call);
    f->qs = qs;
    f->mode = mode;
    f->prefetcher.task = &f->task;
    f->prefetcher.done = on_fetched;
    COVET_TRY(covet__compile(qs, mode, NULL, qs->arena, &f->compiled, err));
    if (mode != COVET__COMPILE_COUNT)
        COVET_TRY(covet__prefetch_plan(qs, qs->arena, &f->prefetch, err));
    *ret = f;
    return COVET_OK;
}

static covet_status start(covet_db *db, const covet_qs *qs, covet__compile_mode mode,
                          const covet_call *call, covet_op_id *ret_op, covet_error *err,
                          covet_cb *cb, void *user)
{
    fetch *f;
    COVET_TRY(prepare(db, qs, mode, call, &f, err));
    const covet_sql sql = {sizeof sql, f->compiled.text, f->compiled.params,
                           f->compiled.param_count};
    return covet__task_start(&f->task, f->compiled.empty ? NULL : &sql, on_rows, ret_op, err, cb,
                             user);
}

static covet_status run(covet_db *db, const covet_qs *qs, covet__compile_mode mode,
                        const covet_call *call, fetch **ret, covet_error *err)
{
    COVET_TRY(prepare(db, qs, mode, call, ret, err));
    const covet__compiled *c = &(*ret)->compiled;
    const covet_sql sql = {sizeof sql, c->text, c->params, c->param_count};
    return covet__task_wait(&(*ret)->task, c->empty ? NULL : &sql, on_rows, err);
}

/* ---- the operations ------------------------------------------------------------------------ */

covet_status covet_qs_all(covet_db *db, const covet_qs *qs, const covet_call *call,
                          covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user)
{
    return start(db, qs, COVET__COMPILE_ALL, call, ret_op, err, cb, user);
}

covet_status covet_qs_all_wait(covet_db *db, const covet_qs *qs, const covet_call *call,
                               void **ret_rows, size_t *ret_count, covet_error *err)
{
    fetch *f;
    if (ret_rows == NULL || ret_count == NULL)
        return covet__fail(err, COVET_EINVAL, "queryset: ret_rows or ret_count is NULL");
    COVET_TRY(run(db, qs, COVET__COMPILE_ALL, call, &f, err));
    *ret_rows = f->task.rows;
    *ret_count = f->task.row_count;
    return COVET_OK;
}

covet_status covet_qs_get(covet_db *db, const covet_qs *qs, const covet_call *call,
                          covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user)
{
    return start(db, qs, COVET__COMPILE_GET, call, ret_op, err, cb, user);
}

static covet_status one_wait(covet_db *db, const covet_qs *qs, covet__compile_mode mode,
                             const covet_call *call, void **ret_row, covet_error *err)
{
    fetch *f;
    if (ret_row == NULL)
        return covet__fail(err, COVET_EINVAL, "queryset: ret_row is NULL");
    COVET_TRY(run(db, qs, mode, call, &f, err));
    *ret_row = f->task.rows;
    return COVET_OK;
}

covet_status covet_qs_get_wait(covet_db *db, const covet_qs *qs, const covet_call *call,
                               void **ret_row, covet_error *err)
{
    return one_wait(db, qs, COVET__COMPILE_GET, call, ret_row, err);
}

covet_status covet_qs_first(covet_db *db, const covet_qs *qs, const covet_call *call,
                            covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user)
{
    return start(db, qs, COVET__COMPILE_FIRST, call, ret_op, err, cb, user);
}

covet_status covet_qs_first_wait(covet_db *db, const covet_qs *qs, const covet_call *call,
                                 void **ret_row, covet_error *err)
{
    return one_wait(db, qs, COVET__COMPILE_FIRST, call, ret_row, err);
}

covet_status covet_qs_count(covet_db *db, const covet_qs *qs, const covet_call *call,
                            covet_op_id *ret_op, covet_error *err, covet_cb *cb, void *user)
{
    return start(db, qs, COVET__COMPILE_COUNT, call, ret_op, err, cb, user);
}

covet_status covet_qs_count_wait(covet_db *db, const covet_qs *qs, const covet_call *call,
                                 int64_t *ret_count, covet_error *err)
{
    fetch *f;
    if (ret_count == NULL)
        return covet__fail(err, COVET_EINVAL, "queryset: ret_count is NULL");
    COVET_TRY(run(db, qs, COVET__COMPILE_COUNT, call, &f, err));
    *ret_count = f->task.count;
    return COVET_OK;
}

void *covet_op_rows(const covet_op *op, size_t *ret_count)
{
    const covet__task *task = op != NULL ? covet__step_attached(op) : NULL;
    if (ret_count != NULL)
        *ret_count = task != NULL ? task->row_count : 0;
    return task != NULL ? task->rows : NULL;
}

int64_t covet_op_count(const covet_op *op)
{
    const covet__task *task = op != NULL ? covet__step_attached(op) : NULL;
    return task != NULL ? task->count : 0;
}
