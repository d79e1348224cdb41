/* How many viewers a match has: here, at the relays below, and in the tree that one above tells of.
 */
#include "hub_scene.h"

#include <time.h>

#include "hub/audience.h"

/* Time stands still here, unless a test lets it go on. */
static int64_t passed_ms;

int clock_gettime(clockid_t id, struct timespec *now)
{
    bool is_real = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;

    now->tv_sec = (is_real ? 1800000000 : 1000) + passed_ms / 1000;
    now->tv_nsec = passed_ms % 1000 * 1000000;
    return 0;
}

#define A "00000000000000aa"
#define B "00000000000000bb"

static void note(const char *relay_id, const char *matches, const char *viewers)
{
    const struct audience_told told = {relay_id, 5000, matches, viewers, NULL};

    audience_note(&hub, &told);
    passed_ms += 1000; /* sums are made anew */
}

static void only_followers_are_told_and_only_if_they_ask(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);

    (void)state;
    say(client, "{\"type\":\"ping\",\"viewers\":7}");
    heard(client, "{\"type\":\"pong\"}\n");
    hub.settings.tells_viewers = true;
    say(client, "{\"type\":\"ping\",\"viewers\":7}");
    heard(client, "{\"type\":\"pong\",\"match\":7,\"viewers\":1}\n");
    say(client, "{\"type\":\"ping\"}");
    heard(client, "{\"type\":\"pong\"}\n");
    load(8, 1, 1);
    for (int match = 8; match <= 9;
         match++) { /* one that it does not follow, and one that is none */
        char text[64];

        snprintf(text, sizeof(text), "{\"type\":\"ping\",\"viewers\":%d}", match);
        say(client, text);
        heard(client, "{\"type\":\"pong\"}\n");
    }
    client_free(client);
}

static void the_newest_report_of_each_relay_counts(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);

    (void)state;
    assert_int_equal(audience_of(&hub, topic), 1);
    note(A, "{9,7}", "{5,100}");
    note(B, "{7}", "{20}");
    assert_int_equal(audience_of(&hub, topic), 121);
    note(A, "{7}", "{3}");
    assert_int_equal(audience_of(&hub, topic), 24);
    note(B, "{}", "{}");
    assert_int_equal(audience_of(&hub, topic), 4);
    passed_ms += 15000; /* three intervals */
    assert_int_equal(audience_of(&hub, topic), 1);
    client_free(client);
}

static void what_does_not_fit_together_is_not_counted(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);

    (void)state;
    note(A, "{7,8}", "{3}");
    note("00000000000000000", "{7}", "{3}");
    assert_int_equal(audience_of(&hub, topic), 1);
    for (int i = 0; i < AUDIENCE_RELAYS_MAX + 5; i++) {
        char relay_id[17];

        snprintf(relay_id, sizeof(relay_id), "%016x", (unsigned)i);
        audience_note(&hub, &(struct audience_told){relay_id, 5000, "{7}", "{1}", NULL});
    }
    passed_ms += 1000;
    assert_int_equal(audience_of(&hub, topic), AUDIENCE_RELAYS_MAX + 1);
    client_free(client);
}

/* Relays that say what cannot be: the sum is a number all the same, and takes no more memory. */
static void what_cannot_be_stays_a_number(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);
    struct buffer matches = {0}, viewers = {0};

    (void)state;
    for (int i = 0; i < 10000; i++) {
        buffer_add_text(&matches, i ? ",7" : "{7");
        buffer_add_text(&viewers, i ? ",999999999" : "{999999999");
    }
    buffer_add(&matches, "}", sizeof("}"));
    buffer_add(&viewers, "}", sizeof("}"));
    for (int i = 0; i < 300; i++) {
        char relay_id[17];

        snprintf(relay_id, sizeof(relay_id), "%016x", (unsigned)i);
        audience_note(&hub, &(struct audience_told){relay_id, 5000, (const char *)matches.bytes,
                                                    (const char *)viewers.bytes, NULL});
    }
    assert_int_equal(hub.audience.match_count, AUDIENCE_MATCHES_MAX);
    passed_ms += 1000;
    assert_true(audience_of(&hub, topic) > 999000000000000);
    audience_told(&hub, 7, 999999999999999999);
    assert_int_equal(audience_of(&hub, topic), 9007199254740991);
    buffer_free(&matches);
    buffer_free(&viewers);
    client_free(client);
}

