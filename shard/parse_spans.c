/* shard/parse_spans.c - where the pieces of a query stand in its text
 * (shard/parse_residual_impl.h).
 */
#include <string.h>

#include "core/mem.h"
#include "shard/parse_residual_impl.h"

#define TOKEN(name) COVET__TOKEN(name)

/* ---- tokens --------------------------------------------------------------------------------- */

static int kind_at(const covet__parse *parse, uint32_t i)
{
    return i < parse->token_count ? parse->tokens[i].kind : 0;
}

/* A keyword may also be a label, behind AS or a dot. */
static bool is_label(const covet__parse *parse, uint32_t i)
{
    return i > 0 &&
           (kind_at(parse, i - 1) == TOKEN(AS) || kind_at(parse, i - 1) == TOKEN(ASCII_46));
}

static bool is_here(const covet__parse *parse, uint32_t i, uint32_t depth, int kind)
{
    return i < parse->token_count && parse->tokens[i].depth == depth &&
           parse->tokens[i].kind == kind && !is_label(parse, i);
}

uint32_t covet__closing(const covet__parse *parse, uint32_t open)
{
    const uint32_t depth = parse->tokens[open].depth;
    for (uint32_t i = open + 1; i < parse->token_count; i++)
        if (parse->tokens[i].depth == depth)
            return i;
    return parse->token_count;
}

bool covet__same_tokens(const covet__parse *parse, uint32_t at, uint32_t what, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (at + i >= parse->token_count || what + i >= parse->token_count)
            return false;
        const covet__token *a = &parse->tokens[at + i], *b = &parse->tokens[what + i];
        if (a->end - a->start != b->end - b->start ||
            memcmp(parse->text + a->start, parse->text + b->start, a->end - a->start) != 0)
            return false;
    }
    return true;
}

static uint32_t split(const covet__parse *parse, uint32_t first, uint32_t end, uint32_t depth,
                      int separator, uint32_t *ends, uint32_t max)
{
    uint32_t count = 0, cases = 0;
    bool between = false;
    for (uint32_t i = first; i <= end && count < max; i++) {
        if (i == end) {
            ends[count++] = i;
            break;
        }
        if (is_here(parse, i, depth, TOKEN(CASE)))
            cases++;
        else if (is_here(parse, i, depth, TOKEN(END_P)) && cases > 0)
            cases--;
        else if (cases == 0 && is_here(parse, i, depth, TOKEN(BETWEEN)))
            between = true;
        else if (cases == 0 && is_here(parse, i, depth, separator)) {
            if (separator == TOKEN(AND) && between)
                between = false;
            else
                ends[count++] = i;
        }
    }
    return count;
}

uint32_t covet__split_list(const covet__parse *parse, uint32_t first, uint32_t end, uint32_t depth,
                           uint32_t *ends, uint32_t max)
{
    return split(parse, first, end, depth, TOKEN(ASCII_44), ends, max);
}

uint32_t covet__split_and(const covet__parse *parse, uint32_t first, uint32_t end, uint32_t depth,
                          uint32_t *ends, uint32_t max)
{
    return split(parse, first, end, depth, TOKEN(AND), ends, max);
}

uint32_t covet__split_or(const covet__parse *parse, uint32_t first, uint32_t end, uint32_t depth,
                         uint32_t *ends, uint32_t max)
{
    return split(parse, first, end, depth, TOKEN(OR), ends, max);
}

/* ---- locations ------------------------------------------------------------------------------- */

typedef struct extent {
    int low;
    int high;
} extent;

/* Places that the grammar does not note are 0 or -1: only the statement's own begin there. */
static bool note_location(const ProtobufCMessage *message, void *user)
{
    extent *e = user;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "location");
    if (field == NULL || field->type != PROTOBUF_C_TYPE_INT32)
        return true;
    int32_t location;
    memcpy(&location, (const char *)message + field->offset, sizeof location);
    if (location <= 0)
        return true;
    e->low = e->low == 0 || location < e->low ? location : e->low;
    e->high = location > e->high ? location : e->high;
    return true;
}

