#include "support/cmocka_all.h"

#include "support/parity.h"

#include "orm/qset.h"

static parity_case *cases, **cases_end = &cases;

void parity_add(parity_case *one)
{
    *cases_end = one;
    cases_end = &one->next;
}

static covet_status fetch_rows(covet_db *db, const parity_case *c, const covet_qs *qs, json_t **ret,
                               covet_error *err)
{
    void *rows;
    size_t count;
    const covet_status status = covet_qs_all_wait(db, qs, NULL, &rows, &count, err);
    if (status != COVET_OK)
        return status;
    *ret = c->render != NULL ? c->render(rows, count) : blog_rows(rows, count, qs->type);
    if (c->kind == BAG)
        *ret = blog_sorted(*ret);
    return COVET_OK;
}

static covet_status answer(covet_db *db, const parity_case *c, const covet_qs *qs, json_t **ret,
                           covet_error *err)
{
    int64_t count;
    void *row = NULL;
    if (c->kind == COUNT) {
        const covet_status status = covet_qs_count_wait(db, qs, NULL, &count, err);
        *ret = status == COVET_OK ? json_integer(count) : NULL;
        return status;
    }
    if (c->kind == GET || c->kind == FIRST) {
        const covet_status status =
            (c->kind == GET ? covet_qs_get_wait : covet_qs_first_wait)(db, qs, NULL, &row, err);
        const bool told = status == COVET_ENOTFOUND || status == COVET_EMULTIPLE;
        *ret = told                 ? json_string(covet_status_name(status))
               : status == COVET_OK ? blog_row(row, qs->type)
                                    : NULL;
        return told ? COVET_OK : status;
    }
    return fetch_rows(db, c, qs, ret, err);
}

static void compare(const parity_case *c, const covet_qs *qs, const json_t *django,
                    const json_t *mine)
{
    json_t *theirs = json_deep_copy(json_object_get(django, c->name));
    if (c->kind == BAG)
        theirs = blog_sorted(theirs);
    if (!json_equal(theirs, mine))
        print_error("%s\n", covet_qs_sql(qs, NULL));
    blog_assert_same(c->name, theirs, mine);
    json_decref(theirs);
}

/* False: refused, as is allowed over shards. */
static bool ask(covet_db *db, const json_t *django, const parity_case *c)
{
    covet_error err = {0};
    covet_arena *arena = NULL;
    json_t *mine = NULL;
    covet_db_info info = {.size = sizeof info};
    assert_ok(covet_arena_new(0, &arena, &err), &err);
    const covet_qs *qs = c->make(arena);
    const covet_status status = answer(db, c, qs, &mine, &err);
    covet_db_describe(db, &info);
    const bool refused = status == COVET_EUNSUPPORTED && !info.plain;
    if (refused) {
        assert_string_equal(err.sqlstate, "0A000");
    } else if (status != COVET_OK) {
        print_error("%s\n", covet_qs_sql(qs, NULL));
        fail_msg("%s: %s (%s)", c->name, err.message, err.sqlstate);
    } else {
        compare(c, qs, django, mine);
    }
    json_decref(mine);
    covet_arena_free(arena);
    return !refused;
}

size_t parity_ask(covet_db *db, const json_t *django)
{
    size_t count = 0, refused = 0;
    for (const parity_case *c = cases; c != NULL; c = c->next, count++)
        refused += !ask(db, django, c);
    print_message("%zu querysets, %zu of them refused over shards\n", count, refused);
    return refused;
}

void parity_assert_complete(const json_t *django)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)django, name, value)
    {
        const parity_case *c = cases;
        while (c != NULL && strcmp(c->name, name) != 0)
            c = c->next;
        if (c == NULL)
            fail_msg("parity.py's %s is not asked here", name);
    }
}
