/*
 * tools/inspect_obstacles.c - what stands in the way of taking a table elsewhere.
 *
 * pg_depend knows all that would notice. What is part of the table, or is carried along with
 * it, is left out by name; everything else is an obstacle, whether it was thought of or not.
 */
#include "tools/inspect.h"

/* What it is itself. */
static const char nature_sql[] =
    "WITH t AS (SELECT * FROM pg_class WHERE oid = $1::oid)\n"
    "SELECT o.what, o.name FROM (\n"
    "SELECT 1 AS n, CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'\n"
    "         WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' END AS what,\n"
    "       NULL::text AS name FROM t WHERE relkind <> 'r'\n"
    "UNION ALL SELECT 2, 'temporary table', NULL FROM t WHERE relpersistence = 't'\n"
    "UNION ALL SELECT 3, 'partition of', format('%I.%I', n.nspname, p.relname) FROM t\n"
    "  JOIN pg_inherits i ON i.inhrelid = t.oid JOIN pg_class p ON p.oid = i.inhparent\n"
    "  JOIN pg_namespace n ON n.oid = p.relnamespace WHERE t.relispartition\n"
    "UNION ALL SELECT 3, 'child of', format('%I.%I', n.nspname, p.relname) FROM t\n"
    "  JOIN pg_inherits i ON i.inhrelid = t.oid JOIN pg_class p ON p.oid = i.inhparent\n"
    "  JOIN pg_namespace n ON n.oid = p.relnamespace WHERE NOT t.relispartition\n"
    "UNION ALL SELECT 3, 'parent of', format('%I.%I', n.nspname, p.relname) FROM t\n"
    "  JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class p ON p.oid = i.inhrelid\n"
    "  JOIN pg_namespace n ON n.oid = p.relnamespace WHERE t.relkind = 'r'\n"
    "UNION ALL SELECT 4, 'tablespace', s.spcname FROM t\n"
    "  JOIN pg_tablespace s ON s.oid = t.reltablespace\n"
    "UNION ALL SELECT 4, 'access method', a.amname FROM t JOIN pg_am a ON a.oid = t.relam\n"
    "   WHERE a.amname <> 'heap'\n"
    "UNION ALL SELECT 4, 'typed table', format_type(reloftype, NULL) FROM t WHERE reloftype <> 0\n"
    "UNION ALL SELECT 5, 'trigger', g.tgname FROM t JOIN pg_trigger g ON g.tgrelid = t.oid\n"
    "   WHERE NOT g.tgisinternal\n"
    "UNION ALL SELECT 6, 'rule', r.rulename FROM t JOIN pg_rewrite r ON r.ev_class = t.oid\n"
    "   WHERE t.relkind = 'r'\n"
    "UNION ALL SELECT 7, 'policy', p.polname FROM t JOIN pg_policy p ON p.polrelid = t.oid\n"
    "UNION ALL SELECT 7, 'row level security', NULL FROM t\n"
    "   WHERE relrowsecurity OR relforcerowsecurity\n"
    "UNION ALL SELECT 8, 'publication', p.pubname FROM t, pg_publication p\n"
    "   WHERE p.puballtables\n"
    "      OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid\n"
    "                    AND r.prrelid = t.oid)\n"
    "      OR EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = p.oid\n"
    "                    AND s.pnnspid = t.relnamespace)\n"
    "UNION ALL SELECT 8, 'subscription', s.subname FROM t\n"
    "  JOIN pg_subscription_rel r ON r.srrelid = t.oid\n"
    "  JOIN pg_subscription s ON s.oid = r.srsubid\n"
    "UNION ALL SELECT 9, 'extension', e.extname FROM t JOIN pg_depend x\n"
    "    ON x.classid = 'pg_class'::regclass AND x.objid = t.oid AND x.deptype = 'e'\n"
    "  JOIN pg_extension e ON e.oid = x.refobjid\n"
    "UNION ALL SELECT 10, 'security label', l.provider FROM t JOIN pg_seclabel l\n"
    "    ON l.classoid = 'pg_class'::regclass AND l.objoid = t.oid\n"
    "UNION ALL SELECT 11, 'grant by another role than the owner', pg_get_userbyid(x.grantor)\n"
    "  FROM t, aclexplode(t.relacl) x WHERE x.grantor <> t.relowner\n"
    "UNION ALL SELECT 11, 'grant by another role than the owner', pg_get_userbyid(x.grantor)\n"
    "  FROM t JOIN pg_attribute a ON a.attrelid = t.oid, aclexplode(a.attacl) x\n"
    "   WHERE x.grantor <> t.relowner\n"
    ") o GROUP BY 1, 2 ORDER BY min(o.n), 2";

