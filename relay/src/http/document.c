/* Documents, and which web pages and caches may have them. */
#include "http/document.h"

#include <string.h>

#include "door/origins.h"
#include "door/peer.h"
#include "http/content/encoding.h"
#include "http/exchange.h"
#include "http/reply.h"
#include "hub/hub.h"
#include "wire/protocol.h"

/* A cache may answer for a second, so that a thousand clients at once cost the relay one request.
 */
#define SHORTLY "public, max-age=1"
#define PRIVATELY "private, no-cache"
/* A longer list of entity tags, or of codings, is ignored. */
#define LIST_BYTES 1024

static void read_known(struct exchange *exchange)
{
    char list[LIST_BYTES];

    if (head_join(exchange->head, "if-none-match", list, sizeof(list)) > 0)
        exchange->known = strdup(list);
}

static bool takes(const struct head *head, const char *coding)
{
    char list[LIST_BYTES];

    return head_join(head, "accept-encoding", list, sizeof(list)) > 0 &&
           encoding_is_taken(list, coding);
}

/* Our entity tags are weak, and If-Match compares strongly: only "*" matches. */
static bool is_unwanted(const struct head *head)
{
    const char *list = head_field(head, "if-match");

    return list && strcmp(list, "*") != 0;
}

/* If memory runs out, the page that asked may not read the answer. */
void document_begin(struct exchange *exchange)
{
    const char *origins = exchange->http->settings.origins, *origin;

    read_known(exchange);
    exchange->takes_gzip = takes(exchange->head, "gzip");
    exchange->takes_brotli = takes(exchange->head, "br");
    exchange->is_unwanted = is_unwanted(exchange->head);
    if (!*origins) {
        exchange->origin = "*";
        return;
    }
    origin = head_field(exchange->head, "origin");
    if (origin && origins_allow(origins, exchange->head))
        exchange->origin = exchange->own_origin = strdup(origin);
}

void document_open(const struct exchange *exchange, struct answer *answer)
{
    answer->origin = exchange->origin;
    answer->is_by_origin = *exchange->http->settings.origins != '\0';
}

void document_share(const struct exchange *exchange, struct answer *answer)
{
    document_open(exchange, answer);
    if (exchange->http->hub->gate.auth)
        answer->caching = PRIVATELY;
}

void document_refuse_as(struct exchange *exchange, struct answer answer, const char *code,
                        const char *message)
{
    struct buffer document = {0};

    protocol_error_document(&document, code, message);
    answer.type = ANSWER_JSON;
    answer.bytes = document.bytes;
    answer.length = document.length;
    document_share(exchange, &answer);
    if (document.is_broken)
        peer_kill(exchange->peer);
    else
        reply_send(exchange, &answer);
    buffer_free(&document);
}

void document_refuse(struct exchange *exchange, unsigned status, const char *code,
                     const char *message)
{
    document_refuse_as(exchange, (struct answer){.status = status}, code, message);
}

void document_send(struct exchange *exchange, struct answer answer)
{
    if (exchange->is_unwanted) {
        document_refuse(exchange, 412, "precondition_failed",
                        "all entity tags here are weak: If-Match can only be *");
        return;
    }
    answer.status = 200;
    answer.type = ANSWER_JSON;
    answer.caching = SHORTLY;
    document_share(exchange, &answer);
    reply_send(exchange, &answer);
}
