#include "tools/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/macros.h"

/* ---- accounts -------------------------------------------------------------------------- */

static void fill(process_account *account, const struct passwd *user, bool other)
{
    *account = (process_account){.uid = user->pw_uid, .gid = user->pw_gid, .other = other};
    covet__copy(account->name, sizeof account->name, user->pw_name);
    account->group_count = PROCESS_GROUPS_MAX;
    if (getgrouplist(user->pw_name, user->pw_gid, account->groups, &account->group_count) < 0) {
        account->groups[0] = user->pw_gid;
        account->group_count = 1;
    }
}

covet_status process_account_find(process_account *ret_account, covet_error *err)
{
    if (access("/proc/self/cwd", F_OK) != 0)
        return covet__fail(err, COVET_ENOTFOUND,
                           "what the servers do is seen in /proc, and that is not mounted");
    if (geteuid() != 0) {
        const struct passwd *self = getpwuid(geteuid());
        const struct passwd nameless = {.pw_name = (char[]){"?"},
                                        .pw_uid = geteuid(),
                                        .pw_gid = getegid()};
        fill(ret_account, self != NULL ? self : &nameless, false);
        return COVET_OK;
    }
    static const char *const names[] = {"postgres", "nobody"};
    for (size_t i = 0; i < COVET_COUNT(names); i++) {
        const struct passwd *user = getpwnam(names[i]);
        if (user != NULL && user->pw_uid != 0) {
            fill(ret_account, user, true);
            return COVET_OK;
        }
    }
    return covet__fail(err, COVET_ENOTFOUND,
                       "PostgreSQL does not run as root, and there is no account postgres or "
                       "nobody to run it as (be another user)");
}

/* What the tool's own groups were, while it acts as another account. */
static gid_t own_groups[NGROUPS_MAX];
static int own_group_count;

covet_status process_enter(const process_account *account, covet_error *err)
{
    if (!account->other)
        return COVET_OK;
    own_group_count = getgroups(NGROUPS_MAX, own_groups);
    if (own_group_count < 0 || setgroups((size_t)account->group_count, account->groups) != 0)
        return covet__fail(err, COVET_EIO, "cannot act as %s: %s", account->name, strerror(errno));
    if (setegid(account->gid) == 0 && seteuid(account->uid) == 0)
        return COVET_OK;
    const int reason = errno;
    process_leave(account);
    return covet__fail(err, COVET_EIO, "cannot act as %s: %s", account->name, strerror(reason));
}

void process_leave(const process_account *account)
{
    if (!account->other)
        return;
    const int reason = errno;
    /* Going on with half of another's ids is not an option. */
    if (seteuid(0) != 0 || setegid(getgid()) != 0 ||
        setgroups((size_t)own_group_count, own_groups) != 0)
        abort();
    errno = reason;
}

/* ---- children -------------------------------------------------------------------------- */

static void become(const process_account *account)
{
    if (account->other && (setgroups((size_t)account->group_count, account->groups) != 0 ||
                           setgid(account->gid) != 0 || setuid(account->uid) != 0))
        _exit(126);
}

typedef struct launch {
    const process_account *account;
    const char *const *argv;
    process_life life;
    pid_t parent;
    int input;
    int output;
    int report; /* gets errno where exec fails; closed by it otherwise */
} launch;

/* Between fork and exec: only what is safe there. */
static _Noreturn void run_child(const launch *plan)
{
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8";
    char *environment[] = {path, locale, NULL};
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    umask(077);
    if (dup2(plan->input, STDIN_FILENO) < 0 || dup2(plan->output, STDOUT_FILENO) < 0 ||
        dup2(plan->output, STDERR_FILENO) < 0 || dup3(plan->report, 3, O_CLOEXEC) < 0)
        _exit(126);
    closefrom(4);
    become(plan->account);
    if (plan->life == PROCESS_TIED) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* changing ids clears it, so it comes last */
        if (getppid() != plan->parent)
            _exit(126);
    }
    if (chdir("/") == 0)
        execve(plan->argv[0], (char *const *)(uintptr_t)plan->argv, environment);
    const int reason = errno;
    while (write(3, &reason, sizeof reason) < 0 && errno == EINTR)
        ;
    _exit(127);
}

