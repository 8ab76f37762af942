/*
 * shard/parse_whole.c - all of FROM and WHERE in one gather (shard/residual.h).
 *
 * Where the rows that FROM joins and WHERE keeps lie in one shard each, the shards do both,
 * and what the outermost query does with the rows is left to the residual query: whatever
 * ORDER BY, DISTINCT, windows or aggregates it has that cannot be done by each shard for
 * itself. Each shard drops what it may: equal rows of a DISTINCT, all but the first rows of
 * a LIMIT, and the rows of a group behind the sums that are made of them
 * (shard/parse_aggs.c).
 */
#include <string.h>

#include "shard/parse_whole_impl.h"

#define TOKEN(name) COVET__TOKEN(name)

/* ---- columns ------------------------------------------------------------------------------- */

static uint32_t add_column(covet__whole *w, covet__whole_column column)
{
    if (w->column_count == COVET__WHOLE_MAX) {
        w->failed = true;
        return 0;
    }
    w->columns[w->column_count] = column;
    return w->column_count++;
}

uint32_t covet__whole_ref(covet__whole *w, uint32_t rel, const char *name)
{
    for (uint32_t i = 0; i < w->column_count; i++)
        if (w->columns[i].rel == rel && strcmp(w->columns[i].name, name) == 0)
            return i;
    if (w->walk->rels[rel].name == NULL)
        w->failed = true;
    return add_column(w, (covet__whole_column){.rel = rel, .name = name});
}

uint32_t covet__whole_expr(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    uint32_t rel;
    const char *name;
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
        covet__whole_own(w, node->column_ref, &rel, &name))
        return covet__whole_ref(w, rel, name);
    for (uint32_t i = 0; i < w->column_count; i++) {
        const covet__whole_column *c = &w->columns[i];
        if (!w->alone && c->call == NULL && c->end > c->first && c->end - c->first == end - first &&
            covet__same_tokens(w->cutter->parse, first, c->first, end - first))
            return i;
    }
    if (w->cutter->collated) /* its text may be of any */
        w->failed = true;
    return add_column(w,
                      (covet__whole_column){.rel = COVET__NODE_NONE, .first = first, .end = end});
}

uint32_t covet__whole_call(covet__whole *w, covet__whole_column column)
{
    const covet__parse *parse = w->cutter->parse;
    for (uint32_t i = 0; i < w->column_count; i++) {
        const covet__whole_column *c = &w->columns[i];
        if (c->call != NULL && strcmp(c->call, column.call) == 0 &&
            c->end - c->first == column.end - column.first &&
            c->filter_end - c->filter == column.filter_end - column.filter &&
            covet__same_tokens(parse, c->first, column.first, c->end - c->first) &&
            covet__same_tokens(parse, c->filter, column.filter, c->filter_end - c->filter)) {
            w->columns[i].sum |= column.sum;
            return i;
        }
    }
    return add_column(w, column);
}

char *covet__whole_name(covet__whole *w, uint32_t column)
{
    covet__str out = COVET__STR_IN(w->cutter->arena);
    covet__str_printf(&out, "covet_f.covet_c%u", column + 1);
    return covet__str_take(&out);
}

covet__span covet__whole_ref_span(const covet__whole *w, const PgQuery__ColumnRef *ref)
{
    const covet__parse *parse = w->cutter->parse;
    const uint32_t first = covet__token_at(parse, ref->location);
    const uint32_t end = first + 2 * (uint32_t)ref->n_fields - 1;
    return covet__tokens_span(parse, first, COVET_MIN(end, parse->token_count));
}

bool covet__whole_own(covet__whole *w, const PgQuery__ColumnRef *ref, uint32_t *ret_rel,
                      const char **ret_name)
{
    const char *name;
    if (!covet__walk_column(w->walk, w->block, ref, ret_rel, &name) ||
        w->walk->rels[*ret_rel].block != w->block ||
        (ref->n_fields == 1 && !covet__own_is_merged_alike(w->walk, w->block, *ret_rel, name)))
        return false;
    *ret_name = covet__walk_keep(w->walk, name);
    return *ret_name != NULL;
}

