#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/types.h"
#include "shard/key_wire.h"
#include "shard/plan_impl.h"
#include "shard/plan_terms.h"

#define UNSUPPORTED(err, ...) covet__fail_state(err, COVET_EUNSUPPORTED, "0A000", __VA_ARGS__)

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

/* ---- the tables' names -------------------------------------------------------------------- */

/* The name that columns are asked by is the one that the application knows. */
static const char *alias_text(const covet__map_table *table, covet_arena *arena)
{
    covet__str text = COVET__STR_IN(arena);
    covet__str_add(&text, " AS ");
    covet__str_ident(&text, table->name);
    return covet__str_take(&text);
}

covet_status covet__plan_table_edits(const covet__parse *parse, const covet__map *map,
                                     covet_arena *arena, covet__edits *ret_edits, covet_error *err)
{
    *ret_edits =
        (covet__edits){.text = parse->text, .length = (uint32_t)parse->length, .arena = arena};
    if (parse->token_count > 0) /* without semicolons and comments behind the end */
        ret_edits->length = parse->tokens[parse->token_count - 1].end;
    for (uint32_t i = 0; map != NULL && i < parse->outline.name_count; i++) {
        const covet__name *name = &parse->outline.names[i];
        const covet__map_table *table =
            name->is_cte ? NULL : covet__map_find_table(map, name->schema, name->name);
        if (table == NULL)
            continue;
        covet__edit_table(ret_edits, name->start, name->end, table);
        if (name->alias == NULL && name->alias_at != 0 && strcmp(table->physical, table->name) != 0)
            covet__edit_text(ret_edits, name->alias_at, name->alias_at, alias_text(table, arena));
    }
    for (uint32_t i = 0; map != NULL && i < parse->outline.prefix_count; i++) {
        const covet__prefix_use *use = &parse->outline.prefixes[i];
        if (covet__map_find_table(map, use->schema, use->name) != NULL)
            covet__edit_text(ret_edits, use->start, use->end, "");
    }
    return covet__edits_close(ret_edits, err);
}

/* ---- deciding -------------------------------------------------------------------------------- */

typedef struct decider {
    const covet__parse *parse;
    const covet__facts *facts;
    const covet__description *described;
    covet__plan *plan;
    covet_arena *arena;
    covet_error *err;
} decider;

