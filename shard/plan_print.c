/*
 * shard/plan_print.c - a plan in words, and what is gathered for it below (shard/explain.h).
 *
 *     Scatter over 16 shards in 2 groups
 *       why      rows that meet have equal shard keys, so each shard answers for its own
 *       key      any "author" of "posts"
 *       merge    in order: "made" DESC NULLS FIRST (timestamp with time zone)
 *       limit    10, offset $1; each shard is asked for both together, as $2
 *       columns  "id" bigint, "title" text
 *       sent     to shard 1 ("app_s00001" in group g1), for example
 *                  SELECT ...
 *       ran      10 rows in 2.1 ms; 16 statements to 2 groups brought 160 rows
 */
#include <inttypes.h>
#include <string.h>

#include "core/mem.h"
#include "core/types.h"
#include "shard/explain.h"
#include "shard/plan_terms.h"

enum { TERMS_SHOWN = 8, WORTH_SAYING_USEC = 1000 };

/* ---- which shards ------------------------------------------------------------------------- */

/* The last range whose lo is not above the hash. */
static uint32_t locate(const covet__map *map, uint64_t hash)
{
    uint32_t low = 0, high = map->shard_count;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (map->shards[middle].lo <= hash)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* False: the value is not in the text. NULL is found nowhere, and adds nothing. */
static bool add_term(const covet__plan *plan, const covet__term *term, uint32_t key_type,
                     bool *wanted)
{
    uint64_t hash;
    bool is_null;
    if (term->kind == COVET__TERM_PARAM || term->kind == COVET__TERM_ANY ||
        term->kind == COVET__TERM_DEFAULT ||
        covet__term_hash(term, key_type, NULL, &hash, &is_null, NULL) != COVET_OK)
        return false;
    if (!is_null)
        wanted[locate(plan->map, hash)] = true;
    return true;
}

static bool add_terms(const covet__plan *plan, bool *wanted)
{
    const covet__facts *facts = plan->facts;
    bool known = true;
    if (plan->tier == COVET__TIER_ROUTE && plan->kind == COVET__STMT_INSERT) {
        for (uint32_t i = 0; i < facts->insert.row_count; i++)
            known &=
                add_term(plan, &facts->insert.rows[i].key, facts->insert.table->key_type, wanted);
    } else if (plan->tier == COVET__TIER_ROUTE) {
        known = add_term(plan, &facts->key, facts->key_type, wanted);
    } else {
        for (uint32_t i = 0; i < facts->pruned_count; i++)
            known &= covet__term_is_usable(&facts->pruned[i], facts->key_type, plan->param_types,
                                           plan->param_count) &&
                     add_term(plan, &facts->pruned[i], facts->key_type, wanted);
        known &= facts->pruned_count > 0;
    }
    return known;
}

bool covet__plan_shards(const covet__plan *plan, uint32_t *shards, uint32_t *ret_count)
{
    const uint32_t all = plan->map->shard_count;
    COVET_AUTO_FREE bool *wanted = covet__zalloc(all * sizeof *wanted + 1);
    const bool known = wanted != NULL && add_terms(plan, wanted);
    *ret_count = 0;
    for (uint32_t i = 0; i < all; i++)
        if (!known || wanted[i])
            shards[(*ret_count)++] = i;
    if (*ret_count == 0 && all > 0) /* no key at all: one shard says so */
        shards[(*ret_count)++] = 0;
    return known;
}

static uint32_t count_groups(const covet__plan *plan, const uint32_t *shards, uint32_t count)
{
    const covet__map *map = plan->map;
    uint32_t groups = 0;
    for (uint32_t group = 0; group < map->group_count; group++)
        for (uint32_t i = 0; i < count; i++)
            if (map->shards[shards[i]].group == group) {
                groups++;
                break;
            }
    return groups;
}

/* ---- pieces -------------------------------------------------------------------------------- */

void covet__term_print(const covet__term *term, covet__str *out)
{
    switch (term->kind) {
    case COVET__TERM_PARAM: covet__str_printf(out, "$%u", term->number); break;
    case COVET__TERM_ANY: covet__str_printf(out, "any element of $%u", term->number); break;
    case COVET__TERM_INT: covet__str_printf(out, "%" PRId64, term->i); break;
    case COVET__TERM_TEXT: covet__str_literal(out, term->text); break;
    case COVET__TERM_NULL: covet__str_add(out, "NULL"); break;
    case COVET__TERM_DEFAULT: covet__str_add(out, "an id from the catalog"); break;
    }
}

static void label(covet__str *out, const char *name) { covet__str_printf(out, "  %-9s", name); }

static const char *plural(uint32_t count) { return count == 1 ? "" : "s"; }

/* "column" of "table" */
static void put_key_name(const covet__map_table *table, covet__str *out)
{
    covet__str_ident(out, table->key_column);
    covet__str_add(out, " of ");
    covet__str_ident(out, table->name);
}

static void put_insert_key(const covet__insert *insert, covet__str *out)
{
    label(out, "key");
    put_key_name(insert->table, out);
    covet__str_add(out, " = ");
    for (uint32_t i = 0; i < insert->row_count && i < TERMS_SHOWN; i++) {
        if (i > 0)
            covet__str_add(out, ", ");
        covet__term_print(&insert->rows[i].key, out);
    }
    covet__str_printf(out, "%s\n", insert->row_count > TERMS_SHOWN ? ", ..." : "");
    for (uint32_t i = 0; i < insert->id_count; i++) {
        bool first = true;
        for (uint32_t j = 0; j < i; j++)
            first &= insert->ids[j].id != insert->ids[i].id;
        if (!first)
            continue;
        label(out, "ids");
        covet__str_ident(out, insert->ids[i].id->column);
        covet__str_add(out, " comes from the catalog\n");
    }
}

static void put_key(const covet__plan *plan, covet__str *out)
{
    const covet__facts *facts = plan->facts;
    if (plan->kind == COVET__STMT_INSERT) {
        put_insert_key(&facts->insert, out);
        return;
    }
    label(out, "key");
    if (plan->tier == COVET__TIER_SCATTER && facts->pruned_count == 0)
        covet__str_add(out, "any ");
    put_key_name(facts->first, out);
    if (plan->tier == COVET__TIER_ROUTE) {
        covet__str_add(out, " = ");
        covet__term_print(&facts->key, out);
    } else if (facts->pruned_count > 0) {
        covet__str_add(out, " is one of ");
        for (uint32_t i = 0; i < facts->pruned_count && i < TERMS_SHOWN; i++) {
            if (i > 0)
                covet__str_add(out, ", ");
            covet__term_print(&facts->pruned[i], out);
        }
        if (facts->pruned_count > TERMS_SHOWN)
            covet__str_printf(out, ", ... (%u in all)", facts->pruned_count);
    }
    covet__str_char(out, '\n');
}

/* ---- merging ------------------------------------------------------------------------------- */

const char *covet__combine_name(covet__combine_kind kind)
{
    static const char *const names[] = {
        [COVET__COMBINE_COUNT] = "count",     [COVET__COMBINE_SUM] = "sum",
        [COVET__COMBINE_AVG] = "avg",         [COVET__COMBINE_MIN] = "min",
        [COVET__COMBINE_MAX] = "max",         [COVET__COMBINE_BOOL_AND] = "bool_and",
        [COVET__COMBINE_BOOL_OR] = "bool_or", [COVET__COMBINE_BIT_AND] = "bit_and",
        [COVET__COMBINE_BIT_OR] = "bit_or"};
    return names[kind];
}

static void put_keys(const covet__plan *plan, covet__str *out)
{
    covet__str_add(out, "in order: ");
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const covet__merge_key *key = &plan->keys[i];
        if (i > 0)
            covet__str_add(out, ", ");
        covet__str_ident(out, plan->parts.names[key->column]);
        covet__str_printf(out, " %s NULLS %s (%s%s)", key->order.descending ? "DESC" : "ASC",
                          key->order.nulls_first ? "FIRST" : "LAST", covet__type_name(key->type),
                          key->column >= plan->shown.column_count ? ", not shown" : "");
    }
    covet__str_char(out, '\n');
}

