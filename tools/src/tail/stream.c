#include "tail/stream.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/version.h"

#define ANSWER_BYTES_MAX (2 * 1024 * 1024)
#define CONNECT_S 10L
#define SILENT_S 90L /* three of the relay's ping intervals without a byte */

void stream_begin(struct stream *stream, const struct options *options, const char *match,
                  struct text *out)
{
    *stream = (struct stream){.options = options, .out = out, .since_ms = clock_ms()};
    stream->follow = (struct follow){
        .match = match,
        .is_following = options->is_following,
        .until_end = options->until_end,
        .is_json = options->is_json,
        .is_coloured = options->is_coloured,
        .has_label = options->match_count > 1,
        .seen = -1,
    };
    stream->asks_epoch = options->since && !strchr(options->since, ':');
}

static void on_event(const struct sse_event *event, void *context)
{
    struct stream *stream = context;

    if (stream->was_said && strcmp(event->type, "subscribed") == 0) {
        fail_say("match %s: connected again", stream->follow.match);
        stream->was_said = false;
    }
    if (strcmp(event->type, "close") != 0 && strcmp(event->type, "welcome") != 0) {
        stream->failures = 0;
        stream->since_ms = 0;
    }
    follow_event(&stream->follow, event, stream->out);
}

static bool is_stream(const struct stream *stream)
{
    const char *type = NULL;
    long status = 0;

    (void)curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(stream->easy, CURLINFO_CONTENT_TYPE, &type);
    return status == 200 && type && strncmp(type, "text/event-stream", 17) == 0;
}

/* libcurl's: another number than the given one ends the connection. */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct stream *stream = context;
    size_t length = size * count;

    if (!is_stream(stream)) {
        if (stream->answer.length + length > ANSWER_BYTES_MAX)
            return 0;
        text_add(&stream->answer, bytes, length);
        return length;
    }
    if (!sse_feed(&stream->sse, bytes, length, on_event, stream))
        return 0;
    return stream->follow.end == FOLLOW_GOES_ON ? length : 0;
}

static void add_header(struct stream *stream, const char *name, const char *value)
{
    struct text header = {0};

    text_print(&header, "%s: %s", name, value);
    stream->headers = curl_slist_append(stream->headers, header.bytes);
    text_free(&header);
}

/* What to ask for: the epoch first, if it is needed; then the stream, from where it was left. */
static void make_address(const struct stream *stream, struct text *url)
{
    const struct options *options = stream->options;
    const char *match = stream->follow.match;

    text_print(url, "%s/matches", options->url);
    if (strcmp(match, "lobby") != 0)
        text_print(url, "/%s", match);
    if (stream->asks_epoch)
        return;
    text_print(url, "/events?history=%d", options->since ? 500 : options->lines);
}

