#include "fuzz/sql_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/result_parts.h"
#include "core/types.h"
#include "fuzz/sql_pieces.h"
#include "fuzz/sql_same.h"
#include "shard/group_sql.h"
#include "shard/utility.h"
#include "shard/views.h"
#include "support/world.h"

enum { PARAMS_MAX = 1000, PLACES_TRIED = 12 };

static char complaint[4000];

static COVET_PRINTF(1, 2) bool complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (complaint[0] == '\0')
        vsnprintf(complaint, sizeof complaint, format, args);
    va_end(args);
    return false;
}

/* C1 */
static bool is_decent(covet_status status, const covet_error *err, const char *step)
{
    if (status == COVET_OK)
        return true;
    if (status == COVET_EINTERNAL || strlen(err->sqlstate) != 5 || err->message[0] == '\0')
        return complain("%s: %s \"%s\" %s", step, covet_status_name(status), err->sqlstate,
                        err->message);
    return true;
}

/* ---- C2: places ----------------------------------------------------------------------------- */

static bool is_start(const char *text, uint32_t at)
{
    return ((unsigned char)text[at] & 0xC0) != 0x80;
}

static bool check_span(const covet__parse *parse, covet__span span, const char *what)
{
    return (span.start <= span.end && span.end <= parse->length &&
            is_start(parse->text, span.start) && is_start(parse->text, span.end)) ||
           complain("%s is at %u to %u of %zu", what, span.start, span.end, parse->length);
}

static bool check_inside(covet__span inner, covet__span outer, const char *what)
{
    return (inner.start >= outer.start && inner.end <= outer.end) ||
           complain("%s, %u to %u, is not within %u to %u", what, inner.start, inner.end,
                    outer.start, outer.end);
}

static bool check_tokens(const covet__parse *parse)
{
    uint32_t at = 0;
    bool good = true;
    for (uint32_t i = 0; i < parse->token_count && good; i++) {
        const covet__token *t = &parse->tokens[i];
        good = check_span(parse, (covet__span){t->start, t->end}, "a token") &&
               (t->start >= at || complain("token %u begins before the one before it ends", i));
        at = t->end;
    }
    return good;
}

static bool check_outline(const covet__parse *parse)
{
    const covet__outline *o = &parse->outline;
    bool good = true;
    for (uint32_t i = 0; i < o->name_count && good; i++)
        good = check_span(parse, (covet__span){o->names[i].start, o->names[i].end}, "a name");
    for (uint32_t i = 0; i < o->prefix_count && good; i++)
        good =
            check_span(parse, (covet__span){o->prefixes[i].start, o->prefixes[i].end}, "a prefix");
    return good;
}

static bool check_items(const covet__parse *parse, const covet__facts *f)
{
    bool good = check_span(parse, f->list, "the list");
    for (uint32_t i = 0; i < f->item_count && good; i++) {
        const covet__item *item = &f->items[i];
        good = check_span(parse, item->span, "an item") &&
               check_span(parse, item->expression, "an item's expression") &&
               check_inside(item->span, f->list, "an item") &&
               check_inside(item->expression, item->span, "an item's expression") &&
               (i == 0 || item->span.start >= f->items[i - 1].span.end ||
                complain("items %u and %u overlap", i, i + 1));
        if (good && item->agg != COVET__AGG_NONE)
            good = check_inside(item->function, item->expression, "an aggregate's name") &&
                   check_inside(item->arguments, item->expression, "an aggregate's argument") &&
                   check_span(parse, item->arguments, "an aggregate's argument");
    }
    return good;
}

static bool check_clauses(const covet__parse *parse, const covet__facts *f)
{
    bool good =
        check_span(parse, f->sort_span, "ORDER BY") && check_span(parse, f->limit_span, "LIMIT");
    for (uint32_t i = 0; i < f->sort_count && good; i++)
        good = check_span(parse, f->sorts[i].expression, "a key of ORDER BY") &&
               check_inside(f->sorts[i].expression, f->sort_span, "a key of ORDER BY");
    if (good && f->sort_count > 0 && f->limit_span.end > 0)
        good = f->sort_span.end <= f->limit_span.start || complain("LIMIT is before ORDER BY");
    for (uint32_t i = 0; i < f->insert.id_count && good; i++)
        good = check_span(parse, f->insert.ids[i].span, "a place for an id");
    return good && check_span(parse, f->insert.columns, "the list of columns");
}

