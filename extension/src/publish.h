/*
 * publish.h
 *		Entries → payloads → NOTIFY.
 */
#ifndef COMMENTARY_PUBLISH_H
#define COMMENTARY_PUBLISH_H

#include "columns.h"
#include "utils/hsearch.h"

/* The payloads of one transaction, while they are being packed. */
typedef struct Publisher
{
	const char *epoch;
	MemoryContext context;
	HTAB *payloads;	   /* one open payload for each match */
	int notifications; /* sent to the queue so far */
} Publisher;

/* Memory comes from the current context. */
extern void publish_open(Publisher *publisher, const char *epoch);

/* The body of an entry whose seq is one more than that of its match before. */
extern void publish_add(Publisher *publisher, const EntryRow *row);

/* Sends what is still open; listeners get it when the transaction commits. */
extern void publish_close(Publisher *publisher);

#endif /* COMMENTARY_PUBLISH_H */
