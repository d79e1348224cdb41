/* Whole numbers in options and files. */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>

#include "base/attr.h"

/* Reads decimal digits and nothing else. False: it is no number, or not from low to high. */
MUST_CHECK bool number_read(const char *text, long long low, long long high, long long *number);

#endif
