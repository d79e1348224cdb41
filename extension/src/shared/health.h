/*
 * health.h
 *		Do acknowledgements work, and if not, what does the flusher wait for?
 */
#ifndef COMMENTARY_HEALTH_H
#define COMMENTARY_HEALTH_H

#include "shared/shared.h"

#define WAITS_FOR_BYTES (OBSTACLE_BYTES + 64)

typedef struct Health
{
	TimestampTz oldest_at;			 /* of the commits that wait; 0: none does */
	TimestampTz since;				 /* of waits_for */
	char waits_for[WAITS_FOR_BYTES]; /* words that go on after "waits for"; empty: for nothing */
	int num_blockers;
	int blockers[MAX_BLOCKERS]; /* pids of the processes in the way; 0 is a prepared transaction */
} Health;

/* Never fails, and looks at no table: it is called behind a commit as well. */
extern void health_read(DatabaseState *db, Health *health);

/*
 * The same for a function in SQL: also when the library is not loaded, and with a look at
 * the standbys.  Not on a standby itself.
 */
extern void health_look(Health *health);

/* False when a commit, or what the flusher waits for, is older than some seconds. */
extern bool health_is_working(const Health *health);

/* Since when, at most, the oldest commit has waited; 0: none waits. */
extern int64 health_oldest_ms(const Health *health);

#endif /* COMMENTARY_HEALTH_H */
