#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "core/pqerror.h"
#include "core/result_parts.h"
#include "core/session.h"

enum { PARAMS_MAX = 64 };

struct covet__session {
    PGconn *pg;
    char *name;
    covet__str place;
};

/* ---- errors --------------------------------------------------------------------------------- */

static covet_status blame(const covet__session *session, covet_error *err, covet_status status)
{
    covet__prefix(err, "%s", session->name);
    return status;
}

static covet_status failed_result(const covet__session *session, const PGresult *result,
                                  covet_error *err)
{
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
                                    {"port", covet__dsn_port(dsn, host)},
                                    {"connect_timeout", "10"}};
    const char *keywords[PARAMS_MAX], *values[PARAMS_MAX];
    if (covet__dsn_params(dsn, extra, COVET_COUNT(extra), keywords, values, PARAMS_MAX) != COVET_OK)
        return NULL;
    PGconn *pg = PQconnectdbParams(keywords, values, 0);
    if (pg != NULL)
        PQsetNoticeReceiver(pg, ignore_notice, NULL);
    return pg;
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
        if (PQstatus(session->pg) == CONNECTION_OK) {
            covet__dsn_describe(dsn, host, &session->place);
            return COVET_OK;
        }
        status = failed(session, COVET_ECONNECT, err);
        if (err != NULL)
            covet__mask(err->message, covet__dsn_get(dsn, "password"));
    }
    return status;
}

covet_status covet__session_open(const covet__dsn *dsn, const char *name, const char *search_path,
                                 covet__session **ret_session, covet_error *err)
{
    COVET_AUTO(covet__session) session = covet__zalloc(sizeof *session);
    if (session == NULL || (session->name = covet__strdup(name)) == NULL)
        return covet__fail(err, COVET_ENOMEM, "%s: out of memory", name);
    covet__str options = {0};
    const char *theirs = covet__dsn_get(dsn, "options");
    covet__str_printf(&options,
                      "%s -c DateStyle=ISO,MDY -c IntervalStyle=postgres -c TimeZone=UTC "
                      "-c extra_float_digits=1",
                      theirs != NULL ? theirs : "");
    if (search_path != NULL) {
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

void covet__session_free(covet__session *session)
{
    if (session == NULL)
        return;
    PQfinish(session->pg);
    covet__free(session->name);
    covet__str_free(&session->place);
    covet__free(session);
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

/* ---- statements ---------------------------------------------------------------------------- */

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
        return failure;
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
    PGresult *pg = PQexecParams(session->pg, sql, (int)count, NULL, values, NULL, NULL, 0);
    return take_result(session, pg, ret_result, err);
}

covet_status covet__session_script(covet__session *session, const char *sql, covet_error *err)
{
    return take_result(session, PQexec(session->pg, sql), NULL, err);
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

/* ---- COPY ---------------------------------------------------------------------------------- */

covet_status covet__session_copy_in(covet__session *session, const char *sql, covet_error *err)
{
    PGresult *pg = PQexec(session->pg, sql);
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
    covet_status status = COVET_OK;
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

covet_status covet__session_copy_out(covet__session *session, const char *sql,
                                     covet_status (*each)(void *user, const char *row,
                                                          size_t length, covet_error *err),
                                     void *user, covet_error *err)
{
    PGresult *pg = PQexec(session->pg, sql);
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
    for (int length; (length = PQgetCopyData(session->pg, &row, 0)) > 0; PQfreemem(row))
        if (status == COVET_OK)
            status = each(user, row, (size_t)length, err);
    covet_error late;
    const covet_status end = drain(session, NULL, &late);
    if (status == COVET_OK && end != COVET_OK && err != NULL)
        *err = late;
    return status != COVET_OK ? status : end;
}
