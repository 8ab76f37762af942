/*
 * tools/local_place.c - where the files of a local cluster lie, and their end.
 *
 * Files in the servers' directories are touched with the ids of the servers' account
 * only (tools/process.h); that holds for their removal too.
 */
#include "tools/local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PostgreSQL's paths end at 1024 bytes and go some levels below home; a socket's address
 * at 107, of which "/.s.PGSQL.65535" are 15. */
enum { HOME_MAX = 700, SOCKETS_MAX = 107 - 15 };

/* ---- making ---------------------------------------------------------------------------- */

static bool can_enter(const process_account *account, const char *path)
{
    if (process_enter(account, NULL) != COVET_OK)
        return false;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    process_leave(account);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* D/servers, given to the account; false if that is no place for it. */
static bool make_home_here(const process_account *account, const char *path)
{
    if (strlen(path) > HOME_MAX || mkdir(path, 0700) != 0)
        return false;
    if ((!account->other || lchown(path, account->uid, account->gid) == 0) &&
        can_enter(account, path))
        return true;
    rmdir(path);
    return false;
}

/* A directory of the account's below a public one; its path has no links. */
static covet_status make_apart(cli_run *run, const process_account *account, const char *where,
                               const char *prefix, const char **ret_path, covet_error *err)
{
    char public[PATH_MAX];
    if (realpath(where, public) == NULL)
        return covet__fail(err, COVET_EIO, "%s: %s", where, strerror(errno));
    char *path = cli_printf(run, "%s/%sXXXXXX", public, prefix);
    COVET_TRY(process_enter(account, err));
    const bool made = mkdtemp(path) != NULL;
    process_leave(account);
    if (!made)
        return covet__fail(err, COVET_EIO, "%s: %s", where, strerror(errno));
    *ret_path = path;
    return COVET_OK;
}

/* In a list of directories PostgreSQL and libpq give a meaning to commas, quotes, blanks
 * and a leading @. */
static bool fits_sockets(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+=";
    return strlen(path) <= SOCKETS_MAX && path[strspn(path, plain)] == '\0';
}

covet_status local_place_sockets(cli_run *run, local_state *state, covet_error *err)
{
    if (!state->sockets_apart || can_enter(&state->account, state->sockets))
        return COVET_OK;
    COVET_TRY(make_apart(run, &state->account, "/tmp", "covet-", &state->sockets, err));
    for (int i = 0; i < state->member_count; i++)
        state->members[i].server.sockets = state->sockets;
    return local_save(state, err);
}

covet_status local_place(cli_run *run, local_state *state, covet_error *err)
{
    const process_account *account = &state->account;
    const char *here = cli_printf(run, "%s/servers", state->dir);
    if (make_home_here(account, here)) {
        state->home = here;
    } else {
        COVET_TRY(make_apart(run, account, "/var/tmp", "covet-local-", &state->home, err));
        if (!run->json)
            cli_note(run, "%s cannot use the directory, so the servers' files are in %s",
                     account->name, state->home);
    }
    state->server_passfile = cli_printf(run, "%s/passfile", state->home);
    state->sockets = cli_printf(run, "%s/sockets", state->home);
    state->sockets_apart = !fits_sockets(state->sockets);
    if (state->sockets_apart) {
        state->sockets = NULL; /* not made yet, not to be removed */
        return make_apart(run, account, "/tmp", "covet-", &state->sockets, err);
    }
    COVET_TRY(process_enter(account, err));
    const bool made = mkdir(state->sockets, 0700) == 0;
    process_leave(account);
    return made ? COVET_OK : covet__fail(err, COVET_EIO, "sockets: %s", strerror(errno));
}

/* ---- files ----------------------------------------------------------------------------- */

static covet_status write_new(const char *path, const char *text, covet_error *err)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    const size_t length = strlen(text);
    bool done = fd >= 0 && write(fd, text, length) == (ssize_t)length;
    if (fd >= 0 && close(fd) != 0)
        done = false;
    return done ? COVET_OK : covet__fail(err, COVET_EIO, "%s: %s", path, strerror(errno));
}

covet_status local_write_private(const local_state *state, const char *path, const char *text,
                                 covet_error *err)
{
    COVET_TRY(process_enter(&state->account, err));
    const covet_status status = write_new(path, text, err);
    process_leave(&state->account);
    return status;
}

covet_status local_write_passfiles(cli_run *run, const local_state *state, const char *password,
                                   covet_error *err)
{
    const char *text = cli_printf(run, "*:*:*:%s:%s\n", LOCAL_USER, password);
    COVET_TRY(write_new(state->passfile, text, err));
    return local_write_private(state, state->server_passfile, text, err);
}

/* ---- removing -------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *place)
{
    COVET_UNUSED(facts);
    COVET_UNUSED(type);
    return place->level == 0 || remove(path) == 0 ? 0 : -1;
}

/* All that is in the directory; never follows a link, never crosses into another mount. */
static covet_status empty(const process_account *account, const char *path, covet_error *err)
{
    if (path == NULL)
        return COVET_OK;
    COVET_TRY(process_enter(account, err));
    const int bad = nftw(path, remove_one, 64, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    process_leave(account);
    return bad == 0 || errno == ENOENT
               ? COVET_OK
               : covet__fail(err, COVET_EIO, "%s: %s", path, strerror(errno));
}

/* Members one by one, for on a slow disk each takes a while; then what else is there. Lines
 * in a file would be too many: where something still writes it is tried again and again. */
static covet_status empty_home(cli_run *run, const local_state *state, covet_error *err)
{
    const bool terminal = isatty(STDERR_FILENO) == 1;
    for (int i = 0; i < state->member_count; i++) {
        const local_member *member = &state->members[i];
        if (terminal)
            cli_progress(run, "removing files", (uint64_t)i, (uint64_t)state->member_count,
                         member->name);
        COVET_TRY(empty(&state->account, member->server.data, err));
    }
    const covet_status status = empty(&state->account, state->home, err);
    cli_progress_end(run);
    return status;
}

static covet_status remove_directory(const char *path, covet_error *err)
{
    if (path == NULL || rmdir(path) == 0 || errno == ENOENT)
        return COVET_OK;
    return covet__fail(err, COVET_EIO, "%s: %s", path, strerror(errno));
}

covet_status local_remove(cli_run *run, const local_state *state, covet_error *err)
{
    COVET_TRY(empty_home(run, state, err));
    COVET_TRY(remove_directory(state->home, err));
    if (state->sockets_apart) {
        COVET_TRY(empty(&state->account, state->sockets, err));
        COVET_TRY(remove_directory(state->sockets, err));
    }
    static const char *const files[] = {"passfile", LOCAL_FILE ".new", LOCAL_FILE};
    for (size_t i = 0; i < COVET_COUNT(files); i++)
        if (unlinkat(state->lock, files[i], 0) != 0 && errno != ENOENT)
            return covet__fail(err, COVET_EIO, "%s: %s", files[i], strerror(errno));
    if (state->dir_made && rmdir(state->dir) != 0)
        cli_note(run, "the directory stays: %s", strerror(errno));
    return COVET_OK;
}
