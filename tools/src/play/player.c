#include "play/player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "play/progress.h"

#define NAME "commentary-play"
#define SLICE_MS 200

volatile int player_is_stopped;

static void say_warnings(struct player *player)
{
    char *line, *rest = player->db.warned.bytes;

    while (rest && (line = strsep(&rest, "\n")) && *line) {
        progress_clear(player->shows_progress);
        fail_say("warning: %s", line);
    }
    text_clear(&player->db.warned);
}

/* Waits for the server; false: it did not come back in time, or a signal came. */
static bool reconnect(struct player *player)
{
    int64_t until_ms = clock_ms() + player->patience_ms;
    int failures = 0;

    progress_clear(player->shows_progress);
    fail_say("the server is away: %s", player->db.said.bytes);
    while (!player_is_stopped && clock_ms() < until_ms) {
        if (db_open(&player->db, NAME) == DB_DONE)
            return true;
        clock_sleep_ms(clock_backoff_ms(++failures) / 4);
    }
    return false;
}

/* Runs a statement; a dry run cannot go on in another session. */
static enum db_result run(struct player *player, struct statement *statement, PGresult **result)
{
    enum db_result done = db_run(&player->db, statement, result);

    say_warnings(player);
    return done;
}

static enum db_result say(struct player *player, const char *sql)
{
    enum db_result done = db_say(&player->db, sql);

    say_warnings(player);
    return done;
}

/* SELECT commentary.create_match(home => $1, …) */
static enum db_result make_match(struct player *player)
{
    const struct row *about = &player->script->about;
    struct statement statement = {0};
    enum db_result done;
    PGresult *result;

    statement_add(&statement, "SELECT commentary.create_match(");
    for (int i = 0; i < about->count; i++) {
        text_print(&statement.sql, "%s%s => ", i > 0 ? ", " : "", about->cells[i].name);
        statement_add_value(&statement, about->cells[i].value);
    }
    statement_add(&statement, ")");
    done = run(player, &statement, &result);
    if (done != DB_DONE)
        return done;
    player->match = text_copy(PQgetvalue(result, 0, 0));
    PQclear(result);
    return DB_DONE;
}

static int compare(const void *one, const void *two)
{
    return strcmp(*(const char *const *)one, *(const char *const *)two);
}

/* The step after the last one whose entry is stored: sessions commit one step after the other, so
 * all before it are stored, too. */
static size_t next_of(const struct script *script, const PGresult *stored)
{
    int count = PQntuples(stored);
    const char **names = calloc((size_t)count + 1, sizeof *names);
    size_t i = script->count;

    if (!names)
        fail_exit(STATUS_FAILED, "no memory for the lines of the match");
    for (int row = 0; row < count; row++)
        names[row] = PQgetvalue(stored, row, 0);
    qsort(names, (size_t)count, sizeof *names, compare);
    while (i > 0 &&
           !(script->steps[i - 1].op == STEP_INSERT &&
             bsearch(&script->steps[i - 1].name, names, (size_t)count, sizeof *names, compare)))
        i--;
    free(names);
    return i;
}

static enum db_result find_first(struct player *player)
{
    struct statement statement = {0};
    enum db_result done;
    PGresult *result;

    statement_add(&statement, "SELECT client_ref FROM commentary.feed WHERE client_ref IS NOT NULL"
                              " AND match_id = ");
    statement_add_value(&statement, player->match);
    done = run(player, &statement, &result);
    if (done != DB_DONE)
        return done;
    player->first = next_of(player->script, result);
    PQclear(result);
    return DB_DONE;
}

/* By the name of the line: its seq is known only after the flush. */
static enum db_result amend(struct player *player, const struct step *step)
{
    struct statement statement = {0};

    statement_update(&statement, "feed", player->match, &step->entry);
    statement_add(&statement, " AND client_ref = ");
    statement_add_value(&statement, step->ref);
    return run(player, &statement, NULL);
}

static enum db_result retract(struct player *player, const struct step *step)
{
    struct statement statement = {0};

    if (player->is_dry) {
        statement_add(&statement, "DELETE FROM commentary.feed WHERE match_id = ");
    } else {
        statement_add(&statement, "SELECT commentary.retract(match_id, seq, ");
        statement_add_value(&statement, row_get(&step->entry, "message"));
        statement_add(&statement, ") FROM commentary.feed WHERE seq IS NOT NULL AND match_id = ");
    }
    statement_add_value(&statement, player->match);
    statement_add(&statement, " AND client_ref = ");
    statement_add_value(&statement, step->ref);
    return run(player, &statement, NULL);
}

static enum db_result insert(struct player *player, const struct step *step)
{
    struct statement statement = {0};

    statement_insert(&statement, player->match, &step->entry);
    return run(player, &statement, NULL);
}

