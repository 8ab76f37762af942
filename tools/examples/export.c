/*
 * tools/examples/export.c - any number of rows, one after another, in little memory.
 *
 *     COVET_DSN="host=... dbname=blog" export
 *
 * Prints all posts while the servers send them. For a slow reader, or a pipe that is full,
 * the servers wait: nothing piles up here.
 */
#include <stdio.h>
#include <stdlib.h>

#include <covet/covet.h>

static int fail(const char *what, const covet_error *err)
{
    fprintf(stderr, "%s: %s (%s)\n", what, err->message, covet_status_name(err->status));
    return 1;
}

static int print(const covet_result *piece, covet_error *err)
{
    for (size_t row = 0; row < covet_result_rows(piece); row++) {
        int64_t id;
        if (covet_result_int(piece, row, 0, &id, err) != COVET_OK)
            return fail("id", err);
        printf("%ld\t%s\n", (long)id, covet_result_text(piece, row, 1));
    }
    return 0;
}

static int export(covet_db *db)
{
    const covet_sql sql = {.size = sizeof sql, .text = "SELECT id, title FROM posts ORDER BY id"};
    /* No deadline: it takes as long as its reader does. */
    const covet_call call = {.size = sizeof call, .timeout = COVET_NO_TIMEOUT};
    const covet_result *piece = NULL;
    covet_rows *rows;
    covet_error err;
    covet_status status = COVET_OK;
    int code = 0;
    if (covet_rows_open(db, &sql, &call, &rows, &err) != COVET_OK)
        return fail("export", &err);
    while (code == 0 && (status = covet_rows_next(rows, &piece, &err)) == COVET_OK && piece != NULL)
        code = print(piece, &err);
    covet_rows_close(rows);
    return code != 0 || status == COVET_OK ? code : fail("export", &err);
}

int main(void)
{
    covet_error err;
    covet_db *db;
    if (covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = getenv("COVET_DSN")), &db, &err) !=
        COVET_OK)
        return fail("open", &err);
    const int code = export(db);
    covet_close_wait(db);
    return code;
}
