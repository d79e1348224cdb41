/* The line that a reporter edits, by GNU readline: history, completion, and output above the line.
 */
#ifndef EDITOR_H
#define EDITOR_H

#include <stdbool.h>

typedef void editor_function(char *line); /* NULL: the end of the input. Must not free the line */

/* For completion: words with which a line may begin, and names that may follow; each ends with
 * NULL. */
void editor_begin(const char *prompt, editor_function *on_line, const char *const *words,
                  const char *const *names);

/* Call it when a key was pressed. */
void editor_read(void);

/* Writes a text above the line that is being edited. */
void editor_print(const char *text);
void editor_set_prompt(const char *prompt);
void editor_end(void);

#endif
