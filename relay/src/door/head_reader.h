/*
 * Reading the head of an HTTP/1.1 request, as RFC 9112 and RFC 9110 define it. Any stranger
 * can send one.
 *
 *     head   = *2( CRLF ) method SP target SP version CRLF *( field CRLF ) CRLF
 *     field  = name ":" OWS value OWS
 *     target = origin-form | absolute-form | authority-form (CONNECT) | "*" (OPTIONS)
 *
 * It is strict: a line that ends without CR, a folded line, a blank before a colon, two
 * lengths, a control character and the like are refused, because another server, or a proxy
 * before the relay, could read them in another way. It is pure and incremental: the result is the
 * same however the bytes are cut, and a head that is wrong is refused at its first wrong
 * byte or line. A head that comes in one piece is parsed where it stands, without a copy
 * and without an allocation. A head that comes in pieces is copied, at most HEAD_BYTES_MAX.
 *
 * Valid:    "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"   "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"
 *           "GET http://x/livez HTTP/1.1\r\nHost: y\r\n\r\n"   (the host is x)
 * Invalid:  "GET /\r\n" (400)   "GET / HTTP/1.1\nHost: x\n\n" (400)   "PRI * HTTP/2.0\r\n" (505)
 *           "GET / HTTP/1.1\r\n\r\n" (400)   "get / HTTP/1.1\r\n" (501)
 */
#ifndef HEAD_READER_H
#define HEAD_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "door/head.h"

#define HEAD_LINE_MAX 8000 /* of the request line, without its end; more: 414 */

enum head_result { HEAD_MORE, HEAD_DONE, HEAD_REFUSED };

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

#endif
