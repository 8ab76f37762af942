/*
 * tests/live/test_decision.c - statements as large as those of decision support, over a shop
 * with facts of two keys, reference tables and a local one (tests/live/decision): each is
 * answered as one PostgreSQL answers it, or refused.
 */
#include "support/cmocka_all.h"

#include "support/cluster.h"

enum {
    STATEMENTS = 22, /* the last two over views */
    REFUSALS_ALLOWED = 0,
    FILE_BYTES_MAX = 1 << 16,
};

/* Valid until the next call. */
static const char *read_file(const char *name)
{
    static char text[FILE_BYTES_MAX];
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", COVET_DECISION, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s: cannot be read", path);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int set_up(void **state)
{
    (void)state;
    cluster_up(2, 7);
    cluster_both(read_file("schema.sql"));
    cluster_tool_ok("reference", "dates", "items", "stores", "promotions");
    cluster_tool_ok("distribute", "customers", "--key", "customer_id", "--with",
                    "sales:customer_id", "--with", "lines:customer_id", "--with",
                    "returns:customer_id", "--with", "clicks:customer_id");
    cluster_tool_ok("distribute", "inventory", "--key", "store_id");
    cluster_both(read_file("views.sql"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cluster_down();
    return 0;
}

/* True where it was refused. A heading and a row are the least: nothing is easily equal. */
static bool ask_both(const char *name, const char *statement)
{
    cluster_said mine = cluster_sql("--csv", statement);
    cluster_said its = cluster_psql("--csv", statement);
    const char *row = strchr(its.out, '\n');
    const bool refused = mine.code != 0 && strstr(mine.err, "0A000") != NULL;
    if (its.code != 0 || row == NULL || row[1] == '\0')
        fail_msg("%s: one PostgreSQL says\n%s%s", name, its.out, its.err);
    if (mine.code != 0 && !refused)
        fail_msg("%s: %s", name, mine.err);
    if (!refused && strcmp(mine.out, its.out) != 0)
        fail_msg("%s is answered\n%s\n  but it is\n%s", name, mine.out, its.out);
    if (refused)
        print_message("%s: %s", name, mine.err);
    cluster_forget(&mine);
    cluster_forget(&its);
    return refused;
}

static void each_is_answered_as_by_one_server_or_refused(void **state)
{
    (void)state;
    int refused = 0;
    for (int i = 1; i <= STATEMENTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%02d.sql", i);
        refused += ask_both(name, read_file(name));
    }
    print_message("%d of %d refused\n", refused, STATEMENTS);
    assert_true(refused <= REFUSALS_ALLOWED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_answered_as_by_one_server_or_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
