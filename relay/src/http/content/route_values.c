/* The values of parameters: checks each, and notes it in the route. */
#include "http/content/route_values.h"

#include <string.h>

#define DIGITS_MAX 19
#define SEQ_MAX INT64_C(999999999999999999) /* so that seq + 1 and the like cannot overflow */
#define LOBBY_NAME "lobby"

bool route_number(const char *text, size_t length, int64_t min, int64_t max, int64_t *number)
{
    if (length < 1 || length > DIGITS_MAX)
        return false;
    *number = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = text[i] - '0';

        if (digit < 0 || digit > 9 || *number > (INT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return *number >= min && *number <= max;
}

static bool take_since_seq(struct route *route, const char *value, size_t length)
{
    route->has_since = true;
    return route_number(value, length, 0, SEQ_MAX, &route->since_seq);
}

bool route_take_before(struct route *route, const char *value, size_t length)
{
    return route_number(value, length, 1, SEQ_MAX, &route->before_seq);
}

bool route_take_limit(struct route *route, const char *value, size_t length)
{
    int64_t limit;

    if (!route_number(value, length, 1, ROUTE_LIMIT_MAX, &limit))
        return false;
    route->limit = (int)limit;
    return true;
}

bool route_take_history(struct route *route, const char *value, size_t length)
{
    int64_t history;

    if (!route_number(value, length, 0, REQUEST_HISTORY_MAX, &history))
        return false;
    route->history = (int)history;
    return true;
}

/* ---- where a stream resumes ---- */

/* The number of a match, or "lobby", which is 0. */
static bool parse_topic(const char *text, size_t length, int64_t *match_id)
{
    *match_id = 0;
    if (length == sizeof(LOBBY_NAME) - 1 && memcmp(text, LOBBY_NAME, length) == 0)
        return true;
    return route_number(text, length, 1, INT64_MAX, match_id);
}

static struct route_place *find_place(struct route *route, int64_t match_id)
{
    for (int i = 0; i < route->place_count; i++)
        if (route->places[i].match_id == match_id)
            return &route->places[i];
    return NULL;
}

/* ID=SEQ of a stream of several matches; ignored if the request does not name that match. */
static bool take_place(struct route *route, const char *text, size_t length)
{
    const char *equals = memchr(text, '=', length);
    size_t name = equals ? (size_t)(equals - text) : 0;
    struct route_place *place;
    int64_t match_id, seq;

    if (name == 0 || !parse_topic(text, name, &match_id) ||
        !route_number(equals + 1, length - name - 1, 0, SEQ_MAX, &seq))
        return false;
    place = find_place(route, match_id);
    if (place) {
        place->has_since = true;
        place->since_seq = seq;
    }
    return true;
}

static bool take_places(struct route *route, const char *text, size_t length)
{
    const char *end = text + length;

    for (;;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));

        if (!take_place(route, text, (size_t)((comma ? comma : end) - text)))
            return false;
        if (!comma)
            return true;
        text = comma + 1;
    }
}

/* EPOCH:SEQ, or, for a stream of several matches, EPOCH:ID=SEQ,ID=SEQ… */
bool route_take_since(struct route *route, const char *text, size_t length)
{
    const char *colon = memchr(text, ':', length);
    size_t epoch_length = colon ? (size_t)(colon - text) : 0, rest = length - epoch_length - 1;

    if (epoch_length < 1 || epoch_length > REQUEST_EPOCH_MAX)
        return false;
    for (size_t i = 0; i < epoch_length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    if (route->place_count > 0 ? !take_places(route, colon + 1, rest)
                               : !take_since_seq(route, colon + 1, rest))
        return false;
    memcpy(route->since_epoch, text, epoch_length);
    route->since_epoch[epoch_length] = '\0';
    return true;
}

/* SEQ, in the current epoch, or EPOCH:SEQ. */
bool route_take_place(struct route *route, const char *text, size_t length)
{
    return memchr(text, ':', length) ? route_take_since(route, text, length)
                                     : take_since_seq(route, text, length);
}

static void forget_since(struct route *route)
{
    route->has_since = false;
    route->since_seq = 0;
    route->since_epoch[0] = '\0';
    for (int i = 0; i < route->place_count; i++)
        route->places[i].has_since = false;
}

void route_take_last_id(struct route *route, const char *id, size_t length)
{
    if (length == 0)
        return;
    forget_since(route);
    if (!route_take_since(route, id, length))
        forget_since(route);
}

bool route_take_id(struct route *route, const char *value, size_t length)
{
    route_take_last_id(route, value, length);
    return true;
}

bool route_take_match(struct route *route, const char *value, size_t length)
{
    struct route_place place = {0};

    if (route->place_count == ROUTE_MATCHES_MAX || !parse_topic(value, length, &place.match_id) ||
        find_place(route, place.match_id))
        return false;
    route->places[route->place_count++] = place;
    return true;
}

/* ---- lists of matches ---- */

bool route_take_before_match(struct route *route, const char *value, size_t length)
{
    return route_number(value, length, 1, SEQ_MAX, &route->listing.before);
}

bool route_take_rows(struct route *route, const char *value, size_t length)
{
    int64_t rows;

    if (!route_number(value, length, 1, LISTING_ROWS_MAX, &rows))
        return false;
    route->listing.rows = (int)rows;
    return true;
}

bool route_take_status(struct route *route, const char *value, size_t length)
{
    return listing_take_statuses(&route->listing, value, length);
}

bool route_take_competition(struct route *route, const char *value, size_t length)
{
    return listing_take_competition(&route->listing, value, length);
}
