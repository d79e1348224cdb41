/* Taking networks apart, and looking for an address in them. */
#include "net/network.h"

#include <stdlib.h>
#include <string.h>

#include "net/address.h"

#define SEPARATORS ", \t"
#define ADDRESS_BITS 128
#define IPV4_BITS 32

/* One to three digits, and nothing else, that make a length of at most `max`. */
static bool parse_length(const char *text, size_t length, unsigned max, unsigned *bits)
{
    *bits = 0;
    if (length < 1 || length > 3)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *bits = *bits * 10 + (unsigned)(text[i] - '0');
    }
    return *bits <= max;
}

/* Whether two addresses have the first `bits` bits in common. */
static bool has_prefix(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a->s6_addr, b->s6_addr, whole) == 0 &&
           (rest == 0 || (a->s6_addr[whole] ^ b->s6_addr[whole]) >> (8 - rest) == 0);
}

/* Whether no bit is set after the first `bits`. */
static bool ends_at(const struct in6_addr *address, unsigned bits)
{
    for (unsigned i = bits; i < ADDRESS_BITS; i++)
        if (address->s6_addr[i / 8] & 0x80 >> i % 8)
            return false;
    return true;
}

static bool parse_network(const char *text, size_t length, struct network *network)
{
    const char *slash = memchr(text, '/', length);
    size_t host = slash ? (size_t)(slash - text) : length;
    unsigned max = memchr(text, ':', host) ? ADDRESS_BITS : IPV4_BITS, bits = max;

    if (!address_parse(text, host, &network->address) ||
        (slash && !parse_length(slash + 1, length - host - 1, max, &bits)))
        return false;
    network->bits = bits + ADDRESS_BITS - max;
    return ends_at(&network->address, network->bits);
}

/* Takes the next word of the list; 0 at its end. */
static size_t next_word(const char **list, const char **word)
{
    size_t length;

    *word = *list + strspn(*list, SEPARATORS);
    length = strcspn(*word, SEPARATORS);
    *list = *word + length;
    return length;
}

const char *networks_find_wrong(const char *list, size_t *length)
{
    struct network network;
    const char *word;

    while ((*length = next_word(&list, &word)) > 0)
        if (!parse_network(word, *length, &network))
            return word;
    return NULL;
}

bool networks_read(struct networks *networks, const char *list)
{
    const char *rest = list, *word;
    size_t count = 0, length;

    *networks = (struct networks){0};
    while (next_word(&rest, &word) > 0)
        count++;
    if (count == 0)
        return true;
    networks->list = calloc(count, sizeof(*networks->list));
    if (!networks->list)
        return false;
    while ((length = next_word(&list, &word)) > 0)
        if (parse_network(word, length, &networks->list[networks->count]))
            networks->count++;
    return true;
}

bool networks_have(const struct networks *networks, const struct in6_addr *address)
{
    for (size_t i = 0; i < networks->count; i++)
        if (has_prefix(&networks->list[i].address, address, networks->list[i].bits))
            return true;
    return false;
}

void networks_free(struct networks *networks)
{
    free(networks->list);
    *networks = (struct networks){0};
}
