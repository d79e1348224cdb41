/* The rules for a head as a whole. */
#include "door/head_rules.h"

#include <string.h>
#include <strings.h>

#include "door/target.h"

/* Host: RFC 9112 section 3.2. It must be right even where the target has another one. */
static bool apply_host(struct head *head)
{
    unsigned count = head_count(head, "host");
    const char *host = head_field(head, "host");

    if (count > 1)
        head_refuse(head, 400, "two Host headers");
    else if (count == 0 && !head->is_old)
        head_refuse(head, 400, "there is no Host header");
    else if (host && !target_is_authority(host, strlen(host)))
        head_refuse(head, 400, "the Host header is not a host and a port");
    else if (host && !head->has_target_host)
        head->host = host;
    return !head->status;
}

/* Content-Length: digits, and so many that they can be counted. */
static bool parse_length(struct head *head, const char *text)
{
    uint64_t length = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || length > (UINT64_MAX - 9) / 10)
            return false;
        length = length * 10 + (uint64_t)(*text - '0');
    }
    head->body_length = length;
    return true;
}

/*
 * RFC 9112 section 6.3. Two lengths are how requests are smuggled past a proxy: so they are
 * refused even where the RFC lets a server choose.
 */
static bool apply_length(struct head *head)
{
    const char *length = head_field(head, "content-length");

    if (!length)
        return true;
    if (head_count(head, "content-length") > 1)
        head_refuse(head, 400, "two Content-Length headers");
    else if (!parse_length(head, length))
        head_refuse(head, 400, "Content-Length must be a number");
    head->has_body = head->body_length > 0;
    return !head->status;
}

/* Whether chunked is the last coding; *others is whether there are others. */
static bool ends_chunked(const struct head *head, bool *others)
{
    unsigned next = 0;
    bool is_chunked = false;
    const char *value;

    *others = false;
    while ((value = head_next(head, "transfer-encoding", &next)))
        for (struct head_word word = {value, 0}; head_next_word(&word);) {
            *others |= is_chunked || !head_word_is(&word, "chunked");
            is_chunked = head_word_is(&word, "chunked");
        }
    return is_chunked;
}

static bool apply_coding(struct head *head)
{
    bool others;

    if (!head_field(head, "transfer-encoding"))
        return true;
    if (head->is_old)
        head_refuse(head, 400, "HTTP/1.0 has no Transfer-Encoding");
    else if (head_field(head, "content-length"))
        head_refuse(head, 400, "both Content-Length and Transfer-Encoding");
    else if (!ends_chunked(head, &others))
        head_refuse(head, 400, "the last Transfer-Encoding must be chunked");
    else if (others)
        head_refuse(head, 501, "the only Transfer-Encoding here is chunked");
    head->has_body = head->is_chunked = true;
    return !head->status;
}

/* RFC 9110 section 10.1.1. A client of HTTP/1.0 does not know it. */
static bool apply_expectation(struct head *head)
{
    unsigned next = 0;
    const char *value;

    if (head->is_old)
        return true;
    while ((value = head_next(head, "expect", &next)))
        for (struct head_word word = {value, 0}; head_next_word(&word);)
            if (!head_word_is(&word, "100-continue")) {
                head_refuse(head, 417, "the only expectation here is 100-continue");
                return false;
            }
    head->expects_continue = head->has_body && head_lists(head, "expect", "100-continue");
    return true;
}

/* RFC 9112 section 9.3, RFC 9110 section 7.8. */
static void apply_connection(struct head *head)
{
    bool closes = head_lists(head, "connection", "close");

    head->is_kept = !closes && (!head->is_old || head_lists(head, "connection", "keep-alive"));
    head->wants_websocket = !head->is_old && head_lists(head, "connection", "upgrade") &&
                            head_lists(head, "upgrade", "websocket");
}

void head_rules_apply(struct head *head)
{
    if (apply_host(head) && apply_length(head) && apply_coding(head) && apply_expectation(head))
        apply_connection(head);
}
