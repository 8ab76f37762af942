/*
 * orm/rows.c - rows that are made by the program (orm/orm.h).
 *
 *   R1  What was left out is not a value: a bit a field says so, until the field is set by
 *       covet_row_set or holds something else than zero.
 */
#include <stdio.h>
#include <string.h>

#include <covet/orm/orm.h>

#include "core/bind.h"
#include "orm/rows.h"

/* ---- what was left out --------------------------------------------------------------------- */

static size_t bitmap_size(const covet_model *model) { return (model->field_count + 7) / 8; }

static void mark_missing(covet_row *row, size_t field, bool missing)
{
    if (row->missing == NULL)
        return;
    const unsigned char bit = (unsigned char)(1u << (field % 8));
    if (missing)
        row->missing[field / 8] |= bit;
    else
        row->missing[field / 8] &= (unsigned char)~bit;
}

static bool is_marked(const covet_row *row, size_t field)
{
    return row->missing != NULL && (row->missing[field / 8] >> (field % 8) & 1) != 0;
}

static bool is_zero(const covet_value *value)
{
    switch (value->kind) {
    case COVET_VALUE_NULL: return true;
    case COVET_VALUE_BOOL: return !value->u.b;
    case COVET_VALUE_TEXT: return value->length == 0;
    default: return value->u.i == 0;
    }
}

bool covet__is_missing(const void *row, size_t field)
{
    const covet_row *r = row;
    if (!is_marked(r, field))
        return false;
    const covet_value value = covet__member_get(row, covet__field_at(r->model, field));
    return is_zero(&value);
}

static size_t pk_index(const covet_model *model)
{
    const covet_field *pk = covet__pk_of(model);
    for (size_t i = 0; i < model->field_count; i++)
        if (covet__field_at(model, i) == pk)
            return i;
    return 0;
}

bool covet__has_pk(const void *row)
{
    const covet_row *r = row;
    const size_t pk = pk_index(r->model);
    const covet_value value = covet__member_get(row, covet__field_at(r->model, pk));
    if (value.kind == COVET_VALUE_NULL)
        return false;
    return r->saved || !is_zero(&value) || (r->missing != NULL && !is_marked(r, pk));
}

void covet__forget_saved(void *row)
{
    covet_row *r = row;
    const size_t pk = pk_index(r->model);
    covet__member_set(row, covet__field_at(r->model, pk), covet_int(0));
    mark_missing(r, pk, true);
    r->saved = false;
    r->key = covet_null();
}

/* ---- checks -------------------------------------------------------------------------------- */

static covet_status check_model(const covet_model *model, covet_error *err)
{
    COVET_TRY(covet__model_usable(model, err));
    COVET__EACH_FIELD(field, model)
    COVET_TRY(covet__field_usable(model, field, model->row_size, err));
    if (covet__pk_of(model) == NULL)
        return covet__fail(err, COVET_EINVAL, "model %s: has no primary key", model->name);
    return COVET_OK;
}

covet_status covet__row_check(const void *row, const char *verb, covet_error *err)
{
    const covet_row *r = row;
    if (r == NULL)
        return covet__fail(err, COVET_EINVAL, "%s: the row is NULL", verb);
    if (r->model == NULL)
        return covet__fail(err, COVET_EINVAL,
                           "%s: the row was made neither by COVET_NEW nor by a query", verb);
    if (r->arena == NULL)
        return covet__fail(err, COVET_EINVAL,
                           "%s: this row of %s stands for one that was not fetched", verb,
                           r->model->name);
    return check_model(r->model, err);
}

void covet__forget_changed(void *row)
{
    covet_row *r = row;
    COVET__EACH_FIELD(field, r->model)
    {
        if (field->kind != COVET_FIELD_FK || field->relation == 0)
            continue;
        covet_one *one = covet__one_of(row, field);
        const covet_value value = covet__member_get(row, field);
        const covet_value there = one->fetched && one->row != NULL
                                      ? covet__member_get(one->row, covet__pk_of(field->to))
                                      : covet_null();
        if (!one->fetched || (value.kind == there.kind && value.u.i == there.u.i))
            continue;
        covet__stand_ins stand_ins = {.arena = r->arena};
        *one = value.kind == COVET_VALUE_NULL
                   ? (covet_one){.fetched = true}
                   : (covet_one){.row = covet__stand_in_for(&stand_ins, field)};
    }
}

/* ---- setting ------------------------------------------------------------------------------- */

