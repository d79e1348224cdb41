/* Routes: every resource, its parameters at their limits, and what is refused. */
#include "unit.h"

#include "door/head_reader.h"
#include "http/content/route.h"
#include "http/content/route_values.h"

static struct route route_of(const char *path, const char *query)
{
    struct route route;

    if (!route_parse(&route, path, query))
        fail_msg("%s?%s: %s", path, query, route.error_message);
    return route;
}

static void refused(unsigned status, const char *path, const char *query)
{
    struct route route;

    if (route_parse(&route, path, query))
        fail_msg("%s?%s was not refused", path, query);
    assert_int_equal(route.status, status);
    assert_non_null(route.error_message);
    assert_string_equal(route.error_code, status == 404 ? "not_found" : "bad_request");
}

/* A path with a query, and what it names. */
struct named {
    const char *path, *query;
    enum resource resource;
    int64_t match_id;
};

static void expect_named(const struct named *named, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct route route = route_of(named[i].path, named[i].query);

        if (route.resource != named[i].resource || route.match_id != named[i].match_id)
            fail_msg("%s?%s: resource %d of match %d", named[i].path, named[i].query,
                     (int)route.resource, (int)route.match_id);
    }
}

static void refused_all(unsigned status, const char *path, const char *const queries[],
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        refused(status, path, queries[i]);
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void each_resource_has_its_path(void **state)
{
    static const struct named named[] = {
        {"/", "", RESOURCE_FILE, 0},
        {"/matchesx", "", RESOURCE_FILE, 0},
        {"/embed.html", "", RESOURCE_FILE, 0},
        {"/livez", "", RESOURCE_LIVEZ, 0},
        {"/readyz", "", RESOURCE_READYZ, 0},
        {"/metrics", "", RESOURCE_METRICS, 0},
        {"/ws", "", RESOURCE_WS, 0},
        {"/ws/", "", RESOURCE_WS, 0},
        {"/embed/7", "history=5", RESOURCE_EMBED, 7},
        {"/matches", "", RESOURCE_STATE, 0},
        {"/matches/7", "x=y", RESOURCE_STATE, 7},
        {"/matches/9223372036854775807", "", RESOURCE_STATE, INT64_MAX},
        {"/matches/7/commentary", "", RESOURCE_COMMENTARY, 7},
        {"/matches/7/events", "", RESOURCE_EVENTS, 7},
        {"/matches/events", "", RESOURCE_EVENTS, 0},
    };

    (void)state;
    expect_named(named, COUNT(named));
}

static void a_page_of_a_match_has_a_path(void **state)
{
    static const struct named named[] = {
        {"/match/7", "utm_source=x&since=-1", RESOURCE_PAGE, 7},
        {"/match/7/", "", RESOURCE_PAGE_MOVED, 7},
        {"/match/0", "", RESOURCE_PAGE, 0},
        {"/match/x", "", RESOURCE_PAGE, 0},
        {"/match/9223372036854775808", "", RESOURCE_PAGE, 0},
        {"/match/", "", RESOURCE_PAGE, 0},
        {"/match/x/", "", RESOURCE_FILE, 0},
        {"/match/7/x", "", RESOURCE_FILE, 0},
        {"/match", "", RESOURCE_FILE, 0},
    };

    (void)state;
    expect_named(named, COUNT(named));
}

static void a_match_is_a_number(void **state)
{
    static const struct {
        unsigned status;
        const char *path;
    } wrong[] = {
        {400, "/embed/"},
        {400, "/embed/7/"},
        {400, "/embed/x"},
        {400, "/matches/"},
        {400, "/matches/0"},
        {400, "/matches/-1"},
        {400, "/matches/+7"},
        {400, "/matches/7x"},
        {400, "/matches/9223372036854775808"},
        {400, "/matches/9999999999999999999"},
        {400, "/matches/10000000000000000000"},
        {404, "/matches/7/"},
        {404, "/matches/7/comment"},
        {404, "/matches/7/events/1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        refused(wrong[i].status, wrong[i].path, "");
}

static void commentary_has_a_range(void **state)
{
    struct route route = route_of("/matches/7/commentary", "since=41&limit=500");

    (void)state;
    assert_true(route.has_since);
    assert_int_equal(route.since_seq, 41);
    assert_int_equal(route.limit, 500);
    assert_string_equal(route.since_epoch, "");
    route = route_of("/matches/7/commentary", "limit=1&&x&since=0&");
    assert_true(route.has_since);
    assert_int_equal(route.since_seq, 0);
    assert_int_equal(route.limit, 1);
    route = route_of("/matches/7/commentary", "since=9f3c:41");
    assert_true(route.has_since);
    assert_int_equal(route.since_seq, 41);
    assert_string_equal(route.since_epoch, "9f3c");
    route = route_of("/matches/7/commentary", "");
    assert_false(route.has_since);
    assert_int_equal(route.limit, ROUTE_LIMIT);
}

static void events_have_a_place(void **state)
{
    struct route route = route_of("/matches/7/events", "since=9f3c:41&history=500");

    (void)state;
    assert_true(route.has_since);
    assert_string_equal(route.since_epoch, "9f3c");
    assert_int_equal(route.since_seq, 41);
    assert_int_equal(route.history, 500);
    assert_int_equal(route_of("/matches/events", "history=0").history, 0);
    assert_false(route_of("/matches/events", "").has_since);
}

static void a_stream_may_be_of_several_matches(void **state)
{
    struct route route =
        route_of("/events", "since=9f3c:9=12,lobby=0,7=58&match=7&history=3&match=lobby&match=8");

    (void)state;
    assert_int_equal(route.resource, RESOURCE_EVENTS);
    assert_int_equal(route.place_count, 3);
    assert_int_equal(route.places[0].match_id, 7);
    assert_true(route.places[0].has_since);
    assert_int_equal(route.places[0].since_seq, 58);
    assert_int_equal(route.places[1].match_id, 0);
    assert_true(route.places[1].has_since);
    assert_int_equal(route.places[2].match_id, 8);
    assert_false(route.places[2].has_since);
    assert_string_equal(route.since_epoch, "9f3c");
    assert_int_equal(route.history, 3);
}

static void wrong_lists_of_matches_are_refused(void **state)
{
    static const char *const queries[] = {
        "",
        "history=3",
        "match=0",
        "match=7&match=7",
        "match=7&since=9f3c:58",
        "match=7&since=9f3c:7=58,",
        ("match=1&match=2&match=3&match=4&match=5&match=6&match=7&match=8&match=9&match=10"
         "&match=11&match=12&match=13&match=14&match=15&match=16&match=17"),
    };

    (void)state;
    refused_all(400, "/events", queries, COUNT(queries));
}

/* An EventSource sends again what it once got, and gives up for good on a refusal. */
static void an_id_of_another_begins_afresh(void **state)
{
    static const char *const foreign[] = {"x",         ":41", "9f3c:", "9f3c:x",
                                          "9f3c:7=58", "41",  "e:1e5"};
    struct route route = route_of("/matches/7/events", "lastEventId=9f3c%3A41&since=9f3c:40");

    (void)state;
    assert_int_equal(route.since_seq, 41);
    route = route_of("/matches/7/events", "lastEventId=&since=9f3c:40");
    assert_int_equal(route.since_seq, 40);
    for (size_t i = 0; i < COUNT(foreign); i++) {
        route = route_of("/matches/7/events", "since=9f3c:40");
        route_take_last_id(&route, foreign[i], strlen(foreign[i]));
        assert_false(route.has_since);
        assert_string_equal(route.since_epoch, "");
    }
    route = route_of("/events", "match=7&match=9&lastEventId=9f3c:7=5,9=x");
    assert_false(route.places[0].has_since);
}

static void wrong_parameters_are_refused(void **state)
{
    static const char *const commentary[] = {"limit=0",
                                             "limit=501",
                                             "limit=",
                                             "limit=-1",
                                             "limit=1x",
                                             "since=",
                                             "since=-1",
                                             "since=9f3c:",
                                             "since=1&since=1",
                                             "since=:41",
                                             "since=1234567890123456789"};
    static const char *const events[] = {"history=501",        "history=x",   "since=41",
                                         "since=:41",          "since=9f3c:", "since=a b:4",
                                         "history=1&history=1"};
    char query[128] = "since=";

    (void)state;
    refused_all(400, "/matches/7/commentary", commentary, COUNT(commentary));
    refused_all(400, "/matches/7/events", events, COUNT(events));
    memset(query + 6, 'e', REQUEST_EPOCH_MAX);
    memcpy(query + 6 + REQUEST_EPOCH_MAX, ":1", sizeof(":1"));
    assert_int_equal(strlen(route_of("/matches/7/events", query).since_epoch), REQUEST_EPOCH_MAX);
    memcpy(query + 6 + REQUEST_EPOCH_MAX, "e:1", sizeof("e:1"));
    refused(400, "/matches/7/events", query);
}

static void matches_are_listed_by_what_is_asked_for(void **state)
{
    struct route route = route_of("/matches", "before=900&limit=100&status=live,paused&x=y&"
                                              "competition=A%2BB+%26+%22%e2%9a%bd%22");

    (void)state;
    assert_int_equal(route.resource, RESOURCE_MATCHES);
    assert_int_equal(route.match_id, 0);
    assert_int_equal(route.listing.before, 900);
    assert_int_equal(route.listing.rows, 100);
    assert_int_equal(route.listing.statuses, 1u << 1 | 1u << 2);
    assert_string_equal(route.listing.competition, "A+B & \"\xe2\x9a\xbd\"");
    route = route_of("/matches", "limit=7");
    assert_int_equal(route.resource, RESOURCE_MATCHES);
    assert_int_equal(route.listing.before, 0);
    assert_int_equal(route.listing.statuses, 0);
    assert_string_equal(route.listing.competition, "");
    assert_int_equal(route_of("/matches", "status=finished").listing.rows, ROUTE_MATCHES);
    assert_int_equal(route_of("/matches", "since=9&status&Limit=7").resource, RESOURCE_STATE);
}

static void wrong_wishes_for_matches_are_refused(void **state)
{
    static const char *const bad[] = {"before=0",
                                      "before=",
                                      "before=-1",
                                      "before=1234567890123456789",
                                      "before=1 ",
                                      "before=+1",
                                      "limit=0",
                                      "limit=101",
                                      "limit=x",
                                      "status=",
                                      "status=gone",
                                      "status=live,",
                                      "status=live+",
                                      "competition=",
                                      "competition=%00",
                                      "competition=%ff",
                                      "competition=a%0a",
                                      "limit=1&limit=1",
                                      "status=live&status=live"};
    static char query[HEAD_LINE_MAX + 1] = "competition=";

    (void)state;
    refused_all(400, "/matches", bad, COUNT(bad));
    for (size_t i = 12; i + 3 <= 12 + 3 * LISTING_COMPETITION_BYTES; i += 3)
        memcpy(query + i, "%e9", 3);
    refused(400, "/matches", query); /* no UTF-8 */
    for (size_t i = 12; i + 3 <= 12 + 3 * LISTING_COMPETITION_BYTES; i += 3)
        memcpy(query + i, "%41", 3);
    assert_int_equal(strlen(route_of("/matches", query).listing.competition),
                     LISTING_COMPETITION_BYTES);
    memset(query + 12, 'x', HEAD_LINE_MAX - 12);
    refused(400, "/matches", query);
}

/* Trackers and caches append what they like; the bound is that of the request line. */
static void unknown_parameters_of_any_length_are_ignored(void **state)
{
    static char query[HEAD_LINE_MAX + 1];

    (void)state;
    memset(query, 'x', 600);
    memcpy(query + 600, "&limit=7", sizeof("&limit=7"));
    assert_int_equal(route_of("/matches/7/commentary", query).limit, 7);
    memset(query, 'x', HEAD_LINE_MAX);
    memcpy(query + HEAD_LINE_MAX - 10, "&since=9f3", sizeof("&since=9f3"));
    memcpy(query, "limits=", 7);
    assert_int_equal(route_of("/matches/7/events", "history=7&utm=").history, 7);
    refused(400, "/matches/7/events", query); /* that since has no seq */
    memset(query + HEAD_LINE_MAX - 10, '%', 10);
    assert_false(route_of("/matches/7/events", query).has_since);
    memcpy(query, "%6cimit=", 8);
    refused(400, "/matches/7/commentary", query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_resource_has_its_path),
        cmocka_unit_test(a_page_of_a_match_has_a_path),
        cmocka_unit_test(a_match_is_a_number),
        cmocka_unit_test(commentary_has_a_range),
        cmocka_unit_test(events_have_a_place),
        cmocka_unit_test(a_stream_may_be_of_several_matches),
        cmocka_unit_test(wrong_lists_of_matches_are_refused),
        cmocka_unit_test(an_id_of_another_begins_afresh),
        cmocka_unit_test(wrong_parameters_are_refused),
        cmocka_unit_test(matches_are_listed_by_what_is_asked_for),
        cmocka_unit_test(wrong_wishes_for_matches_are_refused),
        cmocka_unit_test(unknown_parameters_of_any_length_are_ignored),
    };

    return UNIT_RUN(tests);
}
