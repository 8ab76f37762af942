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

/* `what` names the bar. The sessions are borrowed until crew_free. */
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

/* Until all jobs are done. */
covet_status crew_wait(group_crew *crew, covet_error *err);
/* ... and committed. */
covet_status crew_commit(group_crew *crew, covet_error *err);

static inline void crew_auto_free(group_crew **slot) { crew_free(*slot); }
#define CREW_AUTO __attribute__((cleanup(crew_auto_free))) group_crew *

#endif