static bool replace_ref(const ProtobufCMessage *message, void *user)
{
    covet__whole *w = user;
    uint32_t rel;
    const char *name;
    if (COVET__IS(message, sub_link) || COVET__IS(message, select_stmt)) {
        w->failed = true;
        return false;
    }
    if (!COVET__IS(message, column_ref))
        return !w->failed;
    const PgQuery__ColumnRef *ref = (const PgQuery__ColumnRef *)message;
    if (!covet__whole_own(w, ref, &rel, &name)) {
        w->failed = true;
        return false;
    }
    covet__cut_text(w->cutter, covet__whole_ref_span(w, ref),
                    covet__whole_name(w, covet__whole_ref(w, rel, name)));
    return false;
}

void covet__whole_refs(covet__whole *w, const ProtobufCMessage *message)
{
    covet__visit(message, replace_ref, w);
}

/* ---- looking ------------------------------------------------------------------------------- */

static bool find_query(const ProtobufCMessage *message, void *user)
{
    if (COVET__IS(message, sub_link) || COVET__IS(message, select_stmt))
        *(bool *)user = true;
    return true;
}

bool covet__whole_has_query(const ProtobufCMessage *message)
{
    bool found = false;
    covet__visit(message, find_query, &found);
    return found;
}

/* ORDER BY and DISTINCT ON take a number for a place in the list, and a bare name for an
 * output column if there is one. */
static bool is_label(const covet__whole *w, const PgQuery__Node *node, uint32_t *ret_output)
{
    const covet__description *d = w->cutter->opts->described;
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST) {
        const bool number = node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL;
        *ret_output = number ? (uint32_t)node->a_const->ival->ival - 1 : 0;
        return number;
    }
    if (node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF || node->column_ref->n_fields != 1)
        return false;
    const char *name = covet__string_of(node->column_ref->fields[0]);
    for (uint32_t i = 0; name != NULL && i < d->column_count; i++)
        if (strcmp(d->names[i], name) == 0) {
            *ret_output = i;
            return true;
        }
    return false;
}

/* ---- clauses ------------------------------------------------------------------------------- */

static bool is_suffix(int kind)
{
    return kind == TOKEN(ASC) || kind == TOKEN(DESC) || kind == TOKEN(NULLS_P) ||
           kind == TOKEN(NULLS_LA) || kind == TOKEN(FIRST_P) || kind == TOKEN(LAST_P);
}

/* A column may be called "first": only what follows ASC, DESC or NULLS is a suffix. */
static uint32_t without_suffix(const covet__parse *parse, uint32_t first, uint32_t end)
{
    uint32_t last = end;
    for (uint32_t i = end; i > first + 1 && is_suffix(parse->tokens[i - 1].kind); i--)
        if (parse->tokens[i - 1].kind != TOKEN(FIRST_P) &&
            parse->tokens[i - 1].kind != TOKEN(LAST_P))
            last = i - 1;
    return last;
}

static void each_distinct_on(covet__whole *w, covet__whole_item_fn *each)
{
    const covet__parse *parse = w->cutter->parse;
    const PgQuery__SelectStmt *s = w->select;
    uint32_t ends[COVET__WHOLE_MAX], output;
    if (s->n_distinct_clause == 0 ||
        s->distinct_clause[0]->node_case == PG_QUERY__NODE__NODE__NOT_SET)
        return;
    const uint32_t open = w->c.select + 3; /* SELECT DISTINCT ON ( */
    if (open >= w->c.list || parse->tokens[open].kind != TOKEN(ASCII_40)) {
        w->failed = true;
        return;
    }
    const uint32_t count = covet__split_list(parse, open + 1, covet__closing(parse, open),
                                             w->c.depth + 1, ends, COVET__WHOLE_MAX);
    if (count != s->n_distinct_clause)
        w->failed = true;
    for (uint32_t i = 0, first = open + 1; i < count && !w->failed; first = ends[i++] + 1)
        if (!is_label(w, s->distinct_clause[i], &output))
            each(w, s->distinct_clause[i], first, ends[i]);
}

