/*
 * guard.h
 *		Makes our triggers fire for every value of session_replication_role.
 */
#ifndef COMMENTARY_GUARD_H
#define COMMENTARY_GUARD_H

#include "nodes/nodes.h"

extern void guard_install_hook(void);

/* Is it a COPY that would not fire one of our triggers because of session_replication_role? */
extern bool guard_is_needed(Node *command);

/*
 * Between these two calls, triggers of this session fire as with 'origin'.  Pass the result of
 * guard_begin() to guard_end(), which must be called after an error as well.
 */
extern int guard_begin(void);
extern void guard_end(int role);

/* ERROR for a rule that would replace what a statement does to our relations. */
extern void guard_refuse_rule(Node *command);

#endif /* COMMENTARY_GUARD_H */
