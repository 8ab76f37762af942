#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tools/bench/bare.h"

enum { CONNECTIONS_MAX = 64, EVENTS_MAX = 64 };

typedef struct conn {
    PGconn *pg;
    uint32_t group;
    uint32_t pending; /* statements that have no result yet */
    uint32_t syncs;   /* Syncs that have not been read */
    bool open_batch;  /* statements since the last Sync */
    bool writable;    /* epoll waits for room */
    bool ready;       /* the current result has been taken; its NULL is to come */
} conn;

struct bare {
    conn conns[CONNECTIONS_MAX];
    uint32_t count;
    uint32_t groups;
    uint32_t per_group;
    uint32_t prepared[CONNECTIONS_MAX]; /* statements, by group */
    int epoll;
};

static bool complain(const conn *c, const char *what)
{
    fprintf(stderr, "bare libpq: %s: %s", what, PQerrorMessage(c->pg));
    return false;
}

static bool open_one(bare *b, const char *dsn, uint32_t group)
{
    conn *c = &b->conns[b->count];
    *c = (conn){.pg = PQconnectdb(dsn), .group = group};
    b->count++;
    if (PQstatus(c->pg) != CONNECTION_OK)
        return complain(c, "connect");
    if (PQsetnonblocking(c->pg, 1) != 0 || PQenterPipelineMode(c->pg) != 1)
        return complain(c, "pipeline mode");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    return epoll_ctl(b->epoll, EPOLL_CTL_ADD, PQsocket(c->pg), &event) == 0;
}

bare *bare_open(const char *const *dsns, uint32_t groups, uint32_t connections)
{
    bare *b = calloc(1, sizeof *b);
    if (b == NULL || groups * connections > CONNECTIONS_MAX) {
        free(b);
        return NULL;
    }
    b->groups = groups;
    b->per_group = connections;
    b->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t group = 0; group < groups; group++)
        for (uint32_t i = 0; i < connections; i++)
            if (!open_one(b, dsns[group], group)) {
                bare_close(b);
                return NULL;
            }
    return b;
}

void bare_close(bare *b)
{
    if (b == NULL)
        return;
    for (uint32_t i = 0; i < b->count; i++)
        PQfinish(b->conns[i].pg);
    free(b);
}

/* ---- sending ----------------------------------------------------------------------------- */

static bool flush(bare *b, conn *c)
{
    const int left = PQflush(c->pg);
    if (left < 0)
        return complain(c, "flush");
    if ((left > 0) != c->writable) {
        c->writable = left > 0;
        struct epoll_event event = {.events = EPOLLIN | (c->writable ? EPOLLOUT : 0),
                                    .data.ptr = c};
        epoll_ctl(b->epoll, EPOLL_CTL_MOD, PQsocket(c->pg), &event);
    }
    return true;
}

static bool sync_batch(conn *c)
{
    if (!c->open_batch)
        return true;
    c->open_batch = false;
    c->syncs++;
    return PQpipelineSync(c->pg) == 1 || complain(c, "sync");
}

static bool send(conn *c, const bare_op *op)
{
    char name[16];
    snprintf(name, sizeof name, "s%u", op->statement);
    c->open_batch = true;
    c->pending++;
    return PQsendQueryPrepared(c->pg, name, op->param_count, op->values, op->lengths, op->formats,
                               1) == 1 ||
           complain(c, "send");
}

/* The connection of the group with the least to do. */
static conn *choose(bare *b, uint32_t group)
{
    conn *best = &b->conns[group * b->per_group];
    for (uint32_t i = 1; i < b->per_group; i++) {
        conn *c = &b->conns[group * b->per_group + i];
        if (c->pending < best->pending)
            best = c;
    }
    return best;
}

/* ---- reading ----------------------------------------------------------------------------- */

typedef bool on_result_fn(PGresult *result, void *user);

/* Takes every result that has arrived; *done counts statements. */
static bool take(conn *c, on_result_fn *on_result, void *user, uint64_t *done)
{
    if (PQconsumeInput(c->pg) != 1)
        return complain(c, "read");
    while ((c->pending > 0 || c->syncs > 0) && !PQisBusy(c->pg)) {
        PGresult *result = PQgetResult(c->pg);
        if (result == NULL)
            continue;
        const ExecStatusType status = PQresultStatus(result);
        bool good = true;
        if (status == PGRES_PIPELINE_SYNC) {
            c->syncs--;
        } else {
            c->pending--;
            ++*done;
            good = (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) &&
                   on_result(result, user);
            if (!good)
                fprintf(stderr, "bare libpq: %s\n", PQresultErrorMessage(result));
            if (on_result != NULL && good && user != NULL)
                continue; /* kept */
        }
        PQclear(result);
        if (!good)
            return false;
    }
    return true;
}

