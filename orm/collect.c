/*
 * orm/collect.c - what goes with a row that is deleted (orm/delete.h).
 *
 *   D1  A foreign key whose rows have nothing behind them (no REV but DO_NOTHING, no M2M) is
 *       not asked about: its rows are deleted by it, in one statement. Rows of an M2M's table
 *       too.
 *   D2  Rows that refer go before what they refer to, except along foreign keys that can be
 *       NULL, where models may refer to each other in circles; those constraints are deferred
 *       in tables that Django has made.
 *   D3  A distributed table is written by its shard key, one value a statement, or the
 *       planner refuses it (0A000): that is how what lies in several groups is found out.
 *   D4  RESTRICT is kept by rows that are not deleted themselves; PROTECT by any.
 */
#include <stdio.h>
#include <string.h>

#include "core/bind.h"
#include "orm/delete.h"

#define NO_MEMORY(err) covet__fail((err), COVET_ENOMEM, "delete: out of memory")

/* ---- rows that go -------------------------------------------------------------------------- */

static covet__doomed *doomed_of(covet__collector *c, const covet_model *model)
{
    covet__doomed **slot = &c->doomed;
    for (; *slot != NULL; slot = &(*slot)->next)
        if ((*slot)->model == model)
            return *slot;
    covet__doomed *made = covet_arena_alloc(c->arena, sizeof *made);
    if (made == NULL)
        return NULL;
    *made = (covet__doomed){.model = model, .pks = {.arena = c->arena}};
    return *slot = made;
}

static bool add_shard_key(covet__collector *c, covet__doomed *d, covet_value key)
{
    const size_t at = d->pks.count - 1;
    if (at >= d->shard_key_capacity) {
        const size_t capacity = d->pks.count * 2 + 16;
        covet_value *grown = covet_arena_alloc(c->arena, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        memset(grown, 0, capacity * sizeof *grown);
        if (d->shard_keys != NULL)
            memcpy(grown, d->shard_keys, d->shard_key_capacity * sizeof *grown);
        d->shard_keys = grown;
        d->shard_key_capacity = capacity;
    }
    d->shard_keys[at] = key;
    return true;
}

/* `key` is of kind NULL where there is none. */
static bool doom(covet__collector *c, covet__doomed *d, int64_t pk, covet_value key)
{
    const size_t before = d->pks.count;
    if (!covet__keys_add(&d->pks, pk))
        return false;
    return d->pks.count == before || key.kind == COVET_VALUE_NULL || add_shard_key(c, d, key);
}

static bool line_up(covet__collector *c, covet__doomed *d, size_t first)
{
    covet__batch *batch = covet_arena_alloc(c->arena, sizeof *batch);
    if (batch == NULL)
        return false;
    *batch = (covet__batch){.doomed = d, .first = first, .count = d->pks.count - first};
    if (c->last_batch != NULL)
        c->last_batch->next = batch;
    c->last_batch = batch;
    if (c->batch == NULL)
        c->batch = batch;
    return true;
}

covet_status covet__collect_start(covet__collector *c, void *row, covet_error *err)
{
    const covet_row *r = row;
    bool distributed;
    const covet_field *key = covet__key_of(c->db, r->model, c->arena, &distributed);
    const covet_value pk = covet__member_get(row, covet__pk_of(r->model));
    const bool read = r->saved && r->key.kind != COVET_VALUE_NULL;
    covet_value shard_key = key == NULL ? covet_null()
                            : read      ? r->key
                                        : covet__member_get(row, key);
    c->fast_end = &c->fast;
    c->nulls_end = &c->nulls;
    c->root = r->model;
    if (pk.kind != COVET_VALUE_INT)
        return covet__fail(err, COVET_EINVAL, "delete: the primary key of %s is no integer",
                           r->model->name);
    COVET_TRY(covet__value_copy(&shard_key, c->arena, err));
    covet__doomed *d = doomed_of(c, r->model);
    return d != NULL && doom(c, d, pk.u.i, shard_key) && line_up(c, d, 0) ? COVET_OK
                                                                          : NO_MEMORY(err);
}

/* ---- statements ---------------------------------------------------------------------------- */

static covet_status list(covet__collector *c, covet__change *change, covet__pending ***end,
                         bool counts, covet_error *err)
{
    covet__pending *p = covet_arena_alloc(c->arena, sizeof *p);
    if (p == NULL)
        return NO_MEMORY(err);
    *p = (covet__pending){.counts = counts};
    COVET_TRY(covet__change_finish(change, &p->sql, err));
    **end = p;
    *end = &p->next;
    return COVET_OK;
}

static covet__change begin(covet__collector *c, const char *verb, const char *table)
{
    covet__change change = COVET__CHANGE_IN(c->arena);
    covet__change_add(&change, verb);
    covet__change_table(&change, table);
    return change;
}

/* DELETE FROM table WHERE column is one of the keys: D1. */
static covet_status list_fast(covet__collector *c, const char *table, const char *column,
                              const int64_t *keys, size_t count, covet_error *err)
{
    const char *schema, *name;
    char key_column[64];
    if (column == NULL || !covet__split_table(table, c->arena, &schema, &name))
        return NO_MEMORY(err);
    const bool by_key =
        covet_db_key_column(c->db, schema, name, key_column) && strcmp(key_column, column) == 0;
    const size_t step = by_key ? 1 : count; /* D3 */
    for (size_t i = 0; i < count; i += step) {
        covet__change change = begin(c, "DELETE FROM ", table);
        covet__change_add(&change, " WHERE ");
        covet__change_among(&change, column, keys + i, step);
        COVET_TRY(list(c, &change, &c->fast_end, true, err));
    }
    return COVET_OK;
}

static bool same_key(const covet_value *a, const covet_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == COVET_VALUE_TEXT)
        return a->length == b->length && memcmp(a->u.p, b->u.p, a->length) == 0;
    return a->u.i == b->u.i;
}

