#include "desk/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define NAME "commentary-desk"
#define NEWS_MAX "500" /* lines a turn; the rest comes with the next */

static const char *const state_columns[] = {"home",       "away",       "home_short", "away_short",
                                            "home_score", "away_score", "status",     NULL};

static enum db_result read_state(struct book *book)
{
    struct statement statement = {0};
    enum db_result done;
    PGresult *result;

    statement_add(&statement,
                  "SELECT coalesce(home, title) AS home, away, home_short, away_short,"
                  " home_score, away_score, status FROM commentary.match WHERE match_id = ");
    statement_add_value(&statement, book->match);
    done = db_run(&book->db, &statement, &result);
    if (done != DB_DONE)
        return done;
    if (PQntuples(result) == 0) {
        PQclear(result);
        text_clear(&book->db.said);
        text_print(&book->db.said, "there is no match %s", book->match);
        return DB_REFUSED;
    }
    for (int i = 0; state_columns[i]; i++)
        row_set(&book->state, state_columns[i],
                PQgetisnull(result, 0, i) ? NULL : PQgetvalue(result, 0, i));
    PQclear(result);
    return DB_DONE;
}

/* The clock goes on from the last kick-off, also after the desk was closed. */
static enum db_result read_clock(struct book *book)
{
    struct statement statement = {0};
    enum db_result done;
    PGresult *result;

    statement_add(&statement,
                  "SELECT kind, coalesce(period, 1), floor(extract(epoch FROM now() -"
                  " coalesce(occurred_at, created_at)))::bigint FROM commentary.feed"
                  " WHERE kind IN ('kick_off', 'half_time', 'full_time') AND match_id = ");
    statement_add_value(&statement, book->match);
    statement_add(&statement, " ORDER BY seq DESC LIMIT 1");
    done = db_run(&book->db, &statement, &result);
    if (done != DB_DONE)
        return done;
    if (PQntuples(result) == 1) {
        book->period = atoi(PQgetvalue(result, 0, 1));
        if (strcmp(PQgetvalue(result, 0, 0), "kick_off") == 0) {
            book->clock_base_s = (book->period == 2 ? 2700 : 0) + atoll(PQgetvalue(result, 0, 2));
            book->clock_from_ms = clock_ms();
        }
    }
    PQclear(result);
    return DB_DONE;
}

enum db_result book_open(struct book *book)
{
    enum db_result done = db_open(&book->db, NAME);

    if (done == DB_DONE)
        done = read_state(book);
    return done == DB_DONE ? read_clock(book) : done;
}

bool book_is_away(const struct book *book)
{
    return !book->db.conn;
}

void book_scene(const struct book *book, struct scene *scene)
{
    static const int ends[] = {0, 45, 90};
    long long seconds;

    *scene = (struct scene){.match = &book->state, .period = book->period, .minute = {0, -1}};
    scene->has_clock = book->clock_from_ms > 0;
    if (!scene->has_clock)
        return;
    seconds = book->clock_base_s + (clock_ms() - book->clock_from_ms) / 1000;
    scene->minute = minute_of_clock((int)(seconds / 60) + 1,
                                    book->period > 0 && book->period <= 2 ? ends[book->period] : 0);
}

static void free_job(struct job *job)
{
    free(job->ref);
    row_free(&job->entry);
    row_free(&job->state);
}

/* The corrected line: by its seq, or by its name, which is all that there is of a line that is
 * not flushed yet. */
static void add_where(struct statement *statement, const struct job *job, const char *seq)
{
    statement_add(statement, job->ref ? " AND client_ref = " : " AND seq = ");
    statement_add_value(statement, job->ref ? job->ref : seq);
}

static enum db_result correct(struct book *book, const struct job *job, int *rows)
{
    struct statement statement = {0};
    char seq[32];
    enum db_result done;
    PGresult *result;

