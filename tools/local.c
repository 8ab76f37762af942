/*
 * tools/local.c - the commands `local ...`; tools/local.h says how it works.
 */
#include "tools/local.h"

#include <dirent.h>
#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/loop.h"
#include "tools/ports.h"

#define DIR_OPTION                                                                                 \
    {                                                                                              \
        .name = "dir", .value = "DIR", .required = true, .help = "the directory of the cluster"    \
    }

/* ---- what all of them need ------------------------------------------------------------- */

/* A path that PostgreSQL can keep in a file of lines, and JSON in a text. */
static bool check_path(cli_run *run, const char **ret_path)
{
    const char *path = cli_text(run, "dir");
    json_t *text = json_string(path);
    bool good = text != NULL && *path != '\0' && strlen(path) < PATH_MAX;
    json_decref(text);
    for (const char *c = path; *c != '\0'; c++)
        good = good && ((unsigned char)*c >= ' ' && *c != '\x7f');
    if (!good)
        cli_usage(run, "--dir: not a path in UTF-8 without control characters");
    *ret_path = path;
    return good;
}

static void close_state(local_state *state)
{
    if (state->lock >= 0)
        close(state->lock);
}

/* Opens the cluster that --dir names; CLI_DONE, or the exit code. */
static int open_state(cli_run *run, local_state *state)
{
    covet_error err;
    const char *path;
    *state = (local_state){.lock = -1};
    if (!check_path(run, &path))
        return CLI_USAGE;
    if (local_lock(run, path, state, &err) == COVET_OK && local_load(run, state, &err) == COVET_OK)
        return CLI_DONE;
    close_state(state);
    state->lock = -1;
    return cli_fail_error(run, &err);
}

static int count_running(const local_state *state)
{
    int count = 0;
    for (int i = 0; i < state->member_count; i++)
        count += server_pid(&state->members[i].server) != 0;
    return count;
}

static int plan(cli_run *run, const local_state *state, const char *verb)
{
    if (run->json) {
        json_t *document = local_describe(run, state);
        json_object_set_new(document, "dry_run", json_true());
        return cli_print_json(run, document);
    }
    for (int i = 0; i < state->member_count; i++)
        printf("would %s %s (%s, port %d)\n", verb, state->members[i].name,
               state->members[i].standby ? "standby" : "primary", state->members[i].server.port);
    return CLI_DONE;
}

/* ---- local up -------------------------------------------------------------------------- */

typedef struct up_request {
    const char *path;
    int groups;
    int standbys;
    int shards;
    int port;
    bool fast;
} up_request;

static bool read_request(cli_run *run, up_request *ask)
{
    *ask = (up_request){.fast = cli_given(run, "fast")};
    if (!check_path(run, &ask->path) || !cli_number(run, "groups", 1, 32, &ask->groups) ||
        !cli_number(run, "standbys", 0, 7, &ask->standbys) ||
        !cli_number(run, "shards", 1, 65536, &ask->shards) ||
        !cli_number(run, "port", 0, 65535, &ask->port))
        return false;
    if (ask->port != 0 && ask->port < 1024) {
        cli_usage(run, "--port: not 0 and below 1024, where ports are privileged");
        return false;
    }
    if (ask->port + ask->groups * (1 + ask->standbys) > 65536) {
        cli_usage(run, "--port: the last port would be above 65535");
        return false;
    }
    if (ask->shards < ask->groups) {
        cli_usage(run, "--shards: fewer than groups");
        return false;
    }
    return true;
}

/* What was asked for in words must be what is there. */
static covet_status check_same(cli_run *run, const local_state *state, const up_request *ask,
                               covet_error *err)
{
    const int standbys = state->member_count / state->group_count - 1;
    const int port = state->members[0].server.port;
    const char *other = NULL;
    if (cli_given(run, "groups") && ask->groups != state->group_count)
        other = "groups";
    else if (cli_given(run, "standbys") && ask->standbys != standbys)
        other = "standbys";
    else if (cli_given(run, "shards") && ask->shards != state->shards)
        other = "shards";
    else if (cli_given(run, "port") && ask->port != 0 && ask->port != port)
        other = "port";
    else if (ask->fast && !state->fast)
        other = "fast";
    if (other == NULL)
        return COVET_OK;
    return covet__fail(err, COVET_EINVAL,
                       "--%s: these servers were made otherwise (leave it out, or take another "
                       "--dir)",
                       other);
}

/* After a failure, which is what will be reported. */
static void undo(cli_run *run, local_state *state, local_member *only, server_stop_mode mode)
{
    covet_error why;
    if (local_stop(run, state, only, mode, &why) != COVET_OK)
        cli_note(run, "%s", why.message);
}

