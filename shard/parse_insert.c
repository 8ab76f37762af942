/*
 * shard/parse_insert.c - an INSERT into a distributed table: the key of each row, and
 * the columns whose values come in blocks from the catalog (shard/facts.h).
 *
 * How the text is completed with a value for such a column, $k standing for it:
 *
 *     (a, b) VALUES (1, 2)      ->  (a, b, "id") VALUES (1, 2, $k)
 *     (id, a) VALUES (DEFAULT, 1)       ->  (id, a) VALUES ($k, 1)
 *     VALUES (DEFAULT, 1)               ->  VALUES ($k, 1)
 *     VALUES (1)   (id comes later)     ->  ("a", "id") VALUES (1, $k)
 *     DEFAULT VALUES                    ->  ("id") VALUES ($k)
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/str.h"
#include "shard/parse_facts_impl.h"

#define TOKEN(name) PG_QUERY__TOKEN__##name

typedef struct inserter {
    covet__walk *walk;
    const covet__parse *parse;
    const covet__map_table *table;
    const covet__relation *columns;
    const PgQuery__InsertStmt *insert;
    const PgQuery__SelectStmt *values; /* NULL: DEFAULT VALUES */
    size_t row_count;
    size_t width; /* values in each row */
    covet__insert_id *ids;
    size_t id_count;
    covet__str added; /* text for the list of columns */
} inserter;

static COVET_PRINTF(2, 3) void refuse(inserter *in, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (in->walk->status == COVET_OK)
        in->walk->status =
            covet__fail_state(in->walk->err, COVET_EUNSUPPORTED, "0A000", "%s", text);
}

/* Where a column's value stands in a row; SIZE_MAX: it is left out. */
static size_t place_of(const inserter *in, const char *column)
{
    if (in->insert->n_cols > 0) {
        for (size_t i = 0; i < in->insert->n_cols; i++)
            if (strcmp(in->insert->cols[i]->res_target->name, column) == 0)
                return i;
        return SIZE_MAX;
    }
    for (uint32_t i = 0; in->columns != NULL && i < in->columns->column_count; i++)
        if (strcmp(in->columns->columns[i].name, column) == 0)
            return i < in->width ? i : SIZE_MAX;
    return SIZE_MAX;
}

static const PgQuery__Node *value_at(const inserter *in, size_t row, size_t place)
{
    if (in->values == NULL || place == SIZE_MAX)
        return NULL;
    const PgQuery__List *list = in->values->values_lists[row]->list;
    return place < list->n_items ? list->items[place] : NULL;
}

static bool is_default(const PgQuery__Node *node)
{
    return node == NULL || node->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT;
}

/* ---- places in the text ------------------------------------------------------------------- */

/* The first token of the given kind behind token `from`, at the depth of `from`. */
static uint32_t next_at_depth(const inserter *in, uint32_t from, int kind)
{
    const covet__parse *p = in->parse;
    for (uint32_t i = from; i < p->token_count; i++)
        if (p->tokens[i].kind == kind && p->tokens[i].depth == p->tokens[from].depth)
            return i;
    return p->token_count;
}

/* The opening brackets of the rows, in order. */
static uint32_t row_open(const inserter *in, size_t row)
{
    const covet__parse *p = in->parse;
    uint32_t at = next_at_depth(in, 0, TOKEN(VALUES));
    for (size_t r = 0;; r++) {
        at = next_at_depth(in, at, TOKEN(ASCII_40));
        if (r == row || at >= p->token_count)
            return at;
        at = next_at_depth(in, at, TOKEN(ASCII_41));
        if (at >= p->token_count)
            return at;
    }
}

