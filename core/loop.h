/*
 * core/loop.h - internal: the one door to libuv.
 *
 * A loop is embedded in one of three ways (DESIGN 5.17):
 *   OWN     a thread of the library's own runs it; calls may come from any thread
 *   CALLER  the service runs its uv_loop_t, and calls come from that loop's thread
 *   DRIVEN  another event loop watches covet__loop_fd and calls covet__loop_process
 *
 * One turn, whoever runs it:
 *
 *     timers -> [ jobs, then flushes ] -> wait for sockets -> socket callbacks -+
 *        ^          (uv_prepare)                                                |
 *        +----------------------------------------------------------------------+
 *
 * Jobs are work that must not run inside the call that asked for it, first of all
 * the callbacks of operations that failed at once. Flushes send what the turn has
 * queued, so everything that one turn starts on a connection leaves in one batch.
 *
 * Only covet__loop_post and covet__loop_on_thread may be called from other threads.
 */
#ifndef COVET_CORE_LOOP_H
#define COVET_CORE_LOOP_H

#include <pthread.h>
#include <sys/socket.h>

#include "core/fail.h"
#include "core/list.h"

struct uv_loop_s;

typedef enum covet__loop_mode {
    COVET__LOOP_OWN = 0,
    COVET__LOOP_CALLER,
    COVET__LOOP_DRIVEN,
} covet__loop_mode;

typedef struct covet__loop covet__loop;

/* `uv` is the caller's loop in CALLER mode, else NULL. In OWN mode the thread runs
 * when this returns. */
covet_status covet__loop_new(covet__loop_mode mode, struct uv_loop_s *uv, covet__loop **ret_loop,
                             covet_error *err);

/* Once everything that was opened on the loop is closed: frees the loop, then calls
 * `closed` (NULL for none) as the last thing on the loop's thread. Call on the loop's
 * thread. In OWN mode the thread then ends; covet__loop_join waits for that when it
 * was asked for (before the close) by covet__loop_keep_thread. */
void covet__loop_close(covet__loop *loop, void (*closed)(void *user), void *user);

/* The caller will join the thread itself; false if there is none. */
bool covet__loop_keep_thread(covet__loop *loop, pthread_t *ret_thread);

bool covet__loop_on_thread(const covet__loop *loop);
covet__loop_mode covet__loop_kind(const covet__loop *loop);

/* The monotonic clock in milliseconds, as of the kernel's last tick (up to 10 ms ago): it
 * is read several times for every statement, and costs a fifth of the exact one. */
covet_msec covet__now(void);
/* The same in nanoseconds. */
uint64_t covet__now_nsec(void);

/* ---- jobs -------------------------------------------------------------------------- */

typedef struct covet__job {
    covet__link link; /* must be initialised; empty means: not waiting */
    void (*run)(struct covet__job *job);
} covet__job;

static inline void covet__job_init(covet__job *job, void (*run)(covet__job *))
{
    covet__list_init(&job->link);
    job->run = run;
}

/* Runs the job in this turn or the next one; does nothing to one that waits. */
void covet__loop_soon(covet__loop *loop, covet__job *job);
/* The same after all jobs of the turn; for sending. */
void covet__loop_flush(covet__loop *loop, covet__job *job);
/* From any thread; runs as a job. The job must not be waiting. */
void covet__loop_post(covet__loop *loop, covet__job *job);

/* ---- timers ------------------------------------------------------------------------ */

/* Any number of them share one uv_timer_t through a heap: starting one is a few
 * comparisons and no allocation in the steady state. */
typedef struct covet__timer {
    covet_msec due;
    uint32_t at; /* place in the heap, from 1; 0: not started */
    void (*fire)(struct covet__timer *timer);
} covet__timer;

/* Starts or moves it. Fires once, at or after `due` (covet__now). COVET_ENOMEM only
 * where more timers run at once than ever before. */
covet_status covet__timer_start(covet__loop *loop, covet__timer *timer, covet_msec due);
void covet__timer_stop(covet__loop *loop, covet__timer *timer);

/* ---- sockets ----------------------------------------------------------------------- */

typedef struct covet__watch covet__watch;
typedef void covet__watch_fn(void *user, bool readable, bool writable);

/* Watches a descriptor that stays the caller's, who must stop or close the watch
 * before the descriptor is closed (libuv aborts otherwise). */
covet_status covet__watch_open(covet__loop *loop, int fd, covet__watch_fn *fn, void *user,
                               covet__watch **ret_watch, covet_error *err);
/* Neither stops it. */
void covet__watch_set(covet__watch *watch, bool readable, bool writable);
/* No call of `fn` after this; accepts NULL. */
void covet__watch_close(covet__watch *watch);

/* ---- what would block -------------------------------------------------------------- */

typedef struct covet__lookup covet__lookup;

/* Resolves a host name in libuv's thread pool. `done` runs once, on the loop:
 * `addresses` are numeric texts, `count` 0 with a reason in `why` on failure. */
typedef void covet__lookup_fn(void *user, const char *const *addresses, size_t count,
                              const char *why);
covet_status covet__lookup_start(covet__loop *loop, const char *host, covet__lookup_fn *done,
                                 void *user, covet__lookup **ret_lookup);
/* `done` is not called any more. */
void covet__lookup_drop(covet__lookup *lookup);

/* Runs `work` in libuv's thread pool, then `done` on the loop. */
covet_status covet__work_start(covet__loop *loop, void (*work)(void *user),
                               void (*done)(void *user), void *user);

/* ---- driven and blocking use -------------------------------------------------------- */

int covet__loop_fd(const covet__loop *loop);
/* How long the other loop may sleep: milliseconds, 0 not at all, -1 for ever. */
int covet__loop_timeout(const covet__loop *loop);
/* One turn without waiting. */
void covet__loop_process(covet__loop *loop);
/* One turn that waits until something happens; for a loop that is private to a tool. */
void covet__loop_turn(covet__loop *loop);

/* A thread that is not the loop's waits here for what the loop does. */
typedef struct covet__gate {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool open;
} covet__gate;

void covet__gate_init(covet__gate *gate);
void covet__gate_open(covet__gate *gate);
void covet__gate_pass(covet__gate *gate); /* waits until it is open, then destroys it */

#endif
