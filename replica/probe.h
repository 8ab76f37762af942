/*
 * replica/probe.h - internal: what one answer of a server says about a member.
 *
 * A probe is one statement (covet__probe_sql) whose row every server can give, primary or
 * standby. Here the row becomes numbers, and numbers a verdict:
 *
 *     no answer ---------------------------------------------> DOWN
 *     an answer, of another cluster, group or server --------> FOREIGN
 *     an answer of the member that the map means ------------> UP, as primary or standby
 *
 * Nothing is remembered from one answer to the next and nobody is asked here: who asks,
 * how often, and how many misses condemn a member is for those who keep a history.
 *
 * P1  The role is what the server says, never what the map says; where they differ, the
 *     verdict tells so.
 * P2  Positions are compared within one timeline only: the same number means something
 *     else after a promotion.
 * P3  A standby's lag in time is 0 where it has replayed all that the primary has flushed:
 *     the age of the last transaction grows on an idle primary too.
 */
#ifndef COVET_REPLICA_PROBE_H
#define COVET_REPLICA_PROBE_H

#include <covet/core/error.h>

/* Works on a primary and on a standby. Fails with 42P01 where there is no covet.node. */
extern const char covet__probe_sql[];

enum { COVET__PROBE_COLUMNS = 11 };

/* What a server answered. */
typedef struct covet__probe_row {
    bool answered;
    bool in_recovery;
    uint64_t system_id;
    uint32_t timeline;
    uint64_t position;     /* bytes of WAL: flushed by a primary, replayed by a standby */
    bool streaming;        /* a standby receives from somewhere */
    bool aged;             /* replay_age is known */
    covet_msec replay_age; /* since the last transaction that was replayed was committed */
    char cluster_id[40];   /* "": it belongs to none */
    uint64_t incarnation;
    uint32_t group_id;
    uint32_t connections; /* of clients */
    uint64_t size_bytes;  /* of the database */
} covet__probe_row;

/* What the map says about the member. */
typedef struct covet__probe_expect {
    const char *cluster_id;
    uint64_t incarnation;
    uint32_t group_id;
    uint64_t system_id; /* 0: not known */
    bool primary;
} covet__probe_expect;

typedef enum covet__probe_state {
    COVET__PROBE_DOWN = 0,
    COVET__PROBE_FOREIGN,
    COVET__PROBE_UP,
} covet__probe_state;

typedef struct covet__probe_verdict {
    covet__probe_state state;
    bool primary;   /* UP: what it is now */
    bool lag_known; /* UP, a standby: the three below */
    uint64_t lag_bytes;
    bool lag_msec_known;
    covet_msec lag_msec;
    char note[96]; /* what is not as it should be, "" if nothing is */
} covet__probe_verdict;

/* Reads the row of covet__probe_sql, as text; NULL is SQL's. COVET_ETYPE: it is none. */
covet_status covet__probe_read(const char *const cells[COVET__PROBE_COLUMNS],
                               covet__probe_row *ret_row, covet_error *err);

/* `primary` is the answer of the group's primary, NULL where there is none. */
void covet__probe_judge(const covet__probe_expect *expect, const covet__probe_row *row,
                        const covet__probe_row *primary, covet__probe_verdict *ret_verdict);

/* "down", "foreign", "up"; never NULL. */
const char *covet__probe_state_name(covet__probe_state state);

#endif
