/*
 * orm/model.c - models as data: finding fields, and telling what is wrong with a model or
 * with a name.
 *
 * What the macros make is right by construction; a model that was described at run time
 * (C++, bindings) may not be. M1: nothing is written into a row at a place that
 * covet__field_usable has not seen to be inside it. The rest of covet_model_check is for
 * people: it says at once what a query would say later.
 */
#include <ctype.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "orm/fields.h"

/* ---- kinds ------------------------------------------------------------------------------- */

const char *covet__kind_name(covet_field_kind kind)
{
    static const char *const names[] = {"?",        "Auto", "BigAuto", "Integer", "BigInteger",
                                        "Boolean",  "Char", "Text",    "Slug",    "Email",
                                        "DateTime", "FK",   "M2M",     "REV"};
    return (size_t)kind < COVET_COUNT(names) ? names[kind] : "?";
}

static bool is_kind(covet_field_kind kind)
{
    return kind >= COVET_FIELD_Auto && kind <= COVET_FIELD_REV;
}

size_t covet__member_size(const covet_field *field)
{
    switch (field->kind) {
    case COVET_FIELD_Boolean: return field->null ? sizeof(covet_null_bool) : sizeof(bool);
    case COVET_FIELD_Char:
    case COVET_FIELD_Text:
    case COVET_FIELD_Slug:
    case COVET_FIELD_Email: return sizeof(const char *);
    case COVET_FIELD_DateTime: return field->null ? sizeof(covet_null_time) : sizeof(covet_time);
    case COVET_FIELD_M2M:
    case COVET_FIELD_REV: return 0;
    default: return field->null ? sizeof(covet_null_int) : sizeof(int64_t);
    }
}

static size_t member_align(const covet_field *field)
{
    if (field->kind == COVET_FIELD_Boolean)
        return alignof(bool);
    return covet__is_text(field->kind) ? alignof(const char *) : alignof(int64_t);
}

/* ---- names ------------------------------------------------------------------------------- */

const char *covet__column_of(const covet_field *field, covet_arena *arena)
{
    if (field->column != NULL || field->kind != COVET_FIELD_FK)
        return field->column != NULL ? field->column : field->name;
    const size_t length = strlen(field->name);
    char *column = covet_arena_alloc(arena, length + sizeof "_id");
    if (column != NULL) {
        memcpy(column, field->name, length);
        memcpy(column + length, "_id", sizeof "_id");
    }
    return column;
}

static const char *model_id(const covet_model *model, covet_arena *arena)
{
    const size_t length = strlen(model->name);
    char *column = covet_arena_alloc(arena, length + sizeof "_id");
    for (size_t i = 0; column != NULL && i < length; i++)
        column[i] = (char)tolower((unsigned char)model->name[i]);
    if (column != NULL)
        memcpy(column + length, "_id", sizeof "_id");
    return column;
}

bool covet__through_of(const covet_model *model, const covet_field *field, covet_arena *arena,
                       covet__through *ret)
{
    ret->table = field->db_table;
    if (ret->table == NULL) {
        const size_t size = strlen(model->db_table) + strlen(field->name) + 2;
        char *table = covet_arena_alloc(arena, size);
        if (table != NULL)
            snprintf(table, size, "%s_%s", model->db_table, field->name);
        ret->table = table;
    }
    ret->here = field->via != NULL ? field->via : model_id(model, arena);
    ret->there = field->via_to != NULL ? field->via_to : model_id(field->to, arena);
    return ret->table != NULL && ret->here != NULL && ret->there != NULL;
}

const covet_field *covet__pk_of(const covet_model *model)
{
    COVET__EACH_FIELD(field, model)
    if (field->primary_key && covet__is_column(field->kind))
        return field;
    return NULL;
}

static bool is_called(const char *name, const char *text, size_t length)
{
    return strncmp(name, text, length) == 0 && name[length] == '\0';
}

const covet_field *covet__field_find(const covet_model *model, const char *name, size_t length,
                                     bool *ret_by_column)
{
    *ret_by_column = false;
    COVET__EACH_FIELD(field, model)
    if (is_called(field->name, name, length))
        return field;
    if (length > 3 && memcmp(name + length - 3, "_id", 3) == 0)
        COVET__EACH_FIELD(field, model)
    if (field->kind == COVET_FIELD_FK && is_called(field->name, name, length - 3)) {
        *ret_by_column = true;
        return field;
    }
    return is_called("pk", name, length) ? covet__pk_of(model) : NULL;
}

const covet_field *covet__field_behind(const covet_field *rev)
{
    bool by_column;
    if (rev->to == NULL || rev->via == NULL)
        return NULL;
    const covet_field *field = covet__field_find(rev->to, rev->via, strlen(rev->via), &by_column);
    return field != NULL && field->kind == COVET_FIELD_FK ? field : NULL;
}

bool covet__split_table(const char *db_table, covet_arena *arena, const char **ret_schema,
                        const char **ret_table)
{
    const char *dot = strchr(db_table, '.');
    *ret_schema = NULL;
    *ret_table = dot != NULL ? dot + 1 : db_table;
    if (dot != NULL)
        *ret_schema = covet_arena_copy(arena, db_table, (size_t)(dot - db_table));
    return dot == NULL || *ret_schema != NULL;
}