void covet__whole_sorts(covet__whole *w, covet__whole_item_fn *each)
{
    const covet__parse *parse = w->cutter->parse;
    const PgQuery__SelectStmt *s = w->select;
    uint32_t ends[COVET__WHOLE_MAX], output;
    each_distinct_on(w, each);
    if (s->n_sort_clause == 0)
        return;
    const uint32_t count =
        covet__split_list(parse, w->c.order + 2, w->c.limit, w->c.depth, ends, COVET__WHOLE_MAX);
    if (count != s->n_sort_clause)
        w->failed = true;
    for (uint32_t i = 0, first = w->c.order + 2; i < count && !w->failed; first = ends[i++] + 1) {
        const PgQuery__SortBy *by = s->sort_clause[i]->sort_by;
        if (by->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING)
            w->failed = true;
        else if (!is_label(w, by->node, &output))
            each(w, by->node, first, without_suffix(parse, first, ends[i]));
    }
}

/* What is to be put behind an expression that has no name of its own, so that it keeps the
 * one it had. */
static void keep_label(covet__whole *w, const PgQuery__ResTarget *target, uint32_t end)
{
    const covet__description *d = w->cutter->opts->described;
    covet__str out = COVET__STR_IN(w->cutter->arena);
    const uint32_t at = w->cutter->parse->tokens[end - 1].end;
    if (target->name != NULL && target->name[0] != '\0')
        return;
    if (w->outputs >= d->column_count) {
        w->failed = true;
        return;
    }
    covet__str_add(&out, " AS ");
    covet__str_ident(&out, d->names[w->outputs]);
    covet__cut_text(w->cutter, (covet__span){at, at}, covet__str_take(&out));
}

