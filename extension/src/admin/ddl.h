/*
 * ddl.h
 *		Commands that a running flusher would stand in the way of.
 */
#ifndef COMMENTARY_DDL_H
#define COMMENTARY_DDL_H

#include "nodes/nodes.h"

extern void ddl_install_hook(void);

/* This transaction makes the extension, or drops it: when it commits, the flusher looks. */
extern void ddl_note_extension(void);

/*
 * Before a command that drops or updates the extension, or gives its tables to another owner,
 * by a role that may do it: waits for all locks that it will need.  False, and nothing, for
 * other commands.
 */
extern bool ddl_lock_extension(Node *command);

#endif /* COMMENTARY_DDL_H */
