/*
 * shard/parse_utility_view.c - CREATE, ALTER and DROP VIEW (shard/utility.h).
 *
 * A view stands at home. What it reads there is the empty twins of distributed tables, and
 * home's copies of reference tables; a statement that names it is given its query instead
 * (shard/views.h), so nothing ever reads the twins through it.
 */
#include <string.h>

#include "shard/parse_utility_impl.h"
#include "shard/plan.h"

#define REFUSE(w, ...)       covet__fail_state((w)->err, COVET_EUNSUPPORTED, "0A000", __VA_ARGS__)
#define WRONG(w, state, ...) covet__fail_state((w)->err, COVET_ESQL, state, __VA_ARGS__)

static covet_status take(covet__utility_walk *w, const char *tag)
{
    w->out->tag = tag;
    if (w->map == NULL)
        return COVET_OK;
    w->out->kind = COVET__UTILITY_VIEW;
    return covet__plan_table_edits(w->parse, w->map, w->arena, &w->out->view, w->err);
}

static const covet__map_table *first_table(const covet__utility_walk *w)
{
    const covet__outline *outline = &w->parse->outline;
    for (uint32_t i = 0; w->map != NULL && i < outline->name_count; i++) {
        const covet__name *name = &outline->names[i];
        const covet__map_table *table =
            name->is_cte ? NULL : covet__map_find_table(w->map, name->schema, name->name);
        if (table != NULL)
            return table;
    }
    return NULL;
}

covet_status covet__utility_create_view(covet__utility_walk *w, const PgQuery__ViewStmt *stmt)
{
    const covet__map_table *same = covet__utility_table(w, stmt->view);
    w->out->tag = "CREATE VIEW";
    if (same != NULL && stmt->replace)
        return WRONG(w, "42809", "\"%s\" is not a view", same->name);
    if (same != NULL)
        return WRONG(w, "42P07", "relation \"%s\" already exists", same->name);
    const covet__map_table *table = first_table(w);
    if (table != NULL && strcmp(stmt->view->relpersistence, "t") == 0)
        return REFUSE(
            w,
            "a temporary view of the %s table \"%s\" is not supported (it would be of one "
            "connection to home)",
            covet__utility_kind_name(table), table->name);
    for (size_t i = 0; table != NULL && i < stmt->n_options; i++) {
        const PgQuery__DefElem *option = stmt->options[i]->def_elem;
        bool on = false;
        if (strcmp(option->defname, "security_barrier") == 0 &&
            covet__utility_option_bool(option, &on) && on)
            return REFUSE(w,
                          "a view of the %s table \"%s\" WITH (security_barrier) is not supported: "
                          "its query runs with the rights of the one who asks",
                          covet__utility_kind_name(table), table->name);
    }
    return take(w, "CREATE VIEW");
}

covet_status covet__utility_drop_view(covet__utility_walk *w) { return take(w, "DROP VIEW"); }

covet_status covet__utility_rename(covet__utility_walk *w, const PgQuery__RenameStmt *stmt)
{
    const bool column = stmt->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN &&
                        stmt->relation_type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW;
    if (stmt->rename_type != PG_QUERY__OBJECT_TYPE__OBJECT_VIEW && !column)
        return COVET_OK;
    const covet__map_table *table = covet__utility_table(w, stmt->relation);
    if (table != NULL)
        return WRONG(w, "42809", "\"%s\" is not a view", table->name);
    PgQuery__RangeVar renamed = *stmt->relation;
    renamed.relname = stmt->newname;
    table = column ? NULL : covet__utility_table(w, &renamed);
    if (table != NULL)
        return WRONG(w, "42P07", "relation \"%s\" already exists", table->name);
    return take(w, "ALTER VIEW");
}

covet_status covet__utility_move(covet__utility_walk *w, const PgQuery__AlterObjectSchemaStmt *stmt)
{
    if (stmt->object_type != PG_QUERY__OBJECT_TYPE__OBJECT_VIEW)
        return COVET_OK;
    const covet__map_table *table = covet__utility_table(w, stmt->relation);
    if (table != NULL)
        return WRONG(w, "42809", "\"%s\" is not a view", table->name);
    PgQuery__RangeVar moved = *stmt->relation;
    moved.schemaname = stmt->newschema;
    table = covet__utility_table(w, &moved);
    if (table != NULL)
        return WRONG(w, "42P07", "relation \"%s\" already exists in schema \"%s\"", table->name,
                     table->schema);
    return take(w, "ALTER VIEW");
}

covet_status covet__utility_materialized(covet__utility_walk *w)
{
    const covet__map_table *table = first_table(w);
    w->out->tag = "CREATE MATERIALIZED VIEW";
    if (table == NULL)
        return COVET_OK;
    return REFUSE(w, "a materialized view of the %s table \"%s\" is not supported (a view is)",
                  covet__utility_kind_name(table), table->name);
}
