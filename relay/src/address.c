/* Addresses of sockets as numbers. */
#include "address.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The /64 networks of these numbers lie in 0::/8, which is reserved. */
#define IPV4_MARK (UINT64_C(0xffff) << 32)

int64_t address_number(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    uint64_t network;
    uint32_t host;

    if (address->ss_family == AF_INET)
        return (int64_t)(IPV4_MARK | ntohl(four->sin_addr.s_addr));
    if (address->ss_family != AF_INET6)
        return 0;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        memcpy(&host, six->sin6_addr.s6_addr + 12, sizeof(host));
        return (int64_t)(IPV4_MARK | ntohl(host));
    }
    memcpy(&network, six->sin6_addr.s6_addr, sizeof(network));
    return (int64_t)be64toh(network);
}

int64_t address_of_peer(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address);

    return getpeername(fd, (struct sockaddr *)&address, &length) == 0 ? address_number(&address)
                                                                      : 0;
}

bool address_is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    int64_t number = address_number(address);

    if (address->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    return ((uint64_t)number & ~UINT64_C(0xffffff)) == (IPV4_MARK | UINT64_C(127) << 24);
}

bool address_peer_is_local(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address);

    return getpeername(fd, (struct sockaddr *)&address, &length) == 0 &&
           address_is_loopback(&address);
}
