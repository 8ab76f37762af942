#include <stdlib.h>
#include <string.h>

#include "core/fail.h"
#include "core/mem.h"
#include "shard/edit.h"

static void add(covet__edits *edits, covet__edit edit)
{
    if (edits->count == edits->capacity) {
        const uint32_t size = edits->capacity * 2 + 8;
        covet__edit *grown = covet_arena_alloc(edits->arena, size * sizeof *grown);
        if (grown == NULL) {
            edits->failed = true;
            return;
        }
        if (edits->count > 0)
            memcpy(grown, edits->items, edits->count * sizeof *grown);
        edits->items = grown;
        edits->capacity = size;
    }
    edit.order = edits->count;
    edits->items[edits->count++] = edit;
}

void covet__edit_text(covet__edits *edits, uint32_t start, uint32_t end, const char *text)
{
    if (text == NULL)
        edits->failed = true;
    else
        add(edits, (covet__edit){.start = start, .end = end, .text = text});
}

void covet__edit_table(covet__edits *edits, uint32_t start, uint32_t end,
                       const covet__map_table *table)
{
    add(edits, (covet__edit){.start = start, .end = end, .table = table});
}

bool covet__edits_copy(const covet__edits *edits, uint32_t start, uint32_t end, covet__str *out)
{
    uint32_t at = start;
    for (uint32_t i = 0; i < edits->count; i++) {
        const covet__edit *edit = &edits->items[i];
        if (edit->start < start || edit->end > end)
            continue;
        if (edit->table != NULL)
            return false;
        covet__str_bytes(out, edits->text + at, edit->start - at);
        covet__str_add(out, edit->text);
        at = edit->end;
    }
    covet__str_bytes(out, edits->text + at, end - at);
    return true;
}

void covet__edits_replace(covet__edits *edits, uint32_t start, uint32_t end, const char *text)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < edits->count; i++)
        if (edits->items[i].start < start || edits->items[i].end > end)
            edits->items[kept++] = edits->items[i];
    edits->count = kept;
    covet__edit_text(edits, start, end, text);
}

static int compare(const void *a, const void *b)
{
    const covet__edit *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if ((x->start == x->end) != (y->start == y->end)) /* what is put in front of something */
        return x->start == x->end ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

covet_status covet__edits_close(covet__edits *edits, covet_error *err)
{
    if (edits->failed)
        return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
    if (edits->count > 1)
        qsort(edits->items, edits->count, sizeof *edits->items, compare);
    for (uint32_t i = 0; i < edits->count; i++)
        if (edits->items[i].end > edits->length ||
            (i > 0 && edits->items[i].start < edits->items[i - 1].end))
            return covet__fail(err, COVET_EINTERNAL, "statement: edits overlap at byte %u",
                               edits->items[i].start);
    return COVET_OK;
}

void covet__edit_reference_schema(const covet__map *map, covet__str *out)
{
    covet__str_printf(out, "%s_reference", map->prefix);
}

static void put_table(const covet__map_table *table, const covet__map *map, const char *schema,
                      covet__str *out)
{
    if (table->kind == COVET__TABLE_REFERENCE) {
        covet__str reference = {0};
        covet__edit_reference_schema(map, &reference);
        if (covet__str_ok(&reference))
            covet__str_qualified(out, covet__str_text(&reference), table->physical);
        else
            out->failed = true;
        covet__str_free(&reference);
    } else {
        covet__str_qualified(out, schema, table->physical);
    }
}

static bool is_wordly(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80) != 0;
}

/* A word that is put in must not run into the one before it or the next one: SELECT(a) and
 * SELECT count(*)FROM are SQL. */
static void put_edit(const covet__edits *edits, const covet__edit *edit, const covet__map *map,
                     const char *schema, covet__str *out)
{
    if (edit->text != NULL && is_wordly(edit->text[0]) && out->length > 0 &&
        is_wordly(out->text[out->length - 1]))
        covet__str_char(out, ' ');
    const size_t before = out->length;
    if (edit->text != NULL)
        covet__str_add(out, edit->text);
    else
        put_table(edit->table, map, schema, out);
    if (out->length > before && is_wordly(out->text[out->length - 1]) &&
        edit->end < edits->length && is_wordly(edits->text[edit->end]))
        covet__str_char(out, ' ');
}

void covet__edits_apply(const covet__edits *edits, const covet__map *map, const char *schema,
                        covet__str *out)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < edits->count; i++) {
        const covet__edit *edit = &edits->items[i];
        covet__str_bytes(out, edits->text + at, edit->start - at);
        put_edit(edits, edit, map, schema, out);
        at = edit->end;
    }
    covet__str_bytes(out, edits->text + at, edits->length - at);
}

/* Bytes of the first `count` characters. */
static size_t bytes_of(const char *text, size_t count)
{
    size_t at = 0;
    for (; text[at] != '\0'; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 && count-- == 0)
            break;
    return at;
}

static int32_t characters_in(const char *text, size_t bytes)
{
    int32_t count = 0;
    for (size_t i = 0; i < bytes && text[i] != '\0'; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

int32_t covet__edits_position(const covet__edits *edits, const covet__map *map, const char *schema,
                              int32_t position)
{
    covet__str out = {0};
    uint32_t at = 0;
    int32_t found = 0;
    covet__edits_apply(edits, map, schema, &out);
    if (position > 0 && covet__str_ok(&out)) {
        const size_t wanted = bytes_of(covet__str_text(&out), (size_t)position - 1);
        covet__str_clear(&out);
        size_t original = edits->length;
        for (uint32_t i = 0; i <= edits->count; i++) {
            const bool last = i == edits->count;
            const uint32_t stop = last ? edits->length : edits->items[i].start;
            if (out.length + (stop - at) >= wanted) {
                original = at + (wanted - out.length);
                break;
            }
            if (last)
                break;
            covet__str_bytes(&out, edits->text + at, stop - at);
            put_edit(edits, &edits->items[i], map, schema, &out);
            at = edits->items[i].end;
            if (out.length > wanted) { /* inside what was put in */
                original = stop;
                break;
            }
        }
        found = characters_in(edits->text, original) + 1;
    }
    covet__str_free(&out);
    return found;
}
