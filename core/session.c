#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "core/loop.h"
#include "core/pqerror.h"
#include "core/result_parts.h"
#include "core/session.h"

enum {
    PARAMS_MAX = 64,
    CONNECT_MSEC = 10 * 1000,
    SLICE_MSEC = 50,         /* how long a wait does not look at `stop` */
    CANCEL_MSEC = 10 * 1000, /* for the server to obey a cancel */
};

struct covet__session {
    PGconn *pg;
    char *name;
    covet__str place;
    covet__session_opts opts;
    bool canceled; /* the statement that runs */
    uint64_t copy_line;
};

/* ---- errors --------------------------------------------------------------------------------- */

static covet_status blame(const covet__session *session, covet_error *err, covet_status status)
{
    covet__prefix(err, "%s", session->name);
    return status;
}

/* "COPY posts, line 3, column views: \"x\"" */
static uint64_t line_of(const PGresult *result)
{
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    const char *copy = context != NULL ? strstr(context, "COPY ") : NULL;
    const char *line = copy != NULL ? strstr(copy, ", line ") : NULL;
    return line != NULL ? strtoull(line + strlen(", line "), NULL, 10) : 0;
}

static covet_status failed_result(covet__session *session, const PGresult *result, covet_error *err)
{
    session->copy_line = line_of(result);
    return blame(session, err, covet__pq_error(result, err));
}