static void set_up(struct stream *stream, const char *url)
{
    const struct options *options = stream->options;

    (void)curl_easy_setopt(stream->easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(stream->easy, CURLOPT_PRIVATE, stream);
    (void)curl_easy_setopt(stream->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(stream->easy, CURLOPT_WRITEDATA, stream);
    (void)curl_easy_setopt(stream->easy, CURLOPT_ERRORBUFFER, stream->why);
    (void)curl_easy_setopt(stream->easy, CURLOPT_USERAGENT, "commentary-tail/" VERSION);
    (void)curl_easy_setopt(stream->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(stream->easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(stream->easy, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    (void)curl_easy_setopt(stream->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(stream->easy, CURLOPT_LOW_SPEED_TIME, SILENT_S);
    if (options->ca_file)
        (void)curl_easy_setopt(stream->easy, CURLOPT_CAINFO, options->ca_file);
    if (options->token) {
        struct text value = {0};

        text_print(&value, "Bearer %s", options->token);
        add_header(stream, "Authorization", value.bytes);
        text_free(&value);
    }
    if (!stream->asks_epoch)
        add_header(stream, "Accept", "text/event-stream");
    if (stream->follow.place[0] && !stream->asks_epoch)
        add_header(stream, "Last-Event-ID", stream->follow.place);
    (void)curl_easy_setopt(stream->easy, CURLOPT_HTTPHEADER, stream->headers);
}

void stream_open(struct stream *stream, CURLM *multi, int64_t now_ms)
{
    struct text url = {0};

    if (stream->is_over || stream->easy || stream->due_ms > now_ms)
        return;
    stream->easy = curl_easy_init();
    if (!stream->easy)
        fail_exit(STATUS_FAILED, "libcurl has no memory");
    if (!stream->follow.place[0] && stream->options->since && strchr(stream->options->since, ':'))
        (void)snprintf(stream->follow.place, sizeof stream->follow.place, "%s",
                       stream->options->since);
    sse_begin(&stream->sse);
    text_clear(&stream->answer);
    follow_connect(&stream->follow);
    make_address(stream, &url);
    set_up(stream, url.bytes);
    text_free(&url);
    (void)curl_multi_add_handle(multi, stream->easy);
}

/* What the relay says in an answer that is no stream; NULL when it says nothing. */
static const char *answer_said(const json_t *answer)
{
    return json_string_value(json_object_get(answer, "message"));
}

/* The document of a match: its epoch makes a place of the bare SEQ. False: it has none. */
static bool take_epoch(struct stream *stream, const json_t *answer)
{
    const char *epoch = json_string_value(json_object_get(answer, "epoch"));

    if (!epoch || strlen(epoch) > 64 || strpbrk(epoch, "\r\n"))
        return false;
    (void)snprintf(stream->follow.place, sizeof stream->follow.place, "%s:%s", epoch,
                   stream->options->since);
    stream->asks_epoch = false;
    stream->due_ms = 0;
    return true;
}

static bool is_for_good(long status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

/* An answer that was no stream. */
static void judge_answer(struct stream *stream, long status)
{
    json_t *answer = json_loadb(stream->answer.bytes ? stream->answer.bytes : "",
                                stream->answer.length, 0, NULL);
    const char *said = answer_said(answer);

    if (status == 200) {
        if (!stream->asks_epoch || !take_epoch(stream, answer))
            (void)snprintf(stream->why, sizeof stream->why,
                           "what answers there is no relay: see --url");
    } else if (is_for_good(status)) {
        fail_say("match %s: %s (HTTP %ld)", stream->follow.match, said ? said : "refused", status);
        stream->end = FOLLOW_REFUSED;
        stream->is_over = true;
    } else if (status != 0) {
        (void)snprintf(stream->why, sizeof stream->why, "HTTP %ld%s%.200s", status,
                       said ? ": " : "", said ? said : "");
    }
    json_decref(answer);
}

static void come_back(struct stream *stream, int64_t now_ms)
{
    int64_t wait_ms = clock_backoff_ms(++stream->failures);

    /* The relay gives each client another time. */
    if (stream->sse.retry_ms > wait_ms && stream->failures == 1)
        wait_ms = stream->sse.retry_ms;
    stream->due_ms = now_ms + wait_ms;
    if (stream->since_ms == 0)
        stream->since_ms = now_ms;
}

static void drop_handle(struct stream *stream, CURLM *multi)
{
    (void)curl_multi_remove_handle(multi, stream->easy);
    curl_easy_cleanup(stream->easy);
    curl_slist_free_all(stream->headers);
    stream->easy = NULL;
    stream->headers = NULL;
}

void stream_closed(struct stream *stream, CURLM *multi, CURLcode result, int64_t now_ms)
{
    bool was_stream = is_stream(stream), asked = stream->asks_epoch;
    long status = 0;

    (void)curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
    drop_handle(stream, multi);
    if (stream->follow.end == FOLLOW_DONE || stream->follow.end == FOLLOW_REFUSED) {
        stream->end = stream->follow.end;
        stream->is_over = true;
        return;
    }
    if (!stream->why[0] && result != CURLE_OK)
        (void)snprintf(stream->why, sizeof stream->why, "%s", curl_easy_strerror(result));
    if (!was_stream)
        judge_answer(stream, status);
    if (!stream->is_over && !(asked && !stream->asks_epoch))
        come_back(stream, now_ms);
}

void stream_check(struct stream *stream, int64_t now_ms)
{
    const struct options *options = stream->options;
    char *line, *rest = stream->follow.said.bytes;

    while (rest && (line = strsep(&rest, "\n")) && *line)
        fail_say("%s", line);
    text_clear(&stream->follow.said);
    if (stream->is_over || stream->since_ms == 0)
        return;
    if (stream->failures >= 2 && !stream->was_said && options->is_following) {
        fail_say("match %s: no connection to %s: %s; trying again", stream->follow.match,
                 options->url, stream->why[0] ? stream->why : "the stream ended");
        stream->was_said = true;
    }
    if (options->timeout_ms > 0 && now_ms - stream->since_ms >= options->timeout_ms) {
        fail_say("match %s: no connection to %s: %s", stream->follow.match, options->url,
                 stream->why[0] ? stream->why : "no answer");
        stream->end = FOLLOW_BROKEN;
        stream->is_over = true;
    }
}

void stream_free(struct stream *stream)
{
    sse_free(&stream->sse);
    text_free(&stream->answer);
    text_free(&stream->follow.said);
}
