/* The page: the files of relay/web, inside the program. relay/embed writes them. */
#ifndef ASSETS_H
#define ASSETS_H

#include <stddef.h>

struct asset {
    const char *name; /* "index.html" */
    const char *type; /* content type */
    const unsigned char *bytes, *end;
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
