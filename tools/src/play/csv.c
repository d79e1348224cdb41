#include "play/csv.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 128

struct reader {
    struct script *script;
    const char *at, *end;
    long line;
    char separator;
    struct text field;
    bool has_more; /* fields on this line */
};

static char separator_of(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && bytes[i] != '\n'; i++)
        if (strchr(",;\t", bytes[i]))
            return bytes[i];
    return ',';
}

/* After the opening quote; false when the closing one is missing. */
static bool read_quoted(struct reader *reader)
{
    for (; reader->at < reader->end; reader->at++) {
        if (*reader->at == '"' && (++reader->at == reader->end || *reader->at != '"'))
            return true;
        if (*reader->at == '\n')
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

        while (reader->at < reader->end && *reader->at != '\n' && *reader->at != reader->separator)
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
    if (!reader->has_more && *reader->at != '\n')
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
static void complain_of_double(struct script *script, char **columns, int count, const char *column)
{
    for (int i = 0; i < count && column; i++)
        if (columns[i] && strcmp(columns[i], column) == 0)
            script_complain(script, 1, "two headings are column \"%s\": see --map", column);
}

static int read_header(struct reader *reader, const struct csv_map *map, char **columns)
{
    struct step scratch = {.line = 1};
    int count = 0;

    do {
        const char *column;

        if (!read_field(reader) || count == COLUMNS_MAX) {
            script_complain(reader->script, 1, "the header cannot be read");
            break;
        }
        column = column_of(map, reader->field.bytes);
        complain_of_double(reader->script, columns, count, column);
        columns[count++] = text_copy(column);
        /* Complains here of a column that is not known, and not on every line. */
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
    struct reader reader = {script, bytes, bytes + length, 1, separator_of(bytes, length),
                            {0},    false};
    char *columns[COLUMNS_MAX] = {0};
    int count = read_header(&reader, map, columns);
    bool has_bad_header = script->errors > 0;

    /* With a header that is wrong each line would be. */
    while (reader.at < reader.end && !has_bad_header && script->errors < SCRIPT_ERRORS_MAX)
        read_line(&reader, columns, count);
    for (int i = 0; i < count; i++)
        free(columns[i]);
    text_free(&reader.field);
}
