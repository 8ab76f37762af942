#include "fuzz/sql_pieces.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/types.h"
#include "fuzz/sql_same.h"
#include "shard/parse_impl.h"
#include "support/world.h"

enum { STAR_COLUMNS = 8 }; /* whatever it is a star of */

static char complaint[6000];

static COVET_PRINTF(1, 2) bool complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (complaint[0] == '\0')
        vsnprintf(complaint, sizeof complaint, format, args);
    va_end(args);
    return false;
}

static bool is_decent(covet_status status, const covet_error *err, const char *step)
{
    return status == COVET_OK || (status != COVET_EINTERNAL && strlen(err->sqlstate) == 5) ||
           complain("%s: %s \"%s\" %s", step, covet_status_name(status), err->sqlstate,
                    err->message);
}

/* Too deep for the parser's stack: the one way in which what is made may be refused. */
static bool is_too_deep(const covet_error *err) { return strcmp(err->sqlstate, "54001") == 0; }

/* $0 is none, which a server says. */
static bool has_no_param(const covet__parse *parse)
{
    for (uint32_t i = 0; i < parse->token_count; i++) {
        const covet__token *t = &parse->tokens[i];
        if (t->end - t->start >= 2 && parse->text[t->start] == '$' &&
            parse->text[t->start + 1] == '0')
            return true;
    }
    return false;
}

/* ---- descriptions -------------------------------------------------------------------------- */

static const PgQuery__SelectStmt *leftmost(const covet__parse *parse)
{
    const PgQuery__SelectStmt *select = covet__parse_root(parse)->select_stmt;
    while (select->larg != NULL)
        select = select->larg;
    return select;
}

