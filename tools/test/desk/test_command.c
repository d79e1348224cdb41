/* What a reporter types, and what becomes of it. */
#include "unit.h"

#include "desk/command.h"

static struct row match;
static struct command command;

static int begin(void **state)
{
    (void)state;
    row_set(&match, "home", "England");
    row_set(&match, "home_short", "ENG");
    row_set(&match, "away", "English Town");
    row_set(&match, "away_short", "TWN");
    row_set(&match, "home_score", "1");
    row_set(&match, "away_score", "0");
    return 0;
}

static int end(void **state)
{
    (void)state;
    command_free(&command);
    row_free(&match);
    return 0;
}

static bool read(const char *line)
{
    struct scene scene = {.match = &match, .minute = {44, -1}, .has_clock = true, .period = 1};

    command_free(&command);
    return command_read(&command, line, &scene);
}

static void assert_entry(const char *column, const char *wanted)
{
    const char *value = row_get(&command.entry, column);

    if (!wanted)
        assert_null(value);
    else
        assert_string_equal(value ? value : "(null)", wanted);
}

static void a_goal_counts(void **state)
{
    (void)state;
    assert_true(read("  goal eng \"van Dijk\" 45+2'  With his head! "));
    assert_entry("kind", "goal");
    assert_entry("team", "England");
    assert_entry("actor", "van Dijk");
    assert_entry("minute", "45");
    assert_entry("stoppage", "2");
    assert_entry("message", "With his head! ");
    assert_entry("home_score", "2");
    assert_string_equal(row_get(&command.state, "home_score"), "2");
    assert_string_equal(row_get(&command.state, "away_score"), "0");
    assert_true(read("goal TWN Foo"));
    assert_entry("away_score", "1");
    assert_entry("minute", "44");
    assert_entry("message", "Goal!");
}

static void an_ambiguous_team_is_none(void **state)
{
    (void)state;
    assert_false(read("goal Engl Kane"));
    assert_true(read("goal Englan Kane"));
    assert_false(read("goal \"\" Kane"));
}

static void a_text_may_begin_with_a_number_that_is_no_minute(void **state)
{
    (void)state;
    assert_true(read("say 4-4-2 it is."));
    assert_entry("minute", "44");
    assert_entry("message", "4-4-2 it is.");
    assert_false(read("say 12"));
}

static void an_amendment_has_columns_and_a_text(void **state)
{
    (void)state;
    assert_true(read("amend 58 actor=\"A B\" stoppage= New text, a=b."));
    assert_int_equal(command.seq, 58);
    assert_entry("actor", "A B");
    assert_true(row_has(&command.entry, "stoppage"));
    assert_entry("stoppage", NULL);
    assert_entry("message", "New text, a=b.");
    assert_false(read("amend last seq=4"));
    assert_false(read("amend last"));
    assert_false(read("amend x y"));
}

static void words_that_are_none_are_refused(void **state)
{
    static const char *const lines[] = {"gaol ENG Kane",  "say",       "score 1 x",
                                        "clock 1:99",     "show 0",    "retract",
                                        "card ENG",       "sub ENG A", "quit now and then x\"",
                                        "\"goal ENG Kane"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        bool is_read = read(lines[i]);

        assert_true(is_read == (strncmp(lines[i], "quit", 4) == 0));
    }
    assert_true(read(""));
    assert_int_equal(command.verb, VERB_NOTHING);
}

/* The words that the editor completes. */
static void every_word_is_a_command(void **state)
{
    (void)state;
    for (const char *const *word = command_words; *word; word++)
        if (!read(*word))
            assert_null(strstr(command.error.bytes, "is no command"));
    assert_false(read("gaol"));
    assert_non_null(strstr(command.error.bytes, "is no command"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_goal_counts, begin, end),
        cmocka_unit_test_setup_teardown(an_ambiguous_team_is_none, begin, end),
        cmocka_unit_test_setup_teardown(a_text_may_begin_with_a_number_that_is_no_minute, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_amendment_has_columns_and_a_text, begin, end),
        cmocka_unit_test_setup_teardown(words_that_are_none_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(every_word_is_a_command, begin, end),
    };

    return UNIT_RUN(tests);
}
