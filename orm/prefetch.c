/*
 * orm/prefetch.c - relations by statements of their own (orm/prefetch.h).
 *
 * For each relation: the keys of the rows that it is fetched for, each once; one statement
 * with = ANY($1) on the column that holds them at the other end, so that a distributed table
 * is asked by its shard key where that is it; its rows, grouped.
 *
 *     of a relation                 keys                 rows lie
 *     REV, M2M                      primary keys         one parent's side by side, in order
 *     FK                            foreign keys         once each; parents share them
 *
 * One after the other: the keys of most are only known when the one before has come, and an
 * operation has one statement under way (shard/compose.h).
 */
#include <string.h>

#include "orm/prefetch.h"

#define NO_MEMORY(err) covet__fail((err), COVET_ENOMEM, "prefetch: out of memory")

/* ---- planning ------------------------------------------------------------------------------ */

typedef struct planner {
    covet_arena *arena;
    covet_error *err;
    covet__prefetch *first; /* of the outermost ones */
} planner;

static covet__prefetch **kids_of(planner *p, covet__prefetch *parent)
{
    return parent != NULL ? &parent->kids : &p->first;
}

static covet_status check_relation(const covet_model *model, const covet_field *field,
                                   covet_error *err)
{
    if (!covet__is_relation(field->kind))
        return covet__fail(err, COVET_EFIELD,
                           "\"%s\" of %s is no relation: it cannot be prefetched", field->name,
                           model->name);
    if (field->relation == 0)
        return covet__fail(err, COVET_EINVAL, "model %s: \"%s\" has no place for its rows",
                           model->name, field->name);
    COVET_TRY(covet__model_usable(field->to, err));
    if (covet__pk_of(field->to) == NULL || covet__pk_of(model) == NULL ||
        (field->kind == COVET_FIELD_REV && covet__field_behind(field) == NULL))
        return covet__fail(err, COVET_EINVAL, "model %s: \"%s\": a key is missing", model->name,
                           field->name);
    return COVET_OK;
}

/* The relation of that name behind `parent`, made if it is not there yet. */
static covet_status step_to(planner *p, covet__prefetch *parent, const covet_model *model,
                            const char *name, size_t length, covet__prefetch **ret, bool *ret_made)
{
    bool by_column;
    const covet_field *field = covet__field_find(model, name, length, &by_column);
    if (field == NULL || by_column)
        return covet__no_field(model, NULL, name, length, p->err);
    covet__prefetch **slot = kids_of(p, parent);
    for (; *slot != NULL; slot = &(*slot)->next)
        if ((*slot)->field == field) {
            *ret = *slot;
            *ret_made = false;
            return COVET_OK;
        }
    COVET_TRY(check_relation(model, field, p->err));
    covet__prefetch *made = covet_arena_alloc(p->arena, sizeof *made);
    if (made == NULL)
        return NO_MEMORY(p->err);
    *made = (covet__prefetch){.field = field, .model = model, .parent = parent};
    *slot = *ret = made;
    *ret_made = true;
    return COVET_OK;
}

static covet_status plan_all(planner *p, covet__prefetch *parent, const covet_qs *qs);

/* The last relation of a path takes the queryset's rows, and what that one prefetches. */
static covet_status take_rows(planner *p, covet__prefetch *last, const covet_qs *rows, bool made)
{
    if (rows == NULL)
        return COVET_OK;
    if (!made)
        return covet__fail(p->err, COVET_EINVAL,
                           "prefetch: \"%s\" of %s is asked for before, with other rows",
                           last->field->name, last->model->name);
    const covet_row_type *type = rows->type;
    if (type == NULL || type->model != last->field->to ||
        type->row_size != last->field->to->row_size)
        return covet__fail(p->err, COVET_EINVAL,
                           "prefetch: the rows for \"%s\" must be plain rows of %s",
                           last->field->name, last->field->to->name);
    last->rows = rows;
    return plan_all(p, last, rows);
}