static void what_is_told_from_above_counts_as_long_as_it_is_fresh(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);

    (void)state;
    audience_told(&hub, 7, 5000);
    audience_told(&hub, 8, 5000); /* nobody follows it here */
    assert_int_equal(audience_of(&hub, topic), 5000);
    passed_ms += 60000;
    assert_int_equal(audience_of(&hub, topic), 1);
    client_free(client);
}

static void add(void *context, int64_t match_id, int64_t viewers)
{
    buffer_add_number(context, match_id);
    buffer_add(context, "=", 1);
    buffer_add_number(context, viewers);
    buffer_add(context, " ", 1);
}

static void a_relay_is_told_of_what_it_reports(void **state)
{
    struct client *client = client_of(load(7, 1, 1));
    struct buffer told = {0};

    (void)state;
    note(A, "{7,8}", "{2,2}");
    audience_tell(&hub, "{8,7}", add, &told);
    audience_tell(&hub, "{}", add, &told);
    buffer_add(&told, "", 1);
    assert_string_equal((char *)told.bytes, "7=3 ");
    buffer_free(&told);
    client_free(client);
}

static bool says(const char *relay_id, int64_t interval_ms, const char *viewers, const void *via,
                 bool is_news)
{
    bool was_news;

    if (!audience_may_note(&hub, relay_id, via, &was_news)) {
        assert_int_equal(was_news, is_news);
        return false;
    }
    audience_note(&hub, &(struct audience_told){relay_id, interval_ms, "{7}", viewers, via});
    return true;
}

/* A relay that has moved speaks again before its last report is too old. */
static void no_connection_speaks_for_the_relay_of_another(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);
    const int ways[2] = {0};

    (void)state;
    assert_true(says(A, 4000, "{10}", &ways[0], false));
    assert_false(says(A, 4000, "{5000}", &ways[1], true));
    assert_false(says(A, 4000, "{5000}", &ways[1], false));
    assert_true(says(B, 4000, "{1}", &ways[1], false));
    passed_ms += 4000;
    assert_int_equal(audience_of(&hub, topic), 12);
    assert_true(says(A, 4000, "{20}", &ways[0], false));
    passed_ms += 5900;
    assert_false(says(A, 4000, "{5000}", &ways[1], true));
    passed_ms += 200;
    assert_true(says(A, 4000, "{30}", &ways[1], false));
    assert_false(says(A, 4000, "{20}", &ways[0], true));
    audience_disown(&hub, &ways[1]);
    assert_true(says(A, 4000, "{40}", &ways[0], false));
    passed_ms += 1000;
    assert_int_equal(audience_of(&hub, topic), 42);
    audience_disown(&hub, &ways[0]);
    assert_true(says(A, 999999999, "{50}", &ways[0], false));
    passed_ms += 60100; /* no interval keeps a name for longer, nor a figure for days */
    assert_true(says(A, 999999999, "{60}", &ways[1], false));
    passed_ms += 4 * 3600000;
    assert_int_equal(audience_of(&hub, topic), 1);
    client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_followers_are_told_and_only_if_they_ask),
        TEST(the_newest_report_of_each_relay_counts),
        TEST(what_does_not_fit_together_is_not_counted),
        TEST(what_cannot_be_stays_a_number),
        TEST(what_is_told_from_above_counts_as_long_as_it_is_fresh),
        TEST(no_connection_speaks_for_the_relay_of_another),
        TEST(a_relay_is_told_of_what_it_reports),
    };

    return UNIT_RUN(tests);
}
