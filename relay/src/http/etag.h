/*
 * Entity tags, RFC 9110 section 8.8.3. Epoch and head of a topic determine every answer about
 * it, so the tag is made of them, the same for each URL of the topic. Tags are weak, because
 * two relays may write the same JSON with other blanks.
 */
#ifndef ETAG_H
#define ETAG_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/notice.h"

#define ETAG_BYTES (EPOCH_BYTES_MAX + 32)

void etag_write(char etag[ETAG_BYTES], const char *epoch, int64_t head);

/* Whether the value of If-None-Match names the tag: "*", or a list with commas. */
bool etag_matches(const char *list, const char *etag);

#endif