static covet_status up_again(cli_run *run, local_state *state, const up_request *ask,
                             covet_error *err)
{
    COVET_TRY(local_load(run, state, err));
    if (!state->complete)
        return covet__fail(err, COVET_EBUSY,
                           "an earlier run has not come to its end (local down --destroy removes "
                           "what it left)");
    const int running = count_running(state);
    if (running > 0)
        return covet__fail(err, COVET_EBUSY,
                           "the cluster is already up, %d of its %d servers run (local status says "
                           "which, local down stops them)",
                           running, state->member_count);
    COVET_TRY(check_same(run, state, ask, err));
    if (run->dry_run)
        return COVET_OK;
    covet_status status = local_start_all(run, state, err);
    if (status == COVET_OK)
        status = local_make_cluster(run, state, err);
    if (status != COVET_OK)
        undo(run, state, NULL, SERVER_FAST);
    return status;
}

static bool is_empty(const char *path)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return false;
    int entries = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return entries == 0;
}

static covet_status choose_ports(cli_run *run, local_state *state, const up_request *ask,
                                 covet_error *err)
{
    char bin[1024];
    int first, busy;
    const int count = ask->groups * (1 + ask->standbys);
    COVET_TRY(server_find_programs(bin, sizeof bin, err));
    COVET_TRY(ports_take(ask->port, count, &first, &busy, err));
    if (busy != 0)
        cli_note(run, "port %d is in use, so ports %d to %d are taken instead of %d to %d", busy,
                 first, first + count - 1, ask->port, ask->port + count - 1);
    local_name_members(run, state, cli_printf(run, "%s", bin), ask->standbys, first);
    return COVET_OK;
}

static covet_status build(cli_run *run, local_state *state, const up_request *ask, covet_error *err)
{
    COVET_TRY(local_place(run, state, err));
    COVET_TRY(choose_ports(run, state, ask, err));
    COVET_TRY(local_save(state, err)); /* L2 */
    COVET_TRY(local_create(run, state, err));
    COVET_TRY(local_make_cluster(run, state, err));
    state->complete = true;
    return local_save(state, err);
}

static covet_status up_new(cli_run *run, local_state *state, const up_request *ask,
                           covet_error *err)
{
    state->fast = ask->fast;
    state->shards = ask->shards;
    state->group_count = ask->groups;
    COVET_TRY(process_account_find(&state->account, err));
    if (run->dry_run) {
        state->home = cli_printf(run, "%s/servers", state->dir);
        state->sockets = cli_printf(run, "%s/sockets", state->home);
        return choose_ports(run, state, ask, err);
    }
    if (!is_empty(state->dir))
        return covet__fail(err, COVET_EINVAL,
                           "--dir: the directory is not empty (choose a new one)");
    const covet_status status = build(run, state, ask, err);
    if (status == COVET_OK)
        return COVET_OK;
    covet_error why;
    if (local_stop(run, state, NULL, SERVER_IMMEDIATE, &why) != COVET_OK ||
        local_remove(run, state, &why) != COVET_OK)
        cli_note(run, "something is left: %s (local down --destroy)", why.message);
    return status;
}

/* Makes D, or finds it, and locks it. In a dry run it need not be there. */
static covet_status enter_directory(cli_run *run, const char *path, local_state *state,
                                    covet_error *err)
{
    /* Others may pass through to the servers, and see no more than names. */
    const mode_t mode = geteuid() == 0 ? 0711 : 0700;
    if (run->dry_run && access(path, F_OK) != 0) {
        state->dir = path;
        state->passfile = cli_printf(run, "%s/passfile", path);
        return COVET_OK;
    }
    if (!run->dry_run && mkdir(path, mode) == 0) {
        state->dir_made = true;
        if (chmod(path, mode) != 0) /* whatever the umask is */
            return covet__fail(err, COVET_EIO, "--dir: %s", strerror(errno));
    }
    return local_lock(run, path, state, err);
}

static int report_up(cli_run *run, const local_state *state, covet_msec started)
{
    if (run->json)
        return cli_print_json(run, local_describe(run, state));
    const char *catalog = local_dsn(run, state, &state->members[0]);
    cli_note(run, "%d servers in %d groups are up after %.1f s (%s local status --dir %s)",
             state->member_count, state->group_count, (double)(covet__now() - started) / 1000,
             run->tool->name, cli_shell_word(run, state->dir));
    printf("export COVET_CATALOG=%s\n", cli_shell_word(run, catalog));
    return CLI_DONE;
}

/* How to reach our own servers is known. What the user's environment says (PGPASSWORD goes
 * before a passfile, PGHOSTADDR before a host) is about others. */
