/*
 * replication.h
 *		Does this session apply what another server has done?
 */
#ifndef COMMENTARY_REPLICATION_H
#define COMMENTARY_REPLICATION_H

#include "replication/logicalworker.h"
#include "replication/origin.h"

/*
 * True in PostgreSQL's own workers for subscriptions, and in every session that says
 * where its changes come from, as the workers of other replication systems do.  There
 * a row was validated, and its state written to the log, on the server that it
 * comes from: the entry arrives by itself.  The role 'replica' alone does not
 * tell: migration tools set it on a primary.
 */
static inline bool
replication_is_applying(void)
{
	return IsLogicalWorker() || replorigin_session_origin != InvalidRepOriginId;
}

#endif /* COMMENTARY_REPLICATION_H */