static void *make(const decider *d, size_t size)
{
    void *memory = covet_arena_alloc(d->arena, size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

static covet_status check_functions(const decider *d)
{
    const covet__facts *f = d->facts;
    if (f->volatile_function != NULL)
        return UNSUPPORTED(d->err,
                           "%s() is volatile or not known, which is not supported in a statement "
                           "over shards (compute its value first and pass it as a parameter)",
                           f->volatile_function);
    if (f->server_function != NULL)
        return UNSUPPORTED(d->err,
                           "%s depends on the server that evaluates it, which is not supported in "
                           "a statement over shards",
                           f->server_function);
    if (f->system_column != NULL)
        return UNSUPPORTED(d->err, "the system column \"%s\" is not supported over shards",
                           f->system_column);
    if (f->local > 0)
        return UNSUPPORTED(d->err,
                           "a local table together with the distributed table \"%s\" is not "
                           "supported yet (make it a reference table)",
                           f->first->name);
    return COVET_OK;
}

static covet_status decide_insert(const decider *d)
{
    const covet__insert *insert = &d->facts->insert;
    COVET_TRY(check_functions(d));
    if (d->facts->distributed > 1) /* the table itself is one */
        return UNSUPPORTED(d->err,
                           "an INSERT into \"%s\" that reads a distributed table is not supported "
                           "yet (read the value first and pass it as a parameter)",
                           insert->table->name);
    for (uint32_t i = 0; i < insert->row_count; i++)
        if (!covet__term_is_usable(&insert->rows[i].key, insert->table->key_type,
                                   d->described->param_types, d->described->param_count))
            return UNSUPPORTED(d->err,
                               "the shard key \"%s\" of \"%s\" cannot be taken from this value in "
                               "INSERT (pass it as a parameter of the column's type)",
                               insert->table->key_column, insert->table->name);
    d->plan->tier = COVET__TIER_ROUTE;
    d->plan->reason = "the row's shard key is given or comes from the catalog";
    return COVET_OK;
}

/* UPDATE and DELETE reach here with a distributed target only. */
static covet_status decide_distributed(const decider *d)
{
    const covet__facts *f = d->facts;
    const char *verb = d->plan->kind == COVET__STMT_UPDATE   ? "UPDATE"
                       : d->plan->kind == COVET__STMT_DELETE ? "DELETE"
                                                             : NULL;
    COVET_TRY(check_functions(d));
    if (f->locks_reference)
        return UNSUPPORTED(d->err, "row locks on a reference table are not supported yet (lock the "
                                   "distributed table's rows: FOR UPDATE OF its name)");
    if (f->restricted && covet__term_is_usable(&f->key, f->key_type, d->described->param_types,
                                               d->described->param_count)) {
        d->plan->tier = COVET__TIER_ROUTE;
        d->plan->reason = "every distributed table is restricted to one shard key";
        return COVET_OK;
    }
    if (verb != NULL)
        return UNSUPPORTED(d->err,
                           "%s of \"%s\" without its shard key is not supported yet (add \"%s\" = "
                           "value to WHERE)",
                           verb, f->target->name, f->target->key_column);
    if (f->moment_function != NULL)
        return UNSUPPORTED(d->err,
                           "%s is not supported yet in a statement over several shards (pass the "
                           "moment as a parameter)",
                           f->moment_function);
    if (!f->colocated)
        return UNSUPPORTED(
            d->err,
            "a query that combines rows of several shards, here those of \"%s\", "
            "other than by equal shard keys is not supported yet (join and correlate "
            "by the key, or ask in several queries)",
            f->apart != NULL ? f->apart : f->first->name);
    if (f->unsupported != NULL || f->unmerged != NULL)
        return UNSUPPORTED(d->err, "%s is not supported yet over several shards",
                           f->unsupported != NULL ? f->unsupported : f->unmerged);
    d->plan->tier = COVET__TIER_SCATTER;
    d->plan->reason = "rows that meet have equal shard keys, so each shard answers for its own";
    return COVET_OK;
}

static covet_status decide_tier(const decider *d)
{
    const covet__facts *f = d->facts;
    const covet__outline *outline = &d->parse->outline;
    if (f->target != NULL && f->target->kind == COVET__TABLE_REFERENCE)
        return UNSUPPORTED(d->err, "a write to the reference table \"%s\" is not supported yet",
                           f->target->name);
    if (outline->into && f->distributed > 0)
        return UNSUPPORTED(d->err, "SELECT INTO from a distributed table is not supported yet");
    if (f->target != NULL && d->plan->kind == COVET__STMT_INSERT)
        return decide_insert(d);
    if (f->distributed > 0 && d->plan->kind != COVET__STMT_SELECT && f->target == NULL)
        return UNSUPPORTED(d->err,
                           "a write to a local table that reads the distributed table \"%s\" is "
                           "not supported yet",
                           f->first->name);
    if (f->distributed > 0)
        return decide_distributed(d);
    if (outline->locks && f->reference > 0)
        return UNSUPPORTED(d->err, "row locks on a reference table are not supported yet");
    if (f->local > 0 || d->plan->kind != COVET__STMT_SELECT || outline->into ||
        f->volatile_function != NULL || f->server_function != NULL) {
        d->plan->tier = COVET__TIER_HOME;
        d->plan->reason = "local tables, and what must run once, are in the home group";
    } else {
        d->plan->tier = COVET__TIER_ANYWHERE;
        d->plan->reason = "every group has a full copy of what it reads";
    }
    return COVET_OK;
}

/* ---- what the parts look like -------------------------------------------------------------- */

static char *text_of(const decider *d, covet__span span)
{
    return covet_arena_copy(d->arena, d->parse->text + span.start, span.end - span.start);
}

/* What is sent a second time has one text for all shards. */
static covet_status refuse_copy(const decider *d, const char *what)
{
    return UNSUPPORTED(d->err,
                       "%s an expression that names a table is not supported yet over several "
                       "shards",
                       what);
}

/* f(x) FILTER (...) becomes `name`(x) FILTER (...), with `cast` behind x. */
static covet_status put_call(const decider *d, const covet__item *item, const char *name,
                             const char *cast, covet__str *out)
{
    const covet__edits *edits = &d->plan->edits;
    covet__str_printf(out, "pg_catalog.%s(", name);
    if (cast[0] != '\0')
        covet__str_char(out, '(');
    bool good = covet__edits_copy(edits, item->arguments.start, item->arguments.end, out);
    if (cast[0] != '\0')
        covet__str_printf(out, ")%s", cast);
    good &= covet__edits_copy(edits, item->arguments.end, item->expression.end, out);
    return good ? COVET_OK : refuse_copy(d, "avg of");
}

static covet__combine_kind combine_kind(covet__agg_kind kind)
{
    switch (kind) {
    case COVET__AGG_SUM: return COVET__COMBINE_SUM;
    case COVET__AGG_MIN: return COVET__COMBINE_MIN;
    case COVET__AGG_MAX: return COVET__COMBINE_MAX;
    case COVET__AGG_AVG: return COVET__COMBINE_AVG;
    case COVET__AGG_BOOL_AND: return COVET__COMBINE_BOOL_AND;
    case COVET__AGG_BOOL_OR: return COVET__COMBINE_BOOL_OR;
    case COVET__AGG_BIT_AND: return COVET__COMBINE_BIT_AND;
    case COVET__AGG_BIT_OR: return COVET__COMBINE_BIT_OR;
    case COVET__AGG_COUNT:
    case COVET__AGG_NONE: break;
    }
    return COVET__COMBINE_COUNT;
}

/* avg is put together from sums and counts (shard/combine.h). */
static covet_status put_avg(const decider *d, const covet__item *item, bool is_float)
{
    covet__str out = COVET__STR_IN(d->arena);
    COVET_TRY(put_call(d, item, "sum", is_float ? "::pg_catalog.float8" : "", &out));
    covet__str_add(&out, ", ");
    COVET_TRY(put_call(d, item, "count", "", &out));
    if (is_float) {
        covet__str_add(&out, ", ");
        COVET_TRY(put_call(d, item, "var_pop", "", &out));
    }
    covet__edits_replace(&d->plan->edits, item->span.start, item->span.end, covet__str_take(&out));
    return COVET_OK;
}

static covet_status shape_aggregates(const decider *d)
{
    const covet__facts *f = d->facts;
    covet__plan *plan = d->plan;
    covet__merge_agg *aggs = make(d, (f->item_count + 1) * sizeof *aggs);
    if (aggs == NULL)
        return no_memory(d->err);
    uint32_t column = 0;
    for (uint32_t i = 0; i < f->item_count; i++) {
        const covet__item *item = &f->items[i];
        /* A star may stand for no columns. */
        const bool is_float =
            i < d->described->column_count && d->described->types[i] == COVET__FLOAT8;
        if (item->agg == COVET__AGG_NONE)
            return UNSUPPORTED(d->err,
                               "\"%s\" is not supported yet over several shards: only count, sum, "
                               "avg, min, max, bool_and, bool_or, bit_and and bit_or by "
                               "themselves, without DISTINCT and ORDER BY",
                               text_of(d, item->expression));
        aggs[i] = (covet__merge_agg){.kind = combine_kind(item->agg),
                                     .c_collated = item->c_collated,
                                     .column = column,
                                     .columns = 1};
        if (item->agg == COVET__AGG_AVG) {
            COVET_TRY(put_avg(d, item, is_float));
            aggs[i].columns = is_float ? 3 : 2;
        }
        column += aggs[i].columns;
    }
    if (f->sort_count > 0) /* of one row */
        covet__edits_replace(&plan->edits, f->sort_span.start, f->sort_span.end, "");
    plan->merge = COVET__MERGE_AGGREGATE;
    plan->aggs = aggs;
    plan->agg_count = f->item_count;
    return COVET_OK;
}

static int32_t shown_column(const decider *d, const covet__sort *sort)
{
    if (sort->position >= 0)
        return sort->position < (int32_t)d->described->column_count ? sort->position : -1;
    for (uint32_t i = 0; sort->name != NULL && i < d->described->column_count; i++)
        if (strcmp(d->described->names[i], sort->name) == 0)
            return (int32_t)i;
    return -1;
}

/* Keys of ORDER BY that are not shown are sent as columns behind those that are. */
static covet_status shape_sorted(const decider *d, bool *changed)
{
    const covet__facts *f = d->facts;
    covet__merge_key *keys = make(d, (f->sort_count + 1) * sizeof *keys);
    if (keys == NULL)
        return no_memory(d->err);
    covet__str hidden = COVET__STR_IN(d->arena);
    uint32_t hidden_count = 0;
    for (uint32_t i = 0; i < f->sort_count; i++) {
        const covet__sort *sort = &f->sorts[i];
        const int32_t shown = shown_column(d, sort);
        keys[i] = (covet__merge_key){
            .column = shown >= 0 ? (uint32_t)shown : d->described->column_count + hidden_count,
            .order = {.descending = sort->descending, .nulls_first = sort->nulls_first}};
        if (shown >= 0)
            continue;
        covet__str_add(&hidden, ", ");
        if (!covet__edits_copy(&d->plan->edits, sort->expression.start, sort->expression.end,
                               &hidden))
            return refuse_copy(d, "ORDER BY");
        covet__str_printf(&hidden, " AS covet_sort_%u", ++hidden_count);
    }
    if (hidden_count > 0) {
        covet__edit_text(&d->plan->edits, f->list.end, f->list.end, covet__str_take(&hidden));
        *changed = true;
    }
    d->plan->keys = keys;
    d->plan->key_count = f->sort_count;
    d->plan->merge = COVET__MERGE_SORTED;
    return COVET_OK;
}

/* LIMIT n OFFSET m asks each shard for its first n + m rows. */
static void shape_limit(const decider *d, bool *changed)
{
    const covet__facts *f = d->facts;
    if (!f->limit.given && !f->offset.given)
        return;
    char text[32] = "";
    if (f->limit.given && !f->aggregated) {
        d->plan->limit_param = ++d->plan->sent_count;
        snprintf(text, sizeof text, "LIMIT $%u", d->plan->limit_param);
    }
    covet__edit_text(&d->plan->edits, f->limit_span.start, f->limit_span.end,
                     covet_arena_copy(d->arena, text, strlen(text)));
    *changed = true;
}

static void shape_insert(const decider *d)
{
    const covet__insert *insert = &d->facts->insert;
    if (insert->columns_text != NULL)
        covet__edit_text(&d->plan->edits, insert->columns.start, insert->columns.end,
                         insert->columns_text);
    for (uint32_t i = 0; i < insert->id_count; i++) {
        const covet__insert_id *id = &insert->ids[i];
        char text[48];
        d->plan->sent_count++;
        snprintf(text, sizeof text, "%s$%u%s",
                 id->whole   ? "VALUES ("
                 : id->comma ? ", "
                             : "",
                 d->plan->sent_count, id->whole ? ")" : "");
        covet__edit_text(&d->plan->edits, id->span.start, id->span.end,
                         covet_arena_copy(d->arena, text, strlen(text)));
    }
}

/* Behind ids; but a column's name goes before the columns that are put behind it. */
static void shape_moments(const decider *d)
{
    const covet__facts *f = d->facts;
    covet__plan *plan = d->plan;
    const bool shards = plan->tier == COVET__TIER_SCATTER || f->moments_given;
    if (plan->map == NULL)
        return;
    if (shards && covet__moment_wanted(f->moments, f->moment_count, COVET__MOMENT_TRANSACTION))
        plan->transaction_param = ++plan->sent_count;
    if (shards && covet__moment_wanted(f->moments, f->moment_count, COVET__MOMENT_STATEMENT))
        plan->statement_param = ++plan->sent_count;
    covet__moment_edits(f->moments, f->moment_count, plan->transaction_param, plan->statement_param,
                        &plan->edits);
}

static covet_status shape(const decider *d, bool *changed)
{
    if (d->plan->tier == COVET__TIER_ROUTE && d->plan->kind == COVET__STMT_INSERT)
        shape_insert(d);
    shape_moments(d);
    COVET_TRY(covet__edits_close(&d->plan->edits, d->err)); /* parts of it are copied */
    if (d->plan->tier != COVET__TIER_SCATTER)
        return COVET_OK;
    if (d->facts->aggregated) {
        *changed = true;
        COVET_TRY(shape_aggregates(d));
    } else if (d->facts->sort_count > 0) {
        COVET_TRY(shape_sorted(d, changed));
    }
    shape_limit(d, changed);
    return COVET_OK;
}

/* ---- putting the plan together ------------------------------------------------------------- */

/* Types of all parameters that are sent. One of the user's differs from server to server
 * and is left to be inferred there. */
static covet_status take_types(const decider *d)
{
    covet__plan *plan = d->plan;
    uint32_t *types = make(d, (plan->sent_count + 1) * sizeof *types);
    if (types == NULL)
        return no_memory(d->err);
    for (uint32_t i = 0; i < plan->param_count; i++) {
        const uint32_t type = d->described->param_types[i];
        types[i] = type < COVET__FIRST_USER_OID ? type : 0;
    }
    uint32_t next = plan->param_count;
    if (plan->kind == COVET__STMT_INSERT && plan->tier == COVET__TIER_ROUTE)
        for (uint32_t i = 0; i < d->facts->insert.id_count; i++)
            types[next++] = d->facts->insert.ids[i].id->type;
    const uint32_t moments[] = {plan->transaction_param, plan->statement_param};
    for (size_t i = 0; i < COVET_COUNT(moments); i++)
        if (moments[i] != 0)
            types[next++] = COVET__TIMESTAMPTZ;
    if (plan->limit_param != 0)
        types[next++] = COVET__INT8;
    assert(next == plan->sent_count);
    plan->param_types = types;
    return COVET_OK;
}

static bool is_read_only(const covet__outline *outline, const covet__facts *facts)
{
    return outline->kind == COVET__STMT_SELECT && !outline->writes && !outline->locks &&
           !outline->into && facts->volatile_function == NULL && !facts->opaque;
}

/* A shard's table can stand in a statement for shards only, whatever was counted. */
static covet_status check_names(const decider *d)
{
    const covet__tier tier = d->plan->tier;
    for (uint32_t i = 0; i < d->plan->edits.count; i++) {
        const covet__map_table *table = d->plan->edits.items[i].table;
        if (table != NULL && table->kind == COVET__TABLE_DISTRIBUTED && tier != COVET__TIER_ROUTE &&
            tier != COVET__TIER_SCATTER)
            return UNSUPPORTED(d->err, "this use of the distributed table \"%s\" is not supported",
                               table->name);
    }
    return COVET_OK;
}

static covet_status build(decider *d, const covet__map *map, bool *ret_unfinished)
{
    covet__plan *plan = d->plan;
    COVET_TRY(covet__plan_table_edits(d->parse, map, d->arena, &plan->edits, d->err));
    plan->param_count = plan->sent_count = d->described->param_count;
    plan->shown = plan->parts = *d->described;
    plan->read_only = is_read_only(&d->parse->outline, d->facts);
    if (map == NULL) {
        plan->tier = COVET__TIER_ONE;
        plan->reason = "there is one server";
    } else {
        COVET_TRY(decide_tier(d));
    }
    COVET_TRY(check_names(d));
    *ret_unfinished = false;
    COVET_TRY(shape(d, ret_unfinished));
    COVET_TRY(covet__edits_close(&plan->edits, d->err));
    COVET_TRY(take_types(d));
    plan->statement_count =
        plan->tier == COVET__TIER_ROUTE || plan->tier == COVET__TIER_SCATTER ? map->shard_count : 1;
    plan->statements = make(d, plan->statement_count * sizeof *plan->statements);
    if (plan->statements == NULL)
        return no_memory(d->err);
    plan->binary = plan->parts.known;
    plan->bytes = covet_arena_held(d->arena) + sizeof *plan;
    return COVET_OK;
}

covet__plan *covet__plan_new(covet__parse *parse, const covet__facts *facts, const covet__map *map)
{
    static _Atomic uint64_t numbers;
    covet__plan *plan = covet__zalloc(sizeof *plan);
    if (plan == NULL)
        return NULL;
    plan->references = 1;
    plan->number = atomic_fetch_add_explicit(&numbers, 1, memory_order_relaxed) + 1;
    plan->kind = parse->outline.kind;
    plan->arena = parse->arena;
    plan->facts = facts;
    plan->map = map != NULL ? covet__map_ref(map) : NULL;
    return plan;
}

covet_status covet__plan_decide(covet__parse *parse, const covet__facts *facts,
                                const covet__map *map, const covet__description *description,
                                covet__plan **ret_plan, bool *ret_unfinished, covet_error *err)
{
    covet__plan *plan = covet__plan_new(parse, facts, map);
    if (plan == NULL) {
        covet__parse_free(parse);
        return no_memory(err);
    }
    decider d = {.parse = parse,
                 .facts = facts,
                 .described = description,
                 .plan = plan,
                 .arena = parse->arena,
                 .err = err};
    covet_status status = build(&d, map, ret_unfinished);
    covet__parse_drop_tree(parse);
    if (status == COVET_OK && plan->tier == COVET__TIER_SCATTER && !*ret_unfinished)
        status = covet__plan_finish(plan, description, err);
    if (status != COVET_OK)
        covet__plan_unref(plan);
    else
        *ret_plan = plan;
    return status;
}

/* ---- once the parts are described ---------------------------------------------------------- */

static covet_status finish_keys(covet__plan *plan, covet_error *err)
{
    covet__merge_key *keys = (covet__merge_key *)(uintptr_t)plan->keys;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        if (keys[i].column >= plan->parts.column_count)
            return covet__fail(err, COVET_EINTERNAL, "plan: a key of ORDER BY is not in the parts");
        keys[i].type = plan->parts.types[keys[i].column];
        keys[i].order.cmp = covet__order_of(keys[i].type, plan->facts->sorts[i].c_collated);
        if (keys[i].order.cmp == NULL)
            return UNSUPPORTED(
                err,
                covet__type_is_text(keys[i].type)
                    ? "ORDER BY of %s over several shards is not supported yet under a collation "
                      "other than \"C\" (add COLLATE \"C\")"
                    : "ORDER BY of %s over several shards is not supported yet",
                covet__type_name(keys[i].type));
    }
    return COVET_OK;
}

/* The argument's type, as far as the partial result tells it. */
static uint32_t argument_type(const covet__merge_agg *agg, uint32_t part_type)
{
    if ((agg->kind == COVET__COMBINE_SUM || agg->kind == COVET__COMBINE_AVG) &&
        part_type == COVET__INT8)
        return COVET__INT4;
    return part_type;
}

static covet_status finish_aggs(covet__plan *plan, covet_error *err)
{
    covet__merge_agg *aggs = (covet__merge_agg *)(uintptr_t)plan->aggs;
    for (uint32_t i = 0; i < plan->agg_count; i++) {
        covet__merge_agg *agg = &aggs[i];
        covet__combine_types types;
        agg->type = argument_type(agg, plan->parts.types[agg->column]);
        const bool known = covet__combine_types_of(agg->kind, agg->type, agg->c_collated, &types) &&
                           types.count == agg->columns && types.result == plan->shown.types[i];
        for (uint32_t c = 0; known && c < agg->columns; c++)
            if (types.parts[c] != plan->parts.types[agg->column + c])
                return covet__fail(err, COVET_EINTERNAL, "plan: an aggregate's part is of type %u",
                                   plan->parts.types[agg->column + c]);
        if (!known)
            return UNSUPPORTED(err,
                               covet__type_is_text(agg->type)
                                   ? "min and max of %s over several shards are not supported yet "
                                     "under a collation other than \"C\" (add COLLATE \"C\")"
                                   : "an aggregate of %s over several shards is not supported yet",
                               covet__type_name(agg->type));
    }
    return COVET_OK;
}

static void drop_statements(covet__plan *plan)
{
    for (uint32_t i = 0; plan->statements != NULL && i < plan->statement_count; i++) {
        covet__sql *sql = &plan->statements[i];
        plan->bytes -= sql->text != NULL ? strlen(sql->text) + 1 : 0;
        covet__free((char *)(uintptr_t)sql->text);
        *sql = (covet__sql){0};
    }
}

covet_status covet__plan_finish(covet__plan *plan, const covet__description *parts,
                                covet_error *err)
{
    plan->parts = *parts;
    plan->binary = parts->known;
    drop_statements(plan); /* those made until now knew less */
    if (plan->merge == COVET__MERGE_APPEND)
        return COVET_OK;
    if (!parts->known) {
        for (uint32_t i = 0; i < parts->column_count; i++)
            if (!covet__type_is_known(parts->types[i]))
                return UNSUPPORTED(err,
                                   "column \"%s\" is of a type whose rows cannot be merged over "
                                   "several shards yet (cast it to text)",
                                   parts->names[i]);
    }
    return plan->merge == COVET__MERGE_SORTED ? finish_keys(plan, err) : finish_aggs(plan, err);
}

/* ---- use ----------------------------------------------------------------------------------- */

covet__plan *covet__plan_ref(covet__plan *plan)
{
    plan->references++;
    return plan;
}

void covet__plan_unref(covet__plan *plan)
{
    if (plan == NULL || --plan->references > 0)
        return;
    drop_statements(plan);
    covet__map_unref(plan->map);
    covet_arena_free(plan->arena);
    covet__free(plan);
}

covet_status covet__plan_statement(covet__plan *plan, uint32_t shard, const covet__sql **ret_sql,
                                   covet_error *err)
{
    const uint32_t index = plan->statement_count == 1 ? 0 : shard;
    covet__sql *sql = &plan->statements[index];
    if (sql->text == NULL) {
        const char *schema = plan->map != NULL && shard < plan->map->shard_count
                                 ? plan->map->shards[shard].schema
                                 : "";
        covet__str text = {0};
        covet__edits_apply(&plan->edits, plan->map, schema, &text);
        const size_t length = text.length;
        char *taken = covet__str_take(&text);
        if (taken == NULL)
            return no_memory(err);
        /* Without a name PostgreSQL plans it for the arrays that it is sent with, each time. By
         * a generic plan, for which each has 10 rows, it would join large ones in loops. */
        const bool named = plan->tier != COVET__TIER_RESIDUAL;
        plan->bytes += length + 1;
        *sql = (covet__sql){.id = named ? (plan->number << 20) | (index + 1) : 0,
                            .text = taken,
                            .nparams = plan->sent_count,
                            .types = plan->param_types,
                            .binary = plan->binary,
                            .read_only = plan->read_only};
    }
    *ret_sql = sql;
    return COVET_OK;
}
