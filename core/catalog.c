#include <stdlib.h>
#include <string.h>

#include "core/catalog.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pqerror.h"

enum {
    PING_MSEC = 5000,
    PAUSE_MIN_MSEC = 50,
    PAUSE_MAX_MSEC = 1000,
    ANSWER_MSEC = 5000, /* for a load or a ping, after which the connection is taken for dead */
};

typedef enum catalog_state {
    CATALOG_PAUSE = 0, /* between attempts */
    CATALOG_CONNECT,
    CATALOG_LOOK,
    CATALOG_LOAD,
    CATALOG_WATCH,
    CATALOG_PLAIN,
} catalog_state;

struct covet__catalog {
    covet__catalog_opts opts;
    covet__dsn *dsn;
    covet__conn *conn;
    catalog_state state;
    size_t host;
    uint32_t failures; /* hosts in a row */
    bool told;         /* the owner knows that the first round has failed */
    bool again;        /* a refresh was asked for while one is under way */
    bool in_recovery;
    const covet__map *map;
    covet__timer timer;
    covet_error trouble;
};

static const covet__sql check_sql = {
    .text = "SELECT a.backend_start::pg_catalog.text, pg_catalog.pg_is_in_recovery()"
            " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a"};
/* LISTEN first: a change between it and the load is heard, not missed. */
static const covet__sql listen_sql = {.text = "LISTEN covet_map"};
static const covet__sql look_sql = {
    .text = "SELECT pg_catalog.to_regclass('covet.cluster') IS NOT NULL"};
static const covet__sql format_sql = {.text = "SELECT format, epoch FROM covet.cluster"};
static const covet__sql load_sql = {.text = covet__catalog_load_sql};

static void connect_next(covet__catalog *catalog);
static void step(covet__catalog *catalog, const covet__sql *sql,
                 void (*done)(covet__catalog *, const PGresult *));

/* ---- failing ------------------------------------------------------------------------------ */

static void pause_for(covet__catalog *catalog, covet_msec span)
{
    COVET_UNUSED(covet__timer_start(catalog->opts.loop, &catalog->timer, covet__now() + span));
}

static void failed(covet__catalog *catalog, const covet_error *why)
{
    catalog->trouble = *why;
    covet__str place = {0};
    covet__dsn_describe(catalog->dsn, catalog->host, &place);
    covet__prefix(&catalog->trouble, "catalog (%s)",
                  covet__str_ok(&place) ? covet__str_text(&place) : "?");
    covet__str_free(&place);
    catalog->trouble.outcome = COVET_OUTCOME_NOT_SENT;
    covet__conn_close(COVET_TAKE(catalog->conn));
    catalog->state = CATALOG_PAUSE;
    const size_t hosts = covet__dsn_hosts(catalog->dsn);
    const uint32_t rounds = ++catalog->failures / (uint32_t)hosts;
    catalog->host = (catalog->host + 1) % hosts;
    if (rounds == 0) { /* another host has not been asked */
        pause_for(catalog, 0);
        return;
    }
    const covet_msec span = COVET_MIN((covet_msec)PAUSE_MAX_MSEC,
                                      (covet_msec)PAUSE_MIN_MSEC << COVET_MIN(rounds - 1, 10u));
    pause_for(catalog, span / 2 + covet__mix64(covet__now_nsec()) % span);
    if (catalog->map == NULL && !catalog->told) {
        catalog->told = true;
        catalog->opts.on_failed(catalog->opts.user, &catalog->trouble);
    } else if (rounds == 1) {
        covet__log(catalog->opts.logger, COVET_LOG_WARNING, "catalog", "%s",
                   catalog->trouble.message);
    }
}

static void on_down(void *user, const covet_error *why)
{
    const covet_error copy = *why;
    failed(user, &copy);
}

/* ---- asking ------------------------------------------------------------------------------- */

typedef struct ask {
    covet__req req;
    covet__catalog *catalog;
    void (*done)(covet__catalog *catalog, const PGresult *result);
} ask;

