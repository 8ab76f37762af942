/* tests/replica/test_probe.c - what one answer of a server says about a member. */
#include "support/cmocka_all.h"

#include "replica/probe.h"

#define CLUSTER "6f1c1d0e-0000-4000-8000-000000000001"

static const covet__probe_expect standby_of_two = {.cluster_id = CLUSTER,
                                                   .incarnation = 1,
                                                   .group_id = 2,
                                                   .system_id = 7};
static const covet__probe_expect primary_of_two = {
    .cluster_id = CLUSTER, .incarnation = 1, .group_id = 2, .system_id = 7, .primary = true};

/* A standby of group 2 that has replayed up to 0/1000; the cells of one may be replaced. */
static covet__probe_row row_with(int column, const char *cell)
{
    const char *cells[COVET__PROBE_COLUMNS] = {"t",     "7", "3", "0/1000", "t",      "250",
                                               CLUSTER, "1", "2", "5",      "8000000"};
    covet__probe_row row = {0};
    covet_error err;
    if (column >= 0)
        cells[column] = cell;
    assert_ok(covet__probe_read(cells, &row, &err), &err);
    return row;
}

static covet__probe_row primary_at(uint64_t position, uint32_t timeline)
{
    return (covet__probe_row){.answered = true,
                              .system_id = 7,
                              .timeline = timeline,
                              .position = position};
}

static covet__probe_verdict judge(const covet__probe_expect *expect, const covet__probe_row *row,
                                  const covet__probe_row *primary)
{
    covet__probe_verdict verdict;
    covet__probe_judge(expect, row, primary, &verdict);
    return verdict;
}

static void a_row_of_text_is_read(void **state)
{
    (void)state;
    const covet__probe_row row = row_with(3, "16/B374D848");
    assert_true(row.answered && row.in_recovery && row.streaming && row.aged);
    assert_true(row.position == UINT64_C(0x16B374D848));
    assert_true(row.system_id == 7 && row.timeline == 3 && row.replay_age == 250);
    assert_string_equal(row.cluster_id, CLUSTER);
    assert_true(row.incarnation == 1 && row.group_id == 2);
    assert_true(row.connections == 5 && row.size_bytes == 8000000);
}

static void a_position_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {NULL, "", "16", "16/", "g/1", "0/1 ", "123456789/0"};
    const char *cells[COVET__PROBE_COLUMNS] = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        covet__probe_row row = {.group_id = 9};
        covet_error err;
        cells[3] = bad[i];
        assert_int_equal(covet__probe_read(cells, &row, &err), COVET_ETYPE);
        assert_int_equal(row.group_id, 9);
    }
}

static void no_answer_is_down(void **state)
{
    (void)state;
    const covet__probe_row silent = {0};
    assert_int_equal(judge(&standby_of_two, &silent, NULL).state, COVET__PROBE_DOWN);
    assert_string_equal(covet__probe_state_name(COVET__PROBE_DOWN), "down");
}

