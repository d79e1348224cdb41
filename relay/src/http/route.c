/*
 * What an HTTP request asks for.
 *
 *     /matches                            the states of all matches
 *     /matches/ID                         the state of one
 *     /matches/ID/commentary[?since=SEQ][&limit=N]
 *     /matches/events, /matches/ID/events [?since=EPOCH:SEQ][&history=N]
 *     /embed/ID                           a page for frames of other sites
 *     /livez  /readyz  /metrics  /ws[/]   and the files of the page
 *
 * ID is a whole number from 1, SEQ one from 0, without a sign, at most 18 digits;
 * EPOCH 1 to 64 visible characters; N from 1 (limit) or 0 (history) to 500. Each may be
 * percent-encoded. An unknown parameter is ignored, whatever its length; a known one that
 * comes twice is refused, because each of the two values could be the one that is meant.
 *
 * Valid:    /matches/7/commentary?since=41&limit=50   /matches/7/events?since=9f3c:41
 * Invalid:  /matches/0   /matches/+7   /matches/7/commentary?since=-1   ?limit=501   ?limit=
 */
#include "http/route.h"

#include <string.h>

#include "base/percent.h"
#include "door/head_reader.h"

#define DIGITS_MAX 19
#define SEQ_MAX INT64_C(999999999999999999) /* counting on from there cannot overflow */
#define PARAMETER_BYTES_MAX HEAD_LINE_MAX   /* no request line has a longer one */

struct parameter {
    const char *name;
    /* False: the value is wrong. */
    bool (*take)(struct route *route, const char *value, size_t length);
    const char *error;
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

bool route_parse_since(struct route *route, const char *text, size_t length)
{
    const char *colon = memchr(text, ':', length);
    size_t epoch_length = colon ? (size_t)(colon - text) : 0;

    if (epoch_length < 1 || epoch_length > REQUEST_EPOCH_MAX)
        return false;
    for (size_t i = 0; i < epoch_length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    if (!take_since_seq(route, colon + 1, length - epoch_length - 1))
        return false;
    memcpy(route->since_epoch, text, epoch_length);
    route->since_epoch[epoch_length] = '\0';
    return true;
}

static const struct parameter commentary_parameters[] = {
    {"since", take_since_seq, "since must be a seq: a whole number from 0"},
    {"limit", take_limit, "limit must be a whole number from 1 to 500"},
    {NULL, NULL, NULL},
};
static const struct parameter events_parameters[] = {
    {"since", route_parse_since, "since must be EPOCH:SEQ, as an event's id has it"},
    {"history", take_history, "history must be a whole number from 0 to 500"},
    {NULL, NULL, NULL},
};

/* Takes "name=value", decoded; *seen has a bit for each parameter that has come. */
static bool take_parameter(struct route *route, const struct parameter *known, const char *text,
                           size_t length, unsigned *seen)
{
    for (unsigned i = 0; known[i].name; i++) {
        size_t name = strlen(known[i].name);

        if (length <= name || strncmp(text, known[i].name, name) != 0 || text[name] != '=')
            continue;
        if (*seen & 1u << i)
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
    return parse_query(route, events_parameters, query);
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

bool route_parse(struct route *route, const char *path, const char *query)
{
    static const struct {
        const char *path;
        enum resource resource;
    } plain[] = {
        {"/matches", RESOURCE_STATE},   {"/livez", RESOURCE_LIVEZ}, {"/readyz", RESOURCE_READYZ},
        {"/metrics", RESOURCE_METRICS}, {"/ws", RESOURCE_WS},       {"/ws/", RESOURCE_WS},
    };
    static const char matches[] = "/matches/", embed[] = "/embed/";

    *route = (struct route){.resource = RESOURCE_FILE, .limit = ROUTE_LIMIT};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(path, plain[i].path) == 0) {
            route->resource = plain[i].resource;
            return true;
        }
    }
    if (strncmp(path, matches, sizeof(matches) - 1) == 0)
        return parse_match(route, path + sizeof(matches) - 1, query);
    if (strncmp(path, embed, sizeof(embed) - 1) == 0)
        return parse_embed(route, path + sizeof(embed) - 1);
    return true;
}
