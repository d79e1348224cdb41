/* A topic: which entries it takes, its state, and what a viewer that joins is told. */
#include "unit.h"

#include <stdio.h>

#include "topic/topic.h"

#define ENTRY "{\"type\":\"commentary\",\"match\":7,\"message\":\"a \\\",\\\"state\\\":\\\" b\"}"
#define STATE(status) "{\"match\":7,\"status\":\"" status "\"}"
#define CHANGE(status) "{\"type\":\"match\",\"match\":7,\"seq\":1,\"state\":" STATE(status) "}"

static struct topic *topic;

static int begin(void **state)
{
    (void)state;
    topic = topic_new(7, 4096, NULL);
    return topic ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    topic_free(topic);
    return 0;
}

static enum published publish(int64_t seq, const char *body)
{
    return topic_publish(topic, seq, body, strlen(body));
}

static void entries_are_taken_once_and_without_a_gap(void **state)
{
    (void)state;
    assert_int_equal(topic_head(topic), 0);
    assert_int_equal(publish(2, ENTRY), PUBLISHED_GAP);
    assert_int_equal(publish(1, ENTRY), PUBLISHED);
    assert_int_equal(publish(1, ENTRY), PUBLISHED_BEFORE);
    assert_int_equal(publish(3, ENTRY), PUBLISHED_GAP);
    assert_int_equal(publish(2, ENTRY), PUBLISHED);
    assert_int_equal(topic_head(topic), 2);
}

static void only_a_change_of_the_match_is_its_state(void **state)
{
    (void)state;
    assert_int_equal(publish(1, ENTRY), PUBLISHED);
    assert_null(topic->state);
    assert_int_equal(publish(2, CHANGE("live")), PUBLISHED);
    assert_string_equal(topic->state, STATE("live"));
    assert_int_equal(publish(3, ENTRY), PUBLISHED);
    assert_string_equal(topic->state, STATE("live"));
    assert_int_equal(publish(2, CHANGE("scheduled")), PUBLISHED_BEFORE);
    assert_string_equal(topic->state, STATE("live"));
    assert_int_equal(topic->state_length, strlen(STATE("live")));
}

static void what_looks_like_a_change_and_has_no_state_changes_nothing(void **state)
{
    (void)state;
    assert_true(topic_set_state(topic, STATE("live"), strlen(STATE("live"))));
    assert_int_equal(publish(1, "{\"type\":\"match"), PUBLISHED);
    assert_int_equal(publish(2, "{\"type\":\"match\",\"match\":7}"), PUBLISHED);
    assert_string_equal(topic->state, STATE("live"));
    assert_true(topic_set_state(topic, NULL, 0));
    assert_null(topic->state);
}

static void joined_is(bool is_recovered, const char *head, const char *status)
{
    struct span frames = topic_joined(topic, "e1", is_recovered), payload;
    char text[512];

    assert_true(frame_take(&frames, &payload));
    assert_int_equal(frames.length, 0);
    snprintf(text, sizeof(text), "%.*s", (int)payload.length, (const char *)payload.bytes);
    assert_non_null(strstr(text, head));
    assert_non_null(strstr(text, is_recovered ? "\"recovered\":true" : "\"recovered\":false"));
    assert_non_null(strstr(text, status));
}

/* It is made once for a herd, and must not outlive its head. */
static void who_joins_is_told_the_head_and_the_state_of_now(void **state)
{
    (void)state;
    joined_is(false, "\"head\":0", "\"state\":null");
    assert_int_equal(publish(1, CHANGE("scheduled")), PUBLISHED);
    joined_is(false, "\"head\":1", STATE("scheduled"));
    joined_is(true, "\"head\":1", STATE("scheduled"));
    assert_int_equal(publish(2, CHANGE("live")), PUBLISHED);
    joined_is(true, "\"head\":2", STATE("live"));
    joined_is(false, "\"head\":2", STATE("live"));
    topic_reset(topic);
    joined_is(false, "\"head\":0", "\"state\":null");
}

static void a_topic_that_is_reset_begins_anew(void **state)
{
    (void)state;
    assert_int_equal(publish(1, CHANGE("live")), PUBLISHED);
    topic->is_loaded = true;
    topic_reset(topic);
    assert_false(topic->is_loaded);
    assert_int_equal(topic_head(topic), 0);
    assert_int_equal(publish(1, ENTRY), PUBLISHED);
    assert_null(topic->state);
}

static void a_turn_remembers_its_earliest_flush(void **state)
{
    (void)state;
    topic_note_flush(topic, 0, 5);
    assert_int_equal(topic->fresh, 0);
    topic_note_flush(topic, 2, 90);
    topic_note_flush(topic, 3, 80);
    topic_note_flush(topic, 1, 85);
    assert_int_equal(topic->fresh, 6);
    assert_int_equal(topic->fresh_since_us, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_are_taken_once_and_without_a_gap, begin, end),
        cmocka_unit_test_setup_teardown(only_a_change_of_the_match_is_its_state, begin, end),
        cmocka_unit_test_setup_teardown(what_looks_like_a_change_and_has_no_state_changes_nothing,
                                        begin, end),
        cmocka_unit_test_setup_teardown(who_joins_is_told_the_head_and_the_state_of_now, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_topic_that_is_reset_begins_anew, begin, end),
        cmocka_unit_test_setup_teardown(a_turn_remembers_its_earliest_flush, begin, end),
    };

    return UNIT_RUN(tests);
}
