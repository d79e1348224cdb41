/* What viewers are sent: taken apart, and checked. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "clock.h"
#include "entry.h"
#include "../fail.h"
#include "stream.h"
#include "viewer.h"
#include "viewers.h"

#define RECEIVE_BYTES ((size_t)256 * 1024)
#define REST_BYTES_MAX ((size_t)128 * 1024)

static const struct options *options;
static struct tally *tally;
static char *received;
static int64_t heads[MATCHES_MAX];
static char epoch[65] = "bench";

void viewers_hear_init(const struct options *given, struct tally *given_tally)
{
    options = given;
    tally = given_tally;
    received = malloc(REST_BYTES_MAX + RECEIVE_BYTES);
    if (!received)
        fail("out of memory");
}

int64_t viewers_head(int match)
{
    return heads[match - options->first_match];
}

const char *viewers_epoch(void)
{
    return epoch;
}

static bool is_recovered(const char *bytes, size_t length)
{
    static const char recovered[] = "\"recovered\":true";

    return memmem(bytes, length, recovered, sizeof(recovered) - 1) != NULL;
}

/* Again, in a new epoch or at another program: whether the viewer keeps what it holds. */
static void viewer_take_epoch(const char *bytes, size_t length)
{
    if (is_recovered(bytes, length))
        tally->resumed++;
    else
        tally->afresh++;
}

static void viewer_take_subscribed(struct viewer *viewer, const char *bytes, size_t length)
{
    int64_t match = entry_member(bytes, length, "\"match\":") - options->first_match;
    int64_t head = entry_member(bytes, length, "\"head\":");
    const char *found = memmem(bytes, length, "\"epoch\":\"", 9);

    if (match < 0 || match >= options->matches || head < 0 || !found)
        return;
    if (sscanf(found + 9, "%64[^\"]", epoch) != 1)
        return;
    heads[match] = head;
    if (viewer->next[match] > 0)
        viewer_take_epoch(bytes, length);
    if (viewer->next[match] == 0 || !is_recovered(bytes, length))
        viewer->next[match] = head + 1;
    if (++viewer->subscribed == options->follow)
        viewer_is_ready(viewer);
}

static void viewer_take_entry(struct viewer *viewer, const struct entry *entry, int64_t now_ns)
{
    int64_t *next = &viewer->next[entry->match - options->first_match];

    if (*next > 0 && entry->seq < *next) {
        tally->doubled++;
        return;
    }
    if (*next > 0)
        tally->lost += (uint64_t)(entry->seq - *next);
    *next = entry->seq + 1;
    if (!entry->is_whole) {
        tally->damaged++;
        return;
    }
    tally->delivered++;
    histogram_add(&tally->delays, now_ns - entry->stamp_ns);
}

/* It is sent away, and a close follows. */
static void viewer_take_bye(struct viewer *viewer, int64_t now_ns)
{
    viewer->told_ns = now_ns;
    if (tally->moves.first_ns)
        return;
    tally->moves.first_ns = now_ns;
    tally->moves.first_cpu_ns = clock_cpu_ns();
}

