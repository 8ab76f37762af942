#include "tools/inspect.h"

#include <string.h>

#include "shard/near.h"

/* ---- finding --------------------------------------------------------------------------- */

covet_status inspect_parse(const cluster_handle *cluster, const char *word, const char **ret_schema,
                           const char **ret_name, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    covet_error why;
    const covet_status status =
        SQL_ROWS(cluster->home, &rows, &why,
                 "SELECT CASE cardinality(p) WHEN 2 THEN p[1] END, p[cardinality(p)],"
                 " cardinality(p) FROM parse_ident($1) p",
                 word);
    if (status == COVET_ESQL || (status == COVET_OK && cell_number(rows, 0, 2) > 2))
        return covet__fail(err, COVET_EINVAL,
                           "%s: not a table's name (TABLE or SCHEMA.TABLE; what is not of small "
                           "letters is quoted as in SQL, and again for the shell: "
                           "'\"Weird Tab\"\"le\"')",
                           cli_shown(word));
    if (status != COVET_OK) {
        if (err != NULL)
            *err = why;
        return status;
    }
    *ret_schema = cell_text(cluster->run, rows, 0, 0);
    *ret_name = cell_text(cluster->run, rows, 0, 1);
    return COVET_OK;
}

covet_status inspect_find(const cluster_handle *cluster, const char *schema, const char *name,
                          const char **ret_oid, covet_error *err)
{
    const covet__map *map = cluster->map;
    const char *path = schema != NULL
                           ? sql_array(cluster->run, &schema, 1)
                           : sql_array(cluster->run, map->search_path, map->search_path_count);
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err,
                       "SELECT c.oid FROM unnest($1::text[]) WITH ORDINALITY s(name, n)"
                       " JOIN pg_namespace n ON n.nspname = s.name"
                       " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = $2"
                       " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY s.n LIMIT 1",
                       path, name));
    *ret_oid = covet_result_rows(rows) > 0 ? cell_text(cluster->run, rows, 0, 0) : NULL;
    return COVET_OK;
}

covet_status inspect_no_table(const cluster_handle *cluster, const char *word, const char *schema,
                              const char *name, const char **ret_text, covet_error *err)
{
    const covet__map *map = cluster->map;
    covet__str value = COVET__STR_IN(cluster->run->arena);
    covet_error said;
    COVET_AUTO(covet_result) rows = NULL;
    covet__near_value(&value, name, schema != NULL ? &schema : map->search_path,
                      schema != NULL ? 1 : map->search_path_count);
    if (!covet__str_ok(&value))
        cli_no_memory(cluster->run);
    COVET_TRY(SQL_ROWS(cluster->home, &rows, err, covet__near_sql, covet__str_text(&value)));
    covet__fail(&said, COVET_ENOTFOUND, "%s: there is no such table", cli_shown(word));
    covet__near_hint(schema, name, map, rows, &said);
    *ret_text = cli_printf(cluster->run, "%s", said.message);
    return COVET_OK;
}

covet_status inspect_oid(cli_run *run, covet__session *session, const char *schema,
                         const char *name, const char **ret_oid, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                       " WHERE n.nspname = $1 AND c.relname = $2",
                       schema, name));
    *ret_oid = covet_result_rows(rows) > 0 ? cell_text(run, rows, 0, 0) : NULL;
    return COVET_OK;
}

