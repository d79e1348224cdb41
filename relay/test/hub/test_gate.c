/* The gate: what a viewer gets to follow with its token, without one, and when that ends. */
#include "unit.h"

#include <time.h>

#include "base/clock.h"
#include "hub_scene.h"
#include "token/auth.h"
#include "token_maker.h"

#define WITHIN_MS 60000
#define AUTHORISED "{\"type\":\"authorised\",\"expires_in_ms\":"
#define SUBSCRIBE "{\"type\":\"subscribe\",\"match\":7}"

static struct auth *auth;

/* Time stands still here, unless a test lets it go on: no machine is too slow. */
static int64_t passed_ms;

int clock_gettime(clockid_t id, struct timespec *now)
{
    bool is_real = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;

    now->tv_sec = (is_real ? 1800000000 : 1000) + passed_ms / 1000;
    now->tv_nsec = passed_ms % 1000 * 1000000;
    return 0;
}

static int begin_gate(int64_t within_ms)
{
    const struct auth_settings key = {file_of(SECRET, strlen(SECRET)), "", ""};
    struct hub_settings settings = {.max_viewers = 3,
                                    .topic_bytes = 4096,
                                    .cache_bytes = 1 << 20,
                                    .ping_interval_ms = 30000,
                                    .auth_within_ms = within_ms};
    char error[KEY_ERROR_BYTES];

    log_set_level(LOG_ERROR);
    settings.auth = auth = auth_new(&key, error);
    if (!auth || !hub_init(&hub, &settings))
        return -1;
    hub_set_epoch(&hub, EPOCH);
    hub_set_feed(&hub, HUB_LIVE);
    return 0;
}

static int begin_patient(void **state)
{
    (void)state;
    return begin_gate(WITHIN_MS);
}

static int begin_hasty(void **state)
{
    (void)state;
    return begin_gate(1);
}

static int end_gate(void **state)
{
    auth_free(auth);
    unlink(file_of("", 0));
    return end(state);
}

static const char *token_of(int seconds, const char *matches)
{
    char claims[256];

    snprintf(claims, sizeof(claims), "{\"exp\":%lld,\"matches\":%s}",
             (long long)clock_real_s() + seconds, matches);
    return sign_secret(HS256, claims);
}

static void show(struct client *client, const char *token)
{
    char text[8192];

    snprintf(text, sizeof(text), "{\"type\":\"auth\",\"token\":\"%s\"}", token);
    say(client, text);
}

/* A viewer that came with this token in its handshake; NULL: with none. */
static struct client *come(const char *token)
{
    struct client *client = calloc(1, sizeof(*client));
    struct auth_fault fault;

    assert_non_null(client);
    client->answer = WIRE_SENT;
    viewer_init(&client->viewer, &ops, client);
    gate_admit(&hub.gate, &client->viewer,
               token ? auth_check(auth, token, strlen(token), clock_real_s(), &fault) : NULL);
    hub_add_viewer(&hub, &client->viewer);
    return client;
}

/* Time goes on, and the wheel turns, until it is closed. */
static void turn_until_closed(struct client *client)
{
    for (int turns = 0; client->viewer.close_code == CLOSE_NONE && turns < 3000; turns++) {
        passed_ms += 10;
        hub_turn_end(&hub);
    }
}

static void without_a_token_nothing_is_followed(void **state)
{
    struct client *client = come(NULL);

    (void)state;
    load(7, 1, 3);
    heard_something(client, "\"auth_within_ms\":60000");
    say(client, SUBSCRIBE);
    heard(client, "{\"type\":\"error\",\"code\":\"unauthorised\",\"message\":\"show a token first: "
                  "send auth\",\"match\":7}\n");
    say(client, "{\"type\":\"subscribe\",\"match\":\"lobby\"}");
    heard_something(client, "unauthorised");
    say(client, "{\"type\":\"ping\"}");
    heard(client, "{\"type\":\"pong\"}\n");
    assert_int_equal(client->viewer.slot_count, 0);
    client_free(client);
}

static void a_token_opens_its_matches_and_no_others(void **state)
{
    struct client *client = come(NULL);

    (void)state;
    load(7, 1, 3);
    load(8, 1, 3);
    heard_something(client, "welcome");
    show(client, token_of(60, "[7]"));
    heard_something(client, AUTHORISED);
    say(client, SUBSCRIBE);
    heard(client, SUBSCRIBED(3, false));
    say(client, "{\"type\":\"subscribe\",\"match\":8}");
    heard_something(client, "\"code\":\"forbidden\"");
    say(client, "{\"type\":\"subscribe\",\"match\":9999}"); /* not even whether there is one */
    heard_something(client, "\"code\":\"forbidden\"");
    say(client, "{\"type\":\"subscribe\",\"match\":\"lobby\"}");
    heard_something(client, "\"code\":\"forbidden\"");
    assert_int_equal(client->viewer.slot_count, 1);
    client_free(client);
}

static void a_token_of_the_handshake_is_as_good(void **state)
{
    struct client *client = come(token_of(60, "\"*\""));

    (void)state;
    load(7, 1, 3);
    assert_null(strstr(client->heard, "auth_within_ms"));
    heard_something(client, AUTHORISED);
    say(client, SUBSCRIBE);
    heard(client, SUBSCRIBED(3, false));
    client_free(client);
}

