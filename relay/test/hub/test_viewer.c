/* Topic and cursors: what a viewer gets of a topic's log, through a wire of ours. */
#include "unit.h"

#include "hub/follow.h"
#include "hub/viewer.h"
#include "topic/topic.h"

#define LOG_BYTES 4096
#define BODY "{\"type\":\"commentary\"}"
#define FRAME_BYTES (2 + sizeof(BODY) - 1)

struct wire {
    struct viewer viewer;
    size_t bytes, sends;
    enum wire_result answer;
    int reads; /* -1: it is not read */
    bool wants_writable, is_closed;
};

static enum wire_result on_send(void *context, const uint8_t *bytes, size_t length)
{
    struct wire *wire = context;

    assert_int_equal(bytes[0], 0x81); /* whole frames only */
    wire->bytes += length;
    wire->sends++;
    return wire->answer;
}

static void on_want_writable(void *context)
{
    ((struct wire *)context)->wants_writable = true;
}

static void on_close(void *context)
{
    ((struct wire *)context)->is_closed = true;
}

static void on_read(void *context, bool is_wanted)
{
    ((struct wire *)context)->reads += is_wanted ? 1 : -1;
}

static const struct viewer_wire ops = {
    .send = on_send, .want_writable = on_want_writable, .close = on_close, .read = on_read};

static struct follow *join(struct wire *wire, struct topic *topic)
{
    struct follow *follow;

    if (!wire->viewer.ops)
        viewer_init(&wire->viewer, &ops, wire);
    follow = viewer_follow(&wire->viewer, topic, NULL);
    assert_non_null(follow);
    follow_change(topic, follow, FOLLOW_LIVE, topic->run.head, NULL);
    return follow;
}

static void publish(struct topic *topic, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(topic_publish(topic, topic_head(topic) + 1, BODY, sizeof(BODY) - 1),
                         PUBLISHED);
}

static void one_send_carries_all_that_is_new(void **state)
{
    struct topic *topic = topic_new(7, LOG_BYTES, NULL);
    struct wire wire = {.answer = WIRE_SENT};

    (void)state;
    join(&wire, topic);
    publish(topic, 16);
    viewer_pump(&wire.viewer, topic, &topic->follows[0]);
    assert_int_equal(wire.sends, 1);
    assert_int_equal(wire.bytes, 16 * FRAME_BYTES);
    viewer_pump(&wire.viewer, topic, &topic->follows[0]);
    assert_int_equal(wire.sends, 1); /* nothing twice */
    viewer_unfollow_all(&wire.viewer);
    topic_free(topic);
}

static void choked_viewer_goes_on_from_its_cursor(void **state)
{
    struct topic *topic = topic_new(7, LOG_BYTES, NULL);
    struct wire wire = {.answer = WIRE_CHOKED};

    (void)state;
    join(&wire, topic);
    publish(topic, 1);
    viewer_pump(&wire.viewer, topic, &topic->follows[0]);
    assert_true(wire.wants_writable);
    publish(topic, 3);
    viewer_pump(&wire.viewer, topic, &topic->follows[0]);
    assert_int_equal(wire.sends, 1); /* takes nothing now */
    wire.answer = WIRE_SENT;
    viewer_unchoke(&wire.viewer);
    viewer_pump(&wire.viewer, topic, &topic->follows[0]);
    assert_int_equal(wire.bytes, 4 * FRAME_BYTES);
    viewer_unfollow_all(&wire.viewer);
    topic_free(topic);
}

static void cursor_off_the_tail_closes_the_viewer(void **state)
{
    struct topic *topic = topic_new(7, LOG_BYTES, NULL);
    struct wire wire = {.answer = WIRE_SENT};

    (void)state;
    join(&wire, topic);
    publish(topic, 2 * LOG_BYTES / (int)FRAME_BYTES);
    viewer_pump(&wire.viewer, topic, &topic->follows[0]);
    assert_true(wire.is_closed);
    assert_int_equal(wire.viewer.close_code, CLOSE_SLOW_CONSUMER);
    assert_int_equal(wire.sends, 0);
    assert_int_equal(topic->follow_count, 0);
    topic_free(topic);
}

static void leaving_keeps_both_arrays_dense(void **state)
{
    struct topic *topics[5];
    struct wire wires[6];

    (void)state;
    memset(wires, 0, sizeof(wires));
    for (int t = 0; t < 5; t++) {
        topics[t] = topic_new(t + 1, LOG_BYTES, NULL);
        for (int w = 0; w < 6; w++)
            join(&wires[w], topics[t]);
    }
    viewer_unfollow(&wires[2].viewer, viewer_find(&wires[2].viewer, topics[0]));
    viewer_unfollow_all(&wires[0].viewer);
    assert_int_equal(viewer_find(&wires[2].viewer, topics[0]), -1);
    for (int t = 0; t < 5; t++) {
        assert_int_equal(topics[t]->follow_count, t == 0 ? 4 : 5);
        for (uint32_t i = 0; i < topics[t]->follow_count; i++) {
            const struct follow *follow = &topics[t]->follows[i];
            const struct viewer_slot *slot = &follow->viewer->slots[follow->slot];

            assert_ptr_equal(slot->topic, topics[t]);
            assert_int_equal(slot->follow, i);
        }
    }
    for (int w = 1; w < 6; w++)
        viewer_unfollow_all(&wires[w].viewer);
    for (int t = 0; t < 5; t++)
        topic_free(topics[t]);
}