static covet_status list_some(covet__collector *c, const covet_model *model, const char *verb,
                              const char *set, const int64_t *pks, size_t count,
                              const covet_field *key, const covet_value *shard_key, bool counts,
                              covet__pending ***end, covet_error *err)
{
    covet__change change = begin(c, verb, model->db_table);
    covet__change_add(&change, set);
    covet__change_add(&change, " WHERE ");
    covet__change_among(&change, covet__column_of(covet__pk_of(model), c->arena), pks, count);
    if (shard_key != NULL) {
        covet__change_add(&change, " AND ");
        covet__change_equals(&change, covet__column_of(key, c->arena), *shard_key);
    }
    return list(c, &change, end, counts, err);
}

/* The rows from `i` on that have the shard key of row i, and are not done. */
static size_t take_same_key(const covet__doomed *d, size_t i, bool *done, int64_t *pks)
{
    size_t count = 0;
    for (size_t k = i; k < d->pks.count; k++)
        if (!done[k] && same_key(&d->shard_keys[i], &d->shard_keys[k])) {
            pks[count++] = d->pks.keys[k];
            done[k] = true;
        }
    return count;
}

/* `verb` TABLE `set` WHERE pk is one of them AND shard key = ...: one statement for each shard
 * key (D3), one for all where there is none. */
static covet_status list_by_pk(covet__collector *c, const covet__doomed *d, const char *verb,
                               const char *set, bool counts, covet__pending ***end,
                               covet_error *err)
{
    bool distributed;
    const covet_field *key = covet__key_of(c->db, d->model, c->arena, &distributed);
    const size_t step = key != NULL ? 1 : d->pks.count;
    if (d->shard_keys == NULL || key == NULL || key->primary_key) {
        for (size_t i = 0; i < d->pks.count; i += step)
            COVET_TRY(list_some(c, d->model, verb, set, d->pks.keys + i, step, NULL, NULL, counts,
                                end, err));
        return COVET_OK;
    }
    bool *done = covet_arena_alloc(c->arena, d->pks.count);
    int64_t *pks = covet_arena_alloc(c->arena, d->pks.count * sizeof *pks);
    if (done == NULL || pks == NULL)
        return NO_MEMORY(err);
    memset(done, 0, d->pks.count);
    for (size_t i = 0; i < d->pks.count; i++) {
        if (done[i])
            continue;
        const size_t count = take_same_key(d, i, done, pks);
        COVET_TRY(list_some(c, d->model, verb, set, pks, count, key, &d->shard_keys[i], counts, end,
                            err));
        pks += count; /* the statement keeps its own */
    }
    return COVET_OK;
}

/* ---- questions ----------------------------------------------------------------------------- */

static bool has_restrict(const covet_model *model)
{
    COVET__EACH_FIELD(field, model)
    if (field->kind == COVET_FIELD_FK && field->on_delete == COVET_RESTRICT)
        return true;
    return false;
}

/* D1. What RESTRICT protects must be known by its keys; so must, on a distributed table,
 * rows that are not found by the shard key. */
static bool is_fast(const covet__collector *c, const covet_model *model, const covet_field *fk)
{
    bool distributed;
    if (fk->on_delete != COVET_CASCADE || has_restrict(model))
        return false;
    COVET__EACH_FIELD(field, model)
    {
        const covet_field *behind =
            field->kind == COVET_FIELD_REV ? covet__field_behind(field) : NULL;
        if (field->kind == COVET_FIELD_M2M ||
            (behind != NULL && behind->on_delete != COVET_DO_NOTHING))
            return false;
    }
    const covet_field *key = covet__key_of(c->db, model, c->arena, &distributed);
    return !distributed || key == fk;
}

