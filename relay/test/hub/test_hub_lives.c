/*
 * The lives of viewers and follows against a model: random steps of a hub with some viewers,
 * some matches, a table that is slow, and an epoch that changes. After each step the lists
 * and numbers agree with what the test itself knows and finds by looking at everything.
 *
 * The seed is fixed; COMMENTARY_SEED takes another one, and a failure tells it.
 */
#include "hub_scene.h"

#include "hub/follow.h"

#define CLIENTS 8
#define MATCHES 5
#define STEPS 20000
#define LOG_ENTRIES 6 /* that a load brings along */

/* What the test knows of a client. */
struct model {
    struct client *client; /* NULL: it is not there */
    bool is_closed;        /* the relay has closed it */
    bool follows[MATCHES + 1];
};

static struct model models[CLIENTS];
static int64_t heads[MATCHES + 1]; /* of the table */
static uint64_t seed, random_state;
static int epochs;
static size_t seen[FOLLOW_STATES], viewers_seen[VIEWER_STATES];

/* xorshift64: the same steps for the same seed, on every machine. */
static unsigned choose(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % below;
}

/* ---- the table ---- */

static void table_load(struct topic *topic)
{
    int64_t head = heads[topic->match_id];

    topic->reads_done = ++topic->reads_begun;
    topics_unwant_load(&hub, topic);
    topics_know(&hub, topic);
    run_reset(&topic->run, head > LOG_ENTRIES ? head - LOG_ENTRIES + 1 : 1);
    while (topic_head(topic) < head) {
        int64_t seq = topic_head(topic) + 1;

        assert_true(topic_append(topic, body_of(seq), strlen(body_of(seq))));
    }
    topic->is_loaded = true;
    topic->checked_ms = clock_ms();
    topics_count(&hub, topic);
    join_all(&hub, topic);
}

static void table_history(struct topic *topic)
{
    int64_t wanted = replay_next_wanted(topic), first = replay_history_begin(wanted);

    if (wanted > 0 && choose(8) == 0)
        join_behind_hole(&hub, topic, wanted, wanted);
    else if (wanted > 0)
        give_history(topic, first, wanted + choose(5) < topic->run.first_seq ? wanted : wanted + 1);
}

static void table_answers(void)
{
    enum want want = (enum want)choose(WANT_KINDS);
    struct topic *topic = wants_first(&hub.wanted[want]);

    if (!topic || topic == hub.lobby_topic)
        return;
    topics_unwant(&hub, topic, want);
    if (!topic->is_loaded)
        table_load(topic);
    else if (want == WANT_HISTORY || want == WANT_DOCUMENT)
        table_history(topic);
    else
        join_all(&hub, topic);
    if (topic->is_loaded && replay_next_wanted(topic) > 0)
        topics_want(&hub, topic, WANT_HISTORY);
}

/* ---- steps ---- */

static void client_comes(struct model *model)
{
    if (model->client)
        return;
    *model = (struct model){.client = client_new()};
    model->is_closed = model->client->viewer.close_code != CLOSE_NONE;
}

static void client_goes(struct model *model)
{
    if (model->client)
        client_free(model->client);
    model->client = NULL;
}

static void client_asks(struct model *model)
{
    int match = 1 + (int)choose(MATCHES);
    bool has_since = choose(2);
    char text[256];

    if (!model->client)
        return;
    if (model->follows[match])
        snprintf(text, sizeof(text), "{\"type\":\"unsubscribe\",\"match\":%d}", match);
    else if (has_since)
        snprintf(text, sizeof(text),
                 "{\"type\":\"subscribe\",\"match\":%d,\"since\":{\"epoch\":\"%s\",\"seq\":%u}}",
                 match, hub.epoch, choose((unsigned)heads[match] + 1));
    else
        snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":%d,\"history\":%u}", match,
                 choose(20));
    model->follows[match] ^= !model->is_closed;
    say(model->client, text);
}

static void entry_comes(void)
{
    int match = 1 + (int)choose(MATCHES);
    struct topic *topic = topics_find(&hub, match);

    heads[match]++;
    if (topic)
        publish(topic, heads[match]);
}

static void client_takes(struct model *model)
{
    if (!model->client)
        return;
    model->client->answer = choose(3) ? WIRE_SENT : choose(6) ? WIRE_CHOKED : WIRE_BROKEN;
    hub_writable(&hub, &model->client->viewer);
}

static void epoch_changes(void)
{
    char epoch[16];

    snprintf(epoch, sizeof(epoch), "e%d", ++epochs);
    hub_set_epoch(&hub, epoch);
}

static void step(void)
{
    struct model *model = &models[choose(CLIENTS)];

    switch (choose(40)) {
    case 0:
        client_goes(model);
        break;
    case 1:
        epoch_changes();
        break;
    case 2:
        hub_set_feed(&hub, choose(2) ? HUB_TRYING : HUB_LIVE);
        break;
    case 3:
        topics_shed(&hub);
        hub.shed_ms = 0;
        break;
    case 4 ... 9:
        client_comes(model);
        break;
    case 10 ... 15:
        client_asks(model);
        break;
    case 16 ... 20:
        client_takes(model);
        break;
    case 21 ... 27:
        entry_comes();
        break;
    default:
        table_answers();
    }
    if (choose(3) == 0)
        hub_turn_end(&hub);
}

