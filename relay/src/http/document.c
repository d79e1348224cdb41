/* Documents, and who may have them. */
#include "http/document.h"

#include <libwebsockets.h>

#include "door/handshake.h"
#include "http/reply.h"
#include "hub/hub.h"
#include "wire/protocol.h"

/* A cache may answer for so long: a thousand who ask at once are one request for us. */
#define SHORTLY "public, max-age=1"
#define PRIVATELY "private, no-cache"
#define LIST_BYTES 1024

const char *document_origin(struct http *http, struct lws *wsi)
{
    if (!*http->settings.origins)
        return "*";
    if (!handshake_page_is_allowed(wsi, http->settings.origins) ||
        lws_hdr_copy(wsi, http->origin, sizeof(http->origin), WSI_TOKEN_ORIGIN) <= 0)
        return NULL;
    return http->origin;
}

void document_share(struct http *http, struct lws *wsi, struct answer *answer)
{
    answer->origin = document_origin(http, wsi);
    answer->is_by_origin = *http->settings.origins != '\0';
    if (http->hub->gate.auth)
        answer->caching = PRIVATELY;
}

int document_refuse_as(struct http *http, struct exchange **slot, struct lws *wsi,
                       struct answer answer, const char *code, const char *message)
{
    struct buffer document = {0};
    int result;

    protocol_error_document(&document, code, message);
    answer.type = ANSWER_JSON;
    answer.bytes = document.bytes;
    answer.length = document.length;
    document_share(http, wsi, &answer);
    result = document.is_broken ? -1 : reply_send(http, slot, wsi, &answer);
    buffer_free(&document);
    return result;
}

int document_refuse(struct http *http, struct exchange **slot, struct lws *wsi, unsigned status,
                    const char *code, const char *message)
{
    /* After a 405 a body may follow that nobody reads. */
    const struct answer answer = {.status = status, .is_last = status == 405};

    return document_refuse_as(http, slot, wsi, answer, code, message);
}

bool document_is_known(struct lws *wsi, const char *etag)
{
    char list[LIST_BYTES];

    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 &&
           lws_hdr_copy(wsi, list, sizeof(list), WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 &&
           etag_matches(list, etag);
}

int document_send(struct http *http, struct exchange **slot, struct lws *wsi, struct answer answer)
{
    answer.status = 200;
    answer.type = ANSWER_JSON;
    answer.caching = SHORTLY;
    document_share(http, wsi, &answer);
    if (document_is_known(wsi, answer.etag)) {
        answer.status = 304;
        answer.type = NULL;
        answer.length = 0;
    }
    return reply_send(http, slot, wsi, &answer);
}
