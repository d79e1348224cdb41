/* X-Forwarded-For, read from its end. */
#include "net/forwarded.h"

#include <stdbool.h>
#include <string.h>

#include "net/address.h"

struct hop {
    const char *text;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts off the last element, and the comma before it; without the blanks around it. */
static struct hop take_last(const char *header, size_t *length)
{
    size_t end = *length, begin = end;

    while (begin > 0 && header[begin - 1] != ',')
        begin--;
    *length = begin > 0 ? begin - 1 : 0;
    while (begin < end && is_blank(header[begin]))
        begin++;
    while (end > begin && is_blank(header[end - 1]))
        end--;
    return (struct hop){header + begin, end - begin};
}

/* With a port, which some proxies write, an address of IPv6 has brackets. */
static bool parse_hop(struct hop hop, struct in6_addr *address)
{
    const char *colon = memchr(hop.text, ':', hop.length), *bracket;

    if (hop.length > 0 && *hop.text == '[') {
        bracket = memchr(hop.text, ']', hop.length);
        return bracket && address_parse(hop.text + 1, (size_t)(bracket - hop.text - 1), address);
    }
    if (address_parse(hop.text, hop.length, address))
        return true;
    return colon && memchr(hop.text, '.', (size_t)(colon - hop.text)) &&
           address_parse(hop.text, (size_t)(colon - hop.text), address);
}

struct in6_addr forwarded_client(const struct networks *trusted, struct in6_addr peer,
                                 const char *header)
{
    struct in6_addr client = peer, before;
    size_t length = strlen(header);

    while (length > 0 && networks_have(trusted, &client) &&
           parse_hop(take_last(header, &length), &before))
        client = before;
    return client;
}