static void put_aggregates(const covet__plan *plan, covet__str *out)
{
    covet__str_add(out, "one row, combined of the shards' parts\n");
    for (uint32_t i = 0; i < plan->agg_count; i++) {
        const covet__merge_agg *agg = &plan->aggs[i];
        covet__str_printf(out, "  %-9s  ", "");
        covet__str_ident(out, plan->shown.names[i]);
        covet__str_printf(out, " = %s of part", covet__combine_name(agg->kind));
        for (uint32_t c = 0; c < agg->columns; c++)
            covet__str_printf(out, "%s %u (%s)", c > 0 ? "," : plural(agg->columns),
                              agg->column + c + 1,
                              covet__type_name(plan->parts.types[agg->column + c]));
        covet__str_char(out, '\n');
    }
}

static void put_limit(const covet__plan *plan, covet__str *out)
{
    const covet__facts *facts = plan->facts;
    if (!facts->limit.given && !facts->offset.given)
        return;
    label(out, "limit");
    if (facts->limit.given)
        covet__term_print(&facts->limit.term, out);
    else
        covet__str_add(out, "none");
    if (facts->offset.given) {
        covet__str_add(out, ", offset ");
        covet__term_print(&facts->offset.term, out);
    }
    if (plan->limit_param != 0)
        covet__str_printf(out, "; each shard is asked for %s as $%u",
                          facts->offset.given ? "both together," : "as many,", plan->limit_param);
    covet__str_char(out, '\n');
}

