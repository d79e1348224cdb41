/*
 * The head of a request: any bytes end in a head with checked members or in a refusal, and
 * how they are cut changes nothing.
 */
#include "door/head_reader.h"
#include "door/target.h"
#include "fuzz.h"

struct outcome {
    struct head_reader reader;
    struct head head;
    enum head_result result;
    size_t taken;
    char *bytes;
};

/* In pieces of these sizes, in turn; each in memory of its own. */
static void read_pieces(struct outcome *outcome, const uint8_t *data, size_t size,
                        const size_t pieces[2])
{
    memset(outcome, 0, sizeof(*outcome));
    for (size_t at = 0, turn = 0; at < size && outcome->result == HEAD_MORE; turn++) {
        size_t piece = pieces[turn % 2], taken;
        size_t count = piece < size - at ? piece : size - at;

        free(outcome->bytes);
        outcome->bytes = malloc(count);
        fuzz_expect(outcome->bytes != NULL);
        memcpy(outcome->bytes, data + at, count);
        outcome->result =
            head_read(&outcome->reader, &outcome->head, outcome->bytes, count, &taken);
        fuzz_expect(taken <= count && (outcome->result != HEAD_MORE || taken == count));
        outcome->taken += taken;
        at += count;
    }
}

static void end_outcome(struct outcome *outcome)
{
    head_reader_clear(&outcome->reader);
    free(outcome->bytes);
}

static void check_same(const struct outcome *one, const struct outcome *other)
{
    fuzz_expect(one->result == other->result);
    if (one->result == HEAD_MORE)
        return;
    fuzz_expect(one->taken == other->taken);
    fuzz_expect(one->head.status == other->head.status);
    if (one->result == HEAD_REFUSED)
        return;
    fuzz_expect(one->head.method == other->head.method);
    fuzz_expect(strcmp(one->head.path, other->head.path) == 0);
    fuzz_expect(strcmp(one->head.query, other->head.query) == 0);
    fuzz_expect(strcmp(one->head.host, other->head.host) == 0);
    fuzz_expect(one->head.field_count == other->head.field_count);
    fuzz_expect(one->head.is_kept == other->head.is_kept);
    fuzz_expect(one->head.has_body == other->head.has_body);
    fuzz_expect(one->head.body_length == other->head.body_length);
    for (unsigned i = 0; i < one->head.field_count; i++)
        fuzz_expect(strcmp(one->head.bytes + one->head.values[i],
                           other->head.bytes + other->head.values[i]) == 0);
}

/* No segment of dots, and no control character that a log line or a file name could meet. */
static void check_path(const struct head *head)
{
    const char *path = head->path;

    if (head->method == METHOD_CONNECT) {
        fuzz_expect(*path == '\0');
        return;
    }
    fuzz_expect(*path == '/' || (strcmp(path, "*") == 0 && head->method == METHOD_OPTIONS));
    for (const char *segment = strchr(path, '/'); segment; segment = strchr(segment, '/')) {
        size_t length = strcspn(++segment, "/");

        fuzz_expect(!(length == 1 && segment[0] == '.'));
        fuzz_expect(!(length == 2 && segment[0] == '.' && segment[1] == '.'));
    }
    for (; *path; path++)
        fuzz_expect((unsigned char)*path >= ' ' && *path != 0x7f);
}

static void check_fields(const struct head *head)
{
    fuzz_expect(head->field_count <= HEAD_FIELDS_MAX);
    for (unsigned i = 0; i < head->field_count; i++) {
        const char *value = head->bytes + head->values[i];
        size_t length = strlen(value);

        fuzz_expect(head->bytes[head->names[i]] != '\0');
        fuzz_expect(length == 0 || (!strchr(" \t", value[0]) && !strchr(" \t", value[length - 1])));
        fuzz_expect(strcspn(value, "\r\n") == length);
        fuzz_expect(head_count(head, head->bytes + head->names[i]) > 0);
    }
}

static void check_done(const struct head *head, const uint8_t *data)
{
    fuzz_expect(head->length <= HEAD_BYTES_MAX);
    fuzz_expect(memcmp(data + head->length - 4, "\r\n\r\n", 4) == 0);
    fuzz_expect(head->method != METHOD_UNKNOWN);
    fuzz_expect(head->is_old ? head_count(head, "host") <= 1 : head_count(head, "host") == 1);
    fuzz_expect(*head->host ? target_is_authority(head->host, strlen(head->host)) : head->is_old);
    fuzz_expect(strcspn(head->query, "# \t\r\n\"<>") == strlen(head->query));
    fuzz_expect(!(head->is_chunked && head->body_length));
    fuzz_expect(head->has_body == (head->is_chunked || head->body_length > 0));
    fuzz_expect(!head->wants_websocket || !head->is_old);
    check_path(head);
    check_fields(head);
}

/* The first two bytes are the sizes of the pieces, the rest is what comes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, pieces, bytes;

    if (size < 3)
        return 0;
    read_pieces(&whole, data + 2, size - 2, (const size_t[]){size, size});
    read_pieces(&pieces, data + 2, size - 2,
                (const size_t[]){1 + (size_t)data[0], 1 + (size_t)data[1]});
    read_pieces(&bytes, data + 2, size - 2, (const size_t[]){1, 1});
    check_same(&whole, &pieces);
    check_same(&whole, &bytes);
    if (whole.result == HEAD_DONE)
        check_done(&whole.head, data + 2);
    if (whole.result == HEAD_REFUSED)
        fuzz_expect(whole.head.status >= 400 && whole.head.reason && !whole.reader.part);
    end_outcome(&whole);
    end_outcome(&pieces);
    end_outcome(&bytes);
    return 0;
}
