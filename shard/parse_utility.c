/* shard/parse_utility.c - a utility's tree becomes a plan of work (shard/utility.h). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "shard/parse_utility_impl.h"

#define TOKEN(name)    PG_QUERY__TOKEN__##name
#define REFUSE(w, ...) covet__fail_state((w)->err, COVET_EUNSUPPORTED, "0A000", __VA_ARGS__)

covet_status covet__utility_no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

/* ---- pieces -------------------------------------------------------------------------------- */

static bool is_given(const char *text) { return text != NULL && text[0] != '\0'; }

const covet__map_table *covet__utility_table(const covet__utility_walk *w,
                                             const PgQuery__RangeVar *name)
{
    if (w->map == NULL || name == NULL || is_given(name->catalogname))
        return NULL;
    return covet__map_find_table(w->map, is_given(name->schemaname) ? name->schemaname : NULL,
                                 name->relname);
}

const char *covet__utility_kind_name(const covet__map_table *table)
{
    return table->kind == COVET__TABLE_REFERENCE ? "reference" : "distributed";
}

const char *covet__utility_option_text(const PgQuery__DefElem *option)
{
    const PgQuery__Node *arg = option->arg;
    const char *text = covet__string_of(arg);
    if (text != NULL || arg == NULL)
        return text;
    if (arg->node_case == PG_QUERY__NODE__NODE_TYPE_NAME && arg->type_name->n_names == 1)
        return covet__string_of(arg->type_name->names[0]);
    if (arg->node_case == PG_QUERY__NODE__NODE_A_CONST &&
        arg->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL)
        return arg->a_const->sval->sval;
    return NULL;
}

bool covet__utility_option_bool(const PgQuery__DefElem *option, bool *ret_value)
{
    const PgQuery__Node *arg = option->arg;
    const char *text = covet__utility_option_text(option);
    if (arg == NULL) {
        *ret_value = true;
    } else if (arg->node_case == PG_QUERY__NODE__NODE_BOOLEAN) {
        *ret_value = arg->boolean->boolval;
    } else if (arg->node_case == PG_QUERY__NODE__NODE_INTEGER && arg->integer->ival >= 0 &&
               arg->integer->ival <= 1) {
        *ret_value = arg->integer->ival == 1;
    } else if (arg->node_case == PG_QUERY__NODE__NODE_A_CONST &&
               arg->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
        *ret_value = arg->a_const->ival->ival != 0;
    } else if (text != NULL && (strcasecmp(text, "true") == 0 || strcasecmp(text, "on") == 0)) {
        *ret_value = true;
    } else if (text != NULL && (strcasecmp(text, "false") == 0 || strcasecmp(text, "off") == 0)) {
        *ret_value = false;
    } else {
        return false;
    }
    return true;
}

static const char *text_between(const covet__utility_walk *w, uint32_t start, uint32_t end)
{
    return covet_arena_copy(w->arena, w->parse->text + start, end > start ? end - start : 0);
}

static uint32_t end_of_text(const covet__parse *p)
{
    return p->token_count > 0 ? p->tokens[p->token_count - 1].end : (uint32_t)p->length;
}

/* The name in the outline that stands where the tree says. */
static const covet__name *name_of(const covet__utility_walk *w, const PgQuery__RangeVar *rv)
{
    const covet__outline *outline = &w->parse->outline;
    for (uint32_t i = 0; i < outline->name_count; i++)
        if (outline->names[i].start == (uint32_t)rv->location)
            return &outline->names[i];
    return NULL;
}

/* ---- transactions -------------------------------------------------------------------------- */

static covet_status take_begin(covet__utility_walk *w, const PgQuery__TransactionStmt *stmt)
{
    static const char *const levels[] = {"read committed", "repeatable read", "serializable"};
    w->out->kind = COVET__UTILITY_BEGIN;
    w->out->begin = (covet_tx_opts){.size = sizeof w->out->begin};
    for (size_t i = 0; i < stmt->n_options; i++) {
        const PgQuery__DefElem *option = stmt->options[i]->def_elem;
        const char *text = covet__utility_option_text(option);
        bool on = false;
        covet__utility_option_bool(option, &on);
        for (size_t l = 0; l < COVET_COUNT(levels) && text != NULL; l++)
            if (strcasecmp(text, levels[l]) == 0)
                w->out->begin.isolation = (covet_isolation)l;
        if (strcmp(option->defname, "transaction_read_only") == 0)
            w->out->begin.read_only = on;
        else if (strcmp(option->defname, "transaction_deferrable") == 0 && on)
            return REFUSE(w, "a DEFERRABLE transaction is not supported yet");
    }
    return COVET_OK;
}

