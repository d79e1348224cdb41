/*
 * channel.h
 *		The channel on which entries are announced: its name is a secret.
 */
#ifndef COMMENTARY_CHANNEL_H
#define COMMENTARY_CHANNEL_H

#include "nodes/parsenodes.h"

#include "shared/shared.h"

/* The channel of versions before 1.2, whose name is public. */
#define CHANNEL_PUBLIC "commentary"

/*
 * LISTEN is about to run.  If it is for the public channel, the session may be a relay of
 * a version before 1.2: from now on the flusher also sends hints there.
 */
extern void channel_note_listen(const ListenStmt *statement);

/* Whether somebody has listened to the public channel since the start of the server. */
extern bool channel_wants_hints(DatabaseState *db);

#endif /* COMMENTARY_CHANNEL_H */
