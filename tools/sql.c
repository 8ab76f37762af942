/*
 * tools/sql.c - covet-shardctl sql: statements, as if there were one PostgreSQL.
 *
 *     script --> sql_read.c: one statement --+--> the library: SELECT, INSERT, UPDATE, DELETE,
 *     (-c, -f, standard input)               |    whatever concerns local tables only
 *                                            |
 *                                            +--> sql_utility.c: BEGIN, COMMIT, ROLLBACK
 *                                                   copy_in.c    rows to the shards
 *                                                   copy_out.c   rows out, local COPY
 *                                                   spread.c     DDL of tables in many places
 *                                                   sql_view.c   views of such tables
 *     results --> sql_print.c: as psql prints them
 *
 * Q1  The first error ends the run with exit code 1 (psql with ON_ERROR_STOP): what comes
 *     behind it is not run. So is a transaction that is still open at the end rolled back,
 *     and that is an error too: exit code 0 means that everything asked for was done.
 * Q2  Memory does not grow with the script or with COPY's data: a statement (64 MB at most),
 *     a result (256 MiB at most; of any size with --csv, where rows are printed while they
 *     come), 16 MB of rows on their way.
 * Q3  Ctrl-C cancels the statement that runs, never a COMMIT.
 *
 * A statement stands for itself: several in one -c are not one transaction, unlike psql's.
 */
#include "tools/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "tools/sql_caret.h"

enum { LOOK_MSEC = 50 };

/* ---- errors -------------------------------------------------------------------------------- */

/* The line on which the server has found the error. */
static uint64_t line_of(const sql_work *work, const covet_error *err)
{
    uint64_t line = work->at.line;
    const char *text = work->at.text;
    for (int32_t i = 1; i < err->position && text != NULL && *text != '\0'; text++) {
        line += *text == '\n';
        i += ((unsigned char)text[1] & 0xC0) != 0x80;
    }
    return line;
}

/* Behind the message; "" where nothing is known. */
static const char *caret_of(const sql_work *work, const covet_error *err)
{
    covet__str out = COVET__STR_IN(work->run->arena);
    covet__str_char(&out, '\n');
    sql_caret(work->at.text, work->at.line, err->position, &out);
    return out.length > 1 && covet__str_ok(&out) ? covet__str_text(&out) : "";
}

static int report(sql_work *work, covet_error *err)
{
    if (work->at.text != NULL)
        sql_near_table(work, err);
    const char *message = err->message[0] != '\0' ? err->message : covet_status_text(err->status);
    const bool unknown =
        err->outcome == COVET_OUTCOME_UNKNOWN && strstr(message, "unknown") == NULL;
    if (work->at.text == NULL)
        return cli_fail(work->run, "%s%s", work->place, message);
    return cli_fail(work->run, "%sline %llu: ERROR:  %s%s%s%s%s", work->place,
                    (unsigned long long)line_of(work, err), err->sqlstate,
                    err->sqlstate[0] != '\0' ? ": " : "", message,
                    unknown ? " (it is unknown whether it was done)" : "", caret_of(work, err));
}

/* ---- the library's statements ---------------------------------------------------------------- */

typedef struct waiting {
    covet_db *db;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool done;
    covet_status status;
    covet_error err;
    covet_result *result; /* or a piece of it */
} waiting;

static void on_done(covet_op *op, covet_status status, void *user)
{
    waiting *w = user;
    pthread_mutex_lock(&w->mutex);
    w->status = status;
    if (status != COVET_OK)
        w->err = *covet_op_error(op);
    else if (covet_op_result(op) != NULL && (w->result = covet_op_take_result(op)) == NULL)
        w->status = covet__fail(&w->err, COVET_ENOMEM, "out of memory");
    w->done = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->mutex);
}

/* One piece at a time: the servers wait for it to be printed. */
static bool on_piece(covet_op *op, const covet_result *rows, void *user)
{
    waiting *w = user;
    COVET_UNUSED(rows);
    pthread_mutex_lock(&w->mutex);
    w->result = covet_op_take_result(op);
    const bool lost = w->result == NULL;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->mutex);
    if (lost)
        covet_cancel(w->db, covet_op_number(op));
    return false;
}

