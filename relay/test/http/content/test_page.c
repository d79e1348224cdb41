/* The page of a match: slots are filled, and whatever others wrote stays text. */

#include "unit.h"

#include <stdio.h>

#include "http/content/page.h"

#define TEMPLATE                                                                                   \
    "<link href=\"./style.css\"><!--about--><title>Live</title><!--/about-->"                      \
    "<body data-view=\"lobby\"><a href=\"./\"></a><!--first--></body>"

static const struct page_template template = {TEMPLATE, sizeof(TEMPLATE) - 1};
static struct buffer out;

static const char *written(void)
{
    buffer_add(&out, "", 1);
    assert_false(out.is_broken);
    return (const char *)out.bytes;
}

static const char *page_of(const char *document)
{
    buffer_clear(&out);
    page_write(&out, &template, document, strlen(document));
    return written();
}

static void has(const char *page, const char *text)
{
    if (!strstr(page, text))
        fail_msg("no \"%s\" in: %s", text, page);
}

static void has_not(const char *page, const char *text)
{
    if (strstr(page, text))
        fail_msg("\"%s\" in: %s", text, page);
}

static void a_match_fills_the_slots(void **state)
{
    const char *page = page_of(
        "{\"match\":7,\"epoch\":\"e\",\"head\":2,\"state\":{\"match\":7,\"home\":\"R&D\","
        "\"away\":\"City\",\"home_score\":2,\"away_score\":1,\"status\":\"live\",\"competition\":"
        "\"Coast Cup\"},\"entries\":[{\"type\":\"commentary\",\"op\":\"insert\",\"seq\":1,\"kind\":"
        "\"free_kick\",\"minute\":45,\"stoppage\":2,\"message\":\"Over.\",\"created_at\":\"2026\"},"
        "{\"type\":\"match\",\"seq\":2}]}");

    (void)state;
    has(page, "<link href=\"../style.css\">");
    has(page, "<body data-view=\"match\"><a href=\"../\">");
    has(page, "<title>R&amp;D 2 \xe2\x80\x93 1 City</title>");
    has(page, "<link rel=\"canonical\" href=\"7\">");
    has(page, "<meta property=\"og:title\" content=\"R&amp;D 2 \xe2\x80\x93 1 City\">");
    has(page, "content=\"Coast Cup \xc2\xb7 Live \xc2\xb7 Over.\"");
    has(page,
        "<li id=\"seq-1\"><time datetime=\"2026\">45+2&#39;</time> <b dir=\"auto\">Free kick</b>"
        " <span dir=\"auto\">Over.</span></li>");
    has(page, "id=\"first-entries\">{\"match\":7,\"epoch\":\"e\",");
    has(page, "\"homeTeam\":{\"@type\":\"SportsTeam\",\"name\":\"R\\u0026D\"}");
    has_not(page, "<title>Live</title>");
    has_not(page, "<!--");
}

static void what_was_corrected_is_not_listed(void **state)
{
    const char *page =
        page_of("{\"match\":7,\"head\":6,\"state\":{\"title\":\"Race\"},\"entries\":["
                "{\"op\":\"insert\",\"seq\":3,\"message\":\"withdrawn\"},"
                "{\"op\":\"insert\",\"seq\":4,\"message\":\"it stands\"},"
                "{\"op\":\"retract\",\"seq\":5,\"ref_seq\":3,\"message\":\"the reason\"},"
                "{\"op\":\"amend\",\"seq\":6,\"ref_seq\":2,\"message\":\"another\"}]}");

    (void)state;
    has(page, ">it stands</span>");
    has_not(page, ">withdrawn</span>");
    has_not(page, ">the reason</span>");
    has_not(page, ">another</span>");
    has(page, "\"message\":\"withdrawn\"");
}

