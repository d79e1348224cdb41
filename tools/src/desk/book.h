/*
 * The match in the database, as the desk sees and changes it. While the server is away, commands
 * wait, and are run in their order when it is back. Each new line has a client_ref, so that none is
 * stored twice.
 */
#ifndef BOOK_H
#define BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/db.h"
#include "desk/command.h"
#include "desk/lines.h"

#define BOOK_WAITING_MAX 50 /* if so many wait, the next command is refused */
#define BOOK_UNDO_MS 60000

struct job {
    enum verb verb;
    char *ref; /* client_ref of a new line, or of the line that is corrected */
    long long seq;
    struct row entry, state;
};

struct book {
    struct db db;
    const char *match;
    struct row state;   /* of the match, as it stands */
    struct lines lines; /* on the screen */
    struct job waiting[BOOK_WAITING_MAX];
    int waiting_count;
    char *last_ref;  /* the last line of this desk; NULL: none */
    struct row undo; /* what `undo` sets in the match */
    int64_t undo_until_ms;
    unsigned posted;        /* the number of lines that were posted, for the next client_ref */
    long long clock_base_s; /* the clock at clock_from_ms */
    int64_t clock_from_ms;  /* 0: the clock is stopped */
    int period;
};

/* Connects, and reads the match: its state, and the clock from its last kick-off. DB_REFUSED: there
 * is no such match, or no right; db.said says which. */
enum db_result book_open(struct book *book);

/* Takes the command over, and does it or lets it wait. False: `said` has why it is refused. */
MUST_CHECK bool book_do(struct book *book, struct command *command, struct text *said);

/* Once a second: writes what waits, and adds what is new to the screen. */
void book_turn(struct book *book, struct text *screen, struct text *said);

/* The last so many lines as they stand. */
void book_show(struct book *book, long long count, struct text *screen);

/* What the parser has to know now. */
void book_scene(const struct book *book, struct scene *scene);

bool book_is_away(const struct book *book);
void book_free(struct book *book);

#endif
