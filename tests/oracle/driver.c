/*
 * tests/oracle/driver.c - statements come in, verdicts go out.
 *
 * Holds the databases (layouts.h) and the judge (sheet.h). A line of JSON for each statement on
 * standard input, one for each verdict on standard output, in the same order:
 *
 *     {"sql": "SELECT ... $1", "params": [7, "x", null],
 *      "mode": "list" | "set" | "keys" | "limit" | "member", "keys": [0, 2],
 *      "full": "the statement without LIMIT", "inexact": bool, "loose": bool,
 *      "plan": bool, "text": bool}
 *
 *     {"plain": "00000", "rows": 12, "message": "",
 *      "layouts": [{"shards": 7, "verdict": "equal", "state": "", "message": "",
 *                   "tier": "scatter", "plan": "...", "detail": "..."}]}
 *
 * Verdicts:
 *
 *     equal     the same answer, or both fail with SQLSTATEs of one class
 *     refused   0A000, or over a limit (54000 and its class)
 *     runtime   one of them fails with a data error (class 22, 21): rows are evaluated in
 *               another order, or rows are evaluated that a plan of one server skips
 *     differs   anything else
 *     skipped   the plain server took too long
 */
#include "support/cmocka_all.h"

#include <ctype.h>
#include <jansson.h>
#include <unistd.h>

#include "core/render.h"
#include "oracle/layouts.h"
#include "oracle/sheet.h"
#include "shard/explain.h"

enum { PARAMS_MAX = 32, KEYS_MAX = 64, DETAIL_SIZE = 4096, ROWS_SHOWN = 12 };

typedef struct request {
    json_t *document;
    const char *sql, *full;
    size_t param_count;
    covet_value params[PARAMS_MAX];
    char *texts[PARAMS_MAX]; /* the same for libpq */
    size_t keys[KEYS_MAX];
    sheet_how how;
    bool plan, text;
} request;

/* What one side said. */
typedef struct answer {
    sheet rows;
    char state[6]; /* "00000": it succeeded */
    char message[700];
    bool limited; /* a limit of the library's */
} answer;

static void free_answer(answer *a) { sheet_free(&a->rows); }

/* ---- requests ------------------------------------------------------------------------------ */

static bool flag(const request *r, const char *name)
{
    return json_is_true(json_object_get(r->document, name));
}

static void add_param(request *r, json_t *value)
{
    char text[64] = "";
    const size_t at = r->param_count++;
    assert_true(at < PARAMS_MAX);
    if (json_is_integer(value)) {
        r->params[at] = covet_int(json_integer_value(value));
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        r->params[at] = covet_bool(json_is_true(value));
        snprintf(text, sizeof text, "%s", json_is_true(value) ? "t" : "f");
    } else if (json_is_real(value)) {
        r->params[at] = covet_float(json_real_value(value));
        snprintf(text, sizeof text, "%.17g", json_real_value(value));
    } else if (json_is_string(value)) {
        r->params[at] = covet_text(json_string_value(value));
        r->texts[at] = strdup(json_string_value(value));
        return;
    } else {
        r->params[at] = covet_null();
        return;
    }
    r->texts[at] = strdup(text);
}

static sheet_mode read_mode(const char *name)
{
    static const char *const names[] = {[SHEET_LIST] = "list",
                                        [SHEET_SET] = "set",
                                        [SHEET_KEYS] = "keys",
                                        [SHEET_LIMIT] = "limit",
                                        [SHEET_MEMBER] = "member"};
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return (sheet_mode)i;
    return SHEET_SET;
}

static void read_request(request *r, json_t *document)
{
    size_t i;
    json_t *value;
    *r = (request){.document = document,
                   .sql = json_string_value(json_object_get(document, "sql")),
                   .full = json_string_value(json_object_get(document, "full"))};
    assert_non_null(r->sql);
    json_array_foreach(json_object_get(document, "params"), i, value) add_param(r, value);
    json_array_foreach(json_object_get(document, "keys"), i, value)
    {
        assert_true(i < KEYS_MAX);
        r->keys[i] = (size_t)json_integer_value(value);
        r->how.key_count++;
    }
    r->how.keys = r->keys;
    r->how.mode = read_mode(json_string_value(json_object_get(document, "mode")));
    r->how.inexact = flag(r, "inexact");
    r->how.loose = flag(r, "loose");
    r->plan = flag(r, "plan");
    r->text = flag(r, "text");
}

static void free_request(request *r)
{
    for (size_t i = 0; i < r->param_count; i++)
        free(r->texts[i]);
    json_decref(r->document);
}

/* ---- the plain server ---------------------------------------------------------------------- */

