/* The header of an answer. */
#include "unit.h"

#include "http/content/answer.h"

static char *header_of(const struct answer *answer)
{
    static struct buffer out;

    buffer_clear(&out);
    answer_write_header(&out, answer, 1764100800);
    buffer_add(&out, "", 1);
    assert_false(out.is_broken);
    return (char *)out.bytes;
}

static void has(const char *header, const char *line)
{
    if (!strstr(header, line))
        fail_msg("no \"%s\" in: %s", line, header);
}

static void has_not(const char *header, const char *line)
{
    if (strstr(header, line))
        fail_msg("\"%s\" in: %s", line, header);
}

static void a_document_is_described(void **state)
{
    const struct answer answer = {.status = 200,
                                  .type = ANSWER_JSON,
                                  .length = 5,
                                  .etag = "W/\"e.1\"",
                                  .caching = "public, max-age=1",
                                  .origin = "*"};

    (void)state;
    assert_string_equal(header_of(&answer), "HTTP/1.1 200 OK\r\n"
                                            "date: Tue, 25 Nov 2025 20:00:00 GMT\r\n"
                                            "content-type: application/json\r\n"
                                            "x-content-type-options: nosniff\r\n"
                                            "content-length: 5\r\n"
                                            "cache-control: public, max-age=1\r\n"
                                            "etag: W/\"e.1\"\r\n"
                                            "access-control-allow-origin: *\r\n"
                                            "access-control-expose-headers: etag, retry-after\r\n"
                                            "\r\n");
}

static void what_is_allowed_to_one_origin_varies(void **state)
{
    const struct answer answer = {.status = 200, .origin = "https://a.example"};

    (void)state;
    has(header_of(&answer), "access-control-allow-origin: https://a.example\r\nvary: origin\r\n");
    has_not(header_of(&answer), "access-control-allow-headers");
}

static void a_page_shows_images_of_the_list(void **state)
{
    struct answer page = {.status = 200, .type = ANSWER_HTML, .is_page = true};

    (void)state;
    has_not(header_of(&page), "img-src");
    page.images = "";
    has_not(header_of(&page), "img-src");
    page.images = "https://a.example,https://b.example:81";
    has(header_of(&page),
        "frame-ancestors 'self'; img-src 'self' https://a.example https://b.example:81\r\n");
    page.is_page = false;
    has_not(header_of(&page), "img-src");
}

static void so_does_what_is_allowed_to_none(void **state)
{
    const struct answer answer = {.status = 200, .is_by_origin = true};

    (void)state;
    has(header_of(&answer), "vary: origin\r\n");
    has_not(header_of(&answer), "access-control");
}

static void a_page_says_who_may_frame_it(void **state)
{
    struct answer answer = {.status = 200, .type = "text/html", .is_page = true};

    (void)state;
    has(header_of(&answer), "frame-ancestors 'self'\r\n");
    has_not(header_of(&answer), "cross-origin-resource-policy");
    answer.frames = "";
    has(header_of(&answer), "frame-ancestors *\r\n");
    answer.frames = "https://a.example,http://b.example:81\thttps://c.example";
    has(header_of(&answer),
        "frame-ancestors 'self' https://a.example http://b.example:81 https://c.example\r\n");
    answer.is_embeddable = true;
    has(header_of(&answer), "cross-origin-resource-policy: cross-origin\r\n");
}

static void who_has_no_token_is_told_what_kind_is_needed(void **state)
{
    const struct answer answer = {.status = 401, .challenge = "Bearer realm=\"commentary\""};

    (void)state;
    has(header_of(&answer), "HTTP/1.1 401 Unauthorized\r\n");
    has(header_of(&answer), "www-authenticate: Bearer realm=\"commentary\"\r\n");
}

static void a_preflight_is_told_what_it_may_send(void **state)
{
    const struct answer answer = {.status = 204, .origin = "*", .is_preflight = true};
    const char *header = header_of(&answer);

    (void)state;
    has(header, "HTTP/1.1 204 No Content\r\n");
    has(header, "access-control-allow-headers: authorization, ");
    has(header, ", if-none-match, last-event-id, ");
    has(header, ", *\r\n");
    has_not(header, "content-length");
}

static void no_length_is_told_of_what_has_none(void **state)
{
    const struct answer unchanged = {.status = 304, .etag = "W/\"e.1\""};
    const struct answer endless = {.status = 200, .type = "text/event-stream", .is_endless = true};

    (void)state;
    has_not(header_of(&unchanged), "content-length");
    has_not(header_of(&unchanged), "connection");
    has_not(header_of(&endless), "content-length");
    has(header_of(&endless), "connection: close\r\n");
}

static void a_refusal_says_what_would_do(void **state)
{
    struct answer answer = answer_text(405, "GET\n");

    (void)state;
    assert_int_equal(answer.length, 4);
    has(header_of(&answer), "allow: GET, HEAD, OPTIONS\r\n");
    answer = answer_text(426, "");
    has(header_of(&answer), "sec-websocket-version: 13\r\n");
    answer = answer_text(503, "");
    answer.is_last = true;
    has(header_of(&answer), "retry-after: 3\r\nconnection: close\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_described),
        cmocka_unit_test(what_is_allowed_to_one_origin_varies),
        cmocka_unit_test(a_page_shows_images_of_the_list),
        cmocka_unit_test(so_does_what_is_allowed_to_none),
        cmocka_unit_test(who_has_no_token_is_told_what_kind_is_needed),
        cmocka_unit_test(a_page_says_who_may_frame_it),
        cmocka_unit_test(a_preflight_is_told_what_it_may_send),
        cmocka_unit_test(no_length_is_told_of_what_has_none),
        cmocka_unit_test(a_refusal_says_what_would_do),
    };

    return UNIT_RUN(tests);
}
