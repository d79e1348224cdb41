/* Reads: one document, from memory or after the table was read, and an end in any case. */
#include "hub_scene.h"

#include "http/content/read.h"

#define ONE_TO_SIX "{\"seq\":1},{\"seq\":2},{\"seq\":3},{\"seq\":4},{\"seq\":5},{\"seq\":6}"
#define PLACE(head) "{\"match\":7,\"epoch\":\"" EPOCH "\",\"head\":" #head

static struct read read;
static int done;

static void on_ready(void *context)
{
    assert_ptr_equal(context, &read);
    done++;
}

static void ask_for(const struct read_wish *wish)
{
    done = 0;
    read_begin(&read, &hub, wish, WANTS_OURS, on_ready, &read);
}

static void ask_for_entries_of(const char *epoch, int64_t since_seq, int limit)
{
    struct read_wish wish = {.match_id = 7,
                             .wants_entries = true,
                             .has_since = true,
                             .since_seq = since_seq,
                             .limit = limit};

    snprintf(wish.since_epoch, sizeof(wish.since_epoch), "%s", epoch);
    ask_for(&wish);
}

static void ask_for_entries(int64_t since_seq, int limit)
{
    const struct read_wish wish = {.match_id = 7,
                                   .wants_entries = true,
                                   .has_since = true,
                                   .since_seq = since_seq,
                                   .limit = limit};

    ask_for(&wish);
}

/* It is done, was told so that often, and follows the topic no more. */
static void answered(unsigned status, const char *document, int times_told)
{
    const struct topic *topic = topics_find(&hub, 7);

    assert_int_equal(read.status, status);
    assert_int_equal(done, times_told);
    buffer_add(&read.document, "", 1);
    assert_string_equal((char *)read.document.bytes, document);
    assert_int_equal(topic ? topic->follow_count : 0, 0);
    read_end(&read);
}

static void refused(unsigned status, const char *code, int times_told)
{
    assert_int_equal(read.status, status);
    assert_int_equal(done, times_told);
    buffer_add(&read.document, "", 1);
    assert_non_null(strstr((char *)read.document.bytes, code));
    assert_string_equal(read.etag, "");
    read_end(&read);
}

static void a_state_in_memory_is_answered_at_once(void **state)
{
    const struct read_wish wish = {.match_id = 7, .limit = 1};

    (void)state;
    assert_true(topic_set_state(load(7, 1, 3), "{\"match\":7}", 11));
    ask_for(&wish);
    assert_string_equal(read.etag, "W/\"e1.3\"");
    answered(200, PLACE(3) ",\"state\":{\"match\":7}}", 0);
}

static void who_names_an_epoch_is_told_whether_it_goes_on(void **state)
{
    (void)state;
    load(7, 1, 5);
    ask_for_entries_of(EPOCH, 3, 500);
    answered(200, PLACE(5) ",\"recovered\":true,\"entries\":[{\"seq\":4},{\"seq\":5}]}", 0);
    ask_for_entries_of(EPOCH, 5, 500);
    answered(200, PLACE(5) ",\"recovered\":true,\"entries\":[]}", 0);
    ask_for_entries_of("another", 5, 2);
    answered(200, PLACE(5) ",\"recovered\":false,\"entries\":[{\"seq\":4},{\"seq\":5}]}", 0);
}

static void who_polls_ahead_of_a_source_that_may_lag_waits_for_it(void **state)
{
    struct topic *topic = load(7, 1, 4);

    (void)state;
    hub.may_lag = true;
    hub.fresh_for_ms = 6000;
    topic->reads_done = ++topic->reads_begun;
    ask_for_entries_of(EPOCH, 5, 500);
    topic->reads_done = ++topic->reads_begun;
    join_all(&hub, topic);
    assert_int_equal(read.status, 0);
    publish(topic, 5);
    publish(topic, 6);
    hub_turn_end(&hub);
    answered(200, PLACE(6) ",\"recovered\":true,\"entries\":[{\"seq\":6}]}", 1);
    ask_for_entries_of("another", 5, 500);
    topic->follows[0].wish->until_ms = clock_ms();
    join_all(&hub, topic); /* a check ends the wait */
    answered(200, PLACE(6) ",\"recovered\":false,\"entries\":[" ONE_TO_SIX "]}", 1);
    hub.fresh_for_ms = 3600000;
    ask_for_entries_of("another", 5, 500); /* the exchange would be over before that */
    answered(200, PLACE(6) ",\"recovered\":false,\"entries\":[" ONE_TO_SIX "]}", 0);
}

