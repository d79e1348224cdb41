/* The page of one match. */
#include "http/content/page.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/markup.h"
#include "http/content/page_data.h"

#define NAME_CHARACTERS 60
#define DESCRIPTION_CHARACTERS 200

/* ---- the document ---- */

/* False: it is not the document of a match. */
static bool read_document(struct page_data *data, const char *document, size_t length)
{
    data->root = json_read(document, length, 0, NULL);
    data->state = json_object_get(data->root, "state");
    data->entries = json_object_get(data->root, "entries");
    return data->root && json_is_array(data->entries);
}

/* Do the entries reach the head? */
static bool is_whole(const struct page_data *data)
{
    size_t count = json_array_size(data->entries);
    const json_t *last = count > 0 ? json_array_get(data->entries, count - 1) : NULL;

    return last && json_integer_value(json_object_get(last, "seq")) ==
                       json_integer_value(json_object_get(data->root, "head"));
}

/* Is the entry a line without a later correction? */
static bool stands(const struct page_data *data, size_t index)
{
    const json_t *entry = json_array_get(data->entries, index);
    json_int_t seq = json_integer_value(json_object_get(entry, "seq"));

    if (strcmp(page_data_text(entry, "op"), "insert") != 0)
        return false;
    for (size_t i = index + 1; i < json_array_size(data->entries); i++) {
        const json_t *later = json_array_get(data->entries, i);

        if (json_integer_value(json_object_get(later, "ref_seq")) == seq)
            return false;
    }
    return true;
}

/* Chooses the lines for the list, newest first. */
static void choose_lines(struct page_data *data)
{
    size_t i = is_whole(data) ? json_array_size(data->entries) : 0;

    data->line_count = 0;
    while (i-- > 0 && data->line_count < PAGE_LINES)
        if (stands(data, i))
            data->lines[data->line_count++] = json_array_get(data->entries, i);
}

/* ---- words ---- */

/* Adds the score, in words if there are any, between these two texts; without a score nothing. */
static void add_score(struct buffer *out, const char *before, const char *display,
                      const json_t *score, const char *behind)
{
    if (!*display && !json_is_integer(score))
        return;
    buffer_add_text(out, before);
    if (*display)
        markup_add_line(out, display, NAME_CHARACTERS);
    else
        buffer_add_number(out, json_integer_value(score));
    buffer_add_text(out, behind);
}

/* Adds "Rovers 2 – 1 City", or "Rovers – City" while there is no score. */
static void add_sides(struct buffer *out, const json_t *state, const char *home, const char *away)
{
    markup_add_line(out, home, NAME_CHARACTERS);
    add_score(out, " ", page_data_text(state, "home_display"), json_object_get(state, "home_score"),
              "");
    buffer_add_text(out, " \xe2\x80\x93 ");
    add_score(out, "", page_data_text(state, "away_display"), json_object_get(state, "away_score"),
              " ");
    markup_add_line(out, away, NAME_CHARACTERS);
}

/* Adds the two sides; without them the title of the match; without a title its number. */
static void add_title(struct buffer *out, const struct page_data *data)
{
    const char *home = page_data_text(data->state, "home");
    const char *away = page_data_text(data->state, "away");
    const char *title = page_data_text(data->state, "title");

    if (*home || *away) {
        add_sides(out, data->state, home, away);
    } else if (*title) {
        markup_add_line(out, title, NAME_CHARACTERS);
    } else {
        buffer_add_text(out, "Match ");
        buffer_add_number(out, json_integer_value(json_object_get(data->root, "match")));
    }
}

/* Adds free_kick as "Free kick". */
static void add_words(struct buffer *out, const char *name)
{
    size_t begin = out->length;

    markup_add_line(out, name, NAME_CHARACTERS);
    for (size_t i = begin; i < out->length; i++)
        if (out->bytes[i] == '_')
            out->bytes[i] = ' ';
    if (out->length > begin && out->bytes[begin] >= 'a' && out->bytes[begin] <= 'z')
        out->bytes[begin] -= 'a' - 'A';
}

/* Adds the text, with a dot before it if there is text already; an empty text adds nothing. */
static void join(struct buffer *out, const char *text, size_t max_characters)
{
    if (!*text)
        return;
    if (out->length > 0)
        buffer_add_text(out, " \xc2\xb7 ");
    markup_add_line(out, text, max_characters);
}