static void read_plain(sheet *s, const PGresult *result, const type_names *types)
{
    sheet_make(s, (size_t)PQntuples(result), (size_t)PQnfields(result));
    for (int c = 0; c < PQnfields(result); c++) {
        s->names[c] = strdup(PQfname(result, c));
        s->types[c] = strdup(layouts_type(types, PQftype(result, c)));
        for (int i = 0; i < PQntuples(result); i++)
            if (!PQgetisnull(result, i, c))
                sheet_set(s, (size_t)i, (size_t)c, PQgetvalue(result, i, c),
                          (size_t)PQgetlength(result, i, c));
    }
}

static void ask_plain(const layouts *all, const request *r, const char *sql, answer *ret_answer)
{
    *ret_answer = (answer){.state = "00000"};
    PGresult *result = PQexecParams(all->plain, sql, (int)r->param_count, NULL,
                                    (const char *const *)r->texts, NULL, NULL, 0);
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        read_plain(&ret_answer->rows, result, all->plain_types);
    } else {
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        snprintf(ret_answer->state, sizeof ret_answer->state, "%s",
                 state != NULL ? state : "XX000");
        snprintf(ret_answer->message, sizeof ret_answer->message, "%s",
                 message != NULL ? message : PQerrorMessage(all->plain));
    }
    PQclear(result);
}

/* ---- libcovet ------------------------------------------------------------------------------ */

static void read_cell(sheet *s, const covet_result *result, size_t row, size_t column)
{
    covet_error err;
    const covet_cell cell = covet_result_cell(result, row, column);
    if (cell.bytes == NULL)
        return;
    if (!cell.binary) {
        sheet_set(s, row, column, cell.bytes, cell.length);
        return;
    }
    covet_arena *scratch = NULL;
    covet__str text = {0};
    assert_int_equal(covet_arena_new(0, &scratch, &err), COVET_OK);
    if (covet__render(covet_result_type(result, column), cell.bytes, cell.length, scratch, &text,
                      &err) == COVET_OK)
        sheet_set(s, row, column, covet__str_text(&text), text.length);
    else
        sheet_set(s, row, column, err.message, strlen(err.message)); /* a difference, in words */
    covet__str_free(&text);
    covet_arena_free(scratch);
}

static void read_result(sheet *s, const covet_result *result, const layout *l, const sheet *its)
{
    sheet_make(s, covet_result_rows(result), covet_result_columns(result));
    for (size_t c = 0; c < s->columns; c++) {
        s->names[c] = strdup(covet_result_name(result, c));
        s->types[c] = strdup(
            layout_type(l, covet_result_type(result, c), c < its->columns ? its->types[c] : ""));
        for (size_t i = 0; i < s->rows; i++)
            read_cell(s, result, i, c);
    }
}

static void ask_shards(const layout *l, const request *r, const answer *its, answer *ret_answer)
{
    covet_error err;
    covet_result *result = NULL;
    const covet_sql sql = {.size = sizeof sql,
                           .text = r->sql,
                           .params = r->params,
                           .param_count = r->param_count};
    const covet_call call = {.size = sizeof call, .text_result = r->text};
    *ret_answer = (answer){.state = "00000"};
    const covet_status status = covet_query_wait(l->db, &sql, &call, &result, &err);
    if (status == COVET_OK) {
        read_result(&ret_answer->rows, result, l, &its->rows);
        covet_result_free(result);
        return;
    }
    snprintf(ret_answer->state, sizeof ret_answer->state, "%s",
             err.sqlstate[0] != '\0' ? err.sqlstate : "XX000");
    snprintf(ret_answer->message, sizeof ret_answer->message, "%s: %s", covet_status_name(status),
             err.message);
    ret_answer->limited = status == COVET_ELIMIT;
}

/* On the loop's thread, while this one waits. */
static void look(void *user, const covet__explained *explained)
{
    covet__explained_print(explained, false, user);
}

/* "scatter", of "Scatter over 7 shards ..."; the word that the plan begins with. */
static void add_plan(const layout *l, const request *r, json_t *out)
{
    covet_error err;
    covet__str text = {0};
    const covet__explain_opts opts = {.sql = r->sql, .look = look, .user = &text};
    if (covet__explain(l->db, &opts, &err) == COVET_OK) {
        char word[32];
        const char *plan = covet__str_text(&text);
        const size_t length = strcspn(plan, " ,\n");
        snprintf(word, sizeof word, "%.*s", (int)length, plan);
        for (char *c = word; *c != '\0'; c++)
            *c = (char)tolower(*c);
        const char *tier = strcmp(word, "the") == 0   ? "home"
                           : strcmp(word, "any") == 0 ? "anywhere"
                                                      : word;
        json_object_set_new(out, "tier", json_string(tier));
        json_object_set_new(out, "plan", json_string(plan));
    }
    covet__str_free(&text);
}

