/* Columns with their values as text, in order, each once. */
#ifndef ROW_H
#define ROW_H

#include <stdbool.h>

#define ROW_COLUMNS_MAX 48 /* more than the tables have */

struct cell {
    char *name;
    char *value; /* NULL: null */
};

struct row {
    struct cell cells[ROW_COLUMNS_MAX];
    int count;
};

/*
 * Sets a column, with copies of both texts. A column beyond the limit is dropped; this cannot
 * happen with the columns of row_is_entry() and row_is_match().
 */
void row_set(struct row *row, const char *name, const char *value);

/* NULL: the column is missing or null. */
const char *row_get(const struct row *row, const char *name);
bool row_has(const struct row *row, const char *name);
void row_take_away(struct row *row, const char *name);
void row_free(struct row *row);

/* Whether it is a column of commentary.feed that a writer may give, or of commentary.match. */
bool row_is_entry(const char *name);
bool row_is_match(const char *name);

#endif