/* A correction may stand after the last one that was read. */
static void entries_that_do_not_reach_the_head_are_not_listed(void **state)
{
    const char *page = page_of("{\"match\":7,\"head\":5,\"state\":null,\"entries\":["
                               "{\"op\":\"insert\",\"seq\":4,\"message\":\"perhaps\"}]}");

    (void)state;
    has(page, "<title>Match 7</title>");
    has_not(page, ">perhaps</span>");
}

static void hostile_texts_stay_texts(void **state)
{
    const char *page = page_of(
        "{\"match\":7,\"head\":1,\"state\":{\"home\":\"\\\"><img src=x onerror=y>\",\"away\":"
        "\"</title></script><script>y</script>\\u202e\",\"status\":\"<i>\",\"starts_at\":\"'\"},"
        "\"entries\":[{\"op\":\"insert\",\"seq\":1,\"kind\":\"<u>\",\"created_at\":\"\\\"><u>\","
        "\"message\":\"</script><!--<script>\\u2028\"}]}");

    (void)state;
    for (const char *tag = page; (tag = strstr(tag, "<script")); tag++)
        has(tag, "<script type=\"application/");
    has_not(page, "<img");
    has_not(page, "<i>");
    has_not(page, "<u>");
    has_not(page, "<!--");
    has_not(page, "\xe2\x80\xa8");
    has_not(page, "\xe2\x80\xae</title>");
    has(page, "\\u003c/script\\u003e\\u003c!--");
}

static void what_is_no_document_leaves_the_page_as_it_is(void **state)
{
    static const char *const documents[] = {
        "", "null", "[1]", "{\"entries\":7}", "{\"entries\":[", "\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        has(page_of(documents[i]), "<title>Live</title>");
    has(page_of("{\"entries\":[]}"), "<title>Match 0</title>");
    has(page_of("{\"entries\":[1,{\"op\":1},null],\"state\":[],\"head\":\"x\"}"), "Match 0");
}

static void much_is_left_to_the_client(void **state)
{
    static char document[2 * PAGE_JSON_BYTES_MAX];
    int length = snprintf(document, sizeof(document),
                          "{\"head\":1,\"entries\":[{\"op\":\"insert\",\"seq\":1,\"message\":\"");
    const char *page;

    (void)state;
    memset(document + length, 'x', PAGE_JSON_BYTES_MAX);
    memcpy(document + length + PAGE_JSON_BYTES_MAX, "\"}]}", sizeof("\"}]}"));
    page = page_of(document);
    has(page, "xxx\xe2\x80\xa6</span>");
    has_not(page, "first-entries");
    assert_true(strlen(page) < 8192);
}

static void without_a_match_nothing_is_told(void **state)
{
    (void)state;
    buffer_clear(&out);
    page_write_blank(&out, &template, NULL);
    has(written(), "<title>Live</title>");
    has_not(written(), "<!--first-->");
    buffer_clear(&out);
    page_write_blank(&out, &template, "No such match");
    has(written(), "<title>No such match</title>\n<meta name=\"robots\" content=\"noindex\">");
    has(written(), "../style.css");
}

static void a_template_without_slots_is_sent_as_it_is(void **state)
{
    static const char text[] = "<title>mine</title><!--about-->";
    const struct page_template mine = {text, sizeof(text) - 1};

    (void)state;
    buffer_clear(&out);
    page_write(&out, &mine, "{\"entries\":[]}", 14);
    assert_string_equal(written(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_match_fills_the_slots),
        cmocka_unit_test(what_was_corrected_is_not_listed),
        cmocka_unit_test(entries_that_do_not_reach_the_head_are_not_listed),
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(what_is_no_document_leaves_the_page_as_it_is),
        cmocka_unit_test(much_is_left_to_the_client),
        cmocka_unit_test(without_a_match_nothing_is_told),
        cmocka_unit_test(a_template_without_slots_is_sent_as_it_is),
    };
    int failed = UNIT_RUN(tests);

    buffer_free(&out);
    return failed;
}
