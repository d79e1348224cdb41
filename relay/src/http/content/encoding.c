/*
 * Content codings.
 *
 *     list = coding *( "," coding )      coding = name *( ";" parameter )     q=0 refuses
 *
 * Accepts gzip: "gzip", "br, gzip;q=0.5", "GZIP ; q=1". Does not: "gzip;q=0", "gzip; q=0.000",
 * "xgzip", "*".
 */
#include "http/content/encoding.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define BLANKS " \t"
#define LEVEL 4               /* 6 is twice as slow, and saves 2 % more */
#define GZIP_WINDOW (15 + 16) /* the largest, with the header of gzip */
#define SECOND_MS 1000

/* Takes what follows the name of a coding: is its weight 0, with no digit but zeros? */
static bool is_refused(const char *parameters)
{
    const char *at = parameters;
    size_t length = strcspn(parameters, ",");

    while ((at = memchr(at, ';', length - (size_t)(at - parameters)))) {
        at += 1 + strspn(at + 1, BLANKS);
        if (strncasecmp(at, "q=", 2) == 0)
            return at[2 + strspn(at + 2, "0.")] < '1' || at[2 + strspn(at + 2, "0.")] > '9';
    }
    return false;
}

bool encoding_is_taken(const char *list, const char *coding)
{
    size_t length = strlen(coding);

    for (;;) {
        const char *end;

        list += strspn(list, "," BLANKS);
        if (!*list)
            return false;
        end = list + strcspn(list, ",;" BLANKS);
        if ((size_t)(end - list) == length && strncasecmp(list, coding, length) == 0)
            return !is_refused(end);
        list += strcspn(list, ",");
    }
}

/* May so many bytes more be compressed in this second? */
static bool has_budget(size_t bytes, int64_t now_ms)
{
    static int64_t second_ms;
    static size_t used;

    if (now_ms - second_ms >= SECOND_MS || now_ms < second_ms) {
        second_ms = now_ms;
        used = 0;
    }
    used += bytes;
    return used <= ENCODING_BYTES_A_SECOND;
}

static struct body *pack(const struct body *body)
{
    z_stream stream = {0};
    struct body *packed = NULL;
    uint8_t *out;
    uLong room;

    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    room = deflateBound(&stream, body->length);
    out = malloc(room);
    stream.next_in = (Bytef *)body->bytes;
    stream.avail_in = (uInt)body->length;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    if (out && deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out < body->length)
        packed = body_new(out, stream.total_out);
    free(out);
    deflateEnd(&stream);
    return packed;
}

struct body *encoding_pack(struct body *body, int64_t now_ms)
{
    if (body->packed || body->length < ENCODING_PACKED_MIN || body->length > ENCODING_PACKED_MAX)
        return body->packed;
    if (has_budget(body->length, now_ms))
        body->packed = pack(body);
    return body->packed;
}
