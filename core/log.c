#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/logger.h"
#include "core/macros.h"

const char *covet_log_level_name(covet_log_level level)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    return (size_t)level < COVET_COUNT(names) ? names[level] : "unknown";
}

void covet__log(const covet__logger *logger, covet_log_level level, const char *module,
                const char *format, ...)
{
    if (logger == NULL || logger->sink == NULL || level < logger->level)
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    for (char *c = strchr(message, '\n'); c != NULL; c = strchr(c, '\n'))
        *c = ' ';
    logger->sink(&(covet_log_record){sizeof(covet_log_record), level, module, message},
                 logger->user);
}