/* Until there is something to print, or the end. */
static void wait_for(sql_work *work, waiting *w, covet_op_id op)
{
    bool cancelled = false;
    pthread_mutex_lock(&w->mutex);
    while (!w->done && w->result == NULL) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_MSEC * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&w->ended, &w->mutex, &until);
        if (w->done || w->result != NULL || cancelled || cli_interrupted() == 0)
            continue;
        cancelled = true;
        pthread_mutex_unlock(&w->mutex);
        covet_cancel(work->db, op);
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
}

/* How the statement has ended, in its own words or in psql's. */
static covet_status outcome(sql_work *work, const waiting *w, covet_error *err)
{
    if (w->status != COVET_OK)
        *err = w->err;
    if (w->status != COVET_ECANCELED)
        return w->status;
    sql_cancel(work);
    return covet__fail_state(err, COVET_ECANCELED, "57014",
                             "canceling statement due to user request");
}

/* Prints the pieces as they come; false once there are no more. */
static bool print_next(sql_work *work, waiting *w, covet_op_id op, bool first,
                       covet_status *ret_printed, covet_error *err)
{
    wait_for(work, w, op);
    pthread_mutex_lock(&w->mutex);
    covet_result *piece = COVET_TAKE(w->result);
    pthread_mutex_unlock(&w->mutex);
    if (piece == NULL)
        return false;
    if (*ret_printed == COVET_OK)
        *ret_printed = sql_print_piece(&work->printer, first, piece, err);
    covet_result_free(piece);
    if (*ret_printed == COVET_OK && !ferror(stdout))
        *ret_printed = covet_stream_resume(work->db, op, err);
    if (*ret_printed != COVET_OK || ferror(stdout))
        covet_cancel(work->db, op);
    return true;
}

static covet_status print_stream(sql_work *work, covet_error *err)
{
    waiting w = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                 .ended = PTHREAD_COND_INITIALIZER,
                 .db = work->db};
    const covet_sql sql = {.size = sizeof sql, .text = work->at.text};
    const covet_call call = {.size = sizeof call,
                             .timeout = COVET_NO_TIMEOUT,
                             .tx = work->tx,
                             .text_result = true};
    covet_op_id op = 0;
    covet_status printed = COVET_OK;
    COVET_TRY(covet_stream(work->db, &sql, &call, &op, err, on_piece, on_done, &w));
    for (bool first = true; print_next(work, &w, op, first, &printed, err); first = false)
        continue;
    COVET_TRY(printed);
    return outcome(work, &w, err);
}

static covet_status query(sql_work *work, covet_result **ret_result, covet_error *err)
{
    waiting w = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    const covet_sql sql = {.size = sizeof sql, .text = work->at.text};
    const covet_call call = {.size = sizeof call,
                             .timeout = COVET_NO_TIMEOUT,
                             .tx = work->tx,
                             .text_result = true};
    covet_op_id op = 0;
    COVET_TRY(covet_query(work->db, &sql, &call, &op, err, on_done, &w));
    wait_for(work, &w, op);
    *ret_result = w.result;
    return outcome(work, &w, err);
}

/* ---- statements ------------------------------------------------------------------------------ */

/* Only rows, and no tag behind them: they can be printed while they come. */
static bool gives_rows_only(const sql_work *work)
{
    static const char *const words[] = {"select", "values", "table"};
    const char *text = work->at.text + strspn(work->at.text, " \t\r\n");
    for (size_t i = 0; i < COVET_COUNT(words); i++) {
        const size_t length = strlen(words[i]);
        if (strncasecmp(text, words[i], length) == 0 &&
            strchr(" \t\r\n(*'\"", text[length]) != NULL)
            return work->printer.style == SQL_CSV;
    }
    return false;
}

static covet_status run_library(sql_work *work, covet_error *err)
{
    covet_result *result = NULL;
    const bool streams = gives_rows_only(work);
    const covet_status ran = streams ? print_stream(work, err) : query(work, &result, err);
    if (ran != COVET_OK && work->dropped && strcmp(err->sqlstate, "42P01") == 0)
        return sql_print_tag(&work->printer, work->at.number, "DROP TABLE", err);
    if (ran != COVET_OK || streams)
        return ran;
    const covet_status status = sql_print_result(&work->printer, work->at.number, result, err);
    covet_result_free(result);
    return status;
}