/* ---- wrong names --------------------------------------------------------------------------- */

enum { NAME_SHOWN_MAX = 63 };

const char *covet__nearest_of(const char *const *words, size_t count, const char *wrong,
                              size_t length)
{
    covet__nearest n = covet__nearest_to(wrong, length);
    for (size_t i = 0; i < count; i++)
        covet__nearest_try(&n, words[i]);
    return n.word;
}

covet_status covet__no_field(const covet_model *model, const covet_row_type *type, const char *name,
                             size_t length, covet_error *err)
{
    covet__nearest n = covet__nearest_to(name, length);
    char list[400] = "";
    size_t used = 0;
    const size_t extras = type != NULL ? type->extra_count : 0;
    for (size_t i = 0; i < model->field_count + extras; i++) {
        const covet_field *field = i < model->field_count
                                       ? covet__field_at(model, i)
                                       : covet__extra_at(type, i - model->field_count);
        covet__nearest_try(&n, field->name);
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                     field->name);
    }
    return covet__fail(err, COVET_EFIELD, "%s has no field \"%.*s\"%s%s%s (it has: %s)",
                       model->name, (int)COVET_MIN(length, (size_t)NAME_SHOWN_MAX), name,
                       n.word != NULL ? "; did you mean \"" : "", n.word != NULL ? n.word : "",
                       n.word != NULL ? "\"?" : "", list);
}

/* ---- checking a model ------------------------------------------------------------------------ */

#define BAD(err, ...) covet__fail(err, COVET_EINVAL, "model " __VA_ARGS__)

covet_status covet__model_usable(const covet_model *model, covet_error *err)
{
    if (model == NULL || model->size < sizeof *model)
        return BAD(err, "is NULL, or its size is not set");
    if (model->name == NULL || model->name[0] == '\0')
        return BAD(err, "has no name");
    if (model->db_table == NULL || model->db_table[0] == '\0')
        return BAD(err, "%s: db_table is not given", model->name);
    if (model->fields == NULL || model->field_count == 0 || model->row_size < sizeof(covet_row))
        return BAD(err, "%s: has no fields, or its row_size is too small", model->name);
    return COVET_OK;
}

/* A place of `size` bytes in a row; `what` names it. */
static covet_status check_place(const covet_model *model, const covet_field *field, size_t at,
                                size_t size, size_t align, size_t row_size, covet_error *err)
{
    if (at < sizeof(covet_row) || at > row_size || size > row_size - at || at % align != 0)
        return BAD(err,
                   "%s: \"%s\" does not lie in its row of %zu bytes, behind covet_row, at a "
                   "multiple of %zu",
                   model->name, field->name, row_size, align);
    return COVET_OK;
}

covet_status covet__field_usable(const covet_model *model, const covet_field *field,
                                 size_t row_size, covet_error *err)
{
    if (field->name == NULL || field->name[0] == '\0' || !is_kind(field->kind))
        return BAD(err, "%s: a field without a name or a kind", model->name);
    if (covet__is_relation(field->kind) && (field->to == NULL || field->to->name == NULL))
        return BAD(err, "%s: \"%s\" leads nowhere: `to` is NULL", model->name, field->name);
    if (covet__is_column(field->kind))
        COVET_TRY(check_place(model, field, field->offset, covet__member_size(field),
                              member_align(field), row_size, err));
    if (!covet__is_relation(field->kind) || field->relation == 0)
        return COVET_OK;
    const bool one = field->kind == COVET_FIELD_FK;
    return check_place(model, field, field->relation, one ? sizeof(covet_one) : sizeof(covet_many),
                       alignof(covet_many), row_size, err);
}

static covet_status check_names(const covet_model *model, covet_error *err)
{
    for (size_t i = 0; i < model->field_count; i++) {
        const char *name = covet__field_at(model, i)->name;
        if (strstr(name, "__") != NULL || strcmp(name, "pk") == 0 || name[strlen(name) - 1] == '_')
            return BAD(err, "%s: \"%s\" is no name for a field", model->name, name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(covet__field_at(model, j)->name, name) == 0)
                return BAD(err, "%s: two fields \"%s\"", model->name, name);
    }
    return COVET_OK;
}

static covet_status check_rev(const covet_model *model, const covet_field *rev, covet_error *err)
{
    const covet_field *behind = covet__field_behind(rev);
    if (behind == NULL || behind->to == NULL || strcmp(behind->to->name, model->name) != 0)
        return BAD(err, "%s: \"%s\": %s.%s is not a foreign key to %s", model->name, rev->name,
                   rev->to->name, rev->via != NULL ? rev->via : "?", model->name);
    return COVET_OK;
}

covet_status covet_model_check(const covet_model *model, covet_error *err)
{
    size_t keys = 0;
    COVET_TRY(covet__model_usable(model, err));
    COVET__EACH_FIELD(field, model)
    {
        COVET_TRY(covet__field_usable(model, field, model->row_size, err));
        keys += field->primary_key;
        if (covet__is_relation(field->kind))
            COVET_TRY(covet__model_usable(field->to, err));
        if (field->kind == COVET_FIELD_REV)
            COVET_TRY(check_rev(model, field, err));
    }
    if (keys != 1)
        return BAD(err, "%s: has %zu primary keys, not one", model->name, keys);
    return check_names(model, err);
}
