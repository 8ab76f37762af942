#include "shard/deep.h"

#include "core/thread.h"

enum { STACK_BYTES = 64 << 20 };

typedef struct deep_call {
    covet_status (*call)(void *args);
    void *args;
    covet_status status;
} deep_call;

static void *run(void *user)
{
    deep_call *deep = user;
    deep->status = deep->call(deep->args);
    return NULL;
}

covet_status covet__with_stack(uint32_t depth, covet_status (*call)(void *args), void *args,
                               covet_error *err)
{
    deep_call deep = {.call = call, .args = args};
    pthread_t thread;
    if (depth <= COVET__DEEP)
        return call(args);
    if (covet__thread_start(&thread, STACK_BYTES, run, &deep) != 0)
        return covet__fail(err, COVET_ENOMEM,
                           "statement: there is no thread to be had for its %u levels of nesting",
                           depth);
    pthread_join(thread, NULL);
    return deep.status;
}