static covet_status try_statement(sql_work *work, covet_error *err)
{
    bool done = false;
    if (memchr(work->at.text, '\0', work->at.length) != NULL)
        return covet__fail_state(err, COVET_ETYPE, "22021",
                                 "invalid byte sequence for encoding \"UTF8\": 0x00");
    work->dropped = false;
    COVET_TRY(sql_utility(work, &done, err));
    if (!done)
        COVET_TRY(run_library(work, err));
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return covet__fail(err, COVET_EIO, "the output could not be written: %s", strerror(errno));
    return COVET_OK;
}

/* What it needs of the run's arena goes with it: a script may be long. */
static bool run_statement(sql_work *work)
{
    covet_error err;
    covet_arena *const all = work->run->arena, *one = NULL;
    if (covet_arena_new(0, &one, &err) != COVET_OK)
        return report(work, &err) == CLI_DONE;
    work->run->arena = one;
    const bool good = try_statement(work, &err) == COVET_OK;
    if (!good)
        report(work, &err);
    work->run->arena = all;
    covet_arena_free(one);
    return good;
}

/* False: a statement has failed, which has been reported. */
static bool run_script(sql_work *work, sql_reader *script, sql_reader *input)
{
    covet_error err;
    bool good = true;
    work->script = script;
    work->input = input;
    while (good && sql_reader_next(script, &work->at, &err)) {
        work->at.number = ++work->number;
        good = run_statement(work);
    }
    if (good && err.status != COVET_OK) {
        work->at = (sql_statement){0};
        report(work, &err);
        good = false;
    }
    work->at = (sql_statement){0};
    return good;
}

/* ---- where statements come from -------------------------------------------------------------- */

static bool is_stopped(void) { return cli_interrupted() != 0; }

static bool run_text(sql_work *work, const char *text, sql_reader *input)
{
    COVET_AUTO(sql_reader) script = NULL;
    covet_error err;
    if (sql_reader_of_text(text, &script, &err) != COVET_OK)
        return report(work, &err) == CLI_DONE;
    return run_script(work, script, input);
}

static bool run_descriptor(sql_work *work, int fd)
{
    COVET_AUTO(sql_reader) script = NULL;
    covet_error err;
    if (sql_reader_of_file(fd, &script, &err) != COVET_OK)
        return report(work, &err) == CLI_DONE;
    sql_reader_stop_when(script, is_stopped);
    return run_script(work, script, NULL);
}

static bool run_file(sql_work *work, const char *path)
{
    if (strcmp(path, "-") == 0)
        return run_descriptor(work, STDIN_FILENO);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        cli_fail(work->run, "%s: %s", cli_shown(path), strerror(errno));
        return false;
    }
    const bool good = run_descriptor(work, fd);
    close(fd);
    return good;
}

static bool is_source(const cli_value *value)
{
    return strcmp(value->option->name, "command") == 0 || strcmp(value->option->name, "file") == 0;
}

/* Which -c or -f it is, of those with its letter; "" where it is the only source. */
static const char *place_of(cli_run *run, const cli_value *value)
{
    int sources = 0, same = 0;
    for (size_t i = 0; i < run->value_count; i++) {
        sources += is_source(&run->values[i]);
        same += &run->values[i] <= value && run->values[i].option == value->option;
    }
    return sources > 1 ? cli_printf(run, "-%c %d, ", value->option->letter, same) : "";
}

