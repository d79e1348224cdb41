/*
 * The steps of a file. The whole file is read before the first step is played, so that an error at
 * its end does not stop a match in the middle.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/row.h"
#include "base/text.h"

#define SCRIPT_NO_TIME (-1)

enum step_op { STEP_INSERT, STEP_AMEND, STEP_RETRACT, STEP_STATE };

struct step {
    long line;
    enum step_op op;
    int64_t at_ms; /* the time in the file, relative to any point; SCRIPT_NO_TIME: none */
    char *name;    /* its client_ref */
    char *ref;     /* of the step that it corrects; else NULL */
    struct row entry;
    struct row state; /* columns of commentary.match that change with it */
};

struct script {
    const char *file; /* for messages */
    struct step *steps;
    size_t count, room;
    struct row about; /* columns of commentary.match */
    int errors;       /* said so far */
};

/* Appends an empty step. The pointer is valid until the next step is added. */
struct step *script_add(struct script *script, long line, enum step_op op);

/* Writes the error "FILE:LINE: …" and counts it; after SCRIPT_ERRORS_MAX it only counts. */
#define SCRIPT_ERRORS_MAX 20
void script_complain(struct script *script, long line, const char *format, ...) PRINTF_LIKE(3, 4);

/* Names the steps that have no name, and checks that each correction has a step to correct. */
void script_finish(struct script *script);

/* Sets a column of the entry, match.COLUMN of the match, or `at`. Any other is an error of the
 * script. */
void script_set(struct script *script, struct step *step, const char *column, const char *value);

/*
 * A time as files have it, in milliseconds: 12, 12.5, MM:SS, HH:MM:SS, or
 * 2026-11-23T20:15:01.123456Z with any offset.
 */
MUST_CHECK bool script_read_time(const char *text, int64_t *ms);

void script_free(struct script *script);

#endif
