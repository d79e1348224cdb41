/*
 * The page of one match, for people that open a link, for crawlers and for link previews:
 * index.html, in which the relay fills a few slots.
 *
 *     <!--about--> … <!--/about-->   what stands in between is for the page without a match;
 *                                    becomes title, description, Open Graph and JSON-LD
 *     <!--first-->                   becomes the newest lines as a plain list, and their
 *                                    bytes as inert JSON, for the page to begin with
 *     data-view="lobby"              becomes data-view="match"
 *     ="./                           becomes ="../, because the page of a match is one level deeper
 *
 * A template without these slots is sent as it is. The document is written once for a match
 * and a head, and shared. Names and messages are written by others: see markup.h.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

#include "base/buffer.h"
#include "http/content/page_data.h"

/* Entries that are read for it; page_data.h says how many lines are listed. */
#define PAGE_ENTRIES 30
/* Inert JSON; more is left out, and the page asks for the entries. */
#define PAGE_JSON_BYTES_MAX ((size_t)128 * 1024)

struct page_template {
    const char *bytes;
    size_t length;
};

/*
 * The page of a match. The document is the answer of protocol.h with the state and the
 * newest entries, the oldest of them first.
 *
 * Corrections are not applied here, because the page does that. So an entry that a later
 * one corrects or withdraws does not stand in the list; and there is no list at all if the
 * entries do not reach up to the head, because a correction might be missing.
 */
void page_write(struct buffer *out, const struct page_template *template, const char *document,
                size_t length);

/* The page of a match without any of its data; title NULL: that of the template. */
void page_write_blank(struct buffer *out, const struct page_template *template, const char *title);

#endif