static enum db_result change_match(struct player *player, const struct step *step)
{
    struct statement statement = {0};

    if (step->state.count == 0)
        return DB_DONE;
    statement_update(&statement, "match", player->match, &step->state);
    return run(player, &statement, NULL);
}

static enum db_result play_parts(struct player *player, const struct step *step)
{
    enum db_result done = DB_DONE;

    if (step->op == STEP_INSERT)
        done = insert(player, step);
    else if (step->op == STEP_AMEND && step->entry.count > 0)
        done = amend(player, step);
    else if (step->op == STEP_RETRACT)
        done = retract(player, step);
    return done == DB_DONE ? change_match(player, step) : done;
}

/* All lines or none. What was staged before has to have its seq to be retracted. */
static enum db_result play_step(struct player *player, const struct step *step)
{
    enum db_result done = DB_DONE;

    if (step->op == STEP_RETRACT && !player->is_dry)
        done = say(player, "SELECT commentary.flush()");
    if (done == DB_DONE)
        done = say(player, player->is_dry ? "SAVEPOINT step" : "BEGIN");
    if (done == DB_DONE)
        done = play_parts(player, step);
    if (done == DB_DONE)
        return say(player, player->is_dry ? "RELEASE step" : "COMMIT");
    if (done == DB_REFUSED) {
        struct text why = {0};

        text_add_string(&why, player->db.said.bytes);
        if (say(player, player->is_dry ? "ROLLBACK TO step" : "ROLLBACK") == DB_AWAY)
            done = DB_AWAY;
        text_clear(&player->db.said);
        text_add_string(&player->db.said, why.bytes);
        text_free(&why);
    }
    return done;
}

/* Until the server has answered; DB_AWAY: it does not come back. */
static enum db_result play_surely(struct player *player, const struct step *step)
{
    enum db_result done;

    while ((done = play_step(player, step)) == DB_AWAY)
        if (player->is_dry || !reconnect(player))
            return DB_AWAY;
    return done;
}

static void wait_for_step(struct player *player, size_t i)
{
    const struct step *step = &player->script->steps[i];
    int64_t until_ms, last_ms = SCRIPT_NO_TIME;

    for (size_t before = i; before > player->first && last_ms == SCRIPT_NO_TIME; before--)
        last_ms = player->script->steps[before - 1].at_ms;
    if (player->speed <= 0 || step->at_ms == SCRIPT_NO_TIME || last_ms == SCRIPT_NO_TIME ||
        step->at_ms <= last_ms)
        return;
    until_ms = clock_ms() + (int64_t)((double)(step->at_ms - last_ms) / player->speed);
    while (!player_is_stopped && clock_ms() < until_ms) {
        int64_t left_ms = until_ms - clock_ms();

        progress_show(player->shows_progress, i, player->script->count, left_ms);
        clock_sleep_ms(left_ms < SLICE_MS ? left_ms : SLICE_MS);
    }
}

static enum status play_all(struct player *player)
{
    for (size_t i = player->first; i < player->script->count; i++) {
        const struct step *step = &player->script->steps[i];
        enum db_result done;

        wait_for_step(player, i);
        if (player_is_stopped) {
            progress_clear(player->shows_progress);
            fail_say("stopped before line %ld; the same command goes on there", step->line);
            return STATUS_FAILED;
        }
        done = play_surely(player, step);
        progress_clear(player->shows_progress);
        if (done != DB_DONE)
            fail_say("%s:%ld: %s", player->script->file, step->line, player->db.said.bytes);
        if (done == DB_AWAY) {
            fail_say("the server does not come back; the same command goes on at line %ld",
                     step->line);
            return STATUS_FAILED;
        }
        if (done == DB_REFUSED)
            player->refused++;
        else
            player->played++;
        if (done == DB_REFUSED && !player->keeps_going && !player->is_dry)
            return STATUS_FAILED;
    }
    return player->refused > 0 ? STATUS_REFUSED : STATUS_DONE;
}

static void check(struct player *player, enum db_result done)
{
    if (done != DB_DONE)
        fail_exit(STATUS_FAILED, "%s", player->db.said.bytes ? player->db.said.bytes : "");
}

enum status player_run(struct player *player)
{
    enum status status;

    check(player, db_open(&player->db, NAME));
    if (player->is_dry)
        check(player, say(player, "BEGIN"));
    if (!player->match)
        check(player, make_match(player));
    check(player, find_first(player));
    if (player->first > 0)
        fail_say("match %s has the first %zu of %zu steps already; it goes on at the next",
                 player->match, player->first, player->script->count);
    status = play_all(player);
    if (player->is_dry && player->db.conn)
        check(player, say(player, "ROLLBACK"));
    return status;
}
