#include "core/thread.h"

#include <signal.h>

#include "core/macros.h"

static void block_signals(sigset_t *ret_before)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF};
    sigset_t signals;
    sigfillset(&signals);
    for (size_t i = 0; i < COVET_COUNT(own); i++)
        sigdelset(&signals, own[i]);
    pthread_sigmask(SIG_BLOCK, &signals, ret_before);
}

int covet__thread_start(pthread_t *ret_thread, size_t stack, void *(*run)(void *user), void *user)
{
    pthread_attr_t attr;
    sigset_t before;
    int rc = pthread_attr_init(&attr);
    if (rc != 0)
        return rc;
    if (stack != 0)
        rc = pthread_attr_setstacksize(&attr, stack);
    if (rc == 0) {
        block_signals(&before); /* a thread begins with its maker's mask */
        rc = pthread_create(ret_thread, &attr, run, user);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attr);
    return rc;
}
