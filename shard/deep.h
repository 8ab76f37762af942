/*
 * shard/deep.h - internal: room on the stack for statements that nest deep.
 *
 * The parser's tree is copied and walked by recursion, and a level of it takes up to 10 kB
 * of stack, most of it in protobuf-c. A service's thread may have a stack of 512 kB
 * (covet_open asks for that much), a statement may nest a thousand levels. So what is
 * deeper than COVET__DEEP is worked on by a thread of its own, whose stack is large and
 * only takes the memory that it touches. The caller waits for it: planning is work that
 * is done once a text, and such texts are rare.
 */
#ifndef COVET_SHARD_DEEP_H
#define COVET_SHARD_DEEP_H

#include "core/fail.h"

enum { COVET__DEEP = 30 };

/* Returns what call(args) does, wherever it runs. */
covet_status covet__with_stack(uint32_t depth, covet_status (*call)(void *args), void *args,
                               covet_error *err);

#endif
