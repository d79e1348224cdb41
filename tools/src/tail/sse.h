/*
 * A stream of Server-Sent Events, as the HTML standard defines it:
 *
 *   stream = *( line )      a line ends with LF, CR LF or CR
 *   line   = ":" comment | field [ ":" [ " " ] value ] | nothing, which ends an event
 *   field  = event | data | id | retry; others are ignored
 *
 * A line and the data of an event have at most SSE_BYTES_MAX bytes each; with more, the stream
 * counts as broken. The entries of the relay are well below 1 MiB.
 */
#ifndef SSE_H
#define SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/text.h"

#define SSE_BYTES_MAX (2 * 1024 * 1024)

struct sse_event {
    const char *type; /* "message" if the event names none */
    const char *id;   /* the last id of the stream; "" before the first */
    const char *data; /* valid until the function returns */
    size_t data_bytes;
};

typedef void sse_function(const struct sse_event *event, void *context);

struct sse {
    struct text line, type, id, data;
    long long retry_ms; /* the last `retry` of the stream; -1: none yet */
    bool has_data;
    bool had_cr;
};

void sse_begin(struct sse *sse);
void sse_free(struct sse *sse);

/* Calls on_event for each event that these bytes complete. False: the stream is broken. */
MUST_CHECK bool sse_feed(struct sse *sse, const char *bytes, size_t length, sse_function *on_event,
                         void *context);

#endif
