/* Addresses of sockets, as bytes, as numbers and as text. */
#include "net/address.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The /64 networks of these numbers lie in 0::/8, which is reserved. */
#define IPV4_MARK (UINT64_C(0xffff) << 32)
#define IPV4_AT 12 /* in a mapped address, after ::ffff */

static void map_ipv4(const struct in_addr *four, struct in6_addr *address)
{
    *address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(address->s6_addr + IPV4_AT, four, sizeof(*four));
}

bool address_parse(const char *text, size_t length, struct in6_addr *address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr four;

    if (length >= sizeof(copy) || memchr(text, '\0', length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET6, copy, address) == 1)
        return true;
    if (inet_pton(AF_INET, copy, &four) != 1)
        return false;
    map_ipv4(&four, address);
    return true;
}

bool address_of_socket(const struct sockaddr_storage *socket, struct in6_addr *address)
{
    if (socket->ss_family == AF_INET)
        map_ipv4(&((const struct sockaddr_in *)socket)->sin_addr, address);
    else if (socket->ss_family == AF_INET6)
        *address = ((const struct sockaddr_in6 *)socket)->sin6_addr;
    return socket->ss_family == AF_INET || socket->ss_family == AF_INET6;
}

bool address_of_peer(int fd, struct in6_addr *address)
{
    struct sockaddr_storage peer = {0};
    socklen_t length = sizeof(peer);

    return getpeername(fd, (struct sockaddr *)&peer, &length) == 0 &&
           address_of_socket(&peer, address);
}

int64_t address_number(const struct in6_addr *address)
{
    uint64_t network;
    uint32_t host;

    if (IN6_IS_ADDR_V4MAPPED(address)) {
        memcpy(&host, address->s6_addr + IPV4_AT, sizeof(host));
        return (int64_t)(IPV4_MARK | ntohl(host));
    }
    memcpy(&network, address->s6_addr, sizeof(network));
    return (int64_t)be64toh(network);
}

bool address_is_loopback(const struct in6_addr *address)
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        return address->s6_addr[IPV4_AT] == 127;
    return IN6_IS_ADDR_LOOPBACK(address);
}

void address_print(int64_t number, char text[ADDRESS_TEXT_BYTES])
{
    uint32_t four = htonl((uint32_t)number);
    uint64_t network = htobe64((uint64_t)number);
    struct in6_addr six = {0};
    char host[INET6_ADDRSTRLEN];

    if ((uint64_t)number >> 32 == IPV4_MARK >> 32) {
        inet_ntop(AF_INET, &four, text, ADDRESS_TEXT_BYTES);
        return;
    }
    memcpy(six.s6_addr, &network, sizeof(network));
    inet_ntop(AF_INET6, &six, host, sizeof(host));
    snprintf(text, ADDRESS_TEXT_BYTES, "%s/64", host);
}
