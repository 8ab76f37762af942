/*
 * tests/live/test_orm_random.c - random querysets against Django.
 *
 * tests/django/random_querysets.py makes them of a seed and answers them; here the same ones
 * are made of the same clauses by the plain layer, of names known at run time. A difference
 * prints the seed, the clauses and the SQL. COVET_SEED and COVET_COUNT choose others.
 */
#include "support/cmocka_all.h"

#include "support/blog_django.h"

static live_cluster *cluster;
static const char *dsn;
static covet_db *db;

/* ---- clauses of JSON ----------------------------------------------------------------------- */

static void *take(covet_arena *arena, size_t size)
{
    void *memory = covet_arena_alloc(arena, size);
    assert_non_null(memory);
    return memory;
}

static covet_value value_of(covet_arena *arena, const json_t *json)
{
    const size_t count = json_array_size(json);
    if (json_is_boolean(json))
        return covet_bool(json_is_true(json));
    if (json_is_integer(json))
        return covet_int(json_integer_value(json));
    if (json_is_string(json))
        return covet_text(json_string_value(json));
    if (count > 0 && json_is_string(json_array_get(json, 0))) {
        const char **texts = take(arena, count * sizeof *texts);
        for (size_t i = 0; i < count; i++)
            texts[i] = json_string_value(json_array_get(json, i));
        return covet_texts(texts, count);
    }
    int64_t *ints = take(arena, (count + 1) * sizeof *ints);
    for (size_t i = 0; i < count; i++)
        ints[i] = json_integer_value(json_array_get(json, i));
    return covet_ints(ints, count);
}

/* An empty list fits every field. */
static covet_value fitting(covet_arena *arena, const char *path, const json_t *json)
{
    static const char *const texts[] = {"name__in",      "title__in",       "slug__in",
                                        "content__in",   "author_name__in", "username__in",
                                        "first_name__in"};
    if (json_is_array(json) && json_array_size(json) == 0)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            const size_t length = strlen(path), end = strlen(texts[i]);
            if (length >= end && strcmp(path + length - end, texts[i]) == 0)
                return covet_texts(NULL, 0);
        }
    return value_of(arena, json);
}

static covet_q condition_of(covet_arena *arena, const json_t *json)
{
    const char *op = json_string_value(json_array_get(json, 0));
    const size_t count = json_array_size(json);
    if (strcmp(op, "leaf") == 0) {
        const char *path = json_string_value(json_array_get(json, 1));
        return covet_q_kw(path, fitting(arena, path, json_array_get(json, 2)));
    }
    covet_q *kids = take(arena, count * sizeof *kids);
    for (size_t i = 1; i < count; i++)
        kids[i - 1] = condition_of(arena, json_array_get(json, i));
    kids[count - 1] = (covet_q){.op = COVET_Q_END};
    return (covet_q){.op = strcmp(op, "and") == 0  ? COVET_Q_AND
                           : strcmp(op, "or") == 0 ? COVET_Q_OR
                                                   : COVET_Q_NOT,
                     .kids = kids};
}

static covet_qs *order_of(covet_arena *arena, const covet_qs *qs, const json_t *clause)
{
    const size_t count = json_array_size(clause) - 1;
    const char **names = take(arena, count * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = json_string_value(json_array_get(clause, i + 1));
    return covet_qs_order_by(qs, names, count);
}

static covet_qs *apply(covet_arena *arena, const covet_qs *qs, const json_t *clause)
{
    const char *op = json_string_value(json_array_get(clause, 0));
    const json_t *first = json_array_get(clause, 1);
    if (strcmp(op, "filter") == 0 || strcmp(op, "exclude") == 0) {
        const covet_q q = condition_of(arena, first);
        return op[0] == 'f' ? covet_qs_filter(qs, &q) : covet_qs_exclude(qs, &q);
    }
    if (strcmp(op, "annotate") == 0)
        return covet_qs_annotate(qs, json_string_value(first),
                                 (covet_expr){.op = COVET_EXPR_COUNT,
                                              .path = json_string_value(json_array_get(clause, 2)),
                                              .distinct = json_is_true(json_array_get(clause, 3))});
    if (strcmp(op, "limit") == 0)
        return covet_qs_limit(qs, json_integer_value(first));
    if (strcmp(op, "offset") == 0)
        return covet_qs_offset(qs, json_integer_value(first));
    return order_of(arena, qs, clause);
}

static const covet_row_type *type_of(const char *model)
{
    static const covet_row_type *const types[] = {&PostRow_type, &Comment_type, &UserRow_type,
                                                  &Tag_type, &Category_type};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i]->model->name, model) == 0)
            return types[i];
    fail_msg("no model %s", model);
    return NULL;
}