/* The tokens of the value at a place: [first, end). */
static bool value_tokens(const inserter *in, size_t row, size_t place, uint32_t *first,
                         uint32_t *end)
{
    const covet__parse *p = in->parse;
    const uint32_t open = row_open(in, row);
    if (open >= p->token_count)
        return false;
    const uint32_t depth = p->tokens[open].depth + 1;
    *first = open + 1;
    for (uint32_t i = *first; i < p->token_count; i++) {
        const bool closes = p->tokens[i].kind == TOKEN(ASCII_41) && p->tokens[i].depth == depth - 1;
        const bool comma = p->tokens[i].kind == TOKEN(ASCII_44) && p->tokens[i].depth == depth;
        if (!closes && !comma)
            continue;
        if (place == 0) {
            *end = i;
            return true;
        }
        if (closes)
            return false;
        place--;
        *first = i + 1;
    }
    return false;
}

/* ---- ids ------------------------------------------------------------------------------------ */

static void add_id(inserter *in, covet__insert_id id) { in->ids[in->id_count++] = id; }

/* The value stands in the text: it must be DEFAULT, or may be given. */
static void take_given(inserter *in, const covet__map_id *id, bool is_key, size_t row, size_t place)
{
    const covet__parse *p = in->parse;
    if (!is_default(value_at(in, row, place))) {
        if (id->alone_unique && !is_key)
            refuse(in,
                   "an explicit value for \"%s\" of \"%s\" is not supported: its values are unique "
                   "over all shards because they come from the catalog (leave it out, or "
                   "distribute with --unique-per-shard)",
                   id->column, in->table->name);
        return;
    }
    uint32_t first, end;
    if (!value_tokens(in, row, place, &first, &end)) {
        refuse(in, "this form of INSERT does not show where \"%s\" of \"%s\" stands", id->column,
               in->table->name);
        return;
    }
    add_id(in, (covet__insert_id){.id = id,
                                  .row = (uint32_t)row,
                                  .is_key = is_key,
                                  .span = {p->tokens[first].start, p->tokens[end - 1].end}});
}

/* The column is left out everywhere: it is added at the end of each row. */
static void take_left_out(inserter *in, const covet__map_id *id, bool is_key)
{
    const covet__parse *p = in->parse;
    covet__str_printf(&in->added, "%s", in->added.length > 0 ? ", " : "");
    covet__str_ident(&in->added, id->column);
    for (size_t row = 0; row < in->row_count; row++) {
        covet__insert_id added = {.id = id, .row = (uint32_t)row, .is_key = is_key, .comma = true};
        if (in->values == NULL) { /* DEFAULT VALUES: becomes one row */
            const uint32_t at = next_at_depth(in, 0, TOKEN(DEFAULT));
            added.span = (covet__span){p->tokens[at].start, p->tokens[at + 1].end};
            added.comma = false;
            added.whole = true;
        } else {
            const uint32_t open = row_open(in, row);
            const uint32_t close =
                open < p->token_count ? next_at_depth(in, open, TOKEN(ASCII_41)) : p->token_count;
            if (close >= p->token_count) {
                refuse(in, "this form of INSERT has no place for \"%s\" of \"%s\"", id->column,
                       in->table->name);
                return;
            }
            added.span = (covet__span){p->tokens[close].start, p->tokens[close].start};
        }
        add_id(in, added);
    }
}

static void take_ids(inserter *in)
{
    in->ids =
        covet__walk_alloc(in->walk, (in->row_count * in->table->id_count + 1) * sizeof *in->ids);
    for (uint32_t i = 0; i < in->table->id_count && in->walk->status == COVET_OK; i++) {
        const covet__map_id *id = &in->table->ids[i];
        const bool is_key = strcmp(id->column, in->table->key_column) == 0;
        const size_t place = place_of(in, id->column);
        if (place == SIZE_MAX) {
            take_left_out(in, id, is_key);
            continue;
        }
        for (size_t row = 0; row < in->row_count; row++)
            take_given(in, id, is_key, row, place);
    }
    if (in->values == NULL && in->id_count > 1)
        refuse(in, "DEFAULT VALUES for a table with several id columns (\"%s\" of \"%s\")",
               in->ids[0].id->column, in->table->name);
}

/* ---- the list of columns ------------------------------------------------------------ */

