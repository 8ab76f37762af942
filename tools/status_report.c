/* tools/status_report.c - `status` as a page and as a document. */
#include "tools/status.h"

#include <string.h>

/* ---- a page ---------------------------------------------------------------------------- */

static const char *size_text(const status_view *view, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)bytes;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < COVET_COUNT(units); unit++)
        size /= 1024;
    return cli_printf(view->cluster->run, size >= 10 || unit == 0 ? "%.0f %s" : "%.1f %s", size,
                      units[unit]);
}

static const char *lag_text(const status_view *view, const covet__probe_verdict *verdict)
{
    cli_run *run = view->cluster->run;
    if (verdict->state != COVET__PROBE_UP || verdict->primary || !verdict->lag_known)
        return "-";
    if (verdict->lag_bytes == 0)
        return "0";
    const char *bytes = size_text(view, verdict->lag_bytes);
    return verdict->lag_msec_known
               ? cli_printf(run, "%s, %llu ms", bytes, (unsigned long long)verdict->lag_msec)
               : bytes;
}

static const char *role_text(const status_member *member)
{
    if (member->verdict.state == COVET__PROBE_UP)
        return member->verdict.primary ? "primary" : "standby";
    return "-";
}

static const char *note_of(const status_member *member)
{
    return member->verdict.state == COVET__PROBE_DOWN ? member->trouble : member->verdict.note;
}

static void print_group(const status_view *view, uint32_t group)
{
    const covet__map *map = view->cluster->map;
    for (uint32_t i = 0, first = 1; i < map->member_count; i++) {
        const status_member *member = &view->members[i];
        char shards[16] = "", connections[16] = "-";
        if (member->entry->group != group)
            continue;
        if (first != 0)
            snprintf(shards, sizeof shards, "%u", cluster_shards_of(map, group));
        if (member->row.answered)
            snprintf(connections, sizeof connections, "%u", member->row.connections);
        printf("%-10s %-10s %-8s %-8s %6s %6s %8s  %-16s%s\n",
               first != 0 ? map->groups[group].name : "", member->entry->name, role_text(member),
               covet__probe_state_name(member->verdict.state), shards, connections,
               member->row.answered ? size_text(view, member->row.size_bytes) : "-",
               lag_text(view, &member->verdict), note_of(member));
        first = 0;
    }
}

static void print_tables(const status_view *view)
{
    const covet__map *map = view->cluster->map;
    if (map->table_count > 0)
        printf("\n%-30s %-12s %-16s %12s\n", "TABLE", "KIND", "KEY", "ROWS (EST.)");
    for (uint32_t i = 0; i < map->table_count; i++) {
        const covet__map_table *table = &map->tables[i];
        const double rows = status_rows_of(view, table);
        char count[32] = "?";
        if (rows <= STATUS_ROWS_UNCOUNTED)
            strcpy(count, "-");
        else if (rows >= 0)
            snprintf(count, sizeof count, "%.0f", rows);
        printf("%-30s %-12s %-16s %12s\n",
               cli_printf(view->cluster->run, "%s.%s", table->schema, table->name),
               table->kind == COVET__TABLE_REFERENCE ? "reference" : "distributed",
               table->key_column != NULL ? table->key_column : "-", count);
    }
}

/* A prepared transaction holds its tables until somebody ends it. */
static void print_prepared(const status_view *view, const status_member *member, bool *first)
{
    const covet__map *map = view->cluster->map;
    for (size_t i = 0; i < member->prepared_count; i++) {
        const status_prepared *prepared = &member->prepared[i];
        const char *ending = status_ending(view, prepared);
        printf("%sunfinished since %s: a prepared transaction in group %s, which keeps tables "
               "locked: %s\n",
               *first ? "\n" : "", prepared->since, map->groups[member->entry->group].name,
               prepared->gid);
        if (ending != NULL)
            printf("  (the command runs, or was killed: run it again, or any other that changes "
                   "the cluster, which ends it: %s)\n",
                   ending);
        else if (view->trouble == NULL)
            printf("  (of another cluster or incarnation: no command ends it; ROLLBACK PREPARED "
                   "does)\n");
        *first = false;
    }
}

static void print_unfinished(const status_view *view)
{
    bool first = true;
    for (size_t i = 0; i < view->job_count; i++, first = false)
        printf("%sunfinished since %s: %s%s%s\n", first ? "\n" : "", view->jobs[i].started,
               view->jobs[i].statement, view->jobs[i].error != NULL ? ": " : "",
               view->jobs[i].error != NULL ? view->jobs[i].error : "");
    for (uint32_t i = 0; i < view->cluster->map->member_count; i++)
        print_prepared(view, &view->members[i], &first);
}

