#include "base/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static struct cell *find(const struct row *row, const char *name)
{
    for (int i = 0; i < row->count; i++)
        if (strcmp(row->cells[i].name, name) == 0)
            return (struct cell *)&row->cells[i];
    return NULL;
}

void row_set(struct row *row, const char *name, const char *value)
{
    struct cell *cell = find(row, name);
    char *copy;

    if (!cell && row->count == ROW_COLUMNS_MAX)
        return;
    copy = text_copy(value);
    if (cell) {
        free(cell->value);
    } else {
        cell = &row->cells[row->count++];
        cell->name = text_copy(name);
    }
    cell->value = copy;
}

const char *row_get(const struct row *row, const char *name)
{
    struct cell *cell = find(row, name);

    return cell ? cell->value : NULL;
}

bool row_has(const struct row *row, const char *name)
{
    return find(row, name) != NULL;
}

void row_take_away(struct row *row, const char *name)
{
    struct cell *cell = find(row, name);

    if (!cell)
        return;
    free(cell->name);
    free(cell->value);
    memmove(cell, cell + 1, (size_t)(&row->cells[--row->count] - cell) * sizeof *cell);
}

void row_free(struct row *row)
{
    for (int i = 0; i < row->count; i++) {
        free(row->cells[i].name);
        free(row->cells[i].value);
    }
    row->count = 0;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

bool row_is_entry(const char *name)
{
    static const char *const names[] = {"kind",         "period",         "phase",
                                        "minute",       "stoppage",       "clock",
                                        "actor",        "team",           "headline",
                                        "message",      "tags",           "metadata",
                                        "home_score",   "away_score",     "home_display",
                                        "away_display", "client_ref",     "client_version",
                                        "occurred_at",  "translates_seq", NULL};

    return is_one_of(name, names);
}

bool row_is_match(const char *name)
{
    static const char *const names[] = {
        "match_ref", "sport",       "competition", "title",          "home",
        "away",      "home_short",  "away_short",  "status",         "starts_at",
        "clock",     "home_score",  "away_score",  "home_display",   "away_display",
        "result",    "leaderboard", "lang",        "translation_of", "metadata",
        NULL};

    return is_one_of(name, names);
}
