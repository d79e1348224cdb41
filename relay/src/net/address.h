/*
 * Where a connection comes from, as one number. IPv4 counts by address, also when
 * it comes as IPv6 (::ffff:192.0.2.1); IPv6 counts by /64, which is what one
 * household or one machine is given, to use any address of.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct in6_addr;
struct sockaddr_storage;

#define ADDRESS_TEXT_BYTES 52

/* Of IPv4 (it becomes ::ffff:192.0.2.1) or IPv6; the text need not end. False: of neither. */
bool address_parse(const char *text, size_t length, struct in6_addr *address) MUST_CHECK;

/* Of a socket's address, as accept() has it. False: it is of neither. */
bool address_of_socket(const struct sockaddr_storage *socket, struct in6_addr *address) MUST_CHECK;

/* Of the peer of a connected socket. False: it has gone already, or has none of the two. */
bool address_of_peer(int fd, struct in6_addr *address) MUST_CHECK;

/* No IPv4 address is the same number as an IPv6 network in use. */
int64_t address_number(const struct in6_addr *address);

/* Writes what the number stands for: "192.0.2.1", or "2001:db8:0:7::/64". */
void address_print(int64_t number, char text[ADDRESS_TEXT_BYTES]);

/* An address of this machine, which no other can have: 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct in6_addr *address) MUST_CHECK;

#endif
