#include "shard/near.h"

#include <stdio.h>
#include <string.h>

#include "core/nearest.h"

/* Bounded: a database may have a table for each of its customers. */
const char covet__near_sql[] =
    "SELECT c.relname::pg_catalog.text\n"
    "  FROM (SELECT q.a[1] AS name, pg_catalog.length(q.a[1]) AS size,\n"
    "               q.a[2:] || CASE WHEN '' = ANY (q.a[2:])\n"
    "               THEN pg_catalog.current_schemas(false)::pg_catalog.text[] END AS schemas\n"
    "          FROM (SELECT $1::pg_catalog.text[] AS a) q) w\n"
    "  JOIN pg_catalog.pg_namespace n ON n.nspname = ANY (w.schemas)\n"
    "  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid\n"
    "   AND c.relkind IN ('r', 'p', 'v', 'm', 'f')\n"
    "   AND (pg_catalog.length(c.relname::pg_catalog.text)\n"
    "        BETWEEN w.size - 1 - w.size / 3 AND w.size + 1 + w.size / 3\n"
    "        OR pg_catalog.starts_with(c.relname::pg_catalog.text, w.name))\n"
    " WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')\n"
    " ORDER BY 1 LIMIT 1000";

static void add_item(covet__str *out, const char *text)
{
    covet__str_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            covet__str_char(out, '\\');
        covet__str_char(out, *text);
    }
    covet__str_char(out, '"');
}

void covet__near_value(covet__str *out, const char *name, const char *const *schemas, size_t count)
{
    covet__str_char(out, '{');
    add_item(out, name);
    for (size_t i = 0; i < count; i++) {
        covet__str_char(out, ',');
        add_item(out, schemas[i]);
    }
    covet__str_char(out, '}');
}

static bool is_seen(const covet__map *map, const covet__map_table *table, const char *schema)
{
    return schema != NULL ? strcmp(table->schema, schema) == 0
                          : covet__map_find_table(map, NULL, table->name) == table;
}

void covet__near_hint(const char *schema, const char *name, const covet__map *map,
                      const covet_result *rows, covet_error *err)
{
    covet__nearest nearest = covet__nearest_to(name, strlen(name));
    if (err == NULL)
        return;
    for (uint32_t i = 0; map != NULL && i < map->table_count; i++)
        if (is_seen(map, &map->tables[i], schema))
            covet__nearest_try(&nearest, map->tables[i].name);
    for (size_t i = 0; rows != NULL && i < covet_result_rows(rows); i++)
        covet__nearest_try(&nearest, covet_result_text(rows, i, 0));
    /* The very name: the table is there again, or in another place. */
    if (nearest.word == NULL || strcmp(nearest.word, name) == 0)
        return;
    const size_t length = strlen(err->message);
    snprintf(err->message + length, sizeof err->message - length,
             " (Perhaps you meant to reference the table \"%s%s%s\".)",
             schema != NULL ? schema : "", schema != NULL ? "." : "", nearest.word);
}