static bool pump(bare *b, on_result_fn *on_result, void *user, uint64_t *done)
{
    struct epoll_event events[EVENTS_MAX];
    const int n = epoll_wait(b->epoll, events, EVENTS_MAX, 10000);
    if (n <= 0) {
        fprintf(stderr, "bare libpq: no answer\n");
        return false;
    }
    for (int i = 0; i < n; i++) {
        conn *c = events[i].data.ptr;
        if ((events[i].events & EPOLLOUT) != 0 && !flush(b, c))
            return false;
        if ((events[i].events & ~(unsigned)EPOLLOUT) != 0 && !take(c, on_result, user, done))
            return false;
    }
    return true;
}

/* ---- preparing ---------------------------------------------------------------------------- */

static bool accept_any(PGresult *result, void *user)
{
    (void)result;
    (void)user;
    return true;
}

bool bare_prepare(bare *b, uint32_t group, const char *text)
{
    char name[16];
    snprintf(name, sizeof name, "s%u", b->prepared[group]++);
    for (uint32_t i = 0; i < b->per_group; i++) {
        conn *c = &b->conns[group * b->per_group + i];
        uint64_t done = 0;
        if (PQsendPrepare(c->pg, name, text, 0, NULL) != 1)
            return complain(c, "prepare");
        c->pending++;
        c->open_batch = true;
        if (!sync_batch(c) || !flush(b, c))
            return false;
        while (c->syncs > 0)
            if (!pump(b, accept_any, NULL, &done))
                return false;
    }
    return true;
}

/* ---- many small ones ------------------------------------------------------------------------ */

static int rows_wanted;

static bool check_rows(PGresult *result, void *user)
{
    (void)user;
    if (rows_wanted < 0 || PQntuples(result) == rows_wanted)
        return true;
    fprintf(stderr, "bare libpq: %d rows instead of %d\n", PQntuples(result), rows_wanted);
    return false;
}

bool bare_run(bare *b, uint64_t count, uint32_t in_flight, bool writes, int rows,
              bare_next_fn *next, void *user)
{
    uint64_t started = 0, done = 0;
    rows_wanted = rows;
    while (done < count) {
        while (started < count && started - done < in_flight) {
            bare_op op;
            next(user, &op);
            conn *c = choose(b, op.group);
            if (!send(c, &op) || (writes && !sync_batch(c)))
                return false;
            started++;
        }
        for (uint32_t i = 0; i < b->count; i++)
            if ((b->conns[i].open_batch || PQstatus(b->conns[i].pg) != CONNECTION_OK) &&
                (!sync_batch(&b->conns[i]) || !flush(b, &b->conns[i])))
                return false;
        if (!pump(b, check_rows, NULL, &done))
            return false;
    }
    /* The last Syncs, so that the next run begins at rest. */
    for (uint32_t i = 0; i < b->count; i++)
        while (b->conns[i].syncs > 0)
            if (!pump(b, check_rows, NULL, &done))
                return false;
    return true;
}

/* ---- one large one ------------------------------------------------------------------------- */

typedef struct parts {
    PGresult *results[4096];
    uint32_t count;
} parts;

static bool keep(PGresult *result, void *user)
{
    parts *p = user;
    p->results[p->count++] = result;
    return true;
}

static int64_t cell(const PGresult *result, int row, int column)
{
    uint64_t value;
    memcpy(&value, PQgetvalue(result, row, column), sizeof value);
    return (int64_t)be64toh(value);
}

/* The part whose current row comes first: a linear scan is the best for one look a row. */
static int first(const parts *p, const int *at, int key, int tie)
{
    int best = -1;
    for (uint32_t i = 0; i < p->count; i++) {
        if (at[i] >= PQntuples(p->results[i]))
            continue;
        if (best >= 0) {
            const int64_t a = cell(p->results[i], at[i], key);
            const int64_t z = cell(p->results[best], at[best], key);
            if (a < z ||
                (a == z && cell(p->results[i], at[i], tie) < cell(p->results[best], at[best], tie)))
                continue;
        }
        best = (int)i;
    }
    return best;
}

int bare_top(bare *b, const bare_op *ops, uint32_t count, int key, int tie, int limit)
{
    static parts p;
    int at[4096] = {0}, rows = 0;
    uint64_t done = 0;
    p.count = 0;
    if (count > 4096)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        if (!send(&b->conns[ops[i].group * b->per_group], &ops[i]))
            return -1;
    for (uint32_t group = 0; group < b->groups; group++) {
        conn *c = &b->conns[group * b->per_group];
        if (!sync_batch(c) || !flush(b, c))
            return -1;
    }
    for (uint32_t group = 0; group < b->groups; group++)
        while (b->conns[group * b->per_group].syncs > 0)
            if (!pump(b, keep, &p, &done))
                return -1;
    for (int best; rows < limit && (best = first(&p, at, key, tie)) >= 0; rows++)
        at[best]++;
    for (uint32_t i = 0; i < p.count; i++)
        PQclear(p.results[i]);
    return rows;
}

size_t bare_backends(const bare *b, uint32_t group, int *pids, size_t room)
{
    size_t n = 0;
    for (uint32_t i = 0; i < b->per_group && n < room; i++)
        pids[n++] = PQbackendPID(b->conns[group * b->per_group + i].pg);
    return n;
}
