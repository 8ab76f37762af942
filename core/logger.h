/* core/logger.h - internal: a sink and the least level that it wants. */
#ifndef COVET_CORE_LOGGER_H
#define COVET_CORE_LOGGER_H

#include <covet/core/log.h>

typedef struct covet__logger {
    covet_log_sink *sink; /* NULL: nobody listens */
    void *user;
    covet_log_level level;
} covet__logger;

void covet__log(const covet__logger *logger, covet_log_level level, const char *module,
                const char *format, ...) COVET_PRINTF(4, 5);

#endif
