#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/fail.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pool.h"
#include "core/quota.h"
#include "core/str.h"

enum {
    CONNECTING_MAX = 2,
    HANG_MSEC = 20,        /* P2 */
    RESCUE_MSEC = 100,     /* P3 */
    TICK_MSEC = 50,        /* while something is under way */
    TICK_IDLE_MSEC = 1000, /* while nothing is */
    BACKOFF_MIN_MSEC = 50,
    BACKOFF_MAX_MSEC = 1000,
};

struct covet__slot {
    covet__pool *pool;
    covet__conn *conn; /* NULL once it is broken and closed */
    uint32_t hint;
    bool ready;
    bool exclusive;
    covet_msec used_at;
    covet_msec retire_at;
};

struct covet__pool {
    covet__pool_opts opts;
    covet__dsn *dsn;
    char *group, *member, *settings;
    covet__str place;
    covet__quota *quota;
    covet__slot **slots;
    size_t slot_count, slot_capacity;
    uint32_t connecting;
    covet__link queue;
    uint32_t queued;
    covet__timer tick;
    covet__job serve_job;
    uint32_t failures; /* connects in a row */
    covet_msec retry_at;
    uint64_t random;
    covet_error last_error;
    bool closing;
    covet__job closed_job;
    void (*closed)(void *);
    void *closed_user;
};

static void serve(covet__pool *pool);

/* ---- errors ---------------------------------------------------------------------------- */

void covet__pool_blame(const covet__pool *pool, covet_error *err)
{
    if (err == NULL)
        return;
    covet__copy(err->group, sizeof err->group, pool->group);
    covet__copy(err->member, sizeof err->member, pool->member);
    if (pool->group[0] == '\0') /* plain mode has no names */
        covet__prefix(err, "server %s", covet__str_text(&pool->place));
    else
        covet__prefix(err, "group %s, member %s (%s)", pool->group, pool->member,
                      covet__str_text(&pool->place));
}

/* Trying again cannot help: the server has spoken, or it is the wrong one. */
static bool is_permanent(const covet_error *err)
{
    if (err->status == COVET_ECLUSTER || err->status == COVET_ECATALOG)
        return true;
    const char *state = err->sqlstate;
    return state[0] != '\0' && strncmp(state, "57", 2) != 0 && strncmp(state, "53", 2) != 0 &&
           strncmp(state, "08", 2) != 0;
}

static void fail_want(covet__want *want, const covet_error *err)
{
    covet__list_remove(&want->link);
    want->pool->queued--;
    want->answer(want, err);
}

/* Those that have waited long enough or will not wait, or all where waiting is in vain. */
static void fail_wants(covet__pool *pool, const covet_error *err, bool all)
{
    const covet_msec now = covet__now();
    covet__link wants;
    covet__list_init(&wants);
    covet__list_splice(&wants, &pool->queue);
    while (!covet__list_empty(&wants)) {
        covet__want *want = COVET_CONTAINER(wants.next, covet__want, link);
        if (all || want->hasty || now >= want->since + pool->opts.unreachable_wait) {
            fail_want(want, err);
        } else {
            covet__list_remove(&want->link);
            covet__list_append(&pool->queue, &want->link);
        }
    }
}

/* ---- connections ------------------------------------------------------------------------- */

static void arm_tick(covet__pool *pool)
{
    bool busy = !covet__list_empty(&pool->queue);
    for (size_t i = 0; i < pool->slot_count && !busy; i++)
        busy = pool->slots[i]->ready && covet__conn_depth(pool->slots[i]->conn) > 1;
    const covet_msec due = covet__now() + (busy ? TICK_MSEC : TICK_IDLE_MSEC);
    if (pool->tick.at == 0 || due < pool->tick.due)
        COVET_UNUSED(covet__timer_start(pool->opts.loop, &pool->tick, due));
}

