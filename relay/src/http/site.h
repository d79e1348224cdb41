/*
 * The files of the page: inside the program, or in the folder of --web.
 */
#ifndef SITE_H
#define SITE_H

#include "http/content/answer.h"

/* What the client takes; without any the answer has the bytes as they are. */
struct site_codings {
    bool gzip, brotli;
};

/*
 * The file of a path, "/" is index.html. If the answer has a body, it is for the one who
 * asks to release. The files inside the program come packed, and those with hashed names can
 * be kept for ever; the files of a folder are read each time, for those who work on them.
 */
struct answer site_answer(const char *folder, const char *path, struct site_codings codings);

#endif
