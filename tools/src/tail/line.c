#include "tail/line.h"

#include <string.h>

#include "base/paint.h"
#include "base/safe.h"

/* A member as text; NULL when it is not there or is neither a text nor a number. */
static const char *member(const json_t *object, const char *name, char room[32])
{
    const json_t *value = json_object_get(object, name);

    if (json_is_string(value))
        return json_string_value(value);
    if (!json_is_integer(value))
        return NULL;
    (void)snprintf(room, 32, "%lld", (long long)json_integer_value(value));
    return room;
}

/* BEFORE, the member, AFTER; nothing when it is not there. */
static bool add_member(struct text *to, const json_t *object, const char *name, const char *before,
                       const char *after)
{
    char room[32];
    const char *value = member(object, name, room);

    if (!value)
        return false;
    text_add_string(to, before);
    safe_add_string(to, value);
    text_add_string(to, after);
    return true;
}

static void add_score(struct text *to, const json_t *object, const char *before)
{
    static const char *const names[][2] = {{"home_display", "away_display"},
                                           {"home_score", "away_score"}};

    for (int i = 0; i < 2; i++) {
        if (!json_object_get(object, names[i][0]) && !json_object_get(object, names[i][1]))
            continue;
        text_add_string(to, before);
        (void)add_member(to, object, names[i][0], "", "");
        text_add_string(to, "\xE2\x80\x93");
        (void)add_member(to, object, names[i][1], "", "");
        return;
    }
}

static void add_time(struct text *to, const json_t *entry)
{
    if (add_member(to, entry, "clock", " ", ""))
        return;
    if (!add_member(to, entry, "minute", " ", ""))
        return;
    (void)add_member(to, entry, "stoppage", "+", "");
    text_add_string(to, "'");
}

static enum paint paint_of(const char *kind)
{
    if (strstr(kind, "goal") || strstr(kind, "try") || strstr(kind, "wicket"))
        return PAINT_GOAL;
    if (strcmp(kind, "comment") == 0)
        return PAINT_PLAIN;
    return strstr(kind, "card") ? PAINT_WARN : PAINT_BOLD;
}

static void add_kind(struct text *to, const json_t *entry, bool is_coloured)
{
    const char *kind = json_string_value(json_object_get(entry, "kind"));
    struct text safe = {0};

    if (!kind || strcmp(kind, "comment") == 0)
        return;
    safe_add_string(&safe, kind);
    text_add(to, " ", 1);
    paint_add(to, is_coloured, paint_of(kind), safe.bytes);
    text_free(&safe);
}

static void add_content(struct text *to, const json_t *entry, bool is_coloured)
{
    add_time(to, entry);
    add_kind(to, entry, is_coloured);
    if (add_member(to, entry, "actor", "  ", ""))
        (void)add_member(to, entry, "team", " (", ")");
    else
        (void)add_member(to, entry, "team", "  ", "");
    (void)add_member(to, entry, "headline", "  ", ".");
    (void)add_member(to, entry, "message", "  ", "");
    add_score(to, entry, "  ");
}

/* Each member that a correction sets, in its order; what it takes away is "–". */
static void add_changes(struct text *to, const json_t *entry)
{
    static const char *const given[] = {"type", "match", "seq", "op", "ref_seq", "created_at"};
    const char *name, *separator = " ";
    json_t *value, *object = (json_t *)entry;

    json_object_foreach(object, name, value)
    {
        bool is_change = true;

        for (size_t i = 0; i < sizeof given / sizeof *given; i++)
            is_change &= strcmp(name, given[i]) != 0;
        if (!is_change)
            continue;
        text_add_string(to, separator);
        separator = ", ";
        safe_add_string(to, name);
        if (json_is_null(value))
            text_add_string(to, " \xE2\x80\x93");
        else if (!add_member(to, entry, name, " ", ""))
            text_add_string(to, " \xE2\x80\xA6");
    }
}

static void add_op(struct text *to, const json_t *entry, const char *op, bool is_coloured)
{
    if (strcmp(op, "insert") == 0) {
        add_content(to, entry, is_coloured);
    } else if (strcmp(op, "amend") == 0) {
        (void)add_member(to, entry, "ref_seq", " corrects #", ":");
        add_changes(to, entry);
    } else if (strcmp(op, "retract") == 0) {
        (void)add_member(to, entry, "ref_seq", " takes back #", "");
        (void)add_member(to, entry, "message", ": ", "");
    } else if (strcmp(op, "reinstate") == 0) {
        (void)add_member(to, entry, "ref_seq", " brings back #", ":");
        add_content(to, entry, is_coloured);
    } else {
        (void)add_member(to, entry, "op", " ", "");
    }
}

void line_add(struct text *to, const json_t *message, bool is_coloured)
{
    const char *op = json_string_value(json_object_get(message, "op"));
    const json_t *state = json_object_get(message, "state");
    struct text seq = {0};

    if (add_member(&seq, message, "seq", "#", ""))
        paint_add(to, is_coloured, PAINT_DIM, seq.bytes);
    if (state) {
        text_add(to, " ", 1);
        line_add_state(to, state, is_coloured);
    } else {
        add_op(to, message, op ? op : "", is_coloured);
    }
    text_add(to, "\n", 1);
    text_free(&seq);
}

void line_add_state(struct text *to, const json_t *state, bool is_coloured)
{
    struct text names = {0};

    if (!add_member(&names, state, "home", "", "") && !add_member(&names, state, "title", "", ""))
        (void)add_member(&names, state, "match", "match ", "");
    if (json_object_get(state, "away")) {
        add_score(&names, state, " ");
        (void)add_member(&names, state, "away", " ", "");
    }
    paint_add(to, is_coloured, PAINT_BOLD, names.length > 0 ? names.bytes : "");
    (void)add_member(to, state, "status", "  ", "");
    (void)add_member(to, state, "clock", "  ", "");
    (void)add_member(to, state, "result", "  ", "");
    text_free(&names);
}
