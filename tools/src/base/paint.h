/* Colours, where a terminal shows them and nobody has switched them off. */
#ifndef PAINT_H
#define PAINT_H

#include <stdbool.h>

#include "base/text.h"

enum paint { PAINT_PLAIN, PAINT_DIM, PAINT_BOLD, PAINT_GOAL, PAINT_WARN };

/* "auto" (a terminal, TERM is not dumb, NO_COLOR is empty), "always", "never"; false: another. */
MUST_CHECK bool paint_wanted(const char *when, int descriptor, bool *is_coloured);

void paint_add(struct text *to, bool is_coloured, enum paint paint, const char *safe);

#endif
