/*
 * The page of one match, for people who open a link, for crawlers and for link previews:
 * index.html, in which the relay fills a few slots.
 *
 *     <!--about--> … <!--/about-->   becomes title, description, Open Graph and JSON-LD; what is
 *                                    in between is for the page without a match
 *     <!--first-->                   becomes the newest lines as a plain list, and the document
 *                                    as JSON, with which the script of the page begins
 *     data-view="lobby"              becomes data-view="match"
 *     ="./                           becomes ="../, because the page of a match is one level deeper
 *
 * A template without these slots is sent as it is. The page is written once for each head of a
 * match, and shared. Names and messages are not trusted: see markup.h.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

#include "base/buffer.h"
#include "http/content/page_data.h"

/* Lines that are read for a page; page_data.h says how many of them are listed. */
#define PAGE_ENTRIES 30
/* A longer document is not put into the page, and the script of the page asks for it. */
#define PAGE_JSON_BYTES_MAX ((size_t)128 * 1024)

struct page_template {
    const char *bytes;
    size_t length;
};

/*
 * The page of a match. The document is the answer of protocol.h with the state and the
 * newest entries, the oldest of them first.
 *
 * Corrections are not applied here, because the script of the page does that. So the list leaves
 * out entries that have been corrected or withdrawn. There is no list at all if the entries do not
 * reach the head, because a correction might be missing.
 */
void page_write(struct buffer *out, const struct page_template *template, const char *document,
                size_t length);

/* The page of a match without its data. title NULL: the title of the template stays. */
void page_write_blank(struct buffer *out, const struct page_template *template, const char *title);

#endif
