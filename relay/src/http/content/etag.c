/*
 * Entity tags.
 *
 *     list = "*" | tag *( "," tag )      tag = [ "W/" ] DQUOTE *visible DQUOTE
 *
 * Tags are compared weakly, as RFC 9110 wants for If-None-Match: "x" is the same as W/"x".
 * A text that is no list matches nothing.
 */
#include "http/content/etag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void etag_write(char etag[ETAG_BYTES], const char *epoch, int64_t head)
{
    snprintf(etag, ETAG_BYTES, "W/\"%s.%" PRId64 "\"", epoch, head);
}

/*
 * FNV-1a does not resist attacks, and need not: if two contents had the same tag, only clients that
 * ask for both would be misled.
 */
static uint64_t hash(const uint8_t *bytes, size_t length)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < length; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
    return sum;
}

void etag_write_content(char etag[ETAG_BYTES], const void *bytes, size_t length)
{
    snprintf(etag, ETAG_BYTES, "W/\"%016" PRIx64 "\"", hash(bytes, length));
}

void etag_write_page(char etag[ETAG_BYTES], const char *document_etag, const void *template,
                     size_t length)
{
    int tag = (int)strcspn(document_etag + sizeof("W/"), "\"") + (int)sizeof("W/");

    snprintf(etag, ETAG_BYTES, "%.*s.%08" PRIx32 "\"", tag, document_etag,
             (uint32_t)hash(template, length));
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