bool covet__extent_of(const ProtobufCMessage *message, int *ret_low, int *ret_high)
{
    extent e = {0};
    covet__visit(message, note_location, &e);
    *ret_low = e.low;
    *ret_high = e.high;
    return e.high > 0;
}

/* A bracket opens UNION's first branch, but also a row of VALUES. */
static bool begins_query(const PgQuery__SelectStmt *select, int kind)
{
    if (kind == TOKEN(WITH))
        return select->with_clause != NULL;
    if (select->n_values_lists > 0)
        return kind == TOKEN(VALUES);
    if (kind == TOKEN(ASCII_40))
        return select->larg != NULL;
    return kind == TOKEN(SELECT) || kind == TOKEN(TABLE) ||
           (kind == TOKEN(VALUES) && select->larg != NULL);
}

static bool begins_with_values(const PgQuery__SelectStmt *select)
{
    while (select->larg != NULL)
        select = select->larg;
    return select->n_values_lists > 0;
}

bool covet__brackets_of(const covet__parse *parse, const PgQuery__SelectStmt *select,
                        uint32_t *ret_first, uint32_t *ret_end)
{
    int low, high;
    if (!covet__extent_of(&select->base, &low, &high) ||
        (select->larg != NULL && begins_with_values(select)))
        return false;
    for (uint32_t i = covet__token_at(parse, low); i-- > 0;) {
        if (kind_at(parse, i) != TOKEN(ASCII_40) || !begins_query(select, kind_at(parse, i + 1)))
            continue;
        const uint32_t close = covet__closing(parse, i);
        if (close >= parse->token_count || (int)parse->tokens[close].start <= high) {
            if (select->larg == NULL)
                return false; /* (SELECT ...) LIMIT 1: what opens further out is another query's */
            continue;         /* a branch's */
        }
        *ret_first = i + 1;
        *ret_end = close;
        return true;
    }
    return false;
}

bool covet__branch_of(const covet__parse *parse, const PgQuery__SelectStmt *select,
                      uint32_t *ret_first, uint32_t *ret_end)
{
    covet__clauses c;
    if (select->with_clause != NULL || !covet__clauses_of(parse, select, &c))
        return false;
    *ret_first = c.select;
    *ret_end = c.end;
    return true;
}

/* ---- clauses --------------------------------------------------------------------------------- */

static bool is_set_operator(const covet__parse *parse, uint32_t i, uint32_t depth)
{
    return is_here(parse, i, depth, TOKEN(UNION)) || is_here(parse, i, depth, TOKEN(INTERSECT)) ||
           is_here(parse, i, depth, TOKEN(EXCEPT));
}

/* The token SELECT in front of the first item. */
static bool find_select(const covet__parse *parse, const PgQuery__SelectStmt *select,
                        covet__clauses *c)
{
    if (select->op != PG_QUERY__SET_OPERATION__SETOP_NONE || select->n_values_lists > 0 ||
        select->n_target_list == 0)
        return false;
    const int location = select->target_list[0]->res_target->location;
    const uint32_t first = covet__token_at(parse, location);
    if (location <= 0 || first >= parse->token_count)
        return false; /* TABLE x */
    c->list = first;
    c->depth = parse->tokens[first].depth;
    for (uint32_t i = first; i-- > 0;)
        if (is_here(parse, i, c->depth, TOKEN(SELECT))) {
            c->select = i;
            return true;
        }
    return false;
}

