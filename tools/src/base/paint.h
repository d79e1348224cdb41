/* Colours on a terminal, unless somebody has disabled them. */
#ifndef PAINT_H
#define PAINT_H

#include <stdbool.h>

#include "base/text.h"

enum paint { PAINT_PLAIN, PAINT_DIM, PAINT_BOLD, PAINT_GOAL, PAINT_WARN };

/*
 * Reads the option --color: "always", "never" or "auto", which means a terminal, a TERM other than
 * dumb, and an empty NO_COLOR. False: it is none of them.
 */
MUST_CHECK bool paint_wanted(const char *when, int descriptor, bool *is_coloured);

void paint_add(struct text *to, bool is_coloured, enum paint paint, const char *safe);

#endif
