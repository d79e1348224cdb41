/*
 * Where a connection comes from, as one number. IPv4 counts by address, also when
 * it comes as IPv6 (::ffff:192.0.2.1); IPv6 counts by /64, which is what one
 * household or one machine is given, to use any address of.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sockaddr_storage;

/* 0: neither of the two. No IPv4 address is the same number as an IPv6 network in use. */
int64_t address_number(const struct sockaddr_storage *address);

/* An address of this machine, which no other can have: 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct sockaddr_storage *address);

/* Whether the peer of a connected socket has such an address. */
bool address_peer_is_local(int fd);

/* Of the peer of a connected socket; 0 when it has gone already. */
int64_t address_of_peer(int fd);

#endif
