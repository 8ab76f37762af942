/*
 * shard/parse_shape.c - what the outermost SELECT does with the rows (shard/facts.h).
 *
 * A statement for many shards is edited as text, so the places of its clauses are wanted:
 * those of the SELECT list, of each item of it and of ORDER BY, and of LIMIT. The tree
 * gives the place where an expression begins at best; the tokens give the rest.
 */
#include <string.h>

#include "core/types.h"
#include "shard/parse_facts_impl.h"

#define TOKEN(name) PG_QUERY__TOKEN__##name

typedef struct shaper {
    covet__walk *walk;
    uint32_t block;
    const PgQuery__SelectStmt *select;
    const covet__token *tokens;
    uint32_t count;
    uint32_t select_at; /* the token SELECT */
    uint32_t from_at;   /* FROM, or the number of tokens */
} shaper;

static void unsupported(shaper *s, const char *what)
{
    if (s->walk->facts->unmerged == NULL)
        s->walk->facts->unmerged = what;
}

static bool is_top(const shaper *s, uint32_t i, int kind)
{
    return i < s->count && s->tokens[i].depth == 0 && s->tokens[i].kind == kind;
}

/* A keyword may also be a column's label behind AS or a dot. */
static bool is_label(const shaper *s, uint32_t i)
{
    return i > 0 &&
           (s->tokens[i - 1].kind == TOKEN(AS) || s->tokens[i - 1].kind == TOKEN(ASCII_46));
}

/* The first token of a kind outside all brackets, from `from` on; the count if none. */
static uint32_t find_top(const shaper *s, uint32_t from, int kind)
{
    for (uint32_t i = from; i < s->count; i++)
        if (is_top(s, i, kind) && !is_label(s, i))
            return i;
    return s->count;
}

/* FROM that is not IS DISTINCT FROM. */
static uint32_t find_from(const shaper *s)
{
    for (uint32_t i = s->select_at + 1; i < s->count; i++)
        if (is_top(s, i, TOKEN(FROM)) && !is_label(s, i) &&
            s->tokens[i - 1].kind != TOKEN(DISTINCT))
            return i;
    return s->count;
}

static covet__span span_of(const shaper *s, uint32_t first, uint32_t end)
{
    return (covet__span){s->tokens[first].start, s->tokens[end - 1].end};
}

/* ---- the list -------------------------------------------------------------------------- */

typedef struct agg_name {
    const char *name;
    covet__agg_kind kind;
} agg_name;

