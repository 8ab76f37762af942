/*
 * tools/process.h - other programs, and the user they run as.
 *
 * PostgreSQL refuses to run as root. When the tool is run by root, its servers run as
 * an unprivileged account (`postgres`, else `nobody`), and the tool takes on that
 * account's effective ids whenever it touches a file in the servers' directories: so
 * what it creates belongs to the servers, and a link that the account has planted leads
 * nowhere that the account could not go itself.
 *
 * No shell is involved anywhere, and no password is ever in an argument or in an
 * environment.
 */
#ifndef COVET_TOOLS_PROCESS_H
#define COVET_TOOLS_PROCESS_H

#include <sys/types.h>

#include "core/fail.h"

enum { PROCESS_GROUPS_MAX = 64 };

typedef struct process_account {
    uid_t uid;
    gid_t gid;
    bool other; /* not the one that runs the tool */
    int group_count;
    gid_t groups[PROCESS_GROUPS_MAX];
    char name[64];
} process_account;

/* The account that servers run as. Fails where there is none, or no /proc to see them in. */
covet_status process_account_find(process_account *ret_account, covet_error *err);

/* Take on its effective ids, and give them back (errno is kept). Both do nothing where it
 * is the tool's own; they must come in pairs. */
covet_status process_enter(const process_account *account, covet_error *err);
void process_leave(const process_account *account);

typedef enum process_life {
    PROCESS_TIED, /* killed when the tool dies: a step of something larger */
    PROCESS_FREE, /* outlives the tool: a server */
} process_life;

/* Starts argv[0] (a path) as the account, in a session of its own, so that Ctrl-C at a
 * terminal reaches the tool only. Its output is appended to `log`; the environment holds
 * a fixed PATH and locale and nothing of the caller's. */
covet_status process_spawn(const process_account *account, const char *const argv[],
                           const char *log, process_life life, pid_t *ret_pid, covet_error *err);

/* Runs a program that prints one short line, looked up in PATH, and takes that line. False:
 * it could not be run, or it failed. */
bool process_ask(const char *const argv[], char *ret_line, size_t size);

/* Whether a child has ended, reaping it; *ret_failed: not with exit code 0. */
bool process_ended(pid_t child, bool *ret_failed);

/* Whether a process runs `program` (as the kernel calls it) and has `directory` (without
 * links in its path) as its working directory; a zombie does not count. Ask as the account
 * that it runs as: others, even root in a container, may not see it. */
bool process_works_in(pid_t pid, const char *program, const char *directory);
/* Whether there is any such process. */
bool process_any_works_in(const char *program, const char *directory);

/* Sleeps a moment, less if a signal comes: the pace of all loops that wait. */
void process_tick(void);

#endif
