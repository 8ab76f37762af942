#include <assert.h>
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/conn_impl.h"
#include "core/fail.h"
#include "core/mem.h"
#include "core/pqerror.h"

enum { PARAMS_MAX = 64 };

/* ---- going down ----------------------------------------------------------------------- */

static void release(covet__conn *conn)
{
    if (conn->lookup != NULL)
        covet__lookup_drop(COVET_TAKE(conn->lookup));
    covet__timer_stop(conn->opts.loop, &conn->timer);
    covet__list_remove(&conn->flush_job.link); /* closed at once, it has not even started */
    covet__list_remove(&conn->read_job.link);
    covet__watch_close(COVET_TAKE(conn->watch)); /* before libpq closes the socket */
    PQfinish(COVET_TAKE(conn->pg));
}

static void destroy(covet__conn *conn)
{
    covet__list_remove(&conn->flush_job.link);
    covet__prepared_free(&conn->prepared);
    covet__str_free(&conn->addresses);
    PQclear(conn->unit_error);
    covet__free(conn->ring);
    covet__free(conn);
}

static void on_down_job(covet__job *job)
{
    covet__conn *conn = COVET_CONTAINER(job, covet__conn, down_job);
    if (conn->closed) {
        destroy(conn);
        return;
    }
    conn->opts.on_down(conn->opts.user, &conn->why);
}

static void go_down(covet__conn *conn)
{
    conn->state = COVET__CONN_DOWN;
    release(conn);
    covet__conn_drop_all(conn, conn->why.status == COVET_ELIMIT ? COVET_ELIMIT : COVET_ECONNLOST,
                         conn->why.message);
    covet__loop_soon(conn->opts.loop, &conn->down_job);
}

void covet__conn_fail(covet__conn *conn, covet_status status, const char *format, ...)
{
    if (conn->state == COVET__CONN_DOWN)
        return;
    char text[sizeof conn->why.message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    covet__fail(&conn->why, status, "%s", text);
    go_down(conn);
}

/* A refused connection has no result to ask for its SQLSTATE; libpq writes it into the
 * message when it is told to be verbose: "FATAL:  28P01: password ...". Moves it out. */
static void take_state(char *text, char state[6])
{
    char *location = strstr(text, " LOCATION:");
    if (location != NULL)
        *location = '\0';
    for (char *at = strstr(text, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
        char *code = at + 3;
        if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 || code[5] != ':')
            continue;
        memcpy(state, code, 5);
        state[5] = '\0';
        memmove(code, code + 7, strlen(code + 7) + 1);
        return;
    }
}

void covet__conn_broke(covet__conn *conn, const char *otherwise)
{
    char text[sizeof conn->why.message], state[6] = "";
    if (conn->state == COVET__CONN_DOWN)
        return;
    covet__pq_line(conn->pg != NULL ? PQerrorMessage(conn->pg) : "", text, sizeof text);
    covet__mask(text, covet__dsn_get(conn->opts.dsn, "password"));
    take_state(text, state);
    covet__fail_state(&conn->why,
                      conn->state == COVET__CONN_READY ? COVET_ECONNLOST : COVET_ECONNECT, state,
                      "%s", text[0] != '\0' ? text : otherwise);
    go_down(conn);
}

void covet__conn_close(covet__conn *conn)
{
    if (conn == NULL)
        return;
    assert(!conn->closed);
    conn->closed = true;
    if (conn->state != COVET__CONN_DOWN) {
        covet__fail(&conn->why, COVET_ECONNLOST, "the connection was closed");
        go_down(conn);
    } else {
        covet__loop_soon(conn->opts.loop, &conn->down_job);
    }
}

/* ---- connecting ------------------------------------------------------------------------ */

static void poll_connect(covet__conn *conn);

static void on_socket(void *user, bool readable, bool writable)
{
    covet__conn *conn = user;
    if (conn->state == COVET__CONN_CONNECTING) {
        poll_connect(conn);
        return;
    }
    if (readable)
        covet__conn_read(conn);
    if (writable && conn->state != COVET__CONN_DOWN && !conn->closed && !covet__conn_push(conn))
        covet__conn_broke(conn, "the connection was closed");
}

/* libpq may open another socket while it connects (the next address, TLS refused). */
static bool watch_socket(covet__conn *conn, bool readable, bool writable)
{
    const int fd = PQsocket(conn->pg);
    if (conn->watch != NULL && fd != conn->watched_fd)
        covet__watch_close(COVET_TAKE(conn->watch));
    if (conn->watch == NULL) {
        covet_error err;
        if (covet__watch_open(conn->opts.loop, fd, on_socket, conn, &conn->watch, &err) !=
            COVET_OK) {
            covet__conn_fail(conn, err.status, "%s", err.message);
            return false;
        }
        conn->watched_fd = fd;
    }
    covet__watch_set(conn->watch, readable, writable);
    return true;
}

static void on_checked(covet__req *req, const covet__fault *fault)
{
    covet__conn *conn = COVET_CONTAINER(req, covet__conn, check);
    PGresult *result = COVET_TAKE(req->result);
    if (conn->state == COVET__CONN_CHECKING && fault == NULL) {
        covet_error err = {0};
        covet_status status = COVET_OK;
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            status = covet__pq_error(result, &err);
        else if (PQntuples(result) != 1)
            status = covet__fail(&err, COVET_ECATALOG, "the server's answer to the check is empty");
        else if (conn->opts.on_check != NULL)
            status = conn->opts.on_check(conn->opts.user, result, &err);
        if (status != COVET_OK) {
            conn->why = err;
            go_down(conn);
        } else {
            covet__copy(conn->started, sizeof conn->started, PQgetvalue(result, 0, 0));
            conn->state = COVET__CONN_READY;
            covet__timer_stop(conn->opts.loop, &conn->timer);
            conn->opts.on_ready(conn->opts.user);
        }
    }
    PQclear(result);
}

static void connected(covet__conn *conn)
{
    if (PQsetnonblocking(conn->pg, 1) != 0 || PQenterPipelineMode(conn->pg) != 1 ||
        !watch_socket(conn, true, false)) {
        covet__conn_broke(conn, "no pipeline mode");
        return;
    }
    PQsetErrorVerbosity(conn->pg, PQERRORS_DEFAULT);
    conn->pid = PQbackendPID(conn->pg);
    conn->state = COVET__CONN_CHECKING;
    conn->check = (covet__req){.sql = conn->opts.check, .done = on_checked};
    covet__list_init(&conn->check.link);
    conn->depth++;
    covet__list_append(&conn->pending, &conn->check.link);
    covet__loop_flush(conn->opts.loop, &conn->flush_job);
}

static void poll_connect(covet__conn *conn)
{
    /* libuv aborts when a descriptor that it watches is closed, and PQconnectPoll may
     * close one. */
    if (conn->watch != NULL)
        covet__watch_set(conn->watch, false, false);
    const PostgresPollingStatusType status = PQconnectPoll(conn->pg);
    if (status == PGRES_POLLING_OK)
        connected(conn);
    else if (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
        watch_socket(conn, status == PGRES_POLLING_READING, status == PGRES_POLLING_WRITING);
    else
        covet__conn_broke(conn, "no connection");
}

static void on_notice(void *user, const PGresult *result)
{
    const covet__conn *conn = user;
    char text[512];
    covet__pq_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), text, sizeof text);
    covet__log(conn->opts.logger, COVET_LOG_DEBUG, "conn", "notice %s: %s", covet__pq_state(result),
               text);
}