/* What others are by it. Foreign keys are looked at one by one elsewhere. */
static const char dependents_sql[] =
    "WITH t AS (SELECT c.*, y.typarray FROM pg_class c LEFT JOIN pg_type y ON y.oid = c.reltype\n"
    "            WHERE c.oid = $1::oid),\n"
    "d AS (SELECT d.classid, d.objid, d.deptype FROM t JOIN pg_depend d\n"
    "        ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid\n"
    "        OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.reltype, t.typarray))\n"
    "SELECT o.what, o.name FROM (\n"
    "SELECT 1 AS n, CASE v.relkind WHEN 'm' THEN 'materialized view' WHEN 'v' THEN 'view'\n"
    "                         ELSE 'rule of' END AS what,\n"
    "       format('%I.%I', n.nspname, v.relname) AS name\n"
    "  FROM t, d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid\n"
    "  JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace\n"
    "   WHERE v.oid <> t.oid\n"
    "UNION ALL SELECT 2, 'dependent', pg_describe_object(d.classid, d.objid, 0) FROM t, d\n"
    "   WHERE d.classid NOT IN ('pg_rewrite'::regclass, 'pg_policy'::regclass,\n"
    "                           'pg_publication_rel'::regclass)\n"
    "     AND NOT (d.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class c\n"
    "           LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.oid = d.objid\n"
    "            AND (c.oid = t.oid OR i.indrelid = t.oid OR c.oid = t.reltoastrelid\n"
    "                 OR c.relkind = 'S' AND d.deptype IN ('a', 'i')\n"
    "                 OR EXISTS (SELECT FROM pg_inherits h\n"
    "                             WHERE h.inhrelid = c.oid AND h.inhparent = t.oid))))\n"
    "     AND NOT (d.classid = 'pg_type'::regclass AND d.objid IN (t.reltype, t.typarray))\n"
    "     AND NOT (d.classid = 'pg_constraint'::regclass AND EXISTS (SELECT FROM pg_constraint k\n"
    "           WHERE k.oid = d.objid AND (k.conrelid = t.oid\n"
    "                 OR k.contype = 'f' AND k.confrelid = t.oid)))\n"
    "     AND NOT (d.classid = 'pg_attrdef'::regclass AND EXISTS (SELECT FROM pg_attrdef a\n"
    "           WHERE a.oid = d.objid AND a.adrelid = t.oid))\n"
    "     AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger g\n"
    "           WHERE g.oid = d.objid AND (g.tgrelid = t.oid OR g.tgisinternal)))\n"
    "     AND NOT (d.classid = 'pg_statistic_ext'::regclass AND EXISTS (\n"
    "           SELECT FROM pg_statistic_ext s WHERE s.oid = d.objid AND s.stxrelid = t.oid))\n"
    ") o GROUP BY 1, 2 ORDER BY min(o.n), 2";

covet_status inspect_obstacles(cli_run *run, covet__session *session, const char *oid,
                               table_obstacle **ret_list, size_t *ret_count, covet_error *err)
{
    COVET_AUTO(covet_result) nature = NULL;
    COVET_AUTO(covet_result) dependents = NULL;
    COVET_TRY(SQL_ROWS(session, &nature, err, nature_sql, oid));
    COVET_TRY(SQL_ROWS(session, &dependents, err, dependents_sql, oid));
    const size_t first = covet_result_rows(nature);
    const size_t count = first + covet_result_rows(dependents);
    table_obstacle *list = cli_alloc(run, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const covet_result *rows = i < first ? nature : dependents;
        const size_t row = i < first ? i : i - first;
        list[i] = (table_obstacle){.what = cell_text(run, rows, row, 0),
                                   .name = cell_text(run, rows, row, 1)};
    }
    *ret_list = list;
    *ret_count = count;
    return COVET_OK;
}
