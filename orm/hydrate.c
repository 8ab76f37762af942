/*
 * orm/hydrate.c - results become rows (orm/hydrate.h).
 *
 * Each model that the statement reads has a template: a row with what all its rows have in
 * common. A row is a copy of it, and then its members, read by what was found out about
 * their columns once. Texts stay where the network put them.
 *
 *   H1  A column fits its field by the kinds below, or nothing is read (COVET_ETYPE): a field
 *       never holds something that the column did not.
 *   H2  A related row is there if its primary key is not NULL; else the relation is NULL.
 */
#include <stdlib.h>
#include <string.h>

#include "core/types.h"
#include "core/wire.h"
#include "orm/hydrate.h"
#include "orm/moment.h"

/* How one column becomes one member. */
typedef struct reader {
    const covet_field *field;
    size_t column;
    uint32_t type;
    bool tells_relation; /* a foreign key: NULL says that there is no row */
} reader;

/* One model of the statement. */
typedef struct loader {
    const covet__source *source;
    reader *readers;
    size_t reader_count;
    size_t pk_column;
    const covet_field *key; /* of its shard; NULL: none */
    char *template;
    char *rows; /* as many as the result has */
    struct loader *parent, *next;
} loader;

typedef struct hydrator {
    const covet__hydration *h;
    covet_error *err;
    loader *first;
    reader *annotations;
    covet__stand_ins stand_ins;
    size_t count;
} hydrator;

static covet_status no_memory(const hydrator *y)
{
    return covet__fail(y->err, COVET_ENOMEM, "rows: out of memory");
}

/* ---- what fits ----------------------------------------------------------------------------- */

static bool fits(covet_field_kind kind, uint32_t type)
{
    if (covet__is_text(kind)) /* users' types (citext, enums) come as text */
        return covet__type_is_text(type) || type >= COVET__FIRST_USER_OID;
    if (kind == COVET_FIELD_Boolean)
        return type == COVET__BOOL;
    if (kind == COVET_FIELD_DateTime)
        return type == COVET__TIMESTAMPTZ || type == COVET__TIMESTAMP;
    return covet__type_is_int(type);
}

static covet_status make_reader(const hydrator *y, const char *owner, const covet_field *field,
                                size_t column, reader *ret)
{
    const uint32_t type = covet_result_type(y->h->result, column);
    if (!fits(field->kind, type))
        return covet__fail_state(y->err, COVET_ETYPE, "42804",
                                 "%s.%s is a %s%s field, and its column \"%s\" is %s", owner,
                                 field->name, field->null ? "Null" : "",
                                 covet__kind_name(field->kind),
                                 covet_result_name(y->h->result, column), covet__type_name(type));
    *ret = (reader){.field = field, .column = column, .type = type};
    return COVET_OK;
}

static covet_status null_found(const hydrator *y, const covet_model *model, const reader *r)
{
    return covet__fail_state(y->err, COVET_ETYPE, "22002",
                             "%s.%s: the column holds NULL, and a %s field cannot (Null%s can)",
                             model->name, r->field->name, covet__kind_name(r->field->kind),
                             covet__kind_name(r->field->kind));
}

/* ---- reading ------------------------------------------------------------------------------- */

static int64_t read_int(const covet_cell *cell, uint32_t type)
{
    if (!cell->binary)
        return strtoll(cell->bytes, NULL, 10);
    switch (type) {
    case COVET__INT2: return (int16_t)covet__get16(cell->bytes);
    case COVET__INT4: return (int32_t)covet__get32(cell->bytes);
    default: return (int64_t)covet__get64(cell->bytes);
    }
}

static covet_status read_time(const covet_result *result, size_t row, const reader *r,
                              const covet_cell *cell, covet_time *ret, covet_error *err)
{
    if (cell->binary)
        return covet_result_time(result, row, r->column, ret, err);
    return covet__moment_parse(cell->bytes, ret)
               ? COVET_OK
               : covet__fail_state(err, COVET_ETYPE, "22007", "\"%s\" is no timestamp",
                                   (const char *)cell->bytes);
}

static covet_status read_member(const hydrator *y, const loader *l, const reader *r, size_t i,
                                char *row)
{
    const covet_cell cell = covet_result_cell(y->h->result, i, r->column);
    covet_value value = covet_null();
    covet_time time;
    if (cell.bytes == NULL) {
        if (!r->field->null)
            return null_found(y, l->source->model, r);
        if (r->tells_relation)
            *covet__one_of(row, r->field) = (covet_one){.row = NULL, .fetched = true};
        return COVET_OK; /* the template has it as NULL */
    }
    if (covet__is_text(r->field->kind)) {
        value = covet_textn(cell.bytes, cell.length);
    } else if (r->field->kind == COVET_FIELD_Boolean) {
        const char first = *(const char *)cell.bytes;
        value = covet_bool(cell.binary ? first != 0 : first == 't');
    } else if (r->field->kind == COVET_FIELD_DateTime) {
        COVET_TRY(read_time(y->h->result, i, r, &cell, &time, y->err));
        value = covet_timestamp(time);
    } else {
        value = covet_int(read_int(&cell, r->type));
    }
    covet__member_set(row, r->field, value);
    return COVET_OK;
}

/* ---- getting ready ------------------------------------------------------------------------- */

