/* HTTP: the page, /livez, /readyz; anything else is 404. */
#include "http.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assets.h"
#include "feed.h"

#define HEADER_BYTES 1024
#define FILE_BYTES_MAX ((long)1024 * 1024)

#define TEXT "text/plain; charset=utf-8"
#define ALLOW                                                                                      \
    "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'self'"

struct content {
    unsigned status;
    const char *type;
    const void *bytes;
    size_t length;
    void *owned; /* to be freed; NULL when the bytes stay */
};

static struct content content_text(unsigned status, const char *text)
{
    return (struct content){status, TEXT, text, strlen(text), NULL};
}

static const struct asset *find_asset(const char *name)
{
    for (size_t i = 0; i < asset_count; i++)
        if (strcmp(assets[i].name, name) == 0)
            return &assets[i];
    return NULL;
}

/*
 * From the folder of --web. Only names that are also in the program are looked
 * for, so that no request can name a file of its own.
 */
static struct content content_of_file(const char *folder, const struct asset *asset)
{
    struct content content = {200, asset->type, NULL, 0, NULL};
    char path[4096];
    FILE *file;
    long size;

    snprintf(path, sizeof(path), "%s/%s", folder, asset->name);
    file = fopen(path, "rb");
    if (!file)
        return content_text(404, "no such file in the folder of --web\n");
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && size <= FILE_BYTES_MAX &&
        fseek(file, 0, SEEK_SET) == 0) {
        content.owned = malloc((size_t)size + 1);
        content.bytes = content.owned;
        if (content.owned)
            content.length = fread(content.owned, 1, (size_t)size, file);
    }
    fclose(file);
    return content.owned ? content : content_text(500, "cannot read the file\n");
}

static struct content content_of(const struct http *http, const char *path)
{
    const char *name = strcmp(path, "/") == 0 ? "index.html" : path + 1;
    const struct asset *asset;
    const char *reason = "";

    if (strcmp(path, "/livez") == 0)
        return content_text(200, "ok\n");
    if (strcmp(path, "/readyz") == 0)
        return feed_is_live(http->feed, &reason) ? content_text(200, "ok\n")
                                                 : content_text(503, reason);
    if (strcmp(path, "/ws") == 0)
        return content_text(426, "this is for WebSocket connections\n");
    asset = find_asset(name);
    if (!asset)
        return content_text(404, "nothing here; the page is at /\n");
    if (*http->web)
        return content_of_file(http->web, asset);
    return (struct content){200, asset->type, asset->bytes, (size_t)(asset->end - asset->bytes),
                            NULL};
}

static int add_header(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                      unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value, (int)strlen(value), at, end);
}

static bool send_header(struct lws *wsi, const struct content *content, bool is_last)
{
    unsigned char buffer[LWS_PRE + HEADER_BYTES], *start = buffer + LWS_PRE, *at = start;
    unsigned char *end = buffer + sizeof(buffer) - 1;

    return lws_add_http_common_headers(wsi, content->status, content->type,
                                       (lws_filepos_t)content->length, &at, end) == 0 &&
           add_header(wsi, "cache-control:", "no-cache", &at, end) == 0 &&
           add_header(wsi, "content-security-policy:", ALLOW, &at, end) == 0 &&
           add_header(wsi, "x-content-type-options:", "nosniff", &at, end) == 0 &&
           (!is_last || add_header(wsi, "connection:", "close", &at, end) == 0) &&
           (content->status != 426 ||
            add_header(wsi, "sec-websocket-version:", "13", &at, end) == 0) &&
           lws_finalize_write_http_header(wsi, start, &at, end) == 0;
}

static bool keep_body(struct http_answer *answer, const struct content *content)
{
    answer->body = malloc(LWS_PRE + content->length);
    if (!answer->body)
        return false;
    memcpy(answer->body + LWS_PRE, content->bytes, content->length);
    answer->length = content->length;
    return true;
}

/* A HEAD is answered like a GET, but for the body. */
static int end_without_body(struct lws *wsi, const struct content *content)
{
    if (!send_header(wsi, content, false))
        return -1;
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int http_begin(const struct http *http, struct http_answer *answer, struct lws *wsi,
               const char *path)
{
    bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    bool is_get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    struct content content;
    int result = -1;

    http_end(answer);
    if (!is_get && !is_head)
        return http_refuse(wsi, 405, "GET and HEAD only\n");
    content = content_of(http, path);
    if (is_head) {
        result = end_without_body(wsi, &content);
    } else if (send_header(wsi, &content, false) && keep_body(answer, &content)) {
        lws_callback_on_writable(wsi);
        result = 0;
    }
    free(content.owned);
    return result;
}

/* A refusal is short: it fits into the socket of a connection that has heard nothing yet. */
int http_refuse(struct lws *wsi, unsigned status, const char *text)
{
    struct content content = content_text(status, text);
    struct http_answer answer = {NULL, 0};

    if (send_header(wsi, &content, true) && keep_body(&answer, &content))
        lws_write(wsi, answer.body + LWS_PRE, answer.length, LWS_WRITE_HTTP_FINAL);
    http_end(&answer);
    return -1;
}

int http_go_on(struct http_answer *answer, struct lws *wsi)
{
    int written;

    if (!answer->body)
        return 0;
    written = lws_write(wsi, answer->body + LWS_PRE, answer->length, LWS_WRITE_HTTP_FINAL);
    http_end(answer);
    if (written < 0 || lws_http_transaction_completed(wsi))
        return -1;
    return 0;
}

void http_end(struct http_answer *answer)
{
    free(answer->body);
    *answer = (struct http_answer){NULL, 0};
}