static void take_columns(inserter *in, covet__insert *out)
{
    const covet__parse *p = in->parse;
    if (in->added.length == 0)
        return;
    covet__str text = COVET__STR_IN(p->arena);
    if (in->insert->n_cols > 0) {
        /* Before the bracket that closes the list: the first one outside all others. */
        const uint32_t open = next_at_depth(in, 0, TOKEN(ASCII_40));
        const uint32_t close = next_at_depth(in, open, TOKEN(ASCII_41));
        out->columns = (covet__span){p->tokens[close].start, p->tokens[close].start};
        covet__str_printf(&text, ", %s", covet__str_text(&in->added));
    } else {
        /* Behind the table's name, with the names that the values had by their order. */
        const covet__outline *outline = &p->outline;
        uint32_t end = 0;
        for (uint32_t i = 0; i < outline->name_count; i++)
            if (outline->names[i].target)
                end = outline->names[i].end;
        if (in->insert->relation->alias != NULL) {
            const uint32_t alias = covet__token_at(p, (int)end);
            end = p->tokens[alias + 1].end; /* AS name */
        }
        out->columns = (covet__span){end, end};
        covet__str_add(&text, " (");
        for (uint32_t i = 0; i < in->width && i < in->columns->column_count; i++) {
            covet__str_ident(&text, in->columns->columns[i].name);
            covet__str_add(&text, ", ");
        }
        covet__str_printf(&text, "%s)", covet__str_text(&in->added));
    }
    out->columns_text = covet__str_take(&text);
    if (out->columns_text == NULL)
        covet__walk_fail(in->walk, COVET_ENOMEM);
}

/* ---- keys ---------------------------------------------------------------------------------- */

static void take_keys(inserter *in, covet__insert *out)
{
    covet__insert_row *rows = covet__walk_alloc(in->walk, (in->row_count + 1) * sizeof *rows);
    const size_t place = place_of(in, in->table->key_column);
    for (size_t row = 0; rows != NULL && row < in->row_count; row++) {
        const PgQuery__Node *value = value_at(in, row, place);
        if (is_default(value))
            rows[row].key = (covet__term){.kind = COVET__TERM_DEFAULT};
        else if (!covet__walk_term(in->walk, value, &rows[row].key))
            refuse(in, "the shard key \"%s\" of \"%s\" must be a parameter or a constant in INSERT",
                   in->table->key_column, in->table->name);
    }
    out->rows = rows;
    out->row_count = (uint32_t)in->row_count;
}

void covet__walk_insert(covet__walk *walk, const PgQuery__InsertStmt *insert)
{
    const covet__rel *target = NULL;
    for (size_t i = 0; i < walk->rel_count && target == NULL; i++)
        if (walk->rels[i].table == walk->facts->target)
            target = &walk->rels[i];
    inserter in = {.walk = walk,
                   .parse = walk->parse,
                   .table = walk->facts->target,
                   .columns = target != NULL ? target->columns : NULL,
                   .insert = insert,
                   .row_count = 1};
    covet__insert *out = &walk->facts->insert;
    out->table = in.table;
    if (in.table->kind != COVET__TABLE_DISTRIBUTED)
        return; /* refused by the plan */
    if (insert->select_stmt != NULL) {
        in.values = insert->select_stmt->select_stmt;
        if (in.values->n_values_lists == 0 || in.values->n_sort_clause > 0 ||
            in.values->limit_count != NULL || in.values->limit_offset != NULL) {
            covet__walk_unsupported(walk, "INSERT ... SELECT into a distributed table");
            return;
        }
        in.row_count = in.values->n_values_lists;
        in.width = in.values->values_lists[0]->list->n_items;
    }
    if (insert->with_clause != NULL)
        covet__walk_unsupported(walk, "WITH in INSERT into a distributed table");
    if (in.columns == NULL)
        covet__walk_unsupported(walk, "INSERT into a table whose columns are not known");
    if (walk->status == COVET_OK)
        take_ids(&in);
    if (walk->status == COVET_OK)
        take_keys(&in, out);
    if (walk->status == COVET_OK)
        take_columns(&in, out);
    out->ids = in.ids;
    out->id_count = (uint32_t)in.id_count;
    covet__str_free(&in.added);
}
