/* An outbox: a queue of parts of bodies. */
#include "door/outbox.h"

#include <stdlib.h>

struct part {
    STAILQ_ENTRY(part) link;
    struct body *body;
    size_t at, end;
};

struct outbox {
    STAILQ_HEAD(parts, part) parts;
    int64_t begun_ms;
    uint64_t sent_bytes;
};

struct outbox *outbox_new(int64_t now_ms)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));

    if (!outbox)
        return NULL;
    STAILQ_INIT(&outbox->parts);
    outbox->begun_ms = now_ms;
    return outbox;
}

bool outbox_add(struct outbox *outbox, struct body *body, size_t from, size_t length)
{
    struct part *part;

    if (length == 0)
        return true;
    part = malloc(sizeof(*part));
    if (!part)
        return false;
    *part = (struct part){.body = body_use(body), .at = from, .end = from + length};
    STAILQ_INSERT_TAIL(&outbox->parts, part, link);
    return true;
}

bool outbox_add_copy(struct outbox *outbox, const void *bytes, size_t length)
{
    struct body *body = body_new(bytes, length);
    bool is_added = body && outbox_add(outbox, body, 0, length);

    body_release(body);
    return is_added;
}

struct span outbox_next(const struct outbox *outbox, size_t bytes_max)
{
    const struct part *part = STAILQ_FIRST(&outbox->parts);
    size_t left;

    if (!part)
        return (struct span){NULL, 0};
    left = part->end - part->at;
    return (struct span){part->body->bytes + part->at, left < bytes_max ? left : bytes_max};
}

static void drop_first(struct outbox *outbox)
{
    struct part *part = STAILQ_FIRST(&outbox->parts);

    STAILQ_REMOVE_HEAD(&outbox->parts, link);
    body_release(part->body);
    free(part);
}

void outbox_advance(struct outbox *outbox, size_t length)
{
    struct part *part = STAILQ_FIRST(&outbox->parts);

    outbox->sent_bytes += length;
    part->at += length;
    if (part->at == part->end)
        drop_first(outbox);
}

bool outbox_is_too_slow(const struct outbox *outbox, int64_t now_ms)
{
    int64_t late_ms = now_ms - outbox->begun_ms - OUTBOX_GRACE_MS;

    return late_ms > 0 && outbox->sent_bytes < (uint64_t)late_ms * OUTBOX_BYTES_PER_S / 1000;
}

void outbox_free(struct outbox *outbox)
{
    if (!outbox)
        return;
    while (!STAILQ_EMPTY(&outbox->parts))
        drop_first(outbox);
    free(outbox);
}
