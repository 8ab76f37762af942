/*
 * shard/stream_rows.c - a stream whose rows are asked for by a thread that waits.
 *
 *     loop's thread                         the thread that waits
 *     on_rows: piece taken, paused   --->   covet_rows_next: has it, resumes the stream
 *     on_end: how it ended           --->   ... and gets NULL, or the error
 *
 * One piece is with the thread, one may wait, and the stream is paused behind it. What goes to
 * the loop's thread is there from the beginning: a stream can be resumed and ended without
 * memory, for it would hold its connections until its deadline otherwise, or for ever.
 */
#include <pthread.h>

#include "shard/stream.h"

struct covet_rows {
    covet_db *db;
    covet_op_id op;
    pthread_mutex_t mutex;
    pthread_cond_t came;
    covet_result *next; /* waits to be asked for */
    bool ended;
    covet_status status; /* how it ended */
    covet_error err;
    covet_result *current; /* with the thread that waits */
    covet__job resume_job, cancel_job;
    uint32_t posted; /* of these, on their way to the loop's thread */
};

static bool on_rows(covet_op *op, const covet_result *rows, void *user)
{
    covet_rows *r = user;
    COVET_UNUSED(rows);
    covet_result *piece = covet_op_take_result(op);
    pthread_mutex_lock(&r->mutex);
    if (piece == NULL && r->status == COVET_OK)
        r->status = covet__fail(&r->err, COVET_ENOMEM, "result: out of memory");
    r->next = piece;
    pthread_cond_signal(&r->came);
    pthread_mutex_unlock(&r->mutex);
    return false;
}

static void on_end(covet_op *op, covet_status status, void *user)
{
    covet_rows *r = user;
    pthread_mutex_lock(&r->mutex);
    if (status != COVET_OK && r->status == COVET_OK) {
        r->status = status;
        r->err = *covet_op_error(op);
    }
    r->ended = true;
    pthread_cond_signal(&r->came);
    pthread_mutex_unlock(&r->mutex);
}

/* ---- to the loop's thread -------------------------------------------------------------------- */

static void arrived(covet_rows *r)
{
    pthread_mutex_lock(&r->mutex);
    r->posted--;
    pthread_cond_signal(&r->came);
    pthread_mutex_unlock(&r->mutex);
}

static void on_resume(covet__job *job)
{
    covet_rows *r = COVET_CONTAINER(job, covet_rows, resume_job);
    covet__stream_resume(r->db, r->op);
    arrived(r);
}

static void on_cancel(covet__job *job)
{
    covet_rows *r = COVET_CONTAINER(job, covet_rows, cancel_job);
    covet__op_cancel(r->db, r->op);
    arrived(r);
}

/* With the mutex held. */
static void post(covet_rows *r, covet__job *job)
{
    r->posted++;
    covet__loop_post(r->db->loop, job);
}

/* ---- what callers call ----------------------------------------------------------------------- */

static covet_status may_wait(const covet_db *db, covet_error *err)
{
    if (covet__loop_on_thread(db->loop))
        return covet__fail(err, COVET_EDEADLK,
                           "a blocking call on the thread that runs the loop would wait for ever");
    return COVET_OK;
}

static void destroy(covet_rows *r)
{
    covet_result_free(r->next);
    covet_result_free(r->current);
    pthread_cond_destroy(&r->came);
    pthread_mutex_destroy(&r->mutex);
    covet__free(r);
}

covet_status covet_rows_open(covet_db *db, const covet_sql *sql, const covet_call *call,
                             covet_rows **ret_rows, covet_error *err)
{
    COVET_TRY(covet__db_check(db, err));
    COVET_TRY(may_wait(db, err));
    if (ret_rows == NULL)
        return covet__fail(err, COVET_EINVAL, "stream: ret_rows is NULL");
    covet_rows *r = covet__zalloc(sizeof *r);
    if (r == NULL)
        return covet__fail(err, COVET_ENOMEM, "stream: out of memory");
    r->db = db;
    covet__job_init(&r->resume_job, on_resume);
    covet__job_init(&r->cancel_job, on_cancel);
    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->came, NULL);
    /* The callbacks may run before this returns, but they do not look at r->op. */
    const covet_status status = covet_stream(db, sql, call, &r->op, err, on_rows, on_end, r);
    if (status == COVET_OK)
        *ret_rows = r;
    else
        destroy(r);
    return status;
}

covet_status covet_rows_next(covet_rows *r, const covet_result **ret_piece, covet_error *err)
{
    if (r == NULL || ret_piece == NULL)
        return covet__fail(err, COVET_EINVAL, "stream: there are no rows to ask for");
    if (covet__db_check(r->db, err) == COVET_EFORKED)
        return COVET_EFORKED;
    COVET_TRY(may_wait(r->db, err));
    covet_result_free(COVET_TAKE(r->current));
    pthread_mutex_lock(&r->mutex);
    while (r->next == NULL && !r->ended && r->status == COVET_OK)
        pthread_cond_wait(&r->came, &r->mutex);
    r->current = COVET_TAKE(r->next);
    const covet_status status = r->current != NULL ? COVET_OK : r->status;
    /* It is paused behind each piece, so the last resume has arrived. */
    if (r->current != NULL && !r->ended)
        post(r, &r->resume_job);
    if (status != COVET_OK && err != NULL)
        *err = r->err;
    pthread_mutex_unlock(&r->mutex);
    COVET_TRY(status);
    *ret_piece = r->current;
    return COVET_OK;
}

void covet_rows_close(covet_rows *r)
{
    if (r == NULL || covet__db_check(r->db, NULL) == COVET_EFORKED)
        return; /* nobody would end it: as the handle, it is the parent's */
    pthread_mutex_lock(&r->mutex);
    if (!r->ended)
        post(r, &r->cancel_job);
    while (!r->ended || r->posted > 0)
        pthread_cond_wait(&r->came, &r->mutex);
    pthread_mutex_unlock(&r->mutex);
    destroy(r);
}
