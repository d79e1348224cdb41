/*
 * Parses a notice, the payload of a notification: PROTOCOL.md describes its format.
 *
 * Any role that knows a channel can NOTIFY, so a notice is checked like all input from
 * outside.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define EPOCH_BYTES_MAX 64

struct notice {
    char epoch[EPOCH_BYTES_MAX + 1];
    int64_t match_id, first_seq;
    int64_t count;      /* 0: no entry, an epoch has begun */
    int64_t flushed_us; /* when it was handed to COMMIT, since 1970; 0: not told */
    bool has_entries;   /* false: announced only, to be read from the table */
    const char *rest;   /* the entries not taken yet; points into the payload */
};

/* False: not a notification of ours, or not whole. */
bool notice_parse(struct notice *notice, const char *payload) MUST_CHECK;

/* Takes the next entry, without its newline. False at the end. */
bool notice_next(struct notice *notice, const char **body, size_t *length) MUST_CHECK;

#endif