/* The number of the clause that begins at a token: 0 for none. */
static int clause_at(const covet__parse *parse, uint32_t i, uint32_t depth)
{
    const bool by = kind_at(parse, i + 1) == TOKEN(BY);
    if (is_here(parse, i, depth, TOKEN(FROM)))
        return kind_at(parse, i - 1) != TOKEN(DISTINCT) ? 1 : 0;
    if (is_here(parse, i, depth, TOKEN(WHERE)))
        return 2;
    if (is_here(parse, i, depth, TOKEN(GROUP_P)))
        return by ? 3 : 0; /* WITHIN GROUP ( */
    if (is_here(parse, i, depth, TOKEN(HAVING)))
        return 4;
    if (is_here(parse, i, depth, TOKEN(WINDOW)))
        return 5;
    if (is_here(parse, i, depth, TOKEN(ORDER)))
        return by ? 6 : 0;
    if (is_here(parse, i, depth, TOKEN(LIMIT)) || is_here(parse, i, depth, TOKEN(OFFSET)) ||
        is_here(parse, i, depth, TOKEN(FETCH)))
        return 7;
    return is_here(parse, i, depth, TOKEN(FOR)) ? 8 : 0;
}

bool covet__clauses_of(const covet__parse *parse, const PgQuery__SelectStmt *select,
                       covet__clauses *c)
{
    *c = (covet__clauses){0};
    if (!find_select(parse, select, c))
        return false;
    uint32_t at[9];
    uint32_t end = c->list;
    for (int k = 0; k < 9; k++)
        at[k] = UINT32_MAX;
    for (; end < parse->token_count && parse->tokens[end].depth >= c->depth &&
           !is_set_operator(parse, end, c->depth);
         end++) {
        const int k = clause_at(parse, end, c->depth);
        /* ORDER BY behind the last branch of UNION is the whole's. */
        const bool foreign =
            (k == 6 && select->n_sort_clause == 0) ||
            (k == 7 && select->limit_count == NULL && select->limit_offset == NULL) ||
            (k == 8 && select->n_locking_clause == 0);
        if (foreign)
            break;
        if (k > 0 && at[k] == UINT32_MAX)
            at[k] = end;
    }
    c->end = end;
    at[8] = COVET_MIN(at[8], end);
    for (int k = 7; k > 0; k--)
        at[k] = COVET_MIN(at[k], at[k + 1]);
    c->from = at[1];
    c->where = at[2];
    c->group = at[3];
    c->having = at[4];
    c->window = at[5];
    c->order = at[6];
    c->limit = at[7];
    return c->end > c->select;
}

/* ---- joins --------------------------------------------------------------------------------- */

/* What may follow a join's condition. LEFT and its like are also functions. */
static bool ends_condition(const covet__parse *parse, uint32_t i, uint32_t depth)
{
    static const int always[] = {TOKEN(JOIN), TOKEN(ON), TOKEN(USING), TOKEN(ASCII_44)};
    static const int joins[] = {TOKEN(LEFT),    TOKEN(RIGHT), TOKEN(FULL),
                                TOKEN(INNER_P), TOKEN(CROSS), TOKEN(NATURAL)};
    for (size_t k = 0; k < COVET_COUNT(always); k++)
        if (is_here(parse, i, depth, always[k]))
            return true;
    for (size_t k = 0; k < COVET_COUNT(joins); k++)
        if (is_here(parse, i, depth, joins[k]))
            return kind_at(parse, i + 1) != TOKEN(ASCII_40);
    /* IS DISTINCT FROM */
    return clause_at(parse, i, depth) > 1 || is_set_operator(parse, i, depth);
}

bool covet__on_of(const covet__parse *parse, const PgQuery__Node *quals, uint32_t *ret_first,
                  uint32_t *ret_end)
{
    int low, high;
    if (!covet__extent_of(&quals->base, &low, &high))
        return false;
    uint32_t first = covet__token_at(parse, low);
    while (first > 0 && kind_at(parse, first - 1) == TOKEN(ASCII_40))
        first--;
    if (first == 0 || kind_at(parse, first - 1) != TOKEN(ON))
        return false; /* something that has no place in the tree begins it */
    const uint32_t depth = parse->tokens[first - 1].depth;
    uint32_t end = first;
    while (end < parse->token_count && parse->tokens[end].depth >= depth &&
           !ends_condition(parse, end, depth))
        end++;
    *ret_first = first;
    *ret_end = end;
    return end > first && high < (int)parse->tokens[end - 1].end;
}