static void entries_in_memory_are_answered_at_once(void **state)
{
    const struct read_wish newest = {.match_id = 7, .wants_entries = true, .limit = 2};

    (void)state;
    load(7, 1, 5);
    ask_for_entries(1, 3);
    answered(200, PLACE(5) ",\"entries\":[{\"seq\":2},{\"seq\":3},{\"seq\":4}]}", 0);
    ask_for_entries(3, 500);
    answered(200, PLACE(5) ",\"entries\":[{\"seq\":4},{\"seq\":5}]}", 0);
    ask_for_entries(5, 500);
    answered(200, PLACE(5) ",\"entries\":[]}", 0);
    ask_for_entries(77, 500);
    answered(200, PLACE(5) ",\"entries\":[]}", 0);
    ask_for(&newest);
    answered(200, PLACE(5) ",\"entries\":[{\"seq\":4},{\"seq\":5}]}", 0);
    assert_false(topics_find(&hub, 7)->is_wanted[WANT_NEWER]); /* the table is not asked for it */
}

static void what_is_not_in_memory_is_waited_for(void **state)
{
    (void)state;
    ask_for_entries(3, 500);
    assert_int_equal(read.status, 0);
    assert_true(topics_find(&hub, 7)->is_wanted[WANT_DOCUMENT]);
    load(7, 1, 5);
    answered(200, PLACE(5) ",\"entries\":[{\"seq\":4},{\"seq\":5}]}", 1);
}

static void older_entries_come_from_a_history(void **state)
{
    struct topic *topic = load(7, 4, 5);

    (void)state;
    ask_for_entries(0, 4);
    assert_int_equal(read.status, 0);
    assert_true(topic->is_wanted[WANT_DOCUMENT]);
    give_history(topic, 1, 3);
    answered(200, PLACE(5) ",\"entries\":[{\"seq\":1},{\"seq\":2},{\"seq\":3},{\"seq\":4}]}", 1);
    assert_int_equal(histories_in_use(), 0);
}

static void entries_around_a_hole_are_one_document(void **state)
{
    struct topic *topic = load(7, 5, 6);

    (void)state;
    topic->floor = 5;
    ask_for_entries(0, 500);
    give_history(topic, 1, 2);
    assert_int_equal(read.status, 0);
    join_behind_hole(&hub, topic, 3, 4);
    answered(200, PLACE(6) ",\"entries\":[{\"seq\":1},{\"seq\":2},{\"seq\":5},{\"seq\":6}]}", 1);
}

static void what_is_not_there_is_refused(void **state)
{
    const struct read_wish wish = {.match_id = 7, .limit = 1};

    (void)state;
    ask_for(&wish);
    join_fail(&hub, topics_find(&hub, 7), "unknown_match", "there is no match of that number");
    refused(404, "\"code\":\"unknown_match\"", 1);
}

static void who_has_entries_of_it_waits_for_a_source_that_may_lag(void **state)
{
    const struct read_wish wish = {.match_id = 7, .wants_entries = true, .limit = 1};

    (void)state;
    hub.may_lag = true;
    ask_for_entries(3, 500);
    assert_true(is_absent(7));
    assert_int_equal(read.status, 0);
    load(7, 1, 4);
    answered(200, PLACE(4) ",\"entries\":[{\"seq\":4}]}", 1);
    topics_drop(&hub, topics_find(&hub, 7));
    ask_for_entries(3, 500);
    assert_true(is_absent(7));
    topics_find(&hub, 7)->follows[0].wish->until_ms = clock_ms();
    assert_false(is_absent(7));
    refused(404, "\"code\":\"unknown_match\"", 1);
    ask_for(&wish); /* without a place it is not waited for */
    refused(404, "\"code\":\"unknown_match\"", 0);
}

static void without_a_database_memory_has_to_do(void **state)
{
    const struct read_wish wish = {.match_id = 8, .limit = 1};

    (void)state;
    load(7, 1, 1);
    ask_for(&wish);
    hub_set_feed(&hub, HUB_AWAY);
    refused(503, "\"code\":\"unavailable\"", 1);
    ask_for(&wish);
    refused(503, "\"code\":\"unavailable\"", 0);
    ask_for_entries(0, 1);
    answered(200, PLACE(1) ",\"entries\":[{\"seq\":1}]}", 0);
}

static void who_waits_can_give_up_or_go(void **state)
{
    (void)state;
    ask_for_entries(0, 1);
    read_give_up(&read);
    refused(503, "\"code\":\"unavailable\"", 1);
    ask_for_entries(0, 1);
    read_end(&read);
    assert_int_equal(topics_find(&hub, 7)->follow_count, 0);
    load(7, 1, 1);
    assert_int_equal(done, 0);
}

