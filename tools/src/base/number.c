#include "base/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool number_read(const char *text, long long low, long long high, long long *number)
{
    long long found;
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    found = strtoll(text, &end, 10);
    if (errno != 0 || *end || found < low || found > high)
        return false;
    *number = found;
    return true;
}
