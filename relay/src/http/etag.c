/*
 * Entity tags.
 *
 *     list = "*" | tag *( "," tag )      tag = [ "W/" ] DQUOTE *visible DQUOTE
 *
 * Tags are compared weakly, as RFC 9110 wants for If-None-Match: "x" is the same as W/"x".
 * A text that is no list matches nothing.
 */
#include "http/etag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void etag_write(char etag[ETAG_BYTES], const char *epoch, int64_t head)
{
    snprintf(etag, ETAG_BYTES, "W/\"%s.%" PRId64 "\"", epoch, head);
}

static const char *skip_weakness(const char *tag)
{
    return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

bool etag_matches(const char *list, const char *etag)
{
    const char *wanted = skip_weakness(etag);
    size_t length = strlen(wanted);

    if (strcmp(list, "*") == 0)
        return true;
    for (;;) {
        const char *end;

        list = skip_weakness(list + strspn(list, ", \t"));
        if (*list != '"' || !(end = strchr(list + 1, '"')))
            return false;
        if ((size_t)(end + 1 - list) == length && memcmp(list, wanted, length) == 0)
            return true;
        list = end + 1;
    }
}
