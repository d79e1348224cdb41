/* Which codings a client takes, and packing for those who do. */
#include "unit.h"

#include <zlib.h>

#include "http/content/encoding.h"

static void a_coding_is_taken_by_name(void **state)
{
    static const char *const taken[] = {"gzip",          "br, gzip",         "br,gzip;q=0.5",
                                        "GZIP ; q=1",    "gzip;x=y;q=0.001", ", gzip",
                                        "deflate,gzip,", "gzip;q=1.0, *;q=0"};
    static const char *const refused[] = {"",      "*",        "xgzip",         "gzip2",
                                          "br",    "gzip;q=0", "gzip; q=0.000", "br;q=1, gzip;q=0",
                                          "g zip", "identity"};

    (void)state;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (!encoding_is_taken(taken[i], "gzip"))
            fail_msg("\"%s\" takes no gzip", taken[i]);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (encoding_is_taken(refused[i], "gzip"))
            fail_msg("\"%s\" takes gzip", refused[i]);
}

static struct body *body_of(size_t length)
{
    char *text = malloc(length);
    struct body *body;

    assert_non_null(text);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + i % 7);
    body = body_new(text, length);
    free(text);
    assert_non_null(body);
    return body;
}

static void a_body_is_packed_once(void **state)
{
    struct body *body = body_of(20000), *packed = encoding_pack(body, 5000);
    uint8_t out[20000];
    z_stream stream = {0};

    (void)state;
    assert_non_null(packed);
    assert_true(packed->length < 2000);
    assert_ptr_equal(encoding_pack(body, 5000), packed);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = packed->bytes;
    stream.avail_in = (uInt)packed->length;
    stream.next_out = out;
    stream.avail_out = sizeof(out);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    assert_int_equal(stream.total_out, body->length);
    assert_memory_equal(out, body->bytes, body->length);
    body_release(body);
    assert_int_equal(body_total(), 0);
}

static void the_work_is_bounded(void **state)
{
    size_t packed = 0;
    struct body *body;

    (void)state;
    body = body_of(ENCODING_PACKED_MIN - 1);
    assert_null(encoding_pack(body, 20000));
    body_release(body);
    body = body_of(ENCODING_PACKED_MAX + 1);
    assert_null(encoding_pack(body, 20000));
    body_release(body);
    for (int i = 0; i < 100; i++) {
        body = body_of(100000);
        packed += encoding_pack(body, 20000) ? 100000 : 0;
        body_release(body);
    }
    assert_true(packed > ENCODING_BYTES_A_SECOND / 2 && packed <= ENCODING_BYTES_A_SECOND);
    body = body_of(100000);
    assert_non_null(encoding_pack(body, 21000));
    body_release(body);
    assert_int_equal(body_total(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coding_is_taken_by_name),
        cmocka_unit_test(a_body_is_packed_once),
        cmocka_unit_test(the_work_is_bounded),
    };

    return UNIT_RUN(tests);
}
