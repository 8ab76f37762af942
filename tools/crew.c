#include "tools/crew.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"

enum { RELATIONS_MAX = 1500, LOOK_MSEC = 100 };

typedef enum job_kind { JOB_SCRIPT, JOB_ALONE, JOB_COPY, JOB_COMMIT } job_kind;

typedef struct crew_job {
    struct crew_job *next;
    job_kind kind;
    uint32_t relations;
    uint64_t units;
    covet__str sql;
    covet__str rows;
    crew_places places; /* of the rows; may be empty */
    uint64_t *copied;
} crew_job;

typedef struct crew_worker {
    struct group_crew *crew;
    covet__session *session;
    pthread_t thread;
    bool started;
    crew_job *first, **last;
    bool busy;          /* with a job that is no longer in the line */
    bool open;          /* a transaction; the worker's own */
    uint32_t relations; /* touched in it; the worker's own */
} crew_worker;

struct group_crew {
    cli_run *run;
    const char *what;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t bytes;     /* of rows that wait or are being sent */
    size_t bytes_max; /* W1 */
    uint64_t done, total;
    bool failed; /* W2 */
    uint64_t failed_line;
    bool held;
    bool ending;
    covet_error why;
    uint32_t count;
    crew_worker workers[];
};

/* ---- a worker's thread ----------------------------------------------------------------- */

static void free_job(crew_job *job)
{
    if (job == NULL)
        return;
    covet__str_free(&job->sql);
    covet__str_free(&job->rows);
    covet__free(job->places.list);
    covet__free(job);
}

static covet_status begin(crew_worker *worker, covet_error *err)
{
    if (worker->open)
        return COVET_OK;
    COVET_TRY(covet__session_script(worker->session, "BEGIN", err));
    worker->open = true;
    worker->relations = 0;
    return COVET_OK;
}

static covet_status commit(crew_worker *worker, covet_error *err)
{
    if (!worker->open)
        return COVET_OK;
    worker->open = false;
    return covet__session_script(worker->session, "COMMIT", err);
}

static covet_status copy(crew_worker *worker, crew_job *job, uint64_t *ret_rows, covet_error *err)
{
    COVET_TRY(covet__session_copy_in(worker->session, covet__str_text(&job->sql), err));
    COVET_TRY(covet__session_copy_put(worker->session, covet__str_text(&job->rows),
                                      job->rows.length, err));
    return covet__session_copy_end(worker->session, NULL, ret_rows, err);
}

static covet_status perform(crew_worker *worker, crew_job *job, uint64_t *ret_rows,
                            covet_error *err)
{
    if (job->kind == JOB_COMMIT)
        return commit(worker, err);
    if (job->kind == JOB_ALONE)
        return covet__session_script(worker->session, covet__str_text(&job->sql), err);
    COVET_TRY(begin(worker, err));
    COVET_TRY(job->kind == JOB_COPY
                  ? copy(worker, job, ret_rows, err)
                  : covet__session_script(worker->session, covet__str_text(&job->sql), err));
    worker->relations += job->relations;
    return worker->relations > RELATIONS_MAX && !worker->crew->held ? commit(worker, err)
                                                                    : COVET_OK; /* W3 */
}

/* From the server's count of lines to the input's. */
static uint64_t failed_line(const crew_job *job, const covet__session *session)
{
    const uint64_t at = covet__session_copy_line(session);
    uint64_t line = 0;
    for (size_t i = 0; at > 0 && i < job->places.count && job->places.list[i].at <= at; i++)
        line = job->places.list[i].line;
    return line;
}

static size_t size_of(const crew_job *job)
{
    return job->rows.length + job->places.count * sizeof *job->places.list;
}

static void account(crew_worker *worker, const crew_job *job, uint64_t rows, covet_status status,
                    const covet_error *err)
{
    group_crew *crew = worker->crew;
    crew->bytes -= size_of(job);
    if (status != COVET_OK && !crew->failed) {
        crew->failed = true;
        crew->failed_line = failed_line(job, worker->session);
        crew->why = *err;
    } else if (status == COVET_OK) {
        crew->done += job->units + rows;
        if (job->copied != NULL)
            *job->copied += rows;
    }
}

