/*
 * tools/distribute_finish.c - `distribute --finish`: the old tables go.
 */
#include "tools/distribute.h"

static covet_status list_old(const cluster_handle *cluster, covet_result **ret_rows,
                             covet_error *err)
{
    return SQL_ROWS(cluster->home, ret_rows, err,
                    "SELECT format('%I.%I', n.nspname, c.relname), c.relname,"
                    " pg_total_relation_size(c.oid) FROM pg_class c"
                    " JOIN pg_namespace n ON n.oid = c.relnamespace"
                    " JOIN covet.tables t ON t.physical_name = c.relname"
                    " WHERE n.nspname = '" CLUSTER_OLD "' AND c.relkind = 'r' ORDER BY 1");
}

/* In one statement, for they may refer to each other. */
static covet_status drop_old(const cluster_handle *cluster, const covet_result *rows,
                             covet_error *err)
{
    covet__str sql = COVET__STR_IN(cluster->run->arena);
    for (size_t i = 0; i < covet_result_rows(rows); i++)
        covet__str_printf(&sql, "%s%s", i > 0 ? ", " : "DROP TABLE ",
                          covet_result_text(rows, i, 0));
    if (!covet__str_ok(&sql))
        cli_no_memory(cluster->run);
    if (sql.length > 0)
        COVET_TRY(covet__session_script(cluster->home, covet__str_text(&sql), err));
    return covet__session_script(cluster->home, "COMMIT", err); /* the map stays as it is */
}

static int report(cli_run *run, const covet_result *rows)
{
    json_t *tables = json_array();
    int64_t bytes = 0;
    for (size_t i = 0; i < covet_result_rows(rows); i++) {
        json_array_append_new(tables, json_string(covet_result_text(rows, i, 1)));
        bytes += cell_number(rows, i, 2);
        if (!run->json)
            printf("%s %s\n", run->dry_run ? "would drop" : "dropped",
                   covet_result_text(rows, i, 0));
    }
    if (run->json)
        return cli_print_json(run, json_pack("{s:o, s:I, s:b}", "dropped", tables, "bytes",
                                             (json_int_t)bytes, "dry_run", (int)run->dry_run));
    json_decref(tables);
    if (covet_result_rows(rows) == 0)
        printf("there are no old tables\n");
    return CLI_DONE;
}

int distribute_finish(cli_run *run)
{
    cluster_handle cluster = {0};
    covet_error err;
    covet_result *rows = NULL;
    if (run->operand_count > 0)
        return cli_usage(run, "--finish is for all tables and takes none by name");
    covet_status status = cluster_open(run, NULL, false, &cluster, &err);
    if (status == COVET_OK && !run->dry_run)
        status = cluster_begin(&cluster, &err);
    if (status == COVET_OK)
        status = list_old(&cluster, &rows, &err);
    if (status == COVET_OK && !run->dry_run)
        status = drop_old(&cluster, rows, &err);
    const int code = status == COVET_OK ? report(run, rows) : cli_fail_error(run, &err);
    covet_result_free(rows);
    cluster_close(&cluster);
    return code;
}
