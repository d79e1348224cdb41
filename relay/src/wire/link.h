/*
 * The messages between a relay and an edge (a relay that follows it): `commentary.relay.1`,
 * PROTOCOL.md. Every message is one text: a line of words, and more lines. Live entries
 * are notices, as the extension writes them (notice.h); all other messages are here.
 *
 * Both directions have one parser, which checks every line before the first is used. It is
 * pure, and bounded by the length of the message.
 */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "wire/frame.h"
#include "wire/notice.h"

#define LINK_PROTOCOL "commentary.relay.1"

/* The longest message of an edge: so many follows, or one report. A longer message is refused. */
#define LINK_SAID_BYTES_MAX ((size_t)256 * 1024)
/* The longest message to an edge: a piece, or one entry, which may be larger. */
#define LINK_TOLD_BYTES_MAX ((size_t)2 * 1024 * 1024)
/* Of an answer, but for a single entry that is larger: live entries pass between two pieces. */
#define LINK_PIECE_BYTES ((size_t)32 * 1024)
/* Matches in one question, or in one message of follows. */
#define LINK_MATCHES_MAX 1000
/* Entries of one answer. */
#define LINK_ROWS_MAX 1000

enum link_kind {
    /* An edge says: */
    LINK_FOLLOW,   /* from now on it hears the entries of these matches after that seq */
    LINK_UNFOLLOW, /* and of these no more */
    LINK_HEADS,    /* asks for the heads of these matches */
    LINK_LOAD,     /* asks for head, state and newest entries of a match */
    /*
     * Asks for entries of a match after a seq. Its word is `page`, though such entries are called
     * history elsewhere: a relay of version 1.1 knows this word alone, and ends the connection
     * at any other. A new word would need another LINK_PROTOCOL, which is offered beside this one.
     */
    LINK_PAGE,
    LINK_LIST,   /* asks for matches, also of those that are not on the scoreboard */
    LINK_REPORT, /* how a relay is: itself, or one that follows it */
    /* It is told: */
    LINK_HELLO, /* first, and again when something of it has changed */
    LINK_EPOCH, /* answers heads */
    LINK_FIRST, /* answers heads: where the lobby's log begins, whose old entries are purged */
    LINK_STATE, /* a piece of a state: answers load, before the rows */
    LINK_LINES, /* older lines of the match than the rows, by seq: answers load, before the rows */
    LINK_BRANCHES, /* up to which seq earlier epochs are this one: answers load, before the rows */
    LINK_ROWS,     /* entries: answers load and page */
    LINK_MATCHES,  /* matches with their states: answers list */
    LINK_DONE,     /* the end of each answer */
    LINK_LOST,     /* these matches are not followed any more: follow them again */
    LINK_RESET,    /* these matches hold less than they did, and their head is this now */
    LINK_VIEWERS,  /* how many viewers these matches have in all: answers report */
    LINK_BYE,      /* the relay stops: come back after so long */
    LINK_KINDS
};

/* How an answer ends. */
enum link_outcome { LINK_WHOLE, LINK_ABSENT, LINK_BROKEN };

struct link_message {
    enum link_kind kind;
    int64_t numbers[4];              /* of the first line, in their order */
    char epoch[EPOCH_BYTES_MAX + 1]; /* FOLLOW and EPOCH; "": there is none */
    enum link_outcome outcome;       /* DONE */
    struct span rest;                /* the lines that are not taken yet; STATE: the piece */
};

/* A line after the first. Which of its members mean something depends on the kind. */
struct link_line {
    int64_t numbers[2];
    struct span key, text;
    char epoch[EPOCH_BYTES_MAX + 1];
};

/* False: not a message of this protocol, or not whole. A notice is none of them. */
bool link_parse(struct link_message *message, struct span text) MUST_CHECK;

/* Takes the next line. False at the end. */
bool link_next(struct link_message *message, struct link_line *line) MUST_CHECK;

/* A number of at most 15 digits; 0 for everything else. */
int64_t link_number(struct span span);

/* Whether a text begins as a notice does. */
static inline bool link_is_notice(struct span text)
{
    return text.length >= 2 && text.bytes[0] == '1' && text.bytes[1] == ' ';
}

/*
 * Whether this can be one JSON object or array on one line: every bracket and quote is closed,
 * and nothing follows it. A relay hands on what it is told, so a text that would break the
 * message around it must not come in.
 */
bool link_is_json(struct span text) MUST_CHECK;

/* ---- writing ---- */

/* The first word. What follows is added by these, each with what comes before it. */
void link_add_word(struct buffer *out, enum link_kind kind);
void link_add_number(struct buffer *out, int64_t number);
void link_add_epoch(struct buffer *out, const char *epoch);
void link_add_outcome(struct buffer *out, enum link_outcome outcome);

/* A line: one number, two, or a number and an epoch or a text. */
void link_add_line(struct buffer *out, int64_t number);
void link_add_pair(struct buffer *out, int64_t first, int64_t second);
void link_add_branch(struct buffer *out, int64_t seq, const char *epoch);
void link_add_row(struct buffer *out, int64_t seq, struct span body);

/* A line of a key, and a text or a number. */
void link_add_text(struct buffer *out, const char *key, const char *text);
void link_add_value(struct buffer *out, const char *key, int64_t value);

#endif