static covet_status ask(covet__collector *c, const covet_model *model, const covet_field *fk,
                        covet_sql *ret_sql, covet_error *err)
{
    bool distributed;
    const covet_field *key = covet__key_of(c->db, model, c->arena, &distributed);
    const covet__batch *b = c->batch;
    covet__change change = COVET__CHANGE_IN(c->arena);
    c->asked = fk;
    c->asked_of = model;
    c->asked_key = key != NULL && !key->primary_key;
    covet__change_add(&change, "SELECT ");
    covet__change_column(&change, covet__column_of(covet__pk_of(model), c->arena));
    if (c->asked_key) {
        covet__change_add(&change, ", ");
        covet__change_column(&change, covet__column_of(key, c->arena));
    }
    covet__change_add(&change, " FROM ");
    covet__change_table(&change, model->db_table);
    covet__change_add(&change, " WHERE ");
    covet__change_among(&change, covet__column_of(fk, c->arena), b->doomed->pks.keys + b->first,
                        b->count);
    return covet__change_finish(&change, ret_sql, err);
}

static covet_status follow_many(covet__collector *c, const covet_model *model,
                                const covet_field *field, covet_error *err)
{
    const covet__batch *b = c->batch;
    const int64_t *keys = b->doomed->pks.keys + b->first;
    covet__through through;
    if (!covet__through_of(model, field, c->arena, &through))
        return NO_MEMORY(err);
    COVET_TRY(list_fast(c, through.table, through.here, keys, b->count, err));
    /* Of a model to itself: those that lead here, too. */
    return field->to == model ? list_fast(c, through.table, through.there, keys, b->count, err)
                              : COVET_OK;
}

/* A REV or M2M of the batch's model. */
static covet_status follow(covet__collector *c, const covet_field *field, covet_sql *ret_sql,
                           bool *ret_ask, covet_error *err)
{
    const covet_model *model = c->batch->doomed->model;
    COVET_TRY(covet__model_usable(field->to, err));
    if (field->kind == COVET_FIELD_M2M)
        return follow_many(c, model, field, err);
    const covet_field *fk = covet__field_behind(field);
    if (fk == NULL || covet__pk_of(field->to) == NULL)
        return covet__fail(err, COVET_EINVAL, "model %s: \"%s\": a key is missing", model->name,
                           field->name);
    if (fk->on_delete == COVET_DO_NOTHING)
        return COVET_OK;
    if (is_fast(c, field->to, fk))
        return list_fast(c, field->to->db_table, covet__column_of(fk, c->arena),
                         c->batch->doomed->pks.keys + c->batch->first, c->batch->count, err);
    *ret_ask = true;
    return ask(c, field->to, fk, ret_sql, err);
}

covet_status covet__collect(covet__collector *c, covet_sql *ret_sql, bool *ret_ask,
                            covet_error *err)
{
    *ret_ask = false;
    for (; c->batch != NULL; c->batch = c->batch->next, c->field = 0) {
        const covet_model *model = c->batch->doomed->model;
        while (c->field < model->field_count) {
            const covet_field *field = covet__field_at(model, c->field++);
            if (covet__is_column(field->kind))
                continue;
            COVET_TRY(follow(c, field, ret_sql, ret_ask, err));
            if (*ret_ask)
                return COVET_OK;
        }
    }
    return COVET_OK;
}

/* ---- answers ------------------------------------------------------------------------------- */

static covet_status read_key(const covet__collector *c, const covet_result *result, size_t row,
                             covet_value *ret, covet_error *err)
{
    int64_t i;
    *ret = covet_null();
    if (!c->asked_key)
        return COVET_OK;
    const char *text = covet_result_text(result, row, 1);
    if (text != NULL) {
        *ret = covet_text(text);
        return covet__value_copy(ret, c->arena, err);
    }
    COVET_TRY(covet_result_int(result, row, 1, &i, err));
    *ret = covet_int(i);
    return COVET_OK;
}

static covet_status read_rows(covet__collector *c, const covet_result *result, covet__doomed *d,
                              covet_error *err)
{
    covet_value key;
    int64_t pk;
    for (size_t i = 0; i < covet_result_rows(result); i++) {
        COVET_TRY(covet_result_int(result, i, 0, &pk, err));
        COVET_TRY(read_key(c, result, i, &key, err));
        if (!doom(c, d, pk, key))
            return NO_MEMORY(err);
    }
    return COVET_OK;
}

/* Rows of `first` go before those of `d`. */
static bool put_before(covet__collector *c, covet__doomed *d, covet__doomed *first)
{
    covet__before *before = covet_arena_alloc(c->arena, sizeof *before);
    if (before == NULL)
        return false;
    *before = (covet__before){first, d->before};
    d->before = before;
    return true;
}

