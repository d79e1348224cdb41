/*
 * Entity tags, RFC 9110 section 8.8.3. The epoch and the head of a topic determine every answer
 * about it. So the tag is made of the two, and is the same for each URL of the topic. Tags are
 * weak, because two relays may write the same JSON with different white space.
 */
#ifndef ETAG_H
#define ETAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/notice.h"

#define ETAG_BYTES (EPOCH_BYTES_MAX + 48)

/*
 * The tag of a page, made of the tag of its document and of its template. So with another template
 * the tag differs, and a browser does not keep the page of an older relay.
 */
void etag_write_page(char etag[ETAG_BYTES], const char *document_etag, const void *template,
                     size_t length);

/* The tag of a document that is identified only by its bytes. */
void etag_write_content(char etag[ETAG_BYTES], const void *bytes, size_t length);

/* The tag of a document about a topic. */
void etag_write(char etag[ETAG_BYTES], const char *epoch, int64_t head);

/* Does the value of If-None-Match, "*" or a list of tags, match the tag? */
bool etag_matches(const char *list, const char *etag);

#endif
