/*
 * tools/local_cluster.c - the seam between servers and cluster.
 *
 * `local up` calls this when all servers answer and all standbys stream, at its first
 * run and at every later one. Here the catalog is created on the home group and the
 * other groups are added; what is there already stays as it is.
 *
 * It ends when every standby has all of it: one that has not would be taken for a stranger
 * (replica/probe.h).
 *
 * The catalog holds the place of each member and not how to log in: that every program
 * takes from the connection string by which it finds the catalog.
 */
#include "tools/local.h"

#include <string.h>

#include "core/loop.h"
#include "tools/member.h"

enum { REPLAY_MSEC = 60 * 1000 };

static const char *place_of(cli_run *run, const local_member *member)
{
    return cli_printf(run, "host=127.0.0.1 port=%d dbname=%s", member->server.port, LOCAL_DATABASE);
}

/* The places of a group's standbys, ended by NULL. */
static const char *const *standbys_of(cli_run *run, const local_state *state, int group)
{
    const char **places = cli_alloc(run, ((size_t)state->member_count + 1) * sizeof *places);
    size_t count = 0;
    for (int i = 0; i < state->member_count; i++)
        if (state->members[i].group == group && state->members[i].standby)
            places[count++] = place_of(run, &state->members[i]);
    return places;
}

static const local_member *primary_of(const local_state *state, int group)
{
    for (int i = 0; i < state->member_count; i++)
        if (state->members[i].group == group && !state->members[i].standby)
            return &state->members[i];
    return &state->members[0];
}

static const char *name_of(cli_run *run, int group) { return cli_printf(run, "g%d", group + 1); }

/* The member of the home group that is its primary now: it may have been promoted. */
static covet_status find_home(cli_run *run, const local_state *state, const char **ret_dsn,
                              covet_error *err)
{
    for (int i = 0; i < state->member_count; i++) {
        const local_member *member = &state->members[i];
        const char *role = member->group == 0 ? local_role(run, state, member) : NULL;
        if (role == NULL || strcmp(role, "primary") != 0)
            continue;
        *ret_dsn = local_dsn(run, state, member);
        return COVET_OK;
    }
    return covet__fail(err, COVET_ECONNECT, "group g1 has no primary");
}

static covet_status has_catalog(const covet__dsn *dsn, bool *ret_there, covet_error *err)
{
    COVET_AUTO(covet__session) session = NULL;
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(cluster_session(dsn, "g1", &session, err));
    COVET_TRY(SQL_ROWS(session, &rows, err, "SELECT to_regclass('covet.cluster') IS NOT NULL"));
    *ret_there = cell_truth(rows, 0, 0);
    return COVET_OK;
}

/* The role is called as the schema of the catalog: "$user" would find that first, and tables
 * would be made in it. */
static covet_status set_path(cli_run *run, const local_state *state, int group, covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_AUTO(covet__session) session = NULL;
    COVET_TRY(covet__dsn_parse(local_dsn(run, state, primary_of(state, group)), &dsn, err));
    COVET_TRY(cluster_session(dsn, name_of(run, group), &session, err));
    return covet__session_script(session, "ALTER ROLE " LOCAL_USER " SET search_path = public",
                                 err);
}

static covet_status make_catalog(cli_run *run, const local_state *state, const char *home,
                                 covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    bool there = false;
    COVET_TRY(covet__dsn_parse(home, &dsn, err));
    COVET_TRY(has_catalog(dsn, &there, err));
    if (there)
        return COVET_OK;
    const init_request request = {.dsn = place_of(run, primary_of(state, 0)),
                                  .credentials = dsn,
                                  .standbys = standbys_of(run, state, 0),
                                  .group = name_of(run, 0),
                                  .prefix = "app",
                                  .shards = state->shards,
                                  .weight = 1};
    init_report report;
    COVET_TRY(set_path(run, state, 0, err));
    return init_cluster(run, &request, &report, err);
}

static covet_status add_groups(cli_run *run, const local_state *state, cluster_handle *cluster,
                               covet_error *err)
{
    for (int group = 1; group < state->group_count; group++) {
        const group_request request = {.name = name_of(run, group),
                                       .dsn = place_of(run, primary_of(state, group)),
                                       .standbys = standbys_of(run, state, group),
                                       .weight = 1};
        group_report report;
        if (covet__map_find_group(cluster->map, request.name) != COVET__MAP_NONE)
            continue;
        COVET_TRY(set_path(run, state, group, err));
        COVET_TRY(group_add(cluster, &request, &report, err));
    }
    return COVET_OK;
}

/* ---- standbys -------------------------------------------------------------------------- */

/* How far the primary has written; NULL: the member is a standby. */
static covet_status read_position(cli_run *run, covet__session *session, const char **ret_position,
                                  covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "SELECT CASE WHEN NOT pg_is_in_recovery() THEN"
                       " pg_current_wal_flush_lsn() END"));
    *ret_position = cell_text(run, rows, 0, 0);
    return COVET_OK;
}

static covet_status await_replay(const local_member *member, covet__session *session,
                                 const char *position, covet_error *err)
{
    const covet_msec until = covet__now() + REPLAY_MSEC;
    for (;;) {
        COVET_AUTO(covet_result) rows = NULL;
        COVET_TRY(SQL_ROWS(session, &rows, err, "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn",
                           position));
        if (cell_truth(rows, 0, 0))
            return COVET_OK;
        if (covet__now() > until)
            return covet__fail(err, COVET_ETIMEOUT, "%s does not catch up with its primary",
                               member->name);
        process_tick();
    }
}

static covet_status await_standbys(cli_run *run, const local_state *state, covet_error *err)
{
    const char **positions = cli_alloc(run, (size_t)state->group_count * sizeof *positions);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < state->member_count; i++) {
            const local_member *member = &state->members[i];
            const char *position, **known = &positions[member->group];
            COVET_AUTO(covet__dsn) dsn = NULL;
            COVET_AUTO(covet__session) session = NULL;
            COVET_TRY(covet__dsn_parse(local_dsn(run, state, member), &dsn, err));
            COVET_TRY(cluster_session(dsn, member->name, &session, err));
            COVET_TRY(read_position(run, session, &position, err));
            if (pass == 0 && position != NULL)
                *known = position;
            else if (pass == 1 && position == NULL && *known != NULL)
                COVET_TRY(await_replay(member, session, *known, err));
        }
    }
    return COVET_OK;
}

covet_status local_make_cluster(cli_run *run, const local_state *state, covet_error *err)
{
    const char *home = NULL;
    cluster_handle cluster = {0};
    COVET_TRY(find_home(run, state, &home, err));
    COVET_TRY(make_catalog(run, state, home, err));
    COVET_TRY(cluster_open(run, home, false, &cluster, err));
    const covet_status status = add_groups(run, state, &cluster, err);
    cluster_close(&cluster);
    return status == COVET_OK ? await_standbys(run, state, err) : status;
}
