/*
 * orm/compile.c - a queryset's clauses become one SELECT (orm/build.h).
 *
 *   C1  Clauses are applied in their order: an annotation counts over the joins that filters
 *       before it have made, and filters behind it join anew.
 *   C2  With annotations rows are grouped by the primary keys of the model and of what is
 *       selected with it; the model's own ordering does not apply then.
 *   C3  Conditions on annotations, and what cannot be told apart from them (an OR with one),
 *       are HAVING.
 */
#include <string.h>

#include "core/fail.h"
#include "orm/build.h"

enum { GET_LIMIT = 21, ORDERING_DEPTH_MAX = 16 };

typedef struct compiler {
    covet__builder *b;
    covet__query q;
    covet__compile_mode mode;
    covet__source *source;
    const char *const *orders; /* of order_by; NULL: none, or the model's */
    bool ordered;              /* order_by was called */
    int64_t limit, offset;
    bool limit_fixed;
    covet__order *order;
    size_t order_count, order_capacity;
    covet__operand *groups;
    size_t group_count;
    const covet__cond *having;
} compiler;

#define FAIL(c, status_, ...) ((c)->b->status = covet__fail((c)->b->err, (status_), __VA_ARGS__))

/* ---- select_related -------------------------------------------------------------------------- */

static size_t count_columns(const covet_model *model)
{
    size_t count = 0;
    COVET__EACH_FIELD(field, model)
    count += covet__is_column(field->kind);
    return count;
}

/* M1: what is going to be filled has been looked at. */
static covet__source *make_source(compiler *c, const covet_model *model, size_t row_size)
{
    COVET__EACH_FIELD(field, model)
    {
        c->b->status = covet__field_usable(model, field, row_size, c->b->err);
        if (c->b->status != COVET_OK)
            return NULL;
    }
    if (covet__pk_of(model) == NULL) {
        FAIL(c, COVET_EINVAL, "model %s: has no primary key", model->name);
        return NULL;
    }
    covet__source *source = covet__make(c->b, sizeof *source);
    if (source != NULL) {
        source->model = model;
        source->row_size = row_size;
    }
    return source;
}

static covet__source *find_kid(const covet__source *source, const covet_field *via)
{
    for (covet__source *kid = source->kids; kid != NULL; kid = kid->next)
        if (kid->via == via)
            return kid;
    return NULL;
}

static covet__source *add_kid(compiler *c, covet__source *source, const covet_field *via)
{
    covet__source *kid = find_kid(source, via);
    if (kid != NULL)
        return kid;
    if (covet__model_usable(via->to, c->b->err) != COVET_OK) {
        c->b->status = COVET_EINVAL;
        return NULL;
    }
    kid = make_source(c, via->to, via->to->row_size);
    if (kid == NULL)
        return NULL;
    kid->via = via;
    covet__source **slot = &source->kids;
    while (*slot != NULL)
        slot = &(*slot)->next;
    *slot = kid;
    return kid;
}

static covet_status select_related(compiler *c, const char *path)
{
    covet__source *source = c->source;
    const char *at = path, *name;
    size_t length;
    bool by_column;
    while (covet__next_name(&at, &name, &length)) {
        const covet_field *field = covet__field_find(source->model, name, length, &by_column);
        if (field == NULL)
            return c->b->status = covet__no_field(source->model, NULL, name, length, c->b->err);
        if (field->kind != COVET_FIELD_FK || by_column)
            return FAIL(c, COVET_EFIELD,
                        "\"%s\" of %s is not a foreign key: select_related cannot follow it",
                        field->name, source->model->name);
        if (field->relation == 0)
            return FAIL(c, COVET_EINVAL, "model %s: \"%s\" has no place for its row",
                        source->model->name, field->name);
        source = add_kid(c, source, field);
        if (source == NULL)
            return c->b->status;
    }
    return COVET_OK;
}

