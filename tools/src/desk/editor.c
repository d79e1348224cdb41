#include "desk/editor.h"

#include <stdio.h>

#include <readline/history.h>
#include <readline/readline.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

static editor_function *handler;
static const char *const *first_words, *const *other_words;
static const char *const *candidates;
static char *current;
static bool is_open;
static bool is_handling; /* a line: readline shows the prompt afterwards */

static char *next_candidate(const char *begin, int state)
{
    static int i;

    if (state == 0)
        i = 0;
    while (candidates[i])
        if (strncasecmp(candidates[i++], begin, strlen(begin)) == 0)
            return text_copy(candidates[i - 1]);
    return NULL;
}

static char **complete(const char *begin, int start, int end)
{
    (void)end;
    rl_attempted_completion_over = 1; /* never names of files */
    candidates = start == 0 ? first_words : other_words;
    return rl_completion_matches(begin, next_candidate);
}

static void on_line(char *line)
{
    if (line && *line)
        add_history(line);
    is_handling = true;
    handler(line);
    is_handling = false;
    free(line);
}

void editor_begin(const char *prompt, editor_function *function, const char *const *words,
                  const char *const *names)
{
    handler = function;
    first_words = words;
    other_words = names;
    current = text_copy(prompt);
    rl_readline_name = (char *)"commentary-desk";
    rl_attempted_completion_function = complete;
    using_history();
    stifle_history(1000);
    rl_callback_handler_install(current, on_line);
    is_open = true;
}

void editor_read(void)
{
    rl_callback_read_char();
}

void editor_print(const char *text)
{
    bool is_editing = is_open && !is_handling;

    if (is_editing)
        (void)rl_clear_visible_line();
    (void)fputs(text, stdout);
    (void)fflush(stdout);
    if (is_editing) {
        (void)rl_on_new_line();
        rl_redisplay();
    }
}

void editor_set_prompt(const char *prompt)
{
    if (!is_open || strcmp(prompt, current) == 0)
        return;
    free(current);
    current = text_copy(prompt);
    (void)rl_set_prompt(current);
    editor_print("");
}

void editor_end(void)
{
    if (is_open)
        rl_callback_handler_remove();
    is_open = false;
    clear_history();
    free(current);
    current = NULL;
}
