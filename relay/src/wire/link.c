/*
 * The messages between a relay and an edge.
 *
 *     message  = word *( SP field ) *( LF line ) [ LF ]
 *     number   = 1*18DIGIT
 *     epoch    = 1*64 of visible characters | "-"       there is none
 *     outcome  = "whole" | "absent" | "broken"
 *
 *     follow epoch           lines: match SP seq
 *     unfollow               lines: match
 *     heads n                lines: match
 *     load n match rows
 *     page n match after rows
 *     list n before rows     lines: key SP text
 *     report                 lines: key SP text
 *     hello                  lines: key SP text
 *     epoch n epoch          lines: match SP head
 *     first n seq
 *     state n head size      behind the LF: a piece of the state, of any bytes
 *     lines n                lines: seq
 *     branches n             lines: seq SP epoch
 *     rows n                 lines: seq SP entry
 *     matches n next         lines: match SP state
 *     done n outcome
 *     lost                   lines: match
 *     reset                  lines: match SP head
 *     viewers                lines: match SP number
 *     bye ms
 *
 * Valid:    "heads 4\n7\n9"   "rows 2\n41 {}"   "done 2 whole"   "follow -\n0 0"   "lost\n7\n"
 * Invalid:  "heads"   "heads 4 5"   "heads 4\n-7"   "rows 2\n41"   "rows 2\n{}"   "done 2 good"
 *           "load 1 7"   "heads 4\n\n7"   "hello\nepoch"   "bye 5\n7"
 */
#include "wire/link.h"

#include <string.h>

#define DIGITS_MAX 18
#define KEY_BYTES_MAX 32

/* n: a number, e: an epoch, o: an outcome, k: a key, t: a text, *: bytes of any kind. */
static const struct {
    const char *word, *fields, *line;
} shapes[LINK_KINDS] = {
    [LINK_FOLLOW] = {"follow", "e", "nn"},  [LINK_UNFOLLOW] = {"unfollow", "", "n"},
    [LINK_HEADS] = {"heads", "n", "n"},     [LINK_LOAD] = {"load", "nnn", ""},
    [LINK_PAGE] = {"page", "nnnn", ""},     [LINK_REPORT] = {"report", "", "kt"},
    [LINK_HELLO] = {"hello", "", "kt"},     [LINK_EPOCH] = {"epoch", "ne", "nn"},
    [LINK_FIRST] = {"first", "nn", ""},     [LINK_STATE] = {"state", "nnn", "*"},
    [LINK_LINES] = {"lines", "n", "n"},     [LINK_BRANCHES] = {"branches", "n", "ne"},
    [LINK_ROWS] = {"rows", "n", "nt"},      [LINK_DONE] = {"done", "no", ""},
    [LINK_LIST] = {"list", "nnn", "kt"},    [LINK_MATCHES] = {"matches", "nn", "nt"},
    [LINK_LOST] = {"lost", "", "n"},        [LINK_RESET] = {"reset", "", "nn"},
    [LINK_VIEWERS] = {"viewers", "", "nn"}, [LINK_BYE] = {"bye", "n", ""},
};

static const char *const outcomes[] = {"whole", "absent", "broken"};

/* ---- words ---- */

/* Up to the next blank, or the end of the line. Both stay. */
static struct span take_word(struct span *line)
{
    struct span word = {line->bytes, 0};

    while (word.length < line->length && line->bytes[word.length] != ' ')
        word.length++;
    line->bytes += word.length;
    line->length -= word.length;
    return word;
}

static bool take_blank(struct span *line)
{
    if (line->length == 0 || line->bytes[0] != ' ')
        return false;
    line->bytes++;
    line->length--;
    return true;
}

static bool word_is(struct span word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.bytes, text, word.length) == 0;
}

