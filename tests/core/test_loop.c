#include "support/cmocka_all.h"

#include <signal.h>
#include <unistd.h>

#include "core/loop.h"

typedef struct probe {
    covet__job job;
    covet__timer timer;
    covet__loop *loop;
    int *order;
    int *count;
    int mark;
} probe;

static void note(probe *p) { p->order[(*p->count)++] = p->mark; }

static void on_job(covet__job *job) { note(COVET_CONTAINER(job, probe, job)); }
static void on_fire(covet__timer *timer) { note(COVET_CONTAINER(timer, probe, timer)); }

static covet__loop *driven(void)
{
    covet__loop *loop = NULL;
    covet_error err;
    assert_ok(covet__loop_new(COVET__LOOP_DRIVEN, NULL, &loop, &err), &err);
    return loop;
}

static void set_true(void *user) { *(bool *)user = true; }

static void close_driven(covet__loop *loop)
{
    bool closed = false;
    covet__loop_close(loop, set_true, &closed);
    while (!closed)
        covet__loop_turn(loop);
}

static void jobs_run_before_flushes_and_not_in_the_call(void **state)
{
    (void)state;
    covet__loop *loop = driven();
    int order[8], count = 0;
    probe flush = {.loop = loop, .order = order, .count = &count, .mark = 2};
    probe job = {.loop = loop, .order = order, .count = &count, .mark = 1};
    covet__job_init(&flush.job, on_job);
    covet__job_init(&job.job, on_job);
    covet__loop_flush(loop, &flush.job);
    covet__loop_soon(loop, &job.job);
    covet__loop_soon(loop, &job.job); /* waits already */
    assert_int_equal(count, 0);
    assert_int_equal(covet__loop_timeout(loop), 0);
    covet__loop_process(loop);
    assert_int_equal(count, 2);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 2);
    close_driven(loop);
}

enum { TIMERS = 200 };

static void timers_fire_in_order_of_their_moment(void **state)
{
    (void)state;
    covet__loop *loop = driven();
    int order[TIMERS], count = 0;
    probe timers[TIMERS];
    const covet_msec now = covet__now();
    for (int i = 0; i < TIMERS; i++) {
        timers[i] = (probe){.loop = loop, .order = order, .count = &count, .mark = i * 37 % TIMERS};
        timers[i].timer.fire = on_fire;
        assert_int_equal(covet__timer_start(loop, &timers[i].timer,
                                            now + (covet_msec)timers[i].mark / 10),
                         COVET_OK);
    }
    for (int i = 0; i < TIMERS; i++)
        if (timers[i].mark % 2 == 0)
            covet__timer_stop(loop, &timers[i].timer);
    while (count < TIMERS / 2)
        covet__loop_turn(loop);
    for (int i = 1; i < count; i++)
        assert_true(order[i] / 10 >= order[i - 1] / 10);
    for (int i = 0; i < count; i++)
        assert_int_equal(order[i] % 2, 1);
    close_driven(loop);
}

static void on_readable(void *user, bool readable, bool writable)
{
    (void)writable;
    assert_true(readable);
    ++*(int *)user;
}

static void a_watch_sees_what_arrives_until_it_is_closed(void **state)
{
    (void)state;
    covet__loop *loop = driven();
    int pipes[2], seen = 0;
    assert_int_equal(pipe(pipes), 0);
    covet__watch *watch = NULL;
    covet_error err;
    assert_ok(covet__watch_open(loop, pipes[0], on_readable, &seen, &watch, &err), &err);
    covet__watch_set(watch, true, false);
    covet__loop_process(loop);
    assert_int_equal(seen, 0);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    covet__loop_process(loop);
    assert_int_equal(seen, 1);
    covet__watch_close(watch);
    covet__loop_process(loop);
    assert_int_equal(seen, 1);
    close(pipes[0]);
    close(pipes[1]);
    close_driven(loop);
}

typedef struct looked {
    size_t count;
    bool done;
} looked;

static void on_lookup(void *user, const char *const *addresses, size_t count, const char *why)
{
    (void)addresses;
    (void)why;
    looked *l = user;
    l->count = count;
    l->done = true;
}

static void a_name_is_resolved_off_the_loop(void **state)
{
    (void)state;
    covet__loop *loop = driven();
    looked good = {0}, dropped = {0};
    covet__lookup *lookup = NULL, *other = NULL;
    assert_int_equal(covet__lookup_start(loop, "localhost", on_lookup, &good, &lookup), COVET_OK);
    assert_int_equal(covet__lookup_start(loop, "localhost", on_lookup, &dropped, &other), COVET_OK);
    covet__lookup_drop(other);
    while (!good.done)
        covet__loop_turn(loop);
    assert_in_range(good.count, 1, 8);
    close_driven(loop);
    assert_false(dropped.done);
}

typedef struct posted {
    covet__job job;
    covet__gate gate;
    covet__loop *loop;
    bool on_thread;
    sigset_t signals; /* that the loop's thread blocks */
} posted;

static void on_posted(covet__job *job)
{
    posted *p = COVET_CONTAINER(job, posted, job);
    p->on_thread = covet__loop_on_thread(p->loop);
    pthread_sigmask(SIG_SETMASK, NULL, &p->signals);
    covet__gate_open(&p->gate);
}

static void on_close_job(covet__job *job)
{
    posted *p = COVET_CONTAINER(job, posted, job);
    covet__loop_close(p->loop, NULL, NULL);
}

static void its_own_thread_runs_what_others_post(void **state)
{
    (void)state;
    covet__loop *loop = NULL;
    covet_error err;
    assert_ok(covet__loop_new(COVET__LOOP_OWN, NULL, &loop, &err), &err);
    pthread_t thread;
    sigset_t mine;
    pthread_sigmask(SIG_SETMASK, NULL, &mine);
    assert_false(sigismember(&mine, SIGTERM));
    assert_true(covet__loop_keep_thread(loop, &thread));
    for (int i = 0; i < 100; i++) {
        posted p = {.loop = loop};
        covet__gate_init(&p.gate);
        covet__job_init(&p.job, on_posted);
        covet__loop_post(loop, &p.job);
        covet__gate_pass(&p.gate);
        assert_true(p.on_thread);
        assert_true(sigismember(&p.signals, SIGTERM));
        assert_false(sigismember(&p.signals, SIGSEGV));
        assert_false(covet__loop_on_thread(loop));
    }
    posted last = {.loop = loop};
    covet__job_init(&last.job, on_close_job);
    covet__loop_post(loop, &last.job);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_before_flushes_and_not_in_the_call),
        cmocka_unit_test(timers_fire_in_order_of_their_moment),
        cmocka_unit_test(a_watch_sees_what_arrives_until_it_is_closed),
        cmocka_unit_test(a_name_is_resolved_off_the_loop),
        cmocka_unit_test(its_own_thread_runs_what_others_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
