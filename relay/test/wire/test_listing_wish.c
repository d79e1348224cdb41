/* What a list of matches is asked for by: a client, or an edge, may say anything. */
#include "unit.h"

#include "wire/listing.h"

static bool takes_statuses(struct listing_wish *wish, const char *text)
{
    return listing_take_statuses(wish, text, strlen(text));
}

static bool takes_competition(struct listing_wish *wish, const char *text)
{
    return listing_take_competition(wish, text, strlen(text));
}

static void statuses_are_written_as_they_are_read(void **state)
{
    struct listing_wish wish = {0};
    struct buffer out = {0};

    (void)state;
    assert_true(takes_statuses(&wish, "live,scheduled,live"));
    listing_write_statuses(&out, &wish);
    buffer_add(&out, "", 1);
    assert_string_equal((char *)out.bytes, "scheduled,live");
    buffer_clear(&out);
    assert_true(takes_statuses(&wish, "cancelled,postponed,abandoned,finished,paused"));
    listing_write_statuses(&out, &wish);
    buffer_add(&out, "", 1);
    assert_string_equal((char *)out.bytes,
                        "scheduled,live,paused,finished,abandoned,postponed,cancelled");
    buffer_free(&out);
}

static void an_unknown_status_is_refused(void **state)
{
    static const char *const bad[] = {"",      ",",           "live,",   ",live",
                                      "Live",  "live,,live",  "lives",   "liv",
                                      " live", "live, live ", "finishe", "live\n"};
    struct listing_wish wish = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (takes_statuses(&wish, bad[i]))
            fail_msg("taken: %s", bad[i]);
    assert_false(listing_take_statuses(&wish, "live\0", 5));
}

static void a_competition_is_a_name(void **state)
{
    static const char *const good[] = {"x", " ", "A+B & \"\xe2\x9a\xbd\"", "%00", "\xc2\xa0"};
    static const char *const bad[] = {"", "a\nb", "\t", "\x7f", "\xff", "\xe2\x9a", "\xed\xa0\x80"};
    char name[LISTING_COMPETITION_BYTES + 2];
    struct listing_wish wish = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(takes_competition(&wish, good[i]));
        assert_string_equal(wish.competition, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(takes_competition(&wish, bad[i]));
    assert_false(listing_take_competition(&wish, "a\0b", 3));
    assert_string_equal(wish.competition, "\xc2\xa0");
    memset(name, 'x', sizeof(name));
    assert_true(listing_take_competition(&wish, name, LISTING_COMPETITION_BYTES));
    assert_int_equal(strlen(wish.competition), LISTING_COMPETITION_BYTES);
    assert_false(listing_take_competition(&wish, name, LISTING_COMPETITION_BYTES + 1));
}

static void wishes_are_same_in_all_that_they_say(void **state)
{
    const struct listing_wish wish = {.before = 7, .statuses = 2, .rows = 50, .competition = "Cup"};
    struct listing_wish others[] = {wish, wish, wish, wish, wish};

    (void)state;
    others[1].before = 0;
    others[2].statuses = 0;
    others[3].rows = 51;
    others[4].competition[2] = '\0';
    assert_true(listing_is_same(&wish, &others[0]));
    assert_int_equal(listing_hash(&wish), listing_hash(&others[0]));
    for (size_t i = 1; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(listing_is_same(&wish, &others[i]));
        assert_int_not_equal(listing_hash(&wish), listing_hash(&others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_are_written_as_they_are_read),
        cmocka_unit_test(an_unknown_status_is_refused),
        cmocka_unit_test(a_competition_is_a_name),
        cmocka_unit_test(wishes_are_same_in_all_that_they_say),
    };

    return UNIT_RUN(tests);
}