static covet_status plan_path(planner *p, covet__prefetch *parent, const covet_model *model,
                              const char *path, const covet_qs *rows)
{
    const char *at = path, *name;
    size_t length;
    bool made = false;
    covet__prefetch *last = parent;
    while (covet__next_name(&at, &name, &length)) {
        COVET_TRY(step_to(p, last, model, name, length, &last, &made));
        model = last->field->to;
    }
    if (last == parent)
        return covet__fail(p->err, COVET_EFIELD, "prefetch: an empty path");
    return take_rows(p, last, rows, made);
}

static covet_status plan_all(planner *p, covet__prefetch *parent, const covet_qs *qs)
{
    const covet_qs *const *clauses = covet__qs_clauses(qs, p->arena);
    if (clauses == NULL)
        return NO_MEMORY(p->err);
    for (size_t i = 0; i < qs->length; i++)
        if (clauses[i]->op == COVET_CLAUSE_PREFETCH)
            COVET_TRY(plan_path(p, parent, qs->type->model, clauses[i]->name, clauses[i]->rows));
    return COVET_OK;
}

/* Relations without rows of their own get all of them. */
static covet_status complete(covet__prefetch *list, covet_arena *arena)
{
    for (; list != NULL; list = list->next) {
        if (list->rows == NULL)
            list->rows = covet__qs_of_model(arena, list->field->to);
        if (complete(list->kids, arena) != COVET_OK || list->rows->why != NULL)
            return COVET_ENOMEM;
    }
    return COVET_OK;
}

covet_status covet__prefetch_plan(const covet_qs *qs, covet_arena *arena, covet__prefetch **ret,
                                  covet_error *err)
{
    planner p = {.arena = arena, .err = err};
    COVET_TRY(plan_all(&p, NULL, qs));
    if (complete(p.first, arena) != COVET_OK)
        return NO_MEMORY(err);
    *ret = p.first;
    return COVET_OK;
}

static covet__prefetch *after(covet__prefetch *p)
{
    if (p->kids != NULL)
        return p->kids;
    while (p != NULL && p->next == NULL)
        p = p->parent;
    return p != NULL ? p->next : NULL;
}

/* ---- keys ---------------------------------------------------------------------------------- */

/* What ties a row to its relation's rows; false if nothing does, or they are there already. */
static bool key_of(const covet__prefetch *p, void *row, int64_t *ret)
{
    const bool fk = p->field->kind == COVET_FIELD_FK;
    if (fk && covet__one_of(row, p->field)->fetched)
        return false;
    const covet_value value = covet__member_get(row, fk ? p->field : covet__pk_of(p->model));
    *ret = value.u.i;
    return value.kind == COVET_VALUE_INT;
}

static covet_status gather_keys(covet__prefetcher *f, covet_error *err)
{
    int64_t key;
    f->keys = (covet__keys){.arena = f->task->arena};
    for (size_t i = 0; i < f->parents.count; i++)
        if (key_of(f->at, f->parents.rows[i], &key) && !covet__keys_add(&f->keys, key))
            return NO_MEMORY(err);
    return COVET_OK;
}

/* ---- rows ---------------------------------------------------------------------------------- */

typedef struct groups {
    size_t *starts; /* of each group's rows; one more behind the last */
    size_t *slots;  /* of each row, in the result's order */
} groups;

/* A row's place: behind those of the groups before its own, and of its own group that came
 * before it. */
