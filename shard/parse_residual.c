/* shard/parse_residual.c - gathers and the residual query's text (shard/residual.h). */
#include "shard/residual.h"

#include <stdlib.h>
#include <string.h>

#include "shard/deep.h"
#include "shard/plan.h"
#include "shard/parse_residual_impl.h"

#define UNSUPPORTED(err, ...) covet__fail_state(err, COVET_EUNSUPPORTED, "0A000", __VA_ARGS__)

const char covet__residual_types_sql[] =
    "SELECT pg_catalog.format_type(q.type, -1), t.typcategory = 'A' OR t.typtype = 'c'\n"
    "       OR t.typdelim <> ',',\n"
    "       t.typtype = 'p' OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_class c\n"
    "         WHERE c.oid = t.typrelid AND c.relkind <> 'c')\n"
    "  FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY q(type, n)\n"
    "  LEFT JOIN pg_catalog.pg_type t ON t.oid = q.type\n"
    " ORDER BY q.n";

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

/* ---- blocks --------------------------------------------------------------------------------- */

bool covet__cut_within(const covet__walk *walk, uint32_t block, uint32_t around)
{
    while (block != around && block != COVET__NODE_NONE)
        block = walk->blocks[block].parent;
    return block == around;
}

uint32_t covet__cut_block_of(const covet__walk *walk, const PgQuery__SelectStmt *select)
{
    for (uint32_t i = 0; i < walk->block_count; i++)
        if (walk->blocks[i].select == select)
            return i;
    return COVET__NODE_NONE;
}

bool covet__cut_has_shards(covet__walk *walk, uint32_t block)
{
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        const covet__rel *r = &walk->rels[rel];
        if (r->kind == COVET__REL_TABLE && r->table != NULL &&
            r->table->kind == COVET__TABLE_DISTRIBUTED && covet__cut_within(walk, r->block, block))
            return true;
    }
    return false;
}

typedef struct column_visit {
    const covet__walk *walk;
    uint32_t block;
    const ProtobufCMessage *top;
    covet__column_fn *each;
    void *user;
} column_visit;

static bool visit_column(const ProtobufCMessage *message, void *user)
{
    column_visit *v = user;
    if (COVET__IS(message, column_ref)) {
        v->each(v->user, v->block, (const PgQuery__ColumnRef *)message);
        return false;
    }
    if (!COVET__IS(message, select_stmt) || message == v->top)
        return true;
    column_visit inner = *v;
    inner.block = covet__cut_block_of(v->walk, (const PgQuery__SelectStmt *)message);
    inner.top = message;
    if (inner.block == COVET__NODE_NONE)
        inner.block = v->block;
    covet__visit(message, visit_column, &inner);
    return false;
}

