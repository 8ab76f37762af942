/*
 * tools/local_state.c - local.json: reading, writing, and what can be said of it.
 */
#include "tools/local.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/loop.h"

enum { FORMAT = 1, LOCK_WAIT_MSEC = 120 * 1000 };

/* ---- the lock -------------------------------------------------------------------------- */

static covet_status wait_for_lock(cli_run *run, int fd, covet_error *err)
{
    const covet_msec until = covet__now() + LOCK_WAIT_MSEC;
    for (bool told = false; flock(fd, LOCK_EX | LOCK_NB) != 0; told = true) {
        if (errno != EWOULDBLOCK)
            return covet__fail(err, COVET_EIO, "the directory cannot be locked: %s",
                               strerror(errno));
        if (cli_interrupted() != 0)
            return covet__fail(err, COVET_ECANCELED, "interrupted");
        if (covet__now() > until)
            return covet__fail(err, COVET_EBUSY, "another run works on this directory");
        if (!told)
            cli_note(run, "waits for another run that works on this directory");
        process_tick();
    }
    return COVET_OK;
}

covet_status local_lock(cli_run *run, const char *directory, local_state *state, covet_error *err)
{
    char path[PATH_MAX];
    state->lock = -1;
    if (realpath(directory, path) == NULL)
        return covet__fail(err, COVET_EIO, "--dir: %s", strerror(errno));
    state->dir = cli_printf(run, "%s", path);
    state->passfile = cli_printf(run, "%s/passfile", path);
    state->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (state->lock < 0)
        return covet__fail(err, COVET_EIO, "--dir: %s", strerror(errno));
    return wait_for_lock(run, state->lock, err);
}

/* ---- members --------------------------------------------------------------------------- */

static void place_member(cli_run *run, const local_state *state, local_member *member,
                         const char *bin, int port)
{
    member->server = (pg_server){
        .name = member->name,
        .bin = bin,
        .data = cli_printf(run, "%s/%s/data", state->home, member->name),
        .log = cli_printf(run, "%s/%s/log", state->home, member->name),
        .sockets = state->sockets,
        .port = port,
        .account = &state->account,
    };
}

void local_name_members(cli_run *run, local_state *state, const char *bin, int standbys, int port)
{
    state->member_count = state->group_count * (1 + standbys);
    state->members = cli_alloc(run, (size_t)state->member_count * sizeof *state->members);
    for (int i = 0; i < state->member_count; i++) {
        local_member *member = &state->members[i];
        member->group = i / (1 + standbys);
        member->standby = i % (1 + standbys) != 0;
        member->name = cli_printf(run, "g%d%c", member->group + 1, 'a' + i % (1 + standbys));
        place_member(run, state, member, bin, port + i);
    }
}

local_member *local_find(const local_state *state, const char *name)
{
    for (int i = 0; i < state->member_count; i++)
        if (strcmp(state->members[i].name, name) == 0)
            return &state->members[i];
    return NULL;
}

char *local_dsn(cli_run *run, const local_state *state, const local_member *member)
{
    return cli_printf(run, "host=127.0.0.1 port=%d user=%s dbname=%s passfile=%s",
                      member->server.port, LOCAL_USER, LOCAL_DATABASE,
                      cli_dsn_value(run, state->passfile));
}

const char *local_role(cli_run *run, const local_state *state, const local_member *member)
{
    PGconn *conn =
        PQconnectdb(cli_printf(run, "%s connect_timeout=5", local_dsn(run, state, member)));
    PGresult *result = PQexec(conn, "SELECT pg_is_in_recovery()");
    const char *role = NULL;
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        role = PQgetvalue(result, 0, 0)[0] == 't' ? "standby" : "primary";
    PQclear(result);
    PQfinish(conn);
    return role;
}

/* ---- local.json ------------------------------------------------------------------------ */