static covet_status set_field(void *row, size_t i, covet_value value, covet_error *err)
{
    covet_row *r = row;
    const covet_field *field = covet__field_at(r->model, i);
    if (value.kind == COVET_VALUE_TEXT && memchr(value.u.p, '\0', value.length) != NULL)
        return covet__fail_state(err, COVET_ETYPE, "22021", "%s.%s: text cannot contain NUL",
                                 r->model->name, field->name);
    if (!covet__member_set(row, field, value))
        return covet__fail_state(err, COVET_ETYPE,
                                 value.kind == COVET_VALUE_NULL ? "22004" : "42804",
                                 "%s.%s: this value does not fit %s%s", r->model->name, field->name,
                                 field->null ? "Null" : "", covet__kind_name(field->kind));
    mark_missing(r, i, false);
    return COVET_OK;
}

static covet_status find(const covet_model *model, const char *name, size_t *ret, covet_error *err)
{
    bool by_column;
    if (name == NULL)
        return covet__fail(err, COVET_EINVAL, "%s: a name is NULL", model->name);
    const covet_field *field = covet__field_find(model, name, strlen(name), &by_column);
    for (size_t i = 0; field != NULL && i < model->field_count; i++)
        if (covet__field_at(model, i) == field) {
            *ret = i;
            return COVET_OK;
        }
    return covet__no_field(model, NULL, name, strlen(name), err);
}

covet_status covet_row_set(void *row, const char *name, covet_value value, covet_error *err)
{
    size_t i = 0;
    COVET_TRY(covet__row_check(row, "set", err));
    COVET_TRY(find(covet__row_of(row)->model, name, &i, err));
    COVET_TRY(covet__value_copy(&value, covet__row_of(row)->arena, err));
    return set_field(row, i, value, err);
}

/* ---- making -------------------------------------------------------------------------------- */

/* What Django's constructor gives to a field that is not named. */
static bool set_default(void *row, size_t i)
{
    covet_row *r = row;
    const covet_field *field = covet__field_at(r->model, i);
    if (!covet__is_column(field->kind))
        return true;
    if (field->value.kind != COVET_VALUE_NULL)
        return covet__member_set(row, field, field->value);
    if (covet__is_text(field->kind) && !field->null)
        return covet__member_set(row, field, covet_text(""));
    mark_missing(r, i, !field->null && !field->auto_now && !field->auto_now_add);
    return true;
}

static covet_status set_defaults(void *row, covet_error *err)
{
    const covet_model *model = covet__row_of(row)->model;
    for (size_t i = 0; i < model->field_count; i++)
        if (!set_default(row, i))
            return covet__fail_state(err, COVET_ETYPE, "42804",
                                     "%s.%s: its default does not fit it", model->name,
                                     covet__field_at(model, i)->name);
    return COVET_OK;
}

static covet_status set_given(covet_arena *arena, void *row, const covet_given *given,
                              covet_error *err)
{
    const covet_model *model = covet__row_of(row)->model;
    for (; given != NULL && given->name != NULL; given++) {
        size_t i = 0;
        covet_value value = given->value;
        COVET_TRY(find(model, given->name, &i, err));
        COVET_TRY(covet__value_copy(&value, arena, err));
        COVET_TRY(set_field(row, i, value, err));
    }
    return COVET_OK;
}

covet_status covet_row_new(covet_arena *arena, const covet_model *model, const covet_given *given,
                           void **ret_row, covet_error *err)
{
    if (arena == NULL || ret_row == NULL)
        return covet__fail(err, COVET_EINVAL, "row: arena or ret_row is NULL");
    COVET_TRY(check_model(model, err));
    covet__stand_ins stand_ins = {.arena = arena};
    void *row = covet_arena_alloc(arena, model->row_size);
    unsigned char *missing = covet_arena_alloc(arena, bitmap_size(model));
    if (row == NULL || missing == NULL)
        return covet__fail(err, COVET_ENOMEM, "row: out of memory");
    memset(row, 0, model->row_size);
    memset(missing, 0, bitmap_size(model));
    *covet__row_of(row) = (covet_row){.model = model, .missing = missing, .arena = arena};
    if (!covet__unfetch_all(&stand_ins, model, row))
        return covet__fail(err, COVET_ENOMEM, "row: out of memory");
    COVET_TRY(set_defaults(row, err));
    COVET_TRY(set_given(arena, row, given, err));
    *ret_row = row;
    return COVET_OK;
}