/* get_related_selections(): after all filters, whose joins serve here too. */
static covet_status join_sources(compiler *c, covet__source *source)
{
    for (covet__source *kid = source->kids; kid != NULL; kid = kid->next) {
        covet__path path;
        covet__join *joins[COVET__HOPS_MAX + 1];
        COVET_TRY(covet__path_find(c->b, source->model, NULL, kid->via->name, &path, NULL));
        COVET_TRY(covet__query_follow(&c->q, source->join, &path, false, joins));
        kid->join = joins[path.count];
        COVET_TRY(join_sources(c, kid));
    }
    return COVET_OK;
}

static void place_columns(covet__source *source, size_t *column)
{
    for (covet__source *kid = source->kids; kid != NULL; kid = kid->next) {
        kid->first_column = *column;
        *column += count_columns(kid->model);
        place_columns(kid, column);
    }
}

/* ---- annotations --------------------------------------------------------------------------- */

static const covet_field *find_extra(const covet_row_type *type, const char *name)
{
    for (size_t i = 0; i < type->extra_count; i++)
        if (strcmp(covet__extra_at(type, i)->name, name) == 0)
            return covet__extra_at(type, i);
    return NULL;
}

/* The label that ORDER BY means must not be the name of another column. */
static const char *make_label(compiler *c, const covet__source *source, const char *name)
{
    COVET__EACH_FIELD(field, source->model)
    {
        const char *column =
            covet__is_column(field->kind) ? covet__column_of(field, c->b->arena) : "";
        if (column == NULL || strcmp(column, name) != 0)
            continue;
        covet__str label = COVET__STR_IN(c->b->arena);
        covet__str_add(&label, name);
        covet__str_char(&label, '_');
        return make_label(c, c->source, covet__str_text(&label));
    }
    for (const covet__source *kid = source->kids; kid != NULL; kid = kid->next)
        name = make_label(c, kid, name);
    return name;
}

static covet_status no_extra(compiler *c, const char *name)
{
    const covet_row_type *type = c->q.type;
    const char **extras = covet__make(c->b, (type->extra_count + 1) * sizeof *extras);
    if (extras == NULL)
        return c->b->status;
    for (size_t i = 0; i < type->extra_count; i++)
        extras[i] = covet__extra_at(type, i)->name;
    const char *near = covet__nearest_of(extras, type->extra_count, name, strlen(name));
    return FAIL(c, COVET_EFIELD, "\"%s\" is no annotation of the row type %s%s%s%s", name,
                type->name, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                near != NULL ? "\"?" : "");
}

static covet_status check_extra(compiler *c, const char *name, const covet_field **ret)
{
    const covet_row_type *type = c->q.type;
    const covet_field *extra = find_extra(type, name);
    if (extra == NULL)
        return no_extra(c, name);
    c->b->status = covet__field_usable(type->model, extra, type->row_size, c->b->err);
    if (c->b->status != COVET_OK)
        return c->b->status;
    if (extra->kind != COVET_FIELD_Integer && extra->kind != COVET_FIELD_BigInteger)
        return FAIL(c, COVET_ETYPE, "\"%s\" of %s is %s, and a count is BigInteger", name,
                    type->name, covet__kind_name(extra->kind));
    *ret = extra;
    return COVET_OK;
}

static covet_status annotate(compiler *c, const covet_qs *clause)
{
    const covet_field *extra = NULL;
    COVET_TRY(check_extra(c, clause->name, &extra));
    covet__annotation *a = NULL;
    for (size_t i = 0; i < c->q.annotation_count; i++)
        if (c->q.annotations[i].field == extra)
            a = &c->q.annotations[i];
    if (a == NULL)
        a = &c->q.annotations[c->q.annotation_count++];
    *a =
        (covet__annotation){.name = extra->name, .field = extra, .distinct = clause->expr.distinct};
    return covet__query_column(&c->q, clause->expr.path, &a->counted);
}

/* ---- ORDER BY ------------------------------------------------------------------------------ */

