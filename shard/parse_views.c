#include "shard/views.h"

#include <string.h>

#include "core/mem.h"
#include "core/types.h"
#include "shard/parse_impl.h"
#include "shard/utility.h"

#define TOKEN(name)           PG_QUERY__TOKEN__##name
#define UNSUPPORTED(err, ...) covet__fail_state(err, COVET_EUNSUPPORTED, "0A000", __VA_ARGS__)

/* The names are looked up before the search path is another one, the definitions printed
 * after it. */
const char covet__views_sql[] =
    "WITH RECURSIVE named AS MATERIALIZED (\n"
    "  SELECT q.n, c.oid FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY q(name, n)\n"
    "    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(q.name) AND c.relkind = 'v'\n"
    "     AND c.relnamespace::pg_catalog.regnamespace::pg_catalog.text\n"
    "         NOT IN ('pg_catalog', 'information_schema')),\n"
    "reach(oid) AS (\n"
    "  SELECT oid FROM named\n"
    "  UNION\n"
    "  SELECT c.oid FROM reach r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid\n"
    "    JOIN pg_catalog.pg_depend d ON d.objid = w.oid\n"
    "     AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass\n"
    "     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass\n"
    "    JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'v'\n"
    "     AND c.relnamespace::pg_catalog.regnamespace::pg_catalog.text\n"
    "         NOT IN ('pg_catalog', 'information_schema')),\n"
    "path AS MATERIALIZED (\n"
    "  SELECT pg_catalog.set_config('search_path', 'pg_catalog', true) AS is\n"
    "    FROM (SELECT pg_catalog.count(*) FROM reach) k)\n"
    "SELECT coalesce(n.n, 0), s.nspname, c.relname,\n"
    "       CASE WHEN p.is <> '' THEN pg_catalog.pg_get_viewdef(c.oid) END\n"
    "  FROM path p CROSS JOIN reach r JOIN pg_catalog.pg_class c ON c.oid = r.oid\n"
    "  JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace\n"
    "  LEFT JOIN named n ON n.oid = r.oid\n"
    " LIMIT 1001";

typedef struct view {
    size_t name; /* of the statement, from 1; 0: it is reached through another one */
    const char *schema;
    const char *relation;
    const char *definition;
    bool known;       /* what follows is */
    bool distributed; /* it leads to tables of the map */
    const char *query;
} view;

typedef struct expander {
    const covet__map *map;
    const char *references; /* the schema of reference tables */
    view *views;
    size_t count;
    covet_arena *arena;
    covet_error *err;
} expander;

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

/* ---- names --------------------------------------------------------------------------------- */

bool covet__views_may_be(const covet__parse *parse, const covet__map *map)
{
    const covet__outline *outline = &parse->outline;
    if (outline->kind == COVET__STMT_UTILITY && strcmp(outline->utility, "CREATE TABLE AS") != 0 &&
        strcmp(outline->utility, "EXPLAIN") != 0)
        return false;
    for (uint32_t i = 0; i < outline->name_count; i++) {
        const covet__name *name = &outline->names[i];
        const bool systems =
            name->schema != NULL && (strcmp(name->schema, "pg_catalog") == 0 ||
                                     strcmp(name->schema, "information_schema") == 0);
        if (!name->is_cte && !systems &&
            covet__map_find_table(map, name->schema, name->name) == NULL)
            return true;
    }
    return false;
}

/* The table of the map that a name in a definition means. */
static const covet__map_table *table_of(const expander *e, const covet__name *name)
{
    const bool shell = strcmp(name->schema, COVET__SHELL_SCHEMA) == 0;
    const bool copy = strcmp(name->schema, e->references) == 0;
    for (uint32_t i = 0; (shell || copy) && i < e->map->table_count; i++) {
        const covet__map_table *table = &e->map->tables[i];
        if (strcmp(table->physical, name->name) == 0 &&
            (shell || table->kind == COVET__TABLE_REFERENCE))
            return table;
    }
    return NULL;
}

static view *view_of(const expander *e, const covet__name *name)
{
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->views[i].schema, name->schema) == 0 &&
            strcmp(e->views[i].relation, name->name) == 0)
            return &e->views[i];
    return NULL;
}

/* ---- putting queries in -------------------------------------------------------------------- */

static int kind_at(const covet__parse *parse, uint32_t token)
{
    return token < parse->token_count ? parse->tokens[token].kind : 0;
}

