/*
 * Pages of matches as answers: page.h writes them, into the index.html that is served. They
 * are read, shared and bounded like other documents, by reads.h.
 *
 * What needs a token is not told in a page, because a browser that opens a link has none to
 * show: then it gets the page without a match, and asks for the rest itself.
 */
#ifndef PAGES_H
#define PAGES_H

#include "base/body.h"
#include "base/buffer.h"
#include "http/content/etag.h"

struct exchange;
struct http;

/* Makes the entity tag of a document that of the page that is made of it. */
void pages_tag(const struct http *http, char etag[ETAG_BYTES]);

/*
 * The page that is made of a document that was read with this status; without it, the page
 * says that there is no such match (404) or nothing. NULL: memory ran out.
 */
struct body *pages_make(const struct http *http, unsigned status, const struct buffer *document);

/* Sends it; without content (body is NULL then) if the client has it already. */
void pages_send(struct exchange *exchange, unsigned status, struct body *body, const char *etag);

/* Sends the page of which nothing is told: 200, or 404 for a match that cannot be. */
void pages_send_blank(struct exchange *exchange, unsigned status);

/* /match/7/ is found at /match/7. */
void pages_send_moved(struct exchange *exchange);

#endif
