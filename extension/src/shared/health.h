/*
 * health.h
 *		Whether commits are acknowledged, and what the flusher waits for.
 */
#ifndef COMMENTARY_HEALTH_H
#define COMMENTARY_HEALTH_H

#include "shared/shared.h"

#define WAITS_FOR_BYTES (OBSTACLE_BYTES + 64)

typedef struct Health
{
	TimestampTz oldest_at;			 /* when the oldest commit that waits came; 0: none waits */
	TimestampTz since;				 /* when the flusher began to wait for that */
	char waits_for[WAITS_FOR_BYTES]; /* the object of "waits for"; empty: the flusher does not wait */
	int num_blockers;
	int blockers[MAX_BLOCKERS]; /* pids that block it; 0 is a prepared transaction */
} Health;

/* Never fails, and reads no table: it is also called after a commit. */
extern void health_read(DatabaseState *db, Health *health);

/*
 * The same for functions in SQL: also when the library is not loaded, and it also checks
 * the synchronous standbys.  Not for use on a standby.
 */
extern void health_look(Health *health);

/* False when a commit or the flusher has waited for more than some seconds. */
extern bool health_is_working(const Health *health);

/* An upper bound of the time for which the oldest commit has waited; 0: none waits. */
extern int64 health_oldest_ms(const Health *health);

#endif /* COMMENTARY_HEALTH_H */
