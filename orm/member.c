/* orm/member.c - members of rows as values, and rows that stand for others (orm/hydrate.h). */
#include <string.h>

#include "orm/hydrate.h"

/* ---- members -------------------------------------------------------------------------------- */

covet_value covet__member_get(const void *row, const covet_field *field)
{
    const void *at = (const char *)row + field->offset;
    if (covet__is_text(field->kind))
        return covet_text(*(const char *const *)at);
    if (field->kind == COVET_FIELD_Boolean) {
        const covet_null_bool *n = at;
        return field->null ? (n->set ? covet_bool(n->value) : covet_null())
                           : covet_bool(*(const bool *)at);
    }
    if (field->kind == COVET_FIELD_DateTime) {
        const covet_null_time *n = at;
        return field->null ? (n->set ? covet_timestamp(n->value) : covet_null())
                           : covet_timestamp(*(const covet_time *)at);
    }
    const covet_null_int *n = at;
    return field->null ? (n->set ? covet_int(n->value) : covet_null())
                       : covet_int(*(const int64_t *)at);
}

static bool set_null(void *at, const covet_field *field)
{
    if (!field->null)
        return false;
    memset(at, 0, covet__member_size(field));
    return true;
}

static void set_int(void *at, const covet_field *field, int64_t i)
{
    if (field->null)
        *(covet_null_int *)at = (covet_null_int){i, true};
    else
        *(int64_t *)at = i;
}

static void set_bool(void *at, const covet_field *field, bool b)
{
    if (field->null)
        *(covet_null_bool *)at = (covet_null_bool){b, true};
    else
        *(bool *)at = b;
}

static void set_time(void *at, const covet_field *field, covet_time time)
{
    if (field->null)
        *(covet_null_time *)at = (covet_null_time){time, true};
    else
        *(covet_time *)at = time;
}

bool covet__member_set(void *row, const covet_field *field, covet_value value)
{
    void *at = (char *)row + field->offset;
    const bool number = value.kind == COVET_VALUE_INT;
    if (!covet__is_column(field->kind))
        return false;
    if (value.kind == COVET_VALUE_NULL)
        return set_null(at, field);
    if (covet__is_text(field->kind) && value.kind == COVET_VALUE_TEXT)
        *(const char **)at = value.u.p;
    else if (covet__is_int(field->kind) && number)
        set_int(at, field, value.u.i);
    else if (covet__is_int(field->kind) && value.kind == COVET_VALUE_BOOL)
        set_int(at, field, value.u.b);
    else if (field->kind == COVET_FIELD_Boolean && (number || value.kind == COVET_VALUE_BOOL))
        set_bool(at, field, number ? value.u.i != 0 : value.u.b);
    else if (field->kind == COVET_FIELD_DateTime && value.kind == COVET_VALUE_TIME)
        set_time(at, field, (covet_time){value.u.i});
    else
        return false;
    return true;
}

/* ---- stand-ins ----------------------------------------------------------------------------- */

struct covet__stand_in {
    covet__stand_in *next;
    const covet_field *fk;
    void *row;
};

static bool fill_texts(covet_arena *arena, const covet_field *fk, void *row)
{
    covet__str text = COVET__STR_IN(arena);
    covet__str_char(&text, '(');
    covet__str_add(&text, fk->name);
    covet__str_add(&text, " was not fetched)");
    const char *said = covet__str_take(&text);
    COVET__EACH_FIELD(field, fk->to)
    if (covet__is_text(field->kind))
        covet__member_set(row, field, covet_text(said));
    return said != NULL;
}

bool covet__unfetch_all(covet__stand_ins *all, const covet_model *model, void *row)
{
    COVET__EACH_FIELD(field, model)
    {
        if (field->kind != COVET_FIELD_FK || field->relation == 0)
            continue;
        void *stand_in = covet__stand_in_for(all, field);
        if (stand_in == NULL)
            return false;
        *covet__one_of(row, field) = (covet_one){.row = stand_in};
    }
    return true;
}

void *covet__stand_in_for(covet__stand_ins *all, const covet_field *fk)
{
    for (covet__stand_in *s = all->first; s != NULL; s = s->next)
        if (s->fk == fk)
            return s->row;
    covet__stand_in *made = covet_arena_alloc(all->arena, sizeof *made);
    void *row = covet_arena_alloc(all->arena, fk->to->row_size);
    if (made == NULL || row == NULL)
        return NULL;
    memset(row, 0, fk->to->row_size);
    *made = (covet__stand_in){all->first, fk, row};
    all->first = made; /* before its own are made: models may lead to each other in circles */
    COVET__EACH_FIELD(field, fk->to)
    if (covet__field_usable(fk->to, field, fk->to->row_size, NULL) != COVET_OK)
        return row; /* M1 */
    return fill_texts(all->arena, fk, row) && covet__unfetch_all(all, fk->to, row) ? row : NULL;
}

/* ---- shard keys ---------------------------------------------------------------------------- */

const covet_field *covet__key_of(const covet_db *db, const covet_model *model, covet_arena *arena,
                                 bool *ret_distributed)
{
    const char *schema, *table;
    char name[64];
    *ret_distributed = false;
    if (!covet__split_table(model->db_table, arena, &schema, &table) ||
        !covet_db_key_column(db, schema, table, name))
        return NULL;
    *ret_distributed = true;
    COVET__EACH_FIELD(field, model)
    {
        const char *column = covet__is_column(field->kind) ? covet__column_of(field, arena) : NULL;
        if (column != NULL && strcmp(column, name) == 0)
            return field;
    }
    return NULL;
}
