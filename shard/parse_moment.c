/* shard/parse_moment.c - finds now() and its like, and writes them anew (shard/moment.h). */
#include "shard/moment.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/types.h"
#include "shard/parse_facts_impl.h"

#define TOKEN(name) PG_QUERY__TOKEN__##name

enum { TIMETZ = 1266 };

typedef struct finder {
    covet__walk *walk;
    covet__moment *moments;
    size_t count, capacity;
    const ProtobufCMessage *in_from; /* a function that is an item of FROM itself */
    const ProtobufCMessage *beside;  /* the expression whose operands were looked at together */
} finder;

static void refuse(finder *f, const char *what)
{
    if (f->walk->facts->moment_function == NULL)
        f->walk->facts->moment_function = covet__walk_keep(f->walk, what);
}

static void add(finder *f, covet__moment moment)
{
    if (COVET_GROW(f->moments, f->capacity, f->count + 1))
        f->moments[f->count++] = moment;
    else
        covet__walk_fail(f->walk, COVET_ENOMEM);
}

static const covet__token *token_of(const finder *f, uint32_t i)
{
    static const covet__token none = {0};
    return i < f->walk->parse->token_count ? &f->walk->parse->tokens[i] : &none;
}

/* ---- names of columns ------------------------------------------------------------------------ */

/* The name that a column gets from a moment in it; NULL where it gets it from elsewhere. */
static const char *label_of(const finder *f, const PgQuery__Node *node)
{
    static const char *const names[] = {"current_date",      "current_time",      "current_time",
                                        "current_timestamp", "current_timestamp", "localtime",
                                        "localtime",         "localtimestamp",    "localtimestamp"};
    while (node != NULL) {
        switch (node->node_case) {
        case PG_QUERY__NODE__NODE_TYPE_CAST: node = node->type_cast->arg; break;
        case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: node = node->collate_clause->arg; break;
        case PG_QUERY__NODE__NODE_CASE_EXPR: node = node->case_expr->defresult; break;
        case PG_QUERY__NODE__NODE_FUNC_CALL:
            return covet__walk_is_moment(f->walk, node->func_call)
                       ? covet__string_of(
                             node->func_call->funcname[node->func_call->n_funcname - 1])
                       : NULL;
        case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION: {
            const unsigned op = (unsigned)node->sqlvalue_function->op - 1;
            return op < COVET_COUNT(names) ? names[op] : NULL;
        }
        default: return NULL;
        }
    }
    return NULL;
}

/* What can stand behind an item of a SELECT list or RETURNING, but for x.from, IS DISTINCT FROM
 * and WITHIN GROUP. */
static bool ends_item(int kind, int before)
{
    if (before == TOKEN(ASCII_46) || before == TOKEN(DISTINCT) || before == TOKEN(WITHIN))
        return false;
    switch (kind) {
    case TOKEN(ASCII_44):
    case TOKEN(INTO):
    case TOKEN(FROM):
    case TOKEN(WHERE):
    case TOKEN(GROUP_P):
    case TOKEN(HAVING):
    case TOKEN(WINDOW):
    case TOKEN(UNION):
    case TOKEN(INTERSECT):
    case TOKEN(EXCEPT):
    case TOKEN(ORDER):
    case TOKEN(LIMIT):
    case TOKEN(OFFSET):
    case TOKEN(FETCH):
    case TOKEN(FOR): return true;
    default: return false;
    }
}

static uint32_t item_end(const finder *f, int location)
{
    const covet__parse *parse = f->walk->parse;
    const uint32_t first = covet__token_at(parse, location);
    const uint32_t depth = token_of(f, first)->depth;
    uint32_t i = first;
    while (i + 1 < parse->token_count && token_of(f, i + 1)->depth >= depth &&
           !(token_of(f, i + 1)->depth == depth &&
             ends_item(token_of(f, i + 1)->kind, token_of(f, i)->kind)))
        i++;
    return token_of(f, i)->end;
}

static void take_item(finder *f, const PgQuery__ResTarget *target)
{
    const bool named = target->name != NULL && target->name[0] != '\0';
    const char *label = named ? NULL : label_of(f, target->val);
    if (label == NULL)
        return;
    covet__str text = COVET__STR_IN(f->walk->parse->arena);
    covet__str_add(&text, " AS ");
    covet__str_ident(&text, label);
    const uint32_t end = item_end(f, target->location);
    add(f, (covet__moment){.start = end, .end = end, .before = covet__str_take(&text)});
}

/* ---- calls --------------------------------------------------------------------------------- */

