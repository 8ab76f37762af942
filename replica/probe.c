#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fail.h"
#include "core/macros.h"
#include "replica/probe.h"

/* The timeline of a primary is in the names of its WAL files: pg_control's is that of the
 * last checkpoint, which a promotion has not reached yet. pg_stat_wal_receiver shows its
 * columns only to pg_read_all_stats; that the receiver is there can be seen by all. */
const char covet__probe_sql[] =
    "SELECT s.standby, (pg_catalog.pg_control_system()).system_identifier,\n"
    "       CASE WHEN s.standby\n"
    "            THEN coalesce(w.received_tli,\n"
    "                          (pg_catalog.pg_control_checkpoint()).timeline_id)\n"
    "            ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(\n"
    "                          pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int4 END,\n"
    "       CASE WHEN s.standby THEN pg_catalog.pg_last_wal_replay_lsn()\n"
    "            ELSE pg_catalog.pg_current_wal_flush_lsn() END,\n"
    "       w.pid IS NOT NULL AND coalesce(w.status, 'streaming') = 'streaming',\n"
    "       (extract(epoch FROM pg_catalog.clock_timestamp()\n"
    "                           - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::int8,\n"
    "       n.cluster_id, n.incarnation, n.group_id,\n"
    "       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity\n"
    "         WHERE backend_type = 'client backend'),\n"
    "       pg_catalog.pg_database_size(pg_catalog.current_database())\n"
    "  FROM (SELECT pg_catalog.pg_is_in_recovery() AS standby) s\n"
    "  LEFT JOIN pg_catalog.pg_stat_wal_receiver w ON true\n"
    "  LEFT JOIN covet.node n ON true";

enum {
    COLUMN_STANDBY,
    COLUMN_SYSTEM,
    COLUMN_TIMELINE,
    COLUMN_POSITION,
    COLUMN_STREAMING,
    COLUMN_AGE,
    COLUMN_CLUSTER,
    COLUMN_INCARNATION,
    COLUMN_GROUP,
    COLUMN_CONNECTIONS,
    COLUMN_SIZE,
};

/* ---- reading --------------------------------------------------------------------------- */

static bool is_true(const char *cell) { return cell != NULL && cell[0] == 't'; }

static uint64_t number(const char *cell) { return cell != NULL ? strtoull(cell, NULL, 10) : 0; }

/* "16/B374D848": the high and the low half. */
static bool read_position(const char *text, uint64_t *ret_position)
{
    unsigned high, low;
    char rest;
    if (text == NULL || sscanf(text, "%8x/%8x%c", &high, &low, &rest) != 2)
        return false;
    *ret_position = (uint64_t)high << 32 | low;
    return true;
}

covet_status covet__probe_read(const char *const cells[COVET__PROBE_COLUMNS],
                               covet__probe_row *ret_row, covet_error *err)
{
    covet__probe_row row = {
        .answered = true,
        .in_recovery = is_true(cells[COLUMN_STANDBY]),
        .system_id = number(cells[COLUMN_SYSTEM]),
        .timeline = (uint32_t)number(cells[COLUMN_TIMELINE]),
        .streaming = is_true(cells[COLUMN_STREAMING]),
        .aged = cells[COLUMN_AGE] != NULL,
        .incarnation = number(cells[COLUMN_INCARNATION]),
        .group_id = (uint32_t)number(cells[COLUMN_GROUP]),
        .connections = (uint32_t)number(cells[COLUMN_CONNECTIONS]),
        .size_bytes = number(cells[COLUMN_SIZE]),
    };
    if (row.aged && cells[COLUMN_AGE][0] != '-') /* the primary's clock may be ahead */
        row.replay_age = number(cells[COLUMN_AGE]);
    if (cells[COLUMN_CLUSTER] != NULL)
        covet__copy(row.cluster_id, sizeof row.cluster_id, cells[COLUMN_CLUSTER]);
    if (!read_position(cells[COLUMN_POSITION], &row.position))
        return covet__fail(err, COVET_ETYPE, "probe: \"%s\" is no position in the WAL",
                           cells[COLUMN_POSITION] != NULL ? cells[COLUMN_POSITION] : "");
    *ret_row = row;
    return COVET_OK;
}

/* ---- judging --------------------------------------------------------------------------- */

/* Whose answer it is, "" if it is the member's. */
static void compare_identity(const covet__probe_expect *expect, const covet__probe_row *row,
                             char *note, size_t size)
{
    if (row->cluster_id[0] == '\0')
        covet__copy(note, size, "belongs to no cluster");
    else if (strcmp(row->cluster_id, expect->cluster_id) != 0)
        snprintf(note, size, "belongs to cluster %s", row->cluster_id);
    else if (row->incarnation != expect->incarnation)
        snprintf(note, size, "belongs to incarnation %llu of the cluster",
                 (unsigned long long)row->incarnation);
    else if (row->group_id != expect->group_id)
        snprintf(note, size, "belongs to the group with id %u", row->group_id);
    else if (expect->system_id != 0 && row->system_id != expect->system_id)
        snprintf(note, size, "is another server, its system identifier is %llu",
                 (unsigned long long)row->system_id);
}

static void judge_standby(const covet__probe_row *row, const covet__probe_row *primary,
                          covet__probe_verdict *verdict)
{
    if (!row->streaming)
        covet__copy(verdict->note, sizeof verdict->note, "does not stream");
    if (primary == NULL || !primary->answered || primary->in_recovery ||
        primary->timeline != row->timeline) /* P2 */
        return;
    verdict->lag_known = true;
    verdict->lag_bytes = primary->position > row->position ? primary->position - row->position : 0;
    verdict->lag_msec_known = verdict->lag_bytes == 0 || row->aged;
    verdict->lag_msec = verdict->lag_bytes == 0 ? 0 : row->replay_age; /* P3 */
}

void covet__probe_judge(const covet__probe_expect *expect, const covet__probe_row *row,
                        const covet__probe_row *primary, covet__probe_verdict *ret_verdict)
{
    covet__probe_verdict verdict = {.state = COVET__PROBE_DOWN};
    if (row->answered) {
        compare_identity(expect, row, verdict.note, sizeof verdict.note);
        verdict.state = verdict.note[0] != '\0' ? COVET__PROBE_FOREIGN : COVET__PROBE_UP;
    }
    if (verdict.state == COVET__PROBE_UP) {
        verdict.primary = !row->in_recovery; /* P1 */
        if (row->in_recovery)
            judge_standby(row, primary, &verdict);
        if (verdict.primary != expect->primary)
            snprintf(verdict.note, sizeof verdict.note, "the map has it as %s",
                     expect->primary ? "the primary" : "a standby");
    }
    *ret_verdict = verdict;
}

const char *covet__probe_state_name(covet__probe_state state)
{
    switch (state) {
    case COVET__PROBE_DOWN: return "down";
    case COVET__PROBE_FOREIGN: return "foreign";
    case COVET__PROBE_UP: return "up";
    }
    return "down";
}