static bool same_operand(const covet__operand *a, const covet__operand *b)
{
    if (a->annotation != NULL || b->annotation != NULL)
        return a->annotation == b->annotation;
    return a->join == b->join && strcmp(a->target.column, b->target.column) == 0;
}

/* A column that is there already decides nothing more. */
static covet_status add_order(compiler *c, covet__operand operand, bool descending)
{
    for (size_t i = 0; i < c->order_count; i++)
        if (same_operand(&c->order[i].operand, &operand))
            return COVET_OK;
    if (c->order_count == c->order_capacity) {
        const size_t capacity = c->order_capacity * 2 + 4;
        covet__order *grown = covet__make(c->b, capacity * sizeof *grown);
        if (grown == NULL)
            return c->b->status;
        if (c->order_count > 0)
            memcpy(grown, c->order, c->order_count * sizeof *grown);
        c->order = grown;
        c->order_capacity = capacity;
    }
    c->order[c->order_count++] = (covet__order){operand, descending};
    return COVET_OK;
}

/* find_ordering_name(): a relation means the ordering of the model that it leads to. */
static covet_status order_by_path(compiler *c, const covet_model *model, covet__join *start,
                                  const char *name, bool flip, size_t depth)
{
    covet__path path;
    covet__join *joins[COVET__HOPS_MAX + 1];
    size_t count;
    const bool descending = (name[0] == '-') != flip;
    name += name[0] == '-';
    COVET_TRY(covet__path_find(c->b, model, depth == 0 ? c->q.type : NULL, name, &path, NULL));
    COVET_TRY(covet__query_follow(&c->q, start, &path, false, joins));
    const bool relation = covet__is_relation(path.field->kind) && !path.by_column;
    if (relation && path.model->ordering != NULL && path.model->ordering[0] != NULL) {
        if (depth == ORDERING_DEPTH_MAX)
            return FAIL(c, COVET_EFIELD, "%s: the orderings of the models go round in circles",
                        c->q.model->name);
        for (const char *const *item = path.model->ordering; *item != NULL; item++)
            COVET_TRY(
                order_by_path(c, path.model, joins[path.count], *item, descending, depth + 1));
        return COVET_OK;
    }
    const covet__operand operand = covet__query_trim(&path, joins, &count);
    return add_order(c, operand, descending);
}

static const covet__annotation *find_annotation(const compiler *c, const char *name)
{
    for (size_t i = 0; i < c->q.annotation_count; i++)
        if (strcmp(c->q.annotations[i].name, name) == 0)
            return &c->q.annotations[i];
    return NULL;
}

static covet_status order_by(compiler *c, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        const covet__annotation *a = find_annotation(c, *names + (**names == '-'));
        if (a != NULL)
            COVET_TRY(add_order(c, (covet__operand){.annotation = a}, **names == '-'));
        else
            COVET_TRY(order_by_path(c, c->q.model, c->q.joins[0], *names, false, 0));
    }
    return COVET_OK;
}

static bool is_sliced(const compiler *c) { return c->limit >= 0 || c->offset > 0; }

/* Which order applies (QuerySet.get, first, count; Query.clear_ordering). */
static covet_status decide_order(compiler *c)
{
    static const char *const by_pk[] = {"pk", NULL};
    const bool by_model = !c->ordered && c->q.annotation_count == 0; /* C2 */
    const char *const *names = c->ordered ? c->orders : by_model ? c->q.model->ordering : NULL;
    const bool none = names == NULL || names[0] == NULL;
    if (c->mode == COVET__COMPILE_FIRST && none)
        names = by_pk;
    if ((c->mode == COVET__COMPILE_GET || c->mode == COVET__COMPILE_COUNT) && !is_sliced(c))
        names = NULL;
    return order_by(c, names);
}

/* ---- GROUP BY, HAVING ---------------------------------------------------------------------- */

static bool is_aggregate(const covet__cond *cond)
{
    if (cond->kind == COVET__COND_TEST)
        return cond->operand.annotation != NULL;
    for (const covet__cond *c = cond->first; c != NULL; c = c->next)
        if (is_aggregate(c))
            return true;
    return false;
}

