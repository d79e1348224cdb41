/* What a reader shows of its events: each entry once, in order, and when it is done. */
#include "unit.h"

#include "tail/follow.h"

static struct follow follow;
static struct text shown;

static int begin(void **state)
{
    (void)state;
    follow = (struct follow){.match = "7", .seen = -1};
    text_clear(&shown);
    text_add(&shown, "", 0);
    follow_connect(&follow);
    return 0;
}

static int end(void **state)
{
    (void)state;
    text_free(&follow.said);
    text_free(&shown);
    return 0;
}

static void event(const char *type, const char *id, const char *data)
{
    struct sse_event given = {type, id, data, strlen(data)};

    follow_event(&follow, &given, &shown);
}

static void join(const char *id, long long head, bool is_recovered)
{
    struct text data = {0};

    text_print(&data, "{\"type\":\"subscribed\",\"match\":7,\"head\":%lld,\"recovered\":%s}", head,
               is_recovered ? "true" : "false");
    event("subscribed", id, data.bytes);
    text_free(&data);
}

static void entry(long long seq)
{
    struct text data = {0}, id = {0};

    text_print(&data, "{\"seq\":%lld,\"op\":\"insert\",\"message\":\"m%lld\"}", seq, seq);
    text_print(&id, "e:%lld", seq);
    event("commentary", id.bytes, data.bytes);
    text_free(&data);
    text_free(&id);
}

static void it_is_done_at_the_head(void **state)
{
    (void)state;
    join("e:3", 5, false);
    entry(4);
    assert_int_equal(follow.end, FOLLOW_GOES_ON);
    entry(5);
    assert_int_equal(follow.end, FOLLOW_DONE);
    assert_string_equal(shown.bytes, "#4  m4\n#5  m5\n");
}

static void with_nothing_to_come_it_is_done_at_once(void **state)
{
    (void)state;
    join("e:5", 5, false);
    assert_int_equal(follow.end, FOLLOW_DONE);
}

static void an_entry_is_shown_once(void **state)
{
    (void)state;
    follow.is_following = true;
    join("e:3", 5, false);
    entry(4);
    entry(4);
    entry(5);
    follow_connect(&follow);
    join("e:5", 6, true);
    entry(5);
    entry(6);
    assert_string_equal(shown.bytes, "#4  m4\n#5  m5\n#6  m6\n");
    assert_string_equal(follow.place, "e:6");
}

static void a_gap_breaks_the_stream_and_the_place_stays(void **state)
{
    (void)state;
    follow.is_following = true;
    join("e:3", 5, false);
    entry(4);
    entry(6);
    assert_int_equal(follow.end, FOLLOW_BROKEN);
    assert_string_equal(follow.place, "e:4");
    assert_string_equal(shown.bytes, "#4  m4\n");
}

static void a_fresh_start_may_stand_behind_a_hole(void **state)
{
    (void)state;
    join("e:3", 9, false);
    entry(8);
    entry(9);
    assert_int_equal(follow.end, FOLLOW_DONE);
}

static void rewritten_history_is_said(void **state)
{
    (void)state;
    follow.is_following = true;
    join("e:3", 5, false);
    entry(4);
    join("f:0", 1, false);
    entry(1);
    assert_non_null(strstr(follow.said.bytes, "rewritten"));
    assert_string_equal(shown.bytes, "#4  m4\n#1  m1\n");
}

static void a_match_that_is_over_ends_it(void **state)
{
    (void)state;
    follow.is_following = follow.until_end = true;
    join("e:3", 3, false);
    event("match", "e:4", "{\"seq\":4,\"state\":{\"match\":7,\"home\":\"A\",\"status\":\"live\"}}");
    assert_int_equal(follow.end, FOLLOW_GOES_ON);
    event("match", "e:5",
          "{\"seq\":5,\"state\":{\"match\":7,\"home\":\"A\",\"status\":\"finished\"}}");
    assert_int_equal(follow.end, FOLLOW_DONE);
}

static void hostile_messages_do_no_harm(void **state)
{
    (void)state;
    follow.is_following = true;
    entry(4); /* before subscribed */
    join("e:3", 5, false);
    event("commentary", "e:4",
          "{\"seq\":4,\"op\":[],\"kind\":7,\"message\":{\"a\":1},\"minute\":1.5}");
    event("commentary", "e:5",
          "{\"seq\":5,\"op\":\"insert\",\"actor\":\"\\u001b[2J\",\"minute\":1,\"stoppage\":2}");
    assert_string_equal(shown.bytes, "#4\n#5 1+2'  \xE2\x90\x9B[2J\n");
    event("commentary", "e:6", "[]");
    assert_int_equal(follow.end, FOLLOW_BROKEN);
}

static void a_close_for_good_refuses(void **state)
{
    (void)state;
    event("close", "", "{\"code\":4000,\"reason\":\"slow_consumer\"}");
    assert_int_equal(follow.end, FOLLOW_BROKEN);
    follow_connect(&follow);
    event("close", "", "{\"code\":4401,\"reason\":\"expired\"}");
    assert_int_equal(follow.end, FOLLOW_REFUSED);
}

static void corrections_say_what_they_change(void **state)
{
    (void)state;
    follow.is_following = true;
    join("e:1", 1, false);
    event(
        "commentary", "e:2",
        "{\"seq\":2,\"op\":\"amend\",\"ref_seq\":1,\"stoppage\":null,\"team\":\"City\",\"created_at\":\"x\"}");
    event("commentary", "e:3",
          "{\"seq\":3,\"op\":\"retract\",\"ref_seq\":1,\"message\":\"offside\"}");
    assert_string_equal(shown.bytes, "#2 corrects #1: stoppage \xE2\x80\x93, team City\n"
                                     "#3 takes back #1: offside\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_done_at_the_head, begin, end),
        cmocka_unit_test_setup_teardown(with_nothing_to_come_it_is_done_at_once, begin, end),
        cmocka_unit_test_setup_teardown(an_entry_is_shown_once, begin, end),
        cmocka_unit_test_setup_teardown(a_gap_breaks_the_stream_and_the_place_stays, begin, end),
        cmocka_unit_test_setup_teardown(a_fresh_start_may_stand_behind_a_hole, begin, end),
        cmocka_unit_test_setup_teardown(rewritten_history_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_match_that_is_over_ends_it, begin, end),
        cmocka_unit_test_setup_teardown(hostile_messages_do_no_harm, begin, end),
        cmocka_unit_test_setup_teardown(a_close_for_good_refuses, begin, end),
        cmocka_unit_test_setup_teardown(corrections_say_what_they_change, begin, end),
    };

    return UNIT_RUN(tests);
}
