#include "play/members.h"

#include <string.h>

static const char *after_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Behind a string that begins here. */
static const char *after_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

/* Behind a value that begins here: what is in brackets counts as a whole. */
static const char *after_value(const char *at)
{
    int depth = 0;

    do {
        if (*at == '"') {
            at = after_string(at);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        else if (*at == '}' || *at == ']')
            depth--;
        at++;
    } while (*at && (depth > 0 || !strchr(",]} \t\r\n", *at)));
    return at;
}

void members_begin(struct members *members, const char *object)
{
    members->at = after_space(object);
    if (*members->at == '{')
        members->at++;
}

const char *members_next(struct members *members, size_t *length)
{
    const char *value, *end;

    value = after_string(after_space(members->at));
    value = after_space(value);
    if (*value == ':')
        value = after_space(value + 1);
    end = after_value(value);
    *length = (size_t)(end - value);
    members->at = after_space(end);
    if (*members->at == ',')
        members->at++;
    return value;
}
