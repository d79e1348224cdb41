/*
 * The files of the page: inside the program, or in the folder of --web.
 */
#ifndef SITE_H
#define SITE_H

#include "http/content/answer.h"
#include "http/state.h"

/* Encodings that the client accepts; without any, the file is sent uncompressed. */
struct site_codings {
    bool gzip, brotli;
};

/*
 * The file of a path; "/" is index.html. If the answer has a body, the caller has to release it.
 * Files inside the program are sent compressed, and browsers may keep those with hashed names for
 * ever. Files of a folder are read for each request, so that changes show at once.
 *
 * With --images, the origins are written into <meta name="images" content=""> of a page. Such a
 * page differs from the one in the program, so it is sent uncompressed and without an entity tag.
 */
struct answer site_answer(const struct http_settings *settings, const char *path,
                          struct site_codings codings);

#endif
