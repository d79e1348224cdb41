/* Whole numbers of options and of files. */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>

#include "base/attr.h"

/* Decimal digits and nothing else, from low to high. */
MUST_CHECK bool number_read(const char *text, long long low, long long high, long long *number);

#endif
