/*
 * The source of entries. However they go to the server, they come from here, so that
 * what is measured begins in the same loop that ends it.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>

#include "options.h"

/* Once the viewers are there: where each match goes on is known from them. */
void publish_open(const struct options *options);

/* False: what was published last is still on its way. */
bool publish_is_ready(void);

/* So many entries of the next match, at once. Returns the match. */
int publish_entries(int count);

/* Something is to be read from the server that takes them. */
void publish_on_readable(void);

#endif