static covet__agg_kind agg_of(const PgQuery__FuncCall *call)
{
    static const agg_name names[] = {
        {"count", COVET__AGG_COUNT},     {"sum", COVET__AGG_SUM},
        {"min", COVET__AGG_MIN},         {"max", COVET__AGG_MAX},
        {"avg", COVET__AGG_AVG},         {"bool_and", COVET__AGG_BOOL_AND},
        {"bool_or", COVET__AGG_BOOL_OR}, {"every", COVET__AGG_BOOL_AND},
        {"bit_and", COVET__AGG_BIT_AND}, {"bit_or", COVET__AGG_BIT_OR}};
    const char *name = covet__string_of(call->funcname[call->n_funcname - 1]);
    const char *schema = call->n_funcname > 1 ? covet__string_of(call->funcname[0]) : "pg_catalog";
    if (name == NULL || schema == NULL || strcmp(schema, "pg_catalog") != 0 || call->over != NULL ||
        call->agg_distinct || call->agg_within_group || call->n_agg_order > 0)
        return COVET__AGG_NONE;
    for (size_t i = 0; i < COVET_COUNT(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].kind;
    return COVET__AGG_NONE;
}

/* ---- collations ------------------------------------------------------------------------- */

/* An expression, not a column: in a database that compares byte by byte, unless it names
 * another collation or takes a column that has one. */
typedef struct c_check {
    shaper *s;
    bool good;
} c_check;

static bool check_c(const ProtobufCMessage *message, void *user)
{
    c_check *check = user;
    uint32_t rel;
    const char *name;
    if (COVET__IS(message, collate_clause) || COVET__IS(message, sub_link))
        check->good = false;
    if (!COVET__IS(message, column_ref))
        return check->good;
    covet__walk *walk = check->s->walk;
    const covet__column *c = NULL;
    if (covet__walk_column(walk, check->s->block, (const PgQuery__ColumnRef *)message, &rel, &name))
        c = covet__walk_find_column(&walk->rels[rel], name);
    check->good &= c != NULL && (c->c_collated || !covet__type_is_text(c->type));
    return false;
}

/* Whether an expression's text is certain to compare byte by byte: COLLATE "C", a column
 * that is so collated, or a database that is, without any COLLATE in sight. */
static bool is_c_collated(shaper *s, const PgQuery__Node *node)
{
    if (node == NULL)
        return false;
    if (node->node_case == PG_QUERY__NODE__NODE_COLLATE_CLAUSE) {
        const PgQuery__CollateClause *clause = node->collate_clause;
        const char *name = covet__string_of(clause->collname[clause->n_collname - 1]);
        return name != NULL && (strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0 ||
                                strcmp(name, "ucs_basic") == 0);
    }
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        uint32_t rel;
        const char *column;
        if (!covet__walk_column(s->walk, s->block, node->column_ref, &rel, &column))
            return false;
        const covet__column *c = covet__walk_find_column(&s->walk->rels[rel], column);
        return c != NULL && c->c_collated;
    }
    return false;
}

/* ---- items ------------------------------------------------------------------------------ */

static void take_item(shaper *s, covet__item *item, const PgQuery__ResTarget *target,
                      uint32_t first, uint32_t end)
{
    item->span = item->expression = span_of(s, first, end);
    const PgQuery__Node *value = target->val;
    if (value == NULL || value->node_case != PG_QUERY__NODE__NODE_FUNC_CALL)
        return;
    item->agg = agg_of(value->func_call);
    if (item->agg == COVET__AGG_NONE)
        return;
    /* name ( ... ) and perhaps FILTER ( ... ); the rest is the label */
    uint32_t open = first;
    while (open < end && s->tokens[open].kind != TOKEN(ASCII_40))
        open++;
    uint32_t close = open + 1;
    while (close < end && !is_top(s, close, TOKEN(ASCII_41)))
        close++;
    if (open == first || close >= end) {
        item->agg = COVET__AGG_NONE;
        return;
    }
    item->arguments = (covet__span){s->tokens[open].end, s->tokens[close].start};
    if (is_top(s, close + 1, TOKEN(FILTER)) && close + 2 < end)
        for (close += 2; close < end && !is_top(s, close, TOKEN(ASCII_41)); close++) {}
    item->function = span_of(s, first, open);
    item->expression = span_of(s, first, COVET_MIN(close + 1, end));
    if (value->func_call->n_args == 1)
        item->c_collated = is_c_collated(s, value->func_call->args[0]);
}

static void take_items(shaper *s)
{
    covet__facts *facts = s->walk->facts;
    const size_t n = s->select->n_target_list;
    covet__item *items = covet__walk_alloc(s->walk, (n + 1) * sizeof *items);
    if (items == NULL)
        return;
    uint32_t first = s->select_at + 1, index = 0;
    for (uint32_t i = first; i <= s->from_at && index < n; i++)
        if (i == s->from_at || is_top(s, i, TOKEN(ASCII_44))) {
            if (i == first)
                break;
            take_item(s, &items[index], s->select->target_list[index]->res_target, first, i);
            index++;
            first = i + 1;
        }
    if (index != n || n == 0) {
        unsupported(s, "this form of SELECT list");
        return;
    }
    facts->items = items;
    facts->item_count = (uint32_t)n;
    facts->list = span_of(s, s->select_at + 1, s->from_at);
}

