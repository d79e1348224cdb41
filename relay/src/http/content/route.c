/*
 * What an HTTP request asks for.
 *
 *     /matches                            the states of all matches
 *     /matches/ID                         the state of one
 *     /matches/ID/commentary[?since=SEQ][&before=SEQ][&limit=N]
 *     /matches/events, /matches/ID/events [?since=EPOCH:SEQ][&history=N][&lastEventId=ANY]
 *     /events?match=ID&match=lobby…       [&since=EPOCH:ID=SEQ,lobby=SEQ…] and the same
 *     /embed/ID                           a page for frames of other sites
 *     /match/ID                           the page of one, for people
 *     /livez  /readyz  /metrics  /ws[/]   and the files of the page
 *
 * ID is a whole number from 1, SEQ one from 0 (since) or 1 (before), without a sign, at most 18
 * digits; EPOCH 1 to 64 visible characters, among them no colon; N from 1 (limit) or 0 (history) to
 * 500. Each may be percent-encoded. An unknown parameter is ignored, whatever its length; a known
 * one that comes twice is refused, because each of the two values could be the one that is meant.
 * match alone comes several times, at most 16.
 *
 * Valid:    /matches/7/commentary?since=41&limit=50   /matches/7/events?since=9f3c:41
 * Invalid:  /matches/0   /matches/+7   /matches/7/commentary?since=-1   ?limit=501   ?limit=
 */
#include "http/content/route.h"

#include <string.h>

#include "base/percent.h"
#include "door/head_reader.h"

#define DIGITS_MAX 19
#define SEQ_MAX INT64_C(999999999999999999) /* counting on from there cannot overflow */
#define LOBBY_NAME "lobby"
#define PARAMETER_BYTES_MAX HEAD_LINE_MAX /* no request line has a longer one */

struct parameter {
    const char *name;
    /* False: the value is wrong. */
    bool (*take)(struct route *route, const char *value, size_t length);
    const char *error;
    bool may_repeat;
};

static bool refuse(struct route *route, unsigned status, const char *code, const char *message)
{
    route->status = status;
    route->error_code = code;
    route->error_message = message;
    return false;
}

static bool parse_number(const char *text, size_t length, int64_t min, int64_t max, int64_t *number)
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
    return parse_number(value, length, 0, SEQ_MAX, &route->since_seq);
}

static bool take_before(struct route *route, const char *value, size_t length)
{
    return parse_number(value, length, 1, SEQ_MAX, &route->before_seq);
}

static bool take_limit(struct route *route, const char *value, size_t length)
{
    int64_t limit;

    if (!parse_number(value, length, 1, ROUTE_LIMIT_MAX, &limit))
        return false;
    route->limit = (int)limit;
    return true;
}

static bool take_history(struct route *route, const char *value, size_t length)
{
    int64_t history;

    if (!parse_number(value, length, 0, REQUEST_HISTORY_MAX, &history))
        return false;
    route->history = (int)history;
    return true;
}

/* ---- where a stream resumes ---- */

/* A number, or the lobby's name, which is match 0. */
static bool parse_topic(const char *text, size_t length, int64_t *match_id)
{
    *match_id = 0;
    if (length == sizeof(LOBBY_NAME) - 1 && memcmp(text, LOBBY_NAME, length) == 0)
        return true;
    return parse_number(text, length, 1, INT64_MAX, match_id);
}

static struct route_place *find_place(struct route *route, int64_t match_id)
{
    for (int i = 0; i < route->place_count; i++)
        if (route->places[i].match_id == match_id)
            return &route->places[i];
    return NULL;
}

/* ID=SEQ of a stream of several; of a match that is not asked for it says nothing. */
static bool take_place(struct route *route, const char *text, size_t length)
{
    const char *equals = memchr(text, '=', length);
    size_t name = equals ? (size_t)(equals - text) : 0;
    struct route_place *place;
    int64_t match_id, seq;

    if (name == 0 || !parse_topic(text, name, &match_id) ||
        !parse_number(equals + 1, length - name - 1, 0, SEQ_MAX, &seq))
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

/* EPOCH:SEQ, or EPOCH:ID=SEQ,ID=SEQ… of several. */
static bool take_since(struct route *route, const char *text, size_t length)
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
    if (!take_since(route, id, length))
        forget_since(route);
}

static bool take_last_id(struct route *route, const char *value, size_t length)
{
    route_take_last_id(route, value, length);
    return true;
}

static bool take_match(struct route *route, const char *value, size_t length)
{
    struct route_place place = {0};

    if (route->place_count == ROUTE_MATCHES_MAX || !parse_topic(value, length, &place.match_id) ||
        find_place(route, place.match_id))
        return false;
    route->places[route->place_count++] = place;
    return true;
}