static void *work(void *argument)
{
    crew_worker *worker = argument;
    group_crew *crew = worker->crew;
    pthread_mutex_lock(&crew->mutex);
    for (;;) {
        while (worker->first == NULL && !crew->ending)
            pthread_cond_wait(&crew->changed, &crew->mutex);
        crew_job *job = worker->first;
        if (job == NULL)
            break;
        worker->first = job->next;
        if (worker->first == NULL)
            worker->last = &worker->first;
        worker->busy = true;
        const bool skip = crew->failed || crew->ending;
        pthread_mutex_unlock(&crew->mutex);
        covet_error err = {.status = COVET_OK};
        uint64_t rows = 0;
        const covet_status status = skip ? COVET_OK : perform(worker, job, &rows, &err);
        pthread_mutex_lock(&crew->mutex);
        account(worker, job, rows, status, &err);
        worker->busy = false;
        free_job(job);
        pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

/* ---- the crew -------------------------------------------------------------------------- */

covet_status crew_new(cli_run *run, const char *what, covet__session *const *sessions,
                      uint32_t count, size_t bytes_max, group_crew **ret_crew, covet_error *err)
{
    group_crew *made = covet__zalloc(sizeof *made + count * sizeof *made->workers);
    if (made == NULL)
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    made->run = run;
    made->what = what;
    made->bytes_max = bytes_max;
    made->count = count;
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, &clock);
    pthread_condattr_destroy(&clock);
    for (uint32_t i = 0; i < count; i++) {
        crew_worker *worker = &made->workers[i];
        worker->crew = made;
        worker->session = sessions[i];
        worker->last = &worker->first;
        worker->started = pthread_create(&worker->thread, NULL, work, worker) == 0;
        if (!worker->started) {
            crew_free(made);
            return covet__fail(err, COVET_ENOMEM, "a thread could not be started");
        }
    }
    *ret_crew = made;
    return COVET_OK;
}

void crew_free(group_crew *crew)
{
    if (crew == NULL)
        return;
    pthread_mutex_lock(&crew->mutex);
    crew->ending = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
    for (uint32_t i = 0; i < crew->count; i++) {
        crew_worker *worker = &crew->workers[i];
        if (worker->started)
            pthread_join(worker->thread, NULL);
        covet__session_stop_when(worker->session, NULL, NULL);
        if (worker->open) /* where the session is broken, the server has rolled back */
            COVET_UNUSED(covet__session_script(worker->session, "ROLLBACK", NULL));
    }
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->mutex);
    cli_progress_end(crew->run);
    covet__free(crew);
}

/* ---- waiting --------------------------------------------------------------------------- */

/* With the mutex: until something changes, at most a moment; shows how far it is. */
static void look(group_crew *crew)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MSEC * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    if (crew->what != NULL)
        cli_progress(crew->run, crew->what, crew->done, crew->total, NULL);
    pthread_cond_timedwait(&crew->changed, &crew->mutex, &until);
}

static bool is_idle(const group_crew *crew)
{
    for (uint32_t i = 0; i < crew->count; i++)
        if (crew->workers[i].busy || crew->workers[i].first != NULL)
            return false;
    return true;
}

/* With the mutex, which it gives back. */
static covet_status leave(group_crew *crew, covet_error *err)
{
    const bool failed = crew->failed;
    if (failed && err != NULL)
        *err = crew->why;
    const covet_status status = failed ? crew->why.status : COVET_OK;
    pthread_mutex_unlock(&crew->mutex);
    return status;
}

covet_status crew_wait(group_crew *crew, covet_error *err)
{
    pthread_mutex_lock(&crew->mutex);
    while (!is_idle(crew))
        look(crew);
    return leave(crew, err);
}

covet_status crew_wait_group(group_crew *crew, uint32_t group, covet_error *err)
{
    const crew_worker *worker = &crew->workers[group];
    pthread_mutex_lock(&crew->mutex);
    while (worker->busy || worker->first != NULL)
        look(crew);
    return leave(crew, err);
}

