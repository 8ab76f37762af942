/*
 * core/conn_io.c - sending requests and reading what comes back (core/conn.h, U1-U4).
 *
 * libpq's rules (research: PostgreSQL 15's own documentation of pipeline mode):
 * after each statement PQgetResult gives its result and then NULL; after a Sync it
 * gives PGRES_PIPELINE_SYNC and no NULL; after an error everything up to the Sync
 * gives PGRES_PIPELINE_ABORTED.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/conn_impl.h"
#include "core/fail.h"
#include "core/mem.h"
#include "core/pqerror.h"

enum {
    TRIES_MAX = 3,          /* sendings of one request over one connection */
    UNIT_READS_MAX = 64,    /* requests that share a Sync */
    READS_UNCOUNTED = 16,   /* socket reads before the limit is looked at */
    READ_SURE_BYTES = 8192, /* libpq makes room for so much before it reads */
    NAME_SIZE = 24,
};

static void name_of(uint32_t serial, char name[NAME_SIZE])
{
    /* snprintf is a tenth of a statement's cost; this runs for every statement. */
    char digits[12];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + serial % 10);
        serial /= 10;
    } while (serial != 0);
    memcpy(name, "covet_", 6);
    char *to = name + 6;
    while (n > 0)
        *to++ = digits[--n];
    *to = '\0';
}

/* ---- the ring ----------------------------------------------------------------------- */

static bool ring_add(covet__conn *conn, covet__sent entry)
{
    if (conn->tail - conn->head == conn->ring_capacity) {
        const size_t size = conn->ring_capacity != 0 ? conn->ring_capacity * 2 : 64;
        covet__sent *grown = covet__alloc(size * sizeof *grown);
        if (grown == NULL)
            return false;
        for (size_t i = conn->head; i != conn->tail; i++)
            grown[i & (size - 1)] = conn->ring[i & (conn->ring_capacity - 1)];
        covet__free(conn->ring);
        conn->ring = grown;
        conn->ring_capacity = size;
    }
    conn->ring[conn->tail++ & (conn->ring_capacity - 1)] = entry;
    return true;
}

static covet__sent *ring_head(covet__conn *conn)
{
    return conn->head != conn->tail ? &conn->ring[conn->head & (conn->ring_capacity - 1)] : NULL;
}

static void ring_pop(covet__conn *conn)
{
    covet__sent *entry = ring_head(conn);
    PQclear(entry->complaint);
    entry->complaint = NULL;
    conn->head++;
    conn->reads = 0;
    conn->read_bytes = 0;
}

/* ---- sending ------------------------------------------------------------------------ */

static bool send_sync(covet__conn *conn)
{
    if (!conn->unit_open)
        return true;
    conn->unit_open = false;
    return PQpipelineSync(conn->pg) == 1 &&
           ring_add(conn, (covet__sent){.kind = COVET__SENT_SYNC, .at = covet__now()});
}

/* Names that were evicted are deallocated in passing, in a unit of reads. */
static bool send_drops(covet__conn *conn)
{
    uint32_t serial;
    while (covet__prepared_next_drop(&conn->prepared, &serial)) {
        char name[NAME_SIZE], text[NAME_SIZE + 16];
        name_of(serial, name);
        snprintf(text, sizeof text, "DEALLOCATE %s", name);
        conn->unit_open = true;
        if (PQsendQueryParams(conn->pg, text, 0, NULL, NULL, NULL, NULL, 1) != 1 ||
            !ring_add(conn, (covet__sent){.kind = COVET__SENT_DROP,
                                          .serial = serial,
                                          .at = covet__now()}))
            return false;
    }
    return true;
}

