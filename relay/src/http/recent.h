/*
 * Documents that were read from the table a moment ago: who asks for the same in the same
 * state of the match gets the same bytes. Their number is HTTP_RECENT; the oldest goes first.
 */
#ifndef RECENT_H
#define RECENT_H

#include "base/attr.h"
#include "http/state.h"

/* Do both wish for the same document? */
bool recent_is_same(const struct read_wish *one, const struct read_wish *other);

/* The document for this wish with this etag, which stays owned here. NULL: there is none. */
struct body *recent_find(struct http *http, const struct read_wish *wish, const char *etag);

/* Keeps a document that has been read, with a reference of its own. */
void recent_remember(struct http *http, const struct read *read, struct body *body);

void recent_forget(struct recent *recent);
void recent_forget_all(struct http *http);

#endif
