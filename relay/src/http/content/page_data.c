/* The data of the page of a match. */
#include "http/content/page_data.h"

#include <stdbool.h>
#include <string.h>

#include "base/markup.h"

/* As much as search engines show of a headline, and as the list shows of a message. */
#define HEADLINE_CHARACTERS 110
#define BODY_CHARACTERS PAGE_LINE_CHARACTERS

const char *page_data_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));

    return text ? text : "";
}

/* An empty text is left out. False: memory ran out. */
static bool set_text(json_t *object, const char *member, const char *text)
{
    return !*text || json_object_set_new(object, member, json_string(text)) == 0;
}

static bool set_line(json_t *object, const char *member, const char *text, size_t max_characters)
{
    struct buffer line = {0};
    bool is_set;

    markup_add_line(&line, text, max_characters);
    buffer_add(&line, "", 1);
    is_set = !line.is_broken && set_text(object, member, (const char *)line.bytes);
    buffer_free(&line);
    return is_set;
}

static json_t *thing(const char *type, const char *name)
{
    return json_pack("{s:s, s:s}", "@type", type, "name", name);
}

/* A thing without a name is left out. */
static bool set_thing(json_t *object, const char *member, const char *type, const char *name)
{
    return !*name || json_object_set_new(object, member, thing(type, name)) == 0;
}

static const char *event_status(const char *status)
{
    if (strcmp(status, "postponed") == 0)
        return "https://schema.org/EventPostponed";
    if (strcmp(status, "cancelled") == 0 || strcmp(status, "abandoned") == 0)
        return "https://schema.org/EventCancelled";
    return "https://schema.org/EventScheduled";
}

/* The venue is a text, or an object with a name. */
static const char *venue_of(const json_t *state)
{
    const json_t *venue = json_object_get(json_object_get(state, "metadata"), "venue");

    return json_is_string(venue) ? json_string_value(venue) : page_data_text(venue, "name");
}

static json_t *event_of(const json_t *state, const char *title)
{
    json_t *event = thing("SportsEvent", title);

    if (event && set_text(event, "startDate", page_data_text(state, "starts_at")) &&
        set_text(event, "sport", page_data_text(state, "sport")) &&
        set_text(event, "eventStatus", event_status(page_data_text(state, "status"))) &&
        set_thing(event, "homeTeam", "SportsTeam", page_data_text(state, "home")) &&
        set_thing(event, "awayTeam", "SportsTeam", page_data_text(state, "away")) &&
        set_thing(event, "superEvent", "SportsEvent", page_data_text(state, "competition")) &&
        set_thing(event, "location", "Place", venue_of(state)))
        return event;
    json_decref(event);
    return NULL;
}

static json_t *posting_of(const json_t *entry)
{
    json_t *posting = json_pack("{s:s}", "@type", "BlogPosting");
    const char *message = page_data_text(entry, "message");
    const char *headline = page_data_text(entry, "headline");

    if (posting &&
        set_line(posting, "headline", *headline ? headline : message, HEADLINE_CHARACTERS) &&
        set_line(posting, "articleBody", message, BODY_CHARACTERS) &&
        set_text(posting, "datePublished", page_data_text(entry, "created_at")))
        return posting;
    json_decref(posting);
    return NULL;
}

static json_t *postings_of(const struct page_data *data)
{
    json_t *postings = json_array();

    for (size_t i = 0; i < data->line_count && postings; i++) {
        if (json_array_append_new(postings, posting_of(data->lines[i])) == 0)
            continue;
        json_decref(postings);
        postings = NULL;
    }
    return postings;
}

char *page_data_linked(const struct page_data *data, const char *title)
{
    json_t *blog = json_pack("{s:s, s:s, s:s, s:o, s:o}", "@context", "https://schema.org", "@type",
                             "LiveBlogPosting", "headline", title, "about",
                             event_of(data->state, title), "liveBlogUpdate", postings_of(data));
    char *json = NULL;

    if (blog && (data->line_count == 0 ||
                 set_text(blog, "dateModified", page_data_text(data->lines[0], "created_at"))))
        json = json_dumps(blog, JSON_COMPACT);
    json_decref(blog);
    return json;
}