static void expect_closed(const char *token, const char *code, enum close_code close)
{
    struct client *client = come(NULL);

    show(client, token);
    heard_something(client, code);
    assert_int_equal(client->viewer.close_code, close);
    assert_string_equal(client->heard, "");
    client_free(client);
}

static void a_bad_token_closes(void **state)
{
    (void)state;
    expect_closed("abc", "\"code\":\"unauthorised\"", CLOSE_UNAUTHORISED);
    expect_closed(sign_secret("{\"alg\":\"none\"}", "{}"), "\"code\":\"unauthorised\"",
                  CLOSE_UNAUTHORISED);
    expect_closed(token_of(-60, "[7]"), "\"code\":\"expired\"", CLOSE_EXPIRED);
    expect_closed(token_of(60, "[]"), "\"code\":\"forbidden\"", CLOSE_FORBIDDEN);
    assert_int_equal(protocol_close_number(CLOSE_EXPIRED), 4401);
    assert_string_equal(protocol_close_reason(CLOSE_EXPIRED), "expired");
}

static void who_shows_no_token_is_closed(void **state)
{
    struct client *client = come(NULL);

    (void)state;
    turn_until_closed(client);
    assert_int_equal(client->viewer.close_code, CLOSE_UNAUTHORISED);
    client_free(client);
}

static void a_token_ends_and_so_does_its_viewer(void **state)
{
    struct client *client = come(token_of(1 - AUTH_LEEWAY_S, "[7]"));

    (void)state;
    load(7, 1, 3);
    heard_something(client, AUTHORISED "0}");
    say(client, SUBSCRIBE);
    heard_something(client, "subscribed");
    turn_until_closed(client);
    assert_int_equal(client->viewer.close_code, CLOSE_EXPIRED);
    assert_int_equal(client->viewer.slot_count, 0);
    client_free(client);
}

/* The first one would have ended long before the one that is not refreshed. */
static void a_refreshed_token_goes_on(void **state)
{
    struct client *refreshed = come(token_of(1 - AUTH_LEEWAY_S, "[7]"));
    struct client *other = come(token_of(3 - AUTH_LEEWAY_S, "[7]"));

    (void)state;
    show(refreshed, token_of(60, "[7]"));
    turn_until_closed(other);
    assert_int_equal(other->viewer.close_code, CLOSE_EXPIRED);
    assert_int_equal(refreshed->viewer.close_code, CLOSE_NONE);
    client_free(refreshed);
    client_free(other);
}

static void what_a_new_token_does_not_cover_is_left(void **state)
{
    struct client *client = come(token_of(60, "[5,6,7]"));

    (void)state;
    for (int match = 5; match <= 7; match++)
        load(match, 1, 3);
    say(client, "{\"type\":\"subscribe\",\"match\":5}");
    say(client, "{\"type\":\"subscribe\",\"match\":6}");
    say(client, SUBSCRIBE);
    heard_something(client, "subscribed");
    show(client, token_of(60, "[6]"));
    assert_non_null(strstr(client->heard, AUTHORISED));
    for (int match = 5; match <= 7; match += 2) {
        char expected[256];

        snprintf(expected, sizeof(expected),
                 "\"message\":\"the new token does not cover this match\",\"match\":%d}\n"
                 "{\"type\":\"unsubscribed\",\"match\":%d}\n",
                 match, match);
        assert_non_null(strstr(client->heard, expected));
    }
    assert_null(strstr(client->heard, "\"match\":6"));
    assert_int_equal(client->viewer.slot_count, 1);
    assert_int_equal(topics_find(&hub, 5)->follow_count, 0);
    assert_int_equal(topics_find(&hub, 6)->follow_count, 1);
    heard_something(client, "unsubscribed");
    publish(topics_find(&hub, 5), 4);
    publish(topics_find(&hub, 6), 4);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":4}\n");
    client_free(client);
}

static void where_all_is_public_a_token_is_not_looked_at(void **state)
{
    struct client *client = client_new();

    (void)state;
    load(7, 1, 3);
    assert_null(strstr(client->heard, "auth_within_ms"));
    heard_something(client, "welcome");
    show(client, "abc");
    heard(client, "{\"type\":\"authorised\"}\n");
    say(client, SUBSCRIBE);
    heard(client, SUBSCRIBED(3, false));
    client_free(client);
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, begin_patient, end_gate)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(without_a_token_nothing_is_followed),
        GATE_TEST(a_token_opens_its_matches_and_no_others),
        GATE_TEST(a_token_of_the_handshake_is_as_good),
        GATE_TEST(a_bad_token_closes),
        cmocka_unit_test_setup_teardown(who_shows_no_token_is_closed, begin_hasty, end_gate),
        GATE_TEST(a_token_ends_and_so_does_its_viewer),
        GATE_TEST(a_refreshed_token_goes_on),
        GATE_TEST(what_a_new_token_does_not_cover_is_left),
        TEST(where_all_is_public_a_token_is_not_looked_at),
    };

    return UNIT_RUN(tests);
}
