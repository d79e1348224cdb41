/*
 * The scoreboard: the first line of the input is loaded, each other one is put.
 * Whatever of it is taken, the lobby stays sorted, and is written as valid JSON.
 */
#include <jansson.h>

#include "fuzz.h"
#include "topic/lobby.h"

static void check_order(const struct lobby *lobby)
{
    size_t ended = 0, bytes = 0;

    for (size_t i = 0; i < lobby->count; i++) {
        fuzz_expect(i == 0 || lobby->matches[i - 1].match_id < lobby->matches[i].match_id);
        ended += lobby->matches[i].place == LOBBY_ENDED;
        bytes += lobby->matches[i].length + 1;
    }
    fuzz_expect(ended == lobby->counts[LOBBY_ENDED] && ended <= LOBBY_ENDED_MAX);
    fuzz_expect(bytes == lobby->bytes && bytes <= LOBBY_BYTES_MAX);
}

static void check_written(const struct lobby *lobby)
{
    struct buffer out = {0};
    json_t *array;

    lobby_write(lobby, &out);
    array = json_loadb((const char *)out.bytes, out.length, 0, NULL);
    fuzz_expect(json_array_size(array) == lobby->count && json_is_array(array));
    json_decref(array);
    buffer_free(&out);
}

/* Without its newline, and not NUL-terminated: as lobby_put() gets it. */
static size_t line_length(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;

    return end ? (size_t)(end - data) : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lobby lobby = {0};
    size_t at = line_length(data, size);

    if (!lobby_load(&lobby, (const char *)data, at))
        check_order(&lobby); /* what it took before it gave up */
    while (at < size) {
        size_t length = line_length(data + at + 1, size - at - 1);

        if (lobby_put(&lobby, (const char *)data + at + 1, length))
            fuzz_expect(lobby.count > 0);
        at += 1 + length;
    }
    check_order(&lobby);
    check_written(&lobby);
    lobby_free(&lobby);
    return 0;
}