/* libpq's own words, after a call that gave no result. */
static covet_status failed(const covet__session *session, covet_status status, covet_error *err)
{
    char text[512];
    covet__pq_line(PQerrorMessage(session->pg), text, sizeof text);
    covet__fail(err, status, "%s", text[0] != '\0' ? text : "the connection broke");
    return blame(session, err, status);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static bool wants_stop(const covet__session *session)
{
    return session->opts.stop != NULL && session->opts.stop(session->opts.stop_user);
}

/* Sleeps until the socket can do `events`, at most a moment. */
static void doze(const covet__session *session, short events, covet_msec until)
{
    const covet_msec now = covet__now();
    struct pollfd fd = {.fd = PQsocket(session->pg), .events = events};
    if (now < until)
        poll(&fd, 1, (int)COVET_MIN(until - now, (covet_msec)SLICE_MSEC));
}

static void cancel(covet__session *session)
{
    char why[256];
    PGcancel *handle = PQgetCancel(session->pg);
    session->canceled = true;
    if (handle != NULL)
        PQcancel(handle, why, sizeof why);
    PQfreeCancel(handle);
}

static covet_status interrupted(const covet__session *session, covet_error *err)
{
    return covet__fail(err, COVET_ECANCELED, "%s: interrupted", session->name);
}

/* Until the server has something to say; a cancel is followed by its answer. */
static covet_status await_answer(covet__session *session, covet_error *err)
{
    const covet_msec span = session->opts.answer_timeout;
    covet_msec until = span != 0 ? covet__now() + span : UINT64_MAX;
    while (PQisBusy(session->pg) != 0) {
        if (!session->canceled && wants_stop(session)) {
            cancel(session);
            until = COVET_MIN(until, covet__now() + CANCEL_MSEC);
        }
        if (covet__now() >= until)
            return session->canceled
                       ? interrupted(session, err)
                       : covet__fail(err, COVET_ETIMEOUT, "%s: no answer within %llu ms",
                                     session->name, (unsigned long long)span);
        doze(session, POLLIN, until);
        if (PQconsumeInput(session->pg) == 0)
            return failed(session, COVET_ECONNLOST, err);
    }
    return COVET_OK;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void ignore_notice(void *user, const PGresult *result)
{
    COVET_UNUSED(user);
    COVET_UNUSED(result);
}

static PGconn *try_host(const covet__dsn *dsn, size_t host, const char *options)
{
    const char *const extra[][2] = {{"client_encoding", "UTF8"},
                                    {"gssencmode", "disable"},
                                    {"keepalives_idle", "5"},
                                    {"keepalives_interval", "1"},
                                    {"keepalives_count", "3"},
                                    {"fallback_application_name", "covet tools"},
                                    {"options", options},
                                    {"host", covet__dsn_host(dsn, host)},
                                    {"port", covet__dsn_port(dsn, host)}};
    const char *keywords[PARAMS_MAX], *values[PARAMS_MAX];
    if (covet__dsn_params(dsn, extra, COVET_COUNT(extra), keywords, values, PARAMS_MAX) != COVET_OK)
        return NULL;
    PGconn *pg = PQconnectStartParams(keywords, values, 0);
    if (pg != NULL)
        PQsetNoticeReceiver(pg, ignore_notice, NULL);
    return pg;
}

/* libpq's own connect_timeout is of no use to who polls. */
static covet_status finish_connecting(covet__session *session, covet_error *err)
{
    const covet_msec span =
        session->opts.connect_timeout != 0 ? session->opts.connect_timeout : CONNECT_MSEC;
    const covet_msec until = covet__now() + span;
    PostgresPollingStatusType want =
        PQstatus(session->pg) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (want != PGRES_POLLING_OK && want != PGRES_POLLING_FAILED) {
        const short events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (wants_stop(session))
            return interrupted(session, err);
        if (covet__now() >= until)
            return covet__fail(err, COVET_ECONNECT, "%s: no connection within %llu ms",
                               session->name, (unsigned long long)span);
        struct pollfd fd = {.fd = PQsocket(session->pg), .events = events};
        if (poll(&fd, 1, SLICE_MSEC) > 0)
            want = PQconnectPoll(session->pg);
    }
    return want == PGRES_POLLING_OK ? COVET_OK : failed(session, COVET_ECONNECT, err);
}

static covet_status connect_any(covet__session *session, const covet__dsn *dsn, const char *options,
                                covet_error *err)
{
    covet_status status = COVET_ENOMEM;
    for (size_t host = 0; host < covet__dsn_hosts(dsn); host++) {
        PQfinish(session->pg);
        session->pg = try_host(dsn, host, options);
        if (session->pg == NULL)
            return covet__fail(err, COVET_ENOMEM, "%s: out of memory", session->name);
        status = finish_connecting(session, err);
        if (status == COVET_OK) {
            covet__dsn_describe(dsn, host, &session->place);
            return COVET_OK;
        }
        if (err != NULL)
            covet__mask(err->message, covet__dsn_get(dsn, "password"));
        if (status == COVET_ECANCELED)
            break;
    }
    return status;
}

/* For rows that other servers are to read as this one has written them, and for definitions that
 * shall mean the same everywhere, whatever a role or a database sets. */
static const struct {
    const char *name, *value;
} neutral[] = {{"lc_monetary", "C"},
               {"bytea_output", "hex"},
               {"xmloption", "content"},
               {"xmlbinary", "base64"},
               {"array_nulls", "on"},
               {"transform_null_equals", "off"},
               {"standard_conforming_strings", "on"},
               {"quote_all_identifiers", "off"},
               {"default_tablespace", ""},
               {"default_table_access_method", "heap"},
               {"default_transaction_read_only", "off"}};

covet_status covet__session_be_neutral(covet__session *session, covet_error *err)
{
    covet__str sql = {0};
    for (size_t i = 0; i < COVET_COUNT(neutral); i++)
        covet__str_printf(&sql, "SET %s = '%s';", neutral[i].name, neutral[i].value);
    covet__str_add(&sql, "SET search_path = ''");
    const covet_status status =
        covet__str_ok(&sql) ? covet__session_script(session, covet__str_text(&sql), err)
                            : covet__fail(err, COVET_ENOMEM, "%s: out of memory", session->name);
    covet__str_free(&sql);
    return status;
}

covet_status covet__session_start(const covet__dsn *dsn, const covet__session_opts *opts,
                                  covet__session **ret_session, covet_error *err)
{
    const char *name = opts->name, *search_path = opts->search_path;
    COVET_AUTO(covet__session) session = covet__zalloc(sizeof *session);
    if (session == NULL || (session->name = covet__strdup(name)) == NULL)
        return covet__fail(err, COVET_ENOMEM, "%s: out of memory", name);
    session->opts = *opts;
    session->opts.name = session->opts.search_path = NULL; /* the caller's */
    covet__str options = {0};
    const char *theirs = covet__dsn_get(dsn, "options");
    covet__str_printf(&options,
                      "%s -c DateStyle=ISO,MDY -c IntervalStyle=postgres -c TimeZone=UTC "
                      "-c extra_float_digits=1 -c statement_timeout=0 -c lock_timeout=0 "
                      "-c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0 "
                      "-c synchronous_commit=on -c default_transaction_isolation=read\\ committed",
                      theirs != NULL ? theirs : "");
    if (search_path != NULL) {
        for (size_t i = 0; *search_path == '\0' && i < COVET_COUNT(neutral); i++)
            covet__str_printf(&options, " -c %s=%s", neutral[i].name, neutral[i].value);
        covet__str_add(&options, " -c search_path=");
        for (const char *c = search_path; *c != '\0'; c++) {
            if (*c == ' ' || *c == '\\')
                covet__str_char(&options, '\\');
            covet__str_char(&options, *c);
        }
    }
    const covet_status status = covet__str_ok(&options)
                                    ? connect_any(session, dsn, options.text, err)
                                    : covet__fail(err, COVET_ENOMEM, "%s: out of memory", name);
    covet__str_free(&options);
    COVET_TRY(status);
    *ret_session = COVET_TAKE(session);
    return COVET_OK;
}

covet_status covet__session_open(const covet__dsn *dsn, const char *name, const char *search_path,
                                 covet__session **ret_session, covet_error *err)
{
    const covet__session_opts opts = {.name = name, .search_path = search_path};
    return covet__session_start(dsn, &opts, ret_session, err);
}

void covet__session_free(covet__session *session)
{
    if (session == NULL)
        return;
    PQfinish(session->pg);
    covet__free(session->name);
    covet__str_free(&session->place);
    covet__free(session);
}

void covet__session_stop_when(covet__session *session, bool (*stop)(void *user), void *user)
{
    session->opts.stop = stop;
    session->opts.stop_user = user;
}

const char *covet__session_place(const covet__session *session)
{
    const char *text = covet__str_text(&session->place);
    return text != NULL ? text : "?";
}

char covet__session_transaction(const covet__session *session)
{
    switch (PQtransactionStatus(session->pg)) {
    case PQTRANS_IDLE: return 'I';
    case PQTRANS_INTRANS:
    case PQTRANS_ACTIVE: return 'T';
    case PQTRANS_INERROR: return 'E';
    case PQTRANS_UNKNOWN: break;
    }
    return '?';
}

/* ---- statements ------------------------------------------------------------------------------ */

/* Sends with `sent`, and waits for the last result, as PQexec does; one that begins a COPY
 * is returned at once. NULL: there is none, and why. */
static covet_status last_result(covet__session *session, int sent, PGresult **ret_result,
                                covet_error *err)
{
    PGresult *last = NULL;
    session->canceled = false;
    if (sent != 1)
        return failed(session, COVET_ECONNLOST, err);
    for (;;) {
        const covet_status status = await_answer(session, err);
        if (status != COVET_OK) {
            PQclear(last);
            return status;
        }
        PGresult *next = PQgetResult(session->pg);
        if (next == NULL)
            break;
        PQclear(last);
        last = next;
        const ExecStatusType kind = PQresultStatus(last);
        if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH ||
            PQstatus(session->pg) == CONNECTION_BAD)
            break;
    }
    *ret_result = last;
    return COVET_OK;
}

static covet_status take_result(covet__session *session, PGresult *pg, covet_result **ret_result,
                                covet_error *err)
{
    const ExecStatusType status = pg != NULL ? PQresultStatus(pg) : PGRES_FATAL_ERROR;
    if (pg == NULL)
        return failed(session, COVET_ECONNLOST, err);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        PQclear(pg);
        return covet__fail(err, COVET_EINVAL, "%s: COPY is not run as a statement", session->name);
    }
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        const covet_status failure = failed_result(session, pg, err);
        PQclear(pg);
        return session->canceled ? interrupted(session, err) : failure;
    }
    if (ret_result == NULL) {
        PQclear(pg);
        return COVET_OK;
    }
    covet_result *result = covet__alloc(sizeof *result);
    if (result == NULL) {
        PQclear(pg);
        return covet__fail(err, COVET_ENOMEM, "%s: out of memory", session->name);
    }
    covet__result_single(result, pg);
    result->loose = true;
    *ret_result = result;
    return COVET_OK;
}

