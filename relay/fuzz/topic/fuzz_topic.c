/*
 * From a notification to the log of a match and its state, as the hub does it.
 * The first byte chooses a match or the lobby. What was published must stand in
 * the log, each entry in a frame of its own, the head and `subscribed` with it.
 */
#include "fuzz.h"
#include "topic/topic.h"
#include "wire/frame.h"
#include "wire/notice.h"

#define LOG_BYTES 4096

/* Length of the frame at the beginning of the bytes, header included. */
static size_t frame_length(const uint8_t *bytes, size_t size)
{
    size_t payload;

    fuzz_expect(size >= 2 && bytes[0] == (0x80 | FRAME_TEXT));
    fuzz_expect(bytes[1] < 127); /* no entry of a notification is longer than 64 KiB */
    payload = bytes[1];
    if (payload == 126) {
        fuzz_expect(size >= 4);
        payload = (size_t)bytes[2] << 8 | bytes[3];
    }
    return frame_header_length(payload) + payload;
}

static void check_log(const struct topic *topic)
{
    const struct run *run = &topic->run;
    uint64_t at = run->tail;

    for (int64_t seq = run->first_seq; seq < run->next_seq; seq++) {
        fuzz_expect(run_offset(run, seq) == at);
        at += frame_length(run_at(run, at), (size_t)(run->head - at));
    }
    fuzz_expect(at == run->head);
}

static void publish(struct topic *topic, struct notice *notice)
{
    const char *body;
    size_t length;

    for (int64_t seq = notice->first_seq; notice_next(notice, &body, &length); seq++) {
        int64_t head = topic_head(topic);
        enum published published = topic_publish(topic, seq, body, length);

        if (published == PUBLISHED)
            fuzz_expect(topic_head(topic) == seq && head == seq - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lobby lobby = {0};
    struct notice notice;
    struct topic *topic;
    char *payload;

    if (size == 0)
        return 0;
    topic = topic_new(1, LOG_BYTES, data[0] & 1 ? &lobby : NULL);
    payload = fuzz_text(data + 1, size - 1);
    fuzz_expect(topic != NULL);
    if (notice_parse(&notice, payload)) {
        if (notice.first_seq > 1)
            run_reset(&topic->run, notice.first_seq);
        publish(topic, &notice);
        check_log(topic);
        fuzz_expect(topic_joined(topic, notice.epoch, false).length > 0);
    }
    topic_free(topic);
    lobby_free(&lobby);
    free(payload);
    return 0;
}
