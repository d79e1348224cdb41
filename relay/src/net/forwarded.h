/*
 * The client behind a proxy. Each proxy appends the address that it was reached from to
 * X-Forwarded-For; the client may have invented all that stood there before.
 *
 *     X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.0.0.2      from 10.0.0.3
 *
 * If 10.0.0.0/8 is trusted, 10.0.0.3 is believed that it was reached from 10.0.0.2, and
 * 10.0.0.2 that it was reached from 198.51.100.7: this address counts. What stands left of it
 * is only what 198.51.100.7 says. "192.0.2.1:4711" and "[2001:db8::1]:4711" are addresses
 * too; "unknown" and "_hidden" are not, and then the address of the proxy counts.
 */
#ifndef FORWARDED_H
#define FORWARDED_H

#include <netinet/in.h>

#include "net/network.h"

/*
 * The rightmost address that is not trusted, seen from the peer; of a header in which
 * all are trusted, the leftmost. The peer itself, if it is not trusted.
 */
struct in6_addr forwarded_client(const struct networks *trusted, struct in6_addr peer,
                                 const char *header);

#endif