covet_status covet__session_exec(covet__session *session, const char *sql,
                                 const char *const *values, size_t count, covet_result **ret_result,
                                 covet_error *err)
{
    PGresult *pg = NULL;
    const int sent = PQsendQueryParams(session->pg, sql, (int)count, NULL, values, NULL, NULL, 0);
    COVET_TRY(last_result(session, sent, &pg, err));
    return take_result(session, pg, ret_result, err);
}

covet_status covet__session_script(covet__session *session, const char *sql, covet_error *err)
{
    PGresult *pg = NULL;
    COVET_TRY(last_result(session, PQsendQuery(session->pg, sql), &pg, err));
    return take_result(session, pg, NULL, err);
}

covet_status covet__session_text(covet__session *session, const char *sql,
                                 const char *const *values, size_t count, char **ret_text,
                                 covet_error *err)
{
    covet_result *result = NULL;
    COVET_TRY(covet__session_exec(session, sql, values, count, &result, err));
    const char *text = covet_result_rows(result) > 0 ? covet_result_text(result, 0, 0) : NULL;
    *ret_text = text != NULL ? covet__strdup(text) : NULL;
    const bool failed_copy = text != NULL && *ret_text == NULL;
    covet_result_free(result);
    return failed_copy ? covet__fail(err, COVET_ENOMEM, "%s: out of memory", session->name)
                       : COVET_OK;
}

