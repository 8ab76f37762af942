/*
 * shard/parse_outline.c - what a statement touches, before anything about the tables is
 * known: names of tables and functions, the kind, whether it writes.
 */
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "shard/parse_impl.h"

#define TOKEN(name) PG_QUERY__TOKEN__##name

typedef struct outliner {
    covet__parse *parse;
    covet__name *names;
    size_t name_count, name_capacity;
    covet__prefix_use *prefixes;
    size_t prefix_count, prefix_capacity;
    const char **functions;
    size_t function_count, function_capacity;
    const char **ctes; /* names of WITH in scope, the innermost last */
    size_t cte_count, cte_capacity;
    const ProtobufCMessage *opened; /* a statement whose WITH is taken already */
    uint32_t param_max;
    bool writes, locks, into;
    bool failed;
} outliner;

static const char *keep(outliner *o, const char *text)
{
    const char *copy = covet_arena_copy(o->parse->arena, text, strlen(text));
    if (copy == NULL)
        o->failed = true;
    return copy;
}

/* The last byte of `name`, `schema.name` or `catalog.schema.name`. */
static uint32_t name_end(const covet__parse *parse, int location, int parts)
{
    uint32_t i = covet__token_at(parse, location);
    i += 2 * (uint32_t)(parts - 1); /* a dot and a name for each further part */
    return i < parse->token_count ? parse->tokens[i].end : (uint32_t)parse->length;
}

static bool is_kind(const covet__parse *parse, uint32_t i, int kind)
{
    return i < parse->token_count && parse->tokens[i].kind == kind;
}

/* TABLE x, x, ONLY x, ONLY (x), x * */
static uint32_t alias_at(const covet__parse *parse, const covet__name *name)
{
    const uint32_t first = covet__token_at(parse, (int)name->start);
    const uint32_t next = covet__token_at(parse, (int)name->end);
    const bool bracket = first >= 2 && is_kind(parse, first - 1, TOKEN(ASCII_40)) &&
                         is_kind(parse, first - 2, TOKEN(ONLY));
    const uint32_t only = bracket ? first - 2 : first - 1; /* of first 0: no token */
    const uint32_t before = is_kind(parse, only, TOKEN(ONLY)) ? only - 1 : first - 1;
    if (is_kind(parse, before, TOKEN(TABLE)))
        return 0;
    if (bracket || is_kind(parse, next, TOKEN(ASCII_42)))
        return parse->tokens[next].end;
    return name->end;
}

static bool is_in_scope(const outliner *o, const char *name)
{
    for (size_t i = o->cte_count; i-- > 0;)
        if (strcmp(o->ctes[i], name) == 0)
            return true;
    return false;
}

static void take_name(outliner *o, const PgQuery__RangeVar *rv)
{
    if (!COVET_GROW(o->names, o->name_capacity, o->name_count + 1)) {
        o->failed = true;
        return;
    }
    const bool has_catalog = rv->catalogname != NULL && rv->catalogname[0] != '\0';
    const bool has_schema = rv->schemaname != NULL && rv->schemaname[0] != '\0';
    covet__name *name = &o->names[o->name_count++];
    *name = (covet__name){.name = keep(o, rv->relname),
                          .is_cte = !has_schema && is_in_scope(o, rv->relname)};
    if (has_schema)
        name->schema = keep(o, rv->schemaname);
    if (rv->alias != NULL)
        name->alias = keep(o, rv->alias->aliasname);
    name->start = (uint32_t)rv->location;
    name->end = name_end(o->parse, rv->location, 1 + has_schema + has_catalog);
    name->alias_at = alias_at(o->parse, name);
}

/* schema.table.column */
static void take_prefix(outliner *o, const PgQuery__ColumnRef *ref)
{
    const char *schema = ref->n_fields == 3 ? covet__string_of(ref->fields[0]) : NULL;
    const char *name = ref->n_fields == 3 ? covet__string_of(ref->fields[1]) : NULL;
    const uint32_t at = covet__token_at(o->parse, ref->location);
    if (schema == NULL || name == NULL || at + 2 >= o->parse->token_count)
        return;
    if (!COVET_GROW(o->prefixes, o->prefix_capacity, o->prefix_count + 1)) {
        o->failed = true;
        return;
    }
    o->prefixes[o->prefix_count++] = (covet__prefix_use){.schema = keep(o, schema),
                                                         .name = keep(o, name),
                                                         .start = o->parse->tokens[at].start,
                                                         .end = o->parse->tokens[at + 2].start};
}

