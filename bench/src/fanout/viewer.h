/*
 * One viewer: viewers.c connects it, viewers_hear.c takes apart what it is sent.
 */
#ifndef VIEWER_H
#define VIEWER_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "wire.h"

struct tally;

enum state {
    VIEWER_CONNECTING,
    VIEWER_SECURING, /* the handshake of TLS */
    VIEWER_SHAKING,
    VIEWER_JOINING,
    VIEWER_READY,
    VIEWER_ENDED
};

struct viewer {
    int fd;
    enum state state;
    int subscribed;
    int64_t began_ns;
    int64_t told_ns; /* when the server sent it away; 0: it did not */
    int64_t *next;   /* seq, for each match */
    struct wire *wire;
    char *rest; /* a part of a message */
    size_t rest_length;
};

/* ---- viewers.c ---- */

void viewer_subscribe(struct viewer *viewer);
void viewer_is_ready(struct viewer *viewer);
void viewer_write(struct viewer *viewer, const char *bytes, size_t length);
void viewer_end(struct viewer *viewer);

/* It connects anew, and resumes where it was. */
void viewer_come_back(struct viewer *viewer);

/* ---- viewers_hear.c ---- */

void viewers_hear_init(const struct options *options, struct tally *tally);
void viewer_on_readable(struct viewer *viewer);

#endif