static void on_answer(covet__req *req, const covet__fault *fault)
{
    ask *a = COVET_CONTAINER(req, ask, req);
    covet__catalog *catalog = a->catalog;
    void (*done)(covet__catalog *, const PGresult *) = a->done;
    PGresult *result = req->result;
    covet__free(a);
    if (catalog != NULL && fault == NULL) { /* else the connection is going down: on_down */
        covet_error err;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
            covet__pq_error(result, &err);
            err.status = COVET_ECATALOG; /* it is there and cannot be read */
            failed(catalog, &err);
        } else {
            done(catalog, result);
        }
    }
    PQclear(result);
}

static void step(covet__catalog *catalog, const covet__sql *sql,
                 void (*done)(covet__catalog *, const PGresult *))
{
    ask *a = covet__zalloc(sizeof *a);
    if (a == NULL) {
        covet_error err;
        covet__fail(&err, COVET_ENOMEM, "out of memory");
        failed(catalog, &err);
        return;
    }
    *a = (ask){.req = {.sql = sql, .done = on_answer}, .catalog = catalog, .done = done};
    covet__conn_send(catalog->conn, &a->req);
    pause_for(catalog, ANSWER_MSEC);
}

/* ---- the way to a map ---------------------------------------------------------------------- */

static void watch(covet__catalog *catalog)
{
    catalog->state = CATALOG_WATCH;
    catalog->failures = 0;
    catalog->trouble.message[0] = '\0';
    pause_for(catalog, PING_MSEC);
}

static void start_load(covet__catalog *catalog);

static void on_loaded(covet__catalog *catalog, const PGresult *result)
{
    const covet__map *map = NULL;
    covet_error err;
    if (covet__catalog_map_of(result, &map, &err) != COVET_OK) {
        failed(catalog, &err);
        return;
    }
    watch(catalog);
    if (catalog->map != NULL && !covet__map_is_newer(catalog->map, map)) {
        covet__map_unref(map);
    } else {
        covet__map_unref(catalog->map);
        catalog->map = map;
        catalog->opts.on_map(catalog->opts.user, map);
    }
    if (catalog->again && catalog->state == CATALOG_WATCH)
        start_load(catalog);
    else if (catalog->opts.on_fresh != NULL)
        catalog->opts.on_fresh(catalog->opts.user);
}

static void on_format(covet__catalog *catalog, const PGresult *result)
{
    covet_error err;
    const long format = PQntuples(result) == 1 ? atol(PQgetvalue(result, 0, 0)) : 0;
    if (format == COVET__MAP_FORMAT) {
        step(catalog, &load_sql, on_loaded);
        return;
    }
    covet__fail(&err, COVET_ECATALOG,
                format > COVET__MAP_FORMAT
                    ? "its format is %ld, newer than this library's %d: use a newer libcovet"
                    : "its format is %ld, this library reads %d",
                format, COVET__MAP_FORMAT);
    failed(catalog, &err);
}

static void start_load(covet__catalog *catalog)
{
    catalog->again = false;
    catalog->state = CATALOG_LOAD;
    step(catalog, &format_sql, on_format);
}

static void on_ping(covet__catalog *catalog, const PGresult *result)
{
    const uint64_t epoch =
        PQntuples(result) == 1 ? strtoull(PQgetvalue(result, 0, 1), NULL, 10) : 0;
    if (catalog->map == NULL || epoch != catalog->map->epoch || catalog->again)
        start_load(catalog);
    else
        watch(catalog);
}

static void on_listening(covet__catalog *catalog, const PGresult *result)
{
    COVET_UNUSED(result);
    start_load(catalog);
}

static void on_looked(covet__catalog *catalog, const PGresult *result)
{
    if (PQgetvalue(result, 0, 0)[0] != 't') {
        covet__conn_close(COVET_TAKE(catalog->conn));
        covet__timer_stop(catalog->opts.loop, &catalog->timer);
        catalog->state = CATALOG_PLAIN;
        catalog->opts.on_plain(catalog->opts.user);
        return;
    }
    if (catalog->in_recovery) {
        covet_error err;
        covet__fail(&err, COVET_ECATALOG, "the server is a standby; name the home group's primary");
        failed(catalog, &err);
        return;
    }
    step(catalog, &listen_sql, on_listening);
}

