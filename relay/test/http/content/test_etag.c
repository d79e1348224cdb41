/* Entity tags, and what a client says it has. */
#include "unit.h"

#include "http/content/etag.h"

static void a_tag_tells_epoch_and_head(void **state)
{
    char etag[ETAG_BYTES];

    (void)state;
    etag_write(etag, "9f3c", 41);
    assert_string_equal(etag, "W/\"9f3c.41\"");
}

static void a_page_of_another_template_is_another(void **state)
{
    char one[ETAG_BYTES], other[ETAG_BYTES];

    (void)state;
    etag_write_page(one, "W/\"9f3c.41\"", "a", 1);
    assert_string_equal(one, "W/\"9f3c.41.8601ec8c\"");
    etag_write_page(other, "W/\"9f3c.41\"", "b", 1);
    assert_string_not_equal(one, other);
}

static void a_list_names_it(void **state)
{
    static const char *const lists[] = {
        "*", "W/\"e.1\"", "\"e.1\"", "\"x\", W/\"e.1\"", "W/\"x\",\"e.1\"", "\"\"\t,  \"e.1\" ,"};

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (!etag_matches(lists[i], "W/\"e.1\""))
            fail_msg("%s does not match", lists[i]);
}

static void other_lists_do_not(void **state)
{
    static const char *const lists[] = {"",       "e.1",       "\"e.1",       "\"e.11\"",
                                        "\"e.\"", "x \"e.1\"", "W/W/\"e.1\"", "w/\"e.1\"",
                                        "* ",     "W/",        "\"E.1\""};

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (etag_matches(lists[i], "W/\"e.1\""))
            fail_msg("%s matches", lists[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_tells_epoch_and_head),
        cmocka_unit_test(a_page_of_another_template_is_another),
        cmocka_unit_test(a_list_names_it),
        cmocka_unit_test(other_lists_do_not),
    };

    return UNIT_RUN(tests);
}
