#include <string.h>

#include "shard/near.h"
#include "tools/sql.h"

/* The name in `relation "x.y" does not exist`. */
static bool missing_name(cli_run *run, const char *message, const char **ret_schema,
                         const char **ret_name)
{
    static const char *const kinds[] = {"relation \"", "table \""};
    const char *from = NULL;
    for (size_t i = 0; i < COVET_COUNT(kinds) && from == NULL; i++)
        if (strncmp(message, kinds[i], strlen(kinds[i])) == 0 ||
            (from = strstr(message, kinds[i])) != NULL)
            from = (from != NULL ? from : message) + strlen(kinds[i]);
    const size_t length = from != NULL ? strcspn(from, "\"") : 0;
    if (length == 0)
        return false;
    char *name = cli_printf(run, "%.*s", (int)length, from), *dot = strrchr(name, '.');
    *ret_schema = dot != NULL ? name : NULL;
    *ret_name = dot != NULL ? dot + 1 : name;
    if (dot != NULL)
        *dot = '\0';
    return true;
}

void sql_near_table(sql_work *work, covet_error *err)
{
    covet_result *rows = NULL;
    covet__str value = COVET__STR_IN(work->run->arena);
    const char *schema, *name;
    if (strcmp(err->sqlstate, "42P01") != 0 || strstr(err->message, "Perhaps you meant") != NULL ||
        !missing_name(work->run, err->message, &schema, &name))
        return;
    const char *const path[] = {schema != NULL ? schema : "", CLUSTER_SHELL};
    covet__near_value(&value, name, path, schema != NULL ? 1 : 2);
    const char *text = covet__str_text(&value);
    if (text == NULL || covet_query_wait(work->db, COVET_SQL(covet__near_sql, covet_text(text)),
                                         NULL, &rows, NULL) != COVET_OK)
        return;
    covet__near_hint(schema, name, NULL, rows, err);
    covet_result_free(rows);
}