void covet__cut_columns(const covet__walk *walk, uint32_t block, const ProtobufCMessage *message,
                        covet__column_fn *each, void *user)
{
    column_visit v = {.walk = walk, .block = block, .top = message, .each = each, .user = user};
    covet__visit(message, visit_column, &v);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

covet__child covet__child_new(covet__cutter *cutter)
{
    covet__child child = {.cutter = cutter, .text = COVET__STR_IN(cutter->arena)};
    const uint32_t max = cutter->parse->outline.param_max;
    child.params = covet__walk_alloc(cutter->walk, (max + 1) * sizeof *child.params);
    return child;
}

static uint32_t param_of(covet__child *child, uint32_t number)
{
    for (uint32_t i = 0; i < child->param_count; i++)
        if (child->params[i] == number)
            return i + 1;
    child->params[child->param_count++] = number;
    return child->param_count;
}

void covet__child_param(covet__child *child, uint32_t number)
{
    const char *const *casts = child->cutter->opts->casts;
    covet__str_printf(&child->text, "$%u", param_of(child, number));
    if (casts != NULL && casts[number - 1] != NULL)
        covet__str_printf(&child->text, "::%s", casts[number - 1]);
}

void covet__child_tokens(covet__child *child, uint32_t first, uint32_t end)
{
    if (first < end)
        covet__child_span(child, covet__tokens_span(child->cutter->parse, first, end));
}

static bool is_one_of(int32_t kind, const int32_t *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

/* Whether a blank stands between two tokens, whatever stood there before: the same words in
 * two places are to become one gather, and one plan. */
static bool has_blank(int32_t last, int32_t next)
{
    static const int32_t opening[] = {COVET__TOKEN(ASCII_40), COVET__TOKEN(ASCII_91),
                                      COVET__TOKEN(ASCII_46), COVET__TOKEN(TYPECAST)};
    static const int32_t closing[] = {COVET__TOKEN(ASCII_41), COVET__TOKEN(ASCII_91),
                                      COVET__TOKEN(ASCII_93), COVET__TOKEN(ASCII_44),
                                      COVET__TOKEN(ASCII_46), COVET__TOKEN(TYPECAST)};
    if (next == COVET__TOKEN(ASCII_40))
        return last != COVET__TOKEN(IDENT) && !is_one_of(last, opening, COVET_COUNT(opening));
    return !is_one_of(last, opening, COVET_COUNT(opening)) &&
           !is_one_of(next, closing, COVET_COUNT(closing));
}

void covet__child_span(covet__child *child, covet__span span)
{
    const covet__parse *parse = child->cutter->parse;
    const uint32_t first = covet__token_at(parse, (int)span.start);
    for (uint32_t i = first; i < parse->token_count && parse->tokens[i].start < span.end; i++) {
        const covet__token *token = &parse->tokens[i];
        if (i > first && has_blank(parse->tokens[i - 1].kind, token->kind))
            covet__str_char(&child->text, ' ');
        if (token->kind != COVET__TOKEN(PARAM) || child->params == NULL) {
            covet__str_bytes(&child->text, parse->text + token->start, token->end - token->start);
            continue;
        }
        const uint32_t number = (uint32_t)strtoul(parse->text + token->start + 1, NULL, 10);
        if (number >= 1 && number <= parse->outline.param_max)
            covet__child_param(child, number);
    }
}

uint32_t covet__cut_gather(covet__cutter *cutter, covet__child *child, bool partial,
                           const char *why)
{
    const char *text = covet__str_text(&child->text);
    if (text == NULL || child->params == NULL) {
        covet__walk_fail(cutter->walk, COVET_ENOMEM);
        return UINT32_MAX;
    }
    for (uint32_t i = 0; i < cutter->gather_count; i++) {
        const covet__gather *g = &cutter->gathers[i];
        if (g->partial == partial && strcmp(g->text, text) == 0 &&
            g->param_count == child->param_count &&
            memcmp(g->params, child->params, g->param_count * sizeof *g->params) == 0) {
            cutter->cuts[i].uses++;
            return i;
        }
    }
    if (cutter->gather_count == COVET__GATHERS_MAX) {
        covet__walk_unsupported(cutter->walk, "a statement with so many pieces");
        return UINT32_MAX;
    }
    cutter->cuts[cutter->gather_count] = (covet__cut){.uses = 1};
    cutter->gathers[cutter->gather_count] = (covet__gather){.text = covet__str_take(&child->text),
                                                            .partial = partial,
                                                            .why = why,
                                                            .params = child->params,
                                                            .param_count = child->param_count};
    return cutter->gather_count++;
}

void covet__cut_hole(covet__cutter *cutter, covet__hole hole)
{
    if (!COVET_GROW(cutter->holes, cutter->hole_capacity, cutter->hole_count + 1)) {
        covet__walk_fail(cutter->walk, COVET_ENOMEM);
        return;
    }
    cutter->holes[cutter->hole_count++] = hole;
}

void covet__cut_text(covet__cutter *cutter, covet__span span, const char *text)
{
    if (text == NULL)
        covet__walk_fail(cutter->walk, COVET_ENOMEM);
    else
        covet__cut_hole(cutter, (covet__hole){.start = span.start, .end = span.end, .text = text});
}

/* ---- asking the planner about a piece ------------------------------------------------------ */

/* What an average is made of may not be in the statement. */
static covet_status add_aggregates(covet__schema *schema, covet_arena *arena, covet_error *err)
{
    static const char *const names[] = {"sum", "count"};
    covet__function *all =
        covet_arena_alloc(arena, (schema->function_count + COVET_COUNT(names)) * sizeof *all);
    if (all == NULL)
        return no_memory(err);
    if (schema->function_count > 0)
        memcpy(all, schema->functions, schema->function_count * sizeof *all);
    for (size_t i = 0; i < COVET_COUNT(names); i++)
        all[schema->function_count++] = (covet__function){
            .name = names[i], .known = true, .builtin = true, .volatility = 'i', .aggregate = true};
    schema->functions = all;
    return COVET_OK;
}

/* What the servers said of the whole statement's names holds for those of the piece. */
static covet_status schema_of(const covet__cutter *cutter, const covet__parse *piece,
                              covet__schema *ret_schema, covet_error *err)
{
    const covet__outline *all = &cutter->parse->outline, *some = &piece->outline;
    const covet__schema *schema = cutter->walk->schema;
    covet__relation *relations =
        covet_arena_alloc(piece->arena, (some->name_count + 1) * sizeof *relations);
    if (relations == NULL)
        return no_memory(err);
    memset(relations, 0, (some->name_count + 1) * sizeof *relations);
    for (uint32_t i = 0; i < some->name_count; i++)
        for (uint32_t k = 0; k < all->name_count && k < schema->relation_count; k++) {
            const covet__name *a = &some->names[i], *b = &all->names[k];
            const bool alike = (a->schema == NULL) == (b->schema == NULL) && !b->is_cte &&
                               strcmp(a->name, b->name) == 0 &&
                               (a->schema == NULL || strcmp(a->schema, b->schema) == 0);
            if (alike) {
                relations[i] = schema->relations[k];
                break;
            }
        }
    *ret_schema = *schema;
    ret_schema->relations = relations;
    ret_schema->relation_count = some->name_count;
    return add_aggregates(ret_schema, piece->arena, err);
}

bool covet__cut_is_local(covet__cutter *cutter, const covet__child *child)
{
    const char *text = covet__str_text(&child->text);
    covet__parse *piece = NULL;
    covet__schema schema;
    covet__facts facts = {0};
    covet_error err;
    if (text == NULL || covet__parse_new(text, strlen(text), &piece, &err) != COVET_OK)
        return false;
    covet_status status = schema_of(cutter, piece, &schema, &err);
    if (status == COVET_OK)
        status = covet__facts_build(piece, cutter->walk->map, &schema, &facts, &err);
    const bool local = status == COVET_OK && facts.local == 0 && facts.distributed > 0 &&
                       facts.volatile_function == NULL && facts.server_function == NULL &&
                       facts.system_column == NULL &&
                       (facts.restricted || (facts.colocated && facts.unsupported == NULL));
    covet__parse_free(piece);
    return local;
}

/* ---- taking apart ---------------------------------------------------------------------------- */

static void note_collate(void *user, bool found)
{
    covet__cutter *cutter = user;
    cutter->collated |= found;
}

static bool visit_collate(const ProtobufCMessage *message, void *user)
{
    note_collate(user, COVET__IS(message, collate_clause));
    return true;
}

/* Whether text in the statement may have another collation than the database's. */
static void look_for_collations(covet__cutter *cutter)
{
    const covet__schema *schema = cutter->walk->schema;
    for (uint32_t i = 0; i < schema->relation_count; i++)
        for (uint32_t c = 0; c < schema->relations[i].column_count; c++)
            note_collate(cutter, schema->relations[i].columns[c].collation != NULL);
    covet__visit(&covet__parse_root(cutter->parse)->base, visit_collate, cutter);
}

/* Whether a bare name is a table of the block by itself, and no column. */
static bool is_row(covet__walk *walk, uint32_t block, const char *name)
{
    bool row = false;
    for (uint32_t rel = 0; rel < walk->rel_count; rel++) {
        const covet__rel *r = &walk->rels[rel];
        if (r->block != block)
            continue;
        if (covet__walk_has(walk, rel, name) == COVET__HAS)
            return false;
        row |= r->kind == COVET__REL_TABLE && r->name != NULL && strcmp(r->name, name) == 0;
    }
    return row;
}

/* A row of gathered rows is of no table's type. */
static bool has_whole_row(covet__walk *walk)
{
    const PgQuery__SelectStmt *s = walk->blocks[0].select;
    while (s != NULL && s->larg != NULL)
        s = s->larg;
    const uint32_t block = s != NULL ? covet__cut_block_of(walk, s) : COVET__NODE_NONE;
    for (size_t i = 0; s != NULL && i < s->n_target_list; i++) {
        const PgQuery__Node *value = s->target_list[i]->res_target->val;
        if (value == NULL || value->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
            value->column_ref->n_fields != 1)
            continue;
        const char *name = covet__string_of(value->column_ref->fields[0]);
        if (name != NULL && is_row(walk, block, name))
            return true;
    }
    return false;
}

static covet_status check_whole(const covet__facts *f, const covet__outline *outline,
                                covet_error *err)
{
    if (outline->kind != COVET__STMT_SELECT || outline->into || outline->locks || outline->writes)
        return UNSUPPORTED(err, "%s over several shards is not supported",
                           outline->into    ? "SELECT INTO"
                           : outline->locks ? "FOR UPDATE and FOR SHARE of rows"
                                            : "a write");
    if (f->volatile_function != NULL)
        return UNSUPPORTED(err, "%s() is volatile or not known", f->volatile_function);
    if (f->server_function != NULL)
        return UNSUPPORTED(err, "%s depends on the server that evaluates it", f->server_function);
    if (f->moment_function != NULL)
        return UNSUPPORTED(err,
                           "%s is not supported yet in a statement over several shards (pass the "
                           "moment as a parameter)",
                           f->moment_function);
    if (f->system_column != NULL)
        return UNSUPPORTED(err, "the system column \"%s\" is not supported over shards",
                           f->system_column);
    return COVET_OK;
}

void covet__residual_cut(covet__walk *walk)
{
    covet__cutter cutter = {.walk = walk,
                            .parse = walk->parse,
                            .opts = walk->residual_opts,
                            .arena = walk->parse->arena};
    covet__residual *out = walk->residual;
    *out = (covet__residual){.at_home = walk->facts->local > 0};
    if (check_whole(walk->facts, &walk->parse->outline, walk->err) != COVET_OK) {
        walk->status = COVET_EUNSUPPORTED;
        return;
    }
    cutter.gathers = covet__walk_alloc(walk, COVET__GATHERS_MAX * sizeof *cutter.gathers);
    cutter.rel_gathers = covet__walk_alloc(walk, (walk->rel_count + 1) * sizeof(uint32_t));
    cutter.query_gathers = covet__walk_alloc(walk, (walk->block_count + 1) * sizeof(uint32_t));
    look_for_collations(&cutter);
    if (walk->status == COVET_OK && has_whole_row(walk))
        covet__walk_unsupported(walk, "a row as one column");
    if (walk->status == COVET_OK && covet__cut_whole(&cutter, 0))
        out->reason = "each shard joins and filters its own rows; what they are put together by "
                      "is left to one server";
    else if (walk->status == COVET_OK) {
        covet__cut_block(&cutter, 0);
        covet__cut_keys(&cutter);
        out->reason = "the rows that the conditions leave of each table and subquery are gathered, "
                      "and one server answers over them";
    }
    out->gathers = cutter.gathers;
    out->gather_count = cutter.gather_count;
    out->holes = covet__walk_alloc(walk, (cutter.hole_count + 1) * sizeof *out->holes);
    if (out->holes != NULL && cutter.hole_count > 0)
        memcpy(out->holes, cutter.holes, cutter.hole_count * sizeof *out->holes);
    out->hole_count = (uint32_t)cutter.hole_count;
    covet__free(cutter.holes);
    if (walk->status == COVET_OK && out->gather_count == 0)
        covet__walk_unsupported(walk, "this statement");
}

/* ---- keys ---------------------------------------------------------------------------------- */

static bool find_keys(covet__gather *g, const covet__description *from)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < from->column_count; i++)
        if (g->keys_name == NULL ? from->column_count == 1
                                 : strcmp(from->names[i], g->keys_name) == 0) {
            g->keys_column = i;
            found++;
        }
    return found == 1 && from->types[g->keys_column] == g->keys_type;
}