static void remove_slot(covet__slot *slot)
{
    covet__pool *pool = slot->pool;
    for (size_t i = 0; i < pool->slot_count; i++)
        if (pool->slots[i] == slot) {
            pool->slots[i] = pool->slots[--pool->slot_count];
            break;
        }
    covet__quota_give(pool->quota);
    covet__free(slot);
}

/* The connection goes; the slot stays while somebody holds it. */
static void drop_conn(covet__slot *slot)
{
    if (!slot->ready && slot->conn != NULL)
        slot->pool->connecting--;
    slot->ready = false;
    covet__conn_close(COVET_TAKE(slot->conn));
    if (!slot->exclusive)
        remove_slot(slot);
}

static void on_ready(void *user)
{
    covet__slot *slot = user;
    covet__pool *pool = slot->pool;
    slot->ready = true;
    slot->used_at = covet__now();
    pool->connecting--;
    if (pool->failures > 0)
        covet__log(pool->opts.logger, COVET_LOG_INFO, "pool", "%s is back",
                   covet__str_text(&pool->place));
    pool->failures = 0;
    pool->retry_at = 0;
    serve(pool);
}

static void on_connect_failed(covet__pool *pool, const covet_error *why)
{
    pool->last_error = *why;
    covet__pool_blame(pool, &pool->last_error);
    pool->last_error.outcome = COVET_OUTCOME_NOT_SENT;
    const covet_msec pause =
        COVET_MIN((covet_msec)BACKOFF_MAX_MSEC,
                  (covet_msec)BACKOFF_MIN_MSEC << COVET_MIN(pool->failures, 10u));
    pool->random = covet__mix64(pool->random + 1);
    pool->retry_at = covet__now() + pause / 2 + pool->random % pause;
    if (pool->failures++ == 0)
        covet__log(pool->opts.logger, COVET_LOG_WARNING, "pool", "%s", pool->last_error.message);
    bool any = false;
    for (size_t i = 0; i < pool->slot_count; i++)
        any |= pool->slots[i]->ready;
    if (!any || is_permanent(why)) /* others may serve those that wait */
        fail_wants(pool, &pool->last_error, is_permanent(why));
}

static void on_down(void *user, const covet_error *why)
{
    covet__slot *slot = user;
    covet__pool *pool = slot->pool;
    const covet_error copy = *why;
    const bool was_ready = slot->ready;
    drop_conn(slot);
    if (was_ready)
        covet__log(pool->opts.logger, COVET_LOG_WARNING, "pool", "%s: connection lost: %s",
                   covet__str_text(&pool->place), copy.message);
    else
        on_connect_failed(pool, &copy);
    serve(pool);
}

static void on_unit(void *user)
{
    covet__slot *slot = user;
    slot->used_at = covet__now();
    if (!covet__list_empty(&slot->pool->queue))
        serve(slot->pool);
}

static covet_status on_check(void *user, const PGresult *result, covet_error *err)
{
    const covet__slot *slot = user;
    const covet__pool_opts *opts = &slot->pool->opts;
    return opts->on_check != NULL ? opts->on_check(opts->user, result, err) : COVET_OK;
}

static void open_conn(covet__pool *pool)
{
    covet__slot *slot = covet__zalloc(sizeof *slot);
    if (slot == NULL || !COVET_GROW(pool->slots, pool->slot_capacity, pool->slot_count + 1)) {
        covet__free(slot);
        covet__quota_give(pool->quota);
        return;
    }
    slot->pool = pool;
    pool->random = covet__mix64(pool->random + 1);
    slot->retire_at = covet__now() + pool->opts.life_max - pool->opts.life_max / 10 +
                      pool->random % (pool->opts.life_max / 5 + 1);
    const covet__conn_opts opts = {.loop = pool->opts.loop,
                                   .logger = pool->opts.logger,
                                   .dsn = pool->dsn,
                                   .host = pool->opts.host,
                                   .settings = pool->settings,
                                   .check = pool->opts.check,
                                   .connect_timeout = pool->opts.connect_timeout,
                                   .statements_max = pool->opts.statements_max,
                                   .statements_bytes = pool->opts.statements_bytes,
                                   .user = slot,
                                   .on_check = on_check,
                                   .on_ready = on_ready,
                                   .on_down = on_down,
                                   .on_unit = on_unit};
    if (covet__conn_new(&opts, &slot->conn, NULL) != COVET_OK) {
        covet__free(slot);
        covet__quota_give(pool->quota);
        return;
    }
    pool->slots[pool->slot_count++] = slot;
    pool->connecting++;
}