uint64_t crew_failed_line(group_crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    const uint64_t line = crew->failed_line;
    pthread_mutex_unlock(&crew->mutex);
    return line;
}

void crew_hold(group_crew *crew) { crew->held = true; }

/* ---- pushing --------------------------------------------------------------------------- */

static covet_status push(group_crew *crew, uint32_t group, crew_job *job, covet_error *err)
{
    if (job == NULL)
        return covet__fail(err, COVET_ENOMEM, "out of memory");
    pthread_mutex_lock(&crew->mutex);
    while (!crew->failed && crew->bytes > 0 && crew->bytes + size_of(job) > crew->bytes_max)
        look(crew); /* W1 */
    if (crew->failed) {
        free_job(job);
        return leave(crew, err);
    }
    crew_worker *worker = &crew->workers[group];
    crew->bytes += size_of(job);
    *worker->last = job;
    worker->last = &job->next;
    pthread_cond_broadcast(&crew->changed);
    return leave(crew, err);
}

void crew_expect(group_crew *crew, uint64_t units)
{
    pthread_mutex_lock(&crew->mutex);
    crew->total += units;
    pthread_mutex_unlock(&crew->mutex);
}

void crew_did(group_crew *crew, uint64_t units)
{
    pthread_mutex_lock(&crew->mutex);
    crew->done += units;
    cli_progress(crew->run, crew->what, crew->done, crew->total, NULL);
    pthread_mutex_unlock(&crew->mutex);
}

static covet_status push_sql(group_crew *crew, uint32_t group, const crew_job *job, covet__str *sql,
                             covet_error *err)
{
    crew_job *made = covet__str_ok(sql) ? covet__zalloc(sizeof *made) : NULL;
    if (made != NULL) {
        *made = *job;
        made->sql = *sql;
        *sql = (covet__str){0};
    }
    return push(crew, group, made, err);
}

covet_status crew_script(group_crew *crew, uint32_t group, covet__str *sql, uint32_t relations,
                         uint64_t units, covet_error *err)
{
    const crew_job job = {.kind = JOB_SCRIPT, .relations = relations, .units = units};
    return push_sql(crew, group, &job, sql, err);
}

covet_status crew_alone(group_crew *crew, uint32_t group, covet__str *sql, uint64_t units,
                        covet_error *err)
{
    const crew_job job = {.kind = JOB_ALONE, .units = units};
    return push_sql(crew, group, &job, sql, err);
}

covet_status crew_copy(group_crew *crew, uint32_t group, const char *sql, covet__str *rows,
                       uint64_t *copied, covet_error *err)
{
    crew_places none = {0};
    return crew_copy_lines(crew, group, sql, rows, &none, copied, err);
}

covet_status crew_copy_lines(group_crew *crew, uint32_t group, const char *sql, covet__str *rows,
                             crew_places *places, uint64_t *copied, covet_error *err)
{
    crew_job *made = covet__zalloc(sizeof *made);
    if (made != NULL) {
        *made = (crew_job){
            .kind = JOB_COPY, .relations = 1, .rows = *rows, .places = *places, .copied = copied};
        *rows = (covet__str){0};
        *places = (crew_places){0};
        covet__str_add(&made->sql, sql);
        if (!covet__str_ok(&made->sql) || !covet__str_ok(&made->rows)) {
            free_job(made);
            made = NULL;
        }
    }
    return push(crew, group, made, err);
}

static covet_status push_commit(group_crew *crew, uint32_t group, covet_error *err)
{
    crew_job *made = covet__zalloc(sizeof *made);
    if (made != NULL)
        made->kind = JOB_COMMIT;
    return push(crew, group, made, err);
}

covet_status crew_commit(group_crew *crew, covet_error *err)
{
    for (uint32_t i = 0; i < crew->count; i++)
        COVET_TRY(push_commit(crew, i, err));
    return crew_wait(crew, err);
}

covet_status crew_commit_group(group_crew *crew, uint32_t group, covet_error *err)
{
    COVET_TRY(push_commit(crew, group, err));
    return crew_wait_group(crew, group, err);
}