static void a_long_answer_comes_in_steps(void **state)
{
    static char body[40000];
    struct topic *topic = topics_make(&hub, 7);

    (void)state;
    assert_non_null(topic);
    memset(body, ' ', sizeof(body));
    topic->run.limit_bytes = sizeof(body) * 10;
    ask_for_entries(0, 500);
    for (int seq = 1; seq <= 5; seq++) {
        body[snprintf(body, sizeof(body), "{\"seq\":%d", seq)] = ' ';
        body[sizeof(body) - 1] = '}';
        assert_true(topic_append(topic, body, sizeof(body)));
    }
    topic->is_loaded = true;
    topic->checked_ms = clock_ms();
    join_all(&hub, topic);
    assert_int_equal(read.status, 0);
    assert_int_equal(done, 1); /* there is more than the hub gives at a time */
    assert_true(read_go_on(&read));
    assert_int_equal(read.entries, 5);
    read_end(&read);
}

static void a_document_is_bounded(void **state)
{
    static char body[300000];
    struct topic *topic = load(7, 1, 0);

    (void)state;
    topic->run.limit_bytes = sizeof(body) * 10;
    memset(body, ' ', sizeof(body));
    for (int seq = 1; seq <= 8; seq++) {
        body[snprintf(body, sizeof(body), "{\"seq\":%d", seq)] = ' ';
        body[sizeof(body) - 1] = '}';
        hub_publish(&hub, topic, seq, body, sizeof(body));
    }
    ask_for_entries(0, 500);
    assert_int_equal(read.status, 200);
    assert_int_equal(read.entries, 4);
    assert_true(read.document.length < READ_BYTES_MAX + 2 * sizeof(body));
    read_end(&read);
}

static void a_herd_reads_the_table_once(void **state)
{
    enum { HERD = 50 };
    static struct read herd[HERD];
    const struct read_wish wish = {.match_id = 7, .wants_entries = true, .limit = 10};

    (void)state;
    for (int i = 0; i < HERD; i++)
        read_begin(&herd[i], &hub, &wish, WANTS_OURS, NULL, NULL);
    assert_int_equal(topics_find(&hub, 7)->follow_count, HERD);
    load(7, 1, 2);
    for (int i = 0; i < HERD; i++) {
        assert_int_equal(herd[i].status, 200);
        read_end(&herd[i]);
    }
}

static void add_match(int64_t match_id)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "{\"match\":%d}", (int)match_id);

    listing_add(&hub.listings, match_id, text, (size_t)length);
}

static void matches_are_one_document(void **state)
{
    const struct read_wish wish = {.is_list = true, .listing = {.rows = 2}};
    char etag[ETAG_BYTES];

    (void)state;
    ask_for(&wish);
    assert_non_null(listing_take(&hub.listings));
    add_match(9);
    add_match(7);
    add_match(5);
    listing_finish(&hub.listings, LISTING_WHOLE);
    snprintf(etag, sizeof(etag), "%s", read.etag);
    answered(200, "{\"matches\":[{\"match\":9},{\"match\":7}],\"next\":7}", 1);
    ask_for(&wish);
    assert_non_null(listing_take(&hub.listings));
    listing_finish(&hub.listings, LISTING_WHOLE);
    assert_string_not_equal(read.etag, etag);
    answered(200, "{\"matches\":[],\"next\":null}", 1);
}

static void matches_that_cannot_be_listed_are_refused(void **state)
{
    const struct read_wish wish = {.is_list = true, .listing = {.rows = 2}};

    (void)state;
    ask_for(&wish);
    listings_finish_all(&hub.listings, LISTING_UNKNOWN);
    refused(501, "\"code\":\"unsupported\"", 1);
    ask_for(&wish);
    assert_non_null(listing_take(&hub.listings));
    read_give_up(&read);
    add_match(9);
    listing_finish(&hub.listings, LISTING_WHOLE); /* it comes too late, and changes nothing */
    refused(503, "\"code\":\"unavailable\"", 1);
    ask_for(&wish);
    hub_set_feed(&hub, HUB_AWAY);
    refused(503, "\"code\":\"unavailable\"", 1);
    ask_for(&wish);
    refused(503, "\"code\":\"unavailable\"", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_state_in_memory_is_answered_at_once),
        TEST(who_names_an_epoch_is_told_whether_it_goes_on),
        TEST(entries_in_memory_are_answered_at_once),
        TEST(what_is_not_in_memory_is_waited_for),
        TEST(older_entries_come_from_a_history),
        TEST(entries_around_a_hole_are_one_document),
        TEST(what_is_not_there_is_refused),
        TEST(who_has_entries_of_it_waits_for_a_source_that_may_lag),
        TEST(who_polls_ahead_of_a_source_that_may_lag_waits_for_it),
        TEST(without_a_database_memory_has_to_do),
        TEST(who_waits_can_give_up_or_go),
        TEST(a_long_answer_comes_in_steps),
        TEST(a_document_is_bounded),
        TEST(a_herd_reads_the_table_once),
        TEST(matches_are_one_document),
        TEST(matches_that_cannot_be_listed_are_refused),
    };

    return UNIT_RUN(tests);
}
