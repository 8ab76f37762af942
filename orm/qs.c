/* orm/qs.c - making querysets and conditions (orm/qset.h). */
#include <string.h>

#include "core/bind.h"
#include "core/fail.h"
#include "orm/fields.h"
#include "orm/qset.h"

/* Conditions are walked on the stack. */
enum { DEPTH_MAX = 250 };

static const char *copy_text(covet_arena *arena, const char *text)
{
    return covet_arena_copy(arena, text, strlen(text));
}

/* ---- conditions -------------------------------------------------------------------------- */

static size_t count_kids(const covet_q *kids)
{
    size_t count = 0;
    while (kids != NULL && kids[count].op != COVET_Q_END)
        count++;
    return count;
}

static covet_status copy_q(covet_arena *arena, covet_q *to, const covet_q *from, size_t depth,
                           covet_error *err);

static covet_status copy_kids(covet_arena *arena, covet_q *to, size_t depth, covet_error *err)
{
    const covet_q *from = to->kids;
    const size_t count = count_kids(from);
    covet_q *kids = covet_arena_alloc(arena, (count + 1) * sizeof *kids);
    if (kids == NULL)
        return covet__fail(err, COVET_ENOMEM, "condition: out of memory");
    for (size_t i = 0; i < count; i++)
        COVET_TRY(copy_q(arena, &kids[i], &from[i], depth + 1, err));
    memset(&kids[count], 0, sizeof kids[count]);
    to->kids = kids;
    return COVET_OK;
}

static covet_status copy_leaf(covet_arena *arena, covet_q *to, covet_error *err)
{
    if (to->path == NULL || to->lookup < 0 || to->lookup > COVET_LOOKUP_BY_NAME)
        return covet__fail(err, COVET_EINVAL, "condition: it has no path, or no lookup");
    to->path = copy_text(arena, to->path);
    if (to->path == NULL)
        return covet__fail(err, COVET_ENOMEM, "condition: out of memory");
    COVET_TRY(covet__value_copy(&to->value, arena, err));
    return covet__value_copy(&to->value2, arena, err);
}

static covet_status copy_q(covet_arena *arena, covet_q *to, const covet_q *from, size_t depth,
                           covet_error *err)
{
    if (depth > DEPTH_MAX)
        return covet__fail_state(err, COVET_EINVAL, "54001", "condition: nested more than %d deep",
                                 DEPTH_MAX);
    while (from->op == COVET_Q_REF && from->kids != NULL)
        from = from->kids;
    *to = *from;
    switch (from->op) {
    case COVET_Q_LEAF: return copy_leaf(arena, to, err);
    case COVET_Q_AND:
    case COVET_Q_OR:
    case COVET_Q_NOT: return copy_kids(arena, to, depth, err);
    default: return covet__fail(err, COVET_EINVAL, "condition: not a valid one");
    }
}

const covet_q *covet_q_keep(covet_arena *arena, const covet_q *q)
{
    covet_q *copy = q != NULL ? covet_arena_alloc(arena, sizeof *copy) : NULL;
    return copy != NULL && copy_q(arena, copy, q, 0, NULL) == COVET_OK ? copy : NULL;
}

covet_q covet_q_kw(const char *path, covet_value value)
{
    return (
        covet_q){.op = COVET_Q_LEAF, .path = path, .lookup = COVET_LOOKUP_BY_NAME, .value = value};
}

/* ---- querysets ---------------------------------------------------------------------------- */

/* Q1: no queryset is NULL. When memory runs out the chain ends in this one, so that a
 * queryset that is lost cannot be taken for one that was not given (covet_qs_prefetch). */
static const covet_error no_memory = {.status = COVET_ENOMEM, .message = "queryset: out of memory"};
static const covet_qs lost_qs = {.why = &no_memory};

static covet_qs *lost(void) { return (covet_qs *)(uintptr_t)&lost_qs; }