static void put_merge(const covet__plan *plan, covet__str *out)
{
    label(out, "merge");
    switch (plan->merge) {
    case COVET__MERGE_APPEND: covet__str_add(out, "one shard's rows after another's\n"); break;
    case COVET__MERGE_SORTED: put_keys(plan, out); break;
    case COVET__MERGE_AGGREGATE: put_aggregates(plan, out); break;
    }
    put_limit(plan, out);
}

/* ---- what is sent -------------------------------------------------------------------------- */

/* The statement's lines, below their heading. */
static void put_text(const char *text, covet__str *out)
{
    for (;;) {
        const size_t length = strcspn(text, "\n");
        covet__str_printf(out, "  %-9s  ", "");
        covet__str_bytes(out, text, length);
        covet__str_char(out, '\n');
        if (text[length] == '\0')
            return;
        text += length + 1;
    }
}

static void put_statement(covet__plan *plan, uint32_t shard, covet__str *out)
{
    const covet__sql *sql;
    covet_error err;
    if (covet__plan_statement(plan, shard, &sql, &err) == COVET_OK)
        put_text(sql->text, out);
    else
        put_text(err.message, out);
}

static void put_shard(covet__plan *plan, uint32_t shard, const char *more, covet__str *out)
{
    const covet__map *map = plan->map;
    label(out, "sent");
    covet__str_printf(out, "to shard %u (", map->shards[shard].id);
    covet__str_ident(out, map->shards[shard].schema);
    covet__str_printf(out, " in group %s)%s\n", map->groups[map->shards[shard].group].name, more);
    put_statement(plan, shard, out);
}

static void put_columns(const covet__plan *plan, covet__str *out)
{
    if (plan->shown.column_count == 0)
        return;
    label(out, "columns");
    for (uint32_t i = 0; i < plan->shown.column_count; i++) {
        if (i > 0)
            covet__str_add(out, ", ");
        covet__str_ident(out, plan->shown.names[i]);
        covet__str_printf(out, " %s", covet__type_name(plan->shown.types[i]));
    }
    covet__str_char(out, '\n');
}

static void put_why(const covet__plan *plan, covet__str *out)
{
    label(out, "why");
    covet__str_printf(out, "%s\n", plan->reason);
}

/* ---- what a run came to -------------------------------------------------------------------- */

static void put_msec(uint64_t usec, covet__str *out)
{
    covet__str_printf(out, "%" PRIu64 ".%" PRIu64 " ms", usec / 1000, usec % 1000 / 100);
}

static void put_rows(uint64_t rows, covet__str *out)
{
    covet__str_printf(out, "%" PRIu64 " row%s", rows, rows == 1 ? "" : "s");
}

static void put_bytes(uint64_t bytes, covet__str *out)
{
    if (bytes < 10 * 1024)
        covet__str_printf(out, "%" PRIu64 " bytes", bytes);
    else if (bytes < 10 * 1024 * 1024)
        covet__str_printf(out, "%" PRIu64 " kB", bytes / 1024);
    else
        covet__str_printf(out, "%" PRIu64 " MB", bytes / 1024 / 1024);
}