static bool begins_with(const char *bytes, size_t length, const char *text)
{
    return length >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

static void viewer_take_text(struct viewer *viewer, const char *bytes, size_t length,
                             int64_t now_ns)
{
    bool is_subscribed = begins_with(bytes, length, "{\"type\":\"subscribed\"");
    struct entry entry;

    if (entry_read(&entry, bytes, length))
        viewer_take_entry(viewer, &entry, now_ns);
    else if (viewer->state == VIEWER_JOINING && options->protocol == PROTOCOL_LINES)
        viewer_is_ready(viewer);
    else if (viewer->state == VIEWER_JOINING && is_subscribed)
        viewer_take_subscribed(viewer, bytes, length);
    else if (viewer->state == VIEWER_READY && is_subscribed)
        viewer_take_epoch(bytes, length);
    else if (options->comes_back && begins_with(bytes, length, "{\"type\":\"bye\""))
        viewer_take_bye(viewer, now_ns);
}

/* It answers, as a browser does, and comes back if it was sent away. */
static void viewer_take_close(struct viewer *viewer, const struct stream_part *part)
{
    char answer[STREAM_CONTROL_MAX];

    if (viewer->told_ns && viewer->state == VIEWER_READY)
        viewer_write(viewer, answer,
                     stream_put_frame(answer, STREAM_CLOSE, part->bytes, part->length));
    if (viewer->told_ns && viewer->state == VIEWER_READY)
        viewer_come_back(viewer);
    else if (viewer->state != VIEWER_ENDED)
        viewer_end(viewer);
}

static void viewer_take_shake(struct viewer *viewer, const char *bytes, size_t length)
{
    if (length < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0)
        viewer_end(viewer);
    else if (options->protocol == PROTOCOL_PLAIN)
        viewer_is_ready(viewer);
    else
        viewer_subscribe(viewer);
}

/* The messages of a broker stand whole in a frame, one or more. */
static void viewer_take_frame(struct viewer *viewer, const struct stream_part *frame,
                              int64_t now_ns)
{
    const char *at = frame->bytes, *end = frame->bytes + frame->length;
    struct stream_part part;

    while (at < end) {
        size_t taken = broker_next(options->protocol, &part, at, (size_t)(end - at));

        if (taken == 0)
            fail("a frame with a part of a message in it");
        at += taken;
        if (part.kind == STREAM_TEXT)
            viewer_take_text(viewer, part.bytes, part.length, now_ns);
        else if (part.kind == STREAM_SUBSCRIBED && viewer->state == VIEWER_JOINING)
            viewer_is_ready(viewer);
    }
}

static void viewer_take(struct viewer *viewer, const struct stream_part *part, int64_t now_ns)
{
    char pong[STREAM_CONTROL_MAX];

    switch (part->kind) {
    case STREAM_SHAKE:
        viewer_take_shake(viewer, part->bytes, part->length);
        break;
    case STREAM_TEXT:
        viewer_take_text(viewer, part->bytes, part->length, now_ns);
        break;
    case STREAM_BINARY:
        viewer_take_frame(viewer, part, now_ns);
        break;
    case STREAM_PING:
        viewer_write(viewer, pong, stream_put_frame(pong, STREAM_PONG, part->bytes, part->length));
        break;
    case STREAM_CLOSE:
        viewer_take_close(viewer, part);
        break;
    default:
        break;
    }
}

/* What is not whole yet is kept until more comes. */
static void viewer_keep(struct viewer *viewer, const char *bytes, size_t length)
{
    free(viewer->rest);
    viewer->rest = NULL;
    viewer->rest_length = length;
    if (length == 0)
        return;
    viewer->rest = length <= REST_BYTES_MAX ? malloc(length) : NULL;
    if (!viewer->rest)
        fail("a message of more than %zu bytes, or out of memory", REST_BYTES_MAX);
    memcpy(viewer->rest, bytes, length);
}

/* What comes belongs to it: it has neither ended nor left this connection for another one. */
static bool viewer_is_heard(const struct viewer *viewer)
{
    return viewer->state != VIEWER_ENDED && viewer->state != VIEWER_CONNECTING;
}

void viewer_on_readable(struct viewer *viewer)
{
    size_t length = viewer->rest_length;
    struct stream_part part;
    const char *at = received;
    int64_t now_ns;
    ssize_t got;

    if (length > 0)
        memcpy(received, viewer->rest, length);
    got = wire_receive(viewer->wire, viewer->fd, received + length, RECEIVE_BYTES);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        viewer_end(viewer);
        return;
    }
    now_ns = clock_ns();
    length += (size_t)got;
    while (viewer_is_heard(viewer) && length > 0) {
        bool is_shake = viewer->state == VIEWER_SHAKING;
        size_t taken = is_shake                              ? stream_shake(&part, at, length)
                       : options->protocol == PROTOCOL_LINES ? stream_line(&part, at, length)
                                                             : stream_frame(&part, at, length);

        if (taken == 0)
            break;
        viewer_take(viewer, &part, now_ns);
        at += taken;
        length -= taken;
    }
    viewer_keep(viewer, at, viewer_is_heard(viewer) ? length : 0);
}