/* ---- COPY ------------------------------------------------------------------------------------ */

covet_status covet__session_copy_in(covet__session *session, const char *sql, covet_error *err)
{
    PGresult *pg = NULL;
    session->copy_line = 0;
    COVET_TRY(last_result(session, PQsendQuery(session->pg, sql), &pg, err));
    if (pg != NULL && PQresultStatus(pg) == PGRES_COPY_IN) {
        PQclear(pg);
        return COVET_OK;
    }
    const covet_status status = take_result(session, pg, NULL, err);
    return status != COVET_OK
               ? status
               : covet__fail(err, COVET_EINVAL, "%s: the statement is no COPY FROM STDIN",
                             session->name);
}

/* Reads what is left; the first error is the statement's. */
static covet_status drain(covet__session *session, uint64_t *ret_rows, covet_error *err)
{
    covet_status status = await_answer(session, err);
    if (status != COVET_OK)
        return status;
    for (PGresult *pg; (pg = PQgetResult(session->pg)) != NULL; PQclear(pg)) {
        if (PQresultStatus(pg) == PGRES_FATAL_ERROR) {
            if (status == COVET_OK)
                status = failed_result(session, pg, err);
        } else if (ret_rows != NULL) {
            *ret_rows = strtoull(PQcmdTuples(pg), NULL, 10);
        }
    }
    if (status == COVET_OK && PQstatus(session->pg) == CONNECTION_BAD)
        status = failed(session, COVET_ECONNLOST, err);
    return status;
}

covet_status covet__session_copy_put(covet__session *session, const char *bytes, size_t length,
                                     covet_error *err)
{
    if (wants_stop(session)) {
        if (PQputCopyEnd(session->pg, "interrupted") == 1)
            COVET_UNUSED(drain(session, NULL, NULL));
        return interrupted(session, err);
    }
    while (length > 0) {
        const int piece = length > (1 << 20) ? 1 << 20 : (int)length;
        if (PQputCopyData(session->pg, bytes, piece) != 1) {
            const covet_status status = drain(session, NULL, err);
            return status != COVET_OK ? status : failed(session, COVET_ECONNLOST, err);
        }
        bytes += piece;
        length -= (size_t)piece;
    }
    return COVET_OK;
}

covet_status covet__session_copy_end(covet__session *session, const char *reason,
                                     uint64_t *ret_rows, covet_error *err)
{
    if (PQputCopyEnd(session->pg, reason) != 1) {
        const covet_status status = drain(session, NULL, err);
        return status != COVET_OK ? status : failed(session, COVET_ECONNLOST, err);
    }
    return drain(session, ret_rows, err);
}

uint64_t covet__session_copy_line(const covet__session *session) { return session->copy_line; }

/* Until there is more of a COPY to read. */
static covet_status await_row(covet__session *session, covet_error *err)
{
    if (!session->canceled && wants_stop(session))
        cancel(session);
    doze(session, POLLIN, UINT64_MAX);
    return PQconsumeInput(session->pg) == 0 ? failed(session, COVET_ECONNLOST, err) : COVET_OK;
}

covet_status covet__session_copy_out(covet__session *session, const char *sql,
                                     covet_status (*each)(void *user, const char *row,
                                                          size_t length, covet_error *err),
                                     void *user, covet_error *err)
{
    PGresult *pg = NULL;
    COVET_TRY(last_result(session, PQsendQuery(session->pg, sql), &pg, err));
    if (pg == NULL || PQresultStatus(pg) != PGRES_COPY_OUT) {
        const covet_status status = take_result(session, pg, NULL, err);
        return status != COVET_OK
                   ? status
                   : covet__fail(err, COVET_EINVAL, "%s: the statement is no COPY TO STDOUT",
                                 session->name);
    }
    PQclear(pg);
    covet_status status = COVET_OK;
    char *row = NULL;
    int length;
    while ((length = PQgetCopyData(session->pg, &row, 1)) >= 0) {
        if (length == 0) {
            const covet_status waited = await_row(session, err);
            if (waited != COVET_OK)
                return waited;
            continue;
        }
        if (status == COVET_OK && !session->canceled)
            status = each(user, row, (size_t)length, err);
        if (status != COVET_OK && !session->canceled)
            cancel(session); /* what is left need not be read to its end */
        PQfreemem(row);
    }
    covet_error late;
    const covet_status end = drain(session, NULL, &late);
    if (status != COVET_OK)
        return status;
    if (session->canceled)
        return interrupted(session, err);
    if (end != COVET_OK && err != NULL)
        *err = late;
    return end;
}
