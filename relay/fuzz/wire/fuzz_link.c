/* What one relay is told by another: any bytes end in checked values, or are refused whole. */
#include "fuzz.h"
#include "wire/link.h"

static void check_good(struct link_message *message, size_t size)
{
    struct link_line line;
    size_t lines = 0;

    fuzz_expect(message->kind < LINK_KINDS && message->rest.length <= size);
    fuzz_expect(memchr(message->epoch, '\0', sizeof(message->epoch)) != NULL);
    for (int i = 0; i < 4; i++)
        fuzz_expect(message->numbers[i] >= 0);
    if (message->kind == LINK_STATE)
        return;
    for (; link_next(message, &line); lines++) {
        fuzz_expect(line.numbers[0] >= 0 && line.numbers[1] >= 0);
        fuzz_expect(
            !memchr(line.text.length ? (const char *)line.text.bytes : "", '\n', line.text.length));
    }
    fuzz_expect(message->rest.length == 0 && lines <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct span span = {(const uint8_t *)text, size};
    struct link_message message;

    if (link_parse(&message, span))
        check_good(&message, size);
    if (link_is_json(span))
        fuzz_expect(size >= 2 && !memchr(text, '\n', size));
    free(text);
    return 0;
}
