/*
 * tools/shardctl.c - covet-shardctl, which makes and keeps a cluster.
 *
 * A command is one line here; NAME_command is defined in the command's own file, which
 * tools/cmake/tools.cmake names.
 */
#include "tools/cli.h"

#define COMMANDS(X)                                                                                \
    X(init)                                                                                        \
    X(group_add)                                                                                   \
    X(group_list)                                                                                  \
    X(status)                                                                                      \
    X(distribute)                                                                                  \
    X(reference)                                                                                   \
    X(undistribute)                                                                                \
    X(sql)                                                                                         \
    X(explain)                                                                                     \
    X(local_up)                                                                                    \
    X(local_down)                                                                                  \
    X(local_start)                                                                                 \
    X(local_stop)                                                                                  \
    X(local_status)

#define X(name) extern const cli_command name##_command;
COMMANDS(X)
#undef X

static const cli_command *const commands[] = {
#define X(name) &name##_command,
    COMMANDS(X)
#undef X
        NULL,
};

static const cli_tool shardctl = {
    .name = "covet-shardctl",
    .summary = "Makes and keeps a cluster of PostgreSQL servers that libcovet shards",
    .commands = commands,
};

int main(int argc, char **argv) { return cli_main(&shardctl, argc, argv); }
