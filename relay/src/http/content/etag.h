/*
 * Entity tags, RFC 9110 section 8.8.3. Epoch and head of a topic determine every answer about
 * it, so the tag is made of them, the same for each URL of the topic. Tags are weak, because
 * two relays may write the same JSON with other blanks.
 */
#ifndef ETAG_H
#define ETAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/notice.h"

#define ETAG_BYTES (EPOCH_BYTES_MAX + 48)

/*
 * The tag of a page that is made of them and of a template: another template is another page,
 * so that a browser does not keep the page of an older relay.
 */
void etag_write_page(char etag[ETAG_BYTES], const char *document_etag, const void *template,
                     size_t length);

/* The tag of a document that is identified only by its bytes. */
void etag_write_content(char etag[ETAG_BYTES], const void *bytes, size_t length);

void etag_write(char etag[ETAG_BYTES], const char *epoch, int64_t head);

/* Whether the value of If-None-Match names the tag: "*", or a list with commas. */
bool etag_matches(const char *list, const char *etag);

#endif
