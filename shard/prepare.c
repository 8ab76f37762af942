/*
 * shard/prepare.c - plans a statement: parses it, asks a server what it needs to know,
 * decides (shard/plan.h).
 *
 *   parse -> connection -> [ views ] -> [ columns | functions | description ] -> decide
 *                ^ with their queries |     one round trip, pipelined              |
 *                +--------------------+                                            |
 *                                      plan <- finish <- description of the parts (SCATTER
 *                                                        with other columns only)
 *
 * Any group can answer for tables that are on all of them, so planning goes on while the
 * home group is down; local tables are known at home alone. Operations that want the
 * same statement wait for the same preparation.
 */
#include <string.h>

#include "core/pqerror.h"
#include "core/types.h"
#include "shard/near.h"
#include "shard/prepare_impl.h"
#include "shard/utility.h"
#include "shard/views.h"

enum { SECOND_TRIES = 2 }; /* after every group has been asked once: its connection may be new */

typedef covet__question question;
typedef covet__prepare prepare;

static void ask_server(prepare *p);
static const char *schema_of(const prepare *p);

/* ---- ending -------------------------------------------------------------------------------- */

static void clear_question(question *q)
{
    PQclear(q->req.result);
    covet__free(q->text);
    *q = (question){.prepare = q->prepare};
}

void covet__prepare_drop_question(prepare *p, question *q)
{
    if (q->asked && !q->answered && p->granted)
        covet__slot_forget(p->want.slot, &q->req);
    clear_question(q);
}

static void clear_questions(prepare *p)
{
    question *const all[] = {&p->views, &p->relations, &p->functions, &p->description,
                             &p->parts, &p->tables,    &p->types};
    for (size_t i = 0; i < COVET_COUNT(all); i++)
        covet__prepare_drop_question(p, all[i]);
    for (uint32_t i = 0; i < p->gather_count; i++)
        covet__prepare_drop_question(p, &p->gathers[i]);
    p->gather_count = 0;
    p->open = 0;
}

static void release_slot(prepare *p, bool usable)
{
    if (!p->granted && p->want.pool != NULL)
        covet__pool_unwant(&p->want);
    if (p->granted)
        covet__slot_release(p->want.slot, usable ? COVET__RELEASE_KEEP : COVET__RELEASE_CANCEL);
    p->granted = false;
    p->want.pool = NULL;
    p->want.slot = NULL;
}

/* Everything but the waiting operations, which are the caller's to tell. */
static void destroy(prepare *p)
{
    const bool quiet = p->open == 0;
    clear_questions(p);
    release_slot(p, quiet);
    covet__timer_stop(p->db->loop, &p->deadline);
    covet__parse_free(p->parse);
    covet__parse_free(p->written);
    covet__plan_unref(p->plan);
    covet__map_unref(p->map);
    covet_arena_free(p->arena);
    p->stmt->prepare = NULL;
    covet__free(p);
}

static void take_waiting(covet__stmt *stmt, covet__link *out)
{
    covet__list_init(out);
    covet__list_splice(out, &stmt->waiting);
}

void covet__prepare_fail(prepare *p, const covet_error *why)
{
    covet_db *db = p->db;
    covet_error err = *why;
    covet__link waiting;
    take_waiting(p->stmt, &waiting);
    destroy(p);
    while (!covet__list_empty(&waiting)) {
        covet_op *op = COVET_CONTAINER(waiting.next, covet_op, wait);
        covet__list_remove(&op->wait);
        if (!covet__run_is_stale(op, &err))
            covet__op_fail(op, &err);
    }
    covet__stmts_trim(db); /* texts that cannot be planned count as well */
}

static void failf(prepare *p, covet_status status, const char *text)
{
    covet_error err;
    covet__fail(&err, status, "%s", text);
    covet__prepare_fail(p, &err);
}

void covet__prepare_succeed(prepare *p)
{
    covet_db *db = p->db;
    covet__stmt *stmt = p->stmt;
    covet__plan *plan = COVET_TAKE(p->plan);
    covet__link waiting;
    take_waiting(stmt, &waiting);
    destroy(p);
    stmt->users++; /* not trimmed away below */
    covet__stmt_set_plan(db, stmt, plan);
    while (!covet__list_empty(&waiting)) {
        covet_op *op = COVET_CONTAINER(waiting.next, covet_op, wait);
        covet__list_remove(&op->wait);
        covet__op_proceed(op);
    }
    stmt->users--;
}

