/*
 * The lines on the screen. The newest are remembered, so that corrections of them by others are
 * shown. Older lines have scrolled away.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>

#include "base/db.h"
#include "base/text.h"

#define LINES_MAX 40 /* beyond this the oldest is forgotten */

/* The columns of commentary.feed for lines_show() and lines_compare(), whose rows are in the order
 * of seq. */
#define LINES_COLUMNS "seq, minute, stoppage, nullif(kind, 'comment'), actor, team, message"

struct line {
    long long seq;
    char *text;
};

struct lines {
    struct line kept[LINES_MAX]; /* by their seq */
    int count;
    long long newest; /* the highest seq that was shown */
};

/* The seq from which on lines_compare() needs all rows. */
long long lines_oldest(const struct lines *lines);

/* Adds all rows to the screen. */
void lines_show(struct lines *lines, const PGresult *result, struct text *screen);

/*
 * Adds to the screen the rows that are new or have changed, and the lines that were withdrawn. The
 * result has all rows from lines_oldest() on; is_cut: only the first of them.
 */
void lines_compare(struct lines *lines, const PGresult *result, bool is_cut, struct text *screen);

void lines_free(struct lines *lines);

#endif