typedef struct pieces {
    const char *text;
    size_t length, at;
} pieces;

static covet_status on_piece(void *user, size_t start, size_t length, covet_error *err)
{
    pieces *p = user;
    (void)err;
    if (start < p->at || length > p->length || start > p->length - length)
        complain("a statement of the script is at %zu, %zu bytes of %zu", start, length, p->length);
    p->at = start + length;
    return COVET_OK;
}

static bool check_split(const char *text, size_t length)
{
    pieces p = {.text = text, .length = strnlen(text, length)};
    covet_error err;
    const covet_status status = covet__parse_split(text, on_piece, &p, &err);
    return is_decent(status, &err, "split") && complaint[0] == '\0';
}

/* ---- C3: what is sent ---------------------------------------------------------------------- */

static bool check_names(const covet__parse *sent, const covet__plan *plan, uint32_t shard)
{
    const covet__map *map = plan->map;
    char reference[80];
    snprintf(reference, sizeof reference, "%s_reference", map->prefix);
    for (uint32_t i = 0; i < sent->outline.name_count; i++) {
        const covet__name *name = &sent->outline.names[i];
        const char *schema = name->schema != NULL ? name->schema : "";
        if (!name->is_cte && strcmp(schema, map->shards[shard].schema) != 0 &&
            strcmp(schema, reference) != 0)
            return complain("%s is sent to a shard: %s", name->name, sent->text);
    }
    return true;
}

/* An error's place in what was sent has one in the application's text, in the same order. */
static bool check_positions(const covet__parse *was, const covet__plan *plan, const char *schema,
                            const char *sent)
{
    const size_t length = strlen(sent), step = length / PLACES_TRIED + 1;
    int32_t last = 1;
    for (size_t at = 1; at <= length + 1; at += step) {
        const int32_t p = covet__edits_position(&plan->edits, plan->map, schema, (int32_t)at);
        if (p < last || p > (int32_t)was->length + 1)
            return complain("character %zu of %s is said to be %" PRId32 " of the text", at, sent,
                            p);
        last = p;
    }
    return true;
}

static bool check_sent(const covet__parse *was, covet__plan *plan, uint32_t shard)
{
    const covet__sql *sql = NULL;
    covet__parse *sent = NULL;
    covet_error err;
    if (covet__plan_statement(plan, shard, &sql, &err) != COVET_OK)
        return complain("there is no statement: %s", err.message);
    const covet_status status = covet__parse_new(sql->text, strlen(sql->text), &sent, &err);
    if (status != COVET_OK)
        return strcmp(err.sqlstate, "54001") == 0 ||
               complain("it is sent: %s\nwhich does not parse: %s", sql->text, err.message);
    const bool over_shards = plan->tier == COVET__TIER_ROUTE || plan->tier == COVET__TIER_SCATTER;
    bool good = (sent->outline.kind == was->outline.kind &&
                 sent->outline.param_max <= sql->nparams && sql->nparams == plan->sent_count) ||
                complain("it is sent, with %u parameters: %s", sql->nparams, sql->text);
    good = good && (!over_shards || check_names(sent, plan, shard));
    const char *where = good ? sql_same(was, sent, plan, shard) : NULL;
    if (where != NULL)
        good = complain("it is sent: %s\nwhich means another thing: %s", sql->text, where);
    if (good && plan->map != NULL)
        good = check_positions(was, plan, plan->map->shards[shard].schema, sql->text);
    covet__parse_free(sent);
    return good;
}

/* Shards of one group in one statement. */
static bool check_group(covet__plan *plan)
{
    static const uint32_t both[] = {0, 1};
    covet_op op = {.plan = plan, .arena = plan->arena};
    const covet__sql *sql = NULL;
    covet__parse *sent = NULL;
    covet_error err;
    if (plan->tier != COVET__TIER_SCATTER || plan->merge == COVET__MERGE_AGGREGATE)
        return true;
    if (covet__group_statement(&op, both, COVET_COUNT(both), &sql, &err) != COVET_OK)
        return complain("there is no statement for a group: %s", err.message);
    const covet_status status = covet__parse_new(sql->text, strlen(sql->text), &sent, &err);
    const bool good = status == COVET_OK ? sent->outline.param_max <= sql->nparams
                                         : strcmp(err.sqlstate, "54001") == 0;
    covet__parse_free(sent);
    return good ||
           complain("a group is sent: %s\nwhich does not parse: %s", sql->text, err.message);
}

