#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/thread.h"

struct covet__loop {
    uv_loop_t *uv;
    uv_loop_t own_uv; /* OWN and DRIVEN */
    covet__loop_mode mode;
    pthread_t thread; /* CALLER and DRIVEN: the thread that made it */
    bool keep_thread;

    uv_async_t async;
    uv_prepare_t prepare;
    uv_idle_t idle; /* started only to keep the next wait from blocking */
    covet__job close_job;
    uv_timer_t timer;
    int open_handles;
    void (*closed)(void *);
    void *closed_user;

    covet__link jobs;
    covet__link flushes;

    pthread_mutex_t mutex; /* guards posted */
    covet__link posted;

    covet__timer **heap; /* heap[1] is due first */
    size_t heap_count;
    size_t heap_capacity;
    covet_msec armed; /* when the uv timer fires; 0: it is stopped */
};

uint64_t covet__now_nsec(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

covet_msec covet__now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

/* ---- jobs -------------------------------------------------------------------------- */

static void run_list(covet__link *list)
{
    covet__link now;
    covet__list_init(&now);
    covet__list_splice(&now, list);
    while (!covet__list_empty(&now)) {
        covet__job *job = COVET_CONTAINER(now.next, covet__job, link);
        covet__list_remove(&job->link);
        job->run(job);
    }
}

static void on_idle(uv_idle_t *idle) { COVET_UNUSED(idle); }

static void on_prepare(uv_prepare_t *prepare)
{
    covet__loop *loop = prepare->data;
    run_list(&loop->jobs);
    if (uv_is_closing((uv_handle_t *)prepare) != 0)
        return;
    run_list(&loop->flushes);
    /* What these have asked for anew must not wait for a socket. */
    if (!covet__list_empty(&loop->jobs) || !covet__list_empty(&loop->flushes))
        uv_idle_start(&loop->idle, on_idle);
    else
        uv_idle_stop(&loop->idle);
}

void covet__loop_soon(covet__loop *loop, covet__job *job)
{
    if (covet__list_empty(&job->link))
        covet__list_append(&loop->jobs, &job->link);
}

void covet__loop_flush(covet__loop *loop, covet__job *job)
{
    if (covet__list_empty(&job->link))
        covet__list_append(&loop->flushes, &job->link);
}

void covet__loop_post(covet__loop *loop, covet__job *job)
{
    pthread_mutex_lock(&loop->mutex);
    covet__list_append(&loop->posted, &job->link);
    uv_async_send(&loop->async); /* under the lock: the loop cannot close in between */
    pthread_mutex_unlock(&loop->mutex);
}

static void on_async(uv_async_t *async)
{
    covet__loop *loop = async->data;
    pthread_mutex_lock(&loop->mutex);
    covet__list_splice(&loop->jobs, &loop->posted);
    pthread_mutex_unlock(&loop->mutex);
}

/* ---- timers ------------------------------------------------------------------------ */

static void heap_place(covet__loop *loop, size_t at, covet__timer *timer)
{
    loop->heap[at] = timer;
    timer->at = (uint32_t)at;
}

static void heap_up(covet__loop *loop, size_t at, covet__timer *timer)
{
    for (; at > 1 && loop->heap[at / 2]->due > timer->due; at /= 2)
        heap_place(loop, at, loop->heap[at / 2]);
    heap_place(loop, at, timer);
}

static void heap_down(covet__loop *loop, size_t at, covet__timer *timer)
{
    for (size_t child = at * 2; child <= loop->heap_count; child = at * 2) {
        if (child < loop->heap_count && loop->heap[child + 1]->due < loop->heap[child]->due)
            child++;
        if (loop->heap[child]->due >= timer->due)
            break;
        heap_place(loop, at, loop->heap[child]);
        at = child;
    }
    heap_place(loop, at, timer);
}

static void on_timer(uv_timer_t *uv);

/* The uv timer is only ever moved to an earlier moment; one that fires too early,
 * because its reason was stopped, is armed again. So the common case, a deadline
 * that is started and stopped within a millisecond, does not touch libuv. */
static void arm(covet__loop *loop)
{
    if (loop->heap_count == 0)
        return;
    const covet_msec due = loop->heap[1]->due;
    if (loop->armed != 0 && loop->armed <= due)
        return;
    const covet_msec now = covet__now();
    uv_update_time(loop->uv);
    uv_timer_start(&loop->timer, on_timer, due > now ? due - now : 0, 0);
    loop->armed = due;
}

static void on_timer(uv_timer_t *uv)
{
    covet__loop *loop = uv->data;
    loop->armed = 0;
    const covet_msec now = covet__now();
    /* Bounded: a timer that starts itself again at once waits for the next turn. */
    for (size_t left = loop->heap_count; left > 0 && loop->heap_count > 0; left--) {
        covet__timer *timer = loop->heap[1];
        if (timer->due > now)
            break;
        covet__timer_stop(loop, timer);
        timer->fire(timer);
    }
    arm(loop);
}

covet_status covet__timer_start(covet__loop *loop, covet__timer *timer, covet_msec due)
{
    covet__timer_stop(loop, timer);
    if (!COVET_GROW(loop->heap, loop->heap_capacity, loop->heap_count + 2))
        return COVET_ENOMEM;
    timer->due = due;
    loop->heap_count++;
    heap_up(loop, loop->heap_count, timer);
    arm(loop);
    return COVET_OK;
}

void covet__timer_stop(covet__loop *loop, covet__timer *timer)
{
    if (timer->at == 0)
        return;
    const size_t at = timer->at;
    assert(loop->heap[at] == timer);
    timer->at = 0;
    covet__timer *last = loop->heap[loop->heap_count--];
    if (last == timer)
        return;
    if (at > 1 && loop->heap[at / 2]->due > last->due)
        heap_up(loop, at, last);
    else
        heap_down(loop, at, last);
}

/* ---- sockets ----------------------------------------------------------------------- */

struct covet__watch {
    uv_poll_t poll;
    covet__watch_fn *fn;
    void *user;
    int armed; /* the events that libuv watches at present */
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
    covet__watch *watch = poll->data;
    /* An error on the socket is for the reader to find: libpq's message is better. libuv has
     * stopped watching, but what the server said before may take more than one reading. */
    const bool broken = status < 0;
    if (broken && watch->armed != 0)
        uv_poll_start(poll, watch->armed, on_poll);
    watch->fn(watch->user, broken || (events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0);
}

covet_status covet__watch_open(covet__loop *loop, int fd, covet__watch_fn *fn, void *user,
                               covet__watch **ret_watch, covet_error *err)
{
    covet__watch *watch = covet__zalloc(sizeof *watch);
    if (watch == NULL)
        return covet__fail(err, COVET_ENOMEM, "loop: out of memory");
    const int rc = uv_poll_init(loop->uv, &watch->poll, fd);
    if (rc != 0) {
        covet__free(watch);
        return covet__fail(err, COVET_EINTERNAL, "loop: cannot watch descriptor %d: %s", fd,
                           uv_strerror(rc));
    }
    watch->poll.data = watch;
    watch->fn = fn;
    watch->user = user;
    *ret_watch = watch;
    return COVET_OK;
}

void covet__watch_set(covet__watch *watch, bool readable, bool writable)
{
    const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events == watch->armed)
        return;
    watch->armed = events;
    if (events == 0)
        uv_poll_stop(&watch->poll);
    else
        uv_poll_start(&watch->poll, events, on_poll);
}

static void on_watch_closed(uv_handle_t *handle) { covet__free(handle->data); }

void covet__watch_close(covet__watch *watch)
{
    if (watch == NULL)
        return;
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

/* ---- what would block -------------------------------------------------------------- */

struct covet__lookup {
    uv_getaddrinfo_t request;
    covet__lookup_fn *done; /* NULL: dropped */
    void *user;
};

enum { ADDRESSES_MAX = 8, ADDRESS_SIZE = 64 };

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    covet__lookup *lookup = request->data;
    char texts[ADDRESSES_MAX][ADDRESS_SIZE];
    const char *addresses[ADDRESSES_MAX];
    size_t count = 0;
    for (const struct addrinfo *a = found; a != NULL && count < ADDRESSES_MAX; a = a->ai_next) {
        const int rc = a->ai_family == AF_INET6
                           ? uv_ip6_name((const struct sockaddr_in6 *)(const void *)a->ai_addr,
                                         texts[count], ADDRESS_SIZE)
                           : uv_ip4_name((const struct sockaddr_in *)(const void *)a->ai_addr,
                                         texts[count], ADDRESS_SIZE);
        if (rc == 0) {
            addresses[count] = texts[count];
            count++;
        }
    }
    uv_freeaddrinfo(found);
    if (lookup->done != NULL)
        lookup->done(lookup->user, addresses, count,
                     status != 0 ? uv_strerror(status) : "no address");
    covet__free(lookup);
}

covet_status covet__lookup_start(covet__loop *loop, const char *host, covet__lookup_fn *done,
                                 void *user, covet__lookup **ret_lookup)
{
    covet__lookup *lookup = covet__zalloc(sizeof *lookup);
    if (lookup == NULL)
        return COVET_ENOMEM;
    lookup->request.data = lookup;
    lookup->done = done;
    lookup->user = user;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (uv_getaddrinfo(loop->uv, &lookup->request, on_looked_up, host, NULL, &hints) != 0) {
        covet__free(lookup);
        return COVET_EINVAL;
    }
    *ret_lookup = lookup;
    return COVET_OK;
}

void covet__lookup_drop(covet__lookup *lookup)
{
    lookup->done = NULL;
    uv_cancel((uv_req_t *)&lookup->request); /* or it ends by itself; then it frees itself */
}

typedef struct work {
    uv_work_t request;
    void (*work)(void *);
    void (*done)(void *);
    void *user;
} work;

static void on_work(uv_work_t *request)
{
    work *w = request->data;
    w->work(w->user);
}

static void on_worked(uv_work_t *request, int status)
{
    COVET_UNUSED(status); /* never cancelled */
    work *w = request->data;
    w->done(w->user);
    covet__free(w);
}

covet_status covet__work_start(covet__loop *loop, void (*run)(void *user), void (*done)(void *user),
                               void *user)
{
    work *w = covet__zalloc(sizeof *w);
    if (w == NULL)
        return COVET_ENOMEM;
    *w = (work){.work = run, .done = done, .user = user};
    w->request.data = w;
    if (uv_queue_work(loop->uv, &w->request, on_work, on_worked) != 0) {
        covet__free(w);
        return COVET_EINTERNAL;
    }
    return COVET_OK;
}

/* ---- opening and closing ------------------------------------------------------------ */

static covet_status start_handles(covet__loop *loop)
{
    if (uv_async_init(loop->uv, &loop->async, on_async) != 0)
        return COVET_EINTERNAL;
    uv_prepare_init(loop->uv, &loop->prepare);
    uv_idle_init(loop->uv, &loop->idle);
    uv_timer_init(loop->uv, &loop->timer);
    loop->async.data = loop->prepare.data = loop->idle.data = loop->timer.data = loop;
    loop->open_handles = 4;
    uv_prepare_start(&loop->prepare, on_prepare);
    return COVET_OK;
}

/* The last thing that happens to a loop. */
static void destroy(covet__loop *loop)
{
    void (*closed)(void *) = loop->closed;
    void *user = loop->closed_user;
    if (loop->mode != COVET__LOOP_CALLER)
        uv_loop_close(&loop->own_uv);
    if (loop->mode == COVET__LOOP_OWN && !loop->keep_thread)
        pthread_detach(pthread_self());
    pthread_mutex_destroy(&loop->mutex);
    covet__free(loop->heap);
    covet__free(loop);
    if (closed != NULL)
        closed(user);
}

static void *run_thread(void *user)
{
    covet__loop *loop = user;
    uv_run(loop->uv, UV_RUN_DEFAULT);
    destroy(loop);
    return NULL;
}

static covet_status start_thread(covet__loop *loop, covet_error *err)
{
    const int rc = covet__thread_start(&loop->thread, 0, run_thread, loop);
    if (rc != 0)
        return covet__fail(err, COVET_EINTERNAL, "loop: no thread: %s", strerror(rc));
    return COVET_OK;
}

covet_status covet__loop_new(covet__loop_mode mode, struct uv_loop_s *uv, covet__loop **ret_loop,
                             covet_error *err)
{
    covet__loop *loop = covet__zalloc(sizeof *loop);
    if (loop == NULL)
        return covet__fail(err, COVET_ENOMEM, "loop: out of memory");
    loop->mode = mode;
    loop->thread = pthread_self();
    covet__list_init(&loop->jobs);
    covet__list_init(&loop->flushes);
    covet__list_init(&loop->posted);
    pthread_mutex_init(&loop->mutex, NULL);
    loop->uv = mode == COVET__LOOP_CALLER ? uv : &loop->own_uv;
    covet_status status = COVET_OK;
    if (mode != COVET__LOOP_CALLER && uv_loop_init(&loop->own_uv) != 0)
        status = covet__fail(err, COVET_EINTERNAL, "loop: libuv cannot make a loop");
    else if ((status = start_handles(loop)) != COVET_OK)
        covet__fail(err, status, "loop: libuv cannot open its handles");
    else if (mode == COVET__LOOP_OWN && (status = start_thread(loop, err)) != COVET_OK) {
        covet__loop_close(loop, NULL, NULL);
        covet__loop_process(loop); /* runs the closing callbacks, then frees the loop */
        return status;
    }
    if (status != COVET_OK) {
        pthread_mutex_destroy(&loop->mutex);
        covet__free(loop);
        return status;
    }
    *ret_loop = loop;
    return COVET_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
    covet__loop *loop = handle->data;
    if (--loop->open_handles == 0 && loop->mode == COVET__LOOP_CALLER)
        destroy(loop);
}

static void on_close(covet__job *job)
{
    covet__loop *loop = COVET_CONTAINER(job, covet__loop, close_job);
    uv_handle_t *const handles[] = {(uv_handle_t *)&loop->async, (uv_handle_t *)&loop->prepare,
                                    (uv_handle_t *)&loop->idle, (uv_handle_t *)&loop->timer};
    for (size_t i = 0; i < COVET_COUNT(handles); i++)
        uv_close(handles[i], on_handle_closed);
}

/* As a job: those that are waiting run first, among them the ends of connections. */
void covet__loop_close(covet__loop *loop, void (*closed)(void *user), void *user)
{
    loop->closed = closed;
    loop->closed_user = user;
    covet__job_init(&loop->close_job, on_close);
    covet__loop_soon(loop, &loop->close_job);
}

bool covet__loop_keep_thread(covet__loop *loop, pthread_t *ret_thread)
{
    if (loop->mode != COVET__LOOP_OWN)
        return false;
    loop->keep_thread = true;
    *ret_thread = loop->thread;
    return true;
}

bool covet__loop_on_thread(const covet__loop *loop)
{
    return pthread_equal(loop->thread, pthread_self()) != 0;
}

covet__loop_mode covet__loop_kind(const covet__loop *loop) { return loop->mode; }

/* ---- driven and blocking use -------------------------------------------------------- */

int covet__loop_fd(const covet__loop *loop) { return uv_backend_fd(loop->uv); }

int covet__loop_timeout(const covet__loop *loop)
{
    if (!covet__list_empty(&loop->jobs) || !covet__list_empty(&loop->flushes))
        return 0;
    uv_update_time(loop->uv);
    return uv_backend_timeout(loop->uv);
}

static void turn(covet__loop *loop, uv_run_mode mode)
{
    const covet__loop_mode kind = loop->mode;
    uv_run(loop->uv, mode);
    if (kind != COVET__LOOP_CALLER && loop->open_handles == 0 && !uv_loop_alive(&loop->own_uv))
        destroy(loop);
}

void covet__loop_process(covet__loop *loop) { turn(loop, UV_RUN_NOWAIT); }

void covet__loop_turn(covet__loop *loop) { turn(loop, UV_RUN_ONCE); }

void covet__gate_init(covet__gate *gate)
{
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->cond, NULL);
    gate->open = false;
}

void covet__gate_open(covet__gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->open = true;
    pthread_cond_signal(&gate->cond);
    pthread_mutex_unlock(&gate->mutex);
}

void covet__gate_pass(covet__gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (!gate->open)
        pthread_cond_wait(&gate->cond, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    pthread_cond_destroy(&gate->cond);
    pthread_mutex_destroy(&gate->mutex);
}