/* In the order of the command line, as psql does. */
static bool run_all(sql_work *work)
{
    const cli_run *run = work->run;
    COVET_AUTO(sql_reader) input = NULL;
    covet_error err;
    bool any = false, good = true;
    if (sql_reader_of_file(STDIN_FILENO, &input, &err) != COVET_OK)
        return report(work, &err) == CLI_DONE;
    sql_reader_stop_when(input, is_stopped);
    for (size_t i = 0; i < run->value_count && good; i++) {
        const cli_value *value = &run->values[i];
        const bool command = strcmp(value->option->name, "command") == 0;
        if (!is_source(value))
            continue;
        any = true;
        work->place = place_of(work->run, value);
        good = command ? run_text(work, value->text, input) : run_file(work, value->text);
    }
    work->place = "";
    if (any)
        return good;
    if (isatty(STDIN_FILENO) == 1)
        cli_note(work->run, "reads statements, each with its semicolon, up to Ctrl-D");
    return run_descriptor(work, STDIN_FILENO);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Signals are this thread's: it is the one that waits for input. */
static covet_status open_handle(sql_work *work, covet_error *err)
{
    sigset_t all, before;
    if (work->run->catalog == NULL)
        return covet__fail(err, COVET_EINVAL,
                           "where is the cluster? (--catalog DSN, or COVET_CATALOG in the "
                           "environment)");
    sql_cancel_prepare(work);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const covet_status status =
        covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = work->run->catalog, .map_dir = ""),
                        &work->db, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    COVET_TRY(status);
    covet_db_info info = {.size = sizeof info};
    covet_db_describe(work->db, &info);
    work->plain = info.plain;
    return COVET_OK;
}

static int finish(sql_work *work, bool good)
{
    covet_error err;
    if (work->tx != NULL) {
        if (covet_rollback_wait(COVET_TAKE(work->tx), NULL, &err) != COVET_OK && good)
            report(work, &err);
        if (good)
            cli_fail(work->run, "the transaction was not committed: rolled back");
        good = false;
    }
    return good ? CLI_DONE : CLI_FAILED;
}

static int run_sql(cli_run *run)
{
    sql_work work = {.run = run, .place = ""};
    covet_error err;
    const sql_style style = run->json ? SQL_JSON : cli_given(run, "csv") ? SQL_CSV : SQL_ALIGNED;
    if (run->json && cli_given(run, "csv"))
        return cli_usage(run, "--csv and --json exclude each other");
    cli_catch_signals();
    int code = CLI_FAILED;
    if (open_handle(&work, &err) != COVET_OK ||
        sql_printer_open(run, style, &work.printer, &err) != COVET_OK) {
        report(&work, &err);
    } else {
        code = finish(&work, run_all(&work));
        sql_printer_close(&work.printer);
    }
    covet_close_wait(work.db);
    return code;
}

static const cli_option options[] = {
    {.name = "command",
     .letter = 'c',
     .value = "SQL",
     .help = "statements; may be repeated. COPY ... FROM STDIN reads the\n"
             "standard input"},
    {.name = "file",
     .letter = 'f',
     .value = "FILE",
     .help = "statements, and behind COPY ... FROM STDIN its data, up to\n"
             "a line \\.; - is the standard input"},
    {.name = "csv", .help = "print results as psql --csv does"},
    {0},
};

const cli_command sql_command = {
    .name = "sql",
    .shared = CLI_JSON | CLI_CATALOG,
    .options = options,
    .summary = "run statements over the cluster, as psql would on one server",
    .help = "Reads the standard input without -c and -f, which are run in the order in which\n"
            "they stand. Results are printed as psql prints them.\n"
            "\n"
            "The first error ends it, with exit code 1 (psql needs ON_ERROR_STOP for that): 0\n"
            "means that everything was done. With --csv rows are printed while they come, so an\n"
            "error may stand behind some. Each statement stands for itself unless BEGIN and\n"
            "COMMIT stand around it; a transaction that is open at the end is rolled back, and\n"
            "that is an error. Ctrl-C cancels the statement that runs.\n"
            "\n"
            "CREATE TABLE makes a local table. CREATE and DROP INDEX, DROP TABLE, TRUNCATE,\n"
            "ANALYZE, VACUUM, GRANT and REVOKE reach every shard and every copy of the tables\n"
            "that they name. Interrupted, they are finished by the same statement; `status`\n"
            "lists what is unfinished.\n"
            "\n"
            "COPY ... FROM STDIN sends each row to its shard, in one transaction for each group,\n"
            "all committed after the last row. What is checked at its end (DEFERRABLE INITIALLY\n"
            "DEFERRED, as Django makes foreign keys) fails before that, with the group and the\n"
            "table in the message, but without the line of the row.\n",
    .run = run_sql,
};