/* "x,x,x" */
static void repeat(covet__str *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        covet__str_printf(out, "%s%s", i > 0 ? "," : "", text);
}

/* A name with several addresses becomes as many hosts, which libpq tries in turn. */
static PGconn *start_libpq(covet__conn *conn, const char *options, const char *host,
                           const char *port)
{
    const char *const extra[][2] = {{"client_encoding", "UTF8"},
                                    {"gssencmode", "disable"},
                                    {"keepalives_idle", "5"},
                                    {"keepalives_interval", "1"},
                                    {"keepalives_count", "3"},
                                    {"tcp_user_timeout", "3000"},
                                    {"fallback_application_name", "covet"},
                                    {"options", options},
                                    {"host", host},
                                    {"port", port},
                                    {"hostaddr", covet__str_text(&conn->addresses)}};
    const char *keywords[PARAMS_MAX], *values[PARAMS_MAX];
    if (covet__dsn_params(conn->opts.dsn, extra, COVET_COUNT(extra), keywords, values,
                          PARAMS_MAX) != COVET_OK)
        return NULL;
    return PQconnectStartParams(keywords, values, 0);
}

static void start_connect(covet__conn *conn)
{
    const covet__conn_opts *opts = &conn->opts;
    const size_t count = COVET_MAX(conn->address_count, (size_t)1);
    covet__str options = {0}, hosts = {0}, ports = {0};
    const char *theirs = covet__dsn_get(opts->dsn, "options");
    covet__str_printf(&options, "%s %s", theirs != NULL ? theirs : "", /* the last one wins */
                      opts->settings != NULL ? opts->settings : "");
    repeat(&hosts, covet__dsn_host(opts->dsn, opts->host), count);
    repeat(&ports, covet__dsn_port(opts->dsn, opts->host), count);
    if (covet__str_ok(&options) && covet__str_ok(&hosts) && covet__str_ok(&ports) &&
        covet__str_ok(&conn->addresses))
        conn->pg = start_libpq(conn, opts->settings != NULL ? options.text : theirs, hosts.text,
                               ports.text);
    covet__str_free(&options);
    covet__str_free(&hosts);
    covet__str_free(&ports);
    conn->state = COVET__CONN_CONNECTING;
    if (conn->pg == NULL)
        covet__conn_fail(conn, COVET_ENOMEM, "out of memory");
    else if (PQstatus(conn->pg) == CONNECTION_BAD)
        covet__conn_broke(conn, "no connection");
    else {
        PQsetNoticeReceiver(conn->pg, on_notice, conn); /* libpq's own prints */
        PQsetErrorVerbosity(conn->pg, PQERRORS_VERBOSE);
        watch_socket(conn, false, true);
    }
}

