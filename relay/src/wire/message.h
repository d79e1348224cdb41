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
 * line. The rest of it is not looked at.
 */
bool message_is_entry(struct span text, int64_t match_id, int64_t seq);

bool message_is(const struct message *message, const char *type);

/* Whether it is an error of that code. */
bool message_is_error(const struct message *message, const char *code);

/*
 * Whether viewers count an entry as a line: a new line of commentary, which no correction and
 * no state of a match is. Of the lobby, which holds states only, each counts.
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
