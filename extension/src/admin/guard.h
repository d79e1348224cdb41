/*
 * guard.h
 *		Our triggers fire whatever session_replication_role says.
 */
#ifndef COMMENTARY_GUARD_H
#define COMMENTARY_GUARD_H

#include "nodes/nodes.h"

extern void guard_install_hook(void);

/* Would this COPY pass over one of our triggers, because of session_replication_role? */
extern bool guard_is_needed(Node *command);

/*
 * Between the two, triggers of this session fire as in the role 'origin'.  The first
 * returns what the second needs, which must be called after an error as well.
 */
extern int guard_begin(void);
extern void guard_end(int role);

/* ERROR for a rule that would replace what a statement does to our relations. */
extern void guard_refuse_rule(Node *command);

#endif /* COMMENTARY_GUARD_H */
