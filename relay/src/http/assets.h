/* The page: the files of relay/web, inside the program. relay/embed writes them. */
#ifndef ASSETS_H
#define ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *name; /* "index.html", "client/cursor.js" */
    const char *type; /* content type */
    const unsigned char *bytes, *end;
    /* The same bytes compressed; NULL: not smaller, or the machine of the build has no such
     * program. */
    const unsigned char *gzip, *gzip_end;
    const unsigned char *brotli, *brotli_end;
    const char *etag;
    bool is_hashed; /* the name changes with the content, so browsers may keep it for ever */
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