/* pg_catalog.f is f; another schema's keeps its schema. */
static void take_function(outliner *o, const PgQuery__FuncCall *call)
{
    covet__str name = {0};
    for (size_t i = 0; i < call->n_funcname; i++) {
        const char *part = covet__string_of(call->funcname[i]);
        if (part == NULL || (i + 1 < call->n_funcname && strcmp(part, "pg_catalog") == 0))
            continue;
        covet__str_printf(&name, "%s%s", name.length > 0 ? "." : "", part);
    }
    const char *text = covet__str_text(&name);
    o->failed |= !covet__str_ok(&name);
    for (size_t i = 0; text != NULL && i < o->function_count; i++)
        if (strcmp(o->functions[i], text) == 0)
            text = NULL;
    if (text != NULL) {
        if (COVET_GROW(o->functions, o->function_capacity, o->function_count + 1))
            o->functions[o->function_count++] = keep(o, text);
        else
            o->failed = true;
    }
    covet__str_free(&name);
}

static bool enter(const ProtobufCMessage *message, void *user);

static void open_name(outliner *o, const PgQuery__Node *cte)
{
    if (COVET_GROW(o->ctes, o->cte_capacity, o->cte_count + 1))
        o->ctes[o->cte_count++] = cte->common_table_expr->ctename;
    else
        o->failed = true;
}

static const PgQuery__WithClause *with_of(const ProtobufCMessage *message)
{
    if (COVET__IS(message, select_stmt))
        return ((const PgQuery__SelectStmt *)message)->with_clause;
    if (COVET__IS(message, insert_stmt))
        return ((const PgQuery__InsertStmt *)message)->with_clause;
    if (COVET__IS(message, update_stmt))
        return ((const PgQuery__UpdateStmt *)message)->with_clause;
    if (COVET__IS(message, delete_stmt))
        return ((const PgQuery__DeleteStmt *)message)->with_clause;
    if (COVET__IS(message, merge_stmt))
        return ((const PgQuery__MergeStmt *)message)->with_clause;
    return NULL;
}

/* The names of WITH hold in its statement, and in the queries of those that follow; with
 * RECURSIVE in all of them. */
static void visit_with(outliner *o, const ProtobufCMessage *statement,
                       const PgQuery__WithClause *with)
{
    const size_t outside = o->cte_count;
    for (size_t i = 0; with->recursive && i < with->n_ctes; i++)
        open_name(o, with->ctes[i]);
    for (size_t i = 0; i < with->n_ctes && !o->failed; i++) {
        covet__visit(&with->ctes[i]->common_table_expr->ctequery->base, enter, o);
        if (!with->recursive)
            open_name(o, with->ctes[i]);
    }
    o->opened = statement;
    if (!o->failed)
        covet__visit(statement, enter, o);
    o->cte_count = outside;
}

static bool enter(const ProtobufCMessage *message, void *user)
{
    outliner *o = user;
    const PgQuery__WithClause *with = with_of(message);
    if (with != NULL && o->opened != message) {
        visit_with(o, message, with);
        return false;
    }
    if (COVET__IS(message, with_clause))
        return false; /* visit_with has been there */
    if (COVET__IS(message, range_var)) {
        take_name(o, (const PgQuery__RangeVar *)message);
    } else if (COVET__IS(message, func_call)) {
        take_function(o, (const PgQuery__FuncCall *)message);
    } else if (COVET__IS(message, column_ref)) {
        take_prefix(o, (const PgQuery__ColumnRef *)message);
    } else if (COVET__IS(message, param_ref)) {
        const int number = ((const PgQuery__ParamRef *)message)->number;
        o->param_max = COVET_MAX(o->param_max, (uint32_t)COVET_MAX(number, 0));
    } else if (COVET__IS(message, locking_clause)) {
        o->locks = true;
        return false; /* its names are aliases */
    } else if (COVET__IS(message, into_clause)) {
        o->into = true;
    } else if (COVET__IS(message, insert_stmt) || COVET__IS(message, update_stmt) ||
               COVET__IS(message, delete_stmt) || COVET__IS(message, merge_stmt)) {
        o->writes = true;
    }
    return true;
}

