#include "base/statement.h"

#include <stdlib.h>

void statement_add(struct statement *statement, const char *sql)
{
    text_add_string(&statement->sql, sql);
}

void statement_add_value(struct statement *statement, const char *value)
{
    if (statement->count == STATEMENT_VALUES_MAX)
        abort(); /* a defect of ours: rows are smaller */
    statement->values[statement->count++] = value;
    text_print(&statement->sql, "$%d", statement->count);
}

/* The names are those of row_is_entry() and row_is_match(), and need no quotes. */
void statement_insert(struct statement *statement, const char *match, const struct row *entry)
{
    statement_add(statement, "INSERT INTO commentary.feed (match_id");
    for (int i = 0; i < entry->count; i++)
        text_print(&statement->sql, ", %s", entry->cells[i].name);
    statement_add(statement, ") VALUES (");
    statement_add_value(statement, match);
    for (int i = 0; i < entry->count; i++) {
        statement_add(statement, ", ");
        statement_add_value(statement, entry->cells[i].value);
    }
    statement_add(statement, ")");
}

void statement_update(struct statement *statement, const char *table, const char *match,
                      const struct row *changes)
{
    text_print(&statement->sql, "UPDATE commentary.%s SET", table);
    for (int i = 0; i < changes->count; i++) {
        text_print(&statement->sql, "%s %s = ", i > 0 ? "," : "", changes->cells[i].name);
        statement_add_value(statement, changes->cells[i].value);
    }
    statement_add(statement, " WHERE match_id = ");
    statement_add_value(statement, match);
}

void statement_free(struct statement *statement)
{
    text_free(&statement->sql);
    statement->count = 0;
}
