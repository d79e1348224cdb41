#include "tail/address.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

#define DIGITS "0123456789"

/* The number that stands there, if it can be a match's; NULL: none. */
static char *read_match(const char *at)
{
    char *match = text_copy(at);
    long long number;

    match[strspn(match, DIGITS)] = '\0';
    if (number_read(match, 1, 1LL << 53, &number))
        return match;
    free(match);
    return NULL;
}

/* The parameter `match` after the ? or the #. */
static char *match_of_parameters(const char *at)
{
    char *match = NULL;

    while (!match && *at++) {
        if (strncmp(at, "match=", 6) == 0)
            match = read_match(at + 6);
        at += strcspn(at, "?#&");
    }
    return match;
}

/* The path /match/7 or /embed/7, which is cut off. */
static char *match_of_path(char *relay)
{
    static const char *const folders[] = {"/match/", "/embed/"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *last = strrchr(relay, '/');
        size_t length = strlen(folders[i]);

        if (last && last - relay + 1 >= (long)length &&
            last[1 + strspn(last + 1, DIGITS)] == '\0' &&
            strncmp(last + 1 - length, folders[i], length) == 0) {
            char *match = read_match(last + 1);

            last[1 - (long)length] = '\0';
            return match;
        }
    }
    return NULL;
}

static void cut_slashes(char *relay)
{
    size_t length = strlen(relay);

    while (length > 0 && relay[length - 1] == '/')
        relay[--length] = '\0';
}

bool address_read(struct address *address, const char *text)
{
    const char *parameters = text + strcspn(text, "?#");

    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        return false;
    *address = (struct address){text_copy(text), match_of_parameters(parameters)};
    address->relay[parameters - text] = '\0';
    cut_slashes(address->relay);
    if (!address->match)
        address->match = match_of_path(address->relay);
    return true;
}
