/* shard/parse_utility_copy.c - COPY: its table, columns and options (shard/utility.h). */
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "shard/parse_utility_impl.h"

#define TOKEN(name)          PG_QUERY__TOKEN__##name
#define REFUSE(w, ...)       covet__fail_state((w)->err, COVET_EUNSUPPORTED, "0A000", __VA_ARGS__)
#define WRONG(w, state, ...) covet__fail_state((w)->err, COVET_ESQL, state, __VA_ARGS__)

/* The strings of a list, copied. */
static covet_status take_strings(covet__utility_walk *w, PgQuery__Node *const *nodes, size_t count,
                                 const char *const **ret_items, uint32_t *ret_count)
{
    const char **items = covet_arena_alloc(w->arena, (count + 1) * sizeof *items);
    if (items == NULL)
        return covet__utility_no_memory(w->err);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *text = covet__string_of(nodes[i]);
        if (text == NULL)
            continue;
        items[*ret_count] = covet_arena_copy(w->arena, text, strlen(text));
        if (items[(*ret_count)++] == NULL)
            return covet__utility_no_memory(w->err);
    }
    *ret_items = items;
    return COVET_OK;
}

/* ---- options ------------------------------------------------------------------------------- */

/* One character of one byte. */
static covet_status take_character(covet__utility_walk *w, const PgQuery__DefElem *option,
                                   const char *what, char *ret)
{
    const char *text = covet__utility_option_text(option);
    if (text == NULL || strlen(text) != 1)
        return WRONG(w, "0A000", "COPY %s must be a single one-byte character", what);
    if (*text == '\n' || *text == '\r')
        return WRONG(w, "22023", "COPY %s cannot be newline or carriage return", what);
    *ret = *text;
    return COVET_OK;
}

static covet_status take_format(covet__utility_walk *w, const char *text)
{
    if (text != NULL && strcmp(text, "csv") == 0)
        w->out->copy.format.csv = true;
    else if (text != NULL && strcmp(text, "binary") == 0)
        return REFUSE(w, "COPY in binary form over shards is not supported yet");
    else if (text == NULL || strcmp(text, "text") != 0)
        return WRONG(w, "22023", "COPY format \"%s\" not recognized", text != NULL ? text : "");
    return COVET_OK;
}

static covet_status take_header(covet__utility_walk *w, const PgQuery__DefElem *option)
{
    covet__copy_format *f = &w->out->copy.format;
    const char *text = covet__utility_option_text(option);
    if (covet__utility_option_bool(option, &f->header))
        return COVET_OK;
    if (text == NULL || strcasecmp(text, "match") != 0)
        return WRONG(w, "42601", "header requires a Boolean value or \"match\"");
    f->header = f->header_match = true;
    return COVET_OK;
}

static covet_status take_quoted(covet__utility_walk *w, const PgQuery__DefElem *option)
{
    covet__copy_format *f = &w->out->copy.format;
    const PgQuery__Node *arg = option->arg;
    if (arg != NULL && arg->node_case == PG_QUERY__NODE__NODE_A_STAR)
        f->quote_all = true;
    else if (arg != NULL && arg->node_case == PG_QUERY__NODE__NODE_LIST)
        return take_strings(w, arg->list->items, arg->list->n_items, &f->quoted, &f->quoted_count);
    return COVET_OK;
}

static covet_status take_option(covet__utility_walk *w, const PgQuery__DefElem *option)
{
    covet__copy_format *f = &w->out->copy.format;
    const char *name = option->defname, *text = covet__utility_option_text(option);
    bool on = false;
    if (strcmp(name, "format") == 0)
        return COVET_OK; /* has been read before the others */
    if (strcmp(name, "header") == 0)
        return take_header(w, option);
    if (strcmp(name, "delimiter") == 0)
        return take_character(w, option, "delimiter", &f->delimiter);
    if (strcmp(name, "quote") == 0 && f->csv)
        return take_character(w, option, "quote", &f->quote);
    if (strcmp(name, "escape") == 0 && f->csv)
        return take_character(w, option, "escape", &f->escape);
    if (strcmp(name, "force_quote") == 0 && f->csv && !w->out->copy.from)
        return take_quoted(w, option);
    if (strcmp(name, "null") == 0 && text != NULL) {
        f->null = covet_arena_copy(w->arena, text, strlen(text));
        return f->null != NULL ? COVET_OK : covet__utility_no_memory(w->err);
    }
    if (strcmp(name, "encoding") == 0 && text != NULL &&
        (strcasecmp(text, "utf8") == 0 || strcasecmp(text, "utf-8") == 0))
        return COVET_OK;
    if (strcmp(name, "freeze") == 0 && covet__utility_option_bool(option, &on) && !on)
        return COVET_OK;
    return REFUSE(w, "the option \"%s\" of COPY over shards is not supported%s", name,
                  strcmp(name, "quote") == 0 || strcmp(name, "escape") == 0 ? " without FORMAT csv"
                                                                            : "");
}

