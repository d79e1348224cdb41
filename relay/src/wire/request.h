/*
 * Requests of viewers: one JSON object each, see PROTOCOL.md.
 *
 * Messages come from the open internet. Parsing one ends in a request with checked values, or
 * in an error to send back, and takes bounded work.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "wire/protocol.h"

#define REQUEST_BYTES_MAX 4096
#define REQUEST_HISTORY_MAX 500
#define REQUEST_EPOCH_MAX 64
#define REQUEST_MATCH_TEXT_MAX 64

enum request_type { REQUEST_SUBSCRIBE, REQUEST_UNSUBSCRIBE, REQUEST_AUTH, REQUEST_PING };

struct request {
    enum request_type type;
    int64_t match_id;  /* 0: the lobby */
    bool asks_viewers; /* PING: how many viewers match_id has */
    bool has_since;
    int64_t since_seq;
    char since_epoch[REQUEST_EPOCH_MAX + 1]; /* never "" from a viewer; "" is any epoch */
    int history;
    /* When it was refused: */
    const char *error_code;
    const char *error_message;
    char match_text[REQUEST_MATCH_TEXT_MAX + 1]; /* the member match, in JSON; "": none to tell */
    /* Of auth only. It is last because it is large, and other requests leave it unset. */
    char token[TOKEN_BYTES_MAX + 1];
};

/* False: the error members say why, and the others are not valid. */
bool request_parse(struct request *request, const char *text, size_t length) MUST_CHECK;

#endif