static void entries_are_taken_in_order_only(void **state)
{
    struct topic *topic = topic_new(7, LOG_BYTES, NULL);

    (void)state;
    assert_int_equal(topic_publish(topic, 2, BODY, sizeof(BODY) - 1), PUBLISHED_GAP);
    publish(topic, 2);
    assert_int_equal(topic_publish(topic, 2, BODY, sizeof(BODY) - 1), PUBLISHED_BEFORE);
    assert_int_equal(topic_head(topic), 2);
    topic_free(topic);
}

/* ---- its life ---- */

static void expect_in(const struct viewer_lists *lists, const struct viewer *viewer,
                      enum viewer_state state)
{
    assert_int_equal(viewer->state, state);
    for (enum viewer_state in = VIEWER_READY; in < VIEWER_STATES; in++)
        assert_ptr_equal(LIST_FIRST(&lists->in[in]),
                         in == state && in != VIEWER_GONE ? viewer : NULL);
}

static void say_something(struct wire *wire, enum wire_result answer)
{
    static const uint8_t frame[] = {0x81, 0};

    wire->answer = answer;
    viewer_say(&wire->viewer, (struct span){frame, sizeof(frame)});
}

static void choke(struct wire *wire)
{
    static const uint8_t frame[] = {0x81, 0};

    wire->answer = WIRE_CHOKED;
    assert_true(viewer_send(&wire->viewer, frame, sizeof(frame)));
}

/* From READY, by the calls that lead there. */
static void reach(struct wire *wire, struct viewer_lists *lists, enum viewer_state state)
{
    *wire = (struct wire){.answer = WIRE_SENT};
    *lists = (struct viewer_lists){0};
    viewer_init(&wire->viewer, &ops, wire);
    viewer_enlist(&wire->viewer, lists);
    if (state == VIEWER_CHOKED)
        choke(wire);
    else if (state == VIEWER_MUTED)
        say_something(wire, WIRE_CHOKED);
    else if (state == VIEWER_CLOSING)
        viewer_close(&wire->viewer, CLOSE_NORMAL);
    expect_in(lists, &wire->viewer, state);
}

static void go(struct wire *wire, enum viewer_state from, enum viewer_state to)
{
    if (to == VIEWER_READY)
        viewer_unchoke(&wire->viewer);
    else if (to == VIEWER_CHOKED)
        choke(wire);
    else if (to == VIEWER_MUTED && from == VIEWER_CHOKED)
        say_something(wire, WIRE_CHOKED);
    else if (to == VIEWER_CLOSING)
        viewer_close(&wire->viewer, CLOSE_NORMAL);
    else
        viewer_end(&wire->viewer);
}

static void every_legal_change_moves_the_viewer_to_another_list(void **state)
{
    struct viewer_lists lists;
    struct wire wire;
    int changes = 0;

    (void)state;
    for (enum viewer_state from = VIEWER_READY; from < VIEWER_GONE; from++)
        for (enum viewer_state to = VIEWER_READY; to < VIEWER_STATES; to++) {
            if (!viewer_may_change(from, to))
                continue;
            reach(&wire, &lists, from);
            go(&wire, from, to);
            expect_in(&lists, &wire.viewer, to);
            assert_int_equal(wire.is_closed, from == VIEWER_CLOSING || to == VIEWER_CLOSING);
            changes++;
        }
    assert_int_equal(changes, 11);
}

/* It is read again only if it takes its answers. */
static void a_viewer_that_does_not_read_its_answers_is_not_read(void **state)
{
    struct viewer_lists lists;
    struct wire wire;

    (void)state;
    reach(&wire, &lists, VIEWER_CHOKED);
    assert_int_equal(wire.reads, 0);
    say_something(&wire, WIRE_CHOKED);
    expect_in(&lists, &wire.viewer, VIEWER_MUTED);
    assert_int_equal(wire.reads, -1);
    viewer_unchoke(&wire.viewer);
    assert_int_equal(wire.reads, 0);
}

static void a_closed_viewer_is_sent_nothing_and_does_not_wake(void **state)
{
    struct viewer_lists lists;
    struct wire wire;

    (void)state;
    reach(&wire, &lists, VIEWER_CLOSING);
    say_something(&wire, WIRE_SENT);
    viewer_unchoke(&wire.viewer);
    viewer_close(&wire.viewer, CLOSE_TIMEOUT);
    expect_in(&lists, &wire.viewer, VIEWER_CLOSING);
    assert_int_equal(wire.viewer.close_code, CLOSE_NORMAL);
    assert_int_equal(wire.sends, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_legal_change_moves_the_viewer_to_another_list),
        cmocka_unit_test(a_viewer_that_does_not_read_its_answers_is_not_read),
        cmocka_unit_test(a_closed_viewer_is_sent_nothing_and_does_not_wake),
        cmocka_unit_test(one_send_carries_all_that_is_new),
        cmocka_unit_test(choked_viewer_goes_on_from_its_cursor),
        cmocka_unit_test(cursor_off_the_tail_closes_the_viewer),
        cmocka_unit_test(leaving_keeps_both_arrays_dense),
        cmocka_unit_test(entries_are_taken_in_order_only),
    };

    return UNIT_RUN(tests);
}
