/* commentary-desk: a reporter writes the commentary of one match at a terminal. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/number.h"
#include "base/safe.h"
#include "base/version.h"
#include "desk/book.h"
#include "desk/command.h"
#include "desk/editor.h"

#define TURN_MS 1000
#define LEAVE_MS 30000 /* how long what waits may keep the desk from ending */

static const char usage[] =
    "Usage: commentary-desk [OPTION]... MATCH\n"
    "\n"
    "A desk for one reporter: writes the commentary of match MATCH into the database that the PG*\n"
    "environment names. `help` at its prompt lists the commands. Without a terminal it reads\n"
    "commands from standard input, a line each, and ends with the first that is wrong.\n"
    "\n"
    "  -d, --database=CONNINFO   a connection string\n"
    "  -h, --help                show this\n"
    "      --version\n"
    "\n"
    "Exit status: 0 when all was written, 1 when something was not, 2 for a usage error.\n";

static const struct option long_options[] = {
    {"database", required_argument, NULL, 'd'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static struct book book;
static bool is_over, has_failed, is_terminal;
static int64_t due_ms;

static void print_said(const char *text)
{
    struct text safe = {0};
    char *copy = text_copy(text), *rest = copy, *line;

    text_add(&safe, "", 0);
    while ((line = strsep(&rest, "\n"))) {
        if (!*line)
            continue;
        text_add_string(&safe, "* ");
        safe_add_string(&safe, line);
        text_add_string(&safe, "\n");
    }
    free(copy);
    if (safe.length > 0)
        editor_print(safe.bytes);
    text_free(&safe);
}

static void set_prompt(void)
{
    struct text prompt = {0};
    struct scene scene = {0};
    const char *home = row_get(&book.state, "home_short"),
               *away = row_get(&book.state, "away_short");
    const char *ours = row_get(&book.state, "home_score"),
               *theirs = row_get(&book.state, "away_score");

    book_scene(&book, &scene);
    home = home ? home : row_get(&book.state, "home");
    away = away ? away : row_get(&book.state, "away");
    safe_add_string(&prompt, home ? home : "");
    text_print(&prompt, " %s\xE2\x80\x93%s ", ours ? ours : "", theirs ? theirs : "");
    safe_add_string(&prompt, away ? away : "");
    if (scene.has_clock && scene.minute.stoppage >= 0)
        text_print(&prompt, " %d+%d'", scene.minute.minute, scene.minute.stoppage);
    else if (scene.has_clock)
        text_print(&prompt, " %d'", scene.minute.minute);
    if (book_is_away(&book))
        text_print(&prompt, " (away, %d wait)", book.waiting_count);
    text_add_string(&prompt, "> ");
    editor_set_prompt(prompt.bytes);
    text_free(&prompt);
}

/* Whether it has shown something new. */
static bool turn(void)
{
    struct text screen = {0}, said = {0};
    bool was_away = book_is_away(&book), has_shown;

    book_turn(&book, &screen, &said);
    set_prompt();
    if (screen.length > 0)
        editor_print(screen.bytes);
    if (said.length > 0 && !(was_away && book_is_away(&book)))
        print_said(said.bytes);
    has_shown = screen.length > 0;
    has_failed |= said.length > 0 && strstr(said.bytes, "refused: ");
    text_free(&screen);
    text_free(&said);
    due_ms = clock_ms() + TURN_MS;
    return has_shown;
}

static void obey(struct command *command)
{
    struct text said = {0};

    if (command->verb == VERB_QUIT) {
        is_over = true;
    } else if (command->verb == VERB_HELP) {
        editor_print(command_help);
    } else if (command->verb == VERB_SHOW) {
        book_show(&book, command->number, &said);
        editor_print(said.length > 0 ? said.bytes : "");
    } else if (!book_do(&book, command, &said)) {
        has_failed = true;
        print_said(said.bytes);
    } else if (!turn() && (command->verb == VERB_AMEND || command->verb == VERB_RETRACT)) {
        /* The corrected line has scrolled away: show the last lines as they stand. */
        book_show(&book, 5, &said);
        editor_print(said.length > 0 ? said.bytes : "");
    }
    text_free(&said);
}

static void on_line(char *line)
{
    struct scene scene = {0};
    struct command command;

    if (!line) {
        is_over = true;
        return;
    }
    book_scene(&book, &scene);
    if (!command_read(&command, line, &scene)) {
        has_failed = true;
        print_said(command.error.bytes);
    } else if (command.verb != VERB_NOTHING) {
        obey(&command);
    }
    command_free(&command);
}

static void serve_terminal(void)
{
    while (!is_over) {
        struct pollfd keys = {STDIN_FILENO, POLLIN, 0};
        int64_t left_ms = due_ms - clock_ms();

        if (poll(&keys, 1, left_ms > 0 ? (int)left_ms : 0) > 0)
            editor_read();
        if (clock_ms() >= due_ms)
            turn();
    }
}

static void serve_file(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    while (!is_over && !has_failed && (length = getline(&line, &room, stdin)) > 0) {
        if (memchr(line, '\0', (size_t)length)) {
            fail_say("a line has a byte 0: it is not written");
            has_failed = true;
            break;
        }
        line[strcspn(line, "\r\n")] = '\0';
        on_line(line);
    }
    free(line);
}

/* What waits for the server is written, if it comes back soon. */
static void finish(void)
{
    int64_t until_ms = clock_ms() + LEAVE_MS;

    while (book.waiting_count > 0 && clock_ms() < until_ms) {
        turn();
        if (book.waiting_count > 0)
            clock_sleep_ms(TURN_MS);
    }
    for (int i = 0; i < book.waiting_count; i++) {
        const char *message = row_get(&book.waiting[i].entry, "message");

        fail_say("not written: %s", message ? message : "a change of the match");
        has_failed = true;
    }
}

static void read_options(int argc, char **argv)
{
    long long number;
    int option;

    while ((option = getopt_long(argc, argv, "d:h", long_options, NULL)) != -1) {
        if (option == 'd') {
            book.db.conninfo = optarg;
        } else if (option == 'h' || option == 'V') {
            (void)fputs(option == 'h' ? usage : "commentary-desk " VERSION "\n", stdout);
            exit(STATUS_DONE);
        } else {
            fail_exit(STATUS_USAGE, "see: commentary-desk --help");
        }
    }
    if (optind != argc - 1 || !number_read(argv[optind], 1, 1LL << 53, &number))
        fail_exit(STATUS_USAGE, "which match? Give its number");
    book.match = argv[optind];
}

int main(int argc, char **argv)
{
    const char *names[3] = {NULL};
    struct text screen = {0};
    int count = 0;

    read_options(argc, argv);
    is_terminal = isatty(STDIN_FILENO);
    if (book_open(&book) != DB_DONE)
        fail_exit(STATUS_FAILED, "%s", book.db.said.bytes);
    for (int i = 0; i < 2; i++) {
        static const char *const columns[][2] = {{"home_short", "home"}, {"away_short", "away"}};
        const char *name = row_get(&book.state, columns[i][0]);

        name = name ? name : row_get(&book.state, columns[i][1]);
        if (name)
            names[count++] = text_copy(name);
    }
    book_show(&book, 10, &screen);
    (void)fputs(screen.length > 0 ? screen.bytes : "", stdout);
    text_free(&screen);
    if (is_terminal)
        editor_begin("> ", on_line, command_words, names);
    turn();
    if (is_terminal)
        serve_terminal();
    else
        serve_file();
    finish();
    if (is_terminal)
        editor_end();
    for (int i = 0; i < count; i++)
        free((char *)names[i]);
    book_free(&book);
    return has_failed && !is_terminal ? STATUS_FAILED : book.waiting_count > 0;
}