const table_column *inspect_column(const table_def *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

bool inspect_names_hold(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* ---- the table ------------------------------------------------------------------------- */

/* "fillfactor='70'" of an array of texts "fillfactor=70". */
#define OPTIONS_OF(array, prefix)                                                                  \
    "(SELECT string_agg(format('" prefix "%s=%L', split_part(o, '=', 1),"                          \
    " substr(o, strpos(o, '=') + 1)), ', ') FROM unnest(" array ") o)"

static const char table_sql[] =
    "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident,\n"
    "       pg_get_userbyid(c.relowner), pg_get_userbyid(c.relowner) = current_user,\n"
    "       pg_has_role(c.relowner, 'USAGE'),\n"
    "       nullif(concat_ws(', ', " OPTIONS_OF(
        "c.reloptions",
        "") ",\n"
            "              " OPTIONS_OF(
                "t.reloptions",
                "toast.") "), ''),\n"
                          "       obj_description(c.oid, 'pg_class'), greatest(c.reltuples, -1)::int8,\n"
                          "       pg_total_relation_size(c.oid)\n"
                          "  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace\n"
                          "  LEFT JOIN pg_class t ON t.oid = c.reltoastrelid\n"
                          " WHERE c.oid = $1::oid";

static covet_status count_rows(covet__session *session, cli_run *run, table_def *table,
                               covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       cli_printf(run, "SELECT count(*) FROM %s",
                                  sql_name(run, table->schema, table->name))));
    table->rows = cell_number(rows, 0, 0);
    return COVET_OK;
}

static covet_status read_table(cli_run *run, covet__session *session, const char *oid,
                               table_def *table, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, table_sql, oid));
    if (covet_result_rows(rows) != 1)
        return covet__fail(err, COVET_ENOTFOUND, "the table with OID %s is gone", oid);
    *table = (table_def){
        .oid = cell_text(run, rows, 0, 0),
        .schema = cell_text(run, rows, 0, 1),
        .name = cell_text(run, rows, 0, 2),
        .kind = covet_result_text(rows, 0, 3)[0],
        .persistence = covet_result_text(rows, 0, 4)[0],
        .replica_identity = covet_result_text(rows, 0, 5)[0],
        .owner = cell_text(run, rows, 0, 6),
        .owner_is_me = cell_truth(rows, 0, 7),
        .may_change = cell_truth(rows, 0, 8),
        .options = cell_text(run, rows, 0, 9),
        .comment = cell_text(run, rows, 0, 10),
        .rows = cell_number(rows, 0, 11),
        .bytes = cell_number(rows, 0, 12),
    };
    return table->rows < 0 && table->kind == 'r' ? count_rows(session, run, table, err) : COVET_OK;
}

/* ---- columns --------------------------------------------------------------------------- */

static const char columns_sql[] =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod,\n"
    "       a.attnotnull, a.attgenerated <> '', pg_get_expr(d.adbin, d.adrelid),\n"
    "       CASE WHEN a.attcollation <> t.typcollation\n"
    "            THEN format('%I.%I', cn.nspname, co.collname) END,\n"
    "       coalesce(co.collisdeterministic, true),\n"
    "       CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN'\n"
    "            WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,\n"
    "       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,\n"
    "       nullif(a.attstattarget, -1), " OPTIONS_OF(
        "a.attoptions",
        "") ",\n"
            "       col_description(a.attrelid, a.attnum),\n"
            "       CASE WHEN a.attidentity <> ''\n"
            "              OR pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\\(''[^'']*''::regclass\\)$'\n"
            "            THEN format('%I.%I', sn.nspname, sc.relname) END,\n"
            "       a.attidentity <> '', a.attidentity = 'a',\n"
            "       (SELECT count(*) FROM pg_depend x WHERE x.refclassid = 'pg_class'::regclass\n"
            "           AND x.refobjid = sc.oid AND x.classid = 'pg_attrdef'::regclass) > 1,\n"
            "       a.attgenerated = '' AND pg_get_expr(d.adbin, d.adrelid) ~ '\\mnextval\\('\n"
            "         AND NOT (sc.oid IS NOT NULL AND pg_get_expr(d.adbin, d.adrelid)\n"
            "                  ~ '^nextval\\(''[^'']*''::regclass\\)$'),\n"
            "       s.seqincrement, s.seqmax\n"
            "  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid\n"
            "  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum\n"
            "  LEFT JOIN pg_collation co ON co.oid = a.attcollation\n"
            "  LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace\n"
            "  LEFT JOIN LATERAL (\n"
            "       SELECT p.refobjid AS oid FROM pg_depend p\n"
            "         JOIN pg_class q ON q.oid = p.refobjid AND q.relkind = 'S'\n"
            "        WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid\n"
            "          AND p.refclassid = 'pg_class'::regclass\n"
            "       UNION ALL\n"
            "       SELECT p.objid FROM pg_depend p\n"
            "         JOIN pg_class q ON q.oid = p.objid AND q.relkind = 'S'\n"
            "        WHERE a.attidentity <> '' AND p.classid = 'pg_class'::regclass\n"
            "          AND p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid\n"
            "          AND p.refobjsubid = a.attnum AND p.deptype = 'i'\n"
            "       LIMIT 1) u ON true\n"
            "  LEFT JOIN pg_class sc ON sc.oid = u.oid\n"
            "  LEFT JOIN pg_namespace sn ON sn.oid = sc.relnamespace\n"
            "  LEFT JOIN pg_sequence s ON s.seqrelid = sc.oid\n"
            " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

