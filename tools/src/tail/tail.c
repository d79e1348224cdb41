/*
 * commentary-tail: the commentary of matches in a terminal.
 *
 * One thread, one loop: libcurl's multi interface waits for all streams at once.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "tail/options.h"
#include "tail/stream.h"

#define TURN_MS 1000
#define SHORT_TURN_MS 100

static struct options options;
static struct stream streams[OPTIONS_MATCHES_MAX];
static struct text shown;

static void write_shown(void)
{
    if (shown.length == 0)
        return;
    if (fwrite(shown.bytes, 1, shown.length, stdout) != shown.length || fflush(stdout) != 0)
        fail_exit(STATUS_FAILED, "cannot write: %s", strerror(errno));
    text_clear(&shown);
}

static void take_ended(CURLM *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left))) {
        struct stream *stream = NULL;
        CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&stream);
        if (stream)
            stream_closed(stream, multi, result, clock_ms());
    }
}

/* Whether one of them goes on; *waits: one is not connected. */
static bool turn(CURLM *multi, bool *waits)
{
    bool goes_on = false;
    int running;

    *waits = false;
    for (int i = 0; i < options.match_count; i++)
        stream_open(&streams[i], multi, clock_ms());
    (void)curl_multi_perform(multi, &running);
    take_ended(multi);
    write_shown();
    for (int i = 0; i < options.match_count; i++) {
        stream_check(&streams[i], clock_ms());
        goes_on |= !streams[i].is_over;
        *waits |= !streams[i].is_over && !streams[i].easy;
    }
    return goes_on;
}

static enum status outcome(void)
{
    enum status status = STATUS_DONE;

    for (int i = 0; i < options.match_count; i++) {
        if (streams[i].end == FOLLOW_BROKEN)
            return STATUS_FAILED;
        if (streams[i].end == FOLLOW_REFUSED)
            status = STATUS_REFUSED;
    }
    return status;
}

int main(int argc, char **argv)
{
    enum status status;
    CURLM *multi;
    bool waits;

    options_read(&options, argc, argv);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(multi = curl_multi_init()))
        fail_exit(STATUS_FAILED, "libcurl cannot be used");
    for (int i = 0; i < options.match_count; i++)
        stream_begin(&streams[i], &options, options.matches[i], &shown);
    while (turn(multi, &waits))
        (void)curl_multi_poll(multi, NULL, 0, waits ? SHORT_TURN_MS : TURN_MS, NULL);
    status = outcome();
    for (int i = 0; i < options.match_count; i++)
        stream_free(&streams[i]);
    text_free(&shown);
    (void)curl_multi_cleanup(multi);
    curl_global_cleanup();
    return status;
}