/* Connections that one statement or transaction has for itself. */
static uint32_t count_held(const covet__pool *pool)
{
    uint32_t held = 0;
    for (size_t i = 0; i < pool->slot_count; i++)
        held += pool->slots[i]->exclusive;
    return held;
}

/* None of its connections will be free: what other handles of the process have, used or not,
 * is not waited for, since they need never give it. */
static bool has_none(const covet__pool *pool, bool urgent)
{
    return pool->slot_count == (urgent ? count_held(pool) : 0);
}

/* Opens one connection more where the limits allow it. */
static void grow(covet__pool *pool, bool urgent)
{
    const uint32_t limit = pool->opts.size_max + urgent;
    if (pool->closing || pool->slot_count >= limit || pool->connecting >= CONNECTING_MAX ||
        covet__now() < pool->retry_at ||
        !covet__quota_take(pool->quota, has_none(pool, urgent) ? UINT32_MAX : limit))
        return;
    open_conn(pool);
}

/* ---- who gets what ------------------------------------------------------------------------ */

static bool can_grow(const covet__pool *pool)
{
    return pool->connecting > 0 || (pool->slot_count < pool->opts.size_max && pool->failures == 0);
}

/* A connection that has broken is told of by a job: until then it only looks ready. */
static bool is_usable(const covet__slot *slot)
{
    return slot->ready && covet__conn_is_ready(slot->conn);
}

/* The idle connection that knows this hint, else the one that was used last. */
static covet__slot *pick_idle(const covet__pool *pool, uint32_t hint)
{
    covet__slot *best = NULL;
    for (size_t i = 0; i < pool->slot_count; i++) {
        covet__slot *slot = pool->slots[i];
        if (!is_usable(slot) || slot->exclusive || covet__conn_depth(slot->conn) > 0)
            continue;
        if (hint != 0 && slot->hint == hint)
            return slot;
        if (best == NULL || slot->used_at > best->used_at)
            best = slot;
    }
    return best;
}

/* The busy connection with the shortest pipeline; a longer one that knows the hint is
 * as good. */
static covet__slot *pick_shared(const covet__pool *pool, uint32_t hint)
{
    enum { KNOWS_HINT = 4 };
    covet__slot *best = NULL;
    uint32_t best_score = UINT32_MAX;
    const covet_msec now = covet__now();
    for (size_t i = 0; i < pool->slot_count; i++) {
        covet__slot *slot = pool->slots[i];
        if (!is_usable(slot) || slot->exclusive)
            continue;
        const uint32_t depth = covet__conn_depth(slot->conn);
        const uint32_t score = depth + (hint != 0 && slot->hint == hint ? 0 : KNOWS_HINT);
        if (depth >= pool->opts.pipeline_max || score >= best_score ||
            covet__conn_waiting(slot->conn, now) >= HANG_MSEC) /* P2 */
            continue;
        best = slot;
        best_score = score;
    }
    return best;
}

/* The connection beyond size_max is for the urgent, who hold others meanwhile. */
static bool is_reserved(const covet__pool *pool, const covet__want *want)
{
    return want->exclusive && !want->urgent && count_held(pool) >= pool->opts.size_max;
}