static bool send_statement(covet__conn *conn, covet__req *req, uint32_t *ret_serial)
{
    const covet__sql *sql = req->sql;
    char name[NAME_SIZE];
    *ret_serial = 0;
    if (req->describe)
        return PQsendPrepare(conn->pg, "", sql->text, (int)sql->nparams, sql->types) == 1 &&
               ring_add(conn, (covet__sent){.kind = COVET__SENT_PREPARE,
                                            .req = req,
                                            .at = covet__now()}) &&
               PQsendDescribePrepared(conn->pg, "") == 1;
    covet__prepared_use use = COVET__USE_UNNAMED;
    if (sql->id != 0 && !req->unnamed && req->tries <= 1) /* a name that has failed it: not again */
        use = covet__prepared_touch(&conn->prepared, sql->id, sql->text, ret_serial);
    req->proven = use == COVET__USE_NAMED;
    if (use == COVET__USE_UNNAMED)
        return PQsendQueryParams(conn->pg, sql->text, (int)sql->nparams, sql->types, req->values,
                                 req->lengths, req->formats, sql->binary) == 1;
    name_of(*ret_serial, name);
    if (use == COVET__USE_PREPARE &&
        (PQsendPrepare(conn->pg, name, sql->text, (int)sql->nparams, sql->types) != 1 ||
         !ring_add(conn, (covet__sent){.kind = COVET__SENT_PREPARE,
                                       .serial = *ret_serial,
                                       .sql_id = sql->id,
                                       .req = req,
                                       .at = covet__now()})))
        return false;
    return PQsendQueryPrepared(conn->pg, name, (int)sql->nparams, req->values, req->lengths,
                               req->formats, sql->binary) == 1;
}

/* Its failure is the statement's, as that of a Prepare. */
static bool send_before(covet__conn *conn, covet__req *req, covet_msec now)
{
    return req->before == NULL ||
           (PQsendQueryParams(conn->pg, req->before, 0, NULL, NULL, NULL, NULL, 1) == 1 &&
            ring_add(conn, (covet__sent){.kind = COVET__SENT_PREPARE, .req = req, .at = now}));
}

/* What is proven to read may sit between two Syncs with its like; the rest is alone (U1).
 * So is a read that a neighbour's failure has skipped once: it cannot be skipped again; and
 * one that cannot be sent again, and one with something before it, which is not for its
 * neighbours. */
static bool send_one(covet__conn *conn, covet__req *req, covet_msec now)
{
    const bool alone = !conn->held && (!req->sql->read_only || req->tries > 0 ||
                                       req->copied != NULL || req->before != NULL);
    uint32_t serial;
    if (alone && !send_sync(conn))
        return false;
    if (!conn->unit_open && !send_drops(conn))
        return false;
    if (alone && !send_sync(conn)) /* the drops have a unit of their own */
        return false;
    conn->unit_open = true;
    req->sent = true;
    req->tries++;
    if (!send_before(conn, req, now) || !send_statement(conn, req, &serial) ||
        !ring_add(conn, (covet__sent){.kind = COVET__SENT_EXEC,
                                      .serial = serial,
                                      .sql_id = req->sql->id,
                                      .req = req,
                                      .at = now}))
        return false;
    if (req->copied != NULL)
        req->copied(req);
    const bool ends = !req->hold && (alone || conn->held);
    conn->held = req->hold;
    return !ends || send_sync(conn);
}

bool covet__conn_push(covet__conn *conn)
{
    const int left = PQflush(conn->pg);
    if (left < 0)
        return false;
    covet__watch_set(conn->watch, !conn->paused, left > 0);
    return true;
}

static bool is_last_sent(const covet__conn *conn, const covet__req *req)
{
    if (conn->tail == conn->head)
        return false;
    const covet__sent *last = &conn->ring[(conn->tail - 1) & (conn->ring_capacity - 1)];
    return last->kind == COVET__SENT_EXEC && last->req == req;
}

void covet__conn_on_flush(covet__job *job)
{
    covet__conn *conn = COVET_CONTAINER(job, covet__conn, flush_job);
    if (conn->state != COVET__CONN_READY && conn->state != COVET__CONN_CHECKING)
        return;
    const covet_msec now = covet__now();
    bool good = true;
    for (uint32_t in_unit = 0; good && !covet__list_empty(&conn->pending);) {
        covet__req *req = COVET_CONTAINER(conn->pending.next, covet__req, link);
        covet__list_remove(&req->link);
        good = send_one(conn, req, now);
        in_unit = conn->unit_open ? in_unit + 1 : 0;
        if (good && in_unit == UNIT_READS_MAX) {
            good = send_sync(conn);
            in_unit = 0;
        }
        if (!good && !is_last_sent(conn, req))
            covet__list_prepend(&conn->pending, &req->link); /* it is in no list otherwise */
    }
    good = good && send_sync(conn) && covet__conn_push(conn);
    if (!good)
        covet__conn_broke(conn, "the statement could not be sent");
}

/* ---- ending a request ---------------------------------------------------------------- */

