/*
 * The address of a relay: ws://HOST[:PORT][/PATH] or wss://…
 *
 * Valid:    "ws://127.0.0.1:8080"   "wss://relay.example"   "wss://[2001:db8::1]:8443/ws"
 * Invalid:  "http://relay"   "relay:8080"   "ws://"   "ws://me@relay"   "ws://relay:0"
 *           "ws://relay/ws?x=1"   "ws://relay/#x"
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct url {
    bool is_secure;
    char host[256];      /* without brackets */
    char authority[272]; /* host and port, as the header Host has it */
    int port;
    char path[256]; /* "/ws", if the address has none */
};

/* Parses an address; the text need not end with a NUL. False: it is not valid. */
bool url_parse(struct url *url, const char *text, size_t length) MUST_CHECK;

/* In a list with commas or blanks: the first word that is no address. NULL: all are. */
const char *url_find_wrong(const char *list, size_t *length) MUST_CHECK;

/* The next word of a list; moves *list past it. NULL: there is none. */
const char *url_next(const char **list, size_t *length) MUST_CHECK;

#endif