/* split_having(): C3. An AND is taken apart, an OR or a NOT moves as a whole. */
static void distribute(covet__cond *group, covet__cond *stay, covet__cond *having)
{
    for (covet__cond *kid = group->first, *next; kid != NULL; kid = next) {
        next = kid->next;
        kid->next = NULL;
        if (!is_aggregate(kid))
            covet__cond_add(stay, kid);
        else if (kid->kind == COVET__COND_GROUP && !kid->either && !kid->negated)
            distribute(kid, stay, having);
        else
            covet__cond_add(having, kid);
    }
}

static covet_status split_having(compiler *c)
{
    if (!is_aggregate(c->q.where))
        return COVET_OK;
    covet__cond *stay = covet__cond_group(c->b, false, false);
    covet__cond *having = covet__cond_group(c->b, false, false);
    if (stay == NULL || having == NULL)
        return c->b->status;
    distribute(c->q.where, stay, having);
    c->q.where = stay;
    c->having = having;
    return COVET_OK;
}

static bool is_grouped_by(const compiler *c, const covet__operand *operand)
{
    for (size_t i = 0; i < c->group_count; i++) {
        const covet__operand *group = &c->groups[i];
        if (group->join == operand->join &&
            (group->target.primary || strcmp(group->target.column, operand->target.column) == 0))
            return true;
    }
    return false;
}

static void group_by(compiler *c, covet__operand operand)
{
    if (!is_grouped_by(c, &operand))
        c->groups[c->group_count++] = operand;
}

static void group_by_pk(compiler *c, const covet__source *source)
{
    const covet_field *pk = covet__pk_of(source->model);
    group_by(c, (covet__operand){.join = source->join,
                                 .target = {.column = covet__column_of(pk, c->b->arena),
                                            .kind = pk->kind,
                                            .primary = true}});
    for (const covet__source *kid = source->kids; kid != NULL && c->mode != COVET__COMPILE_COUNT;
         kid = kid->next)
        group_by_pk(c, kid);
}

/* Columns of HAVING, but not those inside an EXISTS, whose own are its own. One that is about
 * the same row as a condition beside it (orm/where.c, W3) would have to be a group itself. */
static covet_status group_by_having(compiler *c, const covet__cond *cond)
{
    if (cond->kind == COVET__COND_TEST && cond->operand.annotation == NULL)
        group_by(c, cond->operand);
    if (cond->kind == COVET__COND_EXISTS) {
        group_by(c, cond->operand);
        if (cond->other.join != NULL && !is_grouped_by(c, &cond->other))
            return c->b->status = covet__fail_state(
                       c->b->err, COVET_EUNSUPPORTED, "0A000",
                       "%s: NOT over a relation to many beside a condition on an annotation and "
                       "one on the same relation (filter before the annotation)",
                       c->q.model->name);
    }
    for (const covet__cond *kid = cond->first; kid != NULL; kid = kid->next)
        COVET_TRY(group_by_having(c, kid));
    return COVET_OK;
}

static size_t count_conds(const covet__cond *cond)
{
    size_t count = 1;
    for (const covet__cond *kid = cond != NULL ? cond->first : NULL; kid != NULL; kid = kid->next)
        count += count_conds(kid);
    return count;
}

static covet_status make_groups(compiler *c)
{
    const size_t most = c->q.join_count + c->order_count + count_conds(c->having) + 1;
    c->groups = covet__make(c->b, most * sizeof *c->groups);
    if (c->groups == NULL)
        return c->b->status;
    group_by_pk(c, c->source);
    for (size_t i = 0; i < c->order_count; i++)
        if (c->order[i].operand.annotation == NULL)
            group_by(c, c->order[i].operand);
    return c->having != NULL ? group_by_having(c, c->having) : COVET_OK;
}

/* ---- clauses ------------------------------------------------------------------------------- */

