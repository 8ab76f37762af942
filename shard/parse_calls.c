/*
 * shard/parse_calls.c - expressions: the functions, subqueries and casts in them
 * (shard/parse_facts_impl.h).
 */
#include <string.h>

#include "shard/parse_facts_impl.h"

/* ---- expressions --------------------------------------------------------------------------- */

const covet__function *covet__walk_function_of(const covet__walk *walk,
                                               const PgQuery__FuncCall *call)
{
    const char *name = covet__string_of(call->funcname[call->n_funcname - 1]);
    const char *schema = call->n_funcname > 1 ? covet__string_of(call->funcname[0]) : NULL;
    for (uint32_t i = 0; name != NULL && i < walk->schema->function_count; i++) {
        const covet__function *f = &walk->schema->functions[i];
        const char *dot = strchr(f->name, '.');
        if (schema == NULL || strcmp(schema, "pg_catalog") == 0) {
            if (dot == NULL && strcmp(f->name, name) == 0)
                return f;
        } else if (dot != NULL && strlen(schema) == (size_t)(dot - f->name) &&
                   strncmp(f->name, schema, strlen(schema)) == 0 && strcmp(dot + 1, name) == 0) {
            return f;
        }
    }
    return NULL;
}

static bool is_among(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

/* A built-in function that is volatile and yet means the same on every shard: a new value
 * for every row. */
static bool differs_by_row(const char *name)
{
    static const char *const names[] = {"random", "clock_timestamp", "timeofday",
                                        "gen_random_uuid"};
    return is_among(name, names, COVET_COUNT(names));
}

static bool is_moment(const char *name)
{
    static const char *const names[] = {"now", "transaction_timestamp", "statement_timestamp"};
    return is_among(name, names, COVET_COUNT(names));
}

bool covet__walk_is_builtin(const covet__walk *walk, const PgQuery__FuncCall *call,
                            const char *name)
{
    const covet__function *f = covet__walk_function_of(walk, call);
    return f != NULL && f->known && f->builtin && strcmp(f->name, name) == 0;
}

/* With nothing in its brackets and behind them: all else a server refuses. */
static bool is_bare(const PgQuery__FuncCall *call)
{
    return call->n_args == 0 && !call->agg_star && call->agg_filter == NULL && call->over == NULL;
}

bool covet__walk_is_moment(const covet__walk *walk, const PgQuery__FuncCall *call)
{
    const covet__function *f = is_bare(call) ? covet__walk_function_of(walk, call) : NULL;
    return f != NULL && f->known && f->builtin && is_moment(f->name);
}

/* Built-in, stable, and dependent on nothing but settings that every connection has alike. */
static bool is_alike(const char *name)
{
    static const char *const names[] = {"to_char",
                                        "to_timestamp",
                                        "to_date",
                                        "to_number",
                                        "date_trunc",
                                        "date_part",
                                        "extract",
                                        "timezone",
                                        "make_timestamptz",
                                        "date_bin",
                                        "to_json",
                                        "to_jsonb",
                                        "row_to_json",
                                        "json_build_object",
                                        "json_build_array",
                                        "jsonb_build_object",
                                        "jsonb_build_array",
                                        "json_object",
                                        "json_agg",
                                        "jsonb_agg",
                                        "json_object_agg",
                                        "jsonb_object_agg",
                                        "concat",
                                        "concat_ws",
                                        "format",
                                        "array_to_string",
                                        "string_to_array",
                                        "array_to_json",
                                        "date",
                                        "timestamp",
                                        "timestamptz",
                                        "text",
                                        "overlaps",
                                        "to_tsvector",
                                        "to_tsquery",
                                        "plainto_tsquery",
                                        "websearch_to_tsquery",
                                        "generate_series",
                                        "string_agg",
                                        "array_agg",
                                        "age",
                                        "quote_literal",
                                        "quote_nullable",
                                        "length",
                                        "numeric",
                                        "time",
                                        "timetz",
                                        "convert",
                                        "convert_from",
                                        "convert_to",
                                        "enum_first",
                                        "enum_last",
                                        "enum_range",
                                        "json_populate_record",
                                        "json_populate_recordset",
                                        "json_to_record",
                                        "json_to_recordset",
                                        "jsonb_populate_record",
                                        "jsonb_populate_recordset",
                                        "jsonb_to_record",
                                        "jsonb_to_recordset",
                                        "jsonb_path_exists_tz",
                                        "jsonb_path_match_tz",
                                        "jsonb_path_query_tz",
                                        "jsonb_path_query_array_tz",
                                        "jsonb_path_query_first_tz",
                                        "phraseto_tsquery",
                                        "ts_headline"};
    return is_among(name, names, COVET_COUNT(names));
}

typedef struct levels {
    covet__walk *walk;
    uint32_t block;
    bool own;   /* a column of the block itself */
    bool other; /* one of a query around it, or of whom is not seen */
} levels;

static bool look_at_level(const ProtobufCMessage *message, void *user)
{
    levels *l = user;
    uint32_t rel;
    const char *column;
    if (!COVET__IS(message, column_ref))
        return true;
    const bool found =
        covet__walk_column(l->walk, l->block, (const PgQuery__ColumnRef *)message, &rel, &column);
    if (found && l->walk->rels[rel].block == l->block)
        l->own = true;
    else
        l->other = true;
    return false;
}

/* An aggregate belongs to the innermost query whose columns it takes: SELECT (SELECT
 * sum(a.x)) FROM a is one row. Where none is seen to be this block's own, all queries
 * around it count as aggregated too. */
static void note_aggregate(covet__walk *walk, uint32_t block, const PgQuery__FuncCall *call)
{
    levels l = {.walk = walk, .block = block};
    for (size_t i = 0; i < call->n_args; i++)
        covet__visit(&call->args[i]->base, look_at_level, &l);
    walk->blocks[block].aggregates = true;
    while (l.other && !l.own && block != COVET__NODE_NONE) {
        walk->blocks[block].aggregates = true;
        block = walk->blocks[block].parent;
    }
}

/* Of a subquery, and of a function in FROM, one server takes one value for many rows. */
static void note_once(covet__walk *walk, uint32_t block)
{
    const bool outermost = walk->blocks[block].parent == COVET__NODE_NONE;
    if ((!outermost || walk->in_from_function) && walk->facts->unsupported == NULL)
        walk->facts->unsupported = "random() and its like in a subquery or in FROM";
}

static void walk_function(covet__walk *walk, uint32_t block, const PgQuery__FuncCall *call)
{
    covet__facts *facts = walk->facts;
    const covet__function *f = covet__walk_function_of(walk, call);
    if (f == NULL || !f->known) {
        if (facts->volatile_function == NULL)
            facts->volatile_function = f != NULL ? f->name : "a function that is not known";
        return;
    }
    if (call->over != NULL) {
        walk->blocks[block].windows = true;
    } else if (f->aggregate) {
        note_aggregate(walk, block, call);
    }
    if (f->volatility == 'i')
        return;
    if (f->builtin && is_moment(f->name))
        return; /* shard/parse_moment.c */
    if (f->volatility == 'v' && f->builtin && differs_by_row(f->name)) {
        note_once(walk, block);
    } else if (f->volatility == 'v') {
        if (facts->volatile_function == NULL)
            facts->volatile_function = f->name;
    } else if (f->volatility == 's' && !(f->builtin && is_alike(f->name)) && !f->aggregate) {
        if (facts->server_function == NULL)
            facts->server_function = f->name;
    }
}

static void walk_column_ref(covet__walk *walk, uint32_t block, const PgQuery__ColumnRef *ref)
{
    static const char *const system_columns[] = {"ctid", "xmin", "xmax",
                                                 "cmin", "cmax", "tableoid"};
    const char *last = ref->n_fields > 0 ? covet__string_of(ref->fields[ref->n_fields - 1]) : NULL;
    COVET_UNUSED(block);
    if (last != NULL && is_among(last, system_columns, COVET_COUNT(system_columns)) &&
        walk->facts->system_column == NULL)
        walk->facts->system_column = covet__walk_keep(walk, last);
}

static void walk_sublink(covet__walk *walk, uint32_t block, const PgQuery__SubLink *link)
{
    if (link->testexpr != NULL)
        covet__walk_expression(walk, block, &link->testexpr->base);
    if (link->subselect == NULL || link->subselect->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) {
        covet__walk_unsupported(walk, "this kind of subquery");
        return;
    }
    const uint32_t inner =
        covet__walk_select(walk, link->subselect->select_stmt, block, COVET__PLACE_EXPRESSION);
    if (walk->status == COVET_OK && link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK)
        covet__walk_in_subquery(walk, block, link, inner);
}

/* A cast to regclass and its like looks names up on the server that happens to run it. */
static void walk_cast(covet__walk *walk, const PgQuery__TypeCast *cast)
{
    const PgQuery__TypeName *type = cast->type_name;
    const char *name = type->n_names > 0 ? covet__string_of(type->names[type->n_names - 1]) : NULL;
    if (name != NULL && strncmp(name, "reg", 3) == 0 && walk->facts->server_function == NULL)
        walk->facts->server_function = covet__walk_keep(walk, name);
}

typedef struct expression {
    covet__walk *walk;
    uint32_t block;
} expression;

static bool enter(const ProtobufCMessage *message, void *user)
{
    const expression *e = user;
    covet__walk *walk = e->walk;
    if (walk->status != COVET_OK)
        return false;
    if (COVET__IS(message, sub_link)) {
        walk_sublink(walk, e->block, (const PgQuery__SubLink *)message);
        return false;
    }
    if (COVET__IS(message, select_stmt)) { /* reached without a sublink */
        covet__walk_select(walk, (const PgQuery__SelectStmt *)message, e->block,
                           COVET__PLACE_EXPRESSION);
        return false;
    }
    if (COVET__IS(message, func_call))
        walk_function(walk, e->block, (const PgQuery__FuncCall *)message);
    else if (COVET__IS(message, column_ref))
        walk_column_ref(walk, e->block, (const PgQuery__ColumnRef *)message);
    else if (COVET__IS(message, type_cast))
        walk_cast(walk, (const PgQuery__TypeCast *)message);
    else if (COVET__IS(message, sqlvalue_function) && walk->facts->server_function == NULL &&
             ((const PgQuery__SQLValueFunction *)message)->op >=
                 PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE)
        walk->facts->server_function = "CURRENT_USER";
    return true;
}

void covet__walk_expression(covet__walk *walk, uint32_t block, const ProtobufCMessage *message)
{
    expression e = {walk, block};
    covet__visit(message, enter, &e);
}

void covet__walk_list(covet__walk *walk, uint32_t block, PgQuery__Node *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        covet__walk_expression(walk, block, &items[i]->base);
}
