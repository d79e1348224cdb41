/*
 * The head of an HTTP/1.1 request, read whole: its method, its target, its fields. How it is
 * read is in head_reader.h.
 */
#ifndef HEAD_H
#define HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define HEAD_BYTES_MAX 8192 /* more: 431 */
#define HEAD_FIELDS_MAX 64  /* more: 431 */

enum head_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_OPTIONS,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_PATCH,
    METHOD_CONNECT,
    METHOD_TRACE,
    METHOD_UNKNOWN, /* is refused with 501 */
};

/* All strings end with a NUL and have none within; they stand in the bytes of the head. */
struct head {
    enum head_method method;
    const char *path; /* "/…": decoded and without dot segments, see target.h; "*"; "" (CONNECT) */
    const char *query;     /* after the question mark, as it came; "" is none */
    const char *host;      /* name or address, perhaps with a port; "" is none (HTTP/1.0) */
    bool is_old;           /* HTTP/1.0; later minor versions count as 1.1 */
    bool is_kept;          /* the client wants to go on with this connection */
    bool wants_websocket;  /* it may be upgraded to it; other upgrades are ignored */
    bool has_body;         /* bytes of a body follow */
    bool is_chunked;       /* and their number is not known */
    bool expects_continue; /* and it waits for 100 before it sends them */
    uint64_t body_length;  /* 0 if it is chunked */
    size_t length;         /* of the head, with the empty lines before it */
    /* When it was refused: */
    unsigned status;
    const char *reason;

    /* What follows is head_reader.c's own. */
    char *bytes;
    uint8_t step, empty_lines;
    bool has_target_host;
    uint16_t at, mark, line; /* the next byte; what is being read; the request line */
    uint16_t path_at, query_at, host_at;
    uint16_t field_count;
    uint16_t names[HEAD_FIELDS_MAX], values[HEAD_FIELDS_MAX];
};

/* For the files that read a head: it is refused with this status. */
void head_refuse(struct head *head, unsigned status, const char *reason);

/* ---- fields; names are compared without regard to case ---- */

/* The value of the first field of that name; NULL: there is none. */
const char *head_field(const struct head *head, const char *name);

/* How many fields have that name. A field that is no list may come once only. */
unsigned head_count(const struct head *head, const char *name);

/* The next value of that name; *next is 0 at first. NULL: there is no further one. */
const char *head_next(const struct head *head, const char *name, unsigned *next);

/*
 * Whether this word is in a list, over all fields of the name, in order (RFC 9110 section
 * 5.6.1). Connection options and protocols of Upgrade have no case; subprotocols have.
 */
bool head_lists(const struct head *head, const char *name, const char *word);
bool head_lists_exactly(const struct head *head, const char *name, const char *word);

/* A word of a list; at first { value, 0 }. */
struct head_word {
    const char *text;
    size_t length;
};

/* The next word; blanks inside it are its own. False: there is none. */
bool head_next_word(struct head_word *word) MUST_CHECK;
bool head_word_is(const struct head_word *word, const char *text); /* without case */

/*
 * Puts the values of all fields of that name together, ", " between them. The length of
 * the result, 0 if there is no such field; -1: it does not fit, with its NUL.
 */
int head_join(const struct head *head, const char *name, char *out, size_t room) MUST_CHECK;

#endif
