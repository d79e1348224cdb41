/*
 * A stream of Server-Sent Events about one topic or several, for one HTTP request.
 *
 * It is a viewer like those of WebSockets: it has a cursor into the shared run, is sent all that
 * it has not seen in one call, and is closed with slow_consumer when its cursor is behind the
 * run. Only its wire differs: it writes each frame as an event.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "http/content/places.h"
#include "http/content/route.h"
#include "hub/hub.h"
#include "hub/viewer.h"

struct stream_settings {
    struct hub *hub;
    struct buffer *scratch;        /* shared by all streams: the bytes of the next write */
    const struct viewer_wire *ops; /* takes the bytes of the answer; its `read` is not called */
    void *wire;
};

/*
 * The life of a stream. Only stream_change() moves it from one state to another.
 *
 *     JOINING -> OPEN -> ENDED        JOINING -> REFUSED
 *
 * An error that the client has to correct is answered with a status, so that an EventSource gives
 * up. For a temporary error the stream opens and ends at once, so that the EventSource comes back.
 */
enum stream_state {
    STREAM_JOINING, /* nothing has been sent: it can still be refused */
    STREAM_OPEN,    /* the header has been sent */
    STREAM_REFUSED, /* there is no such match: the document has the error */
    STREAM_ENDED,   /* everything has been sent, at last the event `close` */
    STREAM_STATES
};

struct stream {
    struct viewer viewer;
    struct stream_settings settings;
    enum stream_state state;
    bool has_waited; /* it was opened while it waited for the source (stream_waits()) */
    char *origin;    /* of the answer's header; owned. NULL: none */
    int history;     /* how many lines the client wants first */
    struct places places;
    struct buffer document; /* JOINING: events to begin with; REFUSED: the error */
};

/* The client of a stream. */
struct stream_client {
    const char *origin;     /* of the answer's header; it is copied. NULL: none */
    struct grant *grant;    /* the stream takes it over; NULL: everything is public */
    uint8_t lane;           /* of its address: see wants.h */
    enum close_code reason; /* other than CLOSE_NONE: the stream ends at once with it */
};

/* Whether a stream may go from one state to the other. */
bool stream_may_change(enum stream_state from, enum stream_state to);

/*
 * Begins a stream: joins the topics of the route. The state may have changed on return. When it
 * becomes REFUSED or ENDED, `close` of settings.ops is called.
 */
void stream_begin(struct stream *stream, const struct stream_settings *settings,
                  const struct route *route, const struct stream_client *client);

/* Call it when the wire takes more. */
void stream_go_on(struct stream *stream);

/* Sends a heartbeat, if the stream is open. */
void stream_beat(struct stream *stream);

/*
 * Does the stream wait for entries that a lagging source does not have yet? Clients would give up
 * sooner if they got no answer, so the stream is opened then.
 */
bool stream_waits(struct stream *stream);

/* Gives up waiting to join. */
void stream_give_up(struct stream *stream);

/* Leaves the hub and frees what it owns. Call it once, at any time, also if it has not begun. */
void stream_end(struct stream *stream);

#endif
