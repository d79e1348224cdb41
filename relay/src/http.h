/*
 * What is answered over plain HTTP: the page, /livez and /readyz.
 *
 * An answer is small and known as a whole when it begins.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "attr.h"

struct feed;
struct lws;

struct http {
    const char *web; /* folder of the page; "": the files inside the program */
    const struct feed *feed;
};

/* One answer on its way; zeroed, there is none. */
struct http_answer {
    unsigned char *body; /* owned, with LWS_PRE bytes of room before it; NULL: no body */
    size_t length;
};

/* Both return what the library's callback has to return: 0, or -1 to close. */
int http_begin(const struct http *http, struct http_answer *answer, struct lws *wsi,
               const char *path) MUST_CHECK;
int http_go_on(struct http_answer *answer, struct lws *wsi) MUST_CHECK;

/* Refuses a request at once. Returns -1: the connection ends with it. */
int http_refuse(struct lws *wsi, unsigned status, const char *text) MUST_CHECK;

/* The connection is gone. */
void http_end(struct http_answer *answer);

#endif
