/* An SQL statement with its parameters, all of them texts. */
#ifndef STATEMENT_H
#define STATEMENT_H

#include "base/row.h"
#include "base/text.h"

#define STATEMENT_VALUES_MAX (ROW_COLUMNS_MAX + 8)

struct statement {
    struct text sql;
    const char *values[STATEMENT_VALUES_MAX]; /* not copied */
    int count;
};

/* Appends SQL, which must not have text of others in it. */
void statement_add(struct statement *statement, const char *sql);

/* Appends a parameter ($1, $2 …) with its value. */
void statement_add_value(struct statement *statement, const char *value);

/* INSERT INTO commentary.feed (match_id, …) VALUES ($1, …) */
void statement_insert(struct statement *statement, const char *match, const struct row *entry);

/* UPDATE `table` SET … WHERE match_id = …; the row has at least one column. */
void statement_update(struct statement *statement, const char *table, const char *match,
                      const struct row *changes);

void statement_free(struct statement *statement);

#endif