static void forget_environment(void)
{
    static const char *const others[] = {"PGSERVICE", "PGSERVICEFILE", "PGDATESTYLE", "PGTZ"};
    for (size_t i = 0; i < COVET_COUNT(others); i++)
        unsetenv(others[i]); /* a service that there is not would leave no defaults */
    PQconninfoOption *defaults = PQconndefaults();
    for (const PQconninfoOption *o = defaults; o != NULL && o->keyword != NULL; o++)
        if (o->envvar != NULL)
            unsetenv(o->envvar);
    PQconninfoFree(defaults);
}

static int run_up(cli_run *run)
{
    up_request ask;
    if (!read_request(run, &ask))
        return CLI_USAGE;
    forget_environment();
    cli_catch_signals();
    const covet_msec started = covet__now();
    covet_error err;
    local_state state = {.lock = -1};
    covet_status status = enter_directory(run, ask.path, &state, &err);
    const bool known = status == COVET_OK && state.lock >= 0 && local_exists(&state);
    if (status == COVET_OK)
        status = known ? up_again(run, &state, &ask, &err) : up_new(run, &state, &ask, &err);
    int code;
    if (status != COVET_OK)
        code = cli_fail_error(run, &err);
    else if (run->dry_run)
        code = plan(run, &state, known ? "start" : "make and start");
    else
        code = report_up(run, &state, started);
    close_state(&state);
    return code;
}

static const cli_option up_options[] = {
    {.name = "dir",
     .value = "DIR",
     .required = true,
     .help = "a new or an empty directory, or one that was\n"
             "taken down"},
    {.name = "groups", .value = "N", .fallback = "4", .help = "how many groups"},
    {.name = "standbys", .value = "N", .fallback = "1", .help = "standbys of each group"},
    {.name = "shards", .value = "N", .fallback = "128", .help = "shards of the cluster"},
    {.name = "port",
     .value = "N",
     .fallback = "6400",
     .help = "the first port; others are taken if one is in\n"
             "use, or if this is 0"},
    {.name = "fast",
     .help = "flush nothing to disk: for tests, the data does\n"
             "not survive a crash of the machine"},
    {0},
};

const cli_command local_up_command = {
    .name = "local up",
    .shared = CLI_JSON | CLI_DRY_RUN,
    .options = up_options,
    .summary = "start real PostgreSQL servers on this machine",
    .help = "Makes groups g1, g2, ... of one primary (g1a) and its standbys (g1b, ...), each\n"
            "a server of its own that listens on 127.0.0.1 and on a unix socket, and waits\n"
            "until every server answers and every standby streams. On a directory that\n"
            "`local down` has left, starts the same servers again. If something fails, or\n"
            "on Ctrl-C, whatever was started is stopped.\n"
            "\n"
            "Prints a line for the shell:\n"
            "    eval \"$(covet-shardctl local up --dir DIR)\"\n"
            "sets COVET_CATALOG to where the cluster is found. The password of its role\n"
            "covet is in DIR/passfile.\n"
            "\n"
            "Run by root, the servers run as the account postgres, else nobody.\n",
    .run = run_up,
};

/* ---- local down ------------------------------------------------------------------------ */

/* What is about to be removed needs no checkpoint. Where a run of `up` was killed, the last
 * of its programs may only just be ending, and still write. */
static covet_status destroy_all(cli_run *run, local_state *state, covet_error *err)
{
    const covet_msec until = covet__now() + 10 * 1000;
    for (;;) {
        COVET_TRY(local_stop(run, state, NULL, SERVER_IMMEDIATE, err));
        const covet_status status = local_remove(run, state, err);
        if (status == COVET_OK || state->complete || covet__now() > until)
            return status;
        process_tick();
    }
}

static int run_down(cli_run *run)
{
    local_state state;
    const int bad = open_state(run, &state);
    if (bad != CLI_DONE)
        return bad;
    const bool destroy = cli_given(run, "destroy");
    const int running = count_running(&state);
    if (run->dry_run) {
        const int code = plan(run, &state, destroy ? "stop and remove" : "stop");
        close_state(&state);
        return code;
    }
    covet_error err;
    const covet_status status =
        destroy ? destroy_all(run, &state, &err) : local_stop(run, &state, NULL, SERVER_FAST, &err);
    close_state(&state);
    if (status != COVET_OK)
        return cli_fail_error(run, &err);
    if (run->json)
        return cli_print_json(run, json_pack("{s:i, s:b}", "stopped", running, "destroyed",
                                             (int)destroy));
    printf("%d of %d servers stopped%s\n", running, state.member_count,
           destroy ? ", everything removed" : "");
    return CLI_DONE;
}

static const cli_option down_options[] = {
    DIR_OPTION,
    {.name = "destroy", .help = "remove the data too, and all that `local up` made"},
    {0},
};

