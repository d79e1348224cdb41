/*
 * The head of an HTTP/1.1 request, as RFC 9112 and RFC 9110 have it: what a stranger
 * sends before anybody knows who it is.
 *
 *     head   = *2( CRLF ) method SP target SP version CRLF *( field CRLF ) CRLF
 *     field  = name ":" OWS value OWS
 *     target = origin-form | absolute-form | authority-form (CONNECT) | "*" (OPTIONS)
 *
 * It is strict: a line that ends without CR, a folded line, a blank before a colon, two
 * lengths, a control character and the like are refused, for another server or a proxy
 * before us would read them in another way. It is pure and incremental: the result is the
 * same however the bytes are cut, and a head that is wrong is refused at its first wrong
 * byte or line. A head that comes in one piece is parsed where it stands, without a copy
 * and without an allocation. Of one that comes in pieces at most HEAD_BYTES_MAX are kept.
 *
 * Valid:    "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"   "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"
 *           "GET http://x/livez HTTP/1.1\r\nHost: y\r\n\r\n"   (the host is x)
 * Invalid:  "GET /\r\n" (400)   "GET / HTTP/1.1\nHost: x\n\n" (400)   "PRI * HTTP/2.0\r\n" (505)
 *           "GET / HTTP/1.1\r\n\r\n" (400)   "get / HTTP/1.1\r\n" (501)
 */
#ifndef HEAD_H
#define HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define HEAD_BYTES_MAX 8192 /* more: 431 */
#define HEAD_LINE_MAX 8000  /* of the request line, without its end; more: 414 */
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

enum head_result { HEAD_MORE, HEAD_DONE, HEAD_REFUSED };

/* All strings end with a NUL and have none within; they stand in the bytes of the head. */
struct head {
    enum head_method method;
    const char *path; /* "/…": decoded and without dot segments, see target.h; "*"; "" (CONNECT) */
    const char *query;     /* behind the question mark, as it came; "" is none */
    const char *host;      /* name or address, and a port if it has one; "" is none (HTTP/1.0) */
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

    /* What follows is head.c's own. */
    char *bytes;
    uint8_t step, empty_lines;
    bool has_target_host;
    uint16_t at, mark, line; /* the next byte; what is being read; the request line */
    uint16_t path_at, query_at, host_at;
    uint16_t field_count;
    uint16_t names[HEAD_FIELDS_MAX], values[HEAD_FIELDS_MAX];
};

/* Of a connection. Zeroed when it begins. */
struct head_reader {
    struct head_part *part; /* what has come of a head in pieces; NULL: nothing */
};

/*
 * Reads on. *taken is how many of the bytes belong to this head: what is left belongs to
 * its body or to the next request. The bytes are written to.
 *
 * MORE: all were taken, and the head is not whole. DONE: *head is set; its strings live as
 * long as `bytes` and the reader's part do. REFUSED: status and reason are set, the
 * reader is empty, and nothing that follows on this connection means anything. The status
 * is 503 when memory ran out.
 */
enum head_result head_read(struct head_reader *reader, struct head *head, char *bytes,
                           size_t length, size_t *taken) MUST_CHECK;

/* Once a head is done with, and when the connection ends. The strings of the head are gone. */
void head_reader_clear(struct head_reader *reader);

/* Whether some bytes of a head are there. */
static inline bool head_reader_has_begun(const struct head_reader *reader)
{
    return reader->part != NULL;
}

/* ---- fields; names are compared without regard to case ---- */

/* The value of the first field of that name; NULL: there is none. */
const char *head_field(const struct head *head, const char *name);

/* How many fields have that name. More than one of a field that is no list is wrong. */
unsigned head_count(const struct head *head, const char *name);

/* One after the other: *next is 0 at first. NULL: no more of that name. */
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