static void finish(covet__conn *conn, covet__req *req, const covet__fault *fault)
{
    assert(conn->depth > 0);
    conn->depth--;
    req->done(req, fault);
}

static void again(covet__conn *conn, covet__req *req)
{
    PQclear(req->result);
    req->result = NULL;
    req->sent = false;
    covet__list_remove(&req->link);
    covet__list_append(&conn->pending, &req->link);
    covet__loop_flush(conn->opts.loop, &conn->flush_job);
}

/* A name that is not there, or whose result type has changed: nothing has run. */
static bool is_outdated(const PGresult *result)
{
    const char *state = covet__pq_state(result);
    if (strcmp(state, "26000") == 0)
        return true;
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return strcmp(state, "0A000") == 0 && text != NULL &&
           strcmp(text, "cached plan must not change result type") == 0;
}

/* Its values are gone, and nothing has run. */
static const covet__fault unrepeated = {.status = COVET_ECONNLOST,
                                        .sent = true,
                                        .text = "the statement would have to be sent again"};

/* The unit's Sync has been read: everything in it is decided. */
static void end_unit(covet__conn *conn)
{
    PGresult *error = COVET_TAKE(conn->unit_error);
    const covet__fault fault = {.status = COVET_ESQL, .sent = true, .result = error};
    covet__link unit;
    covet__list_init(&unit);
    covet__list_splice(&unit, &conn->unit);
    while (!covet__list_empty(&unit)) {
        covet__req *req = COVET_CONTAINER(unit.next, covet__req, link);
        covet__list_remove(&req->link);
        const ExecStatusType status =
            req->result != NULL ? PQresultStatus(req->result) : PGRES_PIPELINE_ABORTED;
        const bool skipped = status == PGRES_PIPELINE_ABORTED;
        const bool outdated =
            status == PGRES_FATAL_ERROR && is_outdated(req->result) && !req->in_transaction;
        /* Behind a BEGIN that failed a statement would run by itself. */
        const bool repeats = (skipped && !req->in_transaction) || outdated;
        if (!repeats || error != NULL || req->tries >= TRIES_MAX || conn->state == COVET__CONN_DOWN)
            finish(conn, req, error != NULL ? &fault : NULL); /* U4 */
        else if (req->copied != NULL)
            finish(conn, req, &unrepeated);
        else
            again(conn, req); /* U3 */
    }
    PQclear(error);
    if (conn->state == COVET__CONN_READY && conn->opts.on_unit != NULL)
        conn->opts.on_unit(conn->opts.user);
}

/* ---- reading ------------------------------------------------------------------------- */

/* Takes the result of the statement that `entry` stands for; NULL ends it. */
static void take_prepare(covet__conn *conn, covet__sent *entry, PGresult *result)
{
    if (result == NULL) {
        PGresult *complaint = COVET_TAKE(entry->complaint);
        covet__req *req = entry->req;
        ring_pop(conn);
        if (req != NULL && complaint != NULL && PQresultStatus(complaint) == PGRES_FATAL_ERROR)
            req->result = complaint; /* its EXEC will be skipped */
        else
            PQclear(complaint);
        return;
    }
    if (PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK) {
        PQclear(result);
        return;
    }
    covet__prepared_forget(&conn->prepared, entry->sql_id, false);
    PQclear(entry->complaint);
    entry->complaint = result;
}

static void take_row(covet__conn *conn, covet__req *req, PGresult *row)
{
    conn->reads = 0;
    conn->read_bytes = 0;
    if (req == NULL) {
        PQclear(row);
        return;
    }
    conn->paused = !req->row(req, row);
    if (conn->paused)
        covet__watch_set(conn->watch, false, PQflush(conn->pg) > 0);
}

static void take_exec(covet__conn *conn, covet__sent *entry, PGresult *result)
{
    covet__req *req = entry->req;
    if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        take_row(conn, req, result);
        return;
    }
    if (result == NULL) {
        ring_pop(conn);
        if (req != NULL)
            covet__list_append(&conn->unit, &req->link);
        else
            conn->depth--;
        return;
    }
    if (PQresultStatus(result) == PGRES_FATAL_ERROR && entry->serial != 0 && is_outdated(result))
        covet__prepared_forget(&conn->prepared, entry->sql_id,
                               strcmp(covet__pq_state(result), "26000") != 0);
    if (req == NULL || req->result != NULL) /* the Prepare's complaint says more */
        PQclear(result);
    else
        req->result = result;
}

