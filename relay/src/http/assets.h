/* The page: the files of relay/web, inside the program. relay/embed writes them. */
#ifndef ASSETS_H
#define ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *name; /* "index.html" */
    const char *type; /* content type */
    const unsigned char *bytes, *end;
    const unsigned char *gzip, *gzip_end; /* the same packed; NULL: that is no smaller, or … */
    const unsigned char *brotli, *brotli_end; /* … the machine of the build has no such program */
    const char *etag;
    bool is_hashed; /* its name changes with its content: it can be kept for ever */
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
