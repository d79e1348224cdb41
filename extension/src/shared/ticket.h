/*
 * ticket.h
 *		Tickets: a process that waits for a flush takes one.
 */
#ifndef COMMENTARY_TICKET_H
#define COMMENTARY_TICKET_H

#include "shared/shared.h"

/* Takes the next ticket, and wakes the flusher when it sleeps.  Never fails. */
extern uint64 ticket_take(DatabaseState *db);

/* A commit waits from now on, if none did before. */
extern void ticket_note_oldest(DatabaseState *db);

#endif /* COMMENTARY_TICKET_H */