/* ---- plans ---------------------------------------------------------------------------------- */

/* What a shard would say of its part: the columns shown, those that avg is made of, and
 * those of ORDER BY that are not shown. */
static covet__description describe_parts(const covet__plan *plan)
{
    uint32_t count = plan->shown.column_count;
    for (uint32_t i = 0; i < plan->agg_count; i++)
        count += plan->aggs[i].columns - 1;
    count += plan->merge == COVET__MERGE_SORTED ? plan->key_count : 0;
    uint32_t *types = covet_arena_alloc(plan->arena, (count + 1) * sizeof *types);
    const char **names = covet_arena_alloc(plan->arena, (count + 1) * sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        types[i] = COVET__INT8;
        names[i] = "part";
    }
    for (uint32_t i = 0; i < plan->agg_count; i++)
        if (plan->aggs[i].kind == COVET__COMBINE_BOOL_AND ||
            plan->aggs[i].kind == COVET__COMBINE_BOOL_OR)
            types[plan->aggs[i].column] = COVET__BOOL;
    return (covet__description){.names = names,
                                .types = types,
                                .param_types = plan->param_types,
                                .param_count = plan->sent_count,
                                .column_count = count,
                                .known = true};
}

static bool check_printed(covet__plan *plan)
{
    covet__str out = {0};
    covet__plan_print(plan, true, &out);
    const bool good = covet__str_ok(&out) && out.length > 0;
    covet__str_free(&out);
    return good || complain("the plan is not printed");
}

/* `text` is the parse's, whose tree the planner drops: it plans one of its own. */
static bool plan_again(const char *text, size_t length, const covet__map *map,
                       covet__plan **ret_plan, covet_error *err, covet_status *ret_status)
{
    covet__parse *parse = NULL;
    covet__schema schema;
    covet__facts *facts = NULL;
    static const covet__map nothing = {0};
    bool unfinished = false;
    covet_status status = covet__parse_new(text, length, &parse, err);
    if (status == COVET_OK) {
        world_schema(parse, &schema);
        facts = covet_arena_alloc(parse->arena, sizeof *facts);
        *facts = (covet__facts){.opaque = true};
        if (parse->outline.kind != COVET__STMT_UTILITY)
            status = covet__facts_build(parse, map != NULL ? map : &nothing, &schema, facts, err);
        if (map == NULL && status == COVET_EUNSUPPORTED) {
            *facts = (covet__facts){.opaque = true};
            status = COVET_OK;
        }
        if (status != COVET_OK)
            covet__parse_free(parse);
        else if (!check_items(parse, facts) || !check_clauses(parse, facts)) {
            covet__parse_free(parse);
            return false;
        }
    }
    if (status == COVET_OK) {
        const covet__description described = world_describe(parse, facts);
        status = covet__plan_decide(parse, facts, map, &described, ret_plan, &unfinished, err);
    }
    if (status == COVET_OK && unfinished) {
        const covet__description parts = describe_parts(*ret_plan);
        status = covet__plan_finish(*ret_plan, &parts, err);
    }
    *ret_status = status;
    return is_decent(status, err, "plan");
}

/* What is decided, in one number, to be compared. */
static int verdict_of(covet_status status, const covet__plan *plan)
{
    if (status != COVET_OK)
        return (int)status;
    return 1 + (int)plan->tier + 10 * (int)plan->merge + 100 * (int)plan->edits.count +
           100000 * (int)plan->facts->pruned_count;
}

/* C4: but for what stands behind the statement's last word. */
static bool check_one_server(const covet__parse *parse)
{
    covet__plan *plan = NULL;
    covet_error err = {0};
    covet_status status = COVET_OK;
    bool good = plan_again(parse->text, parse->length, NULL, &plan, &err, &status);
    if (good && status == COVET_OK) {
        const covet__sql *sql = NULL;
        good = covet__plan_statement(plan, 0, &sql, &err) == COVET_OK &&
               strncmp(sql->text, parse->text, strlen(sql->text)) == 0;
        good = good ? check_sent(parse, plan, 0) && check_printed(plan)
                    : complain("another text is sent to the one server");
    }
    covet__plan_unref(plan);
    return good;
}

