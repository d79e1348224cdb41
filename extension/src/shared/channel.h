/*
 * channel.h
 *		The channel on which entries are announced: its name is a secret.
 */
#ifndef COMMENTARY_CHANNEL_H
#define COMMENTARY_CHANNEL_H

#include "nodes/parsenodes.h"

#include "shared/shared.h"

/* The name that versions before 1.2 notified on; everybody knows it. */
#define CHANNEL_PUBLIC "commentary"

/*
 * LISTEN is about to run. When it is for the public channel, a relay of before 1.2
 * may be there: from now on the flusher sends hints on it.
 */
extern void channel_note_listen(const ListenStmt *statement);

/* Does somebody listen to the public channel, as far as we know? */
extern bool channel_wants_hints(DatabaseState *db);

#endif /* COMMENTARY_CHANNEL_H */
