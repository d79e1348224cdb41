/* Documents that were read from the table a moment ago. */
#include "http/recent.h"

#include <string.h>

#include "base/body.h"
#include "base/clock.h"

void recent_forget(struct recent *recent)
{
    body_release(recent->body);
    recent->body = NULL;
}

void recent_forget_all(struct http *http)
{
    for (size_t i = 0; i < HTTP_RECENT; i++)
        recent_forget(&http->recent[i]);
}

const struct recent *recent_find(struct http *http, const struct read_wish *wish, const char *etag)
{
    for (size_t i = 0; i < HTTP_RECENT; i++) {
        const struct recent *recent = &http->recent[i];

        if (recent->body && read_is_same(&recent->wish, wish) &&
            (!etag || strcmp(recent->etag, etag) == 0))
            return recent;
    }
    return NULL;
}

void recent_remember(struct http *http, const struct read *read, struct body *body)
{
    struct recent *recent = &http->recent[http->next_recent++ % HTTP_RECENT];

    recent_forget(recent);
    *recent = (struct recent){.wish = read->wish, .body = body_use(body), .read_ms = clock_ms()};
    memcpy(recent->etag, read->etag, ETAG_BYTES);
}
