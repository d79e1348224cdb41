/*
 * A document: JSON about matches, or about an error. This file also decides which web pages of
 * other origins may read it, and which caches may keep it.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/content/answer.h"

struct exchange;

/*
 * Call it when a request begins. Notes which origin may read the answer (any, or one of
 * --origins), which entity tags the client has, and which encodings it accepts.
 */
void document_begin(struct exchange *exchange);

/* Sets in the answer which origin's web pages may read it. */
void document_open(const struct exchange *exchange, struct answer *answer);

/* The same, and which caches may keep it. */
void document_share(const struct exchange *exchange, struct answer *answer);

/* Answers with a document and its entity tag; without content if the client has it already. */
void document_send(struct exchange *exchange, struct answer answer);

/* Answers with an error; PROTOCOL.md lists the codes. */
void document_refuse(struct exchange *exchange, unsigned status, const char *code,
                     const char *message);

/* The same; `answer` has the status, and other fields of the header. */
void document_refuse_as(struct exchange *exchange, struct answer answer, const char *code,
                        const char *message);

#endif
