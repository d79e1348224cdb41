/*
 * Reading a head, byte for byte. Each step takes what it can and names the next one, so
 * that it does not matter where the bytes have been cut.
 */
#include "door/head_reader.h"

#include <stdlib.h>
#include <string.h>

#include "door/head_rules.h"
#include "door/target.h"

#define EMPTY_LINES_MAX 2 /* before the request line: RFC 9112 section 2.2 */
#define METHOD_BYTES_MAX 16
#define VERSION_BYTES 8
#define PART_BYTES 512 /* at first; twice as much each time */

struct head_part {
    struct head head;
    size_t room;
    char bytes[];
};

enum step {
    AT_START,
    AT_EMPTY_LINE, /* its LF comes next */
    IN_METHOD,
    IN_TARGET,
    IN_VERSION,
    AT_LINE_END,
    AT_FIELD, /* or at the empty line that ends the head */
    IN_NAME,
    BEFORE_VALUE,
    IN_VALUE,
    AT_FIELD_END,
    AT_END,
    AFTER_END,
};

/* Letters of a token, RFC 9110 section 5.6.2. */
static const bool token_letters[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['!'] = true,  ['#'] = true,
    ['$'] = true,         ['%'] = true,         ['&'] = true,         ['\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,         ['.'] = true,         ['^'] = true,  ['_'] = true,
    ['`'] = true,         ['|'] = true,         ['~'] = true,
};

static bool is_token(char letter)
{
    return token_letters[(unsigned char)letter];
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t';
}

/* Of a value: all but control characters. What is beyond ASCII is not ours to judge. */
static bool is_text(char letter)
{
    return (unsigned char)letter >= ' ' ? letter != 0x7f : letter == '\t';
}

static bool is_visible(char letter)
{
    return letter > ' ' && letter < 0x7f;
}

static char next_of(const struct head *head)
{
    return head->bytes[head->at];
}

static void expect_lf(struct head *head, enum step next)
{
    if (head->bytes[head->at++] != '\n')
        head_refuse(head, 400, "a carriage return must be followed by a line feed");
    head->step = next;
}

/* ---- the request line ---- */

static void take_start(struct head *head)
{
    if (next_of(head) != '\r') {
        head->line = head->mark = head->at;
        head->step = IN_METHOD;
        return;
    }
    if (head->empty_lines++ == EMPTY_LINES_MAX)
        head_refuse(head, 400, "empty lines before the request line");
    head->at++;
    head->step = AT_EMPTY_LINE;
}

static enum head_method method_of(const char *name)
{
    static const char *const names[] = {
        [METHOD_GET] = "GET",     [METHOD_HEAD] = "HEAD",       [METHOD_OPTIONS] = "OPTIONS",
        [METHOD_POST] = "POST",   [METHOD_PUT] = "PUT",         [METHOD_DELETE] = "DELETE",
        [METHOD_PATCH] = "PATCH", [METHOD_CONNECT] = "CONNECT", [METHOD_TRACE] = "TRACE",
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return (enum head_method)i;
    return METHOD_UNKNOWN;
}

static void take_method(struct head *head, size_t end)
{
    while (head->at < end && is_token(next_of(head)) && head->at - head->mark < METHOD_BYTES_MAX)
        head->at++;
    if (head->at == end)
        return;
    if (is_token(next_of(head)))
        head_refuse(head, 501, "no such method");
    else if (next_of(head) != ' ' || head->at == head->mark)
        head_refuse(head, 400, "the request line must be: method, target, version");
    if (head->status)
        return;
    head->bytes[head->at++] = '\0';
    head->method = method_of(head->bytes + head->mark);
    head->mark = head->at;
    head->step = IN_TARGET;
}

static void take_target(struct head *head, size_t end)
{
    while (head->at < end && is_visible(next_of(head)) && head->at - head->line < HEAD_LINE_MAX)
        head->at++;
    if (head->at == end)
        return;
    if (head->at - head->line == HEAD_LINE_MAX) {
        head_refuse(head, 414, "the target is too long");
    } else if (next_of(head) != ' ') {
        head_refuse(head, 400, "the target has a character that must be escaped");
    } else {
        head->bytes[head->at++] = '\0';
        head->path_at = head->mark;
        head->mark = head->at;
        head->step = IN_VERSION;
    }
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

static void take_line(struct head *head)
{
    const char *version = head->bytes + head->mark;
    struct target target;
    const char *wrong;

    if (head->at - head->mark != VERSION_BYTES || memcmp(version, "HTTP/", 5) != 0 ||
        !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7])) {
        head_refuse(head, 400, "the request line must end with HTTP/1.1");
        return;
    }
    if (version[5] != '1') {
        head_refuse(head, 505, "the versions here are HTTP/1.1 and HTTP/1.0");
        return;
    }
    if (head->method == METHOD_UNKNOWN) {
        head_refuse(head, 501, "no such method");
        return;
    }
    head->is_old = version[7] == '0';
    wrong = target_parse(&target, head->bytes + head->path_at, head->method);
    if (wrong)
        head_refuse(head, 400, wrong);
    head->has_target_host = target.has_host;
    head->host_at = head->path_at + (uint16_t)target.host;
    head->query_at = head->path_at + (uint16_t)target.query;
    head->path_at += (uint16_t)target.path;
}

static void take_version(struct head *head)
{
    if (next_of(head) == '\r') {
        take_line(head);
        head->at++;
        head->step = AT_LINE_END;
    } else if (head->at - head->line >= HEAD_LINE_MAX) {
        head_refuse(head, 414, "the request line is too long");
    } else if (!is_visible(next_of(head)) || head->at - head->mark == VERSION_BYTES) {
        head_refuse(head, 400, "the request line must be: method, target, version");
    } else {
        head->at++;
    }
}

/* ---- fields ---- */

static void take_field(struct head *head)
{
    if (next_of(head) == '\r') {
        head->at++;
        head->step = AT_END;
    } else if (is_blank(next_of(head))) {
        head_refuse(head, 400, "a folded header");
    } else if (head->field_count == HEAD_FIELDS_MAX) {
        head_refuse(head, 431, "too many headers");
    } else {
        head->mark = head->at;
        head->step = IN_NAME;
    }
}

static void take_name(struct head *head, size_t end)
{
    while (head->at < end && is_token(next_of(head)))
        head->at++;
    if (head->at == end)
        return;
    if (next_of(head) != ':' || head->at == head->mark) {
        head_refuse(head, 400, "the name of a header must be a token, and a colon must follow it");
        return;
    }
    head->names[head->field_count] = head->mark;
    head->bytes[head->at++] = '\0';
    head->step = BEFORE_VALUE;
}

static void begin_value(struct head *head)
{
    if (is_blank(next_of(head))) {
        head->at++;
        return;
    }
    head->mark = head->at;
    head->step = IN_VALUE;
}

static void end_value(struct head *head)
{
    uint16_t end = head->at;

    while (end > head->mark && is_blank(head->bytes[end - 1]))
        end--;
    head->bytes[end] = '\0';
    head->values[head->field_count++] = head->mark;
    head->at++;
    head->step = AT_FIELD_END;
}

static void take_value(struct head *head, size_t end)
{
    while (head->at < end && is_text(next_of(head)))
        head->at++;
    if (head->at == end)
        return;
    if (next_of(head) == '\r')
        end_value(head);
    else
        head_refuse(head, 400, "a header has a control character");
}

/* ---- the whole ---- */

static void take_step(struct head *head, size_t end)
{
    switch ((enum step)head->step) {
    case AT_START:
        return take_start(head);
    case AT_EMPTY_LINE:
        return expect_lf(head, AT_START);
    case IN_METHOD:
        return take_method(head, end);
    case IN_TARGET:
        return take_target(head, end);
    case IN_VERSION:
        return take_version(head);
    case AT_LINE_END:
    case AT_FIELD_END:
        return expect_lf(head, AT_FIELD);
    case AT_FIELD:
        return take_field(head);
    case IN_NAME:
        return take_name(head, end);
    case BEFORE_VALUE:
        return begin_value(head);
    case IN_VALUE:
        return take_value(head, end);
    case AT_END:
    case AFTER_END:
        return expect_lf(head, AFTER_END);
    }
}

static void set_strings(struct head *head)
{
    head->path = head->bytes + head->path_at;
    head->query = head->bytes + head->query_at;
    head->host = head->has_target_host ? head->bytes + head->host_at : "";
    head->length = head->at;
}

/* There are `length` bytes of it now. */
static enum head_result head_go_on(struct head *head, size_t length)
{
    size_t end = length < HEAD_BYTES_MAX ? length : HEAD_BYTES_MAX;

    while (head->at < end && head->step != AFTER_END && !head->status)
        take_step(head, end);
    if (head->step != AFTER_END && !head->status) {
        if (head->at < HEAD_BYTES_MAX)
            return HEAD_MORE;
        head_refuse(head, 431, "the headers are too long");
    }
    if (!head->status) {
        set_strings(head);
        head_rules_apply(head);
    }
    return head->status ? HEAD_REFUSED : HEAD_DONE;
}

/* ---- in pieces ---- */

void head_reader_clear(struct head_reader *reader)
{
    free(reader->part);
    reader->part = NULL;
}

/* Makes room for more bytes in the part, as far as there may be any. False: memory ran out. */
static bool make_room(struct head_reader *reader, size_t length)
{
    size_t room = reader->part ? reader->part->room : PART_BYTES;
    struct head_part *part;

    if (reader->part && room >= length)
        return true;
    while (room < length)
        room *= 2;
    part = realloc(reader->part, sizeof(*part) + room);
    if (!part)
        return false;
    part->room = room;
    reader->part = part;
    return true;
}

static enum head_result refuse_without_memory(struct head_reader *reader, struct head *head)
{
    head_reader_clear(reader);
    head_refuse(head, 503, "the relay has no memory left");
    return HEAD_REFUSED;
}

/* The first piece: it may be the only one. */
static enum head_result read_first(struct head_reader *reader, struct head *head, char *bytes,
                                   size_t length, size_t *taken)
{
    enum head_result result;

    memset(head, 0, offsetof(struct head, names));
    head->bytes = bytes;
    result = head_go_on(head, length);
    *taken = head->at;
    if (result != HEAD_MORE || length == 0)
        return result;
    if (!make_room(reader, length))
        return refuse_without_memory(reader, head);
    reader->part->head = *head;
    memcpy(reader->part->bytes, bytes, length);
    return HEAD_MORE;
}

static enum head_result read_next(struct head_reader *reader, struct head *head, const char *bytes,
                                  size_t length, size_t *taken)
{
    size_t had = reader->part->head.at, room = HEAD_BYTES_MAX - had;
    size_t more = length < room ? length : room;
    enum head_result result;

    if (!make_room(reader, had + more))
        return refuse_without_memory(reader, head);
    memcpy(reader->part->bytes + had, bytes, more);
    reader->part->head.bytes = reader->part->bytes;
    result = head_go_on(&reader->part->head, had + more);
    *taken = reader->part->head.at - had;
    *head = reader->part->head;
    if (result == HEAD_REFUSED)
        head_reader_clear(reader);
    return result;
}

enum head_result head_read(struct head_reader *reader, struct head *head, char *bytes,
                           size_t length, size_t *taken)
{
    *taken = 0;
    return reader->part ? read_next(reader, head, bytes, length, taken)
                        : read_first(reader, head, bytes, length, taken);
}