static const struct parameter commentary_parameters[] = {
    {"since", take_since_seq, "since must be a seq: a whole number from 0", false},
    {"before", take_before, "before must be a seq: a whole number from 1", false},
    {"limit", take_limit, "limit must be a whole number from 1 to 500", false},
    {NULL, NULL, NULL, false},
};
/* These are read one after the other: a place is one of the matches, and the last event wins. */
static const struct parameter events_matches[] = {
    {"match", take_match,
     "match must be a whole number from 1, or lobby; each comes once, at most 16 of them", true},
    {NULL, NULL, NULL, false},
};
static const struct parameter events_parameters[] = {
    {"since", take_since, "since must be EPOCH:SEQ, as an event's id has it", false},
    {"history", take_history, "history must be a whole number from 0 to 500", false},
    {NULL, NULL, NULL, false},
};
static const struct parameter events_last_id[] = {
    {"lastEventId", take_last_id, NULL, false},
    {NULL, NULL, NULL, false},
};

/* Takes "name=value", decoded; *seen has a bit for each parameter that has come. */
static bool take_parameter(struct route *route, const struct parameter *known, const char *text,
                           size_t length, unsigned *seen)
{
    for (unsigned i = 0; known[i].name; i++) {
        size_t name = strlen(known[i].name);

        if (length <= name || strncmp(text, known[i].name, name) != 0 || text[name] != '=')
            continue;
        if (*seen & 1u << i && !known[i].may_repeat)
            return refuse(route, 400, "bad_request", "a parameter comes twice");
        *seen |= 1u << i;
        if (!known[i].take(route, text + name + 1, length - name - 1))
            return refuse(route, 400, "bad_request", known[i].error);
    }
    return true;
}

static bool parse_query(struct route *route, const struct parameter *known, const char *query)
{
    char text[PARAMETER_BYTES_MAX];
    unsigned seen = 0;

    while (*query) {
        size_t length = strcspn(query, "&");

        if (length > sizeof(text))
            return refuse(route, 400, "bad_request", "a parameter is too long");
        memcpy(text, query, length);
        if (!take_parameter(route, known, text, percent_decode(text, length), &seen))
            return false;
        query += length;
        query += *query == '&';
    }
    return true;
}

static bool parse_events(struct route *route, const char *query)
{
    route->resource = RESOURCE_EVENTS;
    return parse_query(route, events_parameters, query) &&
           parse_query(route, events_last_id, query);
}

/* "/events": several matches in one stream. */
static bool parse_several(struct route *route, const char *query)
{
    if (!parse_query(route, events_matches, query))
        return false;
    if (route->place_count == 0)
        return refuse(route, 400, "bad_request", "say which: /events?match=7&match=9");
    return parse_events(route, query);
}

/* What comes behind "/matches/". */
static bool parse_match(struct route *route, const char *path, const char *query)
{
    size_t length = strcspn(path, "/");

    if (strcmp(path, "events") == 0)
        return parse_events(route, query);
    if (!parse_number(path, length, 1, INT64_MAX, &route->match_id))
        return refuse(route, 400, "bad_request", "a match is a whole number from 1");
    path += length;
    if (!*path) {
        route->resource = RESOURCE_STATE;
        return true;
    }
    if (strcmp(path, "/events") == 0)
        return parse_events(route, query);
    if (strcmp(path, "/commentary") != 0)
        return refuse(route, 404, "not_found",
                      "of a match there are /matches/ID, its /commentary and its /events");
    route->resource = RESOURCE_COMMENTARY;
    return parse_query(route, commentary_parameters, query);
}

/* What comes behind "/embed/". The page reads its query itself. */
static bool parse_embed(struct route *route, const char *path)
{
    route->resource = RESOURCE_EMBED;
    return parse_number(path, strlen(path), 1, INT64_MAX, &route->match_id) ||
           refuse(route, 400, "bad_request", "a match is a whole number from 1");
}

/* What comes behind "/match/": people mistype it, so it is answered with a page. */
static void parse_page(struct route *route, const char *path)
{
    size_t length = strcspn(path, "/");

    if (path[length] && path[length + 1])
        return;
    route->resource = path[length] ? RESOURCE_PAGE_MOVED : RESOURCE_PAGE;
    if (!parse_number(path, length, 1, INT64_MAX, &route->match_id)) {
        route->resource = path[length] ? RESOURCE_FILE : RESOURCE_PAGE;
        route->match_id = 0;
    }
}

bool route_parse(struct route *route, const char *path, const char *query)
{
    static const struct {
        const char *path;
        enum resource resource;
    } plain[] = {
        {"/matches", RESOURCE_STATE},   {"/livez", RESOURCE_LIVEZ}, {"/readyz", RESOURCE_READYZ},
        {"/metrics", RESOURCE_METRICS}, {"/ws", RESOURCE_WS},       {"/ws/", RESOURCE_WS},
    };
    static const char matches[] = "/matches/", match[] = "/match/", embed[] = "/embed/";

    *route = (struct route){.resource = RESOURCE_FILE, .limit = ROUTE_LIMIT};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(path, plain[i].path) == 0) {
            route->resource = plain[i].resource;
            return true;
        }
    }
    if (strcmp(path, "/events") == 0)
        return parse_several(route, query);
    if (strncmp(path, matches, sizeof(matches) - 1) == 0)
        return parse_match(route, path + sizeof(matches) - 1, query);
    if (strncmp(path, embed, sizeof(embed) - 1) == 0)
        return parse_embed(route, path + sizeof(embed) - 1);
    if (strncmp(path, match, sizeof(match) - 1) == 0)
        parse_page(route, path + sizeof(match) - 1);
    return true;
}
