/*
 * relations.h
 *		The OIDs of the extension's own relations in this database.
 */
#ifndef COMMENTARY_RELATIONS_H
#define COMMENTARY_RELATIONS_H

#include "storage/lockdefs.h"
#include "utils/rel.h"

#include "shared/shared.h"

typedef struct Relations
{
	Oid match;
	Oid entry;
	Oid epoch;
	Oid feed;				   /* InvalidOid: it is missing; only writers need it */
	Oid rejected;			   /* InvalidOid before version 1.1 */
	Oid purging;			   /* InvalidOid before version 1.2 */
	Oid staging[NUM_SEGMENTS]; /* of the logged ring: InvalidOid before version 1.2 */
} Relations;

/* The name of a segment, palloc'd. */
extern char *relations_staging_name(int segment);

/*
 * The relations' OIDs, looked up again only after DDL touched one of them.
 * ERROR when the extension is not there; needs a transaction.
 */
extern const Relations *relations_get(void);

/* The log, if this process has got no invalidation of the extension's objects; else InvalidOid. */
extern Oid relations_known_log(void);

/* Whether the extension is there, perhaps without some of its relations. */
extern bool relations_installed(void);

/*
 * False only when the extension is not there.  A relation that is missing although the
 * extension is there is an ERROR, and does not count as dropped.
 */
extern bool relations_exist(void);

/*
 * A staging segment; InvalidOid, and no ERROR, when somebody has renamed, moved or
 * dropped it, or the extension is not there.
 */
extern Oid relations_segment(uint32 number);

/* How many segments there are in the installed version of the extension. */
extern uint32 relations_num_segments(void);

/* A relation that only few statements need, by its name.  ERROR when it is not there. */
extern Oid relations_find(const char *name);

/*
 * Opens and locks one of these relations.  ERROR when the extension was dropped while we
 * waited for the lock.
 */
extern Relation relations_open(Oid relation, LOCKMODE mode);

#endif /* COMMENTARY_RELATIONS_H */