static bool is_wordly(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (c & 0x80) != 0;
}

/* Two words that need nothing between them: 'x'FROM, f(, ), */
static bool may_touch(const covet__parse *parse, uint32_t i)
{
    const char last = parse->text[parse->tokens[i].end - 1];
    const char next = parse->text[parse->tokens[i + 1].start];
    return (strchr("'\")],", last) != NULL && is_wordly(next)) || strchr("()[],", next) != NULL;
}

/* The same words, with other blanks between them, or as few as may be. */
static char *respaced(const covet__parse *parse, bool dense)
{
    covet__str out = {0};
    for (uint32_t i = 0; i < parse->token_count; i++) {
        const covet__token *t = &parse->tokens[i];
        const bool touches = dense && i > 0 && may_touch(parse, i - 1);
        const char *wide = i % 3 == 0 ? "\n" : i % 3 == 1 ? " " : "\t/* , ) */ ";
        covet__str_add(&out, touches ? "" : dense ? " " : wide);
        covet__str_bytes(&out, parse->text + t->start, t->end - t->start);
    }
    return covet__str_take(&out);
}

/* C6 */
static bool check_blanks(const covet__parse *parse, int verdict, const covet_error *why, bool dense)
{
    COVET_AUTO_FREE char *text = respaced(parse, dense);
    covet__parse *again = NULL;
    covet__plan *plan = NULL;
    covet_error err = {0};
    covet_status status = COVET_OK;
    bool good = plan_again(text, strlen(text), world, &plan, &err, &status);
    if (good && verdict_of(status, plan) != verdict)
        good = complain("with other blanks, %s\nit is %d (%s), not %d (%s)", text,
                        verdict_of(status, plan), err.message, verdict, why->message);
    if (good && plan != NULL && covet__parse_new(text, strlen(text), &again, &err) == COVET_OK)
        good = check_sent(again, plan, 0) && (status != COVET_OK || check_group(plan));
    covet__parse_free(again);
    covet__plan_unref(plan);
    return good;
}

static bool check_plan(const covet__parse *parse)
{
    covet__plan *plan = NULL;
    covet_error err = {0};
    covet_status status = COVET_OK;
    bool good = plan_again(parse->text, parse->length, world, &plan, &err, &status);
    for (uint32_t shard = 0; good && plan != NULL && shard < world->shard_count; shard++)
        good = check_sent(parse, plan, shard);
    good = good && (status != COVET_OK || (check_printed(plan) && check_group(plan)));
    good = good && check_blanks(parse, verdict_of(status, plan), &err, false) &&
           check_blanks(parse, verdict_of(status, plan), &err, true);
    covet__plan_unref(plan);
    return good;
}

/* ---- C7: views ----------------------------------------------------------------------------- */

static bool check_expanded(const covet__parse *was, const char *text)
{
    covet__parse *parse = NULL;
    covet_error err;
    const covet_status status = covet__parse_new(text, strlen(text), &parse, &err);
    if (status != COVET_OK)
        return strcmp(err.sqlstate, "54001") == 0 ||
               complain("with its views it is: %s\nwhich does not parse: %s", text, err.message);
    const char *where = sql_same_expanded(was, parse);
    const bool good =
        where == NULL
            ? check_plan(parse)
            : complain("with its views it is: %s\nwhich means another thing: %s", text, where);
    covet__parse_free(parse);
    return good;
}

static bool check_views(const covet__parse *parse)
{
    covet__edits edits;
    covet_result rows;
    covet_error err = {0};
    covet__str text = {0};
    if (!covet__views_may_be(parse, world))
        return true;
    world_views(parse, &rows);
    const covet_status status = covet__views_expand(parse, world, &rows, &edits, &err);
    covet__result_clear(&rows);
    bool good = is_decent(status, &err, "views");
    if (good && status == COVET_OK && edits.count > 0) {
        covet__edits_apply(&edits, NULL, "", &text);
        good = check_expanded(parse, covet__str_text(&text));
        covet__str_free(&text);
    }
    return good;
}