static covet_status check_not_sliced(compiler *c, const char *what)
{
    if (!is_sliced(c))
        return COVET_OK;
    return FAIL(c, COVET_EINVAL, "%s: %s cannot come behind a limit or an offset", c->q.model->name,
                what);
}

static covet_status apply_names(compiler *c, const covet_qs *clause)
{
    if (clause->op == COVET_CLAUSE_ORDER_BY) {
        COVET_TRY(check_not_sliced(c, "an order"));
        c->orders = clause->names;
        c->ordered = true;
        return COVET_OK;
    }
    for (const char *const *name = clause->names; *name != NULL; name++)
        COVET_TRY(select_related(c, *name));
    return COVET_OK;
}

static covet_status apply(compiler *c, const covet_qs *clause)
{
    switch (clause->op) {
    case COVET_CLAUSE_FILTER:
    case COVET_CLAUSE_EXCLUDE:
        COVET_TRY(check_not_sliced(c, "a filter"));
        return covet__query_filter(&c->q, clause->q, clause->op == COVET_CLAUSE_EXCLUDE);
    case COVET_CLAUSE_LIMIT: c->limit = clause->number; return COVET_OK;
    case COVET_CLAUSE_OFFSET: c->offset = clause->number; return COVET_OK;
    case COVET_CLAUSE_ORDER_BY:
    case COVET_CLAUSE_SELECT_RELATED: return apply_names(c, clause);
    case COVET_CLAUSE_ANNOTATE: return annotate(c, clause);
    case COVET_CLAUSE_PREFETCH: /* statements of their own */
    case COVET_CLAUSE_END: return COVET_OK;
    }
    return COVET_OK;
}

/* ---- prefetch ------------------------------------------------------------------------------ */

/* Rows of a REV have the key in their foreign key, rows of an FK in their primary key, and
 * those of an M2M in the table between, whose column is then selected too. */
static covet_status belong(compiler *c, const covet__belongs *belongs, covet__select *s)
{
    const covet_field *field = belongs->field;
    COVET_TRY(check_not_sliced(c, "a prefetch"));
    covet__cond *test = covet__make(c->b, sizeof *test);
    if (test == NULL)
        return c->b->status;
    test->kind = COVET__COND_TEST;
    test->lookup = COVET_LOOKUP_in;
    test->value = covet_ints(belongs->keys, belongs->count);
    test->operand.join = c->q.joins[0];
    test->operand.target.kind = COVET_FIELD_BigInteger;
    if (field->kind == COVET_FIELD_M2M) {
        covet__through through;
        covet__path path = {.start = c->q.model, .count = 1};
        covet__join *joins[2];
        if (!covet__through_of(belongs->model, field, c->b->arena, &through))
            return FAIL(c, COVET_ENOMEM, "queryset: out of memory");
        path.hops[0] =
            (covet__hop){.table = through.table,
                         .near_column = covet__column_of(covet__pk_of(c->q.model), c->b->arena),
                         .far_column = through.there,
                         .many = true};
        c->q.filter++; /* not a join that the queryset has made */
        COVET_TRY(covet__query_follow(&c->q, c->q.joins[0], &path, true, joins));
        s->parent = test->operand.join = joins[1];
        s->parent_column = test->operand.target.column = through.here;
    } else {
        const covet_field *key =
            field->kind == COVET_FIELD_REV ? covet__field_behind(field) : covet__pk_of(c->q.model);
        test->operand.target.column = covet__column_of(key, c->b->arena);
    }
    covet__cond_add(c->q.where, test);
    return test->operand.target.column != NULL ? COVET_OK
                                               : FAIL(c, COVET_ENOMEM, "queryset: out of memory");
}

/* ---- the whole ----------------------------------------------------------------------------- */

