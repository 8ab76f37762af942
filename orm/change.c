#include <stdio.h>
#include <string.h>

#include "core/fail.h"
#include "orm/change.h"

void covet__change_add(covet__change *c, const char *text) { covet__str_add(&c->text, text); }

void covet__change_table(covet__change *c, const char *db_table)
{
    const char *schema, *table;
    if (!covet__split_table(db_table, c->arena, &schema, &table))
        c->text.failed = true;
    else if (schema != NULL)
        covet__str_qualified(&c->text, schema, table);
    else
        covet__str_ident(&c->text, table);
}

void covet__change_column(covet__change *c, const char *column)
{
    if (column != NULL)
        covet__str_ident(&c->text, column);
    else
        c->text.failed = true;
}

void covet__change_param(covet__change *c, covet_value value)
{
    char number[24];
    if (c->count == c->capacity) {
        const size_t capacity = c->capacity * 2 + 16;
        covet_value *grown = covet_arena_alloc(c->arena, capacity * sizeof *grown);
        if (grown == NULL) {
            c->text.failed = true;
            return;
        }
        if (c->count > 0)
            memcpy(grown, c->params, c->count * sizeof *grown);
        c->params = grown;
        c->capacity = capacity;
    }
    c->params[c->count++] = value;
    snprintf(number, sizeof number, "$%zu", c->count);
    covet__change_add(c, number);
}

void covet__change_equals(covet__change *c, const char *column, covet_value value)
{
    covet__change_column(c, column);
    covet__change_add(c, " = ");
    covet__change_param(c, value);
}

void covet__change_among(covet__change *c, const char *column, const int64_t *keys, size_t count)
{
    if (count == 1) { /* an equality is what a distributed table is routed by */
        covet__change_equals(c, column, covet_int(keys[0]));
        return;
    }
    covet__change_column(c, column);
    covet__change_add(c, " = ANY(");
    covet__change_param(c, covet_ints(keys, count));
    covet__change_add(c, ")");
}

covet_status covet__change_finish(covet__change *c, covet_sql *ret, covet_error *err)
{
    const char *text = covet__str_take(&c->text);
    if (text == NULL)
        return covet__fail(err, COVET_ENOMEM, "row: out of memory");
    *ret = (covet_sql){sizeof *ret, text, c->params, c->count};
    return COVET_OK;
}
