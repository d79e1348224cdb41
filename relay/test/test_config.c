/* Options: what wins, which units there are, and what is said of a wrong one. */
#include "unit.h"

#include "config.h"
#include "log.h"

#define MIB (1024 * 1024)

static struct config config;
static char error[CONFIG_ERROR_BYTES];

/* Reads up to three arguments; the variables are those that the test has set. */
static enum config_action read_options(const char *first, const char *second, const char *third)
{
    const char *argv[] = {"relay", first, second, third};
    int argc = 1;

    while (argc < 4 && argv[argc])
        argc++;
    memset(&config, 0, sizeof(config));
    error[0] = '\0';
    return config_read(&config, argc, (char *const *)(uintptr_t)argv, error);
}

static void without_options_the_defaults_count(void **state)
{
    (void)state;
    assert_int_equal(read_options(NULL, NULL, NULL), CONFIG_RUN);
    assert_string_equal(config.listen, "127.0.0.1:8080");
    assert_string_equal(config.database, "");
    assert_int_equal(config.topic_bytes, MIB);
    assert_int_equal(config.ping_interval_ms, 30000);
    assert_int_equal(config.log_level, LOG_INFO);
}

static void a_flag_wins_over_a_variable(void **state)
{
    (void)state;
    setenv("COMMENTARY_DRAIN", "7s", 1);
    assert_int_equal(read_options(NULL, NULL, NULL), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 7000);
    assert_int_equal(read_options("--drain", "8s", NULL), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 8000);
    assert_int_equal(read_options("--drain=9s", NULL, NULL), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 9000);
    setenv("COMMENTARY_DRAIN", "", 1);
    assert_int_equal(read_options(NULL, NULL, NULL), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 5000);
    unsetenv("COMMENTARY_DRAIN");
}

static void sizes_and_times_have_units(void **state)
{
    (void)state;
    assert_int_equal(read_options("--topic-bytes=64KiB", "--drain=500ms", NULL), CONFIG_RUN);
    assert_int_equal(config.topic_bytes, 64 * 1024);
    assert_int_equal(config.drain_ms, 500);
    assert_int_equal(read_options("--topic-bytes=65536", "--drain=2min", NULL), CONFIG_RUN);
    assert_int_equal(config.topic_bytes, 65536);
    assert_int_equal(config.drain_ms, 120000);
    assert_int_equal(read_options("--drain=3", NULL, NULL), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 3000);
}

static void is_wrong(const char *first, const char *second, const char *says)
{
    assert_int_equal(read_options(first, second, NULL), CONFIG_WRONG);
    if (!strstr(error, says))
        fail_msg("\"%s\" does not say \"%s\"", error, says);
}

static void a_wrong_option_is_named(void **state)
{
    (void)state;
    is_wrong("--nonsense", NULL, "no such option: --nonsense");
    is_wrong("-x", NULL, "no such option");
    is_wrong("word", NULL, "no such option: word");
    is_wrong("--drain", NULL, "--drain needs a value: TIME");
    is_wrong("--drain", "soon", "--drain takes a time such as");
    is_wrong("--drain", "-1s", "--drain takes a time such as");
    is_wrong("--drain", "99999999999999999999s", "--drain takes a time such as");
    is_wrong("--drain", "9223372036854775807min", "--drain takes a time such as");
    is_wrong("--ping-interval", "1ms", "--ping-interval must be from 100");
    is_wrong("--max-viewers", "0", "--max-viewers must be from 1");
    is_wrong("--max-viewers", "5s", "--max-viewers takes a whole number");
    is_wrong("--topic-bytes", "1", "--topic-bytes must be from 4096");
    is_wrong("--log-level", "loud", "--log-level takes debug");
}

static void a_wrong_variable_is_named(void **state)
{
    (void)state;
    setenv("COMMENTARY_HEARTBEAT", "often", 1);
    is_wrong(NULL, NULL, "COMMENTARY_HEARTBEAT takes a time");
    unsetenv("COMMENTARY_HEARTBEAT");
}

/* A connection string may hold a password, and a message may end in a log. */
static void a_value_is_never_repeated(void **state)
{
    (void)state;
    is_wrong("--max-viewers", "sesame", "--max-viewers");
    assert_null(strstr(error, "sesame"));
}

static void help_and_version_win(void **state)
{
    (void)state;
    assert_int_equal(read_options("--nonsense", "--help", NULL), CONFIG_HELP);
    assert_int_equal(read_options("--version", NULL, NULL), CONFIG_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_the_defaults_count),
        cmocka_unit_test(a_flag_wins_over_a_variable),
        cmocka_unit_test(sizes_and_times_have_units),
        cmocka_unit_test(a_wrong_option_is_named),
        cmocka_unit_test(a_wrong_variable_is_named),
        cmocka_unit_test(a_value_is_never_repeated),
        cmocka_unit_test(help_and_version_win),
    };

    return UNIT_RUN(tests);
}
