/* core/macros.h - internal: return on failure, free on exit, hand over. */
#ifndef COVET_CORE_MACROS_H
#define COVET_CORE_MACROS_H

#include <covet/core/error.h>

/* Write once per type, beside its private definition. */
#define COVET_DEFINE_AUTO(type)                                                                    \
    static inline void type##_auto_free(type **slot) { type##_free(*slot); }

#define COVET_AUTO(type) __attribute__((cleanup(type##_auto_free))) type *

#define COVET_TRY(call)                                                                            \
    do {                                                                                           \
        const covet_status covet_try_status_ = (call);                                             \
        if (covet_try_status_ != COVET_OK)                                                         \
            return covet_try_status_;                                                              \
    } while (0)

/* Yields the pointer and empties the variable, so cleanup finds nothing. */
#define COVET_TAKE(pointer)                                                                        \
    (__extension__({                                                                               \
        __typeof__(pointer) covet_taken_ = (pointer);                                              \
        (pointer) = NULL;                                                                          \
        covet_taken_;                                                                              \
    }))

#define COVET_COUNT(array) (sizeof(array) / sizeof *(array))

#define COVET_CONTAINER(pointer, type, member)                                                     \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define COVET_LIKELY(x)   __builtin_expect(!!(x), 1)
#define COVET_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COVET_UNUSED(x)   ((void)(x))

#define COVET_MIN(a, b) ((a) < (b) ? (a) : (b))
#define COVET_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
