#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "core/mem.h"
#include "shard/deep.h"
#include "shard/parse_impl.h"

#define TOKEN(name) PG_QUERY__TOKEN__##name

/* ---- the tree in general --------------------------------------------------------------- */

const char *covet__string_of(const PgQuery__Node *node)
{
    return node != NULL && node->node_case == PG_QUERY__NODE__NODE_STRING ? node->string->sval
                                                                          : NULL;
}

static void visit_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        covet__visit_fn *enter, void *user)
{
    const char *base = (const char *)message;
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count;
        memcpy(&count, base + field->quantifier_offset, sizeof count);
        ProtobufCMessage *const *items;
        memcpy(&items, base + field->offset, sizeof items);
        for (size_t i = 0; i < count; i++)
            covet__visit(items[i], enter, user);
        return;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        int chosen;
        memcpy(&chosen, base + field->quantifier_offset, sizeof chosen);
        if ((uint32_t)chosen != field->id)
            return;
    }
    const ProtobufCMessage *child;
    memcpy(&child, base + field->offset, sizeof child);
    if (child != NULL)
        covet__visit(child, enter, user);
}

/* SET (a, b) = (SELECT ...) is two assignments whose source is one and the same. */
static bool was_visited(const ProtobufCMessage *message)
{
    return COVET__IS(message, multi_assign_ref) &&
           ((const PgQuery__MultiAssignRef *)message)->colno > 1;
}

void covet__visit(const ProtobufCMessage *message, covet__visit_fn *enter, void *user)
{
    if (was_visited(message) || !enter(message, user))
        return;
    if (COVET__IS(message, node)) { /* one of some 250 */
        const unsigned chosen = (unsigned)((const PgQuery__Node *)message)->node_case;
        if (chosen != PG_QUERY__NODE__NODE__NOT_SET)
            visit_field(message,
                        protobuf_c_message_descriptor_get_field(message->descriptor, chosen), enter,
                        user);
        return;
    }
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        visit_field(message, &message->descriptor->fields[i], enter, user);
}

const PgQuery__Node *covet__parse_root(const covet__parse *parse)
{
    const PgQuery__ParseResult *tree = parse->tree;
    return tree->stmts[0]->stmt;
}