static covet_status read_columns(cli_run *run, covet__session *session, table_def *table,
                                 covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, columns_sql, table->oid));
    table->column_count = covet_result_rows(rows);
    table->columns = cli_alloc(run, (table->column_count + 1) * sizeof *table->columns);
    for (size_t i = 0; i < table->column_count; i++)
        table->columns[i] = (table_column){
            .name = cell_text(run, rows, i, 0),
            .type = cell_text(run, rows, i, 1),
            .type_oid = (uint32_t)cell_number(rows, i, 2),
            .typmod = (int32_t)cell_number(rows, i, 3),
            .not_null = cell_truth(rows, i, 4),
            .generated = cell_truth(rows, i, 5),
            .expression = cell_text(run, rows, i, 6),
            .collation = cell_text(run, rows, i, 7),
            .deterministic = cell_truth(rows, i, 8),
            .storage = cell_text(run, rows, i, 9),
            .compression = cell_text(run, rows, i, 10),
            .statistics = cell_text(run, rows, i, 11),
            .options = cell_text(run, rows, i, 12),
            .comment = cell_text(run, rows, i, 13),
            .sequence = cell_text(run, rows, i, 14),
            .identity = cell_truth(rows, i, 15),
            .always = cell_truth(rows, i, 16),
            .shared = cell_truth(rows, i, 17),
            .odd = cell_truth(rows, i, 18),
            .increment = cell_number(rows, i, 19),
            .last = cell_number(rows, i, 20),
        };
    return COVET_OK;
}

/* ---- indexes, checks, statistics ------------------------------------------------------- */

/* A collation for which different texts are equal: rows can conflict that differ there. */
#define BY_BYTES                                                                                   \
    "NOT EXISTS (SELECT FROM pg_collation l WHERE l.oid = i.indcollation[e.n - 1]"                 \
    " AND NOT l.collisdeterministic)"

/* Of an exclusion constraint the columns are those whose operator is "=": rows that differ
 * in one of them never conflict. */