/* ---- ORDER BY ----------------------------------------------------------------------------- */

/* ORDER BY x means an output column called x, if there is one, before a table's column.
 * False: which of both, is not certain. */
static bool behind_label(const shaper *s, const char *name, const PgQuery__Node **node)
{
    bool certain = true;
    for (size_t i = 0; i < s->select->n_target_list; i++) {
        const PgQuery__ResTarget *target = s->select->target_list[i]->res_target;
        const bool named = target->name != NULL && target->name[0] != '\0';
        const char *label = named ? target->name : covet__walk_label(target->val);
        if (label != NULL && strcmp(label, name) == 0) {
            *node = target->val;
            return true;
        }
        certain &= label != NULL;
    }
    return certain;
}

/* Behind a star is the column itself where it is the only one of its name. */
static bool is_only_column(const shaper *s, const char *name)
{
    uint32_t count = 0;
    for (uint32_t rel = 0; rel < s->walk->rel_count; rel++)
        if (s->walk->rels[rel].block == s->block)
            count += covet__walk_has(s->walk, rel, name) != COVET__HAS_NOT;
    return count == 1;
}

static bool is_sort_suffix(int kind)
{
    return kind == TOKEN(ASC) || kind == TOKEN(DESC) || kind == TOKEN(NULLS_P) ||
           kind == TOKEN(NULLS_LA) || kind == TOKEN(FIRST_P) || kind == TOKEN(LAST_P);
}

static bool is_star(const PgQuery__Node *node)
{
    const PgQuery__Node *last = NULL;
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF)
        last = node->column_ref->fields[node->column_ref->n_fields - 1];
    else if (node->node_case == PG_QUERY__NODE__NODE_A_INDIRECTION)
        last = node->a_indirection->indirection[node->a_indirection->n_indirection - 1];
    return last != NULL && last->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

/* The item that is column n of the result, from 0; NULL where a star before it, or there, has
 * columns that are not counted here. */
static const PgQuery__Node *item_at(const shaper *s, int32_t n)
{
    for (size_t i = 0; n >= 0 && i < s->select->n_target_list; i++) {
        const PgQuery__Node *value = s->select->target_list[i]->res_target->val;
        if (value != NULL && is_star(value))
            return NULL;
        if (i == (size_t)n)
            return value;
    }
    return NULL;
}

static void take_sort(shaper *s, covet__sort *sort, const PgQuery__SortBy *by, uint32_t first,
                      uint32_t end)
{
    if (by->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING)
        unsupported(s, "ORDER BY ... USING");
    /* A column may be called "first": only what follows ASC, DESC or NULLS is a suffix. */
    uint32_t last = end;
    for (uint32_t i = end; i > first + 1 && is_sort_suffix(s->tokens[i - 1].kind); i--)
        if (s->tokens[i - 1].kind != TOKEN(FIRST_P) && s->tokens[i - 1].kind != TOKEN(LAST_P))
            last = i - 1;
    sort->expression = span_of(s, first, last);
    sort->position = -1;
    sort->descending = by->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    sort->nulls_first =
        by->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
        (by->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_DEFAULT && sort->descending);
    const PgQuery__Node *node = by->node;
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
        node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
        sort->position = node->a_const->ival->ival - 1;
        node = item_at(s, sort->position);
        if (node == NULL)
            return; /* it is behind a star, and its collation not known */
    } else if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
               node->column_ref->n_fields == 1) {
        const char *name = covet__string_of(node->column_ref->fields[0]);
        sort->name = name != NULL ? covet__walk_keep(s->walk, name) : NULL;
        if (name != NULL && !behind_label(s, name, &node) && !is_only_column(s, name))
            return; /* its collation is not known */
    }
    sort->c_collated = is_c_collated(s, node);
    if (!sort->c_collated && s->walk->schema->c_database &&
        node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) {
        c_check check = {s, true};
        covet__visit(&node->base, check_c, &check);
        sort->c_collated = check.good;
    }
}