void covet__residual_keys(covet__residual *residual)
{
    for (uint32_t i = 0; i < residual->gather_count; i++) {
        covet__gather *g = &residual->gathers[i];
        if (g->keyed_text != NULL && !find_keys(g, &residual->gathers[g->keys_from].shown))
            g->keyed_text = NULL;
    }
}

/* ---- the residual query ---------------------------------------------------------------------- */

/* u.c1 AS "id": a column of an array cannot stand in an array, and unnest() makes several
 * columns of a composite one; both travel as their text, as does what has a delimiter of its own
 * in arrays (box, and geometry of PostGIS). */
static void put_column(const covet__gather *g, uint32_t i, covet__str *out)
{
    covet__str_printf(out, "%su.c%u", i > 0 ? ", " : "", i + 1);
    if (g->types[i].as_text)
        covet__str_printf(out, "::%s", g->types[i].name);
    if (i < g->collation_count && g->collations[i] != NULL)
        covet__str_printf(out, " COLLATE %s", g->collations[i]);
    covet__str_add(out, " AS ");
    covet__str_ident(out, g->shown.names[i]);
}

static char *rows_text(const covet__gather *g, bool brackets, covet_arena *arena)
{
    covet__str out = COVET__STR_IN(arena);
    covet__str_add(&out, brackets ? "(SELECT " : "SELECT ");
    for (uint32_t i = 0; i < g->shown.column_count; i++)
        put_column(g, i, &out);
    covet__str_add(&out, " FROM ROWS FROM (");
    for (uint32_t i = 0; i < g->shown.column_count; i++)
        covet__str_printf(&out, "%spg_catalog.unnest($%u::%s[])", i > 0 ? ", " : "",
                          g->first_param + i,
                          g->types[i].as_text ? "pg_catalog.text" : g->types[i].name);
    covet__str_add(&out, ") AS u(");
    for (uint32_t i = 0; i < g->shown.column_count; i++)
        covet__str_printf(&out, "%sc%u", i > 0 ? ", " : "", i + 1);
    covet__str_add(&out, brackets ? "))" : ")");
    return covet__str_take(&out);
}

