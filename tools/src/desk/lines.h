/*
 * The lines on the screen. The newest of them are remembered, so that what others correct or
 * withdraw among these is shown when it is noticed; older ones have scrolled away.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>

#include "base/db.h"
#include "base/text.h"

#define LINES_MAX 40 /* then the oldest is forgotten */

/* What lines_show() and lines_compare() want of commentary.feed, in the order of seq. */
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

/* The seq to ask from: all from it on is wanted by lines_compare(). */
long long lines_oldest(const struct lines *lines);

/* Adds all rows to the screen. */
void lines_show(struct lines *lines, const PGresult *result, struct text *screen);

/* Adds new rows, those that differ from what is on the screen, and those that are gone. The rows
 * are all from lines_oldest() on, or the first of them when is_cut. */
void lines_compare(struct lines *lines, const PGresult *result, bool is_cut, struct text *screen);

void lines_free(struct lines *lines);

#endif