/* ---- deciding -------------------------------------------------------------------------------- */

/* A plain handle has no map to look tables up in: they are all local. */
static const covet__map no_map = {0};

static covet_status make_facts(prepare *p, covet__facts *facts, covet_error *err)
{
    covet__parse *parse = p->parse;
    covet_result rows;
    covet_arena_reset(p->arena);
    covet__schema *schema = p->schema = covet_arena_alloc(p->arena, sizeof *schema);
    p->text = covet_arena_copy(p->arena, parse->text, parse->length);
    p->text_length = parse->length;
    if (schema == NULL || p->text == NULL)
        return covet__fail(err, COVET_ENOMEM, "statement: out of memory");
    memset(schema, 0, sizeof *schema);
    memset(facts, 0, sizeof *facts);
    if (p->relations.asked) {
        covet__result_single(&rows, p->relations.req.result);
        COVET_TRY(
            covet__schema_take_relations(schema, parse->outline.name_count, &rows, p->arena, err));
    }
    if (p->functions.asked) {
        covet__result_single(&rows, p->functions.req.result);
        COVET_TRY(covet__schema_take_functions(schema, parse->outline.functions,
                                               parse->outline.function_count, &rows, p->arena,
                                               err));
    }
    if (parse->outline.kind == COVET__STMT_UTILITY) {
        facts->opaque = true;
        return COVET_OK;
    }
    const covet_status status =
        covet__facts_build(parse, p->map != NULL ? p->map : &no_map, schema, facts, err);
    if (p->map == NULL && status == COVET_EUNSUPPORTED) {
        *facts = (covet__facts){.opaque = true}; /* one server can do it all the same */
        return COVET_OK;
    }
    return status;
}

/* What the outermost query does with the rows is the residual query's to mend. */
static void make_partial(covet__facts *facts)
{
    facts->unmerged = NULL;
    facts->aggregated = false;
    facts->sort_count = 0;
    facts->limit = facts->offset = (covet__count){0};
}

static void ask_parts(prepare *p);
static bool names_local(const prepare *p);

static void decide(prepare *p)
{
    covet_error err;
    covet_arena *arena = p->parse->arena;
    covet__facts *facts = covet_arena_alloc(arena, sizeof *facts);
    covet__description described;
    bool unfinished = false;
    covet_status status = covet__fail(&err, COVET_ENOMEM, "statement: out of memory");
    if (facts != NULL)
        status = make_facts(p, facts, &err);
    if (status == COVET_OK)
        status = covet__description_take(p->description.req.result, arena, &described, &err);
    if (status == COVET_OK && p->stmt->partial)
        make_partial(facts);
    if (status == COVET_OK)
        facts->moments_given = p->stmt->timed;
    if (status == COVET_OK)
        status = covet__plan_decide(COVET_TAKE(p->parse), facts, p->map, &described, &p->plan,
                                    &unfinished, &err);
    if (status == COVET_EUNSUPPORTED)
        covet__prepare_residual(p, &err);
    else if (status != COVET_OK)
        covet__prepare_fail(p, &err);
    else if (unfinished)
        ask_parts(p);
    else
        covet__prepare_succeed(p);
}

static void finish_parts(prepare *p)
{
    covet_error err;
    covet__description described;
    covet_status status =
        covet__description_take(p->parts.req.result, p->plan->arena, &described, &err);
    if (status == COVET_OK)
        status = covet__plan_finish(p->plan, &described, &err);
    if (status == COVET_EUNSUPPORTED)
        covet__prepare_residual(p, &err);
    else if (status != COVET_OK)
        covet__prepare_fail(p, &err);
    else
        covet__prepare_succeed(p);
}

/* ---- asking -------------------------------------------------------------------------------- */

/* The server speaks of the text that it was sent; the application knows another one. */
static void translate_error(prepare *p, covet_error *err)
{
    covet__edits edits;
    if (p->map == NULL || p->parse == NULL || err->position == 0 ||
        covet__plan_table_edits(p->parse, p->map, p->parse->arena, &edits, NULL) != COVET_OK)
        return;
    err->position = covet__edits_position(&edits, p->map, schema_of(p), err->position);
    if (p->written != NULL) /* of a view's query: where its name stands */
        err->position = covet__edits_position(&p->expanded, NULL, "", err->position);
}