static bool read_number(struct span word, int64_t *number)
{
    *number = 0;
    if (word.length < 1 || word.length > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < word.length; i++) {
        if (word.bytes[i] < '0' || word.bytes[i] > '9')
            return false;
        *number = *number * 10 + (word.bytes[i] - '0');
    }
    return true;
}

static bool read_epoch(struct span word, char epoch[EPOCH_BYTES_MAX + 1])
{
    if (word.length < 1 || word.length > EPOCH_BYTES_MAX)
        return false;
    for (size_t i = 0; i < word.length; i++)
        if (word.bytes[i] <= ' ' || word.bytes[i] >= 0x7f)
            return false;
    if (word_is(word, "-"))
        word.length = 0;
    memcpy(epoch, word.bytes, word.length);
    epoch[word.length] = '\0';
    return true;
}

static bool read_outcome(struct span word, enum link_outcome *outcome)
{
    for (*outcome = LINK_WHOLE; *outcome <= LINK_BROKEN; ++*outcome)
        if (word_is(word, outcomes[*outcome]))
            return true;
    return false;
}

static bool read_key(struct span word)
{
    if (word.length < 1 || word.length > KEY_BYTES_MAX)
        return false;
    for (size_t i = 0; i < word.length; i++)
        if ((word.bytes[i] < 'a' || word.bytes[i] > 'z') && word.bytes[i] != '_')
            return false;
    return true;
}

/* ---- lines ---- */

/* Takes the first line of what is left, without its LF. */
static struct span take_line(struct span *rest)
{
    const uint8_t *end = rest->length ? memchr(rest->bytes, '\n', rest->length) : NULL;
    struct span line = {rest->bytes, end ? (size_t)(end - rest->bytes) : rest->length};
    size_t taken = line.length + (end != NULL);

    rest->bytes += taken;
    rest->length -= taken;
    return line;
}

static bool read_line(struct link_line *line, const char *shape, struct span text)
{
    int numbers = 0;

    *line = (struct link_line){0};
    for (const char *part = shape; *part; part++) {
        if (part > shape && !take_blank(&text))
            return false;
        if (*part == 't') {
            line->text = text;
            return text.length > 0;
        }
        line->key = take_word(&text);
        if (*part == 'n'   ? !read_number(line->key, &line->numbers[numbers++])
            : *part == 'e' ? !read_epoch(line->key, line->epoch)
                           : !read_key(line->key))
            return false;
    }
    return text.length == 0;
}

bool link_next(struct link_message *message, struct link_line *line)
{
    return message->rest.length > 0 &&
           read_line(line, shapes[message->kind].line, take_line(&message->rest));
}

static bool lines_are_right(const struct link_message *message)
{
    const char *shape = shapes[message->kind].line;
    struct span rest = message->rest;
    struct link_line line;

    if (!*shape)
        return rest.length == 0;
    while (rest.length > 0)
        if (!read_line(&line, shape, take_line(&rest)))
            return false;
    return true;
}

static bool read_fields(struct link_message *message, const char *fields, struct span line)
{
    int numbers = 0;

    for (; *fields; fields++) {
        struct span word;
        bool is_right;

        if (!take_blank(&line))
            return false;
        word = take_word(&line);
        is_right = *fields == 'n'   ? read_number(word, &message->numbers[numbers++])
                   : *fields == 'e' ? read_epoch(word, message->epoch)
                                    : read_outcome(word, &message->outcome);
        if (!is_right)
            return false;
    }
    return line.length == 0;
}

static bool find_kind(struct span word, enum link_kind *kind)
{
    for (*kind = LINK_FOLLOW; *kind < LINK_KINDS; ++*kind)
        if (word_is(word, shapes[*kind].word))
            return true;
    return false;
}

bool link_parse(struct link_message *message, struct span text)
{
    struct span line;

    *message = (struct link_message){.rest = text};
    line = take_line(&message->rest);
    if (!find_kind(take_word(&line), &message->kind) ||
        !read_fields(message, shapes[message->kind].fields, line))
        return false;
    return *shapes[message->kind].line == '*' || lines_are_right(message);
}

