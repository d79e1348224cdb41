/* A notification: what is accepted has as many entries as its header says, or none. */
#include "fuzz.h"
#include "wire/notice.h"

static void check_good(struct notice *notice, const char *payload, size_t size)
{
    const char *body;
    size_t length;
    int64_t count = 0;

    fuzz_expect(notice->match_id >= 0 && notice->first_seq >= 0 && notice->count >= 0);
    fuzz_expect((notice->first_seq == 0) == (notice->count == 0));
    fuzz_expect(strlen(notice->epoch) >= 1);
    for (; notice_next(notice, &body, &length); count++) {
        fuzz_expect(body > payload && length >= 2 && body + length <= payload + size);
        fuzz_expect(body[0] == '{' && body[length - 1] == '}' && !memchr(body, '\n', length));
    }
    fuzz_expect(count == (notice->has_entries ? notice->count : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *payload = fuzz_text(data, size);
    struct notice notice;

    if (notice_parse(&notice, payload))
        check_good(&notice, payload, strlen(payload));
    free(payload);
    return 0;
}
