#include "tools/alike.h"

#include <string.h>

/* ---- facts ----------------------------------------------------------------------------- */

static const char facts_sql[] =
    "SELECT current_setting('server_version_num'), pg_is_in_recovery(),\n"
    "       (pg_control_system()).system_identifier, current_setting('server_encoding'),\n"
    "       CASE d.datlocprovider WHEN 'i' THEN format('ICU %s', d.daticulocale)\n"
    "            ELSE format('libc %s / %s', d.datcollate, d.datctype) END,\n"
    "       coalesce(pg_database_collation_actual_version(d.oid), ''),\n"
    "       coalesce(d.datcollversion, ''), to_json(current_schemas(false)),\n"
    "       has_database_privilege(d.oid, 'CREATE'),\n"
    "       current_setting('max_prepared_transactions'), current_setting('wal_level'),\n"
    "       to_regnamespace('covet') IS NOT NULL, to_regclass('covet.cluster') IS NOT NULL,\n"
    "       to_regclass('covet.node') IS NOT NULL, current_user = 'covet' AND EXISTS (\n"
    "         SELECT FROM regexp_split_to_table(current_setting('search_path'), ' *, *') p\n"
    "          WHERE p IN ('\"$user\"', 'covet'))\n"
    "  FROM pg_database d WHERE d.datname = current_database()";

/* Which cluster a schema covet belongs to. */
static covet_status read_node(cli_run *run, covet__session *session, bool node, server_facts *facts,
                              covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    if (facts->catalog) {
        COVET_TRY(SQL_ROWS(session, &rows, err, "SELECT id FROM covet.cluster"));
        facts->cluster_id = cell_text(run, rows, 0, 0);
    } else if (node) {
        COVET_TRY(SQL_ROWS(session, &rows, err,
                           "SELECT cluster_id, incarnation, group_id FROM covet.node"));
        facts->cluster_id = cell_text(run, rows, 0, 0);
        facts->incarnation = cell_number(rows, 0, 1);
        facts->group_id = cell_number(rows, 0, 2);
    }
    return COVET_OK;
}

covet_status alike_read(cli_run *run, covet__session *session, server_facts *ret_facts,
                        covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, facts_sql));
    *ret_facts = (server_facts){
        .version = (int)cell_number(rows, 0, 0),
        .standby = cell_truth(rows, 0, 1),
        .system_id = cell_text(run, rows, 0, 2),
        .encoding = cell_text(run, rows, 0, 3),
        .collation = cell_text(run, rows, 0, 4),
        .collation_version = cell_text(run, rows, 0, 5),
        .made_with = cell_text(run, rows, 0, 6),
        .search_path = cell_text(run, rows, 0, 7),
        .shadowed = cell_truth(rows, 0, 14),
        .may_create = cell_truth(rows, 0, 8),
        .prepared_max = (int)cell_number(rows, 0, 9),
        .wal_level = cell_text(run, rows, 0, 10),
        .covet = cell_truth(rows, 0, 11),
        .catalog = cell_truth(rows, 0, 12),
    };
    return read_node(run, session, cell_truth(rows, 0, 13), ret_facts, err);
}

covet_status alike_check(const server_facts *facts, const char *what, covet_error *err)
{
    if (facts->version / 10000 != 15)
        return covet__fail(err, COVET_EUNSUPPORTED,
                           "%s: the server is PostgreSQL %d, it must be 15", what,
                           facts->version / 10000);
    if (facts->standby)
        return covet__fail(err, COVET_ECLUSTER,
                           "%s: the server is a standby (name the group's primary)", what);
    if (strcmp(facts->encoding, "UTF8") != 0)
        return covet__fail(err, COVET_EUNSUPPORTED,
                           "%s: the database's encoding is %s, it must be UTF8 (CREATE DATABASE "
                           "... ENCODING 'UTF8' TEMPLATE template0)",
                           what, facts->encoding);
    if (!facts->may_create)
        return covet__fail(err, COVET_ESQL,
                           "%s: this role may not create schemas in the database (GRANT CREATE ON "
                           "DATABASE ... TO ...)",
                           what);
    return COVET_OK;
}