/* ---- what must hold ---- */

/* What a viewer was sent may have closed it: then it follows nothing. */
static void learn(struct model *model)
{
    const struct client *client = model->client;

    if (!client)
        return;
    if (client->viewer.close_code != CLOSE_NONE)
        model->is_closed = true;
    if (model->is_closed)
        memset(model->follows, 0, sizeof(model->follows));
    model->client->length = 0;
    model->client->heard[0] = '\0';
}

static size_t list_length(enum viewer_state in)
{
    const struct viewer *viewer;
    size_t length = 0;

    LIST_FOREACH (viewer, &hub.viewers.in[in], link) {
        assert_int_equal(viewer->state, in);
        length++;
    }
    viewers_seen[in] += length;
    return length;
}

static void check_viewers(void)
{
    size_t there = 0, listed = 0;

    for (int i = 0; i < CLIENTS; i++)
        there += models[i].client != NULL;
    for (enum viewer_state in = VIEWER_READY; in < VIEWER_STATES; in++)
        listed += list_length(in);
    assert_int_equal(there, listed);
    assert_int_equal(there, hub.viewer_count);
    assert_true(LIST_EMPTY(&hub.viewers.in[VIEWER_GONE]));
}

static void check_model(const struct model *model)
{
    const struct viewer *viewer = model->client ? &model->client->viewer : NULL;
    int follows = 0;

    if (!viewer)
        return;
    for (int match = 1; match <= MATCHES; match++) {
        const struct topic *topic = topics_find(&hub, match);

        assert_int_equal(topic && viewer_find(viewer, topic) >= 0, model->follows[match]);
        follows += model->follows[match];
    }
    assert_int_equal(viewer->slot_count, follows);
    assert_int_equal(viewer_is_closing(viewer), model->is_closed);
    assert_true(model->client->is_read != (viewer->state == VIEWER_MUTED) || model->is_closed);
}

static void check_follow(const struct topic *topic, uint32_t index)
{
    const struct follow *follow = &topic->follows[index];
    const struct viewer_slot *slot = &follow->viewer->slots[follow->slot];

    assert_ptr_equal(slot->topic, topic);
    assert_int_equal(slot->follow, index);
    assert_int_equal(follow->replayed != NULL, follow->state == FOLLOW_REPLAY);
    assert_true(!follow->wish || follow->state == FOLLOW_WAITING);
    assert_true(topic->is_loaded || follow->state == FOLLOW_WAITING);
    if (follow->state == FOLLOW_LIVE)
        assert_true(follow->cursor <= topic->run.head);
}

static void check_topic(const struct topic *topic)
{
    uint32_t in[FOLLOW_STATES] = {0};

    for (uint32_t i = 0; i < topic->follow_count; i++) {
        check_follow(topic, i);
        in[topic->follows[i].state]++;
        seen[topic->follows[i].state]++;
    }
    assert_memory_equal(in, topic->follows_in, sizeof(in));
    if (topic->shelf)
        assert_int_equal(topic->is_followed, topic->follow_count > 0);
}

/* Each history is used by as many follows as replay it. */
static void check_histories(void)
{
    const struct history *history;
    size_t used = 0, replaying = 0, position = 0;
    const struct topic *topic;

    TAILQ_FOREACH (history, &hub.histories.histories, pool_link)
        used += history->users;
    while ((topic = map_next(&hub.topics, &position)))
        replaying += topic->follows_in[FOLLOW_REPLAY];
    assert_int_equal(used, replaying);
}

static void check(void)
{
    const struct topic *topic;
    size_t position = 0;

    for (int i = 0; i < CLIENTS; i++)
        learn(&models[i]);
    check_viewers();
    for (int i = 0; i < CLIENTS; i++)
        check_model(&models[i]);
    while ((topic = map_next(&hub.topics, &position)))
        check_topic(topic);
    check_histories();
}

static void lists_agree_after_any_sequence(void **state)
{
    (void)state;
    log_set_quiet(true);
    hub.settings.max_viewers = CLIENTS - 1;
    for (int match = 1; match <= MATCHES; match++)
        heads[match] = 40;
    for (int i = 0; i < STEPS; i++) {
        step();
        check();
    }
    for (int i = 0; i < CLIENTS; i++)
        client_goes(&models[i]);
    check();
    history_expire_all(&hub.histories);
    /* The steps lead everywhere: else the test would prove nothing. */
    for (enum follow_state in = FOLLOW_WAITING; in < FOLLOW_STATES; in++)
        assert_true(seen[in] > 0);
    for (enum viewer_state in = VIEWER_READY; in < VIEWER_GONE; in++)
        assert_true(viewers_seen[in] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(lists_agree_after_any_sequence)};
    const char *chosen = getenv("COMMENTARY_SEED");

    seed = chosen ? strtoull(chosen, NULL, 10) : 20261129;
    random_state = seed ? seed : 1;
    print_message("seed %llu\n", (unsigned long long)seed);
    return UNIT_RUN(tests);
}
