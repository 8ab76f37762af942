#include "tools/member.h"

#include <ctype.h>
#include <libpq-fe.h>
#include <string.h>

enum { BATCH = 256 }; /* statements in one text */

/* ---- what the command line says --------------------------------------------------------- */

bool member_is_group_name(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && length <= 32 && islower((unsigned char)*text) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

/* libpq marks what must not be shown with an asterisk. */
static bool has_secret(const char *text, bool *ret_good)
{
    bool secret = false;
    PQconninfoOption *options = PQconninfoParse(text, NULL);
    *ret_good = options != NULL;
    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        secret = secret || (o->val != NULL && o->dispchar[0] == '*');
    PQconninfoFree(options);
    return secret;
}

bool member_check_dsns(cli_run *run, const char *option)
{
    size_t at = 0;
    for (const char *text; (text = cli_next(run, option, &at)) != NULL;) {
        bool good;
        const bool secret = has_secret(text, &good);
        if (good && !secret)
            continue;
        cli_usage(run, "--%s: %s", option,
                  secret ? "a password in an argument can be read by every user of this machine "
                           "(put it into a passfile or a service file)"
                         : "not a connection string (\"host=... dbname=...\")");
        return false;
    }
    return true;
}

const char *const *member_standbys(cli_run *run)
{
    size_t at = 0, count = 0;
    const char **dsns = cli_alloc(run, (run->value_count + 1) * sizeof *dsns);
    for (const char *dsn; (dsn = cli_next(run, "standby", &at)) != NULL;)
        dsns[count++] = dsn;
    return dsns;
}

/* ---- connection strings ----------------------------------------------------------------- */

/* Where the member is must not depend on the environment of whoever reads the catalog; how
 * to log in may. */
covet_status member_stored_dsn(cli_run *run, const char *text, const char **ret_stored,
                               covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_TRY(covet__dsn_parse(text, &dsn, err));
    if (covet__dsn_hosts(dsn) > 1)
        return covet__fail(err, COVET_EINVAL,
                           "the connection string of a member names one host, not %zu",
                           covet__dsn_hosts(dsn));
    const char *dbname = covet__dsn_get(dsn, "dbname");
    if (dbname == NULL)
        dbname = covet__dsn_get(dsn, "user");
    if (covet__dsn_set(dsn, "host", cli_printf(run, "%s", covet__dsn_host(dsn, 0))) != COVET_OK ||
        covet__dsn_set(dsn, "port", cli_printf(run, "%s", covet__dsn_port(dsn, 0))) != COVET_OK ||
        (dbname != NULL &&
         covet__dsn_set(dsn, "dbname", cli_printf(run, "%s", dbname)) != COVET_OK))
        cli_no_memory(run);
    covet__str out = COVET__STR_IN(run->arena);
    covet__dsn_print(dsn, &out);
    *ret_stored = covet__str_take(&out);
    if (*ret_stored == NULL)
        cli_no_memory(run);
    return COVET_OK;
}

static bool is_interrupted(void *user)
{
    COVET_UNUSED(user);
    return cli_interrupted() != 0;
}

covet_status member_connect(cli_run *run, const char *text, const covet__dsn *credentials,
                            const char *name, covet__session **ret_session, covet_error *err)
{
    COVET_AUTO(covet__dsn) dsn = NULL;
    COVET_TRY(covet__dsn_parse(text, &dsn, err));
    if (credentials != NULL && covet__dsn_inherit(dsn, credentials) != COVET_OK)
        cli_no_memory(run);
    /* The server's own search path: init takes it over. */
    const covet__session_opts opts = {.name = name, .stop = is_interrupted};
    return covet__session_start(dsn, &opts, ret_session, err);
}

/* ---- members --------------------------------------------------------------------------- */

covet_status member_add_all(cli_run *run, covet__session *home, const char *group_id,
                            const char *group, const char *const *dsns, size_t count,
                            const char *system_id, covet_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *stored;
        COVET_TRY(member_stored_dsn(run, dsns[i], &stored, err));
        COVET_TRY(SQL_RUN(home, err,
                          "INSERT INTO covet.members (id, group_id, name, dsn, role, system_id)"
                          " SELECT coalesce(max(id), 0) + 1, $1::int4, $2, $3, $4, $5::numeric"
                          " FROM covet.members",
                          group_id, cli_printf(run, "%s%c", group, 'a' + (int)i), stored,
                          i == 0 ? "primary" : "standby", system_id));
    }
    return COVET_OK;
}

covet_status member_check_standby(cli_run *run, const char *dsn, const covet__dsn *credentials,
                                  const char *system_id, covet_error *err)
{
    COVET_AUTO(covet__session) session = NULL;
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(member_connect(run, dsn, credentials, "--standby", &session, err));
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "SELECT pg_is_in_recovery(), (pg_control_system()).system_identifier = $1",
                       system_id));
    if (!cell_truth(rows, 0, 0))
        return covet__fail(err, COVET_ECLUSTER, "--standby: the server at %s is a primary",
                           covet__session_place(session));
    if (!cell_truth(rows, 0, 1))
        return covet__fail(err, COVET_ECLUSTER,
                           "--standby: the server at %s is no copy of the group's primary (its "
                           "system identifier is another one)",
                           covet__session_place(session));
    return COVET_OK;
}

covet_status member_make_schemas(cli_run *run, covet__session *session, const char *prefix,
                                 const uint32_t *ids, size_t count, covet_error *err)
{
    covet__str sql = COVET__STR_IN(run->arena);
    for (size_t i = 0; i < count; i++) {
        covet__str_printf(&sql, "CREATE SCHEMA %s;",
                          sql_ident(run, cli_printf(run, "%s_s%05u", prefix, ids[i])));
        if (i % BATCH != BATCH - 1 && i + 1 < count)
            continue;
        if (!covet__str_ok(&sql))
            cli_no_memory(run);
        COVET_TRY(covet__session_script(session, covet__str_text(&sql), err));
        covet__str_clear(&sql);
    }
    return COVET_OK;
}

covet_status member_schemas(cli_run *run, covet__session *session, const char *prefix,
                            const char **ret_names, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "WITH s AS (SELECT left(nspname, length(nspname) -"
                       " length(substring(nspname FROM '_s[0-9]{5,}$'))) AS prefix,"
                       " min(nspname COLLATE \"C\") AS low, max(nspname COLLATE \"C\") AS high"
                       " FROM pg_namespace WHERE nspname ~ '^[a-z0-9_]+_s[0-9]{5,}$'"
                       " AND ($1::text IS NULL OR nspname ~ ('^' || $1 || '_s[0-9]{5,}$'))"
                       " GROUP BY 1)"
                       "SELECT string_agg(name, ', ' ORDER BY n, name) FROM ("
                       "SELECT 1 AS n, nspname::text AS name FROM pg_namespace"
                       " WHERE nspname IN ('covet', '" CLUSTER_OLD "', '" CLUSTER_SHELL "')"
                       " UNION ALL SELECT 2, nspname FROM pg_namespace"
                       " WHERE nspname = $1 || '_reference' OR $1::text IS NULL"
                       " AND nspname IN (SELECT prefix || '_reference' FROM s)"
                       " UNION ALL SELECT 3, low || CASE WHEN high <> low THEN ' to ' || high"
                       " ELSE '' END FROM s) x",
                       prefix));
    const char *names = cell_text(run, rows, 0, 0);
    *ret_names = names != NULL ? names : "";
    return COVET_OK;
}
