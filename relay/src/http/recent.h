/*
 * Documents that were read from the table a moment ago: who asks for the same in the same
 * state of the match gets the same bytes. Their number is HTTP_RECENT; the oldest goes first.
 */
#ifndef RECENT_H
#define RECENT_H

#include "base/attr.h"
#include "http/state.h"

/*
 * The document for this wish with this etag, or, if that is NULL, with whichever; it stays owned
 * here. NULL: there is none.
 */
const struct recent *recent_find(struct http *http, const struct read_wish *wish, const char *etag);

/* Keeps a document that has been read, with a reference of its own. */
void recent_remember(struct http *http, const struct read *read, struct body *body);

void recent_forget(struct recent *recent);
void recent_forget_all(struct http *http);

#endif