/* Adds competition and status: "Coast Cup · Live". */
static void add_where(struct buffer *out, const struct page_data *data)
{
    const char *status = page_data_text(data->state, "status");

    join(out, page_data_text(data->state, "competition"), NAME_CHARACTERS);
    if (!*status)
        return;
    if (out->length > 0)
        buffer_add_text(out, " \xc2\xb7 ");
    add_words(out, status);
}

/* Adds the clock of the entry, or else its minute, as "90+3'". */
static void add_minute(struct buffer *out, const json_t *entry)
{
    const json_t *minute = json_object_get(entry, "minute");
    const json_t *stoppage = json_object_get(entry, "stoppage");

    if (*page_data_text(entry, "clock")) {
        markup_add_line(out, page_data_text(entry, "clock"), NAME_CHARACTERS);
        return;
    }
    if (!json_is_integer(minute))
        return;
    buffer_add_number(out, json_integer_value(minute));
    if (json_integer_value(stoppage) > 0) {
        buffer_add_text(out, "+");
        buffer_add_number(out, json_integer_value(stoppage));
    }
    buffer_add_text(out, "'");
}

/* ---- the slots ---- */

/* Adds the plain text to the markup, escaped, and empties it. */
static void take_text(struct buffer *out, struct buffer *text)
{
    buffer_add(text, "", 1);
    if (text->is_broken)
        out->is_broken = true;
    else
        markup_add_text(out, (const char *)text->bytes);
    buffer_clear(text);
}

static void add_meta(struct buffer *out, const char *begin, struct buffer *text)
{
    buffer_add_text(out, begin);
    take_text(out, text);
    buffer_add_text(out, "\">\n");
}

static void describe(struct buffer *text, const struct page_data *data)
{
    const char *newest =
        data->line_count > 0 ? page_data_text(data->lines[0], "message") : "Live match commentary";

    add_where(text, data);
    join(text, newest, DESCRIPTION_CHARACTERS);
}

static void add_canonical(struct buffer *out, const struct page_data *data)
{
    buffer_add_text(out, "<link rel=\"canonical\" href=\"");
    buffer_add_number(out, json_integer_value(json_object_get(data->root, "match")));
    buffer_add_text(out, "\">\n");
}

static void add_linked_data(struct buffer *out, const struct page_data *data, const char *title)
{
    char *json = page_data_linked(data, title);

    buffer_add_text(out, "<script type=\"application/ld+json\">");
    if (json)
        markup_add_json(out, json, strlen(json));
    else
        out->is_broken = true;
    buffer_add_text(out, "</script>\n");
    free(json);
}

static void fill_about(struct buffer *out, const struct page_data *data)
{
    struct buffer text = {0}, title = {0};

    add_title(&title, data);
    buffer_add(&title, "", 1);
    buffer_add_text(out, "<title>");
    markup_add_text(out, title.is_broken ? "" : (const char *)title.bytes);
    buffer_add_text(out, "</title>\n");
    describe(&text, data);
    add_meta(out, "<meta name=\"description\" content=\"", &text);
    add_canonical(out, data);
    buffer_add_text(out, "<meta property=\"og:type\" content=\"article\">\n"
                         "<meta property=\"og:site_name\" content=\"Live commentary\">\n"
                         "<meta name=\"twitter:card\" content=\"summary\">\n");
    add_title(&text, data);
    add_meta(out, "<meta property=\"og:title\" content=\"", &text);
    describe(&text, data);
    add_meta(out, "<meta property=\"og:description\" content=\"", &text);
    if (!title.is_broken)
        add_linked_data(out, data, (const char *)title.bytes);
    out->is_broken = out->is_broken || title.is_broken;
    buffer_free(&title);
    buffer_free(&text);
}

static void add_line(struct buffer *out, const json_t *entry)
{
    const char *kind = page_data_text(entry, "kind");
    struct buffer text = {0};

    buffer_add_text(out, "<li id=\"seq-");
    buffer_add_number(out, json_integer_value(json_object_get(entry, "seq")));
    buffer_add_text(out, "\"><time datetime=\"");
    markup_add_text(out, page_data_text(entry, "created_at"));
    buffer_add_text(out, "\">");
    add_minute(&text, entry);
    take_text(out, &text);
    buffer_add_text(out, "</time> <b dir=\"auto\">");
    if (*kind && strcmp(kind, "comment") != 0)
        add_words(&text, kind);
    take_text(out, &text);
    buffer_add_text(out, "</b> <span dir=\"auto\">");
    markup_add_line(&text, page_data_text(entry, "message"), PAGE_LINE_CHARACTERS);
    take_text(out, &text);
    buffer_add_text(out, "</span></li>\n");
    buffer_free(&text);
}

