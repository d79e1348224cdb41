/* Pages of matches as answers. */
#include "http/pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "door/peer.h"
#include "http/content/page.h"
#include "http/exchange.h"
#include "http/reply.h"
#include "http/site.h"

/* A cache may answer for a second, as it may with documents. */
#define SHORTLY "public, max-age=1"

void pages_tag(const struct http *http, char etag[ETAG_BYTES])
{
    struct answer site = site_answer(&http->settings, "/", (struct site_codings){0});
    char tag[ETAG_BYTES];

    etag_write_page(tag, etag, site.bytes, site.length);
    memcpy(etag, tag, ETAG_BYTES);
    body_release(site.body);
}

/* document NULL: the page tells nothing of the match. */
static struct body *make(const struct http *http, const struct buffer *document, const char *title)
{
    struct answer site = site_answer(&http->settings, "/", (struct site_codings){0});
    const struct page_template template = {site.bytes, site.length};
    struct buffer page = {0};
    struct body *body;

    if (document)
        page_write(&page, &template, (const char *)document->bytes, document->length);
    else
        page_write_blank(&page, &template, title);
    body = page.is_broken ? NULL : body_new(page.bytes, page.length);
    buffer_free(&page);
    body_release(site.body);
    return body;
}

struct body *pages_make(const struct http *http, unsigned status, const struct buffer *document)
{
    return make(http, status == 200 ? document : NULL, status == 404 ? "No such match" : NULL);
}

void pages_send(struct exchange *exchange, unsigned status, struct body *body, const char *etag)
{
    struct answer answer = {.status = status, .type = ANSWER_HTML, .is_page = true};

    if (body) {
        answer.bytes = body->bytes;
        answer.length = body->length;
        answer.body = body;
    }
    if (status == 200 && etag) {
        answer.etag = etag;
        answer.caching = SHORTLY;
    }
    reply_send(exchange, &answer);
}

void pages_send_blank(struct exchange *exchange, unsigned status)
{
    struct body *body = make(exchange->http, NULL, status == 404 ? "No such match" : NULL);

    if (body)
        pages_send(exchange, status, body, NULL);
    else
        peer_kill(exchange->peer);
    body_release(body);
}

/* The location is relative to the URL with the slash, so that it is right behind any proxy. */
void pages_send_moved(struct exchange *exchange)
{
    struct answer answer = answer_text(301, "the page of the match stands there\n");
    char location[32];

    snprintf(location, sizeof(location), "../%" PRId64, exchange->route.match_id);
    answer.location = location;
    reply_send(exchange, &answer);
}