static const char indexes_sql[] =
    "SELECT ic.relname, i.indisunique, i.indisprimary, i.indisexclusion, k.oid IS NOT NULL,\n"
    "       CASE WHEN k.oid IS NOT NULL THEN pg_get_constraintdef(k.oid)\n"
    "            WHEN starts_with(x.def, x.head) THEN substr(x.def, length(x.head) + 1) END,\n"
    "       " OPTIONS_OF(
        "ic.reloptions",
        "") ",\n"
            "       to_json(CASE WHEN i.indisexclusion THEN ARRAY(\n"
            "         SELECT a.attname::text FROM unnest(k.conkey, k.conexclop) WITH ORDINALITY e(col, op, n)\n"
            "           JOIN pg_operator o ON o.oid = e.op AND o.oprname = '='\n"
            "           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = e.col\n"
            "          WHERE " BY_BYTES ")\n"
            "       ELSE ARRAY(\n"
            "         SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY e(col, n)\n"
            "           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = e.col\n"
            "          WHERE e.n <= i.indnkeyatts AND " BY_BYTES "\n"
            "         UNION\n"
            "         SELECT a.attname::text FROM pg_depend d\n"
            "           JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid\n"
            "          WHERE i.indexprs IS NOT NULL AND d.classid = 'pg_class'::regclass\n"
            "            AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass\n"
            "            AND d.refobjid = i.indrelid AND d.refobjsubid > 0) END),\n"
            "       i.indexprs IS NULL, ic.reltablespace <> 0, i.indisreplident\n"
            "  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid\n"
            "  JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace\n"
            "  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid\n"
            "       AND k.contype IN ('p', 'u', 'x')\n"
            "  CROSS JOIN LATERAL (SELECT pg_get_indexdef(i.indexrelid) AS def,\n"
            "       format('CREATE %sINDEX %I ON %I.%I', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE ''\n"
            "              END, ic.relname, n.nspname, c.relname) AS head) x\n"
            " WHERE i.indrelid = $1::oid AND i.indisvalid ORDER BY NOT i.indisprimary, ic.relname";

static covet_status read_indexes(cli_run *run, covet__session *session, table_def *table,
                                 covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, indexes_sql, table->oid));
    table->index_count = covet_result_rows(rows);
    table->indexes = cli_alloc(run, (table->index_count + 1) * sizeof *table->indexes);
    for (size_t i = 0; i < table->index_count; i++) {
        table_index *index = &table->indexes[i];
        *index = (table_index){.name = cell_text(run, rows, i, 0),
                               .unique = cell_truth(rows, i, 1),
                               .primary = cell_truth(rows, i, 2),
                               .exclusion = cell_truth(rows, i, 3),
                               .constraint = cell_truth(rows, i, 4),
                               .definition = cell_text(run, rows, i, 5),
                               .options = cell_text(run, rows, i, 6),
                               .plain = cell_truth(rows, i, 8),
                               .tablespace = cell_truth(rows, i, 9),
                               .identity = cell_truth(rows, i, 10)};
        index->columns = cell_names(run, rows, i, 7, &index->column_count);
        if (index->definition == NULL)
            return covet__fail(err, COVET_EINTERNAL, "index %s: its definition is not understood",
                               index->name);
    }
    return COVET_OK;
}

static covet_status read_checks(cli_run *run, covet__session *session, table_def *table,
                                covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       "SELECT conname, pg_get_constraintdef(oid), convalidated,"
                       " obj_description(oid, 'pg_constraint') FROM pg_constraint"
                       " WHERE conrelid = $1::oid AND contype = 'c' ORDER BY conname",
                       table->oid));
    table->check_count = covet_result_rows(rows);
    table->checks = cli_alloc(run, (table->check_count + 1) * sizeof *table->checks);
    for (size_t i = 0; i < table->check_count; i++)
        table->checks[i] = (table_check){.name = cell_text(run, rows, i, 0),
                                         .definition = cell_text(run, rows, i, 1),
                                         .valid = cell_truth(rows, i, 2),
                                         .comment = cell_text(run, rows, i, 3)};
    return COVET_OK;
}

/* An object over one expression has no kinds to name. */
static covet_status read_statistics(cli_run *run, covet__session *session, table_def *table,
                                    covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(
        SQL_ROWS(session, &rows, err,
                 "SELECT stxname, coalesce((SELECT format('(%s)', string_agg(CASE k\n"
                 "         WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies'\n"
                 "         ELSE 'mcv' END, ', ')) FROM unnest(stxkind) k WHERE k <> 'e'), ''),\n"
                 "       pg_get_statisticsobjdef_columns(oid)\n"
                 "  FROM pg_statistic_ext WHERE stxrelid = $1::oid ORDER BY stxname",
                 table->oid));
    table->statistics_count = covet_result_rows(rows);
    table->statistics = cli_alloc(run, (table->statistics_count + 1) * sizeof *table->statistics);
    for (size_t i = 0; i < table->statistics_count; i++)
        table->statistics[i] = (table_statistics){.name = cell_text(run, rows, i, 0),
                                                  .kinds = cell_text(run, rows, i, 1),
                                                  .columns = cell_text(run, rows, i, 2)};
    return COVET_OK;
}