    (void)snprintf(seq, sizeof seq, "%lld", job->seq);
    if (job->verb == VERB_AMEND) {
        statement_update(&statement, "feed", book->match, &job->entry);
        add_where(&statement, job, seq);
        statement_add(&statement, " RETURNING 1");
    } else {
        statement_add(&statement, "SELECT commentary.retract(match_id, seq, ");
        statement_add_value(&statement, row_get(&job->entry, "message"));
        statement_add(&statement, ") FROM commentary.feed WHERE seq IS NOT NULL AND match_id = ");
        statement_add_value(&statement, book->match);
        add_where(&statement, job, seq);
    }
    done = db_run(&book->db, &statement, &result);
    if (done == DB_DONE) {
        *rows = PQntuples(result);
        PQclear(result);
    }
    return done;
}

static enum db_result write_parts(struct book *book, const struct job *job)
{
    struct statement statement = {0};
    enum db_result done = DB_DONE;
    int rows = 1;

    if (job->verb == VERB_POST) {
        statement_insert(&statement, book->match, &job->entry);
        done = db_run(&book->db, &statement, NULL);
    } else if (job->verb != VERB_STATE) {
        done = correct(book, job, &rows);
    }
    if (done == DB_DONE && rows == 0) {
        text_clear(&book->db.said);
        text_add_string(&book->db.said, "there is no such line, or it was taken back");
        return DB_REFUSED;
    }
    if (done == DB_DONE && job->state.count > 0) {
        statement_update(&statement, "match", book->match, &job->state);
        done = db_run(&book->db, &statement, NULL);
    }
    return done;
}

/* As a whole or not at all. */
static enum db_result write_job(struct book *book, const struct job *job)
{
    enum db_result done = db_say(&book->db, "BEGIN");
    struct text why = {0};

    if (done == DB_DONE)
        done = write_parts(book, job);
    if (done == DB_DONE)
        return db_say(&book->db, "COMMIT");
    text_add_string(&why, book->db.said.bytes ? book->db.said.bytes : "");
    if (done == DB_REFUSED && db_say(&book->db, "ROLLBACK") == DB_AWAY)
        done = DB_AWAY;
    text_clear(&book->db.said);
    text_add_string(&book->db.said, why.bytes);
    text_free(&why);
    return done;
}

/* Writes what waits, in its order, until the server is away. */
static void write_waiting(struct book *book, struct text *said)
{
    while (book->waiting_count > 0 && !book_is_away(book)) {
        struct job *job = &book->waiting[0];
        enum db_result done = write_job(book, job);

        if (done == DB_AWAY)
            return;
        if (done == DB_REFUSED)
            text_print(said, "refused: %s\n", book->db.said.bytes);
        free_job(job);
        book->waiting_count--;
        memmove(job, job + 1, (size_t)book->waiting_count * sizeof *job);
    }
}

static void name_line(struct book *book, struct job *job)
{
    struct text ref = {0};

    text_print(&ref, "desk/%lld/%d/%u", (long long)time(NULL), (int)getpid(), ++book->posted);
    job->ref = ref.bytes;
    row_set(&job->entry, "client_ref", job->ref);
    free(book->last_ref);
    book->last_ref = text_copy(job->ref);
}

/* What `undo` has to set in the match: each column that changes, as it was. */
static void keep_for_undo(struct book *book, const struct job *job)
{
    row_free(&book->undo);
    for (int i = 0; i < job->state.count; i++)
        row_set(&book->undo, job->state.cells[i].name,
                row_get(&book->state, job->state.cells[i].name));
    book->undo_until_ms = clock_ms() + BOOK_UNDO_MS;
}

static void change_clock(struct book *book, const struct command *command)
{
    if (command->verb == VERB_CLOCK)
        book->clock_base_s = command->number;
    else
        book->clock_base_s = command->begins == 2 ? 2700 : 0;
    book->clock_from_ms = command->begins < 0 ? 0 : clock_ms();
    if (command->begins > 0)
        book->period = command->begins;
}

static bool make_undo(struct book *book, struct job *job, struct text *said)
{
    if (!book->last_ref || clock_ms() > book->undo_until_ms) {
        text_add_string(said, "nothing of this desk is younger than a minute: retract SEQ");
        return false;
    }
    job->verb = VERB_RETRACT;
    job->ref = book->last_ref;
    row_set(&job->entry, "message", "Taken back by the reporter.");
    for (int i = 0; i < book->undo.count; i++)
        row_set(&job->state, book->undo.cells[i].name, book->undo.cells[i].value);
    book->last_ref = NULL;
    return true;
}

