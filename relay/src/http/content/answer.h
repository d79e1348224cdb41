/*
 * An answer of HTTP/1.1: its contents, and how its header is written.
 *
 * The relay writes the header itself, with the body after it, so that the whole answer is one
 * write.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/body.h"
#include "base/buffer.h"

#define ANSWER_TEXT "text/plain; charset=utf-8"
#define ANSWER_HTML "text/html; charset=utf-8"
#define ANSWER_JSON "application/json"
#define ANSWER_EVENTS "text/event-stream"

struct answer {
    unsigned status;
    const char *type; /* of the content; NULL: there is none */
    const void *bytes;
    size_t length;
    struct body *body;     /* holds the bytes if they are shared; not owned. NULL: they are not */
    const char *encoding;  /* Content-Encoding; NULL: none */
    const char *etag;      /* NULL: none */
    const char *caching;   /* Cache-Control; NULL: no-cache */
    const char *origin;    /* Access-Control-Allow-Origin; NULL: no other origin */
    const char *frames;    /* of a page: origins that may frame it; "": any, NULL: its own only */
    const char *images;    /* of a page: other origins whose images it shows; NULL or "": none */
    const char *location;  /* Location; NULL: none */
    const char *challenge; /* WWW-Authenticate; NULL: none */
    int retry_after_s;     /* Retry-After; 0: none */
    bool is_by_origin;     /* Vary: Origin */
    bool is_by_encoding;   /* Vary: Accept-Encoding */
    bool is_preflight;     /* answers the preflight of a browser (CORS) */
    bool is_page;          /* a file of the page: with Content-Security-Policy */
    bool is_embeddable;    /* other sites may load it: Cross-Origin-Resource-Policy */
    bool is_endless;       /* the body ends with the connection */
    bool is_last;          /* the connection ends after it */
    bool is_kept;          /* Connection: keep-alive, for a client of HTTP/1.0 */
};

/* A short text. */
struct answer answer_text(unsigned status, const char *text);

/* Adds the header, with the date of `now`. */
void answer_write_header(struct buffer *out, const struct answer *answer, time_t now);

#endif
