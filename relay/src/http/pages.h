/*
 * Pages of matches as answers: page.h writes the data of the match into index.html. reads.h
 * reads, shares and bounds them like documents.
 *
 * When matches need a token, the page has no data of the match, because a browser that opens a
 * link sends no token. The script of the page asks for the data itself.
 */
#ifndef PAGES_H
#define PAGES_H

#include "base/body.h"
#include "base/buffer.h"
#include "http/content/etag.h"

struct exchange;
struct http;

/* Turns the entity tag of a document into that of the page that is made of the document. */
void pages_tag(const struct http *http, char etag[ETAG_BYTES]);

/*
 * Makes the page of a match from its document, if the status of that is 200. With 404 the page
 * says that there is no such match, with another status it tells nothing. NULL: memory ran out.
 */
struct body *pages_make(const struct http *http, unsigned status, const struct buffer *document);

/* Sends a page. body NULL: the client has it already, so it is sent without content. */
void pages_send(struct exchange *exchange, unsigned status, struct body *body, const char *etag);

/* Sends the page without data of a match: status 200, or 404 for a match that cannot exist. */
void pages_send_blank(struct exchange *exchange, unsigned status);

/* Redirects /match/7/ to /match/7. */
void pages_send_moved(struct exchange *exchange);

#endif