static int open_log(const process_account *account, const char *log, covet_error *err)
{
    if (process_enter(account, err) != COVET_OK)
        return -1;
    const int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    process_leave(account);
    if (fd < 0)
        covet__fail(err, COVET_EIO, "%s: %s", log, strerror(errno));
    return fd;
}

/* Descriptors that the child moves must not be those that it moves them to. */
static int above_standard(int fd)
{
    if (fd < 0 || fd > 3)
        return fd;
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, 4);
    close(fd);
    return high;
}

static covet_status spawn(launch *plan, const int report[2], pid_t *ret_pid, covet_error *err)
{
    const char *program = plan->argv[0];
    const pid_t pid = fork();
    if (pid == 0)
        run_child(plan);
    close(report[1]);
    if (pid < 0)
        return covet__fail(err, COVET_EIO, "%s: fork: %s", program, strerror(errno));
    int reason = 0;
    ssize_t got;
    do
        got = read(report[0], &reason, sizeof reason);
    while (got < 0 && errno == EINTR);
    if (got == 0) {
        *ret_pid = pid;
        return COVET_OK;
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return covet__fail(err, COVET_EIO, "%s: %s", program, strerror(reason));
}

covet_status process_spawn(const process_account *account, const char *const argv[],
                           const char *log, process_life life, pid_t *ret_pid, covet_error *err)
{
    launch plan = {.account = account, .argv = argv, .life = life, .parent = getpid()};
    plan.output = above_standard(open_log(account, log, err));
    if (plan.output < 0)
        return COVET_EIO;
    covet_status status = COVET_EIO;
    int report[2] = {-1, -1};
    plan.input = above_standard(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (plan.input < 0 || pipe2(report, O_CLOEXEC) != 0) {
        status = covet__fail(err, COVET_EIO, "%s: %s", argv[0], strerror(errno));
    } else {
        plan.report = report[1] = above_standard(report[1]);
        status = spawn(&plan, report, ret_pid, err);
        close(report[0]);
    }
    if (plan.input >= 0)
        close(plan.input);
    close(plan.output);
    return status;
}

bool process_ask(const char *const argv[], char *ret_line, size_t size)
{
    int line[2];
    if (pipe2(line, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, line[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid;
    const int bad =
        posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(line[1]);
    FILE *file = fdopen(line[0], "r");
    const bool got = file != NULL && bad == 0 && fgets(ret_line, (int)size, file) != NULL;
    if (file != NULL)
        fclose(file);
    int status = 1;
    while (bad == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!got || status != 0)
        return false;
    ret_line[strcspn(ret_line, "\n")] = '\0';
    return true;
}

bool process_ended(pid_t child, bool *ret_failed)
{
    int status = 0;
    const pid_t got = waitpid(child, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return false;
    *ret_failed = got < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    return true;
}

/* ---- any process ----------------------------------------------------------------------- */

static bool is_alive(pid_t pid, const char *program)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    /* "PID (PROGRAM) STATE ...", and a program's name may hold parentheses. A zombie has
     * ended: in a container nobody may ever fetch it. */
    char *name = strchr(text, '('), *state = strrchr(text, ')');
    if (name == NULL || state == NULL || state[1] != ' ')
        return false;
    *state = '\0';
    return strcmp(name + 1, program) == 0 && strchr("ZXx", state[2]) == NULL;
}

bool process_works_in(pid_t pid, const char *program, const char *directory)
{
    char link[64], target[PATH_MAX + 1];
    snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
    const ssize_t length = pid > 1 ? readlink(link, target, sizeof target - 1) : -1;
    if (length < 0)
        return false;
    target[length] = '\0';
    return strcmp(target, directory) == 0 && is_alive(pid, program);
}

bool process_any_works_in(const char *program, const char *directory)
{
    DIR *all = opendir("/proc");
    if (all == NULL)
        return false;
    bool found = false;
    for (const struct dirent *entry; !found && (entry = readdir(all)) != NULL;)
        found = process_works_in((pid_t)strtol(entry->d_name, NULL, 10), program, directory);
    closedir(all);
    return found;
}

void process_tick(void)
{
    const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
    nanosleep(&moment, NULL);
}
