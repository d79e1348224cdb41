/* Reading backwards: the newest lines before a place, in pieces, within bounds, to the beginning.
 */
#include "hub_scene.h"

#include "http/content/read.h"

/* The log of match 7 in the table: one entry in `line_every` is a line. */
static struct {
    int64_t head, line_every;
    size_t pad;
} table;

static struct read read;

static const char *entry(int64_t seq)
{
    static char body[400000];
    const char *form = seq % table.line_every == 0
                           ? "{\"type\":\"commentary\",\"match\":7,\"seq\":%d,\"op\":\"insert\"%*s}"
                           : "{\"type\":\"match\",\"match\":7,\"seq\":%d,\"state\":{}%*s}";

    snprintf(body, sizeof(body), form, (int)seq, (int)table.pad, "");
    return body;
}

static struct topic *load_log(int64_t head, int64_t line_every, size_t pad, int64_t first_in_memory)
{
    struct topic *topic = topics_make(&hub, 7);

    table.head = head;
    table.line_every = line_every;
    table.pad = pad;
    topic->run.limit_bytes = 1 << 22;
    run_reset(&topic->run, first_in_memory);
    for (int64_t seq = first_in_memory; seq <= head; seq++)
        assert_true(topic_append(topic, entry(seq), strlen(entry(seq))));
    topic->is_loaded = true;
    topic->checked_ms = clock_ms();
    return topic;
}

static void give_wanted(struct topic *topic)
{
    int64_t wanted = replay_next_wanted(topic), seq = replay_history_begin(wanted);
    struct history *history = history_new(&hub.histories, topic, seq);

    assert_true(wanted > 0);
    topics_unwant(&hub, topic, WANT_DOCUMENT);
    for (; seq < topic->run.first_seq && (seq <= wanted || !history_is_full(history)); seq++)
        assert_true(history_append(history, entry(seq), strlen(entry(seq))));
    replay_history_read(&hub, topic, history);
    history_release(history);
}

/* The seqs of the document's entries, which have no gap: first and last. */
static void expect(int64_t first, int64_t last)
{
    const char *at = (char *)read.document.bytes;

    assert_int_equal(read.status, 200);
    buffer_add(&read.document, "", 1);
    for (int64_t seq = first; seq <= last; seq++) {
        at = strstr(at, "\"seq\":");
        assert_non_null(at);
        at += strlen("\"seq\":");
        assert_int_equal(atoll(at), seq);
    }
    assert_null(strstr(at, "\"seq\":"));
    assert_non_null(strstr(at, "]}"));
}

static void ask_before(int64_t before_seq, int limit)
{
    const struct read_wish wish = {
        .match_id = 7, .wants_entries = true, .before_seq = before_seq, .limit = limit};
    struct topic *topic = topics_find(&hub, 7);

    read_begin(&read, &hub, &wish, WANTS_OURS, NULL, NULL);
    while (!read_go_on(&read)) {
        give_wanted(topic);
        assert_true(read_memory(&read) < 4 * READ_BYTES_MAX);
    }
    assert_int_equal(topic->follow_count, 0);
}

/* What is asked for, and which entries come; an end after the last one. */
struct piece {
    int64_t before_seq;
    int limit;
    int64_t first, last;
};

static void expect_pieces(const struct piece *piece)
{
    for (; piece->before_seq > 0; piece++) {
        ask_before(piece->before_seq, piece->limit);
        expect(piece->first, piece->last);
        read_end(&read);
    }
}

static void lines_are_counted_and_all_else_comes_with_them(void **state)
{
    static const struct piece pieces[] = {
        {20, 2, 15, 19},
        {16, 2, 12, 15},
        {15, 2, 9, 14},
        {4, 2, 1, 3},
        {3, 2, 1, 2},
        {1, 2, 1, 0},
        {0},
    };

    (void)state;
    load_log(20, 3, 0, 1);
    expect_pieces(pieces);
}

