/*
 * An exchange: a request whose answer takes longer than the callback that brought
 * it. It waits for a read, or for the client to take the rest of a body, or it is a
 * stream of events.
 *
 * While it lasts the library reads nothing from the connection: in the middle of an
 * answer it would leave what has come where it is, and be woken by it for ever. So
 * we watch the socket ourselves, to learn that the client is gone.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/body.h"
#include "base/wheel.h"
#include "door/caller.h"
#include "http/read.h"
#include "http/stream.h"

struct event;
struct event_base;
struct lws;

enum exchange_kind { EXCHANGE_BODY, EXCHANGE_READ, EXCHANGE_STREAM };

struct sending {
    struct body *body; /* counted; NULL: only what the library has buffered is left */
    size_t sent;
    bool is_last; /* the connection ends with it */
};

struct exchange {
    struct wheel_timer timer; /* first: the wheel leads back to here. The end of patience */
    struct lws *wsi;
    struct event *watch;
    int64_t give_up_ms;      /* of a stream that has not joined */
    struct callers *callers; /* of a stream: where its visitor is counted */
    struct visitor *visitor; /* its address; NULL: not counted */
    bool is_begun;           /* of a stream: what its client asked for is not needed any more */
    enum exchange_kind kind;
    union {
        struct sending sending;
        struct read read;
        struct stream stream;
    };
};

/* NULL: memory ran out. Its part of the union is zeroed. */
struct exchange *exchange_new(struct lws *wsi, enum exchange_kind kind);

/* Goes on later: the library reads no more, the socket is watched. False: memory ran out. */
bool exchange_wait(struct exchange *exchange, struct event_base *base) MUST_CHECK;

/* Nothing is to be sent for now: it is read no more. */
void exchange_rest(struct exchange *exchange);

/* Has LWS_CALLBACK_HTTP_WRITEABLE called once the client takes more. */
void exchange_want_writable(struct exchange *exchange);

/* Cuts the connection off, soon. */
void exchange_kill(struct exchange *exchange);

/* NULL is allowed. */
void exchange_free(struct exchange *exchange);

#endif