/* "create_table_as_stmt" becomes "CREATE TABLE AS": good enough for a message. */
static const char *tag_of(outliner *o, const PgQuery__Node *root)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(root->base.descriptor, (unsigned)root->node_case);
    char *tag = (char *)(uintptr_t)keep(o, field != NULL ? field->name : "utility");
    if (tag == NULL)
        return "";
    const size_t length = strlen(tag);
    if (length > 5 && strcmp(tag + length - 5, "_stmt") == 0)
        tag[length - 5] = '\0';
    for (char *c = tag; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    return strcmp(tag, "CREATE") == 0  ? "CREATE TABLE"
           : strcmp(tag, "INDEX") == 0 ? "CREATE INDEX"
                                       : tag;
}

static const PgQuery__RangeVar *target_of(const PgQuery__Node *root, covet__stmt_kind *kind)
{
    switch (root->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT: *kind = COVET__STMT_SELECT; return NULL;
    case PG_QUERY__NODE__NODE_INSERT_STMT:
        *kind = COVET__STMT_INSERT;
        return root->insert_stmt->relation;
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        *kind = COVET__STMT_UPDATE;
        return root->update_stmt->relation;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        *kind = COVET__STMT_DELETE;
        return root->delete_stmt->relation;
    case PG_QUERY__NODE__NODE_MERGE_STMT:
        *kind = COVET__STMT_MERGE;
        return root->merge_stmt->relation;
    default: *kind = COVET__STMT_UTILITY; return NULL;
    }
}

/* What a statement changes is a table, whatever WITH calls by that name. */
static void mark(outliner *o, const PgQuery__RangeVar *target)
{
    for (size_t i = 0; i < o->name_count; i++) {
        covet__name *name = &o->names[i];
        name->target = target != NULL && name->start == (uint32_t)target->location;
        name->is_cte &= !name->target;
    }
}

covet_status covet__parse_outline(covet__parse *parse, covet_error *err)
{
    const PgQuery__Node *root = covet__parse_root(parse);
    outliner o = {.parse = parse};
    covet__stmt_kind kind = COVET__STMT_UTILITY;
    const PgQuery__RangeVar *target = target_of(root, &kind);
    covet__visit(&root->base, enter, &o);
    mark(&o, target);
    covet__outline *outline = &parse->outline;
    covet__name *names = covet_arena_alloc(parse->arena, (o.name_count + 1) * sizeof *names);
    const char **functions =
        covet_arena_alloc(parse->arena, (o.function_count + 1) * sizeof *functions);
    covet__prefix_use *prefixes =
        covet_arena_alloc(parse->arena, (o.prefix_count + 1) * sizeof *prefixes);
    if (names == NULL || functions == NULL || prefixes == NULL)
        o.failed = true;
    if (!o.failed) {
        if (o.name_count > 0)
            memcpy(names, o.names, o.name_count * sizeof *names);
        if (o.prefix_count > 0)
            memcpy(prefixes, o.prefixes, o.prefix_count * sizeof *prefixes);
        if (o.function_count > 0)
            memcpy(functions, o.functions, o.function_count * sizeof *functions);
        *outline = (covet__outline){.kind = kind,
                                    .names = names,
                                    .name_count = (uint32_t)o.name_count,
                                    .prefixes = prefixes,
                                    .prefix_count = (uint32_t)o.prefix_count,
                                    .functions = functions,
                                    .function_count = (uint32_t)o.function_count,
                                    .param_max = o.param_max,
                                    .writes = o.writes || kind == COVET__STMT_UTILITY,
                                    .locks = o.locks,
                                    .into = o.into};
        if (kind == COVET__STMT_UTILITY)
            outline->utility = tag_of(&o, root);
    }
    covet__free(o.names);
    covet__free(o.prefixes);
    covet__free(o.functions);
    covet__free(o.ctes);
    return o.failed ? covet__fail(err, COVET_ENOMEM, "statement: out of memory") : COVET_OK;
}