/* ---- a table that is not there --------------------------------------------------------------- */

/* The name at that character of the text, from 1. */
static const covet__name *name_at(const covet__parse *parse, int32_t position)
{
    uint32_t at = 0;
    for (int32_t i = 1; i < position && at < parse->length; i++)
        do
            at++;
        while (at < parse->length && ((unsigned char)parse->text[at] & 0xC0) == 0x80);
    for (uint32_t i = 0; position > 0 && i < parse->outline.name_count; i++)
        if (parse->outline.names[i].start == at)
            return &parse->outline.names[i];
    return NULL;
}

/* One more question, behind which the preparation fails as it would have. */
static bool ask_tables(prepare *p, const covet_error *err)
{
    covet__str value = {0};
    p->unknown = p->parse != NULL && strcmp(err->sqlstate, "42P01") == 0
                     ? name_at(p->written != NULL ? p->written : p->parse, err->position)
                     : NULL;
    if (p->unknown == NULL || p->open > 0)
        return false;
    p->why = *err;
    const char *schema = p->unknown->schema != NULL ? p->unknown->schema : "";
    covet__near_value(&value, p->unknown->name, &schema, 1);
    p->tables.text = covet__str_take(&value); /* owned */
    p->tables.value = p->tables.text;
    p->tables.sql = (covet__sql){.text = covet__near_sql, .nparams = 1, .read_only = true};
    return p->tables.text != NULL && covet__prepare_ask(p, &p->tables);
}

/* Without an answer the map's names must do. */
static void suggest_table(prepare *p)
{
    covet_result rows;
    PGresult *answer = p->tables.req.result;
    const bool good = PQresultStatus(answer) == PGRES_TUPLES_OK;
    if (good)
        covet__result_single(&rows, answer);
    covet__near_hint(p->unknown->schema, p->unknown->name, p->map, good ? &rows : NULL, &p->why);
    covet__prepare_fail(p, &p->why);
}

static void try_another(prepare *p, covet_error *err)
{
    clear_questions(p);
    release_slot(p, false);
    covet__plan_unref(p->plan);
    p->plan = NULL;
    p->residual = NULL;
    p->facts = NULL;
    p->level = COVET__RESIDUAL_PARTIALS;
    p->attempt++;
    if (p->parse == NULL) { /* the plan had it: from the start */
        err->outcome = COVET_OUTCOME_NOT_SENT;
        covet__prepare_fail(p, err);
        return;
    }
    if (p->attempt >= p->db->topology.group_count + SECOND_TRIES) {
        err->outcome = COVET_OUTCOME_NOT_SENT;
        covet__prepare_fail(p, err);
        return;
    }
    ask_server(p);
}

static void ask_all(prepare *p);

/* The statement with the queries of its views in it is planned as any other. */
static void take_views(prepare *p)
{
    covet_result rows;
    covet_error err;
    covet__parse *whole = NULL;
    covet__str text = {0};
    covet__result_single(&rows, COVET_TAKE(p->views.req.result));
    covet_status status = covet__views_expand(p->parse, p->map, &rows, &p->expanded, &err);
    covet__result_clear(&rows);
    if (status == COVET_OK && p->expanded.count == 0) {
        ask_all(p);
        return;
    }
    if (status == COVET_OK) {
        covet__edits_apply(&p->expanded, NULL, "", &text);
        status = covet__str_ok(&text)
                     ? covet__parse_new(covet__str_text(&text), text.length, &whole, &err)
                     : covet__fail(&err, COVET_ENOMEM, "statement: out of memory");
        covet__str_free(&text);
    }
    if (status != COVET_OK) {
        err.position = 0;
        covet__prepare_fail(p, &err);
        return;
    }
    p->written = p->parse;
    p->parse = whole;
    clear_questions(p);
    release_slot(p, true);
    p->local = names_local(p);
    ask_server(p);
}

