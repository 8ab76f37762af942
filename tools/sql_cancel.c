/*
 * tools/sql_cancel.c - Ctrl-C reaches the servers.
 *
 * The handle shares connections among statements, so it gives up the answer of one that is
 * cancelled and lets the server go on. Here there is one statement at a time, and who presses
 * Ctrl-C wants it ended: every backend that carries this run's name is told to stop.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tools/sql.h"

enum { GLANCE_MSEC = 3000 };

void sql_cancel_prepare(sql_work *work)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    work->name = cli_printf(work->run, "covet-shardctl sql %d.%llx", (int)getpid(),
                            (unsigned long long)now.tv_sec << 32 | (unsigned long long)now.tv_nsec);
    setenv("PGAPPNAME", work->name, 1);
}

/* Not one that Ctrl-C ends, as it has been pressed. */
static covet_status look_in(const covet__dsn *dsn, covet__session **ret_session)
{
    const covet__session_opts opts = {.name = "cancel",
                                      .search_path = "",
                                      .connect_timeout = GLANCE_MSEC,
                                      .answer_timeout = GLANCE_MSEC};
    return covet__session_start(dsn, &opts, ret_session, NULL);
}

static void cancel_in(const sql_work *work, covet__session *session)
{
    COVET_UNUSED(SQL_RUN(session, NULL,
                         "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                         " WHERE application_name = $1 AND state = 'active'"
                         " AND pid <> pg_backend_pid()",
                         work->name));
}

static void cancel_member(const sql_work *work, const covet__dsn *catalog, const char *text)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_AUTO(covet__session) session = NULL;
    if (covet__dsn_parse(text, &dsn, NULL) == COVET_OK &&
        covet__dsn_inherit(dsn, catalog) == COVET_OK && look_in(dsn, &session) == COVET_OK)
        cancel_in(work, session);
}

void sql_cancel(const sql_work *work)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_AUTO(covet__session) home = NULL;
    COVET_AUTO(covet_result) members = NULL;
    if (covet__dsn_parse(work->run->catalog, &dsn, NULL) != COVET_OK ||
        look_in(dsn, &home) != COVET_OK)
        return;
    cancel_in(work, home);
    if (work->plain || SQL_ROWS(home, &members, NULL,
                                "SELECT dsn FROM covet.members WHERE role = 'primary'") != COVET_OK)
        return;
    for (size_t i = 0; i < covet_result_rows(members); i++)
        cancel_member(work, dsn, covet_result_text(members, i, 0));
}