/* name ( ), or name where no bracket follows. */
static uint32_t call_end(const finder *f, uint32_t first)
{
    uint32_t open = first;
    while (token_of(f, open + 1)->kind == TOKEN(ASCII_46))
        open += 2;
    open++;
    return token_of(f, open)->kind == TOKEN(ASCII_40) ? open + 1 : open - 1;
}

static void take_moment(finder *f, const PgQuery__FuncCall *call)
{
    const uint32_t first = covet__token_at(f->walk->parse, call->location);
    const char *name = covet__string_of(call->funcname[call->n_funcname - 1]);
    if (f->in_from == &call->base) {
        refuse(f, "now() in FROM");
        return;
    }
    add(f, (covet__moment){.kind = strcmp(name, "statement_timestamp") == 0
                                       ? COVET__MOMENT_STATEMENT
                                       : COVET__MOMENT_TRANSACTION,
                           .start = token_of(f, first)->start,
                           .end = token_of(f, call_end(f, first))->end,
                           .before = "(",
                           .after = "::pg_catalog.timestamptz)"});
}

/* age(x) is age(CURRENT_DATE, x). */
static void take_age(finder *f, const PgQuery__FuncCall *call)
{
    uint32_t open = covet__token_at(f->walk->parse, call->location);
    while (token_of(f, open)->kind != TOKEN(ASCII_40) && open < f->walk->parse->token_count)
        open++;
    add(f, (covet__moment){.kind = COVET__MOMENT_TRANSACTION,
                           .start = token_of(f, open)->end,
                           .end = token_of(f, open)->end,
                           .before = "(",
                           .after = "::pg_catalog.timestamptz)::pg_catalog.date, "});
}

static void take_value(finder *f, const PgQuery__SQLValueFunction *value)
{
    static const char *const types[] = {"date", "timetz", "timetz",    "timestamptz", "timestamptz",
                                        "time", "time",   "timestamp", "timestamp"};
    const unsigned op = (unsigned)value->op - 1;
    const uint32_t first = covet__token_at(f->walk->parse, value->location);
    if (op >= COVET_COUNT(types))
        return; /* CURRENT_USER and its like */
    if (f->in_from == &value->base) {
        refuse(f, "CURRENT_TIMESTAMP in FROM");
        return;
    }
    const bool precise = token_of(f, first + 1)->kind == TOKEN(ASCII_40);
    covet__str text = COVET__STR_IN(f->walk->parse->arena);
    covet__str_printf(&text, "::pg_catalog.timestamptz)::pg_catalog.%s", types[op]);
    if (precise)
        covet__str_printf(&text, "(%d)", value->typmod);
    covet__str_char(&text, ')');
    add(f, (covet__moment){.kind = COVET__MOMENT_TRANSACTION,
                           .start = token_of(f, first)->start,
                           .end = token_of(f, precise ? first + 3 : first)->end,
                           .before = "((",
                           .after = covet__str_take(&text)});
}

/* ---- constants ----------------------------------------------------------------------------- */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* now, today, tomorrow or yesterday as a word of it: its number from 1. *ret_whole: it is
 * nothing else. */
static int moment_word(const char *text, bool *ret_whole)
{
    static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};
    *ret_whole = false;
    for (const char *c = text; *c != '\0';) {
        size_t length = 0;
        while (is_letter(c[length]))
            length++;
        for (size_t i = 0; i < COVET_COUNT(words); i++)
            if (length == strlen(words[i]) && strncasecmp(c, words[i], length) == 0) {
                *ret_whole = strspn(text, " ") == (size_t)(c - text) &&
                             strspn(c + length, " ") == strlen(c + length);
                return (int)i + 1;
            }
        c += length > 0 ? length : 1;
    }
    return 0;
}

static const char *constant_of(const PgQuery__Node *node)
{
    return node != NULL && node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
                   node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL
               ? node->a_const->sval->sval
               : NULL;
}

