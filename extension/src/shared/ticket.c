/*
 * ticket.c
 *		Tickets: a process that waits for a flush takes one.
 *
 * All that was committed before a ticket was taken has been flushed when
 * DatabaseState.flushed has reached it.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "shared/ticket.h"

uint64
ticket_take(DatabaseState *db)
{
	uint64 ticket = pg_atomic_add_fetch_u64(&db->tickets, 1);

	if (pg_atomic_read_u64(&db->oldest_at) == 0)
		ticket_note_oldest(db);

	/*
	 * The flusher sets its state to idle and then looks at the tickets.  We take a
	 * ticket and then look at the state, so that one of the two sees the other.
	 */
	if (pg_atomic_read_u32(&db->flusher_state) == FLUSHER_IDLE)
		shared_wake_flusher(db);
	return ticket;
}

void
ticket_note_oldest(DatabaseState *db)
{
	uint64 none = 0;

	(void) pg_atomic_compare_exchange_u64(&db->oldest_at, &none,
										  (uint64) GetCurrentTimestamp());
}
