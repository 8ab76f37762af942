#include <stdlib.h>
#include <string.h>

#include <covet/core/arena.h>

#include "core/fail.h"
#include "shard/schema.h"

/* A collation is C's if it is so named, if libc's C or POSIX stands behind it, or if it is
 * the database's default and that is. */
const char covet__schema_relations_sql[] =
    "SELECT q.n, a.attname, a.atttypid::pg_catalog.int8,\n"
    "       CASE WHEN a.attcollation = 0 THEN false\n"
    "            WHEN l.collname = 'default' THEN d.is_c\n"
    "            ELSE l.collname IN ('C', 'POSIX', 'ucs_basic')\n"
    "                 OR l.collprovider = 'c' AND l.collcollate IN ('C', 'POSIX') END,\n"
    "       d.is_c, c.relkind IN ('r', 'p'),\n"
    "       EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid\n"
    "               AND i.indisprimary AND a.attnum = ANY (i.indkey)),\n"
    "       CASE WHEN l.collname <> 'default' THEN pg_catalog.quote_ident(s.nspname) || '.' ||\n"
    "                 pg_catalog.quote_ident(l.collname) END\n"
    "  FROM (SELECT datlocprovider = 'c' AND datcollate IN ('C', 'POSIX') AS is_c\n"
    "          FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) d\n"
    "  LEFT JOIN pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY q(name, n) ON true\n"
    "  LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(q.name)\n"
    "  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid\n"
    "       AND a.attnum > 0 AND NOT a.attisdropped\n"
    "  LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation\n"
    "  LEFT JOIN pg_catalog.pg_namespace s ON s.oid = l.collnamespace\n"
    " ORDER BY q.n, a.attnum";

/* A name with a dot is schema and function; one without means pg_catalog and the search
 * path. */
const char covet__schema_functions_sql[] =
    "SELECT q.n, pg_catalog.bool_and(p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace),\n"
    "       CASE WHEN pg_catalog.bool_or(p.provolatile = 'v') THEN 'v'\n"
    "            WHEN pg_catalog.bool_or(p.provolatile = 's') THEN 's' ELSE 'i' END,\n"
    "       pg_catalog.bool_or(p.prokind = 'a'), pg_catalog.bool_or(p.prokind = 'w')\n"
    "  FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY q(name, n)\n"
    "  JOIN pg_catalog.pg_proc p\n"
    "       ON p.proname = pg_catalog.regexp_replace(q.name, '^.*[.]', '')\n"
    "  JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace\n"
    "       AND (s.nspname || '.' || p.proname = q.name\n"
    "            OR q.name !~ '[.]' AND s.nspname = ANY (pg_catalog.current_schemas(true)))\n"
    " GROUP BY q.n";

static const char *text_at(const covet_result *rows, size_t row, size_t column)
{
    const char *text = covet_result_text(rows, row, column);
    return text != NULL ? text : "";
}

static size_t number_at(const covet_result *rows, size_t row, size_t column)
{
    return strtoull(text_at(rows, row, column), NULL, 10);
}

static bool truth_at(const covet_result *rows, size_t row, size_t column)
{
    return text_at(rows, row, column)[0] == 't';
}

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

covet_status covet__schema_take_relations(covet__schema *schema, uint32_t names,
                                          const covet_result *rows, covet_arena *arena,
                                          covet_error *err)
{
    const size_t count = covet_result_rows(rows);
    covet__column *columns = covet_arena_alloc(arena, (count + 1) * sizeof *columns);
    schema->relations = covet_arena_alloc(arena, (names + 1) * sizeof *schema->relations);
    if (columns == NULL || schema->relations == NULL)
        return no_memory(err);
    memset(schema->relations, 0, (names + 1) * sizeof *schema->relations);
    schema->relation_count = names;
    for (size_t i = 0; i < count; i++) {
        const size_t n = number_at(rows, i, 0);
        const char *name = text_at(rows, i, 1);
        schema->c_database = truth_at(rows, i, 4);
        if (n == 0 || n > names || name[0] == '\0')
            continue;
        const char *collation = covet_result_text(rows, i, 7);
        columns[i] = (covet__column){.name = covet_arena_copy(arena, name, strlen(name)),
                                     .type = (uint32_t)number_at(rows, i, 2),
                                     .c_collated = truth_at(rows, i, 3),
                                     .primary = truth_at(rows, i, 6)};
        if (collation != NULL)
            columns[i].collation = covet_arena_copy(arena, collation, strlen(collation));
        if (columns[i].name == NULL || (collation != NULL && columns[i].collation == NULL))
            return no_memory(err);
        covet__relation *relation = &schema->relations[n - 1]; /* rows are sorted by n */
        if (relation->column_count++ == 0)
            relation->columns = &columns[i];
        relation->is_table = truth_at(rows, i, 5);
    }
    return COVET_OK;
}

covet_status covet__schema_take_functions(covet__schema *schema, const char *const *names,
                                          uint32_t count, const covet_result *rows,
                                          covet_arena *arena, covet_error *err)
{
    schema->functions = covet_arena_alloc(arena, (count + 1) * sizeof *schema->functions);
    if (schema->functions == NULL)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        schema->functions[i] =
            (covet__function){.name = covet_arena_copy(arena, names[i], strlen(names[i])),
                              .volatility = 'v'};
        if (schema->functions[i].name == NULL)
            return no_memory(err);
    }
    schema->function_count = count;
    for (size_t i = 0; i < covet_result_rows(rows); i++) {
        const size_t n = number_at(rows, i, 0);
        if (n == 0 || n > count)
            continue;
        covet__function *function = &schema->functions[n - 1];
        function->known = true;
        function->builtin = truth_at(rows, i, 1);
        function->volatility = text_at(rows, i, 2)[0];
        function->aggregate = truth_at(rows, i, 3);
        function->window = truth_at(rows, i, 4);
    }
    return COVET_OK;
}
