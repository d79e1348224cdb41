/* Where clients come from. */
#include "door/clients.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "door/head.h"
#include "net/address.h"
#include "net/forwarded.h"
#include "stats/stats.h"

#define TOO_FAST_RETRY_S 1
#define TOO_MANY_RETRY_S 10
#define REPORT_EVERY_MS 10000

bool clients_init(struct clients *clients, const struct clients_settings *settings)
{
    clients->reported_ms = 0;
    return limits_init(&clients->limits, &settings->limits) &&
           networks_read(&clients->proxies, settings->trusted_proxies);
}

bool clients_change(struct clients *clients, const struct clients_settings *settings)
{
    struct networks proxies;

    if (!networks_read(&proxies, settings->trusted_proxies))
        return false;
    networks_free(&clients->proxies);
    clients->proxies = proxies;
    clients->limits.settings = settings->limits;
    return true;
}

/* A client that is refused may come again at once, and must not fill the log. */
static void report(struct clients *clients, int64_t address, const char *why, int64_t now_ms)
{
    char text[ADDRESS_TEXT_BYTES];

    if (clients->reported_ms && now_ms - clients->reported_ms < REPORT_EVERY_MS)
        return;
    clients->reported_ms = now_ms;
    address_print(address, text);
    log_warn("viewers are refused", LOG_TEXT("address", text), LOG_TEXT("why", why));
}

bool clients_come(struct clients *clients, const struct in6_addr *address, struct visitor **visitor)
{
    int64_t number, now_ms = clock_ms();

    *visitor = NULL;
    if (!address || networks_have(&clients->proxies, address))
        return true;
    number = address_number(address);
    if (limits_come(&clients->limits, number, now_ms, visitor))
        return true;
    relay_stats.refusals[REFUSED_TOO_MANY]++;
    report(clients, number, "too many connections", now_ms);
    return false;
}

void clients_go(struct clients *clients, struct visitor *visitor)
{
    limits_go(&clients->limits, visitor);
}

int64_t clients_address(const struct clients *clients, const struct in6_addr *peer,
                        const struct head *head)
{
    char forwarded[HEAD_BYTES_MAX];
    struct in6_addr address = *peer;

    if (networks_have(&clients->proxies, peer) &&
        head_join(head, "x-forwarded-for", forwarded, sizeof(forwarded)) > 0)
        address = forwarded_client(&clients->proxies, address, forwarded);
    return address_number(&address);
}

static struct refusal refuse(const char *text, int retry_after_s)
{
    return (struct refusal){.status = 429, .text = text, .retry_after_s = retry_after_s};
}

struct refusal clients_knock(struct clients *clients, int64_t address)
{
    int64_t now_ms = clock_ms();

    switch (limits_knock(&clients->limits, address, now_ms)) {
    case LIMITS_TOO_MANY:
        relay_stats.refusals[REFUSED_TOO_MANY]++;
        report(clients, address, "max-viewers-per-address", now_ms);
        return refuse("too many viewers from your address\n", TOO_MANY_RETRY_S);
    case LIMITS_TOO_FAST:
        relay_stats.refusals[REFUSED_TOO_FAST]++;
        report(clients, address, "connects-per-address", now_ms);
        return refuse("too many handshakes from your address\n", TOO_FAST_RETRY_S);
    default:
        return (struct refusal){0};
    }
}

struct visitor *clients_enter(struct clients *clients, int64_t address)
{
    return limits_enter(&clients->limits, address, clock_ms());
}

void clients_leave(struct clients *clients, struct visitor *visitor)
{
    limits_leave(&clients->limits, visitor);
}

void clients_free(struct clients *clients)
{
    limits_free(&clients->limits);
    networks_free(&clients->proxies);
}
