/*
 * tests/orm/test_names.c - what is wrong with a name, a value or a model is said (orm/model.c,
 * orm/path.c, orm/lookup.c), with what was probably meant.
 */
#include "support/cmocka_all.h"

#include "support/blog_models.h"

static covet_arena *a;
static covet_error err;

/* A queryset that cannot be one; `sqlstate` may be "". */
static void assert_refused(const void *qs, covet_status status, const char *sqlstate,
                           const char *said)
{
    memset(&err, 0, sizeof err);
    assert_null(covet_qs_sql(qs, &err));
    if (err.status != status || strcmp(err.sqlstate, sqlstate) != 0)
        fail_msg("%s %s: %s", covet_status_name(err.status), err.sqlstate, err.message);
    assert_contains(err.message, said);
}

#define FILTERED(R, path, value) QUERY(a, R, Filter(Kw(path, value)))

static void a_wrong_field_is_named_with_the_nearest(void **state)
{
    (void)state;
    assert_refused(FILTERED(Post, "titel", "x"), COVET_EFIELD, "",
                   "Post has no field \"titel\"; did you mean \"title\"? (it has: id, title");
    assert_refused(FILTERED(Post, "author__usrname", "x"), COVET_EFIELD, "",
                   "User has no field \"usrname\"; did you mean \"username\"?");
    assert_refused(FILTERED(Post, "Title", "x"), COVET_EFIELD, "", "did you mean \"title\"?");
    assert_refused(FILTERED(Tag, "wholly_else", "x"), COVET_EFIELD, "",
                   "Tag has no field \"wholly_else\" (it has: id, name, posts)");
    assert_refused(QUERY(a, Post, OrderBy("-createdat")), COVET_EFIELD, "",
                   "did you mean \"created_at\"?");
    assert_refused(QUERY(a, Post, SelectRelated("auther")), COVET_EFIELD, "",
                   "did you mean \"author\"?");
    const covet_expr count = {.op = COVET_EXPR_COUNT, .path = "coments"};
    assert_refused(covet_qs_annotate(covet_qs_new(a, &PostRow_type), "comment_count", count),
                   COVET_EFIELD, "", "did you mean \"comments\"?");
    const covet_expr fine = {.op = COVET_EXPR_COUNT, .path = "comments"};
    assert_refused(covet_qs_annotate(covet_qs_new(a, &PostRow_type), "comments_count", fine),
                   COVET_EFIELD, "", "did you mean \"comment_count\"?");
}

static void a_wrong_lookup_is_named_with_the_nearest(void **state)
{
    (void)state;
    assert_refused(FILTERED(Post, "title__icontians", "x"), COVET_EFIELD, "",
                   "\"icontians\" behind \"title\" is no lookup; did you mean \"icontains\"?");
    assert_refused(FILTERED(Post, "author__contains", "x"), COVET_EFIELD, "",
                   "\"author__contains\" is a relation: contains is no lookup for it");
    assert_refused(FILTERED(Post, "title__username", "x"), COVET_EFIELD, "",
                   "\"title\" is no relation");
}

static void a_value_of_another_type_is_refused(void **state)
{
    (void)state;
    assert_refused(FILTERED(Post, "id", "seven"), COVET_ETYPE, "42804",
                   "\"id\" exact: text does not fit BigAuto");
    assert_refused(FILTERED(Post, "title", 7), COVET_ETYPE, "42804", "an integer does not fit");
    assert_refused(FILTERED(Post, "created_at__gte", "2026-01-01"), COVET_ETYPE, "42804",
                   "text does not fit DateTime");
    assert_refused(FILTERED(Post, "id", 1.5), COVET_ETYPE, "42804", "a float does not fit");
    assert_refused(FILTERED(Post, "id__in", 3), COVET_ETYPE, "42804", "an integer does not fit");
    assert_refused(FILTERED(Post, "title__isnull", "yes"), COVET_ETYPE, "42804", "");
    assert_refused(FILTERED(Post, "id__lt", covet_null()), COVET_ETYPE, "22004", "NULL");
    assert_refused(FILTERED(Post, "id", UINT64_MAX), COVET_ETYPE, "42804", "a float does not fit");
}

