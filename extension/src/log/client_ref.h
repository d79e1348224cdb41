/*
 * client_ref.h
 *		The writer's own key: an entry is stored once for it in its match.
 */
#ifndef COMMENTARY_CLIENT_REF_H
#define COMMENTARY_CLIENT_REF_H

#include "utils/hsearch.h"

#include "log/log.h"
#include "tables/columns.h"

/* What one transaction of the flusher has written, by the keys that ask for it. */
typedef struct ClientRefs
{
	HTAB *inserted;	 /* (match_id, client_ref); NULL: none */
	HTAB *corrected; /* (match_id, seq); NULL: none */
	MemoryContext context;
} ClientRefs;

/* Memory comes from the current context: one for each transaction. */
extern void client_ref_begin(ClientRefs *refs);

/*
 * Is the row, which is no state, to be written?  False when its client_ref has said the
 * same before, and for the second retraction of an entry.  An insert whose client_ref is
 * stored already becomes a correction of that (saying.h).  A row of op insert without a
 * client_ref costs nothing.
 */
extern bool client_ref_settle(ClientRefs *refs, LogWriter *log, EntryRow *row);

#endif /* COMMENTARY_CLIENT_REF_H */
