/*
 * A document: JSON about matches, or about an error. This file also decides which pages of
 * other origins, and which caches, may have it.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/content/answer.h"

struct exchange;

/*
 * When a request begins: notes which origin may read the answer (any, or one of --origins),
 * and which entity tags the client has already.
 */
void document_begin(struct exchange *exchange);

/* Writes into the answer pages of which origin may read it. */
void document_open(const struct exchange *exchange, struct answer *answer);

/* The same, and which caches may have it. */
void document_share(const struct exchange *exchange, struct answer *answer);

/* Answers with a document and its entity tag; without content if the client has it already. */
void document_send(struct exchange *exchange, struct answer answer);

/* Answers with an error; PROTOCOL.md lists the codes. */
void document_refuse(struct exchange *exchange, unsigned status, const char *code,
                     const char *message);

/* The same; the answer has the status and further members of the header. */
void document_refuse_as(struct exchange *exchange, struct answer answer, const char *code,
                        const char *message);

#endif
