/* The scoreboard: one state for each match, in order, and no more than it may hold. */
#include "unit.h"

#include <stdio.h>

#include "topic/lobby.h"

static void put(struct lobby *lobby, int match, const char *status)
{
    char state[100];
    int length = snprintf(state, sizeof(state), "{\"match\":%d,\"status\":\"%s\"}", match, status);

    assert_true(lobby_put(lobby, state, (size_t)length));
}

static void is_written_as(const struct lobby *lobby, const char *expected)
{
    struct buffer out = {0};

    lobby_write(lobby, &out);
    buffer_add(&out, "", 1);
    assert_string_equal((const char *)out.bytes, expected);
    buffer_free(&out);
}

static void states_are_in_order_of_matches(void **state)
{
    struct lobby lobby = {0};

    (void)state;
    is_written_as(&lobby, "[]");
    put(&lobby, 3, "live");
    put(&lobby, 1, "live");
    put(&lobby, 2, "paused");
    is_written_as(&lobby, "[{\"match\":1,\"status\":\"live\"},{\"match\":2,\"status\":\"paused\"},"
                          "{\"match\":3,\"status\":\"live\"}]");
    lobby_free(&lobby);
}

static void a_new_state_replaces_the_old(void **state)
{
    struct lobby lobby = {0};

    (void)state;
    put(&lobby, 1, "live");
    put(&lobby, 1, "finished");
    assert_int_equal(lobby.counts[LOBBY_ENDED], 1);
    put(&lobby, 1, "live");
    assert_int_equal(lobby.counts[LOBBY_ENDED], 0);
    is_written_as(&lobby, "[{\"match\":1,\"status\":\"live\"}]");
    lobby_free(&lobby);
}

static void it_is_loaded_from_an_array(void **state)
{
    static const char array[] =
        "[{\"match\": 5, \"status\": \"live\", \"home\": \"Ünï [},\\\"\"}, {\"match\":6,\"x\":[{}]}]";
    struct lobby lobby = {0};

    (void)state;
    put(&lobby, 1, "live");
    assert_true(lobby_load(&lobby, array, sizeof(array) - 1));
    /* Each state as it came, with its blanks: relays of a tree load it from each other. */
    is_written_as(&lobby, "[{\"match\": 5, \"status\": \"live\", \"home\": \"Ünï [},\\\"\"},"
                          "{\"match\":6,\"x\":[{}]}]");
    lobby_free(&lobby);
}

static void what_is_no_state_is_refused(void **state)
{
    struct lobby lobby = {0};

    (void)state;
    assert_false(lobby_put(&lobby, "{\"status\":\"live\"}", 17));
    assert_false(lobby_put(&lobby, "{\"match\":\"1\"}", 13));
    assert_false(lobby_put(&lobby, "{\"match\":1", 10));
    assert_false(lobby_put(&lobby, "", 0));
    assert_false(lobby_load(&lobby, "{}", 2));
    assert_false(lobby_load(&lobby, "[1]", 3));
    assert_int_equal(lobby.count, 0);
    lobby_free(&lobby);
}

static void of_those_that_ended_the_last_are_kept(void **state)
{
    struct lobby lobby = {0};

    (void)state;
    put(&lobby, 1, "live");
    for (int match = 2; match < 2 + LOBBY_ENDED_MAX + 5; match++)
        put(&lobby, match, match % 2 ? "finished" : "abandoned");
    assert_int_equal(lobby.counts[LOBBY_ENDED], LOBBY_ENDED_MAX);
    assert_int_equal(lobby.count, LOBBY_ENDED_MAX + 1);
    assert_int_equal(lobby.matches[0].match_id, 1);
    assert_int_equal(lobby.matches[1].match_id, 7);
    lobby_free(&lobby);
}

static void in_all_it_is_bounded(void **state)
{
    struct lobby lobby = {0};

    (void)state;
    put(&lobby, 1, "live");
    put(&lobby, 2, "finished");
    for (int match = 3; match <= LOBBY_MATCHES_MAX + 4; match++)
        put(&lobby, match, "scheduled");
    assert_int_equal(lobby.count, LOBBY_MATCHES_MAX);
    assert_int_equal(lobby.counts[LOBBY_ENDED], 0);
    assert_int_equal(lobby.matches[0].match_id, 1); /* it is under way */
    assert_int_equal(lobby.matches[1].match_id, 6);
    put(&lobby, 7, "paused");
    put(&lobby, 3, "scheduled"); /* the oldest of them: there is no room for it */
    assert_int_equal(lobby.count, LOBBY_MATCHES_MAX);
    assert_int_equal(lobby.matches[1].match_id, 6);
    lobby_free(&lobby);
}

static void in_bytes_it_is_bounded(void **state)
{
    static char text[LOBBY_BYTES_MAX / 4];
    struct buffer out = {0};
    struct lobby lobby = {0};

    (void)state;
    for (int match = 1; match <= 9; match++) {
        memset(text, ' ', sizeof(text));
        text[snprintf(text, sizeof(text), "{\"match\":%d,\"status\":\"live\"", match)] = ' ';
        text[sizeof(text) - 2] = '}';
        assert_true(lobby_put(&lobby, text, sizeof(text) - 1));
    }
    assert_int_equal(lobby.count, 4);
    assert_int_equal(lobby.matches[0].match_id, 6);
    lobby_write(&lobby, &out);
    assert_true(out.length <= LOBBY_BYTES_MAX + 2);
    buffer_free(&out);
    text[sizeof(text) - 2] = ' ';
    put(&lobby, 6, "finished");
    assert_int_equal(lobby.count, 4);
    lobby_free(&lobby);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_in_order_of_matches),
        cmocka_unit_test(a_new_state_replaces_the_old),
        cmocka_unit_test(it_is_loaded_from_an_array),
        cmocka_unit_test(what_is_no_state_is_refused),
        cmocka_unit_test(of_those_that_ended_the_last_are_kept),
        cmocka_unit_test(in_all_it_is_bounded),
        cmocka_unit_test(in_bytes_it_is_bounded),
    };

    return UNIT_RUN(tests);
}