covet_qs *covet_qs_new(covet_arena *arena, const covet_row_type *type)
{
    covet_qs *qs = covet_arena_alloc(arena, sizeof *qs);
    if (qs == NULL)
        return lost();
    *qs = (covet_qs){.arena = arena, .type = type};
    return qs;
}

covet_qs *covet__qs_of_model(covet_arena *arena, const covet_model *model)
{
    covet_row_type *type = covet_arena_alloc(arena, sizeof *type);
    if (type == NULL)
        return lost();
    *type = (covet_row_type){.size = sizeof *type,
                             .name = model->name,
                             .model = model,
                             .row_size = model->row_size};
    return covet_qs_new(arena, type);
}

/* What is wrong sticks: the error is kept for the moment when the queryset runs. */
static covet_qs *spoil(covet_qs *qs, const covet_error *err)
{
    covet_error *why = covet_arena_alloc(qs->arena, sizeof *why);
    if (why == NULL)
        return lost();
    *why = *err;
    qs->why = why;
    return qs;
}

static covet_qs *spoil_with(covet_qs *qs, const char *text)
{
    covet_error err;
    covet__fail(&err, COVET_EINVAL, "queryset: %s", text);
    return spoil(qs, &err);
}

static covet_qs *apply(const covet_qs *qs, covet_clause_op op)
{
    covet_qs *next =
        qs != NULL && qs != &lost_qs ? covet_arena_alloc(qs->arena, sizeof *next) : NULL;
    if (next == NULL)
        return lost();
    *next = (covet_qs){.arena = qs->arena,
                       .type = qs->type,
                       .before = qs,
                       .why = qs->why,
                       .length = qs->length + 1,
                       .op = op};
    return next;
}

static covet_qs *apply_q(const covet_qs *qs, covet_clause_op op, const covet_q *q)
{
    covet_qs *next = apply(qs, op);
    if (next->why != NULL)
        return next;
    if (q == NULL)
        return spoil_with(next, "a condition is NULL");
    covet_error err;
    covet_q *copy = covet_arena_alloc(next->arena, sizeof *copy);
    if (copy == NULL)
        return lost();
    next->q = copy;
    return copy_q(next->arena, copy, q, 0, &err) == COVET_OK ? next : spoil(next, &err);
}

covet_qs *covet_qs_filter(const covet_qs *qs, const covet_q *q)
{
    return apply_q(qs, COVET_CLAUSE_FILTER, q);
}

covet_qs *covet_qs_exclude(const covet_qs *qs, const covet_q *q)
{
    return apply_q(qs, COVET_CLAUSE_EXCLUDE, q);
}

static covet_qs *apply_names(const covet_qs *qs, covet_clause_op op, const char *const *names,
                             size_t count)
{
    covet_qs *next = apply(qs, op);
    if (next->why != NULL)
        return next;
    const char **copy = covet_arena_alloc(next->arena, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        if (names == NULL || names[i] == NULL)
            return spoil_with(next, "a name is NULL");
        if ((copy[i] = copy_text(next->arena, names[i])) == NULL)
            return lost();
    }
    if (copy == NULL)
        return lost();
    copy[count] = NULL;
    next->names = copy;
    return next;
}

covet_qs *covet_qs_order_by(const covet_qs *qs, const char *const *paths, size_t count)
{
    return apply_names(qs, COVET_CLAUSE_ORDER_BY, paths, count);
}

covet_qs *covet_qs_select_related(const covet_qs *qs, const char *const *paths, size_t count)
{
    return apply_names(qs, COVET_CLAUSE_SELECT_RELATED, paths, count);
}

static covet_qs *apply_number(const covet_qs *qs, covet_clause_op op, int64_t number)
{
    covet_qs *next = apply(qs, op);
    if (next->why != NULL)
        return next;
    next->number = number;
    return number >= 0 ? next : spoil_with(next, "a limit or offset is negative");
}

