/*
 * The scoreboard: the states of the matches to come and under way, and of the last matches
 * that ended, in the bytes that the database wrote.
 *
 * It mirrors commentary.lobby(): it is loaded from there once, and then kept current by the
 * entries of the lobby's log. It is bounded, because each new viewer of the lobby gets all of it.
 * Beyond LOBBY_ENDED_MAX matches that have ended, LOBBY_MATCHES_MAX matches in all or
 * LOBBY_BYTES_MAX, the oldest match that has ended is removed; if there is none, the oldest match
 * to come; if there is none either, the oldest match under way.
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

/* The order in which matches are removed. */
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
    size_t bytes; /* of the array that lobby_write() writes, without its brackets */
};

/* Replaces all states by those of a JSON array. False: it is no such array, or memory ran out;
   the lobby holds a part of the states then. */
bool lobby_load(struct lobby *lobby, const char *array, size_t length) MUST_CHECK;

/* Adds or replaces the state of one match: a JSON object with the member match, which is copied.
   False: it is no such object, or memory ran out; the lobby is unchanged then. */
bool lobby_put(struct lobby *lobby, const char *state, size_t length) MUST_CHECK;

/* Appends the states as one JSON array, by rising numbers of the matches. */
void lobby_write(const struct lobby *lobby, struct buffer *out);

/* Frees all states; the lobby is empty then. */
void lobby_free(struct lobby *lobby);

#endif