static covet_status take_transaction(covet__utility_walk *w, const PgQuery__TransactionStmt *stmt)
{
    const char *refused = NULL;
    switch (stmt->kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
        w->out->tag = "BEGIN";
        return take_begin(w, stmt);
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START:
        w->out->tag = "START TRANSACTION";
        return take_begin(w, stmt);
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
        w->out->kind = COVET__UTILITY_COMMIT;
        w->out->tag = "COMMIT";
        break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
        w->out->kind = COVET__UTILITY_ROLLBACK;
        w->out->tag = "ROLLBACK";
        break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT: refused = "SAVEPOINT"; break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE: refused = "RELEASE"; break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
        refused = "ROLLBACK TO SAVEPOINT";
        break;
    default: refused = "a prepared transaction"; break;
    }
    if (refused == NULL && stmt->chain)
        refused = "AND CHAIN";
    return refused == NULL ? COVET_OK : REFUSE(w, "%s is not supported yet", refused);
}

/* ---- spread: the tables -------------------------------------------------------------------- */

/* All in the map: *ret_all true. None: false, and the statement is left alone. */
static covet_status check_tables(covet__utility_walk *w, PgQuery__RangeVar *const *names,
                                 size_t count, bool *ret_all)
{
    const covet__map_table *first = NULL;
    size_t local = 0;
    for (size_t i = 0; i < count; i++) {
        const covet__map_table *table = covet__utility_table(w, names[i]);
        if (table == NULL)
            local++;
        else if (first == NULL)
            first = table;
    }
    *ret_all = first != NULL;
    if (first == NULL || local == 0)
        return COVET_OK;
    return REFUSE(w,
                  "%s of a local table together with the %s table \"%s\" is not supported (a "
                  "statement for each)",
                  w->out->tag, covet__utility_kind_name(first), first->name);
}

static covet_status set_tables(covet__utility_walk *w, PgQuery__RangeVar *const *names,
                               size_t count)
{
    covet__spread *spread = &w->out->spread;
    covet__spread_table *tables = covet_arena_alloc(w->arena, (count + 1) * sizeof *tables);
    if (tables == NULL)
        return covet__utility_no_memory(w->err);
    for (size_t i = 0; i < count; i++)
        tables[i] =
            (covet__spread_table){.table = covet__utility_table(w, names[i]), .columns = ""};
    spread->tables = tables;
    spread->table_count = (uint32_t)count;
    w->out->kind = COVET__UTILITY_SPREAD;
    return COVET_OK;
}

/* The text in front of the list of tables, and behind it. */
static covet_status set_ends(covet__utility_walk *w, const PgQuery__RangeVar *first,
                             const PgQuery__RangeVar *last)
{
    covet__spread *spread = &w->out->spread;
    const covet__name *from = name_of(w, first), *to = name_of(w, last);
    if (from == NULL || to == NULL)
        return covet__fail(w->err, COVET_EINTERNAL, "%s: its tables are not found in its text",
                           w->out->tag);
    spread->head = text_between(w, 0, from->start);
    spread->tail = text_between(w, to->end, end_of_text(w->parse));
    return spread->head != NULL && spread->tail != NULL ? COVET_OK
                                                        : covet__utility_no_memory(w->err);
}

/* ---- spread: indexes ----------------------------------------------------------------------- */

static bool is_per_shard(const covet__map_table *table, const char *column)
{
    if (strcmp(column, table->key_column) == 0)
        return true;
    for (uint32_t i = 0; i < table->unique_per_shard_count; i++)
        if (strcmp(column, table->unique_per_shard[i]) == 0)
            return true;
    return false;
}

