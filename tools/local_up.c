/*
 * tools/local_up.c - many servers rise and fall together.
 *
 * All primaries take a step at the same time, then all standbys do; what a step does to
 * one server is in tools/server.c. Every wait looks for a signal, so Ctrl-C ends it.
 */
#include "tools/local.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/loop.h"
#include "tools/ports.h"

enum {
    STEP_MSEC = 300 * 1000,     /* for initdb, a base backup, or to become ready */
    STREAM_MSEC = 60 * 1000,    /* for a standby to find its primary */
    FAST_MSEC = 30 * 1000,      /* for a fast shutdown, before an immediate one */
    IMMEDIATE_MSEC = 30 * 1000, /* PostgreSQL kills its own children after five seconds */
};

typedef struct ascent {
    cli_run *run;
    local_state *state;
    const char *password_file;
    int done; /* steps, for the bar */
    int total;
} ascent;

typedef covet_status ascent_step(ascent *up, local_member *member, covet_error *err);

/* The members that a step is for. */
typedef struct member_list {
    local_member *item[PORTS_MAX];
    int count;
} member_list;

static bool is_primary(const local_member *member) { return !member->standby; }
static bool is_standby(const local_member *member) { return member->standby; }
static bool is_any(const local_member *member) { return member != NULL; }

static member_list select_members(const local_state *state, bool (*wanted)(const local_member *))
{
    member_list list = {.count = 0};
    for (int i = 0; i < state->member_count; i++)
        if (wanted(&state->members[i]))
            list.item[list.count++] = &state->members[i];
    return list;
}

/* ---- waiting --------------------------------------------------------------------------- */

static void show(ascent *up, const char *member, const char *doing)
{
    cli_progress(up->run, "starting servers", (uint64_t)up->done, (uint64_t)up->total,
                 cli_printf(up->run, "%s: %s", member, doing));
}

static covet_status check_wait(covet_msec until, const char *member, covet_error *err)
{
    if (cli_interrupted() != 0)
        return covet__fail(err, COVET_ECANCELED, "interrupted, what was started is stopped");
    if (covet__now() > until)
        return covet__fail(err, COVET_ETIMEOUT, "%s: not ready in time", member);
    return COVET_OK;
}

/* Until the poll is true of members [from, to) of the list; `doing` is what the bar says
 * then, NULL: that was no step. */
static covet_status wait_for(ascent *up, const member_list *list, int from, int to,
                             server_poll *poll, const char *doing, covet_error *err)
{
    const covet_msec until = covet__now() + STEP_MSEC;
    bool finished[PORTS_MAX] = {false};
    for (int left = to - from; left > 0; process_tick())
        for (int i = from; i < to; i++) {
            local_member *member = list->item[i];
            if (finished[i])
                continue;
            COVET_TRY(poll(&member->server, &finished[i], err));
            COVET_TRY(check_wait(until, member->name, err));
            if (!finished[i])
                continue;
            left--;
            if (doing == NULL)
                continue;
            up->done++;
            show(up, member->name, doing);
        }
    return COVET_OK;
}

/* Programs that work: a few for each processor at a time, for more would only thrash. */
static covet_status step_all(ascent *up, const member_list *list, ascent_step *step,
                             const char *doing, covet_error *err)
{
    const int width = COVET_MAX(4, 2 * (int)sysconf(_SC_NPROCESSORS_ONLN));
    for (int from = 0; from < list->count; from += width) {
        const int to = COVET_MIN(from + width, list->count);
        for (int i = from; i < to; i++)
            COVET_TRY(step(up, list->item[i], err));
        COVET_TRY(wait_for(up, list, from, to, server_step_done, doing, err));
    }
    return COVET_OK;
}

static covet_status start_all(ascent *up, const member_list *list, covet_error *err)
{
    COVET_TRY(wait_for(up, list, 0, list->count, server_idle, NULL, err));
    for (int i = 0; i < list->count; i++)
        COVET_TRY(server_start(&list->item[i]->server, err));
    return wait_for(up, list, 0, list->count, server_ready, "runs", err);
}

/* ---- steps ----------------------------------------------------------------------------- */

