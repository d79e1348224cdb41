/* Addresses of relays. */
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEPARATORS ", \t"
#define HOST_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define ADDRESS_LETTERS "0123456789abcdefABCDEF:."
#define PATH_LETTERS HOST_LETTERS "/~!$&'()*+=:@%"

/* Takes the scheme. False: another one. */
static bool take_scheme(struct url *url, const char **at)
{
    url->is_secure = strncasecmp(*at, "wss://", 6) == 0;
    if (!url->is_secure && strncasecmp(*at, "ws://", 5) != 0)
        return false;
    *at += url->is_secure ? 6 : 5;
    return true;
}

static bool take_host(struct url *url, const char **at)
{
    bool is_literal = **at == '[';
    size_t length;

    *at += is_literal;
    length = strspn(*at, is_literal ? ADDRESS_LETTERS : HOST_LETTERS);
    if (length < 1 || length >= sizeof(url->host) || (is_literal && (*at)[length] != ']'))
        return false;
    memcpy(url->host, *at, length);
    url->host[length] = '\0';
    *at += length + is_literal;
    return true;
}

static bool take_port(struct url *url, const char **at)
{
    size_t digits;

    url->port = url->is_secure ? 443 : 80;
    if (**at != ':')
        return true;
    digits = strspn(++*at, "0123456789");
    if (digits < 1 || digits > 5)
        return false;
    url->port = atoi(*at);
    *at += digits;
    return url->port > 0 && url->port <= 65535;
}

bool url_parse(struct url *url, const char *text, size_t length)
{
    char copy[sizeof(url->host) + sizeof(url->path) + 24];
    const char *at = copy, *begin;

    *url = (struct url){0};
    if (length >= sizeof(copy) || memchr(text, '\0', length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!take_scheme(url, &at))
        return false;
    begin = at;
    if (!take_host(url, &at) || !take_port(url, &at))
        return false;
    snprintf(url->authority, sizeof(url->authority), "%.*s", (int)(at - begin), begin);
    if (strlen(at) >= sizeof(url->path) || (*at && *at != '/') ||
        at[strspn(at, PATH_LETTERS)] != '\0')
        return false;
    snprintf(url->path, sizeof(url->path), "%s", *at && at[1] ? at : "/ws");
    return true;
}

const char *url_next(const char **list, size_t *length)
{
    const char *word = *list + strspn(*list, SEPARATORS);

    *length = strcspn(word, SEPARATORS);
    *list = word + *length;
    return *length > 0 ? word : NULL;
}

const char *url_find_wrong(const char *list, size_t *length)
{
    struct url url;
    const char *word;

    while ((word = url_next(&list, length)))
        if (!url_parse(&url, word, *length))
            return word;
    return NULL;
}
