/*
 * The places of a stream of several matches: where it stands in each of them. An id of such a
 * stream names all of them, so that a client that is cut off resumes every match.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "http/content/route.h"
#include "wire/request.h"
#include "wire/sse.h"

struct places {
    struct sse_place *all; /* owned. NULL: the stream is of one match, which ids do not name */
    int count;
    char epoch[REQUEST_EPOCH_MAX + 1]; /* their seqs count in it */
};

/*
 * As the route says, in the hub's epoch; of one match there are none. A place that is resumed is
 * named from the first event on, because the client may be cut off again. False: memory ran out.
 */
bool places_make(struct places *places, const struct route *route, const char *epoch) MUST_CHECK;
void places_free(struct places *places);

/* A match is gone, and the others of the stream go on. False: no other is left. */
bool places_lose(struct places *places, int64_t match_id) MUST_CHECK;

/*
 * The stream stands at that seq of the match now: adds the id of the event that follows. SSE_NO_ID
 * for the seq: the match was resumed where the client asked for it.
 */
void places_add_id(struct places *places, const char *epoch, int64_t match_id, int64_t seq,
                   struct buffer *out);

#endif
