/* Taking origins apart, and comparing them. */
#include "net/origin.h"

#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define SCHEME_LETTERS LETTERS DIGITS "+-."
#define HOST_LETTERS LETTERS DIGITS "-._"
#define ADDRESS_LETTERS "abcdefABCDEF" DIGITS ":."
#define SEPARATORS ", \t"
#define PORT_MAX 65535
#define PORT_DIGITS_MAX 5

struct word {
    const char *text;
    size_t length;
};

struct origin {
    struct word scheme, host;
    unsigned port; /* 0: the scheme has no known port */
};

/* Takes the longest beginning of *rest that has only these letters. */
static struct word take(struct word *rest, const char *letters)
{
    struct word taken = {rest->text, 0};

    while (taken.length < rest->length && strchr(letters, rest->text[taken.length]))
        taken.length++;
    rest->text += taken.length;
    rest->length -= taken.length;
    return taken;
}

static bool take_mark(struct word *rest, const char *mark)
{
    size_t length = strlen(mark);

    if (rest->length < length || memcmp(rest->text, mark, length) != 0)
        return false;
    rest->text += length;
    rest->length -= length;
    return true;
}

static bool is_same(struct word a, struct word b)
{
    return a.length == b.length && strncasecmp(a.text, b.text, a.length) == 0;
}

static bool is_word(struct word word, const char *text)
{
    return is_same(word, (struct word){text, strlen(text)});
}

static unsigned port_of_scheme(struct word scheme)
{
    return is_word(scheme, "https") ? 443 : is_word(scheme, "http") ? 80 : 0;
}

/* A host name or address, brackets around one of IPv6. */
static bool take_host(struct word *rest, struct word *host)
{
    if (!take_mark(rest, "[")) {
        *host = take(rest, HOST_LETTERS);
        return host->length > 0;
    }
    *host = take(rest, ADDRESS_LETTERS);
    return host->length > 0 && take_mark(rest, "]");
}

/* All that is left: nothing, or ":" and a port. */
static bool take_port(struct word *rest, unsigned *port)
{
    struct word digits;

    if (rest->length == 0)
        return true;
    if (!take_mark(rest, ":"))
        return false;
    digits = take(rest, DIGITS);
    if (digits.length == 0 || digits.length > PORT_DIGITS_MAX || rest->length > 0)
        return false;
    *port = 0;
    for (size_t i = 0; i < digits.length; i++)
        *port = *port * 10 + (unsigned)(digits.text[i] - '0');
    return *port > 0 && *port <= PORT_MAX;
}

static bool parse_origin(struct word rest, struct origin *origin)
{
    origin->scheme = take(&rest, SCHEME_LETTERS);
    origin->port = port_of_scheme(origin->scheme);
    return origin->scheme.length > 0 && take_mark(&rest, "://") &&
           take_host(&rest, &origin->host) && take_port(&rest, &origin->port);
}

/* The Host of a request leaves out the port that the scheme of the page implies. */
static bool is_from_host(const struct origin *origin, const char *host)
{
    struct word rest = {host, strlen(host)}, name;
    unsigned port = port_of_scheme(origin->scheme);

    return port != 0 && take_host(&rest, &name) && take_port(&rest, &port) &&
           is_same(name, origin->host) && port == origin->port;
}

/* Takes the next word of the list; false at its end. */
static bool next_word(const char **list, struct word *word)
{
    *list += strspn(*list, SEPARATORS);
    *word = (struct word){*list, strcspn(*list, SEPARATORS)};
    *list += word->length;
    return word->length > 0;
}

const char *origin_find_wrong(const char *list, size_t *length)
{
    struct origin origin;
    struct word word;

    while (next_word(&list, &word))
        if (!parse_origin(word, &origin)) {
            *length = word.length;
            return word.text;
        }
    return NULL;
}

bool origin_is_allowed(const char *list, const char *origin, const char *host)
{
    struct origin page, allowed;
    struct word word;

    if (!*list)
        return true;
    if (!parse_origin((struct word){origin, strlen(origin)}, &page))
        return false;
    while (next_word(&list, &word))
        if (parse_origin(word, &allowed) && is_same(allowed.scheme, page.scheme) &&
            is_same(allowed.host, page.host) && allowed.port == page.port)
            return true;
    return is_from_host(&page, host);
}
