/*
 * tools/sql_view.c - CREATE, ALTER and DROP VIEW, at home (shard/utility.h).
 *
 * Plans hold the queries of the views that they were made with. They are made anew for each
 * version of the map, so a view changes as a table does: under the lock of the cluster, and
 * with a new version (cluster_commit).
 */
#include <string.h>
#include <time.h>

#include "tools/sql.h"

enum { SEEN_MSEC = 5000 };

/* The handle's own plans are of the old version until it has heard of the new one. */
static void await_version(const sql_work *work, uint64_t epoch)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < SEEN_MSEC && cli_interrupted() == 0; i++) {
        covet_db_info info = {.size = sizeof info};
        covet_db_describe(work->db, &info);
        if (info.epoch >= epoch)
            return;
        nanosleep(&pause, NULL);
    }
}

static covet_status set_path(cluster_handle *cluster, covet_error *err)
{
    const covet__map *map = cluster->map;
    covet__str sql = COVET__STR_IN(cluster->run->arena);
    covet__str_add(&sql, "SET LOCAL search_path = ");
    for (uint32_t i = 0; i < map->search_path_count; i++) {
        covet__str_add(&sql, i > 0 ? ", " : "");
        covet__str_ident(&sql, map->search_path[i]);
    }
    if (map->search_path_count == 0)
        covet__str_add(&sql, "''");
    if (!covet__str_ok(&sql))
        cli_no_memory(cluster->run);
    return covet__session_script(cluster->home, covet__str_text(&sql), err);
}

static covet_status run_locked(sql_work *work, cluster_handle *cluster, const covet__parse *parse,
                               covet_error *err)
{
    covet__utility utility;
    covet__str sql = COVET__STR_IN(work->run->arena);
    COVET_TRY(cluster_begin(cluster, err));
    COVET_TRY(covet__utility_decide(parse, cluster->map, &utility, err));
    COVET_TRY(set_path(cluster, err));
    covet__edits_apply(&utility.view, cluster->map, CLUSTER_SHELL, &sql);
    if (!covet__str_ok(&sql))
        cli_no_memory(work->run);
    const covet_status status = covet__session_script(cluster->home, covet__str_text(&sql), err);
    if (status != COVET_OK) {
        err->position =
            covet__edits_position(&utility.view, cluster->map, CLUSTER_SHELL, err->position);
        return status;
    }
    return cluster_commit(cluster, err);
}

covet_status sql_view(sql_work *work, cluster_handle *cluster, const covet__parse *parse,
                      const covet__utility *utility, bool *ret_done, covet_error *err)
{
    *ret_done = work->tx == NULL;
    if (work->tx != NULL && utility->view.count > 0)
        return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                 "%s of tables that are not local is not supported inside a "
                                 "transaction yet (COMMIT first)",
                                 utility->tag);
    if (work->tx != NULL)
        return COVET_OK; /* of local tables: the library's, in that transaction */
    COVET_TRY(run_locked(work, cluster, parse, err));
    await_version(work, cluster->map->epoch + 1);
    return COVET_OK;
}
