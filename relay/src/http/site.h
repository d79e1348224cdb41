/*
 * The files of the page: inside the program, or in the folder of --web.
 */
#ifndef SITE_H
#define SITE_H

#include "http/content/answer.h"
#include "http/state.h"

/* What the client takes; without any the answer has the bytes as they are. */
struct site_codings {
    bool gzip, brotli;
};

/*
 * The file of a path, "/" is index.html. If the answer has a body, it is for the one who
 * asks to release. The files inside the program come packed, and those with hashed names can
 * be kept for ever; the files of a folder are read each time, for those who work on them.
 * With --images a page is told the origins, in its <meta name="images" content="">; then it
 * is another page than the one in the program, and comes as it is, without an entity tag.
 */
struct answer site_answer(const struct http_settings *settings, const char *path,
                          struct site_codings codings);

#endif