covet_qs *covet_qs_limit(const covet_qs *qs, int64_t limit)
{
    return apply_number(qs, COVET_CLAUSE_LIMIT, limit);
}

covet_qs *covet_qs_offset(const covet_qs *qs, int64_t offset)
{
    return apply_number(qs, COVET_CLAUSE_OFFSET, offset);
}

/* A clause with one name in it. */
static covet_qs *apply_name(const covet_qs *qs, covet_clause_op op, const char *name)
{
    covet_qs *next = apply(qs, op);
    if (next->why != NULL)
        return next;
    if (name == NULL)
        return spoil_with(next, "a name is NULL");
    next->name = copy_text(next->arena, name);
    return next->name != NULL ? next : lost();
}

covet_qs *covet_qs_prefetch(const covet_qs *qs, const char *path, const covet_qs *rows)
{
    covet_qs *next = apply_name(qs, COVET_CLAUSE_PREFETCH, path);
    if (next->why != NULL || rows == NULL)
        return next;
    next->rows = rows;
    return rows->why == NULL ? next : spoil(next, rows->why);
}

covet_qs *covet_qs_annotate(const covet_qs *qs, const char *name, covet_expr expr)
{
    covet_qs *next = apply_name(qs, COVET_CLAUSE_ANNOTATE, name);
    if (next->why != NULL)
        return next;
    if (expr.op != COVET_EXPR_COUNT || expr.path == NULL)
        return spoil_with(next, "an annotation's expression is not valid");
    expr.path = copy_text(next->arena, expr.path);
    next->expr = expr;
    return expr.path != NULL ? next : lost();
}

/* ---- clauses as data ------------------------------------------------------------------------ */

static size_t count_names(const char *const *names)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL)
        count++;
    return count;
}

static covet_qs *apply_clause(const covet_qs *qs, const covet_clause *c)
{
    switch (c->op) {
    case COVET_CLAUSE_FILTER: return covet_qs_filter(qs, &c->q);
    case COVET_CLAUSE_EXCLUDE: return covet_qs_exclude(qs, &c->q);
    case COVET_CLAUSE_ORDER_BY: return covet_qs_order_by(qs, c->names, count_names(c->names));
    case COVET_CLAUSE_LIMIT: return covet_qs_limit(qs, c->number);
    case COVET_CLAUSE_OFFSET: return covet_qs_offset(qs, c->number);
    case COVET_CLAUSE_SELECT_RELATED:
        return covet_qs_select_related(qs, c->names, count_names(c->names));
    case COVET_CLAUSE_PREFETCH: return covet_qs_prefetch(qs, c->name, c->rows);
    case COVET_CLAUSE_ANNOTATE: return covet_qs_annotate(qs, c->name, c->expr);
    case COVET_CLAUSE_END: break;
    }
    covet_qs *next = apply(qs, c->op);
    return next->why == NULL ? spoil_with(next, "a clause is not a valid one") : next;
}

covet_qs *covet_qs_chain(const covet_qs *qs, const covet_clause *clauses)
{
    covet_qs *next = apply(qs, COVET_CLAUSE_END); /* a new one, even of no clause */
    for (; clauses != NULL && clauses->op != COVET_CLAUSE_END; clauses++)
        next = apply_clause(next, clauses);
    return next;
}

covet_qs *covet_qs_make(covet_arena *arena, const covet_row_type *type, const covet_clause *clauses)
{
    covet_qs *qs = covet_qs_new(arena, type);
    for (; clauses != NULL && clauses->op != COVET_CLAUSE_END; clauses++)
        qs = apply_clause(qs, clauses);
    return qs;
}

const covet_qs *const *covet__qs_clauses(const covet_qs *qs, covet_arena *arena)
{
    const covet_qs **clauses = covet_arena_alloc(arena, (qs->length + 1) * sizeof *clauses);
    for (size_t i = qs->length; clauses != NULL && i-- > 0; qs = qs->before)
        clauses[i] = qs;
    return clauses;
}
