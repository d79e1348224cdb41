/*
 * Who is behind a proxy. Each proxy appends the address it was reached from to
 * X-Forwarded-For; whatever stood there before may be invented by the client.
 *
 *     X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.0.0.2      from 10.0.0.3
 *
 * If 10.0.0.0/8 is trusted, 10.0.0.3 is believed that it was reached from 10.0.0.2,
 * and that one that it was reached from 198.51.100.7: this is who counts. The rest is
 * only what 198.51.100.7 says. "192.0.2.1:4711" and "[2001:db8::1]:4711" are addresses
 * too; "unknown" and "_hidden" are not, and then the proxy itself counts.
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
