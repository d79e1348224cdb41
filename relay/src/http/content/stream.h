/*
 * A stream of Server-Sent Events about one topic or several, for one HTTP request.
 *
 * It is a viewer like those of WebSockets: it has a cursor into the shared run, gets one send
 * of all that it has not seen, and is closed with slow_consumer when it falls off the tail.
 * Only its wire differs: it writes frames as events when they are sent.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "http/content/route.h"
#include "hub/hub.h"
#include "hub/viewer.h"
#include "wire/sse.h"

struct stream_settings {
    struct hub *hub;
    struct buffer *scratch;        /* shared by all streams: the write being made */
    const struct viewer_wire *ops; /* below: takes the bytes of the answer. read is not called */
    void *wire;
};

/*
 * An error that the client has to mend gets a status, on which an EventSource gives up. For
 * a passing error the stream opens and ends at once, so that the EventSource comes back.
 */
enum stream_state {
    STREAM_JOINING, /* nothing has been sent: it can still be refused */
    STREAM_REFUSED, /* there is no such match: the document says so */
    STREAM_OPEN,
    STREAM_ENDED, /* all has been sent, the close event last */
};

struct stream {
    struct viewer viewer;
    struct stream_settings settings;
    enum stream_state state;
    bool has_waited;          /* for what the source has not yet: it is open since then */
    char *origin;             /* of the answer's header; owned. NULL: none */
    int history;              /* what was wished */
    struct sse_place *places; /* of several matches; owned. NULL: of one, which ids do not name */
    int place_count;
    char epoch[REQUEST_EPOCH_MAX + 1]; /* that of the places */
    struct buffer document;            /* JOINING: events to begin with; REFUSED: the error */
};

/* The client of a stream. */
struct stream_client {
    const char *origin;     /* of the answer's header; it is copied. NULL: none */
    struct grant *grant;    /* is taken over; NULL: everything is public */
    uint8_t lane;           /* of its address: see wants.h */
    enum close_code reason; /* ends the stream at once, unless it is CLOSE_NONE */
};

/*
 * Begins: joins the topics as the route says. The state may be another one on return; when it
 * changes to REFUSED or ENDED, close of the wire below is called.
 */
void stream_begin(struct stream *stream, const struct stream_settings *settings,
                  const struct route *route, const struct stream_client *client);

/* The wire takes more. */
void stream_go_on(struct stream *stream);

/* Shows that the connection lives. */
void stream_beat(struct stream *stream);

/*
 * True: it waits for what a source that may lag has not yet. That takes longer than clients wait
 * for an answer, so the stream is opened and says `stale`.
 */
bool stream_waits(struct stream *stream);

/* Gives up waiting to join. */
void stream_give_up(struct stream *stream);

/* Leaves the hub, at any time, once; also if it has not begun. */
void stream_end(struct stream *stream);

#endif
