/*
 * Clients: the address from which a client comes, and the limits of that address. Behind a
 * trusted proxy it is the address that the proxy names.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "door/limits.h"
#include "door/refusal.h"
#include "net/network.h"

struct head;

struct clients_settings {
    const char *trusted_proxies; /* see network.h; read, and not kept */
    struct limits_settings limits;
};

struct clients {
    struct networks proxies;
    struct limits limits;
    int64_t reported_ms;
};

/* False: memory ran out, or the system has no random numbers. */
bool clients_init(struct clients *clients, const struct clients_settings *settings) MUST_CHECK;

/* For clients that come from now on. False: memory ran out, and all is as before. */
bool clients_change(struct clients *clients, const struct clients_settings *settings) MUST_CHECK;

/*
 * A connection has been accepted from this address; NULL: it is not known. True: it may stay, and
 * *visitor is for clients_go. A trusted proxy is not counted: its clients are, as viewers.
 */
bool clients_come(struct clients *clients, const struct in6_addr *address,
                  struct visitor **visitor) MUST_CHECK;
void clients_go(struct clients *clients, struct visitor *visitor);

/* Whether any proxy is trusted. */
static inline bool clients_have_proxies(const struct clients *clients)
{
    return clients->proxies.count > 0;
}

/* The address that counts for a request, as a number, from the peer's own address. */
int64_t clients_address(const struct clients *clients, const struct in6_addr *peer,
                        const struct head *head);

/* A client from this address wants to become a viewer. Some refusals are logged. */
struct refusal clients_knock(struct clients *clients, int64_t address);

/* The client is a viewer now. The result is for clients_leave; NULL: it is not counted. */
struct visitor *clients_enter(struct clients *clients, int64_t address) MUST_CHECK;
void clients_leave(struct clients *clients, struct visitor *visitor);

/* Also frees the visitors that have not left. */
void clients_free(struct clients *clients);

#endif
