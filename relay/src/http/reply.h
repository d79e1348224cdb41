/*
 * A reply: an answer on its way to its client. A short answer is one write. The rest of a longer
 * one, or what the client does not take at once, is kept as a reference to its body.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/content/answer.h"

struct exchange;
struct refusal;

/* Does If-None-Match of the request name this entity tag? */
bool reply_is_known(const struct exchange *exchange, const char *etag) MUST_CHECK;

/*
 * Answers the exchange, which ends when the client has taken all of the answer. Status 200
 * becomes 304 or 412 if the conditions of the request demand it.
 */
void reply_send(struct exchange *exchange, struct answer *answer);

/* Answers with a short text, and ends the connection. */
void reply_refuse(struct exchange *exchange, const struct refusal *refusal);

/* Call it when the client has taken all of the answer. */
void reply_is_sent(struct exchange *exchange);

/* Call it at the deadline: closes a connection whose client takes the answer too slowly. */
void reply_is_late(struct exchange *exchange);

#endif