static covet__slot *pick(covet__pool *pool, const covet__want *want)
{
    if (is_reserved(pool, want))
        return NULL;
    covet__slot *slot = pick_idle(pool, want->hint);
    if (slot != NULL)
        return slot;
    grow(pool, want->urgent);
    if (want->exclusive)
        return NULL;
    if (!want->req.sql->read_only && can_grow(pool)) /* P1 */
        return NULL;
    return pick_shared(pool, want->hint);
}

static void give(covet__want *want, covet__slot *slot)
{
    want->slot = slot;
    slot->hint = want->hint;
    slot->used_at = covet__now();
    if (want->exclusive)
        slot->exclusive = true;
    else
        covet__conn_send(slot->conn, &want->req);
}

static void serve(covet__pool *pool)
{
    while (!covet__list_empty(&pool->queue)) {
        covet__want *want = COVET_CONTAINER(pool->queue.next, covet__want, link);
        covet__slot *slot = pick(pool, want);
        if (slot == NULL)
            break;
        covet__list_remove(&want->link);
        pool->queued--;
        give(want, slot);
        if (want->exclusive)
            want->answer(want, NULL);
    }
    if (!pool->closing)
        arm_tick(pool);
}

static void on_serve_job(covet__job *job) { serve(COVET_CONTAINER(job, covet__pool, serve_job)); }

covet_status covet__pool_want(covet__pool *pool, covet__want *want, covet_error *err)
{
    want->pool = pool;
    want->slot = NULL;
    covet__list_init(&want->link);
    covet__list_init(&want->req.link);
    if (pool->closing)
        return covet__fail(err, COVET_ECLOSED, "the handle is closing");
    if (want->urgent || covet__list_empty(&pool->queue)) {
        covet__slot *slot = pick(pool, want);
        if (slot != NULL) {
            give(want, slot);
            return COVET_OK;
        }
    }
    if (pool->queued >= pool->opts.queue_max) {
        covet__fail(err, COVET_EBUSY, "%u operations wait for a connection already", pool->queued);
        covet__pool_blame(pool, err);
        if (err != NULL)
            err->outcome = COVET_OUTCOME_NOT_SENT;
        return COVET_EBUSY;
    }
    want->since = covet__now();
    pool->queued++;
    if (want->urgent)
        covet__list_prepend(&pool->queue, &want->link);
    else
        covet__list_append(&pool->queue, &want->link);
    arm_tick(pool);
    return COVET_OK;
}

void covet__pool_unwant(covet__want *want)
{
    if (!covet__list_empty(&want->link)) {
        covet__list_remove(&want->link);
        want->pool->queued--;
    } else if (want->slot != NULL && want->slot->conn != NULL) {
        covet__conn_forget(want->slot->conn, &want->req);
    }
}

/* ---- exclusive use ------------------------------------------------------------------------- */

bool covet__slot_is_broken(const covet__slot *slot) { return !slot->ready; }

bool covet__slot_send(covet__slot *slot, covet__req *req)
{
    covet__list_init(&req->link);
    req->result = NULL;
    if (!slot->ready || !covet__conn_is_ready(slot->conn))
        return false;
    covet__conn_send(slot->conn, req);
    return true;
}

void covet__slot_forget(covet__slot *slot, covet__req *req)
{
    if (slot->conn != NULL)
        covet__conn_forget(slot->conn, req);
}

void covet__slot_resume(covet__slot *slot)
{
    if (slot->conn != NULL)
        covet__conn_resume(slot->conn);
}

char covet__slot_transaction(const covet__slot *slot)
{
    return slot->ready ? covet__conn_transaction(slot->conn) : '?';
}

typedef struct cancel {
    covet__want want;
    char pid[16];
    char started[40];
    const char *values[2];
} cancel;

static void on_cancelled(covet__req *req, const covet__fault *fault)
{
    COVET_UNUSED(fault); /* the connection is closed in any case */
    PQclear(req->result);
    covet__free(COVET_CONTAINER(req, cancel, want.req));
}

static void on_not_cancelled(covet__want *want, const covet_error *err)
{
    COVET_UNUSED(err);
    covet__free(COVET_CONTAINER(want, cancel, want));
}