static covet_status on_check(void *user, const PGresult *result, covet_error *err)
{
    covet__catalog *catalog = user;
    COVET_UNUSED(err);
    catalog->in_recovery = PQgetvalue(result, 0, 1)[0] == 't';
    return COVET_OK;
}

static void on_ready(void *user)
{
    covet__catalog *catalog = user;
    catalog->state = CATALOG_LOOK;
    step(catalog, &look_sql, on_looked);
}

static void on_notify(void *user, const char *channel, const char *payload)
{
    COVET_UNUSED(channel);
    COVET_UNUSED(payload);
    covet__catalog_refresh(user);
}

static void on_timer(covet__timer *timer)
{
    covet__catalog *catalog = COVET_CONTAINER(timer, covet__catalog, timer);
    covet_error err;
    switch (catalog->state) {
    case CATALOG_PAUSE: connect_next(catalog); break;
    case CATALOG_WATCH:
        catalog->state = CATALOG_LOAD;
        step(catalog, &format_sql, on_ping);
        break;
    case CATALOG_LOOK:
    case CATALOG_LOAD:
        covet__fail(&err, COVET_ECONNLOST, "no answer within %d ms", ANSWER_MSEC);
        failed(catalog, &err);
        break;
    case CATALOG_CONNECT:
    case CATALOG_PLAIN: break;
    }
}

static void connect_next(covet__catalog *catalog)
{
    catalog->state = CATALOG_CONNECT;
    const covet__conn_opts opts = {.loop = catalog->opts.loop,
                                   .logger = catalog->opts.logger,
                                   .dsn = catalog->dsn,
                                   .host = catalog->host,
                                   .check = &check_sql,
                                   .connect_timeout = catalog->opts.connect_timeout,
                                   .user = catalog,
                                   .on_check = on_check,
                                   .on_ready = on_ready,
                                   .on_down = on_down,
                                   .on_notify = on_notify};
    covet_error err;
    if (covet__conn_new(&opts, &catalog->conn, &err) != COVET_OK)
        failed(catalog, &err);
}

/* ---- for the owner -------------------------------------------------------------------------- */

covet_status covet__catalog_open(const covet__catalog_opts *opts, covet__catalog **ret_catalog,
                                 covet_error *err)
{
    covet__catalog *catalog = covet__zalloc(sizeof *catalog);
    if (catalog == NULL)
        return covet__fail(err, COVET_ENOMEM, "catalog: out of memory");
    catalog->opts = *opts;
    catalog->timer.fire = on_timer;
    catalog->dsn = covet__dsn_copy(opts->dsn);
    if (catalog->dsn == NULL ||
        covet__timer_start(opts->loop, &catalog->timer, covet__now()) != COVET_OK) {
        covet__dsn_free(catalog->dsn);
        covet__free(catalog);
        return covet__fail(err, COVET_ENOMEM, "catalog: out of memory");
    }
    *ret_catalog = catalog;
    return COVET_OK;
}

void covet__catalog_close(covet__catalog *catalog)
{
    if (catalog == NULL)
        return;
    covet__timer_stop(catalog->opts.loop, &catalog->timer);
    covet__conn_close(catalog->conn);
    covet__dsn_free(catalog->dsn);
    covet__map_unref(catalog->map);
    covet__free(catalog);
}

void covet__catalog_refresh(covet__catalog *catalog)
{
    switch (catalog->state) {
    case CATALOG_WATCH: start_load(catalog); break;
    case CATALOG_PAUSE:
    case CATALOG_PLAIN:
        catalog->state = CATALOG_PAUSE;
        pause_for(catalog, 0);
        break;
    case CATALOG_CONNECT:
    case CATALOG_LOOK:
    case CATALOG_LOAD: catalog->again = true; break;
    }
}

bool covet__catalog_is_up(const covet__catalog *catalog)
{
    return catalog->state == CATALOG_WATCH || catalog->state == CATALOG_LOAD;
}

const char *covet__catalog_trouble(const covet__catalog *catalog)
{
    return catalog->trouble.message;
}
