/* What the database's refusals mean: which are for good, and the hint of each. */
#include "unit.h"

#include "source/search/diagnosis.h"

static void mistakes_in_our_options_are_for_good(void **state)
{
    (void)state;
    assert_true(diagnosis_of_state("28P01")->is_for_good);
    assert_true(diagnosis_of_state("28000")->is_for_good);
    assert_true(diagnosis_of_state("3D000")->is_for_good);
}

static void what_is_mended_in_the_database_is_waited_for(void **state)
{
    static const char *const states[] = {"3F000", "42883", "42501", "53300", "57P03", "25006"};

    (void)state;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        assert_false(diagnosis_of_state(states[i])->is_for_good);
        assert_string_equal(diagnosis_of_state(states[i])->sqlstate, states[i]);
    }
    assert_false(diagnosis_of_state("XX000")->is_for_good);
    assert_non_null(strstr(diagnosis_of_state(NULL)->hint, "reachable"));
}

static void a_state_is_found_in_a_verbose_message(void **state)
{
    (void)state;
    assert_true(diagnosis_of_message("connection to server at \"db\", port 5432 failed: FATAL:  "
                                     "28P01: password authentication failed for user \"relay\"\n"
                                     "LOCATION:  auth_failed, auth.c:329\n")
                    ->is_for_good);
    assert_non_null(strstr(
        diagnosis_of_message("… failed: FATAL:  53300: sorry, too many clients already\n")->hint,
        "max_connections"));
    assert_true(diagnosis_of_message("… failed: FATAL:  57P03: starting up\n")->is_brief);
    assert_false(diagnosis_of_message("… failed: FATAL:  53300: too many\n")->is_brief);
}

/* Names that are quoted in a message may look like anything. */
static void what_is_quoted_is_no_state(void **state)
{
    (void)state;
    assert_false(diagnosis_of_message("could not connect to \"28P01\": refused\n")->is_for_good);
    assert_false(diagnosis_of_message("")->is_for_good);
}

static void a_reason_is_one_line(void **state)
{
    char reason[DIAGNOSIS_REASON_BYTES];

    (void)state;
    diagnosis_reason(reason, "a failed: refused\n\tIs the server running?\n"
                             "b failed: FATAL:  57P03: starting up\nLOCATION:  x, y.c:1\n");
    assert_string_equal(reason, "a failed: refused; Is the server running?; "
                                "b failed: FATAL:  57P03: starting up");
    diagnosis_reason(reason, "\n");
    assert_string_equal(reason, "");
}

static void a_reason_that_is_too_long_is_cut(void **state)
{
    char reason[DIAGNOSIS_REASON_BYTES], message[2 * DIAGNOSIS_REASON_BYTES];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(message); i++)
        message[i] = i % 100 == 99 ? '\n' : 'x';
    message[sizeof(message) - 1] = '\0';
    diagnosis_reason(reason, message);
    assert_int_equal(strlen(reason), DIAGNOSIS_REASON_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_in_our_options_are_for_good),
        cmocka_unit_test(what_is_mended_in_the_database_is_waited_for),
        cmocka_unit_test(a_state_is_found_in_a_verbose_message),
        cmocka_unit_test(what_is_quoted_is_no_state),
        cmocka_unit_test(a_reason_is_one_line),
        cmocka_unit_test(a_reason_that_is_too_long_is_cut),
    };

    return UNIT_RUN(tests);
}
