/*
 * A document: JSON about matches, or about an error. Here is who may have it, apart
 * from the client: pages of other origins, and caches.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/answer.h"

struct exchange;

/*
 * When a request begins: which page of another origin may read what is answered: any,
 * or one of --origins; and what the client has already.
 */
void document_begin(struct exchange *exchange);

/* Says in the answer who else may have it. */
void document_share(const struct exchange *exchange, struct answer *answer);

/* These answer. A document has its entity tag, and no content if the client has it already. */
void document_send(struct exchange *exchange, struct answer answer);

/* An error: the code is one of PROTOCOL.md. */
void document_refuse(struct exchange *exchange, unsigned status, const char *code,
                     const char *message);

/* The same; the answer has the status, and what else is to be in its header. */
void document_refuse_as(struct exchange *exchange, struct answer answer, const char *code,
                        const char *message);

#endif