static void on_address(void *user, const char *const *addresses, size_t count, const char *why)
{
    covet__conn *conn = user;
    conn->lookup = NULL;
    if (count == 0) {
        covet__conn_fail(conn, COVET_ECONNECT, "host \"%s\" is not known: %s",
                         covet__dsn_host(conn->opts.dsn, conn->opts.host), why);
        return;
    }
    for (size_t i = 0; i < count; i++)
        covet__str_printf(&conn->addresses, "%s%s", i > 0 ? "," : "", addresses[i]);
    conn->address_count = count;
    start_connect(conn);
}

static bool needs_lookup(const char *host)
{
    unsigned char binary[16];
    return host[0] != '/' && host[0] != '@' && inet_pton(AF_INET, host, binary) != 1 &&
           inet_pton(AF_INET6, host, binary) != 1;
}

static void on_timeout(covet__timer *timer)
{
    covet__conn *conn = COVET_CONTAINER(timer, covet__conn, timer);
    covet__conn_fail(conn, COVET_ECONNECT, "no answer within %llu ms while connecting",
                     (unsigned long long)conn->opts.connect_timeout);
}

/* The first step runs as a job, so that no failure comes back inside covet__conn_new. */
static void on_start(covet__job *job)
{
    covet__conn *conn = COVET_CONTAINER(job, covet__conn, flush_job);
    covet__job_init(&conn->flush_job, covet__conn_on_flush);
    const char *host = covet__dsn_host(conn->opts.dsn, conn->opts.host);
    if (!needs_lookup(host))
        start_connect(conn);
    else if (covet__lookup_start(conn->opts.loop, host, on_address, conn, &conn->lookup) !=
             COVET_OK)
        covet__conn_fail(conn, COVET_ECONNECT, "host \"%s\" cannot be looked up", host);
}

covet_status covet__conn_new(const covet__conn_opts *opts, covet__conn **ret_conn, covet_error *err)
{
    covet__conn *conn = covet__zalloc(sizeof *conn);
    if (conn == NULL)
        return covet__fail(err, COVET_ENOMEM, "connection: out of memory");
    conn->opts = *opts;
    conn->watched_fd = -1;
    conn->timer.fire = on_timeout;
    covet__list_init(&conn->pending);
    covet__list_init(&conn->unit);
    covet__job_init(&conn->flush_job, on_start);
    covet__job_init(&conn->read_job, covet__conn_on_read);
    covet__job_init(&conn->down_job, on_down_job);
    covet__prepared_init(&conn->prepared, opts->statements_max, opts->statements_bytes);
    if (covet__timer_start(opts->loop, &conn->timer, covet__now() + opts->connect_timeout) !=
        COVET_OK) {
        covet__free(conn);
        return covet__fail(err, COVET_ENOMEM, "connection: out of memory");
    }
    covet__loop_soon(opts->loop, &conn->flush_job);
    *ret_conn = conn;
    return COVET_OK;
}

/* ---- for the pool ----------------------------------------------------------------------- */

void covet__conn_send(covet__conn *conn, covet__req *req)
{
    assert(conn->state == COVET__CONN_READY);
    req->sent = false;
    req->tries = 0;
    req->result = NULL;
    conn->depth++;
    covet__prepared_expect(&conn->prepared, req->sql->id);
    covet__list_init(&req->link);
    covet__list_append(&conn->pending, &req->link);
    covet__loop_flush(conn->opts.loop, &conn->flush_job);
}

uint32_t covet__conn_depth(const covet__conn *conn) { return conn->depth; }

bool covet__conn_is_ready(const covet__conn *conn) { return conn->state == COVET__CONN_READY; }

covet_msec covet__conn_waiting(const covet__conn *conn, covet_msec now)
{
    if (conn->head == conn->tail)
        return 0;
    const covet_msec since = conn->ring[conn->head & (conn->ring_capacity - 1)].at;
    return now > since ? now - since : 0;
}

int covet__conn_pid(const covet__conn *conn) { return conn->pid; }

const char *covet__conn_started(const covet__conn *conn) { return conn->started; }

char covet__conn_transaction(const covet__conn *conn)
{
    switch (conn->pg != NULL ? PQtransactionStatus(conn->pg) : PQTRANS_UNKNOWN) {
    case PQTRANS_IDLE: return 'I';
    case PQTRANS_INERROR: return 'E';
    case PQTRANS_INTRANS:
    case PQTRANS_ACTIVE: return 'T';
    default: return '?';
    }
}

size_t covet__conn_statement_bytes(const covet__conn *conn) { return conn->prepared.bytes; }