const cli_command local_down_command = {
    .name = "local down",
    .shared = CLI_JSON | CLI_DRY_RUN,
    .options = down_options,
    .summary = "stop the servers that `local up` started",
    .help = "Stops them with a fast shutdown, or an immediate one where that takes too long,\n"
            "and sees that they are gone. `local up` starts them again, unless --destroy has\n"
            "removed them.\n",
    .run = run_down,
};

/* ---- local stop, local start ----------------------------------------------------------- */

/* Opens the cluster and finds the member that the operand names. */
static int open_member(cli_run *run, local_state *state, local_member **ret_member)
{
    const int bad = open_state(run, state);
    if (bad != CLI_DONE)
        return bad;
    *ret_member = local_find(state, run->operands[0]);
    if (*ret_member != NULL)
        return CLI_DONE;
    close_state(state);
    return cli_fail(run, "%s: no such member (%s local status lists them)",
                    cli_shown(run->operands[0]), run->tool->name);
}

static int report_member(cli_run *run, const local_member *member, const char *text)
{
    const pid_t pid = server_pid(&member->server);
    if (run->json)
        return cli_print_json(run, json_pack("{s:s, s:s, s:i}", "name", member->name, "state", text,
                                             "pid", (int)pid));
    printf("%s: %s\n", member->name, text);
    return CLI_DONE;
}

static int run_stop(cli_run *run)
{
    local_state state;
    local_member *member;
    int code = open_member(run, &state, &member);
    if (code != CLI_DONE)
        return code;
    covet_error err;
    if (run->dry_run)
        code = report_member(run, member, "would be stopped");
    else if (server_pid(&member->server) == 0)
        code = report_member(run, member, "was down");
    else if (local_stop(run, &state, member, SERVER_FAST, &err) != COVET_OK)
        code = cli_fail_error(run, &err);
    else
        code = report_member(run, member, "down");
    close_state(&state);
    return code;
}

static int start_member(cli_run *run, local_state *state, local_member *member)
{
    covet_error err;
    if (local_start_one(run, state, member, &err) == COVET_OK)
        return report_member(run, member, "up");
    undo(run, state, member, SERVER_FAST);
    return cli_fail_error(run, &err);
}

static int run_start(cli_run *run)
{
    cli_catch_signals();
    forget_environment();
    local_state state;
    local_member *member;
    int code = open_member(run, &state, &member);
    if (code != CLI_DONE)
        return code;
    if (server_pid(&member->server) != 0)
        code = cli_fail(run, "%s: runs already", member->name);
    else if (!state.complete)
        code = cli_fail(run, "%s: was never finished (local down --destroy)", member->name);
    else if (run->dry_run)
        code = report_member(run, member, "would be started");
    else
        code = start_member(run, &state, member);
    close_state(&state);
    return code;
}

static const cli_option dir_options[] = {DIR_OPTION, {0}};

const cli_command local_stop_command = {
    .name = "local stop",
    .operands = "MEMBER",
    .operands_min = 1,
    .operands_max = 1,
    .shared = CLI_JSON | CLI_DRY_RUN,
    .options = dir_options,
    .summary = "stop one of the servers",
    .run = run_stop,
};

const cli_command local_start_command = {
    .name = "local start",
    .operands = "MEMBER",
    .operands_min = 1,
    .operands_max = 1,
    .shared = CLI_JSON | CLI_DRY_RUN,
    .options = dir_options,
    .summary = "start one of the servers again and wait until it takes connections",
    .run = run_start,
};

/* ---- local status ---------------------------------------------------------------------- */

static int run_status(cli_run *run)
{
    forget_environment();
    local_state state;
    const int bad = open_state(run, &state);
    if (bad != CLI_DONE)
        return bad;
    if (run->json) {
        close_state(&state);
        return cli_print_json(run, local_describe(run, &state));
    }
    printf("%-8s %-8s %-8s %5s %8s\n", "MEMBER", "ROLE", "STATE", "PORT", "PID");
    for (int i = 0; i < state.member_count; i++) {
        const local_member *member = &state.members[i];
        const pid_t pid = server_pid(&member->server);
        const char *role = pid != 0 ? local_role(run, &state, member) : NULL;
        const char *text = pid == 0 ? "down" : role == NULL ? "silent" : "up";
        char number[16] = "-";
        if (pid != 0)
            snprintf(number, sizeof number, "%d", (int)pid);
        printf("%-8s %-8s %-8s %5d %8s\n", member->name, role != NULL ? role : "-", text,
               member->server.port, number);
    }
    printf("catalog: %s\n", local_dsn(run, &state, &state.members[0]));
    close_state(&state);
    return CLI_DONE;
}

const cli_command local_status_command = {
    .name = "local status",
    .shared = CLI_JSON,
    .options = dir_options,
    .summary = "say which of the servers run, and as what",
    .run = run_status,
};