void alike_warn(cli_run *run, const server_facts *facts, const char *what)
{
    if (facts->prepared_max == 0)
        cli_note(run,
                 "%s: max_prepared_transactions is 0 (set it to 64, say: undistribute and "
                 "transactions over several groups need it)",
                 what);
    if (strcmp(facts->wal_level, "logical") != 0)
        cli_note(run, "%s: wal_level is %s (moving shards will need logical)", what,
                 facts->wal_level);
    if (strcmp(facts->collation_version, facts->made_with) != 0)
        cli_note(run,
                 "%s: the collation's version was %s when the database was made and is %s now "
                 "(ALTER DATABASE ... REFRESH COLLATION VERSION, having rebuilt the indexes)",
                 what, facts->made_with, facts->collation_version);
}

covet_status alike_compare(const server_facts *home, const server_facts *other, const char *what,
                           covet_error *err)
{
    if (home->version / 10000 != other->version / 10000)
        return covet__fail(err, COVET_ECLUSTER, "%s: the server is PostgreSQL %d, home's is %d",
                           what, other->version / 10000, home->version / 10000);
    if (strcmp(home->encoding, other->encoding) != 0)
        return covet__fail(err, COVET_ECLUSTER, "%s: the database's encoding is %s, home's is %s",
                           what, other->encoding, home->encoding);
    if (strcmp(home->collation, other->collation) != 0)
        return covet__fail(
            err, COVET_ECLUSTER,
            "%s: the database's collation is %s, home's is %s: texts would sort and "
            "compare differently from group to group (make the database with home's)",
            what, other->collation, home->collation);
    if (strcmp(home->collation_version, other->collation_version) != 0 ||
        strcmp(home->made_with, other->made_with) != 0)
        return covet__fail(
            err, COVET_ECLUSTER,
            "%s: the collation %s has version %s (made with %s), home's has %s (made "
            "with %s): texts could sort differently (use the same packages)",
            what, other->collation, other->collation_version, other->made_with,
            home->collation_version, home->made_with);
    return COVET_OK;
}

/* ---- needs ----------------------------------------------------------------------------- */

/* What an object is, beside its name; `o` has classid and objid. */
#define SIGNATURE                                                                                  \
    "CASE o.classid\n"                                                                             \
    "  WHEN 'pg_proc'::regclass THEN (SELECT CASE WHEN p.prokind = 'a' THEN 'aggregate'\n"         \
    "       ELSE pg_get_functiondef(p.oid) END FROM pg_proc p WHERE p.oid = o.objid)\n"            \
    "  WHEN 'pg_extension'::regclass THEN\n"                                                       \
    "       (SELECT extversion FROM pg_extension e WHERE e.oid = o.objid)\n"                       \
    "  WHEN 'pg_collation'::regclass THEN (SELECT concat_ws(' ', collprovider, collcollate,\n"     \
    "       colliculocale, collisdeterministic, pg_collation_actual_version(c.oid))\n"             \
    "       FROM pg_collation c WHERE c.oid = o.objid)\n"                                          \
    "  WHEN 'pg_type'::regclass THEN (SELECT concat_ws(' ', t.typtype,\n"                          \
    "       (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)\n"           \
    "          FROM pg_enum WHERE enumtypid = t.oid),\n"                                           \
    "       CASE WHEN t.typtype = 'd' THEN concat_ws(' ', format_type(t.typbasetype,\n"            \
    "            t.typtypmod), t.typnotnull, t.typdefault,\n"                                      \
    "            (SELECT string_agg(pg_get_constraintdef(k.oid), ', ' ORDER BY k.conname)\n"       \
    "               FROM pg_constraint k WHERE k.contypid = t.oid)) END,\n"                        \
    "       (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid,\n"               \
    "                          a.atttypmod)), ', ' ORDER BY a.attnum)\n"                           \
    "          FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0\n"               \
    "           AND NOT a.attisdropped),\n"                                                        \
    "       (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid))\n"  \
    "       FROM pg_type t WHERE t.oid = o.objid)\n"                                               \
    "  ELSE '' END"

/* From the tables and what is part of them along pg_depend, as far as it leads to objects
 * that this server was not born with. What an extension owns is found by its name there; the
 * extension itself is compared by its version. Tables, schemas and what depends the other
 * way round are not followed. */
