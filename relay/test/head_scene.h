/* Heads read as one piece and in pieces of every size, which must make no difference. */
#ifndef HEAD_SCENE_H
#define HEAD_SCENE_H

#include <stdio.h>

#include "door/head_reader.h"
#include "unit.h"

#define HOST "Host: x\r\n"
#define REST " HTTP/1.1\r\n" HOST "\r\n"

struct reading {
    struct head_reader reader;
    struct head head;
    enum head_result result;
    size_t taken; /* of all bytes */
    char *bytes;
};

/* In pieces of that many bytes; each in memory of its own, so that a read beyond it is found. */
static inline void read_pieces(struct reading *reading, const char *text, size_t length,
                               size_t piece)
{
    memset(reading, 0, sizeof(*reading));
    for (size_t at = 0; at < length;) {
        size_t count = piece < length - at ? piece : length - at, taken;

        free(reading->bytes);
        reading->bytes = malloc(count);
        assert_non_null(reading->bytes);
        memcpy(reading->bytes, text + at, count);
        reading->result =
            head_read(&reading->reader, &reading->head, reading->bytes, count, &taken);
        reading->taken += taken;
        at += count;
        if (reading->result != HEAD_MORE)
            return;
        assert_int_equal(taken, count);
    }
}

static inline void end_reading(struct reading *reading)
{
    head_reader_clear(&reading->reader);
    free(reading->bytes);
}

static inline void assert_same(const struct reading *one, const struct reading *other)
{
    assert_int_equal(one->result, other->result);
    if (one->result == HEAD_MORE)
        return;
    assert_int_equal(one->taken, other->taken);
    if (one->result == HEAD_REFUSED) {
        assert_int_equal(one->head.status, other->head.status);
        assert_string_equal(one->head.reason, other->head.reason);
        return;
    }
    assert_int_equal(one->head.length, other->head.length);
    assert_string_equal(one->head.path, other->head.path);
    assert_string_equal(one->head.query, other->head.query);
    assert_string_equal(one->head.host, other->head.host);
    assert_int_equal(one->head.field_count, other->head.field_count);
    for (unsigned i = 0; i < one->head.field_count; i++) {
        assert_string_equal(one->head.bytes + one->head.names[i],
                            other->head.bytes + other->head.names[i]);
        assert_string_equal(one->head.bytes + one->head.values[i],
                            other->head.bytes + other->head.values[i]);
    }
}

/* As one piece; in pieces of every size it is the same. */
static inline void read_bytes(struct reading *reading, const char *text, size_t length)
{
    read_pieces(reading, text, length, length);
    for (size_t piece = 1; piece < length && piece < 80; piece++) {
        struct reading other;

        read_pieces(&other, text, length, piece);
        assert_same(reading, &other);
        end_reading(&other);
    }
}

static struct reading last;

static inline const struct head *read_head(const char *text)
{
    end_reading(&last);
    read_bytes(&last, text, strlen(text));
    if (last.result != HEAD_DONE)
        fail_msg("result %d, status %u (%s): %s", last.result, last.head.status,
                 last.head.reason ? last.head.reason : "", text);
    return &last.head;
}

static inline unsigned status_of_bytes(const char *text, size_t length)
{
    end_reading(&last);
    read_bytes(&last, text, length);
    if (last.result == HEAD_REFUSED)
        assert_true(last.head.reason && !head_reader_has_begun(&last.reader));
    return last.result == HEAD_REFUSED ? last.head.status : last.result == HEAD_DONE ? 200 : 0;
}

static inline void assert_status_at(int line, const char *text, unsigned status)
{
    unsigned got = status_of_bytes(text, strlen(text));

    if (got != status)
        fail_msg("line %d: %u instead of %u (%s): %s", line, got, status,
                 got >= 400 ? last.head.reason : "", text);
}
#define assert_status(text, status) assert_status_at(__LINE__, text, status)

/* Runs the tests of a file. */
#define HEAD_RUN(tests)                                                                            \
    ({                                                                                             \
        int failed = UNIT_RUN(tests);                                                              \
        end_reading(&last);                                                                        \
        failed;                                                                                    \
    })

#endif
