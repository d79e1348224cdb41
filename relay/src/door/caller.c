/* Who comes, and from where. */
#include "door/caller.h"

#include <libwebsockets.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/address.h"
#include "net/forwarded.h"
#include "stats/stats.h"

#define TOO_FAST_RETRY_S 1
#define TOO_MANY_RETRY_S 10
#define REPORT_EVERY_MS 10000
/* More than the library takes of all headers together. */
#define HEADERS_BYTES 8192

bool callers_init(struct callers *callers, const struct callers_settings *settings)
{
    callers->reported_ms = 0;
    return limits_init(&callers->limits, &settings->limits) &&
           networks_read(&callers->proxies, settings->trusted_proxies);
}

bool callers_change(struct callers *callers, const struct callers_settings *settings)
{
    struct networks proxies;

    if (!networks_read(&proxies, settings->trusted_proxies))
        return false;
    networks_free(&callers->proxies);
    callers->proxies = proxies;
    callers->limits.settings = settings->limits;
    return true;
}

/*
 * Several headers are one list, in their order. The pieces of each are copied apart:
 * which mark the library would put between two depends on its version.
 */
static void copy_forwarded(struct lws *wsi, char header[HEADERS_BYTES])
{
    int length = 0, more;

    for (int i = 0; (more = lws_hdr_copy_fragment(wsi, header + length, HEADERS_BYTES - 1 - length,
                                                  WSI_TOKEN_X_FORWARDED_FOR, i)) >= 0;
         i++) {
        length += more;
        header[length++] = ',';
    }
    header[length > 0 ? length - 1 : 0] = '\0';
}

static int64_t address_of(const struct callers *callers, struct lws *wsi)
{
    char header[HEADERS_BYTES];
    struct in6_addr address;

    if (!address_of_peer(lws_get_socket_fd(wsi), &address))
        return 0;
    if (networks_have(&callers->proxies, &address)) {
        copy_forwarded(wsi, header);
        address = forwarded_client(&callers->proxies, address, header);
    }
    return address_number(&address);
}

/* Whoever is refused may come again at once, and must not fill the log. */
static void report(struct callers *callers, int64_t address, const char *why, int64_t now_ms)
{
    char text[ADDRESS_TEXT_BYTES];

    if (callers->reported_ms && now_ms - callers->reported_ms < REPORT_EVERY_MS)
        return;
    callers->reported_ms = now_ms;
    address_print(address, text);
    log_warn("viewers are refused", LOG_TEXT("address", text), LOG_TEXT("why", why));
}

struct handshake_refusal callers_knock(struct callers *callers, struct lws *wsi)
{
    int64_t address = address_of(callers, wsi), now_ms = clock_ms();

    switch (limits_knock(&callers->limits, address, now_ms)) {
    case LIMITS_TOO_MANY:
        relay_stats.refusals[REFUSED_TOO_MANY]++;
        report(callers, address, "max-viewers-per-address", now_ms);
        return handshake_refuse(429, "too many viewers from your address\n", TOO_MANY_RETRY_S);
    case LIMITS_TOO_FAST:
        relay_stats.refusals[REFUSED_TOO_FAST]++;
        report(callers, address, "connects-per-address", now_ms);
        return handshake_refuse(429, "too many handshakes from your address\n", TOO_FAST_RETRY_S);
    default:
        return (struct handshake_refusal){0};
    }
}

struct visitor *callers_enter(struct callers *callers, struct lws *wsi)
{
    return limits_enter(&callers->limits, address_of(callers, wsi), clock_ms());
}

void callers_leave(struct callers *callers, struct visitor *visitor)
{
    limits_leave(&callers->limits, visitor);
}

void callers_free(struct callers *callers)
{
    limits_free(&callers->limits);
    networks_free(&callers->proxies);
}
