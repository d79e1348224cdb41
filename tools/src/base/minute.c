#include "base/minute.h"

#include <ctype.h>
#include <stddef.h>

/* Reads at most so many digits; returns what follows them, or NULL. */
static const char *read_digits(const char *text, int most, int *number)
{
    int count = 0;

    *number = 0;
    for (; isdigit((unsigned char)*text); text++) {
        if (++count > most)
            return NULL;
        *number = *number * 10 + (*text - '0');
    }
    return count > 0 ? text : NULL;
}

bool minute_read(const char *text, struct minute *minute)
{
    struct minute found = {0, -1};

    text = read_digits(text, 3, &found.minute);
    if (text && *text == '+')
        text = read_digits(text + 1, 2, &found.stoppage);
    if (text && *text == '\'')
        text++;
    if (!text || *text)
        return false;
    *minute = found;
    return true;
}

struct minute minute_of_clock(int minute, int end)
{
    if (end > 0 && minute > end)
        return (struct minute){end, minute - end > 99 ? 99 : minute - end};
    return (struct minute){minute > 999 ? 999 : minute, -1};
}
