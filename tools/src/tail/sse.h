/*
 * A stream of Server-Sent Events, as the HTML standard defines it:
 *
 *   stream = *( line )      a line ends with LF, CR LF or CR
 *   line   = ":" comment | field [ ":" [ " " ] value ] | nothing, which ends an event
 *   field  = event | data | id | retry; others are ignored
 *
 * A line, and the data of an event, has at most SSE_BYTES_MAX bytes: the relay's entries are well
 * below 1 MiB. Beyond it the stream is broken.
 */
#ifndef SSE_H
#define SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/text.h"

#define SSE_BYTES_MAX (2 * 1024 * 1024)

struct sse_event {
    const char *type; /* "message" when the stream does not say */
    const char *id;   /* of this event or of one before; "" before the first */
    const char *data; /* valid until the function returns */
    size_t data_bytes;
};

typedef void sse_function(const struct sse_event *event, void *context);

struct sse {
    struct text line, type, id, data;
    long long retry_ms; /* what the stream asks for; -1 before it does */
    bool has_data;
    bool had_cr;
};

void sse_begin(struct sse *sse);
void sse_free(struct sse *sse);

/* Calls on_event for each event that these bytes complete. False: the stream is broken. */
MUST_CHECK bool sse_feed(struct sse *sse, const char *bytes, size_t length, sse_function *on_event,
                         void *context);

#endif
