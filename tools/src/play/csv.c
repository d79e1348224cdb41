#include "play/csv.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 128

struct reader {
    struct script *script;
    const char *at, *end;
    long line;
    char separator, newline;
    struct text field;
    bool has_more; /* fields on this line */
};

/* A CR that no LF follows; CRs before a LF are a part of that end. */
static char newline_of(const char *at, const char *end)
{
    bool is_quoted = false;

    while (at < end && (is_quoted || (*at != '\n' && *at != '\r')))
        is_quoted ^= *at++ == '"';
    while (at < end && *at == '\r')
        at++;
    return at < end && *at != '\n' && at[-1] == '\r' ? '\r' : '\n';
}

static char separator_of(const struct reader *reader)
{
    for (const char *at = reader->at; at < reader->end && *at != reader->newline; at++)
        if (strchr(",;\t", *at))
            return *at;
    return ',';
}

/* The first line may be Excel's own: `sep=;`. */
static bool read_separator(struct reader *reader)
{
    static const char word[] = "sep=";
    const char *at = reader->at;
    size_t length = (size_t)(reader->end - at), known = sizeof(word) - 1;

    if (length <= known || strncmp(at, word, known) != 0 || !strchr(",;\t|", at[known]) ||
        (length > known + 1 && at[known + 1] != '\n' && at[known + 1] != '\r'))
        return false;
    reader->separator = at[known];
    reader->at += known + 1;
    while (reader->at < reader->end && *reader->at != reader->newline)
        reader->at++;
    reader->at += reader->at < reader->end;
    reader->line++;
    return true;
}

/* After the opening quote; false when the closing one is missing. */
static bool read_quoted(struct reader *reader)
{
    for (; reader->at < reader->end; reader->at++) {
        if (*reader->at == '"' && (++reader->at == reader->end || *reader->at != '"'))
            return true;
        if (*reader->at == reader->newline)
            reader->line++;
        text_add(&reader->field, reader->at, 1);
    }
    return false;
}

/* The next field; has_more says whether another follows on its line. */
static bool read_field(struct reader *reader)
{
    text_clear(&reader->field);
    text_add(&reader->field, "", 0);
    if (reader->at < reader->end && *reader->at == '"') {
        reader->at++;
        if (!read_quoted(reader))
            return false;
    } else {
        const char *begin = reader->at;

        while (reader->at < reader->end && *reader->at != reader->newline &&
               *reader->at != reader->separator)
            reader->at++;
        text_add(&reader->field, begin, (size_t)(reader->at - begin));
        while (reader->field.length > 0 && reader->at[-1] == '\r' &&
               reader->field.bytes[reader->field.length - 1] == '\r')
            reader->field.bytes[--reader->field.length] = '\0';
    }
    if (reader->at < reader->end && *reader->at == '\r' && reader->at + 1 < reader->end &&
        reader->at[1] == '\n')
        reader->at++;
    reader->has_more = reader->at < reader->end && *reader->at == reader->separator;
    if (reader->at == reader->end)
        return true;
    if (!reader->has_more && *reader->at != reader->newline)
        return false;
    reader->at++;
    return true;
}

/* The column of a heading; NULL: it is left out. */
static const char *column_of(const struct csv_map *map, const char *heading)
{
    size_t length = strlen(heading);

    for (int i = 0; i < map->count; i++)
        if (strncmp(map->pairs[i], heading, length) == 0 && map->pairs[i][length] == '=')
            return map->pairs[i][length + 1] ? map->pairs[i] + length + 1 : NULL;
    return heading;
}

/* One of them would be lost. */
static void complain_of_double(struct script *script, long line, char **columns, int count,
                               const char *column)
{
    for (int i = 0; i < count && column; i++)
        if (columns[i] && strcmp(columns[i], column) == 0)
            script_complain(script, line, "two headings are column \"%s\": see --map", column);
}

static int read_header(struct reader *reader, const struct csv_map *map, char **columns)
{
    struct step scratch = {.line = reader->line};
    int count = 0;

    do {
        const char *column;

        if (!read_field(reader) || count == COLUMNS_MAX) {
            script_complain(reader->script, scratch.line, "the header cannot be read");
            break;
        }
        column = column_of(map, reader->field.bytes);
        complain_of_double(reader->script, scratch.line, columns, count, column);
        columns[count++] = text_copy(column);
        /* Reports an unknown column here once, and not on every line. */
        if (column)
            script_set(reader->script, &scratch, column, NULL);
    } while (reader->has_more);
    reader->line++;
    row_free(&scratch.entry);
    row_free(&scratch.state);
    free(scratch.name);
    return count;
}

static void read_line(struct reader *reader, char **columns, int count)
{
    long line = reader->line;
    struct step *step = script_add(reader->script, line, STEP_INSERT);
    int fields = 0;

    do {
        if (!read_field(reader)) {
            script_complain(reader->script, line, "a quoted field does not end where a field ends");
            reader->at = reader->end;
            return;
        }
        if (fields < count && columns[fields] && reader->field.length > 0)
            script_set(reader->script, step, columns[fields], reader->field.bytes);
        fields++;
    } while (reader->has_more);
    reader->line++;
    if (fields == 1 && reader->field.length == 0)
        reader->script->count--; /* an empty line: nothing hangs on the step yet */
    else if (fields != count)
        script_complain(reader->script, line, "it has %d fields, and the header %d", fields, count);
}

void csv_read(struct script *script, const char *bytes, size_t length, const struct csv_map *map)
{
    struct reader reader = {.script = script, .at = bytes, .end = bytes + length, .line = 1};
    char *columns[COLUMNS_MAX] = {0};
    bool has_bad_header;
    int count;

    reader.newline = newline_of(reader.at, reader.end);
    if (!read_separator(&reader))
        reader.separator = separator_of(&reader);
    count = read_header(&reader, map, columns);
    has_bad_header = script->errors > 0;

    /* If the header is wrong, every line would be wrong. */
    while (reader.at < reader.end && !has_bad_header && script->errors < SCRIPT_ERRORS_MAX)
        read_line(&reader, columns, count);
    for (int i = 0; i < count; i++)
        free(columns[i]);
    text_free(&reader.field);
}
