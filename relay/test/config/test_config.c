/* Options: what wins, the config file, which units there are, and what is said of a wrong one. */
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"

static struct config config;
static char path[64];
static char error[OPTION_ERROR_BYTES];

/* Reads up to three arguments; the variables are those that the test has set. */
static enum config_action read_options(const char *first, const char *second, const char *third)
{
    const char *argv[] = {"relay", first, second, third};
    int argc = 1;

    while (argc < 4 && argv[argc])
        argc++;
    config_free(&config);
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
    assert_int_equal(config.log_format, LOG_LOGFMT);
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

static void a_feeder_is_there_from_four_workers_on_or_as_told(void **state)
{
    (void)state;
    assert_int_equal(read_options("--workers=3", NULL, NULL), CONFIG_RUN);
    assert_false(config_has_feeder(&config));
    assert_int_equal(read_options("--workers=4", NULL, NULL), CONFIG_RUN);
    assert_true(config_has_feeder(&config));
    assert_int_equal(read_options("--workers=4", "--feeder=off", NULL), CONFIG_RUN);
    assert_false(config_has_feeder(&config));
    assert_int_equal(read_options("--workers=1", "--feeder=on", NULL), CONFIG_RUN);
    assert_true(config_has_feeder(&config));
    assert_int_equal(read_options("--feeder=maybe", NULL, NULL), CONFIG_WRONG);
    assert_string_equal(error, "--feeder takes auto, on or off");
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
    is_wrong("--log-format", "xml", "--log-format takes logfmt or json");
    is_wrong("--source", "upstream", "--source takes auto, listen or poll");
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

/* ---- the config file ---- */

/* Reads a file of these bytes, after an option. */
static enum config_action read_bytes(const char *bytes, size_t length, const char *option)
{
    char flag[80];
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    snprintf(flag, sizeof(flag), "--config=%s", path);
    return option ? read_options(option, flag, NULL) : read_options(flag, NULL, NULL);
}

static enum config_action read_text(const char *text, const char *option)
{
    return read_bytes(text, strlen(text), option);
}

static void a_file_sets_what_it_names(void **state)
{
    (void)state;
    assert_int_equal(read_text("# relay\n\n  listen=[::]:80  \r\n"
                               "database = host=db options='-c a=b'\n\tdrain =\t9s\n"
                               "   # indented\nweb = a#b\nlog-level = warn",
                               NULL),
                     CONFIG_RUN);
    assert_string_equal(config.listen, "[::]:80");
    assert_string_equal(config.database, "host=db options='-c a=b'");
    assert_string_equal(config.web, "a#b");
    assert_int_equal(config.drain_ms, 9000);
    assert_int_equal(config.log_level, LOG_WARN);
    assert_int_equal(config.topic_bytes, MIB);
}

static void flag_variable_file_default(void **state)
{
    const char *text = "drain = 1s\nheartbeat = 1s\nping-interval = 1s\n";

    (void)state;
    setenv("COMMENTARY_DRAIN", "2s", 1);
    setenv("COMMENTARY_HEARTBEAT", "2s", 1);
    assert_int_equal(read_text(text, "--drain=3s"), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 3000);
    assert_int_equal(config.heartbeat_ms, 2000);
    assert_int_equal(config.ping_interval_ms, 1000);
    assert_int_equal(config.max_viewers, 20000);
    unsetenv("COMMENTARY_DRAIN");
    unsetenv("COMMENTARY_HEARTBEAT");
}

static void a_variable_names_the_file(void **state)
{
    (void)state;
    assert_int_equal(read_text("drain = 4s\n", NULL), CONFIG_RUN);
    setenv("COMMENTARY_CONFIG", path, 1);
    assert_int_equal(read_options(NULL, NULL, NULL), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 4000);
    unsetenv("COMMENTARY_CONFIG");
}

static void file_is_wrong(const char *text, const char *line, const char *says)
{
    assert_int_equal(read_text(text, NULL), CONFIG_WRONG);
    if (strncmp(error, path, strlen(path)) != 0 ||
        strncmp(error + strlen(path), line, strlen(line)) != 0 || !strstr(error, says))
        fail_msg("\"%s\" does not begin with \"%s%s\" or say \"%s\"", error, path, line, says);
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    file_is_wrong("\n# two\nnonsense = 1\n", ":3: ", "no such option: nonsense");
    file_is_wrong("drain = soon\n", ":1: ", "drain takes a time");
    file_is_wrong("drain =\n", ":1: ", "drain takes a time");
    file_is_wrong("drain = 1s\nmax-viewers = 0", ":2: ", "max-viewers must be from 1");
    file_is_wrong("drain\n", ":1: ", "name = value");
    file_is_wrong("= 5s\n", ":1: ", "name = value");
    file_is_wrong("--drain = 5s\n", ":1: ", "no such option");
    file_is_wrong("config = other\n", ":1: ", "not in a config file");
    file_is_wrong("check-config = yes\n", ":1: ", "no such option");
}

static void a_wrong_line_is_never_repeated(void **state)
{
    (void)state;
    file_is_wrong("postgres://u:sesame@h/db?a=b\n", ":1: ", "name = value");
    assert_null(strstr(error, "sesame"));
    file_is_wrong("drain = sesame\n", ":1: ", "drain takes");
    assert_null(strstr(error, "sesame"));
}

static void what_is_no_text_file_is_refused(void **state)
{
    static char large[65537];

    (void)state;
    memset(large, '\n', sizeof(large));
    assert_int_equal(read_bytes(large, sizeof(large) - 1, NULL), CONFIG_RUN);
    assert_int_equal(read_bytes(large, sizeof(large), NULL), CONFIG_WRONG);
    assert_non_null(strstr(error, "larger than 64 KiB"));
    assert_int_equal(read_bytes("drain = 1s\0\n", 12, NULL), CONFIG_WRONG);
    assert_non_null(strstr(error, "not a text file"));
    is_wrong("--config", "/nonexistent/relay.conf", "cannot read the config file /nonexistent");
    is_wrong("--config", "/", "Is a directory");
}

/* What --check-config prints can be read again, but for the secret. */
static void what_is_in_force_is_printed(void **state)
{
    char *text = NULL;
    size_t length;
    FILE *out;

    (void)state;
    assert_int_equal(read_text("database = password=sesame\ndrain = 7s\n", "--check-config"),
                     CONFIG_CHECK);
    out = open_memstream(&text, &length);
    assert_non_null(out);
    config_print(&config, out);
    fclose(out);
    assert_null(strstr(text, "sesame"));
    assert_non_null(strstr(text, "# database: set, and not shown\n"));
    assert_int_equal(read_text(text, NULL), CONFIG_RUN);
    assert_int_equal(config.drain_ms, 7000);
    assert_string_equal(config.database, "");
    free(text);
}

/* ---- while it runs ---- */

static char stuck[256];

static void on_stays(const char *name)
{
    size_t length = strlen(stuck);

    snprintf(stuck + length, sizeof(stuck) - length, "%s ", name);
}

/* Reads a file into `config`, takes over another, and returns the names of what stayed. */
static const char *take(const char *before, const char *after)
{
    struct config running;

    assert_int_equal(read_text(before, NULL), CONFIG_RUN);
    running = config;
    config = (struct config){0};
    assert_int_equal(read_text(after, NULL), CONFIG_RUN);
    stuck[0] = '\0';
    config_take(&running, &config, on_stays);
    config_free(&config);
    config = running;
    return stuck;
}

static void what_can_change_is_taken_over(void **state)
{
    (void)state;
    assert_string_equal(
        take("drain = 1s\norigins = https://a\nmax-viewers = 10\n",
             "drain = 2s\norigins = https://b\nmax-viewers = 9\nlog-level = warn\n"),
        "");
    assert_int_equal(config.drain_ms, 2000);
    assert_string_equal(config.origins, "https://b");
    assert_int_equal(config.max_viewers, 9);
    assert_int_equal(config.log_level, LOG_WARN);
}

static void what_cannot_change_stays_and_is_told(void **state)
{
    (void)state;
    assert_string_equal(take("listen = a:1\ndatabase = host=a\nuser = same\n",
                             "listen = b:1\ndatabase = host=b\nuser = same\n"),
                        "listen database ");
    assert_string_equal(config.listen, "a:1");
    assert_string_equal(config.database, "host=a");
}

static void tls_is_there_from_the_start_or_not_at_all(void **state)
{
    const char *with = "tls-cert = a\ntls-key = b\n";

    (void)state;
    assert_string_equal(take("", with), "tls-cert tls-key ");
    assert_string_equal(take(with, ""), "tls-cert tls-key ");
    assert_string_equal(take(with, "tls-cert = c\ntls-key = d\n"), "");
    assert_string_equal(config.tls_cert, "c");
    assert_string_equal(config.tls_key, "d");
}

/* There are descriptors for so many, and no more. */
static void viewers_are_never_more_than_at_the_start(void **state)
{
    (void)state;
    assert_string_equal(take("max-viewers = 10\n", "max-viewers = 11\n"), "max-viewers ");
    assert_int_equal(config.max_viewers, 10);
}

/* ps shows the arguments: what is secret is covered, and nothing else. */
static void a_secret_is_covered(void **state)
{
    char flag[] = "--database", value[] = "password=sesame", whole[] = "--database=sesame",
         other[] = "--drain=9s", last[] = "--database";
    char *argv[] = {NULL, flag, value, other, whole, last};

    (void)state;
    config_conceal(6, argv);
    assert_string_equal(flag, "--database");
    assert_string_equal(value, "***************");
    assert_string_equal(other, "--drain=9s");
    assert_string_equal(whole, "--database=******");
    assert_string_equal(last, "--database");
}

static int make_path(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/test_config.XXXXXX");
    fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int remove_path(void **state)
{
    (void)state;
    config_free(&config);
    return unlink(path);
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
        cmocka_unit_test(a_feeder_is_there_from_four_workers_on_or_as_told),
        cmocka_unit_test(a_wrong_option_is_named),
        cmocka_unit_test(a_wrong_variable_is_named),
        cmocka_unit_test(a_value_is_never_repeated),
        cmocka_unit_test(a_file_sets_what_it_names),
        cmocka_unit_test(flag_variable_file_default),
        cmocka_unit_test(a_variable_names_the_file),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(a_wrong_line_is_never_repeated),
        cmocka_unit_test(what_is_no_text_file_is_refused),
        cmocka_unit_test(what_is_in_force_is_printed),
        cmocka_unit_test(what_can_change_is_taken_over),
        cmocka_unit_test(what_cannot_change_stays_and_is_told),
        cmocka_unit_test(tls_is_there_from_the_start_or_not_at_all),
        cmocka_unit_test(viewers_are_never_more_than_at_the_start),
        cmocka_unit_test(a_secret_is_covered),
        cmocka_unit_test(help_and_version_win),
    };

    return UNIT_RUN_WITH(tests, make_path, remove_path);
}