void status_print(const status_view *view)
{
    const covet__map *map = view->cluster->map;
    printf("cluster %s, incarnation %llu, epoch %llu, %u shards\n", map->cluster_id,
           (unsigned long long)map->incarnation, (unsigned long long)map->epoch, map->shard_count);
    if (view->trouble != NULL)
        printf("the catalog cannot be read now: %s\n", view->trouble);
    printf("\n%-10s %-10s %-8s %-8s %6s %6s %8s  %-16s%s\n", "GROUP", "MEMBER", "ROLE", "STATE",
           "SHARDS", "CONNS", "SIZE", "LAG", "");
    for (uint32_t g = 0; g < map->group_count; g++)
        print_group(view, g);
    print_tables(view);
    print_unfinished(view);
}

/* ---- a document ------------------------------------------------------------------------ */

static json_t *member_json(const status_member *member)
{
    const covet__probe_verdict *verdict = &member->verdict;
    const bool up = verdict->state == COVET__PROBE_UP;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s}", "name", member->entry->name,
                             "state", covet__probe_state_name(verdict->state), "expected_role",
                             member->entry->primary ? "primary" : "standby", "role",
                             up ? (verdict->primary ? "primary" : "standby") : NULL, "dsn",
                             member->entry->dsn, "note", note_of(member));
    if (member->row.answered) {
        json_object_set_new(json, "timeline", json_integer(member->row.timeline));
        json_object_set_new(json, "connections", json_integer(member->row.connections));
        json_object_set_new(json, "size_bytes", json_integer((json_int_t)member->row.size_bytes));
    }
    if (up && verdict->lag_known)
        json_object_set_new(json, "lag_bytes", json_integer((json_int_t)verdict->lag_bytes));
    if (up && verdict->lag_known && verdict->lag_msec_known)
        json_object_set_new(json, "lag_ms", json_integer((json_int_t)verdict->lag_msec));
    return json;
}

static json_t *groups_json(const status_view *view)
{
    const covet__map *map = view->cluster->map;
    json_t *groups = json_array();
    for (uint32_t g = 0; g < map->group_count; g++) {
        json_t *members = json_array();
        for (uint32_t i = 0; i < map->member_count; i++)
            if (map->members[i].group == g)
                json_array_append_new(members, member_json(&view->members[i]));
        json_array_append_new(groups,
                              json_pack("{s:s, s:b, s:i, s:i, s:o}", "name", map->groups[g].name,
                                        "home", (int)map->groups[g].home, "weight",
                                        (int)map->groups[g].weight, "shards",
                                        (int)cluster_shards_of(map, g), "members", members));
    }
    return groups;
}

static json_t *tables_json(const status_view *view)
{
    const covet__map *map = view->cluster->map;
    json_t *tables = json_array();
    for (uint32_t i = 0; i < map->table_count; i++) {
        const covet__map_table *table = &map->tables[i];
        const double rows = status_rows_of(view, table);
        json_array_append_new(tables,
                              json_pack("{s:s, s:s, s:s, s:s?, s:o}", "schema", table->schema,
                                        "name", table->name, "kind",
                                        table->kind == COVET__TABLE_REFERENCE ? "reference"
                                                                              : "distributed",
                                        "key", table->key_column, "rows_estimate",
                                        rows >= 0 ? json_integer((json_int_t)rows) : json_null()));
    }
    return tables;
}

static json_t *prepared_json(const status_view *view)
{
    const covet__map *map = view->cluster->map;
    json_t *list = json_array();
    for (uint32_t i = 0; i < map->member_count; i++)
        for (size_t k = 0; k < view->members[i].prepared_count; k++) {
            const status_prepared *one = &view->members[i].prepared[k];
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s?}", "group",
                                                  map->groups[map->members[i].group].name, "gid",
                                                  one->gid, "prepared_at", one->since, "ending",
                                                  status_ending(view, one)));
        }
    return list;
}

json_t *status_json(const status_view *view)
{
    const covet__map *map = view->cluster->map;
    json_t *jobs = json_array();
    for (size_t i = 0; i < view->job_count; i++)
        json_array_append_new(jobs, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "id", view->jobs[i].id,
                                              "kind", view->jobs[i].kind, "statement",
                                              view->jobs[i].statement, "started_at",
                                              view->jobs[i].started, "error", view->jobs[i].error));
    return json_pack("{s:s, s:I, s:I, s:i, s:o, s:o, s:o, s:o}", "cluster", map->cluster_id,
                     "incarnation", (json_int_t)map->incarnation, "epoch", (json_int_t)map->epoch,
                     "shards", (int)map->shard_count, "groups", groups_json(view), "tables",
                     tables_json(view), "jobs", jobs, "prepared", prepared_json(view));
}