/* What INSERT, UPDATE and DELETE change, those in WITH too. */
static bool is_changed(const covet__parse *parse, const covet__name *name, uint32_t at)
{
    const int before = at > 0 ? kind_at(parse, at - 1) : 0;
    return name->target || before == TOKEN(UPDATE) || before == TOKEN(INTO) ||
           (before == TOKEN(FROM) && at > 1 && kind_at(parse, at - 2) == TOKEN(DELETE_P));
}

static covet_status put_query(const covet__parse *parse, const covet__name *name, const view *v,
                              covet__edits *edits, covet_error *err)
{
    const uint32_t at = covet__token_at(parse, (int)name->start);
    const uint32_t behind = covet__token_at(parse, (int)name->end);
    const int before = at > 0 ? kind_at(parse, at - 1) : 0;
    const bool whole = before == TOKEN(TABLE); /* TABLE name */
    covet__str text = COVET__STR_IN(edits->arena);
    if (is_changed(parse, name, at))
        return UNSUPPORTED(err,
                           "\"%s\" is a view of tables that are not local, and a write through it "
                           "is not supported (name the table)",
                           name->name);
    if (before == TOKEN(ONLY) || kind_at(parse, behind) == TOKEN(ASCII_42) ||
        (before == TOKEN(ASCII_40) && at > 1 && kind_at(parse, at - 2) == TOKEN(ONLY)))
        return UNSUPPORTED(err, "ONLY and * with the view \"%s\" are not supported", name->name);
    if (kind_at(parse, behind) == TOKEN(TABLESAMPLE))
        return covet__fail_state(err, COVET_ESQL, "42809",
                                 "TABLESAMPLE clause can only be applied to tables and "
                                 "materialized views");
    covet__str_printf(&text, "%s(%s)", whole ? "SELECT * FROM " : "", v->query);
    if (name->alias == NULL) {
        covet__str_add(&text, " AS ");
        covet__str_ident(&text, name->name);
    }
    covet__edit_text(edits, whole ? parse->tokens[at - 1].start : name->start, name->end,
                     covet__str_take(&text));
    return COVET_OK;
}

static covet_status take_text(const expander *e, const covet__edits *edits, const char **ret_text)
{
    covet__str text = COVET__STR_IN(e->arena);
    covet__edits_apply(edits, NULL, "", &text);
    if (text.length > COVET__VIEWS_BYTES_MAX)
        return covet__fail_state(e->err, COVET_ELIMIT, "54000",
                                 "the queries of the statement's views are longer than %d bytes",
                                 COVET__VIEWS_BYTES_MAX);
    *ret_text = covet__str_take(&text);
    return *ret_text != NULL ? COVET_OK : no_memory(e->err);
}

/* ---- definitions --------------------------------------------------------------------------- */

static covet_status resolve(expander *e, view *v, uint32_t depth);

/* A twin's name becomes its table's; one without a schema is PostgreSQL's own (V2). */
static covet_status put_name(expander *e, const covet__parse *parse, const covet__name *name,
                             uint32_t depth, view *v, covet__edits *edits)
{
    covet__str text = COVET__STR_IN(e->arena);
    if (name->is_cte)
        return COVET_OK;
    if (name->schema == NULL) {
        covet__edit_text(edits, name->start, name->start, "pg_catalog.");
        return COVET_OK;
    }
    view *inner = view_of(e, name);
    const covet__map_table *table = table_of(e, name);
    if (inner != NULL) {
        COVET_TRY(resolve(e, inner, depth + 1));
        v->distributed |= inner->distributed;
        return inner->distributed ? put_query(parse, name, inner, edits, e->err) : COVET_OK;
    }
    if (table == NULL)
        return COVET_OK;
    v->distributed = true;
    covet__str_qualified(&text, table->schema, table->name);
    if (name->alias == NULL && strcmp(table->physical, table->name) != 0) {
        covet__str_add(&text, " AS ");
        covet__str_ident(&text, table->physical);
    }
    covet__edit_text(edits, name->start, name->end, covet__str_take(&text));
    return COVET_OK;
}

static covet_status rewrite(expander *e, const covet__parse *parse, view *v, uint32_t depth)
{
    covet__edits edits = {.text = parse->text, .arena = e->arena};
    if (parse->token_count > 0)
        edits.length = parse->tokens[parse->token_count - 1].end;
    for (uint32_t i = 0; i < parse->outline.name_count; i++)
        COVET_TRY(put_name(e, parse, &parse->outline.names[i], depth, v, &edits));
    COVET_TRY(covet__edits_close(&edits, e->err));
    return take_text(e, &edits, &v->query);
}

