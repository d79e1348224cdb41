/* The fields of a head. */
#include "door/head.h"

#include <string.h>
#include <strings.h>

#define SEPARATORS ", \t"

void head_refuse(struct head *head, unsigned status, const char *reason)
{
    head->status = status;
    head->reason = reason;
}

/* Most names differ in their first letter; this is called some ten times for each field. */
static bool is_name(const char *name, const char *wanted)
{
    return ((*name ^ *wanted) & ~0x20) == 0 && strcasecmp(name, wanted) == 0;
}

const char *head_next(const struct head *head, const char *name, unsigned *next)
{
    while (*next < head->field_count) {
        unsigned i = (*next)++;

        if (is_name(head->bytes + head->names[i], name))
            return head->bytes + head->values[i];
    }
    return NULL;
}

const char *head_field(const struct head *head, const char *name)
{
    unsigned next = 0;

    return head_next(head, name, &next);
}

unsigned head_count(const struct head *head, const char *name)
{
    unsigned next = 0, count = 0;

    while (head_next(head, name, &next))
        count++;
    return count;
}

bool head_next_word(struct head_word *word)
{
    size_t end;

    word->text += word->length;
    word->text += strspn(word->text, SEPARATORS);
    end = strcspn(word->text, ",");
    while (end > 0 && strchr(" \t", word->text[end - 1]))
        end--;
    word->length = end;
    return end > 0;
}

bool head_word_is(const struct head_word *word, const char *text)
{
    return strlen(text) == word->length && strncasecmp(word->text, text, word->length) == 0;
}

static bool lists(const struct head *head, const char *name, const char *text, bool has_case)
{
    unsigned next = 0;
    const char *value;

    while ((value = head_next(head, name, &next)))
        for (struct head_word word = {value, 0}; head_next_word(&word);)
            if (head_word_is(&word, text) &&
                (!has_case || memcmp(word.text, text, word.length) == 0))
                return true;
    return false;
}

bool head_lists(const struct head *head, const char *name, const char *word)
{
    return lists(head, name, word, false);
}

bool head_lists_exactly(const struct head *head, const char *name, const char *word)
{
    return lists(head, name, word, true);
}

int head_join(const struct head *head, const char *name, char *out, size_t room)
{
    size_t length = 0;
    unsigned next = 0;
    const char *value;

    if (room == 0)
        return -1;
    while ((value = head_next(head, name, &next))) {
        size_t more = strlen(value), comma = length > 0 ? 2 : 0;

        if (room - length <= comma + more)
            return -1;
        memcpy(out + length, ", ", comma);
        memcpy(out + length + comma, value, more);
        length += comma + more;
    }
    out[length] = '\0';
    return (int)length;
}
