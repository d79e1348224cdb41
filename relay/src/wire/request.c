/*
 * Requests of viewers.
 *
 *     {"type":"subscribe","match":M,"since":{"epoch":E,"seq":S},"history":H}
 *     {"type":"unsubscribe","match":M}
 *     {"type":"auth","token":T}
 *     {"type":"ping","viewers":M}
 *
 * M is a whole number from 1, or "lobby"; E a string of 1 to 64 bytes; S a whole number
 * from 0; H one from 0 to 500; T a string of 1 to 3072 bytes. With S 0, E may be left out. since,
 * history and viewers may be left out or null; unknown members are ignored. A repeated member is
 * refused, because each of the two values could be the one that is meant.
 *
 * Valid:    {"type":"subscribe","match":7}   {"type":"ping","x":[1]}
 * Invalid:  {"type":"subscribe"}   {"type":"subscribe","match":"7"}
 *           {"type":"subscribe","match":7.0}   {"type":"ping","type":"ping"}   []
 */
#include "wire/request.h"

#include <string.h>

#include "base/json.h"

static bool refuse(struct request *request, const char *code, const char *message)
{
    request->error_code = code;
    request->error_message = message;
    return false;
}

static bool refuse_bad(struct request *request, const char *message)
{
    return refuse(request, "bad_request", message);
}

static bool parse_match(struct request *request, const json_t *match)
{
    if (json_is_string(match) && strcmp(json_string_value(match), "lobby") == 0) {
        request->match_id = 0;
        return true;
    }
    if (json_is_string(match))
        return refuse_bad(request, "match must be a whole number without quotes, or \"lobby\"");
    if (!json_is_integer(match) || json_integer_value(match) < 1)
        return refuse_bad(request, "match must be a whole number from 1, or \"lobby\"");
    request->match_id = json_integer_value(match);
    return true;
}

static bool parse_since(struct request *request, const json_t *since)
{
    const json_t *epoch = json_object_get(since, "epoch");
    const json_t *seq = json_object_get(since, "seq");
    size_t length = json_string_length(epoch);

    request->has_since = since && !json_is_null(since);
    if (!request->has_since)
        return true;
    if (!json_is_object(since))
        return refuse_bad(request, "since must be an object of epoch and seq");
    if (!json_is_integer(seq) || json_integer_value(seq) < 0)
        return refuse_bad(request, "since.seq must be a whole number from 0");
    if (json_integer_value(seq) == 0 && (!epoch || json_is_null(epoch)))
        return true; /* from the beginning, of whichever epoch this is */
    if (length < 1 || length > REQUEST_EPOCH_MAX)
        return refuse_bad(request, "since.epoch must be a string of 1 to 64 bytes");
    memcpy(request->since_epoch, json_string_value(epoch), length + 1);
    request->since_seq = json_integer_value(seq);
    return true;
}

static bool parse_history(struct request *request, const json_t *history)
{
    json_int_t count = json_integer_value(history); /* 0 for what is no number */

    if (history && !json_is_null(history) && !json_is_integer(history))
        return refuse_bad(request, "history must be a whole number from 0 to 500");
    if (count < 0 || count > REQUEST_HISTORY_MAX)
        return refuse_bad(request, "history must be a whole number from 0 to 500");
    request->history = (int)count;
    return true;
}

static bool parse_token(struct request *request, const json_t *token)
{
    size_t length = json_string_length(token); /* 0 for what is no string */

    if (length < 1 || length > TOKEN_BYTES_MAX)
        return refuse_bad(request, "token must be a string of 1 to 3072 bytes");
    request->type = REQUEST_AUTH;
    memcpy(request->token, json_string_value(token), length + 1);
    return true;
}

static bool parse_ping(struct request *request, const json_t *viewers)
{
    request->type = REQUEST_PING;
    request->asks_viewers = viewers && !json_is_null(viewers);
    if (!request->asks_viewers || parse_match(request, viewers))
        return true;
    return refuse_bad(request, "viewers must be a whole number from 1, or \"lobby\"");
}

static bool parse_object(struct request *request, const json_t *object)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    const json_t *match = json_object_get(object, "match");

    if (!json_is_object(object))
        return refuse_bad(request, "a message must be a JSON object");
    if (!type)
        return refuse_bad(request, "type must be a string");
    if (strcmp(type, "ping") == 0)
        return parse_ping(request, json_object_get(object, "viewers"));
    if (strcmp(type, "auth") == 0)
        return parse_token(request, json_object_get(object, "token"));
    if (strcmp(type, "unsubscribe") == 0) {
        request->type = REQUEST_UNSUBSCRIBE;
        return parse_match(request, match);
    }
    if (strcmp(type, "subscribe") != 0)
        return refuse(request, "unknown_type", "type must be subscribe, unsubscribe, auth or ping");
    request->type = REQUEST_SUBSCRIBE;
    return parse_match(request, match) && parse_since(request, json_object_get(object, "since")) &&
           parse_history(request, json_object_get(object, "history"));
}

/*
 * The match of a refused message, as it was given: so a client that meant "5" for 5 can tell
 * which of its subscriptions was wrong. A long text, an array or an object is not repeated.
 */
static void tell_match(struct request *request, const json_t *object)
{
    const json_t *match = json_object_get(object, "match");
    size_t length;

    if (!json_is_number(match) && !json_is_string(match) && !json_is_boolean(match))
        return;
    length = json_dumpb(match, request->match_text, REQUEST_MATCH_TEXT_MAX, JSON_ENCODE_ANY);
    request->match_text[length <= REQUEST_MATCH_TEXT_MAX ? length : 0] = '\0';
}

/* jansson refuses a message with a number that is too large; as a real it reads it. */
static bool refuse_number(struct request *request, const char *text, size_t length)
{
    json_t *object =
        json_read(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);

    tell_match(request, object);
    json_decref(object);
    return refuse_bad(request, "a number is out of range");
}

bool request_parse(struct request *request, const char *text, size_t length)
{
    json_t *object;
    json_error_t error = {0};
    bool is_good;

    memset(request, 0, offsetof(struct request, token));
    if (length > REQUEST_BYTES_MAX)
        return refuse_bad(request, "a message must be at most 4096 bytes");
    object = json_read(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!object && json_error_code(&error) == json_error_numeric_overflow)
        return refuse_number(request, text, length);
    if (!object)
        return refuse_bad(request, "a message must be one JSON object in valid UTF-8");
    is_good = parse_object(request, object);
    if (!is_good)
        tell_match(request, object);
    json_decref(object);
    return is_good;
}
