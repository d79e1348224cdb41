/* What a viewer may say, and the limits of PROTOCOL.md. */
#include "unit.h"

#include <stdio.h>

#include "wire/request.h"

static bool parse(struct request *request, const char *text)
{
    return request_parse(request, text, strlen(text));
}

static void good_requests_are_understood(void **state)
{
    struct request request;

    (void)state;
    assert_true(parse(&request, "{\"type\":\"subscribe\",\"match\":7,\"history\":500,"
                                "\"since\":{\"epoch\":\"9f\",\"seq\":41}}"));
    assert_int_equal(request.type, REQUEST_SUBSCRIBE);
    assert_int_equal(request.match_id, 7);
    assert_int_equal(request.history, 500);
    assert_true(request.has_since);
    assert_int_equal(request.since_seq, 41);
    assert_string_equal(request.since_epoch, "9f");
    assert_true(parse(&request, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"seq\":0}}"));
    assert_true(request.has_since);
    assert_int_equal(request.since_seq, 0);
    assert_string_equal(request.since_epoch, "");
    assert_true(parse(&request, "{\"type\":\"subscribe\",\"match\":\"lobby\"}"));
    assert_int_equal(request.match_id, 0);
    assert_false(request.has_since);
    assert_true(parse(&request, "{\"type\":\"unsubscribe\",\"match\":7}"));
    assert_true(parse(&request, "{\"type\":\"ping\",\"extra\":[1]}"));
    assert_false(request.asks_viewers);
    assert_true(parse(&request, "{\"type\":\"ping\",\"viewers\":null}"));
    assert_false(request.asks_viewers);
    assert_true(parse(&request, "{\"type\":\"ping\",\"viewers\":7}"));
    assert_true(request.asks_viewers);
    assert_int_equal(request.match_id, 7);
}

static void a_token_is_taken_as_it_is(void **state)
{
    char text[REQUEST_BYTES_MAX + 1], token[TOKEN_BYTES_MAX + 2];
    struct request request;

    (void)state;
    memset(token, 'a', sizeof(token));
    for (size_t length = TOKEN_BYTES_MAX; length <= TOKEN_BYTES_MAX + 1; length++) {
        token[length] = '\0';
        snprintf(text, sizeof(text), "{\"type\":\"auth\",\"token\":\"%s\"}", token);
        assert_int_equal(parse(&request, text), length == TOKEN_BYTES_MAX);
        token[length] = 'a';
    }
    assert_string_equal(request.error_message, "token must be a string of 1 to 3072 bytes");
    assert_true(parse(&request, "{\"type\":\"auth\",\"token\":\"a.b\\u002ec\"}"));
    assert_int_equal(request.type, REQUEST_AUTH);
    assert_string_equal(request.token, "a.b.c");
}

static void bad_requests_are_refused_with_a_code(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "[]",
        "7",
        "{}",
        "{\"type\":7}",
        "{\"type\":\"subscribe\"}",
        "{\"type\":\"subscribe\",\"match\":0}",
        "{\"type\":\"subscribe\",\"match\":-1}",
        "{\"type\":\"subscribe\",\"match\":1.5}",
        "{\"type\":\"subscribe\",\"match\":\"other\"}",
        "{\"type\":\"subscribe\",\"match\":99999999999999999999}",
        "{\"type\":\"subscribe\",\"match\":1,\"history\":501}",
        "{\"type\":\"subscribe\",\"match\":1,\"history\":-1}",
        "{\"type\":\"subscribe\",\"match\":1,\"history\":\"5\"}",
        "{\"type\":\"subscribe\",\"match\":1,\"since\":5}",
        "{\"type\":\"subscribe\",\"match\":1,\"since\":{\"seq\":5}}",
        "{\"type\":\"subscribe\",\"match\":1,\"since\":{\"epoch\":\"e\",\"seq\":-5}}",
        "{\"type\":\"auth\"}",
        "{\"type\":\"auth\",\"token\":\"\"}",
        "{\"type\":\"auth\",\"token\":7}",
        "{\"type\":\"auth\",\"token\":[\"a\"]}",
        "{\"type\":\"auth\",\"token\":\"\\u0000\"}",
        "{\"type\":\"ping\",\"type\":\"ping\"}",
        "{\"type\":\"ping\",\"viewers\":\"7\"}",
        "{\"type\":\"ping\",\"viewers\":[7]}",
        "{\"type\":\"ping\"} trailing",
        "{\"type\":\"\xff\"}",
    };
    struct request request;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse(&request, bad[i]))
            fail_msg("accepted: %s", bad[i]);
        assert_string_equal(request.error_code, "bad_request");
        assert_non_null(request.error_message);
    }
    assert_false(parse(&request, "{\"type\":\"dance\"}"));
    assert_string_equal(request.error_code, "unknown_type");
    assert_false(request_parse(&request, "{\"type\":\"ping\"}\0", 16));
    assert_false(request_parse(&request, "{\"type\":\"subscribe\",\"match\":7\0}", 31));
}

/* What the error tells of the match: in JSON, as it was given. */
static void a_refusal_names_the_match(void **state)
{
    static const struct {
        const char *given, *told;
    } cases[] = {
        {"\"5\"", "\"5\""},
        {"\"\\u202e\\\"x\\n\"", "\"\xe2\x80\xae\\\"x\\n\""},
        {"0", "0"},
        {"-7", "-7"},
        {"7.5", "7.5"},
        {"1e30", "1e30"},
        {"true", "true"},
        {"null", ""},
        {"[7]", ""},
        {"{\"match\":7}", ""},
        {"1e999", ""},
        {"7,\"match\":8", ""},
        {"7,\"history\":501", "7"},
        {"\"lobby\",\"since\":7", "\"lobby\""},
        {"7,\"since\":{\"epoch\":\"e\",\"seq\":9223372036854775808}", "7.0"},
    };
    struct request request;
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":%s}", cases[i].given);
        assert_false(parse(&request, text));
        assert_string_equal(request.match_text, cases[i].told);
    }
    /* How many digits jansson writes of it depends on its version. */
    assert_false(parse(&request, "{\"type\":\"subscribe\",\"match\":9223372036854775808}"));
    assert_true(strtod(request.match_text, NULL) == 9223372036854775808.0);
    assert_false(parse(&request, "{\"type\":\"subscribe\",\"history\":7}"));
    assert_string_equal(request.match_text, "");
    assert_false(parse(&request, "{\"type\":\"dance\",\"match\":7}"));
    assert_string_equal(request.match_text, "7");
}

static void a_long_match_is_not_told(void **state)
{
    struct request request;
    char text[256];

    (void)state;
    for (int length = REQUEST_MATCH_TEXT_MAX - 4; length < REQUEST_MATCH_TEXT_MAX + 4; length++) {
        snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":\"%0*d\"}", length, 7);
        assert_false(parse(&request, text));
        assert_int_equal(strlen(request.match_text),
                         length + 2 <= REQUEST_MATCH_TEXT_MAX ? length + 2 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_are_understood),
        cmocka_unit_test(a_token_is_taken_as_it_is),
        cmocka_unit_test(bad_requests_are_refused_with_a_code),
        cmocka_unit_test(a_refusal_names_the_match),
        cmocka_unit_test(a_long_match_is_not_told),
    };

    return UNIT_RUN(tests);
}
