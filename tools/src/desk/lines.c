#include "desk/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/safe.h"

static void add_cell(struct text *line, const PGresult *result, int row, int column,
                     const char *before, const char *after)
{
    if (PQgetisnull(result, row, column))
        return;
    text_add_string(line, before);
    safe_add_string(line, PQgetvalue(result, row, column));
    text_add_string(line, after);
}

/* "#58 45+2 goal  Kane (England)  From the spot!" */
static char *text_of(const PGresult *result, int row)
{
    struct text line = {0};

    add_cell(&line, result, row, 0, "#", "");
    add_cell(&line, result, row, 1, " ", "");
    if (!PQgetisnull(result, row, 1))
        add_cell(&line, result, row, 2, "+", "");
    add_cell(&line, result, row, 3, " ", "");
    add_cell(&line, result, row, 4, "  ", "");
    add_cell(&line, result, row, 5, " (", ")");
    add_cell(&line, result, row, 6, "  ", "");
    text_add_string(&line, "\n");
    return line.bytes;
}

static long long seq_of(const PGresult *result, int row)
{
    return atoll(PQgetvalue(result, row, 0));
}

static void forget(struct lines *lines, int i)
{
    free(lines->kept[i].text);
    lines->count--;
    memmove(&lines->kept[i], &lines->kept[i + 1],
            (size_t)(lines->count - i) * sizeof lines->kept[0]);
}

/* Takes the text over. A line that is older than all that are kept has scrolled away. */
static void keep(struct lines *lines, long long seq, char *text)
{
    int i = lines->count;

    while (i > 0 && lines->kept[i - 1].seq >= seq)
        i--;
    if (i < lines->count && lines->kept[i].seq == seq) {
        free(lines->kept[i].text);
        lines->kept[i].text = text;
        return;
    }
    if (lines->count == LINES_MAX && i == 0) {
        free(text);
        return;
    }
    if (lines->count == LINES_MAX) {
        forget(lines, 0);
        i--;
    }
    memmove(&lines->kept[i + 1], &lines->kept[i],
            (size_t)(lines->count - i) * sizeof lines->kept[0]);
    lines->kept[i] = (struct line){seq, text};
    lines->count++;
    if (seq > lines->newest)
        lines->newest = seq;
}

long long lines_oldest(const struct lines *lines)
{
    return lines->count > 0 ? lines->kept[0].seq : lines->newest + 1;
}

void lines_show(struct lines *lines, const PGresult *result, struct text *screen)
{
    for (int row = 0; row < PQntuples(result); row++) {
        char *text = text_of(result, row);

        text_add_string(screen, text);
        keep(lines, seq_of(result, row), text);
    }
}

/* The kept lines before this seq, from the i-th on, which the rows do not have. */
static void withdraw(struct lines *lines, int i, long long before, struct text *screen)
{
    while (i < lines->count && lines->kept[i].seq < before) {
        text_print(screen, "withdrawn: %s", lines->kept[i].text);
        forget(lines, i);
    }
}

void lines_compare(struct lines *lines, const PGresult *result, bool is_cut, struct text *screen)
{
    int i = 0;

    for (int row = 0; row < PQntuples(result); row++) {
        long long seq = seq_of(result, row);
        char *text = text_of(result, row);
        bool is_kept;

        withdraw(lines, i, seq, screen);
        is_kept = i < lines->count && lines->kept[i].seq == seq;
        if (!is_kept || strcmp(lines->kept[i].text, text) != 0) {
            text_print(screen, "%s%s",
                       is_kept                ? "corrected: "
                       : seq <= lines->newest ? "again: "
                                              : "",
                       text);
        }
        keep(lines, seq, text);
        for (i = 0; i < lines->count && lines->kept[i].seq <= seq;)
            i++; /* keep() may have moved them */
    }
    if (!is_cut)
        withdraw(lines, i, lines->newest + 1, screen);
}

void lines_free(struct lines *lines)
{
    while (lines->count > 0)
        forget(lines, lines->count - 1);
}
