/*
 * ddl.h
 *		Commands of DBAs that a running flusher would block, or that it must notice.
 */
#ifndef COMMENTARY_DDL_H
#define COMMENTARY_DDL_H

#include "nodes/nodes.h"

extern void ddl_install_hook(void);

/* This transaction creates or drops the extension: when it commits, the flusher looks. */
extern void ddl_note_extension(void);

/*
 * Call it before each command.  If the command drops or updates the extension, or gives its
 * tables to another owner, and the role may do that: waits for all locks that the command will
 * need.  For other commands it does nothing, and returns false.
 */
extern bool ddl_lock_extension(Node *command);

#endif /* COMMENTARY_DDL_H */
