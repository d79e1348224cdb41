/*
 * The beginning of a message to viewers: its type, and the seq of an entry. No more has to be
 * known to send it in another form than as a WebSocket frame.
 *
 *     {"type":"commentary","match":7,"seq":58,…
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

struct message {
    struct span text;
    const char *type; /* points into the text; "message" if it has none */
    size_t type_length;
    int64_t seq; /* 0: not an entry */
};

/* Takes a message of the relay itself, which is well-formed. */
void message_read(struct message *message, struct span text);

/*
 * Whether a text that was read from the table is the entry of that match and seq, as one
 * line. Its other members are not checked.
 */
bool message_is_entry(struct span text, int64_t match_id, int64_t seq);

bool message_is(const struct message *message, const char *type);

/* Whether it is an error of that code. */
bool message_is_error(const struct message *message, const char *code);

/*
 * Whether an entry counts as a line: a new line of commentary, and not a correction or a state of a
 * match. In the lobby, which has only states, each entry counts.
 */
bool message_is_line(struct span text);

/* Whether this text stands among its first members; not what a string may hold. */
bool message_has(const struct message *message, const char *text);

/*
 * The number of one of its first members; `member` is its name with quotes and colon.
 * 0: there is none.
 */
int64_t message_number(const struct message *message, const char *member);

#endif
