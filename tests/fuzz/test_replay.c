/*
 * tests/fuzz/test_replay.c - the seeds of the fuzz target, and all that it ever found.
 *
 * Each file holds a statement a line. What the target finds and is mended is added to
 * findings.sql.
 */
#include "support/cmocka_all.h"

#include "fuzz/sql_check.h"
#include "fuzz/sql_mix.h"
#include "support/world.h"

enum { LINE_MAX = 20000, LINES_MAX = 2000, MIXED = 1500 };

typedef struct lines {
    char *items[LINES_MAX];
    size_t count;
} lines;

static lines read_lines(const char *name)
{
    char path[1000], *line = NULL;
    size_t capacity = 0;
    lines all = {0};
    snprintf(path, sizeof path, "%s/%s", COVET_FUZZ, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s: cannot be read", path);
    while (all.count < LINES_MAX && getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        all.items[all.count++] = strdup(line);
    }
    free(line);
    fclose(file);
    return all;
}

static void forget_lines(lines *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->items[i]);
}

/* All that is wrong is said, not the first of it alone. */
static size_t check(const char *text, size_t length)
{
    const char *complaint = sql_check(text, length);
    if (complaint != NULL)
        print_error("%.*s\n  %s\n", (int)length, text, complaint);
    return complaint != NULL;
}

static void check_file(const char *name)
{
    lines all = read_lines(name);
    size_t wrong = 0;
    for (size_t i = 0; i < all.count; i++)
        wrong += check(all.items[i], strlen(all.items[i]));
    forget_lines(&all);
    assert_int_equal(wrong, 0);
}

static void the_seeds_hold(void **state)
{
    (void)state;
    check_file("seeds.sql");
}

static void what_was_found_is_mended(void **state)
{
    (void)state;
    check_file("findings.sql");
}

/* A short walk by the same lots every time, for builds without libFuzzer. */
static void mixed_seeds_hold(void **state)
{
    (void)state;
    static char text[LINE_MAX];
    lines all = read_lines("seeds.sql");
    size_t wrong = 0;
    for (uint64_t i = 0; i < MIXED; i++) {
        const char *seed = all.items[i % all.count], *donor = all.items[i * 7919 % all.count];
        wrong +=
            check(text, sql_mix(seed, strlen(seed), donor, strlen(donor), text, sizeof text, i));
    }
    forget_lines(&all);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seeds_hold),
        cmocka_unit_test(what_was_found_is_mended),
        cmocka_unit_test(mixed_seeds_hold),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
