/* core/base.h - the few words every covet header is written in. */
#ifndef COVET_CORE_BASE_H
#define COVET_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define COVET_C_BEGIN extern "C" {
#define COVET_C_END   }
#else
#define COVET_C_BEGIN
#define COVET_C_END
#endif

#define COVET_API          __attribute__((visibility("default")))
#define COVET_CHECKED      COVET_API __attribute__((warn_unused_result))
#define COVET_PRINTF(f, a) __attribute__((format(printf, f, a)))

#define COVET_VERSION_MAJOR 0
#define COVET_VERSION_MINOR 1
#define COVET_VERSION_PATCH 0

/* An options structure, ready to pass: COVET_OPTS(covet_pool_opts, .size_max = 16).
 * It begins with its own size, so that it can grow at the end without breaking
 * a program that was compiled against a shorter one; a zero field asks for its
 * default. C++ and bindings call the type's _init function instead. */
#define COVET_OPTS(type, ...) (&(type){.size = sizeof(type), __VA_ARGS__})

COVET_C_BEGIN

/* A moment on the loop's monotonic clock, or a span of it; in milliseconds. */
typedef uint64_t covet_msec;

/* "0.1.0": the library that is loaded, which may be newer than these headers. */
COVET_API const char *covet_version(void);

COVET_C_END
#endif
