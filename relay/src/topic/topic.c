/* A topic: the newest entries of one match as a run, its state, and `subscribed` made from them. */
#include "topic/topic.h"

#include <stdlib.h>
#include <string.h>

#include "wire/message.h"
#include "wire/protocol.h"

/* A message that is not larger is copied for each viewer that does not take all of it at once. */
#define JOINED_BYTES_COPIED ((size_t)16 * 1024)

struct topic *topic_new(int64_t match_id, size_t run_bytes, struct lobby *lobby)
{
    struct topic *topic = calloc(1, sizeof(*topic));

    if (!topic)
        return NULL;
    topic->match_id = match_id;
    topic->lobby = lobby;
    topic->joined_head[false] = topic->joined_head[true] = -1;
    topic->floor = 1;
    run_init(&topic->run, run_bytes);
    LIST_INIT(&topic->histories);
    return topic;
}

static void forget_joined(struct topic *topic)
{
    for (int i = 0; i < 2; i++) {
        buffer_free(&topic->joined[i]);
        body_release(topic->joined_body[i]);
        topic->joined_body[i] = NULL;
        topic->joined_head[i] = -1;
    }
}

void topic_free(struct topic *topic)
{
    run_free(&topic->run);
    lines_forget(&topic->lines);
    free(topic->state);
    free(topic->follows);
    lineage_free(&topic->lineage);
    forget_joined(topic);
    free(topic);
}

void topic_shelve(struct topic *topic)
{
    struct topic_shelf *shelf = topic->shelf;
    bool is_followed = topic->follow_count > 0;

    if (!shelf || topic->is_followed == is_followed)
        return;
    topic->is_followed = is_followed;
    if (is_followed) {
        TAILQ_REMOVE(&shelf->idle, topic, shelf_link);
        TAILQ_INSERT_TAIL(&shelf->followed, topic, shelf_link);
        shelf->idle_count--;
    } else {
        TAILQ_REMOVE(&shelf->followed, topic, shelf_link);
        TAILQ_INSERT_TAIL(&shelf->idle, topic, shelf_link);
        shelf->idle_count++;
    }
}

bool topic_thin(struct topic *topic)
{
    if (run_memory(&topic->run) == 0)
        return false;
    for (uint32_t i = 0; i < topic->follow_count; i++)
        if (topic->follows[i].state == FOLLOW_LIVE && topic->follows[i].cursor != topic->run.head)
            return false;
    run_give_back(&topic->run);
    forget_joined(topic);
    return true;
}

bool topic_set_state(struct topic *topic, const char *state, size_t length)
{
    char *copy;

    if (topic->lobby)
        return lobby_load(topic->lobby, state ? state : "[]", state ? length : 2);
    copy = state ? malloc(length + 1) : NULL;
    if (state && !copy)
        return false;
    if (copy) {
        memcpy(copy, state, length);
        copy[length] = '\0';
    }
    free(topic->state);
    topic->state = copy;
    topic->state_length = copy ? length : 0;
    return true;
}

/*
 * An entry that changes the state begins with a constant and ends in ,"state":{…}}. The few
 * members before the state cannot hold the text ,"state": . So the first place with that text is
 * the member, and the rest without the last brace is the state.
 */
static bool topic_note_state(struct topic *topic, const char *body, size_t length)
{
    static const char prefix[] = "{\"type\":\"match", member[] = ",\"state\":";
    const char *state;

    if (length < sizeof(prefix) || memcmp(body, prefix, sizeof(prefix) - 1) != 0)
        return true;
    state = memmem(body, length, member, sizeof(member) - 1);
    if (!state)
        return true;
    state += sizeof(member) - 1;
    length -= (size_t)(state - body) + 1;
    return topic->lobby ? lobby_put(topic->lobby, state, length)
                        : topic_set_state(topic, state, length);
}

int64_t topic_history(const struct topic *topic, int64_t lines)
{
    int64_t first = lines_first(&topic->lines, lines, topic->run.next_seq);

    return first < topic->floor ? topic->floor : first;
}

bool topic_append(struct topic *topic, const char *body, size_t length)
{
    if (message_is_line((struct span){(const uint8_t *)body, length}) &&
        !lines_add(&topic->lines, topic->run.next_seq))
        return false;
    return run_append(&topic->run, body, length);
}

/* When memory runs out, the run drops old entries for the new one: they are in the table. */
static bool topic_make_do(struct topic *topic, const char *body, size_t length)
{
    return topic_append(topic, body, length) ||
           (run_make_do(&topic->run, length) && topic_append(topic, body, length));
}

enum published topic_publish(struct topic *topic, int64_t seq, const char *body, size_t length)
{
    if (seq < topic->run.next_seq)
        return PUBLISHED_BEFORE;
    if (seq > topic->run.next_seq)
        return PUBLISHED_GAP;
    if (!topic_note_state(topic, body, length) || !topic_make_do(topic, body, length))
        return PUBLISHED_FAILED; /* it is published again: to note its state twice does no harm */
    return PUBLISHED;
}

void topic_reset(struct topic *topic)
{
    size_t limit_bytes = topic->run.limit_bytes;

    run_free(&topic->run);
    run_init(&topic->run, limit_bytes);
    lines_forget(&topic->lines);
    free(topic->state);
    topic->state = NULL;
    topic->state_length = 0;
    lineage_free(&topic->lineage);
    topic->is_loaded = false;
    topic->announced = 0;
    topic->floor = 1;
    topic->checked_ms = 0;
    topic->history_after = 0;
    topic->fresh = 0;
    topic->joined_head[false] = topic->joined_head[true] = -1;
}

static void add_state(struct buffer *out, const void *of)
{
    const struct topic *topic = of;

    if (topic->lobby)
        lobby_write(topic->lobby, out);
    else if (topic->state)
        buffer_add(out, topic->state, topic->state_length);
    else
        buffer_add_text(out, "null");
}

struct protocol_topic topic_describe(const struct topic *topic, const char *epoch)
{
    return (struct protocol_topic){.match_id = topic->match_id,
                                   .head = topic_head(topic),
                                   .epoch = epoch,
                                   .add_state = add_state,
                                   .topic = topic};
}

/* Many viewers join at the same head: the message is made for the first and sent to all. */
struct span topic_joined(struct topic *topic, const char *epoch, bool is_recovered)
{
    struct buffer *message = &topic->joined[is_recovered];
    int64_t head = topic_head(topic);

    if (topic->joined_head[is_recovered] != head) {
        const struct protocol_topic described = topic_describe(topic, epoch);

        protocol_subscribed(message, &described, is_recovered);
        body_release(topic->joined_body[is_recovered]);
        topic->joined_body[is_recovered] = NULL;
        topic->joined_head[is_recovered] = message->is_broken ? -1 : head;
    }
    return frame_end(message);
}

/* With a shared body, a viewer that takes the scoreboard slowly needs no copy of it. */
struct body *topic_joined_body(struct topic *topic, bool is_recovered)
{
    const struct span message = frame_end(&topic->joined[is_recovered]);
    struct body **body = &topic->joined_body[is_recovered];

    if (!*body && message.length > JOINED_BYTES_COPIED)
        *body = body_new(message.bytes, message.length);
    return *body;
}

size_t topic_memory(const struct topic *topic)
{
    return sizeof(*topic) + run_memory(&topic->run) + lines_memory(&topic->lines) +
           topic->state_length + topic->lineage.count * sizeof(struct branch) +
           topic->joined[false].capacity + topic->joined[true].capacity;
}