uint32_t covet__token_at(const covet__parse *parse, int location)
{
    uint32_t low = 0, high = parse->token_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if ((int)parse->tokens[middle].start < location)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- tokens ----------------------------------------------------------------------------- */

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

static covet_status too_deep(covet_error *err)
{
    return covet__fail_state(err, COVET_EUNSUPPORTED, "54001",
                             "stack depth limit exceeded: the statement nests or chains more "
                             "than %d expressions (write it with IN, ANY or a VALUES list)",
                             COVET__NESTING_MAX);
}

/* libpg_query's words, with the position of the complaint in characters. */
static covet_status syntax_error(const PgQueryError *error, covet_error *err)
{
    covet__fail_state(err, COVET_ESQL, "42601", "%s", error->message);
    if (err != NULL)
        err->position = error->cursorpos;
    return COVET_ESQL;
}

static bool is_open(int kind) { return kind == TOKEN(ASCII_40) || kind == TOKEN(ASCII_91); }
static bool is_close(int kind) { return kind == TOKEN(ASCII_41) || kind == TOKEN(ASCII_93); }

/* What makes the parser's tree one level deeper without a bracket. AND and OR do not:
 * the grammar flattens their chains. */
static bool is_chained(int kind)
{
    switch (kind) {
    case TOKEN(ASCII_43):
    case TOKEN(ASCII_45):
    case TOKEN(ASCII_42):
    case TOKEN(ASCII_47):
    case TOKEN(ASCII_37):
    case TOKEN(ASCII_94):
    case TOKEN(ASCII_60):
    case TOKEN(ASCII_61):
    case TOKEN(ASCII_62):
    case TOKEN(LESS_EQUALS):
    case TOKEN(GREATER_EQUALS):
    case TOKEN(NOT_EQUALS):
    case TOKEN(Op):
    case TOKEN(TYPECAST):
    case TOKEN(ASCII_91):
    case TOKEN(NOT):
    case TOKEN(IS):
    case TOKEN(ISNULL):
    case TOKEN(NOTNULL):
    case TOKEN(COLLATE):
    case TOKEN(AT):
    case TOKEN(CASE):
    case TOKEN(WHEN):
    case TOKEN(ELSE):
    case TOKEN(JOIN):
    case TOKEN(UNION):
    case TOKEN(INTERSECT):
    case TOKEN(EXCEPT):
    case TOKEN(BETWEEN):
    case TOKEN(LIKE):
    case TOKEN(ILIKE):
    case TOKEN(SIMILAR):
    case TOKEN(IN_P): return true;
    default: return false;
    }
}

/* What ends a chain on its level. */
static bool is_break(int kind)
{
    switch (kind) {
    case TOKEN(ASCII_44):
    case TOKEN(AND):
    case TOKEN(OR): return true;
    default: return false;
    }
}

/* Chains are counted for every level of brackets; the sum of what is open is the depth. */
typedef struct depth_count {
    uint32_t chain[COVET__NESTING_MAX + 1];
    uint32_t open;
    uint32_t sum;
} depth_count;

static bool count_token(depth_count *count, int kind)
{
    if (is_chained(kind)) {
        count->chain[count->open]++;
        count->sum++;
    } else if (is_break(kind)) {
        count->sum -= count->chain[count->open];
        count->chain[count->open] = 0;
    }
    if (is_open(kind)) {
        if (count->open == COVET__NESTING_MAX)
            return false;
        count->chain[++count->open] = 0;
    } else if (is_close(kind) && count->open > 0) {
        count->sum -= count->chain[count->open];
        count->open--;
    }
    return count->sum + count->open <= COVET__NESTING_MAX;
}

static bool is_comment(int kind) { return kind == TOKEN(SQL_COMMENT) || kind == TOKEN(C_COMMENT); }

static bool is_unicode(int kind) { return kind == TOKEN(UIDENT) || kind == TOKEN(USCONST); }

/* The scanner does not tell where U&"..." and U&'...' end: there are only blanks between
 * one token and the next, comments being tokens. */
static uint32_t token_end(const covet__parse *parse, const PgQuery__ScanResult *scan, size_t i)
{
    if (!is_unicode((int)scan->tokens[i]->token))
        return (uint32_t)scan->tokens[i]->end;
    size_t end = i + 1 < scan->n_tokens ? (size_t)scan->tokens[i + 1]->start : parse->length;
    while (end > 0 && strchr(" \t\n\r\f\v", parse->text[end - 1]) != NULL)
        end--;
    return (uint32_t)end;
}

/* PostgreSQL reads some words together (NULLS LAST, WITH TIME); the library's grammar does
 * not see that they are if a comment is between them. Blanks keep all else where it is. */
static bool blank_out(covet__parse *parse, const PgQuery__ScanToken *comment)
{
    if (parse->plain == NULL)
        parse->plain = covet_arena_copy(parse->arena, parse->text, parse->length);
    if (parse->plain != NULL)
        memset(parse->plain + comment->start, ' ', (size_t)(comment->end - comment->start));
    return parse->plain != NULL;
}

static covet_status take_tokens(covet__parse *parse, const PgQuery__ScanResult *scan,
                                covet_error *err)
{
    covet__token *tokens = covet_arena_alloc(parse->arena, (scan->n_tokens + 1) * sizeof *tokens);
    COVET_AUTO_FREE depth_count *count = covet__zalloc(sizeof *count);
    if (tokens == NULL || count == NULL)
        return no_memory(err);
    uint32_t n = 0;
    bool escape = false; /* behind U&"..." UESCAPE, which with its character is one token */
    for (size_t i = 0; i < scan->n_tokens; i++) {
        const PgQuery__ScanToken *from = scan->tokens[i];
        if (is_comment((int)from->token)) {
            if (!blank_out(parse, from))
                return no_memory(err);
            continue;
        }
        const bool opens = from->token == TOKEN(UESCAPE) && n > 0 && is_unicode(tokens[n - 1].kind);
        if (opens || escape) {
            tokens[n - 1].end = token_end(parse, scan, i);
            escape = opens;
            continue;
        }
        const uint32_t before = count->open;
        if (!count_token(count, (int)from->token))
            return too_deep(err);
        parse->depth = COVET_MAX(parse->depth, count->sum + count->open);
        tokens[n++] = (covet__token){.start = (uint32_t)from->start,
                                     .end = token_end(parse, scan, i),
                                     .kind = (int32_t)from->token,
                                     .depth = COVET_MIN(before, count->open)};
    }
    /* The parser's one semicolon, and whatever of them follows, says nothing. */
    while (n > 0 && tokens[n - 1].kind == TOKEN(ASCII_59))
        n--;
    parse->tokens = tokens;
    parse->token_count = n;
    return COVET_OK;
}

static covet_status scan_text(covet__parse *parse, covet_error *err)
{
    PgQueryScanResult result = pg_query_scan(parse->text);
    covet_status status;
    if (result.error != NULL) {
        status = syntax_error(result.error, err);
    } else {
        PgQuery__ScanResult *scan =
            pg_query__scan_result__unpack(NULL, result.pbuf.len, (const uint8_t *)result.pbuf.data);
        status = scan != NULL ? take_tokens(parse, scan, err) : no_memory(err);
        if (scan != NULL)
            pg_query__scan_result__free_unpacked(scan, NULL);
    }
    pg_query_free_scan_result(result);
    return status;
}

/* ---- the tree ------------------------------------------------------------------------------ */

/* The tree is taken apart at once and not by recursion. */
static void *tree_alloc(void *arena, size_t size) { return covet_arena_alloc(arena, size); }

static void tree_free(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

/* A comment may have had fewer characters than bytes. */
static int32_t position_in_text(const covet__parse *parse, int32_t position)
{
    int32_t plain = 0, text = 0;
    for (size_t i = 0; i < parse->length && plain < position; i++) {
        plain += ((unsigned char)parse->plain[i] & 0xC0) != 0x80;
        text += ((unsigned char)parse->text[i] & 0xC0) != 0x80;
    }
    return plain < position ? text + position - plain : text;
}

static covet_status parse_text(covet__parse *parse, covet_error *err)
{
    PgQueryProtobufParseResult result =
        pg_query_parse_protobuf(parse->plain != NULL ? parse->plain : parse->text);
    covet_status status = COVET_OK;
    if (result.error != NULL) {
        status = syntax_error(result.error, err);
        if (err != NULL && parse->plain != NULL)
            err->position = position_in_text(parse, err->position);
    } else {
        ProtobufCAllocator allocator = {.alloc = tree_alloc,
                                        .free = tree_free,
                                        .allocator_data = parse->tree_arena};
        PgQuery__ParseResult *tree =
            pg_query__parse_result__unpack(&allocator, result.parse_tree.len,
                                           (const uint8_t *)result.parse_tree.data);
        parse->tree = tree;
        if (tree == NULL)
            status = no_memory(err);
        else if (tree->n_stmts == 0)
            status = covet__fail_state(err, COVET_ESQL, "42601", "the statement is empty");
        else if (tree->n_stmts > 1)
            status = covet__fail_state(err, COVET_ESQL, "42601",
                                       "cannot insert multiple commands into a prepared statement "
                                       "(run them one by one)");
    }
    pg_query_free_protobuf_parse_result(result);
    return status;
}

typedef struct tree_call {
    covet__parse *parse;
    covet_error *err;
} tree_call;

static covet_status make_tree(void *args)
{
    const tree_call *call = args;
    COVET_TRY(parse_text(call->parse, call->err));
    return covet__parse_outline(call->parse, call->err);
}

static covet_status build(covet__parse *parse, const char *text, size_t length, covet_error *err)
{
    tree_call call = {.parse = parse, .err = err};
    COVET_TRY(covet__check_text(text, length, err));
    COVET_TRY(covet_arena_new(0, &parse->tree_arena, err));
    parse->text = covet_arena_copy(parse->arena, text, length);
    parse->length = length;
    if (parse->text == NULL)
        return no_memory(err);
    COVET_TRY(scan_text(parse, err));
    return covet__with_stack(parse->depth, make_tree, &call, err);
}

covet_status covet__parse_new(const char *text, size_t length, covet__parse **ret_parse,
                              covet_error *err)
{
    covet_arena *arena = NULL;
    COVET_TRY(covet_arena_new(0, &arena, err));
    covet__parse *parse = covet_arena_alloc(arena, sizeof *parse);
    if (parse == NULL) {
        covet_arena_free(arena);
        return no_memory(err);
    }
    *parse = (covet__parse){.arena = arena};
    const covet_status status = build(parse, text, length, err);
    if (status != COVET_OK)
        covet__parse_free(parse);
    else
        *ret_parse = parse;
    return status;
}

void covet__parse_drop_tree(covet__parse *parse)
{
    covet_arena_free(COVET_TAKE(parse->tree_arena));
    parse->tree = NULL;
}

void covet__parse_free(covet__parse *parse)
{
    if (parse == NULL)
        return;
    covet__parse_drop_tree(parse);
    covet_arena_free(parse->arena);
}

covet_status covet__parse_split(const char *text,
                                covet_status (*each)(void *user, size_t start, size_t length,
                                                     covet_error *err),
                                void *user, covet_error *err)
{
    PgQuerySplitResult result = pg_query_split_with_scanner(text);
    covet_status status = COVET_OK;
    if (result.error != NULL)
        status = syntax_error(result.error, err);
    for (int i = 0; status == COVET_OK && i < result.n_stmts; i++)
        status = each(user, (size_t)result.stmts[i]->stmt_location,
                      (size_t)result.stmts[i]->stmt_len, err);
    pg_query_free_split_result(result);
    return status;
}