static covet_status make_template(hydrator *y, loader *l)
{
    const covet_model *model = l->source->model;
    bool distributed;
    l->template = covet_arena_alloc(y->h->arena, l->source->row_size);
    if (l->template == NULL)
        return no_memory(y);
    memset(l->template, 0, l->source->row_size);
    *(covet_row *)(void *)l->template =
        (covet_row){.model = model, .saved = true, .arena = y->h->arena};
    if (!covet__unfetch_all(&y->stand_ins, model, l->template))
        return no_memory(y);
    l->key = covet__key_of(y->h->db, model, y->h->arena, &distributed);
    return COVET_OK;
}

static covet_status make_readers(hydrator *y, loader *l)
{
    const covet_model *model = l->source->model;
    size_t column = l->source->first_column;
    l->readers = covet_arena_alloc(y->h->arena, model->field_count * sizeof *l->readers);
    if (l->readers == NULL)
        return no_memory(y);
    COVET__EACH_FIELD(field, model)
    {
        if (!covet__is_column(field->kind))
            continue;
        reader *r = &l->readers[l->reader_count++];
        COVET_TRY(make_reader(y, model->name, field, column, r));
        r->tells_relation = field->kind == COVET_FIELD_FK && field->null && field->relation != 0;
        if (field->primary_key)
            l->pk_column = column;
        column++;
    }
    return COVET_OK;
}

static covet_status make_loaders(hydrator *y, const covet__source *source, loader *parent,
                                 loader ***end)
{
    loader *l = covet_arena_alloc(y->h->arena, sizeof *l);
    if (l == NULL)
        return no_memory(y);
    *l = (loader){.source = source, .parent = parent};
    **end = l;
    *end = &l->next;
    if (source->row_size > SIZE_MAX / (y->count + 1))
        return no_memory(y);
    l->rows = covet_arena_alloc(y->h->arena, y->count * source->row_size);
    if (l->rows == NULL)
        return no_memory(y);
    COVET_TRY(make_template(y, l));
    COVET_TRY(make_readers(y, l));
    for (const covet__source *kid = source->kids; kid != NULL; kid = kid->next)
        COVET_TRY(make_loaders(y, kid, l, end));
    return COVET_OK;
}

static covet_status make_annotations(hydrator *y)
{
    const covet__compiled *c = y->h->compiled;
    y->annotations = covet_arena_alloc(y->h->arena, c->annotation_count * sizeof *y->annotations);
    if (y->annotations == NULL)
        return no_memory(y);
    for (size_t i = 0; i < c->annotation_count; i++)
        COVET_TRY(make_reader(y, c->source->model->name, c->annotations[i].field,
                              c->first_annotation + i, &y->annotations[i]));
    return COVET_OK;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static size_t slot_of(const hydrator *y, size_t i)
{
    return y->h->slots != NULL ? y->h->slots[i] : i;
}

static char *row_of(const loader *l, size_t slot) { return l->rows + slot * l->source->row_size; }

static covet_status load(const hydrator *y, const loader *l, size_t i)
{
    const size_t slot = slot_of(y, i);
    char *row = row_of(l, slot);
    if (l->parent != NULL) {
        covet_one *one = covet__one_of(row_of(l->parent, slot), l->source->via);
        const bool there = covet_result_cell(y->h->result, i, l->pk_column).bytes != NULL;
        *one = (covet_one){.row = there ? row : NULL, .fetched = true}; /* H2 */
        if (!there) { /* what hangs on it finds a row to hang on, that nobody sees */
            memcpy(row, l->template, l->source->row_size);
            return COVET_OK;
        }
    }
    memcpy(row, l->template, l->source->row_size);
    for (size_t r = 0; r < l->reader_count; r++)
        COVET_TRY(read_member(y, l, &l->readers[r], i, row));
    if (l->key != NULL)
        ((covet_row *)(void *)row)->key = covet__member_get(row, l->key);
    return COVET_OK;
}

static covet_status load_all(hydrator *y)
{
    for (size_t i = 0; i < y->count; i++) {
        for (const loader *l = y->first; l != NULL; l = l->next)
            COVET_TRY(load(y, l, i));
        char *row = row_of(y->first, slot_of(y, i));
        for (size_t a = 0; a < y->h->compiled->annotation_count; a++)
            COVET_TRY(read_member(y, y->first, &y->annotations[a], i, row));
    }
    return COVET_OK;
}

covet_status covet__hydrate(const covet__hydration *h, void **ret_rows, covet_error *err)
{
    hydrator y = {.h = h,
                  .err = err,
                  .stand_ins = {.arena = h->arena},
                  .count = covet_result_rows(h->result)};
    loader **end = &y.first;
    if (covet_result_columns(h->result) != h->compiled->column_count)
        return covet__fail(err, COVET_EINTERNAL, "rows: %zu columns were asked for, %zu came",
                           h->compiled->column_count, covet_result_columns(h->result));
    COVET_TRY(make_loaders(&y, h->compiled->source, NULL, &end));
    COVET_TRY(make_annotations(&y));
    COVET_TRY(load_all(&y));
    *ret_rows = y.first->rows;
    return COVET_OK;
}

covet_status covet__read_ints(const covet_result *result, size_t column, covet_arena *arena,
                              int64_t **ret_ints, covet_error *err)
{
    const size_t count = covet_result_rows(result);
    int64_t *ints = covet_arena_alloc(arena, count * sizeof *ints);
    if (ints == NULL)
        return covet__fail(err, COVET_ENOMEM, "rows: out of memory");
    for (size_t i = 0; i < count; i++)
        COVET_TRY(covet_result_int(result, i, column, &ints[i], err));
    *ret_ints = ints;
    return COVET_OK;
}