/* libpq 15's PQcancel blocks, so another connection asks the server to stop; the moment
 * of the process's start keeps it from hitting a process that came after it. */
static cancel *cancel_of(const covet__slot *slot)
{
    cancel *c = covet__zalloc(sizeof *c);
    if (c == NULL)
        return NULL;
    snprintf(c->pid, sizeof c->pid, "%d", covet__conn_pid(slot->conn));
    covet__copy(c->started, sizeof c->started, covet__conn_started(slot->conn));
    c->values[0] = c->pid;
    c->values[1] = c->started;
    return c;
}

static void cancel_backend(covet__pool *pool, cancel *c)
{
    static const covet__sql sql = {
        .text = "SELECT pg_catalog.pg_cancel_backend(pid)"
                " FROM pg_catalog.pg_stat_get_activity($1::pg_catalog.int4)"
                " WHERE backend_start::pg_catalog.text OPERATOR(pg_catalog.=) $2",
        .nparams = 2,
        .read_only = true};
    c->want = (covet__want){.req = {.sql = &sql, .values = c->values, .done = on_cancelled},
                            .urgent = true,
                            .answer = on_not_cancelled};
    if (covet__pool_want(pool, &c->want, NULL) != COVET_OK)
        covet__free(c);
}

void covet__slot_release(covet__slot *slot, covet__release how)
{
    covet__pool *pool = slot->pool;
    slot->exclusive = false;
    slot->used_at = covet__now();
    if (slot->conn == NULL) {
        remove_slot(slot);
    } else if (how != COVET__RELEASE_KEEP) {
        const bool runs = how == COVET__RELEASE_CANCEL && covet__conn_depth(slot->conn) > 0;
        cancel *c = runs && !pool->closing && pool->settings != NULL ? cancel_of(slot) : NULL;
        drop_conn(slot);
        if (c != NULL)
            cancel_backend(pool, c);
    }
    if (!covet__list_empty(&pool->queue))
        covet__loop_soon(pool->opts.loop, &pool->serve_job);
}

/* ---- upkeep ------------------------------------------------------------------------------- */

/* P3: the reads behind a unit that hangs go to the front of the queue again. */
static void rescue(covet__pool *pool, covet__slot *slot)
{
    covet__link reads;
    covet__list_init(&reads);
    covet__conn_take_reads(slot->conn, &reads);
    while (!covet__list_empty(&reads)) {
        covet__req *req = COVET_CONTAINER(reads.prev, covet__req, link);
        covet__want *want = COVET_CONTAINER(req, covet__want, req);
        covet__list_remove(&req->link);
        want->slot = NULL;
        pool->queued++;
        covet__list_prepend(&pool->queue, &want->link);
    }
}

static bool is_past_use(const covet__pool *pool, const covet__slot *slot, covet_msec now)
{
    return slot->ready && !slot->exclusive && covet__conn_depth(slot->conn) == 0 &&
           (now >= slot->used_at + pool->opts.idle_max || now >= slot->retire_at);
}

static void on_tick(covet__timer *timer)
{
    covet__pool *pool = COVET_CONTAINER(timer, covet__pool, tick);
    const covet_msec now = covet__now();
    for (size_t i = pool->slot_count; i-- > 0;) {
        covet__slot *slot = pool->slots[i];
        if (is_past_use(pool, slot, now))
            drop_conn(slot);
        else if (slot->ready && !slot->exclusive && covet__conn_depth(slot->conn) > 1 &&
                 covet__conn_waiting(slot->conn, now) >= RESCUE_MSEC)
            rescue(pool, slot);
    }
    if (pool->failures > 0 && pool->connecting == 0 && pool->slot_count == 0)
        fail_wants(pool, &pool->last_error, false);
    serve(pool);
}

/* ---- opening and closing -------------------------------------------------------------------- */

