/*
 * /matches/ID/events: streams of Server-Sent Events as exchanges of libwebsockets.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "base/attr.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/route.h"

/*
 * The first two return what the library's callback has to return. The slot must be
 * NULL. The grant is taken over; NULL: everything is public.
 */
int events_begin(struct http *http, struct exchange **slot, struct lws *wsi,
                 const struct request *request, const char *origin, struct grant *grant) MUST_CHECK;
int events_go_on(struct http *http, struct exchange **slot) MUST_CHECK;

/* The timer of the exchange has fired. */
void events_on_timer(struct http *http, struct exchange *exchange);

#endif