static covet_status sort_into_groups(covet__prefetcher *f, const int64_t *keys, size_t count,
                                     groups *ret, covet_error *err)
{
    const size_t group_count = f->keys.count;
    size_t *starts = covet_arena_alloc(f->task->arena, (group_count + 2) * sizeof *starts);
    size_t *slots = covet_arena_alloc(f->task->arena, count * sizeof *slots);
    if (starts == NULL || slots == NULL)
        return NO_MEMORY(err);
    memset(starts, 0, (group_count + 2) * sizeof *starts);
    for (size_t i = 0; i < count; i++) {
        const size_t group = covet__keys_find(&f->keys, keys[i]);
        if (group == SIZE_MAX)
            return covet__fail(err, COVET_EINTERNAL,
                               "prefetch: a row of \"%s\" that nobody has asked for",
                               f->at->field->name);
        slots[i] = group;
        starts[group + 2]++;
    }
    for (size_t g = 1; g < group_count; g++)
        starts[g + 1] += starts[g];
    for (size_t i = 0; i < count; i++)
        slots[i] = starts[slots[i] + 1]++;
    *ret = (groups){starts, slots};
    return COVET_OK;
}

/* The column that tells a row's group. */
static size_t group_column(const covet__prefetcher *f)
{
    const covet_model *model = f->at->field->to;
    const covet_field *told = f->at->field->kind == COVET_FIELD_REV
                                  ? covet__field_behind(f->at->field)
                                  : covet__pk_of(model);
    size_t column = f->compiled.source->first_column;
    if (f->at->field->kind == COVET_FIELD_M2M)
        return f->compiled.parent_column;
    COVET__EACH_FIELD(field, model)
    {
        if (field == told)
            return column;
        column += covet__is_column(field->kind);
    }
    return column;
}

static void *row_at(const covet__prefetcher *f, void *rows, size_t i)
{
    return (char *)rows + i * f->at->field->to->row_size;
}

static void give_many(covet__prefetcher *f, void *rows, const size_t *starts)
{
    const covet_field *field = f->at->field;
    const covet_field *back = field->kind == COVET_FIELD_REV ? covet__field_behind(field) : NULL;
    int64_t key;
    for (size_t i = 0; i < f->parents.count; i++) {
        void *parent = f->parents.rows[i];
        const size_t group =
            key_of(f->at, parent, &key) ? covet__keys_find(&f->keys, key) : SIZE_MAX;
        covet_many many = {.fetched = true};
        if (group != SIZE_MAX && starts != NULL && starts[group + 1] > starts[group]) {
            many.items = row_at(f, rows, starts[group]);
            many.count = starts[group + 1] - starts[group];
        }
        *covet__many_of(parent, field) = many;
        for (size_t k = 0; back != NULL && back->relation != 0 && k < many.count; k++)
            *covet__one_of(row_at(f, many.items, k), back) =
                (covet_one){.row = parent, .fetched = true};
    }
}

static void give_one(covet__prefetcher *f, void *rows, const size_t *starts)
{
    int64_t key;
    for (size_t i = 0; i < f->parents.count; i++) {
        void *parent = f->parents.rows[i];
        if (!key_of(f->at, parent, &key))
            continue;
        const size_t group = covet__keys_find(&f->keys, key);
        const bool found = starts != NULL && starts[group + 1] > starts[group];
        *covet__one_of(parent, f->at->field) =
            (covet_one){.row = found ? row_at(f, rows, starts[group]) : NULL, .fetched = true};
    }
}

/* The rows behind a relation, for the relations behind it. A foreign key may have been fetched
 * by select_related too, so its rows are found from their parents. */
static covet_status find_rows(covet__prefetcher *f, void *rows, size_t count, covet_error *err)
{
    const bool fk = f->at->field->kind == COVET_FIELD_FK;
    const size_t most = fk ? f->parents.count : count;
    if (f->at->kids == NULL)
        return COVET_OK;
    void **list = covet_arena_alloc(f->task->arena, most * sizeof *list);
    if (list == NULL)
        return NO_MEMORY(err);
    f->at->found = (covet__row_set){.rows = list};
    for (size_t i = 0; i < most; i++) {
        void *row = fk ? covet__one_of(f->parents.rows[i], f->at->field)->row : row_at(f, rows, i);
        if (row != NULL)
            list[f->at->found.count++] = row;
    }
    return COVET_OK;
}

