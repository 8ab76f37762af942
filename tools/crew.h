/*
 * tools/crew.h - one thread for each group, so that groups work at the same time.
 *
 * Whoever moves tables reads, decides and hands out; a worker carries out what it was given,
 * in order, on the session to its group, and nothing else touches that session meanwhile.
 *
 *     push ---> [job, job, job] ---> worker ---> group       (one line for each group)
 *
 * W1  Jobs wait within a bound: who pushes more rows than bytes_max waits for workers.
 * W2  The first failure is the crew's: jobs behind it are dropped, pushes and waits return it.
 * W3  A worker's jobs are one transaction, which crew_commit ends; but one that has touched
 *     many relations is committed in between, for each relation is a lock in the server's
 *     table of locks. What is committed without a change of the map is garbage that can be
 *     told as such (tools/cluster.h, K4).
 */
#ifndef COVET_TOOLS_CREW_H
#define COVET_TOOLS_CREW_H

#include "core/session.h"
#include "tools/cli.h"

typedef struct group_crew group_crew;

/* Where a row comes from. */
typedef struct crew_place {
    uint64_t line; /* of the input */
    uint64_t at;   /* of the COPY: its first line there, from 1 */
} crew_place;

typedef struct crew_places {
    crew_place *list; /* covet__alloc */
    size_t count, capacity;
} crew_places;

/* `what` names the bar, NULL: there is none. The sessions are borrowed until crew_free. */
covet_status crew_new(cli_run *run, const char *what, covet__session *const *sessions,
                      uint32_t count, size_t bytes_max, group_crew **ret_crew, covet_error *err);
/* Lets running jobs end, drops the others, rolls back what was not committed; accepts NULL. */
void crew_free(group_crew *crew);

/* How much there is to do, in units of any kind; may be told in parts. */
void crew_expect(group_crew *crew, uint64_t units);
/* Some of it was done by the caller. */
void crew_did(group_crew *crew, uint64_t units);

/* Take `sql` and `rows` over (they are empty afterwards). `relations` is how many the script
 * makes or locks. The rows of a COPY are added to *copied when it is done. */
covet_status crew_script(group_crew *crew, uint32_t group, covet__str *sql, uint32_t relations,
                         uint64_t units, covet_error *err);
covet_status crew_copy(group_crew *crew, uint32_t group, const char *sql, covet__str *rows,
                       uint64_t *copied, covet_error *err);

/* The same for rows of an input whose lines matter where the server refuses one: `places` too
 * is taken over. */
covet_status crew_copy_lines(group_crew *crew, uint32_t group, const char *sql, covet__str *rows,
                             crew_places *places, uint64_t *copied, covet_error *err);
/* The line of the input at which a COPY has failed, 0 if it is not known. */
uint64_t crew_failed_line(group_crew *crew);
/* A statement that no transaction may be around; its worker has none open. */
covet_status crew_alone(group_crew *crew, uint32_t group, covet__str *sql, uint64_t units,
                        covet_error *err);

/* Until all jobs are done; until a group's are. */
covet_status crew_wait(group_crew *crew, covet_error *err);
covet_status crew_wait_group(group_crew *crew, uint32_t group, covet_error *err);
/* ... and committed. */
covet_status crew_commit(group_crew *crew, covet_error *err);
/* One group's, alone. */
covet_status crew_commit_group(group_crew *crew, uint32_t group, covet_error *err);
/* From the beginning on: nothing is committed before crew_commit, whatever W3 says. */
void crew_hold(group_crew *crew);

static inline void crew_auto_free(group_crew **slot) { crew_free(*slot); }
#define CREW_AUTO __attribute__((cleanup(crew_auto_free))) group_crew *

#endif