static bool is_star(const PgQuery__Node *value)
{
    if (value == NULL || value->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
        return false;
    const PgQuery__ColumnRef *ref = value->column_ref;
    return ref->fields[ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

static uint32_t width_of(const PgQuery__SelectStmt *select)
{
    if (select->n_values_lists > 0)
        return (uint32_t)select->values_lists[0]->list->n_items;
    uint32_t width = 0;
    for (size_t i = 0; i < select->n_target_list; i++)
        width += is_star(select->target_list[i]->res_target->val) ? STAR_COLUMNS : 1;
    return width;
}

/* What PostgreSQL calls a column that has a name or is one. */
static const char *label_of(const PgQuery__ResTarget *target)
{
    const char *name = target->name != NULL && target->name[0] != '\0' ? target->name : NULL;
    if (name == NULL && target->val != NULL &&
        target->val->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        const PgQuery__ColumnRef *ref = target->val->column_ref;
        name = covet__string_of(ref->fields[ref->n_fields - 1]);
    }
    return name != NULL ? name : "?column?";
}

/* In the arena: the parse may go before. */
static covet__description describe(const covet__parse *parse, covet_arena *arena)
{
    const PgQuery__SelectStmt *select = leftmost(parse);
    const uint32_t columns = width_of(select), params = parse->outline.param_max;
    uint32_t *types = covet_arena_alloc(arena, (columns + params + 1) * sizeof *types);
    const char **names = covet_arena_alloc(arena, (columns + 1) * sizeof *names);
    uint32_t at = 0;
    for (uint32_t i = 0; i < columns + params; i++)
        types[i] = COVET__INT8;
    for (size_t i = 0; i < select->n_target_list; i++) {
        const PgQuery__ResTarget *target = select->target_list[i]->res_target;
        const char *name = label_of(target);
        const uint32_t end = at + (is_star(target->val) ? STAR_COLUMNS : 1);
        while (at < end)
            names[at++] = covet_arena_copy(arena, name, strlen(name));
    }
    while (at < columns) /* of VALUES */
        names[at++] = "column1";
    return (covet__description){.param_types = types + columns,
                                .param_count = params,
                                .names = names,
                                .types = types,
                                .column_count = columns,
                                .known = true};
}

/* ---- gathers -------------------------------------------------------------------------------- */

/* A shard's part of a gather. */
static bool check_part(covet__plan *plan, const covet__gather *gather)
{
    const covet__sql *sql = NULL;
    covet__parse *sent = NULL;
    covet_error err = {0};
    if (covet__plan_statement(plan, 0, &sql, &err) != COVET_OK)
        return complain("of the gather %s there is no statement: %s", gather->text, err.message);
    const covet_status status = covet__parse_new(sql->text, strlen(sql->text), &sent, &err);
    covet__parse_free(sent);
    return status == COVET_OK || is_too_deep(&err) ||
           complain("the gather %s is sent: %s\nwhich does not parse: %s", gather->text, sql->text,
                    err.message);
}

/* One that is `partial` is each shard's own: it cannot be taken apart in its turn. */
static bool check_planned(covet__parse *parse, const covet__gather *gather)
{
    covet__schema schema;
    covet__facts *facts = covet_arena_alloc(parse->arena, sizeof *facts);
    covet__plan *plan = NULL;
    bool unfinished = false, together = true;
    covet_error err = {0};
    *facts = (covet__facts){0};
    world_schema(parse, &schema);
    covet_status status = covet__facts_build(parse, world, &schema, facts, &err);
    if (status == COVET_OK) {
        const covet__description described = world_describe(parse, facts);
        if (gather->partial) { /* as shard/prepare.c has it */
            facts->unmerged = NULL;
            facts->aggregated = false;
            facts->sort_count = 0;
            facts->limit = facts->offset = (covet__count){0};
            together = facts->restricted || facts->colocated;
        }
        status = covet__plan_decide(parse, facts, world, &described, &plan, &unfinished, &err);
    } else {
        covet__parse_free(parse);
    }
    bool good = is_decent(status, &err, gather->text);
    if (good && gather->partial && (!together || status != COVET_OK))
        good = complain("each shard is to answer, and cannot (%s): %s", err.message, gather->text);
    good = good && (status != COVET_OK || unfinished || check_part(plan, gather));
    covet__plan_unref(plan);
    return good;
}

/* With `params` parameters. */
static bool check_text(covet__gather *gather, const char *text, uint32_t params, covet_arena *arena)
{
    covet__parse *parse = NULL;
    covet_error err = {0};
    const covet_status status = covet__parse_new(text, strlen(text), &parse, &err);
    if (status != COVET_OK)
        return is_too_deep(&err) ||
               complain("gathered by: %s\nwhich does not parse: %s", text, err.message);
    if (parse->outline.kind != COVET__STMT_SELECT || parse->outline.writes ||
        parse->outline.param_max > params) {
        complain("gathered by, with %u parameters: %s", params, text);
        covet__parse_free(parse);
        return false;
    }
    if (gather->shown.names == NULL)
        gather->shown = describe(parse, arena);
    return check_planned(parse, gather);
}

static bool check_gather(covet__gather *gather, const covet__parse *whole, covet_arena *arena)
{
    bool good = check_text(gather, gather->text, gather->param_count, arena);
    for (uint32_t i = 0; i < gather->param_count; i++)
        good &= (gather->params[i] >= 1 && gather->params[i] <= whole->outline.param_max) ||
                complain("$%u is $%u in: %s", i + 1, gather->params[i], gather->text);
    covet__type_info *types =
        covet_arena_alloc(arena, (gather->shown.column_count + 1) * sizeof *types);
    for (uint32_t i = 0; i < gather->shown.column_count; i++)
        types[i] = i % 5 == 4 ? (covet__type_info){.name = "bigint[]", .as_text = true}
                              : (covet__type_info){.name = "bigint"};
    gather->types = types;
    return good;
}

/* Keys come from another gather, and none waits for itself. */
static bool check_keys(covet__residual *residual, covet_arena *arena)
{
    bool good = true;
    covet__residual_keys(residual);
    for (uint32_t i = 0; i < residual->gather_count && good; i++) {
        covet__gather *g = &residual->gathers[i];
        uint32_t steps = 0;
        for (const covet__gather *k = g; k->keyed_text != NULL && steps <= residual->gather_count;
             k = &residual->gathers[k->keys_from])
            steps++;
        if (g->keyed_text == NULL)
            continue;
        good = (steps <= residual->gather_count &&
                g->keys_column < residual->gathers[g->keys_from].shown.column_count) ||
               complain("keys from gather %u, column %u: %s", g->keys_from, g->keys_column,
                        g->keyed_text);
        good = good && check_text(g, g->keyed_text, g->param_count + 1, arena);
    }
    return good;
}

static bool check_holes(const covet__residual *residual, const covet__parse *parse)
{
    bool good = true;
    for (uint32_t i = 0; i < residual->hole_count && good; i++) {
        const covet__hole *h = &residual->holes[i];
        good = h->start <= h->end && h->end <= parse->length &&
               ((unsigned char)parse->text[h->start] & 0xC0) != 0x80 &&
               ((unsigned char)parse->text[h->end] & 0xC0) != 0x80;
        if (h->kind != COVET__HOLE_TEXT)
            good = good && h->gather < residual->gather_count;
        if (good && h->kind == COVET__HOLE_TYPE)
            good = h->column < residual->gathers[h->gather].shown.column_count;
        if (!good)
            complain("hole %u is at %u to %u of %zu, of gather %u", i, h->start, h->end,
                     parse->length, h->gather);
    }
    return good;
}

/* ---- what is left -------------------------------------------------------------------------- */

/* Names like shards' own may stand in the application's text. */
static bool was_there(const covet__parse *parse, const covet__name *name)
{
    for (uint32_t i = 0; i < parse->outline.name_count; i++) {
        const covet__name *n = &parse->outline.names[i];
        if (n->schema != NULL && strcmp(n->schema, name->schema) == 0 &&
            strcmp(n->name, name->name) == 0)
            return true;
    }
    return false;
}

static bool is_of_shards(const covet__parse *parse, const covet__name *name)
{
    if (name->is_cte)
        return false;
    if (name->schema != NULL && strncmp(name->schema, "app_s0", 6) == 0)
        return !was_there(parse, name);
    return covet__map_find_table(world, name->schema, name->name) != NULL;
}

static bool check_left(covet__plan *plan, const covet__parse *parse, covet__residual_level level)
{
    const covet__sql *sql = NULL;
    covet__parse *sent = NULL;
    covet_error err = {0};
    covet__str out = {0};
    if (covet__plan_statement(plan, 0, &sql, &err) != COVET_OK)
        return complain("there is no statement: %s", err.message);
    if (covet__parse_new(sql->text, strlen(sql->text), &sent, &err) != COVET_OK)
        return is_too_deep(&err) ||
               complain("what is left is: %s\nwhich does not parse: %s", sql->text, err.message);
    bool good = sent->outline.kind == COVET__STMT_SELECT &&
                sent->outline.param_max <= sql->nparams && sql->nparams == plan->sent_count;
    for (uint32_t i = 0; i < sent->outline.name_count; i++)
        good &= !is_of_shards(parse, &sent->outline.names[i]);
    if (!good)
        complain("what is left is, with %u parameters: %s", sql->nparams, sql->text);
    const char *where =
        good && level == COVET__RESIDUAL_TABLES ? sql_same_residual(parse, sent, plan) : NULL;
    if (where != NULL)
        good = complain("what is left is: %s\nwhich means another thing: %s", sql->text, where);
    covet__parse_free(sent);
    covet__plan_print(plan, true, &out);
    good &= covet__str_ok(&out);
    covet__str_free(&out);
    return good;
}

/* ---- levels -------------------------------------------------------------------------------- */

/* What was decided, in words: to be compared. */
typedef struct decision {
    covet_status status;
    covet__str gathers;
    uint32_t holes;
} decision;

/* The words of a gather, with one blank between them. */
static void put_words(const char *text, covet__str *out)
{
    covet__parse *parse = NULL;
    if (covet__parse_new(text, strlen(text), &parse, NULL) != COVET_OK)
        return;
    for (uint32_t i = 0; i < parse->token_count; i++) {
        const covet__token *t = &parse->tokens[i];
        covet__str_bytes(out, text + t->start, t->end - t->start);
        covet__str_char(out, ' ');
    }
    covet__parse_free(parse);
}

static void put_gather(const covet__gather *gather, covet__str *out)
{
    covet__str_add(out, gather->partial ? "\n+ " : "\n  ");
    put_words(gather->keyed_text != NULL ? gather->keyed_text : gather->text, out);
    for (uint32_t p = 0; p < gather->param_count; p++)
        covet__str_printf(out, " $%u", gather->params[p]);
    covet__str_char(out, ';');
}

/* Two that differ in their blanks alone may be one and the same. */
static void note(const covet__residual *residual, decision *d)
{
    d->holes = residual->hole_count;
    for (uint32_t i = 0; i < residual->gather_count; i++) {
        covet__str gather = {0};
        put_gather(&residual->gathers[i], &gather);
        if (strstr(covet__str_text(&d->gathers), covet__str_text(&gather)) == NULL)
            covet__str_add(&d->gathers, covet__str_text(&gather));
        covet__str_free(&gather);
    }
}

static bool check_level(const char *text, size_t length, covet__residual_level level, decision *d)
{
    covet__parse *parse = NULL, *was = NULL; /* the plan drops the tree of its own */
    covet__schema schema;
    covet__plan *plan = NULL;
    covet_error err = {0};
    d->status = covet__parse_new(text, length, &parse, &err);
    if (d->status != COVET_OK)
        return true;
    covet__facts *facts = covet_arena_alloc(parse->arena, sizeof *facts);
    covet__residual *residual = covet_arena_alloc(parse->arena, sizeof *residual);
    *facts = (covet__facts){0};
    *residual = (covet__residual){0};
    world_schema(parse, &schema);
    const covet__description described = describe(parse, parse->arena);
    const covet__residual_opts opts = {.described = &described, .level = level};
    d->status = covet__residual_build(parse, world, &schema, &opts, facts, residual, &err);
    bool good = is_decent(d->status, &err, "taken apart");
    for (uint32_t i = 0; good && d->status == COVET_OK && i < residual->gather_count; i++)
        good = check_gather(&residual->gathers[i], parse, parse->arena);
    good = good && (d->status != COVET_OK ||
                    (check_keys(residual, parse->arena) && check_holes(residual, parse)));
    if (!good || d->status != COVET_OK) {
        covet__parse_free(parse);
        return good;
    }
    note(residual, d);
    d->status = covet__plan_residual(parse, facts, world, &described, residual, &plan, &err);
    good = is_decent(d->status, &err, "plan of what is left");
    if (good && d->status == COVET_OK && covet__parse_new(text, length, &was, &err) == COVET_OK)
        good = check_left(plan, was, level);
    covet__parse_free(was);
    covet__plan_unref(plan);
    return good;
}

/* The same with other blanks between the words. */
static bool check_blanks(const char *text, covet__residual_level level, const decision *first)
{
    decision d = {0};
    bool good = check_level(text, strlen(text), level, &d);
    if (good && (d.status != first->status || d.holes != first->holes ||
                 strcmp(covet__str_text(&d.gathers), covet__str_text(&first->gathers)) != 0))
        good = complain("with other blanks, %s\nit is %s, %u holes,%s\nnot %s, %u holes,%s", text,
                        covet_status_name(d.status), d.holes, covet__str_text(&d.gathers),
                        covet_status_name(first->status), first->holes,
                        covet__str_text(&first->gathers));
    covet__str_free(&d.gathers);
    return good;
}

const char *sql_pieces(const covet__parse *parse, const char *const *respaced, size_t count)
{
    bool good = true;
    complaint[0] = '\0';
    if (parse->outline.kind != COVET__STMT_SELECT || parse->outline.writes || has_no_param(parse))
        return NULL;
    for (int level = COVET__RESIDUAL_PARTIALS; level <= COVET__RESIDUAL_TABLES && good; level++) {
        decision d = {0};
        good = check_level(parse->text, parse->length, (covet__residual_level)level, &d);
        for (size_t i = 0; good && i < count; i++)
            good = check_blanks(respaced[i], (covet__residual_level)level, &d);
        covet__str_free(&d.gathers);
    }
    return good ? NULL : complaint;
}
