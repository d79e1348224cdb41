#include "play/jsonl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "play/members.h"

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (name && strcmp(name, *names) == 0)
            return true;
    return false;
}

/* {"a","b"}, as PostgreSQL writes an array of texts. */
static char *array_of(const json_t *array)
{
    struct text text = {0};
    const json_t *item;
    size_t i;

    text_add_string(&text, "{");
    json_array_foreach(array, i, item)
    {
        const char *from = json_is_string(item) ? json_string_value(item) : "";

        text_add_string(&text, i > 0 ? ",\"" : "\"");
        for (; *from; from++) {
            if (*from == '"' || *from == '\\')
                text_add_string(&text, "\\");
            text_add(&text, from, 1);
        }
        text_add_string(&text, "\"");
    }
    text_add_string(&text, "}");
    return text.bytes;
}

/* The member's value as PostgreSQL reads it, which is as it is written; NULL is null. The user of
 * this frees it. */
static char *text_of(const struct members *member)
{
    struct text text = {0};

    if (json_is_null(member->value))
        return NULL;
    if (json_is_string(member->value))
        return text_copy(json_string_value(member->value));
    if (json_is_array(member->value) && strcmp(member->name, "tags") == 0)
        return array_of(member->value);
    text_add(&text, member->written, member->length);
    return text.bytes;
}

static char *name_of(const json_t *seq)
{
    struct text name = {0};

    text_print(&name, "seq/%lld", (long long)json_integer_value(seq));
    return name.bytes;
}

/* Where the value of a member is written; NULL: there is none. */
static const char *written_of(const char *line, json_t *object, const char *wanted)
{
    struct members members;

    members_begin(&members, object, line);
    while (members_next(&members))
        if (strcmp(members.name, wanted) == 0)
            return members.written;
    return NULL;
}

/* The members of an entry that say where it stands, and not what it says. */
static const char *const places[] = {"type",    "match",      "seq",         "op",
                                     "ref_seq", "created_at", "occurred_at", NULL};

static void set_time(struct script *script, struct step *step, const char *column,
                     const json_t *time)
{
    char *text = json_is_string(time) ? text_copy(json_string_value(time))
                                      : json_dumps(time, JSON_ENCODE_ANY);

    script_set(script, step, column, json_is_null(time) ? NULL : text);
    free(text);
}

/* When it was, as the file says. */
static void read_time(struct script *script, struct step *step, const json_t *object)
{
    const json_t *occurred = json_object_get(object, "occurred_at");
    const json_t *at = occurred ? occurred : json_object_get(object, "created_at");

    if (occurred)
        set_time(script, step, "occurred_at", occurred);
    if (at && step->at_ms == SCRIPT_NO_TIME)
        set_time(script, step, "at", at);
}

static void read_members(struct script *script, struct step *step, const char *line, json_t *object)
{
    struct members members;

    members_begin(&members, object, line);
    while (members_next(&members)) {
        if (!is_one_of(members.name, places)) {
            char *text = text_of(&members);

            script_set(script, step, members.name, text);
            free(text);
        }
    }
    read_time(script, step, object);
}

static void set_state(struct script *script, struct step *step, const char *column, char *text)
{
    row_set(&step->state, column, text);
    if (!row_has(&script->about, column))
        row_set(&script->about, column, text);
    free(text);
}

/* The file's own match may be there still: its reference stays its own. */
static bool is_of_state(const char *name)
{
    return strcmp(name, "match") != 0 && strcmp(name, "match_ref") != 0 && row_is_match(name);
}

static void read_state(struct script *script, struct step *step, const char *line, json_t *object)
{
    json_t *state = json_object_get(object, "state");
    const json_t *at = json_object_get(object, "created_at");
    struct members members;

    if (json_is_object(state)) {
        members_begin(&members, state, written_of(line, object, "state"));
        while (members_next(&members))
            if (is_of_state(members.name))
                set_state(script, step, members.name, text_of(&members));
    }
    if (at)
        set_time(script, step, "at", at);
}

static void read_entry(struct script *script, long line, const char *bytes, json_t *object,
                       const char *op)
{
    static const char *const ops[] = {"insert", "amend", "retract", NULL};
    const json_t *seq = json_object_get(object, "seq"), *ref = json_object_get(object, "ref_seq");
    struct step *step;

    if (op && !is_one_of(op, ops)) {
        script_complain(script, line, "an entry of op \"%s\" cannot be played", op);
        return;
    }
    step = script_add(script, line, STEP_INSERT);
    if (op && strcmp(op, "insert") != 0) {
        step->op = strcmp(op, "amend") == 0 ? STEP_AMEND : STEP_RETRACT;
        if (!json_is_integer(ref))
            script_complain(script, line, "ref_seq is missing");
        step->ref = name_of(ref);
    }
    if (json_is_integer(seq))
        step->name = name_of(seq);
    read_members(script, step, bytes, object);
}

static void read_object(struct script *script, long line, const char *bytes, json_t *object,
                        json_int_t *match)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    const json_t *number = json_object_get(object, "match");

    if (json_is_integer(number)) {
        if (*match != 0 && *match != json_integer_value(number))
            script_complain(script, line,
                            "match %lld, after lines of match %lld: give each match a "
                            "file of its own",
                            (long long)json_integer_value(number), (long long)*match);
        *match = json_integer_value(number);
    }
    if (!type || strcmp(type, "commentary") == 0)
        read_entry(script, line, bytes, object, json_string_value(json_object_get(object, "op")));
    else if (strcmp(type, "match") == 0)
        read_state(script, script_add(script, line, STEP_STATE), bytes, object);
}

void jsonl_read(struct script *script, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    json_int_t match = 0;

    for (long line = 1; bytes < end; line++) {
        const char *next = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t size = (size_t)((next ? next : end) - bytes);
        json_error_t error;
        json_t *object;

        if (size > strspn(bytes, " \t\r") || (size > 0 && !strchr(" \t\r", *bytes))) {
            object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
            if (json_is_object(object))
                read_object(script, line, bytes, object, &match);
            else
                script_complain(script, line, "it is no object of JSON%s%s", object ? "" : ": ",
                                object ? "" : error.text);
            json_decref(object);
        }
        bytes = next ? next + 1 : end;
    }
}
