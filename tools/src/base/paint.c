#include "base/paint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value && *value;
}

static bool shows_colours(int descriptor)
{
    const char *terminal = getenv("TERM");

    return isatty(descriptor) && !is_set("NO_COLOR") && terminal && strcmp(terminal, "dumb") != 0;
}

bool paint_wanted(const char *when, int descriptor, bool *is_coloured)
{
    *is_coloured = strcmp(when, "always") == 0;
    if (strcmp(when, "auto") == 0)
        *is_coloured = shows_colours(descriptor);
    else if (!*is_coloured)
        return strcmp(when, "never") == 0;
    return true;
}

void paint_add(struct text *to, bool is_coloured, enum paint paint, const char *safe)
{
    static const char *const codes[] = {"", "\x1b[2m", "\x1b[1m", "\x1b[1;32m", "\x1b[33m"};

    if (is_coloured && paint != PAINT_PLAIN)
        text_print(to, "%s%s\x1b[0m", codes[paint], safe);
    else
        text_add_string(to, safe);
}