/* A unique index sees the rows of its shard only. */
static covet_status check_unique(covet__utility_walk *w, const PgQuery__IndexStmt *stmt,
                                 const covet__map_table *table)
{
    if (!stmt->unique || table->kind != COVET__TABLE_DISTRIBUTED)
        return COVET_OK;
    for (size_t i = 0; i < stmt->n_index_params; i++) {
        const PgQuery__IndexElem *item = stmt->index_params[i]->index_elem;
        /* Under another collation different keys may be equal. */
        if (is_given(item->name) && item->n_collation == 0 && is_per_shard(table, item->name))
            return COVET_OK;
    }
    return REFUSE(w,
                  "the unique index \"%s\" would be unique in each shard only: it must include "
                  "the shard key \"%s\" of \"%s\"",
                  stmt->idxname, table->key_column, table->name);
}

/* The head without the word CONCURRENTLY: for the empty twin, in a transaction. */
static covet_status set_plain_head(covet__utility_walk *w)
{
    covet__spread *spread = &w->out->spread;
    const covet__parse *p = w->parse;
    covet__str out = COVET__STR_IN(w->arena);
    const size_t length = strlen(spread->head);
    size_t from = 0;
    for (uint32_t i = 0; i < p->token_count && p->tokens[i].end <= length; i++)
        if (p->tokens[i].kind == TOKEN(CONCURRENTLY) && p->tokens[i].depth == 0) {
            covet__str_bytes(&out, spread->head, p->tokens[i].start);
            from = p->tokens[i].end;
            break;
        }
    covet__str_bytes(&out, spread->head + from, length - from);
    spread->plain_head = covet__str_take(&out);
    return spread->plain_head != NULL ? COVET_OK : covet__utility_no_memory(w->err);
}

static covet_status take_create_index(covet__utility_walk *w, const PgQuery__IndexStmt *stmt)
{
    covet__spread *spread = &w->out->spread;
    const covet__map_table *table = covet__utility_table(w, stmt->relation);
    w->out->tag = "CREATE INDEX";
    if (table == NULL)
        return COVET_OK;
    if (!is_given(stmt->idxname))
        return REFUSE(w,
                      "an index without a name on the %s table \"%s\" is not supported (its "
                      "name is the same in every shard: give it one)",
                      covet__utility_kind_name(table), table->name);
    COVET_TRY(check_unique(w, stmt, table));
    covet__object_name *index = covet_arena_alloc(w->arena, sizeof *index);
    if (index == NULL)
        return covet__utility_no_memory(w->err);
    *index = (covet__object_name){
        .name = covet_arena_copy(w->arena, stmt->idxname, strlen(stmt->idxname))};
    spread->kind = COVET__SPREAD_CREATE_INDEX;
    spread->indexes = index;
    spread->index_count = 1;
    spread->concurrently = stmt->concurrent;
    spread->if_exists = stmt->if_not_exists;
    PgQuery__RangeVar *const names[] = {stmt->relation};
    COVET_TRY(set_tables(w, names, 1));
    COVET_TRY(set_ends(w, stmt->relation, stmt->relation));
    return set_plain_head(w);
}

/* ---- spread: DROP -------------------------------------------------------------------------- */

/* A name of DROP is a list of its parts; the last `less` of them are not the table's. */
static PgQuery__RangeVar range_of(const PgQuery__Node *object, size_t less)
{
    PgQuery__RangeVar rv = PG_QUERY__RANGE_VAR__INIT;
    if (object == NULL || object->node_case != PG_QUERY__NODE__NODE_LIST ||
        object->list->n_items < less + 1 || object->list->n_items > less + 2)
        return rv;
    const size_t n = object->list->n_items - less;
    rv.relname = (char *)(uintptr_t)covet__string_of(object->list->items[n - 1]);
    if (n == 2)
        rv.schemaname = (char *)(uintptr_t)covet__string_of(object->list->items[0]);
    return rv;
}

