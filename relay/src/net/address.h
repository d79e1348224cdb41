/*
 * The address of a client as one number. Each IPv4 address has a number, also when
 * it comes as IPv6 (::ffff:192.0.2.1). In IPv6 each /64 network has a number, because one
 * household or one machine gets a /64 and may use any address of it.
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

/* Parses an address of IPv4 (it becomes ::ffff:192.0.2.1) or IPv6; the text need not end with a
   NUL. False: it is neither. */
bool address_parse(const char *text, size_t length, struct in6_addr *address) MUST_CHECK;

/* The address in a sockaddr, as accept() returns it. False: it is neither IPv4 nor IPv6. */
bool address_of_socket(const struct sockaddr_storage *socket, struct in6_addr *address) MUST_CHECK;

/* The address of the peer of a connected socket. False: the peer has gone, or has neither. */
bool address_of_peer(int fd, struct in6_addr *address) MUST_CHECK;

/* The number of an address. No IPv4 address has the number of an IPv6 network in use. */
int64_t address_number(const struct in6_addr *address);

/* Writes what the number stands for: "192.0.2.1", or "2001:db8:0:7::/64". */
void address_print(int64_t number, char text[ADDRESS_TEXT_BYTES]);

/* Whether it is a loopback address, of 127.0.0.0/8 or ::1, which no other machine can have. */
bool address_is_loopback(const struct in6_addr *address) MUST_CHECK;

#endif
