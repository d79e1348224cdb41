/*
 * Documents that were read from the table a moment ago. Clients that ask for the same document
 * get the same bytes while its entity tag is the same. HTTP_RECENT documents are kept; a new one
 * replaces the oldest.
 */
#ifndef RECENT_H
#define RECENT_H

#include "base/attr.h"
#include "http/state.h"

/*
 * The document for this wish with this etag; etag NULL: with any. It stays owned here. NULL: there
 * is none.
 */
const struct recent *recent_find(struct http *http, const struct read_wish *wish, const char *etag);

/* Keeps a document that has been read, with a reference of its own. */
void recent_remember(struct http *http, const struct read *read, struct body *body);

void recent_forget(struct recent *recent);
void recent_forget_all(struct http *http);

#endif
