/* The line that a reporter edits, by GNU readline: history, completion, and what is written above
 * it. */
#ifndef EDITOR_H
#define EDITOR_H

#include <stdbool.h>

typedef void editor_function(char *line); /* NULL: the end of the input; frees nothing */

/* words: what a line may begin with; names: what may follow; NULL after the last of each. */
void editor_begin(const char *prompt, editor_function *on_line, const char *const *words,
                  const char *const *names);

/* A key was pressed. */
void editor_read(void);

/* Writes it above the line that is being edited. */
void editor_print(const char *text);
void editor_set_prompt(const char *prompt);
void editor_end(void);

#endif