/* ---- foreign keys ---------------------------------------------------------------------- */

#define NAMES_OF(relation, numbers)                                                                \
    "ARRAY(SELECT a.attname::text FROM unnest(" numbers ") WITH ORDINALITY e(col, n)"              \
    " JOIN pg_attribute a ON a.attrelid = " relation " AND a.attnum = e.col ORDER BY e.n)"

/* %s: the end that is asked for. Copies of a key that a partitioned table hands down are not
 * shown. */
static const char references_sql[] =
    "SELECT k.conname, f.oid, fn.nspname, f.relname, t.oid, tn.nspname, t.relname,\n"
    "       to_json(x.columns), to_json(" NAMES_OF(
        "t.oid",
        "k.confkey") "), y.list,\n"
                     "       substr(x.def, length('FOREIGN KEY ' || y.list || y.target) + 1),\n"
                     "       starts_with(x.def, 'FOREIGN KEY ' || y.list || y.target),\n"
                     "       obj_description(k.oid, 'pg_constraint')\n"
                     "  FROM pg_constraint k\n"
                     "  JOIN pg_class f ON f.oid = k.conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace\n"
                     "  JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace\n"
                     " CROSS JOIN LATERAL (SELECT pg_get_constraintdef(k.oid) AS def,\n"
                     "       " NAMES_OF(
                         "f.oid",
                         "k.conkey") " AS columns) x\n"
                                     " CROSS JOIN LATERAL (SELECT format('(%%s) REFERENCES ', (SELECT string_agg(quote_ident(c),\n"
                                     "       ', ' ORDER BY n) FROM unnest(x.columns) WITH ORDINALITY u(c, n))) AS list,\n"
                                     "       format('%%I.%%I', tn.nspname, t.relname) AS target) y\n"
                                     " WHERE k.contype = 'f' AND k.conparentid = 0 AND %s = $1::oid\n"
                                     " ORDER BY fn.nspname, f.relname, k.conname";

static covet_status read_references(cli_run *run, covet__session *session, const char *end,
                                    const char *oid, table_reference **ret_list, size_t *ret_count,
                                    covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, cli_printf(run, references_sql, end), oid));
    const size_t count = covet_result_rows(rows);
    table_reference *list = cli_alloc(run, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = (table_reference){
            .name = cell_text(run, rows, i, 0),
            .from_oid = cell_text(run, rows, i, 1),
            .from_schema = cell_text(run, rows, i, 2),
            .from_table = cell_text(run, rows, i, 3),
            .to_oid = cell_text(run, rows, i, 4),
            .to_schema = cell_text(run, rows, i, 5),
            .to_table = cell_text(run, rows, i, 6),
            .list = cell_text(run, rows, i, 9),
            .tail = cell_text(run, rows, i, 10),
            .comment = cell_text(run, rows, i, 12),
        };
        list[i].columns = cell_names(run, rows, i, 7, &list[i].column_count);
        list[i].to_columns = cell_names(run, rows, i, 8, &list[i].column_count);
        if (!cell_truth(rows, i, 11))
            return covet__fail(err, COVET_EINTERNAL,
                               "foreign key %s: its definition is not understood", list[i].name);
    }
    *ret_list = list;
    *ret_count = count;
    return COVET_OK;
}

covet_status inspect_referrers(cli_run *run, covet__session *session, const char *oid,
                               table_reference **ret_list, size_t *ret_count, covet_error *err)
{
    return read_references(run, session, "k.confrelid", oid, ret_list, ret_count, err);
}

