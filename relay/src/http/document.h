/*
 * A document: JSON about matches, or about an error. Here is who may have it, apart
 * from the client: pages of other origins, and caches.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/http.h"

/*
 * The one place that says which page of another origin may read what we answer: any,
 * or those of --origins. NULL: not this one. Valid until the next request.
 */
const char *document_origin(struct http *http, struct lws *wsi);

/* Says in the answer who else may have it. */
void document_share(struct http *http, struct lws *wsi, struct answer *answer);

/* Whether the client has what this entity tag stands for. */
bool document_is_known(struct lws *wsi, const char *etag) MUST_CHECK;

/*
 * These send, and return what the library's callback has to return; the slot must be
 * NULL. A document has its entity tag, and no content if the client has it already.
 */
int document_send(struct http *http, struct exchange **slot, struct lws *wsi,
                  struct answer answer) MUST_CHECK;

/* An error: the code is one of PROTOCOL.md. */
int document_refuse(struct http *http, struct exchange **slot, struct lws *wsi, unsigned status,
                    const char *code, const char *message) MUST_CHECK;

/* The same; the answer has the status, and what else is to be in its header. */
int document_refuse_as(struct http *http, struct exchange **slot, struct lws *wsi,
                       struct answer answer, const char *code, const char *message) MUST_CHECK;

#endif