static void on_answered(covet__req *req, const covet__fault *fault)
{
    question *q = COVET_CONTAINER(req, question, req);
    prepare *p = q->prepare;
    covet_error err;
    q->answered = true;
    p->open--;
    if (q == &p->tables) {
        suggest_table(p);
        return;
    }
    if (fault != NULL) {
        covet__fail(&err, fault->status, "%s", fault->text != NULL ? fault->text : "");
        if (fault->result != NULL)
            covet__pq_error(fault->result, &err);
        covet__pool_blame(p->want.pool, &err);
        try_another(p, &err);
        return;
    }
    if (PQresultStatus(req->result) == PGRES_FATAL_ERROR && p->residual != NULL) {
        covet__prepare_refused(p);
        return;
    }
    if (PQresultStatus(req->result) == PGRES_FATAL_ERROR) {
        covet__pq_error(req->result, &err);
        if (q == &p->description)
            translate_error(p, &err);
        err.outcome = COVET_OUTCOME_REJECTED;
        if (!ask_tables(p, &err))
            covet__prepare_fail(p, &err);
        return;
    }
    if (p->open > 0)
        return;
    if (q == &p->views)
        take_views(p);
    else if (p->residual != NULL)
        covet__prepare_pieces(p);
    else if (q == &p->parts)
        finish_parts(p);
    else
        decide(p);
}

bool covet__prepare_ask(prepare *p, question *q)
{
    q->prepare = p;
    q->req.sql = &q->sql;
    q->req.done = on_answered;
    q->req.values = &q->value;
    q->asked = true;
    if (!covet__slot_send(p->want.slot, &q->req)) {
        q->answered = true;
        return false;
    }
    p->open++;
    return true;
}

/* {"\"schema\".\"name\"", ...}: the relations as they are called on this server. */
static char *relation_names(prepare *p)
{
    const covet__outline *outline = &p->parse->outline;
    covet__str out = COVET__STR_IN(p->parse->arena), one = {0};
    covet__str_char(&out, '{');
    for (uint32_t i = 0; i < outline->name_count; i++) {
        const covet__name *name = &outline->names[i];
        const covet__map_table *table =
            p->map != NULL ? covet__map_find_table(p->map, name->schema, name->name) : NULL;
        covet__str_clear(&one);
        if (table != NULL && table->kind == COVET__TABLE_REFERENCE) {
            covet__str reference = {0};
            covet__edit_reference_schema(p->map, &reference);
            if (covet__str_ok(&reference))
                covet__str_qualified(&one, covet__str_text(&reference), table->physical);
            else
                out.failed = true;
            covet__str_free(&reference);
        } else if (table != NULL) {
            covet__str_qualified(&one, schema_of(p), table->physical);
        } else if (name->schema != NULL) {
            covet__str_qualified(&one, name->schema, name->name);
        } else {
            covet__str_ident(&one, name->name);
        }
        if (!covet__str_ok(&one))
            out.failed = true;
        covet__str_add(&out, i > 0 ? ",\"" : "\"");
        for (const char *c = covet__str_text(&one); c != NULL && *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                covet__str_char(&out, '\\');
            covet__str_char(&out, *c);
        }
        covet__str_char(&out, '"');
    }
    covet__str_char(&out, '}');
    covet__str_free(&one);
    return covet__str_take(&out);
}