/* ---- asking -------------------------------------------------------------------------------- */

static bool is_ordered(const json_t *clauses)
{
    for (size_t i = 0; i < json_array_size(clauses); i++)
        if (strcmp(json_string_value(json_array_get(json_array_get(clauses, i), 0)), "order") == 0)
            return true;
    return false;
}

static int by_number(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Ids in order, or sorted where there is none. */
static json_t *ids_of(const void *rows, size_t count, const covet_row_type *type, bool ordered)
{
    json_t *array = json_array();
    int64_t *ids = calloc(count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        memcpy(&ids[i], (const char *)rows + i * type->row_size + offsetof(Post, id),
               sizeof ids[i]);
    if (!ordered)
        qsort(ids, count, sizeof *ids, by_number);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer(ids[i]));
    free(ids);
    return array;
}

/* False: refused, as a few are. */
static bool ask(const json_t *item)
{
    covet_error err = {0};
    covet_arena *arena = NULL;
    void *rows;
    size_t count;
    int64_t counted = 0;
    const json_t *clauses = json_array_get(item, 1);
    const covet_row_type *type = type_of(json_string_value(json_array_get(item, 0)));
    assert_ok(covet_arena_new(0, &arena, &err), &err);
    covet_qs *qs = covet_qs_new(arena, type);
    for (size_t i = 0; i < json_array_size(clauses); i++)
        qs = apply(arena, qs, json_array_get(clauses, i));
    covet_status status = covet_qs_all_wait(db, qs, NULL, &rows, &count, &err);
    if (status == COVET_OK)
        status = covet_qs_count_wait(db, qs, NULL, &counted, &err);
    if (status == COVET_EUNSUPPORTED) {
        covet_arena_free(arena);
        return false;
    }
    json_t *mine = status == COVET_OK ? ids_of(rows, count, type, is_ordered(clauses)) : NULL;
    if (!json_equal(mine, json_array_get(item, 2)) ||
        counted != json_integer_value(json_array_get(item, 3))) {
        char *text = json_dumps(item, JSON_COMPACT);
        fprintf(stderr, "%s\n%s\n%s\n", text, covet_qs_sql(qs, NULL),
                status != COVET_OK ? err.message : "");
        free(text);
        blog_assert_same("a random queryset", json_array_get(item, 2), mine);
        fail_msg("a random queryset: counted %lld", (long long)counted);
    }
    json_decref(mine);
    covet_arena_free(arena);
    return true;
}

static void random_querysets_have_djangos_rows(void **state)
{
    char argument[64];
    const char *count = getenv("COVET_COUNT"), *seed = getenv("COVET_SEED");
    size_t found = 0, refused = 0;
    (void)state;
    snprintf(argument, sizeof argument, "%s:%s", count != NULL ? count : "1000",
             seed != NULL ? seed : "1");
    json_t *items = django_run(dsn, "random_querysets.py", argument);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (json_is_null(json_array_get(item, 2)))
            continue; /* Django's own SQL was refused */
        refused += !ask(item);
        found += json_array_size(json_array_get(item, 2)) > 0;
    }
    print_message("%s: %zu querysets, %zu with rows, %zu refused\n", argument,
                  json_array_size(items), found, refused);
    assert_true(refused * 100 < json_array_size(items));
    assert_true(found * 3 > json_array_size(items));
    json_decref(items);
}

static int set_up(void **state)
{
    covet_error err = {0};
    (void)state;
    dsn = getenv("COVET_ORM_DSN");
    if (dsn == NULL) {
        cluster = live_up(1, 0, NULL);
        setenv("BLOG_SCALE", "0.01", 1);
        dsn = django_database(cluster, "small", true);
    }
    assert_ok(covet_open_wait(COVET_OPTS(covet_db_opts, .dsn = dsn, .map_dir = ""), &db, &err),
              &err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    covet_close_wait(db);
    live_down(cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_querysets_have_djangos_rows)};
    if (!django_is_there()) {
        print_message("Django is not installed: skipped\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
