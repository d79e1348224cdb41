/*
 * What an HTTP request asks for.
 *
 *     /matches                            the states of the matches on the scoreboard
 *     /matches?[before=ID][&status=LIST][&competition=NAME][&limit=N]   all matches, in parts
 *     /matches/ID                         the state of one match
 *     /matches/ID/commentary[?since=SEQ or EPOCH:SEQ][&before=SEQ][&limit=N]
 *     /matches/events, /matches/ID/events [?since=EPOCH:SEQ][&history=N][&lastEventId=ANY]
 *     /events?match=ID&match=lobby…       [&since=EPOCH:ID=SEQ,lobby=SEQ…] and the same
 *     /embed/ID                           a page for frames of other sites
 *     /match/ID                           the page of one match, for people
 *     /livez  /readyz  /metrics  /ws[/]   and the files of the page
 *
 * ID is a whole number from 1, SEQ one from 0 (since) or 1 (before), without a sign, at most 18
 * digits; EPOCH 1 to 64 visible characters, among them no colon; N from 1 (limit) or 0 (history) to
 * 500. Each may be percent-encoded. An unknown parameter is ignored. A known parameter that comes
 * twice is refused, because it is not clear which value is meant; only match may come several
 * times, at most 16. LIST and NAME: see wire/listing.c. In the query of /matches a plus is a blank,
 * as forms write it.
 *
 * Valid:    /matches/7/commentary?since=41&limit=50   /matches/7/events?since=9f3c:41
 * Invalid:  /matches/0   /matches/+7   /matches/7/commentary?since=-1   ?limit=501   ?limit=
 */
#include "http/content/route.h"

#include <string.h>

#include "base/percent.h"
#include "door/head_reader.h"
#include "http/content/route_values.h"

#define PARAMETER_BYTES_MAX HEAD_LINE_MAX /* a request line is not longer */

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

static const struct parameter matches_parameters[] = {
    {"before", route_take_before_match,
     "before must be the number of a match: a whole number from 1", false},
    {"limit", route_take_rows, "limit must be a whole number from 1 to 100", false},
    {"status", route_take_status,
     "status must be one or more of scheduled, live, paused, finished, abandoned, postponed and "
     "cancelled, with commas between them",
     false},
    {"competition", route_take_competition,
     "competition must be a name of 1 to 200 bytes of UTF-8, without control characters", false},
    {NULL, NULL, NULL, false},
};

static const struct parameter commentary_parameters[] = {
    {"since", route_take_place, "since must be a seq, a whole number from 0, or EPOCH:SEQ", false},
    {"before", route_take_before, "before must be a seq: a whole number from 1", false},
    {"limit", route_take_limit, "limit must be a whole number from 1 to 500", false},
    {NULL, NULL, NULL, false},
};
/*
 * The query is read three times, in this order: the places of `since` need the matches, and
 * `lastEventId` overrides `since`.
 */
static const struct parameter events_matches[] = {
    {"match", route_take_match,
     "match must be a whole number from 1, or lobby; each comes once, at most 16 of them", true},
    {NULL, NULL, NULL, false},
};
static const struct parameter events_parameters[] = {
    {"since", route_take_since, "since must be EPOCH:SEQ, as an event's id has it", false},
    {"history", route_take_history, "history must be a whole number from 0 to 500", false},
    {NULL, NULL, NULL, false},
};
static const struct parameter events_last_id[] = {
    {"lastEventId", route_take_id, NULL, false},
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

/* Forms write a blank as a plus, and a plus as %2B. */
static void read_form(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '+')
            text[i] = ' ';
}

/* *seen has a bit for each parameter that has come. */
static bool parse_seen(struct route *route, const struct parameter *known, const char *query,
                       bool is_form, unsigned *seen)
{
    char text[PARAMETER_BYTES_MAX];

    while (*query) {
        size_t length = strcspn(query, "&");

        if (length > sizeof(text))
            return refuse(route, 400, "bad_request", "a parameter is too long");
        memcpy(text, query, length);
        if (is_form)
            read_form(text, length);
        if (!take_parameter(route, known, text, percent_decode(text, length), seen))
            return false;
        query += length;
        query += *query == '&';
    }
    return true;
}

static bool parse_query(struct route *route, const struct parameter *known, const char *query)
{
    unsigned seen = 0;

    return parse_seen(route, known, query, false, &seen);
}

/* "/matches": the scoreboard, or with a known parameter a list of matches. */
static bool parse_matches(struct route *route, const char *query)
{
    unsigned seen = 0;

    route->listing = (struct listing_wish){.rows = ROUTE_MATCHES};
    if (!parse_seen(route, matches_parameters, query, true, &seen))
        return false;
    route->resource = seen ? RESOURCE_MATCHES : RESOURCE_STATE;
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

/* What follows "/matches/". */
static bool parse_match(struct route *route, const char *path, const char *query)
{
    size_t length = strcspn(path, "/");

    if (strcmp(path, "events") == 0)
        return parse_events(route, query);
    if (!route_number(path, length, 1, INT64_MAX, &route->match_id))
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

/* What follows "/embed/". The page reads its query itself. */
static bool parse_embed(struct route *route, const char *path)
{
    route->resource = RESOURCE_EMBED;
    return route_number(path, strlen(path), 1, INT64_MAX, &route->match_id) ||
           refuse(route, 400, "bad_request", "a match is a whole number from 1");
}

/* What follows "/match/". People mistype it, so a wrong number is answered with a page. */
static void parse_page(struct route *route, const char *path)
{
    size_t length = strcspn(path, "/");

    if (path[length] && path[length + 1])
        return;
    route->resource = path[length] ? RESOURCE_PAGE_MOVED : RESOURCE_PAGE;
    if (!route_number(path, length, 1, INT64_MAX, &route->match_id)) {
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
        {"/livez", RESOURCE_LIVEZ}, {"/readyz", RESOURCE_READYZ}, {"/metrics", RESOURCE_METRICS},
        {"/ws", RESOURCE_WS},       {"/ws/", RESOURCE_WS},
    };
    static const char matches[] = "/matches/", match[] = "/match/", embed[] = "/embed/";

    *route = (struct route){.resource = RESOURCE_FILE, .limit = ROUTE_LIMIT};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(path, plain[i].path) == 0) {
            route->resource = plain[i].resource;
            return true;
        }
    }
    if (strcmp(path, "/matches") == 0)
        return parse_matches(route, query);
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