/* ---- grants ---------------------------------------------------------------------------- */

/* In the order in which they are listed, so that granting them again in that order gives the
 * same list. What the owner has is its own. */
static const char grants_sql[] =
    "SELECT coalesce(quote_ident(r.rolname), 'PUBLIC'), g.privileges, g.is_grantable, g.writes\n"
    "  FROM (SELECT x.grantee, x.is_grantable, min(x.n) AS n, 0 AS col,\n"
    "               string_agg(x.privilege_type, ', ' ORDER BY x.n) AS privileges,\n"
    "               bool_or(x.privilege_type = 'INSERT') AS writes\n"
    "          FROM pg_class c, aclexplode(c.relacl) WITH ORDINALITY\n"
    "               x(grantor, grantee, privilege_type, is_grantable, n)\n"
    "         WHERE c.oid = $1::oid AND x.grantee <> c.relowner GROUP BY 1, 2\n"
    "        UNION ALL\n"
    "        SELECT x.grantee, x.is_grantable, min(x.n), a.attnum,\n"
    "               string_agg(format('%s (%I)', x.privilege_type, a.attname), ', ' ORDER BY x.n),\n"
    "               bool_or(x.privilege_type = 'INSERT')\n"
    "          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid,\n"
    "               aclexplode(a.attacl) WITH ORDINALITY\n"
    "               x(grantor, grantee, privilege_type, is_grantable, n)\n"
    "         WHERE c.oid = $1::oid AND NOT a.attisdropped AND x.grantee <> c.relowner\n"
    "         GROUP BY a.attnum, 1, 2) g\n"
    "  LEFT JOIN pg_roles r ON r.oid = g.grantee ORDER BY g.col, g.n";

static covet_status read_grants(cli_run *run, covet__session *session, table_def *table,
                                covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, grants_sql, table->oid));
    table->grant_count = covet_result_rows(rows);
    table->grants = cli_alloc(run, (table->grant_count + 1) * sizeof *table->grants);
    for (size_t i = 0; i < table->grant_count; i++)
        table->grants[i] = (table_grant){.grantee = cell_text(run, rows, i, 0),
                                         .privileges = cell_text(run, rows, i, 1),
                                         .with_option = cell_truth(rows, i, 2),
                                         .writes = cell_truth(rows, i, 3)};
    return COVET_OK;
}

/* ---- all of it ------------------------------------------------------------------------- */

covet_status inspect_table(cli_run *run, covet__session *session, const char *oid,
                           table_def **ret_table, covet_error *err)
{
    table_def *table = cli_alloc(run, sizeof *table);
    COVET_TRY(read_table(run, session, oid, table, err));
    COVET_TRY(read_columns(run, session, table, err));
    COVET_TRY(read_indexes(run, session, table, err));
    COVET_TRY(read_checks(run, session, table, err));
    COVET_TRY(read_statistics(run, session, table, err));
    COVET_TRY(read_references(run, session, "k.conrelid", oid, &table->references,
                              &table->reference_count, err));
    COVET_TRY(read_grants(run, session, table, err));
    *ret_table = table;
    return COVET_OK;
}

/* Beyond what the sequence would give next and beyond every value that is there: values may
 * have been written by hand. */
covet_status inspect_next(cli_run *run, covet__session *session, const table_def *table,
                          const table_column *column, const char **ret_next, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err,
                       cli_printf(run,
                                  "SELECT least(greatest((SELECT last_value::numeric + CASE WHEN"
                                  " is_called THEN $1::int8 ELSE 0 END FROM %s),"
                                  " (SELECT max(%s)::numeric + 1 FROM %s)), 9223372036854775807)",
                                  column->sequence, sql_ident(run, column->name),
                                  sql_name(run, table->schema, table->name)),
                       cli_printf(run, "%lld", (long long)column->increment)));
    *ret_next = cell_text(run, rows, 0, 0);
    return COVET_OK;
}
