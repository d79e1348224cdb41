/*
 * The connection of one match: a stream of events over HTTP, by libcurl, which is opened again
 * after a wait whenever it is lost.
 */
#ifndef STREAM_H
#define STREAM_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "tail/follow.h"
#include "tail/options.h"
#include "tail/sse.h"

struct stream {
    struct follow follow;
    struct sse sse;
    const struct options *options;
    struct text *out;   /* what is shown goes there */
    struct text answer; /* the body of an answer that is no stream, or the epoch's document */
    CURL *easy;         /* NULL while it waits */
    struct curl_slist *headers;
    char why[CURL_ERROR_SIZE];
    bool asks_epoch; /* this connection is for the epoch, which a bare SEQ needs */
    bool is_over;    /* no further connection */
    bool was_said;   /* that it is away */
    enum follow_end end;
    int failures;     /* since the last event */
    int64_t due_ms;   /* when to connect again */
    int64_t since_ms; /* without a connection since; 0: connected */
};

void stream_begin(struct stream *stream, const struct options *options, const char *match,
                  struct text *out);

/* Opens the connection and hands it to the multi handle, when it is time. */
void stream_open(struct stream *stream, CURLM *multi, int64_t now_ms);

/* libcurl is done with it: decides whether it is over or when to come back. */
void stream_closed(struct stream *stream, CURLM *multi, CURLcode result, int64_t now_ms);

/* Says the notes that have come up, and whether it has been away for too long. */
void stream_check(struct stream *stream, int64_t now_ms);

void stream_free(struct stream *stream);

#endif
