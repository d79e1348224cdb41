/* Times of files, and CSV in its corners. */
#include "unit.h"

#include "play/csv.h"
#include "play/script.h"

static void assert_time(const char *text, int64_t wanted)
{
    int64_t ms = 0;

    assert_true(script_read_time(text, &ms));
    assert_int_equal(ms, wanted);
}

static void times_are_read(void **state)
{
    (void)state;
    assert_time("12", 12000);
    assert_time("12.5", 12500);
    assert_time("01:30", 90000);
    assert_time("1:00:00.25", 3600250);
    assert_time("1970-01-02T00:00:01Z", 86401000);
    assert_time("1970-01-02 02:00:01.5+02:00", 86401500);
    assert_time("1970-01-01T00:00:00-0130", 5400000);
}

static void other_words_are_no_times(void **state)
{
    static const char *const words[] = {"",
                                        "x",
                                        "1:",
                                        ":1",
                                        "1:2:3:4",
                                        "-1",
                                        "1e99",
                                        "2026-11-23",
                                        "2026-11-23T20:15:01X",
                                        "2026-13-23T20:15:01Z",
                                        "nan"};
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_false(script_read_time(words[i], &ms));
}

static void read(struct script *script, const char *csv)
{
    static const struct csv_map map = {NULL, 0};

    *script = (struct script){.file = "test"};
    csv_read(script, csv, strlen(csv), &map);
}

/* As Excel writes them: for the Mac, with a line that names the separator, or both. */
static void lines_of_excel_are_read(void **state)
{
    static const char *const files[] = {
        "message,kind\r\"a\nb\",goal\r\rd,\r",
        "message;kind\r\"a\nb\";goal\rd;",
        "sep=;\r\nmessage;kind\r\n\"a\nb\";goal\r\nd;\r\n",
        "sep=,\rmessage,kind\r\"a\nb\",goal\rd,\r",
        "sep=|\nmessage|kind\n\"a\nb\"|goal\nd|\n",
        "sep=;\r\r\nmessage;kind\r\r\n\"a\nb\";goal\r\r\nd;\r\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct script script;

        read(&script, files[i]);
        assert_int_equal(script.errors, 0);
        assert_int_equal(script.count, 2);
        assert_string_equal(row_get(&script.steps[0].entry, "message"), "a\nb");
        assert_string_equal(row_get(&script.steps[0].entry, "kind"), "goal");
        assert_string_equal(row_get(&script.steps[1].entry, "message"), "d");
        script_free(&script);
    }
}

static void other_first_lines_are_headers(void **state)
{
    static const char *const files[] = {"sep=", "sep=;x\na;b\n", "sep=ab\nc,d\n", "sep=;\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct script script;

        read(&script, files[i]);
        assert_int_equal(script.count, 0);
        assert_true(script.errors > 0);
        script_free(&script);
    }
}

static void fields_are_read(void **state)
{
    struct script script;

    (void)state;
    read(&script, "message,kind\r\n\"a \"\"b\"\",\r\nc\",goal\r\nd,\r\n\r\ne,x");
    assert_int_equal(script.errors, 0);
    assert_int_equal(script.count, 3);
    assert_string_equal(row_get(&script.steps[0].entry, "message"), "a \"b\",\r\nc");
    assert_string_equal(row_get(&script.steps[0].entry, "kind"), "goal");
    assert_false(row_has(&script.steps[1].entry, "kind"));
    assert_int_equal(script.steps[1].line, 4);
    assert_int_equal(script.steps[2].line, 6);
    script_free(&script);
}

static void broken_files_are_named(void **state)
{
    static const char *const files[] = {"message\n\"a", "message\n\"a\"b\n", "message,kind\na\n",
                                        "x\na\n",       "\"message\na",      ""};
    struct script script;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        read(&script, files[i]);
        assert_true(script.errors > 0);
        script_free(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(other_words_are_no_times),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(lines_of_excel_are_read),
        cmocka_unit_test(other_first_lines_are_headers),
        cmocka_unit_test(broken_files_are_named),
    };

    return UNIT_RUN(tests);
}
