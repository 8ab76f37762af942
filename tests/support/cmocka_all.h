/* tests/support/cmocka_all.h - cmocka with the headers that it forgets to include. */
#ifndef COVET_TESTS_CMOCKA_ALL_H
#define COVET_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A covet call that must succeed: prints the error's own words where it does not. */
#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        const covet_status status_ = (call);                                                       \
        if (status_ != COVET_OK)                                                                   \
            fail_msg("%s: %s (%s %s)", #call, (err)->message, covet_status_name(status_),          \
                     (err)->sqlstate);                                                             \
    } while (0)

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        const char *text_ = (text), *part_ = (part);                                               \
        if (strstr(text_, part_) == NULL)                                                          \
            fail_msg("\"%s\" does not contain \"%s\"", text_, part_);                              \
    } while (0)

#endif