static void take_sorts(shaper *s, uint32_t end)
{
    const size_t n = s->select->n_sort_clause;
    covet__sort *sorts = covet__walk_alloc(s->walk, (n + 1) * sizeof *sorts);
    uint32_t at = s->from_at;
    while (at + 1 < end && !(is_top(s, at, TOKEN(ORDER)) && is_top(s, at + 1, TOKEN(BY))))
        at++;
    if (sorts == NULL || n == 0)
        return;
    uint32_t first = at + 2, index = 0;
    for (uint32_t i = first; i <= end && index < n; i++)
        if (i == end || is_top(s, i, TOKEN(ASCII_44))) {
            if (i == first)
                break;
            take_sort(s, &sorts[index], s->select->sort_clause[index]->sort_by, first, i);
            index++;
            first = i + 1;
        }
    if (index != n) {
        unsupported(s, "this form of ORDER BY");
        return;
    }
    s->walk->facts->sort_span = span_of(s, at, end);
    s->walk->facts->sorts = sorts;
    s->walk->facts->sort_count = (uint32_t)n;
}

/* ---- LIMIT --------------------------------------------------------------------------------- */

static void take_count(shaper *s, const PgQuery__Node *node, covet__count *count)
{
    if (node == NULL)
        return;
    count->given = true;
    if (!covet__walk_term(s->walk, node, &count->term) || count->term.kind == COVET__TERM_TEXT)
        unsupported(s, "LIMIT or OFFSET by an expression");
}