static void an_answer_of_another_is_foreign(void **state)
{
    (void)state;
    static const struct {
        int column;
        const char *cell, *note;
    } cases[] = {
        {6, NULL, "belongs to no cluster"},
        {6, "6f1c1d0e-0000-4000-8000-000000000002", "belongs to cluster 6f1c1d0e-0000-4000-8000-"},
        {7, "2", "belongs to incarnation 2"},
        {8, "1", "belongs to the group with id 1"},
        {1, "8", "its system identifier is 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const covet__probe_row row = row_with(cases[i].column, cases[i].cell);
        const covet__probe_verdict verdict = judge(&standby_of_two, &row, NULL);
        assert_int_equal(verdict.state, COVET__PROBE_FOREIGN);
        assert_contains(verdict.note, cases[i].note);
    }
}

static void a_system_id_that_is_not_known_is_not_compared(void **state)
{
    (void)state;
    covet__probe_expect expect = standby_of_two;
    expect.system_id = 0;
    const covet__probe_row row = row_with(1, "8");
    assert_int_equal(judge(&expect, &row, NULL).state, COVET__PROBE_UP);
}

static void the_role_is_what_the_server_says(void **state)
{
    (void)state;
    const covet__probe_row standby = row_with(-1, NULL), primary = row_with(0, "f");
    assert_false(judge(&standby_of_two, &standby, NULL).primary);
    assert_string_equal(judge(&standby_of_two, &standby, NULL).note, "");
    assert_true(judge(&primary_of_two, &primary, NULL).primary);
    assert_true(judge(&standby_of_two, &primary, NULL).primary);
    assert_string_equal(judge(&standby_of_two, &primary, NULL).note, "the map has it as a standby");
    assert_false(judge(&primary_of_two, &standby, NULL).primary);
    assert_string_equal(judge(&primary_of_two, &standby, NULL).note,
                        "the map has it as the primary");
}

static void lag_is_what_the_primary_has_flushed_beyond(void **state)
{
    (void)state;
    const covet__probe_row row = row_with(-1, NULL), ahead = primary_at(0x1400, 3);
    const covet__probe_verdict verdict = judge(&standby_of_two, &row, &ahead);
    assert_true(verdict.lag_known && verdict.lag_msec_known);
    assert_true(verdict.lag_bytes == 0x400 && verdict.lag_msec == 250);
    /* The two were not asked at the same moment. */
    const covet__probe_row behind = primary_at(0xf00, 3);
    assert_true(judge(&standby_of_two, &row, &behind).lag_bytes == 0);
}

static void an_idle_primary_makes_no_lag(void **state)
{
    (void)state;
    const covet__probe_row row = row_with(5, "86400000"), level = primary_at(0x1000, 3);
    const covet__probe_verdict verdict = judge(&standby_of_two, &row, &level);
    assert_true(verdict.lag_known && verdict.lag_bytes == 0);
    assert_true(verdict.lag_msec_known && verdict.lag_msec == 0);
}

static void lag_is_not_known_across_timelines_or_without_a_primary(void **state)
{
    (void)state;
    const covet__probe_row row = row_with(-1, NULL);
    const covet__probe_row promoted = primary_at(0x1400, 4), silent = {0};
    covet__probe_row demoted = primary_at(0x1400, 3);
    demoted.in_recovery = true;
    assert_false(judge(&standby_of_two, &row, NULL).lag_known);
    assert_false(judge(&standby_of_two, &row, &promoted).lag_known);
    assert_false(judge(&standby_of_two, &row, &silent).lag_known);
    assert_false(judge(&standby_of_two, &row, &demoted).lag_known);
}

static void a_standby_that_has_replayed_nothing_has_no_age(void **state)
{
    (void)state;
    const covet__probe_row row = row_with(5, NULL), ahead = primary_at(0x1400, 3);
    const covet__probe_verdict verdict = judge(&standby_of_two, &row, &ahead);
    assert_true(verdict.lag_known && verdict.lag_bytes == 0x400);
    assert_false(verdict.lag_msec_known);
    assert_true(row_with(5, "-12").replay_age == 0);
}

static void a_standby_that_does_not_stream_says_so(void **state)
{
    (void)state;
    const covet__probe_row row = row_with(4, "f");
    assert_string_equal(judge(&standby_of_two, &row, NULL).note, "does not stream");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_text_is_read),
        cmocka_unit_test(a_position_that_is_none_is_refused),
        cmocka_unit_test(no_answer_is_down),
        cmocka_unit_test(an_answer_of_another_is_foreign),
        cmocka_unit_test(a_system_id_that_is_not_known_is_not_compared),
        cmocka_unit_test(the_role_is_what_the_server_says),
        cmocka_unit_test(lag_is_what_the_primary_has_flushed_beyond),
        cmocka_unit_test(an_idle_primary_makes_no_lag),
        cmocka_unit_test(lag_is_not_known_across_timelines_or_without_a_primary),
        cmocka_unit_test(a_standby_that_has_replayed_nothing_has_no_age),
        cmocka_unit_test(a_standby_that_does_not_stream_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
