/* Percent escapes. */
#include "base/percent.h"

static int hex_value(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

int percent_byte(const char *text, size_t length)
{
    int high, low;

    if (length < 3)
        return -1;
    high = hex_value(text[1]);
    low = hex_value(text[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

size_t percent_decode(char *text, size_t length)
{
    size_t out = 0;

    for (size_t in = 0; in < length; in++) {
        int byte = text[in] == '%' ? percent_byte(text + in, length - in) : -1;

        text[out++] = byte < 0 ? text[in] : (char)byte;
        in += byte < 0 ? 0 : 2;
    }
    return out;
}