static covet_status start(compiler *c, const covet_qs *qs)
{
    const covet_row_type *type = qs->type;
    if (type == NULL || type->size < sizeof *type || type->name == NULL)
        return FAIL(c, COVET_EINVAL, "queryset: the row type is NULL, or its size is not set");
    c->b->status = covet__model_usable(type->model, c->b->err);
    if (c->b->status != COVET_OK)
        return c->b->status;
    c->source = make_source(c, type->model, type->row_size);
    if (c->source == NULL || !covet__query_init(&c->q, c->b, type->model, type))
        return c->b->status;
    c->source->join = c->q.joins[0];
    c->q.annotations = covet__make(c->b, (qs->length + 1) * sizeof *c->q.annotations);
    return c->b->status;
}

static void decide_limit(compiler *c)
{
    const int64_t most = c->mode == COVET__COMPILE_GET     ? GET_LIMIT
                         : c->mode == COVET__COMPILE_FIRST ? 1
                                                           : -1;
    if (most < 0 || (c->limit >= 0 && c->limit < most))
        return;
    c->limit = most;
    c->limit_fixed = true;
}

static covet_status finish(compiler *c, covet__select *s, covet__compiled *ret)
{
    if (c->mode != COVET__COMPILE_COUNT)
        COVET_TRY(join_sources(c, c->source));
    for (size_t i = 0; i < c->q.annotation_count; i++)
        c->q.annotations[i].label = make_label(c, c->source, c->q.annotations[i].name);
    COVET_TRY(decide_order(c));
    decide_limit(c);
    COVET_TRY(split_having(c));
    COVET_TRY(make_groups(c));
    if (c->b->status != COVET_OK)
        return c->b->status;
    ret->empty = c->limit == 0 || covet__cond_truth(c->q.where) == COVET__TRUTH_NONE ||
                 (c->having != NULL && covet__cond_truth(c->having) == COVET__TRUTH_NONE);
    ret->first_annotation = count_columns(c->q.model);
    ret->column_count = ret->first_annotation + c->q.annotation_count;
    place_columns(c->source, &ret->column_count);
    ret->parent_column = ret->column_count;
    ret->column_count += s->parent != NULL;
    ret->source = c->mode != COVET__COMPILE_COUNT ? c->source : NULL;
    ret->annotations = c->q.annotations;
    ret->annotation_count = c->q.annotation_count;
    s->query = &c->q;
    s->source = ret->source;
    s->orders = c->order;
    s->order_count = c->order_count;
    s->groups = c->groups;
    s->group_count = c->group_count;
    s->having = c->having;
    s->limit = c->limit;
    s->limit_fixed = c->limit_fixed;
    s->offset = c->offset;
    s->counting = c->mode == COVET__COMPILE_COUNT;
    ret->text = "";
    return ret->empty ? COVET_OK : covet__write_select(s, ret);
}

covet_status covet__compile(const covet_qs *qs, covet__compile_mode mode,
                            const covet__belongs *belongs, covet_arena *arena, covet__compiled *ret,
                            covet_error *err)
{
    if (qs == NULL)
        return covet__fail(err, COVET_EINVAL, "queryset: it is NULL");
    if (qs->why != NULL) {
        if (err != NULL)
            *err = *qs->why;
        return qs->why->status;
    }
    covet__builder b = {.arena = arena, .err = err};
    compiler c = {.b = &b, .mode = mode, .limit = -1};
    covet__select s = {.limit = -1};
    *ret = (covet__compiled){.empty = false};
    COVET_TRY(start(&c, qs));
    const covet_qs *const *clauses = covet__qs_clauses(qs, arena);
    if (clauses == NULL)
        return covet__fail(err, COVET_ENOMEM, "queryset: out of memory");
    for (size_t i = 0; i < qs->length; i++)
        COVET_TRY(apply(&c, clauses[i]));
    if (belongs != NULL)
        COVET_TRY(belong(&c, belongs, &s));
    return finish(&c, &s, ret);
}

const char *covet_qs_sql(const covet_qs *qs, covet_error *err)
{
    covet__compiled compiled;
    covet_arena *arena = qs != NULL ? qs->arena : NULL;
    return covet__compile(qs, COVET__COMPILE_ALL, NULL, arena, &compiled, err) == COVET_OK
               ? compiled.text
               : NULL;
}