static void destroy(covet__pool *pool)
{
    covet__timer_stop(pool->opts.loop, &pool->tick);
    covet__list_remove(&pool->serve_job.link);
    covet__quota_close(pool->quota);
    covet__dsn_free(pool->dsn);
    covet__free(pool->group);
    covet__free(pool->member);
    covet__free(pool->settings);
    covet__free(pool->slots);
    covet__str_free(&pool->place);
    covet__free(pool);
}

static void on_closed(covet__job *job)
{
    covet__pool *pool = COVET_CONTAINER(job, covet__pool, closed_job);
    void (*closed)(void *) = pool->closed;
    void *user = pool->closed_user;
    destroy(pool);
    closed(user);
}

covet_status covet__pool_new(const covet__pool_opts *opts, covet__pool **ret_pool, covet_error *err)
{
    covet__pool *pool = covet__zalloc(sizeof *pool);
    if (pool == NULL)
        return covet__fail(err, COVET_ENOMEM, "pool: out of memory");
    pool->opts = *opts;
    covet__list_init(&pool->queue);
    covet__job_init(&pool->serve_job, on_serve_job);
    covet__job_init(&pool->closed_job, on_closed);
    pool->tick.fire = on_tick;
    pool->random = covet__now_nsec() ^ (uint64_t)(uintptr_t)pool;
    pool->dsn = covet__dsn_copy(opts->dsn);
    pool->group = covet__strdup(opts->group);
    pool->member = covet__strdup(opts->member);
    pool->settings = opts->settings != NULL ? covet__strdup(opts->settings) : NULL;
    if (pool->dsn != NULL)
        covet__dsn_describe(pool->dsn, opts->host, &pool->place);
    pool->quota =
        covet__quota_open(covet__str_ok(&pool->place) ? covet__str_text(&pool->place) : "");
    if (pool->dsn == NULL || pool->group == NULL || pool->member == NULL || pool->quota == NULL ||
        !covet__str_ok(&pool->place) || (opts->settings != NULL && pool->settings == NULL)) {
        destroy(pool);
        return covet__fail(err, COVET_ENOMEM, "pool: out of memory");
    }
    *ret_pool = pool;
    return COVET_OK;
}

void covet__pool_close(covet__pool *pool, void (*closed)(void *user), void *user)
{
    covet_error err;
    covet__fail(&err, COVET_ECLOSED, "the handle is closing");
    err.outcome = COVET_OUTCOME_NOT_SENT;
    pool->closing = true;
    pool->closed = closed;
    pool->closed_user = user;
    fail_wants(pool, &err, true);
    while (pool->slot_count > 0) {
        covet__slot *slot = pool->slots[0];
        assert(!slot->exclusive);
        drop_conn(slot);
    }
    covet__loop_soon(pool->opts.loop, &pool->closed_job);
}

bool covet__pool_is_idle(const covet__pool *pool)
{
    bool idle = pool->queued == 0;
    for (size_t i = 0; i < pool->slot_count && idle; i++)
        idle = !pool->slots[i]->exclusive &&
               (!pool->slots[i]->ready || covet__conn_depth(pool->slots[i]->conn) == 0);
    return idle;
}

/* ---- what others may know ------------------------------------------------------------------ */

const char *covet__pool_group(const covet__pool *pool) { return pool->group; }
const char *covet__pool_member(const covet__pool *pool) { return pool->member; }
const char *covet__pool_place(const covet__pool *pool) { return covet__str_text(&pool->place); }

void covet__pool_stat(const covet__pool *pool, covet__pool_stats *ret_stats)
{
    *ret_stats = (covet__pool_stats){.connections = (uint32_t)pool->slot_count,
                                     .waiting = pool->queued,
                                     .reachable = pool->failures == 0};
    for (size_t i = 0; i < pool->slot_count; i++)
        if (pool->slots[i]->ready) {
            ret_stats->ready++;
            ret_stats->statement_bytes += covet__conn_statement_bytes(pool->slots[i]->conn);
        }
}
