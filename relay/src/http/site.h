/*
 * The files of the page: inside the program, or in the folder of --web.
 */
#ifndef SITE_H
#define SITE_H

#include "http/answer.h"

/*
 * The file of a path, "/" is index.html. If the answer has a body, it is for the
 * caller to release.
 */
struct answer site_answer(const char *folder, const char *path);

#endif