static bool is_among(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static bool is_moment_type(const char *name)
{
    static const char *const names[] = {"date", "time", "timetz", "timestamp", "timestamptz"};
    return is_among(name, names, COVET_COUNT(names));
}

static bool is_range_type(const char *name)
{
    static const char *const names[] = {"daterange",      "tsrange",      "tstzrange",
                                        "datemultirange", "tsmultirange", "tstzmultirange"};
    return is_among(name, names, COVET_COUNT(names));
}

static void refuse_constant(finder *f, const char *text)
{
    char what[64];
    snprintf(what, sizeof what, "the constant '%.40s'", text);
    refuse(f, what);
}

/* 'now'::T keeps its cast. T 'now' becomes CAST(... AS T). */
static void take_constant(finder *f, const PgQuery__TypeCast *cast, int word)
{
    static const char *const afters[] = {"::pg_catalog.timestamptz)",
                                         "::pg_catalog.timestamptz)::pg_catalog.date)",
                                         "::pg_catalog.timestamptz)::pg_catalog.date + 1)",
                                         "::pg_catalog.timestamptz)::pg_catalog.date - 1)"};
    const covet__parse *parse = f->walk->parse;
    const uint32_t literal = covet__token_at(parse, cast->arg->a_const->location);
    const uint32_t type = covet__token_at(parse, cast->type_name->location);
    covet__moment moment = {.kind = COVET__MOMENT_TRANSACTION,
                            .start = token_of(f, literal)->start,
                            .end = token_of(f, literal)->end,
                            .before = word == 1 ? "(" : "((",
                            .after = afters[word - 1],
                            .constant = true};
    if (type < literal) {
        covet__str before = COVET__STR_IN(parse->arena), after = COVET__STR_IN(parse->arena);
        moment.start = token_of(f, type)->start;
        covet__str_printf(&before, "CAST(%s", moment.before);
        covet__str_printf(&after, "%s AS ", moment.after);
        covet__str_bytes(&after, parse->text + moment.start,
                         token_of(f, literal - 1)->end - moment.start);
        covet__str_char(&after, ')');
        moment.before = covet__str_take(&before);
        moment.after = covet__str_take(&after);
    }
    add(f, moment);
}

static void take_cast(finder *f, const PgQuery__TypeCast *cast)
{
    const PgQuery__TypeName *type = cast->type_name;
    const char *name = type->n_names > 0 ? covet__string_of(type->names[type->n_names - 1]) : NULL;
    const char *text = constant_of(cast->arg);
    bool whole = false;
    const int word = text != NULL ? moment_word(text, &whole) : 0;
    const bool simple = is_moment_type(name);
    if (word == 0 || (!simple && !is_range_type(name)))
        return;
    /* A day is no time of day. */
    const bool of_day = strcmp(name, "time") == 0 || strcmp(name, "timetz") == 0;
    if (simple && whole && type->n_array_bounds == 0 && !(of_day && word > 1))
        take_constant(f, cast, word);
    else
        refuse_constant(f, text);
}

/* date('today') */
static void check_call(finder *f, const PgQuery__FuncCall *call)
{
    bool whole;
    const char *name = covet__string_of(call->funcname[call->n_funcname - 1]);
    const char *text = call->n_args == 1 ? constant_of(call->args[0]) : NULL;
    if (text != NULL && is_moment_type(name) && moment_word(text, &whole) != 0)
        refuse_constant(f, text);
}

/* ---- constants without a cast: what they stand beside gives their type --------------------- */

typedef struct column_search {
    const finder *f;
    const char *text; /* a constant that may be meant as a moment */
    bool found;       /* a column of such a type */
} column_search;

static bool is_moment_column(const covet__walk *walk, const char *name)
{
    for (size_t rel = 0; name != NULL && rel < walk->rel_count; rel++) {
        const covet__column *c = covet__walk_find_column(&walk->rels[rel], name);
        if (c != NULL && (c->type == COVET__DATE || c->type == COVET__TIME || c->type == TIMETZ ||
                          c->type == COVET__TIMESTAMP || c->type == COVET__TIMESTAMPTZ))
            return true;
    }
    return false;
}

static bool look_beside(const ProtobufCMessage *message, void *user)
{
    column_search *s = user;
    bool whole = false;
    if (COVET__IS(message, type_cast) || COVET__IS(message, sub_link))
        return false;
    if (COVET__IS(message, node)) {
        const char *text = constant_of((const PgQuery__Node *)message);
        if (text != NULL && moment_word(text, &whole) != 0 && whole)
            s->text = text;
    }
    if (COVET__IS(message, column_ref)) {
        const PgQuery__ColumnRef *ref = (const PgQuery__ColumnRef *)message;
        s->found |= is_moment_column(s->f->walk, covet__string_of(ref->fields[ref->n_fields - 1]));
    }
    return true;
}

static void check_beside(finder *f, const ProtobufCMessage *message)
{
    column_search s = {.f = f};
    covet__visit(message, look_beside, &s);
    if (s.text != NULL && s.found)
        refuse_constant(f, s.text);
}

/* ---- all of them --------------------------------------------------------------------------- */

/* now() as an item of FROM would have to stay a function. */
static void enter_from(finder *f, const PgQuery__RangeFunction *function)
{
    for (size_t i = 0; i < function->n_functions; i++) {
        const PgQuery__Node *item = function->functions[i];
        if (item->node_case == PG_QUERY__NODE__NODE_LIST && item->list->n_items > 0)
            item = item->list->items[0];
        if (item->node_case == PG_QUERY__NODE__NODE_FUNC_CALL)
            f->in_from = &item->func_call->base;
        else if (item->node_case == PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION)
            f->in_from = &item->sqlvalue_function->base;
        else
            continue;
        if (f->in_from->descriptor == &pg_query__sqlvalue_function__descriptor)
            take_value(f, (const PgQuery__SQLValueFunction *)f->in_from);
        else if (covet__walk_is_moment(f->walk, (const PgQuery__FuncCall *)f->in_from))
            take_moment(f, (const PgQuery__FuncCall *)f->in_from);
        f->in_from = NULL;
    }
}

static bool enter(const ProtobufCMessage *message, void *user);

/* Looking at an expression looks at those in it, but for casts and subqueries, which begin
 * anew: so a chain of them is looked at once. True: it has been visited. */
static bool enter_beside(finder *f, const ProtobufCMessage *message)
{
    const bool begins = f->beside == NULL && COVET__IS(message, a__expr);
    const bool anew = f->beside != NULL && f->beside != message &&
                      (COVET__IS(message, type_cast) || COVET__IS(message, sub_link));
    const ProtobufCMessage *before = f->beside;
    if (!begins && !anew)
        return false;
    if (begins)
        check_beside(f, message);
    f->beside = begins ? message : NULL;
    covet__visit(message, enter, f);
    f->beside = before;
    return true;
}

static bool enter(const ProtobufCMessage *message, void *user)
{
    finder *f = user;
    if (f->walk->status != COVET_OK)
        return false;
    if (enter_beside(f, message))
        return false;
    if (COVET__IS(message, range_function)) {
        enter_from(f, (const PgQuery__RangeFunction *)message);
    } else if (COVET__IS(message, res_target)) {
        take_item(f, (const PgQuery__ResTarget *)message);
    } else if (COVET__IS(message, func_call)) {
        const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)message;
        if (covet__walk_is_moment(f->walk, call))
            take_moment(f, call);
        else if (call->n_args == 1 && covet__walk_is_builtin(f->walk, call, "age"))
            take_age(f, call);
        else
            check_call(f, call);
    } else if (COVET__IS(message, sqlvalue_function)) {
        take_value(f, (const PgQuery__SQLValueFunction *)message);
    } else if (COVET__IS(message, type_cast)) {
        take_cast(f, (const PgQuery__TypeCast *)message);
    }
    return true;
}

