/* The scoreboard: states of matches in a sorted array. */
#include "topic/lobby.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define FIRST_CAPACITY 64

void lobby_free(struct lobby *lobby)
{
    for (size_t i = 0; i < lobby->count; i++)
        free(lobby->matches[i].state);
    free(lobby->matches);
    *lobby = (struct lobby){0};
}

/* The index of the match, or the index at which to insert it. */
static size_t lobby_index(const struct lobby *lobby, int64_t match_id)
{
    size_t low = 0, high = lobby->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (lobby->matches[middle].match_id < match_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void lobby_count(struct lobby *lobby, const struct lobby_match *match)
{
    lobby->counts[match->place]++;
    lobby->bytes += match->length + 1;
}

static void lobby_uncount(struct lobby *lobby, const struct lobby_match *match)
{
    lobby->counts[match->place]--;
    lobby->bytes -= match->length + 1;
}

static void lobby_remove(struct lobby *lobby, size_t index)
{
    struct lobby_match *match = &lobby->matches[index];

    lobby_uncount(lobby, match);
    free(match->state); /* NOLINT(clang-analyzer-unix.Malloc): it does not follow memmove() */
    lobby->count--;
    memmove(match, match + 1, (lobby->count - index) * sizeof(*match));
}

static void lobby_remove_oldest(struct lobby *lobby, enum lobby_place place)
{
    size_t i = 0;

    while (lobby->matches[i].place != place)
        i++;
    lobby_remove(lobby, i);
}

static void lobby_trim(struct lobby *lobby)
{
    while (lobby->count > 0 &&
           (lobby->count > LOBBY_MATCHES_MAX || lobby->bytes > LOBBY_BYTES_MAX ||
            lobby->counts[LOBBY_ENDED] > LOBBY_ENDED_MAX)) {
        enum lobby_place place = LOBBY_ENDED;

        while (lobby->counts[place] == 0)
            place++;
        lobby_remove_oldest(lobby, place);
    }
}

static bool lobby_reserve(struct lobby *lobby)
{
    size_t capacity = lobby->capacity ? lobby->capacity * 2 : FIRST_CAPACITY;
    struct lobby_match *matches;

    if (lobby->count < lobby->capacity)
        return true;
    matches = realloc(lobby->matches, capacity * sizeof(*matches));
    if (!matches)
        return false;
    lobby->matches = matches;
    lobby->capacity = capacity;
    return true;
}

/* Takes over match.state, which is on the heap. False: memory ran out, and it is not taken. */
static bool lobby_take(struct lobby *lobby, struct lobby_match match)
{
    size_t i = lobby_index(lobby, match.match_id);

    if (i < lobby->count && lobby->matches[i].match_id == match.match_id) {
        lobby_uncount(lobby, &lobby->matches[i]);
        free(lobby->matches[i].state);
    } else {
        if (!lobby_reserve(lobby))
            return false;
        memmove(&lobby->matches[i + 1], &lobby->matches[i],
                (lobby->count - i) * sizeof(*lobby->matches));
        lobby->count++;
    }
    lobby->matches[i] = match;
    lobby_count(lobby, &match);
    lobby_trim(lobby);
    return true;
}

static enum lobby_place place_of(const json_t *state)
{
    static const struct {
        const char *status;
        enum lobby_place place;
    } places[] = {{"live", LOBBY_UNDER_WAY},
                  {"paused", LOBBY_UNDER_WAY},
                  {"finished", LOBBY_ENDED},
                  {"abandoned", LOBBY_ENDED},
                  {"cancelled", LOBBY_ENDED}};
    const char *status = json_string_value(json_object_get(state, "status"));

    for (size_t i = 0; status && i < sizeof(places) / sizeof(places[0]); i++)
        if (strcmp(status, places[i].status) == 0)
            return places[i].place;
    return LOBBY_TO_COME;
}

static bool lobby_put_parsed(struct lobby *lobby, const json_t *state, char *text)
{
    const json_t *match_id = json_object_get(state, "match");
    struct lobby_match match = {json_integer_value(match_id), text, 0, place_of(state)};

    if (!text || !json_is_integer(match_id)) {
        free(text);
        return false;
    }
    match.length = strlen(text);
    if (lobby_take(lobby, match))
        return true;
    free(text);
    return false;
}

bool lobby_put(struct lobby *lobby, const char *state, size_t length)
{
    json_t *parsed = json_read(state, length, 0, NULL);
    bool is_put = parsed && lobby_put_parsed(lobby, parsed, strndup(state, length));

    json_decref(parsed);
    return is_put;
}

/* Returns the end of the JSON value that begins at `at`. The text is known to be valid JSON. */
static const char *skip_value(const char *at, const char *end)
{
    bool is_in_string = false;
    int depth = 0;

    for (; at < end; at++) {
        if (*at == '\\' && is_in_string)
            at++;
        else if (*at == '"')
            is_in_string = !is_in_string;
        else if (!is_in_string && (*at == '{' || *at == '['))
            depth++;
        else if (!is_in_string && depth == 0 && strchr(",]}", *at))
            break;
        else if (!is_in_string && (*at == '}' || *at == ']'))
            depth--;
    }
    return at;
}

/* Each state is kept in its own bytes, so that every relay of a tree sends the same bytes. */
bool lobby_load(struct lobby *lobby, const char *array, size_t length)
{
    json_t *parsed = json_read(array, length, 0, NULL);
    const char *at = memchr(array, '[', length), *end = array + length;
    json_t *state;
    size_t i;
    bool is_loaded = json_is_array(parsed) && at;

    lobby_free(lobby);
    json_array_foreach(parsed, i, state)
    {
        const char *begin = is_loaded ? at + 1 + strspn(at + 1, " \t\r\n") : NULL;

        if (!is_loaded)
            break;
        at = skip_value(begin, end);
        is_loaded = lobby_put_parsed(lobby, state, strndup(begin, (size_t)(at - begin)));
    }
    json_decref(parsed);
    return is_loaded;
}

void lobby_write(const struct lobby *lobby, struct buffer *out)
{
    buffer_add(out, "[", 1);
    for (size_t i = 0; i < lobby->count; i++) {
        if (i > 0)
            buffer_add(out, ",", 1);
        buffer_add(out, lobby->matches[i].state, lobby->matches[i].length);
    }
    buffer_add(out, "]", 1);
}
