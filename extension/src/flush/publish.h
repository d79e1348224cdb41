/*
 * publish.h
 *		Entries → payloads → NOTIFY.
 */
#ifndef COMMENTARY_PUBLISH_H
#define COMMENTARY_PUBLISH_H

#include "tables/columns.h"
#include "utils/hsearch.h"

/* The payloads of one transaction, while they are being packed. */
typedef struct Publisher
{
	const char *epoch;
	const char *channel;
	bool gives_hints; /* on the public channel, for relays of before 1.2 */
	MemoryContext context;
	HTAB *payloads;	   /* one open payload for each match */
	int notifications; /* sent to the queue so far */
	int unannounced;   /* entries left out, because it is muted */
	bool is_muted;
	bool is_of_follower; /* entries were flushed elsewhere; they carry that time */
} Publisher;

/*
 * Memory comes from the current context.  A muted publisher sends nothing:
 * relays find the entries in the table.
 */
extern void publish_open(Publisher *publisher, const char *epoch, bool is_muted);

/*
 * Is there room in the server's notification queue, by commentary.notify_queue_limit?  Logs
 * a message when that changes.
 */
extern bool publish_has_room(void);

/* Adds the body of an entry.  The entries of a match must come in the order of seq. */
extern void publish_add(Publisher *publisher, const EntryRow *row);

/* Adds a hint that there are entries up to this one: relays read them from the table. */
extern void publish_hint(Publisher *publisher, int64 match_id, int64 seq);

/*
 * Announces, when the transaction commits, that an epoch has begun.  Call it in PRE_COMMIT
 * at the latest.
 */
extern void publish_epoch(const char *epoch);

/* Sends what is still open; listeners get it when the transaction commits. */
extern void publish_close(Publisher *publisher);

#endif /* COMMENTARY_PUBLISH_H */