static covet_status take_drop_index(covet__utility_walk *w, const PgQuery__DropStmt *stmt)
{
    covet__spread *spread = &w->out->spread;
    covet__object_name *indexes =
        covet_arena_alloc(w->arena, (stmt->n_objects + 1) * sizeof *indexes);
    if (indexes == NULL)
        return covet__utility_no_memory(w->err);
    w->out->tag = "DROP INDEX";
    for (size_t i = 0; i < stmt->n_objects; i++) {
        const PgQuery__RangeVar rv = range_of(stmt->objects[i], 0);
        if (!is_given(rv.relname))
            return COVET_OK;
        indexes[i] = (covet__object_name){
            .name = covet_arena_copy(w->arena, rv.relname, strlen(rv.relname))};
        if (is_given(rv.schemaname))
            indexes[i].schema = covet_arena_copy(w->arena, rv.schemaname, strlen(rv.schemaname));
        if (indexes[i].name == NULL)
            return covet__utility_no_memory(w->err);
    }
    w->out->kind = COVET__UTILITY_SPREAD;
    spread->kind = COVET__SPREAD_DROP_INDEX;
    spread->indexes = indexes;
    spread->index_count = (uint32_t)stmt->n_objects;
    return COVET_OK;
}

static covet_status take_drop_table(covet__utility_walk *w, const PgQuery__DropStmt *stmt)
{
    const size_t count = stmt->n_objects;
    bool all;
    PgQuery__RangeVar *objects = covet_arena_alloc(w->arena, (count + 1) * sizeof *objects);
    PgQuery__RangeVar **names = covet_arena_alloc(w->arena, (count + 1) * sizeof *names);
    if (objects == NULL || names == NULL)
        return covet__utility_no_memory(w->err);
    for (size_t i = 0; i < count; i++) {
        objects[i] = range_of(stmt->objects[i], 0);
        names[i] = &objects[i];
        if (!is_given(objects[i].relname))
            return COVET_OK;
    }
    w->out->tag = "DROP TABLE";
    w->out->spread.kind = COVET__SPREAD_DROP_TABLE;
    COVET_TRY(check_tables(w, names, count, &all));
    return all ? set_tables(w, names, count) : COVET_OK;
}

static covet_status refuse_on(covet__utility_walk *w, const char *what,
                              const covet__map_table *table)
{
    return REFUSE(w, "%s with the %s table \"%s\" is not supported yet", what,
                  covet__utility_kind_name(table), table->name);
}

/* What belongs to a table is named behind it: DROP TRIGGER name ON table. */
static covet_status take_drop(covet__utility_walk *w, const PgQuery__DropStmt *stmt)
{
    if (w->map == NULL)
        return COVET_OK;
    w->out->spread.concurrently = stmt->concurrent;
    w->out->spread.if_exists = stmt->missing_ok;
    w->out->spread.cascade = stmt->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    if (stmt->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE)
        return take_drop_table(w, stmt);
    if (stmt->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX)
        return take_drop_index(w, stmt);
    if (stmt->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW)
        return covet__utility_drop_view(w);
    const bool of_table = stmt->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER ||
                          stmt->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_RULE ||
                          stmt->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_POLICY;
    for (size_t i = 0; of_table && i < stmt->n_objects; i++) {
        const PgQuery__RangeVar rv = range_of(stmt->objects[i], 1);
        const covet__map_table *table = is_given(rv.relname) ? covet__utility_table(w, &rv) : NULL;
        if (table != NULL)
            return refuse_on(w, "DROP", table);
    }
    return COVET_OK;
}

static covet_status take_comment(covet__utility_walk *w, const PgQuery__CommentStmt *stmt)
{
    const bool whole = stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
    const bool part = stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN ||
                      stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT ||
                      stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER ||
                      stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_RULE ||
                      stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_POLICY;
    const PgQuery__RangeVar rv = range_of(stmt->object, part ? 1 : 0);
    const covet__map_table *table =
        (whole || part) && is_given(rv.relname) ? covet__utility_table(w, &rv) : NULL;
    return table != NULL ? refuse_on(w, "COMMENT", table) : COVET_OK;
}

/* ---- spread: the others -------------------------------------------------------------------- */

static covet_status range_vars(covet__utility_walk *w, PgQuery__Node *const *nodes, size_t count,
                               PgQuery__RangeVar ***ret_names)
{
    PgQuery__RangeVar **names = covet_arena_alloc(w->arena, (count + 1) * sizeof *names);
    if (names == NULL)
        return covet__utility_no_memory(w->err);
    for (size_t i = 0; i < count; i++)
        names[i] = nodes[i]->node_case == PG_QUERY__NODE__NODE_VACUUM_RELATION
                       ? nodes[i]->vacuum_relation->relation
                       : nodes[i]->range_var;
    *ret_names = names;
    return COVET_OK;
}

