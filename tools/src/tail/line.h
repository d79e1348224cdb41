/*
 * An entry as one readable line:
 *
 *   #58 45+2' goal  A. Striker (Rovers)  A header from six yards!  1–0
 *   #60 corrects #58: team City
 *   #61 takes back #58: It was offside.
 *   #62 Rovers 1–0 City  live  HT
 *
 * Text of others in it is made safe for a terminal.
 */
#ifndef LINE_H
#define LINE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

/*
 * Adds a line, with its newline, for a message of type commentary, match or match_created. For an
 * unknown op it adds the name of the op.
 */
void line_add(struct text *to, const json_t *message, bool is_coloured);

/* "Rovers 1–0 City  live  HT", without a newline. */
void line_add_state(struct text *to, const json_t *state, bool is_coloured);

#endif