/* ---- judging ------------------------------------------------------------------------------- */

static bool is_class(const char *state, const char *class) { return strncmp(state, class, 2) == 0; }
static bool is_ok(const answer *a) { return strcmp(a->state, "00000") == 0; }
static bool is_data_error(const char *state)
{
    return is_class(state, "22") || is_class(state, "21");
}

static const char *judge_errors(const answer *mine, const answer *its)
{
    if (strcmp(mine->state, "0A000") == 0 || is_class(mine->state, "54") || mine->limited)
        return "refused";
    if (!is_ok(its) && !is_ok(mine) && strncmp(mine->state, its->state, 2) == 0)
        return "equal";
    if ((is_ok(mine) || is_data_error(mine->state)) && (is_ok(its) || is_data_error(its->state)))
        return "runtime";
    return "differs";
}

static void describe(const answer *mine, const answer *its, char *detail, size_t size)
{
    const answer *const sides[] = {mine, its};
    static const char *const names[] = {"shards", "plain"};
    for (size_t i = 0; i < 2; i++) {
        const size_t length = strlen(detail);
        if (is_ok(sides[i]))
            snprintf(detail + length, size - length, "\n    %s: %zu rows\n", names[i],
                     sides[i]->rows.rows);
        else
            snprintf(detail + length, size - length, "\n    %s: %s %s\n", names[i], sides[i]->state,
                     sides[i]->message);
        sheet_print(&sides[i]->rows, ROWS_SHOWN, detail, size);
    }
}

static json_t *judge(const layout *l, const request *r, answer *its, answer *full)
{
    answer mine;
    char detail[DETAIL_SIZE] = "";
    ask_shards(l, r, its, &mine);
    const char *verdict = "equal";
    if (!is_ok(&mine) || !is_ok(its))
        verdict = judge_errors(&mine, its);
    else if (!sheet_same(&mine.rows, &its->rows, &full->rows, &r->how, detail, sizeof detail))
        verdict = "differs";
    const bool differs = strcmp(verdict, "differs") == 0;
    if (differs)
        describe(&mine, its, detail, sizeof detail);
    json_t *out = json_pack("{s:i, s:s, s:s, s:s}", "shards", l->shards, "verdict", verdict,
                            "state", mine.state, "message", mine.message);
    assert_non_null(out);
    json_object_set_new(out, "detail", json_stringn_nocheck(detail, strlen(detail)));
    if (r->plan && is_ok(&mine))
        add_plan(l, r, out);
    free_answer(&mine);
    return out;
}

static json_t *run_request(const layouts *all, const request *r)
{
    answer its, full = {.state = "00000"};
    ask_plain(all, r, r->sql, &its);
    if (is_ok(&its) && r->full != NULL)
        ask_plain(all, r, r->full, &full);
    json_t *list = json_array();
    const answer *failed = is_ok(&its) ? &full : &its;
    const bool skipped = strcmp(failed->state, "57014") == 0;
    for (int i = 0; !skipped && i < all->count; i++)
        json_array_append_new(list, judge(&all->item[i], r, &its, &full));
    json_t *out = json_pack("{s:s, s:I, s:s, s:o}", "plain", failed->state, "rows",
                            (json_int_t)its.rows.rows, "message", failed->message, "layouts", list);
    assert_non_null(out);
    free_answer(&its);
    free_answer(&full);
    return out;
}

static void run_line(const layouts *all, const char *line, FILE *out)
{
    json_error_t error;
    request r;
    json_t *document = json_loads(line, 0, &error);
    if (document == NULL)
        fail_msg("%s: %s", error.text, line);
    read_request(&r, document);
    json_t *said = run_request(all, &r);
    json_dumpf(said, out, JSON_COMPACT);
    fputc('\n', out);
    fflush(out);
    json_decref(said);
    free_request(&r);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: oracle_driver SCRIPT SHARDS,SHARDS...\n");
        return 2;
    }
    /* Verdicts alone go to the standard output that we were given. */
    FILE *out = fdopen(dup(STDOUT_FILENO), "w");
    assert_non_null(out);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    layouts all;
    layouts_up(&all, argv[1], argv[2]);
    fprintf(out, "{\"ready\": true}\n");
    fflush(out);
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0)
        run_line(&all, line, out);
    free(line);
    fclose(out);
    layouts_down(&all);
    return 0;
}
