/*
 * Networks: a list of them, and whether an address is in one.
 *
 *     network = address [ "/" length ]       10.0.0.0/8, 2001:db8::/32, 192.0.2.1
 *     list    = networks with commas or blanks between them
 *
 * Not a network: "10.0.0.0/33", "10.0.0/8", "proxy.example.org", nor one with bits set after its
 * length ("10.1.2.3/8"), because it is not clear which network is meant.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct network {
    struct in6_addr address; /* of IPv4: ::ffff:10.0.0.0 */
    unsigned bits;           /* of these 128 */
};

struct networks {
    struct network *list;
    size_t count;
};

/* The first word of the list that is not a network, and its length; NULL: all are. */
const char *networks_find_wrong(const char *list, size_t *length) MUST_CHECK;

/* Parses a list that has been checked. False: memory ran out, and the list is empty. */
bool networks_read(struct networks *networks, const char *list) MUST_CHECK;

bool networks_have(const struct networks *networks, const struct in6_addr *address) MUST_CHECK;

/* Leaves an empty list. */
void networks_free(struct networks *networks);

#endif