static bool make_job(struct book *book, struct job *job, struct command *command, struct text *said)
{
    if (command->verb == VERB_UNDO)
        return make_undo(book, job, said);
    *job = (struct job){.verb = command->verb,
                        .seq = command->seq,
                        .entry = command->entry,
                        .state = command->state};
    command->entry.count = command->state.count = 0; /* they are the job's now */
    if (job->verb == VERB_POST) {
        keep_for_undo(book, job);
        name_line(book, job);
    } else if (job->verb != VERB_STATE && job->seq == 0) {
        job->ref = text_copy(book->last_ref);
        if (!job->ref)
            text_add_string(said, "this desk has no last line: give the number of the line");
        return job->ref != NULL;
    }
    return true;
}

bool book_do(struct book *book, struct command *command, struct text *said)
{
    struct job job = {0};

    if (command->verb == VERB_CLOCK) {
        change_clock(book, command);
        return true;
    }
    if (book->waiting_count == BOOK_WAITING_MAX) {
        text_print(said, "the server is away, and %d commands wait for it", BOOK_WAITING_MAX);
        return false;
    }
    if (!make_job(book, &job, command, said)) {
        free_job(&job);
        return false;
    }
    if (command->begins != 0)
        change_clock(book, command);
    for (int i = 0; i < job.state.count; i++)
        row_set(&book->state, job.state.cells[i].name, job.state.cells[i].value);
    book->waiting[book->waiting_count++] = job;
    return true;
}

void book_show(struct book *book, long long count, struct text *screen)
{
    struct statement statement = {0};
    char limit[32];
    PGresult *result;

    (void)snprintf(limit, sizeof limit, "%lld", count);
    statement_add(&statement,
                  "SELECT * FROM (SELECT " LINES_COLUMNS " FROM commentary.feed WHERE seq > 0"
                  " AND match_id = ");
    statement_add_value(&statement, book->match);
    statement_add(&statement, " ORDER BY seq DESC LIMIT ");
    statement_add_value(&statement, limit);
    statement_add(&statement, "::bigint) AS last ORDER BY seq");
    if (db_run(&book->db, &statement, &result) != DB_DONE) {
        text_add_string(screen, "the server is away\n");
        return;
    }
    lines_show(&book->lines, result, screen);
    PQclear(result);
}

/* Shows new lines, and the lines on the screen that others have corrected. */
static void add_news(struct book *book, struct text *screen)
{
    struct statement statement = {0};
    char oldest[32];
    PGresult *result;

    (void)snprintf(oldest, sizeof oldest, "%lld", lines_oldest(&book->lines));
    statement_add(&statement, "SELECT " LINES_COLUMNS " FROM commentary.feed WHERE match_id = ");
    statement_add_value(&statement, book->match);
    statement_add(&statement, " AND seq >= ");
    statement_add_value(&statement, oldest);
    statement_add(&statement, " ORDER BY seq LIMIT " NEWS_MAX);
    if (db_run(&book->db, &statement, &result) != DB_DONE)
        return;
    lines_compare(&book->lines, result, PQntuples(result) == atoi(NEWS_MAX), screen);
    PQclear(result);
}

void book_turn(struct book *book, struct text *screen, struct text *said)
{
    bool was_away = book_is_away(book);

    if (was_away && db_open(&book->db, NAME) != DB_DONE)
        return;
    if (was_away)
        text_add_string(said, "the server is back\n");
    write_waiting(book, said);
    add_news(book, screen);
    if (book->waiting_count == 0)
        (void)!read_state(book);
    if (book->db.warned.length > 0)
        text_print(said, "warning: %s", book->db.warned.bytes);
    text_clear(&book->db.warned);
    if (book_is_away(book))
        text_add_string(said, "the server is away: what you write waits, and is written when it is "
                              "back\n");
}

void book_free(struct book *book)
{
    db_close(&book->db);
    text_free(&book->db.said);
    text_free(&book->db.warned);
    row_free(&book->state);
    row_free(&book->undo);
    lines_free(&book->lines);
    free(book->last_ref);
    for (int i = 0; i < book->waiting_count; i++)
        free_job(&book->waiting[i]);
}