static covet_status give_rows(covet__prefetcher *f, void *rows, size_t count, const size_t *starts,
                              covet_error *err)
{
    if (f->at->field->kind == COVET_FIELD_FK)
        give_one(f, rows, starts);
    else
        give_many(f, rows, starts);
    return find_rows(f, rows, count, err);
}

static covet_status load_rows(covet__prefetcher *f, covet_op *op, covet_error *err)
{
    const covet_result *result;
    int64_t *keys;
    groups g = {NULL, NULL};
    void *rows;
    COVET_TRY(covet__task_keep(f->task, op, &result, err));
    const size_t count = covet_result_rows(result);
    COVET_TRY(covet__read_ints(result, group_column(f), f->task->arena, &keys, err));
    COVET_TRY(sort_into_groups(f, keys, count, &g, err));
    const covet__hydration h = {.compiled = &f->compiled,
                                .db = f->task->db,
                                .arena = f->task->arena,
                                .result = result,
                                .slots = g.slots};
    COVET_TRY(covet__hydrate(&h, &rows, err));
    return give_rows(f, rows, count, g.starts, err);
}

/* ---- running ------------------------------------------------------------------------------- */

static void on_rows(covet__task *task, covet_op *op, covet_status status);

/* The statement for the relation at hand; *ret_sent false: there is nothing to ask for. */
static covet_status prepare(covet__prefetcher *f, bool *ret_sent, covet_error *err)
{
    f->parents = f->at->parent != NULL ? f->at->parent->found : f->base;
    COVET_TRY(gather_keys(f, err));
    *ret_sent = false;
    if (f->keys.count == 0)
        return give_rows(f, NULL, 0, NULL, err);
    const covet__belongs belongs = {.field = f->at->field,
                                    .model = f->at->model,
                                    .keys = f->keys.keys,
                                    .count = f->keys.count};
    COVET_TRY(covet__compile(f->at->rows, COVET__COMPILE_ALL, &belongs, f->task->arena,
                             &f->compiled, err));
    if (f->compiled.empty)
        return give_rows(f, NULL, 0, NULL, err);
    *ret_sent = true;
    return COVET_OK;
}

static void run(covet__prefetcher *f, covet_op *op)
{
    covet_error err;
    bool sent = false;
    for (; f->at != NULL; f->at = after(f->at)) {
        if (prepare(f, &sent, &err) != COVET_OK) {
            covet__task_fail(f->task, op, &err);
            return;
        }
        if (!sent)
            continue;
        const covet_sql sql = {sizeof sql, f->compiled.text, f->compiled.params,
                               f->compiled.param_count};
        covet__task_next(f->task, op, &sql, on_rows);
        return;
    }
    f->done(f->task, op, COVET_OK);
}

static void on_rows(covet__task *task, covet_op *op, covet_status status)
{
    covet__prefetcher *f = task->part;
    covet_error err;
    if (status != COVET_OK) {
        covet__task_end(task, op, status);
        return;
    }
    if (load_rows(f, op, &err) != COVET_OK) {
        covet__task_fail(task, op, &err);
        return;
    }
    f->at = after(f->at);
    run(f, op);
}

void covet__prefetch_start(covet__prefetcher *f, covet_op *op, covet__prefetch *first,
                           size_t stride)
{
    covet__task *task = f->task;
    void **rows = covet_arena_alloc(task->arena, task->row_count * sizeof *rows);
    covet_error err;
    if (rows == NULL) {
        NO_MEMORY(&err);
        covet__task_fail(task, op, &err);
        return;
    }
    for (size_t i = 0; i < task->row_count; i++)
        rows[i] = (char *)task->rows + i * stride;
    f->base = (covet__row_set){rows, task->row_count};
    f->at = first;
    task->part = f;
    run(f, op);
}