/* The token with which LIMIT, OFFSET or FETCH begins; the count if there is none. */
static uint32_t take_limit(shaper *s)
{
    covet__facts *facts = s->walk->facts;
    if (s->select->limit_count == NULL && s->select->limit_offset == NULL)
        return s->count;
    take_count(s, s->select->limit_count, &facts->limit);
    take_count(s, s->select->limit_offset, &facts->offset);
    if (s->select->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES)
        unsupported(s, "FETCH ... WITH TIES");
    const uint32_t limit = find_top(s, s->from_at, TOKEN(LIMIT));
    const uint32_t offset = find_top(s, s->from_at, TOKEN(OFFSET));
    const uint32_t fetch = find_top(s, s->from_at, TOKEN(FETCH));
    const uint32_t at = COVET_MIN(limit, COVET_MIN(offset, fetch));
    if (at == s->count)
        unsupported(s, "this form of LIMIT");
    else
        facts->limit_span = span_of(s, at, s->count);
    return at;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool windows_include_key(shaper *s);

typedef struct window_check {
    shaper *s;
    bool defines; /* it is in the WINDOW clause */
    bool good;
} window_check;

static bool check_window(const ProtobufCMessage *message, void *user)
{
    window_check *check = user;
    if (COVET__IS(message, sub_link))
        return false;
    if (!COVET__IS(message, window_def))
        return true;
    const PgQuery__WindowDef *w = (const PgQuery__WindowDef *)message;
    /* OVER w, OVER (w ...), WINDOW v AS (w ...): what they name is judged by itself. */
    const bool refers = (!check->defines && w->name != NULL && w->name[0] != '\0') ||
                        (w->refname != NULL && w->refname[0] != '\0');
    if (!refers && !covet__walk_includes_key(check->s->walk, check->s->block, w->partition_clause,
                                             w->n_partition_clause))
        check->good = false;
    return true;
}

/* A window that only names another one is judged by that one. */
static bool windows_include_key(shaper *s)
{
    window_check check = {.s = s, .good = true};
    for (size_t i = 0; i < s->select->n_target_list; i++)
        covet__visit(&s->select->target_list[i]->base, check_window, &check);
    for (size_t i = 0; i < s->select->n_sort_clause; i++)
        covet__visit(&s->select->sort_clause[i]->base, check_window, &check);
    check.defines = true;
    for (size_t i = 0; i < s->select->n_window_clause; i++)
        covet__visit(&s->select->window_clause[i]->base, check_window, &check);
    return check.good;
}

static bool selects_key_or_all(shaper *s)
{
    return covet__walk_includes_key(s->walk, s->block, s->select->target_list,
                                    s->select->n_target_list);
}

/* GROUP BY 1 means the first item of the list. */
static bool groups_include_key(shaper *s)
{
    for (size_t i = 0; i < s->select->n_group_clause; i++) {
        PgQuery__Node *node = s->select->group_clause[i];
        if (node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
            node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
            const int32_t n = node->a_const->ival->ival;
            if (n >= 1 && (size_t)n <= s->select->n_target_list)
                node = s->select->target_list[n - 1];
        }
        if (covet__walk_includes_key(s->walk, s->block, &node, 1))
            return true;
    }
    return false;
}

bool covet__reads_in_order(const PgQuery__SelectStmt *select)
{
    for (size_t i = 0; i < select->n_from_clause; i++) {
        const PgQuery__Node *item = select->from_clause[i];
        if (item->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT &&
            item->range_subselect->subquery->select_stmt->n_sort_clause > 0)
            return true;
    }
    return false;
}

static void judge(shaper *s)
{
    const PgQuery__SelectStmt *select = s->select;
    const covet__block *b = &s->walk->blocks[s->block];
    if (select->op != PG_QUERY__SET_OPERATION__SETOP_NONE)
        unsupported(s, "UNION, INTERSECT or EXCEPT");
    if (select->n_values_lists > 0)
        unsupported(s, "VALUES");
    if (select->limit_count != NULL && select->n_sort_clause == 0 && covet__reads_in_order(select))
        unsupported(s, "LIMIT of what a subquery has ordered");
    if (select->n_locking_clause > 0)
        unsupported(s, "FOR UPDATE or FOR SHARE without the shard key");
    if (select->with_clause != NULL)
        unsupported(s, "WITH");
    if (select->n_distinct_clause > 0 &&
        select->distinct_clause[0]->node_case != PG_QUERY__NODE__NODE__NOT_SET)
        unsupported(s, "DISTINCT ON");
    else if (select->n_distinct_clause > 0 && !selects_key_or_all(s))
        unsupported(s, "DISTINCT without the shard key in its list");
    if (b->windows && !windows_include_key(s))
        unsupported(s, "a window function whose PARTITION BY does not include the shard key");
    if (select->n_group_clause > 0) {
        if (!groups_include_key(s))
            unsupported(s, "GROUP BY without the shard key");
    } else if (b->aggregates || select->having_clause != NULL) {
        s->walk->facts->aggregated = true;
        if (select->having_clause != NULL)
            unsupported(s, "HAVING without GROUP BY");
        if (select->n_distinct_clause > 0)
            unsupported(s, "DISTINCT with aggregates");
        if (b->windows)
            unsupported(s, "a window function over aggregates");
    }
}

void covet__walk_shape(covet__walk *walk, uint32_t block)
{
    const covet__parse *parse = walk->parse;
    shaper s = {.walk = walk,
                .block = block,
                .select = walk->blocks[block].select,
                .tokens = parse->tokens,
                .count = parse->token_count};
    judge(&s);
    if (walk->facts->distributed == 0 || walk->facts->unsupported != NULL ||
        walk->facts->unmerged != NULL)
        return; /* one server answers, or none */
    s.select_at = find_top(&s, 0, TOKEN(SELECT));
    s.from_at = find_from(&s);
    if (s.select_at != 0 || s.from_at == s.count) {
        unsupported(&s, "a SELECT in brackets");
        return;
    }
    if (is_top(&s, s.select_at + 1, TOKEN(DISTINCT)) || is_top(&s, s.select_at + 1, TOKEN(ALL)))
        s.select_at++;
    take_items(&s);
    const uint32_t limit_at = take_limit(&s);
    take_sorts(&s, limit_at);
}