static covet_status make_password(cli_run *run, char **ret_password, covet_error *err)
{
    unsigned char bytes[24];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return covet__fail(err, COVET_EIO, "getrandom: %s", strerror(errno));
    char *text = cli_alloc(run, 2 * sizeof bytes + 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    *ret_password = text;
    return COVET_OK;
}

/* Where a member's log and data will be. */
static covet_status make_directory(ascent *up, local_member *member, covet_error *err)
{
    const process_account *account = &up->state->account;
    const char *path = cli_printf(up->run, "%s/%s", up->state->home, member->name);
    COVET_TRY(process_enter(account, err));
    const bool made = mkdir(path, 0700) == 0;
    process_leave(account);
    return made ? COVET_OK : covet__fail(err, COVET_EIO, "%s: %s", path, strerror(errno));
}

static covet_status init_member(ascent *up, local_member *member, covet_error *err)
{
    COVET_TRY(make_directory(up, member, err));
    return server_initdb(&member->server, LOCAL_USER, up->password_file, up->state->fast, err);
}

static covet_status copy_member(ascent *up, local_member *member, covet_error *err)
{
    const local_member *primary = member;
    while (primary->standby)
        primary--; /* a group's primary comes first */
    COVET_TRY(make_directory(up, member, err));
    return server_basebackup(&member->server, &primary->server, LOCAL_USER,
                             up->state->server_passfile, up->state->fast, err);
}

static PGconn *connect_to(ascent *up, const local_member *member, const char *database)
{
    const char *dsn = local_dsn(up->run, up->state, member);
    return PQconnectdb(cli_printf(up->run, "%s dbname=%s connect_timeout=30", dsn, database));
}

static covet_status make_database(ascent *up, const local_member *member, covet_error *err)
{
    PGconn *conn = connect_to(up, member, "postgres");
    PGresult *result = PQexec(conn, "CREATE DATABASE " LOCAL_DATABASE);
    covet_status status = COVET_OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        status = covet__fail(err, COVET_ESQL, "%s: %s", member->name, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
    return status;
}

static covet_status configure_all(const ascent *up, const member_list *list, covet_error *err)
{
    for (int i = 0; i < list->count; i++)
        COVET_TRY(server_configure(&list->item[i]->server, up->state->fast, err));
    return COVET_OK;
}

/* It answers, and if it is a standby, it streams. */
static covet_status check_part(ascent *up, const local_member *member, covet_error *err)
{
    static const char sql[] = "SELECT NOT pg_is_in_recovery() OR EXISTS"
                              " (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')";
    const covet_msec until = covet__now() + STREAM_MSEC;
    PGconn *conn = connect_to(up, member, LOCAL_DATABASE);
    covet_status status = COVET_OK;
    for (bool done = false; status == COVET_OK && !done; process_tick()) {
        PGresult *result = PQexec(conn, sql);
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            status = covet__fail(err, COVET_ESQL, "%s: %s", member->name, PQerrorMessage(conn));
        else if (PQgetvalue(result, 0, 0)[0] == 't')
            done = true;
        else
            status = check_wait(until, member->name, err);
        PQclear(result);
    }
    PQfinish(conn);
    if (status == COVET_ETIMEOUT)
        return covet__fail(err, status, "%s does not stream from its primary (see its log: %s)",
                           member->name, member->server.log);
    return status;
}

static covet_status check_parts(ascent *up, covet_error *err)
{
    for (int i = 0; i < up->state->member_count; i++)
        COVET_TRY(check_part(up, &up->state->members[i], err));
    return COVET_OK;
}

/* ---- up -------------------------------------------------------------------------------- */

static covet_status create(ascent *up, covet_error *err)
{
    local_state *state = up->state;
    const member_list primaries = select_members(state, is_primary);
    const member_list standbys = select_members(state, is_standby);
    char *password = NULL;
    COVET_TRY(make_password(up->run, &password, err));
    COVET_TRY(local_write_passfiles(up->run, state, password, err));
    up->password_file = cli_printf(up->run, "%s/password", state->home);
    COVET_TRY(local_write_private(state, up->password_file, password, err));

    show(up, primaries.item[0]->name, "initdb");
    COVET_TRY(step_all(up, &primaries, init_member, "initialised", err));
    COVET_TRY(process_enter(&state->account, err));
    unlink(up->password_file);
    process_leave(&state->account);
    COVET_TRY(configure_all(up, &primaries, err));
    COVET_TRY(start_all(up, &primaries, err));
    for (int i = 0; i < primaries.count; i++)
        COVET_TRY(make_database(up, primaries.item[i], err));

    COVET_TRY(step_all(up, &standbys, copy_member, "copied", err));
    COVET_TRY(configure_all(up, &standbys, err));
    COVET_TRY(start_all(up, &standbys, err));
    return check_parts(up, err);
}

covet_status local_create(cli_run *run, local_state *state, covet_error *err)
{
    ascent up = {.run = run, .state = state, .total = 2 * state->member_count};
    const covet_status status = create(&up, err);
    cli_progress_end(run);
    return status;
}

static covet_status check_port(const local_member *member, covet_error *err)
{
    if (port_is_free(member->server.port))
        return COVET_OK;
    return covet__fail(err, COVET_EBUSY, "%s: port %d is in use by another program", member->name,
                       member->server.port);
}

covet_status local_start_all(cli_run *run, local_state *state, covet_error *err)
{
    ascent up = {.run = run, .state = state, .total = state->member_count};
    const member_list all = select_members(state, is_any);
    for (int i = 0; i < all.count; i++)
        COVET_TRY(check_port(all.item[i], err));
    COVET_TRY(local_place_sockets(run, state, err));
    show(&up, all.item[0]->name, "starts");
    covet_status status = start_all(&up, &all, err);
    if (status == COVET_OK)
        status = check_parts(&up, err);
    cli_progress_end(run);
    return status;
}

covet_status local_start_one(cli_run *run, local_state *state, local_member *member,
                             covet_error *err)
{
    ascent up = {.run = run, .state = state, .total = 1};
    const member_list one = {.item = {member}, .count = 1};
    COVET_TRY(check_port(member, err));
    COVET_TRY(local_place_sockets(run, state, err));
    const covet_status status = start_all(&up, &one, err);
    cli_progress_end(run);
    return status;
}

/* ---- down ------------------------------------------------------------------------------ */

/* Returns the first member that is still there after the time, NULL if none is. Signals
 * to the tool do not end this: it may be what a signal has led to. */
static const local_member *stop_list(cli_run *run, const member_list *list, server_stop_mode mode,
                                     covet_msec patience)
{
    const covet_msec until = covet__now() + patience;
    for (int i = 0; i < list->count; i++)
        server_stop(&list->item[i]->server, mode);
    for (;;) {
        const local_member *left = NULL;
        int ended = 0;
        for (int i = 0; i < list->count; i++) {
            bool gone = false;
            if (server_gone(&list->item[i]->server, &gone, NULL) == COVET_OK && gone)
                ended++;
            else if (left == NULL)
                left = list->item[i];
        }
        if (left != NULL)
            cli_progress(run, "stopping servers", (uint64_t)ended, (uint64_t)list->count,
                         left->name);
        if (left == NULL || covet__now() > until)
            return left;
        process_tick();
    }
}

covet_status local_stop(cli_run *run, local_state *state, local_member *only, server_stop_mode mode,
                        covet_error *err)
{
    member_list all = select_members(state, is_any);
    if (only != NULL)
        all = (member_list){.item = {only}, .count = 1};
    const local_member *left = NULL;
    if (mode == SERVER_FAST && only == NULL) {
        /* A primary waits until its standbys have all it wrote, so they go last. */
        const member_list primaries = select_members(state, is_primary);
        const member_list standbys = select_members(state, is_standby);
        left = stop_list(run, &primaries, mode, FAST_MSEC);
        const local_member *other = stop_list(run, &standbys, mode, FAST_MSEC);
        left = left != NULL ? left : other;
    } else if (mode == SERVER_FAST) {
        left = stop_list(run, &all, mode, FAST_MSEC);
    }
    if (mode == SERVER_IMMEDIATE || left != NULL) {
        if (mode == SERVER_FAST)
            cli_note(run, "%s takes long to stop, so it is stopped at once", left->name);
        left = stop_list(run, &all, SERVER_IMMEDIATE, IMMEDIATE_MSEC);
    }
    cli_progress_end(run);
    if (left != NULL)
        return covet__fail(err, COVET_ETIMEOUT, "%s does not stop (pid %d)", left->name,
                           (int)server_pid(&left->server));
    return COVET_OK;
}
