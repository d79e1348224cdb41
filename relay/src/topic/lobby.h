/*
 * The scoreboard: the states of matches to come and under way, and of the last ones
 * that ended, as the bytes that the database wrote.
 *
 * It mirrors commentary.lobby(): loaded from it once, then kept current by the
 * messages of the lobby's log. It is bounded, because each new viewer gets all of it:
 * beyond LOBBY_ENDED_MAX matches that have ended, LOBBY_MATCHES_MAX in all or
 * LOBBY_BYTES_MAX, the oldest match that has ended is removed, or else the oldest to come,
 * or else the oldest under way.
 */
#ifndef LOBBY_H
#define LOBBY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"

#define LOBBY_ENDED_MAX 100
#define LOBBY_MATCHES_MAX 5000
#define LOBBY_BYTES_MAX ((size_t)4 * 1024 * 1024)

/* The first to go are first. */
enum lobby_place { LOBBY_ENDED, LOBBY_TO_COME, LOBBY_UNDER_WAY, LOBBY_PLACES };

struct lobby_match {
    int64_t match_id;
    char *state;
    size_t length;
    enum lobby_place place;
};

struct lobby {
    struct lobby_match *matches; /* by match_id, rising */
    size_t count, capacity;
    size_t counts[LOBBY_PLACES];
    size_t bytes; /* as it is written, without the brackets */
};

/* Takes over a JSON array of states. False: it is not one, or memory ran out. */
bool lobby_load(struct lobby *lobby, const char *array, size_t length) MUST_CHECK;

/* Takes over the new state of one match, a JSON object with the member match. */
bool lobby_put(struct lobby *lobby, const char *state, size_t length) MUST_CHECK;

/* Writes the states as one JSON array. */
void lobby_write(const struct lobby *lobby, struct buffer *out);

void lobby_free(struct lobby *lobby);

#endif