/* What the server would say of them only when the first rows are sent. */
static covet_status check_options(const covet__utility_walk *w)
{
    const covet__copy_format *f = &w->out->copy.format;
    if (strpbrk(f->null, "\r\n") != NULL)
        return WRONG(w, "22023", "COPY null representation cannot use newline or carriage return");
    if (strchr(f->null, f->delimiter) != NULL)
        return WRONG(w, "22023", "COPY delimiter must not appear in the NULL specification");
    if (!f->csv && strchr("\\.abcdefghijklmnopqrstuvwxyz0123456789", f->delimiter) != NULL)
        return WRONG(w, "22023", "COPY delimiter cannot be \"%c\"", f->delimiter);
    if (f->csv && (f->delimiter == f->quote || strchr(f->null, f->quote) != NULL))
        return WRONG(w, "22023",
                     "COPY quote must differ from the delimiter and from what stands for NULL");
    if (f->csv && strchr("0123456789", f->delimiter) != NULL)
        return REFUSE(w, "a digit as COPY delimiter is not supported over shards");
    return COVET_OK;
}

static covet_status take_options(covet__utility_walk *w, const PgQuery__CopyStmt *stmt)
{
    covet__copy_format *f = &w->out->copy.format;
    for (size_t i = 0; i < stmt->n_options; i++) {
        const PgQuery__DefElem *option = stmt->options[i]->def_elem;
        if (strcmp(option->defname, "format") == 0)
            COVET_TRY(take_format(w, covet__utility_option_text(option)));
    }
    f->delimiter = f->csv ? ',' : '\t';
    f->null = f->csv ? "" : "\\N";
    f->quote = '"';
    for (size_t i = 0; i < stmt->n_options; i++)
        COVET_TRY(take_option(w, stmt->options[i]->def_elem));
    if (f->escape == '\0')
        f->escape = f->quote;
    return check_options(w);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The query between the brackets behind COPY. */
static bool find_query(const covet__parse *p, covet__span *ret_query)
{
    if (p->token_count < 4 || p->tokens[1].kind != TOKEN(ASCII_40))
        return false;
    for (uint32_t i = 2; i < p->token_count; i++)
        if (p->tokens[i].kind == TOKEN(ASCII_41) && p->tokens[i].depth == p->tokens[1].depth) {
            *ret_query = (covet__span){p->tokens[1].end, p->tokens[i].start};
            return true;
        }
    return false;
}

static bool query_needs_shards(const covet__utility_walk *w)
{
    const covet__outline *outline = &w->parse->outline;
    for (uint32_t i = 0; w->map != NULL && i < outline->name_count; i++)
        if (covet__map_find_table(w->map, outline->names[i].schema, outline->names[i].name) != NULL)
            return true;
    return false;
}

covet_status covet__utility_copy(covet__utility_walk *w, const PgQuery__CopyStmt *stmt)
{
    covet__copy_plan *copy = &w->out->copy;
    w->out->kind = COVET__UTILITY_COPY;
    w->out->tag = "COPY";
    copy->from = stmt->is_from;
    copy->streams = stmt->filename == NULL || stmt->filename[0] == '\0';
    if (stmt->query != NULL) {
        if (!query_needs_shards(w))
            return COVET_OK; /* the home group's, as it is */
        if (!find_query(w->parse, &copy->query))
            return REFUSE(w, "this form of COPY (query) is not supported over shards");
    } else {
        copy->table = covet__utility_table(w, stmt->relation);
        copy->name =
            covet_arena_copy(w->arena, stmt->relation->relname, strlen(stmt->relation->relname));
        if (copy->name == NULL)
            return covet__utility_no_memory(w->err);
        if (copy->table == NULL)
            return COVET_OK;
    }
    if (!copy->streams)
        return REFUSE(w, "COPY with a file or program of the server's is not supported over "
                         "shards (use STDIN or STDOUT)");
    if (stmt->where_clause != NULL)
        return REFUSE(w, "COPY ... WHERE is not supported over shards yet");
    COVET_TRY(take_strings(w, stmt->attlist, stmt->n_attlist, &copy->columns, &copy->column_count));
    return take_options(w, stmt);
}

static void put_character(const char *name, char c, covet__str *out)
{
    covet__str_printf(out, ", %s ", name);
    covet__str_literal(out, (const char[]){c, '\0'});
}

void covet__copy_print_format(const covet__copy_plan *copy, bool header, covet__str *out)
{
    const covet__copy_format *f = &copy->format;
    covet__str_printf(out, " WITH (FORMAT %s", f->csv ? "csv" : "text");
    put_character("DELIMITER", f->delimiter, out);
    covet__str_add(out, ", NULL ");
    covet__str_literal(out, f->null);
    if (header)
        covet__str_add(out, ", HEADER true");
    if (f->csv) {
        put_character("QUOTE", f->quote, out);
        put_character("ESCAPE", f->escape, out);
    }
    if (f->quote_all)
        covet__str_add(out, ", FORCE_QUOTE *");
    for (uint32_t i = 0; i < f->quoted_count; i++) {
        covet__str_add(out, i == 0 ? ", FORCE_QUOTE (" : ", ");
        covet__str_ident(out, f->quoted[i]);
    }
    covet__str_add(out, f->quoted_count > 0 ? "))" : ")");
}
