#include "play/members.h"

#include <string.h>

static const char *after_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* The place after a string that begins here. */
static const char *after_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

/* The place after a value that begins here: what is in brackets counts as a whole. */
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

void members_begin(struct members *members, json_t *object, const char *text)
{
    *members = (struct members){.object = object, .next = json_object_iter(object)};
    members->at = after_space(text);
    if (*members->at == '{')
        members->at++;
}

/* Past the next member's text. */
static void pass(struct members *members)
{
    const char *value, *end;

    value = after_string(after_space(members->at));
    value = after_space(value);
    if (*value == ':')
        value = after_space(value + 1);
    end = after_value(value);
    members->written = value;
    members->length = (size_t)(end - value);
    members->at = after_space(end);
    if (*members->at == ',')
        members->at++;
}

bool members_next(struct members *members)
{
    if (!members->next)
        return false;
    members->name = json_object_iter_key(members->next);
    members->value = json_object_iter_value(members->next);
    pass(members);
    members->next = json_object_iter_next(members->object, members->next);
    return true;
}