static covet_status take_truncate(covet__utility_walk *w, const PgQuery__TruncateStmt *stmt)
{
    PgQuery__RangeVar **names;
    bool all;
    w->out->tag = "TRUNCATE TABLE";
    w->out->spread.kind = COVET__SPREAD_TRUNCATE;
    COVET_TRY(range_vars(w, stmt->relations, stmt->n_relations, &names));
    COVET_TRY(check_tables(w, names, stmt->n_relations, &all));
    if (!all)
        return COVET_OK;
    if (stmt->restart_seqs)
        return REFUSE(w, "TRUNCATE ... RESTART IDENTITY is not supported over shards: ids are "
                         "never given out twice");
    w->out->spread.cascade = stmt->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    COVET_TRY(set_tables(w, names, stmt->n_relations));
    COVET_TRY(set_ends(w, names[0], names[stmt->n_relations - 1]));
    w->out->spread.tail = ""; /* of CASCADE and its like the work knows by itself */
    return COVET_OK;
}

static covet_status set_columns(covet__utility_walk *w, const PgQuery__VacuumStmt *stmt)
{
    covet__spread_table *tables = (covet__spread_table *)(uintptr_t)w->out->spread.tables;
    for (size_t i = 0; i < stmt->n_rels; i++) {
        const PgQuery__VacuumRelation *rel = stmt->rels[i]->vacuum_relation;
        covet__str out = COVET__STR_IN(w->arena);
        for (size_t c = 0; c < rel->n_va_cols; c++) {
            covet__str_add(&out, c == 0 ? " (" : ", ");
            covet__str_ident(&out, covet__string_of(rel->va_cols[c]));
        }
        if (rel->n_va_cols == 0)
            continue;
        covet__str_char(&out, ')');
        tables[i].columns = covet__str_take(&out);
        if (tables[i].columns == NULL)
            return covet__utility_no_memory(w->err);
    }
    return COVET_OK;
}

static covet_status take_vacuum(covet__utility_walk *w, const PgQuery__VacuumStmt *stmt)
{
    covet__spread *spread = &w->out->spread;
    PgQuery__RangeVar **names;
    bool all;
    w->out->tag = stmt->is_vacuumcmd ? "VACUUM" : "ANALYZE";
    spread->kind = stmt->is_vacuumcmd ? COVET__SPREAD_VACUUM : COVET__SPREAD_ANALYZE;
    if (stmt->n_rels == 0 && w->map != NULL) { /* of everything, in every group */
        w->out->kind = COVET__UTILITY_SPREAD;
        spread->tail = "";
        spread->head = text_between(w, 0, end_of_text(w->parse));
        return spread->head != NULL ? COVET_OK : covet__utility_no_memory(w->err);
    }
    COVET_TRY(range_vars(w, stmt->rels, stmt->n_rels, &names));
    COVET_TRY(check_tables(w, names, stmt->n_rels, &all));
    if (!all)
        return COVET_OK;
    COVET_TRY(set_tables(w, names, stmt->n_rels));
    COVET_TRY(set_columns(w, stmt));
    COVET_TRY(set_ends(w, names[0], names[stmt->n_rels - 1]));
    spread->tail = "";
    return COVET_OK;
}

/* "PUBLIC, \"ann\"": for the schemas' own grants. */
static covet_status set_roles(covet__utility_walk *w, const PgQuery__GrantStmt *stmt)
{
    covet__str out = COVET__STR_IN(w->arena);
    for (size_t i = 0; i < stmt->n_grantees; i++) {
        const PgQuery__RoleSpec *role = stmt->grantees[i]->role_spec;
        if (i > 0)
            covet__str_add(&out, ", ");
        switch (role->roletype) {
        case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_PUBLIC: covet__str_add(&out, "PUBLIC"); break;
        case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_USER:
        case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_ROLE:
            covet__str_add(&out, "CURRENT_USER");
            break;
        case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_SESSION_USER:
            covet__str_add(&out, "SESSION_USER");
            break;
        default: covet__str_ident(&out, role->rolename); break;
        }
    }
    w->out->spread.roles = covet__str_take(&out);
    return w->out->spread.roles != NULL ? COVET_OK : covet__utility_no_memory(w->err);
}