bool local_exists(const local_state *state)
{
    return faccessat(state->lock, LOCAL_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static json_t *members_json(const local_state *state)
{
    json_t *list = json_array();
    for (int i = 0; i < state->member_count; i++) {
        const local_member *member = &state->members[i];
        json_array_append_new(list, json_pack("{s:s, s:i, s:b, s:i}", "name", member->name, "group",
                                              member->group, "standby", member->standby, "port",
                                              member->server.port));
    }
    return list;
}

covet_status local_save(const local_state *state, covet_error *err)
{
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:i, s:i, s:o}", "format",
                  FORMAT, "dir", state->dir, "home", state->home, "sockets", state->sockets,
                  "account", state->account.name, "bin", state->members[0].server.bin, "complete",
                  state->complete, "dir_made", state->dir_made, "sockets_apart",
                  state->sockets_apart, "fast", state->fast, "shards", state->shards, "groups",
                  state->group_count, "members", members_json(state));
    if (root == NULL)
        return covet__fail(err, COVET_EINVAL, "--dir: the path is not UTF-8");
    static const char temporary[] = LOCAL_FILE ".new";
    const int fd =
        openat(state->lock, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool done = fd >= 0 && json_dumpfd(root, fd, JSON_INDENT(2)) == 0 && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        done = false;
    json_decref(root);
    if (done && renameat(state->lock, temporary, state->lock, LOCAL_FILE) == 0)
        return COVET_OK;
    return covet__fail(err, COVET_EIO, "%s: %s", LOCAL_FILE, strerror(errno));
}

/* L3: a file that another could have written says what the other wants. */
static covet_status open_trusted(const local_state *state, int *ret_fd, covet_error *err)
{
    const int fd = openat(state->lock, LOCAL_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return covet__fail(err, COVET_ENOTFOUND,
                           "there is no %s in --dir (it is not a directory of local up)",
                           LOCAL_FILE);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0) {
        covet__fail(err, COVET_EIO, "%s: %s", LOCAL_FILE, strerror(errno));
    } else if (!S_ISREG(facts.st_mode) || facts.st_uid != geteuid() ||
               (facts.st_mode & 0077) != 0) {
        covet__fail(err, COVET_EIO,
                    "%s belongs to user %u with mode %o (it must be yours alone, 0600)", LOCAL_FILE,
                    (unsigned)facts.st_uid, facts.st_mode & 07777);
    } else {
        *ret_fd = fd;
        return COVET_OK;
    }
    if (fd >= 0)
        close(fd);
    return COVET_EIO;
}

static bool unpack_members(cli_run *run, local_state *state, const char *bin, json_t *list)
{
    state->member_count = (int)json_array_size(list);
    state->members = cli_alloc(run, ((size_t)state->member_count + 1) * sizeof *state->members);
    for (int i = 0; i < state->member_count; i++) {
        local_member *member = &state->members[i];
        const char *name;
        int standby, port;
        if (json_unpack(json_array_get(list, (size_t)i), "{s:s, s:i, s:b, s:i}", "name", &name,
                        "group", &member->group, "standby", &standby, "port", &port) != 0)
            return false;
        if (member->group < 0 || member->group >= state->group_count || strchr(name, '/') != NULL)
            return false;
        member->name = cli_printf(run, "%s", name);
        member->standby = standby != 0;
        place_member(run, state, member, bin, port);
    }
    return state->member_count > 0;
}

/* L3: the names that local_place gives. */
static bool is_ours(const local_state *state)
{
    const size_t length = strlen(state->dir);
    const char *home = strrchr(state->home, '/'), *sockets = strrchr(state->sockets, '/');
    if (home == NULL || sockets == NULL)
        return false;
    const bool inside = strncmp(state->home, state->dir, length) == 0 &&
                        strcmp(state->home + length, "/servers") == 0;
    return (inside || strncmp(home, "/covet-local-", 13) == 0) &&
           (!state->sockets_apart || strncmp(sockets, "/covet-", 7) == 0);
}

static bool unpack(cli_run *run, local_state *state, json_t *root, const char **ret_dir,
                   const char **ret_account)
{
    const char *dir, *home, *sockets, *account, *bin;
    int format, complete, dir_made, apart, fast;
    json_t *members;
    if (json_unpack(root, "{s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:i, s:i, s:o}",
                    "format", &format, "dir", &dir, "home", &home, "sockets", &sockets, "account",
                    &account, "bin", &bin, "complete", &complete, "dir_made", &dir_made,
                    "sockets_apart", &apart, "fast", &fast, "shards", &state->shards, "groups",
                    &state->group_count, "members", &members) != 0 ||
        format != FORMAT)
        return false;
    *ret_dir = cli_printf(run, "%s", dir);
    *ret_account = cli_printf(run, "%s", account);
    state->home = cli_printf(run, "%s", home);
    state->sockets = cli_printf(run, "%s", sockets);
    state->server_passfile = cli_printf(run, "%s/passfile", home);
    state->complete = complete != 0;
    state->dir_made = dir_made != 0;
    state->sockets_apart = apart != 0;
    state->fast = fast != 0;
    return unpack_members(run, state, cli_printf(run, "%s", bin), members);
}

covet_status local_load(cli_run *run, local_state *state, covet_error *err)
{
    int fd = -1;
    COVET_TRY(open_trusted(state, &fd, err));
    json_t *root = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
    close(fd);
    const char *dir, *account;
    const bool good = root != NULL && unpack(run, state, root, &dir, &account);
    json_decref(root);
    if (!good)
        return covet__fail(err, COVET_EIO, "%s is damaged, or of another version", LOCAL_FILE);
    if (strcmp(dir, state->dir) != 0)
        return covet__fail(err, COVET_EIO, "the directory was moved or copied (made as %s)", dir);
    if (!is_ours(state))
        return covet__fail(err, COVET_EIO, "%s names directories that local up did not make",
                           LOCAL_FILE);
    COVET_TRY(process_account_find(&state->account, err));
    if (strcmp(account, state->account.name) != 0)
        return covet__fail(err, COVET_EIO, "the servers belong to the account %s, not to %s",
                           account, state->account.name);
    return COVET_OK;
}

/* ---- the report ------------------------------------------------------------------------ */

static json_t *describe_member(cli_run *run, const local_state *state, const local_member *member)
{
    const pg_server *server = &member->server;
    const pid_t pid = server_pid(server);
    const char *role = pid != 0 ? local_role(run, state, member) : NULL;
    return json_pack("{s:s, s:s?, s:s, s:i, s:s, s:s, s:s, s:s, s:o}", "name", member->name, "role",
                     role, "host", "127.0.0.1", "port", server->port, "socket_directory",
                     server->sockets, "data_directory", server->data, "log", server->log, "dsn",
                     local_dsn(run, state, member), "pid",
                     pid != 0 ? json_integer(pid) : json_null());
}

json_t *local_describe(cli_run *run, const local_state *state)
{
    json_t *groups = json_array();
    for (int g = 0; g < state->group_count; g++) {
        json_t *members = json_array();
        for (int i = 0; i < state->member_count; i++)
            if (state->members[i].group == g)
                json_array_append_new(members, describe_member(run, state, &state->members[i]));
        json_array_append_new(groups, json_pack("{s:o, s:o}", "name", json_sprintf("g%d", g + 1),
                                                "members", members));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:o}", "catalog",
                     local_dsn(run, state, &state->members[0]), "directory", state->dir, "passfile",
                     state->passfile, "shards", state->shards, "groups", groups);
}
