/*
 * A reply: an answer on its way through libwebsockets. One write if it fits into
 * one, and if the client takes it; else the rest follows piece by piece.
 */
#ifndef REPLY_H
#define REPLY_H

#include "base/attr.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/http.h"

/* Both return what the library's callback has to return. The slot must be NULL. */
int reply_send(struct http *http, struct exchange **slot, struct lws *wsi,
               struct answer *answer) MUST_CHECK;

/* The client takes more. */
int reply_go_on(struct http *http, struct exchange **slot) MUST_CHECK;

#endif
