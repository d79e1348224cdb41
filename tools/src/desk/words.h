/*
 * The words of a line. A word ends at a space; what stands in quotes is one word.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>

#include "base/text.h"

const char *words_skip_spaces(const char *at);

/* Takes the next word from the line, without its quotes. False at the end of the line. */
bool words_next(const char **line, struct text *word);

#endif
