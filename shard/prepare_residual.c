/*
 * shard/prepare_residual.c - plans a statement that cannot be planned whole
 * (shard/residual.h).
 *
 *   parse again -> take apart -> [ description of each gather ] -> [ names of types ] -> plan
 *
 * The pieces are described by the server that described the whole. Where that one refuses a
 * piece, the next way of taking apart is tried, and at last the statement is refused for the
 * reason that it could not be planned whole.
 */
#include <string.h>

#include "core/pqerror.h"
#include "core/types.h"
#include "shard/prepare_impl.h"

static covet_status no_memory(covet_error *err)
{
    return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* The gather's text as that server has to have it. */
static covet_status gather_text(covet__prepare *p, const covet__gather *gather, char **ret_text,
                                covet_error *err)
{
    covet__parse *parse = NULL;
    COVET_TRY(covet__parse_new(gather->text, strlen(gather->text), &parse, err));
    *ret_text = covet__prepare_text(p, parse, err);
    covet__parse_free(parse);
    return *ret_text != NULL ? COVET_OK : no_memory(err);
}

static covet_status ask_gathers(covet__prepare *p, covet_error *err)
{
    const uint32_t count = p->residual->gather_count;
    p->gathers = covet_arena_alloc(p->arena, count * sizeof *p->gathers);
    if (p->gathers == NULL)
        return no_memory(err);
    memset(p->gathers, 0, count * sizeof *p->gathers);
    for (uint32_t i = 0; i < count; i++) {
        covet__question *q = &p->gathers[i];
        COVET_TRY(gather_text(p, &p->residual->gathers[i], &q->text, err));
        p->gather_count = i + 1;
        q->sql = (covet__sql){.text = q->text};
        q->req.describe = true;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!covet__prepare_ask(p, &p->gathers[i]))
            return covet__fail(err, COVET_ECONNLOST,
                               "the connection broke while the statement was planned");
    return COVET_OK;
}

static covet_status build(covet__prepare *p, covet_error *err)
{
    COVET_TRY(covet__parse_new(p->text, p->text_length, &p->parse, err));
    covet_arena *arena = p->parse->arena;
    covet__residual *residual = covet_arena_alloc(arena, sizeof *residual);
    p->facts = covet_arena_alloc(arena, sizeof *p->facts);
    if (residual == NULL || p->facts == NULL)
        return no_memory(err);
    COVET_TRY(covet__description_take(p->description.req.result, arena, &p->described, err));
    const covet__residual_opts opts = {.described = &p->described,
                                       .level = p->level,
                                       .casts = p->casts};
    COVET_TRY(covet__residual_build(p->parse, p->map, p->schema, &opts, p->facts, residual, err));
    residual->whole = covet_arena_copy(arena, p->whole.message, strlen(p->whole.message));
    if (residual->whole == NULL)
        return no_memory(err);
    p->residual = residual;
    return ask_gathers(p, err);
}

static void start(covet__prepare *p)
{
    covet_error err;
    const covet_status status = build(p, &err);
    const bool apart = p->residual == NULL && p->facts != NULL && p->facts->distributed > 0 &&
                       p->parse->outline.kind == COVET__STMT_SELECT;
    if (status != COVET_OK)
        covet__prepare_fail(p, status == COVET_EUNSUPPORTED && !apart ? &p->whole : &err);
}

void covet__prepare_residual(covet__prepare *p, const covet_error *why)
{
    p->whole = *why;
    if (p->map == NULL || p->stmt->partial || p->schema == NULL || p->parse != NULL) {
        covet__prepare_fail(p, why);
        return;
    }
    covet__plan_unref(COVET_TAKE(p->plan));
    start(p);
}

/* Once more, with less left to the shards. */
static void start_over(covet__prepare *p)
{
    p->residual = NULL;
    p->facts = NULL; /* the parse's */
    for (uint32_t i = 0; i < p->gather_count; i++)
        covet__prepare_drop_question(p, &p->gathers[i]);
    covet__prepare_drop_question(p, &p->types);
    p->gather_count = 0;
    p->open = 0;
    covet__parse_free(COVET_TAKE(p->parse));
    start(p);
}

void covet__prepare_refused(covet__prepare *p)
{
    if (p->level == COVET__RESIDUAL_TABLES) {
        covet__prepare_fail(p, &p->whole);
        return;
    }
    p->level++;
    start_over(p);
}

/* ---- answers --------------------------------------------------------------------------------- */

static covet_status take_descriptions(covet__prepare *p, covet_error *err)
{
    for (uint32_t i = 0; i < p->residual->gather_count; i++)
        COVET_TRY(covet__description_take(p->gathers[i].req.result, p->parse->arena,
                                          &p->residual->gathers[i].shown, err));
    covet__residual_keys(p->residual);
    return COVET_OK;
}

/* A sum of float4 has lost the digits that an average of it needs. */
static bool loses_digits(const covet__residual *residual)
{
    for (uint32_t i = 0; i < residual->gather_count; i++) {
        const covet__gather *g = &residual->gathers[i];
        for (uint32_t c = 0; g->sums != NULL && c < g->shown.column_count; c++)
            if (g->sums[c] && g->shown.types[c] == COVET__FLOAT4)
                return true;
    }
    return false;
}

/* ---- types of parameters --------------------------------------------------------------------- */

/* As it is written; NULL for one that is not known here. */
static const char *name_of(uint32_t type)
{
    static const struct {
        uint32_t oid;
        const char *name;
    } names[] = {{COVET__BOOL, "pg_catalog.bool"},
                 {COVET__INT2, "pg_catalog.int2"},
                 {COVET__INT4, "pg_catalog.int4"},
                 {COVET__INT8, "pg_catalog.int8"},
                 {COVET__FLOAT4, "pg_catalog.float4"},
                 {COVET__FLOAT8, "pg_catalog.float8"},
                 {COVET__NUMERIC, "pg_catalog.numeric"},
                 {COVET__TEXT, "pg_catalog.text"},
                 {COVET__VARCHAR, "pg_catalog.varchar"},
                 {COVET__BPCHAR, "pg_catalog.bpchar"},
                 {COVET__NAME, "pg_catalog.name"},
                 {COVET__BYTEA, "pg_catalog.bytea"},
                 {COVET__DATE, "pg_catalog.date"},
                 {COVET__TIME, "pg_catalog.time"},
                 {COVET__TIMESTAMP, "pg_catalog.timestamp"},
                 {COVET__TIMESTAMPTZ, "pg_catalog.timestamptz"},
                 {COVET__INTERVAL, "pg_catalog.interval"},
                 {COVET__UUID, "pg_catalog.uuid"},
                 {COVET__JSON, "pg_catalog.json"},
                 {COVET__JSONB, "pg_catalog.jsonb"},
                 /* of ANY ($1) */
                 {1000, "pg_catalog.bool[]"},
                 {1005, "pg_catalog.int2[]"},
                 {1007, "pg_catalog.int4[]"},
                 {1016, "pg_catalog.int8[]"},
                 {1021, "pg_catalog.float4[]"},
                 {1022, "pg_catalog.float8[]"},
                 {1231, "pg_catalog.numeric[]"},
                 {1009, "pg_catalog.text[]"},
                 {1015, "pg_catalog.varchar[]"},
                 {1014, "pg_catalog.bpchar[]"},
                 {1182, "pg_catalog.date[]"},
                 {1115, "pg_catalog.timestamp[]"},
                 {1185, "pg_catalog.timestamptz[]"},
                 {2951, "pg_catalog.uuid[]"}};
    for (size_t i = 0; i < COVET_COUNT(names); i++)
        if (names[i].oid == type)
            return names[i].name;
    return NULL;
}

/* A parameter has the type of the place where it stands first, which may be in another piece:
 * "day = $1 AND moment > $1" compares both with a date. False: one cannot be given its type. */
static bool types_agree(covet__prepare *p, bool *ret_changed)
{
    for (uint32_t i = 0; i < p->residual->gather_count; i++) {
        const covet__gather *g = &p->residual->gathers[i];
        for (uint32_t k = 0; k < g->param_count && k < g->shown.param_count; k++) {
            const uint32_t at = g->params[k] - 1;
            const uint32_t type = p->described.param_types[at];
            if (g->shown.param_types[k] == type)
                continue;
            if (p->casts[at] != NULL || name_of(type) == NULL)
                return false;
            p->casts[at] = name_of(type);
            *ret_changed = true;
        }
    }
    return true;
}

static bool make_casts(covet__prepare *p)
{
    const size_t size = (p->described.param_count + 1) * sizeof *p->casts;
    if (p->casts == NULL) {
        p->casts = covet_arena_alloc(p->arena, size);
        if (p->casts != NULL)
            memset(p->casts, 0, size);
    }
    return p->casts != NULL;
}

/* Once more with the types written out; false: it goes on with what there is. */
static bool start_over_typed(covet__prepare *p)
{
    covet_error err;
    bool changed = false;
    if (!make_casts(p)) {
        (void)no_memory(&err);
        covet__prepare_fail(p, &err);
        return true;
    }
    if (!types_agree(p, &changed)) {
        covet__prepare_refused(p);
        return true;
    }
    if (changed)
        start_over(p);
    return changed;
}

/* {23,25}: the types of all columns, gather by gather. */
static covet_status ask_types(covet__prepare *p, covet_error *err)
{
    covet__str out = COVET__STR_IN(p->arena);
    bool any = false;
    covet__str_char(&out, '{');
    for (uint32_t i = 0; i < p->residual->gather_count; i++) {
        const covet__description *shown = &p->residual->gathers[i].shown;
        for (uint32_t c = 0; c < shown->column_count; c++) {
            covet__str_printf(&out, "%s%u", any ? "," : "", shown->types[c]);
            any = true;
        }
    }
    covet__str_char(&out, '}');
    p->types.value = covet__str_take(&out);
    p->types.sql = (covet__sql){.text = covet__residual_types_sql, .nparams = 1, .read_only = true};
    if (p->types.value == NULL)
        return no_memory(err);
    if (!covet__prepare_ask(p, &p->types))
        return covet__fail(err, COVET_ECONNLOST,
                           "the connection broke while the statement was planned");
    return COVET_OK;
}

static covet_status take_types(covet__prepare *p, covet_error *err)
{
    covet_result rows;
    size_t row = 0;
    covet__result_single(&rows, p->types.req.result);
    for (uint32_t i = 0; i < p->residual->gather_count; i++) {
        covet__gather *g = &p->residual->gathers[i];
        covet__type_info *types =
            covet_arena_alloc(p->parse->arena, (g->shown.column_count + 1) * sizeof *types);
        if (types == NULL)
            return no_memory(err);
        for (uint32_t c = 0; c < g->shown.column_count; c++, row++) {
            const char *name = covet_result_text(&rows, row, 0);
            const char *as_text = covet_result_text(&rows, row, 1);
            const char *row_type = covet_result_text(&rows, row, 2);
            if (name == NULL || as_text == NULL)
                return covet__fail(err, COVET_EINTERNAL, "plan: a type has no name");
            types[c] =
                (covet__type_info){.name = covet_arena_copy(p->parse->arena, name, strlen(name)),
                                   .as_text = as_text[0] == 't',
                                   .is_row = row_type != NULL && row_type[0] == 't'};
            if (types[c].name == NULL)
                return no_memory(err);
        }
        g->types = types;
    }
    return COVET_OK;
}

/* Rows cannot be read again from their text, except those of tables' own composite columns. */
static bool has_rows(const covet__residual *residual)
{
    for (uint32_t i = 0; i < residual->gather_count; i++)
        for (uint32_t c = 0; c < residual->gathers[i].shown.column_count; c++)
            if (residual->gathers[i].types[c].is_row)
                return true;
    return false;
}

static void finish(covet__prepare *p)
{
    covet_error err;
    covet_status status = take_types(p, &err);
    if (status == COVET_OK && has_rows(p->residual)) {
        covet__prepare_refused(p);
        return;
    }
    if (status == COVET_OK)
        status = covet__plan_residual(COVET_TAKE(p->parse), p->facts, p->map, &p->described,
                                      p->residual, &p->plan, &err);
    if (status == COVET_OK)
        covet__prepare_succeed(p);
    else if (status == COVET_EUNSUPPORTED)
        covet__prepare_refused(p); /* something distributed is left */
    else
        covet__prepare_fail(p, &err);
}

void covet__prepare_pieces(covet__prepare *p)
{
    covet_error err;
    if (p->types.asked) {
        finish(p);
        return;
    }
    covet_status status = take_descriptions(p, &err);
    if (status == COVET_OK && loses_digits(p->residual)) {
        p->level = COVET__RESIDUAL_ROWS;
        start_over(p);
        return;
    }
    if (status == COVET_OK && start_over_typed(p))
        return;
    if (status == COVET_OK)
        status = ask_types(p, &err);
    if (status != COVET_OK)
        covet__prepare_fail(p, &err);
}