static const char *hole_text(const covet__residual *r, const covet__hole *hole, covet_arena *arena)
{
    const covet__gather *g = &r->gathers[hole->gather];
    switch (hole->kind) {
    case COVET__HOLE_TEXT: return hole->text;
    case COVET__HOLE_ROWS: return rows_text(g, true, arena);
    case COVET__HOLE_QUERY: return rows_text(g, false, arena);
    case COVET__HOLE_TYPE: return g->types[hole->column].name;
    }
    return NULL;
}

static bool is_replaced(const covet__residual *r, uint32_t start, uint32_t end)
{
    for (uint32_t i = 0; i < r->hole_count; i++)
        if (r->holes[i].start <= start && r->holes[i].end >= end &&
            r->holes[i].start < r->holes[i].end)
            return true;
    return false;
}

bool covet__residual_uses(const covet__residual *residual, const covet__parse *parse,
                          uint32_t number)
{
    for (uint32_t i = 0; i < parse->token_count; i++) {
        const covet__token *token = &parse->tokens[i];
        if (token->kind == COVET__TOKEN(PARAM) &&
            strtoul(parse->text + token->start + 1, NULL, 10) == number &&
            !is_replaced(residual, token->start, token->end))
            return true;
    }
    return false;
}

/* What stays of the text keeps its tables' names and its moments; the name that a moment
 * gives its column is there already where it was put behind the whole item. */
