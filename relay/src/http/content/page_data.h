/*
 * The data of the page of a match: the parsed document, and the same data
 * as linked data (JSON-LD, schema.org) for crawlers.
 */
#ifndef PAGE_DATA_H
#define PAGE_DATA_H

#include <jansson.h>
#include <stddef.h>

/* Of the plain list. */
#define PAGE_LINES 20
#define PAGE_LINE_CHARACTERS 500

struct page_data {
    json_t *root;                    /* the document; the one that is owned */
    const json_t *state, *entries;   /* within it; NULL: not there */
    const json_t *lines[PAGE_LINES]; /* entries to list, the newest first */
    size_t line_count;
};

/* A member that is a text; "" if it is not there, or something else. */
const char *page_data_text(const json_t *object, const char *member);

/* The linked data, for the caller to free(). NULL: memory ran out. */
char *page_data_linked(const struct page_data *data, const char *title);

#endif