static void fill_first(struct buffer *out, const struct page_data *data, const char *document,
                       size_t length)
{
    struct buffer text = {0};

    buffer_add_text(out, "<div class=\"first\" id=\"first\">\n<h2 dir=\"auto\">");
    add_title(&text, data);
    take_text(out, &text);
    buffer_add_text(out, "</h2>\n<p dir=\"auto\">");
    add_where(&text, data);
    take_text(out, &text);
    buffer_add_text(out, "</p>\n<ol>\n");
    for (size_t i = 0; i < data->line_count; i++)
        add_line(out, data->lines[i]);
    buffer_add_text(out, "</ol>\n</div>\n");
    buffer_free(&text);
    if (length > PAGE_JSON_BYTES_MAX)
        return;
    buffer_add_text(out, "<script type=\"application/json\" id=\"first-entries\">");
    markup_add_json(out, document, length);
    buffer_add_text(out, "</script>\n");
}

/* ---- the template ---- */

/* Replaces `begin` in the template, or, if `end` is not NULL, all from `begin` to `end`. */
struct slot {
    const char *begin, *end;
    const char *bytes;
    size_t length;
};

static bool is_at(const struct page_template *template, size_t at, const char *text)
{
    size_t length = strlen(text);

    return template->length - at >= length && memcmp(template->bytes + at, text, length) == 0;
}

/* The bytes of the template that the slot replaces here; 0: it is not here, or has no end. */
static size_t slot_length(const struct slot *slot, const struct page_template *template, size_t at)
{
    if (!is_at(template, at, slot->begin))
        return 0;
    if (!slot->end)
        return strlen(slot->begin);
    for (size_t i = at; i < template->length; i++)
        if (is_at(template, i, slot->end))
            return i + strlen(slot->end) - at;
    return 0;
}

static void fill_slots(struct buffer *out, const struct page_template *template,
                       const struct slot *slots, size_t count)
{
    size_t begin = 0;

    for (size_t at = 0; at < template->length; at++) {
        size_t i = 0, length = 0;

        while (i < count && (length = slot_length(&slots[i], template, at)) == 0)
            i++;
        if (i == count)
            continue;
        buffer_add(out, template->bytes + begin, at - begin);
        buffer_add(out, slots[i].bytes, slots[i].length);
        begin = at + length;
        at = begin - 1;
    }
    buffer_add(out, template->bytes + begin, template->length - begin);
}

static void fill(struct buffer *out, const struct page_template *template,
                 const struct buffer *about, const struct buffer *first)
{
    static const char address[] = "=\"../", view[] = "data-view=\"match\"";
    const struct slot slots[] = {
        {"=\"./", NULL, address, sizeof(address) - 1},
        {"data-view=\"lobby\"", NULL, view, sizeof(view) - 1},
        {"<!--first-->", NULL, (const char *)first->bytes, first->length},
        {"<!--about-->", "<!--/about-->", (const char *)about->bytes, about->length},
    };
    size_t count = sizeof(slots) / sizeof(slots[0]);

    /* Without data of a match, the title and the description of the template stay. */
    fill_slots(out, template, slots, about->length > 0 ? count : count - 1);
    out->is_broken = out->is_broken || about->is_broken || first->is_broken;
}

/* ---- from outside ---- */

void page_write(struct buffer *out, const struct page_template *template, const char *document,
                size_t length)
{
    struct buffer about = {0}, first = {0};
    struct page_data data = {0};

    if (read_document(&data, document, length)) {
        choose_lines(&data);
        fill_about(&about, &data);
        fill_first(&first, &data, document, length);
    }
    fill(out, template, &about, &first);
    json_decref(data.root);
    buffer_free(&about);
    buffer_free(&first);
}

void page_write_blank(struct buffer *out, const struct page_template *template, const char *title)
{
    struct buffer about = {0}, first = {0};

    if (title) {
        buffer_add_text(&about, "<title>");
        markup_add_text(&about, title);
        buffer_add_text(&about, "</title>\n<meta name=\"robots\" content=\"noindex\">\n");
    }
    fill(out, template, &about, &first);
    buffer_free(&about);
}
