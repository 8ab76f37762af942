/*
 * orm/fields.h - internal: what a model's description says.
 *
 * Models may have been compiled against older headers, with a shorter covet_field, so
 * fields are reached by the model's own stride: covet__field_at.
 */
#ifndef COVET_ORM_FIELDS_H
#define COVET_ORM_FIELDS_H

#include <covet/orm/model.h>

#include "core/fail.h"
#include "core/mem.h"

static inline const covet_field *covet__field_at(const covet_model *model, size_t i)
{
    const size_t stride = model->field_size != 0 ? model->field_size : sizeof(covet_field);
    return (const covet_field *)(const void *)((const char *)model->fields + i * stride);
}

static inline const covet_field *covet__extra_at(const covet_row_type *type, size_t i)
{
    const size_t stride = type->extra_size != 0 ? type->extra_size : sizeof(covet_field);
    return (const covet_field *)(const void *)((const char *)type->extras + i * stride);
}

#define COVET__EACH_FIELD(field, model)                                                            \
    for (size_t covet_i_ = 0; covet_i_ < (model)->field_count; covet_i_++)                         \
        for (const covet_field *field = covet__field_at((model), covet_i_); field != NULL;         \
             field = NULL)

static inline bool covet__is_text(covet_field_kind kind)
{
    return kind == COVET_FIELD_Char || kind == COVET_FIELD_Text || kind == COVET_FIELD_Slug ||
           kind == COVET_FIELD_Email;
}

static inline bool covet__is_int(covet_field_kind kind)
{
    return kind == COVET_FIELD_Auto || kind == COVET_FIELD_BigAuto || kind == COVET_FIELD_Integer ||
           kind == COVET_FIELD_BigInteger || kind == COVET_FIELD_FK;
}

/* M2M and REV have no column here. */
static inline bool covet__is_column(covet_field_kind kind)
{
    return kind != COVET_FIELD_M2M && kind != COVET_FIELD_REV;
}

static inline bool covet__is_relation(covet_field_kind kind)
{
    return kind == COVET_FIELD_FK || !covet__is_column(kind);
}

/* "Char"; never NULL. */
const char *covet__kind_name(covet_field_kind kind);

/* Bytes of a row that the field takes. */
size_t covet__member_size(const covet_field *field);

/* The column in the database. An FK without .column is NAME_id, made in the arena: NULL if
 * there is no memory. */
const char *covet__column_of(const covet_field *field, covet_arena *arena);

/* The table between, and its columns, of an M2M of `model`. False: no memory. */
typedef struct covet__through {
    const char *table;
    const char *here;  /* the column for `model` */
    const char *there; /* the column for field->to */
} covet__through;
bool covet__through_of(const covet_model *model, const covet_field *field, covet_arena *arena,
                       covet__through *ret);

/* The primary key; NULL if there is none. */
const covet_field *covet__pk_of(const covet_model *model);

/* The field of that name; a foreign key also by NAME_id (*ret_by_column), "pk" for the primary
 * key. NULL if there is none. */
const covet_field *covet__field_find(const covet_model *model, const char *name, size_t length,
                                     bool *ret_by_column);

/* The foreign key that a REV is the other end of; NULL if it is none. */
const covet_field *covet__field_behind(const covet_field *rev);

/* The model's name and table, and what makes its rows safe to fill. COVET_EINVAL. */
covet_status covet__model_usable(const covet_model *model, covet_error *err);
covet_status covet__field_usable(const covet_model *model, const covet_field *field,
                                 size_t row_size, covet_error *err);

/* COVET_EFIELD: `has` names what has no such field; suggests the nearest name and lists all,
 * those of `type` (may be NULL) too. */
covet_status covet__no_field(const covet_model *model, const covet_row_type *type, const char *name,
                             size_t length, covet_error *err);
/* The nearest of some words to a wrong one; NULL if none is near. */
const char *covet__nearest_of(const char *const *words, size_t count, const char *wrong,
                              size_t length);

/* "schema.table" in two; schema is NULL without a dot. In the arena if it has one. */
bool covet__split_table(const char *db_table, covet_arena *arena, const char **ret_schema,
                        const char **ret_table);

#endif