static void take_drop(covet__conn *conn, covet__sent *entry, PGresult *result)
{
    if (result == NULL) {
        ring_pop(conn);
        return;
    }
    if (PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
        covet__prepared_drop_again(&conn->prepared, entry->serial);
    PQclear(result);
}

static void take_sync(covet__conn *conn, PGresult *result)
{
    if (result == NULL) {
        if (conn->unit_error == NULL) /* only an error at the Sync is followed by NULL */
            covet__conn_broke(conn, "the server's answer is out of step");
        return;
    }
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        ring_pop(conn);
        end_unit(conn);
        return;
    }
    PQclear(conn->unit_error);
    conn->unit_error = result;
}

static void take_notifications(covet__conn *conn)
{
    for (PGnotify *n; !conn->closed && (n = PQnotifies(conn->pg)) != NULL; PQfreemem(n))
        if (conn->opts.on_notify != NULL)
            conn->opts.on_notify(conn->opts.user, n->relname, n->extra);
}

/* What the socket holds. */
static size_t available(const covet__conn *conn)
{
    int bytes = 0;
    return ioctl(conn->watched_fd, FIONREAD, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

/* The bytes of a result are libpq's secret until it is complete. What each read brings at
 * least is known, though: as much as was there, up to the room that libpq makes, and as much
 * as is not there any more, for a row that it has made more room for. */
static bool consume(covet__conn *conn)
{
    const covet__sent *entry = ring_head(conn);
    const bool counted = entry != NULL && entry->req != NULL && entry->req->limit_bytes != 0 &&
                         ++conn->reads >= READS_UNCOUNTED;
    const size_t before = counted ? available(conn) : 0;
    const bool good = PQconsumeInput(conn->pg) == 1;
    if (before <= READ_SURE_BYTES) {
        conn->read_bytes += before;
        return good;
    }
    const size_t after = available(conn);
    conn->read_bytes += COVET_MAX(before - COVET_MIN(before, after), (size_t)READ_SURE_BYTES);
    return good;
}

/* Asked when everything is digested that is complete: what was counted is of this one. */
static bool over_limit(covet__conn *conn)
{
    const covet__sent *entry = ring_head(conn);
    return entry != NULL && entry->req != NULL && entry->req->limit_bytes != 0 &&
           conn->read_bytes > entry->req->limit_bytes;
}

/* libpq takes the wish only while the statement is the first in its line, and only before it
 * has parsed any of the answer. */
static void choose_mode(const covet__conn *conn, covet__sent *entry)
{
    if (entry->kind == COVET__SENT_EXEC && entry->req != NULL && entry->req->row != NULL &&
        !entry->by_row)
        entry->by_row = PQsetSingleRowMode(conn->pg) == 1;
}

/* The oldest thing sent whose answer, or part of it, can be taken without waiting. */
static covet__sent *next_answered(covet__conn *conn)
{
    if (conn->closed || conn->paused || conn->state == COVET__CONN_DOWN)
        return NULL;
    covet__sent *entry = ring_head(conn);
    if (entry == NULL)
        return NULL;
    choose_mode(conn, entry);
    return PQisBusy(conn->pg) ? NULL : entry;
}

static void take_results(covet__conn *conn)
{
    covet__sent *entry;
    while ((entry = next_answered(conn)) != NULL) {
        PGresult *result = PQgetResult(conn->pg);
        switch (entry->kind) {
        case COVET__SENT_PREPARE: take_prepare(conn, entry, result); break;
        case COVET__SENT_EXEC: take_exec(conn, entry, result); break;
        case COVET__SENT_DROP: take_drop(conn, entry, result); break;
        case COVET__SENT_SYNC: take_sync(conn, result); break;
        }
        if (PQstatus(conn->pg) == CONNECTION_BAD)
            break;
    }
}

/* `good`: the connection was, when it was read from. */
static void digest(covet__conn *conn, bool good)
{
    take_results(conn);
    if (!conn->closed && conn->state != COVET__CONN_DOWN)
        take_notifications(conn);
    if (!conn->closed && conn->state != COVET__CONN_DOWN &&
        (!good || PQstatus(conn->pg) == CONNECTION_BAD))
        covet__conn_broke(conn, "the connection was closed");
}

void covet__conn_on_read(covet__job *job)
{
    covet__conn *conn = COVET_CONTAINER(job, covet__conn, read_job);
    if (!conn->closed && conn->state != COVET__CONN_DOWN)
        digest(conn, true);
}

void covet__conn_resume(covet__conn *conn)
{
    if (!conn->paused)
        return;
    conn->paused = false;
    if (conn->closed || conn->state == COVET__CONN_DOWN)
        return;
    covet__watch_set(conn->watch, true, PQflush(conn->pg) > 0);
    covet__loop_soon(conn->opts.loop, &conn->read_job);
}

/* Rows that libpq holds already come before more of them: who pauses often would have it hold
 * ever more, and it never gives its buffer back. */
static bool has_rows_left(covet__conn *conn)
{
    const covet__sent *entry = ring_head(conn);
    if (entry == NULL || !entry->by_row)
        return false;
    take_results(conn);
    return conn->paused || conn->closed || conn->state == COVET__CONN_DOWN;
}

void covet__conn_read(covet__conn *conn)
{
    if (conn->paused || has_rows_left(conn))
        return;
    digest(conn, consume(conn));
    if (conn->closed || conn->state == COVET__CONN_DOWN || !over_limit(conn))
        return;
    covet__req *req = ring_head(conn)->req;
    conn->oversized = req;
    covet__conn_fail(conn, COVET_ELIMIT, "the result is larger than the limit of %zu bytes",
                     req->limit_bytes);
}

/* ---- taking back ------------------------------------------------------------------------ */

static void forget_entries(covet__conn *conn, const covet__req *req)
{
    for (size_t i = conn->head; i != conn->tail; i++) {
        covet__sent *entry = &conn->ring[i & (conn->ring_capacity - 1)];
        if (entry->req == req)
            entry->req = NULL;
    }
}

static void reset(covet__req *req)
{
    PQclear(req->result);
    req->result = NULL;
    req->sent = false;
}

void covet__conn_forget(covet__conn *conn, covet__req *req)
{
    if (!covet__list_empty(&req->link)) { /* waits, or its Sync is not read */
        covet__list_remove(&req->link);
        conn->depth--;
    } else {
        forget_entries(conn, req); /* depth falls when the answer has come */
        covet__conn_resume(conn);  /* its rows are thrown away */
    }
    reset(req);
}

void covet__conn_take_reads(covet__conn *conn, covet__link *out)
{
    size_t i = conn->head;
    while (i != conn->tail && conn->ring[i & (conn->ring_capacity - 1)].kind != COVET__SENT_EXEC)
        i++;
    while (i != conn->tail && ++i != conn->tail) {
        covet__sent *entry = &conn->ring[i & (conn->ring_capacity - 1)];
        covet__req *req = entry->req;
        if (entry->kind != COVET__SENT_EXEC || req == NULL || !req->sql->read_only)
            continue;
        forget_entries(conn, req);
        reset(req);
        covet__list_append(out, &req->link);
    }
}

/* ---- the end of the connection --------------------------------------------------------- */

static void finish_list(covet__conn *conn, covet__link *list, const covet__fault *fault)
{
    covet__link all;
    covet__list_init(&all);
    covet__list_splice(&all, list);
    while (!covet__list_empty(&all)) {
        covet__req *req = COVET_CONTAINER(all.next, covet__req, link);
        covet__list_remove(&req->link);
        covet__fault own = *fault;
        own.sent = req->sent;
        if (fault->status == COVET_ELIMIT && req != conn->oversized) {
            own.status = COVET_ECONNLOST;
            own.text = "the connection was closed for another statement's result, which was larger "
                       "than its limit";
        }
        finish(conn, req, &own);
    }
}

void covet__conn_drop_all(covet__conn *conn, covet_status status, const char *why)
{
    const covet__fault fault = {.status = status, .text = why};
    /* In the order in which they were sent: answered, on their way, waiting. */
    for (covet__sent *entry; (entry = ring_head(conn)) != NULL; ring_pop(conn))
        if (entry->kind == COVET__SENT_EXEC && entry->req != NULL)
            covet__list_append(&conn->unit, &entry->req->link);
    finish_list(conn, &conn->unit, &fault);
    finish_list(conn, &conn->pending, &fault);
}