static void put_where(const covet__plan *plan, const covet__ran *ran, covet__str *out)
{
    if (plan->map != NULL && ran->group < plan->map->group_count)
        covet__str_printf(out, " in group %s", plan->map->groups[ran->group].name);
}

static void put_gathered(const covet__explained *x, covet__str *out)
{
    uint64_t rows = 0, bytes = 0;
    for (uint32_t i = 0; i < x->piece_count; i++) {
        rows += x->pieces[i].ran.rows;
        bytes += x->pieces[i].ran.bytes;
    }
    covet__str_add(out, ": ");
    put_msec(x->ran.gather_usec, out);
    covet__str_add(out, " to gather ");
    if (x->piece_count > 0) {
        put_rows(rows, out);
        covet__str_add(out, " (");
        put_bytes(bytes, out);
        covet__str_add(out, "), ");
    } else {
        covet__str_add(out, "rows, ");
    }
    put_msec(x->ran.usec - COVET_MIN(x->ran.usec, x->ran.gather_usec), out);
    covet__str_add(out, " for the query over them");
}

static void put_ran(const covet__explained *x, covet__str *out)
{
    const covet__ran *ran = &x->ran;
    if (ran->began == 0)
        return;
    label(out, "planned");
    covet__str_add(out, "in ");
    put_msec(x->planned_usec, out);
    covet__str_char(out, '\n');
    label(out, "ran");
    put_rows(ran->rows, out);
    if (x->gather != NULL) {
        covet__str_add(out, " (");
        put_bytes(ran->bytes, out);
        covet__str_char(out, ')');
    }
    covet__str_add(out, " in ");
    put_msec(ran->usec, out);
    if (x->plan->tier == COVET__TIER_RESIDUAL)
        put_gathered(x, out);
    put_where(x->plan, ran, out);
    if (ran->connect_usec >= WORTH_SAYING_USEC) {
        covet__str_add(out, " (connected after ");
        put_msec(ran->connect_usec, out);
        covet__str_char(out, ')');
    }
    if (ran->parts > 0) {
        covet__str_printf(out, "; %u statement%s to %u group%s brought ", ran->parts,
                          plural(ran->parts), ran->groups, plural(ran->groups));
        put_rows(ran->part_rows, out);
    }
    covet__str_char(out, '\n');
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void print_over_shards(const covet__explained *x, bool all, covet__str *out)
{
    covet__plan *plan = x->plan;
    const covet__map *map = plan->map;
    COVET_AUTO_FREE uint32_t *shards = covet__alloc((map->shard_count + 1) * sizeof *shards);
    if (shards == NULL) {
        out->failed = true;
        return;
    }
    uint32_t count;
    const bool known = covet__plan_shards(plan, shards, &count);
    const bool routed = plan->tier == COVET__TIER_ROUTE;
    if (routed && known)
        covet__str_add(out, "Route to one shard\n");
    else if (routed)
        covet__str_printf(out, "Route to one of %u shards\n", map->shard_count);
    else
        covet__str_printf(out, "Scatter over %s%u shard%s in %u group%s\n",
                          plan->facts->pruned_count > 0 && !known ? "at most " : "", count,
                          plural(count), count_groups(plan, shards, count),
                          plural(count_groups(plan, shards, count)));
    put_why(plan, out);
    put_key(plan, out);
    if (!routed)
        put_merge(plan, out);
    if (x->gather == NULL)
        put_columns(plan, out);
    const uint32_t sent = all || count == 0 ? count : 1;
    for (uint32_t i = 0; i < sent; i++)
        put_shard(plan, shards[i], count > 1 && !all ? ", for example" : "", out);
}

/* Four columns further in than what it is gathered for. */
static void put_piece(const covet__explained *piece, bool all, covet__str *out)
{
    covet__str text = {0};
    covet__explained_print(piece, all, &text);
    out->failed |= !covet__str_ok(&text);
    for (size_t at = 0; at < text.length;) {
        const size_t length = strcspn(text.text + at, "\n") + 1;
        covet__str_add(out, "    ");
        covet__str_bytes(out, text.text + at, length);
        at += length;
    }
    covet__str_free(&text);
}

/* Rows that another gather has the keys of (shard/parse_keys.c). */
static void put_keyed(const covet__explained *x, uint32_t number, covet__str *out)
{
    const covet__gather *g = &x->plan->residual->gathers[number];
    const covet__explained *piece = number < x->piece_count ? &x->pieces[number] : NULL;
    if (g->keyed_text == NULL)
        return;
    covet__str_add(out, ", only rows that match ");
    covet__str_ident(out, x->plan->residual->gathers[g->keys_from].shown.names[g->keys_column]);
    covet__str_printf(out, " of gather %u ($%u)", g->keys_from + 1, g->param_count + 1);
    if (piece == NULL || piece->ran.began == 0)
        covet__str_add(out, ", unless those are too many");
    else if (!piece->keyed)
        covet__str_add(out, ": those were too many, so all rows");
}

static void put_gather(const covet__explained *x, uint32_t number, bool all, covet__str *out)
{
    const covet__gather *g = &x->plan->residual->gathers[number];
    label(out, "gather");
    covet__str_printf(out, "%u: %s%s", number + 1, g->why,
                      g->partial ? ", by each shard for its own rows" : "");
    put_keyed(x, number, out);
    for (uint32_t i = 0; i < g->param_count; i++)
        covet__str_printf(out, "%s$%u = $%u", i > 0 ? ", " : "; ", i + 1, g->params[i]);
    covet__str_char(out, '\n');
    if (number < x->piece_count && x->pieces[number].plan != NULL)
        put_piece(&x->pieces[number], all, out);
    else
        put_text(g->text, out);
}

static void print_residual(const covet__explained *x, bool all, covet__str *out)
{
    covet__plan *plan = x->plan;
    const covet__residual *r = plan->residual;
    if (r->at_home)
        covet__str_printf(out, "Gather, then answer in the home group, %s\n",
                          plan->map->groups[plan->map->home].name);
    else
        covet__str_printf(out, "Gather, then answer in any one of %u group%s\n",
                          plan->map->group_count, plural(plan->map->group_count));
    put_why(plan, out);
    label(out, "apart");
    covet__str_printf(out, "as one statement for the shards: %s\n", r->whole);
    for (uint32_t i = 0; i < r->gather_count; i++)
        put_gather(x, i, all, out);
    if (x->gather == NULL)
        put_columns(plan, out);
    label(out, "sent");
    covet__str_printf(out, "%s, with %s rows\n", r->at_home ? "home" : "to one group",
                      r->gather_count == 1 ? "the gather's" : "the gathers'");
    put_statement(plan, 0, out);
}

static void print_one_server(const covet__explained *x, covet__str *out)
{
    covet__plan *plan = x->plan;
    if (plan->tier == COVET__TIER_ONE)
        covet__str_add(out, "The one server\n");
    else if (plan->tier == COVET__TIER_HOME)
        covet__str_printf(out, "The home group, %s\n", plan->map->groups[plan->map->home].name);
    else
        covet__str_printf(out, "Any one of %u group%s\n", plan->map->group_count,
                          plural(plan->map->group_count));
    put_why(plan, out);
    if (x->gather == NULL)
        put_columns(plan, out);
    label(out, "sent");
    covet__str_printf(out, "%s\n",
                      plan->tier == COVET__TIER_ONE    ? "as it is"
                      : plan->tier == COVET__TIER_HOME ? "home"
                                                       : "to one group");
    put_statement(plan, 0, out);
}

void covet__explained_print(const covet__explained *x, bool all, covet__str *out)
{
    switch (x->plan->tier) {
    case COVET__TIER_ONE:
    case COVET__TIER_HOME:
    case COVET__TIER_ANYWHERE: print_one_server(x, out); break;
    case COVET__TIER_ROUTE:
    case COVET__TIER_SCATTER: print_over_shards(x, all, out); break;
    case COVET__TIER_RESIDUAL: print_residual(x, all, out); break;
    }
    put_ran(x, out);
}

void covet__plan_print(covet__plan *plan, bool all, covet__str *out)
{
    covet__explained_print(&(covet__explained){.plan = plan}, all, out);
}
