/* What a viewer says: any bytes end in checked values or in an error to send back. */
#include "fuzz.h"
#include "wire/request.h"

static void check_good(const struct request *request)
{
    fuzz_expect(request->match_id >= 0 && request->since_seq >= 0);
    fuzz_expect(request->history >= 0 && request->history <= REQUEST_HISTORY_MAX);
    fuzz_expect(memchr(request->since_epoch, '\0', sizeof(request->since_epoch)) != NULL);
    /* A viewer that wants a match from its beginning needs no epoch. */
    fuzz_expect(!request->has_since || request->since_seq == 0 || request->since_epoch[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;

    if (request_parse(&request, (const char *)data, size))
        check_good(&request);
    else
        fuzz_expect(request.error_code && request.error_message);
    return 0;
}