static covet_status resolve(expander *e, view *v, uint32_t depth)
{
    covet__parse *parse = NULL;
    if (v->known)
        return COVET_OK;
    if (depth > COVET__VIEWS_DEPTH_MAX)
        return covet__fail_state(e->err, COVET_EUNSUPPORTED, "54001",
                                 "the view \"%s\" stands behind more than %d other views",
                                 v->relation, COVET__VIEWS_DEPTH_MAX);
    COVET_TRY(covet__parse_new(v->definition, strlen(v->definition), &parse, e->err));
    const covet_status status = rewrite(e, parse, v, depth);
    covet__parse_free(parse);
    v->known = true;
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static covet_status take_views(expander *e, const covet_result *rows)
{
    const size_t count = covet_result_rows(rows);
    if (count > COVET__VIEWS_MAX)
        return covet__fail_state(e->err, COVET_ELIMIT, "54000",
                                 "the statement leads to more than %d views", COVET__VIEWS_MAX);
    e->views = covet_arena_alloc(e->arena, (count + 1) * sizeof *e->views);
    if (e->views == NULL)
        return no_memory(e->err);
    for (size_t i = 0; i < count; i++) {
        int64_t name = 0;
        const char *cells[3];
        COVET_TRY(covet_result_int(rows, i, 0, &name, e->err));
        for (size_t c = 0; c < COVET_COUNT(cells); c++) {
            const char *text = covet_result_text(rows, i, c + 1);
            text = text != NULL ? text : "";
            cells[c] = covet_arena_copy(e->arena, text, strlen(text));
            if (cells[c] == NULL)
                return no_memory(e->err);
        }
        e->views[i] = (view){.name = (size_t)name,
                             .schema = cells[0],
                             .relation = cells[1],
                             .definition = cells[2]};
        e->count = i + 1;
    }
    return COVET_OK;
}

/* "schema.view.column" has lost what it names: the view is an alias now. */
static void drop_prefixes(const covet__parse *parse, const covet__name *name, covet__edits *edits)
{
    for (uint32_t i = 0; i < parse->outline.prefix_count; i++) {
        const covet__prefix_use *use = &parse->outline.prefixes[i];
        if (name->schema != NULL && strcmp(use->schema, name->schema) == 0 &&
            strcmp(use->name, name->name) == 0)
            covet__edit_text(edits, use->start, use->end, "");
    }
}

/* The first use of a name, where several stand for one view. */
static bool is_first(const covet__outline *outline, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (outline->names[k].schema != NULL && outline->names[i].schema != NULL &&
            strcmp(outline->names[k].schema, outline->names[i].schema) == 0 &&
            strcmp(outline->names[k].name, outline->names[i].name) == 0)
            return false;
    return true;
}

static covet_status put_views(expander *e, const covet__parse *parse, covet__edits *edits)
{
    const covet__outline *outline = &parse->outline;
    for (uint32_t i = 0; i < outline->name_count; i++) {
        view *v = NULL;
        for (size_t k = 0; k < e->count && v == NULL; k++)
            if (e->views[k].name == i + 1)
                v = &e->views[k];
        if (v == NULL || outline->names[i].is_cte)
            continue;
        COVET_TRY(resolve(e, v, 1));
        if (!v->distributed)
            continue; /* V1 */
        if (outline->kind == COVET__STMT_UTILITY)
            return UNSUPPORTED(e->err,
                               "%s with \"%s\", a view of tables that are not local, is not "
                               "supported yet",
                               outline->utility, v->relation);
        COVET_TRY(put_query(parse, &outline->names[i], v, edits, e->err));
        if (is_first(outline, i))
            drop_prefixes(parse, &outline->names[i], edits);
    }
    return COVET_OK;
}

covet_status covet__views_expand(const covet__parse *parse, const covet__map *map,
                                 const covet_result *rows, covet__edits *ret_edits,
                                 covet_error *err)
{
    covet__edits edits = {.text = parse->text, .arena = parse->arena};
    covet__str references = COVET__STR_IN(parse->arena);
    covet__edit_reference_schema(map, &references);
    if (!covet__str_ok(&references))
        return no_memory(err);
    expander e = {.map = map,
                  .references = covet__str_text(&references),
                  .arena = parse->arena,
                  .err = err};
    if (parse->token_count > 0) /* without semicolons and comments behind the end */
        edits.length = parse->tokens[parse->token_count - 1].end;
    COVET_TRY(take_views(&e, rows));
    COVET_TRY(put_views(&e, parse, &edits));
    COVET_TRY(covet__edits_close(&edits, err));
    *ret_edits = edits;
    return COVET_OK;
}