static bool is_star(const PgQuery__Node *node)
{
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
        return false;
    const PgQuery__ColumnRef *ref = node->column_ref;
    return ref->fields[ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

/* (p).*: how many columns it is, is not known here. */
static bool is_row_star(const PgQuery__Node *node)
{
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_A_INDIRECTION)
        return false;
    const PgQuery__AIndirection *i = node->a_indirection;
    return i->indirection[i->n_indirection - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

/* p.* and *: the columns of tables, written out. */
static void expand_star(covet__whole *w, const PgQuery__ColumnRef *ref, uint32_t first,
                        uint32_t end)
{
    const char *of = ref->n_fields > 1 ? covet__string_of(ref->fields[ref->n_fields - 2]) : NULL;
    covet__str out = COVET__STR_IN(w->cutter->arena);
    bool any = false;
    w->failed |= covet__own_joins_by_names(w->select) || ref->n_fields > 2;
    for (uint32_t rel = 0; rel < w->walk->rel_count && !w->failed; rel++) {
        const covet__rel *r = &w->walk->rels[rel];
        if (r->block != w->block || (of != NULL && (r->name == NULL || strcmp(r->name, of) != 0)))
            continue;
        if (r->kind != COVET__REL_TABLE || r->columns == NULL)
            w->failed = true;
        for (uint32_t i = 0; !w->failed && i < r->columns->column_count; i++) {
            const char *name = r->columns->columns[i].name;
            const uint32_t column = covet__whole_ref(w, rel, name);
            covet__str_add(&out, any ? ", " : "");
            covet__str_add(&out, covet__whole_name(w, column));
            covet__str_add(&out, " AS ");
            covet__str_ident(&out, name);
            any = true;
            if (w->outputs < COVET__WHOLE_MAX)
                w->output_columns[w->outputs] = column;
            w->outputs++;
        }
    }
    w->failed |= !any;
    covet__cut_text(w->cutter, covet__tokens_span(w->cutter->parse, first, end),
                    covet__str_take(&out));
}

void covet__whole_list(covet__whole *w, covet__whole_item_fn *each)
{
    const covet__parse *parse = w->cutter->parse;
    const PgQuery__SelectStmt *s = w->select;
    uint32_t ends[COVET__WHOLE_MAX];
    const uint32_t count =
        covet__split_list(parse, w->c.list, w->c.from, w->c.depth, ends, COVET__WHOLE_MAX);
    if (count != s->n_target_list)
        w->failed = true;
    for (uint32_t i = 0, first = w->c.list; i < count && !w->failed; first = ends[i++] + 1) {
        const PgQuery__ResTarget *target = s->target_list[i]->res_target;
        uint32_t end = ends[i];
        if (is_star(target->val)) {
            expand_star(w, target->val->column_ref, first, end);
            continue;
        }
        w->failed |= is_row_star(target->val);
        if (target->name != NULL && target->name[0] != '\0') {
            end--;
            end -= end > first && parse->tokens[end - 1].kind == TOKEN(AS);
        }
        if (end <= first) {
            w->failed = true;
            return;
        }
        each(w, target->val, first, end);
        keep_label(w, target, end);
        w->outputs++;
    }
}

/* ---- rows as they are ---------------------------------------------------------------------- */

static bool is_plain_distinct(const PgQuery__SelectStmt *s)
{
    return s->n_distinct_clause > 0 &&
           s->distinct_clause[0]->node_case == PG_QUERY__NODE__NODE__NOT_SET;
}

static bool find_call(const ProtobufCMessage *message, void *user)
{
    *(bool *)user |= COVET__IS(message, func_call);
    return !COVET__IS(message, sub_link);
}

/* A function may return a set, of which windows see nothing: it is called behind them. */
static bool is_behind_windows(const covet__whole *w, const PgQuery__Node *node)
{
    bool calls = false;
    if (w->walk->blocks[w->block].windows)
        covet__visit(&node->base, find_call, &calls);
    return calls;
}

/* What is the same for a row wherever it is computed is computed by its shard. */
static uint32_t take_expression(covet__whole *w, const PgQuery__Node *node, uint32_t first,
                                uint32_t end)
{
    if (is_behind_windows(w, node)) {
        covet__whole_refs(w, &node->base);
        return UINT32_MAX;
    }
    const uint32_t column = covet__whole_expr(w, node, first, end);
    covet__cut_text(w->cutter, covet__tokens_span(w->cutter->parse, first, end),
                    covet__whole_name(w, column));
    return column;
}

static bool find_volatile(const ProtobufCMessage *message, void *user)
{
    covet__whole *w = user;
    if (COVET__IS(message, func_call)) {
        const covet__function *f =
            covet__walk_function_of(w->walk, (const PgQuery__FuncCall *)message);
        w->alone |= f == NULL || f->volatility == 'v';
    }
    return true;
}

static void take_item(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    covet__visit(&node->base, find_volatile, w);
    const uint32_t column = take_expression(w, node, first, end);
    w->alone = false;
    if (w->outputs < COVET__WHOLE_MAX)
        w->output_columns[w->outputs] = column;
}

/* ORDER BY of a DISTINCT must be in its list. */
static void take_sort(covet__whole *w, const PgQuery__Node *node, uint32_t first, uint32_t end)
{
    const uint32_t before = w->column_count;
    const uint32_t column = take_expression(w, node, first, end);
    if (is_plain_distinct(w->select) && w->column_count > before)
        w->failed = true;
    if (w->sorts < COVET__WHOLE_MAX)
        w->sort_columns[w->sorts++] = column;
}

static void take_rows(covet__whole *w)
{
    covet__whole_list(w, take_item);
    w->sorts = 0;
    covet__whole_sorts(w, take_sort);
    for (size_t i = 0; i < w->select->n_window_clause; i++)
        covet__whole_refs(w, &w->select->window_clause[i]->base);
}

/* ---- the first rows ------------------------------------------------------------------------ */

static void put_count(covet__child *child, const covet__term *term)
{
    if (term->kind == COVET__TERM_PARAM)
        covet__child_param(child, term->number);
    else if (term->kind == COVET__TERM_INT)
        covet__str_printf(&child->text, "%lld", (long long)term->i);
    else
        covet__str_add(&child->text, "NULL");
}

/* The shards sort by their own columns' numbers. */
static bool put_order(covet__whole *w, covet__child *child)
{
    const covet__parse *parse = w->cutter->parse;
    const PgQuery__SelectStmt *s = w->select;
    uint32_t ends[COVET__WHOLE_MAX], next = 0;
    if (s->n_sort_clause == 0)
        return true;
    covet__split_list(parse, w->c.order + 2, w->c.limit, w->c.depth, ends, COVET__WHOLE_MAX);
    covet__str_add(&child->text, " ORDER BY ");
    for (uint32_t i = 0, first = w->c.order + 2; i < s->n_sort_clause; first = ends[i++] + 1) {
        uint32_t output = 0;
        const bool label = is_label(w, s->sort_clause[i]->sort_by->node, &output);
        const uint32_t column = !label ? w->sort_columns[next++]
                                : output < COVET_MIN(w->outputs, (uint32_t)COVET__WHOLE_MAX)
                                    ? w->output_columns[output]
                                    : UINT32_MAX;
        if (column >= w->column_count)
            return false;
        covet__str_printf(&child->text, "%s%u ", i > 0 ? ", " : "", column + 1);
        covet__child_tokens(child, without_suffix(parse, first, ends[i]), ends[i]);
    }
    return true;
}

/* Of the first rows of all, none is behind the first ones of its shard. LIMIT n OFFSET m
 * asks each shard for n + m. */
static bool put_first_rows(covet__whole *w, covet__child *child)
{
    const PgQuery__SelectStmt *s = w->select;
    covet__term limit, offset = {.kind = COVET__TERM_INT};
    if (s->limit_count == NULL || !covet__walk_term(w->walk, s->limit_count, &limit) ||
        (s->limit_offset != NULL && !covet__walk_term(w->walk, s->limit_offset, &offset)) ||
        limit.kind == COVET__TERM_TEXT || offset.kind == COVET__TERM_TEXT)
        return true; /* all rows, then */
    if (!put_order(w, child))
        return false;
    const bool ties = s->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES;
    covet__str_add(&child->text, ties ? " FETCH FIRST (" : " LIMIT (");
    covet__str_add(&child->text, "SELECT least((");
    put_count(child, &limit);
    covet__str_add(&child->text, ")::pg_catalog.int8::pg_catalog.numeric + coalesce((");
    put_count(child, &offset);
    covet__str_add(&child->text, ")::pg_catalog.int8, 0), 9223372036854775807)::pg_catalog.int8)");
    covet__str_add(&child->text, ties ? " ROWS WITH TIES" : "");
    return true;
}

/* ---- the gather ---------------------------------------------------------------------------- */

static void put_column(covet__whole *w, covet__child *child, uint32_t i)
{
    const covet__whole_column *c = &w->columns[i];
    covet__str_add(&child->text, i > 0 ? ", " : "");
    if (c->rel != COVET__NODE_NONE) {
        covet__str_ident(&child->text, w->walk->rels[c->rel].name);
        covet__str_char(&child->text, '.');
        covet__str_ident(&child->text, c->name);
    } else if (c->call != NULL) {
        covet__str_printf(&child->text, "%s(", c->call);
        covet__child_tokens(child, c->first, c->end);
        covet__str_add(&child->text, ") ");
        covet__child_tokens(child, c->filter, c->filter_end);
    } else if (c->constant) {
        covet__str_char(&child->text, '1');
    } else {
        covet__child_tokens(child, c->first, c->end);
    }
    covet__str_printf(&child->text, " AS covet_c%u", i + 1);
}

static void put_groups(covet__whole *w, covet__child *child)
{
    bool any = false;
    for (uint32_t i = 0; i < w->column_count; i++)
        if (w->columns[i].group) {
            covet__str_printf(&child->text, "%s%u", any ? ", " : " GROUP BY ", i + 1);
            any = true;
        }
}

static bool is_grouped(const covet__whole *w)
{
    for (uint32_t i = 0; i < w->column_count; i++)
        if (w->columns[i].call != NULL || w->columns[i].group)
            return true;
    return false;
}

/* Columns of tables have collations of their own; of other expressions none is known. */
static void put_collations(covet__whole *w, covet__gather *gather)
{
    const char **collations = covet__walk_alloc(w->walk, w->column_count * sizeof *collations);
    for (uint32_t i = 0; collations != NULL && i < w->column_count; i++) {
        const covet__whole_column *c = &w->columns[i];
        if (c->rel == COVET__NODE_NONE)
            continue;
        const covet__column *column = covet__walk_find_column(&w->walk->rels[c->rel], c->name);
        if (column != NULL)
            collations[i] = column->collation;
        else if (w->cutter->collated)
            w->failed = true; /* a subquery's: it may be any */
    }
    gather->collations = collations;
    gather->collation_count = w->column_count;
}

static void put_sums(covet__whole *w, covet__gather *gather)
{
    bool *sums = covet__walk_alloc(w->walk, w->column_count * sizeof *sums);
    for (uint32_t i = 0; sums != NULL && i < w->column_count; i++)
        sums[i] = w->columns[i].sum;
    gather->sums = sums;
}

/* WITH, which the gather takes along, is not wanted any more. */
static bool put_with(covet__whole *w, covet__child *child)
{
    const PgQuery__SelectStmt *s = w->select;
    if (s->with_clause == NULL)
        return true;
    if ((s->limit_count != NULL && covet__whole_has_query(&s->limit_count->base)) ||
        (s->limit_offset != NULL && covet__whole_has_query(&s->limit_offset->base)))
        return false; /* which may read it */
    const uint32_t with = covet__token_at(w->cutter->parse, w->select->with_clause->location);
    if (with >= w->c.select)
        return false;
    covet__child_tokens(child, with, w->c.select);
    covet__str_char(&child->text, ' ');
    covet__cut_text(w->cutter,
                    (covet__span){w->cutter->parse->tokens[with].start,
                                  w->cutter->parse->tokens[w->c.select].start},
                    "");
    return true;
}

static bool put_gather(covet__whole *w, bool rows)
{
    covet__cutter *cutter = w->cutter;
    const covet__parse *parse = cutter->parse;
    covet__child child = covet__child_new(cutter);
    const bool windows = w->walk->blocks[w->block].windows;
    const bool distinct = rows && !windows && is_plain_distinct(w->select);
    if (w->column_count == 0)
        add_column(w, (covet__whole_column){.rel = COVET__NODE_NONE, .constant = true});
    if (!put_with(w, &child))
        return false;
    covet__str_add(&child.text, distinct ? "SELECT DISTINCT " : "SELECT ");
    for (uint32_t i = 0; i < w->column_count; i++)
        put_column(w, &child, i);
    covet__str_char(&child.text, ' ');
    covet__child_tokens(&child, w->c.from, w->c.group);
    if (is_grouped(w))
        put_groups(w, &child);
    if (rows && !windows && w->select->n_distinct_clause == 0 && !put_first_rows(w, &child))
        return false;
    if (w->failed || w->walk->status != COVET_OK || !covet__cut_is_local(cutter, &child))
        return false;
    const uint32_t gather = covet__cut_gather(cutter, &child, true, "FROM and WHERE");
    if (gather == UINT32_MAX)
        return false;
    put_collations(w, &cutter->gathers[gather]);
    put_sums(w, &cutter->gathers[gather]);
    const covet__span span = covet__tokens_span(parse, w->c.from, w->c.group);
    covet__cut_text(cutter, (covet__span){span.start, span.start}, "FROM ");
    covet__cut_hole(cutter, (covet__hole){.start = span.start,
                                          .end = span.end,
                                          .kind = COVET__HOLE_ROWS,
                                          .gather = gather});
    covet__cut_text(cutter, (covet__span){span.end, span.end}, " AS covet_f");
    return !w->failed;
}

typedef void take_fn(covet__whole *w);

static bool attempt(covet__cutter *cutter, uint32_t block, take_fn *take, bool rows)
{
    covet__whole *w = covet__walk_alloc(cutter->walk, sizeof *w);
    const size_t holes = cutter->hole_count;
    const uint32_t gathers = cutter->gather_count;
    if (w == NULL)
        return false;
    w->cutter = cutter;
    w->walk = cutter->walk;
    w->block = block;
    w->select = cutter->walk->blocks[block].select;
    if (covet__clauses_of(cutter->parse, w->select, &w->c) && w->c.depth == 0 &&
        w->c.from < w->c.group && w->c.end == cutter->parse->token_count) {
        take(w);
        if (!w->failed && w->walk->status == COVET_OK && put_gather(w, rows))
            return true;
    }
    cutter->hole_count = holes;
    cutter->gather_count = gathers;
    return false;
}

bool covet__cut_whole(covet__cutter *cutter, uint32_t block)
{
    const covet__block *b = &cutter->walk->blocks[block];
    const PgQuery__SelectStmt *s = b->select;
    const covet__residual_level level = cutter->opts->level;
    if (s == NULL || s->op != PG_QUERY__SET_OPERATION__SETOP_NONE ||
        level >= COVET__RESIDUAL_QUERIES)
        return false;
    const bool by_order = b->windows || (s->limit_count != NULL && s->n_sort_clause == 0);
    if (!b->aggregates && s->n_group_clause == 0 && s->having_clause == NULL)
        return !(by_order && covet__reads_in_order(s)) && attempt(cutter, block, take_rows, true);
    return (level == COVET__RESIDUAL_PARTIALS &&
            attempt(cutter, block, covet__whole_aggregates, false)) ||
           (!covet__reads_in_order(s) && attempt(cutter, block, covet__whole_raw_groups, false));
}