/* ALL TABLES IN SCHEMA reaches tables by their place, which is another one in the shards. */
static covet_status check_schemas(covet__utility_walk *w, const PgQuery__GrantStmt *stmt)
{
    for (size_t i = 0; w->map != NULL && i < stmt->n_objects; i++)
        for (uint32_t t = 0; t < w->map->table_count; t++) {
            const char *schema = covet__string_of(stmt->objects[i]);
            if (schema != NULL && strcmp(w->map->tables[t].schema, schema) == 0)
                return REFUSE(w,
                              "%s ON ALL TABLES does not reach the %s table \"%s\" of the "
                              "schema \"%s\" (name the tables)",
                              w->out->tag, covet__utility_kind_name(&w->map->tables[t]),
                              w->map->tables[t].name, schema);
        }
    return COVET_OK;
}

static covet_status take_grant(covet__utility_walk *w, const PgQuery__GrantStmt *stmt)
{
    PgQuery__RangeVar **names;
    bool all;
    w->out->tag = stmt->is_grant ? "GRANT" : "REVOKE";
    if (stmt->objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE)
        return COVET_OK;
    if (stmt->targtype == PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_ALL_IN_SCHEMA)
        return check_schemas(w, stmt);
    if (stmt->targtype != PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_OBJECT)
        return COVET_OK;
    w->out->spread.kind = COVET__SPREAD_GRANT;
    COVET_TRY(range_vars(w, stmt->objects, stmt->n_objects, &names));
    COVET_TRY(check_tables(w, names, stmt->n_objects, &all));
    if (!all)
        return COVET_OK;
    COVET_TRY(set_tables(w, names, stmt->n_objects));
    COVET_TRY(set_ends(w, names[0], names[stmt->n_objects - 1]));
    return stmt->is_grant ? set_roles(w, stmt) : COVET_OK;
}

/* ---- what is left -------------------------------------------------------------------------- */

static covet_status take_create_table(covet__utility_walk *w, const PgQuery__RangeVar *name,
                                      bool if_not_exists)
{
    const covet__map_table *table = covet__utility_table(w, name);
    w->out->tag = "CREATE TABLE";
    if (table == NULL)
        return COVET_OK;
    if (!if_not_exists)
        return covet__fail_state(w->err, COVET_ESQL, "42P07", "relation \"%s\" already exists",
                                 table->name);
    w->out->kind = COVET__UTILITY_EXISTS;
    return COVET_OK;
}

/* Those that the library refuses whatever they name, and says why. */
static bool is_librarys(const char *tag)
{
    return strcmp(tag, "PREPARE") == 0 || strcmp(tag, "DECLARE CURSOR") == 0;
}

static const char *shown_tag(const char *tag)
{
    static const char *const tags[][2] = {{"CREATE TRIG", "CREATE TRIGGER"},
                                          {"RULE", "CREATE RULE"},
                                          {"RENAME", "ALTER ... RENAME"},
                                          {"ALTER OBJECT SCHEMA", "ALTER ... SET SCHEMA"}};
    for (size_t i = 0; i < COVET_COUNT(tags); i++)
        if (strcmp(tag, tags[i][0]) == 0)
            return tags[i][1];
    return tag;
}

static covet_status refuse_others(covet__utility_walk *w)
{
    const covet__outline *outline = &w->parse->outline;
    if (is_librarys(outline->utility))
        return COVET_OK;
    for (uint32_t i = 0; w->map != NULL && i < outline->name_count; i++) {
        const covet__map_table *table =
            covet__map_find_table(w->map, outline->names[i].schema, outline->names[i].name);
        if (table != NULL && strcmp(outline->utility, "EXPLAIN") == 0)
            return REFUSE(w,
                          "EXPLAIN with the %s table \"%s\" is not supported (use "
                          "covet-shardctl explain)",
                          covet__utility_kind_name(table), table->name);
        if (table != NULL)
            return refuse_on(w, shown_tag(outline->utility), table);
    }
    return COVET_OK;
}

