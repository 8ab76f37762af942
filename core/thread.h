/*
 * core/thread.h - internal: threads of the library's own.
 *
 * A signal to the process goes to any thread that does not block it. A service that waits
 * for SIGTERM by sigwait or signalfd, and blocks it in its own threads for that, would be
 * killed through a thread of ours that does not. So ours block all signals but those that
 * a thread raises by what it does itself (SIGSEGV and its like).
 */
#ifndef COVET_CORE_THREAD_H
#define COVET_CORE_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* As pthread_create. `stack` is in bytes, 0 for the system's own choice. */
int covet__thread_start(pthread_t *ret_thread, size_t stack, void *(*run)(void *user), void *user);

#endif