static covet_status keep_edits(const covet__residual *residual, const covet__edits *from,
                               covet__edits *to, covet_error *err)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const covet__edit *e = &from->items[i];
        bool named = false;
        for (uint32_t k = 0; k < residual->hole_count && e->start == e->end; k++)
            named |= residual->holes[k].start == e->start && residual->holes[k].end == e->start;
        if (named || is_replaced(residual, e->start, e->end))
            continue;
        if (e->table != NULL && e->table->kind == COVET__TABLE_DISTRIBUTED)
            return UNSUPPORTED(err, "this use of the distributed table \"%s\" is not supported",
                               e->table->name);
        if (e->table != NULL)
            covet__edit_table(to, e->start, e->end, e->table);
        else
            covet__edit_text(to, e->start, e->end, e->text);
    }
    return COVET_OK;
}

covet_status covet__residual_edits(const covet__residual *residual, const covet__residual_texts *t,
                                   covet__edits *ret_edits, covet_error *err)
{
    covet__edits names;
    COVET_TRY(covet__plan_table_edits(t->parse, t->map, t->arena, &names, err));
    covet__moment_edits(t->facts->moments, t->facts->moment_count, t->transaction_param,
                        t->statement_param, &names);
    *ret_edits = (covet__edits){.text = names.text, .length = names.length, .arena = t->arena};
    uint32_t next = t->param_count + 1;
    for (uint32_t i = 0; i < residual->gather_count; i++) {
        residual->gathers[i].first_param = next;
        next += residual->gathers[i].shown.column_count;
    }
    if (next > UINT16_MAX)
        return UNSUPPORTED(err, "the statement needs too many parameters over several shards");
    COVET_TRY(keep_edits(residual, &names, ret_edits, err));
    for (uint32_t i = 0; i < residual->hole_count; i++)
        covet__edit_text(ret_edits, residual->holes[i].start, residual->holes[i].end,
                         hole_text(residual, &residual->holes[i], t->arena));
    return covet__edits_close(ret_edits, err);
}
