/*
 * Content codings: which of them a client accepts, and the compressed form of a body.
 *
 * A body is compressed once, for all clients that accept gzip. To bound the work, small and very
 * large bodies are not compressed, and only ENCODING_BYTES_A_SECOND in a second. All other answers
 * are sent uncompressed.
 */
#ifndef ENCODING_H
#define ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/body.h"

#define ENCODING_PACKED_MIN 1000          /* smaller: it would fit into one packet anyway */
#define ENCODING_PACKED_MAX (256 * 1024)  /* larger: it would take more than about 4 ms */
#define ENCODING_BYTES_A_SECOND (4 << 20) /* of all bodies together; about 6 % of a core */

/*
 * Whether a list of Accept-Encoding names a coding, with a weight above zero. "*" is not
 * enough: old caches send it without meaning it.
 */
bool encoding_is_taken(const char *list, const char *coding) MUST_CHECK;

/* The compressed body (gzip), which `body` owns. NULL: send `body` uncompressed. */
struct body *encoding_pack(struct body *body, int64_t now_ms) MUST_CHECK;

#endif
