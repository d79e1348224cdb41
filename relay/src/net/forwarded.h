/*
 * The address of a client behind a proxy. Each proxy appends the address of its own client to
 * X-Forwarded-For; the first client may have invented the addresses that were there before.
 *
 *     X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.0.0.2      from 10.0.0.3
 *
 * If 10.0.0.0/8 is trusted, 10.0.0.3 says that its client was 10.0.0.2, and 10.0.0.2 that its
 * client was 198.51.100.7: this is the address of the client. The addresses to the left of it come
 * from 198.51.100.7, and are not trusted. "192.0.2.1:4711" and "[2001:db8::1]:4711" are addresses
 * too; "unknown" and "_hidden" are not, and then the address of the proxy is used.
 */
#ifndef FORWARDED_H
#define FORWARDED_H

#include <netinet/in.h>

#include "net/network.h"

/*
 * The peer's address, if the peer is not trusted. Otherwise the rightmost address of the header
 * that is not trusted; if all are trusted, the leftmost.
 */
struct in6_addr forwarded_client(const struct networks *trusted, struct in6_addr peer,
                                 const char *header);

#endif
