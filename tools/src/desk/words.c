#include "desk/words.h"

#include <ctype.h>
#include <string.h>

const char *words_skip_spaces(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

bool words_next(const char **line, struct text *word)
{
    const char *at = words_skip_spaces(*line), *end;

    text_clear(word);
    text_add(word, "", 0);
    if (!*at)
        return false;
    if (*at == '"' && (end = strchr(at + 1, '"'))) {
        text_add(word, at + 1, (size_t)(end - at - 1));
        end++;
    } else {
        for (end = at; *end && !isspace((unsigned char)*end);)
            end++;
        text_add(word, at, (size_t)(end - at));
    }
    *line = end;
    return true;
}
