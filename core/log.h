/*
 * core/log.h - what the library tells its operator.
 *
 * The library never prints. A sink given at covet_open gets records of what
 * happens beside the operations: a connection that broke, a map that changed. No
 * record holds a password or a parameter's value.
 */
#ifndef COVET_CORE_LOG_H
#define COVET_CORE_LOG_H

#include <covet/core/error.h>

COVET_C_BEGIN

typedef enum covet_log_level {
    COVET_LOG_DEBUG = 0,
    COVET_LOG_INFO,
    COVET_LOG_WARNING,
    COVET_LOG_ERROR,
} covet_log_level;

/* Lives during the call of the sink only. */
typedef struct covet_log_record {
    size_t size;
    covet_log_level level;
    const char *module;  /* "pool", "map", ... */
    const char *message; /* one line, no newline */
} covet_log_record;

/* Runs on the thread of the loop; must not block, and may start operations. */
typedef void covet_log_sink(const covet_log_record *record, void *user);

/* "warning"; never NULL. */
COVET_API const char *covet_log_level_name(covet_log_level level);

COVET_C_END
#endif
