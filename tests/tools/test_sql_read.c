#include "support/cmocka_all.h"

#include <sys/wait.h>
#include <unistd.h>

#include "shard/parse.h"
#include "tools/sql_read.h"

static covet_error err;

/* ---- sources ------------------------------------------------------------------------------- */

/* A descriptor that gives the text one byte at a time, or as a whole. */
static int pipe_of(const char *text, size_t piece, pid_t *ret_writer)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *ret_writer = fork();
    if (*ret_writer == 0) {
        close(ends[0]);
        for (size_t at = 0, length = strlen(text); at < length; at += piece) {
            const size_t size = length - at < piece ? length - at : piece;
            if (write(ends[1], text + at, size) != (ssize_t)size)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

/* The statements, each followed by "|". */
static char *cut(sql_reader *reader)
{
    char *out = calloc(1, 1 << 16);
    sql_statement statement;
    uint64_t number = 0;
    while (sql_reader_next(reader, &statement, &err)) {
        assert_int_equal(statement.number, ++number);
        assert_int_equal(strlen(statement.text), statement.length);
        strcat(strcat(out, statement.text), "|");
    }
    return out;
}

static void assert_cut(const char *script, const char *expected)
{
    sql_reader *reader = NULL;
    assert_ok(sql_reader_of_text(script, &reader, &err), &err);
    char *whole = cut(reader);
    assert_int_equal(err.status, COVET_OK);
    sql_reader_free(reader);
    pid_t writer;
    const int fd = pipe_of(script, 1, &writer);
    assert_ok(sql_reader_of_file(fd, &reader, &err), &err);
    char *pieces = cut(reader);
    sql_reader_free(reader);
    close(fd);
    waitpid(writer, NULL, 0);
    assert_string_equal(whole, expected);
    assert_string_equal(pieces, expected);
    free(whole);
    free(pieces);
}

typedef struct split_text {
    const char *script;
    char *out;
} split_text;

static covet_status add_split(void *user, size_t start, size_t length, covet_error *unused)
{
    split_text *s = user;
    (void)unused;
    strncat(s->out, s->script + start, length);
    strcat(s->out, "|");
    return COVET_OK;
}

/* ---- tests --------------------------------------------------------------------------------- */

static void semicolons_end_statements(void **state)
{
    (void)state;
    assert_cut("SELECT 1; SELECT 2", "SELECT 1|SELECT 2|");
    assert_cut("  SELECT 1 ;\n;; \nSELECT 2;", "SELECT 1 |SELECT 2|");
    assert_cut("", "");
    assert_cut(" ; ;", "");
    assert_cut("-- only a comment", "");
    assert_cut("/* a; */ -- b;\nSELECT 1 -- c;\n;", "SELECT 1 -- c;\n|");
}

static void what_is_quoted_does_not_count(void **state)
{
    (void)state;
    assert_cut("SELECT 'a;''b;'; SELECT 2", "SELECT 'a;''b;'|SELECT 2|");
    assert_cut("SELECT \"a;\"\"b;\"; SELECT 2", "SELECT \"a;\"\"b;\"|SELECT 2|");
    assert_cut("SELECT 'a\\'; SELECT 2", "SELECT 'a\\'|SELECT 2|");
    assert_cut("SELECT E'a\\';b'; SELECT 2", "SELECT E'a\\';b'|SELECT 2|");
    assert_cut("SELECT e'a'''\n'\\';'; SELECT 2", "SELECT e'a'''\n'\\';'|SELECT 2|");
    assert_cut("SELECT note'a\\'; SELECT 2", "SELECT note'a\\'|SELECT 2|");
    assert_cut("SELECT $$a;$b$;$$; SELECT 2", "SELECT $$a;$b$;$$|SELECT 2|");
    assert_cut("SELECT $b$a;$$;$B$;$b$; SELECT 2", "SELECT $b$a;$$;$B$;$b$|SELECT 2|");
    assert_cut("SELECT a$b$; SELECT $1$;", "SELECT a$b$|SELECT $1$|");
    assert_cut("SELECT /* ; /* ; */ ; */ 1; SELECT 2", "SELECT /* ; /* ; */ ; */ 1|SELECT 2|");
    assert_cut("SELECT 1 - -1, 4 / 2; SELECT 2", "SELECT 1 - -1, 4 / 2|SELECT 2|");
}

static void brackets_and_bodies_hold_semicolons(void **state)
{
    (void)state;
    assert_cut("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
               "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)|SELECT 3|");
    assert_cut("CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN "
               "1 END; SELECT 2; END; SELECT 3",
               "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN "
               "1 END; SELECT 2; END|SELECT 3|");
    assert_cut("BEGIN; SELECT 1; END; create table begin_ (a int)",
               "BEGIN|SELECT 1|END|create table begin_ (a int)|");
}

static void what_is_open_at_the_end_is_a_statement(void **state)
{
    (void)state;
    assert_cut("SELECT 'a;", "SELECT 'a;|");
    assert_cut("SELECT (1;", "SELECT (1;|");
    assert_cut("SELECT $$;", "SELECT $$;|");
}

static void the_parser_cuts_in_the_same_places(void **state)
{
    static const char *const scripts[] = {
        "SELECT 1;SELECT 'a;b', \"c;d\", $x$e;f$x$, E'\\';' /* ; */;UPDATE t SET a = ';'",
        "INSERT INTO t VALUES (1, ';'), (2, E';');DELETE FROM t WHERE a = $1",
        "SELECT U&'d\\0061;t', B'01', X'1F', N'a;', 1e5, .5, 5., a$b FROM c;VALUES (1);TABLE d",
    };
    (void)state;
    for (size_t i = 0; i < COVET_COUNT(scripts); i++) {
        split_text split = {.script = scripts[i], .out = calloc(1, 1 << 12)};
        assert_ok(covet__parse_split(scripts[i], add_split, &split, &err), &err);
        assert_cut(scripts[i], split.out);
        free(split.out);
    }
}

static void lines_are_counted(void **state)
{
    sql_reader *reader = NULL;
    sql_statement statement;
    (void)state;
    assert_ok(sql_reader_of_text("SELECT 1;\n\n-- two\nSELECT\n2; SELECT 3;\nSELECT 4", &reader,
                                 &err),
              &err);
    static const uint64_t lines[] = {1, 4, 5, 6};
    for (size_t i = 0; i < COVET_COUNT(lines); i++) {
        assert_true(sql_reader_next(reader, &statement, &err));
        assert_int_equal(statement.line, lines[i]);
    }
    assert_false(sql_reader_next(reader, &statement, &err));
    sql_reader_free(reader);
}

static void commands_of_psql_are_refused(void **state)
{
    sql_reader *reader = NULL;
    sql_statement statement;
    (void)state;
    assert_ok(sql_reader_of_text("SELECT 1;\n\\d posts\n", &reader, &err), &err);
    assert_true(sql_reader_next(reader, &statement, &err));
    assert_false(sql_reader_next(reader, &statement, &err));
    assert_string_equal(err.sqlstate, "42601");
    assert_string_equal(err.message, "line 2: \\d is a command of psql's, not a statement");
    sql_reader_free(reader);
}

static void a_statement_has_a_limit(void **state)
{
    sql_reader *reader = NULL;
    sql_statement statement;
    pid_t writer;
    (void)state;
    const size_t size = SQL_STATEMENT_MAX + (1 << 20);
    char *script = malloc(size + 1);
    memset(script, 'x', size);
    script[size] = '\0';
    const int fd = pipe_of(script, 1 << 20, &writer);
    free(script);
    assert_ok(sql_reader_of_file(fd, &reader, &err), &err);
    assert_false(sql_reader_next(reader, &statement, &err));
    assert_string_equal(err.sqlstate, "54000");
    sql_reader_free(reader);
    close(fd);
    waitpid(writer, NULL, 0);
}

static void data_lie_between_statements(void **state)
{
    static const char script[] = "COPY t FROM STDIN; SELECT ';';\n1;\t'\n2\n\\.\nSELECT 3;";
    sql_reader *reader = NULL;
    sql_statement statement;
    const char *bytes;
    size_t length;
    pid_t writer;
    (void)state;
    const int fd = pipe_of(script, 3, &writer);
    assert_ok(sql_reader_of_file(fd, &reader, &err), &err);
    assert_true(sql_reader_next(reader, &statement, &err));
    assert_string_equal(statement.text, "COPY t FROM STDIN");
    assert_ok(sql_reader_begin_data(reader, &err), &err);
    assert_ok(sql_reader_peek(reader, 10, &bytes, &length, &err), &err);
    assert_true(length >= 10);
    assert_memory_equal(bytes, "1;\t'\n2\n\\.\n", 10);
    sql_reader_skip(reader, 10);
    assert_ok(sql_reader_end_data(reader, &err), &err);
    assert_true(sql_reader_next(reader, &statement, &err));
    assert_string_equal(statement.text, "SELECT ';'");
    assert_true(sql_reader_next(reader, &statement, &err));
    assert_string_equal(statement.text, "SELECT 3");
    assert_int_equal(statement.line, 5);
    assert_false(sql_reader_next(reader, &statement, &err));
    sql_reader_free(reader);
    close(fd);
    waitpid(writer, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(semicolons_end_statements),
        cmocka_unit_test(what_is_quoted_does_not_count),
        cmocka_unit_test(brackets_and_bodies_hold_semicolons),
        cmocka_unit_test(what_is_open_at_the_end_is_a_statement),
        cmocka_unit_test(the_parser_cuts_in_the_same_places),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(commands_of_psql_are_refused),
        cmocka_unit_test(a_statement_has_a_limit),
        cmocka_unit_test(data_lie_between_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
