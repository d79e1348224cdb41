/* The header of an answer. */
#include "http/content/answer.h"

#include <stdio.h>
#include <string.h>

/* The page loads nothing from other origins, except images from those of --images. */
#define PAGE_POLICY                                                                                \
    "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors "
/*
 * Fields that libraries send with fetch(). A page may send all others as well, because the relay
 * ignores them. "*" alone is not enough: it never covers authorization, and old browsers take it
 * for the name of a field.
 */
#define PREFLIGHT_FIELDS                                                                           \
    "authorization, cache-control, content-type, if-match, if-modified-since, if-none-match, "     \
    "last-event-id, pragma, range, x-requested-with, *"
#define PREFLIGHT_SECONDS "86400"
/* Retry-After of a 503: a database that is away seldom comes back sooner. */
#define UNAVAILABLE_RETRY_S 3

static const char *reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {417, "Expectation Failed"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

struct answer answer_text(unsigned status, const char *text)
{
    return (struct answer){
        .status = status, .type = ANSWER_TEXT, .bytes = text, .length = strlen(text)};
}

static void add(struct buffer *out, const char *name, const char *value)
{
    buffer_add_text(out, name);
    buffer_add_text(out, value);
    buffer_add(out, "\r\n", 2);
}

static void add_status(struct buffer *out, unsigned status)
{
    buffer_add_text(out, "HTTP/1.1 ");
    buffer_add_number(out, status);
    buffer_add_text(out, " ");
    add(out, reason_of(status), "");
}

/* The text is made once a second. */
static void add_date(struct buffer *out, time_t now)
{
    static char text[64];
    static time_t made;
    struct tm fields;

    if (now != made || !*text) {
        gmtime_r(&now, &fields);
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &fields);
        made = now;
    }
    add(out, "date: ", text);
}

/* Between origins the policy needs blanks, and the option may have commas. */
static void add_origins(struct buffer *out, const char *list)
{
    for (; *list; list++)
        buffer_add(out, *list == ',' || *list == '\t' ? " " : list, 1);
}

static void add_policy(struct buffer *out, const struct answer *page)
{
    const char *frames = page->frames;

    buffer_add_text(out, "content-security-policy: " PAGE_POLICY);
    buffer_add_text(out, !frames ? "'self'" : *frames ? "'self' " : "*");
    add_origins(out, frames ? frames : "");
    if (page->images && *page->images) {
        buffer_add_text(out, "; img-src 'self' ");
        add_origins(out, page->images);
    }
    buffer_add(out, "\r\n", 2);
}

static void add_content(struct buffer *out, const struct answer *answer)
{
    if (answer->type) {
        add(out, "content-type: ", answer->type);
        add(out, "x-content-type-options: ", "nosniff");
    }
    if (answer->status != 304 && answer->status != 204 && !answer->is_endless) {
        buffer_add_text(out, "content-length: ");
        buffer_add_number(out, (int64_t)answer->length);
        buffer_add(out, "\r\n", 2);
    }
    if (answer->encoding)
        add(out, "content-encoding: ", answer->encoding);
    if (answer->is_by_encoding)
        add(out, "vary: ", "accept-encoding");
    if (answer->is_endless)
        add(out, "x-accel-buffering: ", "no"); /* so that nginx passes the stream on at once */
    if (answer->is_page)
        add_policy(out, answer);
    if (answer->is_embeddable)
        add(out, "cross-origin-resource-policy: ", "cross-origin");
}

/* Vary: Origin, so that a cache does not give the answer for one origin to a page of another. */
static void add_origin(struct buffer *out, const struct answer *answer)
{
    if (answer->origin)
        add(out, "access-control-allow-origin: ", answer->origin);
    if (answer->is_by_origin || (answer->origin && strcmp(answer->origin, "*") != 0))
        add(out, "vary: ", "origin");
    if (!answer->origin)
        return;
    add(out, "access-control-expose-headers: ", "etag, retry-after");
    if (!answer->is_preflight)
        return;
    add(out, "access-control-allow-methods: ", "GET, HEAD");
    add(out, "access-control-allow-headers: ", PREFLIGHT_FIELDS);
    add(out, "access-control-max-age: ", PREFLIGHT_SECONDS);
}

static void add_retry_after(struct buffer *out, const struct answer *answer)
{
    int seconds = answer->status == 503 ? UNAVAILABLE_RETRY_S : answer->retry_after_s;

    if (seconds == 0)
        return;
    buffer_add_text(out, "retry-after: ");
    buffer_add_number(out, seconds);
    buffer_add(out, "\r\n", 2);
}

/* The field Upgrade concerns this connection only, so Connection names it (RFC 9110 section 7.8).
 */
static void add_connection(struct buffer *out, const struct answer *answer)
{
    bool is_last = answer->is_last || answer->is_endless;

    if (answer->status == 426)
        add(out, "connection: ", is_last ? "upgrade, close" : "upgrade");
    else if (is_last)
        add(out, "connection: ", "close");
    else if (answer->is_kept)
        add(out, "connection: ", "keep-alive");
}

void answer_write_header(struct buffer *out, const struct answer *answer, time_t now)
{
    add_status(out, answer->status);
    add_date(out, now);
    add_content(out, answer);
    add(out, "cache-control: ", answer->caching ? answer->caching : "no-cache");
    if (answer->etag)
        add(out, "etag: ", answer->etag);
    add_origin(out, answer);
    if (answer->location)
        add(out, "location: ", answer->location);
    if (answer->challenge)
        add(out, "www-authenticate: ", answer->challenge);
    if (answer->status == 405 || answer->is_preflight)
        add(out, "allow: ", "GET, HEAD, OPTIONS");
    if (answer->status == 426) {
        add(out, "upgrade: ", "websocket");
        add(out, "sec-websocket-version: ", "13");
    }
    add_retry_after(out, answer);
    add_connection(out, answer);
    buffer_add(out, "\r\n", 2);
}