/* C8 */
static bool check_pieces(const covet__parse *parse)
{
    COVET_AUTO_FREE char *wide = respaced(parse, false);
    COVET_AUTO_FREE char *dense = respaced(parse, true);
    const char *const texts[] = {wide, dense};
    const char *why = sql_pieces(parse, texts, COVET_COUNT(texts));
    return why == NULL || complain("%s", why);
}

/* ---- C5: DDL and COPY ---------------------------------------------------------------------- */

static bool check_parses(const char *text, const char *what)
{
    covet__parse *parse = NULL;
    covet_error err;
    const bool good = text[0] == '\0' ||
                      covet__parse_new(text, strlen(text), &parse, &err) == COVET_OK ||
                      strcmp(err.sqlstate, "54001") == 0 ||
                      complain("%s: %s\nwhich does not parse: %s", what, text, err.message);
    covet__parse_free(parse);
    return good;
}

static bool check_spread(const covet__spread *spread)
{
    bool good = true;
    for (int place = COVET__SPREAD_SHARD; place <= COVET__SPREAD_SHELL && good; place++) {
        covet__str out = {0};
        covet__spread_print(spread, (covet__spread_place)place, "a \"b\"", &out);
        good = covet__str_ok(&out) && check_parses(covet__str_text(&out), "it is spread as");
        covet__str_free(&out);
    }
    return good;
}

static bool check_copy(const covet__parse *parse, const covet__copy_plan *copy)
{
    covet__str out = {0};
    if (!check_span(parse, copy->query, "COPY's query"))
        return false;
    covet__str_add(&out, "COPY ");
    if (copy->query.end > 0)
        covet__str_bytes(&out, parse->text + copy->query.start,
                         copy->query.end - copy->query.start);
    bool good = copy->query.end == 0 || check_parses(covet__str_text(&out) + 5, "COPY's query");
    covet__str_clear(&out);
    covet__str_printf(&out, "COPY x %s", copy->from ? "FROM STDIN" : "TO STDOUT");
    if (copy->table != NULL || copy->query.end > 0)
        covet__copy_print_format(copy, true, &out);
    good = good && check_parses(covet__str_text(&out), "COPY is sent as");
    covet__str_free(&out);
    return good;
}

static bool check_utility(const covet__parse *parse, const covet__map *map)
{
    covet__utility utility;
    covet_error err = {0};
    const covet_status status = covet__utility_decide(parse, map, &utility, &err);
    if (!is_decent(status, &err, "utility"))
        return false;
    if (status != COVET_OK)
        return true;
    if (parse->outline.kind != COVET__STMT_UTILITY && utility.kind != COVET__UTILITY_NONE)
        return complain("a query is taken for %s", utility.tag);
    if (utility.kind == COVET__UTILITY_SPREAD)
        return check_spread(&utility.spread);
    return utility.kind != COVET__UTILITY_COPY || check_copy(parse, &utility.copy);
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* What the library leaves to the tools, or what names a table of the map. */
static bool is_planned(const covet__parse *parse)
{
    const covet__outline *o = &parse->outline;
    if (o->param_max > PARAMS_MAX) /* a server has no room for them */
        return false;
    for (uint32_t i = 0; o->kind == COVET__STMT_UTILITY && i < o->name_count; i++)
        if (covet__map_find_table(world, o->names[i].schema, o->names[i].name) != NULL)
            return false;
    return true;
}

const char *sql_check(const char *text, size_t length)
{
    covet__parse *parse = NULL;
    covet_error err = {0};
    char *copy = malloc(length + 1); /* of that size, for the sanitizers */
    complaint[0] = '\0';
    if (copy == NULL)
        abort();
    memcpy(copy, text, length);
    copy[length] = '\0';
    bool good = check_split(copy, length);
    const covet_status status = covet__parse_new(copy, length, &parse, &err);
    free(copy);
    good = good && is_decent(status, &err, "parse");
    if (good && status == COVET_OK)
        good = check_tokens(parse) && check_outline(parse) && check_utility(parse, world) &&
               check_utility(parse, NULL) &&
               (!is_planned(parse) || (check_one_server(parse) && check_plan(parse) &&
                                       check_views(parse) && check_pieces(parse)));
    covet__parse_free(parse);
    if (!good && complaint[0] == '\0')
        complain("something is wrong, and is not said");
    return good ? NULL : complaint;
}