static char *function_names(prepare *p)
{
    const covet__outline *outline = &p->parse->outline;
    covet__str out = COVET__STR_IN(p->parse->arena);
    covet__str_char(&out, '{');
    for (uint32_t i = 0; i < outline->function_count; i++) {
        covet__str_add(&out, i > 0 ? ",\"" : "\"");
        for (const char *c = outline->functions[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                covet__str_char(&out, '\\');
            covet__str_char(&out, *c);
        }
        covet__str_char(&out, '"');
    }
    covet__str_char(&out, '}');
    return covet__str_take(&out);
}

char *covet__prepare_text(const prepare *p, covet__parse *parse, covet_error *err)
{
    covet__edits edits;
    covet__str text = {0};
    if (covet__plan_table_edits(parse, p->map, parse->arena, &edits, err) != COVET_OK)
        return NULL;
    covet__edits_apply(&edits, p->map, schema_of(p), &text);
    return covet__str_take(&text);
}

static void fail_to_ask(prepare *p)
{
    failf(p, COVET_ECONNLOST, "the connection broke while the statement was planned");
}

static void ask_all(prepare *p)
{
    const covet__outline *outline = &p->parse->outline;
    covet_error err;
    const bool relations = outline->name_count > 0, functions = outline->function_count > 0;
    p->relations.value = relations ? relation_names(p) : NULL;
    p->functions.value = functions ? function_names(p) : NULL;
    p->description.text = covet__prepare_text(p, p->parse, &err);
    if ((relations && p->relations.value == NULL) || (functions && p->functions.value == NULL) ||
        p->description.text == NULL) {
        failf(p, COVET_ENOMEM, "statement: out of memory");
        return;
    }
    p->relations.sql =
        (covet__sql){.text = covet__schema_relations_sql, .nparams = 1, .read_only = true};
    p->functions.sql =
        (covet__sql){.text = covet__schema_functions_sql, .nparams = 1, .read_only = true};
    p->description.sql = (covet__sql){.text = p->description.text};
    p->description.req.describe = true;
    if ((relations && !covet__prepare_ask(p, &p->relations)) ||
        (functions && !covet__prepare_ask(p, &p->functions)) ||
        !covet__prepare_ask(p, &p->description))
        fail_to_ask(p);
}

static void ask_views(prepare *p)
{
    p->views.value = relation_names(p);
    p->views.sql = (covet__sql){.text = covet__views_sql, .nparams = 1};
    if (p->views.value == NULL)
        failf(p, COVET_ENOMEM, "statement: out of memory");
    else if (!covet__prepare_ask(p, &p->views))
        fail_to_ask(p);
}

static void ask_parts(prepare *p)
{
    const covet__sql *sql;
    covet_error err;
    if (covet__plan_statement(p->plan, p->shard, &sql, &err) != COVET_OK) {
        covet__prepare_fail(p, &err);
        return;
    }
    p->parts.sql = *sql;
    p->parts.sql.id = 0;
    p->parts.sql.read_only = false;
    p->parts.req.describe = true;
    if (!covet__prepare_ask(p, &p->parts))
        fail_to_ask(p);
}

static void on_granted(covet__want *want, const covet_error *err)
{
    prepare *p = COVET_CONTAINER(want, prepare, want);
    if (err != NULL) {
        covet_error copy = *err;
        p->want.pool = NULL;
        if (copy.status == COVET_ECLOSED)
            covet__prepare_fail(p, &copy);
        else
            try_another(p, &copy);
        return;
    }
    p->granted = true;
    if (p->map != NULL && p->written == NULL && covet__views_may_be(p->parse, p->map))
        ask_views(p);
    else
        ask_all(p);
}

/* A shard of that group, whose schema stands for all; as many as there are: it has none. */
static uint32_t shard_of(const covet__map *map, uint32_t group)
{
    const uint32_t count = map != NULL ? map->shard_count : 0;
    for (uint32_t i = 0; i < count; i++)
        if (map->shards[i].group == group)
            return i;
    return count;
}

/* Home has an empty twin of each distributed table, also where it has no shard. */
static const char *schema_of(const prepare *p)
{
    if (p->map == NULL)
        return "";
    return p->shard < p->map->shard_count ? p->map->shards[p->shard].schema : COVET__SHELL_SCHEMA;
}

static bool names_distributed(const prepare *p)
{
    const covet__outline *outline = &p->parse->outline;
    for (uint32_t i = 0; p->map != NULL && i < outline->name_count; i++) {
        const covet__name *name = &outline->names[i];
        const covet__map_table *table = covet__map_find_table(p->map, name->schema, name->name);
        if (table != NULL && table->kind == COVET__TABLE_DISTRIBUTED)
            return true;
    }
    return false;
}

/* The one whose turn it is of those that have what the statement names. */
static covet__server *choose_server(const prepare *p, uint32_t *ret_group)
{
    const uint32_t groups = p->db->topology.group_count;
    if (p->local && p->map != NULL)
        return covet__db_group(p->db, *ret_group = p->map->home);
    const bool shards_only = names_distributed(p);
    covet__server *server = NULL;
    for (uint32_t i = 0; i < groups; i++) {
        server = covet__db_any(p->db, (p->attempt + i) % groups, ret_group);
        if (!shards_only || shard_of(p->map, *ret_group) < p->map->shard_count)
            break;
    }
    return server;
}

static void ask_server(prepare *p)
{
    uint32_t group = 0;
    covet__server *server = choose_server(p, &group);
    covet_error err;
    if (server == NULL) {
        failf(p, COVET_ECONNECT, "there is no server to plan the statement with");
        return;
    }
    p->shard = shard_of(p->map, group);
    /* Urgent: were all connections held by transactions that wait for this plan, nobody
     * would ever give one back. */
    p->want = (covet__want){.exclusive = true,
                            .urgent = true,
                            .hasty = !p->local && p->attempt + 1 < p->db->topology.group_count,
                            .answer = on_granted};
    if (covet__pool_want(server->pool, &p->want, &err) != COVET_OK) {
        p->want.pool = NULL;
        covet__prepare_fail(p, &err);
    } else if (p->want.slot != NULL) {
        on_granted(&p->want, NULL);
    }
}

/* ---- starting ------------------------------------------------------------------------------ */

/* Statements that change the session, which is a connection of a pool, or that the
 * protocol treats apart. */
static covet_status check_utility(const covet__outline *outline, const covet__map *map,
                                  covet_error *err)
{
    static const char *const refused[] = {"TRANSACTION", "COPY",           "VARIABLE SET",
                                          "DISCARD",     "LISTEN",         "UNLISTEN",
                                          "PREPARE",     "EXECUTE",        "DEALLOCATE",
                                          "FETCH",       "CLOSE PORTAL",   "DECLARE CURSOR",
                                          "LOAD",        "CONSTRAINTS SET"};
    if (outline->kind != COVET__STMT_UTILITY)
        return COVET_OK;
    for (size_t i = 0; i < COVET_COUNT(refused); i++)
        if (strcmp(outline->utility, refused[i]) == 0)
            return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                     "%s is not supported through a pool of "
                                     "connections%s",
                                     refused[i],
                                     i == 0 ? " (use covet_begin, covet_commit and covet_rollback)"
                                     : i == 1 ? " (use covet-shardctl sql)"
                                              : "");
    for (uint32_t i = 0; map != NULL && i < outline->name_count; i++)
        if (covet__map_find_table(map, outline->names[i].schema, outline->names[i].name) != NULL)
            return covet__fail_state(err, COVET_EUNSUPPORTED, "0A000",
                                     "%s of \"%s\", which is not a local table, is not a "
                                     "statement for the library (use covet-shardctl sql)",
                                     outline->utility, outline->names[i].name);
    return COVET_OK;
}

