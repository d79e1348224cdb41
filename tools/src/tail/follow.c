#include "tail/follow.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/safe.h"
#include "tail/line.h"

void follow_connect(struct follow *follow)
{
    follow->has_joined = false;
    follow->end = FOLLOW_GOES_ON;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (word && strcmp(word, *words) == 0)
            return true;
    return false;
}

static void note_state(struct follow *follow, const json_t *state)
{
    static const char *const over[] = {"finished", "abandoned", "cancelled", NULL};

    if (json_is_object(state) && strcmp(follow->match, "lobby") != 0)
        follow->is_over = is_one_of(json_string_value(json_object_get(state, "status")), over);
}

static void add_label(const struct follow *follow, struct text *out)
{
    if (follow->has_label)
        text_print(out, "[%s] ", follow->match);
}

static void show(struct follow *follow, const struct sse_event *event, const json_t *message,
                 struct text *out)
{
    if (follow->is_json) {
        safe_add_json(out, event->data, event->data_bytes);
        text_add(out, "\n", 1);
    } else {
        add_label(follow, out);
        line_add(out, message, follow->is_coloured);
    }
}

/* Everything that was asked for may have been shown. */
static void check_done(struct follow *follow)
{
    bool has_caught_up = follow->has_joined && follow->seen >= follow->head;

    if (has_caught_up && (!follow->is_following || (follow->until_end && follow->is_over)))
        follow->end = FOLLOW_DONE;
}

/* The seq that stands in the id of an event, EPOCH:SEQ; -1 when there is none. */
static long long seq_of_id(const char *id)
{
    const char *colon = strrchr(id, ':');
    long long seq = -1;

    if (!colon || sscanf(colon + 1, "%lld", &seq) != 1)
        return -1;
    return seq;
}

static void join(struct follow *follow, const struct sse_event *event, const json_t *message,
                 struct text *out)
{
    bool is_recovered = json_is_true(json_object_get(message, "recovered"));
    bool had_seen = follow->seen >= 0;

    follow->head = json_integer_value(json_object_get(message, "head"));
    follow->may_skip = !is_recovered;
    if (!is_recovered || !had_seen)
        follow->seen = seq_of_id(event->id[0] ? event->id : follow->place);
    follow->has_joined = true;
    note_state(follow, json_object_get(message, "state"));
    if (had_seen && !is_recovered)
        text_print(&follow->said, "match %s: its history was rewritten; it begins anew\n",
                   follow->match);
    if (follow->is_json) {
        show(follow, event, message, out);
    } else if (!had_seen && json_is_object(json_object_get(message, "state"))) {
        add_label(follow, out);
        line_add_state(out, json_object_get(message, "state"), follow->is_coloured);
        text_add(out, "\n", 1);
    }
}

static void entry(struct follow *follow, const struct sse_event *event, const json_t *message,
                  struct text *out)
{
    long long seq = json_integer_value(json_object_get(message, "seq"));

    if (seq <= follow->seen)
        return;
    if (!follow->may_skip && seq != follow->seen + 1) {
        follow->end = FOLLOW_BROKEN;
        return;
    }
    follow->may_skip = false;
    follow->seen = seq;
    note_state(follow, json_object_get(message, "state"));
    show(follow, event, message, out);
}

static void refuse(struct follow *follow, const json_t *message)
{
    const char *why = json_string_value(json_object_get(message, "message"));

    follow->end = FOLLOW_REFUSED;
    text_print(&follow->said, "match %s: %s\n", follow->match, why ? why : "refused");
}

/* The relay has ended the stream. It is for good only if the token is wrong (4401, 4403). */
static void closed(struct follow *follow, const json_t *message)
{
    long long code = json_integer_value(json_object_get(message, "code"));
    const char *reason = json_string_value(json_object_get(message, "reason"));

    follow->end = code == 4401 || code == 4403 ? FOLLOW_REFUSED : FOLLOW_BROKEN;
    if (follow->end == FOLLOW_REFUSED)
        text_print(&follow->said, "match %s: the relay has closed it: %s\n", follow->match,
                   reason ? reason : "");
}

static void take(struct follow *follow, const struct sse_event *event, const json_t *message,
                 struct text *out)
{
    static const char *const entries[] = {"commentary", "match", "match_created", NULL};

    if (strcmp(event->type, "subscribed") == 0)
        join(follow, event, message, out);
    else if (is_one_of(event->type, entries) && follow->has_joined)
        entry(follow, event, message, out);
    else if (strcmp(event->type, "stale") == 0)
        text_add_string(&follow->said,
                        "the relay has lost its database: lines may be late, none will be lost\n");
    else if (strcmp(event->type, "live") == 0)
        text_add_string(&follow->said, "the relay's database is back\n");
    else if (strcmp(event->type, "error") == 0)
        refuse(follow, message);
    else if (strcmp(event->type, "close") == 0)
        closed(follow, message);
}

void follow_event(struct follow *follow, const struct sse_event *event, struct text *out)
{
    json_t *message;

    if (follow->end != FOLLOW_GOES_ON)
        return;
    message = json_loadb(event->data, event->data_bytes, 0, NULL);
    if (!json_is_object(message)) {
        json_decref(message);
        follow->end = FOLLOW_BROKEN;
        return;
    }
    take(follow, event, message, out);
    json_decref(message);
    /* The welcome has no id yet, and the place to resume at stays. */
    if (follow->end != FOLLOW_BROKEN && event->id[0] && strlen(event->id) < sizeof follow->place)
        (void)snprintf(follow->place, sizeof follow->place, "%s", event->id);
    if (follow->end == FOLLOW_GOES_ON)
        check_done(follow);
}