static covet_status dispatch(covet__utility_walk *w, const PgQuery__Node *root)
{
    switch (root->node_case) {
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT: return take_transaction(w, root->transaction_stmt);
    case PG_QUERY__NODE__NODE_COPY_STMT: return covet__utility_copy(w, root->copy_stmt);
    case PG_QUERY__NODE__NODE_INDEX_STMT: return take_create_index(w, root->index_stmt);
    case PG_QUERY__NODE__NODE_DROP_STMT: return take_drop(w, root->drop_stmt);
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT: return take_truncate(w, root->truncate_stmt);
    case PG_QUERY__NODE__NODE_VACUUM_STMT: return take_vacuum(w, root->vacuum_stmt);
    case PG_QUERY__NODE__NODE_GRANT_STMT: return take_grant(w, root->grant_stmt);
    case PG_QUERY__NODE__NODE_COMMENT_STMT: return take_comment(w, root->comment_stmt);
    case PG_QUERY__NODE__NODE_CREATE_STMT:
        return take_create_table(w, root->create_stmt->relation, root->create_stmt->if_not_exists);
    case PG_QUERY__NODE__NODE_VIEW_STMT: return covet__utility_create_view(w, root->view_stmt);
    case PG_QUERY__NODE__NODE_RENAME_STMT: return covet__utility_rename(w, root->rename_stmt);
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT:
        return covet__utility_move(w, root->alter_object_schema_stmt);
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
        if (root->create_table_as_stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW)
            return covet__utility_materialized(w);
        return take_create_table(w, root->create_table_as_stmt->into->rel,
                                 root->create_table_as_stmt->if_not_exists);
    default: return COVET_OK;
    }
}

covet_status covet__utility_decide(const covet__parse *parse, const covet__map *map,
                                   covet__utility *ret_utility, covet_error *err)
{
    covet__utility utility = {.tag = ""};
    covet__utility_walk w = {
        .parse = parse, .map = map, .arena = parse->arena, .out = &utility, .err = err};
    if (parse->outline.kind == COVET__STMT_UTILITY) {
        COVET_TRY(dispatch(&w, covet__parse_root(parse)));
        if (utility.kind == COVET__UTILITY_NONE)
            COVET_TRY(refuse_others(&w));
    }
    *ret_utility = utility;
    return COVET_OK;
}

/* ---- the statements ------------------------------------------------------------------------ */

static bool is_at(covet__table_kind kind, covet__spread_place place)
{
    return place == COVET__SPREAD_SHELL ||
           (kind == COVET__TABLE_REFERENCE) == (place == COVET__SPREAD_REFERENCE);
}

static void put_tables(const covet__spread *spread, covet__spread_place place, const char *schema,
                       covet__str *out)
{
    const char *comma = "";
    for (uint32_t i = 0; i < spread->table_count; i++) {
        const covet__spread_table *item = &spread->tables[i];
        if (!is_at(item->table->kind, place))
            continue;
        covet__str_add(out, comma);
        covet__str_qualified(out, schema, item->table->physical);
        covet__str_add(out, item->columns);
        comma = ", ";
    }
}

static void put_indexes(const covet__spread *spread, const char *schema, covet__str *out)
{
    for (uint32_t i = 0; i < spread->index_count; i++) {
        covet__str_add(out, i > 0 ? ", " : "");
        covet__str_qualified(out, schema, spread->indexes[i].name);
    }
}

void covet__spread_print(const covet__spread *spread, covet__spread_place place, const char *schema,
                         covet__str *out)
{
    const bool shell = place == COVET__SPREAD_SHELL;
    bool any = spread->table_count == 0;
    for (uint32_t i = 0; i < spread->table_count; i++)
        any |= is_at(spread->tables[i].table->kind, place);
    if (!any)
        return;
    switch (spread->kind) {
    case COVET__SPREAD_DROP_INDEX:
        covet__str_printf(out, "DROP INDEX %sIF EXISTS ",
                          spread->concurrently && !shell ? "CONCURRENTLY " : "");
        put_indexes(spread, schema, out);
        covet__str_add(out, spread->cascade ? " CASCADE" : "");
        return;
    case COVET__SPREAD_DROP_TABLE:
        covet__str_add(out, "DROP TABLE IF EXISTS ");
        put_tables(spread, place, schema, out);
        covet__str_add(out, spread->cascade ? " CASCADE" : "");
        return;
    default: break;
    }
    covet__str_add(out, shell && spread->plain_head != NULL ? spread->plain_head : spread->head);
    put_tables(spread, place, schema, out);
    covet__str_add(out, spread->tail);
}
