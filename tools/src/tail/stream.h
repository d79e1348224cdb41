/*
 * The connection of one match: a stream of events over HTTP, by libcurl. When it is lost, it is
 * opened again after a wait.
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
    struct text *out;   /* the lines to show */
    struct text answer; /* the body of an answer that is not a stream of events */
    CURL *easy;         /* NULL while it waits */
    struct curl_slist *headers;
    char why[CURL_ERROR_SIZE];
    bool asks_epoch; /* this connection asks for the epoch, which --since SEQ needs */
    bool is_over;    /* there will be no other connection */
    bool was_said;   /* a message has said that the relay is away */
    enum follow_end end;
    int failures;     /* since the last event */
    int64_t due_ms;   /* when to connect again */
    int64_t since_ms; /* when the connection was lost; 0: connected */
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
