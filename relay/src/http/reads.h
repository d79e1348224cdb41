/*
 * /matches, /matches/ID and /matches/ID/commentary: documents, from memory when they
 * are there, else as exchanges that wait for a read.
 */
#ifndef READS_H
#define READS_H

#include "base/attr.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/route.h"

/* Both return what the library's callback has to return. The slot must be NULL. */
int reads_begin(struct http *http, struct exchange **slot, struct lws *wsi,
                const struct route *route) MUST_CHECK;

/* The read is done, or has got further. */
int reads_go_on(struct http *http, struct exchange **slot, struct lws *wsi) MUST_CHECK;

#endif
