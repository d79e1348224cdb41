/*
 * A reply: an answer on its way to its client. It is one write if it fits into one and the
 * client takes it; the rest is kept as a reference to its body.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/content/answer.h"

struct exchange;
struct refusal;

/* Whether the client has what this entity tag stands for. */
bool reply_is_known(const struct exchange *exchange, const char *etag) MUST_CHECK;

/*
 * Answers the exchange, which ends once the client has taken it all. An answer of 200
 * becomes 304 or 412 when the conditions of the request want that.
 */
void reply_send(struct exchange *exchange, struct answer *answer);

/* A short text, and the end of the connection. */
void reply_refuse(struct exchange *exchange, const struct refusal *refusal);

/* The client has taken all of the answer. */
void reply_is_sent(struct exchange *exchange);

/* The client has had a while more to take it. */
void reply_is_late(struct exchange *exchange);

#endif