static void a_place_behind_the_head_is_the_head(void **state)
{
    static const struct piece pieces[] = {
        {21, 2, 15, 20}, {22, 2, 15, 20}, {500, 2, 15, 20}, {999999999999999999, 2, 15, 20}, {0},
    };

    (void)state;
    load_log(20, 3, 0, 1);
    expect_pieces(pieces);
}

static void since_and_before_are_both_ends(void **state)
{
    const struct read_wish wish = {.match_id = 7,
                                   .wants_entries = true,
                                   .has_since = true,
                                   .since_seq = 4,
                                   .before_seq = 8,
                                   .limit = 500};

    (void)state;
    load_log(20, 3, 0, 1);
    read_begin(&read, &hub, &wish, WANTS_OURS, NULL, NULL);
    expect(5, 7);
    read_end(&read);
}

static void few_lines_among_many_states_are_found(void **state)
{
    static const struct piece pieces[] = {
        {4900, 2, 2000, 4899},
        {5001, 1, 4000, 5000},
        {2000, 2, 1, 1999},
        {0},
    };

    (void)state;
    load_log(5000, 2000, 0, 4900);
    expect_pieces(pieces);
}

/* A page of a client: again and again, before the first entry that it has. */
static void a_client_gets_to_the_beginning(void **state)
{
    int64_t place = 401;
    int pages = 0;

    (void)state;
    load_log(400, 2, 20000, 396);
    for (; place > 1; pages++) {
        char *at;

        ask_before(place, 500);
        at = strstr((char *)read.document.bytes, "\"seq\":");
        assert_non_null(at);
        assert_true(read.document.length < READ_BYTES_MAX + 25000);
        at += strlen("\"seq\":");
        expect(atoll(at), place - 1);
        place = atoll(at);
        read_end(&read);
    }
    assert_true(pages > 5 && pages < 30);
}

static void an_entry_that_is_larger_than_a_document_is_one(void **state)
{
    static const struct piece pieces[] = {
        {9, 500, 7, 8},
        {7, 500, 5, 6},
        {2, 500, 1, 1},
        {0},
    };

    (void)state;
    load_log(8, 1, 390000, 8);
    expect_pieces(pieces);
}

static void another_epoch_begins_anew(void **state)
{
    const struct read_wish wish = {
        .match_id = 7, .wants_entries = true, .before_seq = 2001, .limit = 2};
    struct topic *topic = load_log(2010, 2000, 0, 2005);

    (void)state;
    read_begin(&read, &hub, &wish, WANTS_OURS, NULL, NULL);
    give_wanted(topic);
    assert_false(read_go_on(&read));
    hub_set_epoch(&hub, "e2");
    load_log(2010, 1, 0, 2005);
    join_all(&hub, topic);
    while (!read_go_on(&read))
        give_wanted(topic);
    expect(1999, 2000);
    assert_string_equal(read.etag, "W/\"e2.2010\"");
    read_end(&read);
}

static void between_two_pieces_it_can_be_given_up(void **state)
{
    const struct read_wish wish = {
        .match_id = 7, .wants_entries = true, .before_seq = 2001, .limit = 2};
    struct topic *topic = load_log(2010, 2000, 0, 2005);

    (void)state;
    read_begin(&read, &hub, &wish, WANTS_OURS, NULL, NULL);
    give_wanted(topic);
    assert_true(read.must_join);
    read_give_up(&read);
    assert_int_equal(read.status, 503);
    read_end(&read);
    assert_int_equal(read_memory(&read), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_counted_and_all_else_comes_with_them),
        TEST(a_place_behind_the_head_is_the_head),
        TEST(since_and_before_are_both_ends),
        TEST(few_lines_among_many_states_are_found),
        TEST(a_client_gets_to_the_beginning),
        TEST(an_entry_that_is_larger_than_a_document_is_one),
        TEST(another_epoch_begins_anew),
        TEST(between_two_pieces_it_can_be_given_up),
    };

    return UNIT_RUN(tests);
}