static bool names_local(const prepare *p)
{
    const covet__outline *outline = &p->parse->outline;
    if (outline->kind == COVET__STMT_UTILITY)
        return true;
    for (uint32_t i = 0; p->map != NULL && i < outline->name_count; i++) {
        const covet__name *name = &outline->names[i];
        if (!name->is_cte && covet__map_find_table(p->map, name->schema, name->name) == NULL)
            return true;
    }
    return false;
}

static void on_deadline(covet__timer *timer)
{
    failf(COVET_CONTAINER(timer, prepare, deadline), COVET_ETIMEOUT,
          "the statement could not be planned within the deadline");
}

void covet__prepare_start(covet_db *db, covet__stmt *stmt)
{
    if (stmt->prepare != NULL)
        return;
    prepare *p = covet__zalloc(sizeof *p);
    covet_error err;
    if (p == NULL) {
        covet__fail(&err, COVET_ENOMEM, "statement: out of memory");
        covet__op_fail_list(&stmt->waiting, &err);
        return;
    }
    stmt->prepare = p;
    p->db = db;
    p->stmt = stmt;
    p->map = db->topology.map != NULL ? covet__map_ref(db->topology.map) : NULL;
    p->deadline.fire = on_deadline;
    covet_status status = covet__parse_new(stmt->text, stmt->length, &p->parse, &err);
    if (status == COVET_OK)
        status = covet_arena_new(0, &p->arena, &err);
    if (status == COVET_OK)
        status = check_utility(&p->parse->outline, p->map, &err);
    if (status == COVET_OK && db->opts.timeout != COVET_NO_TIMEOUT)
        status = covet__timer_start(db->loop, &p->deadline, covet__now() + db->opts.timeout);
    if (status != COVET_OK) {
        covet__prepare_fail(p, &err);
        return;
    }
    p->local = names_local(p);
    ask_server(p);
}

void covet__prepare_explain_wait(const covet__stmt *stmt, covet_error *err)
{
    if (stmt->prepare != NULL && stmt->prepare->want.pool != NULL)
        covet__pool_blame(stmt->prepare->want.pool, err);
}

void covet__prepare_drop(covet__stmt *stmt)
{
    if (stmt->prepare != NULL)
        destroy(stmt->prepare);
}
