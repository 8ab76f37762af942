#include <string.h>

#include "tools/sql.h"

enum { NAMES_MAX = 5000 };

/* The name in `relation "x" does not exist`. */
static const char *missing_name(cli_run *run, const char *message)
{
    const char *from = strstr(message, "relation \"");
    if (from == NULL)
        return NULL;
    from += strlen("relation \"");
    const char *name = cli_printf(run, "%.*s", (int)strcspn(from, "\""), from);
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

const char *sql_near_table(sql_work *work, const covet_error *err)
{
    static const char names_sql[] =
        "SELECT DISTINCT c.relname::text FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '_s[0-9]{5,}$'"
        " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'covet',"
        " 'covet_old') LIMIT 5000";
    covet_result *rows = NULL;
    const char *near = "";
    const char *word =
        strcmp(err->sqlstate, "42P01") == 0 ? missing_name(work->run, err->message) : NULL;
    if (word == NULL || strstr(err->message, "did you mean") != NULL)
        return "";
    if (covet_query_wait(work->db, COVET_SQL(names_sql), NULL, &rows, NULL) != COVET_OK)
        return "";
    const char **names = cli_alloc(work->run, NAMES_MAX * sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < covet_result_rows(rows) && count < NAMES_MAX; i++)
        names[count++] = covet_result_text(rows, i, 0);
    near = cli_near_name(work->run, word, names, count);
    covet_result_free(rows);
    return near;
}
