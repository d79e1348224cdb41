/*
 * The data of the page of a match: the parsed document, and its linked data (JSON-LD, schema.org)
 * for crawlers.
 */
#ifndef PAGE_DATA_H
#define PAGE_DATA_H

#include <jansson.h>
#include <stddef.h>

/* Limits of the plain list. */
#define PAGE_LINES 20
#define PAGE_LINE_CHARACTERS 500

struct page_data {
    json_t *root;                    /* the document; owned */
    const json_t *state, *entries;   /* members of the document; NULL: missing */
    const json_t *lines[PAGE_LINES]; /* entries to list, the newest first */
    size_t line_count;
};

/* The text of a member; "" if the member is missing or not a text. */
const char *page_data_text(const json_t *object, const char *member);

/* The linked data, to be released with free(). NULL: memory ran out. */
char *page_data_linked(const struct page_data *data, const char *title);

#endif
