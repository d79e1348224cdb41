/*
 * CSV, as RFC 4180 has it, with a header:
 *
 *   file  = [ "sep=" separator end ] line *( line )
 *   line  = field *( separator field ) end
 *   end   = LF | CR LF | CR                       CR alone only if the first line ends so
 *   field = *( character ) | '"' *( character | '""' ) '"'     newlines stand in quotes only
 *
 * The separator is the comma, the semicolon or the tab, whichever the header has. A first line
 * `sep=`, as Excel writes it, can name it too, also a |. An empty field is null. A heading is a
 * column of commentary.feed, `match.COLUMN`, or `at`; other headings need --map.
 */
#ifndef CSV_H
#define CSV_H

#include <stddef.h>

#include "play/script.h"

/* Pairs HEADING=COLUMN; with nothing after the = the column of the file is ignored. */
struct csv_map {
    const char *const *pairs;
    int count;
};

void csv_read(struct script *script, const char *bytes, size_t length, const struct csv_map *map);

#endif