static covet_status cascade(covet__collector *c, const covet_result *result, covet_error *err)
{
    covet__doomed *from = c->batch->doomed, *to = doomed_of(c, c->asked_of);
    if (to == NULL)
        return NO_MEMORY(err);
    const size_t first = to->pks.count;
    COVET_TRY(read_rows(c, result, to, err));
    if (!c->asked->null && from != to && !put_before(c, from, to)) /* D2 */
        return NO_MEMORY(err);
    return to->pks.count == first || line_up(c, to, first) ? COVET_OK : NO_MEMORY(err);
}

static covet_status set_null(covet__collector *c, const covet_result *result, covet_error *err)
{
    covet__doomed rows = {.model = c->asked_of, .pks = {.arena = c->arena}};
    covet__str set = COVET__STR_IN(c->arena);
    const char *column = covet__column_of(c->asked, c->arena);
    if (column == NULL)
        return NO_MEMORY(err);
    COVET_TRY(read_rows(c, result, &rows, err));
    covet__str_add(&set, " SET ");
    covet__str_ident(&set, column);
    covet__str_add(&set, " = NULL");
    const char *text = covet__str_text(&set);
    if (text == NULL)
        return NO_MEMORY(err);
    return list_by_pk(c, &rows, "UPDATE ", text, false, &c->nulls_end, err);
}

static covet_status restrict_rows(covet__collector *c, const covet_result *result, covet_error *err)
{
    covet__restricted *r = covet_arena_alloc(c->arena, sizeof *r);
    int64_t pk;
    if (r == NULL)
        return NO_MEMORY(err);
    *r = (covet__restricted){.model = c->asked_of,
                             .field = c->asked,
                             .pks = {.arena = c->arena},
                             .next = c->restricted};
    for (size_t i = 0; i < covet_result_rows(result); i++) {
        COVET_TRY(covet_result_int(result, i, 0, &pk, err));
        if (!covet__keys_add(&r->pks, pk))
            return NO_MEMORY(err);
    }
    c->restricted = r;
    return COVET_OK;
}

covet_status covet__collect_answer(covet__collector *c, const covet_result *result,
                                   covet_error *err)
{
    if (covet_result_rows(result) == 0)
        return COVET_OK;
    switch (c->asked->on_delete) {
    case COVET_CASCADE: return cascade(c, result, err);
    case COVET_SET_NULL: return set_null(c, result, err);
    case COVET_PROTECT:
    case COVET_RESTRICT: return restrict_rows(c, result, err);
    case COVET_DO_NOTHING: break;
    }
    return COVET_OK;
}

/* ---- the end ------------------------------------------------------------------------------- */

/* D4 */
static bool is_in_the_way(const covet__collector *c, const covet__restricted *r)
{
    const covet__doomed *d = c->doomed;
    while (d != NULL && d->model != r->model)
        d = d->next;
    if (r->field->on_delete == COVET_PROTECT || d == NULL)
        return true;
    for (size_t i = 0; i < r->pks.count; i++)
        if (covet__keys_find(&d->pks, r->pks.keys[i]) == SIZE_MAX)
            return true;
    return false;
}

static covet_status check_restricted(const covet__collector *c, covet_error *err)
{
    char names[400] = "";
    size_t used = 0;
    for (const covet__restricted *r = c->restricted; r != NULL; r = r->next)
        if (is_in_the_way(c, r) && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s.%s (%zu)",
                                     used > 0 ? ", " : "", r->model->name, r->field->name,
                                     r->pks.count);
    if (used == 0)
        return COVET_OK;
    covet__fail_state(err, COVET_ESQL, "23001",
                      "delete: rows that refer to this %s must not lose it: %s", c->root->name,
                      names);
    if (err != NULL)
        err->outcome = COVET_OUTCOME_REJECTED;
    return COVET_ESQL;
}

static bool may_go(const covet__doomed *d)
{
    for (const covet__before *b = d->before; b != NULL; b = b->next)
        if (!b->doomed->listed)
            return false;
    return true;
}

covet_status covet__collect_finish(covet__collector *c, covet__pending **ret, covet_error *err)
{
    COVET_TRY(check_restricted(c, err));
    covet__pending *last = NULL, **last_end = &last;
    for (size_t left = 1; left > 0;) {
        covet__doomed *stuck = NULL;
        bool moved = false;
        left = 0;
        for (covet__doomed *d = c->doomed; d != NULL; d = d->next) {
            if (d->listed)
                continue;
            if (may_go(d)) {
                COVET_TRY(list_by_pk(c, d, "DELETE FROM ", "", true, &last_end, err));
                d->listed = moved = true;
            } else {
                stuck = d;
                left++;
            }
        }
        if (!moved && stuck != NULL) /* a circle: the constraints must be deferred */
            stuck->before = NULL;
    }
    *c->nulls_end = last;
    *c->fast_end = c->nulls;
    *ret = c->fast;
    return COVET_OK;
}