/* ---- JSON ---- */

/* The place after the quote that ends a string; NULL: there is none. */
static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    for (; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end)
            at++;
    return at < end ? at + 1 : NULL;
}

/* Which brackets are open: the kinds of the outermost 64, 1 for an object, and how many. */
struct brackets {
    uint64_t kinds;
    uint32_t depth;
};

#define KINDS_MAX 64

static void brackets_open(struct brackets *brackets, bool is_object)
{
    if (brackets->depth++ < KINDS_MAX)
        brackets->kinds = brackets->kinds << 1 | is_object;
}

static bool brackets_close(struct brackets *brackets, bool is_object)
{
    bool is_pair = (brackets->kinds & 1) == is_object;

    if (brackets->depth-- > KINDS_MAX)
        return true;
    brackets->kinds >>= 1;
    return is_pair;
}

/* False: it closes another kind than the one that is open. One is always open. */
static bool brackets_take(struct brackets *brackets, uint8_t byte)
{
    bool is_object = byte == '{' || byte == '}';

    if (byte == '{' || byte == '[')
        brackets_open(brackets, is_object);
    else if (byte == '}' || byte == ']')
        return brackets_close(brackets, is_object);
    return true;
}

static bool has_control(struct span text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] < ' ')
            return true;
    return false;
}

bool link_is_json(struct span text)
{
    const uint8_t *at = text.bytes, *end = text.bytes + text.length;
    struct brackets brackets = {0};

    if (text.length < 2 || (*at != '{' && *at != '[') || has_control(text))
        return false;
    while (at && at < end) {
        uint8_t byte = *at++;

        if (byte == '"')
            at = skip_string(at, end);
        else if (!brackets_take(&brackets, byte))
            return false;
        if (at && brackets.depth == 0)
            return at == end;
    }
    return false;
}

/* ---- writing ---- */

void link_add_word(struct buffer *out, enum link_kind kind)
{
    buffer_add_text(out, shapes[kind].word);
}

void link_add_number(struct buffer *out, int64_t number)
{
    buffer_add(out, " ", 1);
    buffer_add_number(out, number);
}

void link_add_epoch(struct buffer *out, const char *epoch)
{
    buffer_add(out, " ", 1);
    buffer_add_text(out, *epoch ? epoch : "-");
}

void link_add_outcome(struct buffer *out, enum link_outcome outcome)
{
    buffer_add(out, " ", 1);
    buffer_add_text(out, outcomes[outcome]);
}

void link_add_line(struct buffer *out, int64_t number)
{
    buffer_add(out, "\n", 1);
    buffer_add_number(out, number);
}

void link_add_pair(struct buffer *out, int64_t first, int64_t second)
{
    link_add_line(out, first);
    link_add_number(out, second);
}

void link_add_branch(struct buffer *out, int64_t seq, const char *epoch)
{
    link_add_line(out, seq);
    link_add_epoch(out, epoch);
}

void link_add_row(struct buffer *out, int64_t seq, struct span body)
{
    link_add_line(out, seq);
    buffer_add(out, " ", 1);
    buffer_add(out, body.bytes, body.length);
}

void link_add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_add(out, "\n", 1);
    buffer_add_text(out, key);
    buffer_add(out, " ", 1);
    buffer_add_text(out, text);
}

void link_add_value(struct buffer *out, const char *key, int64_t value)
{
    buffer_add(out, "\n", 1);
    buffer_add_text(out, key);
    link_add_number(out, value);
}

int64_t link_number(struct span span)
{
    int64_t number = 0;

    if (span.length > 15)
        return 0;
    for (size_t i = 0; i < span.length; i++) {
        if (span.bytes[i] < '0' || span.bytes[i] > '9')
            return 0;
        number = number * 10 + (span.bytes[i] - '0');
    }
    return number;
}