static const char needs_sql[] =
    "WITH RECURSIVE parts AS (\n"
    "  SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid FROM pg_class c\n"
    "   WHERE c.oid = ANY ($1::oid[])\n"
    "  UNION SELECT 'pg_class'::regclass, indexrelid FROM pg_index\n"
    "   WHERE indrelid = ANY ($1::oid[])\n"
    "  UNION SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid = ANY ($1::oid[])\n"
    "  UNION SELECT 'pg_constraint'::regclass, oid FROM pg_constraint\n"
    "   WHERE conrelid = ANY ($1::oid[])\n"
    "  UNION SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext\n"
    "   WHERE stxrelid = ANY ($1::oid[])),\n"
    "found AS (\n"
    "  SELECT classid, objid, true AS part FROM parts\n"
    "  UNION\n"
    "  SELECT d.refclassid, d.refobjid, false FROM found f\n"
    "    JOIN pg_depend d ON d.classid = f.classid AND d.objid = f.objid\n"
    "   WHERE d.refobjid >= 16384 AND d.refclassid IN ('pg_type'::regclass, 'pg_proc'::regclass,\n"
    "         'pg_collation'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass,\n"
    "         'pg_opfamily'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass,\n"
    "         'pg_am'::regclass, 'pg_extension'::regclass)),\n"
    "o AS (\n"
    "  SELECT DISTINCT classid, objid FROM found WHERE NOT part\n"
    "  UNION SELECT 'pg_authid'::regclass, c.relowner FROM pg_class c\n"
    "   WHERE c.oid = ANY ($1::oid[]) AND c.relowner >= 16384\n"
    "  UNION SELECT 'pg_authid'::regclass, x.grantee FROM pg_class c, aclexplode(c.relacl) x\n"
    "   WHERE c.oid = ANY ($1::oid[]) AND x.grantee >= 16384\n"
    "  UNION SELECT 'pg_authid'::regclass, x.grantee FROM pg_attribute a, aclexplode(a.attacl) x\n"
    "   WHERE a.attrelid = ANY ($1::oid[]) AND x.grantee >= 16384)\n"
    "SELECT i.type, i.object_names, i.object_args, " SIGNATURE ",\n"
    "       (SELECT concat_ws(' ', n.type, n.identity)\n"
    "          FROM pg_identify_object(o.classid, o.objid, 0) n)\n"
    "  FROM o, pg_identify_object_as_address(o.classid, o.objid, 0) i\n"
    /* A table's row type comes and goes with it. */
    " WHERE NOT (o.classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_class c\n"
    "            WHERE c.oid = ANY ($1::oid[]) AND c.reltype = o.objid))\n"
    " ORDER BY 5";

covet_status alike_needs(cli_run *run, covet__session *session, const char *tables,
                         alike_need **ret_needs, size_t *ret_count, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    COVET_TRY(SQL_ROWS(session, &rows, err, needs_sql, tables));
    const size_t count = covet_result_rows(rows);
    alike_need *needs = cli_alloc(run, (count + 1) * sizeof *needs);
    for (size_t i = 0; i < count; i++)
        needs[i] = (alike_need){.type = cell_text(run, rows, i, 0),
                                .names = cell_text(run, rows, i, 1),
                                .args = cell_text(run, rows, i, 2),
                                .signature = cell_text(run, rows, i, 3),
                                .label = cell_text(run, rows, i, 4)};
    *ret_needs = needs;
    *ret_count = count;
    return COVET_OK;
}

/* The classes of errors that mean "there is no such thing". */
static bool is_missing(const char *sqlstate)
{
    return strncmp(sqlstate, "42", 2) == 0 || strncmp(sqlstate, "3F", 2) == 0;
}

covet_status alike_find(cli_run *run, covet__session *session, const alike_need *need,
                        const char **ret_problem, covet_error *err)
{
    COVET_AUTO(covet_result) rows = NULL;
    covet_error why = {.status = COVET_OK};
    const covet_status status =
        SQL_ROWS(session, &rows, &why,
                 "SELECT " SIGNATURE " FROM pg_get_object_address($1, $2::text[], $3::text[]) o",
                 need->type, need->names, need->args);
    *ret_problem = NULL;
    if (status == COVET_ESQL && is_missing(why.sqlstate)) {
        *ret_problem = cli_printf(run, "%s is not there (create it as it is at home)", need->label);
        return COVET_OK;
    }
    if (status != COVET_OK) {
        if (err != NULL)
            *err = why;
        return status;
    }
    const char *signature = covet_result_text(rows, 0, 0);
    if (strcmp(signature != NULL ? signature : "", need->signature) != 0)
        *ret_problem =
            cli_printf(run, "%s is not the same as at home (make it the same)", need->label);
    return COVET_OK;
}