static void conditions_behind_a_limit_are_refused(void **state)
{
    (void)state;
    assert_refused(QUERY(a, Post, Limit(3), Filter(W(Post, id, exact, 1))), COVET_EINVAL, "",
                   "cannot come behind a limit");
    assert_refused(QUERY(a, Post, Offset(3), OrderBy("id")), COVET_EINVAL, "",
                   "cannot come behind a limit");
    assert_refused(QUERY(a, Post, Limit(-1)), COVET_EINVAL, "", "");
}

static void what_is_wrong_stays_with_the_queryset(void **state)
{
    (void)state;
    Post_qs *wrong = QUERY(a, Post, Filter(Kw("titel", "x")));
    assert_refused(CHAIN(wrong, Limit(3)), COVET_EFIELD, "", "titel");
    assert_refused(wrong, COVET_EFIELD, "", "titel");
    assert_refused(NULL, COVET_EINVAL, "", "NULL");
}

static void deep_conditions_are_refused_not_overrun(void **state)
{
    enum { DEPTH = 5000 };
    static covet_q pairs[DEPTH][2];
    covet_q q = W(Post, id, exact, 1);
    (void)state;
    for (size_t i = 0; i < DEPTH; i++) {
        pairs[i][0] = q;
        pairs[i][1] = (covet_q){.op = COVET_Q_END};
        q = (covet_q){.op = COVET_Q_NOT, .kids = pairs[i]};
    }
    assert_refused(covet_qs_filter(covet_qs_new(a, &Post_type), &q), COVET_EINVAL, "54001", "deep");
}

/* ---- models that were described at run time ------------------------------------------------ */

typedef struct thing {
    covet_row row;
    int64_t id;
    const char *name;
} thing;

static covet_field fields[2];
static covet_model model;

/* A right one, to be made wrong. */
static void make_model(void)
{
    fields[0] = (covet_field){.name = "id",
                              .kind = COVET_FIELD_BigAuto,
                              .primary_key = true,
                              .offset = offsetof(thing, id)};
    fields[1] =
        (covet_field){.name = "name", .kind = COVET_FIELD_Char, .offset = offsetof(thing, name)};
    model = (covet_model){.size = sizeof model,
                          .name = "Thing",
                          .db_table = "things",
                          .row_size = sizeof(thing),
                          .fields = fields,
                          .field_count = 2};
    assert_ok(covet_model_check(&model, &err), &err);
}

static void assert_model_refused(const char *said)
{
    assert_int_equal(covet_model_check(&model, &err), COVET_EINVAL);
    assert_contains(err.message, said);
    make_model();
}

static void a_model_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    make_model();
    model.db_table = NULL;
    assert_model_refused("model Thing: db_table is not given");
    fields[1].offset = sizeof(thing);
    assert_model_refused("\"name\" does not lie in its row");
    fields[1].offset = 0;
    assert_model_refused("\"name\" does not lie in its row");
    fields[1].offset = offsetof(thing, name) + 1;
    assert_model_refused("at a multiple of 8");
    fields[0].primary_key = false;
    assert_model_refused("has 0 primary keys");
    fields[1].name = "id";
    assert_model_refused("two fields \"id\"");
    fields[1].name = "a__b";
    assert_model_refused("\"a__b\" is no name for a field");
    fields[1].kind = COVET_FIELD_FK;
    assert_model_refused("\"name\" leads nowhere");
    fields[1].kind = (covet_field_kind)99;
    assert_model_refused("a field without a name or a kind");
    model.size = 0;
    assert_model_refused("size is not set");
}

static void the_macros_make_models_that_are_right(void **state)
{
    const covet_model *const models[] = {&User_model, &Category_model, &Tag_model, &Post_model,
                                         &Comment_model};
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        assert_ok(covet_model_check(models[i], &err), &err);
}

static int set_up(void **state)
{
    (void)state;
    return covet_arena_new(0, &a, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    covet_arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_field_is_named_with_the_nearest),
        cmocka_unit_test(a_wrong_lookup_is_named_with_the_nearest),
        cmocka_unit_test(a_value_of_another_type_is_refused),
        cmocka_unit_test(conditions_behind_a_limit_are_refused),
        cmocka_unit_test(what_is_wrong_stays_with_the_queryset),
        cmocka_unit_test(deep_conditions_are_refused_not_overrun),
        cmocka_unit_test(a_model_that_makes_no_sense_is_refused),
        cmocka_unit_test(the_macros_make_models_that_are_right),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