void covet__walk_moments(covet__walk *walk)
{
    finder f = {.walk = walk};
    covet__visit(&covet__parse_root(walk->parse)->base, enter, &f);
    covet__moment *moments = covet__walk_alloc(walk, (f.count + 1) * sizeof *moments);
    if (moments != NULL && f.count > 0)
        memcpy(moments, f.moments, f.count * sizeof *moments);
    walk->facts->moments = moments;
    walk->facts->moment_count = moments != NULL ? (uint32_t)f.count : 0;
    covet__free(f.moments);
}

/* ---- use ----------------------------------------------------------------------------------- */

bool covet__moment_wanted(const covet__moment *moments, uint32_t count, covet__moment_kind kind)
{
    for (uint32_t i = 0; i < count; i++)
        if (moments[i].kind == kind)
            return true;
    return false;
}

void covet__moment_edits(const covet__moment *moments, uint32_t count, uint32_t transaction_param,
                         uint32_t statement_param, covet__edits *edits)
{
    const bool shards = transaction_param != 0 || statement_param != 0;
    for (uint32_t i = 0; i < count; i++) {
        const covet__moment *m = &moments[i];
        covet__str text = COVET__STR_IN(edits->arena);
        if (!shards && !m->constant)
            continue;
        covet__str_add(&text, m->before != NULL ? m->before : "");
        if (m->kind != COVET__MOMENT_NONE && shards)
            covet__str_printf(&text, "$%u",
                              m->kind == COVET__MOMENT_STATEMENT ? statement_param
                                                                 : transaction_param);
        else if (m->kind != COVET__MOMENT_NONE)
            covet__str_add(&text, "pg_catalog.now()");
        covet__str_add(&text, m->after != NULL ? m->after : "");
        covet__edit_text(edits, m->start, m->end, covet__str_take(&text));
    }
}
