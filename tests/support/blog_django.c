#include "support/cmocka_all.h"

#include "support/blog_django.h"

#include <libpq-fe.h>
#include <time.h>
#include <unistd.h>

#include "orm/hydrate.h"

#define PYTHON "/usr/bin/python3"

/* ---- running Django ------------------------------------------------------------------------- */

bool django_is_there(void)
{
    return system(PYTHON " -c 'import django, psycopg2' >/dev/null 2>&1") == 0;
}

/* What psycopg2 and Django's settings read from the environment. */
static void set_environment(const char *dsn)
{
    static const char *const names[][2] = {{"host", "PGHOST"},
                                           {"port", "PGPORT"},
                                           {"user", "PGUSER"},
                                           {"dbname", "PGDATABASE"},
                                           {"passfile", "PGPASSFILE"}};
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    assert_non_null(options);
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (o->val != NULL && strcmp(o->keyword, names[i][0]) == 0)
                setenv(names[i][1], o->val, 1);
    PQconninfoFree(options);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
}

/* Output of a script, which must succeed; free() it. */
static char *run_script(const char *dsn, const char *script, const char *argument)
{
    char command[1024];
    size_t length = 0, size = 1 << 16;
    set_environment(dsn);
    snprintf(command, sizeof command, "cd '%s' && exec " PYTHON " %s '%s'", COVET_DJANGO, script,
             argument != NULL ? argument : "");
    FILE *pipe = popen(command, "r");
    char *text = malloc(size);
    assert_non_null(pipe);
    for (size_t got;
         assert_non_null(text), (got = fread(text + length, 1, size - length - 1, pipe)) > 0;) {
        length += got;
        if (size - length < 4096)
            text = realloc(text, size *= 2);
    }
    text[length] = '\0';
    if (pclose(pipe) != 0)
        fail_msg("%s %s failed", script, argument != NULL ? argument : "");
    return text;
}

json_t *django_run(const char *dsn, const char *script, const char *argument)
{
    json_error_t error;
    char *text = run_script(dsn, script, argument);
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    if (json == NULL)
        fail_msg("%s: %s: %.200s", script, error.text, text);
    free(text);
    return json;
}

const char *django_database(live_cluster *cluster, const char *name, bool rows)
{
    static char dsns[8][1024];
    static size_t used;
    char sql[128];
    assert_true(used < sizeof dsns / sizeof dsns[0]);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    live_psql(cluster, 0, sql);
    /* The last of several settings counts. */
    snprintf(dsns[used], sizeof dsns[used], "%s dbname=%s", live_dsn(cluster, 0, 0), name);
    const char *dsn = dsns[used++];
    free(run_script(dsn, "manage.py", "migrate"));
    if (rows)
        free(run_script(dsn, "load.py", NULL));
    return dsn;
}

/* ---- rows as JSON -------------------------------------------------------------------------- */

static json_t *json_of(const covet_value *value)
{
    switch (value->kind) {
    case COVET_VALUE_INT:
    case COVET_VALUE_TIME: return json_integer(value->u.i);
    case COVET_VALUE_BOOL: return json_boolean(value->u.b);
    case COVET_VALUE_TEXT: return json_stringn(value->u.p, value->length);
    default: return json_null();
    }
}

static bool is_shown(const covet_model *model, const covet_field *field)
{
    const bool long_text = model == &Post_model && strcmp(field->name, "content") == 0;
    return covet__is_column(field->kind) && !long_text && strcmp(field->name, "password") != 0;
}

static void add_field(json_t *array, const void *row, const covet_field *field)
{
    const covet_value value = covet__member_get(row, field);
    json_array_append_new(array, json_of(&value));
}

json_t *blog_row(const void *row, const covet_row_type *type)
{
    if (row == NULL)
        return json_null();
    json_t *array = json_array();
    COVET__EACH_FIELD(field, type->model)
    if (is_shown(type->model, field))
        add_field(array, row, field);
    for (size_t i = 0; i < type->extra_count; i++)
        add_field(array, row, covet__extra_at(type, i));
    return array;
}

json_t *blog_rows(const void *rows, size_t count, const covet_row_type *type)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, blog_row((const char *)rows + i * type->row_size, type));
    return array;
}

json_t *blog_iso(covet_time time)
{
    char text[64];
    const time_t second = (time_t)(time.usec / 1000000);
    struct tm tm;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&second, &tm));
    if (time.usec % 1000000 != 0)
        snprintf(text + strlen(text), 16, ".%06d", (int)(time.usec % 1000000));
    return json_string(strcat(text, "+00:00"));
}

/* ---- comparing ----------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

json_t *blog_sorted(json_t *array)
{
    const size_t count = json_array_size(array);
    char **texts = calloc(count + 1, sizeof *texts);
    json_t *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        texts[i] = json_dumps(json_array_get(array, i), JSON_ENCODE_ANY | JSON_COMPACT);
    qsort(texts, count, sizeof *texts, by_text);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(sorted, json_loads(texts[i], JSON_DECODE_ANY, NULL));
        free(texts[i]);
    }
    free(texts);
    json_decref(array);
    return sorted;
}

static char *short_text(const json_t *json)
{
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    if (text != NULL && strlen(text) > 300)
        strcpy(text + 296, "...");
    return text != NULL ? text : strdup("(nothing)");
}

void blog_assert_same(const char *what, const json_t *django, const json_t *mine)
{
    if (json_equal(django, mine))
        return;
    const size_t ours = json_array_size(mine), theirs = json_array_size(django);
    size_t at = 0;
    while (at < ours && at < theirs &&
           json_equal(json_array_get(mine, at), json_array_get(django, at)))
        at++;
    char *one = short_text(json_is_array(django) ? json_array_get(django, at) : django);
    char *other = short_text(json_is_array(mine) ? json_array_get(mine, at) : mine);
    print_error("%s: item %zu of %zu and %zu\n  Django: %s\n  mine:   %s\n", what, at, theirs, ours,
                one, other);
    free(one);
    free(other);
    fail_msg("%s differs from Django", what);
}
